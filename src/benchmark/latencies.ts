/**
 * How often each latency was seen, as redis-benchmark counts them: in the buckets of a histogram
 * of a high dynamic range (G. Tene's HdrHistogram), so that reports name the same values. Each
 * bucket holds twice the range of the one before in as many parts. All values are whole µs.
 */

/** What is told from is at least so far apart. */
const UNIT_BITS = 3;
const VALUE_MAX = 3_000_000;

/** One line of a report. */
export interface Step {
  readonly percentile: number;
  /** The highest value that is not told from this one. */
  readonly value: number;
  /** How many were at most so high. */
  readonly count: number;
}

export class Latencies {
  private readonly halfBits: number;
  private readonly counts: Float64Array;
  total = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private highest = 0;

  /** `digits`: decimal digits of a value that are kept. */
  constructor(digits: number) {
    this.halfBits = Math.max(0, Math.ceil(Math.log2(2 * 10 ** digits)) - 1);
    this.counts = new Float64Array(this.indexOf(VALUE_MAX) + 1);
  }

  /** Notes that a value was seen so often. */
  add(value: number, times: number): void {
    const kept = Math.min(value, VALUE_MAX);
    this.counts[this.indexOf(kept)] += times;
    this.total += times;
    if (kept < this.lowest) this.lowest = kept;
    if (kept > this.highest) this.highest = kept;
  }

  get min(): number {
    return this.total === 0 ? 0 : this.lowestLike(this.lowest);
  }

  get max(): number {
    return this.total === 0 ? 0 : this.highestLike(this.highest);
  }

  get mean(): number {
    let sum = 0;
    for (let index = 0; index < this.counts.length; index++) {
      if (this.counts[index] === 0) continue;
      const value = this.valueAt(index);
      sum += this.counts[index] * (value + (this.rangeOf(value) >> 1));
    }
    return this.total === 0 ? 0 : sum / this.total;
  }

  atPercentile(percentile: number): number {
    const wanted = Math.max(1, Math.floor((percentile / 100) * this.total + 0.5));
    let count = 0;
    for (let index = 0; index < this.counts.length; index++) {
      count += this.counts[index];
      if (count >= wanted) return this.highestLike(this.valueAt(index));
    }
    return 0;
  }

  /** Steps that halve what is left to 100 %, up to the highest value. */
  percentileSteps(): Step[] {
    const steps: Step[] = [];
    let next = 0;
    let count = 0;
    for (let index = 0; index < this.counts.length && count < this.total; index++) {
      if (this.counts[index] === 0) continue;
      count += this.counts[index];
      const value = this.highestLike(this.valueAt(index));
      if (count === this.total) steps.push({ percentile: next, value, count });
      else if ((100 * count) / this.total >= next) steps.push({ percentile: next, value, count });
      while ((100 * count) / this.total >= next && next < 100) next = stepAfter(next);
    }
    if (this.total > 0) steps.push({ percentile: 100, value: this.max, count });
    return steps;
  }

  /** Steps of 100 µs up to 2 ms, and of 1 ms from there, up to the highest value. */
  linearSteps(): Step[] {
    const steps: Step[] = [];
    let width = 100;
    let top = width;
    let count = 0;
    let index = 0;
    while (count < this.total) {
      const value = this.highestLike(top);
      for (; index < this.counts.length && this.valueAt(index) <= top; index++) {
        count += this.counts[index];
      }
      steps.push({ percentile: (100 * count) / this.total, value, count });
      top += width;
      // The step after this one has its width already.
      if (value > 2000) width = 1000;
    }
    return steps;
  }

  /** Values with the same index are not told from each other. */
  private indexOf(value: number): number {
    const bucket = this.bucketOf(value);
    const part = Math.floor(value / 2 ** (bucket + UNIT_BITS));
    return (bucket << this.halfBits) + part;
  }

  /** The lowest value of an index. */
  private valueAt(index: number): number {
    const half = 1 << this.halfBits;
    const bucket = Math.max(0, (index >> this.halfBits) - 1);
    const part = index - bucket * half;
    return part * 2 ** (bucket + UNIT_BITS);
  }

  private bucketOf(value: number): number {
    const bits = 32 - Math.clz32(Math.max(value, 1) | ((1 << (UNIT_BITS + this.halfBits + 1)) - 1));
    return bits - UNIT_BITS - this.halfBits - 1;
  }

  private rangeOf(value: number): number {
    return 1 << (UNIT_BITS + this.bucketOf(value));
  }

  private lowestLike(value: number): number {
    const range = this.rangeOf(value);
    return Math.floor(value / range) * range;
  }

  private highestLike(value: number): number {
    return this.lowestLike(value) + this.rangeOf(value) - 1;
  }
}

/** The percentile after one: two steps for each halving of what is left. */
function stepAfter(percentile: number): number {
  const halvings = Math.floor(Math.log2(100 / (100 - percentile))) + 1;
  return percentile + 100 / 2 ** halvings;
}
