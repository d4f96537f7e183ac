// Purpose: the list commands (src/commands/lists/), as sessions under RESP2 and RESP3. All hold
// for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";

const PROTOCOLS = [2, 3] as const;

const RANK_ZERO =
  "(error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
  "or use negative to start from the end of the list";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "SET", "list-max-listpack-size", "-2");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("LPUSH, RPUSH, LPUSHX, RPUSHX and LLEN", () =>
    session(`
      > LLEN l
      (integer) 0
      > LPUSHX l a
      (integer) 0
      > RPUSHX l a b
      (integer) 0
      > EXISTS l
      (integer) 0
      > RPUSH l a
      (integer) 1
      > RPUSH l b "" "c\\r\\n\\x00\\xff"
      (integer) 4
      > LPUSH l 1 2 -3
      (integer) 7
      > LPUSHX l x y
      (integer) 9
      > RPUSHX l z
      (integer) 10
      > LLEN l
      (integer) 10
      > LRANGE l 0 -1
       1) "y"
       2) "x"
       3) "-3"
       4) "2"
       5) "1"
       6) "a"
       7) "b"
       8) ""
       9) "c\\r\\n\\x00\\xff"
      10) "z"
      > TYPE l
      list
      > OBJECT ENCODING l
      "quicklist"
      > SET s v
      OK
      > LPUSH s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > RPUSHX s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LLEN s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GET l
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LPUSH l
      (error) ERR wrong number of arguments for 'lpush' command
      > RPUSHX l
      (error) ERR wrong number of arguments for 'rpushx' command
      > LLEN
      (error) ERR wrong number of arguments for 'llen' command
    `));

  test("LPOP and RPOP, with a count and without", () =>
    session(`
      > RPUSH l a b c d e f 7
      (integer) 7
      > LPOP l
      "a"
      > RPOP l
      "7"
      > LPOP l 2
      1) "b"
      2) "c"
      > RPOP l 2
      1) "f"
      2) "e"
      > LPOP l 0
      (empty array)
      > RPOP l 10
      1) "d"
      > EXISTS l
      (integer) 0
      > LPOP l
      (nil)
      > LPOP l 0
      (nil)
      > RPOP l 3
      (nil)
      > SET s v
      OK
      > LPOP s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > RPOP s 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LPOP s -1
      (error) ERR value is out of range, must be positive
      > LPOP l a
      (error) ERR value is out of range, must be positive
      > RPOP l 9223372036854775808
      (error) ERR value is out of range, must be positive
      > RPOP l 9223372036854775807
      (nil)
      > LPOP l 1 2
      (error) ERR wrong number of arguments for 'lpop' command
      > RPOP l 1 2
      (error) ERR wrong number of arguments for 'rpop' command
    `));

  test("LINDEX and LRANGE", () =>
    session(`
      > RPUSH l a b c d e
      (integer) 5
      > LINDEX l 0
      "a"
      > LINDEX l 4
      "e"
      > LINDEX l 5
      (nil)
      > LINDEX l -1
      "e"
      > LINDEX l -5
      "a"
      > LINDEX l -6
      (nil)
      > LINDEX l 9223372036854775807
      (nil)
      > LINDEX l a
      (error) ERR value is not an integer or out of range
      > LINDEX nokey a
      (nil)
      > LRANGE l 1 3
      1) "b"
      2) "c"
      3) "d"
      > LRANGE l -2 -1
      1) "d"
      2) "e"
      > LRANGE l -100 0
      1) "a"
      > LRANGE l 4 100
      1) "e"
      > LRANGE l 3 2
      (empty array)
      > LRANGE l 5 10
      (empty array)
      > LRANGE l 0 -6
      (empty array)
      > LRANGE l -9223372036854775808 9223372036854775807
      1) "a"
      2) "b"
      3) "c"
      4) "d"
      5) "e"
      > LRANGE nokey 0 -1
      (empty array)
      > LRANGE l 0 a
      (error) ERR value is not an integer or out of range
      > LRANGE nokey 1.5 1
      (error) ERR value is not an integer or out of range
      > SET s v
      OK
      > LRANGE s 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LRANGE s a 1
      (error) ERR value is not an integer or out of range
      > LINDEX s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("LSET", () =>
    session(`
      > RPUSH l a b c
      (integer) 3
      > LSET l 0 longer
      OK
      > LSET l -1 ""
      OK
      > LSET l 1 12345678901
      OK
      > LRANGE l 0 -1
      1) "longer"
      2) "12345678901"
      3) ""
      > LSET l 3 x
      (error) ERR index out of range
      > LSET l -4 x
      (error) ERR index out of range
      > LSET l a x
      (error) ERR value is not an integer or out of range
      > LSET nokey a x
      (error) ERR no such key
      > SET s v
      OK
      > LSET s a x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("LINSERT", () =>
    session(`
      > RPUSH l a b c b
      (integer) 4
      > LINSERT l BEFORE b 1
      (integer) 5
      > LINSERT l after b 2
      (integer) 6
      > LINSERT l BEFORE a first
      (integer) 7
      > LINSERT l AFTER c 3
      (integer) 8
      > LINSERT l AFTER nowhere x
      (integer) -1
      > LRANGE l 0 -1
      1) "first"
      2) "a"
      3) "1"
      4) "b"
      5) "2"
      6) "c"
      7) "3"
      8) "b"
      > LINSERT l AFTER 3 4
      (integer) 9
      > LINDEX l 7
      "4"
      > DEL l
      (integer) 1
      > LINSERT l BEFORE a x
      (integer) 0
      > EXISTS l
      (integer) 0
      > LINSERT l beside a x
      (error) ERR syntax error
      > SET s v
      OK
      > LINSERT s beside a x
      (error) ERR syntax error
      > LINSERT s BEFORE a x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("LREM", () =>
    session(`
      > RPUSH l a b a 1 a b a 1
      (integer) 8
      > LREM l 1 a
      (integer) 1
      > LREM l -2 a
      (integer) 2
      > LRANGE l 0 -1
      1) "b"
      2) "a"
      3) "1"
      4) "b"
      5) "1"
      > LREM l 0 1
      (integer) 2
      > LREM l 5 nowhere
      (integer) 0
      > LREM l -9223372036854775808 b
      (integer) 2
      > LREM l 1 a
      (integer) 1
      > EXISTS l
      (integer) 0
      > LREM l 1 a
      (integer) 0
      > LREM l x a
      (error) ERR value is not an integer or out of range
      > SET s v
      OK
      > LREM s x a
      (error) ERR value is not an integer or out of range
      > LREM s 1 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("LTRIM", () =>
    session(`
      > RPUSH l a b c d e
      (integer) 5
      > LTRIM l 0 -1
      OK
      > LTRIM l 1 -2
      OK
      > LRANGE l 0 -1
      1) "b"
      2) "c"
      3) "d"
      > LTRIM l -100 1
      OK
      > LRANGE l 0 -1
      1) "b"
      2) "c"
      > LTRIM l 1 0
      OK
      > EXISTS l
      (integer) 0
      > LTRIM l 0 1
      OK
      > RPUSH l a
      (integer) 1
      > LTRIM l 5 10
      OK
      > EXISTS l
      (integer) 0
      > LTRIM l a 1
      (error) ERR value is not an integer or out of range
      > LTRIM l 1 a
      (error) ERR value is not an integer or out of range
      > SET s v
      OK
      > LTRIM s a 1
      (error) ERR value is not an integer or out of range
      > LTRIM s 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("LPOS", () =>
    session(`
      > RPUSH l a b c 1 2 3 c c
      (integer) 8
      > LPOS l a
      (integer) 0
      > LPOS l c
      (integer) 2
      > LPOS l 3
      (integer) 5
      > LPOS l nowhere
      (nil)
      > LPOS l c RANK 2
      (integer) 6
      > LPOS l c RANK -1
      (integer) 7
      > LPOS l c RANK 4
      (nil)
      > LPOS l c RANK -4
      (nil)
      > LPOS l c COUNT 2
      1) (integer) 2
      2) (integer) 6
      > LPOS l c COUNT 0
      1) (integer) 2
      2) (integer) 6
      3) (integer) 7
      > LPOS l c COUNT 0 RANK 2
      1) (integer) 6
      2) (integer) 7
      > LPOS l c COUNT 0 RANK -1
      1) (integer) 7
      2) (integer) 6
      3) (integer) 2
      > LPOS l nowhere COUNT 0
      (empty array)
      > LPOS l c MAXLEN 2
      (nil)
      > LPOS l c MAXLEN 3
      (integer) 2
      > LPOS l c MAXLEN 0 COUNT 1
      1) (integer) 2
      > LPOS l c RANK -1 MAXLEN 2 COUNT 0
      1) (integer) 7
      2) (integer) 6
      > LPOS l c RANK -3 MAXLEN 5 COUNT 0
      (empty array)
      > LPOS l c RANK -3 MAXLEN 6
      (integer) 2
      > LPOS l c rank 1 count 1 rank 2
      1) (integer) 6
      > LPOS l c RANK -9223372036854775808
      (integer) 7
      > LPOS l c RANK -9223372036854775807
      (nil)
      > LPOS nokey a
      (nil)
      > LPOS nokey a COUNT 5
      (empty array)
      > LPOS l c RANK 0
      ${RANK_ZERO}
      > LPOS l c RANK a
      (error) ERR value is not an integer or out of range
      > LPOS l c COUNT -1
      (error) ERR COUNT can't be negative
      > LPOS l c COUNT a
      (error) ERR COUNT can't be negative
      > LPOS l c MAXLEN -1
      (error) ERR MAXLEN can't be negative
      > LPOS l c MAXLEN a
      (error) ERR MAXLEN can't be negative
      > LPOS l c RANK
      (error) ERR syntax error
      > LPOS nokey c COUNT 1 other 1
      (error) ERR syntax error
      > SET s v
      OK
      > LPOS s c RANK 0
      ${RANK_ZERO}
      > LPOS s c
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("LMOVE and RPOPLPUSH", () =>
    session(`
      > RPUSH l a b c 4
      (integer) 4
      > LMOVE l m LEFT RIGHT
      "a"
      > LMOVE l m right left
      "4"
      > LRANGE m 0 -1
      1) "4"
      2) "a"
      > RPOPLPUSH l m
      "c"
      > LMOVE l m LEFT LEFT
      "b"
      > EXISTS l
      (integer) 0
      > LRANGE m 0 -1
      1) "b"
      2) "c"
      3) "4"
      4) "a"
      > RPOPLPUSH m m
      "a"
      > LMOVE m m LEFT LEFT
      "a"
      > LMOVE m m LEFT RIGHT
      "a"
      > LRANGE m 0 -1
      1) "b"
      2) "c"
      3) "4"
      4) "a"
      > RPUSH one x
      (integer) 1
      > LMOVE one one RIGHT LEFT
      "x"
      > LRANGE one 0 -1
      1) "x"
      > LMOVE nokey m LEFT LEFT
      (nil)
      > RPOPLPUSH nokey m
      (nil)
      > SET s v
      OK
      > LMOVE nokey s LEFT LEFT
      (nil)
      > LMOVE s m LEFT LEFT
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LMOVE m s LEFT LEFT
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > RPOPLPUSH m s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LLEN m
      (integer) 4
      > LMOVE s m LEFT up
      (error) ERR syntax error
      > LMOVE s m up LEFT
      (error) ERR syntax error
      > LMOVE s m LEFT
      (error) ERR wrong number of arguments for 'lmove' command
    `));

  test("LMPOP", () =>
    session(`
      > RPUSH l a b c d
      (integer) 4
      > RPUSH m 1 2
      (integer) 2
      > LMPOP 1 l LEFT
      1) "l"
      2) 1) "a"
      > LMPOP 3 nokey l m right count 2
      1) "l"
      2) 1) "d"
         2) "c"
      > LMPOP 2 l m LEFT COUNT 10
      1) "l"
      2) 1) "b"
      > EXISTS l
      (integer) 0
      > LMPOP 2 l m LEFT COUNT 10
      1) "m"
      2) 1) "1"
         2) "2"
      > LMPOP 2 l m LEFT
      (nil)
      > SET s v
      OK
      > LMPOP 2 nokey s LEFT
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > LMPOP 0 l LEFT
      (error) ERR numkeys should be greater than 0
      > LMPOP a l LEFT
      (error) ERR numkeys should be greater than 0
      > LMPOP 2 l LEFT
      (error) ERR syntax error
      > LMPOP 9223372036854775807 l LEFT
      (error) ERR syntax error
      > LMPOP 1 l up
      (error) ERR syntax error
      > LMPOP 1 l LEFT COUNT
      (error) ERR syntax error
      > LMPOP 1 l LEFT COUNT 0
      (error) ERR count should be greater than 0
      > LMPOP 1 l LEFT COUNT a
      (error) ERR count should be greater than 0
      > LMPOP 1 l LEFT COUNT a COUNT 1
      (error) ERR count should be greater than 0
      > LMPOP 1 l LEFT COUNT 1 COUNT 1
      (error) ERR syntax error
      > LMPOP 1 l LEFT other 1
      (error) ERR syntax error
      > LMPOP 1 l
      (error) ERR wrong number of arguments for 'lmpop' command
    `));

  test("the keyspace's own commands take lists as well", () =>
    session(`
      > RPUSH l a b c
      (integer) 3
      > EXPIRE l 100
      (integer) 1
      > COPY l m
      (integer) 1
      > RENAME l n
      OK
      > RPUSH n d
      (integer) 4
      > LRANGE m 0 -1
      1) "a"
      2) "b"
      3) "c"
      > TTL n
      (integer) 100
      > SCAN 0 TYPE list COUNT 100 MATCH n
      1) "0"
      2) 1) "n"
      > SET n v
      OK
      > UNLINK m
      (integer) 1
      > DBSIZE
      (integer) 1
    `));
});

