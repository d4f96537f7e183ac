// Purpose: what is secret and what clients see of chance have nothing in common, and the generator
// of the latter is a fair one.

import { expect, test } from "bun:test";
import { fromLatin1, isSecret } from "../../src/base/bytes.ts";
import { hashBytes, seedHash } from "../../src/base/hash.ts";
import { Chance, type SecretWords, secretDigits } from "../../src/base/random.ts";
import { secretWords } from "../../src/runtime/secret.ts";

/** Words of the system as they might be, of which each is given once; counts them. */
function counted(first: number): { words: SecretWords; given: () => number } {
  let given = 0;
  const words = (count: number) =>
    Uint32Array.from({ length: count }, () => Math.imul(first + ++given, 0x9e3779b1));
  return { words, given: () => given };
}

const hashOf = (text: string) => {
  const bytes = fromLatin1(text);
  return hashBytes(bytes, new DataView(bytes.buffer), 0, bytes.length);
};

test("the generator of replies draws its seed once, and then gives the same numbers", () => {
  const source = counted(7);
  const chance = new Chance(source.words);
  expect(source.given()).toBe(4);
  const twin = new Chance(counted(7).words);
  for (let i = 0; i < 1000; i++) expect(chance.next()).toBe(twin.next());
  expect(source.given()).toBe(4);
});

test("with the generator's state fixed, the hash key and IDs are others each time", () => {
  const ids = new Set<string>();
  const hashes = new Set<number>();
  for (let run = 0; run < 50; run++) {
    const chance = new Chance(counted(7).words);
    seedHash(secretWords);
    hashes.add(hashOf("key"));
    ids.add(secretDigits(40, secretWords));
    expect(chance.next()).toBe(new Chance(counted(7).words).next());
  }
  expect(ids.size).toBe(50);
  expect(hashes.size).toBeGreaterThan(45);
});

test("with the hash key fixed, the generator gives other numbers each time", () => {
  seedHash(counted(9).words);
  const before = hashOf("key");
  const numbers = new Set<number>();
  for (let run = 0; run < 50; run++) numbers.add(new Chance(secretWords).next());
  expect(numbers.size).toBe(50);
  expect(hashOf("key")).toBe(before);
});

test("each bit of the words for the hash key matters", () => {
  const hashes = new Set<number>();
  for (let bit = 0; bit < 64; bit++) {
    const words = new Uint32Array(2);
    words[bit >> 5] = 1 << (bit & 31);
    seedHash(() => words);
    hashes.add(hashOf("key"));
  }
  expect(hashes.size).toBe(64);
  seedHash(secretWords);
});

test("secretDigits uses every word for digits of its own", () => {
  const source = counted(1);
  const digits = secretDigits(40, source.words);
  expect(digits).toMatch(/^[0-9a-f]{40}$/);
  expect(source.given()).toBe(5);
  expect(secretDigits(3, () => Uint32Array.of(0xa))).toBe("000");
});

test("numbers are from 0 up to 1, of 53 bits, and evenly spread", () => {
  const { next } = new Chance(counted(3).words);
  const bins = new Int32Array(64);
  const ones = new Int32Array(53);
  const rounds = 64 * 4000;
  for (let i = 0; i < rounds; i++) {
    const number = next();
    if (!(number >= 0 && number < 1)) throw new Error(`${number}`);
    bins[Math.floor(number * 64)]++;
    let bits = number * 2 ** 53;
    for (let bit = 0; bit < 53; bit++) {
      ones[bit] += bits % 2;
      bits = Math.floor(bits / 2);
    }
  }
  // Six standard deviations of each count.
  for (const bin of bins) expect(Math.abs(bin - 4000)).toBeLessThan(6 * Math.sqrt(4000));
  for (const count of ones)
    expect(Math.abs(count - rounds / 2)).toBeLessThan(3 * Math.sqrt(rounds));
});

test("isSecret looks at every byte, wherever the first that is wrong may be", () => {
  const secret = "correct horse";
  const seen: number[] = [];
  for (let wrong = -1; wrong < secret.length; wrong++) {
    const bytes = fromLatin1(`__${secret}`);
    if (wrong >= 0) bytes[wrong + 2] ^= 1;
    let reads = 0;
    const watched = new Proxy(bytes, {
      get(target, name) {
        reads++;
        return target[Number(name)];
      },
    });
    expect(isSecret(watched, 2, secret.length, secret)).toBe(wrong < 0);
    seen.push(reads);
  }
  expect(new Set(seen)).toEqual(new Set([secret.length]));
  const longer = fromLatin1(secret + secret);
  expect(isSecret(longer, 0, longer.length, secret)).toBe(false);
  expect(isSecret(longer, 0, secret.length - 1, secret)).toBe(false);
  expect(isSecret(longer, 0, 0, secret)).toBe(false);
});
