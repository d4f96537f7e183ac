/**
 * Purpose: the one table of what the fuzzer does differently for some commands: those it does not
 * send (and why), those whose replies are not compared byte for byte (and how they are), and those
 * whose arguments their grammar does not describe well enough. A command that is not listed here
 * is generated from its grammar, and its replies must be equal in every byte.
 */

import {
  anyOrder,
  type Comparison,
  debugReply,
  hello,
  helpFrame,
  idleTime,
  noIdLeft,
  orOneLess,
  pairsInAnyOrder,
  pendingTimes,
  sameType,
  sample,
  scanStep,
  sortReply,
  streamTimes,
  withinElapsed,
} from "./compare.ts";
import type { Command } from "./grammar.ts";
import type { Random } from "./random.ts";
import { beforeXadd, streamWords } from "./stream_words.ts";
import { LCS_TEXTS, lcsWords, rangeByMode, sortWords } from "./words.ts";

/** How a command is treated. */
export interface Policy {
  /** Why it is never sent. */
  deny?: string;
  /** How replies are compared, and why not byte for byte. */
  compare?: Comparison;
  because?: string;
  /** Makes the words after the command's name, instead of its grammar. */
  words?: (random: Random, example: () => string[], command: Command) => string[];
  /** As `words`, but spoilt now and then like what a grammar gives. */
  filled?: (random: Random, command: Command) => string[];
  /** It has no more words than these with the name: Rusk takes options of later versions. */
  argcMost?: number;
  /** Words that it is sent without: later versions of Redis, and Rusk, take them. */
  laterWords?: RegExp;
  /** How often it is sent, compared with its group's other commands (1). */
  weight?: number;
  /**
   * Numbers above 70,000 at or after this word become too big to be accepted, since what lies
   * between would only cost memory.
   */
  sizesFrom?: number;
  /** Below -100, a number here means more elements than memory has room for. */
  samples?: boolean;
  /** It may wait for others, as long as they take; or does so when an option says it. */
  blocks?: boolean | "option";
  /** What is sent right before it, on the same connection; null when nothing has to be. */
  prepare?: (args: readonly string[]) => readonly string[] | null;
  /**
   * What is sent right after it, on the same connection, to bring both servers together again
   * when chance has parted them. Null when it has not.
   */
  settle?: (args: readonly string[]) => string[] | null;
}

const SERVER_STATE = "tells about the server, not about its data";
const CHANCE = "is left to chance";
const HASH_ORDER = "comes in the order of a seeded hash table";
const CLOCK = "depends on the clock";

const aboutServer: Policy = { compare: sameType, because: SERVER_STATE, weight: 0.3 };
const random: Policy = { compare: sameType, because: CHANCE };
const sampled: Policy = { compare: sample, because: CHANCE, samples: true };
/**
 * Redis fails to sort by numbers when C's errno happens to say that some number before was out of
 * range. What is sent before clears it, and is refused.
 */
const sorting: Policy = {
  compare: sortReply,
  because: HASH_ORDER,
  words: sortWords,
  prepare: () => ["ZINCRBY", "zset:1", "no number", "a"],
};
const blocking: Policy = { blocks: true, weight: 0.3 };
const helpText: Policy = {
  compare: helpFrame,
  because: "the help is in our own words",
  weight: 0.1,
};

/** The policy of a command; an empty one when nothing is special about it. */
export function policyOf(name: string): Policy {
  const own = POLICIES[name];
  if (own !== undefined) return own;
  if (name.endsWith("|help")) return helpText;
  const container = name.split("|")[0];
  return POLICIES[`${container}|*`] ?? {};
}

const list = (text: string): readonly string[] => text.split(" ");

