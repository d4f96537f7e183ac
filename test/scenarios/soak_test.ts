// Purpose: a short soak: 20,000 entries through one group whose consumers are killed at random.
// None is lost, none stays unacknowledged, memory comes back. `make soak` runs the long one. And
// the soak's books notice what they are kept for.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { TEST_LIMIT_MS } from "./scene.ts";
import { DEFAULTS, soak } from "./soak.ts";
import { Ledger } from "./soak_ledger.ts";

setDefaultTimeout(TEST_LIMIT_MS);

test("a group loses nothing when its consumers die at any moment", async () => {
  const seed = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const sizes = { entries: 20_000, kills: 24, count: 50, ahead: 4000 };
  const { faults, redelivered } = await soak({ ...DEFAULTS, ...sizes, seed });
  // The seed stands in the message of a failure.
  expect({ seed, faults }).toEqual({ seed, faults: [] });
  expect(redelivered).toBeGreaterThan(0);
});

describe("the ledger", () => {
  const ledgerOf = (...numbers: number[]) => {
    const ledger = new Ledger(10);
    ledger.produced = 10;
    ledger.deliver(Int32Array.from(numbers), 0);
    return ledger;
  };
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const batch = (...numbers: number[]) => Int32Array.from(numbers);

  test("is content when each was delivered and acknowledged", () => {
    const ledger = ledgerOf(...all);
    ledger.confirm(batch(...all), 10);
    ledger.check();
    expect(ledger.isDone).toBe(true);
    expect(ledger.faults).toEqual([]);
  });

  test("misses what did not come, and what was not acknowledged", () => {
    const ledger = ledgerOf(0, 1, 2);
    ledger.confirm(batch(0, 1), 2);
    ledger.check();
    expect(ledger.isDone).toBe(false);
    expect(ledger.faults).toEqual([
      "7 messages were lost",
      "8 messages were not acknowledged",
      "XACK counted 2 and at most 0 more of 10 messages",
    ]);
  });

  test("notices what comes twice as new, and what was never sent", () => {
    const ledger = ledgerOf(0, 1, 1, 10, -1);
    expect(ledger.faults).toEqual([
      "message 1 came twice as new",
      "message 10 was never sent",
      "message -1 was never sent",
    ]);
  });

  test("notices what comes after it was acknowledged, unless that was a race", () => {
    const ledger = ledgerOf(0, 1, 2);
    const sentClock = ledger.clock;
    ledger.confirm(batch(0, 1), 2);
    ledger.recover(batch(1, 2), sentClock);
    expect(ledger.faults).toEqual([]);
    ledger.recover(batch(1, 2), ledger.clock);
    expect(ledger.faults).toEqual(["message 1 came again after it was acknowledged"]);
    expect(ledger.redelivered).toBe(4);
  });

  test("knows that what is new may be seen only after others have taken it over", () => {
    const ledger = ledgerOf();
    const sentClock = ledger.clock;
    ledger.recover(batch(4, 5), sentClock);
    ledger.confirm(batch(4, 5), 2);
    ledger.deliver(batch(3, 4, 5), sentClock);
    expect(ledger.faults).toEqual([]);
    ledger.deliver(batch(5), ledger.clock);
    expect(ledger.faults).toEqual(["message 5 came twice as new"]);
  });
});
