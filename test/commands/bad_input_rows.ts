/**
 * Purpose: the table of bad_input_test.ts: for each command on collections, bitmaps, places,
 * HyperLogLogs and streams lines that work, of which the test makes hundreds that do not, and lines
 * that are wrong in a way of their own. They are about the keys of SETUP.
 */

/** A command's lines, as they are typed. */
export interface Row {
  /** Lines that the server carries out; each word is replaced by everything in EDGES. */
  good: readonly string[];
  /** Lines that combine options wrongly, or numbers at an edge. */
  bad?: readonly string[];
  /** Far below 0, a number is no error but asks for so many elements: it is left out. */
  samples?: boolean;
  /** Lines that are left out: what they do depends on the time, on memory, or on the version. */
  except?: RegExp;
}

/** A key of each type and one more where commands take several, and what SORT's patterns name. */
export const SETUP: readonly string[] = [
  "FLUSHALL SYNC",
  "RPUSH list a b c 1 2",
  "SADD set a",
  "SADD ints 1 2 3",
  "SADD words a b c",
  "ZADD zset 1 a 2 b 3.5 c inf far",
  "ZADD lex 0 a 0 b 0 c 0 d",
  "HSET hash a 1 b x c 1.5 max 9223372036854775807",
  "SET text hello",
  'SET bits "\\xff\\xf0\\x00"',
  "PFADD hll a b c",
  "GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
  "MSET weight_1 3 weight_2 2 weight_3 1",
  "XADD stream 1-1 a 1 b 2",
  "XADD stream 1-2 a 3 b 4",
  "XADD stream 2-0 c 5",
  "XADD stream 3-0 a 6 b 7",
  "XGROUP CREATE stream g 0",
  "XREADGROUP GROUP g ann COUNT 3 STREAMS stream >",
  "XDEL stream 1-2",
  "XCLAIM stream g ann 0 1-1 2-0 TIME 1000 JUSTID",
];

/** What stands in for a word: keys of every type, texts, and numbers at the edges. */
export const EDGES: readonly string[] = [
  ...["list", "set", "zset", "hash", "text", "hll", "geo", "stream", "nosuch"],
  ...["", " ", "abc", "\\x00\\xff\\r\\n", "*", "#", "-", "+", "[a", "(a", "(", "[", "(1", "#1"],
  ...["nan", "inf", "-inf", "(inf", "1e400", "1e-400", "1.5", ".5", "5.", "0x10", "1e3", "1e17"],
  ...["0", "-0", "00", "-1", "+1", " 1", "1 ", "1x", "-100"],
  ...["2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296"],
  ...["9007199254740993", "9223372036854775807", "9223372036854775808"],
  ...["-9223372036854775807", "-9223372036854775808", "-9223372036854775809"],
  ...["18446744073709551615", "18446744073709551616", "4611686018427387904"],
  ...["180", "180.1", "-85.06", "u64", "i64", "i65", "u0"],
  ...["g", "ann", "0-0", "1-1", "5-*", "1-18446744073709551616", "(1-1", "$", ">", "~", "="],
];

/** What stands in for two words at once, which shows what is looked at first. */
export const PAIRED: readonly string[] = ["list", "abc", "-1"];

