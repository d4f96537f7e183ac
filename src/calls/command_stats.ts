/** Counters by command and by error code: INFO commandstats, latencystats and errorstats. */

import { formatFixed } from "../base/fixed.ts";
import type { Command, Commands, GroupName } from "./command.ts";
import { Histogram } from "./histogram.ts";

/** Distinct error codes counted: scripts can make up codes without end. */
const ERROR_CODES_MAX = 128;
/** A power of two. */
const MEASURED_RUNS = 8;

/** What a call took on the average: of whole µs, in floats of 32 bits, as Redis reckons it. */
export function meanPerCall(us: number, calls: number): string {
  return formatFixed(calls === 0 ? 0 : Math.fround(Math.fround(us) / Math.fround(calls)), 2);
}

export class CommandStats {
  readonly calls: Float64Array;
  readonly microseconds: Float64Array;
  readonly rejected: Float64Array;
  readonly failed: Float64Array;
  /** Times of calls, by command id; made at a command's first call. */
  readonly histograms: (Histogram | null)[];
  /** Error replies by their first word. */
  readonly errors = new Map<string, number>();
  /** latency-tracking: whether histograms are filled. */
  tracking = true;
  commandCount = 0;
  errorCount = 0;
  /** Calls whose time was not measured. */
  private readonly unmeasured: Float64Array;
  /** Runs that might have gone unmeasured. */
  private readonly runs: Uint8Array;

  constructor(table: Commands) {
    const count = table.all.length;
    this.calls = new Float64Array(count);
    this.microseconds = new Float64Array(count);
    this.rejected = new Float64Array(count);
    this.failed = new Float64Array(count);
    this.unmeasured = new Float64Array(count);
    this.runs = new Uint8Array(count);
    this.histograms = new Array(count).fill(null);
  }

  /** Accounts for `count` calls of a command that took so long together. */
  record(command: Command, count: number, elapsedUs: number): void {
    const { id } = command;
    this.calls[id] += count;
    this.microseconds[id] += elapsedUs;
    this.commandCount += count;
    if (this.tracking) this.histogramOf(command).record(elapsedUs / count, count);
  }

  /** Whether a run of the command is to be measured, that may go unmeasured: one in so many is. */
  isDue({ id }: Command): boolean {
    return (this.runs[id]++ & (MEASURED_RUNS - 1)) === 0;
  }

  /** Accounts for `count` calls that have taken as long as others of the command on the average. */
  recordUnmeasured({ id }: Command, count: number): void {
    this.calls[id] += count;
    this.unmeasured[id] += count;
    this.commandCount += count;
  }

  /** Calls of the commands of each group. */
  countByGroup(table: Commands): Map<GroupName, number> {
    const counts = new Map<GroupName, number>();
    for (const { id, group } of table.all) {
      counts.set(group, (counts.get(group) ?? 0) + this.calls[id]);
    }
    return counts;
  }

  /** Puts in what calls that were not measured have taken: before times are shown. */
  settle(table: Commands): void {
    for (const command of table.all) {
      const { id } = command;
      const count = this.unmeasured[id];
      if (count === 0) continue;
      const measured = this.calls[id] - count;
      const meanUs = measured > 0 ? this.microseconds[id] / measured : 0;
      this.unmeasured[id] = 0;
      this.microseconds[id] += meanUs * count;
      if (this.tracking) this.histogramOf(command).record(meanUs, count);
    }
  }

  /** Accounts for a call that now waits: its time is known when it has been served. */
  recordBlocked(command: Command, elapsedUs: number): void {
    this.calls[command.id]++;
    this.microseconds[command.id] += elapsedUs;
    this.commandCount++;
  }

  /** A call that waited is over: all that it took, and what of that it took since. */
  recordUnblocked(command: Command, totalUs: number, sinceUs: number): void {
    this.microseconds[command.id] += sinceUs;
    if (this.tracking) this.histogramOf(command).record(totalUs, 1);
  }

  private histogramOf({ id }: Command): Histogram {
    let histogram = this.histograms[id];
    if (histogram === null) {
      histogram = new Histogram();
      this.histograms[id] = histogram;
    }
    return histogram;
  }

  countError(code: string): void {
    this.errorCount++;
    const seen = this.errors.get(code);
    if (seen !== undefined || this.errors.size < ERROR_CODES_MAX) {
      this.errors.set(code, (seen ?? 0) + 1);
    }
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.calls.fill(0);
    this.microseconds.fill(0);
    this.rejected.fill(0);
    this.failed.fill(0);
    this.unmeasured.fill(0);
    // The next run of each is measured, to tell of those that are not.
    this.runs.fill(0);
    this.histograms.fill(null);
    this.errors.clear();
    this.commandCount = 0;
    this.errorCount = 0;
  }
}
