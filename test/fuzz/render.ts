/**
 * Purpose: random commands from the grammar: mostly well-formed, some spoilt in one place.
 */

import type { Argument, Command } from "./grammar.ts";
import { policyOf } from "./policies.ts";
import type { Random } from "./random.ts";
import { harmlessStream } from "./stream_words.ts";
import { anyValue, valueFor } from "./values.ts";

const OPTION_CHANCE = 0.3;
const SPOIL_CHANCE = 0.12;
const FOCUS_FACTOR = 5;
/** Of commands on data of other types, in some of the sequences that are about a few. */
const OTHERS_FACTOR = 0.15;
const SIZE_LIMIT = 70_000;
const SIZE_TOO_BIG = "4294967296";
/** Of times to live, in whatever unit: no sequence takes that long in ms. */
const DURATION_LEAST = 100_000;
const DURATION_MOST = 1_000_000_000;

/** Below these, a count of samples is a large reply, and an error. */
const SAMPLES_LEAST = -100;
const SAMPLES_TOO_MANY = "-9223372036854775808";
/** Of timeouts, in seconds: shorter ones are waited for. */
export const WAIT_SHORT = 0.02;
const WAIT_LONG = 100_000;

const KEY_NAME = /^[a-z]+:\d$/;
/** Sorted sets whose members all have the same score; the last of the keys is a string. */
export const LEX_KEYS = 4;

/** Arguments that are a time to live. */
const DURATION_NAMES = new Set(["seconds", "milliseconds", "ttl"]);

/** Makes command lines for a set of commands. */
export class Renderer {
  readonly commands: readonly Command[];
  private readonly random: Random;
  private readonly weights: (readonly [number, Command])[];
  private readonly tokens: readonly string[];
  private readonly focus: readonly string[];
  /** Who waits may be woken by more than one key when databases are exchanged. */
  private readonly mayWait: boolean;

  /**
   * Commands of the groups in `focus` are made more often than others, and those on keys of any
   * type mostly get keys of these.
   */
  constructor(random: Random, commands: readonly Command[], focus: readonly string[] = []) {
    this.random = random;
    this.commands = commands;
    this.focus = focus;
    this.mayWait = !commands.some(({ name }) => name === "swapdb");
    const others = focus.length > 0 ? random.pick([1, 1, OTHERS_FACTOR]) : 1;
    this.weights = commands
      .filter(({ name }) => policyOf(name).deny === undefined)
      .map((command) => [weightOf(command, focus, others), command]);
    this.tokens = [...new Set(commands.flatMap((command) => command.tokens))];
  }

  /** A random command with its arguments. */
  next(): string[] {
    return this.line(this.random.weighted(this.weights));
  }

  /** The command with random arguments. */
  line(command: Command): string[] {
    const random = this.random;
    const policy = policyOf(command.name);
    let words: string[];
    if (policy.words) {
      words = policy.words(random, () => this.next(), command);
    } else {
      words = policy.filled?.(random, command) ?? this.filled(command);
      if (random.chance(SPOIL_CHANCE)) words = this.spoilt(command, words);
    }
    const name = command.words.map((word) => this.cased(word));
    const known = words.filter((word) => policy.laterWords?.test(word) !== true);
    const all = [...name, ...known].slice(0, policy.argcMost);
    return command.group === "stream"
      ? harmlessStream(random, command.name, all, this.mayWait)
      : harmless(random, command, all);
  }

  private filled(command: Command): string[] {
    return this.sequence(command, command.arguments);
  }

  private sequence(command: Command, args: readonly Argument[]): string[] {
    const random = this.random;
    const parts: string[][] = [];
    let firstOption = args.length;
    for (const [index, argument] of args.entries()) {
      if (argument.optional && index < firstOption) firstOption = index;
      if (!argument.optional) firstOption = args.length;
    }
    let keyCount = -1; // where numkeys stands in parts
    for (const argument of args) {
      if (argument.optional && !random.chance(OPTION_CHANCE)) {
        parts.push([]);
        continue;
      }
      if (argument.name === "numkeys") keyCount = parts.length;
      const rendered = this.argument(command, argument);
      if (keyCount >= 0 && argument.type === "key" && argument.multiple) {
        if (random.chance(0.9)) parts[keyCount] = [String(rendered.length)];
        keyCount = -1;
      }
      parts.push(rendered);
    }
    // Options at the end may come in any order.
    const options = parts.splice(firstOption);
    return [...parts, ...(random.chance(0.4) ? random.shuffled(options) : options)].flat();
  }

  private argument(command: Command, argument: Argument): string[] {
    const random = this.random;
    const times = argument.multiple ? this.repetitions() : 1;
    const words: string[] = [];
    for (let time = 0; time < times; time++) {
      const needsToken = argument.token !== undefined && (time === 0 || argument.multipleToken);
      if (needsToken && argument.token) words.push(this.cased(argument.token));
      words.push(...this.value(command, argument));
    }
    return random.chance(0.02) ? [...words, ...words] : words;
  }

  private repetitions(): number {
    const random = this.random;
    return random.weighted<() => number>([
      [960, () => random.between(1, 4)],
      [35, () => random.between(20, 70)],
      [5, () => random.between(100, 300)],
    ])();
  }

