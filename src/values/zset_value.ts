/**
 * Sorted sets, in two encodings:
 *
 *   PACKED  one packed block (zset_packed.ts): member, score, member, score …, in order
 *   TREE    a dict of members, each entry with its score, and a score tree that orders them; the
 *           entry's first word is the dict, the second the tree
 *
 * The order is by score, then by the member's bytes. A set begins PACKED and becomes a TREE, for
 * good, when it has more members than zset-max-listpack-entries or a member is longer than
 * zset-max-listpack-value. OBJECT ENCODING calls them listpack and skiplist, as Redis does.
 *
 * A sorted set need not be a key's: `createLoose` and `createUnordered` make an entry of no
 * database, to compute with; `adopt` makes it the value of a key, or `discard` frees it.
 */
import * as arena from "../arena/arena.ts";
import { NIL, type Ref, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { hashBytes } from "../base/hash.ts";
import { type Range, stage, staging } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { TreeRef } from "../structures/btree.ts";
import * as btree from "../structures/btree.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import type { LeafRef } from "../structures/score_tree.ts";
import * as scoreTree from "../structures/score_tree.ts";
import { AREA, addCollection, become, refOf, setRef, setWord, wordOf } from "./collection.ts";
import * as frozenDict from "./frozen_dict.ts";
import { FrozenDict } from "./frozen_dict.ts";
import type { ValueHolder } from "./holder.ts";
import { KeptMembers, type MemberKind } from "./kept_members.ts";
import type { KeyEvent } from "./key_event.ts";
import * as loose from "./loose.ts";
import { PACKED_SIZE_MAX, thresholds } from "./thresholds.ts";
import { Type } from "./types.ts";
import * as zsetPacked from "./zset_packed.ts";

export const PACKED = 0;
export const TREE = 1;

/** What `put` did: nothing, since the member had that score; changed its score; or added it. */
export const SAME = 0;
export const CHANGED = 1;
export const ADDED = 2;

/** Members freed in one slice. */
const SLICE_MEMBERS = 512;
/** Members whose entries a cursor that moves asks for at once. */
const FETCHED_MEMBERS = 8;
/** Moves before it does so: those who want one member only move on once. */
const UNFETCHED_MOVES = 1;
/** Members whose blocks are measured to tell the size of all. */
const SAMPLES = 16;

const isPacked = (e: EntryRef) => entry.encoding(e) === PACKED;
const packedOf = (e: EntryRef) => refOf(e) as Ref as PackedRef;
const dictOf = (e: EntryRef) => refOf(e) as Ref as DictRef;
/** NIL while the set is unordered. */
const treeOf = (e: EntryRef) => wordOf(e) as TreeRef;

/**
 * Adds the key in an argument, which is not there, as a sorted set without members, announced as
 * `event`; the caller adds members at once.
 */
export function create(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
): EntryRef {
  return addCollection(db, args, index, keyHash, Type.zset, PACKED, packed.create(), event);
}

/** A sorted set without members that no database holds; the caller adopts or discards it. */
export function createLoose(): EntryRef {
  const e = entry.create(staging.bytes, staging.view, 0, 0, 0, AREA, false);
  become(e, Type.zset, PACKED, packed.create());
  return e;
}

/**
 * As `createLoose`, for many members in any order: until `order` is called, it only knows `put`,
 * `putSought`, `score`, `remove`, `count` and `discard`, each O(1). For unions and loading.
 */
export function createUnordered(): EntryRef {
  const e = entry.create(staging.bytes, staging.view, 0, 0, 0, AREA, false);
  startUnordered(e, 0);
  loose.begin(e, discard);
  return e;
}

/** A set of what lies in a block, in order, as the result of a command; it owns the block. */
export function createResult(p: PackedRef): EntryRef {
  const e = entry.create(staging.bytes, staging.view, 0, 0, 0, AREA, false);
  become(e, Type.zset, PACKED, p);
  loose.begin(e, discard);
  return e;
}

/** Makes an entry, which has the room, such an unordered set, of about so many members. */
export function startUnordered(e: EntryRef, expected: number): void {
  become(e, Type.zset, TREE, dict.create(expected));
}

/**
 * Makes an entry, which has the room, a set with the members and scores in a block, which are in
 * order: see `isSound` in zset_packed.ts. The set then owns the block.
 */
export function startPacked(e: EntryRef, p: PackedRef): void {
  become(e, Type.zset, PACKED, p);
  if (count(e) > thresholds.zsetPackedEntries) makeTree(e);
}

/** The members as they are, for a snapshot (frozen_dict.ts); null for a PACKED set. */
export function freeze(e: EntryRef): FrozenDict | null {
  if (isPacked(e)) return null;
  return new FrozenDict(dictOf(e), treeOf(e), NIL as DeadlinesRef, memberKind);
}

const memberKind = { copy: copyMember, release: entry.release };

/** A member is about to change or to go: a snapshot may need it as it is. */
function beforeChange(e: EntryRef, m: EntryRef): void {
  if (frozenDict.isAny) frozenDict.keep(dictOf(e), m);
}

/** The block of a PACKED set; NIL of others. */
export function block(e: EntryRef): PackedRef {
  return isPacked(e) ? packedOf(e) : (NIL as PackedRef);
}

const cursorOfMembers = new dict.DictCursor();

/** What a member takes in a tree, at most. */
const ORDERED_SIZE = 32;

/** Sorts what was put into an unordered set, which then is as any other: O(n log n) or less. */
export function order(e: EntryRef): void {
  const members = new Int32Array(count(e));
  cursorOfMembers.start(dictOf(e));
  for (let i = 0; i < members.length; i++) members[i] = cursorOfMembers.next();
  orderAdded(e, members);
}

/**
 * As `order`, with what `add` returned for each member, as they came: O(n) if they came in order,
 * upwards or downwards. The array is used up.
 */
export function orderAdded(e: EntryRef, members: Int32Array): void {
  if (DEBUG) assert(!isPacked(e) && treeOf(e) === NIL, "the set is ordered");
  if (DEBUG) assert(members.length === count(e), "all members, each once");
  arena.ensure(members.length * ORDERED_SIZE);
  setWord(e, scoreTree.createSorted(members));
}

/** What most members take in a listpack beside their bytes, with a short score. */
const PACKED_SCORE_SIZE = 10;

/**
 * Makes a TREE whose count and members all are within the thresholds PACKED again: O(n). A score -0
 * becomes 0, as in Redis; `keepsSign`: it stays what it is.
 */
export function packIfSmall(e: EntryRef, keepsSign = false): void {
  if (isPacked(e) || count(e) > thresholds.zsetPackedEntries) return;
  const members = dictOf(e);
  let total = 0;
  cursorOfMembers.start(members);
  for (let m = cursorOfMembers.next(); m !== NIL; m = cursorOfMembers.next()) {
    if (entry.keySize(m) > thresholds.zsetPackedValue) return;
    total += entry.keySize(m);
  }
  if (total > PACKED_SIZE_MAX / 2) return;
  let p = packed.create(packed.EMPTY_SIZE + total + count(e) * PACKED_SCORE_SIZE);
  const tree = treeOf(e);
  for (let leaf = btree.first(tree) as LeafRef; leaf !== NIL; leaf = btree.next(tree) as LeafRef) {
    for (let i = 0; i < scoreTree.leafCount(leaf); i++) {
      const m = scoreTree.entryAt(leaf, i);
      const bytes = u8[arena.segmentOf(entry.keyBlock(m))];
      const at = entry.keyOffset(m);
      const score = scoreTree.scoreAt(leaf, i);
      p = zsetPacked.append(p, bytes, at, entry.keySize(m), score, keepsSign);
    }
  }
  release(e);
  entry.describe(e, Type.zset, PACKED, 0);
  setRef(e, packed.fit(p));
  setWord(e, NIL);
}

/**
 * Adds the key in an argument, which is not there, with the value of a loose set, announced as
 * `event`; the loose entry is gone. `replaces`: another value was there until now.
 */
export function adopt(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
  made: EntryRef,
  replaces = false,
): EntryRef {
  loose.end();
  const encoding = entry.encoding(made);
  const ref = refOf(made);
  const e = addCollection(db, args, index, keyHash, Type.zset, encoding, ref, event, replaces);
  setWord(e, wordOf(made));
  entry.release(made);
  return e;
}

/** Frees a loose set. */
export function discard(made: EntryRef): void {
  loose.end();
  release(made);
  entry.release(made);
}

/** The number of members. */
export function count(e: EntryRef): number {
  return isPacked(e) ? packed.count(packedOf(e)) / 2 : dict.count(dictOf(e));
}

/** What `score` found last: the member's entry, or its position; its hash in a TREE. */
let soughtEntry = NIL as EntryRef;
let soughtAt = 0;
let soughtHash = 0;

/** The member's score, or NaN when it is not there. */
export function score(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): number {
  if (isPacked(e)) {
    const p = packedOf(e);
    soughtAt = packed.find(p, packed.first(p), bytes, offset, size, 1);
    return soughtAt === 0 ? Number.NaN : zsetPacked.scoreOf(p, soughtAt);
  }
  soughtHash = hashBytes(bytes, view, offset, size);
  soughtEntry = dict.find(dictOf(e), bytes, view, offset, size, soughtHash);
  return soughtEntry === NIL ? Number.NaN : scoreTree.scoreOf(soughtEntry);
}

/**
 * Adds the member, or changes its score (never NaN); says which: ADDED, CHANGED or SAME. The bytes
 * are not the set's own. 0 and -0 are the same score: the old one stays.
 */
export function put(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  newScore: number,
): number {
  score(e, bytes, view, offset, size);
  return putSought(e, bytes, view, offset, size, newScore);
}

/** As `put`, right after `score` of the same member of the same set: it is not sought again. */
export function putSought(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  newScore: number,
): number {
  if (DEBUG) assert(!Number.isNaN(newScore), "a score is a number");
  if (isPacked(e)) return putPacked(e, bytes, view, offset, size, newScore);
  const tree = treeOf(e);
  if (soughtEntry !== NIL) {
    const member = soughtEntry;
    const oldScore = scoreTree.scoreOf(member);
    if (oldScore === newScore) {
      // Sums are computed in an unordered set: there -0 and 0 becomes 0.
      if (tree === NIL) scoreTree.setScore(member, newScore);
      return SAME;
    }
    beforeChange(e, member);
    if (tree !== NIL) scoreTree.move(tree, oldScore, newScore, member);
    scoreTree.setScore(member, newScore);
    return CHANGED;
  }
  const member = insertSought(e, bytes, view, offset, size, newScore);
  if (tree !== NIL) scoreTree.insert(tree, newScore, member);
  if (frozenDict.isAny) frozenDict.added(dictOf(e), member);
  return ADDED;
}

/** Adds a member that `score` has just not found in a dict; returns its entry. */
function insertSought(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  newScore: number,
): EntryRef {
  const area = scoreTree.SCORE_AREA;
  const member = entry.create(bytes, view, offset, size, soughtHash, area, false);
  scoreTree.setScore(member, newScore);
  dict.insert(dictOf(e), member);
  return member;
}

/**
 * Adds a member to an unordered set that no snapshot has; returns its entry, or NIL, and adds
 * nothing, when it was there. For loading.
 */
export function add(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  newScore: number,
): EntryRef {
  score(e, bytes, view, offset, size);
  if (soughtEntry !== NIL) return NIL as EntryRef;
  return insertSought(e, bytes, view, offset, size, newScore);
}

function putPacked(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  newScore: number,
): number {
  const p = packedOf(e);
  if (soughtAt !== 0) {
    if (zsetPacked.scoreOf(p, soughtAt) === newScore) return SAME;
    setRef(e, zsetPacked.change(p, soughtAt, bytes, offset, size, newScore));
    return CHANGED;
  }
  const fits =
    packed.count(p) / 2 < thresholds.zsetPackedEntries &&
    size <= thresholds.zsetPackedValue &&
    packed.size(p) + size < PACKED_SIZE_MAX;
  if (fits) {
    setRef(e, zsetPacked.insert(p, bytes, offset, size, newScore));
    return ADDED;
  }
  makeTree(e);
  soughtHash = hashBytes(bytes, view, offset, size);
  soughtEntry = NIL as EntryRef;
  return putSought(e, bytes, view, offset, size, newScore);
}

/** Makes the set a TREE, however small it is. */
export function toTree(e: EntryRef): void {
  if (isPacked(e)) makeTree(e);
}

/** Makes a PACKED set a TREE. */
function makeTree(e: EntryRef): void {
  const p = packedOf(e);
  const members = dict.create(count(e));
  const tree = scoreTree.create();
  for (let at = packed.first(p); at !== 0; at = zsetPacked.next(p, at)) {
    const { bytes, offset, size } = packed.range(p, at);
    stage(bytes, offset, size);
    const memberHash = hashBytes(staging.bytes, staging.view, 0, size);
    const area = scoreTree.SCORE_AREA;
    const m = entry.create(staging.bytes, staging.view, 0, size, memberHash, area, false);
    const memberScore = zsetPacked.scoreOf(p, at);
    scoreTree.setScore(m, memberScore);
    dict.insert(members, m);
    scoreTree.append(tree, memberScore, m);
  }
  packed.release(p);
  entry.describe(e, Type.zset, TREE, 0);
  setRef(e, members);
  setWord(e, tree);
}

/** Removes the member; false when it is not there. The caller deletes a set left without any. */
export function remove(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  if (Number.isNaN(score(e, bytes, view, offset, size))) return false;
  if (isPacked(e)) {
    setRef(e, packed.remove(packedOf(e), soughtAt, 2));
    return true;
  }
  removeMember(e, soughtEntry);
  return true;
}

/** Removes a member of a TREE. */
function removeMember(e: EntryRef, member: EntryRef): void {
  const tree = treeOf(e);
  beforeChange(e, member);
  if (tree !== NIL) scoreTree.remove(tree, scoreTree.scoreOf(member), member);
  dict.remove(dictOf(e), member);
  entry.release(member);
}

/** What keeps the members of a TREE, to put them back (kept_members.ts); null for a PACKED set. */
export function keepMembers(e: EntryRef): KeptMembers | null {
  if (isPacked(e)) return null;
  return new KeptMembers(dictOf(e), NIL as DeadlinesRef, keptKind);
}

const keptKind: MemberKind = {
  ...memberKind,
  takeOut(e, like) {
    const member = dict.findSame(dictOf(e), like);
    if (member !== NIL) removeMember(e, member);
  },
  putIn(e, member) {
    dict.insert(dictOf(e), member);
    scoreTree.insert(treeOf(e), scoreTree.scoreOf(member), member);
  },
};

/** The member's rank from 0, or -1 when it is not there. */
export function rank(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): number {
  if (isPacked(e)) return zsetPacked.rank(packedOf(e), bytes, offset, size);
  const memberScore = score(e, bytes, view, offset, size);
  return Number.isNaN(memberScore) ? -1 : scoreTree.rank(treeOf(e), memberScore, soughtEntry);
}

/** Members with a score less than this, or equal if so wanted: the rank at which a range begins. */
export function countBelow(e: EntryRef, limit: number, orEqual: boolean): number {
  if (isPacked(e)) return zsetPacked.countBelow(packedOf(e), limit, orEqual);
  return scoreTree.countBelow(treeOf(e), limit, orEqual);
}

/** The same of the members' bytes, in a set whose scores are all equal. */
export function countBelowLex(
  e: EntryRef,
  bytes: Uint8Array,
  offset: number,
  size: number,
  orEqual: boolean,
): number {
  if (isPacked(e)) return zsetPacked.countBelowLex(packedOf(e), bytes, offset, size, orEqual);
  // An entry of its own for the limit: two entries compare by words.
  stage(bytes, offset, size);
  const limit = entry.create(staging.bytes, staging.view, 0, size, 0, 0, false);
  const below = scoreTree.countBelowLex(treeOf(e), limit, orEqual);
  entry.release(limit);
  return below;
}

/** Removes `n` members from rank `from` on; they must be there. */
export function removeRanks(e: EntryRef, from: number, n: number): void {
  if (DEBUG) assert(from >= 0 && from + n <= count(e), "more members are removed than there are");
  if (n === 0) return;
  if (isPacked(e)) {
    const p = packedOf(e);
    setRef(e, packed.remove(p, packed.seek(p, 2 * from), 2 * n));
    return;
  }
  const members = dictOf(e);
  for (let left = n; left > 0; ) {
    const done = scoreTree.removeRun(treeOf(e), from, left);
    for (let i = 0; i < done; i++) {
      const member = scoreTree.removed[i] as EntryRef;
      beforeChange(e, member);
      dict.remove(members, member);
      entry.release(member);
    }
    left -= done;
  }
}

/**
 * A place in a sorted set, to be moved: reusable, and valid until the set changes. Several may
 * be in use at once.
 *
 *   for (cursor.seek(e, 0); cursor.isValid; cursor.next()) …
 */
export class ZsetCursor {
  /** Whether there is a member at the cursor. */
  isValid = false;
  private packed = NIL as PackedRef;
  /** Of a PACKED set: the member's position. */
  private at = 0;
  private tree = NIL as TreeRef;
  private leaf = NIL as LeafRef;
  private index = 0;
  private leafCount = 0;
  /** Members before the leaf. */
  private before = 0;
  /** Moves until the entries of the next members are fetched. */
  private ahead = 0;
  private readonly range: Range = { bytes: staging.bytes, offset: 0, size: 0 };

  /** The score of the member at the cursor. */
  get score(): number {
    if (this.tree !== NIL) return scoreTree.scoreAt(this.leaf, this.index);
    return zsetPacked.scoreOf(this.packed, this.at);
  }

  /** Goes to the member at a rank; not valid when there is none. */
  seek(e: EntryRef, toRank: number): void {
    if (isPacked(e)) {
      this.packed = packedOf(e);
      this.tree = NIL as TreeRef;
      this.at = toRank < 0 ? 0 : packed.seek(this.packed, 2 * toRank);
      this.isValid = this.at !== 0;
      return;
    }
    this.tree = treeOf(e);
    this.seekTree(toRank);
  }

  private seekTree(toRank: number): void {
    this.isValid = toRank >= 0 && toRank < btree.count(this.tree);
    if (!this.isValid) return;
    // A rank that came as a double (protocol/reply.ts) would make one of each index.
    const wanted = toRank | 0;
    this.leaf = scoreTree.byRank(this.tree, wanted);
    this.before = btree.before();
    this.index = wanted - this.before;
    this.leafCount = scoreTree.leafCount(this.leaf);
    this.ahead = UNFETCHED_MOVES;
  }

  next(): void {
    if (this.tree === NIL) {
      this.at = zsetPacked.next(this.packed, this.at);
      this.isValid = this.at !== 0;
      return;
    }
    if (++this.index === this.leafCount) {
      this.seekTree(this.before + this.index);
      if (!this.isValid) return;
    }
    if (--this.ahead < 0) this.look(1);
  }

  previous(): void {
    if (this.tree === NIL) {
      this.at = zsetPacked.previous(this.packed, this.at);
      this.isValid = this.at !== 0;
      return;
    }
    if (--this.index < 0) {
      this.seekTree(this.before - 1);
      if (!this.isValid) return;
    }
    if (--this.ahead < 0) this.look(-1);
  }

  private look(step: number): void {
    scoreTree.fetch(this.leaf, this.index, FETCHED_MEMBERS, step);
    this.ahead = FETCHED_MEMBERS - 1;
  }

  /** The member's bytes: borrowed until the next call, or until anything is allocated. */
  member(): Range {
    if (this.tree === NIL) return packed.range(this.packed, this.at);
    return rangeOf(scoreTree.entryAt(this.leaf, this.index), this.range);
  }

  /** Replies with the member as a bulk string. */
  replyMember(to: Reply): void {
    if (this.tree === NIL) packed.reply(this.packed, this.at, to);
    else entry.replyKey(scoreTree.entryAt(this.leaf, this.index), to);
  }

  /** Replies with the score as a double. */
  replyScore(to: Reply): void {
    to.double(this.score);
  }
}

function rangeOf(m: EntryRef, into: Range): Range {
  into.bytes = u8[arena.segmentOf(entry.keyBlock(m))];
  into.offset = entry.keyOffset(m);
  into.size = entry.keySize(m);
  return into;
}

type Visit = (member: Range, memberScore: number) => void;

const visited: Range = { bytes: staging.bytes, offset: 0, size: 0 };
let visitor: Visit = () => {};
const visitMember = (m: EntryRef) => visitor(rangeOf(m, visited), scoreTree.scoreOf(m));

/**
 * Visits some members of a TREE and returns the next cursor; 0 begins and ends. The guarantees are
 * those of dict.scan. The range is borrowed until `visit` returns; `visit` must not change the set.
 */
export function scan(e: EntryRef, cursor: number, visit: Visit): number {
  if (DEBUG) assert(!isPacked(e), "a packed set is walked over");
  visitor = visit;
  return dict.scan(dictOf(e), cursor, visitMember);
}

/** The bytes that the value takes in its entry. */
export const areaOf = (_: EntryRef) => AREA;

/** Makes the value of `to`, which has the room, a deep copy: it shares no block. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  entry.describe(to, Type.zset, entry.encoding(from), 0);
  if (isPacked(from)) {
    setRef(to, packed.copy(packedOf(from)));
    setWord(to, NIL);
    return;
  }
  const size = count(from);
  const members = dict.create(size);
  const tree = scoreTree.create();
  for (let done = 0; done < size; ) {
    const leaf = scoreTree.byRank(treeOf(from), done);
    for (let i = 0; i < scoreTree.leafCount(leaf); i++, done++) {
      const m = scoreTree.entryAt(leaf, i);
      const twin = copyMember(m);
      dict.insert(members, twin);
      scoreTree.append(tree, scoreTree.scoreOf(m), twin);
    }
  }
  setRef(to, members);
  setWord(to, tree);
}

function copyMember(m: EntryRef): EntryRef {
  const twin = entry.twin(m, scoreTree.SCORE_AREA);
  scoreTree.setScore(twin, scoreTree.scoreOf(m));
  return twin;
}

/** Frees what the value owns outside its entry. */
export function release(e: EntryRef): void {
  while (releaseSlice(e));
}

/** Whether a snapshot has taken what the set owns. */
const isTaken = (e: EntryRef) => frozenDict.isAny && frozenDict.takes(dictOf(e), e);

function releaseMembers(leaf: LeafRef): void {
  const n = scoreTree.leafCount(leaf);
  for (let i = 0; i < n; i++) entry.release(scoreTree.entryAt(leaf, i));
}

/**
 * Frees some of what the value owns, some hundred members at most; false when nothing is left.
 * Nothing else may be done with the set from the first call on.
 */
export function releaseSlice(e: EntryRef): boolean {
  if (isPacked(e)) {
    packed.release(packedOf(e));
    return false;
  }
  if (isTaken(e)) return false;
  const members = dictOf(e);
  const tree = treeOf(e);
  if (tree === NIL) {
    if (dict.drain(members, SLICE_MEMBERS, entry.release)) return true;
  } else {
    if (!releaseLeaves(tree)) return true;
    const leaf = btree.first(tree) as LeafRef;
    if (leaf !== NIL) releaseMembers(leaf);
    scoreTree.release(tree);
  }
  dict.release(members);
  return false;
}

/** Frees some leaves with their members, but not the last; whether that is all there is. */
function releaseLeaves(tree: TreeRef): boolean {
  for (let freed = 0; btree.leafCount(tree) > 1; ) {
    if (freed >= SLICE_MEMBERS) return false;
    const leaf = btree.last(tree) as LeafRef;
    freed += scoreTree.leafCount(leaf);
    releaseMembers(leaf);
    btree.remove(tree);
    arena.free(leaf);
  }
  return true;
}

/** The bytes of the blocks that the value owns outside its entry; estimated for many members. */
export function ownedSize(e: EntryRef, samples = SAMPLES): number {
  if (isPacked(e)) return arena.capacity(packedOf(e));
  const members = dictOf(e);
  const tree = treeOf(e);
  const own = dict.ownedSize(members) + scoreTree.ownedSize(tree);
  const total = count(e);
  const step = Math.max(1, Math.floor(total / samples));
  let measured = 0;
  let sampled = 0;
  for (let at = 0; at < total; at += step, sampled++) {
    const leaf = scoreTree.byRank(tree, at);
    const m = scoreTree.entryAt(leaf, at - btree.before());
    measured += arena.capacity(m);
    if (entry.keyBlock(m) !== m) measured += arena.capacity(entry.keyBlock(m));
  }
  return own + (sampled === 0 ? 0 : Math.round((measured / sampled) * total));
}

/** The name that OBJECT ENCODING gives. */
export function encodingName(e: EntryRef): string {
  return isPacked(e) ? "listpack" : "skiplist";
}

/** Walks the whole set and throws on the first thing that is wrong. For tests. */
export function verify(e: EntryRef): void {
  if (isPacked(e)) {
    zsetPacked.verify(packedOf(e));
    return;
  }
  const members = dictOf(e);
  dict.verify(members);
  if (treeOf(e) === NIL) return;
  scoreTree.verify(treeOf(e));
  assert(btree.count(treeOf(e)) === dict.count(members), "the dict and the tree differ in size");
  dict.each(members, (m) => {
    const at = scoreTree.rank(treeOf(e), scoreTree.scoreOf(m), m);
    const leaf = scoreTree.byRank(treeOf(e), at);
    assert(scoreTree.entryAt(leaf, at - btree.before()) === m, "a member is not in the tree");
  });
}
