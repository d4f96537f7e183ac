/**
 * Streams: entries in the order of their IDs, and the groups of consumers that read them.
 *
 * The value is a ref to a header:
 *
 *   0      4        8        12        28         44               60      68
 *   | tree | groups | length | last ID | first ID | max deleted ID | added |
 *
 * tree    leaves of entries (structures/stream_leaf.ts) by the ID of their first, counted with
 *         those that are marked as deleted; NIL while there is none
 * groups  a dict by name (stream_group.ts), or NIL
 * length  entries that are not deleted
 * added   entries ever added, a 64-bit integer
 *
 * Leaves begin and end where Redis's radix tree nodes do. A leaf whose entries are all deleted one
 * by one goes with the last of them; one that is trimmed may keep deleted ones only, as in Redis.
 *
 * A leaf that a snapshot still has to read (structures/frozen.ts) stays as it is: the stream takes
 * a copy of it before it changes (`opened`).
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { safeInteger } from "../base/numbers.ts";
import type { Range } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { TreeRef } from "../structures/btree.ts";
import * as btree from "../structures/btree.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import * as idIndex from "../structures/id_index.ts";
import { StreamId } from "../structures/stream_id.ts";
import type { StreamLeafRef } from "../structures/stream_leaf.ts";
import * as streamLeaf from "../structures/stream_leaf.ts";
import { AREA, addCollection, become, refOf, setRef } from "./collection.ts";
import type { ValueHolder } from "./holder.ts";
import type { KeyEvent } from "./key_event.ts";
import * as streamGroup from "./stream_group.ts";
import { PACKED_SIZE_MAX, thresholds } from "./thresholds.ts";
import { Type } from "./types.ts";

const TREE = 0;
const GROUPS = 1;
const LENGTH = 2;
const LAST_ID = 3;
const FIRST_ID = 7;
const MAX_DELETED_ID = 11;
const ADDED_LOW = 15;
const ADDED_HIGH = 16;
const HEADER_SIZE = 68;

/** An entry of more bytes than this is refused; a leaf is not let grow beyond. */
export const ELEMENTS_SIZE_MAX = 1 << 30;
/** A new leaf has room for what the one before took, but not for more than this. */
const ROOM_MAX = 4096;
/** Leaves freed in one slice, and leaves looked at to estimate the size of all. */
const SLICE_LEAVES = 64;
const SAMPLE_LEAVES = 16;

const wordOf = (e: EntryRef, name: number) => {
  const header = refOf(e);
  return i32[header >>> SEGMENT_BITS][((header & SEGMENT_MASK) << 1) + name];
};
const setWordOf = (e: EntryRef, name: number, value: number) => {
  const header = refOf(e);
  i32[header >>> SEGMENT_BITS][((header & SEGMENT_MASK) << 1) + name] = value;
};
const treeOf = (e: EntryRef) => wordOf(e, TREE) as TreeRef;

/** Entries: what XLEN tells. */
export const length = (e: EntryRef) => wordOf(e, LENGTH);
/** Leaves: what XINFO calls radix-tree-keys. */
export const leafCount = (e: EntryRef) => (treeOf(e) === NIL ? 0 : btree.leafCount(treeOf(e)));

/** The bytes of the listpacks in which Redis would keep the entries. */
export function packedSize(e: EntryRef): number {
  let size = 0;
  const t = treeOf(e);
  if (t === NIL) return size;
  let leaf = btree.first(t) as StreamLeafRef;
  for (; leaf !== NIL; leaf = btree.next(t) as StreamLeafRef) size += streamLeaf.packedSize(leaf);
  return size;
}

/** Blocks of the tree, its own and leaves: what XINFO calls radix-tree-nodes. */
export const nodeCount = (e: EntryRef) =>
  treeOf(e) === NIL ? 1 : 1 + leafCount(e) + btree.nodeCount(treeOf(e));

/** The tree of its leaves, NIL while there is none. */
export const leafTree = treeOf;

