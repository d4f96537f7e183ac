/**
 * A small collection in one block: a sequence of elements, laid out as Redis's listpack is, so that
 * snapshots carry it as it stands.
 *
 *   0     2      6       8
 *   | gap | size | count | … gap … | element … | FF | … room … |
 *
 * size   bytes of the listpack: a header of 6 (size and count), the elements, and the FF
 * count  elements; 65535 says that there are as many or more, and that they must be counted
 * gap    unused bytes before the first element: pushing to and popping from the head moves nothing
 *
 * Without a gap, the listpack is the bytes from 2 on. Elements: packed_element.ts. Adding and
 * removing cost O(bytes on the shorter side), finding O(elements). Positions (`at`) count from the
 * start of the block; 0 is no element. They are good until the collection changes.
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK, u8, views } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { BULK_COPY_SIZE, copyBytes } from "../base/bytes.ts";
import type { Range } from "../base/range.ts";
import type { Reply } from "../protocol/reply.ts";
import * as element from "./packed_element.ts";
import { END } from "./packed_element.ts";

export type PackedRef = Ref<"packed">;

/** Where the first element lies, without a gap. */
const FIRST = 8;
/** Where the listpack begins, without a gap; its own header is 6 bytes. */
const LISTPACK = 2;
/** Bytes of a listpack before its elements. */
export const HEADER_SIZE = 6;
/** Bytes of an empty listpack: the header and the end. */
export const EMPTY_SIZE = 7;
const COUNT_UNKNOWN = 0xffff;
const GAP_MAX = 0xffff;

/** A block grows by up to an eighth above this size; below, size classes are finer. */
const TIGHT_SIZE = 256;
const GROWTH_SHIFT = 3;
const GROWTH_MAX = 1 << 20;
/** Slack is moved to where it is wanted if it is a sixteenth of the bytes, or these are few. */
const SLACK_SHIFT = 4;
const CHEAP_MOVE_SIZE = 512;
/** A block may be twice as large as needed and so many bytes more. */
const ROOM_SLACK = 64;
/** From this size on, a bulk copy within a block, which makes no object, is faster than a loop. */
const BULK_SHIFT_SIZE = 64;

/**
 * The position of the element that was added or replaced last, or of the one that followed those
 * removed last (0 at the end).
 */
export const touched = { at: 0 };

/** How many elements `find` looked at in vain. */
export const passed = element.passed;

const wordAt = (p: PackedRef) => (p & SEGMENT_MASK) << 1;
const baseOf = (p: PackedRef) => (p & SEGMENT_MASK) << 3;
const gapOf = (p: PackedRef) => i32[p >>> SEGMENT_BITS][wordAt(p)] & 0xffff;
const storedCount = (p: PackedRef) => i32[p >>> SEGMENT_BITS][wordAt(p) + 1] >>> 16;

function setHeader(p: PackedRef, gap: number, size: number, count: number): void {
  const words = i32[p >>> SEGMENT_BITS];
  const at = wordAt(p);
  words[at] = gap | (size << 16);
  words[at + 1] = (size >>> 16) | (count << 16);
}

/** Bytes of the listpack. */
export function size(p: PackedRef): number {
  const words = i32[p >>> SEGMENT_BITS];
  const at = wordAt(p);
  return (words[at] >>> 16) | ((words[at + 1] & 0xffff) << 16);
}

const startOf = (p: PackedRef) => FIRST + gapOf(p);
/** The position of the first element, or of the end byte when there is none. */
export const start = startOf;
/** The position of the end byte. */
const endOf = (p: PackedRef) => gapOf(p) + size(p) + 1;

/** A new, empty collection with room for a listpack of `room` bytes, after its end or before. */
export function create(room = EMPTY_SIZE, roomAtHead = false): PackedRef {
  const p = arena.alloc(LISTPACK + room) as PackedRef;
  const gap = roomAtHead ? Math.min(arena.capacity(p) - LISTPACK - EMPTY_SIZE, GAP_MAX) : 0;
  setHeader(p, gap, EMPTY_SIZE, 0);
  u8[p >>> SEGMENT_BITS][baseOf(p) + FIRST + gap] = END;
  return p;
}

/** Frees the block. */
export function release(p: PackedRef): void {
  arena.free(p);
}

