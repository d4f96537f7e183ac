// Purpose: long doubles (src/base/long_double.ts): what strtold takes, how sums round and print;
// and random sums against the real Redis, which has INCRBYFLOAT count with the processor's own.

import { describe, expect, test } from "bun:test";
import type { LongDouble } from "../../src/base/long_double.ts";
import {
  addLongDoubles,
  ceilProduct,
  formatLongDouble,
  parseLongDouble,
} from "../../src/base/long_double.ts";
import { plain } from "../client/resp.ts";
import { redisBinary, startRedis } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";

/** The sum of two texts as INCRBYFLOAT replies it, or null where it is an error. */
function sumOf(left: string, right: string): string | null {
  const a = parseLongDouble(left);
  const b = parseLongDouble(right);
  if (a === null || b === null) return null;
  const sum = addLongDoubles(a, b);
  return sum.kind === "finite" ? formatLongDouble(sum) : null;
}

test.each([
  ["1", "1"],
  ["+1.50", "1.5"],
  [".5", "0.5"],
  ["5.", "5"],
  ["-0", "0"],
  ["0e99999999999", "0"],
  ["0.1", "0.1"],
  ["3.14159265358979323846", "3.14159265358979324"],
  ["1e-17", "0.00000000000000001"],
  ["5e-18", "0"],
  ["5.1e-18", "0.00000000000000001"],
  ["-1e-4000", "0"],
  ["1e20", "100000000000000000000"],
  ["18446744073709551615", "18446744073709551615"],
  ["18446744073709551617", "18446744073709551616"],
  ["18446744073709551619", "18446744073709551620"],
  ["0x10", "16"],
  ["-0X1.8p1", "-3"],
  ["0x.8", "0.5"],
  ["0x1p-3", "0.125"],
])("%s is printed as %s", (text, printed) => {
  expect(formatLongDouble(parseLongDouble(text) as LongDouble)).toBe(printed);
});

test.each(["", " 1", "1 ", "-", ".", "e5", "1e", "1e+", "0x", "0x.", "0x1p", "1,5", "1\0", "nan"])(
  "%j is no number",
  (text) => {
    expect(parseLongDouble(text)).toBeNull();
  },
);

describe("the range", () => {
  test("ends at 1.19e4932, and at 3.6e-4951", () => {
    expect(parseLongDouble("1.18e4932")).not.toBeNull();
    expect(parseLongDouble("-1.19e4932")).toBeNull();
    expect(parseLongDouble("3.6e-4951")?.mantissa).toBe(1n);
    expect(parseLongDouble("1.8e-4951")).toBeNull();
    expect(parseLongDouble("1e-99999999999999999999")).toBeNull();
    expect(parseLongDouble("1".repeat(5119))).toBeNull();
  });

  test("a number may be 4933 digits long, a text 5119 bytes", () => {
    expect(formatLongDouble(parseLongDouble("1e4932") as LongDouble)).toHaveLength(4933);
    expect(parseLongDouble(`0.${"0".repeat(5116)}`)).not.toBeNull();
    expect(parseLongDouble(`0.${"0".repeat(5118)}`)).toBeNull();
  });
});

test("sums are rounded to 64 bits, half to even", () => {
  expect(sumOf("0.1", "0.2")).toBe("0.3");
  expect(sumOf("18446744073709551615", "1")).toBe("18446744073709551616");
  expect(sumOf("18446744073709551616", "1")).toBe("18446744073709551616");
  expect(sumOf("18446744073709551618", "1")).toBe("18446744073709551620");
  expect(sumOf("1e4932", "-1e4932")).toBe("0");
  expect(sumOf("1e18", "0.00001")).toBe("1000000000000000000");
  expect(sumOf("1e4932", "1e-4940")).toHaveLength(4933);
});

test("infinities add up, or to NaN, which are no values", () => {
  const infinity = parseLongDouble("INFINITY") as LongDouble;
  const one = parseLongDouble("1") as LongDouble;
  const negative = parseLongDouble("-inf") as LongDouble;
  expect(addLongDoubles(infinity, one)).toEqual(infinity);
  expect(addLongDoubles(one, negative)).toEqual(negative);
  expect(addLongDoubles(infinity, negative).kind).toBe("nan");
  expect(addLongDoubles(infinity, infinity)).toEqual(infinity);
  expect(sumOf("1.1e4932", "1.1e4932")).toBeNull();
});

const SUM_COUNT = 2000;

const digits = (random: Random, most: number) =>
  Array.from({ length: random.between(1, most) }, () => random.below(10)).join("");

const FORMS: ((random: Random) => string)[] = [
  (random) => `${digits(random, 25)}.${digits(random, 25)}`,
  (random) => `${digits(random, 4)}.${digits(random, 19)}e${random.between(-30, 30)}`,
  (random) => `0x${random.uint32().toString(16)}.${random.uint32().toString(16)}`,
  (random) => `0x${digits(random, 18)}p${random.between(-70, 50)}`,
  (random) => digits(random, 4900),
  (random) => `${digits(random, 19)}e${random.pick(["", "-"])}${random.between(4880, 4960)}`,
];

test.skipIf(redisBinary() === null)("random sums are those of the real Redis", async () => {
  const seed = Date.now();
  const random = new Random(seed);
  const number = () => random.pick(["", "-", "+"]) + random.pick(FORMS)(random);
  const pairs = Array.from({ length: SUM_COUNT }, () => [number(), number()]);
  const redis = await startRedis();
  const client = await redis.connect();
  const commands = pairs.flatMap(([a, b]) => [
    ["SET", "k", a],
    ["INCRBYFLOAT", "k", b],
  ]);
  const replies = await client.pipeline(commands);
  client.close();
  await redis.stop();
  for (const [index, [a, b]] of pairs.entries()) {
    const reply = replies[index * 2 + 1];
    const theirs = reply.type === "error" ? null : plain(reply);
    expect(`${seed}: ${a} + ${b} = ${sumOf(a, b)}`).toBe(`${seed}: ${a} + ${b} = ${theirs}`);
  }
});

test.each([
  ["0", 0n],
  ["1.5", 1500n],
  ["0.0001", 1n],
  ["0.1", 100n],
  ["-0.0009", 0n],
  // What is nearest to -0.001, times 1000, is a little above -1.
  ["-0.001", 0n],
  ["-0.0010000001", -1n],
  ["-0.002", -1n],
  ["9223372036854775.807", 9223372036854775807n],
  ["9223372036854775.9", 9223372036854775900n],
  ["0x1p70", 1000n << 70n],
  ["1e4930", null],
  ["inf", null],
])("%s seconds, rounded up to whole milliseconds, are %s", (text, ms) => {
  const product = ceilProduct(parseLongDouble(text) as LongDouble, 1000n);
  expect(product).toBe(ms);
});
