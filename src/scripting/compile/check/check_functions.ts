/** Functions: their parameters, and their bodies. */
import type { Pattern } from "acorn";
import { ARGUMENT_COUNT_MAX } from "../limits.ts";
import { type FunctionNode, newFunction } from "../tree.ts";
import type { Checker } from "./checker.ts";
import { hoistVars, namesIn } from "./hoisting.ts";

export function checkFunction(checker: Checker, node: FunctionNode, depth: number): void {
  if (node.async)
    throw checker.error(node, "'async' is not allowed in scripts; redis.call returns the reply");
  if (node.generator) throw checker.error(node, "a generator is not allowed in scripts");
  if (node.params.length > ARGUMENT_COUNT_MAX) {
    throw checker.error(node, `too many parameters (limit ${ARGUMENT_COUNT_MAX})`);
  }
  const info = newFunction(false, depth);
  node.info = info;
  checker.functions.push(info);
  if (node.type === "FunctionDeclaration" && node.id.binding !== undefined) {
    node.id.binding.declared = info;
  }
  const outer = checker.fn;
  checker.fn = info;
  checker.scopes.within(() => {
    if (node.type === "FunctionExpression" && node.id) {
      checker.declare(node.id, "self").values.push(null);
    }
    checker.scopes.within(() => checkParametersAndBody(checker, node, depth + 1));
  });
  checker.fn = outer;
}

function checkParametersAndBody(checker: Checker, node: FunctionNode, depth: number): void {
  const params: Pattern[] = node.params;
  for (const param of params) {
    for (const name of namesIn(param)) checker.declare(name, "parameter").values.push(null);
  }
  for (const param of params) checker.pattern(param, depth, null, true);
  if (node.body.type === "BlockStatement") {
    hoistVars(checker, node.body.body);
    checker.statements(node.body.body, depth);
  } else checker.expression(node.body, depth);
}
