/**
 * Purpose: random programs of the scripts' language that mean the same in JavaScript. What scripts
 * have otherwise is left out: objects that are converted, holes in arrays, characters beyond ASCII,
 * methods as values. Each program counts its steps and gives up after some, writes what it sees
 * into `out`, and returns that as JSON.
 */
import type { Random } from "../../fuzz/random.ts";
import { PIECES } from "./program_pieces.ts";

/** What a variable or an expression is; "any" is one of the primitive ones, null or undefined. */
type Type = "number" | "string" | "boolean" | "any" | "numbers" | "strings" | "object";

interface Variable {
  readonly name: string;
  readonly type: Type;
  readonly isConst: boolean;
}

interface DeclaredFunction {
  readonly name: string;
  readonly params: readonly Type[];
  readonly result: Type;
}

interface Scope {
  readonly variables: Variable[];
  readonly functions: DeclaredFunction[];
}

const TYPES: readonly Type[] = [
  "number",
  "string",
  "boolean",
  "any",
  "numbers",
  "strings",
  "object",
];
/** None is `e`: what a catch has by that name may be an error, which is no number here. */
const NAMES = ["a", "b", "c", "d", "x", "y", "i"];
/** What stands for an expression in a piece. */
const PLACES = new Map<string, Type>([
  ["ANY", "any"],
  ["TEST", "boolean"],
  ["OBJECT", "object"],
  ["NUMBERS", "numbers"],
  ["NUMBER", "number"],
  ["TEXT", "string"],
]);
const STEPS_MAX = 400;
const PROLOGUE = `let steps = 0; const out = [];
const step = () => { if (++steps > ${STEPS_MAX}) throw "steps"; };
const show = (v) => {
  if (out.length < 300) {
    out.push(v === undefined ? "undefined" : typeof v === "number" ? String(v)
      : typeof v === "string" ? v.slice(0, 50) : v);
  }
  return v;
};
const nameOf = (e) => typeof e === "object" && e !== null ? e.name : e;
const tried = (f) => {
  try { show(f()); } catch (e) { show(nameOf(e)); if (e === "steps") throw e; }
};
const cut = (s) => s.length > 200 ? s.slice(0, 100) : s;
const called = (f) => { const s = []; f(s); return s.map((g) => (step(), g())).join(); };
const changed = (l, f) => { const c = l.slice(0, 20); show(cut(String(f(c)))); return c.join(); };
const few = (a) => a.length > 20 ? a.slice(0, 10) : a;`;

export class ProgramMaker {
  private readonly random: Random;
  private readonly scopes: Scope[] = [];
  private loops: { label: string | null; isSwitch: boolean }[] = [];
  private isInFunction = false;
  private resultType: Type = "any";
  private count = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** The text of a program. */
  program(): string {
    this.scopes.length = 0;
    this.loops = [];
    this.isInFunction = false;
    this.count = 0;
    const body = this.block(3, 2 + this.random.below(5));
    return `${PROLOGUE}\ntry ${body} catch (e) { show(nameOf(e)); }\nreturn JSON.stringify(out);`;
  }

  private pick<T>(items: readonly T[]): T {
    return this.random.pick(items);
  }

  private visible(type: Type, isAssigned: boolean): Variable[] {
    const found = new Map<string, Variable>();
    for (const { variables } of this.scopes) for (const it of variables) found.set(it.name, it);
    return [...found.values()].filter((it) => it.type === type && !(isAssigned && it.isConst));
  }

  private functionsVisible(): DeclaredFunction[] {
    const hidden = new Set(this.scopes.flatMap(({ variables }) => variables.map((it) => it.name)));
    return this.scopes.flatMap(({ functions }) => functions.filter((it) => !hidden.has(it.name)));
  }

  private declare(name: string, type: Type, isConst: boolean): void {
    const { variables } = this.scopes[this.scopes.length - 1];
    variables.push({ name, type, isConst });
  }

  /** A name that this block has not got; often one that hides another. */
  private newName(): string {
    const taken = new Set(this.scopes.flatMap(({ functions }) => functions.map((it) => it.name)));
    for (const { name } of this.scopes[this.scopes.length - 1].variables) taken.add(name);
    const name = this.pick(NAMES);
    return taken.has(name) || this.random.chance(0.3) ? `n${++this.count}` : name;
  }

