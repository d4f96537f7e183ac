/**
 * Sets, in three encodings:
 *
 *   INTSET  integers only, sorted, in one block (structures/intset.ts); the ref of an empty set,
 *           which only its maker sees, is NIL
 *   PACKED  a few short members in one block (structures/packed.ts)
 *   DICT    a dict of entries without values
 *
 * A set begins as an INTSET. With more integers than set-max-intset-entries, or with a member that
 * is none, it becomes PACKED, or a DICT when it has more members than set-max-listpack-entries or
 * one longer than set-max-listpack-value; never back. OBJECT ENCODING calls both hashtable, as
 * Redis 7.0 does, which has no packed sets.
 *
 * A place is where a member is: an index, a position or an entry, as the encoding has it. It is
 * good until the set changes. `holds` leaves it in the Member that it looked for.
 *
 * A set need not be a key's: `createLoose` makes one of no database, to compute with; `adopt`
 * makes it the value of a key, `discard` frees it.
 */
import * as arena from "../arena/arena.ts";
import { NIL, type Ref, segmentOf, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { type Range, staging } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { TreeRef } from "../structures/btree.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import * as dict from "../structures/dict.ts";
import { DictCursor, type DictRef } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { IntsetRef } from "../structures/intset.ts";
import * as intset from "../structures/intset.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import { nextInDict } from "../structures/packed_in_dict.ts";
import { PackedIndex } from "../structures/packed_index.ts";
import { AREA, addCollection, refOf, setRef } from "./collection.ts";
import * as frozenDict from "./frozen_dict.ts";
import { FrozenDict } from "./frozen_dict.ts";
import type { ValueHolder } from "./holder.ts";
import { KeptMembers, type MemberKind } from "./kept_members.ts";
import type { KeyEvent } from "./key_event.ts";
import * as loose from "./loose.ts";
import { Member } from "./set_member.ts";
import { PACKED_SIZE_MAX, thresholds } from "./thresholds.ts";
import { Type } from "./types.ts";

export const INTSET = 0;
export const PACKED = 1;
export const DICT = 2;

/** What a short member takes in a listpack beside its bytes. */
export const MEMBER_OVERHEAD = 2;
/** Slots of a dict freed in one slice. */
const SLICE_SLOTS = 512;
/** Members looked at to estimate the size of all. */
const SAMPLE_COUNT = 32;

/** Gives an integer from 0 up to `limit`, which it never is. */
export type RandomBelow = (limit: number) => number;

const integersOf = (e: EntryRef) => refOf(e) as IntsetRef;
const packedOf = (e: EntryRef) => refOf(e) as Ref as PackedRef;
const dictOf = (e: EntryRef) => refOf(e) as Ref as DictRef;

function become(e: EntryRef, encoding: number, ref: Ref): void {
  entry.describe(e, Type.set, encoding, 0);
  setRef(e, ref);
}

/**
 * Adds the key in an argument, which is not there, as a set without members, announced as
 * `event`; the caller adds members at once.
 */
export function create(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
): EntryRef {
  return addCollection(db, args, index, keyHash, Type.set, INTSET, NIL as Ref, event);
}

/**
 * Makes an entry, which has the room, a set without members, to be loaded; the caller adds members
 * at once, of which there will be `expected`.
 */
export function start(e: EntryRef, expected: number): void {
  become(e, INTSET, NIL as Ref);
  // More than that end up in a dict, whatever they are.
  if (expected > Math.max(integerLimit(), thresholds.setPackedEntries)) {
    convertToDict(e, expected);
  }
}

/** As `start`, with the members of an intset, which the set then owns. */
export function startIntegers(e: EntryRef, s: IntsetRef): void {
  become(e, INTSET, s);
  if (intset.count(s) > integerLimit()) convert(e, 0);
}

/** The members as they are, for a snapshot (frozen_dict.ts); null for a set that is no DICT. */
export function freeze(e: EntryRef): FrozenDict | null {
  if (entry.encoding(e) !== DICT) return null;
  return new FrozenDict(dictOf(e), NIL as TreeRef, NIL as DeadlinesRef, memberKind);
}

const memberKind = { copy: (m: EntryRef) => entry.twin(m), release: entry.release };

/** Whether all members of a PACKED set are no integers, so that no set of some is an intset. */
export function isAllText(e: EntryRef): boolean {
  if (entry.encoding(e) !== PACKED) return false;
  const p = packedOf(e);
  let at = packed.first(p);
  while (at !== 0 && !packed.isInteger(p, at)) at = packed.next(p, at);
  return at === 0;
}

/** The integers of an INTSET, whose block begins as Redis writes it; NIL of other sets. */
export function integers(e: EntryRef): IntsetRef {
  return entry.encoding(e) === INTSET ? integersOf(e) : (NIL as IntsetRef);
}

/** The block of a PACKED set; NIL of others. */
export function block(e: EntryRef): PackedRef {
  return entry.encoding(e) === PACKED ? packedOf(e) : (NIL as PackedRef);
}

/** A set without members that no database holds; the caller adopts or discards it. */
export function createLoose(): EntryRef {
  const e = entry.create(staging.bytes, staging.view, 0, 0, 0, AREA, false);
  become(e, INTSET, NIL as Ref);
  return e;
}

/** As `createLoose`, of a set that a command computes before it changes anything. */
export function createResult(): EntryRef {
  const e = createLoose();
  loose.begin(e, discard);
  return e;
}

/**
 * Adds the key in an argument, which is not there, with the value of a loose set, announced as
 * `event`; the loose entry is gone.
 */
export function adopt(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
  made: EntryRef,
): EntryRef {
  loose.end();
  const e = db.add(args, index, keyHash, AREA, false, event);
  become(e, entry.encoding(made), fitted(made));
  entry.release(made);
  return e;
}

/** Gives an entry that owns no value the members of a loose set; the loose entry is gone. */
export function takeOver(e: EntryRef, made: EntryRef): void {
  loose.end();
  become(e, entry.encoding(made), fitted(made));
  entry.release(made);
}

/** The ref of a loose set's value, which has got rid of room that is far too much. */
function fitted(made: EntryRef): Ref {
  return entry.encoding(made) === PACKED ? packed.fit(packedOf(made)) : refOf(made);
}

/** Frees a loose set. */
export function discard(made: EntryRef): void {
  loose.end();
  release(made);
  entry.release(made);
}

/** The number of members. */
export function count(e: EntryRef): number {
  const encoding = entry.encoding(e);
  if (encoding === DICT) return dict.count(dictOf(e));
  if (encoding === PACKED) return packed.count(packedOf(e));
  return refOf(e) === NIL ? 0 : intset.count(integersOf(e));
}

/** Whether the member is there. */
export function has(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  plain.set(bytes, view, offset, size);
  return holds(e, plain);
}

/** Adds a member; false when it was there. */
export function add(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  plain.set(bytes, view, offset, size);
  return addMember(e, plain);
}

/** Removes a member; false when it is not there. The caller deletes a set left without any. */
export function remove(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  plain.set(bytes, view, offset, size);
  return removeMember(e, plain);
}

const plain = new Member();

/** As `has`; leaves the member's place in it. */
export function holds(e: EntryRef, m: Member): boolean {
  const encoding = entry.encoding(e);
  if (encoding === DICT) {
    m.place = findEntry(dictOf(e), m);
    return m.place !== NIL;
  }
  if (encoding === PACKED) {
    const p = packedOf(e);
    m.text();
    m.place = packed.find(p, packed.first(p), m.bytes, m.offset, m.size, 0);
    return m.place !== 0;
  }
  m.place = ~0;
  if (!m.isInteger || refOf(e) === NIL) return false;
  m.place = intset.search(integersOf(e), m.high, m.low);
  return m.place >= 0;
}

function findEntry(members: DictRef, m: Member): EntryRef {
  if (m.entry !== NIL) return dict.findSame(members, m.entry);
  const view = m.viewedText();
  return dict.find(members, m.bytes, view, m.offset, m.size, m.hash);
}

/**
 * Adds a member for which `holds` of the same set has just said that it is not there. A set that
 * becomes PACKED by it gets room for `room` bytes of a listpack.
 */
export function insert(e: EntryRef, m: Member, room = packed.EMPTY_SIZE): void {
  const encoding = entry.encoding(e);
  if (encoding === INTSET && m.isInteger) insertInteger(e, m);
  else if (encoding === DICT) insertEntry(dictOf(e), m);
  else insertText(e, m, room);
}

function insertInteger(e: EntryRef, m: Member): void {
  const s = refOf(e) === NIL ? intset.create() : integersOf(e);
  setRef(e, intset.insert(s, ~m.place, m.high, m.low));
  if (count(e) > integerLimit()) convert(e, 0);
}

const integerLimit = () => thresholds.setIntsetEntries;

/** Whether a set that is PACKED, or would be, has no room for the member. */
function isFull(e: EntryRef, m: Member): boolean {
  if (count(e) >= thresholds.setPackedEntries || m.size > thresholds.setPackedValue) return true;
  return entry.encoding(e) === PACKED && packed.size(packedOf(e)) + m.size > PACKED_SIZE_MAX;
}

/** Adds to a set that is not a DICT, but will not stay an INTSET. */
function insertText(e: EntryRef, m: Member, room: number): void {
  m.text();
  const full = isFull(e, m);
  if (refOf(e) === NIL && !full) {
    // The first member: there is nothing to convert.
    const needed = packed.EMPTY_SIZE + m.size + MEMBER_OVERHEAD;
    become(e, PACKED, packed.create(Math.min(Math.max(room, needed), PACKED_SIZE_MAX)));
  } else if (full || entry.encoding(e) === INTSET) {
    // Converting spells and stages members, as `m` may be.
    m.keep();
    if (m.size > thresholds.setPackedValue) convertToDict(e, count(e) + 1);
    else convert(e, 1, room);
    m.text();
  }
  if (entry.encoding(e) === DICT) insertEntry(dictOf(e), m);
  else setRef(e, packed.append(packedOf(e), m.bytes, m.offset, m.size));
}

/** The first of the arguments from `from` on that is no member of a PACKED set, or their number. */
export function firstMissing(e: EntryRef, args: Args, from: number): number {
  const { bytes, start, size } = args;
  const p = packedOf(e);
  const first = packed.first(p);
  let i = from;
  while (i < args.count && packed.find(p, first, bytes, start[i], size[i], 0) !== 0) i++;
  return i;
}

/** How many members `addToPacked` has added. */
export const addedToPacked = { count: 0 };

/**
 * Adds the members in the arguments from `from` on to a set, one by one as `holds` and `insert` do,
 * as long as it is PACKED and stays so; returns the first that it did not look at. To find block
 * and encoding anew for each takes longer than all the rest.
 */
export function addToPacked(e: EntryRef, args: Args, from: number): number {
  addedToPacked.count = 0;
  if (entry.encoding(e) !== PACKED) return from;
  const { bytes, start, size } = args;
  const { setPackedEntries, setPackedValue } = thresholds;
  let p = packedOf(e);
  let total = packed.count(p);
  // To search all elements for each of several members takes longer than to look at all once.
  let bits = args.count - from > 1 ? packed.bitsOf(p) : -1;
  let i = from;
  for (; i < args.count; i++) {
    const bit = packed.bitOf(bytes, start[i], size[i]);
    const mayBeThere = bit === 0 || (bits & bit) !== 0;
    if (mayBeThere && packed.find(p, packed.first(p), bytes, start[i], size[i], 0) !== 0) continue;
    bits |= bit;
    if (total >= setPackedEntries || size[i] > setPackedValue) break;
    if (packed.size(p) + size[i] > PACKED_SIZE_MAX) break;
    const home = packed.append(p, bytes, start[i], size[i]);
    if (home !== p) setRef(e, home);
    p = home;
    total++;
    addedToPacked.count++;
  }
  return i;
}

/** As `insert`, of a member that is known not to be there, though the set was not asked. */
export function insertNew(e: EntryRef, m: Member, room = packed.EMPTY_SIZE): void {
  const encoding = entry.encoding(e);
  if (encoding === PACKED && m.packed !== NIL && insertElement(e, m)) return;
  if (encoding === INTSET) holds(e, m);
  insert(e, m, room);
}

/** Adds a member of another PACKED set as it lies there; false when it does not fit. */
function insertElement(e: EntryRef, m: Member): boolean {
  const p = packedOf(e);
  const length = packed.elementSize(m.packed, m.at);
  if (packed.count(p) >= thresholds.setPackedEntries || length > thresholds.setPackedValue) {
    return false;
  }
  if (packed.size(p) + length > PACKED_SIZE_MAX) return false;
  const home = packed.appendElement(p, m.packed, m.at);
  if (home !== p) setRef(e, home);
  return true;
}

function insertEntry(members: DictRef, m: Member): void {
  const made = m.entry !== NIL ? entry.twin(m.entry) : entryOf(m);
  dict.insert(members, made);
  if (frozenDict.isAny) frozenDict.added(members, made);
}

function entryOf(m: Member): EntryRef {
  const view = m.viewedText();
  return entry.create(m.bytes, view, m.offset, m.size, m.hash, 0, false);
}

/** Makes an INTSET PACKED, if it may be with `more` members, and any other set a DICT. */
function convert(e: EntryRef, more: number, room = packed.EMPTY_SIZE): void {
  const isPackable =
    entry.encoding(e) === INTSET &&
    count(e) + more <= thresholds.setPackedEntries &&
    longestInteger(e) <= thresholds.setPackedValue;
  if (isPackable) convertToPacked(e, room);
  else convertToDict(e, count(e) + more);
}

function convertToPacked(e: EntryRef, room: number): void {
  let p = packed.create(Math.min(room, PACKED_SIZE_MAX));
  converting.start(e);
  while (converting.next()) {
    converting.load(converted);
    converted.text();
    p = packed.append(p, converted.bytes, converted.offset, converted.size);
  }
  release(e);
  become(e, PACKED, p);
}

/** Makes any other set a DICT with room for `expected` members. */
function convertToDict(e: EntryRef, expected: number): void {
  const members = dict.create(expected);
  converting.start(e);
  while (converting.next()) {
    converting.load(converted);
    insertEntry(members, converted);
  }
  release(e);
  become(e, DICT, members);
}

/** The size of the longest member of an INTSET: its first or its last. */
function longestInteger(e: EntryRef): number {
  const last = count(e) - 1;
  return last < 0 ? 0 : Math.max(memberAt(e, 0).size, memberAt(e, last).size);
}

/** Adds a member; false when it was there. */
export function addMember(e: EntryRef, m: Member): boolean {
  if (holds(e, m)) return false;
  insert(e, m);
  return true;
}

/** Removes a member; false when it is not there. */
export function removeMember(e: EntryRef, m: Member): boolean {
  if (!holds(e, m)) return false;
  removeAt(e, m.place);
  return true;
}

/** What keeps the members of a DICT, to put them back (kept_members.ts); null for other sets. */
export function keepMembers(e: EntryRef): KeptMembers | null {
  if (entry.encoding(e) !== DICT) return null;
  return new KeptMembers(dictOf(e), NIL as DeadlinesRef, keptKind);
}

const keptKind: MemberKind = {
  ...memberKind,
  takeOut(e, like) {
    const member = dict.findSame(dictOf(e), like);
    if (member !== NIL) removeAt(e, member);
  },
  putIn: (e, member) => dict.insert(dictOf(e), member),
};

/** Removes the member at a place. The caller deletes a set left without any. */
export function removeAt(e: EntryRef, place: number): void {
  const encoding = entry.encoding(e);
  if (encoding === DICT) {
    if (frozenDict.isAny) frozenDict.keep(dictOf(e), place as EntryRef);
    dict.remove(dictOf(e), place as EntryRef);
    entry.release(place as EntryRef);
  } else if (encoding === PACKED) {
    setRef(e, packed.remove(packedOf(e), place, 1));
  } else {
    setRef(e, intset.removeAt(integersOf(e), place));
  }
}

/** The place of a member, each as likely as any other; the set has some. O(1) in a DICT. */
export function randomPlace(e: EntryRef, random: RandomBelow): number {
  const encoding = entry.encoding(e);
  if (encoding === DICT) return dict.randomEntry(dictOf(e), random);
  const index = random(count(e));
  return encoding === PACKED ? packed.seek(packedOf(e), index) : index;
}

/** Replies with the member at a place as a bulk string. */
export function replyAt(e: EntryRef, place: number, to: Reply): void {
  replyOf(entry.encoding(e), refOf(e), place, to);
}

function replyOf(encoding: number, ref: Ref, place: number, to: Reply): void {
  if (encoding === DICT) entry.replyKey(place as EntryRef, to);
  else if (encoding === PACKED) packed.reply(ref as Ref as PackedRef, place, to);
  else intset.reply(ref as Ref as IntsetRef, place, to);
}

const borrowed: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };
/** Where integers are spelled. */
const digits = new Uint8Array(20);

