/**
 * The options that SET, GETEX and MSETEX share: on which condition to act, and when the key is to
 * expire. Parsing fills one record, so that it makes no object.
 */
import { INT64_MAX, parseSafe } from "../base/numbers.ts";
import { invalidExpireTime, SYNTAX } from "../protocol/errors.ts";
import type { Call } from "./call.ts";

export const Option = {
  nx: 1 << 0,
  xx: 1 << 1,
  ifeq: 1 << 2,
  ifne: 1 << 3,
  get: 1 << 4,
  ex: 1 << 5,
  px: 1 << 6,
  exat: 1 << 7,
  pxat: 1 << 8,
  keepttl: 1 << 9,
  persist: 1 << 10,
  ifdeq: 1 << 11,
  ifdne: 1 << 12,
} as const;

/** Makes a letter lower case. */
const LOWER = 0x20;
const LETTER_E = 101;
const LETTER_G = 103;
const LETTER_I = 105;
const LETTER_K = 107;
const LETTER_N = 110;
const LETTER_P = 112;
const LETTER_X = 120;

/** Options of which a call may have one. */
const COMPARISONS = Option.ifeq | Option.ifne | Option.ifdeq | Option.ifdne;
const CONDITIONS = Option.nx | Option.xx | COMPARISONS;
const TIMES = Option.ex | Option.px | Option.exat | Option.pxat;
const EXPIRIES = TIMES | Option.keepttl | Option.persist;

/** Options that every command with times takes. */
export const TIME_OPTIONS = TIMES;

/** What a store does to a key's expiry instead of setting it; times are positive. */
export const NO_EXPIRY = -1;
const KEEP_EXPIRY = -2;

/** What `parseOptions` found: a mask of Option, and where the time and the value to compare are. */
export const options = { mask: 0, timeIndex: 0, comparedIndex: 0 };

/**
 * Reads the options from argument `from` to the last; `allowed` is a mask of those that the
 * command knows. Throws SYNTAX for others, for two that exclude each other, and for a lack of
 * arguments. The same option may be given again: the last one counts.
 */
export function parseOptions(call: Call, from: number, allowed: number): typeof options {
  options.mask = 0;
  options.comparedIndex = 0;
  for (let index = from; index < call.argc; index++) {
    const option = optionAt(call, index) & allowed;
    if (option === 0) throw SYNTAX;
    const excluded = ((option & CONDITIONS) !== 0 ? CONDITIONS : EXPIRIES) & ~option;
    if (option !== Option.get && (options.mask & excluded) !== 0) throw SYNTAX;
    options.mask |= option;
    if ((option & (TIMES | COMPARISONS)) === 0) continue;
    if (++index === call.argc) throw SYNTAX;
    if ((option & TIMES) !== 0) options.timeIndex = index;
    else options.comparedIndex = index;
  }
  return options;
}

/**
 * Unix ms at which the parsed options let a key expire, or NO_EXPIRY or KEEP_EXPIRY. Throws when
 * the time is no integer, not positive or beyond 64 bits.
 */
export function parsedExpiry(call: Call): number {
  const { mask, timeIndex } = options;
  if ((mask & TIMES) === 0) return (mask & Option.keepttl) === 0 ? NO_EXPIRY : KEEP_EXPIRY;
  const unitMs = (mask & (Option.ex | Option.exat)) !== 0 ? 1000 : 1;
  return expiryAt(call, timeIndex, unitMs, (mask & (Option.ex | Option.px)) !== 0);
}

/** What `expiryAt` last found where a double is not exact. */
let farMs = 0n;

/** Unix ms of an argument that counts `unitMs` from now or from 1970. Throws as above. */
export function expiryAt(call: Call, index: number, unitMs: number, fromNow: boolean): number {
  const { bytes, start, size } = call.args;
  const base = fromNow ? call.nowMs : 0;
  const ms = parseSafe(bytes, start[index], size[index]) * unitMs + base;
  if (ms > base && ms <= Number.MAX_SAFE_INTEGER) return ms;
  const count = call.int64(index);
  const limit = (INT64_MAX - BigInt(base)) / BigInt(unitMs);
  if (count <= 0n || count > limit) {
    throw invalidExpireTime(call.command.name);
  }
  farMs = count * BigInt(unitMs) + BigInt(base);
  return Number(farMs);
}

/** The exact time that `expiryAt` has just given as `expiry`; undefined where that is exact. */
export function exactExpiry(expiry: number): bigint | undefined {
  return expiry > Number.MAX_SAFE_INTEGER ? farMs : undefined;
}

/** The option that is a comparison with what is there; 0 if the argument is none. */
export function comparisonAt(call: Call, index: number): number {
  if (call.is(index, "ifeq")) return Option.ifeq;
  if (call.is(index, "ifne")) return Option.ifne;
  if (call.is(index, "ifdeq")) return Option.ifdeq;
  return call.is(index, "ifdne") ? Option.ifdne : 0;
}

/** Words that begin alike are told apart by `is`, which knows where a word ends. */
function optionAt(call: Call, index: number): number {
  const { bytes, start } = call.args;
  switch (bytes[start[index]] | LOWER) {
    case LETTER_E:
      if (call.is(index, "ex")) return Option.ex;
      return call.is(index, "exat") ? Option.exat : 0;
    case LETTER_P:
      if (call.is(index, "px")) return Option.px;
      if (call.is(index, "pxat")) return Option.pxat;
      return call.is(index, "persist") ? Option.persist : 0;
    case LETTER_N:
      return call.is(index, "nx") ? Option.nx : 0;
    case LETTER_X:
      return call.is(index, "xx") ? Option.xx : 0;
    case LETTER_G:
      return call.is(index, "get") ? Option.get : 0;
    case LETTER_K:
      return call.is(index, "keepttl") ? Option.keepttl : 0;
    case LETTER_I:
      return comparisonAt(call, index);
    default:
      return 0;
  }
}
