// Purpose: XAUTOCLAIM, as sessions under RESP2 and RESP3. All hold for the real Redis as
// well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { INVALID_ID, inProtocol, withoutTimes } from "./stream_replies.ts";

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

const NO_GROUP = "(error) NOGROUP No such key 's' or consumer group 'g'";

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) =>
    server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

  test("XAUTOCLAIM goes through what is pending, so many at a time", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XADD s 1-4 n 4
      "1-4"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
         3) 1) "1-3"
            2) 1) "n"
               2) "3"
      > XAUTOCLAIM s g bob 0 -
      1) "0-0"
      2) 1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
         3) 1) "1-3"
            2) 1) "n"
               2) "3"
      3) (empty array)
      > XAUTOCLAIM s g cid 0 0 COUNT 2
      1) "1-3"
      2) 1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
      3) (empty array)
      > XAUTOCLAIM s g cid 0 1-3 COUNT 2
      1) "0-0"
      2) 1) 1) "1-3"
            2) 1) "n"
               2) "3"
      3) (empty array)
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "cid"
         3) (integer) ms
         4) (integer) 3
      2) 1) "1-2"
         2) "cid"
         3) (integer) ms
         4) (integer) 3
      3) 1) "1-3"
         2) "cid"
         3) (integer) ms
         4) (integer) 3
      > XAUTOCLAIM s g dan 3600000 0
      1) "0-0"
      2) (empty array)
      3) (empty array)
      > XAUTOCLAIM s g ann 0 0 COUNT 1 JUSTID
      1) "1-2"
      2) 1) "1-1"
      3) (empty array)
      > XAUTOCLAIM s g ann 0 0 justid count 3
      1) "0-0"
      2) 1) "1-1"
         2) "1-2"
         3) "1-3"
      3) (empty array)
      > XPENDING s g - + 10
      1) 1) "1-1"
         2) "ann"
         3) (integer) ms
         4) (integer) 3
      2) 1) "1-2"
         2) "ann"
         3) (integer) ms
         4) (integer) 3
      3) 1) "1-3"
         2) "ann"
         3) (integer) ms
         4) (integer) 3
      > XAUTOCLAIM s g ann 0 (1-1 COUNT 1
      1) "1-3"
      2) 1) 1) "1-2"
            2) 1) "n"
               2) "2"
      3) (empty array)
      > XAUTOCLAIM s g ann 0 1-3
      1) "0-0"
      2) 1) 1) "1-3"
            2) 1) "n"
               2) "3"
      3) (empty array)
      > XAUTOCLAIM s g ann 0 (1-3
      1) "0-0"
      2) (empty array)
      3) (empty array)
      > XAUTOCLAIM s g ann 0 9-9
      1) "0-0"
      2) (empty array)
      3) (empty array)
      > XAUTOCLAIM s g ann 0 +
      1) "0-0"
      2) (empty array)
      3) (empty array)
      > XAUTOCLAIM s g ann -5 1 COUNT 1 COUNT 2 JUSTID
      1) "1-3"
      2) 1) "1-1"
         2) "1-2"
      3) (empty array)
      > XINFO CONSUMERS s g
      1) 1# "name" => "ann"
         2# "pending" => (integer) 3
         3# "idle" => (integer) ms
      2) 1# "name" => "bob"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      3) 1# "name" => "cid"
         2# "pending" => (integer) 0
         3# "idle" => (integer) ms
      > XACK s g 1-1 1-2 1-3
      (integer) 3
      > XAUTOCLAIM s g ann 0 0
      1) "0-0"
      2) (empty array)
      3) (empty array)
    `));

  test("XAUTOCLAIM tells what was deleted, and takes it off the list", () =>
    session(`
      > XADD s 1-1 n 1
      "1-1"
      > XADD s 1-2 n 2
      "1-2"
      > XADD s 1-3 n 3
      "1-3"
      > XADD s 1-4 n 4
      "1-4"
      > XGROUP CREATE s g 0
      OK
      > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
      1# "s" =>
         1) 1) "1-1"
            2) 1) "n"
               2) "1"
         2) 1) "1-2"
            2) 1) "n"
               2) "2"
         3) 1) "1-3"
            2) 1) "n"
               2) "3"
      > XDEL s 1-1 1-3
      (integer) 2
      > XAUTOCLAIM s g bob 0 0 COUNT 1
      1) "1-2"
      2) (empty array)
      3) 1) "1-1"
      > XPENDING s g
      1) (integer) 2
      2) "1-2"
      3) "1-3"
      4) 1) 1) "ann"
            2) "2"
      > XAUTOCLAIM s g bob 3600000 0
      1) "0-0"
      2) (empty array)
      3) 1) "1-3"
      > XAUTOCLAIM s g bob 0 0 JUSTID
      1) "0-0"
      2) 1) "1-2"
      3) (empty array)
      > XPENDING s g - + 10
      1) 1) "1-2"
         2) "bob"
         3) (integer) ms
         4) (integer) 1
      > XTRIM s MAXLEN 0
      (integer) 2
      > XAUTOCLAIM s g bob 0 0
      1) "0-0"
      2) (empty array)
      3) 1) "1-2"
      > XPENDING s g
      1) (integer) 0
      2) (nil)
      3) (nil)
      4) (nil)
      > XAUTOCLAIM s g bob 0 0
      1) "0-0"
      2) (empty array)
      3) (empty array)
    `));

  test("XAUTOCLAIM refuses wrong words", () =>
    session(`
      > XAUTOCLAIM s g c 0
      (error) ERR wrong number of arguments for 'xautoclaim' command
      > XAUTOCLAIM s g c 0 0
      ${NO_GROUP}
      > XAUTOCLAIM s g c x 0
      (error) ERR Invalid min-idle-time argument for XAUTOCLAIM
      > XAUTOCLAIM s g c 0 x
      ${INVALID_ID}
      > XADD s 1-1 n 1
      "1-1"
      > XAUTOCLAIM s g c 0 0
      ${NO_GROUP}
      > XGROUP CREATE s g 0
      OK
      > XAUTOCLAIM s g c x 0
      (error) ERR Invalid min-idle-time argument for XAUTOCLAIM
      > XAUTOCLAIM s g c 9223372036854775808 0
      (error) ERR Invalid min-idle-time argument for XAUTOCLAIM
      > XAUTOCLAIM s g c 0 x
      ${INVALID_ID}
      > XAUTOCLAIM s g c 0 ""
      ${INVALID_ID}
      > XAUTOCLAIM s g c 0 $
      ${INVALID_ID}
      > XAUTOCLAIM s g c 0 (-
      ${INVALID_ID}
      > XAUTOCLAIM s g c 0 (18446744073709551615-18446744073709551615
      (error) ERR invalid start ID for the interval
      > XAUTOCLAIM s g c 0 0 COUNT
      (error) ERR syntax error
      > XAUTOCLAIM s g c 0 0 COUNT x
      (error) ERR COUNT must be > 0
      > XAUTOCLAIM s g c 0 0 COUNT 0
      (error) ERR COUNT must be > 0
      > XAUTOCLAIM s g c 0 0 COUNT -1
      (error) ERR COUNT must be > 0
      > XAUTOCLAIM s g c 0 0 COUNT 9223372036854775807
      (error) ERR COUNT must be > 0
      > XAUTOCLAIM s g c 0 0 COUNT 1844674407370955160
      (error) ERR COUNT must be > 0
      > XAUTOCLAIM s g c 0 0 COUNT 576460752303423488
      (error) ERR COUNT must be > 0
      > XAUTOCLAIM s g c 0 0 FOO
      (error) ERR syntax error
      > XAUTOCLAIM s g c 0 0 IDLE 5
      (error) ERR syntax error
      > XAUTOCLAIM s g c 0 0 FORCE
      (error) ERR syntax error
      > XINFO CONSUMERS s g
      (empty array)
      > SET text x
      OK
      > XAUTOCLAIM text g c 0 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > XAUTOCLAIM text g c 0 x
      ${INVALID_ID}
      > XAUTOCLAIM text g c x 0
      (error) ERR Invalid min-idle-time argument for XAUTOCLAIM
      > XAUTOCLAIM text g c 0 0 COUNT 0
      (error) ERR COUNT must be > 0
    `));
});

test("XAUTOCLAIM takes 100 at once, and looks at ten times as many as it may take", async () => {
  for (let n = 1; n <= 130; n++) await ask("XADD", "s", `${n}-1`, "n", n);
  await ask("XGROUP", "CREATE", "s", "g", 0);
  await ask("XREADGROUP", "GROUP", "g", "a", "STREAMS", "s", ">");
  const claim = async (...words: Word[]) => {
    const reply = (await ask("XAUTOCLAIM", "s", "g", "b", ...words, "JUSTID")) as string[][];
    const [cursor, claimed, deleted] = reply;
    return [cursor, claimed[0], claimed.at(-1), claimed.length, deleted.length];
  };
  expect(await claim(0, 0)).toEqual(["101-1", "1-1", "100-1", 100, 0]);
  expect(await claim(0, "101-1")).toEqual(["0-0", "101-1", "130-1", 30, 0]);
  await ask("XCLAIM", "s", "g", "a", 0, ...["5-1", "25-1", "26-1", "55-1"], "TIME", 1000, "JUSTID");
  expect(await claim(3_600_000, 0, "COUNT", 1)).toEqual(["6-1", "5-1", "5-1", 1, 0]);
  expect(await claim(3_600_000, "6-1", "COUNT", 1)).toEqual(["16-1", undefined, undefined, 0, 0]);
  expect(await claim(3_600_000, "16-1", "COUNT", 1)).toEqual(["26-1", "25-1", "25-1", 1, 0]);
  expect(await claim(3_600_000, "16-1", "COUNT", 2)).toEqual(["36-1", "26-1", "26-1", 1, 0]);
  await ask("XDEL", "s", ...Array.from({ length: 30 }, (_, index) => `${index + 1}-1`));
  expect(await claim(0, 0, "COUNT", 2)).toEqual(["3-1", undefined, undefined, 0, 2]);
  expect(await claim(0, 0, "COUNT", 40)).toEqual(["43-1", "31-1", "42-1", 12, 28]);
});
