/**
 * Lists, in two encodings that OBJECT ENCODING both calls quicklist, as Redis does:
 *
 *   SINGLE  one packed block (structures/packed.ts)
 *   TREE    a counted tree (structures/btree.ts) of such blocks, none of them empty: two or more,
 *           or one that is left, if it is large and a snapshot has to read it
 *
 * A leaf holds as much as list-max-listpack-size allows when an element is added. An element too
 * large for that has a leaf of its own. Leaves that get small are merged with a neighbour, except
 * at the ends, where pops make them vanish. All positions are found in O(log n) plus a part of a
 * leaf; pushes and pops are O(log n) and move nothing.
 *
 * A leaf that pushes have left far behind, and whose elements begin alike, is trimmed: it is kept
 * without their common prefix (structures/packed_prefix.ts), and the tree has its ref with the sign
 * set. It is read as it is, and made a plain one for good before it changes.
 *
 * A leaf that a snapshot still has to read (structures/frozen.ts) stays as it is: the list takes a
 * copy of it before it changes. `opened` sees to both.
 *
 * Bytes of elements handed in must not lie in the list itself. An index is from 0 on and below
 * `count`, unless said otherwise.
 */
import * as arena from "../arena/arena.ts";
import { NIL } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Range } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { TreeRef } from "../structures/btree.ts";
import * as btree from "../structures/btree.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import * as prefixed from "../structures/packed_prefix.ts";
import { AREA, addCollection, become, refOf, setRef } from "./collection.ts";
import type { ValueHolder } from "./holder.ts";
import type { KeyEvent } from "./key_event.ts";
import { thresholds } from "./thresholds.ts";
import { Type } from "./types.ts";

export const SINGLE = 0;
export const TREE = 1;

/**
 * The size of a leaf for -1, which doubles down to -5; of the block, so that it fills a class. It
 * is a quarter of Redis's: the tree finds a leaf at once, and what is left is to pass over half of
 * its elements.
 */
const LEAF_SIZE = 1024;
const LEAF_SIZE_CODES = 5;
const BLOCK_HEADER = 2;
/** With a limit to the number of elements, their bytes are limited as well. */
const COUNTED_LEAF_SIZE = 2048;
const LEAF_COUNT_MAX = 32_767;
/** What an element takes in a leaf beside its bytes: of a short string, and at most. */
const SHORT_SIZE = 64;
const SHORT_OVERHEAD = 2;
const OVERHEAD = 10;
/** From so many leaves on, a new one at an end gets all its room at once. */
const LEAVES_MANY = 8;
/** A leaf below a quarter of the limit looks for a neighbour to merge with, up to a half. */
const SMALL_SHIFT = 2;
const MERGED_SHIFT = 1;
/** A leaf may be trimmed when pushes have put so many others between it and the end. */
const LEAVES_PLAIN = 16;
/** Set in the ref of a trimmed leaf. */
const TRIMMED = 1 << 31;
/** So many elements at an end are popped sooner than removed as a range. */
const POPPED_MAX = 4;
/** Leaves freed in one slice, and leaves looked at to estimate the size of all. */
const SLICE_LEAVES = 64;
const SAMPLE_LEAVES = 16;

const isTree = (e: EntryRef) => entry.encoding(e) === TREE;
const treeOf = (e: EntryRef) => refOf(e) as TreeRef;
const singleOf = (e: EntryRef) => refOf(e) as PackedRef;

/** Whether a leaf is trimmed, its block, and how many elements it holds. */
export const isTrimmed = (leaf: PackedRef) => leaf < 0;
export const blockOf = (leaf: PackedRef) => (leaf & ~TRIMMED) as PackedRef;
const countOf = (leaf: PackedRef) =>
  isTrimmed(leaf) ? prefixed.count(blockOf(leaf)) : packed.count(leaf);

/** The bytes of a leaf that elements are added to. */
export function sizeLimit(): number {
  const code = thresholds.listPackedSize;
  if (code >= 0) return COUNTED_LEAF_SIZE - BLOCK_HEADER;
  return (LEAF_SIZE << (Math.min(-code, LEAF_SIZE_CODES) - 1)) - BLOCK_HEADER;
}

