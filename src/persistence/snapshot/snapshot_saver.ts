/**
 * Writes snapshots in Rusk's own format (docs/snapshot-format.md). The saver is told of one thing
 * after the other, as RdbSaver is, and gives blocks of whole records to a sink:
 *
 *   const saver = new SnapshotSaver(blocksTo(write, packs), "lru");
 *   saver.begin([["rusk", "0.1.0"], …]);
 *   saver.database(db, keys, expiring);
 *   saver.entry(db, keyspace, e);            for each key of the database, in any order
 *   saver.end();
 *
 * Between the calls other things may happen: each writes an entry as it is at that moment. A large
 * value can be told in parts as well: see saver.ts. While a group of a stream is,
 * what is pending in it is kept (33 bytes an entry): the format has that with the consumers.
 */
import { assert } from "../../base/assert.ts";
import type { Range } from "../../base/range.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { PackedRef } from "../../structures/packed.ts";
import type { StreamId } from "../../structures/stream_id.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import * as listValue from "../../values/list_value.ts";
import type { FrozenConsumer, FrozenGroup } from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { PendingTable } from "../pending_table.ts";
import type { LargeKey, LargeSaver, Saver, StreamState } from "../saver.ts";
import { MessageWriter } from "./message_writer.ts";
import { BlockWriter } from "./snapshot_block.ts";
import {
  countOf,
  isWhole,
  kindOf,
  kindOfType,
  type ValueParts,
  writeDeadline,
  writeKey,
  writeListBlock,
  writeMember,
  writeParts,
  writeScoredMember,
  writeText,
  writeWhole,
} from "./snapshot_encode.ts";
import {
  type StreamRecords,
  writeConsumerHead,
  writeGroupHead,
  writeLeaf,
  writePending,
  writeState,
  writeStreamState,
} from "./snapshot_encode_stream.ts";
import { BLOCK_SIZE, BlockKind, PART_SIZE, RecordKind } from "./snapshot_format.ts";
import { LeafRecords } from "./snapshot_leaves.ts";

/** Takes the blocks of a file. */
export interface BlockSink {
  /** Lists and streams come element by element, never as leaves. */
  readonly takesElements?: boolean;
  /**
   * Takes a buffer over, which holds a block of so many bytes. Returns the one to write the next
   * block to.
   */
  take(kind: number, bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>;
  /** All blocks were given, of so many keys. */
  end(keys: number): void;
}

/** Which access clocks of keys are saved. */
export type SavedClocks = "lru" | "lfu";

/** A buffer for a block, and for the record that fills it. */
export const newBlock = () => new Uint8Array(BLOCK_SIZE + PART_SIZE);

/** A sink that writes the file there and then; `packs`: blocks are packed. */
export function blocksTo(write: (bytes: Uint8Array) => void, packs: boolean): BlockSink {
  const writer = new BlockWriter(write, packs);
  return {
    take: (kind, bytes, size) => {
      writer.block(kind, bytes.subarray(0, size));
      return bytes.length > 2 * BLOCK_SIZE ? newBlock() : bytes;
    },
    end: (keys) => writer.end(keys),
  };
}

/** Writes one file: see above. */
export class SnapshotSaver implements Saver, LargeSaver {
  readonly large: LargeSaver = this;
  readonly commands = 0;
  private readonly sink: BlockSink;
  private readonly clocks: SavedClocks;
  private readonly to = new MessageWriter(newBlock());
  private readonly parts: OpenParts;
  private readonly leaves: LeafRecords | null;
  private readonly stream: StreamRecords;
  /** The number of the value that was begun last. */
  private number = 0;
  private keys = 0;
  /** The hash that is being told in parts has fields that expire. */
  private hasDeadlines = false;
  /** What is pending in the group that is, of which so many entries were told. */
  private readonly pendingTable = new PendingTable();
  private pendingTold = 0;

  constructor(sink: BlockSink, clocks: SavedClocks) {
    this.sink = sink;
    this.clocks = clocks;
    this.parts = new OpenParts(this.to, () => this.done());
    const takesLeaves = sink.takesElements !== true;
    this.leaves = takesLeaves ? new LeafRecords(this.to, () => this.done()) : null;
    this.stream = {
      to: this.to,
      begin: (kind, elements) => this.beginRecord(kind, elements),
      done: () => this.done(),
      inParts: (kind, write) => this.inParts(kind, write),
    };
  }

