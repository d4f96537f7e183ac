/**
 * The kinds of directives: how each reads its words, shows its value in CONFIG GET, and writes
 * it for CONFIG REWRITE. Texts hold bytes, one character each. The messages and the corners of
 * the number grammar are those of Redis 7.0.15, whose clients and tests look for them.
 */
import { fromLatin1 } from "../base/bytes.ts";
import { INT64_MAX, INT64_MIN, parseInt64 } from "../base/numbers.ts";
import { quoted } from "../base/quoted.ts";
import { formatMemory, parseMemory } from "../base/units.ts";
import { cString } from "../base/words.ts";

/** Why a value is refused; the message is for the client or for the start's error. */
export class Refusal extends Error {}

/** What the configuration asks of the world around it. All texts hold bytes, one per character. */
export interface ConfigHost {
  /** The content of a file; throws an Error that says why not ("No such file or directory"). */
  readFile(path: string): string;
  /** Writes a file; throws an Error that says why not ("Permission denied"). */
  writeFile(path: string, text: string): void;
  /** The names in a folder, in any order; none when it cannot be read. */
  listFolder(path: string): string[];
  readStandardInput(): string;
  currentFolder(): string;
  /** Makes `path` the current folder; throws an Error that says why not. */
  changeFolder(path: string): void;
  /** Renames a command, or removes it when `to` is empty; the reason against it, or null. */
  renameCommand(from: string, to: string): string | null;
  /** What is wrong with a `user` statement, after those before it, or null. */
  userProblem(words: readonly string[], before: readonly (readonly string[])[]): string | null;
}

export interface Traits {
  /** The older or newer name of the same directive: shown by CONFIG GET too. */
  alias?: string;
  /** Set at start only. */
  immutable?: true;
  /** Names what may change by itself, a file: set to what it was, it takes effect again. */
  volatile?: true;
  /** Changed by CONFIG SET only where `enable-protected-configs` allows it. */
  protected?: true;
  /** A secret: never logged. */
  sensitive?: true;
  /** Not changed while a data set is loading. */
  denyLoading?: true;
  /** Shown only to who asks for the exact name. */
  hidden?: true;
  /** The first version of Redis that has it, where 7.0 has not. */
  since?: string;
  /** Redis has no such directive. */
  own?: true;
}

/**
 * What a directive does in this server. One that does nothing says why: it is `kept` to be shown,
 * and whoever sets it is warned; or what it asks for is so `anyway`; or it is `refused`, since a
 * server that took it would have other data, or let in others, than was asked for.
 */
export type Meaning =
  | { does: string }
  | { kept: string }
  | { anyway: string }
  | { refused: string };

export interface Directive<V = unknown> {
  readonly initial: V;
  readonly traits: Traits & Meaning;
  /** For the reader of the documentation: what a value may be. */
  readonly grammar: string;
  /** Takes any number of words; otherwise exactly one. */
  readonly manyWords: boolean;
  /** In a file each mention adds to the one before, and the first replaces the default. */
  readonly addsUp: boolean;
  /** CONFIG REWRITE writes it even when it has its default. */
  readonly alwaysWritten: boolean;
  /** The value that the words stand for; throws a Refusal. */
  parse(words: readonly string[], current: V): V;
  print(value: V): string;
  /** What CONFIG REWRITE writes after the name, one per line; none when it need not be said. */
  lines(value: V): string[];
  /** Makes the value true at once, where that may fail; the value to keep. Throws a Refusal. */
  enact?(value: V, host: ConfigHost): V;
}

type Shape<V> = Pick<Directive<V>, "initial" | "grammar" | "parse" | "print"> &
  Partial<Directive<V>>;

/** A directive of one word whose value is written as it is shown, unless `shape` says otherwise. */
export function directive<V>(traits: Traits & Meaning, shape: Shape<V>): Directive<V> {
  return {
    manyWords: false,
    addsUp: false,
    alwaysWritten: false,
    lines: (value) => [shape.print(value)],
    ...shape,
    traits,
  };
}

