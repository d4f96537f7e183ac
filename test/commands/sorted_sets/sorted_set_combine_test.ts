// Purpose: what combines sorted sets and stores the result, as sessions
// in both encodings and protocols. They hold for the real Redis as well:
// RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { withSeed } from "../../client/pair.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import type { Random } from "../../fuzz/random.ts";
import { inProtocol } from "./sorted_set_replies.ts";

/** The largest listpack, by the encoding that sorted sets then have. */
const LISTPACK_ENTRIES = { listpack: "128", skiplist: "0" } as const;

describe.each([
  ["listpack", 2],
  ["listpack", 3],
  ["skiplist", 2],
  ["skiplist", 3],
] as const)("%s, RESP%d", (encoding, protocol) => {
  let server: Server;
  const session = (text: string) => server.session(inProtocol(text, protocol), { protocol });

  beforeAll(async () => {
    const limit = LISTPACK_ENTRIES[encoding];
    server = await startServer({ args: ["--zset-max-listpack-entries", limit] });
  });

  beforeEach(() => server.session("> FLUSHALL\nOK"));

  afterAll(() => server?.stop());

  test("ZRANGESTORE", () =>
    session(`
      > ZADD z 1 a 2 b 3 c 4 d
      (integer) 4
      > ZRANGESTORE d z 0 -1
      (integer) 4
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "a"
         2) (double) 1
      2) 1) "b"
         2) (double) 2
      3) 1) "c"
         2) (double) 3
      4) 1) "d"
         2) (double) 4
      > ZRANGESTORE d z 1 2
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "b"
         2) (double) 2
      2) 1) "c"
         2) (double) 3
      > ZRANGESTORE d z 0 0 REV
      (integer) 1
      > ZRANGE d 0 -1
      1) "d"
      > ZRANGESTORE d z (1 3 BYSCORE
      (integer) 2
      > ZRANGE d 0 -1
      1) "b"
      2) "c"
      > ZRANGESTORE d z 3 (1 BYSCORE REV LIMIT 0 1
      (integer) 1
      > ZRANGE d 0 -1
      1) "c"
      > ZRANGESTORE d z [b + BYLEX LIMIT 1 1
      (integer) 1
      > ZRANGE d 0 -1
      1) "c"
      > ZRANGESTORE d z + [b BYLEX REV LIMIT 0 2
      (integer) 2
      > ZRANGE d 0 -1
      1) "c"
      2) "d"
      > ZRANGESTORE z z 1 2
      (integer) 2
      > ZRANGE z 0 -1
      1) "b"
      2) "c"
      > ZRANGESTORE d z 5 6
      (integer) 0
      > EXISTS d
      (integer) 0
      > ZRANGESTORE d z 5 6
      (integer) 0
      > SET d x EX 100
      OK
      > ZRANGESTORE d z 0 0
      (integer) 1
      > TTL d
      (integer) -1
      > ZRANGE d 0 -1
      1) "b"
      > ZRANGESTORE d nokey 0 -1
      (integer) 0
      > EXISTS d
      (integer) 0
      > ZRANGESTORE d z 0 -1 LIMIT 0 1
      (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
      > ZRANGESTORE d z 0 -1 WITHSCORES
      (error) ERR syntax error
      > ZRANGESTORE d z a b
      (error) ERR value is not an integer or out of range
      > ZRANGESTORE d z a b BYSCORE
      (error) ERR min or max is not a float
      > ZRANGESTORE d z a b BYLEX
      (error) ERR min or max not valid string range item
      > ZRANGESTORE d z 0
      (error) ERR wrong number of arguments for 'zrangestore' command
      > SET s x
      OK
      > ZRANGESTORE d s 0 -1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZRANGESTORE s nokey 0 -1
      (integer) 0
      > EXISTS s
      (integer) 0
    `));

  test("ZUNION, ZINTER and ZDIFF", () =>
    session(`
      > ZADD a 1 x 2 y 3 z
      (integer) 3
      > ZADD b 10 y 20 z 30 w
      (integer) 3
      > ZUNION 2 a b
      1) "x"
      2) "y"
      3) "z"
      4) "w"
      > ZUNION 2 a b WITHSCORES
      1) 1) "x"
         2) (double) 1
      2) 1) "y"
         2) (double) 12
      3) 1) "z"
         2) (double) 23
      4) 1) "w"
         2) (double) 30
      > ZINTER 2 a b WITHSCORES
      1) 1) "y"
         2) (double) 12
      2) 1) "z"
         2) (double) 23
      > ZINTER 2 a b
      1) "y"
      2) "z"
      > ZDIFF 2 a b WITHSCORES
      1) 1) "x"
         2) (double) 1
      > ZDIFF 2 b a
      1) "w"
      > ZDIFF 3 a nokey b
      1) "x"
      > ZDIFF 2 a a
      (empty array)
      > ZDIFF 3 a b a
      (empty array)
      > ZDIFF 1 a WITHSCORES
      1) 1) "x"
         2) (double) 1
      2) 1) "y"
         2) (double) 2
      3) 1) "z"
         2) (double) 3
      > ZDIFF 2 nokey a
      (empty array)
      > ZUNION 1 nokey
      (empty array)
      > ZINTER 1 nokey WITHSCORES
      (empty array)
      > ZUNION 2 nokey a WITHSCORES
      1) 1) "x"
         2) (double) 1
      2) 1) "y"
         2) (double) 2
      3) 1) "z"
         2) (double) 3
      > ZINTER 2 nokey a
      (empty array)
      > ZUNION 2 a a WITHSCORES
      1) 1) "x"
         2) (double) 2
      2) 1) "y"
         2) (double) 4
      3) 1) "z"
         2) (double) 6
      > ZINTER 3 a a a WITHSCORES
      1) 1) "x"
         2) (double) 3
      2) 1) "y"
         2) (double) 6
      3) 1) "z"
         2) (double) 9
      > ZUNION 2 a b WITHSCORES WEIGHTS 2 3
      1) 1) "x"
         2) (double) 2
      2) 1) "y"
         2) (double) 34
      3) 1) "z"
         2) (double) 66
      4) 1) "w"
         2) (double) 90
      > ZUNION 2 a b WEIGHTS 2 3 AGGREGATE MIN WITHSCORES
      1) 1) "x"
         2) (double) 2
      2) 1) "y"
         2) (double) 4
      3) 1) "z"
         2) (double) 6
      4) 1) "w"
         2) (double) 90
      > ZUNION 2 a b AGGREGATE MAX WITHSCORES
      1) 1) "x"
         2) (double) 1
      2) 1) "y"
         2) (double) 10
      3) 1) "z"
         2) (double) 20
      4) 1) "w"
         2) (double) 30
      > ZINTER 2 a b AGGREGATE max WEIGHTS 2 .5 WITHSCORES
      1) 1) "y"
         2) (double) 5
      2) 1) "z"
         2) (double) 10
      > ZINTER 2 b a aggregate min aggregate sum WITHSCORES
      1) 1) "y"
         2) (double) 12
      2) 1) "z"
         2) (double) 23
      > ZUNION 2 a b WEIGHTS 1 1 WEIGHTS 0 -1 WITHSCORES
      1) 1) "w"
         2) (double) -30
      2) 1) "z"
         2) (double) -20
      3) 1) "y"
         2) (double) -10
      4) 1) "x"
         2) (double) 0
      > ZINTERCARD 2 a b
      (integer) 2
      > ZINTERCARD 2 a b LIMIT 1
      (integer) 1
      > ZINTERCARD 2 a b LIMIT 0
      (integer) 2
      > ZINTERCARD 2 a b LIMIT 10
      (integer) 2
      > ZINTERCARD 2 a nokey
      (integer) 0
      > ZINTERCARD 1 a LIMIT 1 LIMIT 2
      (integer) 2
    `));

  test("plain sets are inputs whose scores are 1", () =>
    session(`
      > ZADD a 10 x 20 y 30 3
      (integer) 3
      > SADD words x y w
      (integer) 3
      > SADD numbers 1 2 3
      (integer) 3
      > ZUNION 2 a words WITHSCORES
      1) 1) "w"
         2) (double) 1
      2) 1) "x"
         2) (double) 11
      3) 1) "y"
         2) (double) 21
      4) 1) "3"
         2) (double) 30
      > ZINTER 2 words a WITHSCORES
      1) 1) "x"
         2) (double) 11
      2) 1) "y"
         2) (double) 21
      > ZINTER 2 a numbers WEIGHTS 1 5 WITHSCORES
      1) 1) "3"
         2) (double) 35
      > ZDIFF 2 a words WITHSCORES
      1) 1) "3"
         2) (double) 30
      > ZDIFF 2 words a WITHSCORES
      1) 1) "w"
         2) (double) 1
      > ZDIFF 2 numbers a
      1) "1"
      2) "2"
      > ZUNION 1 numbers WEIGHTS 7 WITHSCORES
      1) 1) "1"
         2) (double) 7
      2) 1) "2"
         2) (double) 7
      3) 1) "3"
         2) (double) 7
      > ZUNION 2 numbers numbers WITHSCORES
      1) 1) "1"
         2) (double) 2
      2) 1) "2"
         2) (double) 2
      3) 1) "3"
         2) (double) 2
      > ZINTER 2 numbers words
      (empty array)
      > ZINTERCARD 2 a words
      (integer) 2
      > ZUNIONSTORE d 2 words numbers AGGREGATE MAX
      (integer) 6
      > ZRANGE d 0 -1
      1) "1"
      2) "2"
      3) "3"
      4) "w"
      5) "x"
      6) "y"
      > ZINTERSTORE d 2 words a
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "x"
         2) (double) 11
      2) 1) "y"
         2) (double) 21
      > ZDIFFSTORE d 2 numbers a
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "1"
         2) (double) 1
      2) 1) "2"
         2) (double) 1
      > ZUNIONSTORE words 1 words
      (integer) 3
      > TYPE words
      zset
    `));

  test("ZUNIONSTORE, ZINTERSTORE and ZDIFFSTORE", () =>
    session(`
      > ZADD a 1 x 2 y 3 z
      (integer) 3
      > ZADD b 10 y 20 z 30 w
      (integer) 3
      > ZUNIONSTORE d 2 a b
      (integer) 4
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "x"
         2) (double) 1
      2) 1) "y"
         2) (double) 12
      3) 1) "z"
         2) (double) 23
      4) 1) "w"
         2) (double) 30
      > ZINTERSTORE d 2 a b WEIGHTS 2 1 AGGREGATE MIN
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "y"
         2) (double) 4
      2) 1) "z"
         2) (double) 6
      > ZDIFFSTORE d 2 a b
      (integer) 1
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "x"
         2) (double) 1
      > ZUNIONSTORE a 2 a b WEIGHTS 1 2
      (integer) 4
      > ZRANGE a 0 -1 WITHSCORES
      1) 1) "x"
         2) (double) 1
      2) 1) "y"
         2) (double) 22
      3) 1) "z"
         2) (double) 43
      4) 1) "w"
         2) (double) 60
      > SET d x EX 100
      OK
      > ZINTERSTORE d 1 b
      (integer) 3
      > TTL d
      (integer) -1
      > ZRANGE d 0 -1
      1) "y"
      2) "z"
      3) "w"
      > EXPIRE d 100
      (integer) 1
      > ZDIFFSTORE d 2 a a
      (integer) 0
      > EXISTS d
      (integer) 0
      > ZINTERSTORE d 2 a nokey
      (integer) 0
      > ZUNIONSTORE d 1 nokey
      (integer) 0
      > SET d x
      OK
      > ZUNIONSTORE d 1 nokey
      (integer) 0
      > EXISTS d
      (integer) 0
      > ZUNIONSTORE d 2 a b WITHSCORES
      (error) ERR syntax error
      > ZUNIONSTORE d 2 a b WEIGHTS 1
      (error) ERR syntax error
      > ZDIFFSTORE d 2 a b WEIGHTS 1 2
      (error) ERR syntax error
      > ZDIFFSTORE d 2 a b AGGREGATE SUM
      (error) ERR syntax error
      > EXISTS d
      (integer) 0
    `));

  test("infinities make no NaN", () =>
    session(`
      > ZADD a inf x -inf y 1 z
      (integer) 3
      > ZADD b -inf x inf y 0 z
      (integer) 3
      > ZUNION 2 a b WITHSCORES
      1) 1) "x"
         2) (double) 0
      2) 1) "y"
         2) (double) 0
      3) 1) "z"
         2) (double) 1
      > ZINTER 2 a b WITHSCORES
      1) 1) "x"
         2) (double) 0
      2) 1) "y"
         2) (double) 0
      3) 1) "z"
         2) (double) 1
      > ZUNION 1 a WEIGHTS 0 WITHSCORES
      1) 1) "x"
         2) (double) 0
      2) 1) "y"
         2) (double) 0
      3) 1) "z"
         2) (double) 0
      > ZINTER 1 a WEIGHTS 0 WITHSCORES
      1) 1) "x"
         2) (double) 0
      2) 1) "y"
         2) (double) 0
      3) 1) "z"
         2) (double) 0
      > ZUNION 2 a b WEIGHTS 0 1 WITHSCORES
      1) 1) "x"
         2) (double) -inf
      2) 1) "z"
         2) (double) 0
      3) 1) "y"
         2) (double) inf
      > ZINTER 2 a b WEIGHTS 0 1 AGGREGATE MIN WITHSCORES
      1) 1) "x"
         2) (double) -inf
      2) 1) "y"
         2) (double) 0
      3) 1) "z"
         2) (double) 0
      > ZINTER 2 a b WEIGHTS 1 0 AGGREGATE MAX WITHSCORES
      1) 1) "y"
         2) (double) -inf
      2) 1) "z"
         2) (double) 1
      3) 1) "x"
         2) (double) inf
      > ZINTER 2 a b WEIGHTS 1 0 WITHSCORES
      1) 1) "x"
         2) (double) 0
      2) 1) "y"
         2) (double) 0
      3) 1) "z"
         2) (double) 1
      > ZUNION 2 a b WEIGHTS inf -inf WITHSCORES
      1) 1) "y"
         2) (double) -inf
      2) 1) "x"
         2) (double) inf
      3) 1) "z"
         2) (double) inf
      > ZINTER 2 a b WEIGHTS -inf inf AGGREGATE MIN WITHSCORES
      1) 1) "x"
         2) (double) -inf
      2) 1) "z"
         2) (double) -inf
      3) 1) "y"
         2) (double) inf
    `));

  test("errors of commands that combine sets", () =>
    session(`
      > ZADD a 1 x
      (integer) 1
      > SET s x
      OK
      > ZUNION 0 a
      (error) ERR at least 1 input key is needed for 'zunion' command
      > ZINTER -1 a
      (error) ERR at least 1 input key is needed for 'zinter' command
      > ZDIFF 0 a
      (error) ERR at least 1 input key is needed for 'zdiff' command
      > ZINTERCARD 0 a
      (error) ERR at least 1 input key is needed for 'zintercard' command
      > ZUNIONSTORE d 0 a
      (error) ERR at least 1 input key is needed for 'zunionstore' command
      > ZINTERSTORE d 0 a
      (error) ERR at least 1 input key is needed for 'zinterstore' command
      > ZDIFFSTORE d -5 a
      (error) ERR at least 1 input key is needed for 'zdiffstore' command
      > ZUNION x a
      (error) ERR value is not an integer or out of range
      > ZUNION 1.5 a
      (error) ERR value is not an integer or out of range
      > ZUNION 2 a
      (error) ERR syntax error
      > ZUNION 9223372036854775807 a
      (error) ERR syntax error
      > ZUNION 9223372036854775808 a
      (error) ERR value is not an integer or out of range
      > ZUNIONSTORE d 2 a
      (error) ERR syntax error
      > ZUNION 1 s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZUNION 2 a s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZUNION 1 s BOGUS
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZDIFF 2 a s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZINTERCARD 2 nokey s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZINTERSTORE d 2 nokey s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > ZUNION 1 a BOGUS
      (error) ERR syntax error
      > ZUNION 1 a WEIGHTS
      (error) ERR syntax error
      > ZUNION 1 a WEIGHTS x
      (error) ERR weight value is not a float
      > ZUNION 1 a WEIGHTS nan
      (error) ERR weight value is not a float
      > ZUNION 1 a WEIGHTS 1 2
      (error) ERR syntax error
      > ZUNION 1 a WEIGHTS " 1"
      (error) ERR weight value is not a float
      > ZUNION 1 a AGGREGATE
      (error) ERR syntax error
      > ZUNION 1 a AGGREGATE AVG
      (error) ERR syntax error
      > ZUNION 1 a LIMIT 1
      (error) ERR syntax error
      > ZINTERCARD 1 a LIMIT
      (error) ERR syntax error
      > ZINTERCARD 1 a LIMIT -1
      (error) ERR LIMIT can't be negative
      > ZINTERCARD 1 a LIMIT x
      (error) ERR LIMIT can't be negative
      > ZINTERCARD 1 a WITHSCORES
      (error) ERR syntax error
      > ZINTERCARD 1 a WEIGHTS 1
      (error) ERR syntax error
      > ZDIFF 1 a AGGREGATE SUM
      (error) ERR syntax error
      > ZDIFF 1 a WEIGHTS 1
      (error) ERR syntax error
      > ZUNION 1
      (error) ERR wrong number of arguments for 'zunion' command
      > ZUNIONSTORE d 1
      (error) ERR wrong number of arguments for 'zunionstore' command
      > ZINTERCARD 1
      (error) ERR wrong number of arguments for 'zintercard' command
    `));
});

