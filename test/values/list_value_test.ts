// Purpose: lists against arrays of texts, over random operations with `verify` after each, with
// every kind of limit to their leaves; nothing in the arena is left when they are gone.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { Reply } from "../../src/protocol/reply.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import * as packed from "../../src/structures/packed.ts";
import * as listValue from "../../src/values/list_value.ts";
import { ListCursor } from "../../src/values/list_value.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import * as values from "../../src/values/values.ts";
import type { Random } from "../fuzz/random.ts";
import { World } from "../keyspace/worlds.ts";

let blocks = 0;
let world: World;
let list: EntryRef;
let model: string[];
/** What random texts begin with, nearly always. */
let prefix = "";
const cursor = new ListCursor();
const ordinary = thresholds.listPackedSize;

beforeEach(() => {
  world = new World();
  blocks = arena.figures().blockCount;
  model = [];
  prefix = "";
  list = newList("list");
});

afterEach(() => {
  world.end();
  expect(arena.figures().blockCount).toBe(blocks);
  thresholds.listPackedSize = ordinary;
});

function newList(key: string): EntryRef {
  const args = argsOf([key]);
  return listValue.create(world.db(), args, 0, world.db().hash(args, 0), "rpush");
}

/** The bytes with others around them, so that whoever reads beyond them is found out. */
function apart(text: string): [Uint8Array, number, number] {
  return [fromLatin1(`9${text}9`), 1, text.length];
}

const textOf = (range: Range) => latin1(range.bytes, range.offset, range.size);

function push(text: string, atHead: boolean): void {
  listValue.push(list, atHead, ...apart(text));
  if (atHead) model.unshift(text);
  else model.push(text);
}

/** Pushes all in one go where the list lets it, and the rest one by one. */
function pushAll(added: readonly string[], atHead: boolean): void {
  const pushed = listValue.pushRun(list, atHead, argsOf(added), 0);
  if (atHead) model.unshift(...added.slice(0, pushed).reverse());
  else model.push(...added.slice(0, pushed));
  check();
  for (const text of added.slice(pushed)) push(text, atHead);
}

/** Removes fewer elements than there are from an end. */
function trim(atHead: boolean, n: number): void {
  listValue.trimEnd(list, atHead, n);
  if (atHead) model.splice(0, n);
  else model.length -= n;
}

function pop(atHead: boolean): void {
  const text = (atHead ? model.shift() : model.pop()) as string;
  expect(textOf(listValue.end(list, atHead))).toBe(text);
  const reply = new Reply();
  listValue.pop(list, atHead, reply);
  expect(latin1(reply.bytes, 0, reply.at)).toBe(bulks([text]));
}

const bulks = (texts: readonly string[]) =>
  texts.map((text) => `$${text.length}\r\n${text}\r\n`).join("");

function texts(of: EntryRef): string[] {
  const found: string[] = [];
  for (cursor.seek(of, 0); cursor.isValid; cursor.next()) found.push(textOf(cursor.element()));
  return found;
}

function check(): void {
  listValue.verify(list);
  expect(listValue.count(list)).toBe(model.length);
}

/** Compares all, forwards and backwards, and some ranges. */
function compareAll(random: Random): void {
  expect(texts(list)).toEqual(model);
  const backwards: string[] = [];
  for (cursor.seek(list, model.length - 1); cursor.isValid; cursor.previous()) {
    backwards.unshift(textOf(cursor.element()));
  }
  expect(backwards).toEqual(model);
  expect(cursor.index).toBe(-1);
  const reply = new Reply();
  const from = random.below(model.length + 1);
  const n = random.below(model.length - from + 1);
  const range = model.slice(from, from + n);
  listValue.replyRange(list, from, n, reply);
  expect(latin1(reply.bytes, 0, reply.at)).toBe(bulks(range));
  reply.at = 0;
  listValue.replyBackwards(list, from + n - 1, n, reply);
  expect(latin1(reply.bytes, 0, reply.at)).toBe(bulks(range.reverse()));
}

/** Looks for a text from a random place on, both ways. */
function compareFinds(random: Random): void {
  const text = random.pick(model);
  const from = random.below(model.length);
  cursor.seek(list, from);
  const next = model.indexOf(text, from);
  expect(cursor.find(...apart(text))).toBe(next >= 0);
  expect(cursor.index).toBe(next >= 0 ? next : model.length);
  cursor.seek(list, from);
  const previous = model.lastIndexOf(text, from);
  expect(cursor.findBack(...apart(text))).toBe(previous >= 0);
  expect(cursor.index).toBe(previous);
}

