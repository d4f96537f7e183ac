/**
 * Purpose: lines whose events are compared with the real server's beside those of
 * bad_input_rows.ts: commands that have no row there, and cases in which a command has other
 * events, or none. Several commands of a line have " | " between them; WAIT-MS lets time pass, in
 * which keys expire but are not removed. They are about the keys of that file's SETUP.
 */
const linesOf = (text: string) => text.trim().split(/\n\s*/);

/** By kind of key. */
const MORE: Readonly<Record<string, string>> = {
  strings: `
    SET text x
    SET new x
    SET list x
    SET text x NX
    SET new x XX
    SET new x NX
    SET text x GET
    SET new x GET
    SET list x GET
    SET text x XX GET
    SET new x NX GET
    SET text x EX 100
    SET new x PX 100000
    SET list x EXAT 99999999999
    SET new x PXAT 1
    SET text x PXAT 1
    SET text x EX 100 | SET text y KEEPTTL
    SET text x EX 100 GET
    SET text x EX 100 | SET text y
    SET text x EX 0
    SET text x NX EX 100
    SETNX text x
    SETNX new x
    SETEX text 100 x
    SETEX new 100 x
    SETEX list 100 x
    PSETEX text 100000 x
    PSETEX new 100000 x
    SETEX new 0 x
    SETEX text -1 x
    GETSET text x
    GETSET new x
    GETSET list x
    MSET text x new y
    MSET new x new y
    MSET list x text y hash z
    MSETNX new x newer y
    MSETNX new x text y
    MSETNX new x new y
    APPEND text x
    APPEND new x
    APPEND text ""
    APPEND new ""
    APPEND list x
    SETRANGE text 2 x
    SETRANGE new 2 x
    SETRANGE text 2 ""
    SETRANGE new 2 ""
    SETRANGE list 2 x
    INCR new
    DECRBY new 3
    INCR weight_1
    INCR text
    INCR list
    INCRBY weight_1 0
    INCRBYFLOAT new 1.5
    INCRBYFLOAT weight_1 1.5
    INCRBYFLOAT text 1
    SET new 9223372036854775807 | INCR new
    DECR weight_1 | DECR new | DECR list
    GET text
    GET nosuch
    GET list
    MGET text nosuch list nosuch
    STRLEN nosuch
    STRLEN text
    STRLEN list
    GETRANGE nosuch 0 1
    GETRANGE text 0 1
    SUBSTR nosuch 0 1
    LCS text nosuch
    LCS nosuch text
    LCS list nosuch
    LCS nosuch nosuch
    LCS text bits
    GETDEL text
    GETDEL nosuch
    GETDEL list
    GETEX text
    GETEX nosuch
    GETEX list
    GETEX text EX 100
    GETEX text PERSIST
    GETEX text EX 100 | GETEX text PERSIST
    GETEX text PXAT 1
    GETEX nosuch EX 100
    GETEX list EX 100
    GETEX text EX 100 | GETEX text
  `,
  keys: String.raw`
    DEL text list nosuch
    DEL text text
    DEL nosuch
    UNLINK text nosuch hash
    EXISTS text nosuch nosuch list
    TOUCH text nosuch list
    TYPE text
    TYPE nosuch
    TTL text
    TTL nosuch
    PTTL nosuch
    EXPIRETIME nosuch
    PEXPIRETIME nosuch
    EXPIRE text 100
    EXPIRE text -1
    EXPIRE text 0
    EXPIRE nosuch 100
    EXPIRE nosuch -1
    EXPIRE list 100
    PEXPIRE list -1
    EXPIREAT text 1
    PEXPIREAT text 99999999999999
    EXPIRE text 100 XX
    EXPIRE text 100 NX
    EXPIRE text 100 GT
    EXPIRE text 100 LT
    EXPIRE text 100 | EXPIRE text 50 GT
    EXPIRE text 100 | EXPIRE text 200 GT
    EXPIRE text 100 | EXPIRE text -1 XX
    EXPIRE text -1 XX
    EXPIRE text 100 | EXPIRE text -1 GT
    PERSIST text
    PERSIST nosuch
    EXPIRE text 100 | PERSIST text
    EXPIRE list 9 | PERSIST list
    RENAME text new
    RENAME text list
    RENAME nosuch new
    RENAME text text
    RENAME list set
    RENAME nosuch nosuch
    RENAMENX text new
    RENAMENX text list
    RENAMENX text text
    RENAMENX nosuch new
    EXPIRE text 100 | RENAME text new
    EXPIRE list 100 | RENAME text list
    COPY text new
    COPY text list
    COPY text list REPLACE
    COPY nosuch new
    COPY text text
    COPY text text DB 1
    COPY nosuch text REPLACE
    COPY hash new DB 1
    EXPIRE list 9 | COPY list n
    COPY text text DB 1 | COPY list text DB 1 REPLACE
    MOVE text 1
    MOVE nosuch 1
    MOVE text 0
    MOVE text 1 | MOVE list 1 | SET text y | MOVE text 1
    EXPIRE text 100 | MOVE text 1
    RANDOMKEY
    KEYS *
    SCAN 0
    DBSIZE
    FLUSHDB
    FLUSHALL
    SWAPDB 0 1
    SWAPDB 1 0
    SELECT 1 | SET text x | DEL text
    SELECT 15 | SET text x EX 100
    SELECT 1 | GET text
    DUMP text
    DUMP nosuch
    OBJECT ENCODING text
    OBJECT ENCODING nosuch
    OBJECT FREQ nosuch
    OBJECT IDLETIME nosuch
    OBJECT REFCOUNT nosuch
    OBJECT HELP
    DEBUG OBJECT nosuch
    DEBUG OBJECT text
    MEMORY USAGE nosuch
    MEMORY USAGE text
    DEBUG POPULATE 2 key
    DEBUG DIGEST-VALUE nosuch text
    DEBUG LISTPACK nosuch
    RESTORE new 0 "\x00\x01a\x0a\x00\xab\x1f\x9d\xce\x6c\xe5\x8d\xb8"
    SORT ints
    SORT nosuch
    SORT text
    SORT ints STORE new
    SORT nosuch STORE new
    SORT nosuch STORE list
    SORT ints STORE text
    SORT ints STORE list
    SORT ints BY x_*
    SORT ints BY weight_*
    SORT ints BY nosuch_*
    SORT ints BY nosort GET nosuch_*
    SORT ints GET # GET weight_*
    SORT ints BY hash->*
    SORT ints GET weight_*->a STORE new
    SORT ints GET nosuch_*->a
    SORT ints BY list* ALPHA
    SORT_RO nosuch
    SORT_RO ints
    SORT words ALPHA STORE words
    SORT ints LIMIT 5 5 STORE list
    SORT ints LIMIT 5 5 STORE new
    WATCH text nosuch
    WATCH nosuch | UNWATCH
  `,
  "bits, hyperloglogs": `
    SETBIT bits 0 1
    SETBIT bits 0 0
    SETBIT new 0 0
    SETBIT new 7 1
    SETBIT list 0 1
    GETBIT nosuch 0
    GETBIT list 0
    BITCOUNT nosuch
    BITCOUNT nosuch 0 -1
    BITPOS nosuch 1
    BITPOS nosuch 0
    BITPOS list 1
    BITOP AND dest bits nosuch
    BITOP OR dest nosuch nosuch
    BITOP OR text nosuch
    BITOP NOT bits bits
    BITOP AND list bits text
    BITOP AND new bits list
    BITOP XOR text bits
    BITFIELD new
    BITFIELD new GET u8 0
    BITFIELD bits GET u8 0
    BITFIELD new SET u8 0 0
    BITFIELD new SET u8 0 1
    BITFIELD bits SET u8 0 255
    BITFIELD bits SET u8 0 1 SET u8 0 2
    BITFIELD bits SET u8 100 0
    BITFIELD list SET u8 0 0
    BITFIELD new OVERFLOW FAIL SET u8 0 300
    BITFIELD bits OVERFLOW FAIL INCRBY u8 0 300
    BITFIELD bits OVERFLOW FAIL INCRBY u8 80 300
    BITFIELD bits INCRBY u8 0 0
    BITFIELD_RO nosuch GET u8 0
    BITFIELD_RO bits GET u8 0
    BITFIELD nosuch GET u8 0
    PFADD new a
    PFADD new
    PFADD hll a
    PFADD hll
    PFADD text a
    PFADD list a
    PFCOUNT nosuch
    PFCOUNT nosuch nosuch hll
    PFCOUNT hll | PFCOUNT hll
    PFCOUNT text
    PFMERGE new hll
    PFMERGE new
    PFMERGE hll
    PFMERGE hll nosuch hll
    PFMERGE text hll
    PFMERGE hll text
    PFMERGE new nosuch
    PFMERGE list hll
  `,
  lists: `
    LPUSH text x
    LPUSHX nosuch x
    RPUSHX nosuch x
    LPUSHX text x
    RPUSHX list x y
    LPOP nosuch
    RPOP nosuch
    LPOP nosuch 1
    LPOP list 0
    LPOP list 5
    RPOP list 9
    LPOP text
    LPOP list 99
    RPUSH new a | LPOP new
    RPUSH new a | RPOP new 1
    LLEN nosuch
    LLEN text
    LINDEX nosuch 0
    LINDEX list 99
    LRANGE nosuch 0 -1
    LRANGE list 9 10
    LPOS nosuch a
    LPOS list zzz
    LSET list 0 x
    LSET list 99 x
    LSET nosuch 0 x
    LINSERT nosuch BEFORE a b
    LINSERT list BEFORE zzz x
    LINSERT list AFTER 2 x
    LREM list 0 zzz
    LREM nosuch 0 x
    RPUSH new a a | LREM new 0 a
    LREM list 0 a
    LTRIM list 0 -1
    LTRIM list 5 1
    LTRIM nosuch 0 1
    LTRIM list 99 100
    LMOVE nosuch list LEFT LEFT
    LMOVE list text LEFT LEFT
    LMOVE text list LEFT LEFT
    LMOVE list list LEFT RIGHT
    RPUSH new a | LMOVE new new LEFT LEFT
    RPUSH new a | LMOVE new list LEFT RIGHT
    RPUSH new a | LMOVE new newer RIGHT RIGHT
    RPOPLPUSH nosuch list
    RPOPLPUSH list list
    RPUSH new a | RPOPLPUSH new newer
    RPUSH new a | RPOPLPUSH new new
    RPOPLPUSH list text
    LMPOP 2 nosuch nosuch LEFT
    LMPOP 2 nosuch list RIGHT COUNT 99
    LMPOP 2 text list LEFT
    LMPOP 1 list LEFT
    BLMPOP 0.01 1 nosuch LEFT
    BLMPOP 0 2 nosuch list LEFT COUNT 99
    BLPOP nosuch 0.01
    BLPOP list text 0
    BLPOP text 0
    RPUSH new a | BLPOP nosuch new 0
    RPUSH new a | BRPOP new 0
    BLMOVE nosuch list LEFT LEFT 0.01
    BRPOPLPUSH nosuch list 0.01
    RPUSH new a | BLMOVE new newer LEFT LEFT 0
    RPUSH new a | BRPOPLPUSH new list 0
    BLMOVE list text LEFT LEFT 0
  `,
  sets: `
    SADD words a
    SADD text a
    SADD words a z
    SREM words zzz
    SREM nosuch a
    SREM words a b c
    SCARD nosuch
    SISMEMBER nosuch a
    SMISMEMBER nosuch a b
    SMEMBERS nosuch
    SSCAN nosuch 0
    SRANDMEMBER nosuch
    SRANDMEMBER nosuch 2
    SPOP nosuch
    SPOP nosuch 2
    SPOP words 0
    SPOP words 99
    SPOP set
    SPOP ints 3
    SPOP words 2
    SPOP text
    SMOVE words set a
    SMOVE words text a
    SMOVE words nosuch zzz
    SMOVE nosuch words a
    SMOVE words words a
    SMOVE words words zzz
    SMOVE set words a
    SMOVE set words zzz
    SMOVE nosuch text a
    SMOVE words new a
    SMOVE set new a
    SINTER words nosuch
    SINTER nosuch text
    SINTER words text
    SUNION nosuch words
    SDIFF nosuch words
    SDIFF words nosuch
    SINTERCARD 2 words nosuch
    SINTERCARD 2 nosuch words LIMIT 1
    SINTERSTORE words words set
    SINTERSTORE new words nosuch
    SINTERSTORE text words nosuch
    SINTERSTORE text words set
    SINTERSTORE new words text
    SUNIONSTORE text words set
    SUNIONSTORE new nosuch
    SUNIONSTORE text nosuch nosuch
    SUNIONSTORE list ints
    SDIFFSTORE words words words
    SDIFFSTORE new nosuch words
    SDIFFSTORE new words nosuch
    SDIFFSTORE text words words
  `,
  hashes: `
    HSET hash a 1
    HSET hash a 5 z 6
    HSET text a 1
    HSETNX hash a 1
    HSETNX new a 1
    HMSET new a 1
    HGET nosuch a
    HGET hash zzz
    HMGET nosuch a b
    HGETALL nosuch
    HKEYS nosuch
    HVALS nosuch
    HLEN nosuch
    HSTRLEN nosuch a
    HEXISTS nosuch a
    HSCAN nosuch 0
    HRANDFIELD nosuch
    HRANDFIELD nosuch 2
    HDEL hash zzz
    HDEL nosuch a
    HDEL hash a b c max
    HDEL text a
    HINCRBY hash b 1
    HINCRBY new a 0
    HINCRBY hash a 1 | HINCRBY hash max 1
    HINCRBYFLOAT new a 1.5
    HINCRBYFLOAT hash b 1
    HINCRBYFLOAT hash a 1
    HINCRBY text a 1
    HINCRBY new a x
    HINCRBYFLOAT text a 1
  `,
  "sorted sets": `
    ZADD zset 1 a
    ZADD zset 5 a
    ZADD zset XX 5 zzz
    ZADD new XX 1 a
    ZADD zset NX 5 a
    ZADD text 1 a
    ZADD zset INCR 1 a
    ZADD zset INCR 0 a
    ZADD zset GT INCR -1 b
    ZADD new INCR 1 a
    ZADD zset CH 5 a 6 z
    ZADD zset 5 a 5 z 7 y
    ZADD zset GT 0 b
    ZINCRBY zset 0 a
    ZINCRBY new 1 a
    ZINCRBY text 1 a
    ZREM zset zzz
    ZREM nosuch a
    ZREM zset a b c far
    ZCARD nosuch
    ZSCORE nosuch a
    ZMSCORE nosuch a
    ZRANK nosuch a
    ZREVRANK nosuch a
    ZCOUNT nosuch 0 1
    ZLEXCOUNT nosuch - +
    ZRANGE nosuch 0 1
    ZREVRANGE nosuch 0 1
    ZRANGEBYSCORE nosuch 0 1
    ZREVRANGEBYSCORE nosuch 1 0
    ZRANGEBYLEX nosuch - +
    ZREVRANGEBYLEX nosuch + -
    ZSCAN nosuch 0
    ZRANDMEMBER nosuch
    ZRANDMEMBER nosuch 2
    ZREMRANGEBYRANK nosuch 0 1
    ZREMRANGEBYRANK zset 5 6
    ZREMRANGEBYRANK zset 0 -1
    ZREMRANGEBYRANK text 0 1
    ZREMRANGEBYSCORE zset 1 1
    ZREMRANGEBYSCORE zset -inf inf
    ZREMRANGEBYSCORE zset 50 60
    ZREMRANGEBYLEX lex - +
    ZREMRANGEBYLEX lex [x [y
    ZREMRANGEBYLEX nosuch - +
    ZREMRANGEBYSCORE nosuch 1 1
    ZPOPMIN nosuch
    ZPOPMAX nosuch 2
    ZPOPMIN zset 0
    ZPOPMIN zset 99
    ZPOPMAX zset 99
    ZPOPMIN text
    ZMPOP 2 nosuch nosuch MIN
    ZMPOP 2 nosuch zset MAX COUNT 99
    ZMPOP 2 text zset MIN
    ZMPOP 1 zset MIN
    BZPOPMIN nosuch 0.01
    BZPOPMAX nosuch zset 0
    BZMPOP 0.01 1 nosuch MIN
    BZMPOP 0 2 nosuch zset MIN COUNT 99
    ZADD new 1 a | BZPOPMIN new 0
    ZADD new 1 a | BZMPOP 0 1 new MAX
    ZADD new 1 a | ZPOPMAX new
    ZUNION 2 zset nosuch
    ZINTER 2 zset nosuch
    ZDIFF 2 nosuch zset
    ZINTERCARD 2 zset nosuch
    ZINTERCARD 2 nosuch nosuch
    ZUNION 2 zset text
    ZDIFF 1 nosuch
    ZUNION 2 nosuch nosuch
    ZUNIONSTORE new 2 zset nosuch
    ZUNIONSTORE new 1 nosuch
    ZUNIONSTORE text 1 nosuch
    ZUNIONSTORE text 1 zset
    ZUNIONSTORE zset 1 zset
    ZINTERSTORE zset 2 zset nosuch
    ZINTERSTORE new 2 zset words
    ZDIFFSTORE new 2 zset nosuch
    ZDIFFSTORE text 2 zset zset
    ZUNIONSTORE new 2 zset text
    ZDIFFSTORE zset 2 lex zset
    ZINTERSTORE list 1 lex
    ZRANGESTORE new zset 0 -1
    ZRANGESTORE new zset 9 10
    ZRANGESTORE text zset 9 10
    ZRANGESTORE text zset 0 1
    ZRANGESTORE zset zset 0 0
    ZRANGESTORE new nosuch 0 1
    ZRANGESTORE text nosuch 0 1
    ZRANGESTORE new text 0 1
    ZRANGESTORE text zset 5 1 BYSCORE
    ZRANGESTORE text lex [x [y BYLEX
    ZRANGESTORE list zset 1 0
  `,
  places: `
    GEOADD geo 13.361389 38.115556 Palermo
    GEOADD geo XX 1 1 zzz
    GEOADD new XX 1 1 a
    GEOADD text 1 1 a
    GEOADD geo NX CH 1 1 zzz
    GEOPOS nosuch a
    GEOHASH nosuch a
    GEODIST nosuch a b
    GEODIST geo a b
    GEOSEARCH nosuch FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCH nosuch FROMMEMBER a BYRADIUS 1 km
    GEOSEARCHSTORE new nosuch FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCHSTORE text nosuch FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCHSTORE new geo FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCHSTORE text geo FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCHSTORE text geo FROMLONLAT 15 37 BYRADIUS 200 km
    GEOSEARCHSTORE geo geo FROMLONLAT 15 37 BYRADIUS 200 km
    GEOSEARCHSTORE new text FROMLONLAT 15 37 BYRADIUS 200 km
    GEORADIUS nosuch 1 1 1 km
    GEORADIUS text 1 1 1 km
    GEORADIUS nosuch 1 1 1 km STORE text
    GEORADIUS geo 1 1 1 km STORE text
    GEORADIUS geo 15 37 200 km STORE text
    GEORADIUSBYMEMBER geo Palermo 200 km STORE new
    GEORADIUSBYMEMBER geo zzz 200 km STORE text
    GEORADIUSBYMEMBER nosuch zzz 200 km STORE text
    GEORADIUS nosuch 1 1 1 km STORE new
  `,
  streams: `
    XADD stream NOMKSTREAM 9-0 a 1
    XADD new NOMKSTREAM 9-0 a 1
    XADD stream MAXLEN 1 9-0 a 1
    XADD text 9-0 a 1
    XADD stream MAXLEN 99 9-0 a 1
    XADD stream MAXLEN 0 9-0 a 1
    XADD new MAXLEN 0 9-0 a 1
    XADD stream MINID 99 9-0 a 1
    XADD stream MAXLEN ~ 1 9-0 a 1
    XADD new 0-0 a 1
    XADD stream 1-1 a 1
    XLEN nosuch
    XRANGE nosuch - +
    XREVRANGE nosuch + -
    XDEL stream 9-9
    XDEL nosuch 1-1
    XDEL stream 1-1 2-0 3-0
    XTRIM stream MAXLEN 0
    XTRIM stream MAXLEN 99
    XTRIM nosuch MAXLEN 0
    XTRIM stream MINID 99
    XSETID stream 9-0
    XSETID nosuch 9-0
    XREAD STREAMS nosuch 0
    XREAD STREAMS stream nosuch 0 0
    XREAD STREAMS stream $
    XREAD BLOCK 10 STREAMS nosuch 0
    XREAD BLOCK 10 STREAMS stream $
    XREADGROUP GROUP g new STREAMS stream >
    XREADGROUP GROUP g new STREAMS stream 0
    XREADGROUP GROUP g ann STREAMS stream >
    XREADGROUP GROUP nosuch new STREAMS stream >
    XREADGROUP GROUP g ann STREAMS nosuch >
    XREADGROUP GROUP g new BLOCK 10 STREAMS stream >
    XDEL stream 3-0 | XREADGROUP GROUP g new STREAMS stream >
    XREADGROUP GROUP g new NOACK STREAMS stream >
    XACK stream g 1-1
    XACK nosuch g 1-1
    XACK stream nosuch 1-1
    XPENDING nosuch g
    XPENDING stream nosuch
    XPENDING stream g
    XPENDING stream g - + 1 nosuch
    XCLAIM stream g new 0 1-1
    XCLAIM stream g new 0 9-9
    XCLAIM stream g ann 0 1-1
    XCLAIM stream g new 99999999 1-1
    XCLAIM nosuch g new 0 1-1
    XCLAIM stream nosuch new 0 1-1
    XCLAIM stream g new 0 3-0 FORCE
    XCLAIM stream g new 0 1-2
    XAUTOCLAIM stream g new 0 0
    XAUTOCLAIM stream g new 99999999 0
    XAUTOCLAIM nosuch g new 0 0
    XAUTOCLAIM stream g ann 0 9-9
    XGROUP CREATE stream h 0
    XGROUP CREATE stream g 0
    XGROUP CREATE new h 0 MKSTREAM
    XGROUP CREATE text h 0 MKSTREAM
    XGROUP DESTROY stream nosuch
    XGROUP DESTROY nosuch g
    XGROUP CREATECONSUMER stream g ann
    XGROUP CREATECONSUMER nosuch g a
    XGROUP DELCONSUMER stream g nosuch
    XGROUP DELCONSUMER stream nosuch ann
    XGROUP SETID stream nosuch 0
    XGROUP SETID nosuch g 0
    XINFO STREAM nosuch
    XINFO GROUPS nosuch
    XINFO CONSUMERS nosuch g
    XINFO CONSUMERS stream nosuch
  `,
  transactions: `
    MULTI | SET text x | GET nosuch | RPUSH new a | LPOP new | EXEC
    MULTI | SET text x | DISCARD
    WATCH text | SET text y | MULTI | SET text x | EXEC
    MULTI | INCR text | SET new x EX 5 | EXEC
    MULTI | NOSUCH | SET text x | EXEC
    MULTI | BLPOP nosuch 0 | SET new x | BLPOP list 0 | EXEC
  `,
  "keys whose time has come": `
    SET old x PX 1 | WAIT-MS 9 | GET old
    SET old x PX 1 | WAIT-MS 9 | SET old y
    SET old x PX 1 | WAIT-MS 9 | DEL old
    SET old x PX 1 | WAIT-MS 9 | EXISTS old
    SET old x PX 1 | WAIT-MS 9 | RENAME old new
    SET old x PX 1 | WAIT-MS 9 | RENAME text old
    SET old x PX 1 | WAIT-MS 9 | TTL old
    SET old x PX 1 | WAIT-MS 9 | COPY old new
    SET old x PX 1 | WAIT-MS 9 | COPY text old
    SET old x PX 1 | WAIT-MS 9 | INCR old
    SET old x PX 1 | WAIT-MS 9 | APPEND old y
    SET old x PX 1 | WAIT-MS 9 | SETNX old y
    RPUSH old x | PEXPIRE old 1 | WAIT-MS 9 | LPUSH old y
    RPUSH old x | PEXPIRE old 1 | WAIT-MS 9 | LPUSHX old y
    RPUSH old x | PEXPIRE old 1 | WAIT-MS 9 | LMOVE old list LEFT LEFT
    RPUSH old x | PEXPIRE old 1 | WAIT-MS 9 | SET old x
    RPUSH old x | PEXPIRE old 1 | WAIT-MS 9 | LMOVE list old LEFT LEFT
    RPUSH old x | PEXPIRE old 1 | WAIT-MS 9 | TYPE old
    SET old x PX 1 | WAIT-MS 9 | KEYS *
    SET old x PX 1 | WAIT-MS 9 | SUNIONSTORE old words
    SET old x PX 1 | WAIT-MS 9 | SUNIONSTORE old nosuch
    SADD old x | PEXPIRE old 1 | WAIT-MS 9 | SUNIONSTORE new old words
    SADD old x | PEXPIRE old 1 | WAIT-MS 9 | SMOVE words old a
    SADD old x | PEXPIRE old 1 | WAIT-MS 9 | SMOVE old words x
    ZADD old 1 x | PEXPIRE old 1 | WAIT-MS 9 | ZUNIONSTORE old 2 old zset
    SET old x PX 1 | WAIT-MS 9 | MOVE old 1
    SET old x PX 99 | MOVE old 1 | SET old y | WAIT-MS 110 | MOVE old 1
    SET old x PX 1 | WAIT-MS 9 | SORT nosuch STORE old
    SET old x PX 1 | WAIT-MS 9 | BITOP OR old nosuch
    SET old x PX 1 | WAIT-MS 9 | BITOP OR old bits
    SET old x PX 1 | WAIT-MS 9 | OBJECT ENCODING old
    SET old x PX 1 | WAIT-MS 9 | MGET old old
    SET old x PX 1 | WAIT-MS 9 | EXPIRE old 100
    SET old x PX 1 | WAIT-MS 9 | PERSIST old
    SET old x PX 1 | WAIT-MS 9 | MULTI | GET old | SET old y | EXEC
    SET old x PX 1 | WAIT-MS 9 | GETEX old EX 100
    SET old x PX 1 | WAIT-MS 9 | GETDEL old
    SET old x PX 1 | WAIT-MS 9 | SORT ints STORE old
    SET old x PX 1 | WAIT-MS 9 | PFADD old a
    SET old x PX 1 | WAIT-MS 9 | PFMERGE old hll
    SET old x PX 1 | WAIT-MS 9 | ZRANGESTORE old zset 0 1
    SET old x PX 1 | WAIT-MS 9 | ZRANGESTORE old nosuch 0 1
    SET old x PX 1 | WAIT-MS 9 | GEOSEARCHSTORE old nosuch FROMLONLAT 1 1 BYRADIUS 1 km
    SET old x PX 1 | WAIT-MS 9 | SET old y GET
    SET old x PX 1 | WAIT-MS 9 | SET old y XX
    SET old x PX 1 | WAIT-MS 9 | GETSET old y
    SET old x PX 1 | WAIT-MS 9 | MSETNX new x old y
    SET old x PX 1 | WAIT-MS 9 | XADD old 1-1 a 1
    SET old x PX 1 | WAIT-MS 9 | XREAD STREAMS old 0
    SET old x PX 1 | WAIT-MS 9 | TOUCH old
    SET old x PX 1 | WAIT-MS 9 | WATCH old
    SET old x PX 1 | WAIT-MS 9 | UNLINK old
    SET old x PX 1 | WAIT-MS 9 | SCAN 0 COUNT 100
    SET old x PX 1 | WAIT-MS 9 | DUMP old
    SET old x PX 1 | WAIT-MS 9 | DBSIZE
  `,
};

