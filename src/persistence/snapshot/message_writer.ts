/** Writes MessagePack to a buffer that grows: always in the shortest form, but for strings. */
import { copyBytes } from "../../base/bytes.ts";

const NIL_CODE = 0xc0;
const BIN8 = 0xc4;
const BIN16 = 0xc5;
const BIN32 = 0xc6;
const FLOAT64 = 0xcb;
const UINT8 = 0xcc;
const UINT16 = 0xcd;
const UINT32 = 0xce;
const UINT64 = 0xcf;
const INT8 = 0xd0;
const INT16 = 0xd1;
const INT32 = 0xd2;
const INT64 = 0xd3;
const STR8 = 0xd9;
const ARRAY16 = 0xdc;
const ARRAY32 = 0xdd;
const FIX_MAP = 0x80;
const FIX_ARRAY = 0x90;
const FIX_STR = 0xa0;

const WORD = 2 ** 32;
/** The most that anything but a string takes. */
const ITEM_SIZE_MAX = 9;

export class MessageWriter {
  bytes: Uint8Array<ArrayBuffer>;
  size = 0;
  private readonly doubleView = new DataView(new ArrayBuffer(8));

  /** Writes to this buffer, which is changed for a larger one when it is full. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /** Sees that so many bytes more can be written. */
  room(size: number): void {
    if (this.size + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.size + size));
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
  }

  nil(): void {
    this.room(1);
    this.bytes[this.size++] = NIL_CODE;
  }

  /** An array of up to 15 elements, which follow. */
  array(count: number): void {
    this.room(1);
    this.bytes[this.size++] = FIX_ARRAY | count;
  }

  /** An array of any number of elements. */
  longArray(count: number): void {
    if (count < 16) {
      this.array(count);
      return;
    }
    this.room(ITEM_SIZE_MAX);
    if (count < 0x10000) {
      this.bytes[this.size++] = ARRAY16;
      this.short(count);
    } else {
      this.bytes[this.size++] = ARRAY32;
      this.word(count);
    }
  }

  /** An array whose count is not known yet; returns where `closeArray` is to write it. */
  openArray(): number {
    this.room(ITEM_SIZE_MAX);
    this.bytes[this.size++] = ARRAY32;
    this.size += 4;
    return this.size - 4;
  }

  closeArray(at: number, count: number): void {
    const end = this.size;
    this.size = at;
    this.word(count);
    this.size = end;
  }

  /** Bytes whose number is not known yet; returns where `closeBinary` is to write it. */
  openBinary(): number {
    this.room(ITEM_SIZE_MAX);
    this.bytes[this.size++] = BIN32;
    this.size += 4;
    return this.size - 4;
  }

  closeBinary(at: number): void {
    const { size } = this;
    this.size = at;
    this.word(size - at - 4);
    this.size = size;
  }

  /** A map of up to 15 pairs, which follow. */
  map(pairs: number): void {
    this.room(1);
    this.bytes[this.size++] = FIX_MAP | pairs;
  }

  /** A safe integer. */
  integer(value: number): void {
    if (value === (value | 0)) {
      this.small(value);
      return;
    }
    if (value >= 0) this.unsignedWords(Math.floor(value / WORD), value | 0);
    else this.words(Math.floor(value / WORD), value | 0);
  }

  /** An integer of 32 bits. */
  private small(value: number): void {
    this.room(ITEM_SIZE_MAX);
    const { bytes } = this;
    if (value >= 0) {
      if (value < 128) {
        bytes[this.size++] = value;
      } else if (value < 256) {
        bytes[this.size++] = UINT8;
        bytes[this.size++] = value;
      } else if (value < 0x10000) {
        bytes[this.size++] = UINT16;
        this.short(value);
      } else {
        bytes[this.size++] = UINT32;
        this.word(value);
      }
    } else if (value >= -32) {
      bytes[this.size++] = value;
    } else if (value >= -128) {
      bytes[this.size++] = INT8;
      bytes[this.size++] = value;
    } else if (value >= -32768) {
      bytes[this.size++] = INT16;
      this.short(value);
    } else {
      bytes[this.size++] = INT32;
      this.word(value);
    }
  }

  /** A signed 64-bit integer in two words. */
  words(high: number, low: number): void {
    if (high === low >> 31) {
      this.small(low);
    } else if (high >= 0) {
      this.unsignedWords(high, low);
    } else {
      this.room(ITEM_SIZE_MAX);
      this.bytes[this.size++] = INT64;
      this.word(high);
      this.word(low);
    }
  }

  /** An unsigned 64-bit integer in two words. */
  unsignedWords(high: number, low: number): void {
    this.room(ITEM_SIZE_MAX);
    if (high !== 0) {
      this.bytes[this.size++] = UINT64;
      this.word(high);
      this.word(low);
    } else if (low >= 0) {
      this.small(low);
    } else {
      this.bytes[this.size++] = UINT32;
      this.word(low);
    }
  }

  /** A signed 64-bit integer. */
  bigint(value: bigint): void {
    this.words(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }

  /** A number: as an integer, if it is a safe one and not -0. */
  double(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.integer(value);
      return;
    }
    this.room(ITEM_SIZE_MAX);
    this.doubleView.setFloat64(0, value);
    this.bytes[this.size++] = FLOAT64;
    this.word(this.doubleView.getInt32(0));
    this.word(this.doubleView.getInt32(4));
  }

  /** Bytes. */
  binary(bytes: Uint8Array, offset: number, size: number): void {
    this.room(size + ITEM_SIZE_MAX);
    if (size < 256) {
      this.bytes[this.size++] = BIN8;
      this.bytes[this.size++] = size;
    } else if (size < 0x10000) {
      this.bytes[this.size++] = BIN16;
      this.short(size);
    } else {
      this.bytes[this.size++] = BIN32;
      this.word(size);
    }
    copyBytes(bytes, offset, size, this.bytes, this.size);
    this.size += size;
  }

  /** An ASCII text of up to 255 characters. */
  text(text: string): void {
    this.room(text.length + 2);
    if (text.length < 32) {
      this.bytes[this.size++] = FIX_STR | text.length;
    } else {
      this.bytes[this.size++] = STR8;
      this.bytes[this.size++] = text.length;
    }
    for (let i = 0; i < text.length; i++) this.bytes[this.size++] = text.charCodeAt(i);
  }

  private short(value: number): void {
    this.bytes[this.size++] = value >>> 8;
    this.bytes[this.size++] = value;
  }

  private word(value: number): void {
    const { bytes } = this;
    const at = this.size;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.size = at + 4;
  }
}
