// Purpose: a few rounds of `make durability`: nothing that a reply told under `appendfsync always`
// is gone after a kill, whoever had written it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { observeRounds } from "./observe.ts";

setDefaultTimeout(120_000);

test("what anybody was told under appendfsync always is there after a kill", async () => {
  const seed = Number(process.env.DURABILITY_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const { faults, told } = await observeRounds({ rounds: 4, seed });
  expect({ seed, faults }).toEqual({ seed, faults: [] });
  expect(told).toBeGreaterThan(0);
});
