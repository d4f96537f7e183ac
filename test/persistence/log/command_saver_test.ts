// Purpose: keyspaces written as commands (src/persistence/log/command_saver.ts): the same bytes as
// the real Redis writes when it rewrites its append-only file, key by key; where elements have no
// order, the same elements in as many commands. Either server makes the same data of them.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandSaver } from "../../../src/persistence/log/command_saver.ts";
import { RdbLoader } from "../../../src/persistence/rdb/rdb_file.ts";
import * as dict from "../../../src/structures/dict.ts";
import type { Client } from "../../client/client.ts";
import { parseReplies, plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";
import { World } from "../../keyspace/worlds.ts";
import { KINDS, type Plan } from "../plans.ts";
import { sourceOf } from "../source.ts";

const DATABASES = 16;
const ROUNDS = 3;
/** Whose elements come in any order in a hash table. */
const UNORDERED: Readonly<Record<string, number>> = { SADD: 1, ZADD: 2, HMSET: 2 };

type Command = readonly Buffer[];

/** What a snapshot holds, written as commands. */
function rewritten(snapshot: Uint8Array): Buffer {
  const world = new World(1, DATABASES);
  const loader = new RdbLoader(sourceOf(snapshot), world.keyspace);
  while (loader.step(1000));
  const pieces: Buffer[] = [];
  const saver = new CommandSaver((bytes) => pieces.push(Buffer.from(bytes)));
  for (const db of world.keyspace.databases) {
    if (db.size === 0) continue;
    saver.database(db, db.size, 0);
    dict.each(db.keys, (e) => saver.entry(db, world.keyspace, e));
  }
  saver.end();
  const bytes = Buffer.concat(pieces);
  expect(saver.size).toBe(bytes.length);
  expect(pieces.length).toBeLessThan(2 + bytes.length / 8192);
  world.end();
  return bytes;
}

const commandsIn = (bytes: Buffer) =>
  parseReplies(bytes).map((reply): Command => {
    if (reply.type !== "array") throw new Error(`a command is of type ${reply.type}`);
    return reply.value.map((word) => {
      if (word.type !== "bulk") throw new Error(`a word is of type ${word.type}`);
      return word.value;
    });
  });

/** The commands for each key, by database and name. */
function byKey(bytes: Buffer): Map<string, Command[]> {
  const keys = new Map<string, Command[]>();
  let db = "";
  for (const command of commandsIn(bytes)) {
    const [name, ...words] = command.map(String);
    if (name === "SELECT") {
      db = words[0];
      continue;
    }
    const key = `${db} ${name === "XGROUP" ? words[1] : words[0]}`;
    keys.set(key, [...(keys.get(key) ?? []), command]);
  }
  return keys;
}

const exact = (commands: readonly Command[]) =>
  commands.map((words) => words.map((word) => word.toString("latin1")));

/** The same whatever the order of elements: how many each command has, and then all of them. */
function loose(commands: readonly Command[]): unknown {
  const elements: string[] = [];
  const shape = exact(commands).map((words) => {
    const width = UNORDERED[words[0]];
    if (width === undefined) return words;
    for (let i = 2; i < words.length; i += width) {
      elements.push(words.slice(i, i + width).join("\0"));
    }
    return [words[0], words[1], words.length];
  });
  return { shape, elements: elements.sort() };
}

/** Values that fill commands to the last element, and names that are no text. */
function edges(): Plan {
  const plan: Word[][] = [];
  for (const count of [1, 63, 64, 65, 128, 129, 500]) {
    const numbers = Array.from({ length: count }, (_, i) => i);
    plan.push(["RPUSH", `l${count}`, ...numbers], ["SADD", `s${count}`, ...numbers]);
    plan.push(["ZADD", `z${count}`, ...numbers.flatMap((i) => [i / 3, `m${i}`])]);
    plan.push(["HSET", `h${count}`, ...numbers.flatMap((i) => [`f${i}`, i])]);
    plan.push(["SADD", `t${count}`, ...numbers.map((i) => `m${i}`)]);
  }
  plan.push(["SET", Buffer.from([0, 255, 13, 10]), Buffer.from([10, 13, 0])], ["SET", "", ""]);
  plan.push(["RPUSH", "gone", "a", "b"], ["PEXPIREAT", "gone", 99_999_999_999_999]);
  plan.push(["SET", "far", "v", "PXAT", "9223372036854775807"]);
  plan.push(["ZADD", "scores", "-inf", "a", "inf", "b", "-0", "c", "0.1", "d", "1e300", "e"]);
  plan.push(["XGROUP", "CREATE", "made", "g", "$", "MKSTREAM"]);
  plan.push(["XADD", "top", "18446744073709551615-18446744073709551615", "a", "b"]);
  return plan;
}

/** Fills a server that keeps an append-only file; returns its file, rewritten, and a snapshot. */
async function fill(real: Server): Promise<{ file: Buffer; snapshot: Buffer }> {
  const client = await real.connect();
  const random = new Random(Number(process.env.SEED ?? 7));
  for (const [index, kind] of KINDS.entries()) {
    for (let round = 0; round < ROUNDS; round++) {
      const plan = kind.plan(random).map((words) =>
        // A score of -0 is 0 once it was in a small set, as it may be when it is loaded.
        words.map((word, i) =>
          word === "k" && (i === 1 || i === 2) ? `k${index}-${round}` : word === "-0" ? "0" : word,
        ),
      );
      await client.pipeline([["SELECT", round], ...plan]);
    }
  }
  await client.pipeline([["SELECT", 9], ...edges()]);
  expect(plain(await client.command("SAVE"))).toBe("OK");
  await client.command("BGREWRITEAOF");
  const folder = join(real.dir, "appendonlydir");
  const base = () => readdirSync(folder).find((name) => name.endsWith(".2.base.aof"));
  while (base() === undefined) await Bun.sleep(20);
  client.close();
  return {
    file: readFileSync(join(folder, base() as string)),
    snapshot: readFileSync(join(real.dir, "dump.rdb")),
  };
}

/** All that XINFO tells of the streams of a server, but where and when. */
async function streamsOf(client: Client): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let db = 0; db < ROUNDS; db++) {
    await client.command("SELECT", db);
    for (const key of (plain(await client.command("KEYS", "*")) as string[]).sort()) {
      if (plain(await client.command("TYPE", key)) !== "stream") continue;
      const told = plain(await client.command("XINFO", "STREAM", key, "FULL", "COUNT", "0"));
      const text = JSON.stringify(told).replace(/"radix-tree-(keys|nodes)",\d+,/g, "");
      seen.push([db, key, text.replace(/"(seen|active)-time",-?\d+,/g, "")]);
    }
  }
  return seen;
}

