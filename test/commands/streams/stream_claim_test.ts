// Purpose: XCLAIM, as sessions under RESP2 and RESP3. All hold for the real Redis as well:
// RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";
import { INVALID_ID, inProtocol, withoutTimes } from "./stream_replies.ts";

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

const NO_GROUP = "(error) NOGROUP No such key 's' or consumer group 'g'";

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XCLAIM moves what is pending to another consumer, and counts", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XADD s 1-4 n 4
      "1-4"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
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
      > XCLAIM s g bob 0 1-1
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XCLAIM s g bob 0 1-1 1-2 1-1
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      2) 1) "1-2"
         2) 1) "n"
            2) "2"
      3) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 4
      2) 1) "1-2"
         2) "bob"
         3) (integer) ms
         4) (integer) 2
      3) 1) "1-3"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XCLAIM s g bob 0 1-4 9-9
      (empty array)
      > XCLAIM s g bob 3600000 1-3
      (empty array)
      > XCLAIM s g cid 3600000 1-3
      (empty array)
      > XCLAIM s g dan 0 9-9
      (empty array)
      > XCLAIM s g ann 0 1-3 JUSTID
      1) "1-3"
      > XCLAIM s g ann 0 1-3 justid
      1) "1-3"
      > XCLAIM s g ann 0 1-3
      1) 1) "1-3"
         2) 1) "n"
            2) "3"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 4
      2) 1) "1-2"
         2) "bob"
         3) (integer) ms
         4) (integer) 2
      3) 1) "1-3"
         2) "ann"
         3) (integer) ms
         4) (integer) 2
      > XINFO CONSUMERS s g
      1) 1# "name" => "ann"
         2# "pending" => (integer) 1
         3# "idle" => (integer) ms
      2) 1# "name" => "bob"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      > XCLAIM s g bob -5 1-1 JUSTID
      1) "1-1"
      > XCLAIM s g bob 0 1 1-1 01-01 JUSTID
      1) "1-1"
      2) "1-1"
      > XACK s g 1-1
      (integer) 1
      > XCLAIM s g bob 0 1-1
      (empty array)
    `));

  test("XCLAIM sets times and counts", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XADD s 1-4 n 4
      "1-4"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
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
      > XCLAIM s g ann 0 1-1 RETRYCOUNT 10
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XCLAIM s g ann 0 1-2 RETRYCOUNT 0 JUSTID
      1) "1-2"
      > XCLAIM s g ann 0 1-3 TIME 1000
      1) 1) "1-3"
         2) 1) "n"
            2) "3"
      > XINFO STREAM s FULL
      1# "length" => (integer) 4
      2# "radix-tree-keys" => (integer) 1
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "1-4"
      5# "max-deleted-entry-id" => "0-0"
      6# "entries-added" => (integer) 4
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
         4) 1) "1-4"
            2) 1) "n"
               2) "4"
      9# "groups" => 1) 1# "name" => "g"
            2# "last-delivered-id" => "1-3"
            3# "entries-read" => (integer) 3
            4# "lag" => (integer) 1
            5# "pel-count" => (integer) 3
            6# "pending" =>
               1) 1) "1-1"
                  2) "ann"
                  3) (integer) time
                  4) (integer) 10
               2) 1) "1-2"
                  2) "ann"
                  3) (integer) time
                  4) (integer) 0
               3) 1) "1-3"
                  2) "ann"
                  3) (integer) 1000
                  4) (integer) 2
            7# "consumers" => 1) 1# "name" => "ann"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 3
                  4# "pending" =>
                     1) 1) "1-1"
                        2) (integer) time
                        3) (integer) 10
                     2) 1) "1-2"
                        2) (integer) time
                        3) (integer) 0
                     3) 1) "1-3"
                        2) (integer) 1000
                        3) (integer) 2
      > XCLAIM s g ann 0 1-1 TIME 0 IDLE 5 TIME 2000 RETRYCOUNT 3 RETRYCOUNT 4 JUSTID
      1) "1-1"
      > XCLAIM s g ann 0 1-2 TIME 99999999999999
      1) 1) "1-2"
         2) 1) "n"
            2) "2"
      > XCLAIM s g ann 0 1-3 IDLE 99999999999999
      1) 1) "1-3"
         2) 1) "n"
            2) "3"
      > XCLAIM s g ann 3600000 1-1 JUSTID TIME 5000
      1) "1-1"
      > XCLAIM s g ann 0 1-2 TIME -1 JUSTID
      1) "1-2"
      > XINFO STREAM s FULL
      1# "length" => (integer) 4
      2# "radix-tree-keys" => (integer) 1
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "1-4"
      5# "max-deleted-entry-id" => "0-0"
      6# "entries-added" => (integer) 4
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
         4) 1) "1-4"
            2) 1) "n"
               2) "4"
      9# "groups" => 1) 1# "name" => "g"
            2# "last-delivered-id" => "1-3"
            3# "entries-read" => (integer) 3
            4# "lag" => (integer) 1
            5# "pel-count" => (integer) 3
            6# "pending" =>
               1) 1) "1-1"
                  2) "ann"
                  3) (integer) 5000
                  4) (integer) 4
               2) 1) "1-2"
                  2) "ann"
                  3) (integer) time
                  4) (integer) 1
               3) 1) "1-3"
                  2) "ann"
                  3) (integer) time
                  4) (integer) 3
            7# "consumers" => 1) 1# "name" => "ann"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 3
                  4# "pending" =>
                     1) 1) "1-1"
                        2) (integer) 5000
                        3) (integer) 4
                     2) 1) "1-2"
                        2) (integer) time
                        3) (integer) 1
                     3) 1) "1-3"
                        2) (integer) time
                        3) (integer) 3
    `));

  test("XCLAIM FORCE makes entries pending that were not, and LASTID moves the group", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XADD s 1-4 n 4
      "1-4"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
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
      > XCLAIM s g bob 0 1-4 FORCE
      1) 1) "1-4"
         2) 1) "n"
            2) "4"
      > XCLAIM s g bob 0 9-9 FORCE
      (empty array)
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      3) 1) "1-3"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      4) 1) "1-4"
         2) "bob"
         3) (integer) ms
         4) (integer) 2
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 4
         4# "last-delivered-id" => "1-3"
         5# "entries-read" => (integer) 3
         6# "lag" => (integer) 1
      > XREADGROUP GROUP g ann STREAMS s >
      1# "s" => 1) 1) "1-4"
            2) 1) "n"
               2) "4"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      3) 1) "1-3"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      4) 1) "1-4"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      > XACK s g 1-1 1-2 1-3 1-4
      (integer) 4
      > XCLAIM s g bob 3600000 1-1 FORCE
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XCLAIM s g bob 0 1-2 FORCE JUSTID RETRYCOUNT 5 TIME 1000
      1) "1-2"
      > XCLAIM s g bob 0 1-3 FORCE RETRYCOUNT 5 IDLE 0
      1) 1) "1-3"
         2) 1) "n"
            2) "3"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "bob"
         3) (integer) ms
         4) (integer) 2
      2) 1) "1-2"
         2) "bob"
         3) (integer) ms
         4) (integer) 5
      3) 1) "1-3"
         2) "bob"
         3) (integer) ms
         4) (integer) 5
      > XCLAIM s g bob 0 1-1 LASTID 1-2
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 3
         4# "last-delivered-id" => "1-4"
         5# "entries-read" => (integer) 4
         6# "lag" => (integer) 0
      > XCLAIM s g bob 0 9-9 LASTID 7-7
      (empty array)
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 3
         4# "last-delivered-id" => "7-7"
         5# "entries-read" => (integer) 4
         6# "lag" => (integer) 0
      > XADD s 2-0 n 5
      "2-0"
      > XREADGROUP GROUP g ann STREAMS s >
      (nil)
      > XCLAIM s g bob 0 1-1 LASTID 0-0 LASTID 8-8 JUSTID
      1) "1-1"
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 2
         3# "pending" => (integer) 3
         4# "last-delivered-id" => "8-8"
         5# "entries-read" => (integer) 4
         6# "lag" => (integer) 1
    `));

  test("XCLAIM of what was deleted takes it from the list of pending entries", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XADD s 1-4 n 4
      "1-4"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
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
      > XDEL s 1-1 1-2
      (integer) 2
      > XCLAIM s g bob 0 1-1 1-3
      1) 1) "1-3"
         2) 1) "n"
            2) "3"
      > XPENDING s g - + 10
      1) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-3"
         2) "bob"
         3) (integer) ms
         4) (integer) 2
      > XCLAIM s g bob 3600000 1-2
      (empty array)
      > XPENDING s g
      1) (integer) 1
      2) "1-3"
      3) "1-3"
      4) 1) 1) "bob"
            2) "1"
      > XCLAIM s g bob 0 1-2 JUSTID
      (empty array)
      > XPENDING s g
      1) (integer) 1
      2) "1-3"
      3) "1-3"
      4) 1) 1) "bob"
            2) "1"
      > XCLAIM s g bob 0 1-1 FORCE
      (empty array)
      > XCLAIM s g bob 0 1-1 FORCE JUSTID
      (empty array)
      > XPENDING s g
      1) (integer) 1
      2) "1-3"
      3) "1-3"
      4) 1) 1) "bob"
            2) "1"
      > XINFO CONSUMERS s g
      1) 1# "name" => "ann"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      2) 1# "name" => "bob"
         2# "pending" => (integer) 1
         3# "idle" => (integer) ms
      > XTRIM s MAXLEN 0
      (integer) 2
      > XCLAIM s g bob 0 1-3 RETRYCOUNT 5
      (empty array)
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
    `));

  test("XCLAIM refuses wrong words", () =>
    session(`
      > XCLAIM s g c 0
      (error) ERR wrong number of arguments for 'xclaim' command
      > XCLAIM s g c 0 1-1
      ${NO_GROUP}
      > XCLAIM s g c 0 x
      ${NO_GROUP}
      > XADD s 1-1 n 1
      "1-1"
      > XCLAIM s g c 0 1-1
      ${NO_GROUP}
      > XCLAIM s g c x 1-1
      ${NO_GROUP}
      > XGROUP CREATE s g 0
      OK
      > XCLAIM s g c x 1-1
      (error) ERR Invalid min-idle-time argument for XCLAIM
      > XCLAIM s g c "" 1-1
      (error) ERR Invalid min-idle-time argument for XCLAIM
      > XCLAIM s g c 9223372036854775808 1-1
      (error) ERR Invalid min-idle-time argument for XCLAIM
      > XCLAIM s g c 0 x
      (error) ERR Unrecognized XCLAIM option 'x'
      > XCLAIM s g c 0 -
      (error) ERR Unrecognized XCLAIM option '-'
      > XCLAIM s g c 0 (1-1
      (error) ERR Unrecognized XCLAIM option '(1-1'
      > XCLAIM s g c 0 1-1 x
      (error) ERR Unrecognized XCLAIM option 'x'
      > XCLAIM s g c 0 1-1 FOO
      (error) ERR Unrecognized XCLAIM option 'FOO'
      > XCLAIM s g c 0 1-1 FORCE 1-2
      (error) ERR Unrecognized XCLAIM option '1-2'
      > XCLAIM s g c 0 1-1 IDLE
      (error) ERR Unrecognized XCLAIM option 'IDLE'
      > XCLAIM s g c 0 1-1 IDLE x
      (error) ERR Invalid IDLE option argument for XCLAIM
      > XCLAIM s g c 0 1-1 IDLE -1
      (empty array)
      > XCLAIM s g c 0 1-1 TIME
      (error) ERR Unrecognized XCLAIM option 'TIME'
      > XCLAIM s g c 0 1-1 TIME x
      (error) ERR Invalid TIME option argument for XCLAIM
      > XCLAIM s g c 0 1-1 RETRYCOUNT
      (error) ERR Unrecognized XCLAIM option 'RETRYCOUNT'
      > XCLAIM s g c 0 1-1 RETRYCOUNT x
      (error) ERR Invalid RETRYCOUNT option argument for XCLAIM
      > XCLAIM s g c 0 1-1 RETRYCOUNT -1
      (empty array)
      > XCLAIM s g c 0 1-1 LASTID
      (error) ERR Unrecognized XCLAIM option 'LASTID'
      > XCLAIM s g c 0 1-1 LASTID x
      ${INVALID_ID}
      > XCLAIM s g c 0 1-1 LASTID $
      ${INVALID_ID}
      > XCLAIM s g c 0 1-1 COUNT 1
      (error) ERR Unrecognized XCLAIM option 'COUNT'
      > XCLAIM s g c 0 FORCE
      (empty array)
      > XCLAIM s g c 0 JUSTID 1-1
      (error) ERR Unrecognized XCLAIM option '1-1'
      > XINFO CONSUMERS s g
      (empty array)
      > SET text x
      OK
      > XCLAIM text g c 0 1-1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XCLAIM text g c x 1-1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XCLAIM text g c 0 x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XCLAIM s g c 0 1-1 FORCE FOO
      (error) ERR Unrecognized XCLAIM option 'FOO'
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
    `));
});
