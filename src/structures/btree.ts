/**
 * The counted index of a B+tree over leaves that its owner keeps. A leaf is any block, of which
 * the tree knows the ref, how many elements it holds, and, in a tree with keys, the key of its
 * first element. It finds a leaf by rank, and lets its owner walk down by key, in O(log n).
 *
 *   tree   0      4        8       12       16      20        24
 *          | root | height | count | leaves | nodes | doubles | words |
 *
 *   node   0              8          260      512         + 504 doubles
 *          | children in use | child … | count … | double …  | word …  |
 *
 * height   levels of nodes; at 0 the root is the only leaf. Level 1 is the lowest of nodes.
 * count    elements below each child: a rank is the sum of those before, a handful of cache lines
 * keys     `doubles` doubles and `words` words for each child, each an array of its own, so that a
 *          search reads one array of numbers. Child 0 has none: its key is its parent's, or that
 *          of the first ancestor which is not a child 0, and the tree's first leaf has none.
 *
 * A node has 63 children: 4 cache lines of counts, and 63^3 leaves of 50 elements below three
 * levels. Nodes split in halves, except at their ends, where what is filled in order stays full.
 *
 * A search leaves the path to its leaf in arrays of this module. Functions that change the tree
 * change it at that path, so a search of the same tree must come right before.
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";

export type TreeRef = Ref<"btree">;
export type NodeRef = Ref<"btree node">;

/** Children of a node at most: the words of a key are so far apart. */
export const FAN_OUT = 63;
/** Below this many a node is merged with a neighbour, if both are not too many. */
const CHILDREN_MIN = 20;
const CHILDREN_MERGED_MAX = 42;
/** More than any tree can have: nodes keep at least some ten children on the average. */
const LEVELS_MAX = 16;

const ROOT = 0;
const HEIGHT = 1;
const COUNT = 2;
const LEAVES = 3;
const NODES = 4;
const DOUBLES = 5;
const WORDS = 6;
const TREE_SIZE = 28;

/** Where a node's arrays begin, in words. */
const CHILD = 2;
const CHILD_COUNT = CHILD + FAN_OUT;
const KEYS = CHILD_COUNT + FAN_OUT;

/** Where a node's first array of doubles begins, in units of 8 bytes from its start. */
export const DOUBLES_AT = KEYS / 2;

if (DEBUG) assert(KEYS % 2 === 0, "doubles are aligned");

/** Where a node's first array of words begins, in words, when keys have so many doubles. */
export const wordsAt = (doubles: number) => KEYS + 2 * FAN_OUT * doubles;

/** The path: by level, the node and the child taken; at level 0 the leaf. */
const pathNode = new Int32Array(LEVELS_MAX);
const pathIndex = new Int32Array(LEVELS_MAX);
let rankOfLeaf = 0;

/** The key for `insertAfter` and `setKey`: write it here first. */
export const keyDoubles = new Float64Array(1);
export const keyWords = new Int32Array(4);

const field = (of: Ref, name: number) =>
  i32[of >>> SEGMENT_BITS][((of & SEGMENT_MASK) << 1) + name];

const setField = (of: Ref, name: number, value: number) => {
  i32[of >>> SEGMENT_BITS][((of & SEGMENT_MASK) << 1) + name] = value;
};

const addField = (of: Ref, name: number, value: number) => {
  i32[of >>> SEGMENT_BITS][((of & SEGMENT_MASK) << 1) + name] += value;
};

/**
 * A tree of one leaf with `count` elements (0 will do), whose keys are so many doubles and words:
 * none for a tree that is searched by rank only. The leaves stay the owner's.
 */
export function create(doubles: number, words: number, leaf: Ref, count: number): TreeRef {
  if (DEBUG) assert(doubles <= keyDoubles.length && words <= keyWords.length, "a key too long");
  const t = arena.alloc(TREE_SIZE) as TreeRef;
  setField(t, ROOT, leaf);
  setField(t, HEIGHT, 0);
  setField(t, COUNT, count);
  setField(t, LEAVES, 1);
  setField(t, NODES, 0);
  setField(t, DOUBLES, doubles);
  setField(t, WORDS, words);
  return t;
}

