// DEBUG and its subcommands: those that tests and tools use.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { cpuMs } from "../../client/process.ts";
import { plain } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";

const ARGS = { args: ["--enable-debug-command", "yes"] };

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await startServer(ARGS);
  client = await server.connect();
});
afterAll(async () => {
  client.close();
  await server.stop();
});
beforeEach(async () => {
  await client.command("FLUSHALL");
});

const debug = async (...words: (string | number)[]) =>
  plain(await client.command("DEBUG", ...words));

const EXAMPLES = {
  string: ["$11\r\nHello World\r\n"],
  integer: [":12345\r\n"],
  double: ["$5\r\n3.141\r\n", ",3.141\r\n"],
  null: ["$-1\r\n", "_\r\n"],
  array: ["*3\r\n:0\r\n:1\r\n:2\r\n"],
  set: ["*3\r\n:0\r\n:1\r\n:2\r\n", "~3\r\n:0\r\n:1\r\n:2\r\n"],
  map: ["*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"],
  attrib: [
    "$39\r\nSome real reply following the attribute\r\n",
    "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n" +
      "$39\r\nSome real reply following the attribute\r\n",
  ],
  verbatim: ["$25\r\nThis is a verbatim\nstring\r\n", "=29\r\ntxt:This is a verbatim\nstring\r\n"],
  true: [":1\r\n", "#t\r\n"],
  false: [":0\r\n", "#f\r\n"],
  bignum: [
    "$37\r\n1234567999999999999999999999999999999\r\n",
    "(1234567999999999999999999999999999999\r\n",
  ],
};

test.each(Object.entries(EXAMPLES))("DEBUG PROTOCOL %s", async (type, [resp2, resp3 = resp2]) => {
  const other = await server.connect();
  expect(String(await other.raw(`DEBUG PROTOCOL ${type}\r\n`, 1))).toBe(resp2);
  await other.command("HELLO", 3);
  expect(String(await other.raw(`DEBUG PROTOCOL ${type}\r\n`, 1))).toBe(resp3);
  other.close();
});

test("DEBUG PROTOCOL push is for RESP3", async () => {
  const other = await server.connect();
  expect(String(await other.raw("DEBUG PROTOCOL push\r\n", 1))).toBe(
    "-ERR RESP2 is not supported by this command\r\n",
  );
  await other.command("HELLO", 3);
  expect(String(await other.raw("DEBUG PROTOCOL push\r\n", 2))).toBe(
    ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n",
  );
  other.close();
});

const TYPES = "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";

test("DEBUG refuses what it does not know", () =>
  server.session(`
    > DEBUG
    (error) ERR wrong number of arguments for 'debug' command
    > DEBUG nosuch
    (error) ERR unknown subcommand or wrong number of arguments for 'nosuch'. Try DEBUG HELP.
    > DEBUG OBJECT
    (error) ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.
    > DEBUG PROTOCOL nosuch
    (error) ERR Wrong protocol type name. Please use one of the following: ${TYPES}
    > DEBUG REPLYBUFFER nosuch 1
    (error) ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG HELP.
  `));

test("a zero byte ends the words of DEBUG, which shows them in one line", () =>
  server.session(`
    > DEBUG "PROTOCOL\\x00x" "Integer\\x00"
    (integer) 12345
    > DEBUG "no\\r\\nsuch\\x00x"
    (error) ERR unknown subcommand or wrong number of arguments for 'no  such'. Try DEBUG HELP.
    > DEBUG ERROR "a\\r\\nb\\n"
    (error) a  b 
  `));

test("DEBUG is off by default, and may be for local clients only", async () => {
  const other = await startServer();
  await other.session(
    "> DEBUG HELP\n(error) ERR DEBUG command not allowed. If the enable-debug-command option is " +
      'set to "local", you can run it from a local connection, otherwise you need to set this ' +
      "option in the configuration file, and then restart the server.",
  );
  await other.stop();
  const local = await startServer({ args: ["--enable-debug-command", "local"] });
  await local.session("> DEBUG LOG hello\nOK");
  expect(local.log()).toContain("DEBUG LOG: hello");
  await local.stop();
});

test("DEBUG SLEEP stops the server for so long", async () => {
  const before = performance.now();
  expect(await debug("SLEEP", 0.05)).toBe("OK");
  expect(performance.now() - before).toBeGreaterThanOrEqual(49);
  expect(await debug("SLEEP", "x")).toBe("OK");
  expect(await debug("SLEEP", -1)).toBe("OK");
});

