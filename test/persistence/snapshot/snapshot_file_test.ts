// Purpose: Rusk's snapshot files (src/persistence/snapshot_*.ts): what is saved loads, with values
// of every type and encoding; other MessagePack libraries read it; what is not sound is refused.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync as fflateInflate } from "fflate";
import { unpackMultiple } from "msgpackr";
import * as arena from "../../../src/arena/arena.ts";
import { fromLatin1 } from "../../../src/base/bytes.ts";
import { digestOfAll } from "../../../src/commands/server/debug_digest.ts";
import { dumpPayload } from "../../../src/persistence/rdb/dump_payload.ts";
import { RdbLoader } from "../../../src/persistence/rdb/rdb_file.ts";
import { MessageWriter } from "../../../src/persistence/snapshot/message_writer.ts";
import { BlockWriter } from "../../../src/persistence/snapshot/snapshot_block.ts";
import { isSnapshot, SnapshotError } from "../../../src/persistence/snapshot/snapshot_format.ts";
import { SnapshotLoader } from "../../../src/persistence/snapshot/snapshot_loader.ts";
import { blocksTo, SnapshotSaver } from "../../../src/persistence/snapshot/snapshot_saver.ts";
import * as dict from "../../../src/structures/dict.ts";
import * as entry from "../../../src/structures/entry.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";
import { put, World } from "../../keyspace/worlds.ts";
import { KINDS } from "../plans.ts";
import { sourceOf } from "../source.ts";

const DATABASES = 16;
const CORRUPTIONS = Number(process.env.CORRUPTIONS ?? 1000);
const CORRUPTIONS_LIMIT_MS = 300_000 + 60 * CORRUPTIONS;
const SEED = Number(process.env.SEED ?? 1);
const HEAD_SIZE = 12;
const BLOCK_HEAD_SIZE = 16;

function load(
  world: World,
  bytes: Uint8Array,
  pieceSize = Infinity,
  replaces = false,
): SnapshotLoader {
  const loader = new SnapshotLoader(sourceOf(bytes, pieceSize), world.keyspace, { replaces });
  while (loader.step(10));
  return loader;
}

function save(world: World, packs = true, clocks: "lru" | "lfu" = "lru"): Buffer {
  const pieces: Buffer[] = [];
  const sink = blocksTo((bytes) => pieces.push(Buffer.from(bytes)), packs);
  const saver = new SnapshotSaver(sink, clocks);
  saver.begin([["rusk", "0.1.0"]]);
  for (const db of world.keyspace.databases) {
    if (db.size === 0) continue;
    saver.database(db, db.size, db.expires.count);
    dict.each(db.keys, (e) => saver.entry(db, world.keyspace, e));
  }
  saver.end();
  return Buffer.concat(pieces);
}

const digest = (world: World) => digestOfAll(world.keyspace.databases);

/** The payloads of all streams, which tell more of them than the digest does. */
function streams(world: World): string[] {
  const found: string[] = [];
  for (const db of world.keyspace.databases) {
    dict.each(db.keys, (e) => {
      if (entry.type(e) !== 5) return;
      const { bytes, size } = dumpPayload(e, false);
      found.push(`${db.id} ${entry.keyText(e)} ${Bun.hash(bytes.subarray(0, size))}`);
    });
  }
  return found.sort();
}

/** A file of the blocks that are written. */
function fileOf(write: (writer: BlockWriter) => void, packs = false): Buffer {
  const pieces: Buffer[] = [];
  write(new BlockWriter((bytes) => pieces.push(Buffer.from(bytes)), packs));
  return Buffer.concat(pieces);
}

/** A file whose one block of records holds these bytes, told as so many keys. */
function fileWith(records: Uint8Array, keys: number): Buffer {
  return fileOf((writer) => {
    writer.block(0, fromLatin1("\x81\xa6clocks\xa3lru"));
    writer.block(1, records);
    writer.end(keys);
  });
}

interface Block {
  readonly offset: number;
  readonly kind: number;
  readonly codec: number;
  readonly stored: Uint8Array;
}

function blocksOf(file: Uint8Array): Block[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const blocks: Block[] = [];
  for (let offset = HEAD_SIZE; offset < file.length; ) {
    const size = view.getUint32(offset, true);
    const from = offset + BLOCK_HEAD_SIZE;
    const stored = file.subarray(from, from + size);
    blocks.push({ offset, kind: file[offset + 8], codec: file[offset + 9], stored });
    offset = from + size;
  }
  return blocks;
}