/** yes or no. */
export function flag(initial: boolean, traits: Traits & Meaning, check?: (value: boolean) => void) {
  return directive<boolean>(traits, {
    initial,
    grammar: "yes, no",
    parse([word]) {
      const name = cString(word).toLowerCase();
      if (name !== "yes" && name !== "no") throw new Refusal("argument must be 'yes' or 'no'");
      check?.(name === "yes");
      return name === "yes";
    },
    print: (value) => (value ? "yes" : "no"),
  });
}

/** One of a list of names; `synonyms` are further names for some of them. */
export function choice(
  names: readonly string[],
  initial: string,
  traits: Traits & Meaning,
  synonyms: Readonly<Record<string, string>> = {},
) {
  return directive<string>(traits, {
    initial,
    grammar: names.join(", "),
    parse([word]) {
      const name = knownName(names, word);
      return synonyms[name] ?? name;
    },
    print: (value) => value,
  });
}

/** Several names at once, or the first of the list, which stands for none of the others. */
export function choices(
  names: readonly string[],
  traits: Traits & Meaning,
  check: (chosen: readonly string[]) => void,
) {
  const [none, ...others] = names;
  return directive<readonly string[]>(traits, {
    initial: [],
    manyWords: true,
    grammar: `${none}, or some of ${others.join(", ")}`,
    parse(words) {
      const given = (words.length === 0 ? [""] : words).map((word) => knownName(names, word));
      const chosen = others.filter((name) => given.includes(name));
      check(chosen);
      return chosen;
    },
    print: (value) => value.join(" ") || none,
  });
}

function knownName(names: readonly string[], word: string): string {
  const name = cString(word).toLowerCase();
  if (names.includes(name)) return name;
  throw new Refusal(`argument(s) must be one of the following: ${names.join(", ")}`);
}

const INT32_MAX = 2n ** 31n - 1n;
const INT32_MIN = -(2n ** 31n);

export const ANY_INT = { min: INT32_MIN, max: INT32_MAX };
export const FROM_0 = { min: 0n, max: INT32_MAX };
export const FROM_1 = { min: 1n, max: INT32_MAX };
export const LONG_FROM_0 = { min: 0n, max: INT64_MAX };
export const LONG_FROM_1 = { min: 1n, max: INT64_MAX };
export const UINT32 = { min: 0n, max: 2n ** 32n - 1n };
export const UINT64 = { min: 0n, max: 2n ** 64n - 1n };
export const PORT = { min: 0n, max: 65535n };

interface Range {
  min: bigint;
  max: bigint;
  /** Values inside the range but not inside this one are moved to its nearer end, silently. */
  clamp?: readonly [bigint, bigint];
}

/** An integer. The default may be written as a number when it is a safe one. */
export function integer(initial: number, range: Range, traits: Traits & Meaning) {
  return directive<bigint>(traits, {
    initial: BigInt(initial),
    grammar: describeRange(range),
    parse([word]) {
      const value = parseInt64(fromLatin1(word), 0, word.length);
      if (value === null) throw new Refusal("argument couldn't be parsed into an integer");
      return within(value, range, 10);
    },
    print: String,
  });
}

/** A number of bytes, such as 64mb. */
export function memory(initial: number, range: Range, traits: Traits & Meaning) {
  return directive<bigint>(traits, {
    initial: BigInt(initial),
    grammar: `size, ${describeRange(range)}`,
    parse([word]) {
      const value = parseMemory(cString(word));
      if (value === null) throw new Refusal("argument must be a memory value");
      return within(value, range, 10);
    },
    print: String,
    lines: (value) => [formatMemory(value)],
  });
}

/**
 * A number of bytes, or a percentage from 0% to 100%, which is held as a negative number. Sizes
 * of more than 63 bits wrap around into percentages, as they do in Redis.
 */
