/** What the rehearsal plays: commands of every kind, on small values and on large ones. */

/** Stands for a number in a command: as many digits, others each time. */
export const NUMBER = "######";

export interface Scene {
  /** Commands that make what the calls need. */
  readonly made: readonly string[];
  readonly calls: readonly string[];
}

/** Elements of what is small, of what is compared, and of what is large. */
const FEW = 20;
const MANY = 300;

const listed = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => item(index)).join(" ");
const fields = (count: number) => listed(count, (i) => `field:${i} value-of-sixteen`);
const members = (count: number, from = 0) => listed(count, (i) => `member:${from + i}`);
const elements = (count: number) => listed(count, (i) => `element-that-is-a-bit-longer:${i}`);
const scored = (count: number) => listed(count, (i) => `${i * 3} member:${i}`);

/** Scripts, one that is undone; without blanks. */
const SCRIPT = "if(redis.call('INCR',KEYS[1])===1){redis.call('PEXPIRE',KEYS[1],ARGV[1])}return\t1";
const UNDONE =
  "#!js\tflags=atomic\nfor(let\ti=0;i<8;i++){redis.call('SET',KEYS[1]+i,i)}throw\t'undone'";

const STRINGS: Scene[] = [
  {
    made: [`SET long:1 ${"a-longer-value".repeat(20)}`],
    calls: [
      "SET key:###### value-of-sixteen",
      "GET key:######",
      "SET key:1 a-longer-value-of-forty-bytes-or-so-####",
      "GET key:1",
      "GET long:1",
      "INCR counter:######",
      "INCR counter",
      "DEL key:1",
      "PING",
    ],
  },
  {
    made: ["SET number 1.5"],
    calls: [
      "MSET a:###### 1 b:###### 2 c:###### 3 a 1 b 2",
      "MGET a b c d a b c d a b",
      "SET key value EX 1000",
      "SET key value NX",
      "SETEX key:###### 1000 value",
      "GETEX key EX 100",
      "GETSET key value",
      "INCRBY counter 7",
      "INCRBYFLOAT number 1.5",
      "APPEND text value-of-sixteen",
      "STRLEN text",
      "GETRANGE text 2 9",
      "SETRANGE text 4 abcd",
      "SETNX new:###### value",
    ],
  },
  {
    made: [`MSET ${listed(FEW * 3, (i) => `key:${i}7 value`)}`, "SET a value"],
    calls: [
      "EXPIRE a 1000",
      "TTL a",
      "PERSIST a",
      "EXISTS a b",
      "TYPE a",
      "SCAN 0 MATCH key:*7 COUNT 10",
      "COPY a b REPLACE",
      "RENAME b c",
      "UNLINK c",
      "OBJECT ENCODING a",
      "DUMP a",
      "DBSIZE",
    ],
  },
];

const LISTS: Scene[] = [
  {
    made: [`RPUSH full ${elements(100)}`],
    calls: [
      "RPUSH list value-of-sixteen",
      "LPUSH list value-of-sixteen another",
      "LRANGE list 0 99",
      "LPOP list",
      "RPOP list",
      "LLEN list",
      "LRANGE full 0 99",
      "LINDEX full 50",
      "LSET full 50 element",
    ],
  },
  {
    made: [`RPUSH full ${elements(FEW * 3)}`, `RPUSH quick ${elements(MANY)}`],
    calls: [
      "LINSERT full BEFORE element-that-is-a-bit-longer:30 new",
      "LREM full 1 new",
      "LPOS full element-that-is-a-bit-longer:30",
      "LMOVE full full LEFT RIGHT",
      "RPUSH quick a",
      "LTRIM quick 1 -1",
      "LINDEX quick 150",
      "LRANGE quick 100 109",
      "BLPOP quick 0",
    ],
  },
];

const SETS: Scene[] = [
  {
    made: [`SADD few ${members(FEW)}`, `SADD integers ${listed(FEW, (i) => `${i * 37}`)}`],
    calls: [
      "SADD set member:###### b c",
      "SADD few new",
      "SREM few new",
      "SISMEMBER few member:11",
      "SMISMEMBER few member:1 member:5 nobody",
      "SCARD few",
      "SMEMBERS few",
      "SRANDMEMBER few",
      "SPOP set",
      "SADD integers 5",
      "SISMEMBER integers 74",
    ],
  },
  {
    made: [`SADD few ${members(FEW)}`, `SADD others ${members(FEW, 10)}`],
    calls: [
      "SINTER few others",
      "SUNION few others",
      "SDIFF few others",
      "SINTERCARD 2 few others",
      "SINTERSTORE to few others",
    ],
  },
  {
    made: [`SADD many ${members(MANY)}`],
    calls: [
      "SADD many member:######",
      "SISMEMBER many member:77",
      "SREM many member:99",
      "SSCAN many 0 COUNT 10",
      "SPOP many",
    ],
  },
];

