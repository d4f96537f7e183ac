// Purpose: a block that somebody holds is there until the last one lets it go, whoever else has
// frozen it or given it up; and who wants to change it is told to take a copy.

import { afterEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import * as frozen from "../../src/structures/frozen.ts";
import { Random } from "../fuzz/random.ts";

const count = () => arena.figures().blockCount;

afterEach(() => {
  expect([frozen.heldCount(), frozen.frozenCount(), frozen.isAny]).toEqual([0, 0, false]);
});

test("held twice, and given up between", () => {
  const before = count();
  const block = arena.alloc(5000);
  frozen.hold(block);
  frozen.hold(block);
  expect([frozen.isAny, frozen.isFrozen(block), frozen.isMarked(block)]).toEqual([
    true,
    true,
    false,
  ]);
  frozen.release(block);
  frozen.free(block);
  expect(count()).toBe(before + 1);
  frozen.release(block);
  expect(count()).toBe(before);
});

test("a block that is held can be frozen without a copy, and the other way round", () => {
  const before = count();
  const block = arena.alloc(5000);
  frozen.hold(block);
  frozen.freezeOrCopy(Int32Array.of(block), () => {
    throw new Error("it is copied");
  });
  frozen.release(block);
  expect(frozen.isFrozen(block)).toBe(true);
  frozen.hold(block);
  frozen.free(block);
  frozen.done(block);
  expect(count()).toBe(before + 1);
  frozen.release(block);
  expect(count()).toBe(before);
});

test("in any order, each block is freed once, when nobody needs it", () => {
  const random = new Random(31);
  for (let round = 0; round < 500; round++) {
    const before = count();
    const block = arena.alloc(8);
    let [holders, isFrozen, isOwned] = [0, false, true];
    while (isOwned || isFrozen || holders > 0) {
      const step = random.below(5);
      if (step === 0 && holders < 4 && isOwned) {
        frozen.hold(block);
        holders++;
      } else if (step === 1 && holders > 0) {
        frozen.release(block);
        holders--;
      } else if (step === 2 && isOwned && !isFrozen) {
        frozen.freeze(Int32Array.of(block));
        isFrozen = true;
      } else if (step === 3 && isFrozen) {
        frozen.done(block);
        isFrozen = false;
      } else if (step === 4 && isOwned && random.chance(0.3)) {
        frozen.free(block);
        isOwned = false;
      }
      const isNeeded = isOwned || isFrozen || holders > 0;
      expect(count()).toBe(before + (isNeeded ? 1 : 0));
      if (isOwned) expect(frozen.isFrozen(block)).toBe(isFrozen || holders > 0);
    }
  }
});