/** The records of a file, read by libraries that others use. */
function recordsOf(file: Uint8Array): unknown[][] {
  return blocksOf(file)
    .filter(({ kind }) => kind === 1)
    .flatMap(({ codec, stored }) =>
      unpackMultiple(codec === 1 ? fflateInflate(stored) : stored),
    ) as unknown[][];
}

describe.skipIf(redisBinary() === null)("with values of the real server", () => {
  let real: Server;
  let rdb: Uint8Array;
  let realDigest: unknown;
  let file: Buffer;
  let realStreams: string[];

  beforeAll(async () => {
    real = await startRedis({ args: ["--enable-debug-command", "yes"] });
    const client = await real.connect();
    const random = new Random(SEED);
    for (const [index, kind] of KINDS.entries()) {
      for (let round = 0; round < 3; round++) {
        const named = (word: Word): Word => (word === "k" ? `k${index}-${round}` : word);
        const plan = kind
          .plan(random)
          .map(([name, ...rest]) =>
            rest[0] === "k" || rest[1] === "k" ? [name, ...rest.map(named)] : [name, ...rest],
          );
        await client.pipeline([["SELECT", round], ...plan]);
      }
    }
    expect(plain(await client.command("SAVE"))).toBe("OK");
    realDigest = plain(await client.command("DEBUG", "DIGEST"));
    rdb = readFileSync(join(real.dir, "dump.rdb"));
    client.close();
    const world = new World(1, DATABASES);
    const loader = new RdbLoader(sourceOf(rdb), world.keyspace);
    while (loader.step(1000));
    file = save(world);
    realStreams = streams(world);
    world.end();
  });

  afterAll(async () => {
    await real?.stop();
  });

  test.each([Infinity, 1, 7, 5000])("what is saved loads, read in pieces of %d", (pieceSize) => {
    const before = arena.figures().blockCount;
    const world = new World(1, DATABASES);
    const loader = load(world, file, pieceSize);
    expect(digest(world)).toBe(realDigest as string);
    expect(streams(world)).toEqual(realStreams);
    expect(loader.figures).toEqual({
      keys: 3 * KINDS.length,
      expired: 0,
      empty: 0,
      module: 0,
      lost: 0,
    });
    expect(loader.offset).toBe(file.length);
    world.verify();
    world.end();
    expect(arena.figures().blockCount).toBeGreaterThanOrEqual(before);
  });

  test("it is no longer than Redis's file", () => {
    expect(file.length).toBeLessThan(rdb.length);
  });

  test("other libraries read it", () => {
    const records = recordsOf(file);
    const keys = records.filter(([kind]) => (kind as number) <= 6 || kind === 17);
    expect(keys.length).toBe(3 * KINDS.length);
    expect(records.every((record) => Array.isArray(record))).toBe(true);
  });

  test("a file that is cut off anywhere, altered or lengthened is refused", () => {
    const random = new Random(SEED);
    for (let round = 0; round < 30; round++) {
      const world = new World(1, DATABASES);
      const cut = random.below(file.length);
      expect(() => load(world, file.subarray(0, cut))).toThrow(SnapshotError);
      world.end();
      const altered = Uint8Array.from(file);
      altered[random.below(file.length)] ^= 1 << random.below(8);
      expect(() => load(world, altered)).toThrow(SnapshotError);
      world.end();
      expect(() => load(world, Buffer.concat([file, file.subarray(0, 1)]))).toThrow(
        "there is more after the end of the snapshot",
      );
      world.end();
    }
  });
});

/** Writes records one after the other. */
function records() {
  const to = new MessageWriter(new Uint8Array(4096));
  const text = (word: string) => to.binary(fromLatin1(word), 0, word.length);
  const head = (kind: number, key: string) => {
    to.array(5);
    to.integer(kind);
    text(key);
    to.nil();
    to.integer(5);
  };
  const values = (...items: (string | number | null)[]) => {
    to.longArray(items.length);
    for (const item of items) {
      if (item === null) to.nil();
      else if (typeof item === "string") text(item);
      else to.double(item);
    }
  };
  const open = (kind: number, number: number, elements: number) => {
    to.array(2 + elements);
    to.integer(kind);
    to.integer(number);
  };
  const begin = (kind: number, number: number, key: string, count: number) => {
    open(17, number, 5);
    to.integer(kind);
    text(key);
    to.nil();
    to.integer(5);
    to.integer(count);
  };
  return { to, text, head, values, open, begin };
}

