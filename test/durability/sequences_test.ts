// Purpose: some of the pairs and sequences of `make durability`: whatever begins, changes or ends
// while something else is in progress, the server lives or ends as it was asked to, and the next
// start finds what there was. DURABILITY_SEED chooses others.

import { expect, setDefaultTimeout, test } from "bun:test";
import { pairs, sequences } from "./sweep.ts";

setDefaultTimeout(120_000);

const seed = Number(process.env.DURABILITY_SEED ?? 1);
/** One pair and step of so many, of some 16,000. */
const EVERY = 120;
const SEQUENCES = 100;

test("pairs of changes, the second at each step of the first", () => {
  const { faults } = pairs(seed, EVERY);
  expect({ seed, faults }).toEqual({ seed, faults: [] });
});

test("sequences of changes, most of them on a disk that fails somewhere", () => {
  const { faults } = sequences(seed, SEQUENCES);
  expect({ seed, faults }).toEqual({ seed, faults: [] });
});
