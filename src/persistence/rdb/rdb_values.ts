/**
 * Makes values of what RDB files and DUMP payloads hold: of every form in which Redis 2.2 to 7.4
 * has written them.
 *
 * A value is built in an entry that no database has, so nobody sees it before it is whole, and
 * what is malformed leaves nothing behind. Small collections are held in one string each: every
 * element of them is checked before it is used (rdb_elements.ts). What Redis checks only if
 * sanitize-dump-payload says so is checked always.
 */
import { NIL } from "../../arena/arena.ts";
import { parseLooseDouble, scanDouble } from "../../base/doubles.ts";
import { parseInt64, parseSafe } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import { TIME_END } from "../../structures/deadline_block.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as intset from "../../structures/intset.ts";
import { type LoadCode, loadCode } from "../../structures/load_code/load_code.ts";
import type { PackedRef } from "../../structures/packed.ts";
import * as packed from "../../structures/packed.ts";
import { AREA } from "../../values/collection.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as listLoad from "../../values/list_load.ts";
import * as listValue from "../../values/list_value.ts";
import { hasTwice, hasTwiceOf } from "../../values/pairs_load.ts";
import * as setValue from "../../values/set_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import * as values from "../../values/values.ts";
import * as zsetPacked from "../../values/zset_packed.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { Text } from "../text.ts";
import { type Elements, ListpackCursor, ZiplistCursor, ZipmapCursor } from "./rdb_elements.ts";
import { Malformed, NODE_PACKED, NODE_PLAIN, RdbType, TIME_SIZE } from "./rdb_format.ts";
import type { RdbReader } from "./rdb_reader.ts";
import { loadStream, settleStreams } from "./rdb_stream.ts";

/** The key for which a value is made: borrowed bytes, their hash, and whether it will expire. */
export interface LoadedKey {
  bytes: Uint8Array;
  view: DataView;
  offset: number;
  size: number;
  hash: number;
  expires: boolean;
}

type Load = (reader: RdbReader, e: EntryRef) => void;

const listpacks = new ListpackCursor();
const ziplists = new ZiplistCursor();
const zipmaps = new ZipmapCursor();

/** What is read: a whole collection, or one element and what belongs to it. */
const blob = new Text();
const first = new Text();
const second = new Text();

/** Has what is read lie where such code can work on it, or not any more. */
export function settleValues(code: LoadCode | null): void {
  blob.settle(code?.blob ?? null);
  settleStreams(code);
}

/** How the collections are read, by RdbType. */
const LOADS: Readonly<Record<number, Load>> = {
  [RdbType.list]: loadList,
  [RdbType.listZiplist]: (reader, e) => {
    listValue.start(e);
    listLoad.begin(e);
    addAll(reader, ziplists);
    listLoad.finish();
  },
  [RdbType.listQuicklist]: loadZiplistNodes,
  [RdbType.listQuicklist2]: loadListpackNodes,
  [RdbType.set]: loadSet,
  [RdbType.setIntset]: loadIntset,
  [RdbType.setListpack]: loadPackedSet,
  [RdbType.zset]: (reader, e) => loadZset(reader, e, readTextualScore),
  [RdbType.zset2]: (reader, e) => loadZset(reader, e, () => reader.double()),
  [RdbType.zsetZiplist]: (reader, e) => loadPackedZset(reader, e, ziplists),
  [RdbType.zsetListpack]: (reader, e) => loadPackedZset(reader, e, listpacks),
  [RdbType.hash]: loadHash,
  [RdbType.hashZipmap]: (reader, e) => loadPackedHash(reader, e, zipmaps),
  [RdbType.hashZiplist]: (reader, e) => loadPackedHash(reader, e, ziplists),
  [RdbType.hashListpack]: (reader, e) => loadPackedHash(reader, e, listpacks),
  [RdbType.hashMetadataPre]: (reader, e) => loadExpiringHash(reader, e, 0),
  [RdbType.hashMetadata]: (reader, e) => loadExpiringHash(reader, e, reader.int64()),
  [RdbType.hashListpackExPre]: loadPackedExpiringHash,
  [RdbType.hashListpackEx]: (reader, e) => {
    reader.int64();
    loadPackedExpiringHash(reader, e);
  },
  [RdbType.streamListpacks]: (reader, e) => loadStream(reader, e, RdbType.streamListpacks),
  [RdbType.streamListpacks2]: (reader, e) => loadStream(reader, e, RdbType.streamListpacks2),
  [RdbType.streamListpacks3]: (reader, e) => loadStream(reader, e, RdbType.streamListpacks3),
};

