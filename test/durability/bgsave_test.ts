// Purpose: BGSAVE: the file holds what there was when it began, whatever clients do meanwhile, and
// the rules of when one may begin, what a failure means, and what calls one off.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { namesIn } from "../server/folder.ts";

const KEYS = 20_000;
const STREAMS = 20;
/** With each, in what format. */
const SEEDS = [
  [1, "rusk"],
  [2, "rdb"],
  [3, "rusk"],
] as const;
/** Values of each type that are large, and how many elements each has at first. */
const LARGE = 2;
const LARGE_COUNT = 2000;

const ANOTHER =
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in " +
  "order to schedule a BGSAVE whenever possible.";

let folder = "";
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rusk-bgsave-"));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, "dump.rdb");
const ask = async (client: Client, ...words: Word[]) => plain(await client.command(...words));

async function start(...args: string[]): Promise<Server> {
  const debug = ["--enable-debug-command", "yes"];
  const server = await startServer({ args: ["--dir", folder, ...debug, ...args] });
  servers.push(server);
  return server;
}

async function persistence(client: Client): Promise<string> {
  return (await ask(client, "INFO", "persistence")) as string;
}

/** Resolves when no BGSAVE is in progress; how often it looked. */
async function saved(client: Client): Promise<void> {
  while (/rdb_bgsave_in_progress:1/.test(await persistence(client))) await Bun.sleep(1);
}

/** A command that makes, changes or removes keys, of any type. */
function write(random: Random): string[] {
  const key = () => `key:${random.below(KEYS)}`;
  const stream = () => `stream:${random.below(STREAMS)}`;
  const word = () => `w${random.below(20)}`;
  const kinds = [
    () => ["SET", key(), word()],
    () => ["SET", key(), word(), "PX", "100000000"],
    () => ["APPEND", key(), word()],
    () => ["INCR", `number:${random.below(100)}`],
    () => ["DEL", key(), key()],
    () => ["UNLINK", key()],
    () => ["RENAME", key(), key()],
    () => ["COPY", key(), key(), "REPLACE"],
    () => ["MOVE", key(), "1"],
    () => ["EXPIRE", key(), "100000"],
    () => ["PERSIST", key()],
    () => ["PEXPIREAT", key(), "1"],
    () => ["RPUSH", key(), word(), word()],
    () => ["LPOP", key()],
    () => ["LSET", key(), "0", word()],
    () => ["SADD", key(), word(), word()],
    () => ["SPOP", key()],
    () => ["SMOVE", key(), key(), word()],
    () => ["HSET", key(), word(), word()],
    () => ["HDEL", key(), word()],
    () => ["HINCRBY", key(), "n", "1"],
    () => ["HPEXPIRE", key(), "100000000", "FIELDS", "1", word()],
    () => ["ZADD", key(), String(random.below(100)), word()],
    () => ["ZPOPMIN", key()],
    () => ["ZUNIONSTORE", key(), "2", key(), key()],
    () => ["XADD", key(), "*", "f", word()],
    () => ["XTRIM", key(), "MAXLEN", "1"],
    () => ["XGROUP", "CREATE", key(), "g", "0", "MKSTREAM"],
    () => ["XADD", stream(), "*", "f", word()],
    () => ["XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", stream(), ">"],
    () => ["XGROUP", "SETID", stream(), "g", "$"],
    () => ["SETRANGE", key(), "3", "x"],
    () => ["SETBIT", key(), "7", "1"],
    () => ["BITOP", "NOT", key(), key()],
    () => ["SORT", key(), "ALPHA", "STORE", key()],
    () => ["GETDEL", key()],
    () => ["PFADD", key(), word()],
  ];
  return random.pick(kinds)();
}