/** Takes the highest ID that an entry ever had, or that XSETID has set. */
export const loadLastId = (e: EntryRef, into: StreamId) => into.load(refOf(e), LAST_ID);
export const setLastId = (e: EntryRef, id: StreamId) => id.store(refOf(e), LAST_ID);
/** Takes the ID of the first entry: 0-0 when there is none. */
export const loadFirstId = (e: EntryRef, into: StreamId) => into.load(refOf(e), FIRST_ID);
/** Takes the ID of the first entry, deleted or not: the highest of all when there is none. */
export function loadEdgeId(e: EntryRef, into: StreamId): void {
  if (treeOf(e) === NIL) into.setMax();
  else streamLeaf.loadMaster(btree.first(treeOf(e)) as StreamLeafRef, into);
}
/** Takes the highest ID of those that XDEL has deleted. */
export const loadMaxDeletedId = (e: EntryRef, into: StreamId) =>
  into.load(refOf(e), MAX_DELETED_ID);
export const setMaxDeletedId = (e: EntryRef, id: StreamId) => id.store(refOf(e), MAX_DELETED_ID);

/** Entries ever added, a signed 64-bit integer. */
export function entriesAdded(e: EntryRef): bigint {
  return (BigInt(wordOf(e, ADDED_HIGH)) << 32n) | BigInt(wordOf(e, ADDED_LOW) >>> 0);
}

/** Replies with `entriesAdded`. */
export const replyAdded = (e: EntryRef, to: Reply) =>
  to.int64(wordOf(e, ADDED_HIGH), wordOf(e, ADDED_LOW));

/** `entriesAdded` as a number; NaN if it is below 0, or 2^53 or more. */
export const safeAdded = (e: EntryRef) => safeInteger(wordOf(e, ADDED_HIGH), wordOf(e, ADDED_LOW));

export function setEntriesAdded(e: EntryRef, count: bigint): void {
  setWordOf(e, ADDED_LOW, Number(BigInt.asIntN(32, count)));
  setWordOf(e, ADDED_HIGH, Number(BigInt.asIntN(32, count >> 32n)));
}

/** The groups by name (stream_group.ts), or NIL while there was none. */
export const groupsOf = (e: EntryRef) => wordOf(e, GROUPS) as DictRef;

export function groupCount(e: EntryRef): number {
  const groups = groupsOf(e);
  return groups === NIL ? 0 : dict.count(groups);
}

/** The groups by name, to add one. */
export function madeGroups(e: EntryRef): DictRef {
  if (groupsOf(e) === NIL) setWordOf(e, GROUPS, dict.create());
  return groupsOf(e);
}

const scratch = new StreamId();
const bound = new StreamId();
const sought = new streamLeaf.LeafCursor();

/** Adds the key in an argument, which is not there, as an empty stream, announced as `event`. */
export function create(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
): EntryRef {
  const header = arena.allocZeroed(HEADER_SIZE);
  return addCollection(db, args, index, keyHash, Type.stream, 0, header, event);
}

/** Makes an entry, which has the room, an empty stream, to be loaded. */
export function start(e: EntryRef): void {
  become(e, Type.stream, 0, arena.allocZeroed(HEADER_SIZE));
}

/**
 * Adds a leaf, whose IDs are above all others', after the others; the stream then owns it. What is
 * known of the stream as a whole, its length aside, is for the caller to set when all are added.
 */
export function adoptLeaf(e: EntryRef, leaf: StreamLeafRef): void {
  const t = treeOf(e);
  const entries = streamLeaf.liveCount(leaf) + streamLeaf.deletedCount(leaf);
  if (t === NIL) {
    setWordOf(e, TREE, idIndex.create(leaf, entries));
  } else {
    streamLeaf.loadMaster(leaf, scratch);
    idIndex.giveKey(scratch);
    btree.append(t, leaf, entries);
  }
  setWordOf(e, LENGTH, length(e) + streamLeaf.liveCount(leaf));
}

/** Visits the leaves in their order; `visit` changes nothing and looks at no other tree. */
export function eachLeaf(e: EntryRef, visit: (leaf: StreamLeafRef) => void): void {
  const t = treeOf(e);
  if (t === NIL) return;
  let leaf = btree.first(t) as StreamLeafRef;
  for (; leaf !== NIL; leaf = btree.next(t) as StreamLeafRef) visit(leaf);
}

