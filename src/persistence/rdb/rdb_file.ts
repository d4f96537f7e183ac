/**
 * Redis's dump.rdb, both ways.
 *
 *   REDIS0010 | AUX name value … | FUNCTION code … | SELECTDB id | RESIZEDB keys expiring |
 *   (EXPIRETIME_MS time) (IDLE seconds) (FREQ counter) type key value | … | EOF | CRC-64 |
 *
 * Loading (loader.ts): a source gives the bytes in pieces of 64 KiB: the file is never in memory,
 * only a single string (or a small collection, which is one) is put together. A step throws
 * RdbError when the file is not sound. Files of versions 1 to 12 are read, and Valkey's own from 80
 * on (VALKEY080). Libraries of functions are kept as they are.
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
 * saver.ts, are written in a form that differs only in this: strings are not packed, nodes
 * of lists are smaller, and hashes, sets and sorted sets are in no order to rely on.
 *
 * Values: rdb_values.ts and rdb_encode.ts.
 */

import { NIL, segmentOf, u8 } from "../../arena/arena.ts";
import { latin1 } from "../../base/bytes.ts";
import { hashBytes } from "../../base/hash.ts";
import type { Range } from "../../base/range.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { PackedRef } from "../../structures/packed.ts";
import type { StreamId } from "../../structures/stream_id.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import * as listValue from "../../values/list_value.ts";
import type { FrozenConsumer, FrozenGroup } from "../../values/stream_group.ts";
import * as values from "../../values/values.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Loader, LoadingRules } from "../loader.ts";
import type { LargeKey, LargeSaver, Saver, StreamState } from "../saver.ts";
import { Text } from "../text.ts";
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
  VALKEY_HASH_EXPIRING,
  VALKEY_VERSION,
} from "./rdb_format.ts";
import { skipModuleAux, skipModuleValue } from "./rdb_modules.ts";
import { RdbReader } from "./rdb_reader.ts";
import { failureOf, isKnownType, type LoadedKey, readValkeyHash, readValue } from "./rdb_values.ts";
import { type ByteSink, RdbWriter } from "./rdb_writer.ts";

const MAGIC = "REDIS";
const VERSION_DIGITS = 4;
/** As long with its three digits. */
const VALKEY_MAGIC = "VALKEY";
const NO_TYPE = -1;
/** The least bytes that a key takes: its type, and two strings of one byte. */
const ENTRY_SIZE_MIN = 3;
const SHOWN_KEY_SIZE = 128;

/** Whether a file that begins with these bytes is an RDB file. */
export const isRdb = (bytes: Uint8Array) =>
  [MAGIC, VALKEY_MAGIC].some((magic) => latin1(bytes, 0, magic.length) === magic);

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
export interface RdbHooks extends LoadingRules {
  /** A field of the head: "redis-ver", "ctime" … */
  aux?(name: string, value: string): void;
  /** The keys that follow are of this database. */
  selected?(id: number): void;
  /** A key whose value has no elements, and is passed over. */
  empty?(key: string): void;
  /** Something that cannot be kept, and is passed over: what it is, as in "holds …". */
  lost?(what: string): void;
  /** A key has something that is not as it should be, and was put right. */
  mended?(key: string, what: string): void;
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

const isOpcode = (type: number) => type >= Opcode.slotImport || type === Opcode.recency;

/** Loads one file: see above. */
export class RdbLoader implements Loader {
  readonly figures = { keys: 0, expired: 0, empty: 0, module: 0, lost: 0 };
  version = 0;
  private isValkey = false;
  /** At the end: what was read and is behind it. */
  private unused: Uint8Array = new Uint8Array(0);
  private readonly reader = new RdbReader();
  private readonly keyspace: Keyspace;
  private readonly hooks: RdbHooks;
  private readonly key = new Text();
  private readonly text = new Text();
  private readonly traits = new Traits();
  /** The key for the value that is being read. */
  private readonly made: LoadedKey;
  private db: Database;
  /** The type of the value that is being read, or -1. */
  private type = NO_TYPE;

  constructor(source: ByteSource, keyspace: Keyspace, hooks: RdbHooks = {}) {
    this.reader.openSource(source);
    this.keyspace = keyspace;
    this.hooks = hooks;
    this.db = keyspace.databases[0];
    const { bytes, view } = this.key;
    this.made = { bytes, view, offset: 0, size: 0, hash: 0, expires: false };
  }

  get offset(): number {
    return this.reader.offset;
  }

