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

/** Loaded when first needed: a server starts sooner and smaller without. */
const zlib = () => process.getBuiltinModule("node:zlib");

/** The bytes in packed form, which may be longer. */
export const deflate: (bytes: Uint8Array) => Uint8Array =
  typeof Bun === "undefined"
    ? (bytes) =>
        zlib().deflateRawSync(bytes, {
          level: LEVEL,
          chunkSize: Math.max(bytes.length, CHUNK_SIZE_MIN),
        })
    : (bytes) =>
        Bun.deflateSync(bytes as Uint8Array<ArrayBuffer>, { library: "libdeflate", level: LEVEL });

/** What packed bytes stand for; throws when they are broken, or it is more than `size` bytes. */
export const inflate = (bytes: Uint8Array, size: number): Uint8Array =>
  zlib().inflateRawSync(bytes, {
    chunkSize: Math.max(size, CHUNK_SIZE_MIN),
    maxOutputLength: Math.max(size, 1),
  });

/** The CRC-32 of bytes, which go on from others with this CRC-32. */
export const crc32 = (bytes: Uint8Array, before = 0): number => zlib().crc32(bytes, before);
