// Purpose: limits on clients: how many, how long idle, how much of a request may wait; and that
// connections are watched by the system (tcp-keepalive).

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";

const MB = 2 ** 20;

let server: Server;
let admin: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--loglevel", "verbose"] });
  admin = await server.connect();
});

afterAll(async () => {
  admin?.close();
  await server?.stop();
});

beforeEach(async () => {
  await admin.command("CONFIG", "SET", "maxclients", 10000, "timeout", 0);
  await admin.command("CONFIG", "SET", "client-query-buffer-limit", "1gb");
  await admin.command("CONFIG", "RESETSTAT");
});

async function info(field: string): Promise<number> {
  const text = String(plain(await admin.command("INFO", "everything")));
  return Number(new RegExp(`^${field}:(.*)\r$`, "m").exec(text)?.[1]);
}

describe("maxclients", () => {
  test("one client too many is told so, and the others stay", async () => {
    const others = await Promise.all([server.connect(), server.connect()]);
    for (const other of others) await other.command("PING");
    await admin.command("CONFIG", "SET", "maxclients", 3);
    for (let count = 1; count <= 3; count++) {
      const wire = await Wire.open(server);
      expect((await wire.rest()).toString()).toBe("-ERR max number of clients reached\r\n");
      expect(wire.closed).toBe(true);
      expect(await info("rejected_connections")).toBe(count);
    }
    expect(await info("connected_clients")).toBe(3);
    for (const other of others) expect(plain(await other.command("PING"))).toBe("PONG");
    for (const other of others) other.close();
    await until("them to be gone", async () => (await info("connected_clients")) === 1);
    const next = await server.connect();
    expect(plain(await next.command("PING"))).toBe("PONG");
    next.close();
  });

  test("one who writes at once gets the same answer", async () => {
    await admin.command("CONFIG", "SET", "maxclients", 1);
    const wire = await Wire.open(server);
    wire.write(Buffer.from("PING\r\nPING\r\n"));
    expect((await wire.rest()).toString()).toBe("-ERR max number of clients reached\r\n");
    wire.close();
  });
});

describe("timeout", () => {
  test("idle clients are closed, busy ones and monitors are not", async () => {
    const idle = await server.connect();
    const busy = await server.connect();
    const monitor = await server.connect();
    await monitor.command("MONITOR");
    await idle.command("PING");
    await admin.command("CONFIG", "SET", "timeout", 3);
    const start = performance.now();
    while (!idle.wire.closed) {
      await busy.command("PING");
      await admin.command("PING");
      await Bun.sleep(50);
    }
    expect(idle.wire.closed).toBe(true);
    expect(performance.now() - start).toBeGreaterThan(2900);
    expect(plain(await busy.command("PING"))).toBe("PONG");
    expect(monitor.wire.closed).toBe(false);
    expect(server.log()).toMatch(/ - Closing idle client\n/);
    busy.close();
    monitor.close();
  });
});

test("a client that takes its time to read a reply is not idle", async () => {
  await admin.command("SET", "big", Buffer.alloc(48 * MB, "x"));
  await admin.command("CONFIG", "SET", "timeout", 3);
  const slow = await SlowClient.open(server.port);
  slow.write(Buffer.from("GET big\r\n"));
  for (let part = 1; part <= 12; part++) {
    await slow.readTo(part * 3 * MB);
    await Bun.sleep(350);
    await admin.command("PING");
  }
  expect(slow.closed).toBe(false);
  const size = `$${48 * MB}\r\n`.length + 48 * MB + 2;
  await slow.readTo(size);
  expect(slow.size).toBe(size);
  slow.close();
});

describe("client-query-buffer-limit", () => {
  test("who sends more of a command than may wait is closed without a reply", async () => {
    await admin.command("CONFIG", "SET", "client-query-buffer-limit", MB);
    const wire = await Wire.open(server);
    wire.write(Buffer.from(`*2\r\n$4\r\nECHO\r\n$${8 * MB}\r\n${"x".repeat(2 * MB)}`));
    expect((await wire.rest()).toString()).toBe("");
    expect(wire.closed).toBe(true);
    expect(server.log()).toMatch(/ # Closing client that reached max query buffer length: /);
  });

  test("arguments that are there already do not count", async () => {
    await admin.command("CONFIG", "SET", "client-query-buffer-limit", 4 * MB);
    const client = await server.connect();
    const values = Array.from({ length: 10 }, (_, i) => [`k${i}`, Buffer.alloc(MB, 65 + i)]).flat();
    expect(plain(await client.command("MSET", ...values))).toBe("OK");
    expect(plain(await client.command("STRLEN", "k9"))).toBe(MB);
    client.close();
  });

  test("it holds for what arrives while commands are held back", async () => {
    await admin.command("CONFIG", "SET", "client-query-buffer-limit", MB);
    await admin.command("CLIENT", "PAUSE", 1000, "WRITE");
    const wire = await Wire.open(server);
    wire.write(Buffer.from("SET a b\r\n"));
    wire.write(Buffer.from("PING\r\n".repeat(400_000)));
    expect((await wire.rest()).toString()).toBe("");
    expect(wire.closed).toBe(true);
    await admin.command("CLIENT", "UNPAUSE");
    expect(plain(await admin.command("EXISTS", "a"))).toBe(0);
  });
});

/** The kernel's timers of connections to the server's port: 2 is that of keepalive. */
function timers(): number[] {
  const port = server.port.toString(16).toUpperCase().padStart(4, "0");
  const lines = readFileSync("/proc/net/tcp", "latin1").split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${port}`) && state === "01")
    .map((fields) => Number(fields[5].split(":")[0]));
}

/** Waits until all that was sent has been acknowledged. */
const untilQuiet = () => until("all to be acknowledged", () => !timers().includes(1));

test("tcp-keepalive watches connections made while it is on", async () => {
  const watched = await server.connect();
  await watched.command("PING");
  await untilQuiet();
  expect(timers().sort()).toEqual([2, 2]);
  await admin.command("CONFIG", "SET", "tcp-keepalive", 0);
  const other = await server.connect();
  await other.command("PING");
  await untilQuiet();
  expect(timers().sort()).toEqual([0, 2, 2]);
  watched.close();
  other.close();
});

describe.each(redisBinary() === null ? ["rusk"] : ["rusk", "redis"])(
  "min-replicas of %s",
  (name) => {
    test("a write needs replicas while both numbers are set", async () => {
      const one = await (name === "rusk" ? startServer() : startRedis());
      const NONE = "(error) NOREPLICAS Not enough good replicas to write.";
      try {
        await one.session(`
        > CONFIG SET min-replicas-to-write 1
        OK
        > SET k 1
        ${NONE}
        > GET k
        (nil)
        > MULTI
        OK
        > SET k 1
        ${NONE}
        > EXEC
        (error) EXECABORT Transaction discarded because of previous errors.
        > CONFIG SET min-replicas-max-lag 0
        OK
        > SET k 1
        OK
        > CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 0
        OK
        > SET k 2
        OK
        > CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 2
        OK
        > DEL k
        ${NONE}
        > GET k
        "2"
      `);
      } finally {
        await one.stop();
      }
    });
  },
);
