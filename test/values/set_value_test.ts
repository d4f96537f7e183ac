// Purpose: sets against a JavaScript Set, over random operations in every encoding, with `verify`
// after each; members that pass from sets of one encoding to those of another; conversions as
// Redis makes them; and members chosen by chance, each as often as any other.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { Reply } from "../../src/protocol/reply.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { Member } from "../../src/values/set_member.ts";
import { listAll, listScanned, listSome, places } from "../../src/values/set_places.ts";
import * as setValue from "../../src/values/set_value.ts";
import { DICT, INTSET, PACKED, SetCursor } from "../../src/values/set_value.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import * as values from "../../src/values/values.ts";
import { Random } from "../fuzz/random.ts";
import { World } from "../keyspace/worlds.ts";

const DEFAULTS = { setIntsetEntries: 512, setPackedEntries: 128, setPackedValue: 64 };
const LONG = "x".repeat(5000);

let random: Random;
let blocks = 0;
const below = (limit: number) => random.below(limit);

beforeEach(() => {
  Object.assign(thresholds, DEFAULTS);
  random = new Random(1);
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  Object.assign(thresholds, DEFAULTS);
  expect(arena.figures().blockCount).toBe(blocks);
});

function withArgument(text: string, use: typeof setValue.has): (e: EntryRef) => boolean {
  const { bytes, view } = argsOf([text]);
  return (e) => use(e, bytes, view, 0, text.length);
}

const add = (e: EntryRef, text: string) => withArgument(text, setValue.add)(e);
const has = (e: EntryRef, text: string) => withArgument(text, setValue.has)(e);
const remove = (e: EntryRef, text: string) => withArgument(text, setValue.remove)(e);

function setOf(texts: Iterable<string>): EntryRef {
  const e = setValue.createLoose();
  for (const text of texts) add(e, text);
  return e;
}

function textAt(e: EntryRef, place: number): string {
  const { bytes, offset, size } = setValue.memberAt(e, place);
  return latin1(bytes, offset, size);
}

function membersOf(e: EntryRef): string[] {
  const cursor = new SetCursor();
  const texts: string[] = [];
  cursor.start(e);
  while (cursor.next()) {
    const { bytes, offset, size } = cursor.member();
    texts.push(latin1(bytes, offset, size));
  }
  return texts;
}

function check(e: EntryRef, model: ReadonlySet<string>): void {
  setValue.verify(e);
  expect(setValue.count(e)).toBe(model.size);
  expect(membersOf(e).sort()).toEqual([...model].sort());
}

const integers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => String(from + index));
const words = (count: number) => Array.from({ length: count }, (_, index) => `member:${index}`);

/** Sets of each encoding, with what they hold. */
const WORLDS: readonly (readonly [string, number, readonly string[]])[] = [
  ["an empty one", INTSET, []],
  ["small integers", INTSET, integers(40, -7)],
  ["large integers", INTSET, ["9223372036854775807", "-9223372036854775808", "5", "4294967296"]],
  ["packed", PACKED, ["a", "b", "", "12", "9223372036854775807", "-3", "9223372036854775808"]],
  ["a dict", DICT, [...words(200), ...integers(100), "", LONG, "-3", "9223372036854775807"]],
];

test.each(WORLDS)("%s is of the encoding expected", (_, encoding, texts) => {
  const e = setOf(texts);
  expect(entry.encoding(e)).toBe(encoding);
  check(e, new Set(texts));
  for (const text of texts) expect(has(e, text)).toBe(true);
  for (const text of ["01", "+1", "-0", "1.0", "nosuch", LONG.slice(1), "9223372036854775806"]) {
    expect(has(e, text)).toBe(false);
    expect(remove(e, text)).toBe(false);
  }
  for (const text of texts) expect(add(e, text)).toBe(false);
  values.discard(e);
});

