/**
 * Hashes, in three encodings:
 *
 *   PACKED    one packed block (structures/packed.ts): field, value, field, value …
 *   DICT      a dict of fields (hash_field.ts)
 *   EXPIRING  the same, where fields expire: the entry's word is their deadlines
 *
 * A hash begins PACKED and becomes a DICT, for good, when it has more fields than
 * hash-max-listpack-entries, a field or value is longer than hash-max-listpack-value, or a field is
 * to expire. OBJECT ENCODING calls the first listpack and the others hashtable.
 *
 * A field that is there has a place: a position in the packed block (of the value), or its entry.
 * Places are good until the hash changes. What keeps a database's expiry order up to date when
 * deadlines change is the database's (`rescheduled`).
 */
import * as arena from "../arena/arena.ts";
import { NIL } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { hashBytes } from "../base/hash.ts";
import { digitCount, writeInteger } from "../base/numbers.ts";
import type { Range } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { TreeRef } from "../structures/btree.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import * as deadlines from "../structures/deadline_block.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import { AREA, addCollection, become, refOf, setRef, setWord, wordOf } from "./collection.ts";
import * as frozenDict from "./frozen_dict.ts";
import { FrozenDict } from "./frozen_dict.ts";
import * as hashField from "./hash_field.ts";
import type { ValueHolder } from "./holder.ts";
import { KeptMembers, type MemberKind } from "./kept_members.ts";
import type { KeyEvent } from "./key_event.ts";
import * as stringValue from "./string_value.ts";
import { PACKED_SIZE_MAX, thresholds } from "./thresholds.ts";
import { Type } from "./types.ts";

const PACKED = 0;
const DICT = 1;
const EXPIRING = DICT | entry.PARTS_EXPIRE;

/** Where a field is; 0 for nowhere. */
export type Place = number;

/** Slots of a dict that are freed at once. */
const RELEASE_SLOTS = 256;
/** Where fewer than one field in so many is not hidden, fields are not drawn until one is. */
const SPARSE_FACTOR = 8;
/** Fields whose sizes stand for those of all. */
const SAMPLE_COUNT = 64;

/** Whether the hash is PACKED. */
export const isPacked = (e: EntryRef) => entry.encoding(e) === PACKED;
const packedOf = (e: EntryRef) => refOf(e) as PackedRef;
const fieldsOf = (e: EntryRef) => refOf(e) as DictRef;
/** NIL unless fields expire. */
const timesOf = (e: EntryRef) => wordOf(e) as DeadlinesRef;

const walk = new dict.DictCursor();

/**
 * Adds the key in an argument, which is not there, as a hash without fields, announced as `event`;
 * the caller adds fields at once, and `room` is a guess at the bytes that they take.
 */
export function create(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
  room = 0,
): EntryRef {
  const p = packed.create(packed.EMPTY_SIZE + room);
  return addCollection(db, args, index, keyHash, Type.hash, PACKED, p, event);
}

/**
 * Makes an entry, which has the room, a hash without fields, to be loaded; the caller adds fields
 * at once, of which there will be `expected`.
 */
export function start(e: EntryRef, expected: number): void {
  if (expected > thresholds.hashPackedEntries) become(e, Type.hash, DICT, dict.create(expected));
  else become(e, Type.hash, PACKED, packed.create());
}

/** As `start`, with the fields and values in a block, which the hash then owns; each field once. */
export function startPacked(e: EntryRef, p: PackedRef): void {
  become(e, Type.hash, PACKED, p);
  if (count(e) > thresholds.hashPackedEntries) unpack(e);
}

/** The fields as they are, for a snapshot (frozen_dict.ts); null for a PACKED hash. */
export function freeze(e: EntryRef): FrozenDict | null {
  if (isPacked(e)) return null;
  const times = (entry.encoding(e) === EXPIRING ? timesOf(e) : NIL) as DeadlinesRef;
  return new FrozenDict(fieldsOf(e), NIL as TreeRef, times, hashField);
}

/** A field is about to change or to go: a snapshot may need it as it is. */
function beforeChange(e: EntryRef, f: EntryRef): void {
  if (frozenDict.isAny) frozenDict.keep(fieldsOf(e), f);
}

