/** Patterns of keys and channels that a selector allows. */
import { fromLatin1 } from "../base/bytes.ts";
import { globMatch } from "../base/glob.ts";
import type { Args } from "../protocol/args.ts";

/** What may be done with a key: a mask. */
export const KeyUse = {
  read: 1 << 0,
  write: 1 << 1,
} as const;

const ANY_USE = KeyUse.read | KeyUse.write;
/** How a rule begins that allows such uses. */
const PREFIX_OF_USE = ["", "%R~", "%W~", "~"];

/** A glob pattern over bytes. */
export class Pattern {
  /** Latin1. */
  readonly text: string;
  private readonly bytes: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.bytes = fromLatin1(text);
  }

  /** Whether an argument matches it. */
  matches(args: Args, index: number): boolean {
    const { bytes } = this;
    const { start, size } = args;
    return globMatch(bytes, 0, bytes.length, args.bytes, start[index], size[index], false);
  }

  /** Whether an argument, up to a zero byte, is the pattern as it is written. */
  isWritten(args: Args, index: number): boolean {
    const { bytes } = this;
    const start = args.start[index];
    const end = start + args.size[index];
    let at = start;
    for (; at < end && args.bytes[at] !== 0; at++) {
      if (args.bytes[at] !== bytes[at - start]) return false;
    }
    return at - start === bytes.length;
  }
}

/** A pattern of keys, and what may be done with those that match. */
export class KeyPattern extends Pattern {
  /** Mask of KeyUse. */
  use: number;

  constructor(text: string, use = ANY_USE) {
    super(text);
    this.use = use;
  }

  allows(use: number): boolean {
    return (this.use & use) === use;
  }

  /** As a rule. */
  describe(): string {
    return PREFIX_OF_USE[this.use] + this.text;
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
