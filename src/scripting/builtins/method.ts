/** What a built-in method is, and how one is left to an object's own function. */
import { callOwn, callPending, PENDING } from "../guards/calls.ts";
import type { Running, ScriptValue } from "../value.ts";

/** Returns a value, or PENDING when an object's own function is to be called instead. */
export type Method = (receiver: ScriptValue, ...args: ScriptValue[]) => ScriptValue;

/** One that calls functions of the script, or may run long: it can pause. */
export type PausingMethod = (
  depth: number,
  receiver: ScriptValue,
  ...args: ScriptValue[]
) => Running;

/** In a pausing method: its receiver is not what it is for. */
export function* callOwnHere(
  depth: number,
  receiver: ScriptValue,
  name: string,
  args: ScriptValue[],
): Running {
  const result = callOwn(receiver, name, args);
  return result === PENDING ? yield* callPending(depth) : result;
}

/**
 * Where a relative index of an argument lies in so many elements; a negative one is from the end.
 *
 */
export function relativeIndex(index: number, count: number): number {
  return index < 0 ? Math.max(0, count + index) : Math.min(index, count);
}
