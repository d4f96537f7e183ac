// Purpose: doubles as C reads and prints them (src/base/doubles.ts).

import { expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  formatDouble,
  parseDouble,
  parseLooseDouble,
  scanDouble,
  writeDouble,
} from "../../src/base/doubles.ts";
import { ownCpuMs } from "../client/process.ts";

const bytesOf = (text: string) => Buffer.from(`#${text}7`, "latin1");
const strict = (text: string) => parseDouble(bytesOf(text), 1, text.length);
const scanned = (text: string) => scanDouble(bytesOf(text), 1, text.length);
const loose = (text: string) => parseLooseDouble(bytesOf(text), 1, text.length);

test.each([
  ["0", 0],
  ["-0", -0],
  ["+1", 1],
  ["007", 7],
  ["1.", 1],
  [".5", 0.5],
  ["-.5e1", -5],
  ["1E+2", 100],
  ["3.14", 3.14],
  ["123456789.123456", 123456789.123456],
  ["9007199254740993", 9007199254740992],
  ["1.7976931348623157e308", Number.MAX_VALUE],
  ["5e-324", 5e-324],
  ["0e-999", 0],
  ["-0.0e9", -0],
  ["inf", Infinity],
  ["+Infinity", Infinity],
  ["-INF", -Infinity],
  ["0x10", 16],
  ["-0X1.8p1", -3],
  ["0x.8", 0.5],
  ["0x0p9", 0],
  ["0x1p-1074", 5e-324],
  ["0x1.8p-1074", 1e-323],
  ["0x1.00000000000008p0", 1],
  ["0x1.00000000000018p0", 1 + 2 ** -51],
  ["0x1.000000000000081p0", 1 + 2 ** -52],
  ["0x1.fffffffffffff7p1023", Number.MAX_VALUE],
])("both read %j as %p", (text, value) => {
  expect(strict(text)).toBe(value);
  expect(loose(text)).toBe(value);
});

test.each([
  "-",
  "+",
  ".",
  "e5",
  "1e",
  "1e+",
  "--1",
  "1 ",
  "0x",
  "0xg",
  "infi",
  "nan",
  "1_0",
  "0b1",
])("neither reads %j", (text) => {
  expect(strict(text)).toBeNaN();
  expect(loose(text)).toBeNaN();
});

test.each([
  ["", 0],
  ["\0", 0],
  ["\0abc", 0],
  [" 1", 1],
  ["\t\n\v\f\r -2.5", -2.5],
  ["1\0abc", 1],
  ["1e999", Infinity],
  ["-1e999", -Infinity],
  ["0x1p2000", Infinity],
  ["0x1.fffffffffffff8p1023", Infinity],
  ["1e-999", 0],
  ["0x1p-1076", 0],
  ["0x1p-1075", 0],
])("only C strings are %j", (text, value) => {
  expect(strict(text)).toBeNaN();
  expect(loose(text)).toBe(value);
});

test("blanks alone are no number", () => {
  expect(strict(" ")).toBeNaN();
  expect(loose(" ")).toBeNaN();
});

test("a very long text that is no number is refused at once", () => {
  const start = ownCpuMs();
  expect(strict(`${"1".repeat(200_000)}x`)).toBeNaN();
  expect(strict(`0x${"1".repeat(200_000)}x`)).toBeNaN();
  expect(ownCpuMs() - start).toBeLessThan(2000);
});

const anyDouble = fc.double({ noNaN: true });

test("every double is read as it was printed", () => {
  fc.assert(
    fc.property(anyDouble, (value) => {
      expect(strict(formatDouble(value))).toBe(value);
      expect(loose(formatDouble(value))).toBe(value);
      if (value !== 0) expect(strict(String(value))).toBe(value);
    }),
  );
});

test("decimals are read as JavaScript reads them", () => {
  const parts = fc.tuple(
    fc.constantFrom("", "-", "+"),
    fc.stringMatching(/^\d{0,12}$/),
    fc.stringMatching(/^\d{1,12}$/),
  );
  fc.assert(
    fc.property(parts, ([sign, whole, decimals]) => {
      const text = `${sign}${whole}.${decimals}`;
      expect(strict(text)).toBe(Number(text));
    }),
  );
});

