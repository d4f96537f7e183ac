// Purpose: RDB files with what others than Redis 7.0 have written, or Redis long ago: the server
// starts with them as Redis does, and tells what was not as it should be.

import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Reply, requestOf, type Word } from "../client/resp.ts";
import { redisBinary, startRedis, startServer } from "../client/server.ts";
import {
  integer,
  join as joined,
  length,
  listpack,
  payload,
  rawId,
  rdbFile,
  string,
  type Value,
  ziplist,
} from "../persistence/payloads.ts";
import { ask, folderOfEachTest, untilInfo } from "../server/folder.ts";

const LIBRARY = "#!lua name=mylib\nredis.register_function('f', function() return 1 end)";
const FAR_MS = 7_000_000_000_000;

const { path: inFolder, started } = folderOfEachTest();
const path = () => inFolder("dump.rdb");

/** What both servers tell of a file; the replies must be the same. */
async function same(file: Uint8Array, ...lines: Word[][]): Promise<unknown[]> {
  const seen: unknown[][] = [];
  for (const make of redisBinary() === null ? [startServer] : [startServer, startRedis]) {
    writeFileSync(path(), file);
    const { client } = await started(make);
    const replies: unknown[] = [];
    for (const line of [...lines, ["DEBUG", "DIGEST"]]) replies.push(await ask(client, ...line));
    seen.push(replies);
    client.close();
  }
  expect(seen[0]).toEqual(seen[seen.length - 1]);
  return seen[0];
}

const KEY = joined(0, string("k"), string("v"));

test("a library of functions is kept: in either format, and in the base of a log", async () => {
  await same(rdbFile("REDIS0010", 0xf5, string(LIBRARY), KEY), ["GET", "k"]);
  for (const format of ["rusk", "rdb", "rusk"]) {
    const { server, client } = await started(startServer, "--snapshot-format", format);
    expect(server.log()).toContain("is kept as it is, and does not run: Engine 'lua' not found");
    expect(await ask(client, "FLUSHALL")).toBe("OK");
    expect(await ask(client, "DEBUG", "RELOAD")).toBe("OK");
    expect(await ask(client, "SET", "k", "v")).toBe("OK");
    expect(await ask(client, "SAVE")).toBe("OK");
    client.close();
    await server.stop();
  }
  const logged = ["--appendonly", "yes", "--aof-use-rdb-preamble", "no"];
  const first = await started(startServer, "--snapshot-format", "rdb");
  expect(await ask(first.client, "CONFIG", "SET", "aof-use-rdb-preamble", "no")).toBe("OK");
  expect(await ask(first.client, "CONFIG", "SET", "appendonly", "yes")).toBe("OK");
  await untilInfo(first.client, "persistence", /aof_rewrite_in_progress:0/);
  first.client.close();
  await first.server.stop();
  rmSync(path());
  const { server, client } = await started(startServer, ...logged);
  expect(server.log()).toContain("is kept as it is, and does not run: Engine 'lua' not found");
  expect(await ask(client, "GET", "k")).toBe("v");
  client.close();
  await server.stop();
  if (redisBinary() === null) return;
  const redis = await started(startRedis, ...logged);
  expect(await ask(redis.client, "FCALL", "f", 0)).toBe(1);
  redis.client.close();
});