/** The elements of a leaf that more are added to. */
export function countLimit(): number {
  const code = thresholds.listPackedSize;
  if (code < 0) return LEAF_COUNT_MAX;
  return Math.min(Math.max(code, 1), LEAF_COUNT_MAX);
}

/** The bytes that an element takes in a leaf, or some more. */
const taken = (size: number) => size + (size < SHORT_SIZE ? SHORT_OVERHEAD : OVERHEAD);

/** Whether the leaf may get so many bytes and one more element. */
function hasRoom(leaf: PackedRef, added: number): boolean {
  return packed.size(leaf) + added <= sizeLimit() && packed.count(leaf) < countLimit();
}

/**
 * Adds the key in an argument, which is not there, as an empty list, announced as `event`; the
 * caller pushes at once. `firstSize` is the size of the element that will come first; `replaces`:
 * another value was there until now.
 */
export function create(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  event: KeyEvent,
  firstSize = 0,
  replaces = false,
): EntryRef {
  const leaf = packed.create(packed.EMPTY_SIZE + taken(firstSize));
  return addCollection(db, args, index, keyHash, Type.list, SINGLE, leaf, event, replaces);
}

/** Makes an entry, which has the room, an empty list, to be loaded (list_load.ts). */
export function start(e: EntryRef): void {
  become(e, Type.list, SINGLE, packed.create());
}

/**
 * Adds sound elements, one at least, from `start` up to `end`, as a leaf after all others of a list
 * that is loaded. `view` is over the memory of `bytes`. That there will be enough leaves behind it
 * is not known: if there are as many before it, it is trimmed at once.
 */
export function load(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  elements: number,
): void {
  const isLong = isTree(e) && btree.leafCount(treeOf(e)) >= LEAVES_PLAIN;
  const trimmed = isLong ? prefixed.trimmedElements(bytes, view, start, end, elements) : NIL;
  if (trimmed === NIL) addLeaf(e, packed.fromElements(bytes, start, end, elements));
  else addLeaf(e, (trimmed | TRIMMED) as PackedRef);
}

/** How many leaves that are loaded next are not trimmed, as far as is known. */
export function plainLeft(e: EntryRef): number {
  if (isTree(e)) return Math.max(LEAVES_PLAIN - btree.leafCount(treeOf(e)), 0);
  return packed.count(singleOf(e)) === 0 ? LEAVES_PLAIN : LEAVES_PLAIN - 1;
}

/**
 * Adds a leaf, after all others of a list that is loaded, of the bytes of a block, as they are in
 * memory; a trimmed one is not the first.
 */
export function loadBlock(
  e: EntryRef,
  bytes: Uint8Array,
  offset: number,
  size: number,
  isTrimmed: boolean,
): void {
  const leaf = packed.fromBlock(bytes, offset, size);
  addLeaf(e, isTrimmed ? ((leaf | TRIMMED) as PackedRef) : leaf);
}

/** As `loadBlock`, of a listpack; false when it is trimmed and would be the first. */
export function loadLeaf(
  e: EntryRef,
  bytes: Uint8Array,
  offset: number,
  size: number,
  isTrimmed: boolean,
): boolean {
  if (isTrimmed && !isTree(e) && packed.count(singleOf(e)) === 0) return false;
  const leaf = packed.fromListpack(bytes, offset, size);
  addLeaf(e, isTrimmed ? ((leaf | TRIMMED) as PackedRef) : leaf);
  return true;
}

/** Adds a leaf after all others of a list that is loaded; the list then owns it. */
export function addLeaf(e: EntryRef, leaf: PackedRef): void {
  if (!isTree(e)) {
    const single = singleOf(e);
    if (packed.count(single) === 0) {
      setRef(e, leaf);
      packed.release(single);
      return;
    }
    plant(e);
  }
  btree.append(treeOf(e), leaf, countOf(leaf));
}

/** Adds a leaf at an end of the tree, after the path's, which has so many elements. */
function joinLeaf(t: TreeRef, atHead: boolean, made: PackedRef, elementsBehind: number): void {
  if (atHead) btree.insertBefore(t, made, packed.count(made));
  else btree.insertAfter(t, made, packed.count(made));
  const behind = elementsBehind * LEAVES_PLAIN;
  if (behind < btree.count(t)) trim(t, atHead ? behind : btree.count(t) - 1 - behind);
}

