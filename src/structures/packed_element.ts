/**
 * One element of a packed collection, in the encoding of Redis's listpacks:
 *
 *   | code | data … | back |
 *
 *   0xxxxxxx                     integer 0 to 127
 *   110xxxxx + 1 byte            integer of 13 bits, the high ones in the code
 *   F1, F2, F3, F4 + bytes       integer of 16, 24, 32, 64 bits, little-endian
 *   10xxxxxx                     string of up to 63 bytes
 *   1110xxxx + 1 byte            string of up to 4095 bytes, the size's high bits in the code
 *   F0 + 4 bytes                 string of any size
 *   FF                           no element: the end
 *
 * `back` is the size of code and data in groups of 7 bits, the highest first; all but the first of
 * its bytes have bit 7 set, so that it can be read backwards. A string that is the decimal form
 * of a signed 64-bit integer is always stored as the integer, in the least room.
 *
 * What is read forwards only can do without `back`: code and data alone are the element's body.
 *
 * Positions here are absolute: indices of `bytes`. Nothing allocates.
 */
import { assert } from "../base/assert.ts";
import { copyBytes, equalBytes } from "../base/bytes.ts";
import { digitCount, writeInteger as writeDigits } from "../base/numbers.ts";
import type { Range } from "../base/range.ts";
import type { Reply } from "../protocol/reply.ts";
import { loadCode } from "./load_code/load_code.ts";

/** The byte after the last element. */
export const END = 0xff;

const CODE_STRING6 = 0x80;
const CODE_INT13 = 0xc0;
const CODE_STRING12 = 0xe0;
const CODE_STRING32 = 0xf0;
const CODE_INT16 = 0xf1;
const CODE_INT24 = 0xf2;
const CODE_INT32 = 0xf3;
const CODE_INT64 = 0xf4;
/** What no element begins with. */
const CODE_NONE = 0xfe;

/** Sizes of strings from which more bytes are needed to tell them. */
export const SHORT_SIZE = 64;
const MIDDLE_SIZE = 4096;

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const WORD = 2 ** 32;
const HIGH_LIMIT = 2 ** 31;
/** The digits of an integer beyond this many are added in two words. */
const FIRST_DIGITS = 15;
const INT64_DIGITS = 19;
/** Text of an int64: quotient by this is safe, and the rest has so many digits. */
const LOW_POWER = 100_000;
const LOW_DIGITS = 5;

/** The integer that `parse` found, in two words. */
let low = 0;
let high = 0;

/** What `measure` found of the element to be written next. */
let code = 0;
let codeSize = 0;

/** Whether the bytes are the decimal form of an int64, left in `low` and `high`. */
function parse(bytes: Uint8Array, offset: number, size: number): boolean {
  const negative = bytes[offset] === MINUS;
  let at = negative ? offset + 1 : offset;
  const end = offset + size;
  const digits = end - at;
  if (digits === 0 || digits > INT64_DIGITS) return false;
  if (bytes[at] === ZERO && size !== 1) return false;
  let value = 0;
  for (const first = Math.min(end, at + FIRST_DIGITS); at < first; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
  }
  if (digits <= FIRST_DIGITS) {
    const signed = negative ? -value : value;
    low = signed | 0;
    high = low === signed ? low >> 31 : Math.floor(signed / WORD);
    return true;
  }
  let power = 1;
  let rest = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return false;
    rest = rest * 10 + digit;
    power *= 10;
  }
  const top = Math.floor(value / WORD);
  const bottom = (value - top * WORD) * power + rest;
  const carry = Math.floor(bottom / WORD);
  return setWords(top * power + carry, bottom - carry * WORD, negative);
}

/** Takes over a magnitude in two words; false when it is beyond 64 bits with a sign. */
function setWords(top: number, bottom: number, negative: boolean): boolean {
  if (top >= HIGH_LIMIT && !(negative && top === HIGH_LIMIT && bottom === 0)) return false;
  low = negative ? -bottom | 0 : bottom | 0;
  high = negative ? (bottom === 0 ? -top | 0 : ~top) : top;
  return true;
}

/** Whether the bytes can be an integer, by what is quick to see. */
const mayBeInteger = (bytes: Uint8Array, offset: number, size: number) =>
  size > 0 && size <= INT64_DIGITS + 1 && bytes[offset] <= NINE;

/**
 * The bytes that an element of these bytes takes, `back` included; remembers it for `write`, which
 * must follow before anything else is measured.
 */
