/**
 * A packed collection of short strings that begin alike, without what they have in common: its
 * first element is that prefix, and the others are what follows it in each. It takes less memory,
 * can be read as it stands, and is made a plain collection again before it changes.
 *
 * It is laid out as packed.ts says, but for one thing: all its elements are short strings, also
 * those that could be stored as integers. Positions and borrowed ranges are as there; those of the
 * first element are never given. An element is joined in a buffer of this module until the next is.
 */
import * as arena from "../arena/arena.ts";
import { NIL, SEGMENT_BITS, u8, views } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { bufferOf } from "../base/ballast.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Range } from "../base/range.ts";
import type { Reply } from "../protocol/reply.ts";
import { loadCode } from "./load_code/load_code.ts";
import type { PackedRef } from "./packed.ts";
import * as packed from "./packed.ts";
import * as element from "./packed_element.ts";
import { END } from "./packed_element.ts";

/** The code byte of a short string: these two bits, and its size in the others. */
const CODE = 0x80;
const CODE_MASK = 0xc0;
const CODE_END = 0xc0;
const SIZE_MASK = 0x3f;
/** What a short string takes beside its bytes. */
const OVERHEAD = 2;
const HEADER = 6;
/** A shorter prefix is not worth it. */
const PREFIX_MIN = 4;
/** It is worth it when an eighth of the block is saved. */
const GAIN_SHIFT = 3;

/** A whole element, from 0 on; its prefix is that of the collection looked at last. */
const joined = new Uint8Array(SIZE_MASK + 1);
const joinedView = new DataView(joined.buffer);
const borrowed: Range = { bytes: joined, offset: 0, size: 0 };

/** The listpack that is being written. */
let own = new Uint8Array(4096);
let made = own;

/**
 * A plain collection's elements without their common prefix, in a new block; NIL when they have
 * none, or one that is not worth it. The plain one stays.
 */
export function trimmed(p: PackedRef): PackedRef {
  const segment = p >>> SEGMENT_BITS;
  const start = arena.byteOffset(p) + packed.start(p);
  const end = start + packed.size(p) - packed.EMPTY_SIZE;
  const room = arena.capacity(p);
  return trimmedWithin(u8[segment], views[segment], start, end, packed.count(p), room);
}

/**
 * As `trimmed`, of `count` sound elements that are in no block yet, from `start` up to `end`.
 * `view` is over the memory of `bytes`.
 */
export function trimmedElements(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  count: number,
): PackedRef {
  return trimmedWithin(bytes, view, start, end, count, packed.capacityFor(end - start));
}

/** The elements take `room` bytes as they are. */
function trimmedWithin(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  count: number,
  room: number,
): PackedRef {
  const last = end - element.spanBefore(bytes, end);
  let prefix = commonSize(bytes, start, last, SIZE_MASK);
  makeRoom(end - start + prefix + OVERHEAD);
  while (prefix >= PREFIX_MIN) {
    const stop = writeRests(bytes, view, start, end, prefix);
    if (stop === end) {
      const size = end - start - (count - 1) * prefix + OVERHEAD;
      const isWorthIt = packed.capacityFor(size) <= room - (room >>> GAIN_SHIFT);
      return isWorthIt ? packed.fromElements(made, 0, size, count + 1) : (NIL as PackedRef);
    }
    prefix = commonSize(bytes, start, stop, prefix);
  }
  return NIL as PackedRef;
}

/** Sees that so many bytes can be written to `made`. */
function makeRoom(size: number): void {
  made = own;
  if (loadCode !== null && size <= loadCode.trimmed.bytes.length) made = loadCode.trimmed.bytes;
  else if (own.length < size) made = own = new Uint8Array(bufferOf(2 * size));
}

/** How many bytes two elements have in common, at most so many; 0 unless both are short strings. */
function commonSize(bytes: Uint8Array, first: number, other: number, most: number): number {
  if ((bytes[first] & CODE_MASK) !== CODE || (bytes[other] & CODE_MASK) !== CODE) return 0;
  const end = Math.min(bytes[first] & SIZE_MASK, bytes[other] & SIZE_MASK, most);
  let size = 0;
  while (size < end && bytes[first + 1 + size] === bytes[other + 1 + size]) size++;
  return size;
}

/**
 * Writes the first `prefix` bytes, then all elements without them, to `made`. Returns where it
 * stopped: at the end, or at an element that does not begin as the first does.
 */
function writeRests(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  prefix: number,
): number {
  if (loadCode !== null && bytes === loadCode.staged.bytes && made === loadCode.trimmed.bytes) {
    const { staged, trimmed, code } = loadCode;
    return code.trim(staged.at + start, staged.at + end, prefix, trimmed.at) - staged.at;
  }
  const to = made;
  const least = CODE | prefix;
  const lastWord = prefix - 4;
  to[0] = least;
  for (let i = 1; i <= prefix; i++) to[i] = bytes[start + i];
  to[prefix + 1] = prefix + 1;
  let from = start;
  for (let next = prefix + OVERHEAD; from < end; ) {
    const code = bytes[from];
    if (code < least || code >= CODE_END) break;
    const text = from + 1;
    let i = 0;
    while (i < lastWord && view.getInt32(start + 1 + i) === view.getInt32(text + i)) i += 4;
    if (i < lastWord) break;
    if (view.getInt32(start + 1 + lastWord) !== view.getInt32(text + lastWord)) break;
    const rest = code - least;
    to[next++] = CODE | rest;
    const textEnd = text + prefix + rest;
    for (let i = text + prefix; i < textEnd; i++) to[next++] = bytes[i];
    to[next++] = rest + 1;
    from = textEnd + 1;
  }
  return from;
}