function randomText(random: Random): string {
  const rest = random.chance(0.5) ? String(random.below(100_000)) : "x".repeat(random.below(9));
  if (prefix !== "" && random.chance(0.999)) return prefix + rest;
  return random.weighted<string>([
    [40, String(random.between(-300, 300))],
    [30, random.pick(["a", "b", "element"]).repeat(random.below(4))],
    [20, "x".repeat(random.below(200))],
    [1, "y".repeat(random.pick([4000, 8192, 20_000, 70_000]))],
  ]);
}

function change(random: Random, growing: boolean): void {
  const index = random.below(model.length + 1);
  const text = randomText(random);
  const kind = random.below(growing ? 6 : 10);
  if (kind <= 1) {
    const atHead = random.chance(0.5);
    for (let n = random.below(growing ? 20 : 2); n >= 0; n--) push(text, atHead);
    pushAll(
      Array.from({ length: random.below(growing ? 9 : 3) }, () => randomText(random)),
      atHead,
    );
    if (prefix !== "" && growing) {
      for (let n = random.below(200); n >= 0; n--) push(randomText(random), atHead);
    }
  } else if (kind <= 3) {
    listValue.insert(list, index, ...apart(text));
    model.splice(index, 0, text);
  } else if (model.length === 0) {
    return;
  } else if (kind === 4) {
    const at = random.below(model.length);
    listValue.set(list, at, ...apart(text));
    model[at] = text;
  } else if (kind === 5) {
    compareFinds(random);
  } else if (kind === 6) {
    for (let n = random.below(Math.min(30, model.length)); n >= 0; n--) pop(random.chance(0.5));
  } else if (kind === 7) {
    trim(random.chance(0.5), random.below(Math.min(model.length, random.pick([3, 30]))));
    check();
    if (index > model.length) return;
    const n = random.below(Math.min(model.length - index, random.pick([3, 100, 1000])) + 1);
    listValue.removeRange(list, index, n);
    model.splice(index, n);
  } else {
    removeSome(random);
  }
}

/** Removes elements by a cursor, going either way. */
function removeSome(random: Random): void {
  const backwards = random.chance(0.5);
  let index = random.below(model.length);
  cursor.seek(list, index);
  for (let n = random.below(60); n > 0 && cursor.isValid; n--) {
    expect(cursor.index).toBe(index);
    expect(textOf(cursor.element())).toBe(model[index]);
    if (random.chance(0.7)) {
      cursor.remove();
      model.splice(index, 1);
      listValue.verify(list);
      if (!backwards) continue;
    }
    index += backwards ? -1 : 1;
    if (backwards) cursor.previous();
    else cursor.next();
  }
}

describe.each([-2, -1, -5, -9, 1, 2, 7, 0, 100_000])("limit %d", (limit) => {
  test.each([1, 2, 3])("random operations behave as an array's, seed %d", (seed) => {
    thresholds.listPackedSize = limit;
    const { random } = world;
    for (let i = 0; i < seed * 7; i++) random.uint32();
    for (let step = 0; step < 600; step++) {
      change(random, step % 200 < 120);
      check();
      if (step % 10 === 0) compareAll(random);
      if (step % 100 === 0) thresholds.listPackedSize = random.pick([limit, limit, 3, -1]);
    }
    copyAndCompare();
    expect(listValue.ownedSize(list)).toBeGreaterThan(0);
  });
});

describe.each([-2, -1, -5, 1, 2, 7, 100])("limit %d, elements that begin alike", (limit) => {
  test.each([1, 2])("random operations behave as an array's, seed %d", (seed) => {
    thresholds.listPackedSize = limit;
    const { random } = world;
    for (let i = 0; i < seed * 7; i++) random.uint32();
    for (let step = 0; step < 400; step++) {
      prefix = ["element:", "10000"][(step >> 7) & 1];
      change(random, step % 200 < 120);
      check();
      if (step % 20 === 0) compareAll(random);
    }
    copyAndCompare();
  });
});

test("elements that begin alike take less, far from the ends", () => {
  const each = 6000;
  const text = (i: number) => `element:${String(i).padStart(12, "0")}`;
  for (let i = 0; i < each; i++) push(text(i), false);
  for (let i = 0; i < each; i++) push(text(i), true);
  check();
  const before = listValue.ownedSize(list);
  expect(before).toBeLessThan(model.length * 20 * 0.5);
  compareAll(world.random);
  for (let i = 0; i < 50; i++) compareFinds(world.random);
  copyAndCompare();
  expect(listValue.ownedSize(list)).toBe(before);
  while (model.length > 1) pop(model.length % 3 === 0);
  check();
});

