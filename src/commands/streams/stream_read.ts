/** Stream commands that read what is new, and may wait for it: XREAD and XREADGROUP. */

import { NIL } from "../../arena/arena.ts";
import { timeoutMsOf, waitForKeys } from "../../calls/blocking.ts";
import type { Call, Wait } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { IdCursor } from "../../structures/id_tree.ts";
import { replyId, StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { StreamCursor } from "../../values/stream_value.ts";
import { Type } from "../../values/types.ts";
import { consumerFor, groupOf, idOf, isByte, noGroup } from "./stream_arguments.ts";
import { replyEntry, replyRange } from "./stream_entries.ts";
import { claim, idleEntries, NO_IDS, oldestMs } from "./stream_idle.ts";
import * as streamPropagate from "./stream_propagate.ts";

export const streamReadCommands = group("stream", {
  XREAD: {
    run: (call) => read(call, false),
    arity: -4,
    flags: ["readonly", "blocking"],
    keys: [
      {
        at: { keyword: "STREAMS", from: 1 },
        last: -1,
        limit: 2,
        flags: ["RO", "access"],
      },
    ],
    args: "[COUNT count] [BLOCK milliseconds] STREAMS streams:{key ... id ...}",
    since: "5.0.0",
    complexity:
      "For each stream mentioned: O(N) with N being the number of elements being returned, it " +
      "means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, " +
      "XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new " +
      "data.",
    summary: "Reads entries of streams after an ID each, or waits for some.",
  },
  XREADGROUP: {
    run: (call) => read(call, true),
    arity: -7,
    flags: ["write", "blocking"],
    keys: [
      {
        at: { keyword: "STREAMS", from: 4 },
        last: -1,
        limit: 2,
        flags: ["RO", "access"],
      },
    ],
    args: `GROUP group_consumer:{group consumer}
      [COUNT count] [BLOCK milliseconds] [NOACK]
      STREAMS streams:{key ... id ...}`,
    since: "5.0.0",
    complexity:
      "For each stream mentioned: O(M) with M being the number of elements returned. If M is " +
      "constant (e.g. always asking for the first 10 elements with COUNT), you can consider it " +
      "O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to " +
      "serve the N clients blocked on the stream getting new data.",
    summary: "Reads entries for a consumer of a group: new ones, or those pending for it.",
  },
});

const DOLLAR = 36;
const PLUS = 43;
const GREATER = 62;

/** Who waits for pending entries to be idle for a very short time is not looked at more often. */
const RETRY_MS_MIN = 10;

const UNBALANCED = new CommandError(
  "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
);
const GROUP_OF_XREAD = new CommandError(
  "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
);
const NOACK_OF_XREAD = new CommandError(
  "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
);
const GROUP_MISSING = new CommandError("ERR Missing GROUP option for XREADGROUP");
const DOLLAR_OF_GROUP = new CommandError(
  "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of " +
    "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID " +
    "would just return an empty result set.",
);
const NEW_OF_XREAD = new CommandError(
  "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> " +
    "<consumer> option.",
);
const CLAIM_OF_XREAD = new CommandError(
  "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.",
);
const NOT_IDLE = new CommandError("ERR min-idle-time is not an integer");
const NEGATIVE_IDLE = new CommandError("ERR min-idle-time must be a positive integer");
const STREAM_GONE = new CommandError("UNBLOCKED the stream key no longer exists");
const GROUP_GONE = new CommandError(
  "NOGROUP the consumer group this client was blocked on no longer exists",
);

/** What a call asks for. */
interface Reading {
  /** Index of the group's name, with the consumer's after it; 0 for XREAD. */
  groupIndex: number;
  limit: number;
  /** What is delivered need not be acknowledged. */
  noAck: boolean;
  /** Pending entries that are idle for so long come first; below 0 none do. */
  minIdleMs: number;
  /** Below 0 the client does not wait. */
  timeoutMs: number;
  /** The first key, and how many there are; an ID for each follows. */
  firstKey: number;
  keyCount: number;
}

const reading: Reading = {
  groupIndex: 0,
  limit: Infinity,
  noAck: false,
  minIdleMs: -1,
  timeoutMs: -1,
  firstKey: 0,
  keyCount: 0,
};

/** The IDs of a call, by key, after which entries are read: the highest of all stands for `>`. */
const afterIds: StreamId[] = [];

const from = new StreamId();
const end = new StreamId();
const cursor = new StreamCursor();
const history = new IdCursor();

function read(call: Call, ofGroup: boolean): void {
  parseOptions(call, ofGroup);
  parseIds(call);
  const { firstKey, keyCount, timeoutMs } = reading;
  const { reply } = call;
  const mark = reply.beginArray();
  if (ofGroup) call.feed.tellNothing();
  let served = 0;
  for (let i = 0; i < keyCount; i++) {
    const e = call.db.read(call.args, firstKey + i);
    if (e === NIL) continue;
    if (ofGroup ? readForGroup(call, e, i) : readAfter(call, e, i)) served++;
  }
  if (served > 0) reply.endKeyed(mark, served);
  else if (timeoutMs < 0) reply.nilArray();
  else waitForKeys(call, waitOf({ ...reading }), firstKey, keyCount, timeoutMs);
}

/** Redis refuses to wait in scripts, though it lets other commands give up at once. */
function notInScripts(name: string): CommandError {
  return new CommandError(`ERR ${name} command is not allowed with BLOCK option from scripts`);
}

function parseOptions(call: Call, ofGroup: boolean): void {
  const { argc } = call;
  reading.groupIndex = 0;
  reading.limit = Infinity;
  reading.noAck = false;
  reading.minIdleMs = -1;
  reading.timeoutMs = -1;
  reading.keyCount = 0;
  for (let at = 1; at < argc && reading.keyCount === 0; at++) {
    const more = argc - at - 1;
    if (more > 0 && call.is(at, "block")) {
      if (call.client.isScript) throw notInScripts(call.cText(0));
      reading.timeoutMs = timeoutMsOf(call, ++at);
    } else if (more > 0 && call.is(at, "count")) {
      const count = call.integer(++at);
      reading.limit = count <= 0 ? Infinity : count;
    } else if (more > 0 && call.is(at, "streams")) {
      if (more % 2 !== 0) throw UNBALANCED;
      reading.firstKey = at + 1;
      reading.keyCount = more / 2;
    } else if (more > 1 && call.is(at, "group")) {
      if (!ofGroup) throw GROUP_OF_XREAD;
      reading.groupIndex = at + 1;
      at += 2;
    } else if (call.is(at, "noack")) {
      if (!ofGroup) throw NOACK_OF_XREAD;
      reading.noAck = true;
    } else if (more > 0 && call.is(at, "claim")) {
      if (!ofGroup) throw CLAIM_OF_XREAD;
      reading.minIdleMs = minIdleOf(call, ++at);
    } else {
      throw SYNTAX;
    }
  }
  if (reading.keyCount === 0) throw SYNTAX;
  if (ofGroup && reading.groupIndex === 0) throw GROUP_MISSING;
}

function minIdleOf(call: Call, index: number): number {
  const ms = call.integerOr(index, NOT_IDLE);
  if (ms < 0) throw NEGATIVE_IDLE;
  return ms;
}

/** Checks all keys and reads their IDs into `afterIds`, before anything is read or changed. */
function parseIds(call: Call): void {
  const { firstKey, keyCount, groupIndex } = reading;
  while (afterIds.length < keyCount) afterIds.push(new StreamId());
  for (let i = 0; i < keyCount; i++) {
    const index = firstKey + keyCount + i;
    const e = call.db.readTyped(call.args, firstKey + i, Type.stream);
    if (groupIndex > 0 && groupOf(call, e, groupIndex) === NIL) {
      const { message } = noGroup(call, firstKey + i, groupIndex);
      throw new CommandError(`${message} in XREADGROUP with GROUP option`);
    }
    if (isByte(call, index, DOLLAR)) {
      if (groupIndex > 0) throw DOLLAR_OF_GROUP;
      if (e === NIL) afterIds[i].setZero();
      else streamValue.loadLastId(e, afterIds[i]);
    } else if (isByte(call, index, GREATER)) {
      if (groupIndex === 0) throw NEW_OF_XREAD;
      afterIds[i].setMax();
    } else if (groupIndex === 0 && isByte(call, index, PLUS)) {
      beforeLast(e, afterIds[i]);
    } else {
      idOf(call, index, afterIds[i]);
    }
  }
}

/** The ID after which there is the last entry only; where there is none, any that comes. */
function beforeLast(e: EntryRef, into: StreamId): void {
  into.setZero();
  if (e !== NIL && streamValue.loadLastEntryId(e, into)) into.decrement();
  else if (e !== NIL) streamValue.loadLastId(e, into);
}

/** Replies with the key and its entries after the ID; false, and nothing, when there are none. */
function readAfter(call: Call, e: EntryRef, i: number): boolean {
  if (!streamValue.loadLastEntryId(e, end) || end.compare(afterIds[i]) <= 0) return false;
  replyKey(call, reading.firstKey + i);
  replyAfter(call, e, afterIds[i], reading.limit);
  return true;
}

function replyKey({ reply, args }: Call, index: number): void {
  reply.keyed();
  reply.bulk(args.bytes, args.start[index], args.size[index]);
}

function replyAfter(call: Call, e: EntryRef, after: StreamId, limit: number): void {
  from.copy(after);
  from.increment();
  end.setMax();
  replyRange(e, from, end, limit, false, call.reply);
}

/** As `readAfter`, for the consumer of a group: with an ID, what is pending for it after that. */
function readForGroup(call: Call, e: EntryRef, i: number): boolean {
  const readers = groupOf(call, e, reading.groupIndex);
  const after = afterIds[i];
  const idle = after.isMax ? idleEntries(call, e, readers, reading, reading.firstKey + i) : NO_IDS;
  if (after.isMax && idle.length === 0 && !hasNew(e, readers)) return false;
  const consumer = readerOf(call, e, readers, reading, reading.firstKey + i);
  call.keyspace.changing(call.db, e, null, ChangeKind.unwatched);
  replyKey(call, reading.firstKey + i);
  if (after.isMax) deliver(call, e, readers, consumer, reading, idle, reading.firstKey + i);
  else replyHistory(call, e, readers, consumer, after);
  return true;
}

/** The consumer that reads; where nothing is pending then, only this tells the log of a new one. */
function readerOf(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  { groupIndex, noAck }: Reading,
  keyIndex: number,
): EntryRef {
  const before = streamGroup.consumerCount(readers);
  const consumer = consumerFor(call, e, readers, groupIndex + 1);
  const isNew = streamGroup.consumerCount(readers) > before;
  if (call.feed.active && isNew && noAck) streamPropagate.madeConsumer(call, keyIndex, groupIndex);
  return consumer;
}

/** Whether there are entries that no consumer of the group has got. */
function hasNew(e: EntryRef, readers: EntryRef): boolean {
  streamGroup.loadLastId(readers, from);
  return streamValue.loadLastEntryId(e, end) && end.compare(from) > 0;
}

/** Replies with what is pending for the consumer after an ID, and counts it as delivered again. */
function replyHistory(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  consumer: EntryRef,
  after: StreamId,
): void {
  const { reply, nowMs } = call;
  const ids = streamGroup.pendingIdsOf(consumer);
  const mark = reply.beginArray();
  let count = 0;
  from.copy(after);
  from.increment();
  if (ids !== NIL) {
    for (history.seek(ids, from); history.row !== NIL && count < reading.limit; history.next()) {
      from.load(history.row, 0);
      reply.array(2);
      replyId(from, reply);
      if (streamValue.has(e, from)) {
        streamValue.replyFound(reply);
        const row = streamGroup.findPending(readers, from);
        streamGroup.setDeliveredMs(readers, row, from, nowMs);
        streamGroup.countDelivery(row);
      } else {
        reply.nilArray();
      }
      count++;
    }
  }
  reply.endArray(mark, count);
}

/** Replies with entries that are new to the group, after those that are idle. */
function deliver(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  consumer: EntryRef,
  { groupIndex, limit, minIdleMs, noAck }: Reading,
  idle: readonly StreamId[],
  keyIndex: number,
): void {
  const { feed, reply, nowMs } = call;
  const mark = reply.beginArray();
  for (const id of idle) claim(call, e, readers, consumer, id, keyIndex, groupIndex);
  let count = idle.length;
  streamGroup.loadLastId(readers, from);
  const hasMore = from.increment();
  end.setMax();
  if (hasMore) cursor.start(e, from, end, false);
  // Where no entry is missing after the first that is read, none is after the others.
  let isCounted = false;
  let reads = 0;
  while (hasMore && count < limit && cursor.next()) {
    const { id } = cursor;
    isCounted ||= streamGroup.isReadKnown(readers) && !streamValue.hasTombstones(e, id);
    if (isCounted) {
      reads++;
    } else if (streamValue.entriesAdded(e) !== 0n) {
      streamGroup.setEntriesRead(readers, streamValue.addedUpTo(e, id));
    }
    if (minIdleMs < 0) {
      replyEntry(cursor, reply);
    } else {
      reply.array(4);
      replyId(id, reply);
      cursor.reply(reply);
      reply.integer(0);
      reply.integer(0);
    }
    if (!noAck) streamGroup.deliver(readers, consumer, id, nowMs);
    if (feed.active && !noAck) {
      const row = streamGroup.findPending(readers, id);
      streamPropagate.claimed(call, keyIndex, groupIndex, row, id, id);
    }
    from.copy(id);
    count++;
  }
  if (count > idle.length) streamGroup.setLastId(readers, from);
  if (reads > 0) streamGroup.countRead(readers, reads);
  if (feed.active && noAck && count > idle.length) {
    streamPropagate.moved(call, keyIndex, groupIndex, readers, from);
  }
  if (count > 0) streamGroup.setActiveMs(consumer, nowMs);
  reply.endArray(mark, count);
}

/** How a client waits that found nothing; it keeps the IDs of its call. */
function waitOf(kept: Reading): Wait {
  if (kept.groupIndex > 0) return groupWait(kept);
  const ids = afterIds.slice(0, kept.keyCount).map((id) => {
    const copy = new StreamId();
    copy.copy(id);
    return copy;
  });
  return {
    type: Type.stream,
    serve(call, index, e) {
      const after = ids[index - kept.firstKey];
      streamValue.loadLastId(e, end);
      if (end.compare(after) <= 0) return false;
      replyServed(call, index);
      replyAfter(call, e, after, kept.limit);
      return true;
    },
    giveUp: (call) => call.reply.nilArray(),
  };
}

/** A client that waited is served one key only. */
function replyServed(call: Call, index: number): void {
  const { reply } = call;
  const mark = reply.beginArray();
  reply.endKeyed(mark, 1);
  replyKey(call, index);
}

function groupWait(kept: Reading): Wait {
  return {
    type: Type.stream,
    serve(call, index, e) {
      const readers = groupOf(call, e, kept.groupIndex);
      if (readers === NIL) throw GROUP_GONE;
      call.feed.tellNothing();
      streamGroup.loadLastId(readers, from);
      streamValue.loadLastId(e, end);
      const hasPassed = end.compare(from) > 0;
      const idle = idleEntries(call, e, readers, kept, index);
      if (!hasPassed && idle.length === 0) return false;
      const consumer = readerOf(call, e, readers, kept, index);
      replyServed(call, index);
      deliver(call, e, readers, consumer, kept, idle, index);
      return true;
    },
    giveUp: (call) => call.reply.nilArray(),
    miss: () => {
      throw STREAM_GONE;
    },
    retryInMs: kept.minIdleMs < 0 ? undefined : (call) => claimableInMs(call, kept),
  };
}

/**
 * In how many ms something that is pending can have been so for long enough: what is there now, or
 * what may be delivered from now on.
 */
function claimableInMs(call: Call, { firstKey, keyCount, groupIndex, minIdleMs }: Reading): number {
  let soonest = minIdleMs;
  for (let i = firstKey; i < firstKey + keyCount; i++) {
    const e = call.db.peek(call.args, i, call.db.hash(call.args, i));
    if (e === NIL || entry.type(e) !== Type.stream) continue;
    const readers = groupOf(call, e, groupIndex);
    if (readers !== NIL) soonest = Math.min(soonest, oldestMs(readers) + minIdleMs - call.nowMs);
  }
  return Math.max(soonest, RETRY_MS_MIN);
}
