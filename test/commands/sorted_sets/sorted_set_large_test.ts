// Purpose: sorted sets of both encodings, and large ones: conversions, scans, random members,
// ranges against a model, what a change counts as. All but WITHSCORE of Redis 7.2 holds for the
// real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";
import { inProtocol } from "./sorted_set_replies.ts";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "SET", "zset-max-listpack-entries", "128");
  await client.command("CONFIG", "SET", "zset-max-listpack-value", "64");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));
const texts = async (...words: Word[]) => (await ask(...words)) as string[];
const encoding = (key: string) => ask("OBJECT", "ENCODING", key);

async function addNumbered(key: string, from: number, end: number): Promise<void> {
  const words: string[] = [];
  for (let i = from; i < end; i++) words.push(String(i), `m${i}`);
  await client.command("ZADD", key, ...words);
}

describe("encodings", () => {
  test("change with the number of members, and never back", async () => {
    await addNumbered("z", 0, 128);
    expect(await encoding("z")).toBe("listpack");
    await ask("ZADD", "z", "5", "m4");
    expect(await encoding("z")).toBe("listpack");
    await ask("ZADD", "z", "128", "m128");
    expect(await encoding("z")).toBe("skiplist");
    await ask("ZREMRANGEBYRANK", "z", "1", "-1");
    expect(await encoding("z")).toBe("skiplist");
    expect(await texts("ZRANGE", "z", "0", "-1")).toEqual(["m0"]);
  });

  test("change with the size of a member", () =>
    server.session(`
      > ZADD z 1 ${"x".repeat(64)}
      (integer) 1
      > OBJECT ENCODING z
      "listpack"
      > ZADD z 1 ${"x".repeat(65)}
      (integer) 1
      > OBJECT ENCODING z
      "skiplist"
      > ZADD y 1 ${"x".repeat(65)}
      (integer) 1
      > OBJECT ENCODING y
      "skiplist"
      > CONFIG SET zset-max-listpack-value 3
      OK
      > ZADD w 1 abc
      (integer) 1
      > OBJECT ENCODING w
      "listpack"
      > ZADD w 5 abcd
      (integer) 1
      > OBJECT ENCODING w
      "skiplist"
      > ZRANGE w 0 -1
      1) "abc"
      2) "abcd"
    `));

  test("of what is stored follow from what it is", () =>
    server.session(`
      > CONFIG SET zset-max-listpack-entries 2
      OK
      > ZADD z 1 a 2 b 3 c
      (integer) 3
      > OBJECT ENCODING z
      "skiplist"
      > ZRANGESTORE d z 0 1
      (integer) 2
      > OBJECT ENCODING d
      "listpack"
      > ZRANGESTORE d z 0 2
      (integer) 3
      > OBJECT ENCODING d
      "skiplist"
      > ZUNIONSTORE d 1 z
      (integer) 3
      > OBJECT ENCODING d
      "skiplist"
      > ZADD y 1 a 2 b
      (integer) 2
      > ZINTERSTORE d 2 z y
      (integer) 2
      > OBJECT ENCODING d
      "listpack"
      > ZDIFFSTORE d 2 z y
      (integer) 1
      > OBJECT ENCODING d
      "listpack"
      > CONFIG SET zset-max-listpack-value 0
      OK
      > ZUNIONSTORE d 1 y
      (integer) 2
      > OBJECT ENCODING d
      "skiplist"
    `));

  test("differ in what they keep of whole scores", () =>
    server.session(`
      > ZADD z -0 a
      (integer) 1
      > ZSCORE z a
      "0"
      > ZADD z 1e17 b -4611686018427387904 c 1e19 d
      (integer) 3
      > ZSCAN z 0
      1) "0"
      2) 1) "c"
         2) "-4611686018427387904"
         3) "a"
         4) "0"
         5) "b"
         6) "100000000000000000"
         7) "d"
         8) "1e+19"
      > CONFIG SET zset-max-listpack-entries 0
      OK
      > ZADD y -0 a
      (integer) 1
      > ZSCORE y a
      "-0"
      > ZADD y 0 a
      (integer) 0
      > ZSCORE y a
      "-0"
      > ZADD y 1e17 a
      (integer) 0
      > ZSCAN y 0
      1) "0"
      2) 1) "a"
         2) "1e+17"
    `));
});

