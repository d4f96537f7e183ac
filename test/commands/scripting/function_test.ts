// Purpose: FUNCTION and FCALL (src/commands/scripting/). Each row holds for the real Redis as well,
// of a library in Lua that does the same.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";

interface Side {
  readonly server: Server;
  readonly client: Client;
  /** Index of its code in a row, and what its code begins with. */
  readonly code: 0 | 1;
  readonly engine: "js" | "lua";
}

const sides: Side[] = [];

beforeAll(async () => {
  const rusk = await startServer();
  sides.push({ server: rusk, client: await rusk.connect(), code: 0, engine: "js" });
  if (redisBinary() === null) return;
  const redis = await startRedis();
  sides.push({ server: redis, client: await redis.connect(), code: 1, engine: "lua" });
});

afterAll(async () => {
  for (const { client, server } of sides) {
    client.close();
    await server.stop();
  }
});

async function ask({ client }: Side, ...words: Word[]): Promise<unknown> {
  const reply = plain(await client.command(...words));
  return reply instanceof Error ? reply.message : reply;
}

const ONE = [
  "redis.registerFunction('f', () => 1)",
  "redis.register_function('f', function() return 1 end)",
];
const named = (name: string, ...body: string[]): string[] =>
  (body.length > 0 ? body : ONE).map(
    (text, i) => `#!${i === 0 ? "js" : "lua"} name=${name}\n${text}`,
  );

beforeEach(async () => {
  for (const side of sides) {
    expect(await ask(side, "FUNCTION", "FLUSH")).toBe("OK");
    await ask(side, "FLUSHALL");
  }
});

const NAMES =
  "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least " +
  "one character long";
const REGISTERING = "ERR Error registering functions: ERR";

