// @ts-nocheck
// Runtime for candidate A: guarded JS subset compiled to host generator functions.
// Every value a script can hold: undefined, null, boolean, number, byte string (chars 0..255),
// host Array (dense, no holes), SObj, Vec1 (KEYS/ARGV), script function (= host generator function ($d, ...args)).

import { run as $, type RunState } from '../guards/run_state.ts';
import { Thrown as Throw, Fatal, fatal, errorObject as mkErr, typeError as te, rangeError as re, caught as $caught, throwValue as $throw, throwOverflow as $so, ofHost as hostErr } from '../guards/errors.ts';
import { tick as $tick, countMemory as mem, countString as newstr, countArray as newarr, charge as chg, touch as touch1, touchWhole as touch } from '../guards/meter.ts';
import { numberOf as $n, integerOf as int, primitiveString as primstr, stringOf as tostr, stringOf as $s, nameOf as $key, joined as join, stringArgument as strArg, trim as asciiTrim } from '../guards/conversion.ts';
import { ScriptObject as SObj, KeyVector as Vec1, GeneratorObject as GI, kindOf as kind } from '../value.ts';
import { FUEL } from '../limits.ts';
import { NS, NSG, CONST, GLOBALF } from '../builtins/namespaces.ts';
import { keys as okeys } from '../builtins/object.ts';
import { callCommand as $call } from '../builtins/redis_call.ts';
import { utf8Of as utf8 } from '../builtins/utf8.ts';
export { NS, NSG, CONST, GLOBALF, utf8 };
export { $, SObj, Vec1, Throw, Fatal, fatal, mkErr, GI, kind, hostErr, tostr, FUEL };
export const LIM = {
  str: 32 << 20, arr: 4 << 20, key: 8192, spread: 8000, argsToCall: 1 << 20, callBytes: 512 << 20, jsonDepth: 1000,
};

const isArr = Array.isArray;
const isFn = (v: any) => typeof v === 'function';

// ---- operators ------------------------------------------------------------------------------------
function add2(a: any, b: any): any {
  const ta = typeof a, tb = typeof b;
  if (ta === 'string' || tb === 'string' || isArr(a) || isArr(b)) return $cat($s(a), $s(b));
  return $n(a) + $n(b);
}
const $add = (a: any, b: any) => typeof a === 'number' && typeof b === 'number' ? (+a) + (+b) : add2(a, b);
function $cat(a: string, b: string) {
  const n = a.length + b.length;
  if (n > 256) newstr(n); else mem(32);
  return a + b;
}
// integer fast path: fmod on doubles costs ~20 ns in JSC, an int32 remainder ~1 ns
const $mod = (a: number, b: number): number => (a | 0) === a && (b | 0) === b && a >= 0 && b > 0 ? (a | 0) % (b | 0) : +a % +b;
function cmp2(a: any, b: any, op: number): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length > 256 && b.length > 256) { chg((a.length < b.length ? a.length : b.length) >> 8); touch(a); touch(b); }
    return op === 0 ? a < b : op === 1 ? a <= b : op === 2 ? a > b : a >= b;
  }
  const x = $n(a), y = $n(b);
  return op === 0 ? x < y : op === 1 ? x <= y : op === 2 ? x > y : x >= y;
}
const $lt = (a: any, b: any) => typeof a === 'number' && typeof b === 'number' ? (+a) < (+b) : cmp2(a, b, 0);
const $le = (a: any, b: any) => typeof a === 'number' && typeof b === 'number' ? (+a) <= (+b) : cmp2(a, b, 1);
const $gt = (a: any, b: any) => typeof a === 'number' && typeof b === 'number' ? (+a) > (+b) : cmp2(a, b, 2);
const $ge = (a: any, b: any) => typeof a === 'number' && typeof b === 'number' ? (+a) >= (+b) : cmp2(a, b, 3);
const $seq = (a: any, b: any) => { if (typeof a === 'string' && a.length > 256 && typeof b === 'string') { if (a.length !== b.length) return false; chg(a.length >> 8); touch(a); touch(b); } return a === b; };
function $eq(a: any, b: any): boolean {
  if (a === b) return true;
  const pa = typeof a !== 'object' && typeof a !== 'function', pb = typeof b !== 'object' && typeof b !== 'function';
  if (a == null || b == null) return a == null && b == null;
  if (!pa || !pb) return false;                      // never ToPrimitive
  if (typeof a === typeof b) return $seq(a, b);
  return $n(a) === $n(b);
}
function $in(k: any, o: any): boolean {
  if (o instanceof SObj) return $key(k) in o;
  if (isArr(o)) { const i = $n(k); return Number.isInteger(i) && i >= 0 && i < o.length; }
  throw te("'in' needs an object, got " + kind(o));
}
function $typeof(v: any) { return typeof v; }