const LISTS: Readonly<Record<string, Row>> = {
  lpush: { good: ["LPUSH list x y", "LPUSH new x"] },
  rpush: { good: ["RPUSH list x y", "RPUSH new x"] },
  lpushx: { good: ["LPUSHX list x y"] },
  rpushx: { good: ["RPUSHX list x y"] },
  lpop: { good: ["LPOP list", "LPOP list 2"], bad: ["LPOP nosuch 0", "LPOP nosuch -1"] },
  rpop: { good: ["RPOP list", "RPOP list 2"], bad: ["RPOP text -1", "RPOP text 1x"] },
  llen: { good: ["LLEN list"] },
  lindex: { good: ["LINDEX list -2"] },
  linsert: { good: ["LINSERT list BEFORE b x"], bad: ["LINSERT text NEAR b x"] },
  lset: { good: ["LSET list -1 x"], bad: ["LSET list 5 x", "LSET list -6 x", "LSET nosuch x x"] },
  lrange: { good: ["LRANGE list 0 -1"], bad: ["LRANGE list 3 1", "LRANGE text x 1"] },
  ltrim: { good: ["LTRIM list 1 3"], bad: ["LTRIM list 3 1", "LTRIM text x 1"] },
  lrem: { good: ["LREM list -1 b"] },
  lpos: {
    good: ["LPOS list b", "LPOS list b RANK -1 COUNT 0 MAXLEN 10"],
    bad: ["LPOS list b RANK 1 RANK 0", "LPOS list b COUNT", "LPOS list b COUNT 1 COUNT -1"],
  },
  lmove: { good: ["LMOVE list other LEFT RIGHT", "LMOVE list list RIGHT LEFT"] },
  rpoplpush: { good: ["RPOPLPUSH list other"] },
  lmpop: {
    good: ["LMPOP 2 nosuch list LEFT COUNT 2"],
    bad: ["LMPOP 1 list LEFT COUNT 1 COUNT 1", "LMPOP 1 list LEFT RIGHT", "LMPOP 3 list LEFT"],
  },
  blpop: { good: ["BLPOP nosuch list 0"] },
  brpop: { good: ["BRPOP nosuch list 0"] },
  blmove: { good: ["BLMOVE list other RIGHT LEFT 0"] },
  brpoplpush: { good: ["BRPOPLPUSH list other 0"] },
  blmpop: {
    good: ["BLMPOP 0 2 nosuch list RIGHT COUNT 2"],
    bad: ["BLMPOP 0 1 list LEFT COUNT 1 COUNT 1", "BLMPOP 0 3 list LEFT", "BLMPOP x 0 list LEFT"],
  },
};

const SETS: Readonly<Record<string, Row>> = {
  sadd: { good: ["SADD words x a", "SADD ints 5", "SADD new 1"] },
  srem: { good: ["SREM words a x", "SREM set a"] },
  scard: { good: ["SCARD words"] },
  sismember: { good: ["SISMEMBER words a", "SISMEMBER ints 1"] },
  smismember: { good: ["SMISMEMBER words a x"] },
  smembers: { good: ["SMEMBERS words"] },
  smove: { good: ["SMOVE words ints a", "SMOVE set new a"] },
  spop: { good: ["SPOP set", "SPOP set 2"], bad: ["SPOP nosuch -1", "SPOP set 1 1"] },
  srandmember: {
    good: ["SRANDMEMBER words", "SRANDMEMBER words 2", "SRANDMEMBER words -5"],
    bad: [
      "SRANDMEMBER words -9223372036854775808",
      "SRANDMEMBER nosuch -9223372036854775808",
      "SRANDMEMBER words 1 1",
    ],
    samples: true,
  },
  sscan: {
    good: ["SSCAN words 0 MATCH * COUNT 10", "SSCAN ints 0"],
    bad: ["SSCAN words 0 COUNT", "SSCAN nosuch 0 COUNT 0", "SSCAN words 0 TYPE set"],
  },
  sinter: { good: ["SINTER words set"] },
  sunion: { good: ["SUNION words ints"] },
  sdiff: { good: ["SDIFF words set"] },
  sinterstore: { good: ["SINTERSTORE dest words set"] },
  sunionstore: { good: ["SUNIONSTORE dest words ints"] },
  sdiffstore: { good: ["SDIFFSTORE dest words set"] },
  sintercard: {
    good: ["SINTERCARD 2 words set LIMIT 5"],
    bad: ["SINTERCARD 1 words LIMIT", "SINTERCARD 1 words LIMIT 1 LIMIT -1", "SINTERCARD 3 words"],
  },
};

