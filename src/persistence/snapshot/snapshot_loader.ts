/**
 * Loads snapshots in Rusk's own format (docs/snapshot-format.md), in steps: see loader.ts.
 *
 * One block of the file is in memory at a time. A step throws SnapshotError when the file is not
 * sound: nothing of a block is used whose checksum is wrong, and a file without its end is none.
 */

import { NIL, segmentOf, u8, views } from "../../arena/arena.ts";
import { latin1 } from "../../base/bytes.ts";
import { hashBytes } from "../../base/hash.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { AREA } from "../../values/collection.ts";
import * as values from "../../values/values.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Loader, LoadingRules } from "../loader.ts";
import { Malformed } from "../rdb/rdb_format.ts";
import type { LoadedKey } from "../rdb/rdb_values.ts";
import { Chunk, MessageReader } from "./message_reader.ts";
import { BlockReader } from "./snapshot_block.ts";
import { BlockKind, DEFLATE_RATIO_MAX, RecordKind, SnapshotError } from "./snapshot_format.ts";
import { addListLeaves } from "./snapshot_leaves_load.ts";
import { StreamLoad } from "./snapshot_stream.ts";
import {
  addElements,
  endCollection,
  LongString,
  newEntry,
  readString,
  readWhole,
  startCollection,
  widthOf,
} from "./snapshot_values.ts";

/** Room is made for as many elements as there could be in a file that is packed by this factor. */
const EXPECTED_PER_BYTE = 8;
const SHOWN_KEY_SIZE = 128;
/** Values that may be open at once: as many as a server changes while it saves a large one. */
const OPEN_VALUES_MAX = 1 << 16;

/** What concerns a key besides its value. */
interface Traits {
  db: Database;
  /** Unix ms, or -1; and where a double is not exact for it. */
  expiryMs: number;
  farMs: bigint | undefined;
  /** Idle seconds, or the LFU counter; -1 for neither. */
  clock: number;
}

/** A value that comes in parts. */
interface OpenValue extends Traits {
  readonly kind: number;
  readonly e: EntryRef;
  /** Elements, or bytes, that are to come. */
  readonly count: number;
  loaded: number;
  readonly string: LongString | null;
  readonly stream: StreamLoad | null;
}

/** Loads one file: see above. */
export class SnapshotLoader implements Loader {
  /** All but keys, loaded or expired, are always 0. */
  readonly figures = { keys: 0, expired: 0, empty: 0, module: 0, lost: 0 };
  /** The fields of the file's head. */
  head: ReadonlyMap<string, string> = new Map();
  private readonly blocks: BlockReader;
  private readonly reader = new MessageReader();
  private readonly keyspace: Keyspace;
  private readonly fileSize: number;
  private readonly rules: LoadingRules;
  private readonly open = new Map<number, OpenValue>();
  private readonly key = new Chunk();
  private readonly leaves = new Chunk();
  private readonly made: LoadedKey;
  private readonly traits: Traits;
  private keys = 0;
  /** Whether the keys have LFU counters. */
  private isLfu = false;

  constructor(source: ByteSource, keyspace: Keyspace, rules: LoadingRules = {}) {
    this.rules = rules;
    this.blocks = new BlockReader(source);
    this.keyspace = keyspace;
    this.fileSize = source.size;
    const { bytes, view } = this.key;
    this.made = { bytes, view, offset: 0, size: 0, hash: 0, expires: false };
    this.traits = { db: keyspace.databases[0], expiryMs: -1, farMs: undefined, clock: -1 };
  }

  get version(): number {
    return this.blocks.version;
  }

  get offset(): number {
    return this.blocks.total;
  }

  /** At the end: nothing follows a snapshot. */
  rest(): Uint8Array {
    return new Uint8Array(0);
  }

  step(limit: number): boolean {
    try {
      if (this.version === 0) this.begin();
      for (let left = limit; left > 0; left--) {
        while (this.reader.isAtEnd) if (!this.next()) return false;
        this.record();
      }
      return true;
    } catch (error) {
      this.discardOpen();
      this.blocks.close();
      if (!(error instanceof Malformed)) throw error;
      throw new SnapshotError(error.message, this.blocks.offset);
    }
  }

  private begin(): void {
    this.blocks.begin();
    this.blocks.next();
    if (this.blocks.kind !== BlockKind.head) throw new Malformed("the snapshot has no head");
    this.openBlock();
    this.head = this.reader.map();
    if (!this.reader.isAtEnd) throw new Malformed("there is more in the head than it says");
    this.isLfu = this.head.get("clocks") === "lfu";
  }