/** Entries that there are, and those that were deleted but still are in the leaves. */
export function storedCount(e: EntryRef): number {
  return treeOf(e) === NIL ? 0 : countIn(btree.leaves(treeOf(e)));
}

/** Entries in leaves, those that were deleted too. */
export function countIn(leaves: Int32Array): number {
  let count = 0;
  for (const leaf of leaves as Iterable<StreamLeafRef>) {
    count += streamLeaf.liveCount(leaf) + streamLeaf.deletedCount(leaf);
  }
  return count;
}

/** The leaves, frozen, each for `thaw`. */
export function freeze(e: EntryRef): Int32Array {
  if (treeOf(e) === NIL) return NO_LEAVES;
  const leaves = btree.leaves(treeOf(e));
  frozen.freeze(leaves);
  return leaves;
}

const NO_LEAVES = new Int32Array(0);

/** Visits a frozen leaf, which is good until `visit` returns, and thaws it. */
export function thaw(leaf: number, visit: (leaf: StreamLeafRef) => void): void {
  visit(leaf as StreamLeafRef);
  frozen.done(leaf as StreamLeafRef);
}

/** A stream as it was, to be put back; a script's undo keeps it (keyspace/undo.ts). */
export interface KeptStream {
  readonly header: Int32Array;
  /** Frozen, or copies of those that a snapshot needs. */
  readonly leaves: Int32Array;
  /** A copy of the groups, or NIL if there were none; null while nobody has changed them. */
  groups: DictRef | null;
}

/** The stream as it is, without its groups if there are any. */
export function keepStream(e: EntryRef): KeptStream {
  const leaves = treeOf(e) === NIL ? NO_LEAVES : btree.leaves(treeOf(e));
  frozen.freezeOrCopy(leaves, (leaf) => streamLeaf.copy(leaf as StreamLeafRef));
  const header = refOf(e);
  const at = (header & SEGMENT_MASK) << 1;
  const words = i32[header >>> SEGMENT_BITS].slice(at, at + HEADER_SIZE / 4);
  return { header: words, leaves, groups: groupsOf(e) === NIL ? groupsOf(e) : null };
}

/** The groups, which are there, are about to change as well; returns the bytes that they take. */
export function keepGroups(e: EntryRef, kept: KeptStream): number {
  arena.ensure(streamGroup.ownedSize(groupsOf(e)));
  kept.groups = streamGroup.copyAll(groupsOf(e));
  return streamGroup.ownedSize(kept.groups);
}

/** Of groups that nobody has changed: the stream, which is about to be freed, has none any more. */
export function takeGroups(e: EntryRef, kept: KeptStream): void {
  if (kept.groups !== null) return;
  kept.groups = groupsOf(e);
  setWordOf(e, GROUPS, NIL);
}

/** Makes an entry, which has the room, what was kept, of which nobody else has any part. */
export function restoreStream(e: EntryRef, kept: KeptStream): void {
  const header = arena.alloc(HEADER_SIZE);
  i32[header >>> SEGMENT_BITS].set(kept.header, (header & SEGMENT_MASK) << 1);
  become(e, Type.stream, 0, header);
  setWordOf(e, TREE, NIL);
  setWordOf(e, LENGTH, 0);
  for (const leaf of kept.leaves as Iterable<StreamLeafRef>) {
    frozen.takeBack(leaf);
    adoptLeaf(e, leaf);
  }
  setWordOf(e, GROUPS, kept.groups as DictRef);
}

/** What was kept need not be. */
export function dropStream(kept: KeptStream): void {
  for (const leaf of kept.leaves as Iterable<StreamLeafRef>) frozen.done(leaf);
  const { groups } = kept;
  if (groups !== null && groups !== NIL) while (streamGroup.releaseSlice(groups));
}

/** The path's leaf, to be changed: a copy in its place if it is frozen. */
function opened(t: TreeRef, leaf: StreamLeafRef): StreamLeafRef {
  if (!frozen.isAny || !frozen.isFrozen(leaf)) return leaf;
  const own = streamLeaf.copy(leaf);
  btree.replaceLeaf(t, own);
  frozen.free(leaf);
  return own;
}

