/**
 * Purpose: what counts as a change (see changes_test.ts). A row has by how much a command raises
 * INFO's rdb_changes_since_last_save after what is given, those of the keys k, t and u that are
 * changed for who watches them (- for none), and the command.
 */

/** By kind of command. */
export const CHANGES: Readonly<Record<string, string>> = {
  strings: `
    given nothing
    1 k SET k v
    0 - SET k w XX
    1 k SETNX k w
    1 k GETSET k v
    0 - GETDEL k
    0 - GETEX k EX 100
    1 k APPEND k ""
    1 k APPEND k v
    0 - SETRANGE k 0 ""
    0 - SETRANGE k 5 ""
    1 k SETRANGE k 0 a
    1 k SETRANGE k 5 a
    1 k INCRBY k 0
    1 k INCRBYFLOAT k 0
    2 kt MSET k a t b
    2 k MSET k a k b
    2 kt MSETNX k a t b
    2 k MSETNX k a k b

    given SET k v
    1 k SET k v
    0 - SET k w NX
    1 k SET k v GET
    0 - SET k v NX GET
    1 k SET k v EX 100
    1 k SET k v PXAT 1
    0 - SETNX k w
    1 k SETEX k 100 v
    1 k PSETEX k 100000 v
    1 k GETSET k v
    1 k GETDEL k
    0 - GETEX k
    0 - GETEX k PERSIST
    1 k GETEX k EX 100
    1 k GETEX k PXAT 1
    1 k APPEND k ""
    1 k APPEND k w

    given SET k v EX 100
    1 k SET k v KEEPTTL
    1 k GETEX k PERSIST
    1 k GETEX k EX 100

    given SET k 1
    1 k APPEND k ""

    given SET k abc
    0 - SETRANGE k 1 ""
    0 - SETRANGE k 10 ""
    1 k SETRANGE k 1 b

    given SET k 10
    1 k SETRANGE k 1 0

    given SET k 5
    1 k INCRBY k 0
    1 k INCR k
    1 k DECRBY k 0
    1 k DECR k
    1 k INCRBYFLOAT k 0
    1 k INCRBYFLOAT k 0.5

    given SET k 9223372036854775807
    0 - INCR k

    given SET k a
    0 - INCR k
    0 - INCRBYFLOAT k 1
    2 kt MSET k a t b
    0 - MSETNX k a t b
  `,
  bitmaps: `
    given nothing
    1 k SETBIT k 0 0
    1 k SETBIT k 0 1
    1 k SETBIT k 100 0
    0 - BITFIELD k
    0 - BITFIELD k GET u8 0
    0 - BITFIELD k OVERFLOW FAIL
    1 k BITFIELD k SET u8 0 0
    1 k BITFIELD k SET u8 0 1
    0 - BITFIELD k OVERFLOW FAIL SET u8 0 300
    1 k BITFIELD k OVERFLOW FAIL SET u8 0 300 SET u8 80 1
    0 - BITOP AND k t u

    given SET k a
    0 - SETBIT k 0 0
    0 - SETBIT k 1 1
    1 k SETBIT k 0 1
    1 k SETBIT k 8 0
    1 k SETBIT k 15 0
    0 - BITFIELD k SET u8 0 97
    1 k BITFIELD k SET u8 0 98
    2 k BITFIELD k SET u8 0 98 SET u8 0 97
    1 k BITFIELD k SET u8 0 98 SET u8 0 98
    1 k BITFIELD k SET u8 8 0
    2 k BITFIELD k SET u8 8 0 SET u8 0 97
    0 - BITFIELD k INCRBY u8 0 0
    0 - BITFIELD k INCRBY u8 0 256
    1 k BITFIELD k OVERFLOW SAT INCRBY u8 0 -200 INCRBY u8 0 -200
    0 - BITFIELD k OVERFLOW FAIL SET u8 0 300
    0 - BITFIELD k OVERFLOW FAIL INCRBY u8 80 300
    1 k BITFIELD k OVERFLOW FAIL SET u8 0 97 SET u8 80 300
    1 k BITFIELD k OVERFLOW FAIL INCRBY u8 80 300 GET u8 0 OVERFLOW WRAP INCRBY u8 80 256
    1 k BITOP AND k t u

    given SET k 1
    0 - SETBIT k 0 0
    0 - BITFIELD k OVERFLOW FAIL SET u8 0 300

    given SET k a EX 100
    0 - BITFIELD k OVERFLOW FAIL INCRBY u8 80 300

    given SET k a
      and SET t a
    1 k BITOP OR k k t

    given SET t a
    1 k BITOP NOT k t
    1 t BITOP NOT t t

    given SET t ""
    0 - BITOP NOT k t
  `,
  HyperLogLogs: `
    given nothing
    1 k PFADD k
    2 k PFADD k a
    0 - PFCOUNT k
    1 k PFMERGE k

    given PFADD k a
    0 - PFADD k
    0 - PFADD k a
    1 k PFADD k a b
    1 k PFCOUNT k
    1 k PFMERGE k
    1 k PFMERGE k t
    1 k PFMERGE k k

    given PFADD k a
      and PFCOUNT k
    0 - PFCOUNT k
    0 - PFADD k a

    given PFADD k a
      and PFADD t b
    0 - PFCOUNT k t

    given PFADD t a
    1 k PFMERGE k t

    given PFADD k a
      and PFADD t a
    1 k PFMERGE k t
  `,
  keys: `
    given nothing
    0 - DEL k
    0 - EXPIRE k 100
    0 - PERSIST k
    0 - RENAME k t
    0 - COPY k t
    0 - MOVE k 1
    0 - SORT k STORE t

    given SET k a
      and SET t a
    2 kt DEL k t u

    given SET k a
    1 k DEL k k
    1 k UNLINK k
    0 - EXISTS k
    0 - TOUCH k
    1 k EXPIRE k 100
    1 k EXPIRE k -1
    0 - EXPIRE k 100 XX
    0 - EXPIRE k 200 GT
    1 k PEXPIRE k 100000
    1 k EXPIREAT k 1
    1 k PEXPIREAT k 99999999999999
    0 - PERSIST k
    0 - RENAME k k
    1 kt RENAME k t
    0 - RENAMENX k k
    1 kt RENAMENX k t
    1 t COPY k t
    0 - COPY k k
    1 - COPY k k DB 1
    1 k MOVE k 1
    0 - MOVE k 0
    0 - SORT k

    given SET k a EX 100
    1 k EXPIRE k 100
    0 - EXPIRE k 100 NX
    0 - EXPIRE k 50 GT
    1 k EXPIRE k 200 GT
    0 - EXPIRE k 200 LT
    1 k PERSIST k

    given SET k a
      and SET t b
    1 kt RENAME k t
    0 - RENAMENX k t
    0 - COPY k t
    1 t COPY k t REPLACE

    given RPUSH k 1 2
    0 - SORT k
    2 t SORT k STORE t
    2 k SORT k STORE k

    given SET t a
    1 t SORT k STORE t

    given RPUSH t 1 2
    2 t SORT t BY nosort STORE t
  `,
  lists: `
    given nothing
    1 k LPUSH k a
    3 k LPUSH k a b c
    2 k RPUSH k a b
    0 - LPUSHX k a
    0 - RPUSHX k a
    0 - LPOP k
    0 - LPOP k 0
    0 - LPOP k 2
    0 - LMPOP 1 k LEFT
    0 - LREM k 0 x
    0 - LTRIM k 0 1
    0 - LSET k 0 1
    0 - LINSERT k BEFORE 9 0
    0 - LMOVE k t LEFT RIGHT
    0 - BLPOP k 0.001
    0 - BLMOVE k t LEFT RIGHT 0.001

    given RPUSH k 1
    2 k LPUSHX k a b
    1 k RPUSHX k a
    1 k RPOP k
    1 k LMOVE k k LEFT RIGHT
    1 kt LMOVE k t LEFT RIGHT
    1 k RPOPLPUSH k k
    1 kt RPOPLPUSH k t
    1 k BLPOP k 0
    1 kt BLMOVE k t LEFT RIGHT 0
    1 kt BRPOPLPUSH k t 0

    given RPUSH k 1 2
    1 k RPOP k
    0 - RPOP k 0
    2 k RPOP k 2
    2 k LMPOP 1 k LEFT COUNT 5
    0 - LREM k 0 x
    1 k LREM k 0 1
    0 k LTRIM k 0 -1
    0 k LTRIM k 0 100
    1 k LTRIM k 1 1
    2 k LTRIM k 5 6
    1 k LSET k 0 1
    1 k LSET k 0 3
    0 - LSET k 9 3
    1 k LINSERT k BEFORE 1 0
    0 - LINSERT k BEFORE 9 0
    1 k LMOVE k k LEFT LEFT
    1 k RPOPLPUSH k k
    1 k BRPOP k 0
    1 k BLMOVE k k LEFT LEFT 0
    2 k BLMPOP 0 1 k LEFT COUNT 2

    given RPUSH k 1 2 3
    2 k LPOP k 2
    2 k LMPOP 2 t k LEFT COUNT 2

    given RPUSH k 1 1
    2 k LREM k 0 1
    1 k LREM k 1 1

    given RPUSH k 1 2 3 4
    3 k LTRIM k 1 1

    given RPUSH k 1
      and RPUSH t 1
    1 kt LMOVE k t LEFT RIGHT
  `,
  sets: `
    given nothing
    1 k SADD k a
    2 k SADD k a b
    0 - SREM k b
    0 - SMOVE k t a
    0 - SPOP k
    0 - SPOP k 2
    0 - SINTERSTORE k t u
    0 - SUNIONSTORE k t u

    given SADD k a
    0 - SADD k a
    2 k SADD k a b c
    0 - SREM k b
    0 - SMOVE k k a
    0 - SMOVE k k b
    0 - SMOVE k t b
    2 kt SMOVE k t a
    1 k SPOP k
    1 k SINTERSTORE k t u
    1 k SUNIONSTORE k k

    given SADD k a b
    1 k SREM k a
    2 k SREM k a b
    0 - SPOP k 0
    1 k SPOP k 1
    2 k SPOP k 2
    2 k SPOP k 5

    given SADD k a
      and SADD t a
    1 k SMOVE k t a
    1 k SINTERSTORE k k t
    1 k SINTERSTORE k t u

    given SADD k a b
      and SADD t a
    1 k SMOVE k t a

    given SADD k a b c d
    3 k SPOP k 3

    given SET k a
    1 k SINTERSTORE k t u

    given SADD t a b c
    1 k SUNIONSTORE k t u

    given SADD t a b c
      and SADD k a
    1 k SUNIONSTORE k t u

    given SADD t a b c
      and SET k a
    1 k SUNIONSTORE k t u

    given SADD t a b c
      and SADD u a
    1 k SDIFFSTORE k t u

    given SADD t a
      and SADD u a
    0 - SDIFFSTORE k t u

    given SADD k a
      and SADD u a
    1 k SDIFFSTORE k k u
  `,
  hashes: `
    given nothing
    1 k HSET k a 1
    2 k HSET k a 1 b 2
    1 k HSETNX k b 2
    0 - HDEL k b
    1 k HINCRBY k a 0
    1 k HINCRBYFLOAT k a 0

    given HSET k a 1
    1 k HSET k a 1
    1 k HSET k a 2
    3 k HSET k a 1 b 2 c 3
    1 k HMSET k a 1
    0 - HSETNX k a 2
    1 k HSETNX k b 2
    0 - HDEL k b
    1 k HDEL k a
    1 k HINCRBY k a 0
    1 k HINCRBY k a 2
    1 k HINCRBYFLOAT k a 0

    given HSET k a 1 b 2
    2 k HDEL k a b
    1 k HDEL k a a

    given HSET k a x
    0 - HINCRBY k a 0
    0 - HINCRBYFLOAT k a 0
  `,
  "sorted sets": `
    given nothing
    1 k ZADD k 1 a
    2 k ZADD k 1 a 2 b
    0 - ZADD k XX 2 b
    1 k ZADD k 2 a 2 a
    2 k ZADD k 2 a 3 a
    0 - ZADD k XX INCR 1 b
    1 k ZINCRBY k 0 a
    0 - ZREM k a
    0 - ZREMRANGEBYLEX k [x [z
    0 - ZPOPMIN k
    0 - ZPOPMIN k 2
    0 - ZMPOP 1 k MIN
    0 - BZMPOP 0.001 1 k MIN
    0 - ZUNIONSTORE k 2 t u
    0 - ZRANGESTORE k t 0 -1

    given ZADD k 1 a
    0 - ZADD k 1 a
    0 - ZADD k CH 1 a
    0 - ZADD k XX 1 a
    1 k ZADD k XX 2 a
    0 - ZADD k XX 2 b
    0 - ZADD k NX 2 a
    0 - ZADD k GT 0 a
    1 k ZADD k GT CH 2 a
    2 k ZADD k LT 0 a 5 b
    2 k ZADD k 2 a 3 b 3 b
    2 k ZADD k 2 a 1 a
    0 - ZADD k INCR 0 a
    1 k ZADD k INCR 1 a
    0 - ZADD k NX INCR 1 a
    0 - ZADD k GT INCR -1 a
    0 - ZADD k XX INCR 1 b
    0 - ZINCRBY k 0 a
    1 k ZINCRBY k 1 a
    1 k ZINCRBY k 0 b
    0 - ZREM k b
    1 k ZREM k a
    0 - ZREMRANGEBYSCORE k 5 6
    1 k BZPOPMIN k 0
    1 k ZUNIONSTORE k 2 t u
    1 k ZRANGESTORE k t 0 -1

    given ZADD k 0 a
    0 - ZADD k -0 a

    given ZADD k inf a
    0 - ZADD k INCR -inf a

    given ZADD k 1 a 2 b
    2 k ZREM k a b
    2 k ZREMRANGEBYSCORE k 0 6
    1 k ZPOPMIN k
    0 - ZPOPMIN k 0
    2 k ZPOPMAX k 5
    2 k ZMPOP 2 t k MIN COUNT 9
    1 k BZPOPMAX k 0
    1 k ZUNIONSTORE k 1 k
    1 k ZINTERSTORE k 2 k t
    1 k ZRANGESTORE k k 0 -1
    1 k ZRANGESTORE k k 5 6

    given ZADD k 1 a 2 b 3 c
    2 k ZREMRANGEBYRANK k 0 1
    0 - ZREMRANGEBYRANK k 5 6
    2 k ZPOPMAX k 2
    2 k ZMPOP 2 t k MAX COUNT 2
    2 k BZMPOP 0 1 k MIN COUNT 2

    given ZADD k 0 a 0 b 0 c
    2 k ZREMRANGEBYLEX k [a (c
    0 - ZREMRANGEBYLEX k [x [z

    given SET k a
    1 k ZUNIONSTORE k 2 t u

    given ZADD t 1 a 2 b
    1 k ZUNIONSTORE k 2 t u
    1 k ZRANGESTORE k t 0 -1

    given ZADD t 1 a 2 b
      and SET k a
    1 k ZUNIONSTORE k 2 t u

    given ZADD t 1 a 2 b
      and ZADD u 1 a
    1 k ZINTERSTORE k 2 t u
    1 k ZDIFFSTORE k 2 t u

    given ZADD t 1 a
      and ZADD u 1 a
    0 - ZDIFFSTORE k 2 t u

    given ZADD t 1 a 2 b
      and ZADD k 1 a
    1 k ZRANGESTORE k t 0 -1
  `,
  places: `
    given nothing
    1 k GEOADD k 1 1 a
    2 k GEOADD k 1 1 a 2 2 b
    0 - GEOSEARCHSTORE k t FROMLONLAT 1 1 BYRADIUS 1000 km
    0 - GEORADIUS t 1 1 1000 km STORE k

    given GEOADD k 1 1 a
    0 - GEOADD k 1 1 a
    0 - GEOADD k CH 1 1 a
    1 k GEOADD k XX 2 2 a
    0 - GEOADD k NX 2 2 a
    0 - GEOADD k XX 2 2 b

    given GEOADD t 1 1 a 2 2 b
    1 k GEOSEARCHSTORE k t FROMLONLAT 1 1 BYRADIUS 1 m
    2 k GEOSEARCHSTORE k t FROMLONLAT 1 1 BYRADIUS 1000 km
    0 - GEOSEARCHSTORE k t FROMLONLAT 50 50 BYRADIUS 1 m
    2 k GEORADIUS t 1 1 1000 km STORE k
    2 t GEORADIUS t 1 1 1000 km STOREDIST t
    2 k GEORADIUSBYMEMBER t a 1000 km STORE k

    given GEOADD t 1 1 a 2 2 b
      and SET k a
    1 k GEOSEARCHSTORE k t FROMLONLAT 50 50 BYRADIUS 1 m
    2 k GEOSEARCHSTORE k t FROMLONLAT 1 1 BYRADIUS 1000 km

    given SET k a
    1 k GEOSEARCHSTORE k t FROMLONLAT 1 1 BYRADIUS 1000 km
    1 k GEORADIUS t 1 1 1000 km STORE k
  `,
  streams: `
    given nothing
    1 k XADD k 1-1 a 1
    0 - XADD k NOMKSTREAM 1-1 a 1
    1 k XADD k MAXLEN 0 2-1 a 1
    0 - XDEL k 1-1
    0 - XTRIM k MAXLEN 0
    0 - XSETID k 1-1
    0 - XGROUP CREATE k g 0
    1 k XGROUP CREATE k g 0 MKSTREAM
    0 - XACK k h 2-1

    given XADD k 1-1 a 1
    1 k XADD k 2-1 a 1
    0 - XADD k 1-1 a 1
    1 k XADD k MAXLEN 1 2-1 a 1
    1 k XADD k MAXLEN 5 2-1 a 1
    1 k XADD k MAXLEN 0 2-1 a 1
    1 k XDEL k 1-1
    0 - XDEL k 2-1
    1 k XTRIM k MAXLEN 0
    0 - XTRIM k MAXLEN 5
    1 k XTRIM k MAXLEN ~ 0
    1 - XSETID k 1-1
    1 - XSETID k 5-1
    1 - XSETID k 5-1 ENTRIESADDED 9 MAXDELETEDID 0-0
    0 - XSETID k 0-1
    1 - XGROUP CREATE k g 0

    given XADD k 1-1 a 1
      and XADD k 2-1 a 1
      and XADD k 3-1 a 1
    1 k XADD k MINID 3 4-1 a 1
    2 k XTRIM k MAXLEN 1

    given XADD k 1-1 a 1
      and XADD k 2-1 a 1
    2 k XDEL k 1-1 2-1

    given XADD k 1-1 a 1
      and XGROUP CREATE k g 0
    0 - XGROUP CREATE k g 0
    1 - XGROUP SETID k g 0
    1 - XGROUP SETID k g $
    0 - XGROUP SETID k h $
    1 - XGROUP DESTROY k g
    0 - XGROUP DESTROY k h
    1 - XGROUP CREATECONSUMER k g c
    2 - XREADGROUP GROUP g c STREAMS k >
    2 - XREADGROUP GROUP g c NOACK STREAMS k >
    0 - XACK k h 2-1
    2 - XCLAIM k g d 0 1-1 FORCE
    1 - XCLAIM k g d 0 1-1 LASTID 1-1
    0 - XCLAIM k g d 0 1-1 LASTID 0-0

    given XADD k 1-1 a 1
      and XGROUP CREATE k g 0
      and XGROUP CREATECONSUMER k g c
    0 - XGROUP CREATECONSUMER k g c
    1 - XGROUP DELCONSUMER k g c
    0 - XGROUP DELCONSUMER k g d
    1 - XREADGROUP GROUP g c STREAMS k >

    given XADD k 1-1 a 1
      and XADD k 2-1 a 1
      and XADD k 3-1 a 1
      and XGROUP CREATE k g 0
    2 - XREADGROUP GROUP g c STREAMS k >

    given XADD k 1-1 a 1
      and XADD k 2-1 a 1
      and XGROUP CREATE k g 0
    2 - XREADGROUP GROUP g c NOACK STREAMS k >

    given XADD k 1-1 a 1
      and XGROUP CREATE k g $
    0 - XREADGROUP GROUP g c STREAMS k >

    given XADD k 1-1 a 1
      and XGROUP CREATE k g $
      and XGROUP CREATECONSUMER k g c
    0 - XREADGROUP GROUP g c STREAMS k >

    given XADD k 1-1 a 1
      and XGROUP CREATE k g 0
      and XREADGROUP GROUP g c STREAMS k >
    1 - XREADGROUP GROUP g c STREAMS k 0
    2 - XREADGROUP GROUP g d STREAMS k 0
    1 - XACK k g 1-1
    0 - XACK k g 2-1
    2 - XCLAIM k g d 0 1-1
    1 - XCLAIM k g c 0 1-1
    2 - XCLAIM k g d 0 1-1 JUSTID
    0 - XCLAIM k g d 100000 1-1
    0 - XCLAIM k g d 0 9-1
    2 - XAUTOCLAIM k g d 0 0
    1 - XAUTOCLAIM k g c 0 0
    2 - XAUTOCLAIM k g d 0 0 JUSTID
    0 - XAUTOCLAIM k g d 100000 0

    given XADD k 1-1 a 1
      and XGROUP CREATE k g 0
      and XREADGROUP GROUP g c STREAMS k >
      and XDEL k 1-1
    1 - XREADGROUP GROUP g c STREAMS k 0
    1 - XCLAIM k g d 0 1-1
    1 - XAUTOCLAIM k g d 0 0

    given XADD k 1-1 a 1
      and XADD t 1-1 a 1
      and XGROUP CREATE k g 0
      and XGROUP CREATE t g 0
    4 - XREADGROUP GROUP g c STREAMS k t > >

    given XADD k 1-1 a 1
      and XADD k 2-1 a 1
      and XGROUP CREATE k g 0
      and XREADGROUP GROUP g c STREAMS k >
    2 - XACK k g 1-1 2-1 3-1
    3 - XAUTOCLAIM k g d 0 0

    given XADD k 1-1 a 1
      and XGROUP CREATE k g 0
      and XREADGROUP GROUP g c STREAMS k >
      and XGROUP CREATECONSUMER k g d
    0 - XCLAIM k g d 100000 1-1
  `,
  databases: `
    given SET k a
    1 k FLUSHDB
    1 k SWAPDB 0 1
    1 - SWAPDB 0 0

    given SET k a
      and SET t a
    2 kt FLUSHALL

    given nothing
    0 - FLUSHDB
    0 - FLUSHALL
    1 - SWAPDB 0 0
    1 - SWAPDB 0 1

    given SET k a
      and COPY k k DB 1
    1 k SWAPDB 0 1
  `,
};

