// Purpose: short sweeps of commands that run out of memory, and of all that is no command, as part
// of every test run. The seed is a new one each time and is printed: FUZZ_SEED repeats it,
// SHORTAGE_CASES sets the length (a hundredth of it for the second). The long form is part of
// `make fuzz`.

import { expect, test } from "bun:test";
import { sweepShortage } from "./shortage.ts";
import { sweepTurns } from "./shortage_turns.ts";

const TIMEOUT_MS = 600_000;
const CASES = Number(process.env.SHORTAGE_CASES ?? 1000);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

test(`${CASES} commands without memory change all or nothing, seed ${seed}`, async () => {
  const { cases, refused, swept } = await sweepShortage({ seed, cases: CASES });
  expect(cases).toBeGreaterThanOrEqual(CASES);
  expect(refused).toBeGreaterThan(0);
  expect(swept).toBeGreaterThan(0);
});

const RUNS = Math.ceil(CASES / 100);

test(
  `${RUNS} servers live on without memory, their data whole, seed ${seed}`,
  () => {
    const { cases, struck } = sweepTurns({ seed, cases: RUNS });
    expect(cases).toBeGreaterThanOrEqual(RUNS);
    expect(struck).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
