/** One pattern of keys, or channels, that a selector allows. */
import { fromLatin1 } from "../base/bytes.ts";
import { globMatch } from "../base/glob.ts";
import type { Args } from "../protocol/args.ts";

/** What may be done with a key: a mask. Channels have no such. */
export const KeyUse = {
  read: 1 << 0,
  write: 1 << 1,
} as const;

/** A glob pattern over bytes, and what may be done with what matches it. */
export class Pattern {
  /** Latin1, without zero bytes. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Mask of KeyUse. */
  readonly use: number;

  constructor(text: string, use: number) {
    this.text = text;
    this.bytes = fromLatin1(text);
    this.use = use;
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
