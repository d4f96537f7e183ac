/**
 * Purpose: the part of `make fuzz` that lets memory run out: so many attempts at commands from a
 * seed, or one sequence of it. Exits with 1 when something is wrong.
 */
import { sweepShortage } from "./shortage.ts";

const USAGE = "shortage_main.ts [--cases N] [--seed S] [--sequence I]";

function numberAfter(words: readonly string[], option: string): number | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : Number(words[at + 1]);
}

async function main(words: readonly string[]): Promise<number> {
  const cases = numberAfter(words, "--cases") ?? 100_000;
  const seed = numberAfter(words, "--seed") ?? Math.floor(Math.random() * 2 ** 32);
  if (Number.isNaN(cases) || Number.isNaN(seed)) {
    console.error(USAGE);
    return 2;
  }
  console.log(`seed ${seed}`);
  try {
    const sequence = numberAfter(words, "--sequence");
    const { refused, swept, refusedLate } = await sweepShortage({ seed, cases, sequence });
    console.log(`${cases} attempts, ${refused} refused, ${swept} commands swept`);
    console.log(`refused after they had begun: ${[...refusedLate].sort().join(" ")}`);
    return 0;
  } catch (error) {
    const { message, cause } = error as Error;
    console.error(`${message}\n${cause instanceof Error ? (cause.stack ?? cause.message) : cause}`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
