// Purpose: the heap of deadlines (src/base/deadlines.ts) against a sorted list, over random steps.

import { expect, test } from "bun:test";
import { Deadlines, type Timed } from "../../src/base/deadlines.ts";
import { Random } from "../fuzz/random.ts";

test("the first is the earliest, whatever is added and taken out", () => {
  const random = new Random(7);
  const deadlines = new Deadlines<Timed>();
  let model: Timed[] = [];
  for (let step = 0; step < 5000; step++) {
    if (random.chance(step < 2500 ? 0.6 : 0.4)) {
      const item = { deadlineMs: random.below(200), slot: -1 };
      deadlines.add(item);
      model.push(item);
    } else if (model.length > 0) {
      const item = random.chance(0.5) ? (deadlines.first as Timed) : random.pick(model);
      deadlines.remove(item);
      expect(item.slot).toBe(-1);
      deadlines.remove(item);
      model = model.filter((other) => other !== item);
    }
    expect(deadlines.count).toBe(model.length);
    const earliest = Math.min(...model.map(({ deadlineMs }) => deadlineMs));
    expect(deadlines.first?.deadlineMs ?? Infinity).toBe(earliest);
  }
  const order: number[] = [];
  for (let first = deadlines.first; first !== undefined; first = deadlines.first) {
    order.push(first.deadlineMs);
    deadlines.remove(first);
  }
  expect(order).toEqual(model.map(({ deadlineMs }) => deadlineMs).sort((a, b) => a - b));
});