describe.each(WORLDS)("members of %s", (_, __, texts) => {
  const cursor = new SetCursor();
  const member = new Member();

  test.each(WORLDS)("are found in, and added to, %s", (_, __, others) => {
    const from = setOf(texts);
    const into = setOf(others);
    cursor.start(from);
    while (cursor.next()) {
      cursor.load(member);
      const text = textAt(from, cursor.place);
      expect(setValue.holds(into, member)).toBe(others.includes(text));
    }
    const union = setOf(others);
    setValue.addAll(from, union);
    check(union, new Set([...texts, ...others]));
    const added = setOf(others);
    cursor.start(from);
    while (cursor.next()) {
      cursor.load(member);
      setValue.addMember(added, member);
    }
    check(added, new Set([...texts, ...others]));
    cursor.start(from);
    while (cursor.next()) {
      cursor.load(member);
      setValue.removeMember(added, member);
    }
    check(added, new Set(others.filter((text) => !texts.includes(text))));
    for (const e of [from, into, union, added]) values.discard(e);
  });
});

test("a member of one set that was sought in another is the same when a third is converted", () => {
  const packedTexts = ["text", "777", "9223372036854775807", "9223372036854775808", ""];
  const sources = [setOf(packedTexts), setOf(["777", "5"]), setOf([...words(200), LONG, "777"])];
  const sought = setOf([...words(300), "999"]);
  const member = new Member();
  const cursor = new SetCursor();
  for (const from of sources) {
    cursor.start(from);
    while (cursor.next()) {
      const text = textAt(from, cursor.place);
      for (const texts of [[], ["12"], integers(128), integers(512), words(128), words(127)]) {
        const into = setOf(texts);
        cursor.load(member);
        setValue.holds(sought, member);
        if (!texts.includes(text)) setValue.insertNew(into, member);
        check(into, new Set([...texts, text]));
        values.discard(into);
      }
    }
  }
  for (const e of [...sources, sought]) values.discard(e);
});

describe.each([1, 2, 3, 4, 5, 6])("random operations, seed %d", (seed) => {
  test("behaves as a Set", () => {
    random = new Random(seed);
    thresholds.setIntsetEntries = random.pick([0, 5, 40, 512]);
    thresholds.setPackedEntries = random.pick([0, 5, 40, 128]);
    thresholds.setPackedValue = random.pick([0, 1, 3, 64]);
    const integersOnly = random.chance(0.3);
    const anyText = () =>
      random.weighted<() => string>([
        [4, () => String(random.below(60) - 20)],
        [1, () => String((BigInt(random.uint32()) << 32n) - 2n ** 62n)],
        [integersOnly ? 0 : 3, () => `member:${random.below(300)}`],
        [integersOnly ? 0 : 1, () => "y".repeat(random.below(80))],
      ])();
    for (let round = 0; round < 4; round++) {
      const e = setValue.createLoose();
      const model = new Set<string>();
      for (let step = 0; step < 800; step++) {
        const growing = step % 400 < 250;
        const text = anyText();
        if (growing) {
          expect(add(e, text)).toBe(!model.has(text));
          model.add(text);
        } else if (random.chance(0.5)) {
          expect(remove(e, text)).toBe(model.delete(text));
        } else if (model.size > 0) {
          const place = setValue.randomPlace(e, below);
          expect(model.delete(textAt(e, place))).toBe(true);
          setValue.removeAt(e, place);
        }
        expect(has(e, text)).toBe(model.has(text));
        if (step % 20 === 0) check(e, model);
      }
      check(e, model);
      values.discard(e);
    }
  });
});

