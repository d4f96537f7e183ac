/**
 * The order of a sorted set: a counted B+tree (btree.ts) of its members' entries, by score, then by
 * the member's bytes. Its leaves hold scores and refs side by side:
 *
 *   0       4          8
 *   | count | capacity | score (double) … capacity | entry … capacity |
 *
 * A search reads scores, which lie together, and looks at entries only where scores are equal. A
 * leaf has room for 63 members (768 bytes); the only leaf of a small set begins with less. Leaves
 * split in halves, but those of a set that is filled in order, up or down, stay full; neighbours
 * merge when one is below a third and both fit two thirds.
 *
 * The key of a leaf, in the nodes above, is the score and the entry of its first member. All is
 * O(log n). The entries are the owner's; an entry must not be freed while it is in the tree. An
 * entry holds its score as well, as the first aligned double after its key (`scoreOf`).
 */
import * as arena from "../arena/arena.ts";
import { f64, i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import type { NodeRef, TreeRef } from "./btree.ts";
import * as btree from "./btree.ts";
import type { EntryRef } from "./entry.ts";
import * as entry from "./entry.ts";

export type LeafRef = Ref<"score leaf">;

/** Members of a leaf, and of the first leaves that a growing set has: their blocks are full. */
const CAPACITY = 63;
const CAPACITY_FIRST = 10;
const CAPACITY_SECOND = 31;
/** A leaf below this many is merged with a neighbour, if together they are not too many. */
const COUNT_MIN = 21;
const COUNT_MERGED_MAX = 42;

/** Where a leaf's arrays begin: scores in units of 8 bytes, refs in words after them. */
const SCORES = 1;
const LEAF_HEADER = 8;

/** Keys are one double, the score, and one word, the entry. */
const KEY_DOUBLES = 1;
const KEY_WORDS = 1;
const NODE_ENTRIES = btree.wordsAt(KEY_DOUBLES);

/** The room that a score takes in an entry, which `entry.create` is asked for. */
export const SCORE_AREA = 8;
const KEY_WORD = entry.HEADER_SIZE / 4;

/**
 * Where an entry's score is, in doubles. Blocks are multiples of 8 bytes, so an entry with a value
 * area of 8 has the room to align it.
 */
const scoreIndex = (e: EntryRef) => (e & SEGMENT_MASK) + ((entry.valueAt(e) + 7) >>> 3);

export const scoreOf = (e: EntryRef) => f64[e >>> SEGMENT_BITS][scoreIndex(e)];
export const setScore = (e: EntryRef, score: number) => {
  f64[e >>> SEGMENT_BITS][scoreIndex(e)] = score;
};

/** The words of an entry that `fetch` reads: any entry has them. */
const FETCHED_LAST = 5;
/** What `fetch` read, so that it is read. */
export const fetched = { sum: 0 };

/**
 * Reads the entries of up to `n` members in a row, downwards if `step` is -1, so that they are in
 * the processor's cache soon: the reads of this loop are under way together, while those of its
 * caller, one entry after the other, would each wait.
 */
export function fetch(leaf: LeafRef, index: number, n: number, step: number): void {
  const entries = i32[leaf >>> SEGMENT_BITS];
  const at = entriesAt(leaf);
  const end = step > 0 ? Math.min(index + n, leafCount(leaf)) : Math.max(index - n, -1);
  let sum = 0;
  for (let i = index; i !== end; i += step) {
    const e = entries[at + i];
    const words = i32[e >>> SEGMENT_BITS];
    const first = (e & SEGMENT_MASK) << 1;
    sum ^= words[first] ^ words[first + FETCHED_LAST];
  }
  fetched.sum = sum;
}

/** Members of a leaf. */
export const leafCount = (leaf: LeafRef) => i32[leaf >>> SEGMENT_BITS][(leaf & SEGMENT_MASK) << 1];
const setLeafCount = (leaf: LeafRef, count: number) => {
  i32[leaf >>> SEGMENT_BITS][(leaf & SEGMENT_MASK) << 1] = count;
};
const capacityOf = (leaf: LeafRef) => i32[leaf >>> SEGMENT_BITS][((leaf & SEGMENT_MASK) << 1) + 1];
/** Where a leaf's refs begin, in words. */
const entriesAt = (leaf: LeafRef) => ((leaf & SEGMENT_MASK) << 1) + 2 * (SCORES + capacityOf(leaf));

/** The score and the entry of a leaf's member. */
export const scoreAt = (leaf: LeafRef, index: number) =>
  f64[leaf >>> SEGMENT_BITS][(leaf & SEGMENT_MASK) + SCORES + index];
export const entryAt = (leaf: LeafRef, index: number) =>
  i32[leaf >>> SEGMENT_BITS][entriesAt(leaf) + index] as EntryRef;

function newLeaf(capacity: number): LeafRef {
  const leaf = arena.alloc(LEAF_HEADER + 12 * capacity) as LeafRef;
  const words = i32[leaf >>> SEGMENT_BITS];
  const at = (leaf & SEGMENT_MASK) << 1;
  words[at] = 0;
  words[at + 1] = capacity;
  return leaf;
}

/** A tree without members. */
export function create(): TreeRef {
  return btree.create(KEY_DOUBLES, KEY_WORDS, newLeaf(CAPACITY_FIRST), 0);
}

/** Frees the tree; the entries are the owner's to free, before or after. */
export function release(t: TreeRef): void {
  for (let leaf = btree.first(t); leaf !== NIL; leaf = btree.next(t)) arena.free(leaf);
  btree.release(t);
}

/** The bytes of the tree's blocks, without the entries. */
export function ownedSize(t: TreeRef): number {
  const leaves = btree.leafCount(t);
  // All leaves are of a size, but the only leaf may be smaller.
  return btree.ownedSize(t) + leaves * arena.capacity(btree.first(t));
}

/** How one entry's key compares with another's, as memcmp would: below 0, 0, above 0. */
export function compareKeys(a: EntryRef, b: EntryRef): number {
  if (a === b) return 0;
  const aSize = entry.keySize(a);
  const bSize = entry.keySize(b);
  if (aSize >= entry.OUTSIDE_SIZE || bSize >= entry.OUTSIDE_SIZE) return compareOutside(a, b);
  const aWords = i32[a >>> SEGMENT_BITS];
  const bWords = i32[b >>> SEGMENT_BITS];
  let aAt = ((a & SEGMENT_MASK) << 1) + KEY_WORD;
  let bAt = ((b & SEGMENT_MASK) << 1) + KEY_WORD;
  const common = Math.min(aSize, bSize);
  for (const end = aAt + (common >>> 2); aAt < end; aAt++, bAt++) {
    if (aWords[aAt] !== bWords[bAt]) return compareWords(aWords[aAt], bWords[bAt]);
  }
  const mask = (1 << ((common & 3) << 3)) - 1;
  const aRest = aWords[aAt] & mask;
  const bRest = bWords[bAt] & mask;
  return aRest === bRest ? aSize - bSize : compareWords(aRest, bRest);
}

/** The order of two different little-endian words of text: that of their lowest byte, and so on. */
function compareWords(a: number, b: number): number {
  return reversed(a) < reversed(b) ? -1 : 1;
}

const reversed = (word: number) =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

function compareOutside(a: EntryRef, b: EntryRef): number {
  const bytes = u8[entry.keyBlock(b) >>> SEGMENT_BITS];
  return compareKeyTo(a, bytes, entry.keyOffset(b), entry.keySize(b));
}

/** How an entry's key compares with these bytes. */
function compareKeyTo(e: EntryRef, bytes: Uint8Array, offset: number, size: number): number {
  const own = u8[entry.keyBlock(e) >>> SEGMENT_BITS];
  return compareBytes(own, entry.keyOffset(e), entry.keySize(e), bytes, offset, size);
}

/** How two runs of bytes compare: the first byte that differs decides, then the size. */
export function compareBytes(
  a: Uint8Array,
  aOffset: number,
  aSize: number,
  b: Uint8Array,
  bOffset: number,
  bSize: number,
): number {
  const common = Math.min(aSize, bSize);
  for (let i = 0; i < common; i++) {
    const difference = a[aOffset + i] - b[bOffset + i];
    if (difference !== 0) return difference;
  }
  return aSize - bSize;
}

/** Scores that share a cache line, more or less. */
const STRIDE = 8;

/**
 * The index from `low` to `high` of the first score not below this one. By strides, not by halves:
 * the reads of a loop that goes on are under way together, while those of a bisection wait for each
 * other.
 */
function lowerBound(scores: Float64Array, low: number, high: number, score: number): number {
  let at = low;
  while (at + STRIDE <= high && scores[at + STRIDE - 1] < score) at += STRIDE;
  while (at < high && scores[at] < score) at++;
  return at;
}

/** The index from `low` to `high` of the first score above this one. */
function upperBound(scores: Float64Array, low: number, high: number, score: number): number {
  let at = low;
  while (at + STRIDE <= high && scores[at + STRIDE - 1] <= score) at += STRIDE;
  while (at < high && scores[at] <= score) at++;
  return at;
}

/**
 * The index from `low` to `high` of the first place not below (score, entry), of arrays of scores
 * and entries whose indices differ by `shift`.
 */
function placeBound(
  scores: Float64Array,
  entries: Int32Array,
  shift: number,
  low: number,
  high: number,
  score: number,
  e: EntryRef,
): number {
  let from = lowerBound(scores, low, high, score);
  if (from === high || scores[from] !== score || entries[from + shift] === e) return from;
  let to = upperBound(scores, from + 1, high, score);
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareKeys(entries[middle + shift] as EntryRef, e) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The place of (score, entry) in a leaf: that of the entry, if it is there. */
function placeIn(leaf: LeafRef, score: number, e: EntryRef): number {
  const first = (leaf & SEGMENT_MASK) + SCORES;
  const entries = i32[leaf >>> SEGMENT_BITS];
  const shift = entriesAt(leaf) - first;
  const end = first + leafCount(leaf);
  return placeBound(f64[leaf >>> SEGMENT_BITS], entries, shift, first, end, score, e) - first;
}

/** Leads the path to the leaf where (score, entry) is, or belongs. */
function descend(t: TreeRef, score: number, e: EntryRef): LeafRef {
  let node = btree.root(t);
  for (let level = btree.height(t); level > 0; level--) {
    node = btree.descend(level, node, childFor(node, score, e));
  }
  return node as Ref as LeafRef;
}

/** The last child of a node whose key is not above (score, entry). */
function childFor(node: NodeRef, score: number, e: EntryRef): number {
  const first = (node & SEGMENT_MASK) + btree.DOUBLES_AT;
  const end = first + btree.childCount(node);
  const scores = f64[node >>> SEGMENT_BITS];
  const index = lowerBound(scores, first + 1, end, score);
  if (index === end || scores[index] !== score) return index - first - 1;
  return childAmongEqual(node, index - first, score, e);
}

/** As `childFor`, where the key of child `index` is the first with this score. */
function childAmongEqual(node: NodeRef, index: number, score: number, e: EntryRef): number {
  const first = (node & SEGMENT_MASK) + btree.DOUBLES_AT;
  const end = first + btree.childCount(node);
  const words = i32[node >>> SEGMENT_BITS];
  const entries = ((node & SEGMENT_MASK) << 1) + NODE_ENTRIES;
  let from = index;
  let to = upperBound(f64[node >>> SEGMENT_BITS], first + index + 1, end, score) - first;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareKeys(words[entries + middle] as EntryRef, e) <= 0) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/** The rank of an entry that is in the tree with this score. */
export function rank(t: TreeRef, score: number, e: EntryRef): number {
  let node = btree.root(t);
  let before = 0;
  for (let level = btree.height(t); level > 0; level--) {
    const index = childFor(node, score, e);
    before += btree.countBefore(node, index);
    node = btree.descend(level, node, index);
  }
  return before + placeIn(node as Ref as LeafRef, score, e);
}

/** Members with a score below this one, or equal if so wanted. */
export function countBelow(t: TreeRef, score: number, orEqual: boolean): number {
  let node = btree.root(t);
  let before = 0;
  for (let level = btree.height(t); level > 0; level--) {
    const first = (node & SEGMENT_MASK) + btree.DOUBLES_AT;
    const end = first + btree.childCount(node);
    const scores = f64[node >>> SEGMENT_BITS];
    const bound = orEqual
      ? upperBound(scores, first + 1, end, score)
      : lowerBound(scores, first + 1, end, score);
    const index = bound - first - 1;
    before += btree.countBefore(node, index);
    node = btree.descend(level, node, index);
  }
  const leaf = node as Ref as LeafRef;
  const first = (leaf & SEGMENT_MASK) + SCORES;
  const end = first + leafCount(leaf);
  const scores = f64[leaf >>> SEGMENT_BITS];
  const bound = orEqual
    ? upperBound(scores, first, end, score)
    : lowerBound(scores, first, end, score);
  return before + bound - first;
}

/** Members whose bytes are below an entry's, or equal if so wanted, where all scores are equal. */
export function countBelowLex(t: TreeRef, limit: EntryRef, orEqual: boolean): number {
  // What compares below this comes before the limit.
  const bound = orEqual ? 1 : 0;
  let node = btree.root(t);
  let before = 0;
  for (let level = btree.height(t); level > 0; level--) {
    const at = ((node & SEGMENT_MASK) << 1) + NODE_ENTRIES;
    const words = i32[node >>> SEGMENT_BITS];
    const index = lexBound(words, at + 1, at + btree.childCount(node), limit, bound) - at - 1;
    before += btree.countBefore(node, index);
    node = btree.descend(level, node, index);
  }
  const leaf = node as Ref as LeafRef;
  const at = entriesAt(leaf);
  const words = i32[leaf >>> SEGMENT_BITS];
  return before + lexBound(words, at, at + leafCount(leaf), limit, bound) - at;
}

/** The index from `low` to `high` of the first of these entries that is not before the limit. */
function lexBound(
  entries: Int32Array,
  low: number,
  high: number,
  limit: EntryRef,
  bound: number,
): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareKeys(entries[middle] as EntryRef, limit) < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Adds an entry, which is not in the tree, with a score. */
export function insert(t: TreeRef, score: number, e: EntryRef): void {
  let leaf = descend(t, score, e);
  const index = placeIn(leaf, score, e);
  const members = leafCount(leaf);
  if (members === capacityOf(leaf)) {
    if (members === CAPACITY) {
      split(t, leaf, index, score, e);
      return;
    }
    leaf = enlarge(t, leaf);
  }
  insertIn(leaf, index, score, e);
  btree.addCount(t, 1);
}

function insertIn(leaf: LeafRef, index: number, score: number, e: EntryRef): void {
  const scores = f64[leaf >>> SEGMENT_BITS];
  const entries = i32[leaf >>> SEGMENT_BITS];
  const first = (leaf & SEGMENT_MASK) + SCORES;
  const firstEntry = entriesAt(leaf);
  const members = leafCount(leaf);
  for (let i = members; i > index; i--) scores[first + i] = scores[first + i - 1];
  for (let i = members; i > index; i--) entries[firstEntry + i] = entries[firstEntry + i - 1];
  scores[first + index] = score;
  entries[firstEntry + index] = e;
  setLeafCount(leaf, members + 1);
}

function removeFrom(leaf: LeafRef, index: number, n: number): void {
  const scores = f64[leaf >>> SEGMENT_BITS];
  const entries = i32[leaf >>> SEGMENT_BITS];
  const first = (leaf & SEGMENT_MASK) + SCORES;
  const firstEntry = entriesAt(leaf);
  const left = leafCount(leaf) - n;
  for (let i = index; i < left; i++) scores[first + i] = scores[first + i + n];
  for (let i = index; i < left; i++) entries[firstEntry + i] = entries[firstEntry + i + n];
  setLeafCount(leaf, left);
}

/** Copies members of a leaf, from `from` on, to the end of another. */
function appendTo(target: LeafRef, leaf: LeafRef, from: number, n: number): void {
  const scores = f64[leaf >>> SEGMENT_BITS];
  const entries = i32[leaf >>> SEGMENT_BITS];
  const first = (leaf & SEGMENT_MASK) + SCORES + from;
  const firstEntry = entriesAt(leaf) + from;
  const toScores = f64[target >>> SEGMENT_BITS];
  const toEntries = i32[target >>> SEGMENT_BITS];
  const members = leafCount(target);
  const to = (target & SEGMENT_MASK) + SCORES + members;
  const toEntry = entriesAt(target) + members;
  for (let i = 0; i < n; i++) toScores[to + i] = scores[first + i];
  for (let i = 0; i < n; i++) toEntries[toEntry + i] = entries[firstEntry + i];
  setLeafCount(target, members + n);
}

/** A larger leaf in the place of the only one. */
function enlarge(t: TreeRef, leaf: LeafRef): LeafRef {
  const larger = newLeaf(capacityOf(leaf) === CAPACITY_FIRST ? CAPACITY_SECOND : CAPACITY);
  appendTo(larger, leaf, 0, leafCount(leaf));
  btree.replaceLeaf(t, larger);
  arena.free(leaf);
  return larger;
}

/** Adds a member to a full leaf, the path's, of which a new leaf takes the end. */
function split(t: TreeRef, leaf: LeafRef, index: number, score: number, e: EntryRef): void {
  const right = newLeaf(CAPACITY);
  let kept = CAPACITY >>> 1;
  // At either end of the set, the next members are likely to come there, too.
  if (index === 0) kept = 0;
  else if (index === CAPACITY && btree.isLast(t)) kept = CAPACITY;
  appendTo(right, leaf, kept, CAPACITY - kept);
  setLeafCount(leaf, kept);
  if (index <= kept && kept < CAPACITY) insertIn(leaf, index, score, e);
  else insertIn(right, index - kept, score, e);
  btree.addCount(t, leafCount(leaf) - CAPACITY);
  stageKey(right);
  btree.insertAfter(t, right, leafCount(right));
}

/** Makes a leaf's first member the key that btree takes. */
function stageKey(leaf: LeafRef): void {
  btree.keyDoubles[0] = scoreAt(leaf, 0);
  btree.keyWords[0] = entryAt(leaf, 0);
}

/** Removes an entry that is in the tree with this score. */
export function remove(t: TreeRef, score: number, e: EntryRef): void {
  const leaf = descend(t, score, e);
  const index = placeIn(leaf, score, e);
  if (DEBUG) assert(entryAt(leaf, index) === e, "the entry is not where its score is");
  removeAt(t, leaf, index, 1);
}

/** Removes members of the path's leaf. The path is gone. */
function removeAt(t: TreeRef, leaf: LeafRef, index: number, n: number): void {
  removeFrom(leaf, index, n);
  btree.addCount(t, -n);
  const left = leafCount(leaf);
  if (left === 0) {
    if (btree.leafCount(t) === 1) return;
    btree.remove(t);
    arena.free(leaf);
    return;
  }
  if (index === 0) {
    stageKey(leaf);
    btree.setKey(t);
  }
  if (left < COUNT_MIN && btree.leafCount(t) > 1) merge(t, leaf);
}

/** Merges the path's leaf with a neighbour, if one is small enough. The path is gone. */
function merge(t: TreeRef, leaf: LeafRef): void {
  const room = COUNT_MERGED_MAX - leafCount(leaf);
  const left = btree.previous(t) as LeafRef;
  if (left !== NIL) {
    if (leafCount(left) <= room) {
      absorb(t, left, leaf);
      return;
    }
    btree.next(t);
  }
  const right = btree.next(t) as LeafRef;
  if (right === NIL || leafCount(right) > room) return;
  btree.previous(t);
  absorb(t, leaf, right);
}

/** Moves all members of the leaf after the path's to the path's. The path is gone. */
function absorb(t: TreeRef, leaf: LeafRef, right: LeafRef): void {
  const moved = leafCount(right);
  appendTo(leaf, right, 0, moved);
  btree.addCount(t, moved);
  btree.next(t);
  btree.remove(t);
  arena.free(right);
}

/** Gives an entry that is in the tree with score `from` another one. */
export function move(t: TreeRef, from: number, to: number, e: EntryRef): void {
  const leaf = descend(t, from, e);
  const index = placeIn(leaf, from, e);
  if (DEBUG) assert(entryAt(leaf, index) === e, "the entry is not where its score is");
  const end = leafCount(leaf) - 1;
  // Between two others of its leaf, whichever they are, the member stays in the leaf.
  if (end > 1 && to > scoreAt(leaf, index === 0 ? 1 : 0)) {
    if (to < scoreAt(leaf, index === end ? end - 1 : end)) {
      moveWithin(leaf, index, to, e);
      if (index > 0) return;
      stageKey(leaf);
      btree.setKey(t);
      return;
    }
  }
  removeAt(t, leaf, index, 1);
  insert(t, to, e);
}

/** An entry that is in the tree with this score lives in another block now: `by`, its copy. */
export function relocate(t: TreeRef, score: number, e: EntryRef, by: EntryRef): void {
  const leaf = descend(t, score, e);
  const index = placeIn(leaf, score, e);
  if (DEBUG) assert(entryAt(leaf, index) === e, "the entry is not where its score is");
  i32[leaf >>> SEGMENT_BITS][entriesAt(leaf) + index] = by;
  if (index > 0) return;
  stageKey(leaf);
  btree.setKey(t);
}

function moveWithin(leaf: LeafRef, index: number, to: number, e: EntryRef): void {
  const scores = f64[leaf >>> SEGMENT_BITS];
  const entries = i32[leaf >>> SEGMENT_BITS];
  const first = (leaf & SEGMENT_MASK) + SCORES;
  const shift = entriesAt(leaf) - first;
  let at = first + index;
  if (to > scores[at]) {
    const end = first + leafCount(leaf);
    const target = placeBound(scores, entries, shift, at + 1, end, to, e) - 1;
    for (; at < target; at++) {
      scores[at] = scores[at + 1];
      entries[at + shift] = entries[at + shift + 1];
    }
  } else {
    const target = placeBound(scores, entries, shift, first, at, to, e);
    for (; at > target; at--) {
      scores[at] = scores[at - 1];
      entries[at + shift] = entries[at + shift - 1];
    }
  }
  scores[at] = to;
  entries[at + shift] = e;
}

/** Adds an entry whose place is after all others. */
export function append(t: TreeRef, score: number, e: EntryRef): void {
  let leaf = btree.last(t) as LeafRef;
  const members = leafCount(leaf);
  if (members === CAPACITY) {
    split(t, leaf, members, score, e);
    return;
  }
  if (members === capacityOf(leaf)) leaf = enlarge(t, leaf);
  insertIn(leaf, members, score, e);
  btree.addCount(t, 1);
}

/**
 * A tree of entries, which hold their scores, of which none is there twice; it puts them in order,
 * O(n log n). Those that are in order already, upwards or downwards, it only looks at: O(n).
 */
export function createSorted(entries: Int32Array): TreeRef {
  const { length } = entries;
  const scores = new Float64Array(length);
  for (let i = 0; i < length; i++) scores[i] = scoreOf(entries[i] as EntryRef);
  const pairs = { scores, entries };
  if (length > 1 && comesBefore(pairs, length - 1, 0)) {
    // What is written from its end, as RDB does, is turned round.
    scores.reverse();
    entries.reverse();
  }
  if (isSorted(pairs)) return createFilled(pairs);
  const spare = { scores: new Float64Array(length), entries: new Int32Array(length) };
  return createFilled(mergeRuns(pairs, spare));
}

/** Whether the place of the one is before that of the other. */
function comesBefore({ scores, entries }: Pairs, one: number, other: number): boolean {
  if (scores[one] !== scores[other]) return scores[one] < scores[other];
  return compareKeys(entries[one] as EntryRef, entries[other] as EntryRef) < 0;
}

function isSorted(pairs: Pairs): boolean {
  const { length } = pairs.entries;
  let at = 1;
  while (at < length && comesBefore(pairs, at - 1, at)) at++;
  return at >= length;
}

/** A tree of what is in order, whose leaves are full but the last. */
function createFilled(sorted: Pairs): TreeRef {
  const { length } = sorted.entries;
  let capacity = CAPACITY;
  if (length <= CAPACITY_FIRST) capacity = CAPACITY_FIRST;
  else if (length <= CAPACITY_SECOND) capacity = CAPACITY_SECOND;
  const first = filledLeaf(capacity, sorted, 0);
  const t = btree.create(KEY_DOUBLES, KEY_WORDS, first, leafCount(first));
  for (let at = leafCount(first); at < length; at += CAPACITY) {
    const leaf = filledLeaf(CAPACITY, sorted, at);
    stageKey(leaf);
    btree.append(t, leaf, leafCount(leaf));
  }
  return t;
}

/** A leaf with as many members from an index on as it takes. */
function filledLeaf(capacity: number, { scores, entries }: Pairs, from: number): LeafRef {
  const leaf = newLeaf(capacity);
  const members = Math.min(capacity, entries.length - from);
  const toScores = f64[leaf >>> SEGMENT_BITS];
  const toEntries = i32[leaf >>> SEGMENT_BITS];
  const firstScore = (leaf & SEGMENT_MASK) + SCORES;
  const firstEntry = entriesAt(leaf);
  for (let i = 0; i < members; i++) {
    toScores[firstScore + i] = scores[from + i];
    toEntries[firstEntry + i] = entries[from + i];
  }
  setLeafCount(leaf, members);
  return leaf;
}

interface Pairs {
  scores: Float64Array;
  entries: Int32Array;
}

/** Merge sort, from runs of one on; the result is in `a` or in `b`, which is of the same size. */
function mergeRuns(a: Pairs, b: Pairs): Pairs {
  const { length } = a.scores;
  let from = a;
  let to = b;
  for (let width = 1; width < length; width *= 2) {
    for (let low = 0; low < length; low += 2 * width) {
      const middle = Math.min(low + width, length);
      mergeRun(from, to, low, middle, Math.min(middle + width, length));
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Merges the runs from `low` and from `middle` on. */
function mergeRun(from: Pairs, to: Pairs, low: number, middle: number, end: number): void {
  const { scores, entries } = from;
  let left = low;
  let right = middle;
  for (let at = low; at < end; at++) {
    let takeRight = left === middle;
    if (!takeRight && right < end) {
      const difference = scores[right] - scores[left];
      // Infinite scores differ by NaN when they are equal.
      if (difference < 0) takeRight = true;
      else if (!(difference > 0)) {
        takeRight = compareKeys(entries[right] as EntryRef, entries[left] as EntryRef) < 0;
      }
    }
    const taken = takeRight ? right++ : left++;
    to.scores[at] = scores[taken];
    to.entries[at] = entries[taken];
  }
}

/** The leaf that holds the member of this rank; `btree.before` says how many come before it. */
export const byRank = (t: TreeRef, rank: number) => btree.byRank(t, rank) as LeafRef;

/**
 * Removes up to `n` members from rank `from` on, as many as are in one leaf: returns how many, and
 * leaves their entries, which are the caller's to free, in `removed`.
 */
export function removeRun(t: TreeRef, from: number, n: number): number {
  const leaf = byRank(t, from);
  const index = from - btree.before();
  const count = Math.min(n, leafCount(leaf) - index);
  for (let i = 0; i < count; i++) removed[i] = entryAt(leaf, index + i);
  removeAt(t, leaf, index, count);
  return count;
}

/** What `removeRun` removed last. */
export const removed = new Int32Array(CAPACITY);

/** Walks the whole tree and throws on the first thing that is wrong. For tests. */
export function verify(t: TreeRef): void {
  let previous = NIL as EntryRef;
  let previousScore = -Infinity;
  btree.verify(t, (ref, count, node, child) => {
    const leaf = ref as LeafRef;
    assert(leafCount(leaf) === count, "a leaf's count is wrong");
    assert(count > 0 || btree.leafCount(t) === 1, "an empty leaf");
    assert(capacityOf(leaf) === CAPACITY || btree.height(t) === 0, "a small leaf among others");
    for (let i = 0; i < count; i++) {
      const e = entryAt(leaf, i);
      const score = scoreAt(leaf, i);
      assert(Object.is(scoreOf(e), score), "an entry has another score");
      const ordered = score > previousScore || previous === NIL || compareKeys(previous, e) < 0;
      assert(ordered && score >= previousScore, "members are out of order");
      previous = e;
      previousScore = score;
    }
    if (node === NIL) return;
    const keyScore = f64[node >>> SEGMENT_BITS][(node & SEGMENT_MASK) + btree.DOUBLES_AT + child];
    const words = i32[node >>> SEGMENT_BITS];
    const keyEntry = words[((node & SEGMENT_MASK) << 1) + NODE_ENTRIES + child];
    assert(Object.is(keyScore, scoreAt(leaf, 0)), "a key's score is wrong");
    assert(keyEntry === entryAt(leaf, 0), "a key's entry is wrong");
  });
}
