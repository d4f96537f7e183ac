/**
 * Writes the parts of which RDB is made, as Redis 7.0 does, byte for byte: numbers, lengths,
 * strings. What was written is in `bytes`, up to `size`; or, with a sink, goes there in pieces.
 */
import { giveBack } from "../../base/buffers.ts";
import { copyBytes } from "../../base/bytes.ts";
import { parseSafe } from "../../base/numbers.ts";
import type { StreamId } from "../../structures/stream_id.ts";
import { Crc64 } from "../crc64.ts";
import { compress } from "./lzf.ts";
import {
  LENGTH_14,
  LENGTH_32,
  LENGTH_64,
  LENGTH_ENCODED,
  STRING_INT8,
  STRING_INT16,
  STRING_INT32,
  STRING_LZF,
} from "./rdb_format.ts";

/** Takes bytes over: they are good until it returns. */
export type ByteSink = (bytes: Uint8Array) => void;

const PIECE_SIZE = 64 << 10;
const FIRST_SIZE = 4096;
/** A buffer beyond this is not kept for the next payload. */
const KEPT_SIZE_MAX = 1 << 20;
/** Strings of so many bytes at most may be integers, which are written as such. */
const INTEGER_TEXT_SIZE_MAX = 11;
/** Strings of more bytes than this are packed, if that makes them so much shorter. */
const PACKED_SIZE_MIN = 20;
const PACKED_GAIN_MIN = 4;
/** What the packer writes beyond its limit. */
const PACKER_SLACK = 64;
const WORD = 2 ** 32;

export class RdbWriter {
  bytes: Uint8Array<ArrayBuffer>;
  size = 0;
  /** Whether strings are packed (rdbcompression). */
  packs = true;
  /** The format's version: what may be written. */
  version = 0;
  private readonly sum = new Crc64();
  private readonly sink: ByteSink | null;
  private packed = new Uint8Array(0);
  private readonly doubleView = new DataView(new ArrayBuffer(8));
  private passed = 0;

  constructor(sink: ByteSink | null = null) {
    this.sink = sink;
    this.bytes = new Uint8Array(sink === null ? FIRST_SIZE : PIECE_SIZE);
  }

  /** Begins anew. */
  reset(version: number): void {
    if (this.bytes.length > KEPT_SIZE_MAX) {
      giveBack(this.bytes);
      this.bytes = new Uint8Array(FIRST_SIZE);
    }
    this.version = version;
    this.size = 0;
    this.passed = 0;
    this.sum.reset();
  }

  /** Bytes written so far, also those that the sink has. */
  get total(): number {
    return this.passed + this.size;
  }

  /** Gives the sink, if there is one, what was written. */
  flush(): void {
    if (this.sink === null || this.size === 0) return;
    this.sum.update(this.bytes, 0, this.size);
    this.sink(this.bytes.subarray(0, this.size));
    this.passed += this.size;
    this.size = 0;
  }

  /** Writes the checksum of all that was written, or eight zeros. */
  checksum(isKnown = true): void {
    this.flush();
    this.room(8);
    this.sum.update(this.bytes, 0, this.size);
    if (!isKnown) this.sum.reset();
    this.sum.write(this.bytes, this.size);
    this.size += 8;
  }

