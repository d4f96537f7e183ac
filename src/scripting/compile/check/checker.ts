/**
 * What the parts of checking share: where they are, what is declared there, and each other, since
 * statements hold expressions and these hold functions. Whatever no part knows is refused, so what
 * JavaScript adds in later years does not get in by itself.
 */
import type {
  AnyNode,
  Expression,
  Identifier,
  MemberExpression,
  Pattern,
  Statement,
  Super,
} from "acorn";
import { isBuiltinFunction, isNamespace, methodKind } from "../builtin_names.ts";
import type { CompileError } from "../compile_error.ts";
import {
  NESTING_MAX,
  NODE_COUNT_MAX,
  SCRIPT_VARIABLE_COUNT_MAX,
  VARIABLE_COUNT_MAX,
} from "../limits.ts";
import { luaMessage } from "../parse/lua.ts";
import type { SourceText } from "../source_text.ts";
import {
  type Binding,
  type FunctionInfo,
  type FunctionNode,
  isOperation,
  newFunction,
} from "../tree.ts";
import { Labels } from "./labels.ts";
import { nodeRefused, short, undefinedName } from "./refusals.ts";
import { Scopes } from "./scopes.ts";

/** Names that JavaScript gives a meaning that scripts do not have. */
const RESERVED = new Set(["arguments", "eval"]);
const NAME = /^[A-Za-z_$][\w$]*$/;

export abstract class Checker {
  readonly scopes = new Scopes();
  readonly bindings: Binding[] = [];
  readonly functions: FunctionInfo[] = [];
  /** Names of built-in methods that the script may give to functions of its own objects. */
  readonly ownMethodNames = new Set<string>();
  readonly labels = new Labels();
  fn = newFunction(true, 0);
  private nodeCount = 0;
  private labelCount = 0;

  readonly source: SourceText;
  readonly kind: "script" | "library";

  constructor(source: SourceText, kind: "script" | "library") {
    this.source = source;
    this.kind = kind;
    this.functions.push(this.fn);
  }

  abstract statement(node: Statement, depth: number): void;
  /** The statements of a block, whose declarations are its own. */
  abstract statements(nodes: readonly Statement[], depth: number): void;
  abstract expression(node: Expression | Super, depth: number): void;
  abstract function(node: FunctionNode, depth: number): void;
  /**
   * What is assigned to; `value` is the expression if the whole of it is assigned, null if nothing
   * is known of it. In a declaration the names are declared already.
   */
  abstract pattern(
    node: Pattern,
    depth: number,
    value: Expression | null,
    isDeclaration: boolean,
  ): void;

  error(node: { start: number }, message: string): CompileError {
    return this.source.error(node.start, message);
  }

  refuse(node: AnyNode): never {
    throw this.error(node, nodeRefused(node.type));
  }

  /** To be called with each node. */
  enter(node: AnyNode, depth: number): void {
    if (++this.nodeCount > NODE_COUNT_MAX) {
      throw this.error(node, `script too complex (limit ${NODE_COUNT_MAX} nodes)`);
    }
    if (depth > NESTING_MAX) throw this.error(node, "nested too deeply");
    if (isOperation(node)) this.fn.operationCount++;
    const nesting = depth - this.fn.depth;
    if (nesting > this.fn.nesting) this.fn.nesting = nesting;
  }

  /** Labels are numbered: their names do not reach generated code. */
  newLabel(): number {
    return ++this.labelCount;
  }

  /** Adds a variable to the innermost scope; the one that is there already, if there is one. */
  declare(name: Identifier, kind: Binding["kind"]): Binding {
    this.checkName(name);
    const present = this.scopes.own(name.name);
    if (present !== undefined) {
      if (present.kind === "function" && kind === "function") {
        throw this.error(name, `function '${short(name.name)}' is declared twice`);
      }
      present.isReassigned = true;
      name.binding = present;
      return present;
    }
    if (++this.fn.variableCount > VARIABLE_COUNT_MAX) {
      const limit = `(limit ${VARIABLE_COUNT_MAX})`;
      throw this.error(name, `too many variables in one function ${limit}`);
    }
    const binding = this.newBinding(name, kind);
    this.scopes.add(binding);
    name.binding = binding;
    return binding;
  }

  private newBinding(name: Identifier, kind: Binding["kind"]): Binding {
    const number = this.bindings.length + 1;
    if (number > SCRIPT_VARIABLE_COUNT_MAX) {
      throw this.error(name, `too many variables (limit ${SCRIPT_VARIABLE_COUNT_MAX})`);
    }
    const binding: Binding = {
      name: name.name,
      emitted: `v${number}`,
      kind,
      values: [],
      type: "never",
      declared: null,
      isReassigned: false,
      scope: this.scopes.current,
    };
    this.bindings.push(binding);
    return binding;
  }

  /** Names are ASCII: so no two look alike, and a name's bytes are its characters. */
  checkName(name: Identifier): void {
    if (RESERVED.has(name.name)) {
      throw this.error(name, `'${name.name}' is not available in scripts`);
    }
    if (!NAME.test(name.name)) {
      throw this.error(name, "names are of the letters A-Z and a-z, digits, _ and $");
    }
  }

  /** The name of a property, which can be any word. */
  checkPropertyName(name: Identifier): void {
    if (!NAME.test(name.name)) {
      throw this.error(name, "such a property's name has to be written as a string");
    }
  }

  /**
   * Notes a name that a property could get. `x.slice()` with a function of the script's own can
   * take long, so it matters whether there may be one.
   */
  mayNameMethod(name: string): void {
    if (methodKind(name) !== "none") this.ownMethodNames.add(name);
  }

  /** The variable that is assigned to. */
  assigned(name: Identifier): Binding {
    this.checkName(name);
    const binding = this.scopes.find(name.name);
    if (binding === undefined) {
      if (this.isBuiltinName(name.name)) {
        throw this.error(name, `cannot assign to '${name.name}'`);
      }
      throw this.notDefined(name);
    }
    if (binding.kind === "const" || binding.kind === "self") {
      throw this.error(name, `cannot assign to the constant '${short(name.name)}'`);
    }
    binding.isReassigned = true;
    name.binding = binding;
    return binding;
  }

  /** Of a member that is assigned to. What every script has cannot be changed. */
  checkMemberAssignable({ object, member, property }: MemberExpression): void {
    if (property.type === "Identifier") this.mayNameMethod(property.name);
    const isShared =
      member !== undefined || (object.type === "Identifier" && object.binding === undefined);
    if (!isShared || object.type !== "Identifier") return;
    throw this.error(object, `cannot assign to a property of '${short(object.name)}'`);
  }

  isBuiltinName(name: string): boolean {
    if (name === "KEYS" || name === "ARGV") return this.kind === "script";
    return (
      isBuiltinFunction(name) ||
      isNamespace(name) ||
      name === "undefined" ||
      name === "NaN" ||
      name === "Infinity"
    );
  }

  /** `isCalled` if it is the function of a call. */
  notDefined(name: Identifier, isCalled = false): CompileError {
    this.checkName(name);
    if (name.name === "KEYS" || name.name === "ARGV") {
      const how = "a library's function has the keys and arguments as its two parameters";
      return this.error(name, `'${name.name}' is not defined: ${how}`);
    }
    const lua = luaMessage(this.source.text);
    const message = undefinedName(name.name, isCalled);
    // A comment of Lua's is a name that is decremented.
    return this.error(name, lua === null || message.includes("Lua") ? message : lua);
  }
}
