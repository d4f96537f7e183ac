// Purpose: the dict against a Map, over random operations, with `verify` after each; and SCAN's
// promise, that a key which stays is visited, while the table grows and shrinks.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import type { MappedMemory } from "../../src/arena/mapped_memory.ts";
import { countedSize, limitMemory } from "../../src/arena/memory_limit.ts";
import type { DictRef } from "../../src/structures/dict.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { Random } from "../fuzz/random.ts";
import { entryFor, findIn, keyOf } from "./entries.ts";

const NONE = NIL as EntryRef;

let keys: DictRef;
let model: Map<string, EntryRef>;
let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
  keys = dict.create();
  model = new Map();
});

afterEach(() => {
  for (const key of [...model.keys()]) remove(key);
  dict.release(keys);
  expect(arena.figures().blockCount).toBe(blocks);
});

function insert(key: string): void {
  const e = entryFor(key);
  dict.insert(keys, e);
  model.set(key, e);
}

function remove(key: string): void {
  const e = model.get(key) as EntryRef;
  dict.remove(keys, e);
  entry.release(e);
  model.delete(key);
}

function replace(key: string): void {
  const e = model.get(key) as EntryRef;
  const moved = entry.copyShaped(e, 32, 8, false);
  dict.replace(keys, e, moved);
  arena.free(e);
  model.set(key, moved);
}

function check(): void {
  dict.verify(keys);
  expect(dict.count(keys)).toBe(model.size);
}

function visitedBy(walk: (visit: (e: EntryRef) => void) => void): string[] {
  const seen: string[] = [];
  walk((e) => seen.push(keyOf(e)));
  return seen.sort();
}

describe.each([1, 2, 3, 4])("random operations, seed %d", (seed) => {
  test("behaves as a Map", () => {
    const random = new Random(seed);
    for (let step = 0; step < 6000; step++) {
      // Waves of growing and shrinking, to nothing and back.
      const growing = step % 1500 < 800;
      const key = `key:${random.below(600)}`;
      const e = model.get(key);
      expect(findIn(keys, key)).toBe(e ?? NONE);
      if (random.chance(0.02)) dict.rehash(keys, random.below(20));
      if (e === undefined && (growing || random.chance(0.1))) insert(key);
      else if (e !== undefined && random.chance(0.2)) replace(key);
      else if (e !== undefined && (!growing || random.chance(0.2))) remove(key);
      else if (!growing && model.size > 0) remove(random.pick([...model.keys()]));
      check();
    }
    expect(visitedBy((visit) => dict.each(keys, visit))).toEqual([...model.keys()].sort());
  });
});

test("every key is found at each step of growing and of shrinking", () => {
  for (let i = 0; i < 300; i++) {
    insert(`key:${i}`);
    for (const [key, e] of model) if (findIn(keys, key) !== e) throw new Error(`lost ${key}`);
  }
  for (const key of [...model.keys()]) {
    remove(key);
    expect(findIn(keys, key)).toBe(NONE);
    for (const [other, e] of model) if (findIn(keys, other) !== e) throw new Error(`lost ${other}`);
    check();
  }
});

test("a table doubles when it is full, and shrinks when nearly empty", () => {
  for (let i = 0; i < 5000; i++) insert(`key:${i}`);
  while (dict.rehash(keys, 100));
  expect(dict.tableFigures(keys)).toMatchObject({ slots0: 8192, slots1: 0, used0: 5000 });
  for (let i = 10; i < 5000; i++) remove(`key:${i}`);
  while (dict.rehash(keys, 100));
  const { slots0, rehashing } = dict.tableFigures(keys);
  expect(slots0).toBeLessThanOrEqual(10 * 8);
  expect(rehashing).toBe(false);
  check();
});

describe("a cursor", () => {
  const cursor = new dict.DictCursor();

  test.each([0, 1, 4, 5, 90, 1000])("visits each of %d entries once, then NIL", (count) => {
    for (let i = 0; i < count; i++) {
      insert(`key:${i}`);
      if (i === 63) while (dict.rehash(keys, 100));
    }
    for (let walk = 0; walk < 2; walk++) {
      const seen: string[] = [];
      cursor.start(keys);
      for (let e = cursor.next(); e !== NIL; e = cursor.next()) seen.push(keyOf(e));
      expect(cursor.next()).toBe(NONE);
      expect(seen.sort()).toEqual([...model.keys()].sort());
    }
  });

  test("passes over the second table while a rehash goes on", () => {
    for (let i = 0; i < 64; i++) insert(`key:${i}`);
    while (dict.rehash(keys, 100));
    for (let i = 64; i < 90; i++) insert(`key:${i}`);
    expect(dict.tableFigures(keys).rehashing).toBe(true);
    let count = 0;
    cursor.start(keys);
    while (cursor.next() !== NIL) count++;
    expect(count).toBe(90);
  });

  test("lets each entry be freed as it comes", () => {
    const doomed = dict.create();
    for (let i = 0; i < 100; i++) dict.insert(doomed, entryFor(`key:${i}`));
    cursor.start(doomed);
    for (let e = cursor.next(); e !== NIL; e = cursor.next()) entry.release(e);
    dict.release(doomed);
  });
});

