/**
 * Purpose: scripts whose text means the same in both languages, so that their hashes are equal and
 * MONITOR shows the same.
 */

import { createHash } from "node:crypto";
import type { Scene, Turn } from "../scene.ts";
import type { Words } from "../step.ts";

/** The functions that both servers are given at the beginning, each in its language. */
export const LIBRARIES = {
  js: `#!js name=lib
redis.registerFunction('put', (keys, args) =>
  redis.call('SET', keys[1], args[1]));
redis.registerFunction({ name: 'look', callback: (keys) =>
  redis.call('GET', keys[1]),
flags: ['no-writes'] });
`,
  lua: `#!lua name=lib
redis.register_function('put', function(keys, args)
  return redis.call('SET', keys[1], args[1]) end)
redis.register_function{ function_name='look', callback=function(keys)
  return redis.call('GET', keys[1]) end,
flags={ 'no-writes' } }
`,
} as const;

/** A command as a call; only what needs no escape. */
function call({ random }: Scene, words: Words): string {
  const name = random.chance(0.3) ? "pcall" : "call";
  return `redis.${name}(${words.map((word) => `'${word}'`).join(",")})`;
}

/** Beside commands, what both languages say alike. */
const FIXED = [
  "return redis.call('SET',KEYS[1],ARGV[1])",
  // A map would come in the order of Lua's table.
  "redis.setresp(3); return redis.call('HGET',KEYS[1],'f')",
  "redis.setresp(3); return redis.call('ZRANGE','z1','0','-1','WITHSCORES')",
  "return redis.acl_check_cmd('SET',KEYS[1],ARGV[1])",
  "return redis.error_reply('MY own')",
  "return redis.status_reply('FINE')",
  "return redis.pcall('NOSUCH')",
  "return redis.call('SUBSCRIBE','c1')",
  "return redis.call('MULTI')",
  "return redis.call('BLPOP','l1','0')",
  "return redis.pcall('SELECT','1')",
  "redis.call('SELECT','1'); return redis.call('SET',KEYS[1],ARGV[1])",
  "return redis.call('CLIENT','ID')",
  "return redis.sha1hex(ARGV[1])",
];

/** EVAL of a few commands, EVALSHA, functions. */
export const scripts = {
  plan(scene: Scene): Turn[] {
    const { random } = scene;
    const calls = Array.from({ length: random.between(1, 3) }, () => call(scene, scene.data()));
    const last = calls.length - 1;
    const text = [...calls.slice(0, last), `return ${calls[last]}`].join("; ");
    const sha = createHash("sha1").update(text).digest("hex");
    return random.weighted<() => Turn[]>([
      [6, () => [["EVAL", text, "0"]]],
      [1, () => [["EVAL_RO", text, "0"]]],
      [1, () => [["EVALSHA", sha, "0"]]],
      [
        1,
        () => [
          ["SCRIPT", "LOAD", text],
          ["EVALSHA", sha, "0"],
        ],
      ],
      [1, () => [["MULTI"], ["EVAL", text, "0"], scene.data(), ["EXEC"]]],
      [1, () => [scene.fill(["FCALL", "put", "1", "@s", "@v"])]],
      [1, () => [scene.fill(["FCALL_RO", "look", "1", "@k"])]],
      [0.3, () => [scene.fill(["FCALL_RO", "put", "1", "@s", "@v"])]],
      [1, () => [scene.fill(["EVAL", random.pick(FIXED), "1", "@k", "@v"])]],
    ])();
  },
};
