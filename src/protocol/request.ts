/**
 * The request parser: RESP arrays of bulk strings, and inline commands (the RESP specification;
 * limits and error texts are those of Redis 7.0).
 *
 * It reads argument offsets straight from the bytes that arrived. A command that is cut anywhere is
 * resumed where it was left: each byte is looked at once, however the pieces fall, and a large
 * argument is waited for without looking at all.
 */
import { assert } from "../base/assert.ts";
import { parseInt64, parseSafe } from "../base/numbers.ts";
import { splitInPlace } from "../base/words.ts";
import { Args, NOT_CANONICAL, NOT_HASHED } from "./args.ts";
import { CommandBatch } from "./command_batch.ts";
import { ALL_BUT_DIGIT, CR_LF, DOLLAR, DOLLAR_LINE, NINE, STAR, STAR_LINE, ZERO } from "./lines.ts";
import { COMMAND_SIZE_MAX, type InputBlocks, PADDING, Partial } from "./partial.ts";

/** What `next` says. */
export const MORE = 0;
export const COMMAND = 1;
export const EMPTY = 2;
export const BROKEN = 3;
const HEADER = 4;

/**
 * No more than this is waited for when a line (an inline command, a count, a size) does not end.
 * One that is here already may be longer by what Redis reads at once.
 */
const LINE_SIZE_MAX = 64 * 1024;
const WHOLE_LINE_SIZE_MAX = LINE_SIZE_MAX + 16 * 1024;
/** Arguments of a command. */
export const COUNT_MAX = 2 ** 31 - 1;
/** What a client may send before it has authenticated. */
const UNAUTHENTICATED_COUNT_MAX = 10;
const UNAUTHENTICATED_SIZE_MAX = 16384;

const CR = 13;
const LF = 10;

/** Who sends the requests, as far as they depend on it. */
export interface Peer {
  readonly unauthenticated: boolean;
}

export class RequestParser {
  args: Args;
  /** The next byte to look at, and the end of what is there. */
  at = 0;
  end = 0;
  /** Where the command being parsed began. */
  begin = 0;
  /** Where all that is there began. */
  origin = 0;
  /** Arguments still to come; 0 between commands. */
  expected = 0;
  /** Size of the argument whose bytes come next, or -1 before its size line. */
  bulkSize = -1;
  /** After MORE: bytes, from `begin` on, without which nothing can be done. */
  needed = 0;
  /** After BROKEN: the protocol error. */
  problem = "";
  bulkSizeMax = 512 * 1024 * 1024;
  /** Bytes of a command, to its last argument's end. */
  commandSizeMax = COMMAND_SIZE_MAX;
  peer: Peer = { unauthenticated: false };
  bytes: Uint8Array;
  view: DataView;
  readonly batch = new CommandBatch();
  /** Commands of the batch that are still to be taken, up to one: `next` takes them first. */
  batched = 0;
  private batchEnd = 0;
  /** What `args` was before a command was resumed that has its own. */
  private spareArgs: Args | null = null;
  private readonly blocks: InputBlocks | null;

  /** With `blocks`, large arguments may stand apart in such. */
  constructor(blocks: InputBlocks | null = null) {
    this.blocks = blocks;
    this.bytes = new Uint8Array(PADDING);
    this.view = new DataView(this.bytes.buffer);
    this.args = new Args(this.bytes, this.view);
  }

  /** Starts on bytes at a command's beginning; at least PADDING bytes must follow `end`. */
  start(bytes: Uint8Array, view: DataView, end: number, from = 0): void {
    this.bytes = bytes;
    this.view = view;
    this.at = from;
    this.begin = from;
    this.origin = from;
    this.end = end;
    this.expected = 0;
    this.bulkSize = -1;
    this.batched = 0;
  }

  /**
   * Between commands: parses as many of those that are there as a batch holds; returns how many.
   * They are taken by `next` as if nothing had been parsed.
   */
  parseAhead(): number {
    if (DEBUG) assert(this.expected === 0 && this.batched === 0, "in the midst of a command");
    // Of who has not authenticated less is taken, and of that `next` knows.
    if (this.peer.unauthenticated) return 0;
    const { batch } = this;
    batch.count = 0;
    batch.fill(this.bytes, this.view, this.at, this.end);
    this.takeBatched(0, batch.count);
    return this.batched;
  }

  /** Between commands: the next ones are these of the batch, which was filled with them. */
  takeBatched(from: number, to: number): void {
    this.batched = to - from;
    this.batchEnd = to;
  }

  /** Goes on with a command that was cut. */
  resume(partial: Partial): void {
    this.resumeIn(partial, partial.bytes, partial.view, partial.size);
  }

