/**
 * The arguments of one command: where each lies in the bytes it came in. Nothing is copied and no
 * object is made per argument; argument 0 is the command's name. The bytes are borrowed: they are
 * valid until the command returns, and whoever keeps an argument copies it.
 */
import { copyBytes, latin1 } from "../base/bytes.ts";
import { digitCount } from "../base/numbers.ts";

const FIRST_ROOM = 64;
const CR_LF = 0x0d0a;
/** Bytes after the last argument, so that words may be read past its end. */
const PADDING = 4;

export class Args {
  bytes: Uint8Array;
  /** Over the same memory as `bytes`; reads may pass an argument's end by up to 3 bytes. */
  view: DataView;
  start = new Int32Array(FIRST_ROOM);
  size = new Int32Array(FIRST_ROOM);
  count = 0;
  /**
   * Where the request begins that holds these arguments, one after the other and nothing else, as
   * RESP spells them, but for what follows a CR and each argument, which may be any bytes; -1 when
   * they did not come so. It ends two bytes after the last argument.
   */
  requestStart = -1;

  constructor(bytes: Uint8Array, view: DataView) {
    this.bytes = bytes;
    this.view = view;
  }

  /** Adds an argument. */
  push(offset: number, size: number): void {
    if (this.count === this.start.length) this.grow();
    this.start[this.count] = offset;
    this.size[this.count++] = size;
  }

  /** The argument, or its first bytes, as latin1 text, for the paths that may allocate. */
  text(index: number, sizeMax = Infinity): string {
    return latin1(this.bytes, this.start[index], Math.min(this.size[index], sizeMax));
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

  /**
   * Whether every line of the request that begins at `requestStart` ends with CR LF. The parser, as
   * Redis's, looks at no byte after the CR of a count or size, nor at the two after an argument.
   */
  get isCanonical(): boolean {
    const { view, start, size, count } = this;
    let lineEnd = this.requestStart + 1 + digitCount(count);
    for (let i = 0; i < count; i++) {
      const from = start[i];
      if (view.getUint16(lineEnd) !== CR_LF || view.getUint16(from - 2) !== CR_LF) return false;
      lineEnd = from + size[i];
    }
    return view.getUint16(lineEnd) === CR_LF;
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
  let total = PADDING;
  for (let i = 0; i < args.count; i++) total += args.size[i];
  const bytes = new Uint8Array(total);
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
