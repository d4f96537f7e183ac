/**
 * What is kept of a command that has not arrived whole: its bytes from the first on. A large
 * argument that comes last, or nearly, stands apart instead, at the beginning of a block, so that
 * it can become a value as it is, without being copied.
 *
 *   | the argument, CR LF | what follows → |      | what came before it | padding |
 *   0                                  size       headAt
 */
import { spareBytes } from "../base/ballast.ts";
import { giveBack } from "../base/buffers.ts";
import { type Args, NO_BLOCK, NOT_CANONICAL } from "./args.ts";

/** Room after the last byte, so that words may be read past an argument's end. */
export const PADDING = 8;
/** Offsets are int32: the arguments of one command, together, and what waits behind them. */
export const COMMAND_SIZE_MAX = 2 ** 31 - 2 ** 20;
/** Arguments from this size on stand apart, and what is missing of so much is read directly. */
const LARGE_SIZE = 32 << 10;
/**
 * Room for what is announced and not there yet; who has sent more has four times that, and who has
 * sent so much has room for all (see `extend`).
 */
const ANNOUNCED_SIZE_MAX = 2 ** 24;
const EARNEST_SIZE = 2 ** 26;
/** What may come before an argument that stands apart, and how many may follow, with what room. */
const HEAD_SIZE_MAX = 2 << 10;
const FOLLOWING_MAX = 6;
const FOLLOWING_ROOM = 256;
/** Less than this is left to JavaScript, which is quick with little. */
const BLOCK_SIZE_MIN = 4 << 10;
/** Memory of more than this is not kept for much less. */
const KEPT_SIZE_MAX = 64 << 10;

/** Memory that is used again and again, and of which values are made: the arena's blocks. */
export interface InputBlocks {
  /** A block of at least so many bytes, whatever they hold; NO_BLOCK if there is none to spare. */
  take(size: number): number;
  /** All that a block holds. */
  bytesOf(block: number): Uint8Array;
  /** A block is needed no longer; `isTaken`: by the one who took it, that is. */
  giveBack(block: number, isTaken: boolean): void;
}

/** How far a parser has come. */
export interface Progress {
  readonly args: Args;
  /** Where its command begins, what it looks at next, and the end of what is there. */
  readonly begin: number;
  readonly at: number;
  readonly end: number;
  /** Bytes, from `begin` on, without which nothing can be done. */
  readonly needed: number;
  /** Arguments still to come; the size of the next one, or -1. */
  readonly expected: number;
  readonly bulkSize: number;
}

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

export class Partial {
  bytes: Uint8Array = NO_BYTES;
  view: DataView = NO_VIEW;
  /** How many of the bytes are filled. */
  size = 0;
  /** Nothing can be done before so many are there. */
  needed = 0;
  /** Those of its arguments that are there; null before the first could be. */
  args: Args | null = null;
  expected = 0;
  bulkSize = 0;
  at = 0;
  private readonly blocks: InputBlocks | null;
  private block = NO_BLOCK;
  private isTaken = false;
  private headAt = 0;
  /** 0 while nothing stands apart. */
  private headSize = 0;

  /** Copies what a parser has not dealt with of somebody else's bytes. */
  constructor(source: Uint8Array, progress: Progress, blocks: InputBlocks | null) {
    this.blocks = blocks;
    this.note(progress);
    const kept = source.subarray(progress.begin, progress.end);
    const { size, needed } = this;
    const announced = Math.min(needed, size + ANNOUNCED_SIZE_MAX);
    if (this.setApart(kept, announced)) return;
    this.use(announced > size ? announced : size * 2);
    this.bytes.set(kept);
  }

  /** Keeps what a parser has not dealt with of these bytes here; false if others have to. */
  retake(progress: Progress): boolean {
    const { begin, end } = progress;
    if (begin > 0) {
      const isTooMuch = this.bytes.length > KEPT_SIZE_MAX && (end - begin) * 4 < this.bytes.length;
      if (this.headSize > 0 || isTooMuch) return false;
      this.bytes.copyWithin(0, begin, end);
    }
    this.note(progress);
    return true;
  }

  private note(progress: Progress): void {
    const { begin, args, expected } = progress;
    this.size = progress.end - begin;
    this.needed = progress.needed;
    this.expected = expected;
    this.bulkSize = progress.bulkSize;
    this.at = progress.at - begin;
    this.args = expected > 0 ? args : null;
    if (begin > 0 && expected > 0) args.shift(-begin);
  }

  /** Bytes missing of what is waited for. */
  get missing(): number {
    return this.needed - this.size;
  }

  /** Whether the next bytes are to be read to where they stay, as many as `extend` says. */
  get isDirect(): boolean {
    return this.headSize > 0 || this.missing >= LARGE_SIZE;
  }

  /** Whether it has an argument that stands apart. */
  get isLarge(): boolean {
    return this.headSize > 0;
  }

