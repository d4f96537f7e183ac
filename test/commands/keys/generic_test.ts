// Purpose: the commands on keys of any type (src/commands/keys/generic_commands.ts), as sessions
// under RESP2 and RESP3. They hold for the real Redis as well: RUSK_BINARY=redis-server runs them
// against it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("SELECT", 0);
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

/** Sets `count` keys, in one pipeline. */
async function fill(count: number, key = (index: number) => `key:${index}`): Promise<string[]> {
  const names = [...Array(count).keys()].map(key);
  await client.pipeline(names.map((name) => ["SET", name, "value"]));
  return names;
}

const sorted = (items: Iterable<string>) => [...items].sort();

/** The keys of a whole SCAN, some perhaps twice, and the number of calls that it took. */
async function scanned(...options: Word[]): Promise<{ keys: string[]; calls: number }> {
  const keys: string[] = [];
  let cursor = "0";
  let calls = 0;
  do {
    const [next, found] = (await ask("SCAN", cursor, ...options)) as [string, string[]];
    keys.push(...found);
    cursor = next;
    calls++;
  } while (cursor !== "0");
  return { keys, calls };
}

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("DEL, UNLINK and EXISTS count the keys that are there", () =>
    session(`
      > MSET a 1 b 2 c 3 d 4
      OK
      > EXISTS a b nokey a
      (integer) 3
      > DEL a nokey a
      (integer) 1
      > EXISTS a
      (integer) 0
      > UNLINK b c nokey b
      (integer) 2
      > EXISTS a b c d
      (integer) 1
      > DEL a b c
      (integer) 0
      > DEL
      (error) ERR wrong number of arguments for 'del' command
      > UNLINK
      (error) ERR wrong number of arguments for 'unlink' command
      > EXISTS
      (error) ERR wrong number of arguments for 'exists' command
    `));

  test("TOUCH counts the keys that are there", () =>
    session(`
      > MSET a 1 b 2
      OK
      > TOUCH a b nokey a
      (integer) 3
      > TOUCH
      (error) ERR wrong number of arguments for 'touch' command
    `));

  test("TYPE names the type of a value, or none", () =>
    session(`
      > SET a 1
      OK
      > TYPE a
      string
      > TYPE nokey
      none
      > TYPE a b
      (error) ERR wrong number of arguments for 'type' command
    `));

  test("KEYS matches patterns", () =>
    session(`
      > KEYS *
      (empty array)
      > MSET hello 1 h[llo 2 "h\\xffllo" 3
      OK
      > KEYS h[a-f]llo
      1) "hello"
      > KEYS h\\[*
      1) "h[llo"
      > KEYS h[^e[]llo
      1) "h\\xffllo"
      > KEYS hallo
      (empty array)
      > KEYS HELLO
      (empty array)
      > KEYS
      (error) ERR wrong number of arguments for 'keys' command
    `));

  test("RANDOMKEY picks a key", () =>
    session(`
      > RANDOMKEY
      (nil)
      > SET a 1
      OK
      > RANDOMKEY
      "a"
    `));

  test("RENAME takes the place of a key", () =>
    session(`
      > RENAME nokey other
      (error) ERR no such key
      > RENAME nokey nokey
      (error) ERR no such key
      > SET a 1
      OK
      > SET b 2 EX 100
      OK
      > RENAME a b
      OK
      > GET b
      "1"
      > TTL b
      (integer) -1
      > EXISTS a
      (integer) 0
      > RENAME b b
      OK
      > GET b
      "1"
      > RENAME b
      (error) ERR wrong number of arguments for 'rename' command
    `));

  test("RENAME keeps expiry and encoding", () =>
    session(`
      > SET a text PXAT 99999999999999
      OK
      > RENAME a b
      OK
      > PEXPIRETIME b
      (integer) 99999999999999
      > OBJECT ENCODING b
      "embstr"
      > APPEND b x
      (integer) 5
      > SET c 7 PXAT 88888888888888
      OK
      > RENAME b c
      OK
      > OBJECT ENCODING c
      "raw"
      > PEXPIRETIME c
      (integer) 99999999999999
      > GET c
      "textx"
    `));

  test("RENAMENX takes no other key's name", () =>
    session(`
      > RENAMENX nokey other
      (error) ERR no such key
      > MSET a 1 b 2
      OK
      > RENAMENX a b
      (integer) 0
      > RENAMENX a a
      (integer) 0
      > RENAMENX a c
      (integer) 1
      > MGET a b c
      1) (nil)
      2) "2"
      3) "1"
    `));

  test("COPY leaves the source, and a key that is there without REPLACE", () =>
    session(`
      > COPY nokey b
      (integer) 0
      > SET a 1
      OK
      > COPY a b
      (integer) 1
      > COPY a b
      (integer) 0
      > SET b 2 EX 100
      OK
      > COPY a b REPLACE replace
      (integer) 1
      > MGET a b
      1) "1"
      2) "1"
      > TTL b
      (integer) -1
      > INCR b
      (integer) 2
      > GET a
      "1"
    `));

  test("COPY DB goes to another database, with the expiry", () =>
    session(`
      > SET a 1 PXAT 99999999999999
      OK
      > COPY a a DB 1
      (integer) 1
      > COPY a a DB 1 REPLACE
      (integer) 1
      > COPY a b DB 1 DB 2
      (integer) 1
      > PEXPIRETIME a
      (integer) 99999999999999
      other> SELECT 1
      OK
      other> PEXPIRETIME a
      (integer) 99999999999999
      other> EXISTS b
      (integer) 0
      other> SELECT 2
      OK
      other> GET b
      "1"
    `));

  test("COPY checks options, then databases, then keys", () =>
    session(`
      > SET a 1
      OK
      > COPY a b DB
      (error) ERR syntax error
      > COPY a b NOSUCH
      (error) ERR syntax error
      > COPY a a DB x NOSUCH
      (error) ERR value is not an integer or out of range
      > COPY a b DB 2147483648
      (error) ERR value is out of range, value must between -2147483648 and 2147483647
      > COPY a b DB 99999999999999999999
      (error) ERR value is not an integer or out of range
      > COPY a b DB 16
      (error) ERR DB index is out of range
      > COPY a b DB -1
      (error) ERR DB index is out of range
      > COPY a a
      (error) ERR source and destination objects are the same
      > COPY nokey nokey DB 0
      (error) ERR source and destination objects are the same
      > COPY a
      (error) ERR wrong number of arguments for 'copy' command
    `));

  test("MOVE goes to another database, with the expiry, if the key is not there", () =>
    session(`
      > SET a 1 PXAT 99999999999999
      OK
      > SET b 1
      OK
      > MOVE a 1
      (integer) 1
      > MOVE a 1
      (integer) 0
      > EXISTS a
      (integer) 0
      > SET a 2
      OK
      > MOVE a 1
      (integer) 0
      > MOVE b 1
      (integer) 1
      other> SELECT 1
      OK
      other> MGET a b
      1) "1"
      2) "1"
      other> PEXPIRETIME a
      (integer) 99999999999999
      other> TTL b
      (integer) -1
      > GET a
      "2"
    `));

  test("MOVE checks the database first", () =>
    session(`
      > MOVE nokey 0
      (error) ERR source and destination objects are the same
      > MOVE nokey x
      (error) ERR value is not an integer or out of range
      > MOVE nokey -2147483649
      (error) ERR value is out of range, value must between -2147483648 and 2147483647
      > MOVE nokey 16
      (error) ERR DB index is out of range
      > MOVE nokey -1
      (error) ERR DB index is out of range
      > MOVE nokey 1
      (integer) 0
    `));

  test("SCAN checks its cursor, then its options", () =>
    session(`
      > SCAN 0
      1) "0"
      2) (empty array)
      > SCAN ""
      1) "0"
      2) (empty array)
      > SCAN x COUNT 0
      (error) ERR invalid cursor
      > SCAN " 0"
      (error) ERR invalid cursor
      > SCAN "0 "
      (error) ERR invalid cursor
      > SCAN +
      (error) ERR invalid cursor
      > SCAN 18446744073709551616
      (error) ERR invalid cursor
      > SCAN -18446744073709551616
      (error) ERR invalid cursor
      > SCAN 18446744073709551615
      1) "0"
      2) (empty array)
      > SCAN 0 COUNT
      (error) ERR syntax error
      > SCAN 0 COUNT 0
      (error) ERR syntax error
      > SCAN 0 COUNT -1 MATCH
      (error) ERR syntax error
      > SCAN 0 COUNT x
      (error) ERR value is not an integer or out of range
      > SCAN 0 COUNT 9223372036854775808
      (error) ERR value is not an integer or out of range
      > SCAN 0 MATCH
      (error) ERR syntax error
      > SCAN 0 TYPE
      (error) ERR syntax error
      > SCAN 0 NOSUCH 1
      (error) ERR syntax error
      > SCAN
      (error) ERR wrong number of arguments for 'scan' command
    `));

  test("SCAN filters by MATCH and TYPE", () =>
    session(`
      > MSET one 1 two 2
      OK
      > SCAN 0 MATCH o* COUNT 9223372036854775807
      1) "0"
      2) 1) "one"
      > SCAN 0 MATCH * MATCH t* COUNT 100 TYPE STRING
      1) "0"
      2) 1) "two"
      > SCAN 0 MATCH o* COUNT 100 TYPE list
      1) "0"
      2) (empty array)
      > SCAN 0 COUNT 100 TYPE ""
      1) "0"
      2) (empty array)
      > SCAN "0\\x00abc" "COUNT\\x00" 100 TYPE "string\\x00x" MATCH one
      1) "0"
      2) 1) "one"
      > SCAN 0 MATCH o* COUNT 100 TYPE nosuch
      1) "0"
      2) (empty array)
    `));
});

