/** Pending entries that nobody has looked after for a while, and how they get another consumer. */
import { NIL } from "../arena/arena.ts";
import * as streamGroup from "../keyspace/stream_group.ts";
import * as streamValue from "../keyspace/stream_value.ts";
import type { EntryRef } from "../structures/entry.ts";
import { IdCursor } from "../structures/id_tree.ts";
import { replyId, StreamId } from "../structures/stream_id.ts";
import type { Call } from "./call.ts";

export const NO_IDS: readonly StreamId[] = [];

const cursor = new IdCursor();
const id = new StreamId();

/** A pending entry, and when it was delivered. */
interface Pending {
  id: StreamId;
  deliveredMs: number;
}

/**
 * The entries of the stream that are pending in the group and were delivered so long ago, at most
 * `limit`: those that have waited for longest first. What is pending and no longer in the stream is
 * forgotten. Below 0 ms, none.
 *
 * This looks at all that is pending, but not often: the group remembers when the oldest of it was
 * delivered, and until that is so long ago there is nothing to be found.
 */
export function idleEntries(
  call: Call,
  e: EntryRef,
  readers: EntryRef,
  minIdleMs: number,
  limit: number,
): readonly StreamId[] {
  const pending = streamGroup.pendingOf(readers);
  const latestMs = call.nowMs - minIdleMs;
  if (minIdleMs < 0 || pending === NIL || streamGroup.oldestMs(readers) > latestMs) return NO_IDS;
  const found: Pending[] = [];
  let oldestMs = call.nowMs;
  id.setZero();
  for (cursor.seek(pending, id); cursor.row !== NIL; cursor.next()) {
    const deliveredMs = streamGroup.deliveredMs(cursor.row);
    if (deliveredMs > latestMs) {
      oldestMs = Math.min(oldestMs, deliveredMs);
      continue;
    }
    const own = new StreamId();
    own.load(cursor.row, 0);
    found.push({ id: own, deliveredMs });
  }
  const living = found.filter((one) => {
    if (streamValue.has(e, one.id)) return true;
    call.keyspace.changingAside(call.db, e, "");
    streamGroup.acknowledge(readers, one.id);
    return false;
  });
  living.sort((a, b) => a.deliveredMs - b.deliveredMs || a.id.compare(b.id));
  if (living.length > limit) oldestMs = Math.min(oldestMs, living[limit].deliveredMs);
  streamGroup.setOldestMs(readers, oldestMs);
  return living.slice(0, limit).map((one) => one.id);
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
): void {
  const { nowMs, reply } = call;
  let row = streamGroup.findPending(readers, of);
  reply.array(4);
  replyId(of, reply);
  streamValue.has(e, of);
  streamValue.replyFound(reply);
  reply.integer(nowMs - streamGroup.deliveredMs(row));
  reply.bigint(streamGroup.deliveryCount(row));
  row = streamGroup.assign(readers, row, consumer, of);
  streamGroup.setDeliveredMs(readers, row, nowMs);
  streamGroup.countDelivery(row);
}