test("no value is a bulk string, an array or one null, as the command says", async () => {
  const nils = [
    [["LPOP", "k"], "bulk"],
    [["LPOP", "k", "2"], "array"],
    [["LINDEX", "k", "0"], "bulk"],
    [["LPOS", "k", "a"], "bulk"],
    [["LMOVE", "k", "l", "LEFT", "LEFT"], "bulk"],
    [["LMPOP", "1", "k", "LEFT"], "array"],
  ] as const;
  for (const [words, nil] of nils) {
    expect(await client.command(...words)).toEqual({ type: "nil", nil });
  }
});

test("what a list loses counts as changes, and WATCH is told", async () => {
  const changes = async () =>
    Number(/rdb_changes_since_last_save:(\d+)/.exec(String(await ask("INFO", "persistence")))?.[1]);
  const steps: [number, ...string[]][] = [
    [3, "RPUSH", "l", "a", "b", "c"],
    [1, "LPUSHX", "l", "a"],
    [0, "LPUSHX", "nokey", "a"],
    [1, "LSET", "l", "0", "x"],
    [1, "LINSERT", "l", "BEFORE", "b", "y"],
    [0, "LINSERT", "l", "BEFORE", "nowhere", "y"],
    [0, "LTRIM", "l", "0", "-1"],
    [2, "LTRIM", "l", "1", "-2"],
    [1, "LPOP", "l"],
    [2, "RPUSH", "l", "a", "a"],
    [2, "LREM", "l", "0", "a"],
    [0, "LREM", "l", "0", "a"],
    [4, "RPUSH", "l", "1", "2", "3", "4"],
    [3, "RPOP", "l", "3"],
    [0, "RPOP", "l", "0"],
    [1, "LMOVE", "l", "m", "LEFT", "LEFT"],
    [1, "LMOVE", "m", "m", "LEFT", "LEFT"],
    [4, "RPUSH", "l", "1", "2", "3", "4"],
    [2, "LMPOP", "1", "l", "LEFT", "COUNT", "2"],
    [4, "LTRIM", "l", "5", "1"],
  ];
  for (const [count, ...words] of steps) {
    const before = await changes();
    await ask(...words);
    expect([words, (await changes()) - before]).toEqual([words, count]);
  }
});

