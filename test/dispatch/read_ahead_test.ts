// Purpose: a server that reads ahead replies exactly as one that does not, over random pipelines
// that change the client's state, and are cut anywhere; where commands name elements.

import { describe, expect, test } from "bun:test";
import { commandTable } from "../../src/commands/all.ts";
import { elementPlace } from "../../src/dispatch/element_places.ts";
import { Random } from "../fuzz/random.ts";
import { START_MS } from "../keyspace/worlds.ts";
import { InnerClient, innerServer } from "../persistence/inner_server.ts";

/** Collections become large ones soon. */
const ARGS = ["hash", "set", "zset"].flatMap((type) => [`--${type}-max-listpack-entries`, "2"]);

class World {
  nowMs = START_MS;
  private readonly endings: (() => void)[] = [];
  readonly client: InnerClient;
  private readonly server;

  constructor(isAhead: boolean) {
    this.server = innerServer({
      seed: 1,
      args: ARGS,
      nowMs: () => this.nowMs,
      loop: { endOfTurn: (run) => this.endings.push(run), later: () => () => {} },
    });
    this.server.readAhead.usedSizeMin = isAhead ? 0 : Infinity;
    this.client = this.connect();
  }

  connect(): InnerClient {
    return new InnerClient(this.server, () => {
      for (const run of this.endings.splice(0)) run();
    });
  }
}

const WORDS = [
  "a",
  "b",
  "c",
  "1",
  "2.5",
  "x".repeat(80),
  "long:".repeat(300),
  "",
  "nx",
  "withscores",
];

/** Commands of every type, right and wrong ones, with K for a key and W for a word. */
const COMMANDS = [
  ...["GET K", "SET K W", "SET K W EX 100", "INCR K", "APPEND K W", "STRLEN K", "GETEX K PX 5"],
  ...["MGET K K K K", "MSET K W K W", "MSETNX K W K W", "DEL K", "DEL K K K", "UNLINK K K"],
  ...["EXISTS K K", "TTL K", "PEXPIRE K 20", "PERSIST K", "RENAME K K", "COPY K K", "TYPE K"],
  ...["HSET K W W", "HSET K W W W W W W", "HGET K W", "HMGET K W W", "HDEL K W W", "HGETALL K"],
  ...["HINCRBY K W 2", "HPEXPIRE K 9 FIELDS 1 W", "HEXISTS K W", "SADD K W", "SADD K W W W W"],
  ...["SISMEMBER K W", "SMISMEMBER K W W", "SREM K W", "SCARD K", "SUNION K K", "SINTER K K"],
  ...[
    "ZADD K 1 W",
    "ZADD K 1 W 2.5 W",
    "ZADD K NX 3 W",
    "ZSCORE K W",
    "ZINCRBY K 2 W",
    "ZRANK K W",
  ],
  ...["ZREM K W", "ZMSCORE K W W", "ZRANGE K 0 -1", "ZUNIONSTORE K 2 K K", "RPUSH K W W", "LPOP K"],
  ...["LRANGE K 0 5", "LINDEX K 1", "XADD K 1-* f W", "XLEN K", "XRANGE K - +", "BITOP AND K K K"],
  ...[
    "SORT K ALPHA",
    "GETRANGE K 0 3",
    "PFADD K W",
    "PFCOUNT K",
    "GEOADD K 1 2 W",
    "OBJECT ENCODING K",
  ],
  ...["MULTI", "EXEC", "DISCARD", "WATCH K", "UNWATCH", "SELECT 0", "SELECT 1", "SELECT W", "PING"],
  ...["HELLO 2", "HELLO 3", "AUTH W", "RESET", "NOSUCH K", "GET", "SET K", "MGET", "ECHO W"],
  ...["CLIENT REPLY SKIP", "CLIENT ID", "CLIENT NO-TOUCH ON", "FLUSHDB", "DBSIZE", "SUBSCRIBE W"],
  ...["UNSUBSCRIBE W", "PUBLISH W W", "EVAL W 1 K", "SWAPDB 0 1", "MOVE K 1", "BLPOP K 0.01"],
  ...["ZREVRANK K W", "ZUNION 2 K K", "SINTERCARD 3 K K K", "LMPOP 1 K LEFT", "SINTERCARD 9 K"],
  ...["ZUNION W K", "ZUNION 0 K", "ZUNION -1 K", "EVAL redis.call('GET',KEYS[1]) 2 K K W"],
];
/** What the batch leaves to the parser: what is spelled otherwise, and what is no request. */
const ODD = ["PING\r\n", "\r\n", "*0\r\n", "SET a 'b c'\r\n", "get a\r\n", "*-1\r\n"];
ODD.push("*1\rx$4\r\nPING\r\n", "*1\r\n$4\rxPING\r\n", "*1\r\n$4\r\nPINGxx");
const BROKEN = ["*1\r\n$-1\r\n", "*x\r\n", "*1\r\nx\r\n", "*01\r\n$4\r\nPING\r\n"];
BROKEN.push("*1\r\n$04\r\nPING\r\n", "*1\r\n$+4\r\nPING\r\n", "*1\r\n$4a\r\nPING\r\n");
BROKEN.push("*+1\r\n$4\r\nPING\r\n", "*1\r\n$010\r\n0123456789\r\n");

