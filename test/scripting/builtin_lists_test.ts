// Purpose: docs/scripting.md lists what scripts have without declaring it, and nothing else: each
// name is tried, on values of each kind.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { methods, pausingMethods } from "../../src/scripting/builtins/methods.ts";
import {
  globalFunctions,
  namespaceConstants,
  namespaceFunctions,
  pausingFunctions,
} from "../../src/scripting/builtins/namespaces.ts";
import { runScript } from "./script_run.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/scripting.md"), "utf8");

/** What the second cell of a row of its lists has in backticks, each as its words. */
function listed(row: string): string[][] {
  const line = page.split("\n").find((each) => each.startsWith(`| ${row} |`)) ?? "";
  const cell = line.slice(`| ${row} |`.length);
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, text]) => (text as string).split(" "));
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

const METHODS = [...Object.keys(methods), ...Object.keys(pausingMethods), "hasOwnProperty"];
const ABSENT = /has no method|is not a function of this object/;

/** The methods of a value; `value` is the text of an expression. */
const methodsOf = (value: string) =>
  METHODS.filter((name) => !ABSENT.test(runScript(`return (${value}).${name}()`).error ?? ""));

describe("methods", () => {
  test("of strings and arrays, which have a length and are indexed", () => {
    expect(sorted(listed("strings").flat())).toEqual(
      sorted([...methodsOf("'a'"), "length", "[i]"]),
    );
    expect(sorted(listed("arrays").flat())).toEqual(sorted([...methodsOf("[1]"), "length", "[i]"]));
    for (const value of ["'ab'", "[1, 2]"]) {
      expect(runScript(`const x = ${value}; return x.length + x[1]`).error).toBe(null);
    }
  });

  test("of numbers and objects", () => {
    const [ofNumbers, ofObjects] = listed("numbers, objects");
    expect(sorted(ofNumbers)).toEqual(sorted(methodsOf("1")));
    // toString of an object is what says that there is no text of one.
    expect(sorted([...ofObjects, "toString"])).toEqual(sorted(methodsOf("{ a: 1 }")));
    expect(runScript("return ({ a: 1 }).toString()").error).toContain("cannot convert an object");
  });
});

type Table = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const functionsOf = (namespace: string) =>
  [namespaceFunctions, pausingFunctions].flatMap((tables) =>
    Object.keys((tables as Table)[namespace] ?? {}),
  );
const constantsOf = (namespace: string) =>
  Object.keys((namespaceConstants as Table)[namespace] ?? {});

describe("namespaces", () => {
  test("Math has all functions and constants of JavaScript 2023", () => {
    const later = ["f16round", "sumPrecise"];
    const host = Object.getOwnPropertyNames(Math).filter((name) => !later.includes(name));
    expect(sorted([...functionsOf("Math"), ...constantsOf("Math")])).toEqual(sorted(host));
  });

  test("Number, Object, Array and String have those that are listed", () => {
    const lists = listed("`Math`, `Number`, `Object`, `Array`, `String`");
    const dotted = lists.filter(([first]) => first?.includes("."));
    const byName = new Map(
      dotted.map(([first, ...others]) => {
        const [namespace, name] = (first as string).split(".") as [string, string];
        return [namespace, sorted([name, ...others])];
      }),
    );
    expect(sorted(byName.keys())).toEqual(["Array", "Number", "Object", "String"]);
    for (const [name, functions] of byName) expect(functions).toEqual(sorted(functionsOf(name)));
    const constants = Object.getOwnPropertyNames(Number).filter((name) => /^[A-Z]/.test(name));
    expect(sorted(constantsOf("Number"))).toEqual(
      sorted(constants.filter((it) => it !== "prototype")),
    );
  });

  test("JSON, msgpack and struct; bit has Redis's", () => {
    for (const name of ["JSON", "msgpack"]) {
      expect(
        sorted(
          listed(`\`${name}\``)
            .flat()
            .filter((it) => it !== "cmsgpack"),
        ),
      ).toEqual(sorted(functionsOf(name)));
    }
    expect(sorted(listed("`struct`").flat())).toEqual(sorted(functionsOf("struct")));
    const ofRedis = "tobit tohex bnot band bor bxor lshift rshift arshift rol ror bswap";
    expect(sorted(functionsOf("bit"))).toEqual(sorted(ofRedis.split(" ")));
  });

  test("redis has Redis's names, and the same in camel case", () => {
    const built = [...functionsOf("redis"), ...constantsOf("redis"), "call", "pcall"];
    const names = listed("`redis`")
      .flat()
      .filter((name) => !name.includes("."));
    const camel = names
      .filter((name) => /^[a-z]/.test(name))
      .map((name) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
    const own = ["sha1Hex", "setResp", "register_function", "debug", "breakpoint"];
    const some = [
      "LOG_VERBOSE",
      "LOG_NOTICE",
      "REPL_AOF",
      "REPL_NONE",
      "REPL_REPLICA",
      "REPL_SLAVE",
    ];
    expect(sorted([...names, ...camel, ...own, ...some])).toEqual(sorted(built));
  });
});

test("functions, and what `new` makes", () => {
  const errors = listed("`new`").flat();
  expect(sorted(errors)).toEqual(["Array", "Error", "RangeError", "TypeError"]);
  for (const name of errors) expect(runScript(`return [new ${name}(1)]`).error).toBe(null);
  const functions = listed("functions").flat();
  const built = Object.keys(globalFunctions).filter((name) => !errors.includes(name));
  expect(sorted(functions)).toEqual(sorted(built));
});

const REFUSED: Readonly<Record<string, string>> = {
  class: "class A {}",
  this: "return this",
  super: "const o = { m() { return super.x; } }",
  "new.target": "function f() { return new.target; }",
  import: "import a from 'a'",
  export: "export const a = 1",
  async: "async function f() {}",
  await: "await 1",
  yield: "function* f() { yield 1; }",
  eval: "eval('1')",
  arguments: "function f() { return arguments; }",
  with: "with (a) {}",
  debugger: "debugger",
};

test("what is refused", () => {
  const row = page.split("\n").find((line) => line.startsWith("| refused when")) ?? "";
  const [, words] = /`([^`]*)`/.exec(row) ?? [];
  expect(sorted((words ?? "").split(" "))).toEqual(sorted(Object.keys(REFUSED)));
  const others = ["const f = { get a() { return 1; } }", "/a/", "1n", "f`a`", "nowhere"];
  for (const source of [...Object.values(REFUSED), ...others]) {
    expect({ source, error: runScript(source).error }).not.toEqual({ source, error: null });
  }
});
