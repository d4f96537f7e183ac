// Purpose: a few rounds of `make durability`: nothing that was confirmed is missing after a kill.

import { expect, setDefaultTimeout, test } from "bun:test";
import { killRounds } from "./kill.ts";

setDefaultTimeout(120_000);

test("no confirmed write is missing after the server was killed under load", async () => {
  const seed = Number(process.env.DURABILITY_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const { faults, confirmed } = await killRounds({ rounds: 6, seed });
  // The seed stands in the message of a failure.
  expect({ seed, faults }).toEqual({ seed, faults: [] });
  expect(confirmed).toBeGreaterThan(0);
});