/** A copy in a block of its own. */
export function copy(p: PackedRef): PackedRef {
  return moved(p, size(p), 0, NIL, 0);
}

/** The number of elements: O(1) below 65535. */
export function count(p: PackedRef): number {
  const known = storedCount(p);
  return known !== COUNT_UNKNOWN ? known : countAll(p);
}

function countAll(p: PackedRef): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  let total = 0;
  for (let at = baseOf(p) + startOf(p); bytes[at] !== END; at += element.span(bytes, at)) total++;
  if (total < COUNT_UNKNOWN) setHeader(p, gapOf(p), size(p), total);
  return total;
}

/** The position of the first element, or 0. */
export function first(p: PackedRef): number {
  const at = startOf(p);
  return u8[p >>> SEGMENT_BITS][baseOf(p) + at] === END ? 0 : at;
}

/** The position of the last element, or 0. */
export function last(p: PackedRef): number {
  if (size(p) === EMPTY_SIZE) return 0;
  const at = endOf(p);
  return at - element.spanBefore(u8[p >>> SEGMENT_BITS], baseOf(p) + at);
}

/** The position of the element after this one, or 0. */
export function next(p: PackedRef, at: number): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  const base = baseOf(p);
  const following = at + element.span(bytes, base + at);
  return bytes[base + following] === END ? 0 : following;
}

/** The position of the element before this one, or 0. */
export function previous(p: PackedRef, at: number): number {
  if (at === startOf(p)) return 0;
  return at - element.spanBefore(u8[p >>> SEGMENT_BITS], baseOf(p) + at);
}

/** The position of the element of this index, which counts from the end when negative, or 0. */
export function seek(p: PackedRef, index: number): number {
  let skip = index;
  const known = storedCount(p);
  if (known !== COUNT_UNKNOWN) {
    if (skip >= known || skip < -known) return 0;
    if (skip * 2 > known) skip -= known;
    else if (skip * 2 < -known) skip += known;
  }
  const bytes = u8[p >>> SEGMENT_BITS];
  const base = baseOf(p);
  const begin = base + startOf(p);
  let at = begin;
  if (skip >= 0) {
    for (; skip > 0 && bytes[at] !== END; skip--) at += element.span(bytes, at);
    return bytes[at] === END ? 0 : at - base;
  }
  for (at = base + endOf(p); skip < 0 && at > begin; skip++) at -= element.spanBefore(bytes, at);
  return skip < 0 ? 0 : at - base;
}

/** Whether the element is stored as an integer. */
export function isInteger(p: PackedRef, at: number): boolean {
  return element.isInteger(u8[p >>> SEGMENT_BITS], baseOf(p) + at);
}

/** The element's value: NaN when it is no integer, or not a safe one. */
export function integer(p: PackedRef, at: number): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  const from = baseOf(p) + at;
  return element.isInteger(bytes, from) ? element.integer(bytes, from) : Number.NaN;
}

/** The size of the element's text in bytes. */
export function elementSize(p: PackedRef, at: number): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  const from = baseOf(p) + at;
  if (element.isInteger(bytes, from)) return element.integerSize(bytes, from);
  return element.dataSize(bytes, from);
}

const borrowed: Range = { bytes: new Uint8Array(32), offset: 0, size: 0 };
const digits = new Uint8Array(32);
const borrowed2: Range = { bytes: new Uint8Array(32), offset: 0, size: 0 };
const digits2 = new Uint8Array(32);

/** The element's text, until `range` is called again or the collection changes. */
export function range(p: PackedRef, at: number): Range {
  return rangeInto(p, at, borrowed, digits);
}

/** As `range`, when a second one is needed at the same time. */
export function range2(p: PackedRef, at: number): Range {
  return rangeInto(p, at, borrowed2, digits2);
}

function rangeInto(p: PackedRef, at: number, into: Range, spelled: Uint8Array): Range {
  return element.textInto(u8[p >>> SEGMENT_BITS], baseOf(p) + at, into, spelled);
}

/** Replies with the element as a bulk string. */
export function reply(p: PackedRef, at: number, to: Reply): void {
  const segment = p >>> SEGMENT_BITS;
  element.reply(u8[segment], views[segment], baseOf(p) + at, to);
}

