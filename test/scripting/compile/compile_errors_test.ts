/** What scripts may not have: the message, and the line and the column of each. */
import { describe, expect, test } from "bun:test";
import { CompileError, compileScript } from "../../../src/scripting/script.ts";

/** `line:column message` of a text that is no script; what it is instead if it is one. */
function refusal(text: string, kind: "script" | "library" = "script"): string {
  try {
    compileScript(text, kind);
    return "compiles";
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return `${error.line}:${error.column} ${error.message}`;
  }
}

type Rows = Record<string, string>;

function expectRefusals(rows: Rows): void {
  for (const [text, expected] of Object.entries(rows)) {
    expect({ text, refusal: refusal(text) }).toEqual({ text, refusal: expected });
  }
}

describe("what is not JavaScript", () => {
  test("is shown where it is not", () => {
    expectRefusals({
      "return 1 +": "1:11 Unexpected end of input",
      "let x = ;": "1:9 Unexpected token ';'",
      "\n\nlet x = = 2": "3:9 Unexpected token '='",
      "foo bar": "1:5 Unexpected token 'bar'",
      "let a = 'x": "1:9 Unterminated string constant",
      "let a = `x": "1:10 Unterminated template",
      "/* x": "1:1 Unterminated comment",
      "let a; let a": "1:12 Identifier 'a' has already been declared",
      break: "1:1 Unsyntactic break",
      continue: "1:1 Unsyntactic continue",
      "for (;;) { continue x }": "1:12 Unsyntactic continue",
      "return 010": "1:8 Invalid number",
      "let let = 1": "1:5 The keyword 'let' is reserved",
      "x = 1; y = \u0000": "1:12 Unexpected character '?'",
      "if (1) function f() {}": "1:8 Unexpected token 'function'",
      "1 = 2": "1:1 Assigning to rvalue",
      "return {a: 1, a: 2}[": "1:21 Unexpected end of input",
      "return '\\u{110000}'": "1:12 Code point out of bounds",
      "eval = 1": "1:1 Assigning to eval in strict mode",
      "let arguments": "1:5 Binding arguments in strict mode",
      "return a ?? b || c":
        "1:15 Logical expressions and coalesce expressions " +
        "cannot be mixed. Wrap either by parentheses",
      "with (a) {}": "1:1 'with' in strict mode",
      "if (1) let x": "1:8 The keyword 'let' is reserved",
    });
  });

  test("lines are those of the text, with the shebang's and all ends of lines", () => {
    expectRefusals({
      "#!js flags=no-writes\nx": "2:1 'x' is not defined",
      "#!js\r\n\r\n  x": "3:3 'x' is not defined",
      "1;\r2;\rx": "3:1 'x' is not defined",
      "`\n\n`; x": "3:4 'x' is not defined",
      "/*\n*/ x": "2:4 'x' is not defined",
    });
  });
});