describe("FUNCTION LOAD", () => {
  const registered = (js: string, lua: string) =>
    named("x", `redis.register_function(${js})`, `redis.register_function(${lua})`);

  test.each<[expected: string, codes: string[]]>([
    ["x", named("x")],
    ["x", named('"x"')],
    ["ERR Missing library metadata", ["", ""]],
    ["ERR Missing library metadata", ["let x = 1", "local x = 1"]],
    ["ERR Invalid library metadata", ["#!js name=x", "#!lua name=x"]],
    ["ERR Invalid library metadata", ['#!js name="x\n', '#!lua name="x\n']],
    ["ERR Library name was not given", ["#!js\n", "#!lua\n"]],
    ["ERR Library name was not given", ["#!\n", "#!\n"]],
    ["ERR Engine 'foo' not found", ["#!foo name=x\n", "#!foo name=x\n"]],
    ["ERR Engine '' not found", ["#! name=x\n", "#! name=x\n"]],
    ["ERR Invalid metadata value given: y=1", named("x y=1")],
    ["ERR Invalid metadata value, name argument was given multiple times", named("x NAME=x")],
    [NAMES, named("")],
    [NAMES, named("a-b")],
    ["ERR No functions registered", named("x", "let x = 1", "local x = 1")],
    [`${REGISTERING} FUNCTION LOAD timeout`, named("x", "for (;;);", "while true do end")],
    [`${REGISTERING} wrong number of arguments to redis.register_function`, registered("", "")],
    [
      `${REGISTERING} wrong number of arguments to redis.register_function`,
      registered("'a', () => 1, 2", "'a', function() end, 2"),
    ],
    [
      `${REGISTERING} first argument to redis.register_function must be a string`,
      registered("[], () => 1", "{}, function() end"),
    ],
    [
      `${REGISTERING} second argument to redis.register_function must be a function`,
      registered("'a', 1", "'a', 1"),
    ],
    [`${REGISTERING} ${NAMES.slice(4)}`, registered("'a b', () => 1", "'a b', function() end")],
    [
      `${REGISTERING} redis.register_function must get a callback argument`,
      registered("{function_name: 'a'}", "{function_name='a'}"),
    ],
    [
      `${REGISTERING} redis.register_function must get a function name argument`,
      registered("{callback: () => 1}", "{callback=function() end}"),
    ],
    [
      `${REGISTERING} callback argument given to redis.register_function must be a function`,
      registered("{callback: 1}", "{callback=1}"),
    ],
    [
      `${REGISTERING} function_name argument given to redis.register_function must be a string`,
      registered("{function_name: []}", "{function_name={}}"),
    ],
    [
      `${REGISTERING} description argument given to redis.register_function must be a string`,
      registered("{description: []}", "{description={}}"),
    ],
    [`${REGISTERING} unknown flag given`, registered("{flags: ['x']}", "{flags={'x'}}")],
    [`${REGISTERING} unknown flag given`, registered("{flags: [1]}", "{flags={1}}")],
    [
      `${REGISTERING} unknown argument given to redis.register_function`,
      registered("{x: 1}", "{x=1}"),
    ],
    [
      `${REGISTERING} Function already exists in the library`,
      named("x", `${ONE[0]}; ${ONE[0]}`, `${ONE[1]} ${ONE[1]}`),
    ],
  ])("replies %s", async (expected, codes) => {
    for (const side of sides) {
      expect(await ask(side, "FUNCTION", "LOAD", codes[side.code])).toBe(expected);
      const isMade = expected === "x";
      expect(await ask(side, "FUNCTION", "LIST")).toBeArrayOfSize(isMade ? 1 : 0);
      expect(await ask(side, "FCALL", "f", 0)).toBe(isMade ? 1 : "ERR Function not found");
    }
  });

  test("says where code is wrong, or fails", async () => {
    const [{ client }] = sides;
    const load = async (body: string) =>
      plain(await client.command("FUNCTION", "LOAD", `#!js name=x\n\n${body}`));
    expect(String(await load("let = 1"))).toContain(
      "ERR Error compiling function: user_function:3: ",
    );
    expect(String(await load("null.x"))).toContain(
      "ERR Error registering functions: ERR user_function:3: TypeError: ",
    );
    expect(String(await load("throw {err: 'MY words'}"))).toContain(
      "ERR Error registering functions: MY words",
    );
  });

  test.each(["redis.call('SET', 'k', 'v')", "redis.pcall('GET', 'k')", "redis.setresp(3)"])(
    "refuses %s on the top level",
    async (body) => {
      const [rusk] = sides;
      const code = `#!js name=x\ntry { ${body} } catch (e) {}\n${ONE[0]}`;
      expect(await ask(rusk, "FUNCTION", "LOAD", code)).toBe(
        "ERR Error registering functions: ERR a library can run commands only in its functions, " +
          "not while it is loaded",
      );
      expect(await ask(rusk, "EXISTS", "k")).toBe(0);
    },
  );

  test("replaces only with REPLACE, and keeps what was there when that fails", async () => {
    const other = named(
      "x",
      "redis.registerFunction('g', () => 2)",
      "redis.register_function('g', function() return 2 end)",
    );
    const taken = named("y", ...other.map((code) => code.slice(code.indexOf("\n") + 1)));
    const bad = named("x", "let = 1", "local = 1");
    for (const side of sides) {
      const load = (codes: string[], ...words: Word[]) =>
        ask(side, "FUNCTION", "LOAD", ...words, codes[side.code]);
      expect(await load(named("x"))).toBe("x");
      expect(await load(named("x"))).toBe("ERR Library 'x' already exists");
      expect(await load(named("y"))).toBe("ERR Function f already exists");
      expect(await load(bad, "REPLACE")).toContain(
        "ERR Error compiling function: user_function:2:",
      );
      expect(await ask(side, "FCALL", "f", 0)).toBe(1);
      expect(await load(other, "REPLACE", "replace")).toBe("x");
      expect(await ask(side, "FCALL", "f", 0)).toBe("ERR Function not found");
      expect(await ask(side, "FCALL", "G", 0)).toBe(2);
      expect(await load(taken, "REPLACE")).toBe("ERR Function g already exists");
      expect(await load(named("y"), "FOO")).toBe("ERR Unknown option given: FOO");
      expect(await load(named("X"))).toBe("X");
      expect(await ask(side, "FUNCTION", "LOAD")).toBe(
        "ERR wrong number of arguments for 'function|load' command",
      );
    }
  });
});

