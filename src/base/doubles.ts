/**
 * Doubles as C reads and prints them, which is what Redis's arguments and replies show: strtod for
 * reading (decimal, hexadecimal and infinite numbers), printf's %.17g for printing.
 */
import { latin1 } from "./bytes.ts";
import { decimals, STEP, STEP_DIGITS, spellStep, writeRounded } from "./decimals.ts";
import { digitCount, writeInteger } from "./numbers.ts";
import { cString } from "./words.ts";

/** The digits of Redis's double replies. */
const REPLY_DIGITS = 17;
/** With so many digits a half of the last digit is told from what is only near to one. */
const EXACT_DIGITS = 60;
/** From here on, and up to 10^17, numbers are printed without an exponent. */
const FIXED_MIN = 1e-4;
const FIXED_END = 1e17;

const ZERO = 48;
const FIVE = 53;
const NINE = 57;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;

/** Digits that always fit a double exactly, so that one division rounds once. */
const SHORT_DIGITS = 15;
const POWERS = Float64Array.from({ length: SHORT_DIGITS + 1 }, (_, power) => 10 ** power);

const DECIMAL = /^[+-]?(?=\.?\d)\d*(?:\.\d*)?(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x(?=\.?[\da-f])([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
/** The number that a text begins with. */
const NUMBER_FIRST = new RegExp(
  String.raw`^[+-]?(?:inf(?:inity|(?!i))|0x[\da-f]*(?:\.[\da-f]*)?(?:p[+-]?\d+)?|` +
    String.raw`\d*(?:\.\d*)?(?:e[+-]?\d+)?)`,
  "i",
);
/** Spells zero, rather than what is too small to be told from it. */
const SPELLS_ZERO = /^[+-]?(?:0x)?[0.]*(?:[ep].*)?$/i;
const BLANKS = /^[ \t-\r]+/;

/** Bits of a double's mantissa, and the exponents of its last bit. */
const MANTISSA_BITS = 53;
const EXPONENT_MIN = -1074;
const EXPONENT_MAX = 1024 - MANTISSA_BITS;

/**
 * The double that all the bytes spell; NaN for other bytes, for NaN, and for numbers too large or
 * too small to be told from infinity or zero.
 */
export function parseDouble(bytes: Uint8Array, offset: number, size: number): number {
  const short = shortDecimal(bytes, offset, size);
  if (!Number.isNaN(short)) return short;
  const text = latin1(bytes, offset, size);
  const value = spelledDouble(text);
  if (value === 0) return SPELLS_ZERO.test(text) ? value : Number.NaN;
  return Number.isFinite(value) || INFINITE.test(text) ? value : Number.NaN;
}

/**
 * As `parseDouble`, for what Redis reads as a C string: it ends at a zero byte, blanks may come
 * first, nothing at all is 0, and what is too large or too small becomes infinite or zero.
 */
export function parseLooseDouble(bytes: Uint8Array, offset: number, size: number): number {
  const short = shortDecimal(bytes, offset, size);
  if (!Number.isNaN(short)) return short;
  const text = cString(latin1(bytes, offset, size));
  return text === "" ? 0 : spelledDouble(text.replace(BLANKS, ""));
}

/**
 * As `parseLooseDouble`, for what Redis reads by scanf: what follows a number is passed over, and
 * nothing at all is no number.
 */
export function scanDouble(bytes: Uint8Array, offset: number, size: number): number {
  const short = shortDecimal(bytes, offset, size);
  if (!Number.isNaN(short)) return short;
  const text = cString(latin1(bytes, offset, size)).replace(BLANKS, "");
  return spelledDouble(NUMBER_FIRST.exec(text)?.[0] ?? "");
}

/**
 * The number that the bytes spell with up to 15 digits and perhaps a point, which is most numbers
 * there are; NaN, which says nothing, for all others.
 */
function shortDecimal(bytes: Uint8Array, offset: number, size: number): number {
  const end = offset + size;
  let at = offset;
  const sign = size > 0 ? bytes[at] : 0;
  if (sign === MINUS || sign === PLUS) at++;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte >= ZERO && byte <= NINE) {
      if (++digits > SHORT_DIGITS) return Number.NaN;
      value = value * 10 + (byte - ZERO);
    } else if (byte === DOT && point < 0) {
      point = digits;
    } else {
      return Number.NaN;
    }
  }
  if (digits === 0) return Number.NaN;
  if (point >= 0) value /= POWERS[digits - point];
  return sign === MINUS ? -value : value;
}

/** The number that a text spells, infinite or zero if it is out of range; NaN for other texts. */
function spelledDouble(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  if (INFINITE.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  const groups = HEXADECIMAL.exec(text);
  if (groups === null) return Number.NaN;
  const [, sign, whole, fraction = "", power = "0"] = groups;
  const mantissa = BigInt(`0x0${whole}${fraction}`);
  const value = nearestDouble(mantissa, Number(power) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}

/** The double nearest to mantissa * 2^exponent, ties to even. */
function nearestDouble(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const hex = mantissa.toString(16);
  const bits = hex.length * 4 - (Math.clz32(Number.parseInt(hex[0], 16)) - 28);
  const last = Math.max(exponent + bits - MANTISSA_BITS, EXPONENT_MIN);
  if (last > EXPONENT_MAX) return Infinity;
  const drop = last - exponent;
  if (drop <= 0) return Number(mantissa) * 2 ** exponent;
  if (drop > bits) return 0;
  const shift = BigInt(drop);
  const kept = mantissa >> shift;
  const rest = mantissa - (kept << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return Number(up ? kept + 1n : kept) * 2 ** last;
}

/** No double takes more bytes than this: a sign, 17 digits, a point, and an exponent of five. */
export const DOUBLE_SIZE_MAX = 24;

/** A fraction is three numbers of 26 bits, and gives 7 decimals at a time: all exact in doubles. */
const PART = 2 ** 26;
const PART_INVERSE = 2 ** -26;

/**
 * Writes a double at `offset` as `%.17g`, with `inf`, `-inf` and `nan`; returns where it ends. Of
 * numbers from 0.0001 up to 2^53, which nearly all are, it makes no string.
 */
export function writeDouble(bytes: Uint8Array, offset: number, value: number): number {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return writeInteger(bytes, offset, value);
  }
  const size = Math.abs(value);
  if (size >= FIXED_MIN && size < Number.MAX_SAFE_INTEGER) {
    return writeFraction(bytes, offset, value < 0, size);
  }
  const text = formatRare(value);
  for (let i = 0; i < text.length; i++) bytes[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

const spelled = new Uint8Array(DOUBLE_SIZE_MAX);

/** What `writeDouble` writes, as a text. */
export function formatDouble(value: number): string {
  return latin1(spelled, 0, writeDouble(spelled, 0, value));
}

/** Writes a number that is not whole, from FIXED_MIN up to 2^53. */
function writeFraction(bytes: Uint8Array, offset: number, negative: boolean, size: number): number {
  const whole = Math.floor(size);
  const isLonger = spellDecimals(size - whole);
  const end = REPLY_DIGITS - (whole === 0 ? -zerosBefore(size) : digitCount(whole));
  return writeRounded(bytes, offset, negative, whole, end, isLonger);
}

/** The zeros between the point and the first digit that counts. */
function zerosBefore(size: number): number {
  if (size >= 0.1) return 0;
  if (size >= 0.01) return 1;
  return size >= 0.001 ? 2 : 3;
}

/** Spells a fraction's decimals, as many as there is room for; whether that is not all of it. */
function spellDecimals(fraction: number): boolean {
  let high = Math.floor(fraction * PART);
  const rest = (fraction * PART - high) * PART;
  let middle = Math.floor(rest);
  let low = (rest - middle) * PART;
  for (let at = 0; at < decimals.length; at += STEP_DIGITS) {
    low *= STEP;
    let carry = (low * PART_INVERSE) | 0;
    low -= carry * PART;
    middle = middle * STEP + carry;
    carry = (middle * PART_INVERSE) | 0;
    middle -= carry * PART;
    high = high * STEP + carry;
    const digits = (high * PART_INVERSE) | 0;
    high -= digits * PART;
    spellStep(digits, at);
  }
  return high + middle + low > 0;
}

/** The very large and very small numbers, and those that are none. */
function formatRare(value: number): string {
  const size = Math.abs(value);
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (size === 0) return `${sign}0`;
  if (size === Infinity) return `${sign}inf`;
  // Whole, and of at most 17 digits: printed as it is.
  if (size >= FIXED_MIN && size < FIXED_END) return `${sign}${size.toFixed(0)}`;
  const [mantissa, power] = exponential(size).split("e");
  const digits = power.slice(1).padStart(2, "0");
  return `${sign}${trimZeros(mantissa)}e${power[0]}${digits}`;
}

/** With 17 digits; where JavaScript rounds a half up, a half goes to the even digit. */
function exponential(size: number): string {
  const rounded = size.toExponential(REPLY_DIGITS - 1);
  // What ends in a 5 with one digit more may be a half.
  if (size.toExponential(REPLY_DIGITS).charCodeAt(REPLY_DIGITS + 1) !== FIVE) return rounded;
  const [exact, power] = size.toExponential(EXACT_DIGITS).split("e");
  const kept = exact.slice(0, REPLY_DIGITS + 1);
  const isHalf = /^50*$/.test(exact.slice(REPLY_DIGITS + 1));
  return isHalf && /[02468]$/.test(kept) ? `${kept}e${power}` : rounded;
}

/** Without zeros, or a point, at the end of what follows a point. */
function trimZeros(text: string): string {
  let size = text.length;
  while (text.charCodeAt(size - 1) === ZERO) size--;
  if (size === text.length || !text.includes(".")) return text;
  if (text.charCodeAt(size - 1) === DOT) size--;
  return text.slice(0, size);
}