  /** Writes the head, with fields of ASCII texts of up to 255 characters. */
  begin(fields: readonly (readonly [name: string, value: string])[]): void {
    this.to.map(fields.length + 1);
    this.to.text("clocks");
    this.to.text(this.clocks);
    for (const [name, value] of fields) {
      this.to.text(name);
      this.to.text(value);
    }
    this.flush(BlockKind.head);
  }

  library(code: Uint8Array): void {
    this.to.array(2);
    this.to.integer(RecordKind.library);
    this.to.binary(code, 0, code.length);
    this.done();
  }

  database({ id }: Database, keys: number, expiring: number): void {
    this.writeDatabase(id, keys, expiring);
  }

  select(id: number): void {
    this.writeDatabase(id, 0, 0);
  }

  private writeDatabase(id: number, keys: number, expiring: number): void {
    const to = this.to;
    to.array(4);
    to.integer(RecordKind.database);
    to.integer(id);
    to.integer(keys);
    to.integer(expiring);
    this.done();
  }

  entry(db: Database, keyspace: Keyspace, e: EntryRef): void {
    if (isWhole(e)) {
      this.to.array(5);
      this.to.integer(kindOf(e));
      this.writeTraits(db, keyspace, e);
      writeWhole(this.to, e);
      this.keys++;
      this.done();
      return;
    }
    this.beginValue(kindOf(e));
    this.writeTraits(db, keyspace, e);
    this.to.integer(entry.type(e) === Type.stream ? streamValue.storedCount(e) : countOf(e));
    this.done();
    if (entry.type(e) === Type.stream) this.writeStream(e);
    else if (entry.type(e) === Type.list) this.writeList(e);
    else if (entry.type(e) === Type.string) this.writeLongString(e);
    else this.inParts(RecordKind.part, (parts) => writeParts(parts, e));
    this.endValue();
  }

  /** Writes key, expiry and access clock. */
  private writeTraits(db: Database, keyspace: Keyspace, e: EntryRef): void {
    const to = this.to;
    writeKey(to, e);
    if (entry.hasTtl(e)) this.writeExpiry(db.expiryOf(e), db.farExpiryOf(e));
    else to.nil();
    to.integer(this.clocks === "lfu" ? keyspace.frequency(e) : keyspace.idleSeconds(e));
  }

  private writeExpiry(ms: number, far: bigint | undefined): void {
    if (far === undefined) this.to.integer(ms);
    else this.to.bigint(far);
  }

  /** Begins a value in parts: its traits and count are to follow. */
  private beginValue(kind: number): void {
    this.number++;
    this.beginRecord(RecordKind.begin, 5);
    this.to.integer(kind);
    this.keys++;
  }

  private endValue(): void {
    this.beginRecord(RecordKind.end, 0);
    this.done();
  }

  private writeList(e: EntryRef): void {
    this.beginLeaves();
    listValue.eachLeaf(e, (leaf) => this.block(leaf));
    this.endParts();
  }

  /** Writes the entries of a stream, then what is known of it, then its groups. */
  private writeStream(e: EntryRef): void {
    this.beginLeaves();
    streamValue.eachLeaf(e, (leaf) => this.leaf(leaf));
    this.endParts();
    writeStreamState(this.stream, e);
  }

  private beginLeaves(): void {
    if (this.leaves !== null) this.leaves.begin(this.number);
    else this.parts.begin(RecordKind.part, this.number);
  }

  private writeLongString(e: EntryRef): void {
    const { bytes, offset, size } = stringValue.rangeOf(e);
    for (let at = 0; at < size; at += PART_SIZE) {
      this.piece(bytes, offset + at, Math.min(PART_SIZE, size - at));
    }
  }

  /** Begins a record of the value that was begun last, with so many elements that follow. */
  private beginRecord(kind: number, elements: number): void {
    this.to.array(2 + elements);
    this.to.integer(kind);
    this.to.integer(this.number);
  }

  private inParts(kind: number, write: (parts: ValueParts) => void): void {
    this.parts.begin(kind, this.number);
    write(this.parts);
    this.parts.end();
  }

