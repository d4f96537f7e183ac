// Purpose: the deadlines of a dict's entries against a Map, over random operations.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import * as deadlines from "../../src/structures/deadline_block.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { Random } from "../fuzz/random.ts";
import { entryFor } from "./entries.ts";

let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  expect(arena.figures().blockCount).toBe(blocks);
});

describe.each([1, 2, 3, 4])("random operations, seed %d", (seed) => {
  test("the first is the earliest, and every time can be read", () => {
    const random = new Random(seed);
    let d = deadlines.create();
    const model = new Map<EntryRef, number>();
    const timeOf = () => 1 + random.below(1000) + (random.chance(0.3) ? 2 ** 47 : 0);
    for (let step = 0; step < 4000; step++) {
      const known = model.size > 0 ? random.pick([...model.keys()]) : undefined;
      const growing = step % 2000 < 1200;
      if (known === undefined || random.chance(growing ? 0.5 : 0.1)) {
        const e = entryFor(`key:${step}`, 8, true);
        const timeMs = timeOf();
        d = deadlines.add(d, e, timeMs);
        model.set(e, timeMs);
      } else if (random.chance(0.3)) {
        const timeMs = timeOf();
        deadlines.move(d, known, timeMs);
        model.set(known, timeMs);
      } else if (random.chance(0.2)) {
        const moved = entry.copyShaped(known, 64, 8, true);
        deadlines.relocate(d, moved);
        arena.free(known);
        model.set(moved, model.get(known) as number);
        model.delete(known);
      } else if (!growing || random.chance(0.1)) {
        d = deadlines.remove(d, known);
        expect(entry.hasTtl(known)).toBe(false);
        entry.release(known);
        model.delete(known);
      }
      deadlines.verify(d);
      expect(deadlines.count(d)).toBe(model.size);
      expect(deadlines.firstTime(d)).toBe(Math.min(...model.values()));
      if (step % 20 !== 0) continue;
      for (const [e, timeMs] of model) expect(deadlines.timeOf(d, e)).toBe(timeMs);
      const untilMs = timeOf();
      const due = [...model.values()].filter((timeMs) => timeMs <= untilMs).length;
      expect(deadlines.countUntil(d, untilMs)).toBe(due);
      expect(deadlines.allUntil(d, untilMs)).toBe(due === model.size);
    }
    for (const e of model.keys()) {
      d = deadlines.remove(d, e);
      entry.release(e);
    }
    expect(deadlines.firstTime(d)).toBe(Infinity);
    deadlines.release(d);
  });
});

test("place and what is hidden are kept while the block moves", () => {
  let d = deadlines.create();
  expect(deadlines.place(d)).toBe(-1);
  expect(deadlines.hiddenUntil(d)).toBe(0);
  deadlines.setPlace(d, 7);
  deadlines.hideUntil(d, 2 ** 45 + 1);
  const entries = [...Array(100).keys()].map((i) => entryFor(`key:${i}`, 8, true));
  for (const e of entries) d = deadlines.add(d, e, 5);
  expect(deadlines.place(d)).toBe(7);
  expect(deadlines.hiddenUntil(d)).toBe(2 ** 45 + 1);
  const twin = deadlines.copy(d);
  expect(deadlines.place(twin)).toBe(-1);
  expect(deadlines.count(twin)).toBe(100);
  deadlines.release(twin);
  for (const e of entries) entry.release(e);
  deadlines.release(d);
});
