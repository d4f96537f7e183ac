// Purpose: EVAL, EVALSHA and SCRIPT compared with redis-server: with scripts that are the same in
// Lua and in JavaScript all replies, counts of calls and errors, MONITOR and the slow log are.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { commandTable } from "../../../src/commands/all.ts";
import { Pair } from "../../client/pair.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";

const GET = "return redis.call('GET', KEYS[1])";
const UNKNOWN_SHA = "0123456789012345678901234567890123456789";
const SETUP = [
  ["FLUSHALL"],
  ["SET", "text", "5"],
  ["SET", "large", "9007199254740991"],
  ["RPUSH", "list", "a", "b"],
  ["ZADD", "zset", "1.5", "a"],
  ["HSET", "hash", "f", "v"],
  ["SADD", "set", "m"],
];

/** Scripts without keys. */
const SCRIPTS = [
  "return 1",
  "return 3.99",
  "return -3.99",
  "return -0",
  "return 'text'",
  "return ''",
  "return true",
  "return false",
  "return KEYS",
  "return ARGV[1]",
  "return",
  "",
  "return redis.call('GET', 'text')",
  "return redis.call('GET', 'nosuch')",
  "return redis.call('INCR', 'text')",
  "return redis.call('INCRBY', 'large', -7)",
  "return redis.call('LRANGE', 'list', 0, -1)",
  "return redis.call('LRANGE', 'nosuch', 0, -1)",
  "return redis.call('ZRANGE', 'zset', 0, -1, 'WITHSCORES')",
  "return redis.call('ZSCORE', 'zset', 'a')",
  "return redis.call('HGETALL', 'hash')",
  "return redis.call('SMEMBERS', 'set')",
  "return redis.call('SET', 'k', 'v')",
  "return redis.call('PING')",
  "return redis.call('ECHO', 'a\\r\\nb')",
  "return redis.call('BLMPOP', 0, 1, 'nosuch', 'LEFT')",
  "return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', 'nosuch', '$')",
  "return redis.call('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', 0, 'STREAMS', 'nosuch', '>')",
  "return redis.call('BZPOPMIN', 'nosuch', 0)",
  "return redis.call('SELECT', 3)",
  "return redis.call('INCR', 'list')",
  "return redis.pcall('INCR', 'list')",
  "return redis.pcall('INCR')",
  "return redis.call('CONFIG')",
  "return redis.call('CONFIG', 'NOSUCH')",
  "return redis.call('OBJECT', 'ENCODING', 'text')",
  "return redis.call('OBJECT', 'NOSUCH', 'text')",
  "return redis.call('object', 'freq', 'text')",
  "return redis.call('SCRIPT', 'LOAD', 'x')",
  "return redis.call('EVAL', 'return 1', 0)",
  "return redis.error_reply('MYCODE what')",
  "return redis.status_reply('fine')",
];
const SCRIPTS_OF_RESP3 = [
  "redis.setresp(3); return true",
  "redis.setresp(3); return false",
  "redis.setresp(3); return redis.call('HGETALL', 'hash')",
  "redis.setresp(3); return redis.call('SMEMBERS', 'set')",
  "redis.setresp(3); return redis.call('ZSCORE', 'zset', 'a')",
  "redis.setresp(3); return redis.call('ZRANGE', 'zset', 0, -1, 'WITHSCORES')",
  "redis.setresp(3); return redis.call('GET', 'nosuch')",
  "redis.setresp(3); return redis.call('LOLWUT')",
];