/** The bytes of the member at a place: borrowed until the next call or any change. */
export function memberAt(e: EntryRef, place: number): Range {
  const encoding = entry.encoding(e);
  if (encoding === PACKED) return packed.range(packedOf(e), place);
  if (encoding === DICT) {
    const member = place as EntryRef;
    borrowed.bytes = u8[segmentOf(entry.keyBlock(member))];
    borrowed.offset = entry.keyOffset(member);
    borrowed.size = entry.keySize(member);
  } else {
    borrowed.bytes = digits;
    borrowed.offset = 0;
    const s = integersOf(e);
    borrowed.size = intset.spell(intset.highAt(s, place), intset.lowAt(s, place), digits);
  }
  return borrowed;
}

/** Makes `m` the member at a place: borrowed until the set changes, or `memberAt` is called. */
export function loadAt(e: EntryRef, place: number, m: Member): void {
  loadOf(entry.encoding(e), refOf(e), place, m);
}

function loadOf(encoding: number, ref: Ref, place: number, m: Member): void {
  if (encoding === DICT) {
    m.setEntry(place as EntryRef);
  } else if (encoding === PACKED) {
    m.setElement(ref as Ref as PackedRef, place);
  } else {
    const s = ref as Ref as IntsetRef;
    m.setInteger(intset.highAt(s, place), intset.lowAt(s, place));
  }
}