/** Directives that may be set, each with values: all without effect on how a run goes on. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "hash-max-listpack-entries": list("0 1 4 128 512 -1 9223372036854775808 x"),
  "hash-max-listpack-value": list("0 8 64 1kb -1"),
  "set-max-intset-entries": list("0 4 512 1k 1kb -1"),
  "zset-max-listpack-entries": list("0 3 128 -1"),
  "zset-max-listpack-value": list("0 64 1kb 1K 1k 1mb 1x"),
  "list-max-listpack-size": list("-1 -2 -5 1 3 128 -6 0 x"),
  "list-compress-depth": list("0 1 2 -1"),
  "hll-sparse-max-bytes": list("0 100 3000 -1"),
  "stream-node-max-entries": list("0 1 3 100 -1 x"),
  // No number: Redis 7.0.15 loses entries when it is lowered under a stream (see nodeBytes).
  "stream-node-max-bytes": list("-1 x 1x"),
  "lfu-log-factor": list("0 10 255 -1 2147483648 1.5"),
  "lfu-decay-time": list("0 1 100 -1 x"),
  "maxmemory-samples": list("1 5 64 0 -1 x"),
  "maxmemory-policy": list("noeviction allkeys-lru volatile-ttl nosuch NOEVICTION"),
  "lazyfree-lazy-user-del": list("yes no YES maybe 1"),
  "lazyfree-lazy-expire": list("yes no YES maybe"),
  // None out of range: the error names the bounds, and ours ends at the longest string.
  "proto-max-bulk-len": list("1mb 1048576 2097152 512mb x 1tb1"),
  "slowlog-max-len": list("0 1 128 -1 x"),
  "stop-writes-on-bgsave-error": list("yes no y"),
  "active-defrag-ignore-bytes": list("1 100mb 0 x"),
  "tracking-table-max-keys": list("0 1000000 -1"),
  timeout: list("0 -1 x"),
  databases: list("16 32"),
  nosuch: list("1"),
};

/** What undoes a sequence's settings: the values that all of SETTINGS have at the start. */
export const INITIAL_SETTINGS = [
  ["hash-max-listpack-entries", "128"],
  ["hash-max-listpack-value", "64"],
  ["set-max-intset-entries", "512"],
  ["zset-max-listpack-entries", "128"],
  ["zset-max-listpack-value", "64"],
  ["list-max-listpack-size", "-2"],
  ["list-compress-depth", "0"],
  ["hll-sparse-max-bytes", "3000"],
  ["stream-node-max-entries", "100"],
  ["stream-node-max-bytes", "4096"],
  ["lfu-log-factor", "10"],
  ["lfu-decay-time", "1"],
  ["maxmemory-samples", "5"],
  ["maxmemory-policy", "noeviction"],
  ["lazyfree-lazy-user-del", "no"],
  ["lazyfree-lazy-expire", "no"],
  ["proto-max-bulk-len", "512mb"],
  ["slowlog-max-len", "128"],
  ["stop-writes-on-bgsave-error", "yes"],
  ["active-defrag-ignore-bytes", "100mb"],
  ["tracking-table-max-keys", "1000000"],
] as const;

/** Settings under which collections change their encoding early. */
export const LOW_THRESHOLDS = [
  ["hash-max-listpack-entries", list("0 2 5 20")],
  ["hash-max-listpack-value", list("1 4 16")],
  ["set-max-intset-entries", list("0 2 5 20")],
  ["zset-max-listpack-entries", list("0 2 5 20")],
  ["zset-max-listpack-value", list("1 4 16")],
  ["list-max-listpack-size", list("1 2 5 -1")],
  ["list-compress-depth", list("1 2")],
  ["hll-sparse-max-bytes", list("0 50 200")],
  ["stream-node-max-entries", list("1 2 3 5 10")],
] as const;

const SETTING_PATTERNS = list(
  "hash-max-* lfu-* lfu-????-* *lazyfree-lazy-user* maxmemory-[ps]* MAXMEMORY-policy nosuch* " +
    "hash-max-ziplist-entries slaveof appendonly databases timeout proto-max-bulk-len save",
);

function configSet(random: Random): string[] {
  const count = random.weighted([
    [8, 1],
    [3, 2],
    [1, 0],
  ]);
  const words: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = random.pick(Object.keys(SETTINGS));
    words.push(random.chance(0.1) ? name.toUpperCase() : name, random.pick(SETTINGS[name]));
  }
  if (random.chance(0.05)) words.push("timeout");
  return words;
}

