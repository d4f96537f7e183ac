// Purpose: sorted set commands that neither read ranges nor combine sets, as sessions
// in both encodings and protocols. They hold for the real Redis as well:
// RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import { type Server, startServer } from "../../client/server.ts";
import { inProtocol } from "./sorted_set_replies.ts";

/** The largest listpack, by the encoding that sorted sets then have. */
const LISTPACK_ENTRIES = { listpack: "128", skiplist: "0" } as const;

const OUT_OF_RANGE =
  "(error) ERR value is out of range, value must between -9223372036854775807 and " +
  "9223372036854775807";

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

  test("ZADD adds members and changes scores", () =>
    session(`
      > ZADD z 1 a 2 b 3 c
      (integer) 3
      > ZADD z 1 a 4 b 5 d
      (integer) 1
      > ZCARD z
      (integer) 4
      > ZRANGE z 0 -1 WITHSCORES
      1) 1) "a"
         2) (double) 1
      2) 1) "c"
         2) (double) 3
      3) 1) "b"
         2) (double) 4
      4) 1) "d"
         2) (double) 5
      > ZADD z 7 x 8 x
      (integer) 1
      > ZSCORE z x
      (double) 8
      > ZADD z 3 ""
      (integer) 1
      > ZADD z 3 "\\x00\\r\\n\\xff"
      (integer) 1
      > ZRANGE z 0 -1
      1) "a"
      2) ""
      3) "\\x00\\r\\n\\xff"
      4) "c"
      5) "b"
      6) "d"
      7) "x"
      > ZADD z CH 1 a 9 b 10 e
      (integer) 2
      > ZADD z ch 9 b 10 e
      (integer) 0
      > TYPE z
      zset
      > ZADD z
      (error) ERR wrong number of arguments for 'zadd' command
      > ZADD z 1
      (error) ERR wrong number of arguments for 'zadd' command
      > ZADD z 1 a 2
      (error) ERR syntax error
      > ZADD z a b
      (error) ERR value is not a valid float
      > ZADD z 1 a x b
      (error) ERR value is not a valid float
      > ZSCORE z a
      (double) 1
      > ZADD z NX
      (error) ERR wrong number of arguments for 'zadd' command
      > ZADD z NX 1
      (error) ERR syntax error
      > ZADD z NX CH
      (error) ERR syntax error
      > ZADD z "" a
      (error) ERR value is not a valid float
      > ZADD z 1 a INCR
      (error) ERR syntax error
      > ZADD z 1 a NX 2
      (error) ERR value is not a valid float
    `));

  test("ZADD NX and XX", () =>
    session(`
      > ZADD z NX 1 a 2 b
      (integer) 2
      > ZADD z NX 5 a 3 c
      (integer) 1
      > ZADD z nx ch 5 a 4 d
      (integer) 1
      > ZADD z XX 10 a 11 new
      (integer) 0
      > ZADD z XX CH 10 a 12 b 13 new
      (integer) 1
      > ZRANGE z 0 -1 WITHSCORES
      1) 1) "c"
         2) (double) 3
      2) 1) "d"
         2) (double) 4
      3) 1) "a"
         2) (double) 10
      4) 1) "b"
         2) (double) 12
      > ZADD nokey XX 1 a
      (integer) 0
      > EXISTS nokey
      (integer) 0
      > ZADD nokey XX INCR 1 a
      (nil)
      > ZADD z NX XX 1 a
      (error) ERR XX and NX options at the same time are not compatible
      > ZADD z XX NX a b
      (error) ERR XX and NX options at the same time are not compatible
      > ZADD z nx NX 1 e
      (integer) 1
      > ZADD z xx Xx 2 e
      (integer) 0
    `));

  test("ZADD GT and LT", () =>
    session(`
      > ZADD z 10 a 10 b 10 c
      (integer) 3
      > ZADD z GT CH 5 a 15 b 10 c
      (integer) 1
      > ZADD z LT CH 5 a 20 b 10 c
      (integer) 1
      > ZADD z GT 1 new
      (integer) 1
      > ZADD z LT 1 newer
      (integer) 1
      > ZADD z XX GT CH 2 new 1 absent
      (integer) 1
      > ZADD z XX LT CH 3 new 1 absent
      (integer) 0
      > ZREM z newer
      (integer) 1
      > ZRANGE z 0 -1 WITHSCORES
      1) 1) "new"
         2) (double) 2
      2) 1) "a"
         2) (double) 5
      3) 1) "c"
         2) (double) 10
      4) 1) "b"
         2) (double) 15
      > ZADD z GT LT 1 a
      (error) ERR GT, LT, and/or NX options at the same time are not compatible
      > ZADD z GT NX 1 a
      (error) ERR GT, LT, and/or NX options at the same time are not compatible
      > ZADD z LT NX 1 a
      (error) ERR GT, LT, and/or NX options at the same time are not compatible
      > ZADD z LT NX GT a a
      (error) ERR GT, LT, and/or NX options at the same time are not compatible
      > ZADD z NX XX GT 1 a
      (error) ERR XX and NX options at the same time are not compatible
      > ZADD z gt INCR 5 a
      (double) 10
      > ZADD z GT INCR -5 a
      (nil)
      > ZADD z LT INCR 5 a
      (nil)
      > ZADD z LT INCR -5 a
      (double) 5
      > ZADD z LT INCR 0 a
      (nil)
      > ZADD z LT INCR 3 fresh
      (double) 3
      > ZSCORE z a
      (double) 5
    `));

  test("ZADD INCR", () =>
    session(`
      > ZADD z INCR 1.5 a
      (double) 1.5
      > ZADD z INCR 1.5 a
      (double) 3
      > ZADD z NX INCR 5 a
      (nil)
      > ZADD z NX INCR 5 b
      (double) 5
      > ZADD z XX INCR 5 c
      (nil)
      > ZADD z XX INCR -2.5 b
      (double) 2.5
      > ZADD z CH INCR 1 b
      (double) 3.5
      > ZADD z INCR 1 a 2 b
      (error) ERR INCR option supports a single increment-element pair
      > ZADD z INCR abc a
      (error) ERR value is not a valid float
      > ZADD z INCR inf a
      (double) inf
      > ZADD z INCR -inf a
      (error) ERR resulting score is not a number (NaN)
      > ZADD z INCR 1 a
      (double) inf
      > ZSCORE z a
      (double) inf
      > ZADD z INCR -0 new
      (double) -0
    `));

  test("ZINCRBY", () =>
    session(`
      > ZINCRBY z 1 a
      (double) 1
      > ZINCRBY z 0.1 a
      (double) 1.1000000000000001
      > ZINCRBY z -3 a
      (double) -1.8999999999999999
      > ZINCRBY z inf b
      (double) inf
      > ZINCRBY z -inf b
      (error) ERR resulting score is not a number (NaN)
      > ZSCORE z b
      (double) inf
      > ZINCRBY z abc a
      (error) ERR value is not a valid float
      > ZINCRBY z nan a
      (error) ERR value is not a valid float
      > ZINCRBY z NX a
      (error) ERR syntax error
      > ZINCRBY z INCR a
      (error) ERR syntax error
      > ZINCRBY z CH 1 a
      (error) ERR wrong number of arguments for 'zincrby' command
      > ZINCRBY z 1
      (error) ERR wrong number of arguments for 'zincrby' command
      > SET s x
      OK
      > ZINCRBY s 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZINCRBY s x a
      (error) ERR value is not a valid float
    `));

  test("scores are read and printed as Redis does", () =>
    session(`
      > ZADD z 1 a
      (integer) 1
      > ZADD z 0x10 hex -0X1.8p1 hexfraction 1e3 power .5 half 5. point +7 plus 007 zeros
      (integer) 7
      > ZMSCORE z hex hexfraction power half point plus zeros
      1) (double) 16
      2) (double) -3
      3) (double) 1000
      4) (double) 0.5
      5) (double) 5
      6) (double) 7
      7) (double) 7
      > ZADD z inf a +Infinity b -INF c -infinity d
      (integer) 3
      > ZMSCORE z a b c d none
      1) (double) inf
      2) (double) inf
      3) (double) -inf
      4) (double) -inf
      5) (nil)
      > ZADD z 3.14 a 1e-5 b 0.0001 c 123456789012345678 d 1e17 e 9007199254740993 f
      (integer) 2
      > ZMSCORE z a b c d e f
      1) (double) 3.1400000000000001
      2) (double) 1.0000000000000001e-05
      3) (double) 0.0001
      4) (double) 1.2345678901234568e+17
      5) (double) 1e+17
      6) (double) 9007199254740992
      > ZADD z 1.7976931348623157e308 a 5e-324 b 99999999999999999999 c -0.1 d
      (integer) 0
      > ZMSCORE z a b c d
      1) (double) 1.7976931348623157e+308
      2) (double) 4.9406564584124654e-324
      3) (double) 1e+20
      4) (double) -0.10000000000000001
      > ZADD z 1e309 a
      (error) ERR value is not a valid float
      > ZADD z 1e-400 a
      (error) ERR value is not a valid float
      > ZADD z 0e-400 zero
      (integer) 1
      > ZADD z nan a
      (error) ERR value is not a valid float
      > ZADD z " 1" a
      (error) ERR value is not a valid float
      > ZADD z "1 " a
      (error) ERR value is not a valid float
      > ZADD z "1\\x00" a
      (error) ERR value is not a valid float
      > ZADD z 1x a
      (error) ERR value is not a valid float
      > ZADD z 0x a
      (error) ERR value is not a valid float
      > ZADD z 1e a
      (error) ERR value is not a valid float
      > ZADD z - a
      (error) ERR value is not a valid float
      > ZADD z . a
      (error) ERR value is not a valid float
      > ZADD z infi a
      (error) ERR value is not a valid float
      > ZADD z 2 a 1_0 b
      (error) ERR value is not a valid float
      > ZSCORE z a
      (double) 1.7976931348623157e+308
    `));

  test("members with the same score are in the order of their bytes", () =>
    session(`
      > ZADD z 0 b 0 "" 0 a 0 aa 0 "\\xff" 0 "a\\x00" 0 B 0 9
      (integer) 8
      > ZRANGE z 0 -1
      1) ""
      2) "9"
      3) "B"
      4) "a"
      5) "a\\x00"
      6) "aa"
      7) "b"
      8) "\\xff"
      > ZRANK z aa
      (integer) 5
      > ZADD z 1 a -1 B
      (integer) 0
      > ZRANGE z 0 -1
      1) "B"
      2) ""
      3) "9"
      4) "a\\x00"
      5) "aa"
      6) "b"
      7) "\\xff"
      8) "a"
    `));

  test("ZCARD, ZSCORE and ZMSCORE", () =>
    session(`
      > ZCARD nokey
      (integer) 0
      > ZSCORE nokey a
      (nil)
      > ZMSCORE nokey a b
      1) (nil)
      2) (nil)
      > ZADD z 1 a 2.5 b
      (integer) 2
      > ZCARD z
      (integer) 2
      > ZSCORE z a
      (double) 1
      > ZSCORE z c
      (nil)
      > ZMSCORE z b c a b
      1) (double) 2.5
      2) (nil)
      3) (double) 1
      4) (double) 2.5
      > ZMSCORE z
      (error) ERR wrong number of arguments for 'zmscore' command
      > ZSCORE z
      (error) ERR wrong number of arguments for 'zscore' command
      > ZSCORE z a b
      (error) ERR wrong number of arguments for 'zscore' command
      > ZCARD
      (error) ERR wrong number of arguments for 'zcard' command
      > ZCARD z z
      (error) ERR wrong number of arguments for 'zcard' command
      > SET s x
      OK
      > ZCARD s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZSCORE s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZMSCORE s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("ZRANK and ZREVRANK", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 3 d
      (integer) 4
      > ZRANK z a
      (integer) 0
      > ZRANK z d
      (integer) 3
      > ZREVRANK z a
      (integer) 3
      > ZREVRANK z d
      (integer) 0
      > ZRANK z e
      (nil)
      > ZREVRANK z e
      (nil)
      > ZRANK nokey a
      (nil)
      > ZREVRANK nokey a
      (nil)
      > ZRANK z
      (error) ERR wrong number of arguments for 'zrank' command
      > ZREVRANK z a b
      (error) ERR wrong number of arguments for 'zrevrank' command
      > SET s x
      OK
      > ZRANK s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZREVRANK s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("ZREM", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d
      (integer) 4
      > ZREM z a
      (integer) 1
      > ZREM z a
      (integer) 0
      > ZREM z x b y b
      (integer) 1
      > ZRANGE z 0 -1
      1) "c"
      2) "d"
      > ZREM z c d e
      (integer) 2
      > EXISTS z
      (integer) 0
      > ZREM z a
      (integer) 0
      > ZREM z
      (error) ERR wrong number of arguments for 'zrem' command
      > SET s x
      OK
      > ZREM s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("ZPOPMIN and ZPOPMAX", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
      (integer) 7
      > ZPOPMIN z
      1) "a"
      2) (double) 1
      > ZPOPMAX z
      1) "g"
      2) (double) 7
      > ZPOPMIN z 2
      1) 1) "b"
         2) (double) 2
      2) 1) "c"
         2) (double) 3
      > ZPOPMAX z 1
      1) 1) "f"
         2) (double) 6
      > ZPOPMIN z 0
      (empty array)
      > ZPOPMAX z 10
      1) 1) "e"
         2) (double) 5
      2) 1) "d"
         2) (double) 4
      > EXISTS z
      (integer) 0
      > ZPOPMIN z
      (empty array)
      > ZPOPMAX z 3
      (empty array)
      > ZPOPMIN z 0
      (empty array)
      > ZPOPMIN z -1
      (error) ERR value is out of range, must be positive
      > ZPOPMIN z abc
      (error) ERR value is out of range, must be positive
      > ZPOPMIN z 9223372036854775808
      (error) ERR value is out of range, must be positive
      > ZPOPMAX z 1 2
      (error) ERR syntax error
      > ZPOPMIN
      (error) ERR wrong number of arguments for 'zpopmin' command
      > SET s x
      OK
      > ZPOPMIN s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZPOPMIN s 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZPOPMIN s abc
      (error) ERR value is out of range, must be positive
      > ZPOPMIN s -1
      (error) ERR value is out of range, must be positive
      > ZPOPMAX s 1 2
      (error) ERR syntax error
    `));

  test("ZMPOP", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d 5 e
      (integer) 5
      > ZMPOP 1 z MIN
      1) "z"
      2) 1) 1) "a"
            2) (double) 1
      > ZMPOP 2 nokey z max
      1) "z"
      2) 1) 1) "e"
            2) (double) 5
      > ZMPOP 2 z nokey MIN COUNT 2
      1) "z"
      2) 1) 1) "b"
            2) (double) 2
         2) 1) "c"
            2) (double) 3
      > ZMPOP 1 z MAX COUNT 10
      1) "z"
      2) 1) 1) "d"
            2) (double) 4
      > EXISTS z
      (integer) 0
      > ZMPOP 1 z MIN
      (nil)
      > ZMPOP 2 z nokey MAX COUNT 5
      (nil)
      > ZMPOP 0 z MIN
      (error) ERR numkeys should be greater than 0
      > ZMPOP -1 z MIN
      (error) ERR numkeys should be greater than 0
      > ZMPOP abc z MIN
      (error) ERR numkeys should be greater than 0
      > ZMPOP 1 z
      (error) ERR wrong number of arguments for 'zmpop' command
      > ZMPOP 2 z MIN
      (error) ERR syntax error
      > ZMPOP 1 z FOO
      (error) ERR syntax error
      > ZMPOP 1 z MIN COUNT
      (error) ERR syntax error
      > ZMPOP 1 z MIN COUNT 0
      (error) ERR count should be greater than 0
      > ZMPOP 1 z MIN COUNT -1
      (error) ERR count should be greater than 0
      > ZMPOP 1 z MIN COUNT abc
      (error) ERR count should be greater than 0
      > ZMPOP 1 z MIN COUNT 1 COUNT 2
      (error) ERR syntax error
      > ZMPOP 1 z MIN MAX
      (error) ERR syntax error
      > ZMPOP 1 z MIN COUNT 1 x
      (error) ERR syntax error
      > ZMPOP 1
      (error) ERR wrong number of arguments for 'zmpop' command
      > SET s x
      OK
      > ZMPOP 1 s MIN
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZMPOP 2 z s MIN
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZADD z 1 a
      (integer) 1
      > ZMPOP 2 z s MIN
      1) "z"
      2) 1) 1) "a"
            2) (double) 1
    `));

  test("ZRANDMEMBER of one member, and its errors", () =>
    session(`
      > ZADD z 1.5 a
      (integer) 1
      > ZRANDMEMBER z
      "a"
      > ZRANDMEMBER z 1
      1) "a"
      > ZRANDMEMBER z 5 WITHSCORES
      1) 1) "a"
         2) (double) 1.5
      > ZRANDMEMBER z -3
      1) "a"
      2) "a"
      3) "a"
      > ZRANDMEMBER z -2 withscores
      1) 1) "a"
         2) (double) 1.5
      2) 1) "a"
         2) (double) 1.5
      > ZRANDMEMBER z 0
      (empty array)
      > ZRANDMEMBER z 0 WITHSCORES
      (empty array)
      > ZRANDMEMBER nokey
      (nil)
      > ZRANDMEMBER nokey 1
      (empty array)
      > ZRANDMEMBER nokey -5 WITHSCORES
      (empty array)
      > ZRANDMEMBER z abc
      (error) ERR value is not an integer or out of range
      > ZRANDMEMBER z 9223372036854775808
      (error) ERR value is not an integer or out of range
      > ZRANDMEMBER z -9223372036854775808
      ${OUT_OF_RANGE}
      > ZRANDMEMBER z -9223372036854775808 WITHSCORES
      ${OUT_OF_RANGE}
      > ZRANDMEMBER z -9223372036854775807 WITHSCORES
      (error) ERR value is out of range
      > ZRANDMEMBER z 9223372036854775807 WITHSCORES
      (error) ERR value is out of range
      > ZRANDMEMBER z 4611686018427387904 WITHSCORES
      (error) ERR value is out of range
      > ZRANDMEMBER z 4611686018427387903 WITHSCORES
      1) 1) "a"
         2) (double) 1.5
      > ZRANDMEMBER z 9223372036854775807
      1) "a"
      > ZRANDMEMBER z 1 WITHSCORE
      (error) ERR syntax error
      > ZRANDMEMBER z 1 WITHSCORES x
      (error) ERR syntax error
      > ZRANDMEMBER z abc WITHSCORES x
      (error) ERR value is not an integer or out of range
      > SET s x
      OK
      > ZRANDMEMBER s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZRANDMEMBER s 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("ZSCAN", () =>
    session(`
      > ZADD z 1 a 2.5 b -inf c
      (integer) 3
      > ZSCAN z 0 MATCH a
      1) "0"
      2) 1) "a"
         2) "1"
      > ZSCAN z 0 MATCH b COUNT 100
      1) "0"
      2) 1) "b"
         2) "2.5"
      > ZSCAN z 0 COUNT 100 MATCH c
      1) "0"
      2) 1) "c"
         2) "-inf"
      > ZSCAN z 0 MATCH x*
      1) "0"
      2) (empty array)
      > ZSCAN z 0 MATCH x MATCH a COUNT 1 COUNT 100
      1) "0"
      2) 1) "a"
         2) "1"
      > ZSCAN nokey 0
      1) "0"
      2) (empty array)
      > ZSCAN nokey 0 BOGUS
      1) "0"
      2) (empty array)
      > ZSCAN nokey x
      (error) ERR invalid cursor
      > ZSCAN z x
      (error) ERR invalid cursor
      > ZSCAN z 18446744073709551616
      (error) ERR invalid cursor
      > ZSCAN z 0 COUNT 0
      (error) ERR syntax error
      > ZSCAN z 0 COUNT -1
      (error) ERR syntax error
      > ZSCAN z 0 COUNT abc
      (error) ERR value is not an integer or out of range
      > ZSCAN z 0 COUNT
      (error) ERR syntax error
      > ZSCAN z 0 BOGUS x
      (error) ERR syntax error
      > ZSCAN z 0 TYPE zset
      (error) ERR syntax error
      > ZSCAN z
      (error) ERR wrong number of arguments for 'zscan' command
      > SET s x
      OK
      > ZSCAN s 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZSCAN s x
      (error) ERR invalid cursor
    `));

  test("the other types are refused, and refuse sorted sets", () =>
    session(`
      > ZADD z 1 a
      (integer) 1
      > GET z
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > INCR z
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > APPEND z x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SET z x
      OK
      > GET z
      "x"
      > ZADD z 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZADD z x a
      (error) ERR value is not a valid float
      > ZADD z XX 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("a key is made, kept, renamed, copied and expires as any other", () =>
    session(`
      > ZADD z 1 a 2 b
      (integer) 2
      > EXPIRE z 100
      (integer) 1
      > ZADD z 3 c
      (integer) 1
      > ZINCRBY z 1 a
      (double) 2
      > TTL z
      (integer) 100
      > ZPOPMIN z 1
      1) 1) "a"
         2) (double) 2
      > TTL z
      (integer) 100
      > COPY z y
      (integer) 1
      > ZADD y 9 new
      (integer) 1
      > ZRANGE z 0 -1 WITHSCORES
      1) 1) "b"
         2) (double) 2
      2) 1) "c"
         2) (double) 3
      > ZRANGE y 0 -1 WITHSCORES
      1) 1) "b"
         2) (double) 2
      2) 1) "c"
         2) (double) 3
      3) 1) "new"
         2) (double) 9
      > RENAME y x
      OK
      > ZRANGE x 0 -1
      1) "b"
      2) "c"
      3) "new"
      > TTL x
      (integer) 100
      > PERSIST x
      (integer) 1
      > MOVE x 1
      (integer) 1
      > EXISTS x
      (integer) 0
      > SELECT 1
      OK
      > ZRANGE x 0 -1
      1) "b"
      2) "c"
      3) "new"
      > DEL x
      (integer) 1
      > UNLINK x
      (integer) 0
    `));
});
