/**
 * Reads MessagePack from memory, whoever wrote it. Whatever is read is checked against what is
 * left: all functions throw Malformed when the bytes are not what they should be.
 *
 * Strings are not copied: they are given as where they lie.
 */
import { ensureMore } from "../../arena/arena.ts";
import { latin1 } from "../../base/bytes.ts";
import { writeInteger } from "../../base/numbers.ts";
import { Malformed } from "../rdb/rdb_format.ts";

const NIL_CODE = 0xc0;
const BIN8 = 0xc4;
const BIN32 = 0xc6;
const FLOAT32 = 0xca;
const FLOAT64 = 0xcb;
const UINT8 = 0xcc;
const INT8 = 0xd0;
const INT64 = 0xd3;
const STR8 = 0xd9;
const STR32 = 0xdb;
const ARRAY16 = 0xdc;
const ARRAY32 = 0xdd;
const FIX_MAP = 0x80;
const FIX_ARRAY = 0x90;
const FIX_STR = 0xa0;
const NEGATIVE = 0xe0;

const WORD = 2 ** 32;
const INTEGER_TEXT_SIZE = 24;
/** Reads by words may pass the end of the memory by so much: it must be there. */
export const READ_SLACK = 16;

const TOO_SHORT = "a block ends within a record";

/** A string, as it lies in what is read. Good until the next is read into it, or the next block. */
export class Chunk {
  bytes: Uint8Array = new Uint8Array(0);
  /** Over the same memory. */
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  size = 0;
  /** Where integers are spelled. */
  private readonly digits = new Uint8Array(INTEGER_TEXT_SIZE + READ_SLACK);
  private readonly digitsView = new DataView(this.digits.buffer);

  /** Makes it the decimal form of an integer. */
  spell(value: number, high: number, low: number): void {
    this.bytes = this.digits;
    this.view = this.digitsView;
    this.offset = 0;
    if (Number.isSafeInteger(value)) {
      this.size = writeInteger(this.digits, 0, value);
      return;
    }
    const top = value < 0 ? high : high >>> 0;
    const text = ((BigInt(top) << 32n) | BigInt(low >>> 0)).toString();
    for (let i = 0; i < text.length; i++) this.digits[i] = text.charCodeAt(i);
    this.size = text.length;
  }
}

export class MessageReader {
  /** The words of the integer that was read last. */
  high = 0;
  low = 0;
  at = 0;
  end = 0;
  private readBytes: Uint8Array = new Uint8Array(READ_SLACK);
  private readView: DataView = new DataView(this.readBytes.buffer);

  /** What is read, and a view over its memory. */
  get bytes(): Uint8Array {
    return this.readBytes;
  }

  get view(): DataView {
    return this.readView;
  }

