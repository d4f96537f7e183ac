/** Makes a stream of the records of a snapshot, as they come. Throws Malformed. */
import { NIL } from "../../arena/arena.ts";
import type { EntryRef } from "../../structures/entry.ts";
import {
  type LoadCode,
  loadCode,
  Messages,
  PACKED_ENTRY_SIZE,
  PACKED_SIZE,
} from "../../structures/load_code/load_code.ts";
import * as element from "../../structures/packed_element.ts";
import { StreamId } from "../../structures/stream_id.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import { StreamLeafWriter } from "../../structures/stream_leaf_writer.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import { EntryOrder, NameArgument } from "../stream_load.ts";
import { encodeRun, run } from "./message_elements.ts";
import { Chunk, type MessageReader } from "./message_reader.ts";
import { ENTRY_BEGINS_LEAF, ENTRY_DELETED, ENTRY_SAME_NAMES } from "./snapshot_format.ts";

/** Items of an array that an entry, or a pending one, is made of. */
const ENTRY_ITEMS = 4;
const PENDING_ITEMS = 4;
const FLAGS = ENTRY_DELETED | ENTRY_BEGINS_LEAF | ENTRY_SAME_NAMES;

const INT64_END = 2 ** 63;

const FIX_ARRAY = 0x90;
const FIX_ARRAY_END = 0xa0;
const UINT8 = 0xcc;
const UINT16 = 0xcd;
const UINT32 = 0xce;
const UINT64 = 0xcf;
const INTEGER_SIZE_MAX = 9;

const id = new StreamId();
const chunk = new Chunk();

/** Reads an ID into `id`: two unsigned 64-bit integers. */
function readId(reader: MessageReader): void {
  reader.integer();
  const { high, low } = reader;
  reader.integer();
  id.set(high, low, reader.high, reader.low);
}

/** Entries as Redis has them in a listpack, as many as are taken over at once. */
const ownEntries = new Uint8Array(PACKED_SIZE + PACKED_ENTRY_SIZE + 2);
let packedEntries = ownEntries;

/**
 * Encodes plain entries, at most `most`: those that have so many values and no names, are not
 * deleted, and of which the ms and the sequence are near to those of `master`. Returns where they
 * end; the reader is at the first that is not plain, or for which there is no room.
 */
function encodeEntries(
  reader: MessageReader,
  master: StreamId,
  names: number,
  most: number,
): number {
  const { bytes, view, end } = reader;
  if (loadCode !== null && bytes === loadCode.block.bytes) {
    return encodeWide(loadCode, reader, master, names, most);
  }
  packedEntries = ownEntries;
  const to = packedEntries;
  let toEnd = 0;
  for (
    let left = names < FIX_ARRAY_END - FIX_ARRAY ? most : 0;
    left > 0 && toEnd < PACKED_SIZE;
    left--
  ) {
    const start = reader.at;
    if (start + 2 * INTEGER_SIZE_MAX > end) break;
    let at = start;
    const ms = bytes[at] === UINT64 ? view.getUint32(at + 5) : smallAt(bytes, view, at);
    const msHigh = bytes[at] === UINT64 ? view.getInt32(at + 1) : 0;
    at += sizeAt(bytes, at);
    const seq = smallAt(bytes, view, at);
    at += sizeAt(bytes, at);
    const msMore = ms - (master.msLow >>> 0);
    const seqMore = seq - (master.seqLow >>> 0);
    const isNear = msMore === (msMore | 0) && seqMore === (seqMore | 0);
    if (msHigh !== master.msHigh || ms < 0 || seq < 0 || !isNear) break;
    if (bytes[at] !== ENTRY_SAME_NAMES || bytes[at + 1] !== FIX_ARRAY + names) break;
    to[toEnd] = streamLeaf.PACKED_SAME_FIELDS;
    to[toEnd + 1] = 1;
    let into = writeInteger(to, toEnd + 2, msMore);
    into = writeInteger(to, into, seqMore);
    encodeRun(bytes, view, at + 2, end, to, into, toEnd + PACKED_ENTRY_SIZE, names);
    if (run.count !== names) break;
    to[run.end] = names + streamLeaf.PACKED_FIXED_ELEMENTS;
    to[run.end + 1] = 1;
    toEnd = run.end + 2;
    reader.at = run.at;
  }
  return toEnd;
}

