/** Pending entries that nobody has looked after for a while, and how they get another consumer. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { IdCursor } from "../../structures/id_tree.ts";
import { replyId, StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import * as streamPropagate from "./stream_propagate.ts";

export const NO_IDS: readonly StreamId[] = [];

const cursor = new IdCursor();
const id = new StreamId();

/**
 * The entries of the stream that are pending in the group and were delivered so long ago, at most
 * `limit`: those that have waited for longest first. What is pending and no longer in the stream is
 * forgotten. Below 0 ms, none.
 */
export function idleEntries(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  { groupIndex, limit, minIdleMs }: { groupIndex: number; limit: number; minIdleMs: number },
  keyIndex: number,
): readonly StreamId[] {
  if (minIdleMs < 0 || streamGroup.pendingCount(readers) === 0) return NO_IDS;
  const latestMs = call.nowMs - minIdleMs;
  const found: StreamId[] = [];
  const gone: StreamId[] = [];
  streamGroup.seekOldest(readers, cursor);
  for (; cursor.row !== NIL && found.length < limit; cursor.next()) {
    const own = new StreamId();
    if (streamGroup.loadByTime(cursor.row, own) > latestMs) break;
    (streamValue.has(e, own) ? found : gone).push(own);
  }
  for (const own of gone) {
    call.keyspace.changing(call.db, e, null, ChangeKind.unwatched);
    propagateClaim(call, keyIndex, groupIndex, readers, own);
    streamGroup.acknowledge(readers, own);
  }
  return found;
}

/** When what has been pending for longest in the group was delivered, in Unix ms, or Infinity. */
export function oldestMs(readers: EntryRef): number {
  if (streamGroup.pendingCount(readers) === 0) return Infinity;
  streamGroup.seekOldest(readers, cursor);
  return streamGroup.loadByTime(cursor.row, id);
}

/**
 * Gives an entry that is pending, and in the stream, to a consumer, and replies with it: with how
 * long ago, in ms, it was delivered last, and how often before.
 */
export function claim(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  consumer: EntryRef,
  of: StreamId,
  keyIndex: number,
  groupIndex: number,
): void {
  const { nowMs, reply } = call;
  const found = streamGroup.findPending(readers, of);
  reply.array(4);
  replyId(of, reply);
  streamValue.has(e, of);
  streamValue.replyFound(reply);
  reply.integer(nowMs - streamGroup.deliveredMs(found));
  reply.bigint(streamGroup.deliveryCount(found));
  const row = streamGroup.assign(readers, found, consumer, of);
  streamGroup.setDeliveredMs(readers, row, of, nowMs);
  streamGroup.countDelivery(row);
  propagateClaim(call, keyIndex, groupIndex, readers, of);
}

/** What is pending is so for another consumer, or will be forgotten. */
function propagateClaim(
  call: Call,
  keyIndex: number,
  groupIndex: number,
  readers: EntryRef,
  of: StreamId,
): void {
  if (!call.feed.active) return;
  const row = streamGroup.findPending(readers, of);
  streamGroup.loadLastId(readers, id);
  streamPropagate.claimed(call, keyIndex, groupIndex, row, of, id);
}
