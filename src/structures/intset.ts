/**
 * A sorted set of signed 64-bit integers in one block, laid out as Redis's intset is, so that
 * snapshots carry it as it stands.
 *
 *   0       4       8
 *   | width | count | integer … | … room … |
 *
 * width  bytes of each integer: 2, 4 or 8, as the one furthest from zero ever needed
 * count  integers, in ascending order, each once
 *
 * An integer is two 32-bit words, `high` and `low`, so that all 64 bits are exact. Looking one up
 * costs O(log n), adding and removing O(n), all of it moving bytes.
 */
import * as arena from "../arena/arena.ts";
import { i32, type Ref, SEGMENT_BITS, SEGMENT_MASK, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { copyBytes } from "../base/bytes.ts";
import { writeInteger } from "../base/numbers.ts";
import type { Reply } from "../protocol/reply.ts";

export type IntsetRef = Ref<"intset">;

const HEADER_SIZE = 8;
const WORD = 2 ** 32;
/** The words of a block: width, count, then the integers. */
const WIDTH = 0;
const COUNT = 1;
const FIRST = 2;

/** A block grows by an eighth above this size; below, the arena's size classes are finer. */
const TIGHT_SIZE = 256;
const GROWTH_SHIFT = 3;
/** A block may be twice as large as needed and so many bytes more. */
const ROOM_SLACK = 64;
/** From this size on, a bulk move is faster than a loop. */
const BULK_MOVE_SIZE = 64;

const wordAt = (s: IntsetRef) => (s & SEGMENT_MASK) << 1;
const widthOf = (s: IntsetRef) => i32[s >>> SEGMENT_BITS][wordAt(s) + WIDTH];

/** The bytes that an integer needs. */
function widthFor(high: number, low: number): number {
  if (high !== low >> 31) return 8;
  return low === (low << 16) >> 16 ? 2 : 4;
}

/** A new, empty set. */
export function create(): IntsetRef {
  return allocate(HEADER_SIZE, 2, 0);
}

function allocate(size: number, width: number, count: number): IntsetRef {
  const spare = size > TIGHT_SIZE ? size >>> GROWTH_SHIFT : 0;
  const s = arena.alloc(size + spare) as IntsetRef;
  const words = i32[s >>> SEGMENT_BITS];
  words[wordAt(s) + WIDTH] = width;
  words[wordAt(s) + COUNT] = count;
  return s;
}

/** A set of bytes as Redis writes them, which must be of a sound one. */
export function fromBytes(bytes: Uint8Array, offset: number, length: number): IntsetRef {
  const s = allocate(length, 2, 0);
  copyBytes(bytes, offset, length, u8[s >>> SEGMENT_BITS], arena.byteOffset(s));
  if (DEBUG) assert(size(s) === length, "an intset of another size than it says");
  return s;
}

/** Frees the block. */
export function release(s: IntsetRef): void {
  arena.free(s);
}

/** The number of integers. */
export function count(s: IntsetRef): number {
  return i32[s >>> SEGMENT_BITS][wordAt(s) + COUNT];
}

/** The bytes of the set as Redis writes it: its block begins with them. */
export function size(s: IntsetRef): number {
  return HEADER_SIZE + count(s) * widthOf(s);
}

/** A copy in a block of its own. */
export function copy(s: IntsetRef): IntsetRef {
  return moved(s, size(s));
}

/** A copy in a block with room for `room` bytes, at least those there are. */
function moved(s: IntsetRef, room: number): IntsetRef {
  const to = allocate(room, widthOf(s), count(s));
  copyBytes(
    u8[s >>> SEGMENT_BITS],
    arena.byteOffset(s),
    size(s),
    u8[to >>> SEGMENT_BITS],
    arena.byteOffset(to),
  );
  return to;
}

/** The low word of the integer at `index`. */
export function lowAt(s: IntsetRef, index: number): number {
  const words = i32[s >>> SEGMENT_BITS];
  const at = wordAt(s);
  const width = words[at + WIDTH];
  if (width === 2) return short(words, at + FIRST, index);
  return words[at + FIRST + (width === 4 ? index : index * 2)];
}

/** The high word of the integer at `index`. */
export function highAt(s: IntsetRef, index: number): number {
  const words = i32[s >>> SEGMENT_BITS];
  const at = wordAt(s);
  return words[at + WIDTH] === 8 ? words[at + FIRST + index * 2 + 1] : lowAt(s, index) >> 31;
}

/** The 16-bit integer at `index`, counted from words[first]. */
function short(words: Int32Array, first: number, index: number): number {
  const word = words[first + (index >> 1)];
  return (index & 1) === 0 ? (word << 16) >> 16 : word >> 16;
}

function put(s: IntsetRef, index: number, high: number, low: number): void {
  const words = i32[s >>> SEGMENT_BITS];
  const at = wordAt(s);
  const width = words[at + WIDTH];
  if (width === 2) {
    const to = at + FIRST + (index >> 1);
    const word = words[to];
    words[to] =
      (index & 1) === 0 ? (word & ~0xffff) | (low & 0xffff) : (word & 0xffff) | (low << 16);
  } else if (width === 4) {
    words[at + FIRST + index] = low;
  } else {
    words[at + FIRST + index * 2] = low;
    words[at + FIRST + index * 2 + 1] = high;
  }
}

/**
 * The index of an integer; where it would have to be inserted, as ~index (so below 0), when it is
 * not there.
 */
export function search(s: IntsetRef, high: number, low: number): number {
  const words = i32[s >>> SEGMENT_BITS];
  const at = wordAt(s);
  const width = words[at + WIDTH];
  const total = words[at + COUNT];
  if (width === 8) return searchLong(words, at + FIRST, total, high, low);
  if (widthFor(high, low) > width) return high < 0 ? ~0 : ~total;
  return width === 2
    ? searchShort(words, at + FIRST, total, low)
    : searchWord(words, at + FIRST, total, low);
}

function searchShort(words: Int32Array, first: number, total: number, value: number): number {
  let from = 0;
  let end = total;
  // Integers often come in ascending order.
  if (total > 0 && short(words, first, total - 1) < value) return ~total;
  while (from < end) {
    const middle = (from + end) >>> 1;
    if (short(words, first, middle) < value) from = middle + 1;
    else end = middle;
  }
  return from < total && short(words, first, from) === value ? from : ~from;
}

function searchWord(words: Int32Array, first: number, total: number, value: number): number {
  let from = 0;
  let end = total;
  if (total > 0 && words[first + total - 1] < value) return ~total;
  while (from < end) {
    const middle = (from + end) >>> 1;
    if (words[first + middle] < value) from = middle + 1;
    else end = middle;
  }
  return from < total && words[first + from] === value ? from : ~from;
}

function searchLong(
  words: Int32Array,
  first: number,
  total: number,
  high: number,
  low: number,
): number {
  const unsigned = low >>> 0;
  let from = 0;
  let end = total;
  while (from < end) {
    const middle = (from + end) >>> 1;
    const top = words[first + middle * 2 + 1];
    const isLess = top === high ? words[first + middle * 2] >>> 0 < unsigned : top < high;
    if (isLess) from = middle + 1;
    else end = middle;
  }
  const at = first + from * 2;
  return from < total && words[at] === low && words[at + 1] === high ? from : ~from;
}

/** As `search`, knowing that all before `from` are less: O(log n) of how many more are. */
export function searchFrom(s: IntsetRef, from: number, high: number, low: number): number {
  const words = i32[s >>> SEGMENT_BITS];
  const at = wordAt(s);
  const width = words[at + WIDTH];
  const total = words[at + COUNT];
  if (width === 8) return searchLongFrom(s, total, from, high, low);
  if (widthFor(high, low) > width) return high < 0 ? ~from : ~total;
  return searchNarrowFrom(words, at + FIRST, width, total, from, low);
}

/** Of integers of 2 or 4 bytes. */
function searchNarrowFrom(
  words: Int32Array,
  first: number,
  width: number,
  total: number,
  from: number,
  value: number,
): number {
  const isShort = width === 2;
  let begin = from;
  let end = from;
  let step = 1;
  while (end < total && (isShort ? short(words, first, end) : words[first + end]) < value) {
    begin = end + 1;
    end += step;
    step *= 2;
  }
  if (end > total) end = total;
  while (begin < end) {
    const middle = (begin + end) >>> 1;
    if ((isShort ? short(words, first, middle) : words[first + middle]) < value) begin = middle + 1;
    else end = middle;
  }
  if (begin === total) return ~begin;
  return (isShort ? short(words, first, begin) : words[first + begin]) === value ? begin : ~begin;
}

function searchLongFrom(
  s: IntsetRef,
  total: number,
  from: number,
  high: number,
  low: number,
): number {
  let begin = from;
  let end = from;
  for (let step = 1; end < total && compareTo(s, end, high, low) < 0; step *= 2) {
    begin = end + 1;
    end += step;
  }
  if (end > total) end = total;
  while (begin < end) {
    const middle = (begin + end) >>> 1;
    if (compareTo(s, middle, high, low) < 0) begin = middle + 1;
    else end = middle;
  }
  return begin < total && compareTo(s, begin, high, low) === 0 ? begin : ~begin;
}

/** Integers of the other set that `nextCommon` looks at one by one before it leaps. */
const NEAR_STEPS = 8;

/** Where `nextCommon` goes on in the other set. */
export const common = { from: 0 };

/**
 * The index of the first integer of `a`, from `from` on, that `b` has from `common.from` on; the
 * count of `a` when there is none. The caller begins with 0 for both.
 */
export function nextCommon(a: IntsetRef, from: number, b: IntsetRef): number {
  const total = count(a);
  if (widthOf(a) !== 8 && widthOf(b) !== 8) return nextCommonNarrow(a, from, total, b);
  let other = common.from;
  for (let i = from; i < total; i++) {
    const found = searchFrom(b, other, highAt(a, i), lowAt(a, i));
    if (found >= 0) {
      common.from = found + 1;
      return i;
    }
    other = ~found;
  }
  common.from = other;
  return total;
}

/** As `nextCommon`, of integers of 2 or 4 bytes. */
function nextCommonNarrow(a: IntsetRef, from: number, total: number, b: IntsetRef): number {
  const words = i32[a >>> SEGMENT_BITS];
  const first = wordAt(a) + FIRST;
  const isShort = words[first - FIRST + WIDTH] === 2;
  const others = i32[b >>> SEGMENT_BITS];
  const otherFirst = wordAt(b) + FIRST;
  const otherWidth = others[otherFirst - FIRST + WIDTH];
  const otherTotal = others[otherFirst - FIRST + COUNT];
  const isOtherShort = otherWidth === 2;
  let other = common.from;
  for (let i = from; i < total; i++) {
    const value = isShort ? short(words, first, i) : words[first + i];
    // Most are found within a few steps; what is farther away, by leaps.
    const near = Math.min(other + NEAR_STEPS, otherTotal);
    let found = 0;
    while (other < near) {
      found = isOtherShort ? short(others, otherFirst, other) : others[otherFirst + other];
      if (found >= value) break;
      other++;
    }
    if (other === otherTotal) break;
    if (other === near) {
      const place = searchNarrowFrom(others, otherFirst, otherWidth, otherTotal, other, value);
      other = place < 0 ? ~place : place;
      if (place < 0) continue;
    } else if (found !== value) {
      continue;
    }
    common.from = other + 1;
    return i;
  }
  common.from = other;
  return total;
}

/** Less than, equal to or more than 0, as the integer at `index` is to that of two words. */
function compareTo(s: IntsetRef, index: number, high: number, low: number): number {
  return highAt(s, index) - high || (lowAt(s, index) >>> 0) - (low >>> 0);
}

/**
 * Inserts an integer that is not there at the index that `search` told (not its complement).
 * Returns the set, which may have moved.
 */
export function insert(s: IntsetRef, index: number, high: number, low: number): IntsetRef {
  if (DEBUG) assert(search(s, high, low) === ~index, "an integer is inserted in the wrong place");
  const width = widthOf(s);
  const total = count(s);
  if (widthFor(high, low) > width) return widened(s, high, low);
  const wanted = HEADER_SIZE + (total + 1) * width;
  let home = s;
  if (wanted > arena.capacity(s)) {
    home = moved(s, wanted);
    arena.free(s);
  }
  const from = arena.byteOffset(home) + HEADER_SIZE + index * width;
  moveUp(u8[home >>> SEGMENT_BITS], from, (total - index) * width, width);
  i32[home >>> SEGMENT_BITS][wordAt(home) + COUNT] = total + 1;
  put(home, index, high, low);
  return home;
}

function moveUp(bytes: Uint8Array, from: number, length: number, by: number): void {
  if (length >= BULK_MOVE_SIZE) bytes.copyWithin(from + by, from, from + length);
  else for (let at = from + length - 1; at >= from; at--) bytes[at + by] = bytes[at];
}

/** The set with an integer more, which is too wide for it and so less or more than all others. */
function widened(s: IntsetRef, high: number, low: number): IntsetRef {
  const total = count(s);
  const width = widthFor(high, low);
  const home = allocate(HEADER_SIZE + (total + 1) * width, width, total + 1);
  const shift = high < 0 ? 1 : 0;
  for (let i = 0; i < total; i++) put(home, i + shift, highAt(s, i), lowAt(s, i));
  put(home, shift === 1 ? 0 : total, high, low);
  arena.free(s);
  return home;
}

/** Removes the integer at `index`; returns the set, which may have moved. */
export function removeAt(s: IntsetRef, index: number): IntsetRef {
  const width = widthOf(s);
  const total = count(s);
  if (DEBUG) assert(index >= 0 && index < total, "no integer has this index");
  const to = arena.byteOffset(s) + HEADER_SIZE + index * width;
  const bytes = u8[s >>> SEGMENT_BITS];
  const length = (total - index - 1) * width;
  if (length >= BULK_MOVE_SIZE) bytes.copyWithin(to, to + width, to + width + length);
  else for (let at = to; at < to + length; at++) bytes[at] = bytes[at + width];
  i32[s >>> SEGMENT_BITS][wordAt(s) + COUNT] = total - 1;
  const used = size(s);
  if (arena.capacity(s) <= used * 2 + ROOM_SLACK) return s;
  const home = moved(s, used);
  arena.free(s);
  return home;
}

/** A new set of all that is in either of two: O(n). */
export function merged(a: IntsetRef, b: IntsetRef): IntsetRef {
  const width = Math.max(widthOf(a), widthOf(b));
  const aCount = count(a);
  const bCount = count(b);
  const home = allocate(HEADER_SIZE + (aCount + bCount) * width, width, 0);
  let total = 0;
  for (let i = 0, j = 0; i < aCount || j < bCount; total++) {
    const order = i === aCount ? 1 : j === bCount ? -1 : compare(a, i, b, j);
    if (order <= 0) put(home, total, highAt(a, i), lowAt(a, i));
    else put(home, total, highAt(b, j), lowAt(b, j));
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  i32[home >>> SEGMENT_BITS][wordAt(home) + COUNT] = total;
  return home;
}

const compare = (a: IntsetRef, i: number, b: IntsetRef, j: number) =>
  compareTo(a, i, highAt(b, j), lowAt(b, j));

/** The value of two words, or NaN when it is not a safe integer. */
function numberOf(high: number, low: number): number {
  if (high === low >> 31) return low;
  const value = high * WORD + (low >>> 0);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

const bigOf = (high: number, low: number) => (BigInt(high) << 32n) | BigInt(low >>> 0);

/** Writes the integer of two words in decimal to to[0..], at most 20 bytes; returns how many. */
export function spell(high: number, low: number, to: Uint8Array): number {
  const value = numberOf(high, low);
  if (!Number.isNaN(value)) return writeInteger(to, 0, value);
  const text = bigOf(high, low).toString();
  for (let i = 0; i < text.length; i++) to[i] = text.charCodeAt(i);
  return text.length;
}

/** Replies with the integer at `index` as a bulk string. */
export function reply(s: IntsetRef, index: number, to: Reply): void {
  const high = highAt(s, index);
  const low = lowAt(s, index);
  const value = numberOf(high, low);
  if (!Number.isNaN(value)) to.bulkInteger(value);
  else to.bulkText(bigOf(high, low).toString());
}

/** Throws when the integers are out of order or the header is wrong. For tests. */
export function verify(s: IntsetRef): void {
  const width = widthOf(s);
  assert(width === 2 || width === 4 || width === 8, "integers of an impossible width");
  assert(size(s) <= arena.capacity(s), "more integers than the block holds");
  for (let i = 1; i < count(s); i++) assert(compare(s, i - 1, s, i) < 0, "integers out of order");
}