/** Replies with `n` elements in a row, the first at `at`; there must be as many. */
export function replyRun(p: PackedRef, at: number, n: number, to: Reply): void {
  const bytes = u8[p >>> SEGMENT_BITS];
  const view = views[p >>> SEGMENT_BITS];
  for (let from = baseOf(p) + at, left = n; left > 0; left--) {
    if (DEBUG) assert(bytes[from] !== END, "a run of elements passes the end");
    element.reply(bytes, view, from, to);
    from += element.span(bytes, from);
  }
}

/** Replies with all elements of one that is not empty, as one step of a scan. */
export function replyScan(p: PackedRef, to: Reply): void {
  const total = count(p);
  to.wholeScan(total);
  replyRun(p, startOf(p), total, to);
}

/** Whether the element is these bytes. */
export function equals(
  p: PackedRef,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): boolean {
  return element.equals(u8[p >>> SEGMENT_BITS], baseOf(p) + at, bytes, offset, length);
}

/**
 * The position of the first element that is these bytes, of those at `from` (a position, or 0 for
 * none) and each `skip + 1` elements on; 0 when there is none.
 */
export function find(
  p: PackedRef,
  from: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  skip: number,
): number {
  if (from === 0) return 0;
  const base = baseOf(p);
  const stored = u8[p >>> SEGMENT_BITS];
  const at = element.search(stored, base + from, bytes, offset, length, skip);
  return at === 0 ? 0 : at - base;
}

/**
 * A bit for each short string among the elements, which may be one for several: what `bitOf` gives
 * another bit is not among them.
 */
export function bitsOf(p: PackedRef): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  let bits = 0;
  for (let at = baseOf(p) + startOf(p); bytes[at] !== END; at += element.span(bytes, at)) {
    const size = element.shortSize(bytes, at);
    if (size > 0) bits |= 1 << (bytes[at + size] ^ size);
  }
  return bits;
}

/** The bit of these bytes among those of `bitsOf`; 0 where they tell nothing. */
export function bitOf(bytes: Uint8Array, offset: number, length: number): number {
  if (length === 0 || !element.isShortText(bytes, offset, length)) return 0;
  return 1 << (bytes[offset + length - 1] ^ length);
}

/** So many pairs `hasPairTwice` compares. */
export const COMPARED_PAIRS = 16;

const pairs = new Int32Array(COMPARED_PAIRS);

/**
 * Whether the first elements of two pairs are the same; of at most COMPARED_PAIRS pairs, since each
 * is compared with all before. The same element is always stored in the same bytes.
 */
export function hasPairTwice(p: PackedRef): boolean {
  const bytes = u8[p >>> SEGMENT_BITS];
  let at = baseOf(p) + startOf(p);
  for (let count = 0; bytes[at] !== END; count++) {
    const span = element.span(bytes, at);
    for (let i = 0; i < count; i++) if (isSame(bytes, pairs[i], at, span)) return true;
    pairs[count] = at;
    at += span;
    at += element.span(bytes, at);
  }
  return false;
}

/** From the end on: most names are as long as others, begin alike and end differently. */
function isSame(bytes: Uint8Array, a: number, b: number, span: number): boolean {
  let i = span - 1;
  while (i >= 0 && bytes[a + i] === bytes[b + i]) i--;
  return i < 0;
}

/** The bytes of the listpack that an element of these bytes would take. */
export function addedSize(bytes: Uint8Array, offset: number, length: number): number {
  return element.measure(bytes, offset, length);
}

/**
 * Adds an element at the end. This and all that follow return the collection, which may have
 * moved; `bytes` must not be those of the collection itself.
 */
export function append(p: PackedRef, bytes: Uint8Array, offset: number, length: number): PackedRef {
  const gap = gapOf(p);
  const own = size(p);
  const counted = storedCount(p) + 1;
  const added = element.measure(bytes, offset, length);
  const end = gap + own + 1;
  if (end + added >= arena.capacity(p) || counted >= COUNT_UNKNOWN) {
    return insertMeasured(p, end, added, bytes, offset, length);
  }
  setHeader(p, gap, own + added, counted);
  touched.at = end;
  writeAt(p, end, bytes, offset, length);
  u8[p >>> SEGMENT_BITS][baseOf(p) + end + added] = END;
  return p;
}

