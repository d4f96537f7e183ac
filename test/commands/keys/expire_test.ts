// Purpose: when keys expire (src/commands/keys/expire_commands.ts), as sessions under RESP2 and
// RESP3. They hold for the real Redis as well: RUSK_BINARY=redis-server runs them against it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startServer } from "../../client/server.ts";
import { atLeastOnce, until } from "../../client/until.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("EXPIREAT and PEXPIREAT set a time, in seconds and milliseconds", () =>
    session(`
      > SET a 1
      OK
      > EXPIREAT a 99999999999
      (integer) 1
      > EXPIRETIME a
      (integer) 99999999999
      > PEXPIRETIME a
      (integer) 99999999999000
      > PEXPIREAT a 99999999999499
      (integer) 1
      > EXPIRETIME a
      (integer) 99999999999
      > PEXPIREAT a 99999999999500
      (integer) 1
      > EXPIRETIME a
      (integer) 100000000000
      > PEXPIRETIME a
      (integer) 99999999999500
      > GET a
      "1"
    `));

  test("EXPIRE and PEXPIRE count from now", () =>
    session(`
      > SET a 1
      OK
      > EXPIRE a 100
      (integer) 1
      > TTL a
      (integer) 100
      > PEXPIRE a 50400
      (integer) 1
      > TTL a
      (integer) 50
    `));

  test("a key without expiry answers -1, no key -2", () =>
    session(`
      > SET a 1
      OK
      > TTL a
      (integer) -1
      > PTTL a
      (integer) -1
      > EXPIRETIME a
      (integer) -1
      > PEXPIRETIME a
      (integer) -1
      > TTL nokey
      (integer) -2
      > PTTL nokey
      (integer) -2
      > EXPIRETIME nokey
      (integer) -2
      > PEXPIRETIME nokey
      (integer) -2
    `));

  test("PERSIST takes the expiry away", () =>
    session(`
      > SET a 1 EX 100
      OK
      > PERSIST a
      (integer) 1
      > TTL a
      (integer) -1
      > PERSIST a
      (integer) 0
      > PERSIST nokey
      (integer) 0
    `));

  test.each(["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"])("%s of a past time deletes", (name) =>
    session(`
      > MSET a 1 b 2 c 3
      OK
      > ${name} a -1
      (integer) 1
      > ${name} b 0
      (integer) 1
      > ${name} c -9223372036854775
      (integer) 1
      > EXISTS a b c
      (integer) 0
      > ${name} a -1
      (integer) 0
    `),
  );

  test("NX, XX, GT and LT are conditions", () =>
    session(`
      > SET a 1
      OK
      > EXPIREAT a 99999999990 XX
      (integer) 0
      > EXPIREAT a 99999999990 GT
      (integer) 0
      > EXPIREAT a 99999999990 xx lt
      (integer) 0
      > EXPIREAT a 99999999990 NX
      (integer) 1
      > EXPIREAT a 99999999991 NX
      (integer) 0
      > EXPIREAT a 99999999990 GT
      (integer) 0
      > EXPIREAT a 99999999991 GT
      (integer) 1
      > EXPIREAT a 99999999991 LT
      (integer) 0
      > EXPIREAT a 99999999989 LT
      (integer) 1
      > EXPIREAT a 99999999992 XX
      (integer) 1
      > EXPIREAT a 99999999993 XX GT
      (integer) 1
      > EXPIREAT a 99999999992 gt Xx gt
      (integer) 0
      > EXPIREAT a 99999999991 XX LT
      (integer) 1
      > EXPIRETIME a
      (integer) 99999999991
      > PERSIST a
      (integer) 1
      > EXPIREAT a 99999999990 LT
      (integer) 1
      > EXPIREAT a 1 GT
      (integer) 0
      > EXPIREAT a 1 LT
      (integer) 1
      > EXISTS a
      (integer) 0
      > EXPIRE nokey 10 NX
      (integer) 0
    `));

  test("options are checked before the time, and the time before the key", () =>
    session(`
      > SET a 1
      OK
      > EXPIRE a x Foo
      (error) ERR Unsupported option Foo
      > EXPIRE a x NX "a\\r\\nb\\x00c"
      (error) ERR Unsupported option a  b
      > EXPIRE a x "LT\\r\\n"
      (error) ERR Unsupported option LT
      > EXPIRE a x NX "xx\\x00"
      (error) ERR NX and XX, GT or LT options at the same time are not compatible
      > EXPIRE a x NX LT foo
      (error) ERR Unsupported option foo
      > EXPIRE a x NX XX
      (error) ERR NX and XX, GT or LT options at the same time are not compatible
      > EXPIRE a x NX GT
      (error) ERR NX and XX, GT or LT options at the same time are not compatible
      > EXPIRE a x LT NX GT
      (error) ERR NX and XX, GT or LT options at the same time are not compatible
      > PEXPIRE a x GT LT
      (error) ERR GT and LT options at the same time are not compatible
      > EXPIRE a x
      (error) ERR value is not an integer or out of range
      > EXPIRE a 1.5
      (error) ERR value is not an integer or out of range
      > EXPIRE a ""
      (error) ERR value is not an integer or out of range
      > EXPIRE a 9223372036854775808
      (error) ERR value is not an integer or out of range
      > EXPIRE nokey 9223372036854775807
      (error) ERR invalid expire time in 'expire' command
      > EXPIRE
      (error) ERR wrong number of arguments for 'expire' command
      > PEXPIREAT a
      (error) ERR wrong number of arguments for 'pexpireat' command
      > TTL a b
      (error) ERR wrong number of arguments for 'ttl' command
    `));

  test("times beyond 64 bits are refused", () =>
    session(`
      > SET a 1
      OK
      > EXPIRE a 9223372036854776
      (error) ERR invalid expire time in 'expire' command
      > EXPIRE a 9223372036854775
      (error) ERR invalid expire time in 'expire' command
      > EXPIRE a -9223372036854776
      (error) ERR invalid expire time in 'expire' command
      > EXPIREAT a 9223372036854776
      (error) ERR invalid expire time in 'expireat' command
      > EXPIREAT a -9223372036854776
      (error) ERR invalid expire time in 'expireat' command
      > PEXPIRE a 9223372036854775807
      (error) ERR invalid expire time in 'pexpire' command
      > TTL a
      (integer) -1
      > PEXPIREAT a -9223372036854775808
      (integer) 1
      > EXISTS a
      (integer) 0
    `));

  test("times beyond 2^53 are exact", () =>
    session(`
      > SET a 1
      OK
      > PEXPIREAT a 9223372036854775807
      (integer) 1
      > PEXPIRETIME a
      (integer) 9223372036854775807
      > EXPIRETIME a
      (integer) 9223372036854776
      > PEXPIREAT a 9223372036854775807 GT
      (integer) 0
      > PEXPIREAT a 9223372036854775806 GT
      (integer) 0
      > PEXPIREAT a 9223372036854775806 LT
      (integer) 1
      > PEXPIREAT a 9223372036854775807 GT
      (integer) 1
      > RENAME a b
      OK
      > COPY b c
      (integer) 1
      > PEXPIRETIME b
      (integer) 9223372036854775807
      > PEXPIRETIME c
      (integer) 9223372036854775807
      > PEXPIREAT b 9007199254740993
      (integer) 1
      > PEXPIRETIME b
      (integer) 9007199254740993
      > EXPIRETIME b
      (integer) 9007199254741
      > PEXPIREAT b 5000000000000
      (integer) 1
      > PEXPIRETIME b
      (integer) 5000000000000
    `));
});