/**
 * Adds an entry with an ID above the last one: `fields` pairs of a name and a value, which are of
 * `size` bytes in all, from argument `first` on.
 */
export function add(
  e: EntryRef,
  id: StreamId,
  args: Args,
  first: number,
  fields: number,
  size: number,
): void {
  dropStale(e, id);
  const t = treeOf(e);
  if (t === NIL) {
    const leaf = streamLeaf.create(id, args, first, fields, 0);
    setWordOf(e, TREE, idIndex.create(leaf, 1));
  } else {
    const leaf = btree.last(t) as StreamLeafRef;
    if (takes(leaf, size)) {
      const own = opened(t, leaf);
      exchange(t, own, streamLeaf.append(own, id, args, first, fields));
      btree.addCount(t, 1);
    } else {
      addLeaf(t, leaf, id, args, first, fields);
    }
  }
  const header = refOf(e);
  const words = i32[header >>> SEGMENT_BITS];
  const at = (header & SEGMENT_MASK) << 1;
  if (words[at + LENGTH] === 0) id.store(header, FIRST_ID);
  words[at + LENGTH]++;
  id.store(header, LAST_ID);
  if (words[at + ADDED_LOW]++ === -1) words[at + ADDED_HIGH]++;
}

/**
 * Drops the last leaf if it is before its time: a trim has left only deleted entries there, and
 * XSETID a lower last ID, so that an entry is to be added with an ID below the leaf's.
 */
function dropStale(e: EntryRef, id: StreamId): void {
  if (treeOf(e) === NIL) return;
  const leaf = btree.last(treeOf(e)) as StreamLeafRef;
  if (streamLeaf.liveCount(leaf) > 0) return;
  streamLeaf.loadMaster(leaf, scratch);
  if (id.compare(scratch) <= 0) dropLeaf(e, leaf);
}

/** Whether an entry of so many bytes goes to this leaf, which is the last, or begins another. */
function takes(leaf: StreamLeafRef, size: number): boolean {
  const { streamNodeBytes, streamNodeEntries } = thresholds;
  const limit = streamNodeBytes === 0 ? PACKED_SIZE_MAX : streamNodeBytes;
  if (streamLeaf.packedSize(leaf) + size >= limit) return false;
  if (streamNodeEntries === 0) return true;
  return streamLeaf.liveCount(leaf) + streamLeaf.deletedCount(leaf) < streamNodeEntries;
}

/** A new leaf after the last, the path's, which is done. The next is likely to get as large. */
function addLeaf(
  t: TreeRef,
  done: StreamLeafRef,
  id: StreamId,
  args: Args,
  first: number,
  fields: number,
): void {
  // One that a snapshot still needs stays as it is.
  const kept = frozen.isAny && frozen.isFrozen(done) ? done : streamLeaf.shrink(done);
  exchange(t, done, kept);
  const room = Math.min(arena.capacity(kept), ROOM_MAX);
  const leaf = streamLeaf.create(id, args, first, fields, room);
  idIndex.giveKey(id);
  btree.insertAfter(t, leaf, 1);
}

/** Puts a leaf that may have moved in the place of the path's. */
function exchange(t: TreeRef, leaf: StreamLeafRef, by: StreamLeafRef): void {
  if (by !== leaf) btree.replaceLeaf(t, by);
}

/** Puts the cursor `sought` at the entry of this ID; false if there is none. */
function seek(e: EntryRef, id: StreamId): StreamLeafRef {
  const t = treeOf(e);
  if (t === NIL) return NIL as StreamLeafRef;
  const leaf = idIndex.seek(t, id) as StreamLeafRef;
  sought.start(leaf);
  while (sought.next()) {
    const order = sought.id.compare(id);
    if (order >= 0) return order === 0 ? leaf : (NIL as StreamLeafRef);
  }
  return NIL as StreamLeafRef;
}

/** Whether there is an entry of this ID; `replyFound` then replies with it. */
export const has = (e: EntryRef, id: StreamId) => seek(e, id) !== NIL;

/** Replies with the fields of the entry that `has` found, before anything changes. */
export const replyFound = (to: Reply) => sought.reply(to);

