/** How entries of streams are replied. */

import type { Reply } from "../../protocol/reply.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { replyId, type StreamId } from "../../structures/stream_id.ts";
import { StreamCursor } from "../../values/stream_value.ts";

const cursor = new StreamCursor();

/** Replies with the entry at the cursor: its ID, and an array of names and values. */
export function replyEntry(at: StreamCursor, reply: Reply): void {
  reply.array(2);
  replyId(at.id, reply);
  at.reply(reply);
}

/**
 * Replies with an array of the entries from one ID to another, both included, at most `limit`; the
 * last first if `isBackward`.
 */
export function replyRange(
  e: EntryRef,
  from: StreamId,
  to: StreamId,
  limit: number,
  isBackward: boolean,
  reply: Reply,
): void {
  const mark = reply.beginArray();
  let count = 0;
  cursor.start(e, from, to, isBackward);
  while (count < limit && cursor.next()) {
    replyEntry(cursor, reply);
    count++;
  }
  reply.endArray(mark, count);
}
