// Purpose: what an application does with scripts and functions through ioredis and node-redis works
// against the server: EVALSHA with EVAL when the script is not there, commands made of scripts, the
// same in pipelines and transactions, functions, errors, values as bytes.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { type CommandParser, createClient, defineScript, RESP_TYPES } from "redis";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

const ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
const LIBRARY = `#!js name=counters
redis.registerFunction('add', (keys, args) => redis.call('INCRBY', keys[1], args[1]));
redis.registerFunction({
  name: 'read',
  callback: (keys) => redis.call('GET', keys[1]),
  flags: ['no-writes'],
});
`;
const shaOf = (script: string) => createHash("sha1").update(script).digest("hex");

let server: Server;

beforeAll(async () => {
  server = await startServer({ command: binaryCommand() });
});
afterAll(() => server?.stop());

describe("ioredis", () => {
  let redis: Redis;
  beforeAll(() => {
    redis = new Redis({ host: server.host, port: server.port });
  });
  beforeEach(async () => {
    await redis.flushall();
    await redis.script("FLUSH");
  });
  afterAll(() => redis.disconnect());

  test("eval, script load and evalsha", async () => {
    expect(await redis.eval("return [KEYS[1], ARGV[1], 3, null]", 1, "a", "b")).toEqual([
      "a",
      "b",
      3,
      null,
    ]);
    expect(await redis.script("LOAD", ADD)).toBe(shaOf(ADD));
    expect(await redis.evalsha(shaOf(ADD), 1, "n", 2)).toBe(2);
    expect(await redis.script("EXISTS", shaOf(ADD), shaOf("x"))).toEqual([1, 0]);
    await expect(redis.evalsha(shaOf("x"), 0)).rejects.toThrow("NOSCRIPT");
  });

  test("a command made of a script falls back to EVAL, also when scripts are flushed", async () => {
    redis.defineCommand("add", { numberOfKeys: 1, lua: ADD });
    const add = (...args: (string | number)[]) =>
      (redis as unknown as { add(...args: (string | number)[]): Promise<number> }).add(...args);
    expect(await add("n", 1)).toBe(1);
    expect(await add("n", 1)).toBe(2);
    await redis.script("FLUSH");
    expect(await add("n", 1)).toBe(3);
  });

  test("such a command in a pipeline and in a transaction", async () => {
    redis.defineCommand("add", { numberOfKeys: 1, lua: ADD });
    type Adding = { add(key: string, by: number): Adding; exec(): Promise<unknown> };
    const pipeline = redis.pipeline() as unknown as Adding;
    expect(await pipeline.add("n", 1).add("n", 5).exec()).toEqual([
      [null, 1],
      [null, 6],
    ]);
    const multi = redis.multi() as unknown as Adding;
    expect(await multi.add("n", 1).exec()).toEqual([[null, 7]]);
  });

  test("errors have their code and the place", async () => {
    await redis.set("s", "text");
    await expect(redis.eval("return redis.call('LPUSH', KEYS[1], 1)", 1, "s")).rejects.toThrow(
      /^WRONGTYPE .* script: [0-9a-f]{40}, on @user_script:1\.$/,
    );
    await expect(redis.eval("\nthrow 'boom'", 0)).rejects.toThrow(/^ERR user_script:2: boom /);
    await expect(redis.eval("return (", 0)).rejects.toThrow(/^ERR Error compiling script/);
    await expect(redis.eval("local x = 1", 0)).rejects.toThrow("Lua");
  });

  test("bytes go through a script unchanged", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(await redis.callBuffer("EVAL", "return ARGV[1]", 0, bytes)).toEqual(bytes);
    const length = await redis.eval("return [ARGV[1].length, ARGV[1].charCodeAt(255)]", 0, bytes);
    expect(length).toEqual([256, 255]);
  });

  test("functions", async () => {
    expect(await redis.function("LOAD", "REPLACE", LIBRARY)).toBe("counters");
    expect(await redis.fcall("add", 1, "n", 4)).toBe(4);
    expect(await redis.fcall_ro("read", 1, "n")).toBe("4");
    await expect(redis.fcall_ro("add", 1, "n", 4)).rejects.toThrow("write flag");
    await expect(redis.fcall("none", 0)).rejects.toThrow("Function not found");
    const dump = await redis.functionBuffer("DUMP");
    expect(await redis.function("DELETE", "counters")).toBe("OK");
    expect(await redis.function("RESTORE", dump as Buffer)).toBe("OK");
    expect(await redis.fcall("add", 1, "n", 1)).toBe(5);
  });
});

