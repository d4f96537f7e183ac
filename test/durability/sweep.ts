/**
 * Purpose: runs a script again and again, each time with one fault, at one operation of the disk
 * after the other: the machine stops, the process is killed, the operation fails, the disk is full.
 */
import { Random } from "../fuzz/random.ts";
import type { Fault } from "./sim_disk.ts";
import { type Policy, SimRun } from "./sim_run.ts";

export const POLICIES: readonly Policy[] = ["always", "everysec", "no"];

/** The ways in which each operation goes wrong. */
const WAYS = [
  { kind: "stop", isDone: false, cutsPower: true },
  { kind: "stop", isDone: true, cutsPower: true },
  { kind: "stop", isDone: false, cutsPower: false },
  { kind: "broken", isDone: false, cutsPower: true },
  { kind: "broken", isDone: false, cutsPower: false },
  { kind: "full", isDone: false, cutsPower: true },
  { kind: "full", isDone: false, cutsPower: false },
] as const;

export interface Outcome {
  runs: number;
  operations: number;
  readonly faults: string[];
}

/**
 * Sweeps over the operations of a seed's script. `every`: takes one of so many faults, each another
 * with another seed; 1 takes all.
 */
export function sweep(seed: number, policy: Policy, every: number): Outcome {
  const plain = new SimRun(seed, policy, null);
  plain.play();
  const { operations } = plain.disk;
  const faults = plain.faults.map((fault) => `without a fault: ${fault}`);
  const random = new Random(seed, 5);
  const outcome = { runs: 0, operations: operations.length, faults };
  note(outcome, "at the end", () => plain.recover(true, null));
  for (let at = 1; at <= operations.length; at++) {
    for (const way of WAYS) {
      if (!random.chance(1 / every)) continue;
      const again = random.chance(0.3) ? faultOf(random.between(1, 40), random) : null;
      const where = `${way.kind}${way.isDone ? ", done," : ""} at ${at} (${operations[at - 1]})`;
      const what = `${where}, ${way.cutsPower ? "power cut" : "killed"}, again ${again?.at}`;
      note(outcome, what, () => {
        const run = new SimRun(seed, policy, { ...way, at });
        run.play();
        return run.faults[0] ?? run.recover(way.cutsPower, again);
      });
    }
  }
  return outcome;
}

function faultOf(at: number, random: Random): Fault {
  const { kind, isDone } = WAYS[random.below(WAYS.length)];
  return { at, kind, isDone };
}

function note(outcome: Outcome, what: string, run: () => string | null): void {
  outcome.runs++;
  let problem: string | null;
  try {
    problem = run();
  } catch (error) {
    problem = (error as Error).stack ?? String(error);
  }
  if (problem !== null) outcome.faults.push(`${what}: ${problem}`);
}
