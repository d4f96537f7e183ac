// Purpose: what an application does with ioredis works against the server: its handshake, values
// as texts and as bytes, pipelines, transactions, SCAN streams, errors, reconnection.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Redis, type RedisOptions } from "ioredis";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

let server: Server;
let redis: Redis;
const opened: Redis[] = [];

function open(options: RedisOptions = {}): Redis {
  const client = new Redis({ host: server.host, port: server.port, ...options });
  // Without a listener, ioredis prints each lost connection.
  client.on("error", () => {});
  opened.push(client);
  return client;
}

beforeAll(async () => {
  server = await startServer({ command: binaryCommand() });
});
beforeEach(async () => {
  redis = open();
  await redis.flushall();
});
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});
afterAll(() => server?.stop());

test("the ready check reads INFO, and the name is set", async () => {
  const named = open({ connectionName: "worker", db: 3 });
  await named.ping();
  expect(named.status).toBe("ready");
  expect(await named.client("GETNAME")).toBe("worker");
  expect(await named.client("INFO")).toContain(" db=3 ");
});

describe("strings", () => {
  test("set with options, get, and counters", async () => {
    expect(await redis.set("k", "v", "EX", 100, "NX")).toBe("OK");
    expect(await redis.set("k", "w", "NX")).toBe(null);
    expect(await redis.set("k", "w", "KEEPTTL", "GET")).toBe("v");
    expect(await redis.get("k")).toBe("w");
    expect(await redis.ttl("k")).toBe(100);
    expect(await redis.incrby("n", 5)).toBe(5);
    expect(await redis.incrbyfloat("n", 0.5)).toBe("5.5");
    expect(await redis.mset({ a: "1", b: "2" })).toBe("OK");
    expect(await redis.mget("a", "b", "c")).toEqual(["1", "2", null]);
    expect(await redis.strlen("k")).toBe(1);
  });

  test("texts are UTF-8, buffers are bytes", async () => {
    await redis.set("größe", "日本語");
    expect(await redis.get("größe")).toBe("日本語");
    expect(await redis.strlen("größe")).toBe(9);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await redis.set(bytes, bytes);
    expect(await redis.getBuffer(bytes)).toEqual(bytes);
    expect(await redis.getrangeBuffer(bytes, 250, -1)).toEqual(bytes.subarray(250));
  });

  test("a value of many megabytes", async () => {
    const big = Buffer.alloc(20 << 20, "0123456789abcdef\r\n");
    await redis.set("big", big);
    const got = (await redis.getBuffer("big")) as Buffer;
    expect(got.equals(big)).toBe(true);
    expect(await redis.strlen("big")).toBe(big.length);
  });
});

test("keys: expire, rename, copy, type, scan", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
  await redis.mset(Object.fromEntries(names.map((name) => [name, "1"])));
  expect(await redis.expire("user:1", 50)).toBe(1);
  expect(await redis.rename("user:1", "renamed")).toBe("OK");
  expect(await redis.ttl("renamed")).toBe(50);
  expect(await redis.copy("renamed", "copied")).toBe(1);
  expect(await redis.type("copied")).toBe("string");
  expect(await redis.exists("copied", "user:1", "renamed")).toBe(2);
  expect(await redis.unlink("copied", "renamed")).toBe(2);
  const found: string[] = [];
  for await (const keys of redis.scanStream({ match: "user:*", count: 100 })) found.push(...keys);
  expect(new Set(found)).toEqual(new Set(names.filter((name) => name !== "user:1")));
  expect(await redis.dbsize()).toBe(999);
});

test("a pipeline replies in order, errors among the results", async () => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 5000; i++) pipeline.set(`k${i}`, i).incr(`k${i}`);
  pipeline.set("word", "text").incr("word").get("word");
  const results = await pipeline.exec();
  if (results === null) throw new Error("no results");
  expect(results.length).toBe(10_003);
  expect(results[9999]).toEqual([null, 5000]);
  expect(results[10_001]?.[0]?.message).toBe("ERR value is not an integer or out of range");
  expect(results[10_002]).toEqual([null, "text"]);
});

