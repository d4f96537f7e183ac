/**
 * Purpose: a whole server within the test, and clients of it: a command is carried out at once, and
 * nothing happens in between unless the test says so.
 */
import { limitMemory } from "../../src/arena/memory_limit.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { Clock } from "../../src/base/clock.ts";
import { Log } from "../../src/base/log.ts";
import type { CommandTable } from "../../src/calls/table.ts";
import { commandTable } from "../../src/commands/all.ts";
import type { Host } from "../../src/runtime/host.ts";
import type { Socket } from "../../src/runtime/net.ts";
import type { Connection } from "../../src/server/connection.ts";
import { Server, type ServerParts } from "../../src/server/server.ts";
import { followThresholds } from "../../src/values/thresholds.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import { Random } from "../fuzz/random.ts";
import { START_MS } from "../keyspace/worlds.ts";

/** Nothing of JavaScript's heap is looked at. */
const FIGURES = {
  heapSize: () => 0,
  systemMemorySize: () => 0,
  valuesSize: () => 0,
  residentSize: () => 0,
  recentResidentSize: () => 0,
  collectGarbage: () => {},
  collectGarbageLater: () => {},
  supervisor: { name: "no", status: () => {}, keepAlive: () => {} },
};

/** What the world of a server within the test is. */
export interface InnerWorld {
  readonly seed: number;
  /** Directives, as on a command line. */
  readonly args?: readonly string[];
  readonly nowMs: () => number;
  readonly loop: ServerParts["loop"];
  /** In place of the commands that there are. */
  readonly table?: CommandTable;
}

/**
 * A server without disk and network, whose time passes when the test says so. Collections are
 * packed up to where its directives say; a test may set other thresholds then.
 */
export function innerServer(world: InnerWorld): Server {
  const { seed, args = [], nowMs, loop, table = commandTable } = world;
  const random = new Random(seed);
  // They are the process's, and others may have left them as they were for a server of theirs.
  followThresholds(configOf(fakeHost(), ...args));
  limitMemory(Infinity);
  return new Server({
    clock: new Clock({ wallMs: nowMs, wallUs: () => nowMs() * 1000, monotonicMs: nowMs }),
    config: configOf(fakeHost(), ...args),
    table,
    host: { pid: 1, secretWords: random.words, ...FIGURES } as Partial<Host> as Host,
    log: new Log(
      1,
      () => 0,
      () => {},
    ),
    loop,
    random: () => random.uint32() / 2 ** 32,
    leave: () => {},
  });
}

/** A client of a server within the test. */
export class InnerClient {
  /** What it was sent since its last request. */
  replied = "";
  readonly connection: Connection;
  private readonly endTurn: () => void;
  private input: Uint8Array = new Uint8Array(0);

  constructor(server: Server, endTurn: () => void) {
    this.endTurn = endTurn;
    this.connection = server.accept(this.socket(), null);
  }

  get id(): string {
    return String(this.connection.client.id);
  }

  /** Sends a command, whose turn ends; returns the reply as it was sent. */
  run(...words: string[]): string {
    const text = words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
    return this.send(Buffer.from(`*${words.length}\r\n${text}`, "latin1"));
  }

  /** Sends bytes; returns the replies. */
  send(request: Uint8Array): string {
    this.replied = "";
    this.input = request;
    while (this.input.length > 0) this.connection.readable();
    this.endTurn();
    return this.replied;
  }

  /** Bytes arrive: all of them are read in this turn, which goes on. */
  arrives(request: Uint8Array): void {
    this.input = request;
    while (this.input.length > 0 && !this.connection.closing) this.connection.readable();
  }

  /** The other side closes. */
  close(): void {
    this.connection.closed();
  }

  private socket(): Socket {
    return {
      descriptor: -1,
      remote: "127.0.0.1:1",
      local: "127.0.0.1:2",
      read: (into, offset, size) => {
        const taken = Math.min(size, this.input.length);
        into.set(this.input.subarray(0, taken), offset);
        this.input = this.input.subarray(taken);
        return taken;
      },
      write: (bytes, offset, size) => {
        this.replied += latin1(bytes, offset, size);
        return size;
      },
      pause() {},
      resume() {},
      end() {},
      destroy() {},
      keepAlive() {},
    };
  }
}

/** A server with one client. */
export class InnerServer {
  nowMs = START_MS;
  readonly server: Server;
  private readonly client: InnerClient;
  private readonly endOfTurn: (() => void)[] = [];

  /** `table`: in place of the commands that there are. */
  constructor(seed: number, table?: CommandTable) {
    this.server = innerServer({
      seed,
      table,
      nowMs: () => this.nowMs,
      loop: { endOfTurn: (run) => this.endOfTurn.push(run), later: () => () => {} },
    });
    this.client = new InnerClient(this.server, () => {
      for (const run of this.endOfTurn.splice(0)) run();
    });
  }

  get keyspace() {
    return this.server.keyspace;
  }

  /** Lets time pass, and what has expired go. */
  pass(ms: number): void {
    this.wait(ms);
    for (const db of this.keyspace.databases) db.expireDue(Infinity);
  }

  /** Lets time pass, in which nothing happens. */
  wait(ms: number): void {
    this.nowMs += ms;
    this.server.clock.tick();
  }

  /** Carries out a command; returns the reply as it was sent. */
  run(...words: string[]): string {
    return this.client.run(...words);
  }

  /** What was put off until the end of the turn happens; returns the replies. */
  endTurn(): string {
    return this.client.send(new Uint8Array(0));
  }

  /** Carries out what a client sends; returns the replies. */
  send(request: Uint8Array): string {
    return this.client.send(request);
  }
}