export function memoryOrPercent(traits: Traits & Meaning) {
  return directive<bigint>(traits, {
    initial: 0n,
    grammar: "size or percentage, 0% to 100%",
    parse([word]) {
      const text = cString(word);
      const size = parseMemory(text);
      if (size === null && !/^(0|[1-9]\d*)%$/.test(text)) {
        throw new Refusal("argument must be a memory or percent value");
      }
      const value = size === null ? -BigInt(text.slice(0, -1)) : BigInt.asIntN(64, size);
      if (value < -INT64_MAX && size === null) {
        throw new Refusal("argument must be a memory or percent value");
      }
      if (value < -100n) throw new Refusal("percentage argument must be less or equal to 100");
      return value;
    },
    print: (value) => (value < 0n ? `${-value}%` : String(value)),
    lines: (value) => [value < 0n ? `${-value}%` : formatMemory(value)],
  });
}

/** File permissions, in octal. */
export function octal(initial: number, range: Range, traits: Traits & Meaning) {
  return directive<bigint>(traits, {
    initial: BigInt(initial),
    grammar: "octal, 0 to 777",
    parse([word]) {
      const value = parseLoose(cString(word), 8);
      if (value === null) throw new Refusal("argument couldn't be parsed as an octal number");
      return within(value, range, 8);
    },
    print: (value) => value.toString(8),
  });
}

/** The value, moved as the range says; throws a Refusal when it lies outside. */
function within(value: bigint, { min, max, clamp }: Range, radix: number): bigint {
  if (value < min || value > max) {
    const [low, high] = [min.toString(radix), max.toString(radix)];
    throw new Refusal(`argument must be between ${low} and ${high} inclusive`);
  }
  if (clamp === undefined) return value;
  const [low, high] = clamp;
  if (value < low) return low;
  return value > high ? high : value;
}

function describeRange({ min, max }: Range): string {
  if (max < INT32_MAX) return `${min} to ${max}`;
  return min === INT32_MIN ? "any integer" : `${min} or more`;
}

/**
 * The integer that a whole text spells as C's strtoll reads it: leading blanks and a plus are
 * allowed, and the empty text is 0. Null when it is no integer or has more than 64 bits.
 */
export function parseLoose(text: string, radix: 8 | 10): bigint | null {
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(text);
  if (match === null) return text === "" ? 0n : null;
  const [, sign, digits] = match;
  if (radix === 8 && /[89]/.test(digits)) return null;
  const size = BigInt(radix === 8 ? `0o${digits}` : digits);
  const value = sign === "-" ? -size : size;
  return value > INT64_MAX || value < INT64_MIN ? null : value;
}

/** `parseLoose` in decimal, where more than 64 bits are the nearest number of 64 bits. */
export function parseSaturating(text: string): bigint | null {
  const exact = parseLoose(text, 10);
  if (exact !== null || !/^[ \t\n\v\f\r]*[+-]?\d+$/.test(text)) return exact;
  return text.includes("-") ? INT64_MIN : INT64_MAX;
}

interface TextShape {
  /** May hold zero bytes. */
  binary?: true;
  /** Throws a Refusal when the text will not do. */
  check?: (value: string) => void;
}

/** Any text. With the default null, the empty text means that there is none. */
export function text(initial: string | null, traits: Traits & Meaning, shape: TextShape = {}) {
  return directive<string | null>(traits, {
    initial,
    grammar: "text",
    parse([word]) {
      const value = shape.binary ? word : cString(word);
      shape.check?.(value);
      return value === "" && initial === null ? null : value;
    },
    print: (value) => value ?? "",
    lines: (value) => (value === null ? [] : [quoted(value)]),
  });
}

/** For `text`: the name of a file in the working folder, or of a folder there. */
export function baseName(directiveName: string, what: string, mayBeEmpty: boolean) {
  return (value: string): void => {
    if (value === "" && !mayBeEmpty) throw new Refusal(`${directiveName} can't be empty`);
    if (/[/\\]/.test(value)) {
      throw new Refusal(`${directiveName} can't be a path, just a ${what}`);
    }
  };
}
