/**
 * Blocks that a snapshot in progress still has to read as they are: the leaves of large values, and
 * long strings. Their owner goes on as it likes, but by two rules:
 *
 *   before it changes a block's content, it asks `isFrozen`, and takes a copy in its place
 *   it gives blocks back by `free`, which leaves a frozen one to the snapshot
 *
 * A block that is frozen is still its owner's as well; one that was given up is the snapshot's
 * alone, which frees it when it is read: `done` does the one or the other. So the snapshot only
 * notes the refs of a value's blocks, in their order, when it begins with the value.
 *
 * A bit for each 8 bytes of a segment, for segments that have frozen blocks, tells which they are:
 * 1/64 of these segments' memory, for as long as some block is frozen.
 */
import * as arena from "../arena/arena.ts";
import { type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";

const WORDS_PER_SEGMENT = 1 << (SEGMENT_BITS - 5);

/** Whether any block is frozen: asked first, so that it costs nothing when there is no snapshot. */
export let isAny = false;

/** By segment; a segment's are made when the first of its blocks is frozen. */
let bits: Int32Array[] = [];
let count = 0;

const bitOf = (ref: Ref) => 1 << (ref & 31);
const wordOf = (ref: Ref) => (ref & SEGMENT_MASK) >>> 5;

/** The block, which is not frozen, is. */
export function freeze(ref: Ref): void {
  if (DEBUG) assert(!isFrozen(ref), "the block is frozen already");
  const segment = ref >>> SEGMENT_BITS;
  bits[segment] ??= new Int32Array(WORDS_PER_SEGMENT);
  bits[segment][wordOf(ref)] |= bitOf(ref);
  count++;
  isAny = true;
}

/** Whether the block is frozen, so that who wants to change it has to take a copy. */
export function isFrozen(ref: Ref): boolean {
  const words = bits[ref >>> SEGMENT_BITS];
  return words !== undefined && (words[wordOf(ref)] & bitOf(ref)) !== 0;
}

function thaw(ref: Ref): void {
  bits[ref >>> SEGMENT_BITS][wordOf(ref)] &= ~bitOf(ref);
  if (--count > 0) return;
  isAny = false;
  bits = [];
}

/** The owner gives the block up: it is freed now, or, if it is frozen, by `done`. */
export function free(ref: Ref): void {
  if (isAny && isFrozen(ref)) thaw(ref);
  else arena.free(ref);
}

/** The snapshot needs the block, which it had frozen, no longer. */
export function done(ref: Ref): void {
  if (isFrozen(ref)) thaw(ref);
  else arena.free(ref);
}

/** Blocks that are frozen. For tests. */
export const frozenCount = () => count;
