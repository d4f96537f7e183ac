// Purpose: a short sweep of commands that run out of memory, as part of every test run. The seed is
// a new one each time and is printed: FUZZ_SEED repeats it, SHORTAGE_CASES sets the length. The
// long form is part of `make fuzz`.

import { expect, test } from "bun:test";
import { sweepShortage } from "./shortage.ts";

const CASES = Number(process.env.SHORTAGE_CASES ?? 1000);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

test(`${CASES} commands without memory change all or nothing, seed ${seed}`, async () => {
  const { cases, refused, swept } = await sweepShortage({ seed, cases: CASES });
  expect(cases).toBeGreaterThanOrEqual(CASES);
  expect(refused).toBeGreaterThan(0);
  expect(swept).toBeGreaterThan(0);
});
