/** Writes streams as Redis 7.0 does; the format is told in rdb_stream.ts. */
import { NIL, segmentOf, u8 } from "../../arena/arena.ts";
import * as btree from "../../structures/btree.ts";
import { type EntryRef, keyBlock, keyOffset, keySize } from "../../structures/entry.ts";
import { IdCursor } from "../../structures/id_tree.ts";
import { ID_SIZE, StreamId } from "../../structures/stream_id.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import type { FrozenConsumer, FrozenGroup } from "../../values/stream_group.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import type { StreamState } from "../saver.ts";
import { ListpackBuilder } from "./listpack_builder.ts";
import { ENTRY_DELETED, ENTRY_SAME_FIELDS } from "./rdb_format.ts";
import type { RdbWriter } from "./rdb_writer.ts";

const leafPack = new ListpackBuilder();
const entries = new streamLeaf.LeafCursor();
const master = new StreamId();
const id = new StreamId();
const rows = new IdCursor();

/** Elements that an entry has beside its fields. */
const FRAME_ELEMENTS = 3;

/** Writes a stream, with or without when its consumers were last active. */
export function writeStream(to: RdbWriter, e: EntryRef, tellsActive: boolean): void {
  to.length(streamValue.leafCount(e));
  streamValue.eachLeaf(e, (leaf) => writeLeaf(to, leaf));
  to.length(streamValue.length(e));
  streamValue.loadLastId(e, id);
  to.lengthsId(id);
  streamValue.loadFirstId(e, id);
  to.lengthsId(id);
  streamValue.loadMaxDeletedId(e, id);
  to.lengthsId(id);
  to.lengthBigint(streamValue.entriesAdded(e));
  const groups = streamGroup.inOrder(streamValue.groupsOf(e));
  to.length(groups.length);
  for (const group of groups) writeGroup(to, group, tellsActive);
}

/** Writes what comes after the leaves of a stream, up to its first group. */
export function writeState(to: RdbWriter, state: StreamState): void {
  to.length(state.length);
  to.lengthsId(state.lastId);
  to.lengthsId(state.firstId);
  to.lengthsId(state.maxDeletedId);
  to.lengthBigint(state.entriesAdded);
  to.length(state.groups.length);
}

/** Writes a group, up to the first of what is pending. */
export function writeGroupHead(to: RdbWriter, group: FrozenGroup): void {
  to.string(group.name, 0, group.name.length);
  to.lengthsId(group.lastId);
  to.lengthBigint(group.entriesRead);
  to.length(group.pendingCount);
}

/** Writes an entry that is pending in a group. */
export function writePending(to: RdbWriter, of: StreamId, ms: number, count: bigint): void {
  to.rawId(of);
  to.int64(ms);
  to.lengthBigint(count);
}

/** Writes a consumer, up to the first ID that is pending for it. */
export function writeConsumerHead(to: RdbWriter, own: FrozenConsumer, tellsActive: boolean): void {
  to.string(own.name, 0, own.name.length);
  to.int64(own.seenMs);
  if (tellsActive) to.int64(own.activeMs);
  to.length(own.pendingCount);
}

/** Writes a leaf, of the number of which was told before. */
export function writeLeaf(to: RdbWriter, leaf: StreamLeafRef): void {
  streamLeaf.loadMaster(leaf, master);
  to.length(ID_SIZE);
  to.rawId(master);
  leafPack.reset();
  leafPack.addInteger(streamLeaf.liveCount(leaf));
  leafPack.addInteger(streamLeaf.deletedCount(leaf));
  leafPack.addInteger(streamLeaf.nameCount(leaf));
  streamLeaf.eachName(leaf, addText);
  leafPack.addInteger(0);
  entries.start(leaf);
  while (entries.step()) addEntry();
  const { bytes, size } = leafPack.finish();
  to.string(bytes, 0, size);
  leafPack.reset();
}

const addText = leafPack.addText.bind(leafPack);

function addEntry(): void {
  const { hasOwnNames, fieldCount } = entries;
  const deleted = entries.isDeleted ? ENTRY_DELETED : 0;
  leafPack.addInteger(deleted | (hasOwnNames ? 0 : ENTRY_SAME_FIELDS));
  const own = entries.id;
  addDifference(own.msHigh, own.msLow, master.msHigh, master.msLow);
  addDifference(own.seqHigh, own.seqLow, master.seqHigh, master.seqLow);
  if (hasOwnNames) leafPack.addInteger(fieldCount);
  entries.eachStored(addText);
  leafPack.addInteger(FRAME_ELEMENTS + (hasOwnNames ? 2 * fieldCount + 1 : fieldCount));
}

/** Adds the difference of two 64-bit integers. */
function addDifference(high: number, low: number, fromHigh: number, fromLow: number): void {
  const borrow = low >>> 0 < fromLow >>> 0 ? 1 : 0;
  leafPack.addWords((high - fromHigh - borrow) | 0, (low - fromLow) | 0);
}

function writeName(to: RdbWriter, e: EntryRef): void {
  to.string(u8[segmentOf(keyBlock(e))], keyOffset(e), keySize(e));
}

function writeGroup(to: RdbWriter, group: EntryRef, tellsActive: boolean): void {
  writeName(to, group);
  streamGroup.loadLastId(group, id);
  to.lengthsId(id);
  to.lengthBigint(streamGroup.entriesRead(group));
  to.length(streamGroup.pendingCount(group));
  const pending = streamGroup.pendingOf(group);
  if (pending !== NIL && btree.count(pending) > 0) {
    id.setZero();
    for (rows.seek(pending, id); rows.row !== NIL; rows.next()) {
      id.load(rows.row, 0);
      writePending(to, id, streamGroup.deliveredMs(rows.row), streamGroup.deliveryCount(rows.row));
    }
  }
  const consumers = streamGroup.inOrder(streamGroup.consumersOf(group));
  to.length(consumers.length);
  for (const consumer of consumers) writeConsumer(to, consumer, tellsActive);
}

function writeConsumer(to: RdbWriter, consumer: EntryRef, tellsActive: boolean): void {
  writeName(to, consumer);
  to.int64(streamGroup.seenMs(consumer));
  if (tellsActive) to.int64(streamGroup.activeMs(consumer));
  to.length(streamGroup.consumerPendingCount(consumer));
  const ids = streamGroup.pendingIdsOf(consumer);
  if (ids === NIL || btree.count(ids) === 0) return;
  id.setZero();
  for (rows.seek(ids, id); rows.row !== NIL; rows.next()) {
    id.load(rows.row, 0);
    to.rawId(id);
  }
}
