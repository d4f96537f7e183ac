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

/** Hides what is due until some time, and perhaps a little later until another. */
function hide(d: deadlines.DeadlinesRef, untilMs: number, model: Map<EntryRef, number>): void {
  const isHiddenNow = (e: EntryRef) => deadlines.isHidden(d, e);
  const before = [...model.keys()].filter(isHiddenNow);
  const isMore = deadlines.hideUntil(d, untilMs);
  const hidden = [...model.keys()].filter(isHiddenNow);
  expect(hidden.length).toBe(deadlines.hiddenCount(d));
  expect(isMore).toBe(hidden.length > before.length);
  for (const e of before) expect(hidden).toContain(e);
  for (const [e, timeMs] of model) {
    if (timeMs <= untilMs) expect(hidden).toContain(e);
    else if (!before.includes(e)) expect(hidden).not.toContain(e);
  }
  deadlines.verify(d);
}

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
        if (deadlines.isHidden(d, known)) deadlines.unhide(d);
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
      expect(deadlines.allUntil(d, untilMs)).toBe(due === model.size);
      if (random.chance(0.3)) deadlines.unhide(d);
      if (random.chance(0.5)) hide(d, untilMs, model);
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
  expect(deadlines.hiddenCount(d)).toBe(0);
  deadlines.setPlace(d, 7);
  const entries = [...Array(100).keys()].map((i) => entryFor(`key:${i}`, 8, true));
  d = deadlines.add(d, entries[0], 2 ** 45);
  expect(deadlines.hideUntil(d, 2 ** 45 + 1)).toBe(true);
  for (const e of entries.slice(1)) d = deadlines.add(d, e, 2 ** 46);
  expect(deadlines.place(d)).toBe(7);
  expect(entries.filter((e) => deadlines.isHidden(d, e))).toEqual(entries.slice(0, 1));
  expect(deadlines.nextDue(d)).toBe(2 ** 46);
  const twin = deadlines.copy(d);
  expect(deadlines.place(twin)).toBe(-1);
  expect(deadlines.count(twin)).toBe(100);
  deadlines.release(twin);
  for (const e of entries) entry.release(e);
  deadlines.release(d);
});
