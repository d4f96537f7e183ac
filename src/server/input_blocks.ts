/**
 * The arena's blocks, for arguments that stand apart (protocol/partial.ts): a value may be made of
 * one as it is. Together they take no more than a part of the arena, whatever clients announce.
 */
import * as arena from "../arena/arena.ts";
import { type Ref, SEGMENT_BITS, u8 } from "../arena/arena.ts";
import { countTwice } from "../arena/memory_limit.ts";
import { INPUT_BLOCKS_SIZE_MAX } from "../base/limits.ts";
import { NO_BLOCK } from "../protocol/args.ts";
import type { InputBlocks } from "../protocol/partial.ts";
import type { Lender } from "../protocol/reply_pieces.ts";
import * as frozen from "../structures/frozen.ts";

let takenSize = 0;

/** So much more is taken, or less: of the arena, and by the client whose input it is. */
function note(change: number): void {
  takenSize += change;
  countTwice(change);
}

export const inputBlocks: InputBlocks = {
  take(size) {
    if (takenSize + size > INPUT_BLOCKS_SIZE_MAX) return NO_BLOCK;
    const block = arena.allocSpare(size);
    if (block !== NO_BLOCK) note(arena.capacity(block as Ref));
    return block;
  },

  bytesOf(block) {
    const ref = block as Ref;
    const offset = arena.byteOffset(ref);
    return u8[ref >>> SEGMENT_BITS].subarray(offset, offset + arena.capacity(ref));
  },

  giveBack(block, isTaken) {
    const ref = block as Ref;
    note(-arena.capacity(ref));
    if (isTaken) frozen.release(ref);
    else arena.free(ref);
  },
};

/** Values that are sent from where they lie: who changes one meanwhile takes a copy. */
export const blockLender: Lender = {
  hold: (block) => frozen.hold(block as Ref),
  release: (block) => frozen.release(block as Ref),
};
