// Purpose: a subscriber that does not read costs what client-output-buffer-limit allows, and then
// its connection; nobody else notices. What many do not read is kept once.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { SlowClient } from "../../client/slow.ts";
import { until } from "../../client/until.ts";
import { WireClient } from "./wire_client.ts";

const KB = 1 << 10;
const MB = 1 << 20;
/** What the system takes of one connection's output before any has to wait here. */
const SOCKET_SIZE_MAX = 12 * MB;

let server: Server;
let admin: Client;

beforeAll(async () => {
  server = await startServer();
  admin = await server.connect();
});
afterAll(async () => {
  admin.close();
  await server.stop();
});

async function info(field: string): Promise<number> {
  const text = String(plain(await admin.command("INFO", "everything")));
  return Number(new RegExp(`^${field}:(.*)\r$`, "m").exec(text)?.[1]);
}

async function listener(channel: string): Promise<SlowClient> {
  const before = Number((plain(await admin.command("PUBSUB", "NUMSUB", channel)) as number[])[1]);
  const client = await SlowClient.open(server.port);
  client.write(Buffer.from(`SUBSCRIBE ${channel}\r\n`));
  await until("it to listen", async () => {
    const [, count] = plain(await admin.command("PUBSUB", "NUMSUB", channel)) as number[];
    return count === before + 1;
  });
  return client;
}

/** Publishes messages of one size, one after the other; to how many the last has gone. */
async function publish(channel: string, size: number, count: number): Promise<number> {
  const message = Buffer.alloc(size, 120);
  let last = 0;
  for (let i = 0; i < count; i++) {
    last = Number(plain(await admin.command("PUBLISH", channel, message)));
  }
  return last;
}

for (const [name, size] of [
  ["small", 100],
  ["large", 300 * KB],
] as const) {
  test(`who reads no ${name} messages is closed at the limit, and others get them`, async () => {
    await admin.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 2mb 0 0");
    const idle = await listener("c");
    const reader = await WireClient.open(server.port);
    reader.send(["SUBSCRIBE c"]);
    await reader.reach(1);
    const request = `*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$${size}\r\n${"x".repeat(size)}\r\n`;
    const messageSize = `*3|$7|message|$1|c|$${size}||`.length + size;
    const publisher = await SlowClient.open(server.port);
    const step = Math.ceil(MB / size);
    let count = 0;
    // In steps that who reads takes before the limit.
    while (count * size < SOCKET_SIZE_MAX + 4 * MB) {
      count += step;
      publisher.write(Buffer.from(request.repeat(step)));
      await publisher.readTo(count * 4);
      await reader.reach("*3|$9|subscribe|$1|c|:1|".length + count * messageSize);
    }
    expect(reader.got).toHaveLength("*3|$9|subscribe|$1|c|:1|".length + count * messageSize);
    expect(server.log()).toMatch(
      /# Client id=\d+ .* sub=1 .* scheduled to be closed ASAP for overcoming of output buffer/,
    );
    expect(await publish("c", 1, 1)).toBe(1);
    for (const client of [idle, reader, publisher]) client.close();
  });
}

test("the limit is that of its class: of who has subscribed, and only as long", async () => {
  await admin.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0");
  await admin.command("SET", "large", Buffer.alloc(2 * MB));
  const client = await WireClient.open(server.port);
  client.send(["SUBSCRIBE c", "UNSUBSCRIBE c", "STRLEN large", "GET large", "STRLEN large"]);
  await client.reach(2 * MB);
  await client.quiet(20);
  expect(client.isClosed).toBe(false);
  expect(client.got).toEndWith("|:2097152|");
  client.send(["HELLO 3", "SUBSCRIBE c", "GET large"]);
  await until("it to be closed", async () => client.isClosed);
  await admin.command("DEL", "large");
});

test("who reads slowly gets every message, in order", async () => {
  await admin.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0");
  const slow = await listener("order");
  const head = "*3\r\n$9\r\nsubscribe\r\n$5\r\norder\r\n:1\r\n";
  let expected = head;
  for (let i = 0; i < 300; i++) {
    const message = `${i}:${"y".repeat(i % 7 === 0 ? 200 * KB : i * 20)}`;
    expected += `*3\r\n$7\r\nmessage\r\n$5\r\norder\r\n$${message.length}\r\n${message}\r\n`;
    await admin.command("PUBLISH", "order", message);
  }
  const parts: Buffer[] = [];
  await slow.readTo(expected.length, (bytes) => void parts.push(Buffer.from(bytes)));
  expect(Buffer.concat(parts).toString("latin1") === expected).toBe(true);
  slow.close();
});

test("large messages that many do not read are kept once", async () => {
  await admin.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0");
  const idle: SlowClient[] = [];
  while (idle.length < 60) idle.push(await listener("many"));
  const before = await info("used_memory_rss");
  expect(await publish("many", MB, 20)).toBe(60);
  // Each has 20 MB waiting, less what the system has taken: 1.2 GB if each had its own.
  expect((await info("used_memory_rss")) - before).toBeLessThan(400 * MB);
  for (const client of idle) client.close();
  await until("them to be gone", async () => (await publish("many", 1, 1)) === 0);
});
