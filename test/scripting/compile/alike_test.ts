/**
 * Purpose: a text that differs from one before in literals and comments alone runs the code that it
 * would have been compiled to. The plain twin is the compiler: whatever is taken for alike has to
 * have the same code there, and the same constants. SEED repeats a run, TEXTS is how many (a long
 * run: 1000000).
 */

import { expect, setDefaultTimeout, test } from "bun:test";
import { tokenizer, tokTypes } from "acorn";
import { learn, runAlike } from "../../../src/scripting/compile/alike.ts";
import { translate } from "../../../src/scripting/compile/compile.ts";
import { CompileError } from "../../../src/scripting/compile/compile_error.ts";
import type { Emitted } from "../../../src/scripting/compile/emit/emit.ts";
import {
  ALIKE_COUNT_MAX,
  ALIKE_SIZE_MAX,
  ALIKE_TEXTS_MAX,
} from "../../../src/scripting/compile/limits.ts";
import type { WithConstants } from "../../../src/scripting/compile/program.ts";
import { Random } from "../../fuzz/random.ts";
import { valueOfScript } from "../script_run.ts";
import { randomSource } from "./source_mutator.ts";

setDefaultTimeout(24 * 3_600_000);

const TEXTS = Number(process.env.TEXTS ?? 3000);
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);

const PATTERNS = [
  "return redis.call('SET', KEYS[1], 5)",
  "const n = redis.call('INCR', KEYS[1]); if (n === 1) redis.call('PEXPIRE', KEYS[1], 10)",
  "return {a: 1, 'b': 'c', 3: [4, 'd'], ['e' + 5]: 6}",
  "const {a = 1, 'b': c = 'x'} = {a: 2, b: 'y'}; return [a, c, {z: 1}['z'], [7, 8][1]]",
  "switch (ARGV[1]) { case 'a': return 1; case 2: return 'b'; default: return `c$" + "{3}d` }",
  "'use strict'; let s = 'a' + 1; s += 'b'; s ||= 'c'; return s === 'd' ? s['length'] : s[0]",
  "return 1 < 2 && '1' == 1 || 3 !== 'c' || -1 > 0.5 || 1e3 === 1000 || typeof 1 === 'number'",
  "// it's 5 o'clock\nreturn 'a' /* \"1\" */ + 2",
  "/* a */ return /* b */ 1 /* c */ + // d\n 2; // e",
  "let a = 1 // one\n/* two */ ++a // three\nreturn a // 4",
  "let i = 0; i++; i += 2; const f = (a, b = 3) => a * b; return f(4) + f(5, 6) + i",
  "return KEYS[1] === 'k' ? ARGV[0] : KEYS[2]",
  "return Math.max(1, 2, 3) + parseInt('12', 10) + Number('5') + 'abc'.indexOf('c', 1)",
  "try { throw new Error('x') } catch (e) { return e.message + 1 } finally { redis.log(1, 'y') }",
];

const LITERALS = (
  "0 1 7 10 123456789012345 1234567890123456 9007199254740993 0.5 1.5 .5 5. 1e3 1_000 0x10 010 5n" +
  " 'a' \"a\" '' 'it' \"it's\" 'map' 'sort' 'length' 'constructor' '__proto__' 'GET'" +
  " `t` null true 'a\\n' '\\x41' 'a\\" +
  "\nb' KEYS x 'use"
).split(" ");

const COMMENTS = [
  "/**/",
  "/* 1 'a' */",
  "/* a * b */",
  "/* a\nb */",
  "//",
  "// it's",
  "// 1\n",
  "",
  `/*${"c".repeat(300)}*/`,
];

/** Where the text's literals and comments are, as the parser sees them. */
function partsOf(text: string): { start: number; end: number; isComment: boolean }[] {
  const parts: { start: number; end: number; isComment: boolean }[] = [];
  const tokens = tokenizer(text, {
    ecmaVersion: 2023,
    sourceType: "module",
    onComment: (_isBlock, _text, start, end) => parts.push({ start, end, isComment: true }),
  });
  try {
    for (const { type, start, end } of tokens) {
      const isLiteral = type === tokTypes.num || type === tokTypes.string;
      if (isLiteral) parts.push({ start, end, isComment: false });
    }
  } catch {
    // What is no text of tokens from here on stays as it is.
  }
  return parts.sort((one, other) => one.start - other.start);
}

