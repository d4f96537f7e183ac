/** Set commands: the table of all of them, and those on members that the client names. */
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
import { WRONG_TYPE } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as packed from "../../structures/packed.ts";
import { Member } from "../../values/set_member.ts";
import { listScanned, places } from "../../values/set_places.ts";
import * as setValue from "../../values/set_value.ts";
import { Type } from "../../values/types.ts";
import {
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  smembers,
  sunion,
  sunionstore,
} from "./set_algebra.ts";
import { spop, srandmember } from "./set_random.ts";

const INTERSECTION_COMPLEXITY =
  "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.";
const TOTAL_COMPLEXITY = "O(N) where N is the total number of elements in all given sets.";
const UNORDERED = "nondeterministic_output_order";

export const setCommands = group("set", {
  SADD: {
    run: sadd,
    arity: -3,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key member ...",
    since: "1.0.0",
    complexity:
      "O(1) for each element added, so O(N) to add N elements when the command is called with " +
      "multiple arguments.",
    summary: "Adds members to a set.",
    history: [["2.4.0", "Accepts multiple `member` arguments."]],
  },
  SCARD: {
    run: scard,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Counts the members of a set.",
  },
  SDIFF: {
    run: sdiff,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, last: -1, flags: ["RO", "access"] }],
    args: "key ...",
    since: "1.0.0",
    complexity: TOTAL_COMPLEXITY,
    summary: "Lists the members of a set that no other has.",
    tips: [UNORDERED],
  },
  SDIFFSTORE: {
    run: sdiffstore,
    arity: -3,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, last: -1, flags: ["RO", "access"] },
    ],
    args: "destination key ...",
    since: "1.0.0",
    complexity: TOTAL_COMPLEXITY,
    summary: "Stores the members of a set that no other has.",
  },
  SINTER: {
    run: sinter,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, last: -1, flags: ["RO", "access"] }],
    args: "key ...",
    since: "1.0.0",
    complexity: INTERSECTION_COMPLEXITY,
    summary: "Lists the members that all sets have.",
    tips: [UNORDERED],
  },
  SINTERCARD: {
    run: sintercard,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RO", "access"] }],
    args: "numkeys key ... [LIMIT limit:integer]",
    since: "7.0.0",
    complexity: INTERSECTION_COMPLEXITY,
    summary: "Counts the members that all sets have.",
  },
  SINTERSTORE: {
    run: sinterstore,
    arity: -3,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["RW", "update"] },
      { at: 2, last: -1, flags: ["RO", "access"] },
    ],
    args: "destination key ...",
    since: "1.0.0",
    complexity: INTERSECTION_COMPLEXITY,
    summary: "Stores the members that all sets have.",
  },
  SISMEMBER: {
    run: sismember,
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key member",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Tells whether a set has a member.",
  },
  SMEMBERS: {
    run: smembers,
    arity: 2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(N) where N is the set cardinality.",
    summary: "Lists the members of a set.",
    tips: [UNORDERED],
  },
  SMISMEMBER: {
    run: smismember,
    arity: -3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member ...",
    since: "6.2.0",
    complexity: "O(N) where N is the number of elements being checked for membership",
    summary: "Tells which of several members a set has.",
  },
  SMOVE: {
    run: smove,
    arity: 4,
    flags: ["write", "fast"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["RW", "insert"] },
    ],
    args: "source destination member",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Moves a member from one set to another.",
  },
  SPOP: {
    run: spop,
    arity: -2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: "key [count@3.2.0]",
    since: "1.0.0",
    complexity:
      "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
    summary: "Removes random members from a set and returns them.",
    history: [["3.2.0", "Added the `count` argument."]],
    tips: ["nondeterministic_output"],
  },
  SRANDMEMBER: {
    run: srandmember,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key [count@2.6.0]",
    since: "1.0.0",
    complexity:
      "Without the count argument O(1), otherwise O(N) where N is the absolute value of the " +
      "passed count.",
    summary: "Picks members of a set at random.",
    history: [["2.6.0", "Added the optional `count` argument."]],
    tips: ["nondeterministic_output"],
  },
  SREM: {
    run: srem,
    arity: -3,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key member ...",
    since: "1.0.0",
    complexity: "O(N) where N is the number of members to be removed.",
    summary: "Removes members from a set.",
    history: [["2.4.0", "Accepts multiple `member` arguments."]],
  },
  SSCAN: {
    run: sscan,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key cursor [MATCH pattern] [COUNT count]",
    since: "2.8.0",
    complexity:
      "O(1) for every call. O(N) for a complete iteration, including enough command calls for " +
      "the cursor to return back to 0. N is the number of elements inside the collection..",
    summary: "Walks through the members of a set, some at a time.",
    tips: ["nondeterministic_output"],
  },
  SUNION: {
    run: sunion,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, last: -1, flags: ["RO", "access"] }],
    args: "key ...",
    since: "1.0.0",
    complexity: TOTAL_COMPLEXITY,
    summary: "Lists the members that any of the sets has.",
    tips: [UNORDERED],
  },
  SUNIONSTORE: {
    run: sunionstore,
    arity: -3,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, last: -1, flags: ["RO", "access"] },
    ],
    args: "destination key ...",
    since: "1.0.0",
    complexity: TOTAL_COMPLEXITY,
    summary: "Stores the members that any of the sets has.",
  },
});

