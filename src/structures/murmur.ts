/**
 * MurmurHash64A (A. Appleby), which HyperLogLogs are made with: 64-bit arithmetic in two 32-bit
 * halves, so that nothing is allocated.
 */

const MULTIPLIER_HIGH = 0xc6a4a793 | 0;
const MULTIPLIER_LOW = 0x5bd1e995;
const LOW_0 = MULTIPLIER_LOW & 0xffff;
const LOW_1 = MULTIPLIER_LOW >>> 16;
/** A shift of 47 bits is one of 15 from the high half to the low one. */
const SHIFT = 47 - 32;

/** The last hash. */
export const hashed = { high: 0, low: 0 };

/** The high half of `high:low` times the multiplier; the low half is `Math.imul` of the lows. */
function timesHigh(high: number, low: number): number {
  const low0 = low & 0xffff;
  const low1 = low >>> 16;
  // The carry of the low halves' product, by 16-bit digits: no sum goes beyond 32 bits.
  const cross = (Math.imul(low1, LOW_0) + (Math.imul(low0, LOW_0) >>> 16)) | 0;
  const middle = ((cross & 0xffff) + Math.imul(low0, LOW_1)) | 0;
  const carry = Math.imul(low1, LOW_1) + (cross >>> 16) + (middle >>> 16);
  return (carry + Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH)) | 0;
}

/**
 * Puts the hash of some bytes, with a seed of 32 bits, into `hashed`. `view` is over the same
 * memory as `bytes`.
 */
export function hash64(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  seed: number,
): void {
  let high = timesHigh(0, size);
  let low = Math.imul(size, MULTIPLIER_LOW) ^ seed;
  const tail = offset + (size & ~7);
  for (let at = offset; at < tail; at += 8) {
    let wordLow = view.getInt32(at, true);
    let wordHigh = timesHigh(view.getInt32(at + 4, true), wordLow);
    wordLow = Math.imul(wordLow, MULTIPLIER_LOW);
    wordLow ^= wordHigh >>> SHIFT;
    wordHigh = timesHigh(wordHigh, wordLow);
    wordLow = Math.imul(wordLow, MULTIPLIER_LOW);
    high ^= wordHigh;
    low ^= wordLow;
    high = timesHigh(high, low);
    low = Math.imul(low, MULTIPLIER_LOW);
  }
  const rest = size & 7;
  if (rest > 0) {
    for (let i = rest - 1; i >= 4; i--) high ^= bytes[tail + i] << ((i - 4) << 3);
    for (let i = Math.min(rest, 4) - 1; i >= 0; i--) low ^= bytes[tail + i] << (i << 3);
    high = timesHigh(high, low);
    low = Math.imul(low, MULTIPLIER_LOW);
  }
  low ^= high >>> SHIFT;
  high = timesHigh(high, low);
  low = Math.imul(low, MULTIPLIER_LOW);
  hashed.high = high;
  hashed.low = low ^ (high >>> SHIFT);
}
