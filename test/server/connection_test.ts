// Purpose: a connection needs no more than an Engine: here one whose commands reply with their
// words. How requests are cut, who waits, and what ends a connection is the connection's own.

import { estimateShallowMemoryUsageOf } from "bun:jsc";
import { expect, test } from "bun:test";
import { latin1 } from "../../src/base/bytes.ts";
import type { Client } from "../../src/calls/client.ts";
import type { ServerFigures } from "../../src/calls/server_figures.ts";
import type { Database } from "../../src/keyspace/database.ts";
import type { Args } from "../../src/protocol/args.ts";
import { PADDING } from "../../src/protocol/partial.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { RequestParser } from "../../src/protocol/request.ts";
import type { Socket } from "../../src/runtime/net.ts";
import { Arrivals } from "../../src/server/arrivals.ts";
import { Connection } from "../../src/server/connection.ts";
import { type CommandRunner, type Engine, noOutputLimit } from "../../src/server/engine.ts";
import { Turn } from "../../src/server/turn.ts";

const NOW_MS = 1_700_000_000_000;
const INPUT_SIZE = 64 << 10;

class StubEngine implements Engine, CommandRunner {
  readonly clock = { nowMs: NOW_MS, tick: () => NOW_MS };
  readonly keyspace = {
    databases: [{} as Database],
    unsynced: { safeMark: 0 },
    events: { event: null },
  };
  readonly figures = {
    netInputSize: 0,
    netOutputSize: 0,
    readsProcessed: 0,
    writesProcessed: 0,
    outputBufferLimitDisconnections: 0,
    queryBufferLimitDisconnections: 0,
  } as ServerFigures;
  readonly parser = new RequestParser();
  readonly dispatcher = this;
  readonly accounts = this;
  readonly readAhead = { isUseful: false, read: () => {}, readBatch: () => {} };
  readonly reply = new Reply(4096);
  readonly answers = new Reply(4096);
  readonly ends: (() => void)[] = [];
  readonly turn = new Turn(
    this.reply,
    this.answers,
    (run) => this.endOfTurn(run),
    { safeMark: 0, flush: () => false },
    () => {},
  );
  readonly waiting: unknown[] = [];
  readonly removed: unknown[] = [];
  readonly lines: string[] = [];
  readonly backlog = { add: (connection: unknown) => void this.waiting.push(connection) };
  readonly clients = {
    account: () => {},
    remove: (connection: unknown) => void this.removed.push(connection),
  };
  readonly input = new Uint8Array(INPUT_SIZE + PADDING);
  readonly inputView = new DataView(this.input.buffer);
  readonly arrivals = new Arrivals(this);
  running: Engine["running"] = null;
  runningFrom = 0;
  queryBufferSizeMax = 2 ** 20;
  readonly outputLimits = {
    normal: { ...noOutputLimit(), hardSize: 1000, isConfigured: true },
    pubsub: noOutputLimit(),
  };
  readonly isSingle = false;
  readonly ran: string[] = [];
  openRuns = 0;

  execute(client: Client, args: Args): void {
    const words = Array.from({ length: args.count }, (_, i) => args.text(i));
    this.ran.push(words.join(" "));
    if (words[0] === "wait") client.connection.suspend();
    if (words[0] === "large") this.reply.simple("x".repeat(2000));
    else this.reply.simple(words.join(" "));
  }
  openRun(): void {
    this.openRuns++;
  }
  closeRun(): void {
    this.openRuns--;
  }
  passEmpty(): void {
    this.ran.push("nothing");
  }
  failProtocol(_: Client, problem: string): void {
    this.reply.error(`ERR ${problem}`);
  }
  endOfTurn(run: () => void): void {
    this.ends.push(run);
  }
  lineOf({ id }: Client): string {
    return `id=${id}`;
  }
  log(level: string, text: string): void {
    this.lines.push(`${level} ${text}`);
  }
}

/** A socket that gives what is put in, at most so much at once, and keeps what it is sent. */
class StubSocket implements Socket {
  readonly descriptor = -1;
  readonly remote = "10.0.0.1:1";
  readonly local = "10.0.0.2:2";
  input = "";
  sent = "";
  ended = "";
  /** Bytes that it still takes. */
  room = Infinity;

  read(into: Uint8Array, offset: number, size: number): number {
    const bytes = Buffer.from(this.input.slice(0, size), "latin1");
    into.set(bytes, offset);
    this.input = this.input.slice(bytes.length);
    return bytes.length;
  }
  write(bytes: Uint8Array, offset: number, size: number): number {
    const taken = Math.min(size, this.room);
    this.sent += latin1(bytes, offset, taken);
    this.room -= taken;
    return taken;
  }
  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = "ended";
  }
  destroy(): void {
    this.ended = "destroyed";
  }
  keepAlive(): void {}
}

