// Purpose: what counts as a change: of a key to those who WATCH it, and in INFO's count of changes.
// It decides, too, which commands an append-only log gets. The rows hold for the real Redis as well
// (RUSK_BINARY=redis-server shows it), also where it may surprise.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { Flag } from "../../src/calls/command.ts";
import { commandTable } from "../../src/commands/all.ts";
import type { Client } from "../client/client.ts";
import { typedWords } from "../client/format.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { CHANGES, LATER_CHANGES } from "./changes_rows.ts";

const KEYS = ["k", "t", "u"];
const GIVEN = /^(?:given|and) (.*)$/;
const ROW = /^\d+ \S+ (.*)$/;

let server: Server;
let client: Client;
/** Each watches the key at the same index. */
let watchers: Client[];

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
  watchers = await Promise.all(KEYS.map(() => server.connect()));
});

afterAll(async () => {
  for (const one of [client, ...(watchers ?? [])]) one?.close();
  await server?.stop();
});

const run = (line: string) => client.command(...(typedWords(line) ?? []));

async function changes(): Promise<number> {
  const info = plain(await client.command("INFO", "persistence"));
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(`${info}`)?.[1]);
}

/** Whether EXEC fails. */
async function isTold(watcher: Client): Promise<boolean> {
  await watcher.command("MULTI");
  return plain(await watcher.command("EXEC")) === null;
}

/** The row that a command makes. */
async function rowOf(given: readonly string[], line: string): Promise<string> {
  await run("FLUSHALL");
  for (const each of given) await run(each);
  for (const [index, watcher] of watchers.entries()) await watcher.command("WATCH", KEYS[index]);
  const before = await changes();
  await run(line);
  const count = (await changes()) - before;
  let changed = "";
  for (const [index, watcher] of watchers.entries()) {
    if (await isTold(watcher)) changed += KEYS[index];
  }
  return `${count} ${changed || "-"} ${line}`;
}

async function expectRows(rows: string): Promise<void> {
  const expected = rows.trim().split(/ *\n */);
  const got: string[] = [];
  let given: string[] = [];
  for (const row of expected) {
    const line = ROW.exec(row)?.[1];
    got.push(line === undefined ? row : await rowOf(given, line));
    if (line !== undefined) continue;
    const next = GIVEN.exec(row)?.[1];
    if (next === undefined) given = [];
    else if (next !== "nothing") given.push(next);
  }
  expect(got).toEqual(expected);
}

test.each(Object.keys(CHANGES))("what counts as a change: %s", async (kind) => {
  await expectRows(CHANGES[kind]);
});

test.each(Object.keys(LATER_CHANGES))("of later versions: %s", async (kind) => {
  await expectRows(LATER_CHANGES[kind]);
});

/** Writing commands that have no row here, and why. */
const WITHOUT_ROW: Readonly<Record<string, string>> = {
  "function|restore": "its payload is no text: function_test.ts",
  migrate: "it needs another server: migrate_test.ts",
  pfdebug: "what it changes is told by hyperloglog_test.ts",
  restore: "its payload is no text: dump_test.ts",
  "restore-asking": "as RESTORE",
};

test("every writing command of the table has a row", () => {
  const rows = [...Object.values(CHANGES), ...Object.values(LATER_CHANGES)].join("\n");
  const named = new Set<string>(Object.keys(WITHOUT_ROW));
  for (const [, name, word] of rows.matchAll(/^ *\d+ \S+ (\S+)(?: (\S+))?/gm)) {
    named.add(name.toLowerCase());
    named.add(`${name}|${word}`.toLowerCase());
  }
  const writing = commandTable.all.filter(({ run, flags }) => run && (flags & Flag.write) !== 0);
  expect(writing.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
});
