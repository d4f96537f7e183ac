// Purpose: however a large value goes, the command that makes it go frees little of it: the rest
// goes in slices, after it. Blocks of memory are counted, not time.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { InnerServer } from "../persistence/inner_server.ts";

/** Elements of a large value. */
const COUNT = 5000;
/** Elements added by one command. */
const CHUNK = 1000;
/** Blocks that a command, or one slice after it, may free. */
const BLOCKS_MAX = 1600;
/** A value has at least so many blocks. */
const BLOCKS_MIN = 2 * BLOCKS_MAX;

let inner: InnerServer;
let blocksBefore = 0;

beforeEach(() => {
  blocksBefore = arena.figures().blockCount;
  inner = new InnerServer(1);
});

afterEach(() => {
  inner.run("FLUSHALL");
  while (inner.keyspace.reclaimSlice());
});

const blocks = () => arena.figures().blockCount;

/** Text that makes a leaf hold few of it. */
const LONG = "long enough for a leaf of a list or a stream to be full soon ".repeat(20);

/** Fills a key by commands of some hundred elements each. */
function fill(begin: readonly string[], element: (index: number) => string[]): void {
  for (let from = 0; from < COUNT; from += CHUNK) {
    const words = Array.from({ length: CHUNK }, (_, i) => element(from + i)).flat();
    inner.run(...begin, ...words);
  }
}

function addEntries(key: string): void {
  for (let i = 0; i < COUNT; i++) inner.run("XADD", key, `${i + 1}-0`, "field", LONG);
}

function expireFields(): void {
  for (let from = 0; from < COUNT; from += CHUNK) {
    const fields = Array.from({ length: CHUNK }, (_, i) => `field ${from + i}`);
    inner.run("HPEXPIRE", "k", `${100_000 + from}`, "FIELDS", `${CHUNK}`, ...fields);
  }
}

/** Makes the key `k`, which then owns many blocks. */
const MAKERS: Readonly<Record<string, () => void>> = {
  list: () => fill(["RPUSH", "k"], (i) => [`${i} ${LONG}`]),
  set: () => fill(["SADD", "k"], (i) => [`member ${i}`]),
  zset: () => fill(["ZADD", "k"], (i) => [`${i % 100}`, `member ${i}`]),
  hash: () => fill(["HSET", "k"], (i) => [`field ${i}`, `value ${i}`]),
  "hash whose fields expire": () => {
    MAKERS.hash();
    expireFields();
  },
  stream: () => addEntries("k"),
};

/** Ways in which any value goes, each as lines of commands of which the last one is it. */
const WAYS: readonly string[] = [
  "SET k v",
  "SET k 12",
  "SET k v EX 100",
  "SET k v KEEPTTL",
  "PEXPIRE k 100000|SET k v KEEPTTL",
  "PEXPIRE k 100000|SET k v",
  "SETEX k 100 v",
  "PSETEX k 100 v",
  "MSET a 1 k v",
  "MSETEX 1 k v EX 100",
  "DEL k",
  "UNLINK k",
  "DELEX k",
  "SADD s a b|SUNIONSTORE k s",
  "SADD s a b|SINTERSTORE k s missing",
  "SADD s a b|SDIFFSTORE k s missing",
  "ZADD z 1 a|ZUNIONSTORE k 1 z",
  "ZADD z 1 a|ZINTERSTORE k 2 z missing",
  "ZADD z 1 a|ZDIFFSTORE k 1 z",
  "ZADD z 1 a|ZRANGESTORE k z 0 -1",
  "ZADD z 1 a|ZRANGESTORE k z 5 6",
  "GEOADD g 1 1 a|GEOSEARCHSTORE k g FROMLONLAT 1 1 BYRADIUS 10 km",
  "GEOADD g 1 1 a|GEORADIUS g 1 1 10 km STORE k",
  "RPUSH l 2 1|SORT l STORE k",
  "SORT missing STORE k",
  "SET a abc|BITOP NOT k a",
  "BITOP NOT k missing",
  "SET a v|COPY a k REPLACE",
  "SET a v|RENAME a k",
  "SET a v|COPY a k DB 0 REPLACE",
  "SET a v|SELECT 1|SET a w|COPY a k DB 0 REPLACE",
  "EXPIRE k -1",
  "PEXPIREAT k 1",
  "EXPIREAT k 1 XX|EXPIREAT k 1",
  "PEXPIRE k 5|@pass|EXISTS k",
  "@hold|PEXPIRE k 5|@time|EXISTS k",
  "@hold|PEXPIRE k 5|@time|SET k v",
  "@hold|PEXPIRE k 5|@time|RANDOMKEY",
  "@hold|PEXPIRE k 5|@time|SCAN 0",
  "MOVE k 1|FLUSHDB|SELECT 1|SET k v",
  "RENAME k other|SET other v",
  "FLUSHDB",
  "FLUSHALL",
  "SWAPDB 0 1|FLUSHALL",
  "MULTI|SET k v|EXEC",
];

