/**
 * Redis's dump.rdb, both ways.
 *
 *   REDIS0010 | AUX name value … | FUNCTION code … | SELECTDB id | RESIZEDB keys expiring |
 *   (EXPIRETIME_MS time) (IDLE seconds) (FREQ counter) type key value | … | EOF | CRC-64 |
 *
 * Loading, in steps, so that whoever loads can see to other things in between:
 *
 *   const loader = new RdbLoader(source, keyspace, { function: (code) => … });
 *   while (loader.step(1000));
 *   loader.figures, loader.rest()
 *
 * A source gives the bytes in pieces of 64 KiB: the file is never in memory, only a single string
 * (or a small collection, which is one) is put together. A step throws RdbError when the file is
 * not sound. What was loaded until then is in the keyspace, each key whole: the caller empties it,
 * or exits. Nothing is announced, nothing counts as a change. Files of versions 1 to 12 are read.
 *
 * Saving: the saver is told of one thing after the other, and gives its bytes to a sink:
 *
 *   const saver = new RdbSaver(sink, { clocks: "lru" });
 *   saver.begin([["redis-ver", "7.0.15"], …]);
 *   saver.database(db, keys, expiring);
 *   saver.entry(db, keyspace, e);            for each key of the database, in any order
 *   saver.end();
 *
 * Between the calls other things may happen: each writes an entry as it is at that moment. What the
 * sink is given is in pieces of 64 KiB or more, good until it returns. The counts of `database`
 * only help who loads. `entry` writes a value however large it is; those that come in parts, see
 * large_saver.ts, are written in a form that differs only in this: strings are not packed, nodes
 * of lists are smaller, and hashes, sets and sorted sets are in no order to rely on.
 *
 * Values: rdb_values.ts and rdb_encode.ts.
 */
import { NIL, segmentOf, u8 } from "../arena/arena.ts";
import { latin1 } from "../base/bytes.ts";
import { hashBytes } from "../base/hash.ts";
import type { Range } from "../base/range.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { FrozenConsumer, FrozenGroup } from "../keyspace/stream_group.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { PackedRef } from "../structures/packed.ts";
import type { StreamId } from "../structures/stream_id.ts";
import type { StreamLeafRef } from "../structures/stream_leaf.ts";
import type { LargeKey, LargeSaver, StreamState } from "./large_saver.ts";
import {
  rdbTypeOf,
  rdbTypeOfLarge,
  tellsActive,
  writeFieldDeadline,
  writeLargeHead,
  writeListNode,
  writeRange,
  writeValue,
} from "./rdb_encode.ts";
import {
  writeConsumerHead,
  writeGroupHead,
  writeLeaf,
  writePending,
  writeState,
} from "./rdb_encode_stream.ts";
import {
  Malformed,
  Opcode,
  RDB_VERSION,
  RDB_VERSION_CHECKSUM,
  RDB_VERSION_MAX,
  RdbType,
} from "./rdb_format.ts";
import { skipModuleAux, skipModuleValue } from "./rdb_modules.ts";
import { type ByteSource, RdbReader } from "./rdb_reader.ts";
import { discard, failureOf, isKnownType, type LoadedKey, readValue } from "./rdb_values.ts";
import { type ByteSink, RdbWriter } from "./rdb_writer.ts";
import { Text } from "./text.ts";

export type { ByteSink, ByteSource };

const MAGIC = "REDIS";
const VERSION_DIGITS = 4;
const NO_TYPE = -1;
/** The least bytes that a key takes: its type, and two strings of one byte. */
const ENTRY_SIZE_MIN = 3;
const SHOWN_KEY_SIZE = 128;

/** Whether a file that begins with these bytes is an RDB file. */
export const isRdb = (bytes: Uint8Array) => latin1(bytes, 0, MAGIC.length) === MAGIC;

/** A file that can not be loaded: the message says where, and what is wrong. */
export class RdbError extends Error {
  /** Bytes of the file before what is wrong. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`${reason} (at byte ${offset})`);
    this.offset = offset;
  }
}

/** Told of what a file holds besides keys. Bytes are theirs to keep. */
export interface RdbHooks {
  /** A field of the head: "redis-ver", "ctime" … */
  aux?(name: string, value: string): void;
  /** The code of a library of functions. */
  function?(code: Uint8Array): void;
  /** A function of the time before Redis 7.0: name, engine, description and code. */
  oldFunction?(parts: readonly Uint8Array[]): void;
  /** A key whose value has no elements, and is passed over. */
  empty?(key: string): void;
  /** Whether keys whose time is over are loaded all the same, since what follows may need them. */
  readonly keepsExpired?: boolean;
  /** Whether a key that is there already is replaced; else the file is refused. */
  readonly replaces?: boolean;
  /** Something that a module saved, which is passed over; `isKey`: a key is lost with it. */
  module?(name: string, isKey: boolean): void;
}

/** What stands before a key and concerns it; -1 for what does not stand there. */
class Traits {
  expiryMs = -1;
  farMs: bigint | undefined = undefined;
  idle = -1;
  frequency = -1;

