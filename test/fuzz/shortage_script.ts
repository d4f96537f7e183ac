/**
 * Purpose: what the clients of a server do while memory runs out in some part of its work: drawn
 * from a seed, the same whatever becomes of it. Large values, commands that come in pieces, queued
 * ones, blocked ones, files that are written, keys and fields that expire.
 */
import type { Random } from "./random.ts";

/** Clients that do this and that; those behind them mostly wait. */
const BUSY_CLIENTS = 3;
export const CLIENTS = 5;

export type Step =
  | { readonly kind: "send"; readonly client: number; readonly commands: readonly string[][] }
  /** The bytes of a command come in pieces that end at these shares of it. */
  | { readonly kind: "pieces"; readonly client: number; readonly command: string[]; cuts: number[] }
  | { readonly kind: "turns"; readonly count: number; readonly ms: number }
  /** The client takes nothing more of its replies, or what there is. */
  | { readonly kind: "stuck"; readonly client: number; readonly isStuck: boolean };

const text = (r: Random) => "x".repeat(r.pick([3, 200, 3000, 20_000, 70_000, 270_000]));
const long = (r: Random) => "y".repeat(r.pick([300_000, 1_200_000]));
const key = (r: Random, type: string) => `${type}${r.below(2)}`;
const many = (r: Random, make: (i: number) => string[]) =>
  Array.from({ length: r.pick([5, 100, 700]) }, (_, i) => make(i)).flat();

const CHANGES: readonly ((r: Random) => string[])[] = [
  (r) => ["SET", key(r, "string"), text(r)],
  (r) => ["SET", key(r, "string"), long(r)],
  (r) => ["SET", key(r, "string"), text(r), "PX", String(r.between(1, 300))],
  (r) => ["APPEND", key(r, "string"), text(r)],
  (r) => ["RPUSH", key(r, "list"), ...many(r, (i) => [`element:${i}`])],
  (r) => ["LPUSH", key(r, "list"), text(r)],
  (r) => ["LSET", key(r, "list"), "0", text(r)],
  (r) => ["HSET", key(r, "hash"), ...many(r, (i) => [`field:${i}`, `value:${i}`])],
  (r) => ["HSET", key(r, "hash"), "long", text(r)],
  (r) => ["HPEXPIRE", key(r, "hash"), "50", "FIELDS", "3", "field:1", "field:2", "long"],
  (r) => ["HDEL", key(r, "hash"), "field:3", "field:4"],
  (r) => ["SADD", key(r, "set"), ...many(r, (i) => [`member:${i}`])],
  (r) => ["SREM", key(r, "set"), "member:1", "member:2"],
  (r) => ["ZADD", key(r, "zset"), ...many(r, (i) => [String(i), `member:${i}`])],
  (r) => ["ZADD", key(r, "zset"), "7", text(r), "8", long(r)],
  (r) => ["ZREM", key(r, "zset"), "member:1"],
  (r) => ["XADD", key(r, "stream"), "*", "name", text(r)],
  (r) => ["XGROUP", "CREATE", key(r, "stream"), "group", "0", "MKSTREAM"],
  (r) => ["XREADGROUP", "GROUP", "group", "c", "STREAMS", key(r, "stream"), ">"],
  (r) => ["PEXPIRE", key(r, r.pick(["list", "hash", "set", "zset"])), String(r.between(1, 300))],
  (r) => ["DEL", key(r, r.pick(["list", "hash", "set", "zset", "string"]))],
  (r) => ["COPY", key(r, "list"), "list:copy", "REPLACE"],
  () => ["SUNIONSTORE", "set:union", "set0", "set1"],
  (r) => ["LMOVE", key(r, "list"), key(r, "list"), "LEFT", "RIGHT"],
];

const READS: readonly ((r: Random) => string[])[] = [
  (r) => ["GET", key(r, "string")],
  () => ["MGET", ..."0010110".split("").map((i) => `string${i}`)],
  (r) => ["LRANGE", key(r, "list"), "0", "-1"],
  (r) => ["HGETALL", key(r, "hash")],
  (r) => ["ZRANGE", key(r, "zset"), "0", "-1", "WITHSCORES"],
  (r) => ["XRANGE", key(r, "stream"), "-", "+"],
  (r) => ["SORT", key(r, "list"), "ALPHA"],
  (r) => ["DUMP", key(r, r.pick(["list", "hash", "string", "stream"]))],
  () => ["INFO"],
];