test("PTTL and TTL count down", async () => {
  await ask("SET", "a", "1");
  await ask("PEXPIRE", "a", 100_000);
  await Bun.sleep(20);
  const leftMs = (await ask("PTTL", "a")) as number;
  expect(leftMs).toBeLessThanOrEqual(99_980);
  expect(leftMs).toBeGreaterThan(90_000);
  expect(await ask("TTL", "a")).toBe(Math.round(leftMs / 1000));
});

test("a far time is counted down exactly", async () => {
  await ask("SET", "a", "1");
  await ask("PEXPIREAT", "a", "9223372036854775807");
  const before = BigInt(Date.now());
  const reply = await client.command("PTTL", "a");
  const left = reply.type === "integer" ? BigInt(reply.value) : 0n;
  expect(9223372036854775807n - left - before).toBeLessThan(1000n);
  expect(9223372036854775807n - left - before).toBeGreaterThanOrEqual(-1n);
});

test("every encoding survives an expiry set, changed and taken away", async () => {
  const values = ["12345", "", "x", "x".repeat(44), "x".repeat(4094), "x".repeat(4095)];
  for (const value of values) {
    await ask("SET", "a", value);
    const encoding = await ask("OBJECT", "ENCODING", "a");
    for (const words of [
      ["EXPIRE", "a", "100"],
      ["PEXPIRE", "a", "200"],
      ["PERSIST", "a"],
      ["EXPIRE", "a", "300"],
    ]) {
      expect(await ask(...words)).toBe(1);
      expect(await ask("GET", "a")).toBe(value);
      expect(await ask("OBJECT", "ENCODING", "a")).toBe(encoding);
    }
  }
});