describe.each([2, 3] as const)("node-redis, RESP%d", (RESP) => {
  const create = () =>
    createClient({
      RESP,
      socket: { host: server.host, port: server.port },
      scripts: {
        add: defineScript({
          SCRIPT: ADD,
          NUMBER_OF_KEYS: 1,
          parseCommand(parser: CommandParser, key: string, by: number) {
            parser.pushKey(key);
            parser.push(String(by));
          },
          transformReply: undefined as unknown as () => number,
        }),
      },
      functions: {
        counters: {
          add: {
            NUMBER_OF_KEYS: 1,
            parseCommand(parser: CommandParser, key: string, by: number) {
              parser.pushKey(key);
              parser.push(String(by));
            },
            transformReply: undefined as unknown as () => number,
          },
        },
      },
    });
  let redis: ReturnType<typeof create>;
  beforeAll(async () => {
    redis = create();
    await redis.connect();
  });
  beforeEach(async () => {
    await redis.flushAll();
    await redis.scriptFlush();
  });
  afterAll(() => redis.destroy());

  test("eval, scriptLoad and evalSha", async () => {
    const reply = await redis.eval("return [KEYS[1], ARGV[1], 3, null]", {
      keys: ["a"],
      arguments: ["b"],
    });
    expect(reply).toEqual(["a", "b", 3, null]);
    expect(await redis.scriptLoad(ADD)).toBe(shaOf(ADD));
    expect(await redis.evalSha(shaOf(ADD), { keys: ["n"], arguments: ["2"] })).toBe(2);
    expect(await redis.evalRo("return KEYS.length", { keys: ["a", "b"] })).toBe(2);
    await expect(redis.evalSha(shaOf("x"))).rejects.toThrow("NOSCRIPT");
  });

  test("a script of the client falls back to EVAL, in transactions too", async () => {
    expect(await redis.add("n", 1)).toBe(1);
    expect(await redis.add("n", 1)).toBe(2);
    await redis.scriptFlush();
    expect(await redis.add("n", 1)).toBe(3);
    expect<unknown>(await redis.multi().add("n", 1).exec()).toEqual([4]);
  });

  test("functions", async () => {
    expect(await redis.functionLoad(LIBRARY, { REPLACE: true })).toBe("counters");
    expect(await redis.counters.add("n", 4)).toBe(4);
    expect(await redis.fCallRo("read", { keys: ["n"] })).toBe("4");
    const [library] = await redis.functionList({ LIBRARYNAME: "counters" });
    expect(library).toMatchObject({ library_name: "counters", engine: "JS" });
    const stats = await redis.functionStats();
    expect(stats.running_script).toBe(null);
    expect(await redis.functionDelete("counters")).toBe("OK");
  });

  test("replies of RESP3 after setresp(3), and bytes", async () => {
    await redis.hSet("h", { a: "1" });
    const script = "redis.setresp(3); return redis.call('HGETALL', KEYS[1])";
    const reply = await redis.eval(script, { keys: ["h"] });
    expect<unknown>(Array.isArray(reply) ? reply : Object.entries(reply as object).flat()).toEqual([
      "a",
      "1",
    ]);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const asBytes = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    expect<unknown>(await asBytes.eval("return ARGV[1]", { arguments: [bytes] })).toEqual(bytes);
  });
});