// ---- property access ------------------------------------------------------------------------------
function $len(o: any): any {
  if (typeof o === 'string' || isArr(o)) return o.length;
  return $gp(o, 'length');
}
function nullish(o: any, k: any): Throw { return te("cannot read '" + (typeof k === 'string' ? k.slice(0, 60) : typeof k === 'number' ? k : '?') + "' of " + kind(o)); }
function idxOf(k: string): number { // canonical array index in a string key, else -1
  if (k.length === 0 || k.length > 8) return -1;
  const n = +k; return n >= 0 && Number.isInteger(n) && '' + n === k ? n : -1;
}
function $gp(o: any, k: any): any { // slow/dynamic get; k string or number
  if (o instanceof SObj) return o[k];
  if (isArr(o) || typeof o === 'string') {
    if (typeof k === 'number') { if (typeof o === 'string' && o.length > 4096) touch1(o); return o[k]; }
    if (k === 'length') return o.length;
    const i = idxOf(k); return i >= 0 ? o[i] : undefined;
  }
  if (o instanceof Vec1) return vecGet(o, k);
  if (o === null || o === undefined) throw nullish(o, k);
  return undefined;                                   // numbers, booleans, functions have no readable properties
}
function vecGet(o: Vec1, k: any) {
  if (k === 'length') return o.a.length - 1;
  const i = typeof k === 'number' ? k : idxOf(k);
  if (i === 0) throw re(o.name + '[0] does not exist: ' + o.name + ' counts from 1, so the first element is ' + o.name + '[1]');
  if (typeof k === 'string' && i < 0) throw te(o.name + ' has no property or method \'' + k.slice(0, 60) + '\'; use [...' + o.name + '] for an ordinary array');
  return o.a[i];
}
const $get = (o: any, k: any): any => (typeof k === 'number' && isArr(o)) ? o[k] : $gp(o, $key(k));
function $sp(o: any, k: any, v: any): any {
  if (o instanceof SObj) { if (typeof k !== 'string' || k.length > 32) mem(64 + (typeof k === 'string' ? k.length : 0)); else mem(48); o[k] = v; return v; }
  if (isArr(o)) {
    const i = typeof k === 'number' ? k : k === 'length' ? -2 : idxOf(k);
    if (i === -2) { setlen(o, v); return v; }
    if (!(i >= 0) || !Number.isInteger(i)) throw te('an array has no settable property ' + (typeof k === 'string' ? "'" + k.slice(0, 60) + "'" : k));
    const n = o.length;
    if (i < n) o[i] = v;
    else { if (i >= LIM.arr) throw re('array too long (limit ' + LIM.arr + ')'); mem(8 * (i - n + 1)); chg((i - n) >> 3); for (let j = n; j < i; j++) o.push(undefined); o.push(v); }
    return v;
  }
  if (o instanceof Vec1) throw te(o.name + ' is read-only');
  throw te("cannot set a property of " + kind(o));
}
const $set = (o: any, k: any, v: any): any => {
  if (typeof k === 'number' && isArr(o) && k >= 0 && k < o.length && (k | 0) === k) return o[k] = v;
  return $sp(o, $key(k), v);
};
function setlen(o: any[], v: any) {
  const n = $n(v); if (!(n >= 0) || !Number.isInteger(n) || n > LIM.arr) throw re('invalid array length');
  if (n <= o.length) { o.length = n; return; }
  newarr(n - o.length); while (o.length < n) o.push(undefined);
}
function $del(o: any, k: any): boolean {
  if (o instanceof SObj) { delete o[$key(k)]; return true; }
  throw te('delete needs an object, got ' + kind(o));
}
function $keys1(i: any, v: Vec1) { return vecGet(v, typeof i === 'number' ? i : $key(i)); }

