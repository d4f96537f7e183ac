/**
 * A run of bytes with a DataView over the same memory, as request arguments and replies use it:
 * the view reads and writes unaligned 32-bit words, which is how bytes are copied and hashed.
 */
import { latin1Of, putLatin1 } from "../runtime/texts.ts";

/** From this size on, one bulk copy (which makes a subarray) is faster than a loop of words. */
export const BULK_COPY_SIZE = 192;

/** Bytes that a copy by words may read or write past the end of a run. */
export const WORD_SLACK = 4;

/** The latin1 text of a run of bytes: one character per byte, for the paths that may allocate. */
export function latin1(bytes: Uint8Array, offset: number, size: number): string {
  return latin1Of(bytes, offset, size);
}

/** The bytes of a latin1 text: the inverse of `latin1`. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  putLatin1(bytes, 0, text);
  return bytes;
}

/** Whether two runs of the same size hold the same bytes. */
export function equalBytes(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  size: number,
): boolean {
  for (let i = 0; i < size; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}

/** As `equalBytes`, quicker: by words of the views over the same memory. */
export function equalViews(
  a: DataView,
  aOffset: number,
  b: DataView,
  bOffset: number,
  size: number,
): boolean {
  if (size < 4) {
    for (let i = 0; i < size; i++) {
      if (a.getUint8(aOffset + i) !== b.getUint8(bOffset + i)) return false;
    }
    return true;
  }
  // The last word ends where the bytes do.
  const last = size - 4;
  if (a.getInt32(aOffset + last, true) !== b.getInt32(bOffset + last, true)) return false;
  for (let i = 0; i < last; i += 4) {
    if (a.getInt32(aOffset + i, true) !== b.getInt32(bOffset + i, true)) return false;
  }
  return true;
}

/**
 * Whether a run of bytes is a secret (latin1, not empty). All bytes of the run are looked at,
 * whatever they are: the time that it takes tells nothing of the secret but that.
 */
export function isSecret(bytes: Uint8Array, offset: number, size: number, secret: string): boolean {
  let difference = size ^ secret.length;
  for (let i = 0; i < size; i++) {
    difference |= bytes[offset + i] ^ secret.charCodeAt(i % secret.length);
  }
  return difference === 0;
}

/** Copies a run of bytes, of any size and alignment. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  size: number,
  to: Uint8Array,
  toOffset: number,
): void {
  if (size >= BULK_COPY_SIZE) to.set(from.subarray(fromOffset, fromOffset + size), toOffset);
  else for (let i = 0; i < size; i++) to[toOffset + i] = from[fromOffset + i];
}
