/** SERVER commands about the server as a whole: its databases, its role, its end. */

import { BUSY } from "../../calls/busy.ts";
import type { Call } from "../../calls/call.ts";
import type { ShutdownOptions } from "../../calls/durability.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import type { Database } from "../../keyspace/database.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import { info } from "./info_command.ts";
import { lolwut } from "./lolwut_command.ts";

const BAD_FIRST_INDEX = new CommandError("ERR invalid first DB index");
const BAD_SECOND_INDEX = new CommandError("ERR invalid second DB index");
const NO_SUCH_DATABASE = new CommandError("ERR DB index is out of range");
const NO_MONITOR_HERE = new CommandError("ERR MONITOR isn't allowed for DENY BLOCKING client");
/** The log says why. */
const NOT_SAVED = new CommandError("ERR");
const NOT_REWRITTEN = new CommandError(
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
    "information.",
);
const REWRITE_IN_PROGRESS = new CommandError(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in " +
    "order to schedule a BGSAVE whenever possible.",
);

export const serverCommands = group("server", {
  BGREWRITEAOF: {
    run: bgrewriteaof,
    arity: 1,
    flags: ["admin", "noscript", "no_async_loading"],
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Writes the append-only log anew from the data as they are.",
  },
  BGSAVE: {
    run: bgsave,
    arity: -1,
    flags: ["admin", "noscript", "no_async_loading"],
    args: "[SCHEDULE@3.2.2]",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Writes a snapshot of all data as they are now, while commands go on.",
    history: [["3.2.2", "Added the `SCHEDULE` option."]],
  },
  DBSIZE: {
    run: dbsize,
    arity: 1,
    flags: ["readonly", "fast"],
    acl: ["keyspace"],
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Counts the keys of the database.",
    tips: ["request_policy:all_shards", "response_policy:agg_sum"],
  },
  FLUSHALL: {
    run: flushall,
    arity: -1,
    flags: ["write", "shrinking"],
    acl: ["keyspace", "dangerous"],
    args: "async:[ASYNC@4.0.0 | SYNC@6.2.0]",
    since: "1.0.0",
    complexity: "O(N) where N is the total number of keys in all databases",
    summary: "Deletes the keys of all databases.",
    history: [
      ["4.0.0", "Added the `ASYNC` flushing mode modifier."],
      ["6.2.0", "Added the `SYNC` flushing mode modifier."],
    ],
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  },
  FLUSHDB: {
    run: flushdb,
    arity: -1,
    flags: ["write", "shrinking"],
    acl: ["keyspace", "dangerous"],
    args: "async:[ASYNC@4.0.0 | SYNC@6.2.0]",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys in the selected database",
    summary: "Deletes the keys of the database.",
    history: [
      ["4.0.0", "Added the `ASYNC` flushing mode modifier."],
      ["6.2.0", "Added the `SYNC` flushing mode modifier."],
    ],
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  },
  INFO: {
    run: info,
    arity: -1,
    flags: ["loading", "stale"],
    acl: ["dangerous"],
    args: "[section ...]",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Reports the server's state and counters.",
    history: [["7.0.0", "Added support for taking multiple section arguments."]],
    tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
  },
  LASTSAVE: {
    run: lastsave,
    arity: 1,
    flags: ["loading", "stale", "fast"],
    acl: ["admin", "dangerous"],
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Tells when the last snapshot was written, in Unix seconds.",
    tips: ["nondeterministic_output"],
  },
  LOLWUT: {
    run: lolwut,
    arity: -1,
    flags: ["readonly", "fast"],
    args: "[VERSION version:integer]",
    since: "5.0.0",
    summary: "Draws a picture and tells the version.",
  },
  MONITOR: {
    run: monitor,
    arity: 1,
    flags: ["admin", "noscript", "loading", "stale"],
    since: "1.0.0",
    summary: "Shows all commands that the server gets, as they come.",
  },
  ROLE: {
    run: role,
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast"],
    acl: ["admin", "dangerous"],
    since: "2.8.12",
    complexity: "O(1)",
    summary: "Tells whether the server is a master or a replica, and its links.",
  },
  SAVE: {
    run: save,
    arity: 1,
    flags: ["admin", "noscript", "no_async_loading", "no_multi"],
    since: "1.0.0",
    complexity: "O(N) where N is the total number of keys in all databases",
    summary: "Writes a snapshot of all data; nobody is served meanwhile.",
  },
  SHUTDOWN: {
    run: shutdown,
    arity: -1,
    flags: ["admin", "noscript", "loading", "stale", "no_multi", "allow_busy"],
    args: "[NOSAVE | SAVE] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]",
    since: "1.0.0",
    complexity:
      "O(N) when saving, where N is the total number of keys in all databases when saving data, " +
      "otherwise O(1)",
    summary: "Stops the server, after a last snapshot if need be.",
    history: [["7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers."]],
  },
  SWAPDB: {
    run: swapdb,
    arity: 3,
    flags: ["write", "shrinking", "fast"],
    acl: ["keyspace", "dangerous"],
    args: "index1:integer index2:integer",
    since: "4.0.0",
    complexity:
      "O(N) where N is the count of clients watching or blocking on keys from both databases.",
    summary: "Exchanges the keys of two databases.",
  },
  TIME: {
    run: time,
    arity: 1,
    flags: ["loading", "stale", "fast"],
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Tells the server's time.",
    tips: ["nondeterministic_output"],
  },
});