/** The block of a SINGLE list; NIL of others. */
export const block = (e: EntryRef) => (isTree(e) ? (NIL as PackedRef) : singleOf(e));

/** Visits blocks of the elements in their order; a block is good until `visit` returns. */
export function eachBlock(e: EntryRef, visit: (p: PackedRef) => void): void {
  eachLeaf(e, (leaf) => showElements(leaf, visit));
}

/** As `eachBlock`, of leaves as they are, which may be trimmed: see `showElements`. */
export function eachLeaf(e: EntryRef, visit: (leaf: PackedRef) => void): void {
  if (!isTree(e)) {
    visit(singleOf(e));
    return;
  }
  const t = treeOf(e);
  let leaf = btree.first(t) as PackedRef;
  for (; leaf !== NIL; leaf = btree.next(t) as PackedRef) visit(leaf);
}

/** Visits the elements of a leaf as a block, which is good until `visit` returns. */
export function showElements(leaf: PackedRef, visit: (p: PackedRef) => void): void {
  if (!isTrimmed(leaf)) {
    visit(leaf);
    return;
  }
  const whole = prefixed.expanded(blockOf(leaf));
  visit(whole);
  packed.release(whole);
}

/** The leaves of a TREE, frozen, each for `thaw`; null for a SINGLE. */
export function freeze(e: EntryRef): Int32Array | null {
  if (!isTree(e)) return null;
  const leaves = btree.leaves(treeOf(e));
  frozen.freeze(leaves);
  return leaves;
}

/** Visits a leaf, which is good until `visit` returns, and thaws it: see `showElements`. */
export function thaw(leaf: number, visit: (leaf: PackedRef) => void): void {
  visit(leaf as PackedRef);
  frozen.done(blockOf(leaf as PackedRef));
}

/**
 * The leaves of a TREE as they are, for `restoreLeaves` or `dropLeaves`: frozen, or copies of those
 * that a snapshot needs; null for a SINGLE.
 */
export function keepLeaves(e: EntryRef): Int32Array | null {
  if (!isTree(e)) return null;
  const leaves = btree.leaves(treeOf(e));
  frozen.freezeOrCopy(leaves, copyLeaf);
  return leaves;
}

const copyLeaf = (leaf: number) => packed.copy(blockOf(leaf as PackedRef)) | (leaf & TRIMMED);

/** Makes an entry, which has the room, a list of leaves that nobody else has any more. */
export function restoreLeaves(e: EntryRef, leaves: Int32Array): void {
  const all = leaves as Iterable<PackedRef>;
  let t = NIL as TreeRef;
  for (const leaf of all) {
    frozen.takeBack(blockOf(leaf));
    if (t === NIL) t = btree.create(0, 0, leaf, countOf(leaf));
    else btree.append(t, leaf, countOf(leaf));
  }
  become(e, Type.list, TREE, t);
}

/** Leaves of `keepLeaves` need not be kept. */
export function dropLeaves(leaves: Int32Array): void {
  for (const leaf of leaves as Iterable<PackedRef>) frozen.done(blockOf(leaf));
}

/** The number of elements. */
export function count(e: EntryRef): number {
  return isTree(e) ? btree.count(treeOf(e)) : packed.count(singleOf(e));
}

/** Adds an element at an end. */
export function push(
  e: EntryRef,
  atHead: boolean,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  if (!isTree(e)) {
    const leaf = singleOf(e);
    if (hasRoom(leaf, taken(size)) || packed.count(leaf) === 0) {
      setRef(e, extended(leaf, atHead, bytes, offset, size));
      return;
    }
    plant(e);
  }
  const t = treeOf(e);
  const end = endOf(t, atHead);
  // Without room it stays as it is: it may be large, and a copy be needed for a snapshot.
  const leaf = isTrimmed(end) || hasRoom(end, taken(size)) ? opened(t, end) : end;
  if (hasRoom(leaf, taken(size))) {
    exchange(t, leaf, extended(leaf, atHead, bytes, offset, size));
    btree.addCount(t, 1);
    return;
  }
  const behind = packed.count(leaf);
  joinLeaf(t, atHead, newLeaf(t, atHead, bytes, offset, size), behind);
}

