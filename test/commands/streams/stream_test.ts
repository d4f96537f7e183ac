// Purpose: XADD and the IDs of entries, as sessions under RESP2 and RESP3. All hold for the real
// Redis as well: RUSK_BINARY=redis-server shows it.

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

beforeEach(async () => {
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (...words: Word[]) => plain(await client.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XADD adds entries, each with fields in their order", () =>
    session(`
      > XADD s 1-1 a 1
      "1-1"
      > XADD s 1-2 b 2 a 3
      "1-2"
      > XADD s 5 a 1 a 2 a 1
      "5-0"
      > XLEN s
      (integer) 3
      > XRANGE s - +
      1) 1) "1-1"
         2) 1) "a"
            2) "1"
      2) 1) "1-2"
         2) 1) "b"
            2) "2"
            3) "a"
            4) "3"
      3) 1) "5-0"
         2) 1) "a"
            2) "1"
            3) "a"
            4) "2"
            5) "a"
            6) "1"
      > TYPE s
      stream
      > OBJECT ENCODING s
      "stream"
      > XLEN nosuch
      (integer) 0
      > XRANGE nosuch - +
      (empty array)
      > XADD s 6-0 "" ""
      "6-0"
      > XADD s 7-0 "c\\r\\n\\x00" "\\xff"
      "7-0"
      > XRANGE s 6 +
      1) 1) "6-0"
         2) 1) ""
            2) ""
      2) 1) "7-0"
         2) 1) "c\\r\\n\\x00"
            2) "\\xff"
    `));

  test("XADD wants a field and a value for each", () =>
    session(`
      > XADD
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s *
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s * a
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s * a 1 b
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s 1-1 a 1 b
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s 1-1 a
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s MAXLEN 1 *
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s NOMKSTREAM * a
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s NOMKSTREAM
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s NOMKSTREAM MAXLEN 10
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s NOMKSTREAM NOMKSTREAM NOMKSTREAM NOMKSTREAM
      (error) ERR wrong number of arguments for 'xadd' command
      > EXISTS s
      (integer) 0
    `));

  test("XADD refuses an ID that is not larger than the last", () =>
    session(`
      > XADD s 0-0 a 1
      (error) ERR The ID specified in XADD must be greater than 0-0
      > XADD s 0 a 1
      (error) ERR The ID specified in XADD must be greater than 0-0
      > XADD s 0-1 a 1
      "0-1"
      > XADD s 0-1 a 1
      ${SMALLER_ID}
      > XADD s 0-0 a 1
      (error) ERR The ID specified in XADD must be greater than 0-0
      > XADD s 5-5 a 1
      "5-5"
      > XADD s 5-5 a 1
      ${SMALLER_ID}
      > XADD s 5-4 a 1
      ${SMALLER_ID}
      > XADD s 4-9 a 1
      ${SMALLER_ID}
      > XADD s 5 a 1
      ${SMALLER_ID}
      > XADD s 5-6 a 1
      "5-6"
      > XADD s 6 a 1
      "6-0"
      > XDEL s 6-0
      (integer) 1
      > XADD s 6-0 a 1
      ${SMALLER_ID}
      > XLEN s
      (integer) 3
    `));

  test("XADD ms-* takes the next of a millisecond", () =>
    session(`
      > XADD s 0-* a 1
      "0-1"
      > XADD s 0-* a 1
      "0-2"
      > XADD s 5-* a 1
      "5-0"
      > XADD s 5-* a 1
      "5-1"
      > XADD s 5-7 a 1
      "5-7"
      > XADD s 5-* a 1
      "5-8"
      > XADD s 4-* a 1
      ${SMALLER_ID}
      > XADD s 0-* a 1
      ${SMALLER_ID}
      > XADD s 5-18446744073709551614 a 1
      "5-18446744073709551614"
      > XADD s 5-* a 1
      "5-18446744073709551615"
      > XADD s 5-* a 1
      (error) ERR Elements are too large to be stored
      > XADD s 6-* a 1
      "6-0"
      > XADD s *-* a 1
      ${INVALID_ID}
      > XADD s *-1 a 1
      ${INVALID_ID}
      > XADD s -* a 1
      ${INVALID_ID}
      > XADD s -1-* a 1
      ${INVALID_ID}
      > XADD s 7-** a 1
      ${INVALID_ID}
      > XADD s 7* a 1
      ${INVALID_ID}
      > XADD s 7-*5 a 1
      ${INVALID_ID}
      > XADD s 18446744073709551615-* a 1
      "18446744073709551615-0"
      > XADD s 18446744073709551615-* a 1
      "18446744073709551615-1"
      > XADD s 18446744073709551616-* a 1
      ${INVALID_ID}
    `));

  test("XADD at the largest ID: none comes after it", () =>
    session(`
      > XADD s 18446744073709551615-18446744073709551614 a 1
      "18446744073709551615-18446744073709551614"
      > XADD s * a 1
      "${LARGEST_ID}"
      > XADD s * a 1
      ${EXHAUSTED}
      > XADD s 18446744073709551615-* a 1
      ${EXHAUSTED}
      > XADD s ${LARGEST_ID} a 1
      ${EXHAUSTED}
      > XADD s 1-1 a 1
      ${EXHAUSTED}
      > XADD s * a
      (error) ERR wrong number of arguments for 'xadd' command
      > XADD s x a 1
      ${INVALID_ID}
      > XLEN s
      (integer) 2
      > XADD t ${LARGEST_ID} a 1
      "${LARGEST_ID}"
      > XADD t * a 1
      ${EXHAUSTED}
      > XADD t 5-* a 1
      ${EXHAUSTED}
      > XDEL t ${LARGEST_ID}
      (integer) 1
      > XADD t * a 1
      ${EXHAUSTED}
      > XADD u 99999999999999-18446744073709551615 a 1
      "99999999999999-18446744073709551615"
      > XADD u * a 1
      "100000000000000-0"
      > XADD u * a 1
      "100000000000000-1"
      > XADD u 99999999999999-* a 1
      ${SMALLER_ID}
    `));

  test("XADD reads IDs strictly", () =>
    session(`
      > XADD s "" a 1
      ${INVALID_ID}
      > XADD s " " a 1
      ${INVALID_ID}
      > XADD s - a 1
      ${INVALID_ID}
      > XADD s + a 1
      ${INVALID_ID}
      > XADD s $ a 1
      ${INVALID_ID}
      > XADD s > a 1
      ${INVALID_ID}
      > XADD s ( a 1
      ${INVALID_ID}
      > XADD s (1-1 a 1
      ${INVALID_ID}
      > XADD s abc a 1
      ${INVALID_ID}
      > XADD s 1-x a 1
      ${INVALID_ID}
      > XADD s x-1 a 1
      ${INVALID_ID}
      > XADD s 1- a 1
      ${INVALID_ID}
      > XADD s -1 a 1
      ${INVALID_ID}
      > XADD s -1-1 a 1
      ${INVALID_ID}
      > XADD s --1 a 1
      ${INVALID_ID}
      > XADD s 1--1 a 1
      ${INVALID_ID}
      > XADD s 1-1-1 a 1
      ${INVALID_ID}
      > XADD s 1-+2 a 1
      "1-2"
      > XADD s +5-1 a 1
      "5-1"
      > XADD s " 5-1" a 1
      ${SMALLER_ID}
      > XADD s "5-1 " a 1
      ${INVALID_ID}
      > XADD s "5- 1" a 1
      ${SMALLER_ID}
      > XADD s "5 -1" a 1
      ${INVALID_ID}
      > XADD s "5-1\\x00" a 1
      ${SMALLER_ID}
      > XADD s "5-1\\n" a 1
      ${INVALID_ID}
      > XADD s 1--01 a 1
      ${SMALLER_ID}
      > XADD s "1- -1" a 1
      ${SMALLER_ID}
      > XADD s "\\t6-\\v\\n1" a 1
      ${INVALID_ID}
      > XADD s "6-1\\x00-x" a 1
      "6-1"
      > XADD s 5.0-1 a 1
      ${INVALID_ID}
      > XADD s 0x5-1 a 1
      ${INVALID_ID}
      > XADD s 1e3-1 a 1
      ${INVALID_ID}
      > XADD s 007-01 a 1
      "7-1"
      > XADD s 007-1 a 1
      ${SMALLER_ID}
      > XADD s 7-01 a 1
      ${SMALLER_ID}
      > XADD s 07 a 1
      ${SMALLER_ID}
      > XADD s 00-1 a 1
      ${SMALLER_ID}
      > XADD s 7-00 a 1
      ${SMALLER_ID}
      > XADD s 18446744073709551616-0 a 1
      ${INVALID_ID}
      > XADD s 1-18446744073709551616 a 1
      ${INVALID_ID}
      > XADD s 18446744073709551616 a 1
      ${INVALID_ID}
      > XADD s 99999999999999999999-0 a 1
      ${INVALID_ID}
      > XADD s 0018446744073709551615-0 a 1
      "18446744073709551615-0"
      > XADD nosuch NOMKSTREAM "*\\x00x" a 1
      (nil)
      > XADD nosuch NOMKSTREAM "5-*\\x00x" a 1
      (nil)
      > XADD nosuch "NOMKSTREAM\\x00x" * a 1
      (nil)
      > XADD nosuch NOMKSTREAM ** a 1
      ${INVALID_ID}
      > EXISTS s
      (integer) 1
    `));

  test("IDs may be as large as 64 bits are", () =>
    session(`
      > XADD s 9007199254740991-9007199254740991 a 1
      "9007199254740991-9007199254740991"
      > XADD s 9007199254740991-9007199254740993 a 1
      "9007199254740991-9007199254740993"
      > XADD s 9007199254740992 a 1
      "9007199254740992-0"
      > XADD s 9007199254740993-1 a 1
      "9007199254740993-1"
      > XADD s 9007199254740993-9007199254740992 a 1
      "9007199254740993-9007199254740992"
      > XADD s 9223372036854775807-9223372036854775807 a 1
      "9223372036854775807-9223372036854775807"
      > XADD s 9223372036854775807-9223372036854775808 a 1
      "9223372036854775807-9223372036854775808"
      > XADD s 9223372036854775808 a 1
      "9223372036854775808-0"
      > XADD s 9223372036854775808-9223372036854775809 a 1
      "9223372036854775808-9223372036854775809"
      > XADD s 18446744073709551614-18446744073709551615 a 1
      "18446744073709551614-18446744073709551615"
      > XADD s 18446744073709551615-0 a 1
      "18446744073709551615-0"
      > XADD s 18446744073709551615-* a 1
      "18446744073709551615-1"
      > XREVRANGE s 18446744073709551615-1 9007199254740993
      1) 1) "18446744073709551615-1"
         2) 1) "a"
            2) "1"
      2) 1) "18446744073709551615-0"
         2) 1) "a"
            2) "1"
      3) 1) "18446744073709551614-18446744073709551615"
         2) 1) "a"
            2) "1"
      4) 1) "9223372036854775808-9223372036854775809"
         2) 1) "a"
            2) "1"
      5) 1) "9223372036854775808-0"
         2) 1) "a"
            2) "1"
      6) 1) "9223372036854775807-9223372036854775808"
         2) 1) "a"
            2) "1"
      7) 1) "9223372036854775807-9223372036854775807"
         2) 1) "a"
            2) "1"
      8) 1) "9007199254740993-9007199254740992"
         2) 1) "a"
            2) "1"
      9) 1) "9007199254740993-1"
         2) 1) "a"
            2) "1"
      > XRANGE s 9007199254740991-9007199254740992 9007199254740992-0
      1) 1) "9007199254740991-9007199254740993"
         2) 1) "a"
            2) "1"
      2) 1) "9007199254740992-0"
         2) 1) "a"
            2) "1"
      > XDEL s 9007199254740993-2 9007199254740993-1 9223372036854775808-9223372036854775808
      (integer) 1
      > XLEN s
      (integer) 11
      > XRANGE s (9223372036854775807-9223372036854775807 (9223372036854775808-9223372036854775809
      1) 1) "9223372036854775807-9223372036854775808"
         2) 1) "a"
            2) "1"
      2) 1) "9223372036854775808-0"
         2) 1) "a"
            2) "1"
    `));

  test("XADD NOMKSTREAM adds to what is there only", () =>
    session(`
      > XADD s NOMKSTREAM * a 1
      (nil)
      > XADD s nomkstream 1-1 a 1
      (nil)
      > EXISTS s
      (integer) 0
      > XADD s NOMKSTREAM 0-0 a 1
      (error) ERR The ID specified in XADD must be greater than 0-0
      > XADD s NOMKSTREAM x a 1
      ${INVALID_ID}
      > XADD s MAXLEN 5 NOMKSTREAM 1-1 a 1
      (nil)
      > XADD s NOMKSTREAM MAXLEN x 1-1 a 1
      (error) ERR value is not an integer or out of range
      > XADD s 1-1 a 1
      "1-1"
      > XADD s NOMKSTREAM 1-2 a 1
      "1-2"
      > XADD s NOMKSTREAM NOMKSTREAM MAXLEN = 2 1-3 a 1
      "1-3"
      > XADD s NOMKSTREAM 1-3 a 1
      ${SMALLER_ID}
      > XRANGE s - +
      1) 1) "1-2"
         2) 1) "a"
            2) "1"
      2) 1) "1-3"
         2) 1) "a"
            2) "1"
      > XDEL s 1-2 1-3
      (integer) 2
      > XADD s NOMKSTREAM 2-0 a 1
      "2-0"
      > SET text x
      OK
      > XADD text NOMKSTREAM * a 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));
});

test("XADD * takes the time, and never an ID below the last", async () => {
  const before = Date.now();
  const ids: string[] = [];
  for (let n = 0; n < 200; n++) ids.push(String(await ask("XADD", "s", "*", "n", n)));
  const after = Date.now();
  let last = [0, -1];
  for (const id of ids) {
    expect(id).toMatch(/^\d{13}-\d+$/);
    const [ms, seq] = id.split("-").map(Number);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(after);
    expect(ms > last[0] ? seq === 0 : ms === last[0] && seq === last[1] + 1).toBe(true);
    last = [ms, seq];
  }
  const future = after + 1_000_000;
  await ask("XADD", "s", `${future}-5`, "a", 1);
  expect(await ask("XADD", "s", "*", "a", 1)).toBe(`${future}-6`);
  await ask("XSETID", "s", `${future + 1}-18446744073709551615`);
  expect(await ask("XADD", "s", "*", "a", 1)).toBe(`${future + 2}-0`);
});

test("an ID of more than 127 bytes is none", async () => {
  const zeros = "0".repeat(128);
  expect(await ask("XADD", "s", `${zeros.slice(3)}1-1`, "a", 1)).toEqual(expect.any(Error));
  expect(await ask("XADD", "s", `${zeros.slice(4)}1-1`, "a", 1)).toBe("1-1");
  expect(await ask("XADD", "s", `${zeros.slice(4)}2-*`, "a", 1)).toBe("2-0");
  expect(await ask("XADD", "s", `2-${zeros.slice(4)}1`, "a", 1)).toBe("2-1");
  expect(await ask("XRANGE", "s", `(${zeros.slice(2)}1`, "-")).toEqual([]);
  expect(await ask("XRANGE", "s", `(${zeros.slice(1)}1`, "-")).toEqual(expect.any(Error));
});
