/**
 * Purpose: the chance that drives the fuzzer: the same numbers for the same seed, everywhere.
 * The generator is xoshiro128** (Blackman and Vigna), its state filled by splitmix32 steps.
 */

/** A source of random numbers and choices. */
export class Random {
  private readonly state = new Uint32Array(4);

  /** Every seed, and every stream of a seed, gives its own sequence of numbers. */
  constructor(seed: number, stream = 0) {
    let mix = 0;
    const parts = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, stream >>> 0, 0x5eed];
    for (let index = 0; index < 4; index++) {
      mix = (mix + parts[index] + 0x9e3779b9) | 0;
      for (let round = 0; round <= index + 1; round++) mix = scramble(mix);
      this.state[index] = mix;
    }
    this.state[3] |= 1; // never all zero
    for (let count = 0; count < 16; count++) this.uint32();
  }

  /** A number of 32 random bits. */
  uint32(): number {
    const s = this.state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** So many numbers of 32 random bits, in the place of the system's random source. */
  readonly words = (count: number): Uint32Array =>
    Uint32Array.from({ length: count }, () => this.uint32());

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * count);
  }

  /** An integer from `first` to `last`, both included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** One of the items, each as likely as its weight. */
  weighted<T>(items: readonly (readonly [number, T])[]): T {
    let left = (this.uint32() / 2 ** 32) * items.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    return items[items.length - 1][1];
  }

  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let index = result.length - 1; index > 0; index--) {
      const other = this.below(index + 1);
      [result[index], result[other]] = [result[other], result[index]];
    }
    return result;
  }
}

function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) | 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