/** The commands that make large values. */
function large(): string[][] {
  const commands: string[][] = [];
  const each = (make: (key: number, from: number) => string[]) => {
    for (let key = 0; key < LARGE; key++) {
      for (let from = 0; from < LARGE_COUNT; from += 100) commands.push(make(key, from));
    }
  };
  const hundred = (from: number, of: (index: number) => string[]) =>
    Array.from({ length: 100 }, (_, i) => of(from + i)).flat();
  each((key, from) => ["RPUSH", `large:list:${key}`, ...hundred(from, (i) => [`e${i}`])]);
  each((key, from) => ["SADD", `large:set:${key}`, ...hundred(from, (i) => [`e${i}`])]);
  each((key, from) => ["ZADD", `large:zset:${key}`, ...hundred(from, (i) => [`${i}`, `e${i}`])]);
  each((key, from) => ["HSET", `large:hash:${key}`, ...hundred(from, (i) => [`e${i}`, `${i}`])]);
  for (let key = 0; key < LARGE; key++) {
    const stream = `large:stream:${key}`;
    for (let i = 0; i < LARGE_COUNT; i++) commands.push(["XADD", stream, "*", "f", `e${i}`]);
    commands.push(["XGROUP", "CREATE", stream, "g", "0"]);
    const read = ["XREADGROUP", "GROUP", "g", "c", "COUNT", String(LARGE_COUNT / 2)];
    commands.push([...read, "STREAMS", stream, ">"]);
    commands.push(["SET", `large:string:${key}`, "s".repeat(1_000_000)]);
  }
  return commands;
}

/** A command that changes a large value, or makes another of it. */
function writeLarge(random: Random): string[] {
  const key = (type: string) => `large:${type}:${random.below(LARGE)}`;
  const any = () => key(random.pick(["list", "set", "zset", "hash", "stream", "string"]));
  const index = () => random.below(LARGE_COUNT);
  const word = () => `e${index()}`;
  if (random.chance(0.01)) {
    const whole = [
      () => ["UNLINK", any()],
      () => ["RENAME", any(), any()],
      () => ["COPY", any(), any(), "REPLACE"],
      () => ["MOVE", any(), "1"],
      () => ["SET", any(), "small"],
      () => ["SORT", key("set"), "ALPHA", "STORE", key("list")],
      () => ["PEXPIREAT", any(), "1"],
    ];
    return random.pick(whole)();
  }
  const kinds = [
    () => ["LSET", key("list"), String(index()), word()],
    () => ["LPUSH", key("list"), word()],
    () => ["RPOP", key("list")],
    () => ["LINSERT", key("list"), "BEFORE", `e${random.below(100)}`, word()],
    () => ["SADD", key("set"), `new:${index()}`],
    () => ["SREM", key("set"), word()],
    () => ["SPOP", key("set")],
    () => ["ZADD", key("zset"), String(index()), word()],
    () => ["ZREM", key("zset"), word()],
    () => ["ZPOPMAX", key("zset")],
    () => ["HSET", key("hash"), word(), "other"],
    () => ["HDEL", key("hash"), word()],
    () => ["HPEXPIRE", key("hash"), "100000000", "FIELDS", "1", word()],
    () => ["HPERSIST", key("hash"), "FIELDS", "1", word()],
    () => ["XADD", key("stream"), "*", "f", word()],
    () => ["XTRIM", key("stream"), "MAXLEN", "~", String(LARGE_COUNT)],
    () => ["XREADGROUP", "GROUP", "g", "c", "COUNT", "3", "STREAMS", key("stream"), ">"],
    () => ["XAUTOCLAIM", key("stream"), "g", "d", "0", "0", "COUNT", "3"],
    () => ["APPEND", key("string"), word()],
    () => ["SETRANGE", key("string"), String(index()), word()],
  ];
  return random.pick(kinds)();
}

/** As `write`, or a command on whole databases. */
function writeOrSweep(random: Random): string[] {
  if (random.chance(0.001)) return ["FLUSHDB"];
  if (random.chance(0.005)) return ["SWAPDB", "0", String(random.below(3))];
  return write(random);
}

/** Fills databases 0 and 2. */
async function fill(client: Client, random: Random): Promise<void> {
  const groups = GROUPS.map(([, , key]) => ["XGROUP", "CREATE", key, "g", "0", "MKSTREAM"]);
  for (const database of ["2", "0"]) {
    await client.command("SELECT", database);
    await client.pipeline(groups);
    for (let i = 0; i < 15; i++) {
      await client.pipeline(Array.from({ length: 1000 }, () => write(random)));
    }
  }
}

