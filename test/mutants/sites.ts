/**
 * Purpose: the places of a source file at which the mutants tool can change it, and the changes.
 *
 * A change is one that a tired programmer makes: a comparison turned round or off by one, `&&` for
 * `||`, a call that is not made, two arguments in each other's place, a number off by one, a return
 * or continue that is missing, a `!` that is missing, a condition that always or never holds.
 * Assertions, what is there for debug builds, types, and texts are left alone.
 */
import { parse } from "@babel/parser";

/** A change of a file: the text from `start` to `end` becomes `after`. */
export interface Mutant {
  /** From the root, with slashes. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The whole line, without the spaces around it: with file and change, what it is known by. */
  readonly lineText: string;
}

/** What of the parser's nodes is used here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [property: string]: unknown;
}

const TURNED: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
};
/** Numbers of more digits are codes or bounds of types, in which nothing is off by one. */
const NUMBER_MAX = 1_000_000;

/** One site: the changes that can be made there, of which chance takes one. */
export type Site = readonly Mutant[];

/** All sites of a file, in the order of its text. */
export function sitesOf(file: string, text: string): Site[] {
  const lines = text.split("\n");
  const sites: Site[] = [];
  const offer = (node: Node, changes: readonly (readonly [number, number, string])[]) => {
    if (changes.length === 0) return;
    const { line } = node.loc.start;
    const site = changes.map(([start, end, after]) => {
      const at = lineOf(text, start, line);
      const before = text.slice(start, end);
      return { file, start, end, line: at, before, after, lineText: lines[at - 1].trim() };
    });
    sites.push(site);
  };
  const tree = parse(text, { sourceType: "module", plugins: ["typescript"] });
  walk(tree.program as unknown as Node, null, (node, parent) => {
    offer(node, changesAt(node, parent, text));
  });
  return sites.sort((a, b) => a[0].start - b[0].start);
}

/** The line of an offset, from that on which its node starts. */
function lineOf(text: string, offset: number, nodeLine: number): number {
  const lineStart = (from: number) => text.lastIndexOf("\n", from - 1) + 1;
  let line = nodeLine;
  let start = 0;
  for (let left = nodeLine - 1; left > 0; left--) start = text.indexOf("\n", start) + 1;
  for (const wanted = lineStart(offset); start < wanted; line++) {
    start = text.indexOf("\n", start) + 1;
  }
  return line;
}

type Changes = (readonly [start: number, end: number, after: string])[];

function changesAt(node: Node, parent: Node | null, text: string): Changes {
  switch (node.type) {
    case "BinaryExpression":
      return ofOperator(node, text, TURNED[node.operator as string] ?? []);
    case "LogicalExpression":
      return ofOperator(node, text, { "&&": ["||"], "||": ["&&"] }[node.operator as string] ?? []);
    case "UnaryExpression":
      return node.operator === "!" ? [[node.start, node.start + 1, ""]] : [];
    case "NumericLiteral":
      return ofNumber(node, parent, text);
    case "ExpressionStatement":
      return isCall(node.expression as Node) ? [[node.start, node.end, ";"]] : [];
    case "ReturnStatement":
      return node.argument === null ? [[node.start, node.end, ";"]] : [];
    case "ContinueStatement":
      return [[node.start, node.end, ";"]];
    case "CallExpression":
    case "OptionalCallExpression":
    case "NewExpression":
      return ofArguments(node.arguments as Node[], text);
    case "IfStatement":
    case "ConditionalExpression":
      return ofCondition(node.test as Node, ["true", "false"]);
    case "WhileStatement":
      return ofCondition(node.test as Node, ["false"]);
    default:
      return [];
  }
}

const isCall = ({ type }: Node) => type === "CallExpression" || type === "OptionalCallExpression";

function ofOperator(node: Node, text: string, others: readonly string[]): Changes {
  const operator = node.operator as string;
  const [left, right] = [node.left as Node, node.right as Node];
  const start = left.end + gapTo(operator, text.slice(left.end, right.start));
  return others.map((after) => [start, start + operator.length, after]);
}

/** Where an operator is in what lies between its operands: not in a comment. */
function gapTo(operator: string, between: string): number {
  const bare = between.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) => " ".repeat(part.length));
  return bare.indexOf(operator);
}

function ofNumber(node: Node, parent: Node | null, text: string): Changes {
  const value = node.value as number;
  if (!Number.isInteger(value) || value > NUMBER_MAX) return [];
  // A key of an object, or of an enumeration, is a name.
  if (parent?.type === "ObjectProperty" && parent.key === node) return [];
  const isHex = /^0x/i.test(text.slice(node.start, node.end));
  const shown = (number: number) => (isHex ? `0x${number.toString(16)}` : String(number));
  const more: Changes[number] = [node.start, node.end, shown(value + 1)];
  return value === 0 ? [more] : [more, [node.start, node.end, shown(value - 1)]];
}

/** Neighbours in each other's place. */
function ofArguments(list: readonly Node[], text: string): Changes {
  return list.slice(1).flatMap((second, index): Changes => {
    const first = list[index];
    if (first.type === "SpreadElement" || second.type === "SpreadElement") return [];
    const [a, b] = [text.slice(first.start, first.end), text.slice(second.start, second.end)];
    const between = text.slice(first.end, second.start);
    return a === b ? [] : [[first.start, second.end, `${b}${between}${a}`]];
  });
}

function ofCondition(test: Node, values: readonly string[]): Changes {
  if (test.type === "BooleanLiteral") return [];
  return values.map((after) => [test.start, test.end, after]);
}

/** Visits a tree, but for what is only there for the type checker or in debug builds. */
function walk(node: Node, parent: Node | null, visit: (n: Node, p: Node | null) => void): void {
  if (isLeftAlone(node)) return;
  visit(node, parent);
  for (const [name, value] of Object.entries(node)) {
    if (name === "loc" || name.endsWith("Comments")) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") walk(child, node, visit);
    }
  }
}

function isLeftAlone(node: Node): boolean {
  if (/^TS(?!AsExpression|NonNullExpression|SatisfiesExpression)/.test(node.type)) return true;
  if (node.type === "ImportDeclaration") return true;
  if (node.type === "IfStatement") return (node.test as Node).name === "DEBUG";
  // Looks whether a structure is sound, for tests alone.
  if (node.type === "FunctionDeclaration") return (node.id as Node).name === "verify";
  const call = node.type === "ExpressionStatement" ? (node.expression as Node) : node;
  return call.type === "CallExpression" && (call.callee as Node).name === "assert";
}
