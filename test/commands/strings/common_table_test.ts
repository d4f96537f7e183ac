// Purpose: the table of bits against the usual one of numbers, for all cells and the last.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { CommonTable } from "../../../src/commands/strings/common_table.ts";

/** The usual table: row i, column j is the size for the first i and j bytes. */
function sizesOf(a: Uint8Array, b: Uint8Array): number[][] {
  const sizes = Array.from({ length: a.length + 1 }, () => Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      sizes[i][j] =
        a[i - 1] === b[j - 1]
          ? sizes[i - 1][j - 1] + 1
          : Math.max(sizes[i - 1][j], sizes[i][j - 1]);
    }
  }
  return sizes;
}

function expectSame(a: Uint8Array, b: Uint8Array): void {
  const sizes = sizesOf(a, b);
  expect(new CommonTable(a, b, true).commonSize).toBe(sizes[a.length][b.length]);
  const table = new CommonTable(a, b, false);
  expect(table.commonSize).toBe(sizes[a.length][b.length]);
  const wrong: string[] = [];
  for (let i = 0; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      if (table.isGreater(i, j) !== sizes[i][j] > sizes[i][j - 1]) wrong.push(`${i} ${j}`);
    }
  }
  expect(wrong).toEqual([]);
}

const few = fc.uint8Array({ max: 2, maxLength: 130 });
const any = fc.uint8Array({ maxLength: 70 });

test("Each cell of random strings is what the usual table has", () => {
  fc.assert(
    fc.property(fc.oneof(few, any), fc.oneof(few, any), (a, b) => {
      expectSame(a, b);
    }),
    { numRuns: 500 },
  );
});

test("Strings that need more than the kept memory, and all byte values", () => {
  const a = Uint8Array.from({ length: 700 }, (_, i) => (i * 7919) % 256);
  const b = Uint8Array.from({ length: 650 }, (_, i) => (i * i) % 256);
  expectSame(a, b);
  expectSame(a.subarray(0, 3), b);
  expectSame(a, b.subarray(0, 3));
});
