// Purpose: EVAL, EVALSHA, EVAL_RO, EVALSHA_RO and SCRIPT (src/commands/scripting/), as sessions.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

test("keys and arguments count from 1", async () => {
  expect(await ask("EVAL", "return KEYS[2]", "3", "a", "b", "c")).toBe("b");
  expect(await ask("EVAL", "return [KEYS[1], ARGV[1], 7]", "1", "a", "b")).toEqual(["a", "b", 7]);
});

test("commands run inside a script", async () => {
  await ask("SET", "k", "5");
  const script = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
  expect(await ask("EVAL", script, "1", "k", "3")).toBe(8);
  const sha = String(await ask("SCRIPT", "LOAD", script));
  expect(await ask("EVALSHA", sha.toUpperCase(), "1", "k", "2")).toBe(10);
});

test.each(["EVAL_RO", "EVAL"])("%s reads", async (name) => {
  await ask("SET", "k", "5");
  expect(await ask(name, "return redis.call('GET', KEYS[1])", "1", "k")).toBe("5");
});

test("EVALSHA and EVALSHA_RO of an unknown script say NOSCRIPT", async () => {
  const none = "NOSCRIPT No matching script. Please use EVAL.";
  const sha = "0".repeat(40);
  expect(String(await ask("EVALSHA", sha, "0"))).toContain(none);
  expect(String(await ask("EVALSHA_RO", sha, "0"))).toContain(none);
});

test("SCRIPT SHOW has the text of a script, byte by byte", async () => {
  const text = "return 'a\\n' // \xe9 \x00";
  const sha = String(await ask("SCRIPT", "LOAD", text));
  expect(await ask("SCRIPT", "SHOW", sha)).toBe(text);
  expect(await ask("SCRIPT", "SHOW", sha.toUpperCase())).toBe(text);
  const none = String(await ask("SCRIPT", "SHOW", "0".repeat(40)));
  expect(none).toContain("NOSCRIPT No matching script. Please use EVAL.");
  expect(String(await ask("SCRIPT", "SHOW", ""))).toContain("NOSCRIPT");
});

test("SCRIPT EXISTS and FLUSH, and what there is no more of", async () => {
  const sha = String(await ask("SCRIPT", "LOAD", "return 1"));
  expect(await ask("SCRIPT", "EXISTS", sha, "nosuch")).toEqual([1, 0]);
  expect(await ask("SCRIPT", "FLUSH", "ASYNC")).toBe("OK");
  expect(await ask("SCRIPT", "EXISTS", sha)).toEqual([0]);
  expect(String(await ask("SCRIPT", "KILL"))).toContain("NOTBUSY");
  expect(String(await ask("SCRIPT", "DEBUG", "YES"))).toContain("no debugger");
  expect(await ask("SCRIPT", "HELP")).toBeArray();
});