// ---- object / array construction, spread, iteration -----------------------------------------------
function $obj(...kv: any[]): any { const o = new SObj(); mem(48 + kv.length * 12); for (let i = 0; i < kv.length; i += 2) o[kv[i]] = kv[i + 1]; return o; }
function $oa(o: any, k: any, v: any) { o[$key(k)] = v; mem(48); return o; }
function $os(o: any, src: any) { // object spread
  if (src === null || src === undefined) return o;
  if (src instanceof SObj) { const ks = Object.keys(src); chg(ks.length); mem(ks.length * 48); for (const k of ks) o[k] = src[k]; return o; }
  if (isArr(src)) { chg(src.length); mem(src.length * 48); for (let i = 0; i < src.length; i++) o[i] = src[i]; return o; }
  throw te('cannot spread ' + kind(src) + ' into an object');
}
function $rest(o: any, ...skip: any[]) {
  if (!(o instanceof SObj)) throw te('cannot destructure ' + kind(o)); const r = $os(new SObj(), o);
  for (const k of skip) delete r[k]; return r;
}
function $arr(a: any[]) { mem(32 + a.length * 8); return a; }
function $iter(v: any): any { // something with .length and numeric index
  if (isArr(v) || typeof v === 'string') return v;
  if (v instanceof Vec1) return v.a.slice(1);
  throw te(kind(v) + ' is not iterable' + (v instanceof SObj ? '; use Object.keys, Object.values or Object.entries' : ''));
}
function $spread(v: any): any[] { // for array literals and redis.call
  const a = $iter(v); newarr(a.length);
  if (typeof a === 'string') { const r: string[] = []; for (let i = 0; i < a.length; i++) r.push(a[i]); return r; }
  return a;
}
function $spreadArgs(v: any): any[] { const a = $spread(v); if (a.length > LIM.spread) throw re('too many arguments in a spread call (limit ' + LIM.spread + ')'); return a; }
function $forin(v: any): any[] {
  if (v instanceof SObj) return okeys(v);
  if (isArr(v) || typeof v === 'string') { newarr(v.length); mem(32 * v.length); const r: string[] = []; for (let i = 0; i < v.length; i++) r.push('' + i); return r; }
  if (v === null || v === undefined) return [];
  throw te('for..in needs an object, got ' + kind(v));
}
function $dest(v: any) { if (v === null || v === undefined) throw te('cannot destructure ' + kind(v)); return v; }
function $slice(v: any, n: number) { const a = $iter(v); newarr(Math.max(0, a.length - n)); return typeof a === 'string' ? $spread(a.slice(n)) : a.slice(n); }

// ---- calls ----------------------------------------------------------------------------------------
const $fn = (f: any) => { if (typeof f === 'function') return f; throw te(kind(f) + ' is not a function'); };
const $U: any = { pending: true };
function prop(o: any, name: string, args: any[]): any { // method not builtin for this receiver: own function property of a script object?
  if (o instanceof SObj) {
    const f = o[name];
    if (typeof f === 'function') { $.pendingFunction = f; $.pendingArguments = args; return $U; }
    if (name === 'hasOwnProperty') return $key(args[0]) in o;
    if (name === 'toString') return tostr(o);
    throw te("'" + name + "' is not a function of this object");
  }
  if (o instanceof Vec1) throw te(o.name + " has no method '" + name + "'; use [..." + o.name + '] for an ordinary array');
  if (o === null || o === undefined) throw te("cannot call '" + name + "' of " + kind(o));
  throw te(kind(o) + " has no method '" + name + "'");
}
function* $cu(d: number): any { const f = $.pendingFunction, a = $.pendingArguments; $.pendingFunction = $.pendingArguments = null; const r = f(d, ...a); return r instanceof GI ? yield* r : r; }
function $nu(r: any) { if (r === $U) throw te('this built-in method name cannot be called on an object here'); return r; }
function $cm(o: any, name: string, ...args: any[]): any { return prop(o, name, args); } // unknown method name
function* $cd(d: number, o: any, k: any, ...args: any[]): any { // computed callee o[k](...)
  const f = $gp(o, $key(k)); if (typeof f !== 'function') throw te('computed member is not a function (built-in methods are called by name)');
  const r = f(d, ...args); return r instanceof GI ? yield* r : r;
}

