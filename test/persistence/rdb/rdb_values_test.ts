// Purpose: values in all forms that RDB has known (src/persistence/rdb/rdb_values.ts): those that
// Redis 7.0 no longer writes, and those of later versions, built here from the facts of the format;
// then payloads of all kinds that are broken at random.

import { afterEach, describe, expect, test } from "bun:test";
import * as arena from "../../../src/arena/arena.ts";
import { latin1 } from "../../../src/base/bytes.ts";
import {
  dumpPayload,
  isIntact,
  restorePayload,
} from "../../../src/persistence/rdb/dump_payload.ts";
import { Malformed, RdbType } from "../../../src/persistence/rdb/rdb_format.ts";
import { argsOf } from "../../../src/protocol/args.ts";
import type { EntryRef } from "../../../src/structures/entry.ts";
import * as entry from "../../../src/structures/entry.ts";
import * as packed from "../../../src/structures/packed.ts";
import { StreamId } from "../../../src/structures/stream_id.ts";
import * as hashValue from "../../../src/values/hash_value.ts";
import * as listValue from "../../../src/values/list_value.ts";
import * as setValue from "../../../src/values/set_value.ts";
import * as streamGroup from "../../../src/values/stream_group.ts";
import * as streamValue from "../../../src/values/stream_value.ts";
import * as stringValue from "../../../src/values/string_value.ts";
import { thresholds } from "../../../src/values/thresholds.ts";
import { Type } from "../../../src/values/types.ts";
import * as values from "../../../src/values/values.ts";
import * as zsetValue from "../../../src/values/zset_value.ts";
import { Random } from "../../fuzz/random.ts";
import { World } from "../../keyspace/worlds.ts";
import {
  corrupted,
  double,
  integer,
  intset,
  join,
  length,
  listpack,
  type Piece,
  payload,
  rawId,
  string,
  ziplist,
  zipmap,
} from "../payloads.ts";

const CORRUPTIONS = Number(process.env.CORRUPTIONS ?? 3000);
const LONG = "x".repeat(300);
const LATER_MS = 1_800_000_000_000;

const world = new World();

afterEach(() => {
  world.end();
  world.verify();
});

/** An entry with the value of a payload, in the database under "k". */
function restored(bytes: Uint8Array): EntryRef {
  expect(isIntact(bytes, 0, bytes.length, true)).toBe(true);
  const args = argsOf(["k"]);
  const hash = world.db().hash(args, 0);
  const { view, start, size } = args;
  const key = { bytes: args.bytes, view, offset: start[0], size: size[0], hash, expires: false };
  const payload = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return restorePayload(bytes, payload, 0, bytes.length, key);
}

function made(version: number, ...pieces: readonly Piece[]): EntryRef {
  const e = world.db().link(restored(payload(version, ...pieces)), -1);
  verify(e);
  return e;
}

function verify(e: EntryRef): void {
  const verifiers = [null, listValue, setValue, zsetValue, hashValue, streamValue];
  const verifier = verifiers[entry.type(e)];
  if (verifier === setValue || verifier === null) return;
  verifier?.verify(e);
}

/** What a value holds, to compare. */
function contents(e: EntryRef): unknown {
  switch (entry.type(e)) {
    case Type.list:
      return listTexts(e);
    case Type.set:
      return setTexts(e).sort();
    case Type.zset:
      return scores(e);
    case Type.hash:
      return fieldsOf(e);
    default: {
      const { bytes, offset, size } = stringValue.rangeOf(e);
      return latin1(bytes, offset, size);
    }
  }
}

const text = ({ bytes, offset, size }: { bytes: Uint8Array; offset: number; size: number }) =>
  latin1(bytes, offset, size);

function listTexts(e: EntryRef): string[] {
  const texts: string[] = [];
  listValue.eachBlock(e, (p) => {
    for (let at = packed.first(p); at !== 0; at = packed.next(p, at)) {
      texts.push(text(packed.range(p, at)));
    }
  });
  return texts;
}

