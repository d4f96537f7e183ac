// Purpose: XREAD and XREADGROUP that do not wait, as sessions under RESP2 and RESP3; what waits is
// in stream_blocking_test.ts. All hold for the real Redis as well: RUSK_BINARY=redis-server shows.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";
import { INVALID_ID, inProtocol, LARGEST_ID, withoutTimes } from "./stream_replies.ts";

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

const NO_GROUP_READ =
  "(error) NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
const UNBALANCED =
  "(error) ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be " +
  "specified.";
const DOLLAR =
  "(error) ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the " +
  "history of this consumer by specifying a proper ID, or use the > ID to get new messages. The " +
  "$ ID would just return an empty result set.";
const GREATER =
  "(error) ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> " +
  "<consumer> option.";

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XREAD reads what comes after an ID, of one stream or several", () =>
    session(`
      > XADD a 1-1 n 1
      "1-1"
      > XADD a 1-2 n 2
      "1-2"
      > XADD b 1-5 n 3
      "1-5"
      > XADD b 2-0 n 4
      "2-0"
      > XREAD STREAMS a 0
      1# "a" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD STREAMS a 1-1
      1# "a" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD STREAMS a b 1-1 1
      1# "a" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      2# "b" =>
         1) 1) "1-5"
            2) 1) "n"
               2) "3"
         2) 1) "2-0"
            2) 1) "n"
               2) "4"
      > XREAD STREAMS b a 1-5 1-2
      1# "b" => 1) 1) "2-0"
            2) 1) "n"
               2) "4"
      > XREAD STREAMS nosuch a none b 0 1 0 2
      1# "a" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD STREAMS a b 1-2 2
      (nil)
      > XREAD STREAMS nosuch 0
      (nil)
      > XREAD STREAMS a $
      (nil)
      > XREAD STREAMS a a 1-1 0
      1# "a" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      2# "a" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD streams a 007
      (nil)
      > XREAD STREAMS a ${LARGEST_ID}
      (nil)
      > XREAD STREAMS a b 18446744073709551615 0-0
      1# "b" =>
         1) 1) "1-5"
            2) 1) "n"
               2) "3"
         2) 1) "2-0"
            2) 1) "n"
               2) "4"
      > XDEL a 1-1 1-2
      (integer) 2
      > XREAD STREAMS a 0
      (nil)
      > XADD streams 1-1 a 1
      "1-1"
      > XREAD STREAMS streams 0
      1# "streams" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      > XREAD STREAMS STREAMS streams 0 0
      1# "streams" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
    `));

  test("COUNT of XREAD is for each stream; none at 0, nor below", () =>
    session(`
      > XADD a 1-1 n 1
      "1-1"
      > XADD a 1-2 n 2
      "1-2"
      > XADD b 1-5 n 3
      "1-5"
      > XADD b 2-0 n 4
      "2-0"
      > XREAD COUNT 1 STREAMS a b 0 0
      1# "a" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      2# "b" => 1) 1) "1-5"
            2) 1) "n"
               2) "3"
      > XREAD COUNT 1 STREAMS a b 1-1 0
      1# "a" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      2# "b" => 1) 1) "1-5"
            2) 1) "n"
               2) "3"
      > XREAD COUNT 5 COUNT 1 STREAMS a 0
      1# "a" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XREAD COUNT 0 STREAMS a 0
      1# "a" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD COUNT -1 STREAMS a 0
      1# "a" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD COUNT -9223372036854775808 STREAMS a 1-1
      1# "a" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD COUNT 9223372036854775807 STREAMS a 1-1
      1# "a" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREAD count 1 block 1 STREAMS a 0
      1# "a" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XREAD BLOCK 0 COUNT 1 STREAMS a 0
      1# "a" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XREAD BLOCK 1 STREAMS nosuch a 0 1-2
      (nil)
    `));

  test("XREAD refuses wrong words", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > SET text x
      OK
      > XREAD
      (error) ERR wrong number of arguments for 'xread' command
      > XREAD STREAMS
      (error) ERR wrong number of arguments for 'xread' command
      > XREAD STREAMS s
      (error) ERR wrong number of arguments for 'xread' command
      > XREAD STREAMS s s 0
      ${UNBALANCED}
      > XREAD STREAMS s s s 0
      ${INVALID_ID}
      > XREAD s 0 0
      (error) ERR syntax error
      > XREAD STREAMS s 0 COUNT 1
      ${INVALID_ID}
      > XREAD COUNT STREAMS s
      (error) ERR value is not an integer or out of range
      > XREAD COUNT STREAMS s 0
      (error) ERR value is not an integer or out of range
      > XREAD COUNT x STREAMS s 0
      (error) ERR value is not an integer or out of range
      > XREAD COUNT 9223372036854775808 STREAMS s 0
      (error) ERR value is not an integer or out of range
      > XREAD BLOCK x STREAMS s 0
      (error) ERR timeout is not an integer or out of range
      > XREAD BLOCK -1 STREAMS s 0
      (error) ERR timeout is negative
      > XREAD BLOCK 1.5 STREAMS s 0
      (error) ERR timeout is not an integer or out of range
      > XREAD BLOCK 9223372036854775808 STREAMS s 0
      (error) ERR timeout is not an integer or out of range
      > XREAD BLOCK 9223372036854775807 STREAMS s 0
      1# "s" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      > XREAD NOACK STREAMS s 0
      (error) ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
      > XREAD GROUP g c STREAMS s 0
      (error) ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
      > XREAD FOO STREAMS s 0
      (error) ERR syntax error
      > XREAD COUNT 1
      (error) ERR wrong number of arguments for 'xread' command
      > XREAD COUNT 1 BLOCK 0
      (error) ERR syntax error
      > XREAD STREAMS s x
      ${INVALID_ID}
      > XREAD STREAMS s ""
      ${INVALID_ID}
      > XREAD STREAMS s -
      ${INVALID_ID}
      > XREAD STREAMS s *
      ${INVALID_ID}
      > XREAD STREAMS s (1
      ${INVALID_ID}
      > XREAD STREAMS s >
      ${GREATER}
      > XREAD STREAMS s 1-*
      ${INVALID_ID}
      > XREAD STREAMS s nosuch 0 x
      ${INVALID_ID}
      > XREAD STREAMS text 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREAD STREAMS text $
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREAD STREAMS text x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREAD STREAMS s text 0 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREAD STREAMS s text 0 x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREAD STREAMS s text x 0
      ${INVALID_ID}
      > XREAD STREAMS text s 0 x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREAD COUNT 1 COUNT x STREAMS text 0
      (error) ERR value is not an integer or out of range
    `));

  test("XREADGROUP > gives each entry to one consumer, and 0 what is pending", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 2-0 n 3
      "2-0"
      > XADD s 3-0 n 4
      "3-0"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XREADGROUP GROUP g bob COUNT 2 STREAMS s >
      1# "s" =>
         1) 1) "1-2"
            2) 1) "n"
               2) "2"
         2) 1) "2-0"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP g ann STREAMS s >
      1# "s" => 1) 1) "3-0"
            2) 1) "n"
               2) "4"
      > XREADGROUP GROUP g ann STREAMS s >
      (nil)
      > XREADGROUP GROUP g ann STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "3-0"
            2) 1) "n"
               2) "4"
      > XREADGROUP GROUP g bob STREAMS s 0
      1# "s" =>
         1) 1) "1-2"
            2) 1) "n"
               2) "2"
         2) 1) "2-0"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP g bob STREAMS s 1-2
      1# "s" => 1) 1) "2-0"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP g bob COUNT 1 STREAMS s 1
      1# "s" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREADGROUP GROUP g bob STREAMS s 2-0
      1# "s" => (empty array)
      > XREADGROUP GROUP g cid STREAMS s 0
      1# "s" => (empty array)
      > XACK s g 1-2
      (integer) 1
      > XREADGROUP GROUP g bob STREAMS s 0-0
      1# "s" => 1) 1) "2-0"
            2) 1) "n"
               2) "3"
      > XPENDING s g
      1) (integer) 3
      2) "1-1"
      3) "3-0"
      4) 1) 1) "ann"
            2) "2"
         2) 1) "bob"
            2) "1"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 2
      2) 1) "2-0"
         2) "bob"
         3) (integer) ms
         4) (integer) 4
      3) 1) "3-0"
         2) "ann"
         3) (integer) ms
         4) (integer) 2
      > XREADGROUP GROUP g bob BLOCK 0 STREAMS s 999
      1# "s" => (empty array)
      > XREADGROUP GROUP g bob STREAMS s ${LARGEST_ID}
      (nil)
      > XREADGROUP GROUP g new BLOCK 0 STREAMS s 0
      1# "s" => (empty array)
      > XINFO CONSUMERS s g
      1) 1# "name" => "ann"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      2) 1# "name" => "bob"
         2# "pending" => (integer) 1
         3# "idle" => (integer) ms
      3) 1# "name" => "cid"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      4) 1# "name" => "new"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
    `));

  test("history shows no fields of what is no longer there", () =>
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
      > XREADGROUP GROUP g c STREAMS s >
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
         4) 1) "1-4"
            2) 1) "n"
               2) "4"
      > XDEL s 1-2
      (integer) 1
      > XREADGROUP GROUP g c STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) (nil)
         3) 1) "1-3"
            2) 1) "n"
               2) "3"
         4) 1) "1-4"
            2) 1) "n"
               2) "4"
      > XTRIM s MAXLEN 1
      (integer) 2
      > XREADGROUP GROUP g c COUNT 2 STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) (nil)
         2) 1) "1-2"
            2) (nil)
      > XREADGROUP GROUP g c STREAMS s 1-2
      1# "s" =>
         1) 1) "1-3"
            2) (nil)
         2) 1) "1-4"
            2) 1) "n"
               2) "4"
      > XACK s g 1-2
      (integer) 1
      > XREADGROUP GROUP g c STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) (nil)
         2) 1) "1-3"
            2) (nil)
         3) 1) "1-4"
            2) 1) "n"
               2) "4"
      > XDEL s 1-4
      (integer) 1
      > XREADGROUP GROUP g c STREAMS s 1-3
      1# "s" => 1) 1) "1-4"
            2) (nil)
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "c"
         3) (integer) ms
         4) (integer) 2
      2) 1) "1-3"
         2) "c"
         3) (integer) ms
         4) (integer) 2
      3) 1) "1-4"
         2) "c"
         3) (integer) ms
         4) (integer) 4
    `));

  test("reading history counts as delivery, of what is still there", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g c STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREADGROUP GROUP g c STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREADGROUP GROUP g c COUNT 1 STREAMS s 0
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "c"
         3) (integer) ms
         4) (integer) 3
      2) 1) "1-2"
         2) "c"
         3) (integer) ms
         4) (integer) 2
      > XDEL s 1-1
      (integer) 1
      > XREADGROUP GROUP g c STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) (nil)
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XREADGROUP GROUP g c NOACK STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) (nil)
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "c"
         3) (integer) ms
         4) (integer) 3
      2) 1) "1-2"
         2) "c"
         3) (integer) ms
         4) (integer) 4
    `));

  test("NOACK leaves nothing pending", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g c NOACK COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XREADGROUP NOACK COUNT 1 GROUP g c STREAMS s >
      1# "s" => 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
      > XREADGROUP GROUP g c STREAMS s 0
      1# "s" => (empty array)
      > XREADGROUP NOACK NOACK GROUP x y GROUP g c COUNT 1 STREAMS s >
      1# "s" => 1) 1) "1-3"
            2) 1) "n"
               2) "3"
      > XINFO GROUPS s
      1) 1# "name" => "g"
         2# "consumers" => (integer) 1
         3# "pending" => (integer) 0
         4# "last-delivered-id" => "1-3"
         5# "entries-read" => (integer) 3
         6# "lag" => (integer) 0
      > XINFO CONSUMERS s g
      1) 1# "name" => "c"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
    `));

  test("groups read apart, and several streams at once", () =>
    session(`
      > XADD a 1-1 n 1
      "1-1"
      > XADD b 2-1 n 2
      "2-1"
      > XADD b 2-2 n 3
      "2-2"
      > XGROUP CREATE a g 0
      OK
      > XGROUP CREATE a h $
      OK
      > XGROUP CREATE b g 2-1
      OK
      > XGROUP CREATE b h 0
      OK
      > XREADGROUP GROUP g c STREAMS a b > >
      1# "a" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      2# "b" => 1) 1) "2-2"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP h c STREAMS a b > >
      1# "b" =>
         1) 1) "2-1"
            2) 1) "n"
               2) "2"
         2) 1) "2-2"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP h c STREAMS a b > >
      (nil)
      > XREADGROUP GROUP g c STREAMS b a 0 >
      1# "b" => 1) 1) "2-2"
            2) 1) "n"
               2) "3"
      > XREADGROUP GROUP g c COUNT 1 STREAMS a b a > 0 0
      1# "b" => 1) 1) "2-2"
            2) 1) "n"
               2) "3"
      2# "a" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XADD a 3-1 n 4
      "3-1"
      > XREADGROUP GROUP g c STREAMS a a > >
      1# "a" => 1) 1) "3-1"
            2) 1) "n"
               2) "4"
      > XREADGROUP GROUP g c STREAMS a a > 1-1
      1# "a" => 1) 1) "3-1"
            2) 1) "n"
               2) "4"
    `));

  test("XREADGROUP refuses wrong words", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > SET text x
      OK
      > XREADGROUP
      (error) ERR wrong number of arguments for 'xreadgroup' command
      > XREADGROUP GROUP g c STREAMS s
      (error) ERR wrong number of arguments for 'xreadgroup' command
      > XREADGROUP GROUP g STREAMS s >
      (error) ERR wrong number of arguments for 'xreadgroup' command
      > XREADGROUP GROUP g c STREAMS s >
      ${NO_GROUP_READ}
      > XREADGROUP GROUP g c STREAMS nosuch >
      (error) NOGROUP No such key 'nosuch' or consumer group 'g' in XREADGROUP with GROUP option
      > XREADGROUP GROUP g c STREAMS nosuch 0
      (error) NOGROUP No such key 'nosuch' or consumer group 'g' in XREADGROUP with GROUP option
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g c STREAMS s s >
      ${UNBALANCED}
      > XREADGROUP GROUP g c STREAMS s nosuch > >
      (error) NOGROUP No such key 'nosuch' or consumer group 'g' in XREADGROUP with GROUP option
      > XREADGROUP GROUP g c STREAMS nosuch s > >
      (error) NOGROUP No such key 'nosuch' or consumer group 'g' in XREADGROUP with GROUP option
      > XREADGROUP GROUP nosuch c STREAMS s >
      (error) NOGROUP No such key 's' or consumer group 'nosuch' in XREADGROUP with GROUP option
      > XREADGROUP STREAMS s > a b c
      ${UNBALANCED}
      > XREADGROUP COUNT 1 BLOCK 1 STREAMS s >
      (error) ERR Missing GROUP option for XREADGROUP
      > XREADGROUP GROUP g c COUNT x STREAMS s >
      (error) ERR value is not an integer or out of range
      > XREADGROUP GROUP g c BLOCK -1 STREAMS s >
      (error) ERR timeout is negative
      > XREADGROUP GROUP g c BLOCK x STREAMS s >
      (error) ERR timeout is not an integer or out of range
      > XREADGROUP GROUP g c STREAMS s $
      ${DOLLAR}
      > XREADGROUP GROUP g c STREAMS s x
      ${INVALID_ID}
      > XREADGROUP GROUP g c STREAMS s +
      ${INVALID_ID}
      > XREADGROUP GROUP g c STREAMS s ""
      ${INVALID_ID}
      > XREADGROUP GROUP g c STREAMS text >
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREADGROUP GROUP g c STREAMS text x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREADGROUP GROUP g c STREAMS s text > >
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XREADGROUP GROUP g c STREAMS s s > x
      ${INVALID_ID}
      > XREADGROUP GROUP g c STREAMS s s x >
      ${INVALID_ID}
      > XREADGROUP GROUP g c FOO STREAMS s >
      (error) ERR syntax error
      > XREADGROUP GROUP g c COUNT 1
      (error) ERR wrong number of arguments for 'xreadgroup' command
      > XREADGROUP GROUP g c COUNT 1 BLOCK 5
      (error) ERR syntax error
      > XREADGROUP GROUP g
      (error) ERR wrong number of arguments for 'xreadgroup' command
      > XREADGROUP GROUP g c NOACK s > >
      (error) ERR syntax error
      > XINFO CONSUMERS s g
      (empty array)
      > XREADGROUP GROUP g c COUNT 0 STREAMS s >
      1# "s" => 1) 1) "1-1"
            2) 1) "a"
               2) "1"
      > XADD s 2-1 a 1
      "2-1"
      > XREADGROUP GROUP g c COUNT -1 STREAMS s >
      1# "s" => 1) 1) "2-1"
            2) 1) "a"
               2) "1"
      > XREADGROUP GROUP g c COUNT 0 STREAMS s 0
      1# "s" =>
         1) 1) "1-1"
            2) 1) "a"
               2) "1"
         2) 1) "2-1"
            2) 1) "a"
               2) "1"
    `));
});