// ---- builtin methods: plain ones return a value or $U; generator ones are in G ----------------------
function rel(i: number, n: number) { return i < 0 ? Math.max(0, n + i) : Math.min(i, n); }
// Safe substring search. Native search is O(n*m) in the worst case (measured 9.3 s for 400KB/200KB), so big products use Z-style KMP.
function find(h: string, x: string, from: number): number {
  const n = h.length - from, m = x.length;
  chg((n >> 8) + 1); touch(x); if (h.length > 4096) touch1(h);
  if (m <= 1 || n < m) return h.indexOf(x, from);
  if (n * m <= 4e6) { chg((n * m) >> 12); return h.indexOf(x, from); }
  return kmp(h, x, from);
}
function kmp(h: string, x: string, from: number): number {
  const m = x.length, n = h.length; mem(m * 4);
  const fail = new Int32Array(m);
  for (let i = 1, k = 0; i < m; i++) { const c = x.charCodeAt(i); while (k > 0 && x.charCodeAt(k) !== c) k = fail[k - 1]; if (x.charCodeAt(k) === c) k++; fail[i] = k; }
  chg((m + n - from) >> 3);
  for (let i = from, k = 0; i < n; i++) { const c = h.charCodeAt(i); while (k > 0 && x.charCodeAt(k) !== c) k = fail[k - 1]; if (x.charCodeAt(k) === c) k++; if (k === m) return i - m + 1; }
  return -1;
}
function rfind(h: string, x: string, from: number): number {
  if (h.length * x.length > 4e6 && x.length > 1) throw re('lastIndexOf: strings too long');
  chg((h.length >> 8) + ((h.length * x.length) >> 12)); return h.lastIndexOf(x, from);
}
function upper(s: string, up: boolean) { // ASCII only: bytes must stay bytes
  let i = 0; const n = s.length; chg(n >> 5);
  for (; i < n; i++) { const c = s.charCodeAt(i); if (c > 127) break; }
  newstr(n);
  if (i === n) return up ? s.toUpperCase() : s.toLowerCase();
  let r = '';
  for (i = 0; i < n; i++) { const c = s.charCodeAt(i); r += up ? (c >= 97 && c <= 122 ? String.fromCharCode(c - 32) : s[i]) : (c >= 65 && c <= 90 ? String.fromCharCode(c + 32) : s[i]); }
  return r;
}
function cut(s: string, a: number, b: number) { if (b <= a) return ''; if (s.length > 4096) touch1(s); newstr(b - a > 256 ? 256 : b - a); return s.slice(a, b); } // slices share storage in both engines
function pad(s: string, n: number, p: any, left: boolean) {
  const f = p === undefined ? ' ' : $s(p); if (n <= s.length || f === '') return s;
  if (n > LIM.str) throw re('string too long (limit ' + LIM.str + ' bytes)'); newstr(n);
  return left ? s.padStart(n, f) : s.padEnd(n, f);
}
function split(s: string, sep: any, lim: any): string[] {
  const max = lim === undefined ? LIM.arr : Math.max(0, int(lim));
  if (sep === undefined) return [s];
  const x = strArg(sep, 'split'); const r: string[] = [];
  if (x === '') { const n = Math.min(max, s.length); newarr(n); chg(n >> 1); for (let i = 0; i < n; i++) r.push(s[i]); return r; }
  let i = 0;
  while (r.length < max) {
    const j = find(s, x, i); if (j < 0) { r.push(s.slice(i)); break; }
    r.push(s.slice(i, j)); i = j + x.length; $.f -= 1; mem(48);
    if (r.length > LIM.arr) throw re('array too long (limit ' + LIM.arr + ')');
  }
  return r;
}
function expand(rep: string, h: string, x: string, at: number) { // $$ $& $` $'
  if (rep.indexOf('$') < 0) return rep; let r = '';
  for (let i = 0; i < rep.length; i++) {
    const c = rep[i], d = rep[i + 1];
    if (c === '$' && d !== undefined) {
      const ins = d === '$' ? '$' : d === '&' ? x : d === '`' ? h.slice(0, at) : d === "'" ? h.slice(at + x.length) : null;
      if (ins !== null) { r = $cat(r, ins); i++; continue; }
    }
    r = $cat(r, c);
  }
  return r;
}
export const P: Record<string, (o: any, ...a: any[]) => any> = {
  // shared by strings and arrays
  at(o, i) { if (typeof o === 'string' || isArr(o)) { const k = int(i); return o[k < 0 ? o.length + k : k]; } return prop(o, 'at', [i]); },
  slice(o, a, b) {
    if (typeof o === 'string') { const n = o.length; return cut(o, rel(int(a), n), rel(int(b, n), n)); }
    if (isArr(o)) { const n = o.length, x = rel(int(a), n), y = rel(int(b, n), n); newarr(Math.max(0, y - x)); return o.slice(x, y); }
    return prop(o, 'slice', [a, b]);
  },
  indexOf(o, v, f) {
    if (typeof o === 'string') return find(o, strArg(v, 'indexOf'), Math.min(Math.max(0, int(f)), o.length));
    if (isArr(o)) return scan(o, v, int(f));
    return prop(o, 'indexOf', [v, f]);
  },
  lastIndexOf(o, v, f) {
    if (typeof o === 'string') return rfind(o, strArg(v, 'lastIndexOf'), f === undefined ? Infinity : int(f));
    if (isArr(o)) { if (typeof v === 'string' && v.length > 256) throw re('lastIndexOf: string too long'); chg(o.length >> 5); return f === undefined ? o.lastIndexOf(v) : o.lastIndexOf(v, int(f)); }
    return prop(o, 'lastIndexOf', [v, f]);
  },
  includes(o, v, f) {
    if (typeof o === 'string') return find(o, strArg(v, 'includes'), Math.min(Math.max(0, int(f)), o.length)) >= 0;
    if (isArr(o)) return v !== v ? (chg(o.length >> 5), o.includes(v, int(f))) : scan(o, v, int(f)) >= 0;
    return prop(o, 'includes', [v, f]);
  },
  concat(o, ...xs) {
    if (typeof o === 'string') { let r = o; for (const x of xs) r = $cat(r, $s(x)); return r; }
    if (isArr(o)) { let n = o.length; for (const x of xs) n += isArr(x) ? x.length : x instanceof Vec1 ? x.a.length - 1 : 1; newarr(n); let r = o.slice(); for (const x of xs) { if (isArr(x)) for (let i = 0; i < x.length; i++) r.push(x[i]); else if (x instanceof Vec1) for (let i = 1; i < x.a.length; i++) r.push(x.a[i]); else r.push(x); } return r; }
    return prop(o, 'concat', xs);
  },
  toString(o, r) {
    if (typeof o === 'number') { const b = r === undefined ? 10 : int(r); if (b < 2 || b > 36) throw re('toString: radix must be 2..36'); return o.toString(b); }
    if (typeof o === 'string' || typeof o === 'boolean' || isArr(o)) return tostr(o);
    return prop(o, 'toString', [r]);
  },
  // strings
  charAt(o, i) { if (typeof o === 'string') { if (o.length > 4096) touch1(o); return o.charAt(int(i)); } return prop(o, 'charAt', [i]); },
  charCodeAt(o, i) { if (typeof o === 'string') { if (o.length > 4096) touch1(o); return o.charCodeAt(int(i)); } return prop(o, 'charCodeAt', [i]); },
  startsWith(o, x, p) { if (typeof o === 'string') { const s = strArg(x, 'startsWith'); chg(s.length >> 8); touch(s); touch(o); return o.startsWith(s, int(p)); } return prop(o, 'startsWith', [x, p]); },
  endsWith(o, x, p) { if (typeof o === 'string') { const s = strArg(x, 'endsWith'); chg(s.length >> 8); touch(s); touch(o); return p === undefined ? o.endsWith(s) : o.endsWith(s, int(p)); } return prop(o, 'endsWith', [x, p]); },
  substring(o, a, b) { if (typeof o === 'string') { const n = o.length; let x = Math.min(Math.max(int(a), 0), n), y = Math.min(Math.max(int(b, n), 0), n); if (x > y) [x, y] = [y, x]; return cut(o, x, y); } return prop(o, 'substring', [a, b]); },
  substr(o, a, l) { if (typeof o === 'string') { const n = o.length, x = rel(int(a), n), y = Math.min(n, x + Math.max(0, int(l, n))); return cut(o, x, y); } return prop(o, 'substr', [a, l]); },
  split(o, sep, lim) { if (typeof o === 'string') return split(o, sep, lim); return prop(o, 'split', [sep, lim]); },
  repeat(o, n) { if (typeof o === 'string') { const k = int(n); if (k < 0 || k === Infinity) throw re('repeat: invalid count'); if (o.length * k > LIM.str || k > 1e9) throw re('string too long (limit ' + LIM.str + ' bytes)'); newstr(o.length * k); return o.repeat(k); } return prop(o, 'repeat', [n]); },
  padStart(o, n, p) { if (typeof o === 'string') return pad(o, int(n), p, true); return prop(o, 'padStart', [n, p]); },
  padEnd(o, n, p) { if (typeof o === 'string') return pad(o, int(n), p, false); return prop(o, 'padEnd', [n, p]); },
  trim(o) { if (typeof o === 'string') return asciiTrim(o, true, true); return prop(o, 'trim', []); },
  trimStart(o) { if (typeof o === 'string') return asciiTrim(o, true, false); return prop(o, 'trimStart', []); },
  trimEnd(o) { if (typeof o === 'string') return asciiTrim(o, false, true); return prop(o, 'trimEnd', []); },
  toUpperCase(o) { if (typeof o === 'string') return upper(o, true); return prop(o, 'toUpperCase', []); },
  toLowerCase(o) { if (typeof o === 'string') return upper(o, false); return prop(o, 'toLowerCase', []); },
  localeCompare(o, x) { if (typeof o === 'string') { const s = $s(x); chg(o.length >> 8); return o < s ? -1 : o > s ? 1 : 0; } return prop(o, 'localeCompare', [x]); },
  // numbers
  toFixed(o, d) { if (typeof o === 'number') { const k = int(d); if (k < 0 || k > 100) throw re('toFixed: digits must be 0..100'); return o.toFixed(k); } return prop(o, 'toFixed', [d]); },
  // arrays
  push(o, ...xs) { if (isArr(o)) { if (o.length + xs.length > LIM.arr) throw re('array too long (limit ' + LIM.arr + ')'); mem(16 * xs.length); for (let i = 0; i < xs.length; i++) o.push(xs[i]); return o.length; } return prop(o, 'push', xs); },
  pop(o) { if (isArr(o)) return o.pop(); return prop(o, 'pop', []); },
  shift(o) { if (isArr(o)) { chg(o.length >> 7); return o.shift(); } return prop(o, 'shift', []); },
  unshift(o, ...xs) { if (isArr(o)) { if (o.length + xs.length > LIM.arr) throw re('array too long (limit ' + LIM.arr + ')'); chg(o.length >> 6); mem(16 * xs.length); return o.unshift(...xs); } return prop(o, 'unshift', xs); },
  splice(o, s, c, ...xs) {
    if (isArr(o)) { const n = o.length, a = rel(int(s), n), k = c === undefined && arguments.length < 3 ? n - a : Math.min(Math.max(int(c), 0), n - a); if (n - k + xs.length > LIM.arr) throw re('array too long'); chg(n >> 6); newarr(k); mem(16 * xs.length); return o.splice(a, k, ...xs); }
    return prop(o, 'splice', [s, c, ...xs]);
  },
  join(o, sep) { if (isArr(o)) return join(o, sep === undefined ? ',' : $s(sep)); return prop(o, 'join', [sep]); },
  reverse(o) { if (isArr(o)) { chg(o.length >> 5); return o.reverse(); } return prop(o, 'reverse', []); },
  fill(o, v, a, b) { if (isArr(o)) { chg(o.length >> 5); return o.fill(v, int(a), int(b, o.length)); } return prop(o, 'fill', [v, a, b]); },
  keys(o) { if (isArr(o)) { newarr(o.length); return o.map((_: any, i: number) => i); } return prop(o, 'keys', []); },
  values(o) { if (isArr(o)) { newarr(o.length); return o.slice(); } return prop(o, 'values', []); },
  entries(o) { if (isArr(o)) { newarr(o.length); mem(o.length * 48); chg(o.length); return o.map((v: any, i: number) => [i, v]); } return prop(o, 'entries', []); },
};
function scan(o: any[], v: any, from: number): number { // indexOf; long strings are compared (and flattened) only within a bound, since this cannot be suspended
  chg(o.length >> 5);
  if (typeof v !== 'string' || v.length <= 256) return o.indexOf(v, from);
  touch(v);
  for (let i = rel(from, o.length), work = 0; i < o.length; i++) { const e = o[i]; if (typeof e === 'string' && e.length === v.length) { if ((work += v.length) > (64 << 20)) throw re('searching an array for so long a string is too slow'); chg(v.length >> 8); touch(e); if (e === v) return i; } }
  return -1;
}

