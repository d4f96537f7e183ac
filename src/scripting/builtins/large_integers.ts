/** Integers of 64 bits and more, which a number holds exactly only up to 2^53. */
import { LargeInteger } from "../value.ts";

/** A number if it holds the integer and no other one is rounded to it, else a large integer. */
export function exactInteger(value: bigint): number | LargeInteger {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : new LargeInteger(value);
}

/** The integer that `digits`, in decimal and with a minus perhaps, are. */
export function integerOfDigits(digits: string): number | LargeInteger {
  const number = +digits;
  return Number.isSafeInteger(number) ? number : new LargeInteger(BigInt(digits));
}

/** The integer of 64 bits that two words are, the high one with a sign or without. */
export function integerOfWords(high: number, low: number): number | LargeInteger {
  const number = high * 2 ** 32 + low;
  if (Number.isSafeInteger(number)) return number;
  return new LargeInteger((BigInt(high) << 32n) | BigInt(low));
}