const HASHES: Readonly<Record<string, Row>> = {
  hset: { good: ["HSET hash x 1", "HSET new a 1"], bad: ["HSET hash a 1 b"] },
  hsetnx: { good: ["HSETNX hash x 1"] },
  hmset: { good: ["HMSET hash x 1 a 2"], bad: ["HMSET hash a 1 b"] },
  hget: { good: ["HGET hash a"] },
  hmget: { good: ["HMGET hash a x"] },
  hgetall: { good: ["HGETALL hash"] },
  hkeys: { good: ["HKEYS hash"] },
  hvals: { good: ["HVALS hash"] },
  hlen: { good: ["HLEN hash"] },
  hstrlen: { good: ["HSTRLEN hash max"] },
  hexists: { good: ["HEXISTS hash a"] },
  hdel: { good: ["HDEL hash a x"] },
  hincrby: {
    good: ["HINCRBY hash a 1", "HINCRBY new a 1"],
    bad: [
      "HINCRBY hash max 1",
      "HINCRBY hash max 9223372036854775807",
      "HINCRBY hash b 1",
      "HINCRBY hash c 1",
      "HINCRBY hash a 9223372036854775807",
    ],
  },
  hincrbyfloat: {
    good: ["HINCRBYFLOAT hash a 1.5", "HINCRBYFLOAT hash c -3"],
    bad: ["HINCRBYFLOAT hash b 1", "HINCRBYFLOAT hash max 1e4932", "HINCRBYFLOAT hash a 1e5000"],
  },
  hrandfield: {
    good: ["HRANDFIELD hash", "HRANDFIELD hash 2", "HRANDFIELD hash -5 WITHVALUES"],
    bad: [
      "HRANDFIELD hash -4611686018427387904 WITHVALUES",
      "HRANDFIELD hash -9223372036854775808",
      "HRANDFIELD hash 9223372036854775807 WITHVALUES",
      "HRANDFIELD hash 1 WITHVALUES WITHVALUES",
      "HRANDFIELD hash WITHVALUES",
    ],
    samples: true,
  },
  hscan: {
    good: ["HSCAN hash 0 MATCH * COUNT 10"],
    bad: ["HSCAN hash 0 MATCH", "HSCAN nosuch 0 COUNT -1", "HSCAN hash 0 TYPE hash"],
  },
};

