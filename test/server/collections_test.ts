// Purpose: what applications do with collections, through the clients they do it with: queues and
// their workers, objects, leaderboards, tags, places, visitors, days of users, transactions. Many
// connections at once, against plain models of what must come out.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { createClient, WatchError } from "redis";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { Random } from "../fuzz/random.ts";

let server: Server;
let redis: Redis;
const opened: Redis[] = [];

function open(): Redis {
  const client = new Redis({ host: server.host, port: server.port, retryStrategy: () => null });
  // Without a listener, ioredis prints each lost connection.
  client.on("error", () => {});
  opened.push(client);
  return client;
}

beforeAll(async () => {
  server = await startServer();
});
beforeEach(async () => {
  redis = open();
  await redis.flushall();
});
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});
afterAll(() => server?.stop());

const untilBlocked = (count: number) =>
  until(`${count} blocked clients`, async () =>
    (await redis.info("clients")).includes(`blocked_clients:${count}\r\n`),
  );

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const twice = (items: readonly string[]) =>
  items.filter((item, index) => items.indexOf(item) !== index);

describe("lists as queues", () => {
  /** Takes jobs until it takes a stop; each first moves to the worker's own list. */
  async function work(client: Redis, own: string, taken: string[]): Promise<void> {
    for (;;) {
      const job = await client.blmove("queue", own, "LEFT", "RIGHT", 0);
      if (job === null) continue;
      if (!job.startsWith("stop")) taken.push(job);
      await client.lrem(own, 1, job);
      if (job.startsWith("stop")) return;
    }
  }

  const produce = async (client: Redis, jobs: readonly string[]) => {
    for (let from = 0; from < jobs.length; from += 7) {
      await client.rpush("queue", ...jobs.slice(from, from + 7));
    }
  };

  test("workers take every job once, and leave nothing behind", async () => {
    const taken: string[] = [];
    const workers = names("doing:", 5).map((own) => work(open(), own, taken));
    await untilBlocked(5);
    const jobs = names("job", 600);
    const parts = [jobs.slice(0, 200), jobs.slice(200, 400), jobs.slice(400)];
    await Promise.all(parts.map((part) => produce(open(), part)));
    await redis.rpush("queue", ...names("stop", 5));
    await Promise.all(workers);
    expect(twice(taken)).toEqual([]);
    expect(taken.sort()).toEqual(jobs.sort());
    expect(await redis.dbsize()).toBe(0);
  });

  test("workers that die lose no job: it is queued, taken, or in their own list", async () => {
    const taken: string[] = [];
    const lists = names("doing:", 4);
    const clients = lists.map(() => open());
    const ids = await Promise.all(clients.map((client) => client.client("ID")));
    const working = clients.map((client, index) => work(client, lists[index], taken));
    const outcomes = Promise.allSettled(working);
    await untilBlocked(4);
    // One dies while it waits, one in the middle of the work, one by itself.
    await redis.client("KILL", "ID", ids[0]);
    await untilBlocked(3);
    const jobs = names("job", 500);
    const producing = produce(open(), jobs);
    await until("some jobs", async () => taken.length > 50);
    await redis.client("KILL", "ID", ids[1]);
    clients[2].disconnect();
    await producing;
    await until("the dead to be noticed", async () => {
      const known = String(await redis.client("LIST", "ID", ids[1], ids[2]));
      return !known.includes("id=");
    });
    await redis.rpush("queue", "stop");
    const settled = (await outcomes).map(({ status }) => status);
    expect(settled).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
    const left = await Promise.all([...lists, "queue"].map((key) => redis.lrange(key, 0, -1)));
    expect(twice(taken)).toEqual([]);
    expect([...new Set([...taken, ...left.flat()])].sort()).toEqual(jobs.sort());
    expect(left[0]).toEqual([]);
    expect(left[3]).toEqual([]);
  });

  test("BRPOP on two lists: who waits longest is served first, the dead are not", async () => {
    const clients = names("", 6).map(() => open());
    const got: [worker: number, key: string, job: string][] = [];
    const waiting: Promise<unknown>[] = [];
    for (const [worker, client] of clients.entries()) {
      const reply = client.brpop("high", "low", 0);
      waiting.push(reply.then((pair) => pair && got.push([worker, ...pair])).catch(() => {}));
      await untilBlocked(worker + 1);
    }
    const ids = (await redis.client("LIST")) as string;
    const blocked = [...ids.matchAll(/^id=(\d+) .* flags=b /gm)].map(([, id]) => id);
    expect(blocked.length).toBe(6);
    await redis.client("KILL", "ID", blocked[0]);
    clients[3].disconnect();
    await untilBlocked(4);
    await redis.multi().lpush("low", "a", "b").lpush("high", "c").exec();
    await redis.lpush("low", "d", "e");
    await Promise.all(waiting);
    expect(got.sort()).toEqual([
      [1, "low", "a"],
      [2, "low", "b"],
      [4, "high", "c"],
      [5, "low", "d"],
    ]);
    expect(await redis.lrange("low", 0, -1)).toEqual(["e"]);
    expect(await redis.exists("high")).toBe(0);
  });

  test("a chain of BLMOVE passes jobs on, in order", async () => {
    const steps = names("step:", 6);
    const jobs = names("job", 100);
    const moving = steps.slice(1).map(async (to, index) => {
      const client = open();
      for (let count = 0; count < jobs.length; count++) {
        await client.blmove(steps[index], to, "LEFT", "RIGHT", 0);
      }
    });
    await untilBlocked(5);
    await redis.rpush(steps[0], ...jobs);
    await Promise.all(moving);
    expect(await redis.lrange("step:5", 0, -1)).toEqual(jobs);
    expect(await redis.dbsize()).toBe(1);
  });

  test("a log that is kept short", async () => {
    const pipeline = redis.pipeline();
    for (let index = 0; index < 2000; index++) {
      pipeline.lpush("log", `line ${index}`).ltrim("log", 0, 99);
    }
    await pipeline.exec();
    const lines = names("line ", 2000).reverse().slice(0, 100);
    expect(await redis.lrange("log", 0, -1)).toEqual(lines);
    expect(await redis.lpos("log", "line 1950")).toBe(49);
  });
});

