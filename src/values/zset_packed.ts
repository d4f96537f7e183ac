/**
 * A small sorted set in one packed block: member, score, member score …, in the set's order. A
 * score is its text as `%.17g` prints it, or an integer if it is a whole number. Positions
 * (`at`) are those of members. All is O(n) of a block that lies together. Scores are read by
 * `packed.range2`: the member that `packed.range` gave stays.
 */
import * as arena from "../arena/arena.ts";
import { SEGMENT_BITS, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { bufferOf } from "../base/ballast.ts";
import { copyBytes } from "../base/bytes.ts";
import { parseLooseDouble, writeDouble } from "../base/doubles.ts";
import { writeInteger } from "../base/numbers.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import * as element from "../structures/packed_element.ts";
import { compareBytes } from "../structures/score_tree.ts";

/** Whole numbers up to this size are integers in Redis's listpacks. */
const WHOLE_MAX = 2 ** 62;
/** The longest text of a score has 24 bytes. */
const text = new Uint8Array(32);
const digits = new Uint8Array(32);
/** A member and its score on their way to another place. */
let carried = new Uint8Array(256);

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const DOT = 46;
/** Decimals that numbers printed without an exponent have at most: 0.0001, with 17 digits. */
const DECIMALS_MAX = 21;
const POWERS = Float64Array.from({ length: DECIMALS_MAX + 1 }, (_, power) => 10 ** power);
/** The part of a number that `rough` may be wrong by; a few units of 2^-52 are what it is. */
const ROUGH_ERROR = 1e-14;

/** The position of the member after this one, or 0. */
export const next = (p: PackedRef, at: number) => {
  const scoreAt = packed.next(p, at);
  return packed.next(p, scoreAt);
};

/** The position of the member before this one, or 0. */
export const previous = (p: PackedRef, at: number) => {
  const scoreAt = packed.previous(p, at);
  return scoreAt === 0 ? 0 : packed.previous(p, scoreAt);
};

/** The score of the member at a position. */
export function scoreOf(p: PackedRef, at: number): number {
  const scoreAt = packed.next(p, at);
  const whole = packed.integer(p, scoreAt);
  if (!Number.isNaN(whole)) return whole;
  const { bytes, offset, size } = packed.range2(p, scoreAt);
  return parseLooseDouble(bytes, offset, size);
}

// Walks read the block itself, in which the members of `stored` lie at absolute indices.

/** The score at an index of the block compared with another: below 0, 0, above 0. */
function compareScore(stored: Uint8Array, at: number, score: number): number {
  if (element.isInteger(stored, at)) {
    const whole = element.integer(stored, at);
    if (whole === score) return 0;
    if (!Number.isNaN(whole)) return whole - score;
    const spelled = element.spell(stored, at, digits);
    return parseLooseDouble(digits, 0, spelled) - score;
  }
  const offset = element.dataAt(stored, at);
  const size = element.dataSize(stored, at);
  const about = rough(stored, offset, size);
  // Nearly always the first digits tell; to read all of them exactly takes much longer.
  const difference = about - score;
  if (Math.abs(difference) > Math.abs(about) * ROUGH_ERROR) return difference;
  const exact = parseLooseDouble(stored, offset, size);
  return exact === score ? 0 : exact < score ? -1 : 1;
}

/** The member at an index of the block compared with these bytes: below 0, 0, above 0. */
function compareMember(
  stored: Uint8Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): number {
  if (element.isInteger(stored, at)) {
    const spelled = element.spell(stored, at, digits);
    return compareBytes(digits, 0, spelled, bytes, offset, size);
  }
  const own = element.dataSize(stored, at);
  return compareBytes(stored, element.dataAt(stored, at), own, bytes, offset, size);
}

/** The index after the score of the member at an index. */
function after(stored: Uint8Array, at: number): number {
  const scoreAt = at + element.span(stored, at);
  return scoreAt + element.span(stored, scoreAt);
}

/**
 * The index of the first member, of those from `from` up to `end` (indices of members, or of the
 * end), that does not come before (score, bytes); `end` when there is none.
 */
function placeAmong(
  stored: Uint8Array,
  from: number,
  end: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
  score: number,
): number {
  let at = from;
  while (at < end) {
    const scoreAt = at + element.span(stored, at);
    const difference = compareScore(stored, scoreAt, score);
    if (difference > 0) return at;
    if (difference === 0 && compareMember(stored, at, bytes, offset, size) >= 0) return at;
    at = scoreAt + element.span(stored, scoreAt);
  }
  return at;
}

/** The number that digits with a point spell, but for rounding; NaN for what has an exponent. */
function rough(bytes: Uint8Array, offset: number, size: number): number {
  const negative = bytes[offset] === MINUS;
  const end = offset + size;
  let value = 0;
  let decimals = -1;
  for (let at = negative ? offset + 1 : offset; at < end; at++) {
    const byte = bytes[at];
    if (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      if (decimals >= 0) decimals++;
    } else if (byte === DOT && decimals < 0) {
      decimals = 0;
    } else {
      return Number.NaN;
    }
  }
  if (decimals > DECIMALS_MAX) return Number.NaN;
  if (decimals > 0) value /= POWERS[decimals];
  return negative ? -value : value;
}

/**
 * Writes a score into `text`; returns its size. As in Redis, whole numbers are written as such, not
 * with an exponent, as far as they fit an integer; -0 then has lost its sign.
 */
function spell(score: number): number {
  if (Number.isSafeInteger(score)) return writeInteger(text, 0, score);
  if (!Number.isInteger(score) || Math.abs(score) > WHOLE_MAX) return writeDouble(text, 0, score);
  const spelled = BigInt(score).toString();
  for (let i = 0; i < spelled.length; i++) text[i] = spelled.charCodeAt(i);
  return spelled.length;
}

/**
 * Adds a member whose place is after all others; returns the block, which may have moved.
 * `keepsSign`: a score -0 is not stored as 0.
 */
export function append(
  p: PackedRef,
  bytes: Uint8Array,
  offset: number,
  size: number,
  score: number,
  keepsSign = false,
): PackedRef {
  const home = packed.append(p, bytes, offset, size);
  const isMinusZero = keepsSign && Object.is(score, -0);
  return packed.append(home, text, 0, isMinusZero ? writeDouble(text, 0, score) : spell(score));
}

/** Adds a member that is not there; returns the block, which may have moved. */
export function insert(
  p: PackedRef,
  bytes: Uint8Array,
  offset: number,
  size: number,
  score: number,
): PackedRef {
  const lastScore = packed.last(p);
  if (lastScore === 0) return append(p, bytes, offset, size, score);
  const stored = u8[p >>> SEGMENT_BITS];
  const base = arena.byteOffset(p);
  const end = endIndex(p);
  // Members often come in the order of their scores: the last one first.
  const last = base + packed.previous(p, lastScore);
  let at = placeAmong(stored, last, end, bytes, offset, size, score);
  if (at === end) return append(p, bytes, offset, size, score);
  at = placeAmong(stored, base + packed.first(p), last, bytes, offset, size, score);
  // The score first: then the member's place is still the same.
  const home = packed.insert(p, at - base, text, 0, spell(score));
  return packed.insert(home, packed.touched.at, bytes, offset, size);
}

/**
 * Gives the member at a position, which is these bytes, another score; returns the block, which may
 * have moved.
 */
export function change(
  p: PackedRef,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
  score: number,
): PackedRef {
  const scoreAt = packed.next(p, at);
  const isHigher = compareScore(u8[p >>> SEGMENT_BITS], arena.byteOffset(p) + scoreAt, score) < 0;
  const home = packed.replace(p, scoreAt, text, 0, spell(score));
  const stored = u8[home >>> SEGMENT_BITS];
  const base = arena.byteOffset(home);
  const newScoreAt = base + packed.touched.at;
  const own = newScoreAt - (scoreAt - at);
  const ownEnd = newScoreAt + element.span(stored, newScoreAt);
  const from = isHigher ? ownEnd : base + packed.first(home);
  const to = isHigher ? endIndex(home) : own;
  moveRun(stored, own, ownEnd, placeAmong(stored, from, to, bytes, offset, size, score));
  return home;
}

/** The index of the end of a set that is not empty. */
function endIndex(p: PackedRef): number {
  const lastScore = arena.byteOffset(p) + packed.last(p);
  return lastScore + element.span(u8[p >>> SEGMENT_BITS], lastScore);
}

/** Moves the bytes from `from` to `end` on to `to`; those between make way. */
function moveRun(stored: Uint8Array, from: number, end: number, to: number): void {
  if (to === from || to === end) return;
  const size = end - from;
  if (size > carried.length) carried = new Uint8Array(bufferOf(2 * size));
  copyBytes(stored, from, size, carried, 0);
  if (to < from) {
    stored.copyWithin(to + size, to, from);
    copyBytes(carried, 0, size, stored, to);
  } else {
    stored.copyWithin(from, end, to);
    copyBytes(carried, 0, size, stored, to - size);
  }
}

/** The rank of a member, or -1 when it is not there. */
export function rank(p: PackedRef, bytes: Uint8Array, offset: number, size: number): number {
  const sought = packed.find(p, packed.first(p), bytes, offset, size, 1);
  if (sought === 0) return -1;
  const stored = u8[p >>> SEGMENT_BITS];
  const base = arena.byteOffset(p);
  let before = 0;
  for (let at = base + packed.first(p); at < base + sought; before++) at = after(stored, at);
  return before;
}

/** Members with a score below this one, or equal if so wanted. */
export function countBelow(p: PackedRef, score: number, orEqual: boolean): number {
  if (packed.count(p) === 0) return 0;
  const stored = u8[p >>> SEGMENT_BITS];
  const end = endIndex(p);
  let before = 0;
  for (let at = arena.byteOffset(p) + packed.first(p); at < end; before++) {
    const scoreAt = at + element.span(stored, at);
    const difference = compareScore(stored, scoreAt, score);
    if (difference > 0 || (difference === 0 && !orEqual)) return before;
    at = scoreAt + element.span(stored, scoreAt);
  }
  return before;
}

/** Members before the first whose bytes are not below these, or equal if so wanted. */
export function countBelowLex(
  p: PackedRef,
  bytes: Uint8Array,
  offset: number,
  size: number,
  orEqual: boolean,
): number {
  if (packed.count(p) === 0) return 0;
  const limit = orEqual ? 1 : 0;
  const stored = u8[p >>> SEGMENT_BITS];
  const end = endIndex(p);
  let before = 0;
  for (let at = arena.byteOffset(p) + packed.first(p); at < end; before++) {
    if (compareMember(stored, at, bytes, offset, size) >= limit) return before;
    at = after(stored, at);
  }
  return before;
}

/** Whether a block of elements can be a set: pairs, in order, each member once, no score NaN. */
export function isSound(p: PackedRef): boolean {
  if (packed.count(p) % 2 !== 0) return false;
  const stored = u8[p >>> SEGMENT_BITS];
  let last = -Infinity;
  let before = 0;
  for (let at = packed.first(p); at !== 0; before = at, at = next(p, at)) {
    const score = scoreOf(p, at);
    if (!(score >= last)) return false;
    const isTie = score === last && before !== 0;
    last = score;
    if (!isTie) continue;
    const { bytes, offset, size } = packed.range2(p, at);
    if (compareMember(stored, arena.byteOffset(p) + before, bytes, offset, size) >= 0) return false;
  }
  return true;
}

/** Walks the whole set and throws on the first thing that is wrong. For tests. */
export function verify(p: PackedRef): void {
  packed.verify(p);
  assert(packed.count(p) % 2 === 0, "a member without a score");
  const stored = u8[p >>> SEGMENT_BITS];
  let score = -Infinity;
  for (let at = packed.first(p); at !== 0; at = next(p, at)) {
    const before = previous(p, at);
    const last = score;
    score = scoreOf(p, at);
    assert(score >= last, "scores are out of order");
    if (before === 0 || score > last) continue;
    const { bytes, offset, size } = packed.range2(p, at);
    const difference = compareMember(stored, arena.byteOffset(p) + before, bytes, offset, size);
    assert(difference < 0, "members are out of order");
  }
}
