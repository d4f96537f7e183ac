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
  /** The value, which may own other blocks. */
  whole: 1,
  /** None yet: what the value was is kept elsewhere (`UndoRecords.parts`). */
  parts: 2,
  /** The value, which is in the entry. */
  plain: 3,
} as const;

export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Records at first. */
const ROOM = 32;
/** Room for more than this is given back when the records are cleared. */
const ROOM_KEPT_MAX = 1 << 14;
/** Words of a row: the entry, its hash, the database and kind, the slot. */
const STRIDE = 4;
const HASH = 1;
const DATABASE = 2;
const SLOT = 3;
const KIND_BITS = 2;
const KIND_MASK = (1 << KIND_BITS) - 1;
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
      if (rows[row + HASH] === hash && rows[row + DATABASE] >> KIND_BITS === database) {
        if (entry.sameKey(rows[row] as EntryRef, e)) return index - 1;
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
    const index = this.count;
    if (index === this.room) this.makeRoom(database, kept);
    this.count++;
    this.slots[this.slot] = index + 1;
    const row = index * STRIDE;
    const { rows } = this;
    rows[row] = kept;
    rows[row + HASH] = entry.hash(kept);
    rows[row + DATABASE] = (database << KIND_BITS) | kind;
    rows[row + SLOT] = this.slot;
    this.times[index] = timeMs;
    return index;
  }

  /** There is no room for the record that is added: twice as much is made. */
  private makeRoom(database: number, kept: EntryRef): void {
    const { rows, times, room } = this;
    this.resize(room * 2);
    this.rows.set(rows);
    this.times.set(times);
    for (let index = 0; index < room; index++) this.replace(index);
    this.slot = this.freeSlot(database, entry.hash(kept));
  }

  private resize(room: number): void {
    this.room = room;
    this.rows = int32s(room * STRIDE);
    this.times = float64s(room);
    this.slots = int32s(room * 2);
  }

  /** Gives a record a slot of the new table. */
  private replace(index: number): void {
    const at = this.freeSlot(this.databaseAt(index), this.rows[index * STRIDE + HASH]);
    this.slots[at] = index + 1;
    this.rows[index * STRIDE + SLOT] = at;
  }

  private freeSlot(database: number, hash: number): number {
    const mask = this.slots.length - 1;
    let at = (hash ^ Math.imul(database, SPREAD)) & mask;
    while (this.slots[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  entryAt(index: number): EntryRef {
    return this.rows[index * STRIDE] as EntryRef;
  }

  databaseAt(index: number): number {
    return this.rows[index * STRIDE + DATABASE] >> KIND_BITS;
  }

  kindAt(index: number): RecordKind {
    return (this.rows[index * STRIDE + DATABASE] & KIND_MASK) as RecordKind;
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
