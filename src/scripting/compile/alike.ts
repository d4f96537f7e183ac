/**
 * Texts that differ from one compiled before in literals and comments alone need not be read again:
 * clients that write values into their scripts, in place of giving them as arguments, send the same
 * script with other values all the time.
 *
 * A text is cut at its comments and at its literals that are parameters of its code
 * (emit/emitter.ts). Another text has the same tree if it has the same pieces between them, and in
 * each place one of the same kind: the parser tells kinds of tokens, not their values. The steps
 * after it look at values of literals in few ways, so only those are taken in whose value makes no
 * difference to any of them: short decimal integers, and short strings without an escape that name
 * no method (what may call one may pause). Comments are those that end no line but their own.
 */
import { methodKind } from "./builtin_names.ts";
import { ALIKE_COUNT_MAX, ALIKE_SIZE_MAX, ALIKE_TEXTS_MAX } from "./limits.ts";
import type { Main, WithConstants } from "./program.ts";

type Value = number | string;

/** What may be other: an integer, a string in either kind of quotes, a comment of either kind. */
const SIMPLE = new RegExp(
  [
    String.raw`(?:0|[1-9][0-9]{0,14})(?![\w.$])`,
    String.raw`"[^"\\\n\r]{0,200}"|'[^'\\\n\r]{0,200}'`,
    String.raw`\/\*[^*\n\r]{0,200}\*\/|\/\/[^\n\r]{0,200}(?![^\n\r])`,
  ].join("|"),
);
const EACH = new RegExp(SIMPLE, "g");
const HERE = new RegExp(SIMPLE, "y");

type Kind = "number" | "string" | "comment";

/** Where in a text there is what may be other; `index` is the constant's, null of a comment. */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
  readonly index: number | null;
}

/** What begins at `offset`, and where it ends; null if it is none of these. */
function simpleAt(text: string, offset: number): { kind: Kind; value: Value; end: number } | null {
  HERE.lastIndex = offset;
  if (!HERE.test(text)) return null;
  const end = HERE.lastIndex;
  const first = text[offset];
  if (first === "/") return { kind: "comment", value: "", end };
  if (first !== '"' && first !== "'") {
    return { kind: "number", value: Number(text.slice(offset, end)), end };
  }
  const value = text.slice(offset + 1, end - 1);
  return methodKind(value) === "none" ? { kind: "string", value, end } : null;
}

/** A text, of which other values of its literals make others. `places` are in its order. */
class Pattern {
  /** The texts before each place, and after the last. */
  private readonly pieces: string[] = [];
  /** For each place: which constant it is, and of what kind. */
  private readonly indexes: (number | null)[] = [];
  private readonly kinds: Kind[] = [];
  private readonly constants: readonly Value[];
  private readonly run: WithConstants;

  constructor(
    text: string,
    places: readonly TextPlace[],
    constants: readonly Value[],
    run: WithConstants,
  ) {
    this.constants = constants;
    this.run = run;
    let from = 0;
    for (const { start, end, index } of places) {
      const simple = simpleAt(text, start);
      if (simple === null || simple.end !== end) continue;
      this.pieces.push(text.slice(from, start));
      this.indexes.push(index);
      this.kinds.push(simple.kind);
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
      const simple = simpleAt(text, at + pieces[place].length);
      if (simple === null || simple.kind !== kinds[place]) return null;
      const index = indexes[place];
      if (index !== null) constants[index] = simple.value;
      at = simple.end;
    }
    const last = pieces[indexes.length];
    if (text.length !== at + last.length || !text.endsWith(last)) return null;
    return this.run(constants);
  }
}

/** Patterns by what their texts have in common; the latest, and few of each. */
const patterns = new Map<string, Pattern[]>();

/** The text without what looks as if it could be other: where to look for one alike. */
const outlineOf = (text: string): string => text.replace(EACH, "\0");

/** What runs a script that differs in nothing else from one that was learnt, or null. */
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
  places: readonly TextPlace[],
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
