/**
 * Reads ahead what the commands of a pipeline need, for all of them together, before the first of
 * them runs (structures/read_ahead.ts says why): the slots and entries of their keys, then what the
 * values have in other blocks, then the elements that are named, of large collections.
 *
 * It changes nothing and decides nothing: what a command then finds may be something else, if one
 * before it has changed the key, or selected another database.
 */
import { NIL, usedSize } from "../arena/arena.ts";
import { hashBytes } from "../base/hash.ts";
import type { Command } from "../calls/command.ts";
import type { CommandTable } from "../calls/table.ts";
import type { Database } from "../keyspace/database.ts";
import { ZERO } from "../protocol/lines.ts";
import type { RequestParser } from "../protocol/request.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { AHEAD_MAX, readEntries, readSlots, readSlotsOf } from "../structures/read_ahead.ts";
import { elementsOf, readValues } from "../values/read_ahead.ts";
import { elementPlace } from "./element_places.ts";
import type { CommandLookup } from "./lookup.ts";

/** Less data than this are in the processor's caches anyway. */
const USED_SIZE_MIN = 2 << 20;

/** What was read, so that it is read. */
const seen = { sum: 0 };

/** Where a command's keys are, as `Command.firstKey` and its kin say it, and its elements. */
interface Plan {
  readonly first: number;
  /** The argument that says how many keys there are; 0 where `last` does. */
  readonly countAt: number;
  readonly last: number;
  readonly step: number;
  /** As `ElementPlace`. */
  readonly element: number;
  readonly elementStep: number;
}

/** Of the number of keys, in commands that say it. */
const COUNT_DIGITS_MAX = 3;

export class ReadAhead {
  /** With so many bytes of data it is useful; another value for tests. */
  usedSizeMin = USED_SIZE_MIN;
  private readonly lookup: CommandLookup;
  /** By the command's id; null before it is needed. */
  private readonly plans: (Plan | null)[];
  /** Items: a key each, or a key and one of the elements that are named. */
  private count = 0;
  private readonly hashes = new Int32Array(AHEAD_MAX);
  private readonly entries = new Int32Array(AHEAD_MAX);
  /** The argument of the batch that the element is; -1 for none. */
  private readonly elements = new Int32Array(AHEAD_MAX);
  private readonly dicts = new Int32Array(AHEAD_MAX);

  constructor(table: CommandTable, lookup: CommandLookup) {
    this.lookup = lookup;
    this.plans = table.all.map(() => null);
  }

  /** Whether there are so many data that it gains something. */
  get isUseful(): boolean {
    return usedSize() >= this.usedSizeMin;
  }

  /** Has the parser parse what has arrived, and reads what that needs of the client's database. */
  read(parser: RequestParser, db: Database): void {
    if (parser.parseAhead() > 0) this.readBatch(parser, db);
  }

  /** Reads what the commands of the parser's batch need of a database. */
  readBatch(parser: RequestParser, db: Database): void {
    const { batch } = parser;
    this.count = 0;
    for (let i = 0; i < batch.count; i++) this.addKeys(parser, i);
    const { count, hashes, entries } = this;
    // What is looked up alone waits alone.
    if (count < 2) return;
    readSlots(db.keys, hashes, entries, count);
    readEntries(hashes, entries, count);
    readValues(entries, count);
    if (db.expires.count > 0) this.readExpiry(db);
    this.readElements(parser);
  }

  /** Adds the keys of a command, and the elements of its first. */
  private addKeys({ batch, bytes, view }: RequestParser, index: number): void {
    const { start, size } = batch;
    const name = batch.first[index];
    const end = batch.first[index + 1];
    const command = this.lookup.named(bytes, view, start[name], size[name]);
    if (command === null) return;
    const plan = this.plans[command.id] ?? this.makePlan(command);
    const { first, countAt, last, step, element, elementStep } = plan;
    const key = name + first;
    if (first === 0 || key >= end || this.count + end - key > AHEAD_MAX) return;
    let lastKey = last < 0 ? end + last : name + last;
    if (countAt > 0) {
      const at = name + countAt;
      lastKey = key - 1 + countIn(bytes, start[at], size[at]);
    }
    lastKey = Math.min(lastKey, end - 1);
    if (key > lastKey) return;
    const keyHash = hashBytes(bytes, view, start[key], size[key]);
    batch.hashed[index] = first;
    batch.hash[index] = keyHash;
    if (element > 0 && name + element < end) {
      const to = elementStep === 0 ? name + element + 1 : end;
      for (let at = name + element; at < to; at += elementStep || 1) this.add(keyHash, at);
    } else {
      this.add(keyHash, -1);
    }
    for (let at = key + step; at <= lastKey; at += step) {
      this.add(hashBytes(bytes, view, start[at], size[at]), -1);
    }
  }

  private add(keyHash: number, element: number): void {
    this.hashes[this.count] = keyHash;
    this.elements[this.count++] = element;
  }

  /** Reads when keys expire. */
  private readExpiry({ expires }: Database): void {
    const { count, entries } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const e = entries[i] as EntryRef;
      if (e !== NIL && entry.hasTtl(e)) sum += expires.timeAt(entry.expiryIndex(e));
    }
    seen.sum = sum;
  }

  private readElements({ batch, bytes, view }: RequestParser): void {
    const { count, hashes, entries, elements, dicts } = this;
    const { start, size } = batch;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const at = elements[i];
      const e = entries[i] as EntryRef;
      if (at < 0 || e === NIL) continue;
      const of = elementsOf(e);
      if (of === NIL) continue;
      dicts[found] = of;
      // What was there is not needed any more.
      hashes[found++] = hashBytes(bytes, view, start[at], size[at]);
    }
    if (found < 2) return;
    readSlotsOf(dicts, hashes, entries, found);
    readEntries(hashes, entries, found);
  }

  private makePlan(command: Command): Plan {
    const { first: element, step: elementStep } = elementPlace(command);
    const { id, firstKey, lastKey, keyStep } = command;
    const counted = firstKey === 0 ? countedKeys(command) : null;
    const keys = counted ?? { first: firstKey, countAt: 0, last: lastKey, step: keyStep };
    const plan = { ...keys, element, elementStep };
    this.plans[id] = plan;
    return plan;
  }
}

/** Where the keys of a command are that says itself how many they are; null of any other. */
function countedKeys({ entry: { keys } }: Command) {
  const spec = keys?.[0];
  if (spec === undefined || !("numkeys" in spec) || typeof spec.at !== "number") return null;
  const { at, numkeys, first, step } = spec;
  return { first: at + first, countAt: at + numkeys, last: 0, step: step ?? 1 };
}

/** A number of up to three digits; 0 if it is none. */
function countIn(bytes: Uint8Array, offset: number, size: number): number {
  if (size > COUNT_DIGITS_MAX) return 0;
  let count = 0;
  for (let at = offset; at < offset + size; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return 0;
    count = count * 10 + digit;
  }
  return count;
}
