/**
 * Sums of long doubles (long_double.ts, which is the model) that are written as most numbers are:
 * without an exponent, with up to 15 digits before the point and 21 after it. In doubles and words,
 * since BigInt took four times as long (percmd's string/INCRBYFLOAT).
 *
 *   whole (below 2^53)  |  26 bits  |  26 bits  |  26 bits  |  26 bits of the fraction
 */
import { decimals, STEP, STEP_DIGITS, STEPS, spellStep, writeRounded } from "./decimals.ts";

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;

const WHOLE_DIGITS = 15;
/** Bits of a part of the fraction, and how many parts there are. */
const PART_BITS = 26;
const PART = 2 ** PART_BITS;
const PARTS = 4;
const WORD = 2 ** 32;
/** Bits of a long double's mantissa, and the decimals that are printed. */
const MANTISSA_BITS = 64;
const PRINTED = 17;

/** What `addDecimals` may need of room: a sign, 16 digits, a point, 17 decimals, and some slack. */
export const SUM_SIZE_MAX = 48;

class Fixed {
  negative = false;
  whole = 0;
  readonly parts = new Int32Array(PARTS);
}

const left = new Fixed();
const right = new Fixed();
/** A fraction that is read, seven decimals each. */
const steps = new Float64Array(STEPS);

/**
 * Writes the sum of two numbers, each of which lies in bytes, to the beginning of `to`, as Redis
 * prints it; returns its size. -1, with nothing written: one is no number, or not such as is said
 * above.
 */
export function addDecimals(
  a: Uint8Array,
  aOffset: number,
  aSize: number,
  b: Uint8Array,
  bOffset: number,
  bSize: number,
  to: Uint8Array,
): number {
  if (!parse(left, a, aOffset, aSize) || !parse(right, b, bOffset, bSize)) return -1;
  if (left.negative === right.negative) add(left, right);
  else if (isLess(left, right)) subtract(right, left, left);
  else subtract(left, right, left);
  round(left, false);
  return write(left, to);
}

/** Whether the bytes are a number that `addDecimals` knows. */
export function isDecimal(bytes: Uint8Array, offset: number, size: number): boolean {
  return parse(right, bytes, offset, size);
}

/** False for what is no such number. */
function parse(into: Fixed, bytes: Uint8Array, offset: number, size: number): boolean {
  const end = offset + size;
  let at = offset;
  if (size > 0 && (bytes[at] === MINUS || bytes[at] === PLUS)) at++;
  const first = at;
  let whole = 0;
  for (; at < end && bytes[at] !== DOT; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return false;
    whole = whole * 10 + digit;
  }
  if (at - first > WHOLE_DIGITS) return false;
  into.negative = size > 0 && bytes[offset] === MINUS;
  into.whole = whole;
  if (at + 1 >= end) {
    into.parts.fill(0);
    return at > first;
  }
  return parseFraction(into, bytes, at + 1, end);
}

function parseFraction(into: Fixed, bytes: Uint8Array, from: number, end: number): boolean {
  if (end - from > decimals.length) return false;
  let at = from;
  for (let step = 0; step < STEPS; step++) {
    let value = 0;
    for (let i = 0; i < STEP_DIGITS; i++, at++) {
      const digit = at < end ? bytes[at] - ZERO : 0;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    steps[step] = value;
  }
  // Each part is the whole of the fraction times 2^26; all numbers stay below 2^50.
  let [high, middle, low] = steps;
  for (let i = 0; i < PARTS; i++) {
    low *= PART;
    let carry = Math.floor(low / STEP);
    low -= carry * STEP;
    middle = middle * PART + carry;
    carry = Math.floor(middle / STEP);
    middle -= carry * STEP;
    high = high * PART + carry;
    carry = Math.floor(high / STEP);
    high -= carry * STEP;
    into.parts[i] = carry;
  }
  return round(into, high + middle + low > 0);
}

/**
 * Rounds to a long double's bits, half to even; `isLonger`: there is more than the parts hold.
 * False when that would have to be known better.
 */
function round(value: Fixed, isLonger: boolean): boolean {
  const { parts } = value;
  const kept = MANTISSA_BITS - leadingBits(value);
  if (kept >= PART_BITS * PARTS) return !isLonger;
  const index = (kept / PART_BITS) | 0;
  const unit = 1 << (PART_BITS * (index + 1) - kept);
  const dropped = parts[index] & (unit - 1);
  let rest = isLonger ? 1 : 0;
  for (let i = index + 1; i < PARTS; i++) {
    rest |= parts[i];
    parts[i] = 0;
  }
  if (dropped === 0 && rest === 0) return true;
  parts[index] -= dropped;
  const isOdd = unit === PART ? parts[index - 1] & 1 : parts[index] & unit;
  const half = unit / 2;
  if (dropped > half || (dropped === half && (rest !== 0 || isOdd !== 0))) {
    parts[index] += unit;
    carryFrom(value, index);
  }
  return true;
}

/** Bits of the whole; where it is 0, less than none: the zeros that the fraction begins with. */
function leadingBits({ whole, parts }: Fixed): number {
  if (whole >= WORD) return 64 - Math.clz32(whole / WORD);
  if (whole > 0) return 32 - Math.clz32(whole);
  let index = 0;
  while (index < PARTS - 1 && parts[index] === 0) index++;
  return 32 - PART_BITS - Math.clz32(parts[index]) - PART_BITS * index;
}

/** A part may have become PART: it is the one before that grows. */
function carryFrom(value: Fixed, index: number): void {
  const { parts } = value;
  let i = index;
  while (i > 0 && parts[i] >= PART) {
    parts[i] -= PART;
    parts[--i]++;
  }
  if (parts[0] >= PART) {
    parts[0] -= PART;
    value.whole++;
  }
}

/** Adds the size of another number. */
function add(to: Fixed, other: Fixed): void {
  let carry = 0;
  for (let i = PARTS - 1; i >= 0; i--) {
    const sum = to.parts[i] + other.parts[i] + carry;
    carry = sum >= PART ? 1 : 0;
    to.parts[i] = sum - carry * PART;
  }
  to.whole += other.whole + carry;
}

function isLess(a: Fixed, b: Fixed): boolean {
  if (a.whole !== b.whole) return a.whole < b.whole;
  for (let i = 0; i < PARTS; i++) if (a.parts[i] !== b.parts[i]) return a.parts[i] < b.parts[i];
  return false;
}

/** The size of a number less that of one that is not larger; it has the sign of the first. */
function subtract(from: Fixed, less: Fixed, to: Fixed): void {
  let borrowed = 0;
  for (let i = PARTS - 1; i >= 0; i--) {
    const difference = from.parts[i] - less.parts[i] - borrowed;
    borrowed = difference < 0 ? 1 : 0;
    to.parts[i] = difference + borrowed * PART;
  }
  to.whole = from.whole - less.whole - borrowed;
  to.negative = from.negative;
}

function write({ negative, whole, parts }: Fixed, to: Uint8Array): number {
  let [a, b, c, d] = parts;
  for (let at = 0; at < decimals.length; at += STEP_DIGITS) {
    d *= STEP;
    let carry = Math.floor(d / PART);
    d -= carry * PART;
    c = c * STEP + carry;
    carry = Math.floor(c / PART);
    c -= carry * PART;
    b = b * STEP + carry;
    carry = Math.floor(b / PART);
    b -= carry * PART;
    a = a * STEP + carry;
    carry = Math.floor(a / PART);
    a -= carry * PART;
    spellStep(carry, at);
  }
  return writeRounded(to, 0, negative, whole, PRINTED, a + b + c + d > 0);
}
