/**
 * Purpose: the command line of the generator of interleaved connections.
 */

import { readOptions, runTool } from "../fuzz/command_line.ts";
import { FEATURES } from "./features.ts";
import { type InterleaveOptions, interleave } from "./interleave.ts";

const USAGE = `Sends what several connections do to Rusk and to redis-server, compares what comes.

  --commands N      commands in all (100000)
  --seed S          where chance starts; printed, and picked when not given
  --sequence I      run sequence I of the seed and no other
  --length N        commands in a sequence (150)
  --features a,b    only these: ${Object.keys(FEATURES).join(" ")}
  --stop-after K    stop after K differences (10)
  --server "LINE"   command line of the server to test, instead of Rusk (see also RUSK_BINARY)
`;

function optionsOf(words: readonly string[]): InterleaveOptions {
  const options: InterleaveOptions = {
    seed: Math.floor(Math.random() * 2 ** 32),
    commands: 100_000,
    print: (text) => console.log(text),
  };
  readOptions(words, {
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
    "--stop-after": ({ number }) => {
      options.stopAfter = number;
    },
    "--features": ({ names }) => {
      options.features = names;
    },
    "--server": ({ server }) => {
      options.start = server;
    },
  });
  return options;
}

await runTool(USAGE, optionsOf, async (options) => {
  console.log(`interleaved: seed ${options.seed}`);
  const startedMs = performance.now();
  const findings = await interleave(options);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`\n${options.commands} commands in ${seconds} s, ${findings.length} differences`);
  return findings.length;
});