const SORTED_SETS: Readonly<Record<string, Row>> = {
  zadd: {
    good: ["ZADD zset 1 x 5 a", "ZADD zset XX GT CH 5 a", "ZADD zset NX INCR 5 x", "ZADD new 1 a"],
    bad: [
      "ZADD zset NX XX 1 a",
      "ZADD zset NX GT 1 a",
      "ZADD zset GT LT 1 a",
      "ZADD zset NX LT CH INCR 1 a",
      "ZADD zset INCR 1 a 2 b",
      "ZADD zset NX CH",
      "ZADD zset 1 a 2",
      "ZADD zset 9 a 8 x nan b",
      "ZADD nosuch 9 a nan b",
      "ZADD nosuch XX 1",
      "ZADD zset INCR -inf far",
    ],
  },
  zincrby: { good: ["ZINCRBY zset 1.5 a", "ZINCRBY new 1 a"], bad: ["ZINCRBY zset -inf far"] },
  zrem: { good: ["ZREM zset a x"] },
  zcard: { good: ["ZCARD zset"] },
  zscore: { good: ["ZSCORE zset a"] },
  zmscore: { good: ["ZMSCORE zset a x"] },
  zrank: { good: ["ZRANK zset a"] },
  zrevrank: { good: ["ZREVRANK zset a"] },
  zcount: { good: ["ZCOUNT zset (1 +inf"] },
  zlexcount: { good: ["ZLEXCOUNT lex [a +"] },
  zrange: {
    good: [
      "ZRANGE zset 0 -1 WITHSCORES",
      "ZRANGE zset 3 (1 BYSCORE REV LIMIT 0 -1",
      "ZRANGE lex - [c BYLEX LIMIT 1 2",
    ],
    bad: [
      "ZRANGE zset 0 -1 LIMIT 0 1",
      "ZRANGE lex - + BYLEX WITHSCORES",
      "ZRANGE zset 0 1 BYSCORE BYLEX",
      "ZRANGE zset 0 1 BYSCORE LIMIT 0",
      "ZRANGE zset 0 1 REV REV",
      "ZRANGE text x 1 BYSCORE",
      "ZRANGE zset - + BYSCORE",
    ],
  },
  zrangestore: {
    good: ["ZRANGESTORE dest zset 0 -1", "ZRANGESTORE dest zset (1 5 BYSCORE LIMIT 0 1"],
    bad: ["ZRANGESTORE dest zset 0 -1 WITHSCORES", "ZRANGESTORE zset nosuch 0 x"],
  },
  zrevrange: { good: ["ZREVRANGE zset 0 -1 WITHSCORES"], bad: ["ZREVRANGE zset 0 1 REV"] },
  zrangebyscore: {
    good: ["ZRANGEBYSCORE zset (1 inf WITHSCORES LIMIT 0 5"],
    bad: ["ZRANGEBYSCORE zset 0 1 BYSCORE", "ZRANGEBYSCORE zset 0 1 LIMIT 0"],
  },
  zrevrangebyscore: { good: ["ZREVRANGEBYSCORE zset 3 1 WITHSCORES LIMIT 0 5"] },
  zrangebylex: {
    good: ["ZRANGEBYLEX lex [a (d LIMIT 0 5"],
    bad: ["ZRANGEBYLEX lex - + WITHSCORES", "ZRANGEBYLEX lex a b", "ZRANGEBYLEX lex + -"],
  },
  zrevrangebylex: { good: ["ZREVRANGEBYLEX lex + (a LIMIT 0 5"] },
  zremrangebyrank: { good: ["ZREMRANGEBYRANK zset 0 1"] },
  zremrangebyscore: { good: ["ZREMRANGEBYSCORE zset (1 3"] },
  zremrangebylex: { good: ["ZREMRANGEBYLEX lex [a (c"] },
  zpopmin: { good: ["ZPOPMIN zset", "ZPOPMIN zset 2"], bad: ["ZPOPMIN zset 1 1"] },
  zpopmax: { good: ["ZPOPMAX zset", "ZPOPMAX zset 2"], bad: ["ZPOPMAX text -1"] },
  zmpop: {
    good: ["ZMPOP 2 nosuch zset MIN COUNT 2"],
    bad: ["ZMPOP 1 zset MIN COUNT 1 COUNT 1", "ZMPOP 1 zset MIN MAX", "ZMPOP 3 zset MIN"],
  },
  bzpopmin: { good: ["BZPOPMIN nosuch zset 0"] },
  bzpopmax: { good: ["BZPOPMAX nosuch zset 0"] },
  bzmpop: {
    good: ["BZMPOP 0 2 nosuch zset MAX COUNT 2"],
    bad: ["BZMPOP 0 1 zset MIN COUNT 1 COUNT 1", "BZMPOP 0 3 zset MIN", "BZMPOP x 0 zset MIN"],
  },
  zrandmember: {
    good: ["ZRANDMEMBER zset", "ZRANDMEMBER zset 2", "ZRANDMEMBER zset -5 WITHSCORES"],
    bad: [
      "ZRANDMEMBER zset -4611686018427387904 WITHSCORES",
      "ZRANDMEMBER zset -9223372036854775808",
      "ZRANDMEMBER zset 9223372036854775807 WITHSCORES",
      "ZRANDMEMBER zset WITHSCORES",
    ],
    samples: true,
  },
  zscan: {
    good: ["ZSCAN zset 0 MATCH * COUNT 10"],
    bad: ["ZSCAN zset 0 MATCH", "ZSCAN nosuch 0 COUNT 0", "ZSCAN zset 0 NOVALUES"],
  },
  zunion: {
    good: ["ZUNION 2 zset words WEIGHTS 2 -1 AGGREGATE MAX WITHSCORES"],
    bad: [
      "ZUNION 2 zset words WEIGHTS 1",
      "ZUNION 3 zset words",
      "ZUNION 1 zset AGGREGATE",
      "ZUNION 1 zset WEIGHTS 1 WEIGHTS inf WITHSCORES",
      "ZUNION 1 zset WEIGHTS 0 WITHSCORES",
      "ZUNION 2 zset zset WEIGHTS 1 -1 WITHSCORES",
    ],
  },
  zinter: { good: ["ZINTER 2 zset words WEIGHTS 2 -1 AGGREGATE MIN WITHSCORES"] },
  zdiff: {
    good: ["ZDIFF 2 zset set WITHSCORES"],
    bad: ["ZDIFF 2 zset set WEIGHTS 1 1", "ZDIFF 2 zset set AGGREGATE MIN"],
  },
  zunionstore: {
    good: ["ZUNIONSTORE dest 2 zset lex WEIGHTS 2 0.5 AGGREGATE SUM"],
    bad: ["ZUNIONSTORE dest 1 zset WITHSCORES", "ZUNIONSTORE zset 1 nosuch WEIGHTS nan"],
  },
  zinterstore: { good: ["ZINTERSTORE dest 2 zset lex WEIGHTS inf -inf AGGREGATE SUM"] },
  zdiffstore: { good: ["ZDIFFSTORE dest 2 zset set"], bad: ["ZDIFFSTORE dest 1 zset WITHSCORES"] },
  zintercard: {
    good: ["ZINTERCARD 2 zset words LIMIT 5"],
    bad: ["ZINTERCARD 1 zset LIMIT", "ZINTERCARD 1 zset WITHSCORES", "ZINTERCARD 3 zset"],
  },
};

