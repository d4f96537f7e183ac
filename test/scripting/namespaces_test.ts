// Purpose: functions and constants of namespaces and of none, in scripts and in the host: the same
// results for all kinds of arguments, but where a script's values are others on purpose.

import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { ScriptValue } from "../../src/scripting/value.ts";
import { errorOfScript, runScript, valueOfScript } from "./script_run.ts";

/** What an expression is to the host. */
const inHost = (expression: string): unknown => new Function(`return ${expression}`)();

/** Values without prototypes, so that only what they hold is compared. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "0.5",
  "-0.5",
  "1.5",
  "2.5",
  "-2.5",
  "1e21",
  "1e-7",
  "4294967296",
  "2147483648",
  "9007199254740991",
  "0/0",
  "1/0",
  "-1/0",
];
const OTHERS = ["''", "' 12 '", "'0x10'", "'1e3'", "'abc'", "'\\n'", "true", "null", "undefined"];

describe("Math", () => {
  const unary = Object.getOwnPropertyNames(Math).filter(
    (name) => typeof Math[name as "abs"] === "function" && Math[name as "abs"].length === 1,
  );
  const built = unary.filter((name) => runScript(`return Math.${name}(1)`).error === null);

  test("has the host's functions of one number", () => {
    expect(built.length).toBeGreaterThanOrEqual(27);
  });

  test.each(built)("Math.%s", (name) => {
    for (const argument of [...NUMBERS, ...OTHERS]) {
      const call = `Math.${name}(${argument})`;
      expect(valueOfScript(`return ${call}`), call).toBe(inHost(call) as number);
    }
    expect(errorOfScript(`return Math.${name}({})`)).toContain("cannot use an object as a number");
  });

  test.each(["max", "min", "hypot", "pow", "atan2", "imul"])("Math.%s", (name) => {
    for (const a of NUMBERS) {
      for (const b of [...NUMBERS, ...OTHERS]) {
        const call = `Math.${name}(${a}, ${b})`;
        expect(valueOfScript(`return ${call}`), call).toBe(inHost(call) as number);
      }
    }
    for (const call of [`Math.${name}()`, `Math.${name}(1)`]) {
      expect(valueOfScript(`return ${call}`), call).toBe(inHost(call) as number);
    }
  });

  test.each(["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"])(
    "Math.%s",
    (name) => {
      expect(valueOfScript(`return Math.${name}`)).toBe(Math[name as "PI"]);
      expect(errorOfScript(`Math.${name} = 1`)).toContain("cannot assign");
    },
  );

  test("Math.random goes on from script to script", () => {
    const made = Array.from({ length: 50 }, () => valueOfScript("return Math.random()") as number);
    expect(new Set(made).size).toBe(50);
    expect(made.every((number) => number >= 0 && number < 1)).toBe(true);
  });
});

describe("the same as in the host", () => {
  const CALLS = [
    ...["Number", "Boolean", "isNaN", "isFinite", "parseInt", "parseFloat"].flatMap((name) =>
      [...NUMBERS, ...OTHERS].map((value) => `${name}(${value})`),
    ),
    ...["isInteger", "isSafeInteger", "isFinite", "isNaN"].flatMap((name) =>
      [...NUMBERS, ...OTHERS, "[]", "{}"].map((value) => `Number.${name}(${value})`),
    ),
    ...[...NUMBERS, ...OTHERS].map((value) => `String(${value})`),
    "Number()",
    "String()",
    "Boolean()",
    "parseInt('12abc')",
    "parseInt('-0x1F')",
    "parseInt('ff', 16)",
    "parseInt('zz', 36)",
    "parseInt('2', 2)",
    "parseInt('1', 37)",
    "parseInt('  42  ')",
    "parseInt('')",
    "parseInt('0'.repeat(10))",
    "parseFloat('1.5e3x')",
    "parseFloat('.5.5')",
    "parseFloat('-Infinity')",
    "Number.parseInt('12')",
    "Number.parseFloat('1.5')",
    "Number.EPSILON",
    "Number.MAX_SAFE_INTEGER",
    "Number.MIN_SAFE_INTEGER",
    "Number.MAX_VALUE",
    "Number.MIN_VALUE",
    "Number.POSITIVE_INFINITY",
    "Number.NEGATIVE_INFINITY",
    "Number.NaN",
    "Object.keys({ b: 1, a: 2, 2: 3, 1: 4 })",
    "Object.keys(['x', 'y'])",
    "Object.keys('ab')",
    "Object.keys(1)",
    "Object.values({ b: 1, a: 2, 2: 3 })",
    "Object.values(['x', 'y'])",
    "Object.values('ab')",
    "Object.values(true)",
    "Object.entries({ b: 1, a: [2] })",
    "Object.entries(['x'])",
    "Object.entries('ab')",
    "Object.assign({ a: 1 }, { b: 2 }, null, undefined, { a: 3 }, ['x'], 'y', 1)",
    "Object.fromEntries([['a', 1], [2, 3], ['a', 4]])",
    "Object.hasOwn({ a: 1 }, 'a')",
    "Object.hasOwn({ a: 1 }, 'toString')",
    "Object.hasOwn({ a: undefined }, 'a')",
    "Object.hasOwn(['x'], 0)",
    "Object.hasOwn(['x'], '0')",
    "Object.hasOwn(['x'], '00')",
    "Object.hasOwn(['x'], 1)",
    "Object.hasOwn(['x'], 'length')",
    "Object.hasOwn('x', 0)",
    "Object.is(0, -0)",
    "Object.is(0 / 0, 0 / 0)",
    "Object.is('a', 'a')",
    "Object.is([], [])",
    "Array.isArray([])",
    "Array.isArray('')",
    "Array.isArray({ length: 1 })",
    "Array.of(1, 'a', [])",
    "Array.of()",
    "Array.from('abc')",
    "Array.from([1, 2], (value, index) => value * 10 + index)",
    "Array.from({ length: 3 }, (value, index) => index)",
    "Array.from({ length: 2, 0: 'a', 1: 'b' })",
    "Array.from({})",
    "Array.from(1)",
    "String.fromCharCode()",
    "String.fromCharCode(65, '66', 67.9)",
    "new Array(3)",
    "Array(2).length",
    "new Array(1, 2)",
    "new Error('x').message",
    "Error().message",
    "TypeError('x').name",
    "new RangeError(12).message",
  ];

  test.each(CALLS)("%s", (call) => {
    const host = call === "new Array(3)" ? [undefined, undefined, undefined] : inHost(call);
    expect(plain(valueOfScript(`return ${call}`))).toEqual(plain(host));
    expect(plain(runScript(`return ${call}`, { slices: "always" }).value)).toEqual(plain(host));
  });
});

describe("otherwise than in the host", () => {
  test.each<[string, ScriptValue]>([
    ["Array.from(ARGV)", ["a", "b"]],
    ["Number('\\xa01')", Number.NaN],
    ["parseInt('\\xa01')", Number.NaN],
    ["parseFloat('1\\xa0')", 1],
    ["String.fromCharCode(255)", "\xff"],
    ["Object.keys({ ['__proto__']: 1 })", ["__proto__"]],
    ["Object.entries(JSON.parse('{\"__proto__\":1}'))", [["__proto__", 1]]],
    ["Object.fromEntries([['__proto__', 1]]).__proto__", 1],
    ["Object.assign({}, JSON.parse('{\"__proto__\":1}')).__proto__", 1],
    ["Object.hasOwn({}, '__proto__')", false],
    ["({}).__proto__", undefined],
  ])("%s", (call, value) => {
    expect(plain(valueOfScript(`return ${call}`, "a", "b"))).toEqual(value);
  });

  test.each([
    ["String.fromCharCode(256)", "codes are 0..255"],
    ["String.fromCharCode(-1)", "codes are 0..255"],
    ["Object.keys(null)", "cannot list the keys of null"],
    ["Object.entries()", "cannot list the keys of undefined"],
    ["Object.keys(KEYS)", "use [...KEYS]"],
    ["Object.assign([], {})", "needs an object, got an array"],
    ["Object.assign(null)", "needs an object, got null"],
    ["Object.fromEntries({})", "needs an array"],
    ["Object.fromEntries([1])", "[key, value] pairs"],
    ["Object.fromEntries([[{}, 1]])", "cannot convert an object to a string"],
    ["Array.from(null)", "null is not iterable"],
    ["Array.from()", "undefined is not iterable"],
    ["Array.from([1], 2)", "number is not a function"],
    ["Array.from({ length: 1e9 })", "array too long"],
    ["Array.from({ length: -1 })", "invalid array length"],
    ["Array.from({ length: 1 / 0 })", "invalid array length"],
    ["Number({})", "cannot use an object as a number"],
    ["String({})", "cannot convert an object to a string"],
  ])("%s", (call, message) => {
    expect(errorOfScript(`return ${call}`)).toContain(message);
  });
});

describe("an integer beyond 2^53", () => {
  const LARGE = "const n = JSON.parse('9007199254740993');";

  test.each<[string, ScriptValue]>([
    ["String(n)", "9007199254740993"],
    ["`\u0024{n}`", "9007199254740993"],
    ["'' + n", "9007199254740993"],
    ["[n].join()", "9007199254740993"],
    ["JSON.stringify([n])", "[9007199254740993]"],
    ["Number(n)", 9007199254740992],
    ["n === JSON.parse('9007199254740993')", true],
    ["n == JSON.parse('9007199254740993')", true],
    ["n === JSON.parse('9007199254740995')", false],
    ["n > 9007199254740991", true],
    ["n < JSON.parse('9007199254740995')", true],
    ["n === 9007199254740991 + 1", false],
    ["Object.is(n, JSON.parse('9007199254740993'))", true],
    ["Number.isInteger(n)", false],
    ["isFinite(n)", true],
    ["redis.call('ECHO', n)", ["ECHO", "9007199254740993"]],
    ["struct.unpack('>l', struct.pack('>l', n))[0] === n", true],
    ["msgpack.unpack(msgpack.pack(n)) === n", true],
  ])("%s", (expression, value) => {
    expect(plain(valueOfScript(`${LARGE} return ${expression}`))).toEqual(value);
  });

  test.each(["n + 1", "n - 1", "-n", "n * 2", "n | 0", "Math.abs(n)", "Math.max(n, 1)", "n % 2"])(
    "%s is an error that says what to do",
    (expression) => {
      expect(errorOfScript(`${LARGE} return ${expression}`)).toMatch(/would round it/);
    },
  );
});

test.each([0, 1, 100, 8191, 8192, 8193, 16384, 100_000])("redis.sha1hex of %d bytes", (size) => {
  const text = "\xffabc".repeat(size / 4 + 1).slice(0, size);
  const digest = createHash("sha1").update(Buffer.from(text, "latin1")).digest("hex");
  const { value, sliceCount } = runScript("return redis.sha1hex(ARGV[1])", {
    args: [text],
    slices: "always",
  });
  expect(value).toBe(digest);
  expect(sliceCount).toBe(Math.max(1, Math.ceil(size / 8192)));
});
