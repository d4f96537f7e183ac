// Purpose: what ends the waits of XREAD and XREADGROUP but an entry: a stream or group that goes,
// another type in its place, CLIENT UNBLOCK and KILL; as sessions under RESP2 and RESP3. All hold
// for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";
import { inProtocol, withoutTimes } from "./stream_replies.ts";

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

const GROUP_GONE = "(error) NOGROUP the consumer group this client was blocked on no longer exists";
const KEY_GONE = "(error) UNBLOCKED the stream key no longer exists";

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XGROUP DESTROY ends the waits of the group's readers", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      > XGROUP CREATE s h $
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      b> XREADGROUP GROUP h c BLOCK 0 STREAMS s >
      ...
      c> XREAD BLOCK 0 STREAMS s $
      ...
      > XGROUP DESTROY s nosuch
      (integer) 0
      > XGROUP DESTROY s g
      (integer) 1
      a<
      ${GROUP_GONE}
      > XADD s 1-1 n 1
      "1-1"
      b<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      c<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XGROUP CREATE s g $
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > MULTI
      OK
      > XGROUP DESTROY s g
      QUEUED
      > XGROUP CREATE s g $
      QUEUED
      > EXEC
      1) (integer) 1
      2) OK
      > XADD s 2-1 n 1
      "2-1"
      a<
      1# "s" => 1) 1) "2-1"
            2) 1) "n"
               2) "1"
    `));

  test("XGROUP SETID, DELCONSUMER and CREATE while one waits", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XGROUP CREATE s g $
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > XGROUP SETID s g 0
      OK
      > XGROUP DELCONSUMER s g c
      (integer) 0
      > XINFO CONSUMERS s g
      (empty array)
      > XADD s 2-1 n 1
      "2-1"
      a<
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "2-1"
            2) 1) "n"
               2) "1"
      > XINFO CONSUMERS s g
      1) 1# "name" => "c"
         2# "pending" => (integer) 2
         3# "idle" => (integer) ms
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "c"
         3) (integer) ms
         4) (integer) 1
      2) 1) "2-1"
         2) "c"
         3) (integer) ms
         4) (integer) 1
    `));

  test("the stream is deleted while XREADGROUP waits", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      b> XREAD BLOCK 0 STREAMS s $
      ...
      > DEL s
      (integer) 1
      a<
      ${KEY_GONE}
      > XADD s 1-1 n 1
      "1-1"
      b<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > XGROUP CREATE s g $
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > UNLINK s
      (integer) 1
      a<
      ${KEY_GONE}
    `));

  test("one of several streams is deleted, or expires, while XREADGROUP waits", () =>
    session(`
      > XGROUP CREATE x g $ MKSTREAM
      OK
      > XGROUP CREATE y g $ MKSTREAM
      OK
      > XGROUP CREATE z g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS x y z > > >
      ...
      b> XREADGROUP GROUP g c BLOCK 0 STREAMS z x > >
      ...
      c> XREAD BLOCK 0 STREAMS y z 0 0
      ...
      > DEL y
      (integer) 1
      a<
      ${KEY_GONE}
      > PEXPIRE z 5
      (integer) 1
      b<
      ${KEY_GONE}
      > XADD z 1-1 n 1
      "1-1"
      c<
      1# "z" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
    `));

  test("the stream is overwritten while XREADGROUP waits", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > SET s text
      OK
      a<
      ${KEY_GONE}
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > SADD other 1
      (integer) 1
      > SUNIONSTORE s other
      (integer) 1
      a<
      ${KEY_GONE}
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > RPUSH list 3 1 2
      (integer) 3
      > SORT list STORE s
      (integer) 3
      a<
      ${KEY_GONE}
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > RENAME list s
      OK
      a<
      ${KEY_GONE}
    `));

  test("RENAME, MOVE, FLUSHALL, SWAPDB and expiry while XREADGROUP waits", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > RENAME s t
      OK
      a<
      ${KEY_GONE}
      > RENAME t s
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > MOVE s 1
      (integer) 1
      a<
      ${KEY_GONE}
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > FLUSHALL
      OK
      a<
      ${KEY_GONE}
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > FLUSHDB
      OK
      a<
      ${KEY_GONE}
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > SWAPDB 0 1
      OK
      a<
      ${KEY_GONE}
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > PEXPIREAT s 1
      (integer) 1
      a<
      ${KEY_GONE}
    `));

  test("the stream is replaced while XREADGROUP waits", () =>
    session(`
      > XGROUP CREATE s g $ MKSTREAM
      OK
      > XADD new 1-1 n 1
      "1-1"
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > RENAME new s
      OK
      a<
      ${GROUP_GONE}
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      > XADD new 1-1 n 1
      "1-1"
      > XGROUP CREATE new g 0
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > COPY new s REPLACE
      (integer) 1
      a<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > MULTI
      OK
      > DEL s
      QUEUED
      > XADD s 1-1 n 1
      QUEUED
      > EXEC
      1) (integer) 1
      2) "1-1"
      a<
      ${GROUP_GONE}
      > DEL s
      (integer) 1
      > XGROUP CREATE s g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > MULTI
      OK
      > DEL s
      QUEUED
      > XGROUP CREATE s g 0 MKSTREAM
      QUEUED
      > XADD s 1-1 n 1
      QUEUED
      > EXEC
      1) (integer) 1
      2) OK
      3) "1-1"
      a<
      1# "s" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS s >
      ...
      > MULTI
      OK
      > DEL s
      QUEUED
      > SET s text
      QUEUED
      > EXEC
      1) (integer) 1
      2) OK
      a<
      ${KEY_GONE}
    `));

  test("FLUSHDB makes the streams ready that are there, before what is made thereafter", () =>
    session(`
      > XADD old 1-1 n 1
      "1-1"
      a> XREAD BLOCK 0 STREAMS new old $ $
      ...
      > MULTI
      OK
      > FLUSHDB
      QUEUED
      > XADD new 2-1 n 1
      QUEUED
      > XADD old 2-1 n 2
      QUEUED
      > EXEC
      1) OK
      2) "2-1"
      3) "2-1"
      a<
      1# "old" => 1) 1) "2-1"
            2) 1) "n"
               2) "2"
    `));

  test("SWAPDB makes streams ready that go and streams that come", () =>
    session(`
      > XADD old 1-1 n 1
      "1-1"
      > SELECT 1
      OK
      > SET old text
      OK
      > SELECT 0
      OK
      a> XREAD BLOCK 0 STREAMS new old $ $
      ...
      > MULTI
      OK
      > SWAPDB 0 1
      QUEUED
      > XADD new 2-1 n 1
      QUEUED
      > DEL old
      QUEUED
      > XADD old 2-1 n 2
      QUEUED
      > EXEC
      1) OK
      2) "2-1"
      3) (integer) 1
      4) "2-1"
      a<
      1# "old" => 1) 1) "2-1"
            2) 1) "n"
               2) "2"
      > FLUSHALL
      OK
      > XADD two 1-1 n 1
      "1-1"
      > XGROUP CREATE two g $
      OK
      > MOVE two 1
      (integer) 1
      > XGROUP CREATE two g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS two >
      ...
      > SWAPDB 0 1
      OK
      > XADD two 2-1 n 2
      "2-1"
      a<
      1# "two" => 1) 1) "2-1"
            2) 1) "n"
               2) "2"
    `));

  test("a stream that takes another's place by RENAME is served before its old name is gone", () =>
    session(`
      > XADD old 1-1 n 1
      "1-1"
      > XGROUP CREATE old g $
      OK
      > XGROUP CREATE new g $ MKSTREAM
      OK
      a> XREADGROUP GROUP g c BLOCK 0 STREAMS old new > >
      ...
      > XGROUP SETID old g 0
      OK
      > RENAME old new
      OK
      a<
      1# "new" => 1) 1) "1-1"
            2) 1) "n"
               2) "1"
    `));
});

describe.each(PROTOCOLS)("CLIENT (RESP%d)", (protocol) => {
  const ask = async (...words: Word[]) => plain(await client.command(...words));
  const blockedCount = async () => /^blocked_clients:(\d+)/m.exec(`${await ask("INFO")}`)?.[1];

  /** A client that waits, as one of so many. */
  async function blocked(line: string, count = 1) {
    const one = await server.connect();
    await one.command("HELLO", protocol);
    const id = Number(plain(await one.command("CLIENT", "ID")));
    one.send(...line.split(" "));
    await until("clients that wait", async () => (await blockedCount()) === String(count));
    return { client: one, id };
  }

  test("UNBLOCK is as the end of the time, or an error", async () => {
    await ask("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
    for (const line of ["XREAD BLOCK 0 STREAMS s $", "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"]) {
      const one = await blocked(line);
      expect(await ask("CLIENT", "UNBLOCK", one.id)).toBe(1);
      const nil = protocol === 3 ? "null" : "array";
      expect(await one.client.reply()).toEqual({ type: "nil", nil });
      one.client.close();
      const two = await blocked(line);
      expect(await ask("CLIENT", "UNBLOCK", two.id, "ERROR")).toBe(1);
      const value = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
      expect(await two.client.reply()).toEqual({ type: "error", value });
      two.client.close();
      expect(await ask("CLIENT", "UNBLOCK", two.id)).toBe(0);
    }
    expect(await ask("XINFO", "CONSUMERS", "s", "g")).toEqual([]);
  });

  test("KILL, and a client that goes away: their entries go to others", async () => {
    await ask("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
    const read = (name: string) => `XREADGROUP GROUP g ${name} COUNT 1 BLOCK 0 STREAMS s >`;
    const killed = await blocked(read("killed"), 1);
    const gone = await blocked(read("gone"), 2);
    const left = await blocked(read("left"), 3);
    expect(await ask("CLIENT", "KILL", "ID", killed.id)).toBe(1);
    expect(await killed.client.wire.untilClosed()).toBe(true);
    gone.client.close();
    await until("the others to go", async () => (await blockedCount()) === "1");
    await ask("XADD", "s", "1-1", "n", 1);
    await ask("XADD", "s", "1-2", "n", 2);
    const streams = plain(await left.client.reply());
    const entries = [["1-1", ["n", "1"]]];
    expect(streams).toEqual(protocol === 3 ? new Map([["s", entries]]) : [["s", entries]]);
    const pending = (await ask("XPENDING", "s", "g", "-", "+", 10)) as unknown[][];
    expect(pending.map(([id, consumer]) => [id, consumer])).toEqual([["1-1", "left"]]);
    left.client.close();
  });

  test("many who wait: each gets the entries in their order, one after the other", async () => {
    await ask("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
    const readers: Client[] = [];
    for (let n = 1; n <= 30; n++) {
      const line = `XREADGROUP GROUP g c${n % 7} COUNT 1 BLOCK 0 STREAMS s >`;
      readers.push((await blocked(line, n)).client);
    }
    await client.pipeline(readers.map((_, index) => ["XADD", "s", `${index + 1}-1`, "n", index]));
    for (const [index, reader] of readers.entries()) {
      const [[, [[id]]]] = [...(plain(await reader.reply()) as [string, string[][]][])];
      expect(id).toBe(`${index + 1}-1`);
      reader.close();
    }
    const summary = (await ask("XPENDING", "s", "g")) as unknown[];
    expect(summary.slice(0, 3)).toEqual([30, "1-1", "30-1"]);
  });
});