describe("transactions", () => {
  test("multi and exec in one pipeline", async () => {
    const results = await redis.multi().set("a", "1").incr("a").get("a").exec();
    expect(results).toEqual([
      [null, "OK"],
      [null, 2],
      [null, "2"],
    ]);
  });

  test("multi step by step", async () => {
    await redis.multi({ pipeline: false });
    expect<unknown>(await redis.set("a", "1")).toBe("QUEUED");
    expect(await redis.exec()).toEqual([[null, "OK"]]);
  });

  test("a refused command fails exec", async () => {
    const failed = redis.multi().set("a", "1").call("NOSUCH").exec();
    await expect(failed).rejects.toThrow(
      "EXECABORT Transaction discarded because of previous errors.",
    );
    expect(await redis.exists("a")).toBe(0);
  });

  test("watch", async () => {
    const other = open();
    await redis.watch("a");
    await other.set("a", "1");
    expect(await redis.multi().set("a", "2").exec()).toBe(null);
    await redis.watch("a");
    expect(await redis.multi().set("a", "2").exec()).toEqual([[null, "OK"]]);
    expect(await other.get("a")).toBe("2");
  });
});

test("an error reply is a ReplyError with the server's text", async () => {
  const failed = redis.call("SET", "k");
  await expect(failed).rejects.toMatchObject({
    name: "ReplyError",
    message: "ERR wrong number of arguments for 'set' command",
  });
});

test("it connects again after CLIENT KILL, and sends what waited", async () => {
  const victim = open({ db: 2, connectionName: "victim", retryStrategy: () => 10 });
  await victim.set("k", "1");
  const id = await victim.client("ID");
  const again = new Promise((resolve) => victim.once("close", resolve));
  expect(await redis.client("KILL", "ID", id)).toBe(1);
  await again;
  expect(await victim.get("k")).toBe("1");
  expect(await victim.client("GETNAME")).toBe("victim");
  expect(await victim.client("ID")).toBeGreaterThan(id);
});

test("monitor shows what others send", async () => {
  const monitor = await redis.monitor();
  const seen = new Promise<string[]>((resolve) =>
    monitor.on("monitor", (_time: string, words: string[]) => {
      if (words[0]?.toLowerCase() === "set") resolve(words);
    }),
  );
  await open().set("k", 'say "hi"');
  expect(await seen).toEqual(["set", "k", 'say "hi"']);
  monitor.disconnect();
});

test("quit", async () => {
  const client = open();
  await client.ping();
  const ended = new Promise((resolve) => client.once("end", resolve));
  expect(await client.quit()).toBe("OK");
  await ended;
});

describe("with a password", () => {
  let guarded: Server;

  beforeAll(async () => {
    guarded = await startServer({ args: ["--requirepass", "secret"] });
  });
  afterAll(() => guarded?.stop());

  test("the right one logs in, with and without a user name", async () => {
    const port = guarded.port;
    expect(await open({ port, password: "secret" }).ping()).toBe("PONG");
    expect(await open({ port, username: "default", password: "secret" }).ping()).toBe("PONG");
  });

  test("a wrong one, or none, does not", async () => {
    const port = guarded.port;
    const wrong = open({ port, password: "wrong", retryStrategy: () => null });
    await expect(wrong.ping()).rejects.toThrow("WRONGPASS");
    const none = open({ port, retryStrategy: () => null });
    await expect(none.ping()).rejects.toThrow("NOAUTH");
  });

  test("a user of its own does what its rules allow, reconnected as well", async () => {
    const rules = ["on", ">größe", "~app:*", "+@all", "-@dangerous", "+info"];
    await redis.acl("SETUSER", "jörg", ...rules);
    const client = open({ username: "jörg", password: "größe" });
    expect(await client.acl("WHOAMI")).toBe("jörg");
    expect(await client.set("app:k", "v")).toBe("OK");
    await expect(client.set("k", "v")).rejects.toThrow("NOPERM");
    await expect(client.flushall()).rejects.toThrow("NOPERM");
    const replies = await client.pipeline().get("app:k").get("other").exec();
    expect(replies?.map(([error, value]) => error?.message.slice(0, 6) ?? value)).toEqual([
      "v",
      "NOPERM",
    ]);
    await redis.client("KILL", "USER", "jörg");
    expect(await client.get("app:k")).toBe("v");
    expect(await redis.acl("DELUSER", "jörg")).toBe(1);
  });
});