  step(limit: number): boolean {
    try {
      if (this.version === 0) this.begin();
      for (let left = limit; left > 0; ) {
        const type = this.reader.byte();
        if (type === Opcode.end) {
          this.end();
          this.unused = this.reader.rest();
          this.reader.release();
          return false;
        }
        if (isOpcode(type)) {
          this.follow(type);
        } else {
          this.load(type);
          left--;
        }
      }
      return true;
    } catch (error) {
      this.reader.release();
      if (!(error instanceof Malformed)) throw error;
      throw new RdbError(this.reason(error), this.reader.offset);
    }
  }

  rest(): Uint8Array {
    return this.unused;
  }

  private reason(error: Malformed): string {
    if (this.type === NO_TYPE) return error.message;
    return `${failureOf(this.type, error)}, in key ${JSON.stringify(this.shownKey())}`;
  }

  private shownKey(): string {
    const { bytes, size } = this.key;
    return latin1(bytes, 0, Math.min(size, SHOWN_KEY_SIZE));
  }

  private begin(): void {
    const head = this.latin1(MAGIC.length + VERSION_DIGITS);
    this.isValkey = head.startsWith(VALKEY_MAGIC);
    if (!this.isValkey && !head.startsWith(MAGIC)) throw new Malformed("this is no RDB file");
    const digits = head.slice(this.isValkey ? VALKEY_MAGIC.length : MAGIC.length);
    this.version = /^\d+$/.test(digits) ? Number(digits) : 0;
    const isKnown = this.isValkey
      ? this.version >= VALKEY_VERSION
      : this.version >= 1 && this.version <= RDB_VERSION_MAX;
    if (isKnown) return;
    const whose = this.isValkey ? "Valkey's RDB files" : "RDB files";
    throw new Malformed(`${whose} of version ${JSON.stringify(digits)} are not known`);
  }

  private latin1(size: number): string {
    let text = "";
    for (let i = 0; i < size; i++) text += String.fromCharCode(this.reader.byte());
    return text;
  }

  private end(): void {
    if (this.version < RDB_VERSION_CHECKSUM) return;
    const { low, high } = this.reader.checksum;
    this.reader.int64();
    const isUnknown = (this.reader.low | this.reader.high) === 0;
    if (isUnknown || (this.reader.low === low && this.reader.high === high)) return;
    throw new Malformed("CRC error: the file was altered");
  }

  /** Does what an opcode says. */
  private follow(opcode: number): void {
    const reader = this.reader;
    switch (opcode) {
      case Opcode.expiryMs:
        this.traits.expiryMs = reader.int64();
        this.traits.farMs = Number.isSafeInteger(this.traits.expiryMs) ? undefined : reader.bigint;
        break;
      case Opcode.expirySeconds:
        this.traits.expiryMs = reader.int32() * 1000;
        break;
      case Opcode.idle:
        this.traits.idle = reader.length();
        break;
      case Opcode.frequency:
        this.traits.frequency = reader.byte();
        break;
      case Opcode.selectDb:
        this.select(reader.length());
        break;
      case Opcode.resizeDb:
        this.expect(reader.length(), reader.length());
        break;
      case Opcode.slotInfo:
        for (let i = 0; i < 3; i++) reader.length();
        break;
      case Opcode.recency:
        reader.length();
        break;
      case Opcode.function2:
        this.addLibrary(this.string());
        break;
      default:
        this.pass(opcode);
    }
  }

  private addLibrary(code: Uint8Array): void {
    const { libraries } = this.keyspace;
    if (this.hooks.replaces === true) libraries.add(code);
    else if (!libraries.addNew(code)) throw new Malformed("a library is there twice");
  }

  /** Passes over what is not for the keyspace, and tells of it. */
  private pass(opcode: number): void {
    switch (opcode) {
      case Opcode.aux: {
        const name = this.string();
        const value = this.string();
        this.hooks.aux?.(latin1(name, 0, name.length), latin1(value, 0, value.length));
        break;
      }
      case Opcode.moduleAux:
        this.lose(`data of module ${skipModuleAux(this.reader)}`);
        break;
      case Opcode.slotImport:
        this.passSlotImport();
        break;
      default:
        this.lose(`function ${this.passOldFunction()} of a time before Redis 7.0`);
    }
  }

  private lose(what: string): void {
    this.figures.lost++;
    this.hooks.lost?.(what);
  }

  /** Valkey's note of slots that a cluster was moving: a name, and pairs of slots. */
  private passSlotImport(): void {
    const reader = this.reader;
    reader.string(this.text);
    for (let left = 2 * reader.count(2); left > 0; left--) reader.length();
    this.lose("slots that were on their way to another node of a cluster");
  }

