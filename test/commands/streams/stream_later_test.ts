/**
 * Purpose: what streams can do in versions after Redis 7.0.15, which is therefore no oracle here:
 * the file is skipped when redis-server is the server under test. What is expected, from Redis's
 * documentation and the behaviour that is known of it:
 *
 * XREAD ... STREAMS key + (7.4)
 *   gives the last entry that is there, one at most whatever COUNT says; deleted ones do not
 *   count. A stream without entries, or no stream, has nothing to give; with BLOCK the command
 *   then waits for the next entry. Each stream of several may have its own "+". For XREADGROUP a
 *   "+" is no ID.
 *
 * XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...] (8.2)
 *   replies an array with an integer for each ID: 1 deleted, -1 no such entry, 2 still there since
 *   a group needs it. KEEPREF, the default, deletes as XDEL does and leaves what is pending.
 *   DELREF also takes the entry from all groups' pending ones, even when the entry itself was
 *   gone. ACKED deletes what every group has been given and has acknowledged; what is pending
 *   somewhere, or still ahead of a group, stays. The option may stand before IDS or after the IDs,
 *   and only one is allowed. Errors: "Number of IDs must be a positive integer" (not an integer,
 *   or below 1), "The `numids` parameter must match the number of arguments" (fewer IDs than
 *   that), "syntax error" (more IDs, or anything else), and an ID that is none. A key that is not
 *   there: -1 for each ID.
 *
 * XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...] (8.2)
 *   acknowledges and then deletes as XDELEX does. For each ID: -1 not pending in the group (and
 *   then nothing happens), 1 acknowledged and deleted (or deleted before), 2 acknowledged, but
 *   kept by ACKED since another group needs it. Without the key or the group: -1 for each ID.
 *
 * XADD and XTRIM ... [KEEPREF | DELREF | ACKED] (8.2)
 *   DELREF: what is trimmed is pending no more. ACKED: of what would be trimmed only that goes
 *   which every group has been given and has acknowledged; the rest stays, and trimming by length
 *   then goes on to newer entries until the stream is as short as was asked for. With "~" only
 *   leaves are looked at that would go whole. Without groups the words have no effect.
 *
 * XREADGROUP ... CLAIM min-idle-time ... STREAMS key > (8.4)
 *   first takes over entries of the group that have been pending for so long or longer, of any
 *   consumer, those that were delivered longest ago first; then come new ones; COUNT is for both
 *   together, of each stream. Every entry of such a reply has four elements: ID, fields, how
 *   long it was idle (ms), and how often it had been delivered before; 0 and 0 for new ones.
 *   Claiming sets the owner and the time, and counts one more delivery. NOACK is for the new
 *   entries only. Entries that are no longer in the stream are not given. With BLOCK the command
 *   waits if there is neither, and is served when an entry comes, or when a pending one has been
 *   idle for long enough. With an ID other than ">" CLAIM is ignored. Errors: "min-idle-time is
 *   not an integer" (whatever follows), "min-idle-time must be a positive integer" (below 0),
 *   and for XREAD "The CLAIM option is only supported by XREADGROUP. You called XREAD instead."
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Client } from "../../client/client.ts";
import { typedWords } from "../../client/format.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";
import { INVALID_ID, inProtocol, withoutTimes } from "./stream_replies.ts";

const PROTOCOLS = [2, 3] as const;
const isRedis = /redis-server/.test(process.env.RUSK_BINARY ?? "");

const NO_NUMBER = "(error) ERR Number of IDs must be a positive integer";
const NO_MATCH = "(error) ERR The `numids` parameter must match the number of arguments";
const SYNTAX = "(error) ERR syntax error";
const WRONG_TYPE = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
/** Longer than any test: what is claimed with it has been made idle before. */
const LONG = 3_600_000;