  private within<T>(body: () => T): T {
    this.scopes.push({ variables: [], functions: [] });
    const result = body();
    this.scopes.pop();
    return result;
  }

  private block(depth: number, count: number): string {
    return this.within(() => {
      const parts: string[] = [];
      for (let index = 0; index < count; index++) parts.push(this.statement(depth));
      return `{\n${parts.join("\n")}\n}`;
    });
  }

  // Statements.

  private statement(depth: number): string {
    if (depth <= 0) return this.simple();
    const kinds: readonly (readonly [number, () => string])[] = [
      [9, () => this.simple()],
      [3, () => this.conditional(depth)],
      [3, () => this.loop(depth)],
      [2, () => this.attempt(depth)],
      [2, () => this.functionDeclaration(depth)],
      [1, () => this.choice(depth)],
      [1, () => this.block(depth - 1, 1 + this.random.below(3))],
      [1, () => this.jump()],
    ];
    return this.random.weighted(kinds)();
  }

  private simple(): string {
    const kinds: readonly (readonly [number, () => string])[] = [
      [5, () => this.declaration()],
      [4, () => `show(${this.expression(this.pick(["number", "string", "boolean", "any"]), 3)});`],
      [8, () => `tried(() => ${this.expression(this.pick(["number", "string", "any"]), 3)});`],
      [4, () => `${this.assignment(2)};`],
      [2, () => this.destructuring()],
      [1, () => `show(few(${this.expression(this.pick(["numbers", "strings"]), 2)}).join("|"));`],
      [1, () => `show(JSON.stringify(${this.expression("object", 2)}));`],
    ];
    return this.random.weighted(kinds)();
  }

  private declaration(): string {
    const type = this.pick(TYPES);
    const value = this.expression(type, 3);
    const name = this.newName();
    if (this.random.chance(0.15)) {
      const unique = `n${++this.count}`;
      this.declare(unique, "any", false);
      return this.random.chance(0.5) ? `var ${unique};` : `let ${unique};`;
    }
    // A constant's name hides no other: to assign to it is an error here when it is compiled.
    const isConst = this.random.chance(0.3);
    const unique = isConst ? `n${++this.count}` : name;
    this.declare(unique, type, isConst);
    return `${isConst ? "const" : "let"} ${unique} = ${value};`;
  }

  private destructuring(): string {
    const one = this.newName();
    const other = `n${++this.count}`;
    if (this.random.chance(0.5)) {
      const value = this.expression("numbers", 2);
      const isRest = this.random.chance(0.4);
      this.declare(one, "any", false);
      this.declare(other, isRest ? "numbers" : "number", false);
      if (isRest) return `let [${one}, ...${other}] = ${value};`;
      return `let [${one}, ${other} = ${this.expression("number", 1)}] = ${value};`;
    }
    const value = this.expression("object", 2);
    const [first, second] = [this.pick(["a", "b", "c"]), this.pick(["a", "b", "c"])];
    const isRest = first !== second && this.random.chance(0.3);
    this.declare(one, "any", false);
    this.declare(other, isRest ? "object" : "any", false);
    if (isRest) return `let {${first}: ${one}, ...${other}} = ${value};`;
    return `let {${first}: ${one}, ["${second}"]: ${other} = "d"} = ${value};`;
  }

  private conditional(depth: number): string {
    const test = this.expression(this.pick(["boolean", "any", "number", "string"]), 2);
    const yes = this.block(depth - 1, 1 + this.random.below(3));
    if (this.random.chance(0.5)) return `if (${test}) ${yes}`;
    return `if (${test}) ${yes} else ${this.block(depth - 1, 1 + this.random.below(2))}`;
  }

