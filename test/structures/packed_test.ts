// Purpose: packed collections against an array of texts, over random operations with `verify` after
// each; the bytes against those that Redis writes; growth, and slack at either end.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import { Reply } from "../../src/protocol/reply.ts";
import type { PackedRef } from "../../src/structures/packed.ts";
import * as packed from "../../src/structures/packed.ts";
import { Random } from "../fuzz/random.ts";

let p: PackedRef;
let model: string[];
let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
  p = packed.create();
  model = [];
});

afterEach(() => {
  packed.release(p);
  expect(arena.figures().blockCount).toBe(blocks);
});

/** The bytes with others around them, so that whoever reads beyond them is found out. */
function apart(text: string): [Uint8Array, number, number] {
  return [fromLatin1(`9${text}9`), 1, text.length];
}

const textOf = (range: Range) => latin1(range.bytes, range.offset, range.size);

function texts(of: PackedRef): string[] {
  const found: string[] = [];
  for (let at = packed.first(of); at !== 0; at = packed.next(of, at)) {
    found.push(textOf(packed.range(of, at)));
  }
  return found;
}

function backwards(of: PackedRef): string[] {
  const found: string[] = [];
  for (let at = packed.last(of); at !== 0; at = packed.previous(of, at)) {
    found.unshift(textOf(packed.range(of, at)));
  }
  return found;
}

function check(): void {
  packed.verify(p);
  expect(packed.count(p)).toBe(model.length);
  if (model.length < 200) {
    expect(texts(p)).toEqual(model);
    expect(backwards(p)).toEqual(model);
  }
}

function fill(values: readonly string[]): void {
  for (const value of values) p = packed.append(p, ...apart(value));
  model.push(...values);
}

const hex = (of: PackedRef) => {
  const { bytes, offset, size } = packed.listpack(of);
  return Buffer.from(bytes.slice(offset, offset + size)).toString("hex");
};

/** The integers at the ends of every encoding, and texts that are nearly integers. */
const EDGES = [0n, 127n, 4095n, 4096n, 32767n, 8388607n, 2147483647n, 4294967296n, 2n ** 53n]
  .concat([10n ** 15n, 10n ** 16n, 2n ** 62n, 2n ** 63n])
  .flatMap((edge) => [edge - 1n, edge, edge + 1n, -edge - 1n, -edge, -edge + 1n])
  .map(String)
  .concat(["", "-", "-0", "00", "01", "-01", "+1", "1.5", " 1", "1 ", "1e3", "12345678901234567x"])
  .concat(["9999999999999999999", "18446744073709551615", "99999999999999999999", "x"])
  .concat(["-9223372036854775809", "123456789012345678901"]);

function randomText(random: Random): string {
  const kind = random.below(10);
  if (kind < 3) return String(random.below(200));
  if (kind < 5) return random.pick(EDGES);
  if (kind < 9) return random.pick(["a", "bc", "member", "élan"]).repeat(random.below(12));
  return "x".repeat(random.pick([63, 64, 100, 126, 127, 128, 300, 4095, 4096]));
}

