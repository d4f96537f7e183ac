/** The only place where code is made of text. */
import type { CallResult, KeyVector } from "../value.ts";
import { helpers } from "./builtin_names.ts";
import { CompileError } from "./compile_error.ts";
import type { Emitted } from "./emit/emit.ts";

export type Main = (depth: number, keys: KeyVector, args: KeyVector) => CallResult;

/**
 * What runs generated code once. The host's own engine compiles it, so a loop of a script runs as
 * fast as one of ours; an interpreter within it takes 13 to 33 times as long. That is safe because
 * the emitter writes the code, from a fixed set of words and numbers: no character of what a client
 * sent is in it (emit/emitter.ts), and its free names are these parameters.
 */
export function load({ code, helperNames }: Emitted): Main {
  const values = helperNames.map((name) => helpers.get(name));
  try {
    const make = new Function(...helperNames, `"use strict";return ${code}`);
    return make(...values) as Main;
  } catch (error) {
    // The host's parser recurses, too. It meets no other error in what the emitter writes.
    if (error instanceof RangeError) throw new CompileError("nested too deeply", 1, 1);
    throw error;
  }
}