/** As `append`, of an element of another collection, as it lies there. */
export function appendElement(p: PackedRef, from: PackedRef, at: number): PackedRef {
  const added = element.span(u8[from >>> SEGMENT_BITS], baseOf(from) + at);
  const gap = gapOf(p);
  const own = size(p);
  const counted = storedCount(p) + 1;
  const end = gap + own + 1;
  let home = p;
  if (end + added < arena.capacity(p) && counted < COUNT_UNKNOWN) {
    setHeader(p, gap, own + added, counted);
    touched.at = end;
    u8[p >>> SEGMENT_BITS][baseOf(p) + end + added] = END;
  } else {
    home = open(p, end, added, 1);
  }
  move(from, at, added, home, touched.at);
  return home;
}

/** Adds an element at the start. */
export function prepend(
  p: PackedRef,
  bytes: Uint8Array,
  offset: number,
  length: number,
): PackedRef {
  const gap = gapOf(p);
  const counted = storedCount(p) + 1;
  const added = element.measure(bytes, offset, length);
  const at = FIRST + gap - added;
  if (gap < added || counted >= COUNT_UNKNOWN) {
    return insertMeasured(p, FIRST + gap, added, bytes, offset, length);
  }
  setHeader(p, gap - added, size(p) + added, counted);
  touched.at = at;
  writeAt(p, at, bytes, offset, length);
  return p;
}

/** Adds an element before the one at `at`, or at the end if that is 0. */
export function insert(
  p: PackedRef,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): PackedRef {
  return insertAt(p, at === 0 ? endOf(p) : at, bytes, offset, length);
}

function insertAt(
  p: PackedRef,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): PackedRef {
  const added = element.measure(bytes, offset, length);
  return insertMeasured(p, at, added, bytes, offset, length);
}

function insertMeasured(
  p: PackedRef,
  at: number,
  added: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): PackedRef {
  const home = open(p, at, added, 1);
  writeAt(home, touched.at, bytes, offset, length);
  return home;
}

/** Writes the element measured last. */
function writeAt(
  p: PackedRef,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const segment = p >>> SEGMENT_BITS;
  element.write(u8[segment], views[segment], baseOf(p) + at, bytes, offset, length);
}

/** Puts an element in the place of the one at `at`. */
export function replace(
  p: PackedRef,
  at: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): PackedRef {
  const wanted = element.measure(bytes, offset, length);
  const taken = element.span(u8[p >>> SEGMENT_BITS], baseOf(p) + at);
  let home = p;
  touched.at = at;
  if (wanted > taken) home = open(p, at, wanted - taken, 0);
  else if (wanted < taken) close(p, at, taken - wanted, 0);
  writeAt(home, touched.at, bytes, offset, length);
  return wanted < taken ? fit(home) : home;
}

/** Removes the first element, of one or more; says nothing in `touched`. */
export function removeFirst(p: PackedRef): PackedRef {
  const gap = gapOf(p);
  const taken = element.span(u8[p >>> SEGMENT_BITS], baseOf(p) + FIRST + gap);
  const counted = storedCount(p);
  if (gap + taken > GAP_MAX || counted === COUNT_UNKNOWN) return remove(p, FIRST + gap, 1);
  setHeader(p, gap + taken, size(p) - taken, counted - 1);
  return fit(p);
}

/** Removes the last element, of one or more; says nothing in `touched`. */
export function removeLast(p: PackedRef): PackedRef {
  const bytes = u8[p >>> SEGMENT_BITS];
  const base = baseOf(p);
  const end = base + endOf(p);
  const taken = element.spanBefore(bytes, end);
  const counted = storedCount(p);
  if (counted === COUNT_UNKNOWN) return remove(p, end - taken - base, 1);
  bytes[end - taken] = END;
  setHeader(p, gapOf(p), size(p) - taken, counted - 1);
  return fit(p);
}

/** Removes `n` elements, the first at `at`; there must be as many. */
export function remove(p: PackedRef, at: number, n: number): PackedRef {
  const bytes = u8[p >>> SEGMENT_BITS];
  const from = baseOf(p) + at;
  let end = from;
  for (let left = n; left > 0; left--) {
    if (DEBUG) assert(bytes[end] !== END, "more elements are removed than there are");
    end += element.span(bytes, end);
  }
  close(p, at, end - from, n);
  const home = fit(p);
  if (u8[home >>> SEGMENT_BITS][baseOf(home) + touched.at] === END) touched.at = 0;
  return home;
}