const WRONG_CALLS: readonly (readonly Word[])[] = [
  ["EVAL"],
  ["EVAL", "return 1"],
  ["EVAL", "return 1", "x"],
  ["EVAL", "return 1", "-1"],
  ["EVAL", "return 1", "1"],
  ["EVAL", "return 1", "3", "a", "b"],
  ["EVAL", "return 1", "99999999999999999999"],
  ["EVAL", "return 1", "1.5", "a"],
  ["EVAL_RO", "return 1", "-1"],
  ["EVAL_RO", "return redis.call('SET', 'a', 'b')", "0"],
  ["EVAL_RO", "return redis.pcall('DEL', 'a')", "0"],
  ["EVALSHA"],
  ["EVALSHA", "x", "0"],
  ["EVALSHA", "x", "-1"],
  ["EVALSHA", UNKNOWN_SHA, "0"],
  ["EVALSHA", UNKNOWN_SHA, "-1"],
  ["EVALSHA", UNKNOWN_SHA, "7"],
  ["EVALSHA_RO", UNKNOWN_SHA, "0"],
  ["SCRIPT"],
  ["SCRIPT", "NOSUCH"],
  ["SCRIPT", "LOAD"],
  ["SCRIPT", "LOAD", "return 1", "x"],
  ["SCRIPT", "EXISTS"],
  ["SCRIPT", "FLUSH", "NOSUCH"],
  ["SCRIPT", "FLUSH", "SYNC", "x"],
  ["SCRIPT", "KILL"],
];

describe.skipIf(redisBinary() === null)("compared with redis-server", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair?.stop());

  test("replies", async () => {
    await pair.same([["SCRIPT", "FLUSH"], ...SETUP], "setup");
    for (const script of [...SCRIPTS, ...SCRIPTS_OF_RESP3]) {
      await pair.same([["EVAL", script, "0"]], script);
    }
  });

  test("keys and arguments, by text and by SHA-1", async () => {
    const sha = "d3c21d0c2b9ca22f82737626a27bcaf5d288f99f";
    await pair.same(
      [
        ["SET", "text", "5"],
        ["EVALSHA", sha, "1", "text"],
        ["SCRIPT", "LOAD", GET],
        ["EVALSHA", sha, "1", "text"],
        ["EVALSHA", sha.toUpperCase(), "1", "text"],
        ["EVALSHA_RO", sha, "1", "text", "more"],
        ["EVAL", "return KEYS[2]", "3", "a", "b", "c"],
        ["EVAL", "return ARGV[2]", "1", "a", "b", "c"],
        ["EVAL", "return ARGV", "0", "\0\xff", ""],
        ["SCRIPT", "EXISTS", sha, sha.toUpperCase(), UNKNOWN_SHA, "x"],
        ["SCRIPT", "FLUSH", "ASYNC"],
        ["SCRIPT", "EXISTS", sha],
        ["EVAL", GET, "1", "text"],
        ["SCRIPT", "EXISTS", sha],
        ["SCRIPT", "FLUSH", "sync"],
      ],
      "keys",
    );
  });

  test.each(WRONG_CALLS)("%s %s %s", async (...words) => {
    await pair.same([words], String(words));
  });

  test("SELECT in a script leaves the caller's database as it was", async () => {
    const script = "redis.call('SELECT', 4); return redis.call('SET', KEYS[1], 'v')";
    const lines = [
      ["EVAL", script, "1", "k"],
      ["EXISTS", "k"],
      ["SELECT", "4"],
      ["EXISTS", "k"],
    ];
    await pair.same([...lines, ["SELECT", "0"]], script);
  });

  test("every command of redis-server may be called, or not, as there", async () => {
    const named = commandTable.all.filter(
      ({ run, container }) => run !== null && container === null,
    );
    for (const { name } of named) {
      const script = `return redis.pcall('${name}')`;
      if (isOfRedis(name)) await pair.same([["EVAL", script, "0"]], name);
    }
  });

  test("calls and errors are counted alike", async () => {
    await pair.same([...SETUP, ["CONFIG", "RESETSTAT"]], "setup");
    for (const script of SCRIPTS) await pair.same([["EVAL", script, "0"]], script);
    for (const words of WRONG_CALLS) await pair.same([words], String(words));
  });
});

/** Later commands are unknown to redis-server 7.0, and some reply what no two servers do. */
function isOfRedis(name: string): boolean {
  const since = commandTable.find(name)?.entry.since ?? "";
  const isLater = since.localeCompare("7.0.15", "en", { numeric: true }) > 0;
  return !isLater && !/^(time|info|lolwut|command|lastsave|role|randomkey|dbsize)$/.test(name);
}

