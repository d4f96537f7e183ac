// Purpose: entries-read and lag of XINFO GROUPS, step by step: what a server knows of how much a
// group has still to read. It holds for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { fieldsOf } from "./stream_replies.ts";

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

/** Steps of a case: a command, and each group with its last ID, entries-read and lag after it. */
const CASES: [string, [string, string][]][] = [
  [
    "a group from the start",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XADD s 4-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 4"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 1-1 1 3"],
      ["XREADGROUP GROUP g c COUNT 2 STREAMS s >", "g 3-1 3 1"],
      ["XADD s 5-1 n 1", "g 3-1 3 2"],
      ["XDEL s 2-1", "g 3-1 3 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 4 1"],
      ["XDEL s 5-1", "g 4-1 4 ?"],
      ["XADD s 6-1 n 1", "g 4-1 4 ?"],
      ["XREADGROUP GROUP g c STREAMS s >", "g 6-1 5 1"],
      ["XADD s 7-1 n 1", "g 6-1 5 2"],
      ["XTRIM s MAXLEN 1", "g 6-1 5 2"],
      ["XREADGROUP GROUP g c STREAMS s >", "g 7-1 6 1"],
      ["XTRIM s MAXLEN 0", "g 7-1 6 1"],
      ["XADD s 8-1 n 1", "g 7-1 6 2"],
    ],
  ],
  [
    "deletions before, between and behind what was read",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XADD s 4-1 n 1", ""],
      ["XADD s 5-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 5"],
      ["XDEL s 3-1", "g 0-0 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 1-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 5-1 5 0"],
      ["XDEL s 1-1", "g 5-1 5 0"],
      ["XADD s 6-1 n 1", "g 5-1 5 1"],
      ["XDEL s 6-1", "g 5-1 5 ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 5-1 5 ?"],
      ["XADD s 7-1 n 1", "g 5-1 5 ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 7-1 6 1"],
    ],
  ],
  [
    "groups that begin in the middle, at the end, and beyond",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XGROUP CREATE s g 2-1", "g 2-1 ? ?"],
      ["XGROUP CREATE s h $", "g 2-1 ? ?, h 3-1 ? 0"],
      ["XGROUP CREATE s i 1-5", "g 2-1 ? ?, h 3-1 ? 0, i 1-5 ? ?"],
      ["XGROUP CREATE s j 9-9", "g 2-1 ? ?, h 3-1 ? 0, i 1-5 ? ?, j 9-9 ? ?"],
      ["XADD s 4-1 n 1", "g 2-1 ? ?, h 3-1 ? ?, i 1-5 ? ?, j 9-9 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 ? ?, h 3-1 ? ?, i 1-5 ? ?, j 9-9 ? ?"],
      ["XREADGROUP GROUP h c COUNT 1 STREAMS s >", "g 3-1 ? ?, h 4-1 4 0, i 1-5 ? ?, j 9-9 ? ?"],
      ["XREADGROUP GROUP i c COUNT 1 STREAMS s >", "g 3-1 ? ?, h 4-1 4 0, i 2-1 ? ?, j 9-9 ? ?"],
      ["XREADGROUP GROUP j c COUNT 1 STREAMS s >", "g 3-1 ? ?, h 4-1 4 0, i 2-1 ? ?, j 9-9 ? ?"],
      ["XREADGROUP GROUP i c COUNT 5 STREAMS s >", "g 3-1 ? ?, h 4-1 4 0, i 4-1 4 0, j 9-9 ? ?"],
      ["XADD s 10-1 n 1", "g 3-1 ? ?, h 4-1 4 1, i 4-1 4 1, j 9-9 ? ?"],
      ["XREADGROUP GROUP j c COUNT 1 STREAMS s >", "g 3-1 ? ?, h 4-1 4 1, i 4-1 4 1, j 10-1 5 0"],
      ["XDEL s 1-1", "g 3-1 ? ?, h 4-1 4 1, i 4-1 4 1, j 10-1 5 0"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 ? ?, h 4-1 4 1, i 4-1 4 1, j 10-1 5 0"],
      ["XADD s 11-1 n 1", "g 4-1 ? ?, h 4-1 4 2, i 4-1 4 2, j 10-1 5 1"],
    ],
  ],
  [
    "a group of an empty stream",
    [
      ["XGROUP CREATE s g $ MKSTREAM", "g 0-0 ? 0"],
      ["XADD s 1-1 n 1", "g 0-0 ? 1"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 1-1 1 0"],
      ["XADD s 2-1 n 1", "g 1-1 1 1"],
      ["XADD s 3-1 n 1", "g 1-1 1 2"],
      ["XDEL s 1-1", "g 1-1 1 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 2 1"],
      ["XDEL s 2-1 3-1", "g 2-1 2 1"],
      ["XADD s 4-1 n 1", "g 2-1 2 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 3 1"],
    ],
  ],
  [
    "ENTRIESREAD as it is given",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XADD s 4-1 n 1", ""],
      ["XGROUP CREATE s g 2-1 ENTRIESREAD 2", "g 2-1 2 2"],
      ["XGROUP CREATE s h 2-1 ENTRIESREAD 0", "g 2-1 2 2, h 2-1 0 4"],
      ["XGROUP CREATE s i 0 ENTRIESREAD 3", "g 2-1 2 2, h 2-1 0 4, i 0-0 3 1"],
      ["XGROUP CREATE s j $ ENTRIESREAD 1", "g 2-1 2 2, h 2-1 0 4, i 0-0 3 1, j 4-1 1 3"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 3 1, h 2-1 0 4, i 0-0 3 1, j 4-1 1 3"],
      ["XREADGROUP GROUP h c COUNT 1 STREAMS s >", "g 3-1 3 1, h 3-1 1 3, i 0-0 3 1, j 4-1 1 3"],
      ["XREADGROUP GROUP i c COUNT 1 STREAMS s >", "g 3-1 3 1, h 3-1 1 3, i 1-1 4 0, j 4-1 1 3"],
      ["XADD s 5-1 n 1", "g 3-1 3 2, h 3-1 1 4, i 1-1 4 1, j 4-1 1 4"],
      ["XREADGROUP GROUP j c COUNT 1 STREAMS s >", "g 3-1 3 2, h 3-1 1 4, i 1-1 4 1, j 5-1 2 3"],
      ["XDEL s 4-1", "g 3-1 3 ?, h 3-1 1 ?, i 1-1 4 ?, j 5-1 2 3"],
      ["XREADGROUP GROUP h c COUNT 1 STREAMS s >", "g 3-1 3 ?, h 5-1 2 3, i 1-1 4 ?, j 5-1 2 3"],
      ["XREADGROUP GROUP i c COUNT 1 STREAMS s >", "g 3-1 3 ?, h 5-1 2 3, i 2-1 ? ?, j 5-1 2 3"],
    ],
  ],
  [
    "XGROUP SETID forgets what was read, unless it is told",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XADD s 4-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 4"],
      ["XREADGROUP GROUP g c COUNT 2 STREAMS s >", "g 2-1 2 2"],
      ["XGROUP SETID s g 1-1", "g 1-1 ? 3"],
      ["XGROUP SETID s g 0", "g 0-0 ? 4"],
      ["XGROUP SETID s g 3-1 ENTRIESREAD 3", "g 3-1 3 1"],
      ["XGROUP SETID s g $", "g 4-1 ? 0"],
      ["XGROUP SETID s g 2-1 ENTRIESREAD -1", "g 2-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 ? ?"],
      ["XGROUP SETID s g 1-1 ENTRIESREAD 100", "g 1-1 100 -96"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 101 -97"],
      ["XGROUP SETID s g 0 ENTRIESREAD 0", "g 0-0 0 4"],
      ["XDEL s 3-1", "g 0-0 0 ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 1-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 4 0"],
      ["XGROUP SETID s g 99-1 ENTRIESREAD 4", "g 99-1 4 0"],
      ["XGROUP SETID s g 4-0 ENTRIESREAD 3", "g 4-0 3 1"],
    ],
  ],
  [
    "XSETID changes what the lag is counted from",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 3"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 1-1 1 2"],
      ["XSETID s 5-0", "g 1-1 1 2"],
      ["XSETID s 5-0 ENTRIESADDED 10 MAXDELETEDID 0-0", "g 1-1 1 9"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 2 8"],
      ["XSETID s 5-0 ENTRIESADDED 10 MAXDELETEDID 2-5", "g 2-1 2 ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 3 7"],
      ["XADD s 6-1 n 1", "g 3-1 3 8"],
      ["XSETID s 7-0 ENTRIESADDED 4 MAXDELETEDID 7-0", "g 3-1 3 ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 6-1 ? ?"],
      ["XADD s 8-1 n 1", "g 6-1 ? ?"],
    ],
  ],
  [
    "trims by XADD and XTRIM",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 3"],
      ["XGROUP CREATE s h 2-1", "g 0-0 ? 3, h 2-1 ? ?"],
      ["XADD s MAXLEN 2 4-1 n 1", "g 0-0 ? 2, h 2-1 ? 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 3 1, h 2-1 ? 2"],
      ["XADD s MINID 4-1 5-1 n 1", "g 3-1 3 2, h 2-1 ? 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 4 1, h 2-1 ? 2"],
      ["XTRIM s MAXLEN 0", "g 4-1 4 1, h 2-1 ? 0"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 4 1, h 2-1 ? 0"],
      ["XADD s 6-1 n 1", "g 4-1 4 2, h 2-1 ? 1"],
      ["XREADGROUP GROUP h c COUNT 1 STREAMS s >", "g 4-1 4 2, h 6-1 6 0"],
      ["XADD s 7-1 n 1", "g 4-1 4 3, h 6-1 6 1"],
      ["XDEL s 6-1", "g 4-1 4 3, h 6-1 6 1"],
    ],
  ],
  [
    "NOACK, history and claims",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XADD s 4-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 4"],
      ["XREADGROUP GROUP g c NOACK COUNT 1 STREAMS s >", "g 1-1 1 3"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 2 2"],
      ["XREADGROUP GROUP g c STREAMS s 0", "g 2-1 2 2"],
      ["XCLAIM s g d 0 3-1 FORCE", "g 2-1 2 2"],
      ["XCLAIM s g d 0 3-1 LASTID 3-1", "g 3-1 2 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 3 1"],
      ["XACK s g 2-1 3-1 4-1", "g 4-1 3 1"],
      ["XAUTOCLAIM s g d 0 0", "g 4-1 3 1"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 4-1 3 1"],
    ],
  ],
  [
    "the last entry is deleted before it is read",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 2"],
      ["XGROUP CREATE s h 1-1", "g 0-0 ? 2, h 1-1 ? 1"],
      ["XDEL s 2-1", "g 0-0 ? ?, h 1-1 ? ?"],
      ["XREADGROUP GROUP g c STREAMS s >", "g 1-1 ? ?, h 1-1 ? ?"],
      ["XREADGROUP GROUP h c STREAMS s >", "g 1-1 ? ?, h 1-1 ? ?"],
      ["XADD s 3-1 n 1", "g 1-1 ? ?, h 1-1 ? ?"],
      ["XREADGROUP GROUP g c STREAMS s >", "g 3-1 3 0, h 1-1 ? ?"],
      ["XREADGROUP GROUP h c STREAMS s >", "g 3-1 3 0, h 3-1 3 0"],
      ["XDEL s 1-1", "g 3-1 3 0, h 3-1 3 0"],
      ["XDEL s 3-1", "g 3-1 3 0, h 3-1 3 0"],
      ["XADD s 4-1 n 1", "g 3-1 3 1, h 3-1 3 1"],
      ["XREADGROUP GROUP g c STREAMS s >", "g 4-1 4 0, h 3-1 3 1"],
      ["XREADGROUP GROUP h c STREAMS s >", "g 4-1 4 0, h 4-1 4 0"],
    ],
  ],
  [
    "the first entries are deleted",
    [
      ["XADD s 1-1 n 1", ""],
      ["XADD s 2-1 n 1", ""],
      ["XADD s 3-1 n 1", ""],
      ["XADD s 4-1 n 1", ""],
      ["XDEL s 1-1", ""],
      ["XGROUP CREATE s g 0", "g 0-0 ? 3"],
      ["XGROUP CREATE s h 2-1", "g 0-0 ? 3, h 2-1 ? 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 2-1 2 2, h 2-1 ? 2"],
      ["XDEL s 2-1", "g 2-1 2 2, h 2-1 ? 2"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 3 1, h 2-1 ? 2"],
      ["XREADGROUP GROUP h c COUNT 1 STREAMS s >", "g 3-1 3 1, h 3-1 3 1"],
      ["XGROUP CREATE s i 1-1", "g 3-1 3 1, h 3-1 3 1, i 1-1 ? 2"],
      ["XGROUP CREATE s j 2-5", "g 3-1 3 1, h 3-1 3 1, i 1-1 ? 2, j 2-5 ? 2"],
    ],
  ],
  [
    "COPY and RENAME keep what was read",
    [
      ["XADD t 1-1 n 1", ""],
      ["XADD t 2-1 n 1", ""],
      ["XADD t 3-1 n 1", ""],
      ["XDEL t 2-1", ""],
      ["XGROUP CREATE t g 0 ENTRIESREAD 0", ""],
      ["XGROUP CREATE t h 1-1", ""],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS t >", ""],
      ["COPY t s", "g 1-1 ? ?, h 1-1 ? ?"],
      ["XREADGROUP GROUP g c COUNT 1 STREAMS s >", "g 3-1 3 0, h 1-1 ? ?"],
      ["RENAME t s", "g 1-1 ? ?, h 1-1 ? ?"],
      ["XREADGROUP GROUP h c COUNT 1 STREAMS s >", "g 1-1 ? ?, h 3-1 3 0"],
    ],
  ],
];

test.each(CASES)("%s", async (_, steps) => {
  const seen: [string, string][] = [];
  for (const [line] of steps) {
    expect(plain(await client.command(...line.split(" ")))).not.toBeInstanceOf(Error);
    const groups = plain(await client.command("XINFO", "GROUPS", "s"));
    const states = (groups instanceof Error ? [] : (groups as unknown[])).map((group) => {
      const fields = fieldsOf(group);
      const [read, lag] = [fields["entries-read"] ?? "?", fields.lag ?? "?"];
      return `${fields.name} ${fields["last-delivered-id"]} ${read} ${lag}`;
    });
    seen.push([line, states.join(", ")]);
  }
  expect(seen).toEqual(steps);
});
