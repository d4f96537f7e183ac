/**
 * The expiry order of one database: a 4-ary min-heap of (time, entry) with each entry holding its
 * own index, so that the next key to expire is at hand and any key's time is read, moved or taken
 * out without a search. Inserting a random time is O(1) expected, the rest O(log n).
 *
 * The arrays come in chunks, so growing never copies: no stall at any size. 12 bytes a key here
 * and 4 in the entry, against 24 and more of a tree.
 */
import { assert } from "../base/assert.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";

const CHUNK_BITS = 14;
const CHUNK_COUNT = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_COUNT - 1;
const ARITY_BITS = 2;
const ARITY = 1 << ARITY_BITS;

export class ExpiryHeap {
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
      this.times.push(new Float64Array(CHUNK_COUNT));
      this.refs.push(new Int32Array(CHUNK_COUNT));
    }
    this.rise(index, e, timeMs);
  }

  /** Keeps the exact time of an entry that was just added or moved, to a time beyond 2^53. */
  noteFar(e: EntryRef, timeMs: bigint): void {
    this.far.set(e, timeMs);
  }

  /** Changes the time of the entry at `index`. */
  move(index: number, timeMs: number): void {
    if (this.far.size > 0) this.far.delete(this.entryAt(index));
    this.settle(index, this.entryAt(index), timeMs);
  }

  /** Takes the entry at `index` out; the entry's TTL mark is the caller's to clear. */
  remove(index: number): void {
    if (this.far.size > 0) this.far.delete(this.entryAt(index));
    const last = --this.count;
    if (DEBUG) assert(index <= last, "no entry has this index");
    if (index !== last) this.settle(index, this.entryAt(last), this.timeAt(last));
    // Two chunks may be empty before the last goes, so that a key at the edge does not thrash.
    if (this.times.length > (last >>> CHUNK_BITS) + 2) {
      this.times.pop();
      this.refs.pop();
    }
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
      assert(entry.expiryIndex(this.entryAt(index)) === index, "an entry's index is wrong");
      const parent = (index - 1) >> ARITY_BITS;
      if (index > 0) assert(this.timeAt(parent) <= this.timeAt(index), "the heap is out of order");
    }
  }

  private put(index: number, e: EntryRef, timeMs: number): void {
    this.times[index >>> CHUNK_BITS][index & CHUNK_MASK] = timeMs;
    this.refs[index >>> CHUNK_BITS][index & CHUNK_MASK] = e;
    entry.setExpiryIndex(e, index);
  }

  private settle(index: number, e: EntryRef, timeMs: number): void {
    const parent = (index - 1) >> ARITY_BITS;
    if (index > 0 && timeMs < this.timeAt(parent)) this.rise(index, e, timeMs);
    else this.sink(index, e, timeMs);
  }

  private rise(from: number, e: EntryRef, timeMs: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> ARITY_BITS;
      if (this.timeAt(parent) <= timeMs) break;
      this.put(index, this.entryAt(parent), this.timeAt(parent));
      index = parent;
    }
    this.put(index, e, timeMs);
  }

  private sink(from: number, e: EntryRef, timeMs: number): void {
    let index = from;
    for (;;) {
      const first = (index << ARITY_BITS) + 1;
      if (first >= this.count) break;
      const end = Math.min(first + ARITY, this.count);
      let least = first;
      for (let child = first + 1; child < end; child++) {
        if (this.timeAt(child) < this.timeAt(least)) least = child;
      }
      if (this.timeAt(least) >= timeMs) break;
      this.put(index, this.entryAt(least), this.timeAt(least));
      index = least;
    }
    this.put(index, e, timeMs);
  }
}
