/**
 * The elements of the small collections that RDB holds as one string each: listpacks, ziplists,
 * zipmaps and intsets. Each cursor is to be used again and again:
 *
 *   cursor.start(bytes, offset, size);
 *   while (cursor.next()) … cursor.range …
 *
 * Nothing is taken on trust: `start` and `next` throw Malformed at the first thing that is wrong,
 * also that there are more or less elements than the head says; when `next` has said that there
 * is no more, all bytes were looked at. `range` is good until `next` is called again.
 */
import { writeInteger } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import * as packed from "../../structures/packed.ts";
import * as element from "../../structures/packed_element.ts";
import { Malformed } from "./rdb_format.ts";

/** A walk over the elements of a collection in one string. */
export interface Elements {
  /** The element that `next` has come to. */
  readonly range: Range;
  start(bytes: Uint8Array, offset: number, size: number): void;
  next(): boolean;
}

const END = 0xff;
const COUNT_UNKNOWN = 0xffff;
const DIGITS_SIZE = 32;

const word = (bytes: Uint8Array, at: number) =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
const bigWord = (bytes: Uint8Array, at: number) =>
  (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
const short = (bytes: Uint8Array, at: number) => bytes[at] | (bytes[at + 1] << 8);

/** What the cursors have in common. */
abstract class Cursor {
  protected readonly shown: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };
  protected bytes = this.shown.bytes;
  protected at = 0;
  /** Where the elements end. */
  end = 0;
  protected seen = 0;
  protected readonly digits = new Uint8Array(DIGITS_SIZE);

  get range(): Range {
    return this.shown;
  }

  protected open(bytes: Uint8Array, offset: number, size: number, least: number): void {
    if (size < least) throw new Malformed("a collection is too short");
    this.bytes = bytes;
    this.end = offset + size;
    this.seen = 0;
  }

  protected show(bytes: Uint8Array, offset: number, size: number): void {
    this.shown.bytes = bytes;
    this.shown.offset = offset;
    this.shown.size = size;
  }

  protected showInteger(value: number): void {
    this.show(this.digits, 0, writeInteger(this.digits, 0, value));
  }

  /** Throws unless so many bytes from an index on are before the end. */
  protected within(at: number, size: number): void {
    if (size < 0 || at + size > this.end) throw new Malformed("an element passes the end");
  }
}

const LISTPACK_HEADER = 6;
const LISTPACK_CODE_STRING6 = 0x80;
const LISTPACK_CODE_INT13 = 0xc0;
const LISTPACK_CODE_STRING12 = 0xe0;
const LISTPACK_CODE_STRING32 = 0xf0;
const LISTPACK_CODE_INT64 = 0xf4;
const TWO_SIZES = "a listpack's element has two sizes";
const NINE = 57;

/**
 * Of a listpack:
 *
 *   | size: 4 | count: 2 | element … | FF |
 *
 * Elements are those of packed_element.ts.
 */
export class ListpackCursor extends Cursor implements Elements {
  /** So far all elements are stored as a packed block stores them. */
  isExact = true;
  /** The bytes that the element takes. */
  span = 0;
  private counted = 0;

  /** Where in the bytes the element lies that `next` has come to. */
  get position(): number {
    return this.at;
  }

  override get range(): Range {
    return element.textInto(this.bytes, this.at, this.shown, this.digits);
  }

  start(bytes: Uint8Array, offset: number, size: number): void {
    this.open(bytes, offset, size, packed.EMPTY_SIZE);
    if (word(bytes, offset) !== size) throw new Malformed("a listpack of another size");
    if (bytes[this.end - 1] !== END) throw new Malformed("a listpack without an end");
    this.counted = short(bytes, offset + 4);
    this.at = offset + LISTPACK_HEADER;
    this.span = 0;
    this.isExact = true;
    this.end--;
  }

  next(): boolean {
    const { bytes } = this;
    const at = this.at + this.span;
    this.at = at;
    if (at === this.end) {
      this.checkCount();
      return false;
    }
    this.seen++;
    const first = bytes[at];
    let isCanonical = true;
    if (first >= LISTPACK_CODE_STRING6 && first < LISTPACK_CODE_INT13) {
      // Most elements are short strings, and most of these are plainly no integers.
      const size = first & 63;
      this.within(at, size + 2);
      if (bytes[at + 1 + size] !== size + 1) throw new Malformed(TWO_SIZES);
      this.span = size + 2;
      isCanonical = bytes[at + 1] > NINE || this.isLeast();
    } else if (first < LISTPACK_CODE_STRING6) {
      this.within(at, 2);
      if (bytes[at + 1] !== 1) throw new Malformed(TWO_SIZES);
      this.span = 2;
    } else if (element.isInteger(bytes, at) && first < LISTPACK_CODE_INT64) {
      const body = element.bodySpan(bytes, at);
      this.within(at, body + 1);
      if (bytes[at + body] !== body) throw new Malformed(TWO_SIZES);
      this.span = body + 1;
      isCanonical = !fitsIn(body - 1, element.integer(bytes, at));
    } else {
      this.span = this.checkedSpan(at);
      isCanonical = this.isLeast();
    }
    if (!isCanonical) this.isExact = false;
    return true;
  }

