/** Which statements a script may have, and what is in them. */
import type {
  BreakStatement,
  ContinueStatement,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  LabeledStatement,
  Statement,
  SwitchStatement,
  TryStatement,
  VariableDeclaration,
} from "acorn";
import type { Checker } from "./checker.ts";
import { hoistBlock, hoistVariables, namesIn } from "./hoisting.ts";

export function checkStatement(checker: Checker, node: Statement, depth: number): void {
  checker.enter(node, depth);
  const inner = depth + 1;
  switch (node.type) {
    case "EmptyStatement":
      break;
    case "ExpressionStatement":
      checker.expression(node.expression, inner);
      break;
    case "VariableDeclaration":
      checkDeclaration(checker, node, inner);
      break;
    case "FunctionDeclaration":
      checker.function(node, depth);
      break;
    case "ReturnStatement":
      if (node.argument) checker.expression(node.argument, inner);
      break;
    case "ThrowStatement":
      checker.expression(node.argument, inner);
      break;
    case "BlockStatement":
      checker.statements(node.body, inner);
      break;
    case "IfStatement":
      checker.expression(node.test, inner);
      checkSingle(checker, node.consequent, inner);
      if (node.alternate) checkSingle(checker, node.alternate, inner);
      break;
    case "WhileStatement":
    case "DoWhileStatement":
      checker.fn.hasLoop = true;
      checker.expression(node.test, inner);
      checkSingle(checker, node.body, inner);
      break;
    case "ForStatement":
      checkFor(checker, node, inner);
      break;
    case "ForOfStatement":
    case "ForInStatement":
      checkForEach(checker, node, inner);
      break;
    case "LabeledStatement":
      checkLabeled(checker, node, inner);
      break;
    case "BreakStatement":
    case "ContinueStatement":
      checkJump(checker, node);
      break;
    case "SwitchStatement":
      checkSwitch(checker, node, inner);
      break;
    case "TryStatement":
      checkTry(checker, node, inner);
      break;
    default:
      checker.refuse(node);
  }
}

/** A statement without a block around it, which may not declare anything. */
function checkSingle(checker: Checker, node: Statement, depth: number): void {
  if (node.type === "FunctionDeclaration") {
    throw checker.error(node, "a declaration needs a block here");
  }
  checker.statement(node, depth);
}

function checkDeclaration(checker: Checker, node: VariableDeclaration, depth: number): void {
  if (node.kind !== "let" && node.kind !== "const" && node.kind !== "var") {
    throw checker.error(node, `'${node.kind}' is not allowed in scripts`);
  }
  for (const { id, init } of node.declarations) {
    if (init) checker.expression(init, depth);
    if (init || node.kind !== "var") checker.pattern(id, depth, init ?? null, true);
  }
}

function checkFor(checker: Checker, node: ForStatement, depth: number): void {
  checker.fn.hasLoop = true;
  checker.scopes.within(() => {
    const { init, test, update } = node;
    if (init?.type === "VariableDeclaration") {
      hoistVariables(checker, init);
      checkDeclaration(checker, init, depth);
    } else if (init) checker.expression(init, depth);
    if (test) checker.expression(test, depth);
    if (update) checker.expression(update, depth);
    checkSingle(checker, node.body, depth);
  });
}

function checkForEach(
  checker: Checker,
  node: ForOfStatement | ForInStatement,
  depth: number,
): void {
  if (node.type === "ForOfStatement" && node.await) {
    throw checker.error(node, "'for await' is not allowed in scripts");
  }
  checker.fn.hasLoop = true;
  checker.expression(node.right, depth);
  checker.scopes.within(() => {
    const { left } = node;
    if (left.type === "VariableDeclaration") {
      if (left.declarations.length !== 1 || left.declarations[0].init) {
        throw checker.error(left, "a loop over elements declares one variable");
      }
      if (left.kind !== "let" && left.kind !== "const" && left.kind !== "var") checker.refuse(left);
      hoistVariables(checker, left);
      checker.pattern(left.declarations[0].id, depth, null, true);
    } else checker.pattern(left, depth, null, false);
    checkSingle(checker, node.body, depth);
  });
}

function checkLabeled(checker: Checker, node: LabeledStatement, depth: number): void {
  node.number = checker.newLabel();
  checker.labels.within(node.label.name, node.number, () => {
    checkSingle(checker, node.body, depth);
  });
}

/** acorn has found that the label is there. */
function checkJump(checker: Checker, node: BreakStatement | ContinueStatement): void {
  if (node.label) node.number = checker.labels.find(node.label.name);
}

function checkSwitch(checker: Checker, node: SwitchStatement, depth: number): void {
  checker.expression(node.discriminant, depth);
  checker.scopes.within(() => {
    for (const { consequent } of node.cases) {
      const declared = consequent.find(({ type }) => type === "FunctionDeclaration");
      if (declared) throw checker.error(declared, "a function in a switch needs a block around it");
      hoistBlock(checker, consequent);
    }
    for (const { test, consequent } of node.cases) {
      if (test) checker.expression(test, depth);
      for (const inner of consequent) checker.statement(inner, depth);
    }
  });
}

function checkTry(checker: Checker, node: TryStatement, depth: number): void {
  checker.statement(node.block, depth);
  const { handler, finalizer } = node;
  if (handler) {
    checker.scopes.within(() => {
      const { param } = handler;
      if (param) {
        for (const name of namesIn(param)) checker.declare(name, "let").values.push(null);
        checker.pattern(param, depth, null, true);
      }
      checker.statement(handler.body, depth);
    });
  }
  if (finalizer) checker.statement(finalizer, depth);
}
