// Purpose: what counts as a change: of a key to those who WATCH it, and in INFO's count of changes.
// It decides, too, which commands an append-only log gets. The rows hold for the real Redis as well
// (RUSK_BINARY=redis-server shows it), also where it may surprise.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { typedWords } from "../client/format.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { CHANGES } from "./changes_rows.ts";

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

test.each(Object.keys(CHANGES))("what counts as a change: %s", async (kind) => {
  const expected = CHANGES[kind].trim().split(/ *\n */);
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
});
