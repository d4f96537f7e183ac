/**
 * Splitting a line into words as a person types them: inline commands, and redis.conf's lines.
 * Words are separated by blanks, and quoted with "…" (where \n, \r, \t, \b, \a, \xHH and \ before
 * any other character are escapes) or '…' (where only \' is one). A quote may begin inside a word:
 * a"b c" is the word `ab c`; nothing but a blank may follow its end.
 */
import { fromLatin1, latin1 } from "./bytes.ts";

const BACKSLASH = 92;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const HEX_MARK = 120;
const ESCAPES: Record<number, number> = { 110: 10, 114: 13, 116: 9, 98: 8, 97: 7 };

/** Where the words go, one call for each. */
export interface WordList {
  push(offset: number, size: number): void;
}

/**
 * Finds the words of bytes[from..end), up to a zero byte, and moves them together in place, from
 * `from` on: without quotes and escapes they never take more room. False when a quote is not
 * closed, or something follows its end.
 */
export function splitInPlace(
  bytes: Uint8Array,
  from: number,
  end: number,
  words: WordList,
): boolean {
  let at = from;
  let filled = from;
  for (;;) {
    while (at < end && isBlank(bytes[at])) at++;
    if (at >= end || bytes[at] === 0) return true;
    const start = filled;
    while (at < end && !endsWord(bytes[at])) {
      const byte = bytes[at++];
      if (byte !== DOUBLE_QUOTE && byte !== SINGLE_QUOTE) {
        bytes[filled++] = byte;
        continue;
      }
      const closed = closeOf(bytes, at, end, byte);
      if (closed < 0) return false;
      filled = unquote(bytes, at, closed, byte, filled);
      at = closed + 1;
      if (at < end && bytes[at] !== 0 && !isBlank(bytes[at])) return false;
      break;
    }
    words.push(start, filled - start);
  }
}

/** The words of a latin1 text, as `splitInPlace` finds them; null where that says false. */
export function splitWords(line: string): string[] | null {
  const bytes = fromLatin1(line);
  const words: string[] = [];
  const list = {
    push: (offset: number, size: number) => words.push(latin1(bytes, offset, size)),
  };
  return splitInPlace(bytes, 0, bytes.length, list) ? words : null;
}

/** A text up to its first zero byte: what is left of it where Redis keeps a C string. */
export function cString(text: string): string {
  const zero = text.indexOf("\0");
  return zero < 0 ? text : text.slice(0, zero);
}

const isBlank = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** Of the blanks, vertical tabs and form feeds do not end a word; a zero byte ends the line. */
function endsWord(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 13 || byte === 0;
}

/** Where the quote that opened before `from` closes, or -1. */
function closeOf(bytes: Uint8Array, from: number, end: number, quote: number): number {
  for (let at = from; at < end && bytes[at] !== 0; at++) {
    if (bytes[at] === quote) return at;
    if (bytes[at] !== BACKSLASH || at + 1 >= end || bytes[at + 1] === 0) continue;
    if (quote === DOUBLE_QUOTE || bytes[at + 1] === SINGLE_QUOTE) at++;
  }
  return -1;
}

/** Writes what bytes[from..end), between quotes, stands for, to `to`; returns where it ends. */
function unquote(bytes: Uint8Array, from: number, end: number, quote: number, to: number): number {
  let filled = to;
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte !== BACKSLASH) {
      bytes[filled++] = byte;
    } else if (quote === SINGLE_QUOTE) {
      if (bytes[at + 1] === SINGLE_QUOTE) at++;
      bytes[filled++] = bytes[at];
    } else if (bytes[at + 1] === HEX_MARK && hexByte(bytes, at + 2, end) >= 0) {
      bytes[filled++] = hexByte(bytes, at + 2, end);
      at += 3;
    } else {
      const code = bytes[++at];
      bytes[filled++] = ESCAPES[code] ?? code;
    }
  }
  return filled;
}

/** The byte that two hexadecimal digits spell, or below 0. */
function hexByte(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const high = hexDigit(bytes[at]);
  const low = hexDigit(bytes[at + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