function configGet(random: Random): string[] {
  const names = [...SETTING_PATTERNS, ...Object.keys(SETTINGS)];
  return Array.from({ length: random.between(0, 3) }, () => random.pick(names));
}

const CLIENT_KILL = [
  ["ID", "1000000000000"],
  ["ID", "0"],
  ["ID", "x"],
  ["ADDR", "1.2.3.4:5"],
  ["LADDR", "1.2.3.4:5", "USER", "default"],
  ["TYPE", "nosuch"],
  ["TYPE", "pubsub"],
  ["USER", "nosuch"],
  ["SKIPME", "maybe"],
  ["SKIPME", "no", "ADDR", "1.2.3.4:5"],
  ["1.2.3.4:5"],
  ["ID"],
  ["ADDR", "1.2.3.4:5", "ID"],
  ["NOSUCH", "1"],
  [],
];

/**
 * Arguments of DEBUG: only what neither stops nor changes the server. (No push: in a transaction
 * it would stand within the array of replies.)
 */
function debugWords(random: Random): string[] {
  const key = () =>
    `${random.pick(list("string hash list set zset geo hll stream"))}:${random.below(5)}`;
  return random.weighted<() => string[]>([
    [4, () => random.pick(DEBUG)],
    [4, () => ["DIGEST"]],
    [4, () => ["DIGEST-VALUE", ...Array.from({ length: random.below(4) }, key)]],
    [2, () => ["OBJECT", key()]],
    [1, () => ["HTSTATS-KEY", key()]],
  ])();
}

const DEBUG = [
  ...["string", "integer", "double", "null", "array", "set", "map", "attrib", "verbatim"],
  ...["true", "false", "bignum", "nosuch"],
].map((kind) => ["PROTOCOL", kind]);

