// Purpose: the set commands (src/commands/sets/), as sessions under RESP2 and RESP3 and against
// a model. All hold for the real Redis as well: RUSK_BINARY=redis-server shows it. Sets of other
// members than integers come in no set order, so most sessions that show members use integers.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";

const PROTOCOLS = [2, 3] as const;
const COUNT_MAX = "9223372036854775807";

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "SET", "set-max-intset-entries", "512");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));
/** The members that a reply lists, sorted. */
const members = async (...words: Word[]) => [...((await ask(...words)) as Iterable<string>)].sort();
const count = async (...words: Word[]) => Number(await ask(...words));

/** Adds members, some hundred with a command. */
async function addAll(key: string, texts: readonly string[]): Promise<void> {
  for (let at = 0; at < texts.length; at += 500) {
    await client.command("SADD", key, ...texts.slice(at, at + 500));
  }
}

const integers = (total: number, from = 0) =>
  Array.from({ length: total }, (_, index) => String(from + index));
const words = (total: number, from = 0) => integers(total, from).map((text) => `member:${text}`);
const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();

/** Contents of sets in every encoding. */
const CONTENTS = {
  "small integers": ["1", "2", "3", "-5", "100"],
  "large integers": ["9223372036854775807", "-9223372036854775808", "4294967296", "7"],
  "many integers": integers(700),
  "few words": ["1", "a", "", "b\r\n", "9223372036854775807", "-0", "01"],
  "many words": [...words(300), ...integers(50)],
  "long words": ["a", "b".repeat(100), "c".repeat(5000), "5"],
} as const;

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });
  /** A set of these members, as a session shows it. */
  const set = (...texts: string[]) => {
    if (texts.length === 0) return protocol === 3 ? "(empty set)" : "(empty array)";
    const mark = protocol === 3 ? "~" : ")";
    return texts.map((text, index) => `${index + 1}${mark} "${text}"`).join("\n      ");
  };

  test("SADD, SREM, SCARD, SISMEMBER, SMISMEMBER and SMEMBERS of integers", () =>
    session(`
      > SADD s 3 1 2 1
      (integer) 3
      > SADD s 1 2
      (integer) 0
      > SADD s 4
      (integer) 1
      > SCARD s
      (integer) 4
      > OBJECT ENCODING s
      "intset"
      > SMEMBERS s
      ${set("1", "2", "3", "4")}
      > SISMEMBER s 3
      (integer) 1
      > SISMEMBER s 03
      (integer) 0
      > SISMEMBER nokey 3
      (integer) 0
      > SMISMEMBER s 9 1 x 2
      1) (integer) 0
      2) (integer) 1
      3) (integer) 0
      4) (integer) 1
      > SMISMEMBER nokey a b
      1) (integer) 0
      2) (integer) 0
      > SREM s 9 1 1 2
      (integer) 2
      > SREM s 3 4 5 6
      (integer) 2
      > EXISTS s
      (integer) 0
      > SREM s 1
      (integer) 0
      > SCARD s
      (integer) 0
      > SMEMBERS s
      ${set()}
    `));

  test("wrong numbers of arguments are refused", () =>
    session(
      [
        ["SADD", "s"],
        ["SREM", "s"],
        ["SCARD"],
        ["SCARD", "s", "s"],
        ["SISMEMBER", "s"],
        ["SISMEMBER", "s", "a", "b"],
        ["SMISMEMBER", "s"],
        ["SMEMBERS"],
        ["SMEMBERS", "s", "t"],
        ["SMOVE", "s", "t"],
        ["SMOVE", "s", "t", "a", "b"],
        ["SPOP"],
        ["SRANDMEMBER"],
        ["SSCAN", "s"],
        ["SINTER"],
        ["SUNION"],
        ["SDIFF"],
        ["SINTERSTORE", "d"],
        ["SUNIONSTORE", "d"],
        ["SDIFFSTORE", "d"],
        ["SINTERCARD", "1"],
      ]
        .map(
          (call) =>
            `> ${call.join(" ")}\n(error) ERR wrong number of arguments for ` +
            `'${call[0].toLowerCase()}' command`,
        )
        .join("\n"),
    ));

  test("keys of other types are refused, and stay as they are", () =>
    session(
      [
        "> SET k v\nOK\n> SADD s 1\n(integer) 1",
        ...[
          "SADD k a",
          "SREM k a",
          "SCARD k",
          "SISMEMBER k a",
          "SMISMEMBER k a",
          "SMEMBERS k",
          "SMOVE k s a",
          "SMOVE s k a",
          "SPOP k",
          "SPOP k 0",
          "SRANDMEMBER k",
          "SRANDMEMBER k 0",
          "SSCAN k 0 BAD",
          "SINTER k",
          "SINTER nokey k",
          "SUNION s k",
          "SDIFF nokey k",
          "SINTERSTORE d k nokey",
          "SUNIONSTORE d s k",
          "SDIFFSTORE d s k",
          "SINTERCARD 2 nokey k",
          "GET s",
        ].map(
          (call) =>
            `> ${call}\n(error) WRONGTYPE Operation against a key holding the wrong kind of value`,
        ),
        '> SMOVE nokey k a\n(integer) 0\n> GET k\n"v"\n> EXISTS d\n(integer) 0',
      ].join("\n"),
    ));

  test("SMOVE", () =>
    session(`
      > SADD a 1 2 3
      (integer) 3
      > SMOVE a b 9
      (integer) 0
      > EXISTS b
      (integer) 0
      > SMOVE a b 1
      (integer) 1
      > OBJECT ENCODING b
      "intset"
      > SMOVE a a 2
      (integer) 1
      > SMOVE a a 9
      (integer) 0
      > SMOVE nokey b 1
      (integer) 0
      > SADD b 2
      (integer) 1
      > SMOVE a b 2
      (integer) 1
      > SCARD b
      (integer) 2
      > SMOVE a b 3
      (integer) 1
      > EXISTS a
      (integer) 0
      > SADD c x
      (integer) 1
      > SMOVE c b x
      (integer) 1
      > OBJECT ENCODING b
      "hashtable"
      > SCARD b
      (integer) 4
      > EXISTS c
      (integer) 0
    `));

  test("SPOP", () =>
    session(`
      > SPOP nokey
      (nil)
      > SPOP nokey 1
      ${set()}
      > SPOP nokey x
      (error) ERR value is out of range, must be positive
      > SPOP nokey -1
      (error) ERR value is out of range, must be positive
      > SPOP nokey 9223372036854775808
      (error) ERR value is out of range, must be positive
      > SPOP nokey 1 2
      (error) ERR syntax error
      > SADD s 5
      (integer) 1
      > SPOP s 0
      ${set()}
      > SPOP s
      "5"
      > EXISTS s
      (integer) 0
      > SADD s a
      (integer) 1
      > SPOP s 1
      ${set("a")}
      > EXISTS s
      (integer) 0
      > SADD s 1 2
      (integer) 2
      > SPOP s ${COUNT_MAX}
      ${set("1", "2")}
      > EXISTS s
      (integer) 0
    `));

  test("SRANDMEMBER", () =>
    session(`
      > SRANDMEMBER nokey
      (nil)
      > SRANDMEMBER nokey 1
      (empty array)
      > SRANDMEMBER nokey -1
      (empty array)
      > SRANDMEMBER nokey x
      (error) ERR value is not an integer or out of range
      > SRANDMEMBER nokey -9223372036854775808
      (error) ERR value is out of range, value must between -${COUNT_MAX} and ${COUNT_MAX}
      > SRANDMEMBER nokey 1 2
      (error) ERR syntax error
      > SADD s a
      (integer) 1
      > SRANDMEMBER s
      "a"
      > SRANDMEMBER s 0
      (empty array)
      > SRANDMEMBER s 5
      1) "a"
      > SRANDMEMBER s -3
      1) "a"
      2) "a"
      3) "a"
      > SADD i 1 2 3
      (integer) 3
      > SRANDMEMBER i ${COUNT_MAX}
      1) "1"
      2) "2"
      3) "3"
      > SCARD i
      (integer) 3
    `));

  test("SINTER, SUNION and SDIFF", () =>
    session(`
      > SADD a 1 2 3 4
      (integer) 4
      > SADD b 3 4 5
      (integer) 3
      > SINTER a b
      ${set("3", "4")}
      > SUNION b a
      ${set("1", "2", "3", "4", "5")}
      > SDIFF a b
      ${set("1", "2")}
      > SDIFF a a
      ${set()}
      > SDIFF nokey a
      ${set()}
      > SINTER a nokey
      ${set()}
      > SUNION nokey
      ${set()}
      > SINTERSTORE d a b
      (integer) 2
      > SUNIONSTORE d a b d
      (integer) 5
      > OBJECT ENCODING d
      "intset"
      > SDIFFSTORE d d b
      (integer) 2
      > SMEMBERS d
      ${set("1", "2")}
      > EXPIRE d 100
      (integer) 1
      > SUNIONSTORE d d
      (integer) 2
      > TTL d
      (integer) -1
      > SINTERSTORE d a nokey
      (integer) 0
      > EXISTS d
      (integer) 0
      > SET d text
      OK
      > SUNIONSTORE d a
      (integer) 4
      > TYPE d
      set
      > SDIFFSTORE d nokey a
      (integer) 0
      > EXISTS d
      (integer) 0
    `));

  test("SINTERCARD", () =>
    session(`
      > SADD a 1 2 3 4 x
      (integer) 5
      > SADD b 2 3 4 x y
      (integer) 5
      > SINTERCARD 1 a
      (integer) 5
      > SINTERCARD 2 a b
      (integer) 4
      > SINTERCARD 2 a b LIMIT 0
      (integer) 4
      > SINTERCARD 2 a b limit 2
      (integer) 2
      > SINTERCARD 2 a b LIMIT 9
      (integer) 4
      > SINTERCARD 2 a b LIMIT 2 LIMIT 3
      (integer) 3
      > SINTERCARD 2 a nokey LIMIT 1
      (integer) 0
      > SINTERCARD 0 a
      (error) ERR numkeys should be greater than 0
      > SINTERCARD x a
      (error) ERR numkeys should be greater than 0
      > SINTERCARD 3 a b
      (error) ERR Number of keys can't be greater than number of args
      > SINTERCARD 1 a b
      (error) ERR syntax error
      > SINTERCARD 1 a LIMIT
      (error) ERR syntax error
      > SINTERCARD 1 a LIMIT -1
      (error) ERR LIMIT can't be negative
      > SINTERCARD 1 a LIMIT x
      (error) ERR LIMIT can't be negative
      > SINTERCARD 1 a LIMIT 1 x
      (error) ERR syntax error
    `));

  test("SSCAN", () =>
    session(`
      > SSCAN nokey 0
      1) "0"
      2) (empty array)
      > SSCAN nokey 0 BAD
      1) "0"
      2) (empty array)
      > SSCAN nokey x
      (error) ERR invalid cursor
      > SADD s 1 2 30
      (integer) 3
      > SSCAN s 0
      1) "0"
      2) 1) "1"
         2) "2"
         3) "30"
      > SSCAN s 0 COUNT 1
      1) "0"
      2) 1) "1"
         2) "2"
         3) "30"
      > SSCAN s 0 MATCH 3*
      1) "0"
      2) 1) "30"
      > SSCAN s 0 MATCH 3* COUNT 0
      (error) ERR syntax error
      > SSCAN s 0 COUNT x
      (error) ERR value is not an integer or out of range
      > SSCAN s 0 COUNT
      (error) ERR syntax error
      > SSCAN s 0 TYPE set
      (error) ERR syntax error
      > SSCAN s 0 BAD 1
      (error) ERR syntax error
      > SADD w ab
      (integer) 1
      > SSCAN w 0 MATCH *
      1) "0"
      2) 1) "ab"
      > SSCAN w 0 MATCH x*
      1) "0"
      2) (empty array)
    `));
});

