/** The only place where code is made of text. */
import type { CallResult, KeyVector } from "../value.ts";
import { helpers } from "./builtin_names.ts";
import { CompileError } from "./compile_error.ts";
import type { Emitted } from "./emit/emit.ts";
import { constantName } from "./emit/emitter.ts";
import { SHARED_CODE_COUNT_MAX, SHARED_CODE_SIZE_MAX } from "./limits.ts";

export type Main = (depth: number, keys: KeyVector, args: KeyVector) => CallResult;

/** Code that only lacks the values of its literals: as many as it was made with, of these kinds. */
export type WithConstants = (constants: readonly (number | string)[]) => Main;

/** What the host has made of code: a function of its helpers, its constants and PARAMETERS. */
type HostFunction = (...values: unknown[]) => unknown;

const PARAMETERS = "$d,$K,$A";

/**
 * What runs generated code, with the values of its literals that are no part of it. The host's own
 * engine compiles it, so a loop of a script runs as fast as one of ours; an interpreter within it
 * takes 13 to 33 times as long. That is safe because the emitter writes the code, from a fixed set
 * of words and numbers: no character of what a client sent is in it (emit/emitter.ts), and its free
 * names are these parameters.
 */
export function load({ code, suspends, helperNames, constants }: Emitted): WithConstants {
  const values: unknown[] = helperNames.map((name) => helpers.get(name));
  try {
    // A loop has helpers from a scope around it, where the host's compiler takes them as constants.
    if (suspends) {
      const outer = `return function*(${PARAMETERS}){${code}}`;
      const main = made(helperNames.join(), outer)(...values) as Main;
      return () => main;
    }
    // Without a function within a function the host is done in two thirds of the time.
    const names = [...helperNames, ...constants.map((_, index) => constantName(index)), PARAMETERS];
    const main = shared(names.join(), code);
    return (literals) => main.bind(undefined, ...values, ...literals) as Main;
  } catch (error) {
    // The host's parser recurses, too. It meets no other error in what the emitter writes.
    if (error instanceof RangeError) throw new CompileError("nested too deeply", 1, 1);
    throw error;
  }
}

/**
 * What was made of code lately. Clients that write values into the texts of scripts, in place of
 * giving them as arguments, send one script again and again that differs in literals alone: it then
 * takes the host nothing to compile, nor to run for the first time, which is two thirds of all.
 */
const sharedFunctions = new Map<string, HostFunction>();

function shared(parameters: string, code: string): HostFunction {
  if (code.length > SHARED_CODE_SIZE_MAX) return made(parameters, code);
  const key = `${parameters};${code}`;
  const known = sharedFunctions.get(key);
  if (known !== undefined) return known;
  const created = made(parameters, code);
  if (sharedFunctions.size === SHARED_CODE_COUNT_MAX) {
    for (const oldest of sharedFunctions.keys()) {
      sharedFunctions.delete(oldest);
      break;
    }
  }
  sharedFunctions.set(key, created);
  return created;
}

function made(parameters: string, code: string): HostFunction {
  return new Function(parameters, `"use strict";${code}`) as HostFunction;
}