/** The elements of `a`, then those of `b`, which is gone then. */
export function concat(a: PackedRef, b: PackedRef): PackedRef {
  const added = size(b) - EMPTY_SIZE;
  const total = storedCount(a) + storedCount(b);
  const home = open(a, endOf(a), added, 0);
  move(b, startOf(b), added, home, touched.at);
  setHeader(home, gapOf(home), size(home), Math.min(total, COUNT_UNKNOWN));
  release(b);
  return home;
}

/**
 * Moves the elements from `at` on to a new collection, which it returns; `p` keeps the others, and
 * stays where it is.
 */
export function split(p: PackedRef, at: number): PackedRef {
  const end = endOf(p);
  const other = create(EMPTY_SIZE + end - at);
  move(p, at, end - at, other, FIRST);
  u8[other >>> SEGMENT_BITS][baseOf(other) + FIRST + end - at] = END;
  setHeader(other, 0, EMPTY_SIZE + end - at, COUNT_UNKNOWN);
  const total = storedCount(p);
  const split = count(other);
  const kept = total === COUNT_UNKNOWN || split === COUNT_UNKNOWN ? COUNT_UNKNOWN : total - split;
  setHeader(p, gapOf(p), size(p) - (end - at), kept);
  u8[p >>> SEGMENT_BITS][baseOf(p) + at] = END;
  return other;
}

/** Sees that the block has room for a listpack of `room` bytes without being moved again. */
export function reserve(p: PackedRef, room: number, atHead: boolean): PackedRef {
  const own = size(p);
  if (arena.capacity(p) - LISTPACK >= room) return p;
  const spare = arena.capacityFor(LISTPACK + room) - LISTPACK - own;
  const home = moved(p, room, atHead ? Math.min(spare, GAP_MAX) : 0, NIL, 0);
  release(p);
  return home;
}

/** Moves a collection whose block is far too large to a smaller one. */
export function fit(p: PackedRef): PackedRef {
  const used = size(p) + LISTPACK;
  if (arena.capacity(p) <= used * 2 + ROOM_SLACK) return p;
  const gap = gapOf(p);
  const home = moved(p, used - LISTPACK, 0, NIL, 0);
  touched.at -= gap;
  release(p);
  return home;
}

/**
 * The listpack as Redis writes it, in one run of bytes, until the collection changes. It closes a
 * gap, if there is one, so positions are not good any more.
 */
export function listpack(p: PackedRef): Range {
  const gap = gapOf(p);
  const own = size(p);
  const base = baseOf(p);
  const bytes = u8[p >>> SEGMENT_BITS];
  if (gap !== 0) {
    bytes.copyWithin(base + FIRST, base + FIRST + gap, base + gap + LISTPACK + own);
    setHeader(p, 0, own, storedCount(p));
  }
  borrowed.bytes = bytes;
  borrowed.offset = base + LISTPACK;
  borrowed.size = own;
  return borrowed;
}

/** Writes the listpack, of `size` bytes, to a buffer; returns the index after it. */
export function copyListpack(p: PackedRef, to: Uint8Array, at: number): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  const base = baseOf(p);
  copyBytes(bytes, base + LISTPACK, HEADER_SIZE, to, at);
  const elements = size(p) - HEADER_SIZE;
  copyBytes(bytes, base + startOf(p), elements, to, at + HEADER_SIZE);
  return at + HEADER_SIZE + elements;
}

/** The bytes of the block of a collection whose elements take so many. */
export const capacityFor = (elementsSize: number) =>
  arena.capacityFor(LISTPACK + EMPTY_SIZE + elementsSize);

/** A collection with the elements from index `start` up to `end`, which must be sound ones. */
export function fromElements(
  bytes: Uint8Array,
  start: number,
  end: number,
  elements: number,
): PackedRef {
  const size = end - start;
  const p = create(EMPTY_SIZE + size);
  setHeader(p, 0, EMPTY_SIZE + size, Math.min(elements, COUNT_UNKNOWN));
  const to = u8[p >>> SEGMENT_BITS];
  to.set(bytes.subarray(start, end), baseOf(p) + FIRST);
  to[baseOf(p) + FIRST + size] = END;
  return p;
}