/** What DEBUG DIGEST does not know: the groups of some streams. */
const GROUPS = Array.from({ length: STREAMS }, (_, i) => ["XINFO", "GROUPS", `stream:${i}`]);
/** Nor what is pending in large ones. */
const PENDING = Array.from({ length: LARGE }, (_, i) => ["XPENDING", `large:stream:${i}`, "g"]);

test.each(SEEDS)(
  "the file holds what there was when BGSAVE began, seed %d, as %s",
  async (seed, format) => {
    const random = new Random(seed);
    const server = await start("--snapshot-format", format);
    const client = await server.connect();
    for (let round = 0; round < 4; round++) {
      await fill(client, random);
      // However slow this client is, it is there when the save has just begun.
      await ask(client, "CONFIG", "SET", "rdb-key-save-delay", "1000");
      const lines = [["DEBUG", "DIGEST"], ...GROUPS, ["BGSAVE"]];
      const replies = await client.pipeline(lines);
      const [digest, ...rest] = replies.map(plain);
      expect(rest.pop()).toBe("Background saving started");
      let batches = 0;
      do {
        await client.pipeline(Array.from({ length: 100 }, () => writeOrSweep(random)));
        if (++batches === 2) await ask(client, "CONFIG", "SET", "rdb-key-save-delay", "0");
      } while (/rdb_bgsave_in_progress:1/.test(await persistence(client)));
      expect(batches).toBeGreaterThan(1);
      expect(await persistence(client)).toContain("rdb_last_bgsave_status:ok");
      const other = await start();
      const reader = await other.connect();
      expect(await ask(reader, "DEBUG", "DIGEST")).toBe(digest as string);
      const groups = await reader.pipeline(GROUPS);
      expect(groups.map(plain)).toEqual(rest as never);
      reader.close();
      await other.stop();
    }
    client.close();
  },
);

test.each(SEEDS)(
  "the same with large values that are changed all over, seed %d, as %s",
  async (seed, format) => {
    const random = new Random(seed);
    const server = await start("--snapshot-format", format);
    const client = await server.connect();
    await client.pipeline(large());
    for (let round = 0; round < 2; round++) {
      const replies = await client.pipeline([["DEBUG", "DIGEST"], ...PENDING, ["BGSAVE"]]);
      const [digest, ...rest] = replies.map(plain);
      expect(rest.pop()).toBe("Background saving started");
      do {
        await client.pipeline(Array.from({ length: 50 }, () => writeLarge(random)));
      } while (/rdb_bgsave_in_progress:1/.test(await persistence(client)));
      expect(await persistence(client)).toContain("rdb_last_bgsave_status:ok");
      const other = await start();
      const reader = await other.connect();
      expect(await ask(reader, "DEBUG", "DIGEST")).toBe(digest as string);
      const pending = await reader.pipeline(PENDING);
      expect(pending.map(plain)).toEqual(rest as never);
      reader.close();
      await other.stop();
    }
    client.close();
  },
);

test("one at a time; SAVE waits for none; words it does not know", async () => {
  const server = await start();
  const client = await server.connect();
  await fill(client, new Random(9));
  expect(await ask(client, "BGSAVE")).toBe("Background saving started");
  const refused = { type: "error", value: "ERR Background save already in progress" };
  expect(await client.command("BGSAVE")).toMatchObject(refused);
  expect(await client.command("SAVE")).toMatchObject(refused);
  await saved(client);
  expect(await persistence(client)).toMatch(/rdb_saves:1\r/);
  expect(namesIn(folder)).toEqual(["dump.rdb"]);
  expect(await ask(client, "BGSAVE", "SCHEDULE")).toBe("Background saving started");
  await saved(client);
  expect(await client.command("BGSAVE", "NOW")).toMatchObject({ value: "ERR syntax error" });
  client.close();
});