function setTexts(e: EntryRef): string[] {
  const texts: string[] = [];
  const cursor = new setValue.SetCursor();
  for (cursor.start(e); cursor.next(); ) texts.push(text(cursor.member()));
  return texts;
}

function scores(e: EntryRef): [string, number][] {
  const pairs: [string, number][] = [];
  const cursor = new zsetValue.ZsetCursor();
  for (cursor.seek(e, 0); cursor.isValid; cursor.next()) {
    pairs.push([text(cursor.member()), cursor.score]);
  }
  return pairs;
}

/** Fields with values, and deadlines if there are any. */
function fieldsOf(e: EntryRef): Record<string, string | [string, number]> {
  const fields: Record<string, string | [string, number]> = {};
  const cursor = new hashValue.HashCursor();
  for (cursor.start(e); cursor.next(); ) {
    const deadline = hashValue.deadlineOf(e, cursor.place);
    const value = text(cursor.value());
    fields[text(cursor.field())] = deadline < 0 ? value : [value, deadline];
  }
  return fields;
}

const WIDE = -(2n ** 63n);
const VALUES = [LONG, 0, 12, 13, -1, 127, 128, -129, 32767, 8388607, -8388609, 2 ** 31, WIDE, ""];
const TEXTS = VALUES.map(String);

