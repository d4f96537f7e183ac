// What every figure is: a name, a line about it, and how to measure it.

import type { Options } from "./options.ts";
import type { FigureResult } from "./results.ts";

/** A figure: one subcommand of bench.ts. */
export interface Figure {
  name: string;
  /** One line for --help. */
  summary: string;
  /** Measures; tells `progress` how far it is. */
  run(options: Options, progress: (text: string) => void): Promise<FigureResult>;
}

/** The two servers, in the order in which every round asks them. */
export const SIDES = ["ours", "theirs"] as const;

/** One value for each server. */
export interface Pair<T> {
  ours: T;
  theirs: T;
}

/** The samples of several rounds, one list for each server. */
export type Rounds<T> = Pair<T[]>;

/** Takes a sample of each server by turns: ours, theirs, ours, theirs ... */
export async function alternate<T>(
  rounds: number,
  sample: (side: "ours" | "theirs", round: number) => Promise<T>,
): Promise<Rounds<T>> {
  const samples: Rounds<T> = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of SIDES) samples[side].push(await sample(side, round));
  }
  return samples;
}
