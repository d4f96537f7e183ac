// Purpose: what scripts return as replies and get as replies, where JavaScript is not as Lua
// (src/commands/scripting/value_replies.ts and reply_values.ts), byte by byte under RESP2 and
// RESP3; errors, and their places.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, requestOf } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
  await client.command("SET", "text", "5");
  await client.command("SET", "large", "9007199254740993");
  await client.command("HSET", "hash", "f", "v");
  await client.command("SADD", "set", "m");
  await client.command("ZADD", "zset", "1.5", "a");
  await client.command("RPUSH", "list", "a");
});
afterAll(async () => {
  client?.close();
  await server?.stop();
});

/** The reply's bytes; those of an error without its script's SHA-1. */
async function raw(who: Client, script: string, ...args: string[]): Promise<string> {
  const bytes = await who.raw(requestOf(["EVAL", script, "0", ...args]), 1);
  return bytes.toString("latin1").replace(/ script: [0-9a-f]{40}, on /, " on ");
}

const OBJECT =
  "-ERR script returned an object; return an array, a string or JSON.stringify(object)\r\n";

/** A script, its reply under RESP2, and under RESP3 where that is another. */
const REPLIES: readonly (readonly [script: string, resp2: string, resp3?: string])[] = [
  ["return null", "$-1\r\n", "_\r\n"],
  ["return undefined", "$-1\r\n", "_\r\n"],
  [
    "return [1, null, 'a', [true, false]]",
    "*4\r\n:1\r\n$-1\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n",
    "*4\r\n:1\r\n_\r\n$1\r\na\r\n*2\r\n:1\r\n_\r\n",
  ],
  ["return []", "*0\r\n"],
  ["return [[]]", "*1\r\n*0\r\n"],
  ["return 2 ** 53", ":9007199254740992\r\n"],
  ["return 2 ** 62", ":4611686018427387904\r\n"],
  ["return -(2 ** 63)", ":-9223372036854775808\r\n"],
  ["return 2 ** 63", "-ERR script returned a number that is no 64-bit integer\r\n"],
  ["return 0 / 0", "-ERR script returned a number that is no 64-bit integer\r\n"],
  ["return 1 / 0", "-ERR script returned a number that is no 64-bit integer\r\n"],
  ["return redis.call('INCRBY', 'large', 0)", ":9007199254740993\r\n"],
  ["return [redis.call('INCRBY', 'large', 0)]", "*1\r\n:9007199254740993\r\n"],
  ["return 'é'", "$2\r\n\xc3\xa9\r\n"],
  ["return '\\xff\\0'", "$2\r\n\xff\0\r\n"],
  ["return {}", OBJECT],
  ["return { a: 1 }", OBJECT],
  ["return [1, {}]", OBJECT],
  ["return { ok: 1 }", OBJECT],
  ["return { err: 1 }", OBJECT],
  ["return () => 1", "-ERR script returned a function\r\n"],
  ["return redis.call", "-ERR script returned a function\r\n"],
  ["return { ok: 'a\\r\\nb' }", "+a  b\r\n"],
  ["return { err: 'X a\\r\\nb' }", "-X a  b\r\n"],
  ["return { ok: 'a\\r\\n\\0b' }", "+a  \r\n"],
  ["return { err: '\\r\\nX a\\r\\n\\r\\n' }", "-  X a\r\n"],
  ["return [{ err: 'X a\\r\\n\\0b' }]", "*1\r\n-X a\r\n"],
  ["return [{ ok: 'a' }, { err: 'X b' }]", "*2\r\n+a\r\n-X b\r\n"],
  ["return { double: 3.5 }", "$3\r\n3.5\r\n", ",3.5\r\n"],
  ["return { double: 1 / 0 }", "$3\r\ninf\r\n", ",inf\r\n"],
  ["return { double: '3.5' }", OBJECT],
  [
    "return { map: { a: 1, b: [2] } }",
    "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n",
    "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n",
  ],
  [
    "return { map: { a: { map: { b: 1 } } } }",
    "*2\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n:1\r\n",
    "%1\r\n$1\r\na\r\n%1\r\n$1\r\nb\r\n:1\r\n",
  ],
  ["return { map: { a: {} } }", OBJECT],
  ["return { map: [1] }", OBJECT],
  ["return { set: ['a', 1] }", "*2\r\n$1\r\na\r\n:1\r\n", "~2\r\n$1\r\na\r\n:1\r\n"],
  ["return { set: { a: true } }", "*1\r\n$1\r\na\r\n", "~1\r\n$1\r\na\r\n"],
  ["return { set: 'a' }", OBJECT],
  [
    "return { big_number: '12345678901234567890' }",
    "$20\r\n12345678901234567890\r\n",
    "(12345678901234567890\r\n",
  ],
  [
    "return { verbatim_string: { format: 'txt', string: 'a\\r\\n' } }",
    "$3\r\na\r\n\r\n",
    "=7\r\ntxt:a\r\n\r\n",
  ],
  ["return { verbatim_string: { format: 'x', string: 'a' } }", "$1\r\na\r\n", "=5\r\nx  :a\r\n"],
  ["return { verbatim_string: { string: 'a' } }", OBJECT],
  ["return { verbatim_string: 'a' }", OBJECT],
  ["redis.setresp(3); return [true, false]", "*2\r\n:1\r\n:0\r\n", "*2\r\n#t\r\n#f\r\n"],
  [
    "let a = []; for (let i = 0; i < 200; i++) a = [a]; return a",
    "-ERR script returned arrays that are nested too deeply\r\n",
  ],
  [
    "const a = []; a.push(a); return a",
    "-ERR script returned arrays that are nested too deeply\r\n",
  ],
  [
    "const a = []; for (let i = 0; i < 3e6; i++) a.push(1); return [a, a]",
    "-ERR script returned too many elements\r\n",
  ],
  // What commands reply, as a script has it.
  ["return JSON.stringify(redis.call('GET', 'nosuch'))", "$4\r\nnull\r\n"],
  ["return JSON.stringify(redis.call('LRANGE', 'list', 0, -1))", '$5\r\n["a"]\r\n'],
  ["return JSON.stringify(redis.call('MGET', 'text', 'nosuch'))", '$10\r\n["5",null]\r\n'],
  ["return JSON.stringify(redis.call('SET', 'k', 'v'))", '$11\r\n{"ok":"OK"}\r\n'],
  ["return JSON.stringify(redis.call('HGETALL', 'hash'))", '$9\r\n["f","v"]\r\n'],
  ["return typeof redis.call('INCR', 'n')", "$6\r\nnumber\r\n"],
  [
    "redis.setResp(3); return JSON.stringify(redis.call('HGETALL', 'hash'))",
    '$17\r\n{"map":{"f":"v"}}\r\n',
  ],
  [
    "redis.setResp(3); return JSON.stringify(redis.call('SMEMBERS', 'set'))",
    '$13\r\n{"set":["m"]}\r\n',
  ],
  [
    "redis.setResp(3); return JSON.stringify(redis.call('ZSCORE', 'zset', 'a'))",
    '$14\r\n{"double":1.5}\r\n',
  ],
  ["redis.setResp(3); return redis.call('GET', 'nosuch') === null", ":1\r\n", "#t\r\n"],
  ["redis.setResp(3); return redis.call('LOLWUT').verbatim_string.format", "$3\r\ntxt\r\n"],
  ["return redis.pcall('INCR', 'list').err.slice(0, 9)", "$9\r\nWRONGTYPE\r\n"],
  [
    "try { redis.call('INCR', 'list') } catch (e) { return e.err.slice(0, 9) }",
    "$9\r\nWRONGTYPE\r\n",
  ],
  [
    "try { redis.call('NOSUCH') } catch (e) { return e }",
    "-ERR Unknown Redis command called from script\r\n",
  ],
];

