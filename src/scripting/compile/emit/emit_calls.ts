/** Members and calls, with `?.` or without. */
import type { CallExpression, Expression, MemberExpression, NewExpression, Super } from "acorn";
import { constantOf, functionHelper, methodHelper } from "../builtin_names.ts";
import { type CallTarget, directCallee, type NamespaceMember } from "../tree.ts";
import { computedKey, memberKey } from "./emit_patterns.ts";
import type { Emitter } from "./emitter.ts";
import { numberCode, stringCode } from "./literals.ts";

/** A whole chain: with a `?.` in it, it is undefined where what stands before is null. */
export function emitChain(emitter: Emitter, node: Expression): string {
  const guards: string[] = [];
  const code = link(emitter, node, guards);
  return guards.length === 0 ? code : `((${guards.join("||")})?undefined:${code})`;
}

/** `guards` gets a test for each `?.` in what comes before, in order. */
function link(emitter: Emitter, node: Expression | Super, guards: string[]): string {
  if (node.type === "MemberExpression") return emitMember(emitter, node, guards);
  if (node.type === "CallExpression") return emitter.looked(emitCall(emitter, node, guards));
  return emitter.expression(node);
}

/** The code again, after a test whether it is null if it may be. */
function guarded(emitter: Emitter, isOptional: boolean, code: string, guards: string[]): string {
  if (!isOptional) return code;
  const kept = emitter.temporary();
  guards.push(`(${kept}=${code})==null`);
  return kept;
}

function emitMember(emitter: Emitter, node: MemberExpression, guards: string[]): string {
  if (node.member !== undefined) return emitNamespaceMember(emitter, node.member);
  const vector = vectorOf(node.object);
  if (vector !== null) return emitVectorMember(emitter, node, vector);
  const object = guarded(emitter, node.optional, link(emitter, node.object, guards), guards);
  if (node.computed) return `${emitter.helper("$get")}(${object},${computedKey(emitter, node)})`;
  const key = memberKey(node);
  if (node.property.type === "Identifier" && node.property.name === "length") {
    return `${emitter.helper("$len")}(${object})`;
  }
  const isName = /^[vt]\d+$/.test(object);
  const kept = isName ? object : emitter.temporary();
  const test = `${isName ? object : `(${kept}=${object})`} instanceof ${emitter.helper("$O")}`;
  return `(${test}?${kept}[${key}]:${emitter.helper("$gp")}(${kept},${key}))`;
}

function emitNamespaceMember(emitter: Emitter, { namespace, name }: NamespaceMember): string {
  const value = constantOf(namespace, name);
  if (typeof value === "number") return numberCode(value);
  if (typeof value === "string") return stringCode(value);
  return `${emitter.helper("$fv")}[${stringCode(`${namespace}.${name}`)}]`;
}

/** KEYS or ARGV, as generated code calls them; null if it is neither. */
function vectorOf(node: Expression | Super): string | null {
  if (node.type !== "Identifier" || node.binding !== undefined) return null;
  return node.name === "KEYS" ? "$K" : node.name === "ARGV" ? "$A" : null;
}

/** KEYS[1] needs no helper: what is beyond the end is undefined. */
function emitVectorMember(emitter: Emitter, node: MemberExpression, vector: string): string {
  const { property, computed } = node;
  if (!computed) {
    if (property.type === "Identifier" && property.name === "length") {
      return `(${vector}.a.length-1)`;
    }
    return `${emitter.helper("$gp")}(${vector},${memberKey(node)})`;
  }
  const index = property.type === "Literal" ? property.value : null;
  if (typeof index === "number" && Number.isInteger(index) && index > 0) {
    return `${vector}.a[${index}]`;
  }
  const key = typeof index === "number" ? numberCode(index) : computedKey(emitter, node);
  return `${emitter.helper("$keys1")}(${key},${vector})`;
}

/** With a comma before each, to come after what the runtime adds. */
function laterArguments(emitter: Emitter, nodes: CallExpression["arguments"]): string {
  return nodes.length === 0 ? "" : `,${firstArguments(emitter, nodes, "$spreadArgs")}`;
}

/**
 * Arguments lie on the host's stack: several spreads are put together first, so that the limit is
 * for all of a call. Else a leaf could be called with so many that a command inside has no stack.
 */
