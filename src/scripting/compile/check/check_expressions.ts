/** Which expressions a script may have, and what the names in them are. */
import type {
  AssignmentExpression,
  BinaryExpression,
  Expression,
  Identifier,
  Literal,
  ObjectExpression,
  SpreadElement,
  Super,
  TemplateLiteral,
  UnaryExpression,
  UpdateExpression,
} from "acorn";
import { isBuiltinFunction, isNamespace } from "../builtin_names.ts";
import { bytesOfLiteral } from "../parse/string_bytes.ts";
import { checkCall, checkMember, checkNew } from "./check_calls.ts";
import { checkPropertyKey } from "./check_patterns.ts";
import type { Checker } from "./checker.ts";

export function checkExpression(checker: Checker, node: Expression | Super, depth: number): void {
  checker.enter(node, depth);
  const inner = depth + 1;
  const each = (nodes: readonly (Expression | SpreadElement | null)[]) => {
    for (const part of nodes) {
      if (part !== null) {
        checker.expression(part.type === "SpreadElement" ? part.argument : part, inner);
      }
    }
  };
  switch (node.type) {
    case "Literal":
      checkLiteral(checker, node);
      break;
    case "TemplateLiteral":
      checkTemplate(checker, node, inner);
      break;
    case "Identifier":
      checkName(checker, node);
      break;
    case "ArrayExpression":
      each(node.elements);
      break;
    case "ObjectExpression":
      checkObject(checker, node, inner);
      break;
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      checker.function(node, depth);
      break;
    case "UnaryExpression":
      checkUnary(checker, node, inner);
      break;
    case "UpdateExpression":
      checkUpdate(checker, node, inner);
      break;
    case "BinaryExpression":
      checkBinary(checker, node, inner);
      break;
    case "LogicalExpression":
      each([node.left, node.right]);
      break;
    case "ConditionalExpression":
      each([node.test, node.consequent, node.alternate]);
      break;
    case "SequenceExpression":
      each(node.expressions);
      break;
    case "AssignmentExpression":
      checkAssignment(checker, node, inner);
      break;
    case "ChainExpression":
      checker.expression(node.expression, inner);
      break;
    case "MemberExpression":
      checkMember(checker, node, inner);
      break;
    case "CallExpression":
      checkCall(checker, node, inner);
      each(node.arguments);
      break;
    case "NewExpression":
      checkNew(checker, node);
      each(node.arguments);
      break;
    default:
      checker.refuse(node);
  }
}

function checkLiteral(checker: Checker, node: Literal): void {
  const { value, raw = "" } = node;
  if (typeof value === "string") {
    node.bytes = bytesOfLiteral(raw.slice(1, -1));
    checker.mayNameMethod(node.bytes);
  } else if (typeof value === "number") checkNumber(checker, node, value, raw);
  else if (value !== null && typeof value !== "boolean") {
    throw checker.error(node, "a BigInt is not allowed in scripts");
  } else if (node.regex) checker.refuse(node);
}

/** An integer is never rounded in silence, neither where it is written. */
function checkNumber(checker: Checker, node: Literal, value: number, raw: string): void {
  if (value <= Number.MAX_SAFE_INTEGER) return;
  const digits = raw.replaceAll("_", "");
  if (!/^(?:\d+|0[xXoObB][\da-fA-F]+)$/.test(digits)) return; // a fraction, or an exponent
  if (value !== Number.POSITIVE_INFINITY && BigInt(digits) === BigInt(value)) return;
  throw checker.error(
    node,
    "this integer is beyond 2^53 and would be rounded; write it as a string",
  );
}

function checkTemplate(checker: Checker, node: TemplateLiteral, depth: number): void {
  for (const quasi of node.quasis) {
    quasi.bytes = bytesOfLiteral(quasi.value.raw);
    checker.mayNameMethod(quasi.bytes);
  }
  for (const part of node.expressions) checker.expression(part, depth);
}

function checkName(checker: Checker, node: Identifier): void {
  const binding = checker.scopes.find(node.name);
  if (binding !== undefined) {
    node.binding = binding;
    return;
  }
  checker.checkName(node);
  if (!checker.isBuiltinName(node.name)) throw checker.notDefined(node);
  if (isNamespace(node.name) && !isBuiltinFunction(node.name)) {
    throw checker.error(node, `'${node.name}' can only be used as ${node.name}.<name>`);
  }
}

function checkObject(checker: Checker, node: ObjectExpression, depth: number): void {
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      checker.expression(property.argument, depth);
      continue;
    }
    if (property.kind !== "init") {
      throw checker.error(property, "getters and setters are not allowed in scripts");
    }
    checkPropertyKey(checker, property, depth);
    checker.expression(property.value, depth);
  }
}

function checkUnary(checker: Checker, node: UnaryExpression, depth: number): void {
  const { operator, argument } = node;
  if (operator === "delete") {
    if (argument.type !== "MemberExpression") {
      throw checker.error(node, "'delete' needs a property");
    }
    checker.expression(argument, depth);
    checker.checkMemberAssignable(argument);
    return;
  }
  const isFree = argument.type === "Identifier" && checker.scopes.find(argument.name) === undefined;
  if (operator === "typeof" && isFree) {
    checker.checkName(argument);
    node.known = typeOfName(checker, argument.name);
  } else checker.expression(argument, depth);
}

/** What `typeof` says of a name that is no variable: an error only for all else. */
function typeOfName(checker: Checker, name: string): string {
  if (!checker.isBuiltinName(name)) return "undefined";
  if (isBuiltinFunction(name) || name === "Array" || name === "Object") return "function";
  if (name === "NaN" || name === "Infinity") return "number";
  return name === "undefined" ? "undefined" : "object";
}

function checkUpdate(checker: Checker, node: UpdateExpression, depth: number): void {
  const { argument } = node;
  if (argument.type === "Identifier") checker.assigned(argument).values.push(node);
  else if (argument.type === "MemberExpression") {
    checker.expression(argument, depth);
    checker.checkMemberAssignable(argument);
  } else checker.refuse(node);
}

function checkBinary(checker: Checker, node: BinaryExpression, depth: number): void {
  if (node.operator === "instanceof") {
    throw checker.error(node, "'instanceof' is not allowed in scripts");
  }
  if (node.left.type === "PrivateIdentifier") checker.refuse(node.left);
  checker.expression(node.left, depth);
  checker.expression(node.right, depth);
}

function checkAssignment(checker: Checker, node: AssignmentExpression, depth: number): void {
  const { left, right, operator } = node;
  checker.expression(right, depth);
  if (operator === "=") checker.pattern(left, depth, right, false);
  else if (left.type === "Identifier") checker.assigned(left).values.push(node);
  else if (left.type === "MemberExpression") checker.pattern(left, depth, null, false);
  else checker.refuse(node);
}
