/** Text in double quotes with everything unprintable escaped, as Redis shows it in its logs. */
import { fromLatin1, latin1 } from "./bytes.ts";

const BACKSLASH = 92;
const QUOTE = 34;
const LETTER_X = 120;
const DIGITS = "0123456789abcdef";
/** Bytes that are shown as a backslash and a letter. */
const NAMED = [
  ["\\", "\\"],
  ['"', '"'],
  ["\n", "n"],
  ["\r", "r"],
  ["\t", "t"],
  ["\x07", "a"],
  ["\b", "b"],
] as const;

/** How many bytes each byte is shown as: 1 as it is, 2 with a letter, 4 in hexadecimal. */
const SIZES = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 32 || byte > 126 ? 4 : 1));
/** The letters of those that have one. */
const LETTERS = new Uint8Array(256);
for (const [character, letter] of NAMED) {
  SIZES[character.charCodeAt(0)] = 2;
  LETTERS[character.charCodeAt(0)] = letter.charCodeAt(0);
}

/** A latin1 text, quoted; splitting the result as words gives the text again. */
export function quoted(text: string): string {
  const bytes = fromLatin1(text);
  const shown = new Uint8Array(quotedSize(bytes, 0, bytes.length));
  writeQuoted(bytes, 0, bytes.length, shown, 0);
  return latin1(shown, 0, shown.length);
}

/** How many bytes a run of bytes takes when it is quoted. */
export function quotedSize(bytes: Uint8Array, offset: number, size: number): number {
  let total = 2;
  for (let i = 0; i < size; i++) total += SIZES[bytes[offset + i]];
  return total;
}

/** Writes a run of bytes, quoted, to where there is room for it; returns where that ends. */
export function writeQuoted(
  bytes: Uint8Array,
  offset: number,
  size: number,
  to: Uint8Array,
  at: number,
): number {
  let next = at;
  to[next++] = QUOTE;
  for (let i = 0; i < size; i++) {
    const byte = bytes[offset + i];
    const shownSize = SIZES[byte];
    if (shownSize === 1) {
      to[next++] = byte;
      continue;
    }
    to[next++] = BACKSLASH;
    if (shownSize === 2) {
      to[next++] = LETTERS[byte];
      continue;
    }
    to[next++] = LETTER_X;
    to[next++] = DIGITS.charCodeAt(byte >> 4);
    to[next++] = DIGITS.charCodeAt(byte & 15);
  }
  to[next++] = QUOTE;
  return next;
}
