// Purpose: what XPENDING and XINFO tell of groups and consumers, as sessions under RESP2 and RESP3.
// All hold for the real Redis as well, what came later aside: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";
import { fieldsOf, INVALID_ID, inProtocol, withoutTimes } from "./stream_replies.ts";

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

const isRedis = /redis-server/.test(process.env.RUSK_BINARY ?? "");
const ask = async (...words: Word[]) => plain(await client.command(...words));

const NO_GROUP = "(error) NOGROUP No such key 's' or consumer group 'g'";

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XPENDING sums up, or lists a range, all or one's own", () =>
    session(`
      > XGROUP CREATE s g 0 MKSTREAM
      OK
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
      > XPENDING s g - + 10
      (empty array)
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 2-1 n 3
      "2-1"
      > XADD s 3-1 n 4
      "3-1"
      > XGROUP CREATECONSUMER s g none
      (integer) 1
      > XREADGROUP GROUP g bob COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XREADGROUP GROUP g ann COUNT 2 STREAMS s >
      1# "s" =>
         1) 1) "1-2"
            2) 1) "n"
               2) "2"
         2) 1) "2-1"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP g bob COUNT 1 STREAMS s >
      1# "s" => 1) 1) "3-1"
            2) 1) "n"
               2) "4"
      > XPENDING s g
      1) (integer) 4
      2) "1-1"
      3) "3-1"
      4) 1) 1) "ann"
            2) "2"
         2) 1) "bob"
            2) "2"
      > XPENDING s g - + 2
      1) 1) "1-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g 1-2 2 10
      1) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      2) 1) "2-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g (1-1 (2-1 10
      1) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g - + 10 bob
      1) 1) "1-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      2) 1) "3-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g - + 1 bob
      1) 1) "1-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g - + 10 none
      (empty array)
      > XPENDING s g - + 10 nosuch
      (empty array)
      > XPENDING s g + - 10
      (empty array)
      > XPENDING s g - + 0
      (empty array)
      > XPENDING s g - + -1
      (empty array)
      > XPENDING s g - + -9223372036854775808
      (empty array)
      > XPENDING s g 3-1 3-1 9223372036854775807
      1) 1) "3-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g IDLE 0 3 + 10
      1) 1) "3-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g IDLE 1000000 - + 10
      (empty array)
      > XPENDING s g idle 1000000 - + 10 bob
      (empty array)
      > XPENDING s g IDLE -5 3 + 10
      1) 1) "3-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XPENDING s g IDLE 0 - + 10 ann
      1) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      2) 1) "2-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XINFO CONSUMERS s g
      1) 1# "name" => "ann"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      2) 1# "name" => "bob"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      3) 1# "name" => "none"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
    `));

  test("XPENDING refuses wrong words", () =>
    session(`
      > XPENDING s
      (error) ERR wrong number of arguments for 'xpending' command
      > XPENDING s g
      ${NO_GROUP}
      > XADD s 1-1 n 1
      "1-1"
      > XPENDING s g
      ${NO_GROUP}
      > XPENDING s g - + 10
      ${NO_GROUP}
      > XPENDING s g x + 10
      ${INVALID_ID}
      > XGROUP CREATE s g 0
      OK
      > XPENDING s g -
      (error) ERR syntax error
      > XPENDING s g - +
      (error) ERR syntax error
      > XPENDING s g x + 10
      ${INVALID_ID}
      > XPENDING s g - x 10
      ${INVALID_ID}
      > XPENDING s g - + x
      (error) ERR value is not an integer or out of range
      > XPENDING s g - + ""
      (error) ERR value is not an integer or out of range
      > XPENDING s g - + 9223372036854775808
      (error) ERR value is not an integer or out of range
      > XPENDING s g - + 10 c d
      (empty array)
      > XPENDING s g IDLE 0
      (error) ERR syntax error
      > XPENDING s g IDLE 0 -
      (error) ERR syntax error
      > XPENDING s g IDLE 0 - +
      (error) ERR syntax error
      > XPENDING s g IDLE x - + 10
      (error) ERR value is not an integer or out of range
      > XPENDING s g IDLE 0 x + 10
      ${INVALID_ID}
      > XPENDING s g IDLE 0 - + x
      (error) ERR value is not an integer or out of range
      > XPENDING s g IDLE 9223372036854775808 - + 10
      (error) ERR value is not an integer or out of range
      > XPENDING s g - + 10 IDLE 0
      (empty array)
      > XPENDING s g IDLE 0 - + 10 c d
      (error) ERR syntax error
      > XPENDING s g (- + 10
      ${INVALID_ID}
      > XPENDING s g - (+ 10
      ${INVALID_ID}
      > XPENDING s g (18446744073709551615-18446744073709551615 + 10
      (error) ERR invalid start ID for the interval
      > XPENDING s g - (0-0 10
      (error) ERR invalid end ID for the interval
      > XPENDING s g * + 10
      ${INVALID_ID}
      > XPENDING s g $ + 10
      ${INVALID_ID}
      > SET text x
      OK
      > XPENDING text g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XPENDING text g x + 10
      ${INVALID_ID}
      > XPENDING text g - + x
      (error) ERR value is not an integer or out of range
      > XPENDING nosuch g - + x
      (error) ERR value is not an integer or out of range
      > XPENDING nosuch g - + 10
      (error) NOGROUP No such key 'nosuch' or consumer group 'g'
      > XPENDING s nosuch - + 10 c
      (error) NOGROUP No such key 's' or consumer group 'nosuch'
    `));

  test("XINFO refuses wrong words", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > SET text x
      OK
      > XINFO
      (error) ERR wrong number of arguments for 'xinfo' command
      > XINFO NOSUCH s
      (error) ERR unknown subcommand 'NOSUCH'. Try XINFO HELP.
      > XINFO STREAM
      (error) ERR wrong number of arguments for 'xinfo|stream' command
      > XINFO STREAM nosuch
      (error) ERR no such key
      > XINFO STREAM nosuch FULL
      (error) ERR no such key
      > XINFO STREAM nosuch FOO
      (error) ERR no such key
      > XINFO STREAM text
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XINFO STREAM text FOO
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XINFO STREAM s FOO
      (error) ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
      > XINFO STREAM s FULL COUNT
      (error) ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
      > XINFO STREAM s FULL COUNT x
      (error) ERR value is not an integer or out of range
      > XINFO STREAM s FULL 1 2
      (error) ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
      > XINFO STREAM s FULL COUNT 1 2
      (error) ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
      > XINFO STREAM s COUNT 1
      (error) ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
      > XINFO STREAM nosuch FULL COUNT x
      (error) ERR no such key
      > XINFO GROUPS
      (error) ERR wrong number of arguments for 'xinfo|groups' command
      > XINFO GROUPS nosuch
      (error) ERR no such key
      > XINFO GROUPS text
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XINFO GROUPS s
      (empty array)
      > XINFO GROUPS s x
      (error) ERR wrong number of arguments for 'xinfo|groups' command
      > XINFO CONSUMERS s
      (error) ERR wrong number of arguments for 'xinfo|consumers' command
      > XINFO CONSUMERS s g
      (error) NOGROUP No such consumer group 'g' for key name 's'
      > XINFO CONSUMERS nosuch g
      (error) ERR no such key
      > XINFO CONSUMERS text g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XINFO HELP x
      (error) ERR wrong number of arguments for 'xinfo|help' command
    `));

  test("XINFO STREAM FULL shows entries and pending ones, ten of each or COUNT", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XGROUP CREATE s g 0
      OK
      > XGROUP CREATE s empty $
      OK
      > XREADGROUP GROUP g ann COUNT 2 STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XCLAIM s g bob 0 1-2 TIME 1000 RETRYCOUNT 7 JUSTID
      1) "1-2"
      > XINFO STREAM s FULL
      1# "length" => (integer) 3
      2# "radix-tree-keys" => (integer) 1
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "1-3"
      5# "max-deleted-entry-id" => "0-0"
      6# "entries-added" => (integer) 3
      7# "recorded-first-entry-id" => "1-1"
      8# "entries" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
         3) 1) "1-3"
            2) 1) "n"
               2) "3"
      9# "groups" =>
         1) 1# "name" => "empty"
            2# "last-delivered-id" => "1-3"
            3# "entries-read" => (nil)
            4# "lag" => (integer) 0
            5# "pel-count" => (integer) 0
            6# "pending" => (empty array)
            7# "consumers" => (empty array)
         2) 1# "name" => "g"
            2# "last-delivered-id" => "1-2"
            3# "entries-read" => (integer) 2
            4# "lag" => (integer) 1
            5# "pel-count" => (integer) 2
            6# "pending" =>
               1) 1) "1-1"
                  2) "ann"
                  3) (integer) time
                  4) (integer) 1
               2) 1) "1-2"
                  2) "bob"
                  3) (integer) 1000
                  4) (integer) 7
            7# "consumers" =>
               1) 1# "name" => "ann"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 1
                  4# "pending" => 1) 1) "1-1"
                        2) (integer) time
                        3) (integer) 1
               2) 1# "name" => "bob"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 1
                  4# "pending" => 1) 1) "1-2"
                        2) (integer) 1000
                        3) (integer) 7
      > XINFO STREAM s full count 1
      1# "length" => (integer) 3
      2# "radix-tree-keys" => (integer) 1
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "1-3"
      5# "max-deleted-entry-id" => "0-0"
      6# "entries-added" => (integer) 3
      7# "recorded-first-entry-id" => "1-1"
      8# "entries" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      9# "groups" =>
         1) 1# "name" => "empty"
            2# "last-delivered-id" => "1-3"
            3# "entries-read" => (nil)
            4# "lag" => (integer) 0
            5# "pel-count" => (integer) 0
            6# "pending" => (empty array)
            7# "consumers" => (empty array)
         2) 1# "name" => "g"
            2# "last-delivered-id" => "1-2"
            3# "entries-read" => (integer) 2
            4# "lag" => (integer) 1
            5# "pel-count" => (integer) 2
            6# "pending" => 1) 1) "1-1"
                  2) "ann"
                  3) (integer) time
                  4) (integer) 1
            7# "consumers" =>
               1) 1# "name" => "ann"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 1
                  4# "pending" => 1) 1) "1-1"
                        2) (integer) time
                        3) (integer) 1
               2) 1# "name" => "bob"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 1
                  4# "pending" => 1) 1) "1-2"
                        2) (integer) 1000
                        3) (integer) 7
    `));
});

