/**
 * From text to tree. acorn reads the text, always as strict code; some of its ways are closed,
 * since they take far too long with a text that is made for it.
 */
import { type Options, Parser, type Program } from "acorn";
import { CompileError } from "../compile_error.ts";
import { NESTING_MAX, SHOWN_SIZE_MAX, SOURCE_SIZE_MAX, VARIABLE_COUNT_MAX } from "../limits.ts";
import type { SourceText } from "../source_text.ts";
import { luaMessage } from "./lua.ts";

const OPTIONS: Options = {
  ecmaVersion: 2023,
  sourceType: "module", // strict, and without HTML's comments
  allowReturnOutsideFunction: true,
  allowHashBang: true,
};

const REGULAR_EXPRESSION =
  "a regular expression is not allowed in scripts; " +
  "use split, indexOf, startsWith and replaceAll with strings";

/** Parts of acorn's parser that its declarations leave out. */
interface Internals {
  start: number;
  labels: readonly unknown[];
  scopeStack: readonly unknown[];
  currentScope(): { var: string[]; lexical: string[]; functions: string[] };
  declareName(name: string, kind: number, offset: number): void;
  enterScope(flags: number): void;
  parseLabeledStatement(...parts: unknown[]): unknown;
}

/** What is refused before acorn has read it. */
class Refusal extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const inherited = Parser.prototype as unknown as Internals;

/** acorn calls these in place of its own. */
const overrides: Partial<Internals> & Record<string, unknown> = {
  /** acorn would have the host compile the expression, for minutes if it has many groups. */
  readRegexp(this: Internals): never {
    throw new Refusal(this.start, REGULAR_EXPRESSION);
  },
  /** Members of a class are compared with each other. */
  parseClass(this: Internals): never {
    throw new Refusal(this.start, "'class' is not allowed in scripts");
  },
  /** A new name is compared with all others of its scope. */
  declareName(this: Internals, name, kind, offset): void {
    const scope = this.currentScope();
    if (scope.var.length + scope.lexical.length + scope.functions.length > VARIABLE_COUNT_MAX) {
      throw new Refusal(offset, `too many variables in one function (limit ${VARIABLE_COUNT_MAX})`);
    }
    inherited.declareName.call(this, name, kind, offset);
  },
  /** Questions about the function that is being read look through all scopes around it. */
  enterScope(this: Internals, flags): void {
    if (this.scopeStack.length > NESTING_MAX) throw new Refusal(this.start, "nested too deeply");
    inherited.enterScope.call(this, flags);
  },
  /** A label is compared with all around it. */
  parseLabeledStatement(this: Internals, ...parts): unknown {
    if (this.labels.length > NESTING_MAX) throw new Refusal(this.start, "nested too deeply");
    return inherited.parseLabeledStatement.apply(this, parts);
  },
};

class ScriptParser extends Parser {}
Object.assign(ScriptParser.prototype, overrides);

/** `onComment` is told where each comment is. Throws a CompileError. */
export function parse(
  source: SourceText,
  onComment: (start: number, end: number) => void = () => {},
): Program {
  if (source.text.length > SOURCE_SIZE_MAX) {
    throw new CompileError(`script too long (limit ${SOURCE_SIZE_MAX} bytes)`, 1, 1);
  }
  try {
    return ScriptParser.parse(source.text, {
      ...OPTIONS,
      onComment: (_isBlock, _text, start, end) => onComment(start, end),
    });
  } catch (error) {
    throw translated(error, source);
  }
}

function translated(error: unknown, source: SourceText): unknown {
  if (error instanceof Refusal) return source.error(error.offset, error.message);
  // acorn recurses: brackets in brackets can take all of the host's stack, and nothing else does.
  if (error instanceof RangeError) return new CompileError("nested too deeply", 1, 1);
  if (!(error instanceof SyntaxError) || !("pos" in error)) return error;
  const offset = Number(error.pos);
  const message = error.message.replace(/ \(\d+:\d+\)$/, "");
  if (message.startsWith("Not enough stack space"))
    return source.error(offset, "nested too deeply");
  const lua = luaMessage(source.text);
  if (lua !== null) return source.error(offset, lua);
  return source.error(offset, shown(message === "Unexpected token" ? at(source, offset) : message));
}

/** As JavaScript's engines put it: what it is that nobody expected. */
function at({ text }: SourceText, offset: number): string {
  if (offset >= text.length) return "Unexpected end of input";
  const [token] = /^(?:[\w$]+|["'`]|[\s\S])/.exec(text.slice(offset, offset + SHOWN_SIZE_MAX)) ?? [
    "",
  ];
  return /^["'`]/.test(token) ? "Unexpected string" : `Unexpected token '${token}'`;
}

/** A message of acorn's can have any characters of the text in it. */
function shown(message: string): string {
  return message.slice(0, 2 * SHOWN_SIZE_MAX).replace(/[^ -~]/g, "?");
}
