/**
 * sort and toSorted: a stable merge sort from the bottom up. It asks the comparator n log n times
 * at most, whatever that answers, and pauses with it; the host's own sort could do neither. It
 * works on a copy, so that a comparator that changes the array changes nothing here.
 */
import { callable } from "../guards/calls.ts";
import { numberOf, stringOf } from "../guards/conversion.ts";
import { charge, countArray, tick, touchWhole } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import { GeneratorObject, type ScriptValue } from "../value.ts";
import { callOwnHere, type PausingMethod } from "./method.ts";

/** Strings up to here are compared without being counted. */
const SHORT_STRING = 32;

/**
 * The elements in order; undefined ones are last, and no comparator sees them, as in JavaScript.
 *
 */
function* sorted(
  depth: number,
  array: ScriptValue[],
  comparator: ScriptValue,
): Generator<void, ScriptValue[], void> {
  if (comparator !== undefined) callable(comparator);
  countArray(array.length * 2);
  const elements: ScriptValue[] = [];
  for (const element of array) if (element !== undefined) elements.push(element);
  const inOrder: ScriptValue[] =
    comparator === undefined
      ? yield* sortedByString(elements)
      : yield* mergeSorted(depth, elements, comparator);
  while (inOrder.length < array.length) inOrder.push(undefined);
  return inOrder;
}

function* mergeSorted(
  depth: number,
  elements: ScriptValue[],
  comparator: ScriptValue,
): Generator<void, ScriptValue[], void> {
  const compare = callable(comparator);
  const count = elements.length;
  let from = elements;
  let to = elements.slice();
  for (let width = 1; width < count; width *= 2) {
    for (let low = 0; low < count; low += 2 * width) {
      const middle = Math.min(low + width, count);
      const high = Math.min(low + 2 * width, count);
      let left = low;
      let right = middle;
      let target = low;
      while (left < middle && right < high) {
        if (--run.f < 0 && tick()) {
          yield;
          // For JSC's optimizer, see numberOf.
          left = +left;
          right = +right;
          target = +target;
        }
        const result = compare(depth, from[left], from[right]);
        const order = numberOf(result instanceof GeneratorObject ? yield* result : result);
        to[target++] = order > 0 ? from[right++] : from[left++];
      }
      while (left < middle) to[target++] = from[left++];
      while (right < high) to[target++] = from[right++];
      charge(width >> 4);
      if (run.f < 0 && tick()) yield;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** In the order of the elements' strings, each converted once; places are sorted, not elements. */
function* sortedByString(elements: ScriptValue[]): Generator<void, ScriptValue[], void> {
  const count = elements.length;
  const names: string[] = [];
  for (const element of elements) {
    if (--run.f < 0 && tick()) yield;
    names.push(stringOf(element));
  }
  let from = new Uint32Array(count);
  for (let place = 0; place < count; place++) from[place] = place;
  let to = from.slice();
  for (let width = 1; width < count; width *= 2) {
    for (let low = 0; low < count; low += 2 * width) {
      const middle = Math.min(low + width, count);
      const high = Math.min(low + 2 * width, count);
      let left = low;
      let right = middle;
      let target = low;
      while (left < middle && right < high) {
        if (--run.f < 0 && tick()) yield;
        to[target++] = isBefore(names[from[right]], names[from[left]])
          ? from[right++]
          : from[left++];
      }
      while (left < middle) to[target++] = from[left++];
      while (right < high) to[target++] = from[right++];
      charge(width >> 4);
      if (run.f < 0 && tick()) yield;
    }
    [from, to] = [to, from];
  }
  const inOrder: ScriptValue[] = [];
  for (const place of from) inOrder.push(elements[place]);
  return inOrder;
}

function isBefore(a: string, b: string): boolean {
  if (a.length > SHORT_STRING && b.length > SHORT_STRING) {
    touchWhole(a);
    touchWhole(b);
  }
  return a < b;
}

export const sortMethods: Record<string, PausingMethod> = {
  *sort(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "sort", args);
    const inOrder = yield* sorted(depth, receiver, args[0]);
    for (let index = 0; index < inOrder.length; index++) receiver[index] = inOrder[index];
    return receiver;
  },
  *toSorted(depth, receiver, ...args) {
    if (!Array.isArray(receiver)) return yield* callOwnHere(depth, receiver, "toSorted", args);
    return yield* sorted(depth, receiver, args[0]);
  },
};
