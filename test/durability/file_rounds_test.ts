// Purpose: random values of every type and encoding, with libraries of functions, go through every
// kind of file and come back as they were: RDB, our own snapshots, the base of a log in each form,
// DUMP and RESTORE. A file that was damaged loads as what it was, or is refused; so is one with
// what cannot be kept, unless that is allowed. Whatever happens, the file stays as it is, and a
// save keeps what was found. CASES=100000 is a long run; SEED repeats one.

import { expect, setDefaultTimeout, test } from "bun:test";
import { digestOfAll, digestOfValue } from "../../src/commands/server/debug_digest.ts";
import { runSteps } from "../../src/durability/loading.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { Manifest } from "../../src/persistence/log/append_manifest.ts";
import { openSaver } from "../../src/persistence/open_saver.ts";
import { saveAll } from "../../src/persistence/saver.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { Type } from "../../src/values/types.ts";
import * as zsetValue from "../../src/values/zset_value.ts";
import type { Word } from "../client/resp.ts";
import { Random } from "../fuzz/random.ts";
import { contentsOf } from "../persistence/contents.ts";
import { join, moduleData, string } from "../persistence/payloads.ts";
import { KINDS } from "../persistence/plans.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

setDefaultTimeout(3_600_000);

const CASES = Number(process.env.CASES ?? 400);
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
const FORMATS = ["rusk", "rdb"] as const;
/** Damaged copies of each file. */
const DAMAGED = 25;
const SNAPSHOT = "dump.rdb";
const LOG = "appendonlydir/appendonly.aof";
const FAR_MS = "7000000000000";
/** Of what an RDB file begins with: all that follows may stand there. */
const HEAD_SIZE = 9;

const NOTHING = new Uint8Array(0);

const time = new Timeline();

type Files = Map<string, Uint8Array>;

function serverOn(files: Files, ...args: string[]): SimServer {
  const disk = new SimDisk();
  for (const [path, bytes] of files) disk.put(path, bytes);
  return new SimServer(disk, time, new Random(1), args);
}

/**
 * What a server holds: equal texts are equal data. RDB files of Redis 7.0 do not tell that a
 * consumer was never active.
 */
function heldBy({ server }: SimServer) {
  const { databases, libraries } = server.keyspace;
  const contents = [...contentsOf(databases)].map((pair) => pair.join(": "));
  return {
    contents: contents.map((text) => text.replace(/idle (-1|\d+)/g, "idle")).sort(),
    digest: digestOfAll(databases),
    libraries: [...libraries.each()].map((code) => Buffer.from(code).toString("latin1")).sort(),
  };
}

type Held = ReturnType<typeof heldBy>;

/** A server with some keys of random kinds, in two databases, and perhaps libraries. */
function filled(random: Random): SimServer {
  const made = serverOn(new Map());
  const client = new SimClient(made);
  for (let i = random.between(1, 5); i > 0; i--) {
    client.send(["SELECT", random.pick(["0", "3"])]);
    for (const command of random.pick(KINDS).plan(random)) client.send(command);
    if (random.chance(0.2)) client.send(["PEXPIREAT", "k", FAR_MS]);
    client.send(["RENAME", "k", `key:${i}`]);
  }
  if (random.chance(0.3)) {
    client.send(["HSET", "expiring", "a", "1", "b", "2", "c", "3"]);
    client.send(["HPEXPIREAT", "expiring", FAR_MS, "FIELDS", random.between(1, 2), "a", "b"]);
  }
  for (let i = random.below(3); i > 0; i--) {
    const code = `#!lua name=lib${i}\n${"-- code\n".repeat(random.below(100))}`;
    made.server.keyspace.libraries.add(Buffer.from(code));
  }
  return made;
}

/** The bytes of a file of all that a server holds. */
function fileOf({ server }: SimServer, format: string, content: "snapshot" | "commands") {
  const pieces: Buffer[] = [];
  const { keyspace, config } = server;
  config.assign("snapshot-format", [format]);
  saveAll(
    openSaver((bytes) => pieces.push(Buffer.from(bytes)), keyspace, config, content),
    keyspace,
  );
  return new Uint8Array(Buffer.concat(pieces));
}