  private get room(): number {
    return (this.headSize > 0 ? this.headAt : this.bytes.length - PADDING) - this.size;
  }

  /** Adds what arrived. */
  append(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.size);
    this.size += chunk.length;
  }

  /**
   * Makes room for bytes that are missing, and returns for how many; the reader adds to `size` how
   * many came. Who announces much may send little, and memory that was in use before is cleared:
   * 512 MB take up to half a second.
   */
  extend(): number {
    const { size, missing, headSize } = this;
    if (headSize > 0 && missing <= this.room) {
      // No more than the argument itself, or what follows it, too, of which little is known.
      const isLast = this.at === 0 && this.expected === 1;
      return isLast ? missing : Math.min(this.room, missing + FOLLOWING_ROOM);
    }
    if (this.room <= 0 || headSize > 0) {
      const trusted = size < EARNEST_SIZE ? Math.max(ANNOUNCED_SIZE_MAX, 3 * size) : missing;
      const { bytes, block } = this;
      if (this.setApart(bytes, size + Math.min(missing, trusted))) this.free(bytes, block);
      else this.reserve(Math.min(missing, trusted));
    }
    return Math.min(this.missing, this.room);
  }

  /**
   * Makes room for so many more bytes. It at least doubles when it grows, or a command of many
   * large arguments would be copied for each of them; behind the last nothing need have room.
   */
  reserve(size: number): void {
    if (size <= this.room) return;
    const { bytes, block } = this;
    const wanted = this.headSize + this.size + size;
    const isLast = this.expected === 1 && wanted <= this.headSize + this.needed;
    const sizeMax = isLast ? this.headSize + this.needed : COMMAND_SIZE_MAX;
    this.use(Math.max(wanted, Math.min(bytes.length * 2, sizeMax)));
    this.bytes.set(bytes.subarray(this.headAt, this.headAt + this.headSize));
    this.bytes.set(bytes.subarray(0, this.size), this.headSize);
    this.join();
    this.free(bytes, block);
  }

  /** What stood apart follows what came before it again. */
  private join(): void {
    const { args, headAt, headSize } = this;
    if (headSize === 0) return;
    if (args !== null) {
      const { start, count } = args;
      for (let i = 0; i < count; i++) start[i] += start[i] >= headAt ? -headAt : headSize;
      args.block = NO_BLOCK;
    }
    this.size += headSize;
    this.needed += headSize;
    this.at += headSize;
    this.headAt = 0;
    this.headSize = 0;
  }

  /**
   * Has the argument that comes next stand apart, if it may and so many bytes are enough for it:
   * whether it does. `kept` are the bytes so far.
   */
  private setApart(kept: Uint8Array, room: number): boolean {
    const { args, blocks, at, size, bulkSize, expected } = this;
    const mayBe = bulkSize >= LARGE_SIZE && room >= this.needed && expected <= 1 + FOLLOWING_MAX;
    if (args === null || blocks === null || !mayBe) return false;
    if (at > HEAD_SIZE_MAX || this.headSize > 0) return false;
    const followingRoom = expected > 1 ? FOLLOWING_ROOM : 0;
    const own = blocks.take(bulkSize + 2 + followingRoom + at + PADDING);
    if (own === NO_BLOCK) return false;
    this.useBlock(blocks, own);
    this.headAt = this.bytes.length - PADDING - at;
    this.headSize = at;
    this.bytes.set(kept.subarray(0, at), this.headAt);
    this.bytes.set(kept.subarray(at, size));
    args.shift(this.headAt);
    args.requestStart = NOT_CANONICAL;
    args.block = own;
    this.size = size - at;
    this.needed -= at;
    this.at = 0;
    return true;
  }

  /** Has other memory, for so many bytes. */
  private use(size: number): void {
    const room = size + PADDING;
    const block = room < BLOCK_SIZE_MIN ? NO_BLOCK : (this.blocks?.take(room) ?? NO_BLOCK);
    if (this.blocks !== null && block !== NO_BLOCK) {
      this.useBlock(this.blocks, block);
      return;
    }
    this.bytes = spareBytes(room);
    this.view = new DataView(this.bytes.buffer);
    this.block = NO_BLOCK;
  }

  private useBlock(blocks: InputBlocks, block: number): void {
    const bytes = blocks.bytesOf(block);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.block = block;
  }

  /** Its arguments are others' from now on, or nobody's: the command is over, or will not be. */
  endCommand(): void {
    const { args } = this;
    if (args === null) return;
    this.args = null;
    this.isTaken = args.isTaken;
    args.block = NO_BLOCK;
    args.isTaken = false;
  }

  /** Gives its memory back. */
  release(): void {
    this.endCommand();
    this.free(this.bytes, this.block);
    this.bytes = NO_BYTES;
    this.block = NO_BLOCK;
  }

  private free(bytes: Uint8Array, block: number): void {
    if (block !== NO_BLOCK) this.blocks?.giveBack(block, this.isTaken);
    else giveBack(bytes);
  }
}