function firstArguments(emitter: Emitter, nodes: CallExpression["arguments"], spread: string) {
  const code = nodes.map((node) => argument(emitter, node, spread)).join(",");
  const spreadCount = nodes.filter(({ type }) => type === "SpreadElement").length;
  if (spread !== "$spreadArgs" || spreadCount < 2) return code;
  return `...${emitter.helper(spread)}([${code}])`;
}

function argument(
  emitter: Emitter,
  node: CallExpression["arguments"][number],
  spread: string,
): string {
  if (node.type !== "SpreadElement") return emitter.expression(node);
  return `...${emitter.helper(spread)}(${emitter.expression(node.argument)})`;
}

function emitCall(emitter: Emitter, node: CallExpression, guards: string[]): string {
  const target = node.target as CallTarget;
  switch (target.kind) {
    case "command": {
      const values = firstArguments(emitter, node.arguments, "$spread");
      const line = emitter.source.line(node.start);
      return `${emitter.helper("$call")}(${line},[${values}],${target.isProtected})`;
    }
    case "builtin": {
      const helper = emitter.helper(target.helper);
      if (target.suspends) {
        return `(yield* ${helper}($d${laterArguments(emitter, node.arguments)}))`;
      }
      return `${helper}(${firstArguments(emitter, node.arguments, "$spreadArgs")})`;
    }
    case "method":
      return emitMethod(emitter, node, target, guards);
    case "computed": {
      const callee = node.callee as MemberExpression;
      const object = receiver(emitter, callee, guards);
      const key = computedKey(emitter, callee);
      const values = laterArguments(emitter, node.arguments);
      return `(yield* ${emitter.helper("$cd")}($d,${object},${key}${values}))`;
    }
    case "value":
      return emitValueCall(emitter, node, guards);
  }
}

function receiver(emitter: Emitter, callee: MemberExpression, guards: string[]): string {
  return guarded(emitter, callee.optional, link(emitter, callee.object, guards), guards);
}

/**
 * `value.name(...)`. A plain built-in gives `$U` if the value is an object that has a function of
 * this name: then that one is called, by `$cu`. Where nothing may stop, that is an error (`$nu`).
 */
function emitMethod(
  emitter: Emitter,
  node: CallExpression,
  { name, builtin }: Extract<CallTarget, { kind: "method" }>,
  guards: string[],
): string {
  const callee = node.callee as MemberExpression;
  const object = receiver(emitter, callee, guards);
  const key = memberKey(callee);
  if (node.optional) {
    const own = guarded(emitter, true, `${emitter.helper("$gp")}(${object},${key})`, guards);
    return running(emitter, `${emitter.helper("$fn")}(${own})`, node);
  }
  const values = laterArguments(emitter, node.arguments);
  if (builtin === "suspending") {
    return `(yield* ${emitter.helper(methodHelper(name, builtin))}($d,${object}${values}))`;
  }
  const call =
    builtin === "plain"
      ? `${emitter.helper(methodHelper(name, builtin))}(${object}${values})`
      : `${emitter.helper("$cm")}(${object},${key}${values})`;
  if (!emitter.fn.suspends) return `${emitter.helper("$nu")}(${call})`;
  const result = emitter.temporary();
  const own = `yield* ${emitter.helper("$cu")}($d)`;
  return `((${result}=${call})===${emitter.helper("$U")}?${own}:${result})`;
}

function emitValueCall(emitter: Emitter, node: CallExpression, guards: string[]): string {
  const direct = directCallee(node);
  if (direct !== null) {
    const code = `${emitter.expression(node.callee)}($d${laterArguments(emitter, node.arguments)})`;
    return direct.suspends ? `(yield* ${code})` : code;
  }
  const callee = guarded(emitter, node.optional, link(emitter, node.callee, guards), guards);
  return running(emitter, `${emitter.helper("$fn")}(${callee})`, node);
}

/** The call of a function that may be plain or a generator. */
function running(emitter: Emitter, callee: string, node: CallExpression): string {
  const result = emitter.temporary();
  const code = `${callee}($d${laterArguments(emitter, node.arguments)})`;
  return `((${result}=${code}) instanceof ${emitter.helper("$G")}?yield* ${result}:${result})`;
}

export function emitNew(emitter: Emitter, node: NewExpression): string {
  const { callee } = node;
  if (callee.type !== "Identifier") throw new Error(`Bug: new ${callee.type} was not refused`);
  const helper = emitter.helper(functionHelper(callee.name));
  return `${helper}(${firstArguments(emitter, node.arguments, "$spreadArgs")})`;
}
