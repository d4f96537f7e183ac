// Purpose: SORT and SORT_RO (src/commands/keys/sort_*.ts), as sessions under RESP2 and RESP3, which
// hold for the real Redis as well (RUSK_BINARY=redis-server shows it), and random calls beside it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { Pair } from "../../client/pair.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";

const PROTOCOLS = [2, 3] as const;
const installed = redisBinary() !== null;
const why = installed ? "" : " (skipped: redis-server is not installed)";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("SORT looks at keys of patterns for users only who may read all keys", () =>
    session(`
      > RPUSH list 1 2
      (integer) 2
      > ACL SETUSER ann reset on nopass +@all %R~list ~out &*
      OK
      > AUTH ann x
      OK
      > SORT list BY *
      (error) ERR BY option of SORT denied due to insufficient ACL permissions.
      > SORT list GET #
      (error) ERR GET option of SORT denied due to insufficient ACL permissions.
      > SORT_RO list GET # WORD
      (error) ERR GET option of SORT denied due to insufficient ACL permissions.
      > SORT list BY nothing LIMIT 0 1
      1) "1"
      > SORT list BY nothing STORE out
      (integer) 2
      > ACL SETUSER ann %R~*
      OK
      > SORT list BY * GET # GET other
      1) "1"
      2) (nil)
      3) "2"
      4) (nil)
      > ACL SETUSER ann resetkeys ~list -sort (+sort ~list ~*a)
      OK
      > SORT list GET #
      (error) ERR GET option of SORT denied due to insufficient ACL permissions.
      > AUTH default x
      OK
      > ACL DELUSER ann
      (integer) 1
    `));

  test("SORT orders a list, set or sorted set by numbers", () =>
    session(`
      > RPUSH list 10 9 -1 1.5 1e1 0x10 inf -inf
      (integer) 8
      > SORT list
      1) "-inf"
      2) "-1"
      3) "1.5"
      4) "9"
      5) "10"
      6) "1e1"
      7) "0x10"
      8) "inf"
      > SORT list DESC LIMIT 0 3
      1) "inf"
      2) "0x10"
      3) "1e1"
      > SADD set 3 1 2
      (integer) 3
      > SORT set
      1) "1"
      2) "2"
      3) "3"
      > ZADD zset 1 30 2 10 3 20
      (integer) 3
      > SORT zset DESC
      1) "30"
      2) "20"
      3) "10"
      > SORT nokey
      (empty array)
      > SORT_RO list LIMIT 0 1
      1) "-inf"
    `));

  test("SORT ALPHA orders by bytes, up to a zero byte", () =>
    session(`
      > RPUSH list b a "" B ab "\\xff" "a\\x00z" "a\\x00b"
      (integer) 8
      > SORT list ALPHA
      1) ""
      2) "B"
      3) "a"
      4) "a\\x00z"
      5) "a\\x00b"
      6) "ab"
      7) "b"
      8) "\\xff"
      > SORT list ALPHA DESC LIMIT 0 2
      1) "\\xff"
      2) "b"
      > SORT list ALPHA STORE to
      (integer) 8
      > LRANGE to 2 4
      1) "a"
      2) "a\\x00b"
      3) "a\\x00z"
    `));

  test("SORT BY orders by other keys, and GET replies with them", () =>
    session(`
      > RPUSH list 1 2 3 4
      (integer) 4
      > MSET w_1 30 w_2 10 w_3 20 o_1 one o_2 two n_1 7
      OK
      > SORT list BY w_*
      1) "4"
      2) "2"
      3) "3"
      4) "1"
      > SORT list BY w_* GET o_* GET # GET n_*
       1) (nil)
       2) "4"
       3) (nil)
       4) "two"
       5) "2"
       6) (nil)
       7) (nil)
       8) "3"
       9) (nil)
      10) "one"
      11) "1"
      12) "7"
      > SORT list BY o_* ALPHA
      1) "3"
      2) "4"
      3) "1"
      4) "2"
      > SORT list BY o_* ALPHA DESC LIMIT 1 2
      1) "1"
      2) "3"
      > SORT list BY w_* DESC LIMIT 1 2
      1) "3"
      2) "2"
      > SORT list GET nosuch
      1) (nil)
      2) (nil)
      3) (nil)
      4) (nil)
    `));

  test("SORT BY and GET take a pattern up to a zero byte", () =>
    session(`
      > RPUSH list 2 1
      (integer) 2
      > MSET "\\x001" zero "\\x002" zero "x\\x00*" star "x\\x00" none "\\x00*" star
      OK
      > SORT list GET "\\x00*" GET "x\\x00*"
      1) (nil)
      2) (nil)
      3) (nil)
      4) (nil)
      > SORT list GET "\\x00*->f" GET "#\\x00"
      1) (nil)
      2) "1"
      3) (nil)
      4) "2"
    `));

  test("SORT BY and GET read fields of hashes", () =>
    session(`
      > RPUSH list 1 2 3
      (integer) 3
      > HSET h_1 w 3 "" empty
      (integer) 2
      > HSET h_2 w 1
      (integer) 1
      > HSET h_3 w 2
      (integer) 1
      > MSET s_1-> plain s_2->x never
      OK
      > SORT list BY h_*->w
      1) "2"
      2) "3"
      3) "1"
      > SORT list BY h_*->w GET h_*->w GET h_*->nosuch
      1) "1"
      2) (nil)
      3) "2"
      4) (nil)
      5) "3"
      6) (nil)
      > SORT list LIMIT 0 2 GET s_*-> GET s_*->x GET list* GET h_*
      1) "plain"
      2) (nil)
      3) (nil)
      4) (nil)
      5) (nil)
      6) (nil)
      7) (nil)
      8) (nil)
      > SORT list LIMIT 0 1 GET *->w
      1) (nil)
    `));

  test("SORT BY what names nothing leaves the order", () =>
    session(`
      > RPUSH list 3 1 2
      (integer) 3
      > SORT list BY nosort
      1) "3"
      2) "1"
      3) "2"
      > SORT list BY nosort DESC
      1) "2"
      2) "1"
      3) "3"
      > SORT list BY nosort LIMIT 1 1 GET #
      1) "1"
      > SORT list BY nosort DESC LIMIT 1 5
      1) "1"
      2) "3"
      > ZADD zset 3 x 1 y 2 z
      (integer) 3
      > SORT zset BY nosort
      1) "y"
      2) "z"
      3) "x"
      > SORT zset BY nosort DESC LIMIT 0 2
      1) "x"
      2) "z"
      > SADD set b c a
      (integer) 3
      > SORT set BY nosort STORE to
      (integer) 3
      > LRANGE to 0 -1
      1) "a"
      2) "b"
      3) "c"
    `));

  test("SORT LIMIT takes a part, from within the ends", () =>
    session(`
      > RPUSH list 5 3 1 4 2
      (integer) 5
      > SORT list LIMIT -5 2
      1) "1"
      2) "2"
      > SORT list LIMIT 3 -1
      1) "4"
      2) "5"
      > SORT list LIMIT 3 9223372036854775807
      1) "4"
      2) "5"
      > SORT list LIMIT 9 1
      (empty array)
      > SORT list LIMIT 2 0
      (empty array)
    `));

  test("SORT STORE makes a list, or deletes the key", () =>
    session(`
      > RPUSH list 2 1
      (integer) 2
      > SET to old EX 1000
      OK
      > SORT list STORE to
      (integer) 2
      > TTL to
      (integer) -1
      > LRANGE to 0 -1
      1) "1"
      2) "2"
      > SORT list GET w_* GET # STORE list
      (integer) 4
      > LRANGE list 0 -1
      1) ""
      2) "1"
      3) ""
      4) "2"
      > SORT nokey STORE to
      (integer) 0
      > EXISTS to
      (integer) 0
      > SORT nokey STORE to
      (integer) 0
    `));

  test("SORT refuses what it does not know, other types, and what is no number", () =>
    session(`
      > SET string 1
      OK
      > HSET hash f v
      (integer) 1
      > SORT string
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SORT hash BY nosort
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SORT string nosuch
      (error) ERR syntax error
      > SORT string LIMIT 1
      (error) ERR syntax error
      > SORT nokey LIMIT 1 x
      (error) ERR value is not an integer or out of range
      > SORT nokey BY
      (error) ERR syntax error
      > SORT nokey GET
      (error) ERR syntax error
      > SORT nokey STORE
      (error) ERR syntax error
      > SORT_RO nokey STORE to
      (error) ERR syntax error
      > SORT
      (error) ERR wrong number of arguments for 'sort' command
      > RPUSH list 1 a
      (integer) 2
      > SORT list
      (error) ERR One or more scores can't be converted into double
      > SORT list LIMIT 0 0
      (error) ERR One or more scores can't be converted into double
      > SORT list BY nosort
      1) "1"
      2) "a"
      > MSET w_1 x w_a 1
      OK
      > SORT list BY w_*
      (error) ERR One or more scores can't be converted into double
    `));

  test("the keys of SORT are its source and the last destination", () =>
    session(`
      > COMMAND GETKEYS SORT a BY b GET c STORE d STORE e
      1) "a"
      2) "e"
      > COMMAND GETKEYS SORT a LIMIT 1 STORE b
      1) "a"
      > COMMAND GETKEYS SORT a GET store b
      1) "a"
      > COMMAND GETKEYS SORT a BY store store x
      1) "a"
      2) "x"
      > COMMAND GETKEYS SORT_RO a STORE b
      1) "a"
    `));
});

