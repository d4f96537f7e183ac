/**
 * Raw deflate (RFC 1951) and CRC-32, as zlib has them: both runtimes carry it, and any tool reads
 * what it writes. Bun has libdeflate as well, which packs better in the same time.
 */
import process from "node:process";

/**
 * A snapshot of short strings is 0.75 of its size then, by libdeflate 0.53, both at some 110 MB/s;
 * zlib needs level 2 for that, at 70.
 */
const LEVEL = 1;
/** The least room that zlib works with. */
const CHUNK_SIZE_MIN = 64;

/** Loaded when first needed: a server starts sooner and smaller without. In Bun it takes 12 ms. */
const zlib = () => process.getBuiltinModule("node:zlib");
const isBun = typeof Bun !== "undefined";
/** Of so many packed bytes Bun may unpack all: half a GiB comes of them at most. */
const UNBOUNDED_SIZE_MAX = 512 << 10;

/** The bytes in packed form, which may be longer. */
export const deflate: (bytes: Uint8Array) => Uint8Array = isBun
  ? (bytes) =>
      Bun.deflateSync(bytes as Uint8Array<ArrayBuffer>, { library: "libdeflate", level: LEVEL })
  : (bytes) =>
      zlib().deflateRawSync(bytes, {
        level: LEVEL,
        chunkSize: Math.max(bytes.length, CHUNK_SIZE_MIN),
      });

/** What packed bytes stand for; throws when they are broken, or it is more than `size` bytes. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  if (!isBun || bytes.length > UNBOUNDED_SIZE_MAX) return inflateBounded(bytes, size);
  const raw = Bun.inflateSync(bytes as Uint8Array<ArrayBuffer>, { library: "zlib" });
  if (raw.length > size) throw new RangeError("more bytes than there should be");
  return raw;
}

const inflateBounded = (bytes: Uint8Array, size: number): Uint8Array =>
  zlib().inflateRawSync(bytes, {
    chunkSize: Math.max(size, CHUNK_SIZE_MIN),
    maxOutputLength: Math.max(size, 1),
  });

/** The CRC-32 of bytes, which go on from others with this CRC-32. */
export const crc32: (bytes: Uint8Array, before?: number) => number = isBun
  ? (bytes, before = 0) => Bun.hash.crc32(bytes, before)
  : (bytes, before = 0) => zlib().crc32(bytes, before);
