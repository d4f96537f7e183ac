/**
 * The arguments of one command: where each lies in the bytes it came in. Nothing is copied and no
 * object is made per argument; argument 0 is the command's name. The bytes are borrowed: they are
 * valid until the command returns, and whoever keeps an argument copies it.
 */
import { assert } from "../base/assert.ts";
import { spareBytes } from "../base/ballast.ts";
import { copyBytes, latin1 } from "../base/bytes.ts";

const FIRST_ROOM = 64;
/** Bytes after the last argument, so that words may be read past its end. */
const PADDING = 4;

/** In place of an argument's index: of none the hash is known. */
export const NOT_HASHED = -1;

/** In place of a block. */
export const NO_BLOCK = 0;

/** In place of a `requestStart`. */
export const NOT_CANONICAL = -1;

export class Args {
  bytes: Uint8Array;
  /** Over the same memory as `bytes`; reads may pass an argument's end by up to 3 bytes. */
  view: DataView;
  start = new Int32Array(FIRST_ROOM);
  size = new Int32Array(FIRST_ROOM);
  count = 0;
  /**
   * Where the request begins that holds these arguments, one after the other and nothing else, each
   * line with its end as RESP spells it; NOT_CANONICAL when they did not come so, which the parser,
   * as Redis's, lets pass. It ends two bytes after the last argument.
   */
  requestStart = NOT_CANONICAL;
  /** The argument whose `hashBytes` is known, and that; NOT_HASHED while none is. */
  hashed = NOT_HASHED;
  hash = 0;
  /** The block of memory in which an argument stands apart (partial.ts), at its beginning. */
  block = NO_BLOCK;
  /** That block was taken: it is somebody else's when the command is over. */
  isTaken = false;

  constructor(bytes: Uint8Array, view: DataView) {
    this.bytes = bytes;
    this.view = view;
  }

  /** Adds an argument. */
  push(offset: number, size: number): void {
    if (this.count === this.start.length) this.grow();
    if (DEBUG) assert(this.hashed === NOT_HASHED, "arguments of which one has been hashed stay");
    this.start[this.count] = offset;
    this.size[this.count++] = size;
  }

  /** The block at whose beginning the argument lies, if it is to be had; NO_BLOCK otherwise. */
  blockOf(index: number): number {
    return this.start[index] === 0 && !this.isTaken ? this.block : NO_BLOCK;
  }

  /** The bytes are elsewhere by so many. */
  shift(by: number): void {
    const { start, count } = this;
    for (let i = 0; i < count; i++) start[i] += by;
  }

  /** The argument, or its first bytes, as latin1 text, for the paths that may allocate. */
  text(index: number, sizeMax = Infinity): string {
    return latin1(this.bytes, this.start[index], Math.min(this.size[index], sizeMax));
  }

  /** Bytes of all arguments together. */
  get totalSize(): number {
    let total = 0;
    for (let i = 0; i < this.count; i++) total += this.size[i];
    return total;
  }

  /** A copy of the argument's bytes. */
  copy(index: number): Uint8Array {
    return this.bytes.slice(this.start[index], this.start[index] + this.size[index]);
  }

  /**
   * Whether the argument is this word, which must be lower case, in any case. A zero byte ends the
   * argument, since Redis reads its options as C strings.
   */
  is(index: number, word: string): boolean {
    const size = this.size[index];
    let at = this.start[index];
    if (size !== word.length && (size < word.length || this.bytes[at + word.length] !== 0)) {
      return false;
    }
    for (let i = 0; i < word.length; i++, at++) {
      const byte = this.bytes[at];
      const lower = byte >= 65 && byte <= 90 ? byte | 32 : byte;
      if (lower !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Doubles the room. */
  grow(): void {
    const start = new Int32Array(this.start.length * 2);
    const size = new Int32Array(this.start.length * 2);
    start.set(this.start);
    size.set(this.size);
    this.start = start;
    this.size = size;
  }
}

/** A copy with a buffer of its own, for a command that has to wait. */
export function keptArgs(args: Args): Args {
  const bytes = spareBytes(args.totalSize + PADDING);
  const kept = new Args(bytes, new DataView(bytes.buffer));
  let at = 0;
  for (let i = 0; i < args.count; i++) {
    const size = args.size[i];
    copyBytes(args.bytes, args.start[i], size, bytes, at);
    kept.push(at, size);
    at += size;
  }
  return kept;
}

/** Arguments with a buffer of their own, made of texts (latin1) or bytes. For the cold paths. */
export function argsOf(values: readonly (string | Uint8Array)[]): Args {
  let total = PADDING;
  for (const value of values) total += value.length;
  const bytes = new Uint8Array(total);
  const args = new Args(bytes, new DataView(bytes.buffer));
  let at = 0;
  for (const value of values) {
    args.push(at, value.length);
    if (typeof value === "string") {
      for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
    } else {
      bytes.set(value, at);
    }
    at += value.length;
  }
  return args;
}