const BITMAPS: Readonly<Record<string, Row>> = {
  setbit: { good: ["SETBIT bits 7 0", "SETBIT new 9 1"], bad: ["SETBIT text -1 2"] },
  getbit: { good: ["GETBIT bits 7"] },
  bitcount: {
    good: ["BITCOUNT bits 0 -1", "BITCOUNT bits 5 -3 BIT"],
    bad: ["BITCOUNT bits 0", "BITCOUNT bits 0 1 BIT BYTE", "BITCOUNT nosuch x y"],
  },
  bitpos: {
    good: ["BITPOS bits 1", "BITPOS bits 0 1", "BITPOS bits 0 0 -1 BIT"],
    bad: ["BITPOS bits 1 0 1 BIT BYTE", "BITPOS bits 1 0 BIT", "BITPOS nosuch 2 x"],
  },
  bitop: {
    good: ["BITOP AND dest bits text", "BITOP NOT dest bits"],
    bad: ["BITOP NOT dest bits text", "BITOP AND dest bits list", "BITOP NOT dest list"],
  },
  bitfield: {
    good: [
      "BITFIELD bits GET u8 0 SET i16 #1 5",
      "BITFIELD bits OVERFLOW FAIL INCRBY u2 100 1 OVERFLOW SAT INCRBY i5 #2 -20",
    ],
    bad: [
      "BITFIELD bits SET u8 0 1 GET u64 0",
      "BITFIELD bits SET u8 0 1 OVERFLOW NEVER",
      "BITFIELD bits SET u8 0 1 INCRBY u8 0 x",
      "BITFIELD bits SET u8 #1152921504606846976 1",
      "BITFIELD bits GET u1 #9223372036854775807",
      "BITFIELD bits GET",
      "BITFIELD bits OVERFLOW",
      "BITFIELD new OVERFLOW WRAP",
    ],
  },
  bitfield_ro: {
    good: ["BITFIELD_RO bits GET u8 0 GET i5 #2"],
    bad: ["BITFIELD_RO bits SET u8 0 1", "BITFIELD_RO bits OVERFLOW FAIL GET u8 0"],
  },
};

const PLACES: Readonly<Record<string, Row>> = {
  geoadd: {
    good: ["GEOADD geo 13.5 37.9 Enna", "GEOADD geo XX CH 13 38 Palermo", "GEOADD new 1 1 x"],
    bad: ["GEOADD geo NX XX 1 1 x", "GEOADD geo 1 1 x 2 2", "GEOADD new 1 1 x 181 1 y"],
  },
  geopos: { good: ["GEOPOS geo Palermo x"], bad: ["GEOPOS zset a c"] },
  geohash: { good: ["GEOHASH geo Palermo x"], bad: ["GEOHASH zset a c"] },
  geodist: { good: ["GEODIST geo Palermo Catania km"], bad: ["GEODIST geo Palermo Catania km m"] },
  geosearch: {
    good: [
      "GEOSEARCH geo FROMMEMBER Palermo BYRADIUS 200 km ASC COUNT 5 WITHDIST WITHHASH",
      "GEOSEARCH geo FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 2 ANY WITHCOORD",
    ],
    bad: [
      "GEOSEARCH geo BYRADIUS 1 km ASC WITHDIST",
      "GEOSEARCH geo FROMMEMBER Palermo ASC",
      "GEOSEARCH geo FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km",
      "GEOSEARCH geo FROMLONLAT 1 1 BYRADIUS 1 km BYBOX 1 1 km",
      "GEOSEARCH geo FROMLONLAT 1 1 BYRADIUS 1 km ANY",
      "GEOSEARCH geo FROMLONLAT 1 1 BYRADIUS 1 km STOREDIST",
      "GEOSEARCH nosuch FROMMEMBER x BYRADIUS 1 parsec",
    ],
  },
  geosearchstore: {
    good: [
      "GEOSEARCHSTORE dest geo FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 STOREDIST",
      "GEOSEARCHSTORE zset geo FROMMEMBER Palermo BYBOX 1 1 m",
    ],
    bad: ["GEOSEARCHSTORE dest geo FROMMEMBER Palermo BYRADIUS 1 km WITHDIST"],
  },
  georadius: {
    good: [
      "GEORADIUS geo 15 37 200 km WITHCOORD WITHDIST WITHHASH COUNT 5 ANY ASC",
      "GEORADIUS geo 15 37 200 km STORE dest",
      "GEORADIUS geo 15 37 200 km STOREDIST dest COUNT 1",
    ],
    bad: ["GEORADIUS geo 15 37 200 km WITHDIST STORE dest", "GEORADIUS geo 15 37 200 km STORE"],
  },
  georadiusbymember: {
    good: ["GEORADIUSBYMEMBER geo Palermo 200 km WITHDIST DESC"],
    bad: ["GEORADIUSBYMEMBER geo x 200 km", "GEORADIUSBYMEMBER nosuch x -1 km"],
  },
  georadius_ro: {
    good: ["GEORADIUS_RO geo 15 37 200 km WITHDIST COUNT 1"],
    bad: ["GEORADIUS_RO geo 15 37 200 km STORE dest"],
  },
  georadiusbymember_ro: {
    good: ["GEORADIUSBYMEMBER_RO geo Palermo 200 km ASC"],
    bad: ["GEORADIUSBYMEMBER_RO geo Palermo 200 km STORE dest"],
  },
};