export function measure(bytes: Uint8Array, offset: number, size: number): number {
  return spanOf(measureBody(bytes, offset, size));
}

/** The bytes that an element takes whose body takes so many. */
export const spanOf = (body: number) => body + backSize(body);

/** As `measure`, without `back`, for `writeBody`. */
export function measureBody(bytes: Uint8Array, offset: number, size: number): number {
  if (mayBeInteger(bytes, offset, size) && parse(bytes, offset, size)) {
    measureInteger();
  } else if (size < SHORT_SIZE) {
    code = CODE_STRING6 | size;
    codeSize = size + 1;
  } else {
    code = size < MIDDLE_SIZE ? CODE_STRING12 : CODE_STRING32;
    codeSize = size + (size < MIDDLE_SIZE ? 2 : 5);
  }
  return codeSize;
}

/** The bytes that an element takes which is this integer of 32 bits; measures it. */
export function integerSpan(value: number): number {
  return wordsSpan(value >> 31, value);
}

/** As `integerSpan`, of an integer of 64 bits in two words. */
export function wordsSpan(highWord: number, lowWord: number): number {
  low = lowWord;
  high = highWord;
  measureInteger();
  return spanOf(codeSize);
}

/** Writes the body of the integer measured last; returns the index after it. */
export function writeInteger(to: Uint8Array, at: number): number {
  if (code < CODE_STRING6) to[at] = code;
  else writeLong(to, at, to, at, 0);
  return at + codeSize;
}

/** The bytes that the body of an integer of 32 bits takes. */
export function bodyOfInteger(value: number): number {
  if (value >= 0 && value < 128) return 1;
  if (value >= -4096 && value < 4096) return 2;
  if (value === (value << 16) >> 16) return 3;
  return value === (value << 8) >> 8 ? 4 : 5;
}

/** Writes the body of an integer of 32 bits, which takes `body` bytes. */
export function writeSmall(to: Uint8Array, at: number, value: number, body: number): void {
  if (body === 1) {
    to[at] = value;
  } else if (body === 2) {
    to[at] = CODE_INT13 | ((value >> 8) & 0x1f);
    to[at + 1] = value;
  } else {
    to[at] = CODE_INT16 + body - 3;
    writeWord(to, at + 1, value, body - 1);
  }
}

/** Writes what stands before a string of up to 4095 bytes; returns the index after it. */
export function writeStringHead(to: Uint8Array, at: number, size: number): number {
  if (size < SHORT_SIZE) {
    to[at] = CODE_STRING6 | size;
    return at + 1;
  }
  to[at] = CODE_STRING12 | (size >> 8);
  to[at + 1] = size;
  return at + 2;
}

/** Chooses code and size of the integer that was parsed. */
function measureInteger(): void {
  const value = low;
  if (high !== value >> 31) {
    code = CODE_INT64;
    codeSize = 9;
  } else if (value >= 0 && value < 128) {
    code = value;
    codeSize = 1;
  } else if (value >= -4096 && value < 4096) {
    code = CODE_INT13;
    codeSize = 2;
  } else if (value === (value << 16) >> 16) {
    code = CODE_INT16;
    codeSize = 3;
  } else if (value === (value << 8) >> 8) {
    code = CODE_INT24;
    codeSize = 4;
  } else {
    code = CODE_INT32;
    codeSize = 5;
  }
}

/** Writes the element measured last, which is these bytes; `view` is over the memory of `to`. */
export function write(
  to: Uint8Array,
  view: DataView,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  writeBody(to, view, at, bytes, offset, size);
  writeBack(to, at + codeSize, codeSize);
}

/** As `write`, without `back`. */
export function writeBody(
  to: Uint8Array,
  view: DataView,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  if (code >= 0xc0) {
    writeLong(to, at, bytes, offset, size);
  } else {
    to[at] = code;
    if (codeSize <= 4) for (let i = 1; i < codeSize; i++) to[at + i] = bytes[offset + i - 1];
    else copyShort(bytes, offset, size, view, at + 1);
  }
}

/** Copies 4 bytes or more by words, of which the last ends where the bytes do. */
function copyShort(
  bytes: Uint8Array,
  offset: number,
  size: number,
  view: DataView,
  at: number,
): void {
  const last = size - 4;
  for (let i = 0; i < last; i += 4) view.setInt32(at + i, word(bytes, offset + i), true);
  view.setInt32(at + last, word(bytes, offset + last), true);
}

