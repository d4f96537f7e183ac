/** Statements. */
import type {
  Expression,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  Pattern,
  Statement,
  SwitchStatement,
  TryStatement,
  VariableDeclaration,
  VariableDeclarator,
} from "acorn";
import type { Binding } from "../tree.ts";
import { isPlainlyComparable } from "./emit_operators.ts";
import type { Emitter, Step } from "./emitter.ts";
import { canFail } from "./failing.ts";

export function emitStatement(emitter: Emitter, node: Statement): string {
  switch (node.type) {
    case "EmptyStatement":
    case "FunctionDeclaration": // its block has begun with it
      return "";
    case "ExpressionStatement":
      // A literal alone does nothing here, and must not become a directive of the host's.
      if (node.expression.type === "Literal") return "";
      return `${lineIfFailing(emitter, node.expression)}${emitter.expression(node.expression)};`;
    case "VariableDeclaration":
      return emitDeclaration(emitter, node);
    case "ReturnStatement":
      if (!node.argument) return "return;";
      return `${lineIfFailing(emitter, node.argument)}return ${emitter.expression(node.argument)};`;
    case "ThrowStatement":
      return emitThrow(emitter, node.argument, node.start);
    case "BlockStatement":
      return emitter.within(() => `{${emitter.statements(node.body)}}`);
    case "IfStatement": {
      const line = lineIfFailing(emitter, node.test);
      const test = emitter.expression(node.test);
      const head = `${line}if(${test}){${emitter.statement(node.consequent)}}`;
      return node.alternate ? `${head}else{${emitter.statement(node.alternate)}}` : head;
    }
    case "LabeledStatement":
      return emitLabeled(emitter, node);
    case "BreakStatement":
      return node.number === undefined ? "break;" : `break L${node.number};`;
    case "ContinueStatement":
      return node.number === undefined ? "continue;" : `continue L${node.number};`;
    case "SwitchStatement":
      return emitSwitch(emitter, node);
    case "TryStatement":
      return emitTry(emitter, node);
    default:
      return emitLoop(emitter, node, "");
  }
}

/** Functions that a block declares come first, since it may call them before they are written. */
export function emitStatements(emitter: Emitter, nodes: readonly Statement[]): string {
  let functions = "";
  let others = "";
  for (const node of nodes) {
    if (node.type !== "FunctionDeclaration") others += emitter.statement(node);
    else functions += `let ${node.id.binding?.emitted}=${emitter.function(node)};`;
  }
  return functions + others;
}

function lineIfFailing(emitter: Emitter, node: Expression): string {
  return canFail(node) ? emitter.line(node) : "";
}

/** The line is told again after the value: making it may have called a function. */
function emitThrow(emitter: Emitter, node: Expression, start: number): string {
  const line = emitter.line({ start });
  const raise = emitter.helper("$throw");
  if (!canFail(node)) return `${line}${raise}(${emitter.expression(node)});`;
  const value = emitter.temporary();
  return `${line}${value}=${emitter.expression(node)};${line}${raise}(${value});`;
}

function emitDeclaration(emitter: Emitter, node: VariableDeclaration): string {
  const fails = node.declarations.some(
    ({ id, init }) => id.type !== "Identifier" || (init ? canFail(init) : false),
  );
  const line = fails ? emitter.line(node) : "";
  const code = declarationCode(emitter, node);
  return code === "" ? "" : `${line}${code};`;
}

/** Without an end, as it stands in the head of a loop. */
function declarationCode(emitter: Emitter, node: VariableDeclaration): string {
  const isVar = node.kind === "var";
  const parts = node.declarations.flatMap((declarator) => {
    return isVar ? varParts(emitter, declarator) : letParts(emitter, declarator);
  });
  if (parts.length === 0) return "";
  // A constant is emitted by `let` as well: checking has seen to it that nothing is assigned to it.
  return isVar ? `(${parts.join(",")})` : `let ${parts.join(",")}`;
}

function varParts(emitter: Emitter, { id, init }: VariableDeclarator): string[] {
  if (!init) return [];
  const steps = emitter.pattern(id, emitter.expression(init));
  emitter.keepTemporaries(steps);
  return steps.map(assignment);
}

function letParts(emitter: Emitter, { id, init }: VariableDeclarator): string[] {
  if (id.type !== "Identifier") {
    return emitter.pattern(id, init ? emitter.expression(init) : "undefined").map(assignment);
  }
  const binding = id.binding as Binding;
  const part = init ? `${binding.emitted}=${emitter.expression(init)}` : binding.emitted;
  if (binding.type === "number") emitter.fn.liveNumbers.push(binding);
  return [part];
}

const assignment = ({ target, value }: Step): string => `${target}=${value}`;

type Loop = Exclude<
  Statement,
  { type: "EmptyStatement" | "FunctionDeclaration" | "ExpressionStatement" }
>;

/** `labels` stand before the loop itself, so that `continue` finds them. */
function emitLoop(emitter: Emitter, node: Loop, labels: string): string {
  switch (node.type) {
    case "WhileStatement": {
      const test = testCode(emitter, node.test);
      return `${labels}while(${test}){${emitter.fuel(node, true)}${emitter.statement(node.body)}}`;
    }
    case "DoWhileStatement": {
      const body = `${emitter.fuel(node, true)}${emitter.statement(node.body)}`;
      return `${labels}do{${body}}while(${testCode(emitter, node.test)});`;
    }
    case "ForStatement":
      return emitter.within(() => emitFor(emitter, node, labels));
    case "ForOfStatement":
    case "ForInStatement":
      return emitter.within(() => emitForEach(emitter, node, labels));
    default:
      throw new Error(`Bug: ${node.type} was not refused`);
  }
}

