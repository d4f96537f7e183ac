// Purpose: however a script comes by memory, the process grows by the limit and little more.

import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const PROGRAM = join(ROOT, "test/scripting/memory_bombs.ts");
const LIMIT_MB = 64;
/** What a script may have beyond it: what is made between two looks, and garbage. */
const SLACK_MB = 256;

/** What grew by too much, or ended without an end. */
function tooMuch(command: string, args: string[]): string[] {
  const given = [...args, PROGRAM, String(LIMIT_MB << 20)];
  const output = execFileSync(command, given, { encoding: "utf8" });
  const lines = output.trim().split("\n");
  expect(lines.length).toBeGreaterThan(35);
  return lines.filter((line) => Number(/\+(-?\d+) MB/.exec(line)?.[1]) > LIMIT_MB + SLACK_MB);
}

test("under Bun", () => {
  expect(tooMuch(process.execPath, [])).toEqual([]);
});

test.skipIf(!existsSync(DENO))("under Deno", () => {
  expect(tooMuch(DENO, ["run", "-A"])).toEqual([]);
});