describe("kinds of code that scripts have not got", () => {
  test("are named", () => {
    expectRefusals({
      "return this": "1:8 'this' is not allowed in scripts",
      "class A {}": "1:1 'class' is not allowed in scripts",
      "return class {}": "1:8 'class' is not allowed in scripts",
      "return {f() { return super.x }}": "1:22 'super' is not allowed in scripts",
      "return {f() { return super.x() }}": "1:22 'super' is not allowed in scripts",
      "(function () { new.target })":
        "1:16 'new.target' and 'import.meta' is not allowed in scripts",
      "import x from 'y'": "1:1 'import' is not allowed in scripts",
      "import('x')": "1:1 'import' is not allowed in scripts",
      "return import.meta": "1:8 'new.target' and 'import.meta' is not allowed in scripts",
      "let a; export { a }": "1:8 'export' is not allowed in scripts",
      "export default 1": "1:1 'export' is not allowed in scripts",
      "export * from 'x'": "1:1 'export' is not allowed in scripts",
      "return String.raw`x`": "1:8 a tagged template is not allowed in scripts",
      "(async () => 1)()": "1:2 'async' is not allowed in scripts; redis.call returns the reply",
      "async function f() {}":
        "1:1 'async' is not allowed in scripts; redis.call returns the reply",
      "await 1": "1:1 'await' is not allowed in scripts; redis.call returns the reply",
      "for await (const x of []) {}": "1:1 'for await' is not allowed in scripts",
      "function* f() {}": "1:1 a generator is not allowed in scripts",
      "function* f() { yield 1 }": "1:1 a generator is not allowed in scripts",
      debugger: "1:1 'debugger' is not allowed in scripts",
      "return /a/":
        "1:8 a regular expression is not allowed in scripts; " +
        "use split, indexOf, startsWith and replaceAll with strings",
      "return 1n": "1:8 a BigInt is not allowed in scripts",
      "return {get a() { return 1 }}": "1:9 getters and setters are not allowed in scripts",
      "return {set a(v) {}}": "1:9 getters and setters are not allowed in scripts",
      "return [] instanceof Array": "1:8 'instanceof' is not allowed in scripts",
      "delete KEYS": "1:1 Deleting local variable in strict mode",
      "delete redis.call": "1:8 cannot assign to a property of 'redis'",
      "let f = {}; delete f?.a": "1:13 'delete' needs a property",
      "switch (1) { case 1: function f() {} }":
        "1:22 a function in a switch needs a block around it",
      "if (1) x: function f() {}": "1:11 Unexpected token 'function'",
      "let {a, ['b']: c, ...d} = {}": "1:19 a rest property cannot stand beside computed names",
      "function f() {} function f() {}": "1:26 Identifier 'f' has already been declared",
      "{ function f() {} function f() {} }": "1:28 Identifier 'f' has already been declared",
      "(() => { function f() {} function f() {} })": "1:35 function 'f' is declared twice",
    });
  });

  test("names", () => {
    expectRefusals({
      "return foo": "1:8 'foo' is not defined",
      "foo = 1": "1:1 'foo' is not defined",
      "return type(1)": "1:8 type is not available in scripts; use typeof",
      "foo()": "1:1 'foo' is not defined",
      "foo++": "1:1 'foo' is not defined",
      "[foo] = [1]": "1:2 'foo' is not defined",
      "({foo} = {})": "1:3 'foo' is not defined",
      "return new Foo()": "1:12 'Foo' is not defined",
      "return arguments": "1:8 'arguments' is not available in scripts",
      "return eval('1')": "1:8 'eval' is not available in scripts",
      "return Date.now()": "1:8 Date is not available in scripts; use redis.call('TIME')",
      "return new Date()": "1:12 Date is not available in scripts; use redis.call('TIME')",
      "return new Map()": "1:12 Map is not available in scripts; use an object",
      "console.log(1)": "1:1 console is not available in scripts; use redis.log",
      "return require('fs')": "1:8 require is not available in scripts; a script is on its own",
      "return globalThis": "1:8 globalThis is not available in scripts",
      "return Function('1')()":
        "1:8 Function is not available in scripts; write the function itself",
      "return process.env": "1:8 process is not available in scripts",
      "return Math": "1:8 'Math' can only be used as Math.<name>",
      "return Math[KEYS[1]]": "1:8 'Math' can only be used as Math.<name>",
      "return redis?.call('GET')": "1:8 'redis' can only be used as redis.<name>",
      "return Math.nope(1)": "1:8 Math.nope is not available in scripts",
      "return Object.prototype": "1:8 Object.prototype is not available in scripts",
      "return Object['getPrototypeOf']({})":
        "1:8 Object.getPrototypeOf is not available in scripts",
      "return Array.prototype": "1:8 Array.prototype is not available in scripts",
      "return String.prototype": "1:8 String.prototype is not available in scripts",
      "return parseInt.constructor": "1:8 parseInt has no members in scripts",
      "return Error.prototype": "1:8 Error has no members in scripts",
      "return Math.PI()": "1:8 Math.PI is not a function",
      "return NaN()": "1:8 'NaN' is not a function",
      "return KEYS()": "1:8 'KEYS' is not a function",
      "return Math()": "1:8 'Math' is not a function",
      "return new Object()": "1:8 'new' is only for Error, TypeError, RangeError and Array",
      "return new redis.call()": "1:8 'new' is only for Error, TypeError, RangeError and Array",
      "let Error = 1; return new Error()":
        "1:23 'new' is only for Error, TypeError, RangeError and Array",
      "KEYS = []": "1:1 cannot assign to 'KEYS'",
      "KEYS[1] = 2": "1:1 cannot assign to a property of 'KEYS'",
      "undefined = 1": "1:1 cannot assign to 'undefined'",
      "Math.x = 1": "1:1 Math.x is not available in scripts",
      "Math.max = 1": "1:1 cannot assign to a property of 'Math'",
      "redis.call.x = 1": "compiles",
      "const a = 1; a = 2": "1:14 cannot assign to the constant 'a'",
      "const a = 1; a++": "1:14 cannot assign to the constant 'a'",
      "const a = 1; [a] = [2]": "1:15 cannot assign to the constant 'a'",
      "for (const a of []) a = 1": "1:21 cannot assign to the constant 'a'",
      "(function f() { f = 1 })": "1:17 cannot assign to the constant 'f'",
      "redis?.call('GET')": "1:1 'redis' can only be used as redis.<name>",
      "Number?.('1')": "1:1 a function of the runtime is always there",
      "'a'.trim?.()": "1:1 a method of strings or arrays is called as '?.trim('",
      "[][0]?.()": "1:1 a computed method cannot be called by '?.('",
      "let \\u00e9 = 1": "1:5 names are of the letters A-Z and a-z, digits, _ and $",
      "let o = {}; o.\\u4e2d": "1:15 such a property's name has to be written as a string",
    });
  });

  test("a library has neither KEYS nor ARGV", () => {
    const how = "a library's function has the keys and arguments as its two parameters";
    expect(refusal("KEYS", "library")).toBe(`1:1 'KEYS' is not defined: ${how}`);
    expect(refusal("const f = (k, a) => ARGV[1]", "library")).toBe(
      `1:21 'ARGV' is not defined: ${how}`,
    );
    expect(refusal("let KEYS = 1; return KEYS", "library")).toBe("compiles");
  });

  test("integers that a number would round", () => {
    const message = "this integer is beyond 2^53 and would be rounded; write it as a string";
    expectRefusals({
      "return 9007199254740991": "compiles",
      "return 9007199254740992": "compiles",
      "return 9007199254740993": `1:8 ${message}`,
      "return 9_007_199_254_740_993": `1:8 ${message}`,
      "return 0x20000000000001": `1:8 ${message}`,
      "return 0b100000000000000000000000000000000000000000000000000001": `1:8 ${message}`,
      "return 1152921504606846976": "compiles",
      "return 12345678901234567890123": `1:8 ${message}`,
      "return {9007199254740993: 1}": `1:9 ${message}`,
      "return 1e300": "compiles",
      "return 0.1234567890123456789": "compiles",
    });
    expect(refusal(`return ${"9".repeat(400)}`)).toBe(`1:8 ${message}`);
  });
});

test("a message is a line of printable ASCII and of bounded length, whatever the text", () => {
  const name = "n".repeat(5000);
  const texts = [name, `${name}()`, `let ${name}; let ${name}`, `Math.${name}`, `Math['\u0001\n']`];
  texts.push(
    `${name} = 1`,
    `foo ${name}`,
    "\u0007",
    "é",
    "let \\u4e2d; let \\u4e2d",
    "'\r'",
    "new \u00d3",
    "\u00d3 = 1",
    "\u00d3()",
  );
  for (const text of texts) expect(refusal(text)).toMatch(/^\d+:\d+ [ -~]{1,160}$/);
});
