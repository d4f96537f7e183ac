// Purpose: the functions and constants of `redis` in scripts, in calls that Lua and JavaScript
// write the same way: replies and errors of redis-server, byte by byte, with their places.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { Pair } from "../../client/pair.ts";
import { plain } from "../../client/resp.ts";
import { redisBinary, type Server, startServer } from "../../client/server.ts";

const SCRIPTS = [
  "return redis.call()",
  "return redis.pcall()",
  "return redis.call('nosuch')",
  "return redis.pcall('nosuch')",
  "return redis.call('get')",
  "return redis.pcall('get')",
  "return redis.call({})",
  "return redis.pcall({})",
  "return redis.call('get', {})",
  "return redis.call('get', true)",
  "return redis.call('echo', 12)",
  "return redis.call('echo', -0.5)",
  "return redis.call('echo', 1e15)",
  "return redis.error_reply()",
  "return redis.error_reply({})",
  "return redis.error_reply('a','b')",
  "return redis.error_reply(3)",
  "return redis.error_reply('x')",
  "return redis.error_reply('-x')",
  "return redis.error_reply('-x y')",
  "return redis.error_reply('x y')",
  "return redis.error_reply('')",
  "return redis.error_reply('-')",
  "return redis.error_reply('ERR a\\r\\nb')",
  "return redis.error_reply('a\\r\\nb')",
  "return redis.error_reply(' x')",
  "return redis.error_reply('a\\r\\n')",
  "return redis.error_reply('\\r\\na')",
  "return redis.error_reply('\\r\\n\\r\\n')",
  "return redis.error_reply('MY a\\r\\n\\r\\n')",
  "return redis.error_reply('MY \\r\\n a\\nb\\n')",
  "return redis.error_reply('-\\r\\nMY a')",
  "return redis.error_reply('\\r\\n-MY a')",
  "return redis.error_reply('ERR\\r\\na')",
  "return redis.error_reply('ERR\\r\\n a')",
  "return redis.error_reply('a ')",
  "return redis.error_reply('a\\0b c')",
  "return redis.error_reply('\\0b c')",
  "return redis.error_reply('-\\0 c')",
  "return redis.error_reply('MY a\\r\\n\\0b')",
  "return redis.error_reply('\\r\\nMY a\\r\\n\\0b').err",
  "return redis.pcall('xreadgroup','group','g\\r\\n\\0y','c','streams','k\\n','1')",
  "return redis.status_reply('\\r\\na\\r\\n')",
  "return redis.status_reply('a\\0b')",
  "return redis.status_reply('a\\0b').ok",
  "return redis.status_reply()",
  "return redis.status_reply({})",
  "return redis.status_reply(3)",
  "return redis.status_reply('x')",
  "return redis.status_reply('a\\r\\nb')",
  "return redis.status_reply('-x')",
  "return redis.sha1hex()",
  "return redis.sha1hex('a','b')",
  "return redis.sha1hex(3)",
  "return redis.sha1hex('')",
  "return redis.sha1hex('abc\\0')",
  "return redis.log()",
  "return redis.log(1)",
  "return redis.log('a','b')",
  "return redis.log(7,'b')",
  "return redis.log(-1,'b')",
  "return redis.log(2.5,'b')",
  "return redis.log('3','c')",
  "return redis.setresp()",
  "return redis.setresp(1)",
  "return redis.setresp(4)",
  "return redis.setresp('3')",
  "return redis.setresp('x')",
  "return redis.setresp(2,3)",
  "return redis.setresp(2.5)",
  "redis.setresp(3); return redis.call('get','nosuch')",
  "return redis.set_repl()",
  "return redis.set_repl(9)",
  "return redis.set_repl(3)",
  "return redis.set_repl(redis.REPL_NONE)",
  "return redis.set_repl(1,2)",
  "return redis.set_repl(-1)",
  "return redis.acl_check_cmd()",
  "return redis.acl_check_cmd('nosuch')",
  "return redis.acl_check_cmd('get')",
  "return redis.acl_check_cmd('get','x')",
  "return redis.acl_check_cmd({})",
  "return redis.acl_check_cmd('get',true)",
  "return redis.replicate_commands()",
  "return redis.replicate_commands(1)",
  "return redis.breakpoint()",
  "return redis.debug('x')",
  "return redis.REDIS_VERSION",
  "return redis.REDIS_VERSION_NUM",
  ...["LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"].map(
    (name) => `return redis.${name}`,
  ),
  ...["NONE", "SLAVE", "REPLICA", "AOF", "ALL"].map((name) => `return redis.REPL_${name}`),
];

describe.skipIf(redisBinary === null)("compared with redis-server", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair?.stop());

  test.each(SCRIPTS)("%s", async (script) => {
    await pair.same([["EVAL", script, "0"]], script);
  });
});

describe("names as JavaScript writes them", () => {
  let server: Server;
  let client: Client;
  beforeAll(async () => {
    server = await startServer();
    client = await server.connect();
  });
  afterAll(async () => {
    client?.close();
    await server?.stop();
  });

  test.each([
    ["errorReply('x')", "error_reply('x')"],
    ["statusReply('x')", "status_reply('x')"],
    ["sha1Hex('x')", "sha1hex('x')"],
    ["setResp(3)", "setresp(3)"],
    ["setRepl(3)", "set_repl(3)"],
    ["aclCheckCmd('get')", "acl_check_cmd('get')"],
    ["replicateCommands()", "replicate_commands()"],
  ])("redis.%s is redis.%s", async (ours, redis) => {
    const [a, b] = await client.pipeline([
      ["EVAL", `return redis.${ours}`, "0"],
      ["EVAL", `return redis.${redis}`, "0"],
    ]);
    expect(plain(a)).toEqual(plain(b));
  });

  test("redis.registerFunction is for libraries only", async () => {
    const reply = await client.command("EVAL", "redis.registerFunction('f', () => 1)", "0");
    expect(String(plain(reply))).toContain("can only be called on FUNCTION LOAD command");
  });
});