/** Frees the tree; the leaves are the owner's to free, before or after. */
export function release(t: TreeRef): void {
  releaseNodes(field(t, ROOT) as NodeRef, field(t, HEIGHT));
  arena.free(t);
}

function releaseNodes(node: NodeRef, level: number): void {
  if (level === 0) return;
  if (level > 1) {
    for (let i = childCount(node) - 1; i >= 0; i--) releaseNodes(childAt(node, i), level - 1);
  }
  arena.free(node);
}

/** Elements in all leaves. */
export const count = (t: TreeRef) => field(t, COUNT);
export const leafCount = (t: TreeRef) => field(t, LEAVES);
/** Nodes above the leaves. */
export const nodeCount = (t: TreeRef) => field(t, NODES);
/** Levels of nodes above the leaves. */
export const height = (t: TreeRef) => field(t, HEIGHT);
/** The node at the top, or the only leaf when the height is 0. */
export const root = (t: TreeRef) => field(t, ROOT) as NodeRef;
/** Children of a node. */
export const childCount = (node: NodeRef) => field(node, 0);
const childAt = (node: NodeRef, index: number) => field(node, CHILD + index) as NodeRef;

/** The bytes of the tree's own blocks, without the leaves. */
export function ownedSize(t: TreeRef): number {
  return arena.capacityFor(TREE_SIZE) + field(t, NODES) * arena.capacityFor(nodeSize(t));
}

const nodeSize = (t: TreeRef) => 4 * (wordsAt(field(t, DOUBLES)) + FAN_OUT * field(t, WORDS));

/**
 * The leaf that holds the element of this rank, from 0 to `count - 1`; the last leaf for higher
 * ones. The path leads to it, and `before` says how many elements come before it.
 */
export function byRank(t: TreeRef, rank: number): Ref {
  let node = field(t, ROOT);
  let rest = rank;
  let total = field(t, COUNT);
  for (let level = field(t, HEIGHT); level > 0; level--) {
    const words = i32[node >>> SEGMENT_BITS];
    const at = (node & SEGMENT_MASK) << 1;
    const first = at + CHILD_COUNT;
    let index = 0;
    if (rest < total >>> 1) {
      while (rest >= words[first + index]) rest -= words[first + index++];
    } else {
      // From the end that is nearer: `left` is the rank where the child begins.
      index = words[at] - 1;
      let left = total - words[first + index];
      while (left > rest) left -= words[first + --index];
      rest -= left;
    }
    pathNode[level] = node;
    pathIndex[level] = index;
    total = words[first + index];
    node = words[at + CHILD + index];
  }
  pathNode[0] = node;
  rankOfLeaf = rank - rest;
  return node as Ref;
}

/** The first leaf; the path leads to it. */
export const first = (t: TreeRef) => byRank(t, 0);

/** The last leaf; the path leads to it. */
export const last = (t: TreeRef) => byRank(t, field(t, COUNT));

/** The refs of all leaves in their order: a copy of all nodes' children, some 50 in each. */
export function leaves(t: TreeRef): Int32Array {
  const refs = new Int32Array(leafCount(t));
  if (height(t) === 0) refs[0] = root(t);
  else gatherLeaves(root(t), height(t), refs, 0);
  return refs;
}

/** Adds the leaves below a node from an index on; returns the index after the last. */
function gatherLeaves(node: NodeRef, level: number, into: Int32Array, from: number): number {
  const children = childCount(node);
  if (level === 1) {
    const start = ((node & SEGMENT_MASK) << 1) + CHILD;
    into.set(i32[node >>> SEGMENT_BITS].subarray(start, start + children), from);
    return from + children;
  }
  let at = from;
  for (let i = 0; i < children; i++) at = gatherLeaves(childAt(node, i), level - 1, into, at);
  return at;
}

/** Whether no leaf comes after the path's. */
export function isLast(t: TreeRef): boolean {
  for (let level = field(t, HEIGHT); level > 0; level--) {
    if (pathIndex[level] + 1 < childCount(pathNode[level] as NodeRef)) return false;
  }
  return true;
}