/** Writes code and data of what takes more than a code byte and a short string. */
function writeLong(
  to: Uint8Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  if (code === CODE_STRING12) {
    to[at] = CODE_STRING12 | (size >> 8);
    to[at + 1] = size;
    copyBytes(bytes, offset, size, to, at + 2);
  } else if (code === CODE_STRING32) {
    to[at] = CODE_STRING32;
    writeWord(to, at + 1, size, 4);
    copyBytes(bytes, offset, size, to, at + 5);
  } else if (code === CODE_INT13) {
    to[at] = CODE_INT13 | ((low >> 8) & 0x1f);
    to[at + 1] = low;
  } else {
    to[at] = code;
    writeWord(to, at + 1, low, Math.min(codeSize - 1, 4));
    if (code === CODE_INT64) writeWord(to, at + 5, high, 4);
  }
}

function writeWord(to: Uint8Array, at: number, word: number, size: number): void {
  for (let i = 0, rest = word; i < size; i++, rest >>= 8) to[at + i] = rest;
}

/** Bytes of the `back` of an element; the limits are one less than could be: they are Redis's. */
function backSize(size: number): number {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

function writeBack(to: Uint8Array, at: number, size: number): void {
  if (size <= 127) {
    to[at] = size;
    return;
  }
  const count = backSize(size);
  let rest = size;
  for (let i = count - 1; i > 0; i--) {
    to[at + i] = (rest & 127) | 128;
    rest >>>= 7;
  }
  to[at] = rest;
}

/** The bytes that the element at `at` takes, `back` included: the next one begins there. */
export function span(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 2;
  if (first < 0xc0) return (first & 63) + 2;
  if (first < 0xe0) return 3;
  return spanOf(longSpan(bytes, at, first));
}

/** The bytes that the body at `at` takes. */
export function bodySpan(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  if (first < 0xc0) return (first & 63) + 1;
  if (first < 0xe0) return 2;
  return longSpan(bytes, at, first);
}

/** As `bodySpan` of bytes that are not trusted; 0 for none that ends by `end`. */
export function checkedBody(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  const head = first < CODE_STRING12 ? 1 : first < CODE_STRING32 ? 2 : 5;
  if (first > CODE_INT64 || at + (first > CODE_STRING32 ? 1 : head) > end) return 0;
  const body = first === CODE_STRING32 ? (word(bytes, at + 1) >>> 0) + 5 : bodySpan(bytes, at);
  return at + body > end ? 0 : body;
}

function longSpan(bytes: Uint8Array, at: number, first: number): number {
  if (first < CODE_STRING32) return (((first & 15) << 8) | bytes[at + 1]) + 2;
  if (first === CODE_STRING32) return word(bytes, at + 1) + 5;
  if (first === CODE_INT64) return 9;
  if (DEBUG) assert(first < CODE_INT64, "no element begins with this byte");
  return first - CODE_INT16 + 3;
}

/**
 * Passes over elements from index `from` on, as long as they end by `end`, are sound, and are
 * stored as `write` stores them: at most `countMax`, which take at most `sizeMax` bytes. Returns
 * where it stopped; `passed` says how many there were, and whether it was for these limits. It also
 * stops at what is rare, which others have to look at. Nothing about the bytes is trusted.
 *
 * The 1 M elements of a list are looked at so in 3 ms, one by one in 20 to 40.
 */
export function passRun(
  bytes: Uint8Array,
  from: number,
  end: number,
  sizeMax: number,
  countMax: number,
): number {
  if (loadCode !== null && bytes === loadCode.blob.bytes) {
    const base = loadCode.blob.at;
    const stop = loadCode.code.passRun(base + from, base + end, sizeMax, countMax);
    passed.count = loadCode.result(0);
    passed.isFull = loadCode.result(1) !== 0;
    return stop - base;
  }
  let at = from;
  let count = 0;
  passed.isFull = false;
  for (; at < end; count++) {
    const first = bytes[at];
    let body = 1;
    if (first >= CODE_STRING6) {
      if (first < CODE_INT13) {
        body = (first & 63) + 1;
        if (mayBeNumber(bytes, at + 1, body - 1)) break;
      } else if (first < CODE_STRING12) {
        body = 2;
        if (((first & 0x1f) | (bytes[at + 1] >> 7)) === 0) break;
      } else if (first < CODE_STRING32) {
        body = (((first & 15) << 8) | bytes[at + 1]) + 2;
        if (body < SHORT_SIZE + 2) break;
      } else if (first > CODE_STRING32 && first < CODE_INT64) {
        body = first - CODE_INT16 + 3;
        if (fitsInLess(bytes, at, first)) break;
      } else {
        break;
      }
    }
    let next = at + body;
    if (body < 128) {
      if (bytes[next++] !== body) break;
    } else {
      if (bytes[next++] !== body >> 7 || bytes[next++] !== ((body & 127) | 128)) break;
    }
    if (next > end) break;
    if (count === countMax || next - from > sizeMax) {
      passed.isFull = true;
      break;
    }
    at = next;
  }
  passed.count = count;
  return at;
}

/** Whether a string may be the decimal form of an integer: no byte is above those of digits. */
export function mayBeNumber(bytes: Uint8Array, offset: number, size: number): boolean {
  if (size > INT64_DIGITS + 1) return false;
  const end = offset + size;
  let at = offset;
  while (at < end && bytes[at] <= NINE) at++;
  return at === end;
}

/** Whether the integer of 16, 24 or 32 bits could be stored in less. */
function fitsInLess(bytes: Uint8Array, at: number, first: number): boolean {
  const unused = first === CODE_INT16 ? 19 : first === CODE_INT24 ? 16 : 8;
  const value = integer(bytes, at);
  return (value << unused) >> unused === value;
}

/** The bytes that the element before `at` takes. */
export function spanBefore(bytes: Uint8Array, at: number): number {
  let byte = bytes[at - 1];
  if (byte < 128) return byte + 1;
  let size = byte & 127;
  let shift = 7;
  let count = 1;
  do {
    byte = bytes[at - 1 - count++];
    size |= (byte & 127) << shift;
    shift += 7;
  } while (byte >= 128);
  return size + count;
}

const word = (bytes: Uint8Array, at: number) =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);

