/**
 * From the text of a script to what runs it: parse (acorn), check (what is allowed, what each name
 * is), analyse (types, what can stop in its middle), emit (code of guarded operations), load. A
 * text that is like one before but for its literals needs none of it.
 */
import { learn, runAlike, type TextPlace } from "./alike.ts";
import { inferTypes } from "./analyse/static_types.ts";
import { findSuspensions } from "./analyse/suspension.ts";
import { check } from "./check/check.ts";
import { CompileError } from "./compile_error.ts";
import { type Emitted, emit } from "./emit/emit.ts";
import { parse } from "./parse/parse.ts";
import { load, type Main } from "./program.ts";
import { SourceText } from "./source_text.ts";

export interface Compiled {
  readonly main: Main;
  readonly mayRunLong: boolean;
}

/** Of a "library" the top level has neither KEYS nor ARGV. Throws a CompileError. */
export function compile(text: string, kind: "script" | "library"): Compiled {
  if (kind === "script") {
    const known = runAlike(text);
    if (known !== null) return { main: known, mayRunLong: false };
  }
  const { emitted, comments, mayRunLong } = translate(text, kind);
  const { suspends, places, constants } = emitted;
  const run = load(emitted);
  if (kind === "script" && !suspends) learn(text, [...places, ...comments], constants, run);
  return { main: run(constants), mayRunLong };
}

/**
 * All but the last step: the code. Whether it may run for long is whether the script can stop in
 * its middle, or a function of the library, whose top level is run only when it is loaded.
 */
export function translate(
  text: string,
  kind: "script" | "library",
): { emitted: Emitted; comments: TextPlace[]; mayRunLong: boolean } {
  const source = new SourceText(text);
  const comments: TextPlace[] = [];
  const program = parse(source, (start, end) => comments.push({ start, end, index: null }));
  try {
    const checked = check(program, source, kind);
    inferTypes(checked.bindings);
    findSuspensions(checked);
    const { main, functions } = checked;
    const begun = kind === "script" ? [main] : functions;
    const mayRunLong = begun.some(({ suspends }) => suspends);
    return { emitted: emit(program, main, source), comments, mayRunLong };
  } catch (error) {
    // The walks over the tree recurse; their nesting is limited, but how deep the stack is already
    // is not known here.
    if (error instanceof RangeError) throw new CompileError("nested too deeply", 1, 1);
    throw error;
  }
}
