// Purpose: some of the faults of `make durability`, which has them all: whatever operation of the
// disk goes wrong, what is left holds what was promised. DURABILITY_SEED chooses others.

import { expect, setDefaultTimeout, test } from "bun:test";
import { POLICIES, sweep } from "./sweep.ts";

setDefaultTimeout(120_000);

const seed = Number(process.env.DURABILITY_SEED ?? 1);
/** One fault of so many, of some two thousand. */
const EVERY = 300;

for (const policy of POLICIES) {
  test(`a server under appendfsync ${policy} keeps its promise whatever the disk does`, () => {
    const { faults } = sweep(seed, policy, EVERY);
    // The seed stands in the message of a failure.
    expect({ seed, faults }).toEqual({ seed, faults: [] });
  });
}