/**
 * Pushes the elements in the arguments from `from` on, one by one as `push` does, as long as the
 * list is a SINGLE and stays so; returns the first that it did not push.
 */
export function pushRun(e: EntryRef, atHead: boolean, args: Args, from: number): number {
  if (isTree(e)) return from;
  const { bytes, start, size } = args;
  const sizeMax = sizeLimit();
  const countMax = countLimit();
  let leaf = singleOf(e);
  let total = packed.count(leaf);
  let i = from;
  for (; i < args.count; i++, total++) {
    const isFull = packed.size(leaf) + taken(size[i]) > sizeMax || total >= countMax;
    if (isFull && total > 0) break;
    const home = extended(leaf, atHead, bytes, start[i], size[i]);
    if (home !== leaf) setRef(e, home);
    leaf = home;
  }
  return i;
}

/** Trims the leaf at this rank, if it is worth it. */
function trim(t: TreeRef, rank: number): void {
  const leaf = btree.byRank(t, rank) as PackedRef;
  if (isTrimmed(leaf)) return;
  const trimmed = prefixed.trimmed(leaf);
  if (trimmed === NIL) return;
  btree.replaceLeaf(t, (trimmed | TRIMMED) as PackedRef);
  frozen.free(leaf);
}

/** Whether a snapshot still has to read the leaf, which is plain. */
const isFrozen = (leaf: PackedRef) => frozen.isAny && frozen.isFrozen(leaf);

/** The path's leaf, which is `leaf`, to be changed: plain, and nobody else's. */
function opened(t: TreeRef, leaf: PackedRef): PackedRef {
  const block = blockOf(leaf);
  if (!isTrimmed(leaf) && !isFrozen(leaf)) return leaf;
  const plain = isTrimmed(leaf) ? prefixed.expanded(block) : packed.copy(leaf);
  btree.replaceLeaf(t, plain);
  frozen.free(block);
  return plain;
}

function extended(
  leaf: PackedRef,
  atHead: boolean,
  bytes: Uint8Array,
  offset: number,
  size: number,
): PackedRef {
  if (atHead) return packed.prepend(leaf, bytes, offset, size);
  return packed.append(leaf, bytes, offset, size);
}

/** A leaf of one element, for an end of the tree. */
function newLeaf(
  t: TreeRef,
  atHead: boolean,
  bytes: Uint8Array,
  offset: number,
  size: number,
): PackedRef {
  const needed = packed.EMPTY_SIZE + taken(size);
  const spacious = btree.leafCount(t) >= LEAVES_MANY && thresholds.listPackedSize < 0;
  const leaf = packed.create(spacious ? Math.max(needed, sizeLimit()) : needed, atHead);
  return packed.append(leaf, bytes, offset, size);
}

/** Puts a leaf that may have moved in the place of the path's. */
function exchange(t: TreeRef, leaf: PackedRef, by: PackedRef): void {
  if (by !== leaf) btree.replaceLeaf(t, by);
}

/** Makes a SINGLE a tree, of one leaf for the moment. */
function plant(e: EntryRef): void {
  const leaf = singleOf(e);
  setRef(e, btree.create(0, 0, leaf, packed.count(leaf)));
  entry.describe(e, Type.list, TREE, 0);
}

/** Makes a tree of one leaf a SINGLE, unless that takes a copy of a large one for a snapshot. */
function unplant(e: EntryRef): void {
  if (!isTree(e)) return;
  const t = treeOf(e);
  if (btree.leafCount(t) > 1) return;
  const leaf = endOf(t, true);
  if (!isTrimmed(leaf) && packed.size(leaf) > sizeLimit() && isFrozen(leaf)) return;
  uproot(e, opened(t, leaf));
}

/** Makes a tree a SINGLE of this block; the leaf stays. */
function uproot(e: EntryRef, block: PackedRef): void {
  btree.release(treeOf(e));
  setRef(e, block);
  entry.describe(e, Type.list, SINGLE, 0);
}