/** Removes the entry of this ID; false if there is none. */
export function remove(e: EntryRef, id: StreamId): boolean {
  const leaf = seek(e, id);
  if (leaf === NIL) return false;
  if (streamLeaf.liveCount(leaf) === 1) {
    dropLeaf(e, leaf);
  } else {
    if (opened(treeOf(e), leaf) !== leaf) seek(e, id);
    sought.markDeleted();
  }
  setWordOf(e, LENGTH, length(e) - 1);
  return true;
}

/** Takes the path's leaf, with all its entries, out of the stream. */
function dropLeaf(e: EntryRef, leaf: StreamLeafRef): void {
  const t = treeOf(e);
  if (btree.leafCount(t) > 1) {
    btree.remove(t);
  } else {
    btree.release(t);
    setWordOf(e, TREE, NIL);
  }
  frozen.free(leaf);
}

/** Finds the first entry anew; to be called by who has removed some. */
export function renewFirstId(e: EntryRef): void {
  scratch.setZero();
  if (length(e) > 0) {
    bound.setMax();
    edge.start(e, scratch, bound, false);
    edge.next();
    scratch.copy(edge.id);
  }
  scratch.store(refOf(e), FIRST_ID);
}

/** Takes the ID of the last entry; false when there is none. */
export function loadLastEntryId(e: EntryRef, into: StreamId): boolean {
  if (length(e) === 0) return false;
  const leaf = btree.last(treeOf(e)) as StreamLeafRef;
  if (streamLeaf.deletedCount(leaf) === 0) {
    streamLeaf.loadLast(leaf, into);
    return true;
  }
  scratch.setZero();
  bound.setMax();
  edge.start(e, scratch, bound, true);
  edge.next();
  into.copy(edge.id);
  return true;
}

/** Whether XDEL has removed an entry at or after an ID, from between those that there are. */
export function hasTombstones(e: EntryRef, from: StreamId): boolean {
  if (length(e) === 0) return false;
  scratch.load(refOf(e), MAX_DELETED_ID);
  if (scratch.isZero || from.compare(scratch) > 0) return false;
  bound.load(refOf(e), FIRST_ID);
  return bound.compare(scratch) <= 0;
}

/**
 * How many entries were added up to an ID, if that can be told: else streamGroup.UNKNOWN. As Redis
 * does: from the entries ever added, as long as nothing is missing among those that follow.
 */
export function addedUpTo(e: EntryRef, id: StreamId): bigint {
  const added = entriesAdded(e);
  if (added === 0n) return 0n;
  scratch.load(refOf(e), LAST_ID);
  const order = id.compare(scratch);
  if (order === 0 || (length(e) === 0 && order < 0)) return added;
  if (order > 0) return streamGroup.UNKNOWN;
  scratch.load(refOf(e), MAX_DELETED_ID);
  bound.load(refOf(e), FIRST_ID);
  if (!scratch.isZero && scratch.compare(bound) >= 0) return streamGroup.UNKNOWN;
  const before = added - BigInt(length(e));
  const toFirst = id.compare(bound);
  if (toFirst > 0) return streamGroup.UNKNOWN;
  return toFirst === 0 ? before + 1n : before;
}

/** What `trim` is to do. */
export const trimming = {
  /** Entries before `minId` go; otherwise all but the last `keep`. */
  byId: false,
  keep: 0,
  minId: new StreamId(),
  /** Only whole leaves go. */
  isApproximate: false,
  /** Not more than so many entries go: a leaf that has more ends it. 0 is no limit. */
  limit: 0,
};

/** Whether `trim` would remove an entry. */
export function willTrim(e: EntryRef): boolean {
  const { byId, keep, minId, isApproximate, limit } = trimming;
  if (length(e) === 0 || (!byId && length(e) <= keep)) return false;
  const t = treeOf(e);
  let leaf = btree.first(t) as StreamLeafRef;
  while (streamLeaf.liveCount(leaf) === 0) leaf = btree.next(t) as StreamLeafRef;
  if (limit > 0 && streamLeaf.liveCount(leaf) > limit) return false;
  if (goesWhole(e, leaf)) return true;
  if (isApproximate) return false;
  sought.start(leaf);
  while (sought.step() && !(byId && sought.id.compare(minId) >= 0)) {
    if (!sought.isDeleted) return true;
  }
  return false;
}