/** What the string is in which a type holds a collection, as Redis's log calls it. */
const BLOB_NAMES: Readonly<Record<number, string>> = {
  [RdbType.hashZipmap]: "Zipmap",
  [RdbType.listZiplist]: "List ziplist",
  [RdbType.listQuicklist]: "Ziplist",
  [RdbType.listQuicklist2]: "Listpack",
  [RdbType.setIntset]: "Intset",
  [RdbType.setListpack]: "Set listpack",
  [RdbType.zsetZiplist]: "Zset ziplist",
  [RdbType.zsetListpack]: "Zset listpack",
  [RdbType.hashZiplist]: "Hash ziplist",
  [RdbType.hashListpack]: "Hash listpack",
  [RdbType.hashListpackExPre]: "Hash listpack",
  [RdbType.hashListpackEx]: "Hash listpack",
  [RdbType.streamListpacks]: "Stream listpack",
  [RdbType.streamListpacks2]: "Stream listpack",
  [RdbType.streamListpacks3]: "Stream listpack",
};

/** What is to be said in the log of a value of an RdbType that is malformed. */
export const failureOf = (type: number, { message }: Malformed) =>
  `${BLOB_NAMES[type] ?? "Value"} integrity check failed: ${message}`;

/** Whether `readValue` knows values of this type. */
export const isKnownType = (type: number) => type === RdbType.string || LOADS[type] !== undefined;

/**
 * Reads a value of an RdbType that is known, and returns an entry of it and the key, which no
 * database has: it is the caller's. NIL for a collection without elements, which is none. Throws
 * Malformed.
 */
export function readValue(reader: RdbReader, type: number, key: LoadedKey): EntryRef {
  if (type === RdbType.string) return readString(reader, key);
  return readCollection(reader, key, LOADS[type]);
}

function readCollection(reader: RdbReader, key: LoadedKey, load: Load): EntryRef {
  const e = newEntry(key, AREA);
  let isWhole = false;
  try {
    load(reader, e);
    isWhole = entry.type(e) === Type.stream || values.count(e) > 0;
  } finally {
    if (!isWhole) values.discard(e);
  }
  return isWhole ? e : (NIL as EntryRef);
}

/** As `readValue`, of a hash in Valkey's own form. */
export function readValkeyHash(reader: RdbReader, key: LoadedKey): EntryRef {
  return readCollection(reader, key, loadValkeyHash);
}

/** An entry of the key, without a value: an integer until it has one. */
function newEntry(key: LoadedKey, area: number): EntryRef {
  return entry.create(key.bytes, key.view, key.offset, key.size, key.hash, area, key.expires);
}

function readString(reader: RdbReader, key: LoadedKey): EntryRef {
  reader.string(blob);
  const { bytes, view, size } = blob;
  const safe = parseSafe(bytes, 0, size);
  if (!Number.isNaN(safe)) {
    const e = newEntry(key, stringValue.INT_AREA);
    stringValue.writeInt(e, safe);
    return e;
  }
  const wide = parseInt64(bytes, 0, size);
  const area = wide === null ? stringValue.areaFor(size) : stringValue.INT_AREA;
  const e = newEntry(key, area);
  if (wide !== null) stringValue.writeBigInt(e, wide);
  else stringValue.writeBytes(e, bytes, view, 0, size);
  return e;
}

