// Purpose: what scripts may call, and when they may run at all: every command of the table, the
// flags of a shebang, CLIENT PAUSE, maxmemory; what their commands tell the log; their client.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Flag, HiddenFlag } from "../../../src/calls/command.ts";
import { commandTable } from "../../../src/commands/all.ts";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { LogTail } from "../../server/log_tail.ts";

/** PFCOUNT and PUBLISH count as writing, as they do for redis-server. */
const CHANGING = Flag.write | HiddenFlag.may_replicate;

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes", "--appendonly", "yes"] });
  client = await server.connect();
});
afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));
const text = async (...words: Word[]) => String(await ask(...words));

/** A call of a command with as many arguments as it takes at least, by a script. */
async function called(name: string, by: string): Promise<string> {
  const words = name.split("|");
  const count = Math.abs(commandTable.find(name)?.arity ?? 0);
  while (words.length < count) words.push("x");
  return await text(by, "return redis.pcall(...ARGV)", "0", ...words);
}

test("commands with the flag noscript are refused, all others are not", async () => {
  for (const { name, flags, run } of commandTable.all) {
    if (run === null) continue;
    const isRefused = (await called(name, "EVAL")).includes("not allowed from script");
    expect(`${name}: ${isRefused}`).toBe(`${name}: ${(flags & Flag.noscript) !== 0}`);
  }
});

test("commands that write are refused in read-only scripts", async () => {
  for (const { name, flags, run } of commandTable.all) {
    if (run === null || (flags & Flag.noscript) !== 0) continue;
    const isRefused = (await called(name, "EVAL_RO")).includes("from read-only scripts");
    expect(`${name}: ${isRefused}`).toBe(`${name}: ${(flags & CHANGING) !== 0}`);
  }
});

test("a shebang says what a script may", async () => {
  const set = "redis.call('SET', 'k', 'v')";
  expect(await text("EVAL", `#!js flags=no-writes\n${set}`, "0")).toContain(
    "from read-only scripts",
  );
  expect(await text("EVAL_RO", "#!js\nreturn 1", "0")).toContain(
    "Can not execute a script with write flag using *_ro command.",
  );
  expect(await ask("EVAL_RO", "#!js flags=no-writes\nreturn 1", "0")).toBe(1);
  expect(await ask("EVAL", `#!js\n${set}`, "0")).toBe(null);
});

test("above maxmemory a script with a shebang needs allow-oom or no-writes", async () => {
  const oom = "OOM command not allowed when used memory > 'maxmemory'.";
  const sha = await text("SCRIPT", "LOAD", "#!js\nreturn 1");
  await ask("SET", "k", "v");
  await ask("CONFIG", "SET", "maxmemory", "1");
  expect(await text("EVAL", "#!js\nreturn 1", "0")).toContain(oom);
  expect(await text("EVALSHA", sha, "0")).toContain(oom);
  expect(await text("EVAL", "#!js flags=bad\nreturn 1", "0")).toContain("Unexpected flag");
  expect(await ask("EVAL", "#!js flags=no-writes\nreturn redis.call('GET', 'k')", "0")).toBe("v");
  expect(await text("EVAL", "#!js flags=allow-oom\nreturn redis.call('SET', 'k', 'w')", "0")).toBe(
    "OK",
  );
  await ask("MULTI");
  await ask("EVAL", "return 1", "0");
  expect(await text("EXEC")).toContain("EXECABORT");
  await ask("CONFIG", "SET", "maxmemory", "0");
});

test("CLIENT PAUSE WRITE holds scripts that may write, and no others", async () => {
  const other = await server.connect();
  await ask("CLIENT", "PAUSE", "100000", "WRITE");
  expect(await ask("EVAL_RO", "return redis.call('GET', 'k')", "0")).toBe("w");
  expect(await ask("EVAL", "#!js flags=no-writes\nreturn redis.call('GET', 'k')", "0")).toBe("w");
  other.send("EVAL", "return 1", "0");
  other.send("EVAL", "#!js\nreturn 2", "0");
  await ask("PING");
  expect(await text("CLIENT", "LIST")).toContain("cmd=eval ");
  await ask("CLIENT", "UNPAUSE");
  expect([plain(await other.reply()), plain(await other.reply())]).toEqual([1, 2]);
  other.close();
});