  private room(size: number): void {
    if (this.size + size <= this.bytes.length) return;
    this.flush();
    if (this.size + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.size + size));
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.size++] = value;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array, offset: number, size: number): void {
    if (this.sink !== null && size >= PIECE_SIZE) {
      this.flush();
      this.sum.update(bytes, offset, offset + size);
      this.sink(bytes.subarray(offset, offset + size));
      this.passed += size;
      return;
    }
    this.room(size);
    copyBytes(bytes, offset, size, this.bytes, this.size);
    this.size += size;
  }

  private word(value: number): void {
    for (let i = 0; i < 4; i++) this.bytes[this.size++] = value >>> (8 * i);
  }

  private bigWord(value: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) this.bytes[this.size++] = value >>> shift;
  }

  /** A signed 64-bit integer that a double is exact for, lowest byte first. */
  int64(value: number): void {
    this.room(8);
    this.word(value | 0);
    this.word(Math.floor(value / WORD));
  }

  /** Any signed 64-bit integer. */
  bigint64(value: bigint): void {
    this.room(8);
    this.word(Number(BigInt.asIntN(32, value)));
    this.word(Number(BigInt.asIntN(32, value >> 32n)));
  }

  double(value: number): void {
    this.doubleView.setFloat64(0, value, true);
    this.room(8);
    this.word(this.doubleView.getInt32(0, true));
    this.word(this.doubleView.getInt32(4, true));
  }

  /** A length: an integer from 0 on. */
  length(value: number): void {
    this.lengthWords(Math.floor(value / WORD), value | 0);
  }

  /** A length of 64 bits in two words. */
  lengthWords(high: number, low: number): void {
    this.room(9);
    if (high !== 0) {
      this.bytes[this.size++] = LENGTH_64;
      this.bigWord(high);
      this.bigWord(low);
    } else if (low >>> 0 < 64) {
      this.bytes[this.size++] = low;
    } else if (low >>> 0 < 16384) {
      this.bytes[this.size++] = (LENGTH_14 << 6) | (low >>> 8);
      this.bytes[this.size++] = low;
    } else {
      this.bytes[this.size++] = LENGTH_32;
      this.bigWord(low);
    }
  }

  /** A 64-bit integer as a length. */
  lengthBigint(value: bigint): void {
    this.lengthWords(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }

  /** An ID as its 16 bytes, highest first. */
  rawId({ msHigh, msLow, seqHigh, seqLow }: StreamId): void {
    this.room(16);
    this.bigWord(msHigh);
    this.bigWord(msLow);
    this.bigWord(seqHigh);
    this.bigWord(seqLow);
  }

  /** An ID as two lengths. */
  lengthsId({ msHigh, msLow, seqHigh, seqLow }: StreamId): void {
    this.lengthWords(msHigh, msLow);
    this.lengthWords(seqHigh, seqLow);
  }

  /** A string in the shortest of its forms. */
  string(bytes: Uint8Array, offset: number, size: number): void {
    if (size <= INTEGER_TEXT_SIZE_MAX) {
      const value = parseSafe(bytes, offset, size);
      if (value === (value | 0)) {
        this.integer(value);
        return;
      }
    }
    if (this.packs && size > PACKED_SIZE_MIN && this.pack(bytes, offset, size)) return;
    this.length(size);
    this.raw(bytes, offset, size);
  }

  /** A latin1 text as a string. */
  text(text: string): void {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    this.string(bytes, 0, bytes.length);
  }

  /** A 32-bit integer in the place of a string. */
  integer(value: number): void {
    this.room(5);
    const form = LENGTH_ENCODED << 6;
    if (value === (value << 24) >> 24) {
      this.bytes[this.size++] = form | STRING_INT8;
      this.bytes[this.size++] = value;
    } else if (value === (value << 16) >> 16) {
      this.bytes[this.size++] = form | STRING_INT16;
      this.bytes[this.size++] = value;
      this.bytes[this.size++] = value >> 8;
    } else {
      this.bytes[this.size++] = form | STRING_INT32;
      this.word(value);
    }
  }

  private pack(bytes: Uint8Array, offset: number, size: number): boolean {
    const limit = size - PACKED_GAIN_MIN;
    if (this.packed.length < size + PACKER_SLACK) {
      const room = Math.max(size, Math.min(2 * size, KEPT_SIZE_MAX));
      this.packed = new Uint8Array(room + PACKER_SLACK);
    }
    const packed = compress(bytes, offset, size, this.packed, limit);
    if (packed > 0) {
      this.byte((LENGTH_ENCODED << 6) | STRING_LZF);
      this.length(packed);
      this.length(size);
      this.raw(this.packed, 0, packed);
    }
    if (this.packed.length > KEPT_SIZE_MAX + PACKER_SLACK) {
      giveBack(this.packed);
      this.packed = new Uint8Array(0);
    }
    return packed > 0;
  }
}
