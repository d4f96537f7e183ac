/** Operators with two sides. */
import type { Expression, PrivateIdentifier } from "acorn";
import { typeOf } from "../analyse/static_types.ts";
import type { StaticType } from "../tree.ts";
import type { Emitter } from "./emitter.ts";
import { canFail } from "./failing.ts";

/** One side: its code, and what is known of it. `node` is null for what has no expression. */
export interface Operand {
  readonly code: string;
  readonly type: StaticType;
  readonly node: Expression | null;
}

export function operandOf(emitter: Emitter, node: Expression | PrivateIdentifier): Operand {
  if (node.type === "PrivateIdentifier") throw new Error("Bug: a private name was not refused");
  return { code: emitter.expression(node), type: typeOf(node), node };
}

/** A longer string costs fuel when it is compared, which helpers see to. */
const SHORT_STRING_SIZE_MAX = 256;

const COMPARISONS = new Map([
  ["<", "$lt"],
  ["<=", "$le"],
  [">", "$gt"],
  [">=", "$ge"],
]);

export function emitBinary(
  emitter: Emitter,
  operator: string,
  left: Operand,
  right: Operand,
): string {
  const areNumbers = left.type === "number" && right.type === "number";
  switch (operator) {
    case "+":
      return emitSum(emitter, left, right);
    case "%":
      return `${emitter.helper("$mod")}(${numeric(emitter, left)},${numeric(emitter, right)})`;
    case "-":
    case "*":
    case "/":
    case "**":
    case "&":
    case "|":
    case "^":
    case "<<":
    case ">>":
    case ">>>":
      return `(${numeric(emitter, left)}${operator}${numeric(emitter, right)})`;
    case "<":
    case "<=":
    case ">":
    case ">=": {
      if (areNumbers) return `(${left.code}${operator}${right.code})`;
      const helper = emitter.helper(COMPARISONS.get(operator) as string);
      return `${helper}(${left.code},${right.code})`;
    }
    case "===":
    case "!==": {
      const isPlain = areNumbers || isPlainSide(left) || isPlainSide(right);
      if (isPlain) return `(${left.code}${operator}${right.code})`;
      const same = `${emitter.helper("$seq")}(${left.code},${right.code})`;
      return operator === "===" ? same : `(!${same})`;
    }
    case "==":
    case "!=": {
      if (isNullish(left.node) || isNullish(right.node)) {
        return `(${left.code}${operator}${right.code})`;
      }
      const equal = `${emitter.helper("$eq")}(${left.code},${right.code})`;
      return operator === "==" ? equal : `(!${equal})`;
    }
    case "in":
      return `${emitter.helper("$in")}(${left.code},${right.code})`;
    default:
      throw new Error(`Bug: operator ${operator} was not refused`);
  }
}

/** As a number: what is none is converted, and an object is an error. */
export function numeric(emitter: Emitter, { code, type }: Operand): string {
  return type === "number" ? code : `${emitter.helper("$n")}(${code})`;
}

function emitSum(emitter: Emitter, left: Operand, right: Operand): string {
  if (left.type === "number" && right.type === "number") return `(${left.code}+${right.code})`;
  if (left.type === "string") {
    const text = right.type === "string" ? right.code : `${emitter.helper("$s")}(${right.code})`;
    return `${emitter.helper("$cat")}(${left.code},${text})`;
  }
  // The right side is worked out before the left one is converted, which may be an error.
  if (right.type === "string" && right.node !== null && !canFail(right.node)) {
    return `${emitter.helper("$cat")}(${emitter.helper("$s")}(${left.code}),${right.code})`;
  }
  return `${emitter.helper("$add")}(${left.code},${right.code})`;
}

/** Whether the host's === with this on one side is the script's, whatever is on the other. */
function isPlainSide({ node, type }: Operand): boolean {
  return type === "boolean" || isNullish(node) || (node !== null && isPlainlyComparable(node));
}

/**
 * A literal that the host compares as scripts do: no large integer equals such a number, and no
 * long string is compared for free.
 */
export function isPlainlyComparable(node: Expression): boolean {
  if (isNullish(node)) return true;
  if (node.type !== "Literal") return false;
  const { value, bytes = "" } = node;
  if (typeof value === "number") return value <= Number.MAX_SAFE_INTEGER;
  if (typeof value === "string") return bytes.length <= SHORT_STRING_SIZE_MAX;
  return typeof value === "boolean";
}

function isNullish(node: Expression | null): boolean {
  if (node === null) return false;
  if (node.type === "Literal") return node.value === null;
  return node.type === "Identifier" && node.name === "undefined" && node.binding === undefined;
}
