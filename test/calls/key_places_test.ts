// Purpose: keys are found without making objects where findKeys finds them.

import { expect, test } from "bun:test";
import { findKeys } from "../../src/calls/command.ts";
import { KeyPlaces } from "../../src/calls/key_places.ts";
import { commandTable } from "../../src/commands/all.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { isOnlyPfmerge, RandomCalls } from "../access/random_calls.ts";
import { Random } from "../fuzz/random.ts";

const ROUNDS = 100;
const SEED = Date.now() % 1e6;

test(`random calls of all commands, seed ${SEED}`, () => {
  const calls = new RandomCalls(new Random(SEED), true);
  const places = new KeyPlaces();
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const command of commandTable.all) {
      const words = calls.words(command);
      if (isOnlyPfmerge(words)) continue;
      const wanted = findKeys(command, words.length, (index) => words[index]) ?? [];
      const count = places.find(command, argsOf(words));
      const ours = wanted.map((_, i) => ({ index: places.index[i], flags: places.flags[i] }));
      expect([words, count, ours]).toEqual([words, wanted.length, wanted as never]);
      found += count;
    }
  }
  expect(found).toBeGreaterThan(ROUNDS);
});

test("a key before others that may be missing, and are", () => {
  const pfmerge = commandTable.find("pfmerge");
  if (pfmerge === undefined) throw new Error("there is no PFMERGE");
  expect(findKeys(pfmerge, 2, (index) => ["PFMERGE", "k"][index])).toBeNull();
  const places = new KeyPlaces();
  expect([places.find(pfmerge, argsOf(["PFMERGE", "k"])), places.index[0]]).toEqual([1, 1]);
});

test("more keys than there is room for at first", () => {
  const places = new KeyPlaces();
  const del = commandTable.find("del");
  if (del === undefined) throw new Error("there is no DEL");
  const words = ["DEL", ...Array.from({ length: 1000 }, (_, index) => `k${index}`)];
  expect(places.find(del, argsOf(words))).toBe(1000);
  expect([...places.index.subarray(0, 1000)]).toEqual(words.slice(1).map((_, i) => i + 1));
});
