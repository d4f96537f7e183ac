// Purpose: scripts that hold more and more, each in its own way, run without a server: prints by
// how many bytes each made the process grow at most. Names on the command line choose some.

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { collectGarbage, residentSize } from "../../src/runtime/host.ts";
import { Execution } from "../../src/scripting/execution.ts";
import { adjustable } from "../../src/scripting/limits.ts";
import { compileScript } from "../../src/scripting/script.ts";
import { NO_ARGUMENTS, NO_KEYS } from "../../src/scripting/value.ts";
import { silentHost } from "./script_run.ts";

const MB = 2 ** 20;

/** Strings that share a long piece until they are laid out, one by one: a megabyte becomes many. */
const ropes = (size: number, count: number, use: string) =>
  `const base = '1'.repeat(${size}), l = [], o = {}; let n = 0;
   for (let i = 1e6; i < 1e6 + ${count}; i++) l.push(base + i); ${use}; return n`;

const bombs: Record<string, string> = {
  "ropes, charCodeAt": ropes(4000, 5e5, "for (const s of l) n += s.charCodeAt(1)"),
  "ropes, index": ropes(4000, 5e5, "for (const s of l) if (s[1] === 'x') n++"),
  "ropes, slice": ropes(4000, 5e5, "for (const s of l) n += s.slice(1, 3).length"),
  "ropes, startsWith": ropes(4000, 5e5, "for (const s of l) if (s.startsWith('1')) n++"),
  "ropes, indexOf": ropes(240, 1e6, "n = l.indexOf('y'.repeat(247))"),
  "ropes, equal": ropes(240, 1e6, "for (let i = 1; i < 1e6; i++) if (l[i] === l[i - 1]) n++"),
  "ropes, less": ropes(240, 1e6, "for (let i = 1; i < 1e6; i++) if (l[i] < l[i - 1]) n++"),
  "ropes, names": ropes(4000, 5e5, "for (const s of l) if (o[s]) n++"),
  "ropes, in": ropes(4000, 5e5, "for (const s of l) if (s in o) n++"),
  "ropes, numbers": ropes(900, 5e5, "for (const s of l) n += +s"),
  "ropes, sort": ropes(240, 5e5, "l.sort()"),
  "ropes, join": ropes(
    1000,
    5e5,
    "for (let i = 0; i < 5e5; i += 3e4) l.slice(i, i + 3e4).join('')",
  ),
  "ropes, commands": ropes(250, 5e5, "for (const s of l) redis.call('ECHO', s)"),
  "ropes, switch": ropes(250, 5e5, "for (const s of l) switch (s) { case 'x': n++ }"),
  "a list of closures": "let f = null; for (;;) { const g = f; f = () => g }",
  "an array of closures": "const l = []; for (let i = 0; ; i++) { const x = [i]; l.push(() => x) }",
  "a large body of closures": `let f = null; const c = (g) => () => g;
    for (;;) { ${"f=c(f);".repeat(2000)} }`,
  "a list of objects": "let l = null; for (;;) l = { next: l }",
  "nested arrays": "let l = []; for (;;) l = [l]",
  names: "const o = {}; for (let i = 0; ; i++) o['k' + i] = i",
  "numbers as names": "const o = {}; for (let i = 0; ; i++) o[i * 7919] = i",
  "long names": "const o = {}, k = 'k'.repeat(8000); for (let i = 0; ; i++) o[k + i] = 1",
  "long strings": "const l = []; for (let i = 0; ; i++) l.push('x'.repeat(1e6) + i)",
  "short strings": "const l = []; for (let i = 0; ; i++) l.push('k' + i)",
  doubling: "let s = 'x'; for (;;) { s = s + s; s.charCodeAt(0) }",
  split: "const s = 'ab,'.repeat(3e5), l = []; for (;;) l.push(s.split(','))",
  bytes: "const s = 'ab,'.repeat(3e5), l = []; for (;;) l.push(s.split(''))",
  "upper case": "const s = 'a\\xff'.repeat(4e6), l = []; for (;;) l.push(s.toUpperCase())",
  replies: "const l = []; for (;;) l.push(redis.call('BIG'))",
  "JSON.parse": 'const l = []; for (;;) l.push(JSON.parse(\'[{"a":1},{"b":[1,2,3]}]\'))',
  "JSON.stringify": "const o = { a: 'x'.repeat(1000) }, l = []; for (;;) l.push(JSON.stringify(o))",
  "msgpack.pack": "const o = new Array(1000).fill('abc'), l = []; for (;;) l.push(msgpack.pack(o))",
  map: "const b = new Array(1e5).fill(0), l = []; for (;;) l.push(b.map((x) => [x]))",
  entries: "const b = new Array(1e5).fill(0), l = []; for (;;) l.push(b.entries())",
  "rest of arrays":
    "const b = new Array(1e5).fill(0), l = []; for (;;) { const [, ...r] = b; l.push(r) }",
  "spread objects": `const o = {}; for (let i = 0; i < 100; i++) o['k' + i] = i;
    const l = []; for (;;) l.push({ ...o })`,
  errors: "const l = []; for (;;) try { null.x } catch (e) { l.push(e) }",
  templates: "const l = []; for (let i = 0; ; i++) l.push(`$" + "{i}:$" + "{i}:$" + "{i}`)",
  "numbers as text": "const l = []; for (let i = 0; ; i++) l.push((i * 1.1).toFixed(100))",
};

function growthOf(source: string): { growth: number; ms: number; end: string } {
  const big = "x".repeat(1000);
  let calls = 0;
  const host = {
    ...silentHost,
    call: (args: string[]) => (args[0] === "BIG" ? big + calls++ : 1),
    memorySize: residentSize,
    collect: collectGarbage,
  };
  const execution = Execution.ofScript(
    compileScript(source, "script"),
    NO_KEYS,
    NO_ARGUMENTS,
    host,
  );
  collectGarbage();
  // The peak of the process begins anew.
  writeFileSync("/proc/self/clear_refs", "5");
  const base = residentSize();
  const begin = performance.now();
  while (!execution.step(performance.now() + 10));
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]);
  const end = execution.failure?.message ?? `value ${execution.value}`;
  return { growth: peak * 1024 - base, ms: performance.now() - begin, end };
}

adjustable.memorySize = Number(process.argv[2]);
const chosen = process.argv.slice(3);
for (const name of chosen.length > 0 ? chosen : Object.keys(bombs)) {
  const { growth, ms, end } = growthOf(bombs[name]);
  console.log(`${name}: +${Math.round(growth / MB)} MB in ${Math.round(ms)} ms, ${end}`);
}