describe("OBJECT ENCODING", () => {
  const encodingOf = async (texts: readonly string[]) => {
    await ask("DEL", "s");
    await addAll("s", texts);
    return await ask("OBJECT", "ENCODING", "s");
  };

  test("is intset for up to set-max-intset-entries integers", async () => {
    expect(await encodingOf(["-9223372036854775808", COUNT_MAX, "0"])).toBe("intset");
    expect(await encodingOf(["9223372036854775808"])).toBe("hashtable");
    for (const text of ["01", "+1", "-0", "1 ", "1.0", "a", ""]) {
      expect([text, await encodingOf([text])]).toEqual([text, "hashtable"]);
    }
    expect(await encodingOf(integers(512))).toBe("intset");
    expect(await encodingOf(integers(513))).toBe("hashtable");
    await ask("CONFIG", "SET", "set-max-intset-entries", "2");
    expect(await encodingOf(["1", "2"])).toBe("intset");
    expect(await encodingOf(["1", "2", "3"])).toBe("hashtable");
    await ask("CONFIG", "SET", "set-max-intset-entries", "0");
    expect(await encodingOf(["1"])).toBe("hashtable");
  });

  test("does not go back to intset", async () => {
    await addAll("s", ["1", "a"]);
    await ask("SREM", "s", "a");
    expect(await ask("OBJECT", "ENCODING", "s")).toBe("hashtable");
    await ask("COPY", "s", "copy");
    expect(await ask("OBJECT", "ENCODING", "copy")).toBe("hashtable");
  });

  test("of a result is as its members came", async () => {
    const stored = async (...call: string[]) => {
      await ask(...call);
      return await ask("OBJECT", "ENCODING", "d");
    };
    await addAll("many", integers(600));
    await addAll("most", integers(599));
    await addAll("mixed", ["1", "2", "a"]);
    await addAll("few", ["1", "2"]);
    expect(await stored("SINTERSTORE", "d", "mixed", "few")).toBe("intset");
    expect(await stored("SUNIONSTORE", "d", "mixed", "few")).toBe("hashtable");
    expect(await stored("SUNIONSTORE", "d", "many", "few")).toBe("hashtable");
    expect(await stored("SDIFFSTORE", "d", "many", "most")).toBe("intset");
    expect(await stored("SDIFFSTORE", "d", "many", "most", "most", "most")).toBe("intset");
    await addAll("small", ["0"]);
    const others = Array<string>(9).fill("small");
    // Here Redis takes away from a copy of the first set, which was too large for an intset.
    expect(await stored("SDIFFSTORE", "d", "many", ...others)).toBe("hashtable");
    expect(await count("SCARD", "d")).toBe(599);
  });

  test("of a union with a set that is no intset, though it could be one", async () => {
    const union = async (count: number) => {
      await ask("DEL", "s");
      await addAll("s", [...integers(count), "a"]);
      await ask("SREM", "s", "a");
      await ask("SUNIONSTORE", "d", "s");
      return await ask("OBJECT", "ENCODING", "d");
    };
    expect(await union(512)).toBe("intset");
    expect(await union(513)).toBe("hashtable");
  });

  test("of what SPOP leaves is that of a new set where it moves what stays", async () => {
    await addAll("s", [...integers(20), "a"]);
    await ask("SREM", "s", "a");
    await ask("SPOP", "s", "15");
    expect(await ask("OBJECT", "ENCODING", "s")).toBe("hashtable");
    await ask("SPOP", "s", "1");
    expect(await ask("OBJECT", "ENCODING", "s")).toBe("hashtable");
    await addAll("t", [...integers(20), "a"]);
    await ask("SREM", "t", "a");
    await ask("EXPIRE", "t", "100");
    await ask("SPOP", "t", "18");
    expect(await ask("OBJECT", "ENCODING", "t")).toBe("intset");
    expect(await count("SCARD", "t")).toBe(2);
    expect(await count("TTL", "t")).toBe(100);
  });
});

