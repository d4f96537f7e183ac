/** Patterns of the keys, or channels, that a selector allows. */
import type { Args } from "../protocol/args.ts";
import { KeyUse, Pattern } from "./pattern.ts";
import { PatternTree } from "./pattern_tree.ts";

const ANY_USE = KeyUse.read | KeyUse.write;
/** How a rule begins that allows such uses. */
const PREFIX_OF_USE = ["&", "%R~", "%W~", "~"];
/** Matches whatever is not empty. */
const ANYTHING = "*";

/** Those of one selector: all, or what matches one of them. */
export class Patterns {
  /** All is allowed; there are no patterns then. */
  all: boolean;
  /** By their texts. */
  private readonly patterns = new Map<string, Pattern>();
  /** Null: not made since they have changed. */
  private tree: PatternTree | null = null;

  constructor(all: boolean) {
    this.all = all;
  }

  /** In the order in which they were added. */
  get list(): Pattern[] {
    return [...this.patterns.values()];
  }

  /** Allows all, or nothing. */
  setAll(all: boolean): void {
    this.all = all;
    this.patterns.clear();
    this.tree = null;
  }

  copyFrom(other: Patterns): void {
    this.setAll(other.all);
    for (const [text, pattern] of other.patterns) this.patterns.set(text, pattern);
  }

  /** A pattern that is there already may then be used as was said before, and now. */
  add(text: string, use: number): void {
    const present = this.patterns.get(text)?.use ?? 0;
    this.patterns.set(text, new Pattern(text, present | use));
    this.tree = null;
  }

  /** Whether an argument may be used so (mask of KeyUse; 0 for a channel). */
  allows(args: Args, index: number, use: number): boolean {
    if (this.all) return true;
    this.tree ??= new PatternTree(this.list);
    return this.tree.allows(args, index, use);
  }

  /** Whether an argument is one of the patterns as it is written. */
  has(args: Args, index: number): boolean {
    if (this.all) return true;
    for (const pattern of this.patterns.values()) if (pattern.isWritten(args, index)) return true;
    return false;
  }

  /** Whether whatever there is may be used so. */
  allowAll(use: number): boolean {
    const isForAll = (pattern: Pattern) => pattern.text === ANYTHING && (pattern.use & use) === use;
    return this.all || this.list.some(isForAll);
  }

  /** As rules, parted by blanks. */
  describe(): string {
    return this.list.map(({ text, use }) => PREFIX_OF_USE[use] + text).join(" ");
  }
}

/**
 * The uses that a rule's prefix names ("%R~", "%W~", "%RW~", "~"), and its size; null when it is
 * none. As in Redis, a rule that ends before the tilde is one of the empty pattern.
 */
export function readUse(rule: string): { use: number; size: number } | null {
  if (rule[0] === "~") return { use: ANY_USE, size: 1 };
  const letters = /^%([RW]{1,2})(?:~|$)/i.exec(rule)?.[1].toUpperCase();
  if (letters === undefined || letters === "RR" || letters === "WW") return null;
  let use = 0;
  if (letters.includes("R")) use |= KeyUse.read;
  if (letters.includes("W")) use |= KeyUse.write;
  return { use, size: letters.length + 2 };
}