/** Has a server carry the commands out; none of them may fail. */
async function feed(server: Server, bytes: Buffer): Promise<Client> {
  const client = await server.connect();
  const replies = parseReplies(await client.raw(bytes, commandsIn(bytes).length));
  expect(replies.filter(({ type }) => type === "error")).toEqual([]);
  return client;
}

describe.skipIf(redisBinary() === null)("with the real server", () => {
  let real: Server;
  let file: Buffer;
  let ours: Buffer;
  let realDigest: unknown;
  let realStreams: unknown[];

  beforeAll(async () => {
    const args = ["--enable-debug-command", "yes", "--aof-use-rdb-preamble", "no"];
    real = await startRedis({ args: [...args, "--appendonly", "yes"] });
    const filled = await fill(real);
    file = filled.file;
    ours = rewritten(filled.snapshot);
    const client = await real.connect();
    realDigest = plain(await client.command("DEBUG", "DIGEST"));
    realStreams = await streamsOf(client);
    client.close();
  });

  afterAll(async () => {
    await real?.stop();
  });

  test("each key is written in the same bytes", async () => {
    const expected = byKey(file);
    const written = byKey(ours);
    expect([...written.keys()].sort()).toEqual([...expected.keys()].sort());
    expect(ours.length).toBe(file.length);
    const client = await real.connect();
    let db = "";
    let exactly = 0;
    for (const [key, commands] of expected) {
      const space = key.indexOf(" ");
      if (key.slice(0, space) !== db) db = key.slice(0, space);
      const name = commands[0][commands[0][0].toString() === "XGROUP" ? 2 : 1];
      await client.command("SELECT", db);
      const encoding = plain(await client.command("OBJECT", "ENCODING", name));
      const own = written.get(key) as Command[];
      if (encoding === "hashtable" || encoding === "skiplist") {
        expect(loose(own)).toEqual(loose(commands));
        continue;
      }
      expect(exact(own)).toEqual(exact(commands));
      exactly++;
    }
    expect(exactly).toBeGreaterThan(50);
    client.close();
  });

  test.each(["redis-server", "Rusk"])("%s has the same data after the commands", async (name) => {
    const options = { args: ["--enable-debug-command", "yes"] };
    const other = await (name === "Rusk" ? startServer(options) : startRedis(options));
    const client = await feed(other, ours);
    expect(plain(await client.command("DEBUG", "DIGEST"))).toBe(realDigest as string);
    expect(await streamsOf(client)).toEqual(realStreams);
    client.close();
    await other.stop();
  });
});

