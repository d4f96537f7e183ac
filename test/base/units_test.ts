import { expect, test } from "bun:test";
import { formatMemory, parseMemory } from "../../src/base/units.ts";

test.each([
  ["0", 0n],
  ["007", 7n],
  ["", 0n],
  ["kb", 0n],
  ["1b", 1n],
  ["1k", 1000n],
  ["1kb", 1024n],
  ["2M", 2_000_000n],
  ["2mB", 2_097_152n],
  ["1g", 1_000_000_000n],
  ["1Gb", 1_073_741_824n],
  ["18446744073709551615", 18446744073709551615n],
  ["99999999999999999999", 18446744073709551615n],
  ["18446744073709551615kb", 18446744073709550592n],
  ["-1", null],
  ["+1", null],
  [" 1", null],
  ["1 ", null],
  ["1.5gb", null],
  ["1tb", null],
  ["0x10", null],
  ["1constructor", null],
  ["1".repeat(127), 18446744073709551615n],
  ["1".repeat(128), null],
])("parseMemory(%p) is %p", (text, bytes) => {
  expect(parseMemory(text as string)).toBe(bytes as bigint | null);
});

test.each([
  [0n, "0"],
  [1000n, "1000"],
  [1536n, "1536"],
  [2048n, "2kb"],
  [1025n * 1024n, "1025kb"],
  [100n << 20n, "100mb"],
  [3n << 30n, "3gb"],
])("formatMemory(%p) is %p", (bytes, text) => {
  expect(formatMemory(bytes as bigint)).toBe(text as string);
  expect(parseMemory(text as string)).toBe(bytes as bigint);
});
