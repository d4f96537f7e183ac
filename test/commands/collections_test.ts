// Purpose: the commands on keys of any type, with a small and a large value of each type. It holds
// for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { Random } from "../fuzz/random.ts";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("SELECT", 0);
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

interface Kind {
  type: string;
  encoding: string;
  /** Makes the value of `key`. */
  make: readonly Word[];
  /** Changes it, or a copy. */
  change: (key: string) => readonly Word[];
  read: (key: string) => readonly Word[];
}

const many = (count: number, element: (index: number) => Word[]) =>
  Array.from({ length: count }, (_, index) => element(index)).flat();

const KINDS: readonly Kind[] = [
  ...[["a", "", 1], many(3000, (index) => [`element ${index}`])].map((elements) => ({
    type: "list",
    encoding: "quicklist",
    make: ["RPUSH", "key", ...elements],
    change: (key: string) => ["RPUSH", key, "new"],
    read: (key: string) => ["LRANGE", key, 0, -1],
  })),
  ...(
    [
      ["intset", [3, 1, 2]],
      ["hashtable", ["a", "", 1]],
      ["hashtable", many(3000, (index) => [`member ${index}`])],
    ] as const
  ).map(([encoding, members]) => ({
    type: "set",
    encoding,
    make: ["SADD", "key", ...members],
    change: (key: string) => ["SADD", key, "new"],
    read: (key: string) => ["SORT", key, "ALPHA"],
  })),
  ...(
    [
      ["listpack", [1, "a", 1, "b", "-inf", ""]],
      ["skiplist", many(3000, (index) => [index % 7, `member ${index}`])],
    ] as const
  ).map(([encoding, pairs]) => ({
    type: "zset",
    encoding,
    make: ["ZADD", "key", ...pairs],
    change: (key: string) => ["ZADD", key, 5, "new"],
    read: (key: string) => ["ZRANGE", key, 0, -1, "WITHSCORES"],
  })),
  ...(
    [
      ["listpack", ["f", "v", "", "", 1, 2]],
      ["hashtable", many(3000, (index) => [`field ${index}`, `value ${index}`])],
    ] as const
  ).map(([encoding, pairs]) => ({
    type: "hash",
    encoding,
    make: ["HSET", "key", ...pairs],
    change: (key: string) => ["HSET", key, "new", "field"],
    read: (key: string) => ["HMGET", key, "f", "", 1, "field 0", "field 2999", "new"],
  })),
  ...[["f", "v", "", "", 1, 2], many(3000, (index) => [`field ${index}`, `value ${index}`])].map(
    (fields) => ({
      type: "stream",
      encoding: "stream",
      make: ["XADD", "key", "5-5", ...fields],
      change: (key: string) => ["XADD", key, "5-6", "new", "entry"],
      read: (key: string) => ["XRANGE", key, "-", "+"],
    }),
  ),
  {
    type: "string",
    encoding: "raw",
    make: ["SET", "key", "x".repeat(10_000)],
    change: (key: string) => ["APPEND", key, "new"],
    read: (key: string) => ["GET", key],
  },
];

const digest = async (key: string) => String(await ask("DEBUG", "DIGEST-VALUE", key));