function open() {
  const engine = new StubEngine();
  const socket = new StubSocket();
  const connection = new Connection(engine, 7, socket, null);
  const endTurn = () => {
    for (let run = engine.ends.shift(); run !== undefined; run = engine.ends.shift()) run();
    expect(engine.openRuns).toBe(0);
  };
  const send = (text: string) => {
    socket.input = text;
    connection.readable();
  };
  return { engine, socket, connection, endTurn, send };
}

test("what comes at once is run in order, and replied to at the end of the turn", () => {
  const { engine, socket, endTurn, send } = open();
  send("one a\r\n*2\r\n$3\r\ntwo\r\n$1\r\nb\r\nthree\r\n");
  expect(engine.ran).toEqual(["one a", "two b", "three"]);
  expect(socket.sent).toBe("");
  endTurn();
  expect(socket.sent).toBe("+one a\r\n+two b\r\n+three\r\n");
});

test("a connection has room for its fields, and no queue before it needs one", () => {
  const { connection, socket, endTurn, send } = open();
  const size = () =>
    estimateShallowMemoryUsageOf(connection) + estimateShallowMemoryUsageOf(connection.client);
  const nothing = connection.output;
  send("one\r\n");
  endTurn();
  expect(size()).toBeLessThanOrEqual(512);
  const another = open();
  expect(another.connection.output).toBe(nothing);
  socket.room = 1;
  send("two\r\n");
  endTurn();
  expect([connection.output.size, nothing.size, another.connection.output.size]).toEqual([5, 0, 0]);
  another.connection.closed();
  expect(connection.output.size).toBe(5);
});

test("a request that comes byte by byte is run once it is whole", () => {
  const { engine, socket, endTurn, send } = open();
  for (const byte of "*2\r\n$3\r\ntwo\r\n$1\r\nb\r\nend\r\n") send(byte);
  endTurn();
  expect(engine.ran).toEqual(["two b", "end"]);
  expect(socket.sent).toBe("+two b\r\n+end\r\n");
});

test("what is no request ends the connection after the replies before it", () => {
  const { engine, socket, endTurn, send } = open();
  send("one\r\n*1\r\nx\r\nnever\r\n");
  endTurn();
  expect(engine.ran).toEqual(["one"]);
  expect(socket.sent).toBe("+one\r\n-ERR Protocol error: expected '$', got 'x'\r\n");
  expect(socket.ended).toBe("ended");
  send("never\r\n");
  endTurn();
  expect(engine.ran).toEqual(["one"]);
});

test("who waits goes on with what it sent meanwhile, in a turn of its own", () => {
  const { engine, socket, connection, endTurn, send } = open();
  send("wait\r\nnext\r\n");
  send("last\r\n");
  endTurn();
  expect(engine.ran).toEqual(["wait"]);
  connection.resume();
  expect(engine.ran).toEqual(["wait"]);
  endTurn();
  expect(engine.ran).toEqual(["wait", "next", "last"]);
  expect(socket.sent).toBe("+wait\r\n+next\r\n+last\r\n");
});

test("too large a reply, or request, closes the client, and that once", () => {
  for (const [request, figure, reason] of [
    ["large\r\n", "outputBufferLimitDisconnections", "overcoming of output buffer limits"],
    ["*1\r\n$9999\r\nxxxx", "queryBufferLimitDisconnections", "max query buffer length: id=7"],
  ] as const) {
    const { engine, socket, connection, endTurn, send } = open();
    engine.queryBufferSizeMax = 10;
    for (const part of request.match(/[\s\S]{1,8}/g) ?? []) send(part);
    endTurn();
    expect(socket.sent).toBe("");
    expect(socket.ended).toBe("destroyed");
    connection.closed();
    expect(engine.removed).toEqual([connection]);
    expect(engine.figures[figure]).toBe(1);
    expect(engine.lines).toHaveLength(1);
    expect(engine.lines[0]).toContain(reason);
  }
});

test("above the soft limit a client is closed after whole seconds without a moment below", () => {
  const { engine, socket, connection, endTurn, send } = open();
  Object.assign(engine.outputLimits.normal, { softSize: 20, softSeconds: 3 });
  const passMs = (ms: number) => {
    engine.clock.nowMs += ms;
    connection.checkOutput(engine.clock.nowMs);
  };
  socket.room = 0;
  const reply = (words: string) => {
    send(`${words}\r\n`);
    endTurn();
  };
  reply("more than twenty bytes");
  passMs(3000);
  // Between two looks of the timer it is below, and above again.
  socket.room = 20;
  connection.drain();
  reply("more than twenty bytes");
  passMs(3900);
  expect(socket.ended).toBe("");
  passMs(100);
  expect(socket.ended).toBe("destroyed");
  expect(engine.figures.outputBufferLimitDisconnections).toBe(1);
});

test("who waits for the disk is told of to the backlog, and goes on when that says so", () => {
  const { engine, connection, endTurn, send } = open();
  connection.awaitDisk();
  expect(engine.waiting).toEqual([connection]);
  send("one\r\n");
  endTurn();
  expect(engine.ran).toEqual([]);
  connection.goOnAfterDisk();
  endTurn();
  expect(engine.ran).toEqual(["one"]);
});