describe("FUNCTION LIST", () => {
  const codes = named(
    "y",
    `redis.registerFunction({name: 'a', callback: () => 1, description: 'says 1',
      flags: ['no-cluster', 'no-writes', 'allow-oom', 'no-writes', 'allow-stale']})`,
    `redis.register_function{function_name='a', callback=function() return 1 end,
      description='says 1',
      flags={'no-cluster', 'no-writes', 'allow-oom', 'no-writes', 'allow-stale'}}`,
  );

  test.each([2, 3])("shows libraries and their functions, under RESP%d", async (version) => {
    for (const side of sides) {
      const client = await side.server.connect();
      if (version === 3) await client.command("HELLO", 3);
      await client.command("FUNCTION", "LOAD", codes[side.code]);
      const engine = side.engine.toUpperCase();
      const flags = ["no-writes", "allow-oom", "allow-stale", "no-cluster"];
      const one = ["name", "a", "description", "says 1", "flags"];
      const map = (...pairs: unknown[]) => {
        const rest = [...pairs];
        const all = new Map<unknown, unknown>();
        while (rest.length > 0) all.set(rest.shift(), rest.shift());
        return all;
      };
      const shown = [
        version === 2
          ? ["library_name", "y", "engine", engine, "functions", [[...one, flags]]]
          : map("library_name", "y", "engine", engine, "functions", [map(...one, new Set(flags))]),
      ];
      expect(plain(await client.command("FUNCTION", "LIST"))).toEqual(shown);
      client.close();
    }
  });

  test("takes a pattern, and shows code", async () => {
    for (const side of sides) {
      for (const all of [codes, named("lib2")]) await ask(side, "FUNCTION", "LOAD", all[side.code]);
      const list = async (...words: Word[]) =>
        (await ask(side, "FUNCTION", "LIST", ...words)) as unknown[][];
      expect((await list()).map(([, name]) => name).sort()).toEqual(["lib2", "y"]);
      const [found] = await list("libraryname", "L?B*", "withcode");
      expect(found.slice(0, 2)).toEqual(["library_name", "lib2"]);
      expect(found.slice(-2)).toEqual(["library_code", named("lib2")[side.code]]);
      expect(found[5]).toEqual([["name", "f", "description", null, "flags", []]]);
      expect(await list("LIBRARYNAME", "nosuch")).toEqual([]);
    }
  });

  test.each([
    [["foo"], "ERR Unknown argument foo"],
    [["LIBRARYNAME"], "ERR library name argument was not given"],
    [["WITHCODE", "WITHCODE"], "ERR Unknown argument WITHCODE"],
    [["LIBRARYNAME", "a", "LIBRARYNAME", "b"], "ERR Unknown argument LIBRARYNAME"],
  ])("%j is refused", async (words, expected) => {
    for (const side of sides) expect(await ask(side, "FUNCTION", "LIST", ...words)).toBe(expected);
  });
});