/** The files of a log with this base. */
function logOf(base: Uint8Array, isSnapshot: boolean): Files {
  const manifest = new Manifest();
  const { name } = manifest.replaceBase("appendonly.aof", isSnapshot);
  return new Map([
    [`appendonlydir/${name}`, base],
    [`${LOG}.manifest`, Buffer.from(manifest.toString())],
  ]);
}

/** Loads files; what is wrong with them, or null. */
function problemOf(loader: SimServer, isLog: boolean): string | null {
  const { appendLog, snapshots } = loader.server;
  if (!isLog) return snapshots.load();
  return appendLog.find() ?? runSteps(appendLog.load());
}

/** A copy with some bytes changed, taken out, put in, or cut off. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  let next = Array.from(bytes);
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.below(next.length);
    switch (random.below(5)) {
      case 0:
        next[at] ^= 1 << random.below(8);
        break;
      case 1:
        next[at] = random.below(256);
        break;
      case 2:
        next.splice(at, random.between(1, 9));
        break;
      case 3:
        next.splice(at, 0, ...next.slice(at, at + random.between(1, 9)));
        break;
      default:
        next = next.slice(0, Math.max(1, at));
    }
  }
  return Uint8Array.from(next);
}

const sameFiles = (a: Files, b: Files) =>
  a.size === b.size &&
  [...a].every(([path, bytes]) => Buffer.from(bytes).equals(b.get(path) ?? NOTHING));

/** Files with a change, which load as what they were, or are refused; they stay as they are. */
function checkDamage(sound: Files, isLog: boolean, held: Held, random: Random, note: string) {
  let refused = 0;
  for (let i = 0; i < DAMAGED; i++) {
    const files = new Map(sound);
    const path = [...sound.keys()][0];
    files.set(path, damaged(sound.get(path) as Uint8Array, random));
    const loader = serverOn(files, "--appendonly", isLog ? "yes" : "no");
    const problem = problemOf(loader, isLog);
    if (problem === null) expect({ note, i, ...heldBy(loader) }).toEqual({ note, i, ...held });
    else refused++;
    expect({ note, i, isUntouched: sameFiles(files, loader.disk.contents()) }).toEqual({
      note,
      i,
      isUntouched: true,
    });
    loader.dispose();
  }
  return refused;
}

const nameOf = (db: Database, e: EntryRef) => `${db.id} ${entry.keyText(e)}`;

function eachKey({ server }: SimServer, visit: (db: Database, e: EntryRef) => void): void {
  for (const db of server.keyspace.databases) {
    if (db.size > 0) dict.each(db.keys, (e) => visit(db, e));
  }
}

/** Sorted sets with a score -0: while a set is small ZADD makes it 0, as in Redis. */
function keysWithMinusZero(server: SimServer): Set<string> {
  const found = new Set<string>();
  const cursor = new zsetValue.ZsetCursor();
  eachKey(server, (db, e) => {
    if (entry.type(e) !== Type.zset) return;
    for (cursor.seek(e, 0); cursor.isValid; cursor.next()) {
      if (Object.is(cursor.score, -0)) found.add(nameOf(db, e));
    }
  });
  return found;
}

/** The digests of all keys but some. */
function digestsOf(server: SimServer, without: ReadonlySet<string>): string[] {
  const digests: string[] = [];
  eachKey(server, (db, e) => {
    const name = nameOf(db, e);
    if (!without.has(name)) digests.push(`${name}: ${digestOfValue(e)}`);
  });
  return digests.sort();
}

/** What cannot be kept, somewhere between the head and the first database. */
function withLoss(rdb: Uint8Array, random: Random): Uint8Array {
  const id = join(0x81, new Uint8Array(8));
  const piece = random.pick([
    join(7, string("module"), moduleData()),
    join(0xf7, id, "\x02\x01", "\x02\x05\0"),
    join(0xf6, string("f"), string("LUA"), 0, string("code")),
  ]);
  const bytes = join(rdb.subarray(0, HEAD_SIZE), piece, rdb.subarray(HEAD_SIZE));
  // Its sum is no longer right: it has none.
  bytes.fill(0, bytes.length - 8);
  return bytes;
}