  private value(command: Command, argument: Argument): string[] {
    const random = this.random;
    switch (argument.type) {
      case "pure-token":
        return [];
      case "block":
        return this.sequence(command, argument.members);
      case "oneof": {
        const chosen = this.argument(command, random.pick(argument.members));
        if (!random.chance(0.08)) return chosen;
        return [...chosen, ...this.argument(command, random.pick(argument.members))];
      }
      default:
        return [valueFor(random, this.focused(command), argument)];
    }
  }

  /** The command as one of a group in focus, when it is on keys of any type. */
  private focused(command: Command): Command {
    if (!ANY_TYPE.includes(command.group) || this.focus.length === 0) return command;
    const random = this.random;
    return random.chance(0.6) ? { ...command, group: random.pick(this.focus) } : command;
  }

  /** Wrong in one way: too few or too many words, tokens out of place, values of another kind. */
  private spoilt(command: Command, words: readonly string[]): string[] {
    const random = this.random;
    const at = random.below(words.length + 1);
    const one = Math.min(at, words.length - 1);
    const token = () => {
      const tokens = random.chance(0.7) && command.tokens.length > 0 ? command.tokens : this.tokens;
      return tokens.length > 0 ? this.cased(random.pick(tokens)) : "";
    };
    const ways: (() => string[])[] = [
      () => words.slice(0, at),
      () => words.filter((_, index) => index !== at),
      () => [...words, anyValue(random, command)],
      () => words.toSpliced(at, 0, anyValue(random, command)),
      () => words.toSpliced(one, 1, anyValue(random, command)),
      () => words.toSpliced(one, 1, anyValue(random, command)),
      () => words.toSpliced(at, 0, token()),
      () => [...words, token()],
      () => words.toSpliced(one, 1, token()),
      () => random.shuffled(words),
      () => words.toSpliced(one, 1, `${words[one] ?? ""}${this.suffix(command, words[one])}`),
    ];
    return random.pick(ways)();
  }

  /** No zero byte after a token: for Redis, as for C, it ends there. */
  private suffix(command: Command, word = ""): string {
    const isToken = command.tokens.includes(word.toUpperCase());
    return this.random.pick([" ", "x", "0", "\n", isToken ? "'" : "\0"]);
  }

  private cased(word: string): string {
    const random = this.random;
    return random.weighted([
      [8, () => word],
      [3, () => word.toLowerCase()],
      [1, () => word.replace(/[a-z]/gi, (c) => (random.chance(0.5) ? c.toLowerCase() : c))],
    ])();
  }
}

function weightOf(command: Command, focus: readonly string[], others: number): number {
  const { group, name } = command;
  const factor = focus.includes(group) ? FOCUS_FACTOR : (GROUP_FACTORS[group] ?? others);
  return (policyOf(name).weight ?? 1) * factor;
}

/** Groups of commands on keys of any type. */
const ANY_TYPE: readonly string[] = ["generic", "transactions"];

/** Of commands that are not on data of one type. */
const GROUP_FACTORS: Readonly<Record<string, number>> = {
  generic: 1,
  transactions: 1,
  connection: 0.3,
  server: 0.3,
};

/**
 * A time to live must be over before the next command, or last longer than the run: all between
 * would be a race. So would be two that are compared and were set to the same, at moments that may
 * or may not be the same. And a size must be small, or too big to be accepted. Who waits does so
 * for a moment, or until others wake it. Ranges of members mean something only where all scores are
 * the same: they are sent to keys of their own.
 */
function harmless(random: Random, command: Command, words: string[]): string[] {
  const duration = firstDuration(command) + command.words.length;
  const { sizesFrom: size = Number.POSITIVE_INFINITY, samples, blocks } = policyOf(command.name);
  const byLex =
    /^zrange(store)?$/.test(command.name) && words.some((word) => /^bylex$/i.test(word));
  const lex = byLex || command.name.includes("lex");
  const lastKey = command.name === "zrangestore" ? 2 : 1;
  const isCompared = /^p?expire$/.test(command.name) && /\b[gl]t\b/i.test(words.join(" "));
  return words.map((word, index) => {
    if (lex && index > 0 && (index <= lastKey || KEY_NAME.test(word)))
      return `lex:${random.between(1, LEX_KEYS)}`;
    const number = Number(word.trim());
    if (index >= duration && number > 0 && number <= DURATION_MOST) {
      if (isCompared) return String(random.between(DURATION_LEAST, DURATION_MOST));
      if (number < DURATION_LEAST) return word.replace(/[0-9]\s*$/, "$&00000");
    }
    if (samples && number < SAMPLES_LEAST) return SAMPLES_TOO_MANY;
    const mayBeTimeout = index === 1 || index === words.length - 1;
    if (blocks && mayBeTimeout && number > WAIT_SHORT && number < WAIT_LONG) return "0";
    const tooBig = index >= size && number > SIZE_LIMIT && number < Number(SIZE_TOO_BIG);
    return tooBig ? SIZE_TOO_BIG : word;
  });
}

/** The first position after the name at which a time to live can stand. */
function firstDuration(command: Command): number {
  let position = 0;
  let first = Number.POSITIVE_INFINITY;
  for (const argument of command.arguments) {
    if (holdsDuration(argument)) first = Math.min(first, position);
    if (!argument.optional) position++;
  }
  return first;
}

function holdsDuration(argument: Argument): boolean {
  return DURATION_NAMES.has(argument.name) || argument.members.some(holdsDuration);
}