describe("the log", () => {
  const effects = async (...commands: Word[][]): Promise<string[][]> => {
    const tail = new LogTail(server);
    tail.next();
    for (const words of commands) await client.command(...words);
    return tail.next().map(({ words }) => words);
  };

  test("has what a script did, as one transaction", async () => {
    const script = `redis.call('SET', 'a', '1'); redis.call('INCR', 'a');
      redis.pcall('LPUSH', 'a', 'x'); redis.call('GET', 'a'); redis.call('SELECT', 3);
      redis.call('PEXPIRE', 'none', 1)`;
    expect(await effects(["EVAL", script, "0"])).toEqual([
      ["MULTI"],
      ["SET", "a", "1"],
      ["INCR", "a"],
      ["EXEC"],
    ]);
  });

  test("has one command as it is, and nothing of a script that did nothing", async () => {
    expect(
      await effects(
        ["EVAL", "redis.call('SET', 'a', '1'); throw 'x'", "0"],
        ["EVAL", "return redis.call('GET', 'a')", "0"],
        ["SCRIPT", "LOAD", "return 1"],
        ["SCRIPT", "FLUSH"],
      ),
    ).toEqual([["SET", "a", "1"]]);
  });

  test("has no commands that set_repl keeps from it", async () => {
    const script = `redis.setRepl(redis.REPL_NONE); redis.call('SET', 'x', '1');
      redis.setRepl(redis.REPL_REPLICA); redis.call('SET', 'x', '2');
      redis.setRepl(redis.REPL_AOF); redis.call('SET', 'y', '1');
      redis.setRepl(redis.REPL_ALL); redis.call('SET', 'z', '1')`;
    expect(
      await effects(["EVAL", script, "0"], ["EVAL", "redis.call('SET', 'w', '1')", "0"]),
    ).toEqual([["MULTI"], ["SET", "y", "1"], ["SET", "z", "1"], ["EXEC"], ["SET", "w", "1"]]);
    expect(await ask("GET", "x")).toBe("2");
  });
});

test("each script begins with RESP2, and with the caller's database", async () => {
  await ask("HSET", "hash", "f", "v");
  const kind = "return Array.isArray(redis.call('HGETALL', 'hash'))";
  expect(await ask("EVAL", `redis.setResp(3); redis.call('SELECT', 5); ${kind}`, "0")).toBe(0);
  expect(await ask("EVAL", kind, "0")).toBe(1);
  await ask("SELECT", "2");
  await ask("EVAL", "redis.call('SET', 'only', 'here')", "0");
  expect(await ask("EXISTS", "only")).toBe(1);
  await ask("SELECT", "0");
  expect(await ask("EXISTS", "only")).toBe(0);
});

test("a log with scripts of another language in place of their effects is refused", async () => {
  const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const dir = mkdtempSync("/tmp/rusk-script-log-");
  writeFileSync(`${dir}/appendonly.aof`, "*3\r\n$4\r\nEVAL\r\n$9\r\nlocal x=1\r\n$1\r\n0\r\n");
  const args = ["--dir", dir, "--appendonly", "yes"];
  const refusing = await startServer({ args, noWait: true });
  expect(await refusing.exited).not.toBe(0);
  expect(refusing.log()).toContain("puts what it has done in its place");
  await refusing.stop();
  rmSync(dir, { recursive: true });
});

test("redis.log writes to the server's log, by its levels", async () => {
  await ask(
    "EVAL",
    "redis.log(redis.LOG_WARNING, 'a', 'b\\r\\nc'); redis.log(redis.LOG_DEBUG, 'not')",
    "0",
  );
  expect(server.log()).toMatch(/ # a b/);
  expect(server.log()).not.toMatch(/ \. not/);
});
