/** Which scripts can pause, and so become busy; and that those that may take long do. */
import { expect, test } from "bun:test";
import { compileScript } from "../../../src/scripting/script.ts";
import { runScript } from "../script_run.ts";

const mayRunLong = (text: string, kind: "script" | "library" = "script"): boolean =>
  compileScript(text, kind).mayRunLong;

test("a script without loops, recursion and callbacks never pauses", () => {
  for (const text of [
    "",
    "return redis.call('GET', KEYS[1])",
    "const c = redis.call('INCR', KEYS[1]); if (c === 1) redis.call('PERSIST', KEYS[1]); return c",
    "function f(x) { return x + 1 } return f(1) + f(2)",
    "return ARGV[1].trim().toUpperCase()",
    "try { return redis.call('X') } catch (e) { return e.message } finally { redis.log(1, 'x') }",
    "const f = () => { for (;;) {} }; return 1",
  ]) {
    expect({ text, mayRunLong: mayRunLong(text) }).toEqual({ text, mayRunLong: false });
  }
});

test("others may", () => {
  for (const text of [
    "for (;;) {}",
    "while (false) {}",
    "do {} while (false)",
    "for (const x of []) {}",
    "for (const x in {}) {}",
    "function f() { return f() } f()",
    "function f() { return 1 } function g() { return f() } return g()",
    "let f = () => 1; f = () => 2; return f()",
    "const f = () => 1; return f()",
    "return ((x) => x)(1)",
    "return [1].map((x) => x)",
    "return [2, 1].sort()",
    "return JSON.parse(ARGV[1])",
    "const o = {trim() { for (;;) {} }}; return o.trim()",
    "return KEYS[ARGV[1]](1)",
    "return ARGV[1].foo()",
    `let a = []; ${"a.reverse();".repeat(17)}`,
  ]) {
    expect({ text, mayRunLong: mayRunLong(text) }).toEqual({ text, mayRunLong: true });
  }
});

test("a library may if a function of it may", () => {
  const register = "redis.registerFunction('f', f)";
  expect(mayRunLong(`const f = () => 1; ${register}`, "library")).toBe(false);
  expect(mayRunLong(`const f = () => { for (;;) {} }; ${register}`, "library")).toBe(true);
});

test("code that goes straight on pauses, too, whatever it is made of", () => {
  const array = "let a = new Array(200000).fill(1);";
  const strings = "let s = 'x'.repeat(2000000), t = 'x'.repeat(2000000);";
  for (const text of [
    `${array}${"a.reverse();".repeat(400)}`,
    `${array}a${".slice()".repeat(150)}`,
    `${array}return [${"[...a].length,".repeat(200)}]`,
    `${array}${"{ let [...b] = a; }".repeat(200)}`,
    `${array}${"{ let {...b} = {a}; b.a.slice(); }".repeat(200)}`,
    `${array}${"a + '';".repeat(100)}`,
    `${array}${"a.join();".repeat(100)}`,
    `${strings}${"s === t;".repeat(600)}`,
    `${strings}${"s < t;".repeat(600)}`,
    `${strings}return (${"s.indexOf('y'),".repeat(600)}1)`,
    `${array}const f = () => { ${"a.reverse();".repeat(400)} }; f()`,
    "return 'a'.replace('a', '$$'.repeat(200000)).length",
    "return 'a'.replace('a', '$x'.repeat(1000000)).length",
  ]) {
    const { error, sliceCount } = runScript(text, { slices: "always" });
    const shown = text.slice(0, 100);
    expect({ shown, error, pauses: sliceCount > 3 }).toEqual({ shown, error: null, pauses: true });
  }
});

test("numbers stay what they are when a long body pauses in its middle", () => {
  const body = Array.from({ length: 60 }, (_, index) => `n = n + ${index}; s = s + n % 7;`).join(
    "",
  );
  const text = `let n = 0, s = ''; for (let i = 0; i < 3000; i++) { ${body} s = '' } return n`;
  const expected = (3000 * (59 * 60)) / 2;
  expect(runScript(text, { slices: "always" }).value).toBe(expected);
  expect(runScript(text).value).toBe(expected);
});
