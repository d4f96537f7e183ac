/** Which names a block or a function declares, before it is looked at what is in it. */
import type { Identifier, Pattern, Statement, VariableDeclaration } from "acorn";
import type { Checker } from "./checker.ts";

/** All names that a pattern gives a value to. */
export function namesIn(pattern: Pattern, found: Identifier[] = []): Identifier[] {
  switch (pattern.type) {
    case "Identifier":
      found.push(pattern);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        namesIn(property.type === "RestElement" ? property.argument : property.value, found);
      }
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) namesIn(element, found);
      break;
    case "AssignmentPattern":
      namesIn(pattern.left, found);
      break;
    case "RestElement":
      namesIn(pattern.argument, found);
      break;
  }
  return found;
}

/** Declares what `let`, `const` and `function` declare in a block. */
export function hoistBlock(checker: Checker, nodes: readonly Statement[]): void {
  for (const node of nodes) {
    if (node.type === "VariableDeclaration") hoistVariables(checker, node);
    else if (node.type === "FunctionDeclaration") {
      const binding = checker.declare(node.id, "function");
      binding.values.push(null);
    }
  }
}

/** Declares what one declaration with `let` or `const` does. */
export function hoistVariables(checker: Checker, node: VariableDeclaration): void {
  const { kind } = node;
  if (kind !== "let" && kind !== "const") return;
  for (const { id } of node.declarations) {
    for (const name of namesIn(id)) checker.declare(name, kind);
  }
}

/** Declares what `var` declares anywhere in a function, but not in functions within it. */
export function hoistVars(checker: Checker, nodes: readonly Statement[]): void {
  for (const node of nodes) for (const name of varsIn(node)) hoistVar(checker, name);
}

function hoistVar(checker: Checker, name: Identifier): void {
  const isNew = checker.scopes.own(name.name) === undefined;
  const binding = checker.declare(name, "var");
  binding.values.push(null); // undefined at first
  if (isNew) checker.fn.vars.push(binding);
}

function varsIn(node: Statement, found: Identifier[] = []): Identifier[] {
  const within = (nodes: readonly Statement[]) => {
    for (const inner of nodes) varsIn(inner, found);
  };
  switch (node.type) {
    case "VariableDeclaration":
      if (node.kind === "var") for (const { id } of node.declarations) namesIn(id, found);
      break;
    case "BlockStatement":
      within(node.body);
      break;
    case "IfStatement":
      within(node.alternate ? [node.consequent, node.alternate] : [node.consequent]);
      break;
    case "ForStatement":
      if (node.init?.type === "VariableDeclaration") within([node.init]);
      within([node.body]);
      break;
    case "ForOfStatement":
    case "ForInStatement":
      if (node.left.type === "VariableDeclaration") within([node.left]);
      within([node.body]);
      break;
    case "WhileStatement":
    case "DoWhileStatement":
    case "LabeledStatement":
      within([node.body]);
      break;
    case "TryStatement":
      within([node.block, ...(node.finalizer ? [node.finalizer] : [])]);
      if (node.handler) within([node.handler.body]);
      break;
    case "SwitchStatement":
      for (const { consequent } of node.cases) within(consequent);
      break;
  }
  return found;
}
