/**
 * LZF, the compression of strings in RDB files. What is packed is a row of items:
 *
 *   000nnnnn                     n + 1 bytes as they are, which follow
 *   nnnooooo oooooooo            n + 2 bytes from o + 1 bytes before here; n is not 0 or 7
 *   111ooooo nnnnnnnn oooooooo   the same of n + 9 bytes
 *
 * What was copied may be copied from, so o + 1 may be less than the number of bytes.
 *
 * Redis's packed bytes depend on where its packer looks for what has been there before. This one
 * looks at the same places, so that both write the same bytes: the last place with the same hash
 * of three bytes, of those noted, and noted are the first of a run that was found, and its last
 * two, and all bytes that are in no run. It never looks at the first byte of all.
 */
import { WORD_SLACK } from "../../base/bytes.ts";

const HASH_BITS = 16;
const SLOT_COUNT = 1 << HASH_BITS;
/** Bytes as they are, in one item; how far back a run may lie; bytes of a run. */
const LITERALS_MAX = 32;
const DISTANCE_MAX = 1 << 13;
const RUN_MAX = (1 << 8) + (1 << 3);
const RUN_MIN = 3;
/** From this length on, a run's length has a byte of its own. */
const LONG_RUN = 7;
/** Bytes that are copied at once. */
const WORD = WORD_SLACK;
/** A run that may be longer than this is compared so far at once, then byte by byte. */
const LOOK_AHEAD = 16;
/** No output is larger than so many times what it was unpacked from. */
export const LZF_RATIO_MAX = 88;

/** For each hash, where it was seen last: a position and the generation's start. */
const seen = new Int32Array(SLOT_COUNT).fill(-1);
/** Positions of former inputs are below this. */
let generation = 0;
const GENERATION_MAX = 2 ** 31 - 1;

/**
 * Packs bytes into `to`, from its start on; returns the size, or 0 when they would take more than
 * `limit` bytes, or are fewer than 4. `to` has 40 bytes more than the limit.
 */
export function compress(
  bytes: Uint8Array,
  offset: number,
  size: number,
  to: Uint8Array,
  limit: number,
): number {
  if (size <= RUN_MIN || limit < 1) return 0;
  begin(size);
  const base = generation - offset;
  const end = offset + size;
  const lastRun = end - 2;
  let from = offset;
  let at = 1;
  let literals = 0;
  while (from < lastRun) {
    const slot = slotOf(bytes, from);
    const before = seen[slot] - base;
    seen[slot] = from + base;
    const distance = from - before - 1;
    if (before <= offset || distance >= DISTANCE_MAX || !sameThree(bytes, before, from)) {
      if (at >= limit) return 0;
      to[at++] = bytes[from++];
      if (++literals === LITERALS_MAX) {
        to[at - literals - 1] = literals - 1;
        literals = 0;
        at++;
      }
      continue;
    }
    if (at - (literals === 0 ? 1 : 0) + 4 >= limit) return 0;
    to[at - literals - 1] = literals - 1;
    if (literals === 0) at--;
    const length = runLength(bytes, before, from, end);
    at = writeRun(to, at, length, distance) + 1;
    literals = 0;
    from += length;
    if (from >= lastRun) break;
    seen[slotOf(bytes, from - 2)] = from - 2 + base;
    seen[slotOf(bytes, from - 1)] = from - 1 + base;
  }
  return finish(bytes, from, end, to, at, literals, limit);
}

/** Forgets where the bytes of former inputs were seen. */
function begin(size: number): void {
  generation += lastSize;
  lastSize = size;
  if (generation + size < GENERATION_MAX) return;
  seen.fill(-1);
  generation = 0;
}
let lastSize = 0;

/** Writes what is left as it is; returns the size of all, or 0. */
function finish(
  bytes: Uint8Array,
  from: number,
  end: number,
  to: Uint8Array,
  start: number,
  before: number,
  limit: number,
): number {
  let at = start;
  let literals = before;
  if (at + 3 > limit) return 0;
  for (let i = from; i < end; i++) {
    to[at++] = bytes[i];
    if (++literals === LITERALS_MAX) {
      to[at - literals - 1] = literals - 1;
      literals = 0;
      at++;
    }
  }
  to[at - literals - 1] = literals - 1;
  return literals === 0 ? at - 1 : at;
}

function slotOf(bytes: Uint8Array, at: number): number {
  const three = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
  return ((three >> (24 - HASH_BITS)) - three * 5) & (SLOT_COUNT - 1);
}

const sameThree = (bytes: Uint8Array, a: number, b: number) =>
  bytes[a] === bytes[b] && bytes[a + 1] === bytes[b + 1] && bytes[a + 2] === bytes[b + 2];

/** How many bytes from `before` on are the same as those from `from` on, at most RUN_MAX or so. */
function runLength(bytes: Uint8Array, before: number, from: number, end: number): number {
  const limit = Math.min(end - from - 2, RUN_MAX);
  let length = 2;
  if (limit > LOOK_AHEAD) {
    for (let i = 0; i < LOOK_AHEAD; i++) {
      length++;
      if (bytes[before + length] !== bytes[from + length]) return length;
    }
  }
  do length++;
  while (length < limit && bytes[before + length] === bytes[from + length]);
  return length;
}

function writeRun(to: Uint8Array, start: number, length: number, distance: number): number {
  let at = start;
  const count = length - 2;
  if (count < LONG_RUN) {
    to[at++] = (distance >> 8) + (count << 5);
  } else {
    to[at++] = (distance >> 8) + (LONG_RUN << 5);
    to[at++] = count - LONG_RUN;
  }
  to[at++] = distance;
  return at;
}

/** Bytes with a view over the same memory. */
interface Viewed {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * Unpacks `size` bytes from `start` on; whether they are well formed and make exactly `expected`
 * bytes, which go to the start of `to`. Both have room for WORD_SLACK more: copying by words saves
 * an eighth of the time that loading a list takes.
 */
export function decompress(
  packed: Viewed,
  size: number,
  to: Viewed,
  expected: number,
  start = 0,
): boolean {
  const { bytes, view } = packed;
  const { bytes: made, view: madeView } = to;
  const end = start + size;
  let from = start;
  let at = 0;
  while (from < end) {
    const head = bytes[from++];
    if (head < LITERALS_MAX) {
      const stop = at + head + 1;
      const literals = from - at;
      if (stop > expected || stop + literals > end) return false;
      for (; at < stop; at += WORD) madeView.setInt32(at, view.getInt32(at + literals));
      from = stop + literals;
      at = stop;
      continue;
    }
    let length = (head >> 5) + 2;
    if (from + (head >> 5 === LONG_RUN ? 2 : 1) > end) return false;
    if (head >> 5 === LONG_RUN) length += bytes[from++];
    const distance = (((head & 31) << 8) | bytes[from++]) + 1;
    const stop = at + length;
    if (distance > at || stop > expected) return false;
    if (distance < WORD) for (; at < stop; at++) made[at] = made[at - distance];
    else for (; at < stop; at += WORD) madeView.setInt32(at, madeView.getInt32(at - distance));
    at = stop;
  }
  return at === expected;
}
