// MEMORY USAGE STATS DOCTOR PURGE HELP.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});
afterAll(async () => {
  client.close();
  await server.stop();
});
beforeEach(async () => {
  await client.command("FLUSHALL");
});

const usage = async (...words: (string | number)[]) =>
  plain(await client.command("MEMORY", "USAGE", ...words));

describe.each([2, 3] as const)("RESP%i", (protocol) => {
  test("MEMORY USAGE takes SAMPLES with a count", () =>
    server.session(
      `
      > MEMORY USAGE missing
      (nil)
      > MEMORY USAGE missing SAMPLES 5 SAMPLES 0
      (nil)
      > MEMORY USAGE missing SAMPLES
      (error) ERR syntax error
      > MEMORY USAGE missing SAMPLES -1
      (error) ERR syntax error
      > MEMORY USAGE missing SAMPLES x
      (error) ERR value is not an integer or out of range
      > MEMORY USAGE missing TIMES 5
      (error) ERR syntax error
      > MEMORY USAGE
      (error) ERR wrong number of arguments for 'memory|usage' command
      > MEMORY TIDY
      (error) ERR unknown subcommand 'TIDY'. Try MEMORY HELP.
      > MEMORY PURGE
      OK
    `,
      { protocol },
    ));
});

test("MEMORY PURGE collects what clients that are gone have left", async () => {
  const used = async () =>
    Number(/used_memory:(\d+)/.exec(String(plain(await client.command("INFO", "memory"))))?.[1]);
  const purged = async () => {
    expect(plain(await client.command("MEMORY", "PURGE"))).toBe("OK");
    return await used();
  };
  const before = await purged();
  for (let i = 0; i < 4000; i++) (await server.connect()).close();
  expect(await purged()).toBeLessThan(before + 1_100_000);
});

test("MEMORY MALLOC-STATS shows the arena's figures", async () => {
  await client.command("SET", "k", "v");
  const text = String(plain(await client.command("MEMORY", "MALLOC-STATS")));
  expect(text).toMatch(/^- blocks: [1-9]\d*, [1-9]\d* bytes$/m);
  expect(text).toMatch(/^- segments: [1-9]\d*, [1-9]\d* bytes, \d+\.\d\d times what is in use$/m);
  expect(plain(await client.command("MEMORY", "MALLOC-STATS", "x"))).toEqual(
    new Error("ERR wrong number of arguments for 'memory|malloc-stats' command"),
  );
});

test("MEMORY USAGE counts the entry's block, whatever the value's encoding", async () => {
  await client.command("MSET", "i", 12345, "e", "sixteen bytes...", "l", "x".repeat(1000));
  expect(await usage("i")).toBe(32);
  expect(await usage("e")).toBe(40);
  expect(await usage("l")).toBe(1024);
});

test("MEMORY USAGE counts blocks outside the entry, and the expiry order", async () => {
  await client.command("SET", "large", "x".repeat(100_000));
  const large = Number(await usage("large"));
  expect(large).toBeGreaterThanOrEqual(100_000);
  expect(large).toBeLessThan(115_000);
  const longKey = "k".repeat(5000);
  await client.command("SET", longKey, 1);
  expect(Number(await usage(longKey))).toBeGreaterThan(5000);
  await client.command("SET", "key", 1);
  const before = Number(await usage("key"));
  await client.command("EXPIRE", "key", 100);
  expect(Number(await usage("key"))).toBeGreaterThanOrEqual(before + 12);
});

test("MEMORY USAGE of a stream counts entries, groups, consumers and what is pending", async () => {
  const sizes: number[] = [];
  const grow = async (...words: (string | number)[]) => {
    await client.command(...words);
    sizes.push(Number(await usage("s", "SAMPLES", 0)));
  };
  await grow("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  const names = "a field,another field,the third".split(",");
  for (let n = 1; n <= 999; n++) {
    await client.command("XADD", "s", `${n}-1`, ...names.flatMap((name) => [name, "12345678"]));
  }
  await grow("XADD", "s", "1000-1", "a", 1);
  await grow("XREADGROUP", "GROUP", "g", "c", "COUNT", 500, "STREAMS", "s", ">");
  for (const consumer of ["x".repeat(100), "y".repeat(100)]) {
    await grow("XGROUP", "CREATECONSUMER", "s", "g", consumer);
  }
  const [empty, full, pending, one, two] = sizes;
  expect(full - empty).toBeGreaterThan(15 * 1000); // three integers of five bytes
  expect(full - empty).toBeLessThan(75 * 1000); // names once for many entries
  expect(pending - full).toBeGreaterThan(16 * 500);
  expect(one - pending).toBeGreaterThan(100);
  expect(two - one).toBeGreaterThan(100);
  await client.command("XTRIM", "s", "MAXLEN", 0);
  await client.command("XGROUP", "DESTROY", "s", "g");
  expect(Number(await usage("s"))).toBeLessThan(empty + 2000);
});

test("MEMORY USAGE does not see an expired key", async () => {
  await client.command("SET", "key", 1, "PX", 1);
  await Bun.sleep(5);
  expect(await usage("key")).toBeNull();
});

test("MEMORY STATS has Redis's fields, and a map for each database with keys", async () => {
  await client.command("MSET", "a", 1, "b", 2);
  await client.command("HELLO", 3);
  const stats = plain(await client.command("MEMORY", "STATS")) as Map<string, number>;
  await client.command("HELLO", 2);
  expect([...stats.keys()]).toEqual([
    "peak.allocated",
    "total.allocated",
    "startup.allocated",
    "replication.backlog",
    "clients.slaves",
    "clients.normal",
    "cluster.links",
    "aof.buffer",
    "lua.caches",
    "functions.caches",
    "db.0",
    "overhead.total",
    "keys.count",
    "keys.bytes-per-key",
    "dataset.bytes",
    "dataset.percentage",
    "peak.percentage",
    "allocator.allocated",
    "allocator.active",
    "allocator.resident",
    "allocator-fragmentation.ratio",
    "allocator-fragmentation.bytes",
    "allocator-rss.ratio",
    "allocator-rss.bytes",
    "rss-overhead.ratio",
    "rss-overhead.bytes",
    "fragmentation",
    "fragmentation.bytes",
    "resident.program",
    "resident.data",
    "resident.heap",
    "resident.runtime",
  ]);
  expect(stats.get("keys.count")).toBe(2);
  const database = stats.get("db.0") as unknown as Map<string, number>;
  expect([...database.keys()]).toEqual([
    "overhead.hashtable.main",
    "overhead.hashtable.expires",
    "overhead.hashtable.slot-to-keys",
  ]);
  const flat = plain(await client.command("MEMORY", "STATS")) as unknown[];
  expect(flat).toHaveLength(2 * stats.size);
});

test("MEMORY DOCTOR has nothing to say of a server that is well", async () => {
  expect(plain(await client.command("MEMORY", "DOCTOR"))).toBe(
    "Nothing about the use of memory calls for attention.\n",
  );
});

test("MEMORY HELP lists the subcommands", async () => {
  const lines = plain(await client.command("MEMORY", "HELP")) as string[];
  expect(lines[0]).toBe("MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  expect(lines).toContain("USAGE <key> [SAMPLES <count>]");
});
