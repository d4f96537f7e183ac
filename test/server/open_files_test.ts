// Purpose: a server that may open no more files, or few, lives on, says what it cannot do, and does
// all of it again once it may.

import { afterEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { ruskCommand, type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
/** Above what any test here needs. */
const ENOUGH = 1024;
/** More connections than the listener of a runtime takes at once. */
const CROWD = 60;

const servers: Server[] = [];
const crowd: Wire[] = [];

afterEach(async () => {
  for (const wire of crowd.splice(0)) wire.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(command: readonly string[]): Promise<Server> {
  const args = ["--enable-debug-command", "yes", "--hz", "100"];
  const server = await startServer({ command, args });
  servers.push(server);
  return server;
}

function limitFiles({ pid }: Server, count: number): void {
  execFileSync("prlimit", ["--pid", String(pid), `--nofile=${count}:`]);
}

const descriptors = ({ pid }: Server) => readdirSync(`/proc/${pid}/fd`).map(Number);

/** Connects until no number below the last that is in use now, and `spare` more, is free. */
async function useUp(server: Server, spare: number): Promise<void> {
  limitFiles(server, Math.max(...descriptors(server)) + 1 + spare);
  if (spare > 0) return;
  for (let i = 0; i < CROWD; i++) crowd.push(await Wire.open(server));
  await Bun.sleep(200);
}

/** Goes over what opens files; a server that ended would not answer the PING. */
async function tryAll(client: Client): Promise<void> {
  for (const line of ["SAVE", "BGSAVE", "BGREWRITEAOF", "INFO", "CONFIG SET appendonly yes"]) {
    await client.command(...line.split(" "));
    await Bun.sleep(50);
  }
  await client.command("CONFIG", "SET", "appendonly", "no");
  expect(plain(await client.command("PING"))).toBe("PONG");
}

async function worksAgain(server: Server, client: Client): Promise<void> {
  limitFiles(server, ENOUGH);
  await Bun.sleep(500);
  const other = await server.connect();
  expect(plain(await other.command("GET", "key"))).toBe("value");
  other.close();
  // A BGSAVE may still go on.
  await until("a SAVE", async () => (await client.command("SAVE")).type !== "error");
  const left = readdirSync(server.dir).filter((name) => name.includes(".tmp-"));
  expect(left).toEqual([]);
}

const kinds: [name: string, command: readonly string[]][] = [["Bun", ruskCommand()]];
if (existsSync(DENO)) kinds.push(["Deno", [DENO, "run", "-A", join(ROOT, "src/main.ts")]]);

for (const [name, command] of kinds) {
  test.skipIf(Bun.which("prlimit") === null)(
    `without a free file descriptor, under ${name}`,
    async () => {
      const server = await start(command);
      const client = await server.connect();
      await client.command("SET", "key", "value");
      await useUp(server, 0);
      expect(await client.command("SAVE")).toMatchObject({ type: "error", value: "ERR" });
      expect(server.log()).toMatch(/Error saving the DB to .*dump.rdb: Too many open files/);
      await tryAll(client);
      for (const wire of crowd.splice(0)) wire.close();
      await worksAgain(server, client);
      client.close();
    },
  );
}

// Bun ends the process when it can not open what a thread of its own needs.
test.skipIf(Bun.which("prlimit") === null)("with a few", async () => {
  for (const spare of [1, 2, 4, 8]) {
    const server = await start(ruskCommand());
    const client = await server.connect();
    await client.command("SET", "key", "value");
    await useUp(server, spare);
    expect(await client.command("BGSAVE")).toMatchObject({ type: "error", value: "ERR" });
    await tryAll(client);
    await worksAgain(server, client);
    client.close();
  }
});
