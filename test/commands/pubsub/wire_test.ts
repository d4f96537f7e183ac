// Purpose: what clients get, byte by byte, in the order in which it comes: the same as from Redis.
// A case is steps: who sends which lines at once.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { WireClient } from "./wire_client.ts";

type Step = readonly [who: string, ...lines: string[]];

/** After so long nothing more comes of Redis. */
const QUIET_MS = 20;

const THREE = "HELLO 3";

const CASES: Readonly<Record<string, readonly Step[]>> = {
  "who publishes gets its own message before its reply": [
    ["a", THREE, "SUBSCRIBE c"],
    ["a", "PUBLISH c x"],
    ["a", "PING", "PUBLISH c y", "PING"],
  ],
  "messages within a transaction come where they were sent": [
    ["a", THREE, "SUBSCRIBE c", "PSUBSCRIBE c*"],
    ["a", "MULTI", "PING", "PUBLISH c y", "PING", "EXEC"],
  ],
  "a transaction subscribes": [
    ["a", "MULTI", "SUBSCRIBE c", "PUBLISH c y", "PING", "EXEC"],
    ["a", "PING", "PUBLISH c x", "PING hi", "GET x", "UNSUBSCRIBE", "GET x"],
    ["b", "MULTI", "SUBSCRIBE c", "GET x", "UNSUBSCRIBE c", "GET x", "EXEC", "GET x"],
  ],
  "a transaction does not subscribe to a shard": [
    ["a", "MULTI", "SSUBSCRIBE q", "SPUBLISH q 1", "SUNSUBSCRIBE", "EXEC", "PING"],
  ],
  "subscribers in RESP2 may do little": [
    ["a", "SUBSCRIBE c", "GET x", "foo", "SET", "MULTI", "EXEC", "RESET", "GET x"],
    ["b", "PSUBSCRIBE c", "HELLO 3", "AUTH x", "CLIENT ID", "COMMAND", "MONITOR", "QUIT"],
    ["c", "SSUBSCRIBE c", "GET x", "SPUBLISH c m", "SUNSUBSCRIBE c", "GET x"],
    ["d", THREE, "SUBSCRIBE c", "GET x", "PING", "HELLO 2", "GET x", "PING", "PING x"],
  ],
  "CLIENT REPLY OFF drops no message": [
    ["a", THREE, "SUBSCRIBE c", "CLIENT REPLY OFF"],
    ["b", "PUBLISH c m"],
    ["a", "PUBLISH c self", "SUBSCRIBE d", "UNSUBSCRIBE d", "GET x", "PSUBSCRIBE q"],
    ["a", "CLIENT REPLY ON"],
    ["c", "CLIENT REPLY OFF", "SUBSCRIBE c"],
    ["b", "PUBLISH c m"],
    ["c", "UNSUBSCRIBE c", "CLIENT REPLY ON"],
  ],
  "CLIENT REPLY SKIP drops no message": [
    ["a", THREE, "SUBSCRIBE c", "CLIENT REPLY SKIP", "PUBLISH c self", "PING"],
    ["a", "CLIENT REPLY SKIP", "SUBSCRIBE d", "PING"],
    ["a", "MULTI", "CLIENT REPLY SKIP", "PUBLISH c x", "PING", "SUBSCRIBE e", "EXEC", "PING"],
    ["a", "CLIENT REPLY SKIP", "MULTI", "PUBLISH c x", "CLIENT REPLY OFF", "PUBLISH c y", "EXEC"],
    ["a", "CLIENT REPLY ON"],
  ],
  "subscribing twice, and ending what is not there": [
    ["a", "SUBSCRIBE c c d", "UNSUBSCRIBE c c", "UNSUBSCRIBE", "UNSUBSCRIBE x"],
    ["a", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "PUNSUBSCRIBE x", "SUNSUBSCRIBE x"],
    ["b", "SUBSCRIBE c", "PSUBSCRIBE c*", "SSUBSCRIBE c", "UNSUBSCRIBE", "PUNSUBSCRIBE"],
    ["b", "SUNSUBSCRIBE", "GET x"],
  ],
  "channels, patterns and shards": [
    ["a", "SUBSCRIBE c", "PSUBSCRIBE c*"],
    ["b", "SSUBSCRIBE c", "PSUBSCRIBE *"],
    ["p", "PUBLISH c m", "PUBLISH cc m", "SPUBLISH c m", "SPUBLISH d m", 'PUBLISH "" m'],
    ["p", 'PUBLISH c ""', 'PUBLISH "c\\x00\\xff" "\\r\\n"'],
    ["b", "RESET"],
    ["p", "PUBLISH c m", "PUBLISH d m", "SPUBLISH c m"],
  ],
  "clients of both protocols": [
    ["a", "SUBSCRIBE c d"],
    ["b", THREE, "SUBSCRIBE c d"],
    ["p", "PUBLISH c 1", "PUBLISH d 2", "PUBLISH c 3"],
    ["b", "PUBLISH c 4", "PING", "PUBLISH d 5"],
  ],
  PUBSUB: [
    ["a", "PSUBSCRIBE c* *c c", "SUBSCRIBE c", "SSUBSCRIBE s"],
    ["p", "PUBSUB CHANNELS", "PUBSUB CHANNELS c*", "PUBSUB CHANNELS x*", "PUBSUB NUMSUB"],
    ["p", "PUBSUB NUMSUB c x c", "PUBSUB NUMPAT", "PUBSUB SHARDCHANNELS", "PUBSUB SHARDCHANNELS x"],
    ["p", "PUBSUB SHARDNUMSUB", "PUBSUB SHARDNUMSUB s x", "PUBSUB", "PUBSUB foo"],
    ["p", "PUBSUB CHANNELS a b", "PUBSUB NUMPAT x", "PUBSUB shardCHANNELS a b"],
    ["p", THREE, "PUBSUB CHANNELS", "PUBSUB NUMSUB c x c", "PUBSUB NUMPAT"],
    ["p", "INFO stats", "CLIENT LIST TYPE pubsub"],
    ["a", "QUIT"],
    ["p", "PUBSUB CHANNELS", "PUBSUB NUMPAT", "PUBSUB SHARDCHANNELS"],
  ],
  "a client that is as new": [
    ["a", THREE, "SUBSCRIBE c", "PSUBSCRIBE d", "SSUBSCRIBE q", "RESET", "GET x"],
    ["b", "PUBLISH c x", "PUBSUB NUMPAT", "PUBSUB CHANNELS", "PUBSUB SHARDCHANNELS"],
  ],
  "the wrong number of arguments": [
    ["a", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "PUBLISH c", "SPUBLISH c", "PUBLISH c a b"],
    ["a", "SUBSCRIBE c", "PING a b"],
  ],
};