/** An index is made of a packed set with as many members, when it is asked as often. */
export const INDEXED_MIN = 10;

/**
 * Whether the members of a set that another has, too, are found by `SetCursor.nextCommon`, and, of
 * a PACKED set, those that it has not by `SetCursor.nextMissing`.
 */
export function isQuickPair(e: EntryRef, other: EntryRef): boolean {
  const encoding = entry.encoding(e);
  const others = entry.encoding(other);
  if (encoding === INTSET) return others === INTSET;
  if (encoding === DICT || others === INTSET) return false;
  return others === DICT || (count(e) >= INDEXED_MIN && count(other) >= INDEXED_MIN);
}

/** Of the other set of a pair of PACKED ones. */
const pairIndex = new PackedIndex();

/**
 * A walk over all members, to be used again and again; the set must not change until it has ended.
 *
 *   cursor.start(e);
 *   while (cursor.next()) …
 */
export class SetCursor {
  /** The place of the member that `next` has come to. */
  place = 0;
  private e = NIL as EntryRef;
  private encoding = INTSET;
  private ref = NIL as Ref;
  private left = 0;
  private readonly entries = new DictCursor();

  /** Begins before the first member. */
  start(e: EntryRef): void {
    this.e = e;
    this.encoding = entry.encoding(e);
    this.ref = refOf(e);
    this.left = count(e);
    this.place = this.encoding === INTSET ? -1 : 0;
    if (this.encoding === DICT) this.entries.start(dictOf(e));
  }

