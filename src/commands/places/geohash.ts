/**
 * Places on earth as scores of sorted sets: a geohash of 52 bits. Longitude and latitude are each
 * divided into 2^26 cells, and the bits of the two cell numbers alternate, the longitude's higher:
 * places that are near each other often begin alike. Latitudes end where Web Mercator's map does.
 *
 * Bits are handled as two words of 32. A place on the upper edge has cell 2^26, one bit more.
 */
import { fromLatin1 } from "../../base/bytes.ts";

export const LONGITUDE_MAX = 180;
export const LATITUDE_MAX = 85.05112878;

/** Bits of a cell number in a score. */
export const STEP_MAX = 26;

const LONGITUDE_SPAN = 2 * LONGITUDE_MAX;
const LATITUDE_SPAN = 2 * LATITUDE_MAX;
const CELLS = 2 ** STEP_MAX;
const WORD = 2 ** 32;
const INTEGER_END = 2 ** 52;
const INT64_END = 2 ** 63;

const ALPHABET = fromLatin1("0123456789bcdefghjkmnpqrstuvwxyz");
const LETTER_BITS = 5;
/** Half of the letters that 52 bits are enough for, and what is left of these below them. */
const HALF_LETTERS = 5;
const HALF_END = 2 ** (52 - HALF_LETTERS * LETTER_BITS);

/** The place that `decode` found, in degrees. */
export const place = { longitude: 0, latitude: 0 };

/** A double as its two words, to read integers below 2^52 without a division. */
const doubles = new Float64Array(1);
const halves = new Int32Array(doubles.buffer);
let high = 0;
let low = 0;

/** The cell of a longitude, of 2^step; of one of the upper edge, 2^step itself. */
export function longitudeCell(longitude: number, step: number): number {
  return Math.floor(((longitude + LONGITUDE_MAX) / LONGITUDE_SPAN) * 2 ** step);
}

/** The cell of a latitude, of 2^step. */
export function latitudeCell(latitude: number, step: number): number {
  return Math.floor(((latitude + LATITUDE_MAX) / LATITUDE_SPAN) * 2 ** step);
}

/** The longitude at which a cell begins. */
export function longitudeOf(cell: number, step: number): number {
  return -LONGITUDE_MAX + (cell / 2 ** step) * LONGITUDE_SPAN;
}

/** The latitude at which a cell begins. */
export function latitudeOf(cell: number, step: number): number {
  return -LATITUDE_MAX + (cell / 2 ** step) * LATITUDE_SPAN;
}

/** The low 16 bits, each moved to twice its position. */
function spread(bits: number): number {
  let x = bits & 0xffff;
  x = (x | (x << 8)) & 0x00ff00ff;
  x = (x | (x << 4)) & 0x0f0f0f0f;
  x = (x | (x << 2)) & 0x33333333;
  return (x | (x << 1)) & 0x55555555;
}

/** The bits at even positions, moved together: the inverse of `spread`. */
function gathered(bits: number): number {
  let x = bits & 0x55555555;
  x = (x | (x >>> 1)) & 0x33333333;
  x = (x | (x >>> 2)) & 0x0f0f0f0f;
  x = (x | (x >>> 4)) & 0x00ff00ff;
  return (x | (x >>> 8)) & 0xffff;
}

/** The alternating bits of two cell numbers, plus `added` (0 or 1), as a double. */
export function interleaved(longitude: number, latitude: number, added: number): number {
  const lowWord = (spread(latitude) | (spread(longitude) << 1)) >>> 0;
  const highWord = (spread(latitude >>> 16) | (spread(longitude >>> 16) << 1)) >>> 0;
  const sum = lowWord + added;
  // Rounded once, where a bit is beyond 2^53.
  return sum < WORD ? highWord * WORD + sum : (highWord + 1) * WORD;
}

/** The score of a place, which must be on the map. */
export function encode(longitude: number, latitude: number): number {
  return interleaved(longitudeCell(longitude, STEP_MAX), latitudeCell(latitude, STEP_MAX), 0);
}

/** Finds the `place` of a score: the middle of its cell. Any score has one. */
export function decode(score: number): void {
  split(score);
  const latitude = (gathered(low) | (gathered(high) << 16)) >>> 0;
  const longitude = (gathered(low >>> 1) | (gathered(high >>> 1) << 16)) >>> 0;
  place.latitude = middle(latitude, LATITUDE_MAX, LATITUDE_SPAN);
  place.longitude = middle(longitude, LONGITUDE_MAX, LONGITUDE_SPAN);
}

function middle(cell: number, most: number, span: number): number {
  const from = -most + (cell / CELLS) * span;
  const to = -most + (((cell + 1) >>> 0) / CELLS) * span;
  return Math.max(-most, Math.min(most, (from + to) / 2));
}

/** Puts the 64 bits of a score, without its fraction, into `high` and `low`. */
function split(score: number): void {
  if (score >= 0 && score < INTEGER_END) {
    doubles[0] = Math.floor(score) + INTEGER_END;
    low = halves[0];
    high = halves[1] & 0xfffff;
    return;
  }
  const bits = outOfRange(score);
  low = Number(BigInt.asIntN(32, bits));
  high = Number(BigInt.asIntN(32, bits >> 32n));
}

/** What the machine that Redis runs on makes of a double that is no integer of 64 bits. */
function outOfRange(score: number): bigint {
  if (score >= 2 * INT64_END) return 0n;
  if (score >= -INT64_END) return BigInt(Math.trunc(score));
  return BigInt(-INT64_END);
}

/** Letters of a geohash text; for the last, 52 bits are not enough. */
export const TEXT_SIZE = 11;

/**
 * Writes the geohash of a place as everybody writes it, which is of latitudes up to 90 degrees, to
 * the first TEXT_SIZE bytes.
 */
export function writeText(to: Uint8Array, longitude: number, latitude: number): void {
  const north = Math.floor(((latitude + 90) / 180) * CELLS);
  const hash = interleaved(longitudeCell(longitude, STEP_MAX), north, 0);
  // The two bits below the letters of the second half are not shown.
  const upper = Math.floor(hash / HALF_END);
  writeLetters(to, 0, upper);
  writeLetters(to, HALF_LETTERS, (hash - upper * HALF_END) >>> 2);
  to[TEXT_SIZE - 1] = ALPHABET[0];
}

/** Writes the letters of 25 bits. */
function writeLetters(to: Uint8Array, at: number, bits: number): void {
  for (let i = 0; i < HALF_LETTERS; i++) {
    to[at + i] = ALPHABET[(bits >>> ((HALF_LETTERS - 1 - i) * LETTER_BITS)) & 31];
  }
}