function setTimes(e: EntryRef, times: DeadlinesRef): void {
  setWord(e, times);
  if (frozenDict.isAny) frozenDict.noteTimes(fieldsOf(e), times);
}

/** The block of a PACKED hash; NIL of others. */
export function block(e: EntryRef): PackedRef {
  return isPacked(e) ? packedOf(e) : (NIL as PackedRef);
}

/**
 * Adds a field with its value, from a buffer each; returns its place, which is good until the next
 * is added, or 0 when the field was there. For loading.
 */
export function add(e: EntryRef, field: Viewed, value: Viewed): Place {
  if (isPacked(e)) {
    const limit = thresholds.hashPackedValue;
    if (field.size <= limit && value.size <= limit) return addPacked(e, field, value);
    unpack(e);
  }
  const { bytes, view, offset, size } = field;
  const fieldHash = hashBytes(bytes, view, offset, size);
  const home = fieldsOf(e);
  if (dict.find(home, bytes, view, offset, size, fieldHash) !== NIL) return 0;
  const v = value;
  return hashField.add(
    home,
    bytes,
    view,
    offset,
    size,
    fieldHash,
    v.bytes,
    v.view,
    v.offset,
    v.size,
  );
}

/** Bytes of a buffer, with a view of it. */
interface Viewed {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offset: number;
  readonly size: number;
}

function addPacked(e: EntryRef, field: Viewed, value: Viewed): Place {
  let p = packedOf(e);
  if (packed.find(p, packed.first(p), field.bytes, field.offset, field.size, 1) !== 0) return 0;
  p = packed.append(p, field.bytes, field.offset, field.size);
  p = packed.append(p, value.bytes, value.offset, value.size);
  setRef(e, p);
  const at = packed.touched.at;
  if (packed.count(p) > thresholds.hashPackedEntries * 2) unpack(e);
  return at;
}

/** The number of fields. */
export function count(e: EntryRef): number {
  if (isPacked(e)) return packed.count(packedOf(e)) >>> 1;
  const total = dict.count(fieldsOf(e));
  return entry.encoding(e) === EXPIRING ? total - deadlines.hiddenCount(timesOf(e)) : total;
}

/** The number of fields, with those that are hidden, of a hash that is not PACKED. */
export const total = (e: EntryRef) => dict.count(fieldsOf(e));

/** Whether fields of the hash are hidden: there still, but to be seen as gone. */
export function hidesAny(e: EntryRef): boolean {
  return entry.encoding(e) === EXPIRING && deadlines.hiddenCount(timesOf(e)) > 0;
}

/** Shows all fields of an EXPIRING hash. */
export const unhide = (e: EntryRef) => deadlines.unhide(timesOf(e));

/** The place of the field in an argument, or 0. */
export function find(e: EntryRef, args: Args, index: number): Place {
  const { bytes, view } = args;
  const offset = args.start[index];
  const size = args.size[index];
  const encoding = entry.encoding(e);
  if (encoding === PACKED) {
    const p = packedOf(e);
    const at = packed.find(p, packed.first(p), bytes, offset, size, 1);
    return at === 0 ? 0 : packed.next(p, at);
  }
  const fieldHash = hashBytes(bytes, view, offset, size);
  const f = dict.find(fieldsOf(e), bytes, view, offset, size, fieldHash);
  return f !== NIL && isHidden(e, f) ? 0 : f;
}

/** The place of the field in an argument if it is hidden, or 0. */
export function findHidden(e: EntryRef, args: Args, index: number): Place {
  if (!hidesAny(e)) return 0;
  const { bytes, view } = args;
  const offset = args.start[index];
  const size = args.size[index];
  const fieldHash = hashBytes(bytes, view, offset, size);
  const f = dict.find(fieldsOf(e), bytes, view, offset, size, fieldHash);
  return f !== NIL && isHidden(e, f) ? f : 0;
}

/** Replies with the value at a place. */
export function reply(e: EntryRef, at: Place, to: Reply): void {
  if (isPacked(e)) packed.reply(packedOf(e), at, to);
  else stringValue.reply(at as EntryRef, to);
}