  /** Goes to the next member; false when there is none. */
  next(): boolean {
    if (this.left === 0) return false;
    this.left--;
    if (this.encoding === DICT) {
      this.place = this.entries.next();
    } else if (this.encoding === PACKED) {
      const p = this.ref as Ref as PackedRef;
      this.place = this.place === 0 ? packed.first(p) : packed.next(p, this.place);
    } else {
      this.place++;
    }
    return true;
  }

  /**
   * Goes to the next member that the other set has as well, of a pair for which `isQuickPair` is
   * true; no other walk of the kind is under way. False when there is none.
   */
  nextCommon(other: EntryRef): boolean {
    if (this.encoding === PACKED) return this.nextFound(other, true);
    const own = this.ref as Ref as IntsetRef;
    if (this.place < 0) intset.common.from = 0;
    this.place = intset.nextCommon(own, this.place + 1, integersOf(other));
    return this.place < intset.count(own);
  }

  /** As `nextCommon`, of a PACKED set, to the next member that the other set has not. */
  nextMissing(other: EntryRef): boolean {
    return this.nextFound(other, false);
  }

  private nextFound(other: EntryRef, isFound: boolean): boolean {
    const p = this.ref as Ref as PackedRef;
    if (entry.encoding(other) === DICT) {
      this.place = nextInDict(p, this.place, dictOf(other), isFound);
    } else {
      if (this.place === 0) pairIndex.build(packedOf(other));
      this.place = pairIndex.nextFound(p, this.place, isFound);
    }
    return this.place !== 0;
  }