function loadList(reader: RdbReader, e: EntryRef): void {
  listValue.start(e);
  listLoad.begin(e);
  for (let left = reader.count(1); left > 0; left--) {
    reader.string(first);
    listLoad.add(first.bytes, 0, first.size);
  }
  listLoad.finish();
}

/** Adds the elements of the string that comes next to the list that is being loaded. */
function addAll(reader: RdbReader, elements: Elements): void {
  reader.string(blob);
  elements.start(blob.bytes, 0, blob.size);
  while (elements.next()) {
    const { bytes, offset, size } = elements.range;
    listLoad.add(bytes, offset, size);
  }
}

function loadZiplistNodes(reader: RdbReader, e: EntryRef): void {
  listValue.start(e);
  listLoad.begin(e);
  for (let left = reader.count(1); left > 0; left--) addAll(reader, ziplists);
  listLoad.finish();
}

function loadListpackNodes(reader: RdbReader, e: EntryRef): void {
  listValue.start(e);
  listLoad.begin(e);
  for (let left = reader.count(2); left > 0; left--) {
    const container = reader.length();
    if (container !== NODE_PLAIN && container !== NODE_PACKED) {
      throw new Malformed("a list's node of no known form");
    }
    reader.string(blob);
    if (container === NODE_PLAIN) {
      if (blob.size === 0) throw new Malformed("a list's plain node is empty");
      listLoad.add(blob.bytes, 0, blob.size);
    } else {
      addPackedNode();
    }
  }
  listLoad.finish();
}

/** Adds the elements of the listpack that was read. */
function addPackedNode(): void {
  listpacks.start(blob.bytes, 0, blob.size);
  for (;;) {
    listLoad.addRun(blob.bytes, listpacks.following, listpacks.end);
    listpacks.passTo(listLoad.run.at, listLoad.run.count);
    if (!listpacks.next()) return;
    const { bytes, offset, size } = listpacks.range;
    listLoad.add(bytes, offset, size);
  }
}

/** Whether `soundListpack` has passed all at once. */
let isPlain = false;

/** The listpack that was read as a block; NIL when a block would store it in another way. */
function soundListpack(): PackedRef {
  listpacks.start(blob.bytes, 0, blob.size);
  listpacks.run(blob.size, blob.size);
  isPlain = listpacks.following === listpacks.end;
  while (listpacks.next()) listpacks.run(blob.size, blob.size);
  if (!listpacks.isExact) return NIL as PackedRef;
  return packed.fromViewed(blob.bytes, blob.view, blob.size);
}

function loadSet(reader: RdbReader, e: EntryRef): void {
  const members = reader.count(1);
  setValue.start(e, members);
  for (let left = members; left > 0; left--) {
    reader.string(first);
    addMember(e, first);
  }
}

function addMember(e: EntryRef, { bytes, view, size }: Text): void {
  if (!setValue.add(e, bytes, view, 0, size)) throw new Malformed("a member that is there twice");
}

function loadPackedSet(reader: RdbReader, e: EntryRef): void {
  reader.string(blob);
  setValue.start(e, 0);
  listpacks.start(blob.bytes, 0, blob.size);
  while (listpacks.next()) {
    copyRange(listpacks.range, first);
    addMember(e, first);
  }
}

const INTSET_HEADER = 8;