/** The value at a place, borrowed until this is called again or the hash changes. */
export function range(e: EntryRef, at: Place): Range {
  return isPacked(e) ? packed.range2(packedOf(e), at) : stringValue.rangeOf(at as EntryRef);
}

/** The size of the value at a place. */
export function size(e: EntryRef, at: Place): number {
  return isPacked(e) ? packed.elementSize(packedOf(e), at) : stringValue.size(at as EntryRef);
}

/** The value at a place if it is stored as an integer, and a safe one; else NaN. */
export function integer(e: EntryRef, at: Place): number {
  if (isPacked(e)) return packed.integer(packedOf(e), at);
  const f = at as EntryRef;
  return entry.encoding(f) === stringValue.INT ? stringValue.readInt(f) : Number.NaN;
}

/**
 * Sets the field in an argument of `fields` to the value in an argument of `values`; it does not
 * expire any more. Whether it is new.
 */
export function put(
  e: EntryRef,
  fields: Args,
  field: number,
  values: Args,
  value: number,
): boolean {
  if (isPacked(e)) {
    const limit = thresholds.hashPackedValue;
    if (fields.size[field] <= limit && values.size[value] <= limit) {
      return putPacked(e, fields, field, values, value);
    }
    unpack(e);
  }
  const { bytes, view } = fields;
  const offset = fields.start[field];
  const length = fields.size[field];
  const fieldHash = hashBytes(bytes, view, offset, length);
  const home = fieldsOf(e);
  const f = dict.find(home, bytes, view, offset, length, fieldHash);
  if (f !== NIL) {
    const isNew = isHidden(e, f);
    beforeChange(e, f);
    if (entry.hasTtl(f)) clearDeadline(e, f);
    rewrite(e, f, values, value);
    return isNew;
  }
  const made = hashField.add(
    home,
    bytes,
    view,
    offset,
    length,
    fieldHash,
    values.bytes,
    values.view,
    values.start[value],
    values.size[value],
  );
  if (frozenDict.isAny) frozenDict.added(home, made);
  return true;
}

function putPacked(e: EntryRef, fields: Args, field: number, values: Args, value: number): boolean {
  let p = packedOf(e);
  const offset = fields.start[field];
  const length = fields.size[field];
  const at = packed.find(p, packed.first(p), fields.bytes, offset, length, 1);
  const valueOffset = values.start[value];
  const valueLength = values.size[value];
  if (at !== 0) {
    p = packed.replace(p, packed.next(p, at), values.bytes, valueOffset, valueLength);
  } else {
    p = packed.append(p, fields.bytes, offset, length);
    p = packed.append(p, values.bytes, valueOffset, valueLength);
  }
  setRef(e, p);
  if (isOverfull(p)) unpack(e);
  return at === 0;
}

/** Also where none was added: the threshold may have been another when the fields were. */
const isOverfull = (p: PackedRef) =>
  packed.count(p) > thresholds.hashPackedEntries * 2 || packed.size(p) > PACKED_SIZE_MAX;

/** How many fields that `putPairs` has set are new. */
export const putAsPairs = { added: 0 };

/**
 * Sets the pairs of field and value in the arguments from `from` on, one by one as `put` does, as
 * long as the hash is PACKED and stays so; returns the first that it did not set. To find block and
 * encoding anew for each takes as long as what is done with them.
 */
export function putPairs(e: EntryRef, args: Args, from: number): number {
  putAsPairs.added = 0;
  if (!isPacked(e)) return from;
  const { bytes, start, size } = args;
  const limit = thresholds.hashPackedValue;
  let p = packedOf(e);
  let i = from;
  for (; i < args.count && size[i] <= limit && size[i + 1] <= limit; i += 2) {
    const at = packed.find(p, packed.first(p), bytes, start[i], size[i], 1);
    let home = p;
    if (at !== 0) {
      home = packed.replace(p, packed.next(p, at), bytes, start[i + 1], size[i + 1]);
    } else {
      home = packed.append(p, bytes, start[i], size[i]);
      home = packed.append(home, bytes, start[i + 1], size[i + 1]);
      putAsPairs.added++;
    }
    if (home !== p) setRef(e, home);
    p = home;
    if (!isOverfull(p)) continue;
    unpack(e);
    return i + 2;
  }
  return i;
}