  /** The member's bytes: borrowed until the next call, or until anything is allocated. */
  member(): Range {
    return memberAt(this.e, this.place);
  }

  /** Makes `m` the member: borrowed likewise. */
  load(m: Member): void {
    loadOf(this.encoding, this.ref, this.place, m);
  }

  /** Replies with the member as a bulk string. */
  replyMember(to: Reply): void {
    replyOf(this.encoding, this.ref, this.place, to);
  }
}

const walk = new SetCursor();
const walked = new Member();
/** A walk of their own, since converting happens in the midst of another. */
const converting = new SetCursor();
const converted = new Member();

/** Adds all members of a set to a loose one. */
export function addAll(from: EntryRef, loose: EntryRef): void {
  const total = count(from);
  if (total === 0) return;
  if (entry.encoding(from) === INTSET && entry.encoding(loose) === INTSET) {
    mergeIntegers(from, loose);
    return;
  }
  const isNew = count(loose) === 0;
  if (isNew && entry.encoding(from) === PACKED && hasText(packedOf(from))) {
    release(loose);
    become(loose, PACKED, packed.copy(packedOf(from)));
    return;
  }
  // It would be a DICT in the end, whatever the members are.
  if (total > integerLimit() && entry.encoding(loose) !== DICT) convertToDict(loose, total);
  walk.start(from);
  while (walk.next()) {
    walk.load(walked);
    arena.ensureMore(walked.sizeKnown);
    if (isNew) insertNew(loose, walked);
    else addMember(loose, walked);
  }
}

