/**
 * Whether an expression can end in an error or call something: only then is it worth telling the
 * line.
 */
import type { Expression, PrivateIdentifier } from "acorn";
import { typeOf } from "../analyse/static_types.ts";

export function canFail(node: Expression | PrivateIdentifier): boolean {
  switch (node.type) {
    case "Literal":
    case "Identifier":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return false;
    case "UpdateExpression":
      return node.argument.type !== "Identifier" || typeOf(node.argument) !== "number";
    case "BinaryExpression":
      return canFail(node.left) || canFail(node.right) || !areNumbers(node.left, node.right);
    case "AssignmentExpression": {
      const { left, right, operator } = node;
      if (left.type !== "Identifier" || canFail(right)) return true;
      return operator !== "=" && !areNumbers(left, right);
    }
    case "UnaryExpression":
      return (node.operator !== "!" && node.operator !== "typeof") || canFail(node.argument);
    case "ConditionalExpression":
      return canFail(node.test) || canFail(node.consequent) || canFail(node.alternate);
    case "LogicalExpression":
      return canFail(node.left) || canFail(node.right);
    default:
      return true;
  }
}

function areNumbers(left: Expression | PrivateIdentifier, right: Expression): boolean {
  return typeOf(left) === "number" && typeOf(right) === "number";
}