  private openBlock(): void {
    const { bytes, view, size } = this.blocks;
    this.reader.open(bytes, view, size);
  }

  /** Goes on to the next block; false when it is the last. */
  private next(): boolean {
    this.blocks.next();
    if (this.blocks.kind === BlockKind.records) {
      this.openBlock();
      return true;
    }
    if (this.blocks.kind !== BlockKind.foot) throw new Malformed("a block of no known kind");
    if (this.open.size > 0) throw new Malformed("a value has no end");
    if (this.blocks.keys !== this.keys) throw new Malformed("there are not as many keys as told");
    return false;
  }

  private record(): void {
    const reader = this.reader;
    const elements = reader.array();
    const kind = reader.count();
    if (kind <= RecordKind.expiringHash && kind !== RecordKind.stream) {
      expect(elements, 5);
      this.keys++;
      this.readKey();
      this.readTraits(this.traits);
      const made =
        kind === RecordKind.string
          ? readString(reader, this.made)
          : readWhole(reader, kind, this.made);
      this.admit(made, this.traits);
    } else if (kind === RecordKind.database) {
      expect(elements, 4);
      this.select();
    } else if (kind === RecordKind.begin) {
      expect(elements, 7);
      this.keys++;
      this.beginValue();
    } else if (kind === RecordKind.library) {
      expect(elements, 2);
      this.readLibrary();
    } else {
      this.continue(kind, elements);
    }
  }

  private readLibrary(): void {
    this.reader.string(this.key);
    const { bytes, offset, size } = this.key;
    const { libraries } = this.keyspace;
    const code = bytes.slice(offset, offset + size);
    if (this.rules.replaces === true) libraries.add(code);
    else if (!libraries.addNew(code)) throw new Malformed("a library is there twice");
  }

  private select(): void {
    const id = this.reader.count();
    const { databases } = this.keyspace;
    const db = databases[id];
    if (db === undefined) {
      const { length } = databases;
      throw new Malformed(`there is a database ${id}, and this server has ${length}`);
    }
    this.traits.db = db;
    const keys = this.expected(this.reader.count());
    const expiring = Math.min(this.reader.count(), keys);
    if (this.rules.passesOn === undefined) db.reserve(keys);
    else this.rules.passesOn(id, keys, expiring);
  }

  private expected(count: number): number {
    return Math.min(count, this.fileSize * EXPECTED_PER_BYTE);
  }

  private readKey(): void {
    this.reader.string(this.key);
    const { bytes, view, offset, size } = this.key;
    const key = this.made;
    key.bytes = bytes;
    key.view = view;
    key.offset = offset;
    key.size = size;
    key.hash = hashBytes(bytes, view, offset, size);
  }

  private readTraits(traits: Traits): void {
    const reader = this.reader;
    traits.expiryMs = -1;
    traits.farMs = undefined;
    if (!reader.nil()) {
      traits.expiryMs = reader.integer();
      if (!Number.isSafeInteger(traits.expiryMs)) traits.farMs = reader.bigint;
    }
    this.made.expires = traits.expiryMs !== -1;
    traits.clock = reader.nil() ? -1 : reader.count();
  }

  /** Makes an entry that is whole a key, unless it has expired. */
  private admit(e: EntryRef, { db, expiryMs, farMs, clock }: Traits): void {
    const keyspace = this.keyspace;
    const isOver = expiryMs !== -1 && expiryMs < keyspace.clock.nowMs;
    if (isOver && this.rules.keepsExpired !== true) {
      values.discard(e);
      this.figures.expired++;
      return;
    }
    const { bytes, view, offset, size, hash } = this.made;
    const old = dict.find(db.keys, bytes, view, offset, size, hash);
    if (old !== NIL) {
      if (this.rules.replaces !== true) {
        values.discard(e);
        throw new Malformed(`key ${this.shownKey()} is there twice`);
      }
      db.makeWay(old);
    }
    const home = db.link(e, expiryMs, farMs);
    if (clock >= 0) keyspace.restoreClock(home, this.isLfu ? -1 : clock, this.isLfu ? clock : -1);
    this.figures.keys++;
  }

  private shownKey(): string {
    const { bytes, offset, size } = this.made;
    return JSON.stringify(latin1(bytes, offset, Math.min(size, SHOWN_KEY_SIZE)));
  }

