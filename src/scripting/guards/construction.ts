/** Making objects and arrays, taking them apart, and going over them. */
import { SPREAD_COUNT_MAX } from "../limits.ts";
import { KeyVector, kindOf, ScriptObject, type ScriptValue } from "../value.ts";
import { nameOf } from "./conversion.ts";
import { rangeError, typeError } from "./errors.ts";
import { charge, countArray, countMemory, touchWhole } from "./meter.ts";
import { setLength } from "./properties.ts";

const OBJECT_COST = 48;
const PROPERTY_COST = 48;
const LITERAL_PROPERTY_COST = 24;
const NAME_COST = 32;

/** An object literal, as names and values in turn; the names are the source's, and strings. */
export function makeObject(...namesAndValues: ScriptValue[]): ScriptObject {
  const object = new ScriptObject();
  const count = namesAndValues.length;
  countMemory(OBJECT_COST + count * (LITERAL_PROPERTY_COST / 2));
  for (let at = 0; at < count; at += 2) {
    object[namesAndValues[at] as string] = namesAndValues[at + 1];
  }
  return object;
}

/** One property of an object literal whose name is computed, or which has a spread. */
export function addProperty(
  object: ScriptObject,
  key: ScriptValue,
  value: ScriptValue,
): ScriptObject {
  object[nameOf(key)] = value;
  countMemory(PROPERTY_COST);
  return object;
}

/** `{...source}`: adds what `source` has to `object`. */
export function addAll(object: ScriptObject, source: ScriptValue): ScriptObject {
  if (source instanceof ScriptObject) {
    const names = Object.keys(source);
    countProperties(names.length);
    for (const name of names) object[name] = source[name];
  } else if (Array.isArray(source) || typeof source === "string") {
    countProperties(source.length);
    for (let index = 0; index < source.length; index++) object[index] = source[index];
  } else if (source instanceof KeyVector) {
    throw typeError(`cannot spread ${source.name} into an object`);
  }
  return object;
}

function countProperties(count: number): void {
  countArray(count);
  charge(count);
  countMemory(count * PROPERTY_COST);
}

/** `{a, b, ...rest} = source`: what `source` has but for the names that were taken. */
export function restOfObject(source: ScriptValue, ...taken: string[]): ScriptObject {
  const rest = addAll(new ScriptObject(), source);
  for (const name of taken) delete rest[name];
  return rest;
}

/** An array literal or rest parameter, counted. */
export function countedArray(array: ScriptValue[]): ScriptValue[] {
  countArray(array.length);
  return array;
}

/** `new Array(...values)`: of one number it is the length. */
export function newArray(...values: ScriptValue[]): ScriptValue[] {
  if (values.length !== 1 || typeof values[0] !== "number") return countedArray(values);
  const array: ScriptValue[] = [];
  setLength(array, values[0]);
  return array;
}

/** What has a length and elements from 0 on, of what can be gone over. */
export function iterated(value: ScriptValue): ScriptValue[] | string {
  if (Array.isArray(value) || typeof value === "string") return value;
  if (value instanceof KeyVector) return elementsOf(value);
  const hint =
    value instanceof ScriptObject ? "; use Object.keys, Object.values or Object.entries" : "";
  throw typeError(`${kindOf(value)} is not iterable${hint}`);
}

/** An ordinary array of KEYS or ARGV, which counts from 0. */
export function elementsOf(vector: KeyVector): string[] {
  countArray(vector.a.length);
  return vector.a.slice(1);
}

/** `...value` in an array literal or redis.call; the array itself if it is one. */
export function spread(value: ScriptValue): ScriptValue[] {
  const elements = iterated(value);
  countArray(elements.length);
  return typeof elements === "string" ? bytesOf(elements, 0) : elements;
}

function bytesOf(text: string, start: number): string[] {
  touchWhole(text);
  charge((text.length - start) >> 1);
  const bytes: string[] = [];
  for (let index = start; index < text.length; index++) bytes.push(text[index]);
  return bytes;
}

/** `...value` in a call: the arguments go on the host's stack. */
export function spreadArguments(value: ScriptValue): ScriptValue[] {
  const elements = spread(value);
  if (elements.length > SPREAD_COUNT_MAX) {
    throw rangeError(`too many arguments in a spread call (limit ${SPREAD_COUNT_MAX})`);
  }
  return elements;
}

/** The names that `for (name in value)` goes over. */
export function enumerated(value: ScriptValue): string[] {
  if (value === null || value === undefined) return [];
  if (value instanceof ScriptObject) {
    const names = Object.keys(value);
    countArray(names.length);
    charge(names.length >> 1);
    return names;
  }
  if (!Array.isArray(value) && typeof value !== "string") {
    throw typeError(`for..in needs an object, got ${kindOf(value)}`);
  }
  countArray(value.length);
  countMemory(NAME_COST * value.length);
  charge(value.length);
  const names: string[] = [];
  for (let index = 0; index < value.length; index++) names.push(`${index}`);
  return names;
}

/** What is taken apart by a pattern with names. */
export function destructured(value: ScriptValue): ScriptValue {
  if (value === null || value === undefined) throw typeError(`cannot destructure ${kindOf(value)}`);
  return value;
}

/** `[a, b, ...rest] = value`: the elements from `start` on. */
export function restOfArray(value: ScriptValue, start: number): ScriptValue[] {
  const elements = iterated(value);
  countArray(Math.max(0, elements.length - start));
  return typeof elements === "string" ? bytesOf(elements, start) : elements.slice(start);
}
