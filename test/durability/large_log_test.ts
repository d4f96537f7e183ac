// Purpose: values larger than what a client may send by default, in the append-only log: what a
// server with another proto-max-bulk-len has written is loaded by one without. Only in
// `make durability` (LARGE=1), since it takes a while where others want the disk and the memory;
// test/persistence/log/append_loader_test.ts has the limits themselves.

import { afterEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "./binary.ts";

const MB = 2 ** 20;
/** Above the default of proto-max-bulk-len. */
const SIZE = 520 * MB;

let folder = "";
let server: Server | null = null;
let client: Client;

afterEach(async () => {
  await server?.stop();
  server = null;
  rmSync(folder, { recursive: true, force: true });
  folder = "";
});

async function start(...args: string[]): Promise<void> {
  if (folder === "") folder = mkdtempSync(join(tmpdir(), "rusk-large-"));
  const fixed = ["--dir", folder, "--appendonly", "yes", "--enable-debug-command", "yes"];
  server = await startServer({ command: binaryCommand(), args: [...fixed, ...args] });
  client = await server.connect();
}

async function restart(...args: string[]): Promise<void> {
  client.close();
  await server?.stop();
  await start(...args);
}

async function ask(...words: string[]): Promise<string> {
  return String(plain(await client.command(...words)));
}

async function rewrite(): Promise<void> {
  await ask("BGREWRITEAOF");
  for (;;) {
    const text = await ask("INFO", "persistence");
    if (text.includes("aof_rewrite_in_progress:0")) {
      expect(text).toContain("aof_last_bgrewrite_status:ok");
      return;
    }
    await Bun.sleep(20);
  }
}

function check(): string {
  const [program, ...first] = binaryCommand();
  const manifest = join(folder, "appendonlydir", "appendonly.aof.manifest");
  return spawnSync(program, [...first, "check-aof", manifest], { encoding: "latin1" }).stdout;
}

describe.skipIf(process.env.LARGE === undefined)("a command", () => {
  test("may tell the log more than 4 GiB", async () => {
    await start("--appendfsync", "no", "--auto-aof-rewrite-percentage", "0");
    const count = 4500;
    for (let i = 0; i < count; i++) await ask("XADD", "s", `${i + 1}-1`, "a", "1");
    const key = "k".repeat(MB);
    await ask("RENAME", "s", key);
    await ask("XGROUP", "CREATE", key, "g", "0");
    // Each entry that it delivers is told with the key's name.
    await client.command("XREADGROUP", "GROUP", "g", "c", "STREAMS", key, ">");
    expect(await ask("XPENDING", key, "g")).toContain(String(count));
    expect(
      Number(/aof_current_size:(\d+)/.exec(await ask("INFO", "persistence"))?.[1]),
    ).toBeGreaterThan(2 ** 32);
  });
});

describe.skipIf(process.env.LARGE === undefined)("a value of 520 MB", () => {
  for (const content of ["yes", "no"]) {
    test(`as a command, and rewritten with aof-use-rdb-preamble ${content}`, async () => {
      await start("--proto-max-bulk-len", "1gb", "--aof-use-rdb-preamble", content);
      const value = Buffer.alloc(SIZE, "x");
      expect(plain(await client.command("SET", "large", value))).toBe("OK");
      await client.command("RPUSH", "list", "a", value.subarray(0, MB), "b");
      await ask("SET", "after", "1");
      const digest = await ask("DEBUG", "DIGEST");
      expect(digest).toMatch(/^[0-9a-f]{40}$/);
      expect(check()).toEndWith("All AOF files and manifest are valid\n");
      await restart();
      expect(await ask("DEBUG", "DIGEST")).toBe(digest);
      await rewrite();
      await restart();
      expect(await ask("DEBUG", "DIGEST")).toBe(digest);
    });
  }

  test("with a field of that size, which are one record of a snapshot", async () => {
    await start("--proto-max-bulk-len", "1gb", "--client-query-buffer-limit", "2gb");
    const text = Buffer.alloc(SIZE + 50 * MB, "x");
    expect(Number(plain(await client.command("HSET", "hash", text, text)))).toBe(1);
    const digest = await ask("DEBUG", "DIGEST");
    await rewrite();
    await restart();
    expect(await ask("DEBUG", "DIGEST")).toBe(digest);
  });
});
