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
import { NIL } from "../../arena/arena.ts";
import { counted } from "../../base/counted.ts";
import { parseInt64 } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { Entries, type LoadCode, loadCode } from "../../structures/load_code/load_code.ts";
import * as element from "../../structures/packed_element.ts";
import { StreamId } from "../../structures/stream_id.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import { StreamLeafWriter } from "../../structures/stream_leaf_writer.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { PendingTable } from "../pending_table.ts";
import { EntryOrder, NameArgument } from "../stream_load.ts";
import { Text } from "../text.ts";
import { ListpackBuilder } from "./listpack_builder.ts";
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

/** What an entry has beside its fields: flags, two parts of the ID, and the number of elements. */
const FRAME_ELEMENTS = 3;
/** What a leaf takes besides its entries, and more. */
const LEAF_ROOM = 128;
/** The least bytes of a pending entry, with all of it, and of a consumer. */
const PENDING_SIZE = STREAM_ID_SIZE + TIME_SIZE + 1;
const CONSUMER_SIZE = 1 + TIME_SIZE + 1;

const key = new Text();
const blob = new Text();
const name = new Text();
const elements = new ListpackCursor();
const named = new NameArgument();
const pending = new PendingTable();
const order = new EntryOrder();
const leaf = new StreamLeafWriter();
const rewritten = new ListpackBuilder();
const shown: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };

const WORD = 2 ** 32;
const TOO_FEW = "a leaf has less elements than entries";

const master = new StreamId();
const id = new StreamId();

/** Has what is read lie where such code can work on it, or not any more. */
export function settleStreams(code: LoadCode | null): void {
  blob.settle(code?.blob ?? null);
}

