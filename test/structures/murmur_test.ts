// Purpose: MurmurHash64A against BigInt arithmetic.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { hash64, hashed } from "../../src/structures/murmur.ts";
import { plainHash, SEED } from "../base/plain_hash.ts";

test("hash64 is MurmurHash64A", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 9 }), (bytes, skip) => {
      const placed = new Uint8Array(bytes.length + skip + 4).fill(0xee);
      placed.set(bytes, skip);
      hash64(placed, new DataView(placed.buffer), skip, bytes.length, SEED);
      const { high, low } = hashed;
      expect((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toBe(plainHash(bytes));
    }),
    { numRuns: 2000 },
  );
});