test("XINFO STREAM FULL: COUNT is ten by default, and 0 is all", async () => {
  for (let n = 1; n <= 25; n++) await ask("XADD", "s", `${n}-1`, "n", n);
  await ask("XGROUP", "CREATE", "s", "g", 0);
  await ask("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  const counts = async (...words: Word[]) => {
    const info = fieldsOf(await ask("XINFO", "STREAM", "s", "FULL", ...words));
    const group = fieldsOf((info.groups as unknown[])[0]);
    const consumer = fieldsOf((group.consumers as unknown[])[0]);
    const lists = [info.entries, group.pending, consumer.pending] as unknown[][];
    return [...lists.map((list) => list.length), group["pel-count"], consumer["pel-count"]];
  };
  expect(await counts()).toEqual([10, 10, 10, 25, 25]);
  expect(await counts("COUNT", 0)).toEqual([25, 25, 25, 25, 25]);
  expect(await counts("COUNT", 3)).toEqual([3, 3, 3, 25, 25]);
  expect(await counts("COUNT", -7)).toEqual([10, 10, 10, 25, 25]);
  expect(await counts("COUNT", 100)).toEqual([25, 25, 25, 25, 25]);
});

test("XPENDING tells how long an entry has been pending", async () => {
  await ask("XADD", "s", "1-1", "n", 1);
  await ask("XADD", "s", "1-2", "n", 2);
  await ask("XGROUP", "CREATE", "s", "g", 0);
  await ask("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  await ask("XCLAIM", "s", "g", "c", 0, "1-1", "IDLE", 60_000);
  await ask("XCLAIM", "s", "g", "c", 0, "1-2", "TIME", Date.now() - 600_000);
  const idle = async (...words: Word[]) =>
    ((await ask("XPENDING", "s", "g", ...words)) as [string, string, number, number][]).map(
      ([id, , ms]) => [id, ms - (ms % 30_000)],
    );
  expect(await idle("-", "+", 10)).toEqual([
    ["1-1", 60_000],
    ["1-2", 600_000],
  ]);
  expect(await idle("IDLE", 300_000, "-", "+", 10)).toEqual([["1-2", 600_000]]);
  expect(await idle("IDLE", 60_000, "-", "+", 1)).toEqual([["1-1", 60_000]]);
  expect(await idle("IDLE", 90_000, "-", "+", 1, "c")).toEqual([["1-2", 600_000]]);
});

test("XINFO tells when a consumer was there", async () => {
  await ask("XADD", "s", "1-1", "n", 1);
  await ask("XGROUP", "CREATE", "s", "g", 0);
  const before = Date.now();
  await ask("XGROUP", "CREATECONSUMER", "s", "g", "a");
  await ask("XREADGROUP", "GROUP", "g", "b", "STREAMS", "s", ">");
  const consumers = ((await ask("XINFO", "CONSUMERS", "s", "g")) as unknown[]).map(fieldsOf);
  const after = Date.now();
  for (const { idle } of consumers) {
    expect(idle).toBeGreaterThanOrEqual(0);
    expect(idle).toBeLessThanOrEqual(after - before);
  }
  const info = fieldsOf(await ask("XINFO", "STREAM", "s", "FULL"));
  const group = fieldsOf((info.groups as unknown[])[0]);
  const full = (group.consumers as unknown[]).map(fieldsOf);
  const delivered = (group.pending as number[][])[0][2];
  for (const time of [...full.map((one) => one["seen-time"]), delivered]) {
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(after);
  }
});

describe.skipIf(isRedis)("of Redis 7.2", () => {
  const inactive = async () => {
    const consumers = ((await ask("XINFO", "CONSUMERS", "s", "g")) as unknown[]).map(fieldsOf);
    const info = fieldsOf(await ask("XINFO", "STREAM", "s", "FULL"));
    const group = fieldsOf((info.groups as unknown[])[0]);
    const full = (group.consumers as unknown[]).map(fieldsOf);
    return consumers.map((one, index) => {
      const isNever = one.inactive === -1;
      expect(full[index]["active-time"] === -1).toBe(isNever);
      return `${one.name} ${isNever ? "never" : "once"}`;
    });
  };

  test("XINFO tells when a consumer last got something to do", async () => {
    for (const id of ["1-1", "1-2", "1-3"]) await ask("XADD", "s", id, "n", 1);
    await ask("XGROUP", "CREATE", "s", "g", 0);
    const before = Date.now();
    await ask("XGROUP", "CREATECONSUMER", "s", "g", "made");
    await ask("XREADGROUP", "GROUP", "g", "reader", "COUNT", 2, "STREAMS", "s", ">");
    await ask("XREADGROUP", "GROUP", "g", "historian", "STREAMS", "s", 0);
    await ask("XCLAIM", "s", "g", "early", 3_600_000, "1-1");
    await ask("XAUTOCLAIM", "s", "g", "soon", 3_600_000, "0");
    const never = ["historian never", "made never", "reader once"];
    expect(await inactive()).toEqual(never);
    await ask("XREADGROUP", "GROUP", "g", "historian", "STREAMS", "s", 0);
    await ask("XCLAIM", "s", "g", "claimer", 0, "1-1");
    await ask("XAUTOCLAIM", "s", "g", "taker", 0, "1-2", "JUSTID");
    expect(await inactive()).toEqual(["claimer once", ...never, "taker once"]);
    const consumers = (await ask("XINFO", "CONSUMERS", "s", "g")) as unknown[];
    const reader = fieldsOf(consumers[3]);
    const after = Date.now();
    expect(Object.keys(reader)).toEqual(["name", "pending", "idle", "inactive"]);
    expect(reader.inactive).toBeGreaterThanOrEqual(0);
    expect(reader.inactive).toBeLessThanOrEqual(after - before);
  });

  test("who is served when there is nothing any more has got nothing to do", async () => {
    await ask("XGROUP", "CREATE", "s", "g", 0, "MKSTREAM");
    const reader = await server.connect();
    const read = reader.command(
      ...["XREADGROUP", "GROUP", "g", "reader", "BLOCK", 0, "STREAMS", "s", ">"],
    );
    await until("it to wait", async () =>
      String(await ask("INFO", "clients")).includes("blocked_clients:1"),
    );
    await ask("MULTI");
    await ask("XADD", "s", "1-1", "n", 1);
    await ask("XDEL", "s", "1-1");
    await ask("EXEC");
    expect(plain(await read)).toEqual([["s", []]]);
    expect(await inactive()).toEqual(["reader never"]);
    reader.close();
  });

  test("active-time stands behind seen-time", async () => {
    await ask("XADD", "s", "1-1", "n", 1);
    await ask("XGROUP", "CREATE", "s", "g", 0);
    const before = Date.now();
    await ask("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
    const after = Date.now();
    const info = fieldsOf(await ask("XINFO", "STREAM", "s", "FULL"));
    const group = fieldsOf((info.groups as unknown[])[0]);
    const consumer = fieldsOf((group.consumers as unknown[])[0]);
    const names = ["name", "seen-time", "active-time", "pel-count", "pending"];
    expect(Object.keys(consumer)).toEqual(names);
    expect(consumer["active-time"]).toBeGreaterThanOrEqual(before);
    expect(consumer["active-time"]).toBeLessThanOrEqual(after);
  });
});
