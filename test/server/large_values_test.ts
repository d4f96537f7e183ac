// Purpose: large values are what was sent, however they are made, changed, moved and freed while
// they come or go: random pipelines, replies as Redis's, byte for byte.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { Pair } from "../client/pair.ts";
import { requestOf, type Word } from "../client/resp.ts";
import { redisBinary, type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";

const KB = 1024;
const SEED = Number(process.env.LARGE_SEED ?? Date.now() % 1e9);
const ROUNDS = Number(process.env.LARGE_ROUNDS ?? 60);
const KEYS = ["a", "b", "c"];

function value(random: Random): string {
  const size = random.weighted([
    [2, random.below(100)],
    [3, random.between(4 * KB, 33 * KB)],
    [3, random.between(33 * KB, 300 * KB)],
    [0.3, random.between(1000 * KB, 1200 * KB)],
  ]);
  return `${random.below(1e9)}:`.repeat(Math.ceil(size / 3)).slice(0, size);
}

/** A command that reads or writes large values, or frees what another is made of. */
function command(random: Random): Word[] {
  const key = () => random.pick(KEYS);
  const some = () => value(random);
  const at = () => `${random.between(-400 * KB, 400 * KB)}`;
  return random.weighted<() => Word[]>([
    [4, () => ["SET", key(), some()]],
    [4, () => ["GET", key()]],
    [2, () => ["SET", key(), some(), "EX", "1000"]],
    [1, () => ["SET", key(), some(), "GET"]],
    [1, () => ["SET", key(), some(), random.pick(["NX", "XX"]), "PX", "100000"]],
    [1, () => ["SETEX", key(), "1000", some()]],
    [1, () => ["SETNX", key(), some()]],
    [1, () => ["GETSET", key(), some()]],
    [1, () => ["MSET", key(), some(), key(), some()]],
    [1, () => ["MGET", ...KEYS]],
    [1, () => ["APPEND", key(), some()]],
    [1, () => ["SETRANGE", key(), `${random.below(300 * KB)}`, "changed"]],
    [1, () => ["SETBIT", key(), `${random.below(2e6)}`, "1"]],
    [2, () => ["GETRANGE", key(), at(), at()]],
    [1, () => ["GETDEL", key()]],
    [1, () => ["GETEX", key(), "PERSIST"]],
    [1, () => ["DEL", key()]],
    [1, () => ["UNLINK", key()]],
    [0.5, () => ["FLUSHALL"]],
    [1, () => ["RENAME", key(), key()]],
    [1, () => ["COPY", key(), key(), "REPLACE"]],
    [1, () => ["STRLEN", key()]],
    [1, () => ["BITOP", "NOT", key(), key()]],
    [1, () => ["HSET", "hash", key(), some()]],
    [1, () => ["HGET", "hash", key()]],
    [1, () => ["HDEL", "hash", key()]],
    [1, () => ["LPUSH", "list", some()]],
    [1, () => ["LRANGE", "list", "0", "-1"]],
    [1, () => ["LSET", "list", "0", some()]],
    [1, () => ["RPOP", "list"]],
    [1, () => ["ECHO", some()]],
    [1, () => ["PING", some()]],
    [1, () => ["EXPIRE", key(), "-1"]],
    [0.5, () => ["EVALSHA", some(), "0"]],
  ])();
}

function pipeline(random: Random): Word[][] {
  const commands = Array.from({ length: random.between(1, 16) }, () => command(random));
  if (random.chance(0.8)) return commands;
  return [["MULTI"], ...commands, [random.pick(["EXEC", "DISCARD"])]];
}

const hasRedis = redisBinary() !== null;

test.skipIf(!hasRedis)("random pipelines", async () => {
  const pair = await Pair.start();
  try {
    const random = new Random(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      await pair.same(pipeline(random), `LARGE_SEED=${SEED}, round ${round}`);
    }
  } finally {
    await pair.stop();
  }
});

let server: Server;

beforeAll(async () => {
  server = await startServer({ args: ["--slowlog-log-slower-than", "0"] });
});

afterAll(async () => {
  await server?.stop();
});

test("what a command was is known when it is over, whatever became of its value", async () => {
  const client = await server.connect();
  const large = "x".repeat(300 * KB);
  await client.command("SLOWLOG", "RESET");
  for (const words of [
    ["SET", "k", large],
    ["SET", "k", large, "PXAT", "1"],
    ["SETEX", "k", "100", large],
  ]) {
    expect(await client.command(...words)).toEqual({ type: "simple", value: "OK" });
  }
  const words = (await client.raw(requestOf(["SLOWLOG", "GET", "3"]), 1)).toString("latin1");
  const shown = `${"x".repeat(128)}... (${300 * KB - 128} more bytes)`;
  for (const size of [3, 4, 5]) expect(words).toContain(`*${size}\r\n$`);
  expect(words.split(`\r\n${shown}\r\n`).length).toBe(4);
  client.close();
});
