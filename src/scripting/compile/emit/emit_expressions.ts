/** Expressions other than calls and assignments. */
import type {
  ArrayExpression,
  Expression,
  Identifier,
  Literal,
  ObjectExpression,
  Super,
  TemplateLiteral,
  UnaryExpression,
} from "acorn";
import { typeOf } from "../analyse/static_types.ts";
import { isBuiltinFunction } from "../builtin_names.ts";
import { emitAssignment, emitUpdate } from "./emit_assignments.ts";
import { emitChain, emitNew } from "./emit_calls.ts";
import { emitBinary, numeric, operandOf } from "./emit_operators.ts";
import { computedKey, keyCode, memberKey } from "./emit_patterns.ts";
import type { Emitter } from "./emitter.ts";
import { numberCode, stringCode } from "./literals.ts";

/** Objects with more properties than this are made one by one: arguments lie on the stack. */
const OBJECT_ARGUMENTS_MAX = 60;

export function emitExpression(emitter: Emitter, node: Expression | Super): string {
  switch (node.type) {
    case "Literal":
      return emitLiteral(emitter, node);
    case "TemplateLiteral":
      return emitTemplate(emitter, node);
    case "Identifier":
      return emitName(emitter, node);
    case "ArrayExpression":
      return emitArray(emitter, node);
    case "ObjectExpression":
      return emitObject(emitter, node);
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return `(${emitter.function(node)})`;
    case "UnaryExpression":
      return emitUnary(emitter, node);
    case "UpdateExpression":
      return emitUpdate(emitter, node);
    case "BinaryExpression": {
      const left = operandOf(emitter, node.left);
      return emitBinary(emitter, node.operator, left, operandOf(emitter, node.right));
    }
    case "LogicalExpression":
      return `(${emitter.expression(node.left)}${node.operator}${emitter.expression(node.right)})`;
    case "ConditionalExpression": {
      const test = emitter.expression(node.test);
      const yes = emitter.expression(node.consequent);
      return `(${test}?${yes}:${emitter.expression(node.alternate)})`;
    }
    case "SequenceExpression":
      return `(${node.expressions.map((part) => emitter.expression(part)).join(",")})`;
    case "AssignmentExpression":
      return emitAssignment(emitter, node);
    case "ChainExpression":
      return emitChain(emitter, node.expression);
    case "MemberExpression":
    case "CallExpression":
      return emitChain(emitter, node);
    case "NewExpression":
      return emitNew(emitter, node);
    default:
      throw new Error(`Bug: ${node.type} was not refused`);
  }
}

function emitLiteral(emitter: Emitter, node: Literal): string {
  const { value, bytes } = node;
  if (bytes !== undefined) return emitter.constant(bytes, node) ?? stringCode(bytes);
  if (typeof value === "number") return emitter.constant(value, node) ?? numberCode(value);
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  throw new Error(`Bug: a literal of ${typeof value} was not refused`);
}

/** A part of a template. */
const emitString = (emitter: Emitter, bytes: string): string =>
  emitter.constant(bytes, null) ?? stringCode(bytes);

function emitTemplate(emitter: Emitter, { quasis, expressions }: TemplateLiteral): string {
  const before = quasis[0].bytes as string;
  let code = before === "" ? '""' : emitString(emitter, before);
  for (const [index, part] of expressions.entries()) {
    const value = emitter.expression(part);
    const text = typeOf(part) === "string" ? value : `${emitter.helper("$s")}(${value})`;
    code = code === '""' ? text : `${emitter.helper("$cat")}(${code},${text})`;
    const after = quasis[index + 1].bytes as string;
    if (after !== "") code = `${emitter.helper("$cat")}(${code},${emitString(emitter, after)})`;
  }
  return code;
}

/** A name is a variable's number, or one of these. */
function emitName(emitter: Emitter, { name, binding }: Identifier): string {
  if (binding !== undefined) return binding.emitted;
  switch (name) {
    case "undefined":
      return "undefined";
    case "NaN":
      return numberCode(Number.NaN);
    case "Infinity":
      return numberCode(Number.POSITIVE_INFINITY);
    case "KEYS":
      return "$K";
    case "ARGV":
      return "$A";
  }
  if (!isBuiltinFunction(name)) throw new Error("Bug: a name that is not defined was not refused");
  return `${emitter.helper("$fv")}[${stringCode(name)}]`;
}

function emitArray(emitter: Emitter, node: ArrayExpression): string {
  const parts = node.elements.map((element) => {
    if (element === null) return "undefined"; // arrays have no holes
    if (element.type !== "SpreadElement") return emitter.expression(element);
    return `...${emitter.helper("$spread")}(${emitter.expression(element.argument)})`;
  });
  return `${emitter.helper("$arr")}([${parts.join(",")}])`;
}

function emitObject(emitter: Emitter, { properties }: ObjectExpression): string {
  const isPlain = properties.every((part) => part.type === "Property" && !part.computed);
  if (isPlain && properties.length <= OBJECT_ARGUMENTS_MAX) {
    const parts = properties.flatMap((part) => {
      if (part.type !== "Property") return [];
      return [keyCode(part.key), emitter.expression(part.value)];
    });
    return `${emitter.helper("$obj")}(${parts.join(",")})`;
  }
  const object = emitter.temporary();
  const parts = properties.map((part) => {
    if (part.type === "SpreadElement") {
      return `${emitter.helper("$os")}(${object},${emitter.expression(part.argument)})`;
    }
    const key = part.computed ? emitter.expression(part.key) : keyCode(part.key);
    return `${emitter.helper("$oa")}(${object},${key},${emitter.expression(part.value)})`;
  });
  return `(${[`${object}=new ${emitter.helper("$O")}()`, ...parts, object].join(",")})`;
}

function emitUnary(emitter: Emitter, node: UnaryExpression): string {
  const { operator, argument, known } = node;
  if (known !== undefined) return stringCode(known);
  switch (operator) {
    case "!":
      return `(!${emitter.expression(argument)})`;
    case "-":
    case "+":
    case "~":
      return `(${operator}${numeric(emitter, operandOf(emitter, argument))})`;
    case "typeof":
      return `(typeof ${emitter.expression(argument)})`;
    case "void":
      return `(${emitter.expression(argument)},undefined)`;
    case "delete": {
      if (argument.type !== "MemberExpression") throw new Error("Bug: delete was not refused");
      const object = emitter.expression(argument.object);
      const key = argument.computed ? computedKey(emitter, argument) : memberKey(argument);
      return `${emitter.helper("$del")}(${object},${key})`;
    }
  }
}
