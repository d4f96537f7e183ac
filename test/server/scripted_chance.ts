/**
 * Purpose: loaded before the server, puts numbers that are known in the place of the system's
 * random source: SECRET_SEED chooses them all but those of the hash key, and HASH_SEED those. Names
 * of files, which are asked for when it so happens, take none of the others'. The program ends if
 * anybody asks Math.random.
 */
const SEEDS = { hash: Number(process.env.HASH_SEED), other: Number(process.env.SECRET_SEED) };
/** Two words are for the hash key, which is the first, or for the name of a file. */
const HASH_OR_NAME_WORDS = 2;

let isHashSeeded = false;
let given = 0;
let namesGiven = 0;

function fill<T extends ArrayBufferView | null>(into: T): T {
  const words = into as unknown as Uint32Array;
  const isHash = words.length === HASH_OR_NAME_WORDS && !isHashSeeded;
  if (isHash) isHashSeeded = true;
  for (let i = 0; i < words.length; i++) {
    if (isHash) words[i] = mixed(SEEDS.hash, i);
    else if (words.length === HASH_OR_NAME_WORDS) words[i] = mixed(SEEDS.other, namesGiven++);
    else words[i] = mixed(SEEDS.other, 1000 + given++);
  }
  return into;
}

function mixed(seed: number, index: number): number {
  let word = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  return word ^ (word >>> 13);
}

crypto.getRandomValues = fill;
Math.random = () => {
  console.log("Math.random was asked");
  process.exit(1);
};
