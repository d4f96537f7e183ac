// Purpose: short sweeps of scripts that are undone, as part of every test run. The seed is a new
// one each time and is printed: FUZZ_SEED repeats it, UNDO_CASES sets the length.

import { expect, test } from "bun:test";
import { sweepUndo } from "./undo.ts";

const TIMEOUT_MS = 600_000;
const CASES = Number(process.env.UNDO_CASES ?? 200);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

test(
  `${CASES} scripts are undone, seed ${seed}`,
  async () => {
    expect(await sweepUndo({ seed, cases: CASES })).toBeGreaterThanOrEqual(CASES);
  },
  TIMEOUT_MS,
);