describe("old and new forms", () => {
  test("lists", () => {
    const forms: Piece[][] = [
      [RdbType.list, length(TEXTS.length), ...TEXTS.map(string)],
      [RdbType.listZiplist, string(ziplist(...VALUES))],
      [
        RdbType.listQuicklist,
        length(3),
        string(ziplist(...VALUES.slice(0, 3))),
        string(ziplist()),
        string(ziplist(...VALUES.slice(3))),
      ],
      [RdbType.listQuicklist2, length(1), length(2), string(listpack(...VALUES))],
      [
        RdbType.listQuicklist2,
        length(3),
        ...[length(1), string(LONG), length(2), string(listpack(...VALUES.slice(1, 5)))],
        ...[length(2), string(listpack(...VALUES.slice(5)))],
      ],
      // Integers that are stored as texts, and texts that need not be as long as they are.
      [RdbType.listQuicklist2, length(1), length(2), string(listpack(...TEXTS))],
    ];
    for (const form of forms) {
      expect(contents(made(6, ...form))).toEqual(TEXTS);
      world.end();
    }
  });

  test("sets", () => {
    const members = [-5, 3, 70_000, 2n ** 40n];
    const texts = members.map(String).sort();
    const forms: Piece[][] = [
      [RdbType.set, length(4), ...texts.map(string)],
      [RdbType.setIntset, string(intset(8, ...members))],
      [RdbType.setListpack, string(listpack(...members))],
    ];
    for (const form of forms) {
      const e = made(11, ...form);
      expect(contents(e)).toEqual(texts);
      expect(values.encodingName(e)).toBe("intset");
      world.end();
    }
    const mixed = made(11, RdbType.setListpack, string(listpack("a", 5, LONG)));
    expect(contents(mixed)).toEqual(["5", "a", LONG]);
  });

  test("sorted sets", () => {
    const wanted = [
      ["n", -Infinity],
      ["a", 1.5],
      ["b", 1.5],
      ["10", 7],
      ["p", Infinity],
    ] as [string, number][];
    const textual = wanted.map(([member, score]) => {
      const told = { [Infinity]: [254], [-Infinity]: [255] }[score] ?? [
        String(score).length,
        String(score),
      ];
      return join(string(member), ...told);
    });
    const packedForm = ["n", "-inf", "a", "1.5", "b", "1.5", 10, 7, "p", "inf"];
    const shuffled = ["p", "inf", "b", "1.5", "a", "1.5", 10, 7, "n", "-inf"];
    const forms: Piece[][] = [
      [RdbType.zset, length(5), ...textual],
      [RdbType.zset2, length(5), ...wanted.map(([m, score]) => join(string(m), double(score)))],
      [RdbType.zsetZiplist, string(ziplist(...packedForm))],
      [RdbType.zsetListpack, string(listpack(...packedForm))],
      [RdbType.zsetListpack, string(listpack(...shuffled))],
    ];
    for (const form of forms) {
      const e = made(8, ...form);
      expect(contents(e)).toEqual(wanted);
      expect(values.encodingName(e)).toBe("listpack");
      world.end();
    }
  });

  test("hashes", () => {
    const wanted = { a: "1", 7: "b", [LONG]: "c", d: LONG };
    const pairs = ["a", "1", "7", "b", LONG, "c", "d", LONG];
    const numbered = ["a", 1, 7, "b", LONG, "c", "d", LONG];
    const forms: Piece[][] = [
      [RdbType.hash, length(4), ...pairs.map(string)],
      [RdbType.hashZipmap, string(zipmap(0, ...pairs))],
      [RdbType.hashZipmap, string(zipmap(3, ...pairs))],
      [RdbType.hashZiplist, string(ziplist(...numbered))],
      [RdbType.hashListpack, string(listpack(...numbered))],
      [RdbType.hashListpack, string(listpack(...pairs))],
    ];
    for (const form of forms) {
      expect(contents(made(5, ...form))).toEqual(wanted);
      world.end();
    }
  });

  test("a zipmap of many fields does not tell how many", () => {
    const pairs = Array.from({ length: 600 }, (_, i) => `${i % 2 === 0 ? "f" : "v"}${i >> 1}`);
    const e = made(5, RdbType.hashZipmap, string(zipmap(1, ...pairs)));
    expect(hashValue.count(e)).toBe(300);
  });

  test("hashes whose fields expire, as Redis 7.4 and its candidates have them", () => {
    const wanted = { a: ["1", LATER_MS], b: ["2", LATER_MS + 500], c: "3" };
    const triples = ["a", 1, LATER_MS, "b", 2, LATER_MS + 500, "c", 3, 0];
    const told = (ttl: number, field: string, value: string) =>
      join(length(ttl), string(field), string(value));
    const base = integer(LATER_MS, 8);
    const forms: Piece[][] = [
      [
        RdbType.hashMetadata,
        ...[base, length(3), told(1, "a", "1"), told(501, "b", "2"), told(0, "c", "3")],
      ],
      [
        RdbType.hashMetadataPre,
        ...[length(3), told(LATER_MS, "a", "1"), told(LATER_MS + 500, "b", "2")],
        told(0, "c", "3"),
      ],
      [RdbType.hashListpackEx, base, string(listpack(...triples))],
      [RdbType.hashListpackExPre, string(listpack(...triples))],
    ];
    for (const form of forms) {
      const e = made(12, ...form);
      expect(contents(e)).toEqual(wanted);
      expect(hashValue.firstDeadline(e)).toBe(LATER_MS);
      const { bytes, size } = dumpPayload(e, true);
      const copy = bytes.slice(0, size);
      world.end();
      const again = world.db().link(restored(copy), -1);
      expect(contents(again)).toEqual(wanted);
      world.end();
    }
  });

  test("streams of Redis 5, 7.0 and 7.2", () => {
    for (const type of [
      RdbType.streamListpacks,
      RdbType.streamListpacks2,
      RdbType.streamListpacks3,
    ]) {
      const e = made(11, type, ...streamBody(type));
      expect(streamValue.length(e)).toBe(3);
      expect(streamValue.leafCount(e)).toBe(2);
      expect(streamText(e)).toEqual(["5-1 a 1 b x", "6-0 c y", "9-9 z 26"]);
      const id = new StreamId();
      streamValue.loadLastId(e, id);
      expect([id.msLow, id.seqLow]).toEqual([10, 0]);
      streamValue.loadMaxDeletedId(e, id);
      const isOld = type === RdbType.streamListpacks;
      expect(id.msLow).toBe(isOld ? 0 : 5);
      expect(streamValue.entriesAdded(e)).toBe(isOld ? 3n : 8n);
      const [group] = streamGroup.inOrder(streamValue.groupsOf(e));
      expect(streamGroup.entriesRead(group)).toBe(isOld ? streamGroup.UNKNOWN : 7n);
      const [consumer] = streamGroup.inOrder(streamGroup.consumersOf(group));
      expect(streamGroup.seenMs(consumer)).toBe(LATER_MS);
      const active = type === RdbType.streamListpacks3 ? LATER_MS - 1 : LATER_MS;
      expect(streamGroup.activeMs(consumer)).toBe(active);
      id.set(0, 6, 0, 0);
      const row = streamGroup.findPending(group, id);
      expect(streamGroup.deliveredMs(row)).toBe(LATER_MS - 5);
      expect(streamGroup.deliveryCount(row)).toBe(300n);
      world.end();
    }
  });
});