  /** As `resume`, of a copy of its bytes, behind which there are more. */
  resumeIn(partial: Partial, bytes: Uint8Array, view: DataView, end: number): void {
    this.start(bytes, view, end);
    if (partial.args !== null) {
      this.spareArgs = this.args;
      this.args = partial.args;
    }
    this.at = partial.at;
    this.expected = partial.expected;
    this.bulkSize = partial.bulkSize;
  }

  /**
   * Takes what is left as a Partial (null: nothing is), which may be `last`, in whose bytes or a
   * copy of them it was. If it is not, `last` is the caller's to release.
   */
  suspend(last: Partial | null): Partial | null {
    const isSame = last !== null && last.bytes === this.bytes;
    if (last !== null && !(isSame && this.begin === 0 && this.expected > 0)) last.endCommand();
    if (this.end === this.begin) return null;
    const isRetaken = isSame && last.retake(this);
    const partial = isRetaken ? last : new Partial(this.bytes, this, this.blocks);
    if (partial.args !== null) {
      // Only the partial may refer to them now: the next request is another connection's.
      this.args = this.spareArgs ?? new Args(this.bytes, this.view);
      this.spareArgs = null;
    }
    return partial;
  }

  /** Leaves what follows the command just taken for later: `suspend` keeps it. */
  stop(): void {
    this.begin = this.at;
    this.needed = 0;
    this.batched = 0;
  }

  /**
   * The next command's arguments into `args`: COMMAND, EMPTY (nothing to run), MORE or BROKEN.
   * Counts and sizes of one digit or two, whole in the buffer, are nearly all: they are read here.
   */
  next(): number {
    if (this.batched > 0) {
      if (!this.peer.unauthenticated) return this.nextOfBatch();
      // It no longer has authenticated (RESET): less is taken of it now.
      this.batched = 0;
    }
    const { bytes, view, end } = this;
    if (this.expected === 0) {
      const at = this.at;
      this.begin = at;
      const line = at + 4 <= end ? view.getInt32(at, true) : 0;
      const digit = (line >>> 8) & 255;
      if ((line & ALL_BUT_DIGIT) === STAR_LINE && isCount(digit)) {
        this.expected = digit - ZERO;
        this.at = at + 4;
        this.args.count = 0;
        this.args.requestStart = 0;
        this.args.hashed = NOT_HASHED;
      } else {
        const found = this.header();
        if (found !== HEADER) return found;
      }
    }
    const { args } = this;
    let { at, expected, bulkSize } = this;
    while (expected > 0) {
      if (bulkSize < 0) {
        if (at + 5 <= end && isCount(bytes[at + 1])) {
          const digit = bytes[at + 1];
          if ((view.getInt32(at, true) & ALL_BUT_DIGIT) === DOLLAR_LINE) {
            bulkSize = digit - ZERO;
            at += 4;
          } else if (bytes[at] === DOLLAR && view.getUint16(at + 3, true) === CR_LF) {
            const following = bytes[at + 2];
            if (following >= ZERO && following <= NINE) {
              bulkSize = (digit - ZERO) * 10 + following - ZERO;
              at += 5;
            }
          }
        }
        if (bulkSize < 0) {
          this.at = at;
          this.expected = expected;
          this.bulkSize = -1;
          if (at >= end) return this.more(at - this.begin + 1);
          bulkSize = this.sizeLine();
          if (bulkSize === WAIT) return this.more(end - this.begin + 1);
          if (bulkSize === FAULT) return BROKEN;
          at = this.at;
        }
      }
      const after = at + bulkSize + 2;
      if (after > end) {
        this.at = at;
        this.expected = expected;
        this.bulkSize = bulkSize;
        return this.more(after - this.begin);
      }
      if (view.getUint16(after - 2, true) !== CR_LF) args.requestStart = NOT_CANONICAL;
      const index = args.count;
      if (index === args.start.length) args.grow();
      args.start[index] = at;
      args.size[index] = bulkSize;
      args.count = index + 1;
      at = after;
      bulkSize = -1;
      expected--;
    }
    this.at = at;
    this.expected = 0;
    this.bulkSize = -1;
    if (args.requestStart !== NOT_CANONICAL) args.requestStart = this.begin;
    if (args.bytes !== bytes) args.bytes = bytes;
    if (args.view !== this.view) args.view = this.view;
    return COMMAND;
  }

