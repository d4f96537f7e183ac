/** Commands on keys of any type, save for those about expiry (expire_commands.ts). */

import { canServeCopies, ensure, NIL, segmentOf, u8 } from "../../arena/arena.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { Call } from "../../calls/call.ts";
import {
  matchesAll,
  matchesPattern,
  parseScan,
  SCAN_POSITIONS,
  scanCursor,
  scanOptions,
} from "../../calls/scan_options.ts";
import { group } from "../../calls/table.ts";
import type { Database } from "../../keyspace/database.ts";
import { CommandError, NO_SUCH_KEY, SAME_OBJECT, SYNTAX } from "../../protocol/errors.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { ChangeKind } from "../../values/key_event.ts";
import { TYPE_NAMES } from "../../values/types.ts";
import * as values from "../../values/values.ts";

const NO_SUCH_DATABASE = new CommandError("ERR DB index is out of range");
const NOT_INT32 = new CommandError(
  "ERR value is out of range, value must between -2147483648 and 2147483647",
);

/** Refs that the list of visited entries keeps room for between calls. */
const KEPT_REFS = 1 << 16;

export const genericCommands = group("generic", {
  COPY: {
    run: copy,
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [
      { at: 1, flags: ["RO", "access"] },
      { at: 2, flags: ["OW", "update"] },
    ],
    args: "source destination [DB destination-db:integer] [REPLACE]",
    since: "6.2.0",
    complexity:
      "O(N) worst case for collections, where N is the number of nested items. O(1) for string " +
      "values.",
    summary: "Copies a value to another key.",
  },
  DEL: {
    run: del,
    arity: -2,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, last: -1, flags: ["RM", "delete"] }],
    args: "key ...",
    since: "1.0.0",
    complexity:
      "O(N) where N is the number of keys that will be removed. When a key to remove holds a " +
      "value other than a string, the individual complexity for this key is O(M) where M is the " +
      "number of elements in the list, set, sorted set or hash. Removing a single key that " +
      "holds a string value is O(1).",
    summary: "Deletes keys.",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  },
  EXISTS: {
    run: exists,
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, last: -1, flags: ["RO"] }],
    args: "key ...",
    since: "1.0.0",
    complexity: "O(N) where N is the number of keys to check.",
    summary: "Counts those of the keys that exist.",
    history: [["3.0.3", "Accepts multiple `key` arguments."]],
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  },
  KEYS: {
    run: keys,
    arity: 2,
    flags: ["readonly"],
    acl: ["keyspace", "dangerous"],
    args: "pattern",
    since: "1.0.0",
    complexity:
      "O(N) with N being the number of keys in the database, under the assumption that the key " +
      "names in the database and the given pattern have limited length.",
    summary: "Lists the keys that match a pattern.",
    tips: ["request_policy:all_shards", "nondeterministic_output_order"],
  },
  MOVE: {
    run: move,
    arity: 3,
    flags: ["write", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key db:integer",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Moves a key to another database.",
  },
  RANDOMKEY: {
    run: randomkey,
    arity: 1,
    flags: ["readonly"],
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Picks a key at random.",
    tips: ["request_policy:all_shards", "nondeterministic_output"],
  },
  RENAME: {
    run: rename,
    arity: 3,
    flags: ["write"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["OW", "update"] },
    ],
    args: "key newkey",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Gives a key another name, in place of any key that has it.",
  },
  RENAMENX: {
    run: renamenx,
    arity: 3,
    flags: ["write", "fast"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["OW", "insert"] },
    ],
    args: "key newkey",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Gives a key another name, if no key has it.",
    history: [
      [
        "3.2.0",
        "The command no longer returns an error when source and destination names " +
          "are the same.",
      ],
    ],
  },
  SCAN: {
    run: scan,
    arity: -2,
    flags: ["readonly"],
    args: "cursor [MATCH pattern] [COUNT count] [TYPE type@6.0.0]",
    since: "2.8.0",
    complexity:
      "O(1) for every call. O(N) for a complete iteration, including enough command calls for " +
      "the cursor to return back to 0. N is the number of elements inside the collection.",
    summary: "Walks through the keys, some at a time.",
    history: [["6.0.0", "Added the `TYPE` subcommand."]],
    tips: ["nondeterministic_output", "request_policy:special"],
  },
  TOUCH: {
    run: touch,
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, last: -1, flags: ["RO"] }],
    args: "key ...",
    since: "3.2.1",
    complexity: "O(N) where N is the number of keys that will be touched.",
    summary: "Marks keys as used now, and counts those that exist.",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  },
  TYPE: {
    run: type,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Names the type of a value.",
  },
  UNLINK: {
    run: unlink,
    arity: -2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, last: -1, flags: ["RM", "delete"] }],
    args: "key ...",
    since: "4.0.0",
    complexity:
      "O(1) for each key removed regardless of its size. Then the command does O(N) work in a " +
      "different thread in order to reclaim memory, where N is the number of allocations the " +
      "deleted objects where composed of.",
    summary: "Deletes keys at once and frees their memory later.",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  },
});

