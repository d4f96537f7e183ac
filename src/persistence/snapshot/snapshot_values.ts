/**
 * Makes values of the records of snapshots. A value is built in an entry that no database has, so
 * nobody sees it before it is whole. Whoever wrote the file, a value gets the encoding that its
 * size asks for here and now. All functions throw Malformed.
 */
import * as arena from "../../arena/arena.ts";
import { NIL, type Ref, segmentOf, u8 } from "../../arena/arena.ts";
import { RDB_STRING_SIZE_MAX } from "../../base/limits.ts";
import { parseInt64, parseSafe } from "../../base/numbers.ts";
import { TIME_END } from "../../structures/deadline_block.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { AREA } from "../../values/collection.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as listLoad from "../../values/list_load.ts";
import * as listValue from "../../values/list_value.ts";
import { codeForPairs, pairsOf } from "../../values/pairs_load.ts";
import * as setValue from "../../values/set_value.ts";
import * as stringValue from "../../values/string_value.ts";
import * as values from "../../values/values.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import type { LoadedKey } from "../rdb/rdb_values.ts";
import { encodeRun, run } from "./message_elements.ts";
import { Chunk, type MessageReader } from "./message_reader.ts";
import { RecordKind } from "./snapshot_format.ts";

const first = new Chunk();
const second = new Chunk();

/** An entry of the key, without a value: an integer until it has one. */
export function newEntry(key: LoadedKey, area: number): EntryRef {
  return entry.create(key.bytes, key.view, key.offset, key.size, key.hash, area, key.expires);
}

/** An entry of the key with the string that comes next. */
export function readString(reader: MessageReader, key: LoadedKey): EntryRef {
  if (reader.isInteger) {
    const value = reader.integer();
    if (Number.isSafeInteger(value)) return withInt(key, value);
    const e = newEntry(key, stringValue.INT_AREA);
    stringValue.writeBigInt(e, reader.bigint);
    return e;
  }
  reader.string(first);
  const { bytes, view, offset, size } = first;
  const safe = parseSafe(bytes, offset, size);
  if (!Number.isNaN(safe)) return withInt(key, safe);
  const wide = parseInt64(bytes, offset, size);
  const area = wide === null ? stringValue.areaFor(size) : stringValue.INT_AREA;
  const e = newEntry(key, area);
  if (wide !== null) stringValue.writeBigInt(e, wide);
  else stringValue.writeBytes(e, bytes, view, offset, size);
  return e;
}

function withInt(key: LoadedKey, value: number): EntryRef {
  const e = newEntry(key, stringValue.INT_AREA);
  stringValue.writeInt(e, value);
  return e;
}

/** An entry of the key with the whole collection that comes next. */
export function readWhole(reader: MessageReader, kind: number, key: LoadedKey): EntryRef {
  const e = newEntry(key, AREA);
  let isWhole = false;
  try {
    const items = reader.array();
    const count = items / widthOf(kind);
    if (kind !== RecordKind.hash || !readPairs(reader, e, items)) {
      startCollection(e, kind, count);
      addElements(reader, e, kind, items);
      endCollection(e, kind);
    }
    isWhole = true;
  } finally {
    if (!isWhole) values.discard(e);
  }
  return e;
}

/**
 * Makes an entry, which has the room, a small hash of so many items, fields and values in turn, by
 * WebAssembly. False, and nothing is done, where they are not all plain, or the hash not small.
 */
function readPairs(reader: MessageReader, e: EntryRef, items: number): boolean {
  const loading = codeForPairs(items);
  const { bytes, view, at, end } = reader;
  if (loading === null || bytes !== loading.block.bytes) return false;
  const { bytes: staged } = loading.staged;
  encodeRun(bytes, view, at, end, staged, 0, staged.length, items);
  if (run.count < items) return false;
  const pairs = pairsOf(loading, run.end, items);
  if (pairs === NIL) return false;
  hashValue.startPacked(e, pairs);
  reader.at = run.at;
  return true;
}

/** How many items of an array are of one element. */
export function widthOf(kind: number): number {
  if (kind === RecordKind.expiringHash) return 3;
  return kind === RecordKind.hash || kind === RecordKind.zset ? 2 : 1;
}

/** Makes an entry, which has the room, a collection that will have so many elements. */
export function startCollection(e: EntryRef, kind: number, count: number): void {
  switch (kind) {
    case RecordKind.list:
      listValue.start(e);
      break;
    case RecordKind.set:
      setValue.start(e, count);
      break;
    case RecordKind.zset:
      zsetValue.startUnordered(e, count);
      break;
    default:
      hashValue.start(e, count);
  }
}

