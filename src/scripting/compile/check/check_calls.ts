/** Members and calls: which of them are the runtime's, and which a value's. */
import type {
  CallExpression,
  Expression,
  Identifier,
  MemberExpression,
  NewExpression,
  Super,
} from "acorn";
import {
  constantOf,
  functionHelper,
  isBuiltinFunction,
  isConstructor,
  isMember,
  isNamespace,
  memberHelper,
  methodKind,
} from "../builtin_names.ts";
import { ARGUMENT_COUNT_MAX } from "../limits.ts";
import type { CallTarget, NamespaceMember } from "../tree.ts";
import type { Checker } from "./checker.ts";
import { short } from "./refusals.ts";

export function checkMember(checker: Checker, node: MemberExpression, depth: number): void {
  const { object, property, computed } = node;
  if (object.type === "Identifier" && isFree(checker, object)) {
    if (isNamespace(object.name)) {
      node.member = namespaceMember(checker, node, object);
      return;
    }
    if (isBuiltinFunction(object.name)) {
      throw checker.error(node, `${object.name} has no members in scripts`);
    }
  }
  checker.expression(object, depth);
  if (computed && property.type !== "PrivateIdentifier") checker.expression(property, depth);
  else if (property.type === "Identifier") checker.checkPropertyName(property);
  else checker.refuse(property);
}

/** A name that no variable has, so that it is the runtime's or nobody's. */
function isFree(checker: Checker, node: Identifier): boolean {
  return checker.scopes.find(node.name) === undefined;
}

function namespaceMember(
  checker: Checker,
  { property, computed, optional }: MemberExpression,
  { name: namespace, start }: Identifier,
): NamespaceMember {
  const name = computed ? textOf(property) : property.type === "Identifier" ? property.name : null;
  if (name === null || optional) {
    throw checker.error({ start }, `'${namespace}' can only be used as ${namespace}.<name>`);
  }
  if (!isMember(namespace, name)) {
    const full = `${namespace}.${short(name).replace(/[^ -~]/g, "?")}`;
    throw checker.error({ start }, `${full} is not available in scripts`);
  }
  return { namespace, name };
}

function textOf(node: MemberExpression["property"]): string | null {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

export function checkCall(checker: Checker, node: CallExpression, depth: number): void {
  node.target = targetOf(checker, node, depth);
  checker.fn.calls.push(node);
  if (node.target.kind !== "command" && node.arguments.length > ARGUMENT_COUNT_MAX) {
    throw checker.error(node, `too many arguments (limit ${ARGUMENT_COUNT_MAX})`);
  }
}

function targetOf(checker: Checker, node: CallExpression, depth: number): CallTarget {
  const { callee } = node;
  if (callee.type === "Identifier" && isFree(checker, callee)) {
    return globalFunction(checker, node, callee);
  }
  checker.expression(callee, depth);
  if (callee.type !== "MemberExpression") return { kind: "value" };
  if (callee.member !== undefined) return memberTarget(checker, node, callee.member);
  if (callee.computed || callee.property.type !== "Identifier") {
    if (node.optional) throw checker.error(node, "a computed method cannot be called by '?.('");
    return { kind: "computed" };
  }
  const { name } = callee.property;
  const builtin = methodKind(name);
  if (node.optional && builtin !== "none") {
    throw checker.error(node, `a method of strings or arrays is called as '?.${name}('`);
  }
  return { kind: "method", name, builtin };
}

function globalFunction(checker: Checker, node: CallExpression, callee: Identifier): CallTarget {
  const { name } = callee;
  if (!isBuiltinFunction(name) && name !== "Array") {
    if (checker.isBuiltinName(name)) throw checker.error(callee, `'${name}' is not a function`);
    checker.checkName(callee);
    throw checker.notDefined(callee, true);
  }
  refuseOptional(checker, node);
  return { kind: "builtin", helper: functionHelper(name), suspends: false };
}

function memberTarget(
  checker: Checker,
  node: CallExpression,
  { namespace, name }: NamespaceMember,
): CallTarget {
  refuseOptional(checker, node);
  if (namespace === "redis" && (name === "call" || name === "pcall")) {
    return { kind: "command", isProtected: name === "pcall" };
  }
  const helper = constantOf(namespace, name) === undefined ? memberHelper(namespace, name) : null;
  if (helper === null) throw checker.error(node, `${namespace}.${name} is not a function`);
  return { kind: "builtin", ...helper };
}

function refuseOptional(checker: Checker, node: CallExpression): void {
  if (node.optional) throw checker.error(node, "a function of the runtime is always there");
}

export function checkNew(checker: Checker, node: NewExpression): void {
  const callee: Expression | Super = node.callee;
  const isName = callee.type === "Identifier" && isFree(checker, callee);
  if (!isName || !isConstructor(callee.name)) {
    if (isName && !checker.isBuiltinName(callee.name)) throw checker.notDefined(callee);
    throw checker.error(node, "'new' is only for Error, TypeError, RangeError and Array");
  }
  if (node.arguments.length > ARGUMENT_COUNT_MAX) {
    throw checker.error(node, `too many arguments (limit ${ARGUMENT_COUNT_MAX})`);
  }
}