/** A collection with the bytes of a listpack, which must be a sound one. */
export function fromListpack(bytes: Uint8Array, offset: number, length: number): PackedRef {
  const p = create(length);
  const base = baseOf(p);
  copyBytes(bytes, offset, length, u8[p >>> SEGMENT_BITS], base + LISTPACK);
  if (DEBUG) assert(size(p) === length, "a listpack of another size than it says");
  return p;
}

/** A collection with the bytes of a block that is in use so far, which must be sound. */
export function fromBlock(bytes: Uint8Array, offset: number, size: number): PackedRef {
  const p = arena.alloc(size) as PackedRef;
  copyBytes(bytes, offset, size, u8[p >>> SEGMENT_BITS], baseOf(p));
  return p;
}

/** As `fromListpack`, of one that begins where its buffer does; `view` is over that memory. */
export function fromViewed(bytes: Uint8Array, view: DataView, length: number): PackedRef {
  if (length >= BULK_COPY_SIZE) return fromListpack(bytes, 0, length);
  const p = create(length);
  const to = views[p >>> SEGMENT_BITS];
  const start = baseOf(p) + LISTPACK;
  const tail = length & ~3;
  for (let i = 0; i < tail; i += 4) to.setInt32(start + i, view.getInt32(i));
  for (let i = tail; i < length; i++) to.setUint8(start + i, bytes[i]);
  return p;
}

/**
 * Makes a hole of `hole` bytes before position `at` (or the end) and counts `n` elements more. The
 * hole's position is left in `touched`.
 */
function open(p: PackedRef, at: number, hole: number, n: number): PackedRef {
  const gap = gapOf(p);
  const own = size(p);
  const counted = storedCount(p) + n;
  const total = Math.min(counted, COUNT_UNKNOWN);
  const end = gap + own + 1;
  const room = arena.capacity(p) - end - 1;
  const head = at - FIRST - gap;
  const tail = end - at;
  const headMoves = gap >= hole && (head < tail || (room < hole && head <= CHEAP_MOVE_SIZE));
  if (headMoves) {
    move(p, at - head, head, p, at - head - hole);
    setHeader(p, gap - hole, own + hole, total);
    touched.at = at - hole;
    return p;
  }
  if (room >= hole && (tail <= head || tail <= CHEAP_MOVE_SIZE)) {
    move(p, at, tail + 1, p, at + hole);
    setHeader(p, gap, own + hole, total);
    touched.at = at;
    return p;
  }
  return relay(p, at, hole, total);
}

/** As `open`, when the side to move has no room for it: all is moved, within the block or out. */
function relay(p: PackedRef, at: number, hole: number, total: number): PackedRef {
  const gap = gapOf(p);
  const own = size(p);
  const block = arena.capacity(p);
  const slack = block - LISTPACK - own;
  const head = at - FIRST - gap;
  if (slack >= hole && (own <= CHEAP_MOVE_SIZE || slack >= own >>> SLACK_SHIFT)) {
    // Half of what is left to either end: pushes to both then need not move all in turn.
    const newGap = Math.min((slack - hole) >>> 1, GAP_MAX);
    const tailSize = own - HEADER_SIZE - head;
    if (newGap > gap) {
      move(p, at, tailSize, p, FIRST + newGap + head + hole);
      move(p, FIRST + gap, head, p, FIRST + newGap);
    } else {
      move(p, FIRST + gap, head, p, FIRST + newGap);
      move(p, at, tailSize, p, FIRST + newGap + head + hole);
    }
    setHeader(p, newGap, own + hole, total);
    touched.at = FIRST + newGap + head;
    return p;
  }
  const needed = own + hole;
  const growth = needed <= TIGHT_SIZE ? 0 : Math.min(needed >>> GROWTH_SHIFT, GROWTH_MAX);
  const room = needed + growth;
  // What has grown at its start will grow there again.
  const spare = arena.capacityFor(LISTPACK + room) - LISTPACK - needed;
  const newGap = head === 0 && own > EMPTY_SIZE ? Math.min(spare, GAP_MAX) : 0;
  const home = moved(p, room, newGap, at, hole);
  setHeader(home, newGap, needed, total);
  touched.at = FIRST + newGap + head;
  release(p);
  return home;
}

