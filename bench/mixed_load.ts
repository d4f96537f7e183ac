// The load of mixed_soak.ts: parts that each do one kind of work again and again, on a connection
// of their own, at a steady rate. Every value says to which key it belongs, so that a reply that is
// another's is seen; keys may be gone, since the server evicts.

import { Redis } from "ioredis";
import { seededRandom } from "./statistics.ts";

/** What the load has done, and what was wrong about it. */
export interface Tally {
  operations: number;
  messages: number;
  faults: string[];
}

interface Part {
  name: string;
  /** Steps per second. */
  rate: number;
  step(redis: Redis, random: () => number, tally: Tally): Promise<void>;
}

const STRINGS = 400_000;
const COLLECTIONS = 2_000;
const BATCH = 16;
const SIZE_MAX = 1_000;
const LARGE_SIZE = 100_000;
/** One value in so many is large, one script in so many is new to the server. */
const LARGE_RATIO = 500;
const NEW_SCRIPT_RATIO = 20;
/** Whoever stands still for so long has failed. */
const PATIENCE_MS = 30_000;
/** More faults than this say nothing more. */
const FAULTS_MAX = 20;

/** The same in JavaScript and in Lua. */
const INCREMENT = "return redis.call('incr', KEYS[1])";
const CHANNEL = "news";

