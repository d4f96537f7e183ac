/**
 * Keys of a database for random eviction. The table's order is by chance, so they are taken in it,
 * some cache lines at a time: reading one entry is under way while the next is asked for, where a
 * random place would be waited for each time. Every key has its turn before any has it again, and a
 * cache from which keys go in an order that has nothing to do with lookups keeps as many hits as
 * one from which they go by lot.
 */
import * as dict from "../structures/dict.ts";
import { type DictRef, DictSample } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";

/** Keys that are drawn together, at least. */
const DRAWN = 16;
const ROOM = DRAWN * 4;

export class DrawnKeys {
  private readonly sample = new DictSample(ROOM);
  private readonly hashes = new Int32Array(ROOM);
  private left = 0;

  /** The next of a dict with entries; always of the same dict, whatever has become of it. */
  next(keys: DictRef): EntryRef {
    const { sample, hashes } = this;
    for (;;) {
      while (this.left > 0) {
        const e = sample.refs[--this.left];
        // It may be gone, or moved.
        if (dict.holds(keys, e, hashes[this.left])) return e as EntryRef;
      }
      sample.take(keys, DRAWN);
      this.left = sample.count;
      for (let i = 0; i < sample.count; i++) hashes[i] = entry.hash(sample.refs[i] as EntryRef);
    }
  }
}