describe.each(Object.entries(CONTENTS))("a set of %s", (_, texts) => {
  beforeEach(() => addAll("s", texts));

  test("has its members, and no others", async () => {
    expect(await count("SCARD", "s")).toBe(texts.length);
    expect(await members("SMEMBERS", "s")).toEqual(sorted(texts));
    expect(await ask("SMISMEMBER", "s", ...texts)).toEqual(texts.map(() => 1));
    const others = [
      "nosuch",
      "701",
      "-6",
      "+1",
      "1.5",
      "9223372036854775806",
      "b\r",
      "c".repeat(4999),
    ];
    expect(await ask("SMISMEMBER", "s", ...others)).toEqual(others.map(() => 0));
    expect(await count("SADD", "s", ...texts)).toBe(0);
    expect(await count("SREM", "s", ...others)).toBe(0);
    expect(await count("SREM", "s", ...texts.slice(1))).toBe(texts.length - 1);
    expect(await members("SMEMBERS", "s")).toEqual([texts[0]]);
  });

  test("is scanned whole", async () => {
    for (const options of [[], ["COUNT", "3"], ["COUNT", "1000"], ["MATCH", "*1*"]]) {
      const seen: string[] = [];
      let cursor = "0";
      do {
        const [next, page] = (await ask("SSCAN", "s", cursor, ...options)) as [string, string[]];
        seen.push(...page);
        cursor = next;
      } while (cursor !== "0");
      const matched = texts.filter((text) => options[0] !== "MATCH" || text.includes("1"));
      expect(sorted(seen)).toEqual(sorted(matched));
    }
  });

  test("is popped to its end", async () => {
    const popped: string[] = [];
    while (popped.length < Math.min(texts.length, 20)) popped.push(String(await ask("SPOP", "s")));
    while (popped.length < texts.length) {
      const wanted = Math.ceil((texts.length - popped.length) * 0.95);
      popped.push(...(await members("SPOP", "s", String(wanted))));
      expect(await count("SCARD", "s")).toBe(texts.length - popped.length);
    }
    expect(popped.sort()).toEqual(sorted(texts));
    expect(await count("EXISTS", "s")).toBe(0);
  });

  test("gives random members", async () => {
    for (const wanted of [
      1,
      2,
      Math.ceil(texts.length / 2),
      texts.length - 1,
      texts.length,
      1000,
    ]) {
      const picked = (await ask("SRANDMEMBER", "s", String(wanted))) as string[];
      expect(sorted(picked).length).toBe(Math.min(wanted, texts.length));
      expect(picked.length).toBe(Math.min(wanted, texts.length));
      expect([...texts] as string[]).toEqual(expect.arrayContaining(picked));
      const again = (await ask("SRANDMEMBER", "s", String(-wanted))) as string[];
      expect(again.length).toBe(wanted);
      expect([...texts] as string[]).toEqual(expect.arrayContaining(again));
    }
    expect([...texts] as string[]).toContain(String(await ask("SRANDMEMBER", "s")));
    expect(await members("SMEMBERS", "s")).toEqual(sorted(texts));
  });

  test("is copied, renamed and deleted", async () => {
    await ask("COPY", "s", "t");
    await ask("SREM", "s", texts[0]);
    expect(await members("SMEMBERS", "t")).toEqual(sorted(texts));
    await ask("RENAME", "t", "u");
    expect(await members("SMEMBERS", "u")).toEqual(sorted(texts));
    expect(await count("DEL", "s", "u")).toBe(2);
    expect(await count("DBSIZE")).toBe(0);
  });

  test.each(Object.entries(CONTENTS))("with one of %s", async (_, others) => {
    await addAll("t", others);
    const union = sorted([...texts, ...others]);
    const intersection = sorted(
      texts.filter((text) => (others as readonly string[]).includes(text)),
    );
    const difference = sorted(
      texts.filter((text) => !(others as readonly string[]).includes(text)),
    );
    expect(await members("SUNION", "s", "t")).toEqual(union);
    expect(await members("SUNION", "t", "s", "t")).toEqual(union);
    expect(await members("SINTER", "s", "t")).toEqual(intersection);
    expect(await members("SINTER", "s", "t", "s")).toEqual(intersection);
    expect(await count("SINTERCARD", "2", "s", "t")).toBe(intersection.length);
    expect(await members("SDIFF", "s", "t")).toEqual(difference);
    expect(await members("SDIFF", "s", "t", "t", "t", "t")).toEqual(difference);
    for (const [command, result] of [
      ["SUNIONSTORE", union],
      ["SINTERSTORE", intersection],
      ["SDIFFSTORE", difference],
    ] as const) {
      expect(await count(command, "d", "s", "t")).toBe(result.length);
      expect(await members("SMEMBERS", "d")).toEqual(result);
    }
    expect(await members("SMEMBERS", "s")).toEqual(sorted(texts));
    expect(await members("SMEMBERS", "t")).toEqual(sorted(others));
  });
});

