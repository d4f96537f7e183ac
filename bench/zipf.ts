// Numbers by Zipf's law, by which people ask for some things far more often than for others.

/**
 * A generator of numbers from 0 to count - 1, of which the k-th (from 1) comes in proportion to
 * 1 / k^skew. `random` gives numbers in [0, 1).
 */
export function zipf(count: number, skew: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += 1 / (k + 1) ** skew;
    sums[k] = sum;
  }
  return () => firstAbove(sums, random() * sum);
}

/** The index of the first of ascending numbers that is above `value`; the last one if none is. */
function firstAbove(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