function checkLoss(rdb: Uint8Array, held: Held, random: Random, note: string): void {
  const lossy = withLoss(rdb, random);
  const files: Files = new Map([[SNAPSHOT, lossy]]);
  const strict = serverOn(files);
  expect({ note, problem: strict.server.snapshots.load() }).toEqual({
    note,
    problem: expect.stringContaining("which cannot be kept here"),
  });
  expect(sameFiles(files, strict.disk.contents())).toBe(true);
  strict.dispose();
  const format = random.pick(FORMATS);
  const lenient = serverOn(files, "--load-incomplete", "yes", "--snapshot-format", format);
  expect({ note, problem: lenient.server.snapshots.load() }).toEqual({ note, problem: null });
  expect({ note, ...heldBy(lenient) }).toEqual({ note, ...held });
  expect(lenient.server.snapshots.save()).toBe(true);
  const kept = lenient.disk.contents().get(`${SNAPSHOT}.found`) as Uint8Array;
  expect({ note, isKept: Buffer.from(lossy).equals(kept) }).toEqual({ note, isKept: true });
  lenient.dispose();
}

/** DUMP of every key, and RESTORE in another server. */
function checkPayloads(from: SimServer, note: string): void {
  const to = serverOn(new Map());
  const [reader, writer] = [new SimClient(from), new SimClient(to)];
  const ask = (client: SimClient, server: SimServer, ...words: Word[]) => {
    client.replies.length = 0;
    client.send(words);
    for (let left = 100; client.replies.length === 0 && left > 0; left--) server.turn();
    return client.replies[0];
  };
  for (const db of from.server.keyspace.databases) {
    const keys: string[] = [];
    if (db.size > 0) dict.each(db.keys, (e) => keys.push(entry.keyText(e)));
    for (const key of keys) {
      for (const [client, server] of [
        [reader, from],
        [writer, to],
      ] as const) {
        ask(client, server, "SELECT", db.id);
      }
      const reply = ask(reader, from, "DUMP", key);
      const payload = Buffer.from(reply.slice(reply.indexOf("\n") + 1, -2), "latin1");
      expect({ note, key, reply: ask(writer, to, "RESTORE", key, 0, payload) }).toEqual({
        note,
        key,
        reply: "+OK\r\n",
      });
      const digests = [ask(reader, from, "DEBUG", "DIGEST-VALUE", key)];
      if (ask(reader, from, "PTTL", key) !== ":-1\r\n") continue;
      digests.push(ask(writer, to, "DEBUG", "DIGEST-VALUE", key));
      expect({ note, key, digest: digests[1] }).toEqual({ note, key, digest: digests[0] });
    }
  }
  to.dispose();
}

/** All that is done with the data of one server; returns how many files were loaded. */
function round(random: Random, note: string): { cases: number; refused: number } {
  const from = filled(random);
  const held = heldBy(from);
  let cases = 0;
  let refused = 0;
  let rdb = new Uint8Array(0);
  for (const format of FORMATS) {
    const bytes = fileOf(from, format, "snapshot");
    if (format === "rdb") rdb = bytes;
    for (const isLog of [false, true]) {
      const files: Files = isLog ? logOf(bytes, true) : new Map([[SNAPSHOT, bytes]]);
      const loader = serverOn(files, "--appendonly", isLog ? "yes" : "no");
      const shown = `${note}, ${format}${isLog ? " as a base" : ""}`;
      expect({ shown, problem: problemOf(loader, isLog) }).toEqual({ shown, problem: null });
      expect({ shown, ...heldBy(loader) }).toEqual({ shown, ...held });
      loader.dispose();
      refused += checkDamage(files, isLog, held, random, shown);
      cases += 1 + DAMAGED;
    }
  }
  const commands = serverOn(logOf(fileOf(from, "rdb", "commands"), false), "--appendonly", "yes");
  expect({ note, problem: problemOf(commands, true) }).toEqual({ note, problem: null });
  const signed = keysWithMinusZero(from);
  expect({ note, digests: digestsOf(commands, signed) }).toEqual({
    note,
    digests: digestsOf(from, signed),
  });
  commands.dispose();
  checkLoss(rdb, held, random, note);
  checkPayloads(from, note);
  from.dispose();
  return { cases: cases + 4, refused };
}

test(`${CASES} files come back as they were, or are refused (SEED=${seed})`, () => {
  let cases = 0;
  let refused = 0;
  for (let i = 0; cases < CASES; i++) {
    const done = round(new Random(seed, i), `SEED=${seed}, round ${i}`);
    cases += done.cases;
    refused += done.refused;
  }
  expect(refused).toBeGreaterThan(cases / 4);
});
