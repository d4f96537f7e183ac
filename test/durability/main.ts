/**
 * Purpose: `make durability`: sweeps over every fault of the simulated disk for some seeds, and
 * kills the real server many times, under clients that write and under some that look, and has
 * logs written, loaded and damaged. Exits with 1 when anything was lost, with 2 when it is called
 * wrongly.
 */
import { killRounds } from "./kill.ts";
import { logRounds } from "./log_rounds.ts";
import { observeRounds } from "./observe.ts";
import { type Outcome, POLICIES, pairs, sequences, sweep } from "./sweep.ts";

const USAGE = `Looks whether anything is lost when machines stop, disks fail and servers are killed.

  --seed S      the first seed; printed, and picked when not given
  --seeds N     so many seeds' scripts are swept over (1)
  --every N     takes one of N faults of the disk (1)
  --pairs N     takes one of N pairs of changes of what is in progress (4)
  --sequences N runs so many random sequences of such changes (10000)
  --rounds N    kills the real server so often (1000)
  --observed N  kills it so often while many look at what is being written (300)
  --commands N  has so many commands of all kinds written to logs and loaded again (100000)
`;

const FAULTS_SHOWN = 10;
const PROGRESS_ROUNDS = 100;
const PROGRESS_COMMANDS = 10_000;

interface Options {
  seed: number;
  seeds: number;
  every: number;
  pairs: number;
  sequences: number;
  rounds: number;
  observed: number;
  commands: number;
}

function readOptions(words: readonly string[]): Options {
  const options: Options = {
    seed: Math.floor(Math.random() * 2 ** 32),
    seeds: 1,
    every: 1,
    pairs: 4,
    sequences: 10_000,
    rounds: 1000,
    observed: 300,
    commands: 100_000,
  };
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i].replace(/^--/, "");
    const value = words[i + 1] ?? "";
    if (!(name in options) || !/^\d+$/.test(value)) throw new Error(`not understood: ${words[i]}`);
    options[name as keyof Options] = Number(value);
  }
  return options;
}

function show(faults: readonly string[]): void {
  for (const fault of faults.slice(0, FAULTS_SHOWN)) console.log(`  ${fault}`);
}

/** How many faults there were. */
async function writeLogs({ seed, commands }: Options): Promise<number> {
  let nextShown = 0;
  const outcome = await logRounds({
    seed,
    commands,
    onRound: (soFar) => {
      if (soFar.commands < nextShown) return;
      nextShown += PROGRESS_COMMANDS;
      console.log(`${soFar.commands} commands in logs, ${soFar.starts} starts`);
    },
  });
  const { starts, real, faults } = outcome;
  console.log(
    `${outcome.commands} commands in logs: ${starts} starts, ${real} of them of the real server, ` +
      `${faults.length} faults`,
  );
  show(faults);
  return faults.length;
}

const onKill = (round: number) => {
  if ((round + 1) % PROGRESS_ROUNDS === 0) console.log(`killed ${round + 1} times`);
};

/** How many faults there were. */
async function killObserved({ seed, observed }: Options): Promise<number> {
  const outcome = await observeRounds({ rounds: observed, seed, onRound: onKill });
  const { told, early, faults } = outcome;
  console.log(
    `${observed} kills: ${told} observations, ${early} before the writer was told, ` +
      `${faults.length} faults`,
  );
  show(faults);
  return faults.length;
}

async function main(options: Options): Promise<number> {
  console.log(`seed ${options.seed}`);
  let count = 0;
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    for (const policy of POLICIES) {
      const { runs, operations, faults } = sweep(seed, policy, options.every);
      console.log(
        `seed ${seed}, appendfsync ${policy}: ${operations} operations, ${runs} runs, ` +
          `${faults.length} faults`,
      );
      show(faults);
      count += faults.length;
    }
  }
  const tell = (what: string, { runs, faults }: Outcome) => {
    console.log(`${what}: ${runs} runs, ${faults.length} faults`);
    show(faults);
    count += faults.length;
  };
  tell("pairs of changes", pairs(options.seed, options.pairs));
  tell("sequences of changes", sequences(options.seed, options.sequences));
  const { rounds, seed } = options;
  const { confirmed, unconfirmed, faults } = await killRounds({ rounds, seed, onRound: onKill });
  console.log(
    `${rounds} kills: ${confirmed} units confirmed, ${unconfirmed} more were there, ` +
      `${faults.length} faults`,
  );
  show(faults);
  count += faults.length + (await killObserved(options)) + (await writeLogs(options));
  return count > 0 ? 1 : 0;
}

if (process.argv.includes("--help")) {
  console.log(USAGE);
  process.exit(0);
}
try {
  process.exit(await main(readOptions(process.argv.slice(2))));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
