// XXH3 against the runtime's own, and against published values.

import { expect, test } from "bun:test";
import { xxh3Hex } from "../../src/values/xxh3.ts";
import { Random } from "../fuzz/random.ts";

const ofBytes = (bytes: Uint8Array, offset = 0, size = bytes.length) =>
  xxh3Hex(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset, size);

const oracle = (bytes: Uint8Array) =>
  (Bun.hash.xxHash3(bytes) as bigint).toString(16).padStart(16, "0");

test("texts whose hashes are published", () => {
  expect(ofBytes(Buffer.from("Hello world"))).toBe("b6acb9d84a38ff74");
  expect(ofBytes(Buffer.from(""))).toBe("2d06800538d394c2");
});

test("every size up to 2,500 bytes, and around the ends of blocks", () => {
  const random = new Random(7);
  const bytes = Buffer.from(Array.from({ length: 10_000 }, () => random.below(256)));
  const sizes = [...Array(2500).keys(), 4095, 4096, 4097, 8191, 8192, 8193, 10_000];
  for (const size of sizes) {
    const run = bytes.subarray(0, size);
    expect([size, ofBytes(run)]).toEqual([size, oracle(run)]);
  }
});

test("a run in the midst of others, at any offset", () => {
  const bytes = Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 31) % 256));
  for (const size of [3, 8, 16, 128, 240, 241, 1500]) {
    for (const offset of [0, 1, 2, 3, 7]) {
      expect(ofBytes(bytes, offset, size)).toBe(oracle(bytes.subarray(offset, offset + size)));
    }
  }
});
