/**
 * Purpose: makes a sequence that shows a difference as short and plain as it can be while it still
 * shows it: first fewer steps, then fewer and simpler words in each.
 */

import type { Step, StrayPart } from "./sequence.ts";

/** Whether the steps still show the difference. */
export type StillFails = (steps: readonly Step[]) => Promise<boolean>;

/**
 * The smallest sequence found within `runsMost` trials. The result still failed when it was tried
 * last; it is `steps` itself when nothing smaller does.
 */
export async function shrink(
  steps: readonly Step[],
  stillFails: StillFails,
  runsMost = 600,
): Promise<Step[]> {
  let runsLeft = runsMost;
  const trial = async (candidate: readonly Step[]) => {
    if (runsLeft-- <= 0) return false;
    return await stillFails(candidate);
  };
  let best: Step[] = [...steps];
  for (;;) {
    const before = best;
    best = await fewer(best, trial);
    best = await plainer(best, trial);
    if (best === before || runsLeft <= 0) return best;
  }
}

/** Leaves out pieces of the list, large ones first, as long as it keeps failing. */
export async function fewer<T>(
  items: T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<T[]> {
  let best = items;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size > 1 ? size >> 1 : 0) {
    for (let start = best.length - size; best.length > 0; start -= size) {
      const from = Math.max(0, start);
      const candidate = best.toSpliced(from, size);
      if (candidate.length < best.length && (await fails(candidate))) best = candidate;
      if (from === 0) break;
    }
  }
  return best;
}

async function plainer(steps: Step[], fails: StillFails): Promise<Step[]> {
  let best = steps;
  const attempt = async (candidate: Step[]) => {
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  const onOneConnection = best.map((step) => ("args" in step ? { ...step, connection: 0 } : step));
  if (JSON.stringify(onOneConnection) !== JSON.stringify(best)) await attempt(onOneConnection);
  for (let index = best.length - 1; index >= 0; index--) {
    for (let changed = true; changed; ) {
      changed = false;
      for (const candidate of plainerSteps(best[index])) {
        changed = await attempt(best.with(index, candidate));
        if (changed) break;
      }
    }
  }
  return best;
}

/** Steps that are a little simpler, boldest first. */
function* plainerSteps(step: Step): Generator<Step> {
  if (step.kind === "stray") {
    if (step.cuts.length > 0) yield { ...step, cuts: [] };
    for (const index of step.parts.keys()) yield { ...step, parts: step.parts.toSpliced(index, 1) };
    for (const [index, part] of step.parts.entries()) {
      for (const simpler of plainerParts(part)) {
        yield { ...step, parts: step.parts.with(index, simpler) };
      }
    }
    return;
  }
  if (step.inline) yield { ...step, inline: false };
  if (step.joined) yield { ...step, joined: false };
  for (const args of plainerArgs(step.args)) yield { ...step, args };
}

function* plainerParts(part: StrayPart): Generator<StrayPart> {
  if ("args" in part) {
    for (const args of plainerArgs(part.args)) yield { args };
  } else if (part.bytes.length > 1) {
    const half = part.bytes.length >> 1;
    yield { bytes: part.bytes.slice(0, half) };
    yield { bytes: part.bytes.slice(half) };
    yield { bytes: part.bytes.slice(1) };
    yield { bytes: part.bytes.slice(0, -1) };
  }
}

/**
 * Fewer or simpler words. Numbers become nothing but 0: a shorter one could be a time to live that
 * runs out at any moment, or a size that takes much memory. WAIT keeps its words, since with other
 * ones it has no end.
 */
function* plainerArgs(args: string[]): Generator<string[]> {
  if (/^wait$/i.test(args[0])) return;
  for (let index = args.length - 1; index >= 1; index--) yield args.toSpliced(index, 1);
  for (let index = args.length - 1; index >= 1; index--) {
    const arg = args[index];
    const isNumber = /\d/.test(arg) && arg.length < 24;
    if (arg.length > 24) yield args.with(index, arg.slice(0, arg.length >> 1));
    const simpler = isNumber && arg !== "0" ? ["0"] : arg.length > 1 ? ["", "a"] : [];
    for (const text of simpler) yield args.with(index, text);
  }
}
