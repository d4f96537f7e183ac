// @ts-nocheck
import * as acorn from 'acorn';
import { H, NS, NSG, CONST, GLOBALF, P, G, utf8 } from './runtime.ts';

export class CompileError extends Error { constructor(m: string, public line: number) { super(m); } }
type N = any;
interface Bind { name: string; out: string; kind: string; fn: Fn; exprs: (N | null)[]; ty: number; assigned: number; decl?: N }
interface Scope { vars: Map<string, Bind>; up: Scope | null; fn: Fn }
interface Fn { binds: number; temps: number; depth: number; up: Fn | null; leaf: boolean; live: Bind[] }
const U = 0, NUM = 1, STR = 2, BOOL = 3, BOT = 4; // static types

export const COMP = { maxSource: 1 << 20, maxBinds: 250, maxDepth: 500, maxArgs: 250, maxNodes: 200000 };
const BANNED_ID = new Set(['arguments', 'eval']);
const BANNED_MSG: Record<string, string> = {
  ThisExpression: "'this'", Super: "'super'", ClassDeclaration: "'class'", ClassExpression: "'class'", MetaProperty: "'new.target' and 'import.meta'", ImportExpression: "'import'", ImportDeclaration: "'import'", ExportNamedDeclaration: "'export'", ExportDefaultDeclaration: "'export'", ExportAllDeclaration: "'export'",
  TaggedTemplateExpression: 'a tagged template', YieldExpression: "'yield'", AwaitExpression: "'await'", WithStatement: "'with'", DebuggerStatement: "'debugger'", PrivateIdentifier: 'a private name', StaticBlock: "'static'",
};
const NOGLOBAL: Record<string, string> = { Date: "Date is not available in scripts; use redis.call('TIME')", Symbol: 'Symbol is not available in scripts', RegExp: 'RegExp is not available in scripts', Promise: 'Promise is not available in scripts', setTimeout: 'setTimeout is not available in scripts', console: 'console is not available in scripts; use redis.log', BigInt: 'BigInt is not available in scripts', Map: 'Map is not available in scripts; use an object', Set: 'Set is not available in scripts; use an object' };
const own = (o: any, k: string) => Object.prototype.hasOwnProperty.call(o, k);

export interface Compiled { code: string; params: string[]; factory: (...a: any[]) => any; main: any; flags: { lines: number } }

export function compile(src: string, mode: 'eval' | 'lib' = 'eval'): Compiled {
  if (src.length > COMP.maxSource) throw new CompileError('script too long', 1);
  let ast: N;
  try { ast = acorn.parse(src, { ecmaVersion: 2023, sourceType: 'module', allowReturnOutsideFunction: true, locations: false, allowHashBang: true, allowAwaitOutsideFunction: false } as any); }
  catch (e: any) { if (e instanceof SyntaxError) throw new CompileError(e.message.replace(/\s*\(\d+:\d+\)$/, ''), (e as any).loc?.line ?? 1); throw new CompileError('script too complex', 1); }
  return new Gen_(src, ast).run();
}

class Gen_ {
  lineStarts: number[] = [0]; used = new Set<string>(); uid = 0; nodes = 0; binds: Bind[] = []; fn!: Fn; scope!: Scope;
  constructor(public src: string, public ast: N) { for (let i = src.indexOf('\n'); i >= 0; i = src.indexOf('\n', i + 1)) this.lineStarts.push(i + 1); }
  line(n: N) { const a = this.lineStarts; let lo = 0, hi = a.length - 1; while (lo < hi) { const m = (lo + hi + 1) >> 1; if (a[m] <= n.start) lo = m; else hi = m - 1; } return lo + 1; }
  err(n: N, m: string): never { throw new CompileError(m, this.line(n)); }
  h(name: string) { if (!own(H, name)) throw new Error('no helper ' + name); this.used.add(name); return name; }
  run(): Compiled {
    let code: string;
    try {
      this.resolve();
      this.infer();
      code = this.emitProgram();
    } catch (e) { if (e instanceof RangeError) throw new CompileError('script too complex', 1); throw e; }
    const params = [...this.used];
    let factory: any; try { factory = new Function(...params, '"use strict";return ' + code); } catch (e) { throw new CompileError('script too complex or not supported', 1); } // never expected: a host SyntaxError here would be a bug in emission
    return { code, params, factory, main: factory(...params.map((p) => H[p])), flags: { lines: this.lineStarts.length } };
  }

