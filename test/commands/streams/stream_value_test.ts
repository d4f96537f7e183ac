// Purpose: what entries of streams may hold, and streams as keys: copied, renamed, moved, expiring,
// watched, in transactions. All hold for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Reply, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";
import { inProtocol, NO_KEY, SMALLER_ID, withoutTimes } from "./stream_replies.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

const nodes = (entries: number, bytes: number) =>
  ["stream-node-max-entries", entries, "stream-node-max-bytes", bytes] as const;

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "SET", ...nodes(100, 4096));
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

/** The fields and values of entries, in hexadecimal. */
function contents(reply: Reply): string[][] {
  if (reply.type !== "array") throw new Error(`no entries: ${reply.type}`);
  return reply.value.map((entry) => {
    const fields = entry.type === "array" ? entry.value[1] : entry;
    if (fields.type !== "array") throw new Error(`no fields: ${fields.type}`);
    return fields.value.map((word) => {
      if (word.type !== "bulk") throw new Error(`no bulk: ${word.type}`);
      return word.value.toString("hex");
    });
  });
}

const hex = (word: Word) =>
  Buffer.from(word instanceof Uint8Array ? word : `${word}`).toString("hex");

/** Adds the entries one by one, with some deleted again, and reads them in both directions. */
async function roundTrip(entries: readonly (readonly Word[])[]): Promise<void> {
  const adding = entries.map((fields) => ["XADD", "s", "5-*", ...fields]);
  const ids = (await client.pipeline(adding)).map((reply) => String(plain(reply)));
  const wanted = entries.map((fields) => fields.map(hex));
  expect(contents(await client.command("XRANGE", "s", "-", "+"))).toEqual(wanted);
  expect(contents(await client.command("XREVRANGE", "s", "+", "-"))).toEqual(wanted.toReversed());
  const isGone = (index: number) => index % 3 === 1;
  const gone = ids.filter((_, index) => isGone(index));
  if (gone.length > 0) expect(await ask("XDEL", "s", ...gone)).toBe(gone.length);
  const left = wanted.filter((_, index) => !isGone(index));
  expect(contents(await client.command("XRANGE", "s", "-", "+"))).toEqual(left);
  expect(contents(await client.command("XREVRANGE", "s", "+", "-"))).toEqual(left.toReversed());
  const single = await client.pipeline(ids.map((id) => ["XRANGE", "s", id, id]));
  for (const [index, reply] of single.entries()) {
    expect(contents(reply)).toEqual(isGone(index) ? [] : [wanted[index]]);
  }
}

const NUMBERS = [
  ...["0", "-0", "+0", "00", "007", "-7", "+7", "1", "-1", "127", "128", "-128", "-129", "255"],
  ...["4095", "4096", "-4096", "-4097", "8191", "8192", "32767", "32768", "-32768", "-32769"],
  ...["65535", "65536", "8388607", "8388608", "-8388608", "-8388609", "2147483647", "2147483648"],
  ...["-2147483648", "-2147483649", "4294967295", "4294967296", "9007199254740991"],
  ...["9007199254740993", "-9007199254740993", "9223372036854775807", "9223372036854775808"],
  ...["-9223372036854775808", "-9223372036854775809", "18446744073709551615", "1e3", "1.0", "0x10"],
  ...[" 1", "1 ", "-", "+", "", "99999999999999999999", "-00", "-01", "1\n", "١"],
];

describe.each([
  [100, 4096],
  [3, 4096],
  [1, 4096],
  [100, 64],
  [0, 0],
])("entries in nodes of %i and %i bytes are read as they were added", (entries, bytes) => {
  beforeEach(async () => {
    await ask("CONFIG", "SET", ...nodes(entries, bytes));
  });

  test("numbers, and what looks like them", () =>
    roundTrip([...NUMBERS.map((text) => ["n", text]), ...NUMBERS.map((text) => [text, text])]));

  test("the same fields, others, and the same in another order", () =>
    roundTrip([
      ["a", "1", "b", "2"],
      ["a", "3", "b", "4"],
      ["b", "5", "a", "6"],
      ["a", "7"],
      ["a", "7", "b", "8", "c", "9"],
      ["a", "7", "a", "8"],
      ["A", "7", "b", "8"],
      ["a", "9", "b", "10"],
      ["a", "", "b", ""],
      ["", "a", "", "b"],
      ["a", "11", "b", "12"],
    ]));

  test("bytes of all values, and texts around the lengths that are kept in other ways", () =>
    roundTrip([
      ["bytes", Buffer.from(Array.from({ length: 256 }, (_, index) => index))],
      ...[0, 1, 62, 63, 64, 65, 255, 256, 4094, 4095, 4096, 4097, 5000].map((length) => [
        "x".repeat(length),
        "y".repeat(length),
      ]),
    ]));

  test("a hundred fields", () => {
    const fields = Array.from({ length: 100 }, (_, index) => `field${index}`);
    const entry = (from: number) => fields.flatMap((field, index) => [field, from + index]);
    return roundTrip([entry(0), entry(1000), ["a", "1"], entry(-50), entry(9)]);
  });

  test("whatever", () => {
    const random = new Random(entries + bytes);
    const word = () =>
      random.pick([
        () => random.pick(NUMBERS),
        () => "x".repeat(random.below(100)),
        () => String(random.below(1000000)),
      ])();
    const fieldSets = Array.from({ length: 4 }, () =>
      Array.from({ length: random.between(1, 4) }, word),
    );
    return roundTrip(
      Array.from({ length: 60 }, () => random.pick(fieldSets).flatMap((field) => [field, word()])),
    );
  });
});

