/** The functions of the namespace Array. */
import { integerOf } from "../guards/conversion.ts";
import { rangeError, typeError } from "../guards/errors.ts";
import { countArray, tick } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import {
  GeneratorObject,
  KeyVector,
  kindOf,
  type Running,
  type ScriptFunction,
  ScriptObject,
  type ScriptValue,
} from "../value.ts";

export function isArray(value: ScriptValue): boolean {
  return Array.isArray(value);
}

export function of(...values: ScriptValue[]): ScriptValue[] {
  countArray(values.length);
  return values;
}

/**
 * An array of what a value has: of an array, a string's bytes, KEYS, or an object with a length.
 */
export function* from(depth: number, source: ScriptValue, map?: ScriptValue): Running {
  if (map !== undefined && typeof map !== "function") {
    throw typeError(`${kindOf(map)} is not a function`);
  }
  const count = countOf(source);
  countArray(count);
  const made: ScriptValue[] = [];
  for (let index = 0; index < count; index++) {
    if (--run.f < 0 && tick()) yield;
    const item = itemAt(source, index);
    if (map === undefined) {
      made.push(item);
      continue;
    }
    const result = (map as ScriptFunction)(depth, item, index);
    made.push(result instanceof GeneratorObject ? yield* result : result);
  }
  return made;
}

function countOf(source: ScriptValue): number {
  if (typeof source === "string" || Array.isArray(source)) return source.length;
  if (source instanceof KeyVector) return source.a.length - 1;
  if (source instanceof ScriptObject) {
    const count = integerOf((source as ScriptObject).length);
    if (count < 0 || !Number.isFinite(count)) throw rangeError("invalid array length");
    return count;
  }
  if (source === null || source === undefined) throw typeError(`${kindOf(source)} is not iterable`);
  return 0;
}

function itemAt(source: ScriptValue, index: number): ScriptValue {
  if (source instanceof KeyVector) return source.a[index + 1];
  return (source as ScriptValue[])[index];
}
