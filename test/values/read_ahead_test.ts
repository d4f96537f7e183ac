// Purpose: reading ahead of values of every type and encoding, in debug builds too, and which
// collections have elements to be read.

import { expect, test } from "bun:test";
import { NIL } from "../../src/arena/arena.ts";
import { argsOf } from "../../src/protocol/args.ts";
import * as dict from "../../src/structures/dict.ts";
import { elementsOf, readValues } from "../../src/values/read_ahead.ts";
import { InnerServer } from "../persistence/inner_server.ts";

const LONG = "x".repeat(100);
const many = (words: (i: number) => string[]) =>
  Array.from({ length: 600 }, (_, i) => words(i)).flat();

const VALUES: Record<string, string[]> = {
  int: ["SET", "int", "12"],
  short: ["SET", "short", "text"],
  text: ["SET", "text", "t".repeat(4000)],
  block: ["SET", "block", "b".repeat(100_000)],
  list: ["RPUSH", "list", "a"],
  longList: ["RPUSH", "longList", ...many((i) => [`${LONG}${i}`])],
  integers: ["SADD", "integers", "1", "2"],
  set: ["SADD", "set", "a"],
  largeSet: ["SADD", "largeSet", ...many((i) => [`m${i}`])],
  zset: ["ZADD", "zset", "1", "a"],
  largeZset: ["ZADD", "largeZset", ...many((i) => [String(i), `m${i}`])],
  hash: ["HSET", "hash", "a", "b"],
  largeHash: ["HSET", "largeHash", ...many((i) => [`f${i}`, "v"])],
  stream: ["XADD", "stream", "1-1", "a", "b"],
};

test("values of every type, large and small", () => {
  const server = new InnerServer(3);
  for (const words of Object.values(VALUES)) server.run(...words);
  const names = Object.keys(VALUES);
  const args = argsOf(names);
  const [db] = server.keyspace.databases;
  const found = names.map((_, index) => db.entryAt(args, index));
  expect(names.filter((_, index) => found[index] === NIL)).toEqual([]);
  // Keys that are not there are passed over.
  readValues(Int32Array.from([NIL, ...found, NIL]), found.length + 2);
  const counts = found.map((e) => (elementsOf(e) === NIL ? 0 : dict.count(elementsOf(e))));
  const large = names.filter((_, index) => counts[index] > 0);
  expect(large).toEqual(["largeSet", "largeZset", "largeHash"]);
  expect(counts.filter((count) => count > 0)).toEqual([600, 600, 600]);
});
