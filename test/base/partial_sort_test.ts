import { expect, test } from "bun:test";
import { sortPart } from "../../src/base/partial_sort.ts";
import { Random } from "../fuzz/random.ts";

test("the part that is asked for is as in the sorted whole", () => {
  const random = new Random(7);
  for (let round = 0; round < 2000; round++) {
    const count = random.below(random.pick([8, 50, 400]));
    const limit = random.pick([1, 3, 20, 1000]);
    const items = Int32Array.from({ length: count }, () => random.below(limit));
    const sorted = [...items].sort((a, b) => a - b);
    const from = random.below(count + 1);
    const to = from + random.below(count + 1);
    sortPart(items, count, (a, b) => a - b, from, to);
    expect([...items].slice(from, to + 1)).toEqual(sorted.slice(from, to + 1));
    expect([...items].sort((a, b) => a - b)).toEqual(sorted);
  }
});

test("items after those that are sorted stay as they are", () => {
  const items = Int32Array.of(3, 1, 2, 0);
  sortPart(items, 3, (a, b) => a - b, 0, 2);
  expect([...items]).toEqual([1, 2, 3, 0]);
});
