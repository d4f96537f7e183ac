/**
 * The ID of a stream entry: milliseconds and a sequence number, both unsigned 64-bit integers, as
 * four words. An ID in JavaScript is one of a few objects that are used again and again; in the
 * arena it is four words in a row: ms high, ms low, seq high, seq low.
 *
 * Words are int32 as the arena's are, so that no number is boxed; they compare as unsigned.
 */
import { i32, type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { writeInteger } from "../base/numbers.ts";
import { cString } from "../base/words.ts";
import type { Reply } from "../protocol/reply.ts";

const WORD = 2 ** 32;
/** Words that an ID takes in the arena, and its bytes. */
export const ID_WORDS = 4;
export const ID_SIZE = 16;
/** High words below this make a number that a double holds exactly. */
const SAFE_HIGH = 1 << 21;
/** The longest ID: 20 digits, a dash, 20 digits. */
const TEXT_SIZE_MAX = 41;
const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MAX = 2n ** 63n - 1n;
/** What C reads into an ID: a longer text is none. */
const READ_SIZE_MAX = 127;

const ZERO = 48;
const NINE = 57;
const DASH = 45;
/** So many digits are always exact in a double. */
const QUICK_DIGITS = 15;

/** An ID; the words may be written freely. */
export class StreamId {
  msHigh = 0;
  msLow = 0;
  seqHigh = 0;
  seqLow = 0;

  set(msHigh: number, msLow: number, seqHigh: number, seqLow: number): void {
    this.msHigh = msHigh;
    this.msLow = msLow;
    this.seqHigh = seqHigh;
    this.seqLow = seqLow;
  }

  /** Another object of the same ID. */
  clone(): StreamId {
    const id = new StreamId();
    id.copy(this);
    return id;
  }

  copy(from: StreamId): void {
    this.set(from.msHigh, from.msLow, from.seqHigh, from.seqLow);
  }

  /** The ID of this time, a safe integer, with a sequence number of 0. */
  setTime(ms: number): void {
    this.set((ms / WORD) | 0, ms | 0, 0, 0);
  }

  setZero(): void {
    this.set(0, 0, 0, 0);
  }

  setMax(): void {
    this.set(-1, -1, -1, -1);
  }

  get isZero(): boolean {
    return (this.msHigh | this.msLow | this.seqHigh | this.seqLow) === 0;
  }

  get isMax(): boolean {
    return (this.msHigh & this.msLow & this.seqHigh & this.seqLow) === -1;
  }

  /** Whether the sequence number is the highest of all. */
  get isLastOfMs(): boolean {
    return (this.seqHigh & this.seqLow) === -1;
  }

  /** Goes to the next ID; false, and nothing changes, when this is the highest. */
  increment(): boolean {
    if (this.isMax) return false;
    this.seqLow = (this.seqLow + 1) | 0;
    if (this.seqLow !== 0) return true;
    this.seqHigh = (this.seqHigh + 1) | 0;
    if (this.seqHigh !== 0) return true;
    this.msLow = (this.msLow + 1) | 0;
    if (this.msLow === 0) this.msHigh = (this.msHigh + 1) | 0;
    return true;
  }

  /** Goes to the ID before; false, and nothing changes, when this is the lowest. */
  decrement(): boolean {
    if (this.isZero) return false;
    this.seqLow = (this.seqLow - 1) | 0;
    if (this.seqLow !== -1) return true;
    this.seqHigh = (this.seqHigh - 1) | 0;
    if (this.seqHigh !== -1) return true;
    this.msLow = (this.msLow - 1) | 0;
    if (this.msLow === -1) this.msHigh = (this.msHigh - 1) | 0;
    return true;
  }

  /** Below 0, 0 or above 0, as this ID is before, equal to or after the other. */
  compare(other: StreamId): number {
    if (this.msHigh !== other.msHigh) return unsigned(this.msHigh, other.msHigh);
    if (this.msLow !== other.msLow) return unsigned(this.msLow, other.msLow);
    if (this.seqHigh !== other.seqHigh) return unsigned(this.seqHigh, other.seqHigh);
    return this.seqLow === other.seqLow ? 0 : unsigned(this.seqLow, other.seqLow);
  }

  /** Takes the ID that begins at word `at` of a block. */
  load(from: Ref, at: number): void {
    this.read(i32[from >>> SEGMENT_BITS], ((from & SEGMENT_MASK) << 1) + at);
  }

  /** Writes the ID at word `at` of a block. */
  store(to: Ref, at: number): void {
    const words = i32[to >>> SEGMENT_BITS];
    const first = ((to & SEGMENT_MASK) << 1) + at;
    words[first] = this.msHigh;
    words[first + 1] = this.msLow;
    words[first + 2] = this.seqHigh;
    words[first + 3] = this.seqLow;
  }

  /** Takes the ID at index `at` of these words. */
  read(words: Int32Array, at: number): void {
    this.set(words[at], words[at + 1], words[at + 2], words[at + 3]);
  }

  /** Below 0, 0 or above 0, as this ID is before, equal to or after that of these words. */
  compareTo(words: Int32Array, at: number): number {
    if (this.msHigh !== words[at]) return unsigned(this.msHigh, words[at]);
    if (this.msLow !== words[at + 1]) return unsigned(this.msLow, words[at + 1]);
    if (this.seqHigh !== words[at + 2]) return unsigned(this.seqHigh, words[at + 2]);
    return this.seqLow === words[at + 3] ? 0 : unsigned(this.seqLow, words[at + 3]);
  }

  /** The text: `1526919030474-55`. For the cold paths. */
  get text(): string {
    return `${wide(this.msHigh, this.msLow)}-${wide(this.seqHigh, this.seqLow)}`;
  }
}

const unsigned = (a: number, b: number) => (a >>> 0 < b >>> 0 ? -1 : 1);

const wide = (high: number, low: number) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Where `spell` writes. */
export const spelled = new Uint8Array(TEXT_SIZE_MAX + 1);
/** The ms that are spelled there, and where the dash is after them. */
let spelledHigh = -1;
let spelledLow = -1;
let dash = 0;

/** Replies with the ID as a bulk string. */
export function replyId(id: StreamId, to: Reply): void {
  to.bulk(spelled, 0, spell(id));
}

/** Writes the text of an ID at the start of `spelled`; returns how many bytes it takes. */
export function spell(id: StreamId): number {
  const { msHigh, msLow, seqHigh, seqLow } = id;
  if (msHigh >>> 0 >= SAFE_HIGH || seqHigh >>> 0 >= SAFE_HIGH) return spellRare(id);
  if (msHigh !== spelledHigh || msLow !== spelledLow) {
    dash = writeInteger(spelled, 0, (msHigh >>> 0) * WORD + (msLow >>> 0));
    spelled[dash] = DASH;
    spelledHigh = msHigh;
    spelledLow = msLow;
  }
  return writeInteger(spelled, dash + 1, (seqHigh >>> 0) * WORD + (seqLow >>> 0));
}

/** As `spell`, for numbers that a double does not hold exactly. */
function spellRare(id: StreamId): number {
  const { text } = id;
  for (let i = 0; i < text.length; i++) spelled[i] = text.charCodeAt(i);
  spelledHigh = -1;
  spelledLow = -1;
  return text.length;
}

/** What `parseId` found besides the ID: nothing, a dash and `*` in the place of the sequence. */
export const parsed = { sequenceIsStar: false };

/**
 * Reads `ms` or `ms-seq` into `id`, as C does: with blanks, a plus and zeros before the digits.
 * Where there is no sequence number it is 0, or the highest with `lastOfMs`. With `starAllowed`
 * the sequence may be `*`, which is noted in `parsed` and read as 0. False if the text is no ID.
 */
export function parseId(
  bytes: Uint8Array,
  offset: number,
  size: number,
  id: StreamId,
  lastOfMs: boolean,
  starAllowed = false,
): boolean {
  parsed.sequenceIsStar = false;
  const end = offset + size;
  let at = offset;
  let ms = 0;
  while (at < end && bytes[at] >= ZERO && bytes[at] <= NINE) ms = ms * 10 + bytes[at++] - ZERO;
  const quick = at > offset && at - offset <= QUICK_DIGITS;
  if (quick && at === end) {
    id.setTime(ms);
    if (lastOfMs) id.seqHigh = id.seqLow = -1;
    return true;
  }
  const first = at + 1;
  if (!quick || bytes[at] !== DASH || end - first > QUICK_DIGITS || first === end) {
    return parseSlowly(bytes, offset, size, id, lastOfMs, starAllowed);
  }
  let seq = 0;
  for (at = first; at < end && bytes[at] >= ZERO && bytes[at] <= NINE; at++) {
    seq = seq * 10 + bytes[at] - ZERO;
  }
  if (at < end) return parseSlowly(bytes, offset, size, id, lastOfMs, starAllowed);
  id.set((ms / WORD) | 0, ms | 0, (seq / WORD) | 0, seq | 0);
  return true;
}

/** As `parseId`, for whatever is unusual. */
function parseSlowly(
  bytes: Uint8Array,
  offset: number,
  size: number,
  id: StreamId,
  lastOfMs: boolean,
  starAllowed: boolean,
): boolean {
  if (size > READ_SIZE_MAX) return false;
  const text = cString(String.fromCharCode(...bytes.subarray(offset, offset + size)));
  const dash = text.indexOf("-");
  const ms = parseUnsigned(dash < 0 ? text : text.slice(0, dash));
  if (ms === null) return false;
  let seq: bigint | null = lastOfMs ? UINT64_MAX : 0n;
  if (dash >= 0) {
    const rest = text.slice(dash + 1);
    parsed.sequenceIsStar = starAllowed && rest === "*";
    seq = parsed.sequenceIsStar ? 0n : parseUnsigned(rest);
    if (seq === null) return false;
  }
  id.set(highOf(ms), lowOf(ms), highOf(seq), lowOf(seq));
  return true;
}

const highOf = (value: bigint) => Number(value >> 32n) | 0;
const lowOf = (value: bigint) => Number(value & 0xffffffffn) | 0;

/**
 * An unsigned 64-bit integer as Redis reads it: what is a signed one must not be negative; all else
 * is left to C, for which a minus with blanks or zeros beside it wraps round.
 */
function parseUnsigned(text: string): bigint | null {
  if (/^-?[1-9]\d{0,18}$|^0$/.test(text)) {
    const value = BigInt(text);
    if (value >= 0n && value <= INT64_MAX) return value;
    if (value < 0n && value >= -INT64_MAX - 1n) return null;
  }
  const match = /^[ \t-\r]*([+-]?)(\d+)$/.exec(text);
  if (match === null) return null;
  const value = BigInt(match[2]);
  if (value > UINT64_MAX) return null;
  return match[1] === "-" ? BigInt.asUintN(64, -value) : value;
}