test("DEBUG SET-ACTIVE-EXPIRE 0 leaves expired keys until they are asked for", async () => {
  expect(await debug("SET-ACTIVE-EXPIRE", 0)).toBe("OK");
  await client.command("SET", "key", 1, "PX", 5);
  await Bun.sleep(40);
  expect(plain(await client.command("DBSIZE"))).toBe(1);
  expect(await debug("OBJECT", "key")).toStartWith("Value at:");
  expect(plain(await client.command("MEMORY", "USAGE", "key"))).toBeGreaterThan(12);
  expect(plain(await client.command("DBSIZE"))).toBe(1);
  expect(await debug("SET-ACTIVE-EXPIRE", 1)).toBe("OK");
  await until("it to go", async () => plain(await client.command("DBSIZE")) === 0);
});

test("DEBUG OBJECT describes a value, and leaves its access clock", async () => {
  await client.command("MSET", "i", 5, "e", "text", "r", "x".repeat(100), "n", -70_000);
  const line = (encoding: string, size: number, count = 1) =>
    new RegExp(
      `^Value at:0x[0-9a-f]+ refcount:${count} encoding:${encoding} ` +
        `serializedlength:${size} lru:\\d+ lru_seconds_idle:\\d+$`,
    );
  expect(await debug("OBJECT", "i")).toMatch(line("int", 2, 2147483647));
  expect(await debug("OBJECT", "n")).toMatch(line("int", 5));
  expect(await debug("OBJECT", "e")).toMatch(line("embstr", 5));
  expect(await debug("OBJECT", "r")).toMatch(line("raw", 102));
  expect(await debug("OBJECT", "missing")).toEqual(new Error("ERR no such key"));
});

test("DEBUG OBJECT describes collections", async () => {
  await client.command("RPUSH", "list", "a", "b", "c");
  expect(await debug("OBJECT", "list")).toMatch(
    / encoding:quicklist serializedlength:19 .* ql_nodes:1 ql_avg_node:3.00 ql_listpack_max:-2 /,
  );
  expect(await debug("OBJECT", "list")).toEndWith(" ql_compressed:0 ql_uncompressed_size:16");
  await client.command("ZADD", "zset", 1, "a");
  expect(await debug("OBJECT", "zset")).toContain("encoding:listpack serializedlength:13 ");
  await client.command("ZADD", "zset", 1.5, "y".repeat(65));
  expect(await debug("OBJECT", "zset")).toContain("encoding:skiplist serializedlength:86 ");
  await client.command("SADD", "intset", 1, 2, 3);
  expect(await debug("OBJECT", "intset")).toContain("encoding:intset serializedlength:15 ");
  await client.command("SADD", "set", "a");
  expect(await debug("OBJECT", "set")).toContain("encoding:hashtable serializedlength:3 ");
  await client.command("HSET", "hash", "a", "b", 1, 2);
  expect(await debug("OBJECT", "hash")).toContain("encoding:listpack serializedlength:18 ");
});

test("DEBUG LISTPACK, QUICKLIST and HTSTATS-KEY look into collections", async () => {
  await client.command("ZADD", "zset", 1, "a");
  await client.command("RPUSH", "list", "a");
  await client.command("HSET", "hash", "f", "x".repeat(65));
  await client.command("SADD", "set", ...Array.from({ length: 600 }, (_, index) => `m${index}`));
  expect(await debug("LISTPACK", "zset")).toBe("Listpack structure printed on stdout");
  expect(await debug("LISTPACK", "list")).toEqual(new Error("ERR Not a listpack encoded object."));
  expect(await debug("QUICKLIST", "list")).toBe("Quicklist structure printed on stdout");
  expect(await debug("QUICKLIST", "zset", 1)).toEqual(
    new Error("ERR Not a quicklist encoded object."),
  );
  expect(await debug("LISTPACK", "missing")).toEqual(new Error("ERR no such key"));
  expect(await debug("HTSTATS-KEY", "hash")).toBe(
    "Hash table 0 stats (main hash table):\n table size: 4\n number of elements: 1\n" +
      " different slots: 1\n max chain length: 1\n avg chain length (counted): 1.00\n" +
      " avg chain length (computed): 1.00\n Chain length distribution:\n" +
      "   0: 3 (75.00%)\n   1: 1 (25.00%)\n",
  );
  expect(await debug("HTSTATS-KEY", "set")).toContain(" max chain length: ");
  expect(await debug("HTSTATS-KEY", "zset")).toEqual(
    new Error("ERR The value stored at the specified key is not represented using an hash table"),
  );
});

test("DEBUG SET-DISABLE-DENY-SCRIPTS has scripts call what is refused to them", async () => {
  const run = async (script: string) => plain(await client.command("EVAL", script, 0));
  const attributed = "redis.setresp(3); return redis.call('DEBUG', 'PROTOCOL', 'attrib')";
  const refusal = "ERR This Redis command is not allowed from script";
  expect(String(await run(attributed))).toContain(refusal);
  expect(await debug("SET-DISABLE-DENY-SCRIPTS", 1)).toBe("OK");
  expect(await run(attributed)).toBe("Some real reply following the attribute");
  expect(await run("return redis.call('DEBUG', 'PROTOCOL', 'integer')")).toBe(12345);
  expect(await debug("SET-DISABLE-DENY-SCRIPTS", 0)).toBe("OK");
  expect(String(await run(attributed))).toContain(refusal);
});

