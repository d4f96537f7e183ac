// Purpose: sorted sets against a plain sorted array, in both encodings and across the conversion:
// every change is followed by a full verify, and every question is asked of both.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Ref } from "../../src/arena/arena.ts";
import * as arena from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { Reply } from "../../src/protocol/reply.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import type { PackedRef } from "../../src/structures/packed.ts";
import * as packed from "../../src/structures/packed.ts";
import { refOf } from "../../src/values/collection.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import * as values from "../../src/values/values.ts";
import * as zset from "../../src/values/zset_value.ts";
import { Random } from "../fuzz/random.ts";
import { look, World } from "../keyspace/worlds.ts";

const DEFAULTS = { ...thresholds };

let world = new World();
let before = arena.figures();

beforeEach(() => {
  world = new World();
  before = arena.figures();
});

afterEach(() => {
  Object.assign(thresholds, DEFAULTS);
  world.verify();
  world.end();
  const databases = before.blockCount;
  expect(arena.figures().blockCount).toBe(databases);
});

/** A member or a key as the functions want it. */
function bytesOf(text: string): [Uint8Array, DataView, number, number] {
  const { bytes, view } = argsOf([text]);
  return [bytes, view, 0, text.length];
}

const textOf = ({ bytes, offset, size }: Range) => latin1(bytes, offset, size);

function create(db: Database, key: string): EntryRef {
  const args = argsOf([key]);
  return zset.create(db, args, 0, db.hash(args, 0), "zadd");
}