test("what does not begin alike, or is no short string, stays as it is", () => {
  const texts = [
    (i: number) => String(i),
    (i: number) => `${i} element`,
    (i: number) => `element ${i} ${"x".repeat(60)}`,
    (i: number) => (i % 50 === 0 ? "other" : `element ${i}`),
  ];
  for (const text of texts) {
    for (let i = 1000; i < 6000; i++) push(text(i), false);
    check();
    const bytes = model.reduce((sum, one) => sum + (/^\d+$/.test(one) ? 3 : one.length + 2), 0);
    expect(listValue.ownedSize(list)).toBeGreaterThan(bytes);
    listValue.removeRange(list, 1, model.length - 1);
    model.length = 1;
  }
});

function copyAndCompare(): void {
  const args = argsOf(["copy"]);
  const db = world.db();
  const twin = db.copyFrom(db, list, args, 0, db.hash(args, 0));
  expect(texts(twin)).toEqual(model);
  listValue.verify(twin);
  expect(texts(list)).toEqual(model);
}

test("an element too large for a leaf has one of its own", () => {
  const large = "x".repeat(100_000);
  for (const text of ["a", "b", "c", "d"]) push(text, false);
  listValue.insert(list, 2, ...apart(large));
  expect(texts(list)).toEqual(["a", "b", large, "c", "d"]);
  expect(listValue.leafCount(list)).toBe(3);
  listValue.set(list, 2, ...apart("small"));
  listValue.set(list, 0, ...apart(large));
  expect(texts(list)).toEqual([large, "b", "small", "c", "d"]);
  listValue.verify(list);
  listValue.removeRange(list, 0, 1);
  expect(texts(list)).toEqual(["b", "small", "c", "d"]);
  listValue.verify(list);
  listValue.removeRange(list, 0, 4);
  expect(listValue.leafCount(list)).toBe(1);
});

test("a long list is cut, and vanishes, leaf by leaf", () => {
  for (let i = 0; i < 200_000; i++) push(`element ${i}`, i % 3 === 0);
  check();
  const before = listValue.ownedSize(list);
  const bytes = model.join("").length;
  expect(before).toBeLessThan((bytes + 2 * model.length) * 1.2);
  listValue.removeRange(list, 100, 99_900);
  model.splice(100, 99_900);
  check();
  expect(texts(list)).toEqual(model);
  listValue.removeRange(list, 300, model.length - 300);
  model.length = 300;
  check();
  expect(texts(list)).toEqual(model);
  expect(listValue.ownedSize(list)).toBeLessThan(20_000);
});

test("removing every other element merges what is left", () => {
  for (let i = 0; i < 100_000; i++) push(`element ${i}`, false);
  const leaves = listValue.leafCount(list);
  const kept = model.filter((_, i) => i % 20 === 0);
  for (cursor.seek(list, 0); cursor.isValid; cursor.next()) {
    for (let n = 0; n < 19; n++) {
      const { index } = cursor;
      cursor.next();
      if (!cursor.isValid) break;
      cursor.remove();
      cursor.previous();
      expect(cursor.index).toBe(index);
    }
  }
  model = kept;
  check();
  expect(texts(list)).toEqual(model);
  expect(listValue.leafCount(list)).toBeLessThan(leaves / 2);
});

test("a leaf that becomes small is merged with a small one before it, or after it", () => {
  // Eight elements of 240 bytes fill a leaf of 2 KiB.
  for (let i = 0; i < 40; i++) push(`${i}`.padEnd(240), false);
  expect(listValue.leafCount(list)).toBe(5);
  const leavesWithout = (from: number, n: number) => {
    listValue.removeRange(list, from, n);
    model.splice(from, n);
    check();
    expect(texts(list)).toEqual(model);
    return listValue.leafCount(list);
  };
  expect(leavesWithout(1, 7)).toBe(5);
  // The first leaf has one element, and the second: the last that is left of it is merged with it.
  expect(leavesWithout(2, 7)).toBe(4);
  expect(leavesWithout(19, 7)).toBe(4);
  // From the one before the last: the first that is left of it is merged with what comes after.
  expect(leavesWithout(11, 7)).toBe(3);
});

