/** Writes streams for snapshots; docs/snapshot-format.md tells of what they are made. */
import { NIL } from "../arena/arena.ts";
import type { Range } from "../base/range.ts";
import * as streamGroup from "../keyspace/stream_group.ts";
import * as streamValue from "../keyspace/stream_value.ts";
import * as btree from "../structures/btree.ts";
import type { EntryRef } from "../structures/entry.ts";
import { IdCursor } from "../structures/id_tree.ts";
import { StreamId } from "../structures/stream_id.ts";
import type { StreamLeafRef } from "../structures/stream_leaf.ts";
import * as streamLeaf from "../structures/stream_leaf.ts";
import type { MessageWriter } from "./message_writer.ts";
import { type Parts, writeKey, writeText } from "./snapshot_encode.ts";
import {
  ENTRY_BEGINS_LEAF,
  ENTRY_DELETED,
  ENTRY_SAME_NAMES,
  RecordKind,
} from "./snapshot_format.ts";

/** Where the records of a stream go: each has its kind, the number of the value, and more. */
export interface StreamRecords {
  readonly to: MessageWriter;
  /** Begins a record with so many elements after its kind and the number. */
  begin(kind: number, elements: number): void;
  /** The record is whole. */
  done(): void;
  /** Has elements written in parts: records whose last element is an array. */
  inParts(kind: number, write: (parts: Parts) => void): void;
}

const id = new StreamId();
const rows = new IdCursor();
const entries = new streamLeaf.LeafCursor();

/** Entries that there are and that were deleted, but still are in the leaves. */
export function entryCount(e: EntryRef): number {
  let count = 0;
  streamValue.eachLeaf(e, (leaf) => {
    count += streamLeaf.liveCount(leaf) + streamLeaf.deletedCount(leaf);
  });
  return count;
}

/** Writes the entries of a stream, then what is known of it, then its groups. */
export function writeStream(records: StreamRecords, e: EntryRef): void {
  const { to } = records;
  records.inParts(RecordKind.part, (parts) =>
    streamValue.eachLeaf(e, (leaf) => writeLeaf(parts, leaf)),
  );
  records.begin(RecordKind.streamState, 5);
  streamValue.loadLastId(e, id);
  writeId(to);
  streamValue.loadMaxDeletedId(e, id);
  writeId(to);
  to.bigint(streamValue.entriesAdded(e));
  records.done();
  for (const group of streamGroup.inOrder(streamValue.groupsOf(e))) writeGroup(records, group);
}

/** Writes the ID in `id`. */
function writeId(to: MessageWriter): void {
  to.unsignedWords(id.msHigh, id.msLow);
  to.unsignedWords(id.seqHigh, id.seqLow);
}

/** Where the texts of the entry that is being written go. */
let target: MessageWriter;
const addText = (text: Range) => writeText(target, text);

/** An entry: ID, flags, and an array of names and values in turn, or of values. */
function writeLeaf(parts: Parts, leaf: StreamLeafRef): void {
  const { to } = parts;
  target = to;
  entries.start(leaf);
  for (let isFirst = true; entries.step(); isFirst = false) {
    id.copy(entries.id);
    writeId(to);
    const isSame = !isFirst && !entries.hasOwnNames;
    const deleted = entries.isDeleted ? ENTRY_DELETED : 0;
    to.integer(deleted | (isFirst ? ENTRY_BEGINS_LEAF : 0) | (isSame ? ENTRY_SAME_NAMES : 0));
    const { fieldCount } = entries;
    to.longArray(isSame ? fieldCount : 2 * fieldCount);
    if (isSame) entries.eachStored(addText);
    else entries.each(addText);
    parts.added(4);
  }
}

function writeGroup(records: StreamRecords, group: EntryRef): void {
  const { to } = records;
  records.begin(RecordKind.group, 4);
  writeKey(to, group);
  streamGroup.loadLastId(group, id);
  writeId(to);
  to.bigint(streamGroup.entriesRead(group));
  records.done();
  for (const consumer of streamGroup.inOrder(streamGroup.consumersOf(group))) {
    records.begin(RecordKind.consumer, 3);
    writeKey(to, consumer);
    to.double(streamGroup.seenMs(consumer));
    to.double(streamGroup.activeMs(consumer));
    records.done();
    const ids = streamGroup.pendingIdsOf(consumer);
    if (ids === NIL || btree.count(ids) === 0) continue;
    records.inParts(RecordKind.pending, (parts) => writePending(parts, group, consumer));
  }
}

/** A pending entry: its ID, when it was delivered last, and how often. */
function writePending(parts: Parts, group: EntryRef, consumer: EntryRef): void {
  const { to } = parts;
  id.setZero();
  for (rows.seek(streamGroup.pendingIdsOf(consumer), id); rows.row !== NIL; rows.next()) {
    id.load(rows.row, 0);
    writeId(to);
    const row = streamGroup.findPending(group, id);
    to.double(streamGroup.deliveredMs(row));
    to.bigint(streamGroup.deliveryCount(row));
    parts.added(4);
  }
}
