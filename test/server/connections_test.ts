// Purpose: clients that vanish, half-close or do nothing, many of them: the server frees all that
// was theirs, and others do not notice.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import type { Client } from "../client/client.ts";
import { cpuMs, residentSize } from "../client/process.ts";
import { plain, requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";

const MB = 2 ** 20;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
});

async function info(field: string): Promise<number> {
  const text = String(plain(await client.command("INFO", "everything")));
  return Number(new RegExp(`^${field}:(.*)\r$`, "m").exec(text)?.[1]);
}

/** Waits until only so many clients are connected. */
const untilClients = (count: number) =>
  until(`${count} clients`, async () => (await info("connected_clients")) === count);

/** A connection that can be reset; it has said something, so the server knows it. */
async function resettable(): Promise<Socket> {
  const socket = connectSocket({ port: server.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write("PING\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

describe("a client that vanishes", () => {
  test.each([
    ["between commands", ""],
    ["in a count", "*2\r"],
    ["in a size", "*2\r\n$3\r\nGET\r\n$1"],
    ["in an argument", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000000\r\nabc"],
    ["in an inline command", "SET a b"],
    ["in MULTI", "MULTI\r\nSET a b\r\n"],
    ["watching", "WATCH a\r\n"],
    ["in MONITOR", "MONITOR\r\n"],
    ["without replies", "CLIENT REPLY OFF\r\nPING\r\n"],
  ])("%s, by an end or by a reset", async (_, bytes) => {
    for (const reset of [false, true]) {
      const socket = await resettable();
      socket.write(bytes);
      await Bun.sleep(10);
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
      await untilClients(1);
    }
    expect(plain(await client.command("SET", "a", "c"))).toBe("OK");
    expect(plain(await client.command("GET", "a"))).toBe("c");
  });

  test("in the middle of a reply that it has begun to read", async () => {
    await client.command("SET", "big", Buffer.alloc(20 * MB, "x"));
    const before = residentSize(server.pid);
    for (let round = 0; round < 10; round++) {
      const slow = await SlowClient.open(server.port);
      slow.write(requestOf(["GET", "big"]));
      await slow.readTo(MB);
      slow.close();
    }
    await untilClients(1);
    expect(residentSize(server.pid) - before).toBeLessThan(300 * MB);
    await until("memory to go back", () => residentSize(server.pid) - before < 60 * MB);
  });

  test("while its commands are held back", async () => {
    await client.command("CLIENT", "PAUSE", "60000", "WRITE");
    const socket = await resettable();
    socket.write("SET a b\r\nSET c d\r\n");
    await until("it to wait", async () => (await info("blocked_clients")) === 1);
    socket.resetAndDestroy();
    await untilClients(1);
    expect(await info("blocked_clients")).toBe(0);
    await client.command("CLIENT", "UNPAUSE");
    await client.command("PING");
    expect(plain(await client.command("DBSIZE"))).toBe(0);
  });

  test("as soon as it has sent its commands: they are run", async () => {
    for (let round = 0; round < 20; round++) {
      const wire = await Wire.open(server);
      wire.write(Buffer.from("INCR n\r\n"));
      wire.end();
      expect((await wire.rest()).toString()).toBe(`:${round + 1}\r\n`);
      wire.close();
    }
    expect(plain(await client.command("GET", "n"))).toBe("20");
  });
});

describe("a half-open client", () => {
  test("gets all replies to what it sent before the end", async () => {
    const commands = Array.from({ length: 1000 }, (_, i) => requestOf(["ECHO", `m${i}`]));
    const wire = await Wire.open(server);
    wire.write(Buffer.concat(commands));
    wire.end();
    const replies = await wire.replies(1000);
    expect(replies[999].toString()).toBe("$4\r\nm999\r\n");
    expect(await wire.untilClosed()).toBe(true);
    wire.close();
    await untilClients(1);
  });

  test("that never ends its side after QUIT is gone for the server", async () => {
    const wire = await Wire.open(server);
    wire.write(Buffer.from("QUIT\r\n"));
    expect((await wire.rest()).toString()).toBe("+OK\r\n");
    expect(wire.closed).toBe(true);
    await untilClients(1);
    wire.close();
  });
});

test("a thousand clients that come and go leave no memory and no files behind", async () => {
  const files = () =>
    new Bun.Glob("*").scanSync({ cwd: `/proc/${server.pid}/fd`, onlyFiles: false });
  const filesBefore = [...files()].length;
  let size = 0;
  for (let round = 0; round < 6; round++) {
    const wires = await Promise.all(Array.from({ length: 250 }, () => Wire.open(server)));
    for (const wire of wires) wire.write(Buffer.from("SET a b\r\nGET a\r\n*2\r\n$3\r\nGE"));
    await Promise.all(wires.map((wire) => wire.replies(2)));
    for (const wire of wires) wire.close();
    await untilClients(1);
    if (round === 1) size = residentSize(server.pid);
  }
  expect(residentSize(server.pid) - size).toBeLessThan(30 * MB);
  expect([...files()].length).toBeLessThan(filesBefore + 5);
});

const FILES_MAX = Number(
  /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1],
);
const IDLE_COUNT = 10_000;

test.skipIf(FILES_MAX < IDLE_COUNT + 500)(
  "ten thousand idle clients cost little memory and no time, and go away in no time",
  async () => {
    await client.command("CONFIG", "SET", "maxclients", IDLE_COUNT + 100);
    const received = await info("total_connections_received");
    const before = residentSize(server.pid);
    const sockets: { terminate(): void }[] = [];
    while (sockets.length < IDLE_COUNT) {
      const opened = Array.from({ length: 250 }, () =>
        Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } }),
      );
      sockets.push(...(await Promise.all(opened)));
    }
    await untilClients(IDLE_COUNT + 1);
    expect(residentSize(server.pid) - before).toBeLessThan(IDLE_COUNT * 12_000);
    const ofPings = cpuMs(server.pid);
    for (let count = 0; count < 300; count++) await client.command("PING");
    expect(cpuMs(server.pid) - ofPings).toBeLessThan(600);
    const ofNothing = cpuMs(server.pid);
    await Bun.sleep(1000);
    expect(cpuMs(server.pid) - ofNothing).toBeLessThan(300);
    const list = String(plain(await client.command("CLIENT", "LIST")));
    expect(list.split("\n").length).toBe(IDLE_COUNT + 2);
    for (const socket of sockets) socket.terminate();
    await untilClients(1);
    expect(await info("total_connections_received")).toBe(received + IDLE_COUNT);
    expect(residentSize(server.pid) - before).toBeLessThan(IDLE_COUNT * 12_000);
  },
);