describe("ZSCAN of many members", () => {
  test("comes to each of them, with its score", async () => {
    await addNumbered("z", 0, 1000);
    for (const count of ["1", "7", "100", "5000"]) {
      const seen = new Map<string, string>();
      let cursor = "0";
      let steps = 0;
      do {
        const [next, elements] = (await ask("ZSCAN", "z", cursor, "COUNT", count)) as [
          string,
          string[],
        ];
        for (let i = 0; i < elements.length; i += 2) seen.set(elements[i], elements[i + 1]);
        cursor = next;
        steps++;
      } while (cursor !== "0");
      expect(seen.size).toBe(1000);
      for (const [member, score] of seen) expect(member).toBe(`m${score}`);
      if (count === "1") expect(steps).toBeGreaterThan(100);
      if (count === "5000") expect(steps).toBe(1);
    }
  });

  test("tells those that match", async () => {
    await addNumbered("z", 0, 1000);
    const seen = new Set<string>();
    let cursor = "0";
    do {
      const [next, elements] = (await ask("ZSCAN", "z", cursor, "MATCH", "m1?")) as [
        string,
        string[],
      ];
      for (let i = 0; i < elements.length; i += 2) seen.add(elements[i]);
      cursor = next;
    } while (cursor !== "0");
    expect([...seen].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `m1${i}`));
  });
});

describe.each([10, 300])("ZRANDMEMBER of %d members", (total) => {
  beforeEach(() => addNumbered("z", 0, total));

  test.each([1, 3, 9, 100, 299])("picks %d different ones", async (count) => {
    const picked = await texts("ZRANDMEMBER", "z", String(count));
    expect(picked.length).toBe(Math.min(count, total));
    expect(new Set(picked).size).toBe(picked.length);
    const pairs = await texts("ZRANDMEMBER", "z", String(count), "WITHSCORES");
    expect(pairs.length).toBe(2 * Math.min(count, total));
    for (let i = 0; i < pairs.length; i += 2) expect(pairs[i]).toBe(`m${pairs[i + 1]}`);
  });

  test("comes to all members, and as often to each", async () => {
    const counts = new Map<string, number>();
    for (const count of ["2", String(total - 1), "-50"]) {
      for (let round = 0; round < 200; round++) {
        for (const member of await texts("ZRANDMEMBER", "z", count)) {
          counts.set(member, (counts.get(member) ?? 0) + 1);
        }
      }
    }
    expect(counts.size).toBe(total);
    expect(await texts("ZRANDMEMBER", "z", "-1000", "WITHSCORES")).toHaveLength(2000);
    const each = [...counts.values()];
    expect(Math.max(...each)).toBeLessThan(Math.min(...each) * 2);
  });

  test("of all comes in the order of ZREVRANGE", async () => {
    const all = await texts("ZREVRANGE", "z", "0", "-1");
    expect(await texts("ZRANDMEMBER", "z", String(total))).toEqual(all);
    expect(await texts("ZRANDMEMBER", "z", "9223372036854775807")).toEqual(all);
  });
});

/** A sorted set as plain data: pairs in order. */
class Model {
  readonly scores = new Map<string, number>();

  pairs(): [string, number][] {
    return [...this.scores].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  }
}

/** The members with scores in a range whose ends are written as Redis takes them. */
function within(pairs: readonly [string, number][], min: string, max: string): string[] {
  const above = (score: number) =>
    min[0] === "(" ? score > Number(min.slice(1)) : score >= Number(min);
  const below = (score: number) =>
    max[0] === "(" ? score < Number(max.slice(1)) : score <= Number(max);
  return pairs.filter(([, score]) => above(score) && below(score)).map(([member]) => member);
}

