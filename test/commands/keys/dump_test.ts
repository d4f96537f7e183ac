// Purpose: DUMP and RESTORE (src/commands/keys/dump_commands.ts): options and errors as sessions,
// which hold for the real Redis as well (RUSK_BINARY=redis-server runs them against it); and values
// of all kinds carried to the real server and back.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { withSeed } from "../../client/pair.ts";
import { plain, type Reply } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { KINDS, type Plan } from "../../persistence/plans.ts";

const PROTOCOLS = [2, 3] as const;
const ROUNDS = 4;

let server: Server;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
});

afterAll(async () => {
  await server?.stop();
});

/** What DUMP gives for the string "10". */
const TEN = String.raw`"\x00\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb"`;

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("DUMP gives a value with version and checksum", () =>
    session(String.raw`
      > FLUSHALL
      OK
      > SET k 10
      OK
      > DUMP k
      "\x00\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb"
      > DUMP none
      (nil)
    `));

  test("RESTORE makes the key again", () =>
    session(String.raw`
      > FLUSHALL
      OK
      > RESTORE k 0 "\x00\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb"
      OK
      > GET k
      "10"
      > RESTORE k 0 "\x01\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb" REPLACE
      (error) ERR DUMP payload version or checksum are wrong
    `));

  test("RESTORE does not touch a key that is there, but for REPLACE", () =>
    session(`
      > FLUSHALL
      OK
      > RPUSH k a
      (integer) 1
      > RESTORE k 0 ${TEN}
      (error) BUSYKEY Target key name already exists.
      > RESTORE k x nonsense
      (error) BUSYKEY Target key name already exists.
      > RESTORE k 0 ${TEN} REPLACE
      OK
      > GET k
      "10"
      > TTL k
      (integer) -1
    `));

  test("RESTORE makes keys that expire, or are gone at once", () =>
    session(`
      > FLUSHALL
      OK
      > RESTORE k 9999999999999 ${TEN} ABSTTL
      OK
      > PEXPIRETIME k
      (integer) 9999999999999
      > RESTORE far 9223372036854775807 ${TEN} ABSTTL
      OK
      > PEXPIRETIME far
      (integer) 9223372036854775807
      > RESTORE k 1 ${TEN} ABSTTL REPLACE
      OK
      > RESTORE none 1 ${TEN} ABSTTL
      OK
      > EXISTS k none
      (integer) 0
    `));

  test("RESTORE takes one access clock", async () => {
    await session(`
      > FLUSHALL
      OK
      > RESTORE k 0 ${TEN} IDLETIME 1000
      OK
    `);
    const client = await server.connect();
    const idle = plain(await client.command("OBJECT", "IDLETIME", "k"));
    client.close();
    // A second may have ended since.
    expect(idle).toBeGreaterThanOrEqual(1000);
    expect(idle).toBeLessThan(1060);
    await session(`
      > RESTORE k 0 ${TEN} FREQ 255 REPLACE
      OK
      > RESTORE k 0 ${TEN} IDLETIME 1 FREQ 1
      (error) ERR syntax error
      > RESTORE k 0 ${TEN} FREQ 1 IDLETIME 1
      (error) ERR syntax error
      > RESTORE k 0 ${TEN} IDLETIME -1
      (error) ERR Invalid IDLETIME value, must be >= 0
      > RESTORE k 0 ${TEN} FREQ -1
      (error) ERR Invalid FREQ value, must be >= 0 and <= 255
      > RESTORE k 0 ${TEN} FREQ 256
      (error) ERR Invalid FREQ value, must be >= 0 and <= 255
      > RESTORE k 0 ${TEN} IDLETIME x
      (error) ERR value is not an integer or out of range
      > RESTORE k 0 ${TEN} IDLETIME
      (error) ERR syntax error
      > RESTORE k 0 ${TEN} NONSENSE
      (error) ERR syntax error
    `);
  });

  test("RESTORE refuses what is no time and no payload, in this order", () =>
    session(String.raw`
      > FLUSHALL
      OK
      > RESTORE k x nonsense
      (error) ERR value is not an integer or out of range
      > RESTORE k -1 nonsense
      (error) ERR Invalid TTL value, must be >= 0
      > RESTORE k 0 nonsense
      (error) ERR DUMP payload version or checksum are wrong
      > RESTORE k 0 "\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb"
      (error) ERR Bad data format
      > RESTORE k 0
      (error) ERR wrong number of arguments for 'restore' command
      > RESTORE-ASKING k 0 nonsense
      (error) ERR DUMP payload version or checksum are wrong
      > EXISTS k
      (integer) 0
    `));

  test("RESTORE looks at no checksum if DEBUG says so, and refuses what is malformed", () =>
    session(String.raw`
      > FLUSHALL
      OK
      > DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
      OK
      > RESTORE k 0 "\x00\xc0\n\n\x0012345678"
      OK
      > RESTORE k 0 "\x08\xc0\n\n\x0012345678" REPLACE
      (error) ERR Bad data format
      > RESTORE k 0 "\x02\x00\n\x0012345678" REPLACE
      (error) ERR Bad data format
      > RESTORE k 0 "\x00\x3fabcd\n\x0012345678" REPLACE
      (error) ERR Bad data format
      > RESTORE k 0 "\x00\xc0\n\x0f\x2712345678" REPLACE
      (error) ERR DUMP payload version or checksum are wrong
      > DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
      OK
      > RESTORE k 0 "\x00\xc0\n\n\x0012345678" REPLACE
      (error) ERR DUMP payload version or checksum are wrong
      > GET k
      "10"
    `));

  test("clients that wait for a key are served when RESTORE makes it", () =>
    session(String.raw`
      > FLUSHALL
      OK
      > DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
      OK
      a> BLPOP list 0
      ...
      > RESTORE list 0 "\x12\x01\x02\t\t\x00\x00\x00\x01\x00\x01\x01\xff\n\x0012345678"
      OK
      a<
      1) "list"
      2) "1"
      > DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
      OK
    `));
});

