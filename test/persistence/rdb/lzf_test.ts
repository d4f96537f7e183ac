// Purpose: LZF (src/persistence/rdb/lzf.ts): what was packed unpacks to the same, nothing is
// written beyond a limit, and bytes that are not LZF are refused. That it packs as Redis does is
// for dump_test.ts.

import { expect, test } from "bun:test";
import { fromLatin1, latin1, WORD_SLACK } from "../../../src/base/bytes.ts";
import { compress, decompress, LZF_RATIO_MAX } from "../../../src/persistence/rdb/lzf.ts";
import { loadCode, makeLoadCode } from "../../../src/structures/load_code/load_code.ts";
import { LZF_SLACK } from "../../../src/structures/load_code/lzf_code.ts";
import { Random } from "../../fuzz/random.ts";

const SLACK = 64;

/** Bytes with the room that unpacking needs, and a view. */
function viewed(bytes: Uint8Array, size: number) {
  const copy = new Uint8Array(size + WORD_SLACK);
  copy.set(bytes.subarray(0, size));
  return { bytes: copy, view: new DataView(copy.buffer) };
}

/** What WebAssembly makes of the same bytes: null when it refuses them. */
function unpackedWide(packed: Uint8Array, size: number, expected: number): Uint8Array | null {
  makeLoadCode();
  if (loadCode === null) throw new Error("This runtime has no WebAssembly");
  const { scratch, blob, code } = loadCode;
  scratch.bytes.set(packed.subarray(0, size));
  blob.bytes.fill(0xee, 0, expected + SLACK);
  const isSound = code.unpack(scratch.at, scratch.at + size, blob.at, blob.at + expected);
  expect(blob.bytes.subarray(expected + LZF_SLACK, expected + SLACK)).toEqual(
    new Uint8Array(SLACK - LZF_SLACK).fill(0xee),
  );
  return isSound === 1 ? blob.bytes.slice(0, expected) : null;
}

const NOTHING = new Uint8Array(0);

function sample(random: Random): Uint8Array {
  const size = random.pick([0, 3, 4, 5, 21, 40, 300, 9000, 40_000]) + random.below(20);
  const variety = random.pick([1, 2, 5, 256]);
  const bytes = Uint8Array.from({ length: size }, () => random.below(variety));
  for (let at = 100; at < size; at += random.between(1, 600)) {
    const length = random.below(Math.min(400, size - at));
    bytes.copyWithin(at, random.below(at), length);
  }
  return bytes;
}

test("what was packed unpacks to the same", () => {
  const random = new Random(7);
  let packedCount = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = sample(random);
    const offset = random.below(bytes.length + 1);
    const size = bytes.length - offset;
    const limit = random.chance(0.8) ? size : random.below(size + 1);
    const packed = new Uint8Array(limit + SLACK).fill(0xee);
    const packedSize = compress(bytes, offset, size, packed, limit);
    expect(packedSize).toBeLessThanOrEqual(limit);
    if (packedSize === 0) continue;
    packedCount++;
    expect(size).toBeLessThanOrEqual(packedSize * LZF_RATIO_MAX);
    const from = viewed(packed, packedSize);
    const to = viewed(NOTHING, size + 1);
    expect(decompress(from, packedSize, to, size)).toBe(true);
    expect(Buffer.from(to.bytes.subarray(0, size)).equals(bytes.subarray(offset))).toBe(true);
    expect(decompress(from, packedSize, to, size + 1)).toBe(false);
    if (size > 0) expect(decompress(from, packedSize, to, size - 1)).toBe(false);
    expect(decompress(from, packedSize - 1, to, size)).toBe(false);
    const wide = unpackedWide(packed, packedSize, size);
    expect(wide !== null && Buffer.from(wide).equals(bytes.subarray(offset))).toBe(true);
    expect(unpackedWide(packed, packedSize, size + 1)).toBeNull();
    if (size > 0) expect(unpackedWide(packed, packedSize, size - 1)).toBeNull();
    expect(unpackedWide(packed, packedSize - 1, size)).toBeNull();
  }
  expect(packedCount).toBeGreaterThan(100);
});

test("runs and bytes as they are unpack as the format says", () => {
  const unpacked = (packed: number[], size: number) => {
    const to = viewed(NOTHING, size);
    return decompress(viewed(Uint8Array.from(packed), packed.length), packed.length, to, size)
      ? latin1(to.bytes, 0, size)
      : null;
  };
  const [a, b] = fromLatin1("ab");
  expect(unpacked([1, a, b], 2)).toBe("ab");
  expect(unpacked([0, a, 0x20, 0], 4)).toBe("aaaa");
  expect(unpacked([1, a, b, 0xe0, 3, 1], 14)).toBe("abababababab" + "ab");
  expect(unpacked([1, a, b, 0x20, 2], 5)).toBeNull(); // from before the start
  expect(unpacked([0, a, 0xe0, 0], 10)).toBeNull(); // without a distance
  expect(unpacked([5, a, b], 6)).toBeNull(); // less bytes than it says
});

test("bytes at random unpack to something or are refused, and less than a word is beyond", () => {
  const random = new Random(3);
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: random.below(60) }, () => random.below(256));
    const size = random.below(200);
    const to = viewed(new Uint8Array(size + SLACK).fill(0xee), size + SLACK);
    const isSound = decompress(viewed(bytes, bytes.length), bytes.length, to, size);
    const wanted = isSound ? Buffer.from(to.bytes.slice(0, size)) : null;
    const wide = unpackedWide(bytes, bytes.length, size);
    expect(wide === null ? null : Buffer.from(wide)).toEqual(wanted);
    const beyond = to.bytes.subarray(size + WORD_SLACK - 1, size + SLACK);
    expect(beyond.every((byte) => byte === 0xee)).toBe(true);
  }
});