/** The body has told lines of its own, so each look at the test tells its line again. */
function testCode(emitter: Emitter, test: Expression): string {
  const code = emitter.expression(test);
  return canFail(test) ? `(${emitter.line(test).slice(0, -1)},${code})` : code;
}

function emitFor(emitter: Emitter, node: ForStatement, labels: string): string {
  const { init, test, update } = node;
  let before = "";
  let first = "";
  if (init?.type === "VariableDeclaration") {
    const code = declarationCode(emitter, init);
    if (init.kind === "var") before = code === "" ? "" : `${code};`;
    else first = code;
  } else if (init) first = emitter.expression(init);
  const head = `${first};${test ? testCode(emitter, test) : ""}`;
  const last = update ? emitter.expression(update) : "";
  const line = emitter.line(node);
  const body = `${emitter.fuel(node, true)}${emitter.statement(node.body)}`;
  return `${line}${before}${labels}for(${head};${last}){${body}}`;
}

/** The elements are in an array or a string, whose length is looked at in each turn. */
function emitForEach(
  emitter: Emitter,
  node: ForOfStatement | ForInStatement,
  labels: string,
): string {
  const list = emitter.newName();
  const index = emitter.newName();
  emitter.fn.variableCount += 2;
  const from = emitter.helper(node.type === "ForOfStatement" ? "$iter" : "$forin");
  const right = emitter.expression(node.right);
  const bind = bindElement(emitter, node.left, `${list}[${index}]`);
  const head = `let ${index}=0;${index}<${list}.length;${index}++`;
  const body = `${emitter.fuel(node, true)}${bind}${emitter.statement(node.body)}`;
  return `{${emitter.line(node)}const ${list}=${from}(${right});${labels}for(${head}){${body}}}`;
}

function bindElement(
  emitter: Emitter,
  left: VariableDeclaration | Pattern,
  element: string,
): string {
  if (left.type !== "VariableDeclaration") return assignments(emitter, left, element);
  const { id } = left.declarations[0];
  if (left.kind === "var") return assignments(emitter, id, element);
  return `let ${emitter.pattern(id, element).map(assignment).join(",")};`;
}

function assignments(emitter: Emitter, pattern: Pattern, value: string): string {
  const steps = emitter.pattern(pattern, value);
  emitter.keepTemporaries(steps);
  return steps.map((step) => `${assignment(step)};`).join("");
}

function emitLabeled(
  emitter: Emitter,
  node: Extract<Statement, { label: unknown; body: unknown }>,
) {
  let labels = `L${node.number}:`;
  let body: Statement = node.body;
  while (body.type === "LabeledStatement") {
    labels += `L${body.number}:`;
    body = body.body;
  }
  switch (body.type) {
    case "ForStatement":
    case "ForOfStatement":
    case "ForInStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return emitLoop(emitter, body, labels);
    default:
      return `${labels}{${emitter.statement(body)}}`;
  }
}

/** The host may compare only what it compares as scripts do. */
function emitSwitch(emitter: Emitter, node: SwitchStatement): string {
  const isPlain = node.cases.every(({ test }) => !test || isPlainlyComparable(test));
  const line = emitter.line(node);
  const value = emitter.expression(node.discriminant);
  const { liveNumbers } = emitter.fn;
  const count = liveNumbers.length;
  const kept = isPlain ? "" : emitter.temporary();
  let code = isPlain
    ? `${line}switch(${emitter.helper("$sw")}(${value},${node.cases.length})){`
    : `${line}${kept}=${value};switch(true){`;
  for (const { test, consequent } of node.cases) {
    if (!test) code += "default:";
    else if (isPlain) code += `case ${emitter.expression(test)}:`;
    else code += `case ${emitter.helper("$seq")}(${kept},${emitter.expression(test)}):`;
    for (const inner of consequent) code += emitter.statement(inner);
    liveNumbers.length = count; // whoever comes by another case has not got these yet
  }
  return `${code}}`;
}

/**
 * What ends a script, as the memory limit, no `catch` gets: `$caught` throws it on. And no
 * `finally` runs then: a `return` in it would swallow the end. `$.dead` says so; it is set once
 * `$caught` has seen the error, so each `finally` has a `catch` before it.
 */
function emitTry(emitter: Emitter, node: TryStatement): string {
  const { block, handler, finalizer } = node;
  let code = emitter.within(() => `try{${emitter.statements(block.body)}}`);
  if (handler) {
    const error = emitter.newName();
    const value = `${emitter.helper("$caught")}(${error})`;
    const { param } = handler;
    const bind = param
      ? `let ${emitter.pattern(param, value).map(assignment).join(",")};`
      : `${value};`;
    code += emitter.within(
      () => `catch(${error}){${bind}{${emitter.statements(handler.body.body)}}}`,
    );
  }
  if (!finalizer) return code;
  const error = emitter.newName();
  const rethrow = `catch(${error}){${emitter.helper("$caught")}(${error});throw ${error}}`;
  const body = emitter.within(() => emitter.statements(finalizer.body));
  const within = handler ? `try{${code}}` : code;
  return `${within}${rethrow}finally{if(!${emitter.helper("$")}.dead){${body}}}`;
}