  beginLarge(large: LargeKey): void {
    const to = this.to;
    this.select(large.database);
    this.hasDeadlines = large.firstDeadline !== Infinity;
    this.beginValue(kindOfType(large.type, this.hasDeadlines));
    to.binary(large.key, 0, large.key.length);
    if (large.expiryMs >= 0) this.writeExpiry(large.expiryMs, large.farExpiryMs);
    else to.nil();
    to.integer(this.clocks === "lfu" ? large.frequency : large.idleSeconds);
    to.integer(large.elements());
    this.done();
    if (large.type === Type.list || large.type === Type.stream) this.beginLeaves();
    else if (large.type !== Type.string) this.parts.begin(RecordKind.part, this.number);
  }

  piece(bytes: Uint8Array, offset: number, size: number): void {
    this.beginRecord(RecordKind.part, 1);
    this.to.binary(bytes, offset, size);
    this.done();
  }

  block(leaf: PackedRef): void {
    if (this.leaves !== null) this.leaves.addOfList(leaf);
    else listValue.showElements(leaf, (elements) => writeListBlock(this.parts, elements));
  }

  member(member: Range): void {
    writeMember(this.parts, member);
  }

  scored(member: Range, score: number): void {
    writeScoredMember(this.parts, member, score);
  }

  field(name: Range, value: Range, deadlineMs: number): void {
    writeText(this.to, name);
    writeText(this.to, value);
    if (this.hasDeadlines) writeDeadline(this.to, deadlineMs);
    this.parts.added(this.hasDeadlines ? 3 : 2);
  }

  leaf(entries: StreamLeafRef): void {
    if (this.leaves !== null) this.leaves.addOfStream(entries);
    else writeLeaf(this.parts, entries);
  }

  streamState({ lastId, maxDeletedId, entriesAdded }: StreamState): void {
    this.endParts();
    writeState(this.stream, lastId, maxDeletedId, entriesAdded);
  }

  beginGroup(group: FrozenGroup): void {
    this.endParts();
    writeGroupHead(this.stream, group.name, group.lastId, group.entriesRead);
    this.pendingTable.reset(group.pendingCount);
    this.pendingTold = 0;
  }

  pending(id: StreamId, deliveredMs: number, deliveryCount: bigint): void {
    this.pendingTable.set(this.pendingTold++, id, deliveredMs, deliveryCount);
  }

  beginConsumer(consumer: FrozenConsumer): void {
    this.endParts();
    writeConsumerHead(this.stream, consumer.name, consumer.seenMs, consumer.activeMs);
    if (consumer.pendingCount > 0) this.parts.begin(RecordKind.pending, this.number);
  }

  pendingId(id: StreamId): void {
    const index = this.pendingTable.take(id);
    assert(index >= 0, "an ID is pending for a consumer, and not in its group");
    writePending(this.parts, id, this.pendingTable.timeAt(index), this.pendingTable.countAt(index));
  }

  endLarge(): void {
    this.endParts();
    this.endValue();
    this.pendingTable.reset(0);
  }

  /** Ends what elements are added to, if there is anything. */
  private endParts(): void {
    if (this.parts.isOpen) this.parts.end();
    this.leaves?.end();
  }

  /** A record is whole. */
  private done(): void {
    if (this.to.size >= BLOCK_SIZE) this.flush(BlockKind.records);
  }

  private flush(kind: number): void {
    this.to.bytes = this.sink.take(kind, this.to.bytes, this.to.size);
    this.to.size = 0;
  }

  /** Writes the end; the sink has all then. */
  end(): void {
    if (this.to.size > 0) this.flush(BlockKind.records);
    this.sink.end(this.keys);
  }
}

/** Records whose last element is an array, one after the other while there are elements. */
class OpenParts implements ValueParts {
  readonly to: MessageWriter;
  isOpen = false;
  private readonly done: () => void;
  private kind = 0;
  private number = 0;
  /** Where the array begins that is open, and how many elements it has. */
  private arrayAt = 0;
  private count = 0;

  constructor(to: MessageWriter, done: () => void) {
    this.to = to;
    this.done = done;
  }

  begin(kind: number, number: number): void {
    this.kind = kind;
    this.number = number;
    this.open();
  }

  private open(): void {
    this.to.array(3);
    this.to.integer(this.kind);
    this.to.integer(this.number);
    this.arrayAt = this.to.openArray();
    this.count = 0;
    this.isOpen = true;
  }

  added(elements: number): void {
    this.count += elements;
    if (this.to.size - this.arrayAt < PART_SIZE) return;
    this.end();
    this.open();
  }

  end(): void {
    this.to.closeArray(this.arrayAt, this.count);
    this.isOpen = false;
    this.done();
  }
}
