/** Hash commands: those that read, set and remove fields. Fields that expire: hash_expire.ts. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import {
  parseScan,
  SCAN_POSITIONS,
  scanCursor,
  scanMatches,
  scanOptions,
} from "../../calls/scan_options.ts";
import { group } from "../../calls/table.ts";
import { wrongArity } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as packed from "../../structures/packed.ts";
import * as hashValue from "../../values/hash_value.ts";
import { Type } from "../../values/types.ts";
import { hincrby, hincrbyfloat } from "./hash_number.ts";
import { hrandfield } from "./hash_random.ts";

export const hashCommands = group("hash", {
  HDEL: {
    run: hdel,
    arity: -3,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key field ...",
    since: "2.0.0",
    complexity: "O(N) where N is the number of fields to be removed.",
    summary: "Removes fields from a hash, and the hash with its last field.",
    history: [["2.4.0", "Accepts multiple `field` arguments."]],
  },
  HEXISTS: {
    run: hexists,
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key field",
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Tells whether a hash has a field.",
  },
  HGET: {
    run: hget,
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key field",
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Reads a field of a hash.",
  },
  HGETALL: {
    run: hgetall,
    arity: 2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    summary: "Reads all fields of a hash, with their values.",
    tips: ["nondeterministic_output_order"],
  },
  HINCRBY: {
    run: hincrby,
    arity: 4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key field increment:integer",
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Adds a number to an integer in a hash.",
  },
  HINCRBYFLOAT: {
    run: hincrbyfloat,
    arity: 4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key field increment:double",
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Adds a decimal number to a number in a hash.",
  },
  HKEYS: {
    run: hkeys,
    arity: 2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    summary: "Lists the fields of a hash.",
    tips: ["nondeterministic_output_order"],
  },
  HLEN: {
    run: hlen,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Counts the fields of a hash.",
  },
  HMGET: {
    run: hmget,
    arity: -3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key field ...",
    since: "2.0.0",
    complexity: "O(N) where N is the number of fields being requested.",
    summary: "Reads several fields of a hash.",
  },
  HMSET: {
    run: hmset,
    arity: -4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key {field value} ...",
    since: "2.0.0",
    complexity: "O(N) where N is the number of fields being set.",
    summary: "Sets fields of a hash.",
    deprecated: { since: "4.0.0", replacedBy: "`HSET` with multiple field-value pairs" },
  },
  HRANDFIELD: {
    run: hrandfield,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key options:[count [WITHVALUES]]",
    since: "6.2.0",
    complexity: "O(N) where N is the number of fields returned",
    summary: "Picks fields of a hash at random.",
    tips: ["nondeterministic_output"],
  },
  HSCAN: {
    run: hscan,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key cursor [MATCH pattern] [COUNT count] [NOVALUES@7.4.0]",
    since: "2.8.0",
    complexity:
      "O(1) for every call. O(N) for a complete iteration, including enough command calls for " +
      "the cursor to return back to 0. N is the number of elements inside the collection..",
    summary: "Walks through the fields of a hash, some at a time.",
    history: [["7.4.0", "Added the `NOVALUES` flag."]],
    tips: ["nondeterministic_output"],
  },
  HSET: {
    run: hset,
    arity: -4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key {field value} ...",
    since: "2.0.0",
    complexity:
      "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command " +
      "is called with multiple field/value pairs.",
    summary: "Sets fields of a hash, and counts the new ones.",
    history: [["4.0.0", "Accepts multiple `field` and `value` arguments."]],
  },
  HSETNX: {
    run: hsetnx,
    arity: 4,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key field value",
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Sets a field of a hash, if it does not exist.",
  },
  HSTRLEN: {
    run: hstrlen,
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key field",
    since: "3.2.0",
    complexity: "O(1)",
    summary: "Measures the value of a field, in bytes.",
  },
  HVALS: {
    run: hvals,
    arity: 2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "2.0.0",
    complexity: "O(N) where N is the size of the hash.",
    summary: "Lists the values of a hash.",
    tips: ["nondeterministic_output_order"],
  },
});

const cursor = new hashValue.HashCursor();

function hset(call: Call): void {
  call.reply.integer(setPairs(call));
}

function hmset(call: Call): void {
  setPairs(call);
  call.reply.ok();
}

/** Sets all pairs of arguments from the second on; returns how many fields are new. */
function setPairs(call: Call): number {
  const { db, args, keyspace, argc } = call;
  if ((argc & 1) === 1) throw wrongArity(call.command.name);
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.hash);
  if (e === NIL) e = hashValue.create(db, args, 1, keyHash, "hset", sizeOfPairs(call));
  else keyspace.changing(db, e, "hset");
  let first = 2;
  let added = 0;
  if (argc > 4) {
    first = hashValue.putPairs(e, args, 2);
    added = hashValue.putAsPairs.added;
  }
  for (let i = first; i < argc; i += 2) if (hashValue.put(e, args, i, args, i + 1)) added++;
  afterChange(call, e, argc / 2 - 1);
  return added;
}

