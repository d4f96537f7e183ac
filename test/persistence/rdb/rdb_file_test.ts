// Purpose: RDB files (src/persistence/rdb/rdb_file.ts): files of the real Redis load, what is saved
// loads in the real Redis and here, in pieces of any size; and what is not sound is refused.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as arena from "../../../src/arena/arena.ts";
import { fromLatin1 } from "../../../src/base/bytes.ts";
import { digestOfAll } from "../../../src/commands/server/debug_digest.ts";
import {
  isRdb,
  RdbError,
  type RdbHooks,
  RdbLoader,
  RdbSaver,
  type SaverOptions,
} from "../../../src/persistence/rdb/rdb_file.ts";
import * as dict from "../../../src/structures/dict.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";
import { World } from "../../keyspace/worlds.ts";
import { KINDS } from "../plans.ts";
import { sourceOf } from "../source.ts";

const DATABASES = 16;
const CORRUPTIONS = Number(process.env.CORRUPTIONS ?? 1000);

function load(world: World, bytes: Uint8Array, pieceSize = Infinity, hooks: RdbHooks = {}) {
  const loader = new RdbLoader(sourceOf(bytes, pieceSize), world.keyspace, hooks);
  while (loader.step(10));
  return loader;
}

function save(world: World, options: SaverOptions = {}): Buffer {
  const pieces: Buffer[] = [];
  const saver = new RdbSaver((bytes) => pieces.push(Buffer.from(bytes)), options);
  saver.begin([["redis-ver", "7.0.15"]]);
  for (const db of world.keyspace.databases) {
    if (db.size === 0) continue;
    saver.database(db, db.size, 0);
    dict.each(db.keys, (e) => saver.entry(db, world.keyspace, e));
  }
  saver.end();
  const bytes = Buffer.concat(pieces);
  expect(pieces.length).toBeLessThan(2 + bytes.length / 8192);
  expect(saver.size).toBe(bytes.length);
  return bytes;
}

const digest = (world: World) => digestOfAll(world.keyspace.databases);

/** A file of the version with what is given between head and end, without a checksum. */
function fileOf(version: number, ...parts: (string | Uint8Array)[]): Uint8Array {
  const head = `REDIS${String(version).padStart(4, "0")}`;
  const bytes = [head, ...parts, "\xff\0\0\0\0\0\0\0\0"].map((part) =>
    typeof part === "string" ? fromLatin1(part) : part,
  );
  return Buffer.concat(bytes);
}