  /** The count line of a command, or an inline command; HEADER when its arguments come next. */
  private header(): number {
    if (this.at >= this.end) return this.more(1);
    if (this.bytes[this.at] !== STAR) return this.inline();
    const last = this.lineEnd(CR);
    if (last === WAIT) return this.more(this.end - this.begin + 1);
    if (last === TOO_LONG) return this.broken("too big mbulk count string");
    const count = strictInteger(this.bytes, this.at + 1, last);
    if (count > COUNT_MAX || Number.isNaN(count)) return this.broken("invalid multibulk length");
    if (count > UNAUTHENTICATED_COUNT_MAX && this.peer.unauthenticated) {
      return this.broken("unauthenticated multibulk length");
    }
    this.at = last + 2;
    this.args.requestStart = this.bytes[last + 1] === LF ? 0 : NOT_CANONICAL;
    if (count <= 0) {
      this.begin = this.at;
      return EMPTY;
    }
    this.expected = count;
    this.args.count = 0;
    this.args.hashed = NOT_HASHED;
    return HEADER;
  }

  private nextOfBatch(): number {
    const { args, batch } = this;
    const index = this.batchEnd - this.batched--;
    const first = batch.first[index];
    const count = batch.first[index + 1] - first;
    while (count > args.start.length) args.grow();
    const { start, size } = args;
    for (let i = 0; i < count; i++) {
      start[i] = batch.start[first + i];
      size[i] = batch.size[first + i];
    }
    args.count = count;
    this.begin = batch.begin[index];
    this.at = batch.end[index];
    args.requestStart = this.begin;
    args.hashed = batch.hashed[index];
    args.hash = batch.hash[index];
    if (args.bytes !== this.bytes) args.bytes = this.bytes;
    if (args.view !== this.view) args.view = this.view;
    return COMMAND;
  }

  private more(needed: number): number {
    this.needed = needed;
    return MORE;
  }

  private broken(problem: string): number {
    this.problem = `Protocol error: ${problem}`;
    return BROKEN;
  }

  /** The size after `$`, having checked that it may be; WAIT or FAULT otherwise. */
  private sizeLine(): number {
    const last = this.lineEnd(CR);
    if (last === WAIT) return WAIT;
    if (last === TOO_LONG) return this.fault("too big bulk count string");
    const { bytes, at } = this;
    if (bytes[at] !== DOLLAR) {
      const shown = bytes[at] === CR || bytes[at] === LF ? " " : String.fromCharCode(bytes[at]);
      return this.fault(`expected '$', got '${shown}'`);
    }
    const size = strictInteger(bytes, at + 1, last);
    if (!(size >= 0 && size <= this.bulkSizeMax)) return this.fault("invalid bulk length");
    if (size > UNAUTHENTICATED_SIZE_MAX && this.peer.unauthenticated) {
      return this.fault("unauthenticated bulk length");
    }
    this.at = last + 2;
    if (bytes[last + 1] !== LF) this.args.requestStart = NOT_CANONICAL;
    if (this.at - this.begin + size > this.commandSizeMax) return this.fault("too big request");
    return size;
  }

  private fault(problem: string): number {
    this.broken(problem);
    return FAULT;
  }

  /**
   * Where the line from `at` on has its `mark`, CR (which one byte more must follow) or LF; WAIT
   * when that may still come. A zero byte hides it, as from C's functions.
   */
  private lineEnd(mark: number): number {
    const { bytes, at, end } = this;
    const to = Math.min(end, at + WHOLE_LINE_SIZE_MAX);
    let last = at;
    while (last < to && bytes[last] !== mark && bytes[last] !== 0) last++;
    if (last < to && bytes[last] === mark) return mark === CR && last + 1 >= end ? WAIT : last;
    return end - at > LINE_SIZE_MAX ? TOO_LONG : WAIT;
  }

  private inline(): number {
    const { at, args, bytes } = this;
    const last = this.lineEnd(LF);
    if (last === WAIT) return this.more(this.end - this.begin + 1);
    if (last === TOO_LONG) return this.broken("too big inline request");
    const to = last > at && bytes[last - 1] === CR ? last - 1 : last;
    args.bytes = bytes;
    args.view = this.view;
    args.count = 0;
    args.hashed = NOT_HASHED;
    args.requestStart = NOT_CANONICAL;
    if (!splitInPlace(bytes, at, to, args)) return this.broken("unbalanced quotes in request");
    this.at = last + 1;
    if (args.count > 0) return COMMAND;
    this.begin = this.at;
    return EMPTY;
  }
}

const isCount = (byte: number) => byte > ZERO && byte <= NINE;

/** No size or offset is below zero. */
const WAIT = -1;
const TOO_LONG = -2;
const FAULT = -2;

/**
 * An integer as Redis writes it (no sign but a minus, no leading zero, no blank) of up to 64 bits,
 * rounded above 2^53; NaN for anything else.
 */
function strictInteger(bytes: Uint8Array, from: number, to: number): number {
  const safe = parseSafe(bytes, from, to - from);
  if (!Number.isNaN(safe)) return safe;
  const value = parseInt64(bytes, from, to - from);
  return value === null ? Number.NaN : Number(value);
}