  /**
   * Passes over elements that are stored as a packed block stores them, at most `countMax` that
   * take `sizeMax` bytes; how many. They begin at `following` as it was before. When it passes over
   * none, `next` goes on.
   */
  run(sizeMax: number, countMax: number): number {
    const at = element.passRun(this.bytes, this.following, this.end, sizeMax, countMax);
    this.passTo(at, element.passed.count);
    return element.passed.count;
  }

  /** Somebody has passed over so many elements, up to there. */
  passTo(at: number, elements: number): void {
    this.at = at;
    this.span = 0;
    this.seen += elements;
  }

  /** Where the element begins that comes next. */
  get following(): number {
    return this.at + this.span;
  }

  private checkCount(): void {
    if (this.counted !== COUNT_UNKNOWN && this.counted !== this.seen) {
      throw new Malformed("a listpack of another count");
    }
  }

  /** Whether the element takes as many bytes as a packed block would give it. */
  private isLeast(): boolean {
    const { bytes, offset, size } = this.range;
    return element.measure(bytes, offset, size) === this.span;
  }

  /** Whether the element is stored as a string of up to 63 bytes. */
  get isShort(): boolean {
    const first = this.bytes[this.at];
    return first >= LISTPACK_CODE_STRING6 && first < LISTPACK_CODE_INT13;
  }

  /** Whether the element is stored as an integer: its value, if it is a safe one; else NaN. */
  integer(): number {
    if (!element.isInteger(this.bytes, this.at)) return Number.NaN;
    return element.integer(this.bytes, this.at);
  }

  private checkedSpan(at: number): number {
    const { bytes } = this;
    const first = bytes[at];
    if (first > LISTPACK_CODE_INT64) throw new Malformed("a listpack's element of no known form");
    if (first >= LISTPACK_CODE_STRING12) this.within(at, first === LISTPACK_CODE_STRING32 ? 5 : 2);
    const body = element.bodySpan(bytes, at);
    this.within(at, body);
    const span = element.spanOf(body);
    this.within(at, span);
    if (body < 1 || element.spanBefore(bytes, at + span) !== span) {
      throw new Malformed(TWO_SIZES);
    }
    return span;
  }
}

/** Whether an integer's body can have so many bytes (1 to 4), or less. */
function fitsIn(size: number, value: number): boolean {
  if (size === 1) return value >= 0 && value < 128;
  if (size === 2) return value >= -4096 && value < 4096;
  const unused = size === 3 ? 16 : 8;
  return (value << unused) >> unused === value;
}

const ZIPLIST_HEADER = 10;
const ZIPLIST_TAIL = 4;
const ZIPLIST_COUNT = 8;
/** A size before an element that takes five bytes begins with this. */
const ZIPLIST_LONG = 0xfe;
const ZIPLIST_IMMEDIATE = 0xf1;

/**
 * Of a ziplist:
 *
 *   | size: 4 | offset of the last element: 4 | count: 2 | element … | FF |
 *
 *   element  | size of the element before: 1 or 5 | code: 1, 2 or 5 | data … |
 *
 *   00xxxxxx            string of so many bytes; 01xxxxxx + 1 byte, 80 + 4 bytes: highest first
 *   C0, D0, E0, F0, FE  integer of 16, 32, 64, 24, 8 bits, lowest byte first
 *   F1 … FD             integer 0 … 12
 */
export class ZiplistCursor extends Cursor implements Elements {
  private counted = 0;
  private tail = 0;
  /** Where the element begins, and where what follows it. */
  private current = 0;
  private following = 0;

  start(bytes: Uint8Array, offset: number, size: number): void {
    this.open(bytes, offset, size, ZIPLIST_HEADER + 1);
    if (word(bytes, offset) !== size) throw new Malformed("a ziplist of another size");
    if (bytes[this.end - 1] !== END) throw new Malformed("a ziplist without an end");
    this.tail = offset + (word(bytes, offset + ZIPLIST_TAIL) >>> 0);
    this.counted = short(bytes, offset + ZIPLIST_COUNT);
    this.current = offset + ZIPLIST_HEADER;
    this.following = this.current;
    this.end--;
  }

