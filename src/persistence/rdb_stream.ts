/**
 * Reads streams as RDB holds them:
 *
 *   | leaves | first ID, listpack … | length | last ID | (first ID, max deleted ID, added) |
 *   | groups | name, last ID, (read), pending …, consumers … | … |
 *
 * What is in brackets came with Redis 7.0 (type 19). A leaf's listpack is
 *
 *   | live | deleted | names | name … | 0 | entry … |
 *
 *   entry  | flags | ms | sequence | (fields, name, value …) or (value …) | elements |
 *
 * with ms and sequence counted from the leaf's ID. Of old streams, what they lack is reckoned as
 * Redis does.
 */
import { NIL } from "../arena/arena.ts";
import { parseInt64 } from "../base/numbers.ts";
import type { Range } from "../base/range.ts";
import * as streamGroup from "../keyspace/stream_group.ts";
import * as streamValue from "../keyspace/stream_value.ts";
import type { EntryRef } from "../structures/entry.ts";
import { StreamId } from "../structures/stream_id.ts";
import { PendingTable } from "./pending_table.ts";
import { ListpackCursor } from "./rdb_elements.ts";
import {
  ENTRY_DELETED,
  ENTRY_SAME_FIELDS,
  Malformed,
  RdbType,
  STREAM_ID_SIZE,
  TIME_SIZE,
} from "./rdb_format.ts";
import type { RdbReader } from "./rdb_reader.ts";
import { EntryOrder, Fields } from "./stream_load.ts";
import { Text } from "./text.ts";

/** What an entry has beside its fields: flags, two parts of the ID, and the number of elements. */
const FRAME_ELEMENTS = 3;
/** The least bytes of a pending entry, with all of it, and of a consumer. */
const PENDING_SIZE = STREAM_ID_SIZE + TIME_SIZE + 1;
const CONSUMER_SIZE = 1 + TIME_SIZE + 1;

const key = new Text();
const blob = new Text();
const name = new Text();
const elements = new ListpackCursor();
const fields = new Fields();
const pending = new PendingTable();
const order = new EntryOrder();

const master = new StreamId();
const id = new StreamId();

/** Makes an entry, which has the room, the stream that comes next. */
export function loadStream(reader: RdbReader, e: EntryRef, type: number): void {
  streamValue.start(e);
  fields.reset();
  order.reset();
  for (let left = reader.count(2); left > 0; left--) loadLeaf(reader, e);
  checkLength(reader, streamValue.length(e));
  reader.lengthsId(id);
  order.checkLastId(id);
  streamValue.setLastId(e, id);
  streamValue.renewFirstId(e);
  if (type === RdbType.streamListpacks) {
    streamValue.setEntriesAdded(e, BigInt(streamValue.length(e)));
  } else {
    // The ID of the first entry is known already.
    reader.lengthsId(id);
    reader.lengthsId(id);
    streamValue.setMaxDeletedId(e, id);
    reader.length();
    streamValue.setEntriesAdded(e, reader.bigint);
  }
  const groups = reader.count(4);
  for (let left = groups; left > 0; left--) loadGroup(reader, e, type);
}

/** Older Redis wrote lengths that were wrong, and loads them: the entries are what counts. */
function checkLength(reader: RdbReader, counted: number): void {
  const stored = reader.length();
  if (stored === counted) return;
  if (counted === 0) throw new Malformed("a stream of another length");
  reader.mended = `the stream has ${counted} entries, not ${stored} as the file says`;
}