test.each([128, 0])("random changes and ranges, listpacks up to %d", async (limit) => {
  await ask("CONFIG", "SET", "zset-max-listpack-entries", String(limit));
  const random = new Random(limit + 1);
  const model = new Model();
  const end = () => `${random.pick(["", "("])}${random.between(-20, 20) / 2}`;
  for (let round = 0; round < 600; round++) {
    const member = `m${random.between(0, 400)}`;
    const score = random.between(-20, 20) / 2;
    const choice = random.below(10);
    if (choice < 5) {
      await ask("ZADD", "z", String(score), member);
      model.scores.set(member, score);
    } else if (choice < 7) {
      const old = model.scores.get(member) ?? 0;
      expect(Number(await ask("ZINCRBY", "z", "0.25", member))).toBe(old + 0.25);
      model.scores.set(member, old + 0.25);
    } else if (choice < 8) {
      expect(await ask("ZREM", "z", member)).toBe(Number(model.scores.delete(member)));
    } else if (choice < 9) {
      const [min, max] = [end(), end()];
      const found = within(model.pairs(), min, max);
      expect(await texts("ZRANGEBYSCORE", "z", min, max)).toEqual(found);
      expect(await ask("ZCOUNT", "z", min, max)).toBe(found.length);
      const [offset, count] = [random.between(0, 5), random.between(1, 20)];
      expect(
        await texts("ZREVRANGEBYSCORE", "z", max, min, "LIMIT", String(offset), String(count)),
      ).toEqual(found.reverse().slice(offset, offset + count));
    } else {
      const all = model.pairs().map(([each]) => each);
      const index = all.indexOf(member);
      expect(await ask("ZRANK", "z", member)).toBe(index < 0 ? null : index);
      expect(await ask("ZREVRANK", "z", member)).toBe(index < 0 ? null : all.length - 1 - index);
      const from = random.between(0, all.length);
      expect(await texts("ZRANGE", "z", String(from), String(from + 5))).toEqual(
        all.slice(from, from + 6),
      );
    }
  }
  for (let left = model.scores.size; left > 0; ) {
    const from = random.between(0, left - 1);
    const removed = Math.min(left - from, random.between(1, 20));
    const all = model.pairs();
    const [start, stop] = [String(from), String(from + removed - 1)];
    expect(await ask("ZREMRANGEBYRANK", "z", start, stop)).toBe(removed);
    for (const [member] of all.slice(from, from + removed)) model.scores.delete(member);
    left -= removed;
    const rest = model.pairs().map(([member]) => member);
    expect(await texts("ZRANGE", "z", "0", "-1")).toEqual(rest);
  }
  expect(await ask("EXISTS", "z")).toBe(0);
});

test("unions of large sets, of both kinds", async () => {
  await addNumbered("a", 0, 2000);
  await addNumbered("b", 1000, 3000);
  await ask("SADD", "s", ...Array.from({ length: 500 }, (_, i) => `m${i}`));
  expect(await ask("ZUNIONSTORE", "d", "3", "a", "b", "s", "WEIGHTS", "1", "2", "0.5")).toBe(3000);
  const scores = await texts("ZMSCORE", "d", "m0", "m499", "m500", "m1000", "m1999", "m2999");
  expect(scores.map(Number)).toEqual([0.5, 499.5, 500, 3000, 5997, 5998]);
  const pairs = await texts("ZRANGE", "d", "0", "-1", "WITHSCORES");
  for (let i = 3; i < pairs.length; i += 2) {
    expect(Number(pairs[i])).toBeGreaterThanOrEqual(Number(pairs[i - 2]));
  }
  expect(await ask("ZINTERCARD", "2", "a", "b")).toBe(1000);
  expect(await ask("ZINTERSTORE", "d", "2", "a", "s")).toBe(500);
  expect(await ask("ZDIFFSTORE", "d", "3", "a", "b", "s")).toBe(500);
  expect(await texts("ZRANGE", "d", "0", "1")).toEqual(["m500", "m501"]);
  expect(await texts("ZUNION", "2", "a", "b")).toHaveLength(3000);
});