/** Three entries and a deleted one in two leaves, a group with a consumer who has one of them. */
function streamBody(
  type: number,
  deliveredMs: number | bigint = LATER_MS - 5,
  seenMs: number | bigint = LATER_MS,
): Piece[] {
  const first = listpack(
    ...[2, 1, 2, "a", "b", 0],
    ...[2, 0, 0, 1, "x", 5],
    ...[3, 0, 1, 2, "y", 5],
    ...[0, 1, -1, 1, "c", "y", 6],
  );
  const second = listpack(...[1, 0, 1, "z", 0], ...[2, 0, 0, 26, 4]);
  const since7 = type !== RdbType.streamListpacks;
  const since72 = type === RdbType.streamListpacks3;
  return [
    ...[length(2), string(rawId(5, 1)), string(first), string(rawId(9, 9)), string(second)],
    ...[length(3), length(10), length(0)],
    ...(since7 ? [length(5), length(1), length(5), length(2), length(8)] : []),
    ...[length(1), string("g"), length(9), length(9), ...(since7 ? [length(7)] : [])],
    ...[length(1), rawId(6, 0), integer(deliveredMs, 8), length(300)],
    ...[length(1), string("c"), integer(seenMs, 8)],
    ...(since72 ? [integer(LATER_MS - 1, 8)] : []),
    ...[length(1), rawId(6, 0)],
  ];
}

function streamText(e: EntryRef): string[] {
  const from = new StreamId();
  const to = new StreamId();
  to.setMax();
  const cursor = new streamValue.StreamCursor();
  const lines: string[] = [];
  for (cursor.start(e, from, to, false); cursor.next(); ) {
    let line = `${cursor.id.msLow}-${cursor.id.seqLow}`;
    cursor.each((each) => {
      line += ` ${text(each)}`;
    });
    lines.push(line);
  }
  return lines;
}