  private loop(depth: number): string {
    const label = this.random.chance(0.3) ? `L${++this.count}` : null;
    const body = (declare: () => void) =>
      this.within(() => {
        declare();
        this.loops.push({ label, isSwitch: false });
        const block = this.block(depth - 1, 1 + this.random.below(3));
        this.loops.pop();
        return `{ step(); ${block} }`;
      });
    const prefix = label === null ? "" : `${label}: `;
    const name = `n${++this.count}`;
    const limit = 1 + this.random.below(5);
    const step = this.pick([`${name}++`, `++${name}`, `${name} += 1`]);
    switch (this.random.below(6)) {
      case 0:
        return `${prefix}for (let ${name} = 0; ${name} < ${limit}; ${step}) ${body(() => {
          this.declare(name, "number", true);
        })}`;
      case 1: {
        const list = this.expression(this.pick(["numbers", "strings"] as const), 2);
        const kind = this.pick(["const", "let"]);
        return `${prefix}for (${kind} ${name} of few(${list}).slice()) ${body(() => {
          this.declare(name, "any", kind === "const");
        })}`;
      }
      case 2:
        return `${prefix}for (const ${name} in ${this.expression("object", 1)}) ${body(() => {
          this.declare(name, "string", true);
        })}`;
      case 3: {
        this.declare(name, "number", true);
        const inner = body(() => undefined);
        return `let ${name} = 0; ${prefix}while (${name}++ < ${limit}) ${inner}`;
      }
      case 4: {
        this.declare(name, "number", true);
        const inner = body(() => undefined);
        return `let ${name} = 0; ${prefix}do ${inner} while (++${name} < ${limit});`;
      }
      default: {
        const list = this.expression("numbers", 1);
        const inner = body(() => {
          this.declare(name, "number", true);
          this.declare(`w${name}`, "any", true);
        });
        const entries = `few(${list}).slice().entries()`;
        return `${prefix}for (const [${name}, w${name}] of ${entries}) ${inner}`;
      }
    }
  }

  private jump(): string {
    const test = this.expression("boolean", 2);
    if (this.isInFunction && this.random.chance(0.5)) {
      return `if (${test}) return ${this.expression(this.resultType, 2)};`;
    }
    if (this.random.chance(0.2)) {
      const error = this.pick(["Error", "TypeError", "RangeError"]);
      const value = this.random.chance(0.5) ? `new ${error}("m")` : this.expression("string", 1);
      return `if (${test}) throw ${value};`;
    }
    const inner = this.loops[this.loops.length - 1];
    if (inner === undefined) return `show(${test});`;
    const outer = this.pick(this.loops.filter((it) => it.label !== null || it === inner));
    const label = outer === inner ? "" : ` ${outer.label}`;
    const word = outer.isSwitch || this.random.chance(0.5) ? "break" : "continue";
    if (word === "continue" && outer === inner && inner.isSwitch) return `if (${test}) break;`;
    return `if (${test}) ${word}${label};`;
  }

  private attempt(depth: number): string {
    const body = this.block(depth - 1, 1 + this.random.below(3));
    const caught = this.within(() => {
      const name = `n${++this.count}`;
      this.declare(name, "any", true);
      const head = `const ${name} = nameOf(e); show(${name}); if (e === "steps") throw e;`;
      return `catch (e) { ${head} ${this.block(depth - 1, 1)} }`;
    });
    // What leaves a finally hides an error: then the count of steps would not end the program.
    const { loops, isInFunction } = this;
    this.loops = [];
    this.isInFunction = false;
    const last = `finally ${this.block(depth - 1, 1)}`;
    this.loops = loops;
    this.isInFunction = isInFunction;
    const [one, both] = [this.random.chance(0.6), this.random.chance(0.3)];
    return `try ${body} ${one || both ? caught : ""} ${!one || both ? last : ""}`;
  }

  private choice(depth: number): string {
    const type = this.pick(["number", "string", "any"] as const);
    const value = this.expression(type, 2);
    this.loops.push({ label: null, isSwitch: true });
    const cases: string[] = [];
    for (let index = this.random.between(1, 4); index > 0; index--) {
      const head = this.random.chance(0.7) ? this.literal(type) : this.expression(type, 1);
      const end = this.random.chance(0.6) ? "break;" : "";
      cases.push(`case ${head}: ${this.block(depth - 1, 1)} ${end}`);
    }
    const at = this.random.below(cases.length + 1);
    if (this.random.chance(0.6)) cases.splice(at, 0, `default: ${this.block(depth - 1, 1)}`);
    this.loops.pop();
    return `switch (${value}) { ${cases.join("\n")} }`;
  }

