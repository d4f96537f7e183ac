// Purpose: every built-in with every kind of receiver and argument, too few and too many: it gives
// a value of the script's or an error of its own, never one of the host's, and soon.

import { methods, pausingMethods } from "../../src/scripting/builtins/methods.ts";
import {
  globalFunctions,
  namespaceFunctions,
  pausingFunctions,
} from "../../src/scripting/builtins/namespaces.ts";
import { ownCpuMs } from "../client/process.ts";
import { misfit } from "./host_world.ts";
import { runScript } from "./script_run.ts";

const VALUES = [
  "undefined",
  "null",
  "true",
  "0",
  "-0",
  "1",
  "-1",
  "2.5",
  "NaN",
  "Infinity",
  "-Infinity",
  "4294967296",
  "9007199254740991",
  "1e300",
  "''",
  "'a'",
  "'length'",
  "'__proto__'",
  "'constructor'",
  "'\\xff\\x80'",
  "'abc'.repeat(500)",
  "'x'.repeat(100000)",
  "[]",
  "[1, 'a', null, undefined]",
  "[[1, 2], [[3]]]",
  "[[1]]",
  "[['a', 1], ['b', 2]]",
  "new Array(1000).fill('x')",
  "new Array(3)",
  "{}",
  "{ a: 1 }",
  "{ length: 3, 0: 'a' }",
  "{ length: 1e9 }",
  "{ length: -1 }",
  "{ __proto__: { x: 1 } }",
  "{ toString: () => 'x', valueOf: () => 1, toJSON: () => 1 }",
  "{ then: (f) => f(1) }",
  "{ name: 'N', message: 'm' }",
  "{ err: 'E x' }",
  "() => 1",
  "(x) => x",
  "(a, b) => a - b",
  "() => { throw 1 }",
  "function f(n) { let t = 0; for (let i = 0; i < 3; i++) t += i; return t }",
  "redis.call",
  "Math.max",
  "Number",
  "KEYS",
  "ARGV",
  "JSON.parse('9007199254740993')",
  "Error('e')",
];

/** Numbers from 0 to 1, the same in each run: the multiplier is of P. L'Ecuyer's tables, 1999. */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_583_458_089) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Calls of all built-ins, each as an expression. */
function* calls(chance: () => number, rounds: number): Generator<string> {
  const pick = () => `(${VALUES[Math.floor(chance() * VALUES.length)]})`;
  const args = (count: number) => Array.from({ length: count }, pick).join(", ");
  for (let round = 0; round < rounds; round++) {
    const count = Math.floor(chance() * 5);
    for (const name of [...Object.keys(methods), ...Object.keys(pausingMethods)]) {
      yield `${pick()}.${name}(${args(count)})`;
    }
    for (const table of [namespaceFunctions, pausingFunctions]) {
      for (const namespace of Object.keys(table)) {
        for (const name of Object.keys(table[namespace])) {
          yield `${namespace}.${name}(${args(count)})`;
          yield `${pick()}.map(${namespace}.${name})`;
        }
      }
    }
    for (const name of Object.keys(globalFunctions)) yield `${name}(${args(count)})`;
    yield `${pick()}[${pick()}]`;
    yield `${pick()}[${pick()}](${args(count)})`;
    yield `[0].map((z) => { const v = ${pick()}; v[${pick()}] = ${pick()}; return v })`;
    yield `[0].map((z) => { const v = ${pick()}; delete v[${pick()}]; return v })`;
    yield `[0].map((z) => { const v = ${pick()}; v.length = ${pick()}; return v })`;
    yield `{ ...${pick()} }`;
    yield `[...${pick()}]`;
    yield `[0].map((z) => { const [a, ...b] = ${pick()}; return [a, b] })`;
    yield `[0].map((z) => { const { length, a, ...b } = ${pick()}; return [length, a, b] })`;
    yield `[0].map((z) => { const r = []; for (const x of ${pick()}) r.push(x); return r })`;
    yield `[0].map((z) => { const r = []; for (const x in ${pick()}) r.push(x); return r })`;
  }
}

/** Of CPU time. */
const MS_MAX = 2000;

/** What went wrong in so many rounds. */
export function abuse(seed: number, rounds: number): string[] {
  const problems: string[] = [];
  const chance = chanceFrom(seed);
  for (const call of calls(chance, rounds)) {
    const begin = ownCpuMs();
    const { value, error } = runScript(`return ${call}`, { args: ["x", "\xff"] });
    const problem =
      error === null
        ? misfit(value)
        : /internal|limit exceeded|native code|\[object|@|\.ts/.test(error)
          ? error
          : null;
    if (problem !== null) problems.push(`${call}: ${problem}`);
    if (ownCpuMs() - begin > MS_MAX) problems.push(`${call}: too slow`);
  }
  return problems;
}