test("encodings are what the thresholds say, and elements are as many", () => {
  const before = { ...thresholds };
  const long = "y".repeat(100);
  const numbers = Array.from({ length: 40 }, (_, i) => i);
  try {
    Object.assign(thresholds, { hashPackedEntries: 10, zsetPackedEntries: 10 });
    Object.assign(thresholds, { setIntsetEntries: 10, setPackedEntries: 5, listPackedSize: 3 });
    const forms: [string, number, ...Piece[]][] = [
      ["listpack", 10, RdbType.hashListpack, string(listpack(...numbers.slice(0, 20)))],
      ["hashtable", 11, RdbType.hashListpack, string(listpack(...numbers.slice(0, 22)))],
      ["hashtable", 20, RdbType.hashZiplist, string(ziplist(...numbers))],
      ["hashtable", 1, RdbType.hash, length(1), string("a"), string(long)],
      ["listpack", 10, RdbType.zsetListpack, string(listpack(...numbers.slice(0, 20)))],
      ["skiplist", 20, RdbType.zsetListpack, string(listpack(...numbers))],
      ["skiplist", 1, RdbType.zset2, length(1), string(long), double(1)],
      ["intset", 10, RdbType.setIntset, string(intset(4, ...numbers.slice(0, 10)))],
      ["hashtable", 11, RdbType.setIntset, string(intset(4, ...numbers.slice(0, 11)))],
      ["hashtable", 40, RdbType.setListpack, string(listpack(...numbers))],
      ["quicklist", 40, RdbType.listQuicklist2, 1, 2, string(listpack(...numbers))],
    ];
    for (const [encoding, count, ...form] of forms) {
      const e = made(12, ...form);
      expect([values.encodingName(e), values.count(e)]).toEqual([encoding, count]);
      world.end();
    }
  } finally {
    Object.assign(thresholds, before);
  }
});

const streamTimes = (deliveredMs: number | bigint, seenMs: number | bigint): Piece[] => [
  RdbType.streamListpacks2,
  ...streamBody(RdbType.streamListpacks2, deliveredMs, seenMs),
];

describe("what is malformed is refused", () => {
  const cases: [string, ...Piece[]][] = [
    ["a type that is none", 8],
    ["a module's value", RdbType.module2, length(0), 0],
    ["no value", RdbType.string],
    ["a string that is too long", RdbType.string, length(5), "abcd"],
    ["a string of 2^62 bytes", RdbType.string, length(2n ** 62n), "abcd"],
    ["a string of no known form", RdbType.string, 0xc4],
    ["LZF that would be very long", RdbType.string, 0xc3, length(4), length(2 ** 29), "abcd"],
    ["LZF that makes less", RdbType.string, 0xc3, length(3), length(9), 1, "ab"],
    ["a list without elements", RdbType.list, length(0)],
    ["more elements than bytes", RdbType.list, length(2 ** 30), string("a")],
    ["a node of no known form", RdbType.listQuicklist2, length(1), length(3), string("a")],
    ["a list of empty nodes", RdbType.listQuicklist2, length(1), length(2), string(listpack())],
    ["a set with a member twice", RdbType.set, length(2), string("a"), string("a")],
    ["an intset out of order", RdbType.setIntset, string(intset(2, 2, 1))],
    ["an intset with a member twice", RdbType.setIntset, string(intset(2, 1, 1))],
    ["an intset of no members", RdbType.setIntset, string(intset(2))],
    ["an intset of no width", RdbType.setIntset, string(intset(3, 1))],
    ["a score that is no number", RdbType.zset, length(1), string("a"), 253],
    ["a score of no text", RdbType.zset, length(1), string("a"), 0],
    ["a binary score that is none", RdbType.zset2, length(1), string("a"), double(Number.NaN)],
    ["a member without a score", RdbType.zsetListpack, string(listpack("a"))],
    ["a member twice", RdbType.zsetListpack, string(listpack("a", 1, "a", 2))],
    ["a field without a value", RdbType.hashListpack, string(listpack("a"))],
    ["a field twice", RdbType.hashListpack, string(listpack("a", 1, "a", 2))],
    ["a field twice in a zipmap", RdbType.hashZipmap, string(zipmap(0, "a", "b", "a", "c"))],
    ["a deadline that is none", RdbType.hashListpackExPre, string(listpack("a", 1, "x"))],
    ["a time that no clock tells", ...streamTimes(2n ** 53n, LATER_MS)],
    ["a time long before any clock", ...streamTimes(LATER_MS, -(2n ** 63n))],
    ["a stream's leaf without entries", RdbType.streamListpacks, length(1), string(rawId(1, 1))],
  ];
  test.each(cases)("%s", (_, ...pieces) => {
    const before = arena.figures().blockCount;
    expect(() => restored(payload(10, ...pieces))).toThrow(Malformed);
    expect(arena.figures().blockCount).toBe(before);
  });
});