test("SORT BY a constant of a set is in order when a script asks for it", async () => {
  const members = ["d", "aa", "b", "a", "c", "zz", "azz", "1"];
  await client.command("SADD", "set", ...members);
  const script = "return redis.call('SORT', KEYS[1], 'BY', '_')";
  expect(plain(await client.command("EVAL", script, 1, "set"))).toEqual(members.toSorted());
});

test("DEBUG OBJECT shows that INCR changes an integer in place", async () => {
  await client.command("SET", "key", 20_000);
  const address = String(await debug("OBJECT", "key")).split(" ")[1];
  await client.command("INCR", "key");
  expect(String(await debug("OBJECT", "key")).split(" ")[1]).toBe(address);
});

test("DEBUG POPULATE makes keys that are not there yet", async () => {
  await client.command("SET", "key:1", "mine");
  expect(await debug("POPULATE", 3)).toBe("OK");
  expect(plain(await client.command("MGET", "key:0", "key:1", "key:2", "key:3"))).toEqual([
    "value:0",
    "mine",
    "value:2",
    null,
  ]);
  await debug("POPULATE", 1, "short", 3);
  await debug("POPULATE", 1, "long", 10);
  expect(plain(await client.command("MGET", "short:0", "long:0"))).toEqual([
    "val",
    "value:0\0\0\0",
  ]);
  for (const words of [[-1], ["x"], [1, "key", "x"], [1, "key", -1]]) {
    expect(await debug("POPULATE", ...words)).toEqual(
      new Error("ERR value is out of range, must be positive"),
    );
  }
});

test("DEBUG HTSTATS shows the hash table of a database", async () => {
  await debug("POPULATE", 100);
  const text = String(await debug("HTSTATS", 0));
  expect(text).toStartWith("[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: ");
  expect(text).toContain(" table size: 128\n");
  const counts = [...text.matchAll(/ number of elements: (\d+)\n/g)].map(([, count]) => +count);
  expect(counts.reduce((sum, count) => sum + count)).toBe(100);
  expect(await debug("HTSTATS", 9)).toContain("No stats available for empty dictionaries\n");
  expect(await debug("HTSTATS", 16)).toEqual(new Error("ERR Out of range database"));
  expect(await debug("HTSTATS-KEY", "missing")).toEqual(new Error("ERR no such key"));
  expect(await debug("HTSTATS-KEY", "key:1")).toEqual(
    new Error("ERR The value stored at the specified key is not represented using an hash table"),
  );
});

test("DEBUG CHANGE-REPL-ID takes a new replication ID", async () => {
  const id = async () =>
    /master_replid:(\w+)/.exec(String(plain(await client.command("INFO"))))?.[1];
  const before = await id();
  expect(await debug("CHANGE-REPL-ID")).toBe("OK");
  expect(await id()).toMatch(/^[0-9a-f]{40}$/);
  expect(await id()).not.toBe(before);
});

test("DEBUG ERROR replies an error that is not counted", async () => {
  await client.command("CONFIG", "RESETSTAT");
  expect(await debug("ERROR", "FOO bar\nbaz")).toEqual(new Error("FOO bar baz"));
  expect(plain(await client.command("INFO", "errorstats"))).toBe("# Errorstats\r\n");
});

test("DEBUG STRINGMATCH-LEN matches globs, also those that would take for ever", async () => {
  expect(await debug("STRINGMATCH-LEN", "h?l*", "hello")).toBe(1);
  expect(await debug("STRINGMATCH-LEN", "h?l", "hello")).toBe(0);
  const before = cpuMs(server.pid);
  expect(await debug("STRINGMATCH-LEN", `${"a*".repeat(40)}b`, "a".repeat(300))).toBe(0);
  expect(cpuMs(server.pid) - before).toBeLessThan(1000);
});

test("DEBUG JMAP shows the arena", async () => {
  expect(String(await debug("JMAP"))).toMatch(/^segments: \d+ \(\d+ bytes\)\nblocks: \d+ /);
});

