// Purpose: a short soak: 20,000 entries through one group whose consumers are killed at random.
// None is lost, none stays unacknowledged, memory comes back. `make soak` runs the long one.

import { expect, setDefaultTimeout, test } from "bun:test";
import { TEST_LIMIT_MS } from "./scene.ts";
import { DEFAULTS, soak } from "./soak.ts";

setDefaultTimeout(TEST_LIMIT_MS);

test("a group loses nothing when its consumers die at any moment", async () => {
  const seed = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const options = { ...DEFAULTS, entries: 20_000, kills: 24, count: 50, ahead: 4000, seed };
  const report = await soak(options);
  // With the seed in the message of a failure.
  expect({ seed, faults: report.faults }).toEqual({ seed, faults: [] });
  expect(report.longest).toBeLessThan(options.entries);
});