const VALUES = {
  integer: "12345",
  "beyond 2^53": "9223372036854775807",
  empty: "",
  embstr: "x".repeat(44),
  "raw, small": "x".repeat(45),
  "raw, of 4095 bytes": "x".repeat(4095),
  "raw, of a megabyte": "x".repeat(1 << 20),
};

describe.each(Object.entries(VALUES))("a string that is %s", (_, value) => {
  test("comes through RENAME, COPY and MOVE whole", async () => {
    await ask("SET", "a", value);
    const encoding = await ask("OBJECT", "ENCODING", "a");
    await ask("RENAME", "a", "a longer name");
    await ask("COPY", "a longer name", "b");
    await ask("MOVE", "a longer name", 1);
    expect(await ask("GET", "b")).toBe(value);
    expect(await ask("OBJECT", "ENCODING", "b")).toBe(encoding);
    await ask("SELECT", 1);
    expect(await ask("GET", "a longer name")).toBe(value);
    expect(await ask("OBJECT", "ENCODING", "a longer name")).toBe(encoding);
    expect(await ask("DEL", "a longer name")).toBe(1);
  });
});

test.each([0, 1, 4094, 4095, 100_000])("a key of %d bytes is as good as any", async (size) => {
  const key = "k".repeat(size);
  await ask("SET", key, "value");
  expect(await ask("KEYS", "*")).toEqual([key]);
  // A pattern matches the empty text only if it is empty itself; `*` alone is not matched at all.
  expect(await ask("SCAN", 0, "MATCH", "k*", "COUNT", 100)).toEqual(["0", size > 0 ? [key] : []]);
  expect(await ask("RANDOMKEY")).toBe(key);
  await ask("RENAME", key, "short");
  await ask("RENAME", "short", key);
  await ask("COPY", key, "copy");
  expect(await ask("MGET", key, "copy", "short")).toEqual(["value", "value", null]);
  expect(await ask("UNLINK", key)).toBe(1);
});

