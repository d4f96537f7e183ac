/** Looks whether all of a tree is allowed, and notes what its names are. */
import type { Expression, Pattern, Program, Statement, Super } from "acorn";
import type { SourceText } from "../source_text.ts";
import type { Binding, FunctionInfo, FunctionNode } from "../tree.ts";
import { checkExpression } from "./check_expressions.ts";
import { checkFunction } from "./check_functions.ts";
import { checkPattern } from "./check_patterns.ts";
import { checkStatement } from "./check_statements.ts";
import { Checker } from "./checker.ts";
import { hoistBlock, hoistVars } from "./hoisting.ts";

/** What checking has found out about a whole script. */
export interface Checked {
  readonly main: FunctionInfo;
  readonly functions: readonly FunctionInfo[];
  readonly bindings: readonly Binding[];
  readonly ownMethodNames: ReadonlySet<string>;
}

/** Throws a CompileError about what is not allowed. */
export function check(program: Program, source: SourceText, kind: "script" | "library"): Checked {
  const checker = new TreeChecker(source, kind);
  const main = checker.fn;
  program.info = main;
  const body = program.body as Statement[]; // others, as `import`, are refused like any statement
  hoistBlock(checker, body);
  hoistVars(checker, body);
  for (const node of body) checker.statement(node, 1);
  const { functions, bindings, ownMethodNames } = checker;
  return { main, functions, bindings, ownMethodNames };
}

class TreeChecker extends Checker {
  statement(node: Statement, depth: number): void {
    checkStatement(this, node, depth);
  }

  statements(nodes: readonly Statement[], depth: number): void {
    this.scopes.within(() => {
      hoistBlock(this, nodes);
      for (const node of nodes) this.statement(node, depth);
    });
  }

  expression(node: Expression | Super, depth: number): void {
    checkExpression(this, node, depth);
  }

  function(node: FunctionNode, depth: number): void {
    checkFunction(this, node, depth);
  }

  pattern(node: Pattern, depth: number, value: Expression | null, isDeclaration: boolean): void {
    checkPattern(this, node, depth, value, isDeclaration);
  }
}
