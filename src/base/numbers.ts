/** Parsing and printing of numbers as Redis does, from bytes and into bytes. */

export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);

const ZERO = 48;
const MINUS = 45;
/** Digits that always fit a double exactly: 10^15 < 2^53. */
const SAFE_DIGITS = 15;
const SAFE_DIGITS_POWER = 10n ** 15n;
/** Digits of which any are an integer of 32 bits. */
const INT32_DIGITS = 9;
/** Integers whose upper word is below this are exact in a double. */
const SAFE_HIGH = 2 ** 21;
const WORD = 2 ** 32;
/** The bytes of the longest integer: a sign and 19 digits. */
const INT64_SIZE_MAX = 20;

/** What `parseSafe` and `parseInt64` give for bytes that are no integer. */
const NOT_A_NUMBER = Number.NaN;

/**
 * The integer that the bytes spell exactly as Redis prints it (no plus, no leading zero, no
 * blank), if it has at most 15 digits; otherwise NaN, which says nothing: ask `parseInt64`.
 */
export function parseSafe(bytes: Uint8Array, offset: number, size: number): number {
  if (size === 0 || size > SAFE_DIGITS + 1) return NOT_A_NUMBER;
  let at = offset;
  const end = offset + size;
  const negative = bytes[at] === MINUS;
  if (negative && ++at === end) return NOT_A_NUMBER;
  if (end - at > SAFE_DIGITS) return NOT_A_NUMBER;
  const first = bytes[at] - ZERO;
  if (first === 0) return size === 1 ? 0 : NOT_A_NUMBER;
  if (end - at > INT32_DIGITS) return parseLong(bytes, at, end, negative);
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return NOT_A_NUMBER;
    value = (value * 10 + digit) | 0;
  }
  return negative ? -value | 0 : value;
}

/** `parseSafe` of so many digits that what they spell may have more than 32 bits. */
function parseLong(bytes: Uint8Array, from: number, to: number, negative: boolean): number {
  const value = digitsValue(bytes, from, to);
  return negative ? -value : value;
}

/** The signed 64-bit integer that the bytes spell (as in `parseSafe`), or null. */
export function parseInt64(bytes: Uint8Array, offset: number, size: number): bigint | null {
  const safe = parseSafe(bytes, offset, size);
  if (!Number.isNaN(safe)) return BigInt(safe);
  if (size <= SAFE_DIGITS || size > INT64_SIZE_MAX) return null;
  const negative = bytes[offset] === MINUS;
  const first = negative ? offset + 1 : offset;
  if (bytes[first] === ZERO) return null;
  const low = offset + size - SAFE_DIGITS;
  const high = digitsValue(bytes, first, low);
  const rest = digitsValue(bytes, low, offset + size);
  // NaN when there is anything but digits; no digits at all are 0.
  if (!(high > 0) || Number.isNaN(rest)) return null;
  const magnitude = BigInt(high) * SAFE_DIGITS_POWER + BigInt(rest);
  const value = negative ? -magnitude : magnitude;
  return value > INT64_MAX || value < INT64_MIN ? null : value;
}

/** The signed 64-bit integer of which these are words; NaN if it is below 0, or 2^53 or more. */
export function safeInteger(high: number, low: number): number {
  if (high === 0 && low >= 0) return low;
  return high >= 0 && high < SAFE_HIGH ? high * WORD + (low >>> 0) : NOT_A_NUMBER;
}

/** The number that up to 15 digits spell, or NaN. */
function digitsValue(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return NOT_A_NUMBER;
    value = value * 10 + digit;
  }
  return value;
}

/** The decimal digits of a non-negative safe integer. */
export function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10000) return 4;
  let count = 5;
  for (let limit = 100000; value >= limit; limit *= 10) count++;
  return count;
}

/** Writes a safe integer in decimal at `offset`; returns where it ends. At most 17 bytes. */
export function writeInteger(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  if (rest < 0) {
    bytes[at++] = MINUS;
    rest = -rest;
  }
  const end = at + digitCount(rest);
  let to = end;
  while (rest > 0x7fffffff) {
    const quotient = Math.floor(rest / 10);
    bytes[--to] = ZERO + (rest - quotient * 10);
    rest = quotient;
  }
  let small = rest | 0;
  do {
    const quotient = (small / 10) | 0;
    bytes[--to] = ZERO + small - quotient * 10;
    small = quotient;
  } while (to > at);
  return end;
}