export const MORE_EVENTS: readonly string[] = Object.values(MORE).flatMap(linesOf);

/**
 * Lines whose first commands, but for XGROUP, have to wait, each of a client of its own, until the
 * last comes; after MULTI those of a transaction, with ; between them.
 */
export const WAITING_EVENTS: readonly string[] = linesOf(`
  BLPOP new 0 | LPUSH new a
  BRPOP new 0 | RPUSH new a b
  BLPOP new other 0 | LPUSH other a
  BLPOP new 0 | BLPOP new 0 | RPUSH new a b c
  BLPOP new 0 | BLPOP new 0 | RPUSH new a b
  BLMOVE new other LEFT RIGHT 0 | RPUSH new a
  BLMOVE new list LEFT LEFT 0 | RPUSH new a b
  BLMOVE new new LEFT RIGHT 0 | RPUSH new a
  BLMOVE new text LEFT LEFT 0 | RPUSH new a
  BRPOPLPUSH new other 0 | BLPOP other 0 | RPUSH new a
  BLPOP new 0 | MULTI LPUSH new a ; SET x y
  BLPOP new 0 | MULTI LPUSH new a ; DEL new ; LPUSH new b
  BLPOP new 0 | MULTI LPUSH new a ; LPOP new
  BLMPOP 0 2 new other RIGHT COUNT 5 | RPUSH other a b c
  BLMPOP 0 1 new LEFT COUNT 2 | RPUSH new a b c
  BLPOP new 0 | RENAME list new
  BLPOP new 0 | COPY list new
  BLPOP new 0 | SORT ints STORE new
  BLPOP new 0 | LMOVE list new LEFT LEFT
  BLPOP new 0 | RPOPLPUSH list new
  BLPOP new 0 | BLMOVE list new LEFT LEFT 0
  BZPOPMIN new 0 | ZADD new 1 a
  BZPOPMAX new 0 | ZADD new 1 a 2 b
  BZMPOP 0 1 new MIN COUNT 5 | ZADD new 1 a 2 b
  BZPOPMIN new 0 | BZPOPMAX new 0 | ZADD new 1 a 2 b 3 c
  BZPOPMIN new 0 | GEOADD new 1 1 a
  BZPOPMIN new 0 | ZINCRBY new 1 a
  BZPOPMIN new 0 | ZUNIONSTORE new 1 zset
  BZPOPMIN new 0 | ZRANGESTORE new zset 0 0
  BZPOPMIN new 0 | RENAME zset new
  BZPOPMIN new 0 | GEOSEARCHSTORE new geo FROMLONLAT 15 37 BYRADIUS 200 km
  BLPOP new 0 | BZPOPMIN new 0 | MULTI ZADD new 1 a ; DEL new ; LPUSH new a
  XREAD BLOCK 0 STREAMS stream $ | XADD stream 9-0 a 1
  XREAD BLOCK 0 STREAMS new 0 | XADD new 9-0 a 1
  XREAD BLOCK 0 STREAMS new nosuch 0 0 | XADD new 9-0 a 1
  XGROUP CREATE stream h $ | XREADGROUP GROUP h n BLOCK 0 STREAMS stream > | XADD stream 9-0 a 1
  XGROUP CREATE stream h $ | XREADGROUP GROUP h n BLOCK 0 STREAMS stream > | DEL stream
  XGROUP CREATE stream h $ | XREADGROUP GROUP h n BLOCK 0 STREAMS stream > | XGROUP DESTROY stream h
  XGROUP CREATE stream h $ | XREADGROUP GROUP h n BLOCK 0 STREAMS stream > | XTRIM stream MAXLEN 0
  XGROUP CREATE stream h $ | XREADGROUP GROUP h n BLOCK 0 STREAMS stream > | SET stream x
`);
