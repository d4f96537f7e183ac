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
  if (value instanceof LargeInteger) return Number(value.value);
  if (typeof value !== "object" || value === null) return value;
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

describe("bytes and characters", () => {
  const ALL = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");

  test("every byte survives; from 0x80 on it is written as it is", () => {
    const text = valueOfScript("return JSON.stringify(ARGV[1])", ALL) as string;
    expect(text).toBe(JSON.stringify(ALL));
    expect(valueOfScript(PARSE, text)).toBe(ALL);
  });

  test.each([
    ['"\\u0041"', "A"],
    ['"\\u00e9"', bytesOf("é")],
    ['"\\u20AC"', bytesOf("€")],
    ['"\\ud83d\\ude00!"', bytesOf("😀!")],
    ['"\\ud83d"', "\xed\xa0\xbd"],
    ['"\\ud83dx"', "\xed\xa0\xbdx"],
    ['"\\ud83d\\n"', "\xed\xa0\xbd\n"],
    ['"\\ud83d\\u0041"', "\xed\xa0\xbdA"],
    ['"\\ude00\\ud83d"', "\xed\xb8\x80\xed\xa0\xbd"],
    ['"\\u0000"', "\0"],
  ])("%s is UTF-8", (text, bytes) => {
    expect(valueOfScript(PARSE, text)).toBe(bytes);
    expect(runScript(PARSE, { args: [text], slices: "always" }).value).toBe(bytes);
  });

  test("a long string, escaped here and there, is read and written in parts", () => {
    const long = `${"x".repeat(70_000)}"\n${ALL.repeat(300)}`;
    const text = JSON.stringify({ [long.slice(0, 5000)]: [long, long] });
    const { value, sliceCount } = runScript(REWRITE, { args: [text], slices: "always" });
    expect(value === text).toBe(true);
    expect(sliceCount).toBeGreaterThan(5);
  });
});

describe("names", () => {
  const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "length", "toJSON", ""];

  test.each(NAMES)("%j is a key like others", (name) => {
    const text = `{${JSON.stringify(name)}:{"x":1},"y":2}`;
    expect(valueOfScript(REWRITE, text)).toBe(text);
    expect(valueOfScript(`return JSON.parse(ARGV[1]).x`, text)).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test("toJSON is not called", () => {
    expect(valueOfScript("return JSON.stringify({ toJSON: () => 1, a: 2 })")).toBe('{"a":2}');
  });

  test("a name may have 8192 bytes", () => {
    const named = (size: number) => `{"${"k".repeat(size)}":1}`;
    expect(runScript(PARSE, { args: [named(8192)] }).error).toBeNull();
    expect(errorOfScript(PARSE, named(8193))).toContain("property name too long");
  });
});

describe("limits", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

  test("nesting of 1000 and no more", () => {
    expect(valueOfScript(REWRITE, nested(1000))).toBe(nested(1000));
    expect(errorOfScript(PARSE, nested(1001))).toContain("nested too deeply");
    expect(errorOfScript(PARSE, "[".repeat(1e6))).toContain("nested too deeply");
    expect(errorOfScript(PARSE, '{"a":'.repeat(1e5))).toContain("nested too deeply");
    const build = "let a = []; for (let i = 0; i < 1000; i++) a = [a]; return JSON.stringify(a)";
    expect(errorOfScript(build)).toContain("nested too deeply");
    expect(errorOfScript("const a = {}; a.a = a; return JSON.stringify(a)")).toContain("a cycle");
  });

  test("what is written is a string of at most 32 MB, however much is shared", () => {
    const build = "let a = ['x'.repeat(1000)]; for (let i = 0; i < 40; i++) a = [a, a];";
    expect(errorOfScript(`${build} return JSON.stringify(a)`)).toContain("string too long");
  });

  test("numbers have at most 1000 digits, and not more than a million blanks are between", () => {
    expect(errorOfScript(PARSE, "1".repeat(1001))).toContain("number too long");
    expect(errorOfScript(PARSE, `0.${"1".repeat(1e6)}`)).toContain("number too long");
    expect(errorOfScript(PARSE, `1e${"1".repeat(1e6)}`)).toContain("number too long");
    expect(valueOfScript(PARSE, `${" ".repeat(1e6)}1`)).toBe(1);
    expect(errorOfScript(PARSE, `${" ".repeat(2e6)}1`)).toContain("unexpected character");
  });
});