function pipeline(random: Random): string {
  let text = "";
  const count = random.pick([1, 2, 5, 20, 50, 100]);
  for (let i = 0; i < count; i++) {
    if (random.chance(0.03)) text += random.pick(ODD);
    if (random.chance(0.002)) text += random.pick(BROKEN);
    const words = random.pick(COMMANDS).split(" ");
    const filled = words.map((word) => {
      if (word === "K") return `key:${random.below(12)}`;
      return word === "W" ? random.pick(WORDS) : word;
    });
    if (filled[0] === "MGET" && random.chance(0.3)) {
      for (let j = random.pick([5, 100, 3000]); j > 0; j--) filled.push(`key:${random.below(12)}`);
    }
    text += `*${filled.length}\r\n${filled.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`;
  }
  return random.chance(0.1) ? text.slice(0, random.below(text.length)) : text;
}

describe.each([1, 2, 3, 4, 5, 6])("seed %d", (seed) => {
  test("replies are those without reading ahead", () => {
    const random = new Random(seed);
    const worlds = [new World(false), new World(true)];
    let clients = worlds.map(({ client }) => client);
    let replySize = 0;
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(pipeline(random), "latin1");
      const cut = random.pick([bytes.length, random.below(bytes.length + 1)]);
      for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        const [plain, ahead] = clients.map((client) => client.send(part));
        replySize += plain.length;
        expect(ahead).toBe(plain);
      }
      const [isClosed, isAlsoClosed] = clients.map(({ connection }) => connection.closing);
      expect(isAlsoClosed).toBe(isClosed);
      const isOver = isClosed || random.chance(0.1);
      if (isOver) {
        for (const client of clients) client.close();
        clients = worlds.map((world) => world.connect());
      }
      const ms = random.below(30);
      for (const world of worlds) world.nowMs += ms;
    }
    expect(replySize).toBeGreaterThan(100_000);
  });
});

test.each([
  ["hget", 2, 0],
  ["hset", 2, 2],
  ["hdel", 2, 1],
  ["hincrbyfloat", 2, 0],
  ["hexpire", 5, 1],
  ["httl", 4, 1],
  ["hsetex", 4, 2],
  ["sadd", 2, 1],
  ["sismember", 2, 0],
  ["smove", 3, 0],
  ["zadd", 3, 2],
  ["zincrby", 3, 0],
  ["zrank", 2, 0],
  ["geoadd", 4, 3],
  ["geodist", 2, 0],
  ["get", 0, 0],
  ["mset", 0, 0],
  ["zrange", 0, 0],
  ["lpush", 0, 0],
  ["ping", 0, 0],
])("%s names elements from argument %d on, in steps of %d", (name, first, step) => {
  const command = commandTable.find(name);
  if (command === undefined) throw new Error("no such command");
  expect(elementPlace(command)).toEqual({ first, step });
});
