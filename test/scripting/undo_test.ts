// Purpose: each writing command of the table inside a script that is undone, with values that are
// one block and with such that are not. Afterwards nobody can tell that the script has run: neither
// from the data, their times to expire, the count of changes and the log, nor by a watched key; and
// neither after a crash.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { typedWords } from "../client/format.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { CHANGES, LATER_CHANGES } from "../commands/changes_rows.ts";

const TIMEOUT_MS = 120_000;
const KEYS = ["k", "t", "u"];
const GIVEN = /^(?:given|and) (.*)$/;
const ROW = /^\d+ \S+ (.*)$/;
const LOG = [
  ...["--appendonly", "yes", "--appendfsync", "always"],
  ...["--enable-debug-command", "yes", "--dir", "{dir}"],
];

/** Where collections stop being one block: where they usually do, or at once. */
const THRESHOLDS = {
  usual: [],
  low: [
    ...["hash-max-listpack-entries", "0", "zset-max-listpack-entries", "0"],
    ...[
      "set-max-intset-entries",
      "0",
      "list-max-listpack-size",
      "1",
      "stream-node-max-entries",
      "1",
    ],
  ],
};

let server: Server;
let client: Client;
let watcher: Client;

beforeAll(async () => {
  server = await startServer({ args: LOG });
  client = await server.connect();
  watcher = await server.connect();
});

afterAll(async () => {
  client?.close();
  watcher?.close();
  await server?.stop();
});

const run = (line: string) => client.command(...(typedWords(line) ?? []));

/** A script's text of a word. */
function literal(word: string): string {
  const codes = [...Buffer.from(word, "latin1")];
  return `'${codes.map((code) => `\\x${code.toString(16).padStart(2, "0")}`).join("")}'`;
}

function call(line: string): string {
  return `redis.pcall(${(typedWords(line) ?? []).map((word) => literal(String(word))).join()});`;
}

/** The bytes of all files of the log. */
function logBytes(): string {
  const folder = join(server.dir, "appendonlydir");
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), "latin1"))
    .join("\n");
}

/** All that can be told of the data from outside. */
async function state(): Promise<unknown> {
  const seen: unknown[] = [plain(await run("DEBUG DIGEST")), plain(await run("DBSIZE"))];
  for (const key of KEYS) {
    seen.push(plain(await run(`PEXPIRETIME ${key}`)), plain(await run(`TYPE ${key}`)));
  }
  const info = plain(await run("INFO persistence"));
  seen.push(/rdb_changes_since_last_save:\d+/.exec(`${info}`)?.[0]);
  return seen;
}

async function undone(given: readonly string[], line: string): Promise<void> {
  await run("FLUSHALL");
  for (const each of given) await run(each);
  const before = await state();
  const log = logBytes();
  await watcher.command("WATCH", ...KEYS);
  const changes = `${call(line)} ${call("SET other 1")} ${call(line)}`;
  const source = `#!js flags=atomic\n${changes} throw new Error('undone')`;
  expect(`${plain(await client.command("EVAL", source, "0"))}`).toContain("Error: undone");
  expect([line, await state()]).toEqual([line, before]);
  await watcher.command("MULTI");
  expect([line, plain(await watcher.command("EXEC"))]).toEqual([line, []]);
  expect([line, logBytes() === log]).toEqual([line, true]);
}

async function rowsUndone(rows: string): Promise<void> {
  let given: string[] = [];
  for (const row of rows.trim().split(/ *\n */)) {
    const line = ROW.exec(row)?.[1];
    if (line !== undefined) await undone(given, line);
    if (line !== undefined) continue;
    const next = GIVEN.exec(row)?.[1];
    if (next === undefined) given = [];
    else if (next !== "nothing") given.push(next);
  }
}

const ALL = { ...CHANGES, ...LATER_CHANGES };

for (const [name, thresholds] of Object.entries(THRESHOLDS)) {
  test.each(Object.keys(ALL))(
    `what is undone: %s (${name} thresholds)`,
    async (kind) => {
      if (thresholds.length > 0) await client.command("CONFIG", "SET", ...thresholds);
      await rowsUndone(ALL[kind]);
    },
    TIMEOUT_MS,
  );
}

test(
  "after a crash the data are as they were before a script that was ended by force, or never ended",
  async () => {
    const first = await startServer({ args: [...LOG, "--busy-reply-threshold", "50"] });
    const [caller, other] = await Promise.all([first.connect(), first.connect()]);
    await other.command("RPUSH", "list", ...Array.from({ length: 5000 }, (_, i) => `element${i}`));
    await other.command("SET", "counter", "5", "EX", "1000");
    const digest = plain(await other.command("DEBUG", "DIGEST"));
    const changes = "redis.call('INCR', 'counter'); redis.call('LPUSH', 'list', i);";
    const endless = `for (let i = 0; ; i++) { ${changes} }`;
    const ended = caller.command("EVAL", endless, "0");
    await Bun.sleep(200);
    expect(`${plain(await other.command("PING"))}`).toContain("BUSY");
    expect(plain(await other.command("SCRIPT", "KILL", "FORCE"))).toBe("OK");
    expect(`${plain(await ended)}`).toContain("SCRIPT KILL FORCE");
    expect(plain(await other.command("DEBUG", "DIGEST"))).toBe(digest);
    caller.command("EVAL", endless, "0").catch(() => {});
    await Bun.sleep(200);
    first.signal("SIGKILL");
    await first.exited;
    const second = await startServer({ args: [...LOG.slice(0, -1), first.dir] });
    const again = await second.connect();
    expect(plain(await again.command("DEBUG", "DIGEST"))).toBe(digest);
    for (const one of [caller, other, again]) one.close();
    await second.stop();
    await first.stop();
  },
  TIMEOUT_MS,
);
