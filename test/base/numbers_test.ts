// Purpose: integers from bytes and into bytes (src/base/numbers.ts).

import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { digitCount, parseInt64, parseSafe, writeInteger } from "../../src/base/numbers.ts";

const bytesOf = (text: string) => Buffer.from(`#${text}7`, "latin1");
const safe = (text: string) => parseSafe(bytesOf(text), 1, text.length);
const int64 = (text: string) => parseInt64(bytesOf(text), 1, text.length);

test.each([
  ["9223372036854775807", 9223372036854775807n],
  ["-9223372036854775808", -9223372036854775808n],
  ["9223372036854775808", null],
  ["-9223372036854775809", null],
  ["99999999999999999999", null],
  ["1000000000000000", 1000000000000000n],
  ["-999999999999999", -999999999999999n],
  ["0", 0n],
  ["-0", null],
  ["00", null],
  ["-", null],
  ["", null],
  ["+1", null],
  [" 1", null],
  ["1 ", null],
  ["-1000000000000000x", null],
  ["1x00000000000000000", null],
  ["0000000000000000001", null],
  ["-0000000000000000001", null],
  ["--00000000000000001", null],
])("parseInt64(%j) is %p", (text, value) => {
  expect(int64(text as string)).toBe(value as bigint | null);
});

test("every 64-bit integer is read as it is printed", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(int64(String(value))).toBe(value);
    }),
  );
});

test("parseSafe reads up to 15 digits, writeInteger prints safe integers", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const text = String(value);
      const size = digitCount(Math.abs(value));
      expect(safe(text)).toBe(size > 15 ? Number.NaN : value);
      expect(size).toBe(text.length - (value < 0 ? 1 : 0));
      const bytes = new Uint8Array(24);
      expect(writeInteger(bytes, 3, value)).toBe(3 + text.length);
      expect(Buffer.from(bytes.subarray(3, 3 + text.length)).toString()).toBe(text);
    }),
  );
});
