// Purpose: pub/sub and streams with a group of consumers, as applications use them with ioredis
// and node-redis (under RESP2 and RESP3): patterns, shards' channels, workers that wait and die.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer({ command: binaryCommand() });
});
afterAll(() => server?.stop());

describe("ioredis", () => {
  let redis: Redis;
  let other: Redis;

  beforeAll(() => {
    redis = new Redis({ host: server.host, port: server.port });
    other = redis.duplicate();
  });
  beforeEach(() => redis.flushall());
  afterAll(() => {
    redis.disconnect();
    other.disconnect();
  });

  test("channels and patterns", async () => {
    const listener = redis.duplicate();
    const seen: unknown[] = [];
    listener.on("message", (...message) => seen.push(message));
    const last = new Promise((settle) =>
      listener.on("pmessage", (...message) => settle(seen.push(message))),
    );
    expect(await listener.subscribe("news", "sport")).toBe(2);
    expect(await listener.psubscribe("n*")).toBe(3);
    expect(await redis.publish("sport", "1:0")).toBe(1);
    expect(await redis.publish("news", "größe")).toBe(2);
    await last;
    expect(seen).toEqual([
      ["sport", "1:0"],
      ["news", "größe"],
      ["n*", "news", "größe"],
    ]);
    expect(await listener.unsubscribe("news", "sport")).toBe(1);
    expect(await listener.punsubscribe("n*")).toBe(0);
    expect(await listener.get("k")).toBe(null);
    listener.disconnect();
  });

  test("subscriptions come back after a lost connection", async () => {
    const options = { retryStrategy: () => 10, connectionName: "listener" };
    const listener = redis.duplicate(options);
    listener.on("error", () => {});
    await listener.subscribe("news");
    const got = new Promise((settle) => listener.once("message", (_, text) => settle(text)));
    expect(await redis.call("CLIENT", "KILL", "TYPE", "pubsub")).toBe(1);
    while ((await redis.publish("news", "again")) === 0) await Bun.sleep(1);
    expect(await got).toBe("again");
    listener.disconnect();
  });

  test("a group of workers, of which one dies", async () => {
    await redis.xgroup("CREATE", "jobs", "workers", "$", "MKSTREAM");
    const waiting = other.xreadgroup(
      ...(["GROUP", "workers", "ann", "COUNT", 2, "BLOCK", 0, "STREAMS", "jobs", ">"] as const),
    );
    const first = await redis.xadd("jobs", "*", "do", "this");
    expect<unknown>(await waiting).toEqual([["jobs", [[first, ["do", "this"]]]]]);
    expect(await redis.xpending("jobs", "workers")).toEqual([1, first, first, [["ann", "1"]]]);
    const claimed = await redis.xautoclaim("jobs", "workers", "bob", 0, "0");
    expect<unknown>(claimed).toEqual(["0-0", [[first, ["do", "this"]]], []]);
    expect(await redis.xack("jobs", "workers", first as string)).toBe(1);
    expect(await redis.xlen("jobs")).toBe(1);
  });

  test("BLPOP waits, and is cut off by its time", async () => {
    const waiting = other.blpop("queue", 0);
    await redis.rpush("queue", "job");
    expect(await waiting).toEqual(["queue", "job"]);
    expect(await other.blpop("queue", 0.01)).toBe(null);
  });
});

describe.each([2, 3] as const)("node-redis, RESP%d", (RESP) => {
  const open = () =>
    createClient({ RESP, socket: { host: server.host, port: server.port } }).on("error", () => {});
  let redis: ReturnType<typeof open>;
  let other: ReturnType<typeof open>;

  beforeAll(async () => {
    [redis, other] = await Promise.all([open().connect(), open().connect()]);
  });
  beforeEach(async () => void (await redis.flushAll()));
  afterAll(() => {
    redis.destroy();
    other.destroy();
  });

  test("channels, patterns and shards' channels", async () => {
    const listener = await open().connect();
    const seen: string[][] = [];
    let done = () => {};
    const all = new Promise<void>((settle) => {
      done = settle;
    });
    const note = (message: string, channel: string) => void seen.push([channel, message]);
    await listener.subscribe("news", note);
    await listener.pSubscribe("n*", note);
    await listener.sSubscribe("shard", (...message) => {
      note(...message);
      done();
    });
    expect(await redis.publish("news", "größe")).toBe(2);
    expect(await redis.sPublish("shard", "x")).toBe(1);
    await all;
    expect(seen).toEqual([
      ["news", "größe"],
      ["news", "größe"],
      ["shard", "x"],
    ]);
    await listener.unsubscribe("news");
    expect(await redis.publish("news", "only the pattern")).toBe(1);
    listener.destroy();
  });

  test("a group of workers, of which one dies", async () => {
    expect(await redis.xGroupCreate("jobs", "workers", "$", { MKSTREAM: true })).toBe("OK");
    const from = { key: "jobs", id: ">" };
    const waiting = other.xReadGroup("workers", "ann", from, { COUNT: 2, BLOCK: 0 });
    const id = await redis.xAdd("jobs", "*", { do: "this" });
    const read: unknown = await waiting;
    expect(JSON.stringify(read)).toContain(
      JSON.stringify({ id, message: { do: "this" } }).slice(0, -1),
    );
    expect(await redis.xPending("jobs", "workers")).toMatchObject({
      pending: 1,
      firstId: id,
      consumers: [{ name: "ann", deliveriesCounter: 1 }],
    });
    const claimed = await redis.xAutoClaim("jobs", "workers", "bob", 0, "0");
    expect(claimed).toMatchObject({ nextId: "0-0", messages: [{ id, message: { do: "this" } }] });
    expect(await redis.xAck("jobs", "workers", id)).toBe(1);
    expect(await redis.xInfoGroups("jobs")).toMatchObject([{ name: "workers", pending: 0 }]);
  });
});
