// Purpose: XLEN, XRANGE, XREVRANGE, XDEL, XSETID and XINFO STREAM, as sessions under RESP2 and
// RESP3. All hold for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";
import {
  EXHAUSTED,
  INVALID_ID,
  inProtocol,
  LARGEST_ID,
  SMALLER_ID,
  withoutTimes,
} from "./stream_replies.ts";

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

  test("XRANGE and XREVRANGE read from one ID to another", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 2-0 n 3
      "2-0"
      > XADD s 2-5 n 4
      "2-5"
      > XADD s 3-0 n 5
      "3-0"
      > XRANGE s 1 1
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      2) 1) "1-2"
         2) 1) "n"
            2) "2"
      > XRANGE s 1-2 2
      1) 1) "1-2"
         2) 1) "n"
            2) "2"
      2) 1) "2-0"
         2) 1) "n"
            2) "3"
      3) 1) "2-5"
         2) 1) "n"
            2) "4"
      > XREVRANGE s 2 1-2
      1) 1) "2-5"
         2) 1) "n"
            2) "4"
      2) 1) "2-0"
         2) 1) "n"
            2) "3"
      3) 1) "1-2"
         2) 1) "n"
            2) "2"
      > XRANGE s (1-1 (2-5
      1) 1) "1-2"
         2) 1) "n"
            2) "2"
      2) 1) "2-0"
         2) 1) "n"
            2) "3"
      > XREVRANGE s (2-5 (1-1
      1) 1) "2-0"
         2) 1) "n"
            2) "3"
      2) 1) "1-2"
         2) 1) "n"
            2) "2"
      > XRANGE s (1 2-0
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      2) 1) "1-2"
         2) 1) "n"
            2) "2"
      3) 1) "2-0"
         2) 1) "n"
            2) "3"
      > XREVRANGE s + (2
      1) 1) "3-0"
         2) 1) "n"
            2) "5"
      2) 1) "2-5"
         2) 1) "n"
            2) "4"
      > XRANGE s (2 +
      1) 1) "2-5"
         2) 1) "n"
            2) "4"
      2) 1) "3-0"
         2) 1) "n"
            2) "5"
      > XRANGE s 3 -
      (empty array)
      > XRANGE s + -
      (empty array)
      > XREVRANGE s - +
      (empty array)
      > XREVRANGE s + - COUNT 1
      1) 1) "3-0"
         2) 1) "n"
            2) "5"
      > XRANGE s - - COUNT 1
      (empty array)
      > XRANGE s + + COUNT 1
      (empty array)
      > XRANGE s 1-1 1-1
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XRANGE s 1-0 1-0
      (empty array)
      > XRANGE s (1-1 1-1
      (empty array)
      > XRANGE s 1-1 (1-1
      (empty array)
      > XRANGE s (1-1 (1-1
      (empty array)
      > XRANGE s (1-1 (1-2
      (empty array)
      > XREVRANGE s 1-1 1-1
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
    `));

  test("COUNT of XRANGE: at most so many; none below 0; nothing at 0", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 2-0 n 3
      "2-0"
      > XRANGE s - + COUNT 2
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      2) 1) "1-2"
         2) 1) "n"
            2) "2"
      > XREVRANGE s + - count 2
      1) 1) "2-0"
         2) 1) "n"
            2) "3"
      2) 1) "1-2"
         2) 1) "n"
            2) "2"
      > XRANGE s - + COUNT 0
      (nil)
      > XREVRANGE s + - COUNT 0
      (nil)
      > XRANGE nosuch - + COUNT 0
      (empty array)
      > XRANGE s - + COUNT -5
      (nil)
      > XREVRANGE s + - COUNT -9223372036854775808
      (nil)
      > XRANGE s 2 + COUNT 9223372036854775807
      1) 1) "2-0"
         2) 1) "n"
            2) "3"
      > XRANGE s 2 + COUNT 9223372036854775808
      (error) ERR value is not an integer or out of range
      > XRANGE s 2 + COUNT x
      (error) ERR value is not an integer or out of range
      > XRANGE s 2 + COUNT ""
      (error) ERR value is not an integer or out of range
      > XRANGE s 2 + COUNT 1.5
      (error) ERR value is not an integer or out of range
      > XRANGE s - + COUNT 2 COUNT 1
      1) 1) "1-1"
         2) 1) "n"
            2) "1"
      > XRANGE s - + COUNT
      (error) ERR syntax error
      > XRANGE s - + LIMIT 2
      (error) ERR syntax error
      > XRANGE s - + 2
      (error) ERR syntax error
      > XRANGE s - + COUNT 1 x
      (error) ERR syntax error
      > XRANGE nosuch - + COUNT -1
      (empty array)
      > XRANGE s -
      (error) ERR wrong number of arguments for 'xrange' command
      > XREVRANGE s
      (error) ERR wrong number of arguments for 'xrevrange' command
      > SET text x
      OK
      > XRANGE text - + COUNT 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XRANGE text x +
      ${INVALID_ID}
      > XRANGE text - + COUNT x
      (error) ERR value is not an integer or out of range
      > XREVRANGE text - +
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("XRANGE refuses what is no ID, and a start beyond the last or an end before the first", () =>
    session(`
      > XADD s 0-1 a 1
      "0-1"
      > XRANGE s x +
      ${INVALID_ID}
      > XRANGE s - x
      ${INVALID_ID}
      > XRANGE s "" +
      ${INVALID_ID}
      > XRANGE s ( +
      ${INVALID_ID}
      > XRANGE s (- +
      ${INVALID_ID}
      > XRANGE s - (+
      ${INVALID_ID}
      > XRANGE s (+ +
      ${INVALID_ID}
      > XRANGE s * +
      ${INVALID_ID}
      > XRANGE s $ +
      ${INVALID_ID}
      > XRANGE s > +
      ${INVALID_ID}
      > XRANGE s [1-1 +
      ${INVALID_ID}
      > XRANGE s 1-* +
      ${INVALID_ID}
      > XRANGE s ((1 +
      ${INVALID_ID}
      > XRANGE s -- +
      ${INVALID_ID}
      > XRANGE s ++ +
      ${INVALID_ID}
      > XRANGE s "- " +
      ${INVALID_ID}
      > XRANGE s 007-01 +
      (empty array)
      > XRANGE s 00 00-01
      1) 1) "0-1"
         2) 1) "a"
            2) "1"
      > XRANGE s +0 +
      1) 1) "0-1"
         2) 1) "a"
            2) "1"
      > XRANGE s 0-0 0-0
      (empty array)
      > XRANGE s (0-0 +
      1) 1) "0-1"
         2) 1) "a"
            2) "1"
      > XRANGE s (${LARGEST_ID} +
      (error) ERR invalid start ID for the interval
      > XRANGE s (18446744073709551615 +
      (empty array)
      > XRANGE s - (0-0
      (error) ERR invalid end ID for the interval
      > XRANGE s - (0
      1) 1) "0-1"
         2) 1) "a"
            2) "1"
      > XREVRANGE s (0-0 -
      (error) ERR invalid end ID for the interval
      > XREVRANGE s + (${LARGEST_ID}
      (error) ERR invalid start ID for the interval
      > XREVRANGE s (${LARGEST_ID} (0-0
      1) 1) "0-1"
         2) 1) "a"
            2) "1"
      > XRANGE s ${LARGEST_ID} +
      (empty array)
      > XRANGE s - 18446744073709551616
      ${INVALID_ID}
      > XRANGE nosuch x +
      ${INVALID_ID}
      > XRANGE nosuch (${LARGEST_ID} +
      (error) ERR invalid start ID for the interval
    `));

  test("XDEL takes entries out, and leaves a stream without any", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 1-2 a 2
      "1-2"
      > XADD s 2-0 a 3
      "2-0"
      > XDEL s 1-2
      (integer) 1
      > XDEL s 1-2
      (integer) 0
      > XDEL s 1
      (integer) 0
      > XDEL s 9-9 0-0 2-0 2-0
      (integer) 1
      > XRANGE s - +
      1) 1) "1-1"
         2) 1) "a"
            2) "1"
      > XDEL s 1-1
      (integer) 1
      > XLEN s
      (integer) 0
      > XRANGE s - +
      (empty array)
      > EXISTS s
      (integer) 1
      > TYPE s
      stream
      > XADD s 2-0 a 1
      ${SMALLER_ID}
      > XADD s 2-* a 1
      "2-1"
      > XDEL nosuch 1-1
      (integer) 0
      > XDEL s x
      ${INVALID_ID}
      > XDEL s 2-1 x
      ${INVALID_ID}
      > XDEL nosuch x
      (integer) 0
      > XDEL s (2-1
      ${INVALID_ID}
      > XDEL s -
      ${INVALID_ID}
      > XDEL s *
      ${INVALID_ID}
      > XDEL s
      (error) ERR wrong number of arguments for 'xdel' command
      > XLEN s
      (integer) 1
      > SET text x
      OK
      > XDEL text 1-1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XDEL text x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XLEN text
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XLEN s t
      (error) ERR wrong number of arguments for 'xlen' command
    `));

  test("entries come below one that was deleted, after XSETID back", () =>
    session(`
      > XADD s 10-3 a 0
      "10-3"
      > XADD s 10-18446744073709551615 a 1
      "10-18446744073709551615"
      > XDEL s 10-18446744073709551615
      (integer) 1
      > XSETID s 10-4
      OK
      > XADD s 10-5 a 2
      "10-5"
      > XADD s 20-0 a 3
      "20-0"
      > XDEL s 20-0
      (integer) 1
      > XSETID s 10-5
      OK
      > XADD s 15-0 a 4
      "15-0"
      > DEBUG RELOAD
      OK
      > XRANGE s - +
      1) 1) "10-3"
         2) 1) "a"
            2) "0"
      2) 1) "10-5"
         2) 1) "a"
            2) "2"
      3) 1) "15-0"
         2) 1) "a"
            2) "4"
      > XRANGE s 10-5 10-5
      1) 1) "10-5"
         2) 1) "a"
            2) "2"
    `));

  test("XSETID sets the last ID, and with two options the counters behind it", () =>
    session(`
      > XSETID nosuch 1-1
      (error) ERR no such key
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 2-2 a 1
      "2-2"
      > XSETID s 5-5
      OK
      > XADD s 5-5 a 1
      ${SMALLER_ID}
      > XADD s 5-* a 1
      "5-6"
      > XSETID s 5-6
      OK
      > XSETID s 5-5
      (error) ERR The ID specified in XSETID is smaller than the target stream top item
      > XSETID s 0-0
      (error) ERR The ID specified in XSETID is smaller than the target stream top item
      > XSETID s 7 ENTRIESADDED 10 MAXDELETEDID 3-3
      OK
      > XINFO STREAM s
       1# "length" => (integer) 3
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "7-0"
       5# "max-deleted-entry-id" => "3-3"
       6# "entries-added" => (integer) 10
       7# "recorded-first-entry-id" => "1-1"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "1-1"
          2) 1) "a"
             2) "1"
      10# "last-entry" =>
          1) "5-6"
          2) 1) "a"
             2) "1"
      > XSETID s 7-0
      OK
      > XSETID s 007-00
      OK
      > XSETID s 7-0 entriesadded 100 maxdeletedid 0-0
      OK
      > XINFO STREAM s
       1# "length" => (integer) 3
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "7-0"
       5# "max-deleted-entry-id" => "3-3"
       6# "entries-added" => (integer) 100
       7# "recorded-first-entry-id" => "1-1"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "1-1"
          2) 1) "a"
             2) "1"
      10# "last-entry" =>
          1) "5-6"
          2) 1) "a"
             2) "1"
      > XSETID s 8-0 MAXDELETEDID 8-0 ENTRIESADDED 3
      OK
      > XSETID s 8-0 ENTRIESADDED 3 ENTRIESADDED 9223372036854775807 MAXDELETEDID 8-0
      OK
      > XINFO STREAM s
       1# "length" => (integer) 3
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "8-0"
       5# "max-deleted-entry-id" => "8-0"
       6# "entries-added" => (integer) 9223372036854775807
       7# "recorded-first-entry-id" => "1-1"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "1-1"
          2) 1) "a"
             2) "1"
      10# "last-entry" =>
          1) "5-6"
          2) 1) "a"
             2) "1"
      > XSETID s ${LARGEST_ID}
      OK
      > XADD s * a 1
      ${EXHAUSTED}
    `));

  test("XSETID refuses what could not be", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 2-2 a 1
      "2-2"
      > XSETID s 2-1
      (error) ERR The ID specified in XSETID is smaller than the target stream top item
      > XSETID s x
      ${INVALID_ID}
      > XSETID s -
      ${INVALID_ID}
      > XSETID s $
      ${INVALID_ID}
      > XSETID s *
      ${INVALID_ID}
      > XSETID s 3-*
      ${INVALID_ID}
      > XSETID s (3
      ${INVALID_ID}
      > XSETID s
      (error) ERR wrong number of arguments for 'xsetid' command
      > XSETID s 3-0 ENTRIESADDED
      (error) ERR syntax error
      > XSETID s 3-0 ENTRIESADDED 5
      OK
      > XSETID s 3-0 MAXDELETEDID 1-1
      OK
      > XSETID s 3-0 ENTRIESADDED 1 MAXDELETEDID 1-1
      (error) ERR The entries_added specified in XSETID is smaller than the target stream length
      > XSETID s 3-0 ENTRIESADDED 2 MAXDELETEDID 3-1
      (error) ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
      > XSETID s 3-0 ENTRIESADDED -1 MAXDELETEDID 1-1
      (error) ERR entries_added must be positive
      > XSETID s 3-0 ENTRIESADDED x MAXDELETEDID 1-1
      (error) ERR value is not an integer or out of range
      > XSETID s 3-0 ENTRIESADDED 9223372036854775808 MAXDELETEDID 1-1
      (error) ERR value is not an integer or out of range
      > XSETID s 3-0 ENTRIESADDED 2 MAXDELETEDID x
      ${INVALID_ID}
      > XSETID s 3-0 MAXDELETEDID x ENTRIESADDED x
      ${INVALID_ID}
      > XSETID s 3-0 MAXDELETEDID 1-1 ENTRIESADDED x
      (error) ERR value is not an integer or out of range
      > XSETID s 3-0 x 2 MAXDELETEDID 1-1
      (error) ERR syntax error
      > XSETID s 3-0 ENTRIESADDED 2 MAXDELETEDID 1-1 x
      (error) ERR syntax error
      > XSETID s 2-2 ENTRIESADDED 2 MAXDELETEDID 2-3
      (error) ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
      > XSETID nosuch 2-1 ENTRIESADDED -1 MAXDELETEDID 1-1
      (error) ERR entries_added must be positive
      > XSETID nosuch 2-1 ENTRIESADDED 1 MAXDELETEDID 3-1
      (error) ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
      > XINFO STREAM s
       1# "length" => (integer) 2
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "3-0"
       5# "max-deleted-entry-id" => "1-1"
       6# "entries-added" => (integer) 5
       7# "recorded-first-entry-id" => "1-1"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "1-1"
          2) 1) "a"
             2) "1"
      10# "last-entry" =>
          1) "2-2"
          2) 1) "a"
             2) "1"
      > XDEL s 2-2
      (integer) 1
      > XSETID s 1-5
      OK
      > XSETID s 2-1
      OK
      > XDEL s 1-1
      (integer) 1
      > XSETID s 0-1
      OK
      > XADD s 0-2 a 1
      "0-2"
      > SET text x
      OK
      > XSETID text 3-0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XSETID text x
      ${INVALID_ID}
      > XSETID text 3-0 ENTRIESADDED -1 MAXDELETEDID 1-1
      (error) ERR entries_added must be positive
    `));

  test("XINFO STREAM remembers how much there was", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 1-2 a 1
      "1-2"
      > XADD s 1-3 a 1
      "1-3"
      > XDEL s 1-2
      (integer) 1
      > XINFO STREAM s
       1# "length" => (integer) 2
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "1-3"
       5# "max-deleted-entry-id" => "1-2"
       6# "entries-added" => (integer) 3
       7# "recorded-first-entry-id" => "1-1"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "1-1"
          2) 1) "a"
             2) "1"
      10# "last-entry" =>
          1) "1-3"
          2) 1) "a"
             2) "1"
      > XDEL s 1-1
      (integer) 1
      > XINFO STREAM s
       1# "length" => (integer) 1
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "1-3"
       5# "max-deleted-entry-id" => "1-2"
       6# "entries-added" => (integer) 3
       7# "recorded-first-entry-id" => "1-3"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "1-3"
          2) 1) "a"
             2) "1"
      10# "last-entry" =>
          1) "1-3"
          2) 1) "a"
             2) "1"
      > XDEL s 1-3
      (integer) 1
      > XINFO STREAM s
       1# "length" => (integer) 0
       2# "radix-tree-keys" => (integer) 0
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "1-3"
       5# "max-deleted-entry-id" => "1-3"
       6# "entries-added" => (integer) 3
       7# "recorded-first-entry-id" => "0-0"
       8# "groups" => (integer) 0
       9# "first-entry" => (nil)
      10# "last-entry" => (nil)
      > XADD s 2-0 b 2
      "2-0"
      > XINFO STREAM s
       1# "length" => (integer) 1
       2# "radix-tree-keys" => (integer) 1
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "2-0"
       5# "max-deleted-entry-id" => "1-3"
       6# "entries-added" => (integer) 4
       7# "recorded-first-entry-id" => "2-0"
       8# "groups" => (integer) 0
       9# "first-entry" =>
          1) "2-0"
          2) 1) "b"
             2) "2"
      10# "last-entry" =>
          1) "2-0"
          2) 1) "b"
             2) "2"
    `));
});
