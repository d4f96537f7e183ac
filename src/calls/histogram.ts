/**
 * How durations are distributed, to within 1 %, in little memory and without bounds to choose.
 *
 * Counters stand at a logarithmic scale: 128 to each doubling, from 256 ns on; below, one for each
 * nanosecond. They come in chunks of 128, made when first counted in, so a command that always
 * takes about as long needs one or two. Durations end at 1 s: what is longer counts as 1 s.
 *
 *   chunk    0       1         2         3          …  23
 *   from     0 ns    128 ns    256 ns    512 ns        2^29 ns
 *   step     1 ns    1 ns      2 ns      4 ns          2^22 ns
 */

const CHUNK_BITS = 7;
const CHUNK_COUNT = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_COUNT - 1;
const CHUNKS = 24;
const NS_MIN = 1;
const NS_MAX = 1_000_000_000;
const US_MAX = 1_000_000;
/** The first power of two that `forEachDoubling` tells of, in ns: about 1 µs. */
const FIRST_DOUBLING_BITS = 10;
const LAST_DOUBLING_BITS = 30;

export class Histogram {
  /** All values counted. */
  count = 0;
  private readonly chunks: (Float64Array | null)[] = new Array(CHUNKS).fill(null);

  /** Counts `count` values of `valueUs` microseconds each. */
  record(valueUs: number, count: number): void {
    // By integers: this is called for every other command of a pipeline.
    const ns = valueUs < US_MAX ? Math.max((valueUs * 1000 + 0.5) | 0, NS_MIN) : NS_MAX;
    const index = indexOf(ns);
    let chunk = this.chunks[index >>> CHUNK_BITS];
    if (chunk === null) {
      chunk = new Float64Array(CHUNK_COUNT);
      this.chunks[index >>> CHUNK_BITS] = chunk;
    }
    chunk[index & CHUNK_MASK] += count;
    this.count += count;
  }

  /**
   * The value in µs that `percent` (0..100) of all values do not exceed, which is the upper end of
   * its counter; for 0 the lower end, as in Redis. 0 when there are none.
   */
  percentileUs(percent: number): number {
    const wanted = Math.max(1, Math.floor((percent / 100) * this.count + 0.5));
    let seen = 0;
    for (let c = 0; c < CHUNKS; c++) {
      const chunk = this.chunks[c];
      for (let i = 0; chunk !== null && i < CHUNK_COUNT; i++) {
        seen += chunk[i];
        if (seen < wanted) continue;
        const index = (c << CHUNK_BITS) + i;
        return (percent === 0 ? lowestNs(index) : highestNs(index)) / 1000;
      }
    }
    return 0;
  }

  /**
   * Visits doubling limits in µs (1, 2, 4, ... 33, 66, ... up to 1 s) with the number of values up
   * to each, leaving out those that no value was added since the one before.
   */
  forEachDoubling(visit: (limitUs: number, count: number) => void): void {
    let index = 0;
    let seen = 0;
    let told = 0;
    for (let bits = FIRST_DOUBLING_BITS; bits <= LAST_DOUBLING_BITS; bits++) {
      const last = Math.min(indexOf(2 ** bits), CHUNKS * CHUNK_COUNT - 1);
      for (; index <= last; index++) seen += this.countAt(index);
      if (seen > told) visit(Math.floor(highestNs(last) / 1000), seen);
      told = seen;
    }
  }

  private countAt(index: number): number {
    return this.chunks[index >>> CHUNK_BITS]?.[index & CHUNK_MASK] ?? 0;
  }
}

/** The counter of a value from 0 to 2^30 - 1 ns. */
function indexOf(ns: number): number {
  const doubling = 32 - Math.clz32(ns | (2 * CHUNK_COUNT - 1)) - (CHUNK_BITS + 1);
  return (doubling << CHUNK_BITS) + (ns >>> doubling);
}

/** The smallest value that the counter counts, in ns. */
function lowestNs(index: number): number {
  const doubling = Math.max(0, (index >>> CHUNK_BITS) - 1);
  const scaled = index - (doubling << CHUNK_BITS);
  return scaled * 2 ** doubling;
}

/** The largest value that the counter counts, in ns. */
const highestNs = (index: number): number => lowestNs(index + 1) - 1;