/** The element at an end of a list that has any, borrowed until the list changes or another is. */
export function end(e: EntryRef, atHead: boolean): Range {
  const leaf = isTree(e) ? endOf(treeOf(e), atHead) : singleOf(e);
  if (!isTrimmed(leaf)) return packed.range(leaf, atHead ? packed.first(leaf) : packed.last(leaf));
  const block = blockOf(leaf);
  return prefixed.range(block, atHead ? prefixed.seek(block, 0) : packed.last(block));
}

/** The leaf at an end, to be read. */
const endOf = (t: TreeRef, atHead: boolean) =>
  (atHead ? btree.first(t) : btree.last(t)) as PackedRef;

/** Removes the element at an end of a list that has any, and replies with it if `to` is given. */
export function pop(e: EntryRef, atHead: boolean, to: Reply | null): void {
  if (!isTree(e)) {
    setRef(e, shortened(singleOf(e), atHead, to));
    return;
  }
  const t = treeOf(e);
  const end = endOf(t, atHead);
  // One of a single element goes as it is: it may be large, and a copy be needed for a snapshot.
  const leaf = isTrimmed(end) || packed.count(end) > 1 ? opened(t, end) : end;
  if (packed.count(leaf) > 1) {
    exchange(t, leaf, shortened(leaf, atHead, to));
    btree.addCount(t, -1);
    return;
  }
  if (to !== null) packed.reply(leaf, packed.first(leaf), to);
  dropLeaf(e, leaf);
  unplant(e);
}

function shortened(leaf: PackedRef, atHead: boolean, to: Reply | null): PackedRef {
  if (to !== null) packed.reply(leaf, atHead ? packed.first(leaf) : packed.last(leaf), to);
  return atHead ? packed.removeFirst(leaf) : packed.removeLast(leaf);
}

/** Takes the path's leaf out of the tree and frees it; without any, the list is a SINGLE. */
function dropLeaf(e: EntryRef, leaf: PackedRef): void {
  const t = treeOf(e);
  if (btree.leafCount(t) > 1) btree.remove(t);
  else uproot(e, packed.create());
  frozen.free(blockOf(leaf));
}

/** Replies with `n` elements, which are there, from index `from` on; no array's head. */
export function replyRange(e: EntryRef, from: number, n: number, to: Reply): void {
  // A double would make doubles of all offsets (protocol/reply.ts).
  let rank = from | 0;
  for (let left = n | 0; left > 0; ) {
    const leaf = leafFor(e, rank);
    const index = rank - leafStart;
    const run = Math.min(left, countOf(leaf) - index) | 0;
    const block = blockOf(leaf);
    if (isTrimmed(leaf)) prefixed.replyRun(block, prefixed.seek(block, index), run, to);
    else packed.replyRun(leaf, packed.seek(leaf, index), run, to);
    rank += run;
    left -= run;
  }
}

/** As `replyRange`, from index `from` backwards. */
export function replyBackwards(e: EntryRef, from: number, n: number, to: Reply): void {
  backwards.seek(e, from);
  for (let left = n; left > 0; left--) {
    backwards.reply(to);
    backwards.previous();
  }
}

/** Where the leaf that `leafFor` or `leafAt` found begins. */
let leafStart = 0;

/** The leaf of this index, to be read: it may be trimmed. Of a tree, the path leads to it. */
function leafFor(e: EntryRef, index: number): PackedRef {
  leafStart = 0;
  if (!isTree(e)) return singleOf(e);
  const leaf = btree.byRank(treeOf(e), index | 0);
  leafStart = btree.before();
  return leaf as PackedRef;
}

/** As `leafFor`, to be changed. */
function leafAt(e: EntryRef, index: number): PackedRef {
  const leaf = leafFor(e, index);
  return isTree(e) ? opened(treeOf(e), leaf) : leaf;
}

/** Adds an element before the one of this index, or at the end if the index is the count. */
export function insert(
  e: EntryRef,
  index: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  if (index === 0 || index === count(e)) {
    push(e, index === 0, bytes, offset, size);
    return;
  }
  const leaf = leafAt(e, index);
  const start = leafStart;
  if (hasRoom(leaf, taken(size))) {
    const at = packed.seek(leaf, index - start);
    keep(e, leaf, packed.insert(leaf, at, bytes, offset, size), 1);
    return;
  }
  if (index > start) {
    cut(e, index);
    insert(e, index, bytes, offset, size);
    return;
  }
  const t = treeOf(e);
  const before = btree.previous(t) as PackedRef;
  if (!isTrimmed(before) && hasRoom(before, taken(size))) {
    const own = opened(t, before);
    keep(e, own, packed.append(own, bytes, offset, size), 1);
  } else {
    const made = packed.create(packed.EMPTY_SIZE + taken(size));
    btree.insertAfter(t, packed.append(made, bytes, offset, size), 1);
  }
}

