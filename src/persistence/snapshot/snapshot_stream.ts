/** Makes a stream of the records of a snapshot, as they come. Throws Malformed. */
import { NIL } from "../../arena/arena.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { loadCode } from "../../structures/load_code/load_code.ts";
import { StreamId } from "../../structures/stream_id.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import { StreamLeafWriter } from "../../structures/stream_leaf_writer.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import { EntryOrder, NameArgument } from "../stream_load.ts";
import { LeafSource } from "./leaf_source.ts";
import { Chunk, type MessageReader } from "./message_reader.ts";
import { ENTRY_BEGINS_LEAF, ENTRY_DELETED, ENTRY_SAME_NAMES } from "./snapshot_format.ts";

/** Items of an array that an entry, or a pending one, is made of. */
const ENTRY_ITEMS = 4;
const PENDING_ITEMS = 4;
const FLAGS = ENTRY_DELETED | ENTRY_BEGINS_LEAF | ENTRY_SAME_NAMES;

const INT64_END = 2 ** 63;

const id = new StreamId();
const chunk = new Chunk();

/** Reads an ID into `id`: two unsigned 64-bit integers. */
function readId(reader: MessageReader): void {
  reader.integer();
  const { high, low } = reader;
  reader.integer();
  id.set(high, low, reader.high, reader.low);
}

/** A stream that is being loaded. */
export class StreamLoad {
  private readonly e: EntryRef;
  private readonly name = new NameArgument();
  private readonly order = new EntryOrder();
  private readonly leaf = new StreamLeafWriter();
  private readonly source = new LeafSource();
  /** How many names the leaf has. */
  private names = 0;
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
    for (let left = items / ENTRY_ITEMS; left > 0; left--) this.addEntry(reader);
  }

  /** Adds leaves as they are in memory. */
  addLeaves({ bytes, view, offset, size }: Chunk): void {
    const end = offset + size;
    this.finishLeaf();
    for (let at = offset; at < end; ) {
      let stop = at;
      if (loadCode !== null && bytes === loadCode.block.bytes) {
        const { block, code } = loadCode;
        stop = code.checkStream(block.at + at, block.at + end) - block.at;
      }
      while (at < stop) {
        const own = view.getInt32(at, true);
        const leaf = streamLeaf.fromBytes(bytes, at, own);
        this.entryCount += streamLeaf.liveCount(leaf);
        this.order.adopt(this.e, leaf);
        at += own;
      }
      if (at < end) at += this.rebuild(bytes, view, at, end);
    }
  }

  /** Makes a leaf of the entries in the one at `at`; returns its size. */
  private rebuild(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const { leaf, source } = this;
    const size = source.open(bytes, view, at, end);
    leaf.begin();
    for (let left = source.names; left > 0; left--) {
      source.text(chunk);
      leaf.add(chunk.bytes, chunk.offset, chunk.size);
    }
    source.beginEntries();
    leaf.beginEntries(source.names);
    for (let isFirst = true; source.next(); isFirst = false) {
      const { isDeleted, fields } = source;
      this.order.check(source.id, isDeleted, isFirst);
      leaf.beginEntry(source.id, isDeleted, fields);
      for (let left = fields < 0 ? source.names : 2 * fields; left > 0; left--) {
        source.text(chunk);
        leaf.add(chunk.bytes, chunk.offset, chunk.size);
      }
      leaf.endEntry();
      source.endEntry();
      this.entryCount++;
    }
    streamValue.adoptLeaf(this.e, leaf.finish());
    return size;
  }

  private addEntry(reader: MessageReader): void {
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
