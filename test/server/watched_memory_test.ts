// Purpose: what a client counts for keys that it watches is what they take, and comes back.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";

const KEY_COUNT = 10_000;
/** Names of eight bytes, and what is needed to find each and whom to tell. */
const LEAST = 300;
const MOST = 500;

let server: Server;
let watching: Client;
let other: Client;
let id: string;

beforeAll(async () => {
  server = await startServer();
  watching = await server.connect();
  other = await server.connect();
  id = String(plain(await watching.command("CLIENT", "ID")));
});

afterAll(async () => {
  watching?.close();
  other?.close();
  await server?.stop();
});

/** tot-mem of the watching client, and used_memory. */
async function sizes(): Promise<[number, number]> {
  const line = String(plain(await other.command("CLIENT", "LIST", "ID", id)));
  const info = String(plain(await other.command("INFO", "memory")));
  return [
    Number(/ tot-mem=(\d+)/.exec(line)?.[1]),
    Number(/^used_memory:(\d+)\r$/m.exec(info)?.[1]),
  ];
}

async function watchAll(): Promise<void> {
  const names = Array.from({ length: KEY_COUNT }, (_, i) => `key${10_000 + i}`);
  expect(plain(await watching.command("WATCH", ...names))).toBe("OK");
}

test.each(["UNWATCH", "DISCARD", "EXEC"])("10,000 watched keys, until %s", async (end) => {
  const [ownBefore, usedBefore] = await sizes();
  await watchAll();
  const [own, used] = await sizes();
  for (const added of [own - ownBefore, used - usedBefore]) {
    expect(added / KEY_COUNT).toBeGreaterThan(LEAST);
    expect(added / KEY_COUNT).toBeLessThan(MOST);
  }
  // Those that it watches already cost nothing.
  await watchAll();
  expect((await sizes())[0]).toBe(own);
  if (end !== "UNWATCH") await watching.command("MULTI");
  await watching.command(end);
  const [ownAfter, usedAfter] = await sizes();
  expect(ownAfter).toBe(ownBefore);
  expect(usedAfter - usedBefore).toBeLessThan(100_000);
});

test("who watches many is told of one change, whatever the name", async () => {
  for (const name of ["", "a", "x".repeat(32), "x".repeat(33), "x".repeat(4097)]) {
    const [one, two] = [await server.connect(), await server.connect()];
    const clients = [watching, one, two];
    await watchAll();
    for (const client of clients) await client.command("WATCH", name);
    for (const client of clients) await client.command("MULTI");
    await two.command("DISCARD");
    await two.command("WATCH", `${name}.`);
    await two.command("MULTI");
    await other.command("SET", name, "v");
    expect(plain(await watching.command("EXEC"))).toBe(null);
    expect(plain(await one.command("EXEC"))).toBe(null);
    expect(plain(await two.command("EXEC"))).toEqual([]);
    one.close();
    two.close();
  }
});

test("10,000 keys that are waited for", async () => {
  const [ownBefore] = await sizes();
  const names = Array.from({ length: KEY_COUNT }, (_, i) => `key${10_000 + i}`);
  watching.send("BLPOP", ...names, 0);
  const own = async () => (await sizes())[0];
  await until("it to wait", async () => (await own()) > ownBefore + KEY_COUNT * LEAST);
  expect(plain(await other.command("CLIENT", "UNBLOCK", id))).toBe(1);
  expect(plain(await watching.reply())).toBe(null);
  expect(await own()).toBe(ownBefore);
});
