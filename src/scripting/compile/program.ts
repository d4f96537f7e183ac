/** The only place where code is made of text. */
import type { CallResult, KeyVector } from "../value.ts";
import { helpers } from "./builtin_names.ts";
import { CompileError } from "./compile_error.ts";
import type { Emitted } from "./emit/emit.ts";

export type Main = (depth: number, keys: KeyVector, args: KeyVector) => CallResult;

const PARAMETERS = "$d,$K,$A";

/**
 * What runs generated code once. The host's own engine compiles it, so a loop of a script runs as
 * fast as one of ours; an interpreter within it takes 13 to 33 times as long. That is safe because
 * the emitter writes the code, from a fixed set of words and numbers: no character of what a client
 * sent is in it (emit/emitter.ts), and its free names are these parameters.
 */
export function load({ code, suspends, helperNames }: Emitted): Main {
  const values = helperNames.map((name) => helpers.get(name));
  try {
    // A loop has helpers from a scope around it, where the host's compiler takes them as constants.
    if (suspends) {
      const outer = `return function*(${PARAMETERS}){${code}}`;
      return made(helperNames.join(), outer)(...values) as Main;
    }
    // Without a function within a function the host is done in two thirds of the time.
    return made([...helperNames, PARAMETERS].join(), code).bind(undefined, ...values) as Main;
  } catch (error) {
    // The host's parser recurses, too. It meets no other error in what the emitter writes.
    if (error instanceof RangeError) throw new CompileError("nested too deeply", 1, 1);
    throw error;
  }
}

function made(parameters: string, code: string): (...values: unknown[]) => unknown {
  return new Function(parameters, `"use strict";${code}`) as (...values: unknown[]) => unknown;
}
