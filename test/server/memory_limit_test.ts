// Purpose: a server whose process may have little memory (ulimit -v), from outside: writes are
// refused when it is spent, what is there can be read, saved and deleted, writes go on then, and
// after a kill the log has the same data.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";

const VALUE_SIZE = 600_000;
/** Kilobytes of address space. The runtime reserves for itself no more than it needs, of so few. */
const LIMIT_KB = 3_000_000;
/** More than can be had: 1.8 GB. */
const MOST = 3000;
const BATCH = 50;

const folder = mkdtempSync(join(tmpdir(), "rusk-limit-"));
const args = ["--dir", folder, "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"];
const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(command: string[], more: string[] = []): Promise<Server> {
  const server = await startServer({ command, args: more });
  servers.push(server);
  return server;
}

const limited = ["sh", "-c", `ulimit -v ${LIMIT_KB}; exec "$0" "$@"`, ...binaryCommand()];

const ask = async (client: Client, ...words: Word[]) => plain(await client.command(...words));

/** Makes keys until one is refused; returns how many, and why. */
async function fill(client: Client, prefix: string, most: number) {
  for (let count = 0; count < most; count += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => {
      return ["SETRANGE", `${prefix}:${count + i}`, VALUE_SIZE - 1, "x"] as Word[];
    });
    const replies = (await client.pipeline(batch)).map(plain);
    const refused = replies.findIndex((reply) => reply !== VALUE_SIZE);
    if (refused >= 0) return { count: count + refused, reason: String(replies[refused]) };
  }
  return { count: most, reason: "" };
}

test("a server that gets no more memory refuses writes, and goes on", async () => {
  const server = await start(limited, args);
  const client = await server.connect();
  const { count, reason } = await fill(client, "key", MOST);
  expect(reason).toMatch(/^Error: OOM command not allowed/);
  expect(count).toBeGreaterThan(100);
  expect(await ask(client, "DBSIZE")).toBeGreaterThanOrEqual(count);
  expect(await ask(client, "GETRANGE", "key:7", -1, -1)).toBe("x");
  expect(await ask(client, "SAVE")).toBe("OK");
  for (let i = 0; i < count / 2; i++) await ask(client, "DEL", `key:${i}`);
  await until("writes go on", async () => (await ask(client, "SET", "small", "1")) === "OK");
  const more = await fill(client, "more", BATCH);
  expect(more).toEqual({ count: BATCH, reason: "" });
  const size = await ask(client, "DBSIZE");
  client.close();
  process.kill(server.pid, "SIGKILL");
  await until("the end", async () => {
    try {
      process.kill(server.pid, 0);
      return false;
    } catch {
      return true;
    }
  });

  const again = await (await start(binaryCommand(), args)).connect();
  expect(await ask(again, "DBSIZE")).toBe(size);
  expect(await ask(again, "STRLEN", `more:${BATCH - 1}`)).toBe(VALUE_SIZE);
  again.close();
});