// ---- generator builtins (call script functions, or may run long) -------------------------------------
type Gen = Generator<void, any, void>;
function* user(d: number, o: any, name: string, args: any[]): Gen { const r = prop(o, name, args); return r === $U ? yield* $cu(d) : r; }
export const G: Record<string, (d: number, o: any, ...a: any[]) => Gen> = {
  *map(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'map', [f]); $fn(f); newarr(o.length); const r: any[] = []; for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; let v = f(d, o[i], i, o); if (v instanceof GI) v = yield* v; r.push(v); if (r.length > LIM.arr) throw re('array too long'); } return r; },
  *forEach(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'forEach', [f]); $fn(f); for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; const v = f(d, o[i], i, o); if (v instanceof GI) yield* v; } },
  *filter(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'filter', [f]); $fn(f); newarr(o.length); const r: any[] = []; for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; const x = o[i]; let v = f(d, x, i, o); if (v instanceof GI) v = yield* v; if (v) r.push(x); if (r.length > LIM.arr) throw re('array too long'); } return r; },
  *find(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'find', [f]); $fn(f); for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; const x = o[i]; let v = f(d, x, i, o); if (v instanceof GI) v = yield* v; if (v) return x; } },
  *findIndex(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'findIndex', [f]); $fn(f); for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; let v = f(d, o[i], i, o); if (v instanceof GI) v = yield* v; if (v) return i; } return -1; },
  *findLast(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'findLast', [f]); $fn(f); for (let i = o.length - 1; i >= 0; i--) { if (--$.f < 0 && $tick()) yield; const x = o[i]; let v = f(d, x, i, o); if (v instanceof GI) v = yield* v; if (v) return x; } },
  *findLastIndex(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'findLastIndex', [f]); $fn(f); for (let i = o.length - 1; i >= 0; i--) { if (--$.f < 0 && $tick()) yield; let v = f(d, o[i], i, o); if (v instanceof GI) v = yield* v; if (v) return i; } return -1; },
  *some(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'some', [f]); $fn(f); for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; let v = f(d, o[i], i, o); if (v instanceof GI) v = yield* v; if (v) return true; } return false; },
  *every(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'every', [f]); $fn(f); for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; let v = f(d, o[i], i, o); if (v instanceof GI) v = yield* v; if (!v) return false; } return true; },
  *reduce(d, o, f, ...init) { if (!isArr(o)) return yield* user(d, o, 'reduce', [f, ...init]); $fn(f); let i = 0, acc: any; if (init.length) acc = init[0]; else { if (!o.length) throw te('reduce of an empty array with no initial value'); acc = o[i++]; } for (; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; acc = f(d, acc, o[i], i, o); if (acc instanceof GI) acc = yield* acc; } return acc; },
  *reduceRight(d, o, f, ...init) { if (!isArr(o)) return yield* user(d, o, 'reduceRight', [f, ...init]); $fn(f); let i = o.length - 1, acc: any; if (init.length) acc = init[0]; else { if (!o.length) throw te('reduce of an empty array with no initial value'); acc = o[i--]; } for (; i >= 0; i--) { if (--$.f < 0 && $tick()) yield; acc = f(d, acc, o[i], i, o); if (acc instanceof GI) acc = yield* acc; } return acc; },
  *flatMap(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'flatMap', [f]); $fn(f); const r: any[] = []; for (let i = 0; i < o.length; i++) { if (--$.f < 0 && $tick()) yield; let v = f(d, o[i], i, o); if (v instanceof GI) v = yield* v; if (isArr(v)) { newarr(v.length); for (let j = 0; j < v.length; j++) r.push(v[j]); } else { mem(16); r.push(v); } if (r.length > LIM.arr) throw re('array too long'); } return r; },
  *flat(d, o, depth) {
    if (!isArr(o)) return yield* user(d, o, 'flat', [depth]);
    const max = depth === undefined ? 1 : Math.min(int(depth), 1e9), r: any[] = [];
    const st: { a: any[]; i: number }[] = [{ a: o, i: 0 }];
    while (st.length) { const t = st[st.length - 1]; if (--$.f < 0 && $tick()) yield; if (t.i >= t.a.length) { st.pop(); continue; } const v = t.a[t.i++]; if (isArr(v) && st.length <= max) { if (st.length > LIM.jsonDepth) throw re('flat: nested too deeply'); st.push({ a: v, i: 0 }); } else { mem(16); r.push(v); if (r.length > LIM.arr) throw re('array too long'); } }
    return r;
  },
  *sort(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'sort', [f]); const r = yield* msort(d, o, f); const n = Math.min(r.length, o.length); for (let i = 0; i < n; i++) o[i] = r[i]; return o; },
  *toSorted(d, o, f) { if (!isArr(o)) return yield* user(d, o, 'toSorted', [f]); return yield* msort(d, o, f); },
  *replace(d, o, x, y) { if (typeof o !== 'string') return yield* user(d, o, 'replace', [x, y]); return yield* repl(d, o, x, y, false); },
  *replaceAll(d, o, x, y) { if (typeof o !== 'string') return yield* user(d, o, 'replaceAll', [x, y]); return yield* repl(d, o, x, y, true); },
};
function* repl(d: number, h: string, x0: any, y: any, all: boolean): Gen {
  const x = strArg(x0, 'replace'); if (!isFn(y)) y = strArg(y, 'replace');
  let r = '', i = 0, at = find(h, x, 0);
  while (at >= 0) {
    if (--$.f < 0 && $tick()) yield;
    let v: any; if (isFn(y)) { v = y(d, x, at, h); if (v instanceof GI) v = yield* v; v = $s(v); } else v = expand(y, h, x, at);
    r = $cat($cat(r, h.slice(i, at)), v);
    i = at + x.length; if (!all) break;
    if (x === '') { if (at >= h.length) break; at++; } else at = find(h, x, i);
  }
  return i === 0 && r === '' ? h : $cat(r, h.slice(i));
}
function* msort(d: number, o: any[], f: any): Gen { // stable bottom-up merge sort: O(n log n) comparator calls whatever the comparator answers
  if (f !== undefined) $fn(f);
  newarr(o.length * 2);
  let a: any[] = [], und = 0;
  for (let i = 0; i < o.length; i++) if (o[i] === undefined) und++; else a.push(o[i]);
  const n = a.length, keys: string[] = [];
  const src = a;
  if (f === undefined) { for (let i = 0; i < n; i++) keys.push(primstr(a[i])); a = []; for (let i = 0; i < n; i++) a.push(i); } // default order: by string; sort indices
  let b = a.slice();
  for (let w = 1; w < n; w *= 2) {
    for (let lo = 0; lo < n; lo += 2 * w) {
      const mid = Math.min(lo + w, n), hi = Math.min(lo + 2 * w, n);
      let i = lo, j = mid, k = lo;
      while (i < mid && j < hi) {
        if (--$.f < 0 && $tick()) { yield; i = +i; j = +j; k = +k; }
        let le: any;
        if (f === undefined) { const p = keys[a[i]], q = keys[a[j]]; if (p.length > 256) { $.f -= p.length >> 8; touch(p); touch(q); } le = p <= q; }
        else { let v = f(d, a[i], a[j]); if (v instanceof GI) v = yield* v; le = !($n(v) > 0); }
        if (le) b[k++] = a[i++]; else b[k++] = a[j++];
      }
      while (i < mid) b[k++] = a[i++]; while (j < hi) b[k++] = a[j++];
      chg(w >> 4); if ($.f < 0 && $tick()) yield;
    }
    [a, b] = [b, a];
  }
  if (f === undefined) { b = []; for (let i = 0; i < n; i++) b.push(src[a[i]]); a = b; }
  for (; und > 0; und--) a.push(undefined);
  return a;
}

