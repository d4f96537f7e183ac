/**
 * Properties: what can be read, set and deleted. Objects have their own data and nothing else;
 * arrays and strings have a length and indexes; functions, numbers and booleans have nothing. No
 * name leads to a prototype or a method of the host: methods are called by name (calls.ts), never
 * read.
 */
import { ARRAY_COUNT_MAX } from "../limits.ts";
import { KeyVector, kindOf, ScriptObject, type ScriptValue } from "../value.ts";
import { nameOf, numberOf } from "./conversion.ts";
import { rangeError, type Thrown, typeError } from "./errors.ts";
import { arrayTooLong, charge, countArray, countMemory, touch } from "./meter.ts";

const PROPERTY_COST = 48;
const LONG_NAME_COST = 64;
const SHORT_NAME = 32;
const ELEMENT_COST = 8;
/** A name in messages is cut here. */
const SHOWN_SIZE_MAX = 60;
/** Digits of the largest index. */
const INDEX_SIZE_MAX = 8;

/** `object.length`. */
export function lengthOf(object: ScriptValue): ScriptValue {
  if (typeof object === "string" || Array.isArray(object)) return object.length;
  return getNamed(object, "length");
}

/** `object[key]`. */
export function get(object: ScriptValue, key: ScriptValue): ScriptValue {
  // A number that is no index finds nothing: the host's arrays have no such names to inherit.
  if (typeof key === "number" && Array.isArray(object)) return object[key];
  return getNamed(object, nameOf(key));
}

/** `object[name]` with a name that is one already. */
export function getNamed(object: ScriptValue, name: string | number): ScriptValue {
  if (object instanceof ScriptObject) return object[name];
  if (typeof object === "string") {
    if (name === "length") return object.length;
    touch(object);
    return object[indexOf(name)];
  }
  if (Array.isArray(object)) return name === "length" ? object.length : object[indexOf(name)];
  if (object instanceof KeyVector) return getKey(object, name);
  if (object === null || object === undefined) {
    throw typeError(`cannot read '${shown(name)}' of ${kindOf(object)}`);
  }
  return undefined;
}

/** `KEYS[key]`. */
export function getFromVector(key: ScriptValue, vector: KeyVector): ScriptValue {
  return getKey(vector, nameOf(key));
}

function getKey(vector: KeyVector, name: string | number): ScriptValue {
  if (name === "length") return vector.a.length - 1;
  const index = indexOf(name);
  if (index === 0) throw zerothKey(vector.name);
  if (index < 0 && typeof name === "string") {
    throw typeError(
      `${vector.name} has no property or method '${shown(name)}'; ` +
        `use [...${vector.name}] for an ordinary array`,
    );
  }
  return vector.a[index];
}

function zerothKey(name: string): Thrown {
  return rangeError(
    `${name}[0] does not exist: ${name} counts from 1, so the first element is ${name}[1]`,
  );
}

/** The index that a name stands for as an array has it; -1 if it stands for none. */
export function indexOf(name: string | number): number {
  if (typeof name === "number") return Number.isInteger(name) && name >= 0 ? name : -1;
  if (name.length === 0 || name.length > INDEX_SIZE_MAX) return -1;
  const index = Number(name);
  return Number.isInteger(index) && index >= 0 && `${index}` === name ? index : -1;
}

/** Whether a name is there in an array or KEYS, as `in` asks. */
export function hasIndex(object: ScriptValue[] | KeyVector, name: string | number): boolean {
  if (name === "length") return true;
  const index = indexOf(name);
  if (Array.isArray(object)) return index >= 0 && index < object.length;
  return index >= 1 && index < object.a.length;
}

export function shown(name: string | number): string {
  return `${name}`.slice(0, SHOWN_SIZE_MAX);
}

/** `object[key] = value`. */
export function set(object: ScriptValue, key: ScriptValue, value: ScriptValue): ScriptValue {
  if (typeof key === "number" && Array.isArray(object)) {
    if (key >= 0 && key < object.length && (key | 0) === key) {
      object[key] = value;
      return value;
    }
  }
  return setNamed(object, nameOf(key), value);
}

/** `object[name] = value` with a name that is one already. */
export function setNamed(
  object: ScriptValue,
  name: string | number,
  value: ScriptValue,
): ScriptValue {
  if (object instanceof ScriptObject) {
    const isShort = typeof name === "string" && name.length <= SHORT_NAME;
    countMemory(isShort ? PROPERTY_COST : LONG_NAME_COST + `${name}`.length);
    object[name] = value;
    return value;
  }
  if (Array.isArray(object)) setElement(object, name, value);
  else if (object instanceof KeyVector) throw typeError(`${object.name} is read-only`);
  else throw typeError(`cannot set a property of ${kindOf(object)}`);
  return value;
}

/** Arrays have no holes: what is left out before a new element is undefined. */
function setElement(array: ScriptValue[], name: string | number, value: ScriptValue): void {
  if (name === "length") {
    setLength(array, value);
    return;
  }
  const index = indexOf(name);
  if (index < 0) throw typeError(`an array has no settable property '${shown(name)}'`);
  const count = array.length;
  if (index < count) {
    array[index] = value;
    return;
  }
  if (index >= ARRAY_COUNT_MAX) throw arrayTooLong();
  countMemory(ELEMENT_COST * (index - count + 1));
  charge((index - count) >> 3);
  for (let missing = count; missing < index; missing++) array.push(undefined);
  array.push(value);
}

/** `array.length = value`. */
export function setLength(array: ScriptValue[], value: ScriptValue): void {
  const count = numberOf(value);
  if (!(count >= 0) || !Number.isInteger(count) || count > ARRAY_COUNT_MAX) {
    throw rangeError("invalid array length");
  }
  if (count <= array.length) {
    array.length = count;
    return;
  }
  countArray(count - array.length);
  while (array.length < count) array.push(undefined);
}

/** `delete object[key]`. */
export function deleteProperty(object: ScriptValue, key: ScriptValue): boolean {
  if (!(object instanceof ScriptObject)) {
    throw typeError(`delete needs an object, got ${kindOf(object)}`);
  }
  delete object[nameOf(key)];
  return true;
}
