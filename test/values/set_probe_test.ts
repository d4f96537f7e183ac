// Purpose: a probe says of every member what the set itself says, whatever their encodings.

import { afterEach, beforeEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { Member } from "../../src/values/set_member.ts";
import { SetProbe } from "../../src/values/set_probe.ts";
import * as setValue from "../../src/values/set_value.ts";
import { INTSET, SetCursor } from "../../src/values/set_value.ts";
import * as values from "../../src/values/values.ts";
import { Random } from "../fuzz/random.ts";

let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  expect(arena.figures().blockCount).toBe(blocks);
});

function setOf(texts: readonly string[]): EntryRef {
  const e = setValue.createLoose();
  const { bytes, view, start, size } = argsOf(texts);
  for (let i = 0; i < texts.length; i++) setValue.add(e, bytes, view, start[i], size[i]);
  return e;
}

const textOf = ({ bytes, offset, size }: Range) => latin1(bytes, offset, size);

test("a probe agrees with the set, over random sets", () => {
  const random = new Random(3);
  const probe = new SetProbe();
  const cursor = new SetCursor();
  const member = new Member();
  const makers = [
    () => String(random.below(400) - 100),
    () => String((BigInt(random.below(50)) << 40n) - 2n ** 43n),
    () => (random.chance(0.5) ? `text:${random.below(90)}` : String(random.below(90))),
    () => `member:${random.below(2000)}`,
  ];
  const anySet = () => {
    const make = random.pick(makers);
    return setOf(Array.from({ length: random.pick([1, 9, 100, 500]) }, make));
  };
  for (let round = 0; round < 300; round++) {
    const [from, asked] = [anySet(), anySet()];
    const isOrdered = entry.encoding(from) === INTSET;
    probe.start(asked, setValue.count(from), isOrdered && random.chance(0.8));
    cursor.start(from);
    while (cursor.next()) {
      cursor.load(member);
      const found = probe.has(member);
      expect(found).toBe(setValue.holds(asked, member));
    }
    values.discard(from);
    values.discard(asked);
  }
});

test("a walk over a quick pair comes to what both have, over random sets", () => {
  const random = new Random(4);
  const cursor = new SetCursor();
  const makers = [
    () => String(random.below(400) - 100),
    () => String(random.below(400) * 1000 - 100_000),
    () => String((BigInt(random.below(50)) << 40n) - 2n ** 43n),
    () => `member:${random.below(300)}`,
    () => (random.chance(0.5) ? `text:${random.below(90)}` : String(random.below(90))),
  ];
  const anySet = () => {
    const make = random.pick(makers);
    return setOf(Array.from({ length: random.pick([1, 9, 30, 100, 500]) }, make));
  };
  let pairs = 0;
  const members = (e: EntryRef) => {
    const found: string[] = [];
    cursor.start(e);
    while (cursor.next()) found.push(textOf(cursor.member()));
    return found;
  };
  for (let round = 0; round < 3000; round++) {
    const [a, b] = [anySet(), anySet()];
    if (!setValue.isQuickPair(a, b)) {
      values.discard(a);
      values.discard(b);
      continue;
    }
    pairs++;
    const isThere = new Set(members(b));
    const expected = members(a).filter((text) => isThere.has(text));
    const found: string[] = [];
    cursor.start(a);
    while (cursor.nextCommon(b)) found.push(textOf(cursor.member()));
    expect(found).toEqual(expected);
    if (setValue.block(a) !== arena.NIL) {
      const missing: string[] = [];
      cursor.start(a);
      while (cursor.nextMissing(b)) missing.push(textOf(cursor.member()));
      expect(missing).toEqual(members(a).filter((text) => !isThere.has(text)));
    }
    values.discard(a);
    values.discard(b);
  }
  expect(pairs).toBeGreaterThan(500);
});
