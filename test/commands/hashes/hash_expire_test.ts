// Purpose: fields of hashes that expire (src/commands/hashes/hash_expire.ts), and HSCAN NOVALUES,
// as sessions under RESP2 and RESP3. Redis 7.0.15 has none of it: what is expected here is told by
// the documentation and the tests of Redis 7.4 and 8.0.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { atLeastOnce, until } from "../../client/until.ts";

const PROTOCOLS = [2, 3] as const;
const FAR_MS = 2 ** 46;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("DEBUG", "SET-ACTIVE-EXPIRE", "1");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));
const number = async (...words: Word[]) => Number(await ask(...words));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const first = async (...words: Word[]) => ((await ask(...words)) as unknown[])[0];

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("HEXPIRE and its kin: replies for each field", () =>
    session(`
      > HSET h a 1 b 2 c 3
      (integer) 3
      > HEXPIRE h 100 FIELDS 2 a nofield
      1) (integer) 1
      2) (integer) -2
      > HPEXPIRE h 100000 FIELDS 1 b
      1) (integer) 1
      > HEXPIREAT h 20000000000 FIELDS 1 c
      1) (integer) 1
      > HEXPIRETIME h FIELDS 1 c
      1) (integer) 20000000000
      > HPEXPIREAT h 20000000000001 fields 1 c
      1) (integer) 1
      > HPEXPIRETIME h FIELDS 1 c
      1) (integer) 20000000000001
      > HEXPIRETIME h FIELDS 1 c
      1) (integer) 20000000001
      > HEXPIRE nokey 100 FIELDS 2 a b
      1) (integer) -2
      2) (integer) -2
      > OBJECT ENCODING h
      "hashtable"
    `));

  test("NX, XX, GT and LT", () =>
    session(`
      > HSET h a 1 b 2
      (integer) 2
      > HPEXPIREAT h 20000000000000 XX FIELDS 1 a
      1) (integer) 0
      > HPEXPIREAT h 20000000000000 GT FIELDS 1 a
      1) (integer) 0
      > OBJECT ENCODING h
      "listpack"
      > HPEXPIREAT h 20000000000000 NX FIELDS 1 a
      1) (integer) 1
      > HPEXPIREAT h 20000000000001 NX FIELDS 2 a b
      1) (integer) 0
      2) (integer) 1
      > HPEXPIREAT h 20000000000000 GT FIELDS 2 a b
      1) (integer) 0
      2) (integer) 0
      > HPEXPIREAT h 20000000000001 gt FIELDS 2 a b
      1) (integer) 1
      2) (integer) 0
      > HPEXPIREAT h 20000000000001 LT FIELDS 1 a
      1) (integer) 0
      > HPEXPIREAT h 20000000000000 LT FIELDS 1 a
      1) (integer) 1
      > HPEXPIREAT h 20000000000005 XX FIELDS 3 a b c
      1) (integer) 1
      2) (integer) 1
      3) (integer) -2
      > HSET h c 1
      (integer) 1
      > HPEXPIREAT h 20000000000000 LT FIELDS 1 c
      1) (integer) 1
      > HPEXPIRETIME h FIELDS 3 a b c
      1) (integer) 20000000000005
      2) (integer) 20000000000005
      3) (integer) 20000000000000
      > HPEXPIREAT h 1 NX FIELDS 1 c
      1) (integer) 0
      > HPEXPIREAT h 1 GT FIELDS 1 c
      1) (integer) 0
      > HPEXPIREAT h 1 LT FIELDS 1 c
      1) (integer) 2
      > HEXISTS h c
      (integer) 0
    `));

  test("a time that has come removes fields, and the key with the last", () =>
    session(`
      > HSET h a 1 b 2 c 3
      (integer) 3
      > HEXPIRE h 0 FIELDS 3 a a nofield
      1) (integer) 2
      2) (integer) -2
      3) (integer) -2
      > OBJECT ENCODING h
      "listpack"
      > HEXPIREAT h 1 FIELDS 1 b
      1) (integer) 2
      > HLEN h
      (integer) 1
      > HPEXPIRE h 0 FIELDS 1 c
      1) (integer) 2
      > EXISTS h
      (integer) 0
    `));

  test("HEXPIRE: errors", () =>
    session(`
      > SET s 1
      OK
      > HSET h a 1
      (integer) 1
      > HEXPIRE h 1 FIELDS 1
      (error) ERR wrong number of arguments for 'hexpire' command
      > HEXPIRE s 1 FIELDS 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > HEXPIRE h x FIELDS 1 a
      (error) ERR value is not an integer or out of range
      > HEXPIRE h -1 FIELDS 1 a
      (error) ERR invalid expire time, must be >= 0
      > HPEXPIREAT h -9223372036854775808 FIELDS 1 a
      (error) ERR invalid expire time, must be >= 0
      > HEXPIRE h ${FAR_MS / 1000} FIELDS 1 a
      (error) ERR value is not an integer or out of range
      > HEXPIRE h ${Math.floor(FAR_MS / 1000)} FIELDS 1 a
      (error) ERR invalid expire time in 'hexpire' command
      > HEXPIREAT h 9223372036854775807 FIELDS 1 a
      (error) ERR invalid expire time in 'hexpireat' command
      > HPEXPIRE h ${FAR_MS} FIELDS 1 a
      (error) ERR invalid expire time in 'hpexpire' command
      > HPEXPIREAT h ${FAR_MS} FIELDS 1 a
      (error) ERR invalid expire time in 'hpexpireat' command
      > HPEXPIREAT h ${FAR_MS - 1} FIELDS 1 a
      1) (integer) 1
      > HPEXPIRETIME h FIELDS 1 a
      1) (integer) ${FAR_MS - 1}
      > HEXPIRE h 1 NX XX FIELDS 1 a
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HEXPIRE h 1 a 1 FIELDS
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HEXPIRE h 1 NX FIELDS 0 a
      (error) ERR Parameter \`numFields\` should be greater than 0
      > HEXPIRE h 1 FIELDS x a
      (error) ERR Parameter \`numFields\` should be greater than 0
      > HEXPIRE h 1 FIELDS 2 a
      (error) ERR The \`numfields\` parameter must match the number of arguments
      > HEXPIRE h 1 FIELDS 1 a b
      (error) ERR The \`numfields\` parameter must match the number of arguments
      > HEXPIRE h 1 NX FIELDS 1
      (error) ERR The \`numfields\` parameter must match the number of arguments
      > HEXPIRE nokey 1 FIELDS 1 a b
      (error) ERR The \`numfields\` parameter must match the number of arguments
    `));

  test("HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME and HPERSIST", () =>
    session(`
      > HSET h a 1 b 2
      (integer) 2
      > HTTL h FIELDS 3 a b nofield
      1) (integer) -1
      2) (integer) -1
      3) (integer) -2
      > HTTL nokey FIELDS 1 a
      1) (integer) -2
      > HPTTL h FIELDS 1 a
      1) (integer) -1
      > HEXPIRETIME h FIELDS 1 a
      1) (integer) -1
      > HPEXPIRETIME nokey FIELDS 2 a b
      1) (integer) -2
      2) (integer) -2
      > HPERSIST h FIELDS 2 a nofield
      1) (integer) -1
      2) (integer) -2
      > HPERSIST nokey FIELDS 1 a
      1) (integer) -2
      > HEXPIRE h 1000 FIELDS 1 a
      1) (integer) 1
      > HTTL h FIELDS 1 a
      1) (integer) 1000
      > HPERSIST h FIELDS 3 a a b
      1) (integer) 1
      2) (integer) -1
      3) (integer) -1
      > HTTL h FIELDS 1 a
      1) (integer) -1
      > SET s 1
      OK
      > HTTL s FIELDS 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > HPERSIST s FIELDS 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > HTTL h FIELD 1 a
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HTTL h FIELDS 0 a
      (error) ERR Number of fields must be a positive integer
      > HPERSIST h FIELDS -1 a
      (error) ERR Number of fields must be a positive integer
      > HPTTL h FIELDS 9223372036854775808 a
      (error) ERR Number of fields must be a positive integer
      > HPEXPIRETIME h FIELDS 2 a
      (error) ERR The \`numfields\` parameter must match the number of arguments
      > HPERSIST h FIELDS 1
      (error) ERR wrong number of arguments for 'hpersist' command
    `));

  test("HGETDEL reads and removes", () =>
    session(`
      > HSET h a 1 b 2 c 3
      (integer) 3
      > HGETDEL h FIELDS 2 a nofield
      1) "1"
      2) (nil)
      > HGETDEL nokey FIELDS 1 a
      1) (nil)
      > HGETDEL h FIELDS 3 b b c
      1) "2"
      2) (nil)
      3) "3"
      > EXISTS h
      (integer) 0
      > SET s 1
      OK
      > HGETDEL s FIELDS 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > HGETDEL h FIELD 1 a
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HGETDEL h FIELDS 0 a
      (error) ERR Number of fields must be a positive integer
      > HGETDEL h FIELDS 2 a
      (error) ERR The \`numfields\` parameter must match the number of arguments
      > HGETDEL h FIELDS 1
      (error) ERR wrong number of arguments for 'hgetdel' command
    `));

  test("HGETEX reads and sets when fields expire", () =>
    session(`
      > HSET h a 1 b text
      (integer) 2
      > HGETEX h FIELDS 3 a b nofield
      1) "1"
      2) "text"
      3) (nil)
      > HTTL h FIELDS 1 a
      1) (integer) -1
      > HGETEX h EX 100 FIELDS 1 a
      1) "1"
      > HTTL h FIELDS 2 a b
      1) (integer) 100
      2) (integer) -1
      > HGETEX h exat 20000000000 FIELDS 1 a
      1) "1"
      > HEXPIRETIME h FIELDS 1 a
      1) (integer) 20000000000
      > HGETEX h PXAT 20000000000001 FIELDS 2 a b
      1) "1"
      2) "text"
      > HPEXPIRETIME h FIELDS 2 a b
      1) (integer) 20000000000001
      2) (integer) 20000000000001
      > HGETEX h FIELDS 1 a
      1) "1"
      > HPEXPIRETIME h FIELDS 1 a
      1) (integer) 20000000000001
      > HGETEX h PERSIST FIELDS 2 a nofield
      1) "1"
      2) (nil)
      > HPEXPIRETIME h FIELDS 2 a b
      1) (integer) -1
      2) (integer) 20000000000001
      > HGETEX nokey EX 5 FIELDS 1 a
      1) (nil)
      > HGETEX h PX 0 FIELDS 1 a
      1) "1"
      > HEXISTS h a
      (integer) 0
      > HGETEX h PXAT 1 FIELDS 2 b b
      1) "text"
      2) (nil)
      > EXISTS h
      (integer) 0
    `));

  test("HGETEX: errors", () =>
    session(`
      > SET s 1
      OK
      > HGETEX s FIELDS 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > HGETEX h FIELDS 1
      (error) ERR wrong number of arguments for 'hgetex' command
      > HGETEX h FIELD 1 a
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HGETEX h PXAT 1 1
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HGETEX h PERSIST 1 FIELDS 1 a
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HGETEX h KEEPTTL FIELDS 1 a
      (error) ERR Mandatory argument FIELDS is missing or not at the right position
      > HGETEX h FIELDS 2 a
      (error) ERR The \`numfields\` parameter must match the number of arguments
      > HGETEX h FIELDS 0 a
      (error) ERR Number of fields must be a positive integer
      > HGETEX h EX x FIELDS 1 a
      (error) ERR value is not an integer or out of range
      > HGETEX h EX -1 FIELDS 1 a
      (error) ERR invalid expire time, must be >= 0
      > HGETEX h EXAT ${FAR_MS} FIELDS 1 a
      (error) ERR invalid expire time in 'hgetex' command
    `));

  test("HSETEX sets fields and when they expire", () =>
    session(`
      > HSETEX h FIELDS 2 a 1 b text
      (integer) 1
      > OBJECT ENCODING h
      "listpack"
      > HSETEX h EX 100 FIELDS 1 a 2
      (integer) 1
      > HTTL h FIELDS 2 a b
      1) (integer) 100
      2) (integer) -1
      > HSETEX h KEEPTTL FIELDS 3 a 3 b 4 c 5
      (integer) 1
      > HTTL h FIELDS 3 a b c
      1) (integer) 100
      2) (integer) -1
      3) (integer) -1
      > HMGET h a b c
      1) "3"
      2) "4"
      3) "5"
      > HSETEX h FIELDS 1 a 1
      (integer) 1
      > HTTL h FIELDS 1 a
      1) (integer) -1
      > HSETEX h PXAT 20000000000001 FXX FIELDS 2 a 1 b 2
      (integer) 1
      > HPEXPIRETIME h FIELDS 2 a b
      1) (integer) 20000000000001
      2) (integer) 20000000000001
      > HSETEX h FXX FIELDS 2 a 9 nofield 9
      (integer) 0
      > HSETEX h FNX FIELDS 2 a 9 nofield 9
      (integer) 0
      > HMGET h a nofield
      1) "1"
      2) (nil)
      > HSETEX h FNX PX 100000 FIELDS 1 d 9
      (integer) 1
      > HTTL h FIELDS 1 d
      1) (integer) 100
      > HSETEX nokey FXX FIELDS 1 a 1
      (integer) 0
      > EXISTS nokey
      (integer) 0
      > HSETEX h EXAT 1 FIELDS 2 a 1 e 1
      (integer) 1
      > HMGET h a e
      1) (nil)
      2) (nil)
      > HSETEX nokey PX 0 FIELDS 2 a 1 a 2
      (integer) 1
      > EXISTS nokey
      (integer) 0
    `));

  test("HSETEX: errors", () =>
    session(`
      > HSETEX h FIELDS 1
      (error) ERR wrong number of arguments for 'hsetex' command
      > HSETEX h FIELDS 2 a b
      (error) ERR wrong number of arguments for 'hsetex' command
      > HSETEX h FIELDS 1 a b c
      (error) ERR wrong number of arguments for 'hsetex' command
      > HSETEX h EX 10 FIELDS 1 a
      (error) ERR wrong number of arguments for 'hsetex' command
      > HSETEX h FIELDS x a b
      (error) ERR invalid number of fields
      > HSETEX h FIELDS 0 a b
      (error) ERR invalid number of fields
      > HSETEX h FIELDS 9223372036854775808 a b
      (error) ERR invalid number of fields
      > HSETEX h NX FIELDS 1 a b
      (error) ERR unknown argument: NX
      > HSETEX h FXX FNX FIELDS 1 a b
      (error) ERR Only one of FXX or FNX arguments can be specified
      > HSETEX h FNX FNX FIELDS 1 a b
      (error) ERR Only one of FXX or FNX arguments can be specified
      > HSETEX h EX 10 PX 10 FIELDS 1 a b
      (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
      > HSETEX h KEEPTTL EX 10 FIELDS 1 a b
      (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
      > HSETEX h EX 10 KEEPTTL FIELDS 1 a b
      (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
      > HSETEX h EX FIELDS 1 a b
      (error) ERR value is not an integer or out of range
      > HSETEX h PXAT -1 FIELDS 1 a b
      (error) ERR invalid expire time, must be >= 0
      > HSETEX h PXAT ${FAR_MS} 1 a b
      (error) ERR invalid expire time in 'hsetex' command
      > SET s 1
      OK
      > HSETEX s FIELDS 1 a b
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("what sets a field ends its expiry, and what changes it keeps it", () =>
    session(`
      > HSETEX h PXAT 20000000000000 FIELDS 5 a 1 b 2 c 3 d 4 e 5
      (integer) 1
      > HSET h a 2
      (integer) 0
      > HINCRBY h b 100000000000
      (integer) 100000000002
      > HINCRBYFLOAT h c 0.5
      "3.5"
      > HSETNX h d x
      (integer) 0
      > HDEL h e
      (integer) 1
      > HSET h e 1
      (integer) 1
      > HPEXPIRETIME h FIELDS 5 a b c d e
      1) (integer) -1
      2) (integer) 20000000000000
      3) (integer) 20000000000000
      4) (integer) 20000000000000
      5) (integer) -1
    `));

  test("expiries of fields go where their key goes", () =>
    session(`
      > HSETEX h PXAT 20000000000000 FIELDS 1 a 1
      (integer) 1
      > PEXPIREAT h 20000000000005
      (integer) 1
      > COPY h copied
      (integer) 1
      > HSETEX copied PXAT 20000000000001 FIELDS 1 a 2
      (integer) 1
      > RENAME copied another
      OK
      > MOVE another 1
      (integer) 1
      > HPEXPIRETIME h FIELDS 1 a
      1) (integer) 20000000000000
      > SWAPDB 0 1
      OK
      > HPEXPIRETIME another FIELDS 1 a
      1) (integer) 20000000000001
      > PEXPIRETIME another
      (integer) 20000000000005
      > DEL another
      (integer) 1
      > SWAPDB 0 1
      OK
    `));

  test("HSCAN NOVALUES", () =>
    session(`
      > HSET h a 1 b 2
      (integer) 2
      > HSCAN h 0 NOVALUES
      1) "0"
      2) 1) "a"
         2) "b"
      > HSCAN h 0 novalues MATCH b COUNT 5
      1) "0"
      2) 1) "b"
      > HSCAN h 0 MATCH b NOVALUES
      1) "0"
      2) 1) "b"
      > HSCAN h 0 MATCH NOVALUES
      1) "0"
      2) (empty array)
      > HSCAN h 0 NOVALUES COUNT
      (error) ERR syntax error
    `));
});

describe("in time", () => {
  test("fields go within milliseconds though nobody asks, and the key with the last", async () => {
    await ask("HSET", "h", "stays", "1");
    const setting = [...Array(1000).keys()].map((i) => `HSETEX h PX 30 FIELDS 1 f${i} 1`);
    setting.push("HSETEX gone PX 60 FIELDS 2 a 1 b 2");
    await atLeastOnce("within 60 ms", async () => {
      await client.pipeline(setting.map((line) => line.split(" ")));
      const wasThere = (await ask("DBSIZE")) === 2;
      await sleep(120);
      const [keys, fields] = await client.pipeline([["DBSIZE"], ["HLEN", "h"]]);
      return wasThere && plain(keys) === 1 && plain(fields) === 1;
    });
    await until("the key to go", async () => (await ask("DBSIZE")) === 1);
    expect(await ask("HLEN", "h")).toBe(1);
  });

  test.each([
    ["EXISTS", 0],
    ["HLEN", 0],
    ["TYPE", "none"],
    ["HGETALL", []],
    ["HKEYS", []],
    ["HRANDFIELD", null],
    ["TTL", -2],
    ["DEL", 0],
    ["OBJECT ENCODING", null],
  ])("%s of a hash whose fields are over", async (command, reply) => {
    await ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await ask("HSETEX", "h", "PX", "3", "FIELDS", "2", "a", "1", "b", "2");
    await sleep(8);
    expect(await ask(...command.split(" "), "h")).toEqual(reply as never);
  });

  test("no command sees a field that is over, nor counts it", async () => {
    await ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    const over = async () => {
      await ask("DEL", "h");
      await ask("HSET", "h", "stays", "5");
      await ask("HSETEX", "h", "PX", "2", "FIELDS", "2", "a", "1", "b", "2");
      await sleep(6);
    };
    await over();
    expect(await ask("HGET", "h", "a")).toBe(null);
    await over();
    expect(await ask("HMGET", "h", "a", "stays")).toEqual([null, "5"]);
    await over();
    expect(await ask("HLEN", "h")).toBe(1);
    await over();
    expect(await ask("HSCAN", "h", "0")).toEqual(["0", ["stays", "5"]]);
    await over();
    expect(await ask("HRANDFIELD", "h", "5")).toEqual(["stays"]);
    await over();
    expect(await ask("HINCRBY", "h", "a", "1")).toBe(1);
    expect(await first("HTTL", "h", "FIELDS", "1", "a")).toBe(-1);
    await over();
    expect(await ask("HSETNX", "h", "a", "1")).toBe(1);
    await over();
    expect(await ask("HSET", "h", "a", "1")).toBe(1);
    await over();
    expect(await ask("HDEL", "h", "a", "b", "stays")).toBe(1);
    await over();
    expect(await ask("HPERSIST", "h", "FIELDS", "1", "a")).toEqual([-2]);
    await over();
    expect(await ask("HSETEX", "h", "FXX", "FIELDS", "1", "a", "1")).toBe(0);
    await over();
    expect(await ask("HGETDEL", "h", "FIELDS", "2", "a", "stays")).toEqual([null, "5"]);
    await over();
    await ask("COPY", "h", "copied");
    expect(await ask("HKEYS", "copied")).toEqual(["stays"]);
  });

  test("KEYS, SCAN and RANDOMKEY pass over a hash whose fields are over", async () => {
    await ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await ask("HSETEX", "h", "PX", "3", "FIELDS", "1", "a", "1");
    await sleep(8);
    expect(await ask("KEYS", "*")).toEqual([]);
    expect(await ask("SCAN", "0")).toEqual(["0", []]);
    expect(await ask("RANDOMKEY")).toBe(null);
    expect(await ask("DBSIZE")).toBe(0);
  });

  test("while clients are paused, fields hide and stay", async () => {
    // In one write, so that their time cannot come in between.
    await client.pipeline([
      ["HSET", "h", "stays", "5"],
      ["HSETEX", "h", "PX", "100", "FIELDS", "1", "a", "1"],
      ["HSETEX", "gone", "PX", "100", "FIELDS", "1", "a", "1"],
      ["CLIENT", "PAUSE", "60000", "WRITE"],
    ]);
    await sleep(110);
    await ask("CONFIG", "RESETSTAT");
    expect(await ask("HGET", "h", "a")).toBe(null);
    expect(await ask("HLEN", "h")).toBe(1);
    expect(await ask("HGETALL", "h")).toEqual(["stays", "5"]);
    expect(await ask("INFO", "stats")).toContain("\r\nexpired_subkeys:0\r\n");
    expect(await ask("HLEN", "gone")).toBe(0);
    expect(await ask("EXISTS", "gone")).toBe(0);
    expect(await ask("DBSIZE")).toBe(2);
    await ask("CLIENT", "UNPAUSE");
    expect(await ask("HGET", "h", "a")).toBe(null);
    expect(await ask("HLEN", "gone")).toBe(0);
    expect(await ask("DBSIZE")).toBe(1);
    expect(await ask("INFO", "stats")).toContain("\r\nexpired_subkeys:2\r\n");
  });

  test("a field that expires changes a watched key, one that had expired does not", async () => {
    await ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    const watching = async (waitFirst: boolean) => {
      await ask("DEL", "h");
      await ask("HSET", "h", "stays", "5");
      const set = ["HSETEX", "h", "PX", "100", "FIELDS", "1", "a", "1"];
      if (waitFirst) {
        await ask(...set);
        await sleep(110);
        await ask("WATCH", "h");
      } else {
        await client.pipeline([set, ["WATCH", "h"]]);
        await sleep(110);
      }
      await ask("MULTI");
      await ask("HLEN", "h");
      return await ask("EXEC");
    };
    expect(await watching(false)).toBe(null);
    expect(await watching(true)).toEqual([1]);
  });

  test("the expiry of a key and that of its fields do not mix", async () => {
    await ask("HSET", "h", "a", "1", "b", "2");
    await ask("HPEXPIRE", "h", "20", "FIELDS", "1", "a");
    await ask("PEXPIRE", "h", "2000");
    await sleep(50);
    expect(await ask("HKEYS", "h")).toEqual(["b"]);
    expect(await number("PTTL", "h")).toBeGreaterThan(0);
    await sleep(1970);
    expect(await ask("EXISTS", "h")).toBe(0);

    await ask("HSETEX", "k", "PX", "60000", "FIELDS", "1", "a", "1");
    await ask("PEXPIRE", "k", "5");
    await until("the key to go", async () => (await ask("DBSIZE")) === 0);
  });

  test("TTLs count down", async () => {
    await ask("HSET", "h", "a", "1");
    await ask("HPEXPIRE", "h", "5000", "FIELDS", "1", "a");
    await sleep(10);
    const leftMs = Number(await first("HPTTL", "h", "FIELDS", "1", "a"));
    expect(leftMs).toBeGreaterThan(3000);
    expect(leftMs).toBeLessThanOrEqual(4990);
    expect(await first("HTTL", "h", "FIELDS", "1", "a")).toBe(Math.ceil(leftMs / 1000));
  });

  test.each([
    ["FLUSHALL", 0],
    ["DEL h", 0],
    ["UNLINK h", 0],
    ["SET h text", 1],
    ["SET h text EX 100", 1],
    ["BITOP NOT h source", 1],
    ["HSET h a 1 b 2", 1],
    ["HSET h a 1", 1],
    ["HDEL h a b", 0],
  ])("%s of a hash with fields that expire", async (line, keys) => {
    await ask("HSETEX", "h", "PX", "20", "FIELDS", "2", "a", "1", "b", "2");
    await ask("HSETEX", "source", "PX", "20", "FIELDS", "1", "a", "1");
    await ask("SET", "source", "text");
    await ask(...line.split(" "));
    await ask("DEL", "source");
    await sleep(40);
    expect(await ask("DBSIZE")).toBe(keys);
  });
});

test("changes are counted by field", async () => {
  const changes = async () => {
    const info = (await ask("INFO", "persistence")) as string;
    return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1]);
  };
  const counted = async (line: string) => {
    const before = await changes();
    await ask(...line.split(" "));
    return (await changes()) - before;
  };
  expect(await counted("HSETEX h FIELDS 3 a 1 b 2 c 3")).toBe(3);
  expect(await counted("HEXPIRE h 100 FIELDS 3 a b x")).toBe(2);
  expect(await counted("HEXPIRE h 100 NX FIELDS 2 a b")).toBe(0);
  expect(await counted("HPERSIST h FIELDS 3 a b c")).toBe(2);
  expect(await counted("HGETEX h FIELDS 1 a")).toBe(0);
  expect(await counted("HGETEX h EX 100 FIELDS 2 a b")).toBe(2);
  expect(await counted("HGETEX h PERSIST FIELDS 2 a c")).toBe(1);
  expect(await counted("HGETDEL h FIELDS 2 a x")).toBe(1);
  expect(await counted("HTTL h FIELDS 1 b")).toBe(0);
  expect(await counted("HEXPIRE h 0 FIELDS 2 b c")).toBe(2);
  expect(await ask("EXISTS", "h")).toBe(0);
});
