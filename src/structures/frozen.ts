/**
 * Blocks that a snapshot in progress still has to read as they are: the leaves of large values, and
 * long strings. (Or a script's undo may have to put back: what is said of the snapshot holds for it
 * as well; both do not freeze the same block.) Their owner goes on as it likes, but by two rules:
 *
 *   before it changes a block's content, it asks `isFrozen`, and takes a copy in its place
 *   it gives blocks back by `free`, which leaves a frozen one to the snapshot
 *
 * A block that is frozen is still its owner's as well; one that was given up is the snapshot's
 * alone, which frees it when it is read: `done` does the one or the other. So the snapshot only
 * notes the refs of a value's blocks, in their order, when it begins with the value.
 *
 * Who only reads a block for a while (a reply on its way to a client, a command that a value was
 * made of) holds it: what is said of frozen blocks holds for it as well, whoever has frozen it, and
 * however many do so. A block that its owner gives up is freed when nobody holds it any more.
 *
 * A bit for each 8 bytes of a segment, for segments that have frozen blocks, tells which they are:
 * 1/64 of these segments' memory, for as long as some block is frozen.
 */
import * as arena from "../arena/arena.ts";
import { type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { setAside } from "../arena/memory_limit.ts";
import { assert } from "../base/assert.ts";

const WORDS_PER_SEGMENT = 1 << (SEGMENT_BITS - 5);
const REF_MASK = 0x7fffffff;
/** The bits of so many segments take 4 MiB. */
const SEGMENTS_KEPT = 256;

/** Whether any block is frozen or held: asked first, so that it costs nothing when none is. */
export let isAny = false;

/** What was frozen since `allOrNone` began; null outside of it. */
let begun: Int32Array[] | null = null;

/** By segment; a segment's are made when the first of its blocks is frozen. */
let bits: Int32Array[] = [];
let segments = 0;
let count = 0;

/** Held blocks, and how many hold each. */
const holders = new Map<Ref, number>();
/** Those of them that nobody else has. */
const orphans = new Set<Ref>();

/** Bytes of frozen blocks that their owners have given up, ever: what others have to keep. */
export let givenUpSize = 0;

const bitOf = (ref: Ref) => 1 << (ref & 31);
const wordOf = (ref: Ref) => (ref & SEGMENT_MASK) >>> 5;

/**
 * The blocks, which are not frozen, are; the highest bit of the refs is their owner's. One loop
 * that calls nothing: it is done at once for all leaves of a value, and mostly not yet compiled.
 */
export function freeze(refs: Int32Array): void {
  begun?.push(refs);
  for (let i = 0; i < refs.length; i++) {
    const ref = refs[i] & REF_MASK;
    if (DEBUG) assert(!isMarked(ref as Ref), "the block is frozen already");
    let words = bits[ref >>> SEGMENT_BITS];
    if (words === undefined) {
      words = new Int32Array(WORDS_PER_SEGMENT);
      bits[ref >>> SEGMENT_BITS] = words;
      segments++;
    }
    words[(ref & SEGMENT_MASK) >>> 5] |= 1 << (ref & 31);
  }
  count += refs.length;
  noteAny();
}

function noteAny(): void {
  isAny = count > 0 || holders.size > 0;
}

/**
 * As `freeze`, of blocks that a snapshot may have frozen already: in the place of those come
 * copies, which are the caller's alone. Nothing is frozen when a copy cannot be had. All are given
 * back by `done`.
 */
export function freezeOrCopy(refs: Int32Array, copy: (ref: number) => number): void {
  if (count === 0) {
    freeze(refs);
    return;
  }
  const copies: number[] = [];
  try {
    for (let i = 0; i < refs.length; i++) {
      if (isMarked((refs[i] & REF_MASK) as Ref)) copies.push(copy(refs[i]));
    }
  } catch (error) {
    for (const ref of copies) arena.free((ref & REF_MASK) as Ref);
    throw error;
  }
  for (const ref of copies) setAside(arena.capacity((ref & REF_MASK) as Ref));
  let next = 0;
  const isOwn = (ref: number) => !isMarked((ref & REF_MASK) as Ref);
  const own = refs.filter(isOwn);
  for (let i = 0; i < refs.length; i++) if (!isOwn(refs[i])) refs[i] = copies[next++];
  freeze(own);
}

/** What `run` freezes stays frozen only if it comes to its end: there may be no memory for bits. */
export function allOrNone<Result>(run: () => Result): Result {
  const before = count;
  begun = [];
  try {
    return run();
  } catch (error) {
    for (const refs of begun) for (const ref of refs) unmark((ref & REF_MASK) as Ref);
    count = before;
    noteAny();
    throw error;
  } finally {
    begun = null;
  }
}

function unmark(ref: Ref): void {
  if (isMarked(ref)) bits[ref >>> SEGMENT_BITS][wordOf(ref)] &= ~bitOf(ref);
}

/** Whether the block is frozen, or held, so that who wants to change it has to take a copy. */
export function isFrozen(ref: Ref): boolean {
  return isMarked(ref) || (holders.size > 0 && holders.has(ref));
}

/** Whether any block is frozen; those that are only held are not. */
export const isAnyMarked = () => count > 0;

/** Whether the block is frozen: there is one who freezes it. */
export function isMarked(ref: Ref): boolean {
  const words = bits[ref >>> SEGMENT_BITS];
  return words !== undefined && (words[wordOf(ref)] & bitOf(ref)) !== 0;
}

function thaw(ref: Ref): void {
  bits[ref >>> SEGMENT_BITS][wordOf(ref)] &= ~bitOf(ref);
  if (--count > 0) return;
  noteAny();
  // Some are kept, all zero, for who freezes little and often.
  if (segments <= SEGMENTS_KEPT) return;
  bits = [];
  segments = 0;
}

/** The owner gives the block up: it is freed now, or, if it is frozen, by `done`. */
export function free(ref: Ref): void {
  if (!isAny) {
    arena.free(ref);
  } else if (isMarked(ref)) {
    thaw(ref);
    givenUpSize += arena.capacity(ref);
    setAside(arena.capacity(ref));
  } else {
    freeUnheld(ref);
  }
}

function freeUnheld(ref: Ref): void {
  if (holders.has(ref)) orphans.add(ref);
  else arena.free(ref);
}

/** Somebody reads the block until `release`; it need not be the first, or the only one. */
export function hold(ref: Ref): void {
  holders.set(ref, (holders.get(ref) ?? 0) + 1);
  isAny = true;
}

/** One of those who hold the block does so no longer. */
export function release(ref: Ref): void {
  const left = (holders.get(ref) ?? 0) - 1;
  if (DEBUG) assert(left >= 0, "nobody holds the block");
  if (left > 0) {
    holders.set(ref, left);
    return;
  }
  holders.delete(ref);
  noteAny();
  if (orphans.size > 0 && orphans.delete(ref)) arena.free(ref);
}

/** The snapshot needs the block, which it had frozen, no longer. */
export function done(ref: Ref): void {
  if (isMarked(ref)) {
    thaw(ref);
    return;
  }
  setAside(-arena.capacity(ref));
  freeUnheld(ref);
}

/**
 * Counts a block, which `done` would give back, as its owner's: it has a copy of `freezeOrCopy`, or
 * what it had given up, or is about to, as its own again, and so does not call `done`.
 */
export function takeBack(ref: Ref): void {
  setAside(-arena.capacity(ref));
}

/** Blocks that are frozen, and that are held. For tests. */
export const frozenCount = () => count;
export const heldCount = () => holders.size;