/** The member that an argument names. */
const member = new Member();

function sadd(call: Call): void {
  const { db, args, keyspace } = call;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.set);
  let added = 0;
  let isChanging = false;
  let first = 2;
  if (e !== NIL && args.count > 3 && setValue.block(e) !== NIL) {
    first = setValue.firstMissing(e, args, 2);
    if (first < args.count) {
      keyspace.changing(db, e, "sadd");
      isChanging = true;
      first = setValue.addToPacked(e, args, first);
      added = setValue.addedToPacked.count;
    }
  }
  for (let i = first; i < args.count; i++) {
    member.setArgument(args, i);
    if (e === NIL) {
      e = setValue.create(db, args, 1, keyHash, "sadd");
      setValue.insertNew(e, member, roomForArguments(call));
      i = setValue.addToPacked(e, args, i + 1) - 1;
      added += setValue.addedToPacked.count;
    } else {
      if (setValue.holds(e, member)) continue;
      if (!isChanging && added === 0) keyspace.changing(db, e, "sadd");
      setValue.insert(e, member);
    }
    added++;
  }
  if (added > 1) keyspace.dirty += added - 1;
  call.reply.integer(added);
}

/** The room of a listpack of all members that are given, if they are short. */
function roomForArguments({ args }: Call): number {
  let room = packed.EMPTY_SIZE;
  for (let i = 2; i < args.count; i++) room += args.size[i] + setValue.MEMBER_OVERHEAD;
  return room;
}

function srem(call: Call): void {
  const { db, args, keyspace } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.set);
  let removed = 0;
  for (let i = 2; e !== NIL && i < args.count && (removed === 0 || setValue.count(e) > 0); i++) {
    member.setArgument(args, i);
    if (!setValue.holds(e, member)) continue;
    if (removed++ === 0) keyspace.changing(db, e, "srem");
    setValue.removeAt(e, member.place);
  }
  if (removed > 0) {
    keyspace.dirty += removed - 1;
    if (setValue.count(e) === 0) db.removeEmpty(e);
  }
  call.reply.integer(removed);
}

function smove(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const from = db.write(args, 1, db.hash(args, 1));
  const toHash = db.hash(args, 2);
  const to = db.write(args, 2, toHash);
  if (from === NIL) {
    reply.integer(0);
    return;
  }
  if (!isSet(from) || (to !== NIL && !isSet(to))) throw WRONG_TYPE;
  member.setArgument(args, 3);
  const isThere = setValue.holds(from, member);
  if (!isThere || from === to) {
    reply.truth(isThere);
    return;
  }

  keyspace.changing(db, from, "srem");
  setValue.removeAt(from, member.place);
  if (setValue.count(from) === 0) db.removeEmpty(from);
  if (to === NIL) {
    setValue.insertNew(setValue.create(db, args, 2, toHash, "sadd"), member);
  } else if (!setValue.holds(to, member)) {
    keyspace.changing(db, to, "sadd");
    setValue.insert(to, member);
  }
  reply.integer(1);
}

const isSet = (e: EntryRef) => entry.type(e) === Type.set;

function scard(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.set);
  call.reply.integer(e === NIL ? 0 : setValue.count(e));
}

function sismember(call: Call): void {
  const { args } = call;
  const e = call.db.readTyped(args, 1, Type.set);
  member.setArgument(args, 2);
  call.reply.truth(e !== NIL && setValue.holds(e, member));
}

function smismember(call: Call): void {
  const { args, reply } = call;
  const e = call.db.readTyped(args, 1, Type.set);
  reply.array(args.count - 2);
  for (let i = 2; i < args.count; i++) {
    member.setArgument(args, i);
    reply.truth(e !== NIL && setValue.holds(e, member));
  }
}

/** A missing key hides bad options: Redis looks it up before it reads them. */
function sscan(call: Call): void {
  const { reply } = call;
  const cursor = scanCursor(call, 2);
  const e = call.db.readTyped(call.args, 1, Type.set);
  const mark = reply.beginArray();
  if (e === NIL) {
    reply.endScan(mark, 0, 0);
    return;
  }
  parseScan(call, 3, false);
  const { count, pattern } = scanOptions;
  const block = setValue.block(e);
  if (block !== NIL && pattern === 0) {
    packed.replyScan(block, reply);
    return;
  }
  const next = listScanned(e, cursor, count, count * SCAN_POSITIONS);
  let found = 0;
  for (let i = 0; i < places.count; i++) {
    const place = places.at[i];
    if (pattern !== 0) {
      const { bytes, offset, size } = setValue.memberAt(e, place);
      if (!scanMatches(call, bytes, offset, size)) continue;
    }
    setValue.replyAt(e, place, reply);
    found++;
  }
  reply.endScan(mark, next, found);
}
