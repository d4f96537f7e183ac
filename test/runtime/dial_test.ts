// Purpose: connections that an event loop makes to other servers, over epoll and under Deno.

import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../client/server.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const SCENARIOS = join(import.meta.dir, "dial_scenarios.ts");

async function check(...command: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rusk-dial-"));
  const ports = [await freePort(), await freePort()].map(String);
  const words = [...command, SCENARIOS, ...ports, join(folder, "file.sock")];
  const run = Bun.spawn(words, { stdout: "pipe", stderr: "inherit" });
  const out = await new Response(run.stdout).text();
  rmSync(folder, { recursive: true, force: true });
  expect(JSON.parse(out)).toEqual({
    byPort: [true, true, true, "connected", "closed"],
    byFile: [true, true, true, "connected", "closed"],
    remote: true,
    ended: ["connected", "closed"],
    refused: ["ECONNREFUSED"],
    missingFile: ["ENOENT"],
    missingHost: 1,
    isFound: true,
    "destroyed 8": ["closed"],
    "destroyed 9": ["closed"],
    "destroyed 10": ["closed"],
    "destroyed 11": ["closed"],
  });
}

test.skipIf(process.platform !== "linux")("over epoll", () => check(process.execPath));

test.skipIf(!existsSync(DENO))("under Deno", () => check(DENO, "run", "-A"));