describe.each([1, 2, 3, 4, 5, 6])("random operations, seed %d", (seed) => {
  test("behaves as an array", () => {
    const random = new Random(seed);
    for (let step = 0; step < 2000; step++) {
      const growing = step % 500 < 300;
      const text = randomText(random);
      const index = random.below(model.length + 1);
      const at = packed.seek(p, index);
      expect(at === 0).toBe(index === model.length);
      const kind = random.below(growing ? 5 : 8);
      if (kind === 0) {
        p = packed.append(p, ...apart(text));
        model.push(text);
        expect(packed.touched.at).toBe(packed.last(p));
      } else if (kind === 1) {
        p = packed.prepend(p, ...apart(text));
        model.unshift(text);
        expect(packed.touched.at).toBe(packed.first(p));
      } else if (kind === 2) {
        p = packed.insert(p, at, ...apart(text));
        model.splice(index, 0, text);
        expect(packed.touched.at).toBe(packed.seek(p, index));
      } else if (at === 0) {
        continue;
      } else if (kind === 3) {
        p = packed.replace(p, at, ...apart(text));
        model[index] = text;
        expect(packed.touched.at).toBe(packed.seek(p, index));
      } else if (kind === 4) {
        compareElement(index, at, text);
      } else {
        removeSome(random, index, at, kind);
      }
      check();
    }
  });

  function removeSome(random: Random, index: number, at: number, kind: number): void {
    if (kind === 5 && random.chance(0.5)) {
      p = packed.removeFirst(p);
      model.shift();
    } else if (kind === 5) {
      p = packed.removeLast(p);
      model.pop();
    } else {
      const n = kind === 7 ? 1 + random.below(model.length - index) : 1;
      p = packed.remove(p, at, n);
      model.splice(index, n);
      expect(packed.touched.at).toBe(packed.seek(p, index));
    }
  }

  test("splits and joins", () => {
    const random = new Random(seed);
    for (let round = 0; round < 100; round++) {
      fill(Array.from({ length: random.below(30) }, () => randomText(random)));
      for (let pops = random.below(model.length + 1); pops > 0; pops--) {
        p = packed.remove(p, packed.first(p), 1);
        model.shift();
      }
      const twin = packed.copy(p);
      packed.verify(twin);
      expect(texts(twin)).toEqual(model);
      packed.release(twin);
      if (model.length === 0) continue;
      const index = random.below(model.length);
      const other = packed.split(p, packed.seek(p, index));
      packed.verify(other);
      expect(texts(other)).toEqual(model.slice(index));
      expect(packed.count(other)).toBe(model.length - index);
      expect(texts(p)).toEqual(model.slice(0, index));
      packed.verify(p);
      if (random.chance(0.5)) {
        p = packed.concat(p, other);
      } else {
        p = packed.concat(other, p);
        model = [...model.slice(index), ...model.slice(0, index)];
      }
      check();
    }
  });
});

function compareElement(index: number, at: number, text: string): void {
  const own = model[index];
  expect(packed.elementSize(p, at)).toBe(own.length);
  expect(packed.equals(p, at, ...apart(own))).toBe(true);
  expect(packed.equals(p, at, ...apart(text))).toBe(own === text);
  expect(packed.addedSize(...apart(own))).toBe(
    (packed.next(p, at) || packed.last(p) + packed.addedSize(...apart(model.at(-1) ?? ""))) - at,
  );
  for (const skip of [0, 1, 2]) {
    const found = packed.find(p, packed.first(p), ...apart(text), skip);
    const wanted = model.findIndex((other, i) => other === text && i % (skip + 1) === 0);
    expect(found).toBe(wanted < 0 ? 0 : packed.seek(p, wanted));
    const steps = wanted < 0 ? Math.ceil(model.length / (skip + 1)) : wanted / (skip + 1);
    expect(packed.passed.count).toBe(steps);
  }
  const number = Number(own);
  const canonical = /^(0|-?[1-9]\d*)$/.test(own) && Number.isSafeInteger(number);
  expect(packed.integer(p, at)).toBe(canonical ? number : Number.NaN);
}

test("every element reads as it was written, in every way", () => {
  fill(EDGES);
  check();
  for (const [index, text] of EDGES.entries()) {
    const at = packed.seek(p, index);
    compareElement(index, at, "nowhere");
    const isInt64 =
      /^(0|-?[1-9]\d*)$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
    expect(packed.isInteger(p, at)).toBe(isInt64);
    const reply = new Reply();
    packed.reply(p, at, reply);
    expect(latin1(reply.bytes, 0, reply.at)).toBe(`$${text.length}\r\n${text}\r\n`);
    const first = textOf(packed.range(p, at));
    const second = packed.range2(p, packed.last(p));
    expect([first, textOf(second)]).toEqual([text, EDGES.at(-1) as string]);
  }
  const reply = new Reply();
  packed.replyRun(p, packed.seek(p, 3), 20, reply);
  const expected = EDGES.slice(3, 23).map((text) => `$${text.length}\r\n${text}\r\n`);
  expect(latin1(reply.bytes, 0, reply.at)).toBe(expected.join(""));
});

test("an element of another is added as it lies there", () => {
  fill(EDGES);
  let copy = packed.create();
  for (let at = packed.first(p); at !== 0; at = packed.next(p, at)) {
    copy = packed.appendElement(copy, p, at);
    packed.verify(copy);
    expect(textOf(packed.range(copy, packed.touched.at))).toBe(textOf(packed.range2(p, at)));
  }
  expect(hex(copy)).toBe(hex(p));
  packed.release(copy);
});

