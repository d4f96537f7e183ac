// Purpose: libraries that mean harm: whatever they do when they are loaded or called ends soon, is
// an error or a harmless value, and leaves the server, and other libraries, as they were.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { cpuMs } from "../client/process.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";

/** CPU time, more than FUNCTION LOAD may take. */
const LIMIT_MS = 10_000;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
  expect(await load("good", "let n = 0; redis.registerFunction('good', () => ++n)")).toBe("good");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

async function ask(...words: Word[]): Promise<unknown> {
  const reply = plain(await client.command(...words));
  return reply instanceof Error ? reply.message : reply;
}

const load = (name: string, body: string) =>
  ask("FUNCTION", "LOAD", "REPLACE", `#!js name=${name}\n${body}`);

let calls = 0;

/** The other library goes on counting. */
async function expectUnharmed(): Promise<void> {
  expect(await ask("PING")).toBe("PONG");
  expect(await ask("FCALL", "good", 0)).toBe(++calls);
}

test.each([
  ["[3, 1, 2].sort(() => { for (;;); })", "FUNCTION LOAD timeout"],
  ["try { for (;;); } finally { for (;;); }", "FUNCTION LOAD timeout"],
  ["while (true) try { null.x } catch (e) {}", "FUNCTION LOAD timeout"],
  [
    "for (let i = 0; i < 1e9; i++) redis.registerFunction('f' + i, () => i)",
    "FUNCTION LOAD timeout",
  ],
  ["const f = () => f(); f()", "RangeError: stack overflow"],
  ["let s = 'x'; for (;;) s += s", "RangeError: string too long"],
  ["redis.registerFunction({__proto__: 1})", "unknown argument given"],
  ["redis.registerFunction({name: 'a', callback: {}})", "callback argument given"],
  ["redis.registerFunction({name: 'a', callback: 'f', flags: []})", "callback argument given"],
  ["redis.registerFunction({name: 'a', callback: () => 1, flags: {length: 1}})", "flags argument"],
  ["redis.registerFunction('a\\r\\nb', () => 1)", "Library names can only contain"],
  ["redis.registerFunction('a\\0', () => 1)", "Library names can only contain"],
  ["throw {err: 'A\\r\\n+OK\\r\\n'}", "Error registering functions: A  +OK"],
  ["throw null", "null"],
  ["throw () => 1", "Error registering functions"],
  ["return redis.registerFunction.constructor('return 1')", "ERR Error"],
  ["const c = (() => 1).constructor; c('return process')()", "is not a function"],
  ["this.x = 1", "'this' is not allowed"],
  ["globalThis.x = 1", "globalThis is not available"],
  ["KEYS.length", "'KEYS' is not defined"],
])("loading %s is an error in time", async (body, message) => {
  const from = cpuMs(server.pid);
  expect(await load("evil", body)).toContain(message);
  expect(cpuMs(server.pid) - from).toBeLessThan(LIMIT_MS);
  expect(await ask("FCALL", "evil", 0)).toBe("ERR Function not found");
  await expectUnharmed();
});

test.each<[body: string, reply: unknown]>([
  ["() => ({}).constructor", null],
  ["() => [].map", null],
  ["() => (() => 1).caller", null],
  ["(keys) => keys.constructor", expect.stringContaining("ERR ")],
  ["(keys) => { keys[1] = 'x' }", expect.stringContaining("keys is read-only")],
  ["(keys) => keys[0]", expect.stringContaining("counts from 1")],
  ["() => () => 1", expect.stringContaining("ERR script returned a function")],
  ["() => ({a: 1})", expect.stringContaining("ERR script returned an object")],
  ["() => { const o = []; o.push(o); return o }", expect.stringContaining("ERR ")],
  ["() => redis.registerFunction('more', () => 1)", expect.stringContaining("FUNCTION LOAD")],
  ["() => redis.call('FCALL', 'good', 0)", expect.stringContaining("not allowed from script")],
  ["() => redis.call('FUNCTION', 'FLUSH')", expect.stringContaining("not allowed from script")],
  ["() => { throw {err: 'A\\r\\n:1\\r\\n'} }", expect.stringContaining("A  :1")],
  ["() => ({ok: 'fine\\r\\n:1'})", "fine  :1"],
])("calling %s does no harm", async (callback, reply) => {
  expect(await load("evil", `redis.registerFunction('evil', ${callback})`)).toBe("evil");
  expect(await ask("FCALL", "evil", 1, "k")).toEqual(reply);
  await expectUnharmed();
  expect(await ask("FCALL", "more", 0)).toBe("ERR Function not found");
});

test("what a call leaves behind is not seen by another library, nor by scripts", async () => {
  const body = `const state = {};
    redis.registerFunction('evil', (keys, args) => {
      state[args[1]] = 1;
      return Object.keys(state);
    })`;
  expect(await load("evil", body)).toBe("evil");
  expect(await ask("FCALL", "evil", 0, "__proto__")).toEqual(["__proto__"]);
  expect(await ask("FCALL", "evil", 0, "constructor")).toEqual(["__proto__", "constructor"]);
  expect(await ask("EVAL", "return typeof ({}).x + typeof state", 0)).toBe("undefinedundefined");
  await expectUnharmed();
});
