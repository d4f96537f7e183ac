/**
 * Purpose: a whole server within the test: a command is carried out at once, and nothing happens
 * in between unless the test says so.
 */
import { Clock } from "../../src/base/clock.ts";
import { commandTable } from "../../src/commands/all.ts";
import type { Host } from "../../src/commands/server_context.ts";
import { Config } from "../../src/config/config.ts";
import type { Socket } from "../../src/runtime/net.ts";
import type { Connection } from "../../src/server/connection.ts";
import { Log } from "../../src/server/log.ts";
import { Server } from "../../src/server/server.ts";
import { fakeHost } from "../config/fake_host.ts";
import { Random } from "../fuzz/random.ts";
import { START_MS } from "../keyspace/worlds.ts";

export class InnerServer {
  nowMs = START_MS;
  readonly server: Server;
  readonly #connection: Connection;
  #input: Uint8Array = new Uint8Array(0);
  #output = "";
  readonly #endOfTurn: (() => void)[] = [];

  constructor(seed: number) {
    const random = new Random(seed);
    const clock = new Clock({
      wallMs: () => this.nowMs,
      wallUs: () => this.nowMs * 1000,
      monotonicMs: () => this.nowMs,
    });
    this.server = new Server({
      clock,
      config: new Config(fakeHost()),
      table: commandTable,
      host: { pid: 1, secretWords: random.words } as Partial<Host> as Host,
      log: new Log(
        1,
        () => 0,
        () => {},
      ),
      loop: { endOfTurn: (run) => this.#endOfTurn.push(run), later: () => () => {} },
      random: () => random.uint32() / 2 ** 32,
      leave: () => {},
    });
    this.#connection = this.server.accept(this.#socket(), null);
  }

  get keyspace() {
    return this.server.keyspace;
  }

  #socket(): Socket {
    return {
      descriptor: -1,
      remoteAddress: "127.0.0.1",
      remotePort: 1,
      localAddress: "127.0.0.1",
      localPort: 2,
      read: (into, offset, size) => {
        const taken = Math.min(size, this.#input.length);
        into.set(this.#input.subarray(0, taken), offset);
        this.#input = this.#input.subarray(taken);
        return taken;
      },
      write: (bytes, offset, size) => {
        this.#output += Buffer.from(bytes.buffer, bytes.byteOffset + offset, size).toString(
          "latin1",
        );
        return size;
      },
      pause() {},
      resume() {},
      end() {},
      destroy() {},
      keepAlive() {},
    };
  }

  /** Lets time pass, and what has expired go. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.server.clock.tick();
    for (const db of this.keyspace.databases) db.expireDue(Infinity);
  }

  /** Lets time pass, in which nothing happens. */
  wait(ms: number): void {
    this.nowMs += ms;
    this.server.clock.tick();
  }

  /** Carries out a command; returns the reply as it was sent. */
  run(...words: string[]): string {
    const text = words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
    return this.send(Buffer.from(`*${words.length}\r\n${text}`, "latin1"));
  }

  /** Carries out what a client sends; returns the replies. */
  send(request: Uint8Array): string {
    this.#output = "";
    this.#input = request;
    while (this.#input.length > 0) this.#connection.readable();
    for (const run of this.#endOfTurn.splice(0)) run();
    return this.#output;
  }
}
