// Purpose: node-redis's client-side cache works against the server: what it has read is not asked
// again until it changes, however it changes, and never shown when it is no longer so.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createClient, createClientPool } from "redis";
import { type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const socket = () => ({ host: server.host, port: server.port, reconnectStrategy: 10 });
const cache = { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } as const;
const createCached = () => createClient({ RESP: 3, socket: socket(), clientSideCache: cache });
const createPlain = () => createClient({ RESP: 2, socket: socket() });

const opened: { destroy(): void }[] = [];
async function open() {
  const cached = createCached();
  const plain = createPlain();
  for (const client of [cached, plain]) {
    client.on("error", () => {});
    opened.push(client);
    await client.connect();
  }
  await plain.flushAll();
  return { cached, plain };
}
afterEach(() => {
  for (const client of opened.splice(0)) client.destroy();
});

describe("what has been read", () => {
  /** How often the server was asked for a value. */
  async function asked(plain: Awaited<ReturnType<typeof open>>["plain"]): Promise<number> {
    const info = await plain.info("commandstats");
    return Number(/cmdstat_get:calls=(\d+)/.exec(info)?.[1] ?? 0);
  }

  test("is not asked again until somebody changes it", async () => {
    const { cached, plain } = await open();
    await plain.set("k", "1");
    const before = await asked(plain);
    for (let i = 0; i < 10; i++) expect(await cached.get("k")).toBe("1");
    expect(await asked(plain)).toBe(before + 1);
    await plain.set("k", "2");
    await cached.ping();
    expect(await cached.get("k")).toBe("2");
    expect(await asked(plain)).toBe(before + 2);
  });

  const CHANGES: Record<string, (clients: Awaited<ReturnType<typeof open>>) => Promise<unknown>> = {
    "another client": ({ plain }) => plain.append("k", "x"),
    itself: ({ cached }) => cached.append("k", "x"),
    "a transaction": ({ plain }) => plain.multi().set("j", "1").append("k", "x").exec(),
    "a transaction of its own": ({ cached }) => cached.multi().append("k", "x").exec(),
    "a script": ({ plain }) =>
      plain.eval("redis.call('append', KEYS[1], 'x')", { keys: ["k"], arguments: [] }),
    RENAME: ({ plain }) => plain.rename("k", "other"),
    FLUSHALL: ({ plain }) => plain.flushAll(),
    FLUSHDB: ({ plain }) => plain.flushDb(),
    "its time": async ({ cached, plain }) => {
      await plain.pExpire("k", 60);
      expect(await cached.get("k")).toBe("1");
      await Bun.sleep(100);
    },
  };

  test.each(Object.keys(CHANGES))("is asked again when it was changed by %s", async (by) => {
    const clients = await open();
    const { cached, plain } = clients;
    await plain.set("k", "1");
    expect(await cached.get("k")).toBe("1");
    await CHANGES[by](clients);
    await cached.ping();
    expect(await cached.get("k")).toBe(await plain.get("k"));
    expect(await cached.get("k")).not.toBe("1");
  });
});

test("a pool has one cache", async () => {
  const { plain } = await open();
  const pool = createClientPool(
    { RESP: 3, socket: socket() },
    { minimum: 2, maximum: 3, clientSideCache: cache },
  );
  opened.push(pool);
  await pool.connect();
  await plain.set("k", "1");
  expect(await Promise.all(Array.from({ length: 9 }, () => pool.get("k")))).toEqual(
    Array.from({ length: 9 }, () => "1"),
  );
  await plain.set("k", "2");
  for (let left = 100; left > 0 && (await pool.get("k")) !== "2"; left--) await Bun.sleep(10);
  expect(await pool.get("k")).toBe("2");
});

test("random changes and reads: what the cache says is what is so", async () => {
  const { cached, plain } = await open();
  const random = new Random(20261130);
  const below = (limit: number) => random.below(limit);
  const key = () => `k${below(20)}`;
  const changes = [
    () => plain.set(key(), `${below(1000)}`),
    () => cached.set(key(), `${below(1000)}`),
    () => plain.del([key(), key()]),
    () => plain.mSet({ [key()]: "a", [key()]: "b" }),
    () => plain.set(key(), "short", { expiration: { type: "PX", value: 5 } }),
    () => plain.renameNX(key(), key()).catch(() => 0),
    () => plain.copy(key(), key()).catch(() => 0),
    () => cached.multi().set(key(), "own").del(key()).exec(),
    () => (below(20) === 0 ? plain.flushAll() : plain.set(key(), "x")),
  ];
  for (let step = 0; step < 3000; step++) {
    await changes[below(changes.length)]();
    // Once it has a reply it has all that was told before.
    await cached.ping();
    const name = key();
    const shown = await cached.get(name);
    // What is about to expire may be gone between the two.
    if (shown !== "short") expect(shown).toBe(await plain.get(name));
  }
}, 60_000);