describe("conversions", () => {
  const encodingAfter = (texts: Iterable<string>) => {
    const e = setOf(texts);
    const encoding = entry.encoding(e);
    setValue.verify(e);
    values.discard(e);
    return encoding;
  };

  test("integers stay an intset up to the threshold", () => {
    expect(encodingAfter(integers(512))).toBe(INTSET);
    expect(encodingAfter(integers(513))).toBe(DICT);
    thresholds.setIntsetEntries = 3;
    expect(encodingAfter(integers(3))).toBe(INTSET);
    expect(encodingAfter(integers(4))).toBe(PACKED);
    thresholds.setIntsetEntries = 0;
    expect(encodingAfter(integers(1))).toBe(PACKED);
  });

  test("a text makes an intset packed or a dict, by count and by size", () => {
    expect(encodingAfter([...integers(127), "a"])).toBe(PACKED);
    expect(encodingAfter([...integers(128), "a"])).toBe(DICT);
    expect(encodingAfter(["1", "a".repeat(64)])).toBe(PACKED);
    expect(encodingAfter(["1", "a".repeat(65)])).toBe(DICT);
    thresholds.setPackedValue = 3;
    expect(encodingAfter(["999", "a"])).toBe(PACKED);
    expect(encodingAfter(["-999", "a"])).toBe(DICT);
    expect(encodingAfter(["1000", "a"])).toBe(DICT);
  });

  test("a packed set becomes a dict, by count and by size", () => {
    expect(encodingAfter(words(128))).toBe(PACKED);
    expect(encodingAfter(words(129))).toBe(DICT);
    expect(encodingAfter(["a", "b".repeat(65)])).toBe(DICT);
  });

  test("no set is converted back", () => {
    const e = setOf([...words(200), "1"]);
    for (const text of words(200)) remove(e, text);
    expect(entry.encoding(e)).toBe(DICT);
    check(e, new Set(["1"]));
    values.discard(e);
  });

  test("both encodings of other sets are shown as a hashtable", () => {
    const sets = [setOf(["1"]), setOf(["a"]), setOf(words(200))];
    expect(sets.map(setValue.encodingName)).toEqual(["intset", "hashtable", "hashtable"]);
    for (const e of sets) values.discard(e);
  });

  test("a union of many integers is a dict, though each of its sets is an intset", () => {
    const union = setOf(integers(300));
    const other = setOf(integers(300, 250));
    setValue.addAll(other, union);
    expect(entry.encoding(union)).toBe(DICT);
    check(union, new Set(integers(550)));
    for (const e of [union, other]) values.discard(e);
  });
});

describe.each(WORLDS)("%s", (_, __, texts) => {
  const all = [...texts].sort();

  test("is replied member by member", () => {
    const e = setOf(texts);
    const reply = new Reply();
    const cursor = new SetCursor();
    for (cursor.start(e); cursor.next(); ) cursor.replyMember(reply);
    expect(cursor.next()).toBe(false);
    const expected = membersOf(e).map((text) => `$${text.length}\r\n${text}\r\n`);
    expect(latin1(reply.bytes, 0, reply.at)).toBe(expected.join(""));
    values.discard(e);
  });

  test("is duplicated, adopted, exchanged and freed in slices", () => {
    const world = new World();
    const args = argsOf(["key", "twin", "other"]);
    const db = world.db();
    const hash = (index: number) => db.hash(args, index);
    const e = setValue.adopt(db, args, 0, hash(0), "sadd", setOf([...texts, "last"]));
    const twin = db.copyFrom(db, e, args, 1, hash(1));
    const other = setValue.create(db, args, 2, hash(2), "sadd");
    add(other, "other");
    check(twin, new Set([...texts, "last"]));
    expect(entry.encoding(twin)).toBe(entry.encoding(e));
    remove(twin, "last");
    check(e, new Set([...texts, "last"]));
    check(twin, new Set(texts));
    values.release(other);
    setValue.takeOver(other, setOf(texts));
    check(other, new Set(texts));
    db.unlink(e);
    let slices = 1;
    while (setValue.releaseSlice(e)) slices++;
    entry.release(e);
    expect(slices).toBeLessThan(10);
    world.end();
    for (const keys of world.keyspace.databases.map((database) => database.keys)) {
      world.keyspace.reclaim(keys);
    }
  });

  test("is listed whole, in part and by scanning", () => {
    const e = setOf(texts);
    const listed = () => [...places.at.subarray(0, places.count)].map((place) => textAt(e, place));
    listAll(e);
    expect(listed().sort()).toEqual(all);
    for (const wanted of [0, 1, 3, texts.length - 1, texts.length]) {
      if (wanted < 0 || wanted > texts.length) continue;
      listSome(e, wanted, below);
      expect(new Set(listed()).size).toBe(wanted);
      expect(all).toEqual(expect.arrayContaining(listed()));
    }
    const seen = new Set<string>();
    let next = 0;
    do {
      next = listScanned(e, next, 10, 100);
      for (const text of listed()) seen.add(text);
    } while (next !== 0);
    expect([...seen].sort()).toEqual(all);
    setValue.verify(e);
    values.discard(e);
  });
});