test.each(["1", " 1", "", "1\0x", "-0", "+1", ".5", "5.", "1e308", "Infinity", "0x1p-1070"])(
  "%j is a number to sort by",
  async (text) => {
    await ask("RPUSH", "list", "3", text);
    expect(await ask("SORT", "list")).toHaveLength(2);
  },
);

test.each(["1 ", " ", "nan", "1x", "--1", "1e309", "1e-400", "4.9e-324", "1e-310", "0x", "e1"])(
  "%j is no number to sort by",
  async (text) => {
    await ask("RPUSH", "list", "3", text);
    expect(await client.command("SORT", "list")).toMatchObject({ type: "error" });
  },
);

test("a sorted set stays in its large encoding", async () => {
  await ask("ZADD", "zset", 1, "a");
  expect(await ask("OBJECT", "ENCODING", "zset")).toBe("listpack");
  expect(await ask("SORT_RO", "zset", "BY", "nosort")).toEqual(["a"]);
  expect(await ask("OBJECT", "ENCODING", "zset")).toBe("skiplist");
  expect(await ask("ZSCORE", "zset", "a")).toBe("1");
});

test("elements of a set that are alike are stored in the order of their bytes", async () => {
  const members = Array.from({ length: 300 }, (_, i) => `m${(i * 7919) % 300}`);
  await ask("SADD", "set", ...members);
  await ask("MSET", "w:m7", "b", "w:m8", "a", "w:m9", "a");
  await ask("SORT", "set", "BY", "w:*", "ALPHA", "STORE", "list");
  const rest = members.filter((member) => !/^m[789]$/.test(member)).sort();
  expect(await ask("LRANGE", "list", 0, -1)).toEqual([...rest, "m8", "m9", "m7"]);
  await ask("SORT", "set", "BY", "none:*", "ALPHA", "DESC", "LIMIT", 1, 2, "STORE", "list");
  expect(await ask("LRANGE", "list", 0, -1)).toEqual([...members].sort().slice(-3, -1).reverse());
});

