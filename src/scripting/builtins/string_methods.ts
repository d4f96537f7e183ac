/**
 * Methods that only strings have, and none of which can pause. They are byte strings: what the host
 * knows of letters and white space beyond ASCII would change or drop bytes.
 */
import { latin1 } from "../../base/bytes.ts";
import { callOwn } from "../guards/calls.ts";
import { integerOf, numberOf, stringArgument, stringOf, trim } from "../guards/conversion.ts";
import { rangeError } from "../guards/errors.ts";
import {
  arrayTooLong,
  charge,
  countMemory,
  countString,
  stringTooLong,
  touch,
  touchWhole,
} from "../guards/meter.ts";
import { ARRAY_COUNT_MAX, STRING_SIZE_MAX } from "../limits.ts";
import type { ScriptValue } from "../value.ts";
import { type Method, relativeIndex } from "./method.ts";
import { Pattern } from "./search.ts";

/** A part shares the bytes of the whole, in both engines, so that it costs no more than this. */
const PART_COST = 48;
const ASCII_MAX = 127;
const LOWER_A = 97;
const UPPER_A = 65;
const LETTER_COUNT = 26;
const CASE_BIT = 32;

/** The bytes from `start` to `end`. */
export function part(text: string, start: number, end: number): string {
  if (end <= start) return "";
  touch(text);
  countMemory(PART_COST);
  return text.slice(start, end);
}

function clamped(value: ScriptValue, absent: number, max: number): number {
  return Math.min(Math.max(0, integerOf(value, absent)), max);
}

function padded(text: string, args: ScriptValue[], isAtStart: boolean): string {
  const length = integerOf(args[0]);
  const filler = args[1] === undefined ? " " : stringOf(args[1]);
  if (length <= text.length || filler === "") return text;
  if (length > STRING_SIZE_MAX) throw stringTooLong();
  countString(length);
  return isAtStart ? text.padStart(length, filler) : text.padEnd(length, filler);
}

function repeated(text: string, count: number): string {
  if (count < 0 || count === Number.POSITIVE_INFINITY) throw rangeError("repeat: invalid count");
  if (text === "") return "";
  if (text.length * count > STRING_SIZE_MAX) throw stringTooLong();
  countString(text.length * count);
  return text.repeat(count);
}

/** With the letters of ASCII that begin at `first` in the other case. */
function inOtherCase(text: string, first: number): string {
  const { length } = text;
  touchWhole(text);
  charge(length >> 5);
  countString(length);
  let index = 0;
  while (index < length && text.charCodeAt(index) <= ASCII_MAX) index++;
  if (index === length) return first === LOWER_A ? text.toUpperCase() : text.toLowerCase();
  // The bytes and their string besides.
  countMemory(2 * length);
  charge(length >> 3);
  const codes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    codes[at] = code >= first && code < first + LETTER_COUNT ? code ^ CASE_BIT : code;
  }
  return latin1(codes, 0, length);
}

function split(text: string, separator: ScriptValue, limit: ScriptValue): string[] {
  const countMax = limit === undefined ? Number.POSITIVE_INFINITY : numberOf(limit) >>> 0;
  if (countMax === 0) return [];
  if (separator === undefined) return [text];
  const between = stringArgument(separator, "split");
  const parts: string[] = [];
  if (between === "") {
    const count = Math.min(countMax, text.length);
    if (count > ARRAY_COUNT_MAX) throw arrayTooLong();
    touchWhole(text);
    charge(count >> 1);
    countMemory(count * 8);
    for (let index = 0; index < count; index++) parts.push(text[index]);
    return parts;
  }
  touch(text);
  const pattern = new Pattern(between);
  let start = 0;
  while (parts.length < countMax) {
    const found = pattern.find(text, start);
    countMemory(PART_COST);
    if (parts.length >= ARRAY_COUNT_MAX) throw arrayTooLong();
    parts.push(text.slice(start, found < 0 ? text.length : found));
    if (found < 0) break;
    start = found + between.length;
  }
  return parts;
}

function compareBytes(text: string, other: string): number {
  touchWhole(text);
  touchWhole(other);
  if (text === other) return 0;
  return text < other ? -1 : 1;
}

export const stringMethods: Record<string, Method> = {
  charAt(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "charAt", args);
    touch(receiver);
    return receiver.charAt(integerOf(args[0]));
  },
  charCodeAt(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "charCodeAt", args);
    touch(receiver);
    return receiver.charCodeAt(integerOf(args[0]));
  },
  startsWith(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "startsWith", args);
    const prefix = stringArgument(args[0], "startsWith");
    touchWhole(prefix);
    touch(receiver);
    return receiver.startsWith(prefix, integerOf(args[1]));
  },
  endsWith(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "endsWith", args);
    const suffix = stringArgument(args[0], "endsWith");
    touchWhole(suffix);
    touch(receiver);
    return receiver.endsWith(suffix, integerOf(args[1], receiver.length));
  },
  substring(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "substring", args);
    const { length } = receiver;
    const start = clamped(args[0], 0, length);
    const end = clamped(args[1], length, length);
    return part(receiver, Math.min(start, end), Math.max(start, end));
  },
  substr(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "substr", args);
    const { length } = receiver;
    const start = relativeIndex(integerOf(args[0]), length);
    return part(receiver, start, start + clamped(args[1], length, length - start));
  },
  split(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "split", args);
    return split(receiver, args[0], args[1]);
  },
  repeat(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "repeat", args);
    return repeated(receiver, integerOf(args[0]));
  },
  padStart(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "padStart", args);
    return padded(receiver, args, true);
  },
  padEnd(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "padEnd", args);
    return padded(receiver, args, false);
  },
  trim(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "trim", args);
    return trim(receiver, true, true);
  },
  trimStart(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "trimStart", args);
    return trim(receiver, true, false);
  },
  trimEnd(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "trimEnd", args);
    return trim(receiver, false, true);
  },
  toUpperCase(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "toUpperCase", args);
    return inOtherCase(receiver, LOWER_A);
  },
  toLowerCase(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "toLowerCase", args);
    return inOtherCase(receiver, UPPER_A);
  },
  localeCompare(receiver, ...args) {
    if (typeof receiver !== "string") return callOwn(receiver, "localeCompare", args);
    return compareBytes(receiver, stringOf(args[0]));
  },
};
