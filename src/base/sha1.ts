/** SHA-1 (FIPS 180-4), for digests that must equal Redis's; not for secrets. */

export const SHA1_SIZE = 20;
const BLOCK_SIZE = 64;
/** The end of the last block: the mark after the text, and the text's size in bits. */
const LENGTH_SIZE = 8;

const words = new Int32Array(80);
const state = new Int32Array(SHA1_SIZE / 4);
/** The end of the text, padded: one block, or two if its length does not fit into the first. */
const tail = new Uint8Array(2 * BLOCK_SIZE);

const INITIAL = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

/** Puts the 20 bytes of the digest of `bytes` (`size` of them from `offset`) into `digest`. */
export function sha1(digest: Uint8Array, bytes: Uint8Array, offset: number, size: number): void {
  state.set(INITIAL);
  finish(digest, bytes, offset, size, size);
}

/** The digest of bytes that come in parts, between which others may be made. */
export class Sha1 {
  private readonly kept = INITIAL.slice();
  private size = 0;

  /** Takes a part: whole blocks, of 64 bytes. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    state.set(this.kept);
    mixBlocks(bytes, offset, offset + size);
    this.kept.set(state);
    this.size += size;
  }

  /** Takes the last part, of any size, and puts the digest into `digest`. */
  end(digest: Uint8Array, bytes: Uint8Array, offset: number, size: number): void {
    state.set(this.kept);
    finish(digest, bytes, offset, size, this.size + size);
  }
}

function mixBlocks(bytes: Uint8Array, offset: number, end: number): void {
  for (let at = offset; at < end; at += BLOCK_SIZE) mixBlock(bytes, at);
}

/** Mixes in what is left, `size` bytes of `total`, and their padding. */
function finish(
  digest: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  size: number,
  total: number,
): void {
  const rest = size % BLOCK_SIZE;
  const end = offset + size - rest;
  mixBlocks(bytes, offset, end);
  const tailSize = rest + 1 + LENGTH_SIZE <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
  tail.fill(0, rest, tailSize);
  for (let i = 0; i < rest; i++) tail[i] = bytes[end + i];
  tail[rest] = 0x80;
  putWord(tail, tailSize - 8, Math.floor(total / 2 ** 29));
  putWord(tail, tailSize - 4, total << 3);
  mixBlocks(tail, 0, tailSize);
  for (let i = 0; i < state.length; i++) putWord(digest, i * 4, state[i]);
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

function mixBlock(bytes: Uint8Array, offset: number): void {
  for (let i = 0, at = offset; i < 16; i++, at += 4) {
    words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 80; i++) {
    const word = words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16];
    words[i] = (word << 1) | (word >>> 31);
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  // The rounds differ in what they make of three of the words, and in a constant.
  for (let i = 0; i < 20; i++) {
    const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + words[i] + 0x5a827999) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + words[i] + 0x6ed9eba1) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i++) {
    const majority = (b & c) | (d & (b | c));
    const next = (((a << 5) | (a >>> 27)) + majority + e + words[i] + 0x8f1bbcdc) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + words[i] + 0xca62c1d6) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}
