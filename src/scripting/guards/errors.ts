/**
 * What is thrown while a script runs. `Thrown` carries a value that the script can catch; `Fatal`
 * it cannot. Errors of the host itself never get into a script's hands: they have a stack, a
 * prototype and a constructor that lead out of it.
 */
import { CATCH_FUEL, OVERFLOW_FUEL } from "../limits.ts";
import { type LargeInteger, ScriptObject, type ScriptValue } from "../value.ts";
import { run } from "./run_state.ts";

/** Thrown by a script or a built-in: a script's catch gets the value. No stack is recorded. */
export class Thrown {
  readonly value: ScriptValue;
  /** Where, from 1 on. */
  readonly line: number;

  constructor(value: ScriptValue, line: number) {
    this.value = value;
    this.line = line;
  }
}

/** Ends the script: no catch and no finally of it runs. */
export class Fatal {
  /** As a reply begins: with its code. */
  readonly message: string;
  /** The host's error that is behind it, which is a bug of ours; null if there is none. */
  readonly cause: unknown;

  constructor(message: string, cause: unknown) {
    this.message = message;
    this.cause = cause;
  }
}

/** An error as scripts have it: an object with a name and a message. */
export function errorObject(name: string, message: string): ScriptObject {
  const error = new ScriptObject();
  error.name = name;
  error.message = message;
  return error;
}

export function typeError(message: string): Thrown {
  return new Thrown(errorObject("TypeError", message), run.l);
}

export function rangeError(message: string): Thrown {
  return new Thrown(errorObject("RangeError", message), run.l);
}

export function fatal(message: string, cause: unknown = null): Fatal {
  run.dead = true;
  return new Fatal(message, cause);
}

/** A `throw` of a script. */
export function throwValue(value: ScriptValue): never {
  throw new Thrown(value, run.l);
}

/** A call too deep. */
export function throwOverflow(): never {
  run.f -= OVERFLOW_FUEL;
  throw rangeError("stack overflow");
}

/** Where a catch of a script begins: what the script gets of `error`, if it may get anything. */
export function caught(error: unknown): ScriptValue {
  run.f -= CATCH_FUEL;
  if (error instanceof Thrown && !run.dead) return error.value;
  if (error instanceof Fatal || run.dead) throw error;
  return ofHost(error);
}

/**
 * What a script gets of an error of the host's. Only one is the script's own doing: the use of a
 * variable before its declaration. All others end the script, since what they left is not known.
 */
export function ofHost(error: unknown): ScriptObject {
  if (error instanceof ReferenceError) {
    return errorObject("ReferenceError", "variable used before its declaration");
  }
  if (error instanceof RangeError) throw fatal("ERR script exceeded the stack or a size limit");
  throw fatal("ERR internal error in script runtime", error);
}

/** The error of arithmetic with what would be rounded. */
export function roundingError(value: LargeInteger): Thrown {
  return typeError(
    `${value.value} is too large for arithmetic, which would round it: compare it or pass it on, ` +
      "or convert it yourself, with String() or Number()",
  );
}
