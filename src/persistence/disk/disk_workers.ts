/**
 * The threads of the disk worker. One that is done with a file waits for the next one for a while:
 * to start another, and to have its program compiled anew, takes 50 to 100 ms of CPU.
 */
import type { LastingWorker, WorkerThread } from "../../runtime/workers.ts";

/** Starts a thread of the worker's program; what its arguments are is said in workers.ts. */
type StartThread = (
  told: (message: unknown) => void,
  failed: (problem: string) => void,
) => WorkerThread;

/** Servers that save once a minute keep theirs. */
const REST_MS = 150_000;

const ignore = () => {};

export class DiskWorkers {
  private readonly startThread: StartThread;
  /** Calls `run` in so many ms, and returns what calls it off. */
  private readonly later: (ms: number, run: () => void) => () => void;
  private resting: DiskWorker | null = null;
  private callOffEnd = ignore;

  constructor(startThread: StartThread, later: (ms: number, run: () => void) => () => void) {
    this.startThread = startThread;
    this.later = later;
  }

  /** As `startWorker` of workers.ts: a worker that rests, or a new one. */
  start(told: (message: unknown) => void, failed: (problem: string) => void): LastingWorker {
    const worker = this.resting ?? new DiskWorker(this.startThread, (each) => this.keep(each));
    this.forget();
    worker.told = told;
    worker.failed = failed;
    return worker;
  }

  private keep(worker: DiskWorker): void {
    if (this.resting !== null) {
      worker.stop();
      return;
    }
    this.resting = worker;
    const end = () => {
      this.forget();
      worker.stop();
    };
    worker.told = ignore;
    worker.failed = end;
    this.callOffEnd = this.later(REST_MS, end);
  }

  private forget(): void {
    this.callOffEnd();
    this.callOffEnd = ignore;
    this.resting = null;
  }
}

class DiskWorker implements LastingWorker {
  told: (message: unknown) => void = ignore;
  failed: (problem: string) => void = ignore;
  private readonly thread: WorkerThread;
  private readonly keep: (worker: DiskWorker) => void;

  constructor(startThread: StartThread, keep: (worker: DiskWorker) => void) {
    this.keep = keep;
    this.thread = startThread(
      (message) => this.told(message),
      (problem) => this.failed(problem),
    );
  }

  send(message: unknown, buffers?: readonly ArrayBuffer[]): void {
    this.thread.send(message, buffers);
  }

  stop(): void {
    this.thread.stop();
  }

  rest(): void {
    this.keep(this);
  }
}