function loadIntset(reader: RdbReader, e: EntryRef): void {
  reader.string(blob);
  const { view, size } = blob;
  const width = size < INTSET_HEADER ? 0 : view.getInt32(0, true);
  const members = size < INTSET_HEADER ? 0 : view.getUint32(4, true);
  if (width !== 2 && width !== 4 && width !== 8) throw new Malformed("an intset of no known form");
  if (members * width + INTSET_HEADER !== size) throw new Malformed("an intset of another size");
  if (members === 0) throw new Malformed("an intset without members");
  const s = intset.fromBytes(blob.bytes, 0, size);
  for (let i = 1; i < members; i++) {
    const high = intset.highAt(s, i - 1);
    const isAfter =
      high === intset.highAt(s, i)
        ? intset.lowAt(s, i - 1) >>> 0 < intset.lowAt(s, i) >>> 0
        : high < intset.highAt(s, i);
    if (isAfter) continue;
    intset.release(s);
    throw new Malformed("an intset that is out of order");
  }
  setValue.startIntegers(e, s);
}

const TEXTUAL_NAN = 253;
const TEXTUAL_INFINITE = 254;
const TEXTUAL_NEGATIVE_INFINITE = 255;

/** A score as its decimal text with a size of one byte, of which three stand for what is none. */
function readTextualScore(reader: RdbReader): number {
  const size = reader.byte();
  if (size === TEXTUAL_NAN) return Number.NaN;
  if (size === TEXTUAL_INFINITE) return Infinity;
  if (size === TEXTUAL_NEGATIVE_INFINITE) return -Infinity;
  second.resize(size);
  for (let i = 0; i < size; i++) second.bytes[i] = reader.byte();
  return scanDouble(second.bytes, 0, size);
}

function loadZset(reader: RdbReader, e: EntryRef, score: (reader: RdbReader) => number): void {
  const members = reader.count(2);
  zsetValue.startUnordered(e, members);
  const added = new Int32Array(members);
  for (let i = 0; i < members; i++) {
    reader.string(first);
    added[i] = addScored(e, first, score(reader));
  }
  if (members === 0) return;
  // Redis and this server write them in order, from the end.
  zsetValue.orderAdded(e, added);
  zsetValue.packIfSmall(e);
}

/** Adds a member to an unordered set; returns its entry. */
function addScored(e: EntryRef, { bytes, view, size }: Text, score: number): EntryRef {
  if (Number.isNaN(score)) throw new Malformed("a score that is no number");
  const member = zsetValue.add(e, bytes, view, 0, size, score);
  if (member === NIL) throw new Malformed("a member that is there twice");
  return member;
}

function orderScores(e: EntryRef): void {
  if (zsetValue.count(e) === 0) return;
  zsetValue.order(e);
  zsetValue.packIfSmall(e);
}

function loadPackedZset(reader: RdbReader, e: EntryRef, elements: Elements): void {
  reader.string(blob);
  if (adoptZset(e, elements === listpacks ? soundListpack() : repacked(elements))) return;
  zsetValue.startUnordered(e, 0);
  elements.start(blob.bytes, 0, blob.size);
  while (elements.next()) {
    copyRange(elements.range, first);
    if (!elements.next()) throw new Malformed("a member without a score");
    const { bytes, offset, size } = elements.range;
    addScored(e, first, parseLooseDouble(bytes, offset, size));
  }
  orderScores(e);
}

/** A block of the elements that were read, as Redis makes one: a score `-0` stays that. */
function repacked(elements: Elements): PackedRef {
  let p = packed.create();
  try {
    elements.start(blob.bytes, 0, blob.size);
    while (elements.next()) {
      const { bytes, offset, size } = elements.range;
      p = packed.append(p, bytes, offset, size);
    }
    return p;
  } catch (error) {
    packed.release(p);
    throw error;
  }
}

/** Makes a block the whole set, if it can be; else the block is gone. Nothing is done with NIL. */
function adoptZset(e: EntryRef, p: PackedRef): boolean {
  if (p === NIL) return false;
  if (zsetPacked.isSound(p) && !hasTwice(p)) {
    zsetValue.startPacked(e, p);
    return true;
  }
  packed.release(p);
  return false;
}

function loadHash(reader: RdbReader, e: EntryRef): void {
  const fields = reader.count(2);
  hashValue.start(e, fields);
  for (let left = fields; left > 0; left--) {
    reader.string(first);
    reader.string(second);
    addField(e);
  }
}

