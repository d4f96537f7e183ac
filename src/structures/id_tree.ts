/**
 * An ordered map from stream IDs to a few words: a counted B+tree (btree.ts) whose leaves are rows
 * of a fixed width, in the order of their IDs.
 *
 *   leaf   0       4       8
 *          | count | width | row … |
 *
 *   row    0    16
 *          | ID | payload word … |
 *
 * width   words of a row, an even number: a row begins at a multiple of 8 bytes, so it has a ref
 *
 * A leaf has at most 63 rows; the only leaf of a small tree begins with less. Leaves split in
 * halves, but those of a tree that is filled in order stay full; neighbours merge when one is below
 * a third and both fit two thirds. All is O(log n). Payloads are the owner's.
 *
 * A leaf that a snapshot still has to read (frozen.ts) stays as it is: `find` and `insert` put a
 * copy in its place, so the row that they give may be changed. One that a cursor gives may not.
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import type { TreeRef } from "./btree.ts";
import * as btree from "./btree.ts";
import * as frozen from "./frozen.ts";
import * as idIndex from "./id_index.ts";
import { ID_WORDS, StreamId } from "./stream_id.ts";

/** A row: good until the tree changes. */
export type RowRef = Ref<"id row">;
type LeafRef = Ref<"id leaf">;

const LEAF_HEADER = 8;
const ROWS_MAX = 63;
const ROWS_FIRST = 3;
/** A tree that gets empty keeps its leaf if it has room for so many: it is likely to fill again. */
const ROWS_KEPT = 16;
/** A leaf below this many rows is merged with a neighbour, if together they are not too many. */
const ROWS_MIN = 21;
const ROWS_MERGED_MAX = 42;
/** Leaves freed in one slice. */
const SLICE_LEAVES = 64;

const countOf = (leaf: Ref) => i32[leaf >>> SEGMENT_BITS][(leaf & SEGMENT_MASK) << 1];
const setCountOf = (leaf: LeafRef, count: number) => {
  i32[leaf >>> SEGMENT_BITS][(leaf & SEGMENT_MASK) << 1] = count;
};
const widthOf = (leaf: Ref) => i32[leaf >>> SEGMENT_BITS][((leaf & SEGMENT_MASK) << 1) + 1];
const rowAt = (leaf: Ref, index: number) =>
  (leaf + LEAF_HEADER / 8 + index * (widthOf(leaf) >> 1)) as RowRef;
const leafSize = (width: number, rows: number) => LEAF_HEADER + 4 * width * rows;
/** Where a leaf's rows begin, in words. */
const rowsAt = (leaf: Ref) => ((leaf & SEGMENT_MASK) << 1) + LEAF_HEADER / 4;

const key = new StreamId();

function newLeaf(width: number, rows: number): LeafRef {
  const leaf = arena.alloc(leafSize(width, rows)) as LeafRef;
  const words = i32[leaf >>> SEGMENT_BITS];
  const at = (leaf & SEGMENT_MASK) << 1;
  words[at] = 0;
  words[at + 1] = width;
  return leaf;
}

/** A tree without rows, of so many payload words, an even number. */
export function create(payloadWords: number): TreeRef {
  if (DEBUG) assert(payloadWords % 2 === 0, "rows begin at multiples of 8 bytes");
  return idIndex.create(newLeaf(ID_WORDS + payloadWords, ROWS_FIRST), 0);
}

/** Frees some of the tree, a limited number of leaves; false when it is gone. */
export function releaseSlice(t: TreeRef): boolean {
  for (let i = 0; i < SLICE_LEAVES && btree.leafCount(t) > 1; i++) {
    const leaf = btree.last(t);
    btree.remove(t);
    frozen.free(leaf);
  }
  if (btree.leafCount(t) > 1) return true;
  frozen.free(btree.first(t));
  btree.release(t);
  return false;
}

/** Frees the tree. */
export function release(t: TreeRef): void {
  while (releaseSlice(t));
}

/** The bytes of the tree's blocks. */
export function ownedSize(t: TreeRef): number {
  // All leaves are of a size, but the only leaf may be smaller.
  return btree.ownedSize(t) + btree.leafCount(t) * arena.capacity(btree.first(t));
}

/** Where a row's payload begins, in the words of its segment. */
export const payloadAt = (row: RowRef) => ((row & SEGMENT_MASK) << 1) + ID_WORDS;

/** Copies the payload of a row, of so many words, to that of another. */
export function copyPayload(from: RowRef, to: RowRef, payloadWords: number): void {
  const source = i32[from >>> SEGMENT_BITS];
  const target = i32[to >>> SEGMENT_BITS];
  const at = payloadAt(from);
  const start = payloadAt(to);
  for (let i = 0; i < payloadWords; i++) target[start + i] = source[at + i];
}