/** What is by chance, or of a time. */
function masked(got: string): string {
  return got
    .replace(/\|\$2\|id\|:\d+/g, "|$2|id|:0")
    .replace(/[=$]\d+\|(?:txt:)?# Stats.*?(\|pubsub_channels.*?)\|latest_fork.*?\|\|/g, "$1")
    .replace(/[=$]\d+\|(?:txt:)?id=.*?( sub=.*? multi=).*?\n\|/g, "$1");
}

describe.skipIf(redisBinary() === null)("as from Redis", () => {
  let rusk: Server;
  let redis: Server;
  beforeAll(async () => {
    [rusk, redis] = await Promise.all([startServer(), startRedis()]);
  });
  afterAll(() => Promise.all([rusk.stop(), redis.stop()]));

  for (const [name, steps] of Object.entries(CASES)) {
    test(name, async () => {
      const pairs = new Map<string, [own: WireClient, theirs: WireClient]>();
      const open = (port: number) => WireClient.open(port);
      for (const [who, ...lines] of steps) {
        const pair = pairs.get(who) ?? [await open(rusk.port), await open(redis.port)];
        pairs.set(who, pair);
        for (const client of pair) client.send(lines);
        await Promise.all([...pairs.values()].map(([, theirs]) => theirs.quiet(QUIET_MS)));
        for (const [own, theirs] of pairs.values()) await own.reach(masked(theirs.got).length);
        await pair[0].quiet(1);
      }
      for (const [who, [own, theirs]] of pairs) {
        expect(`${who}: ${masked(own.got)}`).toBe(`${who}: ${masked(theirs.got)}`);
        expect(own.isClosed).toBe(theirs.isClosed);
        own.close();
        theirs.close();
      }
    });
  }
});
