// Purpose: what an application does with node-redis works against the server, under RESP2 and
// RESP3: its handshake, values as texts and as bytes, pipelines, transactions, SCAN iterators,
// errors, pools, reconnection.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createClient, createClientPool, RESP_TYPES, WatchError } from "redis";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

let server: Server;
let guarded: Server;

beforeAll(async () => {
  [server, guarded] = await Promise.all([
    startServer({ command: binaryCommand() }),
    startServer({ args: ["--requirepass", "secret"] }),
  ]);
});
afterAll(async () => {
  await server?.stop();
  await guarded?.stop();
});

describe.each([2, 3] as const)("RESP%d", (RESP) => {
  type Options = NonNullable<Parameters<typeof createClient>[0]>;
  const create = (options: Options = {}) =>
    createClient({
      RESP,
      socket: { host: server.host, port: server.port, reconnectStrategy: 10 },
      ...options,
    });
  type Opened = ReturnType<typeof create>;
  const opened: Opened[] = [];
  let redis: Opened;

  async function open(options: Options = {}): Promise<Opened> {
    const client = create(options);
    client.on("error", () => {});
    opened.push(client);
    await client.connect();
    return client;
  }

  beforeEach(async () => {
    redis = await open();
    await redis.flushAll();
  });
  afterEach(() => {
    for (const client of opened.splice(0)) if (client.isOpen) client.destroy();
  });

  test("the handshake: protocol, name, database, and what library it is", async () => {
    const client = await open({ name: "worker", database: 3 });
    const line = String(await client.sendCommand(["CLIENT", "INFO"]));
    expect(line).toContain(" name=worker ");
    expect(line).toContain(" db=3 ");
    expect(line).toContain(` resp=${RESP} lib-name=node-redis lib-ver=`);
    expect(await client.clientGetName()).toBe("worker");
    expect(await client.clientInfo()).toMatchObject({ name: "worker", db: 3, resp: RESP });
  });

  test("strings", async () => {
    const onlyNew = { condition: "NX", expiration: { type: "EX", value: 100 } } as const;
    expect(await redis.set("k", "v", onlyNew)).toBe("OK");
    expect(await redis.set("k", "w", onlyNew)).toBe(null);
    expect(await redis.set("k", "w", { GET: true })).toBe("v");
    expect(await redis.get("k")).toBe("w");
    expect(await redis.ttl("k")).toBe(-1);
    expect(await redis.incrBy("n", 5)).toBe(5);
    expect(await redis.incrByFloat("n", 0.5)).toBe("5.5");
    expect(await redis.mSet({ a: "1", b: "2" })).toBe("OK");
    expect(await redis.mGet(["a", "b", "c"])).toEqual(["1", "2", null]);
    expect(await redis.getDel("a")).toBe("1");
    expect(await redis.lcs("k", "b")).toBe("");
  });

  test("texts are UTF-8, buffers are bytes", async () => {
    await redis.set("größe", "日本語");
    expect(await redis.get("größe")).toBe("日本語");
    expect(await redis.strLen("größe")).toBe(9);
    const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await binary.set(bytes, bytes);
    expect(await binary.get(bytes)).toEqual(bytes);
    expect(await binary.getRange(bytes, 250, -1)).toEqual(bytes.subarray(250));
  });

  test("keys: expire, rename, copy, type, scan", async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
    await redis.mSet(names.map((name) => [name, "1"] as [string, string]));
    expect(await redis.expire("user:1", 50)).toBe(1);
    expect(await redis.rename("user:1", "renamed")).toBe("OK");
    expect(await redis.ttl("renamed")).toBe(50);
    expect(await redis.copy("renamed", "copied")).toBe(1);
    expect(await redis.type("copied")).toBe("string");
    expect(await redis.exists(["copied", "user:1", "renamed"])).toBe(2);
    expect(await redis.unlink(["copied", "renamed"])).toBe(2);
    const found = new Set<string>();
    for await (const keys of redis.scanIterator({ MATCH: "user:*", COUNT: 100 })) {
      for (const key of keys) found.add(key);
    }
    expect(found).toEqual(new Set(names.filter((name) => name !== "user:1")));
    expect(await redis.dbSize()).toBe(999);
  });

  test("commands of one tick are pipelined", async () => {
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 5000; i++) sent.push(redis.set(`k${i}`, i), redis.incr(`k${i}`));
    const replies = await Promise.all(sent);
    expect(replies.length).toBe(10_000);
    expect(replies.at(-1)).toBe(5000);
  });

  test("multi, exec, and their pipeline without a transaction", async () => {
    expect<unknown>(await redis.multi().set("a", "1").incr("a").get("a").exec()).toEqual([
      "OK",
      2,
      "2",
    ]);
    expect<unknown>(await redis.multi().ping().get("nosuch").execAsPipeline()).toEqual([
      "PONG",
      null,
    ]);
  });

  test("a refused command fails exec; one that fails is among the replies", async () => {
    const refused = redis.multi().set("a", "1").addCommand(["NOSUCH"]).exec();
    await expect(refused).rejects.toThrow("ERR unknown command 'NOSUCH'");
    expect(await redis.exists("a")).toBe(0);
    await redis.set("word", "text");
    const failed = redis.multi().incr("word").set("a", "1").exec();
    await expect(failed).rejects.toThrow("1 commands failed, see .replies and .errorIndexes");
    expect(await redis.get("a")).toBe("1");
  });

  test("watch", async () => {
    const other = await open();
    await redis.watch("a");
    await other.set("a", "1");
    await expect(redis.multi().set("a", "2").exec()).rejects.toThrow(WatchError);
    await redis.watch("a");
    expect<unknown>(await redis.multi().set("a", "2").exec()).toEqual(["OK"]);
    expect(await other.get("a")).toBe("2");
  });

  test("an error reply is an error with the server's text", async () => {
    await expect(redis.sendCommand(["SET", "k"])).rejects.toThrow(
      "ERR wrong number of arguments for 'set' command",
    );
  });

  test("it connects again after CLIENT KILL, as it was", async () => {
    const victim = await open({ database: 2, name: "victim" });
    await victim.set("k", "1");
    const id = await victim.clientId();
    const again = new Promise((resolve) => victim.once("ready", resolve));
    expect<unknown>(await redis.sendCommand(["CLIENT", "KILL", "ID", String(id)])).toBe(1);
    await again;
    expect(await victim.get("k")).toBe("1");
    expect(await victim.clientGetName()).toBe("victim");
    expect(await victim.clientId()).toBeGreaterThan(id);
  });

  test("a pool", async () => {
    const pool = createClientPool({ RESP, socket: { host: server.host, port: server.port } });
    await pool.connect();
    await Promise.all(Array.from({ length: 50 }, () => pool.incr("n")));
    expect(await pool.get("n")).toBe("50");
    expect<unknown>(await pool.execute((client) => client.multi().incr("n").exec())).toEqual([51]);
    await pool.close();
  });

  test("close ends in order", async () => {
    const client = await open();
    const last = client.incr("n");
    await client.close();
    expect(await last).toBe(1);
    expect(client.isOpen).toBe(false);
  });

  test("with a password: the right one logs in, a wrong one or none does not", async () => {
    const socket = { host: guarded.host, port: guarded.port, reconnectStrategy: false } as const;
    const client = await open({ socket, password: "secret" });
    expect(await client.ping()).toBe("PONG");
    const named = await open({ socket, username: "default", password: "secret", name: "me" });
    expect(await named.clientGetName()).toBe("me");
    await expect(open({ socket, password: "wrong" })).rejects.toThrow("WRONGPASS");
    const refused = open({ socket }).then((none) => none.get("k"));
    await expect(refused).rejects.toThrow("NOAUTH");
  });

  test("users are made, described, refused and removed", async () => {
    await redis.aclSetUser("app", [
      "on",
      ">secret",
      "~app:*",
      "&news",
      "+@all",
      "-get",
      "(+get ~x)",
    ]);
    const user = await redis.aclGetUser("app");
    expect([user?.flags, user?.keys, user?.channels]).toEqual([["on"], "~app:*", "&news"]);
    const [selector] = user?.selectors ?? [];
    expect(selector).toMatchObject({ commands: "-@all +get", keys: "~x", channels: "" });
    const app = await open({ username: "app", password: "secret" });
    expect(await app.aclWhoAmI()).toBe("app");
    expect(await app.get("x")).toBe(null);
    await expect(app.get("app:k")).rejects.toThrow("NOPERM");
    await expect(app.publish("other", "x")).rejects.toThrow("NOPERM");
    const transaction = app.multi().set("app:k", "v").set("k", "v").exec();
    await expect(transaction).rejects.toThrow();
    const [latest] = await redis.aclLog();
    expect(latest).toMatchObject({ reason: "key", context: "multi", object: "k", username: "app" });
    expect(await redis.aclDryRun("app", ["SET", "app:k", "v"])).toBe("OK");
    expect(await redis.aclList()).toHaveLength(2);
    expect(await redis.aclDelUser("app")).toBe(1);
    expect(await redis.aclUsers()).toEqual(["default"]);
  });
});
