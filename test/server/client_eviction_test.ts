// Purpose: maxmemory-clients, from outside: whatever a client makes large (what it sends, queues,
// watches, subscribes to, or does not read) counts, and the largest client is closed.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { plain, requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";

const MB = 2 ** 20;
const LIMIT = 4 * MB;

let server: Server;
let admin: Client;
const opened: { close(): void }[] = [];

beforeAll(async () => {
  server = await startServer();
  admin = await server.connect();
  await admin.command("CLIENT", "NO-EVICT", "on");
});

afterAll(async () => {
  admin?.close();
  await server?.stop();
});

beforeEach(async () => {
  await admin.command("FLUSHALL");
  await admin.command("CONFIG", "RESETSTAT");
  await limit(LIMIT);
});

afterEach(async () => {
  await limit(0);
  for (const one of opened.splice(0)) one.close();
});

async function limit(bytes: number | string): Promise<void> {
  const set = await admin.command("CONFIG", "SET", "maxmemory-clients", bytes);
  expect(plain(set)).toBe("OK");
}

async function open(name: string): Promise<Client> {
  const client = await server.connect();
  opened.push(client);
  await client.command("CLIENT", "SETNAME", name);
  return client;
}

async function openSlow(name: string): Promise<SlowClient> {
  const client = await SlowClient.open(server.port);
  opened.push(client);
  client.write(requestOf(["CLIENT", "SETNAME", name]));
  await until(`${name} to come`, async () => (await sizeOf(name)) !== null);
  return client;
}

/** tot-mem of a client in CLIENT LIST; null when it is gone. */
async function sizeOf(name: string): Promise<number | null> {
  const list = String(plain(await admin.command("CLIENT", "LIST")));
  const line = list.split("\n").find((text) => text.includes(` name=${name} `));
  return line === undefined ? null : Number(/ tot-mem=(\d+)/.exec(line)?.[1]);
}

async function evictedCount(): Promise<number> {
  const text = String(plain(await admin.command("INFO", "stats")));
  return Number(/^evicted_clients:(\d+)\r$/m.exec(text)?.[1]);
}

/** That the client is closed for its memory, and nobody else is. */
async function isEvicted(name: string): Promise<void> {
  await until(`${name} to be evicted`, async () => (await sizeOf(name)) === null);
  expect(await evictedCount()).toBe(1);
  expect(server.log()).toMatch(
    new RegExp(` \\* Evicting client: id=\\d+ addr=\\S+ .* name=${name} .* tot-mem=\\d+ `),
  );
}

const part = Buffer.alloc(MB, "x");

/** Sends a command until the connection ends; whether it did so within that many. */
async function endsWithin(client: Client, count: number, send: (i: number) => void) {
  for (let i = 0; i < count && !client.wire.closed; i++) {
    send(i);
    if (i % 64 === 0) await admin.command("PING");
  }
  await client.wire.rest();
  return client.wire.closed;
}