/** The leaf to which the path leads. */
export const found = (t: TreeRef) =>
  field(t, HEIGHT) === 0 ? root(t) : childAt(pathNode[1] as NodeRef, pathIndex[1]);

/** Elements before the leaf that `byRank`, `first`, `last`, `next` or `previous` found. */
export const before = () => rankOfLeaf;

/** The leaf after the path's, to which the path then leads; NIL, and no move, after the last. */
export function next(t: TreeRef): Ref {
  const top = field(t, HEIGHT);
  let level = 1;
  while (level <= top && pathIndex[level] + 1 >= childCount(pathNode[level] as NodeRef)) level++;
  if (level > top) return NIL as Ref;
  rankOfLeaf += field(pathNode[1] as NodeRef, CHILD_COUNT + pathIndex[1]);
  let node = childAt(pathNode[level] as NodeRef, ++pathIndex[level]);
  while (--level > 0) {
    pathNode[level] = node;
    pathIndex[level] = 0;
    node = childAt(node, 0);
  }
  pathNode[0] = node;
  return node as Ref;
}

/** The leaf before the path's, to which the path then leads; NIL, and no move, at the first. */
export function previous(t: TreeRef): Ref {
  const top = field(t, HEIGHT);
  let level = 1;
  while (level <= top && pathIndex[level] === 0) level++;
  if (level > top) return NIL as Ref;
  let node = childAt(pathNode[level] as NodeRef, --pathIndex[level]);
  while (--level > 0) {
    pathNode[level] = node;
    pathIndex[level] = childCount(node) - 1;
    node = childAt(node, pathIndex[level]);
  }
  pathNode[0] = node;
  rankOfLeaf -= field(pathNode[1] as NodeRef, CHILD_COUNT + pathIndex[1]);
  return node as Ref;
}

/**
 * One step of a search by key, which goes from `root` at level `height` down to level 0: notes in
 * the path that child `index` of the node at `level` is taken, and returns that child.
 */
export function descend(level: number, node: NodeRef, index: number): NodeRef {
  const child = i32[node >>> SEGMENT_BITS][((node & SEGMENT_MASK) << 1) + CHILD + index];
  pathNode[level] = node;
  pathIndex[level] = index;
  pathNode[level - 1] = child;
  return child as NodeRef;
}

/** Elements before child `index` of a node that holds `total`. */
export function countBefore(node: NodeRef, index: number): number {
  const words = i32[node >>> SEGMENT_BITS];
  const start = ((node & SEGMENT_MASK) << 1) + CHILD_COUNT;
  let sum = 0;
  for (let at = start; at < start + index; at++) sum += words[at];
  return sum;
}

/** Elements below the node's child `index`. */
export const countAt = (node: NodeRef, index: number) => field(node, CHILD_COUNT + index);

/** The path's leaf holds so many elements more, or fewer. */
export function addCount(t: TreeRef, change: number): void {
  addField(t, COUNT, change);
  for (let level = field(t, HEIGHT); level > 0; level--) {
    addField(pathNode[level] as NodeRef, CHILD_COUNT + pathIndex[level], change);
  }
}

/** Puts another leaf, with as many elements and the same first one, in the place of the path's. */
export function replaceLeaf(t: TreeRef, leaf: Ref): void {
  if (field(t, HEIGHT) === 0) setField(t, ROOT, leaf);
  else setField(pathNode[1] as NodeRef, CHILD + pathIndex[1], leaf);
  pathNode[0] = leaf;
}

/** The path's leaf has another first element, whose key is in `keyDoubles` and `keyWords`. */
export function setKey(t: TreeRef): void {
  setKeyFrom(t, 1);
}

/** The key of the subtree that the path takes at `level`: the lowest child of another number. */
function setKeyFrom(t: TreeRef, level: number): void {
  for (let at = level; at <= field(t, HEIGHT); at++) {
    if (pathIndex[at] === 0) continue;
    writeKey(t, pathNode[at] as NodeRef, pathIndex[at]);
    return;
  }
}