describe.skipIf(isRedis)("streams of later versions", () => {
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
    const session = (text: string) =>
      server.session(inProtocol(text, protocol), { protocol, mask: withoutTimes });

    test("XREAD + gives the last entry of each stream", () =>
      session(`
        > XREAD STREAMS s +
        (nil)
        > XADD s 1-0 n 1
        "1-0"
        > XADD s 3-18446744073709551614 n 2
        "3-18446744073709551614"
        > XREAD STREAMS s +
        1# "s" => 1) 1) "3-18446744073709551614"
              2) 1) "n"
                 2) "2"
        > XADD s 3-18446744073709551615 n 3
        "3-18446744073709551615"
        > XREAD COUNT 10 BLOCK 0 STREAMS s +
        1# "s" => 1) 1) "3-18446744073709551615"
              2) 1) "n"
                 2) "3"
        > XADD t 5-5 n 4
        "5-5"
        > XREAD STREAMS s nosuch t s + + + 1-0
        1# "s" => 1) 1) "3-18446744073709551615"
              2) 1) "n"
                 2) "3"
        2# "t" => 1) 1) "5-5"
              2) 1) "n"
                 2) "4"
        3# "s" =>
           1) 1) "3-18446744073709551614"
              2) 1) "n"
                 2) "2"
           2) 1) "3-18446744073709551615"
              2) 1) "n"
                 2) "3"
        > XDEL s 3-18446744073709551615
        (integer) 1
        > XREAD STREAMS s +
        1# "s" => 1) 1) "3-18446744073709551614"
              2) 1) "n"
                 2) "2"
        > XTRIM s MAXLEN 0
        (integer) 2
        > XREAD STREAMS s +
        (nil)
        > XREAD BLOCK 1 STREAMS s +
        (nil)
        > XREAD STREAMS s ++
        ${INVALID_ID}
        > SET text x
        OK
        > XREAD STREAMS text +
        ${WRONG_TYPE}
        > XGROUP CREATE t g 0
        OK
        > XREADGROUP GROUP g c STREAMS t +
        ${INVALID_ID}
      `));

    test("XREAD + waits for the next entry when there is none", () =>
      session(`
        a> XREAD BLOCK 0 STREAMS s +
        ...
        > XADD s 1-0 n 1
        "1-0"
        a<
        1# "s" => 1) 1) "1-0"
              2) 1) "n"
                 2) "1"
        > XDEL s 1-0
        (integer) 1
        a> XREAD BLOCK 0 STREAMS s t + 5
        ...
        > XADD s 1-1 n 2
        "1-1"
        a<
        1# "s" => 1) 1) "1-1"
              2) 1) "n"
                 2) "2"
      `));

    test("XDELEX deletes; pending ones stay, or go as well", () =>
      session(`
        > XDELEX s IDS 2 1-1 2-2
        1) (integer) -1
        2) (integer) -1
        > XADD s 1-0 n 1
        "1-0"
        > XADD s 2-0 n 2
        "2-0"
        > XADD s 3-0 n 3
        "3-0"
        > XADD s 4-0 n 4
        "4-0"
        > XGROUP CREATE s g 0
        OK
        > XGROUP CREATE s h 0
        OK
        > XREADGROUP GROUP g c COUNT 3 STREAMS s >
        1# "s" =>
           1) 1) "1-0"
              2) 1) "n"
                 2) "1"
           2) 1) "2-0"
              2) 1) "n"
                 2) "2"
           3) 1) "3-0"
              2) 1) "n"
                 2) "3"
        > XREADGROUP GROUP h c COUNT 2 STREAMS s >
        1# "s" =>
           1) 1) "1-0"
              2) 1) "n"
                 2) "1"
           2) 1) "2-0"
              2) 1) "n"
                 2) "2"
        > XDELEX s IDS 3 1 1-0 9-9
        1) (integer) 1
        2) (integer) -1
        3) (integer) -1
        > XPENDING s g
        1) (integer) 3
        2) "1-0"
        3) "3-0"
        4) 1) 1) "c"
              2) "3"
        > XDELEX s delref ids 2 2-0 1-0
        1) (integer) 1
        2) (integer) -1
        > XPENDING s g
        1) (integer) 1
        2) "3-0"
        3) "3-0"
        4) 1) 1) "c"
              2) "1"
        > XPENDING s h
        1) (integer) 0
        2) (nil)
        3) (nil)
        4) (nil)
        > XDELEX s IDS 1 3-0 KEEPREF
        1) (integer) 1
        > XPENDING s g - + 10
        1) 1) "3-0"
           2) "c"
           3) (integer) ms
           4) (integer) 1
        > XDELEX s IDS 1 4-0
        1) (integer) 1
        > XLEN s
        (integer) 0
        > EXISTS s
        (integer) 1
        > XADD s 4-0 n 5
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > XINFO STREAM s
         1# "length" => (integer) 0
         2# "radix-tree-keys" => (integer) 0
         3# "radix-tree-nodes" => (integer) nodes
         4# "last-generated-id" => "4-0"
         5# "max-deleted-entry-id" => "4-0"
         6# "entries-added" => (integer) 4
         7# "recorded-first-entry-id" => "0-0"
         8# "groups" => (integer) 2
         9# "first-entry" => (nil)
        10# "last-entry" => (nil)
      `));

    test("XDELEX ACKED deletes what every group has had, and acknowledged", () =>
      session(`
        > XADD s 1-0 n 1
        "1-0"
        > XADD s 2-0 n 2
        "2-0"
        > XADD s 3-0 n 3
        "3-0"
        > XGROUP CREATE s g 0
        OK
        > XREADGROUP GROUP g c COUNT 2 STREAMS s >
        1# "s" =>
           1) 1) "1-0"
              2) 1) "n"
                 2) "1"
           2) 1) "2-0"
              2) 1) "n"
                 2) "2"
        > XDELEX s ACKED IDS 3 1-0 2-0 3-0
        1) (integer) 2
        2) (integer) 2
        3) (integer) 2
        > XACK s g 1-0 2-0
        (integer) 2
        > XGROUP CREATE s h 1-0
        OK
        > XDELEX s ACKED IDS 3 1-0 2-0 3-0
        1) (integer) 1
        2) (integer) 2
        3) (integer) 2
        > XDELEX s IDS 1 1-0 ACKED
        1) (integer) -1
        > XGROUP SETID s h 2-0
        OK
        > XDELEX s ACKED IDS 2 2-0 3-0
        1) (integer) 1
        2) (integer) 2
        > XGROUP DESTROY s g
        (integer) 1
        > XGROUP DESTROY s h
        (integer) 1
        > XDELEX s ACKED IDS 1 3-0
        1) (integer) 1
        > XADD s 5-0 n 1
        "5-0"
        > XDELEX s ACKED IDS 1 5-0
        1) (integer) 1
      `));

    test("XTRIM DELREF takes what it removes from what is pending; KEEPREF does not", () =>
      session(`
        > XADD s 1-0 n 1
        "1-0"
        > XADD s 2-0 n 2
        "2-0"
        > XADD s 3-0 n 3
        "3-0"
        > XGROUP CREATE s g 0
        OK
        > XREADGROUP GROUP g c COUNT 3 STREAMS s >
        1# "s" =>
           1) 1) "1-0"
              2) 1) "n"
                 2) "1"
           2) 1) "2-0"
              2) 1) "n"
                 2) "2"
           3) 1) "3-0"
              2) 1) "n"
                 2) "3"
        > XTRIM s MAXLEN 2 KEEPREF
        (integer) 1
        > XPENDING s g
        1) (integer) 3
        2) "1-0"
        3) "3-0"
        4) 1) 1) "c"
              2) "3"
        > XTRIM s DELREF MINID 3
        (integer) 1
        > XPENDING s g
        1) (integer) 2
        2) "1-0"
        3) "3-0"
        4) 1) 1) "c"
              2) "2"
        > XADD s DELREF MAXLEN = 1 4-0 n 4
        "4-0"
        > XPENDING s g
        1) (integer) 1
        2) "1-0"
        3) "1-0"
        4) 1) 1) "c"
              2) "1"
        > XLEN s
        (integer) 1
      `));

    test("XTRIM ACKED removes only what every group is done with", () =>
      session(`
        > XADD s 1-0 n 1
        "1-0"
        > XADD s 2-0 n 2
        "2-0"
        > XADD s 3-0 n 3
        "3-0"
        > XADD s 4-0 n 4
        "4-0"
        > XGROUP CREATE s g 4-0
        OK
        > XGROUP CREATE s h 0
        OK
        > XTRIM s MAXLEN 0 ACKED
        (integer) 0
        > XGROUP SETID s h 3-0
        OK
        > XREADGROUP GROUP h c STREAMS s >
        1# "s" => 1) 1) "4-0"
              2) 1) "n"
                 2) "4"
        > XCLAIM s h c 0 2-0 FORCE JUSTID
        1) "2-0"
        > XTRIM s MAXLEN 2 ACKED
        (integer) 2
        > XRANGE s - +
        1) 1) "2-0"
           2) 1) "n"
              2) "2"
        2) 1) "4-0"
           2) 1) "n"
              2) "4"
        > XTRIM s acked MINID 9
        (integer) 0
        > XACK s h 2-0 4-0
        (integer) 2
        > XADD s NOMKSTREAM ACKED MINID 4-0 5-0 n 5
        "5-0"
        > XRANGE s - + COUNT 1
        1) 1) "4-0"
           2) 1) "n"
              2) "4"
        > XGROUP DESTROY s g
        (integer) 1
        > XGROUP DESTROY s h
        (integer) 1
        > XTRIM s MAXLEN 0 ACKED
        (integer) 2
      `));

    test("XTRIM and XADD take one of these words, and they alone are no strategy", () =>
      session(`
        > XADD s 1-0 n 1
        "1-0"
        > XTRIM s MAXLEN 0 ACKED KEEPREF
        ${SYNTAX}
        > XTRIM s ACKED MAXLEN 0 ACKED
        ${SYNTAX}
        > XADD s DELREF ACKED MAXLEN 0 2-0 n 2
        ${SYNTAX}
        > XTRIM s ACKED LIMIT
        ${SYNTAX}
        > XTRIM s ACKED KEEPREF
        ${SYNTAX}
        > XTRIM s MAXLEN ACKED
        (error) ERR value is not an integer or out of range
        > XADD s ACKED 2-0 n 2
        "2-0"
        > XLEN s
        (integer) 2
      `));

    test("XDELEX refuses wrong words, and then deletes nothing", () =>
      session(`
        > XADD s 1-1 n 1
        "1-1"
        > XDELEX
        (error) ERR wrong number of arguments for 'xdelex' command
        > XDELEX s
        (error) ERR wrong number of arguments for 'xdelex' command
        > XDELEX s IDS 1
        (error) ERR wrong number of arguments for 'xdelex' command
        > XDELEX s IDS abc 1-1
        ${NO_NUMBER}
        > XDELEX s IDS 0 1-1
        ${NO_NUMBER}
        > XDELEX s IDS -5 1-1
        ${NO_NUMBER}
        > XDELEX s IDS 9223372036854775808 1-1
        ${NO_NUMBER}
        > XDELEX s IDS 3 1-1 2-2
        ${NO_MATCH}
        > XDELEX s IDS 9223372036854775807 1-1
        ${NO_MATCH}
        > XDELEX s IDS 1 1-1 2-2
        ${SYNTAX}
        > XDELEX s KEEPREF DELREF IDS 1 1-1
        ${SYNTAX}
        > XDELEX s KEEPREF ACKED IDS 1 1-1
        ${SYNTAX}
        > XDELEX s DELREF IDS 1 1-1 ACKED
        ${SYNTAX}
        > XDELEX s DELREF DELREF IDS 1 1-1
        ${SYNTAX}
        > XDELEX s FOO IDS 1 1-1
        ${SYNTAX}
        > XDELEX s 1-1 IDS 1
        ${SYNTAX}
        > XDELEX s IDS 1 x
        ${INVALID_ID}
        > XDELEX s IDS 2 1-1 (1
        ${INVALID_ID}
        > XLEN s
        (integer) 1
        > SET text x
        OK
        > XDELEX text IDS 1 1-1
        ${WRONG_TYPE}
      `));

    test("XACKDEL acknowledges and deletes", () =>
      session(`
        > XACKDEL s g IDS 2 1-1 2-2
        1) (integer) -1
        2) (integer) -1
        > XADD s 1-0 n 1
        "1-0"
        > XADD s 2-0 n 2
        "2-0"
        > XADD s 3-0 n 3
        "3-0"
        > XADD s 4-0 n 4
        "4-0"
        > XACKDEL s g IDS 2 1-0 2-0
        1) (integer) -1
        2) (integer) -1
        > XGROUP CREATE s g 0
        OK
        > XGROUP CREATE s h 0
        OK
        > XREADGROUP GROUP g ann COUNT 3 STREAMS s >
        1# "s" =>
           1) 1) "1-0"
              2) 1) "n"
                 2) "1"
           2) 1) "2-0"
              2) 1) "n"
                 2) "2"
           3) 1) "3-0"
              2) 1) "n"
                 2) "3"
        > XREADGROUP GROUP h bob COUNT 3 STREAMS s >
        1# "s" =>
           1) 1) "1-0"
              2) 1) "n"
                 2) "1"
           2) 1) "2-0"
              2) 1) "n"
                 2) "2"
           3) 1) "3-0"
              2) 1) "n"
                 2) "3"
        > XACKDEL s g IDS 3 1-0 4-0 1-0
        1) (integer) 1
        2) (integer) -1
        3) (integer) -1
        > XRANGE s - + COUNT 1
        1) 1) "2-0"
           2) 1) "n"
              2) "2"
        > XPENDING s h
        1) (integer) 3
        2) "1-0"
        3) "3-0"
        4) 1) 1) "bob"
              2) "3"
        > XACKDEL s h KEEPREF IDS 1 1-0
        1) (integer) 1
        > XACKDEL s g acked ids 1 2-0
        1) (integer) 2
        > XPENDING s g
        1) (integer) 1
        2) "3-0"
        3) "3-0"
        4) 1) 1) "ann"
              2) "1"
        > XLEN s
        (integer) 3
        > XACKDEL s h IDS 1 2-0 ACKED
        1) (integer) 1
        > XACKDEL s h DELREF IDS 1 3-0
        1) (integer) 1
        > XPENDING s g
        1) (integer) 0
        2) (nil)
        3) (nil)
        4) (nil)
        > XACKDEL s g DELREF IDS 1 3-0
        1) (integer) -1
        > XRANGE s - +
        1) 1) "4-0"
           2) 1) "n"
              2) "4"
      `));

    test("XACKDEL ACKED keeps what is still ahead of a group", () =>
      session(`
        > XADD s 1-0 n 1
        "1-0"
        > XGROUP CREATE s g 0
        OK
        > XGROUP CREATE s h 0
        OK
        > XREADGROUP GROUP g c STREAMS s >
        1# "s" => 1) 1) "1-0"
              2) 1) "n"
                 2) "1"
        > XACKDEL s g ACKED IDS 1 1-0
        1) (integer) 2
        > XACKDEL s g ACKED IDS 1 1-0
        1) (integer) -1
        > XREADGROUP GROUP h c NOACK STREAMS s >
        1# "s" => 1) 1) "1-0"
              2) 1) "n"
                 2) "1"
        > XDELEX s ACKED IDS 1 1-0
        1) (integer) 1
      `));

    test("XACKDEL refuses wrong words, and then does nothing", () =>
      session(`
        > XADD s 1-1 n 1
        "1-1"
        > XGROUP CREATE s g 0
        OK
        > XREADGROUP GROUP g c STREAMS s >
        1# "s" => 1) 1) "1-1"
              2) 1) "n"
                 2) "1"
        > XACKDEL s g
        (error) ERR wrong number of arguments for 'xackdel' command
        > XACKDEL s g IDS 1
        (error) ERR wrong number of arguments for 'xackdel' command
        > XACKDEL s g IDS abc 1-1
        ${NO_NUMBER}
        > XACKDEL s g IDS 0 1-1
        ${NO_NUMBER}
        > XACKDEL s g IDS 3 1-1 2-2
        ${NO_MATCH}
        > XACKDEL s g IDS 1 1-1 2-2
        ${SYNTAX}
        > XACKDEL s g DELREF ACKED IDS 1 1-1
        ${SYNTAX}
        > XACKDEL s IDS 1 1-1 KEEPREF
        ${SYNTAX}
        > XACKDEL s g IDS 2 1-1 x
        ${INVALID_ID}
        > XPENDING s g
        1) (integer) 1
        2) "1-1"
        3) "1-1"
        4) 1) 1) "c"
              2) "1"
        > XLEN s
        (integer) 1
        > SET text x
        OK
        > XACKDEL text g IDS 1 1-1
        ${WRONG_TYPE}
      `));

    test("CLAIM is of XREADGROUP, and its time a number from 0 up", () =>
      session(`
        > XADD s 1-0 n 1
        "1-0"
        > XGROUP CREATE s g 0
        OK
        > XREAD COUNT 2 CLAIM 10 STREAMS s 0
        (error) ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.
        > XREADGROUP GROUP g c CLAIM -1 STREAMS s >
        (error) ERR min-idle-time must be a positive integer
        > XREADGROUP GROUP g c STREAMS s > CLAIM 50
        ${INVALID_ID}
        > XREADGROUP GROUP g CLAIM 50 c STREAMS s >
        ${SYNTAX}
        > XREADGROUP GROUP nosuch c CLAIM 50 STREAMS s >
        (error) NOGROUP No such key 's' or consumer group 'nosuch' in XREADGROUP with GROUP option
        > XINFO CONSUMERS s g
        (empty array)
        > XREADGROUP CLAIM 50 COUNT 1 CLAIM 60 GROUP g c STREAMS s >
        1# "s" => 1) 1) "1-0"
              2) 1) "n"
                 2) "1"
              3) (integer) 0
              4) (integer) 0
        > XREADGROUP GROUP g c CLAIM 3600000 STREAMS s 0
        1# "s" => 1) 1) "1-0"
              2) 1) "n"
                 2) "1"
      `));
  });

  /** A reply of XREADGROUP ... CLAIM: `id idle count` of each entry, idle times as `long` or 0. */
  async function claimed(...words: Word[]): Promise<string[]> {
    const reply = (await ask("XREADGROUP", "GROUP", "g", ...words)) as
      | [string, unknown[][]][]
      | null;
    return (reply ?? []).flatMap(([, entries]) =>
      entries.map(([id, , idle, count]) => {
        const howLong = Number(idle) >= LONG ? "long" : idle;
        return `${id} ${howLong} ${count}`;
      }),
    );
  }

  /** Makes these pending for hours. */
  async function age(...ids: string[]): Promise<void> {
    await ask("XCLAIM", "s", "g", "old", 0, ...ids, "TIME", 1000, "JUSTID");
  }

  async function pending(): Promise<string[]> {
    const rows = (await ask("XPENDING", "s", "g", "-", "+", 100)) as unknown[][];
    return rows.map(([id, consumer, , count]) => `${id} ${consumer} ${count}`);
  }

  describe("XREADGROUP CLAIM", () => {
    beforeEach(async () => {
      for (let n = 1; n <= 4; n++) await ask("XADD", "s", `${n}-0`, "n", n);
      await ask("XGROUP", "CREATE", "s", "g", 0);
    });

    test.each([
      "GROUP g c CLAIM x STREAMS s >",
      'GROUP g c CLAIM "" STREAMS s >',
      "GROUP g c CLAIM 5.5 STREAMS s >",
      "GROUP g c CLAIM +10 STREAMS s >",
      "GROUP g c CLAIM -0 STREAMS s >",
      "GROUP g c CLAIM 9223372036854775808 STREAMS s >",
      "CLAIM GROUP g c STREAMS s >",
      "GROUP g c CLAIM STREAMS s >",
      "GROUP g c CLAIM 10 CLAIM COUNT 1 STREAMS s >",
    ])("%s has no number for its time", async (line) => {
      const error = await ask("XREADGROUP", ...(typedWords(line) ?? []));
      expect((error as Error).message).toStartWith("ERR min-idle-time is not an integer");
      expect(await pending()).toEqual([]);
    });

    test("takes what has been pending for long, then what is new, COUNT in all", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "COUNT", 2, "STREAMS", "s", ">");
      expect(await claimed("new", "COUNT", 1, "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "3-0 0 0",
      ]);
      await age("1-0", "2-0");
      expect(await claimed("new", "COUNT", 1, "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "1-0 long 1",
      ]);
      await age("1-0");
      // Of the same time, what got it first comes first.
      expect(await claimed("new", "COUNT", 5, "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "2-0 long 1",
        "1-0 long 2",
        "4-0 0 0",
      ]);
      expect(await claimed("new", "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([]);
      expect(await pending()).toEqual(["1-0 new 3", "2-0 new 2", "3-0 new 1", "4-0 new 1"]);
      expect(await ask("XACK", "s", "g", "1-0", "2-0", "3-0", "4-0")).toBe(4);
      expect(await claimed("new", "CLAIM", 0, "STREAMS", "s", ">")).toEqual([]);
    });

    test("takes what was delivered longest ago first", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "STREAMS", "s", ">");
      const times = { "1-0": 4000, "2-0": 1000, "3-0": 3000, "4-0": 1000 };
      for (const [id, time] of Object.entries(times)) {
        await ask("XCLAIM", "s", "g", "old", 0, id, "TIME", time, "JUSTID");
      }
      expect(await claimed("new", "COUNT", 3, "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "2-0 long 1",
        "4-0 long 1",
        "3-0 long 1",
      ]);
      expect(await claimed("new", "CLAIM", LONG, "STREAMS", "s", ">")).toEqual(["1-0 long 1"]);
      expect(await pending()).toEqual(["1-0 new 2", "2-0 new 2", "3-0 new 2", "4-0 new 2"]);
    });

    test("0 claims all, 2^63 - 1 nothing", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "COUNT", 3, "STREAMS", "s", ">");
      await age("1-0", "2-0", "3-0");
      const most = "9223372036854775807";
      expect(await claimed("new", "CLAIM", most, "STREAMS", "s", ">")).toEqual(["4-0 0 0"]);
      const all = await claimed("old", "COUNT", 3, "CLAIM", 0, "STREAMS", "s", ">");
      expect(all).toEqual(["1-0 long 1", "2-0 long 1", "3-0 long 1"]);
    });

    test("NOACK is for what is new", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "COUNT", 1, "STREAMS", "s", ">");
      await age("1-0");
      expect(await claimed("new", "NOACK", "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "1-0 long 1",
        "2-0 0 0",
        "3-0 0 0",
        "4-0 0 0",
      ]);
      expect(await pending()).toEqual(["1-0 new 2"]);
    });

    test("gives nothing deleted or trimmed, and nothing of deleted consumers", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "STREAMS", "s", ">");
      await age("1-0", "2-0", "3-0", "4-0");
      await ask("XDEL", "s", "3-0");
      await ask("XTRIM", "s", "MINID", "2-0");
      expect(await claimed("new", "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "2-0 long 1",
        "4-0 long 1",
      ]);
      await ask("XGROUP", "DELCONSUMER", "s", "g", "new");
      expect(await claimed("next", "CLAIM", 0, "STREAMS", "s", ">")).toEqual([]);
    });

    test("a pending entry that is ahead of the group comes twice", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "COUNT", 2, "STREAMS", "s", ">");
      await age("1-0", "2-0");
      await ask("XGROUP", "SETID", "s", "g", "1-0");
      expect(await claimed("new", "COUNT", 3, "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([
        "1-0 long 1",
        "2-0 long 1",
        "2-0 0 0",
      ]);
      expect(await pending()).toEqual(["1-0 new 2", "2-0 new 1"]);
    });

    test("several streams, each with a COUNT of its own", async () => {
      for (let n = 1; n <= 3; n++) await ask("XADD", "t", `${n}-5`, "n", n);
      await ask("XGROUP", "CREATE", "t", "g", 0);
      await ask("XREADGROUP", "GROUP", "g", "old", "COUNT", 1, "STREAMS", "s", "t", ">", ">");
      await age("1-0");
      const words = ["COUNT", 2, "CLAIM", LONG, "STREAMS", "s", "t", ">", ">"];
      expect(await claimed("new", ...words)).toEqual([
        "1-0 long 1",
        "2-0 0 0",
        "2-5 0 0",
        "3-5 0 0",
      ]);
    });

    test("in a transaction", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "STREAMS", "s", ">");
      await age("1-0");
      await ask("MULTI");
      await ask("XREADGROUP", "GROUP", "g", "new", "BLOCK", 0, "CLAIM", LONG, "STREAMS", "s", ">");
      await ask("XREADGROUP", "GROUP", "g", "new", "BLOCK", 0, "CLAIM", LONG, "STREAMS", "s", ">");
      const [first, second] = (await ask("EXEC")) as [[string, unknown[][]][], null];
      expect(first[0][1].map(([id, , , count]) => [id, count])).toEqual([["1-0", 1]]);
      expect(second).toBeNull();
    });

    test.skipIf(process.platform !== "linux")("does nothing while nothing is pending", async () => {
      /** How often the server's main thread went to sleep within some time. */
      const sleeps = async () => {
        const status = () => readFileSync(`/proc/${server.pid}/status`, "latin1");
        const count = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status())?.[1]);
        const before = count();
        await Bun.sleep(600);
        return count() - before;
      };
      const idle = await sleeps();
      const reader = await server.connect();
      const words = ["XREADGROUP", "GROUP", "g", "new", "BLOCK", 0, "CLAIM", LONG];
      await ask("XGROUP", "SETID", "s", "g", "$");
      reader.send(...words, "STREAMS", "s", ">");
      await blockedClients(1);
      const blocked = await sleeps();
      reader.close();
      // Looking every 10 ms would be 60 times.
      expect(blocked).toBeLessThan(idle + 25);
    });

    test("waits for an entry, or until one has been pending long enough", async () => {
      await ask("XREADGROUP", "GROUP", "g", "old", "STREAMS", "s", ">");
      expect(await claimed("new", "BLOCK", 5, "CLAIM", LONG, "STREAMS", "s", ">")).toEqual([]);
      const [reader, other] = await Promise.all([server.connect(), server.connect()]);
      const words = ["XREADGROUP", "GROUP", "g", "new", "BLOCK", 0, "CLAIM"];
      reader.send(...words, LONG, "STREAMS", "s", ">");
      await blockedClients(1);
      await ask("XADD", "s", "5-0", "n", 5);
      const [[, [added]]] = plain(await reader.reply()) as [string, unknown[][]][];
      expect(added).toEqual(["5-0", ["n", "5"], 0, 0]);
      other.send(...words, 100, "COUNT", 1, "STREAMS", "s", ">");
      const [[, [idle]]] = plain(await other.reply()) as [string, unknown[][]][];
      expect([idle[0], idle[3]]).toEqual(["1-0", 1]);
      expect(idle[2]).toBeGreaterThanOrEqual(100);
      // What is pending already counts from when it was delivered, not from when somebody waits.
      const late = await server.connect();
      const deliveredMs = Date.now() - LONG + 300;
      await ask("XCLAIM", "s", "g", "old", 0, "1-0", "TIME", deliveredMs, "JUSTID");
      late.send(...words, LONG, "COUNT", 1, "STREAMS", "s", ">");
      const [[, [due]]] = plain(await late.reply()) as [string, unknown[][]][];
      expect(due[0]).toBe("1-0");
      expect(due[2]).toBeGreaterThanOrEqual(LONG);
      for (const one of [reader, other, late]) one.close();
    });
  });

  async function blockedClients(count: number): Promise<void> {
    await until("clients that wait", async () =>
      `${await ask("INFO", "clients")}`.includes(`blocked_clients:${count}\r\n`),
    );
  }
});