test("values of 100 kB and 1 MB", async () => {
  const large = Buffer.alloc(100_000, "large value ");
  const larger = Buffer.alloc(1_000_000, "\x00\xff");
  await roundTrip([
    ["a", "1"],
    ["a", large],
    [large, "x"],
    ["a", larger, "b", larger],
    ["a", "2"],
  ]);
  expect(await ask("XTRIM", "s", "MAXLEN", 1)).toBe(2);
  expect(await ask("XRANGE", "s", "-", "+")).toHaveLength(1);
});

test("DEBUG DIGEST-VALUE depends on what is in a stream, not on how it came there", async () => {
  await ask("CONFIG", "SET", ...nodes(3, 4096));
  for (let n = 1; n <= 20; n++) await ask("XADD", "a", `${n}-1`, "n", n, "m", "x".repeat(n));
  await ask("COPY", "a", "copy");
  await ask("CONFIG", "SET", ...nodes(10, 4096));
  await ask("XADD", "b", "0-1", "n", 1);
  for (let n = 1; n <= 20; n++) await ask("XADD", "b", `${n}-1`, "n", n, "m", "x".repeat(n));
  await ask("XDEL", "b", "0-1");
  const digests = async () =>
    (await ask("DEBUG", "DIGEST-VALUE", "a", "copy", "b", "nosuch")) as string[];
  const [a, copy, b, nosuch] = await digests();
  expect([copy, b]).toEqual([a, a]);
  expect(nosuch).toBe("0".repeat(40));
  await ask("XDEL", "b", "7-1");
  expect((await digests())[2]).not.toBe(a);
  await ask("XDEL", "a", "7-1");
  const [after, , same] = await digests();
  expect(same).toBe(after);
  await ask("XADD", "a", "7777-1", "n", 1);
  await ask("XADD", "b", "7777-2", "n", 1);
  const [one, , other] = await digests();
  expect(one).not.toBe(other);
});

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("a copy has everything: entries, groups, what is pending, and it is apart", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 2-1 a 2 b 3
      "2-1"
      > XADD s 3-1 a 3
      "3-1"
      > XDEL s 2-1
      (integer) 1
      > XGROUP CREATE s g 0 ENTRIESREAD 1
      OK
      > XREADGROUP GROUP g one COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      > XGROUP CREATECONSUMER s g two
      (integer) 1
      > COPY s t
      (integer) 1
      > XINFO STREAM t FULL
      1# "length" => (integer) 2
      2# "radix-tree-keys" => (integer) 1
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "3-1"
      5# "max-deleted-entry-id" => "2-1"
      6# "entries-added" => (integer) 3
      7# "recorded-first-entry-id" => "1-1"
      8# "entries" =>
         1) 1) "1-1"
            2) 1) "a"
               2) "1"
         2) 1) "3-1"
            2) 1) "a"
               2) "3"
      9# "groups" => 1) 1# "name" => "g"
            2# "last-delivered-id" => "1-1"
            3# "entries-read" => (nil)
            4# "lag" => (nil)
            5# "pel-count" => (integer) 1
            6# "pending" => 1) 1) "1-1"
                  2) "one"
                  3) (integer) time
                  4) (integer) 1
            7# "consumers" =>
               1) 1# "name" => "one"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 1
                  4# "pending" => 1) 1) "1-1"
                        2) (integer) time
                        3) (integer) 1
               2) 1# "name" => "two"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 0
                  4# "pending" => (empty array)
      > XADD s 4-1 a 4
      "4-1"
      > XACK s g 1-1
      (integer) 1
      > XLEN t
      (integer) 2
      > XPENDING t g
      1) (integer) 1
      2) "1-1"
      3) "1-1"
      4) 1) 1) "one"
            2) "1"
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
      > XACK t g 1-1
      (integer) 1
      > COPY s t
      (integer) 0
      > COPY s t REPLACE
      (integer) 1
      > XRANGE t (3 +
      1) 1) "3-1"
         2) 1) "a"
            2) "3"
      2) 1) "4-1"
         2) 1) "a"
            2) "4"
      > XADD empty 1-1 a 1
      "1-1"
      > XDEL empty 1-1
      (integer) 1
      > COPY empty empty2
      (integer) 1
      > XADD empty2 1-1 a 1
      ${SMALLER_ID}
      > XINFO STREAM empty2
       1# "length" => (integer) 0
       2# "radix-tree-keys" => (integer) 0
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "1-1"
       5# "max-deleted-entry-id" => "1-1"
       6# "entries-added" => (integer) 1
       7# "recorded-first-entry-id" => "0-0"
       8# "groups" => (integer) 0
       9# "first-entry" => (nil)
      10# "last-entry" => (nil)
    `));

  test("RENAME, MOVE and expiry take a stream as it is", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 2-1 a 2
      "2-1"
      > XGROUP CREATE s g $
      OK
      > RENAME s t
      OK
      > EXISTS s
      (integer) 0
      > XADD t 2-1 a 1
      ${SMALLER_ID}
      > XINFO GROUPS t
      1) 1# "name" => "g"
         2# "consumers" => (integer) 0
         3# "pending" => (integer) 0
         4# "last-delivered-id" => "2-1"
         5# "entries-read" => (nil)
         6# "lag" => (integer) 0
      > EXPIRE t 100
      (integer) 1
      > XADD t 3-1 a 1
      "3-1"
      > TTL t
      (integer) 100
      > XDEL t 3-1
      (integer) 1
      > XTRIM t MAXLEN 0
      (integer) 2
      > TTL t
      (integer) 100
      > MOVE t 1
      (integer) 1
      > SELECT 1
      OK
      > TTL t
      (integer) 100
      > XADD t 3-1 a 1
      ${SMALLER_ID}
      > XADD t 4-1 a 1
      "4-1"
      > PERSIST t
      (integer) 1
      > RENAMENX t u
      (integer) 1
      > XLEN u
      (integer) 1
      > SCAN 0 TYPE stream
      1) "0"
      2) 1) "u"
      > SCAN 0 TYPE list
      1) "0"
      2) (empty array)
      > OBJECT ENCODING u
      "stream"
      > OBJECT REFCOUNT u
      (integer) 1
      > OBJECT IDLETIME u
      (integer) 0
      > GETDEL u
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > APPEND u x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LPUSH u x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZADD u 1 x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > HSET u a 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SORT u
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SINTER u
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITCOUNT u
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SETNX u x
      (integer) 0
      > DEL u
      (integer) 1
      > XLEN u
      (integer) 0
      > XADD u 1-1 a 1
      "1-1"
      > UNLINK u
      (integer) 1
      > XADD u 1-1 a 1
      "1-1"
      > SET u text
      OK
      > TYPE u
      string
    `));

  test("a key that has expired is none", () =>
    session(`
      > XADD s 5-1 a 1
      "5-1"
      > PEXPIREAT s 1
      (integer) 1
      > XLEN s
      (integer) 0
      > XADD s NOMKSTREAM 1-1 a 1
      (nil)
      > XADD s 1-1 a 1
      "1-1"
      > XRANGE s - +
      1) 1) "1-1"
         2) 1) "a"
            2) "1"
      > TTL s
      (integer) -1
      > XGROUP CREATE s g 0
      OK
      > MULTI
      OK
      > XADD s 6-1 a 1
      QUEUED
      > PEXPIREAT s 1
      QUEUED
      > XLEN s
      QUEUED
      > XINFO STREAM s
      QUEUED
      > XGROUP CREATE s g 0
      QUEUED
      > XADD s 1-1 a 1
      QUEUED
      > XLEN s
      QUEUED
      > EXEC
      1) "6-1"
      2) (integer) 1
      3) (integer) 0
      4) (error) ERR no such key
      5) ${NO_KEY}
      6) "1-1"
      7) (integer) 1
    `));

  test("in transactions everything is at once", () =>
    session(`
      > MULTI
      OK
      > XADD s 1-1 a 1
      QUEUED
      > XADD s 1-1 a 1
      QUEUED
      > XADD s 2-1 a 1
      QUEUED
      > XGROUP CREATE s g 0
      QUEUED
      > XREADGROUP GROUP g c COUNT 1 STREAMS s >
      QUEUED
      > XREAD BLOCK 0 STREAMS s 1
      QUEUED
      > XREAD BLOCK 0 STREAMS s $
      QUEUED
      > XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      QUEUED
      > XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      QUEUED
      > XACK s g 1-1 2-1
      QUEUED
      > XTRIM s MAXLEN 0
      QUEUED
      > XLEN s
      QUEUED
      > EXEC
       1) "1-1"
       2) ${SMALLER_ID}
       3) "2-1"
       4) OK
       5) 1# "s" => 1) 1) "1-1"
                2) 1) "a"
                   2) "1"
       6) 1# "s" =>
             1) 1) "1-1"
                2) 1) "a"
                   2) "1"
             2) 1) "2-1"
                2) 1) "a"
                   2) "1"
       7) (nil)
       8) 1# "s" => 1) 1) "2-1"
                2) 1) "a"
                   2) "1"
       9) (nil)
      10) (integer) 2
      11) (integer) 2
      12) (integer) 0
      > MULTI
      OK
      > XADD s 9-1 a
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s 9-1 a 1
      QUEUED
      > EXEC
      (error) EXECABORT Transaction discarded because of previous errors.
      > XLEN s
      (integer) 0
    `));

  test("WATCH sees what changes a stream", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 2-1 a 1
      "2-1"
      > XADD s 3-1 a 1
      "3-1"
      > XGROUP CREATE s g 0
      OK
      > WATCH s
      OK
      other> XADD s 1-1 a 1
      ${SMALLER_ID}
      other> XADD s 4-1 a 1
      "4-1"
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH s
      OK
      other> XTRIM s MAXLEN 9
      (integer) 0
      other> XDEL s 9-9
      (integer) 0
      other> XLEN s
      (integer) 4
      other> XRANGE s - +
      1) 1) "1-1"
         2) 1) "a"
            2) "1"
      2) 1) "2-1"
         2) 1) "a"
            2) "1"
      3) 1) "3-1"
         2) 1) "a"
            2) "1"
      4) 1) "4-1"
         2) 1) "a"
            2) "1"
      other> XADD s NOMKSTREAM 1-1 a 1
      ${SMALLER_ID}
      other> XSETID s 1-1
      (error) ERR The ID specified in XSETID is smaller than the target stream top item
      other> XACK s g 1-1
      (integer) 0
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XDEL s 4-1
      (integer) 1
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH s
      OK
      other> XTRIM s MAXLEN 2
      (integer) 1
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH s
      OK
      other> XSETID s 5-1
      OK
      > MULTI
      OK
      > EXEC
      (empty array)
    `));

  test("WATCH, and what is done with groups", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 2-1 a 1
      "2-1"
      > WATCH s
      OK
      other> XGROUP CREATE s g 0
      OK
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XREADGROUP GROUP g c COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XREADGROUP GROUP g c NOACK STREAMS s >
      1# "s" => 1) 1) "2-1"
            2) 1) "a"
               2) "1"
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XREADGROUP GROUP g c STREAMS s 0
      1# "s" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XREADGROUP GROUP g new STREAMS s 0
      1# "s" => (empty array)
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XREADGROUP GROUP g newer STREAMS s >
      (nil)
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XCLAIM s g d 0 1-1
      1) 1) "1-1"
         2) 1) "a"
            2) "1"
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XAUTOCLAIM s g e 0 0
      1) "0-0"
      2) 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      3) (empty array)
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XACK s g 1-1
      (integer) 1
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XGROUP CREATECONSUMER s g f
      (integer) 1
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XGROUP DELCONSUMER s g f
      (integer) 0
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XGROUP SETID s g $
      OK
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XGROUP CREATE s g $
      (error) BUSYGROUP Consumer Group name already exists
      other> XGROUP DELCONSUMER s g nosuch
      (integer) 0
      other> XGROUP CREATECONSUMER s g c
      (integer) 0
      other> XGROUP DESTROY s nosuch
      (integer) 0
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH s
      OK
      other> XGROUP DESTROY s g
      (integer) 1
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH nosuch
      OK
      other> XGROUP CREATE nosuch g $ MKSTREAM
      OK
      > MULTI
      OK
      > EXEC
      (nil)
    `));
});