/** Changes the value at a place to that in an argument; when the field expires stays. */
export function set(e: EntryRef, at: Place, values: Args, index: number): void {
  if (!isPacked(e)) {
    beforeChange(e, at as EntryRef);
    rewrite(e, at as EntryRef, values, index);
    return;
  }
  const length = values.size[index];
  const tooLarge = isTooLarge(packedOf(e), at, length);
  const p = packed.replace(packedOf(e), at, values.bytes, values.start[index], length);
  setRef(e, p);
  if (tooLarge) unpack(e);
}

/**
 * Whether fields are packed no more when the value at a place has so many bytes: by the thresholds
 * as they are now, which may have been others when the field was added.
 */
function isTooLarge(p: PackedRef, at: number, length: number): boolean {
  const limit = thresholds.hashPackedValue;
  if (length > limit || packed.count(p) > thresholds.hashPackedEntries * 2) return true;
  return packed.elementSize(p, packed.previous(p, at)) > limit;
}

function rewrite(e: EntryRef, f: EntryRef, values: Args, index: number): void {
  const { bytes, view, start, size } = values;
  hashField.write(fieldsOf(e), timesOf(e), f, bytes, view, start[index], size[index]);
}

const digits = new Uint8Array(32);

/** As `set`, to a safe integer. */
export function setInteger(e: EntryRef, at: Place, value: number): void {
  if (!isPacked(e)) {
    beforeChange(e, at as EntryRef);
    hashField.writeInteger(fieldsOf(e), timesOf(e), at as EntryRef, value);
    return;
  }
  writeInteger(digits, 0, value);
  const length = digitCount(Math.abs(value)) + (value < 0 ? 1 : 0);
  const tooLarge = isTooLarge(packedOf(e), at, length);
  setRef(e, packed.replace(packedOf(e), at, digits, 0, length));
  if (tooLarge) unpack(e);
}

/** Removes the field at a place. The caller deletes a hash left without any. */
export function removeAt(e: EntryRef, at: Place): void {
  if (isPacked(e)) {
    const p = packedOf(e);
    setRef(e, packed.remove(p, packed.previous(p, at), 2));
    return;
  }
  const f = at as EntryRef;
  beforeChange(e, f);
  if (entry.hasTtl(f)) clearDeadline(e, f);
  dict.remove(fieldsOf(e), f);
  hashField.release(f);
}

/** Makes a PACKED hash a DICT. */
function unpack(e: EntryRef): void {
  const p = packedOf(e);
  const fields = dict.create(packed.count(p) >>> 1);
  for (let at = packed.first(p); at !== 0; ) {
    const value = packed.next(p, at);
    hashField.addRanges(fields, packed.range(p, at), packed.range2(p, value));
    at = packed.next(p, value);
  }
  packed.release(p);
  entry.describe(e, Type.hash, DICT, 0);
  setRef(e, fields);
}

/** Sees that fields can be given deadlines: places found before are good no more if it says so. */
export function unpackToExpire(e: EntryRef): boolean {
  if (!isPacked(e)) return false;
  unpack(e);
  return true;
}

/** Unix ms at which the field at a place expires, or -1. */
export function deadlineOf(e: EntryRef, at: Place): number {
  if (entry.encoding(e) !== EXPIRING || !entry.hasTtl(at as EntryRef)) return -1;
  return deadlines.timeOf(timesOf(e), at as EntryRef);
}

/**
 * Lets the field at a place, of a hash that is not PACKED, expire at a time below
 * deadline_block.ts: TIME_END.
 */
export function setDeadline(e: EntryRef, at: Place, timeMs: number): void {
  let f = at as EntryRef;
  beforeChange(e, f);
  if (entry.encoding(e) !== EXPIRING) {
    entry.describe(e, Type.hash, EXPIRING, 0);
    setTimes(e, deadlines.create());
  }
  if (entry.hasTtl(f)) {
    deadlines.move(timesOf(e), f, timeMs);
    return;
  }
  f = hashField.withIndex(fieldsOf(e), timesOf(e), f);
  setTimes(e, deadlines.add(timesOf(e), f, timeMs));
}