const POLICIES: Readonly<Record<string, Policy>> = {
  // Never sent: they end, block or reshape the run.
  shutdown: { deny: "ends the server" },
  monitor: { deny: "its connection receives what others send, in no set order" },
  sync: { deny: "makes the connection a replica's" },
  psync: { deny: "makes the connection a replica's" },
  replconf: { deny: "speaks of replication, without which it has no replies" },
  replicaof: { deny: "makes the server a replica" },
  slaveof: { deny: "makes the server a replica" },
  failover: { deny: "needs replicas" },
  "module|*": { deny: "loads native code" },
  "acl|*": { deny: "could lock the fuzzer out" },
  "cluster|*": { deny: "is about other servers" },
  asking: { deny: "is about other servers" },
  readonly: { deny: "is about other servers" },
  readwrite: { deny: "is about other servers" },
  save: { deny: "writes files" },
  bgsave: { deny: "writes files" },
  bgrewriteaof: { deny: "writes files" },
  subscribe: { deny: "its replies are not one per command" },
  psubscribe: { deny: "its replies are not one per command" },
  ssubscribe: { deny: "its replies are not one per command" },
  unsubscribe: { deny: "its replies are not one per command" },
  punsubscribe: { deny: "its replies are not one per command" },
  sunsubscribe: { deny: "its replies are not one per command" },
  eval: { deny: "scripts are in another language" },
  eval_ro: { deny: "scripts are in another language" },
  evalsha: { deny: "scripts are in another language" },
  evalsha_ro: { deny: "scripts are in another language" },
  fcall: { deny: "scripts are in another language" },
  fcall_ro: { deny: "scripts are in another language" },
  "script|*": { deny: "scripts are in another language" },
  "function|*": { deny: "scripts are in another language" },
  quit: { deny: "sent on stray connections only: it ends its connection" },
  "client|reply": { deny: "sent on stray connections only: it suppresses replies" },
  "client|tracking": { deny: "its messages come in no set order with the replies" },
  "command|count": { deny: "tells which commands there are, which differs" },
  "command|list": { deny: "tells which commands there are, which differs" },
  "command|info": { deny: "compared for every command by the tests of the command table" },
  "command|docs": { deny: "compared for every command by the tests of the command table" },
  command: { deny: "tells which commands there are, which differs" },

  // Sent, but not compared byte for byte.
  info: { ...aboutServer, weight: 0.1 },
  time: { ...aboutServer, because: CLOCK },
  lastsave: { ...aboutServer, because: CLOCK },
  lolwut: { ...random, weight: 0.05 },
  role: aboutServer,
  randomkey: random,
  srandmember: sampled,
  spop: { ...sampled, settle: (args) => (args.length > 1 ? ["DEL", args[1]] : null) },
  hrandfield: sampled,
  zrandmember: sampled,
  keys: { compare: anyOrder, because: HASH_ORDER },
  scan: { compare: scanStep(1, 1), because: HASH_ORDER },
  hscan: { compare: scanStep(2, 2), because: HASH_ORDER },
  sscan: { compare: scanStep(2, 1), because: HASH_ORDER },
  zscan: { compare: scanStep(2, 2), because: HASH_ORDER },
  hkeys: { compare: anyOrder, because: HASH_ORDER },
  hvals: { compare: anyOrder, because: HASH_ORDER },
  hgetall: { compare: pairsInAnyOrder, because: HASH_ORDER },
  smembers: { compare: anyOrder, because: HASH_ORDER },
  sinter: { compare: anyOrder, because: HASH_ORDER },
  sunion: { compare: anyOrder, because: HASH_ORDER },
  sdiff: { compare: anyOrder, because: HASH_ORDER },
  sort: sorting,
  sort_ro: sorting,
  dump: { compare: sameType, because: HASH_ORDER },
  ttl: { compare: withinElapsed(1000), because: CLOCK },
  pttl: { compare: withinElapsed(1), because: CLOCK },
  expiretime: { compare: withinElapsed(1000), because: CLOCK },
  pexpiretime: { compare: withinElapsed(1), because: CLOCK },
  "object|idletime": { compare: idleTime, because: CLOCK },
  "object|freq": { ...random, because: "LFU counters grow by chance" },
  "object|refcount": { compare: orOneLess, because: "a queued command holds a reference" },
  "memory|usage": aboutServer,
  "memory|stats": aboutServer,
  "memory|doctor": { ...aboutServer, weight: 0.1 },
  "memory|malloc-stats": { ...aboutServer, weight: 0.1 },
  "client|id": aboutServer,
  "client|info": aboutServer,
  "client|list": aboutServer,
  "latency|histogram": aboutServer,
  "latency|doctor": { ...aboutServer, weight: 0.1 },
  hello: { compare: hello, because: "connections are numbered by the server", weight: 0.5 },
  "config|get": { compare: pairsInAnyOrder, because: HASH_ORDER, words: configGet },

  // Sent with arguments of their own.
  "config|set": { words: configSet },
  "client|kill": { words: (random) => random.pick(CLIENT_KILL) },
  "client|pause": {
    words: (random) => random.pick([["0"], ["-1"], ["x"], ["0", "WRITE"], ["0", "nosuch"], []]),
    weight: 0.2,
  },
  // To where nobody listens.
  migrate: { words: (_, example) => ["127.0.0.1", "1", ...example().slice(2)], weight: 0.5 },
  wait: {
    // Never for ever: nobody would wake it.
    words: (random) => [
      random.pick(["0", "-1", "1", "3", "9223372036854775807", "x"]),
      random.pick(["1", "2", "10", "-1", "x"]),
    ],
  },
  debug: { compare: debugReply, because: "shows addresses", words: debugWords },
  "command|getkeys": { words: (_, example) => example() },
  "command|getkeysandflags": { words: (_, example) => example() },

  zrange: { filled: rangeByMode(["key"]), weight: 3 },
  zrangestore: { filled: rangeByMode(["destination", "key"]), weight: 2 },
  // No TODENSE or GETREG: in Redis they change a key behind the back of those who watch it.
  pfdebug: {
    words: (random) => [
      random.pick(["ENCODING", "DECODE", "nosuch"]),
      `hll:${random.between(1, 4)}`,
    ],
    weight: 0.3,
  },
  pfselftest: { deny: "takes seconds" },

  // Later versions of Redis, and Rusk, take WITHSCORE.
  zrank: { argcMost: 3 },
  zrevrank: { argcMost: 3 },

  // These may wait.
  blpop: blocking,
  brpop: blocking,
  blmove: blocking,
  brpoplpush: blocking,
  blmpop: blocking,
  bzpopmin: blocking,
  bzpopmax: blocking,
  bzmpop: blocking,

  // Streams: arguments that fit each other, and times that differ.
  xadd: {
    filled: streamWords("xadd"),
    weight: 10,
    prepare: beforeXadd,
    compare: noIdLeft,
    because: "Redis tells by an errno that an earlier command may have left which error it is",
  },
  xread: { filled: streamWords("xread"), weight: 1.5, blocks: "option" },
  xreadgroup: { filled: streamWords("xreadgroup"), weight: 6, blocks: "option" },
  xclaim: { filled: streamWords("xclaim"), weight: 2 },
  xautoclaim: { filled: streamWords("xautoclaim"), weight: 1.5 },
  xpending: {
    filled: streamWords("xpending"),
    compare: pendingTimes,
    because: CLOCK,
    weight: 2,
  },
  xsetid: { filled: streamWords("xsetid"), weight: 0.8 },
  xlen: { filled: streamWords("xlen"), weight: 0.5 },
  xrange: { filled: streamWords("xrange"), weight: 1.5 },
  xrevrange: { filled: streamWords("xrevrange") },
  xdel: { filled: streamWords("xdel"), weight: 1.5 },
  xtrim: { filled: streamWords("xtrim") },
  xack: { filled: streamWords("xack"), weight: 1.5 },
  "xgroup|create": { filled: streamWords("xgroup|create"), weight: 2 },
  "xgroup|setid": { filled: streamWords("xgroup|setid"), weight: 0.7 },
  "xgroup|destroy": { filled: streamWords("xgroup|destroy"), weight: 0.25 },
  "xgroup|createconsumer": { filled: streamWords("xgroup|createconsumer"), weight: 0.5 },
  "xgroup|delconsumer": { filled: streamWords("xgroup|delconsumer"), weight: 0.5 },
  "xinfo|stream": {
    filled: streamWords("xinfo|stream"),
    compare: streamTimes,
    because: CLOCK,
    weight: 1.5,
  },
  "xinfo|groups": { filled: streamWords("xinfo|groups"), weight: 1.5 },
  "xinfo|consumers": {
    filled: streamWords("xinfo|consumers"),
    compare: streamTimes,
    because: CLOCK,
    weight: 1.5,
  },

  // Sent more or less often than others, or without arguments that only cost memory.
  set: { weight: 6 },
  rpush: { weight: 3 },
  lpush: { weight: 2 },
  hset: { weight: 4 },
  sadd: { weight: 4 },
  zadd: { weight: 5 },
  geoadd: { weight: 4 },
  pfadd: { weight: 4 },
  del: { weight: 0.5 },
  unlink: { weight: 0.5 },
  append: { weight: 2 },
  incrby: { weight: 2 },
  incrbyfloat: { weight: 2 },
  setrange: { weight: 2, sizesFrom: 2 },
  setbit: { sizesFrom: 2 },
  bitfield: { sizesFrom: 2, weight: 3 },
  bitop: { weight: 2, laterWords: /^(?:diff1?|andor|one)$/i },
  // Its memory is the product of both sizes: it gets keys of its own.
  lcs: { weight: 0.5, filled: lcsWords, prepare: () => ["MSET", ...LCS_TEXTS] },
  flushall: { weight: 0.1 },
  flushdb: { weight: 0.1 },
  reset: { weight: 0.2 },
  swapdb: { weight: 0.3 },
  multi: { weight: 0.3 },
  exec: { weight: 0.2 },
  discard: { weight: 0.2 },
  unwatch: { weight: 0.2 },
  select: { weight: 0.5 },
  auth: { weight: 0.3 },
};
