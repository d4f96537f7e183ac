/**
 * Purpose: the lines of unsynced_test.ts, besides those of bad_input_rows.ts: for each command on
 * keys one that looks at them, for each other one that shows something of all keys, or nothing of
 * any.
 */

/** Lines about the keys of SETUP, by command. */
export const KEY_LINES: Readonly<Record<string, readonly string[]>> = {
  append: ["APPEND text x"],
  copy: ["COPY text new", "COPY text list REPLACE", "COPY text bits"],
  decr: ["DECR weight_1"],
  decrby: ["DECRBY weight_1 2"],
  del: ["DEL nosuch text"],
  delex: ["DELEX text IFEQ hello", "DELEX text IFEQ other"],
  digest: ["DIGEST text"],
  dump: ["DUMP text"],
  exists: ["EXISTS text nosuch"],
  expire: ["EXPIRE text 1000", "EXPIRE text 1000 XX"],
  expireat: ["EXPIREAT text 20000000000"],
  expiretime: ["EXPIRETIME text"],
  get: ["GET text"],
  getdel: ["GETDEL text"],
  getex: ["GETEX text", "GETEX text EX 1000"],
  getrange: ["GETRANGE text 0 1"],
  getset: ["GETSET text x"],
  incr: ["INCR weight_1"],
  incrby: ["INCRBY weight_1 2"],
  incrbyfloat: ["INCRBYFLOAT weight_1 0.5"],
  lcs: ["LCS text bits"],
  mget: ["MGET text nosuch"],
  move: ["MOVE text 1"],
  mset: ["MSET text x new y"],
  msetex: ["MSETEX 2 text x new y", "MSETEX 1 text x NX"],
  msetnx: ["MSETNX new x text y"],
  "object|encoding": ["OBJECT ENCODING text"],
  "object|freq": ["OBJECT FREQ text"],
  "object|idletime": ["OBJECT IDLETIME text"],
  "object|refcount": ["OBJECT REFCOUNT text"],
  "memory|usage": ["MEMORY USAGE text"],
  persist: ["PERSIST text"],
  pexpire: ["PEXPIRE text 1000000"],
  pexpireat: ["PEXPIREAT text 20000000000000"],
  pexpiretime: ["PEXPIRETIME text"],
  psetex: ["PSETEX text 1000000 x"],
  pttl: ["PTTL text"],
  rename: ["RENAME text list", "RENAME text new"],
  renamenx: ["RENAMENX text list", "RENAMENX text new"],
  restore: ['RESTORE text 0 "\\x00\\x01x\\x09\\x00"'],
  "restore-asking": ['RESTORE-ASKING text 0 "\\x00\\x01x\\x09\\x00"'],
  set: ["SET text x", "SET text x NX", "SET new x XX", "SET text x GET", "SET new x NX"],
  setex: ["SETEX text 1000 x"],
  setnx: ["SETNX text x"],
  setrange: ["SETRANGE text 1 x"],
  strlen: ["STRLEN text"],
  substr: ["SUBSTR text 0 1"],
  touch: ["TOUCH text nosuch"],
  ttl: ["TTL text"],
  type: ["TYPE text"],
  unlink: ["UNLINK nosuch text"],
  watch: ["WATCH text nosuch"],
};

/** Lines whose keys COMMAND GETKEYS does not know, each with the key that it looks at. */
export const UNTOLD_LINES: readonly (readonly [line: string, key: string])[] = [
  ['EVAL \'return redis.call("GET", "text")\' 0', "text"],
  ['EVAL \'redis.call("EXISTS", "nosuch"); return 1\' 0', "nosuch"],
  ["EVAL_RO 'return redis.call(\"GET\", KEYS[1])' 1 text", "text"],
  ["DEBUG OBJECT text", "text"],
  ["DEBUG OBJECT nosuch", "nosuch"],
  ["DEBUG DIGEST-VALUE text", "text"],
  ["DEBUG LISTPACK hash", "hash"],
  ["DEBUG HTSTATS-KEY zset", "zset"],
  ["SORT ints BY weight_*", "weight_1"],
  ["SORT ints GET weight_*", "weight_2"],
  ["SORT ints BY other_*", "other_3"],
  ["SORT_RO ints BY hash_*->a GET hash_*->x", "hash_1"],
  ["MIGRATE 127.0.0.1 1 nosuch 0 1000", "nosuch"],
  ["GEORADIUS geo 15 37 200 km STORE dest", "geo"],
];

/** Lines that show something of all keys of database 0. */
export const ALL_LINES: Readonly<Record<string, readonly string[]>> = {
  dbsize: ["DBSIZE"],
  debug: ["DEBUG DIGEST", "DEBUG HTSTATS 0"],
  flushall: ["FLUSHALL"],
  flushdb: ["FLUSHDB"],
  info: ["INFO", "INFO keyspace"],
  keys: ["KEYS *", "KEYS nosuch"],
  "memory|stats": ["MEMORY STATS"],
  randomkey: ["RANDOMKEY"],
  scan: ["SCAN 0", "SCAN 0 MATCH nosuch"],
  swapdb: ["SWAPDB 0 1"],
};

