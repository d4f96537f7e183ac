/** Stream commands: those that add, read, remove and count entries. */

import { BLOCK_SIZE_MAX, NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, NO_SUCH_KEY, SYNTAX, wrongArity } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { parsed, parseId, replyId, StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Type } from "../../values/types.ts";
import {
  beginTrim,
  countAt,
  endTrim,
  INVALID_ID,
  idOf,
  intervalOf,
  isByte,
  parseTrim,
  propagateTrim,
  trimWords,
} from "./stream_arguments.ts";
import { replyRange } from "./stream_entries.ts";
import { trimStream } from "./stream_references.ts";

const IF_CONSTANT =
  "If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider " +
  "it O(1).";
const TRIM = `{
      strategy:{MAXLEN | MINID@6.2.0}
      operator:[equal:= | approximately:~]
      threshold
      [LIMIT count@6.2.0]
    }`;
const CONDITION = "condition:[KEEPREF | DELREF | ACKED]@8.2.0";
const CONDITION_HISTORY = ["8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options."] as const;
const TRIM_HISTORY = [
  "6.2.0",
  "Added the `MINID` trimming strategy and the `LIMIT` option.",
] as const;

export const streamCommands = group("stream", {
  XADD: {
    run: xadd,
    arity: -5,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [
      {
        at: 1,
        flags: ["RW", "update"],
        notes: "UPDATE instead of INSERT because of the optional trimming feature",
      },
    ],
    args: `key
      [NOMKSTREAM@6.2.0]
      ${CONDITION}
      [trim:${TRIM}]
      id_or_auto:{auto_id:* | id}
      field_value:{field value} ...`,
    since: "5.0.0",
    complexity:
      "O(1) when adding a new entry, O(N) when trimming where N being the number of entries " +
      "evicted.",
    summary: "Adds an entry to a stream.",
    history: [
      ["6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."],
      ["7.0.0", "Added support for the `<ms>-*` explicit ID form."],
      CONDITION_HISTORY,
    ],
    tips: ["nondeterministic_output"],
  },
  XDEL: {
    run: xdel,
    arity: -3,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key id ...",
    since: "5.0.0",
    complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
    summary: "Removes entries by their IDs.",
  },
  XLEN: {
    run: xlen,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Counts the entries of a stream.",
  },
  XRANGE: {
    run: (call) => range(call, false),
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key start end [COUNT count]",
    since: "5.0.0",
    complexity: `O(N) with N being the number of elements being returned. ${IF_CONSTANT}`,
    summary: "Reads the entries in a range of IDs.",
    history: [["6.2.0", "Added exclusive ranges."]],
  },
  XREVRANGE: {
    run: (call) => range(call, true),
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key end start [COUNT count]",
    since: "5.0.0",
    complexity: `O(N) with N being the number of elements returned. ${IF_CONSTANT}`,
    summary: "Reads the entries in a range of IDs, the last first.",
    history: [["6.2.0", "Added exclusive ranges."]],
  },
  XSETID: {
    run: xsetid,
    arity: -3,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key last-id
      [ENTRIESADDED entries_added:integer@7.0.0]
      [MAXDELETEDID max_deleted_entry_id@7.0.0]`,
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Sets what a stream remembers of the entries it had.",
    history: [["7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments."]],
  },
  XTRIM: {
    run: xtrim,
    arity: -4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: `key trim:${TRIM} ${CONDITION}`,
    since: "5.0.0",
    complexity:
      "O(N), with N being the number of evicted entries. Constant times are very small however, " +
      "since entries are organized in macro nodes containing multiple entries that can be " +
      "released with a single deallocation.",
    summary: "Removes the oldest entries of a stream.",
    history: [TRIM_HISTORY, CONDITION_HISTORY],
    tips: ["nondeterministic_output"],
  },
});

const STAR = 42;

const ZERO_ID = new CommandError("ERR The ID specified in XADD must be greater than 0-0");
const EXHAUSTED = new CommandError(
  "ERR The stream has exhausted the last possible ID, unable to add more items",
);
const NOT_ABOVE = new CommandError(
  "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);
/** What an element of an entry takes beside its bytes, at most. */
const ELEMENT_OVERHEAD = 8;

const TOO_LARGE = new CommandError("ERR Elements are too large to be stored");
const NO_STRATEGY = new CommandError(
  "ERR syntax error, XTRIM must be called with a trimming strategy",
);
const SET_BELOW_DELETED = new CommandError(
  "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
);
const SET_BELOW_TOP = new CommandError(
  "ERR The ID specified in XSETID is smaller than the target stream top item",
);
const ADDED_BELOW_LENGTH = new CommandError(
  "ERR The entries_added specified in XSETID is smaller than the target stream length",
);
const ADDED_NEGATIVE = new CommandError("ERR entries_added must be positive");

const id = new StreamId();
const last = new StreamId();
const end = new StreamId();

/** What XADD was told: an ID, whose sequence number may be left to the server, or none. */
const wanted = { idGiven: false, sequenceGiven: false, makesStream: true };

function xadd(call: Call): void {
  const { db, args, argc, keyspace, reply } = call;
  const idIndex = parseAdd(call);
  const first = idIndex + 1;
  const fields = (argc - first) / 2;
  if (fields < 1 || !Number.isInteger(fields)) throw wrongArity("xadd");
  if (wanted.idGiven && wanted.sequenceGiven && id.isZero) throw ZERO_ID;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.stream);
  if (e === NIL && !wanted.makesStream) {
    reply.nil();
    return;
  }
  if (e === NIL) last.setZero();
  else streamValue.loadLastId(e, last);
  chooseId(call);
  let size = 0;
  for (let i = first; i < argc; i++) size += args.size[i];
  const blockSize = size + (argc - first) * ELEMENT_OVERHEAD;
  if (size > streamValue.ELEMENTS_SIZE_MAX || blockSize > BLOCK_SIZE_MAX) throw TOO_LARGE;
  if (e === NIL) e = streamValue.create(db, args, 1, keyHash, "xadd");
  else keyspace.changing(db, e, "xadd");
  streamValue.add(e, id, args, first, fields, size);
  replyId(id, reply);
  if (trimWords.given) trimStream(call, e, trimWords.condition, true);
  if (call.feed.active) propagateAdd(call, idIndex, e);
}

/** With the ID that the entry has got. */
function propagateAdd(call: Call, idIndex: number, e: EntryRef): void {
  const isExact = wanted.idGiven && wanted.sequenceGiven;
  if (isExact && !(trimWords.given && streamValue.trimming.isApproximate)) return;
  const out = call.feed.tellInstead(call.db, call.argc);
  for (let i = 0; i < call.argc; i++) {
    if (i === idIndex && !isExact) replyId(id, out);
    else propagateTrim(call, out, i, e, last);
  }
}

/** Reads options and ID; returns the index of the ID. */
function parseAdd(call: Call): number {
  wanted.idGiven = false;
  wanted.makesStream = true;
  beginTrim();
  let at = 2;
  for (; at < call.argc; at++) {
    if (isByte(call, at, STAR)) break;
    const end = parseTrim(call, at);
    if (end !== 0) {
      at = end;
    } else if (call.is(at, "nomkstream")) {
      wanted.makesStream = false;
    } else {
      const { bytes, start, size } = call.args;
      if (!parseId(bytes, start[at], size[at], id, false, true)) throw INVALID_ID;
      wanted.idGiven = true;
      wanted.sequenceGiven = !parsed.sequenceIsStar;
      break;
    }
  }
  endTrim(call);
  return at;
}

/** Leaves in `id` the ID of the entry that is added after `last`. */
function chooseId(call: Call): void {
  if (last.isMax) throw EXHAUSTED;
  if (!wanted.idGiven) {
    id.setTime(call.nowMs);
    if (id.compare(last) > 0 && (id.msHigh !== last.msHigh || id.msLow !== last.msLow)) return;
    id.copy(last);
    id.increment();
    return;
  }
  if (!wanted.sequenceGiven && id.msHigh === last.msHigh && id.msLow === last.msLow) {
    if (last.isLastOfMs) throw TOO_LARGE;
    id.copy(last);
    id.increment();
  }
  if (id.compare(last) <= 0) throw NOT_ABOVE;
}

function xdel(call: Call): void {
  const { db, args, argc, keyspace, reply } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.stream);
  if (e === NIL) {
    reply.integer(0);
    return;
  }
  for (let i = 2; i < argc; i++) idOf(call, i, id);
  let deleted = 0;
  for (let i = 2; i < argc; i++) {
    idOf(call, i, id);
    if (!streamValue.has(e, id)) continue;
    if (deleted++ === 0) keyspace.changing(db, e, "xdel");
    else keyspace.dirty++;
    deleteEntry(e, id);
  }
  if (deleted > 0) streamValue.renewFirstId(e);
  reply.integer(deleted);
}

/** Removes the entry of this ID, which is there; `renewFirstId` is to follow. */
export function deleteEntry(e: EntryRef, of: StreamId): void {
  streamValue.remove(e, of);
  streamValue.loadMaxDeletedId(e, last);
  if (of.compare(last) > 0) streamValue.setMaxDeletedId(e, of);
}

function xlen({ db, args, reply }: Call): void {
  const e = db.readTyped(args, 1, Type.stream);
  reply.integer(e === NIL ? 0 : streamValue.length(e));
}

function range(call: Call, isBackward: boolean): void {
  const { db, args, argc, reply } = call;
  intervalOf(call, isBackward ? 3 : 2, isBackward ? 2 : 3, id, end);
  let limit = Infinity;
  for (let i = 4; i < argc; i += 2) limit = countAt(call, i);
  const e = db.readTyped(args, 1, Type.stream);
  if (e === NIL) reply.array(0);
  else if (limit === 0) reply.nilArray();
  else replyRange(e, id, end, limit, isBackward, reply);
}

function xsetid(call: Call): void {
  const { db, args, argc, keyspace, reply } = call;
  idOf(call, 2, id);
  let added = -1n;
  end.setZero();
  for (let i = 3; i < argc; i += 2) {
    if (i + 1 === argc) throw SYNTAX;
    if (call.is(i, "entriesadded")) {
      added = call.int64(i + 1);
      if (added < 0n) throw ADDED_NEGATIVE;
    } else if (call.is(i, "maxdeletedid")) {
      idOf(call, i + 1, end);
      if (id.compare(end) < 0) throw SET_BELOW_DELETED;
    } else {
      throw SYNTAX;
    }
  }
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.stream);
  if (e === NIL) throw NO_SUCH_KEY;
  if (streamValue.loadLastEntryId(e, last) && id.compare(last) < 0) throw SET_BELOW_TOP;
  if (added >= 0n && BigInt(streamValue.length(e)) > added) throw ADDED_BELOW_LENGTH;
  keyspace.changing(db, e, "xsetid", ChangeKind.unwatched);
  streamValue.setLastId(e, id);
  if (added >= 0n) streamValue.setEntriesAdded(e, added);
  if (!end.isZero) streamValue.setMaxDeletedId(e, end);
  reply.ok();
}

function xtrim(call: Call): void {
  const { db, args, argc, keyspace, reply } = call;
  beginTrim();
  for (let at = 2; at < argc; at++) {
    at = parseTrim(call, at);
    if (at === 0) throw SYNTAX;
  }
  if (!trimWords.given && streamValue.trimming.limit === 0) throw NO_STRATEGY;
  endTrim(call);
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.stream);
  if (e === NIL) {
    reply.integer(0);
    return;
  }
  const before = keyspace.dirty;
  const deleted = trimStream(call, e, trimWords.condition, false);
  keyspace.dirty = before + deleted;
  reply.integer(deleted);
  if (deleted === 0 || !call.feed.active || !streamValue.trimming.isApproximate) return;
  const out = call.feed.tellInstead(db, argc);
  for (let i = 0; i < argc; i++) propagateTrim(call, out, i, e, last);
}