test.each(REPLIES)("%s", async (script, resp2, resp3 = resp2) => {
  expect(await raw(client, script)).toBe(resp2);
  const other = await server.connect();
  await other.command("HELLO", "3");
  expect(await raw(other, script)).toBe(resp3);
  other.close();
});

const ERRORS: readonly (readonly [script: string, error: string])[] = [
  ["throw 'x'", "-ERR user_script:1: x on @user_script:1."],
  ["\n\nthrow Error('x')", "-ERR user_script:3: Error: x on @user_script:3."],
  ["throw TypeError('a\\r\\nb')", "-ERR user_script:1: TypeError: a  b on @user_script:1."],
  ["throw 'a\\r\\n'", "-ERR user_script:1: a   on @user_script:1."],
  ["throw 'a\\0b'", "-ERR user_script:1: a on @user_script:1."],
  ["throw { err: 'MY a\\r\\n\\0b' }", "-MY a   on @user_script:1."],
  ["throw { err: 'MY boom' }", "-MY boom on @user_script:1."],
  ["throw redis.errorReply('boom')", "-ERR boom on @user_script:1."],
  ["throw 7", "-ERR user_script:1: 7 on @user_script:1."],
  ["throw null", "-ERR user_script:1: null on @user_script:1."],
  ["throw undefined", "-ERR user_script:1: undefined on @user_script:1."],
  [
    "const a = 1;\nredis.call('INCR', 'list')",
    "-WRONGTYPE Operation against a key holding the " + "wrong kind of value on @user_script:2.",
  ],
  [
    "try { redis.call('INCR', 'list') } catch (e) { throw e }",
    "-WRONGTYPE Operation against a " + "key holding the wrong kind of value on @user_script:1.",
  ],
  ["return null.x", "-ERR user_script:1: TypeError: cannot read 'x' of null on @user_script:1."],
];