function dbsize({ db, reply }: Call): void {
  db.lookAtAll();
  reply.integer(db.size);
}

function flushall(call: Call): void {
  checkFlushMode(call);
  const { keyspace } = call;
  const { snapshots } = call.server.durability;
  // What a script does that may be undone is not on the disk before it has ended.
  if (keyspace.keeper === null) snapshots.abandon();
  keyspace.dirty += keyspace.flushAll();
  propagate.asItCame(call);
  if (keyspace.keeper === null) saveFlushed(call);
  else keyspace.keeper.afterwards(() => saveFlushed(call));
  call.reply.ok();
}

/** As Redis: where there are save points, what was there is not to come back after a restart. */
function saveFlushed({ server, keyspace }: Pick<Call, "server" | "keyspace">): void {
  const { snapshots } = server.durability;
  snapshots.abandon();
  if (snapshots.isConfigured && !keyspace.isReplaying) snapshots.save();
}

function flushdb(call: Call): void {
  checkFlushMode(call);
  const { keyspace } = call;
  keyspace.dirty += keyspace.flush(call.db);
  propagate.asItCame(call);
  call.reply.ok();
}

/** ASYNC and SYNC are alike: keys are gone at once, and their memory is freed in slices. */
function checkFlushMode(call: Call): void {
  if (call.argc === 1) return;
  if (call.argc > 2 || !(call.is(1, "sync") || call.is(1, "async"))) throw SYNTAX;
}

function swapdb(call: Call): void {
  const first = databaseIndex(call, 1, BAD_FIRST_INDEX);
  const second = databaseIndex(call, 2, BAD_SECOND_INDEX);
  const a = databaseAt(call, first);
  const b = databaseAt(call, second);
  if (a !== b) call.keyspace.swap(a, b);
  call.keyspace.dirty++;
  call.reply.ok();
}

function databaseIndex(call: Call, index: number, otherwise: CommandError): number {
  const value = call.integerOr(index, otherwise);
  if (value !== (value | 0)) throw otherwise;
  return value;
}

function databaseAt({ keyspace }: Call, index: number): Database {
  const db = keyspace.databases[index];
  if (db === undefined) throw NO_SUCH_DATABASE;
  return db;
}

/** Seconds since 1970 of the last save, or of the start. */
function lastsave({ reply, server }: Call): void {
  reply.integer(Math.floor(server.durability.snapshots.lastSaveMs / 1000));
}

function bgsave(call: Call): void {
  const { reply, argc } = call;
  const { snapshots, appendLog } = call.server.durability;
  const waits = argc === 2 && call.is(1, "schedule");
  if (argc > 2 || (argc === 2 && !waits)) throw SYNTAX;
  if (snapshots.progress === null && (call.nested || appendLog.isRewriting)) {
    if (!waits && !call.nested) throw REWRITE_IN_PROGRESS;
    snapshots.schedule();
    reply.simple("Background saving scheduled");
    return;
  }
  if (!snapshots.saveInBackground()) throw NOT_SAVED;
  reply.simple("Background saving started");
}

function bgrewriteaof(call: Call): void {
  const { appendLog } = call.server.durability;
  if (call.nested) appendLog.schedule();
  const outcome = call.nested ? "scheduled" : appendLog.rewrite();
  if (outcome === "failed") throw NOT_REWRITTEN;
  call.reply.simple(`Background append only file rewriting ${outcome}`);
}

function save({ reply, server }: Call): void {
  if (!server.durability.snapshots.save()) throw NOT_SAVED;
  reply.ok();
}

function monitor(call: Call): void {
  if (call.client.monitoring) return; // as Redis, which then answers nothing
  if (call.nested) throw NO_MONITOR_HERE;
  call.server.clients.monitor(call.client);
  call.reply.ok();
}

function role({ reply }: Call): void {
  reply.array(3);
  reply.bulkText("master");
  reply.integer(0);
  reply.array(0);
}

function shutdown(call: Call): void {
  const { durability } = call.server;
  const options: ShutdownOptions = { save: "as configured", now: false, force: false };
  let abort = false;
  for (let i = 1; i < call.argc; i++) {
    if (call.is(i, "nosave") && options.save !== "always") options.save = "never";
    else if (call.is(i, "save") && options.save !== "never") options.save = "always";
    else if (call.is(i, "now")) options.now = true;
    else if (call.is(i, "force")) options.force = true;
    else if (call.is(i, "abort")) abort = true;
    else throw SYNTAX;
  }
  if (abort) {
    if (options.save !== "as configured" || options.now || options.force) throw SYNTAX;
    durability.abortShutdown();
    call.reply.ok();
    return;
  }
  const { scripts } = call.server;
  // What a script is in the midst of is not to be saved.
  if (scripts.isSuspended && options.save !== "never") {
    throw BUSY[scripts.running?.kind ?? "script"];
  }
  durability.shutdown(options);
}

function time({ reply, server }: Call): void {
  const nowUs = server.clock.wallUs();
  reply.array(2);
  reply.bulkInteger(Math.floor(nowUs / 1_000_000));
  reply.bulkInteger(nowUs % 1_000_000);
}
