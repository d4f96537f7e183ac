// Purpose: XGROUP and XACK, as sessions under RESP2 and RESP3. All hold for the real Redis as well:
// RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { INVALID_ID, inProtocol, LARGEST_ID, NO_KEY, withoutTimes } from "./stream_replies.ts";

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
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XGROUP CREATE makes a group that reads on after an ID", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 2-1 n 2
      "2-1"
      > XGROUP CREATE s all 0
      OK
      > XGROUP CREATE s new $
      OK
      > XGROUP CREATE s some 1
      OK
      > XGROUP CREATE s far 99-1
      OK
      > XGROUP CREATE s all 0
      (error) BUSYGROUP Consumer Group name already exists
      > XGROUP CREATE s ALL 007
      OK
      > XGROUP CREATE s "" 0
      OK
      > XGROUP CREATE s "\\xff\\x00\\n" 18446744073709551615
      OK
      > XGROUP CREATE s read 1-1 ENTRIESREAD 1
      OK
      > XGROUP CREATE s lost 1-1 ENTRIESREAD -1
      OK
      > XGROUP CREATE s more 1-1 entriesread 100 mkstream
      OK
      > XINFO GROUPS s
       1) 1# "name" => ""
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "0-0"
          5# "entries-read" => (nil)
          6# "lag" => (integer) 2
       2) 1# "name" => "ALL"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "7-0"
          5# "entries-read" => (nil)
          6# "lag" => (nil)
       3) 1# "name" => "all"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "0-0"
          5# "entries-read" => (nil)
          6# "lag" => (integer) 2
       4) 1# "name" => "far"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "99-1"
          5# "entries-read" => (nil)
          6# "lag" => (nil)
       5) 1# "name" => "lost"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "1-1"
          5# "entries-read" => (nil)
          6# "lag" => (integer) 1
       6) 1# "name" => "more"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "1-1"
          5# "entries-read" => (integer) 100
          6# "lag" => (integer) -98
       7) 1# "name" => "new"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "2-1"
          5# "entries-read" => (nil)
          6# "lag" => (integer) 0
       8) 1# "name" => "read"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "1-1"
          5# "entries-read" => (integer) 1
          6# "lag" => (integer) 1
       9) 1# "name" => "some"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "1-0"
          5# "entries-read" => (nil)
          6# "lag" => (integer) 2
      10) 1# "name" => "\\xff\\x00\\n"
          2# "consumers" => (integer) 0
          3# "pending" => (integer) 0
          4# "last-delivered-id" => "18446744073709551615-0"
          5# "entries-read" => (nil)
          6# "lag" => (nil)
      > XREADGROUP GROUP far c STREAMS s >
      (nil)
      > XREADGROUP GROUP new c STREAMS s >
      (nil)
      > XREADGROUP GROUP some c STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "2-1"
            2) 1) "n"
               2) "2"
    `));

  test("XGROUP CREATE MKSTREAM makes an empty stream when there is none", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      > TYPE s
      stream
      > XLEN s
      (integer) 0
      > XINFO STREAM s FULL
      1# "length" => (integer) 0
      2# "radix-tree-keys" => (integer) 0
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "0-0"
      5# "max-deleted-entry-id" => "0-0"
      6# "entries-added" => (integer) 0
      7# "recorded-first-entry-id" => "0-0"
      8# "entries" => (empty array)
      9# "groups" => 1) 1# "name" => "g"
            2# "last-delivered-id" => "0-0"
            3# "entries-read" => (nil)
            4# "lag" => (integer) 0
            5# "pel-count" => (integer) 0
            6# "pending" => (empty array)
            7# "consumers" => (empty array)
      > XADD s 1-1 n 1
      "1-1"
      > XREADGROUP GROUP g c STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XGROUP CREATE t g 5-5 mkstream MKSTREAM ENTRIESREAD 3
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XINFO STREAM t
      (error) ERR no such key
      > XINFO GROUPS t
      (error) ERR no such key
      > XADD t 1-1 n 1
      "1-1"
      > XINFO GROUPS t
      (empty array)
    `));

  test("XGROUP refuses wrong words", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > SET text x
      OK
      > XGROUP
      (error) ERR wrong number of arguments for 'xgroup' command
      > XGROUP NOSUCH s g
      (error) ERR unknown subcommand 'NOSUCH'. Try XGROUP HELP.
      > XGROUP CREATE
      (error) ERR wrong number of arguments for 'xgroup|create' command
      > XGROUP CREATE s g
      (error) ERR wrong number of arguments for 'xgroup|create' command
      > XGROUP CREATE s g x
      ${INVALID_ID}
      > XGROUP CREATE s g ""
      ${INVALID_ID}
      > XGROUP CREATE s g -
      ${INVALID_ID}
      > XGROUP CREATE s g +
      ${INVALID_ID}
      > XGROUP CREATE s g >
      ${INVALID_ID}
      > XGROUP CREATE s g (1
      ${INVALID_ID}
      > XGROUP CREATE s g *
      ${INVALID_ID}
      > XGROUP CREATE s g 1-*
      ${INVALID_ID}
      > XGROUP CREATE s g 0 FOO
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XGROUP CREATE s g 0 MKSTREAM FOO
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XGROUP CREATE s g 0 ENTRIESREAD
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XGROUP CREATE s g 0 ENTRIESREAD x
      (error) ERR value is not an integer or out of range
      > XGROUP CREATE s g 0 ENTRIESREAD -2
      (error) ERR value for ENTRIESREAD must be positive or -1
      > XGROUP CREATE s g 0 ENTRIESREAD 9223372036854775808
      (error) ERR value is not an integer or out of range
      > XGROUP CREATE s g 0 ENTRIESREAD 1 ENTRIESREAD 2
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XGROUP CREATE s g 0 1 2 3 4 5
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XGROUP CREATE nosuch g 0
      ${NO_KEY}
      > XGROUP CREATE nosuch g x
      ${NO_KEY}
      > XGROUP CREATE nosuch g x MKSTREAM
      ${INVALID_ID}
      > XGROUP CREATE nosuch g 0 FOO
      (error) ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
      > XGROUP CREATE text g 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP CREATE text g 0 MKSTREAM
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP CREATE text g x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP CREATE text g 0 ENTRIESREAD -2
      (error) ERR value for ENTRIESREAD must be positive or -1
      > EXISTS nosuch
      (integer) 0
      > XGROUP SETID s g 0
      (error) NOGROUP No such consumer group 'g' for key name 's'
      > XGROUP SETID nosuch g 0
      ${NO_KEY}
      > XGROUP SETID s g +
      (error) NOGROUP No such consumer group 'g' for key name 's'
      > XGROUP SETID s g x
      (error) NOGROUP No such consumer group 'g' for key name 's'
      > XGROUP SETID s g 0 MKSTREAM
      (error) ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
      > XGROUP SETID s g 0 ENTRIESREAD x
      (error) ERR value is not an integer or out of range
      > XGROUP SETID s g
      (error) ERR wrong number of arguments for 'xgroup|setid' command
      > XGROUP SETID text g 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP DESTROY s
      (error) ERR wrong number of arguments for 'xgroup|destroy' command
      > XGROUP DESTROY s g
      (integer) 0
      > XGROUP DESTROY s g h
      (error) ERR wrong number of arguments for 'xgroup|destroy' command
      > XGROUP DESTROY nosuch g
      ${NO_KEY}
      > XGROUP DESTROY text g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP CREATECONSUMER s g c
      (error) NOGROUP No such consumer group 'g' for key name 's'
      > XGROUP CREATECONSUMER nosuch g c
      ${NO_KEY}
      > XGROUP CREATECONSUMER text g c
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP CREATECONSUMER s g
      (error) ERR wrong number of arguments for 'xgroup|createconsumer' command
      > XGROUP CREATECONSUMER s g c d
      (error) ERR wrong number of arguments for 'xgroup|createconsumer' command
      > XGROUP DELCONSUMER s g c
      (error) NOGROUP No such consumer group 'g' for key name 's'
      > XGROUP DELCONSUMER nosuch g c
      ${NO_KEY}
      > XGROUP DELCONSUMER text g c
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XGROUP DELCONSUMER s g
      (error) ERR wrong number of arguments for 'xgroup|delconsumer' command
      > XGROUP HELP x
      (error) ERR wrong number of arguments for 'xgroup|help' command
    `));

  test("XGROUP DESTROY, CREATECONSUMER and DELCONSUMER", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XGROUP CREATE s g 0
      OK
      > XGROUP CREATECONSUMER s g ann
      (integer) 1
      > XGROUP CREATECONSUMER s g ann
      (integer) 0
      > XGROUP CREATECONSUMER s g ""
      (integer) 1
      > XREADGROUP GROUP g ann COUNT 2 STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREADGROUP GROUP g bob STREAMS s >
      1# "s" => 1) 1) "1-3"
            2) 1) "n"
               2) "3"
      > XINFO CONSUMERS s g
      1) 1# "name" => ""
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      2) 1# "name" => "ann"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      3) 1# "name" => "bob"
         2# "pending" => (integer) 1
         3# "idle" => (integer) ms
      > XGROUP DELCONSUMER s g ann
      (integer) 2
      > XGROUP DELCONSUMER s g ann
      (integer) 0
      > XGROUP DELCONSUMER s g ""
      (integer) 0
      > XPENDING s g
      1) (integer) 1
      2) "1-3"
      3) "1-3"
      4) 1) 1) "bob"
            2) "1"
      > XPENDING s g - + 10
      1) 1) "1-3"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XACK s g 1-1 1-3
      (integer) 1
      > XREADGROUP GROUP g ann STREAMS s 0
      1# "s" => (empty array)
      > XGROUP DELCONSUMER s g bob
      (integer) 0
      > XGROUP DELCONSUMER s g ann
      (integer) 0
      > XINFO CONSUMERS s g
      (empty array)
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 0
         3# "pending" => (integer) 0
         4# "last-delivered-id" => "1-3"
         5# "entries-read" => (integer) 3
         6# "lag" => (integer) 0
      > XGROUP DESTROY s nosuch
      (integer) 0
      > XGROUP DESTROY s g
      (integer) 1
      > XGROUP DESTROY s g
      (integer) 0
      > XINFO GROUPS s
      (empty array)
      > XGROUP CREATE s g 1-2
      OK
      > XREADGROUP GROUP g c STREAMS s >
      1# "s" => 1) 1) "1-3"
            2) 1) "n"
               2) "3"
      > EXISTS s
      (integer) 1
    `));

  test("XGROUP SETID has a group read on after an ID, also - and +", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XGROUP CREATE s g $
      OK
      > XGROUP SETID s g 1
      OK
      > XREADGROUP GROUP g c COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XGROUP SETID s g -
      OK
      > XREADGROUP GROUP g d STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "d"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-2"
         2) "d"
         3) (integer) ms
         4) (integer) 1
      > XGROUP SETID s g +
      OK
      > XREADGROUP GROUP g c STREAMS s >
      (nil)
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 2
         4# "last-delivered-id" => "${LARGEST_ID}"
         5# "entries-read" => (nil)
         6# "lag" => (nil)
      > XGROUP SETID s g 1-1 entriesread 5
      OK
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 2
         4# "last-delivered-id" => "1-1"
         5# "entries-read" => (integer) 5
         6# "lag" => (integer) -3
      > XGROUP SETID s g x
      ${INVALID_ID}
      > XGROUP SETID s g ""
      ${INVALID_ID}
      > XGROUP SETID s g (1
      ${INVALID_ID}
      > XGROUP SETID s g >
      ${INVALID_ID}
      > XGROUP SETID s g *
      ${INVALID_ID}
      > XGROUP SETID s g 1-*
      ${INVALID_ID}
      > XGROUP SETID s g 1-1 ENTRIESREAD
      (error) ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
      > XGROUP SETID s g 1-1 ENTRIESREAD -2
      (error) ERR value for ENTRIESREAD must be positive or -1
      > XGROUP SETID s g 1-1 ENTRIESREAD 1 x
      (error) ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 2
         4# "last-delivered-id" => "1-1"
         5# "entries-read" => (integer) 5
         6# "lag" => (integer) -3
    `));

  test("XACK takes out what is pending, once", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XGROUP CREATE s g 0
      OK
      > XGROUP CREATE s h 0
      OK
      > XREADGROUP GROUP g ann COUNT 2 STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREADGROUP GROUP g bob STREAMS s >
      1# "s" => 1) 1) "1-3"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP h ann STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
         3) 1) "1-3"
            2) 1) "n"
               2) "3"
      > XACK s g 1-1
      (integer) 1
      > XACK s g 1-1
      (integer) 0
      > XACK s g 1-2 1-3 1-2 9-9 0-0
      (integer) 2
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
      > XPENDING s h
      1) (integer) 3
      2) "1-1"
      3) "1-3"
      4) 1) 1) "ann"
            2) "3"
      > XDEL s 1-1
      (integer) 1
      > XACK s h 1 1-1 1-3
      (integer) 2
      > XPENDING s h - + 10
      1) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XACK nosuch g 1-1
      (integer) 0
      > XACK s nosuch 1-1
      (integer) 0
      > XACK nosuch g x
      (integer) 0
      > XACK s nosuch x
      (integer) 0
      > XACK s h 1-2 x
      ${INVALID_ID}
      > XACK s h -
      ${INVALID_ID}
      > XACK s h (1-2
      ${INVALID_ID}
      > XACK s h *
      ${INVALID_ID}
      > XACK s h
      (error) ERR wrong number of arguments for 'xack' command
      > XPENDING s h
      1) (integer) 1
      2) "1-2"
      3) "1-2"
      4) 1) 1) "ann"
            2) "1"
      > SET text x
      OK
      > XACK text g 1-1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XACK text g x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("groups and consumers come in the order of their names' bytes", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XGROUP CREATE s b 0
      OK
      > XGROUP CREATE s abc 0
      OK
      > XGROUP CREATE s "\\xff" 0
      OK
      > XGROUP CREATE s B 0
      OK
      > XGROUP CREATE s "" 0
      OK
      > XGROUP CREATE s ab 0
      OK
      > XGROUP CREATE s "\\x00" 0
      OK
      > XGROUP CREATE s 10 0
      OK
      > XGROUP CREATE s 9 0
      OK
      > XGROUP CREATE s "\\xc3\\xa9" 0
      OK
      > XGROUP CREATECONSUMER s b z
      (integer) 1
      > XGROUP CREATECONSUMER s b "\\xff"
      (integer) 1
      > XGROUP CREATECONSUMER s b aa
      (integer) 1
      > XGROUP CREATECONSUMER s b a
      (integer) 1
      > XGROUP CREATECONSUMER s b ""
      (integer) 1
      > XGROUP CREATECONSUMER s b Z
      (integer) 1
      > XGROUP CREATECONSUMER s b "a\\x00"
      (integer) 1
      > XINFO CONSUMERS s b
      1) 1# "name" => ""
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      2) 1# "name" => "Z"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      3) 1# "name" => "a"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      4) 1# "name" => "a\\x00"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      5) 1# "name" => "aa"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      6) 1# "name" => "z"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      7) 1# "name" => "\\xff"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      > XCLAIM s b z 0 1-1 FORCE JUSTID
      1) "1-1"
      > XCLAIM s b Z 0 1-1 JUSTID
      1) "1-1"
      > XPENDING s b
      1) (integer) 1
      2) "1-1"
      3) "1-1"
      4) 1) 1) "Z"
            2) "1"
    `));
});

test("XGROUP HELP and XINFO HELP list the subcommands", async () => {
  const group = (await ask("XGROUP", "HELP")) as string[];
  expect(group[0]).toBe("XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const name of ["CREATE", "CREATECONSUMER", "DELCONSUMER", "DESTROY", "SETID"]) {
    expect(group.filter((line) => line.startsWith(`${name} <key>`))).toHaveLength(1);
  }
  const info = (await ask("XINFO", "HELP")) as string[];
  expect(info[0]).toBe("XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const name of ["CONSUMERS", "GROUPS", "STREAM"]) {
    expect(info.filter((line) => line.startsWith(`${name} <key>`))).toHaveLength(1);
  }
  for (const lines of [group, info]) {
    expect(lines.slice(-2)).toEqual(["HELP", "    Prints this help."]);
  }
});
