// Purpose: scripts whose results are the host's own, for every operator and built-in method: each
// goes over all its receivers and arguments, and collects what comes out, errors by their names.

/** A script that is the body of a function, for Rusk and for the host. */
export interface Case {
  name: string;
  source: string;
}

/** Numbers that are no index, or only nearly one, and what is converted to numbers. */
const ODD = `[undefined, null, 0, -0, 1, 2, -1, -2, 1.7, -1.7, 0 / 0, 1 / 0, -1 / 0, 1e9, -1e9,
  4294967296, 4294967297, '', '1', '-1', ' 2 ', 'x', true, false]`;
const TEXTS = `['', 'a', 'abc', 'abcabcabc', ' a b ', '\\t\\n x \\r', 'a,b,,c', 'aaaa', 'AbC',
      '1.5',
  'x'.repeat(300), '$& $$ $1']`;
const PARTS = `['', 'a', 'b', 'bc', 'abc', 'z', ',', ' ', 'aa', 1, null, undefined, true]`;
const LISTS = `[[], [1], [3, 1, 2], [1, 'a', null, undefined, true, -0, 0 / 0, 'a', 1],
  ['b', 'a', 'c', 'a'], [10, 9, 1, 100], new Array(5).fill(7)]`;
const NESTED_LISTS = `[[[1], [2, [3, [4]]], 5], [[[[[1]]]], []], [[], [[]]]]`;
const SCALARS = `[undefined, null, true, false, 0, -0, 1, -1, 2, 0.5, -7.25, 3e9, 1e21, -1e-7,
      0 / 0,
  1 / 0, -1 / 0, '', ' ', '0', '1', '-1', '1.5', '0x10', '0b11', '0o7', '1e3', '1_0', 'abc', 'b',
  'true', 'null', 'Infinity', '\\n12\\n', '1'.repeat(400)]`;

/** Goes over all receivers and up to two arguments. */
function overArguments(
  receivers: string,
  first: string,
  second: string,
  expression: string,
): string {
  return `const out = [];
    for (const r of ${receivers}) for (const a of ${first}) for (const b of ${second}) {
      let v; try { v = ${expression} } catch (e) { v = '!' + e.name }
      out.push(v);
    }
    return out`;
}

const ONE = "[0]";

const stringCases: [string, string, string][] = [
  ["at", ODD, ONE],
  ["charAt", ODD, ONE],
  ["charCodeAt", ODD, ONE],
  ["slice", ODD, ODD],
  ["substring", ODD, ODD],
  ["substr", ODD, ODD],
  ["indexOf", PARTS, ODD],
  ["lastIndexOf", PARTS, ODD],
  ["includes", PARTS, ODD],
  ["startsWith", PARTS, ODD],
  ["endsWith", PARTS, ODD],
  ["concat", PARTS, PARTS],
  ["repeat", `[0, 1, 2.9, -1, 0 / 0, 1 / 0, '3', null, undefined, 1e300]`, ONE],
  [
    "padStart",
    `[0, 1, 5, 9.5, -1, 0 / 0, 1e300, '7', null, undefined]`,
    `['', 'ab', undefined, 1]`,
  ],
  ["padEnd", `[0, 1, 5, 9.5, -1, 0 / 0, 1e300, '7', null, undefined]`, `['', 'ab', undefined, 1]`],
  ["split", PARTS, `[undefined, 0, 1, 2, -1, 4294967296, 4294967297, 0 / 0, 1.9, '1', null]`],
  ["replace", PARTS, `['', 'X', '[$&]', "<$\`|$'>", '$$', '$', '$1$', '$&$&', 5, null, undefined]`],
  ["replaceAll", PARTS, `['', 'X', '[$&]', "<$\`|$'>", '$$', '$', 5, null, undefined]`],
];

const arrayCases: [string, string, string][] = [
  ["at", ODD, ONE],
  ["slice", ODD, ODD],
  ["indexOf", SCALARS, ODD],
  ["lastIndexOf", SCALARS, ODD],
  ["includes", SCALARS, ODD],
  ["join", SCALARS, ONE],
  ["fill", `[5]`, ODD],
  ["concat", `[1, undefined, [2], [[3]], []]`, `['x', [4, 5], null]`],
];

