/**
 * Where a command's keys stand among its arguments, as data.
 *
 * A key spec has Redis's two halves: where the keys begin (`at`: a position, or behind a keyword)
 * and how many there are from there (a range to `last`, or a count sent by the client, `numkeys`),
 * plus what the command does with them. All that routes by keys reads specs: COMMAND GETKEYS and
 * INFO, access lists, cluster slots, client tracking.
 */
import { cString } from "../base/words.ts";

/** The keyword after which keys begin, and the position from which it is looked for. */
export interface Keyword {
  readonly keyword: string;
  /** Counted from the command's name (0); negative: from the end, looking backwards. */
  readonly from: number;
}

interface KeyUse {
  /** Position of the first key (the command's name is 0), a keyword before it, or untold. */
  readonly at: number | Keyword | "unknown";
  readonly flags: readonly KeyFlagName[];
  readonly notes?: string;
}

/** Every `step`-th argument from the first key up to `last`; one key unless it says otherwise. */
interface KeyRange extends KeyUse {
  /** Counted from the first key, or from the end when negative (-1: up to the last argument). */
  readonly last?: number;
  readonly step?: number;
  /** With `last: -1`: the keys are the first 1/limit of the arguments. */
  readonly limit?: number;
}

/** As many keys as an argument says. */
interface KeyCount extends KeyUse {
  /** Position of the count, counted from where the spec begins. */
  readonly numkeys: number;
  /** Position of the first key, counted from there as well. */
  readonly first: number;
  readonly step?: number;
}

export type KeySpec = KeyRange | KeyCount;

/** What a command does with a key, in the order of replies. */
export const KeyFlag = {
  /** The value stays as it is. */
  RO: 1 << 0,
  /** Read and changed. */
  RW: 1 << 1,
  /** Overwritten without a look. */
  OW: 1 << 2,
  /** Removed. */
  RM: 1 << 3,
  /** Contents of the value can be told from the reply. */
  access: 1 << 4,
  update: 1 << 5,
  insert: 1 << 6,
  delete: 1 << 7,
  /** Looks like a key to the cluster and is none (a shard channel). */
  not_key: 1 << 8,
  /** There may be keys that the spec does not find. */
  incomplete: 1 << 9,
  /** The flags depend on other arguments. */
  variable_flags: 1 << 10,
} as const;

export type KeyFlagName = keyof typeof KeyFlag;

/** One key of a call: its position among the arguments and a mask of KeyFlag. */
export interface KeyRef {
  readonly index: number;
  readonly flags: number;
}

/** The text (latin1) of a call's argument; 0 is the command's name. */
export type ArgumentText = (index: number) => string;

/** The arguments of a call, as `Args` has them. */
export interface ArgumentWords {
  text(index: number): string;
  /** Whether an argument is this word, which must be lower case, in any case. Makes no text. */
  is(index: number, word: string): boolean;
}

/** A command's own way to find its keys, for those that specs cannot describe; null: bad call. */
export type KeyFinder = (argumentCount: number, words: ArgumentWords) => KeyRef[] | null;

/** The arguments that `text` tells. */
export const wordsOf = (text: ArgumentText): ArgumentWords => ({
  text,
  is: (index, word) => cString(text(index)).toLowerCase() === word,
});

/** The names in `mask`, in the order of `names`: KeyFlag, or Flag and Category of command.ts. */
export function namesIn(names: Readonly<Record<string, number>>, mask: number): string[] {
  return Object.keys(names).filter((name) => (mask & names[name]) !== 0);
}

/** The mask that has all of `members`. */
export function maskOf<Name extends string>(
  names: Readonly<Record<Name, number>>,
  members: readonly Name[] | undefined,
): number {
  let mask = 0;
  for (const name of members ?? []) mask |= names[name];
  return mask;
}

/** The triple of COMMAND INFO: where keys are for clients that know no key specs; 0: nowhere. */
export interface LegacyRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  /** The triple does not tell all: the `movablekeys` flag. */
  readonly movable: boolean;
}

/**
 * Sums up `specs` in one range: the only spec, or consecutive ones of step 1 that begin at fixed
 * positions. What does not fit is left out, and the keys are then movable.
 */
