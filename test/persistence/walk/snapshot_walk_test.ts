// Purpose: the walk of a snapshot (src/persistence/walk/snapshot_walk.ts): what it shows is what
// there was when it began, whatever commands do meanwhile, with large values among it, in parts.

import { afterAll, afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import * as arena from "../../../src/arena/arena.ts";
import type { Database } from "../../../src/keyspace/database.ts";
import { RdbLoader, RdbSaver } from "../../../src/persistence/rdb/rdb_file.ts";
import type { LargeSaver } from "../../../src/persistence/saver.ts";
import { SnapshotLoader } from "../../../src/persistence/snapshot/snapshot_loader.ts";
import { blocksTo, SnapshotSaver } from "../../../src/persistence/snapshot/snapshot_saver.ts";
import type { LargeSizes } from "../../../src/persistence/walk/large_value.ts";
import { SnapshotWalk } from "../../../src/persistence/walk/snapshot_walk.ts";
import * as dict from "../../../src/structures/dict.ts";
import type { EntryRef } from "../../../src/structures/entry.ts";
import * as entry from "../../../src/structures/entry.ts";
import * as frozen from "../../../src/structures/frozen.ts";
import * as frozenDict from "../../../src/values/frozen_dict.ts";
import * as hashValue from "../../../src/values/hash_value.ts";
import * as listValue from "../../../src/values/list_value.ts";
import * as setValue from "../../../src/values/set_value.ts";
import * as streamValue from "../../../src/values/stream_value.ts";
import { thresholds } from "../../../src/values/thresholds.ts";
import * as zsetValue from "../../../src/values/zset_value.ts";
import { Random } from "../../fuzz/random.ts";
import { World } from "../../keyspace/worlds.ts";
import { contentsOf } from "../contents.ts";
import { InnerServer } from "../inner_server.ts";

const SEEDS = Number(process.env.SEEDS ?? 8);
const DATABASES = 16;
/** Nearly all that can be divided is. */
const SIZES: LargeSizes = { elements: 8, bytes: 400, string: 4200 };
/** The version that has the deadlines of fields. */
const VERSION = 12;

const asBefore = { ...thresholds };

/** Leaves of few elements, so that few elements make trees. */
const LOW = {
  hashPackedEntries: 4,
  setIntsetEntries: 4,
  setPackedEntries: 4,
  zsetPackedEntries: 4,
  listPackedSize: 3,
  streamNodeEntries: 4,
};

beforeEach(() => {
  Object.assign(thresholds, LOW);
});

/** A server in which few elements make trees. */
function lowServer(seed: number): InnerServer {
  const inner = new InnerServer(seed);
  Object.assign(thresholds, LOW);
  return inner;
}

afterAll(() => {
  Object.assign(thresholds, asBefore);
});

const FORMATS = ["rdb", "rusk"] as const;
type Format = (typeof FORMATS)[number];

function saverOf(format: Format, sink: (bytes: Uint8Array) => void): RdbSaver | SnapshotSaver {
  if (format === "rdb") return new RdbSaver(sink, { version: VERSION });
  return new SnapshotSaver(blocksTo(sink, true), "lru");
}

/** A walk that saves to memory. */
class Snapshot {
  readonly walk: SnapshotWalk;
  private readonly format: Format;
  private readonly saver: RdbSaver | SnapshotSaver;
  private readonly beginLarge;
  private readonly pieces: Buffer[] = [];

  constructor(inner: InnerServer, format: Format) {
    this.format = format;
    this.saver = saverOf(format, (bytes) => this.pieces.push(Buffer.from(bytes)));
    this.beginLarge = spyOn(this.saver, "beginLarge");
    this.saver.begin([]);
    const save = (db: Database, id: number, e: EntryRef) => {
      this.saver.select(id);
      this.saver.entry(db, inner.keyspace, e);
    };
    const fail = (error: Error) => {
      throw error;
    };
    this.walk = new SnapshotWalk(inner.keyspace, save, this.saver, fail, SIZES);
  }

  /** The types of the large values that the saver was told of in parts. */
  get largeTypes(): Set<number> {
    return new Set(this.beginLarge.mock.calls.map(([{ type }]) => type));
  }

  /** What it holds, once the walk is over. */
  contents(nowMs: number): Map<string, string> {
    this.saver.end();
    const bytes = Buffer.concat(this.pieces);
    const world = new World(1, DATABASES);
    world.pass(nowMs - world.wallMs);
    let at = 0;
    const read = (into: Uint8Array, offset: number, size: number) => {
      const piece = bytes.subarray(at, at + size);
      into.set(piece, offset);
      at += piece.length;
      return piece.length;
    };
    const Loader = this.format === "rdb" ? RdbLoader : SnapshotLoader;
    const loader = new Loader({ size: bytes.length, read }, world.keyspace);
    while (loader.step(10));
    const contents = contentsOf(world.keyspace.databases);
    world.end();
    for (const { keys } of world.keyspace.databases) dict.release(keys);
    return contents;
  }
}

/** The keys whose contents differ, with what is around the first difference. */
function differences(found: Map<string, string>, wanted: Map<string, string>): string[] {
  const keys = [...new Set([...found.keys(), ...wanted.keys()])];
  return keys.flatMap((key) => {
    const a = found.get(key) ?? "nothing";
    const b = wanted.get(key) ?? "nothing";
    if (a === b) return [];
    let at = 0;
    while (a[at] === b[at]) at++;
    const from = Math.max(0, at - 60);
    return [`${key}: ${a.slice(0, 8)} ${a.slice(from, at + 60)}, not ${b.slice(from, at + 60)}`];
  });
}

const VERIFY = [
  () => {},
  listValue.verify,
  setValue.verify,
  zsetValue.verify,
  hashValue.verify,
  streamValue.verify,
];

function verify(inner: InnerServer): void {
  for (const db of inner.keyspace.databases) {
    if (db.size === 0) continue;
    dict.verify(db.keys);
    dict.each(db.keys, (e) => VERIFY[entry.type(e)](e));
  }
}

type Command = string[];

/** What is drawn to make commands: few keys, so that all is met by all. */
class Words {
  readonly random: Random;
  private lastId = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  below = (limit: number) => this.random.below(limit);
  key = (type: string) => `${type}:${this.below(3)}`;
  any = () => this.key(this.random.pick(["list", "set", "zset", "hash", "stream", "string"]));
  member = () => (this.random.chance(0.3) ? String(this.below(200)) : `member:${this.below(200)}`);
  score = () => this.random.pick([String(this.below(50)), "1.5", "-inf"]);
  text = () => "x".repeat(this.random.pick([1, 10, 100, 5000]));
  rank = () => String(this.below(260) - 130);
  id = () => `${1 + this.below(this.lastId + 1)}-0`;
  nextId = () => `${++this.lastId}-0`;
}

/** Commands that change a value of a type, by type. */
const CHANGES: Readonly<Record<string, (w: Words) => Command[]>> = {
  list: (w) => [
    ["RPUSH", w.key("list"), w.member(), w.member()],
    ["LPUSH", w.key("list"), w.member(), `common:prefix:${w.member()}`],
    ["LPOP", w.key("list"), String(w.below(5))],
    ["RPOP", w.key("list"), String(w.below(5))],
    ["LSET", w.key("list"), w.rank(), w.text()],
    ["LINSERT", w.key("list"), "BEFORE", w.member(), w.text()],
    ["LREM", w.key("list"), String(w.below(3) - 1), w.member()],
    ["LTRIM", w.key("list"), String(w.below(10)), String(-w.below(10) - 1)],
    ["LMOVE", w.key("list"), w.key("list"), "LEFT", "RIGHT"],
    ["RPUSH", w.key("list"), ...Array.from({ length: 60 }, w.member)],
  ],
  set: (w) => [
    ["SADD", w.key("set"), ...Array.from({ length: 1 + w.below(50) }, w.member)],
    ["SREM", w.key("set"), w.member(), w.member(), w.member()],
    ["SPOP", w.key("set")],
    ["SPOP", w.key("set"), String(w.below(100))],
    ["SMOVE", w.key("set"), w.key("set"), w.member()],
    ["SRANDMEMBER", w.key("set"), "3"],
    ["SUNIONSTORE", w.key("set"), w.key("set"), w.key("set")],
    ["SDIFFSTORE", w.key("set"), w.key("set"), w.key("set")],
  ],
  zset: (w) => [
    ["ZADD", w.key("zset"), ...Array.from({ length: 30 }, () => [w.score(), w.member()]).flat()],
    ["ZADD", w.key("zset"), w.score(), w.member(), w.score(), w.member()],
    ["ZINCRBY", w.key("zset"), "1", w.member()],
    ["ZREM", w.key("zset"), w.member(), w.member(), w.member()],
    ["ZPOPMIN", w.key("zset"), String(w.below(4))],
    ["ZPOPMAX", w.key("zset"), String(w.below(4))],
    ["ZREMRANGEBYRANK", w.key("zset"), w.rank(), w.rank()],
    ["ZUNIONSTORE", w.key("zset"), "2", w.key("zset"), w.key("set")],
    ["ZRANGESTORE", w.key("zset"), w.key("zset"), "0", "50"],
  ],
  hash: (w) => [
    ["HSET", w.key("hash"), ...Array.from({ length: 60 }, w.member)],
    ["HSET", w.key("hash"), w.member(), w.text()],
    ["HDEL", w.key("hash"), w.member(), w.member(), w.member()],
    ["HINCRBY", w.key("hash"), w.member(), "1"],
    ["HINCRBYFLOAT", w.key("hash"), w.member(), "1.5"],
    ["HPEXPIRE", w.key("hash"), String(1 + w.below(50)), "FIELDS", "1", w.member()],
    ["HPEXPIRE", w.key("hash"), "100000000", "FIELDS", "2", w.member(), w.member()],
    ["HPEXPIRE", w.key("hash"), "0", "FIELDS", "1", w.member()],
    ["HPERSIST", w.key("hash"), "FIELDS", "2", w.member(), w.member()],
    ["HGETDEL", w.key("hash"), "FIELDS", "1", w.member()],
  ],
  stream: (w) => [
    ...Array.from({ length: 5 }, () => [
      "XADD",
      w.key("stream"),
      w.nextId(),
      w.member(),
      w.member(),
    ]),
    ["XDEL", w.key("stream"), w.id(), w.id(), w.id()],
    ["XTRIM", w.key("stream"), "MAXLEN", String(w.below(300))],
    ["XTRIM", w.key("stream"), "MINID", "~", w.id()],
    ["XGROUP", "CREATE", w.key("stream"), `g${w.below(2)}`, w.id()],
    ["XGROUP", "DESTROY", w.key("stream"), "g1"],
    ["XGROUP", "DELCONSUMER", w.key("stream"), "g0", "c2"],
    ["XGROUP", "SETID", w.key("stream"), "g0", w.id()],
    ...["c0", "c1", "c2"].map((consumer) => {
      const group = ["XREADGROUP", "GROUP", `g${w.below(2)}`, consumer];
      return [...group, "COUNT", String(1 + w.below(20)), "STREAMS", w.key("stream"), ">"];
    }),
    ["XREADGROUP", "GROUP", "g0", "c0", "COUNT", "5", "STREAMS", w.key("stream"), "0"],
    [
      "XREADGROUP",
      "GROUP",
      "g0",
      "c0",
      "CLAIM",
      "5",
      "COUNT",
      "5",
      "STREAMS",
      w.key("stream"),
      ">",
    ],
    ["XACK", w.key("stream"), "g0", w.id(), w.id(), w.id()],
    ["XCLAIM", w.key("stream"), "g0", "c1", "0", w.id(), w.id(), "FORCE"],
    ["XCLAIM", w.key("stream"), "g0", "c1", "0", w.id(), w.id(), "RETRYCOUNT", "7"],
    ["XAUTOCLAIM", w.key("stream"), "g0", "c2", "1", w.id(), "COUNT", "5"],
    ["XACKDEL", w.key("stream"), "g0", "KEEPREF", "IDS", "1", w.id()],
    ["XSETID", w.key("stream"), w.nextId()],
  ],
  string: (w) => [
    ["SET", w.key("string"), w.text()],
    ["APPEND", w.key("string"), w.text()],
    ["SETRANGE", w.key("string"), String(w.below(6000)), w.text()],
    ["SETBIT", w.key("string"), String(w.below(8 * 6000)), "1"],
    ["BITFIELD", w.key("string"), "SET", "u8", String(w.below(8 * 6000)), "7"],
    ["BITOP", "NOT", w.key("string"), w.key("string")],
  ],
};

/** Commands on keys as a whole, of any type. */
const WHOLE = (w: Words): Command[] => [
  ["DEL", w.any()],
  ["UNLINK", w.any()],
  ["RENAME", w.any(), w.any()],
  ["COPY", w.any(), w.any(), "REPLACE"],
  ["COPY", w.any(), w.any(), "DB", "1", "REPLACE"],
  ["MOVE", w.any(), "1"],
  ["SET", w.any(), "overwritten"],
  ["GETDEL", w.key("string")],
  ["EXPIRE", w.any(), "100"],
  ["PEXPIRE", w.any(), "5"],
  ["PEXPIREAT", w.any(), "1"],
  ["PERSIST", w.any()],
  ["SORT", w.any(), "ALPHA", "STORE", w.key("list")],
  ["SUNIONSTORE", w.any(), w.key("set")],
  ["ZUNIONSTORE", w.any(), "1", w.key("zset")],
  ["SWAPDB", "0", "1"],
  ["FLUSHDB"],
];

/** How likely each of the commands on whole keys is, in a fill and while a walk goes on. */
const WHOLE_IN_FILL = 0.01;
const WHOLE_IN_WALK = 0.08;
const FLUSH_SHARE = 0.1;

function change(words: Words, whole: number): Command {
  const { random } = words;
  if (!random.chance(whole)) {
    return random.pick(CHANGES[random.pick(Object.keys(CHANGES))](words));
  }
  const command = random.pick(WHOLE(words));
  const isSweep = command[0] === "FLUSHDB" || command[0] === "SWAPDB";
  return isSweep && !random.chance(FLUSH_SHARE) ? ["PING"] : command;
}

function act(inner: InnerServer, words: Words, whole: number): void {
  if (words.random.chance(0.01)) inner.pass(1 + words.below(5));
  if (words.random.chance(0.3)) inner.keyspace.reclaimSlice();
  if (words.random.chance(0.02)) inner.run("SELECT", String(words.below(2)));
  inner.run(...change(words, whole));
}

function fill(inner: InnerServer, words: Words): void {
  for (const db of ["1", "0"]) {
    inner.run("SELECT", db);
    for (let i = 0; i < 800; i++) act(inner, words, WHOLE_IN_FILL);
  }
}

/** Nothing is left of a walk that is over, and no block is lost. */
function verifyEnd(inner: InnerServer, blocksBefore: number): void {
  expect(frozen.frozenCount()).toBe(0);
  expect(frozenDict.isAny).toBe(false);
  for (const db of inner.keyspace.databases) inner.keyspace.flush(db);
  while (inner.keyspace.reclaimSlice());
  expect(arena.figures().blockCount).toBe(blocksBefore);
  arena.verify();
}

afterEach(() => {
  expect(frozen.isAny).toBe(false);
});

const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
const seedsAndFormats = seeds.flatMap((seed) => FORMATS.map((format) => [seed, format] as const));
const LARGE_TYPES = [0, 1, 2, 3, 4, 5];

test.each(seedsAndFormats)("commands while a walk goes on, seed %d, as %s", (seed, format) => {
  const inner = lowServer(seed);
  const blocksBefore = arena.figures().blockCount;
  const words = new Words(seed);
  const largeTypes = new Set<number>();
  for (let round = 0; round < 3; round++) {
    fill(inner, words);
    const { nowMs } = inner;
    const before = contentsOf(inner.keyspace.databases);
    const snapshot = new Snapshot(inner, format);
    const stepChance = words.random.pick([0.2, 0.5, 0.9]);
    let steps = 0;
    for (let isOver = false; !isOver; ) {
      if (words.random.chance(stepChance)) {
        isOver = !snapshot.walk.step();
        steps++;
      } else {
        act(inner, words, WHOLE_IN_WALK);
      }
      if (words.random.chance(0.05)) verify(inner);
    }
    expect(steps).toBeGreaterThan(100);
    verify(inner);
    expect(differences(snapshot.contents(nowMs), before)).toEqual([]);
    for (const type of snapshot.largeTypes) largeTypes.add(type);
  }
  expect([...largeTypes].sort()).toEqual(LARGE_TYPES);
  verifyEnd(inner, blocksBefore);
});

test.each(seeds)("a walk that is called off gives all back, seed %d", (seed) => {
  const inner = lowServer(seed);
  const blocksBefore = arena.figures().blockCount;
  const words = new Words(seed);
  for (let round = 0; round < 3; round++) {
    fill(inner, words);
    const { walk } = new Snapshot(inner, "rusk");
    for (let left = words.below(300); left > 0; left--) {
      walk.step();
      act(inner, words, WHOLE_IN_WALK);
    }
    walk.abandon();
    while (walk.step()) act(inner, words, WHOLE_IN_WALK);
    verify(inner);
  }
  verifyEnd(inner, blocksBefore);
});

test.each(seeds)("a saver that fails is told no more, and gives all back, seed %d", (seed) => {
  const inner = lowServer(seed);
  const blocksBefore = arena.figures().blockCount;
  const words = new Words(seed);
  fill(inner, words);
  const failures: string[] = [];
  let left = words.below(200);
  const saver = new Proxy({} as LargeSaver, {
    get: (_, name) => () => {
      expect(failures).toEqual([]);
      if (--left < 0) throw new Error(`no ${String(name)}`);
    },
  });
  const fail = (error: Error) => {
    failures.push(error.message);
    walk.abandon();
  };
  const walk = new SnapshotWalk(inner.keyspace, () => {}, saver, fail, SIZES);
  while (walk.step()) act(inner, words, WHOLE_IN_WALK);
  expect(failures.length).toBe(1);
  verify(inner);
  verifyEnd(inner, blocksBefore);
});

test.each(FORMATS)("a frozen leaf of a list that is merged with the next, as %s", (format) => {
  const inner = lowServer(1);
  const blocksBefore = arena.figures().blockCount;
  thresholds.listPackedSize = 6;
  const drop = (from: number, to: number, word: string) => {
    for (let i = from; i <= to; i++) inner.run("LSET", "list", String(i), word);
    inner.run("LREM", "list", "0", word);
  };
  inner.run("RPUSH", "list", ...Array.from({ length: 60 }, (_, i) => `element:${i}`));
  // Of the fourth leaf one element is left, for which its neighbours have no room.
  drop(19, 23, "first");
  const before = contentsOf(inner.keyspace.databases);
  const snapshot = new Snapshot(inner, format);
  drop(19, 23, "second");
  verify(inner);
  while (snapshot.walk.step());
  thresholds.listPackedSize = 3;
  expect(differences(snapshot.contents(inner.nowMs), before)).toEqual([]);
  verifyEnd(inner, blocksBefore);
});

test.each(FORMATS)("an entry of a stream is deleted from a frozen leaf, as %s", (format) => {
  const inner = lowServer(1);
  const blocksBefore = arena.figures().blockCount;
  for (let i = 1; i <= 40; i++) inner.run("XADD", "stream", `${i}-0`, "field", "value");
  const before = contentsOf(inner.keyspace.databases);
  const snapshot = new Snapshot(inner, format);
  expect(inner.run("XDEL", "stream", "6-0", "21-0")).toBe(":2\r\n");
  verify(inner);
  while (snapshot.walk.step());
  expect(differences(snapshot.contents(inner.nowMs), before)).toEqual([]);
  verifyEnd(inner, blocksBefore);
});

test.each(FORMATS)("values of several parts and blocks, as %s", (format) => {
  const inner = lowServer(1);
  const blocksBefore = arena.figures().blockCount;
  const words = Array.from({ length: 9000 }, (_, i) => `${i}:${"x".repeat(40)}`);
  inner.run("RPUSH", "list", ...words);
  inner.run("SADD", "set", ...words);
  inner.run("ZADD", "zset", ...words.flatMap((word, i) => [String(i), word]));
  inner.run("HSET", "hash", ...words.flatMap((word) => [word, "value"]));
  inner.run("HPEXPIRE", "hash", "100000", "FIELDS", "1", words[0]);
  inner.run("SET", "string", words.join());
  for (const [i, word] of words.entries()) inner.run("XADD", "stream", `${i + 1}-0`, "name", word);
  inner.run("XGROUP", "CREATE", "stream", "g", "0");
  for (const [consumer, count] of [
    ["a", "8000"],
    ["b", "900"],
    ["a", "100"],
  ]) {
    inner.run("XREADGROUP", "GROUP", "g", consumer, "COUNT", count, "STREAMS", "stream", ">");
  }
  const before = contentsOf(inner.keyspace.databases);
  const snapshot = new Snapshot(inner, format);
  inner.run("SADD", "set", "another");
  while (snapshot.walk.step());
  expect([...snapshot.largeTypes].sort()).toEqual(LARGE_TYPES);
  expect(differences(snapshot.contents(inner.nowMs), before)).toEqual([]);
  verifyEnd(inner, blocksBefore);
});
