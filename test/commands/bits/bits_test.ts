// Purpose: counting and finding bits against a plain walk over them, at every alignment.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { countOnes, findBit, onesIn, WIDE_COUNT_LEAST } from "../../../src/commands/bits/bits.ts";

/** The bits of bytes in the order of a bitmap. */
function bitsOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
}

/** Bytes that are often all zeros or all ones. */
const runs = fc
  .array(fc.tuple(fc.constantFrom(0, 255, 1, 128, 0x5a), fc.integer({ min: 0, max: 40 })), {
    maxLength: 8,
  })
  .map((parts) => Uint8Array.from(parts.flatMap(([byte, n]) => Array<number>(n).fill(byte))));
const content = fc.oneof(runs, fc.uint8Array({ maxLength: 120 }));

/** The bytes behind `before` words of noise, and noise after them. */
function placed(bytes: Uint8Array, before: number, noise: number): Int32Array {
  const all = new Uint8Array((before + Math.ceil(bytes.length / 4) + 1) * 4).fill(noise);
  all.set(bytes, before * 4);
  return new Int32Array(all.buffer);
}

const place = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(0, 255));
const range = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

test("countOnes counts what a walk over the bits counts", () => {
  fc.assert(
    fc.property(content, place, range, (bytes, [before, noise], [a, b]) => {
      const bits = bitsOf(bytes);
      const from = Math.round(a * bits.length);
      const to = Math.round(b * bits.length);
      const words = placed(bytes, before, noise);
      const wanted = bits.slice(from, Math.max(from, to)).replaceAll("0", "").length;
      expect(countOnes(words, before, from, to)).toBe(wanted);
    }),
    { numRuns: 1000 },
  );
});

test("countOnes of runs that are counted 64 bits at a time, a word shorter and longer", () => {
  const words = Int32Array.from({ length: 9 * WIDE_COUNT_LEAST }, (_, i) => Math.imul(i, i * 7919));
  const ones = [...words].map(onesIn);
  for (let to = WIDE_COUNT_LEAST - 2; to < words.length; to += to < 600 ? 1 : 97) {
    for (const at of [0, 3]) {
      const wanted = ones.slice(at, to).reduce((sum, n) => sum + n, 0);
      expect([to, countOnes(words, at, 0, (to - at) * 32)]).toEqual([to, wanted]);
    }
  }
});

test("findBit finds the only bit of its kind, in any word of a run and in none", () => {
  for (const bit of [0, 1]) {
    const words = new Int32Array(20).fill(bit - 1);
    for (let place = 0; place < words.length; place++) {
      words[place] ^= 0x80; // bit 0 of the word
      for (let at = 0; at < 6; at++) {
        for (let to = at + 1; to <= words.length; to++) {
          const wanted = place >= at && place < to ? (place - at) * 32 : -1;
          expect(findBit(words, at, 0, (to - at) * 32, bit)).toBe(wanted);
        }
      }
      words[place] ^= 0x80;
    }
  }
});

test("findBit finds what a walk over the bits finds", () => {
  fc.assert(
    fc.property(
      content,
      place,
      range,
      fc.constantFrom(0, 1),
      (bytes, [before, noise], [a, b], bit) => {
        const bits = bitsOf(bytes);
        const from = Math.round(a * bits.length);
        const to = Math.round(b * bits.length);
        const words = placed(bytes, before, noise);
        expect(findBit(words, before, from, to, bit)).toBe(
          bits.slice(0, Math.max(from, to)).indexOf(String(bit), from),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test("onesIn counts in every position", () => {
  for (let bit = 0; bit < 32; bit++) {
    expect(onesIn(1 << bit)).toBe(1);
    expect(onesIn(~(1 << bit))).toBe(31);
  }
  expect(onesIn(0)).toBe(0);
  expect(onesIn(-1)).toBe(32);
});
