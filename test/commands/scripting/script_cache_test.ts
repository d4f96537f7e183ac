// Purpose: which scripts the server keeps (src/scripting/script_cache.ts): those of SCRIPT LOAD
// until SCRIPT FLUSH, those of EVAL while they are among the latest; how they are found; INFO.

import { beforeEach, describe, expect, test } from "bun:test";
import { fromLatin1 } from "../../../src/base/bytes.ts";
import { type CachedScript, ScriptCache, shaOf } from "../../../src/scripting/script_cache.ts";
import { plain } from "../../client/resp.ts";
import { startServer } from "../../client/server.ts";

const EVALUATED_COUNT_MAX = 500;
const COMPILED_COUNT_MAX = 1000;
const COMPILED_SIZE = 16 << 10;

let cache: ScriptCache;
beforeEach(() => {
  cache = new ScriptCache();
});

/** Bytes in the midst of others. */
function placed(text: string): [Uint8Array, DataView, number, number] {
  const bytes = fromLatin1(`xyz${text}....`);
  return [bytes, new DataView(bytes.buffer), 3, text.length];
}

const add = (text: string) => cache.ofText(...placed(text));
const load = (text: string) => {
  const script = add(text);
  cache.keep(script);
  return script;
};
const withText = (text: string) => cache.withText(...placed(text));
const withSha = (sha: string) => cache.withSha(...placed(sha));

function use(script: CachedScript | null): void {
  if (script !== null) cache.used(script);
}

test("a script is found by its text and by its SHA-1, in any case", () => {
  const script = add("return 1");
  expect(script.name).toBe("e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  expect(shaOf(fromLatin1("return 1"))).toBe(script.name);
  for (let i = 0; i < 3; i++) {
    expect(withText("return 1")).toBe(script);
    expect(withSha(script.name)).toBe(script);
    expect(withSha(script.name.toUpperCase())).toBe(script);
  }
  expect(withText("return 2")).toBeNull();
  expect(withText("")).toBeNull();
  expect(withSha("")).toBeNull();
  expect(withSha(script.name.slice(1))).toBeNull();
  expect(withSha(`${script.name.slice(0, 39)}0`)).toBeNull();
});

test("texts that differ in one byte are told apart, wherever it is", () => {
  const text = `return '${"x".repeat(200)}'`;
  const first = add(text);
  for (let i = 8; i < 208; i++) {
    const other = `${text.slice(0, i)}y${text.slice(i + 1)}`;
    expect(withText(other)).toBeNull();
    const added = add(other);
    expect(withText(other)).toBe(added);
    expect(withText(text)).toBe(first);
  }
});

test("of EVAL's scripts those go that were used longest ago; SCRIPT LOAD's stay", () => {
  const loaded = load("return 'loaded'");
  const first = add("return 'first'");
  for (let i = 0; i < EVALUATED_COUNT_MAX - 1; i++) add(`return ${i}`);
  expect(cache.evictedCount).toBe(0);
  use(first);
  add("return 'one more'");
  expect(cache.evictedCount).toBe(1);
  expect(withText("return 0")).toBeNull();
  expect(withSha(shaOf(fromLatin1("return 0")))).toBeNull();
  expect(withText("return 'first'")).toBe(first);
  for (let i = 0; i < 2 * EVALUATED_COUNT_MAX; i++) add(`return [${i}]`);
  expect(withText("return 'first'")).toBeNull();
  expect(withText("return 'loaded'")).toBe(loaded);
  expect(cache.count).toBe(EVALUATED_COUNT_MAX + 1);
});

test("a script that EVAL has brought is kept when SCRIPT LOAD brings it", () => {
  const script = add("return 1");
  cache.keep(script);
  for (let i = 0; i < 2 * EVALUATED_COUNT_MAX; i++) add(`return [${i}]`);
  expect(withText("return 1")).toBe(script);
});

test("compiled forms go, and are made again", () => {
  const first = load("return 'first'");
  for (let i = 0; i < COMPILED_COUNT_MAX; i++) load(`return ${i}`);
  expect(first.script).toBeNull();
  expect(cache.compiledSize).toBe(COMPILED_COUNT_MAX * COMPILED_SIZE);
  expect(cache.used(first)).not.toBeNull();
  expect(first.script).not.toBeNull();
  expect(cache.compiledSize).toBe(COMPILED_COUNT_MAX * COMPILED_SIZE);
  expect(cache.count).toBe(COMPILED_COUNT_MAX + 1);
});

test("nothing is left after clear, and what is no script is not kept", () => {
  const { name } = load("return 1");
  expect(() => add("return +")).toThrow();
  expect(() => add("#!lua\nreturn 1")).toThrow("Unexpected engine");
  expect(cache.count).toBe(1);
  expect(cache.size).toBeGreaterThan(0);
  cache.clear();
  expect([cache.count, cache.size, cache.compiledSize]).toEqual([0, 0, 0]);
  expect(withText("return 1")).toBeNull();
  expect(withSha(name)).toBeNull();
});

describe("on a server", () => {
  test("INFO counts scripts, and those that went", async () => {
    const server = await startServer();
    const client = await server.connect();
    const field = async (name: string) => {
      const info = String(plain(await client.command("INFO", "everything")));
      return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
    };
    expect(await field("number_of_cached_scripts")).toBe(0);
    expect(await field("used_memory_scripts_eval")).toBe(0);
    for (let i = 0; i < EVALUATED_COUNT_MAX + 7; i++)
      await client.command("EVAL", `return ${i}`, "0");
    expect(await field("number_of_cached_scripts")).toBe(EVALUATED_COUNT_MAX);
    expect(await field("evicted_scripts")).toBe(7);
    expect(await field("used_memory_scripts_eval")).toBeGreaterThan(EVALUATED_COUNT_MAX * 8);
    expect(await field("used_memory_vm_eval")).toBeGreaterThan(0);
    await client.command("CONFIG", "RESETSTAT");
    expect(await field("evicted_scripts")).toBe(0);
    await client.command("FLUSHALL");
    expect(await field("number_of_cached_scripts")).toBe(EVALUATED_COUNT_MAX);
    await client.command("SCRIPT", "FLUSH");
    expect(await field("number_of_cached_scripts")).toBe(0);
    client.close();
    await server.stop();
  });
});