/** Of a fresh copy of each list, after which the copy is shown, too. */
const changes = [
  "l.push(a, b)",
  "l.push()",
  "l.pop()",
  "l.shift()",
  "l.unshift(a, b)",
  "l.unshift()",
  "l.reverse()",
  "l.splice()",
  "l.splice(a)",
  "l.splice(a, b)",
  "l.splice(a, b, 'x', 'y')",
  "l.fill(a, b)",
  "l.fill(1, a, b)",
  "l.length = 1",
  "[...l.keys()]",
  "[...l.values()]",
  "[...l.entries()]",
];

const callbacks = [
  "x => x",
  "(x, i) => i % 2 === 0",
  "(x, i, l) => l.length",
  "(x, i, l) => { l.pop(); return x }",
  "(x, i, l) => { l.push(i); return l.length < 20 }",
  "(x, i, l) => { l[i] = 9; return i > 0 }",
  "(x, i, l) => { l.length = 0; return 1 }",
  "(x, i, l) => { l.unshift(0); return x }",
  "(x, i) => { if (i === 1) throw new RangeError('r'); return x }",
  "() => [1, [2]]",
  "() => {}",
  "function f(x) { let t = 0; for (let i = 0; i < 3; i++) t += i; return t }",
];

const callbackMethods =
  "map forEach filter some every find findIndex findLast findLastIndex flatMap".split(" ");

const folds = [
  "(t, x) => t + ',' + x",
  "(t, x, i) => i",
  "(t, x, i, l) => { l.pop(); return t }",
  "(t, x, i, l) => { l.push(1); return l.length }",
  "(t) => { let n = 0; while (n < 3) n++; return n }",
];

const binary = "+ - * / % ** < <= > >= == != === !== & | ^ << >> >>> && || ??".split(" ");

function operatorCases(): Case[] {
  const cases = binary.map((operator) => ({
    name: `a ${operator} b`,
    source: `const out = []; const all = ${SCALARS};
      for (const a of all) for (const b of all) out.push(a ${operator} b); return out`,
  }));
  // With operands whose types the compiler knows.
  const scalars = "undefined null true 0 -0 1 -7.25 3e9 (0/0) (1/0) '' '0' '1.5' 'abc'".split(" ");
  for (const operator of binary) {
    const all = scalars.flatMap((a) => scalars.map((b) => `(${a}) ${operator} (${b})`));
    cases.push({ name: `literals, ${operator}`, source: `return [${all.join(", ")}]` });
    const assigned = `${operator}=`;
    if (/[<>=!]$/.test(operator) && !/^(<<|>>>?)$/.test(operator)) continue;
    cases.push({
      name: `a ${assigned} b`,
      source: `const out = []; const all = ${SCALARS}; const o = { p: 0 }; const l = [0];
        for (const a of all) for (const b of all) {
          let v = a; o.p = a; l[0] = a;
          v ${assigned} b; out.push(v, o.p ${assigned} b, o.p, l[0] ${assigned} b, l[0]);
        } return out`,
    });
  }
  for (const operator of ["-", "+", "~", "!", "typeof ", "void "]) {
    cases.push({
      name: `${operator}a`,
      source: `const out = []; for (const a of ${SCALARS}) out.push(${operator}a); return out`,
    });
  }
  for (const update of ["v++", "v--", "++v", "--v", "o.p++", "--o.p", "l[0]++", "++l[0]"]) {
    cases.push({
      name: update,
      source: `const out = []; for (const a of ${SCALARS}) {
        let v = a; const o = { p: a }, l = [a]; out.push(${update}, v, o, l) } return out`,
    });
  }
  return cases;
}