/** As `encodeEntries`, by WebAssembly. */
function encodeWide(
  loading: LoadCode,
  reader: MessageReader,
  master: StreamId,
  names: number,
  most: number,
): number {
  if (names >= FIX_ARRAY_END - FIX_ARRAY) return 0;
  const { block, packedEntries: to, code } = loading;
  packedEntries = to.bytes;
  loading.setTrait(Messages.msHigh, master.msHigh);
  loading.setTrait(Messages.msLow, master.msLow);
  loading.setTrait(Messages.seqLow, master.seqLow);
  loading.setTrait(Messages.names, names);
  const [from, end] = [block.at + reader.at, block.at + reader.end];
  reader.at = code.encodeEntries(from, end, to.at, PACKED_SIZE, most) - block.at;
  return loading.trait(Messages.toEnd) - to.at;
}

function writeInteger(to: Uint8Array, at: number, value: number): number {
  const body = element.bodyOfInteger(value);
  element.writeSmall(to, at, value, body);
  to[at + body] = body;
  return at + body + 1;
}

/** The value of an unsigned integer of up to 32 bits; -1 of all else. */
function smallAt(bytes: Uint8Array, view: DataView, at: number): number {
  const code = bytes[at];
  if (code < 0x80) return code;
  if (code === UINT8) return bytes[at + 1];
  if (code === UINT16) return view.getUint16(at + 1);
  return code === UINT32 ? view.getUint32(at + 1) : -1;
}

/** The bytes of an unsigned integer. */
const sizeAt = (bytes: Uint8Array, at: number) =>
  bytes[at] < 0x80 ? 1 : 1 + (1 << (bytes[at] & 3));

/** A stream that is being loaded. */
export class StreamLoad {
  private readonly e: EntryRef;
  private readonly name = new NameArgument();
  private readonly order = new EntryOrder();
  private readonly leaf = new StreamLeafWriter();
  /** How many names the leaf has, and the ID of its first entry. */
  private names = 0;
  private readonly master = new StreamId();
  private entryCount = 0;
  private hasState = false;
  private group = NIL as EntryRef;
  private consumer = NIL as EntryRef;

  /** Makes an entry, which has the room, a stream without entries. */
  constructor(e: EntryRef) {
    this.e = e;
    streamValue.start(e);
  }

  /** Entries added, those included that were deleted. */
  get entries(): number {
    return this.entryCount;
  }

  /** Adds entries, of an array of so many items. */
  add(reader: MessageReader, items: number): void {
    if (items % ENTRY_ITEMS !== 0) throw new Malformed("an entry is not whole");
    for (let left = items / ENTRY_ITEMS; left > 0; ) {
      const isPlain = this.addEntry(reader);
      left--;
      if (isPlain) left -= this.addRun(reader, left);
    }
  }

  /**
   * Adds entries like the one added last, which is not deleted: as many as are plain, at most
   * `most`; how many. They are put as Redis has them first, which is what the leaf can take over.
   */
  private addRun(reader: MessageReader, most: number): number {
    const leaf = this.leaf;
    if (!leaf.isNear(this.master)) return 0;
    const before = leaf.count;
    const end = encodeEntries(reader, this.master, this.names, most);
    const stop = leaf.copyEntries(packedEntries, 0, end, most, this.master);
    if (stop !== end) throw new Malformed("an entry out of order");
    leaf.copyLast(id);
    this.order.follow(id);
    this.entryCount += leaf.count - before;
    return leaf.count - before;
  }

  /** Adds an entry; returns whether others like it may follow, at once. */
  private addEntry(reader: MessageReader): boolean {
    readId(reader);
    const flags = reader.count();
    if ((flags & ~FLAGS) !== 0) throw new Malformed("an entry has flags that are not known");
    const beginsLeaf = (flags & ENTRY_BEGINS_LEAF) !== 0;
    const isSame = (flags & ENTRY_SAME_NAMES) !== 0;
    const isDeleted = (flags & ENTRY_DELETED) !== 0;
    if (beginsLeaf ? isSame : this.entryCount === 0) throw new Malformed("a leaf without names");
    this.order.check(id, isDeleted, beginsLeaf);
    if (beginsLeaf) this.beginLeaf(reader, isDeleted);
    else this.addFields(reader, isDeleted, isSame);
    this.leaf.endEntry();
    this.entryCount++;
    return !isDeleted;
  }

  /** Reads fields, of which the names are then the leaf's. */
  private beginLeaf(reader: MessageReader, isDeleted: boolean): void {
    this.finishLeaf();
    const leaf = this.leaf;
    leaf.begin();
    const pairs = pairsOf(reader);
    const start = reader.at;
    addTexts(reader, leaf, 2 * pairs, NAMES);
    leaf.beginEntries(pairs);
    this.names = pairs;
    this.master.copy(id);
    leaf.beginEntry(id, isDeleted, -1);
    reader.at = start;
    addTexts(reader, leaf, 2 * pairs, VALUES);
  }

