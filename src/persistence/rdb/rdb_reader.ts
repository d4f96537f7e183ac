/**
 * Reads the parts of which RDB is made: numbers, lengths, strings. Bytes come from memory, or from
 * a source in pieces, so that a file need not be in memory; a string is put together.
 *
 * Whatever is read is checked against what is left, before memory is taken for it. All functions
 * throw Malformed when the bytes are not what they should be.
 */
import { ensureMore } from "../../arena/arena.ts";
import { copyBytes, WORD_SLACK } from "../../base/bytes.ts";
import { RDB_STRING_SIZE_MAX } from "../../base/limits.ts";
import { writeInteger } from "../../base/numbers.ts";
import { type LoadCode, loadCode, SCRATCH_SIZE } from "../../structures/load_code/load_code.ts";
import type { StreamId } from "../../structures/stream_id.ts";
import type { ByteSource } from "../byte_source.ts";
import { Crc64 } from "../crc64.ts";
import { Text } from "../text.ts";
import { decompress, LZF_RATIO_MAX } from "./lzf.ts";
import {
  LENGTH_6,
  LENGTH_14,
  LENGTH_32,
  LENGTH_64,
  LENGTH_ENCODED,
  Malformed,
  STRING_INT8,
  STRING_INT16,
  STRING_INT32,
  STRING_LZF,
} from "./rdb_format.ts";

const CHUNK_SIZE = 64 << 10;
const WORD = 2 ** 32;
const INTEGER_TEXT_SIZE = 20;
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
const TOO_SHORT = "it ends too early";

export class RdbReader {
  /** The words of the number, or the length, that was read last. */
  low = 0;
  high = 0;
  /** What is not as it should be in a value that was read, and was put right; "" for nothing. */
  mended = "";
  private source: ByteSource | null = null;
  /** Where pieces of the source lie, which nobody else has meanwhile. */
  private home: LoadCode | null = null;
  private bytes: Uint8Array = NO_BYTES;
  /** The same, as what is unpacked is given. */
  private readonly here: { bytes: Uint8Array; view: DataView } = { bytes: NO_BYTES, view: NO_VIEW };
  private at = 0;
  private end = 0;
  /** Bytes of the source that are not in `bytes` yet. */
  private unread = 0;
  /** Bytes that were in `bytes` before. */
  private passed = 0;
  /** Up to where bytes are in the checksum. */
  private summedTo = 0;
  private readonly sum = new Crc64();
  private readonly packed = new Text();

  /** Reads from memory, which must stay as it is; `view` is over the same. */
  openMemory(bytes: Uint8Array, view: DataView, offset: number, size: number): void {
    this.source = null;
    this.bytes = bytes;
    this.here.bytes = bytes;
    this.here.view = view;
    this.at = offset;
    this.end = offset + size;
    this.unread = 0;
    this.passed = -offset;
    this.summedTo = offset;
    this.sum.reset();
  }

  /** Lets go of the memory. */
  close(): void {
    this.openMemory(NO_BYTES, NO_VIEW, 0, 0);
  }

  /** Reads from a source. */
  openSource(source: ByteSource): void {
    if (loadCode !== null && loadCode.chunkOwner === null) {
      this.home = loadCode;
      loadCode.chunkOwner = this;
      this.openMemory(loadCode.chunk.bytes, loadCode.chunk.view, 0, 0);
    } else {
      const chunk = new Uint8Array(CHUNK_SIZE);
      this.openMemory(chunk, new DataView(chunk.buffer), 0, 0);
    }
    this.source = source;
    this.unread = source.size;
  }

  /** Nothing more is read of the source: others may use what its pieces were in. */
  release(): void {
    if (this.home?.chunkOwner === this) this.home.chunkOwner = null;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.passed + this.at;
  }

  /** Bytes that are still to come. */
  get left(): number {
    return this.end - this.at + this.unread;
  }

  /** The checksum of all bytes read so far. */
  get checksum(): Crc64 {
    this.sum.update(this.bytes, this.summedTo, this.at);
    this.summedTo = this.at;
    return this.sum;
  }

  /** Sees that so many bytes, a few, lie at `at`. */
  private need(size: number): void {
    if (this.end - this.at < size) this.refill(size);
  }

  private refill(size: number): void {
    if (size > this.left) throw new Malformed(TOO_SHORT);
    this.sum.update(this.bytes, this.summedTo, this.at);
    this.bytes.copyWithin(0, this.at, this.end);
    this.passed += this.at;
    this.end -= this.at;
    this.at = 0;
    this.summedTo = 0;
    while (this.end < size) this.end += this.pull(this.bytes, this.end, CHUNK_SIZE);
  }

  /** Takes some bytes from the source: one at least, up to an index of the buffer. */
  private pull(into: Uint8Array, offset: number, end: number): number {
    const count = this.source?.read(into, offset, Math.min(end - offset, this.unread)) ?? 0;
    // A file can have become shorter than it was.
    if (count <= 0) throw new Malformed(TOO_SHORT);
    this.unread -= count;
    return count;
  }

  /** A copy of what is here already and was not read. */
  rest(): Uint8Array {
    return this.bytes.slice(this.at, this.end);
  }

  byte(): number {
    this.need(1);
    return this.bytes[this.at++];
  }

  /** Passes over bytes. */
  skip(size: number): void {
    if (size > this.left) throw new Malformed(TOO_SHORT);
    for (let rest = size; rest > 0; ) {
      this.need(1);
      const count = Math.min(rest, this.end - this.at);
      this.at += count;
      rest -= count;
    }
  }