  reset(): void {
    this.expiryMs = -1;
    this.farMs = undefined;
    this.idle = -1;
    this.frequency = -1;
  }
}

/** Loads one file: see above. */
export class RdbLoader {
  /** Keys loaded; those that had expired, that had no elements and that were a module's. */
  readonly figures = { keys: 0, expired: 0, empty: 0, module: 0 };
  version = 0;
  readonly #reader = new RdbReader();
  readonly #keyspace: Keyspace;
  readonly #hooks: RdbHooks;
  readonly #key = new Text();
  readonly #text = new Text();
  readonly #traits = new Traits();
  /** The key for the value that is being read. */
  readonly #made: LoadedKey;
  #db: Database;
  /** The type of the value that is being read, or -1. */
  #type = NO_TYPE;

  constructor(source: ByteSource, keyspace: Keyspace, hooks: RdbHooks = {}) {
    this.#reader.openSource(source);
    this.#keyspace = keyspace;
    this.#hooks = hooks;
    this.#db = keyspace.databases[0];
    const { bytes, view } = this.#key;
    this.#made = { bytes, view, offset: 0, size: 0, hash: 0, expires: false };
  }

  /** Bytes of the file read so far. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** Loads up to `limit` keys; false when the file is at its end. */
  step(limit: number): boolean {
    try {
      if (this.version === 0) this.#begin();
      for (let left = limit; left > 0; ) {
        const type = this.#reader.byte();
        if (type === Opcode.end) {
          this.#end();
          return false;
        }
        if (type >= Opcode.slotInfo) {
          this.#follow(type);
        } else {
          this.#load(type);
          left--;
        }
      }
      return true;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw new RdbError(this.#reason(error), this.#reader.offset);
    }
  }

  /** At the end: what was read from the source and does not belong to the file. */
  rest(): Uint8Array {
    return this.#reader.rest();
  }

  #reason(error: Malformed): string {
    if (this.#type === NO_TYPE) return error.message;
    return `${failureOf(this.#type, error)}, in key ${JSON.stringify(this.#shownKey())}`;
  }

  #shownKey(): string {
    const { bytes, size } = this.#key;
    return latin1(bytes, 0, Math.min(size, SHOWN_KEY_SIZE));
  }

  #begin(): void {
    const head = this.#latin1(MAGIC.length + VERSION_DIGITS);
    if (!head.startsWith(MAGIC)) throw new Malformed("this is no RDB file");
    const digits = head.slice(MAGIC.length);
    this.version = /^\d+$/.test(digits) ? Number(digits) : 0;
    if (this.version < 1 || this.version > RDB_VERSION_MAX) {
      throw new Malformed(`RDB files of version ${JSON.stringify(digits)} are not known`);
    }
  }

  #latin1(size: number): string {
    let text = "";
    for (let i = 0; i < size; i++) text += String.fromCharCode(this.#reader.byte());
    return text;
  }

  #end(): void {
    if (this.version < RDB_VERSION_CHECKSUM) return;
    const { low, high } = this.#reader.checksum;
    this.#reader.int64();
    const isUnknown = (this.#reader.low | this.#reader.high) === 0;
    if (isUnknown || (this.#reader.low === low && this.#reader.high === high)) return;
    throw new Malformed("CRC error: the file was altered");
  }

  /** Does what an opcode says. */
  #follow(opcode: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case Opcode.expiryMs:
        this.#traits.expiryMs = reader.int64();
        this.#traits.farMs = Number.isSafeInteger(this.#traits.expiryMs)
          ? undefined
          : reader.bigint;
        break;
      case Opcode.expirySeconds:
        this.#traits.expiryMs = reader.int32() * 1000;
        break;
      case Opcode.idle:
        this.#traits.idle = reader.length();
        break;
      case Opcode.frequency:
        this.#traits.frequency = reader.byte();
        break;
      case Opcode.selectDb:
        this.#select(reader.length());
        break;
      case Opcode.resizeDb:
        this.#db.expect(Math.min(reader.length(), reader.left / ENTRY_SIZE_MIN));
        reader.length();
        break;
      case Opcode.slotInfo:
        for (let i = 0; i < 3; i++) reader.length();
        break;
      case Opcode.moduleAux:
        this.#hooks.module?.(skipModuleAux(reader), false);
        break;
      default:
        this.#tell(opcode);
    }
  }