/** Whether some element is no integer, so that a set of all is no intset. */
function hasText(p: PackedRef): boolean {
  let at = packed.first(p);
  while (at !== 0 && packed.isInteger(p, at)) at = packed.next(p, at);
  return at !== 0;
}

function mergeIntegers(from: EntryRef, loose: EntryRef): void {
  const own = integersOf(loose);
  if (own === NIL) {
    setRef(loose, intset.copy(integersOf(from)));
  } else {
    setRef(loose, intset.merged(own, integersOf(from)));
    intset.release(own);
  }
  if (count(loose) > integerLimit()) convert(loose, 0);
}

/** The bytes that the value takes in its entry. */
export const areaOf = (_: EntryRef) => AREA;

/** Makes the value of `to`, which has the room, a copy that shares nothing. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  const encoding = entry.encoding(from);
  if (encoding === INTSET) become(to, encoding, intset.copy(integersOf(from)));
  else if (encoding === PACKED) become(to, encoding, packed.copy(packedOf(from)));
  else become(to, encoding, duplicateDict(dictOf(from)));
}

const entries = new DictCursor();

function duplicateDict(from: DictRef): DictRef {
  const to = dict.create(dict.count(from));
  entries.start(from);
  for (let e = entries.next(); e !== NIL; e = entries.next()) dict.insert(to, entry.twin(e));
  return to;
}

/** Frees what the value owns outside its entry. */
export function release(e: EntryRef): void {
  const encoding = entry.encoding(e);
  if (encoding === DICT) {
    if (isTaken(e)) return;
    entries.start(dictOf(e));
    for (let m = entries.next(); m !== NIL; m = entries.next()) entry.release(m);
    dict.release(dictOf(e));
  } else if (encoding === PACKED) {
    packed.release(packedOf(e));
  } else if (refOf(e) !== NIL) {
    intset.release(integersOf(e));
  }
}