test("small sets, which are gathered, give what large ones do", () =>
  withSeed(async (random, note) => {
    const server = await startServer();
    const client = await server.connect();
    const ask = async (...words: Word[]) => plain(await client.command(...words));
    const names = ["a", "b", "c", "d"];
    try {
      for (let round = 0; round < 30; round++) {
        await ask("FLUSHALL");
        for (const limit of ["128", "0"]) {
          await ask("CONFIG", "SET", "zset-max-listpack-entries", limit);
          if (limit === "128") for (const name of names) await fill(name, ask, random);
          else for (const name of names) await ask("ZUNIONSTORE", `${name}0`, 1, name);
        }
        for (let i = 0; i < 20; i++) {
          const [command, keys, ...options] = combination(random, names);
          const both = [];
          for (const end of ["", "0"]) {
            await ask("CONFIG", "SET", "zset-max-listpack-entries", end === "" ? "128" : "0");
            const named = keys.map((key) => `${key}${end}`);
            both.push(await ask(command, keys.length, ...named, ...options, "WITHSCORES"));
            await ask(`${command}STORE`, `to${end}`, keys.length, ...named, ...options);
            both.push(await ask("ZRANGE", `to${end}`, 0, -1, "WITHSCORES"));
          }
          const label = [note, command, keys, options];
          expect([label, both[0], both[1]]).toEqual([label, both[2], both[3]]);
        }
      }
    } finally {
      client.close();
      await server.stop();
    }
  }));

async function fill(
  key: string,
  ask: (...words: Word[]) => Promise<unknown>,
  random: Random,
): Promise<void> {
  const words: string[] = [];
  for (let n = random.below(random.pick([3, 12, 50])); n > 0; n--) {
    const score = random.pick([String(random.between(-3, 3)), "0.1", "-2.5", "inf", "-inf"]);
    words.push(score, random.pick([String(random.below(30)), `m${random.below(30)}`]));
  }
  if (words.length > 0) await ask("ZADD", key, ...words);
}

function combination(random: Random, names: readonly string[]): [string, string[], ...string[]] {
  const command = random.pick(["ZUNION", "ZINTER", "ZDIFF"]);
  const keys = Array.from({ length: random.between(1, 3) }, () => random.pick(names));
  const options: string[] = [];
  if (command !== "ZDIFF") {
    if (random.chance(0.5))
      options.push("WEIGHTS", ...keys.map(() => random.pick(["1", "2", "0.5"])));
    if (random.chance(0.5)) options.push("AGGREGATE", random.pick(["SUM", "MIN", "MAX"]));
  }
  return [command, keys, ...options];
}
