/** Assignments, and ++ and --. */
import type { AssignmentExpression, MemberExpression, UpdateExpression } from "acorn";
import { typeOf } from "../analyse/static_types.ts";
import type { Binding } from "../tree.ts";
import { emitBinary, operandOf } from "./emit_operators.ts";
import { computedKey, memberKey, setMember } from "./emit_patterns.ts";
import type { Emitter } from "./emitter.ts";

export function emitAssignment(emitter: Emitter, node: AssignmentExpression): string {
  const { operator, left, right } = node;
  const isLogical = operator === "&&=" || operator === "||=" || operator === "??=";
  if (left.type === "Identifier") {
    const { emitted } = left.binding as Binding;
    if (operator === "=" || isLogical) return `(${emitted}${operator}${emitter.expression(right)})`;
    const value = operandOf(emitter, right);
    const result = emitBinary(emitter, operator.slice(0, -1), operandOf(emitter, left), value);
    return `(${emitted}=${result})`;
  }
  if (left.type === "MemberExpression") {
    if (operator === "=") return setMember(emitter, left, emitter.expression(right));
    const { before, object, key, old } = readMember(emitter, left);
    const set = (value: string) => `${emitter.helper("$sp")}(${object},${key},${value})`;
    const value = operandOf(emitter, right);
    if (isLogical) return `(${before},(${old}${operator.slice(0, -1)}${set(value.code)}))`;
    const member = { code: old, type: "unknown", node: null } as const;
    return `(${before},${set(emitBinary(emitter, operator.slice(0, -1), member, value))})`;
  }
  const kept = emitter.temporary();
  const steps = emitter.pattern(left, kept);
  emitter.keepTemporaries(steps);
  const parts = steps.map(({ target, value }) => `(${target}=${value})`);
  return `(${[`(${kept}=${emitter.expression(right)})`, ...parts, kept].join(",")})`;
}

export function emitUpdate(emitter: Emitter, node: UpdateExpression): string {
  const { argument, operator, prefix } = node;
  const sign = operator === "++" ? "+" : "-";
  if (argument.type === "Identifier") {
    const { emitted } = argument.binding as Binding;
    if (typeOf(argument) === "number") {
      return prefix ? `(${operator}${emitted})` : `(${emitted}${operator})`;
    }
    const number = `${emitter.helper("$n")}(${emitted})`;
    if (prefix) return `(${emitted}=${number}${sign}1)`;
    const old = emitter.temporary();
    return `((${old}=${number}),(${emitted}=${old}${sign}1),${old})`;
  }
  const { before, object, key, old } = readMember(emitter, argument as MemberExpression);
  const number = emitter.temporary();
  const set = `${emitter.helper("$sp")}(${object},${key},${number}${sign}1)`;
  const result = prefix ? `${number}${sign}1` : number;
  return `(${before},(${number}=${emitter.helper("$n")}(${old})),${set},${result})`;
}

interface ReadMember {
  /** Works the object, the key and the old value out, once. */
  readonly before: string;
  readonly object: string;
  readonly key: string;
  readonly old: string;
}

function readMember(emitter: Emitter, node: MemberExpression): ReadMember {
  const object = emitter.temporary();
  const old = emitter.temporary();
  let before = `(${object}=${emitter.expression(node.object)})`;
  const key = node.computed ? emitter.temporary() : memberKey(node);
  if (node.computed) {
    before += `,(${key}=${emitter.helper("$key")}(${computedKey(emitter, node)}))`;
  }
  before += `,(${old}=${emitter.helper("$gp")}(${object},${key}))`;
  return { before, object, key, old };
}