/** Whether all entries of the first leaf are to be trimmed. */
function goesWhole(e: EntryRef, leaf: StreamLeafRef): boolean {
  const { byId, keep, minId } = trimming;
  if (!byId) return length(e) - streamLeaf.liveCount(leaf) >= keep;
  streamLeaf.loadLast(leaf, scratch);
  return scratch.compare(minId) < 0;
}

/** Removes entries from the start of the stream as `trimming` says; returns how many. */
export function trim(e: EntryRef): number {
  const { byId, keep, isApproximate, limit } = trimming;
  let deleted = 0;
  while (treeOf(e) !== NIL) {
    if (!byId && length(e) <= keep) break;
    const leaf = btree.first(treeOf(e)) as StreamLeafRef;
    const entries = streamLeaf.liveCount(leaf);
    if (limit > 0 && deleted + entries > limit) break;
    if (!goesWhole(e, leaf)) {
      if (!isApproximate) deleted += trimLeaf(e, leaf);
      break;
    }
    dropLeaf(e, leaf);
    setWordOf(e, LENGTH, length(e) - entries);
    deleted += entries;
  }
  if (deleted > 0 || length(e) === 0) renewFirstId(e);
  return deleted;
}

/**
 * The IDs of what `trim` would remove, if an entry that `goes` does not let go stayed where it is
 * and the next ones were looked at. `goes` may search pending entries.
 */
export function trimmedIds(e: EntryRef, goes: (id: StreamId) => boolean): StreamId[] {
  const { byId, keep, minId, isApproximate, limit } = trimming;
  const ids: StreamId[] = [];
  const t = treeOf(e);
  if (t === NIL) return ids;
  let leaf = btree.first(t) as StreamLeafRef;
  while (leaf !== NIL && (byId || length(e) - ids.length > keep)) {
    const entries = streamLeaf.liveCount(leaf);
    if (limit > 0 && ids.length + entries > limit) break;
    streamLeaf.loadLast(leaf, scratch);
    const isWhole = byId ? scratch.compare(minId) < 0 : length(e) - ids.length - entries >= keep;
    if (!isWhole && isApproximate) break;
    sought.start(leaf);
    while (sought.next()) {
      if (byId ? sought.id.compare(minId) >= 0 : length(e) - ids.length <= keep) break;
      if (goes(sought.id)) ids.push(sought.id.clone());
    }
    // By length, entries that stay make room for others of the next leaves to go.
    if (!isWhole && byId) break;
    // Found by its key, since other trees may have been searched.
    streamLeaf.loadMaster(leaf, scratch);
    idIndex.seek(t, scratch);
    leaf = btree.next(t) as StreamLeafRef;
  }
  return ids;
}

/** Marks entries of the first leaf as deleted, as `trimming` says; returns how many. */
function trimLeaf(e: EntryRef, leaf: StreamLeafRef): number {
  const { byId, keep, minId } = trimming;
  const before = length(e);
  sought.start(opened(treeOf(e), leaf));
  // A deleted entry ends it as well, though after XSETID it may come before lower IDs.
  while (sought.step()) {
    if (byId ? sought.id.compare(minId) >= 0 : length(e) <= keep) break;
    if (sought.isDeleted) continue;
    sought.markDeleted();
    setWordOf(e, LENGTH, length(e) - 1);
  }
  return before - length(e);
}

/** Words of a place in a cursor that goes backwards: where it is in its leaf, and its ID. */
const PLACE_WORDS = 5;

/**
 * A walk over the entries of a range of IDs, to be used again and again. The stream must not change
 * meanwhile; other streams, and pending entries, may.
 */
export class StreamCursor {
  private readonly leafCursor = new streamLeaf.LeafCursor();
  private readonly from = new StreamId();
  private readonly to = new StreamId();
  private readonly key = new StreamId();
  private tree = NIL as TreeRef;
  private leaf = NIL as StreamLeafRef;
  private isBackward = false;
  /** Going backwards: the entries of the leaf that are still to come, in their order. */
  private places = new Int32Array(128 * PLACE_WORDS);
  private placeCount = 0;