describe("hashes as objects", () => {
  const expire = (key: string, ms: number, ...fields: string[]) =>
    redis.call("HPEXPIRE", key, ms, "FIELDS", fields.length, ...fields);

  test("fields are read and changed by themselves", async () => {
    const user = { name: "Zoë", visits: "41", ratio: "0.5", note: "x".repeat(5000), "": "none" };
    expect(await redis.hset("user:1", user)).toBe(5);
    expect(await redis.hgetall("user:1")).toEqual(user);
    expect(await redis.hincrby("user:1", "visits", 1)).toBe(42);
    expect(await redis.hincrbyfloat("user:1", "ratio", 0.25)).toBe("0.75");
    expect(await redis.hmget("user:1", "name", "visits", "age")).toEqual(["Zoë", "42", null]);
    expect(await redis.hsetnx("user:1", "name", "Al")).toBe(0);
    expect(await redis.hdel("user:1", "note", "", "age")).toBe(2);
    expect(await redis.hgetall("user:1")).toEqual({ name: "Zoë", visits: "42", ratio: "0.75" });
    expect(await redis.hgetall("user:2")).toEqual({});
  });

  test("fields expire one by one, on time, and the hash with the last", async () => {
    const startMs = Date.now();
    await redis.hset("session", { token: "a", csrf: "b", user: "c", name: "d" });
    expect(await expire("session", 60, "token", "csrf")).toEqual([1, 1]);
    expect(await expire("session", 120, "user")).toEqual([1]);
    expect(await expire("session", 1_000_000, "name")).toEqual([1]);
    // The server's clock is read in whole milliseconds, after ours.
    await until("two fields to go", async () => (await redis.hlen("session")) < 4);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(60);
    expect(await redis.hmget("session", "token", "csrf", "name")).toEqual([null, null, "d"]);
    await until("another to go", async () => (await redis.hlen("session")) < 2);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(120);
    expect(await redis.hgetall("session")).toEqual({ name: "d" });
    expect(await expire("session", 1, "name")).toEqual([1]);
    await until("the hash to go", async () => (await redis.dbsize()) === 0);
    expect(await redis.type("session")).toBe("none");
  });

  test("thousands of fields expire unread, among those that stay", async () => {
    const fields = names("field", 3000);
    const staying = fields.filter((_, index) => index % 3 === 0);
    const going = fields.filter((_, index) => index % 3 !== 0);
    await redis.hset("big", Object.fromEntries(fields.map((field) => [field, "v"])));
    await expire("big", 20, ...going);
    await expire("big", 1_000_000, ...staying.slice(0, 500));
    await until("them to go", async () => (await redis.hlen("big")) === staying.length);
    expect((await redis.hkeys("big")).sort()).toEqual(staying.sort());
    expect(await redis.hpersist("big", "FIELDS", 1, "field0")).toEqual([1]);
    expect(await redis.hpersist("big", "FIELDS", 1, "field2997")).toEqual([-1]);
  });
});

