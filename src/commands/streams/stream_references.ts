/**
 * Entries that groups of consumers refer to, and what becomes of that when entries are removed:
 * KEEPREF, DELREF and ACKED of XADD, XTRIM, XDELEX and XACKDEL.
 */

import type { Call } from "../../calls/call.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";

/** What becomes of an entry that groups have pending: the words in the order of their codes. */
export const Condition = {
  /** It stays pending, though it is gone. */
  keepRef: 0,
  /** It is pending no more. */
  delRef: 1,
  /** It stays until every group has read and acknowledged it. */
  acked: 2,
} as const;

const last = new StreamId();

/** The code of the condition that is the argument at `index`, or -1 if it is none. */
export function conditionAt(call: Call, index: number): number {
  if (call.is(index, "keepref")) return Condition.keepRef;
  if (call.is(index, "delref")) return Condition.delRef;
  return call.is(index, "acked") ? Condition.acked : -1;
}

/** The groups of a stream, to be asked about one entry or many. */
export const groupsOf = (e: EntryRef): EntryRef[] => streamGroup.inOrder(streamValue.groupsOf(e));

/** Whether one of the groups has the entry pending, or has not read it. */
export function isNeeded(groups: readonly EntryRef[], id: StreamId): boolean {
  return groups.some((readers) => {
    streamGroup.loadLastId(readers, last);
    return id.compare(last) > 0 || streamGroup.findPending(readers, id) !== 0;
  });
}

/** The entry is pending in none of the groups of the stream any more. */
export function forget(
  { db, keyspace }: Call,
  e: EntryRef,
  groups: readonly EntryRef[],
  id: StreamId,
): void {
  for (const readers of groups) {
    if (streamGroup.findPending(readers, id) === 0) continue;
    keyspace.changing(db, e, null, ChangeKind.unwatched);
    streamGroup.acknowledge(readers, id);
  }
}

/**
 * Trims the stream as `trimming` of stream_value.ts and the condition say; returns how many entries
 * went. `isFurther`: the stream has been announced to change already.
 */
export function trimStream(call: Call, e: EntryRef, condition: number, isFurther: boolean): number {
  if (condition !== Condition.keepRef) {
    const groups = groupsOf(e);
    if (groups.length > 0) return trimMinding(call, e, groups, condition, isFurther);
  }
  if (streamValue.willTrim(e)) announce(call, e, isFurther);
  return streamValue.trim(e);
}

function announce({ db, keyspace }: Call, e: EntryRef, isFurther: boolean): void {
  if (isFurther) keyspace.changing(db, e, "xtrim", ChangeKind.uncounted);
  else keyspace.changing(db, e, "xtrim");
}

function trimMinding(
  call: Call,
  e: EntryRef,
  groups: readonly EntryRef[],
  condition: number,
  isFurther: boolean,
): number {
  const isKept = (id: StreamId) => condition === Condition.acked && isNeeded(groups, id);
  const ids = streamValue.trimmedIds(e, (id) => !isKept(id));
  if (ids.length === 0) return 0;
  announce(call, e, isFurther);
  for (const id of ids) {
    streamValue.remove(e, id);
    if (condition === Condition.delRef) forget(call, e, groups, id);
  }
  streamValue.renewFirstId(e);
  return ids.length;
}