/** Puts a leaf back that may have moved, with so many elements more; the path leads to it. */
function keep(e: EntryRef, leaf: PackedRef, by: PackedRef, change: number): void {
  if (isTree(e)) {
    exchange(treeOf(e), leaf, by);
    btree.addCount(treeOf(e), change);
  } else {
    setRef(e, by);
  }
}

/** Makes a leaf begin at this index, which lies within one. */
function cut(e: EntryRef, index: number): void {
  if (!isTree(e)) plant(e);
  const leaf = leafAt(e, index);
  const other = packed.split(leaf, packed.seek(leaf, index - leafStart));
  const moved = packed.count(other);
  keep(e, leaf, packed.fit(leaf), -moved);
  btree.insertAfter(treeOf(e), other, moved);
}

/** Puts an element in the place of the one of this index. */
export function set(
  e: EntryRef,
  index: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  const found = leafFor(e, index);
  if (isTree(e) && !isTrimmed(found) && packed.count(found) === 1 && isFrozen(found)) {
    // It goes as it is: it may be large, and a copy be needed for a snapshot.
    const made = packed.create(packed.EMPTY_SIZE + taken(size));
    btree.replaceLeaf(treeOf(e), packed.append(made, bytes, offset, size));
    frozen.free(found);
    unplant(e);
    return;
  }
  const leaf = isTree(e) ? opened(treeOf(e), found) : found;
  const at = packed.seek(leaf, index - leafStart);
  const old = packed.elementSize(leaf, at);
  const growth = taken(size) - old;
  if (growth <= 0 || packed.count(leaf) === 1 || packed.size(leaf) + growth <= sizeLimit()) {
    keep(e, leaf, packed.replace(leaf, at, bytes, offset, size), 0);
    return;
  }
  removeRange(e, index, 1);
  insert(e, index, bytes, offset, size);
}

/** Removes `n` elements, which are there, from this index on. */
export function removeRange(e: EntryRef, from: number, n: number): void {
  for (let left = n; left > 0; ) {
    const leaf = leafFor(e, from);
    const elements = countOf(leaf);
    const index = from - leafStart;
    const run = Math.min(left, elements - index);
    left -= run;
    if (run < elements || !isTree(e)) {
      const plain = isTree(e) ? opened(treeOf(e), leaf) : leaf;
      keep(e, plain, packed.remove(plain, packed.seek(plain, index), run), -run);
    } else {
      dropLeaf(e, leaf);
    }
  }
  if (isTree(e)) tidy(e, from);
}

/** Removes `n` elements, fewer than there are, from an end. */
export function trimEnd(e: EntryRef, atHead: boolean, n: number): void {
  if (n > POPPED_MAX) {
    removeRange(e, atHead ? 0 : count(e) - n, n);
    return;
  }
  for (let left = n; left > 0; left--) pop(e, atHead, null);
}

/** Merges the leaves at and before an index with ones beside them, if they have become small. */
function tidy(e: EntryRef, index: number): void {
  if (index > 0) mergeSmall(e, index - 1);
  if (isTree(e) && index < count(e)) mergeSmall(e, index);
  unplant(e);
}

function mergeSmall(e: EntryRef, index: number): void {
  const t = treeOf(e);
  const leaf = leafFor(e, index);
  const start = leafStart;
  if (isTrimmed(leaf) || packed.size(leaf) > sizeLimit() >> SMALL_SHIFT) return;
  const after = btree.next(t) as PackedRef;
  if (after !== NIL && canMerge(leaf, after)) {
    mergeAt(t, start, leaf, after);
    return;
  }
  if (start === 0) return;
  const before = leafFor(e, start - 1);
  if (!canMerge(before, leaf)) return;
  const beforeStart = leafStart;
  btree.next(t);
  mergeAt(t, beforeStart, before, leaf);
}

