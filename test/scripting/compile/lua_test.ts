/** A script in Lua is told that it is one; one in JavaScript that has an error never is. */
import { expect, test } from "bun:test";
import { CompileError, compileScript } from "../../../src/scripting/script.ts";

function messageOf(text: string): string {
  try {
    compileScript(text, "script");
    return "";
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return error.message;
  }
}

const LUA = [
  "local x = redis.call('GET', KEYS[1])",
  "local x = 1\nlocal y = 2\nreturn x + y",
  "local function f() return 1 end return f()",
  "local a, b = 1, 2",
  "if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end",
  "if x then\n  return 1\nelse\n  return 2\nend",
  "for i = 1, 10 do redis.call('INCR', KEYS[1]) end",
  "for i, v in ipairs(KEYS) do redis.call('DEL', v) end",
  "while true do end",
  "repeat x = 1 until true",
  "return KEYS[1] .. ARGV[1]",
  "return 'a' .. 'b'",
  "return {KEYS[1],KEYS[2],ARGV[1]}",
  "return {1,2,3,'ciao',{1,2}}",
  "return {'a', 'b'}",
  "return {ok='fine'}",
  "return {err='My Err'}",
  "return {redis.call('GET', KEYS[1])}",
  "return {x, redis.call('GET', KEYS[1])}",
  "return #KEYS",
  "return table.getn(KEYS) .. ''",
  "return not redis.call('GET', KEYS[1])",
  "return redis.call('GET', KEYS[1]) or 'none'",
  "if a ~= b then return 1 end",
  "return a ~= b",
  "-- a comment\nreturn 1",
  "return 1 -- the answer is one",
  "--[[ a long\ncomment ]]\nreturn 1",
  "return tonumber(ARGV[1])",
  "return tostring(1)",
  "return redis.call('MSET', unpack(ARGV))",
  "return cjson.encode({})",
  "return cmsgpack.pack(1)",
  "return nil",
  "function f()\n  return 1\nend\nreturn f()",
  "redis.call('SET', KEYS[1], 1)\nlocal v = 2",
  "#!js flags=no-writes\nlocal x = 1",
  "table.insert(t, 1)",
  "string.format('%d', 1)",
  "math.floor(1.5)",
  "return KEYS[1]:upper()",
  "return redis.call('GET', KEYS[1]):sub(1, 2)",
  "return {['a'] = 1}",
  "--comment\nreturn 1",
  "--comment",
  "return 1 --done",
  "return redis.call('GET', KEYS[1]) --cached\n",
  "redis.call('DEL', KEYS[1])\n  --next\nreturn 1",
  "redis.call('DEL', KEYS[1]) return 1",
  "f() return 1",
  "redis.call('SET', KEYS[1], (ARGV[1])) redis.call('DEL', KEYS[2])",
  "if (a) { f(g(1)) return 1 }",
  "error('no such key')",
  "return error(redis.error_reply('NO no'))",
  "error({err='NO no'})",
  "error{err='NO no'}",
  "error 'no'",
  "return select(2, 'a', 'b')",
  "return select('#', KEYS[1])",
];

test("texts in Lua", () => {
  for (const text of LUA) {
    const message = messageOf(text);
    expect({ text, isTold: message.includes("this looks like Lua") }).toEqual({
      text,
      isTold: true,
    });
    expect(message).toContain("scripts are JavaScript here: see docs/scripting.md");
  }
});

const JAVASCRIPT = [
  "let local = 1; return local +",
  "let then = 1, end = 2; foo(then, end",
  "const end = 5; if (end) { return ; ; ) }",
  "return {a: 1, b: }",
  "return [1, 2",
  "for (let i = 0; i < 10; i++ { }",
  "x--; y",
  "function f() { return 1 } return f(",
  "return foo",
  "let s = 'local x = 1 -- then end'; return t",
  "// if x then y end\nreturn foo(",
  "/* local x = nil */ return {a}",
  "if (x) { return 1 } else { return y }",
  "return a ? b : ",
  "do { x } while (true",
  "while (true) { break; } foo",
  "let o = {...a, b}; return o",
  "return 1.5.toFixed(2) + z",
  "let string = 'a'; return string.lenght + u",
  "return { ok: 'a', x }",
  "let end = 1; foo(; return end",
  "return {a, b}",
  "return {'a': 1, b}",
  "return {m() { return 1 }, n}",
  "return {[a]: 1, b: }",
  "const {[a]: b = 1} = c; return (",
  "return x ? y : z.sub(1",
  "let x = 5\n--x\nreturn y",
  "let count = 1; if (count > 0) --count\nreturn foo(",
  "--x; return (",
  "let i = 9; while (i > 0) --i\n return (",
  "if (f(x)) return 1; return (",
  "if (\n  f(x) &&\n  g(x)) return 1; foo(",
  "for (const k of f(x)) redis.call('DEL', k); return (",
  "while (f(x)) return 1; return (",
  "(x) return 1",
  "f()\nreturn (",
  "return error",
  "return error.message",
  "try { f(); } catch { return error; }",
  "throw new error('x')",
  "return select",
  "return select.x",
  "const error = (text) => text; error('x'); return (",
  "function error({ text = 1 }) { return text; } return (",
  "o.error({ a = 1",
];

test("texts in JavaScript that have an error", () => {
  for (const text of JAVASCRIPT) {
    const message = messageOf(text);
    expect({ text, message }).not.toEqual({ text, message: "" });
    expect({ text, isTold: message.includes("Lua") }).toEqual({ text, isTold: false });
  }
});

test("texts in JavaScript with words of Lua in them", () => {
  const texts = [
    "let local = 1, then = 2, end = 3, nil = null; return local + then + end",
    "let x = 5; x --\nreturn x",
    "let tonumber = Number; return tonumber('1')",
    "let o = {end: 1, then: 2}; return o.end",
    "return {}",
    "return {KEYS}",
    "let end = 1\nend\nreturn 1",
  ];
  for (const text of texts) expect(messageOf(text)).toBe("");
});
