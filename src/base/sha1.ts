/** SHA-1 (FIPS 180-4), for digests that must equal Redis's; not for secrets. */

export const SHA1_SIZE = 20;
const BLOCK_SIZE = 64;
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const ROUND = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

/** The 20 bytes of the digest. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const paddedSize = Math.ceil((bytes.length + 9) / BLOCK_SIZE) * BLOCK_SIZE;
  const padded = new Uint8Array(paddedSize);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(paddedSize - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(paddedSize - 4, (bytes.length * 8) >>> 0);
  const state = Int32Array.from(START);
  const words = new Int32Array(80);
  for (let at = 0; at < paddedSize; at += BLOCK_SIZE) mixBlock(state, words, view, at);
  const digest = new Uint8Array(SHA1_SIZE);
  const out = new DataView(digest.buffer);
  for (let i = 0; i < state.length; i++) out.setInt32(i * 4, state[i]);
  return digest;
}

function mixBlock(state: Int32Array, words: Int32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(offset + i * 4);
  for (let i = 16; i < 80; i++) {
    words[i] = rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i++) {
    const phase = Math.floor(i / 20);
    let f = b ^ c ^ d;
    if (phase === 0) f = (b & c) | (~b & d);
    else if (phase === 2) f = (b & c) | (b & d) | (c & d);
    const next = (rotated(a, 5) + f + e + ROUND[phase] + words[i]) | 0;
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
