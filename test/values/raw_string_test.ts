// Purpose: strings as memory, in every form that an entry can hold, against plain texts; the
// expiry stays, and no block is lost.

import { afterEach, beforeEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as rawString from "../../src/values/raw_string.ts";
import * as stringValue from "../../src/values/string_value.ts";
import { get, look, put, START_MS, World } from "../keyspace/worlds.ts";

const SIZES = [0, 1, 3, 4, 40, 44, 45, 1000, 4090, 4094, 4095, 5000, 40_000, 700_000];
const VALUES = ["", "7", "-123456789", ...SIZES.slice(1).map((size) => "ab-".repeat(size / 3 + 1))];

let world: World;
let blocks = 0;

beforeEach(() => {
  world = new World();
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  arena.failAt(Infinity);
  world.verify();
  world.end();
  expect(arena.figures().blockCount).toBe(blocks);
});

/** A key with an expiry, since that takes room behind the value. */
function stored(value: string): EntryRef {
  const db = world.db();
  return db.setExpiry(put(db, "k", value), START_MS + 1000);
}

function expectString(wanted: string): void {
  const e = look(world.db(), "k");
  expect(get(world.db(), "k") === wanted).toBe(true);
  expect(stringValue.encodingName(e)).toBe("raw");
  expect(world.db().expiryOf(e)).toBe(START_MS + 1000);
}

test("words begin with the string's bytes", () => {
  for (const value of VALUES) {
    const { words, at, size } = rawString.wordsOf(stored(value));
    expect(size).toBe(value.length);
    const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, size);
    expect(Buffer.from(bytes).toString("latin1") === value).toBe(true);
  }
  expect(rawString.wordsOf(NIL as EntryRef).size).toBe(0);
});

test("a string is extended with zeros, and is raw from then on", () => {
  for (const value of VALUES) {
    for (const size of SIZES) {
      // Freed blocks are not zero.
      const junk = put(world.db(), "junk", "j".repeat(size + 10));
      world.db().drop(junk);
      rawString.extend(world.db(), stored(value), size);
      expectString(value.padEnd(size, "\0"));
    }
  }
});

test("a new key holds zeros", () => {
  const args = argsOf(["k"]);
  for (const size of SIZES) {
    const db = world.db();
    const e = rawString.addZeros(db, args, 0, db.hash(args, 0), size, "setbit");
    db.setExpiry(e, START_MS + 1000);
    expectString("\0".repeat(size));
    db.drop(look(db, "k"));
  }
});

test("bytes take the place of whatever there was", () => {
  for (const value of VALUES) {
    for (const next of VALUES) {
      const bytes = new Uint8Array(next.length + 4);
      bytes.set(fromLatin1(next));
      const view = new DataView(bytes.buffer);
      rawString.place(world.db(), stored(value), bytes, view, next.length);
      expectString(next);
    }
  }
});

test("a block is used again where it fits", () => {
  const size = 8000;
  for (const [value, isKept] of [
    ["x".repeat(8000), true],
    ["x".repeat(12_000), true],
    ["x".repeat(40_000), false],
    ["x".repeat(5000), false],
    ["short", false],
  ] as const) {
    const db = world.db();
    const e = stored(value);
    const block = rawString.blockFor(e, size);
    const bytes = arena.u8[arena.segmentOf(block)];
    const start = arena.byteOffset(block);
    if (isKept) expect(bytes[start]).toBe(120);
    bytes.fill(121, start, start + size);
    rawString.placeBlock(db, e, block, size);
    expectString("y".repeat(size));
    db.drop(look(db, "k"));
  }
});

test("room is there for what fits, unless a snapshot needs the block, and else asked for", () => {
  const large = stored("x".repeat(700_000));
  const small = put(world.db(), "small", "ab");
  const isRefused = (isWalked: boolean, e: EntryRef, size: number) => {
    try {
      stringValue.ensureRoom(isWalked, e, size);
      return false;
    } catch (error) {
      expect(error).toBe(arena.OUT_OF_SPACE);
      return true;
    }
  };
  const answers = (e: EntryRef, size: number) =>
    [false, true].map((isWalked) => isRefused(isWalked, e, size));
  arena.failAt(-1);
  expect(answers(large, 700_000)).toEqual([false, true]);
  expect(answers(large, 2_000_000)).toEqual([true, true]);
  expect(answers(small, 700_000)).toEqual([true, true]);
  expect(answers(NIL as EntryRef, 700_000)).toEqual([true, true]);
  for (const e of [large, small, NIL as EntryRef]) expect(isRefused(false, e, 1000)).toBe(false);
  arena.failAt(Infinity);
  for (const e of [large, small]) expect(answers(e, 1_000_000)).toEqual([false, false]);
});
