// Purpose: the arena against a plain model of its blocks: each is filled with a byte of its own,
// and still holds it when it is freed, so no two overlap; figures, reuse, release of segments.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Ref } from "../../src/arena/arena.ts";
import * as arena from "../../src/arena/arena.ts";
import { Random } from "../fuzz/random.ts";

const SEGMENT_SIZE = 2 ** 20;
const LARGEST_SHARED = SEGMENT_SIZE;

const live = new Map<Ref, number>();
const before = arena.figures();

function fill(ref: Ref, byte: number): void {
  const at = arena.byteOffset(ref);
  arena.u8[arena.segmentOf(ref)].fill(byte, at, at + arena.capacity(ref));
}

function alloc(size: number): Ref {
  const ref = arena.alloc(size);
  const byte = ref % 251;
  expect(live.has(ref)).toBe(false);
  live.set(ref, byte);
  fill(ref, byte);
  return ref;
}

function free(ref: Ref): void {
  const at = arena.byteOffset(ref);
  const bytes = arena.u8[arena.segmentOf(ref)].subarray(at, at + arena.capacity(ref));
  const byte = live.get(ref);
  expect(bytes.length).toBe(arena.capacity(ref));
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== byte) throw new Error(`block ${ref} was written over`);
  }
  live.delete(ref);
  arena.free(ref);
}

function checkFigures(): void {
  let used = 0;
  for (const ref of live.keys()) used += arena.capacity(ref);
  const figures = arena.figures();
  expect(figures.usedSize - before.usedSize).toBe(used);
  expect(figures.blockCount - before.blockCount).toBe(live.size);
  expect(figures.reservedSize).toBeGreaterThanOrEqual(figures.usedSize);
  expect(figures.peakSize).toBeGreaterThanOrEqual(figures.usedSize);
  expect(arena.usedSize()).toBe(figures.usedSize);
}

afterEach(() => {
  for (const ref of [...live.keys()]) free(ref);
  checkFigures();
  arena.verify();
});

describe("sizes", () => {
  test("a block holds what was asked for, and at most an eighth more", () => {
    const sizes = [...Array(1100).keys()].slice(1).concat([4095, 8191, 8193, 70_001, 300_000]);
    for (const size of [...sizes, LARGEST_SHARED - 1, LARGEST_SHARED]) {
      const ref = alloc(size);
      const capacity = arena.capacity(ref);
      expect(capacity).toBeGreaterThanOrEqual(size);
      expect(capacity).toBeLessThan(size + 8 + size / 8);
      expect(arena.capacityFor(size)).toBe(capacity);
    }
  });

  test("a block above the largest class has a buffer of its own, zeroed", () => {
    for (const size of [LARGEST_SHARED + 1, SEGMENT_SIZE, 5_000_001]) {
      const ref = arena.alloc(size);
      expect(arena.byteOffset(ref)).toBe(0);
      const bytes = arena.u8[arena.segmentOf(ref)];
      expect(bytes.length).toBe((size + 7) & ~7);
      expect(arena.capacity(ref)).toBe(bytes.length);
      expect(arena.capacityFor(size)).toBe(bytes.length);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      arena.free(ref);
    }
  });

  test("a block beyond 1 GiB is refused", () => {
    expect(() => arena.alloc(2 ** 30 + 2 ** 20 + 1)).toThrow("OOM command not allowed");
  });

  test("refs are positive and count 8 bytes", () => {
    const ref = alloc(24);
    expect(ref).toBeGreaterThan(0);
    expect(arena.byteOffset(ref) % 8).toBe(0);
    expect(arena.i32[arena.segmentOf(ref)].buffer).toBe(arena.u8[arena.segmentOf(ref)].buffer);
    expect(arena.f64[arena.segmentOf(ref)].buffer).toBe(arena.u8[arena.segmentOf(ref)].buffer);
  });
});

