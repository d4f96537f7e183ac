// Purpose: some rounds of `make durability`: what the server writes, it loads, and so does Redis.

import { expect, setDefaultTimeout, test } from "bun:test";
import { logRounds } from "./log_rounds.ts";

setDefaultTimeout(120_000);

test("what reaches the log, a rewritten log and a snapshot is loaded as it was", async () => {
  const seed = Number(process.env.DURABILITY_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const { faults, starts } = await logRounds({ seed, commands: 2500 });
  // The seed stands in the message of a failure.
  expect({ seed, faults }).toEqual({ seed, faults: [] });
  expect(starts).toBeGreaterThan(20);
});
