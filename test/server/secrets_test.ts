// Purpose: from outside, nothing that a server tells of itself, and no reply that is made by
// chance, depends on what the key of its hash is made of, nor the other way round.

import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";

const servers: Server[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const PRELOAD = join(import.meta.dir, "scripted_chance.ts");
const MAIN = join(import.meta.dir, "../../src/main.ts");
const KEYS = 200;
const ARGS = ["--maxmemory-policy", "allkeys-lfu", "--enable-debug-command", "yes"];

/** What a server shows: of itself, by chance, and in the order of its hash. */
interface Shown {
  readonly ids: unknown[];
  readonly byChance: unknown[];
  readonly order: unknown[];
}

async function shown(hashSeed: number, secretSeed: number): Promise<Shown> {
  const server = await startServer({
    command: [process.execPath, "--preload", PRELOAD, MAIN],
    // The order of keys depends on how far tables are rehashed, which is not to be the timer's.
    args: [...ARGS, "--activerehashing", "no"],
    env: { HASH_SEED: String(hashSeed), SECRET_SEED: String(secretSeed) },
  });
  servers.push(server);
  const client = await server.connect();
  const ids = await idsOf(client);
  await client.command("DEBUG", "CHANGE-REPL-ID");
  ids.push(...(await idsOf(client)));
  const byChance = await drawn(client);
  const order = await hashOrder(client);
  expect(server.log()).not.toContain("Math.random");
  return { ids, byChance, order };
}

async function idsOf(client: Client): Promise<string[]> {
  const info = String(plain(await client.command("INFO", "everything")));
  return [...info.matchAll(/^(?:run_id|master_replid):([0-9a-f]{40})/gm)].map(([, id]) => id);
}

/** Replies that come by chance, of values whose elements have no order of the hash's. */
async function drawn(client: Client): Promise<unknown[]> {
  const members = Array.from({ length: 100 }, (_, i) => `${i}`);
  const pairs = members.flatMap((member) => [member, member]);
  await client.pipeline([
    ["SADD", "set", "a", ...members],
    ["HSET", "hash", ...pairs],
    ["ZADD", "zset", ...pairs],
    ["SET", "used", "often"],
  ]);
  const replies = [];
  for (let i = 0; i < 50; i++) {
    replies.push(await client.command("SRANDMEMBER", "set", "3"));
    replies.push(await client.command("HRANDFIELD", "hash", "-3"));
    replies.push(await client.command("ZRANDMEMBER", "zset", "-3"));
    replies.push(await client.command("SPOP", "set"));
    await client.command("GET", "used");
  }
  replies.push(await client.command("OBJECT", "FREQ", "used"));
  replies.push(await client.command("LOLWUT", "VERSION", "5"));
  return replies.map(plain);
}

async function hashOrder(client: Client): Promise<unknown[]> {
  await client.command("FLUSHALL");
  for (let i = 0; i < KEYS; i++) await client.command("SET", `key:${i}`, "value");
  return [plain(await client.command("KEYS", "*"))];
}

test("IDs and replies by chance tell nothing of the hash key, nor the hash of them", async () => {
  const [one, otherHash, otherSecret] = await Promise.all([shown(1, 1), shown(2, 1), shown(1, 2)]);
  expect(one.ids).toHaveLength(4);
  expect(new Set(one.ids).size).toBe(3);

  expect(otherHash.ids).toEqual(one.ids);
  expect(otherHash.byChance).toEqual(one.byChance);
  expect(otherHash.order).not.toEqual(one.order);

  expect(otherSecret.order).toEqual(one.order);
  expect(otherSecret.byChance).not.toEqual(one.byChance);
  for (const id of otherSecret.ids) expect(one.ids).not.toContain(id);
});
