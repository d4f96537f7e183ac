/**
 * Math.random of scripts: one generator, which goes on from script to script as Redis's math.random
 * does. Nothing secret can be told from its numbers: its seed is used for nothing else.
 */
import { Chance, type SecretWords } from "../base/random.ts";

let chance = new Chance((count) => new Uint32Array(count));

/** Seeds the generator; before, all its numbers are the same in every process. */
export function seedRandom(secretWords: SecretWords): void {
  chance = new Chance(secretWords);
}

/** A number from 0 up to 1, which it never is. */
export function nextRandom(): number {
  return chance.next();
}