export function legacyRange(specs: readonly KeySpec[]): LegacyRange {
  let first = 0;
  let last = 0;
  let step = 0;
  let movable = false;
  for (const spec of specs) {
    if (spec.flags.includes("incomplete")) movable = true;
    const stride = spec.step ?? 1;
    const fits = typeof spec.at === "number" && !("numkeys" in spec);
    const follows = first === 0 || (stride === 1 && step === 1 && spec.at === last + 1);
    if (!fits || !follows || (specs.length > 1 && stride !== 1)) {
      movable = true;
      continue;
    }
    const begin = spec.at as number;
    const end = spec.last ?? 0;
    if (first === 0) first = begin;
    last = end < 0 ? end : begin + end;
    step = stride;
  }
  return { first, last, step, movable };
}

/**
 * The keys of a call as its specs find them; null when the arguments do not fit (a keyword or count
 * is missing, the keys would lie outside), or when a spec says that it cannot know all.
 */
export function findKeysBySpecs(
  specs: readonly KeySpec[],
  argumentCount: number,
  text: ArgumentText,
): KeyRef[] | null {
  const keys: KeyRef[] = [];
  const counted = looselyCounted(specs, argumentCount, text);
  const inOrder = counted === undefined ? specs : withFirst(specs, counted);
  for (const spec of inOrder) {
    if (spec.flags.includes("not_key")) continue;
    const flags = counted === undefined ? maskOf(KeyFlag, spec.flags) : 0;
    const range = keyRange(spec, argumentCount, text);
    if (range === null) return null;
    const [first, last] = range;
    if (last >= argumentCount || last < first) return null;
    for (let index = first; index <= last; index += spec.step ?? 1) keys.push({ index, flags });
    if ((flags & KeyFlag.incomplete) !== 0) return null;
  }
  return keys;
}

/**
 * The spec whose count is no integer as Redis prints it. Redis then looks in an older way, which
 * reads counts as C does, finds the counted keys first, and knows no flags.
 */
function looselyCounted(
  specs: readonly KeySpec[],
  argumentCount: number,
  text: ArgumentText,
): KeyCount | undefined {
  const counted = specs.find((spec) => "numkeys" in spec);
  if (counted === undefined) return undefined;
  const position = beginning(counted.at, argumentCount, text) + counted.numkeys;
  const isExact = position >= argumentCount || EXACT_COUNT.test(text(position));
  return isExact ? undefined : counted;
}

function withFirst(specs: readonly KeySpec[], first: KeySpec): KeySpec[] {
  return [first, ...specs.filter((spec) => spec !== first)];
}

const EXACT_COUNT = /^(0|[1-9]\d*)$/;
/** What C reads as a number. */
const LOOSE_COUNT = /^[ \t-\r]*([+-]?\d+)/;
const INT64_MAX = 2n ** 63n - 1n;

/** Positions of a spec's first and last key, not yet checked against the number of arguments. */
function keyRange(spec: KeySpec, argumentCount: number, text: ArgumentText): number[] | null {
  const begin = beginning(spec.at, argumentCount, text);
  if (begin === 0) return null;
  if ("numkeys" in spec) {
    const position = begin + spec.numkeys;
    const digits = position < argumentCount ? text(position) : "";
    const first = begin + spec.first;
    return [first, first + (countIn(digits) - 1) * (spec.step ?? 1)];
  }
  const last = spec.last ?? 0;
  if (last >= 0) return [begin, begin + last];
  if (spec.limit === undefined) return [begin, argumentCount + last];
  return [begin, begin + Math.floor((argumentCount - begin) / spec.limit) - 1];
}

/** The count that the text begins with, of which Redis keeps 32 bits; 0 when there is none. */
function countIn(text: string): number {
  const digits = LOOSE_COUNT.exec(text)?.[1];
  if (digits === undefined) return 0;
  const value = BigInt(digits.replace("+", ""));
  if (value > INT64_MAX) return -1;
  return value < -INT64_MAX ? 0 : Number(BigInt.asIntN(32, value));
}

/** The position where a spec begins, or 0. */
function beginning(at: KeySpec["at"], argumentCount: number, text: ArgumentText): number {
  if (at === "unknown") return 0;
  if (typeof at === "number") return at;
  const step = at.from > 0 ? 1 : -1;
  let index = at.from > 0 ? at.from : argumentCount + at.from;
  for (; index > 0 && index < argumentCount; index += step) {
    if (cString(text(index)).toUpperCase() === at.keyword) return index + 1;
  }
  return 0;
}
