// Purpose: sparse HyperLogLogs against plain registers, step by step.

import { describe, expect, test } from "bun:test";
import * as hyperloglog from "../../src/structures/hyperloglog.ts";
import { plainHash } from "../base/plain_hash.ts";
import { Random } from "../fuzz/random.ts";

const { CORRUPT, DENSE_SIZE, EMPTY, MUST_BE_DENSE, REGISTER_COUNT, UNCHANGED } = hyperloglog;

test("an element concerns the register and has the zeros that its hash says", () => {
  for (let i = 0; i < 50_000; i++) {
    const bytes = Buffer.from(`element ${i}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    hyperloglog.locate(bytes, view, 0, bytes.length);
    const hash = plainHash(bytes);
    const rest = (hash >> 14n) | (1n << 50n);
    let value = 1;
    while (((rest >> BigInt(value - 1)) & 1n) === 0n) value++;
    expect([hyperloglog.target.index, hyperloglog.target.value]).toEqual([
      Number(hash & 16383n),
      value,
    ]);
  }
});

/** The registers of a sparse one, by its runs as text. */
function registersOf(bytes: Uint8Array, size: number): number[] {
  const registers: number[] = [];
  for (const part of hyperloglog.describeRuns(bytes, 0, size).split(" ")) {
    const [, letter, value, length] = /^([zZv]):(\d+)(?:,(\d+))?$/.exec(part) ?? [];
    const zeros = letter !== "v";
    for (let n = Number(zeros ? value : length); n > 0; n--)
      registers.push(zeros ? 0 : Number(value));
  }
  return registers;
}

describe("a sparse one", () => {
  test("has the registers that it was raised to, whatever the order", () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = new Random(seed);
      const span = random.pick([12, 300, REGISTER_COUNT]);
      const bytes = new Uint8Array(60_000);
      bytes.set(EMPTY);
      let size = EMPTY.length;
      const plain = new Array<number>(REGISTER_COUNT).fill(0);
      const dense = new Uint8Array(DENSE_SIZE);
      hyperloglog.startRaising();
      let index = 0;
      for (let step = 0; step < 400; step++) {
        index = random.chance(0.5) ? (index + random.below(4)) % span : random.below(span);
        if (random.chance(0.1)) index = REGISTER_COUNT - 1 - index;
        const value = random.between(1, random.pick([2, 32]));
        const holds = hyperloglog.sparseHolds(bytes, 0, size, index, value);
        expect(holds).toBe(plain[index] >= value);
        const newSize = hyperloglog.sparseRaise(bytes, 0, size, 60_000, index, value);
        if (plain[index] >= value) {
          expect(newSize).toBe(UNCHANGED);
          continue;
        }
        plain[index] = value;
        size = newSize;
        if (step % 20 === 0) expect(registersOf(bytes, size)).toEqual(plain);
      }
      expect(registersOf(bytes, size)).toEqual(plain);
      expect(hyperloglog.makeDense(bytes, 0, size, dense)).toBe(true);
      for (let i = 0; i < REGISTER_COUNT; i++) {
        if (hyperloglog.denseValue(dense, 0, i) !== plain[i]) expect(i).toBe(-1);
      }
      const merged = new Uint8Array(REGISTER_COUNT);
      expect(hyperloglog.mergeInto(merged, bytes, 0, size)).toBe(true);
      expect([...merged]).toEqual(plain);
      const again = new Uint8Array(DENSE_SIZE);
      hyperloglog.makeDense(EMPTY, 0, EMPTY.length, again);
      hyperloglog.setDenseValues(again, 0, merged);
      expect(again).toEqual(dense);
      const fromDense = new Uint8Array(REGISTER_COUNT);
      hyperloglog.mergeInto(fromDense, dense, 0, DENSE_SIZE);
      expect(fromDense).toEqual(merged);
      const estimate = hyperloglog.estimate(bytes, 0, size);
      expect(hyperloglog.estimate(dense, 0, DENSE_SIZE)).toBe(estimate);
      expect(hyperloglog.estimateOf(merged)).toBe(estimate);
    }
  });

  test("says when it would grow too large, or a value does not fit, and stays as it is", () => {
    const bytes = new Uint8Array(100);
    bytes.set(EMPTY);
    hyperloglog.startRaising();
    expect(hyperloglog.sparseRaise(bytes, 0, 18, 100, 5, 33)).toBe(MUST_BE_DENSE);
    expect(hyperloglog.sparseRaise(bytes, 0, 18, 19, 5, 3)).toBe(MUST_BE_DENSE);
    expect(bytes.subarray(0, 18)).toEqual(EMPTY);
    expect(hyperloglog.sparseRaise(bytes, 0, 18, 20, 5, 3)).toBe(20);
    expect(hyperloglog.describeRuns(bytes, 0, 20)).toBe("z:5 v:3,1 Z:16378");
  });

  test("that is corrupt is found out", () => {
    const bytes = new Uint8Array(100);
    bytes.set(EMPTY);
    bytes[17] = 0;
    const dense = new Uint8Array(DENSE_SIZE);
    hyperloglog.startRaising();
    expect(hyperloglog.sparseHolds(bytes, 0, 18, 16383, 0)).toBe(false);
    expect(hyperloglog.sparseRaise(bytes, 0, 18, 100, 16383, 1)).toBe(CORRUPT);
    expect(hyperloglog.estimate(bytes, 0, 18)).toBe(CORRUPT);
    expect(hyperloglog.makeDense(bytes, 0, 18, dense)).toBe(false);
    expect(hyperloglog.mergeInto(new Uint8Array(REGISTER_COUNT), bytes, 0, 18)).toBe(false);
  });
});

test("an estimate is cached in 64 bits", () => {
  const bytes = EMPTY.slice();
  expect(hyperloglog.knowsEstimate(bytes, 0)).toBe(true);
  for (const estimate of [0, 255, 123456789012, 2 ** 53 - 1]) {
    hyperloglog.forgetEstimate(bytes, 0);
    expect(hyperloglog.knowsEstimate(bytes, 0)).toBe(false);
    hyperloglog.cacheEstimate(bytes, 0, estimate);
    expect(hyperloglog.knowsEstimate(bytes, 0)).toBe(true);
    expect(hyperloglog.cachedEstimate(bytes, 0)).toBe(estimate);
    expect(hyperloglog.exactCachedEstimate(bytes, 0)).toBe(BigInt(estimate));
  }
});
