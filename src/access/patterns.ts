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
  private patterns: readonly Pattern[] = [];
  /** Null: not made since they have changed. */
  private tree: PatternTree | null = null;

  constructor(all: boolean) {
    this.all = all;
  }

  get list(): readonly Pattern[] {
    return this.patterns;
  }

  /** Allows all, or nothing. */
  setAll(all: boolean): void {
    this.all = all;
    this.change([]);
  }

  copyFrom(other: Patterns): void {
    this.all = other.all;
    this.change(other.patterns);
  }

  /** A pattern that is there already may then be used as was said before, and now. */
  add(text: string, use: number): void {
    const index = this.patterns.findIndex((pattern) => pattern.text === text);
    if (index < 0) {
      this.change([...this.patterns, new Pattern(text, use)]);
    } else {
      const added = new Pattern(text, this.patterns[index].use | use);
      this.change(this.patterns.with(index, added));
    }
  }

  /** Whether an argument may be used so (mask of KeyUse; 0 for a channel). */
  allows(args: Args, index: number, use: number): boolean {
    if (this.all) return true;
    this.tree ??= new PatternTree(this.patterns);
    return this.tree.allows(args, index, use);
  }

  /** Whether an argument is one of the patterns as it is written. */
  has(args: Args, index: number): boolean {
    if (this.all) return true;
    for (const pattern of this.patterns) if (pattern.isWritten(args, index)) return true;
    return false;
  }

  /** Whether whatever there is may be used so. */
  allowAll(use: number): boolean {
    const isForAll = (pattern: Pattern) => pattern.text === ANYTHING && (pattern.use & use) === use;
    return this.all || this.patterns.some(isForAll);
  }

  /** As rules, parted by blanks. */
  describe(): string {
    return this.patterns.map(({ text, use }) => PREFIX_OF_USE[use] + text).join(" ");
  }

  private change(patterns: readonly Pattern[]): void {
    this.patterns = patterns;
    this.tree = null;
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