/** A small keyspace with a record of each kind. */
function small(): Buffer {
  const { to, text, head, values, open, begin } = records();
  head(0, "string");
  text("value");
  head(0, "number");
  to.integer(-17);
  head(1, "list");
  values("a", 1, "b");
  head(2, "set");
  values("a", 1);
  head(3, "zset");
  values("a", 1.5, "b", 2);
  head(4, "hash");
  values("f", "v", "g", 7);
  head(6, "expiring");
  values("f", "v", null, "g", "w", 9_000_000_000_000);
  begin(1, 1, "parts", 3);
  begin(5, 2, "stream", 2);
  open(18, 1, 1);
  values("a", "b");
  open(18, 2, 1);
  to.longArray(8);
  for (const item of [5, 1, 2]) to.integer(item);
  values("f", "v");
  for (const item of [6, 1, 4]) to.integer(item);
  values("w");
  open(20, 2, 5);
  for (const item of [6, 1, 0, 0, 2]) to.integer(item);
  open(21, 2, 4);
  text("group");
  for (const item of [5, 1, 1]) to.integer(item);
  open(22, 2, 3);
  text("consumer");
  for (const item of [1000, 1000]) to.integer(item);
  open(23, 2, 1);
  values(5, 1, 1000, 3);
  open(19, 2, 0);
  open(18, 1, 1);
  values("c");
  open(19, 1, 0);
  return Buffer.from(to.bytes.subarray(0, to.size));
}