/** Writing commands of versions after 7.0, in the same form: the real server does not know them. */
export const LATER_CHANGES: Readonly<Record<string, string>> = {
  strings: `
    given nothing
    0 - DELEX k
    1 k MSETEX 1 k v
    2 kt MSETEX 2 k v t w EX 100

    given SET k v
    0 - DELEX k IFEQ w
    1 k DELEX k IFEQ v
    1 k DELEX k
    0 - MSETEX 2 k v t w NX
    1 k MSETEX 1 k w XX
  `,
  hashes: `
    given nothing
    0 - HGETDEL k FIELDS 1 a
    0 - HGETEX k EX 100 FIELDS 1 a
    0 - HPERSIST k FIELDS 1 a
    0 - HEXPIRE k 100 FIELDS 1 a
    1 k HSETEX k FIELDS 1 a 1

    given HSET k a 1 b 2
    0 - HGETDEL k FIELDS 1 c
    1 k HGETDEL k FIELDS 1 a
    2 k HGETDEL k FIELDS 2 a b
    0 - HGETEX k FIELDS 1 a
    1 k HGETEX k EX 100 FIELDS 1 a
    0 - HPERSIST k FIELDS 1 a
    1 k HEXPIRE k 100 FIELDS 1 a
    2 k HEXPIRE k 100 FIELDS 2 a b
    0 - HEXPIRE k 100 XX FIELDS 1 a
    1 k HPEXPIRE k 100000 FIELDS 1 a
    1 k HEXPIREAT k 9000000000 FIELDS 1 a
    1 k HPEXPIREAT k 9000000000000 FIELDS 1 a
    1 k HSETEX k EX 100 FIELDS 1 a 2
    0 - HSETEX k FNX FIELDS 1 a 2

    given HSETEX k EX 100 FIELDS 1 a 1
    1 k HPERSIST k FIELDS 1 a
    1 k HGETEX k PERSIST FIELDS 1 a
  `,
  streams: `
    given XADD k 1-1 a 1
      and XGROUP CREATE k g 0
      and XREADGROUP GROUP g c STREAMS k >
    0 - XACKDEL k g IDS 1 9-9
    2 k XACKDEL k g IDS 1 1-1
    0 - XDELEX k IDS 1 9-9
    1 k XDELEX k IDS 1 1-1
  `,
  functions: `
    given FUNCTION FLUSH
    1 - FUNCTION FLUSH
    0 - FUNCTION LOAD "let x"
    0 - FUNCTION DELETE x
    1 - FUNCTION LOAD "#!js name=x\\nredis.registerFunction('f', () => 1)"

    given FUNCTION LOAD REPLACE "#!js name=x\\nredis.registerFunction('f', () => 1)"
    0 - FUNCTION LOAD "#!js name=x\\nredis.registerFunction('f', () => 1)"
    1 - FUNCTION LOAD REPLACE "#!js name=x\\nredis.registerFunction('f', () => 1)"
    0 - FCALL f 0
    1 - FUNCTION DELETE x
  `,
};