  /** A name, an engine, perhaps a description, and code; returns the name. */
  private passOldFunction(): string {
    const reader = this.reader;
    const name = this.string();
    reader.string(this.text);
    if (reader.length() !== 0) reader.string(this.text);
    reader.string(this.text);
    return JSON.stringify(latin1(name, 0, Math.min(name.length, SHOWN_KEY_SIZE)));
  }

  private string(): Uint8Array {
    this.reader.string(this.text);
    return this.text.bytes.slice(0, this.text.size);
  }

  private select(id: number): void {
    const db = this.keyspace.databases[id];
    if (db === undefined) {
      const { length } = this.keyspace.databases;
      throw new Malformed(`there is a database ${id}, and this server has ${length}`);
    }
    this.db = db;
    this.hooks.selected?.(id);
  }

  /** The database is said to have so many keys, and of them so many that expire. */
  private expect(keys: number, expiring: number): void {
    const expected = Math.min(keys, Math.floor(this.reader.left / ENTRY_SIZE_MIN));
    if (this.hooks.passesOn === undefined) this.db.reserve(expected);
    else this.hooks.passesOn(this.db.id, expected, Math.min(expiring, expected));
  }

  private load(type: number): void {
    const reader = this.reader;
    if (type !== RdbType.module2 && !this.knows(type)) {
      throw new Malformed(`a value or opcode of number ${type}, which is not known`);
    }
    reader.string(this.key);
    this.type = type;
    if (type === RdbType.module2) {
      const name = skipModuleValue(reader);
      this.lose(`key ${JSON.stringify(this.shownKey())} of module ${name}`);
      this.figures.module++;
    } else {
      this.admit(type);
    }
    this.type = NO_TYPE;
    this.traits.reset();
  }

  /** Numbers above those of Redis 7.2 are not the same in Valkey's own versions. */
  private knows(type: number): boolean {
    if (!this.isValkey || type < VALKEY_HASH_EXPIRING) return isKnownType(type);
    return type === VALKEY_HASH_EXPIRING;
  }

  private read(type: number, key: LoadedKey): EntryRef {
    if (this.isValkey && type === VALKEY_HASH_EXPIRING) return readValkeyHash(this.reader, key);
    const reader = this.reader;
    reader.mended = "";
    const made = readValue(reader, type, key);
    if (reader.mended !== "") this.hooks.mended?.(this.shownKey(), reader.mended);
    return made;
  }