describe("reuse", () => {
  test("a freed block is the next one of its class", () => {
    const kept = alloc(40);
    const ref = alloc(40);
    free(ref);
    expect(alloc(33)).toBe(ref);
    expect(live.has(kept)).toBe(true);
  });

  test("freed blocks are poisoned", () => {
    const ref = alloc(64);
    const kept = alloc(64);
    free(ref);
    const at = arena.byteOffset(ref);
    const bytes = arena.u8[arena.segmentOf(ref)].subarray(at + 4, at + 64);
    expect(bytes.every((byte) => byte === 0xde)).toBe(true);
    expect(live.has(kept)).toBe(true);
  });

  test("empty segments go back, all but one of a class", () => {
    const first = arena.figures();
    const refs: Ref[] = [];
    for (let i = 0; i < 3 * (SEGMENT_SIZE / 1024); i++) refs.push(alloc(1024));
    const grown = arena.figures();
    expect(grown.segmentCount - first.segmentCount).toBeGreaterThanOrEqual(2);
    for (const ref of refs) free(ref);
    const after = arena.figures();
    expect(after.segmentCount - first.segmentCount).toBeLessThanOrEqual(1);
    expect(after.reservedSize - first.reservedSize).toBeLessThanOrEqual(SEGMENT_SIZE);
    expect(after.peakSize).toBe(Math.max(first.peakSize, grown.usedSize));
  });

  test("when a slab goes back, those of its class with a gap that are left are filled", () => {
    const slabs = new Map<number, Ref[]>();
    while (slabs.size < 4) {
      const ref = alloc(1000);
      const segment = arena.segmentOf(ref);
      slabs.set(segment, [...(slabs.get(segment) ?? []), ref]);
    }
    const [first, second, third] = slabs.values();
    for (const [ref] of [first, second, third]) free(ref);
    for (const ref of second.slice(1)) free(ref);
    const next = [alloc(1000), alloc(1000)].map(arena.segmentOf).sort((a, b) => a - b);
    const gaps = [first, third].map(([ref]) => arena.segmentOf(ref)).sort((a, b) => a - b);
    expect(next).toEqual(gaps);
  });

  test("an empty slab of large blocks goes back", () => {
    const first = arena.figures();
    const refs = [300_000, 600_000, 600_000, 1_000_000].map(alloc);
    expect(arena.figures().segmentCount).toBeGreaterThan(first.segmentCount);
    for (const ref of refs) free(ref);
    expect(arena.figures().reservedSize).toBe(first.reservedSize);
    expect(arena.figures().segmentCount).toBe(first.segmentCount);
  });

  test("a huge block goes back at once", () => {
    const first = arena.figures();
    const ref = arena.alloc(3 * SEGMENT_SIZE);
    expect(arena.figures().reservedSize - first.reservedSize).toBe(3 * SEGMENT_SIZE);
    arena.free(ref);
    expect(arena.figures().reservedSize).toBe(first.reservedSize);
    expect(arena.figures().segmentCount).toBe(first.segmentCount);
  });
});

/** Asks for blocks, which are never written to, until there are no more; frees them all. */
function takeAll(size: number): number {
  const refs: Ref[] = [];
  try {
    for (;;) refs.push(arena.alloc(size));
  } catch (error) {
    expect(error).toBe(arena.OUT_OF_SPACE);
  }
  arena.verify();
  for (const ref of refs) arena.free(ref);
  return refs.length;
}