/** Payloads of all forms, as they should be. */
function samples(): Uint8Array[] {
  const pairs = ["a", "1", "77", "b", LONG, "c", "d", LONG];
  const numbered = ["a", 1, 77, "b", LONG, 70_000, "d", LONG];
  const scored = ["a", 1, "b", "2.5", "c", 300];
  const manyTexts = Array.from({ length: 200 }, (_, i) => `word ${i}`);
  const bodies: Piece[][] = [
    [RdbType.string, string(LONG)],
    [RdbType.string, 0xc3, length(5), length(20), 0, "a", 0xe0, 10, 0],
    [RdbType.string, 0xc2, integer(-5, 4)],
    [RdbType.list, length(TEXTS.length), ...TEXTS.map(string)],
    [RdbType.listZiplist, string(ziplist(...VALUES))],
    [RdbType.listQuicklist, length(2), string(ziplist(...VALUES)), string(ziplist("a", 5))],
    [RdbType.listQuicklist2, length(1), length(2), string(listpack(...VALUES))],
    [RdbType.set, length(4), ...TEXTS.slice(0, 4).map(string)],
    [RdbType.set, length(200), ...manyTexts.map(string)],
    [RdbType.setIntset, string(intset(4, -5, 3, 70_000))],
    [RdbType.setListpack, string(listpack(...VALUES))],
    [RdbType.zset, length(2), string("a"), 3, "1.5", string("b"), 254],
    [RdbType.zset2, length(200), ...manyTexts.map((t, i) => join(string(t), double(i % 5)))],
    [RdbType.zsetZiplist, string(ziplist(...scored))],
    [RdbType.zsetListpack, string(listpack(...scored))],
    [RdbType.hash, length(4), ...pairs.map(string)],
    [RdbType.hashZipmap, string(zipmap(2, ...pairs))],
    [RdbType.hashZiplist, string(ziplist(...numbered))],
    [RdbType.hashListpack, string(listpack(...numbered))],
    [RdbType.hashListpackEx, integer(LATER_MS, 8), string(listpack("a", 1, LATER_MS, "b", 2, 0))],
    [RdbType.hashMetadata, integer(LATER_MS, 8), length(1), length(9), string("a"), string("b")],
    [RdbType.streamListpacks, ...streamBody(RdbType.streamListpacks)],
    [RdbType.streamListpacks2, ...streamBody(RdbType.streamListpacks2)],
    [RdbType.streamListpacks3, ...streamBody(RdbType.streamListpacks3)],
  ];
  return bodies.map((body) => payload(10, ...body));
}

test(`${CORRUPTIONS} payloads broken at random are refused, or make a value that is sound`, () => {
  const seed = Number(process.env.SEED ?? 1);
  const random = new Random(seed);
  const sound = samples();
  for (const bytes of sound) {
    verify(world.db().link(restored(bytes), -1));
    world.end();
  }
  const before = arena.figures().blockCount;
  let refused = 0;
  for (let round = 0; round < CORRUPTIONS; round++) {
    const bytes = corrupted(random, random.pick(sound));
    try {
      const e = world.db().link(restored(bytes), -1);
      verify(e);
      const { bytes: dumped, size } = dumpPayload(e, true);
      const copy = dumped.slice(0, size);
      const was = contents(e);
      world.end();
      expect(contents(world.db().link(restored(copy), -1))).toEqual(was);
    } catch (error) {
      if (!(error instanceof Malformed)) {
        console.error(`SEED=${seed}, round ${round}: ${Buffer.from(bytes).toString("hex")}`);
        throw error;
      }
      refused++;
    }
    world.end();
    if (arena.figures().blockCount !== before) throw new Error(`round ${round}: blocks are lost`);
  }
  expect(refused).toBeGreaterThan(CORRUPTIONS / 4);
});
