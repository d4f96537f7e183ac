/**
 * Commands that have arrived whole, parsed ahead of the one that runs, so that what they need can
 * be fetched for all of them together. Only RESP arrays of bulk strings are taken, spelled as
 * clients spell them, with counts and sizes of up to four digits: before anything else the batch
 * ends, and the parser goes on from there by itself.
 */

import { NOT_HASHED } from "./args.ts";
import { ALL_BUT_DIGIT, CR_LF, DOLLAR, DOLLAR_LINE, NINE, STAR, STAR_LINE, ZERO } from "./lines.ts";

/** Commands in a batch. */
const COMMANDS_MAX = 64;
/** A batch with so many arguments takes no further command. */
const ARGUMENTS_ENOUGH = 192;
/** What one client sends at once, if it is no pipeline, fits into what is left from here on. */
const NEARLY_COMMANDS = COMMANDS_MAX - 8;
const NEARLY_ARGUMENTS = ARGUMENTS_ENOUGH - 24;
/** Arguments in a batch: a command of more is not taken. */
const ARGUMENTS_MAX = 2048;

/** The size of a line besides its digits, and of the longest that is read. */
const LINE_EXTRA = 3;
const LINE_SIZE_MAX = 7;

export class CommandBatch {
  count = 0;
  /** By command: where it begins and ends in the bytes. */
  readonly begin = new Int32Array(COMMANDS_MAX);
  readonly end = new Int32Array(COMMANDS_MAX);
  /** By command: its arguments are those from this one on, up to the next command's. */
  readonly first = new Int32Array(COMMANDS_MAX + 1);
  /** By argument: where it is in the bytes. */
  readonly start = new Int32Array(ARGUMENTS_MAX);
  readonly size = new Int32Array(ARGUMENTS_MAX);
  /** By command: as `Args.hashed` and `Args.hash`. */
  readonly hashed = new Int32Array(COMMANDS_MAX);
  readonly hash = new Int32Array(COMMANDS_MAX);

  get isNearlyFull(): boolean {
    const { count } = this;
    return count > NEARLY_COMMANDS || this.first[count] > NEARLY_ARGUMENTS;
  }

  /** Adds the commands between two offsets, at least some bytes before the end of `bytes`. */
  fill(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    const { start, size } = this;
    let begin = from;
    let { count } = this;
    let used = this.first[count];
    while (count < COMMANDS_MAX && used < ARGUMENTS_ENOUGH && begin + LINE_SIZE_MAX <= to) {
      let at = begin;
      let left: number;
      const line = view.getInt32(at, true);
      if ((line & ALL_BUT_DIGIT) === STAR_LINE && isDigit((line >>> 8) & 255)) {
        left = ((line >>> 8) & 255) - ZERO;
        at += LINE_EXTRA + 1;
      } else {
        left = numberIn(bytes, view, at, STAR);
        at += LINE_EXTRA + digitsOf(left);
      }
      if (left <= 0 || used + left > ARGUMENTS_MAX) break;
      for (; left > 0 && at + LINE_SIZE_MAX <= to; left--) {
        let bulkSize: number;
        if ((view.getInt32(at, true) & ALL_BUT_DIGIT) === DOLLAR_LINE && isDigit(bytes[at + 1])) {
          bulkSize = bytes[at + 1] - ZERO;
          at += LINE_EXTRA + 1;
        } else {
          bulkSize = numberIn(bytes, view, at, DOLLAR);
          at += LINE_EXTRA + digitsOf(bulkSize);
        }
        const after = at + bulkSize;
        if (bulkSize < 0 || after + 2 > to || view.getUint16(after, true) !== CR_LF) break;
        start[used] = at;
        size[used++] = bulkSize;
        at = after + 2;
      }
      if (left > 0) break;
      this.begin[count] = begin;
      this.end[count] = at;
      this.hashed[count] = NOT_HASHED;
      this.first[++count] = used;
      begin = at;
    }
    this.count = count;
  }
}

const isDigit = (byte: number) => byte >= ZERO && byte <= NINE;

/** The number of two to four digits in the line that begins with a byte; -1 if it is none. */
function numberIn(bytes: Uint8Array, view: DataView, at: number, mark: number): number {
  if (bytes[at] !== mark || bytes[at + 1] === ZERO) return -1;
  let value = 0;
  for (let i = at + 1; i < at + LINE_SIZE_MAX - 1; i++) {
    const byte = bytes[i];
    if (!isDigit(byte)) return view.getUint16(i, true) === CR_LF && i > at + 1 ? value : -1;
    value = value * 10 + byte - ZERO;
  }
  return -1;
}

/** The digits of a number that `numberIn` gave. */
function digitsOf(value: number): number {
  if (value < 100) return 2;
  return value < 1000 ? 3 : 4;
}
