/** Purpose: bytes as the file that a loader reads. */
import type { ByteSource } from "../../src/persistence/byte_source.ts";

/** A source of these bytes, which gives no more than `pieceSize` of them at once. */
export function sourceOf(bytes: Uint8Array, pieceSize = Infinity): ByteSource {
  let at = 0;
  return {
    size: bytes.length,
    read(into, offset, size) {
      const piece = bytes.subarray(at, at + Math.min(size, pieceSize));
      into.set(piece, offset);
      at += piece.length;
      return piece.length;
    },
  };
}