test("FUNCTION STATS, DELETE, FLUSH, KILL and HELP", async () => {
  for (const side of sides) {
    const fn = (...words: Word[]) => ask(side, "FUNCTION", ...words);
    const stats = async () => ((await fn("STATS")) as unknown[])[3];
    const engine = side.engine.toUpperCase();
    const counts = (libraries: number, functions: number) => [
      engine,
      ["libraries_count", libraries, "functions_count", functions],
    ];
    expect(await fn("STATS")).toEqual(["running_script", null, "engines", counts(0, 0)]);
    await fn("LOAD", named("x")[side.code]);
    expect(await stats()).toEqual(counts(1, 1));
    expect(await fn("DELETE", "nosuch")).toBe("ERR Library not found");
    expect(await fn("DELETE", "X")).toBe("ERR Library not found");
    expect(await ask(side, "FUNCTION", "DELETE", "x")).toBe("OK");
    expect(await ask(side, "FCALL", "f", 0)).toBe("ERR Function not found");
    await fn("LOAD", named("x")[side.code]);
    expect(await fn("FLUSH", "foo")).toBe("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    expect(await fn("FLUSH", "SYNC", "SYNC")).toBe(
      "ERR unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION HELP.",
    );
    expect(await stats()).toEqual(counts(1, 1));
    expect(await ask(side, "FLUSHALL")).toBe("OK");
    expect(await stats()).toEqual(counts(1, 1));
    expect(await fn("FLUSH", "async")).toBe("OK");
    expect(await stats()).toEqual(counts(0, 0));
    expect(await fn("FLUSH", "SYNC")).toBe("OK");
    expect(await ask(side, "FUNCTION", "KILL")).toBe("NOTBUSY No scripts in execution right now.");
    expect(await ask(side, "FUNCTION", "HELP")).toBeArray();
    expect(await fn("FOO")).toBe("ERR unknown subcommand 'FOO'. Try FUNCTION HELP.");
  }
});

test("INFO counts libraries and functions, and what they take", async () => {
  const field = async (side: Side, name: string) =>
    Number(new RegExp(`^${name}:(.*)\r`, "m").exec(String(await ask(side, "INFO", "memory")))?.[1]);
  const more = [
    "redis.registerFunction('g', () => 2)",
    "redis.register_function('g', function() return 2 end)",
  ];
  for (const side of sides) {
    expect(await field(side, "number_of_libraries")).toBe(0);
    expect(await field(side, "number_of_functions")).toBe(0);
    const before = await field(side, "used_memory_scripts");
    await ask(side, "FUNCTION", "LOAD", `${named("x")[side.code]}; ${more[side.code]}`);
    expect(await field(side, "number_of_libraries")).toBe(1);
    expect(await field(side, "number_of_functions")).toBe(2);
    expect(await field(side, "used_memory_functions")).toBeGreaterThan(100);
    expect(await field(side, "used_memory_scripts")).toBeGreaterThan(before + 100);
  }
});