/** Adds the field `first` with the value `second`; returns its place. */
function addField(e: EntryRef): hashValue.Place {
  const at = hashValue.add(e, first, second);
  if (at === 0) throw new Malformed("a field that is there twice");
  return at;
}

function loadPackedHash(reader: RdbReader, e: EntryRef, elements: Elements): void {
  reader.string(blob);
  if (elements === listpacks && adoptHash(e)) return;
  hashValue.start(e, 0);
  elements.start(blob.bytes, 0, blob.size);
  while (elements.next()) {
    copyRange(elements.range, first);
    if (!elements.next()) throw new Malformed("a field without a value");
    copyRange(elements.range, second);
    addField(e);
  }
}

/** Whether a field is twice in the listpack that was read, of which the block was made. */
function hasFieldTwice(p: PackedRef): boolean {
  if (loadCode === null || blob.bytes !== loadCode.blob.bytes || !isPlain) return hasTwice(p);
  return hasTwiceOf(p, loadCode, blob.size);
}

/** Makes the listpack that was read the whole hash, if it can be; throws when it is no hash. */
function adoptHash(e: EntryRef): boolean {
  const p = soundListpack();
  if (p === NIL) return false;
  if (packed.count(p) % 2 === 0 && !hasFieldTwice(p)) {
    hashValue.startPacked(e, p);
    return true;
  }
  packed.release(p);
  throw new Malformed("a hash listpack with dup elements, or a field without a value");
}

/**
 * Of fields with deadlines: each is one more than the difference to `baseMs`, or 0 for none; or,
 * with a base of 0, the Unix ms themselves.
 */
function loadExpiringHash(reader: RdbReader, e: EntryRef, baseMs: number): void {
  const fields = reader.count(3);
  hashValue.start(e, fields);
  for (let left = fields; left > 0; left--) {
    const told = reader.length();
    reader.string(first);
    reader.string(second);
    addExpiringField(e, told === 0 || baseMs === 0 ? told : told + baseMs - 1);
  }
}

/** Fields, each with a value and a deadline: Unix ms, or -1 for none. */
function loadValkeyHash(reader: RdbReader, e: EntryRef): void {
  const fields = reader.count(2 + TIME_SIZE);
  hashValue.start(e, fields);
  for (let left = fields; left > 0; left--) {
    reader.string(first);
    reader.string(second);
    const timeMs = reader.int64();
    addExpiringField(e, timeMs === -1 ? 0 : timeMs);
  }
}

/**
 * Of fields, values and deadlines (Unix ms, or 0 for none) in turn, the earliest deadline first,
 * and fields without one last.
 */
function loadPackedExpiringHash(reader: RdbReader, e: EntryRef): void {
  reader.string(blob);
  hashValue.start(e, 0);
  let last = 0;
  listpacks.start(blob.bytes, 0, blob.size);
  while (listpacks.next()) {
    copyRange(listpacks.range, first);
    if (!listpacks.next()) throw new Malformed("a field without a value");
    copyRange(listpacks.range, second);
    if (!listpacks.next()) throw new Malformed("a field without a deadline");
    const timeMs = listpacks.integer();
    const place = timeMs === 0 ? TIME_END : timeMs;
    if (place < last) throw new Malformed("deadlines out of order");
    last = place;
    addExpiringField(e, timeMs);
  }
}

/** As `addField`, with Unix ms at which the field expires, or 0. */
function addExpiringField(e: EntryRef, timeMs: number): void {
  if (!(timeMs >= 0 && timeMs < TIME_END)) throw new Malformed("a deadline out of range");
  if (timeMs > 0) hashValue.unpackToExpire(e);
  const at = addField(e);
  if (timeMs > 0) hashValue.setDeadline(e, at, timeMs);
}

function copyRange({ bytes, offset, size }: Range, to: Text): void {
  to.set(bytes, offset, size);
}
