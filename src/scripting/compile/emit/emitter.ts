/**
 * What the parts of the emitter share. The rules of the code that they write:
 *
 * - Nothing of the script's text is in it. Variables are v1, v2 and so on, labels L1; what begins
 *   with $ is the runtime's or ours; strings and names of properties are as in literals.ts.
 * - Each expression is a name, a literal, a call or stands in brackets, so that two of them put
 *   together are never read as something else (`a - -b`, `<!--`, `//`).
 * - Each operation on a value goes through a helper of the runtime unless its types are certain.
 *   The host's own `+`, `<`, `==` or property access would run code by rules of its own.
 * - Each turn of a loop and each call of a function takes fuel, and asks when there is none left.
 */
import type { Expression, Literal, Pattern, Statement, Super } from "acorn";
import { DEPTH_MAX } from "../../limits.ts";
import { helpers } from "../builtin_names.ts";
import { CONSTANT_COUNT_MAX, LOOK_OPERATION_COUNT } from "../limits.ts";
import type { SourceText } from "../source_text.ts";
import type { FunctionInfo, FunctionNode } from "../tree.ts";

/**
 * One unit of fuel is for 64 characters of the text, about what a small loop's turn has: a loop
 * whose body fills the text would otherwise run for minutes before it asks for the time.
 */
const UNIT_SIZE_BITS = 6;

/** One assignment of those that a pattern means; an empty target is for what its value does. */
export interface Step {
  readonly target: string;
  readonly value: string;
}

/** Where a literal stands in the text, and which of the constants it is. */
export interface LiteralPlace {
  readonly start: number;
  readonly end: number;
  readonly index: number;
}

/** The parameter that has the literal of this place. */
export const constantName = (index: number): string => `$c${index}`;

export abstract class Emitter {
  /** Helpers that the code needs, by name. */
  readonly used = new Set<string>();
  /** Values of literals that are parameters of the code: see `constant`. */
  readonly constants: (number | string)[] = [];
  /** Where in the text those are that stand there as literals of their own. */
  readonly places: LiteralPlace[] = [];
  readonly source: SourceText;
  private readonly main: FunctionInfo;
  /** The function that is being emitted. */
  fn: FunctionInfo;
  private nameCount = 0;

  constructor(source: SourceText, main: FunctionInfo) {
    this.source = source;
    this.main = main;
    this.fn = main;
  }

  abstract statement(node: Statement): string;
  abstract statements(nodes: readonly Statement[]): string;
  abstract expression(node: Expression | Super): string;
  abstract function(node: FunctionNode): string;
  /** The assignments that a pattern means; for each the caller declares what is not declared. */
  abstract pattern(node: Pattern, value: string): Step[];

  /** The name of a helper, which becomes a parameter of the generated code. */
  helper(name: string): string {
    if (!helpers.has(name)) throw new Error(`Bug: no helper ${name}`);
    this.used.add(name);
    return name;
  }

  /**
   * The name of a parameter that stands for a literal, so that scripts which differ in nothing else
   * have the same code, which is compiled once (program.ts). Null where the literal has to be in
   * the code: in a script that can pause, whose loops are the faster the more is known of them, and
   * when there are parameters enough, each of which makes a call longer. `node` is null for what is
   * only a part of a literal.
   */
  constant(value: number | string, node: Literal | null): string | null {
    if (this.main.suspends || this.constants.length === CONSTANT_COUNT_MAX) return null;
    const index = this.constants.push(value) - 1;
    if (node !== null) this.places.push({ start: node.start, end: node.end, index });
    return constantName(index);
  }

  /** A new name, which the caller declares. */
  newName(): string {
    return `t${++this.nameCount}`;
  }

  /** A new name for a value in between, declared at the beginning of the function. */
  temporary(): string {
    const name = this.newName();
    this.fn.temporaries.push(name);
    return name;
  }

  /** Has the temporaries of a pattern declared at the beginning of the function. */
  keepTemporaries(steps: readonly Step[]): void {
    for (const { target } of steps) if (target[0] === "t") this.fn.temporaries.push(target);
  }

  /** Tells at which line an error is that comes from here on. */
  line(node: { start: number }): string {
    return `${this.helper("$")}.l=${this.source.line(node.start)};`;
  }

  /** Takes fuel for what stands in so much of the text: as many operations as that can hold. */
  fuelOf({ start, end }: { start: number; end: number }): string {
    return `${this.helper("$")}.f-=${1 + ((end - start) >> UNIT_SIZE_BITS)}`;
  }

  /** At the beginning of each turn of a loop, and of functions. */
  fuel(node: { start: number; end: number }, isLoop: boolean): string {
    const look = `if((${this.fuelOf(node)})<0&&${this.helper("$tick")}())`;
    this.fn.unlookedCount = 0;
    return isLoop ? `${look}{yield;${this.typed(";")}}` : `${look}yield;`;
  }

  /**
   * A value that a generator keeps while it waits loses its type in JSC's compiler: + gives it back
   * (a turn of a loop takes 23 ns without it, 1.3 with it).
   */
  private typed(end: string): string {
    return this.fn.liveNumbers.map(({ emitted: name }) => `${name}=+${name}${end}`).join("");
  }

  /**
   * An operation, with a look at the fuel after it if there were many without one: code that goes
   * straight on can take as long as a loop, if its text is long. (Not before it: its operands may
   * be such operations, and would all look before any of them has begun.)
   */
  looked(code: string): string {
    const { fn } = this;
    if (!fn.suspends || ++fn.unlookedCount < LOOK_OPERATION_COUNT) return code;
    fn.unlookedCount = 0;
    const look = `${this.helper("$")}.f<0&&${this.helper("$tick")}()`;
    const kept = this.temporary();
    return `((${kept}=${code}),(${look}&&((yield),${this.typed(",")}0)),${kept})`;
  }

  /**
   * At the beginning of a function that can stop, and so call others: how deep it is, by the size
   * of its frame. The depth is a parameter, so it is right again whatever error is caught.
   */
  depthCheck(node: { start: number; end: number }, info: FunctionInfo): string {
    const { variableCount, temporaries, nesting } = info;
    const weight = 1 + ((variableCount + temporaries.length + nesting) >> 5);
    return `if(($d+=${weight})>${DEPTH_MAX})${this.helper("$so")}();${this.fuel(node, false)}`;
  }

  /** Carries out what declares variables of a block, after which they are gone. */
  within<Result>(block: () => Result): Result {
    const { liveNumbers } = this.fn;
    const count = liveNumbers.length;
    const result = block();
    liveNumbers.length = count;
    return result;
  }
}