describe("the end of space", () => {
  // In debug builds freed blocks are written to: these would take the memory that they stand for.
  beforeEach(() => {
    globalThis.DEBUG = false;
  });
  afterEach(() => {
    globalThis.DEBUG = true;
    arena.failAt(Infinity);
  });

  test.each([70_000, 352 * 1024 + 1, 600_000, 832 * 1024 + 1, SEGMENT_SIZE, SEGMENT_SIZE + 1])(
    "7/8 of 16 GiB can be held in blocks of %d bytes, and more of the usual sizes",
    (size) => {
      const { segmentCount } = arena.figures();
      const limit = (arena.SEGMENT_COUNT_MAX - 1 - segmentCount) * SEGMENT_SIZE;
      expect(takeAll(size) * size).toBeGreaterThan((limit * 7) / 8);
      expect(arena.figures().segmentCount).toBe(segmentCount);
    },
  );

  test("a slab takes as many segments as there are when the row is too short", () => {
    const refs: Ref[] = [];
    while (arena.segmentsLeft() > 0) refs.push(arena.alloc(SEGMENT_SIZE + 8));
    // The last ones lie in a row, whatever was there before.
    const freed = [-100, -8, -7].map((at) => refs.at(at) as Ref);
    for (const ref of freed) {
      arena.free(ref);
      refs.splice(refs.indexOf(ref), 1);
    }
    // Three in the row of two, and one.
    for (let i = 0; i < 4; i++) refs.push(arena.alloc(600_000));
    arena.verify();
    expect(() => arena.alloc(600_000)).toThrow("OOM command not allowed");
    expect(arena.segmentsLeft()).toBe(0);
    for (const ref of refs) arena.free(ref);
  });

  test("scarcity is told when no more than the reserve is left, and when it ends", () => {
    const told: boolean[] = [];
    arena.watchScarcity((isScarce) => told.push(isScarce));
    const refs: Ref[] = [];
    while (arena.segmentsLeft() > arena.RESERVED_SEGMENTS + 1) refs.push(arena.alloc(2 ** 20 + 8));
    expect(told).toEqual([false]);
    expect(arena.canServe(2 ** 20)).toBe(true);
    expect(arena.canServe(2 ** 20 + 1)).toBe(false);
    expect(() => arena.ensure(2 ** 20 + 1)).toThrow("OOM command not allowed");
    refs.push(arena.alloc(2 ** 20 + 8));
    expect(told).toEqual([false, true]);
    arena.free(refs.pop() as Ref);
    expect(told).toEqual([false, true, false]);
    arena.watchScarcity(() => {});
    for (const ref of refs) arena.free(ref);
  });

  test("what is made before a change gets no more than half of the reserve", () => {
    const refs: Ref[] = [];
    while (arena.segmentsLeft() > arena.RESERVED_SEGMENTS / 2) refs.push(arena.alloc(2 ** 20 + 8));
    expect(() => arena.ensureMore(0)).toThrow("OOM command not allowed");
    arena.free(refs.pop() as Ref);
    arena.ensureMore(2 ** 20);
    expect(() => arena.ensureMore(2 ** 20 + 1)).toThrow("OOM command not allowed");
    for (const ref of refs) arena.free(ref);
  });

  test("failAt leaves what the reserve holds", () => {
    globalThis.DEBUG = true;
    arena.failAt(2);
    alloc(100);
    alloc(100);
    expect(arena.canServe(2 ** 20 + 1)).toBe(true);
    alloc(100);
    expect(arena.canServe(2 ** 20 + 1)).toBe(false);
    expect(arena.segmentsLeft()).toBeLessThan(arena.RESERVED_SEGMENTS);
    alloc(1000);
    expect(() => arena.alloc(2 ** 20 + 2)).toThrow("OOM command not allowed");
    // What was said to be there before is there.
    alloc(2 ** 20 + 1);
  });
});

function randomSize(random: Random): number {
  return random.weighted<() => number>([
    [60, () => random.between(1, 128)],
    [37, () => random.between(1, 5000)],
    [2, () => random.between(5000, 200_000)],
    [1, () => random.between(LARGEST_SHARED - 50_000, LARGEST_SHARED + 50_000)],
  ])();
}

describe.each([1, 2, 3])("random operations, seed %d", (seed) => {
  test("blocks never overlap, and the counts stay right", () => {
    const random = new Random(seed);
    for (let step = 0; step < 2000; step++) {
      // Waves, so that segments fill up and empty again.
      const target = step % 500 < 300 ? 200 : 10;
      if (live.size < target && random.chance(0.8)) alloc(randomSize(random));
      else if (live.size > 0) free(random.pick([...live.keys()]));
      if (step % 50 !== 0) continue;
      // It looks at all blocks that tests before have freed, too: not after every step.
      arena.verify();
      checkFigures();
    }
  });
});