  // ---------------- pass 1: whitelist, scopes, bindings ----------------
  newFn(up: Fn | null): Fn { return { binds: 0, temps: 0, depth: 0, up, leaf: true, live: [] }; }
  propNames = new Set<string>(); // names the script could give to function-valued properties of its objects
  collectNames(n: any) {
    const st = [n]; let c = 0;
    while (st.length) { const x = st.pop(); if (!x || typeof x !== 'object') continue; if (Array.isArray(x)) { for (const y of x) st.push(y); continue; } if (++c > COMP.maxNodes * 2) throw new CompileError('script too complex', 1);
      if (x.type === 'Property' && !x.computed) this.propNames.add(x.key.name ?? String(x.key.value)); else if (x.type === 'AssignmentExpression' && x.left.type === 'MemberExpression' && !x.left.computed) this.propNames.add(x.left.property.name); else if (x.type === 'Literal' && typeof x.value === 'string') this.propNames.add(x.value);
      for (const k in x) if (k !== 'type' && k !== 'start' && k !== 'end') { const y = x[k]; if (y && typeof y === 'object') st.push(y); } }
  }
  resolve() {
    this.collectNames(this.ast.body);
    this.fn = this.newFn(null); this.ast.$fn = this.fn;
    this.scope = { vars: new Map(), up: null, fn: this.fn };
    this.ast.$scope = this.scope;
    this.hoist(this.ast.body); this.hoistVar(this.ast.body);
    for (const s of this.ast.body) this.stmt(s, 0);
  }
  declare(id: N, kind: string, scope = this.scope): Bind {
    if (id.type !== 'Identifier') this.err(id, 'unsupported binding');
    this.checkName(id);
    const ex = scope.vars.get(id.name);
    if (ex) { if (ex.kind === 'function' && kind === 'function') this.err(id, `function '${id.name}' is declared twice`); id.$b = ex; ex.assigned++; return ex; } // var/function redeclaration (acorn rejects let/const ones)
    if (++this.fn.binds > COMP.maxBinds) this.err(id, 'too many variables in one function (limit ' + COMP.maxBinds + ')');
    const b: Bind = { name: id.name, out: '_' + id.name, kind, fn: this.fn, exprs: [], ty: BOT, assigned: 0 };
    scope.vars.set(id.name, b); id.$b = b; this.binds.push(b); return b;
  }
  checkName(id: N) {
    if (BANNED_ID.has(id.name)) this.err(id, `'${id.name}' is not available in scripts`);
    if (!/^[A-Za-z_$][\w$]*$/.test(id.name)) this.err(id, 'identifiers must be ASCII');
  }
  patIds(p: N, f: (id: N) => void) {
    switch (p && p.type) {
      case 'Identifier': f(p); break;
      case 'ObjectPattern': for (const q of p.properties) this.patIds(q.type === 'RestElement' ? q.argument : q.value, f); break;
      case 'ArrayPattern': for (const q of p.elements) if (q) this.patIds(q, f); break;
      case 'AssignmentPattern': this.patIds(p.left, f); break;
      case 'RestElement': this.patIds(p.argument, f); break;
      case 'MemberExpression': break;
      case undefined: case null: break;
      default: this.err(p, 'unsupported pattern');
    }
  }
  hoist(body: N[]) { // let/const/function of this block
    for (const s of body) {
      if (s.type === 'VariableDeclaration' && s.kind !== 'var') for (const d of s.declarations) this.patIds(d.id, (id) => this.declare(id, s.kind));
      else if (s.type === 'FunctionDeclaration') { const b = this.declare(s.id, 'function'); b.decl = s; b.exprs.push(null); }
    }
  }
  hoistVar(body: any) { // var declarations anywhere in this function
    const walk = (n: any) => {
      if (!n || typeof n !== 'object') return;
      if (Array.isArray(n)) { for (const x of n) walk(x); return; }
      switch (n.type) {
        case 'VariableDeclaration': if (n.kind === 'var') for (const d of n.declarations) this.patIds(d.id, (id) => { const b = this.declare(id, 'var'); b.exprs.push(null); }); break;
        case 'BlockStatement': walk(n.body); break;
        case 'IfStatement': walk(n.consequent); walk(n.alternate); break;
        case 'ForStatement': walk(n.init); walk(n.body); break;
        case 'ForOfStatement': case 'ForInStatement': walk(n.left); walk(n.body); break;
        case 'WhileStatement': case 'DoWhileStatement': case 'LabeledStatement': walk(n.body); break;
        case 'TryStatement': walk(n.block); if (n.handler) walk(n.handler.body); walk(n.finalizer); break;
        case 'SwitchStatement': for (const c of n.cases) walk(c.consequent); break;
      }
    };
    walk(body);
  }
  block<T>(f: () => T): Scope { const s: Scope = { vars: new Map(), up: this.scope, fn: this.fn }; this.scope = s; f(); this.scope = s.up!; return s; }
  lookup(name: string): Bind | null { for (let s: Scope | null = this.scope; s; s = s.up) { const b = s.vars.get(name); if (b) return b; } return null; }
  count(n: N, depth: number) {
    if (++this.nodes > COMP.maxNodes) this.err(n, 'script too complex');
    if (depth > COMP.maxDepth) this.err(n, 'nested too deeply'); if (depth > this.fn.depth) this.fn.depth = depth;
  }
  stmt(n: N, d: number): void {
    if (!n) return; this.count(n, d); const e = (x: N) => this.expr(x, d + 1); const st = (x: N) => this.stmt(x, d + 1);
    switch (n.type) {
      case 'VariableDeclaration':
        if (n.kind !== 'let' && n.kind !== 'const' && n.kind !== 'var') this.err(n, 'unsupported declaration');
        for (const dd of n.declarations) { if (dd.init) e(dd.init); this.pattern(dd.id, d + 1, dd.init || (dd.id.type === 'Identifier' && n.kind !== 'var' ? undefined : null), true); }
        return;
      case 'FunctionDeclaration': this.func(n, d); return;
      case 'ReturnStatement': if (n.argument) e(n.argument); return;
      case 'ExpressionStatement': e(n.expression); return;
      case 'BlockStatement': n.$scope = this.block(() => { this.hoist(n.body); for (const s of n.body) st(s); }); return;
      case 'EmptyStatement': return;
      case 'IfStatement': e(n.test); this.sub(n.consequent, d); this.sub(n.alternate, d); return;
      case 'ForStatement': this.fn.leaf = false; n.$scope = this.block(() => { if (n.init) { if (n.init.type === 'VariableDeclaration') { this.hoist([n.init]); st(n.init); } else e(n.init); } if (n.test) e(n.test); if (n.update) e(n.update); this.sub(n.body, d); }); return;
      case 'ForOfStatement': if (n.await) this.err(n, "'for await' is not allowed in scripts"); // fallthrough
      case 'ForInStatement':
        this.fn.leaf = false; e(n.right);
        n.$scope = this.block(() => {
          if (n.left.type === 'VariableDeclaration') { this.hoist([n.left]); if (n.left.declarations.length !== 1 || n.left.declarations[0].init) this.err(n.left, 'invalid loop head'); this.pattern(n.left.declarations[0].id, d + 1, null, true); }
          else this.pattern(n.left, d + 1, null, false);
          this.sub(n.body, d);
        }); return;
      case 'WhileStatement': case 'DoWhileStatement': this.fn.leaf = false; e(n.test); this.sub(n.body, d); return;
      case 'BreakStatement': case 'ContinueStatement': if (n.label) this.checkName(n.label); return;
      case 'LabeledStatement': this.checkName(n.label); if (n.body.type === 'FunctionDeclaration') this.err(n, 'a labelled function is not allowed'); this.sub(n.body, d); return;
      case 'SwitchStatement': e(n.discriminant); n.$scope = this.block(() => { for (const c of n.cases) this.hoist(c.consequent); for (const c of n.cases) { if (c.test) e(c.test); for (const s of c.consequent) st(s); } }); return;
      case 'ThrowStatement': e(n.argument); return;
      case 'TryStatement':
        st(n.block);
        if (n.handler) n.handler.$scope = this.block(() => { if (n.handler.param) { this.patIds(n.handler.param, (id) => { const b = this.declare(id, 'let'); b.exprs.push(null); }); this.pattern(n.handler.param, d + 1, null, true); } st(n.handler.body); });
        if (n.finalizer) st(n.finalizer);
        return;
    }
    this.ban(n);
  }
  sub(n: N, d: number) { if (!n) return; if (n.type === 'FunctionDeclaration' || (n.type === 'VariableDeclaration' && n.kind !== 'var')) this.err(n, 'a declaration needs a block here'); this.stmt(n, d + 1); }
  ban(n: N): never { this.err(n, (BANNED_MSG[n.type] ?? n.type) + ' is not allowed in scripts'); }
  // pattern: declare=true → names already hoisted
  pattern(p: N, d: number, init: N | null | undefined, decl: boolean): void {
    this.count(p, d);
    switch (p.type) {
      case 'Identifier': {
        const b = this.lookup(p.name); this.checkName(p);
        if (!b) this.undeclared(p);
        p.$b = b; if (!decl) this.assign(p, b!);
        b!.exprs.push(init === undefined ? null : init); return;
      }
      case 'MemberExpression': if (decl) break; this.expr(p, d + 1); if (p.optional) break; this.checkAssignable(p); return;
      case 'ObjectPattern':
        for (const q of p.properties) {
          if (q.type === 'RestElement') { if (p.properties.some((z: N) => z.type === 'Property' && z.computed)) this.err(q, 'a rest property cannot be used with computed keys'); this.pattern(q.argument, d + 1, null, decl); continue; }
          if (q.type !== 'Property' || q.kind !== 'init' || q.method) this.err(q, 'unsupported pattern');
          if (q.computed) this.expr(q.key, d + 1); this.pattern(q.value, d + 1, null, decl);
        } return;
      case 'ArrayPattern': for (const q of p.elements) if (q) this.pattern(q.type === 'RestElement' ? q.argument : q, d + 1, null, decl); return;
      case 'AssignmentPattern': this.expr(p.right, d + 1); this.pattern(p.left, d + 1, null, decl); return;
    }
    this.err(p, 'unsupported pattern');
  }
  assign(n: N, b: Bind) { if (b.kind === 'const') this.err(n, `cannot assign to the constant '${b.name}'`); if (b.kind === 'function') b.assigned++; b.assigned++; }
  checkAssignable(n: N) { const o = n.object; if (o.type === 'Identifier' && !o.$b) this.err(n, `cannot assign to a property of '${o.name}'`); }
  undeclared(n: N): never { this.err(n, own(NOGLOBAL, n.name) ? NOGLOBAL[n.name] : own(NS, n.name) || own(GLOBALF, n.name) || n.name === 'KEYS' || n.name === 'ARGV' ? `cannot assign to '${n.name}'` : `'${n.name}' is not defined`); }
  func(n: N, d: number) {
    if (n.async) this.err(n, "'async' is not allowed in scripts"); if (n.generator) this.err(n, 'a generator is not allowed in scripts');
    const save = this.fn; this.fn = this.newFn(save); n.$fn = this.fn;
    if (n.params.length > COMP.maxArgs) this.err(n, 'too many parameters');
    n.$scope = this.block(() => {
      if (n.type === 'FunctionExpression' && n.id) { const b = this.declare(n.id, 'function'); b.exprs.push(null); n.$self = b; }
      n.$pscope = this.block(() => {
        for (const p of n.params) this.patIds(p, (id) => { const b = this.declare(id, 'let'); b.exprs.push(null); });
        if (n.body.type === 'BlockStatement') { this.hoistVar(n.body.body); }
        for (const p of n.params) this.pattern(p.type === 'RestElement' ? p.argument : p, 1, null, true);
        if (n.body.type === 'BlockStatement') { n.$bscope = this.block(() => { this.hoist(n.body.body); for (const s of n.body.body) this.stmt(s, 1); }); }
        else this.expr(n.body, 1);
      });
    });
    n.$leaf = this.fn.leaf; this.fn = save;
  }
  expr(n: N, d: number): void {
    this.count(n, d); const e = (x: N) => this.expr(x, d + 1);
    switch (n.type) {
      case 'Literal': if (n.regex) this.err(n, 'a regular expression is not allowed in scripts'); if (n.bigint != null || typeof n.value === 'bigint') this.err(n, 'a BigInt is not allowed in scripts'); return;
      case 'TemplateLiteral': for (const q of n.quasis) if (q.value.cooked == null) this.err(n, 'bad escape'); n.expressions.forEach(e); return;
      case 'Identifier': {
        const b = this.lookup(n.name); if (b) { n.$b = b; return; }
        if (n.name === 'undefined' || n.name === 'NaN' || n.name === 'Infinity' || n.name === 'KEYS' || n.name === 'ARGV') return;
        if (own(GLOBALF, n.name)) return;
        if (own(NS, n.name)) { if (n.$ns) return; this.err(n, `'${n.name}' can only be used as ${n.name}.<name>`); }
        this.checkName(n); this.undeclared(n);
      }
      case 'ArrayExpression': for (const x of n.elements) if (x) e(x.type === 'SpreadElement' ? x.argument : x); return;
      case 'ObjectExpression':
        for (const p of n.properties) {
          if (p.type === 'SpreadElement') { e(p.argument); continue; }
          if (p.type !== 'Property' || p.kind !== 'init') this.err(p, 'getters and setters are not allowed in scripts');
          if (p.computed) e(p.key); else this.propName(p.key);
          e(p.value);
        } return;
      case 'FunctionExpression': case 'ArrowFunctionExpression': this.func(n, d); return;
      case 'UnaryExpression':
        if (n.operator === 'typeof' && n.argument.type === 'Identifier' && !this.lookup(n.argument.name) && !BANNED_ID.has(n.argument.name)) { n.$const = own(GLOBALF, n.argument.name) ? 'function' : own(NS, n.argument.name) || n.argument.name === 'KEYS' || n.argument.name === 'ARGV' ? 'object' : n.argument.name === 'NaN' || n.argument.name === 'Infinity' ? 'number' : 'undefined'; return; }
        if (n.operator === 'delete') { if (n.argument.type !== 'MemberExpression') this.err(n, "'delete' needs a property"); e(n.argument); this.checkAssignable(n.argument); return; }
        e(n.argument); return;
      case 'BinaryExpression': if (n.operator === 'instanceof') this.err(n, "'instanceof' is not allowed in scripts"); if (n.left.type === 'PrivateIdentifier') this.ban(n.left); e(n.left); e(n.right); return;
      case 'LogicalExpression': e(n.left); e(n.right); return;
      case 'AssignmentExpression':
        e(n.right);
        if (n.left.type === 'Identifier') { this.checkName(n.left); const b = this.lookup(n.left.name); if (!b) this.undeclared(n.left); n.left.$b = b; this.assign(n.left, b!); b!.exprs.push(n.operator === '=' ? n.right : n); }
        else if (n.left.type === 'MemberExpression') { e(n.left); this.checkAssignable(n.left); }
        else { if (n.operator !== '=') this.err(n, 'bad assignment'); this.pattern(n.left, d + 1, null, false); }
        return;
      case 'UpdateExpression':
        if (n.argument.type === 'Identifier') { const b = this.lookup(n.argument.name); if (!b) this.undeclared(n.argument); n.argument.$b = b; this.assign(n.argument, b!); b!.exprs.push(n); }
        else if (n.argument.type === 'MemberExpression') { e(n.argument); this.checkAssignable(n.argument); } else this.err(n, 'bad update');
        return;
      case 'ConditionalExpression': e(n.test); e(n.consequent); e(n.alternate); return;
      case 'SequenceExpression': n.expressions.forEach(e); return;
      case 'ParenthesizedExpression': e(n.expression); return;
      case 'ChainExpression': e(n.expression); return;
      case 'MemberExpression': this.member(n, d); return;
      case 'CallExpression': {
        if (n.arguments.length > COMP.maxArgs && !(this.isRedisCall(n.callee))) this.err(n, 'too many arguments');
        if (n.callee.type === 'Super' || n.callee.type === 'Import') this.ban(n.callee);
        if (n.callee.type === 'Identifier' && n.callee.name === 'Array' && !this.lookup('Array')) n.callee.$ns = true; // Array(n) as a call
        e(n.callee); for (const a of n.arguments) e(a.type === 'SpreadElement' ? a.argument : a);
        { const c = n.callee; // leaf functions may only call built-ins that never call back
          if (c.type === 'MemberExpression' && c.$ns) { if (own(NSG, c.$ns) && own(NSG[c.$ns], c.$k)) this.fn.leaf = false; }
          else if (c.type === 'Identifier' && !c.$b) { /* built-in function */ }
          else if (c.type === 'MemberExpression' && !c.computed && !n.optional && own(P, c.property.name)) { if (this.propNames.has(c.property.name)) this.fn.leaf = false; }
          else this.fn.leaf = false; }
        return;
      }
      case 'NewExpression':
        if (n.callee.type !== 'Identifier' || this.lookup(n.callee.name) || !['Error', 'TypeError', 'RangeError', 'Array'].includes(n.callee.name)) this.err(n, "'new' is only allowed for Error, TypeError, RangeError and Array");
        for (const a of n.arguments) e(a.type === 'SpreadElement' ? a.argument : a); return;
    }
    this.ban(n);
  }
  propName(k: N) { if (k.type === 'Identifier') return; if (k.type === 'Literal' && (typeof k.value === 'string' || typeof k.value === 'number')) return; this.err(k, 'unsupported property name'); }
  isNs(o: N) { return o.type === 'Identifier' && !this.lookup(o.name) && own(NS, o.name); }
  isRedisCall(c: N) { return c.type === 'MemberExpression' && !c.computed && this.isNs(c.object) && c.object.name === 'redis' && (c.property.name === 'call' || c.property.name === 'pcall'); }
  member(n: N, d: number) {
    const o = n.object;
    if (o.type === 'Super') this.ban(o);
    if (this.isNs(o)) {
      o.$ns = true; const ns = o.name, k = n.computed ? (n.property.type === 'Literal' && typeof n.property.value === 'string' ? n.property.value : null) : n.property.name;
      if (k === null) this.err(n, `'${ns}' can only be used as ${ns}.<name>`);
      const ok = own(NS[ns], k) || (own(NSG, ns) && own(NSG[ns], k)) || (own(CONST, ns) && own(CONST[ns], k)) || (ns === 'redis' && (k === 'call' || k === 'pcall'));
      if (!ok) this.err(n, `${ns}.${k} is not available in scripts`);
      n.$ns = ns; n.$k = k; return;
    }
    if (n.property.type === 'PrivateIdentifier') this.ban(n.property);
    // static functions of Number/String/Array/Object are namespaces; other global functions have no members
    if (o.type === 'Identifier' && !this.lookup(o.name) && own(GLOBALF, o.name)) this.err(n, `${o.name}.${n.computed ? '[...]' : n.property.name} is not available in scripts`);
    this.expr(o, d + 1); if (n.computed) this.expr(n.property, d + 1); else if (n.property.type !== 'Identifier') this.ban(n.property);
  }

