/**
 * The decimals of a fraction, as they are spelled before they are rounded and written: digits in
 * `decimals`, seven at a time, each seven a number that is exact.
 */
import { writeInteger } from "./numbers.ts";

const ZERO = 48;
const FIVE = 53;
const NINE = 57;
const MINUS = 45;
const DOT = 46;

/** Digits that a step spells, and how many steps there is room for. */
export const STEP_DIGITS = 7;
export const STEP = 10 ** STEP_DIGITS;
export const STEPS = 3;

export const decimals = new Uint8Array(STEP_DIGITS * STEPS);

/** Spells an integer below STEP as decimals from `at` on. */
export function spellStep(digits: number, at: number): void {
  const upper = (digits / 10000) | 0;
  spellDigits(upper, at, 3);
  spellDigits(digits - upper * 10000, at + 3, 4);
}

/** Spells an integer below 10,000 with so many digits. */
function spellDigits(value: number, at: number, count: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    // A tenth, by multiplying: exact below 81,920.
    const others = (rest * 52429) >>> 19;
    decimals[i] = ZERO + rest - others * 10;
    rest = others;
  }
}

/**
 * Writes a whole number and those of its decimals that come before `end`, rounded half to even, but
 * for zeros at their end. `isLonger`: there is more than `decimals` hold. Zero has no sign. Returns
 * where it ends.
 */
export function writeRounded(
  bytes: Uint8Array,
  offset: number,
  negative: boolean,
  whole: number,
  end: number,
  isLonger: boolean,
): number {
  const wholes = isNearerAbove(end, isLonger) && roundUp(end) ? whole + 1 : whole;
  let last = end;
  while (last > 0 && decimals[last - 1] === ZERO) last--;

  let at = offset;
  if (negative && (wholes > 0 || last > 0)) bytes[at++] = MINUS;
  at = writeInteger(bytes, at, wholes);
  if (last > 0) bytes[at++] = DOT;
  for (let i = 0; i < last; i++) bytes[at++] = decimals[i];
  return at;
}

/** Whether the decimals from `end` on are more than half; a half goes to the even digit. */
function isNearerAbove(end: number, isLonger: boolean): boolean {
  if (decimals[end] !== FIVE) return decimals[end] > FIVE;
  if (isLonger) return true;
  for (let i = end + 1; i < decimals.length; i++) if (decimals[i] !== ZERO) return true;
  return (decimals[end - 1] & 1) === 1;
}

/** Adds one to the last of the decimals before `end`; whether that makes a whole. */
function roundUp(end: number): boolean {
  let i = end - 1;
  while (i >= 0 && decimals[i] === NINE) decimals[i--] = ZERO;
  if (i < 0) return true;
  decimals[i]++;
  return false;
}
