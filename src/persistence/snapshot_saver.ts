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
 * value can be written in pieces as well, with other keys, and pieces of other values, in between:
 *
 *   const number = saver.beginValue(db, keyspace, e);
 *   saver.part(number, (parts) => …);        elements as snapshot_encode.ts writes them, in order
 *   saver.endValue(number);
 */
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import * as stringValue from "../keyspace/string_value.ts";
import { Type } from "../keyspace/types.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { MessageWriter } from "./message_writer.ts";
import { BlockWriter } from "./snapshot_block.ts";
import {
  countOf,
  isWhole,
  kindOf,
  type Parts,
  writeKey,
  writeParts,
  writeWhole,
} from "./snapshot_encode.ts";
import { entryCount, type StreamRecords, writeStream } from "./snapshot_encode_stream.ts";
import { BLOCK_SIZE, BlockKind, PART_SIZE, RecordKind } from "./snapshot_format.ts";

/** Takes the blocks of a file. */
export interface BlockSink {
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
export class SnapshotSaver {
  readonly #sink: BlockSink;
  readonly #clocks: SavedClocks;
  readonly #to = new MessageWriter(newBlock());
  readonly #parts: OpenParts;
  readonly #stream: StreamRecords;
  /** The number of the value that was begun last. */
  #number = 0;
  #keys = 0;

  constructor(sink: BlockSink, clocks: SavedClocks) {
    this.#sink = sink;
    this.#clocks = clocks;
    this.#parts = new OpenParts(this.#to, () => this.#done());
    this.#stream = {
      to: this.#to,
      begin: (kind, elements) => this.#begin(kind, this.#number, elements),
      done: () => this.#done(),
      inParts: (kind, write) => this.#inParts(kind, this.#number, write),
    };
  }

  /** Writes the head, with fields of ASCII texts of up to 255 characters. */
  begin(fields: readonly (readonly [name: string, value: string])[]): void {
    this.#to.map(fields.length + 1);
    this.#to.text("clocks");
    this.#to.text(this.#clocks);
    for (const [name, value] of fields) {
      this.#to.text(name);
      this.#to.text(value);
    }
    this.#flush(BlockKind.head);
  }

  /** The keys that follow are of this database: about so many, of which so many expire. */
  database({ id }: Database, keys: number, expiring: number): void {
    this.#writeDatabase(id, keys, expiring);
  }

  /** The keys that follow are of the database of this number, untold how many. */
  select(id: number): void {
    this.#writeDatabase(id, 0, 0);
  }

  #writeDatabase(id: number, keys: number, expiring: number): void {
    const to = this.#to;
    to.array(4);
    to.integer(RecordKind.database);
    to.integer(id);
    to.integer(keys);
    to.integer(expiring);
    this.#done();
  }

  /** Writes a key of the database, with expiry, access clock and value. */
  entry(db: Database, keyspace: Keyspace, e: EntryRef): void {
    if (isWhole(e)) {
      this.#to.array(5);
      this.#to.integer(kindOf(e));
      this.#writeTraits(db, keyspace, e);
      writeWhole(this.#to, e);
      this.#keys++;
      this.#done();
      return;
    }
    const number = this.beginValue(db, keyspace, e);
    if (entry.type(e) === Type.stream) writeStream(this.#stream, e);
    else if (entry.type(e) === Type.string) this.#writeLongString(number, e);
    else this.part(number, (parts) => writeParts(parts, e));
    this.endValue(number);
  }

  /** Writes key, expiry and access clock. */
  #writeTraits(db: Database, keyspace: Keyspace, e: EntryRef): void {
    const to = this.#to;
    writeKey(to, e);
    if (entry.hasTtl(e)) {
      const far = db.farExpiryOf(e);
      if (far === undefined) to.integer(db.expiryOf(e));
      else to.bigint(far);
    } else {
      to.nil();
    }
    to.integer(this.#clocks === "lfu" ? keyspace.frequency(e) : keyspace.idleSeconds(e));
  }

  /** Begins a value, which is as it is now; returns its number. */
  beginValue(db: Database, keyspace: Keyspace, e: EntryRef): number {
    this.#begin(RecordKind.begin, ++this.#number, 5);
    this.#to.integer(kindOf(e));
    this.#writeTraits(db, keyspace, e);
    this.#to.integer(entry.type(e) === Type.stream ? entryCount(e) : countOf(e));
    this.#keys++;
    this.#done();
    return this.#number;
  }

  /** Has elements of a collection that was begun written, in pieces. */
  part(number: number, write: (parts: Parts) => void): void {
    this.#inParts(RecordKind.part, number, write);
  }

  /** Ends a value that was begun. */
  endValue(number: number): void {
    this.#begin(RecordKind.end, number, 0);
    this.#done();
  }

  #writeLongString(number: number, e: EntryRef): void {
    const { bytes, offset, size } = stringValue.rangeOf(e);
    for (let at = 0; at < size; at += PART_SIZE) {
      this.#begin(RecordKind.part, number, 1);
      this.#to.binary(bytes, offset + at, Math.min(PART_SIZE, size - at));
      this.#done();
    }
  }

  #begin(kind: number, number: number, elements: number): void {
    this.#to.array(2 + elements);
    this.#to.integer(kind);
    this.#to.integer(number);
  }

  #inParts(kind: number, number: number, write: (parts: Parts) => void): void {
    this.#parts.begin(kind, number);
    write(this.#parts);
    this.#parts.end();
  }

  /** A record is whole. */
  #done(): void {
    if (this.#to.size >= BLOCK_SIZE) this.#flush(BlockKind.records);
  }

  #flush(kind: number): void {
    this.#to.bytes = this.#sink.take(kind, this.#to.bytes, this.#to.size);
    this.#to.size = 0;
  }

  /** Writes the end; the sink has all then. */
  end(): void {
    if (this.#to.size > 0) this.#flush(BlockKind.records);
    this.#sink.end(this.#keys);
  }
}

/** Records whose last element is an array, one after the other while there are elements. */
class OpenParts implements Parts {
  readonly to: MessageWriter;
  readonly #done: () => void;
  #kind = 0;
  #number = 0;
  /** Where the array begins that is open, 0 for none, and how many elements it has. */
  #arrayAt = 0;
  #count = 0;

  constructor(to: MessageWriter, done: () => void) {
    this.to = to;
    this.#done = done;
  }

  begin(kind: number, number: number): void {
    this.#kind = kind;
    this.#number = number;
    this.#open();
  }

  #open(): void {
    this.to.array(3);
    this.to.integer(this.#kind);
    this.to.integer(this.#number);
    this.#arrayAt = this.to.openArray();
    this.#count = 0;
  }

  added(elements: number): void {
    this.#count += elements;
    if (this.to.size - this.#arrayAt < PART_SIZE) return;
    this.end();
    this.#open();
  }

  end(): void {
    this.to.closeArray(this.#arrayAt, this.#count);
    this.#done();
  }
}
