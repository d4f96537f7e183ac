// Purpose: the expiry heap against a plain list of entries with their times, over random
// operations, with `verify` after each; and at sizes where its chunks come and go.

import { afterEach, describe, expect, test } from "bun:test";
import { free } from "../../src/arena/arena.ts";
import { ExpiryHeap } from "../../src/keyspace/expiry.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { Random } from "../fuzz/random.ts";
import { entryFor, keyOf } from "../structures/entries.ts";

const made = new Set<EntryRef>();

afterEach(() => {
  for (const e of made) entry.release(e);
  made.clear();
});

function newEntry(key: string): EntryRef {
  const e = entryFor(key, 8, true);
  made.add(e);
  return e;
}

function remove(heap: ExpiryHeap, e: EntryRef): void {
  heap.remove(entry.expiryIndex(e));
  entry.clearTtl(e);
}

/** Gives the entry another block, as a value that outgrows its own does. */
function relocate(heap: ExpiryHeap, e: EntryRef): EntryRef {
  const moved = entry.copyShaped(e, 32, 8, true);
  heap.relocate(entry.expiryIndex(moved), moved);
  made.delete(e);
  made.add(moved);
  free(e);
  return moved;
}

describe.each([1, 2, 3])("random operations, seed %d", (seed) => {
  test("the first is the earliest, and every time can be read", () => {
    const random = new Random(seed);
    const heap = new ExpiryHeap();
    const model = new Map<EntryRef, number>();
    for (let step = 0; step < 4000; step++) {
      const e = model.size > 0 ? random.pick([...model.keys()]) : null;
      // Few different times, so that many are equal.
      const timeMs = random.below(random.chance(0.5) ? 20 : 1e12);
      const action = random.below(10);
      if (e === null || (action < 4 && model.size < (step % 1000 < 600 ? 300 : 10))) {
        const added = newEntry(`key:${step}`);
        heap.add(added, timeMs);
        model.set(added, timeMs);
      } else if (action < 6) {
        heap.move(entry.expiryIndex(e), timeMs);
        model.set(e, timeMs);
      } else if (action < 7) {
        model.set(relocate(heap, e), model.get(e) as number);
        model.delete(e);
      } else {
        remove(heap, e);
        model.delete(e);
      }
      heap.verify();
      expect(heap.count).toBe(model.size);
      expect(heap.firstTime()).toBe(Math.min(Infinity, ...model.values()));
      if (e !== null && model.has(e)) {
        expect(heap.timeAt(entry.expiryIndex(e))).toBe(model.get(e) as number);
        expect(heap.entryAt(entry.expiryIndex(e))).toBe(e);
      }
    }
  });
});

test("entries leave in the order of their times, across chunks", () => {
  const random = new Random(9);
  const heap = new ExpiryHeap();
  const times: number[] = [];
  for (let i = 0; i < 40_000; i++) {
    times.push(random.below(1e6));
    heap.add(newEntry(`key:${i}`), times[i]);
  }
  heap.verify();
  times.sort((a, b) => a - b);
  for (const timeMs of times) {
    if (heap.firstTime() !== timeMs) throw new Error(`${heap.firstTime()} instead of ${timeMs}`);
    remove(heap, heap.entryAt(0));
  }
  expect(heap.count).toBe(0);
  expect(heap.firstTime()).toBe(Infinity);
  heap.add(newEntry("again"), 5);
  expect(heap.firstTime()).toBe(5);
});

describe("times beyond 2^53", () => {
  const FAR = 9007199254740993n;

  test("are exact when noted, until the entry moves or goes", () => {
    const heap = new ExpiryHeap();
    const e = newEntry("far");
    heap.add(newEntry("near"), 5);
    heap.add(e, Number(FAR));
    expect(heap.farTimeAt(entry.expiryIndex(e))).toBeUndefined();
    heap.noteFar(e, FAR);
    expect(heap.farTimeAt(entry.expiryIndex(e))).toBe(FAR);
    const moved = relocate(heap, e);
    expect(heap.farTimeAt(entry.expiryIndex(moved))).toBe(FAR);
    expect(keyOf(moved)).toBe("far");
    heap.move(entry.expiryIndex(moved), 7);
    expect(heap.farTimeAt(entry.expiryIndex(moved))).toBeUndefined();
    heap.move(entry.expiryIndex(moved), Number(FAR));
    heap.noteFar(moved, FAR);
    remove(heap, moved);
    heap.add(moved, 7);
    expect(heap.farTimeAt(entry.expiryIndex(moved))).toBeUndefined();
    heap.verify();
  });
});
