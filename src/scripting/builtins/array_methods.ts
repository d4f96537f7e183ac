/**
 * Methods of arrays that call no function and cannot pause. Arrays are the host's, dense and never
 * longer than ARRAY_COUNT_MAX, so that its own methods do no more than they seem to.
 */
import { callOwn } from "../guards/calls.ts";
import { integerOf, joined, stringOf } from "../guards/conversion.ts";
import { rangeError } from "../guards/errors.ts";
import { arrayTooLong, charge, countArray, countMemory, touchWhole } from "../guards/meter.ts";
import { strictEqual } from "../guards/operators.ts";
import { ARRAY_COUNT_MAX } from "../limits.ts";
import { KeyVector, LargeInteger, type ScriptValue } from "../value.ts";
import { type Method, relativeIndex } from "./method.ts";

const ELEMENT_COST = 16;
const PAIR_COST = 48;
/** Strings up to here are looked for by the host: it lays out ropes, and no larger ones. */
const SHORT_STRING = 16;
/** Bytes that a search for a long string may compare, since it cannot pause. */
const COMPARED_SIZE_MAX = 64 << 20;

function countNewElements(array: ScriptValue[], count: number): void {
  if (array.length + count > ARRAY_COUNT_MAX) throw arrayTooLong();
  countMemory(ELEMENT_COST * count);
}

export function sliceOf(array: ScriptValue[], from: ScriptValue, to: ScriptValue): ScriptValue[] {
  const count = array.length;
  const start = relativeIndex(integerOf(from), count);
  const end = relativeIndex(integerOf(to, count), count);
  countArray(Math.max(0, end - start));
  return array.slice(start, end);
}

/** Whether the host's search would do: it knows nothing of large integers, and of ropes' cost. */
function isSimple(sought: ScriptValue): boolean {
  if (typeof sought === "string") return sought.length <= SHORT_STRING;
  if (typeof sought === "number") return !Number.isInteger(sought) || Number.isSafeInteger(sought);
  return !(sought instanceof LargeInteger);
}

export function placeOf(array: ScriptValue[], sought: ScriptValue, from: ScriptValue): number {
  const start = integerOf(from);
  charge(array.length >> 5);
  if (isSimple(sought)) return array.indexOf(sought, start);
  return searched(array, sought, relativeIndex(start, array.length), array.length, 1);
}

export function lastPlaceOf(array: ScriptValue[], args: ScriptValue[]): number {
  const last = array.length - 1;
  const start = args.length > 1 ? integerOf(args[1]) : last;
  charge(array.length >> 5);
  if (isSimple(args[0])) return array.lastIndexOf(args[0], start);
  return searched(array, args[0], start < 0 ? start + array.length : Math.min(start, last), -1, -1);
}

/** A search whose comparisons are counted, and no more than can be waited for. */
function searched(
  array: ScriptValue[],
  sought: ScriptValue,
  start: number,
  end: number,
  step: 1 | -1,
): number {
  const size = typeof sought === "string" ? sought.length : 0;
  let compared = 0;
  for (let index = start; step > 0 ? index < end : index > end; index += step) {
    const element = array[index];
    if (typeof element === "string") {
      if (element.length !== size) continue;
      compared += size;
      if (compared > COMPARED_SIZE_MAX) {
        throw rangeError("searching an array for so long a string is too slow");
      }
    }
    if (strictEqual(element, sought)) return index;
  }
  return -1;
}

export function concatenated(array: ScriptValue[], values: ScriptValue[]): ScriptValue[] {
  let count = array.length;
  for (const value of values) {
    if (Array.isArray(value)) count += value.length;
    else count += value instanceof KeyVector ? value.a.length - 1 : 1;
  }
  countArray(count);
  const result = array.slice();
  for (const value of values) {
    if (Array.isArray(value)) for (const element of value) result.push(element);
    else if (!(value instanceof KeyVector)) result.push(value);
    else for (let index = 1; index < value.a.length; index++) result.push(value.a[index]);
  }
  return result;
}

function spliced(array: ScriptValue[], args: ScriptValue[]): ScriptValue[] {
  const count = array.length;
  const start = relativeIndex(integerOf(args[0]), count);
  const rest = args.length === 0 ? 0 : count - start;
  const removed = args.length < 2 ? rest : Math.min(Math.max(integerOf(args[1]), 0), rest);
  const added = args.slice(2);
  if (count - removed + added.length > ARRAY_COUNT_MAX) throw arrayTooLong();
  charge(count >> 6);
  countArray(removed);
  countMemory(ELEMENT_COST * added.length);
  return array.splice(start, removed, ...added);
}

export const arrayMethods: Record<string, Method> = {
  push(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "push", args);
    countNewElements(receiver, args.length);
    for (let index = 0; index < args.length; index++) receiver.push(args[index]);
    return receiver.length;
  },
  pop(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "pop", args);
    return receiver.pop();
  },
  shift(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "shift", args);
    charge(receiver.length >> 7);
    return receiver.shift();
  },
  unshift(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "unshift", args);
    countNewElements(receiver, args.length);
    charge(receiver.length >> 6);
    return receiver.unshift(...args);
  },
  splice(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "splice", args);
    return spliced(receiver, args);
  },
  join(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "join", args);
    const separator = args[0] === undefined ? "," : stringOf(args[0]);
    touchWhole(separator);
    return joined(receiver, separator);
  },
  reverse(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "reverse", args);
    charge(receiver.length >> 5);
    return receiver.reverse();
  },
  fill(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "fill", args);
    charge(receiver.length >> 5);
    return receiver.fill(args[0], integerOf(args[1]), integerOf(args[2], receiver.length));
  },
  keys(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "keys", args);
    countArray(receiver.length);
    const keys: ScriptValue[] = [];
    for (let index = 0; index < receiver.length; index++) keys.push(index);
    return keys;
  },
  values(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "values", args);
    countArray(receiver.length);
    return receiver.slice();
  },
  entries(receiver, ...args) {
    if (!Array.isArray(receiver)) return callOwn(receiver, "entries", args);
    countArray(receiver.length);
    countMemory(receiver.length * PAIR_COST);
    charge(receiver.length);
    const entries: ScriptValue[] = [];
    for (let index = 0; index < receiver.length; index++) entries.push([index, receiver[index]]);
    return entries;
  },
};