/**
 * Adds a leaf of `elements` elements after the path's; in a tree with keys, its key is in
 * `keyDoubles` and `keyWords`. The path is gone.
 */
export function insertAfter(t: TreeRef, leaf: Ref, elements: number): void {
  insertLeaf(t, leaf, elements, 1);
}

/**
 * Adds a leaf after all others, as `insertAfter` does, without a search before: what loading does
 * most is to add one more to a node. The path is gone.
 */
export function append(t: TreeRef, leaf: Ref, elements: number): void {
  const top = field(t, HEIGHT);
  let node = root(t);
  for (let level = top; level > 1; level--) node = childAt(node, childCount(node) - 1);
  if (top === 0 || childCount(node) === FAN_OUT) {
    last(t);
    insertLeaf(t, leaf, elements, 1);
    return;
  }
  node = root(t);
  for (let level = top; level > 1; level--) {
    const index = childCount(node) - 1;
    addField(node, CHILD_COUNT + index, elements);
    node = childAt(node, index);
  }
  addChild(t, node, childCount(node), leaf, elements);
  addField(t, COUNT, elements);
  addField(t, LEAVES, 1);
}

/** Adds a leaf before the path's, in a tree without keys. The path is gone. */
export function insertBefore(t: TreeRef, leaf: Ref, elements: number): void {
  if (DEBUG) assert(field(t, DOUBLES) + field(t, WORDS) === 0, "keys are set by insertAfter");
  insertLeaf(t, leaf, elements, 0);
}

function insertLeaf(t: TreeRef, leaf: Ref, elements: number, side: number): void {
  const oldTotal = field(t, COUNT);
  const top = field(t, HEIGHT);
  setField(t, COUNT, oldTotal + elements);
  addField(t, LEAVES, 1);
  if (top === 0) {
    if (side === 1) addRoot(t, field(t, ROOT) as Ref, oldTotal, leaf, elements);
    else addRoot(t, leaf, elements, field(t, ROOT) as Ref, oldTotal);
    return;
  }
  let child = leaf;
  let weight = elements;
  for (let level = 1; level <= top; level++) {
    const node = pathNode[level] as NodeRef;
    const index = pathIndex[level];
    // Below, a node may have split: what its right half holds is no longer counted here.
    addField(node, CHILD_COUNT + index, elements - weight);
    const at = index + (level === 1 ? side : 1);
    if (childCount(node) < FAN_OUT) {
      insertChild(t, node, at, child, weight);
      while (++level <= top) {
        addField(pathNode[level] as NodeRef, CHILD_COUNT + pathIndex[level], elements);
      }
      return;
    }
    child = splitNode(t, node, at, child, weight);
    weight = countBefore(child as NodeRef, childCount(child as NodeRef));
  }
  addRoot(t, field(t, ROOT) as Ref, oldTotal + elements - weight, child, weight);
}

/** A new root above two subtrees; the key of the right one is in `keyDoubles`, `keyWords`. */
function addRoot(t: TreeRef, left: Ref, leftCount: number, right: Ref, rightCount: number): void {
  const node = newNode(t);
  setField(node, 0, 2);
  setField(node, CHILD, left);
  setField(node, CHILD + 1, right);
  setField(node, CHILD_COUNT, leftCount);
  setField(node, CHILD_COUNT + 1, rightCount);
  writeKey(t, node, 1);
  setField(t, ROOT, node);
  addField(t, HEIGHT, 1);
  if (DEBUG) assert(field(t, HEIGHT) < LEVELS_MAX, "the tree is too high");
}

/**
 * Adds a child to a full node, of which a new node takes the end: returns that one, and its key in
 * `keyDoubles` and `keyWords`, which held that of the child.
 */