const single: Record<string, string> = {
  template: `const out = []; for (const a of ${SCALARS}) out.push(\`<\${a}|\${a}>\`, \`\${a}\`);
      return out`,
  String: `return ${SCALARS}.map((a) => String(a))`,
  "trim and cases": `return ${TEXTS}.map((t) => [t.trim(), t.trimStart(), t.trimEnd(),
    t.toUpperCase(), t.toLowerCase(), t.toString(), t.length, t[0], t[1], t['1'], t.x, t[-1],
      t[9]])`,
  "numbers as text": `const out = [];
    for (const n of [0, -0, 1, -1.5, 255, 1e21, 123.456, 0 / 0, 1 / 0, 0.000001234, 5e-324])
      for (const d of [undefined, 0, 2, 16, 36, 20, 10.9, -1, 1, 37, 101, 100]) {
        let a, b;
        try { a = n.toString(d) } catch (e) { a = e.name }
        try { b = n.toFixed(d) } catch (e) { b = e.name }
        out.push(a, b);
      } return out`,
  "booleans as text": "return [true.toString(), (false).toString()]",
  "sort by text": `return ${LISTS}.map((l) => [l.sort(), l])`,
  "sort by numbers": `return [[3, 1, 2], [5, 4, 3, 2, 1], [1], [], 
      [2, undefined, 1, undefined, null],
    [0.5, -1, 1e9, 7]].map((l) => [l.sort((a, b) => a - b), l.toSorted((a, b) => b - a), l])`,
  "sort is stable": `const l = []; for (let i = 0; i < 500; i++) l.push({ k: i * 7919 % 10, i });
    l.sort((a, b) => a.k - b.k); return l.map((e) => e.k + ':' + e.i)`,
  "sort with odd answers": `return [[2, 1, 3].sort(() => 0), [2, 1].sort(() => 0 / 0),
    [2, 1].sort((a, b) => a > b ? '1' : '-1'),
    [1, 2].sort(() => undefined)]`,
  "sort that changes its array": `const l = [3, 2, 1];
    l.sort((a, b) => { l.push(9); return a - b }); return l.slice(0, 3)`,
  "sort that empties its array": `const l = [3, 2, 1];
    l.sort((a, b) => { l.length = 0; return a - b }); return l`,
  "sort that throws": `const l = [3, 2, 1];
    try { l.sort(() => { throw new TypeError('t') }) } catch (e) { return [e.name, l] }`,
  "sort with a wrong comparator": `try { [2, 1].sort(5) } catch (e) { return e.name }`,
  "replace by a function": `return [
    'abcabc'.replace('b', (m, at, all) => m + at + all), 'abcabc'.replaceAll('b', (m, at) => at),
    'abc'.replaceAll('', (m, at) => at), 'abc'.replace('x', () => { throw 1 }),
    'abc'.replace('b', () => '$&'), 'abc'.replace('b', () => undefined), 'aaa'.replaceAll('aa',
      'b')]`,
  destructuring: `const [a, , b = 5, ...c] = [1, 2, undefined, 4, 5];
    const { x, y: { z = 3 } = {}, ...r } = { x: 1, m: 4, n: 5 };
    const { ['k' + 1]: k } = { k1: 2 };
    const { m, ...s } = { m: 1, length: 2, 0: 3 }; const [p, ...q] = 'xyz';
      const { length } = 'abc';
    const { 0: first, ...others } = [1, 2, 3]; let u, v; [u, v] = [1, 2]; [u, v] = [v, u];
    return [a, b, c, x, z, k, r, m, s, p, q, length, first, others, u, v]`,
  spread: `const o = { a: 1, ...{ b: 2, a: 3 }, ...null, ...undefined, ...[7, 8], ...'xy', ...5,
      ...true };
    return [o, [...'abc', ...[1, 2], ...[]], Math.max(...[1, 5, 3])]`,
  "rest parameters": `const f = (a, ...r) => [a, r, r.length];
    return [f(), f(1), f(1, 2, 3), f(...'ab')]`,
  "for of": `const out = []; for (const x of 'abc') out.push(x);
    const l = [1, 2, 3]; for (const x of l) { out.push(x); if (l.length < 6) l.push(x * 10) }
    for (const [k, v] of Object.entries({ a: 1 })) out.push(k, v); return out`,
  "for in": `const out = []; for (const k in { b: 1, a: 2, 1: 3, 0: 4 }) out.push(k);
    for (const k in [7, 8]) out.push(k); for (const k in 'xy') out.push(k);
    for (const k in null) out.push(k); for (const k in undefined) out.push(k); return out`,
  in: `return ['a' in { a: undefined }, 'b' in { a: 1 }, 0 in [1], 1 in [1], '0' in [1],
      '00' in [1],
    -1 in [1], 0.5 in [1], 'length' in [], 'x' in [], 1 in { 1: 0 }]`,
  "in without an object": `const out = []; for (const v of [1, 'a', true, null, undefined])
    try { out.push('a' in v) } catch (e) { out.push(e.name) } return out`,
  delete: `const o = { a: 1, b: 2 }; return [delete o.a, delete o.x, delete o['b'], o,
      delete o[1]]`,
  "reading what has nothing": `const out = []; for (const v of [null, undefined])
    for (const f of [() => v.a, () => v[0], () => v.length, () => { v.a = 1 }, () => v(),
      () => v.f()])
      try { out.push(f()) } catch (e) { out.push(e.name) } return out`,
  "calling what is no function": `const out = []; const o = { n: 1 };
    for (const f of [() => o.n(), () => o.x(), () => (1)(), () => 'a'.b(), () => [].x(),
      () => [1].map(1),
      () => [].map(), () => [].reduce((a) => a), () => o.o.o, () => [].forEach(null)])
      try { out.push(f()) } catch (e) { out.push(e.name) } return out`,
  "optional chains": `const o = { a: { b: [1] }, f: () => 5 }, n = null;
    return [o?.a?.b?.[0], n?.a.b.c, n?.[0], o.x?.y, o.x?.(1), o.f?.(), n?.f(), o?.a.b.length]`,
  "own functions with the names of methods": `const all = (...a) => a;
    const o = { at: all, slice: all, push: all, map: all, sort: all, replace: all, charAt: all,
      concat: all, toString: all, trim: all, find: all, reduce: all, flat: all, splice: all };
    return [o.at(), o.at(1, 2, 3), o.slice(1, 2, 3), o.push(), o.map(1, 2), o.sort(), o.replace(1,
      2, 3),
      o.charAt(), o.concat(1), o.toString(5), o.trim(1), o.find(), o.reduce(1, 2, 3), o.flat(9),
      o.splice(1, 2, 3, 4)]`,
  "own functions that loop": `const o = {
    at: (n) => { let t = 0; for (let i = 0; i < n; i++) t += i; return t },
    map: (n) => { let t = 1; while (n > 1) t *= n--; return t } }; return [o.at(10), o.map(5)]`,
  "array indexes": `const l = [1, 2, 3]; l[3] = 4; l['4'] = 5; l[1] += 5; l.length = 6; l.length--;
    return [l, l[-1], l[1.5], l[0 / 0], l['x'], l['0'], l['00'], l[99], l['length'], l[true],
      l[null]]`,
  "object names": `const o = {}; o[1] = 'a'; o['1.0'] = 'b';
    o[-0] = 'c'; o[0 / 0] = 'd'; o[null] = 'e';
    o[undefined] = 'f'; o[true] = 'g'; o['__proto__x'] = 'h'; o[1e21] = 'i'; o[''] = 'j';
    return [o, Object.keys(o), o.NaN, o['null'], o[1e21]]`,
  "array lengths": `const out = [];
    for (const n of [0, 1, 2.5, -1, '2', null, undefined, 0 / 0, true, '', 'x']) {
      const l = [1, 2, 3]; try { l.length = n; out.push(l) } catch (e) { out.push(e.name) }
    } return out`,
  "Array.from": `const out = [];
    for (const r of [...${SCALARS}, ...${LISTS}, {}, { length: 2 }, { length: '1', 0: 'a' }])
      for (const f of [undefined, (x, i) => [x, i]])
        try { out.push(Array.from(r, f)) } catch (e) { out.push(e.name) }
    return out`,
  "new Array": `return [new Array(3), new Array(), new Array(1, 2), Array(2),
    new Array('3'), [, 1, ,]]`,
  errors: `const out = []; for (const f of [() => { throw new Error('m') },
      () => { throw Error('m') },
    () => { throw new TypeError() }, () => { throw new RangeError('r') }])
      try { f() } catch (e) { out.push(e.name, e.message, String(e), '' + e,
      [e].join()) } return out`,
  "catch and finally": `const out = [];
    const f = () => { try { return 1 } finally { out.push('f') } };
    const g = () => { for (const x of [1, 2]) try { if (x === 1) continue;
      throw x } catch (e) { out.push(e) }
      finally { out.push('g' + x) } return 'end' };
    const h = () => { try { throw 1 } catch { return 2 } finally { return 3 } };
    out.push(f(), g(), h());
    try { try { throw 'a' } finally { out.push('inner') } } catch (e) { out.push(e) } return out`,
  "use before the declaration": `const out = []; try { out.push(x) } catch (e) { out.push(e.name) }
    let x = 1; try { f() } catch (e) { out.push(e.name) } const f = () => 1; return out`,
  "switch on anything": `const out = []; for (const v of ${SCALARS}) switch (v) {
      case 0: out.push('zero'); break; case '0': out.push('text'); break;
      case null: out.push('null');
      case undefined: out.push('nullish'); break; case 'abc': case 'b': out.push(v); break;
      default: out.push('other') } return out`,
  "closures in loops": `const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i);
    for (const x of [7, 8]) fs.push(() => x); return fs.map((f) => f())`,
  "deep callbacks": `const f = (n) => n === 0 ? [0] :
       [n].map((x) => f(x - 1)).flat(); return f(50)`,
  "flat of much": `let l = [1]; for (let i = 0; i < 50; i++) l = [l, i]; return l.flat(1 / 0)`,
  "methods of other values": `const out = []; 
    for (const v of [1, true, 'a', [1], null, undefined, {}, () => 1])
    for (const f of [(x) => x.push(1), (x) => x.trim(), (x) => x.map((y) => y), (x) => x.sort(),
      (x) => x.toFixed(1), (x) => x.charAt(0), (x) => x.nothing()])
      try { out.push(f(v)) } catch (e) { out.push(e.name) } return out`,
};