  /** Tells the hooks of what is not for the keyspace. */
  #tell(opcode: number): void {
    if (opcode === Opcode.aux) {
      const name = this.#string();
      const value = this.#string();
      this.#hooks.aux?.(latin1(name, 0, name.length), latin1(value, 0, value.length));
    } else if (opcode === Opcode.function2) {
      this.#hooks.function?.(this.#string());
    } else {
      const parts = [this.#string(), this.#string()];
      parts.push(this.#reader.length() === 0 ? new Uint8Array(0) : this.#string());
      parts.push(this.#string());
      this.#hooks.oldFunction?.(parts);
    }
  }

  #string(): Uint8Array {
    this.#reader.string(this.#text);
    return this.#text.bytes.slice(0, this.#text.size);
  }

  #select(id: number): void {
    const db = this.#keyspace.databases[id];
    if (db === undefined) {
      const { length } = this.#keyspace.databases;
      throw new Malformed(`there is a database ${id}, and this server has ${length}`);
    }
    this.#db = db;
  }

  #load(type: number): void {
    const reader = this.#reader;
    reader.string(this.#key);
    this.#type = type;
    if (type === RdbType.module2) {
      this.#hooks.module?.(skipModuleValue(reader), true);
      this.figures.module++;
    } else if (isKnownType(type)) {
      this.#admit(type);
    } else {
      throw new Malformed(`values of type ${type} are not known`);
    }
    this.#type = NO_TYPE;
    this.#traits.reset();
  }

  /** Reads a value and makes it that of the key. */
  #admit(type: number): void {
    const { bytes, view, size } = this.#key;
    const { expiryMs, farMs, idle, frequency } = this.#traits;
    const hash = hashBytes(bytes, view, 0, size);
    const expires = expiryMs !== -1;
    const key = this.#made;
    key.bytes = bytes;
    key.view = view;
    key.size = size;
    key.hash = hash;
    key.expires = expires;
    const made = readValue(this.#reader, type, key);
    if (made === NIL) {
      this.figures.empty++;
      this.#hooks.empty?.(this.#shownKey());
      return;
    }
    const isOver = expires && expiryMs < this.#keyspace.clock.nowMs;
    if (isOver && this.#hooks.keepsExpired !== true) {
      discard(made);
      this.figures.expired++;
      return;
    }
    const old = dict.find(this.#db.keys, bytes, view, 0, size, hash);
    if (old !== NIL) {
      if (this.#hooks.replaces !== true) {
        discard(made);
        throw new Malformed("the key is there twice");
      }
      this.#keyspace.changingAlso(this.#db, old, "");
      this.#db.delete(old);
    }
    const e = this.#db.admit(made, expires ? expiryMs : -1, farMs);
    this.#keyspace.restoreClock(e, idle, frequency);
    this.figures.keys++;
  }
}

export interface SaverOptions {
  /** Which access clocks of keys are saved. */
  readonly clocks?: "none" | "lru" | "lfu";
  /** Whether strings are packed, and the file has a checksum: as is the default. */
  readonly packs?: boolean;
  readonly sums?: boolean;
  /**
   * The version: 10, which Redis loads from 7.0 on, without one; with version 12 deadlines of hash
   * fields are kept, which only Redis 7.4 knows.
   */
  readonly version?: number;
}

/** Writes one file: see above. */
export class RdbSaver implements LargeSaver {
  readonly #writer: RdbWriter;
  readonly #options: Required<SaverOptions>;
  /** The large key that is being written has deadlines of fields: the first of them, or -1. */
  #firstDeadline = -1;
  /** Of the group that is being written: what is pending and not yet written, and consumers. */
  #pendingLeft = 0;
  #consumers = 0;

  constructor(sink: ByteSink, options: SaverOptions = {}) {
    this.#options = { clocks: "none", packs: true, sums: true, version: RDB_VERSION, ...options };
    this.#writer = new RdbWriter(sink);
    this.#writer.reset(this.#options.version);
    this.#writer.packs = this.#options.packs;
  }

  /** Bytes of the file so far. */
  get size(): number {
    return this.#writer.total;
  }