/** The text with some of its literals and comments exchanged. */
function varied(text: string, random: Random): string {
  let made = "";
  let from = 0;
  for (const { start, end, isComment } of partsOf(text)) {
    if (random.chance(0.3)) continue;
    const long = `'${"l".repeat(random.below(400))}'`;
    const literal = random.chance(0.05) ? long : random.pick(LITERALS);
    made += text.slice(from, start) + (isComment ? random.pick(COMMENTS) : literal);
    from = end;
  }
  return made + text.slice(from);
}

function translated(text: string): ReturnType<typeof translate> | null {
  try {
    return translate(text, "script");
  } catch (error) {
    if (error instanceof CompileError) return null;
    throw error;
  }
}

/** Fuel is taken by the length of what it is for. */
const withoutFuel = (code: string) => code.replace(/\.f-=\d+/g, ".f-=");

/** A stand-in for what runs code: it only tells which, with which constants. */
const told = ({ code }: Emitted) =>
  ((constants: readonly unknown[]) => ({
    code: withoutFuel(code),
    constants,
  })) as unknown as WithConstants;

test("what is taken for alike has the same code, with its own constants", () => {
  let taken = 0;
  for (let index = 0; index < TEXTS; index++) {
    const random = new Random(seed, index);
    const text = random.chance(0.8) ? random.pick(PATTERNS) : randomSource(random);
    const compiled = translated(text);
    if (compiled === null || compiled.emitted.suspends) continue;
    const { emitted, comments } = compiled;
    learn(text, [...emitted.places, ...comments], emitted.constants, told(emitted));
    for (let count = 0; count < 5; count++) {
      const other = varied(text, random);
      const known: unknown = runAlike(other);
      if (known === null) continue;
      taken++;
      const own = translated(other)?.emitted;
      const expected = { code: withoutFuel(own?.code ?? ""), constants: own?.constants };
      expect({ seed, index, other, known }).toEqual({ seed, index, other, known: expected });
      expect(own?.suspends).toBe(false);
    }
  }
  expect(taken).toBeGreaterThan(TEXTS / 100);
});

test("a script runs with its own literals, by whatever texts it was preceded", () => {
  for (const [literal, value] of [
    ["1", 1],
    ["'x'", "x"],
    ['"it\'s"', "it's"],
    ["0", 0],
    ["'map'", "map"],
    ["'\\n'", "\n"],
    ["1.5", 1.5],
    ["''", ""],
    ["2", 2],
  ] as const) {
    expect(valueOfScript(`/* alike */ return [${literal}, 'b', ${literal}].join('|')`)).toBe(
      `${value}|b|${value}`,
    );
  }
});

test("a comment is nobody's business, unless it ends a line", () => {
  const text = (comment: string) => `let a = 1; ${comment}\nreturn ${comment}\n a`;
  for (const comment of ["/* x */", "// y", "// z", "/* it's */"]) {
    expect(valueOfScript(text(comment))).toBeUndefined();
  }
  expect(valueOfScript("return /* x */ 1")).toBe(1);
  expect(valueOfScript("return /* y */ 1")).toBe(1);
  expect(valueOfScript("return /* \n */ 1")).toBeUndefined();
  expect(valueOfScript("return // \n 1")).toBeUndefined();
});

test("a string that names a method is another script: what may call it can pause", () => {
  const text = (name: string) => `const o = {}; o['${name}'] = 1; return [3, 1, 2].${"at"}(0)`;
  expect(valueOfScript(text("a"))).toBe(3);
  expect(valueOfScript(text("at"))).toBe(3);
  expect(valueOfScript(text("b"))).toBe(3);
});

test("texts are kept up to a number, a length, and so many of one outline", () => {
  const emitted = translate("return 'a'", "script").emitted;
  const learnt = (text: string) => {
    const own = translate(text, "script").emitted;
    learn(text, own.places, own.constants, told(own));
    return runAlike(text) !== null;
  };
  const long = `return 'a' ${" ".repeat(ALIKE_SIZE_MAX)}`;
  expect(learnt(long)).toBe(false);
  for (let index = 0; index < ALIKE_COUNT_MAX; index++) {
    expect(learnt(`let a${"y".repeat(index)}; return 'a'`)).toBe(true);
  }
  expect(runAlike("let a; return 'b'")).not.toBeNull();
  expect(learnt("let z; return 'a'")).toBe(true);
  expect(runAlike("let a; return 'b'")).toBeNull();
  for (let index = 0; index <= ALIKE_TEXTS_MAX; index++) learnt(`let v${index}; return 'a'`);
  expect(runAlike("let v0; return 'b'")).toBeNull();
  expect(runAlike("let v1; return 'b'")).not.toBeNull();
  expect(emitted.places).toEqual([{ start: 7, end: 10, index: 0 }]);
});
