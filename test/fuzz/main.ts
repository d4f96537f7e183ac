/**
 * Purpose: `make fuzz`: the command line of the fuzzer. Exits with 1 when servers differ, with 2
 * when it is called wrongly.
 */

import { startServer } from "../client/server.ts";
import { type FuzzOptions, fuzz } from "./fuzzer.ts";

const USAGE = `Sends the same random commands to Rusk and to redis-server and compares what they do.

  --commands N      commands in all (100000)
  --seed S          where chance starts; printed, and picked when not given
  --sequence I      run sequence I of the seed and no other
  --length N        commands in a sequence (300)
  --only a,b        only these commands; a container's name stands for its subcommands
  --skip a,b        without these commands
  --stop-after K    stop after K different differences (20)
  --lanes N         pairs of servers that run at the same time (2)
  --pace MS         let so much time pass before each command, and hold times to half of that;
                    for commands that set times (100, with --length 25 --lanes 10)
  --no-counters     do not compare INFO's commandstats, errorstats and other counters
  --coverage        at the end, print how often each command failed, found nothing, and so on
  --server "LINE"   command line of the server to test, instead of Rusk (see also RUSK_BINARY);
                    it gets --port and the like as further arguments
`;

function readOptions(words: readonly string[]): FuzzOptions {
  const options: FuzzOptions = {
    seed: Math.floor(Math.random() * 2 ** 32),
    commands: 100_000,
    print: (text) => console.log(text),
  };
  const names = (text: string) => text.toLowerCase().split(",");
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === "--no-counters") {
      options.counters = false;
      continue;
    }
    if (word === "--coverage") {
      options.coverage = true;
      continue;
    }
    const value = words[++index];
    if (value === undefined) throw new Error(`${word} needs a value`);
    const number = () => {
      if (!/^\d+$/.test(value)) throw new Error(`${word} needs a number, not ${value}`);
      return Number(value);
    };
    if (word === "--commands") options.commands = number();
    else if (word === "--seed") options.seed = number();
    else if (word === "--sequence") options.sequence = number();
    else if (word === "--length") options.length = number();
    else if (word === "--pace") options.paceMs = number();
    else if (word === "--lanes") options.lanes = number();
    else if (word === "--stop-after") options.stopAfter = number();
    else if (word === "--only") options.only = names(value);
    else if (word === "--skip") options.skip = names(value);
    else if (word === "--server") {
      const command = value.split(" ");
      options.start = (args) => startServer({ command, args });
    } else throw new Error(`${word} is not an option`);
  }
  return options;
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  let options: FuzzOptions;
  try {
    options = readOptions(words);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  console.log(`seed ${options.seed}`);
  const { findings, commandsRun, seconds } = await fuzz(options);
  const rate = Math.round(commandsRun / seconds);
  console.log(
    `\n${commandsRun} commands in ${seconds.toFixed(1)} s (${rate} a second), ` +
      `${findings.length} different differences`,
  );
  return findings.length === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
