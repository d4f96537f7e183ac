/**
 * Purpose: whether emitted code consists of what the emitter may write, word by word: keywords,
 * numbered names, helpers of the runtime, numbers, and strings of nothing but \xNN. Literals may be
 * parameters.
 */
import { helpers } from "../../../src/scripting/compile/builtin_names.ts";

const WORDS = new Set(
  (
    "break case catch const continue default do else false finally for function if in instanceof " +
    "let new null return switch throw true try typeof undefined while yield " +
    // Parameters, and members of the runtime's own objects.
    "$d $K $A a l f dead length"
  ).split(" "),
);

const TOKEN = new RegExp(
  [
    String.raw`"(?:\\x[0-9a-f]{2})*"`,
    String.raw`[A-Za-z_$][\w$]*`,
    String.raw`\d+(?:\.\d+)?(?:e[+-]?\d+)?`,
    String.raw`[-+*/%&|^~!<>=?:;,.(){}[\]]|\s`,
  ].join("|"),
  "g",
);

/** The first token that has no business there; null if all are in order. */
export function strangeToken(code: string): string | null {
  let end = 0;
  for (const { 0: token, index } of code.matchAll(TOKEN)) {
    if (index !== end) break;
    end += token.length;
    const isWord = /^[A-Za-z_$]/.test(token);
    if (isWord && !WORDS.has(token) && !helpers.has(token) && !/^(?:[vtL]|\$c)\d+$/.test(token)) {
      return token;
    }
  }
  if (end < code.length) return code.slice(end, end + 20);
  // Comments of all kinds.
  return /\/\/|\/\*|<!--|-->/.exec(code)?.[0] ?? null;
}