test("a leaf that becomes small is merged with one that is not, but has room", () => {
  const leavesWithout = (...ranges: [from: number, n: number][]) => {
    for (const [from, n] of ranges) listValue.removeRange(list, from, n);
    return listValue.leafCount(list);
  };
  const fill = () => {
    if (listValue.count(list) > 0) listValue.removeRange(list, 0, listValue.count(list));
    for (let i = 0; i < 40; i++) listValue.push(list, false, ...apart(`${i}`.padEnd(240)));
    expect(listValue.leafCount(list)).toBe(5);
  };
  fill();
  // Three are left of the first leaf, which are no reason to merge; then one of the second.
  expect(leavesWithout([3, 5])).toBe(5);
  expect(leavesWithout([4, 7])).toBe(4);
  fill();
  // Three are left of the second, then one of the first.
  expect(leavesWithout([11, 5])).toBe(5);
  expect(leavesWithout([1, 7])).toBe(4);
});

test("a long list is freed in slices", () => {
  for (let i = 0; i < 100_000; i++) push(`element ${i}`, false);
  world.db().unlink(list);
  let slices = 1;
  while (values.releaseSlice(list)) slices++;
  expect(slices).toBeGreaterThan(2);
  entry.release(list);
});

test("a queue takes constant room", () => {
  for (let i = 0; i < 1000; i++) push(`element ${i}`, false);
  const size = listValue.ownedSize(list);
  for (const atHead of [true, false]) {
    for (let i = 0; i < 3000; i++) {
      push(`element ${i % 1000}`, atHead);
      pop(!atHead);
    }
    expect(listValue.ownedSize(list)).toBeLessThan(size * 1.6);
  }
  check();
});

test("a large element at an end is not copied by a push, though a snapshot needs it", () => {
  const large = "y".repeat(1 << 20);
  for (const text of ["a", "b", large]) push(text, false);
  const leaves = listValue.freeze(list) as Int32Array;
  const before = arena.usedSize();
  push("c", false);
  expect(arena.usedSize() - before).toBeLessThan(1000);
  listValue.pop(list, false, null);
  listValue.pop(list, false, null);
  model.length -= 2;
  expect(texts(list)).toEqual(model);
  const shown: number[] = [];
  for (const leaf of leaves) listValue.thaw(leaf, (p) => void shown.push(packed.count(p)));
  expect(shown).toEqual([2, 1]);
});

describe("a large element that a snapshot needs is not copied", () => {
  const large = "y".repeat(1_500_000);
  const other = "z".repeat(1_500_000);
  const look = () => void listValue.end(list, false);
  const popFirst = () => listValue.pop(list, true, null);
  const popLast = () => listValue.pop(list, false, null);
  const remove = (from: number, n: number) => () => listValue.removeRange(list, from, n);
  const set = (index: number) => () => listValue.set(list, index, ...apart("s"));
  const add = (atHead: boolean) => () => listValue.push(list, atHead, ...apart("p"));

  test.each<[what: string, before: string[], changes: (() => void)[], after: string[]]>([
    ["looked at", ["a", large], [look], ["a", large]],
    ["left by a pop", ["a", large], [popFirst], [large]],
    ["left by a pop at its other side", [large, other], [popLast], [large]],
    ["left by a removal", ["a", "b", large], [remove(0, 2)], [large]],
    ["removed with all others", [large, "a", other], [remove(0, 3)], []],
    ["replaced", ["a", large, "b"], [set(1)], ["a", "s", "b"]],
    ["left, then replaced", [large, "a"], [popLast, set(0)], ["s"]],
    ["left, then popped", ["a", large], [popFirst, popFirst], []],
    ["left, then removed", ["a", large], [popFirst, remove(0, 1)], []],
    ["left, then popped where one comes", [large, "a"], [popLast, popLast, add(true)], ["p"]],
    ["left, then between two", ["a", large], [popFirst, add(true), add(false)], ["p", large, "p"]],
    ["freed", [large, other], [], [large, other]],
  ])("%s", (_, before, changes, after) => {
    for (const text of before) listValue.push(list, false, ...apart(text));
    const leaves = listValue.freeze(list) as Int32Array;
    arena.failAt(-1, 4096);
    try {
      for (const change of changes) change();
      model = after;
      check();
      expect(texts(list)).toEqual(after);
      world.db().unlink(list);
      values.release(list);
      entry.release(list);
    } finally {
      arena.failAt(Infinity);
    }
    const shown: string[] = [];
    const show = (p: packed.PackedRef) => {
      for (let at = packed.first(p); at !== 0; at = packed.next(p, at)) {
        shown.push(textOf(packed.range(p, at)));
      }
    };
    for (const leaf of leaves) listValue.thaw(leaf, show);
    expect(shown).toEqual(before);
  });
});