export const sameCases: Case[] = [
  ...operatorCases(),
  ...stringCases.map(([method, first, second]) => ({
    name: `string ${method}`,
    source: overArguments(TEXTS, first, second, `r.${method}(a${second === ONE ? "" : ", b"})`),
  })),
  ...arrayCases.map(([method, first, second]) => ({
    name: `array ${method}`,
    source: overArguments(LISTS, first, second, `r.${method}(a${second === ONE ? "" : ", b"})`),
  })),
  { name: "flat", source: overArguments(NESTED_LISTS, ODD, ONE, "[r.flat(a), r.flat()]") },
  ...changes.map((change) => ({
    name: change,
    source: overArguments(
      LISTS,
      ODD,
      "[0, 1, undefined, -1, 2.5, 'x']",
      `[0].map(() => {
      const l = r.slice(); return [${change}, l] })`,
    ),
  })),
  ...callbackMethods.flatMap((method) =>
    callbacks.map((callback) => ({
      name: `${method}(${callback})`,
      source: overArguments(
        LISTS,
        ONE,
        ONE,
        `[0].map(() => {
        const l = r.slice(); let v;
        try { v = l.${method}(${callback}) } catch (e) { v = e.name } return [v, l] })`,
      ),
    })),
  ),
  ...["reduce", "reduceRight"].flatMap((method) =>
    folds.flatMap((fold) =>
      ["", ", 0", ", undefined"].map((initial) => ({
        name: `${method}(${fold}${initial})`,
        source: overArguments(
          LISTS,
          ONE,
          ONE,
          `[0].map(() => {
          const l = r.slice(); return [l.${method}(${fold}${initial}), l] })`,
        ),
      })),
    ),
  ),
  ...Object.entries(single).map(([name, source]) => ({ name, source })),
];
