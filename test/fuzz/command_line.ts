/**
 * Purpose: the command line of a generator that compares servers: its options, and the status that
 * it ends with: 1 when servers differ, 2 when it is called wrongly.
 */

import { type ServerOptions, startServer } from "../client/server.ts";

/** What follows an option. */
export class OptionValue {
  readonly text: string;
  private readonly word: string;

  constructor(word: string, text: string | undefined) {
    if (text === undefined) throw new Error(`${word} needs a value`);
    this.word = word;
    this.text = text;
  }

  get number(): number {
    if (!/^\d+$/.test(this.text)) {
      throw new Error(`${this.word} needs a number, not ${this.text}`);
    }
    return Number(this.text);
  }

  get names(): string[] {
    return this.text.toLowerCase().split(",");
  }

  /** How a server of that command line is started. */
  get server(): (args: ServerOptions["args"]) => ReturnType<typeof startServer> {
    const command = this.text.split(" ");
    return (args) => startServer({ command, args });
  }
}

/** Has each option set by the function of its name: one with an argument has a value. */
export function readOptions(
  words: readonly string[],
  setters: Readonly<Record<string, (value: OptionValue) => void>>,
  flags: Readonly<Record<string, () => void>> = {},
): void {
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (Object.hasOwn(flags, word)) flags[word]();
    else if (Object.hasOwn(setters, word)) setters[word](new OptionValue(word, words[++index]));
    else throw new Error(`${word} is not an option`);
  }
}

/** Reads the options and runs; `run` gives the count of differences. Ends the process. */
export async function runTool<Options>(
  usage: string,
  read: (words: readonly string[]) => Options,
  run: (options: Options) => Promise<number>,
): Promise<never> {
  const words = process.argv.slice(2);
  if (words.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  let options: Options;
  try {
    options = read(words);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
  process.exit((await run(options)) === 0 ? 0 : 1);
}