describe.each(KINDS)("$type $encoding", ({ type, encoding, make, change, read }) => {
  let before: unknown;
  beforeEach(async () => {
    await ask(...make);
    before = await ask(...read("key"));
  });

  test("TYPE, OBJECT and SCAN TYPE name it", async () => {
    expect(await ask("TYPE", "key")).toBe(type);
    expect(await ask("OBJECT", "ENCODING", "key")).toBe(encoding);
    expect(await ask("OBJECT", "REFCOUNT", "key")).toBe(1);
    const sinceMs = Date.now();
    await ask("TOUCH", "key");
    // In whole seconds, of which one may just end.
    const idle = Number(await ask("OBJECT", "IDLETIME", "key"));
    expect(idle).toBeLessThanOrEqual(1 + (Date.now() - sinceMs) / 1000);
    expect(await ask("DEBUG", "OBJECT", "key")).toContain(` encoding:${encoding} `);
    for (const other of ["string", "list", "set", "zset", "hash", "stream"]) {
      const keys = other === type ? ["key"] : [];
      expect(await ask("SCAN", 0, "TYPE", other)).toEqual(["0", keys]);
    }
  });

  test("COPY makes a value that shares nothing", async () => {
    await ask("EXPIRE", "key", 1000);
    expect(await ask("COPY", "key", "copy")).toBe(1);
    expect(await digest("copy")).toBe(await digest("key"));
    expect(await ask("OBJECT", "ENCODING", "copy")).toBe(encoding);
    expect(await ask("PEXPIRETIME", "copy")).toBe(await ask("PEXPIRETIME", "key"));
    expect(await ask(...read("copy"))).toEqual(before);
    await ask(...change("copy"));
    expect(await ask(...read("key"))).toEqual(before);
    expect(await ask("COPY", "key", "copy", "REPLACE")).toBe(1);
    expect(await ask(...read("copy"))).toEqual(before);
    expect(await ask("DEL", "key")).toBe(1);
    expect(await ask(...read("copy"))).toEqual(before);
  });

  test("RENAME, MOVE, SWAPDB and COPY DB carry it", async () => {
    const original = await digest("key");
    expect(await ask("RENAME", "key", "a longer name than it had before")).toBe("OK");
    expect(await ask("RENAME", "a longer name than it had before", "k")).toBe("OK");
    expect(await ask("MOVE", "k", 1)).toBe(1);
    expect(await ask("SWAPDB", 0, 1)).toBe("OK");
    expect(await digest("k")).toBe(original);
    expect(await ask("COPY", "k", "k", "DB", 2)).toBe(1);
    await ask("SELECT", 2);
    expect(await digest("k")).toBe(original);
    expect(await ask(...read("k"))).toEqual(before);
    expect(await ask("OBJECT", "ENCODING", "k")).toBe(encoding);
  });

  test("DEL, UNLINK, SET, GETSET, FLUSHDB and time remove it", async () => {
    expect(await ask("DEL", "key")).toBe(1);
    expect(await ask(...make)).not.toBeInstanceOf(Error);
    expect(await ask("UNLINK", "key", "key")).toBe(1);
    await ask(...make);
    expect(await ask("SET", "key", "string")).toBe("OK");
    expect(await ask("GET", "key")).toBe("string");
    await ask("DEL", "key");
    await ask(...make);
    if (type !== "string") expect(String(await ask("GETSET", "key", "x"))).toContain("WRONGTYPE");
    expect(await ask("FLUSHDB")).toBe("OK");
    await ask(...make);
    expect(await ask("PEXPIRE", "key", 1)).toBe(1);
    await Bun.sleep(5);
    expect(await ask("EXISTS", "key")).toBe(0);
    expect(await ask("DBSIZE")).toBe(0);
  });

  test("expiry, TOUCH, EXISTS and PERSIST take it as any key", async () => {
    expect(await ask("EXPIRE", "key", 1000)).toBe(1);
    expect(await ask("TTL", "key")).toBe(1000);
    expect(await ask("PERSIST", "key")).toBe(1);
    expect(await ask("TTL", "key")).toBe(-1);
    expect(await ask("TOUCH", "key", "key")).toBe(2);
    expect(await ask("EXISTS", "key")).toBe(1);
    expect(await ask("KEYS", "*")).toEqual(["key"]);
    expect(await ask("RANDOMKEY")).toBe("key");
    expect(await ask(...read("key"))).toEqual(before);
  });

  test("MEMORY USAGE counts about its bytes", async () => {
    const size = make.slice(2).reduce((sum: number, word) => sum + String(word).length, 0);
    const usage = Number(await ask("MEMORY", "USAGE", "key"));
    expect(usage).toBeGreaterThan(size);
    const least = type === "stream" ? 5000 : 300; // Redis makes room for more entries
    expect(usage).toBeLessThan(least + 60 * make.length + size * 3);
    expect(Number(await ask("MEMORY", "USAGE", "key", "SAMPLES", 0))).toBeGreaterThan(size);
  });

  test("commands of other types refuse it", async () => {
    const others: Word[][] = [
      ["GET", "key"],
      ["LLEN", "key"],
      ["SCARD", "key"],
      ["ZCARD", "key"],
      ["HLEN", "key"],
      ["APPEND", "key", "x"],
      ["LPUSH", "key", "x"],
      ["SADD", "key", "x"],
      ["ZADD", "key", 1, "x"],
      ["HSET", "key", "f", "v"],
      ["XLEN", "key"],
      ["XADD", "key", "*", "f", "v"],
    ];
    const own = KINDS.filter((kind) => kind.type === type).flatMap(({ change, read }) => [
      String(change("")[0]),
      String(read("")[0]),
    ]);
    const ownToo = { string: ["GET", "APPEND"], list: ["LLEN", "LPUSH"], stream: ["XLEN"] };
    const prefix = ownToo[type as keyof typeof ownToo] ?? [];
    for (const [name, ...rest] of others) {
      const isOwn = own.includes(String(name)) || prefix.includes(String(name));
      const isCount = String(name) === `${type[0].toUpperCase()}CARD` || `${name}` === "HLEN";
      if (isOwn || (isCount && String(name)[0] === type[0].toUpperCase())) continue;
      expect(String(await ask(name, ...rest))).toContain("WRONGTYPE");
    }
    expect(await ask(...read("key"))).toEqual(before);
  });
});

test("SUNIONSTORE loses nothing, whatever encodings it passes", async () => {
  const random = new Random(1);
  for (let round = 0; round < 60; round++) {
    const integers = () =>
      Array.from({ length: random.between(1, 150) }, () => String(random.below(250)));
    const sets = [integers(), random.chance(0.5) ? [...integers(), ""] : integers()];
    if (random.chance(0.5)) sets[0].push("x");
    await ask("DEL", "a", "b");
    await ask("SADD", "a", ...sets[0]);
    await ask("SADD", "b", ...sets[1]);
    const all = [...new Set(sets.flat())].sort();
    expect(await ask("SUNIONSTORE", "to", "b", "a")).toBe(all.length);
    expect([...((await ask("SMEMBERS", "to")) as Iterable<string>)].sort()).toEqual(all);
  }
});

test("many large values come and go, and their memory with them", async () => {
  // Not used_memory: JavaScript's heap, which is in it, is as the collector leaves it.
  const used = async () => {
    const stats = (await ask("MEMORY", "STATS")) as (string | number)[];
    return Number(stats[stats.indexOf("dataset.bytes") + 1]);
  };
  const makeAll = async () => {
    for (const { make } of KINDS) {
      for (let index = 0; index < 4; index++) {
        await ask(make[0], `key ${make[0]} ${make.length} ${index}`, ...make.slice(2));
      }
    }
  };
  await makeAll();
  const full = await used();
  await ask("FLUSHALL", "SYNC");
  for (let round = 0; round < 5; round++) {
    await makeAll();
    await ask("FLUSHALL", "ASYNC");
  }
  await makeAll();
  await until("what was deleted to be freed", async () =>
    String(await ask("INFO", "memory")).includes("lazyfree_pending_objects:0\r"),
  );
  expect(Math.abs((await used()) - full)).toBeLessThan(8 << 20);
});
