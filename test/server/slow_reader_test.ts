// Purpose: clients that do not read what they asked for: the server's memory stays bounded, other
// clients notice nothing, and what was asked for comes whole and in order once they read.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { cpuMs, residentSize } from "../client/process.ts";
import { plain, requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";

const MB = 2 ** 20;
const VALUE_COUNT = 10;

let server: Server;
let client: Client;
let slow: SlowClient;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
  for (let i = 0; i < VALUE_COUNT; i++) await client.command("SET", `key:${i}`, valueAt(i));
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

beforeEach(async () => {
  slow = await SlowClient.open(server.port);
});

afterEach(async () => {
  slow.close();
  await limitOutput("normal 0 0 0 pubsub 33554432 8388608 60");
});

async function limitOutput(limits: string): Promise<void> {
  await client.command("CONFIG", "SET", "client-output-buffer-limit", limits);
}

/** About 1 MB, of another size for each. */
const valueAt = (i: number) => Buffer.alloc(MB + i * 1001, `value ${i}, and so on; `);

/** GETs of the values in turn, so many times. */
function gets(rounds: number): Buffer {
  const round = Array.from({ length: VALUE_COUNT }, (_, i) => requestOf(["GET", `key:${i}`]));
  return Buffer.concat(Array(rounds).fill(Buffer.concat(round)));
}

/** The replies to one round of GETs. */
const REPLIES = Buffer.concat(
  Array.from({ length: VALUE_COUNT }, (_, i) => [
    Buffer.from(`$${valueAt(i).length}\r\n`),
    valueAt(i),
    Buffer.from("\r\n"),
  ]).flat(),
);

/** A check of bytes that come in pieces against REPLIES, over and over. */
function checker(): (bytes: Uint8Array) => void {
  let at = 0;
  return (bytes) => {
    for (let from = 0; from < bytes.length; ) {
      const size = Math.min(bytes.length - from, REPLIES.length - at);
      const expected = REPLIES.subarray(at, at + size);
      if (Buffer.compare(bytes.subarray(from, from + size), expected) !== 0) {
        throw new Error(`other bytes came at ${at} of a round`);
      }
      from += size;
      at = (at + size) % REPLIES.length;
    }
  };
}

/** CPU time in ms that the server took at most while a PING waited for its reply, of so many. */
async function slowestPing(count: number): Promise<number> {
  let slowest = 0;
  for (let i = 0; i < count; i++) {
    const start = cpuMs(server.pid);
    await client.command("PING");
    slowest = Math.max(slowest, cpuMs(server.pid) - start);
    await Bun.sleep(1);
  }
  return slowest;
}

async function clientField(field: string): Promise<number[]> {
  const list = String(plain(await client.command("CLIENT", "LIST")));
  return [...list.matchAll(new RegExp(` ${field}=(\\d+)`, "g"))].map((match) => Number(match[1]));
}

test("replies to a client that does not read wait in bounded memory, in order", async () => {
  const before = residentSize(server.pid);
  const rounds = 40;
  slow.write(gets(rounds));
  const waiting = async () => Math.max(...(await clientField("omem")));
  await until("replies that wait", async () => (await waiting()) > 32 * MB);
  expect(await slowestPing(100)).toBeLessThan(300);
  expect(await waiting()).toBeLessThan(80 * MB);
  expect(residentSize(server.pid) - before).toBeLessThan(250 * MB);
  const reading = slow.readTo(rounds * REPLIES.length, checker());
  expect(await slowestPing(50)).toBeLessThan(300);
  await reading;
  expect(slow.size).toBe(rounds * REPLIES.length);
  expect(residentSize(server.pid) - before).toBeLessThan(300 * MB);
});

test("the server stops reading from such a client, too", async () => {
  const requests = gets(1);
  const rounds = Math.ceil((24 * MB) / requests.length);
  // Of 24 MB of requests the sockets take a few; the rest waits at the client's side.
  slow.write(gets(1));
  slow.write(gets(20));
  slow.write(Buffer.concat(Array(rounds).fill(requests)));
  let size = -1;
  await until("the sockets to be full", async () => {
    const before = size;
    size = slow.unsentSize;
    await Bun.sleep(300);
    return slow.unsentSize === size && size === before;
  });
  expect(slow.unsentSize).toBeGreaterThan(4 * MB);
  expect(Math.max(...(await clientField("qbuf")))).toBeLessThan(8 * MB);
  expect(await slowestPing(30)).toBeLessThan(300);
});

test("many clients that do not read", async () => {
  const before = residentSize(server.pid);
  const many = await Promise.all(Array.from({ length: 20 }, () => SlowClient.open(server.port)));
  for (const one of many) one.write(gets(1));
  await until(
    "their replies to wait",
    async () => (await clientField("omem")).filter((size) => size > 0).length === many.length,
  );
  expect(await slowestPing(30)).toBeLessThan(300);
  expect(residentSize(server.pid) - before).toBeLessThan(500 * MB);
  await Promise.all(many.map((one) => one.readTo(REPLIES.length, checker())));
  for (const one of many) {
    expect(one.size).toBe(REPLIES.length);
    one.close();
  }
});

test("one that goes away leaves nothing behind", async () => {
  slow.write(gets(20));
  await until("replies that wait", async () => Math.max(...(await clientField("omem"))) > 0);
  slow.close();
  await until("the client to be gone", async () => (await clientField("omem")).length === 1);
  expect(await clientField("omem")).toEqual([0]);
  expect(server.log()).not.toMatch(/crash/i);
});

test("small replies in great number", async () => {
  const count = 1_500_000;
  slow.write(Buffer.from("PING\r\n".repeat(count)));
  const expected = Buffer.from("+PONG\r\n".repeat(10_000));
  let at = 0;
  await slow.readTo(7 * count, (bytes) => {
    for (let from = 0; from < bytes.length; ) {
      const size = Math.min(bytes.length - from, expected.length - at);
      const part = expected.subarray(at, at + size);
      if (Buffer.compare(bytes.subarray(from, from + size), part) !== 0)
        throw new Error("not PONG");
      from += size;
      at = (at + size) % expected.length;
    }
  });
  expect(slow.size).toBe(7 * count);
});

test("above the hard limit a client is closed at once", async () => {
  await limitOutput(`normal ${20 * MB} 0 0`);
  slow.write(gets(10));
  await until("it to be closed", async () => (await clientField("omem")).length === 1);
  await slow.readTo(Infinity);
  expect(slow.closed).toBe(true);
  expect(server.log()).toMatch(
    /Client id=\d+ addr=127\.0\.0\.1:\d+ .*closed ASAP for overcoming of output buffer limits\./,
  );
});

test("above the soft limit it is closed after its time, and below it never", async () => {
  await limitOutput(`normal 0 ${8 * MB} 2`);
  const other = await SlowClient.open(server.port);
  const startMs = performance.now();
  slow.write(gets(3));
  other.write(gets(3));
  await other.readTo(3 * REPLIES.length, checker());
  await until("it to be closed", async () => (await clientField("omem")).length === 2);
  expect(performance.now() - startMs).toBeGreaterThan(1000);
  expect(other.closed).toBe(false);
  await slow.readTo(Infinity);
  expect(slow.closed).toBe(true);
  other.close();
});

describe("who never reads what it is told costs its limit and no more", () => {
  const message = Buffer.alloc(MB / 4, "m");
  const COUNT = 400;

  /** Megabytes by which it may grow beyond the limit: for the system, and what is unused. */
  const BESIDE = 80;

  /** Opens a client that asks to be told, and says what it never reads. */
  async function openDeaf(words: string[]): Promise<SlowClient> {
    const deaf = await SlowClient.open(server.port);
    for (const command of words) deaf.write(Buffer.from(`${command}\r\n`));
    const [last] = (words[words.length - 1] as string).toLowerCase().split(" ");
    await until("it to ask", async () => {
      const list = String(plain(await client.command("CLIENT", "LIST")));
      return list.split("\n").some((line) => line.includes(` cmd=${last}`));
    });
    return deaf;
  }

  /** Does so until there is one client less, or so often; how often. */
  async function tellUntilGone(tell: () => Promise<unknown>, most: number): Promise<number> {
    const before = (await clientField("omem")).length;
    for (let count = 0; count < most; count++) {
      await tell();
      if ((await clientField("omem")).length < before) return count;
    }
    return most;
  }

  test.each([
    ["SUBSCRIBE news", "pubsub"],
    ["PSUBSCRIBE n*", "pubsub"],
    ["MONITOR", "normal"],
  ])("%s", async (command, kind) => {
    await limitOutput(`${kind} ${20 * MB} 0 0`);
    const size = residentSize(server.pid);
    const deaf = await openDeaf([command]);
    const publish = () => client.command("PUBLISH", "news", message);
    // What the system takes for it comes on top.
    expect(await tellUntilGone(publish, COUNT)).toBeLessThan(COUNT);
    expect(residentSize(server.pid) - size).toBeLessThan((20 + BESIDE) * MB);
    await deaf.readTo(Infinity);
    expect(deaf.closed).toBe(true);
    expect(deaf.size).toBeLessThan(60 * MB);
    deaf.close();
  });

  test("messages of one transaction, or of one script", async () => {
    await limitOutput(`pubsub ${20 * MB} 0 0`);
    const size = residentSize(server.pid);
    const script = 'for (let i = 0; i < 400; i++) redis.call("PUBLISH", "news", ARGV[1])';
    const inScript = () => client.command("EVAL", script, 0, message);
    const inExec = async () => {
      await client.command("MULTI");
      for (let i = 0; i < COUNT; i++) await client.command("PUBLISH", "news", message);
      return await client.command("EXEC");
    };
    for (const tell of [inScript, inExec]) {
      const deaf = await openDeaf(["SUBSCRIBE news"]);
      expect(await tellUntilGone(tell, 1)).toBe(0);
      deaf.close();
    }
    // The transaction itself is as large as it is.
    const queued = (COUNT * message.length) / MB;
    expect(residentSize(server.pid) - size).toBeLessThan((20 + BESIDE + queued) * MB);
  });

  test("many at once, of messages that they share", async () => {
    await limitOutput(`pubsub ${MB} 0 0`);
    const size = residentSize(server.pid);
    const deaf: SlowClient[] = [];
    for (let i = 0; i < 30; i++) deaf.push(await SlowClient.open(server.port));
    for (const one of deaf) one.write(Buffer.from("SUBSCRIBE news\r\n"));
    await until("all to subscribe", async () => {
      return plain(await client.command("PUBLISH", "news", "")) === deaf.length;
    });
    await until("all to be gone", async () => {
      return plain(await client.command("PUBLISH", "news", message)) === 0;
    });
    expect(residentSize(server.pid) - size).toBeLessThan((deaf.length + BESIDE) * MB);
    for (const one of deaf) one.close();
  });

  test("names of keys that a client tracks", async () => {
    await limitOutput(`normal ${MB} 0 0`);
    const deaf = await openDeaf(["HELLO 3", "CLIENT TRACKING ON BCAST"]);
    const name = Buffer.alloc(MB / 8, "k");
    const write = () => client.command("SET", name, "1", "PX", 1);
    expect(await tellUntilGone(write, COUNT)).toBeLessThan(COUNT);
    deaf.close();
  });
});

test.each([
  ["overwritten", ["SET", "SETRANGE", "APPEND"]],
  ["removed", ["DEL", "GETDEL", "FLUSHALL"]],
])("values that are %s before they are read come as they were", async (_, changes) => {
  const seen = async () => {
    const info = plain(await client.command("INFO", "commandstats")) as string;
    return Number(/cmdstat_get:calls=(\d+)/.exec(info)?.[1] ?? 0);
  };
  const words: Readonly<Record<string, string[]>> = {
    SET: ["SET", "changing", "short"],
    SETRANGE: ["SETRANGE", "changing", "0", "changed"],
    APPEND: ["APPEND", "changing", "more"],
    DEL: ["DEL", "changing"],
    GETDEL: ["GETDEL", "changing"],
    FLUSHALL: ["FLUSHALL"],
  };
  const count = 8;
  const reply = Buffer.concat([Buffer.from(`$${4 * MB}\r\n`), Buffer.alloc(4 * MB, "abcdefg")]);
  const end = Buffer.from("\r\n");
  const all = Buffer.concat(Array(count).fill([reply, end]).flat());
  for (const change of changes) {
    await client.command("SET", "changing", Buffer.alloc(4 * MB, "abcdefg"));
    const before = await seen();
    slow.write(Buffer.concat(Array(count).fill(requestOf(["GET", "changing"]))));
    await until("all was asked for", async () => (await seen()) >= before + count);
    await client.command(...words[change]);
    // What was freed would be used again.
    for (let i = 0; i < 4; i++) await client.command("SET", `new:${i}`, Buffer.alloc(4 * MB, "X"));
    const from = slow.size;
    let at = 0;
    await slow.readTo(from + all.length, (bytes) => {
      if (!all.subarray(at, at + bytes.length).equals(bytes)) throw new Error(`another at ${at}`);
      at += bytes.length;
    });
    expect(slow.size).toBe(from + all.length);
    for (let i = 0; i < 4; i++) await client.command("DEL", `new:${i}`);
  }
});