test("a leaderboard keeps the order of its model", async () => {
  const random = new Random(1);
  const players = names("player", 500);
  const scores = new Map(players.map((player) => [player, 0]));
  await redis.zadd("board", ...players.flatMap((player) => [0, player]));
  const pipeline = redis.pipeline();
  for (let round = 0; round < 3000; round++) {
    const player = random.pick(players);
    const points = random.between(-5, 20);
    scores.set(player, (scores.get(player) ?? 0) + points);
    pipeline.zincrby("board", points, player);
  }
  const replies = await pipeline.exec();
  expect(replies?.filter(([error]) => error !== null)).toEqual([]);
  // Equal scores stand in the order of names; here all are backwards.
  const model = [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? 1 : -1));
  const best = async (...range: (string | number)[]) =>
    ((await redis.call("ZRANGE", "board", ...range, "REV", "WITHSCORES")) as string[][]).flat();
  const flat = (part: typeof model) => part.flatMap(([player, score]) => [player, String(score)]);
  expect(await best(0, 9)).toEqual(flat(model.slice(0, 10)));
  expect(await best(0, -1)).toEqual(flat(model));
  for (const rank of [0, 1, 77, 250, 499]) {
    expect(await redis.zrevrank("board", model[rank][0])).toBe(rank);
    expect(await redis.zrank("board", model[rank][0])).toBe(499 - rank);
  }
  const good = model.filter(([, score]) => score >= 50 && score < 60);
  expect(await redis.zcount("board", 50, "(60")).toBe(good.length);
  expect(await best("(60", 50, "BYSCORE")).toEqual(flat(good));
  expect(await redis.zremrangebyrank("board", 0, -101)).toBe(400);
  expect(await best(0, -1)).toEqual(flat(model.slice(0, 100)));
});

test("a schedule whose entries several workers claim, each once", async () => {
  const jobs = names("job", 300);
  await redis.zadd("schedule", ...jobs.flatMap((job, index) => [index, job]));
  const claimed: string[] = [];
  const claim = async (client: Redis) => {
    for (;;) {
      const due = await client.zrangebyscore("schedule", "-inf", 299, "LIMIT", 0, 5);
      if (due.length === 0) return;
      for (const job of due) if ((await client.zrem("schedule", job)) === 1) claimed.push(job);
    }
  };
  await Promise.all(names("", 4).map(() => claim(open())));
  expect(twice(claimed)).toEqual([]);
  expect(claimed.sort()).toEqual(jobs.sort());
});

