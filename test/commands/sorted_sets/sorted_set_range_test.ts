// Purpose: the sorted set commands on ranges, as sessions
// in both encodings and protocols. They hold for the real Redis as well:
// RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import { type Server, startServer } from "../../client/server.ts";
import { inProtocol } from "./sorted_set_replies.ts";

/** The largest listpack, by the encoding that sorted sets then have. */
const LISTPACK_ENTRIES = { listpack: "128", skiplist: "0" } as const;

describe.each([
  ["listpack", 2],
  ["listpack", 3],
  ["skiplist", 2],
  ["skiplist", 3],
] as const)("%s, RESP%d", (encoding, protocol) => {
  let server: Server;
  const session = (text: string) => server.session(inProtocol(text, protocol), { protocol });

  beforeAll(async () => {
    const limit = LISTPACK_ENTRIES[encoding];
    server = await startServer({ args: ["--zset-max-listpack-entries", limit] });
  });

  beforeEach(() => server.session("> FLUSHALL\nOK"));

  afterAll(() => server?.stop());

  test("ZRANGE and ZREVRANGE by rank", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d
      (integer) 4
      > ZRANGE z 0 -1
      1) "a"
      2) "b"
      3) "c"
      4) "d"
      > ZRANGE z 0 -2
      1) "a"
      2) "b"
      3) "c"
      > ZRANGE z 1 -1
      1) "b"
      2) "c"
      3) "d"
      > ZRANGE z 1 2
      1) "b"
      2) "c"
      > ZRANGE z -2 -1
      1) "c"
      2) "d"
      > ZRANGE z -2 -2
      1) "c"
      > ZRANGE z -9 9
      1) "a"
      2) "b"
      3) "c"
      4) "d"
      > ZRANGE z 5 -1
      (empty array)
      > ZRANGE z 2 1
      (empty array)
      > ZRANGE z 0 -9
      (empty array)
      > ZRANGE z -9223372036854775808 9223372036854775807
      1) "a"
      2) "b"
      3) "c"
      4) "d"
      > ZRANGE z 9223372036854775807 9223372036854775807
      (empty array)
      > ZREVRANGE z 0 -1
      1) "d"
      2) "c"
      3) "b"
      4) "a"
      > ZREVRANGE z 0 -2
      1) "d"
      2) "c"
      3) "b"
      > ZREVRANGE z 1 2
      1) "c"
      2) "b"
      > ZREVRANGE z -2 -1
      1) "b"
      2) "a"
      > ZREVRANGE z -9 9
      1) "d"
      2) "c"
      3) "b"
      4) "a"
      > ZREVRANGE z 5 -1
      (empty array)
      > ZREVRANGE z 0 -1 WITHSCORES
      1) 1) "d"
         2) (double) 4
      2) 1) "c"
         2) (double) 3
      3) 1) "b"
         2) (double) 2
      4) 1) "a"
         2) (double) 1
      > ZRANGE z 1 2 WITHSCORES
      1) 1) "b"
         2) (double) 2
      2) 1) "c"
         2) (double) 3
      > ZRANGE z 1 2 REV
      1) "c"
      2) "b"
      > ZRANGE z 0 0 REV WITHSCORES
      1) 1) "d"
         2) (double) 4
      > ZRANGE z 0 1 withscores rev
      1) 1) "d"
         2) (double) 4
      2) 1) "c"
         2) (double) 3
      > ZRANGE nokey 0 -1
      (empty array)
      > ZREVRANGE nokey 0 -1 WITHSCORES
      (empty array)
      > ZRANGE z 0 x
      (error) ERR value is not an integer or out of range
      > ZRANGE z x 0
      (error) ERR value is not an integer or out of range
      > ZRANGE z 0 1.5
      (error) ERR value is not an integer or out of range
      > ZRANGE z 0 9223372036854775808
      (error) ERR value is not an integer or out of range
      > ZRANGE z 0
      (error) ERR wrong number of arguments for 'zrange' command
      > ZREVRANGE z 0
      (error) ERR wrong number of arguments for 'zrevrange' command
      > SET s x
      OK
      > ZRANGE s 0 -1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZRANGE s 0 x
      (error) ERR value is not an integer or out of range
      > ZREVRANGE s 0 -1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("options of ZRANGE, and those that do not go together", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d
      (integer) 4
      > ZRANGE z 0 -1 LIMIT 0 1
      (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
      > ZRANGE z 0 -1 LIMIT 1 -1
      1) "a"
      2) "b"
      3) "c"
      4) "d"
      > ZRANGE z 0 -1 LIMIT 1 -2
      (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
      > ZRANGE z 0 -1 REV LIMIT 0 5
      (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
      > ZRANGE z 0 -1 LIMIT 1
      (error) ERR syntax error
      > ZRANGE z 0 -1 LIMIT
      (error) ERR syntax error
      > ZRANGE z 0 -1 LIMIT a b
      (error) ERR value is not an integer or out of range
      > ZRANGE z (1 4 BYSCORE LIMIT 1 b
      (error) ERR value is not an integer or out of range
      > ZRANGE z - + BYLEX WITHSCORES
      (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
      > ZRANGE z 0 -1 REV REV
      (error) ERR syntax error
      > ZRANGE z 0 4 BYSCORE BYSCORE
      (error) ERR syntax error
      > ZRANGE z 0 4 BYSCORE BYLEX
      (error) ERR syntax error
      > ZRANGE z 0 4 BOGUS
      (error) ERR syntax error
      > ZRANGE z 0 4 WITHSCORES WITHSCORES
      1) 1) "a"
         2) (double) 1
      2) 1) "b"
         2) (double) 2
      3) 1) "c"
         2) (double) 3
      4) 1) "d"
         2) (double) 4
      > ZRANGE z 0 4 BYSCORE LIMIT 0 1 LIMIT 1 2
      1) "b"
      2) "c"
      > ZREVRANGE z 0 -1 REV
      (error) ERR syntax error
      > ZREVRANGE z 0 -1 BYSCORE
      (error) ERR syntax error
      > ZREVRANGE z 0 -1 LIMIT 0 1
      (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
      > ZRANGEBYSCORE z 0 4 REV
      (error) ERR syntax error
      > ZRANGEBYSCORE z 0 4 BYLEX
      (error) ERR syntax error
      > ZRANGEBYLEX z - + WITHSCORES
      (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
      > ZRANGEBYLEX z - + BYSCORE
      (error) ERR syntax error
      > ZREVRANGEBYLEX z + - WITHSCORES
      (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
      > ZRANGE nokey a b
      (error) ERR value is not an integer or out of range
      > ZRANGE nokey a b BYSCORE
      (error) ERR min or max is not a float
      > ZRANGE nokey a b BYLEX
      (error) ERR min or max not valid string range item
    `));

  test("ZRANGEBYSCORE, ZREVRANGEBYSCORE and ZCOUNT", () =>
    session(`
      > ZADD z -inf a 1 b 2 c 3 d 4 e 5 f inf g
      (integer) 7
      > ZRANGEBYSCORE z -inf 2
      1) "a"
      2) "b"
      3) "c"
      > ZRANGEBYSCORE z 0 3
      1) "b"
      2) "c"
      3) "d"
      > ZRANGEBYSCORE z 4 +inf
      1) "e"
      2) "f"
      3) "g"
      > ZRANGEBYSCORE z (-inf (2
      1) "b"
      > ZRANGEBYSCORE z (0 (3
      1) "b"
      2) "c"
      > ZRANGEBYSCORE z (4 (+inf
      1) "f"
      > ZRANGEBYSCORE z (1 3
      1) "c"
      2) "d"
      > ZRANGEBYSCORE z 1 (3
      1) "b"
      2) "c"
      > ZRANGEBYSCORE z (2 (2
      (empty array)
      > ZRANGEBYSCORE z (2 2
      (empty array)
      > ZRANGEBYSCORE z 2 (2
      (empty array)
      > ZRANGEBYSCORE z 2 2
      1) "c"
      > ZRANGEBYSCORE z 3 1
      (empty array)
      > ZRANGEBYSCORE z (1.5 2.5
      1) "c"
      > ZRANGEBYSCORE z 6 7
      (empty array)
      > ZRANGEBYSCORE z -5 -4
      (empty array)
      > ZREVRANGEBYSCORE z 2 -inf
      1) "c"
      2) "b"
      3) "a"
      > ZREVRANGEBYSCORE z (+inf (4
      1) "f"
      > ZREVRANGEBYSCORE z 3 1
      1) "d"
      2) "c"
      3) "b"
      > ZREVRANGEBYSCORE z 1 3
      (empty array)
      > ZREVRANGEBYSCORE z (3 (1
      1) "c"
      > ZRANGE z 1 3 BYSCORE
      1) "b"
      2) "c"
      3) "d"
      > ZRANGE z (3 1 BYSCORE REV
      1) "c"
      2) "b"
      > ZRANGE z 1 3 BYSCORE REV
      (empty array)
      > ZCOUNT z -inf +inf
      (integer) 7
      > ZCOUNT z 0 3
      (integer) 3
      > ZCOUNT z (1 3
      (integer) 2
      > ZCOUNT z (1 (3
      (integer) 1
      > ZCOUNT z 3 1
      (integer) 0
      > ZCOUNT z 2 2
      (integer) 1
      > ZCOUNT z (2 2
      (integer) 0
      > ZCOUNT nokey 0 1
      (integer) 0
      > ZRANGEBYSCORE nokey 0 1
      (empty array)
      > ZREVRANGEBYSCORE nokey 1 0
      (empty array)
      > ZRANGEBYSCORE z 1 3 WITHSCORES
      1) 1) "b"
         2) (double) 1
      2) 1) "c"
         2) (double) 2
      3) 1) "d"
         2) (double) 3
      > ZREVRANGEBYSCORE z 3 1 WITHSCORES
      1) 1) "d"
         2) (double) 3
      2) 1) "c"
         2) (double) 2
      3) 1) "b"
         2) (double) 1
      > ZRANGE z 1 2 BYSCORE WITHSCORES
      1) 1) "b"
         2) (double) 1
      2) 1) "c"
         2) (double) 2
    `));

  test("the ends of a range by score", () =>
    session(`
      > ZADD z -1 a 0 b 1 c 2 d
      (integer) 4
      > ZCOUNT z "" 1
      (integer) 2
      > ZCOUNT z ( 1
      (integer) 1
      > ZCOUNT z " 0" "\\t\\n\\x0b\\x0c\\r 2"
      (integer) 3
      > ZCOUNT z "( 0" 2
      (integer) 2
      > ZCOUNT z "0\\x00x" "1\\x00\\x00"
      (integer) 2
      > ZCOUNT z "(0\\x00x" 2
      (integer) 2
      > ZCOUNT z -1e999 1e999
      (integer) 4
      > ZCOUNT z 1e-999 0x1p1
      (integer) 3
      > ZCOUNT z (1e-999 .2E1
      (integer) 2
      > ZCOUNT z -infinity INF
      (integer) 4
      > ZCOUNT z a 1
      (error) ERR min or max is not a float
      > ZCOUNT z 1 a
      (error) ERR min or max is not a float
      > ZCOUNT z "1 " 2
      (error) ERR min or max is not a float
      > ZCOUNT z " " 2
      (error) ERR min or max is not a float
      > ZCOUNT z [1 2
      (error) ERR min or max is not a float
      > ZCOUNT z ((1 2
      (error) ERR min or max is not a float
      > ZCOUNT z nan 2
      (error) ERR min or max is not a float
      > ZCOUNT z 1 (nan
      (error) ERR min or max is not a float
      > ZCOUNT z 1x 2
      (error) ERR min or max is not a float
      > ZCOUNT z 1( 2
      (error) ERR min or max is not a float
      > ZCOUNT z 1
      (error) ERR wrong number of arguments for 'zcount' command
      > ZCOUNT z 1 2 3
      (error) ERR wrong number of arguments for 'zcount' command
      > ZRANGEBYSCORE z 1 NaN
      (error) ERR min or max is not a float
      > ZREVRANGEBYSCORE z a 1
      (error) ERR min or max is not a float
      > ZREMRANGEBYSCORE z 1 a
      (error) ERR min or max is not a float
      > SET s x
      OK
      > ZCOUNT s 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZCOUNT s a 1
      (error) ERR min or max is not a float
      > ZRANGEBYSCORE s 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZRANGEBYSCORE s a 1
      (error) ERR min or max is not a float
    `));

  test("LIMIT of ranges by score", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d 5 e
      (integer) 5
      > ZRANGEBYSCORE z 0 10 LIMIT 0 2
      1) "a"
      2) "b"
      > ZRANGEBYSCORE z 0 10 LIMIT 2 3
      1) "c"
      2) "d"
      3) "e"
      > ZRANGEBYSCORE z 0 10 LIMIT 2 10
      1) "c"
      2) "d"
      3) "e"
      > ZRANGEBYSCORE z 0 10 LIMIT 20 10
      (empty array)
      > ZRANGEBYSCORE z 0 10 LIMIT 2 -1
      1) "c"
      2) "d"
      3) "e"
      > ZRANGEBYSCORE z 0 10 LIMIT 2 -5
      1) "c"
      2) "d"
      3) "e"
      > ZRANGEBYSCORE z 0 10 LIMIT 2 0
      (empty array)
      > ZRANGEBYSCORE z 0 10 LIMIT -1 2
      (empty array)
      > ZRANGEBYSCORE z 0 10 LIMIT 9223372036854775807 1
      (empty array)
      > ZRANGEBYSCORE z 2 4 LIMIT 1 10
      1) "c"
      2) "d"
      > ZREVRANGEBYSCORE z 10 0 LIMIT 0 2
      1) "e"
      2) "d"
      > ZREVRANGEBYSCORE z 10 0 LIMIT 2 10
      1) "c"
      2) "b"
      3) "a"
      > ZREVRANGEBYSCORE z 4 2 LIMIT 1 10
      1) "c"
      2) "b"
      > ZREVRANGEBYSCORE z 10 0 LIMIT -1 2
      (empty array)
      > ZRANGEBYSCORE z 2 5 LIMIT 2 3 WITHSCORES
      1) 1) "d"
         2) (double) 4
      2) 1) "e"
         2) (double) 5
      > ZREVRANGEBYSCORE z 5 2 WITHSCORES LIMIT 2 3
      1) 1) "c"
         2) (double) 3
      2) 1) "b"
         2) (double) 2
      > ZRANGEBYSCORE z 2 5 limit 2
      (error) ERR syntax error
      > ZRANGEBYSCORE z 2 5 LIMIT x 1
      (error) ERR value is not an integer or out of range
      > ZRANGEBYSCORE z 2 5 LIMIT 1 x
      (error) ERR value is not an integer or out of range
      > ZRANGEBYSCORE z 2 5 LIMIT 1 2 3
      (error) ERR syntax error
    `));

  test("ZRANGEBYLEX, ZREVRANGEBYLEX and ZLEXCOUNT", () =>
    session(`
      > ZADD z 0 alpha 0 bar 0 cool 0 down 0 elephant 0 foo 0 great 0 hill 0 omega
      (integer) 9
      > ZRANGEBYLEX z - [cool
      1) "alpha"
      2) "bar"
      3) "cool"
      > ZRANGEBYLEX z [bar [down
      1) "bar"
      2) "cool"
      3) "down"
      > ZRANGEBYLEX z [g +
      1) "great"
      2) "hill"
      3) "omega"
      > ZRANGEBYLEX z (bar (down
      1) "cool"
      > ZRANGEBYLEX z - (cool
      1) "alpha"
      2) "bar"
      > ZRANGEBYLEX z (great +
      1) "hill"
      2) "omega"
      > ZRANGEBYLEX z (az (b
      (empty array)
      > ZRANGEBYLEX z [a (b
      1) "alpha"
      > ZRANGEBYLEX z [bar [bar
      1) "bar"
      > ZRANGEBYLEX z (bar [bar
      (empty array)
      > ZRANGEBYLEX z [bar (bar
      (empty array)
      > ZRANGEBYLEX z [x [a
      (empty array)
      > ZRANGEBYLEX z + -
      (empty array)
      > ZRANGEBYLEX z - -
      (empty array)
      > ZRANGEBYLEX z + +
      (empty array)
      > ZRANGEBYLEX z [ [b
      1) "alpha"
      > ZRANGEBYLEX z ( [b
      1) "alpha"
      > ZRANGEBYLEX z - [
      (empty array)
      > ZRANGEBYLEX z [zoo +
      (empty array)
      > ZRANGEBYLEX z - + LIMIT 1 2
      1) "bar"
      2) "cool"
      > ZRANGEBYLEX z [bar [down LIMIT 0 1
      1) "bar"
      > ZRANGEBYLEX z - [cool LIMIT 0 -1
      1) "alpha"
      2) "bar"
      3) "cool"
      > ZRANGEBYLEX z - + LIMIT -1 2
      (empty array)
      > ZREVRANGEBYLEX z [cool -
      1) "cool"
      2) "bar"
      3) "alpha"
      > ZREVRANGEBYLEX z [down [bar
      1) "down"
      2) "cool"
      3) "bar"
      > ZREVRANGEBYLEX z + [g
      1) "omega"
      2) "hill"
      3) "great"
      > ZREVRANGEBYLEX z (down (bar
      1) "cool"
      > ZREVRANGEBYLEX z [bar [down
      (empty array)
      > ZREVRANGEBYLEX z + - LIMIT 1 2
      1) "hill"
      2) "great"
      > ZRANGE z [bar [down BYLEX
      1) "bar"
      2) "cool"
      3) "down"
      > ZRANGE z (down [bar BYLEX REV
      1) "cool"
      2) "bar"
      > ZRANGE z + (foo REV BYLEX LIMIT 1 1
      1) "hill"
      > ZLEXCOUNT z - +
      (integer) 9
      > ZLEXCOUNT z [bar [down
      (integer) 3
      > ZLEXCOUNT z (bar (down
      (integer) 1
      > ZLEXCOUNT z [bar +
      (integer) 8
      > ZLEXCOUNT z (foo +
      (integer) 3
      > ZLEXCOUNT z + -
      (integer) 0
      > ZLEXCOUNT z [x [a
      (integer) 0
      > ZLEXCOUNT nokey - +
      (integer) 0
      > ZRANGEBYLEX nokey - +
      (empty array)
      > ZREVRANGEBYLEX nokey + -
      (empty array)
      > ZRANGEBYLEX z foo bar
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z [foo bar
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z foo [bar
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z +x [bar
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z -x [bar
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z "" [bar
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z "-\\x00x" "[bar"
      1) "alpha"
      2) "bar"
      > ZLEXCOUNT z - "+\\x00"
      (integer) 9
      > ZLEXCOUNT z foo +
      (error) ERR min or max not valid string range item
      > ZREVRANGEBYLEX z foo +
      (error) ERR min or max not valid string range item
      > ZRANGEBYLEX z -
      (error) ERR wrong number of arguments for 'zrangebylex' command
      > SET s x
      OK
      > ZRANGEBYLEX s - +
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZLEXCOUNT s - +
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZLEXCOUNT s a +
      (error) ERR min or max not valid string range item
    `));

  test("bytes of any value are compared as they are", () =>
    session(`
      > ZADD z 0 "" 0 "\\x00" 0 "\\x7f" 0 "\\x80" 0 "\\xff" 0 "\\xff\\x00" 0 ab
      (integer) 7
      > ZRANGEBYLEX z "[\\x7f" "[\\xff"
      1) "\\x7f"
      2) "\\x80"
      3) "\\xff"
      > ZRANGEBYLEX z "(\\x80" +
      1) "\\xff"
      2) "\\xff\\x00"
      > ZLEXCOUNT z "[" "(\\x00"
      (integer) 1
      > ZREVRANGEBYLEX z "[ab\\x00" "(" LIMIT 0 2
      1) "ab"
      2) "\\x00"
    `));

  test("ZREMRANGEBYRANK", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d 5 e
      (integer) 5
      > ZREMRANGEBYRANK z 1 2
      (integer) 2
      > ZRANGE z 0 -1
      1) "a"
      2) "d"
      3) "e"
      > ZREMRANGEBYRANK z -1 -1
      (integer) 1
      > ZREMRANGEBYRANK z 5 10
      (integer) 0
      > ZREMRANGEBYRANK z 1 0
      (integer) 0
      > ZREMRANGEBYRANK z -100 0
      (integer) 1
      > ZRANGE z 0 -1 WITHSCORES
      1) 1) "d"
         2) (double) 4
      > ZREMRANGEBYRANK z 0 -1
      (integer) 1
      > EXISTS z
      (integer) 0
      > ZREMRANGEBYRANK z 0 -1
      (integer) 0
      > ZREMRANGEBYRANK z a 1
      (error) ERR value is not an integer or out of range
      > ZREMRANGEBYRANK z 0
      (error) ERR wrong number of arguments for 'zremrangebyrank' command
      > SET s x
      OK
      > ZREMRANGEBYRANK s 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZREMRANGEBYRANK s x 1
      (error) ERR value is not an integer or out of range
    `));

  test("ZREMRANGEBYSCORE", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d 5 e
      (integer) 5
      > ZREMRANGEBYSCORE z 2 3
      (integer) 2
      > ZRANGE z 0 -1
      1) "a"
      2) "d"
      3) "e"
      > ZREMRANGEBYSCORE z (4 5
      (integer) 1
      > ZREMRANGEBYSCORE z (4 (5
      (integer) 0
      > ZREMRANGEBYSCORE z 3 2
      (integer) 0
      > ZREMRANGEBYSCORE z -inf (4
      (integer) 1
      > ZREMRANGEBYSCORE z -inf +inf
      (integer) 1
      > EXISTS z
      (integer) 0
      > ZREMRANGEBYSCORE z 1 2
      (integer) 0
      > ZREMRANGEBYSCORE z 1
      (error) ERR wrong number of arguments for 'zremrangebyscore' command
      > SET s x
      OK
      > ZREMRANGEBYSCORE s 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZREMRANGEBYSCORE s x 1
      (error) ERR min or max is not a float
    `));

  test("ZREMRANGEBYLEX", () =>
    session(`
      > ZADD z 0 a 0 b 0 c 0 d 0 e
      (integer) 5
      > ZREMRANGEBYLEX z [b (d
      (integer) 2
      > ZRANGE z 0 -1
      1) "a"
      2) "d"
      3) "e"
      > ZREMRANGEBYLEX z - [a
      (integer) 1
      > ZREMRANGEBYLEX z + -
      (integer) 0
      > ZREMRANGEBYLEX z - +
      (integer) 2
      > EXISTS z
      (integer) 0
      > ZREMRANGEBYLEX z - +
      (integer) 0
      > ZREMRANGEBYLEX z a b
      (error) ERR min or max not valid string range item
      > ZREMRANGEBYLEX z -
      (error) ERR wrong number of arguments for 'zremrangebylex' command
      > SET s x
      OK
      > ZREMRANGEBYLEX s - +
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZREMRANGEBYLEX s x y
      (error) ERR min or max not valid string range item
    `));
});
