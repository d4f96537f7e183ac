// Purpose: the intset against a sorted array of BigInts, over random operations, with `verify`
// after each; and its bytes, which must be those of Redis.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import * as arena from "../../src/arena/arena.ts";
import { segmentOf, u8 } from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { Reply } from "../../src/protocol/reply.ts";
import type { IntsetRef } from "../../src/structures/intset.ts";
import * as intset from "../../src/structures/intset.ts";
import { Random } from "../fuzz/random.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  expect(arena.figures().blockCount).toBe(blocks);
});

const highOf = (value: bigint) => Number(value >> 32n);
const lowOf = (value: bigint) => Number(BigInt.asIntN(32, value));
const search = (s: IntsetRef, value: bigint) => intset.search(s, highOf(value), lowOf(value));

/** Adds an integer, if it is not there. */
function add(s: IntsetRef, value: bigint): IntsetRef {
  const index = search(s, value);
  return index >= 0 ? s : intset.insert(s, ~index, highOf(value), lowOf(value));
}

function setOf(values: readonly bigint[]): IntsetRef {
  return values.reduce(add, intset.create());
}

function textAt(s: IntsetRef, index: number): string {
  const bytes = new Uint8Array(20);
  const size = intset.spell(intset.highAt(s, index), intset.lowAt(s, index), bytes);
  return latin1(bytes, 0, size);
}

function valuesOf(s: IntsetRef): bigint[] {
  return Array.from({ length: intset.count(s) }, (_, index) => BigInt(textAt(s, index)));
}

const sorted = (values: Iterable<bigint>) =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

const bytesOf = (s: IntsetRef) => {
  const at = arena.byteOffset(s);
  return [...u8[segmentOf(s)].subarray(at, at + intset.size(s))];
};

/** Integers of every width, and those at the edges of widths. */
const EDGES = [15n, 16n, 31n, 32n, 53n, 63n].flatMap((bits) => [
  2n ** bits - 2n,
  2n ** bits - 1n,
  -(2n ** bits) + 1n,
  -(2n ** bits),
]);
const anyInteger = fc.oneof(
  fc.bigInt({ min: -40n, max: 40n }),
  fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n }),
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
  fc.constantFrom(...EDGES),
);

test("an empty set has nothing", () => {
  const s = intset.create();
  intset.verify(s);
  expect(intset.count(s)).toBe(0);
  expect(search(s, 0n)).toBe(~0);
  expect(bytesOf(s)).toEqual([2, 0, 0, 0, 0, 0, 0, 0]);
  intset.release(s);
});

test("integers lie as Redis has them, in the width of the widest", () => {
  let s = setOf([1n, -2n, 300n]);
  const header = [2, 0, 0, 0, 3, 0, 0, 0];
  expect(bytesOf(s)).toEqual([...header, 0xfe, 0xff, 1, 0, 0x2c, 1]);
  s = add(s, 65536n);
  expect(bytesOf(s).slice(0, 16)).toEqual([
    4, 0, 0, 0, 4, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 0,
  ]);
  s = add(s, INT64_MIN);
  expect(bytesOf(s).slice(0, 18)).toEqual([
    8, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xfe, 0xff,
  ]);
  expect(intset.size(s)).toBe(8 + 5 * 8);
  intset.release(s);
});

test("what is inserted is found at its place, all else at where it would be", () => {
  fc.assert(
    fc.property(fc.array(anyInteger, { maxLength: 60 }), fc.array(anyInteger), (values, others) => {
      const model = sorted(values);
      const s = setOf(values);
      intset.verify(s);
      expect(valuesOf(s)).toEqual(model);
      for (const [index, value] of model.entries()) expect(search(s, value)).toBe(index);
      for (const other of others) {
        const index = model.findIndex((value) => value >= other);
        const at = index < 0 ? model.length : index;
        expect(search(s, other)).toBe(model[at] === other ? at : ~at);
        for (let from = 0; from <= at; from++) {
          const found = intset.searchFrom(s, from, highOf(other), lowOf(other));
          expect(found).toBe(model[at] === other ? at : ~at);
        }
      }
      intset.release(s);
    }),
    { numRuns: 200 },
  );
});

test("two sets are merged into one", () => {
  fc.assert(
    fc.property(fc.array(anyInteger), fc.array(anyInteger), (values, others) => {
      const a = setOf(values);
      const b = setOf(others);
      const both = intset.merged(a, b);
      intset.verify(both);
      expect(valuesOf(both)).toEqual(sorted([...values, ...others]));
      for (const s of [a, b, both]) intset.release(s);
    }),
    { numRuns: 200 },
  );
});

describe.each([1, 2, 3])("random operations, seed %d", (seed) => {
  test.each([8n, 20n, 40n, 64n])("behaves as a sorted list of integers of %d bits", (bits) => {
    const random = new Random(seed);
    const model = new Set<bigint>();
    let s = intset.create();
    for (let step = 0; step < 2000; step++) {
      const words = (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
      const value = BigInt.asIntN(64, words) >> (64n - bits);
      const growing = step % 800 < 500;
      const values = sorted(model);
      if (growing || values.length === 0) {
        s = add(s, value);
        model.add(value);
      } else {
        const index = random.below(values.length);
        expect(search(s, values[index])).toBe(index);
        s = intset.removeAt(s, index);
        model.delete(values[index]);
      }
      intset.verify(s);
      if (step % 50 === 0) expect(valuesOf(s)).toEqual(sorted(model));
    }
    expect(valuesOf(s)).toEqual(sorted(model));
    const twin = intset.copy(s);
    expect(bytesOf(twin)).toEqual(bytesOf(s));
    intset.release(twin);
    intset.release(s);
  });
});

test("a set that was large gives its memory back", () => {
  let s = setOf(Array.from({ length: 2000 }, (_, index) => BigInt(index)));
  expect(arena.capacity(s)).toBeLessThan(4008 * 1.3);
  while (intset.count(s) > 3) s = intset.removeAt(s, intset.count(s) >> 1);
  expect(valuesOf(s)).toEqual([0n, 1n, 1999n]);
  expect(arena.capacity(s)).toBeLessThan(128);
  intset.release(s);
});

test("integers are replied exactly", () => {
  const values = [INT64_MIN, -(2n ** 53n) - 1n, -1n, 0n, 7n, 2n ** 53n + 1n, INT64_MAX];
  const s = setOf(values);
  const reply = new Reply();
  for (let i = 0; i < values.length; i++) intset.reply(s, i, reply);
  const expected = values.map((value) => `$${`${value}`.length}\r\n${value}\r\n`).join("");
  expect(latin1(reply.bytes, 0, reply.at)).toBe(expected);
  intset.release(s);
});
