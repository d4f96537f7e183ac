/**
 * Purpose: a server within the test whose scripts run long without taking long: the clock goes on
 * by a millisecond whenever somebody looks at it, and turns of the event loop are the test's.
 */
import type { Server } from "../../src/server/server.ts";
import { START_MS } from "../keyspace/worlds.ts";
import { InnerClient, innerServer } from "../persistence/inner_server.ts";

/** A script that is suspended has run for so long. */
const THRESHOLD_MS = 50;

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
  isOff: boolean;
}

/** A client whose replies stay until they are asked for. */
export class ScriptClient {
  readonly inner: InnerClient;

  constructor(server: Server, endTurn: () => void) {
    this.inner = new InnerClient(server, endTurn);
  }

  /** Sends a command, whose turn ends; returns what has been replied in it. */
  run(...words: string[]): string {
    return this.inner.run(...words);
  }

  /** Sends commands at once: words, or a text of words without blanks. */
  pipeline(...commands: (string | readonly string[])[]): string {
    const texts = commands.map((command) => {
      const words = typeof command === "string" ? command.split(" ") : command;
      return `*${words.length}\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`;
    });
    return this.inner.send(Buffer.from(texts.join(""), "latin1"));
  }

  /** All that it was sent since it sent something. */
  get replied(): string {
    return this.inner.replied;
  }
}

export class ScriptWorld {
  private readMs = START_MS;
  readonly server: Server;
  private endings: (() => void)[] = [];
  private timers: Timer[] = [];

  constructor(args: readonly string[] = []) {
    this.server = innerServer({
      seed: 1,
      args,
      nowMs: () => this.readMs++,
      loop: {
        endOfTurn: (run) => this.endings.push(run),
        later: (ms, run) => {
          const timer = { dueMs: this.readMs + ms, run, isOff: false };
          this.timers.push(timer);
          return () => {
            timer.isOff = true;
          };
        },
      },
    });
    this.server.scripts.thresholdMs = THRESHOLD_MS;
  }

  get nowMs(): number {
    return this.readMs;
  }

  client(): ScriptClient {
    return new ScriptClient(this.server, () => this.endTurn());
  }

  /** Time passes, in which nothing happens. */
  wait(ms: number): void {
    this.readMs += ms;
  }

  endTurn(): void {
    for (const run of this.endings.splice(0)) run();
  }

  /** A turn of the event loop: the timers that are due. */
  turn(): void {
    const due = this.timers.filter(({ dueMs }) => dueMs <= this.readMs);
    this.timers = this.timers.filter((timer) => !due.includes(timer));
    for (const timer of due) if (!timer.isOff) timer.run();
    this.endTurn();
  }

  /** Turns until no script is suspended. */
  untilOver(): void {
    let turns = 0;
    while (this.server.scripts.isSuspended) {
      this.turn();
      if (++turns > 10_000) throw new Error("the script does not end");
    }
    // Who has to go on does so.
    this.turn();
    this.turn();
  }
}