  private beginValue(): void {
    const reader = this.reader;
    const number = reader.count();
    const kind = reader.count();
    if (this.open.has(number)) throw new Malformed("two values have the same number");
    if (this.open.size >= OPEN_VALUES_MAX) throw new Malformed("too many values have no end");
    if (kind > RecordKind.expiringHash) throw new Malformed("a value of no known kind");
    this.readKey();
    const traits = { ...this.traits };
    this.readTraits(traits);
    const count = reader.count();
    if (count > this.fileSize * DEFLATE_RATIO_MAX) {
      throw new Malformed("a value that cannot be in a file of this size");
    }
    const e = newEntry(this.made, AREA);
    let isOpen = false;
    try {
      const isString = kind === RecordKind.string;
      const isStream = kind === RecordKind.stream;
      if (!isString && !isStream) startCollection(e, kind, this.expected(count));
      this.open.set(number, {
        ...traits,
        kind,
        e,
        count,
        loaded: 0,
        string: isString ? new LongString(e, count) : null,
        stream: isStream ? new StreamLoad(e) : null,
      });
      isOpen = true;
    } finally {
      if (!isOpen) values.discard(e);
    }
  }

  /** Reads what comes next of a value that was begun. */
  private continue(kind: number, elements: number): void {
    const reader = this.reader;
    const number = reader.count();
    const value = this.open.get(number);
    if (value === undefined) throw new Malformed("a record of no known kind, or of no open value");
    if (kind === RecordKind.end) {
      expect(elements, 2);
      this.open.delete(number);
      this.endValue(value);
    } else if (kind === RecordKind.part) {
      expect(elements, 3);
      this.addPart(value);
    } else if (kind === RecordKind.leaves) {
      expect(elements, 3);
      this.addLeaves(value);
    } else if (value.stream !== null) {
      this.addToStream(value.stream, kind, elements);
    } else {
      throw new Malformed("a record of a stream for another value");
    }
  }

  private addPart(value: OpenValue): void {
    const reader = this.reader;
    if (value.string !== null) {
      value.string.add(reader);
    } else if (value.stream !== null) {
      value.stream.add(reader, reader.array());
    } else {
      const items = reader.array();
      addElements(reader, value.e, value.kind, items);
      value.loaded += items / widthOf(value.kind);
    }
  }

  private addLeaves(value: OpenValue): void {
    this.reader.string(this.leaves);
    if (value.stream !== null) value.stream.addLeaves(this.leaves);
    else if (value.kind === RecordKind.list) value.loaded += addListLeaves(value.e, this.leaves);
    else throw new Malformed("leaves of a value that has none");
  }

  private addToStream(stream: StreamLoad, kind: number, elements: number): void {
    const reader = this.reader;
    switch (kind) {
      case RecordKind.streamState:
        expect(elements, 7);
        stream.setState(reader);
        break;
      case RecordKind.group:
        expect(elements, 6);
        stream.addGroup(reader);
        break;
      case RecordKind.consumer:
        expect(elements, 5);
        stream.addConsumer(reader);
        break;
      case RecordKind.pending:
        expect(elements, 3);
        stream.addPending(reader, reader.array());
        break;
      default:
        throw new Malformed("a record of no known kind");
    }
  }

  private endValue(value: OpenValue): void {
    const { e, kind, count } = value;
    let isWhole = false;
    try {
      if (value.string !== null) isWhole = value.string.isFull;
      else if (value.stream !== null) isWhole = value.stream.entries === count;
      else isWhole = value.loaded === count;
      if (!isWhole) throw new Malformed("a value has not as many elements as it says");
      isWhole = false;
      if (value.stream !== null) value.stream.end();
      else if (value.string === null) endCollection(e, kind);
      isWhole = true;
    } finally {
      if (!isWhole) values.discard(e);
    }
    this.borrowKey(e);
    this.admit(e, value);
  }

  /** The key that is to be admitted is that of an entry which was made before. */
  private borrowKey(e: EntryRef): void {
    const key = this.made;
    const segment = segmentOf(entry.keyBlock(e));
    key.bytes = u8[segment];
    key.view = views[segment];
    key.offset = entry.keyOffset(e);
    key.size = entry.keySize(e);
    key.hash = entry.hash(e);
  }

  private discardOpen(): void {
    for (const { e } of this.open.values()) values.discard(e);
    this.open.clear();
  }
}

/** A record must have so many elements. */
function expect(elements: number, wanted: number): void {
  if (elements !== wanted) throw new Malformed("a record has not as many elements as it should");
}
