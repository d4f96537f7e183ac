/**
 * Calls. Methods are no properties: `x.name(...)` finds `name` among the built-in ones, and these
 * see what kind of value x is. An object has its own functions, too, under any name: a built-in
 * that meets an object leaves that function and its arguments in the run's state and returns
 * PENDING, so that the caller, a generator, calls it: it may run long, and built-ins cannot pause.
 */
import {
  GeneratorObject,
  KeyVector,
  kindOf,
  type Running,
  type ScriptFunction,
  ScriptObject,
  type ScriptValue,
} from "../value.ts";
import { nameOf, stringOf } from "./conversion.ts";
import { typeError } from "./errors.ts";
import { getNamed, shown } from "./properties.ts";
import { run } from "./run_state.ts";

/** What a built-in returns when a function of the script's is to be called: never seen by one. */
export const PENDING: ScriptValue = new ScriptObject();

/** A value that is called: throws unless it is a function. */
export function callable(value: ScriptValue): ScriptFunction {
  if (typeof value === "function") return value;
  throw typeError(`${kindOf(value)} is not a function`);
}

/** `receiver.name(...args)` where no built-in is meant for such a receiver. */
export function callOwn(receiver: ScriptValue, name: string, args: ScriptValue[]): ScriptValue {
  if (receiver instanceof ScriptObject) return callOwnFunction(receiver, name, args);
  if (receiver instanceof KeyVector) {
    throw typeError(
      `${receiver.name} has no method '${shown(name)}'; ` +
        `use [...${receiver.name}] for an ordinary array`,
    );
  }
  if (receiver === null || receiver === undefined) {
    throw typeError(`cannot call '${shown(name)}' of ${kindOf(receiver)}`);
  }
  throw typeError(`${kindOf(receiver)} has no method '${shown(name)}'`);
}

function callOwnFunction(object: ScriptObject, name: string, args: ScriptValue[]): ScriptValue {
  const own = object[name];
  if (typeof own === "function") {
    run.pendingFunction = own;
    run.pendingArguments = args;
    return PENDING;
  }
  if (name === "hasOwnProperty") return nameOf(args[0]) in object;
  if (name === "toString") return stringOf(object);
  throw typeError(`'${shown(name)}' is not a function of this object`);
}

/** `receiver.name(...args)` with a name that no built-in has. */
export function callUnknown(
  receiver: ScriptValue,
  name: string,
  ...args: ScriptValue[]
): ScriptValue {
  return callOwn(receiver, name, args);
}

/** Calls the function that was left in the run's state. */
export function* callPending(depth: number): Running {
  const pending = run.pendingFunction as ScriptFunction;
  const args = run.pendingArguments as ScriptValue[];
  forgetPending();
  const result = pending(depth, ...args);
  return result instanceof GeneratorObject ? yield* result : result;
}

function forgetPending(): void {
  run.pendingFunction = null;
  run.pendingArguments = null;
}

/** In a leaf, which cannot call: its built-ins are such that no object has a function so named. */
export function notPending(result: ScriptValue): ScriptValue {
  if (result !== PENDING) return result;
  forgetPending();
  throw typeError("a function with the name of a built-in method cannot be called here");
}

/** `object[key](...args)`: built-in methods are called by name only. */
export function* callComputed(
  depth: number,
  object: ScriptValue,
  key: ScriptValue,
  ...args: ScriptValue[]
): Running {
  const member = getNamed(object, nameOf(key));
  if (typeof member !== "function") {
    throw typeError(
      "computed member is not a function (built-in methods are called by their names)",
    );
  }
  const result = member(depth, ...args);
  return result instanceof GeneratorObject ? yield* result : result;
}