type Visit = (e: EntryRef) => void;

/** Begins a scan; what is returned visits some entries, and says whether there are more. */
const SCANS: readonly [string, () => (visit: Visit) => boolean][] = [
  [
    "scan",
    () => {
      let cursor = 0;
      return (visit) => {
        cursor = dict.scan(keys, cursor, visit);
        return cursor !== 0;
      };
    },
  ],
  [
    "LineScan",
    () => {
      const scan = new dict.LineScan();
      return (visit) => scan.step(keys, visit);
    },
  ],
];

describe.each(SCANS)("%s", (_, begin) => {
  test("visits every entry of a dict at rest exactly once", () => {
    for (const count of [0, 1, 4, 5, 1000]) {
      while (model.size < count) insert(`key:${model.size}`);
      while (dict.rehash(keys, 100));
      const seen = visitedBy((visit) => {
        const step = begin();
        while (step(visit));
      });
      // The slots of a table that is smaller than a line are passed more than once.
      const visited = dict.tableFigures(keys).slots0 < 16 ? [...new Set(seen)] : seen;
      expect(visited).toEqual([...model.keys()].sort());
    }
  });

  test("visits every entry in the midst of a rehash", () => {
    for (let i = 0; i < 64; i++) insert(`key:${i}`);
    while (dict.rehash(keys, 100));
    for (let i = 64; i < 90; i++) insert(`key:${i}`);
    expect(dict.tableFigures(keys).rehashing).toBe(true);
    const seen = new Set<string>();
    const step = begin();
    while (step((e) => seen.add(keyOf(e))));
    expect([...seen].sort()).toEqual([...model.keys()].sort());
  });

  test.each([1, 2, 3, 4])("a key that stays is visited, seed %d", (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 6; round++) {
      const stable = [...Array(random.between(1, 200)).keys()].map((i) => `stays:${round}:${i}`);
      const passing = random.between(0, 800);
      for (const key of stable) insert(key);
      for (let i = 0; i < passing; i++) insert(`goes:${i}`);
      const growing = random.chance(0.5);
      const changesMax = random.between(1, 60);
      const seen = new Set<string>();
      const step = begin();
      let added = passing;
      while (step((e) => seen.add(keyOf(e)))) {
        for (let change = random.below(changesMax); change > 0; change--) {
          if (growing && model.size < 1500) insert(`goes:${added++}`);
          else if (added > 0 && model.has(`goes:${--added}`)) remove(`goes:${added}`);
        }
      }
      const missed = stable.filter((key) => !seen.has(key));
      expect(missed).toEqual([]);
      check();
      for (const key of [...model.keys()]) if (random.chance(0.9)) remove(key);
      for (const key of [...model.keys()]) if (key.startsWith("goes")) remove(key);
    }
  });
});

test("a random entry is any of them", () => {
  expect(dict.randomEntry(keys, () => 0)).toBe(NONE);
  const random = new Random(5);
  for (let i = 0; i < 70; i++) insert(`key:${i}`);
  const seen = new Set<string>();
  for (let draw = 0; draw < 3000; draw++) {
    seen.add(keyOf(dict.randomEntry(keys, (limit) => random.below(limit))));
  }
  expect(seen.size).toBe(70);
});

describe.each([
  ["a full table", 256, 256],
  ["the midst of growing", 270, 270],
  ["the midst of shrinking", 1024, 127],
  ["a sparse table", 1000, 130],
  ["a nearly empty table", 64, 3],
])("a random entry of %s", (_, added, left) => {
  test("is each as often", () => {
    for (let i = 0; i < added; i++) insert(`key:${i}`);
    for (let i = left; i < added; i++) remove(`key:${i}`);
    const random = new Random(7);
    const counts = new Map<EntryRef, number>();
    const expected = 300;
    for (let draw = 0; draw < left * expected; draw++) {
      const e = dict.randomEntry(keys, (limit) => random.below(limit));
      counts.set(e, (counts.get(e) ?? 0) + 1);
    }
    let spread = 0;
    for (const e of model.values()) spread += ((counts.get(e) ?? 0) - expected) ** 2 / expected;
    // Chi-square: chance exceeds this about once in 10^5 runs.
    expect(spread).toBeLessThan(left + 4.3 * Math.sqrt(2 * left) + 10);
    check();
  });
});

