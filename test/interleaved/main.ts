/**
 * Purpose: the command line of the generator of interleaved connections. Exits with 1 when servers
 * differ, with 2 when it is called wrongly.
 */

import { startServer } from "../client/server.ts";
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

function readOptions(words: readonly string[]): InterleaveOptions {
  const options: InterleaveOptions = {
    seed: Math.floor(Math.random() * 2 ** 32),
    commands: 100_000,
    print: (text) => console.log(text),
  };
  for (let index = 0; index < words.length; index += 2) {
    const [word, value] = [words[index], words[index + 1]];
    const number = () => {
      if (!/^\d+$/.test(value ?? "")) throw new Error(`${word} needs a number, not ${value}`);
      return Number(value);
    };
    if (value === undefined) throw new Error(`${word} needs a value`);
    if (word === "--commands") options.commands = number();
    else if (word === "--seed") options.seed = number();
    else if (word === "--sequence") options.sequence = number();
    else if (word === "--length") options.length = number();
    else if (word === "--stop-after") options.stopAfter = number();
    else if (word === "--features") options.features = value.split(",");
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
  let options: InterleaveOptions;
  try {
    options = readOptions(words);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  console.log(`interleaved: seed ${options.seed}`);
  const startedMs = performance.now();
  const findings = await interleave(options);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`\n${options.commands} commands in ${seconds} s, ${findings.length} differences`);
  return findings.length === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
