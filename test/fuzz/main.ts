/**
 * Purpose: `make fuzz`: the command line of the fuzzer.
 */

import { readOptions, runTool } from "./command_line.ts";
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

function optionsOf(words: readonly string[]): FuzzOptions {
  const options: FuzzOptions = {
    seed: Math.floor(Math.random() * 2 ** 32),
    commands: 100_000,
    print: (text) => console.log(text),
  };
  readOptions(
    words,
    {
      "--commands": ({ number }) => {
        options.commands = number;
      },
      "--seed": ({ number }) => {
        options.seed = number;
      },
      "--sequence": ({ number }) => {
        options.sequence = number;
      },
      "--length": ({ number }) => {
        options.length = number;
      },
      "--pace": ({ number }) => {
        options.paceMs = number;
      },
      "--lanes": ({ number }) => {
        options.lanes = number;
      },
      "--stop-after": ({ number }) => {
        options.stopAfter = number;
      },
      "--only": ({ names }) => {
        options.only = names;
      },
      "--skip": ({ names }) => {
        options.skip = names;
      },
      "--server": ({ server }) => {
        options.start = server;
      },
    },
    {
      "--no-counters": () => {
        options.counters = false;
      },
      "--coverage": () => {
        options.coverage = true;
      },
    },
  );
  return options;
}

await runTool(USAGE, optionsOf, async (options) => {
  console.log(`seed ${options.seed}`);
  const { findings, commandsRun, seconds } = await fuzz(options);
  const rate = Math.round(commandsRun / seconds);
  console.log(
    `\n${commandsRun} commands in ${seconds.toFixed(1)} s (${rate} a second), ` +
      `${findings.length} different differences`,
  );
  return findings.length;
});
