/**
 * The checksum of RDB files and DUMP payloads: CRC-64 with the polynomial of D. T. Jones,
 * 0xad93d23594c935a9, bits reflected in and out, nothing added at either end. Of "123456789" it is
 * e9c6d914c4b8d9ca.
 *
 * A checksum is two 32-bit words. Eight bytes at a time are looked up in eight tables.
 */
import { type LoadCode, loadCode, SCRATCH_SIZE } from "../structures/load_code/load_code.ts";

/** From so many bytes on they are copied to where WebAssembly adds them. */
const WIDE_SIZE_MIN = 1024;

/** The polynomial, its bits reversed. */
const POLYNOMIAL_HIGH = 0x95ac9329 | 0;
const POLYNOMIAL_LOW = 0xac4bc9b5 | 0;
const TABLE_COUNT = 8;
const TABLE_SIZE = 256;

const remainders = tables();
const lows = remainders.low;
const highs = remainders.high;

/** Table k says what a byte becomes that k further bytes follow. */
function tables() {
  const low = new Int32Array(TABLE_COUNT * TABLE_SIZE);
  const high = new Int32Array(TABLE_COUNT * TABLE_SIZE);
  for (let byte = 0; byte < TABLE_SIZE; byte++) {
    let below = byte;
    let above = 0;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (below & 1) === 1;
      below = (below >>> 1) | (above << 31);
      above >>>= 1;
      if (isOdd) {
        below ^= POLYNOMIAL_LOW;
        above ^= POLYNOMIAL_HIGH;
      }
    }
    low[byte] = below;
    high[byte] = above;
  }
  for (let at = TABLE_SIZE; at < low.length; at++) {
    const before = low[at - TABLE_SIZE];
    const above = high[at - TABLE_SIZE];
    low[at] = ((before >>> 8) | (above << 24)) ^ low[before & 0xff];
    high[at] = (above >>> 8) ^ high[before & 0xff];
  }
  return { low, high };
}

/** The code that has the tables. */
let told: LoadCode | null = null;

/** A checksum that grows with what is added to it. */
export class Crc64 {
  low = 0;
  high = 0;

  /** Begins anew. */
  reset(): void {
    this.low = 0;
    this.high = 0;
  }

  /** Adds the bytes from `from` up to `end`. */
  update(bytes: Uint8Array, from: number, end: number): void {
    const code = end - from < WIDE_SIZE_MIN ? null : loadCode;
    if (code === null) this.add(bytes, from, end);
    else this.addWide(code, bytes, from, end);
  }

  private addWide(code: LoadCode, bytes: Uint8Array, from: number, end: number): void {
    if (told !== code) code.setTables(lows, highs);
    told = code;
    code.setSum(this.low, this.high);
    const { summed, chunk } = code;
    const isThere = bytes === chunk.bytes;
    if (isThere) code.code.crc64(chunk.at + from, chunk.at + end);
    for (let at = from; at < end && !isThere; at += SCRATCH_SIZE) {
      const size = Math.min(end - at, SCRATCH_SIZE);
      summed.bytes.set(bytes.subarray(at, at + size));
      code.code.crc64(summed.at, summed.at + size);
    }
    this.low = code.sum(0);
    this.high = code.sum(1);
  }

  private add(bytes: Uint8Array, from: number, end: number): void {
    let { low, high } = this;
    let at = from;
    for (const last = end - TABLE_COUNT; at <= last; at += TABLE_COUNT) {
      low ^= wordAt(bytes, at);
      high ^= wordAt(bytes, at + 4);
      const i0 = 0x700 | (low & 0xff);
      const i1 = 0x600 | ((low >>> 8) & 0xff);
      const i2 = 0x500 | ((low >>> 16) & 0xff);
      const i3 = 0x400 | (low >>> 24);
      const i4 = 0x300 | (high & 0xff);
      const i5 = 0x200 | ((high >>> 8) & 0xff);
      const i6 = 0x100 | ((high >>> 16) & 0xff);
      const i7 = high >>> 24;
      low = lows[i0] ^ lows[i1] ^ lows[i2] ^ lows[i3] ^ lows[i4] ^ lows[i5] ^ lows[i6] ^ lows[i7];
      high =
        highs[i0] ^
        highs[i1] ^
        highs[i2] ^
        highs[i3] ^
        highs[i4] ^
        highs[i5] ^
        highs[i6] ^
        highs[i7];
    }
    for (; at < end; at++) {
      const index = (low ^ bytes[at]) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows[index];
      high = (high >>> 8) ^ highs[index];
    }
    this.low = low;
    this.high = high;
  }

  /** Writes the checksum as files have it: 8 bytes, the lowest first. */
  write(bytes: Uint8Array, offset: number): void {
    for (let i = 0; i < 4; i++) {
      bytes[offset + i] = this.low >>> (8 * i);
      bytes[offset + 4 + i] = this.high >>> (8 * i);
    }
  }

  /** Whether the 8 bytes are this checksum. */
  equals(bytes: Uint8Array, offset: number): boolean {
    return wordAt(bytes, offset) === this.low && wordAt(bytes, offset + 4) === this.high;
  }
}

const wordAt = (bytes: Uint8Array, at: number) =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
