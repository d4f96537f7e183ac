/** A script that has been compiled: what EVAL, SCRIPT LOAD and FUNCTION LOAD keep. */
import { compile, CompileError as PrototypeError } from "./prototype/compile.ts";
import type { KeyVector, Running } from "./value.ts";

/** Why a text is no script. The position is in the text that was given, from 1 on. */
export class CompileError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

export interface Script {
  /** Makes what runs it once: a generator that yields when its time slice is over. */
  readonly main: (depth: number, keys: KeyVector, args: KeyVector) => Running;
  /**
   * Whether it may run for long: it has a loop, recursion or a callback. One that may not can never
   * become busy.
   */
  readonly mayRunLong: boolean;
}

/**
 * Compiles a text of bytes, each a character; a first line that begins with #! is skipped. Of a
 * "library" the top level has neither KEYS nor ARGV. Throws a CompileError.
 */
export function compileScript(source: string, kind: "script" | "library"): Script {
  try {
    const { main } = compile(source, kind === "script" ? "eval" : "lib");
    return { main, mayRunLong: true };
  } catch (error) {
    if (!(error instanceof PrototypeError)) throw error;
    throw new CompileError(error.message, error.line, 1);
  }
}
