/**
 * The tree of a script: acorn's, in which checking notes what each name and call is. What is noted
 * here is all that the emitter knows of names and strings; of the text it sees nothing.
 */
import type {
  AnyNode,
  ArrowFunctionExpression,
  CallExpression,
  Expression,
  FunctionDeclaration,
  FunctionExpression,
} from "acorn";

declare module "acorn" {
  interface Identifier {
    /** Of a variable; a name without one is of those that every script has. */
    binding?: Binding;
  }
  interface Literal {
    /** Of a string. */
    bytes?: string;
  }
  interface TemplateElement {
    bytes?: string;
  }
  interface MemberExpression {
    /** Of a member of a namespace, as Math.max. */
    member?: NamespaceMember;
  }
  interface UnaryExpression {
    /** What `typeof` of a name without a variable is. */
    known?: string;
  }
  interface CallExpression {
    target?: CallTarget;
  }
  interface Function {
    info?: FunctionInfo;
  }
  interface Program {
    info?: FunctionInfo;
  }
  interface LabeledStatement {
    /** A number that tells it from all other labels. */
    number?: number;
  }
  interface BreakStatement {
    number?: number;
  }
  interface ContinueStatement {
    number?: number;
  }
}

export type FunctionNode = FunctionDeclaration | FunctionExpression | ArrowFunctionExpression;

/** What a value is for certain: "never" has not been found out yet. */
export type StaticType = "unknown" | "number" | "string" | "boolean" | "never";

/** A variable. */
export interface Binding {
  readonly name: string;
  /** What generated code calls it: a letter and a number, so nothing of its name. */
  readonly emitted: string;
  readonly kind: "let" | "const" | "var" | "parameter" | "function" | "self";
  /** All that is assigned to it; null for what nothing is known of. */
  readonly values: (Expression | null)[];
  type: StaticType;
  /** The function that was declared by this name; null for other variables. */
  declared: FunctionInfo | null;
  isReassigned: boolean;
  /** The number of the scope that it is in. */
  readonly scope: number;
}

/** A function, or the script itself. */
export interface FunctionInfo {
  readonly isMain: boolean;
  /** How deep its text is nested around it, and how deep it is itself. */
  readonly depth: number;
  nesting: number;
  variableCount: number;
  /** Variables declared by `var`, which are there from its beginning. */
  readonly vars: Binding[];
  hasLoop: boolean;
  /** Of those that can take long with a long value. */
  operationCount: number;
  readonly calls: CallExpression[];
  /** Whether it can stop in its middle, and so has to be a generator. */
  suspends: boolean;
  /** Names that the emitter needs in it for values in between. */
  readonly temporaries: string[];
  /** Variables of numbers that are there where the emitter is. */
  readonly liveNumbers: Binding[];
  /** Operations since the emitted code has last looked at the fuel. */
  unlookedCount: number;
}

/** A member of a namespace, and the helper that a call of it calls. */
export interface NamespaceMember {
  readonly namespace: string;
  readonly name: string;
}

/** What a call calls. */
export type CallTarget =
  | { readonly kind: "command"; readonly isProtected: boolean }
  /** A function of the runtime; one that suspends is a generator. */
  | { readonly kind: "builtin"; readonly helper: string; readonly suspends: boolean }
  /** `value.name(...)`: "none" is a method that no string, array or number has. */
  | { readonly kind: "method"; readonly name: string; readonly builtin: MethodKind }
  | { readonly kind: "computed" }
  | { readonly kind: "value" };

export type MethodKind = "plain" | "suspending" | "none";

export function newFunction(isMain: boolean, depth: number): FunctionInfo {
  return {
    isMain,
    depth,
    nesting: 0,
    variableCount: 0,
    vars: [],
    hasLoop: false,
    operationCount: 0,
    calls: [],
    suspends: false,
    temporaries: [],
    liveNumbers: [],
    unlookedCount: 0,
  };
}

const OPERATIONS = new Set([
  "ArrayExpression",
  "ArrayPattern",
  "AssignmentExpression",
  "BinaryExpression",
  "CallExpression",
  "NewExpression",
  "ObjectExpression",
  "ObjectPattern",
  "TemplateLiteral",
]);

/** Whether a node takes the longer the longer its values are. */
export const isOperation = (node: AnyNode): boolean => OPERATIONS.has(node.type);

/** The declared function that a call calls without doubt; null if its value decides. */
export function directCallee(call: CallExpression): FunctionInfo | null {
  const { callee } = call;
  if (call.optional || callee.type !== "Identifier" || callee.binding === undefined) return null;
  return callee.binding.isReassigned ? null : callee.binding.declared;
}
