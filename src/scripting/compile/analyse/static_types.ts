/**
 * What values are for certain, so that no guard need look: of all that is assigned to a variable,
 * wherever that is. On any doubt it is "unknown". Guards on members never depend on this; but where
 * both sides of `+` are numbers for certain the host's own `+` is emitted, so an error here could
 * have the host convert a script's object.
 */
import type {
  AssignmentExpression,
  BinaryExpression,
  CallExpression,
  Expression,
  PrivateIdentifier,
} from "acorn";
import { constantOf } from "../builtin_names.ts";
import type { Binding, NamespaceMember, StaticType } from "../tree.ts";

/** Rounds until types settle; few scripts need more than three, and then they stay unknown. */
const ROUNDS_MAX = 6;

const NUMBER_OPERATORS = new Set(["-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>"]);

/** Of functions that are no members: those that return the same type whatever they are given. */
const RESULTS = new Map<string, StaticType>([
  ["$gf_Number", "number"],
  ["$gf_parseInt", "number"],
  ["$gf_parseFloat", "number"],
  ["$gf_String", "string"],
]);

/** Sets the types of all variables. */
export function inferTypes(bindings: readonly Binding[]): void {
  let changes = true;
  for (let round = 0; changes && round < ROUNDS_MAX; round++) {
    changes = false;
    for (const binding of bindings) {
      const type = binding.values.reduce<StaticType>(
        (sum, value) => joined(sum, value === null ? "unknown" : typeOf(value)),
        "never",
      );
      changes ||= type !== binding.type;
      binding.type = type;
    }
  }
  for (const binding of bindings) {
    if (changes || binding.type === "never") binding.type = "unknown";
  }
}

/** The type of what is one or the other. */
function joined(one: StaticType, other: StaticType): StaticType {
  if (one === other || other === "never") return one;
  return one === "never" ? other : "unknown";
}

export function typeOf(node: Expression | PrivateIdentifier): StaticType {
  switch (node.type) {
    case "Literal":
      return typeOfValue(node.value);
    case "TemplateLiteral":
      return "string";
    case "Identifier":
      if (node.binding !== undefined) return node.binding.type;
      return node.name === "NaN" || node.name === "Infinity" ? "number" : "unknown";
    case "UnaryExpression":
      return typeOfUnary(node.operator);
    case "UpdateExpression":
      return "number";
    case "BinaryExpression":
      return typeOfBinary(node.operator, node.left, node.right);
    case "AssignmentExpression":
      return typeOfAssignment(node);
    case "ConditionalExpression":
      return joined(typeOf(node.consequent), typeOf(node.alternate));
    case "LogicalExpression":
      return joined(typeOf(node.left), typeOf(node.right));
    case "SequenceExpression":
      return typeOf(node.expressions[node.expressions.length - 1]);
    case "CallExpression":
      return typeOfCall(node);
    case "MemberExpression":
      return node.member === undefined ? "unknown" : typeOfMember(node.member);
    default:
      return "unknown";
  }
}

function typeOfValue(value: unknown): StaticType {
  const type = typeof value;
  return type === "number" || type === "string" || type === "boolean" ? type : "unknown";
}

function typeOfUnary(operator: string): StaticType {
  if (operator === "-" || operator === "+" || operator === "~") return "number";
  if (operator === "!" || operator === "delete") return "boolean";
  return operator === "typeof" ? "string" : "unknown";
}

/** Of what an operator with two sides gives. */
function typeOfBinary(
  operator: string,
  left: BinaryExpression["left"],
  right: Expression,
): StaticType {
  if (NUMBER_OPERATORS.has(operator)) return "number";
  if (operator !== "+") return "boolean";
  const one = typeOf(left);
  const other = typeOf(right);
  if (one === "string" || other === "string") return "string";
  if (one === "never" || other === "never") return "never";
  return one === "number" && other === "number" ? "number" : "unknown";
}

function typeOfAssignment({ operator, left, right }: AssignmentExpression): StaticType {
  if (operator === "=") return typeOf(right);
  const isLogical = operator === "&&=" || operator === "||=" || operator === "??=";
  if (left.type !== "Identifier") {
    if (isLogical) return "unknown";
    return NUMBER_OPERATORS.has(operator.slice(0, -1)) ? "number" : "unknown";
  }
  if (isLogical) return joined(typeOf(left), typeOf(right));
  return typeOfBinary(operator.slice(0, -1), left, right);
}

function typeOfCall({ target, callee }: CallExpression): StaticType {
  if (target?.kind !== "builtin") return "unknown";
  if (callee.type === "MemberExpression" && callee.member?.namespace === "Math") return "number";
  return RESULTS.get(target.helper) ?? "unknown";
}

function typeOfMember({ namespace, name }: NamespaceMember): StaticType {
  return typeOfValue(constantOf(namespace, name));
}