/** Members compare as their bytes; latin1 text compares as they do. */
function compare(a: [string, number], b: [string, number]): number {
  if (a[1] !== b[1]) return a[1] - b[1] < 0 ? -1 : 1;
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

class Model {
  readonly e: EntryRef;
  readonly scores = new Map<string, number>();

  constructor(e: EntryRef) {
    this.e = e;
  }

  get isPacked(): boolean {
    return zset.encodingName(this.e) === "listpack";
  }

  sorted(): [string, number][] {
    return [...this.scores].sort(compare);
  }

  put(member: string, score: number): void {
    const old = this.scores.get(member);
    const done = zset.put(this.e, ...bytesOf(member), score);
    if (old === undefined) expect(done).toBe(zset.ADDED);
    else expect(done).toBe(old === score ? zset.SAME : zset.CHANGED);
    // A packed block has integers, and no sign of 0.
    if (old !== score) this.scores.set(member, this.isPacked ? score + 0 : score);
  }

  remove(member: string): void {
    expect(zset.remove(this.e, ...bytesOf(member))).toBe(this.scores.delete(member));
  }

  removeRanks(from: number, n: number): void {
    const gone = this.sorted().slice(from, from + n);
    zset.removeRanks(this.e, from, n);
    for (const [member] of gone) this.scores.delete(member);
  }

  /** Checks order and contents, both ways. */
  check(): void {
    const { e } = this;
    zset.verify(e);
    const expected = this.sorted();
    expect(zset.count(e)).toBe(expected.length);
    expect(pairsOf(e)).toEqual(expected);
  }

  checkQuestions(random: Random): void {
    const { e } = this;
    const expected = this.sorted();
    for (const [rank, [member, score]] of expected.entries()) {
      if (!random.chance(20 / expected.length)) continue;
      expect(zset.rank(e, ...bytesOf(member))).toBe(rank);
      expect(zset.score(e, ...bytesOf(member))).toBe(score);
      for (const limit of [score, score + 0.5, score - 1e-9]) {
        const below = expected.filter(([, other]) => other < limit).length;
        const upTo = expected.filter(([, other]) => other <= limit).length;
        expect(zset.countBelow(e, limit, false)).toBe(below);
        expect(zset.countBelow(e, limit, true)).toBe(upTo);
      }
      const cursor = new zset.ZsetCursor();
      cursor.seek(e, rank);
      expect(textOf(cursor.member())).toBe(member);
      expect(cursor.score).toBe(score);
    }
    expect(zset.score(e, ...bytesOf("absent"))).toBeNaN();
    expect(zset.rank(e, ...bytesOf("absent"))).toBe(-1);
  }
}

/** All members, walked forward, and backward to be the same. */
function pairsOf(e: EntryRef): [string, number][] {
  const cursor = new zset.ZsetCursor();
  const pairs: [string, number][] = [];
  for (cursor.seek(e, 0); cursor.isValid; cursor.next()) {
    pairs.push([textOf(cursor.member()), cursor.score]);
  }
  let index = pairs.length;
  for (cursor.seek(e, index - 1); cursor.isValid; cursor.previous()) {
    const [member, score] = pairs[--index];
    if (textOf(cursor.member()) !== member) throw new Error("another way back");
    if (!Object.is(cursor.score, score)) throw new Error("another score on the way back");
  }
  expect(index).toBe(0);
  return pairs;
}

const SPECIAL = [0, -0, 1, -1, 0.1, -0.1, 1e-5, 1e17, 1e300, 5e-324, Infinity, -Infinity, 1.5];

function randomScore(random: Random): number {
  return random.weighted<() => number>([
    [3, () => random.between(-3, 3)],
    [3, () => random.between(-1e6, 1e6)],
    [2, () => (random.uint32() / 2 ** 32 - 0.5) * 10 ** random.between(-6, 20)],
    [1, () => random.pick(SPECIAL)],
    [1, () => 0.1 + random.below(10) * 2 ** -56],
  ])();
}

function randomMember(random: Random, longest: number): string {
  return random.weighted<() => string>([
    [5, () => `member:${random.below(400)}`],
    [2, () => String(random.between(-1000, 1000))],
    [1, () => String.fromCharCode(random.below(256), random.below(256))],
    [1, () => "x".repeat(random.below(longest)) + random.below(10)],
    [0.1, () => ""],
  ])();
}

describe.each([
  ["packed", 1_000_000, 1_000_000, 60],
  ["a tree", 0, 64, 60],
  ["a tree with members outside their entries", 0, 64, 9000],
  ["converted by count", 40, 64, 30],
  ["converted by size", 1000, 40, 60],
])("%s", (name, entries, value, longest) => {
  test.each([1, 2, 3])("random changes, seed %d", (seed) => {
    thresholds.zsetPackedEntries = entries;
    thresholds.zsetPackedValue = value;
    const random = new Random(seed);
    const model = new Model(create(world.db(), "key"));
    for (let step = 0; step < 1500; step++) {
      const growing = step % 750 < 500;
      const members = [...model.scores.keys()];
      const kind = random.below(20);
      if (kind < 8 && growing) model.put(randomMember(random, longest), randomScore(random));
      else if (kind < 12 && members.length > 0)
        model.put(random.pick(members), randomScore(random));
      else if (kind < 18 && members.length > 0) {
        if (!growing) model.remove(random.pick(members));
        else model.remove(randomMember(random, longest));
      } else if (kind === 18 && members.length > 0) {
        const from = random.below(members.length);
        model.removeRanks(from, random.below(Math.min(20, members.length - from)));
      } else if (members.length > 0) {
        model.checkQuestions(random);
      }
      model.check();
    }
    if (name === "packed") expect(values.encodingName(model.e)).toBe("listpack");
    else expect(values.encodingName(model.e)).toBe("skiplist");
    model.removeRanks(0, model.scores.size);
    model.check();
  });
});

describe("large sets", () => {
  const numbered = (index: number) => `m:${String(index).padStart(6, "0")}`;

  test.each([
    ["in order", (i: number) => i],
    ["backwards", (i: number) => -i],
    ["at random", (i: number) => (i * 7919) % 20011],
    ["with one score", () => 7],
    ["with few scores", (i: number) => i % 3],
  ])("filled %s, changed and emptied", (_, scoreOf) => {
    const random = new Random(5);
    const model = new Model(create(world.db(), "key"));
    for (let i = 0; i < 8000; i++) model.put(numbered(i), scoreOf(i));
    model.check();
    model.checkQuestions(random);
    for (let i = 0; i < 3000; i++) {
      const member = numbered(random.below(8000));
      const score = model.scores.get(member) ?? 0;
      model.put(member, score + random.pick([1, -1, 0.5, 1000, -1000]));
    }
    model.check();
    for (let i = 0; i < 3000; i++) model.remove(numbered(random.below(8000)));
    model.check();
    model.checkQuestions(random);
    model.removeRanks(100, 2000);
    model.check();
    while (model.scores.size > 0) {
      model.removeRanks(0, Math.min(50, model.scores.size));
      zset.verify(model.e);
    }
    model.check();
    model.put("again", 1);
    model.check();
  });

  test("a set filled in order takes little more than its entries", () => {
    const e = create(world.db(), "key");
    for (let i = 0; i < 10_000; i++) zset.put(e, ...bytesOf(numbered(i)), i);
    // An entry of 8 bytes of member and 8 of score: 32. A place in the tree: 12, and some more.
    const size = values.ownedSize(e);
    expect(size / 10_000).toBeLessThan(32 + 12.6 + 10);
    const used = arena.usedSize();
    const own = arena.capacity(e);
    world.db().drop(e);
    while (world.keyspace.reclaimSlice());
    expect(used - arena.usedSize()).toBe(size + own);
  });

  test("is freed in slices", () => {
    const e = create(world.db(), "key");
    for (let i = 0; i < 5000; i++) zset.put(e, ...bytesOf(numbered(i)), i % 10);
    expect(values.count(e)).toBe(5000);
    world.db().unlink(e);
    let slices = 1;
    while (zset.releaseSlice(e)) slices++;
    expect(slices).toBeGreaterThan(5);
    expect(slices).toBeLessThan(12);
    arena.free(e);
  });
});

describe("members by their bytes", () => {
  const members = ["", "a", "aa", "ab", "abc", "abcd", "abcde", "abcdz", "b", "\x80", "\xff\xff"];
  const limits = [...members, "A", "ac", "abcda", "zzz", "abcd\0"];

  test.each(["listpack", "skiplist"])("are counted in a %s", (encoding) => {
    if (encoding === "skiplist") thresholds.zsetPackedEntries = 0;
    const model = new Model(create(world.db(), "key"));
    for (const member of members) model.put(member, 3);
    for (let i = 0; i < 700 && encoding === "skiplist"; i++) model.put(`abcd${i}`, 3);
    model.check();
    expect(zset.encodingName(model.e)).toBe(encoding);
    const expected = model.sorted().map(([member]) => member);
    for (const limit of limits) {
      const [bytes, , offset, size] = bytesOf(limit);
      const below = expected.filter((member) => member < limit).length;
      const upTo = expected.filter((member) => member <= limit).length;
      expect(zset.countBelowLex(model.e, bytes, offset, size, false)).toBe(below);
      expect(zset.countBelowLex(model.e, bytes, offset, size, true)).toBe(upTo);
    }
  });
});

describe("scores", () => {
  test.each(["listpack", "skiplist"])("are replied in full, %s", (encoding) => {
    if (encoding === "skiplist") thresholds.zsetPackedEntries = 0;
    const model = new Model(create(world.db(), "key"));
    for (const [index, score] of SPECIAL.entries()) model.put(`m${index}`, score);
    model.check();
    // The same score: the old one stays.
    model.put("m1", 0);
    const isNegative = Object.is(zset.score(model.e, ...bytesOf("m1")), -0);
    expect(isNegative).toBe(encoding === "skiplist");
    const reply = new Reply();
    const cursor = new zset.ZsetCursor();
    for (cursor.seek(model.e, 0); cursor.isValid; cursor.next()) {
      cursor.replyMember(reply);
      cursor.replyScore(reply);
    }
    const lines = latin1(reply.bytes, 0, reply.at).split("\r\n");
    const bulks = lines.filter((_, index) => index % 2 === 1);
    expect(bulks.slice(0, 6)).toEqual(["m11", "-inf", "m3", "-1", "m5", "-0.10000000000000001"]);
    expect(bulks.slice(-4)).toEqual(["m8", "1.0000000000000001e+300", "m10", "inf"]);
    expect(bulks.includes("-0")).toBe(isNegative);
    expect(bulks).toContain("1e+17");
    expect(bulks).toContain("4.9406564584124654e-324");
  });

  test("are stored as integers as far as Redis does so", () => {
    const e = create(world.db(), "key");
    const scores = [-(2 ** 62), -5e15, -0, 7, 1e17, 1e18, 2 ** 62, 2 ** 62 + 2 ** 10];
    for (const [index, score] of scores.entries()) zset.put(e, ...bytesOf(`${index}`), score);
    const p = refOf(e) as Ref as PackedRef;
    const texts = scores.map((_, index) => textOf(packed.range(p, packed.seek(p, 2 * index + 1))));
    expect(texts).toEqual([
      "-4611686018427387904",
      "-5000000000000000",
      "0",
      "7",
      "100000000000000000",
      "1000000000000000000",
      "4611686018427387904",
      "4.6116860184273889e+18",
    ]);
    zset.verify(e);
    for (const [rank, score] of scores.entries()) {
      expect(zset.score(e, ...bytesOf(`${rank}`))).toBe(score + 0);
      expect(zset.countBelow(e, score, false)).toBe(rank);
      expect(zset.countBelow(e, score, true)).toBe(rank + 1);
    }
  });
});

test("score and putSought together are put", () => {
  const e = create(world.db(), "key");
  for (const entries of [1000, 0]) {
    thresholds.zsetPackedEntries = entries;
    for (let i = 0; i < 50; i++) {
      const member = bytesOf(`m${i % 30}`);
      const old = zset.score(e, ...member);
      expect(Number.isNaN(old)).toBe(entries === 1000 && i < 30);
      zset.putSought(e, ...member, i);
    }
    // What is no member yet makes it a tree.
    zset.put(e, ...bytesOf("one more"), 1);
    zset.verify(e);
  }
  zset.remove(e, ...bytesOf("m1"));
  zset.put(e, ...bytesOf("m1"), 2);
  expect(zset.encodingName(e)).toBe("skiplist");
});

test("the conversion is at the thresholds exactly, and for good", () => {
  const e = create(world.db(), "key");
  for (let i = 0; i < 128; i++) zset.put(e, ...bytesOf(`m${i}`), i);
  zset.put(e, ...bytesOf("m5"), 500);
  expect(zset.encodingName(e)).toBe("listpack");
  zset.put(e, ...bytesOf("m128"), 1);
  expect(zset.encodingName(e)).toBe("skiplist");
  zset.removeRanks(e, 0, 128);
  expect(zset.encodingName(e)).toBe("skiplist");
  const long = create(world.db(), "other");
  zset.put(long, ...bytesOf("x".repeat(64)), 1);
  expect(zset.encodingName(long)).toBe("listpack");
  zset.put(long, ...bytesOf("x".repeat(65)), 1);
  expect(zset.encodingName(long)).toBe("skiplist");
});

describe("loose sets", () => {
  function adopt(key: string, loose: EntryRef): EntryRef {
    const args = argsOf([key]);
    return zset.adopt(world.db(), args, 0, world.db().hash(args, 0), "zunionstore", loose);
  }

  test.each([0, 1, 2, 3, 50, 128, 129, 1000, 5000])("of %d members, unordered", (size) => {
    const random = new Random(size);
    const loose = zset.createUnordered();
    const expected = new Map<string, number>();
    for (let i = 0; i < size; i++) {
      const member = `m${i}`;
      const score = random.pick([randomScore(random), 3, Infinity]);
      zset.put(loose, ...bytesOf("gone"), 1);
      expect(zset.put(loose, ...bytesOf(member), 0.25)).toBe(zset.ADDED);
      expect(zset.put(loose, ...bytesOf(member), score)).toBe(
        score === 0.25 ? zset.SAME : zset.CHANGED,
      );
      // What is packed in the end has no sign of 0.
      expected.set(member, size <= 128 ? score + 0 : score);
      expect(zset.remove(loose, ...bytesOf("gone"))).toBe(true);
      expect(zset.count(loose)).toBe(i + 1);
      zset.verify(loose);
    }
    zset.order(loose);
    zset.packIfSmall(loose);
    const e = adopt("key", loose);
    zset.verify(e);
    expect(pairsOf(e)).toEqual([...expected].sort(compare));
    expect(zset.encodingName(e)).toBe(size <= 128 ? "listpack" : "skiplist");
    expect(look(world.db(), "key")).toBe(e);
  });

  const ARRIVALS: [string, (pairs: [string, number][]) => void][] = [
    ["upwards", (pairs) => pairs.sort(compare)],
    ["downwards", (pairs) => pairs.sort(compare).reverse()],
    ["downwards but for one", (pairs) => pairs.sort(compare).reverse().push(["x", 2])],
    ["in any order", () => {}],
  ];

  test.each(ARRIVALS)("of members that come %s", (_, arrange) => {
    for (const size of [0, 1, 2, 9, 10, 11, 30, 31, 32, 62, 63, 64, 126, 127, 200, 5000]) {
      const random = new Random(size);
      const scores = [-Infinity, -0, 0, 1.5, Infinity, 7];
      const score = () => (random.below(2) === 0 ? random.pick(scores) : random.below(size));
      const pairs = Array.from({ length: size }, (_, i): [string, number] => [`m${i}`, score()]);
      arrange(pairs);
      const loose = zset.createUnordered();
      const added = Int32Array.from(pairs, ([member, by]) =>
        zset.add(loose, ...bytesOf(member), by),
      );
      for (const [member] of pairs.slice(0, 3)) {
        expect(zset.add(loose, ...bytesOf(member), 1)).toBe(arena.NIL as EntryRef);
      }
      zset.orderAdded(loose, added);
      zset.verify(loose);
      expect(pairsOf(loose)).toEqual(pairs.sort(compare));
      for (const member of ["y", "z"]) zset.put(loose, ...bytesOf(member), 5);
      zset.remove(loose, ...bytesOf("y"));
      zset.verify(loose);
      expect(zset.count(loose)).toBe(pairs.length + 1);
      values.discard(loose);
    }
  });

  test("is not packed with a long member", () => {
    const loose = zset.createUnordered();
    zset.put(loose, ...bytesOf("x".repeat(65)), 1);
    zset.order(loose);
    zset.packIfSmall(loose);
    expect(zset.encodingName(loose)).toBe("skiplist");
    values.discard(loose);
  });

  test("is discarded, ordered or not, packed or not", () => {
    const loose = zset.createLoose();
    const unordered = zset.createUnordered();
    for (let i = 0; i < 300; i++) {
      zset.put(unordered, ...bytesOf(`m${i}`), i);
      if (i < 100) zset.put(loose, ...bytesOf(`m${i}`), i);
    }
    expect(zset.encodingName(loose)).toBe("listpack");
    values.discard(loose);
    values.discard(unordered);
  });
});

test.each([3, 1000])("a copy of %d members shares nothing", (size) => {
  const e = create(world.db(), "from");
  for (let i = 0; i < size; i++) zset.put(e, ...bytesOf(`m${i}`), i % 7);
  const args = argsOf(["to"]);
  const twin = world.db().copyFrom(world.db(), e, args, 0, world.db().hash(args, 0));
  zset.verify(twin);
  expect(pairsOf(twin)).toEqual(pairsOf(e));
  const pairs = pairsOf(e);
  zset.removeRanks(twin, 0, size - 1);
  zset.put(twin, ...bytesOf("new"), 3);
  zset.verify(twin);
  expect(pairsOf(e)).toEqual(pairs);
});

describe("scan", () => {
  test("visits all members of a tree", () => {
    const e = create(world.db(), "key");
    const size = 1000;
    for (let i = 0; i < size; i++) zset.put(e, ...bytesOf(`m${i}`), i / 2);
    const seen: [string, number][] = [];
    let cursor = 0;
    let steps = 0;
    do {
      cursor = zset.scan(e, cursor, (member, score) => {
        seen.push([textOf(member), score]);
      });
      steps++;
    } while (cursor !== 0);
    expect(seen.sort(compare)).toEqual(pairsOf(e));
    expect(steps).toBeGreaterThanOrEqual(10);
  });
});

test("two cursors do not disturb each other, nor a search between", () => {
  const a = create(world.db(), "a");
  const b = create(world.db(), "b");
  for (let i = 0; i < 1000; i++) {
    zset.put(a, ...bytesOf(`m${i}`), i);
    if (i < 100) zset.put(b, ...bytesOf(`m${i}`), i);
  }
  const one = new zset.ZsetCursor();
  const two = new zset.ZsetCursor();
  two.seek(a, 999);
  for (one.seek(a, 0); one.isValid; one.next(), two.previous()) {
    expect(one.score + two.score).toBe(999);
    zset.rank(a, ...bytesOf("m500"));
  }
  expect([one.isValid, two.isValid]).toEqual([false, false]);
  one.seek(b, 99);
  two.seek(b, 100);
  expect([one.isValid, two.isValid]).toEqual([true, false]);
  one.seek(b, -1);
  two.seek(a, -1);
  expect([one.isValid, two.isValid]).toEqual([false, false]);
});