function canMerge(a: PackedRef, b: PackedRef): boolean {
  if (isTrimmed(a) || isTrimmed(b)) return false;
  const size = packed.size(a) + packed.size(b);
  return size <= sizeLimit() >> MERGED_SHIFT && packed.count(a) + packed.count(b) <= countLimit();
}

/** Merges leaf `a`, which begins at an index, with `b` after it, to which the path leads. */
function mergeAt(t: TreeRef, start: number, a: PackedRef, b: PackedRef): void {
  const after = opened(t, b);
  const moved = packed.count(after);
  btree.remove(t);
  btree.byRank(t, start);
  const own = opened(t, a);
  exchange(t, own, packed.concat(own, after));
  btree.addCount(t, moved);
}

/** A place in a list: reusable, and good until the list changes in another way than by it. */
export class ListCursor {
  /** The index of the element; -1 or the count of elements beyond the ends. */
  index = 0;
  private e = NIL as EntryRef;
  /** The block of the leaf. */
  private leaf = NIL as PackedRef;
  private isTrimmed = false;
  private at = 0;

  /** Goes to the element of an index, which may be one beyond either end. */
  seek(e: EntryRef, index: number): void {
    this.e = e;
    this.index = index;
    if (index < 0 || index >= count(e)) {
      this.at = 0;
      return;
    }
    const leaf = leafFor(e, index);
    this.isTrimmed = isTrimmed(leaf);
    this.leaf = blockOf(leaf);
    const inLeaf = (index - leafStart) | 0;
    this.at = this.isTrimmed ? prefixed.seek(this.leaf, inLeaf) : packed.seek(leaf, inLeaf);
  }

  /** Whether there is an element here. */
  get isValid(): boolean {
    return this.at !== 0;
  }

  /** The element, borrowed until the list changes or another is. */
  element(): Range {
    if (this.isTrimmed) return prefixed.range(this.leaf, this.at);
    return packed.range(this.leaf, this.at);
  }

  /** The element's value, if it is stored as an integer, and a safe one; NaN of others. */
  integer(): number {
    return this.isTrimmed ? Number.NaN : packed.integer(this.leaf, this.at);
  }

  /** Replies with the element. */
  reply(to: Reply): void {
    if (this.isTrimmed) prefixed.replyRun(this.leaf, this.at, 1, to);
    else packed.reply(this.leaf, this.at, to);
  }

  /** Whether the element is these bytes. */
  equals(bytes: Uint8Array, offset: number, size: number): boolean {
    if (!this.isTrimmed) return packed.equals(this.leaf, this.at, bytes, offset, size);
    const own = prefixed.range(this.leaf, this.at);
    return own.size === size && equalBytes(own.bytes, own.offset, bytes, offset, size);
  }

  next(): void {
    this.index++;
    if (this.at !== 0) this.at = packed.next(this.leaf, this.at);
    if (this.at === 0) this.seek(this.e, this.index);
  }

  previous(): void {
    this.index--;
    if (this.at !== 0) {
      if (this.isTrimmed) this.at = prefixed.previous(this.leaf, this.at);
      else this.at = packed.previous(this.leaf, this.at);
    }
    if (this.at === 0) this.seek(this.e, this.index);
  }

  /**
   * Goes to the first element from here on that is these bytes; whether there is one. It may give
   * up at index `limit`, and is somewhere beyond then.
   */
  find(bytes: Uint8Array, offset: number, size: number, limit = Infinity): boolean {
    while (this.at !== 0 && this.index < limit) {
      if (this.isTrimmed) this.at = prefixed.find(this.leaf, this.at, bytes, offset, size);
      else this.at = packed.find(this.leaf, this.at, bytes, offset, size, 0);
      this.index += packed.passed.count;
      if (this.at !== 0) return true;
      this.seek(this.e, this.index);
    }
    return false;
  }

  /** As `find`, backwards: it gives up before index `least`. */
  findBack(bytes: Uint8Array, offset: number, size: number, least = 0): boolean {
    while (this.at !== 0 && this.index >= least) {
      if (this.equals(bytes, offset, size)) return true;
      this.previous();
    }
    return false;
  }

