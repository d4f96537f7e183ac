/**
 * The frame of commands in an append-only log, byte by byte: where the first byte is that cannot
 * belong to one. It is stricter than who reads what clients send: every line ends with CR LF, and
 * counts and sizes are spelled as the server spells them.
 *
 *   *2 CR LF $3 CR LF GET CR LF $1 CR LF k CR LF     #TS:1628217470 CR LF
 *
 * Bytes come in pieces, and none is kept; those of arguments are not looked at.
 */
import { COMMAND_SIZE_MAX } from "../../protocol/partial.ts";
import { COUNT_MAX } from "../../protocol/request.ts";

/**
 * Bytes of a command in a log. What the server tells in place of what came may be longer by a time,
 * an ID or a word, so this is above what a client may send.
 */
export const LOGGED_SIZE_MAX = COMMAND_SIZE_MAX + 2 ** 19;
/** Bytes of a line that tells the time; Redis reads as many. */
export const ANNOTATION_SIZE_MAX = 1024;

const STAR = 42;
const DOLLAR = 36;
const HASH = 35;
const CR = 13;
const LF = 10;
const ZERO = 48;
const NINE = 57;
const LINE_END_SIZE = 2;

/** What comes next. */
const Next = {
  command: 0,
  annotation: 1,
  count: 2,
  countEnd: 3,
  dollar: 4,
  size: 5,
  sizeEnd: 6,
  argument: 7,
  argumentEnd: 8,
} as const;

export class CommandFrames {
  /** Commands that are whole. */
  commands = 0;
  /** Lines that have ended, not counting those within arguments. */
  lines = 0;
  /** Where the first byte is that cannot belong, from the first that was given on; or -1. */
  fault = -1;
  /** Bytes given so far. */
  private given = 0;
  private next: number = Next.command;
  /** Digits of a number so far, bytes of an annotation, or of an argument those to come. */
  private count = 0;
  private value = 0;
  private argumentsLeft = 0;
  /** Bytes of the command so far. */
  private commandSize = 0;

  /** Begins anew, before a command. */
  reset(): void {
    this.commands = 0;
    this.lines = 0;
    this.fault = -1;
    this.given = 0;
    this.next = Next.command;
  }

  /** Whether what was given ends where a command or an annotation does. */
  get isWhole(): boolean {
    return this.fault < 0 && this.next === Next.command;
  }

  /** Takes bytes[from..to); false when there is a fault, after which nothing may be taken. */
  take(bytes: Uint8Array, from: number, to: number): boolean {
    for (let at = from; at < to; ) {
      if (this.next === Next.argument && this.count > 0) {
        const passed = Math.min(this.count, to - at);
        this.count -= passed;
        this.commandSize += passed;
        at += passed;
      } else if (this.isNext(bytes[at])) {
        at++;
      } else {
        this.fault = this.given + at - from;
        return false;
      }
    }
    this.given += to - from;
    return true;
  }

  /** Goes on by one byte, if it can belong. */
  private isNext(byte: number): boolean {
    this.commandSize++;
    switch (this.next) {
      case Next.command:
        return this.begin(byte);
      case Next.annotation:
        if (byte === LF) return this.goOver(Next.command, byte);
        return ++this.count < ANNOTATION_SIZE_MAX;
      case Next.count:
        if (byte === CR) return this.go(Next.countEnd, this.count > 0);
        return this.digit(byte, COUNT_MAX) && this.value > 0;
      case Next.countEnd:
        this.argumentsLeft = this.value;
        return this.goOver(Next.dollar, byte);
      case Next.dollar:
        return this.beginNumber(Next.size, byte === DOLLAR);
      case Next.size:
        if (byte === CR) return this.go(Next.sizeEnd, this.count > 0);
        return this.digit(byte, LOGGED_SIZE_MAX - LINE_END_SIZE - this.commandSize);
      case Next.sizeEnd:
        this.count = this.value;
        return this.goOver(Next.argument, byte);
      case Next.argument:
        return this.go(Next.argumentEnd, byte === CR);
      default:
        return this.endArgument(byte);
    }
  }

  private go(next: number, isFit: boolean): boolean {
    this.next = next;
    return isFit;
  }

  /** A line ends here, or should. */
  private goOver(next: number, byte: number): boolean {
    if (byte === LF) this.lines++;
    return this.go(next, byte === LF);
  }

  private begin(byte: number): boolean {
    this.commandSize = 1;
    if (byte !== HASH) return this.beginNumber(Next.count, byte === STAR);
    this.count = 1;
    return this.go(Next.annotation, true);
  }

  private beginNumber(next: number, isFit: boolean): boolean {
    this.value = 0;
    this.count = 0;
    return this.go(next, isFit);
  }

  private digit(byte: number, valueMax: number): boolean {
    const isLeadingZero = this.count === 1 && this.value === 0;
    if (byte < ZERO || byte > NINE || isLeadingZero) return false;
    this.count++;
    this.value = this.value * 10 + byte - ZERO;
    return this.value <= valueMax;
  }

  private endArgument(byte: number): boolean {
    this.argumentsLeft--;
    if (this.argumentsLeft > 0) return this.goOver(Next.dollar, byte);
    if (byte === LF) this.commands++;
    return this.goOver(Next.command, byte);
  }
}
