// Purpose: a script that runs long, from outside: others are answered at once, it can be ended, its
// client may go, and what is sent meanwhile is answered in its turn.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { cpuMs } from "../client/process.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";

const ENDLESS = "for (;;) {}";
const BUSY =
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
/** CPU time: an answer takes a few ms. */
const ANSWER_LIMIT_MS = 2000;

let server: Server;
let caller: Client;
let other: Client;

beforeEach(async () => {
  server = await startServer({ args: ["--busy-reply-threshold", "20"] });
  caller = await server.connect();
  other = await server.connect();
});

afterEach(async () => {
  caller.close();
  other.close();
  await server.stop();
});

const ask = async (who: Client, ...words: Word[]) => plain(await who.command(...words));

/** Resolves when the server is busy. */
async function busy(who = other): Promise<void> {
  while (!String(await ask(who, "PING")).includes(BUSY)) await Bun.sleep(1);
}

test.each([
  ["a loop", ENDLESS],
  ["a comparison of sort", "[2, 1].sort(() => { for (;;) {} })"],
  ["a callback of replace", "'a'.replace('a', () => { for (;;) {} })"],
  ["recursion", "function f(n) { if (n > 0) { f(n - 1); f(n - 1); } } f(900)"],
  ["sorting", "for (;;) { [3, 1, 2].sort((a, b) => a - b) }"],
  ["commands", "for (;;) redis.call('PING')"],
])("in %s others are told, and SCRIPT KILL ends it", async (_what, script) => {
  const replies = caller.pipeline([
    ["EVAL", script, "0"],
    ["ECHO", "after"],
  ]);
  await busy();
  const fresh = await server.connect();
  for (const who of [other, fresh]) {
    const fromMs = cpuMs(server.pid);
    expect(String(await ask(who, "GET", "k"))).toContain(BUSY);
    expect(cpuMs(server.pid) - fromMs).toBeLessThan(ANSWER_LIMIT_MS);
  }
  expect(await ask(fresh, "SCRIPT", "KILL")).toBe("OK");
  const [killed, after] = (await replies).map(plain);
  expect(String(killed)).toContain("Script killed by user with SCRIPT KILL...");
  expect(after).toBe("after");
  expect(await ask(other, "PING")).toBe("PONG");
  fresh.close();
});

test("a client that goes leaves its script behind, which goes on", async () => {
  const wait = "for (let i = 0; i < 3e7; i++);";
  const script = `redis.call('SET', 'k', 'begun'); ${wait} redis.call('SET', 'k', 'done')`;
  const reply = ask(caller, "EVAL", script, "0").catch(() => "gone");
  await busy();
  caller.close();
  await reply;
  while (String(await ask(other, "PING")) !== "PONG") await Bun.sleep(5);
  expect(await ask(other, "GET", "k")).toBe("done");
});

test("SHUTDOWN NOSAVE ends the server, SHUTDOWN does not", async () => {
  const reply = ask(caller, "EVAL", "redis.call('SET', 'k', '1'); for (;;) {}", "0").catch(
    () => "gone",
  );
  await busy();
  expect(String(await ask(other, "SCRIPT", "KILL"))).toContain("UNKILLABLE");
  expect(String(await ask(other, "SHUTDOWN"))).toContain(BUSY);
  await ask(other, "SHUTDOWN", "NOSAVE").catch(() => "gone");
  expect(await server.exited).toBe(0);
  await reply;
});