describe("JSON.stringify", () => {
  test.each([
    ["undefined", undefined],
    ["() => 1", undefined],
    ["null", "null"],
    ["NaN", "null"],
    ["1/0", "null"],
    ["-0", "0"],
    ["1e21", "1e+21"],
    ["0.1", "0.1"],
    ["999999999", "999999999"],
    ["1000000000", "1000000000"],
    ["-1.5", "-1.5"],
    ["[undefined, () => 1, null]", "[null,null,null]"],
    ["{ a: undefined, b: () => 1, c: 1 }", '{"c":1}'],
    ["{ a: undefined }", "{}"],
    ["[[], {}]", "[[],{}]"],
    ["KEYS", "[]"],
    ["ARGV", '["a"]'],
    ["{ 2: 1, 1: 2 }", '{"1":2,"2":1}'],
    ["new Error('x')", '{"name":"Error","message":"x"}'],
    ["[[], {}, [{}]], null, 2", "[\n  [],\n  {},\n  [\n    {}\n  ]\n]"],
    ["[1, { a: 2 }], null, '--'", '[\n--1,\n--{\n----"a": 2\n--}\n]'],
    ["[1], null, 20", `[\n${" ".repeat(10)}1\n]`],
    ["[1], null, -1", "[1]"],
    ["[1], null, ''", "[1]"],
    ["[JSON.parse('18446744073709551616')]", "[18446744073709551616]"],
  ])("of %s", (call, text) => {
    expect(valueOfScript(`return JSON.stringify(${call})`, "a")).toBe(text);
  });

  test("has no replacer", () => {
    expect(errorOfScript("return JSON.stringify([1], (k, v) => v)")).toContain("replacer");
    expect(errorOfScript("return JSON.stringify([1], ['a'])")).toContain("replacer");
  });

  test("sets in as the host does", () => {
    const check = (value: unknown, size: number) => {
      const text = bytesOf(JSON.stringify(value));
      const script = `return JSON.stringify(JSON.parse(ARGV[1]), null, ${size})`;
      const { value: made } = runScript(script, { args: [text], slices: "always" });
      expect(made).toBe(bytesOf(JSON.stringify(value, null, size)));
    };
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 0, max: 11 }), check));
  });
});

test("a text changed by chance is an error if it is one to the host, or the same value", () => {
  const texts = ['{"a":[1,2.5e3,{"b":null,"c":true}],"d\\n":"x\\"y","e":-0.1}', "[[],{},[1,[2]]]"];
  const letters = fc.constantFrom(...'{}[]",:0123456789.eE+-truefalsn\\ \tx');
  const check = (text: string, changes: [number, string][], cut: number) => {
    let changed = text;
    for (const [at, letter] of changes) {
      const place = at % (changed.length + 1);
      changed = changed.slice(0, place) + letter + changed.slice(place + (at % 3));
    }
    if (cut < 5) changed = changed.slice(0, changed.length - cut);
    const { value, error } = runScript(PARSE, { args: [changed] });
    try {
      expect(plain(value)).toEqual(plain(JSON.parse(changed)));
    } catch (hostError) {
      if (!(hostError instanceof SyntaxError)) throw hostError;
      expect(error).not.toBeNull();
    }
  };
  const changes = fc.array(fc.tuple(fc.nat(200), letters), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.constantFrom(...texts), changes, fc.nat(20), check), { numRuns: 5000 });
});
