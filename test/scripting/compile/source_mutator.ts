/**
 * Purpose: random texts that are nearly scripts: programs and pieces of attacks, with parts left
 * out, doubled, moved and exchanged for words and bytes that a parser may stumble over.
 */
import type { Random } from "../../fuzz/random.ts";
import { ProgramMaker } from "./program_maker.ts";

const PIECES = [
  "redis.call('GET', KEYS[1])",
  "const c = redis.call('INCR', KEYS[1]); if (c === 1) { redis.call('PEXPIRE', KEYS[1], 10) }",
  "for (const [k, v] of Object.entries({a: 1})) { if (k in {}) continue; }",
  "[].constructor.constructor('return process')()",
  "({}).__proto__.polluted = 1",
  "let {a, b: {c = 1, ...d}, ...e} = {}, [f,, ...g] = []",
  "outer: for (let i = 0; i < 3; i++) { inner: do { continue outer } while (true) }",
  "try { throw new Error('x') } catch ({message}) { return message } finally { x: { break x } }",
  "switch (1) { case 1: case 'a': default: let z; }",
  "(a, b = a, {c}, [d], ...e) => ({a, b, [c]: d, ...e, f() {}})",
  "`a$" + "{`b$" + "{1}`}c`",
  "a ||= b &&= c ??= d",
  "x?.y?.[z]?.(w).v",
  "async function* f() { yield* g(); for await (const x of y) await x }",
  "class A extends B { #p = 1; static { } get x() { return super.x } constructor() { super() } }",
  "import('x').then(m => m); new.target; import.meta; export default this",
  "/(?<a>x)\\k<a>/giu.test(y) / 2",
  "local x = 1 if x then return {x, ['a'] = 2} end -- done",
  "9007199254740993 + 0x1fffffffffffff + 1_000 + 1e999 + .5 + 10n",
  "'\\x41\\u{1F600}\\ud83d\\ude00\\0\\\n' + \"\\'\"",
  "with (a) debugger; var let; eval('1'); arguments[0]; delete x",
  "<!-- x\n--> y",
  "#!js flags=no-writes\n",
];

const WORDS = (
  "break case catch class const continue debugger default delete do else export " +
  "extends false finally for function if import in instanceof let new null of " +
  "return static super switch this throw true try typeof undefined var void while " +
  "with yield async await get set KEYS ARGV redis Math JSON Object constructor " +
  "prototype __proto__ local then end nil .. ~= => ... ?. ?? ** >>>= &&= ||= ??= ++ " +
  "-- ( ) [ ] { } ${ ` ' \" / // /* */ \\ \\u \\u{ # @ ; , : ? ! ~ = == === <!-- 0 " +
  "1 0x 1e 1n 9007199254740993"
).split(" ");

export function randomSource(random: Random): string {
  let text = base(random);
  for (let count = random.below(8); count > 0; count--) text = mutated(random, text);
  return text;
}

function base(random: Random): string {
  switch (random.below(4)) {
    case 0:
      return new ProgramMaker(random).program().slice(0, 1500);
    case 1:
      return Array.from({ length: random.between(1, 30) }, () => random.pick(WORDS)).join(" ");
    default:
      return Array.from({ length: random.between(1, 4) }, () => random.pick(PIECES)).join("; ");
  }
}

function mutated(random: Random, text: string): string {
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(random.pick([2, 10, 100])));
  const part = text.slice(from, to);
  switch (random.below(7)) {
    case 0:
      return text.slice(0, from) + text.slice(to);
    case 1:
      return text.slice(0, to) + part.repeat(random.pick([1, 1, 2, 50])) + text.slice(to);
    case 2:
      return `${text.slice(0, from)} ${random.pick(WORDS)} ${text.slice(to)}`;
    case 3:
      return text.slice(0, from) + String.fromCharCode(random.below(256)) + text.slice(from);
    case 4:
      return text.slice(0, from) + random.pick(PIECES) + text.slice(from);
    case 5:
      return text.slice(0, from);
    default: {
      const at = random.below(text.length + 1);
      return text.slice(0, at) + part + text.slice(at);
    }
  }
}