/** Whether a snapshot has taken the members. */
const isTaken = (e: EntryRef) => frozenDict.isAny && frozenDict.takes(dictOf(e), e);

/** Frees some members; false once nothing is left but the entry. Nothing else may follow. */
export function releaseSlice(e: EntryRef): boolean {
  if (entry.encoding(e) !== DICT) {
    release(e);
    return false;
  }
  if (isTaken(e)) return false;
  if (dict.drain(dictOf(e), SLICE_SLOTS, entry.release)) return true;
  dict.release(dictOf(e));
  return false;
}

/** The bytes of the blocks that the value owns outside its entry: of a DICT, an estimate. */
export function ownedSize(e: EntryRef, samples = SAMPLE_COUNT): number {
  if (entry.encoding(e) !== DICT) return refOf(e) === NIL ? 0 : arena.capacity(refOf(e));
  const members = dictOf(e);
  const total = dict.count(members);
  let sampled = 0;
  let bytes = 0;
  entries.start(members);
  for (; sampled < Math.min(total, samples); sampled++) {
    const member = entries.next();
    bytes += arena.capacity(member);
    if (entry.keyBlock(member) !== member) bytes += arena.capacity(entry.keyBlock(member));
  }
  return dict.ownedSize(members) + (sampled === 0 ? 0 : Math.round((bytes * total) / sampled));
}

/** The name that OBJECT ENCODING gives. */
export function encodingName(e: EntryRef): string {
  return entry.encoding(e) === INTSET ? "intset" : "hashtable";
}

/** Throws when something is wrong with the structure or its members. For tests. */
export function verify(e: EntryRef): void {
  assert(entry.type(e) === Type.set, "the value is no set");
  const encoding = entry.encoding(e);
  if (encoding === DICT) dict.verify(dictOf(e));
  else if (encoding === PACKED) packed.verify(packedOf(e));
  else if (refOf(e) !== NIL) intset.verify(integersOf(e));
  let seen = 0;
  walk.start(e);
  for (; walk.next(); seen++) {
    walk.load(walked);
    const { place } = walk;
    assert(holds(e, walked) && walked.place === place, "a member is found where it is not");
  }
  assert(seen === count(e), "the count of members is wrong");
}