/** Adds elements, of an array of so many items, to a collection. */
export function addElements(reader: MessageReader, e: EntryRef, kind: number, items: number): void {
  const elements = items / widthOf(kind);
  if (!Number.isInteger(elements)) throw new Malformed("an element is not whole");
  switch (kind) {
    case RecordKind.list:
      addToList(reader, e, elements);
      break;
    case RecordKind.set:
      for (let left = elements; left > 0; left--) addMember(reader, e);
      break;
    case RecordKind.zset:
      for (let left = elements; left > 0; left--) addScored(reader, e);
      break;
    case RecordKind.hash:
      for (let left = elements; left > 0; left--) addField(reader, e);
      break;
    default:
      for (let left = elements; left > 0; left--) addExpiringField(reader, e);
  }
}

function addToList(reader: MessageReader, e: EntryRef, elements: number): void {
  listLoad.begin(e);
  for (let left = elements; left > 0; ) {
    left -= addRun(reader, left);
    if (run.isFull && !listLoad.isEmpty()) {
      listLoad.finish();
    } else if (left > 0) {
      reader.string(first);
      listLoad.add(first.bytes, first.offset, first.size);
      left--;
    }
  }
  listLoad.finish();
}

/** Adds elements as they come to the leaf of the list that is being loaded; how many. */
function addRun(reader: MessageReader, left: number): number {
  const { bytes, view, at, end } = reader;
  const to = listLoad.endOf();
  const countMax = Math.min(left, listLoad.countRoom());
  encodeRun(bytes, view, at, end, listLoad.buffer(), to, to + listLoad.room(), countMax);
  reader.at = run.at;
  listLoad.wrote(run.end - to, run.count);
  return run.count;
}

function addMember(reader: MessageReader, e: EntryRef): void {
  reader.string(first);
  if (setValue.add(e, first.bytes, first.view, first.offset, first.size)) return;
  throw new Malformed("a member that is there twice");
}

function addScored(reader: MessageReader, e: EntryRef): void {
  reader.string(first);
  const score = reader.double();
  if (Number.isNaN(score)) throw new Malformed("a score that is no number");
  const { bytes, view, offset, size } = first;
  if (zsetValue.put(e, bytes, view, offset, size, score) === zsetValue.ADDED) return;
  throw new Malformed("a member that is there twice");
}

function addField(reader: MessageReader, e: EntryRef): hashValue.Place {
  reader.string(first);
  reader.string(second);
  const at = hashValue.add(e, first, second);
  if (at === 0) throw new Malformed("a field that is there twice");
  return at;
}

/** Adds a field that may expire: its deadline, or nil, comes after its value. */
function addExpiringField(reader: MessageReader, e: EntryRef): void {
  hashValue.unpackToExpire(e);
  const at = addField(reader, e);
  if (reader.nil()) return;
  const timeMs = reader.integer();
  if (!(timeMs > 0 && timeMs < TIME_END)) throw new Malformed("a deadline out of range");
  hashValue.setDeadline(e, at, timeMs);
}

/** All elements were added: there must be some. */
export function endCollection(e: EntryRef, kind: number): void {
  if (values.count(e) === 0) throw new Malformed("a collection without elements");
  if (kind !== RecordKind.zset) return;
  zsetValue.order(e);
  zsetValue.packIfSmall(e, true);
}

/** A string whose bytes come in parts. */
export class LongString {
  private readonly block: Ref;
  private readonly size: number;
  private filled = 0;

  /** Gives an entry, which has the room, so many bytes, that are to be filled. */
  constructor(e: EntryRef, size: number) {
    if (size < entry.OUTSIDE_SIZE || size > RDB_STRING_SIZE_MAX) {
      throw new Malformed("a string of this size cannot come in parts");
    }
    this.size = size;
    this.block = arena.alloc(size);
    stringValue.setBlock(e, this.block, size);
  }

  /** Reads the bytes that come next. */
  add(reader: MessageReader): void {
    reader.string(first);
    const { bytes, offset, size } = first;
    if (size > this.size - this.filled) throw new Malformed("a string is longer than it says");
    const to = u8[segmentOf(this.block)];
    const at = arena.byteOffset(this.block) + this.filled;
    to.set(bytes.subarray(offset, offset + size), at);
    this.filled += size;
  }

  get isFull(): boolean {
    return this.filled === this.size;
  }
}