test("within a transaction it is begun afterwards; in a rewriting if asked so", async () => {
  const server = await start();
  const client = await server.connect();
  await client.command("SET", "key", "value");
  await server.session(`
    > MULTI
    OK
    > BGSAVE
    QUEUED
    > EXEC
    1) Background saving scheduled
  `);
  while (!(await persistence(client)).includes("rdb_saves:1\r")) await Bun.sleep(5);
  expect(namesIn(folder)).toEqual(["dump.rdb"]);
  await client.command("CONFIG", "SET", "rdb-key-save-delay", "60000000");
  await server.session(`
    > BGSAVE
    Background saving started
    > MULTI
    OK
    > BGSAVE
    QUEUED
    > BGSAVE SCHEDULE
    QUEUED
    > BGREWRITEAOF
    QUEUED
    > EXEC
    1) (error) ERR Background save already in progress
    2) (error) ERR Background save already in progress
    3) Background append only file rewriting scheduled
  `);
  expect(await persistence(client)).toContain("aof_rewrite_scheduled:1");
  await client.command("FLUSHALL");
  await client.command("SET", "key", "value");
  while (!(await persistence(client)).includes("aof_rewrite_in_progress:1")) await Bun.sleep(5);
  await server.session(`
    > BGSAVE
    (error) ${ANOTHER}
    > MULTI
    OK
    > BGSAVE
    QUEUED
    > BGREWRITEAOF
    QUEUED
    > EXEC
    1) Background saving scheduled
    2) (error) ERR Background append only file rewriting already in progress
    > BGSAVE SCHEDULE
    Background saving scheduled
    > SAVE
    OK
  `);
  client.close();
});

test("a save point begins one, and what was changed meanwhile counts for the next", async () => {
  const server = await start("--save", "1 3");
  const client = await server.connect();
  for (const key of ["a", "b"]) await client.command("SET", key, "1");
  await Bun.sleep(1500);
  expect(await persistence(client)).toMatch(/rdb_saves:0\r/);
  await client.command("SET", "c", "1");
  while (/rdb_saves:0\r/.test(await persistence(client))) await Bun.sleep(10);
  expect(await persistence(client)).toMatch(/rdb_changes_since_last_save:0\r/);
  client.close();
});

test("a failure stops writes where there are save points, until one succeeds", async () => {
  const server = await start("--save", "3600 1000");
  const client = await server.connect();
  await client.command("SET", "key", "value");
  mkdirSync(file());
  writeFileSync(join(file(), "inside"), "");
  await client.command("BGSAVE");
  await saved(client);
  expect(await persistence(client)).toContain("rdb_last_bgsave_status:err");
  for (const line of [["SET", "key", "other"], ["DEL", "key"], ["PING"]]) {
    const { value } = (await client.command(...line)) as { value: string };
    expect(value).toMatch(/^MISCONF Redis is configured to save RDB snapshots/);
  }
  expect(await ask(client, "GET", "key")).toBe("value");
  await client.command("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
  expect(await ask(client, "SET", "key", "other")).toBe("OK");
  await client.command("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
  expect(await client.command("SET", "key", "third")).toMatchObject({ type: "error" });
  rmSync(file(), { recursive: true });
  await client.command("BGSAVE");
  await saved(client);
  expect(await ask(client, "SET", "key", "third")).toBe("OK");
  client.close();
});

test("FLUSHALL, DEBUG RELOAD and a shutdown call it off", async () => {
  const server = await start();
  const client = await server.connect();
  await fill(client, new Random(4));
  await client.command("BGSAVE");
  expect(await ask(client, "FLUSHALL")).toBe("OK");
  expect(await persistence(client)).toContain("rdb_bgsave_in_progress:0");
  expect(namesIn(folder)).toEqual([]);
  await fill(client, new Random(5));
  let started = await client.command("BGSAVE");
  while (started.type === "error") started = await client.command("BGSAVE");
  const before = await ask(client, "DEBUG", "DIGEST");
  expect(await ask(client, "DEBUG", "RELOAD")).toBe("OK");
  expect(await ask(client, "DEBUG", "DIGEST")).toBe(before);
  started = await client.command("BGSAVE");
  while (started.type === "error") started = await client.command("BGSAVE");
  client.send("SHUTDOWN", "NOSAVE");
  expect(await server.exited).toBe(0);
  expect(namesIn(folder)).toEqual(["dump.rdb"]);
  client.close();
});