test("FREQ is the LFU counter, IDLETIME is not", async () => {
  await server.session(`
    > FLUSHALL
    OK
    > CONFIG SET maxmemory-policy allkeys-lfu
    OK
    > RESTORE k 0 ${TEN} FREQ 100
    OK
    > OBJECT FREQ k
    (integer) 100
    > RESTORE k 0 ${TEN} IDLETIME 100 REPLACE
    OK
    > OBJECT FREQ k
    (integer) 5
    > CONFIG SET maxmemory-policy noeviction
    OK
  `);
});

test("RESTORE ends a transaction that watches the key", async () => {
  await server.session(`
    > FLUSHALL
    OK
    > WATCH k
    OK
    > RESTORE k 0 ${TEN}
    OK
    > MULTI
    OK
    > GET k
    QUEUED
    > EXEC
    (nil)
  `);
});

test("a hash whose fields expire goes from Rusk to Rusk with their times", async () => {
  const client = await server.connect();
  try {
    await client.pipeline([["FLUSHALL"], ["HSET", "h", "a", "1", "b", "2"]]);
    await client.command("HPEXPIREAT", "h", 9_999_999_999_999, "FIELDS", 1, "a");
    const payload = bytesOf(await client.command("DUMP", "h"));
    expect(plain(await client.command("RESTORE", "copy", 0, payload))).toBe("OK");
    const times = await client.command("HPEXPIRETIME", "copy", "FIELDS", 2, "a", "b");
    expect(plain(times)).toEqual([9_999_999_999_999, -1]);
    expect(plain(await client.command("HMGET", "copy", "a", "b"))).toEqual(["1", "2"]);
  } finally {
    client.close();
  }
});

test.skipIf(redisBinary() === null)("values go to the real server and back", async () => {
  const args = ["--enable-debug-command", "yes"];
  const real = await startRedis({ args });
  const ours = await server.connect();
  const theirs = await real.connect();
  try {
    await withSeed(async (random, note) => {
      for (const kind of KINDS) {
        for (let round = 0; round < ROUNDS; round++) {
          const plan: Plan = [["FLUSHALL"], ...kind.plan(random)];
          await ours.pipeline(plan);
          await theirs.pipeline(plan);
          await carry(ours, theirs, kind.isExact, `${note}, ${kind.name}`);
        }
      }
    });
  } finally {
    ours.close();
    theirs.close();
    await real.stop();
  }
});

const bytesOf = (reply: Reply): Buffer =>
  reply.type === "bulk" ? reply.value : Buffer.from(JSON.stringify(reply));

/** Carries the value of `k`, which both have, both ways. */
async function carry(ours: Client, theirs: Client, isExact: boolean, note: string): Promise<void> {
  const digest = plain(await theirs.command("DEBUG", "DIGEST-VALUE", "k"));
  expect([note, plain(await ours.command("DEBUG", "DIGEST-VALUE", "k"))]).toEqual([note, digest]);
  const made = bytesOf(await ours.command("DUMP", "k"));
  const theirMade = bytesOf(await theirs.command("DUMP", "k"));
  if (isExact) expectSame(made, theirMade, note);
  const encodings: unknown[] = [];
  const isStream = plain(await ours.command("TYPE", "k")) === "stream";
  for (const [client, payload] of [
    [theirs, made],
    [ours, theirMade],
  ] as const) {
    const ttl = await client.command("PEXPIRETIME", "k");
    const timeMs = Math.max(0, plain(ttl) as number);
    const reply = await client.command("RESTORE", "copy", timeMs, payload, "ABSTTL", "REPLACE");
    expect([note, plain(reply)]).toEqual([note, "OK"]);
    const copied = plain(await client.command("DEBUG", "DIGEST-VALUE", "copy"));
    expect([note, copied]).toEqual([note, digest]);
    encodings.push(plain(await client.command("OBJECT", "ENCODING", "copy")));
    if (!isStream) continue;
    const maker = client === ours ? theirs : ours;
    expect([note, await allOf(client, "copy")]).toEqual([note, await allOf(maker, "k")]);
  }
  expect([note, encodings[1]]).toEqual([note, encodings[0]]);
  if (isExact) expectSame(bytesOf(await ours.command("DUMP", "copy")), theirMade, note);
}

/** All that is known of a stream, but for what one of the servers alone can tell. */
async function allOf(client: Client, key: string): Promise<unknown> {
  const reply = await client.command("XINFO", "STREAM", key, "FULL", "COUNT", 0);
  return without(plain(reply), ["active-time", "radix-tree-nodes"]);
}

function without(tree: unknown, names: readonly string[]): unknown {
  if (!Array.isArray(tree)) return tree;
  const kept: unknown[] = [];
  for (let i = 0; i < tree.length; i++) {
    if (names.includes(tree[i])) i++;
    else kept.push(without(tree[i], names));
  }
  return kept;
}

function expectSame(made: Buffer, wanted: Buffer, note: string): void {
  if (made.equals(wanted)) return;
  let at = 0;
  while (made[at] === wanted[at]) at++;
  const around = (bytes: Buffer) => bytes.subarray(at > 9 ? at - 9 : 0, at + 30).toString("latin1");
  const what = `${note}: payloads differ at byte ${at} of ${wanted.length} (${made.length})`;
  expect([what, around(made)]).toEqual([what, around(wanted)]);
}
