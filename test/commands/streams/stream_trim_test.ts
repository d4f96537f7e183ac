// Purpose: XTRIM and the trimming of XADD, as sessions under RESP2 and RESP3, and what approximate
// trimming leaves by the size of a stream's nodes. All hold for the real Redis as well:
// RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import {
  EXHAUSTED,
  INVALID_ID,
  inProtocol,
  LARGEST_ID,
  SMALLER_ID,
  withoutTimes,
} from "./stream_replies.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

const nodes = (entries: number, bytes: number) =>
  ["stream-node-max-entries", entries, "stream-node-max-bytes", bytes] as const;

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "SET", ...nodes(100, 4096));
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XTRIM MAXLEN and MINID take the oldest entries", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 2-0 n 3
      "2-0"
      > XADD s 2-5 n 4
      "2-5"
      > XADD s 3-0 n 5
      "3-0"
      > XTRIM s MAXLEN 9
      (integer) 0
      > XTRIM s MAXLEN 5
      (integer) 0
      > XTRIM s MAXLEN 4
      (integer) 1
      > XTRIM s MINID 1-2
      (integer) 0
      > XTRIM s MINID 2
      (integer) 1
      > XRANGE s - +
      1) 1) "2-0"
         2) 1) "n"
            2) "3"
      2) 1) "2-5"
         2) 1) "n"
            2) "4"
      3) 1) "3-0"
         2) 1) "n"
            2) "5"
      > XTRIM s minid = 2-1
      (integer) 1
      > XTRIM s maxlen = 1
      (integer) 1
      > XRANGE s - +
      1) 1) "3-0"
         2) 1) "n"
            2) "5"
      > XTRIM s MINID 3-1
      (integer) 1
      > XLEN s
      (integer) 0
      > EXISTS s
      (integer) 1
      > XINFO STREAM s
       1# "length" => (integer) 0
       2# "radix-tree-keys" => (integer) 0
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "3-0"
       5# "max-deleted-entry-id" => "0-0"
       6# "entries-added" => (integer) 5
       7# "recorded-first-entry-id" => "0-0"
       8# "groups" => (integer) 0
       9# "first-entry" => (nil)
      10# "last-entry" => (nil)
      > XADD s 3-0 n 6
      ${SMALLER_ID}
      > XADD s 3-* n 6
      "3-1"
      > XTRIM s MAXLEN 0
      (integer) 1
      > XTRIM s MAXLEN 0
      (integer) 0
      > TYPE s
      stream
      > XTRIM s MINID ${LARGEST_ID}
      (integer) 0
      > XTRIM nosuch MAXLEN 0
      (integer) 0
      > XTRIM nosuch MINID 5
      (integer) 0
      > EXISTS nosuch
      (integer) 0
      > SET text x
      OK
      > XTRIM text MAXLEN 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

  test("XTRIM refuses wrong options before it looks at the key", () =>
    session(`
      > SET text x
      OK
      > XTRIM text
      (error) ERR wrong number of arguments for 'xtrim' command
      > XTRIM text MAXLEN
      (error) ERR wrong number of arguments for 'xtrim' command
      > XTRIM text 5 MAXLEN
      (error) ERR syntax error
      > XTRIM text MAXLEN x
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN -1
      (error) ERR The MAXLEN argument must be >= 0.
      > XTRIM text MAXLEN 9223372036854775808
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN ""
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN =
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN ~
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN = x
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN ~ -1
      (error) ERR The MAXLEN argument must be >= 0.
      > XTRIM text MAXLEN = ~ 1
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN == 1
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN 1 2
      (error) ERR syntax error
      > XTRIM text MAXLEN 1 MAXLEN 2
      (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
      > XTRIM text MAXLEN 1 MINID 2
      (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
      > XTRIM text MINID 1 MAXLEN 2
      (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
      > XTRIM text MINID x
      ${INVALID_ID}
      > XTRIM text MINID -
      ${INVALID_ID}
      > XTRIM text MINID +
      ${INVALID_ID}
      > XTRIM text MINID $
      ${INVALID_ID}
      > XTRIM text MINID (1
      ${INVALID_ID}
      > XTRIM text MINID 5-*
      ${INVALID_ID}
      > XTRIM text MINID =
      ${INVALID_ID}
      > XTRIM text MINID -1
      ${INVALID_ID}
      > XTRIM text LIMIT 5
      (error) ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
      > XTRIM text LIMIT 5 LIMIT 6
      (error) ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
      > XTRIM text MAXLEN 1 LIMIT 5
      (error) ERR syntax error, LIMIT cannot be used without the special ~ option
      > XTRIM text MAXLEN = 1 LIMIT 5
      (error) ERR syntax error, LIMIT cannot be used without the special ~ option
      > XTRIM text MAXLEN 1 LIMIT 0
      (error) ERR syntax error, LIMIT cannot be used without the special ~ option
      > XTRIM text MAXLEN ~ 1 LIMIT
      (error) ERR syntax error
      > XTRIM text MAXLEN ~ 1 LIMIT -1
      (error) ERR The LIMIT argument must be >= 0.
      > XTRIM text MAXLEN ~ 1 LIMIT x
      (error) ERR value is not an integer or out of range
      > XTRIM text MAXLEN ~ 1 LIMIT 9223372036854775808
      (error) ERR value is not an integer or out of range
      > XTRIM text LIMIT x MAXLEN ~ 1
      (error) ERR value is not an integer or out of range
      > XTRIM text LIMIT 1 MAXLEN ~ 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XTRIM text NOMKSTREAM MAXLEN ~ 1
      (error) ERR syntax error
      > XTRIM text MAXLEN ~ 1 NOMKSTREAM
      (error) ERR syntax error
      > XTRIM text MAXLEN ~ 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XTRIM nosuch MAXLEN ~ 1 LIMIT 9223372036854775807
      (integer) 0
    `));

  test("XADD trims after it has added", () =>
    session(`
      > XADD s MAXLEN 2 1-1 n 1
      "1-1"
      > XADD s MAXLEN = 2 1-2 n 2
      "1-2"
      > XADD s MAXLEN 2 1-3 n 3
      "1-3"
      > XRANGE s - +
      1) 1) "1-2"
         2) 1) "n"
            2) "2"
      2) 1) "1-3"
         2) 1) "n"
            2) "3"
      > XADD s MINID 1-3 2-0 n 4
      "2-0"
      > XADD s MINID = 2 2-1 n 5
      "2-1"
      > XRANGE s - +
      1) 1) "2-0"
         2) 1) "n"
            2) "4"
      2) 1) "2-1"
         2) 1) "n"
            2) "5"
      > XADD s MAXLEN 0 3-0 n 6
      "3-0"
      > XRANGE s - +
      (empty array)
      > XADD s MINID 9 4-0 n 7
      "4-0"
      > XLEN s
      (integer) 0
      > XINFO STREAM s
       1# "length" => (integer) 0
       2# "radix-tree-keys" => (integer) 0
       3# "radix-tree-nodes" => (integer) nodes
       4# "last-generated-id" => "4-0"
       5# "max-deleted-entry-id" => "0-0"
       6# "entries-added" => (integer) 7
       7# "recorded-first-entry-id" => "0-0"
       8# "groups" => (integer) 0
       9# "first-entry" => (nil)
      10# "last-entry" => (nil)
      > XADD new MAXLEN 0 1-1 a 1
      "1-1"
      > EXISTS new
      (integer) 1
      > XADD s MAXLEN ~ 1 LIMIT 0 5-0 a 1
      "5-0"
      > XADD s MAXLEN ~ 0 5-1 a 1
      "5-1"
      > XADD s MINID ~ 9 5-2 a 1
      "5-2"
      > XLEN s
      (integer) 0
    `));

  test("XADD refuses wrong options, and an ID, before it looks at the key", () =>
    session(`
      > SET text x
      OK
      > XADD text MAXLEN x * a 1
      (error) ERR value is not an integer or out of range
      > XADD text MAXLEN -1 * a 1
      (error) ERR The MAXLEN argument must be >= 0.
      > XADD text MAXLEN 9223372036854775808 * a 1
      (error) ERR value is not an integer or out of range
      > XADD text MAXLEN = x * a 1
      (error) ERR value is not an integer or out of range
      > XADD text MAXLEN = * a 1
      (error) ERR value is not an integer or out of range
      > XADD text MAXLEN ~ * a 1
      (error) ERR value is not an integer or out of range
      > XADD text MINID x * a 1
      ${INVALID_ID}
      > XADD text MINID - * a 1
      ${INVALID_ID}
      > XADD text MAXLEN 1 MINID 1 * a 1
      (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
      > XADD text MINID 1 MAXLEN 1 * a 1
      (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
      > XADD text MAXLEN 1 MAXLEN 2 * a 1
      (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
      > XADD text LIMIT 1 * a 1
      (error) ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
      > XADD text LIMIT x * a 1
      (error) ERR value is not an integer or out of range
      > XADD text MAXLEN 1 LIMIT 1 * a 1
      (error) ERR syntax error, LIMIT cannot be used without the special ~ option
      > XADD text MAXLEN = 1 LIMIT 1 * a 1
      (error) ERR syntax error, LIMIT cannot be used without the special ~ option
      > XADD text MAXLEN ~ 1 LIMIT -1 * a 1
      (error) ERR The LIMIT argument must be >= 0.
      > XADD text MAXLEN ~ 1 LIMIT x * a 1
      (error) ERR value is not an integer or out of range
      > XADD text LIMIT 1 MAXLEN ~ 1 * a
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD text LIMIT 1 MAXLEN ~ 1 * a 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XADD text MAXLEN ~ 1 LIMIT 1 x a 1
      ${INVALID_ID}
      > XADD text MAXLEN ~ 1 LIMIT 1 0-0 a 1
      (error) ERR The ID specified in XADD must be greater than 0-0
      > XADD text MAXLEN 1 MAXLEN
      ${INVALID_ID}
      > XADD text FOO 1 * a 1
      ${INVALID_ID}
      > XADD text MAXLEN ~ MAXLEN ~ a 1
      (error) ERR value is not an integer or out of range
      > XADD text * MAXLEN 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XADD text MAXLEN ~ 1 * a 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XADD s MAXLEN 1 1-1 MAXLEN 1
      "1-1"
      > XADD s MAXLEN 2 1-2 LIMIT 1 NOMKSTREAM 2
      "1-2"
      > XADD s MAXLEN 0 1-1 a 1
      ${SMALLER_ID}
      > XADD s MAXLEN 0 ${LARGEST_ID} a 1
      "${LARGEST_ID}"
      > XADD s MAXLEN 0 ${LARGEST_ID} a 1
      ${EXHAUSTED}
      > XRANGE s - +
      (empty array)
    `));
});