const HYPERLOGLOGS: Readonly<Record<string, Row>> = {
  pfadd: { good: ["PFADD hll x", "PFADD new"] },
  pfcount: { good: ["PFCOUNT hll", "PFCOUNT hll nosuch"], bad: ["PFCOUNT hll text"] },
  pfmerge: { good: ["PFMERGE hll new", "PFMERGE dest"], bad: ["PFMERGE dest hll text"] },
  pfdebug: { good: ["PFDEBUG ENCODING hll", "PFDEBUG TODENSE hll", "PFDEBUG DECODE hll"] },
  pfselftest: { good: [], bad: ["PFSELFTEST x"] },
};

const SORTS: Readonly<Record<string, Row>> = {
  sort: {
    good: [
      "SORT ints BY weight_* LIMIT 0 2 GET # GET weight_* DESC",
      "SORT list ALPHA STORE dest",
      "SORT zset BY nosort DESC LIMIT 1 2",
    ],
    bad: [
      "SORT list",
      "SORT zset",
      "SORT ints LIMIT 0",
      "SORT ints GET",
      "SORT ints BY",
      "SORT list STORE dest",
      "SORT ints BY weight_* STORE",
      "SORT ints LIMIT -5 9223372036854775807",
      "SORT ints LIMIT 9223372036854775807 9223372036854775807",
      "SORT ints LIMIT -9223372036854775808 -1",
    ],
  },
  sort_ro: { good: ["SORT_RO ints BY weight_* GET #"], bad: ["SORT_RO ints STORE dest"] },
};