describe("SCAN", () => {
  test("finds every key once while none comes or goes", async () => {
    const names = await fill(1000);
    const { keys } = await scanned();
    expect(sorted(new Set(keys))).toEqual(sorted(names));
  });

  test("COUNT bounds the keys looked at, not those returned", async () => {
    await fill(1000);
    const few = await scanned("COUNT", 10);
    expect(few.calls).toBeGreaterThan(30);
    expect((await scanned("COUNT", 10, "MATCH", "nosuch*")).calls).toBe(few.calls);
    expect((await scanned("COUNT", 500)).calls).toBeLessThan(10);
    expect((await scanned("COUNT", 100_000)).calls).toBe(1);
  });

  test("finds every key that stays, while others come and go", async () => {
    const stay = sorted(await fill(300, (index) => `stays:${index}`));
    const seen = new Set<string>();
    let cursor = "0";
    let round = 0;
    do {
      const [next, found] = (await ask("SCAN", cursor, "COUNT", 40)) as [string, string[]];
      for (const key of found) seen.add(key);
      cursor = next;
      if (round >= 40) continue;
      await fill(400, (index) => `goes:${round}:${index}`);
      if (round % 2 === 1) {
        const going = [...Array(400).keys()].map((index) => `goes:${round}:${index}`);
        await ask("DEL", ...going);
      }
    } while (cursor !== "0" && ++round < 10_000);
    expect(sorted([...seen].filter((key) => key.startsWith("stays")))).toEqual(stay);
  });

  test("removes keys whose time has come, and returns none of them", async () => {
    await ask("DEBUG", "SET-ACTIVE-EXPIRE", 0);
    const names = await fill(50);
    await client.pipeline(names.map((name) => ["PEXPIRE", name, 1]));
    await ask("SET", "stays", "value");
    await Bun.sleep(10);
    expect(await ask("DBSIZE")).toBe(51);
    expect((await ask("KEYS", "*")) as string[]).toEqual(["stays"]);
    expect(await ask("DBSIZE")).toBe(51);
    // Twice, perhaps: the table shrinks meanwhile.
    expect(new Set((await scanned()).keys)).toEqual(new Set(["stays"]));
    expect(await ask("DBSIZE")).toBe(1);
    await ask("DEBUG", "SET-ACTIVE-EXPIRE", 1);
  });
});

