/**
 * Purpose: runs a script again and again, each time with one fault, at one operation of the disk
 * after the other: the machine stops, the process is killed, the operation fails, the disk is full.
 */
import { Random } from "../fuzz/random.ts";
import type { Fault } from "./sim_disk.ts";
import { type Policy, SimRun } from "./sim_run.ts";
import { CHANGES, scriptOf, sequenceOf } from "./sim_script.ts";

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
  const script = () => scriptOf(new Random(seed, 2));
  const plain = new SimRun(seed, policy, null);
  plain.play(script());
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
        run.play(script());
        return run.faults[0] ?? run.recover(way.cutsPower, again);
      });
    }
  }
  return outcome;
}

/** Turns between two changes: more than any file takes to be written. */
const STEPS_MAX = 9;
/** Operations among which one goes wrong, where there are about so many. */
const OPERATIONS = 90;

/**
 * All pairs of changes, the second at each step of the first, from where the log is on and from
 * where it is off: the process lives, or ends as it was asked to, and a start finds what there was.
 * `every`: takes one of so many.
 */
export function pairs(seed: number, every: number): Outcome {
  const outcome: Outcome = { runs: 0, operations: 0, faults: [] };
  const random = new Random(seed, 8);
  for (const isLogged of [true, false]) {
    for (const first of CHANGES) {
      for (const second of CHANGES) {
        for (let after = 0; after <= STEPS_MAX; after++) {
          if (!random.chance(1 / every)) continue;
          const changes = [
            { words: first, after: 0 },
            { words: second, after },
          ];
          sequence(outcome, random.uint32(), changes, null, isLogged);
        }
      }
    }
  }
  return outcome;
}

/** So many random sequences of three changes and more; in most the disk goes wrong somewhere. */
export function sequences(seed: number, count: number): Outcome {
  const outcome: Outcome = { runs: 0, operations: 0, faults: [] };
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i);
    const changes = Array.from({ length: random.between(3, 7) }, () => ({
      words: random.pick(CHANGES),
      after: random.below(STEPS_MAX + 1),
    }));
    const fault = random.chance(0.7) ? faultOf(random.between(1, OPERATIONS), random) : null;
    sequence(outcome, random.uint32(), changes, fault, random.chance(0.5));
  }
  return outcome;
}

function sequence(
  outcome: Outcome,
  seed: number,
  changes: readonly { readonly words: readonly string[]; readonly after: number }[],
  fault: Fault | null,
  isLogged: boolean,
): void {
  const random = new Random(seed, 9);
  const policy = random.pick(POLICIES);
  const cutsPower = random.chance(0.5);
  const told = changes.map(({ words, after }) => `${words.join(" ")} after ${after}`).join(", ");
  const goesWrong = fault === null ? "" : `, ${fault.kind} at ${fault.at}`;
  const what =
    `seed ${seed}, ${policy}, log ${isLogged ? "on" : "off"}: ${told}${goesWrong}, ` +
    `${cutsPower ? "power cut" : "killed"}`;
  note(outcome, what, () => {
    const run = new SimRun(seed, policy, fault, isLogged);
    run.play(sequenceOf(random, changes));
    return run.faults[0] ?? run.recover(cutsPower, null);
  });
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
