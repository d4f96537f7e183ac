// Purpose: maxmemory and eviction from outside: what clients are told, what INFO shows, what the
// log holds, who is told of a key that goes, and what keeps keys from going.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { LogTail } from "./log_tail.ts";

const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";

let server: Server;
let client: Client;
let tail: LogTail;

beforeAll(async () => {
  server = await startServer({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  client = await server.connect();
  tail = new LogTail(server);
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

beforeEach(async () => {
  await ask("FLUSHALL");
  await ask("CONFIG", "RESETSTAT");
  tail.next();
});

afterEach(async () => {
  await ask("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "noeviction");
  await ask("CONFIG", "SET", "lazyfree-lazy-eviction", "no", "notify-keyspace-events", "");
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

async function info(field: string): Promise<number> {
  const text = String(await ask("INFO", "everything"));
  return Number(new RegExp(`\r\n${field}:(\\d+)`).exec(text)?.[1]);
}

/** Makes keys of a kilobyte and more. */
async function fill(count: number, prefix = "key", ...more: Word[]): Promise<void> {
  const value = "x".repeat(1000);
  const sets = Array.from({ length: count }, (_, i) => ["SET", `${prefix}${i}`, value, ...more]);
  await client.pipeline(sets);
}

/** Sets maxmemory so that so many bytes are free, or less than none. */
async function leave(bytes: number, policy = "allkeys-lru"): Promise<number> {
  const max = (await info("used_memory")) - (await info("mem_not_counted_for_evict")) + bytes;
  await ask("CONFIG", "SET", "maxmemory", max, "maxmemory-policy", policy);
  return max;
}

test("without eviction what needs memory is refused, and nothing else", async () => {
  await fill(100);
  // More than what the server itself may let go of meanwhile.
  await leave(-30_000, "noeviction");
  for (const refused of [
    ["SET", "a", "b"],
    ["LPUSH", "l", "x"],
    ["SETRANGE", "key1", 5, "x"],
  ]) {
    expect(await ask(...refused)).toMatchObject({
      message: expect.stringContaining(OUT_OF_MEMORY),
    });
  }
  expect(await ask("GET", "key1")).toHaveLength(1000);
  const most = Array.from({ length: 90 }, (_, i) => `key${i}`);
  expect(await ask("DEL", ...most)).toBe(90);
  expect(await ask("SET", "a", "b")).toBe("OK");
  expect(await info("evicted_keys")).toBe(0);
});

test("what is used stays below the limit that INFO shows", async () => {
  const max = await leave(100_000);
  for (let round = 0; round < 10; round++) {
    await fill(100, `round${round}:`);
    expect((await info("used_memory")) - (await info("mem_not_counted_for_evict"))).toBeLessThan(
      max + 4096,
    );
  }
  const size = Number(await ask("DBSIZE"));
  expect(size).toBeGreaterThan(40);
  expect(await info("evicted_keys")).toBe(1000 - size);
});

test("a large argument counts once while it arrives, and when it is a value", async () => {
  const size = 4_000_000;
  const before = await info("used_memory");
  const sender = await server.connect();
  sender.raw(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$${size}\r\n${"x".repeat(100_000)}`, 0);
  await until("it to arrive", async () => (await info("used_memory")) > before + size);
  expect(await info("used_memory")).toBeLessThan(before + size * 1.1);
  await leave(size / 2, "noeviction");
  expect((await sender.raw(`${"x".repeat(size - 100_000)}\r\n`, 1)).toString()).toBe("+OK\r\n");
  expect(await info("used_memory")).toBeLessThan(before + size * 1.1);
  sender.close();
});

test("a limit that is lowered is kept without a command, and the log says so", async () => {
  await fill(500);
  await leave(-400_000);
  await until("keys to go", async () => (await info("current_eviction_exceeded_time")) === 0);
  await until("keys to go", async () => Number(await ask("DBSIZE")) < 150);
  expect(server.log()).toMatch(
    /# WARNING: the new maxmemory value set via CONFIG SET \(\d+\) is smaller than the current/,
  );
});

test("while much goes, who sends many commands lets others have their turn", async () => {
  const fillMany = "for (let i = 0; i < 20000; i++) redis.call('SET', i, ARGV[1], 'EX', 10000)";
  await ask("EVAL", fillMany, 0, "x".repeat(100));
  const [sender, other] = [await server.connect(), await server.connect()];
  await ask("CLIENT", "PAUSE", 100_000, "WRITE");
  await leave(-2_000_000, "volatile-lru");
  const waiting = async () => String(await ask("CLIENT", "LIST")).split("cmd=append ").length - 1;
  // When they need not wait any more they go on in this order.
  const sent = sender.pipeline(new Array(400).fill(["APPEND", "a", "x"]));
  await until("one to wait", async () => (await waiting()) === 1);
  const asked = other.command("APPEND", "a", "x");
  await until("both to wait", async () => (await waiting()) === 2);
  await ask("CLIENT", "UNPAUSE");
  const between = Number(plain(await asked));
  expect(between).toBeLessThan(401);
  const lengths = Array.from({ length: 401 }, (_, i) => i + 1);
  lengths.splice(between - 1, 1);
  expect((await sent).map(plain)).toEqual(lengths);
  sender.close();
  other.close();
});

test("each key that goes is in the log, before the command that needed room", async () => {
  await fill(20);
  await leave(0);
  await ask("SET", "new", "x".repeat(3000));
  await ask("SET", "more", "x");
  const told = tail.next().map(({ words }) => words);
  const names = told.map(([name]) => name);
  expect(names.slice(0, 20)).toEqual(new Array(20).fill("SET"));
  expect(told[20].slice(0, 2)).toEqual(["SET", "new"]);
  expect(names.slice(21, -1)).toEqual(new Array(names.length - 22).fill("DEL"));
  expect(names.length).toBeGreaterThan(23);
  expect(told.at(-1)).toEqual(["SET", "more", "x"]);
});

test("as UNLINK with lazyfree-lazy-eviction", async () => {
  await fill(3);
  await ask("CONFIG", "SET", "lazyfree-lazy-eviction", "yes");
  await leave(-1);
  await ask("PING");
  expect(tail.next().at(-1)?.words).toEqual(["UNLINK", expect.stringMatching(/^key[0-2]$/)]);
});

test("a transaction is asked about before it runs, not in its midst", async () => {
  await fill(5);
  const max = await leave(10_000, "allkeys-random");
  await ask("MULTI");
  await ask("INCR", "x");
  await ask("CONFIG", "SET", "maxmemory", 1);
  await ask("INCR", "x");
  expect(await ask("EXEC")).toEqual([1, "OK", 2]);
  await until("keys to go", async () => (await ask("DBSIZE")) === 0);
  const told = tail.next().map(({ words }) => words[0]);
  expect(told.slice(5)).toEqual(["MULTI", "INCR", "INCR", "EXEC", ...new Array(6).fill("DEL")]);
  expect(max).toBeGreaterThan(1);
});

test("in a transaction whatever would be queued is refused", async () => {
  await ask("SET", "a", "x");
  await ask("MULTI");
  await ask("CONFIG", "SET", "maxmemory", 1);
  await ask("EXEC");
  await ask("MULTI");
  expect(await ask("GET", "a")).toMatchObject({ message: expect.stringContaining(OUT_OF_MEMORY) });
  expect(await ask("EXEC")).toMatchObject({ message: expect.stringContaining("EXECABORT") });
  expect(await ask("GET", "a")).toBe("x");
});

test("key events tell of it, before the reply of who needed room", async () => {
  await fill(1);
  await ask("CONFIG", "SET", "notify-keyspace-events", "KEe");
  const listener = await server.connect();
  await listener.command("HELLO", 3);
  listener.send("SUBSCRIBE", "__keyevent@0__:evicted", "__keyspace@0__:key0");
  for (let channel = 0; channel < 2; channel++) await listener.push();
  await leave(-1);
  await ask("PING");
  const messages = [plain(await listener.push()), plain(await listener.push())];
  expect(messages).toEqual([
    ["message", "__keyspace@0__:key0", "evicted"],
    ["message", "__keyevent@0__:evicted", "key0"],
  ]);
  listener.close();
});

test("who watches a key, or has it cached, is told", async () => {
  const watcher = await server.connect();
  await watcher.command("HELLO", 3);
  await watcher.command("CLIENT", "TRACKING", "on");
  await fill(1);
  await watcher.command("GET", "key0");
  await watcher.command("WATCH", "key0");
  await leave(-1);
  await ask("PING");
  expect(plain(await watcher.push())).toEqual(["invalidate", ["key0"]]);
  await watcher.command("MULTI");
  await watcher.command("PING");
  expect(plain(await watcher.command("EXEC"))).toBeNull();
  watcher.close();
});

test("while clients are paused nothing goes", async () => {
  await fill(10);
  const pauser = await server.connect();
  await pauser.command("CLIENT", "PAUSE", 100_000, "WRITE");
  await leave(-5000);
  expect(await ask("DBSIZE")).toBe(10);
  await pauser.command("CLIENT", "UNPAUSE");
  await ask("PING");
  expect(Number(await ask("DBSIZE"))).toBeLessThan(10);
  pauser.close();
});

describe("scripts", () => {
  test("keys go before one begins, not while it runs", async () => {
    await fill(10);
    await leave(0);
    const script = "return [redis.call('SET', 'big', ARGV[1]), redis.call('DBSIZE')]";
    expect(await ask("EVAL", script, 0, "x".repeat(5000))).toEqual(["OK", 11]);
    await ask("PING");
    expect(Number(await ask("DBSIZE"))).toBeLessThan(11);
  });

  test("one that begins when nothing can be evicted may not write", async () => {
    await fill(1);
    await leave(-1, "volatile-lru");
    const script = "return redis.call('SET', 'a', 'b')";
    expect(await ask("EVAL", script, 0)).toMatchObject({ message: expect.stringContaining("OOM") });
  });
});

test("while a snapshot keeps what large values were, no more go for that", async () => {
  const saved = await startServer({
    args: ["--enable-debug-command", "yes", "--save", "", "--rdb-key-save-delay", "200"],
  });
  const writer = await saved.connect();
  const field = async (name: string) => {
    const text = String(plain(await writer.command("INFO", "everything")));
    return Number(new RegExp(`\r\n${name}:(\\d+)`).exec(text)?.[1]);
  };
  const elements = Array.from({ length: 2000 }, (_, i) => `${i}:${"x".repeat(40)}`);
  for (let i = 0; i < 40; i++) await writer.command("RPUSH", `list${i}`, ...elements);
  for (let i = 0; i < 10; i++) await writer.command("SADD", `set${i}`, ...elements);
  await writer.command("BGSAVE");
  const used = (await field("used_memory")) - (await field("mem_not_counted_for_evict"));
  await writer.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
  await writer.command("CONFIG", "SET", "maxmemory", used - 1_000_000);
  await until("there to be room", async () => {
    const now = (await field("used_memory")) - (await field("mem_not_counted_for_evict"));
    return now <= used - 1_000_000;
  });
  expect(plain(await writer.command("DBSIZE"))).toBeGreaterThan(30);
  await until("the save to be over", async () => (await field("rdb_bgsave_in_progress")) === 0);
  await until("all of it to count", async () => (await field("mem_not_counted_for_evict")) === 0);
  expect(await field("used_memory")).toBeLessThan(used - 900_000);
  await saved.stop();
});
