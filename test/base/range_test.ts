// Purpose: bytes that are staged (src/base/range.ts): they come whole, whatever their size, and the
// place for them grows, is used again, and is given up after something large.

import { expect, test } from "bun:test";
import { BULK_COPY_SIZE } from "../../src/base/bytes.ts";
import { stage, staging } from "../../src/base/range.ts";

const KB = 2 ** 10;
const MB = 2 ** 20;

const bytes = Uint8Array.from({ length: 3 * MB }, (_, i) => i * 7 + (i >>> 8));

/** Stages so many bytes from there, which must come; how much can be staged in the same place. */
function staged(size: number, offset = 3): number {
  stage(bytes, offset, size);
  const found = staging.bytes.subarray(0, size);
  expect(Buffer.compare(found, bytes.subarray(offset, offset + size))).toBe(0);
  expect(staging.view.buffer).toBe(staging.bytes.buffer);
  // A word may be read behind the last byte.
  expect(staging.bytes.length - size).toBeGreaterThanOrEqual(8);
  return staging.bytes.length - 8;
}

test("bytes of every size are the same, and what the place was does not matter", () => {
  const sizes = [0, 1, BULK_COPY_SIZE - 1, BULK_COPY_SIZE, BULK_COPY_SIZE + 1, 4 * KB, 4 * KB + 1];
  for (const size of [...sizes, 100_000, ...sizes.toReversed(), MB, MB + 1, 2 * MB, ...sizes]) {
    for (const offset of [0, 1, 7]) staged(size, offset);
  }
});

test("the place is used again as long as it suffices", () => {
  staged(2 * MB);
  staged(1);
  for (const size of [10, 4 * KB, 6 * KB, 6 * KB - 1, 100, 50 * KB, 1, MB, 5, MB - 1]) {
    const before = staging.bytes;
    const room = before.length - 8;
    staged(size);
    expect([size, staging.bytes === before]).toEqual([size, size <= room]);
  }
});

test("above a megabyte it is kept for what is as large, and then given up", () => {
  expect(staged(MB)).toBe(MB);
  const place = staging.bytes;
  staged(10);
  expect(staging.bytes).toBe(place);
  expect(staged(3 * MB - 3)).toBe(3 * MB - 3);
  expect(staged(MB + 1)).toBe(3 * MB - 3);
  expect(staged(MB)).toBe(MB);
  expect(staged(2 * MB)).toBe(2 * MB);
  expect(staged(10)).toBe(4 * KB);
});