  // ---------------- type inference (flow-insensitive, optional speed-up) ----------------
  infer() {
    for (let round = 0, ch = true; ch && round < 6; round++) {
      ch = false;
      for (const b of this.binds) { let t = BOT; for (const x of b.exprs) { const y = x === null ? U : this.ty(x); t = t === BOT ? y : y === BOT || y === t ? t : U; if (t === U) break; } if (t !== b.ty && b.ty !== U) { b.ty = t; ch = true; } }
      if (round === 5 && ch) for (const b of this.binds) b.ty = U;
    }
    for (const b of this.binds) if (b.ty === BOT) b.ty = U;
  }
  ty(n: N): number {
    switch (n.type) {
      case 'Literal': return typeof n.value === 'number' ? NUM : typeof n.value === 'string' ? STR : typeof n.value === 'boolean' ? BOOL : U;
      case 'TemplateLiteral': return STR;
      case 'Identifier': return n.$b ? n.$b.ty : n.name === 'NaN' || n.name === 'Infinity' ? NUM : U;
      case 'UnaryExpression': return n.operator === '-' || n.operator === '+' || n.operator === '~' ? NUM : n.operator === '!' || n.operator === 'delete' ? BOOL : n.operator === 'typeof' ? STR : U;
      case 'UpdateExpression': return NUM;
      case 'BinaryExpression': return this.bty(n.operator, n.left, n.right);
      case 'AssignmentExpression': return n.operator === '=' ? this.ty(n.right) : n.operator.length >= 3 && ['&&=', '||=', '??='].includes(n.operator) ? U : this.bty(n.operator.slice(0, -1), n.left, n.right);
      case 'ConditionalExpression': { const a = this.ty(n.consequent), b = this.ty(n.alternate); return a === b ? a : a === BOT ? b : b === BOT ? a : U; }
      case 'ParenthesizedExpression': return this.ty(n.expression);
      case 'SequenceExpression': return this.ty(n.expressions[n.expressions.length - 1]);
      case 'CallExpression': { const c = n.callee; if (c.type === 'MemberExpression' && c.$ns === 'Math') return NUM; if (c.type === 'Identifier' && !c.$b) return c.name === 'Number' || c.name === 'parseInt' || c.name === 'parseFloat' ? NUM : c.name === 'String' ? STR : U; return U; }
      case 'MemberExpression': return n.$ns && own(CONST, n.$ns) && own(CONST[n.$ns], n.$k) ? (typeof CONST[n.$ns][n.$k] === 'number' ? NUM : STR) : U;
    }
    return U;
  }
  bty(op: string, l: N, r: N): number {
    switch (op) {
      case '+': { const a = this.ty(l), b = this.ty(r); if (a === BOT || b === BOT) return a === STR || b === STR ? STR : BOT; return a === NUM && b === NUM ? NUM : a === STR || b === STR ? STR : U; }
      case '-': case '*': case '/': case '%': case '**': case '&': case '|': case '^': case '<<': case '>>': case '>>>': return NUM;
    }
    return BOOL;
  }

