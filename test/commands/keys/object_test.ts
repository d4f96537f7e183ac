// Purpose: OBJECT (src/commands/keys/object_commands.ts), as sessions under RESP2 and RESP3. They
// hold for the real Redis as well, HELP aside: RUSK_BINARY=redis-server runs them against it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

const PROTOCOLS = [2, 3] as const;

const SWITCHING =
  "Please note that when switching between policies at runtime LRU and LFU data will take some " +
  "time to adjust.";
const NO_FREQUENCIES = [
  "ERR An LFU maxmemory policy is not selected, access frequency not tracked.",
  SWITCHING,
].join(" ");
const NO_IDLE_TIMES = [
  "ERR An LFU maxmemory policy is selected, idle time not tracked.",
  SWITCHING,
].join(" ");

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

  test("OBJECT ENCODING names the structure of a string", () =>
    session(`
      > MSET int -9223372036854775808 embstr "not a number" big 9223372036854775808 zero 007
      OK
      > OBJECT ENCODING int
      "int"
      > OBJECT ENCODING embstr
      "embstr"
      > OBJECT ENCODING big
      "embstr"
      > OBJECT ENCODING zero
      "embstr"
      > SET k 01234567890123456789012345678901234567890123
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k 012345678901234567890123456789012345678901234
      OK
      > OBJECT ENCODING k
      "raw"
      > SET k abc
      OK
      > APPEND k d
      (integer) 4
      > OBJECT ENCODING k
      "raw"
      > COPY k copy
      (integer) 1
      > OBJECT ENCODING copy
      "raw"
      > SET k 5
      OK
      > INCR k
      (integer) 6
      > OBJECT encoding k
      "int"
    `));

  test("OBJECT of no key is nil", () =>
    session(`
      > OBJECT ENCODING nokey
      (nil)
      > OBJECT FREQ nokey
      (nil)
      > OBJECT IDLETIME nokey
      (nil)
      > OBJECT REFCOUNT nokey
      (nil)
    `));

  test("OBJECT REFCOUNT is that of Redis, which shares small integers", () =>
    session(`
      > MSET zero 0 last 9999 next 10000 negative -1 text abc
      OK
      > OBJECT REFCOUNT zero
      (integer) 2147483647
      > OBJECT REFCOUNT last
      (integer) 2147483647
      > OBJECT REFCOUNT next
      (integer) 1
      > OBJECT REFCOUNT negative
      (integer) 1
      > OBJECT REFCOUNT text
      (integer) 1
      > INCR negative
      (integer) 0
      > OBJECT REFCOUNT negative
      (integer) 2147483647
      > COPY zero copy
      (integer) 1
      > OBJECT REFCOUNT copy
      (integer) 1
      > INCR copy
      (integer) 1
      > OBJECT REFCOUNT copy
      (integer) 2147483647
      > RENAME zero renamed
      OK
      > OBJECT REFCOUNT renamed
      (integer) 2147483647
    `));

  test("OBJECT checks its subcommand and their number of arguments", () =>
    session(`
      > OBJECT
      (error) ERR wrong number of arguments for 'object' command
      > OBJECT NOSUCH key
      (error) ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP.
      > OBJECT ENCODING
      (error) ERR wrong number of arguments for 'object|encoding' command
      > OBJECT FREQ a b
      (error) ERR wrong number of arguments for 'object|freq' command
      > OBJECT IDLETIME
      (error) ERR wrong number of arguments for 'object|idletime' command
      > OBJECT REFCOUNT
      (error) ERR wrong number of arguments for 'object|refcount' command
      > OBJECT HELP me
      (error) ERR wrong number of arguments for 'object|help' command
    `));

  test("OBJECT FREQ and IDLETIME depend on maxmemory-policy", () =>
    session(`
      > SET a 1
      OK
      > OBJECT IDLETIME a
      (integer) 0
      > OBJECT FREQ a
      (error) ${NO_FREQUENCIES}
      > CONFIG SET maxmemory-policy volatile-lfu
      OK
      > OBJECT IDLETIME a
      (error) ${NO_IDLE_TIMES}
      > SET b text
      OK
      > OBJECT FREQ b
      (integer) 5
      > OBJECT FREQ b
      (integer) 5
      > CONFIG SET maxmemory-policy noeviction
      OK
    `));

  test("OBJECT FREQ of a new key, whatever its type", () =>
    session(`
      > CONFIG SET maxmemory-policy allkeys-lfu
      OK
      > MULTI
      OK
      > RPUSH list a
      QUEUED
      > XADD stream 1-1 a 1
      QUEUED
      > XGROUP CREATE empty g $ MKSTREAM
      QUEUED
      > EXEC
      1) (integer) 1
      2) "1-1"
      3) OK
      > OBJECT FREQ list
      (integer) 5
      > OBJECT FREQ stream
      (integer) 5
      > OBJECT FREQ empty
      (integer) 5
      > OBJECT ENCODING empty
      "stream"
      > CONFIG SET maxmemory-policy noeviction
      OK
    `));

  test("OBJECT REFCOUNT counts no sharing while clocks are kept per key", () =>
    session(`
      > CONFIG SET maxmemory 1gb maxmemory-policy allkeys-random
      OK
      > SET a 5
      OK
      > OBJECT REFCOUNT a
      (integer) 2147483647
      > CONFIG SET maxmemory-policy allkeys-lru
      OK
      > SET a 5
      OK
      > OBJECT REFCOUNT a
      (integer) 1
      > CONFIG SET maxmemory-policy volatile-lfu
      OK
      > SET a 5
      OK
      > OBJECT REFCOUNT a
      (integer) 1
      > CONFIG SET maxmemory 0 maxmemory-policy noeviction
      OK
    `));
});

test("OBJECT IDLETIME tells when the key was used, which OBJECT and TTL do not do", async () => {
  await ask("SET", "a", "1");
  await Bun.sleep(2100);
  await ask("TTL", "a");
  await ask("EXISTS", "a");
  await ask("TYPE", "a");
  expect(await ask("OBJECT", "IDLETIME", "a")).toBeGreaterThanOrEqual(2);
  await ask("TOUCH", "a");
  expect(await ask("OBJECT", "IDLETIME", "a")).toBeLessThan(2);
});

test("OBJECT HELP lists the subcommands", async () => {
  const lines = (await ask("OBJECT", "HELP")) as string[];
  expect(lines[0]).toBe("OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const line of ["ENCODING <key>", "FREQ <key>", "IDLETIME <key>", "REFCOUNT <key>"]) {
    expect(lines).toContain(line);
  }
  expect(lines.slice(-2)).toEqual(["HELP", "    Prints this help."]);
});
