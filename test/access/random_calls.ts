// Purpose: random calls of commands, by their own grammar, with keys of few letters; some of them
// have an argument too many, too few, or another one.

import type { Argument } from "../../src/calls/argument_grammar.ts";
import { argumentsOf, type Command } from "../../src/calls/command.ts";
import type { Random } from "../fuzz/random.ts";

const KEYS = ["a", "a1", "b", "b1", "c1", "ab", "a*", "", "\\*"];
const NUMBERS = ["0", "1", "2", "3", "02", "+1", "-1", "x", "4294967297"];
const SPOILERS = ["STORE", "streams", "KEYS", "GET", "0", "2", "a", "SAVE", "IDS", "", "b1\0"];

const isLater = ({ since = "" }: Argument) => /^7\.[2-9]|^[89]/.test(since);

/** Without what Redis 7.0 does not know. */
function withoutLater(args: readonly Argument[]): Argument[] {
  return args
    .filter((arg) => !isLater(arg))
    .map((arg) => ({ ...arg, members: withoutLater(arg.members) }));
}

/** Redis does not ask about the only key of such a call, and Rusk does. */
export const isOnlyPfmerge = (words: readonly string[]): boolean =>
  words.length === 2 && words[0] === "pfmerge";

export class RandomCalls {
  private readonly random: Random;
  /** Kept, as reading the grammar takes longer than all else. */
  private readonly grammars = new Map<Command, Argument[]>();

  private readonly withLater: boolean;

  /** `withLater`: also with options that Redis 7.0 does not know. */
  constructor(random: Random, withLater = false) {
    this.random = random;
    this.withLater = withLater;
  }

  /** The words of a call, of a number that the command takes. */
  words(command: Command): string[] {
    const { random } = this;
    const names = command.name.split("|");
    const words = [...names, ...this.sequence(this.grammarOf(command))];
    if (random.chance(0.15)) {
      const at = random.between(names.length, words.length);
      words.splice(at, random.below(2), ...(random.chance(0.7) ? [random.pick(SPOILERS)] : []));
    }
    const least = Math.abs(command.arity);
    while (words.length < least) words.push(random.pick(random.chance(0.5) ? KEYS : NUMBERS));
    if (command.arity > 0) words.length = least;
    return words;
  }

  private grammarOf(command: Command): Argument[] {
    const present = this.grammars.get(command);
    if (present !== undefined) return present;
    const all = argumentsOf(command);
    const read = this.withLater ? all : withoutLater(all);
    this.grammars.set(command, read);
    return read;
  }

  private sequence(args: readonly Argument[]): string[] {
    return args.flatMap((arg) => this.repeated(arg));
  }

  private repeated(arg: Argument): string[] {
    const { random } = this;
    if (arg.optional && random.chance(0.5)) return [];
    const words: string[] = [];
    do {
      const isFirst = words.length === 0;
      if (arg.token !== undefined && (isFirst || arg.multipleToken)) words.push(arg.token);
      words.push(...this.once(arg));
    } while (arg.multiple && random.chance(0.5));
    return words;
  }

  private once(arg: Argument): string[] {
    const { random } = this;
    switch (arg.type) {
      case "pure-token":
        return [];
      case "oneof":
        return this.repeated({ ...random.pick(arg.members), optional: false });
      case "block":
        return this.sequence(arg.members);
      case "integer":
      case "double":
      case "unix-time":
        return [random.pick(NUMBERS)];
      default:
        return [random.pick(KEYS)];
    }
  }
}