test("switches for tests are taken", () =>
  server.session(`
    > DEBUG PAUSE-CRON 1
    OK
    > DEBUG PAUSE-CRON 0
    OK
    > DEBUG REPLYBUFFER RESIZING 0
    OK
    > DEBUG REPLYBUFFER RESIZING 1
    OK
    > DEBUG REPLYBUFFER PEAK-RESET-TIME 100
    OK
    > DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER
    OK
    > DEBUG REPLYBUFFER PEAK-RESET-TIME x
    (error) ERR value is not an integer or out of range
    > DEBUG REPLYBUFFER PEAK-RESET-TIME RESET
    OK
    > DEBUG QUICKLIST-PACKED-THRESHOLD 100b
    OK
    > DEBUG QUICKLIST-PACKED-THRESHOLD 5gb
    (error) ERR argument must be a memory value bigger than 1 and smaller than 4gb
    > DEBUG CONFIG-REWRITE-FORCE-ALL
    (error) ERR CONFIG-REWRITE-FORCE-ALL failed: Bad address
  `));

test("DEBUG HELP lists the subcommands", async () => {
  const lines = (await debug("HELP")) as string[];
  expect(lines[0]).toBe("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  expect(lines).toContain("SLEEP <seconds>");
  expect(lines.at(-2)).toBe("HELP");
});

describe("digests", () => {
  const fill = async (at: Client) => {
    await at.command("FLUSHALL");
    await at.command("MSET", "a", "text", "i", -12345, "long", "x".repeat(70_000), "", "empty key");
    await at.command("SET", "e", "expires", "EX", 1000);
    await at.command("RPUSH", "list", "b", "a", 1, "a", "x".repeat(9000));
    await at.command("SADD", "intset", 3, 1, 2);
    await at.command("SADD", "set", "b", "", 1);
    await at.command("SADD", "bigset", ...Array.from({ length: 600 }, (_, index) => `m${index}`));
    await at.command("ZADD", "zset", 1, "a", 1.5, "b", "-inf", "c", 0.1, "d", 1e20, "1");
    await at.command("ZADD", "bigzset", "-0", "x".repeat(65), 1e-7, "y");
    await at.command("HSET", "hash", "f", "v", "", "", "1", 2);
    await at.command("HSET", "bighash", "f", "x".repeat(65), "g", 1);
    await at.command("EXPIRE", "hash", 1000);
    await at.command("SELECT", 5);
    await at.command("SET", "a", "elsewhere");
    await at.command("SELECT", 0);
  };

  test("DEBUG DIGEST of no data is zeros, and so is a missing value's", async () => {
    expect(await debug("DIGEST")).toBe("0".repeat(40));
    expect(await debug("DIGEST-VALUE", "missing")).toEqual(["0".repeat(40)]);
    expect(await debug("DIGEST-VALUE")).toEqual([]);
  });

  test("a value has the digest of its bytes, whatever its encoding or key", async () => {
    await client.command("MSET", "i", 12, "s", 1);
    await client.command("APPEND", "s", 2);
    const [first, second] = (await debug("DIGEST-VALUE", "i", "s")) as string[];
    expect(second).toBe(first);
    await client.command("EXPIRE", "s", 100);
    expect(await debug("DIGEST-VALUE", "s")).not.toEqual([first]);
  });

  test.skipIf(redisBinary() === null)("digests are those of the real server", async () => {
    const redis = await startRedis(ARGS);
    const other = await redis.connect();
    await fill(client);
    await fill(other);
    expect(await debug("DIGEST")).toBe(plain(await other.command("DEBUG", "DIGEST")));
    const keys = ["a", "i", "long", "", "e", "missing", "list", "intset", "set", "bigset", "zset"];
    const values = ["DIGEST-VALUE", ...keys, "bigzset", "hash", "bighash"];
    expect(await debug(...values)).toEqual(plain(await other.command("DEBUG", ...values)));
    other.close();
    await redis.stop();
  });
});

test("time stands still in a transaction, however long one of its commands takes", async () => {
  const client = await server.connect();
  await client.command("MULTI");
  await client.command("SET", "key", "value", "PX", 20);
  await client.command("DEBUG", "SLEEP", "0.06");
  await client.command("GET", "key");
  expect(plain(await client.command("EXEC"))).toEqual(["OK", "OK", "value"]);
  expect(plain(await client.command("GET", "key"))).toBe(null);
  client.close();
});

test("DEBUG LOADAOF loads a log that is off, and is refused where there is none", async () => {
  const other = await startServer({ args: ["--enable-debug-command", "yes"] });
  await other.session(`
    > SET a 1
    OK
    > DEBUG LOADAOF
    (error) ERR There is no append only file to load
    > GET a
    "1"
    > BGREWRITEAOF
    Background append only file rewriting started
  `);
  const one = await other.connect();
  const field = async () => String(plain(await one.command("INFO", "persistence")));
  await until("the rewriting to end", async () => (await field()).includes("aof_rewrites:1\r\n"));
  await other.session(`
    > SET a 2
    OK
    > DEBUG LOADAOF
    OK
    > GET a
    "1"
  `);
  one.close();
  await other.stop();
});
