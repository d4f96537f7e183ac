// Purpose: what costs in proportion to the clients, watched and awaited keys, timers, databases and
// so on that there are costs no more than in proportion: twice as many take twice the steps. Steps
// are counted (counting.ts), so the figures are the same on every machine.
//
// COSTS_COUNT=100000 does it with so many; `make fuzz` does.

import { expect, test } from "bun:test";
import { join } from "node:path";

const COUNT = Number(process.env.COSTS_COUNT ?? 800);
/** Heaps take a little more than twice as much for twice as many; what is quadratic four times. */
const RATIO_MAX = 2.4;
/** Steps that do not grow, besides. */
const STEPS_BESIDES = 2000;
const LIMIT_MS = 3_600_000;

/** The steps that each scenario takes with so many things. */
async function stepsWith(count: number): Promise<Record<string, number>> {
  const program = Bun.spawn(
    [
      process.execPath,
      "--preload",
      join(import.meta.dir, "counting.ts"),
      join(import.meta.dir, "program.ts"),
      String(count),
    ],
    { stdout: "pipe", stderr: "pipe" },
  );
  const [output, problem] = await Promise.all([
    new Response(program.stdout).text(),
    new Response(program.stderr).text(),
  ]);
  if ((await program.exited) !== 0) throw new Error(problem);
  return JSON.parse(output);
}

test(
  `twice as many take twice the steps: ${COUNT / 2} and ${COUNT}`,
  async () => {
    const [half, whole] = await Promise.all([stepsWith(COUNT / 2), stepsWith(COUNT)]);
    const names = Object.keys(whole);
    expect(names.length).toBeGreaterThan(30);
    if (process.env.COSTS_COUNT !== undefined) {
      for (const name of names) {
        console.log(`${(whole[name] / COUNT).toFixed(1).padStart(8)} steps each: ${name}`);
      }
    }
    const steep = names
      .filter((name) => whole[name] - STEPS_BESIDES > half[name] * RATIO_MAX)
      .map((name) => `${name}: ${half[name]} and ${whole[name]}`);
    expect(steep).toEqual([]);
  },
  LIMIT_MS,
);
