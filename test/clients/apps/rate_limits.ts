// rate-limiter-flexible: its own script is Lua, in whose place it takes one in JavaScript; it has a
// limiter without a script, too.

import { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRedisNonAtomic } from "rate-limiter-flexible";
import { createClient } from "redis";
import { same } from "./same.ts";

const COUNT = `
  redis.call('SET', KEYS[1], 0, 'EX', ARGV[2], 'NX');
  const consumed = redis.call('INCRBY', KEYS[1], ARGV[1]);
  let ttl = redis.call('PTTL', KEYS[1]);
  if (ttl === -1) {
    redis.call('EXPIRE', KEYS[1], ARGV[2]);
    ttl = 1000 * Number(ARGV[2]);
  }
  return [consumed, ttl];
`;

const io = new Redis(process.argv[2]);
const node = createClient({ url: process.argv[2] });
await node.connect();
const LIMITS = { points: 3, duration: 100 };

type Limiter = RateLimiterRedis;

async function check(limiter: Limiter): Promise<void> {
  const left: number[] = [];
  for (let i = 0; i < 3; i++) left.push((await limiter.consume("ann")).remainingPoints);
  same(left, [2, 1, 0]);
  const refused = await limiter.consume("ann").catch((it) => it);
  same([refused.consumedPoints, refused.remainingPoints], [4, 0]);
  same(refused.msBeforeNext > 90_000 && refused.msBeforeNext <= 100_000, true);
  same((await limiter.get("ann"))?.consumedPoints, 4);
  same((await limiter.consume("bob", 2)).remainingPoints, 1);
  same(await limiter.delete("ann"), true);
  same((await limiter.consume("ann")).remainingPoints, 2);
}

const script = { ...LIMITS, customIncrTtlLuaScript: COUNT };
await check(new RateLimiterRedis({ ...script, storeClient: io, keyPrefix: "io" }));
const options = { ...script, storeClient: node, useRedisPackage: true, keyPrefix: "node" };
await check(new RateLimiterRedis(options));
await check(new RateLimiterRedisNonAtomic({ ...LIMITS, storeClient: io, keyPrefix: "plain" }));
const lua = new RateLimiterRedis({ ...LIMITS, storeClient: io, keyPrefix: "lua" });
const problem = await lua.consume("ann").catch((error: Error) => error.message);
same(String(problem).includes("this looks like Lua"), true);
io.disconnect();
node.destroy();
