/** From a checked tree to code of the host's. */
import type { Expression, Pattern, Program, Statement, Super } from "acorn";
import type { SourceText } from "../source_text.ts";
import { type FunctionInfo, type FunctionNode, isOperation } from "../tree.ts";
import { emitExpression } from "./emit_expressions.ts";
import { emitFunction, emitProgram } from "./emit_functions.ts";
import { emitPattern } from "./emit_patterns.ts";
import { emitStatement, emitStatements } from "./emit_statements.ts";
import { Emitter, type LiteralPlace, type Step } from "./emitter.ts";

export interface Emitted {
  /**
   * The body of a function, of a generator if it can pause. Its parameters are the depth, KEYS and
   * ARGV: `$d`, `$K` and `$A`.
   */
  readonly code: string;
  readonly suspends: boolean;
  /** The helpers that are free names in it. */
  readonly helperNames: readonly string[];
  /** Values of the literals that are free names in it, as `constantName` calls them. */
  readonly constants: readonly (number | string)[];
  /** Where in the text those are that stand there as literals of their own. */
  readonly places: readonly LiteralPlace[];
}

export function emit(program: Program, main: FunctionInfo, source: SourceText): Emitted {
  const emitter = new TreeEmitter(source, main);
  const code = emitProgram(emitter, program);
  const { used, constants, places } = emitter;
  return { code, suspends: main.suspends, helperNames: [...used], constants, places };
}

class TreeEmitter extends Emitter {
  statement(node: Statement): string {
    return emitStatement(this, node);
  }

  statements(nodes: readonly Statement[]): string {
    return emitStatements(this, nodes);
  }

  expression(node: Expression | Super): string {
    const code = emitExpression(this, node);
    // The calls of a chain look for themselves, one by one.
    return isOperation(node) && node.type !== "CallExpression" ? this.looked(code) : code;
  }

  function(node: FunctionNode): string {
    return emitFunction(this, node);
  }

  pattern(node: Pattern, value: string): Step[] {
    return emitPattern(this, node, isOperation(node) ? this.looked(value) : value);
  }
}
