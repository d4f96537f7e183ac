/**
 * Integers of 1 to 64 bits that begin at any bit of a run of bytes, highest bit first, as BITFIELD
 * numbers them. A field's bits are held as two words, since a double is exact up to 2^53 only.
 */
import { byteOf } from "./bitmap_offset.ts";

const BYTE_BITS = 8;
const WORD_BITS = 32;
const WORD = 2 ** 32;

/** A field's bits, at the low end of 64: what `read` found, or what `write` is to write. */
export const field = { high: 0, low: 0 };

/**
 * Reads `bits` bits from bit `from` on into `field`. Bytes from `end` on count as zeros; `offset`
 * is where the run begins.
 */
export function read(
  bytes: Uint8Array,
  offset: number,
  end: number,
  from: number,
  bits: number,
): void {
  let at = offset + byteOf(from);
  const lead = from & 7;
  let left = bits - (BYTE_BITS - lead);
  let low = (at < end ? bytes[at] : 0) & (0xff >>> lead);
  let high = 0;
  if (left < 0) low >>>= -left;
  while (left > 0) {
    at++;
    const taken = Math.min(left, BYTE_BITS);
    const part = (at < end ? bytes[at] : 0) >>> (BYTE_BITS - taken);
    high = (high << taken) | (low >>> (WORD_BITS - taken));
    low = (low << taken) | part;
    left -= taken;
  }
  field.high = high;
  field.low = low;
}

/** Writes the low `bits` bits of `field`, from bit `from` on; the bytes must be there. */
export function write(bytes: Uint8Array, offset: number, from: number, bits: number): void {
  const behind = from + bits;
  let at = offset + byteOf(behind - 1);
  let { high, low } = field;
  let left = bits;
  let shift = -behind & 7;
  while (left > 0) {
    const taken = Math.min(left, BYTE_BITS - shift);
    const mask = ((1 << taken) - 1) << shift;
    bytes[at] = (bytes[at] & ~mask) | ((low << shift) & mask);
    low = (low >>> taken) | (high << (WORD_BITS - taken));
    high >>>= taken;
    left -= taken;
    shift = 0;
    at--;
  }
}

/** The value of `field`'s low `bits` bits, or NaN when it is no safe integer: ask `bigValue`. */
export function value(bits: number, signed: boolean): number {
  const { high, low } = field;
  if (bits <= WORD_BITS) {
    const unused = WORD_BITS - bits;
    return signed ? (low << unused) >> unused : (low << unused) >>> unused;
  }
  const unused = WORD_BITS * 2 - bits;
  const top = signed ? (high << unused) >> unused : (high << unused) >>> unused;
  const whole = top * WORD + (low >>> 0);
  return Number.isSafeInteger(whole) ? whole : Number.NaN;
}

/** The value of `field`'s low `bits` bits. */
export function bigValue(bits: number, signed: boolean): bigint {
  const whole = (BigInt(field.high) << 32n) | BigInt(field.low >>> 0);
  return signed ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole);
}

/** Makes `field` the 64 bits of a safe integer. */
export function setValue(to: number): void {
  const low = to | 0;
  field.low = low;
  field.high = low === to ? low >> 31 : Math.floor(to / WORD) | 0;
}

/** Makes `field` the low 64 bits of an integer. */
export function setBigValue(to: bigint): void {
  field.low = Number(BigInt.asIntN(32, to));
  field.high = Number(BigInt.asIntN(32, to >> 32n));
}
