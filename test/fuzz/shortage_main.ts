/**
 * Purpose: the parts of `make fuzz` that let memory run out: so many attempts at commands from a
 * seed, or (--turns) so many runs of a server in which something else cannot be had; or what a
 * report has named alone. Exits with 1 when something is wrong.
 */
import { sweepShortage } from "./shortage.ts";
import type { Failure } from "./shortage_buffers.ts";
import { sweepTurns } from "./shortage_turns.ts";

const USAGE = "shortage_main.ts [--turns] [--cases N] [--seed S] [--sequence I [--failure JSON]]";
const CASES = 100_000;
/** A run of a server takes a hundred times as long as a command. */
const RUNS = 1000;

function wordAfter(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}

function numberAfter(words: readonly string[], option: string): number | undefined {
  const word = wordAfter(words, option);
  return word === undefined ? undefined : Number(word);
}

async function main(words: readonly string[]): Promise<number> {
  const isOfTurns = words.includes("--turns");
  const cases = numberAfter(words, "--cases") ?? (isOfTurns ? RUNS : CASES);
  const seed = numberAfter(words, "--seed") ?? Math.floor(Math.random() * 2 ** 32);
  if (Number.isNaN(cases) || Number.isNaN(seed)) {
    console.error(USAGE);
    return 2;
  }
  console.log(`seed ${seed}`);
  const sequence = numberAfter(words, "--sequence");
  const failure = wordAfter(words, "--failure");
  try {
    if (isOfTurns) turns(seed, cases, sequence, failure);
    else await commands(seed, cases, sequence);
    return 0;
  } catch (error) {
    const { message, cause } = error as Error;
    console.error(`${message}\n${cause instanceof Error ? (cause.stack ?? cause.message) : cause}`);
    return 1;
  }
}

async function commands(seed: number, cases: number, sequence?: number): Promise<void> {
  const { refused, swept, refusedLate } = await sweepShortage({ seed, cases, sequence });
  console.log(`${cases} attempts, ${refused} refused, ${swept} commands swept`);
  console.log(`refused after they had begun: ${[...refusedLate].sort().join(" ")}`);
}

function turns(seed: number, cases: number, sequence?: number, failureText?: string): void {
  const failure = failureText === undefined ? undefined : (JSON.parse(failureText) as Failure);
  const summary = sweepTurns({ seed, cases, sequence, failure });
  const { struck, closed, unsaved, refused } = summary;
  console.log(
    `${summary.cases} runs, ${struck} in which memory was short: ${closed} clients closed`,
  );
  console.log(`${refused} commands refused, ${unsaved} runs with files that could not be written`);
}

process.exit(await main(process.argv.slice(2)));
