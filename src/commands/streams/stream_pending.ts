/** Commands on entries that are pending in a group: XACK, XPENDING, XCLAIM, XAUTOCLAIM. */

import { NIL } from "../../arena/arena.ts";
import { INT64_MAX } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "../../protocol/errors.ts";
import type { TreeRef } from "../../structures/btree.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { IdCursor, type RowRef } from "../../structures/id_tree.ts";
import { parseId, replyId, StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Type } from "../../values/types.ts";
import { consumerFor, groupOf, idOf, intervalOf, noGroup, startOf } from "./stream_arguments.ts";
import * as streamPropagate from "./stream_propagate.ts";

export const streamPendingCommands = group("stream", {
  XACK: {
    run: xack,
    arity: -4,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key group id ...",
    since: "5.0.0",
    complexity: "O(1) for each message ID processed.",
    summary: "Tells that a group has done with entries.",
  },
  XAUTOCLAIM: {
    run: xautoclaim,
    arity: -6,
    flags: ["write", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key group consumer min-idle-time start [COUNT count] [JUSTID]",
    since: "6.2.0",
    complexity: "O(1) if COUNT is small.",
    summary: "Gives entries that have been pending for long to another consumer.",
    history: [
      [
        "7.0.0",
        "Added an element to the reply array, containing deleted entries the command cleared " +
          "from the PEL",
      ],
    ],
    tips: ["nondeterministic_output"],
  },
  XCLAIM: {
    run: xclaim,
    arity: -6,
    flags: ["write", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key group consumer min-idle-time id ...
      [IDLE ms:integer] [TIME unix-time-milliseconds] [RETRYCOUNT count]
      [FORCE] [JUSTID] [LASTID id]`,
    since: "5.0.0",
    complexity: "O(log N) with N being the number of messages in the PEL of the consumer group.",
    summary: "Gives pending entries to another consumer.",
    tips: ["nondeterministic_output"],
  },
  XPENDING: {
    run: xpending,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key group [filters:{[IDLE min-idle-time:integer@6.2.0] start end count [consumer]}]",
    since: "5.0.0",
    complexity:
      "O(N) with N being the number of elements returned, so asking for a small fixed number of " +
      "entries per call is O(1). O(M), where M is the total number of entries scanned when used " +
      "with the IDLE filter. When the command returns just the summary and the list of consumers " +
      "is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every " +
      "consumer.",
    summary: "Lists what is pending in a group.",
    history: [["6.2.0", "Added the `IDLE` option and exclusive range intervals."]],
    tips: ["nondeterministic_output"],
  },
});

const CLAIM_IDLE = new CommandError("ERR Invalid min-idle-time argument for XCLAIM");
const AUTOCLAIM_IDLE = new CommandError("ERR Invalid min-idle-time argument for XAUTOCLAIM");
const IDLE_OPTION = new CommandError("ERR Invalid IDLE option argument for XCLAIM");
const TIME_OPTION = new CommandError("ERR Invalid TIME option argument for XCLAIM");
const RETRYCOUNT_OPTION = new CommandError("ERR Invalid RETRYCOUNT option argument for XCLAIM");
const COUNT_RANGE = new CommandError("ERR COUNT must be > 0");

const KEY = 1;
const GROUP = 2;
const CONSUMER = 3;
const MIN_IDLE = 4;

/** XAUTOCLAIM gives so many entries, unless told otherwise, and looks at ten times as many. */
const AUTOCLAIM_COUNT = 100;
const ATTEMPTS_FACTOR = 10;
/** Redis's limit: that many IDs must fit a long's worth of bytes. */
const AUTOCLAIM_COUNT_MAX = INT64_MAX / 16n;

const id = new StreamId();
const end = new StreamId();
const last = new StreamId();
const cursor = new IdCursor();

/** The stream, read as a command does that need not have it; and the group, or NIL. */
function find(call: Call): typeof found {
  return findIn(call, call.db.read(call.args, KEY));
}

/** As `find`, of the value that was read, which may be of another type. */
function findIn(call: Call, e: EntryRef): typeof found {
  if (e !== NIL && entry.type(e) !== Type.stream) throw WRONG_TYPE;
  found.e = e;
  found.readers = groupOf(call, e, GROUP);
  return found;
}

const found = { e: NIL as EntryRef, readers: NIL as EntryRef };

/** As `find`, where both must be there; the value is read already, or is now. */
function findGroup(call: Call, read = call.db.read(call.args, KEY)): typeof found {
  if (findIn(call, read).readers === NIL) throw noGroup(call, KEY, GROUP);
  return found;
}

function xack(call: Call): void {
  const { db, argc, keyspace, reply } = call;
  const { e, readers } = find(call);
  if (readers === NIL) {
    reply.integer(0);
    return;
  }
  for (let i = 3; i < argc; i++) idOf(call, i, id);
  let count = 0;
  for (let i = 3; i < argc; i++) {
    idOf(call, i, id);
    if (count === 0) {
      // The hook runs before the first change; the others are found and made at once.
      if (streamGroup.findPending(readers, id) === NIL) continue;
      keyspace.changing(db, e, null, ChangeKind.unwatched);
      streamGroup.acknowledge(readers, id);
      count = 1;
    } else if (streamGroup.acknowledge(readers, id)) {
      keyspace.dirty++;
      count++;
    }
  }
  reply.integer(count);
}

function xpending(call: Call): void {
  const { argc } = call;
  if (argc !== 3 && (argc < 6 || argc > 9)) throw SYNTAX;
  if (argc === 3) {
    replySummary(call, findGroup(call).readers);
    return;
  }
  const hasIdle = call.is(3, "idle");
  const minIdleMs = hasIdle ? call.integer(4) : 0;
  if (hasIdle && argc < 8) throw SYNTAX;
  const first = hasIdle ? 5 : 3;
  const limit = Math.max(0, call.integer(first + 2));
  intervalOf(call, first, first + 1, id, end);
  const { readers } = findGroup(call);
  replyPending(call, readers, minIdleMs, limit, first + 3);
}

function replySummary({ reply }: Call, readers: EntryRef): void {
  const pending = streamGroup.pendingOf(readers);
  const total = streamGroup.pendingCount(readers);
  reply.array(4);
  reply.integer(total);
  if (total === 0) {
    reply.nil();
    reply.nil();
    reply.nilArray();
    return;
  }
  id.setZero();
  cursor.seek(pending, id);
  id.load(cursor.row, 0);
  replyId(id, reply);
  cursor.seekLast(pending);
  id.load(cursor.row, 0);
  replyId(id, reply);
  const consumers = streamGroup
    .inOrder(streamGroup.consumersOf(readers))
    .filter((consumer) => streamGroup.consumerPendingCount(consumer) > 0);
  reply.array(consumers.length);
  for (const consumer of consumers) {
    reply.array(2);
    entry.replyKey(consumer, reply);
    reply.bulkInteger(streamGroup.consumerPendingCount(consumer));
  }
}

/** Replies with what is pending from `id` to `end`: for the consumer in an argument, if any. */
function replyPending(
  call: Call,
  readers: EntryRef,
  minIdleMs: number,
  limit: number,
  consumerIndex: number,
): void {
  const { reply, nowMs, args } = call;
  const isOfConsumer = consumerIndex < call.argc;
  let pending = streamGroup.pendingOf(readers);
  if (isOfConsumer) {
    const consumer = streamGroup.find(streamGroup.consumersOf(readers), args, consumerIndex);
    pending = consumer === NIL ? (NIL as TreeRef) : streamGroup.pendingIdsOf(consumer);
  }
  const mark = reply.beginArray();
  let count = 0;
  if (pending !== NIL) {
    for (cursor.seek(pending, id); cursor.row !== NIL && count < limit; cursor.next()) {
      id.load(cursor.row, 0);
      if (id.compare(end) > 0) break;
      const row = isOfConsumer ? streamGroup.findPending(readers, id) : cursor.row;
      const idleMs = nowMs - streamGroup.deliveredMs(row);
      if (!isIdle(row, minIdleMs, nowMs)) continue;
      reply.array(4);
      replyId(id, reply);
      entry.replyKey(streamGroup.consumerOf(row), reply);
      reply.integer(Math.max(0, idleMs));
      streamGroup.replyDeliveries(row, reply);
      count++;
    }
  }
  reply.endArray(mark, count);
}

/** Whether a pending entry was delivered so long ago; 0 is any time, even one to come. */
const isIdle = (row: RowRef, minIdleMs: number, nowMs: number) =>
  minIdleMs === 0 || nowMs - streamGroup.deliveredMs(row) >= minIdleMs;

/** What XCLAIM was told besides the IDs. */
const claiming = {
  /** Index of the last ID. */
  lastId: 0,
  deliveredMs: 0,
  retryCount: -1n,
  force: false,
  justId: false,
};

function xclaim(call: Call): void {
  const { db, keyspace, reply } = call;
  const { e, readers } = findGroup(call);
  const minIdleMs = Math.max(0, call.integerOr(MIN_IDLE, CLAIM_IDLE));
  parseClaim(call);
  const { dirty } = keyspace;
  call.feed.tellNothing();
  streamGroup.loadLastId(readers, id);
  const isMoved = end.compare(id) > 0;
  if (isMoved) {
    keyspace.changing(db, e, null, ChangeKind.unwatched);
    streamGroup.setLastId(readers, end);
  }
  const mark = reply.beginArray();
  let count = 0;
  let consumer = NIL as EntryRef;
  for (let i = 5; i <= claiming.lastId; i++) {
    idOf(call, i, id);
    const exists = streamValue.has(e, id);
    let row = streamGroup.findPending(readers, id);
    if (row === NIL && !(exists && claiming.force)) continue;
    if (!exists) {
      keyspace.changing(db, e, null, ChangeKind.unwatched);
      propagateRow(call, readers, row, i);
      streamGroup.acknowledge(readers, id);
      continue;
    }
    if (row !== NIL && !isIdle(row, minIdleMs, call.nowMs)) continue;
    if (consumer === NIL) consumer = consumerFor(call, e, readers, CONSUMER);
    keyspace.changing(db, e, null, ChangeKind.unwatched);
    if (row === NIL) row = streamGroup.addPending(readers, consumer, id, call.nowMs, 1n);
    give(call, e, readers, row, consumer, i);
    count++;
  }
  // Redis counts the ID of the group only where nothing else has changed, and tells it then.
  if (isMoved && keyspace.dirty > dirty + 1) keyspace.dirty--;
  else if (isMoved && call.feed.active) streamPropagate.moved(call, KEY, GROUP, readers, end);
  reply.endArray(mark, count);
}

/** Reads IDs and options of XCLAIM; the ID of LASTID, or 0-0, is left in `end`. */
function parseClaim(call: Call): void {
  const { argc, nowMs } = call;
  const { bytes, start, size } = call.args;
  let at = 5;
  while (at < argc && parseId(bytes, start[at], size[at], id, false)) at++;
  claiming.lastId = at - 1;
  claiming.deliveredMs = nowMs;
  claiming.retryCount = -1n;
  claiming.force = false;
  claiming.justId = false;
  end.setZero();
  for (; at < argc; at++) {
    const hasMore = at + 1 < argc;
    if (call.is(at, "force")) claiming.force = true;
    else if (call.is(at, "justid")) claiming.justId = true;
    else if (hasMore && call.is(at, "idle")) {
      claiming.deliveredMs = nowMs - call.integerOr(++at, IDLE_OPTION);
    } else if (hasMore && call.is(at, "time")) {
      claiming.deliveredMs = call.integerOr(++at, TIME_OPTION);
    } else if (hasMore && call.is(at, "retrycount")) {
      call.integerOr(++at, RETRYCOUNT_OPTION);
      claiming.retryCount = call.int64(at);
    } else if (hasMore && call.is(at, "lastid")) idOf(call, ++at, end);
    else throw new CommandError(`ERR Unrecognized XCLAIM option '${call.cText(at)}'`);
  }
  // A time that cannot be is taken for a clock that goes wrong.
  const { deliveredMs } = claiming;
  if (deliveredMs < 0 || deliveredMs > nowMs) claiming.deliveredMs = nowMs;
}

/**
 * Gives the entry of `id`, found last, to a consumer, as `claiming` says, and replies with it. The
 * ID is in argument `idIndex`, if that is not 0.
 */
function give(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  row: RowRef,
  consumer: EntryRef,
  idIndex: number,
): void {
  const { reply } = call;
  const { deliveredMs, retryCount, justId } = claiming;
  const own = streamGroup.assign(readers, row, consumer, id);
  streamGroup.setDeliveredMs(readers, own, id, deliveredMs);
  if (retryCount >= 0n) streamGroup.setDeliveryCount(own, retryCount);
  else if (!justId) streamGroup.countDelivery(own);
  streamGroup.setActiveMs(consumer, call.nowMs);
  propagateRow(call, readers, own, idIndex);
  if (justId) {
    replyId(id, reply);
    return;
  }
  reply.array(2);
  replyId(id, reply);
  streamValue.has(e, id);
  streamValue.replyFound(reply);
}

/** The entry of `id` has another consumer, or will be pending no longer. */
function propagateRow(call: Call, readers: EntryRef, row: RowRef, idIndex: number): void {
  if (!call.feed.active) return;
  streamGroup.loadLastId(readers, last);
  streamPropagate.claimed(call, KEY, GROUP, row, id, last, idIndex);
}

function xautoclaim(call: Call): void {
  const { db, argc, keyspace, nowMs, reply } = call;
  // Looked up first, as in Redis: INFO counts it.
  const read = call.db.read(call.args, KEY);
  const minIdleMs = Math.max(0, call.integerOr(MIN_IDLE, AUTOCLAIM_IDLE));
  startOf(call, 5, id);
  let limit = AUTOCLAIM_COUNT;
  claiming.justId = false;
  for (let at = 6; at < argc; at++) {
    if (at + 1 < argc && call.is(at, "count")) {
      limit = call.integerOr(++at, COUNT_RANGE);
      if (limit < 1 || call.int64(at) > AUTOCLAIM_COUNT_MAX) throw COUNT_RANGE;
    } else if (call.is(at, "justid")) {
      claiming.justId = true;
    } else {
      throw SYNTAX;
    }
  }
  const { e, readers } = findGroup(call, read);
  claiming.deliveredMs = nowMs;
  claiming.retryCount = -1n;
  call.feed.tellNothing();
  const pending = streamGroup.pendingOf(readers);
  const deleted: StreamId[] = [];
  let attempts = limit * ATTEMPTS_FACTOR;
  let left = limit;
  let claimed = 0;
  let consumer = NIL as EntryRef;
  const mark = reply.beginArray();
  if (pending === NIL) cursor.clear();
  else cursor.seek(pending, id);
  while (cursor.row !== NIL && left > 0 && attempts-- > 0) {
    id.load(cursor.row, 0);
    if (!streamValue.has(e, id)) {
      keyspace.changing(db, e, null, ChangeKind.unwatched);
      propagateRow(call, readers, cursor.row, 0);
      deleted.push(copyOf(id));
      left--;
      streamGroup.acknowledge(readers, id);
      cursor.seek(pending, id);
      continue;
    }
    const { row } = cursor;
    cursor.next();
    if (!isIdle(row, minIdleMs, nowMs)) continue;
    if (consumer === NIL) consumer = consumerFor(call, e, readers, CONSUMER);
    keyspace.changing(db, e, null, ChangeKind.unwatched);
    give(call, e, readers, row, consumer, 0);
    claimed++;
    left--;
  }
  if (cursor.row === NIL) end.setZero();
  else end.load(cursor.row, 0);
  const written = reply.position;
  reply.array(3);
  replyId(end, reply);
  reply.array(claimed);
  reply.moveBack(written, mark);
  reply.array(deleted.length);
  for (const one of deleted) replyId(one, reply);
}

function copyOf(of: StreamId): StreamId {
  const copy = new StreamId();
  copy.copy(of);
  return copy;
}
