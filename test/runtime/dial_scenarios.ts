// Purpose: what dial_test.ts runs in a process of its own, under either runtime: connections that a
// loop makes. Arguments: a free port, another, and a path for a socket file. Prints what was seen
// as JSON.

import process from "node:process";
import { openEventLoop } from "../../src/runtime/event_loop.ts";
import type { DialEvents, DialTo, Socket, SocketEvents } from "../../src/runtime/net.ts";

const [port, otherPort, path] = process.argv.slice(2);
const HOST = "127.0.0.1";
const LARGE = 8 << 20;

const loop = await openEventLoop();
const seen: Record<string, unknown> = {};
const wait = (ms: number) => new Promise<void>((done) => void loop.later(ms, done));

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !isSo(); i++) await wait(5);
}

/** Sends what is to be sent as fast as it is taken; counts and adds up what arrives. */
class Peer implements DialEvents {
  readonly told: string[] = [];
  socket!: Socket;
  size = 0;
  sum = 0;
  private queue: Uint8Array = new Uint8Array(0);
  private readonly buffer = new Uint8Array(1 << 16);

  get isOver(): boolean {
    return this.told.some((what) => what !== "connected");
  }

  connected(): void {
    this.told.push("connected");
  }
  failed(code: string): void {
    this.told.push(code);
  }
  closed(): void {
    this.told.push("closed");
  }
  readable(): void {
    const size = this.socket.read(this.buffer, 0, this.buffer.length);
    for (let i = 0; i < size; i++) this.sum = (this.sum * 31 + this.buffer[i]) | 0;
    this.size += size;
  }
  drain(): void {
    this.queue = this.queue.subarray(this.socket.write(this.queue, 0, this.queue.length));
  }
  send(bytes: Uint8Array): void {
    this.queue = bytes;
    this.drain();
  }
}

function dial(to: DialTo): Peer {
  const peer = new Peer();
  peer.socket = loop.dial(to, peer);
  if (peer.told.length > 0) peer.told.push("told too early");
  return peer;
}

const accepted: Peer[] = [];
const accept = (socket: Socket): SocketEvents => {
  const peer = new Peer();
  peer.socket = socket;
  accepted.push(peer);
  return peer;
};

/** Connects both ends. */
async function pairAt(to: DialTo): Promise<[Peer, Peer]> {
  const near = dial(to);
  const count = accepted.length;
  await until(() => near.told.length > 0 && accepted.length > count);
  return [near, accepted[count]];
}

function pattern(seed: number): [bytes: Uint8Array, sum: number] {
  const bytes = new Uint8Array(LARGE);
  let sum = 0;
  for (let i = 0; i < LARGE; i++) {
    bytes[i] = (i * seed) >>> 7;
    sum = (sum * 31 + bytes[i]) | 0;
  }
  return [bytes, sum];
}

const listener = loop.listen({ host: HOST, port: Number(port) }, 16, accept);
await listener.ready;
const fileListener = loop.listen({ path }, 16, accept);
await fileListener.ready;

// Both ways at once, more than any buffer takes.
async function exchange(to: DialTo): Promise<unknown[]> {
  const [near, far] = await pairAt(to);
  const [there, thereSum] = pattern(7);
  const [back, backSum] = pattern(13);
  near.send(there);
  far.send(back);
  await until(() => near.size === LARGE && far.size === LARGE);
  const arrived = [near.size === LARGE, near.sum === backSum, far.sum === thereSum];
  far.socket.end();
  await until(() => near.isOver);
  return [...arrived, ...near.told];
}
const byPort = { host: HOST, port: Number(port) };
seen.byPort = await exchange(byPort);
seen.byFile = await exchange({ path });

// The addresses of both ends are known.
const [near] = await pairAt(byPort);
seen.remote = near.socket.remote === `${HOST}:${port}`;
near.socket.destroy();
await until(() => near.isOver);
seen.ended = near.told;

// What nobody listens at, and what there is not.
async function outcome(to: DialTo): Promise<string[]> {
  const peer = dial(to);
  await until(() => peer.told.length > 0);
  await wait(20);
  return peer.told;
}
seen.refused = await outcome({ host: HOST, port: Number(otherPort) });
seen.missingFile = await outcome({ path: `${path}.missing` });
seen.missingHost = (await outcome({ host: "no.such.host.invalid", port: 1 })).length;
// It may be another address than the one that is listened at.
const [named] = await outcome({ host: "localhost", port: Number(port) });
seen.isFound = named === "connected" || named === "ECONNREFUSED";

// Ended before it is there: it is told of as any end, and nothing else is.
for (const to of [
  byPort,
  { path },
  { host: HOST, port: Number(otherPort) },
  { path: `${path}.m` },
]) {
  const peer = dial(to);
  peer.socket.destroy();
  await until(() => peer.isOver);
  await wait(20);
  seen[`destroyed ${Object.keys(seen).length}`] = peer.told;
}

process.stdout.write(JSON.stringify(seen));
process.exit(0);
