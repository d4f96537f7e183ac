// Purpose: fields of bits against a BigInt of all the bytes, at every offset and width.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  bigValue,
  field,
  read,
  setBigValue,
  setValue,
  value,
  write,
} from "../../../src/commands/bits/bit_fields.ts";

const SIZE = 24;
const place = fc
  .tuple(fc.integer({ min: 0, max: SIZE * 8 - 1 }), fc.integer({ min: 1, max: 64 }))
  .filter(([from, bits]) => from + bits <= SIZE * 8);
const content = fc.uint8Array({ minLength: SIZE, maxLength: SIZE });

/** The bytes as one number, highest first. */
function whole(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

test("a field is read wherever it lies", () => {
  fc.assert(
    fc.property(
      content,
      place,
      fc.boolean(),
      fc.integer({ min: 0, max: 5 }),
      (bytes, [from, bits], signed, skip) => {
        const placed = new Uint8Array(SIZE + skip).fill(0xa5);
        placed.set(bytes, skip);
        const raw = (whole(bytes) >> BigInt(SIZE * 8 - from - bits)) & ((1n << BigInt(bits)) - 1n);
        const wanted = signed ? BigInt.asIntN(bits, raw) : raw;
        read(placed, skip, skip + SIZE, from, bits);
        expect(bigValue(bits, signed)).toBe(wanted);
        const safe = value(bits, signed);
        if (Number.isSafeInteger(Number(wanted))) expect(safe).toBe(Number(wanted));
        else expect(safe).toBeNaN();
      },
    ),
    { numRuns: 2000 },
  );
});

test("beyond the end, there are zeros", () => {
  const bytes = new Uint8Array(16).fill(0xff);
  read(bytes, 0, 4, 28, 8);
  expect(value(8, false)).toBe(0xf0);
  read(bytes, 0, 4, 40, 64);
  expect(bigValue(64, true)).toBe(0n);
});

test("a field is written, and nothing beside it", () => {
  fc.assert(
    fc.property(
      content,
      place,
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (bytes, [from, bits], to) => {
        const mask = (1n << BigInt(bits)) - 1n;
        const shift = BigInt(SIZE * 8 - from - bits);
        const wanted = (whole(bytes) & ~(mask << shift)) | ((to & mask) << shift);
        setBigValue(to);
        write(bytes, 0, from, bits);
        expect(whole(bytes)).toBe(wanted);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a safe integer is the same field as its BigInt", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (safe) => {
      setValue(safe);
      const { high, low } = field;
      setBigValue(BigInt(safe));
      expect([high, low]).toEqual([field.high, field.low]);
      expect(bigValue(64, true)).toBe(BigInt(safe));
    }),
    { numRuns: 1000 },
  );
});
