// Purpose: the release binary holds no debug-only code. Each `if (DEBUG) assert(…, "why")` of
// src/ has to be dropped when dist/rusk is built; its message is how we can tell.

import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const BINARY = join(ROOT, "dist/rusk");

/** The messages of all debug-only assertions: the constant start of each last argument. */
function debugMessages(text: string): string[] {
  return [...text.matchAll(/\bif \(DEBUG\)\s*\{?\s*assert\(([\s\S]*?)\);\n/g)].flatMap((match) => {
    const literals = [...(match[1] ?? "").matchAll(/"((?:\\.|[^"\\])*)"|`([^`$]*)[^`]*`/g)];
    const last = literals.at(-1);
    return last === undefined ? [] : [last[1] ?? last[2] ?? ""];
  });
}

function texts(): string[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(ROOT, "src", name), "utf8"));
}

const built = existsSync(BINARY);
const why = built ? "" : " (skipped: dist/rusk is missing, run `make build`)";

test.skipIf(!built)(`dist/rusk holds no debug-only message${why}`, () => {
  const binary = readFileSync(BINARY);
  const messages = [...new Set(texts().flatMap(debugMessages))].filter((m) => m.length >= 12);
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.filter((message) => binary.includes(message))).toEqual([]);
});

test.skipIf(!built)(`a message of the release code is found in dist/rusk${why}`, () => {
  expect(readFileSync(BINARY).includes("Ready to accept connections")).toBe(true);
});

test("debug-only messages are recognised in source text", () => {
  const text = [
    'if (DEBUG) assert(a < f("x"), "the first");',
    "if (DEBUG) {\n  assert(b, `the second $" + "{b}`);\n}",
    'assert(c, "not this one");',
    "",
  ].join("\n");
  expect(debugMessages(text)).toEqual(["the first", "the second "]);
});