  private functionDeclaration(depth: number): string {
    const name = `f${++this.count}`;
    const params = Array.from({ length: this.random.below(4) }, () => this.pick(TYPES));
    const result = this.pick(["number", "string", "any"] as const);
    const text = this.functionText(depth, params, result);
    this.scopes[this.scopes.length - 1].functions.push({ name, params, result });
    switch (this.random.below(3)) {
      case 0:
        return `function ${name}(${text.params}) ${text.body}`;
      case 1:
        return `const ${name} = (${text.params}) => ${text.body};`;
      default:
        return `let ${name} = function r${name}(${text.params}) ${text.body};`;
    }
  }

  private functionText(depth: number, params: readonly Type[], result: Type) {
    const { loops, isInFunction, resultType } = this;
    this.loops = [];
    this.isInFunction = true;
    this.resultType = result;
    const text = this.within(() => {
      const names = params.map((type, index) => {
        const name = `p${++this.count}`;
        const isDefault = index === params.length - 1 && this.random.chance(0.3);
        const value = isDefault ? ` = ${this.expression(type, 1)}` : "";
        this.declare(name, type, false);
        return `${name}${value}`;
      });
      const block = this.block(depth - 1, 1 + this.random.below(3));
      const counted = this.random.chance(0.7) ? "step();" : "";
      const body = `{ ${counted} ${block} return ${this.expression(result, 2)}; }`;
      return { params: names.join(", "), body };
    });
    this.loops = loops;
    this.isInFunction = isInFunction;
    this.resultType = resultType;
    return text;
  }

  // Expressions.

  private literal(type: Type): string {
    switch (type) {
      case "number":
        return this.pick(["0", "1", "2", "3", "-1", "7", "0.5", "1e3", "-0", "255", "NaN", "0x10"]);
      case "string":
        return this.pick([
          "''",
          "'a'",
          '"bc"',
          "'1'",
          "'2'",
          "`t`",
          "'a b'",
          "'\\x41\\n'",
          "'abcabc'",
        ]);
      case "boolean":
        return this.pick(["true", "false"]);
      case "any":
        return this.pick(["null", "undefined", "0", "'a'", "true", "'1'", "5", "void 0"]);
      case "numbers":
        return this.pick(["[]", "[1]", "[3, 1, 2]", "[0, -1, 0.5, 10, 9]"]);
      case "strings":
        return this.pick(["[]", "['a']", "['b', 'a', 'c']", "'a,b,c'.split(',')"]);
      case "object":
        return this.pick(["{}", "{a: 1}", "{a: 1, b: 'x', c: null}", "{'b': true, ['c']: 2}"])
          .replace(/^/, "(")
          .concat(")");
    }
  }

  expression(type: Type, depth: number): string {
    const variables = this.visible(type, false);
    if (variables.length > 0 && this.random.chance(depth > 0 ? 0.35 : 0.7)) {
      return this.pick(variables).name;
    }
    if (depth <= 0) return this.literal(type);
    if (this.random.chance(0.1)) return this.literal(type);
    if (this.random.chance(0.12)) {
      const test = this.expression(this.pick(["boolean", "any"] as const), depth - 1);
      const [yes, no] = [this.expression(type, depth - 1), this.expression(type, depth - 1)];
      return `(${test} ? ${yes} : ${no})`;
    }
    if (this.random.chance(0.12)) {
      const call = this.call(type, depth);
      if (call !== null) return call;
    }
    switch (type) {
      case "number":
        return this.number(depth - 1);
      case "string":
        return this.string(depth - 1);
      case "boolean":
        return this.boolean(depth - 1);
      case "any":
        return this.any(depth - 1);
      case "object":
        return this.object(depth - 1);
      default:
        return this.list(type, depth - 1);
    }
  }

  private call(type: Type, depth: number): string | null {
    const found = this.functionsVisible().filter((it) => it.result === type);
    if (found.length === 0) return null;
    const { name, params } = this.pick(found);
    const values = params.map((param) => this.expression(param, depth - 1));
    return `${name}(${values.join(", ")})`;
  }