/** Lines that fail before any key is looked at. */
export const FAILS_EARLY = /^COPY (\S+) \1\b/;

/** Lines that show no key. */
export const FREE_LINES: Readonly<Record<string, readonly string[]>> = {
  asking: ["ASKING"],
  auth: ["AUTH password"],
  client: ["CLIENT ID"],
  "client|getname": ["CLIENT GETNAME"],
  "client|info": ["CLIENT INFO"],
  "client|list": ["CLIENT LIST"],
  "client|setname": ["CLIENT SETNAME ann"],
  "command|count": ["COMMAND COUNT"],
  "config|get": ["CONFIG GET maxmemory"],
  "config|resetstat": ["CONFIG RESETSTAT"],
  discard: ["DISCARD"],
  echo: ["ECHO text"],
  eval: ["EVAL 'return 1' 1 text", "EVAL 'return redis.call(\"PING\")' 0"],
  evalsha: ["EVALSHA nosuch 0"],
  eval_ro: ["EVAL_RO 'return 1' 1 text"],
  evalsha_ro: ["EVALSHA_RO nosuch 0"],
  exec: ["EXEC"],
  fcall: ["FCALL nosuch 0"],
  fcall_ro: ["FCALL_RO nosuch 0"],
  "function|dump": ["FUNCTION DUMP"],
  "function|list": ["FUNCTION LIST", "FUNCTION LIST WITHCODE"],
  "function|stats": ["FUNCTION STATS"],
  hello: ["HELLO 3"],
  info: ["INFO persistence", "INFO memory", "INFO clients"],
  lastsave: ["LASTSAVE"],
  "latency|latest": ["LATENCY LATEST"],
  lolwut: ["LOLWUT"],
  "memory|malloc-stats": ["MEMORY MALLOC-STATS"],
  "memory|purge": ["MEMORY PURGE"],
  multi: ["MULTI"],
  ping: ["PING"],
  psubscribe: ["PSUBSCRIBE a*"],
  publish: ["PUBLISH a b"],
  spublish: ["SPUBLISH a b"],
  ssubscribe: ["SSUBSCRIBE a"],
  subscribe: ["SUBSCRIBE a"],
  "pubsub|channels": ["PUBSUB CHANNELS"],
  "pubsub|numpat": ["PUBSUB NUMPAT"],
  "pubsub|numsub": ["PUBSUB NUMSUB a"],
  "pubsub|shardchannels": ["PUBSUB SHARDCHANNELS"],
  "pubsub|shardnumsub": ["PUBSUB SHARDNUMSUB a"],
  "pubsub|help": ["PUBSUB HELP"],
  punsubscribe: ["PUNSUBSCRIBE"],
  readonly: ["READONLY"],
  readwrite: ["READWRITE"],
  replicaof: ["REPLICAOF NO ONE"],
  reset: ["RESET"],
  role: ["ROLE"],
  "script|exists": ["SCRIPT EXISTS nosuch"],
  "script|flush": ["SCRIPT FLUSH"],
  "script|load": ["SCRIPT LOAD 'return 1'"],
  "script|show": ["SCRIPT SHOW nosuch"],
  select: ["SELECT 1"],
  slaveof: ["SLAVEOF NO ONE"],
  "slowlog|get": ["SLOWLOG GET"],
  sunsubscribe: ["SUNSUBSCRIBE"],
  time: ["TIME"],
  unsubscribe: ["UNSUBSCRIBE"],
  unwatch: ["UNWATCH"],
  wait: ["WAIT 0 0"],
};

/**
 * Commands that manage the server or the connection, and are not sent: they show no key, or answer
 * nothing, or end what the test needs.
 */
export const UNSENT = new Set(
  (
    "acl acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|load " +
    "acl|log acl|save acl|setuser acl|users acl|whoami client|caching client|getredir " +
    "client|help client|id client|kill client|no-evict client|no-touch client|pause " +
    "client|reply client|setinfo client|tracking client|trackinginfo client|unblock " +
    "client|unpause cluster command command|docs command|getkeys command|getkeysandflags " +
    "command|help command|info command|list config config|help config|rewrite config|set " +
    "function function|delete function|flush function|help function|kill function|load " +
    "function|restore latency latency|doctor latency|graph latency|help latency|histogram " +
    "latency|history latency|reset memory memory|doctor memory|help module monitor object " +
    "object|help pfselftest pubsub quit save bgsave bgrewriteaof script script|debug script|help " +
    "script|kill shutdown slowlog slowlog|help slowlog|len slowlog|reset waitaof xgroup " +
    "xgroup|help xinfo xinfo|help"
  ).split(" "),
);

/** Containers of commands that do nothing yet but say so. */
export const OFF = new Set(["cluster", "module"]);

/**
 * Lines that stop at the first key that decides, whose reply therefore shows nothing of those
 * after it.
 */
export const STOPS_EARLY =
  /^(LMPOP|ZMPOP|BLMPOP|BZMPOP|BLPOP|BRPOP|BZPOPMIN|BZPOPMAX|MSETNX|MSETEX) /;