describe.skipIf(redisBinary() === null)("what others see", () => {
  let servers: Server[];
  beforeAll(async () => {
    servers = await Promise.all([startServer(), startRedis()]);
  });
  afterAll(async () => {
    for (const server of servers ?? []) await server.stop();
  });

  /** What both servers say, in a form without times and addresses. */
  async function same(ask: (server: Server) => Promise<unknown>): Promise<void> {
    const [ours, theirs] = await Promise.all(servers.map(ask));
    expect(ours).toEqual(theirs);
  }

  test("replies to a client of RESP3", () =>
    same(async (server) => {
      const client = await server.connect();
      await client.pipeline([...SETUP, ["HELLO", "3"]]);
      const scripts = [...SCRIPTS, ...SCRIPTS_OF_RESP3];
      const replies = await client.pipeline(scripts.map((script) => ["EVAL", script, "0"]));
      client.close();
      return replies;
    }));

  test("commandstats and errorstats", () =>
    same(async (server) => {
      const client = await server.connect();
      await client.pipeline([...SETUP, ["CONFIG", "RESETSTAT"]]);
      for (const script of SCRIPTS) await client.command("EVAL", script, "0");
      for (const words of WRONG_CALLS) await client.command(...words);
      const info = String(plain(await client.command("INFO", "commandstats", "errorstats")));
      client.close();
      const lines = info.replace(/usec=\d+,usec_per_call=[\d.]+,/g, "").split("\r\n");
      return lines.filter((line) => /^(cmdstat_|errorstat_)/.test(line)).sort();
    }));

  test("MONITOR shows the script before its commands, and those as of no address", () =>
    same(async (server) => {
      const [monitor, client] = [await server.connect(), await server.connect()];
      await monitor.command("MONITOR");
      const script = "redis.call('SELECT', 3); return redis.call('SET', KEYS[1], ARGV[1])";
      await client.command("EVAL", script, "1", "k", "a\r\nb");
      await client.command("EVALSHA", "x", "0");
      await client.command("EVAL", "return +", "0");
      await client.command("EVAL_RO", "return redis.pcall('SET', 'a', 'b')", "0");
      await client.command("EVAL", "return redis.pcall('NOSUCH')", "0");
      await client.command("SCRIPT", "LOAD", "return 1");
      await client.command("MULTI");
      await client.command("EVAL", "return redis.call('SET', 'a', 'b')", "0");
      await client.command("EXEC");
      await client.command("PING");
      const shown: string[] = [];
      while (!shown.at(-1)?.includes("PING")) shown.push(String(plain(await monitor.reply())));
      monitor.close();
      client.close();
      return shown.map((line) => line.replace(/^[\d.]+ \[(\d+) [^\]]*?(lua)?\]/, "$1 $2"));
    }));

  test("the slow log has the script and its commands", () =>
    same(async (server) => {
      const client = await server.connect();
      await client.command("CONFIG", "SET", "slowlog-log-slower-than", "0");
      await client.command("SLOWLOG", "RESET");
      await client.command("EVAL", "return redis.call('SET', 'a', 'b')", "1", "k", "x");
      await client.command("CONFIG", "SET", "slowlog-log-slower-than", "10000");
      const entries = plain(await client.command("SLOWLOG", "GET")) as unknown[][];
      client.close();
      const ofScript = entries.filter(([, , , words]) =>
        /^(EVAL|SET)$/.test((words as string[])[0]),
      );
      return ofScript.map(([, , , words, peer]) => [words, String(peer).replace(/:\d+$/, "")]);
    }));

  test("maxmemory and missing replicas refuse what writes first", () =>
    same(async (server) => {
      const client = await server.connect();
      const replies: unknown[] = [];
      const set = "return redis.call('SET', 'a', 'b')";
      const scripts = [
        "return 1",
        set,
        "return redis.call('GET', 'a')",
        "return redis.call('DEL', 'a')",
        `redis.call('DEL', 'a'); ${set}`,
        `redis.pcall('SET', 'a', 'b'); ${set}`,
      ];
      const lines = [
        ["maxmemory", "1", "0"],
        ["min-replicas-to-write", "1", "0"],
      ];
      for (const [directive, on, off] of lines) {
        await client.command("CONFIG", "SET", directive, on);
        for (const script of scripts)
          replies.push(plain(await client.command("EVAL", script, "0")));
        await client.command("CONFIG", "SET", directive, off);
      }
      client.close();
      return replies.map(String);
    }));
});