describe("libraries in the increments of a log", () => {
  const library = (head: string, name: string) =>
    `#!lua ${head}\nredis.register_function('${name}', function() return 1 end)`;
  const LOGGED = ["--appendonly", "yes", "--save", ""];

  const dumpOf = (reply: Reply) => (reply.type === "bulk" ? reply.value : Buffer.alloc(0));

  /** The libraries that redis-server lists with the log in the folder. */
  async function listed(): Promise<unknown[]> {
    const { server, client } = await started(startRedis, ...LOGGED);
    const libraries = (await ask(client, "FUNCTION", "LIST", "WITHCODE")) as unknown[][];
    client.close();
    await server.stop();
    return libraries.map((library) => String(library[library.length - 1])).sort();
  }

  test.skipIf(redisBinary() === null).each(["yes", "no"])(
    "are those that Redis has, also after a rewriting (aof-use-rdb-preamble %s)",
    async (preamble) => {
      const redis = await started(startRedis, ...LOGGED);
      const told = (...words: Word[]) => ask(redis.client, "FUNCTION", ...words);
      await told("LOAD", library("name=gone", "g"));
      await told("FLUSH");
      await told("LOAD", library("name=one", "a"));
      await told("load", "replace", library("NAME='one'", "b"));
      await told("LOAD", library('name="two"', "c"));
      await told("DELETE", "two");
      await told("LOAD", library("name=three", "d"));
      const reply = dumpOf(await redis.client.command("FUNCTION", "DUMP"));
      await told("LOAD", library("name=four", "e"));
      await told("RESTORE", reply, "FLUSH");
      await told("LOAD", library("name=five", "f"));
      await told("DELETE", "one");
      await told("RESTORE", reply, "REPLACE");
      await ask(redis.client, "SET", "k", "v");
      redis.client.close();
      await redis.server.stop();
      const expected = await listed();
      expect(expected).toHaveLength(3);
      const args = [...LOGGED, "--aof-use-rdb-preamble", preamble, "--snapshot-format", "rdb"];
      const { server, client } = await started(startServer, ...args);
      expect(server.log()).toContain("is kept as it is, and does not run: Engine 'lua' not found");
      expect(await ask(client, "BGREWRITEAOF")).toContain("started");
      await untilInfo(client, "persistence", /aof_rewrites:1\r/);
      expect(await ask(client, "GET", "k")).toBe("v");
      client.close();
      await server.stop();
      expect(await listed()).toEqual(expected);
    },
  );

  test.each([
    [["FUNCTION", "STATS"], "Unknown command 'FUNCTION STATS'"],
    [["FUNCTION"], "FUNCTION without a subcommand"],
    [["FUNCTION", "RESTORE", "nothing"], "FUNCTION RESTORE of a broken payload"],
    [
      ["FUNCTION", "RESTORE", payload(10, 0xf6)],
      "FUNCTION RESTORE of something that is no library",
    ],
    [
      ["FUNCTION", "RESTORE", payload(10, 0xf5, 9)],
      "FUNCTION RESTORE of a string longer than what is left",
    ],
  ])("what cannot be one is refused: %j", async (words, problem) => {
    const file = Buffer.concat([requestOf(["SET", "k", "v"]), requestOf(words)]);
    writeFileSync(inFolder("appendonly.aof"), file);
    const start = started(startServer, ...LOGGED);
    await expect(start).rejects.toThrow(
      `${problem} reading the append only file appendonly.aof (at byte ${file.length})`,
    );
  });
});

test.skipIf(redisBinary() === null)("Redis has the library back from the file", async () => {
  writeFileSync(path(), rdbFile("REDIS0010", 0xf5, string(LIBRARY), KEY));
  const { client, server } = await started(startServer, "--snapshot-format", "rdb");
  expect(await ask(client, "SET", "other", "1")).toBe("OK");
  expect(await ask(client, "SAVE")).toBe("OK");
  client.close();
  await server.stop();
  const redis = await started(startRedis);
  expect(await ask(redis.client, "FCALL", "f", 0)).toBe(1);
  expect(await ask(redis.client, "DBSIZE")).toBe(2);
  redis.client.close();
});

/** A stream of two entries whose length is told as `told`; its one leaf has `deleted` more. */
function stream(type: number, told: number): Uint8Array {
  const values: Value[] = [2, 0, 1, "f", 0, 2, 0, 0, "a", 4, 2, 1, 0, "b", 4];
  const leaf = joined(string(rawId(5, 1)), string(listpack(...values)));
  const rest = type === 15 ? [] : [length(5), length(1), length(0), length(0), length(told)];
  return joined(type, string("s"), length(1), leaf, length(told), length(6), length(1), ...rest, 0);
}

test.each([15, 19, 21])(
  "a stream of type %d with another length is what is in it",
  async (type) => {
    const file = rdbFile("REDIS0011", stream(type, 4), KEY);
    writeFileSync(path(), file);
    const { server, client } = await started(startServer);
    expect(server.log()).toContain('key "s": the stream has 2 entries, not 4 as the file says');
    expect(await ask(client, "XLEN", "s")).toBe(2);
    expect(await ask(client, "XRANGE", "s", "-", "+")).toEqual([
      ["5-1", ["f", "a"]],
      ["6-1", ["f", "b"]],
    ]);
    expect(await ask(client, "DEBUG", "RELOAD")).toBe("OK");
    expect(
      await ask(
        client,
        "RESTORE",
        "r",
        0,
        payload(11, stream(type, 9).subarray(0, 1), stream(type, 9).subarray(3)),
      ),
    ).toBe("OK");
    expect(await ask(client, "XLEN", "r")).toBe(2);
    client.close();
  },
);

