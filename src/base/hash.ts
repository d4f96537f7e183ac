/**
 * HalfSipHash-1-3: the keyed 32-bit hash of every dict (J.-P. Aumasson and D. J. Bernstein,
 * "SipHash: a fast short-input PRF"; the 32-bit variant and 1-3 rounds as in Linux's hash tables).
 * All its arithmetic is on 32-bit words, which is what JavaScript has. The key is secret and
 * random per process, so that clients cannot choose keys that collide.
 */
import type { SecretWords } from "./random.ts";

let key0 = 0x736f6d65;
let key1 = 0x646f7261;

/** Draws the secret key, which nothing else comes from: once, before the first dict exists. */
export function seedHash(secretWords: SecretWords): void {
  const words = secretWords(2);
  key0 = words[0] | 0;
  key1 = words[1] | 0;
}

/**
 * The hash of `size` bytes at `offset`, as a signed 32-bit integer.
 * `view` is a DataView over exactly the same memory as `bytes`.
 */
export function hashBytes(bytes: Uint8Array, view: DataView, offset: number, size: number): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  const tail = offset + (size & ~3);
  let at = offset;
  let word = 0;
  for (;;) {
    const last = at === tail;
    if (last) {
      word = size << 24;
      const rest = size & 3;
      if (rest > 2) word |= bytes[at + 2] << 16;
      if (rest > 1) word |= bytes[at + 1] << 8;
      if (rest > 0) word |= bytes[at];
    } else {
      word = view.getInt32(at, true);
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (last) break;
    at += 4;
  }
  v2 ^= 0xff;
  for (let round = 0; round < 3; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}