function splitNode(t: TreeRef, node: NodeRef, at: number, child: Ref, weight: number): NodeRef {
  const right = newNode(t);
  setField(right, 0, 0);
  if (at === FAN_OUT) {
    insertChild(t, right, 0, child, weight);
    return right;
  }
  if (at === 0) {
    // Only in trees without keys: the new child has the node alone.
    moveEnd(t, node, 0, right);
    insertChild(t, node, 0, child, weight);
    return right;
  }
  const cut = FAN_OUT >>> 1;
  moveEnd(t, node, cut, right);
  if (at > cut) insertChild(t, right, at - cut, child, weight);
  else insertChild(t, node, at, child, weight);
  readKey(t, right, 0);
  return right;
}

/** Moves the children from `cut` on to an empty node. */
function moveEnd(t: TreeRef, node: NodeRef, cut: number, right: NodeRef): void {
  const moved = childCount(node) - cut;
  moveSlots(t, node, cut, right, 0, moved);
  setField(right, 0, moved);
  setField(node, 0, cut);
}

function insertChild(t: TreeRef, node: NodeRef, at: number, child: Ref, weight: number): void {
  const children = childCount(node);
  if (at < children) moveSlots(t, node, at, node, at + 1, children - at);
  addChild(t, node, at, child, weight);
}

/** Puts one more child in its place, which is free. */
function addChild(t: TreeRef, node: NodeRef, at: number, child: Ref, weight: number): void {
  addField(node, 0, 1);
  setField(node, CHILD + at, child);
  setField(node, CHILD_COUNT + at, weight);
  writeKey(t, node, at);
}

/** Takes the path's leaf, with its elements, out of a tree that has others. The path is gone. */
export function remove(t: TreeRef): void {
  const top = field(t, HEIGHT);
  if (DEBUG) assert(top > 0, "the only leaf stays");
  const weight = countAt(pathNode[1] as NodeRef, pathIndex[1]);
  addField(t, COUNT, -weight);
  addField(t, LEAVES, -1);
  for (let level = 1; level <= top; level++) {
    addField(pathNode[level] as NodeRef, CHILD_COUNT + pathIndex[level], -weight);
  }
  let level = 1;
  while (childCount(pathNode[level] as NodeRef) === 1) freeNode(t, pathNode[level++] as NodeRef);
  removeChild(t, level);
  while (level < top && mergeNode(t, level)) level++;
  while (field(t, HEIGHT) > 0 && childCount(root(t)) === 1) {
    const old = root(t);
    setField(t, ROOT, childAt(old, 0));
    addField(t, HEIGHT, -1);
    freeNode(t, old);
  }
}

/** Removes the path's child of the node at a level, which has others. */
function removeChild(t: TreeRef, level: number): void {
  const node = pathNode[level] as NodeRef;
  const index = pathIndex[level];
  if (index === 0) {
    readKey(t, node, 1);
    setKeyFrom(t, level + 1);
  }
  dropSlot(t, node, index);
}

function dropSlot(t: TreeRef, node: NodeRef, index: number): void {
  const children = childCount(node) - 1;
  moveSlots(t, node, index + 1, node, index, children - index);
  setField(node, 0, children);
}

/** Merges the path's node at a level with a neighbour, if both are small; whether it has. */
function mergeNode(t: TreeRef, level: number): boolean {
  const node = pathNode[level] as NodeRef;
  const parent = pathNode[level + 1] as NodeRef;
  const index = pathIndex[level + 1];
  const children = childCount(node);
  if (children >= CHILDREN_MIN) return false;
  const room = CHILDREN_MERGED_MAX - children;
  if (index > 0 && childCount(childAt(parent, index - 1)) <= room) {
    appendNode(t, parent, index);
    return true;
  }
  if (index + 1 < childCount(parent) && childCount(childAt(parent, index + 1)) <= room) {
    appendNode(t, parent, index + 1);
    return true;
  }
  return false;
}

/** Moves all of the parent's child `index` to the end of the child before it. */
function appendNode(t: TreeRef, parent: NodeRef, index: number): void {
  const left = childAt(parent, index - 1);
  const right = childAt(parent, index);
  const had = childCount(left);
  readKey(t, parent, index);
  moveSlots(t, right, 0, left, had, childCount(right));
  writeKey(t, left, had);
  setField(left, 0, had + childCount(right));
  addField(parent, CHILD_COUNT + index - 1, countAt(parent, index));
  dropSlot(t, parent, index);
  freeNode(t, right);
}