describe.skipIf(redisBinary() === null)("with the real server", () => {
  let folder = "";
  let real: Server;
  let file: Uint8Array;
  let realDigest: unknown;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rusk-rdb-"));
    real = await startRedis({ args: ["--enable-debug-command", "yes"] });
    const client = await real.connect();
    const random = new Random(5);
    for (const [index, kind] of KINDS.entries()) {
      for (let round = 0; round < 3; round++) {
        const plan = kind
          .plan(random)
          .map(([name, ...rest]) =>
            rest[0] === "k" || rest[1] === "k"
              ? [name, ...rest.map((word): Word => (word === "k" ? `k${index}-${round}` : word))]
              : [name, ...rest],
          );
        await client.pipeline([["SELECT", round], ...plan]);
      }
    }
    expect(plain(await client.command("SAVE"))).toBe("OK");
    realDigest = plain(await client.command("DEBUG", "DIGEST"));
    file = readFileSync(join(real.dir, "dump.rdb"));
    client.close();
  });

  afterAll(async () => {
    await real?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([Infinity, 1, 7, 5000])("its file loads, read in pieces of %d", (pieceSize) => {
    const world = new World(1, DATABASES);
    const aux: Record<string, string> = {};
    const loader = load(world, file, pieceSize, {
      aux: (name, value) => {
        aux[name] = value;
      },
    });
    expect(digest(world)).toBe(realDigest as string);
    expect(aux["redis-ver"]).toBe("7.0.15");
    expect(loader.figures.keys).toBe(3 * KINDS.length);
    expect(loader.offset).toBe(file.length);
    world.verify();
    world.end();
  });

  test.each([
    {},
    { clocks: "lru", packs: false },
    { clocks: "lfu", sums: false },
  ] as SaverOptions[])("it loads what is saved with %j", async (options) => {
    const world = new World(1, DATABASES);
    load(world, file);
    const saved = save(world, options);
    writeFileSync(join(folder, "saved.rdb"), saved);
    world.end();
    const args = ["--dir", folder, "--dbfilename", "saved.rdb", "--enable-debug-command", "yes"];
    const other = await startRedis({ args });
    const client = await other.connect();
    expect(plain(await client.command("DEBUG", "DIGEST"))).toBe(realDigest as string);
    client.close();
    await other.stop();
    const again = new World(1, DATABASES);
    load(again, saved);
    expect(digest(again)).toBe(realDigest as string);
    again.end();
  });

  test("a file that is cut off anywhere, or altered, is refused", () => {
    const random = new Random(11);
    for (let round = 0; round < 10; round++) {
      const world = new World(1, DATABASES);
      const cut = random.below(file.length);
      expect(() => load(world, file.subarray(0, cut))).toThrow(RdbError);
      const altered = Uint8Array.from(file);
      altered[random.below(file.length - 8)] ^= 1 << random.below(8);
      expect(() => load(world, altered)).toThrow();
      world.end();
    }
  });

  test("altered where no checksum tells, it is refused or loads, and nothing is lost", () => {
    const seed = Number(process.env.SEED ?? 1);
    const random = new Random(seed);
    const unsummed = Uint8Array.from(file);
    unsummed.fill(0, file.length - 8);
    const world = new World(1, DATABASES);
    const before = arena.figures().blockCount;
    for (let round = 0; round < CORRUPTIONS / 50; round++) {
      const altered = Uint8Array.from(unsummed);
      for (let times = random.between(1, 3); times > 0; times--) {
        altered[random.below(file.length - 8)] = random.below(256);
      }
      try {
        load(world, altered);
      } catch (error) {
        if (!(error instanceof RdbError)) throw error;
      }
      world.verify();
      world.end();
      expect([seed, round, arena.figures().blockCount]).toEqual([seed, round, before]);
    }
  });
});

