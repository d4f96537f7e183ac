// Purpose: which elements of a packed collection a dict has, against a Set of their texts.

import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import * as arena from "../../src/arena/arena.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import * as dict from "../../src/structures/dict.ts";
import * as entry from "../../src/structures/entry.ts";
import type { PackedRef } from "../../src/structures/packed.ts";
import * as packed from "../../src/structures/packed.ts";
import { nextInDict } from "../../src/structures/packed_in_dict.ts";
import { entryFor, findIn } from "./entries.ts";

let blocks = 0;
/** Whether the dict was being resized when `foundIn` asked it. */
let isResized = false;

beforeEach(() => {
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  expect(arena.figures().blockCount).toBe(blocks);
});

/** The elements that the dict is found to have, or not to have, in order. */
function foundIn(texts: readonly string[], keys: ReadonlySet<string>, isIn = true): string[] {
  let p: PackedRef = packed.create();
  for (const text of texts) p = packed.append(p, fromLatin1(text), 0, text.length);
  const members = dict.create();
  for (const key of keys) dict.insert(members, entryFor(key));
  isResized = dict.otherTable(members) !== arena.NIL;
  const found: string[] = [];
  let at = nextInDict(p, 0, members, isIn);
  for (; at !== 0; at = nextInDict(p, at, members, isIn)) {
    const { bytes, offset, size } = packed.range(p, at);
    found.push(latin1(bytes, offset, size));
  }
  for (const key of keys) {
    const e = findIn(members, key);
    dict.remove(members, e);
    entry.release(e);
  }
  dict.release(members);
  packed.release(p);
  return found;
}

const anyText = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.string({ maxLength: 5 }).filter((text) => /^[\0-\xff]*$/.test(text)),
  fc.constantFrom("01", "-0", "", "x".repeat(63), "x".repeat(64), "x".repeat(5000)),
);

test("all that the dict has are found, in the order of the elements", () => {
  fc.assert(
    fc.property(fc.array(anyText), fc.array(anyText), (texts, others) => {
      const keys = new Set([...texts.filter((_, i) => i % 2 === 0), ...others]);
      expect(foundIn(texts, keys)).toEqual(texts.filter((text) => keys.has(text)));
      expect(foundIn(texts, keys, false)).toEqual(texts.filter((text) => !keys.has(text)));
    }),
  );
});

test("many are found in a dict of any size, also while it is resized", () => {
  const texts = Array.from({ length: 150 }, (_, i) => (i % 7 === 0 ? `${i}` : `member:${i}`));
  let wereResized = 0;
  for (let more = 0; more < 200; more += 7) {
    const others = Array.from({ length: more }, (_, i) => `other:${i}`);
    const keys = new Set([...texts.filter((_, i) => i % 3 !== 0), ...others]);
    expect(foundIn(texts, keys)).toEqual(texts.filter((text) => keys.has(text)));
    if (isResized) wereResized++;
  }
  expect(wereResized).toBeGreaterThan(5);
});

test("nothing is found in an empty one, nor of one", () => {
  expect(foundIn([], new Set(["a"]))).toEqual([]);
  expect(foundIn(["a", "17"], new Set())).toEqual([]);
});
