/** What programs of every kind of statement and expression give, where JavaScript has no say. */
import { expect, test } from "bun:test";
import { Execution } from "../../../src/scripting/execution.ts";
import { CompileError, compileScript } from "../../../src/scripting/script.ts";
import { NO_ARGUMENTS, NO_KEYS } from "../../../src/scripting/value.ts";
import { bytesOf, errorOfScript, runScript, silentHost, valueOfScript } from "../script_run.ts";

test("strings are bytes: as they are written, as one byte, or as the UTF-8 of a character", () => {
  const rows: Record<string, string> = {
    "'\u00e9'": "\u00e9",
    "'\\u00e9'": "\u00e9",
    "'\\u{e9}'": "\u00e9",
    "'\\u{1F600}'": "\u{1F600}",
    "'\\ud83d\\ude00'": "\u{1F600}",
    "'\u{1F600}'": "\u{1F600}",
    "'a\\\nb'": "ab",
    "'a\\\r\nb'": "ab",
    "'\\n\\t\\r\\b\\f\\v\\0'": "\n\t\r\b\f\v\0",
    "'\\q\\'\\\"\\\\'": "q'\"\\",
    "`a\r\nb\rc\nd`": "a\nb\nc\nd",
  };
  for (const [text, expected] of Object.entries(rows)) {
    const value = valueOfScript(bytesOf(`return ${text}`));
    expect({ text, value }).toEqual({ text, value: bytesOf(expected) });
  }
  expect(valueOfScript("return '\\xe9'")).toBe("\xe9");
  expect(valueOfScript("return '\\xe9'.length")).toBe(1);
  expect(valueOfScript(bytesOf("return 'é'.length"))).toBe(2);
  expect(valueOfScript("return '\\u00e9'")).toBe("\xc3\xa9");
  expect(valueOfScript("return '\\u00e9' + `\\xe9`")).toBe("\xc3\xa9\xe9");
  expect(valueOfScript("return '\\ud800'.length")).toBe(3);
  expect(valueOfScript("return '\\ud800\\u0041'.length")).toBe(4);
  expect(valueOfScript("return '\\ud83d' + '\\ude00' === '\\ud83d\\ude00'")).toBe(false);
});

test("names of properties are names, whatever they are elsewhere", () => {
  for (const name of ["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "get"]) {
    expect(valueOfScript(`return ({}).${name}`)).toBeUndefined();
    expect(valueOfScript(`return ({${name}: 7}).${name}`)).toBe(7);
    expect(valueOfScript(`const o = {}; o.${name} = 7; return o.${name}`)).toBe(7);
    expect(valueOfScript(`const o = {["${name}"]: 7}; return o["${name}"]`)).toBe(7);
    expect(valueOfScript(`const {${name}: v = 7} = {}; return v`)).toBe(7);
    expect(valueOfScript(`return [].${name}`)).toBeUndefined();
    expect(valueOfScript(`return 'a'["${name}"]`)).toBeUndefined();
    expect(valueOfScript(`return (() => 1).${name}`)).toBeUndefined();
  }
});

test("a method of the script's own goes before a built-in one of that name, and may pause", () => {
  const forever = "let n = 0; while (n < 1000) n++; return n + x;";
  for (const name of ["slice", "trim", "map", "sort", "push", "nobody", "replace", "keys"]) {
    const text = `const o = {${name}(x) { ${forever} }}; return o.${name}(5)`;
    expect({ name, value: runScript(text, { slices: "always" }).value }).toEqual({
      name,
      value: 1005,
    });
    const computed = `const o = {}; o["${name}"] = (x) => { ${forever} }; return o.${name}(5)`;
    expect(runScript(computed, { slices: "always" }).value).toBe(1005);
  }
});

test("an error tells the line of what failed", () => {
  const lineOf = (text: string): number | undefined => {
    const script = compileScript(text, "script");
    const execution = Execution.ofScript(script, NO_KEYS, NO_ARGUMENTS, silentHost);
    expect(execution.step(Number.POSITIVE_INFINITY)).toBe(true);
    return execution.failure?.line;
  };
  expect(lineOf("let a = 1\na()\n")).toBe(2);
  expect(lineOf("let a\n\nreturn a.b")).toBe(3);
  expect(lineOf("let i = 0\nwhile (\nnull.x) {\n}")).toBe(3);
  expect(lineOf("let o = null\nlet i = 0\nfor (; i < 3; i++) {\n  i = i\n  o.x\n}")).toBe(5);
  expect(lineOf("function f() {\n  return 1\n}\nlet x = f()\nthrow f()")).toBe(5);
  expect(lineOf("if (0) {\n} else if (\n  null.x) {\n}")).toBe(3);
});

test("a function or an operator of a variable whose type changes is no number's", () => {
  expect(errorOfScript("let x = 1; const f = () => { x = {} }; f(); return x + 1")).toMatch(
    /object/,
  );
  expect(
    valueOfScript("let x = 1; for (let i = 0; i < 2; i++) { if (i) x = 'a' } return x + 1"),
  ).toBe("a1");
  expect(valueOfScript("let x = 1; [x] = ['b']; return x + 1")).toBe("b1");
  expect(valueOfScript("let x = 1; ({x} = {x: 'c'}); return x + 1")).toBe("c1");
  expect(valueOfScript("let x = 1; for (x of ['d']) {} return x + 1")).toBe("d1");
  expect(valueOfScript("let x = 1; for (x in {e: 1}) {} return x + 1")).toBe("e1");
  expect(valueOfScript("let x = 1; x ||= 'f'; x &&= 'g'; return x + 1")).toBe("g1");
  expect(valueOfScript("let x; x ??= 1; return x + 1")).toBe(2);
  expect(valueOfScript("var x; if (0) x = 1; return x + 1")).toBeNaN();
  expect(valueOfScript("function f(x = 1) { return x + 1 } return f('h')")).toBe("h1");
  expect(valueOfScript("try { throw 'i' } catch (x) { return x + 1 }")).toBe("i1");
  expect(valueOfScript("let a = 1, b = a, c = b; a = 'j'; b = a; c = b; return c + 1")).toBe("j1");
});

test("what may be a program is one in both runtimes' eyes", () => {
  for (const text of ["", ";", "#!js", "#!js\n", "'use strict'", "return", "{}", "/* */"]) {
    expect({ text, value: valueOfScript(text) }).toEqual({ text, value: undefined });
  }
  expect(() => compileScript("return return", "script")).toThrow(CompileError);
});