  private number(depth: number): string {
    const number = () => this.expression("number", depth);
    const text = () => this.expression("string", depth);
    const numbers = () => this.expression("numbers", depth);
    const variable = this.visible("number", true);
    const makers: (() => string)[] = [
      () => `(${number()} ${this.pick(["+", "-", "*", "/", "%"])} ${number()})`,
      () => `(${number()} ${this.pick(["&", "|", "^", "<<", ">>", ">>>"])} ${number()})`,
      () => `(${this.pick(["-", "+", "~", "- -", "+ +"])} ${number()})`,
      () => `Math.${this.pick(["floor", "abs", "max", "min", "trunc", "sign"])}(${number()})`,
      () => `Math.max(${number()}, ${number()})`,
      () => `(+${this.expression("any", depth)})`,
      () => `Number(${this.expression("any", depth)})`,
      () => `parseInt(${text()}, ${this.pick(["10", "16"])})`,
      () => `${text()}.length`,
      () => `${numbers()}.length`,
      () => `${text()}.indexOf(${text()})`,
      () => `${text()}.charCodeAt(${number()})`,
      () => `few(${numbers()}).reduce((s, v) => (step(), s + v * 1), ${number()})`,
      () => `few(${numbers()}).push(${number()})`,
      () => `(${number()}, ${number()})`,
      () => `((${number()}) ** ${this.pick(["2", "3", "0.5"])})`,
    ];
    if (variable.length > 0) {
      const { name } = this.pick(variable);
      makers.push(() =>
        this.pick([`${name}++`, `--${name}`, `(${name} += 2)`, `(${name} = ${number()})`]),
      );
    }
    return this.pick(makers)();
  }

  private string(depth: number): string {
    const number = () => this.expression("number", depth);
    const text = () => this.expression("string", depth);
    const any = () => this.expression("any", depth);
    return this.pick([
      () => `cut(${text()} + ${any()})`,
      () => `cut(${any()} + ${text()})`,
      () => `cut(${text()} + ${number()})`,
      () => `cut(\`<\${${any()}}-\${${text()}}>\`)`,
      () => `String(${any()})`,
      () => `(typeof ${any()})`,
      () => `${text()}.slice(${number()}, ${number()})`,
      () => `${text()}.toUpperCase()`,
      () => `${text()}.trim()`,
      () => `${text()}.charAt(${number()})`,
      () => `cut(${text()}.replaceAll(${text()}, ${text()}))`,
      () => `cut(${text()}.replace('a', (m) => (step(), m + ${text()})))`,
      () => `cut(${text()}.padStart(5, '-'))`,
      () => `few(${this.expression("strings", depth)}).join(${text()}).slice(0, 99)`,
      () => `cut([${any()}, ${any()}] + ${text()})`,
    ])();
  }

  private boolean(depth: number): string {
    const any = () => this.expression("any", depth);
    const number = () => this.expression("number", depth);
    const text = () => this.expression("string", depth);
    return this.pick([
      () => `(${any()} ${this.pick(["===", "!==", "==", "!="])} ${any()})`,
      () => `(${any()} ${this.pick(["<", "<=", ">", ">="])} ${any()})`,
      () => `(${number()} ${this.pick(["<", "<=", ">", ">=", "===", "!=="])} ${number()})`,
      () => `(${text()} ${this.pick(["<", "===", "!==", ">="])} ${text()})`,
      () => `(!${any()})`,
      () => `(${any()} == null)`,
      () => `!!(${this.expression("boolean", depth)} && ${any()})`,
      () => `${text()}.includes(${text()})`,
      () => `few(${this.expression("numbers", depth)}).some((v) => (step(), v > ${number()}))`,
      () => `(${this.pick(['"a"', '"b"', '"c"'])} in ${this.expression("object", depth)})`,
      () => `Array.isArray(${this.expression(this.pick(TYPES), depth)})`,
    ])();
  }

  private any(depth: number): string {
    const any = () => this.expression("any", depth);
    const object = () => this.expression("object", depth);
    const key = () => this.pick(["a", "b", "c", "zz"]);
    const makers: (() => string)[] = [
      () => this.expression(this.pick(["number", "string", "boolean"] as const), depth),
      () => this.piece(depth),
      () => this.piece(depth),
      () => this.piece(depth),
      () => this.piece(depth),
      () => `(${any()} ${this.pick(["&&", "||", "??"])} ${any()})`,
      () => `${object()}.${key()}`,
      () => `${object()}?.${key()}`,
      () => `${object()}["${key()}"]`,
      () => `(${any()})?.length`,
      () => `${this.expression("numbers", depth)}[${this.expression("number", 0)} & 3]`,
      () => `${this.expression("strings", depth)}.at(${this.expression("number", depth)})`,
      () => `few(${this.expression("numbers", depth)}).find((v) => (step(), v > 1))`,
      () => `${this.expression("string", depth)}[${this.expression("number", 0)} & 3]`,
      () => `(${any()} + ${any()})`.replace(/^/, "((t) => typeof t === 'string' ? cut(t) : t)"),
      () => `(() => ${any()})()`,
      () => `((x, ...r) => r.length ? r[0] : x)(${any()}, ...[${any()}])`,
      () => `{k: ${any()}, m() { return ${any()}; }}`.replace(/^/, "(").concat(").m()"),
      () => `({f: (x) => ${any()}}).f?.(${any()})`,
    ];
    const variable = this.visible("any", true);
    if (variable.length > 0) {
      const { name } = this.pick(variable);
      const operator = this.pick(["=", "||=", "&&=", "??="]);
      makers.push(() => `(${name} ${operator} ${any()})`);
    }
    return this.pick(makers)();
  }