describe("small files", () => {
  const world = new World(1, DATABASES);
  const now = world.clock.nowMs;

  test("are told by their first bytes", () => {
    expect(isSnapshot(fileWith(small(), 9))).toBe(true);
    expect(isSnapshot(fromLatin1("REDIS0010"))).toBe(false);
    expect(isSnapshot(new Uint8Array(0))).toBe(false);
  });

  test("records of every kind, with two values in parts at once", () => {
    const { figures } = load(world, fileWith(small(), 9));
    expect(figures.keys).toBe(9);
    const saved = save(world);
    const wanted = digest(world);
    const wantedStreams = streams(world);
    world.end();
    load(world, saved);
    expect(digest(world)).toBe(wanted);
    expect(streams(world)).toEqual(wantedStreams);
    world.verify();
    world.end();
  });

  test.each([
    [1, 3, ["a", "b", 7]],
    [2, 3, ["a", "b", 7]],
    [3, 2, ["a", 1.5, "b", 2]],
    [4, 2, ["f", "v", "g", "w"]],
    [6, 2, ["f", "v", null, "g", "w", 9_000_000_000_000]],
  ])("a value of kind %d in parts has as many elements as it says: %d", (kind, count, items) => {
    const file = (told: number) => {
      const { to, begin, open, values } = records();
      begin(kind, 1, "key", told);
      open(18, 1, 1);
      values(...items);
      open(19, 1, 0);
      return fileWith(Buffer.from(to.bytes.subarray(0, to.size)), 1);
    };
    const before = arena.figures().blockCount;
    for (const told of [0, count - 1, count + 1, 2 * count]) {
      expect(() => load(world, file(told))).toThrow("a value has not as many elements as it says");
      expect(world.db().size).toBe(0);
    }
    expect(arena.figures().blockCount).toBe(before);
    expect(load(world, file(count)).figures.keys).toBe(1);
    world.end();
  });

  test("libraries of functions: one of a name, which the file may replace if that is said", () => {
    const codes = ["#!lua name=one\n--1", '#!lua\tx=y NAME="two"\n', "#!lua name=one\n--2", "none"];
    const fileOf = (...codes: string[]) => {
      const { to, text } = records();
      for (const code of codes) {
        to.array(2);
        to.integer(24);
        text(code);
      }
      return fileWith(Buffer.from(to.bytes.subarray(0, to.size)), 0);
    };
    const { libraries } = world.keyspace;
    const kept = () => [...libraries.each()].map((code) => Buffer.from(code).toString());
    load(world, fileOf(codes[0], codes[1]));
    expect(kept()).toEqual([codes[0], codes[1]]);
    expect(() => load(world, fileOf(codes[3], codes[2]))).toThrow("a library is there twice");
    load(world, fileOf(codes[2]), Infinity, true);
    expect(kept()).toEqual([codes[2], codes[1], codes[3]]);
    libraries.clear();
  });

  test("expiry, beyond 2^53 as well, and access clocks are kept", () => {
    const db = world.db(1);
    const far = 9_223_372_036_854_775_000n;
    db.setExpiry(put(db, "near", "v"), now + 5000);
    db.setExpiry(put(db, "far", "v"), Number(far), far);
    put(db, "idle", "v");
    world.pass(3000);
    const saved = save(world);
    world.end();
    load(world, saved);
    expect(db.expiryOf(db.entryOf("near"))).toBe(now + 5000);
    expect(db.farExpiryOf(db.entryOf("far"))).toBe(far);
    expect(world.keyspace.idleSeconds(db.entryOf("idle"))).toBe(3);
    world.end();
    world.pass(5000);
    expect(load(world, saved).figures).toMatchObject({ keys: 2, expired: 1 });
    world.end();
  });

  test("long strings come in parts, and large elements alone", () => {
    const db = world.db();
    const long = "0123456789abcdef".repeat(100_000);
    put(db, "long", long);
    put(db, "empty", "");
    for (const packs of [true, false]) {
      const saved = save(world, packs);
      expect(saved.length > long.length).toBe(!packs);
      const other = new World(2, DATABASES);
      load(other, saved);
      expect(digest(other)).toBe(digest(world));
      other.end();
    }
    world.end();
  });

  test(
    `${CORRUPTIONS} files broken at random are refused`,
    () => {
      const random = new Random(SEED);
      const db = world.db();
      for (let i = 0; i < 40; i++) put(db, `key:${i}`, `value:${i}`.repeat(1 + (i % 9)));
      const sound = save(world);
      world.end();
      const before = arena.figures().blockCount;
      for (let round = 0; round < CORRUPTIONS; round++) {
        const bytes = Uint8Array.from(sound);
        const cut = random.pick([0, 0, 0, 1, 9, random.below(bytes.length)]);
        for (let times = random.between(cut === 0 ? 1 : 0, 3); times > 0; times--) {
          bytes[random.below(bytes.length)] ^= random.between(1, 255);
        }
        if (cut === 0 && sound.equals(bytes)) continue;
        expect(() => load(world, bytes.subarray(0, bytes.length - cut))).toThrow(SnapshotError);
        world.end();
      }
      expect(arena.figures().blockCount).toBe(before);
    },
    CORRUPTIONS_LIMIT_MS,
  );

  test(
    `${CORRUPTIONS} blocks broken before they got their checksum load, or are refused`,
    () => {
      const random = new Random(SEED);
      const sound = small();
      const before = arena.figures().blockCount;
      let refused = 0;
      for (let round = 0; round < CORRUPTIONS; round++) {
        const bytes = Uint8Array.from(sound);
        for (let times = random.between(1, 3); times > 0; times--) {
          bytes[random.below(bytes.length)] = random.below(256);
        }
        try {
          load(world, fileWith(bytes.subarray(0, bytes.length - random.pick([0, 0, 0, 1, 9])), 9));
          save(world);
        } catch (error) {
          if (!(error instanceof SnapshotError)) throw error;
          refused++;
        }
        world.verify();
        world.end();
      }
      expect(refused).toBeGreaterThan(CORRUPTIONS / 4);
      expect(arena.figures().blockCount).toBe(before);
    },
    CORRUPTIONS_LIMIT_MS,
  );

  test.each([
    ["", "it ends too early: it was cut short (at byte 0)"],
    ["NOSNAPSHOT12", "this is no snapshot (at byte 0)"],
    [
      "RUSKSNAP\x03\0\0\0",
      "the snapshot is of version 3, and this server reads up to version 2: it needs a newer " +
        "Rusk (at byte 0)",
    ],
    ["RUSKSNAP\x01\0\0\0", "it ends too early: it was cut short (at byte 12)"],
  ])("%j is refused", (text, message) => {
    expect(() => load(world, fromLatin1(text))).toThrow(message);
  });

  test("files whose blocks are not what they should be are refused", () => {
    const head = fromLatin1("\x81\xa6clocks\xa3lru");
    const refusal = (write: (writer: BlockWriter) => void) => {
      try {
        load(world, fileOf(write));
      } catch (error) {
        return (error as Error).message;
      } finally {
        world.end();
      }
      return "";
    };
    expect(refusal((writer) => writer.end(0))).toBe("the snapshot has no head (at byte 12)");
    expect(
      refusal((writer) => {
        writer.block(0, head);
        writer.end(1);
      }),
    ).toBe("there are not as many keys as told (at byte 40)");
    expect(
      refusal((writer) => {
        writer.block(0, head);
        writer.block(7, head);
      }),
    ).toBe("a block of no known kind (at byte 40)");
    const key = fromLatin1("\x95\0\xc4\x01k\xc0\0\xc4\x01v");
    expect(
      refusal((writer) => {
        writer.block(0, head);
        writer.block(1, Buffer.concat([key, key]));
        writer.end(2);
      }),
    ).toBe('key "k" is there twice (at byte 40)');
  });
});