function below(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

/** A key that is asked for the more often the lower its number. */
function favourite(random: () => number, prefix: string, count: number): string {
  return `${prefix}:${Math.floor(count * random() ** 3)}`;
}

function valueFor(key: string, random: () => number): string {
  const isLarge = below(random, LARGE_RATIO) === 0;
  return key.padEnd(isLarge ? LARGE_SIZE : 20 + below(random, SIZE_MAX), ".");
}

/** Sends all at once; an error reply throws. */
async function replies(redis: Redis, commands: (string | number)[][], tally: Tally) {
  const results = await redis.pipeline(commands).exec();
  tally.operations += commands.length;
  return (results ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

function check(tally: Tally, isRight: boolean, what: string): void {
  if (!isRight && tally.faults.length < FAULTS_MAX) tally.faults.push(what);
}

async function strings(redis: Redis, random: () => number, tally: Tally): Promise<void> {
  const keys = Array.from({ length: BATCH }, () => favourite(random, "s", STRINGS));
  const commands = keys.map((key, i) => {
    if (i % 4 !== 0) return ["get", key];
    const value = valueFor(key, random);
    return i % 8 === 0 ? ["set", key, value] : ["set", key, value, "ex", 1 + below(random, 600)];
  });
  const found = await replies(redis, commands, tally);
  for (const [i, value] of found.entries()) {
    const isRight = i % 4 === 0 ? value === "OK" : isOf(value, keys[i] as string);
    check(tally, isRight, `${commands[i]?.[0]} ${keys[i]}: ${String(value).slice(0, 60)}`);
  }
}

/** Whether a reply is the key's value, or tells that there is none. */
function isOf(value: unknown, key: string): boolean {
  if (value === null) return true;
  return String(value).startsWith(key) && /^\.*$/.test(String(value).slice(key.length));
}

async function collections(redis: Redis, random: () => number, tally: Tally): Promise<void> {
  const name = (kind: string) => favourite(random, kind, COLLECTIONS);
  const [hash, list, set, zset] = ["h", "l", "t", "z"].map(name) as [
    string,
    string,
    string,
    string,
  ];
  const member = `m${below(random, 500)}`;
  const [, field, , , range, , , , ranked] = await replies(
    redis,
    [
      ["hset", hash, member, `${hash}.${member}`],
      ["hget", hash, `m${below(random, 500)}`],
      ["lpush", list, `${list}.`.padEnd(100, ".")],
      ["ltrim", list, 0, 199],
      ["lrange", list, 0, 9],
      ["sadd", set, member],
      ["sinter", set, name("t")],
      ["zadd", zset, below(random, 1e6), `${zset}.${member}`],
      ["zrange", zset, 0, 5],
      ["expire", hash, 600],
      ["unlink", name("t")],
    ],
    tally,
  );
  check(tally, field === null || String(field).startsWith(`${hash}.`), `${hash}: ${field}`);
  for (const [key, elements] of [
    [list, range],
    [zset, ranked],
  ] as [string, string[]][]) {
    const isRight = elements.every((element) => element.startsWith(`${key}.`));
    check(tally, isRight, `${key}: ${elements.join(" ").slice(0, 100)}`);
  }
}

async function streams(redis: Redis, random: () => number, tally: Tally): Promise<void> {
  const key = `x:${below(random, 20)}`;
  await redis.xgroup("CREATE", key, "g", "$", "MKSTREAM").catch(() => {});
  const adding = Array.from({ length: 10 }, () => [
    "xadd",
    key,
    "maxlen",
    "~",
    5000,
    "*",
    "of",
    key,
  ]);
  await replies(redis, adding, tally);
  // The whole stream may be evicted in between, its group with it.
  const read = await redis
    .xreadgroup("GROUP", "g", "c", "COUNT", 20, "STREAMS", key, ">")
    .catch((error: Error) => {
      check(tally, error.message.startsWith("NOGROUP"), error.message);
      return null;
    });
  const entries = ((read as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? []).slice();
  for (const [, fields] of entries) check(tally, fields[1] === key, `${key}: ${fields.join(" ")}`);
  if (entries.length > 0) await redis.xack(key, "g", ...entries.map(([id]) => id));
  tally.operations += 3;
}

async function scripts(redis: Redis, random: () => number, tally: Tally): Promise<void> {
  const key = `n:${below(random, 10_000)}`;
  const isNew = below(random, NEW_SCRIPT_RATIO) === 0;
  const text = isNew ? `${INCREMENT} + ${below(random, 1e9)}` : INCREMENT;
  const count = await redis.eval(text, 1, key);
  check(tally, typeof count === "number" && count > 0, `EVAL: ${count}`);
  tally.operations++;
}

async function transactions(redis: Redis, random: () => number, tally: Tally): Promise<void> {
  const key = `w:${below(random, 1000)}`;
  await redis.watch(key);
  const now = Number((await redis.get(key)) ?? 0);
  const done = await redis
    .multi()
    .set(key, now + 1)
    .get(key)
    .exec();
  if (done !== null) check(tally, done[1]?.[1] === String(now + 1), `EXEC: ${done[1]?.[1]}`);
  tally.operations += 4;
}

async function messages(redis: Redis, _random: () => number, tally: Tally): Promise<void> {
  const receivers = await redis.publish(CHANNEL, "n".repeat(100));
  check(tally, receivers >= 1, `PUBLISH: ${receivers} receivers`);
  tally.operations++;
}

/** A client that comes, is tracked, does a little and goes without a word. */
async function visits(redis: Redis, random: () => number, tally: Tally): Promise<void> {
  const visitor = redis.duplicate({ lazyConnect: true });
  await visitor.connect();
  await visitor.client("SETNAME", `visitor-${below(random, 1e6)}`);
  await visitor.subscribe(CHANNEL);
  visitor.disconnect();
  tally.operations += 2;
}

const PARTS: readonly Part[] = [
  { name: "strings", rate: 60, step: strings },
  { name: "strings", rate: 60, step: strings },
  { name: "collections", rate: 60, step: collections },
  { name: "streams", rate: 10, step: streams },
  { name: "scripts", rate: 100, step: scripts },
  { name: "transactions", rate: 50, step: transactions },
  { name: "messages", rate: 100, step: messages },
  { name: "visits", rate: 5, step: visits },
  { name: "saves", rate: 1 / 60, step: (redis) => ignoringBusy(redis.bgsave()) },
  { name: "rewrites", rate: 1 / 97, step: (redis) => ignoringBusy(redis.bgrewriteaof()) },
];

/** One that is under way, or waits for the other kind, is no fault. */
async function ignoringBusy(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: Error) => {
    if (!/in progress|already|Another child process/.test(error.message)) throw error;
  });
}

/** Runs the load against a server on 127.0.0.1 until told to stop; the tally grows meanwhile. */
export async function mixedLoad(
  port: number,
  seed: number,
  tally: Tally,
  isStopped: () => boolean,
): Promise<void> {
  const subscriber = new Redis(port, "127.0.0.1");
  subscriber.on("message", () => tally.messages++);
  await subscriber.subscribe(CHANNEL);
  const runs = PARTS.map((part, i) => repeat(part, port, seededRandom(seed + i), tally, isStopped));
  await Promise.all(runs);
  subscriber.disconnect();
}

/** A part's steps, evenly spaced; what is late is not made up for. */
async function repeat(
  { name, rate, step }: Part,
  port: number,
  random: () => number,
  tally: Tally,
  isStopped: () => boolean,
): Promise<void> {
  const redis = new Redis(port, "127.0.0.1", { commandTimeout: PATIENCE_MS });
  redis.on("error", (error) => check(tally, false, `${name}: ${error.message}`));
  const pauseMs = 1000 / rate;
  for (let dueMs = performance.now() + pauseMs; !isStopped(); ) {
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 1) {
      await Bun.sleep(Math.min(earlyMs, 500));
      continue;
    }
    dueMs = Math.max(dueMs, performance.now() - 1000) + pauseMs;
    await step(redis, random, tally).catch((error: Error) => {
      check(tally, false, `${name}: ${error.message}`);
    });
  }
  redis.disconnect();
}