  /** Reads a value and makes it that of the key. */
  private admit(type: number): void {
    const { bytes, view, size } = this.key;
    const { expiryMs, farMs, idle, frequency } = this.traits;
    const hash = hashBytes(bytes, view, 0, size);
    const expires = expiryMs !== -1;
    const key = this.made;
    key.bytes = bytes;
    key.view = view;
    key.size = size;
    key.hash = hash;
    key.expires = expires;
    const made = this.read(type, key);
    if (made === NIL) {
      this.figures.empty++;
      this.hooks.empty?.(this.shownKey());
      return;
    }
    const isOver = expires && expiryMs < this.keyspace.clock.nowMs;
    if (isOver && this.hooks.keepsExpired !== true) {
      values.discard(made);
      this.figures.expired++;
      return;
    }
    const old = dict.find(this.db.keys, bytes, view, 0, size, hash);
    if (old !== NIL) {
      if (this.hooks.replaces !== true) {
        values.discard(made);
        throw new Malformed("the key is there twice");
      }
      this.db.makeWay(old);
    }
    const e = this.db.link(made, expires ? expiryMs : -1, farMs);
    this.keyspace.restoreClock(e, idle, frequency);
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
export class RdbSaver implements Saver, LargeSaver {
  readonly large: LargeSaver = this;
  readonly commands = 0;
  private readonly writer: RdbWriter;
  private readonly options: Required<SaverOptions>;
  /** The large key that is being written has deadlines of fields: the first of them, or -1. */
  private firstDeadline = -1;
  /** Of the group that is being written: what is pending and not yet written, and consumers. */
  private pendingLeft = 0;
  private consumers = 0;

  constructor(sink: ByteSink, options: SaverOptions = {}) {
    this.options = { clocks: "none", packs: true, sums: true, version: RDB_VERSION, ...options };
    this.writer = new RdbWriter(sink);
    this.writer.reset(this.options.version);
    this.writer.packs = this.options.packs;
  }

  /** Bytes of the file so far. */
  get size(): number {
    return this.writer.total;
  }

  /** Writes the head, with fields of latin1 texts. */
  begin(aux: readonly (readonly [name: string, value: string])[]): void {
    const writer = this.writer;
    const head = MAGIC + String(this.options.version).padStart(VERSION_DIGITS, "0");
    for (let i = 0; i < head.length; i++) writer.byte(head.charCodeAt(i));
    for (const [name, value] of aux) {
      writer.byte(Opcode.aux);
      writer.text(name);
      writer.text(value);
    }
  }

  library(code: Uint8Array): void {
    this.writer.byte(Opcode.function2);
    this.writer.string(code, 0, code.length);
  }

  database({ id }: Database, keys: number, expiring: number): void {
    const writer = this.writer;
    writer.byte(Opcode.selectDb);
    writer.length(id);
    writer.byte(Opcode.resizeDb);
    writer.length(keys);
    writer.length(expiring);
  }

  select(id: number): void {
    this.writer.byte(Opcode.selectDb);
    this.writer.length(id);
  }

  entry(db: Database, keyspace: Keyspace, e: EntryRef): void {
    const writer = this.writer;
    if (entry.hasTtl(e)) this.expiry(db.expiryOf(e), db.farExpiryOf(e));
    const { clocks, version } = this.options;
    if (clocks === "lru") this.idle(keyspace.idleSeconds(e));
    else if (clocks === "lfu") this.frequency(keyspace.frequency(e));
    writer.byte(rdbTypeOf(e, version));
    writer.string(u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
    writeValue(writer, e);
  }

  private expiry(ms: number, far: bigint | undefined): void {
    this.writer.byte(Opcode.expiryMs);
    if (far === undefined) this.writer.int64(ms);
    else this.writer.bigint64(far);
  }

  private idle(seconds: number): void {
    this.writer.byte(Opcode.idle);
    this.writer.length(seconds);
  }

  private frequency(counter: number): void {
    this.writer.byte(Opcode.frequency);
    this.writer.byte(counter);
  }

  beginLarge(large: LargeKey): void {
    const writer = this.writer;
    this.select(large.database);
    if (large.expiryMs >= 0) this.expiry(large.expiryMs, large.farExpiryMs);
    const { clocks, version } = this.options;
    if (clocks === "lru") this.idle(large.idleSeconds);
    else if (clocks === "lfu") this.frequency(large.frequency);
    const type = rdbTypeOfLarge(large, version);
    this.firstDeadline = type === RdbType.hashMetadata ? large.firstDeadline : -1;
    writer.byte(type);
    writer.string(large.key, 0, large.key.length);
    writeLargeHead(writer, large);
  }

  piece(bytes: Uint8Array, offset: number, size: number): void {
    this.writer.raw(bytes, offset, size);
  }

  block(leaf: PackedRef): void {
    listValue.showElements(leaf, (elements) => writeListNode(this.writer, elements));
  }

  member(member: Range): void {
    writeRange(this.writer, member);
  }

  scored(member: Range, score: number): void {
    writeRange(this.writer, member);
    this.writer.double(score);
  }

  field(name: Range, value: Range, deadlineMs: number): void {
    const writer = this.writer;
    if (this.firstDeadline >= 0) writeFieldDeadline(writer, this.firstDeadline, deadlineMs);
    writeRange(writer, name);
    writeRange(writer, value);
  }

  leaf(entries: StreamLeafRef): void {
    writeLeaf(this.writer, entries);
  }

  streamState(state: StreamState): void {
    writeState(this.writer, state);
  }

  beginGroup(group: FrozenGroup): void {
    writeGroupHead(this.writer, group);
    this.pendingLeft = group.pendingCount;
    this.consumers = group.consumers.length;
    if (this.pendingLeft === 0) this.writer.length(this.consumers);
  }

  pending(id: StreamId, deliveredMs: number, deliveryCount: bigint): void {
    writePending(this.writer, id, deliveredMs, deliveryCount);
    if (--this.pendingLeft === 0) this.writer.length(this.consumers);
  }

  beginConsumer(consumer: FrozenConsumer): void {
    writeConsumerHead(this.writer, consumer, tellsActive(this.options.version));
  }

  pendingId(id: StreamId): void {
    this.writer.rawId(id);
  }

  endLarge(): void {}

  /** Writes the end; the sink has all then. */
  end(): void {
    this.writer.byte(Opcode.end);
    this.writer.checksum(this.options.sums);
    this.writer.flush();
  }
}
