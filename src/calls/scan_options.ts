/** What SCAN, SSCAN, HSCAN and ZSCAN have in common: their cursor and their options. */
import { globMatch } from "../base/glob.ts";
import { parseSafe } from "../base/numbers.ts";
import { CommandError, SYNTAX } from "../protocol/errors.ts";
import type { Call } from "./call.ts";

const INVALID_CURSOR = new CommandError("ERR invalid cursor");

const STAR = 42;
const CURSOR_COUNT = 2 ** 32;
const DEFAULT_COUNT = 10;

/** A scan gives up on finding COUNT elements after so many cursor positions for each. */
export const SCAN_POSITIONS = 10;

/** The options of the scan at hand, as `parseScan` read them. */
export const scanOptions = {
  /** How many elements are wanted. */
  count: DEFAULT_COUNT,
  /** The argument that is the pattern; 0 when all match. */
  pattern: 0,
  /** The type of TYPE, in lower case, or null. */
  typeName: null as string | null,
  /** HSCAN is to reply with fields only. */
  noValues: false,
};

/**
 * A cursor is read as C's strtoul reads it, which takes a sign, an empty text and what follows a
 * NUL byte. Only its low 32 bits are in use. Throws when it is none.
 */
export function scanCursor(call: Call, index: number): number {
  const { bytes, start, size } = call.args;
  const safe = parseSafe(bytes, start[index], size[index]);
  return safe >= 0 ? safe % CURSOR_COUNT : oddCursor(call, index);
}

/** A cursor that no scan has replied with. */
function oddCursor(call: Call, index: number): number {
  const text = call.cText(index);
  if (!/^(?:[+-]?\d+)?$/.test(text)) throw INVALID_CURSOR;
  const magnitude = BigInt(text.replace(/^[+-]/, ""));
  if (magnitude >= 2n ** 64n) throw INVALID_CURSOR;
  return Number(BigInt.asUintN(32, text.startsWith("-") ? -magnitude : magnitude));
}

/**
 * Reads the options from argument `from` on into `scanOptions`; TYPE and NOVALUES only if so
 * wanted. (Of a collection, Redis looks up the key before it reads them: a missing key hides bad
 * options.)
 */
export function parseScan(call: Call, from: number, withType: boolean, withNoValues = false): void {
  scanOptions.count = DEFAULT_COUNT;
  scanOptions.pattern = 0;
  scanOptions.typeName = null;
  scanOptions.noValues = false;
  for (let i = from; i < call.argc; i += 2) {
    if (withNoValues && call.is(i, "novalues")) {
      scanOptions.noValues = true;
      i--;
      continue;
    }
    if (i + 1 === call.argc) throw SYNTAX;
    if (call.is(i, "count")) {
      scanOptions.count = call.integer(i + 1);
      if (scanOptions.count < 1) throw SYNTAX;
    } else if (call.is(i, "match")) {
      scanOptions.pattern = matchesAll(call, i + 1) ? 0 : i + 1;
    } else if (withType && call.is(i, "type")) {
      scanOptions.typeName = call.cText(i + 1).toLowerCase();
    } else {
      throw SYNTAX;
    }
  }
}

/** Whether these bytes match the scan's pattern. */
export function scanMatches(call: Call, bytes: Uint8Array, offset: number, size: number): boolean {
  const { pattern } = scanOptions;
  return pattern === 0 || matchesPattern(call, pattern, bytes, offset, size);
}

/** Whether these bytes match the pattern in an argument. */
export function matchesPattern(
  call: Call,
  pattern: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): boolean {
  const { args } = call;
  return globMatch(args.bytes, args.start[pattern], args.size[pattern], bytes, offset, size, false);
}

/** Whether the argument is the pattern that everything matches. */
export function matchesAll(call: Call, index: number): boolean {
  const { bytes, start, size } = call.args;
  return size[index] === 1 && bytes[start[index]] === STAR;
}