describe("small files", () => {
  const world = new World(1, DATABASES);
  const now = world.clock.nowMs;
  const time = (ms: number) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(ms), true);
    return bytes;
  };

  test("are told by their first bytes", () => {
    expect(isRdb(fileOf(7))).toBe(true);
    expect(isRdb(fromLatin1("*1\r\n$4\r\nPING"))).toBe(false);
    expect(isRdb(new Uint8Array(0))).toBe(false);
  });

  test("keys that expired are dropped, and the others expire", () => {
    const dead = ["\xfc", time(now - 1), "\0\x04dead\x01v"];
    const mortal = ["\xfc", time(now + 5000), "\0\x06mortal\x01v"];
    const { figures } = load(world, fileOf(9, "\xfe\x01", ...dead, ...mortal, "\0\x01k\x01v"));
    expect(figures).toEqual({ keys: 2, expired: 1, empty: 0, module: 0, lost: 0 });
    const db = world.db(1);
    expect(db.expiryOf(db.entryOf("mortal"))).toBe(now + 5000);
    expect(db.expiryOf(db.entryOf("k"))).toBe(-1);
    world.end();
  });

  test("seconds, access clocks and hints of Redis are understood", () => {
    const idle = "\xf8\x0a\0\x04idle\x01v";
    const seconds = ["\xfd", Uint8Array.of(0xff, 0xff, 0xff, 0x7f), "\0\x03sec\x01v"];
    load(world, fileOf(9, "\xfe\0\xfb\x05\x01\xf4\x01\x02\x03", idle, ...seconds));
    const db = world.db();
    expect(world.keyspace.idleSeconds(db.entryOf("idle"))).toBe(10);
    expect(db.expiryOf(db.entryOf("sec"))).toBe(0x7fffffff * 1000);
    world.end();
  });

  test("libraries are kept; what modules saved, and old functions, are told of", () => {
    const seen: string[] = [];
    const id = new Uint8Array(9);
    id[0] = 0x81;
    const parts = "\x01\x05\x02\x07\x03abcd\x04abcdefgh\x05\x02hi\0";
    const file = fileOf(
      10,
      ...["\xf5\x04code", "\xf6\x01n\x03LUA\x01\x04desc\x04body", "\xf6\x01m\x03LUA\0\x01b"],
      ...["\xf7", id, "\x02\x01", parts, "\x07\x03mod", id, parts, "\0\x01k\x01v"],
    );
    for (const hooks of [{ lost: (what: string) => seen.push(what) }, {}]) {
      world.keyspace.clear();
      const { figures } = load(world, file, 1, hooks);
      expect(figures).toEqual({ keys: 1, expired: 0, empty: 0, module: 1, lost: 4 });
      const codes = [...world.keyspace.libraries.each()];
      expect(codes.map((code) => Buffer.from(code).toString())).toEqual(["code"]);
    }
    expect(seen).toEqual([
      'function "n" of a time before Redis 7.0',
      'function "m" of a time before Redis 7.0',
      "data of module AAAAAAAAA",
      'key "mod" of module AAAAAAAAA',
    ]);
    world.end();
  });

  test("what follows the end is left to the caller", () => {
    const loader = load(world, Buffer.concat([fileOf(10, "\0\x01k\x01v"), fromLatin1("*1\r\n")]));
    expect(Buffer.from(loader.rest()).toString()).toBe("*1\r\n");
    expect(loader.offset).toBe(fileOf(10, "\0\x01k\x01v").length);
    world.end();
  });

  test(`${CORRUPTIONS} files broken at random are refused or load, and nothing is lost`, () => {
    const random = new Random(Number(process.env.SEED ?? 1));
    const sound = fileOf(
      10,
      ...["\xfa\x03ctx\x01v", "\xf5\x04code", "\xfe\0\xfb\x05\x01", "\0\x01s\xc1\x39\x30"],
      ...["\x01\x01l\x02\x01a\x01b", "\xfc", time(now + 5000), "\x02\x01t\x02\x01a\x01b"],
      ...["\xf8\x05\x03\x01z\x02\x01a\x031.5\x01b\xfe", "\xf9\x07\x04\x01h\x01\x01a\x01b"],
    );
    const before = arena.figures().blockCount;
    let refused = 0;
    for (let round = 0; round < CORRUPTIONS; round++) {
      const bytes = Uint8Array.from(sound);
      for (let times = random.between(1, 3); times > 0; times--) {
        bytes[random.below(bytes.length - 8)] = random.below(256);
      }
      try {
        load(world, bytes.subarray(0, bytes.length - random.pick([0, 0, 0, 1, 9, 20])), 7);
      } catch (error) {
        if (!(error instanceof RdbError)) throw error;
        refused++;
      }
      world.verify();
      world.end();
    }
    expect(refused).toBeGreaterThan(CORRUPTIONS / 4);
    expect(arena.figures().blockCount).toBe(before);
  });

  test.each([
    ["NOTRDB0009", "this is no RDB file (at byte 9)"],
    ["REDIS0013", 'RDB files of version "0013" are not known (at byte 9)'],
    ["REDIS00x9", 'RDB files of version "00x9" are not known (at byte 9)'],
    ["VALKEY079", 'Valkey\'s RDB files of version "079" are not known (at byte 9)'],
    ["REDIS0009\xfe\x20", "there is a database 32, and this server has 16 (at byte 11)"],
    [
      "REDIS0009\0\x01k\x05v",
      'Value integrity check failed: a string longer than what is left, in key "k" (at byte 13)',
    ],
    [
      "REDIS0009\0\x01k\x01v\0\x01k\x01w",
      'Value integrity check failed: the key is there twice, in key "k" (at byte 19)',
    ],
    ["REDIS0009\x08\x01k\x01v", "a value or opcode of number 8, which is not known (at byte 10)"],
    ["REDIS0009\0\x01k\x01v", "it ends too early (at byte 14)"],
    ["REDIS0009\xff\x01\0\0\0\0\0\0\0", "CRC error: the file was altered (at byte 18)"],
  ])("%j is refused", (text, message) => {
    const bytes = fromLatin1(text);
    expect(() => load(world, bytes)).toThrow(message);
    world.end();
  });
});