/** Makes an entry, which has the room, the stream that comes next. */
export function loadStream(reader: RdbReader, e: EntryRef, type: number): void {
  streamValue.start(e);
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
function checkLength(reader: RdbReader, count: number): void {
  const stored = reader.length();
  if (stored === count) return;
  if (count === 0) throw new Malformed("a stream of another length");
  const entries = counted(count, "entry", "entries");
  reader.mended = `the stream has ${entries}, not ${stored} as the file says`;
}

function loadLeaf(reader: RdbReader, e: EntryRef): void {
  reader.string(key);
  if (key.size !== STREAM_ID_SIZE) throw new Malformed("a stream's leaf without an ID");
  const { view } = key;
  master.set(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
  reader.string(blob);
  if (loadCode !== null && loadWide(loadCode, e)) return;
  openLeaf();
  if (next === end) throw new Malformed("an empty leaf");
  const live = count();
  const deleted = count();
  const names = loadNames();
  let deletedSeen = 0;
  const total = live + deleted;
  for (let i = loadRun(total); i < total; ) {
    const isDeleted = loadEntry(names, i === 0);
    i++;
    if (isDeleted) deletedSeen++;
    else i += loadRun(total - i);
  }
  if (deletedSeen !== deleted) throw new Malformed("a leaf with other counts of entries");
  if (next !== end) throw new Malformed("a leaf has more elements than entries");
  if (live + deleted > 0) streamValue.adoptLeaf(e, leaf.finish());
}

/** Takes the leaf over that was read, by WebAssembly, as a whole; false where that cannot do it. */
function loadWide(loading: LoadCode, e: EntryRef): boolean {
  const { blob: home, entries, code } = loading;
  const isNear = master.seqHigh === 0 && 2 * blob.size + LEAF_ROOM <= entries.bytes.length;
  if (!isNear || blob.bytes !== home.bytes) return false;
  elements.start(blob.bytes, 0, blob.size);
  loading.setTrait(Entries.baseMs, master.msLow);
  loading.setTrait(Entries.baseSeq, master.seqLow);
  loading.setTrait(Entries.baseMsHigh, master.msHigh);
  const [from, end] = [elements.following, elements.end];
  const passed = code.takeLeaf(home.at + from, home.at + end, entries.at);
  if (passed === 0) return false;
  elements.passTo(end, passed);
  elements.next();
  order.adopt(e, streamLeaf.fromBytes(entries.bytes, 0, loading.trait(Entries.toAt)));
  return true;
}

/** The elements of a leaf, all sound and as a packed block stores them: those still to be read. */
let bytes = blob.bytes;
let next = 0;
let end = 0;

/** Checks the listpack that was read, and begins with its elements. */
function openLeaf(): void {
  elements.start(blob.bytes, 0, blob.size);
  next = elements.following;
  do elements.run(blob.size, blob.size);
  while (elements.next());
  bytes = blob.bytes;
  end = elements.following;
  if (!elements.isExact) rewriteLeaf();
}

/** Stores the elements anew. */
function rewriteLeaf(): void {
  rewritten.reset();
  elements.start(blob.bytes, 0, blob.size);
  while (elements.next()) rewritten.addText(elements.range);
  ({ bytes } = rewritten.finish());
  end = rewritten.size - 1;
}

/** The next element as an integer from 0 on that can be a number of elements. */
function count(): number {
  const at = advance();
  const value = element.isInteger(bytes, at) ? element.integer(bytes, at) : -1;
  if (!(value >= 0 && value <= blob.size)) throw new Malformed("a leaf's count is none");
  return value;
}

/** Where the next element lies, which must be there; goes on to what follows it. */
function advance(): number {
  const at = next;
  if (at === end) throw new Malformed(TOO_FEW);
  next = at + element.span(bytes, at);
  return at;
}

/** Takes the next elements over, so many, as names or values. */
function takeOver(elementCount: number): void {
  const stop = leaf.addElements(bytes, next, end, elementCount);
  if (stop < 0) throw new Malformed(TOO_FEW);
  next = stop;
}

/** Takes the names over that the leaf has; returns how many. */
function loadNames(): number {
  const total = count();
  leaf.begin();
  takeOver(total);
  if (count() !== 0) throw new Malformed("a leaf's names have no end");
  leaf.beginEntries(total);
  return total;
}

/**
 * Takes over as many entries as are alike, at most `most`: the first ones of the leaf, or those
 * after one that is not deleted. How many.
 */
function loadRun(most: number): number {
  const before = leaf.count;
  next = leaf.copyEntries(bytes, next, end, most, master);
  const taken = leaf.count - before;
  if (taken === 0) return 0;
  if (before === 0) {
    leaf.copyFirst(id);
    order.check(id, false, true);
  }
  leaf.copyLast(id);
  order.follow(id);
  return taken;
}

/** Takes an entry over; returns whether it is deleted. */
function loadEntry(names: number, isFirst: boolean): boolean {
  const flags = count();
  loadId();
  const isDeleted = (flags & ENTRY_DELETED) !== 0;
  const hasNames = (flags & ENTRY_SAME_FIELDS) === 0;
  order.check(id, isDeleted, isFirst);
  if (isFirst && hasNames) throw new Malformed("a leaf's names are not its first entry's");
  const fields = hasNames ? count() : names;
  if (fields === 0) throw new Malformed("an entry without fields");
  leaf.beginEntry(id, isDeleted, hasNames ? fields : -1);
  const own = hasNames ? 2 * fields : fields;
  takeOver(own);
  leaf.endEntry();
  const told = hasNames ? own + 1 : own;
  if (count() !== told + FRAME_ELEMENTS) throw new Malformed("an entry of another size");
  return isDeleted;
}

/** Reads the two parts of an ID, each as the difference to the leaf's, of 64 bits. */
function loadId(): void {
  addDifference(master.msHigh, master.msLow);
  const { high, low } = sum;
  addDifference(master.seqHigh, master.seqLow);
  id.set(high, low, sum.high, sum.low);
}

/** The two words of a part of an ID. */
const sum = { high: 0, low: 0 };

/** Adds the next element, an integer, to an integer of 64 bits. */
function addDifference(high: number, low: number): void {
  const at = advance();
  const difference = element.isInteger(bytes, at) ? element.integer(bytes, at) : Number.NaN;
  if (Number.isNaN(difference)) {
    addWide(at, high, low);
    return;
  }
  const total = (low >>> 0) + (difference >>> 0);
  sum.low = total | 0;
  sum.high = (high + Math.floor(difference / WORD) + (total >= WORD ? 1 : 0)) | 0;
}

/** As `addDifference`, of the element at `at`, which is no safe integer. */
function addWide(at: number, high: number, low: number): void {
  const text = element.textInto(bytes, at, shown);
  const difference = parseInt64(text.bytes, text.offset, text.size);
  if (difference === null) throw new Malformed("an entry without an ID");
  const total = ((BigInt(high) << 32n) | BigInt(low >>> 0)) + difference;
  sum.high = Number(BigInt.asIntN(32, total >> 32n));
  sum.low = Number(BigInt.asIntN(32, total));
}

function loadGroup(reader: RdbReader, e: EntryRef, type: number): void {
  readName(reader);
  if (streamGroup.find(streamValue.groupsOf(e), named.args, 0) !== NIL) {
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
  const group = streamGroup.create(streamValue.madeGroups(e), named.args, 0, id, read);
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

function readName(reader: RdbReader): void {
  reader.string(name);
  named.set(name);
}

function loadConsumer(reader: RdbReader, group: EntryRef, type: number): void {
  readName(reader);
  if (streamGroup.find(streamGroup.consumersOf(group), named.args, 0) !== NIL) {
    throw new Malformed("Duplicate stream consumer detected");
  }
  const seenMs = timeOf(reader);
  const consumer = streamGroup.createConsumer(group, named.args, 0, seenMs);
  const activeMs = type === RdbType.streamListpacks3 ? timeOf(reader) : seenMs;
  streamGroup.setActiveMs(consumer, activeMs);
  for (let left = reader.count(STREAM_ID_SIZE); left > 0; left--) {
    reader.rawId(id);
    const index = pending.take(id);
    if (index < 0) throw new Malformed("a pending entry of two consumers, or of no group");
    streamGroup.addPending(group, consumer, id, pending.timeAt(index), pending.countAt(index));
  }
}