/** The bytes that all pairs take in a packed hash, if there are several. */
function sizeOfPairs({ args, argc }: Call): number {
  let size = 0;
  if (argc > 4) {
    for (let i = 2; i < argc; i++) {
      size += packed.addedSize(args.bytes, args.start[i], args.size[i]);
    }
  }
  return size;
}

function hsetnx(call: Call): void {
  const { db, args, reply } = call;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.hash);
  if (e !== NIL && db.field(e, args, 2) !== 0) {
    reply.integer(0);
    return;
  }
  if (e === NIL) e = hashValue.create(db, args, 1, keyHash, "hset");
  else call.keyspace.changing(db, e, "hset");
  hashValue.put(e, args, 2, args, 3);
  reply.integer(1);
}

function hdel(call: Call): void {
  const { db, args, argc } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.hash);
  let count = 0;
  for (let i = 2; e !== NIL && i < argc; i++) {
    const at = db.field(e, args, i);
    if (at === 0) continue;
    if (count === 0) call.keyspace.changing(db, e, "hdel");
    hashValue.removeAt(e, at);
    count++;
  }
  if (count > 0) afterChange(call, e, count);
  call.reply.integer(count);
}

/**
 * To be called when `count` fields have been changed, of which the change hook has counted one: a
 * hash without fields goes.
 */
export function afterChange(call: Call, e: EntryRef, count: number): void {
  const { db, keyspace } = call;
  keyspace.dirty += count - 1;
  if (hashValue.count(e) > 0) {
    db.rescheduled(e);
    return;
  }
  if (hashValue.hidesAny(e)) {
    db.deleteHidden(e);
    return;
  }
  db.removeEmpty(e);
}

/** The place of the field in an argument, of a hash or NIL; 0 if it is not there. */
export function findField(e: EntryRef, call: Call, index: number): hashValue.Place {
  return e === NIL ? 0 : call.db.field(e, call.args, index);
}

function hget(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.hash);
  replyValue(call, e, findField(e, call, 2));
}

function hmget(call: Call): void {
  const { args, reply, argc } = call;
  const e = call.db.readTyped(args, 1, Type.hash);
  reply.array(argc - 2);
  for (let i = 2; i < argc; i++) replyValue(call, e, findField(e, call, i));
}

/** Replies with the value at a place of a hash, or with nil for no place. */
export function replyValue(call: Call, e: EntryRef, at: hashValue.Place): void {
  if (at === 0) call.reply.nil();
  else hashValue.reply(e, at, call.reply);
}

function hexists(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.hash);
  call.reply.truth(findField(e, call, 2) !== 0);
}

function hstrlen(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.hash);
  const at = findField(e, call, 2);
  call.reply.integer(at === 0 ? 0 : hashValue.size(e, at));
}

function hlen(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.hash);
  call.reply.integer(e === NIL ? 0 : hashValue.count(e));
}

function hgetall(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.hash);
  if (e === NIL) call.reply.map(0);
  else hashValue.replyAll(e, call.reply);
}

function hkeys(call: Call): void {
  const e = beginAll(call);
  while (e !== NIL && cursor.next()) cursor.replyField(call.reply);
}

function hvals(call: Call): void {
  const e = beginAll(call);
  while (e !== NIL && cursor.next()) cursor.replyValue(call.reply);
}

/** Begins a walk over the hash of argument 1, and an array with an element for each field. */
function beginAll(call: Call): EntryRef {
  const e = call.db.readTyped(call.args, 1, Type.hash);
  call.reply.array(e === NIL ? 0 : hashValue.count(e));
  if (e !== NIL) cursor.start(e);
  return e;
}

/** The scan at hand: its hash, the fields seen, and those that matched. */
let scanning: Call;
let scanned = NIL as EntryRef;
let seen = 0;
let found = 0;

function hscan(call: Call): void {
  const { reply } = call;
  let position = scanCursor(call, 2);
  const e = call.db.readTyped(call.args, 1, Type.hash);
  const mark = reply.beginArray();
  if (e === NIL) {
    reply.endScan(mark, 0, 0);
    return;
  }
  parseScan(call, 3, false, true);
  const { count, noValues, pattern } = scanOptions;
  const block = hashValue.block(e);
  if (block !== NIL && pattern === 0 && !noValues) {
    packed.replyScan(block, reply);
    return;
  }
  scanning = call;
  scanned = e;
  seen = 0;
  found = 0;
  let positions = count * 2 * SCAN_POSITIONS;
  do {
    position = hashValue.scan(e, position, replyScanned);
  } while (position !== 0 && positions-- > 0 && seen < count);
  reply.endScan(mark, position, noValues ? found : found * 2);
}

function replyScanned(at: hashValue.Place): void {
  seen++;
  cursor.seek(scanned, at);
  const { bytes, offset, size } = cursor.field();
  if (!scanMatches(scanning, bytes, offset, size)) return;
  found++;
  cursor.replyField(scanning.reply);
  if (!scanOptions.noValues) cursor.replyValue(scanning.reply);
}
