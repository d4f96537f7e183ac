// Purpose: commands that wait (BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP, BZPOPMIN, BZPOPMAX,
// BZMPOP) as sessions under RESP2 and RESP3; what can happen to a client that waits is in
// test/dispatch/blocked_clients_test.ts.
// They hold for the real Redis as well: RUSK_BINARY=redis-server runs them against it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { type Server, startServer } from "../client/server.ts";

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
  const session = (text: string) => server.session(text, { protocol });

  test("BLPOP and BRPOP take what is there at once, from the first key that has any", () =>
    session(`
      > RPUSH a 1 2 3
      (integer) 3
      > RPUSH b x
      (integer) 1
      > BLPOP a 0
      1) "a"
      2) "1"
      > BRPOP none a b 0
      1) "a"
      2) "3"
      > BLPOP b a 5
      1) "b"
      2) "x"
      > BRPOP b a 0.5
      1) "a"
      2) "2"
      > EXISTS a b
      (integer) 0
    `));

  test("BLPOP and BRPOP wait for the first element", () =>
    session(`
      a> BLPOP list 0
      ...
      > RPUSH list 1 2 3
      (integer) 3
      a<
      1) "list"
      2) "1"
      a> BRPOP other list 0
      1) "list"
      2) "3"
      b> BRPOP other 0
      ...
      > LPUSH other 1 2 3
      (integer) 3
      b<
      1) "other"
      2) "1"
      > LRANGE other 0 -1
      1) "3"
      2) "2"
    `));

  test("those who came first are served first, one element each", () =>
    session(`
      a> BLPOP list 0
      ...
      b> BRPOP list 0
      ...
      c> BLPOP list 0
      ...
      > RPUSH list 1 2
      (integer) 2
      a<
      1) "list"
      2) "1"
      b<
      1) "list"
      2) "2"
      > EXISTS list
      (integer) 0
      > RPUSH list 3 4
      (integer) 2
      c<
      1) "list"
      2) "3"
      > LRANGE list 0 -1
      1) "4"
    `));

  test("the time is over: no array, whatever was waited for", () =>
    session(`
      > BLPOP a 0.01
      (nil)
      > BRPOP a b c 0.001
      (nil)
      > BLMOVE a b LEFT RIGHT 0.01
      (nil)
      > BRPOPLPUSH a b 0.01
      (nil)
      > BLMPOP 0.01 2 a b LEFT COUNT 3
      (nil)
      > BZPOPMIN a 0.01
      (nil)
      > BZPOPMAX a b 0.01
      (nil)
      > BZMPOP 0.01 1 a MAX
      (nil)
    `));

  test("timeouts are seconds with decimals, from 0 up", () =>
    session(`
      > RPUSH list 1 2 3 4 5 6 7
      (integer) 7
      > BLPOP list -1
      (error) ERR timeout is negative
      > BLPOP list -0.002
      (error) ERR timeout is negative
      > BLPOP list x
      (error) ERR timeout is not a float or out of range
      > BLPOP list ""
      (error) ERR timeout is not a float or out of range
      > BLPOP list nan
      (error) ERR timeout is not a float or out of range
      > BLPOP list " 1"
      (error) ERR timeout is not a float or out of range
      > BLPOP list inf
      (error) ERR timeout is negative
      > BLPOP list 9223372036854775.9
      (error) ERR timeout is negative
      > BLPOP list 9223372036854775.8
      1) "list"
      2) "1"
      > BLPOP list -0.0009
      1) "list"
      2) "2"
      > BLPOP list -0.001
      1) "list"
      2) "3"
      > BLPOP list 0x1p-10
      1) "list"
      2) "4"
      > BLPOP list 1e3
      1) "list"
      2) "5"
      > BLPOP list -0
      1) "list"
      2) "6"
      > BRPOPLPUSH list other x
      (error) ERR timeout is not a float or out of range
      > BZPOPMIN list x
      (error) ERR timeout is not a float or out of range
      > BLPOP list
      (error) ERR wrong number of arguments for 'blpop' command
    `));

  test("another type is an error when it comes to it, behind keys that are not there", () =>
    session(`
      > SET text x
      OK
      > RPUSH list 1
      (integer) 1
      > BLPOP none text list 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BLPOP none list text 0
      1) "list"
      2) "1"
      > BRPOPLPUSH text list 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BLMPOP 0 1 text LEFT
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > RPUSH list 1
      (integer) 1
      > BLMOVE list text LEFT LEFT 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LRANGE list 0 -1
      1) "1"
      > BZPOPMIN list 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BZMPOP 0 2 none list MIN
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("another type that comes while one waits is left alone", () =>
    session(`
      a> BLPOP key 0
      ...
      b> BZPOPMIN key 0
      ...
      > SET key x
      OK
      > DEL key
      (integer) 1
      > SADD key x
      (integer) 1
      > DEL key
      (integer) 1
      > ZADD key 1 one
      (integer) 1
      b<
      1) "key"
      2) "one"
      3) ${protocol === 3 ? "(double) 1" : '"1"'}
      > RPUSH key x
      (integer) 1
      a<
      1) "key"
      2) "x"
    `));

  test("several keys: the one that is made first, once, also when it is given twice", () =>
    session(`
      a> BLPOP x y y x 0
      ...
      > RPUSH y 1 2
      (integer) 2
      a<
      1) "y"
      2) "1"
      > RPUSH x 1
      (integer) 1
      > BLPOP x y 0
      1) "x"
      2) "1"
    `));

  test("BLMOVE and BRPOPLPUSH wait for the source, and make the target", () =>
    session(`
      a> BLMOVE from to LEFT RIGHT 0
      ...
      > RPUSH to 0
      (integer) 1
      > RPUSH from 1 2
      (integer) 2
      a<
      "1"
      a> BRPOPLPUSH none new 0
      ...
      > RPUSH none x
      (integer) 1
      a<
      "x"
      > LRANGE to 0 -1
      1) "0"
      2) "1"
      > LRANGE new 0 -1
      1) "x"
      > BLMOVE from to RIGHT LEFT 0
      "2"
      > BRPOPLPUSH to to 0
      "1"
      > LRANGE to 0 -1
      1) "1"
      2) "2"
      3) "0"
      > EXISTS from none
      (integer) 0
      > BLMOVE from to UP LEFT 0
      (error) ERR syntax error
      > BLMOVE from to LEFT DOWN x
      (error) ERR syntax error
      > BLMOVE from to LEFT LEFT -1
      (error) ERR timeout is negative
    `));

  test("a target of another type: an error for who waited, and the source stays", () =>
    session(`
      a> BLMOVE from to LEFT LEFT 0
      ...
      b> BLPOP from 0
      ...
      > SET to x
      OK
      > RPUSH from 1
      (integer) 1
      a<
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      b<
      1) "from"
      2) "1"
    `));

  test("an element moves on through all who wait for it, also in a circle", () =>
    session(`
      a> BLMOVE one two LEFT LEFT 0
      ...
      b> BRPOPLPUSH two three 0
      ...
      c> BLPOP three 0
      ...
      > RPUSH one x
      (integer) 1
      a<
      "x"
      b<
      "x"
      c<
      1) "three"
      2) "x"
      > EXISTS one two three
      (integer) 0
      a> BRPOPLPUSH one two 0
      ...
      b> BRPOPLPUSH two one 0
      ...
      > RPUSH one y
      (integer) 1
      a<
      "y"
      b<
      "y"
      > LRANGE one 0 -1
      1) "y"
      a> BRPOPLPUSH self self 0
      ...
      > RPUSH self z
      (integer) 1
      a<
      "z"
      > LRANGE self 0 -1
      1) "z"
    `));

  test("BLMPOP takes several elements of the first list that has any", () =>
    session(`
      > RPUSH list 1 2 3 4
      (integer) 4
      > BLMPOP 0 2 none list LEFT
      1) "list"
      2) 1) "1"
      > BLMPOP 0 1 list RIGHT COUNT 2
      1) "list"
      2) 1) "4"
         2) "3"
      > BLMPOP 1 1 list LEFT COUNT 10
      1) "list"
      2) 1) "2"
      a> BLMPOP 0 2 x y RIGHT COUNT 2
      ...
      > RPUSH y 1 2 3
      (integer) 3
      a<
      1) "y"
      2) 1) "3"
         2) "2"
      > LRANGE y 0 -1
      1) "1"
    `));

  test("BLMPOP and BZMPOP refuse wrong arguments, the timeout last", () =>
    session(`
      > BLMPOP 0 0 k LEFT
      (error) ERR numkeys should be greater than 0
      > BLMPOP x a k LEFT
      (error) ERR numkeys should be greater than 0
      > BLMPOP x 2 k LEFT
      (error) ERR syntax error
      > BLMPOP x 1 k UP
      (error) ERR syntax error
      > BLMPOP x 1 k LEFT COUNT
      (error) ERR syntax error
      > BLMPOP x 1 k LEFT COUNT 0
      (error) ERR count should be greater than 0
      > BLMPOP x 1 k LEFT COUNT 1
      (error) ERR timeout is not a float or out of range
      > BLMPOP 0 1 k LEFT COUNT 1 COUNT 2
      (error) ERR syntax error
      > BLMPOP 0 1 k
      (error) ERR wrong number of arguments for 'blmpop' command
      > BZMPOP -1 1 k LEFT
      (error) ERR syntax error
      > BZMPOP -1 0 k MIN
      (error) ERR numkeys should be greater than 0
      > BZMPOP -1 1 k MIN
      (error) ERR timeout is negative
      > BZMPOP 0 1 k MIN COUNT -1
      (error) ERR count should be greater than 0
    `));

  const score = (value: number) => (protocol === 3 ? `(double) ${value}` : `"${value}"`);

  test("BZPOPMIN and BZPOPMAX take a member and its score, or wait", () =>
    session(`
      > ZADD board 1 ann 2 bob 3.5 cid
      (integer) 3
      > BZPOPMIN board 0
      1) "board"
      2) "ann"
      3) ${score(1)}
      > BZPOPMAX none board 0
      1) "board"
      2) "cid"
      3) ${score(3.5)}
      a> BZPOPMIN none other 0
      ...
      b> BZPOPMAX other 0
      ...
      > ZADD other 1 one 2 two 3 three
      (integer) 3
      a<
      1) "other"
      2) "one"
      3) ${score(1)}
      b<
      1) "other"
      2) "three"
      3) ${score(3)}
      > ZRANGE other 0 -1
      1) "two"
      a> BZPOPMIN third 0
      ...
      > ZINCRBY third 5 x
      ${score(5)}
      a<
      1) "third"
      2) "x"
      3) ${score(5)}
      > EXISTS third
      (integer) 0
    `));

  test("BZMPOP takes several members, or waits", () =>
    session(`
      > ZADD board 1 ann 2 bob 3 cid
      (integer) 3
      > BZMPOP 0 2 none board MIN
      1) "board"
      2) 1) 1) "ann"
            2) ${score(1)}
      > BZMPOP 1 1 board MAX COUNT 5
      1) "board"
      2) 1) 1) "cid"
            2) ${score(3)}
         2) 1) "bob"
            2) ${score(2)}
      a> BZMPOP 0 2 board other MIN COUNT 2
      ...
      > ZADD board 1 one 2 two 3 three
      (integer) 3
      a<
      1) "board"
      2) 1) 1) "one"
            2) ${score(1)}
         2) 1) "two"
            2) ${score(2)}
      > ZRANGE board 0 -1
      1) "three"
    `));

  test("a list comes by RENAME, COPY, MOVE, SORT and LMOVE", () =>
    session(`
      > RPUSH source 1 2 3
      (integer) 3
      a> BLPOP key 0
      ...
      > COPY source key
      (integer) 1
      a<
      1) "key"
      2) "1"
      > DEL key
      (integer) 1
      a> BLPOP key 0
      ...
      > SORT source DESC STORE key
      (integer) 3
      a<
      1) "key"
      2) "3"
      > DEL key
      (integer) 1
      a> BLPOP key 0
      ...
      > LMOVE source key RIGHT LEFT
      "3"
      a<
      1) "key"
      2) "3"
      a> BLPOP key 0
      ...
      > SET key text
      OK
      > RENAME source key
      OK
      a<
      1) "key"
      2) "1"
      > SELECT 1
      OK
      > RPUSH moved 1
      (integer) 1
      a> BLPOP moved 0
      ...
      > MOVE moved 0
      (integer) 1
      a<
      1) "moved"
      2) "1"
      > EXISTS moved
      (integer) 0
    `));

  test("a sorted set comes by ZUNIONSTORE, ZRANGESTORE and GEOADD's kin", () =>
    session(`
      > ZADD source 1 a 2 b
      (integer) 2
      a> BZPOPMIN key 0
      ...
      > ZUNIONSTORE key 1 source WEIGHTS 3
      (integer) 2
      a<
      1) "key"
      2) "a"
      3) ${score(3)}
      > DEL key
      (integer) 1
      a> BZPOPMAX key 0
      ...
      > ZRANGESTORE key source 0 -1
      (integer) 2
      a<
      1) "key"
      2) "b"
      3) ${score(2)}
      > ZRANGE key 0 -1
      1) "a"
    `));

  test("a wait is for a key of one database, whatever SWAPDB puts there", () =>
    session(`
      a> SELECT 1
      OK
      a> BLPOP key 0
      ...
      b> BLPOP key 0
      ...
      > RPUSH key in0
      (integer) 1
      b<
      1) "key"
      2) "in0"
      > SELECT 2
      OK
      > RPUSH key in2
      (integer) 1
      > SWAPDB 1 2
      OK
      a<
      1) "key"
      2) "in2"
      > SELECT 1
      OK
      > DBSIZE
      (integer) 0
    `));

  test("FLUSHALL and FLUSHDB do not end a wait", () =>
    session(`
      a> BLPOP key 0
      ...
      > FLUSHALL
      OK
      > FLUSHDB
      OK
      > RPUSH key 1
      (integer) 1
      a<
      1) "key"
      2) "1"
    `));

  test("what is gone again when the command ends was never there", () =>
    session(`
      a> BLPOP key 0
      ...
      > MULTI
      OK
      > RPUSH key 1
      QUEUED
      > DEL key
      QUEUED
      > SET key text
      QUEUED
      > EXEC
      1) (integer) 1
      2) (integer) 1
      3) OK
      > DEL key
      (integer) 1
      > RPUSH key 2
      (integer) 1
      a<
      1) "key"
      2) "2"
    `));

  test("what has expired when the command ends was never there either", () =>
    session(`
      a> BLPOP key 0
      ...
      > MULTI
      OK
      > RPUSH key 1
      QUEUED
      > PEXPIRE key 5
      QUEUED
      > DEBUG SLEEP 0.02
      QUEUED
      > EXEC
      1) (integer) 1
      2) (integer) 1
      3) OK
      > RPUSH key 2
      (integer) 1
      a<
      1) "key"
      2) "2"
    `));

  test("EXEC as a whole: what is there at its end, of the key that was made first", () =>
    session(`
      a> BLPOP x y 0
      ...
      > MULTI
      OK
      > RPUSH y 1
      QUEUED
      > RPUSH x 2
      QUEUED
      > LPUSH y 0
      QUEUED
      > LLEN y
      QUEUED
      > EXEC
      1) (integer) 1
      2) (integer) 1
      3) (integer) 2
      4) (integer) 2
      a<
      1) "y"
      2) "0"
      a> BLPOP one two 0
      ...
      > MULTI
      OK
      > SET one text
      QUEUED
      > RPUSH two b
      QUEUED
      > DEL one
      QUEUED
      > RPUSH one a
      QUEUED
      > EXEC
      1) OK
      2) (integer) 1
      3) (integer) 1
      4) (integer) 1
      a<
      1) "two"
      2) "b"
    `));

  test("FLUSHDB, and SWAPDB without a value for it, make no key ready before its value comes", () =>
    session(`
      > SET other text
      OK
      a> BZMPOP 0 2 two one MIN
      ...
      > MULTI
      OK
      > FLUSHDB
      QUEUED
      > ZADD one 0 a
      QUEUED
      > ZINCRBY two 0 b
      QUEUED
      > EXEC
      1) OK
      2) (integer) 1
      3) ${score(0)}
      a<
      1) "one"
      2) 1) 1) "a"
            2) ${score(0)}
      > DEL two
      (integer) 1
      a> BLMPOP 0 2 two one LEFT
      ...
      > MULTI
      OK
      > FLUSHALL
      QUEUED
      > RPUSH one a
      QUEUED
      > RPUSH two b
      QUEUED
      > EXEC
      1) OK
      2) (integer) 1
      3) (integer) 1
      a<
      1) "one"
      2) 1) "a"
      > DEL two
      (integer) 1
      a> BLPOP two one 0
      ...
      > SELECT 1
      OK
      > ZADD two 0 a
      (integer) 1
      > SELECT 0
      OK
      > MULTI
      OK
      > SWAPDB 0 1
      QUEUED
      > DEL two
      QUEUED
      > RPUSH one a
      QUEUED
      > RPUSH two b
      QUEUED
      > EXEC
      1) OK
      2) (integer) 1
      3) (integer) 1
      4) (integer) 1
      a<
      1) "one"
      2) "a"
    `));

  test("SWAPDB makes a key ready that it brings a value for, though it goes again", () =>
    session(`
      a> BLPOP one two 0
      ...
      > SELECT 1
      OK
      > RPUSH two old
      (integer) 1
      > MULTI
      OK
      > SWAPDB 1 0
      QUEUED
      > SELECT 0
      QUEUED
      > DEL two
      QUEUED
      > RPUSH one a
      QUEUED
      > RPUSH two b
      QUEUED
      > EXEC
      1) OK
      2) OK
      3) (integer) 1
      4) (integer) 1
      5) (integer) 1
      a<
      1) "two"
      2) "b"
    `));

  test("inside MULTI nobody waits", () =>
    session(`
      > RPUSH list 1
      (integer) 1
      > MULTI
      OK
      > BLPOP none 0
      QUEUED
      > BRPOP none list 0
      QUEUED
      > BLMOVE none list LEFT LEFT 0
      QUEUED
      > BRPOPLPUSH none list 0
      QUEUED
      > BLMPOP 0 1 none LEFT
      QUEUED
      > BZPOPMIN none 0
      QUEUED
      > BZMPOP 0 1 none MIN
      QUEUED
      > BLPOP none x
      QUEUED
      > EXEC
      1) (nil)
      2) 1) "list"
         2) "1"
      3) (nil)
      4) (nil)
      5) (nil)
      6) (nil)
      7) (nil)
      8) (error) ERR timeout is not a float or out of range
    `));

  test("a watched key is changed by who waited for another", () =>
    session(`
      a> BRPOPLPUSH from watched 0
      ...
      > WATCH watched
      OK
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      1) PONG
      > WATCH watched
      OK
      b> RPUSH from 1
      (integer) 1
      a<
      "1"
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      (nil)
    `));

  test("what is sent while one waits is run afterwards, in order", () =>
    session(`
      a> BLPOP key 0
      ...
      a> ECHO after
      ...
      a> BLPOP key 0
      ...
      a> ECHO end
      ...
      > RPUSH key 1
      (integer) 1
      a<
      1) "key"
      2) "1"
      a<
      "after"
      > RPUSH key 2
      (integer) 1
      a<
      1) "key"
      2) "2"
      a<
      "end"
    `));

  test("a value that takes another's place by STORE serves nobody", () =>
    session(`
      > RPUSH source 1 2
      (integer) 2
      a> BLPOP key 0
      ...
      > SET key text
      OK
      > SORT source STORE key
      (integer) 2
      > LPUSH key 0
      (integer) 3
      > LRANGE key 0 -1
      1) "0"
      2) "1"
      3) "2"
      > DEL key
      (integer) 1
      > LPUSH key new
      (integer) 1
      a<
      1) "key"
      2) "new"
      > GEOADD scores 1 1 x
      (integer) 1
      > ZADD scores 1 a
      (integer) 1
      b> BZPOPMIN other 0
      ...
      > SET other text
      OK
      > ZUNIONSTORE other 1 scores
      (integer) 2
      > SET other text
      OK
      > ZRANGESTORE other scores 0 0
      (integer) 1
      > SET other text
      OK
      > GEOSEARCHSTORE other scores FROMMEMBER x BYRADIUS 1 m
      (integer) 1
      > ZADD other 7 b
      (integer) 1
      > DEL other
      (integer) 1
      > ZADD other 8 c
      (integer) 1
      b<
      1) "other"
      2) "c"
      3) ${score(8)}
    `));

  test("a value that takes another's place by RENAME or COPY serves", () =>
    session(`
      > RPUSH source 1 2
      (integer) 2
      a> BLPOP key 0
      ...
      > SET key text
      OK
      > COPY source key REPLACE
      (integer) 1
      a<
      1) "key"
      2) "1"
      > DEL key
      (integer) 1
      a> BLPOP key 0
      ...
      > SET key text
      OK
      > RENAME source key
      OK
      a<
      1) "key"
      2) "1"
    `));
});