test("a key is gone when its time has come, and counted", async () => {
  const expired = async () =>
    Number(/expired_keys:(\d+)/.exec((await ask("INFO", "stats")) as string)?.[1]);
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  const before = await expired();
  await ask("SET", "a", "1");
  // In one write, so that its time cannot come in between.
  const [, reply] = await client.pipeline([
    ["PEXPIRE", "a", 30],
    ["GET", "a"],
  ]);
  expect(plain(reply)).toBe("1");
  await Bun.sleep(40);
  expect(await ask("DBSIZE")).toBe(1);
  expect([await ask("GET", "a"), await ask("TTL", "a")]).toEqual([null, -2]);
  expect(await ask("DBSIZE")).toBe(0);
  expect((await expired()) - before).toBe(1);
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 1);
});

test("SCAN removes the keys that it would tell, or of which it looks at the type", async () => {
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  await ask("CONFIG", "RESETSTAT");
  const LOOKS: [options: string[], left: number, misses: number][] = [
    [["MATCH", "b*"], 1, 0],
    [["MATCH", "b*", "TYPE", "string"], 1, 0],
    [["MATCH", "a*"], 0, 0],
    [["TYPE", "string"], 0, 1],
    [["TYPE", "list"], 0, 2],
    [["TYPE", "nosuch"], 0, 3],
  ];
  for (const [options, left, misses] of LOOKS) {
    await ask("SET", "a", "1", "PX", "1");
    await Bun.sleep(5);
    expect(await ask("SCAN", "0", ...options)).toEqual(["0", []]);
    expect(await ask("DBSIZE")).toBe(left);
    const stats = (await ask("INFO", "stats")) as string;
    expect(stats).toContain(`keyspace_hits:0\r\nkeyspace_misses:${misses}\r\n`);
  }
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 1);
});

test("an unlucky EXPIRE of an expired key finds none", async () => {
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  for (const words of [
    ["EXPIRE", "a", "100"],
    ["PERSIST", "a"],
  ]) {
    await ask("SET", "a", "1", "PX", "1");
    await Bun.sleep(5);
    expect(await ask(...words)).toBe(0);
  }
  await ask("DEBUG", "SET-ACTIVE-EXPIRE", 1);
});

describe("WATCH is told of", () => {
  const CHANGES = [
    ["EXPIRE", "a", "100"],
    ["PEXPIRE", "a", "100000"],
    ["EXPIREAT", "a", "99999999999"],
    ["PEXPIREAT", "a", "99999999999999"],
    ["EXPIRE", "a", "-1"],
    ["PERSIST", "a"],
  ];
  test.each(CHANGES)("%s %s %s", async (...words) => {
    await ask("SET", "a", "1", "EX", "1000");
    const other = await server.connect();
    await other.command("WATCH", "a");
    await ask(...words);
    await other.command("MULTI");
    expect(plain(await other.command("EXEC"))).toBeNull();
    other.close();
  });

  test("no condition that is not met", async () => {
    await ask("SET", "a", "1", "EX", "1000");
    const other = await server.connect();
    await other.command("WATCH", "a");
    for (const words of [
      ["EXPIRE", "a", "10", "NX"],
      ["EXPIRE", "a", "10", "GT"],
      ["EXPIRE", "a", "x"],
      ["TTL", "a"],
    ]) {
      await ask(...words);
    }
    await other.command("MULTI");
    expect(plain(await other.command("EXEC"))).toEqual([]);
    other.close();
  });
});

// The real Redis samples keys instead, and may take much longer.
const isRedis = redisBinary() !== null && process.env.RUSK_BINARY?.includes("redis-server");
test.skipIf(isRedis === true)("keys go within 20 ms of their time though nobody asks", async () => {
  const count = 10_000;
  await atLeastOnce(
    "most of them within 20 ms",
    async () => (await lateKeys(count)) <= count / 100,
  );
  await until("all to go", async () => (await ask("DBSIZE")) === 0);
});

/** Makes so many keys; how many were left, at most, though they were due 20 ms before. */
async function lateKeys(count: number): Promise<number> {
  await ask("FLUSHALL");
  const spanMs = 300;
  const startMs = Date.now() + 200;
  const timeOf = (index: number) => startMs + Math.floor((index / count) * spanMs);
  await client.pipeline(
    [...Array(count).keys()].map((index) => ["SET", `key:${index}`, "v", "PXAT", timeOf(index)]),
  );
  let late = 0;
  while (Date.now() < startMs + spanMs + 100) {
    // Keys that were due 20 ms before the question, and still counted in its answer.
    const dueMs = Date.now() - 20;
    const left = (await ask("DBSIZE")) as number;
    const due = Math.ceil(((dueMs - startMs) / spanMs) * count);
    late = Math.max(late, left - (count - Math.min(Math.max(due, 0), count)));
    await Bun.sleep(5);
  }
  return late;
}