/** The field of this entry, which expires, does not any more. */
function clearDeadline(e: EntryRef, f: EntryRef): void {
  setTimes(e, deadlines.remove(timesOf(e), f));
}

/** As `clearDeadline` for the field at a place; whether it was to expire. */
export function persist(e: EntryRef, at: Place): boolean {
  if (deadlineOf(e, at) < 0) return false;
  beforeChange(e, at as EntryRef);
  clearDeadline(e, at as EntryRef);
  return true;
}

/** Unix ms at which the first field expires, or Infinity. */
export function firstDeadline(e: EntryRef): number {
  return entry.encoding(e) === EXPIRING ? deadlines.firstTime(timesOf(e)) : Infinity;
}

/** The index that the database's expiry order has for an EXPIRING hash, -1 for none. */
export const placeInOrder = (e: EntryRef) => deadlines.place(timesOf(e));
export const setPlaceInOrder = (e: EntryRef, index: number) =>
  deadlines.setPlace(timesOf(e), index);

/** Makes an EXPIRING hash without deadlines, in no expiry order, a DICT. */
export function endExpiring(e: EntryRef): void {
  if (DEBUG) assert(deadlines.count(timesOf(e)) === 0, "a field is still to expire");
  deadlines.release(timesOf(e));
  setTimes(e, NIL as DeadlinesRef);
  entry.describe(e, Type.hash, DICT, 0);
}

/**
 * Removes fields of an EXPIRING hash whose time has come, the earliest, at most `limit`, each after
 * `before` is called with its name; returns how many.
 */
export function removeDue(
  e: EntryRef,
  nowMs: number,
  limit: number,
  before: (field: Range) => void,
): number {
  let removed = 0;
  while (removed < limit && deadlines.firstTime(timesOf(e)) <= nowMs) {
    const f = deadlines.firstEntry(timesOf(e));
    before(hashField.nameOf(f));
    removeAt(e, f);
    removed++;
  }
  return removed;
}

/** Hides the fields of an EXPIRING hash whose time has come; whether any was not hidden before. */
export function hideDue(e: EntryRef, nowMs: number): boolean {
  return deadlines.hideUntil(timesOf(e), nowMs);
}

/** No field of an EXPIRING hash that is not hidden is due before this. */
export const nextDue = (e: EntryRef) => deadlines.nextDue(timesOf(e));

/** The number of fields that are hidden, of an EXPIRING hash. */
export const hiddenCount = (e: EntryRef) => deadlines.hiddenCount(timesOf(e));

/** The name of the field at a place of a hash that is not PACKED, borrowed as `nameOf` says. */
export const nameAt = (at: Place): Range => hashField.nameOf(at as EntryRef);

/** Whether the time of every field of an EXPIRING hash has come. */
export function isOver(e: EntryRef, nowMs: number): boolean {
  const times = timesOf(e);
  if (deadlines.count(times) < dict.count(fieldsOf(e))) return false;
  return deadlines.allUntil(times, nowMs);
}

function isHidden(e: EntryRef, f: EntryRef): boolean {
  return hidesAny(e) && entry.hasTtl(f) && deadlines.isHidden(timesOf(e), f);
}

/**
 * Whether it costs much to come by a field at random: who wants some had better pass all. Of a
 * PACKED hash, and of one of which nearly all is hidden.
 */
export function drawsSlowly(e: EntryRef): boolean {
  return isPacked(e) || count(e) * SPARSE_FACTOR < dict.count(fieldsOf(e));
}

/** A walk over a hash, to be used again and again; the hash must not change meanwhile. */
export class HashCursor {
  private e = NIL as EntryRef;
  private readonly fields = new dict.DictCursor();
  /** The packed hash, or NIL; with the position of the field in `at`. */
  private p = NIL as PackedRef;
  private at = 0;
  private valueAt = 0;