/**
 * A copy with room for a listpack of `room` bytes, with this gap, and a hole of `hole` bytes before
 * position `at` (NIL for none), which header and caller account for.
 */
function moved(p: PackedRef, room: number, gap: number, at: number, hole: number): PackedRef {
  const own = size(p);
  const from = startOf(p);
  const to = arena.alloc(LISTPACK + room) as PackedRef;
  const head = at === NIL ? own - HEADER_SIZE : at - from;
  move(p, from, head, to, FIRST + gap);
  if (at !== NIL) move(p, at, own - HEADER_SIZE - head, to, FIRST + gap + head + hole);
  setHeader(to, gap, own, storedCount(p));
  return to;
}

/** Takes `hole` bytes from position `at` on out, which are `n` elements; sets `touched`. */
function close(p: PackedRef, at: number, hole: number, n: number): void {
  const gap = gapOf(p);
  const own = size(p);
  const counted = storedCount(p);
  const total = counted === COUNT_UNKNOWN ? counted : counted - n;
  const head = at - FIRST - gap;
  const tail = own - HEADER_SIZE - head - hole;
  if (head < tail && gap + hole <= GAP_MAX) {
    move(p, at - head, head, p, at - head + hole);
    setHeader(p, gap + hole, own - hole, total);
    touched.at = at + hole;
  } else {
    move(p, at + hole, tail, p, at);
    setHeader(p, gap, own - hole, total);
    touched.at = at;
  }
}

/** Copies bytes from one position to another, of the same block or not; they may overlap. */
function move(from: PackedRef, at: number, length: number, to: PackedRef, toAt: number): void {
  const start = baseOf(from) + at;
  const toStart = baseOf(to) + toAt;
  if (from === to) shift(u8[from >>> SEGMENT_BITS], start, length, toStart);
  else if (length < 4) shortCopy(from, start, length, to, toStart);
  else if (length < BULK_COPY_SIZE) wordCopy(from, start, length, to, toStart);
  else
    u8[to >>> SEGMENT_BITS].set(u8[from >>> SEGMENT_BITS].subarray(start, start + length), toStart);
}

function shift(bytes: Uint8Array, start: number, length: number, to: number): void {
  if (length >= BULK_SHIFT_SIZE) bytes.copyWithin(to, start, start + length);
  else if (to <= start) for (let i = 0; i < length; i++) bytes[to + i] = bytes[start + i];
  else for (let i = length - 1; i >= 0; i--) bytes[to + i] = bytes[start + i];
}

function shortCopy(from: Ref, start: number, length: number, to: Ref, toStart: number): void {
  const source = u8[from >>> SEGMENT_BITS];
  const target = u8[to >>> SEGMENT_BITS];
  for (let i = 0; i < length; i++) target[toStart + i] = source[start + i];
}

/** Copies 4 bytes or more by words, of which the last ends where the bytes do. */
function wordCopy(from: Ref, start: number, length: number, to: Ref, toStart: number): void {
  const source = views[from >>> SEGMENT_BITS];
  const target = views[to >>> SEGMENT_BITS];
  const last = length - 4;
  for (let i = 0; i < last; i += 4) {
    target.setInt32(toStart + i, source.getInt32(start + i, true), true);
  }
  target.setInt32(toStart + last, source.getInt32(start + last, true), true);
}

/** Walks all elements and throws on the first thing that is wrong. For tests. */
export function verify(p: PackedRef): void {
  const bytes = u8[p >>> SEGMENT_BITS];
  const base = baseOf(p);
  const end = base + endOf(p);
  assert(endOf(p) < arena.capacity(p), "a listpack larger than its block");
  assert(bytes[end] === END, "a listpack that does not end where it says");
  let total = 0;
  let at = base + startOf(p);
  for (; at < end; total++) {
    const taken = element.span(bytes, at);
    assert(element.spanBefore(bytes, at + taken) === taken, "sizes of an element differ");
    const text = rangeInto(p, at - base, borrowed, digits);
    const least = element.measure(text.bytes, text.offset, text.size);
    assert(least === taken, "an element that takes more than it should");
    at += taken;
  }
  assert(at === end, "an element passes the end");
  const known = storedCount(p);
  assert(known === COUNT_UNKNOWN || known === total, "the count of elements is wrong");
}
