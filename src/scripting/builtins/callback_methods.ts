/**
 * Methods of arrays that call a function of the script. They are generators: the function may run
 * long, so they pause with it, and each of their turns takes fuel as the turn of a loop does. As in
 * JavaScript they go over as many elements as there were when they began, and leave out those that
 * the function has taken away since.
 */
import { callable } from "../guards/calls.ts";
import { integerOf } from "../guards/conversion.ts";
import { rangeError, typeError } from "../guards/errors.ts";
import { arrayTooLong, countArray, countMemory, tick } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import { ARRAY_COUNT_MAX, NESTING_MAX } from "../limits.ts";
import { GeneratorObject, type Running, type ScriptValue } from "../value.ts";
import { callOwnHere, type PausingMethod } from "./method.ts";

const ELEMENT_COST = 16;

function append(array: ScriptValue[], element: ScriptValue): void {
  if (array.length >= ARRAY_COUNT_MAX) throw arrayTooLong();
  countMemory(ELEMENT_COST);
  array.push(element);
}

/** Calls a function with each element; with `collects` its results are a new array. */
function* called(
  depth: number,
  array: ScriptValue[],
  each: ScriptValue,
  collects: boolean,
): Running {
  const callback = callable(each);
  const count = array.length;
  const results: ScriptValue[] = [];
  if (collects) countArray(count);
  for (let index = 0; index < count && index < array.length; index++) {
    if (--run.f < 0 && tick()) yield;
    const result = callback(depth, array[index], index, array);
    const value = result instanceof GeneratorObject ? yield* result : result;
    if (collects) results.push(value);
  }
  if (!collects) return undefined;
  while (results.length < count) results.push(undefined);
  return results;
}

function* filtered(depth: number, array: ScriptValue[], test: ScriptValue): Running {
  const isKept = callable(test);
  const count = array.length;
  const kept: ScriptValue[] = [];
  for (let index = 0; index < count && index < array.length; index++) {
    if (--run.f < 0 && tick()) yield;
    const element = array[index];
    const result = isKept(depth, element, index, array);
    if (result instanceof GeneratorObject ? yield* result : result) append(kept, element);
  }
  return kept;
}

/** Whether the function says `sought` of any element. */
function* isSaid(
  depth: number,
  array: ScriptValue[],
  test: ScriptValue,
  sought: boolean,
): Generator<void, boolean, void> {
  const callback = callable(test);
  const count = array.length;
  for (let index = 0; index < count && index < array.length; index++) {
    if (--run.f < 0 && tick()) yield;
    const result = callback(depth, array[index], index, array);
    const value = result instanceof GeneratorObject ? yield* result : result;
    if (Boolean(value) === sought) return true;
  }
  return false;
}

/** The first element, or the last one, of which the function says true; or its index. */
function* found(
  depth: number,
  array: ScriptValue[],
  test: ScriptValue,
  fromEnd: boolean,
  wantsIndex: boolean,
): Running {
  const isMatch = callable(test);
  const count = array.length;
  const step = fromEnd ? -1 : 1;
  for (let index = fromEnd ? count - 1 : 0; index >= 0 && index < count; index += step) {
    if (--run.f < 0 && tick()) yield;
    const element = array[index];
    const result = isMatch(depth, element, index, array);
    if (result instanceof GeneratorObject ? yield* result : result) {
      return wantsIndex ? index : element;
    }
  }
  return wantsIndex ? -1 : undefined;
}

function* folded(
  depth: number,
  array: ScriptValue[],
  args: ScriptValue[],
  fromEnd: boolean,
): Running {
  const fold = callable(args[0]);
  const count = array.length;
  const step = fromEnd ? -1 : 1;
  let index = fromEnd ? count - 1 : 0;
  let value = args[1];
  if (args.length < 2) {
    if (count === 0) throw typeError("reduce of an empty array with no initial value");
    value = array[index];
    index += step;
  }
  for (; index >= 0 && index < count; index += step) {
    if (--run.f < 0 && tick()) yield;
    if (index >= array.length) continue;
    const result = fold(depth, value, array[index], index, array);
    value = result instanceof GeneratorObject ? yield* result : result;
  }
  return value;
}

function* flattened(array: ScriptValue[], depthMax: number): Running {
  const result: ScriptValue[] = [];
  const arrays = [array];
  const places = [0];
  while (arrays.length > 0) {
    if (--run.f < 0 && tick()) yield;
    const level = arrays.length - 1;
    if (places[level] >= arrays[level].length) {
      arrays.pop();
      places.pop();
      continue;
    }
    const element = arrays[level][places[level]++];
    if (!Array.isArray(element) || level >= depthMax) {
      append(result, element);
      continue;
    }
    if (level >= NESTING_MAX) throw rangeError("flat: nested too deeply");
    arrays.push(element);
    places.push(0);
  }
  return result;
}

function* flatMapped(depth: number, array: ScriptValue[], map: ScriptValue): Running {
  const callback = callable(map);
  const count = array.length;
  const results: ScriptValue[] = [];
  for (let index = 0; index < count && index < array.length; index++) {
    if (--run.f < 0 && tick()) yield;
    const result = callback(depth, array[index], index, array);
    const value = result instanceof GeneratorObject ? yield* result : result;
    if (!Array.isArray(value)) {
      append(results, value);
      continue;
    }
    countArray(results.length + value.length);
    for (const element of value) results.push(element);
  }
  return results;
}

export const callbackMethods: Record<string, PausingMethod> = {
  *map(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "map", args);
    return yield* called(depth, receiver, args[0], true);
  },
  *forEach(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "forEach", args);
    return yield* called(depth, receiver, args[0], false);
  },
  *filter(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "filter", args);
    return yield* filtered(depth, receiver, args[0]);
  },
  *some(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "some", args);
    return yield* isSaid(depth, receiver, args[0], true);
  },
  *every(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "every", args);
    return !(yield* isSaid(depth, receiver, args[0], false));
  },
  *find(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "find", args);
    return yield* found(depth, receiver, args[0], false, false);
  },
  *findIndex(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "findIndex", args);
    return yield* found(depth, receiver, args[0], false, true);
  },
  *findLast(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "findLast", args);
    return yield* found(depth, receiver, args[0], true, false);
  },
  *findLastIndex(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) {
      return yield* callOwnHere(depth, receiver, "findLastIndex", args);
    }
    return yield* found(depth, receiver, args[0], true, true);
  },
  *reduce(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "reduce", args);
    return yield* folded(depth, receiver, args, false);
  },
  *reduceRight(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "reduceRight", args);
    return yield* folded(depth, receiver, args, true);
  },
  *flatMap(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "flatMap", args);
    return yield* flatMapped(depth, receiver, args[0]);
  },
  *flat(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "flat", args);
    return yield* flattened(receiver, integerOf(args[0], 1));
  },
};
