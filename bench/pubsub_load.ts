// Subscribers of one channel and one that publishes on it, in a process of its own: see
// PubsubSpec. Batches of messages are published two at a time, so that who reads slowly is waited
// for, and no server closes it.

import type { Socket } from "bun";
import { requestOf } from "./control.ts";
import { cpuSeconds } from "./process_figures.ts";

/** What to do, as JSON on the command line. */
export interface PubsubSpec {
  port: number;
  /** The server's process. */
  pid: number;
  subscribers: number;
  messages: number;
  /** Messages of a batch. */
  batch: number;
  /** Bytes of a message. */
  size: number;
}

/** What it took, from the first message to when the last subscriber had the last one. */
export interface PubsubResult {
  deliveries: number;
  seconds: number;
  /** Of the server. */
  cpuSeconds: number;
}

const CHANNEL = "news";
const CONNECT_AT_ONCE = 200;

/** Counts the bytes that all subscribers have got, and waits for some number of them. */
class Count {
  private received = 0;
  private wanted = Infinity;
  private reached: () => void = () => {};

  add(bytes: number): void {
    this.received += bytes;
    if (this.received >= this.wanted) this.reached();
  }

  async until(bytes: number): Promise<void> {
    if (this.received >= bytes) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wanted = bytes;
    this.reached = resolve;
    await promise;
    this.wanted = Infinity;
  }
}

function open(port: number, count: Count): Promise<Socket> {
  return Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, bytes) => count.add(bytes.length),
      close: () => {
        throw new Error("the server closed a connection");
      },
    },
  });
}

async function subscribe({ port, subscribers }: PubsubSpec, count: Count): Promise<number> {
  const request = requestOf(["SUBSCRIBE", CHANNEL]);
  const reply = `*3\r\n$9\r\nsubscribe\r\n$${CHANNEL.length}\r\n${CHANNEL}\r\n:1\r\n`;
  for (let done = 0; done < subscribers; ) {
    const some = Math.min(CONNECT_AT_ONCE, subscribers - done);
    const sockets = await Promise.all(Array.from({ length: some }, () => open(port, count)));
    for (const socket of sockets) socket.write(request);
    done += some;
    await count.until(done * reply.length);
  }
  return subscribers * reply.length;
}

async function run(spec: PubsubSpec): Promise<PubsubResult> {
  const { subscribers, messages, batch, size, pid, port } = spec;
  const count = new Count();
  const before = await subscribe(spec, count);
  const publisher = await open(port, new Count());
  const message = "x".repeat(size);
  const request = Buffer.from(requestOf(["PUBLISH", CHANNEL, message]).repeat(batch));
  const told = requestOf(["message", CHANNEL, message]);
  const batchBytes = batch * subscribers * told.length;
  const batches = Math.ceil(messages / batch);
  const cpuBefore = cpuSeconds(pid);
  const startedMs = performance.now();
  for (let sent = 1; sent <= batches; sent++) {
    const written = publisher.write(request);
    if (written !== request.length) throw new Error("the server does not read");
    await count.until(before + (sent - 1) * batchBytes);
  }
  await count.until(before + batches * batchBytes);
  return {
    deliveries: batches * batch * subscribers,
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: cpuSeconds(pid) - cpuBefore,
  };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? ""))));
process.exit(0);
