/**
 * Purpose: loaded before a program, counts what it does: each turn of a loop and each call of a
 * function of src/, and what the functions of arrays, maps and sets pass over. So costs can be
 * compared exactly, on any machine and however busy it is.
 */
import { parse } from "@babel/parser";
import { plugin } from "bun";

declare global {
  /** Steps so far. */
  var steps: number;
}
globalThis.steps = 0;

const STEP = "globalThis.steps++;";

plugin({
  name: "counting",
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: counted(await Bun.file(path).text()),
      loader: "ts",
    }));
  },
});

/** A node of the parsed text. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly body?: Node;
}

const LOOP = /^(?:For|ForIn|ForOf|While|DoWhile)Statement$/;
const FUNCTION = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|\w*Method)$/;

/** The text of a module with a step counted in each loop and function. */
function counted(text: string): string {
  const { program } = parse(text, { sourceType: "module", plugins: ["typescript"] });
  const pieces: { at: number; piece: string }[] = [];
  const visit = (node: Node): void => {
    const isLoop = LOOP.test(node.type);
    const { body } = node;
    if (body !== undefined && (isLoop || FUNCTION.test(node.type))) {
      if (body.type === "BlockStatement") {
        pieces.push({ at: body.start + 1, piece: STEP });
      } else {
        pieces.push({ at: body.start, piece: isLoop ? `{${STEP}` : "(globalThis.steps++," });
        pieces.push({ at: body.end, piece: isLoop ? "}" : ")" });
      }
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type === "string" && typeof child.start === "number") visit(child);
      }
    }
  };
  visit(program as unknown as Node);
  const parts: string[] = [];
  let from = 0;
  for (const { at, piece } of pieces.sort((a, b) => a.at - b.at)) {
    parts.push(text.slice(from, at), piece);
    from = at;
  }
  return parts.join("") + text.slice(from);
}

type Method = (this: { length: number }, ...args: unknown[]) => unknown;

/** Has a method count the elements of what it is called on. */
function countElements(prototype: object, name: string): void {
  const methods = prototype as Record<string, Method>;
  const original = methods[name];
  methods[name] = function (...args) {
    globalThis.steps += this.length;
    return original.apply(this, args);
  };
}

const PASSING = ["splice", "shift", "unshift", "indexOf", "includes", "concat", "sort", "reverse"];
for (const name of [...PASSING, "slice", "fill", "join"]) countElements(Array.prototype, name);

/** Has the iterators of maps and sets count what they give. */
function countIterated(prototype: object, name: string | symbol): void {
  const methods = prototype as Record<string | symbol, () => Iterator<unknown>>;
  const original = methods[name];
  methods[name] = function () {
    const iterator = original.call(this);
    const { next } = iterator;
    iterator.next = () => {
      globalThis.steps++;
      return next.call(iterator);
    };
    return iterator;
  };
}

for (const { prototype } of [Map, Set]) {
  for (const name of ["keys", "values", "entries", Symbol.iterator]) {
    countIterated(prototype, name);
  }
}
