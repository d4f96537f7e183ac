/**
 * sendmsg(2) for bytes from several places: a struct msghdr with a struct iovec for each of them,
 * on systems of 64 bits.
 */
import type { Libc } from "./libc.ts";
import type { ByteParts } from "./parts.ts";
import { MSG_NOSIGNAL } from "./socket_calls.ts";

const WORD = 2 ** 32;
/** In words of 32 bits: struct iovec is an address and a size. */
const VECTOR_WORDS = 4;
const HEADER_WORDS = 14;
const HEADER_VECTORS = 4;
const HEADER_COUNT = 6;

const header = new Uint32Array(HEADER_WORDS);
let vectors = new Uint32Array(64 * VECTOR_WORDS);

/** Returns how many bytes were taken, or -1. */
export function sendMessage({ calls, addressOf }: Libc, fd: number, parts: ByteParts): number {
  const { bytes, offsets, sizes, count } = parts;
  if (vectors.length < count * VECTOR_WORDS) vectors = new Uint32Array(count * 2 * VECTOR_WORDS);
  for (let i = 0, at = 0; i < count; i++, at += VECTOR_WORDS) {
    setAddress(vectors, at, addressOf(bytes[i]) + offsets[i]);
    vectors[at + 2] = sizes[i];
  }
  setAddress(header, HEADER_VECTORS, addressOf(vectors));
  header[HEADER_COUNT] = count;
  return calls.sendmsg(fd, addressOf(header), MSG_NOSIGNAL);
}

function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address % WORD;
  words[at + 1] = address / WORD;
}
