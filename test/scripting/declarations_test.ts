// Purpose: docs/rusk-script.d.ts declares what scripts have and nothing else, and TypeScript takes
// it instead of its own libraries: what Rusk runs is right, and mistakes are found.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { type ParserOptions, parse } from "@babel/parser";
import { methods, pausingMethods } from "../../src/scripting/builtins/methods.ts";
import {
  globalFunctions,
  namespaceConstants,
  namespaceFunctions,
  pausingFunctions,
} from "../../src/scripting/builtins/namespaces.ts";
import { compileScript } from "../../src/scripting/script.ts";

const ROOT = normalize(join(import.meta.dir, "../.."));
const FILE = join(ROOT, "docs/rusk-script.d.ts");

/** Of namespaces that are functions as well, members are those of an interface. */
const NAMESPACES_AS_INTERFACES = ["Array", "Number", "Object", "String"];
/** Interfaces whose methods are those that values have. */
const RECEIVERS = ["Array", "Boolean", "Number", "Object", "String"];

interface Node {
  type: string;
  [field: string]: unknown;
}

const OPTIONS: ParserOptions = {
  sourceType: "module",
  plugins: [["typescript", { dts: true }]],
};
const body = (
  parse(readFileSync(FILE, "utf8"), OPTIONS) as unknown as { program: { body: Node[] } }
).program.body;

const nameOf = (node: unknown) => (node as { name: string }).name;

/** What a list of statements declares that is there when a script runs. */
function declared(statements: Node[]): string[] {
  return statements.flatMap((node) => {
    const inner = node.type === "ExportNamedDeclaration" ? (node.declaration as Node) : node;
    if (inner.type === "VariableDeclaration") {
      return (inner.declarations as { id: unknown }[]).map(({ id }) => nameOf(id));
    }
    if (/^(?:TSDeclareFunction|TSModuleDeclaration)$/.test(inner.type)) return [nameOf(inner.id)];
    return [];
  });
}

function namespaceMembers(name: string): string[] {
  const found = body.find(
    (node) => node.type === "TSModuleDeclaration" && nameOf(node.id) === name,
  );
  return found === undefined ? [] : declared((found.body as { body: Node[] }).body);
}

/** Properties and methods of an interface, but those that are indexes and calls. */
function interfaceMembers(name: string): string[] {
  return body
    .filter((node) => node.type === "TSInterfaceDeclaration" && nameOf(node.id) === name)
    .flatMap((node) => (node.body as { body: Node[] }).body)
    .filter(({ key, computed }) => key !== undefined && computed !== true)
    .map(({ key }) => nameOf(key));
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

describe("what is declared is what there is", () => {
  const namespaces = Object.keys(namespaceFunctions);

  test.each(namespaces)("%s", (name) => {
    const tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>[] = [
      namespaceFunctions,
      pausingFunctions,
      namespaceConstants,
    ];
    const built = tables.flatMap((table) => Object.keys(table[name] ?? {}));
    if (name === "redis") built.push("call", "pcall");
    const members = NAMESPACES_AS_INTERFACES.includes(name)
      ? interfaceMembers(`${name}Constructor`)
      : namespaceMembers(name);
    expect(sorted(members)).toEqual(sorted(built));
  });

  test("names that need no declaration", () => {
    const built = [...namespaces, ...Object.keys(globalFunctions), "KEYS", "ARGV"];
    // TypeScript asks for Symbol; Array is a function as well as a namespace.
    const expected = [...built, "NaN", "Infinity", "Symbol"];
    expect(sorted(declared(body))).toEqual(sorted(expected));
  });

  test("methods", () => {
    const members = RECEIVERS.flatMap(interfaceMembers).filter((name) => name !== "length");
    const built = [...Object.keys(methods), ...Object.keys(pausingMethods), "hasOwnProperty"];
    expect(sorted(members)).toEqual(sorted(built));
  });
});

describe("TypeScript", () => {
  const folder = mkdtempSync(join(tmpdir(), "declarations-"));
  beforeAll(() => copyFileSync(FILE, join(folder, "rusk-script.d.ts")));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The lines of a script that TypeScript complains of. */
  function complaints(source: string): number[] {
    writeFileSync(join(folder, "script.js"), source);
    const compilerOptions = {
      noLib: true,
      checkJs: true,
      strict: true,
      noImplicitAny: false,
      types: [],
      moduleDetection: "force",
      noEmit: true,
    };
    const files = ["rusk-script.d.ts", "script.js"];
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    try {
      execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
      return [];
    } catch (error) {
      const { stdout } = error as { stdout: string };
      const lines = stdout.matchAll(/^(.+?)\((\d+),\d+\): error/gm);
      return [...lines].map(([, file, line]) => {
        if (!file?.endsWith("script.js")) throw new Error(stdout);
        return Number(line);
      });
    }
  }

  test("finds nothing wrong with what Rusk compiles", () => {
    const source = `
      const count = redis.call("INCR", KEYS[1]);
      if (count === 1) redis.call("PEXPIRE", KEYS[1], ARGV[2]);
      const all = [...KEYS].map((key, i) => \`\${i}:\${key.length}\`).join();
      let total = Number(ARGV[1]);
      for (const [a, b] of Object.entries({ x: 1, y: 2 })) total += b + a.length;
      for (const key of KEYS) total += key.length;
      const { name, ...rest } = JSON.parse("{}");
      const [x, next] = struct.unpack(">I", "abcd");
      redis.log(redis.LOG_WARNING, all, total, bit.band(7, 3), name, x, next);
      try { redis.call("TIME"); } catch (error) { throw new Error("no"); }
      const sum = Array.from("abc", (c) => c.charCodeAt(0)).reduce((a, b) => a + b, 0);
      const sorted = [3, 1, 2].toSorted((a, b) => a - b).concat([sum]);
      const counts = Object.fromEntries([["a", 1]]);
      counts.b = msgpack.unpack(msgpack.pack(counts, sorted)).a;
      const made = new Array(3).fill(0);
      const fields = {};
      for (const name of redis.call("HKEYS", KEYS[1])) fields[name] = fields.first ?? name;
      const half = (value) => value / 2;
      redis.log(redis.LOG_DEBUG, half(made.length));
      redis.setResp(3);
      const reply = redis.pcall("GET", "a", 1.5);
      if (reply && reply.err) redis.errorReply(reply.err + made + rest);`;
    expect(complaints(source)).toEqual([]);
    expect(() => compileScript(source, "script")).not.toThrow();
    const library = `
      redis.registerFunction("f", (keys, args) => redis.call("SET", keys[1], args[1]));
      redis.registerFunction({ name: "g", callback: (keys) => keys.length, flags: [] });`;
    expect(complaints(library)).toEqual([]);
    expect(() => compileScript(library, "library")).not.toThrow();
  });

  test("finds mistakes", () => {
    const mistakes = [
      "KEYS[0].length;",
      "new Date();",
      'redis.cal("x");',
      'console.log("x");',
      '"x".matchAll("y");',
      'redis.call("GET", {});',
      'KEYS[1] = "x";',
      'redis.registerFunction("f", 3);',
      'redis.registerFunction({ name: "f", callback: () => 1, flags: ["no-write"] });',
      "redis.setResp(4);",
      "Promise.resolve();",
      "JSON.parse('1') + Math.sum(1);",
    ];
    expect(complaints(mistakes.join("\n"))).toEqual(mistakes.map((_, index) => index + 1));
  });
});