  /** Begins before the first field. */
  start(e: EntryRef): void {
    this.open(e);
    if (this.p === NIL) this.fields.start(fieldsOf(e));
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    const { e, p } = this;
    if (p !== NIL) {
      this.at = this.valueAt === 0 ? packed.first(p) : packed.next(p, this.valueAt);
      if (this.at !== 0) this.valueAt = packed.next(p, this.at);
      return this.at !== 0;
    }
    const isAnyHidden = hidesAny(e);
    do this.at = this.fields.next();
    while (isAnyHidden && this.at !== NIL && isHidden(e, this.at as EntryRef));
    return this.at !== NIL;
  }

  /** Goes to a field at random; `random(n)` gives an integer below n. There must be a field. */
  seekRandom(e: EntryRef, random: (limit: number) => number): void {
    this.open(e);
    if (this.p !== NIL) {
      this.at = packed.seek(this.p, 2 * random(packed.count(this.p) >>> 1));
      this.valueAt = packed.next(this.p, this.at);
    } else if (drawsSlowly(e)) {
      this.fields.start(fieldsOf(e));
      for (let skip = random(count(e)); skip >= 0; skip--) this.next();
    } else {
      do this.at = dict.randomEntry(fieldsOf(e), random);
      while (isHidden(e, this.at as EntryRef));
    }
  }

  /** Goes to a place of the hash. */
  seek(e: EntryRef, at: Place): void {
    this.open(e);
    this.valueAt = at;
    this.at = this.p === NIL ? at : packed.previous(this.p, at);
  }

  /** The place of the field. */
  get place(): Place {
    return this.p === NIL ? this.at : this.valueAt;
  }

  /** The field, borrowed until this is called again. */
  field(): Range {
    return this.p === NIL ? hashField.nameOf(this.at as EntryRef) : packed.range(this.p, this.at);
  }

  /** The value, borrowed until this is called again. */
  value(): Range {
    return range(this.e, this.place);
  }

  replyField(to: Reply): void {
    if (this.p === NIL) hashField.replyName(this.at as EntryRef, to);
    else packed.reply(this.p, this.at, to);
  }

  replyValue(to: Reply): void {
    reply(this.e, this.place, to);
  }

  private open(e: EntryRef): void {
    this.e = e;
    this.p = isPacked(e) ? packedOf(e) : (NIL as PackedRef);
    this.at = 0;
    this.valueAt = 0;
  }
}

/** Replies with all fields, each with its value. */
export function replyAll(e: EntryRef, to: Reply): void {
  to.map(count(e));
  if (isPacked(e)) {
    const p = packedOf(e);
    packed.replyRun(p, packed.first(p), packed.count(p), to);
    return;
  }
  allFields.start(e);
  while (allFields.next()) {
    allFields.replyField(to);
    allFields.replyValue(to);
  }
}

const allFields = new HashCursor();

/**
 * As `dict.scan`: visits the places of the fields at one cursor position, and returns the next
 * cursor. A PACKED hash has one position, with all fields.
 */
export function scan(e: EntryRef, cursor: number, visit: (at: Place) => void): number {
  if (!isPacked(e)) {
    if (!hidesAny(e)) return dict.scan(fieldsOf(e), cursor, visit);
    return dict.scan(fieldsOf(e), cursor, (f) => {
      if (!isHidden(e, f)) visit(f);
    });
  }
  const p = packedOf(e);
  for (let at = packed.first(p); at !== 0; ) {
    const value = packed.next(p, at);
    visit(value);
    at = packed.next(p, value);
  }
  return 0;
}

/** What keeps the fields of a hash that is not PACKED, to put them back (kept_members.ts). */
export function keepMembers(e: EntryRef): KeptMembers | null {
  if (isPacked(e)) return null;
  const times = (entry.encoding(e) === EXPIRING ? timesOf(e) : NIL) as DeadlinesRef;
  return new KeptMembers(fieldsOf(e), times, fieldKind);
}

const fieldKind: MemberKind = {
  copy(f) {
    const twin = hashField.copy(f);
    entry.clearTtl(twin); // its index is the other's
    return twin;
  },
  release: hashField.release,
  takeOut(e, like) {
    const f = dict.findSame(fieldsOf(e), like);
    if (f !== NIL) removeAt(e, f);
  },
  putIn(e, f, deadlineMs) {
    dict.insert(fieldsOf(e), f);
    if (deadlineMs >= 0) setDeadline(e, f, deadlineMs);
  },
};

