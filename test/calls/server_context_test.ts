// Purpose: a handler needs no more of the server than the facets that it names: others can stand in
// for these, one by one.

import { expect, test } from "bun:test";
import { Call, type CallServer } from "../../src/calls/call.ts";
import { DEFAULT_DEBUG_SETTINGS } from "../../src/calls/debug_settings.ts";
import type { Durability, SnapshotControl } from "../../src/calls/durability.ts";
import type { ServerContext } from "../../src/calls/server_context.ts";
import { commandTable } from "../../src/commands/all.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { type Tree, written } from "../commands/server/oracle/reply_tree.ts";

/** Carries a command out on a server of which nothing else is there; its reply. */
function ask(facets: Partial<ServerContext>, ...words: string[]): Tree {
  return written((reply) => {
    const call = new Call(facets as CallServer, reply);
    call.args = argsOf(words);
    commandTable.resolve(words.length, (index) => words[index])?.run?.(call);
  });
}

test("what is kept of the data is a facet", () => {
  let saves = 0;
  let aborts = 0;
  const snapshots: Partial<SnapshotControl> = { lastSaveMs: 5900, save: () => ++saves > 0 };
  const durability: Partial<Durability> = {
    snapshots: snapshots as SnapshotControl,
    abortShutdown: () => void aborts++,
  };
  const facets = { durability: durability as Durability };
  expect(ask(facets, "LASTSAVE")).toBe(5);
  expect(ask(facets, "SAVE")).toEqual({ "+": "OK" });
  expect(ask(facets, "SHUTDOWN", "ABORT")).toEqual({ "+": "OK" });
  expect([saves, aborts]).toEqual([1, 1]);
});

test("what only DEBUG does is one, and what it switches is another", () => {
  const done: (number | boolean)[] = [];
  const control = {
    sleep: (ms: number) => void done.push(ms),
    exit: (code: number) => void done.push(code),
    crash: () => {},
    expireByItself: (on: boolean) => void done.push(on),
  };
  expect(ask({ control }, "DEBUG", "SLEEP", "0.25")).toEqual({ "+": "OK" });
  expect(ask({ control }, "DEBUG", "SET-ACTIVE-EXPIRE", "0")).toEqual({ "+": "OK" });
  expect(done).toEqual([250, false]);
  const debug = { ...DEFAULT_DEBUG_SETTINGS };
  expect(ask({ debug }, "DEBUG", "PAUSE-CRON", "1")).toEqual({ "+": "OK" });
  expect(debug).toEqual({ ...DEFAULT_DEBUG_SETTINGS, cronPaused: true });
});