const STREAMS: Readonly<Record<string, Row>> = {
  xadd: {
    good: [
      "XADD stream 5-1 x 1 y 2",
      "XADD stream NOMKSTREAM MAXLEN ~ 2 LIMIT 10 5-* x 1",
      "XADD new MINID = 2 7 x 1",
    ],
    bad: [
      "XADD stream 3-0 x 1",
      "XADD stream 2-* x 1",
      "XADD stream 5-1 x",
      "XADD stream MAXLEN 2 LIMIT 1 5-1 x 1",
      "XADD stream MAXLEN 2 MINID 1 5-1 x 1",
      "XADD text MAXLEN -1 0-0 x 1",
    ],
    except: / \*( |$)/,
  },
  xlen: { good: ["XLEN stream"] },
  xrange: {
    good: ["XRANGE stream - + COUNT 2", "XRANGE stream (1-1 3"],
    bad: ["XRANGE stream - + COUNT", "XRANGE stream - (0-0", "XRANGE text - x"],
  },
  xrevrange: { good: ["XREVRANGE stream + (1-1 COUNT 1"] },
  xdel: { good: ["XDEL stream 1-1 3"], bad: ["XDEL stream 1-1 x", "XDEL text x"] },
  xtrim: {
    good: ["XTRIM stream MAXLEN 1", "XTRIM stream MINID ~ 2-0 LIMIT 100"],
    bad: ["XTRIM stream MAXLEN = 1 LIMIT 1", "XTRIM text MAXLEN 1 MINID 1"],
  },
  xsetid: {
    good: ["XSETID stream 5-0 ENTRIESADDED 10 MAXDELETEDID 4-0"],
    bad: [
      "XSETID stream 2-9",
      "XSETID stream 5-0 ENTRIESADDED 2",
      "XSETID stream 5-0 MAXDELETEDID 5-1",
      "XSETID stream 5-0 ENTRIESADDED 10 MAXDELETEDID",
    ],
  },
  xread: {
    good: ["XREAD STREAMS stream 1-1", "XREAD COUNT 1 BLOCK 0 STREAMS nosuch stream 0 0"],
    bad: ["XREAD STREAMS stream stream 0", "XREAD NOACK STREAMS stream 0", "XREAD STREAMS text x"],
    except: / \+( |$)/,
  },
  xreadgroup: {
    good: [
      "XREADGROUP GROUP g bob COUNT 1 BLOCK 0 STREAMS stream >",
      "XREADGROUP GROUP g ann NOACK STREAMS stream 0",
    ],
    bad: [
      "XREADGROUP GROUP g ann STREAMS stream nosuch > >",
      "XREADGROUP GROUP g ann STREAMS stream stream > x",
      "XREADGROUP GROUP g ann STREAMS stream stream >",
      "XREADGROUP COUNT 1 NOACK STREAMS stream stream > >",
    ],
  },
  xack: { good: ["XACK stream g 1-1 9-9"], bad: ["XACK stream g 1-1 x", "XACK nosuch g x"] },
  xpending: {
    good: [
      "XPENDING stream g",
      "XPENDING stream g - + 10 ann",
      "XPENDING stream g IDLE 0 (1-1 3 10",
    ],
    bad: ["XPENDING stream g IDLE 0 - + 10 ann x", "XPENDING text g - + x"],
  },
  xclaim: {
    good: [
      "XCLAIM stream g bob 0 1-1 2-0 TIME 1000",
      "XCLAIM stream g bob 0 3-0 IDLE 5 TIME 1000 RETRYCOUNT 3 FORCE JUSTID LASTID 2-5",
    ],
    bad: ["XCLAIM stream g bob 0 1-1 FORCE 2-0", "XCLAIM stream g bob 0 1-1 TIME"],
  },
  xautoclaim: {
    good: ["XAUTOCLAIM stream g bob 0 1-1 COUNT 10", "XAUTOCLAIM stream g bob 0 0 JUSTID"],
    bad: ["XAUTOCLAIM stream g bob 0 0 COUNT", "XAUTOCLAIM text g bob 0 x"],
    // Entries that were just claimed may be idle so long or not; and memory may be short.
    except: /^XAUTOCLAIM \S+ \S+ \S+ (1|180)( |$)| COUNT \d{10}/,
  },
  "xgroup|create": {
    good: ["XGROUP CREATE stream h 1-1 ENTRIESREAD 1", "XGROUP CREATE new h $ MKSTREAM"],
    bad: ["XGROUP CREATE stream g 0", "XGROUP CREATE nosuch h 0", "XGROUP CREATE text h x"],
  },
  "xgroup|createconsumer": { good: ["XGROUP CREATECONSUMER stream g bob"] },
  "xgroup|delconsumer": { good: ["XGROUP DELCONSUMER stream g ann"] },
  "xgroup|destroy": { good: ["XGROUP DESTROY stream g"] },
  "xgroup|setid": {
    good: ["XGROUP SETID stream g 1-1 ENTRIESREAD 1"],
    bad: ["XGROUP SETID stream g 1-1 MKSTREAM", "XGROUP SETID stream nosuch x"],
  },
  "xgroup|help": { good: [], bad: ["XGROUP HELP x"] },
  "xinfo|stream": {
    good: ["XINFO STREAM stream", "XINFO STREAM stream FULL COUNT 1"],
    bad: ["XINFO STREAM stream COUNT 1", "XINFO STREAM stream FULL COUNT"],
  },
  "xinfo|groups": { good: ["XINFO GROUPS stream"] },
  "xinfo|consumers": { good: ["XINFO CONSUMERS stream g"] },
  "xinfo|help": { good: [], bad: ["XINFO HELP x"] },
};

/** By the command's name. */
export const ROWS: Readonly<Record<string, Row>> = {
  ...LISTS,
  ...SETS,
  ...HASHES,
  ...SORTED_SETS,
  ...BITMAPS,
  ...PLACES,
  ...HYPERLOGLOGS,
  ...SORTS,
  ...STREAMS,
};

