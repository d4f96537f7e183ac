// Purpose: CRC-64 (src/persistence/crc64.ts) against the known value and a plain, bitwise one.

import { expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { Crc64 } from "../../src/persistence/crc64.ts";
import { loadCode, makeLoadCode } from "../../src/structures/load_code/load_code.ts";
import { Random } from "../fuzz/random.ts";

const POLYNOMIAL = 0x95ac9329ac4bc9b5n;

function plainCrc(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++)
      crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  }
  return crc;
}

const wordOf = (sum: Crc64) => (BigInt(sum.high >>> 0) << 32n) | BigInt(sum.low >>> 0);

test("the checksum of the digits is the known one", () => {
  const sum = new Crc64();
  sum.update(fromLatin1("123456789"), 0, 9);
  expect(wordOf(sum)).toBe(0xe9c6d914c4b8d9can);
});

test("bytes in any pieces, from any offset, have the checksum of a plain computation", () => {
  const random = new Random(1);
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: random.below(100) }, () => random.below(256));
    const from = random.below(bytes.length + 1);
    const middle = random.between(from, bytes.length);
    const sum = new Crc64();
    sum.update(bytes, from, middle);
    sum.update(bytes, middle, bytes.length);
    expect(wordOf(sum)).toBe(plainCrc(bytes.subarray(from)));
    const written = new Uint8Array(10);
    sum.write(written, 2);
    expect(new DataView(written.buffer).getBigUint64(2, true)).toBe(wordOf(sum));
    expect(sum.equals(written, 2)).toBe(true);
    written[random.between(2, 9)] ^= 1 << random.below(8);
    expect(sum.equals(written, 2)).toBe(false);
  }
});

test("many bytes at once, by WebAssembly, have the checksum of a few at a time", () => {
  makeLoadCode();
  expect(loadCode).not.toBeNull();
  const random = new Random(2);
  for (const size of [1024, 1025, 5000, 65_535, 65_536, 65_543, 200_001]) {
    const bytes = Uint8Array.from({ length: size }, () => random.below(256));
    const wide = new Crc64();
    wide.update(bytes, 0, 3);
    wide.update(bytes, 3, size);
    const plain = new Crc64();
    for (let at = 0; at < size; at += 1000) plain.update(bytes, at, Math.min(at + 1000, size));
    expect([size, wordOf(wide)]).toEqual([size, wordOf(plain)]);
  }
});