/** Whether the element is stored as an integer. */
export function isInteger(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at];
  return first < 0x80 || (first >= CODE_INT13 && first < CODE_STRING12) || first > CODE_STRING32;
}

/** Where the data of a string element begin. */
export function dataAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0xc0) return at + 1;
  return first < CODE_STRING32 ? at + 2 : at + 5;
}

/** The size of a string element's data. */
export function dataSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0xc0) return first & 63;
  return first < CODE_STRING32 ? ((first & 15) << 8) | bytes[at + 1] : word(bytes, at + 1);
}

/** The size of the data of a string of up to 63 bytes, which begin one byte on; -1 for others. */
export function shortSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  return first >= CODE_STRING6 && first < CODE_INT13 ? first & 63 : -1;
}

/** Whether bytes are stored as a string of up to 63 bytes, by what is quick to see. */
export const isShortText = (bytes: Uint8Array, offset: number, size: number): boolean =>
  size < SHORT_SIZE && !mayBeInteger(bytes, offset, size);

/** The value of an integer element: NaN when it is not a safe one. */
export function integer(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return first;
  if (first < CODE_STRING12) return (((first << 8) | bytes[at + 1]) << 19) >> 19;
  if (first === CODE_INT16) return ((bytes[at + 1] | (bytes[at + 2] << 8)) << 16) >> 16;
  if (first === CODE_INT24) return (word(bytes, at) | 0) >> 8;
  if (first === CODE_INT32) return word(bytes, at + 1);
  const value = word(bytes, at + 5) * WORD + (word(bytes, at + 1) >>> 0);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** What `smallInteger` returns for other elements: the integer itself is stored in 32 bits, too. */
export const NO_SMALL_INTEGER = -(2 ** 31);

/** The value of an integer element of up to 32 bits; else, or at the end, NO_SMALL_INTEGER. */
export function smallInteger(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return first;
  if (first < CODE_INT13) return NO_SMALL_INTEGER;
  if (first < CODE_STRING12) return (((first << 8) | bytes[at + 1]) << 19) >> 19;
  return first >= CODE_INT16 && first < CODE_INT64 ? integer(bytes, at) : NO_SMALL_INTEGER;
}

/** The bytes that an integer element of up to 32 bits takes. */
export function smallIntegerSpan(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 2;
  return first < CODE_STRING12 ? 3 : first - CODE_INT16 + 4;
}

/** Bytes of the text of an integer element. */
export function integerSize(bytes: Uint8Array, at: number): number {
  const value = integer(bytes, at);
  if (Number.isNaN(value)) return spell(bytes, at, SPELLED);
  return digitCount(Math.abs(value)) + (value < 0 ? 1 : 0);
}

const SPELLED = new Uint8Array(32);

/** Writes an integer element as text, at most 20 bytes from `to[0]` on; returns its size. */
export function spell(bytes: Uint8Array, at: number, to: Uint8Array): number {
  const value = integer(bytes, at);
  if (!Number.isNaN(value)) return writeDigits(to, 0, value);
  let top = word(bytes, at + 5);
  let bottom = word(bytes, at + 1) >>> 0;
  let start = 0;
  if (top < 0) {
    to[start++] = MINUS;
    top = bottom === 0 ? -top : ~top;
    bottom = -bottom >>> 0;
  }
  const upper = Math.floor(top / LOW_POWER);
  const middle = (top - upper * LOW_POWER) * WORD + bottom;
  const lower = Math.floor(middle / LOW_POWER);
  const end = writeDigits(to, start, upper * WORD + lower) + LOW_DIGITS;
  let rest = middle - lower * LOW_POWER;
  for (let i = 1; i <= LOW_DIGITS; i++) {
    to[end - i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return end;
}

/**
 * The element's text, in a range that is good as long as the element stays, or, of an integer, as
 * `digits` do.
 */
export function textInto(
  bytes: Uint8Array,
  at: number,
  into: Range,
  digits: Uint8Array = SPELLED,
): Range {
  if (isInteger(bytes, at)) {
    into.bytes = digits;
    into.offset = 0;
    into.size = spell(bytes, at, digits);
  } else {
    into.bytes = bytes;
    into.offset = dataAt(bytes, at);
    into.size = dataSize(bytes, at);
  }
  return into;
}

/** Replies with the element as a bulk string; `view` is over the same memory. */
export function reply(bytes: Uint8Array, view: DataView, at: number, to: Reply): void {
  if (!isInteger(bytes, at)) {
    to.bulkView(bytes, view, dataAt(bytes, at), dataSize(bytes, at));
    return;
  }
  const value = integer(bytes, at);
  if (!Number.isNaN(value)) to.bulkInteger(value);
  else to.bulk(SPELLED, 0, spell(bytes, at, SPELLED));
}

/** Whether the element is these bytes. */
export function equals(
  stored: Uint8Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): boolean {
  if (isInteger(stored, at)) {
    if (!mayBeInteger(bytes, offset, size) || !parse(bytes, offset, size)) return false;
    return integerEquals(stored, at);
  }
  if (dataSize(stored, at) !== size) return false;
  return equalBytes(stored, dataAt(stored, at), bytes, offset, size);
}

/** Whether the integer element is the one parsed last. */
function integerEquals(stored: Uint8Array, at: number): boolean {
  if (stored[at] !== CODE_INT64) return high === low >> 31 && integer(stored, at) === low;
  return word(stored, at + 1) === low && word(stored, at + 5) === high;
}

/** How many elements `search` looked at in vain, or `passRun` passed over up to its limits. */
export const passed = { count: 0, isFull: false };

/**
 * Where the first element lies that is these bytes, of those at `from` and every (skip + 1)-th
 * after it; 0 when there is none.
 */
export function search(
  stored: Uint8Array,
  from: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
  skip: number,
): number {
  if (mayBeInteger(bytes, offset, size) && parse(bytes, offset, size)) {
    return searchInteger(stored, from, skip);
  }
  // The code byte of a short string tells its size, and names that begin alike end differently:
  // two comparisons rule nearly all others out.
  const shortCode = size < SHORT_SIZE ? CODE_STRING6 | size : CODE_NONE;
  const lastByte = size > 0 ? bytes[offset + size - 1] : shortCode;
  let at = from;
  for (let count = 0; ; count++) {
    let first = stored[at];
    const isFound =
      first === shortCode
        ? stored[at + size] === lastByte && equalBytes(stored, at + 1, bytes, offset, size)
        : first >= CODE_STRING12 && first !== END && equals(stored, at, bytes, offset, size);
    if (isFound || first === END) {
      passed.count = count;
      return isFound ? at : 0;
    }
    for (let left = skip; left >= 0 && first !== END; left--) {
      if (first < 0x80) at += 2;
      else if (first < 0xc0) at += (first & 63) + 2;
      else at += span(stored, at);
      first = stored[at];
    }
  }
}

function searchInteger(stored: Uint8Array, from: number, skip: number): number {
  let at = from;
  let count = 0;
  while (stored[at] !== END && !(isInteger(stored, at) && integerEquals(stored, at))) {
    for (let left = skip; left >= 0 && stored[at] !== END; left--) at += span(stored, at);
    count++;
  }
  passed.count = count;
  return stored[at] === END ? 0 : at;
}