function del(call: Call): void {
  const { db, args } = call;
  let count = 0;
  for (let i = 1; i < args.count; i++) {
    const e = db.peek(args, i, db.hash(args, i));
    if (e === NIL) continue;
    db.remove(e);
    count++;
  }
  call.reply.integer(count);
}

/** DEL frees a large value in slices as well, so there is nothing else to put off. */
function unlink(call: Call): void {
  del(call);
}

function exists(call: Call): void {
  const { db, args } = call;
  let count = 0;
  for (let i = 1; i < args.count; i++) if (db.inspect(args, i) !== NIL) count++;
  call.reply.integer(count);
}

function touch(call: Call): void {
  const { db, args } = call;
  let count = 0;
  for (let i = 1; i < args.count; i++) if (db.read(args, i) !== NIL) count++;
  call.reply.integer(count);
}

function type(call: Call): void {
  const e = call.db.inspect(call.args, 1);
  call.reply.simple(e === NIL ? "none" : TYPE_NAMES[entry.type(e)]);
}

function copy(call: Call): void {
  const { db, keyspace, args } = call;
  let target = db;
  let replace = false;
  for (let i = 3; i < call.argc; i++) {
    if (call.is(i, "replace")) replace = true;
    else if (call.is(i, "db") && i + 1 < call.argc) target = databaseOf(call, ++i);
    else throw SYNTAX;
  }
  if (target === db && sameKey(call)) throw SAME_OBJECT;
  const e = db.read(args, 1);
  if (e === NIL) {
    call.reply.integer(0);
    return;
  }
  const keyHash = target.hash(args, 2);
  const taken = target.write(args, 2, keyHash);
  if (taken !== NIL && !replace) {
    call.reply.integer(0);
    return;
  }
  if (!canServeCopies()) ensure(values.ownedSize(e, Infinity));
  if (taken !== NIL) target.makeWay(taken);
  const twin = target.copyFrom(db, e, args, 2, keyHash);
  keyspace.changing(target, twin, "copy_to");
  target.appeared(twin);
  call.reply.integer(1);
}

function move(call: Call): void {
  const { db, keyspace, args } = call;
  const target = databaseOf(call, 2);
  if (target === db) throw SAME_OBJECT;
  const keyHash = db.hash(args, 1);
  const e = db.write(args, 1, keyHash);
  if (e === NIL || target.write(args, 1, keyHash) !== NIL) {
    call.reply.integer(0);
    return;
  }
  if (keyspace.events.tellsMade) keyspace.events.made(target, args, 1);
  keyspace.changing(db, e, "move_from");
  const moved = target.moveFrom(db, e);
  keyspace.changing(target, moved, "move_to", ChangeKind.uncounted);
  target.appeared(moved);
  call.reply.integer(1);
}

function rename(call: Call): void {
  renameKey(call, true);
  call.reply.ok();
}

function renamenx(call: Call): void {
  call.reply.truth(renameKey(call, false));
}