/** The plain collection of the same elements, in a new block; the trimmed one stays. */
export function expanded(p: PackedRef): PackedRef {
  const prefix = loadPrefix(p);
  const own = count(p);
  const size = packed.size(p) - OVERHEAD + (own - 1) * prefix;
  const bytes = u8[p >>> SEGMENT_BITS];
  let from = arena.byteOffset(p) + first(p);
  let to = writeHead(size, own);
  while (bytes[from] !== END) {
    const rest = bytes[from] & SIZE_MASK;
    made[to++] = CODE | (prefix + rest);
    for (let i = 0; i < prefix; i++) made[to + i] = joined[i];
    to += prefix;
    for (let i = 1; i <= rest; i++) made[to++] = bytes[from + i];
    made[to++] = prefix + rest + 1;
    from += rest + OVERHEAD;
  }
  if (DEBUG) assert(to + 1 === size, "a listpack of another size than was thought");
  made[to] = END;
  return packed.fromListpack(made, 0, size);
}

/** Begins a listpack in `made`; returns where its first element goes. */
function writeHead(size: number, count: number): number {
  makeRoom(size);
  for (let i = 0; i < 4; i++) made[i] = size >>> (8 * i);
  made[4] = count;
  made[5] = count >>> 8;
  return HEADER;
}

/** The number of elements. */
export const count = (p: PackedRef) => packed.count(p) - 1;

/** The position of the first element. */
const first = (p: PackedRef) => packed.next(p, packed.first(p));

/** The position of the element of this index, from 0 on. */
export const seek = (p: PackedRef, index: number) => packed.seek(p, index + 1);

/** The position of the element before this one, or 0. */
export function previous(p: PackedRef, at: number): number {
  const before = packed.previous(p, at);
  return before === packed.first(p) ? 0 : before;
}

/** The element's text, until another element is read. */
export function range(p: PackedRef, at: number): Range {
  const bytes = u8[p >>> SEGMENT_BITS];
  borrowed.size = join(bytes, arena.byteOffset(p) + at, loadPrefix(p));
  return borrowed;
}

/** Replies with `n` elements in a row, the first at `at`; there must be as many. */
export function replyRun(p: PackedRef, at: number, n: number, to: Reply): void {
  const prefix = loadPrefix(p);
  const bytes = u8[p >>> SEGMENT_BITS];
  let from = arena.byteOffset(p) + at;
  for (let left = n; left > 0; left--) {
    if (DEBUG) assert(bytes[from] !== END, "a run of elements passes the end");
    const size = join(bytes, from, prefix);
    to.bulkView(joined, joinedView, 0, size);
    from += size - prefix + OVERHEAD;
  }
}

/** As packed.find of elements in a row: `packed.passed` counts those looked at in vain. */
export function find(
  p: PackedRef,
  from: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): number {
  const prefix = packed.range(p, packed.first(p));
  const rest = size - prefix.size;
  const isLike =
    rest >= 0 &&
    size <= SIZE_MASK &&
    equalBytes(bytes, offset, prefix.bytes, prefix.offset, prefix.size);
  const start = offset + prefix.size;
  const own = u8[p >>> SEGMENT_BITS];
  const base = arena.byteOffset(p);
  let at = base + from;
  for (let passed = 0; ; passed++) {
    const code = own[at];
    const isFound = isLike && code === (CODE | rest) && equalBytes(own, at + 1, bytes, start, rest);
    if (isFound || code === END) {
      packed.passed.count = passed;
      return isFound ? at - base : 0;
    }
    at += (code & SIZE_MASK) + OVERHEAD;
  }
}

/** Puts the prefix where elements are joined; returns its size. */
function loadPrefix(p: PackedRef): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  return join(bytes, arena.byteOffset(p) + packed.first(p), 0);
}

/** Puts an element of the block behind the prefix; returns the size of the whole. */
function join(bytes: Uint8Array, at: number, prefix: number): number {
  const size = bytes[at] & SIZE_MASK;
  for (let i = 0; i < size; i++) joined[prefix + i] = bytes[at + 1 + i];
  return prefix + size;
}

/** Checks the whole collection and throws on the first thing that is wrong. For tests. */
export function verify(p: PackedRef): void {
  const bytes = u8[p >>> SEGMENT_BITS];
  const prefix = loadPrefix(p);
  assert(prefix >= PREFIX_MIN && count(p) > 0, "too short a prefix, or nothing that it belongs to");
  const base = arena.byteOffset(p);
  let total = 0;
  for (let at = first(p); at !== 0; at = packed.next(p, at), total++) {
    assert((bytes[base + at] & CODE_MASK) === CODE, "no short string");
    assert(prefix + (bytes[base + at] & SIZE_MASK) <= SIZE_MASK, "a string that was not short");
    const following = packed.next(p, at);
    if (following !== 0) assert(packed.previous(p, following) === at, "sizes of an element differ");
  }
  assert(total === count(p), "the count of elements is wrong");
}