function newNode(t: TreeRef): NodeRef {
  addField(t, NODES, 1);
  return arena.alloc(nodeSize(t)) as NodeRef;
}

function freeNode(t: TreeRef, node: NodeRef): void {
  addField(t, NODES, -1);
  arena.free(node);
}

function writeKey(t: TreeRef, node: NodeRef, index: number): void {
  const doubles = field(t, DOUBLES);
  const words = field(t, WORDS);
  if (doubles > 0) {
    const at = (node & SEGMENT_MASK) + DOUBLES_AT + index;
    const numbers = arena.f64[node >>> SEGMENT_BITS];
    for (let i = 0; i < doubles; i++) numbers[at + i * FAN_OUT] = keyDoubles[i];
  }
  const at = wordsAt(doubles) + index;
  for (let i = 0; i < words; i++) setField(node, at + i * FAN_OUT, keyWords[i]);
}

function readKey(t: TreeRef, node: NodeRef, index: number): void {
  const doubles = field(t, DOUBLES);
  const words = field(t, WORDS);
  if (doubles > 0) {
    const at = (node & SEGMENT_MASK) + DOUBLES_AT + index;
    const numbers = arena.f64[node >>> SEGMENT_BITS];
    for (let i = 0; i < doubles; i++) keyDoubles[i] = numbers[at + i * FAN_OUT];
  }
  const at = wordsAt(doubles) + index;
  for (let i = 0; i < words; i++) keyWords[i] = field(node, at + i * FAN_OUT);
}

/** Moves `n` children, with their counts and keys, within a node or to another. */
function moveSlots(
  t: TreeRef,
  node: NodeRef,
  from: number,
  target: NodeRef,
  to: number,
  n: number,
): void {
  const source = i32[node >>> SEGMENT_BITS];
  const destination = i32[target >>> SEGMENT_BITS];
  const doubles = field(t, DOUBLES);
  let at = ((node & SEGMENT_MASK) << 1) + CHILD;
  let targetAt = ((target & SEGMENT_MASK) << 1) + CHILD;
  for (let array = 0; array < 2 + doubles + field(t, WORDS); array++) {
    const width = array >= 2 && array < 2 + doubles ? 2 : 1;
    const start = at + from * width;
    const into = targetAt + to * width;
    if (source === destination) source.copyWithin(into, start, start + n * width);
    else for (let i = 0; i < n * width; i++) destination[into + i] = source[start + i];
    at += FAN_OUT * width;
    targetAt += FAN_OUT * width;
  }
}

/**
 * Walks the whole tree and throws on the first thing that is wrong. `check` is called for each
 * leaf in order, with the count that the tree has for it and where its key is: child `index` of
 * `node`, or NIL for the first leaf.
 */
export function verify(
  t: TreeRef,
  check: (leaf: Ref, elements: number, node: NodeRef, index: number) => void,
): void {
  const seen = { leaves: 0, nodes: 0 };
  const walk = (node: NodeRef, level: number, total: number, keyNode: NodeRef, key: number) => {
    if (level === 0) {
      seen.leaves++;
      check(node, total, keyNode, key);
      return;
    }
    seen.nodes++;
    const children = childCount(node);
    assert(children >= 1 && children <= FAN_OUT, "a node has too few or too many children");
    assert(countBefore(node, children) === total, "a node's counts do not add up");
    for (let i = 0; i < children; i++) {
      const first = i === 0;
      walk(childAt(node, i), level - 1, countAt(node, i), first ? keyNode : node, first ? key : i);
    }
  };
  if (height(t) > 0) assert(childCount(root(t)) > 1, "the root has one child only");
  walk(root(t), height(t), count(t), NIL as NodeRef, 0);
  assert(seen.leaves === leafCount(t), "the count of leaves is wrong");
  assert(seen.nodes === field(t, NODES), "the count of nodes is wrong");
}