const SERVER: readonly (() => string[])[] = [
  () => ["BGSAVE"],
  () => ["SAVE"],
  () => ["BGREWRITEAOF"],
  () => ["CONFIG", "SET", "snapshot-format", "rdb"],
  () => ["CONFIG", "SET", "snapshot-format", "rusk"],
  () => ["CONFIG", "SET", "aof-use-rdb-preamble", "no"],
  () => ["CONFIG", "SET", "aof-use-rdb-preamble", "yes"],
  () => ["CONFIG", "SET", "appendfsync", "always"],
  () => ["CONFIG", "SET", "appendfsync", "everysec"],
  () => ["CLIENT", "PAUSE", "30", "WRITE"],
  () => ["CLIENT", "UNPAUSE"],
  () => ["CLIENT", "NO-TOUCH", "on"],
  () => ["DEBUG", "RELOAD"],
];

/** What waits; all give up within a second. */
const WAITS: readonly ((r: Random) => string[])[] = [
  () => ["BLPOP", "awaited:list", "0.4"],
  () => ["BLMOVE", "awaited:list", "moved:list", "LEFT", "RIGHT", "0.4"],
  () => ["BRPOPLPUSH", "awaited:list", "awaited:list", "0.4"],
  () => ["BLMPOP", "0.4", "1", "awaited:list", "LEFT", "COUNT", "900"],
  () => ["BZPOPMIN", "awaited:zset", "0.4"],
  () => ["BZMPOP", "0.4", "1", "awaited:zset", "MAX", "COUNT", "900"],
  () => ["XREAD", "BLOCK", "400", "STREAMS", "awaited:stream", "$"],
  () => ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "400", "STREAMS", "awaited:stream", ">"],
  (r) => ["WAITAOF", "1", "0", String(r.between(50, 400))],
];

const SERVES: readonly ((r: Random) => string[])[] = [
  (r) => ["RPUSH", "awaited:list", text(r), text(r)],
  (r) => ["RPUSH", "awaited:list", long(r)],
  (r) => ["RPUSH", "awaited:list", ...many(r, (i) => [`element:${i}`])],
  (r) => ["ZADD", "awaited:zset", "1", text(r), "2", text(r)],
  (r) => ["ZADD", "awaited:zset", "1", long(r)],
  (r) => ["XADD", "awaited:stream", "*", "name", text(r)],
  (r) => ["XADD", "awaited:stream", "*", "name", long(r)],
  () => ["XGROUP", "CREATE", "awaited:stream", "g", "$", "MKSTREAM"],
  () => ["XGROUP", "DESTROY", "awaited:stream", "g"],
  () => ["DEL", "awaited:stream", "awaited:list"],
];

/** So many steps. */
export function scriptOf(random: Random, length: number): Step[] {
  const steps: Step[] = [];
  while (steps.length < length) steps.push(...stepsOf(random));
  return steps;
}

function stepsOf(r: Random): Step[] {
  const client = r.below(BUSY_CLIENTS);
  const change = () => r.pick(CHANGES)(r);
  const kind = r.weighted<string>([
    [8, "change"],
    [3, "read"],
    [4, "pieces"],
    [4, "queue"],
    [5, "wait"],
    [4, "serve"],
    [1, "unblock"],
    [4, "server"],
    [6, "turns"],
    [1, "stuck"],
  ]);
  switch (kind) {
    case "change":
      return [send(client, ...Array.from({ length: r.pick([1, 1, 4]) }, change))];
    case "read":
      return [send(client, ...Array.from({ length: r.pick([1, 3]) }, () => r.pick(READS)(r)))];
    case "pieces": {
      const cuts = [r.below(100) / 100, r.below(100) / 100].sort();
      return [{ kind: "pieces", client, command: change(), cuts }];
    }
    case "queue": {
      const queued = Array.from({ length: r.between(1, 5) }, () =>
        r.chance(0.5) ? r.pick(SERVES)(r) : change(),
      );
      return [send(client, ["MULTI"]), send(client, ...queued), send(client, ["EXEC"])];
    }
    case "wait":
      return [send(r.between(BUSY_CLIENTS, CLIENTS - 1), change(), r.pick(WAITS)(r))];
    case "serve":
      return [send(client, r.pick(SERVES)(r))];
    case "unblock":
      return [send(client, ["CLIENT", "UNBLOCK", String(r.between(1, CLIENTS)), "ERROR"])];
    case "server":
      return [send(client, r.pick(SERVER)())];
    case "stuck":
      return [{ kind: "stuck", client, isStuck: r.chance(0.5) }];
    default:
      return [{ kind: "turns", count: r.pick([1, 3, 10]), ms: r.pick([0, 1, 10, 60]) }];
  }
}

const send = (client: number, ...commands: string[][]): Step => ({
  kind: "send",
  client,
  commands,
});
