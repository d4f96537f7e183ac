// Purpose: what epoll_loop_test.ts runs in a process of its own, since the loop waits in place of
// the runtime's. Prints what was seen as JSON.

import { openEventLoop } from "../../src/runtime/event_loop.ts";
import type { Socket, SocketEvents } from "../../src/runtime/net.ts";

const loop = await openEventLoop();
const seen: Record<string, unknown> = {};

/** Keeps what arrives as text. */
class Recorder implements SocketEvents {
  text = "";
  drains = 0;
  isClosed = false;
  onRead = () => {};
  onClosed = () => {};
  readonly socket: Socket;
  constructor(socket: Socket) {
    this.socket = socket;
  }
  readable() {
    const bytes = new Uint8Array(1024);
    const size = this.socket.read(bytes, 0, bytes.length);
    if (size === 0) return;
    this.text += new TextDecoder().decode(bytes.subarray(0, size));
    this.onRead();
  }
  drain() {
    this.drains++;
  }
  closed() {
    this.isClosed = true;
    this.onClosed();
  }
}

function pair(): [Recorder, Recorder] {
  const opened: Recorder[] = [];
  for (const connect of loop.pair() ?? []) {
    connect((socket) => {
      const recorder = new Recorder(socket);
      opened.push(recorder);
      return recorder;
    });
  }
  return [opened[0], opened[1]];
}

const send = (to: Recorder, text: string) => {
  const bytes = new TextEncoder().encode(text);
  return to.socket.write(bytes, 0, bytes.length);
};
const wait = (ms: number) => new Promise<void>((done) => loop.later(ms, done));

// What is written arrives in the next turn; what is paused waits; the end is told once.
const [near, far] = pair();
send(near, "one");
await wait(5);
far.socket.pause();
send(near, "two");
await wait(5);
seen.paused = far.text;
far.socket.resume();
await wait(5);
seen.resumed = far.text;
near.socket.end();
await wait(5);
seen.ended = [
  near.isClosed,
  far.isClosed,
  send(near, "x"),
  far.socket.read(new Uint8Array(1), 0, 1),
];

// A socket that is full says so, and tells when it takes more.
const [writer, reader] = pair();
reader.socket.pause();
const large = new Uint8Array(16 << 20);
seen.isShort = writer.socket.write(large, 0, large.length) < large.length;
reader.socket.resume();
// On a busy machine the reader takes its time.
for (let i = 0; i < 1000 && writer.drains === 0; i++) await wait(5);
seen.drains = writer.drains > 0;

// Timers run in order, and not once they are called off, even by one that is due with them.
const order: string[] = [];
loop.later(12, () => order.push("12"));
loop.later(4, () => order.push("4"));
const callOff = loop.later(8, () => order.push("8"));
loop.later(8, () => order.push("second 8"));
loop.later(7, () => callOff());
await wait(30);
const callOffSame = [() => {}];
loop.later(1, () => callOffSame[0]());
callOffSame[0] = loop.later(1, () => order.push("called off"));
await wait(10);
seen.order = order;

// The end of a turn: what is asked for there comes in the turn after.
const turns: string[] = [];
loop.endOfTurn(() => {
  turns.push("first");
  loop.endOfTurn(() => turns.push("third"));
});
loop.endOfTurn(() => turns.push("second"));
await wait(5);
seen.turns = turns;

// Who has many sockets is told around all that can be read in one turn.
const told: string[] = [];
const pairs = [pair(), pair(), pair()];
for (const [, reader] of pairs) reader.onRead = () => told.push("read");
loop.crowd = { crowdBegins: () => told.push("begins"), crowdEnds: () => told.push("ends") };
for (const [writer] of pairs) send(writer, "x");
await wait(5);
send(pairs[0][0], "x");
await wait(5);
loop.crowd = null;
seen.told = told;

// Errors carry the system's code.
const codeOf = (run: () => unknown) => {
  try {
    run();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const refuse = (socket: Socket) => new Recorder(socket);
const listenAt = (host: string) => () => loop.listen({ host, port: 1 }, 1, refuse);
seen.missingAddress = codeOf(listenAt("192.0.2.1"));
seen.missingHost = codeOf(listenAt("no.such.host.invalid"));
seen.longPath = codeOf(() => loop.listen({ path: "x".repeat(108) }, 1, refuse));

// What the runtime has to do wakes the loop: a worker's message, long before any timer.
// A busy machine may hold one up, but not each of ten.
seen.wokenByWorker = false;
for (let left = 10; left > 0 && !seen.wokenByWorker; left--) {
  const worker = new Worker(
    URL.createObjectURL(new Blob(["postMessage('hello')"], { type: "text/javascript" })),
  );
  const began = performance.now();
  await new Promise((done) => {
    worker.onmessage = done;
  });
  seen.wokenByWorker = performance.now() - began < 900;
  worker.terminate();
}

process.stdout.write(JSON.stringify(seen));
process.exit(0);
