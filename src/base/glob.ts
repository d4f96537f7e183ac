/**
 * Glob patterns over bytes, as KEYS, SCAN, CONFIG GET and others match them: `*`, `?`, `[a-z]`,
 * `[^…]` and `\` before a byte taken literally. Redis's own matcher has corners that clients can
 * see (what an unclosed class means, that nothing matches the empty text, how ranges order bytes
 * above 127), and this one has the same.
 *
 * Only the last star met is ever tried again. That is enough: a later star takes any text that
 * an earlier one could give up, so the time is at most pattern size times text size.
 */

import { fromLatin1 } from "./bytes.ts";

const STAR = 42;
const ANY = 63;
const OPEN = 91;
const CLOSE = 93;
const NOT = 94;
const DASH = 45;
const ESCAPE = 92;

/** Stars a pattern may spend on a text, neighbours counted once; with more, nothing matches. */
const MAX_STARS = 1000;

/** Whether the whole text matches the pattern; with `ignoreCase`, A-Z match as a-z. */
export function globMatch(
  pattern: Uint8Array,
  patternOffset: number,
  patternSize: number,
  text: Uint8Array,
  textOffset: number,
  textSize: number,
  ignoreCase: boolean,
): boolean {
  const patternEnd = patternOffset + patternSize;
  const textEnd = textOffset + textSize;
  let at = patternOffset;
  let from = textOffset;
  let afterStar = -1;
  let starFrom = 0;
  let stars = 0;
  while (at < patternEnd && from < textEnd) {
    if (pattern[at] === STAR) {
      while (at + 1 < patternEnd && pattern[at + 1] === STAR) at++;
      if (at + 1 === patternEnd) return true;
      if (++stars > MAX_STARS) return false;
      afterStar = ++at;
      starFrom = from;
      continue;
    }
    const next = matchOne(pattern, at, patternEnd, text[from], ignoreCase);
    if (next > 0) {
      at = next;
      from++;
      if (from === textEnd) while (at < patternEnd && pattern[at] === STAR) at++;
      if (from < textEnd ? at < patternEnd : at === patternEnd) continue;
    }
    if (afterStar < 0) return false;
    at = afterStar;
    from = ++starFrom;
  }
  return at === patternEnd && from === textEnd;
}

/** `globMatch` for latin1 texts, where allocating does not matter. */
export function matchGlob(pattern: string, text: string, ignoreCase: boolean): boolean {
  const wanted = fromLatin1(pattern);
  const bytes = fromLatin1(text);
  return globMatch(wanted, 0, wanted.length, bytes, 0, bytes.length, ignoreCase);
}

/** Where the pattern goes on if its part at `at` (no star) matches `byte`; otherwise 0. */
function matchOne(
  pattern: Uint8Array,
  at: number,
  end: number,
  byte: number,
  ignoreCase: boolean,
): number {
  const first = pattern[at];
  if (first === ANY) return at + 1;
  if (first === OPEN) return matchClass(pattern, at + 1, end, byte, ignoreCase);
  const literal = first === ESCAPE && at + 1 < end ? at + 1 : at;
  return equal(pattern[literal], byte, ignoreCase) ? literal + 1 : 0;
}

/** `matchOne` for a class, from after its `[`. A class that is not closed ends the pattern. */
function matchClass(
  pattern: Uint8Array,
  at: number,
  end: number,
  byte: number,
  ignoreCase: boolean,
): number {
  let cursor = at;
  const negated = cursor < end && pattern[cursor] === NOT;
  if (negated) cursor++;
  let found = false;
  for (; cursor < end && pattern[cursor] !== CLOSE; cursor++) {
    if (pattern[cursor] === ESCAPE && cursor + 1 < end) {
      cursor++;
      if (pattern[cursor] === byte) found = true;
    } else if (cursor + 2 < end && pattern[cursor + 1] === DASH) {
      if (inRange(pattern[cursor], pattern[cursor + 2], byte, ignoreCase)) found = true;
      cursor += 2;
    } else if (equal(pattern[cursor], byte, ignoreCase)) {
      found = true;
    }
  }
  if (found === negated) return 0;
  return cursor < end ? cursor + 1 : end;
}

/**
 * Whether a byte lies in a range, whose ends may be given in either order. Bytes are ordered as
 * signed ones (255 is -1); taking letters as lower case makes all of them but 255 unsigned again.
 */
function inRange(first: number, last: number, byte: number, ignoreCase: boolean): boolean {
  const a = (first << 24) >> 24;
  const b = (last << 24) >> 24;
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  const value = (byte << 24) >> 24;
  if (!ignoreCase) return value >= low && value <= high;
  return fold(value) >= fold(low) && fold(value) <= fold(high);
}

function fold(signed: number): number {
  return signed < -1 ? signed + 256 : lower(signed);
}

function equal(a: number, b: number, ignoreCase: boolean): boolean {
  return ignoreCase ? lower(a) === lower(b) : a === b;
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
