/** Writes streams for snapshots; docs/snapshot-format.md tells of what they are made. */
import { NIL } from "../../arena/arena.ts";
import type { Range } from "../../base/range.ts";
import * as btree from "../../structures/btree.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { IdCursor } from "../../structures/id_tree.ts";
import { StreamId } from "../../structures/stream_id.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import type { MessageWriter } from "./message_writer.ts";
import { type ValueParts, writeText } from "./snapshot_encode.ts";
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
  inParts(kind: number, write: (parts: ValueParts) => void): void;
}

const id = new StreamId();
const maxDeletedId = new StreamId();
const rows = new IdCursor();
const entries = new streamLeaf.LeafCursor();

/** Writes what is known of a stream, after its entries, then its groups. */
export function writeStreamState(records: StreamRecords, e: EntryRef): void {
  streamValue.loadLastId(e, id);
  streamValue.loadMaxDeletedId(e, maxDeletedId);
  writeState(records, id, maxDeletedId, streamValue.entriesAdded(e));
  for (const group of streamGroup.inOrder(streamValue.groupsOf(e))) writeGroup(records, group);
}

/** Writes what is known of a stream beside its entries: after them, before its groups. */
export function writeState(
  records: StreamRecords,
  lastId: StreamId,
  maxDeleted: StreamId,
  entriesAdded: bigint,
): void {
  records.begin(RecordKind.streamState, 5);
  writeId(records.to, lastId);
  writeId(records.to, maxDeleted);
  records.to.bigint(entriesAdded);
  records.done();
}

function writeId(to: MessageWriter, of: StreamId): void {
  to.unsignedWords(of.msHigh, of.msLow);
  to.unsignedWords(of.seqHigh, of.seqLow);
}

/** Where the texts of the entry that is being written go. */
let target: MessageWriter;
function addText(text: Range, value: number): void {
  if (Number.isNaN(value)) writeText(target, text);
  else target.integer(value);
}

/**
 * Writes the entries of a leaf, each as ID, flags, and an array of names and values in turn, or of
 * values.
 */
export function writeLeaf(parts: ValueParts, leaf: StreamLeafRef): void {
  const { to } = parts;
  target = to;
  entries.start(leaf);
  for (let isFirst = true; entries.step(); isFirst = false) {
    writeId(to, entries.id);
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
  streamGroup.loadLastId(group, id);
  writeGroupHead(records, entry.keyBytes(group), id, streamGroup.entriesRead(group));
  for (const consumer of streamGroup.inOrder(streamGroup.consumersOf(group))) {
    const [seenMs, activeMs] = [streamGroup.seenMs(consumer), streamGroup.activeMs(consumer)];
    writeConsumerHead(records, entry.keyBytes(consumer), seenMs, activeMs);
    const ids = streamGroup.pendingIdsOf(consumer);
    if (ids === NIL || btree.count(ids) === 0) continue;
    records.inParts(RecordKind.pending, (parts) => writePendingOf(parts, group, consumer));
  }
}

/** Writes a group, up to its first consumer. */
export function writeGroupHead(
  records: StreamRecords,
  name: Uint8Array,
  lastId: StreamId,
  entriesRead: bigint,
): void {
  const { to } = records;
  records.begin(RecordKind.group, 4);
  to.binary(name, 0, name.length);
  writeId(to, lastId);
  to.bigint(entriesRead);
  records.done();
}

/** Writes a consumer of the group, up to what is pending for it. Both times are Unix ms, or -1. */
export function writeConsumerHead(
  records: StreamRecords,
  name: Uint8Array,
  seenMs: number,
  activeMs: number,
): void {
  const { to } = records;
  records.begin(RecordKind.consumer, 3);
  to.binary(name, 0, name.length);
  to.double(seenMs);
  to.double(activeMs);
  records.done();
}

function writePendingOf(parts: ValueParts, group: EntryRef, consumer: EntryRef): void {
  id.setZero();
  for (rows.seek(streamGroup.pendingIdsOf(consumer), id); rows.row !== NIL; rows.next()) {
    id.load(rows.row, 0);
    const row = streamGroup.findPending(group, id);
    writePending(parts, id, streamGroup.deliveredMs(row), streamGroup.deliveryCount(row));
  }
}

/** Writes a pending entry: its ID, when it was delivered last (Unix ms), and how often. */
export function writePending(parts: ValueParts, of: StreamId, ms: number, count: bigint): void {
  writeId(parts.to, of);
  parts.to.double(ms);
  parts.to.bigint(count);
  parts.added(4);
}
