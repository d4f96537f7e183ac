/** Number, String, Boolean, the namespaces of the first two, and what parses and tells numbers. */
import { integerOf, numberOf, primitiveString, stringOf, trim } from "../guards/conversion.ts";
import { rangeError } from "../guards/errors.ts";
import { charge, countString } from "../guards/meter.ts";
import { LargeInteger, type ScriptValue } from "../value.ts";

type Plain = (...values: ScriptValue[]) => ScriptValue;

const BYTE_MAX = 255;
const ASCII_MAX = 127;
/** Characters that parseInt and parseFloat look at: no finite number has more before its point. */
const DIGITS_MAX = 2048;

/** Without white space before it; "" if it begins with what only the host takes for a space. */
function digitsOf(value: ScriptValue): string {
  const text = trim(primitiveString(value), true, false).slice(0, DIGITS_MAX);
  charge(text.length >> 5);
  return text.charCodeAt(0) > ASCII_MAX ? "" : text;
}

export function parseInteger(value: ScriptValue, radix: ScriptValue): number {
  return Number.parseInt(digitsOf(value), radix === undefined ? undefined : integerOf(radix));
}

export function parseDecimal(value: ScriptValue): number {
  return Number.parseFloat(digitsOf(value));
}

/** `Number(value)`; the one way to round a large integer, by whoever wants it rounded. */
export function toNumber(...values: ScriptValue[]): number {
  const [value] = values;
  if (value instanceof LargeInteger) return Number(value.value);
  return values.length === 0 ? 0 : numberOf(value);
}

export function toText(...values: ScriptValue[]): string {
  return values.length === 0 ? "" : stringOf(values[0]);
}

export function toBoolean(value: ScriptValue): boolean {
  return !!value;
}

/** As toNumber; NaN for what cannot be a number. */
function numberOrNaN(value: ScriptValue): number {
  const isObject = typeof value === "object" && value !== null && !(value instanceof LargeInteger);
  return isObject || typeof value === "function" ? Number.NaN : toNumber(value);
}

export function isNotNumber(value: ScriptValue): boolean {
  return Number.isNaN(numberOrNaN(value));
}

export function isFiniteNumber(value: ScriptValue): boolean {
  return Number.isFinite(numberOrNaN(value));
}

export const numberFunctions: Readonly<Record<string, Plain>> = {
  isFinite: (value) => Number.isFinite(value),
  isInteger: (value) => Number.isInteger(value),
  isNaN: (value) => Number.isNaN(value),
  isSafeInteger: (value) => Number.isSafeInteger(value),
  parseFloat: parseDecimal,
  parseInt: parseInteger,
};

export const numberConstants: Readonly<Record<string, number>> = {
  EPSILON: Number.EPSILON,
  MAX_SAFE_INTEGER: Number.MAX_SAFE_INTEGER,
  MAX_VALUE: Number.MAX_VALUE,
  MIN_SAFE_INTEGER: Number.MIN_SAFE_INTEGER,
  MIN_VALUE: Number.MIN_VALUE,
  NEGATIVE_INFINITY: Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
  POSITIVE_INFINITY: Number.POSITIVE_INFINITY,
};

/** Strings are bytes, and so are their characters. */
export function fromCharCode(...values: ScriptValue[]): string {
  countString(values.length);
  const codes = values.map((value) => integerOf(value));
  if (codes.some((code) => code < 0 || code > BYTE_MAX)) {
    throw rangeError("String.fromCharCode: a string holds bytes, so codes are 0..255");
  }
  return String.fromCharCode(...codes);
}
