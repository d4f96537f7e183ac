/** Texts made to take long, or all of the stack: each is an error or a program, and soon. */
import { expect, test } from "bun:test";
import { SOURCE_SIZE_MAX } from "../../../src/scripting/compile/limits.ts";
import { CompileError, compileScript } from "../../../src/scripting/script.ts";
import { ownCpuMs } from "../../client/process.ts";

/** CPU time; each takes at most 300 ms. Without their limits some take minutes. */
const MS_MAX = 5000;

function refusal(text: string): string {
  const begin = ownCpuMs();
  let message = "compiles";
  try {
    compileScript(text, "script");
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    message = error.message;
  }
  expect(ownCpuMs() - begin).toBeLessThan(MS_MAX);
  return message;
}

/** As many repetitions as a text may hold. */
const many = (part: string, end = ""): string =>
  part.repeat(Math.floor((SOURCE_SIZE_MAX - end.length) / part.length)) + end;

/** Parts with a number each, as many as a text may hold. */
function numbered(part: (number: string) => string, begin = "", end = ""): string {
  let text = begin;
  for (let number = 0; ; number++) {
    const next = part(number.toString(36));
    if (text.length + next.length + end.length > SOURCE_SIZE_MAX) return text + end;
    text += next;
  }
}

test("a text that is too long", () => {
  expect(refusal(`${" ".repeat(SOURCE_SIZE_MAX)}1`)).toBe("script too long (limit 262144 bytes)");
  expect(refusal(" ".repeat(SOURCE_SIZE_MAX))).toBe("compiles");
  expect(refusal("\n".repeat(SOURCE_SIZE_MAX))).toBe("compiles");
});

test("nesting", () => {
  const parts = ["[", "(", "{", "!", "- ", "`${", "(a=>", "a=>", "a?", "({a:", "[[a]=", "if(1)"];
  parts.push("new ", "typeof ", "a**", "f(", "a[", "{a:", "function f(){", "if(a);else ", "(a,(b,");
  parts.push("for(;;)", "(()=>{", "({...", "[...", "async (", "class A extends ", "do ", "x=");
  parts.push("a?.[", "try{", "switch(1){default:", "a||(", "delete ", "void ");
  for (const part of parts) {
    for (const text of [many(part), many(part, "1"), part.repeat(10_000), part.repeat(600)]) {
      expect({ part, refusal: refusal(text) }).not.toEqual({ part, refusal: "compiles" });
    }
  }
  expect(refusal(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toBe("nested too deeply");
  expect(refusal(`return ${"(".repeat(5000)}1${")".repeat(5000)}`)).toBe("nested too deeply");
  expect(refusal(numbered((n) => `l${n}:`, "", ";"))).toBe("nested too deeply");
});

test("what may be nested 200 deep", () => {
  const nested = (open: string, inner: string, close: string) =>
    `${open.repeat(200)}${inner}${close.repeat(200)}`;
  expect(refusal(`return ${nested("[", "1", "]")}`)).toBe("compiles");
  expect(refusal(`return ${nested("(", "1", ")")}`)).toBe("compiles");
  expect(refusal(nested("if (1) {", "1", "}"))).toBe("compiles");
  expect(refusal(`return ${"1 + ".repeat(200)}1`)).toBe("compiles");
  expect(refusal(`return ${nested("(() => ", "1", ")()")}`)).toBe("compiles");
});

test("long lists", () => {
  expect(refusal(`return ${many("1,", "1").slice(8)}`)).toMatch(/too complex/);
  expect(refusal(`return [${"1,".repeat(90_000)}]`)).toBe("compiles");
  expect(refusal(many("1;"))).toMatch(/too complex/);
  expect(refusal(`return {${"a:1,".repeat(40_000)}}`)).toBe("compiles");
  expect(refusal(`return '${"x".repeat(200_000)}'`)).toBe("compiles");
  expect(refusal(`return '${"\\x41".repeat(60_000)}'`)).toBe("compiles");
  expect(refusal(`f(${"1,".repeat(251)}1)`)).toBe("'f' is not defined");
  expect(refusal(`let f; f(${"1,".repeat(250)}1)`)).toBe("too many arguments (limit 250)");
  expect(refusal(`return Math.max(${"1,".repeat(250)}1)`)).toBe("too many arguments (limit 250)");
  expect(refusal(`redis.call(${"1,".repeat(5000)}1)`)).toBe("compiles");
  expect(refusal(`(${numbered((n) => `_${n},`).slice(0, 1500)}z) => 1`)).toMatch(/too many/);
});

test("many variables", () => {
  const limit = "too many variables in one function (limit 250)";
  expect(refusal(numbered((n) => `_${n},`, "let ", "_"))).toBe(limit);
  expect(refusal(numbered((n) => `_${n},`, "var ", "_"))).toBe(limit);
  expect(refusal(numbered((n) => `var _${n};`))).toBe(limit);
  expect(refusal(numbered((n) => `function _${n}(){}`))).toBe(limit);
  expect(refusal(numbered((n) => `_${n},`, "(function(", "_){})"))).toBe(limit);
  expect(refusal(numbered((n) => `{let _${n}}`))).toBe(limit);
  expect(refusal(numbered((n) => `_${n},`, "let {", "_}=1"))).toBe(limit);
  expect(refusal(numbered((n) => `(_${n})=>1,`, "[", "]"))).toMatch(/too many variables/);
});

test("what acorn or the host would take long for", () => {
  expect(refusal(numbered((n) => `(?<a${n}>a)`, "/", "/"))).toMatch(/regular expression/);
  expect(refusal(`/${"(".repeat(100_000)}${")".repeat(100_000)}/`)).toMatch(/regular expression/);
  expect(refusal(numbered((n) => `#_${n};`, "class A{", "}"))).toMatch(/'class'/);
  expect(refusal(numbered((n) => `export {a${n}};`))).not.toBe("compiles");
  expect(refusal(`${"9".repeat(200_000)}n`)).toMatch(/BigInt/);
  expect(refusal("9".repeat(200_000))).toMatch(/2\^53/);
  expect(refusal(`0x${"f".repeat(200_000)}`)).toMatch(/2\^53/);
  for (const part of ["/*", "//", "'", '"', "`", "\\", "\\u{", "--", "..", "local ", "if ", "#x"]) {
    expect({ part, refusal: refusal(many(part)) }).not.toEqual({ part, refusal: "" });
  }
});

test("names and types that are looked up often", () => {
  const chain = numbered((n) => `let _${n}=_0;`, "let _0=1;").slice(0, 1800);
  expect(refusal(chain.slice(0, chain.lastIndexOf(";")))).not.toBe("");
  const deep = `${"{let a=1;".repeat(150)}${"a;".repeat(45_000)}${"}".repeat(150)}`;
  expect(refusal(deep)).toBe("compiles");
  expect(refusal(`let a=1;${`a=${"a+".repeat(400)}a;`.repeat(100)}`)).toBe("compiles");
  expect(refusal(`let a;${`${"a=".repeat(400)}a;`.repeat(100)}`)).toBe("compiles");
  expect(refusal(`let a;${`${"a?.a?.".repeat(100)}a;`.repeat(100)}`)).toBe("compiles");
});