  /** One of the pieces, with expressions in it. */
  private piece(depth: number): string {
    return this.pick(PIECES).replace(/\b[A-Z]{3,}\b/g, (word) => {
      const type = PLACES.get(word);
      return type === undefined ? word : this.expression(type, word === "TEXT" ? 0 : depth);
    });
  }

  private object(depth: number): string {
    const any = () => this.expression("any", depth);
    const key = this.pick(["a", "b", "c"]);
    return this.pick([
      () => `({${key}: ${any()}, b: ${any()}})`,
      () => `({...${this.expression("object", depth)}, ${key}: ${any()}})`,
      () => `({["${key}"]: ${any()}, 7: ${any()}})`,
      () => `Object.assign({}, ${this.expression("object", depth)})`,
      () => `Object.fromEntries([["${key}", ${any()}]])`,
      () => `JSON.parse(JSON.stringify({${key}: ${this.expression("boolean", depth)}}))`,
    ])();
  }

  private list(type: "numbers" | "strings", depth: number): string {
    const element = type === "numbers" ? "number" : "string";
    const item = () => this.expression(element, depth);
    const list = () => this.expression(type, depth);
    const sort =
      type === "numbers" ? "filter((v) => v === v).sort((p, q) => p - q)" : "slice().sort()";
    return this.pick([
      () => `[${item()}, ${item()}]`,
      () => `[...few(${list()}), ${item()}]`,
      () => `few(${list()}).map((v, k) => (step(), ${item()}))`,
      () => `few(${list()}).filter((v) => (step(), ${this.expression("boolean", depth)}))`,
      () => `few(${list()}).slice(${this.expression("number", depth)})`,
      () => `few(${list()}).concat(${list()})`,
      () => `few(${list()}).slice().reverse()`,
      () => `${list()}.${sort}`,
      () => `few(${list()}).flatMap((v) => (step(), [v, ${item()}]))`,
      () => (type === "strings" ? `Object.keys(${this.expression("object", depth)})` : list()),
    ])();
  }

  private assignment(depth: number): string {
    const type = this.pick(TYPES);
    const variables = this.visible(type, true);
    if (variables.length === 0) return `show(${this.expression("any", depth)})`;
    const { name } = this.pick(variables);
    const value = () => this.expression(type, depth);
    switch (type) {
      case "number": {
        const operator = this.pick(["=", "+=", "-=", "*=", "|=", "%=", ">>>=", "**="]);
        return `${name} ${operator} ${value()}`;
      }
      case "string":
        return this.random.chance(0.5)
          ? `${name} = cut(${name} + ${value()})`
          : `${name} = ${value()}`;
      case "object": {
        const member = this.pick([
          `${name}.a`,
          `${name}["b"]`,
          `${name}[${this.expression("string", 0)}]`,
        ]);
        const operator = this.pick(["=", "||=", "??=", "&&="]);
        const any = this.expression("any", depth);
        if (this.random.chance(0.2)) return `delete ${member}`;
        return `${member} ${operator} ${any}`;
      }
      case "numbers": {
        const at = `${name}[Math.abs(${this.expression("number", 0)} | 0) % (${name}.length + 1)]`;
        if (this.random.chance(0.3)) return `${name} = few(${value()})`;
        const operator = this.pick(["=", "+=", "-="]);
        return operator === "=" ? `${at} = ${this.expression("number", depth)}` : `${name}.push(3)`;
      }
      default:
        return `${name} = ${value()}`;
    }
  }
}
