/**
 * Chance, from two sources that know nothing of each other (docs/decisions/0020):
 *
 *   SecretWords   the system's random source: for what nobody may guess, and for seeds
 *   Chance        a generator for what clients see: RANDOMKEY, SPOP, LFU counters. From its numbers
 *                 its state can be told, and from that all numbers to come, but nothing else.
 */

/** Gives so many random 32-bit words of the system's random source. */
export type SecretWords = (count: number) => Uint32Array;

/** 32-bit words of a generator's state. */
const STATE_WORDS = 4;
/** Numbers are left out until the words of the seed have mixed. */
const MIXING_ROUNDS = 16;

/** The generator sfc32 (C. Doty-Humphrey's PractRand): 128 bits of state, a counter among them. */
export class Chance {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  /** Draws its seed, which is used for nothing else. */
  constructor(secretWords: SecretWords) {
    const seed = secretWords(STATE_WORDS);
    this.a = seed[0] | 0;
    this.b = seed[1] | 0;
    this.c = seed[2] | 0;
    this.counter = seed[3] | 0;
    for (let round = 0; round < MIXING_ROUNDS; round++) this.word();
  }

  /** A number from 0 up to 1, which it never is, of 53 random bits. */
  readonly next = (): number => {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  };

  /** 32 random bits. */
  private word(): number {
    const word = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + word) | 0;
    return word;
  }
}

/** `count` hexadecimal digits, at most 8 for each word, of words that are used for nothing else. */
export function secretDigits(count: number, secretWords: SecretWords): string {
  let digits = "";
  for (const word of secretWords(Math.ceil(count / 8))) {
    digits += word.toString(16).padStart(8, "0");
  }
  return digits.slice(0, count);
}