test("tags: sets of articles, combined", async () => {
  const random = new Random(2);
  const tags = ["news", "sport", "local", "7", "long"];
  const tagged = new Map(tags.map((tag) => [tag, new Set<string>()]));
  const pipeline = redis.pipeline();
  for (const article of [...names("", 400), ...names("draft:", 100)]) {
    for (const tag of tags) {
      if (!random.chance(0.4)) continue;
      tagged.get(tag)?.add(article);
      pipeline.sadd(`tag:${tag}`, article);
    }
  }
  await pipeline.exec();
  const of = (tag: string) => tagged.get(tag) as Set<string>;
  const sorted = (members: Iterable<string>) => [...members].sort();
  const keys = tags.map((tag) => `tag:${tag}`);
  const common = of("news").intersection(of("sport")).intersection(of("7"));
  expect(sorted(await redis.sinter("tag:news", "tag:sport", "tag:7"))).toEqual(sorted(common));
  expect(await redis.sintercard(2, "tag:news", "tag:sport", "LIMIT", 10)).toBe(10);
  const all = tags.map(of).reduce((a, b) => a.union(b));
  expect(await redis.sunionstore("all", ...keys)).toBe(all.size);
  expect(sorted(await redis.smembers("all"))).toEqual(sorted(all));
  const only = tags.slice(1).reduce((left, tag) => left.difference(of(tag)), of("news"));
  expect(sorted(await redis.sdiff(...keys))).toEqual(sorted(only));
  expect(await redis.sinterstore("tag:news", "tag:news", "tag:sport")).toBe(
    of("news").intersection(of("sport")).size,
  );
  const draft = sorted(all)[all.size - 1];
  expect(draft).toStartWith("draft:");
  expect(await redis.smove("all", "tag:news", draft)).toBe(1);
  expect(await redis.smismember("tag:news", draft, "nosuch")).toEqual([1, 0]);
  expect(await redis.sismember("all", draft)).toBe(0);
});

test("places around another, nearest first", async () => {
  const places: [name: string, longitude: number, latitude: number, km: number][] = [
    ["Kassel", 9.4797, 51.3127, 0],
    ["Göttingen", 9.9158, 51.5413, 39.5],
    ["Marburg", 8.7749, 50.809, 74.6],
    ["Hannover", 9.732, 52.3759, 119.5],
    ["Frankfurt", 8.6821, 50.1109, 144.9],
    ["Berlin", 13.405, 52.52, 300.2],
  ];
  await redis.geoadd("towns", ...places.flatMap(([name, x, y]) => [x, y, name]));
  const near = (await redis.geosearch(
    "towns",
    ..."FROMMEMBER Kassel BYRADIUS 150 km ASC WITHDIST".split(" "),
  )) as [string, string][];
  expect(near.map(([name]) => name)).toEqual(places.slice(0, 5).map(([name]) => name));
  for (const [index, [, km]] of near.entries()) {
    expect(Math.abs(Number(km) - places[index][3])).toBeLessThan(1);
  }
  expect(await redis.geodist("towns", "Kassel", "Berlin", "KM")).toMatch(/^\d+\.\d{4}$/);
  expect(await redis.geosearch("towns", "FROMLONLAT", 9, 51, "BYBOX", 60, 60, "km")).toEqual([
    "Marburg",
  ]);
  const [kassel] = await redis.geopos("towns", "Kassel");
  expect(Math.abs(Number(kassel?.[0]) - 9.4797)).toBeLessThan(1e-5);
  expect(
    await redis.geosearchstore("near", "towns", "FROMMEMBER", "Kassel", "BYRADIUS", 80, "km"),
  ).toBe(3);
  expect(await redis.zcard("near")).toBe(3);
});

test("unique visitors of days, and of all days", async () => {
  const days = [0, 1, 2].map((day) => names("", 3000).map((_, index) => index + day * 1500));
  for (const [day, visitors] of days.entries()) {
    for (let from = 0; from < visitors.length; from += 100) {
      await redis.pfadd(`day:${day}`, ...visitors.slice(from, from + 100));
    }
    await redis.pfadd(`day:${day}`, ...visitors.slice(0, 50));
  }
  const near = (count: number, expected: number) =>
    expect(Math.abs(count - expected)).toBeLessThan(expected * 0.03);
  for (const day of [0, 1, 2]) near(await redis.pfcount(`day:${day}`), 3000);
  near(await redis.pfcount("day:0", "day:1", "day:2", "nosuch"), 6000);
  expect(await redis.pfmerge("all", "day:0", "day:1", "day:2")).toBe("OK");
  expect(await redis.pfcount("all")).toBe(await redis.pfcount("day:0", "day:1", "day:2"));
  expect(await redis.pfadd("all", 100)).toBe(0);
});

