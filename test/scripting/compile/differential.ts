/**
 * Purpose: the compiler against the host's own engine. A random program is run as it is, and as a
 * script whose time slices end after a few steps; what they see must be the same.
 */
import { Random } from "../../fuzz/random.ts";
import { runScript } from "../script_run.ts";
import { ProgramMaker } from "./program_maker.ts";

/** What is wrong with a program; null if nothing is. */
export function differenceOf(program: string, random: Random): string | null {
  const expected = hostResult(program);
  const slices = random.chance(0.5) ? "always" : "one";
  const { value, error } = runScript(program, { slices, host: { now: () => 0 } });
  const seen = error ?? value;
  return seen === expected ? null : `expected ${expected}\n     got ${String(seen)}`;
}

function hostResult(program: string): string {
  try {
    return new Function(`"use strict"; ${program}`)();
  } catch (error) {
    return `${error}`;
  }
}

/** Tries so many programs of a seed, from `first` on; throws on the first difference. */
export function comparePrograms(seed: number, count: number, first = 0): void {
  for (let index = first; index < first + count; index++) {
    const random = new Random(seed, index);
    const program = new ProgramMaker(random).program();
    const difference = differenceOf(program, random);
    if (difference !== null) {
      throw new Error(`seed ${seed}, program ${index}:\n${program}\n${difference}`);
    }
  }
}
