/**
 * The functions of the namespace Object. Objects have only properties of their own, and no name is
 * special. What goes over all properties can stop after each, but for the host's list of names.
 */
import { nameOf } from "../guards/conversion.ts";
import { typeError } from "../guards/errors.ts";
import { charge, countArray, countMemory, tick, touchWhole } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import {
  KeyVector,
  kindOf,
  LargeInteger,
  type Running,
  ScriptObject,
  type ScriptValue,
} from "../value.ts";

const PROPERTY_COST = 48;
const PAIR_COST = 48;
const NAME_COST = 32;

/** The names of an object's properties, in JavaScript's order: indexes first, then as they came. */
export function ownNames(object: ScriptObject): string[] {
  const names = Object.keys(object);
  countArray(names.length);
  charge(names.length >> 1);
  return names;
}

export function keys(value: ScriptValue): string[] {
  if (value instanceof ScriptObject) return ownNames(value);
  if (!Array.isArray(value) && typeof value !== "string") return namesOfOthers(value);
  const count = value.length;
  countArray(count);
  countMemory(count * NAME_COST);
  charge(count);
  const names: string[] = [];
  for (let index = 0; index < count; index++) names.push(`${index}`);
  return names;
}

function namesOfOthers(value: ScriptValue): string[] {
  if (value instanceof KeyVector) {
    throw typeError(`${value.name} has no keys of its own; use [...${value.name}]`);
  }
  if (value === null || value === undefined) {
    throw typeError(`cannot list the keys of ${kindOf(value)}`);
  }
  return [];
}

function valueAt(value: ScriptValue, name: string): ScriptValue {
  // Names of other values than objects are those of `keys`: indexes that are there.
  return (value as ScriptObject)[name];
}

export function* values(_depth: number, value: ScriptValue): Running {
  const names = keys(value);
  const found: ScriptValue[] = [];
  for (const name of names) {
    if (--run.f < 0 && tick()) yield;
    found.push(valueAt(value, name));
  }
  return found;
}

export function* entries(_depth: number, value: ScriptValue): Running {
  const names = keys(value);
  countMemory(names.length * PAIR_COST);
  const found: ScriptValue[] = [];
  for (const name of names) {
    if (--run.f < 0 && tick()) yield;
    found.push([name, valueAt(value, name)]);
  }
  return found;
}

export function* assign(_depth: number, target: ScriptValue, ...sources: ScriptValue[]): Running {
  if (!(target instanceof ScriptObject)) {
    throw typeError(`Object.assign needs an object, got ${kindOf(target)}`);
  }
  for (const source of sources) {
    if (source === null || source === undefined) continue;
    for (const name of keys(source)) {
      if (--run.f < 0 && tick()) yield;
      countMemory(PROPERTY_COST);
      target[name] = valueAt(source, name);
    }
  }
  return target;
}

export function* fromEntries(_depth: number, pairs: ScriptValue): Running {
  if (!Array.isArray(pairs)) {
    throw typeError(`Object.fromEntries needs an array of [key, value], got ${kindOf(pairs)}`);
  }
  const object = new ScriptObject();
  for (let index = 0; index < pairs.length; index++) {
    if (--run.f < 0 && tick()) yield;
    const pair = pairs[index];
    if (!Array.isArray(pair)) throw typeError("Object.fromEntries needs [key, value] pairs");
    countMemory(PROPERTY_COST);
    object[nameOf(pair[0])] = pair[1];
  }
  return object;
}

export function hasOwn(value: ScriptValue, key: ScriptValue): boolean {
  const name = nameOf(key);
  if (value instanceof ScriptObject) return name in value;
  if (!Array.isArray(value) && typeof value !== "string") return false;
  if (name === "length") return true;
  const index = Number(name);
  return Number.isInteger(index) && index >= 0 && index < value.length && `${index}` === `${name}`;
}

export function isSame(a: ScriptValue, b: ScriptValue): boolean {
  if (a instanceof LargeInteger && b instanceof LargeInteger) return a.value === b.value;
  if (typeof a === "string" && typeof b === "string" && a.length === b.length) {
    touchWhole(a);
    touchWhole(b);
  }
  return Object.is(a, b);
}