const HASHES: Scene[] = [
  {
    made: [`HSET few ${fields(10)} count 1`],
    calls: [
      "HSET user:###### name somebody age 42",
      "HSET few field:3 value-of-sixteen",
      "HGET few field:5",
      `HMGET few ${listed(10, (i) => `field:${i}`)}`,
      "HGETALL few",
      "HEXISTS few field:12",
      "HDEL few field:7",
      "HINCRBY few count 3",
      "HLEN few",
      "HKEYS few",
    ],
  },
  {
    made: [`HSET many ${fields(MANY)}`],
    calls: [
      "HSET many field:###### value-of-sixteen",
      "HGET many field:100",
      "HMGET many field:1 field:2 field:3",
      "HDEL many field:200",
      "HINCRBYFLOAT many number 1.5",
      "HSCAN many 0 COUNT 10",
    ],
  },
];

const SORTED_SETS: Scene[] = [
  {
    made: [`ZADD few ${scored(10)}`],
    calls: [
      "ZADD few ###### member:4",
      "ZADD few 5 new",
      "ZREM few new",
      "ZSCORE few member:5",
      "ZRANK few member:5",
      "ZINCRBY few 1.5 member:6",
      "ZRANGE few 0 -1 WITHSCORES",
      "ZRANGEBYSCORE few 3 20",
      "ZCOUNT few 3 20",
      "ZCARD few",
      "ZPOPMIN few",
    ],
  },
  {
    made: [`ZADD many ${scored(MANY)}`],
    calls: [
      "ZADD many ###### member:######",
      "ZADD many ###### member:77",
      "ZSCORE many member:55",
      "ZRANK many member:55",
      "ZRANGE many 0 9 WITHSCORES",
      "ZREVRANGE many 0 9",
      "ZRANGEBYSCORE many 300 +inf LIMIT 0 10",
      "ZCOUNT many 100 800",
      "ZREM many member:99",
      "ZPOPMIN many",
    ],
  },
  {
    made: [`ZADD few ${scored(10)}`, `ZADD others ${scored(FEW)}`],
    calls: [
      "ZUNIONSTORE to 2 few others",
      "ZINTERSTORE to 2 few others",
      "ZUNION 2 few others WITHSCORES",
    ],
  },
  {
    made: [`GEOADD places ${listed(MANY, (i) => `${(i * 7) % 40} ${30 + (i % 25)} place:${i}`)}`],
    calls: [
      "GEOADD places 12.###### 44.5 place:######",
      "GEODIST places place:1 place:2 km",
      "GEOSEARCH places FROMLONLAT 20.5 40.5 BYRADIUS 600 km ASC COUNT 10 WITHDIST",
    ],
  },
];

const STREAMS: Scene[] = [
  {
    made: [],
    calls: [
      "XADD stream * field value-of-sixteen",
      "XADD trimmed MAXLEN ~ 10 * name somebody age 42",
      "XADD stream:###### 1700000000000-1 field value-of-sixteen",
      "XLEN stream",
      "XRANGE stream - + COUNT 10",
      "XREVRANGE stream + - COUNT 10",
      "XREAD COUNT 10 STREAMS stream 0",
    ],
  },
  {
    made: ["XGROUP CREATE stream group $ MKSTREAM"],
    calls: [
      "XADD stream MAXLEN ~ 1000 * a b",
      "XREADGROUP GROUP group me COUNT 10 STREAMS stream >",
      "XACK stream group 1-1",
      "XADD stream * a b",
      "XREADGROUP GROUP group me COUNT 10 NOACK STREAMS stream >",
      "XPENDING stream group",
    ],
  },
];

const OTHERS: Scene[] = [
  {
    made: [
      `RPUSH ids ${listed(10, (i) => `${(i * 7) % 10}`)}`,
      `MSET ${listed(10, (i) => `weight_${i} ${(i * 3) % 10} name_${i} somebody`)}`,
    ],
    calls: ["SORT ids BY weight_* GET # GET name_*", "SORT ids DESC LIMIT 0 5"],
  },
  {
    made: [],
    calls: [
      "SETBIT bits 1000 1",
      "GETBIT bits 1000",
      "BITCOUNT bits",
      "BITFIELD bits GET u8 100 SET i16 #3 77",
      "PFADD visitors ###### b c",
      "PFCOUNT visitors",
    ],
  },
  {
    made: [],
    calls: ["WATCH key", "MULTI", "SET key value", "INCR counter", "EXEC", "SELECT 0", "ECHO text"],
  },
  {
    made: [],
    calls: [`EVAL ${SCRIPT} 1 counter:###### 60000`, `EVAL ${UNDONE} 1 key:######`],
  },
];

export const SCENES: readonly Scene[] = [
  ...STRINGS,
  ...HASHES,
  ...LISTS,
  ...SETS,
  ...SORTED_SETS,
  ...STREAMS,
  ...OTHERS,
];