test("RANDOMKEY picks any key, but none whose time has come", async () => {
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  const names = await fill(100);
  await client.pipeline(names.slice(2).map((name) => ["PEXPIRE", name, 1]));
  await Bun.sleep(10);
  const seen = new Set<unknown>();
  for (let draw = 0; draw < 60; draw++) seen.add(await ask("RANDOMKEY"));
  expect(seen).toEqual(new Set(names.slice(0, 2)));
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 1);
});

test("an expired key is as none to every command", async () => {
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  for (const words of [
    ["DEL", "a"],
    ["UNLINK", "a"],
    ["EXISTS", "a"],
    ["TOUCH", "a"],
    ["MOVE", "a", "1"],
    ["COPY", "a", "b"],
  ]) {
    await ask("SET", "a", "1", "PX", "1");
    await Bun.sleep(5);
    expect([words[0], await ask(...words)]).toEqual([words[0], 0]);
  }
  await ask("SET", "a", "1", "PX", "1");
  await Bun.sleep(5);
  expect(await ask("TYPE", "a")).toBe("none");
  await ask("SET", "b", "2");
  await ask("SET", "a", "1", "PX", "1");
  await Bun.sleep(5);
  expect(await ask("RENAMENX", "b", "a")).toBe(1);
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 1);
});