test("look-ups by patterns count as such", async () => {
  const stats = async () => /keyspace_hits:(\d+)\r\nkeyspace_misses:(\d+)/;
  await ask("RPUSH", "list", 1, 2, 3);
  await ask("SET", "w_1", 5);
  await ask("CONFIG", "RESETSTAT");
  await ask("SORT", "list", "BY", "w_*", "GET", "#", "GET", "nosuch", "GET", "x_*");
  const [, hits, misses] = (await stats()).exec(String(await ask("INFO", "stats"))) ?? [];
  expect([hits, misses]).toEqual(["2", "5"]);
});

test.each([63, 64, 65, 1024, 4096])(
  "%d spellings of one number are in the order of their bytes",
  async (count) => {
    const spellings = ["4.0", "4", "04"];
    const elements = Array.from({ length: count }, (_, i) => spellings[i % 3]);
    await client.command("RPUSH", "list", ...elements);
    const sorted = elements.toSorted();
    expect(plain(await client.command("SORT", "list"))).toEqual(sorted);
    expect(plain(await client.command("SORT", "list", "DESC"))).toEqual(sorted.toReversed());
    expect(plain(await client.command("SORT", "list", "LIMIT", "0", "9"))).toEqual(
      sorted.slice(0, 9),
    );
  },
);

describe.skipIf(!installed)(`beside the real Redis${why}`, () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair?.stop());

  // Equal weights are the point: which of their elements come first is up to the algorithm.
  test("random lists, with ties, sorted by all clauses", async () => {
    const seed = 20_240;
    const random = new Random(seed);
    for (let round = 0; round < 60; round++) {
      const count = random.pick([3, 6, 7, 8, 20, 40, 41, 64, 100, 128, 500]);
      const distinct = random.pick([1, 3, 10, 1000]);
      const elements = Array.from({ length: count }, () => {
        const number = random.below(distinct * 10);
        return random.chance(0.9) ? `${number}` : random.pick([`0${number}`, `${number}.0`]);
      });
      const weights = [...new Set(elements)].flatMap((text) =>
        random.chance(0.7) ? [`w_${text}`, String(random.below(distinct))] : [],
      );
      const type = random.pick(["list", "list", "zset"]);
      const commands: string[][] = [
        ["FLUSHALL"],
        type === "list"
          ? ["RPUSH", "key", ...elements]
          : ["ZADD", "key", ...elements.flatMap((text) => [String(random.below(9)), text])],
        ["MSET", "w_x", "1", ...weights],
      ];
      for (let left = 30; left > 0; left--) {
        // The order in which a sorted set is read for sorting is a hash table's.
        const by =
          type === "list" ? random.pick(["w_*", "nosort", ""]) : random.pick(["nosort", ""]);
        const clauses = [
          by === "" ? [] : ["BY", by],
          random.chance(0.5) ? ["ALPHA"] : [],
          random.chance(0.5)
            ? ["LIMIT", String(random.between(-2, count)), String(random.between(-2, count))]
            : [],
          [random.pick(["ASC", "DESC"])],
          random.chance(0.3) ? ["GET", "w_*", "GET", "#"] : [],
        ];
        const words = random.shuffled(clauses).flat();
        commands.push(["SORT", "key", ...words]);
        if (random.chance(0.2)) commands.push(["SORT", "key", ...words, "STORE", "to"]);
        commands.push(["LRANGE", "to", "0", "-1"]);
      }
      await pair.same(commands, `seed ${seed}, round ${round}`);
    }
  });
});
