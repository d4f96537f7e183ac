/**
 * The slow log: the latest commands that took longer than a threshold.
 *
 * Dispatch compares each duration with `thresholdUs` and calls `record` for the few above it.
 */
import { latin1 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Args } from "../protocol/args.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { REDACTED, secretIndexes } from "./secrets.ts";

/** An entry keeps so many arguments, and so much of each. */
const ARGUMENT_COUNT_MAX = 32;
const ARGUMENT_SIZE_MAX = 128;

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
  record(command: Command, args: Args, durationUs: number, client: Client): void {
    const id = this.nextId++;
    this.entries.set(id, {
      id,
      seconds: this.clock.nowSeconds,
      durationUs: Math.round(durationUs),
      args: keptArguments(command, args),
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

function keptArguments(command: Command, args: Args): string[] {
  const secrets = secretIndexes(command, args);
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
