/**
 * The keys of a call, found without making an object: for who asks about every command. What
 * findKeys (command.ts) says is what this says, but for a key before an empty tail (see there);
 * whatever is out of the ordinary it leaves to that.
 */
import type { Args } from "../protocol/args.ts";
import { type Command, findKeys } from "./command.ts";
import { KeyFlag, type KeySpec, maskOf } from "./key_specs.ts";

const FIRST_ROOM = 64;
/** A count of more digits is left to findKeys. */
const COUNT_SIZE_MAX = 6;
const ZERO = 48;

/** One key spec, made ready; see KeySpec. */
interface Plan {
  /** Position of the first key, unless there is a keyword. */
  readonly at: number;
  /** In lower case; empty: none. */
  readonly keyword: string;
  readonly from: number;
  /** Position of the count of keys, from where the spec begins; -1: there is none. */
  readonly count: number;
  /** Position of the first key from there. */
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly limit: number;
  readonly flags: number;
}

/** A command whose keys only findKeys finds. */
const UNPLANNED = null;

export class KeyPlaces {
  /** Of the keys found last: their positions among the arguments, and masks of KeyFlag. */
  index = new Int32Array(FIRST_ROOM);
  flags = new Int32Array(FIRST_ROOM);
  count = 0;
  private args!: Args;
  /** By the command's id. */
  private readonly plans: (readonly Plan[] | null | undefined)[] = [];
  private readonly text = (index: number) => this.args.text(index);

  /** Finds the keys of a call and returns how many; none if the arguments are wrong. */
  find(command: Command, args: Args): number {
    let plans = this.plans[command.id];
    if (plans === undefined) plans = this.plans[command.id] = plansOf(command);
    this.count = 0;
    if (plans === UNPLANNED || !this.follow(plans, args)) this.findOtherwise(command, args);
    return this.count;
  }

  /** Forgets what it has found. */
  clear(): void {
    this.count = 0;
  }

  /** False, with whatever found, when this is a case for findKeys. */
  private follow(plans: readonly Plan[], args: Args): boolean {
    for (const plan of plans) {
      const begin = plan.keyword === "" ? plan.at : behindKeyword(plan, args);
      if (begin <= 0) return false;
      const first = begin + plan.first;
      const last = lastOf(plan, begin, args);
      if (isEmptyTail(plan, first, args)) continue;
      if (last < first || last >= args.count) return false;
      for (let index = first; index <= last; index += plan.step) this.add(index, plan.flags);
    }
    return true;
  }

  private findOtherwise(command: Command, args: Args): void {
    this.args = args;
    this.count = 0;
    const { findKeys: own } = command.entry;
    const keys = own ? own(args.count, args) : findKeys(command, args.count, this.text);
    for (const { index, flags } of keys ?? []) this.add(index, flags);
  }

  private add(index: number, flags: number): void {
    if (this.count === this.index.length) this.grow();
    this.index[this.count] = index;
    this.flags[this.count++] = flags;
  }

  private grow(): void {
    const index = new Int32Array(this.count * 2);
    const flags = new Int32Array(this.count * 2);
    index.set(this.index);
    flags.set(this.flags);
    this.index = index;
    this.flags = flags;
  }
}

function plansOf({ entry }: Command): readonly Plan[] | null {
  if (entry.findKeys !== undefined) return UNPLANNED;
  const specs = (entry.keys ?? []).filter((spec) => !spec.flags.includes("not_key"));
  const isPlain = (spec: KeySpec) => spec.at !== "unknown" && !spec.flags.includes("incomplete");
  return specs.every(isPlain) ? specs.map(planOf) : UNPLANNED;
}

function planOf(spec: KeySpec): Plan {
  const { at } = spec;
  const isCounted = "numkeys" in spec;
  return {
    at: typeof at === "number" ? at : 0,
    keyword: typeof at === "object" ? at.keyword.toLowerCase() : "",
    from: typeof at === "object" ? at.from : 0,
    count: isCounted ? spec.numkeys : -1,
    first: isCounted ? spec.first : 0,
    last: isCounted ? 0 : (spec.last ?? 0),
    step: spec.step ?? 1,
    limit: isCounted ? 1 : (spec.limit ?? 1),
    flags: maskOf(KeyFlag, spec.flags),
  };
}

/**
 * Whether the keys of a spec would be all that is left, and nothing is: PFMERGE with nothing to
 * merge. findKeys, as Redis, then tells of no keys at all, so that nobody asks about the first.
 */
function isEmptyTail({ keyword, count, last }: Plan, first: number, args: Args): boolean {
  return first === args.count && last < 0 && count < 0 && keyword === "";
}

/** The position behind the keyword, or 0. */
function behindKeyword({ keyword, from }: Plan, args: Args): number {
  const step = from > 0 ? 1 : -1;
  let index = from > 0 ? from : args.count + from;
  for (; index > 0 && index < args.count; index += step) {
    if (args.is(index, keyword)) return index + 1;
  }
  return 0;
}

/** The position of the last key of a spec that begins there; before it when there is none. */
function lastOf(plan: Plan, begin: number, args: Args): number {
  if (plan.count >= 0) {
    const count = begin + plan.count < args.count ? countAt(begin + plan.count, args) : 0;
    return begin + plan.first + (count - 1) * plan.step;
  }
  if (plan.last >= 0) return begin + plan.last;
  if (plan.limit === 1) return args.count + plan.last;
  return begin + Math.floor((args.count - begin) / plan.limit) - 1;
}

/** The count in an argument, as Redis prints it; 0 when it is anything else. */
function countAt(index: number, { bytes, start, size }: Args): number {
  const from = start[index];
  if (size[index] > COUNT_SIZE_MAX || bytes[from] === ZERO) return 0;
  let value = 0;
  for (let at = from; at < from + size[index]; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return 0;
    value = value * 10 + digit;
  }
  return value;
}
