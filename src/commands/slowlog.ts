/**
 * SLOWLOG: the latest commands that took longer than a threshold.
 *
 * Dispatch compares each duration with `thresholdUs` and calls `record` for the few above it.
 */
import { latin1 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { parseInt64 } from "../base/numbers.ts";
import type { Args } from "../protocol/args.ts";
import { CommandError, wrongSubcommand } from "../protocol/errors.ts";
import type { Call } from "./call.ts";
import type { Client } from "./client.ts";
import { helpEntry } from "./help.ts";
import { REDACTED, secretIndexes } from "./secrets.ts";
import { group } from "./table.ts";

/** An entry keeps so many arguments, and so much of each. */
const ARGUMENT_COUNT_MAX = 32;
const ARGUMENT_SIZE_MAX = 128;
const GET_COUNT = 10;

const BAD_COUNT = new CommandError("ERR count should be greater than or equal to -1");

interface SlowlogEntry {
  readonly id: number;
  readonly seconds: number;
  readonly durationUs: number;
  readonly args: readonly string[];
  readonly peer: string;
  readonly name: string;
}

export class Slowlog {
  /** Commands of at least this many µs are to be recorded: 0 for all, -1 for none. */
  thresholdUs = 10_000;
  private maxCount = 128;
  private nextId = 0;
  /** By id, which follow one another: the oldest goes without moving the others. */
  private readonly entries = new Map<number, SlowlogEntry>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** slowlog-max-len: the latest so many are kept. */
  get maxLength(): number {
    return this.maxCount;
  }

  set maxLength(count: number) {
    this.maxCount = count;
    this.trim();
  }

  get length(): number {
    return this.entries.size;
  }

  /** Adds a command that took `durationUs`; copies what it keeps. */
  record(args: Args, durationUs: number, client: Client): void {
    const id = this.nextId++;
    this.entries.set(id, {
      id,
      seconds: this.clock.nowSeconds,
      durationUs: Math.round(durationUs),
      args: keptArguments(args),
      peer: client.connection.remote,
      name: client.name,
    });
    this.trim();
  }

  /** The latest `count` entries, latest first. */
  latest(count: number): SlowlogEntry[] {
    const found: SlowlogEntry[] = [];
    const end = this.nextId - Math.min(count, this.length);
    for (let id = this.nextId - 1; id >= end; id--) {
      found.push(this.entries.get(id) as SlowlogEntry);
    }
    return found;
  }

  reset(): void {
    this.entries.clear();
  }

  private trim(): void {
    while (this.length > this.maxCount) this.entries.delete(this.nextId - this.length);
  }
}

function keptArguments(args: Args): string[] {
  const secrets = secretIndexes(args);
  const kept: string[] = [];
  const whole = args.count > ARGUMENT_COUNT_MAX ? ARGUMENT_COUNT_MAX - 1 : args.count;
  for (let i = 0; i < whole; i++) {
    if (secrets.includes(i)) kept.push(REDACTED);
    else if (args.size[i] <= ARGUMENT_SIZE_MAX) kept.push(args.text(i));
    else kept.push(cutArgument(args, i));
  }
  if (whole < args.count) kept.push(`... (${args.count - whole} more arguments)`);
  return kept;
}

function cutArgument(args: Args, index: number): string {
  const begin = latin1(args.bytes, args.start[index], ARGUMENT_SIZE_MAX);
  return `${begin}... (${args.size[index] - ARGUMENT_SIZE_MAX} more bytes)`;
}
export const slowlogCommands = group("server", {
  SLOWLOG: {
    arity: -2,
    since: "2.2.12",
    complexity: "Depends on subcommand.",
    summary: "Keeps the commands that took long.",
    subcommands: {
      GET: {
        run: slowlogGet,
        arity: -2,
        flags: ["admin", "loading", "stale"],
        args: "[count]",
        since: "2.2.12",
        complexity: "O(N) where N is the number of entries returned",
        summary: "Lists the slowest commands kept, latest first.",
        history: [["4.0.0", "Added client IP address, port and name to the reply."]],
        tips: ["request_policy:all_nodes", "nondeterministic_output"],
      },
      LEN: {
        run: slowlogLen,
        arity: 2,
        flags: ["admin", "loading", "stale"],
        since: "2.2.12",
        complexity: "O(1)",
        summary: "Counts the entries of the slow log.",
        tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
      },
      RESET: {
        run: slowlogReset,
        arity: 2,
        flags: ["admin", "loading", "stale"],
        since: "2.2.12",
        complexity: "O(N) where N is the number of entries in the slowlog",
        summary: "Empties the slow log.",
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      },
      HELP: helpEntry("6.2.0"),
    },
  },
});

function slowlogGet(call: Call): void {
  if (call.argc > 3) throw wrongSubcommand("SLOWLOG", call.text(1));
  const entries = call.server.slowlog.latest(call.argc === 3 ? entryCount(call) : GET_COUNT);
  const { reply } = call;
  reply.array(entries.length);
  for (const entry of entries) {
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.seconds);
    reply.integer(entry.durationUs);
    reply.array(entry.args.length);
    for (const argument of entry.args) reply.bulkText(argument);
    reply.bulkText(entry.peer);
    reply.bulkText(entry.name);
  }
}

/** The count asked for; -1 stands for all. */
function entryCount(call: Call): number {
  const { bytes, start, size } = call.args;
  const count = parseInt64(bytes, start[2], size[2]);
  if (count === null || count < -1n) throw BAD_COUNT;
  return count === -1n ? Infinity : Number(count);
}

function slowlogLen(call: Call): void {
  call.reply.integer(call.server.slowlog.length);
}

function slowlogReset(call: Call): void {
  call.server.slowlog.reset();
  call.reply.ok();
}