test("set operations on many sets agree with a model", async () => {
  const random = new Random(11);
  for (let round = 0; round < 60; round++) {
    const sets: string[][] = [];
    for (let i = random.between(1, 8); i > 0; i--) {
      const size = random.pick([0, 3, 60, 200, 900]);
      const kind = random.below(3);
      const text = () => {
        const value = random.below(kind === 0 ? 800 : 300);
        return kind === 1 || (kind === 2 && random.chance(0.5)) ? `w${value}` : String(value);
      };
      sets.push(Array.from({ length: size }, text));
    }
    const keys = sets.map((_, index) => `set:${index}`);
    for (const [index, texts] of sets.entries()) {
      await ask("DEL", keys[index]);
      await addAll(keys[index], texts);
    }
    const [first, ...others] = sets;
    const inOthers = (text: string) => others.some((texts) => texts.includes(text));
    const difference = sorted(first.filter((text) => !inOthers(text)));
    const intersection = sorted(first.filter((text) => others.every((set) => set.includes(text))));
    expect(await members("SUNION", ...keys)).toEqual(sorted(sets.flat()));
    expect(await members("SDIFF", ...keys)).toEqual(difference);
    expect(await members("SINTER", ...keys)).toEqual(intersection);
    const numkeys = String(keys.length);
    expect(await count("SINTERCARD", numkeys, ...keys, "LIMIT", "2")).toBe(
      Math.min(2, intersection.length),
    );
    expect(await count("SDIFFSTORE", "set:0", ...keys)).toBe(difference.length);
    expect(await members("SMEMBERS", "set:0")).toEqual(difference);
  }
});

