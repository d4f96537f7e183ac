/**
 * Writes values as Redis 7.0 does: byte for byte the same where it would keep a value in the same
 * way. Lists are the exception that is none: their blocks are smaller here, and are put together
 * to those that Redis would have made of the same elements. Packed sets, which Redis 7.0 has not,
 * are written as its other sets.
 *
 * Deadlines of hash fields are written from version 12 on, as Redis 7.4 does; below they are lost.
 */

import * as arena from "../../arena/arena.ts";
import { NIL, segmentOf, u8 } from "../../arena/arena.ts";
import type { Range } from "../../base/range.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as intset from "../../structures/intset.ts";
import type { PackedRef } from "../../structures/packed.ts";
import * as packed from "../../structures/packed.ts";
import * as element from "../../structures/packed_element.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as listValue from "../../values/list_value.ts";
import * as setValue from "../../values/set_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { thresholds } from "../../values/thresholds.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import type { LargeKey } from "../saver.ts";
import { ListpackBuilder } from "./listpack_builder.ts";
import { writeStream } from "./rdb_encode_stream.ts";
import { NODE_PACKED, RDB_VERSION_FIELD_DEADLINES, RdbType } from "./rdb_format.ts";
import type { RdbWriter } from "./rdb_writer.ts";

/** The RdbType as which a value will be written. */
export function rdbTypeOf(e: EntryRef, version: number): number {
  switch (entry.type(e)) {
    case Type.list:
      return RdbType.listQuicklist2;
    case Type.set:
      return setValue.integers(e) !== NIL ? RdbType.setIntset : RdbType.set;
    case Type.zset:
      return zsetValue.block(e) !== NIL ? RdbType.zsetListpack : RdbType.zset2;
    case Type.hash:
      if (keepsDeadlines(e, version)) return RdbType.hashMetadata;
      return hashValue.block(e) !== NIL ? RdbType.hashListpack : RdbType.hash;
    case Type.stream:
      return tellsActive(version) ? RdbType.streamListpacks3 : RdbType.streamListpacks2;
    default:
      return RdbType.string;
  }
}

/** The last version that does not know when consumers were last active. */
const RDB_VERSION_STREAMS_2 = 10;

/** Whether files of the version tell when consumers of streams were last active. */
export const tellsActive = (version: number) => version > RDB_VERSION_STREAMS_2;

const keepsDeadlines = (e: EntryRef, version: number) =>
  version >= RDB_VERSION_FIELD_DEADLINES && hashValue.firstDeadline(e) !== Infinity;

/** As `rdbTypeOf`, of a large value that is written in parts. */
export function rdbTypeOfLarge(key: LargeKey, version: number): number {
  switch (key.type) {
    case Type.list:
      return RdbType.listQuicklist2;
    case Type.set:
      return RdbType.set;
    case Type.zset:
      return RdbType.zset2;
    case Type.hash:
      return hasDeadlinesIn(key, version) ? RdbType.hashMetadata : RdbType.hash;
    case Type.stream:
      return tellsActive(version) ? RdbType.streamListpacks3 : RdbType.streamListpacks2;
    default:
      return RdbType.string;
  }
}

const hasDeadlinesIn = (key: LargeKey, version: number) =>
  version >= RDB_VERSION_FIELD_DEADLINES && key.firstDeadline !== Infinity;

/** Writes what comes before the parts of a large value. */
export function writeLargeHead(to: RdbWriter, key: LargeKey): void {
  if (hasDeadlinesIn(key, to.version)) to.int64(key.firstDeadline);
  to.length(key.count);
}

/** Writes some elements of a list as a node. */
export function writeListNode(to: RdbWriter, elements: PackedRef): void {
  to.length(NODE_PACKED);
  writeBlock(to, elements);
}

/**
 * Writes what comes before a field, in a hash of which some expire: its deadline (Unix ms, or -1)
 * as one more than the difference to the first, or 0 for none.
 */
export function writeFieldDeadline(to: RdbWriter, first: number, deadline: number): void {
  to.length(deadline < 0 ? 0 : deadline - first + 1);
}

/** Whether a value has deadlines of fields, which not all versions can tell. */
export const hasFieldDeadlines = (e: EntryRef) =>
  entry.type(e) === Type.hash && hashValue.firstDeadline(e) !== Infinity;

/** Writes a value, for which its type was written, as the version of the writer has it. */
export function writeValue(to: RdbWriter, e: EntryRef): void {
  switch (entry.type(e)) {
    case Type.list:
      writeList(to, e);
      return;
    case Type.set:
      writeSet(to, e);
      return;
    case Type.zset:
      writeZset(to, e);
      return;
    case Type.hash:
      if (keepsDeadlines(e, to.version)) writeExpiringHash(to, e);
      else writeHash(to, e);
      return;
    case Type.stream:
      writeStream(to, e, tellsActive(to.version));
      return;
    default:
      writeString(to, e);
  }
}