/** The index of the first row of a leaf that is not before the ID. */
function lowerBound(leaf: Ref, id: StreamId): number {
  const words = i32[leaf >>> SEGMENT_BITS];
  const width = widthOf(leaf);
  const rows = rowsAt(leaf);
  let low = 0;
  let high = countOf(leaf);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (id.compareTo(words, rows + middle * width) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The leaves of a tree, which may be NIL, frozen, each for `thaw`. */
export function freeze(t: TreeRef): Int32Array {
  if (t === NIL) return NO_LEAVES;
  const leaves = btree.leaves(t);
  frozen.freeze(leaves);
  return leaves;
}

const NO_LEAVES = new Int32Array(0);

/** Visits the rows of a frozen leaf, which are good until `visit` returns, and thaws it. */
export function thaw(leaf: number, visit: (row: RowRef) => void): void {
  const own = leaf as LeafRef;
  const rows = countOf(own);
  for (let i = 0; i < rows; i++) visit(rowAt(own, i));
  frozen.done(own);
}

/** The path's leaf, to be changed: a copy in its place if it is frozen. */
function opened(t: TreeRef, leaf: LeafRef): LeafRef {
  if (!frozen.isAny || !frozen.isFrozen(leaf)) return leaf;
  return resize(t, leaf, btree.leafCount(t) > 1 ? ROWS_MAX : Math.max(countOf(leaf), ROWS_FIRST));
}

/** The row of this ID, to be changed, or NIL; the path leads to it, for `removeFound`. */
export function find(t: TreeRef, id: StreamId): RowRef {
  const leaf = opened(t, idIndex.seek(t, id) as LeafRef);
  const index = lowerBound(leaf, id);
  if (index === countOf(leaf)) return NIL as RowRef;
  const at = rowsAt(leaf) + index * widthOf(leaf);
  return id.compareTo(i32[leaf >>> SEGMENT_BITS], at) === 0 ? rowAt(leaf, index) : (NIL as RowRef);
}

/** Whether `insert` has found a row of this ID, and added none. */
export let wasThere = false;

/** Adds a row for this ID; the caller writes its payload at once. */
export function insert(t: TreeRef, id: StreamId): RowRef {
  let leaf = opened(t, idIndex.seek(t, id) as LeafRef);
  const index = lowerBound(leaf, id);
  const rows = countOf(leaf);
  const width = widthOf(leaf);
  wasThere =
    index < rows && id.compareTo(i32[leaf >>> SEGMENT_BITS], rowsAt(leaf) + index * width) === 0;
  if (wasThere) return rowAt(leaf, index);
  if (leafSize(width, rows + 1) > arena.capacity(leaf) || rows === ROWS_MAX) {
    if (rows === ROWS_MAX) return split(t, leaf, index, id);
    leaf = resize(t, leaf, Math.min(2 * rows + 1, ROWS_MAX));
  }
  insertIn(leaf, index, id);
  btree.addCount(t, 1);
  return rowAt(leaf, index);
}

function insertIn(leaf: LeafRef, index: number, id: StreamId): void {
  const words = i32[leaf >>> SEGMENT_BITS];
  const width = widthOf(leaf);
  const at = rowsAt(leaf) + index * width;
  const rows = countOf(leaf);
  if (index < rows) words.copyWithin(at + width, at, at + (rows - index) * width);
  words[at] = id.msHigh;
  words[at + 1] = id.msLow;
  words[at + 2] = id.seqHigh;
  words[at + 3] = id.seqLow;
  setCountOf(leaf, rows + 1);
}

/** A leaf with room for so many rows in the place of the path's. */
function resize(t: TreeRef, leaf: LeafRef, rows: number): LeafRef {
  const other = newLeaf(widthOf(leaf), rows);
  appendTo(other, leaf, 0);
  btree.replaceLeaf(t, other);
  frozen.free(leaf);
  return other;
}

/** Copies the rows of a leaf, from `from` on, to the end of another. */
function appendTo(target: LeafRef, leaf: LeafRef, from: number): void {
  const width = widthOf(leaf);
  const source = i32[leaf >>> SEGMENT_BITS];
  const words = i32[target >>> SEGMENT_BITS];
  const rows = countOf(leaf) - from;
  const start = rowsAt(leaf) + from * width;
  const to = rowsAt(target) + countOf(target) * width;
  for (let i = 0; i < rows * width; i++) words[to + i] = source[start + i];
  setCountOf(target, countOf(target) + rows);
}

/** Adds a row to a full leaf, the path's, of which a new leaf takes the end. */
function split(t: TreeRef, leaf: LeafRef, index: number, id: StreamId): RowRef {
  const right = newLeaf(widthOf(leaf), ROWS_MAX);
  // At the end of the tree the next rows are likely to come there, too.
  const kept = index === ROWS_MAX && btree.isLast(t) ? ROWS_MAX : ROWS_MAX >>> 1;
  appendTo(right, leaf, kept);
  setCountOf(leaf, kept);
  const isLeft = index <= kept && kept < ROWS_MAX;
  if (isLeft) insertIn(leaf, index, id);
  else insertIn(right, index - kept, id);
  btree.addCount(t, countOf(leaf) - ROWS_MAX);
  key.load(rowAt(right, 0), 0);
  idIndex.giveKey(key);
  btree.insertAfter(t, right, countOf(right));
  return isLeft ? rowAt(leaf, index) : rowAt(right, index - kept);
}

/** Removes the row that `find` found last in this tree, before any other search. */
export function removeFound(t: TreeRef, row: RowRef): void {
  const leaf = btree.found(t) as Ref as LeafRef;
  if (DEBUG) assert(!frozen.isFrozen(leaf), "a snapshot still has to read the leaf");
  const width = widthOf(leaf);
  const rows = countOf(leaf) - 1;
  const index = ((row - leaf - LEAF_HEADER / 8) << 1) / width;
  if (DEBUG) assert(index >= 0 && index <= rows, "the row is not of the leaf found last");
  if (rows === 0 && btree.leafCount(t) > 1) {
    btree.remove(t);
    arena.free(leaf);
    return;
  }
  const at = rowsAt(leaf) + index * width;
  i32[leaf >>> SEGMENT_BITS].copyWithin(at, at + width, at + width + (rows - index) * width);
  setCountOf(leaf, rows);
  btree.addCount(t, -1);
  if (rows === 0 && arena.capacity(leaf) > leafSize(width, ROWS_KEPT)) {
    resize(t, leaf, ROWS_FIRST);
    return;
  }
  if (index === 0 && rows > 0) {
    key.load(rowAt(leaf, 0), 0);
    idIndex.giveKey(key);
    btree.setKey(t);
  }
  if (rows < ROWS_MIN) merge(t, leaf);
}

/** Merges the path's leaf with a neighbour, if both together are not too many. */
function merge(t: TreeRef, leaf: LeafRef): void {
  const room = ROWS_MERGED_MAX - countOf(leaf);
  const after = btree.next(t) as LeafRef;
  if (after !== NIL) {
    btree.previous(t);
    if (countOf(after) <= room) {
      absorb(t, leaf, after);
      return;
    }
  }
  const before = btree.previous(t) as LeafRef;
  if (before !== NIL && countOf(before) <= room) absorb(t, before, leaf);
}

/** Moves the rows of the leaf after the path's to the path's. */
function absorb(t: TreeRef, leaf: LeafRef, after: LeafRef): void {
  const moved = countOf(after);
  appendTo(opened(t, leaf), after, 0);
  btree.addCount(t, moved);
  btree.next(t);
  btree.remove(t);
  frozen.free(after);
}

/** A place in a tree: reusable. It may look at other trees between moves, but not change this. */
export class IdCursor {
  /** The row, or NIL at the end. */
  row = NIL as RowRef;
  private tree = NIL as TreeRef;
  private leaf = NIL as Ref;
  private index = 0;
  private readonly last = new StreamId();

  /** Goes to the first row that is not before the ID. */
  seek(t: TreeRef, id: StreamId): void {
    this.tree = t;
    this.leaf = idIndex.seek(t, id);
    this.index = lowerBound(this.leaf, id);
    if (this.index === countOf(this.leaf)) {
      this.leaf = btree.next(t);
      this.index = 0;
      if (this.leaf === NIL) {
        this.row = NIL as RowRef;
        return;
      }
    }
    this.row = rowAt(this.leaf, this.index);
  }

  /** Goes to the last row of a tree that has any. */
  seekLast(t: TreeRef): void {
    this.tree = t;
    this.leaf = btree.last(t);
    this.index = countOf(this.leaf) - 1;
    this.row = rowAt(this.leaf, this.index);
  }

  /** Goes nowhere, as if beyond the end. */
  clear(): void {
    this.row = NIL as RowRef;
  }

  /** Goes on to the next row. */
  next(): void {
    if (++this.index < countOf(this.leaf)) {
      this.row = rowAt(this.leaf, this.index);
      return;
    }
    this.last.load(this.row, 0);
    if (this.last.increment()) this.seek(this.tree, this.last);
    else this.row = NIL as RowRef;
  }
}

/** Walks the whole tree and throws on the first thing that is wrong. For tests. */
export function verify(t: TreeRef): void {
  let seen = 0;
  const last = new StreamId();
  const own = new StreamId();
  btree.verify(t, (leaf, rows, node, index) => {
    assert(countOf(leaf) === rows, "a leaf whose count the tree does not know");
    assert(leafSize(widthOf(leaf), rows) <= arena.capacity(leaf), "more rows than room");
    assert(rows > 0 || btree.leafCount(t) === 1, "an empty leaf");
    for (let i = 0; i < rows; i++, seen++) {
      own.load(rowAt(leaf, i), 0);
      assert(seen === 0 || last.compare(own) < 0, "rows out of order");
      last.copy(own);
      if (i === 0 && node !== NIL) assert(idIndex.isKey(node, index, own), "a leaf's key is wrong");
    }
  });
  assert(seen === btree.count(t), "the count of rows is wrong");
}