  /** Removes the element; the cursor is then at the one that followed, if any. */
  remove(): void {
    const e = this.e;
    if (this.isTrimmed || (frozen.isAny && frozen.isFrozen(this.leaf))) {
      leafAt(e, this.index);
      this.seek(e, this.index);
    }
    const isLittle = packed.size(this.leaf) <= sizeLimit() >> SMALL_SHIFT;
    if (isTree(e) && (isLittle || packed.count(this.leaf) === 1)) {
      removeRange(e, this.index, 1);
      this.seek(e, this.index);
      return;
    }
    const leaf = leafAt(e, this.index);
    this.leaf = packed.remove(leaf, this.at, 1);
    this.at = packed.touched.at;
    keep(e, leaf, this.leaf, -1);
    if (this.at === 0) this.seek(e, this.index);
  }
}

const backwards = new ListCursor();

/** The bytes that the value takes in its entry. */
export const areaOf = (_: EntryRef) => AREA;

/** Makes the value of `to`, which has the room, a deep copy. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  entry.copyValue(from, to, AREA);
  if (!isTree(from)) {
    setRef(to, packed.copy(singleOf(from)));
    return;
  }
  const source = treeOf(from);
  const total = btree.count(source);
  let rank = 0;
  let copied = NIL as TreeRef;
  while (rank < total) {
    const leaf = btree.byRank(source, rank) as PackedRef;
    const elements = countOf(leaf);
    const twin = (packed.copy(blockOf(leaf)) | (leaf & TRIMMED)) as PackedRef;
    if (copied === NIL) {
      copied = btree.create(0, 0, twin, elements);
    } else {
      btree.last(copied);
      btree.insertAfter(copied, twin, elements);
    }
    rank += elements;
  }
  setRef(to, copied);
}

/** Frees all that the list owns outside its entry. */
export function release(e: EntryRef): void {
  while (releaseSlice(e));
}

/** Frees a part of that, a limited number of leaves; false once nothing is left but the entry. */
export function releaseSlice(e: EntryRef): boolean {
  if (isTree(e)) {
    const t = treeOf(e);
    for (let i = 0; i < SLICE_LEAVES && btree.leafCount(t) > 1; i++) {
      dropLeaf(e, btree.last(t) as PackedRef);
    }
    if (btree.leafCount(t) > 1) return true;
    frozen.free(blockOf(btree.first(t) as PackedRef));
    btree.release(t);
  } else {
    packed.release(singleOf(e));
  }
  return false;
}

/** The bytes of the blocks that the list owns; of many leaves, estimated from some. */
export function ownedSize(e: EntryRef, samples = SAMPLE_LEAVES): number {
  if (!isTree(e)) return arena.capacity(singleOf(e));
  const t = treeOf(e);
  const leaves = btree.leafCount(t);
  const seen = Math.min(leaves, samples);
  const step = btree.count(t) / seen;
  let size = 0;
  let leaf = btree.first(t) as PackedRef;
  for (let i = 0; i < seen; i++) {
    size += arena.capacity(blockOf(leaf));
    const isNext = seen === leaves;
    leaf = (isNext ? btree.next(t) : btree.byRank(t, Math.floor((i + 1) * step))) as PackedRef;
  }
  return btree.ownedSize(t) + Math.round((size / seen) * leaves);
}

/** The name that OBJECT ENCODING gives. */
export const encodingName = (_: EntryRef) => "quicklist";

/** The number of leaves: DEBUG OBJECT's ql_nodes. */
export const leafCount = (e: EntryRef) => (isTree(e) ? btree.leafCount(treeOf(e)) : 1);

/** Walks the whole list and throws on the first thing that is wrong. For tests. */
export function verify(e: EntryRef): void {
  if (!isTree(e)) {
    packed.verify(singleOf(e));
    return;
  }
  const t = treeOf(e);
  btree.verify(t, (leaf, elements) => {
    const p = leaf as PackedRef;
    if (isTrimmed(p)) prefixed.verify(blockOf(p));
    else packed.verify(p);
    assert(elements > 0, "an empty leaf");
    assert(countOf(p) === elements, "a leaf whose count the tree does not know");
  });
}
