/** Counted trees (btree.ts) whose leaves are found by the ID of their first element. */
import { i32, type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import type { NodeRef, TreeRef } from "./btree.ts";
import * as btree from "./btree.ts";
import { ID_WORDS, type StreamId } from "./stream_id.ts";

const KEY_DOUBLES = 0;
/** Where a node's keys begin; each word of them is an array of its own, so many words apart. */
const KEYS = btree.wordsAt(KEY_DOUBLES);
const STRIDE = btree.FAN_OUT;
const { keyWords } = btree;

/** A tree of one leaf with `count` elements. */
export function create(leaf: Ref, count: number): TreeRef {
  return btree.create(KEY_DOUBLES, ID_WORDS, leaf, count);
}

/** Hands the key of a leaf to `btree.insertAfter` or `btree.setKey`, one of which must follow. */
export function giveKey(id: StreamId): void {
  keyWords[0] = id.msHigh;
  keyWords[1] = id.msLow;
  keyWords[2] = id.seqHigh;
  keyWords[3] = id.seqLow;
}

/** Leads the path to the last leaf whose key is not after the ID, or to the first leaf. */
export function seek(t: TreeRef, id: StreamId): Ref {
  let node = btree.root(t);
  for (let level = btree.height(t); level > 0; level--) {
    node = btree.descend(level, node, childFor(node, id));
  }
  return node as Ref;
}

/** The last child of a node whose key is not after the ID; child 0, which has no key, if none. */
function childFor(node: NodeRef, id: StreamId): number {
  const words = i32[node >>> SEGMENT_BITS];
  const keys = ((node & SEGMENT_MASK) << 1) + KEYS;
  let low = 1;
  let high = btree.childCount(node);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isNotAfter(words, keys + middle, id)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Whether the key, whose first word is at this index, is not after the ID. */
function isNotAfter(words: Int32Array, at: number, id: StreamId): boolean {
  if (words[at] !== id.msHigh) return words[at] >>> 0 < id.msHigh >>> 0;
  const msLow = words[at + STRIDE];
  if (msLow !== id.msLow) return msLow >>> 0 < id.msLow >>> 0;
  const seqHigh = words[at + 2 * STRIDE];
  if (seqHigh !== id.seqHigh) return seqHigh >>> 0 < id.seqHigh >>> 0;
  return words[at + 3 * STRIDE] >>> 0 <= id.seqLow >>> 0;
}

/** Whether the key of child `index` of a node is this ID. For `verify`. */
export function isKey(node: NodeRef, index: number, id: StreamId): boolean {
  const words = i32[node >>> SEGMENT_BITS];
  const at = ((node & SEGMENT_MASK) << 1) + KEYS + index;
  return (
    words[at] === id.msHigh &&
    words[at + STRIDE] === id.msLow &&
    words[at + 2 * STRIDE] === id.seqHigh &&
    words[at + 3 * STRIDE] === id.seqLow
  );
}
