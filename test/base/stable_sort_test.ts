import { expect, test } from "bun:test";
import { sortByNumber } from "../../src/base/stable_sort.ts";
import { Random } from "../fuzz/random.ts";

test("indices are sorted by numbers, then by a comparison, and stay in order otherwise", () => {
  const random = new Random(11);
  for (let round = 0; round < 1000; round++) {
    const count = random.below(random.pick([3, 9, 20, 300]));
    const limit = random.pick([1, 3, 20, 1000]);
    const numbers = Float64Array.from({ length: count }, () => random.below(limit) - limit / 2);
    const seconds = numbers.map(() => random.below(2));
    const items = Int32Array.from(numbers, (_, i) => i);
    const wanted = [...items].sort((a, b) => numbers[a] - numbers[b] || seconds[a] - seconds[b]);
    const spare = new Int32Array(count);
    const compare = (a: number, b: number) => seconds[a] - seconds[b];
    const sorted = sortByNumber(items, spare, count, numbers, compare);
    expect([...sorted]).toEqual(wanted);
  }
});
