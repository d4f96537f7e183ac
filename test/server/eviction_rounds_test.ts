// Purpose: eviction from outside, by chance: random commands on keys of all types under a small
// maxmemory, with every policy, while the server saves and rewrites its log. What is used stays
// within the limit, and after kill -9 the log gives what there was: nothing that was acknowledged
// is lost but what was evicted, and is logged so.
// EVICTION_ROUNDS and SEED make it longer, or another.

import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";

const ROUNDS = Number(process.env.EVICTION_ROUNDS ?? 3);
const SEED = Number(process.env.SEED ?? 1);
const BATCHES = 60;
const BATCH = 40;
const KEYS = 400;
/** By one batch at most, before keys have gone for it. */
const ABOVE_MAX = 1 << 20;
const POLICIES = [
  "allkeys-lru",
  "volatile-lru",
  "allkeys-lfu",
  "volatile-lfu",
  "allkeys-random",
  "volatile-random",
  "volatile-ttl",
  "noeviction",
];
const LOG = ["--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "yes"];

const folder = mkdtempSync(join(tmpdir(), "rusk-evicted-"));
const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<{ server: Server; client: Client }> {
  const server = await startServer({ args: [...LOG, ...args] });
  servers.push(server);
  return { server, client: await server.connect() };
}

async function info(client: Client, ...fields: string[]): Promise<number[]> {
  const text = String(plain(await client.command("INFO", "everything")));
  return fields.map((name) => Number(new RegExp(`\r\n${name}:(\\d+)`).exec(text)?.[1]));
}

/** A command that makes, changes or removes a key whose name tells its type. */
function randomCommand(random: Random): Word[] {
  const number = random.below(KEYS);
  const text = "x".repeat(random.below(random.below(50) === 0 ? 60_000 : 300));
  const rows: Word[][] = [
    ["SET", `s${number}`, text],
    ["SET", `s${number}`, text, "PX", 100_000 + random.below(100_000)],
    ["APPEND", `s${number}`, text],
    ["GET", `s${number}`],
    ["INCR", `i${number}`],
    ["RPUSH", `l${number % 20}`, ...Array.from({ length: 8 }, (_, i) => `${i}${text}`)],
    ["SADD", `m${number % 20}`, ...Array.from({ length: 8 }, () => `${random.below(9999)}`)],
    ["HSET", `h${number % 20}`, `f${random.below(500)}`, text],
    ["ZADD", `z${number % 20}`, random.below(1000), `e${random.below(500)}`],
    ["XADD", `x${number % 20}`, "*", "f", text],
    ["EXPIRE", `${"slmhzx"[random.below(6)]}${number % 20}`, 1000 + random.below(1000)],
    ["DEL", `s${number}`],
    ["RENAME", `s${number}`, `s${random.below(KEYS)}`],
    ["EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", 1, `s${number}`, text],
  ];
  return rows[random.below(rows.length)];
}

const digest = async (client: Client) => plain(await client.command("DEBUG", "DIGEST"));

async function round(client: Client, random: Random): Promise<void> {
  const policy = POLICIES[random.below(POLICIES.length)];
  const max = 300_000 + random.below(1_000_000);
  await client.command("CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", max);
  for (let batch = 0; batch < BATCHES; batch++) {
    const commands = Array.from({ length: BATCH }, () => randomCommand(random));
    for (const reply of await client.pipeline(commands)) {
      if (reply.type === "error") expect(reply.value).toMatch(/^OOM|^WRONGTYPE|no such key/);
    }
    if (random.below(12) === 0) await client.command("BGSAVE");
    if (random.below(12) === 0) await client.command("BGREWRITEAOF");
    const [used, aside] = await info(client, "used_memory", "mem_not_counted_for_evict");
    if (policy.startsWith("allkeys")) expect(used - aside).toBeLessThan(max + ABOVE_MAX);
  }
}

test("what is used, and what is left after kill -9", async () => {
  const random = new Random(SEED);
  const { server, client } = await start();
  for (let i = 0; i < ROUNDS; i++) await round(client, random);
  // Without a limit nothing goes any more.
  await client.command("CONFIG", "SET", "maxmemory", 0);
  const before = await digest(client);
  const [evicted] = await info(client, "evicted_keys");
  expect(evicted).toBeGreaterThan(0);
  server.signal("SIGKILL");
  await server.exited;
  const copy = join(folder, "copy");
  cpSync(join(server.dir, "appendonlydir"), join(copy, "appendonlydir"), { recursive: true });
  const again = await start("--dir", copy);
  expect(await digest(again.client)).toBe(before);
  again.client.close();
}, 300_000);

test("what was acknowledged is there after kill -9, or its DEL is in the log", async () => {
  const { server, client } = await start(
    "--maxmemory",
    "150kb",
    "--maxmemory-policy",
    "allkeys-lru",
  );
  let acknowledged = 0;
  const writing = (async () => {
    for (; acknowledged < 100_000; acknowledged++) {
      await client.command("SET", `key${acknowledged}`, "x".repeat(200));
    }
  })().catch(() => {});
  while (acknowledged < 1500) await Bun.sleep(5);
  server.signal("SIGKILL");
  await server.exited;
  await writing;
  const last = acknowledged;
  const copy = join(folder, "killed");
  cpSync(join(server.dir, "appendonlydir"), join(copy, "appendonlydir"), { recursive: true });
  const again = await start("--dir", copy);
  const told = await logged(join(copy, "appendonlydir"));
  const size = Number(plain(await again.client.command("DBSIZE")));
  const asked = Array.from({ length: last }, (_, i) => ["EXISTS", `key${i}`]);
  for (const [i, reply] of (await again.client.pipeline(asked)).entries()) {
    const isThere = plain(reply) === 1;
    if (isThere === told.deleted.has(`key${i}`)) throw new Error(`key${i} is lost`);
  }
  expect(size).toBeGreaterThan(50);
  expect(told.deleted.size).toBeGreaterThan(200);
  again.client.close();
}, 300_000);

/** Which keys the log says are removed. */
async function logged(path: string): Promise<{ deleted: Set<string> }> {
  const deleted = new Set<string>();
  for (const name of new Bun.Glob("*.aof").scanSync(path)) {
    const text = await Bun.file(join(path, name)).text();
    for (const [, key] of text.matchAll(/\r\nDEL\r\n\$\d+\r\n(key\d+)\r\n/g)) deleted.add(key);
  }
  return { deleted };
}