  private addFields(reader: MessageReader, isDeleted: boolean, isSame: boolean): void {
    const leaf = this.leaf;
    if (!isSame) {
      const pairs = pairsOf(reader);
      leaf.beginEntry(id, isDeleted, pairs);
      addTexts(reader, leaf, 2 * pairs, NAMES | VALUES);
      return;
    }
    const values = reader.array();
    if (values !== this.names) throw new Malformed("an entry has not as many values as names");
    leaf.beginEntry(id, isDeleted, -1);
    addTexts(reader, leaf, values, NAMES | VALUES);
  }

  /** Makes a leaf of the entries since the last one began. */
  private finishLeaf(): void {
    if (this.leaf.count > 0) streamValue.adoptLeaf(this.e, this.leaf.finish());
  }

  /** What is known of the stream, after all entries. */
  setState(reader: MessageReader): void {
    const e = this.e;
    this.finishLeaf();
    readId(reader);
    this.order.checkLastId(id);
    streamValue.setLastId(e, id);
    streamValue.renewFirstId(e);
    readId(reader);
    streamValue.setMaxDeletedId(e, id);
    reader.integer();
    streamValue.setEntriesAdded(e, reader.bigint);
    this.hasState = true;
  }

  /** Adds a group. */
  addGroup(reader: MessageReader): void {
    if (!this.hasState) throw new Malformed("a group before the state of the stream");
    this.readName(reader);
    const { args } = this.name;
    if (streamGroup.find(streamValue.groupsOf(this.e), args, 0) !== NIL) {
      throw new Malformed("a group that is there twice");
    }
    readId(reader);
    reader.integer();
    const groups = streamValue.madeGroups(this.e);
    this.group = streamGroup.create(groups, args, 0, id, reader.bigint);
    this.consumer = NIL as EntryRef;
  }

  /** Adds a consumer to the group that came last. */
  addConsumer(reader: MessageReader): void {
    if (this.group === NIL) throw new Malformed("a consumer without a group");
    this.readName(reader);
    const { args } = this.name;
    if (streamGroup.find(streamGroup.consumersOf(this.group), args, 0) !== NIL) {
      throw new Malformed("a consumer that is there twice");
    }
    this.consumer = streamGroup.createConsumer(this.group, args, 0, reader.double());
    streamGroup.setActiveMs(this.consumer, reader.double());
  }

  /** Adds pending entries, of an array of so many items, to the consumer that came last. */
  addPending(reader: MessageReader, items: number): void {
    if (this.consumer === NIL) throw new Malformed("a pending entry without a consumer");
    if (items % PENDING_ITEMS !== 0) throw new Malformed("a pending entry is not whole");
    for (let left = items / PENDING_ITEMS; left > 0; left--) {
      readId(reader);
      const timeMs = reader.double();
      reader.integer();
      if (streamGroup.findPending(this.group, id) !== NIL) {
        throw new Malformed("a pending entry of two consumers");
      }
      streamGroup.addPending(this.group, this.consumer, id, timeMs, reader.bigint);
    }
  }

  /** Throws if something is missing. */
  end(): void {
    if (!this.hasState) throw new Malformed("a stream without its state");
  }

  private readName(reader: MessageReader): void {
    reader.string(chunk);
    this.name.set(chunk);
  }
}

/** The number of names and values in turn in the array that comes next. */
function pairsOf(reader: MessageReader): number {
  const items = reader.array();
  if (items === 0 || items % 2 !== 0) throw new Malformed("an entry's fields are not whole");
  return items / 2;
}

/** Of names and values in turn, those at even and at odd places. */
const NAMES = 1;
const VALUES = 2;

/** Adds so many strings that come next to a leaf, of those at even and odd places the wanted. */
function addTexts(
  reader: MessageReader,
  leaf: StreamLeafWriter,
  items: number,
  wanted: number,
): void {
  for (let i = 0; i < items; i++) {
    if ((wanted & (1 << (i & 1))) !== 0) addText(reader, leaf);
    else reader.string(chunk);
  }
}

/** Adds the string that comes next to a leaf. */
function addText(reader: MessageReader, leaf: StreamLeafWriter): void {
  if (reader.isInteger) {
    const start = reader.at;
    // Beyond 64 bits with a sign a text is no integer to a leaf.
    if (reader.integer() < INT64_END) {
      leaf.addInteger(reader.high, reader.low);
      return;
    }
    reader.at = start;
  }
  reader.string(chunk);
  leaf.add(chunk.bytes, chunk.offset, chunk.size);
}
