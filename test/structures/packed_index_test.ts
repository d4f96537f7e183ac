// Purpose: an index of a packed collection finds what a search of it finds, and nothing else.

import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import * as arena from "../../src/arena/arena.ts";
import { fromLatin1 } from "../../src/base/bytes.ts";
import type { PackedRef } from "../../src/structures/packed.ts";
import * as packed from "../../src/structures/packed.ts";
import { PackedIndex } from "../../src/structures/packed_index.ts";

let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  expect(arena.figures().blockCount).toBe(blocks);
});

function packedOf(texts: Iterable<string>): PackedRef {
  let p = packed.create();
  for (const text of texts) p = packed.append(p, fromLatin1(text), 0, text.length);
  return p;
}

/** Compares the index with the collection, for these texts. */
function check(index: PackedIndex, p: PackedRef, texts: readonly string[]): void {
  for (const text of texts) {
    const bytes = fromLatin1(text);
    const expected = packed.find(p, packed.first(p), bytes, 0, bytes.length, 0);
    expect(index.find(bytes, 0, bytes.length)).toBe(expected);
  }
}

/** As `check`, for elements of another collection as they lie there, and for a walk over these. */
function checkElements(index: PackedIndex, p: PackedRef, texts: readonly string[]): void {
  const other = packedOf(texts);
  const common: number[] = [];
  const missing: number[] = [];
  for (let at = packed.first(other); at !== 0; at = packed.next(other, at)) {
    const { bytes, offset, size } = packed.range(other, at);
    const expected = packed.find(p, packed.first(p), bytes, offset, size, 0);
    expect(index.findElement(other, at)).toBe(expected);
    (expected !== 0 ? common : missing).push(at);
  }
  expect(walk(index, other, true)).toEqual(common);
  expect(walk(index, other, false)).toEqual(missing);
  packed.release(other);
}

function walk(index: PackedIndex, other: PackedRef, isFound: boolean): number[] {
  const walked: number[] = [];
  let at = index.nextFound(other, 0, isFound);
  for (; at !== 0; at = index.nextFound(other, at, isFound)) walked.push(at);
  return walked;
}

const anyText = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.string({ maxLength: 5 }).filter((text) => /^[\0-\xff]*$/.test(text)),
  fc.constantFrom("01", "+1", "-0", "", "x".repeat(64), "x".repeat(5000)),
);

test("texts and integers are found at their place", () => {
  const index = new PackedIndex();
  fc.assert(
    fc.property(fc.array(anyText), fc.array(anyText), (texts, others) => {
      const p = packedOf(new Set(texts));
      index.build(p);
      check(index, p, [...texts, ...others]);
      checkElements(index, p, others);
      packed.release(p);
    }),
  );
});

test("an index is built anew of collections large and small", () => {
  const index = new PackedIndex();
  for (const count of [0, 1, 128, 129, 20_000, 300, 3]) {
    const texts = Array.from({ length: count }, (_, at) => `element:${at}`);
    const p = packedOf(texts);
    index.build(p);
    check(index, p, [...texts.slice(0, 200), ...texts.slice(-3), "element:x", `element:${count}`]);
    packed.release(p);
  }
});
