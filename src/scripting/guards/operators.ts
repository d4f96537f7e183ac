/**
 * Operators whose operands may be anything. Where both are known to be numbers generated code has
 * the host's own operator instead. The number paths come first and are small, so that the optimizer
 * puts them where they are used; `+a` there tells it the type again, as in conversion.ts.
 */
import { kindOf, LargeInteger, ScriptObject, type ScriptValue } from "../value.ts";
import { nameOf, numberOf, stringOf } from "./conversion.ts";
import { typeError } from "./errors.ts";
import { charge, countMemory, countString, touchWhole } from "./meter.ts";
import { hasIndex } from "./properties.ts";

/** Strings up to here are compared without being counted. */
const SHORT_STRING = 32;
const CONCATENATION_COST = 32;
/** Digits of a large integer are compared with strings up to this length. */
const DIGIT_COUNT_MAX = 1000;

/** `a + b`. */
export function add(a: ScriptValue, b: ScriptValue): ScriptValue {
  return typeof a === "number" && typeof b === "number" ? +a + +b : addOthers(a, b);
}

function addOthers(a: ScriptValue, b: ScriptValue): ScriptValue {
  if (typeof a === "string" || typeof b === "string" || Array.isArray(a) || Array.isArray(b)) {
    return concatenate(stringOf(a), stringOf(b));
  }
  return numberOf(a) + numberOf(b);
}

/** `a + b` of strings: a rope, whose whole length counts as made. */
export function concatenate(a: string, b: string): string {
  const length = a.length + b.length;
  if (length > 256) countString(length);
  else countMemory(CONCATENATION_COST);
  return a + b;
}

/**
 * `a % b`: small integers apart, since JSC takes 20 ns for a remainder of doubles and 1 for
 * theirs.
 */
export function remainder(a: number, b: number): number {
  return (a | 0) === a && (b | 0) === b && a > 0 && b > 0 ? (a | 0) % (b | 0) : +a % +b;
}

export function less(a: ScriptValue, b: ScriptValue): boolean {
  return typeof a === "number" && typeof b === "number" ? +a < +b : compare(a, b, "<");
}

export function lessOrEqual(a: ScriptValue, b: ScriptValue): boolean {
  return typeof a === "number" && typeof b === "number" ? +a <= +b : compare(a, b, "<=");
}

export function greater(a: ScriptValue, b: ScriptValue): boolean {
  return typeof a === "number" && typeof b === "number" ? +a > +b : compare(a, b, ">");
}

export function greaterOrEqual(a: ScriptValue, b: ScriptValue): boolean {
  return typeof a === "number" && typeof b === "number" ? +a >= +b : compare(a, b, ">=");
}

type Order = "<" | "<=" | ">" | ">=";

function compare(a: ScriptValue, b: ScriptValue, order: Order): boolean {
  if (typeof a === "string" && typeof b === "string") {
    chargeComparison(a, b);
    return isOrdered(a, b, order);
  }
  // The host compares a bigint with a number exactly.
  return isOrdered(comparable(a), comparable(b), order);
}

function isOrdered<Value extends string | number | bigint>(a: Value, b: Value, order: Order) {
  switch (order) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

function comparable(value: ScriptValue): number | bigint {
  return value instanceof LargeInteger ? value.value : numberOf(value);
}

/** Both may be ropes, which are laid out to be compared. */
function chargeComparison(a: string, b: string): void {
  if (a.length <= SHORT_STRING && b.length <= SHORT_STRING) return;
  touchWhole(a);
  touchWhole(b);
}

/** `a === b`; large integers are equal by value, to each other and to numbers. */
export function strictEqual(a: ScriptValue, b: ScriptValue): boolean {
  if (typeof a === "string") {
    if (a.length <= SHORT_STRING || typeof b !== "string") return a === b;
    if (a.length !== b.length) return false;
    chargeComparison(a, b);
    return a === b;
  }
  if (a === b) return true;
  if (typeof a !== "object" && typeof b !== "object") return false;
  return equalIntegers(a, b);
}

function equalIntegers(a: ScriptValue, b: ScriptValue): boolean {
  const isLarge = a instanceof LargeInteger || b instanceof LargeInteger;
  if (!isLarge || !isInteger(a) || !isInteger(b)) return false;
  // biome-ignore lint/suspicious/noDoubleEquals: only so a bigint equals a number.
  return comparable(a) == comparable(b);
}

function isInteger(value: ScriptValue): boolean {
  return typeof value === "number" || value instanceof LargeInteger;
}

/** `a == b`; no object is converted. */
export function equal(a: ScriptValue, b: ScriptValue): boolean {
  if (a === undefined || a === null || b === undefined || b === null) {
    return (a === undefined || a === null) && (b === undefined || b === null);
  }
  if (a instanceof LargeInteger) return equalsLarge(a, b);
  if (b instanceof LargeInteger) return equalsLarge(b, a);
  if (typeof a === typeof b) return strictEqual(a, b);
  if (isReference(a) || isReference(b)) return false;
  return numberOf(a) === numberOf(b);
}

function equalsLarge(large: LargeInteger, other: ScriptValue): boolean {
  if (typeof other !== "string") return equalIntegers(large, other);
  return other.length < DIGIT_COUNT_MAX && `${large.value}` === other;
}

function isReference(value: ScriptValue): boolean {
  return typeof value === "object" || typeof value === "function";
}

/** `key in object`. */
export function isIn(key: ScriptValue, object: ScriptValue): boolean {
  const name = nameOf(key);
  if (object instanceof ScriptObject) return name in object;
  if (typeof object !== "object" || object === null || object instanceof LargeInteger) {
    throw typeError(`'in' needs an object, got ${kindOf(object)}`);
  }
  return hasIndex(object, name);
}

/** What a switch compares with so many cases: a long string is counted before. */
export function switchValue(value: ScriptValue, caseCount: number): ScriptValue {
  if (typeof value === "string" && value.length > SHORT_STRING) {
    charge(caseCount * (value.length >> 8));
    touchWhole(value);
  }
  return value;
}