describe("WATCH is told of", () => {
  const CHANGES = [
    ["DEL", "a"],
    ["UNLINK", "a"],
    ["RENAME", "a", "b"],
    ["RENAME", "b", "a"],
    ["RENAMENX", "a", "c"],
    ["MOVE", "a", "1"],
    ["COPY", "b", "a", "REPLACE"],
  ];
  test.each(CHANGES)("%s %s %s", async (...words) => {
    await ask("MSET", "a", "1", "b", "2");
    const other = await server.connect();
    await other.command("WATCH", "a");
    await ask(...words);
    await other.command("MULTI");
    expect(plain(await other.command("EXEC"))).toBeNull();
    other.close();
  });

  test("COPY and MOVE to another database", async () => {
    const other = await server.connect();
    await other.command("SELECT", 1);
    for (const words of [
      ["COPY", "a", "a", "DB", "1"],
      ["MOVE", "b", "1"],
    ]) {
      await ask("MSET", "a", "1", "b", "2");
      await other.command("WATCH", "a", "b");
      await ask(...words);
      await other.command("MULTI");
      expect(plain(await other.command("EXEC"))).toBeNull();
    }
    other.close();
  });

  test("nothing that changes nothing", async () => {
    await ask("MSET", "a", "1", "b", "2");
    const other = await server.connect();
    await other.command("WATCH", "a", "b", "c");
    for (const words of [
      ["RENAME", "a", "a"],
      ["RENAMENX", "a", "b"],
      ["COPY", "a", "b"],
      ["DEL", "c"],
      ["TOUCH", "a"],
      ["EXISTS", "a"],
      ["MOVE", "c", "1"],
    ]) {
      await ask(...words);
    }
    await other.command("MULTI");
    expect(plain(await other.command("EXEC"))).toEqual([]);
    other.close();
  });
});

test("every change counts once", async () => {
  const changes = async () => {
    const info = (await ask("INFO", "persistence")) as string;
    return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1]);
  };
  await ask("MSET", "a", "1", "b", "2", "c", "3");
  for (const [words, count] of [
    [["RENAME", "a", "b"], 1],
    [["RENAME", "b", "d"], 1],
    [["COPY", "d", "a"], 1],
    [["COPY", "d", "a", "REPLACE"], 1],
    [["MOVE", "a", "1"], 1],
    [["EXPIRE", "d", "100"], 1],
    [["PERSIST", "d"], 1],
    [["EXPIRE", "d", "-1"], 1],
    [["DEL", "a", "b", "c", "d"], 1],
    [["SET", "a", "1", "PXAT", "1"], 1],
    [["GET", "a"], 0],
  ] as const) {
    const before = await changes();
    await ask(...words);
    expect([words, (await changes()) - before]).toEqual([words, count]);
  }
});

test("lookups count as hits and misses", async () => {
  const counts = async () => {
    const info = (await ask("INFO", "stats")) as string;
    return ["hits", "misses"].map((name) =>
      Number(new RegExp(`keyspace_${name}:(\\d+)`).exec(info)?.[1]),
    );
  };
  await ask("SET", "a", "1");
  await ask("SADD", "set", "1", "2", "3");
  for (const [words, hits, misses] of [
    [["EXISTS", "a", "b"], 1, 1],
    [["TOUCH", "a", "b"], 1, 1],
    [["TYPE", "a"], 1, 0],
    [["TTL", "b"], 0, 1],
    [["OBJECT", "ENCODING", "b"], 0, 1],
    [["COPY", "b", "c"], 0, 1],
    [["LCS", "set", "b"], 1, 1],
    [["SPOP", "set", "1"], 0, 0],
    [["SPOP", "set", "2"], 1, 0],
    [["DEL", "b"], 0, 0],
    [["PERSIST", "a"], 0, 0],
    [["EXPIRE", "a", "100"], 0, 0],
    [["RENAME", "a", "b"], 0, 0],
  ] as const) {
    const [hitsBefore, missesBefore] = await counts();
    await ask(...words);
    const [hitsAfter, missesAfter] = await counts();
    expect([words, hitsAfter - hitsBefore, missesAfter - missesBefore]).toEqual([
      words,
      hits,
      misses,
    ]);
  }
});