test("an entry of one dict is found in another by its key", () => {
  const others = dict.create(40);
  expect(dict.tableFigures(others).slots0).toBe(64);
  const texts = ["", "a", "abc", "abcd", "abcde", "x".repeat(5000), "x".repeat(4094)];
  for (const text of texts) insert(text);
  for (let i = 0; i < 70; i++) insert(`key:${i}`);
  for (const [key, e] of model) {
    const twin = entry.twin(e);
    expect(keyOf(twin)).toBe(key);
    expect(entry.sameKey(e, twin)).toBe(true);
    expect(dict.findSame(others, e)).toBe(NONE);
    dict.insert(others, twin);
    expect(dict.findSame(others, e)).toBe(twin);
    expect(dict.findSame(keys, twin)).toBe(e);
  }
  expect(entry.sameKey(model.get("abcd") as EntryRef, model.get("abcde") as EntryRef)).toBe(false);
  dict.drain(others, 1000, entry.release);
  dict.release(others);
});

test.each([0, 3, 64, 90, 5000])("a dict of %d entries is drained in slices", (count) => {
  const doomed = dict.create();
  for (let i = 0; i < count; i++) dict.insert(doomed, entryFor(`key:${i}`));
  const seen = new Set<string>();
  let slices = 0;
  for (let more = true; more; slices++) {
    more = dict.drain(doomed, 16, (e) => {
      seen.add(keyOf(e));
      entry.release(e);
    });
    expect(dict.count(doomed)).toBe(count - seen.size);
  }
  expect(seen.size).toBe(count);
  expect(slices).toBeGreaterThanOrEqual(Math.floor(count / 64));
  dict.release(doomed);
});

describe("entries that stand together", () => {
  test("who goes on taking some comes by all, in the midst of a rehash too", () => {
    for (const count of [1, 5, 20, 300, 513, 3000]) {
      while (dict.count(keys) < count) insert(`key${dict.count(keys)}`);
      const sample = new dict.DictSample(64);
      const seen = new Set<number>();
      for (let round = 0; round < (count / 5) * 4 + 8; round++) {
        sample.take(keys, 16);
        expect(sample.count).toBeGreaterThanOrEqual(Math.min(16, count));
        for (const e of sample.refs.subarray(0, sample.count)) {
          expect(dict.holds(keys, e, entry.hash(e as EntryRef))).toBe(true);
          seen.add(e);
        }
      }
      expect(seen.size).toBe(count);
    }
  });

  test("of an empty one there are none", () => {
    const sample = new dict.DictSample(64);
    sample.take(keys, 16);
    expect(sample.count).toBe(0);
  });
});

test("what is not there is held by no dict, whatever it may be", () => {
  insert("here");
  const e = model.get("here") as EntryRef;
  const gone = entryFor("gone");
  expect(dict.holds(keys, e, entry.hash(e))).toBe(true);
  expect(dict.holds(keys, e, entry.hash(e) ^ 1)).toBe(false);
  expect(dict.holds(keys, gone, entry.hash(gone))).toBe(false);
  expect(dict.holds(keys, -1, entry.hash(e))).toBe(false);
  entry.release(gone);
});

test("while maxmemory leaves nothing a table waits until it is crowded", () => {
  for (let i = 0; i < 64; i++) insert(`key${i}`);
  limitMemory(countedSize());
  for (let i = 64; i < 103; i++) insert(`key${i}`);
  expect(dict.tableFigures(keys).rehashing).toBe(false);
  for (let i = 103; i < 106; i++) insert(`key${i}`);
  expect(dict.tableFigures(keys).rehashing).toBe(true);
  limitMemory(Infinity);
});

test("a large table is taken when it is in memory, or when chains get too long for waiting", () => {
  const SLOTS = 1 << 18;
  let isReady = false;
  const asked: number[] = [];
  const prepare = (size: number): boolean => {
    asked.push(size);
    return isReady;
  };
  const memory: Partial<MappedMemory> = { take: () => 0, prepare };
  arena.useMappings(memory as MappedMemory);
  const large = dict.create(SLOTS);
  const growTo = (count: number) => {
    while (dict.count(large) < count) dict.insert(large, entryFor(String(dict.count(large))));
    return dict.tableFigures(large).slots1;
  };
  expect(growTo(SLOTS)).toBe(0);
  expect(asked).toEqual([]);
  expect(growTo(SLOTS + 10)).toBe(0);
  expect(asked).toEqual(Array(10).fill(2 ** 21));
  expect(growTo(SLOTS * 1.61)).toBe(0);
  expect(growTo(SLOTS * 1.62)).toBe(2 * SLOTS);
  while (dict.rehash(large, 1000));
  expect(growTo(2 * SLOTS + 10)).toBe(0);
  isReady = true;
  expect(growTo(2 * SLOTS + 11)).toBe(4 * SLOTS);
  arena.useMappings(null);
  while (dict.drain(large, SLOTS, entry.release));
  dict.release(large);
});