test("deadlines of hash fields follow the fields of each command", async () => {
  const args = ["--enable-debug-command", "yes", "--snapshot-format", "rdb"];
  const server = await startServer({ args });
  const client = await server.connect();
  const count = 70;
  const numbers = Array.from({ length: count }, (_, i) => i);
  await client.command("HSET", "h", ...numbers.flatMap((i) => [`f${i}`, `v${i}`]));
  const time = 9_000_000_000_000;
  for (const i of numbers) {
    if (i % 3 > 0) await client.command("HPEXPIREAT", "h", time + i, "FIELDS", 1, `f${i}`);
  }
  await client.command("PEXPIREAT", "h", time);
  expect(plain(await client.command("SAVE"))).toBe("OK");
  const bytes = rewritten(readFileSync(join(server.dir, "dump.rdb")));
  const names = commandsIn(bytes).map(String);
  expect(names.filter((name) => name.startsWith("HMSET,h,f")).length).toBe(2);
  expect(names.filter((name) => name.startsWith("HPEXPIREAT,h,90000")).length).toBe(46);
  expect(names[1].startsWith("HMSET")).toBe(true);
  expect(names.at(-1)).toBe(`PEXPIREAT,h,${time}`);

  const digest = plain(await client.command("DEBUG", "DIGEST"));
  const fields = numbers.map((i) => `f${i}`);
  const times = plain(await client.command("HPEXPIRETIME", "h", "FIELDS", count, ...fields));
  await client.command("FLUSHALL");
  client.close();
  const fed = await feed(server, bytes);
  expect(plain(await fed.command("DEBUG", "DIGEST"))).toBe(digest as string);
  const again = plain(await fed.command("HPEXPIRETIME", "h", "FIELDS", count, ...fields));
  expect(again).toEqual(times as unknown[]);
  expect((again as number[])[1]).toBe(time + 1);
  fed.close();
  await server.stop();
});

test("commands have no more than 1 MB of elements, but for one that is larger", async () => {
  const server = await startServer({
    args: ["--enable-debug-command", "yes", "--snapshot-format", "rdb"],
  });
  const client = await server.connect();
  // A sixteenth of it.
  const UNIT = 2 ** 16;
  const sizes = [6 * UNIT, 6 * UNIT, 6 * UNIT, 1, 2, 3, 20 * UNIT, 4, 16 * UNIT - 9, 5, 1];
  const texts = sizes.map((size, i) => Buffer.alloc(size, 97 + i));
  await client.command("RPUSH", "l", ...texts);
  await client.command("SADD", "s", ...texts);
  await client.command("ZADD", "z", ...texts.flatMap((text, i) => [i, text]));
  await client.command("HSET", "h", ...texts.flatMap((text, i) => [`f${i}`, text]));
  await client.command("HSET", "names", ...texts.flatMap((text, i) => [text, i]));
  expect(plain(await client.command("SAVE"))).toBe("OK");
  const digest = plain(await client.command("DEBUG", "DIGEST"));
  const bytes = rewritten(readFileSync(join(server.dir, "dump.rdb")));
  const shapes = commandsIn(bytes).map((words) => words.slice(2).map(({ length }) => length));
  const ordered = commandsIn(bytes).map(([name]) => String(name));
  const of = (name: string) => shapes.filter((_, i) => ordered[i] === name);
  expect(of("RPUSH")).toEqual([
    [6 * UNIT, 6 * UNIT],
    [6 * UNIT, 1, 2, 3],
    [20 * UNIT],
    [4, 16 * UNIT - 9, 5],
    [1],
  ]);
  const total = (size: number, word: number) => size + word;
  for (const shape of shapes) {
    const size = shape.reduce(total, 0);
    expect(size < 16 * UNIT + 64 * 8 || shape.filter((word) => word > 64).length === 1).toBe(true);
  }
  for (const name of ["SADD", "ZADD", "HMSET"]) {
    const words = of(name)
      .flat()
      .filter((word) => word > UNIT);
    expect(words.length).toBe(name === "HMSET" ? 10 : 5);
  }
  await client.command("FLUSHALL");
  client.close();
  const fed = await feed(server, bytes);
  expect(plain(await fed.command("DEBUG", "DIGEST"))).toBe(digest as string);
  fed.close();
  await server.stop();
});