test.each(ERRORS)("%s: its error", async (script, error) => {
  expect(await raw(client, script)).toBe(`${error}\r\n`);
});

test("a throw of what has no text is an error still", async () => {
  expect(await raw(client, "throw {}")).toMatch(
    /^-ERR user_script:1: [^\r]* on @user_script:1\.\r\n$/,
  );
  expect(await raw(client, "throw () => 1")).toMatch(/^-ERR user_script:1: [^\r]*\.\r\n$/);
});

test("an error of one word is counted as ERR", async () => {
  await client.command("CONFIG", "RESETSTAT");
  for (const text of ["FOO", "", "FOO x"]) await raw(client, `return { err: '${text}' }`);
  const info = String(plain(await client.command("INFO", "errorstats")));
  expect(info.match(/errorstat_[^\r]*/g)).toEqual([
    "errorstat_ERR:count=2",
    "errorstat_FOO:count=1",
  ]);
});

describe("a text that is no script", () => {
  test.each(["return +", "}", "local x = 1 return x", "class A {}", "\xff"])(
    "%s",
    async (script) => {
      const reply = await raw(client, script);
      expect(reply).toMatch(
        /^-ERR Error compiling script \(new function\): user_script:1: [^\r\n]+\r\n$/,
      );
      expect((await client.raw(requestOf(["SCRIPT", "LOAD", script]), 1)).toString("latin1")).toBe(
        reply,
      );
    },
  );
});

const HEADS: readonly (readonly [head: string, reply: string])[] = [
  ["#!js\n", ":1\r\n"],
  ["#!js flags=\n", ":1\r\n"],
  [
    "#!js flags=no-writes,allow-oom,allow-stale,no-cluster,allow-cross-slot-keys,atomic\n",
    ":1\r\n",
  ],
  ["#!js ", "-ERR Invalid script shebang\r\n"],
  ["#!lua\n", "-ERR Unexpected engine in script shebang: #!lua\r\n"],
  ["#!JS\n", "-ERR Unexpected engine in script shebang: #!JS\r\n"],
  ["#! js\n", "-ERR Unexpected engine in script shebang: #!\r\n"],
  ['#!js "a\n', "-ERR Invalid engine in script shebang\r\n"],
  ["#!js name=x\n", "-ERR Unknown js shebang option: name=x\r\n"],
  ["#!js flags=bad\n", "-ERR Unexpected flag in script shebang: bad\r\n"],
  ["#!js flags=no-writes,\n", "-ERR Unexpected flag in script shebang: \r\n"],
];

test.each(HEADS)("%j before a script", async (head, reply) => {
  expect(await raw(client, `${head}return 1`)).toBe(reply);
});