  /** Reads from the start of memory, which has READ_SLACK bytes more than `size`. */
  open(bytes: Uint8Array, view: DataView, size: number): void {
    this.readBytes = bytes;
    this.readView = view;
    this.at = 0;
    this.end = size;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  private code(): number {
    if (this.at >= this.end) throw new Malformed(TOO_SHORT);
    return this.readBytes[this.at++];
  }

  /** Sees that so many bytes are left. */
  private need(size: number): void {
    if (size > this.end - this.at) throw new Malformed(TOO_SHORT);
  }

  /** The number of elements of an array. */
  array(): number {
    const code = this.code();
    let count = code & 15;
    if (code === ARRAY16 || code === ARRAY32) {
      count = this.unsigned(code - ARRAY16 + 1);
    } else if (code >> 4 !== FIX_ARRAY >> 4) {
      throw new Malformed("there should be an array");
    }
    // Each takes a byte at least.
    this.need(count);
    return count;
  }

  /** An integer of 1, 2 or 4 bytes (0, 1, 2), without sign. */
  private unsigned(width: number): number {
    const { at } = this;
    this.need(1 << width);
    this.at += 1 << width;
    if (width === 0) return this.readBytes[at];
    return width === 1 ? this.readView.getUint16(at) : this.readView.getUint32(at);
  }

  /** Whether a nil comes next, which is then passed over. */
  nil(): boolean {
    if (this.at >= this.end || this.readBytes[this.at] !== NIL_CODE) return false;
    this.at++;
    return true;
  }

  /** Whether an integer comes next. */
  get isInteger(): boolean {
    const code = this.readBytes[this.at];
    return code < FIX_MAP || code >= NEGATIVE || (code >= UINT8 && code <= INT64);
  }

  /** An integer, beyond 2^53 rounded, exact in high and low. */
  integer(): number {
    const code = this.code();
    if (code < FIX_MAP || code >= NEGATIVE) return this.small((code << 24) >> 24);
    if (code < UINT8 || code > INT64) return this.whole(code);
    const isSigned = code >= INT8;
    const width = (code - UINT8) & 3;
    const { at } = this;
    this.need(1 << width);
    this.at += 1 << width;
    const view = this.readView;
    if (width === 0) return this.small(isSigned ? view.getInt8(at) : this.readBytes[at]);
    if (width === 1) return this.small(isSigned ? view.getInt16(at) : view.getUint16(at));
    this.low = view.getInt32(width === 2 ? at : at + 4);
    if (width === 2) {
      this.high = isSigned ? this.low >> 31 : 0;
      return isSigned ? this.low : this.low >>> 0;
    }
    this.high = view.getInt32(at);
    return (isSigned ? this.high : this.high >>> 0) * WORD + (this.low >>> 0);
  }

  /** An integer that is written as a double, as those libraries do to which all numbers are. */
  private whole(code: number): number {
    this.at--;
    const value = code === FLOAT64 ? this.double() : Number.NaN;
    if (!Number.isSafeInteger(value)) throw new Malformed("there should be an integer");
    this.low = value | 0;
    this.high = Math.floor(value / WORD);
    return value;
  }

  private small(value: number): number {
    this.low = value;
    this.high = value >> 31;
    return value;
  }

  /** An integer from 0 on that a double is exact for. */
  count(): number {
    const value = this.integer();
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new Malformed("a number is out of range");
    }
    return value;
  }

  /** The integer in high and low, as a signed one. */
  get bigint(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  /** A number of any kind. */
  double(): number {
    const code = this.readBytes[this.at];
    if (code !== FLOAT64 && code !== FLOAT32) return this.integer();
    this.at++;
    const { at } = this;
    this.need(code === FLOAT64 ? 8 : 4);
    this.at += code === FLOAT64 ? 8 : 4;
    return code === FLOAT64 ? this.readView.getFloat64(at) : this.readView.getFloat32(at);
  }

  /** Bytes, a text, or an integer, which stands for its decimal form. */
  string(into: Chunk): void {
    ensureMore(0);
    const code = this.code();
    let size = code & 31;
    if (code >= BIN8 && code <= BIN32) {
      size = this.unsigned(code - BIN8);
    } else if (code >= STR8 && code <= STR32) {
      size = this.unsigned(code - STR8);
    } else if (code >> 5 !== FIX_STR >> 5) {
      this.at--;
      const value = this.integer();
      into.spell(value, this.high, this.low);
      return;
    }
    this.need(size);
    into.bytes = this.readBytes;
    into.view = this.readView;
    into.offset = this.at;
    into.size = size;
    this.at += size;
  }

  /** A map of texts to texts, or to numbers, of which the texts are given. */
  map(): Map<string, string> {
    const code = this.code();
    if (code >> 4 !== FIX_MAP >> 4) throw new Malformed("there should be a map");
    const pairs = new Map<string, string>();
    const chunk = new Chunk();
    for (let left = code & 15; left > 0; left--) {
      this.string(chunk);
      const name = latin1(chunk.bytes, chunk.offset, chunk.size);
      this.string(chunk);
      pairs.set(name, latin1(chunk.bytes, chunk.offset, chunk.size));
    }
    return pairs;
  }
}
