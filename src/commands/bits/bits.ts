/**
 * Runs of bits as Redis's bitmaps number them (bit 0 is the highest of byte 0), in memory that is
 * seen as 32-bit words of the machine's, lowest byte first. Positions of bits are doubles: a string
 * may have 2^32 of them and more. What lies before and behind a run in its words does not matter.
 */
import { WIDE_STEP, wideWords } from "../../base/wide_words.ts";

/** From so many words on they are counted by WideWords. */
export const WIDE_COUNT_LEAST = 200;

const WORD_BITS = 32;
const ALL = -1;

/** The word with its bytes in reverse order: bit 0 of the run is then the highest. */
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** The one-bits of a word. */
export function onesIn(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How many bits of [from, to) are set, counted from the start of words[at]. */
export function countOnes(words: Int32Array, at: number, from: number, to: number): number {
  if (from >= to) return 0;
  const first = at + Math.floor(from / WORD_BITS);
  const last = at + Math.floor((to - 1) / WORD_BITS);
  const head = swapped(ALL >>> (from % WORD_BITS));
  const tail = swapped(ALL << (WORD_BITS - 1 - ((to - 1) % WORD_BITS)));
  if (first === last) return onesIn(words[first] & head & tail);
  const ends = onesIn(words[first] & head) + onesIn(words[last] & tail);
  if (last - first > WIDE_COUNT_LEAST) return ends + countWide(words, first + 1, last);
  return ends + countWords(words, first + 1, last);
}

/** As `countWords`. */
function countWide(words: Int32Array, from: number, to: number): number {
  const wide = wideWords();
  if (wide === null) return countWords(words, from, to);
  let count = 0;
  let at = from;
  for (let n = 0; at + WIDE_STEP <= to; at += n) {
    n = Math.min(wide.left.length, (to - at) & -WIDE_STEP);
    wide.left.set(words.subarray(at, at + n));
    count += wide.ones(n);
  }
  return count + countWords(words, at, to);
}

/**
 * The one-bits of words[from..to). Eight words at a time: adders that work on all 32 columns at
 * once sum them up to ones, twos, fours and eights, and only the eights are counted in the loop
 * (the Harley-Seal method): twice as fast as word by word.
 */
function countWords(words: Int32Array, from: number, to: number): number {
  let eights = 0;
  let ones = 0;
  let twos = 0;
  let fours = 0;
  let at = from;
  for (const end = to - 7; at < end; at += 8) {
    const w0 = words[at];
    const w1 = words[at + 1];
    const w2 = words[at + 2];
    const w3 = words[at + 3];
    const w4 = words[at + 4];
    const w5 = words[at + 5];
    const w6 = words[at + 6];
    const w7 = words[at + 7];
    let half = ones ^ w0;
    let twosA = (ones & w0) | (half & w1);
    ones = half ^ w1;
    half = ones ^ w2;
    let twosB = (ones & w2) | (half & w3);
    ones = half ^ w3;
    half = twos ^ twosA;
    const foursA = (twos & twosA) | (half & twosB);
    twos = half ^ twosB;
    half = ones ^ w4;
    twosA = (ones & w4) | (half & w5);
    ones = half ^ w5;
    half = ones ^ w6;
    twosB = (ones & w6) | (half & w7);
    ones = half ^ w7;
    half = twos ^ twosA;
    const foursB = (twos & twosA) | (half & twosB);
    twos = half ^ twosB;
    half = fours ^ foursA;
    eights += onesIn((fours & foursA) | (half & foursB));
    fours = half ^ foursB;
  }
  let count = eights * 8 + onesIn(fours) * 4 + onesIn(twos) * 2 + onesIn(ones);
  for (; at < to; at++) count += onesIn(words[at]);
  return count;
}

/** The first bit of [from, to) that is `bit` (0 or 1), counted from words[at]; -1 if none is. */
export function findBit(
  words: Int32Array,
  at: number,
  from: number,
  to: number,
  bit: number,
): number {
  if (from >= to) return -1;
  const flip = bit === 1 ? 0 : ALL;
  const last = at + Math.floor((to - 1) / WORD_BITS);
  let index = at + Math.floor(from / WORD_BITS);
  let found = (words[index] ^ flip) & swapped(ALL >>> (from % WORD_BITS));
  if (found === 0) {
    index++;
    // Short of the last word, whose end is not of the run.
    for (const end = last - 3; index < end; index += 4) {
      const near = (words[index] ^ flip) | (words[index + 1] ^ flip);
      const far = (words[index + 2] ^ flip) | (words[index + 3] ^ flip);
      if ((near | far) !== 0) break;
    }
    while (index < last && words[index] === flip) index++;
    if (index > last) return -1;
    found = words[index] ^ flip;
  }
  const position = (index - at) * WORD_BITS + Math.clz32(swapped(found));
  return position < to ? position : -1;
}