test("bitmaps of the users of days", async () => {
  const random = new Random(3);
  const days = ["mo", "tu", "we"].map((day) => ({ key: day, users: new Set<number>() }));
  const pipeline = redis.pipeline();
  for (const { key, users } of days) {
    for (let count = 0; count < 700; count++) {
      const user = random.below(5000);
      users.add(user);
      pipeline.setbit(key, user, 1);
    }
  }
  await pipeline.exec();
  const [mo, tu, we] = days.map(({ users }) => users);
  for (const { key, users } of days) {
    expect(await redis.bitcount(key)).toBe(users.size);
    expect(await redis.bitpos(key, 1)).toBe(Math.min(...users));
  }
  await redis.bitop("AND", "each", "mo", "tu", "we");
  expect(await redis.bitcount("each")).toBe(mo.intersection(tu).intersection(we).size);
  await redis.bitop("OR", "any", "mo", "tu", "we");
  expect(await redis.bitcount("any")).toBe(mo.union(tu).union(we).size);
  await redis.bitop("XOR", "changed", "mo", "tu");
  expect(await redis.bitcount("changed")).toBe(mo.symmetricDifference(tu).size);
  expect(await redis.getbit("mo", [...mo][0])).toBe(1);
  expect(await redis.call("BITFIELD", "hits", ..."INCRBY u16 #3 7 GET u16 #3".split(" "))).toEqual([
    7, 7,
  ]);
});

test("SORT BY a field, with GET", async () => {
  const random = new Random(4);
  const users = Array.from({ length: 200 }, (_, id) => ({
    id: String(id),
    name: `user ${id}`,
    age: random.below(1000) * 1000 + id,
  }));
  const pipeline = redis.pipeline();
  for (const { id, name, age } of users) {
    pipeline.sadd("users", id).hset(`user:${id}`, { name, age: String(age) });
  }
  await pipeline.exec();
  const model = users.toSorted((a, b) => b.age - a.age).slice(10, 30);
  const order = ["BY", "user:*->age", "LIMIT", 10, 20, "GET", "#", "GET", "user:*->name", "DESC"];
  const expected = model.flatMap(({ id, name }) => [id, name]);
  expect(await redis.call("SORT", "users", ...order)).toEqual(expected);
  expect(await redis.call("SORT", "users", ...order, "STORE", "page")).toBe(40);
  expect(await redis.lrange("page", 0, -1)).toEqual(expected);
});

describe("transactions", () => {
  test("a transaction on collections of every type", async () => {
    const results = await redis
      .multi()
      .rpush("list", "a", "b")
      .sadd("set", "a", "b", "a")
      .zadd("zset", 1, "a", 2, "b")
      .hset("hash", { a: "1", b: "2" })
      .lmove("list", "other", "LEFT", "RIGHT")
      .zpopmax("zset")
      .hincrby("hash", "a", 5)
      .rpush("set", "x")
      .blpop("nosuch", 0)
      .exec();
    const values = results?.map(([error, value]) => error?.message ?? value);
    expect<unknown>(values).toEqual([
      ...[2, 2, 2, 2, "a", ["b", "2"], 6],
      "WRONGTYPE Operation against a key holding the wrong kind of value",
      null,
    ]);
  });

  test("WATCH: many buyers share a stock, and none sells what is not there", async () => {
    await redis.hset("stock", "apples", 100);
    const buy = async (client: Redis, buyer: number) => {
      for (;;) {
        await client.watch("stock");
        const left = Number(await client.hget("stock", "apples"));
        if (left === 0) return client.unwatch();
        await client
          .multi()
          .hincrby("stock", "apples", -1)
          .zincrby("bought", 1, `buyer ${buyer}`)
          .lpush("receipts", `${left}`)
          .exec();
      }
    };
    await Promise.all(names("", 4).map((_, buyer) => buy(open(), buyer)));
    expect(await redis.hget("stock", "apples")).toBe("0");
    const receipts = (await redis.lrange("receipts", 0, -1)).map(Number);
    expect(receipts).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const buyers = await redis.zrange("bought", "0", "-1");
    const scores = await Promise.all(buyers.map((buyer) => redis.zscore("bought", `${buyer}`)));
    expect(scores.reduce((sum, score) => sum + Number(score), 0)).toBe(100);
  });

  test("WATCH sees a field that expires, and what a waiting client takes", async () => {
    const other = open();
    await redis.hset("hash", "a", 1, "b", 2);
    await redis.watch("hash");
    await other.call("HPEXPIRE", "hash", 1, "FIELDS", 1, "a");
    await until("the field to go", async () => (await other.hlen("hash")) === 1);
    expect(await redis.multi().ping().exec()).toBe(null);
    await redis.watch("list");
    const taken = other.blpop("list", 0);
    await untilBlockedBesides();
    await open().rpush("list", "x");
    expect(await taken).toEqual(["list", "x"]);
    expect(await redis.multi().ping().exec()).toBe(null);
  });

  /** As untilBlocked(1), but not on the connection that watches. */
  async function untilBlockedBesides(): Promise<void> {
    const asking = open();
    await until("a blocked client", async () =>
      (await asking.info("clients")).includes("blocked_clients:1\r\n"),
    );
  }
});

