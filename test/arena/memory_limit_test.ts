// Purpose: what counts for maxmemory, and whether more may be held (src/arena/memory_limit.ts).

import { afterEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import {
  countedSize,
  countOutside,
  countTwice,
  isAboveLimit,
  isLimited,
  limitMemory,
  mayHold,
  setAside,
} from "../../src/arena/memory_limit.ts";

afterEach(() => limitMemory(Infinity));

test("so much may be held as the limit leaves, and no more", () => {
  expect([isLimited(), isAboveLimit(), mayHold(2 ** 30)]).toEqual([false, false, true]);
  limitMemory(countedSize() + 800);
  expect([isLimited(), isAboveLimit(), mayHold(800), mayHold(808)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  const block = arena.alloc(800);
  expect(isAboveLimit()).toBe(arena.capacity(block) > 800);
  arena.free(block);
});

test.each([
  ["what others have outside", countOutside, 1],
  ["what a snapshot alone needs", setAside, -1],
  ["what clients say that they have", countTwice, -1],
] as const)("%s", (_, count, sign) => {
  const block = arena.alloc(800);
  const before = countedSize();
  limitMemory(before);
  count(80);
  expect([countedSize() - before, isAboveLimit(), mayHold(80)]).toEqual([
    80 * sign,
    sign > 0,
    sign < 0,
  ]);
  count(-80);
  expect([countedSize() - before, isAboveLimit()]).toEqual([0, false]);
  arena.free(block);
});
