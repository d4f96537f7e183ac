/**
 * Moves what a value owns out of slabs that are being emptied (arena.beginEmptying): blocks keep
 * their size and content, and whoever refers to them is told. Nothing may be frozen, and nobody may
 * have a ref of the value in hand; what is held (structures/frozen.ts) stays where it is.
 *
 * The heads of dicts and trees, their nodes and tables, and groups of streams stay where they are:
 * there are few of them, or they are large.
 */
import * as arena from "../arena/arena.ts";
import { NIL, type Ref } from "../arena/arena.ts";
import type { TreeRef } from "../structures/btree.ts";
import * as btree from "../structures/btree.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import * as deadlines from "../structures/deadline_block.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import * as scoreTree from "../structures/score_tree.ts";
import { refOf, setRef, wordOf } from "./collection.ts";
import * as hashValue from "./hash_value.ts";
import * as listValue from "./list_value.ts";
import * as setValue from "./set_value.ts";
import * as streamValue from "./stream_value.ts";
import * as stringValue from "./string_value.ts";
import { Type } from "./types.ts";
import * as zsetValue from "./zset_value.ts";

/** Slots, or leaves, looked at in one step. */
const STEP_COUNT = 64;
/** The sign of a leaf's ref is its owner's. */
const REF_MASK = 0x7fffffff;

/** Blocks that were moved, ever. */
export let movedCount = 0;

/** A block in the place of one that leaves and is not held, which is freed; else the block. */
export function moved<Kind extends string>(ref: Ref<Kind>): Ref<Kind> {
  if (!arena.isLeaving(ref) || (frozen.isAny && frozen.isFrozen(ref))) return ref;
  const to = arena.copy(ref);
  arena.free(ref);
  movedCount++;
  return to;
}

/** Whether the value is one block outside its entry, which `compactBlock` moves. */
function isOneBlock(e: EntryRef): boolean {
  const encoding = entry.encoding(e);
  switch (entry.type(e)) {
    case Type.string:
      return encoding === stringValue.BLOCK;
    case Type.list:
      return encoding === listValue.SINGLE;
    case Type.set:
      return encoding !== setValue.DICT;
    case Type.zset:
      return encoding === zsetValue.PACKED;
    case Type.hash:
      return hashValue.isPacked(e);
    default:
      return false;
  }
}

/**
 * Moves the value's only block, if it has just one, and that leaves. Whether the value has more,
 * which are for `Compacting`.
 */
export function compactBlock(e: EntryRef): boolean {
  if (!isOneBlock(e)) return entry.type(e) !== Type.string;
  const block = refOf(e);
  if (block !== NIL && arena.isLeaving(block)) setRef(e, moved(block));
  return false;
}

/** Where the work at one value with many blocks stands; reusable. */
export class Compacting {
  private cursor = 0;
  /** All elements of a dict are passed; leaves remain. */
  private isAtLeaves = false;
  private readonly entries: EntryRef[] = [];
  private readonly note = (e: EntryRef) => {
    if (arena.isLeaving(e)) this.entries.push(e);
    else if (compactsString(e)) setRef(e, moved(refOf(e)));
  };

  /** Begins with another value. */
  start(): void {
    this.cursor = 0;
    this.isAtLeaves = false;
  }

  /** Goes on with it; false at its end. It may have changed since, to another even. */
  step(e: EntryRef): boolean {
    const elements = dictOf(e);
    if (!this.isAtLeaves && elements !== NIL) {
      this.passElements(e, elements);
      if (this.cursor !== 0) return true;
    }
    this.isAtLeaves = true;
    const tree = treeOf(e);
    return tree !== NIL && this.passLeaves(tree);
  }

  private passElements(e: EntryRef, elements: DictRef): void {
    for (let i = 0; i < STEP_COUNT; i++) {
      this.cursor = dict.scan(elements, this.cursor, this.note);
      if (this.entries.length > 0) this.moveElements(e, elements);
      if (this.cursor === 0) return;
    }
  }

  private moveElements(e: EntryRef, elements: DictRef): void {
    try {
      for (const element of this.entries) moveElement(e, elements, element);
    } finally {
      this.entries.length = 0;
    }
  }

  /** Passes leaves from the rank `cursor` on; false at the last. */
  private passLeaves(t: TreeRef): boolean {
    let leaf = btree.byRank(t, this.cursor);
    for (let i = 0; i < STEP_COUNT && leaf !== NIL; i++) {
      const block = (leaf & REF_MASK) as Ref;
      if (arena.isLeaving(block)) btree.replaceLeaf(t, (moved(block) | (leaf & ~REF_MASK)) as Ref);
      leaf = btree.next(t);
    }
    this.cursor = btree.before();
    return leaf !== NIL;
  }
}

/** The dict of a value's elements, or NIL. */
function dictOf(e: EntryRef): DictRef {
  const ofType = entry.type(e);
  const has =
    (ofType === Type.set && entry.encoding(e) === setValue.DICT) ||
    (ofType === Type.zset && entry.encoding(e) === zsetValue.TREE) ||
    (ofType === Type.hash && !hashValue.isPacked(e));
  return (has ? refOf(e) : NIL) as DictRef;
}

/** The tree of a value's leaves, or NIL. */
function treeOf(e: EntryRef): TreeRef {
  const ofType = entry.type(e);
  if (ofType === Type.list && entry.encoding(e) === listValue.TREE)
    return refOf(e) as Ref as TreeRef;
  if (ofType === Type.zset && entry.encoding(e) === zsetValue.TREE) return wordOf(e) as TreeRef;
  return ofType === Type.stream ? streamValue.leafTree(e) : (NIL as TreeRef);
}

/** Whether an element of a hash has its value in a block that leaves. */
function compactsString(e: EntryRef): boolean {
  if (entry.type(e) !== Type.string || entry.encoding(e) !== stringValue.BLOCK) return false;
  return arena.isLeaving(refOf(e));
}

function moveElement(e: EntryRef, elements: DictRef, element: EntryRef): void {
  const to = arena.copy(element);
  dict.replace(elements, element, to);
  if (entry.hasTtl(to)) deadlines.relocate(wordOf(e) as DeadlinesRef, to);
  if (entry.type(e) === Type.zset) {
    scoreTree.relocate(wordOf(e) as TreeRef, scoreTree.scoreOf(to), element, to);
  }
  arena.free(element);
  movedCount++;
}