  /** Writes the head, with fields of latin1 texts. */
  begin(aux: readonly (readonly [name: string, value: string])[]): void {
    const writer = this.#writer;
    const head = MAGIC + String(this.#options.version).padStart(VERSION_DIGITS, "0");
    for (let i = 0; i < head.length; i++) writer.byte(head.charCodeAt(i));
    for (const [name, value] of aux) {
      writer.byte(Opcode.aux);
      writer.text(name);
      writer.text(value);
    }
  }

  /** Writes the code of a library of functions; before the databases. */
  function(code: Uint8Array): void {
    this.#writer.byte(Opcode.function2);
    this.#writer.string(code, 0, code.length);
  }

  /** The keys that follow are of this database: about so many, of which so many expire. */
  database({ id }: Database, keys: number, expiring: number): void {
    const writer = this.#writer;
    writer.byte(Opcode.selectDb);
    writer.length(id);
    writer.byte(Opcode.resizeDb);
    writer.length(keys);
    writer.length(expiring);
  }

  /** The keys that follow are of the database of this number, untold how many. */
  select(id: number): void {
    this.#writer.byte(Opcode.selectDb);
    this.#writer.length(id);
  }

  /** Writes a key of the database, with expiry, access clock and value. */
  entry(db: Database, keyspace: Keyspace, e: EntryRef): void {
    const writer = this.#writer;
    if (entry.hasTtl(e)) this.#expiry(db.expiryOf(e), db.farExpiryOf(e));
    const { clocks, version } = this.#options;
    if (clocks === "lru") this.#idle(keyspace.idleSeconds(e));
    else if (clocks === "lfu") this.#frequency(keyspace.frequency(e));
    writer.byte(rdbTypeOf(e, version));
    writer.string(u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
    writeValue(writer, e);
  }

  #expiry(ms: number, far: bigint | undefined): void {
    this.#writer.byte(Opcode.expiryMs);
    if (far === undefined) this.#writer.int64(ms);
    else this.#writer.bigint64(far);
  }

  #idle(seconds: number): void {
    this.#writer.byte(Opcode.idle);
    this.#writer.length(seconds);
  }

  #frequency(counter: number): void {
    this.#writer.byte(Opcode.frequency);
    this.#writer.byte(counter);
  }

  beginLarge(large: LargeKey): void {
    const writer = this.#writer;
    this.select(large.database);
    if (large.expiryMs >= 0) this.#expiry(large.expiryMs, large.farExpiryMs);
    const { clocks, version } = this.#options;
    if (clocks === "lru") this.#idle(large.idleSeconds);
    else if (clocks === "lfu") this.#frequency(large.frequency);
    const type = rdbTypeOfLarge(large, version);
    this.#firstDeadline = type === RdbType.hashMetadata ? large.firstDeadline : -1;
    writer.byte(type);
    writer.string(large.key, 0, large.key.length);
    writeLargeHead(writer, large);
  }

  piece(bytes: Uint8Array, offset: number, size: number): void {
    this.#writer.raw(bytes, offset, size);
  }

  block(elements: PackedRef): void {
    writeListNode(this.#writer, elements);
  }

  member(member: Range): void {
    writeRange(this.#writer, member);
  }

  scored(member: Range, score: number): void {
    writeRange(this.#writer, member);
    this.#writer.double(score);
  }

  field(name: Range, value: Range, deadlineMs: number): void {
    const writer = this.#writer;
    if (this.#firstDeadline >= 0) writeFieldDeadline(writer, this.#firstDeadline, deadlineMs);
    writeRange(writer, name);
    writeRange(writer, value);
  }

  leaf(entries: StreamLeafRef): void {
    writeLeaf(this.#writer, entries);
  }

  streamState(state: StreamState): void {
    writeState(this.#writer, state);
  }

  beginGroup(group: FrozenGroup): void {
    writeGroupHead(this.#writer, group);
    this.#pendingLeft = group.pendingCount;
    this.#consumers = group.consumers.length;
    if (this.#pendingLeft === 0) this.#writer.length(this.#consumers);
  }

  pending(id: StreamId, deliveredMs: number, deliveryCount: bigint): void {
    writePending(this.#writer, id, deliveredMs, deliveryCount);
    if (--this.#pendingLeft === 0) this.#writer.length(this.#consumers);
  }

  beginConsumer(consumer: FrozenConsumer): void {
    writeConsumerHead(this.#writer, consumer, tellsActive(this.#options.version));
  }

  pendingId(id: StreamId): void {
    this.#writer.rawId(id);
  }

  endLarge(): void {}

  /** Writes the end; the sink has all then. */
  end(): void {
    this.#writer.byte(Opcode.end);
    this.#writer.checksum(this.#options.sums);
    this.#writer.flush();
  }
}