function writeString(to: RdbWriter, e: EntryRef): void {
  const { bytes, offset, size } = stringValue.rangeOf(e);
  to.string(bytes, offset, size);
}

export function writeRange(to: RdbWriter, { bytes, offset, size }: Range): void {
  to.string(bytes, offset, size);
}

function writeBlock(to: RdbWriter, p: PackedRef): void {
  writeRange(to, packed.listpack(p));
}

/** Sizes of Redis's nodes for -1 to -5, and of those whose elements are counted. */
const NODE_SIZES = [4096, 8192, 16384, 32768, 65536];
const COUNTED_NODE_SIZE = 8192;
/** What Redis reckons that an element takes beside its bytes. */
const ELEMENT_OVERHEAD = 8;

/** The node that is being put together. */
const node = new ListpackBuilder();

/** A list's nodes, as they would be if its elements had been pushed one by one. */
function writeList(to: RdbWriter, e: EntryRef): void {
  let nodes = 0;
  node.reset();
  listValue.eachBlock(e, (p) => {
    nodes += countNodes(p);
  });
  if (node.count > 0) nodes++;
  to.length(nodes);
  node.reset();
  listValue.eachBlock(e, (p) => packNodes(to, p));
  if (node.count > 0) writeNode(to);
}

/** How many nodes are full when the elements of a block are added; tells `node` sizes only. */
function countNodes(p: PackedRef): number {
  const { bytes, offset, size } = packed.listpack(p);
  const end = offset + size - 1;
  let full = 0;
  for (let at = offset + packed.HEADER_SIZE; at < end; ) {
    const span = element.span(bytes, at);
    if (!takes(bytes, at)) {
      full++;
      node.reset();
    }
    node.pretend(span);
    at += span;
  }
  return full;
}

/** Adds the elements of a block, and writes the nodes that are full. */
function packNodes(to: RdbWriter, p: PackedRef): void {
  const { bytes, offset, size } = packed.listpack(p);
  const end = offset + size - 1;
  for (let at = offset + packed.HEADER_SIZE; at < end; ) {
    const span = element.span(bytes, at);
    if (!takes(bytes, at)) writeNode(to);
    node.addElement(bytes, at, span);
    at += span;
  }
}

/** Whether Redis would add the element to the node, or begin another. */
function takes(bytes: Uint8Array, at: number): boolean {
  if (node.count === 0) return true;
  const text = element.isInteger(bytes, at)
    ? element.integerSize(bytes, at)
    : element.dataSize(bytes, at);
  const size = node.size + text + ELEMENT_OVERHEAD;
  const limit = thresholds.listPackedSize;
  if (limit < 0) return size <= NODE_SIZES[Math.min(-limit, NODE_SIZES.length) - 1];
  return size <= COUNTED_NODE_SIZE && node.count < limit;
}

function writeNode(to: RdbWriter): void {
  to.length(NODE_PACKED);
  const { bytes, size } = node.finish();
  to.string(bytes, 0, size);
  node.reset();
}

const members = new setValue.SetCursor();

function writeSet(to: RdbWriter, e: EntryRef): void {
  const s = setValue.integers(e);
  if (s !== NIL) {
    to.string(u8[segmentOf(s)], arena.byteOffset(s), intset.size(s));
    return;
  }
  to.length(setValue.count(e));
  members.start(e);
  while (members.next()) writeRange(to, members.member());
}

const scored = new zsetValue.ZsetCursor();

/** A set that is not packed is written from its end. */
function writeZset(to: RdbWriter, e: EntryRef): void {
  const p = zsetValue.block(e);
  if (p !== NIL) {
    writeBlock(to, p);
    return;
  }
  const count = zsetValue.count(e);
  to.length(count);
  for (scored.seek(e, count - 1); scored.isValid; scored.previous()) {
    writeRange(to, scored.member());
    to.double(scored.score);
  }
}

const fields = new hashValue.HashCursor();

function writeHash(to: RdbWriter, e: EntryRef): void {
  const p = hashValue.block(e);
  if (p !== NIL) {
    writeBlock(to, p);
    return;
  }
  to.length(hashValue.count(e));
  fields.start(e);
  while (fields.next()) {
    writeRange(to, fields.field());
    writeRange(to, fields.value());
  }
}

function writeExpiringHash(to: RdbWriter, e: EntryRef): void {
  const first = hashValue.firstDeadline(e);
  to.int64(first);
  to.length(hashValue.count(e));
  fields.start(e);
  while (fields.next()) {
    writeFieldDeadline(to, first, hashValue.deadlineOf(e, fields.place));
    writeRange(to, fields.field());
    writeRange(to, fields.value());
  }
}