test("a score -0 in an old ziplist stays that, also through a snapshot", async () => {
  const elements = ["a", "-1.5", "b", "-0", "c", 0, "d", "1e3"] as const;
  const [range] = await same(
    rdbFile("REDIS0006", 12, string("z"), string(ziplist(...elements))),
    ["ZRANGE", "z", 0, -1, "WITHSCORES"],
    ["OBJECT", "ENCODING", "z"],
    ["DUMP", "z"],
    ["DEBUG", "RELOAD"],
    ["ZSCORE", "z", "b"],
    ["ZADD", "z", "-0", "e"],
    ["ZSCORE", "z", "e"],
  );
  expect(range).toEqual(["a", "-1.5", "b", "-0", "c", "0", "d", "1000"]);
});

test("scores -0 of the other types, and ziplists with members of any length", async () => {
  const long = "m".repeat(100);
  const member = (text: string, score: string) => joined(string(text), string(score));
  const many = Array.from({ length: 129 }, (_, i) => [`m${1000 + i}`, "-0"]).flat();
  await same(
    rdbFile(
      "REDIS0006",
      ...[3, string("textual"), length(2), member("a", "-0"), member("b", "0")],
      ...[12, string("long"), string(ziplist(long, "-0", `${long}x`, 5))],
      ...[12, string("many"), string(ziplist(...many))],
    ),
    ["ZRANGE", "textual", 0, -1, "WITHSCORES"],
    ["ZRANGE", "long", 0, -1, "WITHSCORES"],
    ["ZRANGE", "many", 0, 2, "WITHSCORES"],
    ["OBJECT", "ENCODING", "long"],
    ["OBJECT", "ENCODING", "many"],
  );
});

test("Valkey's files, of its first own version and of later ones", async () => {
  const field = (name: string, value: string, ms: number) =>
    joined(string(name), string(value), integer(ms, 8));
  for (const version of ["VALKEY080", "VALKEY081"]) {
    const slots = joined(0xf3, string("n".repeat(40)), length(1), length(0), length(100));
    const hash = joined(22, string("h"), length(2), field("f", "v", FAR_MS), field("g", "w", -1));
    writeFileSync(path(), rdbFile(version, hash, KEY));
    const { client, server } = await started(startServer);
    expect(await ask(client, "HMGET", "h", "f", "g", "h")).toEqual(["v", "w", null]);
    expect(await ask(client, "HPEXPIRETIME", "h", "FIELDS", 2, "f", "g")).toEqual([FAR_MS, -1]);
    expect(await ask(client, "GET", "k")).toBe("v");
    client.close();
    await server.stop();
    // What it was moving is lost: as with all that is, that has to be allowed.
    writeFileSync(path(), rdbFile(version, slots, KEY));
    const other = await started(startServer, "--load-incomplete", "yes");
    expect(other.server.log()).toContain("slots that were on their way to another node");
    other.client.close();
    await other.server.stop();
    rmSync(`${path()}.found`, { force: true });
  }
});

test("what Redis Enterprise tells of keys is passed over; an unknown type is named", async () => {
  const bytes = rdbFile(
    "REDIS0012",
    0x6b,
    length(300),
    KEY,
    0x6b,
    length(5),
    0,
    string("l"),
    "\x01x",
  );
  writeFileSync(path(), bytes);
  const { client, server } = await started(startServer);
  expect(await ask(client, "MGET", "k", "l")).toEqual(["v", "x"]);
  client.close();
  await server.stop();
  const unknown = rdbFile("REDIS0012", KEY, 99, "\xf0\xf0\xf0");
  writeFileSync(path(), unknown);
  await expect(started(startServer)).rejects.toThrow(
    "a value or opcode of number 99, which is not known",
  );
  expect(readFileSync(path())).toEqual(Buffer.from(unknown));
});

test("RESTORE refuses fields whose deadlines are out of order, as Redis 7.4 does", async () => {
  const { client } = await started(startServer);
  const restore = (...values: Value[]) =>
    ask(
      client,
      "RESTORE",
      "r",
      0,
      payload(12, 25, integer(FAR_MS, 8), string(listpack(...values))),
      "REPLACE",
    );
  const [early, late] = [FAR_MS, FAR_MS + 5];
  expect(await restore("a", "1", early, "b", "2", late, "c", "3", 0, "d", "4", 0)).toBe("OK");
  expect(await restore("a", "1", early, "b", "2", early)).toBe("OK");
  expect(await restore("a", "1", 0, "b", "2", 0)).toBe("OK");
  const refused = "ERR Bad data format";
  expect(await restore("a", "1", late, "b", "2", early)).toMatchObject({ message: refused });
  expect(await restore("a", "1", 0, "b", "2", early)).toMatchObject({ message: refused });
  expect(await restore("a", "1", early, "b", "2", 0, "c", "3", late)).toMatchObject({
    message: refused,
  });
  client.close();
});