function $newArray(...a: any[]) { if (a.length === 1 && typeof a[0] === 'number') { const r: any[] = []; setlen(r, a[0]); return r; } return $arr(a); }

const wrapG = (f: (...a: any[]) => any) => function (_d: number, ...a: any[]): any { return f(...a); };
const $fv: Record<string, any> = Object.create(null); // builtin functions as first-class values
for (const k in GLOBALF) $fv[k] = wrapG(GLOBALF[k]);
for (const ns in NS) for (const k in NS[ns]) $fv[ns + '.' + k] = wrapG(NS[ns][k]);
for (const ns in NSG) for (const k in NSG[ns]) $fv[ns + '.' + k] = NSG[ns][k];
$fv['redis.call'] = wrapG((...a) => $call($.l, a, false)); $fv['redis.pcall'] = wrapG((...a) => $call($.l, a, true));

function $sw(v: any, n: number) { if (typeof v === 'string' && v.length > 256) chg(n * (v.length >> 8)); return v; }

export const H: Record<string, any> = { $, $O: SObj, $tick, $so, $fn, $n, $mod, $add, $cat, $s, $lt, $le, $gt, $ge, $seq, $eq, $in, $len, $gp, $get, $sp, $set, $del, $keys1, $obj, $oa, $os, $rest, $arr, $iter, $spread, $spreadArgs, $forin, $dest, $slice, $U, $cu, $nu, $G: GI, $cm, $cd, $throw, $caught, $newArray, $call, $fv, $sw, $key };
for (const k in P) H['$p_' + k] = P[k];
for (const k in G) H['$g_' + k] = G[k];
for (const ns in NS) for (const k in NS[ns]) H['$ns_' + ns + '_' + k] = NS[ns][k];
for (const ns in NSG) for (const k in NSG[ns]) H['$nsg_' + ns + '_' + k] = NSG[ns][k];
for (const k in GLOBALF) H['$gf_' + k] = GLOBALF[k];