  /** The ID of the entry. */
  get id(): StreamId {
    return this.leafCursor.id;
  }

  /** Begins before the first entry of a range, both ends of it included. */
  start(e: EntryRef, from: StreamId, to: StreamId, isBackward: boolean): void {
    this.from.copy(from);
    this.to.copy(to);
    this.isBackward = isBackward;
    this.tree = treeOf(e);
    this.leaf = NIL as StreamLeafRef;
    this.placeCount = 0;
    if (this.tree === NIL) return;
    this.leaf = idIndex.seek(this.tree, isBackward ? to : from) as StreamLeafRef;
    if (isBackward) this.collect();
    else this.leafCursor.start(this.leaf);
  }

  /** Goes to the last entry; false when there is none. */
  toLast(e: EntryRef): boolean {
    const cursor = this.leafCursor;
    scratch.setZero();
    bound.setMax();
    this.tree = treeOf(e);
    if (this.tree === NIL) return false;
    this.leaf = idIndex.seek(this.tree, bound) as StreamLeafRef;
    cursor.startAtLast(this.leaf);
    if (!cursor.isDeleted) return true;
    this.start(e, scratch, bound, true);
    return this.next();
  }

  /** Goes on to the next entry; false at the end. */
  next(): boolean {
    if (this.isBackward) return this.previous();
    const cursor = this.leafCursor;
    while (this.leaf !== NIL) {
      while (cursor.next()) {
        if (cursor.id.compare(this.from) < 0) continue;
        if (cursor.id.compare(this.to) > 0) {
          this.leaf = NIL as StreamLeafRef;
          return false;
        }
        return true;
      }
      this.move();
      if (this.leaf !== NIL) cursor.start(this.leaf);
    }
    return false;
  }

  /** Replies with the names and values of the entry. */
  reply(to: Reply): void {
    this.leafCursor.reply(to);
  }

  /** Calls `visit` for the names and values of the entry; for the cold paths. */
  each(visit: (text: Range) => void): void {
    this.leafCursor.each(visit);
  }

  private previous(): boolean {
    while (this.placeCount === 0) {
      if (this.leaf === NIL) return false;
      this.move();
      if (this.leaf !== NIL) this.collect();
    }
    const at = --this.placeCount * PLACE_WORDS;
    this.key.read(this.places, at + 1);
    this.leafCursor.seek(this.leaf, this.places[at], this.key);
    return true;
  }

  /** Goes to the neighbour of the leaf. It is found by its key: other trees were searched since. */
  private move(): void {
    streamLeaf.loadMaster(this.leaf, this.key);
    idIndex.seek(this.tree, this.key);
    const t = this.tree;
    this.leaf = (this.isBackward ? btree.previous(t) : btree.next(t)) as StreamLeafRef;
  }

  /** Notes the entries of the leaf that are in the range. */
  private collect(): void {
    const cursor = this.leafCursor;
    let end = 0;
    cursor.start(this.leaf);
    while (cursor.next() && cursor.id.compare(this.to) <= 0) {
      if (cursor.id.compare(this.from) < 0) continue;
      if (end === this.places.length) this.grow();
      this.places[end] = cursor.place;
      const { msHigh, msLow, seqHigh, seqLow } = cursor.id;
      this.places[end + 1] = msHigh;
      this.places[end + 2] = msLow;
      this.places[end + 3] = seqHigh;
      this.places[end + 4] = seqLow;
      end += PLACE_WORDS;
    }
    this.placeCount = end / PLACE_WORDS;
    streamLeaf.loadMaster(this.leaf, this.key);
    // What comes before is before the range as well.
    if (this.placeCount === 0 && this.key.compare(this.from) < 0) {
      this.leaf = NIL as StreamLeafRef;
    }
  }

  private grow(): void {
    const grown = new Int32Array(2 * this.places.length);
    grown.set(this.places);
    this.places = grown;
  }
}

/** The cursor of this module, for what needs one entry. */
const edge = new StreamCursor();

/** The bytes that the value takes in its entry. */
export const areaOf = (_: EntryRef) => AREA;

