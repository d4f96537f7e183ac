// Purpose: DUMP and RESTORE (src/commands/dump.ts): options and errors as sessions, which hold for
// the real Redis as well (RUSK_BINARY=redis-server runs them against it); and values of all kinds
// carried to the real server and back.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { withSeed } from "../client/pair.ts";
import { plain, type Reply } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { KINDS, type Plan } from "../persistence/plans.ts";

const PROTOCOLS = [2, 3] as const;
const ROUNDS = 4;

let server: Server;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
});

afterAll(async () => {
  await server?.stop();
});

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
});

test.skipIf(redisBinary() === null)(
  "values go to the real server and back",
  async () => {
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
  },
  120_000,
);

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
  }
  expect([note, encodings[1]]).toEqual([note, encodings[0]]);
  if (isExact) expectSame(bytesOf(await ours.command("DUMP", "copy")), theirMade, note);
}

function expectSame(made: Buffer, wanted: Buffer, note: string): void {
  if (made.equals(wanted)) return;
  let at = 0;
  while (made[at] === wanted[at]) at++;
  const around = (bytes: Buffer) => bytes.subarray(at > 9 ? at - 9 : 0, at + 30).toString("latin1");
  const what = `${note}: payloads differ at byte ${at} of ${wanted.length} (${made.length})`;
  expect([what, around(made)]).toEqual([what, around(wanted)]);
}
