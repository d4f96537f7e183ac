// Purpose: values of up to 512 MB, in and out: whole, in time that grows with the size and not
// faster, and in memory that is given back.

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { freemem } from "node:os";
import type { Client } from "../client/client.ts";
import { cpuMs, residentSize } from "../client/process.ts";
import { plain, requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";

const MB = 2 ** 20;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

afterEach(async () => {
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

/** A megabyte that is like no other of the value. */
function pieceOf(index: number): Buffer {
  const piece = Buffer.alloc(MB, "0123456789abcde");
  piece.writeUInt32BE(index, 1000);
  return piece;
}

/** Sets a key to a value of so many megabytes, in pieces; ms of the server's CPU. */
async function setBig(socket: SlowClient, key: string, megabytes: number): Promise<number> {
  const start = cpuMs(server.pid);
  const head = `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${megabytes * MB}\r\n`;
  socket.write(Buffer.from(head));
  for (let index = 0; index < megabytes; index++) socket.write(pieceOf(index));
  socket.write(Buffer.from("\r\n"));
  await socket.readTo(socket.size + "+OK\r\n".length);
  return cpuMs(server.pid) - start;
}

/** Gets such a value and compares it, byte for byte; ms of the server's CPU. */
async function getBig(socket: SlowClient, key: string, megabytes: number): Promise<number> {
  const start = cpuMs(server.pid);
  const head = Buffer.from(`$${megabytes * MB}\r\n`);
  const size = head.length + megabytes * MB + 2;
  const from = socket.size;
  socket.write(requestOf(["GET", key]));
  let at = 0;
  let index = -1;
  let expected: Buffer = head;
  await socket.readTo(from + size, (bytes) => {
    for (let begin = 0; begin < bytes.length; ) {
      const part = Math.min(bytes.length - begin, expected.length - at);
      const same = Buffer.compare(
        bytes.subarray(begin, begin + part),
        expected.subarray(at, at + part),
      );
      if (same !== 0) throw new Error(`other bytes came in megabyte ${index}`);
      begin += part;
      at += part;
      if (at < expected.length) continue;
      at = 0;
      index++;
      expected = index < megabytes ? pieceOf(index) : Buffer.from("\r\n");
    }
  });
  expect(socket.size).toBe(from + size);
  return cpuMs(server.pid) - start;
}

test("the time for a value grows with its size, and not faster", async () => {
  const socket = await SlowClient.open(server.port);
  await setBig(socket, "warm", 64);
  await getBig(socket, "warm", 64);
  const small = [await setBig(socket, "small", 32), await getBig(socket, "small", 32)];
  const large = [await setBig(socket, "large", 128), await getBig(socket, "large", 128)];
  // Copying all that is there for each piece that arrives would take half a minute.
  for (const i of [0, 1]) expect(large[i]).toBeLessThan(Math.max(4 * 3 * small[i], 3000));
  socket.close();
});

const NEEDED = 2500 * MB;

test.skipIf(freemem() < NEEDED)("512 MB go in and out again, one byte more does not", async () => {
  const before = residentSize(server.pid);
  const socket = await SlowClient.open(server.port);
  const setMs = await setBig(socket, "key", 512);
  expect(plain(await client.command("STRLEN", "key"))).toBe(512 * MB);
  expect(plain(await client.command("GETRANGE", "key", 511 * MB, -1))).toBe(
    pieceOf(511).toString(),
  );
  const getMs = await getBig(socket, "key", 512);
  expect(setMs).toBeLessThan(8000);
  expect(getMs).toBeLessThan(8000);
  socket.close();
  expect(await client.command("APPEND", "key", "x")).toMatchObject({
    value: "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
  });
  const other = await server.connect();
  const refusal = await other.raw(`*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${512 * MB + 1}\r\n`);
  expect(refusal.toString()).toBe("-ERR Protocol error: invalid bulk length\r\n");
  await client.command("DEL", "key");
  await until("memory to go back", () => residentSize(server.pid) - before < 100 * MB);
});

test("other clients are served while a big value comes in and goes out", async () => {
  const socket = await SlowClient.open(server.port);
  let slowest = 0;
  let done = false;
  const pings = (async () => {
    while (!done) {
      const start = cpuMs(server.pid);
      await client.command("PING");
      slowest = Math.max(slowest, cpuMs(server.pid) - start);
      await Bun.sleep(2);
    }
  })();
  await setBig(socket, "key", 100);
  await getBig(socket, "key", 100);
  done = true;
  await pings;
  expect(slowest).toBeLessThan(500);
  socket.close();
});

test("MULTI queues big arguments, and gives their memory back", async () => {
  const values = Array.from({ length: 4 }, (_, i) => Buffer.alloc(8 * MB, 97 + i));
  const replies = await client.pipeline([
    ["MULTI"],
    ...values.map((value, i) => ["SET", `k${i}`, value]),
    ["MSET", ...values.flatMap((value, i) => [`m${i}`, value])],
    ["GET", "k3"],
    ["EXEC"],
  ]);
  const done = plain(replies[replies.length - 1]) as unknown as string[];
  expect(done.slice(0, 5)).toEqual(["OK", "OK", "OK", "OK", "OK"]);
  expect(done[5] === values[3].toString()).toBe(true);
  for (const [i, value] of values.entries()) {
    const got = await client.command("GET", `m${i}`);
    expect(got.type === "bulk" && got.value.equals(value)).toBe(true);
  }
  const info = String(plain(await client.command("CLIENT", "INFO")));
  expect(Number(/ tot-mem=(\d+)/.exec(info)?.[1])).toBeLessThan(MB);
});

test("a transaction that is discarded, or whose client goes, gives it back, too", async () => {
  const before = residentSize(server.pid);
  for (let round = 0; round < 5; round++) {
    const other = await server.connect();
    const value = Buffer.alloc(16 * MB, "x");
    await other.pipeline([["MULTI"], ["SET", "a", value], ["SET", "b", value]]);
    if (round % 2 === 0) await other.command("DISCARD");
    other.close();
  }
  await until("memory to go back", () => residentSize(server.pid) - before < 120 * MB);
  expect(plain(await client.command("DBSIZE"))).toBe(0);
});
