/**
 * Reads ahead what the commands of a pipeline need: see structures/read_ahead.ts.
 */
import { usedSize } from "../arena/arena.ts";
import { hashBytes } from "../base/hash.ts";
import type { CommandTable } from "../calls/table.ts";
import type { Database } from "../keyspace/database.ts";
import { ARGUMENTS_MAX } from "../protocol/command_batch.ts";
import type { RequestParser } from "../protocol/request.ts";
import { readEntries, readSlots } from "../structures/read_ahead.ts";
import type { CommandLookup } from "./lookup.ts";

/** Less data than this is in the processor's caches anyway. */
const USED_SIZE_MIN = 2 << 20;

/** Where a command's keys are: as `Command.firstKey` and its kin. */
interface Plan {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

export class ReadAhead {
  /** For so many bytes of data or more it is useful; another value for tests. */
  usedSizeMin = USED_SIZE_MIN;
  private readonly lookup: CommandLookup;
  private readonly plans: readonly Plan[];
  private readonly hashes = new Int32Array(ARGUMENTS_MAX);
  private readonly entries = new Int32Array(ARGUMENTS_MAX);

  constructor(table: CommandTable, lookup: CommandLookup) {
    this.lookup = lookup;
    this.plans = table.all.map((command) => ({
      first: command.firstKey,
      last: command.lastKey,
      step: command.keyStep,
    }));
  }

  /** Whether there are so many data that it gains something. */
  get isUseful(): boolean {
    return usedSize() >= this.usedSizeMin;
  }

  /** Has the parser parse what has arrived, and reads what that needs of the client's database. */
  read(parser: RequestParser, db: Database): void {
    if (parser.parseAhead() === 0) return;
    const n = this.hashKeys(parser);
    if (n < 2) return;
    readSlots(db.keys, this.hashes, this.entries, n);
    readEntries(this.hashes, this.entries, n);
  }

  private hashKeys(parser: RequestParser): number {
    const { batch, bytes, view } = parser;
    const { start, size } = batch;
    let n = 0;
    for (let i = 0; i < batch.count; i++) {
      const base = batch.first[i];
      const end = batch.first[i + 1];
      const command = this.lookup.named(bytes, view, start[base], size[base]);
      if (command === null) continue;
      const { first, last, step } = this.plans[command.id];
      if (first === 0 || base + first >= end) continue;
      const to = Math.min(last < 0 ? end + last : base + last, end - 1);
      batch.hashed[i] = first;
      batch.hash[i] = hashBytes(bytes, view, start[base + first], size[base + first]);
      this.hashes[n++] = batch.hash[i];
      for (let at = base + first + step; at <= to; at += step) {
        this.hashes[n++] = hashBytes(bytes, view, start[at], size[at]);
      }
    }
    return n;
  }
}
