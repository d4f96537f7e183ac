// Purpose: decimals as C prints them, from exact values; halves go to the even digit.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatFixed, formatTrimmed } from "../../src/base/fixed.ts";

/** The same by exact arithmetic: a double is an integer times a power of two. */
function plainFixed(value: number, decimals: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const power = Number(bits >> 52n);
  const mantissa = (bits & (2n ** 52n - 1n)) | (power === 0 ? 0n : 2n ** 52n);
  const exponent = BigInt(Math.max(power, 1) - 1075);
  const scaled = mantissa * 10n ** BigInt(decimals);
  let digits = exponent >= 0n ? scaled << exponent : scaled >> -exponent;
  if (exponent < 0n) {
    const rest = scaled - (digits << -exponent);
    const half = 1n << (-exponent - 1n);
    if (rest > half || (rest === half && (digits & 1n) === 1n)) digits++;
  }
  const text = digits.toString().padStart(decimals + 1, "0");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return `${sign}${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}

const decimalCounts = fc.constantFrom(4, 6, 17);

test("any double has the decimals of its exact value", () => {
  fc.assert(
    fc.property(
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      decimalCounts,
      (value, decimals) => {
        expect(formatFixed(value, decimals)).toBe(plainFixed(value, decimals));
      },
    ),
    { numRuns: 2000 },
  );
});

test("what lies exactly between two texts has an even last digit", () => {
  fc.assert(
    fc.property(fc.integer({ min: -100_000, max: 100_000 }), decimalCounts, (n, decimals) => {
      const value = (2 * n + 1) / 2 ** (decimals + 1);
      expect(formatFixed(value, decimals)).toBe(plainFixed(value, decimals));
    }),
    { numRuns: 2000 },
  );
  expect(formatFixed(0.03125, 4)).toBe("0.0312");
  expect(formatFixed(0.09375, 4)).toBe("0.0938");
});

test("zeros at the end can go", () => {
  expect(formatTrimmed(180, 17)).toBe("180");
  expect(formatTrimmed(100.5, 17)).toBe("100.5");
  expect(formatTrimmed(13.361389338970184, 17)).toBe("13.36138933897018433");
  expect(formatFixed(Infinity, 6)).toBe("inf");
  expect(formatFixed(-Infinity, 6)).toBe("-inf");
  expect(formatFixed(Number.NaN, 6)).toBe("nan");
});
