// Purpose: what an application does with Bun's own client, which speaks RESP3, works against the
// server: values, pipelines, transactions, pub/sub, a stream's group, scripts, errors.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { RedisClient } from "bun";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

let server: Server;
let redis: RedisClient;
const opened: RedisClient[] = [];

function open(path = ""): RedisClient {
  const client = new RedisClient(`redis://${server.host}:${server.port}${path}`);
  opened.push(client);
  return client;
}

beforeAll(async () => {
  server = await startServer({ command: binaryCommand() });
});
beforeEach(async () => {
  redis = open();
  await redis.send("FLUSHALL", []);
});
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});
afterAll(() => server?.stop());

test("the handshake: RESP3, and a database of its own", async () => {
  const client = open("/3");
  expect(await client.ping()).toBe("PONG");
  const info = String(await client.send("CLIENT", ["INFO"]));
  expect(info).toContain(" db=3 ");
  expect(info).toContain(" resp=3");
});

test("values of all types", async () => {
  expect(await redis.set("größe", "日本語", "EX", 100)).toBe("OK");
  expect(await redis.get("größe")).toBe("日本語");
  expect(await redis.ttl("größe")).toBe(100);
  expect(await redis.get("nosuch")).toBe(null);
  const bytes = new Uint8Array(256).map((_, index) => index);
  await redis.set("bytes", bytes);
  expect(await redis.getBuffer("bytes")).toEqual(bytes);
  expect(await redis.hset("h", { a: "1", b: "zwei" })).toBe(2);
  expect(await redis.hgetall("h")).toEqual({ a: "1", b: "zwei" });
  expect(await redis.sadd("s", "x")).toBe(1);
  expect(await redis.sismember("s", "x")).toBe(true);
  expect(await redis.zadd("z", "1.5", "x")).toBe(1);
  expect(await redis.zscore("z", "x")).toBe(1.5);
  expect(await redis.exists("z")).toBe(true);
});

test("commands of one tick are pipelined", async () => {
  const sent = Array.from({ length: 5000 }, () => redis.incr("n"));
  expect(await Promise.all(sent)).toEqual(sent.map((_, index) => index + 1));
});

test("an error reply is an error with the server's text", async () => {
  await redis.lpush("list", "x");
  await expect(redis.incr("list")).rejects.toThrow("WRONGTYPE Operation against a key");
  expect(await redis.ping()).toBe("PONG");
});

test("transactions", async () => {
  expect(await redis.send("MULTI", [])).toBe("OK");
  const queued = [redis.send("SET", ["t", "1"]), redis.send("INCR", ["t"])];
  expect(await Promise.all(queued)).toEqual(["QUEUED", "QUEUED"]);
  expect(await redis.send("EXEC", [])).toEqual(["OK", 2]);
  await redis.send("WATCH", ["t"]);
  await open().set("t", "5");
  await redis.send("MULTI", []);
  await redis.send("SET", ["t", "6"]);
  expect(await redis.send("EXEC", [])).toBe(null);
});

test("pub/sub", async () => {
  const listener = open();
  const seen = new Promise<string[]>((settle) => {
    listener.subscribe("news", (message, channel) => settle([channel, message]));
  });
  while ((await redis.publish("news", "hello")) === 0) await Bun.sleep(1);
  expect(await seen).toEqual(["news", "hello"]);
});

test("a stream with a group", async () => {
  expect(await redis.send("XGROUP", ["CREATE", "jobs", "workers", "0", "MKSTREAM"])).toBe("OK");
  await redis.send("XADD", ["jobs", "1-1", "do", "this"]);
  await redis.send("XADD", ["jobs", "1-2", "do", "that"]);
  const read = (name: string, ...more: string[]) =>
    redis.send("XREADGROUP", ["GROUP", "workers", name, ...more, "STREAMS", "jobs", ">"]);
  expect(await read("ann", "COUNT", "1")).toEqual({ jobs: [["1-1", ["do", "this"]]] });
  expect(await redis.send("XACK", ["jobs", "workers", "1-1"])).toBe(1);
  expect(await read("bob", "BLOCK", "1000")).toEqual({ jobs: [["1-2", ["do", "that"]]] });
  expect(await redis.send("XPENDING", ["jobs", "workers"])).toEqual([
    1,
    "1-2",
    "1-2",
    [["bob", "1"]],
  ]);
});

test("scripts and functions", async () => {
  const add = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
  expect(await redis.send("EVAL", [add, "1", "n", "2"])).toBe(2);
  const sha = String(await redis.send("SCRIPT", ["LOAD", add]));
  expect(await redis.send("EVALSHA", [sha, "1", "n", "3"])).toBe(5);
  const library =
    "#!js name=bunlib\nredis.registerFunction('bunget', (keys) => redis.call('GET', keys[1]));";
  expect(await redis.send("FUNCTION", ["LOAD", "REPLACE", library])).toBe("bunlib");
  expect(await redis.send("FCALL", ["bunget", "1", "n"])).toBe("5");
});

test("a password in the URL", async () => {
  await redis.send("ACL", ["SETUSER", "ann", "on", ">secret", "~*", "&*", "+@all"]);
  const client = new RedisClient(`redis://ann:secret@${server.host}:${server.port}`);
  opened.push(client);
  expect(await client.send("ACL", ["WHOAMI"])).toBe("ann");
});
