// Purpose: JSON of scripts against the host's, where both should agree, and where they must not:
// bytes, integers that a number rounds, names, nesting, sizes, and pauses.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LargeInteger } from "../../src/scripting/value.ts";
import { bytesOf, errorOfScript, runScript, valueOfScript } from "./script_run.ts";

const PARSE = "return JSON.parse(ARGV[1])";
const REWRITE = "return JSON.stringify(JSON.parse(ARGV[1]))";

/** A value as the host's own, for comparing. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof LargeInteger) return value;
  const made: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) made[key] = plain(item);
  return made;
}

describe("JSON.parse", () => {
  test.each([
    "null",
    "true",
    "false",
    '""',
    '"a\\"b\\\\c\\/d\\b\\f\\n\\r\\t"',
    "0",
    "-0",
    "-1.5e-7",
    "1E+3",
    "1e400",
    "123456789012345",
    "9007199254740991",
    "-9007199254740991",
    "0.1",
    " [ ] ",
    " { } ",
    '[1,[2,[3,{"a":[]}]],{"b":{"c":null}}]',
    '{"a":1,"a":2}',
    '{"2":1,"1":2,"b":3,"a":4}',
    "\t\n\r [1 ,\n2]\n",
  ])("%s is what the host says", (text) => {
    expect(plain(valueOfScript(PARSE, text))).toEqual(plain(JSON.parse(text)));
  });

  test.each([
    "",
    " ",
    "nul",
    "nulll",
    "tru",
    "undefined",
    "NaN",
    "Infinity",
    "-",
    "01",
    "-01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{",
    "{]",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{"a" 1}',
    "{a:1}",
    "{1:1}",
    "{'a':1}",
    '{"a":1]',
    "[1}",
    '"',
    '"a',
    '"\\',
    '"\\x41"',
    '"\\u12"',
    '"\\u12g4"',
    '"\n"',
    '"\0"',
    "'a'",
    "1 2",
    "[] []",
    "\u00a01",
    "//x\n1",
    "\xef\xbb\xbf1",
  ])("%j is an error, as it is to the host", (text) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(errorOfScript(PARSE, text)).toMatch(
      /^ERR SyntaxError: JSON\.parse: unexpected .* at position/,
    );
  });
});

describe("what JSON.parse makes of a text and JSON.stringify writes again", () => {
  test("is the same text, whatever it holds, in slices as short as can be, too", () => {
    const check = (value: unknown) => {
      const text = JSON.stringify(value);
      expect(valueOfScript(REWRITE, bytesOf(text))).toBe(bytesOf(text));
      const { value: sliced } = runScript(REWRITE, { args: [bytesOf(text)], slices: "always" });
      expect(sliced).toBe(bytesOf(text));
    };
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), check), { numRuns: 500 });
  });

  test("keeps integers that a number rounds", () => {
    for (const text of [
      "9007199254740992",
      "-9007199254740993",
      "123456789012345678901234567890",
    ]) {
      expect(valueOfScript(REWRITE, text)).toBe(text);
      expect(valueOfScript(PARSE, text)).toEqual(new LargeInteger(BigInt(text)));
    }
  });
});