/** Commands that Redis 7.0.15 does not have: what failed changed nothing holds for them, too. */
export const LATER_ROWS: Readonly<Record<string, Row>> = {
  hexpire: { good: ["HEXPIRE hash 1000 FIELDS 2 a b", "HEXPIRE hash 1000 NX FIELDS 1 x"] },
  hpexpire: { good: ["HPEXPIRE hash 1000000 GT FIELDS 2 a b"] },
  hexpireat: { good: ["HEXPIREAT hash 20000000000 FIELDS 2 a b"] },
  hpexpireat: { good: ["HPEXPIREAT hash 20000000000000 LT FIELDS 2 a b"] },
  hexpiretime: { good: ["HEXPIRETIME hash FIELDS 2 a b"] },
  hpexpiretime: { good: ["HPEXPIRETIME hash FIELDS 2 a b"] },
  httl: { good: ["HTTL hash FIELDS 2 a b"] },
  hpttl: { good: ["HPTTL hash FIELDS 2 a b"] },
  hpersist: { good: ["HPERSIST hash FIELDS 2 a b"] },
  hgetdel: { good: ["HGETDEL hash FIELDS 2 a b"] },
  hgetex: { good: ["HGETEX hash EX 1000 FIELDS 2 a b", "HGETEX hash PERSIST FIELDS 1 a"] },
  hsetex: {
    good: ["HSETEX hash FXX PXAT 20000000000000 FIELDS 2 a 2 b 3", "HSETEX new FIELDS 1 a 1"],
    bad: ["HSETEX hash FNX FXX FIELDS 1 a 1", "HSETEX hash EX 1 KEEPTTL FIELDS 1 a 1"],
  },
  xdelex: {
    good: ["XDELEX stream DELREF IDS 2 1-1 2-0", "XDELEX stream IDS 1 1-1 ACKED"],
    bad: ["XDELEX stream KEEPREF DELREF IDS 1 1-1", "XDELEX stream IDS 2 1-1"],
  },
  xackdel: {
    good: ["XACKDEL stream g ACKED IDS 2 1-1 2-0", "XACKDEL stream g IDS 1 1-1"],
    bad: ["XACKDEL stream g KEEPREF ACKED IDS 1 1-1", "XACKDEL stream g IDS 1 1-1 x"],
  },
};

/** Bits around the last that a string of 512 megabytes has; the valid ones only read. */
export const FAR_BITS: readonly string[] = [
  "GETBIT bits 4294967295",
  "GETBIT bits 4294967296",
  "GETBIT nosuch 4294967296",
  "SETBIT bits 4294967296 1",
  "SETBIT bits 18446744073709551616 1",
  "BITFIELD bits GET u8 4294967288",
  "BITFIELD bits GET u8 4294967289",
  "BITFIELD bits GET u8 4294967295",
  "BITFIELD bits GET u8 4294967296",
  "BITFIELD bits GET u8 #536870911",
  "BITFIELD bits GET u8 #536870912",
  "BITFIELD bits GET u63 #68174084",
  "BITFIELD bits GET i64 #67108863",
  "BITFIELD bits GET i64 #67108864",
  "BITFIELD bits SET u8 4294967296 1",
  "BITFIELD bits SET u8 0 1 SET u8 4294967296 1",
  "BITFIELD bits SET u8 0 1 INCRBY i64 #67108864 1",
  "BITFIELD bits INCRBY u1 #4294967296 1",
  "BITFIELD bits INCRBY i64 #288230376151711744 1",
  "BITFIELD_RO bits GET u8 4294967288",
  "BITFIELD_RO bits GET u8 4294967296",
  "BITCOUNT bits 4294967295 4294967296 BIT",
  "BITCOUNT bits 0 4294967296 BIT",
  "BITCOUNT bits -4294967297 4294967296 BIT",
  "BITCOUNT bits 0 9223372036854775807 BIT",
  "BITCOUNT bits -9223372036854775808 9223372036854775807",
  "BITPOS bits 0 4294967295 4294967296 BIT",
  "BITPOS bits 1 -4294967297 4294967296 BIT",
  "BITPOS bits 0 0 9223372036854775807",
  "BITPOS bits 1 -9223372036854775808 -9223372036854775808",
];