test("a union of many large sets, and a difference that removes, are right", async () => {
  const keys: string[] = [];
  for (let i = 0; i < 12; i++) {
    await addAll(`k${i}`, words(200, i * 150));
    keys.push(`k${i}`);
  }
  expect(await members("SUNION", ...keys)).toEqual(sorted(words(11 * 150 + 200)));
  await addAll("big", words(1500));
  await addAll("one", ["member:7"]);
  const expected = sorted(words(1500).filter((text) => text !== "member:7"));
  expect(await members("SDIFF", "big", ...Array<string>(9).fill("one"))).toEqual(expected);
  expect(await members("SDIFF", "big", "one")).toEqual(expected);
});

test("changes are counted, and told to those who watch", async () => {
  const changes = async (...call: string[]) => {
    const before = await ask("INFO", "persistence");
    await ask(...call);
    const after = await ask("INFO", "persistence");
    const at = (text: unknown) => Number(/changes_since_last_save:(\d+)/.exec(String(text))?.[1]);
    return at(after) - at(before);
  };
  expect(await changes("SADD", "s", "a", "b", "c", "1", "2")).toBe(5);
  expect(await changes("SADD", "s", "a")).toBe(0);
  expect(await changes("SREM", "s", "a", "b", "x")).toBe(2);
  expect(await changes("SMOVE", "s", "t", "c")).toBe(2);
  await ask("SADD", "s", "c");
  expect(await changes("SMOVE", "s", "t", "c")).toBe(1);
  expect(await changes("SPOP", "s")).toBe(1);
  expect(await changes("SPOP", "s", "5")).toBe(1);
  await addAll("s", integers(30));
  expect(await changes("SPOP", "s", "3")).toBe(3);
  expect(await changes("SPOP", "s", "25")).toBe(25);
  expect(await changes("SUNIONSTORE", "d", "s", "t")).toBe(1);
  expect(await changes("SINTERSTORE", "d", "s", "nokey")).toBe(1);
  expect(await changes("SINTERSTORE", "d", "s", "nokey")).toBe(0);
  await server.session(`
    > SADD w 1
    (integer) 1
    > WATCH w
    OK
    other> SADD w 1
    (integer) 0
    other> SREM w 9
    (integer) 0
    other> SMOVE w w 1
    (integer) 1
    > MULTI
    OK
    > SCARD w
    QUEUED
    > EXEC
    1) (integer) 1
    > WATCH w
    OK
    other> SPOP w
    "1"
    > MULTI
    OK
    > SCARD w
    QUEUED
    > EXEC
    (nil)
  `);
});
