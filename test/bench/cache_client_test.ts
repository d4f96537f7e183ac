// Purpose: what measures hit ratios: keys by Zipf's law, and a client that counts hits right.

import { expect, test } from "bun:test";
import { CacheClient } from "../../bench/cache_client.ts";
import { Control } from "../../bench/control.ts";
import { seededRandom } from "../../bench/statistics.ts";
import { zipf } from "../../bench/zipf.ts";
import { startServer } from "../client/server.ts";

test("Zipf's numbers come in proportion to a power of their place", () => {
  const next = zipf(1000, 0.7, seededRandom(1));
  const counts = new Array<number>(1000).fill(0);
  for (let i = 0; i < 200_000; i++) counts[next()]++;
  const expected = Array.from({ length: 1000 }, (_, index) => 1 / (index + 1) ** 0.7);
  const total = expected.reduce((sum, share) => sum + share, 0);
  for (const index of [0, 1, 9]) {
    const share = counts[index] / 200_000;
    expect(share / ((expected[index] as number) / total)).toBeCloseTo(1, 1);
  }
  expect(counts[999]).toBeGreaterThan(0);
});

test("Zipf's numbers are within bounds at both ends of chance", () => {
  expect(zipf(5, 0.99, () => 0)()).toBe(0);
  expect(zipf(5, 0.99, () => 1 - 2 ** -53)()).toBe(4);
  expect(zipf(5, 0.99, () => 1)()).toBe(4);
});

test("a lookup tells how many keys were there, and the next one sets the others", async () => {
  const server = await startServer();
  const client = await CacheClient.open(server.port, "value");
  expect(await client.lookUp(["a", "b", "a"])).toBe(0);
  expect(await client.lookUp(["a", "c", "b"])).toBe(2);
  expect(await client.lookUp(["a", "b", "c"])).toBe(3);
  const many = Array.from({ length: 3000 }, (_, index) => `many:${index}`);
  expect(await client.lookUp(many)).toBe(0);
  expect(await client.lookUp(many)).toBe(3000);
  client.close();
  const control = await Control.open(server.port);
  expect(await control.databaseSize()).toBe(3003);
  expect(Number(await control.info("memory", "used_memory"))).toBeGreaterThan(100_000);
  expect(await control.must("PING")).toBe("+PONG");
  await expect(control.info("memory", "no_such_field")).rejects.toThrow("has no no_such_field");
  control.close();
  await server.stop();
});

test("a lookup fails when a reply is none that it expects, or the server goes", async () => {
  const server = await startServer();
  const control = await Control.open(server.port);
  await control.must("RPUSH", "list", "x");
  control.close();
  const client = await CacheClient.open(server.port, "value");
  await expect(client.lookUp(["list"])).rejects.toThrow("not the expected reply: -WRONGTYPE");
  const other = await CacheClient.open(server.port, "value");
  expect(await other.lookUp(["a"])).toBe(0);
  await server.stop();
  expect(other.lookUp(["a"])).rejects.toThrow("closed the connection");
});
