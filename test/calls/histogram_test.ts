// How durations are counted: the doublings, and the percentiles.

import { describe, expect, test } from "bun:test";
import { Histogram } from "../../src/calls/histogram.ts";

function doublings(...valuesUs: number[]): [number, number][] {
  const histogram = new Histogram();
  for (const value of valuesUs) histogram.record(value, 1);
  const seen: [number, number][] = [];
  histogram.forEachDoubling((limitUs, count) => seen.push([limitUs, count]));
  return seen;
}

describe("doublings", () => {
  test("each tells of all values up to it, if there are more than before", () => {
    expect(doublings(0, 1, 1, 2, 3, 7, 100)).toEqual([
      [1, 3],
      [2, 4],
      [4, 5],
      [8, 6],
      [132, 7],
    ]);
  });

  test("limits are the largest values that are told apart from a power of two of ns", () => {
    const limits = Array.from({ length: 21 }, (_, i) => 2 ** i).flatMap((us) => doublings(us));
    expect(limits.map(([limit]) => limit)).toEqual([
      1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266,
      270532, 541065, 1073741,
    ]);
  });

  test("longer than a second counts as a second", () => {
    expect(doublings(0.6e6, 1.2e6, 1e9)).toEqual([[1073741, 3]]);
  });

  test("none without values", () => expect(doublings()).toEqual([]));
});

describe("percentiles", () => {
  test("are the upper ends of their counters, in µs", () => {
    const histogram = new Histogram();
    histogram.record(1, 1);
    expect(histogram.percentileUs(50)).toBe(1.003);
    histogram.record(2, 1);
    expect(histogram.percentileUs(0)).toBe(1);
    expect(histogram.percentileUs(0.001)).toBe(1.003);
    expect(histogram.percentileUs(100)).toBe(2.007);
    histogram.record(0, 100);
    expect(histogram.percentileUs(50)).toBe(0.001);
    histogram.record(1.2e6, 1000);
    expect(histogram.percentileUs(99)).toBe(1002438.655);
    expect(histogram.count).toBe(1102);
  });

  test("lie within 1 % of the true ones", () => {
    const histogram = new Histogram();
    for (let us = 1; us <= 100_000; us++) histogram.record(us, 1);
    for (const percent of [1, 10, 50, 90, 99, 99.9]) {
      const error = histogram.percentileUs(percent) / (percent * 1000);
      expect(error).toBeGreaterThanOrEqual(1);
      expect(error).toBeLessThan(1.01);
    }
  });

  test("are 0 without values", () => expect(new Histogram().percentileUs(50)).toBe(0));
});