describe("counts", () => {
  test("a command that does not come whole", async () => {
    const one = await open("sender");
    await one.raw(`*2\r\n$3\r\nGET\r\n$${6 * MB}\r\n`, 0);
    for (let i = 0; i < 5; i++) await one.raw(part, 0);
    await isEvicted("sender");
  });

  test("arguments of a command that waits", async () => {
    const one = await open("waiting");
    one.send("BLPOP", ...Array.from({ length: 5 }, () => part), 0);
    await isEvicted("waiting");
  });

  test("what is queued for EXEC", async () => {
    const one = await open("queuing");
    await one.command("MULTI");
    for (let i = 0; i < 3; i++) expect(plain(await one.command("SET", "k", part))).toBe("QUEUED");
    expect(await sizeOf("queuing")).toBeGreaterThan(3 * MB);
    for (let i = 0; i < 2; i++) one.send("SET", "k", part);
    await isEvicted("queuing");
    expect(plain(await admin.command("EXISTS", "k"))).toBe(0);
  });

  test("keys that are watched", async () => {
    const one = await open("watching");
    expect(await endsWithin(one, 100_000, (i) => one.send("WATCH", `key ${i}`))).toBe(true);
    await isEvicted("watching");
  });

  test.each(["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"])("names of %s", async (command) => {
    const one = await open(command);
    for (let i = 0; i < 2; i++) await one.command(command, `${i}${part}`);
    const size = (await sizeOf(command)) as number;
    expect(size).toBeGreaterThan(2 * MB);
    // One that it has already costs nothing.
    await one.command(command, `0${part}`);
    expect(await sizeOf(command)).toBeLessThan(size + MB / 2);
    await one.command(command.replace("SUB", "UNSUB"), `0${part}`);
    expect(await sizeOf(command)).toBeLessThan(size - MB / 2);
    for (let i = 2; i < 6; i++) one.send(command, `${i}${part}`);
    await isEvicted(command);
  });

  test("prefixes of keys that are tracked", async () => {
    const one = await open("tracking");
    await one.command("HELLO", 3);
    const follow = (i: number) => ["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", `${i}${part}`];
    for (let i = 0; i < 2; i++) await one.command(...follow(i));
    expect(await sizeOf("tracking")).toBeGreaterThan(2 * MB);
    await one.command("CLIENT", "TRACKING", "OFF");
    expect(await sizeOf("tracking")).toBeLessThan(MB / 2);
    for (let i = 0; i < 5; i++) one.send(...follow(i));
    await isEvicted("tracking");
  });

  test("many small subscriptions", async () => {
    const one = await open("subscriber");
    const ended = await endsWithin(one, 100_000, (i) => one.send("SUBSCRIBE", `channel ${i}`));
    expect(ended).toBe(true);
    await isEvicted("subscriber");
  });

  test("replies that are not read", async () => {
    await admin.command("SET", "large", part);
    const slow = await openSlow("slow");
    for (let i = 0; i < 20; i++) slow.write(requestOf(["GET", "large"]));
    await isEvicted("slow");
  });

  test("messages that are not read", async () => {
    const slow = await openSlow("subscriber");
    slow.write(requestOf(["SUBSCRIBE", "news"]));
    await until("it to subscribe", async () => {
      return plain(await admin.command("PUBLISH", "news", "")) === 1;
    });
    let sent = 0;
    while (plain(await admin.command("PUBLISH", "news", part)) === 1) sent++;
    await isEvicted("subscriber");
    expect(sent).toBeLessThan(100);
  });

  test("what a monitor does not read", async () => {
    const slow = await openSlow("monitor");
    slow.write(requestOf(["MONITOR"]));
    let sent = 0;
    for (; (await sizeOf("monitor")) !== null && sent < 100; sent++) {
      await admin.command("SET", "k", part);
    }
    await isEvicted("monitor");
    expect(sent).toBeLessThan(100);
  });
});

test("the largest goes first, and no more than must", async () => {
  const clients = [await open("small"), await open("middle"), await open("large")];
  for (const [i, one] of clients.entries()) {
    await one.command("MULTI");
    one.send("SET", "k", Buffer.alloc((i + 1) * MB));
  }
  await isEvicted("large");
  await limit(2 * MB);
  await until("the middle one to go", async () => (await sizeOf("middle")) === null);
  expect(await evictedCount()).toBe(2);
  expect(plain(await clients[0].reply())).toBe("QUEUED");
  expect(plain(await clients[0].command("EXEC"))).toEqual(["OK"]);
});

test("a percentage is of maxmemory, and follows it", async () => {
  await limit("5%");
  const one = await open("queuing");
  await one.command("MULTI");
  await one.command("SET", "k", part);
  await admin.command("CONFIG", "SET", "maxmemory", 100 * MB);
  expect(await sizeOf("queuing")).toBeGreaterThan(MB);
  await admin.command("CONFIG", "SET", "maxmemory", 10 * MB);
  await isEvicted("queuing");
  await admin.command("CONFIG", "SET", "maxmemory", 0);
});

test("NO-EVICT spares a client, and others go in its place, until it is off", async () => {
  const [spared, other] = [await open("spared"), await open("other")];
  await spared.command("CLIENT", "NO-EVICT", "on");
  await spared.command("WATCH", ...Array.from({ length: 6 }, (_, i) => `${i}${part}`));
  await isEvicted("other");
  expect(await other.wire.untilClosed()).toBe(true);
  expect(await sizeOf("spared")).toBeGreaterThan(6 * MB);
  spared.send("CLIENT", "NO-EVICT", "off");
  await until("it to go", async () => (await sizeOf("spared")) === null);
  expect(await evictedCount()).toBe(2);
});