test.each([
  [["LPUSH", "l", "x"], true],
  [["LPUSHX", "nokey", "x"], false],
  [["LPOP", "l"], true],
  [["LPOP", "l", "0"], false],
  [["LTRIM", "l", "0", "-1"], true],
  [["LREM", "l", "0", "nowhere"], false],
  [["LREM", "l", "0", "a"], true],
  [["LINSERT", "l", "AFTER", "nowhere", "x"], false],
  [["LINSERT", "l", "AFTER", "a", "x"], true],
  [["LMOVE", "m", "l", "LEFT", "LEFT"], true],
  [["LMOVE", "l", "m", "LEFT", "LEFT"], true],
  [["LMOVE", "nokey", "l", "LEFT", "LEFT"], false],
  [["LRANGE", "l", "0", "-1"], false],
] as const)("WATCH and %p", async (words, isChange) => {
  await ask("RPUSH", "l", "a", "b");
  await ask("RPUSH", "m", "a", "b");
  await ask("WATCH", "l");
  const other = await server.connect();
  await other.command(...words);
  other.close();
  await ask("MULTI");
  await ask("PING");
  expect(await ask("EXEC")).toEqual(isChange ? null : ["PONG"]);
});

/** One random command that changes or reads the list, done to the model as well. */
async function randomStep(random: Random, model: string[]): Promise<void> {
  const index = random.below(model.length + 2) - 1;
  const text = random.chance(0.5)
    ? String(random.below(50))
    : "x".repeat(random.pick([1, 50, 300, 9000]));
  const count = random.between(1, 40);
  const texts = Array.from({ length: count }, (_, i) => `${text}${i}`);
  const kind = random.below(10);
  if (kind < 2) {
    expect(await ask("RPUSH", "l", ...texts)).toBe(model.push(...texts));
  } else if (kind < 4) {
    expect(await ask("LPUSH", "l", ...texts)).toBe(model.unshift(...texts.reverse()));
  } else if (kind === 4) {
    const popped = model.splice(0, count);
    expect(await ask("LPOP", "l", `${count}`)).toEqual(popped.length ? popped : null);
  } else if (kind === 5) {
    const popped = model.splice(Math.max(model.length - count, 0)).reverse();
    expect(await ask("RPOP", "l", `${count}`)).toEqual(popped.length ? popped : null);
  } else if (kind === 6 && index >= 0 && index < model.length) {
    model[index] = text;
    expect(await ask("LSET", "l", `${index}`, text)).toBe("OK");
  } else if (kind === 7) {
    const pivot = random.pick([...model, "nowhere"]);
    const at = model.indexOf(pivot);
    if (at >= 0) model.splice(at + 1, 0, text);
    const length = at >= 0 ? model.length : model.length > 0 ? -1 : 0;
    expect(await ask("LINSERT", "l", "AFTER", pivot, text)).toBe(length);
  } else if (kind === 8) {
    const kept = model.filter((other) => other !== text);
    expect(await ask("LREM", "l", "0", text)).toBe(model.length - kept.length);
    model.splice(0, model.length, ...kept);
  } else if (random.chance(0.1)) {
    model.splice(0, model.length, ...model.slice(20, 400));
    expect(await ask("LTRIM", "l", "20", "399")).toBe("OK");
  }
  expect(await ask("LLEN", "l")).toBe(model.length);
  expect(await ask("LINDEX", "l", `${index}`)).toBe(model.at(index) ?? null);
}

test.each(["-2", "-1", "3"])(
  "random commands behave as on an array, leaves of %s",
  async (limit) => {
    await ask("CONFIG", "SET", "list-max-listpack-size", limit);
    const random = new Random(17);
    const model: string[] = [];
    for (let step = 0; step < 400; step++) {
      await randomStep(random, model);
      if (step % 20 === 0) expect(await ask("LRANGE", "l", "0", "-1")).toEqual(model);
    }
  },
);

test("elements of many sizes come back as they went, and move between lists", async () => {
  const texts = [0, 63, 64, 4095, 4096, 20_000, 300_000].map((size) => "x".repeat(size));
  for (const text of texts) {
    await ask("LPUSH", "l", "before", text, "after");
    expect(await ask("LINDEX", "l", "1")).toBe(text);
    await ask("LTRIM", "l", "1", "1");
    expect(await ask("LMOVE", "l", "m", "LEFT", "RIGHT")).toBe(text);
  }
  expect(await ask("LRANGE", "m", "0", "-1")).toEqual(texts);
});