test("scans of collections that others change find all that stays", async () => {
  const staying = names("stays:", 2000);
  const fields = Object.fromEntries(staying.map((name) => [name, "v"]));
  await redis.sadd("set", ...staying);
  await redis.hset("hash", fields);
  await redis.zadd("zset", ...staying.flatMap((name, index) => [index, name]));
  let isOver = false;
  const changing = (async () => {
    const client = open();
    for (let round = 0; !isOver; round++) {
      const batch = names(`goes:${round}:`, 300);
      await client.sadd("set", ...batch);
      await client.hset("hash", Object.fromEntries(batch.map((name) => [name, "v"])));
      await client.zadd("zset", ...batch.flatMap((name) => [round, name]));
      await client
        .pipeline()
        .srem("set", ...batch)
        .hdel("hash", ...batch)
        .exec();
      await client.zrem("zset", ...batch);
    }
  })();
  const collect = async (stream: AsyncIterable<string[]>) => {
    const found = new Set<string>();
    for await (const items of stream) for (const item of items) found.add(item);
    return staying.filter((name) => !found.has(name));
  };
  const options = { count: 50 };
  const missing = await Promise.all([
    collect(redis.sscanStream("set", options)),
    collect(redis.hscanStream("hash", options)),
    collect(redis.zscanStream("zset", options)),
  ]);
  isOver = true;
  await changing;
  expect(missing).toEqual([[], [], []]);
});