/** `%.17g` of a number that is not 0, from its exact value: the plain twin. */
function plainFormat(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 2047n);
  const fraction = bits & (2n ** 52n - 1n);
  const shift = BigInt(Math.max(exponent, 1) - 1075);
  // The value times 10^1100, and 17 digits of it.
  const scaled = (exponent > 0 ? fraction + 2n ** 52n : fraction) * 10n ** 1100n;
  const whole = (shift < 0n ? scaled >> -shift : scaled << shift).toString();
  const unit = 10n ** BigInt(whole.length - 17);
  const rest = BigInt(whole) % unit;
  let digits = BigInt(whole) / unit;
  if (rest * 2n > unit || (rest * 2n === unit && digits % 2n === 1n)) digits++;
  const text = digits.toString();
  const power = whole.length - 1101 + (text.length - 17);
  const trim = (number: string) => number.replace(/0+$/, "").replace(/\.$/, "");
  const sign = value < 0 ? "-" : "";
  if (power < -4 || power >= 17) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return `${sign}${trim(`${text[0]}.${text.slice(1, 17)}`)}e${power < 0 ? "-" : "+"}${size}`;
  }
  const padded = power < 0 ? "0".repeat(-power) + text : text;
  const point = Math.max(power, 0) + 1;
  return sign + trim(`${padded.slice(0, point)}.${padded.slice(point)}`);
}

test("doubles are printed with 17 digits", () => {
  expect(formatDouble(-0)).toBe("-0");
  expect(formatDouble(Number.NaN)).toBe("nan");
  expect(formatDouble(-Infinity)).toBe("-inf");
  expect(formatDouble(3.14)).toBe("3.1400000000000001");
  expect(formatDouble(1e-4)).toBe("0.0001");
  expect(formatDouble(9.9999e-5)).toBe("9.9999000000000003e-05");
  expect(formatDouble(10 ** 17 - 16)).toBe("99999999999999984");
  expect(formatDouble(1e17)).toBe("1e+17");
  expect(formatDouble(1200)).toBe("1200");
  expect(formatDouble(5e-324)).toBe("4.9406564584124654e-324");
});

const binary = fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 66 }));
const decimal = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 6 }));
const ANY_FINITE = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 1e-6, max: 1e18, noNaN: true }),
  // With few bits, so that halves of the last digit are among them.
  binary.map(([whole, power]) => whole / 2 ** power),
  decimal.map(([whole, power]) => whole / 10 ** power),
);

test("any double is printed as its exact value says", () => {
  const check = (value: number) => {
    if (value !== 0) expect(formatDouble(value)).toBe(plainFormat(value));
  };
  fc.assert(fc.property(ANY_FINITE, check), { numRuns: 5000 });
  for (let power = -324; power < 309; power++) {
    for (const near of [1 - 2 ** -53, 1, 1 + 2 ** -52, 1.5, 1 + 2 ** -20]) {
      const value = near * 10 ** power;
      if (Number.isFinite(value)) check(value);
    }
  }
});

test("a half goes to the even digit", () => {
  expect(formatDouble(10 ** 15 + 0.25)).toBe("1000000000000000.2");
  expect(formatDouble(-(10 ** 15) - 0.75)).toBe("-1000000000000000.8");
  expect(formatDouble(101 * 2 ** -22)).toBe("2.4080276489257812e-05");
  expect(formatDouble(103 * 2 ** -22)).toBe("2.4557113647460938e-05");
});

test("writeDouble writes at the offset, and no more", () => {
  const bytes = new Uint8Array(40).fill(35);
  expect(writeDouble(bytes, 3, -1.5)).toBe(7);
  expect(Buffer.from(bytes).toString("latin1", 0, 9)).toBe("###-1.5##");
});

test.each([
  ...[
    ["1x", 1],
    ["1 ", 1],
    ["\t\n7", 7],
    ["1e", 1],
    ["-1e+", -1],
    ["1e+x", 1],
    ["1.5.5", 1.5],
  ],
  ...[
    ["1_0", 1],
    ["1,5", 1],
    ["1e5.5", 1e5],
    ["5.x", 5],
    ["1\x002", 1],
    [".5y", 0.5],
  ],
  ...[
    ["1e400x", Infinity],
    ["1e-400", 0],
    ["00x1", 0],
    ["0x1p", 1],
    ["0x1p+", 1],
    ["0x1g", 1],
  ],
  ...[
    ["0X1Px", 1],
    ["-0x1.8p1q", -3],
    ["inf ", Infinity],
    ["-infx", -Infinity],
    ["+5", 5],
  ],
  ...[
    ["infinityx", Infinity],
    ["0x10", 16],
    ["9007199254740993", 9007199254740992],
  ],
] as [string, number][])("%j is scanned as %d", (text, value) => {
  expect(scanned(text)).toBe(value);
});

test.each([
  "",
  " ",
  "\x001",
  "x",
  ".",
  "-",
  "+-1",
  "- 1",
  "e5",
  ".e5",
  "0x",
  "0xg",
  "infi",
  "nan",
  "\xa01",
])("%j is no number that is scanned", (text) => expect(scanned(text)).toBeNaN());
