/**
 * Texts that differ from one compiled before in literals alone need not be read again: clients that
 * write values into their scripts, in place of giving them as arguments, send the same script with
 * other values all the time.
 *
 * A text is cut into its literals that are parameters of its code (emit/emitter.ts) and the pieces
 * between them. Another text has the same tree if it has the same pieces, and in each place a
 * literal of the same kind: the parser tells kinds of tokens, not their values. The steps after it
 * look at values of literals in few ways, so only those are taken in whose value makes no
 * difference to any of them: short decimal integers, and short strings without an escape that name
 * no method (what may call one may pause).
 */
import { methodKind } from "./builtin_names.ts";
import type { LiteralPlace } from "./emit/emitter.ts";
import { ALIKE_COUNT_MAX, ALIKE_SIZE_MAX, ALIKE_TEXTS_MAX } from "./limits.ts";
import type { Main, WithConstants } from "./program.ts";

type Value = number | string;

/** A literal as a regular expression has it; a string in either kind of quotes. */
const SIMPLE = /(?:0|[1-9][0-9]{0,14})(?![\w.$])|"[^"\\\n\r]{0,200}"|'[^'\\\n\r]{0,200}'/;
const EACH = new RegExp(SIMPLE, "g");
const HERE = new RegExp(SIMPLE, "y");

/** The value of the literal that begins at `offset`, and where it ends; null if none such does. */
function literalAt(text: string, offset: number): { value: Value; end: number } | null {
  HERE.lastIndex = offset;
  if (!HERE.test(text)) return null;
  const end = HERE.lastIndex;
  const first = text[offset];
  if (first !== '"' && first !== "'") return { value: Number(text.slice(offset, end)), end };
  const value = text.slice(offset + 1, end - 1);
  return methodKind(value) === "none" ? { value, end } : null;
}

/** A text, of which other values of its literals make others. `places` are in its order. */
class Pattern {
  /** The texts before each place, and after the last. */
  private readonly pieces: string[] = [];
  /** For each place: which constant it is, and of what kind. */
  private readonly indexes: number[] = [];
  private readonly kinds: string[] = [];
  private readonly constants: readonly Value[];
  private readonly run: WithConstants;

  constructor(
    text: string,
    places: readonly LiteralPlace[],
    constants: readonly Value[],
    run: WithConstants,
  ) {
    this.constants = constants;
    this.run = run;
    let from = 0;
    for (const { start, end, index } of places) {
      const literal = literalAt(text, start);
      if (literal === null || literal.end !== end) continue;
      this.pieces.push(text.slice(from, start));
      this.indexes.push(index);
      this.kinds.push(typeof literal.value);
      from = end;
    }
    this.pieces.push(text.slice(from));
  }

  /** What runs this text; null if it is not such a one. */
  match(text: string): Main | null {
    const { pieces, indexes, kinds } = this;
    const constants = [...this.constants];
    let at = 0;
    for (let place = 0; place < indexes.length; place++) {
      if (!text.startsWith(pieces[place], at)) return null;
      const literal = literalAt(text, at + pieces[place].length);
      if (literal === null || typeof literal.value !== kinds[place]) return null;
      constants[indexes[place]] = literal.value;
      at = literal.end;
    }
    const last = pieces[indexes.length];
    if (text.length !== at + last.length || !text.endsWith(last)) return null;
    return this.run(constants);
  }
}

/** Patterns by what their texts have in common; the latest, and few of each. */
const patterns = new Map<string, Pattern[]>();

/** The text without what looks like a literal: where to look for one alike. */
const outlineOf = (text: string): string => text.replace(EACH, "\0");

/** What runs a script that differs in literals alone from one that was learnt, or null. */
export function runAlike(text: string): Main | null {
  if (text.length > ALIKE_SIZE_MAX || patterns.size === 0) return null;
  for (const pattern of patterns.get(outlineOf(text)) ?? []) {
    const main = pattern.match(text);
    if (main !== null) return main;
  }
  return null;
}

/** A script was compiled that cannot pause. */
export function learn(
  text: string,
  places: readonly LiteralPlace[],
  constants: readonly Value[],
  run: WithConstants,
): void {
  if (text.length > ALIKE_SIZE_MAX || places.length === 0) return;
  const ordered = places.toSorted((one, other) => one.start - other.start);
  // A literal that the code has twice would have to be replaced twice.
  if (ordered.some(({ start }, index) => index > 0 && start === ordered[index - 1].start)) return;
  const outline = outlineOf(text);
  const known = patterns.get(outline);
  const pattern = new Pattern(text, ordered, constants, run);
  if (known !== undefined) {
    if (known.length === ALIKE_TEXTS_MAX) known.shift();
    known.push(pattern);
    return;
  }
  if (patterns.size === ALIKE_COUNT_MAX) {
    for (const oldest of patterns.keys()) {
      patterns.delete(oldest);
      break;
    }
  }
  patterns.set(outline, [pattern]);
}
