import { expect, test } from "bun:test";
import { sortByNumber, sortFirst } from "../../src/base/stable_sort.ts";
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

test("the first of many are those of all that are sorted", () => {
  const random = new Random(12);
  for (let round = 0; round < 1000; round++) {
    const count = random.below(random.pick([3, 30, 300]));
    const first = random.below(random.pick([2, 20, count + 1]));
    const limit = random.pick([1, 3, 20, 1000]);
    const trend = random.pick([-1, 0, 1]);
    const numbers = Float64Array.from({ length: count }, (_, i) => random.below(limit) + i * trend);
    const seconds = numbers.map(() => random.below(2));
    const compare = (a: number, b: number) => seconds[a] - seconds[b];
    const indices = () => Int32Array.from(numbers, (_, i) => i);
    const whole = sortByNumber(indices(), new Int32Array(count), count, numbers, compare);
    const spare = new Int32Array(count);
    const sorted = sortFirst(indices(), spare, count, first, numbers, compare);
    expect([...sorted.subarray(0, first)]).toEqual([...whole.subarray(0, first)]);
  }
});