/** Makes the value of `to`, which has the room, a deep copy, with groups and pending entries. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  entry.copyValue(from, to, AREA);
  const source = refOf(from);
  const header = arena.alloc(HEADER_SIZE);
  const words = i32[source >>> SEGMENT_BITS];
  const at = (source & SEGMENT_MASK) << 1;
  const copied = i32[header >>> SEGMENT_BITS];
  const start = (header & SEGMENT_MASK) << 1;
  for (let i = 0; i < HEADER_SIZE / 4; i++) copied[start + i] = words[at + i];
  setRef(to, header);
  setWordOf(to, TREE, treeOf(from) === NIL ? NIL : copyTree(treeOf(from)));
  const groups = groupsOf(from);
  setWordOf(to, GROUPS, groups === NIL ? NIL : streamGroup.copyAll(groups));
}

function copyTree(source: TreeRef): TreeRef {
  const total = btree.count(source);
  let copied = NIL as TreeRef;
  for (let rank = 0; rank < total; ) {
    const leaf = btree.byRank(source, rank) as StreamLeafRef;
    const twin = streamLeaf.copy(leaf);
    const entries = streamLeaf.liveCount(leaf) + streamLeaf.deletedCount(leaf);
    rank += entries;
    if (copied === NIL) {
      copied = idIndex.create(twin, entries);
      continue;
    }
    btree.last(copied);
    streamLeaf.loadMaster(leaf, scratch);
    idIndex.giveKey(scratch);
    btree.insertAfter(copied, twin, entries);
  }
  return copied;
}

/** Frees all that the stream owns outside its entry. */
export function release(e: EntryRef): void {
  while (releaseSlice(e));
}

/** Frees a part of that, a limited number of blocks; false once nothing is left but the entry. */
export function releaseSlice(e: EntryRef): boolean {
  for (let i = 0; i < SLICE_LEAVES && treeOf(e) !== NIL; i++) {
    dropLeaf(e, btree.last(treeOf(e)) as StreamLeafRef);
  }
  if (treeOf(e) !== NIL) return true;
  if (groupsOf(e) !== NIL && streamGroup.releaseSlice(groupsOf(e))) return true;
  arena.free(refOf(e));
  return false;
}

/** What freeing the stream costs, in elements: its leaves, and what is pending in its groups. */
export function count(e: EntryRef): number {
  return leafCount(e) + (groupsOf(e) === NIL ? 0 : streamGroup.cost(groupsOf(e)));
}

/** The bytes of the blocks that the stream owns; of many leaves, estimated from some. */
export function ownedSize(e: EntryRef, samples = SAMPLE_LEAVES): number {
  let size = arena.capacity(refOf(e));
  const t = treeOf(e);
  if (t !== NIL) {
    let seen = 0;
    let sampled = 0;
    for (let leaf = btree.first(t); leaf !== NIL && seen < samples; leaf = btree.next(t)) {
      sampled += arena.capacity(leaf);
      seen++;
    }
    size += btree.ownedSize(t) + Math.round((sampled / seen) * btree.leafCount(t));
  }
  return groupsOf(e) === NIL ? size : size + streamGroup.ownedSize(groupsOf(e));
}

/** The name that OBJECT ENCODING gives. */
export const encodingName = (_: EntryRef) => "stream";

/** Walks the whole stream and throws on the first thing that is wrong. For tests. */
export function verify(e: EntryRef): void {
  const t = treeOf(e);
  let live = 0;
  if (t !== NIL) {
    btree.verify(t, (leaf, entries, node, index) => {
      const own = leaf as StreamLeafRef;
      streamLeaf.verify(own);
      live += streamLeaf.liveCount(own);
      const total = streamLeaf.liveCount(own) + streamLeaf.deletedCount(own);
      assert(total === entries, "a leaf whose count the tree does not know");
      streamLeaf.loadMaster(own, scratch);
      if (node !== NIL) assert(idIndex.isKey(node, index, scratch), "a leaf's key is wrong");
    });
  }
  assert(live === length(e), "the length is wrong");
  if (groupsOf(e) !== NIL) streamGroup.verifyAll(groupsOf(e));
}