/** Ways of one type. */
const OWN_WAYS: Readonly<Record<string, readonly string[]>> = {
  list: ["LTRIM k 1 0", `LPOP k ${COUNT}`, `LMPOP 1 k LEFT COUNT ${COUNT}`],
  set: [
    `SPOP k ${COUNT}`,
    `SADD s a|SPOP k ${COUNT - 1}`,
    "SMOVE k s missing|SUNIONSTORE k missing",
  ],
  zset: [
    "ZREMRANGEBYRANK k 0 -1",
    "ZREMRANGEBYSCORE k -inf +inf",
    `ZPOPMIN k ${COUNT}`,
    `ZMPOP 1 k MIN COUNT ${COUNT}`,
    "ZUNION 2 k missing",
    "ZDIFF 2 k missing",
  ],
};

/** Runs a line; words that begin with @ are about time. */
function carryOut(line: string): void {
  if (line === "@pass") inner.pass(10);
  else if (line === "@time") inner.wait(10);
  else if (line === "@hold") inner.server.control.expireByItself(false);
  else expect(inner.run(...line.split(" "))).not.toMatch(/^-/);
}

/** Frees all that waits, slice by slice; returns how many blocks that were. */
function reclaim(): number {
  const start = blocks();
  for (let more = true; more; ) {
    const before = blocks();
    more = inner.keyspace.reclaimSlice();
    expect(before - blocks()).toBeLessThanOrEqual(BLOCKS_MAX);
  }
  return start - blocks();
}

describe.each(Object.keys(MAKERS))("a large %s", (type) => {
  const ways = [...WAYS, ...(OWN_WAYS[type] ?? [])];
  test.each(ways)("goes in slices: %s", (way) => {
    MAKERS[type]();
    const made = blocks() - blocksBefore;
    if (type !== "list" && type !== "stream") expect(made).toBeGreaterThan(BLOCKS_MIN);
    const lines = way.split("|");
    for (const line of lines.slice(0, -1)) carryOut(line);
    const before = blocks();
    carryOut(lines[lines.length - 1]);
    const limit = Math.min(BLOCKS_MAX, made / 4);
    expect(before - blocks()).toBeLessThanOrEqual(limit);
    expect(reclaim()).toBeGreaterThan(made / 2);
  });
});

test("RESTORE over a large value, and of one whose time is over", () => {
  inner.run("SET", "a", "v");
  const small = /^\$\d+\r\n([\s\S]*)\r\n$/.exec(inner.run("DUMP", "a"))?.[1] ?? "";
  MAKERS.set();
  const large = /^\$\d+\r\n([\s\S]*)\r\n$/.exec(inner.run("DUMP", "k"))?.[1] ?? "";
  let before = blocks();
  expect(inner.run("RESTORE", "k", "0", small, "REPLACE")).toBe("+OK\r\n");
  expect(before - blocks()).toBeLessThan(100);
  expect(reclaim()).toBeGreaterThan(COUNT);
  before = blocks();
  expect(inner.run("RESTORE", "k", "1", large, "REPLACE", "ABSTTL")).toBe("+OK\r\n");
  expect(blocks() - before).toBeGreaterThan(COUNT);
  expect(reclaim()).toBeGreaterThan(COUNT);
});