test("arguments that are added together are added as one by one, up to where a set is full", () => {
  for (let round = 0; round < 300; round++) {
    thresholds.setPackedEntries = random.pick([1, 5, 128]);
    const texts = Array.from({ length: random.between(1, 20) }, () =>
      random.pick([`member:${below(12)}`, String(below(9)), random.chance(0.1) ? LONG : "a"]),
    );
    const [a, b] = [setOf(["word"]), setOf(["word"])];
    const next = setValue.addToPacked(a, argsOf(texts), 0);
    let added = 0;
    for (const text of texts.slice(0, next)) if (add(b, text)) added++;
    expect(setValue.addedToPacked.count).toBe(added);
    expect(membersOf(a)).toEqual(membersOf(b));
    check(a, new Set(["word", ...texts.slice(0, next)]));
    if (next < texts.length) {
      add(b, texts[next]);
      expect(entry.encoding(b)).toBe(setValue.DICT);
    }
    values.discard(a);
    values.discard(b);
  }
});

test("the size of what a set owns is what the arena gave", () => {
  const long = words(50).map((text) => LONG + text);
  for (const texts of [integers(100), words(50), words(3000), long]) {
    const before = arena.usedSize();
    const e = setOf(texts);
    const own = arena.usedSize() - before - arena.capacity(e);
    const estimate = setValue.ownedSize(e);
    expect(estimate).toBeGreaterThan(own * 0.7);
    expect(estimate).toBeLessThan(own * 1.4);
    values.discard(e);
  }
});

describe("chance", () => {
  /** The chi-square value of so many draws, which should be evenly spread. */
  function spread(counts: ReadonlyMap<string, number>, kinds: number, draws: number): number {
    const expected = draws / kinds;
    let sum = (kinds - counts.size) * expected;
    for (const count of counts.values()) sum += (count - expected) ** 2 / expected;
    return sum;
  }

  /** For `kinds - 1` degrees of freedom a value that chance exceeds about once in 10^5 runs. */
  const limit = (kinds: number) => kinds + 4.3 * Math.sqrt(2 * kinds) + 10;

  const SETS: readonly (readonly [string, readonly string[], number])[] = [
    ["an intset", integers(30), 30],
    ["a packed set", words(30), 30],
    ["a full dict", words(256), 256],
    ["a dict in the midst of growing", words(270), 270],
    ["a dict in the midst of shrinking", words(1024), 127],
    ["a nearly empty dict", words(1024), 20],
  ];

  test.each(SETS)("draws all members of %s as often", (_, texts, left) => {
    const e = setOf(texts);
    for (const text of texts.slice(left)) remove(e, text);
    const counts = new Map<string, number>();
    const draws = left * 200;
    const member = new Member();
    for (let i = 0; i < draws; i++) {
      const place = setValue.randomPlace(e, below);
      const text = textAt(e, place);
      counts.set(text, (counts.get(text) ?? 0) + 1);
      // A set that is being resized stays so: what is drawn leaves, and comes back.
      if (i % 7 !== 0) continue;
      setValue.loadAt(e, place, member);
      setValue.removeAt(e, place);
      add(e, text);
    }
    expect(spread(counts, left, draws)).toBeLessThan(limit(left));
    values.discard(e);
  });

  test.each(SETS)("chooses some members of %s as often", (_, texts, left) => {
    const e = setOf(texts);
    for (const text of texts.slice(left)) remove(e, text);
    for (const share of [0.05, 0.5, 0.95]) {
      const counts = new Map<string, number>();
      const wanted = Math.max(1, Math.floor(left * share));
      const rounds = Math.ceil((left * 100) / wanted);
      for (let round = 0; round < rounds; round++) {
        listSome(e, wanted, below);
        for (let i = 0; i < places.count; i++) {
          const text = textAt(e, places.at[i]);
          counts.set(text, (counts.get(text) ?? 0) + 1);
        }
      }
      expect(spread(counts, left, rounds * wanted)).toBeLessThan(limit(left));
    }
    values.discard(e);
  });

  test("popping a large set to its end stays quick", () => {
    const e = setOf(words(50_000));
    let draws = 0;
    const counted = (bound: number) => {
      draws++;
      return random.below(bound);
    };
    for (let left = 50_000; left > 0; left--) {
      const place = setValue.randomPlace(e, counted);
      expect(place).not.toBe(NIL);
      setValue.removeAt(e, place);
    }
    expect(draws / 50_000).toBeLessThan(30);
    values.discard(e);
  });
});
