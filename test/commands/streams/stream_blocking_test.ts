// Purpose: XREAD and XREADGROUP that wait, as sessions under RESP2 and RESP3. All hold for the real
// Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";
import { inProtocol, withoutTimes } from "./stream_replies.ts";

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

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XREAD waits for the next entry, all who wait get it", () =>
    session(`
      a> XREAD BLOCK 0 STREAMS s $
      ...
      b> XREAD BLOCK 0 COUNT 5 STREAMS other s 0 0
      ...
      > XADD s 1-1 n 1
      "1-1"
      a<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      b<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      a> XREAD BLOCK 0 STREAMS s $
      ...
      b> XREAD BLOCK 0 STREAMS s 5-0
      ...
      c> XREAD BLOCK 0 STREAMS s 1-1
      ...
      > XADD s 1-2 n 2
      "1-2"
      a<
      1# "s" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      c<
      1# "s" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XADD s 5-0 n 3
      "5-0"
      > XADD s 5-1 n 4
      "5-1"
      b<
      1# "s" => 1) 1) "5-1"
            2) 1) "n"
               2) "4"
      d> XREAD BLOCK 0 STREAMS s 5
      1# "s" => 1) 1) "5-1"
            2) 1) "n"
               2) "4"
      e> XREAD BLOCK 0 STREAMS s 5-1
      ...
      > XDEL s 5-1
      (integer) 1
      > XADD s 6-0 n 5
      "6-0"
      e<
      1# "s" => 1) 1) "6-0"
            2) 1) "n"
               2) "5"
    `));

  test("XREAD of several streams: only those that have something, once it comes", () =>
    session(`
      a> XREAD BLOCK 0 STREAMS x y z 0 0 0
      ...
      > XADD y 1-1 n 1
      "1-1"
      a<
      1# "y" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      a> XREAD BLOCK 0 STREAMS x y y $ $ 0
      1# "y" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      a> XREAD BLOCK 0 STREAMS x y y $ $ $
      ...
      > XADD y 1-2 n 2
      "1-2"
      a<
      1# "y" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      a> XREAD BLOCK 0 STREAMS x y $ $
      ...
      > MULTI
      OK
      > XADD y 2-0 n 3
      QUEUED
      > XADD x 2-0 n 4
      QUEUED
      > XADD y 2-1 n 5
      QUEUED
      > EXEC
      1) "2-0"
      2) "2-0"
      3) "2-1"
      a<
      1# "y" =>
         1) 1) "2-0"
            2) 1) "n"
               2) "3"
         2) 1) "2-1"
            2) 1) "n"
               2) "5"
    `));

  test("$ is what was last when the wait began", () =>
    session(`
      > XADD s 5-0 n 1
      "5-0"
      a> XREAD BLOCK 0 STREAMS s $
      ...
      > MULTI
      OK
      > DEL s
      QUEUED
      > XADD s 1-1 n 2
      QUEUED
      > EXEC
      1) (integer) 1
      2) "1-1"
      > XADD s 4-0 n 3
      "4-0"
      > XADD s 5-1 n 4
      "5-1"
      a<
      1# "s" => 1) 1) "5-1"
            2) 1) "n"
               2) "4"
      a> XREAD BLOCK 0 STREAMS s $
      ...
      > DEL s
      (integer) 1
      > XADD s 1-1 n 5
      "1-1"
      > XADD s 6-0 n 6
      "6-0"
      a<
      1# "s" => 1) 1) "6-0"
            2) 1) "n"
               2) "6"
    `));

  test("EXEC as a whole: COUNT, and what is gone again when it ends", () =>
    session(`
      a> XREAD BLOCK 0 COUNT 2 STREAMS s 0
      ...
      b> XREAD BLOCK 0 STREAMS s 0
      ...
      > MULTI
      OK
      > XADD s 1-1 n 1
      QUEUED
      > XADD s 1-2 n 2
      QUEUED
      > XADD s 1-3 n 3
      QUEUED
      > XDEL s 1-1
      QUEUED
      > EXEC
      1) "1-1"
      2) "1-2"
      3) "1-3"
      4) (integer) 1
      a<
      1# "s" =>
         1) 1) "1-2"
            2) 1) "n"
               2) "2"
         2) 1) "1-3"
            2) 1) "n"
               2) "3"
      b<
      1# "s" =>
         1) 1) "1-2"
            2) 1) "n"
               2) "2"
         2) 1) "1-3"
            2) 1) "n"
               2) "3"
      a> XREAD BLOCK 0 STREAMS s $
      ...
      > MULTI
      OK
      > XADD s 4-0 n 4
      QUEUED
      > DEL s
      QUEUED
      > EXEC
      1) "4-0"
      2) (integer) 1
      > XADD s 5-0 n 5
      "5-0"
      a<
      1# "s" => 1) 1) "5-0"
            2) 1) "n"
               2) "5"
    `));

  test("what is added and gone again when EXEC ends wakes, with no entries", () =>
    session(`
      a> XREAD BLOCK 0 STREAMS s $
      ...
      > MULTI
      OK
      > XADD s 2-0 n 4
      QUEUED
      > XDEL s 2-0
      QUEUED
      > EXEC
      1) "2-0"
      2) (integer) 1
      a<
      1# "s" => (empty array)
      a> XREAD BLOCK 0 STREAMS none s 0 $
      ...
      > XADD s MAXLEN 0 3-0 n 5
      "3-0"
      a<
      1# "s" => (empty array)
      > XGROUP CREATE s g $
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      b> XREADGROUP GROUP g d BLOCK 0 STREAMS s >
      ...
      > XADD s MAXLEN 0 4-0 n 5
      "4-0"
      a<
      1# "s" => (empty array)
      b<
      1# "s" => (empty array)
      > XINFO STREAM s FULL
      1# "length" => (integer) 0
      2# "radix-tree-keys" => (integer) 0
      3# "radix-tree-nodes" => (integer) nodes
      4# "last-generated-id" => "4-0"
      5# "max-deleted-entry-id" => "2-0"
      6# "entries-added" => (integer) 3
      7# "recorded-first-entry-id" => "0-0"
      8# "entries" => (empty array)
      9# "groups" => 1) 1# "name" => "g"
            2# "last-delivered-id" => "3-0"
            3# "entries-read" => (nil)
            4# "lag" => (integer) 0
            5# "pel-count" => (integer) 0
            6# "pending" => (empty array)
            7# "consumers" =>
               1) 1# "name" => "c"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 0
                  4# "pending" => (empty array)
               2) 1# "name" => "d"
                  2# "seen-time" => (integer) time
                  3# "pel-count" => (integer) 0
                  4# "pending" => (empty array)
    `));

  test("the time is over: no array, whatever was waited for", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XGROUP CREATE s g $
      OK
      > XREAD BLOCK 1 STREAMS s $
      (nil)
      > XREAD BLOCK 10 STREAMS nosuch s 0 $
      (nil)
      > XREADGROUP GROUP g c BLOCK 1 STREAMS s >
      (nil)
      > XREADGROUP GROUP g c BLOCK 10 COUNT 1 NOACK STREAMS s >
      (nil)
      > XINFO CONSUMERS s g
      (empty array)
      > XADD s 1-2 a 1
      "1-2"
      > XLEN s
      (integer) 2
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 0
         3# "pending" => (integer) 0
         4# "last-delivered-id" => "1-1"
         5# "entries-read" => (nil)
         6# "lag" => (integer) 1
    `));

  test("a stream comes by RENAME, COPY, MOVE and SWAPDB", () =>
    session(`
      > XADD t 5-0 n 1
      "5-0"
      a> XREAD BLOCK 0 STREAMS s 0
      ...
      > COPY t s
      (integer) 1
      a<
      1# "s" => 1) 1) "5-0"
            2) 1) "n"
               2) "1"
      > DEL s
      (integer) 1
      a> XREAD BLOCK 0 STREAMS s 0
      ...
      > RENAME t s
      OK
      a<
      1# "s" => 1) 1) "5-0"
            2) 1) "n"
               2) "1"
      a> XREAD BLOCK 0 STREAMS moved 3
      ...
      > SELECT 1
      OK
      > XADD moved 4-0 n 2
      "4-0"
      > MOVE moved 0
      (integer) 1
      a<
      1# "moved" => 1) 1) "4-0"
            2) 1) "n"
               2) "2"
      a> XREAD BLOCK 0 STREAMS swapped 0
      ...
      > XADD swapped 1-1 n 3
      "1-1"
      > SWAPDB 0 1
      OK
      a<
      1# "swapped" => 1) 1) "1-1"
            2) 1) "n"
               2) "3"
      > SELECT 0
      OK
      > KEYS *
      1) "swapped"
    `));

  test("another type that comes while XREAD waits is left alone", () =>
    session(`
      a> XREAD BLOCK 0 STREAMS s 0
      ...
      > SET s text
      OK
      > DEL s
      (integer) 1
      > RPUSH s x
      (integer) 1
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      > FLUSHALL
      OK
      > XADD s 1-1 n 1
      "1-1"
      a<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      b> BLPOP s2 0
      ...
      a> XREAD BLOCK 0 STREAMS s2 0
      ...
      > XADD s2 1-1 n 1
      "1-1"
      a<
      1# "s2" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > DEL s2
      (integer) 1
      > RPUSH s2 x
      (integer) 1
      b<
      1) "s2"
      2) "x"
    `));

  test("XREADGROUP serves those first who came first, each with entries of its own", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g ann BLOCK 0 COUNT 1 STREAMS s >
      ...
      b> XREADGROUP GROUP g bob BLOCK 0 COUNT 1 STREAMS s >
      ...
      c> XREADGROUP GROUP g cid BLOCK 0 STREAMS s >
      ...
      > XADD s 1-1 n 1
      "1-1"
      a<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > MULTI
      OK
      > XADD s 1-2 n 2
      QUEUED
      > XADD s 1-3 n 3
      QUEUED
      > XADD s 1-4 n 4
      QUEUED
      > EXEC
      1) "1-2"
      2) "1-3"
      3) "1-4"
      b<
      1# "s" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      c<
      1# "s" =>
         1) 1) "1-3"
            2) 1) "n"
               2) "3"
         2) 1) "1-4"
            2) 1) "n"
               2) "4"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-2"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      3) 1) "1-3"
         2) "cid"
         3) (integer) ms
         4) (integer) 1
      4) 1) "1-4"
         2) "cid"
         3) (integer) ms
         4) (integer) 1
      b> XREADGROUP GROUP g bob BLOCK 0 STREAMS s >
      ...
      a> XREADGROUP GROUP g ann BLOCK 0 STREAMS s >
      ...
      > MULTI
      OK
      > XADD s 2-1 n 5
      QUEUED
      > XADD s 2-2 n 6
      QUEUED
      > EXEC
      1) "2-1"
      2) "2-2"
      b<
      1# "s" =>
         1) 1) "2-1"
            2) 1) "n"
               2) "5"
         2) 1) "2-2"
            2) 1) "n"
               2) "6"
      > XADD s 3-1 n 7
      "3-1"
      a<
      1# "s" => 1) 1) "3-1"
            2) 1) "n"
               2) "7"
      > XINFO CONSUMERS s g
      1) 1# "name" => "ann"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      2) 1# "name" => "bob"
         2# "pending" => (integer) 3
         3# "idle" => (integer) ms
      3) 1# "name" => "cid"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 3
         3# "pending" => (integer) 7
         4# "last-delivered-id" => "3-1"
         5# "entries-read" => (integer) 7
         6# "lag" => (integer) 0
    `));

  test("groups do not take from each other, nor from XREAD", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      > XGROUP CREATE s h $
      OK
      a> XREADGROUP GROUP g c BLOCK 0 NOACK STREAMS s >
      ...
      b> XREAD BLOCK 0 STREAMS s $
      ...
      c> XREADGROUP GROUP h c BLOCK 0 STREAMS s >
      ...
      d> XREADGROUP GROUP h d BLOCK 0 STREAMS s >
      ...
      > XADD s 1-1 n 1
      "1-1"
      a<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      b<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      c<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XADD s 1-2 n 2
      "1-2"
      d<
      1# "s" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
      > XPENDING s h - + 10
      1) 1) "1-1"
         2) "c"
         3) (integer) ms
         4) (integer) 1
      2) 1) "1-2"
         2) "d"
         3) (integer) ms
         4) (integer) 1
    `));

  test("XREADGROUP of several streams waits for any; their groups must be there", () =>
    session(`
      > XGROUP CREATE x g $ MKSTREAM
      OK
      > XGROUP CREATE y g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS x y > >
      ...
      > XADD y 1-1 n 1
      "1-1"
      a<
      1# "y" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS y x 0 >
      1# "y" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XACK y g 1-1
      (integer) 1
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS x y > >
      ...
      > MULTI
      OK
      > XADD y 2-1 n 1
      QUEUED
      > XADD x 2-1 n 1
      QUEUED
      > EXEC
      1) "2-1"
      2) "2-1"
      a<
      1# "y" => 1) 1) "2-1"
            2) 1) "n"
               2) "1"
      a> XREADGROUP GROUP g c STREAMS x y > >
      1# "x" => 1) 1) "2-1"
            2) 1) "n"
               2) "1"
      > DEL y
      (integer) 1
      > XREADGROUP GROUP g c BLOCK 0 STREAMS x y > >
      (error) NOGROUP No such key 'y' or consumer group 'g' in XREADGROUP with GROUP option
    `));
});
