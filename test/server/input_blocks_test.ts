// Purpose: blocks for arguments that arrive take no more than their part of the arena, and are
// given back, or left to who made a value of one (src/server/input_blocks.ts).

import { expect, test } from "bun:test";
import type { Ref } from "../../src/arena/arena.ts";
import * as arena from "../../src/arena/arena.ts";
import { countedSize } from "../../src/arena/memory_limit.ts";
import { INPUT_BLOCKS_SIZE_MAX } from "../../src/base/limits.ts";
import { NO_BLOCK } from "../../src/protocol/args.ts";
import { inputBlocks } from "../../src/server/input_blocks.ts";
import * as frozen from "../../src/structures/frozen.ts";

const SIZE = 16 << 20;

test("there are so many, and again when they were given back", () => {
  const { blockCount } = arena.figures();
  const counted = countedSize();
  for (let round = 0; round < 2; round++) {
    const blocks: number[] = [];
    for (;;) {
      const block = inputBlocks.take(SIZE);
      if (block === NO_BLOCK) break;
      blocks.push(block);
      expect(inputBlocks.bytesOf(block).length).toBeGreaterThanOrEqual(SIZE);
    }
    expect(blocks.length).toBeLessThanOrEqual(INPUT_BLOCKS_SIZE_MAX / SIZE);
    expect(blocks.length).toBeGreaterThan(INPUT_BLOCKS_SIZE_MAX / SIZE / 2);
    // They count once: with the client whose input they are.
    expect(countedSize()).toBe(counted);
    for (const block of blocks) inputBlocks.giveBack(block, false);
  }
  expect([countedSize(), arena.figures().blockCount]).toEqual([counted, blockCount]);
});

test("one that a value was made of is its owner's", () => {
  const { blockCount } = arena.figures();
  const counted = countedSize();
  const block = inputBlocks.take(SIZE) as Ref;
  frozen.hold(block);
  inputBlocks.giveBack(block, true);
  expect([arena.figures().blockCount, frozen.isAny]).toEqual([blockCount + 1, false]);
  expect(countedSize() - counted).toBe(arena.capacity(block));
  arena.free(block);
  expect(countedSize()).toBe(counted);
});