  next(): boolean {
    const { bytes } = this;
    const before = this.following - this.current;
    if (this.following === this.end) {
      if (this.counted !== COUNT_UNKNOWN && this.counted !== this.seen) {
        throw new Malformed("a ziplist of another count");
      }
      if (this.tail !== this.current) throw new Malformed("a ziplist's last element is elsewhere");
      return false;
    }
    this.current = this.following;
    this.seen++;
    const { current } = this;
    const isLong = bytes[current] === ZIPLIST_LONG;
    const headSize = isLong ? 5 : 1;
    this.within(current, headSize + 1);
    const told = isLong ? word(bytes, current + 1) >>> 0 : bytes[current];
    if (told !== before) throw new Malformed("a ziplist's element has two sizes");
    this.read(current + headSize);
    return true;
  }

  /** Reads code and data. */
  private read(at: number): void {
    const { bytes } = this;
    const code = bytes[at];
    if (code < 0xc0) {
      let size = code & 63;
      let dataAt = at + 1;
      if (code >= 0x80) {
        this.within(at, 5);
        size = bigWord(bytes, at + 1) >>> 0;
        dataAt = at + 5;
      } else if (code >= 0x40) {
        this.within(at, 2);
        size = (size << 8) | bytes[at + 1];
        dataAt = at + 2;
      }
      this.within(dataAt, size);
      this.show(bytes, dataAt, size);
      this.following = dataAt + size;
      return;
    }
    if (code >= ZIPLIST_IMMEDIATE && code < ZIPLIST_LONG) {
      this.following = at + 1;
      this.showInteger(code - ZIPLIST_IMMEDIATE);
      return;
    }
    const size = sizeOfInteger(code);
    this.within(at + 1, size);
    this.following = at + 1 + size;
    if (size < 8) this.showInteger(signed(bytes, at + 1, size));
    else this.showWide(word(bytes, at + 5), word(bytes, at + 1));
  }

  private showWide(high: number, low: number): void {
    const text = ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString();
    for (let i = 0; i < text.length; i++) this.digits[i] = text.charCodeAt(i);
    this.show(this.digits, 0, text.length);
  }
}

/** Bytes of a ziplist's integer. */
function sizeOfInteger(code: number): number {
  switch (code) {
    case 0xc0:
      return 2;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    case 0xf0:
      return 3;
    case 0xfe:
      return 1;
    default:
      throw new Malformed("a ziplist's element of no known form");
  }
}

/** The signed integer of 1 to 4 bytes, lowest first. */
function signed(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value |= bytes[at + i] << (8 * i);
  const unused = 32 - 8 * size;
  return (value << unused) >> unused;
}

const ZIPMAP_LONG = 0xfe;

/**
 * Of a zipmap, of fields and values in turn:
 *
 *   | count: 1 | size | field … | size | unused: 1 | value … | unused bytes … | … | FF |
 *
 * A size is one byte, or FE and four bytes, lowest first. From 254 pairs on, the count is FE.
 */
export class ZipmapCursor extends Cursor implements Elements {
  private counted = 0;

  start(bytes: Uint8Array, offset: number, size: number): void {
    this.open(bytes, offset, size, 2);
    if (bytes[this.end - 1] !== END) throw new Malformed("a zipmap without an end");
    this.counted = bytes[offset];
    this.at = offset + 1;
    this.end--;
  }

  next(): boolean {
    const { bytes } = this;
    const isValue = (this.seen & 1) === 1;
    if (this.at === this.end) {
      if (isValue) throw new Malformed("a zipmap's field without a value");
      if (this.counted < ZIPMAP_LONG && this.counted * 2 !== this.seen) {
        throw new Malformed("a zipmap of another count");
      }
      return false;
    }
    this.seen++;
    const first = bytes[this.at];
    if (first === END) throw new Malformed("a zipmap ends too early");
    const head = first === ZIPMAP_LONG ? 5 : 1;
    this.within(this.at, head + (isValue ? 1 : 0));
    const size = head === 1 ? first : word(bytes, this.at + 1) >>> 0;
    const unused = isValue ? bytes[this.at + head] : 0;
    const dataAt = this.at + head + (isValue ? 1 : 0);
    this.within(dataAt, size + unused);
    this.show(bytes, dataAt, size);
    this.at = dataAt + size + unused;
    return true;
  }
}
