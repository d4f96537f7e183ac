/**
 * Workers: threads with a heap of their own, to which messages are sent and buffers are handed
 * over. What is declared here is common to the runtimes, whose types differ.
 */

import { closeSync, openSync } from "node:fs";
import { systemCode, withReason } from "./system_error.ts";

/** A worker, as the one who started it sees it. */
export interface WorkerThread {
  /** Sends a message; the buffers are the worker's from then on. */
  send(message: unknown, buffers?: readonly ArrayBuffer[]): void;
  /** Ends it, wherever it is. */
  stop(): void;
}

/** A worker that does one piece of work after the other. */
export interface LastingWorker extends WorkerThread {
  /** It has done all that it was told: it may be given other work. */
  rest(): void;
}

/** What a worker is told about, and by. */
interface Port {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown, buffers: readonly ArrayBuffer[]): void;
}

interface WebWorker extends Port {
  onerror: ((event: { message: string; preventDefault?: () => void }) => void) | null;
  terminate(): void;
}

type WebWorkerClass = new (file: URL, options: { type: "module" }) => WebWorker;

/**
 * Files that the runtime opens for a worker as it starts (its event loop, its program), and some
 * more, which clients may take meanwhile. When one cannot be opened Bun ends the whole process.
 */
const WORKER_FILES = 16;

/** Throws the system's reason if so many files cannot be opened. */
function checkFreeFiles(count: number): void {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync("/dev/null", "r"));
  } catch (error) {
    // Where /dev is empty it tells nothing of that.
    if (systemCode(error) !== "ENOENT") throw withReason(error);
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/**
 * Starts the program of a file in a worker. `told` gets its messages; `failed` is called when it
 * could not start, or has thrown. Throws the system's reason when there is no room for one.
 */
export function startWorker(
  file: URL,
  told: (message: unknown) => void,
  failed: (problem: string) => void,
): WorkerThread {
  checkFreeFiles(WORKER_FILES);
  const { Worker } = globalThis as unknown as { Worker: WebWorkerClass };
  const worker = new Worker(file, { type: "module" });
  worker.onmessage = ({ data }) => told(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    failed(event.message);
  };
  return {
    send: (message, buffers = []) => worker.postMessage(message, buffers),
    stop: () => worker.terminate(),
  };
}

/** In a worker: has each message handled, and returns how to answer. */
export function serveMessages(
  handle: (message: unknown) => void,
): (message: unknown, buffers?: readonly ArrayBuffer[]) => void {
  const port = globalThis as unknown as Port;
  port.onmessage = ({ data }) => handle(data);
  return (message, buffers = []) => port.postMessage(message, buffers);
}
