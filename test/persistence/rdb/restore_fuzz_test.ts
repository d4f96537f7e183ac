// Purpose: payloads of real values of every type and encoding, broken at random and with a right
// checksum, sent to RESTORE of Rusk and of the real Redis, which checks them as well
// (sanitize-dump-payload yes). What both take must be the same value; and whatever Rusk takes must
// stand all that can be done to a value of its type. A failure shows its seed and its payload.
//
// CORRUPTIONS=10000 node_modules/.bin/bun test test/persistence/rdb/restore_fuzz_test.ts is a long
// run.

import { expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { withSeed } from "../../client/pair.ts";
import { plain, type Reply, type Word } from "../../client/resp.ts";
import { redisBinary, startRedis, startServer } from "../../client/server.ts";
import type { Random } from "../../fuzz/random.ts";
import { corrupted } from "../payloads.ts";
import { KINDS } from "../plans.ts";

const CORRUPTIONS = Number(process.env.CORRUPTIONS ?? 400);
/** Payloads made of one value. */
const PER_VALUE = 25;
const ARGS = ["--enable-debug-command", "yes", "--sanitize-dump-payload", "yes"];

/** What is done to a value `r` that was taken: all replies are welcome, none may end the server. */
const DEEDS: Readonly<Record<string, (random: Random) => Word[][]>> = {
  string: () => [
    ["GETRANGE", "r", 0, -1],
    ["SETRANGE", "r", 5, "x"],
    ["APPEND", "r", "abc"],
    ["BITCOUNT", "r"],
    ["INCR", "r"],
    ["PFCOUNT", "r"],
  ],
  list: (random) => [
    ["LRANGE", "r", 0, -1],
    ["LINDEX", "r", random.below(9)],
    ["LINSERT", "r", "BEFORE", "a", "b"],
    ["LSET", "r", -1, "x".repeat(random.below(9000))],
    ["LREM", "r", 0, "1"],
    ["LPOS", "r", "a"],
    ["RPUSH", "r", "a", "1", "x".repeat(100)],
    ["LPOP", "r", 3],
    ["LTRIM", "r", random.below(5), -2],
    ["SORT", "r", "ALPHA"],
  ],
  set: () => [
    ["SMEMBERS", "r"],
    ["SADD", "r", "a", "1", "70000", "x".repeat(100)],
    ["SREM", "r", "1", "b"],
    ["SRANDMEMBER", "r", -5],
    ["SUNIONSTORE", "s", "r", "r"],
    ["SINTERCARD", 2, "r", "s"],
    ["SPOP", "r", 3],
  ],
  zset: (random) => [
    ["ZRANGE", "r", 0, -1, "WITHSCORES"],
    ["ZRANGEBYSCORE", "r", "-inf", random.below(100)],
    ["ZADD", "r", 1, "a", 2, "x".repeat(100)],
    ["ZINCRBY", "r", "1.5", "a"],
    ["ZRANK", "r", "b"],
    ["ZREMRANGEBYRANK", "r", 0, 1],
    ["ZUNIONSTORE", "s", 2, "r", "r"],
    ["ZPOPMAX", "r", 2],
    ["ZRANGEBYLEX", "r", "-", "+"],
  ],
  hash: () => [
    ["HGETALL", "r"],
    ["HSET", "r", "a", "1", "b", "x".repeat(100)],
    ["HINCRBY", "r", "n", 3],
    ["HDEL", "r", "a"],
    ["HRANDFIELD", "r", -5, "WITHVALUES"],
    ["HSCAN", "r", 0, "COUNT", 1000],
    ["HPEXPIRE", "r", 100_000, "FIELDS", 1, "b"],
  ],
  stream: (random) => [
    ["XRANGE", "r", "-", "+"],
    ["XREVRANGE", "r", "+", "-"],
    ["XINFO", "STREAM", "r", "FULL", "COUNT", 0],
    ["XADD", "r", "*", "a", "1"],
    ["XGROUP", "CREATE", "r", "made", random.pick(["0", "$"])],
    ["XREADGROUP", "GROUP", "made", "c", "STREAMS", "r", ">"],
    ["XPENDING", "r", "made", "-", "+", 10],
    ["XAUTOCLAIM", "r", "made", "d", 0, 0],
    ["XDEL", "r", "1-1", "5-1"],
    ["XTRIM", "r", "MAXLEN", random.below(20)],
    ["XADD", "r", "*", "a", "1", "b", "2"],
    ["XINFO", "GROUPS", "r"],
  ],
};

const bytesOf = (reply: Reply): Uint8Array =>
  reply.type === "bulk" ? reply.value : new Uint8Array(0);

/** RESTORE, and the type and digest of what is there then; null when it is refused. */
async function restored(client: Client, payload: Uint8Array): Promise<unknown[] | null> {
  const [reply, ...seen] = await client.pipeline([
    ["RESTORE", "r", 0, payload, "REPLACE"],
    ["TYPE", "r"],
    ["DEBUG", "DIGEST-VALUE", "r"],
  ]);
  return reply.type === "error" ? null : seen.map(plain);
}

/** What is left of a value after all that can be done to it is sound: it survives DUMP. */
async function standsAll(client: Client, type: unknown, random: Random): Promise<boolean> {
  await client.pipeline(DEEDS[String(type)](random));
  const payload = bytesOf(await client.command("DUMP", "r"));
  if (payload.length === 0) return true;
  const digest = plain(await client.command("DEBUG", "DIGEST-VALUE", "r"));
  return Bun.deepEquals((await restored(client, payload))?.[1], digest);
}

/**
 * Sends a payload to both. Redis takes some that Rusk refuses (it reads on into the footer, and
 * takes what is no score for 0), but none the other way round.
 */
async function compare(ours: Client, theirs: Client, payload: Uint8Array, random: Random) {
  const [mine, other] = await Promise.all([restored(ours, payload), restored(theirs, payload)]);
  if (mine === null) return null;
  return { mine, other, isSound: await standsAll(ours, mine[0], random) };
}

test.skipIf(redisBinary() === null)(
  `${CORRUPTIONS} broken payloads are the same to Redis, if they are taken, and do no harm`,
  async () => {
    const servers = [await startServer({ args: ARGS }), await startRedis({ args: ARGS })];
    const [ours, theirs] = await Promise.all(servers.map((server) => server.connect()));
    let taken = 0;
    await withSeed(async (random, note) => {
      for (let count = 0; count < CORRUPTIONS; count += PER_VALUE) {
        const kind = random.pick(KINDS);
        await ours.pipeline([["FLUSHALL"], ...kind.plan(random)]);
        const sound = bytesOf(await ours.command("DUMP", "k"));
        for (let i = 0; i < PER_VALUE; i++) {
          const payload = corrupted(random, sound);
          const result = await compare(ours, theirs, payload, random);
          if (result === null) continue;
          taken++;
          const shown = `${note}, ${kind.name}: ${Buffer.from(payload).toString("hex")}`;
          expect([shown, result.other]).toEqual([shown, result.mine]);
          expect([shown, result.isSound]).toEqual([shown, true]);
        }
      }
    });
    expect(taken).toBeGreaterThan(CORRUPTIONS / 20);
    for (const client of [ours, theirs]) client.close();
    await Promise.all(servers.map((server) => server.stop()));
  },
  600_000,
);
