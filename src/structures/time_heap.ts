/**
 * The order of a 4-ary min-heap of (time, entry), whatever it is stored in: the earliest is at
 * index 0, and whoever is told an entry's index can move it or take it out without a search.
 * Inserting a random time is O(1) expected, the rest O(log n).
 */
import type { EntryRef } from "./entry.ts";

const ARITY_BITS = 2;
const ARITY = 1 << ARITY_BITS;

/** The index of what is above `index`, which must not be 0. */
export const parentOf = (index: number) => (index - 1) >> ARITY_BITS;

export abstract class TimeHeap {
  /** Unix time in ms of the entry at `index`. */
  abstract timeAt(index: number): number;
  abstract entryAt(index: number): EntryRef;
  /** Stores an entry and its time at `index`, and notes the index for the entry. */
  protected abstract put(index: number, e: EntryRef, timeMs: number): void;

  /** Puts an entry where its time belongs, of the `count` there are, into the gap at `from`. */
  protected settle(from: number, e: EntryRef, timeMs: number, count: number): void {
    if (from > 0 && timeMs < this.timeAt(parentOf(from))) this.rise(from, e, timeMs);
    else this.sink(from, e, timeMs, count);
  }

  /** As `settle`, when nothing below the gap is earlier. */
  protected rise(from: number, e: EntryRef, timeMs: number): void {
    let index = from;
    while (index > 0) {
      const parent = parentOf(index);
      if (this.timeAt(parent) <= timeMs) break;
      this.put(index, this.entryAt(parent), this.timeAt(parent));
      index = parent;
    }
    this.put(index, e, timeMs);
  }

  private sink(from: number, e: EntryRef, timeMs: number, count: number): void {
    let index = from;
    for (;;) {
      const first = (index << ARITY_BITS) + 1;
      if (first >= count) break;
      const end = Math.min(first + ARITY, count);
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
