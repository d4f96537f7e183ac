/** SHA-1 (FIPS 180-4), for digests that must equal Redis's; not for secrets. */

export const SHA1_SIZE = 20;
const BLOCK_SIZE = 64;
/** The end of the last block: the mark after the text, and the text's size in bits. */
const LENGTH_SIZE = 8;

const words = new Int32Array(80);
const state = new Int32Array(SHA1_SIZE / 4);
/** The end of the text, padded: one block, or two if its length does not fit into the first. */
const tail = new Uint8Array(2 * BLOCK_SIZE);

/** Puts the 20 bytes of the digest of `bytes` (`size` of them from `offset`) into `digest`. */
export function sha1(digest: Uint8Array, bytes: Uint8Array, offset: number, size: number): void {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
  const rest = size % BLOCK_SIZE;
  const end = offset + size - rest;
  for (let at = offset; at < end; at += BLOCK_SIZE) mixBlock(bytes, at);

  const tailSize = rest + 1 + LENGTH_SIZE <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
  tail.fill(0, rest, tailSize);
  for (let i = 0; i < rest; i++) tail[i] = bytes[end + i];
  tail[rest] = 0x80;
  putWord(tail, tailSize - 8, Math.floor(size / 2 ** 29));
  putWord(tail, tailSize - 4, size << 3);
  for (let at = 0; at < tailSize; at += BLOCK_SIZE) mixBlock(tail, at);
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
  for (let i = 0; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + e + words[i] + choice(i, b, c, d)) | 0;
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

/** The round's function of three words, and its constant. */
function choice(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}