test("elements of every short size are read and replied with as they were written", () => {
  const lengths = [...Array(260).keys()];
  const own = lengths.map((length) => "abcdefghijklmnopqrstuvwxyz ".repeat(10).slice(0, length));
  fill(own);
  check();
  const reply = new Reply();
  packed.replyRun(p, packed.first(p), own.length, reply);
  const expected = own.map((text) => `$${text.length}\r\n${text}\r\n`).join("");
  expect(latin1(reply.bytes, 0, reply.at)).toBe(expected);
  for (const text of own) {
    expect(packed.find(p, packed.first(p), ...apart(text), 0)).toBe(packed.seek(p, text.length));
    expect(packed.find(p, packed.first(p), ...apart(`${text}!`), 0)).toBe(0);
  }
});

test("the bytes are those of a listpack", () => {
  expect(hex(p)).toBe("070000000000ff");
  const cases: [string, string][] = [
    ["0", "0001"],
    ["127", "7f01"],
    ["128", "c08002"],
    ["-1", "dfff02"],
    ["-4096", "d00002"],
    ["4096", "f1001003"],
    ["-32769", "f2ff7fff04"],
    ["8388608", "f30000800005"],
    ["-2147483649", "f4ffffff7fffffffff09"],
    ["9223372036854775807", "f4ffffffffffffff7f09"],
    ["", "8001"],
    ["ab", "82616203"],
    ["007", "8330303704"],
  ];
  for (const [text, code] of cases) {
    p = packed.append(p, ...apart(text));
    p = packed.remove(p, packed.first(p), packed.count(p) - 1);
    expect(hex(p)).toBe(
      `${(7 + code.length / 2).toString(16).padStart(2, "0")}0000000100${code}ff`,
    );
  }
  model = ["007"];
  check();
});

test.each([
  [63, "bf", "40"],
  [64, "e040", "42"],
  [125, "e07d", "7f"],
  [126, "e07e", "0180"],
  [4095, "efff", "2081"],
  [4096, "f000100000", "2085"],
  [16377, "f0f93f0000", "7ffe"],
  [16378, "f0fa3f0000", "00ffff"],
  [2097145, "f0f9ff1f00", "7ffffe"],
  [2097146, "f0faff1f00", "00ffffff"],
])("a string of %d bytes has the code and the size behind it as in Redis", (size, head, back) => {
  fill(["x".repeat(size), "y"]);
  const bytes = hex(p).slice(12);
  expect(bytes.slice(0, head.length)).toBe(head);
  expect(bytes.slice(head.length + size * 2)).toBe(`${back}817902ff`);
  expect(texts(p).map((text) => text.length)).toEqual([size, 1]);
  expect(backwards(p).map((text) => text.length)).toEqual([size, 1]);
  packed.verify(p);
});

test("a listpack goes out and comes in as it is", () => {
  fill(["a", "1", "x".repeat(100), "-5"]);
  p = packed.remove(p, packed.first(p), 1);
  const { bytes, offset, size } = packed.listpack(p);
  const twin = packed.fromListpack(bytes, offset, size);
  packed.verify(twin);
  expect(texts(twin)).toEqual(model.slice(1));
  packed.release(twin);
  packed.verify(p);
});

test("a listpack of any size comes in from a buffer with a view", () => {
  for (let size = 0; size <= 300; size++) {
    fill(["1", "x".repeat(size)]);
    const whole = packed.listpack(p);
    const bytes = whole.bytes.slice(whole.offset, whole.offset + whole.size);
    const twin = packed.fromViewed(bytes, new DataView(bytes.buffer), bytes.length);
    packed.verify(twin);
    expect(texts(twin)).toEqual(model);
    packed.release(twin);
    p = packed.remove(p, packed.first(p), 2);
    model = [];
  }
});

test("more elements than the count has room for are counted", () => {
  fill(Array.from({ length: 65_534 }, (_, i) => String(i % 100)));
  expect(packed.count(p)).toBe(65_534);
  fill(["a", "b", "c"]);
  expect(packed.count(p)).toBe(65_537);
  packed.verify(p);
  expect(textOf(packed.range(p, packed.seek(p, 65_535)))).toBe("b");
  expect(textOf(packed.range(p, packed.seek(p, -1)))).toBe("c");
  expect(packed.seek(p, 65_537)).toBe(0);
  expect(packed.seek(p, -65_538)).toBe(0);
  const other = packed.split(p, packed.seek(p, 65_536));
  expect([packed.count(p), packed.count(other)]).toEqual([65_536, 1]);
  p = packed.concat(p, other);
  expect(packed.count(p)).toBe(65_537);
  p = packed.removeLast(packed.removeFirst(p));
  p = packed.remove(p, packed.first(p), 8);
  expect(packed.count(p)).toBe(65_527);
  p = packed.removeLast(packed.removeFirst(p));
  expect(packed.count(p)).toBe(65_525);
  packed.verify(p);
});