/** Fields and values of the entry n, as long as the name says. */
const FIELDS: Readonly<Record<string, (n: number) => Word[]>> = {
  n: (n) => ["n", n],
  gaps: (n) => ["n", n],
  mixed: (n) => (n % 3 === 0 ? ["n", n, "m", n] : ["n", n]),
  other: (n) => [`field${n}`, n],
  texts: (n) => ["name", "x".repeat(n % 70), "text", "y".repeat((n * 7) % 200)],
  numbers: (n) => ["a", 2 ** (n % 50), "b", -(3 ** (n % 30)), "c", "0".repeat(n % 4) + n],
  empty: (n) => (n % 2 === 0 ? ["", ""] : ["", n]),
  large: (n) => ["z", "z".repeat(n % 7 === 0 ? 5000 : n)],
};

/** Numbers in rising order, as `1-3 5`. */
function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let from = 0, to = 0; from < numbers.length; from = ++to) {
    while (numbers[to + 1] === numbers[to] + 1) to++;
    parts.push(from === to ? `${numbers[from]}` : `${numbers[from]}-${numbers[to]}`);
  }
  return parts.join(" ");
}

const nodeCount = async () => {
  const info = (await ask("XINFO", "STREAM", "s")) as unknown[];
  return info[info.indexOf("radix-tree-keys") + 1];
};