  // ---------------- pass 2: emission. Nothing of the source text is copied: names are prefixed, literals re-encoded ----------------
  tmp(): string { this.fn.temps++; return '$' + ++this.uid; }
  w(fn: Fn) { return 1 + ((fn.binds + fn.temps + fn.depth) >> 5); }
  emitProgram(): string {
    this.fn = this.ast.$fn;
    const body = this.stmts(this.ast.body);
    const t = this.temps(this.fn);
    let vars = ''; for (const [, b] of (this.ast.$scope as Scope).vars) if (b.kind === 'var') vars += (vars ? ',' : 'let ') + b.out; if (vars) vars += ';';
    return `function*($d,$K,$A){${t}${vars}${body}}`;
  }
  tempNames = new Map<Fn, string[]>();
  mk(): string { const t = this.tmp(); let l = this.tempNames.get(this.fn); if (!l) this.tempNames.set(this.fn, (l = [])); l.push(t); return t; }
  temps(fn: Fn) { const l = this.tempNames.get(fn); return l && l.length ? 'let ' + l.join(',') + ';' : ''; }
  stmts(b: N[]): string { // function declarations first (hoisting)
    let r = '', fd = '';
    for (const s of b) if (s.type === 'FunctionDeclaration') fd += this.fdecl(s); else r += this.st(s);
    return fd + r;
  }
  fdecl(n: N) { return n.$skip ? '' : `let ${n.id.$b.out}=${this.fexpr(n)};`; }
  tick(loop = false) {
    this.h('$'); this.h('$tick');
    const r = loop ? this.fn.live.filter((b) => b.ty === NUM).map((b) => `${b.out}=+${b.out};`).join('') : ''; // give the JIT the types back after a resume
    return r ? `if(--$.f<0&&$tick()){yield;${r}}` : 'if(--$.f<0&&$tick())yield;';
  }
  livein<T>(f: () => T): T { const k = this.fn.live.length, fn = this.fn; const r = f(); fn.live.length = k; return r; }
  ln(n: N) { this.h('$'); return '$.l=' + this.line(n) + ';'; }
  risky(n: N): boolean { // can the expression throw or call?
    if (!n) return false;
    switch (n.type) {
      case 'Literal': case 'Identifier': case 'FunctionExpression': case 'ArrowFunctionExpression': return false;
      case 'UpdateExpression': return n.argument.type !== 'Identifier' || n.argument.$b.ty !== NUM;
      case 'BinaryExpression': return this.risky(n.left) || this.risky(n.right) || !(this.ty(n.left) === NUM && this.ty(n.right) === NUM);
      case 'AssignmentExpression': return n.left.type !== 'Identifier' || this.risky(n.right) || (n.operator !== '=' && !(this.ty(n.left) === NUM && this.ty(n.right) === NUM));
      case 'UnaryExpression': return n.operator !== '!' && n.operator !== 'typeof' || this.risky(n.argument);
      case 'ConditionalExpression': return this.risky(n.test) || this.risky(n.consequent) || this.risky(n.alternate);
      case 'LogicalExpression': return this.risky(n.left) || this.risky(n.right);
    }
    return true;
  }
  st(n: N): string {
    switch (n.type) {
      case 'VariableDeclaration': return (n.declarations.some((d: N) => d.id.type !== 'Identifier' || this.risky(d.init)) ? this.ln(n) : '') + this.decl(n, ';');
      case 'FunctionDeclaration': return '';
      case 'ReturnStatement': return (n.argument && this.risky(n.argument) ? this.ln(n) : '') + 'return ' + (n.argument ? this.ex(n.argument) : 'undefined') + ';';
      case 'ExpressionStatement': return (this.risky(n.expression) ? this.ln(n) : '') + this.ex(n.expression, true) + ';';
      case 'BlockStatement': return this.livein(() => '{' + this.stmts(n.body) + '}');
      case 'EmptyStatement': return ';';
      case 'IfStatement': return (this.risky(n.test) ? this.ln(n) : '') + `if(${this.ex(n.test)}){${this.st(n.consequent)}}` + (n.alternate ? `else{${this.st(n.alternate)}}` : '');
      case 'ForStatement': return this.livein(() => {
        let init = n.init ? (n.init.type === 'VariableDeclaration' ? this.decl(n.init, '') : this.ex(n.init, true)) : '', pre = '';
        if (n.init && n.init.type === 'VariableDeclaration' && n.init.kind === 'var') { pre = init + ';'; init = ''; }
        return this.lab(n, pre, `for(${init};${n.test ? this.ex(n.test) : ''};${n.update ? this.ex(n.update, true) : ''}){${this.tick(true)}${this.st(n.body)}}`);
      });
      case 'WhileStatement': return this.lab(n, '', `while(${this.ex(n.test)}){${this.tick(true)}${this.st(n.body)}}`);
      case 'DoWhileStatement': return this.lab(n, '', `do{${this.tick(true)}${this.st(n.body)}}while(${this.ex(n.test)});`);
      case 'ForOfStatement': case 'ForInStatement': {
        const a = '$' + ++this.uid, i = '$' + ++this.uid; this.fn.temps += 2;
        const it = this.h(n.type === 'ForOfStatement' ? '$iter' : '$forin');
        let bind: string;
        if (n.left.type === 'VariableDeclaration') { const ps = this.pat(n.left.declarations[0].id, `${a}[${i}]`); bind = n.left.kind === 'var' ? ps.map(([t, v]) => `${t}=${v};`).join('') : 'let ' + ps.map(([t, v]) => `${t}=${v}`).join(',') + ';'; if (n.left.kind === 'var') bind = this.hoistTmp(ps) + bind; }
        else { const ps = this.pat(n.left, `${a}[${i}]`); bind = this.hoistTmp(ps) + ps.map(([t, v]) => t === '' ? v + ';' : `${t}=${v};`).join(''); }
        return '{' + this.ln(n) + `const ${a}=${it}(${this.ex(n.right)});` + this.lab(n, '', `for(let ${i}=0;${i}<${a}.length;${i}++){${this.tick(true)}${bind}${this.st(n.body)}}`) + '}';
      }
      case 'BreakStatement': return n.label ? `break L_${n.label.name};` : 'break;';
      case 'ContinueStatement': return n.label ? `continue L_${n.label.name};` : 'continue;';
      case 'LabeledStatement': {
        let b = n.body; const labs = [n.label.name]; while (b.type === 'LabeledStatement') { labs.push(b.label.name); b = b.body; }
        if (['ForStatement', 'WhileStatement', 'DoWhileStatement', 'ForOfStatement', 'ForInStatement'].includes(b.type)) { b.$labels = labs; return this.st(b); }
        return labs.map((l) => `L_${l}:`).join('') + '{' + this.st(b) + '}';
      }
      case 'SwitchStatement': {
        this.h('$sw'); const k = this.fn.live.length;
        let r = this.ln(n) + `switch($sw(${this.ex(n.discriminant)},${n.cases.length})){` + this.swFns(n);
        for (const c of n.cases) { r += c.test ? `case (${this.ex(c.test)}):` : 'default:'; for (const x of c.consequent) r += this.st(x); this.fn.live.length = k; } // a let of another case may be uninitialized
        return r + '}';
      }
      case 'ThrowStatement': return this.ln(n) + `${this.h('$throw')}(${this.ex(n.argument)});`;
      case 'TryStatement': {
        let r = this.livein(() => `try{${this.stmts(n.block.body)}}`);
        if (n.handler) {
          const e = '$' + ++this.uid; let bind = '';
          if (n.handler.param) { const ps = this.pat(n.handler.param, `${this.h('$caught')}(${e})`); bind = 'let ' + ps.map(([t, v]) => `${t}=${v}`).join(',') + ';'; } else bind = `${this.h('$caught')}(${e});`;
          r += this.livein(() => `catch(${e}){${bind}{${this.stmts(n.handler.body.body)}}}`);
        }
        if (n.finalizer) { this.h('$'); r += this.livein(() => `finally{if(!$.dead){${this.stmts(n.finalizer.body)}}}`); }
        return r;
      }
    }
    return this.ban(n);
  }
  swFns(n: N): string { for (const c of n.cases) for (const s of c.consequent) if (s.type === 'FunctionDeclaration') this.err(s, 'a function declaration in a switch needs a block'); return ''; }
  lab(n: N, pre: string, s: string) { return pre + (n.$labels ? n.$labels.map((l: string) => `L_${l}:`).join('') : '') + s; }
  hoistTmp(ps: [string, string][]): string { // temps in patterns outside of declarations
    let l = this.tempNames.get(this.fn); if (!l) this.tempNames.set(this.fn, (l = [])); for (const [t] of ps) if (t[0] === '$') l.push(t); return '';
  }
  decl(n: N, end: string): string {
    const out: string[] = [];
    for (const d of n.declarations) {
      if (d.id.type === 'Identifier') { if (n.kind === 'var') { if (d.init) out.push(`${d.id.$b.out}=${this.ex(d.init)}`); } else { out.push(d.init ? `${d.id.$b.out}=${this.ex(d.init)}` : d.id.$b.out); this.fn.live.push(d.id.$b); } }
      else { const ps = this.pat(d.id, this.ex(d.init)); if (n.kind === 'var') this.hoistTmp(ps); for (const [t, v] of ps) out.push(`${t}=${v}`); }
    }
    if (n.kind === 'var') return out.length ? '(' + out.join(',') + ')' + end : '';
    return 'let ' + out.join(',') + end;
  }
  // list of [target, value] in evaluation order; '' target = bare expression; '$n' targets are temps
  pat(p: N, src: string): [string, string][] {
    switch (p.type) {
      case 'Identifier': return [[p.$b.out, src]];
      case 'MemberExpression': { const t = this.tmp(); return [[t, src], [this.tmp(), this.setMember(p, t)]]; }
      case 'AssignmentPattern': { const t = this.tmp(); return [[t, src], ...this.pat(p.left, `(${t}===undefined?${this.ex(p.right)}:${t})`)]; }
      case 'ObjectPattern': {
        const t = this.tmp(); const r: [string, string][] = [[t, `${this.h('$dest')}(${src})`]]; const names: string[] = [];
        for (const q of p.properties) {
          if (q.type === 'RestElement') { r.push(...this.pat(q.argument, `${this.h('$rest')}(${[t, ...names].join(',')})`)); continue; }
          if (q.computed) r.push(...this.pat(q.value, `${this.h('$get')}(${t},${this.ex(q.key)})`));
          else { const k = this.kname(q.key); names.push(k); r.push(...this.pat(q.value, `${this.h('$gp')}(${t},${k})`)); }
        } return r;
      }
      case 'ArrayPattern': {
        const t = this.tmp(); const r: [string, string][] = [[t, `${this.h('$iter')}(${src})`]];
        p.elements.forEach((q: N, i: number) => { if (!q) return; if (q.type === 'RestElement') r.push(...this.pat(q.argument, `${this.h('$slice')}(${t},${i})`)); else r.push(...this.pat(q, `${t}[${i}]`)); });
        return r;
      }
    }
    return this.ban(p);
  }
  kname(k: N): string { return k.type === 'Identifier' ? this.str(k.name) : typeof k.value === 'number' ? this.str('' + k.value) : this.strLit(k); }
  fexpr(n: N): string {
    const save = this.fn; this.fn = n.$fn; const fn: Fn = n.$fn;
    const ps: string[] = []; let pre = ''; 
    for (const p of n.params) {
      if (p.type === 'Identifier') ps.push(p.$b.out);
      else if (p.type === 'RestElement') { const t = '$' + ++this.uid; ps.push('...' + t); const q = this.pat(p.argument, `${this.h('$arr')}(${t})`); pre += 'let ' + q.map(([a, b]) => `${a}=${b}`).join(',') + ';'; }
      else { const t = '$' + ++this.uid; ps.push(t); const q = this.pat(p, t); pre += 'let ' + q.map(([a, b]) => `${a}=${b}`).join(',') + ';'; }
    }
    const params = new Set<string>(); for (const p of n.params) this.patIds(p, (id) => params.add(id.name));
    let vars = ''; for (const [name, b] of (n.$pscope as Scope).vars) if (b.kind === 'var' && !params.has(name)) vars += (vars ? ',' : 'let ') + b.out; if (vars) vars += ';';
    let body: string;
    if (n.body.type === 'BlockStatement') body = '{' + this.stmts(n.body.body) + '}'; else body = (this.risky(n.body) ? this.ln(n.body) : '') + 'return ' + this.ex(n.body) + ';';
    this.h('$so'); this.h('$');
    const t = this.temps(fn);
    const code = n.$leaf ? `function${n.type === 'FunctionExpression' && n.id ? ' ' + n.$self.out : ''}(${['$d', ...ps].join(',')}){--$.f;${t}${vars}${pre}${body}}`
      : `function*${n.type === 'FunctionExpression' && n.id ? ' ' + n.$self.out : ''}(${['$d', ...ps].join(',')}){if($d>1000)$so();${this.tick()}${t}${vars}${pre}${body}}`;
    this.fn = save;
    return code;
  }
  str(s: string): string { // s is a byte string
    let r = '"';
    for (let i = 0; i < s.length; i++) { const c = s.charCodeAt(i); r += c === 34 ? '\\"' : c === 92 ? '\\\\' : c >= 32 && c < 127 ? s[i] : '\\x' + (c < 16 ? '0' : '') + c.toString(16); }
    return r + '"';
  }
  strLit(n: N): string { return this.str(this.cook(n, this.src.slice(n.start + 1, n.end - 1), n.value)); }
  cook(n: N, raw: string, cooked: string): string { // \xHH = that byte, \uHHHH = UTF-8 bytes of the character, other bytes literally
    if (raw.indexOf('\\') < 0) return cooked;
    let r = ''; 
    for (let i = 0; i < raw.length; i++) {
      const c = raw[i]; if (c !== '\\') { if (c === '\r') { if (raw[i + 1] === '\n') i++; r += '\n'; } else r += c; continue; }
      const e = raw[++i];
      switch (e) {
        case 'n': r += '\n'; break; case 't': r += '\t'; break; case 'r': r += '\r'; break; case 'b': r += '\b'; break; case 'f': r += '\f'; break; case 'v': r += '\v'; break; case '0': r += '\0'; break;
        case '\r': if (raw[i + 1] === '\n') i++; break; case '\n': break;
        case 'x': r += String.fromCharCode(parseInt(raw.slice(i + 1, i + 3), 16)); i += 2; break;
        case 'u': {
          let cp: number;
          if (raw[i + 1] === '{') { const j = raw.indexOf('}', i); cp = parseInt(raw.slice(i + 2, j), 16); i = j; }
          else { cp = parseInt(raw.slice(i + 1, i + 5), 16); i += 4; if (cp >= 0xd800 && cp < 0xdc00 && raw[i + 1] === '\\' && raw[i + 2] === 'u' && raw[i + 3] !== '{') { const lo = parseInt(raw.slice(i + 3, i + 7), 16); if (lo >= 0xdc00 && lo < 0xe000) { cp = 0x10000 + ((cp - 0xd800) << 10) + (lo - 0xdc00); i += 6; } } }
          r += utf8(cp); break;
        }
        default: r += e;
      }
    }
    return r;
  }
  num(x: number) { return x !== x ? '(0/0)' : x === Infinity ? '(1/0)' : x === -Infinity ? '(-1/0)' : Object.is(x, -0) ? '(-0)' : x < 0 ? `(${x})` : '' + x; }
  toN(n: N) { const c = this.ex(n); return this.ty(n) === NUM ? c : `${this.h('$n')}(${c})`; }
  ex(n: N, void_ = false): string {
    switch (n.type) {
      case 'Literal': return typeof n.value === 'number' ? this.num(n.value) : typeof n.value === 'string' ? this.strLit(n) : '' + n.value;
      case 'TemplateLiteral': {
        let r = this.str(this.cook(n, this.src.slice(n.quasis[0].start, n.quasis[0].end), n.quasis[0].value.cooked));
        n.expressions.forEach((x: N, i: number) => { const q = n.quasis[i + 1]; const s = this.str(this.cook(n, this.src.slice(q.start, q.end), q.value.cooked)); const v = this.ty(x) === STR ? this.ex(x) : `${this.h('$s')}(${this.ex(x)})`; r = r === '""' ? v : `${this.h('$cat')}(${r},${v})`; if (s !== '""') r = `${this.h('$cat')}(${r},${s})`; });
        return r;
      }
      case 'Identifier':
        if (n.$b) return n.$b.out;
        if (n.name === 'undefined') return 'undefined'; if (n.name === 'NaN') return '(0/0)'; if (n.name === 'Infinity') return '(1/0)';
        if (n.name === 'KEYS') return '$K'; if (n.name === 'ARGV') return '$A';
        if (own(GLOBALF, n.name)) return `${this.h('$fv')}.${n.name}`;
        return this.ban(n);
      case 'ArrayExpression': {
        const parts = n.elements.map((x: N) => !x ? 'undefined' : x.type === 'SpreadElement' ? `...${this.h('$spread')}(${this.ex(x.argument)})` : this.ex(x));
        return `${this.h('$arr')}([${parts.join(',')}])`;
      }
      case 'ObjectExpression': {
        if (!n.properties.some((p: N) => p.type === 'SpreadElement' || p.computed) && n.properties.length <= 60) {
          return `${this.h('$obj')}(${n.properties.map((p: N) => this.kname(p.key) + ',' + this.ex(p.value)).join(',')})`;
        }
        let r = `new ${this.h('$O')}()`;
        for (const p of n.properties) r = p.type === 'SpreadElement' ? `${this.h('$os')}(${r},${this.ex(p.argument)})` : `${this.h('$oa')}(${r},${p.computed ? this.ex(p.key) : this.kname(p.key)},${this.ex(p.value)})`;
        return r;
      }
      case 'FunctionExpression': case 'ArrowFunctionExpression': return `(${this.fexpr(n)})`;
      case 'UnaryExpression':
        if (n.$const) return `"${n.$const}"`;
        switch (n.operator) {
          case '!': return `!(${this.ex(n.argument)})`;
          case '-': return `(-${this.wrap(this.toN(n.argument))})`; case '+': return `(+${this.wrap(this.toN(n.argument))})`; case '~': return `(~${this.wrap(this.toN(n.argument))})`;
          case 'typeof': return `(typeof (${this.ex(n.argument)}))`;
          case 'void': return `(${this.ex(n.argument)},undefined)`;
          case 'delete': { const m = n.argument; return `${this.h('$del')}(${this.ex(m.object)},${m.computed ? this.ex(m.property) : this.str(m.property.name)})`; }
        } return this.ban(n);
      case 'BinaryExpression': return this.bin(n.operator, n.left, n.right);
      case 'LogicalExpression': return `(${this.ex(n.left)}${n.operator}${this.ex(n.right)})`;
      case 'ConditionalExpression': return `(${this.ex(n.test)}?${this.ex(n.consequent)}:${this.ex(n.alternate)})`;
      case 'SequenceExpression': return `(${n.expressions.map((x: N) => this.ex(x)).join(',')})`;
      case 'ParenthesizedExpression': return this.ex(n.expression);
      case 'AssignmentExpression': return this.asg(n);
      case 'UpdateExpression': {
        const op = n.operator === '++' ? '+' : '-';
        if (n.argument.type === 'Identifier') {
          const b = n.argument.$b as Bind; if (b.ty === NUM) return n.prefix ? `(${n.operator}${b.out})` : `(${b.out}${n.operator})`;
          if (n.prefix || void_) return `(${b.out}=${this.h('$n')}(${b.out})${op}1)`;
          const t = this.mk(); return `((${t}=${this.h('$n')}(${b.out})),(${b.out}=${t}${op}1),${t})`;
        }
        const m = n.argument, o = this.mk(), k = m.computed ? this.mk() : '', v = this.mk();
        const kk = m.computed ? k : this.str(m.property.name);
        return `((${o}=${this.ex(m.object)}),${m.computed ? `(${k}=${this.h('$key')}(${this.ex(m.property)})),` : ''}(${v}=${this.h('$n')}(${this.h('$gp')}(${o},${kk}))),${this.h('$sp')}(${o},${kk},${v}${op}1),${n.prefix ? v + op + '1' : v})`;
      }
      case 'ChainExpression': { const g: string[] = []; const c = this.chain(n.expression, g); return g.length ? `((${g.join('||')})?undefined:${c})` : c; }
      case 'MemberExpression': case 'CallExpression': { const g: string[] = []; const c = this.chain(n, g); if (g.length) this.err(n, 'bad optional chain'); return c; }
      case 'NewExpression': { const name = n.callee.name; const a = this.args(n.arguments); return name === 'Array' ? `${this.h('$newArray')}(${a})` : `${this.h('$gf_' + name)}(${a})`; }
    }
    return this.ban(n);
  }
  wrap(c: string) { return c[0] === '-' || c[0] === '+' ? `(${c})` : c; }
  args(a: N[], plain = false): string { return a.map((x) => x.type === 'SpreadElement' ? `...${this.h('$spreadArgs')}(${this.ex(x.argument)})` : this.ex(x)).join(','); }
  opt(n: N, code: string, g: string[]): string { if (!n.optional) return code; const t = this.mk(); g.push(`(${t}=${code})==null`); return t; }
  chain(n: N, g: string[]): string {
    if (n.type === 'MemberExpression') {
      if (n.$ns) {
        if (own(CONST, n.$ns) && own(CONST[n.$ns], n.$k)) { const v = CONST[n.$ns][n.$k]; return typeof v === 'number' ? this.num(v) : this.str(v); }
        return `${this.h('$fv')}[${this.str(n.$ns + '.' + n.$k)}]`;
      }
      const ob = n.object;
      if (ob.type === 'Identifier' && !ob.$b && (ob.name === 'KEYS' || ob.name === 'ARGV')) {
        const v = ob.name === 'KEYS' ? '$K' : '$A';
        if (n.computed && n.property.type === 'Literal' && typeof n.property.value === 'number' && Number.isInteger(n.property.value) && n.property.value > 0) return `${v}.a[${n.property.value}]`;
        if (n.computed) return `${this.h('$keys1')}(${this.ex(n.property)},${v})`;
        if (n.property.name === 'length') return `(${v}.a.length-1)`;
      }
      const o0 = this.chain(ob, g), o = this.opt(n, o0, g);
      if (n.computed) return `${this.h('$get')}(${o},${this.ex(n.property)})`;
      const k = n.property.name;
      if (k === 'length') return `${this.h('$len')}(${o})`;
      if (/^[_$]\d+$|^_[A-Za-z_$][\w$]*$/.test(o) || /^\$\d+$/.test(o)) return `(${o} instanceof ${this.h('$O')}?${o}.${k}:${this.h('$gp')}(${o},${this.str(k)}))`;
      const t = this.mk(); return `((${t}=${o}) instanceof ${this.h('$O')}?${t}.${k}:${this.h('$gp')}(${t},${this.str(k)}))`;
    }
    if (n.type === 'CallExpression') {
      const c = n.callee, W = this.dw();
      if (c.type === 'MemberExpression') {
        if (c.$ns) {
          if (n.optional || c.optional) this.err(n, 'optional call of a built-in');
          if (c.$ns === 'redis' && (c.$k === 'call' || c.$k === 'pcall')) {
            const a = n.arguments.map((x: N) => x.type === 'SpreadElement' ? `...${this.h('$spread')}(${this.ex(x.argument)})` : this.ex(x)).join(',');
            return `${this.h('$call')}(${this.line(n)},[${a}],${c.$k === 'pcall'})`;
          }
          const a = this.args(n.arguments);
          if (own(NSG, c.$ns) && own(NSG[c.$ns], c.$k)) return `(yield* ${this.h('$nsg_' + c.$ns + '_' + c.$k)}(${W}${a ? ',' + a : ''}))`;
          if (own(NS[c.$ns], c.$k)) {
            if (c.$ns === 'Math' && n.arguments.length === 1 && n.arguments[0].type !== 'SpreadElement' && ['floor', 'ceil', 'abs', 'trunc', 'sqrt'].includes(c.$k)) return `Math.${c.$k}(${this.toN(n.arguments[0])})`;
            return `${this.h('$ns_' + c.$ns + '_' + c.$k)}(${a})`;
          }
          this.err(n, `${c.$ns}.${c.$k} is not a function`);
        }
        const o0 = this.chain(c.object, g), o = this.opt(c, o0, g);
        if (c.computed) { if (n.optional) this.err(n, 'optional call of a computed member'); const k = this.ex(c.property), a = this.args(n.arguments); return `(yield* ${this.h('$cd')}(${[W, o, k].join(',')}${a ? ',' + a : ''}))`; }
        const name = c.property.name;
        if (n.optional) { const t = this.mk(); g.push(`(${t}=${this.h('$gp')}(${o},${this.str(name)}))==null`); return this.callv(`${this.h('$fn')}(${t})(${[W, this.args(n.arguments)].filter(Boolean).join(',')})`); }
        const a = this.args(n.arguments);
        if (own(G, name)) return `(yield* ${this.h('$g_' + name)}(${W},${o}${a ? ',' + a : ''}))`;
        if (this.fn.leaf && own(P, name)) return `${this.h('$nu')}(${this.h('$p_' + name)}(${o}${a ? ',' + a : ''}))`;
        const t = this.mk();
        const call = own(P, name) ? `${this.h('$p_' + name)}(${o}${a ? ',' + a : ''})` : `${this.h('$cm')}(${o},${this.str(name)}${a ? ',' + a : ''})`;
        return `((${t}=${call})===${this.h('$U')}?yield* ${this.h('$cu')}(${W}):${t})`;
      }
      if (c.type === 'Identifier' && !c.$b) {
        const a = this.args(n.arguments);
        if (own(GLOBALF, c.name)) return `${this.h('$gf_' + c.name)}(${a})`;
        if (own(NS, c.name)) { if (c.name === 'Array') return `${this.h('$newArray')}(${a})`; }
        this.err(n, `'${c.name}' is not a function`);
      }
      if (c.type === 'Identifier' && c.$b && c.$b.kind === 'function' && c.$b.assigned === 0 && c.$b.decl && !n.optional) { const a = this.args(n.arguments); const cc = `${c.$b.out}(${W}${a ? ',' + a : ''})`; return c.$b.decl.$leaf ? cc : `(yield* ${cc})`; }
      const f = this.opt(n, this.chain(c, g), g); const a = this.args(n.arguments);
      return this.callv(`${this.h('$fn')}(${f})(${W}${a ? ',' + a : ''})`);
    }
    if (n.type === 'ChainExpression') return this.ex(n);
    return this.ex(n);
  }
  callv(c: string) { const t = this.mk(); return `((${t}=${c}) instanceof ${this.h('$G')}?yield* ${t}:${t})`; }
  dw(): string { return `$d+${this.w(this.fn)}`; }
  setMember(m: N, v: string): string {
    if (m.optional) this.err(m, 'bad assignment target');
    const o = this.ex(m.object);
    return m.computed ? `${this.h('$set')}(${o},${this.ex(m.property)},${v})` : `${this.h('$sp')}(${o},${this.str(m.property.name)},${v})`;
  }
  asg(n: N): string {
    const op = n.operator, l = n.left;
    if (l.type === 'Identifier') {
      const b: Bind = l.$b;
      if (op === '=' || op === '&&=' || op === '||=' || op === '??=') return `(${b.out}${op}${this.ex(n.right)})`;
      return `(${b.out}=${this.bin(op.slice(0, -1), l, n.right)})`;
    }
    if (l.type === 'MemberExpression') {
      if (op === '=') return this.setMember(l, this.ex(n.right));
      const o = this.mk(), k = l.computed ? this.mk() : '', v = this.mk(), kk = l.computed ? k : this.str(l.property.name);
      const pre = `(${o}=${this.ex(l.object)}),${l.computed ? `(${k}=${this.h('$key')}(${this.ex(l.property)})),` : ''}(${v}=${this.h('$gp')}(${o},${kk}))`;
      const r = this.ex(n.right);
      if (op === '&&=' || op === '||=' || op === '??=') return `(${pre},(${v}${op.slice(0, 2)}${this.h('$sp')}(${o},${kk},${r})))`;
      return `(${pre},${this.h('$sp')}(${o},${kk},${this.binCode(op.slice(0, -1), v, U, r, this.ty(n.right), null, n.right)}))`;
    }
    const t = this.mk(); const ps = this.pat(l, t); this.hoistTmp(ps);
    return `((${t}=${this.ex(n.right)}),${ps.map(([a, v]) => `(${a}=${v})`).join(',')},${t})`;
  }
  bin(op: string, l: N, r: N): string { return this.binCode(op, this.ex(l), this.ty(l), this.ex(r), this.ty(r), l, r); }
  binCode(op: string, a: string, ta: number, b: string, tb: number, l: N | null, r: N | null): string {
    const n = (c: string, t: number) => t === NUM ? c : `${this.h('$n')}(${c})`;
    switch (op) {
      case '+':
        if (ta === NUM && tb === NUM) return `(${a}+${this.wrap(b)})`;
        if (ta === STR && tb === STR) return `${this.h('$cat')}(${a},${b})`;
        if (ta === STR) return `${this.h('$cat')}(${a},${this.h('$s')}(${b}))`;
        if (tb === STR && l && !this.risky(l)) return `${this.h('$cat')}(${this.h('$s')}(${a}),${b})`;
        return `${this.h('$add')}(${a},${b})`;
      case '%': return `${this.h('$mod')}(${n(a, ta)},${n(b, tb)})`;
      case '-': case '*': case '/': case '&': case '|': case '^': case '<<': case '>>': case '>>>': return `(${n(a, ta)}${op}${this.wrap(n(b, tb))})`;
      case '**': return `((${n(a, ta)})**(${n(b, tb)}))`;
      case '<': case '<=': case '>': case '>=': if (ta === NUM && tb === NUM) return `(${a}${op}${b})`; return `${this.h({ '<': '$lt', '<=': '$le', '>': '$gt', '>=': '$ge' }[op]!)}(${a},${b})`;
      case '===': case '!==': { const lit = (x: N | null, t: number) => t === NUM || t === BOOL || (x && x.type === 'Literal') || (x && x.type === 'Identifier' && !x.$b && x.name === 'undefined'); if (lit(l, ta) || lit(r, tb)) return `(${a}${op}${b})`; return `${op === '!==' ? '!' : ''}${this.h('$seq')}(${a},${b})`; }
      case '==': case '!=': { const nul = (x: N | null) => x && (x.type === 'Literal' && x.value === null || x.type === 'Identifier' && !x.$b && x.name === 'undefined'); if (nul(l) || nul(r)) return `(${a}${op}${b})`; return `${op === '!=' ? '!' : ''}${this.h('$eq')}(${a},${b})`; }
      case 'in': return `${this.h('$in')}(${a},${b})`;
    }
    throw new CompileError('operator ' + op + ' is not allowed in scripts', 1);
  }
}