test.each([
  ["append", packed.append],
  ["prepend", packed.prepend],
])("to %s one by one moves the block rarely", (_, add) => {
  let moves = 0;
  const element = apart("an element of 27 bytes each");
  for (let i = 0; i < 4000; i++) {
    const before = p;
    p = add(p, ...element);
    if (p !== before) moves++;
  }
  expect(moves).toBeLessThan(80);
  expect(packed.size(p)).toBe(7 + 4000 * 29);
  expect(arena.capacity(p)).toBeLessThan(packed.size(p) * 1.3);
  packed.verify(p);
});

test("a queue stays in its block, and one that shrinks moves to a smaller", () => {
  fill(Array.from({ length: 300 }, (_, i) => `element ${i}`));
  const ways = [
    () => [packed.append, packed.first] as const,
    () => [packed.prepend, packed.last] as const,
  ];
  for (const way of ways) {
    const [add, end] = way();
    const capacity = arena.capacity(p);
    for (let i = 0; i < 5000; i++) {
      p = add(p, ...apart(`element ${i % 1000}`));
      p = packed.remove(p, end(p), 1);
    }
    expect(arena.capacity(p)).toBeLessThan(capacity * 1.5);
    packed.verify(p);
    expect(packed.count(p)).toBe(300);
  }
  while (packed.count(p) > 3) p = packed.remove(p, packed.first(p), 1);
  expect(arena.capacity(p)).toBeLessThan(200);
  packed.verify(p);
});

test("a new one with room at its head takes that first", () => {
  const roomy = packed.create(100, true);
  packed.verify(roomy);
  expect(packed.count(roomy)).toBe(0);
  let moved = roomy;
  for (let i = 0; i < 30; i++) moved = packed.prepend(moved, ...apart("x"));
  expect(moved).toBe(roomy);
  packed.verify(moved);
  packed.release(moved);
});

test("room reserved at either end is used without a move", () => {
  for (const atHead of [true, false]) {
    fill(["one"]);
    p = packed.reserve(p, 4000, atHead);
    check();
    const before = p;
    while (packed.size(p) < 3900) {
      p = atHead ? packed.prepend(p, ...apart("elem")) : packed.append(p, ...apart("elem"));
    }
    expect(p).toBe(before);
    packed.verify(p);
    p = packed.remove(p, packed.first(p), packed.count(p));
    model = [];
    check();
  }
});

test("hasPairTwice says whether two pairs begin alike, whatever their seconds are", () => {
  const random = new Random(23);
  const names = ["", "0", "00", "-1", "127", "128", "4096", "a", "b", "aa", "ab", "ba"];
  names.push(
    "x".repeat(62),
    "x".repeat(63),
    "x".repeat(64),
    `${"x".repeat(63)}y`,
    "y".repeat(5000),
  );
  for (let round = 0; round < 300; round++) {
    const chosen: string[] = [];
    for (let left = random.below(packed.COMPARED_PAIRS + 1); left > 0; left--) {
      chosen.push(names[random.below(names.length)]);
    }
    // The first half of the rounds has each name once.
    const firsts = round < 150 ? [...new Set(chosen)] : chosen;
    packed.release(p);
    p = packed.create();
    fill(firsts.flatMap((name) => [name, names[random.below(names.length)]]));
    expect(packed.hasPairTwice(p)).toBe(new Set(firsts).size < firsts.length);
  }
});

test("bits of the elements tell of none that is there that it is not", () => {
  const random = new Random(17);
  let told = 0;
  for (let round = 0; round < 300; round++) {
    const text = () =>
      random.pick([
        () => `member:${random.below(40)}`,
        () => String(random.below(400) - 200),
        () => `${random.below(30)}x`,
        () => "",
        () => "y".repeat(random.pick([1, 62, 63, 64, 5000])),
      ])();
    let some = packed.create();
    for (let i = random.below(8); i > 0; i--) some = packed.append(some, ...apart(text()));
    const bits = packed.bitsOf(some);
    const present = new Set(texts(some));
    for (const other of [...present, text(), text(), text()]) {
      const bit = packed.bitOf(...apart(other));
      if (bit === 0 || (bits & bit) !== 0) continue;
      expect(present).not.toContain(other);
      told++;
    }
    packed.release(some);
  }
  expect(told).toBeGreaterThan(100);
});