describe("what a change counts as", () => {
  const changes = async (...words: string[]) => {
    const count = async () =>
      Number(
        /rdb_changes_since_last_save:(\d+)/.exec(String(await ask("INFO", "persistence")))?.[1],
      );
    const before = await count();
    await client.command(...words);
    return (await count()) - before;
  };

  test.each([
    ["ZADD z 1 a 2 b 9 new", 1],
    ["ZADD z CH 5 a 6 b 9 new", 3],
    ["ZADD z 1 a", 0],
    ["ZADD other 1 a 2 b", 2],
    ["ZADD other XX 1 a", 0],
    ["ZINCRBY z 1 a", 1],
    ["ZINCRBY z 0 a", 0],
    ["ZADD z NX INCR 5 a", 0],
    ["ZREM z a x b", 2],
    ["ZREM z a b c d", 4],
    ["ZREM z x", 0],
    ["ZPOPMIN z", 1],
    ["ZPOPMAX z 3", 3],
    ["ZPOPMAX z 0", 0],
    ["ZMPOP 1 z MIN COUNT 9", 4],
    ["ZREMRANGEBYRANK z 0 1", 2],
    ["ZREMRANGEBYSCORE z 2 3", 2],
    ["ZREMRANGEBYSCORE z 20 30", 0],
    ["ZREMRANGEBYLEX y - +", 2],
    ["ZRANGESTORE d z 0 -1", 1],
    ["ZRANGESTORE y z 9 10", 1],
    ["ZRANGESTORE d z 9 10", 0],
    ["ZUNIONSTORE d 2 z y", 1],
    ["ZINTERSTORE y 2 z nokey", 1],
    ["ZDIFFSTORE d 2 z z", 0],
  ])("%s: %d", async (line, expected) => {
    await ask("ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d");
    await ask("ZADD", "y", "0", "a", "0", "b");
    expect(await changes(...line.split(" "))).toBe(expected);
  });

  test("is told to those who watch, and no change is not", () =>
    server.session(`
      > ZADD z 1 a 2 b
      (integer) 2
      > WATCH z
      OK
      other> ZADD z 1 a
      (integer) 0
      other> ZREM z x
      (integer) 0
      other> ZADD z XX 1 x
      (integer) 0
      other> ZREMRANGEBYSCORE z 8 9
      (integer) 0
      > MULTI
      OK
      > ZCARD z
      QUEUED
      > EXEC
      1) (integer) 2
      > WATCH z
      OK
      other> ZPOPMIN z
      1) "a"
      2) "1"
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      (nil)
      > WATCH z
      OK
      other> ZUNIONSTORE z 1 nokey
      (integer) 0
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      (nil)
    `));
});

describe("WITHSCORE of ZRANK and ZREVRANK", () => {
  const isOracle = /redis-server/.test(process.env.RUSK_BINARY ?? "");

  test.skipIf(isOracle).each([2, 3] as const)("RESP%d", (protocol) =>
    server.session(
      inProtocol(
        `
      > ZADD z 1 a 2.5 b
      (integer) 2
      > ZRANK z b WITHSCORE
      1) (integer) 1
      2) (double) 2.5
      > ZREVRANK z b withscore
      1) (integer) 0
      2) (double) 2.5
      > ZRANK z c WITHSCORE
      (nil)
      > ZREVRANK nokey c WITHSCORE
      (nil)
      > ZRANK z b BOGUS
      (error) ERR wrong number of arguments for 'zrank' command
      > ZREVRANK z b WITHSCORE x
      (error) ERR wrong number of arguments for 'zrevrank' command
    `,
        protocol,
      ),
      { protocol },
    ),
  );
});
