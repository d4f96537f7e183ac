/**
 * What keys were before a script changed them, one record for each key, found by its name: a table
 * with open addressing of indices into rows, half full at most.
 *
 * Of a key that was not there the record has an entry of its name alone; of another, one with its
 * name, access clock and, mostly, its value (undo.ts). These entries are in no database.
 */
import { float64s, int32s } from "../base/ballast.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";

/** What a record's entry has, as a value. */
export const RecordKind = {
  /** None: the key was not there. */
  absent: 0,
  /** The value. */
  whole: 1,
  /** None yet: what the value was is kept elsewhere (`UndoRecords.parts`). */
  parts: 2,
} as const;

export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Records at first. */
const ROOM = 32;
/** Room for more than this is given back when the records are cleared. */
const ROOM_KEPT_MAX = 1 << 14;
/** Words of a row: the entry, the database, the kind, the slot. */
const STRIDE = 4;
const DATABASE = 1;
const KIND = 2;
const SLOT = 3;
/** Spreads the numbers of databases over the bits of a hash: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

const NOT_FOUND = -1;

export class UndoRecords<Parts> {
  count = 0;
  /** Of records of that kind, by index. */
  readonly parts = new Map<number, Parts>();
  /** Times to expire that a double is not exact for. */
  readonly farTimes = new Map<number, bigint>();
  private room = ROOM;
  private rows = int32s(ROOM * STRIDE);
  private times = float64s(ROOM);
  /** An index and 1; 0 in a slot that is free. */
  private slots = int32s(ROOM * 2);
  /** Where `find` looked last. */
  private slot = 0;

  /** The record of the key of an entry, or -1. */
  find(database: number, e: EntryRef): number {
    const { rows, slots } = this;
    const mask = slots.length - 1;
    const hash = entry.hash(e);
    let at = (hash ^ Math.imul(database, SPREAD)) & mask;
    for (let index = slots[at]; index !== 0; index = slots[at]) {
      const row = (index - 1) * STRIDE;
      const kept = rows[row] as EntryRef;
      if (entry.hash(kept) === hash && rows[row + DATABASE] === database) {
        if (entry.sameKey(kept, e)) return index - 1;
      }
      at = (at + 1) & mask;
    }
    this.slot = at;
    return NOT_FOUND;
  }

  /**
   * Adds a record for the key that `find` has just not found; `timeMs` is when it expires, or -1.
   * Returns its index.
   */
  add(database: number, kept: EntryRef, kind: RecordKind, timeMs: number): number {
    const index = this.count++;
    this.slots[this.slot] = index + 1;
    const row = index * STRIDE;
    this.rows[row] = kept;
    this.rows[row + DATABASE] = database;
    this.rows[row + KIND] = kind;
    this.rows[row + SLOT] = this.slot;
    this.times[index] = timeMs;
    return index;
  }

  /** Sees that there is room for another record; before `find`. */
  makeRoom(): void {
    if (this.count < this.room) return;
    const { rows, times } = this;
    this.resize(this.room * 2);
    this.rows.set(rows);
    this.times.set(times);
    for (let index = 0; index < this.count; index++) this.replace(index);
  }

  private resize(room: number): void {
    this.room = room;
    this.rows = int32s(room * STRIDE);
    this.times = float64s(room);
    this.slots = int32s(room * 2);
  }

  /** Gives a record a slot of the new table. */
  private replace(index: number): void {
    const mask = this.slots.length - 1;
    const hash = entry.hash(this.entryAt(index));
    let at = (hash ^ Math.imul(this.databaseAt(index), SPREAD)) & mask;
    while (this.slots[at] !== 0) at = (at + 1) & mask;
    this.slots[at] = index + 1;
    this.rows[index * STRIDE + SLOT] = at;
  }

  entryAt(index: number): EntryRef {
    return this.rows[index * STRIDE] as EntryRef;
  }

  databaseAt(index: number): number {
    return this.rows[index * STRIDE + DATABASE];
  }

  kindAt(index: number): RecordKind {
    return this.rows[index * STRIDE + KIND] as RecordKind;
  }

  timeAt(index: number): number {
    return this.times[index];
  }

  /** Forgets all; the entries are the caller's. */
  clear(): void {
    if (this.room > ROOM_KEPT_MAX) {
      this.resize(ROOM);
    } else {
      for (let index = 0; index < this.count; index++)
        this.slots[this.rows[index * STRIDE + SLOT]] = 0;
    }
    this.count = 0;
    if (this.parts.size > 0) this.parts.clear();
    if (this.farTimes.size > 0) this.farTimes.clear();
  }
}
