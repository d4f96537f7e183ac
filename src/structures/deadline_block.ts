/**
 * When entries of one dict expire: a heap of (time, entry) in one block of the arena, for hashes
 * whose fields expire. Each entry holds its own index (entry.ts: expiryIndex).
 *
 *   0       4       8              16           24       28
 *   | count | place | hidden until | next due   | hidden | time, entry | time, entry | …
 *
 * place         the index that the dict's owner has in a heap of owners, -1 for none
 * hidden until  entries up to this time are to be seen as gone, though they are still there
 * next due      no other entry's time is before this
 * hidden        how many are hidden; while none is, the two times mean nothing
 * time          Unix ms below 2^48, the low word first; the others likewise
 *
 * Functions that may move the block return it. Growing copies it, at a quarter's growth: a
 * millisecond for the largest.
 */
import * as arena from "../arena/arena.ts";
import { i32, type Ref, SEGMENT_BITS, SEGMENT_MASK, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import type { EntryRef } from "./entry.ts";
import * as entry from "./entry.ts";
import { parentOf, TimeHeap } from "./time_heap.ts";

export type DeadlinesRef = Ref<"deadlines">;

/** Times are below this. */
export const TIME_END = 2 ** 48;

/** The words of the head and of each element. */
const COUNT = 0;
const PLACE = 1;
const UNTIL = 2;
const NEXT = 4;
const HIDDEN = 6;
const HEAD = 7;
const ELEMENT = 3;

const WORD = 2 ** 32;
/** The room grows by this part of what is used, and is cut when less than a quarter is. */
const GROWTH_SHIFT = 2;
const SPARSE_FACTOR = 4;

const wordAt = (d: DeadlinesRef) => (d & SEGMENT_MASK) << 1;
const word = (d: DeadlinesRef, index: number) => i32[d >>> SEGMENT_BITS][wordAt(d) + index];
const setWord = (d: DeadlinesRef, index: number, to: number) => {
  i32[d >>> SEGMENT_BITS][wordAt(d) + index] = to;
};
const timeIn = (words: Int32Array, at: number) => words[at + 1] * WORD + (words[at] >>> 0);
const setTimeIn = (words: Int32Array, at: number, timeMs: number) => {
  words[at] = timeMs;
  words[at + 1] = Math.floor(timeMs / WORD);
};

class Heap extends TimeHeap {
  private words: Int32Array = new Int32Array(0);
  private first = 0;

  /** Turns to a block; until anything allocates. */
  open(d: DeadlinesRef): this {
    this.words = i32[d >>> SEGMENT_BITS];
    this.first = wordAt(d) + HEAD;
    return this;
  }

  timeAt(index: number): number {
    return timeIn(this.words, this.first + index * ELEMENT);
  }

  entryAt(index: number): EntryRef {
    return this.words[this.first + index * ELEMENT + 2] as EntryRef;
  }

  add(e: EntryRef, timeMs: number, count: number): void {
    this.rise(count, e, timeMs);
  }

  change(index: number, e: EntryRef, timeMs: number, count: number): void {
    this.settle(index, e, timeMs, count);
  }

  protected put(index: number, e: EntryRef, timeMs: number): void {
    const at = this.first + index * ELEMENT;
    setTimeIn(this.words, at, timeMs);
    this.words[at + 2] = e;
    entry.setExpiryIndex(e, index);
  }
}

const heap = new Heap();

/** None, in no place. */
export function create(): DeadlinesRef {
  const d = arena.alloc(blockSize(1)) as DeadlinesRef;
  setWord(d, COUNT, 0);
  setWord(d, PLACE, -1);
  setWord(d, HIDDEN, 0);
  return d;
}

/** Frees the block; the TTL marks of the entries are the caller's to clear. */
export function release(d: DeadlinesRef): void {
  arena.free(d);
}

export const count = (d: DeadlinesRef) => word(d, COUNT);
export const place = (d: DeadlinesRef) => word(d, PLACE);
export const setPlace = (d: DeadlinesRef, index: number) => setWord(d, PLACE, index);

/** How many entries are hidden. */
export const hiddenCount = (d: DeadlinesRef) => word(d, HIDDEN);

/** Shows all entries. */
export const unhide = (d: DeadlinesRef) => setWord(d, HIDDEN, 0);

const headTime = (d: DeadlinesRef, name: number) =>
  timeIn(i32[d >>> SEGMENT_BITS], wordAt(d) + name);
const setHeadTime = (d: DeadlinesRef, name: number, timeMs: number) =>
  setTimeIn(i32[d >>> SEGMENT_BITS], wordAt(d) + name, timeMs);

/** Whether an entry that is in here is hidden. */
export function isHidden(d: DeadlinesRef, e: EntryRef): boolean {
  return hiddenCount(d) > 0 && timeOf(d, e) <= headTime(d, UNTIL);
}

/** A time before which none of the entries that are not hidden is due. */
export function nextDue(d: DeadlinesRef): number {
  return hiddenCount(d) > 0 ? headTime(d, NEXT) : firstTime(d);
}

/**
 * Hides the entries that are due up to `timeMs`, however many, and whatever is hidden already;
 * whether any was not. O(1), but passes all times, 12 bytes each, where there is one.
 */
export function hideUntil(d: DeadlinesRef, timeMs: number): boolean {
  if (nextDue(d) > timeMs) return false;
  const words = i32[d >>> SEGMENT_BITS];
  const end = wordAt(d) + HEAD + count(d) * ELEMENT;
  let hidden = 0;
  let next = TIME_END;
  for (let at = wordAt(d) + HEAD; at < end; at += ELEMENT) {
    const other = timeIn(words, at);
    if (other <= timeMs) hidden++;
    else if (other < next) next = other;
  }
  const isMore = hidden > hiddenCount(d);
  setWord(d, HIDDEN, hidden);
  setHeadTime(d, UNTIL, timeMs);
  setHeadTime(d, NEXT, next);
  return isMore;
}

/** An entry has got this time, and is not hidden: none is, if the clock was set back. */
function noteTime(d: DeadlinesRef, timeMs: number): void {
  if (hiddenCount(d) === 0) return;
  if (timeMs <= headTime(d, UNTIL)) unhide(d);
  else if (timeMs < headTime(d, NEXT)) setHeadTime(d, NEXT, timeMs);
}

/** The earliest time, or Infinity. */
export function firstTime(d: DeadlinesRef): number {
  return count(d) === 0 ? Infinity : heap.open(d).timeAt(0);
}

/** The entry that expires first; there must be one. */
export function firstEntry(d: DeadlinesRef): EntryRef {
  return heap.open(d).entryAt(0);
}

/** The time of an entry that is in here. */
export function timeOf(d: DeadlinesRef, e: EntryRef): number {
  return heap.open(d).timeAt(entry.expiryIndex(e));
}

/** Whether all entries in here expire up to `timeMs`. */
export function allUntil(d: DeadlinesRef, timeMs: number): boolean {
  const words = i32[d >>> SEGMENT_BITS];
  const first = wordAt(d) + HEAD;
  // From the end, where late times are.
  let at = first + (count(d) - 1) * ELEMENT;
  while (at >= first && timeIn(words, at) <= timeMs) at -= ELEMENT;
  return at < first;
}

/** Adds an entry that has the room for an index and is not in here. */
export function add(d: DeadlinesRef, e: EntryRef, timeMs: number): DeadlinesRef {
  if (DEBUG) assert(timeMs > 0 && timeMs < TIME_END, "a time that does not fit");
  const total = count(d) + 1;
  const home = blockSize(total) <= arena.capacity(d) ? d : resized(d, total);
  setWord(home, COUNT, total);
  heap.open(home).add(e, timeMs, total - 1);
  noteTime(home, timeMs);
  return home;
}

/** Changes the time of an entry that is in here, and not hidden. */
export function move(d: DeadlinesRef, e: EntryRef, timeMs: number): void {
  if (DEBUG) assert(!isHidden(d, e), "an entry that is hidden gets another time");
  heap.open(d).change(entry.expiryIndex(e), e, timeMs, count(d));
  noteTime(d, timeMs);
}

/** Takes an entry out; its TTL mark is cleared. */
export function remove(d: DeadlinesRef, e: EntryRef): DeadlinesRef {
  if (isHidden(d, e)) setWord(d, HIDDEN, hiddenCount(d) - 1);
  const index = entry.expiryIndex(e);
  const last = count(d) - 1;
  setWord(d, COUNT, last);
  heap.open(d);
  if (index !== last) heap.change(index, heap.entryAt(last), heap.timeAt(last), last);
  entry.clearTtl(e);
  return blockSize(last) * SPARSE_FACTOR < arena.capacity(d) ? resized(d, last) : d;
}

/** Notes that an entry, with its index, lives in another block now. */
export function relocate(d: DeadlinesRef, e: EntryRef): void {
  setWord(d, HEAD + entry.expiryIndex(e) * ELEMENT + 2, e);
}

/** A copy for a copy of the dict: in no place, and each entry is to be relocated. */
export function copy(d: DeadlinesRef): DeadlinesRef {
  const twin = copied(d, blockSize(count(d)));
  setPlace(twin, -1);
  return twin;
}

/** Throws when the order or an entry's index is wrong. For tests. */
export function verify(d: DeadlinesRef): void {
  assert(blockSize(count(d)) <= arena.capacity(d), "more deadlines than there is room for");
  heap.open(d);
  let hidden = 0;
  for (let index = 0; index < count(d); index++) {
    assert(entry.expiryIndex(heap.entryAt(index)) === index, "an entry's index is wrong");
    if (isHidden(d, heap.entryAt(index))) hidden++;
    else assert(heap.timeAt(index) >= nextDue(d), "an entry is due before the next");
    if (index === 0) continue;
    assert(heap.timeAt(parentOf(index)) <= heap.timeAt(index), "the deadlines are out of order");
  }
  assert(hidden === hiddenCount(d), "the count of hidden entries is wrong");
}

const blockSize = (total: number) => (HEAD + total * ELEMENT) * 4;

/** Moves all to a block with room for `total` and a quarter more. */
function resized(d: DeadlinesRef, total: number): DeadlinesRef {
  const home = copied(d, blockSize(total + (total >>> GROWTH_SHIFT)));
  release(d);
  return home;
}

function copied(d: DeadlinesRef, size: number): DeadlinesRef {
  const to = arena.alloc(size) as DeadlinesRef;
  const from = arena.byteOffset(d);
  const used = u8[d >>> SEGMENT_BITS].subarray(from, from + blockSize(count(d)));
  u8[to >>> SEGMENT_BITS].set(used, arena.byteOffset(to));
  return to;
}
