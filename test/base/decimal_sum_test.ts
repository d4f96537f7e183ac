import { expect, test } from "bun:test";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import { addDecimals, SUM_SIZE_MAX } from "../../src/base/decimal_sum.ts";
import { addLongDoubles, formatLongDouble, parseLongDouble } from "../../src/base/long_double.ts";
import { Random } from "../fuzz/random.ts";

const to = new Uint8Array(SUM_SIZE_MAX);

function sumOf(a: string, b: string): string | null {
  const size = addDecimals(fromLatin1(a), 0, a.length, fromLatin1(b), 0, b.length, to);
  return size < 0 ? null : latin1(to, 0, size);
}

function model(a: string, b: string): string | null {
  const [x, y] = [parseLongDouble(a), parseLongDouble(b)];
  return x === null || y === null ? null : formatLongDouble(addLongDoubles(x, y));
}

const digits = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.below(10)).join("");

/** A number as people write them, or one that is hard to round. */
function number(random: Random): string {
  const sign = ["", "", "-", "+"][random.below(4)];
  const kind = random.below(6);
  if (kind === 0) return `${sign}${random.below(1000)}.${random.below(100)}`;
  // A half of the last bit or of the last decimal, or near to one.
  if (kind === 1) return `${sign}${(random.below(2 ** 20) + 0.5) / 2 ** random.below(30)}`;
  if (kind === 2) return `${sign}${"9".repeat(random.below(16))}.${"9".repeat(random.below(22))}`;
  if (kind === 3) return `${sign}0.${"0".repeat(random.below(18))}${random.below(1000)}`;
  if (kind === 4) return `${sign}${2 ** random.below(50) - random.below(2)}.${digits(random, 17)}`;
  return `${sign}${digits(random, random.below(17))}.${digits(random, random.below(23))}`;
}

test("decimals are added as long doubles are", () => {
  const random = new Random(1);
  let known = 0;
  for (let i = 0; i < 50_000; i++) {
    const [a, b] = [number(random), number(random)];
    const sum = sumOf(a, b);
    if (sum === null) continue;
    known++;
    if (sum !== model(a, b)) throw new Error(`${a} + ${b} = ${model(a, b)}, not ${sum}`);
  }
  expect(known).toBeGreaterThan(30_000);
});

test("sums on their way back to zero are as long doubles' are", () => {
  let plain = "0";
  let quick = "0";
  for (const step of ["0.1", "3.7", "1000000.07", "-0.1", "-3.7", "-1000000.07", "-0.3"]) {
    for (let i = 0; i < 100; i++) {
      plain = model(plain, step) ?? "";
      quick = sumOf(quick, step) ?? "";
      expect(quick).toBe(plain);
    }
  }
});

test("other numbers, and what is none, are left to others", () => {
  for (const text of [
    "",
    "-",
    ".",
    "+.",
    "1e3",
    "0x10",
    "inf",
    "nan",
    " 1",
    "1 ",
    "1..2",
    "1.2.3",
  ]) {
    expect(sumOf(text, "1")).toBeNull();
    expect(sumOf("1", text)).toBeNull();
  }
  expect(sumOf("1000000000000000", "1")).toBeNull();
  expect(sumOf(`0.${"1".repeat(22)}`, "1")).toBeNull();
  expect(sumOf("0.0000000000001", "1")).toBeNull();
  expect(sumOf("5.", ".5")).toBe("5.5");
  expect(sumOf("-0", "-0")).toBe("0");
});
