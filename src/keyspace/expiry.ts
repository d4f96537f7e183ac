/**
 * The expiry order of one database: a heap of (time, entry) with each entry holding its own index,
 * so that the next key to expire is at hand and any key's time is read, moved or taken out without
 * a search. Inserting a random time is O(1) expected, the rest O(log n).
 *
 * The arrays come in chunks, so growing never copies: no stall at any size. 12 bytes a key here
 * and 4 in the entry, against 24 and more of a tree.
 */
import { countOutside } from "../arena/memory_limit.ts";
import { assert } from "../base/assert.ts";
import { float64s, int32s } from "../base/ballast.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { parentOf, TimeHeap } from "../structures/time_heap.ts";

/** Bytes of a place in the order: 8 of time, 4 of ref. */
export const EXPIRY_SIZE = 12;
const CHUNK_BITS = 14;
const CHUNK_COUNT = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_COUNT - 1;

export class ExpiryHeap extends TimeHeap {
  count = 0;
  private readonly times: Float64Array[] = [];
  private readonly refs: Int32Array[] = [];
  /** The exact times of entries whose time (beyond 2^53) a double only tells roughly. */
  private readonly far = new Map<EntryRef, bigint>();

  /** Unix time in ms of the entry at `index`. */
  timeAt(index: number): number {
    return this.times[index >>> CHUNK_BITS][index & CHUNK_MASK];
  }

  /** The exact time of the entry at `index` if `timeAt` is not exact; else undefined. */
  farTimeAt(index: number): bigint | undefined {
    return this.far.size === 0 ? undefined : this.far.get(this.entryAt(index));
  }

  entryAt(index: number): EntryRef {
    return this.refs[index >>> CHUNK_BITS][index & CHUNK_MASK] as EntryRef;
  }

  /** The earliest time, or Infinity. */
  firstTime(): number {
    return this.count === 0 ? Infinity : this.times[0][0];
  }

  /** Adds an entry that has the room for an index and is not in the heap. */
  add(e: EntryRef, timeMs: number): void {
    const index = this.count++;
    if (index >>> CHUNK_BITS === this.times.length) {
      this.times.push(float64s(CHUNK_COUNT));
      this.refs.push(int32s(CHUNK_COUNT));
    }
    countOutside(EXPIRY_SIZE);
    this.rise(index, e, timeMs);
  }

  /** Keeps the exact time of an entry that was just added or moved, to a time beyond 2^53. */
  noteFar(e: EntryRef, timeMs: bigint): void {
    this.far.set(e, timeMs);
  }

  /** Changes the time of the entry at `index`. */
  move(index: number, timeMs: number): void {
    if (this.far.size > 0) this.far.delete(this.entryAt(index));
    this.settle(index, this.entryAt(index), timeMs, this.count);
  }

  /** Takes the entry at `index` out; the entry's TTL mark is the caller's to clear. */
  remove(index: number): void {
    if (this.far.size > 0) this.far.delete(this.entryAt(index));
    const last = --this.count;
    countOutside(-EXPIRY_SIZE);
    if (DEBUG) assert(index <= last, "no entry has this index");
    if (index !== last) this.settle(index, this.entryAt(last), this.timeAt(last), last);
    // Two chunks may be empty before the last goes, so that a key at the edge does not thrash.
    if (this.times.length > (last >>> CHUNK_BITS) + 2) {
      this.times.pop();
      this.refs.pop();
    }
  }

  /** It is not used any more. */
  release(): void {
    countOutside(-EXPIRY_SIZE * this.count);
    this.count = 0;
  }

  /** Notes that the entry at `index` lives in another block now. */
  relocate(index: number, e: EntryRef): void {
    const farMs = this.farTimeAt(index);
    if (farMs !== undefined) {
      this.far.delete(this.entryAt(index));
      this.far.set(e, farMs);
    }
    this.refs[index >>> CHUNK_BITS][index & CHUNK_MASK] = e;
  }

  /** Throws when the order or an entry's index is wrong. For tests. */
  verify(): void {
    for (let index = 0; index < this.count; index++) {
      assert(this.indexOf(this.entryAt(index)) === index, "an entry's index is wrong");
      if (index === 0) continue;
      assert(this.timeAt(parentOf(index)) <= this.timeAt(index), "the heap is out of order");
    }
  }

  /** The index of an entry that is in the heap. */
  indexOf(e: EntryRef): number {
    return entry.expiryIndex(e);
  }

  protected noteIndex(e: EntryRef, index: number): void {
    entry.setExpiryIndex(e, index);
  }

  protected put(index: number, e: EntryRef, timeMs: number): void {
    this.times[index >>> CHUNK_BITS][index & CHUNK_MASK] = timeMs;
    this.refs[index >>> CHUNK_BITS][index & CHUNK_MASK] = e;
    this.noteIndex(e, index);
  }
}
