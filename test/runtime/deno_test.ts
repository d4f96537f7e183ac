// Purpose: the same sources under Deno: what runs in development must behave as the release does.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Client, connect } from "../client/client.ts";
import { plain, requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const MB = 2 ** 20;
const COMMAND = [DENO, "run", "-A", join(ROOT, "src/main.ts")];

const folder = mkdtempSync(join(tmpdir(), "rusk-deno-"));
const path = join(folder, "d\u00e9no.sock");
let server: Server;
let client: Client;

const deno = test.skipIf(!existsSync(DENO));

beforeAll(async () => {
  if (!existsSync(DENO)) return;
  server = await startServer({
    command: COMMAND,
    args: ["--unixsocket", path, "--unixsocketperm", "741"],
  });
  client = await server.connect();
});

afterAll(async () => {
  client?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (...words: (string | number | Uint8Array)[]) =>
  plain(await client.command(...words));

deno("a session, in both protocols", async () => {
  const session = `
    > PING
    PONG
    > SET greeting "Hello, \\x00\\xff"
    OK
    > GET greeting
    "Hello, \\x00\\xff"
    > INCR n
    (integer) 1
    > SET n 5 EX 100
    OK
    > TTL n
    (integer) 100
    > MULTI
    OK
    > APPEND greeting !
    QUEUED
    > EXEC
    1) (integer) 10
    > NOSUCH
    (error) ERR unknown command 'NOSUCH', with args beginning with:
    > FLUSHALL
    OK
  `;
  await server.session(session);
  await server.session(session, { protocol: 3 });
});

deno("MIGRATE is not possible, and says so", async () => {
  await client.command("SET", "k", "v");
  expect(await client.command("MIGRATE", "127.0.0.1", 1, "k", 0, 100)).toMatchObject({
    value: "ERR MIGRATE needs sockets that can be waited for, which this runtime does not have",
  });
});

deno("a socket file with its permissions", () => {
  expect(statSync(path).mode & 0o777).toBe(0o741);
});

deno("INFO says what it runs on", async () => {
  const info = String(await ask("INFO"));
  expect(info).toMatch(/^redis_version:7\.0\.15\r$/m);
  expect(info).toMatch(new RegExp(`^process_id:${server.pid}\r$`, "m"));
  expect(info).toMatch(new RegExp(`^tcp_port:${server.port}\r$`, "m"));
  expect(info).toMatch(/^used_memory_rss:\d{7,}\r$/m);
  expect(info).toMatch(/\bdeno 2\./);
});

deno("pipelines of any depth", async () => {
  const count = 50_000;
  const wire = await Wire.open(server);
  wire.write(Buffer.from("INCR counter\r\n".repeat(count)));
  const size = Array.from({ length: count }, (_, i) => `:${i + 1}\r\n`.length);
  const replies = await wire.bytes(size.reduce((sum, each) => sum + each, 0));
  expect(replies.toString().endsWith(`:${count}\r\n`)).toBe(true);
  wire.close();
});

deno("requests that are cut anywhere, and that are malformed", async () => {
  const wire = await Wire.open(server);
  for (const byte of requestOf(["ECHO", "a\r\nb"])) {
    wire.write(Buffer.of(byte));
    await Bun.sleep(1);
  }
  expect((await wire.replies(1))[0].toString()).toBe("$4\r\na\r\nb\r\n");
  wire.write(Buffer.from("PING\r\n*1\r\nx\r\nPING\r\n"));
  expect((await wire.rest()).toString()).toBe(
    "+PONG\r\n-ERR Protocol error: expected '$', got 'x'\r\n",
  );
  expect(wire.closed).toBe(true);
  wire.close();
});

deno("big values", async () => {
  const value = Buffer.alloc(40 * MB, "0123456789abcde");
  expect(await ask("SET", "big", value)).toBe("OK");
  const reply = await client.command("GET", "big");
  expect(reply.type === "bulk" && reply.value.equals(value)).toBe(true);
  expect(await ask("DEL", "big")).toBe(1);
});

deno("a client that does not read takes bounded memory, and gets all when it does", async () => {
  const size = 2 * MB;
  await ask("SET", "value", Buffer.alloc(size, "x"));
  const rss = async () =>
    Number(/used_memory_rss:(\d+)/.exec(String(await ask("INFO", "memory")))?.[1]);
  const before = await rss();
  const slow = await SlowClient.open(server.port);
  const count = 150;
  slow.write(Buffer.from("GET value\r\n".repeat(count)));
  const waiting = async () => {
    const list = String(await ask("CLIENT", "LIST"));
    return Math.max(...[...list.matchAll(/ omem=(\d+)/g)].map((match) => Number(match[1])));
  };
  await until("replies that wait", async () => (await waiting()) > 32 * MB);
  expect(await ask("PING")).toBe("PONG");
  expect(await waiting()).toBeLessThan(90 * MB);
  expect((await rss()) - before).toBeLessThan(300 * MB);
  const replySize = `$${size}\r\n`.length + size + 2;
  await slow.readTo(count * replySize);
  expect(slow.size).toBe(count * replySize);
  slow.close();
});

deno("the Unix socket, with an accent in its name", async () => {
  const local = await connect({ path });
  expect(plain(await local.command("SET", "a", "x".repeat(200_000)))).toBe("OK");
  expect(plain(await local.command("STRLEN", "a"))).toBe(200_000);
  expect(String(plain(await local.command("CLIENT", "INFO")))).toContain(" flags=U ");
  local.close();
});

deno("a client that ends its side at once gets its replies", async () => {
  for (let round = 0; round < 10; round++) {
    const wire = await Wire.open(server);
    wire.write(Buffer.from("PING\r\nECHO a\r\n"));
    wire.end();
    expect((await wire.rest()).toString()).toBe("+PONG\r\n$1\r\na\r\n");
    wire.close();
  }
});

deno("BGSAVE, whose file is written by a worker", async () => {
  await ask("SET", "saved", "value");
  expect(await ask("BGSAVE")).toBe("Background saving started");
  while (/rdb_bgsave_in_progress:1/.test(String(await ask("INFO", "persistence")))) {
    await Bun.sleep(5);
  }
  expect(await ask("INFO", "persistence")).toContain("rdb_last_bgsave_status:ok");
  expect(readFileSync(join(server.dir, "dump.rdb"), "latin1")).toStartWith("RUSKSNAP");
});

deno("clients that vanish are forgotten", async () => {
  for (const text of ["", "*2\r\n$3\r\nGET\r\n$10\r\na", "MULTI\r\n", "QUIT\r\n"]) {
    const wire = await Wire.open(server);
    wire.write(Buffer.from(text));
    if (text === "QUIT\r\n") await wire.untilClosed();
    else wire.close();
  }
  await until("them to be forgotten", async () =>
    String(await ask("INFO", "clients")).includes("connected_clients:1\r"),
  );
});

deno("a taken port ends the start with Redis's reason", async () => {
  const args = ["--port", String(server.port)];
  const second = await startServer({ command: COMMAND, args, noWait: true });
  expect(await second.exited).toBe(1);
  expect(second.log()).toMatch(/listening socket \*:\d+: Address already in use\n/);
  expect(second.log()).toMatch(/# Failed listening on port \d+ \(TCP\), aborting\.\n$/);
  await second.stop();
});

deno("SIGTERM ends it, with its files removed", async () => {
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(server.log()).toContain("bye bye");
});