describe("FUNCTION DUMP and RESTORE", () => {
  const others = [
    "redis.registerFunction('g', () => 2)",
    "redis.register_function('g', function() return 2 end)",
  ];

  async function dumped(side: Side): Promise<Uint8Array> {
    const reply = await side.client.command("FUNCTION", "DUMP");
    if (reply.type !== "bulk") throw new Error("no payload");
    return reply.value;
  }

  test("move libraries, by policies, all or none", async () => {
    for (const side of sides) {
      const fn = (...words: Word[]) => ask(side, "FUNCTION", ...words);
      const names = async () => ((await fn("LIST")) as unknown[][]).map(([, name]) => name).sort();
      const load = (codes: string[]) => fn("LOAD", codes[side.code]);
      const empty = await dumped(side);
      await load(named("x"));
      await load(named("y", ...others));
      const both = await dumped(side);
      expect(await fn("RESTORE", both)).toMatch(/^ERR Library [xy] already exists$/);
      expect(await fn("RESTORE", both, "append")).toMatch(/^ERR Library [xy] already exists$/);
      await fn("DELETE", "x");
      expect(await fn("RESTORE", both)).toBe("ERR Library y already exists");
      expect(await names()).toEqual(["y"]);
      expect(await fn("RESTORE", both, "REPLACE")).toBe("OK");
      expect(await names()).toEqual(["x", "y"]);
      await fn("FLUSH");
      await load(named("z", ...others));
      expect(await fn("RESTORE", both, "REPLACE")).toBe("ERR Function g already exists");
      expect(await names()).toEqual(["z"]);
      expect(await fn("RESTORE", both, "FLUSH")).toBe("OK");
      expect(await names()).toEqual(["x", "y"]);
      expect(await ask(side, "FCALL", "g", 0)).toBe(2);
      expect(await fn("RESTORE", empty)).toBe("OK");
      expect(await names()).toEqual(["x", "y"]);
      expect(await fn("RESTORE", empty, "flush")).toBe("OK");
      expect(await names()).toEqual([]);
    }
  });

  test("refuse what is no payload", async () => {
    const noDump = "ERR DUMP payload version or checksum are wrong";
    for (const side of sides) {
      const restore = (...words: Word[]) => ask(side, "FUNCTION", "RESTORE", ...words);
      expect(await restore("x")).toBe(noDump);
      expect(await restore("")).toBe(noDump);
      expect(await restore("x", "FOO")).toBe(
        "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
      );
      expect(await restore("x", "FLUSH", "x")).toBe(
        "ERR unknown subcommand or wrong number of arguments for 'RESTORE'. Try FUNCTION HELP.",
      );
      await ask(side, "SET", "k", "v");
      const value = await side.client.command("DUMP", "k");
      if (value.type !== "bulk") throw new Error("no payload");
      expect(await restore(value.value)).toBe("ERR given type is not a function");
    }
  });
});

describe("FCALL", () => {
  test("gives keys and arguments, which count from 1", async () => {
    const codes = named(
      "x",
      `redis.registerFunction('f', (keys, args) => [keys[1], args[1], args[2]]);
       redis.registerFunction('set', (keys, args) => redis.call('SET', keys[1], args[1]));`,
      `redis.register_function('f', function(keys, args) return {keys[1], args[1], args[2]} end)
       redis.register_function('set', function(keys, args)
         return redis.call('SET', keys[1], args[1])
       end)`,
    );
    for (const side of sides) {
      await ask(side, "FUNCTION", "LOAD", codes[side.code]);
      expect(await ask(side, "FCALL", "f", 1, "k", "a", "b")).toEqual(["k", "a", "b"]);
      expect(await ask(side, "FCALL", "set", 1, "k", "v")).toBe("OK");
      expect(await ask(side, "GET", "k")).toBe("v");
    }
  });

  test.each([
    [["nosuch", "x"], "ERR Function not found"],
    [["f", "x"], "ERR Bad number of keys provided"],
    [["f", "1x"], "ERR Bad number of keys provided"],
    [["f", "99999999999999999999"], "ERR Bad number of keys provided"],
    [["f", "-1"], "ERR Number of keys can't be negative"],
    [["f", "3", "a", "b"], "ERR Number of keys can't be greater than number of args"],
    [["f"], "ERR wrong number of arguments for 'fcall' command"],
  ])("%j replies %s", async (words, expected) => {
    for (const side of sides) {
      await ask(side, "FUNCTION", "LOAD", named("x")[side.code]);
      expect(await ask(side, "FCALL", ...words)).toBe(expected);
    }
  });

  test("variables of a library stay from call to call", async () => {
    const codes = named(
      "x",
      "let n = 0; redis.registerFunction('f', () => ++n)",
      "local n = 0 redis.register_function('f', function() n = n + 1 return n end)",
    );
    for (const side of sides) {
      await ask(side, "FUNCTION", "LOAD", codes[side.code]);
      for (const expected of [1, 2, 3]) expect(await ask(side, "FCALL", "f", 0)).toBe(expected);
      await ask(side, "FUNCTION", "LOAD", "REPLACE", codes[side.code]);
      expect(await ask(side, "FCALL_RO", "nosuch", 0)).toBe("ERR Function not found");
      expect(await ask(side, "FCALL", "f", 0)).toBe(1);
    }
  });
});
