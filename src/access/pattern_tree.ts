/**
 * Patterns by what they begin with: a tree of bytes, down which a key or channel is followed. Most
 * patterns are a literal text, or one with a star behind it, which the tree tells alone; others are
 * matched when the text before their first special byte has been met. So it matters little how
 * many there are.
 *
 * A node has a byte, its first child and its next sibling; node 0 is the root.
 */
import type { Args } from "../protocol/args.ts";
import type { Pattern } from "./pattern.ts";

const NONE = -1;
const STAR = 42;
/** `*`, `?`, `[` and `\`: a pattern is literal up to the first of them. */
const SPECIAL = new Set([STAR, 63, 91, 92]);

export class PatternTree {
  private readonly byte: number[] = [0];
  private readonly child: number[] = [NONE];
  private readonly sibling: number[] = [NONE];
  /** What is allowed of a text that ends at the node, or has begun with it; NONE: nothing. */
  private readonly exactUse: number[] = [NONE];
  private readonly prefixUse: number[] = [NONE];
  /** Other patterns that begin so. */
  private readonly others: Pattern[][] = [[]];

  /** No two of the patterns have the same text. */
  constructor(patterns: readonly Pattern[]) {
    for (const pattern of patterns) this.add(pattern);
  }

  /** Whether one pattern matches the argument and allows all of `use`. */
  allows(args: Args, index: number, use: number): boolean {
    if (this.isMatched(0, args, index, use)) return true;
    const { bytes } = args;
    const end = args.start[index] + args.size[index];
    let node = 0;
    for (let at = args.start[index]; at < end; at++) {
      node = this.childOf(node, bytes[at]);
      if (node === NONE) return false;
      if (allows(this.prefixUse[node], use) || this.isMatched(node, args, index, use)) return true;
    }
    return allows(this.exactUse[node], use);
  }

  private isMatched(node: number, args: Args, index: number, use: number): boolean {
    for (const pattern of this.others[node]) {
      if (allows(pattern.use, use) && pattern.matches(args, index)) return true;
    }
    return false;
  }

  private childOf(node: number, byte: number): number {
    const { sibling } = this;
    let child = this.child[node];
    while (child !== NONE && this.byte[child] !== byte) child = sibling[child];
    return child;
  }

  private add(pattern: Pattern): void {
    const { bytes, use } = pattern;
    let node = 0;
    let at = 0;
    for (; at < bytes.length && !SPECIAL.has(bytes[at]); at++) {
      const child = this.childOf(node, bytes[at]);
      node = child === NONE ? this.addChild(node, bytes[at]) : child;
    }
    if (at === bytes.length) this.exactUse[node] = use;
    else if (node > 0 && at === bytes.length - 1 && bytes[at] === STAR) this.prefixUse[node] = use;
    else this.others[node].push(pattern);
  }

  private addChild(node: number, byte: number): number {
    const child = this.byte.length;
    this.byte.push(byte);
    this.child.push(NONE);
    this.sibling.push(this.child[node]);
    this.exactUse.push(NONE);
    this.prefixUse.push(NONE);
    this.others.push([]);
    this.child[node] = child;
    return child;
  }
}

/** Whether `allowed` (NONE: nothing is) has all of `use`. */
const allows = (allowed: number, use: number) => allowed >= 0 && (allowed & use) === use;
