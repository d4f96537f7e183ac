// Purpose: entries: what is written comes back, whatever lies beside it, for keys and values of the
// sizes at which their place changes.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import { argsOf } from "../../src/protocol/args.ts";
import * as entry from "../../src/structures/entry.ts";
import { OUTSIDE_SIZE } from "../../src/structures/entry.ts";
import { Random } from "../fuzz/random.ts";
import { entryFor, hashOf, isKey, keyOf, valueBytes } from "./entries.ts";

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 191, 192, 193, OUTSIDE_SIZE - 1, OUTSIDE_SIZE, 5000, 70_000];

let blocks = 0;
beforeEach(() => {
  blocks = arena.figures().blockCount;
});
afterEach(() => {
  expect(arena.figures().blockCount).toBe(blocks);
});

function textOf(size: number, seed = 1): string {
  const random = new Random(seed);
  let text = "";
  while (text.length < size) text += String.fromCharCode(random.below(256));
  return text;
}

describe.each(SIZES)("a key of %d bytes", (size) => {
  const key = textOf(size);

  test("is kept, with its hash", () => {
    const e = entryFor(key);
    // What it is made with is for elements of collections: a stamp.
    entry.startClock(e, 0, 0);
    expect(keyOf(e)).toBe(key);
    expect(entry.keySize(e)).toBe(size);
    expect(entry.hash(e)).toBe(hashOf(argsOf([key])));
    expect(entry.next(e)).toBe(NIL as never);
    expect([entry.type(e), entry.encoding(e), entry.valueSize(e), entry.clock(e)]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(entry.hasTtl(e)).toBe(false);
    expect(entry.valueRoom(e)).toBeGreaterThanOrEqual(8);
    entry.release(e);
  });

  test("is found equal to itself only", () => {
    const e = entryFor(key);
    expect(isKey(e, key)).toBe(true);
    expect(isKey(e, `${key}x`)).toBe(false);
    expect(isKey(e, `${key}\0`)).toBe(false);
    if (size > 0) expect(isKey(e, key.slice(1))).toBe(false);
    for (const at of [0, 1, size >> 1, size - 2, size - 1]) {
      if (at < 0 || at >= size) continue;
      const other = String.fromCharCode(key.charCodeAt(at) ^ 1);
      expect(isKey(e, key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    }
    entry.release(e);
  });

  test("is compared where it lies among other bytes", () => {
    const e = entryFor(key);
    const args = argsOf(["abc", key, "def"]);
    expect(entry.keyIs(e, args.bytes, args.view, args.start[1], size)).toBe(true);
    entry.release(e);
  });

  test("survives a change of shape, with header, TTL and value", () => {
    const e = entryFor(key, 16, true);
    entry.describe(e, 3, 5, 1234);
    entry.setClock(e, 0xabcdef);
    entry.setExpiryIndex(e, 77);
    valueBytes(e, 16).set([...Array(16).keys()]);
    const moved = entry.copyShaped(e, 64, 12, true);
    arena.free(e);
    expect(keyOf(moved)).toBe(key);
    expect([entry.type(moved), entry.encoding(moved), entry.valueSize(moved)]).toEqual([
      3, 5, 1234,
    ]);
    expect(entry.clock(moved)).toBe(0xabcdef);
    expect(entry.expiryIndex(moved)).toBe(77);
    expect([...valueBytes(moved, 12)]).toEqual([...Array(12).keys()]);
    expect(entry.valueRoom(moved)).toBeGreaterThanOrEqual(64);
    entry.release(moved);
  });
});

test("a value's description and the TTL mark do not touch each other", () => {
  const e = entryFor("key", 8, true);
  entry.describe(e, 15, 7, 4095);
  expect(entry.hasTtl(e)).toBe(false);
  entry.setExpiryIndex(e, 0);
  expect([entry.hasTtl(e), entry.expiryIndex(e)]).toEqual([true, 0]);
  entry.describe(e, 1, 2, 3);
  expect([entry.type(e), entry.encoding(e), entry.valueSize(e)]).toEqual([1, 2, 3]);
  expect([entry.hasTtl(e), entry.expiryIndex(e)]).toEqual([true, 0]);
  entry.clearTtl(e);
  expect([entry.hasTtl(e), entry.type(e), keyOf(e)]).toEqual([false, 1, "key"]);
  entry.release(e);
});

test("the clock keeps 31 bits, and the epoch is beside it", () => {
  const e = entryFor("key");
  entry.startClock(e, 5, 1);
  entry.setClock(e, 0x7fffffff);
  expect([entry.clock(e), entry.epoch(e)]).toEqual([0x7fffffff, 1]);
  entry.setEpoch(e, 0);
  expect([entry.clock(e), entry.epoch(e)]).toEqual([0x7fffffff, 0]);
  entry.setClock(e, 0);
  expect(entry.clock(e)).toBe(0);
  entry.release(e);
});

test("the room for a value ends where the expiry index begins", () => {
  for (let area = 0; area < 200; area += 4) {
    const e = entryFor("0123456789", area, true);
    entry.setExpiryIndex(e, -1);
    expect(entry.valueRoom(e)).toBeGreaterThanOrEqual(area);
    valueBytes(e, entry.valueRoom(e)).fill(0x55);
    expect(entry.expiryIndex(e)).toBe(-1);
    expect(isKey(e, "0123456789")).toBe(true);
    entry.release(e);
  }
});

test("a value copied to another key brings type and encoding, not TTL, clock or key", () => {
  const from = entryFor("from", 8, true);
  entry.describe(from, 2, 6, 99);
  entry.setExpiryIndex(from, 5);
  entry.setClock(from, 7);
  valueBytes(from, 8).set([1, 2, 3, 4, 5, 6, 7, 8]);
  const to = entryFor("another key", 8);
  entry.startClock(to, 0, 0);
  entry.copyValue(from, to, 8);
  expect([entry.type(to), entry.encoding(to), entry.valueSize(to)]).toEqual([2, 6, 99]);
  expect([...valueBytes(to, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([entry.hasTtl(to), entry.clock(to), keyOf(to)]).toEqual([false, 0, "another key"]);
  entry.release(from);
  entry.release(to);
});