/** The bytes that a hash takes in its entry. */
export const areaOf = (_: EntryRef) => AREA;

/** Makes the value of `to`, which has the room, a deep copy, in no expiry order. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  entry.copyValue(from, to, AREA);
  if (isPacked(from)) {
    setRef(to, packed.copy(packedOf(from)));
    return;
  }
  const fields = dict.create(dict.count(fieldsOf(from)));
  setRef(to, fields);
  if (entry.encoding(from) === EXPIRING) setWord(to, deadlines.copy(timesOf(from)));
  walk.start(fieldsOf(from));
  for (let f = walk.next(); f !== NIL; f = walk.next()) {
    const twin = hashField.copy(f);
    dict.insert(fields, twin);
    if (entry.hasTtl(twin)) deadlines.relocate(timesOf(to), twin);
  }
}

/** Frees what the hash owns outside its entry. */
export function release(e: EntryRef): void {
  if (isPacked(e)) {
    packed.release(packedOf(e));
    return;
  }
  if (isTaken(e)) return;
  walk.start(fieldsOf(e));
  for (let f = walk.next(); f !== NIL; f = walk.next()) hashField.release(f);
  releaseEmpty(e);
}

/** Whether a snapshot has taken what the hash owns: nothing of the entry expires then. */
function isTaken(e: EntryRef): boolean {
  if (!frozenDict.isAny || !frozenDict.takes(fieldsOf(e), e)) return false;
  entry.describe(e, Type.hash, DICT, 0);
  return true;
}

/** Frees some fields; false when nothing is left. */
export function releaseSlice(e: EntryRef): boolean {
  if (isPacked(e)) {
    packed.release(packedOf(e));
    return false;
  }
  if (isTaken(e)) return false;
  if (dict.drain(fieldsOf(e), RELEASE_SLOTS, hashField.release)) return true;
  releaseEmpty(e);
  return false;
}

/** Frees the dict, whose fields are freed, and the deadlines: nothing of the entry expires then. */
function releaseEmpty(e: EntryRef): void {
  dict.release(fieldsOf(e));
  if (entry.encoding(e) !== EXPIRING) return;
  deadlines.release(timesOf(e));
  entry.describe(e, Type.hash, DICT, 0);
}

/** The bytes of all blocks outside the entry; those of many fields are estimated from some. */
export function ownedSize(e: EntryRef, samples = SAMPLE_COUNT): number {
  if (isPacked(e)) return arena.capacity(packedOf(e));
  let total = dict.ownedSize(fieldsOf(e));
  if (entry.encoding(e) === EXPIRING) total += arena.capacity(timesOf(e));
  let sampled = 0;
  let sampledSize = 0;
  walk.start(fieldsOf(e));
  for (let f = walk.next(); f !== NIL && sampled < samples; f = walk.next()) {
    sampledSize += hashField.blockSizes(f);
    sampled++;
  }
  if (sampled > 0) total += Math.round((sampledSize / sampled) * dict.count(fieldsOf(e)));
  return total;
}

/** The name that OBJECT ENCODING gives. */
export function encodingName(e: EntryRef): string {
  return isPacked(e) ? "listpack" : "hashtable";
}

/** Throws on the first thing that is wrong. For tests. */
export function verify(e: EntryRef): void {
  if (isPacked(e)) {
    packed.verify(packedOf(e));
    assert(packed.count(packedOf(e)) % 2 === 0, "a field without a value");
    return;
  }
  dict.verify(fieldsOf(e));
  let expiring = 0;
  dict.each(fieldsOf(e), (f) => {
    if (entry.hasTtl(f)) expiring++;
  });
  if (entry.encoding(e) !== EXPIRING) {
    assert(expiring === 0 && timesOf(e) === NIL, "a field expires in a hash that has no deadlines");
    return;
  }
  deadlines.verify(timesOf(e));
  assert(deadlines.count(timesOf(e)) === expiring, "a field's deadline is not known");
}