describe("XTRIM by the nodes of a stream", () => {
  // stream-node-max-entries and -bytes; what is added, and deleted of it; how many nodes that is;
  // XTRIM's words; how many it removes; which entries are left, in how many nodes.
  test.each([
    [100, 4096, "n 20", 1, "MAXLEN 5", 15, "16-20", 1],
    [100, 4096, "n 20", 1, "MAXLEN ~ 5", 0, "1-20", 1],
    [100, 4096, "n 250", 3, "MAXLEN ~ 50", 200, "201-250", 1],
    [100, 4096, "n 250", 3, "MAXLEN ~ 49", 200, "201-250", 1],
    [100, 4096, "n 250", 3, "MAXLEN ~ 150", 100, "101-250", 2],
    [100, 4096, "n 250", 3, "MAXLEN 120", 130, "131-250", 2],
    [100, 4096, "n 250", 3, "MINID ~ 150", 100, "101-250", 2],
    [100, 4096, "n 250", 3, "MINID ~ 100", 0, "1-250", 3],
    [100, 4096, "n 250", 3, "MINID ~ 101", 100, "101-250", 2],
    [100, 4096, "n 250", 3, "MINID 101", 100, "101-250", 2],
    [100, 4096, "n 250", 3, "MINID ~ 251", 250, "", 0],
    [100, 4096, "n 250", 3, "MINID ~ 250", 200, "201-250", 1],
    [100, 4096, "n 250", 3, "MAXLEN ~ 0 LIMIT 99", 0, "1-250", 3],
    [100, 4096, "n 250", 3, "MAXLEN ~ 0 LIMIT 100", 100, "101-250", 2],
    [100, 4096, "n 250", 3, "MAXLEN ~ 0 LIMIT 199", 100, "101-250", 2],
    [100, 4096, "n 250", 3, "MAXLEN ~ 0 LIMIT 0", 250, "", 0],
    [100, 4096, "n 250", 3, "MINID ~ 999 LIMIT 249", 200, "201-250", 1],
    [1, 4096, "n 20", 20, "MAXLEN ~ 5", 15, "16-20", 5],
    [1, 4096, "n 20", 20, "MINID ~ 8", 7, "8-20", 13],
    [1, 4096, "n 150", 150, "MAXLEN ~ 0", 100, "101-150", 50],
    [1, 4096, "n 150", 150, "MAXLEN ~ 10 LIMIT 0", 140, "141-150", 10],
    [1, 4096, "n 20", 20, "MAXLEN ~ 0 LIMIT 7", 7, "8-20", 13],
    [1, 4096, "n 20", 20, "MAXLEN 3", 17, "18-20", 3],
    [3, 4096, "n 10", 4, "MAXLEN ~ 4", 6, "7-10", 2],
    [3, 4096, "n 10", 4, "MAXLEN ~ 5", 3, "4-10", 3],
    [3, 4096, "n 10", 4, "MAXLEN ~ 1", 9, "10", 1],
    [3, 4096, "n 10", 4, "MAXLEN ~ 0", 10, "", 0],
    [3, 4096, "n 10", 4, "MAXLEN = 5", 5, "6-10", 3],
    [3, 4096, "n 10", 4, "MINID 5", 4, "5-10", 3],
    [3, 4096, "n 10", 4, "MINID ~ 6", 3, "4-10", 3],
    [3, 4096, "n 10", 4, "MINID ~ 7", 6, "7-10", 2],
    [3, 4096, "n 320", 107, "MAXLEN ~ 0", 300, "301-320", 7],
    [3, 4096, "n 10", 4, "MAXLEN ~ 0 LIMIT 5", 3, "4-10", 3],
    [3, 4096, "n 10 less 2 3", 4, "MAXLEN ~ 5", 1, "4-10", 3],
    [3, 4096, "n 10 less 2 3", 4, "MAXLEN ~ 7", 1, "4-10", 3],
    [3, 4096, "n 10 less 2 3", 4, "MAXLEN 6", 2, "5-10", 3],
    [3, 4096, "n 10 less 1 2 3", 3, "MAXLEN ~ 4", 3, "7-10", 2],
    [3, 4096, "n 10 less 3 6", 4, "MINID ~ 6", 2, "4-5 7-10", 3],
    [3, 4096, "n 10 less 3 6", 4, "MINID ~ 5", 2, "4-5 7-10", 3],
    [3, 4096, "n 10 less 2 5 8", 4, "MAXLEN ~ 3 LIMIT 4", 4, "7 9-10", 2],
    [3, 4096, "n 10 less 2 5 8", 4, "MAXLEN ~ 3 LIMIT 3", 2, "4 6-7 9-10", 3],
    [3, 4096, "n 10 less 10", 3, "MAXLEN ~ 1", 6, "7-9", 1],
    [10, 4096, "n 35", 4, "MAXLEN ~ 7", 20, "21-35", 2],
    [10, 4096, "n 35", 4, "MAXLEN ~ 15", 20, "21-35", 2],
    [10, 4096, "n 35", 4, "MAXLEN 17", 18, "19-35", 3],
    [10, 4096, "n 35", 4, "MAXLEN 12", 23, "24-35", 2],
    [10, 4096, "n 35 less 5 6 7 20 21", 4, "MAXLEN ~ 20", 7, "11-19 22-35", 3],
    [10, 4096, "n 35 less 5 6 7 20 21", 4, "MAXLEN 20", 10, "14-19 22-35", 3],
    [10, 4096, "n 35 less 5 6 7 20 21", 4, "MAXLEN ~ 22 LIMIT 7", 7, "11-19 22-35", 3],
    [10, 4096, "n 35 less 5 6 7 20 21", 4, "MAXLEN ~ 22 LIMIT 6", 0, "1-4 8-19 22-35", 4],
    [10, 4096, "n 35 less 1 2 3 4 5 6 7 8 9", 4, "MINID ~ 10", 0, "10-35", 4],
    [10, 4096, "n 35 less 1 2 3 4 5 6 7 8 9", 4, "MINID 20", 10, "20-35", 3],
    [10, 4096, "n 35", 4, "MINID 11", 10, "11-35", 3],
    [10, 4096, "n 35", 4, "MINID ~ 11", 10, "11-35", 3],
    [0, 4096, "n 250", 1, "MAXLEN ~ 10", 0, "1-250", 1],
    [0, 200, "n 60", 4, "MAXLEN ~ 10", 36, "37-60", 2],
    [0, 0, "n 250", 1, "MAXLEN ~ 10", 0, "1-250", 1],
    [0, 0, "n 250", 1, "MAXLEN 10", 240, "241-250", 1],
    [100, 0, "n 250", 3, "MAXLEN ~ 10", 200, "201-250", 1],
    [100, 1, "n 20", 20, "MAXLEN ~ 10", 10, "11-20", 10],
    [100, 50, "n 20", 7, "MAXLEN ~ 10", 9, "10-20", 4],
    [100, 64, "n 30", 6, "MAXLEN ~ 10", 20, "21-30", 2],
    [100, 100, "n 30", 4, "MAXLEN ~ 10", 16, "17-30", 2],
    [100, 128, "mixed 60", 7, "MAXLEN ~ 10", 45, "46-60", 2],
    [100, 128, "other 60", 10, "MAXLEN ~ 10", 48, "49-60", 2],
    [100, 256, "mixed 60 less 3 9 27", 4, "MAXLEN ~ 10", 33, "37-60", 2],
    [100, 256, "texts 60", 45, "MAXLEN ~ 10", 50, "51-60", 9],
    [100, 512, "texts 60", 22, "MAXLEN ~ 30", 27, "28-60", 14],
    [100, 1024, "texts 100 less 5 10 15 60", 15, "MAXLEN ~ 30", 63, "68-100", 5],
    [100, 4096, "texts 200", 8, "MAXLEN ~ 30", 166, "167-200", 2],
    [100, 4096, "numbers 200", 2, "MAXLEN ~ 30", 100, "101-200", 1],
    [100, 300, "numbers 200", 20, "MAXLEN ~ 30", 168, "169-200", 4],
    [100, 300, "gaps 60", 3, "MAXLEN ~ 30", 23, "24-60", 2],
    [100, 300, "empty 60", 3, "MAXLEN ~ 30", 29, "30-60", 2],
    [100, 4096, "large 60", 17, "MAXLEN ~ 30", 28, "29-60", 9],
  ] as const)("%i/%i, %s in %i: %s", async (...row) => {
    const [entries, bytes, added, before, trim, removed, left, after] = row;
    const [kind, count, , ...deleted] = added.split(" ");
    await ask("CONFIG", "SET", ...nodes(entries, bytes));
    const adding = Array.from({ length: Number(count) }, (_, index) => {
      const n = index + 1;
      const id = kind === "gaps" ? `${n}-${(n * 7919) % 100000}` : `${n}-1`;
      return ["XADD", "s", id, ...FIELDS[kind](n)];
    });
    await client.pipeline(adding);
    if (deleted.length > 0) await ask("XDEL", "s", ...deleted.map((n) => `${n}-1`));
    expect(await nodeCount()).toBe(before);
    expect(await ask("XTRIM", "s", ...trim.split(" "))).toBe(removed);
    const range = (await ask("XRANGE", "s", "-", "+")) as [string, string[]][];
    expect(ranges(range.map(([id]) => Number.parseInt(id, 10)))).toBe(left);
    expect(range.map(([, fields]) => fields)).toEqual(
      range.map(([id]) => FIELDS[kind](Number.parseInt(id, 10)).map(String)),
    );
    expect(await nodeCount()).toBe(after);
  });

  test("a node counts what was deleted of it, until nothing is left", async () => {
    await ask("CONFIG", "SET", ...nodes(3, 4096));
    const counts: unknown[] = [];
    const add = async (n: number) => {
      await ask("XADD", "s", `${n}-0`, "n", n);
      counts.push(await nodeCount());
    };
    const remove = async (...numbers: number[]) => {
      await ask("XDEL", "s", ...numbers.map((n) => `${n}-0`));
      counts.push(await nodeCount());
    };
    for (const n of [1, 2, 3]) await add(n);
    await remove(2, 3);
    await add(4);
    await remove(1);
    await remove(4);
    for (const n of [5, 6, 7]) await add(n);
    await ask("CONFIG", "SET", ...nodes(5, 4096));
    for (const n of [8, 9, 10]) await add(n);
    await ask("CONFIG", "SET", ...nodes(1, 4096));
    for (const n of [11, 12]) await add(n);
    await remove(8, 9);
    await remove(10);
    expect(counts.join(" ")).toBe("1 1 1 1 2 1 0 1 1 1 1 1 2 3 4 4 3");
  });

  test("XADD trims likewise", async () => {
    await ask("CONFIG", "SET", ...nodes(10, 4096));
    const lengths: unknown[] = [];
    for (let n = 1; n <= 45; n++) {
      await ask("XADD", "s", "MAXLEN", "~", 15, `${n}-1`, "n", n);
      lengths.push(await ask("XLEN", "s"));
    }
    const growing = Array.from({ length: 24 }, (_, index) => index + 1);
    const again = growing.slice(14);
    expect(lengths).toEqual([...growing, ...again, ...again, 15]);
    lengths.length = 0;
    for (let n = 46; n <= 70; n++) {
      await ask("XADD", "s", "MINID", "~", n - 12, `${n}-1`, "n", n);
      lengths.push(await ask("XLEN", "s"));
    }
    expect(lengths.join(" ")).toBe(
      "16 17 18 19 20 21 22 13 14 15 16 17 18 19 20 21 22 13 14 15 16 17 18 19 20",
    );
    await ask("CONFIG", "SET", ...nodes(1, 4096));
    const more = Array.from({ length: 230 }, (_, index) => index + 71);
    await client.pipeline(more.map((n) => ["XADD", "s", `${n}-1`, "n", n]));
    await ask("XADD", "s", "MAXLEN", "~", 10, "301-1", "n", 301);
    expect(await ask("XLEN", "s")).toBe(151);
    await ask("XADD", "s", "MAXLEN", "~", 10, "LIMIT", 7, "302-1", "n", 302);
    expect(await ask("XLEN", "s")).toBe(145);
  });
});
