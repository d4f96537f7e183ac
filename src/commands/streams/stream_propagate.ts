/**
 * What was done to the groups of a stream, told to the log as Redis does: delivery as XCLAIM, a
 * command for each entry. `keyIndex` is the argument with the key, `groupIndex` that with the name
 * of the group.
 */

import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { RowRef } from "../../structures/id_tree.ts";
import { replyId, type StreamId } from "../../structures/stream_id.ts";
import * as streamGroup from "../../values/stream_group.ts";

const CLAIM_WORDS = 14;

/**
 * An entry is pending as its row says; or is so no longer, since it is deleted, which whoever
 * carries the command out will see. `lastId` is the last ID of the group; the entry's ID is spelled
 * as in the argument `idIndex`, if there is one.
 */
export function claimed(
  call: Call,
  keyIndex: number,
  groupIndex: number,
  row: RowRef,
  id: StreamId,
  lastId: StreamId,
  idIndex = 0,
): void {
  const out = propagate.beginCommand(call, "XCLAIM", CLAIM_WORDS, keyIndex);
  propagate.writeArgument(call, out, groupIndex);
  entry.replyKey(streamGroup.consumerOf(row), out);
  out.bulkText("0");
  if (idIndex > 0) propagate.writeArgument(call, out, idIndex);
  else replyId(id, out);
  out.bulkText("TIME");
  out.bulkInteger(streamGroup.deliveredMs(row));
  out.bulkText("RETRYCOUNT");
  out.bulkText(String(streamGroup.deliveryCount(row)));
  out.bulkText("FORCE");
  out.bulkText("JUSTID");
  out.bulkText("LASTID");
  replyId(lastId, out);
}

/** The group has got further, as `lastId` and its count of entries say. */
export function moved(
  call: Call,
  keyIndex: number,
  groupIndex: number,
  readers: EntryRef,
  lastId: StreamId,
): void {
  const out = call.feed.tellInstead(call.db, 7);
  out.bulkText("XGROUP");
  out.bulkText("SETID");
  propagate.writeArgument(call, out, keyIndex);
  propagate.writeArgument(call, out, groupIndex);
  replyId(lastId, out);
  out.bulkText("ENTRIESREAD");
  out.bulkText(String(streamGroup.entriesRead(readers)));
}

/** The consumer, whose name is the argument after the group's, was made. */
export function madeConsumer(call: Call, keyIndex: number, groupIndex: number): void {
  const out = call.feed.tellInstead(call.db, 5);
  out.bulkText("XGROUP");
  out.bulkText("CREATECONSUMER");
  propagate.writeArgument(call, out, keyIndex);
  propagate.writeArgument(call, out, groupIndex);
  propagate.writeArgument(call, out, groupIndex + 1);
}
