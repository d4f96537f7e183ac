/**
 * Conversions between a script's values. The host must never convert an object by itself: it would
 * look for `toString` and call what it finds. So each operator and built-in converts here, where
 * objects are an error, but for arrays, which become strings, and errors.
 */
import { NAME_SIZE_MAX, STRING_SIZE_MAX } from "../limits.ts";
import { kindOf, LargeInteger, ScriptObject, type ScriptValue } from "../value.ts";
import { rangeError, roundingError, typeError } from "./errors.ts";
import { charge, countMemory, countString, stringTooLong, touch, touchWhole } from "./meter.ts";

/** Names up to here are looked up without being counted. */
const SHORT_NAME = 32;
/** The last character that the host and bytes agree on. */
const ASCII_MAX = 127;

/**
 * The number of a value, as an operator takes it. The outer `+` does nothing but tell: a value that
 * was restored when a generator went on has lost its type for JSC's optimizer, which makes a loop
 * 18 times slower (23 ns instead of 1.3 ns a turn) without it.
 */
export function numberOf(value: ScriptValue): number {
  return +(typeof value === "number" ? value : convertToNumber(value));
}

function convertToNumber(value: ScriptValue): number {
  switch (typeof value) {
    case "number":
      return value;
    case "string":
      return parseNumber(value);
    case "boolean":
      return value ? 1 : 0;
    case "undefined":
      return Number.NaN;
  }
  if (value === null) return 0;
  if (value instanceof LargeInteger) throw roundingError(value);
  throw typeError(`cannot use ${kindOf(value)} as a number`);
}

/** As `Number(text)`; but only ASCII has white space. */
function parseNumber(text: string): number {
  charge(text.length >> 2);
  touch(text);
  const digits = trimmed(text, true, true);
  if (digits.charCodeAt(0) > ASCII_MAX) return Number.NaN;
  if (digits.charCodeAt(digits.length - 1) > ASCII_MAX) return Number.NaN;
  return Number(digits);
}

/** The integer of an argument, toward zero, infinite perhaps; NaN is 0. */
export function integerOf(value: ScriptValue, absent = 0): number {
  // Nearly all are small integers.
  if (typeof value === "number" && (value | 0) === value) return value;
  if (value === undefined) return absent;
  const number = Math.trunc(numberOf(value));
  return Number.isNaN(number) ? 0 : number;
}

/** The string of what is neither an array nor an object. */
export function primitiveString(value: ScriptValue): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
    case "undefined":
      return `${value}`;
  }
  if (value === null) return "null";
  if (value instanceof LargeInteger) return `${value.value}`;
  throw typeError(`cannot convert ${kindOf(value)} to a string`);
}

/** The string of a value: of arrays and errors, too. */
export function stringOf(value: ScriptValue): string {
  return typeof value === "string" ? value : convertToString(value);
}

function convertToString(value: ScriptValue): string {
  if (Array.isArray(value)) return joined(value, ",");
  if (!(value instanceof ScriptObject)) return primitiveString(value);
  const text = errorText(value);
  if (text === null) throw typeError("cannot convert an object to a string; use JSON.stringify");
  return text;
}

/** What an error says, be it a script's or a command's; null of any other object. */
function errorText(value: ScriptObject): string | null {
  const { name, message, err } = value;
  if (typeof message === "string" && typeof name === "string") {
    return message === "" ? name : `${name}: ${message}`;
  }
  return typeof err === "string" ? err : null;
}

/** A string that a built-in asks for: no array and no object is meant. */
export function stringArgument(value: ScriptValue, method: string): string {
  if (typeof value === "string") return value;
  if (value instanceof LargeInteger) return primitiveString(value);
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    throw typeError(`${method}: expected a string, got ${kindOf(value)}`);
  }
  return primitiveString(value);
}

/** The name of a property: a string, or a number as it is, which is an index if it can be. */
export function nameOf(value: ScriptValue): string | number {
  if (typeof value === "number") return value;
  const name = primitiveString(value);
  if (name.length > SHORT_NAME) {
    if (name.length > NAME_SIZE_MAX) {
      throw rangeError(`property name too long (limit ${NAME_SIZE_MAX} bytes)`);
    }
    charge(name.length >> 6);
    touch(name);
  }
  return name;
}

/** The elements of an array as strings, with `separator` between them. */
export function joined(values: ScriptValue[], separator: string): string {
  const count = values.length;
  charge(count >> 1);
  if (count === 0) return "";
  const parts: string[] = [];
  let length = 0;
  for (let index = 0; index < count; index++) {
    const part = elementString(values[index]);
    length += part.length + separator.length;
    if (length > STRING_SIZE_MAX) throw stringTooLong();
    parts.push(part);
  }
  countString(length);
  // The parts may be ropes, which are laid out one by one before they are copied.
  countMemory(length + count * 8);
  return parts.join(separator);
}

function elementString(value: ScriptValue): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (value instanceof ScriptObject) {
    const text = errorText(value);
    if (text !== null) return text;
  } else if (!Array.isArray(value)) {
    return primitiveString(value);
  }
  throw typeError(
    `cannot convert ${kindOf(value)} inside an array to a string; use JSON.stringify`,
  );
}

const SPACE = 32;
const TAB = 9;
const CARRIAGE_RETURN = 13;

function isWhiteSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= CARRIAGE_RETURN);
}

/** Without white space of ASCII at its ends: the host's trim takes byte 0xA0 for a space, too. */
export function trimmed(text: string, atStart: boolean, atEnd: boolean): string {
  let start = 0;
  let end = text.length;
  if (atStart) while (start < end && isWhiteSpace(text.charCodeAt(start))) start++;
  if (atEnd) while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--;
  charge((text.length - (end - start)) >> 4);
  if (end - start === text.length) return text;
  countString(end - start);
  return text.slice(start, end);
}

/** As `trimmed`, of a string that was not looked into yet. */
export function trim(text: string, atStart: boolean, atEnd: boolean): string {
  touchWhole(text);
  return trimmed(text, atStart, atEnd);
}