function loadLeaf(reader: RdbReader, e: EntryRef): void {
  reader.string(key);
  if (key.size !== STREAM_ID_SIZE) throw new Malformed("a stream's leaf without an ID");
  const { view } = key;
  master.set(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
  reader.string(blob);
  elements.start(blob.bytes, 0, blob.size);
  if (elements.isEmpty) throw new Malformed("an empty leaf");
  const live = count();
  const deleted = count();
  loadNames();
  let deletedSeen = 0;
  for (let i = 0; i < live + deleted; i++) {
    const flags = loadEntry();
    const isDeleted = (flags & ENTRY_DELETED) !== 0;
    const ownNames = (flags & ENTRY_SAME_FIELDS) === 0;
    order.check(id, isDeleted, i === 0);
    if (i === 0 && ownNames) throw new Malformed("a leaf's names are not its first entry's");
    streamValue.load(e, id, fields.args, 0, fields.args.count / 2, isDeleted, i === 0, ownNames);
    if (isDeleted) deletedSeen++;
  }
  if (deletedSeen !== deleted) throw new Malformed("a leaf with other counts of entries");
  if (elements.next()) throw new Malformed("a leaf has more elements than entries");
}

/** The next element of the leaf, which must be there. */
function element(): Range {
  if (!elements.next()) throw new Malformed("a leaf has less elements than entries");
  return elements.range;
}

/** The next element as an integer from 0 on that can be a number of elements. */
function count(): number {
  element();
  const value = elements.integer();
  if (!(value >= 0 && value <= blob.size)) throw new Malformed("a leaf's count is none");
  return value;
}

/** Reads the names that the leaf has, into the start of the buffer of the fields. */
function loadNames(): void {
  const total = count();
  fields.restart(0);
  for (let i = 0; i < total; i++) fields.add(element());
  if (count() !== 0) throw new Malformed("a leaf's names have no end");
  fields.keepNames();
}

/** Reads an entry: its ID into `id`, its fields. Returns its flags. */
function loadEntry(): number {
  const flags = count();
  loadId();
  fields.restartAfterNames();
  const hasNames = (flags & ENTRY_SAME_FIELDS) === 0;
  const total = hasNames ? count() : fields.nameCount;
  if (total === 0) throw new Malformed("an entry without fields");
  for (let i = 0; i < total; i++) {
    if (hasNames) fields.add(element());
    else fields.addName(i);
    fields.add(element());
  }
  const told = hasNames ? 2 * total + 1 : total;
  if (count() !== told + FRAME_ELEMENTS) throw new Malformed("an entry of another size");
  return flags;
}

/** Reads the two parts of an ID, each as the difference to the leaf's, of 64 bits. */
function loadId(): void {
  difference();
  const ms = sum(master.msHigh, master.msLow);
  difference();
  const seq = sum(master.seqHigh, master.seqLow);
  id.set(Number(ms >> 32n), Number(BigInt.asIntN(32, ms)), Number(seq >> 32n), low(seq));
}

const low = (value: bigint) => Number(BigInt.asIntN(32, value));

/** The difference read last. */
let told = 0n;

function difference(): void {
  const { bytes, offset, size } = element();
  const value = parseInt64(bytes, offset, size);
  if (value === null) throw new Malformed("an entry without an ID");
  told = value;
}

const sum = (high: number, word: number) =>
  BigInt.asIntN(64, ((BigInt(high) << 32n) | BigInt(word >>> 0)) + told);

function loadGroup(reader: RdbReader, e: EntryRef, type: number): void {
  fields.reset();
  addName(reader);
  if (streamGroup.find(streamValue.groupsOf(e), fields.args, 0) !== NIL) {
    throw new Malformed("a group that is there twice");
  }
  reader.lengthsId(id);
  let read = 0n;
  if (type === RdbType.streamListpacks) {
    read = streamValue.addedUpTo(e, id);
  } else {
    reader.length();
    read = reader.bigint;
  }
  const group = streamGroup.create(streamValue.madeGroups(e), fields.args, 0, id, read);
  pending.reset(reader.count(PENDING_SIZE));
  for (let i = 0; i < pending.count; i++) {
    reader.rawId(id);
    const timeMs = timeOf(reader);
    reader.length();
    if (!pending.set(i, id, timeMs, reader.bigint)) {
      throw new Malformed("pending entries out of order");
    }
  }
  const consumers = reader.count(CONSUMER_SIZE);
  for (let left = consumers; left > 0; left--) loadConsumer(reader, group, type);
  if (!pending.isAllTaken) throw new Malformed("a pending entry of no consumer");
}

/** A time in ms. No clock tells one that a double is not exact for. */
function timeOf(reader: RdbReader): number {
  const ms = reader.int64();
  if (!Number.isSafeInteger(ms)) throw new Malformed("a time that is none");
  return ms;
}

function addName(reader: RdbReader): void {
  reader.string(name);
  shown.bytes = name.bytes;
  shown.size = name.size;
  fields.restart(0);
  fields.add(shown);
}

const shown: Range = { bytes: name.bytes, offset: 0, size: 0 };

function loadConsumer(reader: RdbReader, group: EntryRef, type: number): void {
  addName(reader);
  if (streamGroup.find(streamGroup.consumersOf(group), fields.args, 0) !== NIL) {
    throw new Malformed("Duplicate stream consumer detected");
  }
  const seenMs = timeOf(reader);
  const consumer = streamGroup.createConsumer(group, fields.args, 0, seenMs);
  const activeMs = type === RdbType.streamListpacks3 ? timeOf(reader) : seenMs;
  streamGroup.setActiveMs(consumer, activeMs);
  for (let left = reader.count(STREAM_ID_SIZE); left > 0; left--) {
    reader.rawId(id);
    const index = pending.take(id);
    if (index < 0) throw new Malformed("a pending entry of two consumers, or of no group");
    streamGroup.addPending(group, consumer, id, pending.timeAt(index), pending.countAt(index));
  }
}