  /** Copies the next bytes to the start of a buffer. */
  private copy(size: number, to: Uint8Array): void {
    let at = 0;
    while (at < size) {
      this.need(1);
      const count = Math.min(size - at, this.end - this.at);
      copyBytes(this.bytes, this.at, count, to, at);
      this.at += count;
      at += count;
    }
  }

  private word(): number {
    this.need(4);
    const bytes = this.bytes;
    const at = this.at;
    this.at = at + 4;
    return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  }

  private bigWord(): number {
    this.need(4);
    const bytes = this.bytes;
    const at = this.at;
    this.at = at + 4;
    return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }

  /** A signed 32-bit integer, lowest byte first. */
  int32(): number {
    return this.word();
  }

  /** A signed 64-bit integer, lowest byte first; beyond 2^53 rounded, exact in low and high. */
  int64(): number {
    this.low = this.word();
    this.high = this.word();
    return this.high * WORD + (this.low >>> 0);
  }

  /** The 64-bit integer in low and high, as a signed one. */
  get bigint(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  double(): number {
    this.need(8);
    const value = this.here.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** An ID as its 16 bytes, highest first. */
  rawId(into: StreamId): void {
    into.set(this.bigWord(), this.bigWord(), this.bigWord(), this.bigWord());
  }

  /** An ID as two lengths. */
  lengthsId(into: StreamId): void {
    this.length();
    const { high, low } = this;
    this.length();
    into.set(high, low, this.high, this.low);
  }

  /** A length: an unsigned integer, beyond 2^53 rounded, exact in low and high. */
  length(): number {
    const form = this.lengthOrForm();
    if (form >= 0) throw new Malformed("a length that is none");
    return (this.high >>> 0) * WORD + (this.low >>> 0);
  }

  /** A number of things, of which each takes so many bytes at least. */
  count(sizeMin: number): number {
    const count = this.length();
    if (count * sizeMin > this.left) throw new Malformed("there cannot be so many elements");
    return count;
  }

  /** Reads a length, and returns -1; or returns the form of string that stands in its place. */
  private lengthOrForm(): number {
    const first = this.byte();
    this.high = 0;
    switch (first >> 6) {
      case LENGTH_6:
        this.low = first;
        return -1;
      case LENGTH_14:
        this.low = ((first & 63) << 8) | this.byte();
        return -1;
      case LENGTH_ENCODED:
        return first & 63;
      default:
        if (first === LENGTH_64) this.high = this.bigWord();
        else if (first !== LENGTH_32) throw new Malformed("a length of no known form");
        this.low = this.bigWord();
        return -1;
    }
  }

  /** A string, in whatever form: what is made of it takes memory, which is asked for before. */
  string(into: Text): void {
    const form = this.lengthOrForm();
    if (form < 0) {
      const size = (this.high >>> 0) * WORD + (this.low >>> 0);
      this.checkSize(size);
      ensureMore(size);
      into.resize(size);
      this.copy(size, into.bytes);
    } else if (form === STRING_LZF) {
      this.unpack(into);
    } else {
      this.spell(form, into);
    }
  }

  private checkSize(size: number): void {
    if (size > this.left) throw new Malformed("a string longer than what is left");
    if (size > RDB_STRING_SIZE_MAX) throw new Malformed("a string is too long");
  }

  private unpack(into: Text): void {
    const packed = this.length();
    const size = this.length();
    this.checkSize(packed);
    if (size > packed * LZF_RATIO_MAX || size > RDB_STRING_SIZE_MAX) {
      throw new Malformed("a packed string cannot be that long");
    }
    ensureMore(size);
    if (this.unpackWide(packed, into, size)) return;
    into.resize(size);
    if (!this.decompress(packed, into, size)) throw new Malformed("a packed string is broken");
  }

  /** As `unpack`, by WebAssembly; false where that has no room for it. */
  private unpackWide(packed: number, into: Text, size: number): boolean {
    if (loadCode === null || packed > SCRATCH_SIZE) return false;
    const { chunk, scratch, blob, code } = loadCode;
    into.resize(size);
    if (into.bytes !== blob.bytes) return false;
    let from = scratch.at;
    if (this.bytes === chunk.bytes && this.end - this.at >= packed) {
      from = chunk.at + this.at;
      this.at += packed;
    } else {
      this.copy(packed, scratch.bytes);
    }
    if (code.unpack(from, from + packed, blob.at, blob.at + size) === 0) {
      throw new Malformed("a packed string is broken");
    }
    return true;
  }

  /** Unpacks bytes where they lie if they are all here. */
  private decompress(packed: number, into: Text, size: number): boolean {
    const from = this.at;
    if (this.end - from >= packed && from + packed + WORD_SLACK <= this.here.view.byteLength) {
      this.at += packed;
      return decompress(this.here, packed, into, size, from);
    }
    this.packed.resize(packed);
    this.copy(packed, this.packed.bytes);
    return decompress(this.packed, packed, into, size);
  }

  private spell(form: number, into: Text): void {
    let value = 0;
    if (form === STRING_INT8) value = (this.byte() << 24) >> 24;
    else if (form === STRING_INT16) value = this.byte() | ((this.byte() << 24) >> 16);
    else if (form === STRING_INT32) value = this.word();
    else throw new Malformed("a string of no known form");
    ensureMore(0);
    into.resize(INTEGER_TEXT_SIZE);
    into.resize(writeInteger(into.bytes, 0, value));
  }

  /** Passes over a string. */
  skipString(): void {
    const form = this.lengthOrForm();
    if (form < 0) {
      this.skip((this.high >>> 0) * WORD + (this.low >>> 0));
    } else if (form === STRING_LZF) {
      const packed = this.length();
      this.length();
      this.skip(packed);
    } else if (form <= STRING_INT32) {
      this.skip(1 << form);
    } else {
      throw new Malformed("a string of no known form");
    }
  }
}