/** Whether the key has got the other name. */
function renameKey(call: Call, replace: boolean): boolean {
  const { db, keyspace, args } = call;
  const oldHash = db.hash(args, 1);
  const e = db.write(args, 1, oldHash);
  if (e === NIL) throw NO_SUCH_KEY;
  if (sameKey(call)) return false;
  const keyHash = db.hash(args, 2);
  const taken = db.write(args, 2, keyHash);
  if (taken !== NIL && !replace) return false;
  if (keyspace.events.tellsMade) keyspace.events.made(db, args, 2);
  keyspace.changing(db, e, "rename_from");
  if (taken !== NIL) db.makeWay(taken);
  const renamed = db.rekey(e, args, 2, keyHash);
  keyspace.changing(db, renamed, "rename_to", ChangeKind.uncounted);
  db.appeared(renamed);
  // Only now: who waits for both names is served what is there under the new one, as in Redis.
  keyspace.waits.vanished(db, args, 1, oldHash, entry.type(renamed));
  return true;
}

/** Whether arguments 1 and 2 are the same key. */
function sameKey(call: Call): boolean {
  const { bytes, start, size } = call.args;
  return size[1] === size[2] && equalBytes(bytes, start[1], bytes, start[2], size[1]);
}

/** The database whose number is an argument. */
function databaseOf(call: Call, index: number): Database {
  const id = call.integer(index);
  if (id !== (id | 0)) throw NOT_INT32;
  const db = call.keyspace.databases[id];
  if (db === undefined) throw NO_SUCH_DATABASE;
  return db;
}

function keys(call: Call): void {
  const { db, reply } = call;
  const all = matchesAll(call, 1);
  db.lookAtAll();
  const mark = reply.beginArray();
  let count = 0;
  dict.each(db.keys, (e) => {
    if (reply.isDiscarding || db.isOver(e)) return;
    if (!all && !keyMatches(call, 1, e)) return;
    entry.replyKey(e, reply);
    count++;
  });
  reply.endArray(mark, count);
}

function randomkey(call: Call): void {
  const e = call.db.randomKey();
  if (e === NIL) call.reply.nil();
  else entry.replyKey(e, call.reply);
}

function scan(call: Call): void {
  const { db, reply } = call;
  const { stats } = call.keyspace;
  const cursor = scanCursor(call, 1);
  parseScan(call, 2, true);
  const { count, pattern, typeName } = scanOptions;
  db.lookAtAll();
  const next = visit(db, cursor, count);

  reply.array(2);
  reply.bulkInteger(next);
  const mark = reply.beginArray();
  let found = 0;
  for (let i = 0; i < visited.count; i++) {
    const e = visited.refs[i] as EntryRef;
    if (pattern !== 0 && !keyMatches(call, pattern, e)) continue;
    const isOver = db.expireIfOver(e);
    // The type is looked up as by a command that reads the key, so it counts.
    if (typeName !== null && isOver) stats.misses++;
    else if (typeName !== null) stats.hits++;
    if (isOver || (typeName !== null && TYPE_NAMES[entry.type(e)] !== typeName)) continue;
    entry.replyKey(e, reply);
    found++;
  }
  reply.endArray(mark, found);
  visited.clear();
}

/**
 * The entries at the cursor positions that SCAN has come to: collected first, since a key that is
 * found expired changes the dict.
 */
const visited = {
  refs: new Int32Array(KEPT_REFS),
  count: 0,
  add(e: EntryRef): void {
    if (visited.count === visited.refs.length) {
      const grown = new Int32Array(visited.refs.length * 2);
      grown.set(visited.refs);
      visited.refs = grown;
    }
    visited.refs[visited.count++] = e;
  },
  clear(): void {
    visited.count = 0;
    if (visited.refs.length > KEPT_REFS) visited.refs = new Int32Array(KEPT_REFS);
  },
};

/** Visits keys from a cursor on until `count` were seen; returns the next cursor. */
function visit(db: Database, cursor: number, count: number): number {
  let next = cursor;
  let positions = count * SCAN_POSITIONS;
  do {
    next = dict.scan(db.keys, next, visited.add);
  } while (next !== 0 && positions-- > 0 && visited.count < count);
  return next;
}

/** Whether the entry's key matches the pattern in an argument. */
function keyMatches(call: Call, pattern: number, e: EntryRef): boolean {
  const bytes = u8[segmentOf(entry.keyBlock(e))];
  return matchesPattern(call, pattern, bytes, entry.keyOffset(e), entry.keySize(e));
}