describe.each([2, 3] as const)("node-redis, RESP%d", (RESP) => {
  const create = () =>
    createClient({ RESP, socket: { host: server.host, port: server.port } }).on("error", () => {});
  type Opened = ReturnType<typeof create>;
  const clients: Opened[] = [];
  let client: Opened;

  async function connect(): Promise<Opened> {
    const one = create();
    clients.push(one);
    await one.connect();
    return one;
  }

  beforeEach(async () => {
    client = await connect();
  });
  afterEach(() => {
    for (const one of clients.splice(0)) if (one.isOpen) one.destroy();
  });

  test("replies of each type come as the client types them", async () => {
    await client.rPush("list", ["a", "b", "c"]);
    expect(await client.lRange("list", 0, -1)).toEqual(["a", "b", "c"]);
    expect(await client.lPopCount("list", 2)).toEqual(["a", "b"]);
    await client.sAdd("set", ["a", "b"]);
    expect([...(await client.sMembers("set"))].sort()).toEqual(["a", "b"]);
    expect(await client.sIsMember("set", "a")).toBe(1);
    await client.hSet("hash", { a: "1", b: "2" });
    expect({ ...(await client.hGetAll("hash")) }).toEqual({ a: "1", b: "2" });
    const random = await client.hRandFieldCountWithValues("hash", 5);
    expect(random.map(({ field, value }) => field + value).sort()).toEqual(["a1", "b2"]);
    await client.zAdd("zset", [
      { value: "a", score: 1.5 },
      { value: "b", score: Number.POSITIVE_INFINITY },
    ]);
    expect(await client.zRangeWithScores("zset", 0, -1)).toEqual([
      { value: "a", score: 1.5 },
      { value: "b", score: Number.POSITIVE_INFINITY },
    ]);
    expect(await client.zScore("zset", "a")).toBe(1.5);
    expect(await client.zmScore("zset", ["a", "x"])).toEqual([1.5, null]);
    expect(await client.zPopMax("zset")).toEqual({ value: "b", score: Number.POSITIVE_INFINITY });
    expect(await client.zmPop(["nosuch", "zset"], "MIN", { COUNT: 2 })).toEqual({
      key: "zset",
      members: [{ value: "a", score: 1.5 }],
    });
    expect(await client.lmPop(["nosuch", "list"], "LEFT")).toEqual(["list", ["c"]]);
    expect(await client.zPopMin("zset")).toBe(null);
  });

  test("geo searches with coordinates and distances", async () => {
    await client.geoAdd("towns", [
      { longitude: 13.361389, latitude: 38.115556, member: "Palermo" },
      { longitude: 15.087269, latitude: 37.502669, member: "Catania" },
    ]);
    const found = await client.geoSearchWith(
      "towns",
      "Palermo",
      { radius: 200, unit: "km" },
      ["WITHDIST", "WITHCOORD"],
      { SORT: "DESC" },
    );
    expect(found.map(({ member }) => member)).toEqual(["Catania", "Palermo"]);
    expect(Number(found[0].distance)).toBeCloseTo(166.2742, 4);
    expect(Number(found[0].coordinates?.longitude)).toBeCloseTo(15.087269, 4);
  });

  test("blocking clients beside others", async () => {
    const [list, zset, many, mover] = await Promise.all([1, 2, 3, 4].map(connect));
    const waiting = Promise.all([
      list.brPop(["nosuch", "list"], 0),
      zset.bzPopMin(["nosuch", "zset"], 0),
      many.blmPop(0, ["nosuch", "many"], "LEFT", { COUNT: 5 }),
      mover.blMove("from", "to", "RIGHT", "LEFT", 0),
    ]);
    await untilBlocked(4);
    await client
      .multi()
      .rPush("list", ["a", "b"])
      .zAdd("zset", { value: "m", score: 2 })
      .rPush("many", ["x", "y", "z"])
      .rPush("from", "j")
      .exec();
    expect<unknown>(await waiting).toEqual([
      { key: "list", element: "b" },
      { key: "zset", value: "m", score: 2 },
      ["many", ["x", "y", "z"]],
      "j",
    ]);
    expect(await client.lRange("to", 0, -1)).toEqual(["j"]);
    expect(await list.brPop("nosuch", 0.01)).toBe(null);
  });

  test("fields that expire", async () => {
    await client.hSet("hash", { a: "1", b: "2", c: "3" });
    expect<unknown>(await client.hExpire("hash", ["a", "x"], 1000)).toEqual([1, -2]);
    expect(await client.hTTL("hash", "a")).toEqual([1000]);
    expect<unknown>(await client.hPersist("hash", ["a", "b"])).toEqual([1, -1]);
    await client.hpExpire("hash", ["a", "b"], 5);
    await until("fields to go", async () => (await client.hLen("hash")) === 1);
    expect({ ...(await client.hGetAll("hash")) }).toEqual({ c: "3" });
  });

  test("iterators over large collections", async () => {
    const members = names("m", 1000);
    await client.sAdd("set", members);
    await client.zAdd(
      "zset",
      members.map((value, score) => ({ value, score })),
    );
    await client.hSet("hash", Object.fromEntries(members.map((name) => [name, `=${name}`])));
    const found: Set<string>[] = [new Set(), new Set(), new Set()];
    for await (const items of client.sScanIterator("set")) for (const m of items) found[0].add(m);
    for await (const items of client.zScanIterator("zset")) {
      for (const { value, score } of items) if (value === `m${score}`) found[1].add(value);
    }
    for await (const items of client.hScanIterator("hash")) {
      for (const { field, value } of items) if (value === `=${field}`) found[2].add(field);
    }
    for (const one of found) expect([...one].sort()).toEqual(members.toSorted());
  });

  test("a transaction that a push spoils", async () => {
    await client.watch("list");
    await redis.rpush("list", "x");
    await expect(client.multi().lPop("list").exec()).rejects.toThrow(WatchError);
    await client.watch("list");
    expect<unknown>(await client.multi().lPop("list").exec()).toEqual(["x"]);
  });
});
