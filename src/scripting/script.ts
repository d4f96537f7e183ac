/** A script that has been compiled: what EVAL, SCRIPT LOAD and FUNCTION LOAD keep. */
import { compile } from "./compile/compile.ts";
import type { Main } from "./compile/program.ts";

export { CompileError } from "./compile/compile_error.ts";

export interface Script {
  /**
   * Runs it: to its end, or, if it may pause, gives a generator that yields when its time slice is
   * over.
   */
  readonly main: Main;
  /**
   * Whether it, or a function of the library, may run for long: it has a loop, recursion or a
   * callback, or a built-in that can pause. One that may not never yields, so it never is busy.
   */
  readonly mayRunLong: boolean;
}

/**
 * Compiles a text of bytes, each a character; a first line that begins with #! is skipped. Of a
 * "library" the top level has neither KEYS nor ARGV. Throws a CompileError.
 */
export function compileScript(source: string, kind: "script" | "library"): Script {
  return compile(source, kind);
}
