/**
 * Large collections in dicts, as they were when a snapshot in progress began with them, while
 * commands change them: hashes, sets and sorted sets.
 *
 * The snapshot visits the elements by and by, and stamps each (structures/entry.ts). Elements that
 * are made meanwhile are stamped from the beginning. Before one that has no stamp changes or goes,
 * the module of its type says so (`keep`): then a copy of it is kept for the snapshot, and it is
 * stamped, too. Before the collection goes as a whole, that module asks `takes`: the snapshot is
 * then its only owner, until it has seen all of it.
 */
import { capacity, ensureMore, NIL } from "../arena/arena.ts";
import { setAside } from "../arena/memory_limit.ts";
import { isShortage } from "../arena/shortage.ts";
import { assert } from "../base/assert.ts";
import { staging } from "../base/range.ts";
import type { TreeRef } from "../structures/btree.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import * as deadlines from "../structures/deadline_block.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { AREA } from "./collection.ts";

/** How the elements of a type are copied, and their copies freed. */
export interface ElementKind {
  copy(element: EntryRef): EntryRef;
  release(copied: EntryRef): void;
}

export class FrozenDict {
  readonly members: DictRef;
  /** The tree of a sorted set. */
  readonly tree: TreeRef;
  /** The deadlines of a hash, or NIL. */
  times: DeadlinesRef;
  /** Elements that there were at first. */
  readonly count: number;
  /** Copies of those that have changed or gone since, and their deadlines, or -1. */
  private readonly kept: EntryRef[] = [];
  private readonly keptTimes: number[] = [];
  private readonly kind: ElementKind;
  /** Why an element could not be kept, and the snapshot cannot have the collection; or null. */
  problem: Error | null = null;
  /** An entry of no database that has the collection, when no other has it any more; or NIL. */
  private orphan = NIL as EntryRef;
  /** What that takes, about; see `setAside`. */
  private orphanSize = 0;

  constructor(members: DictRef, tree: TreeRef, times: DeadlinesRef, kind: ElementKind) {
    this.members = members;
    this.tree = tree;
    this.times = times;
    this.count = dict.count(members);
    this.kind = kind;
    if (DEBUG) assert(!all.has(members), "the collection is frozen already");
    all.set(members, this);
    isAny = true;
  }

  /** Unix ms at which an element that has no stamp expires, or -1. */
  deadlineOf(element: EntryRef): number {
    if (this.times === NIL || !entry.hasTtl(element)) return -1;
    return deadlines.timeOf(this.times, element);
  }

  keep(element: EntryRef): void {
    entry.setStamped(element);
    if (this.problem !== null) return;
    try {
      // A snapshot takes nothing of the reserve that others need: it may fail, they may not.
      ensureMore(0);
      this.kept.push(this.kind.copy(element));
      this.keptTimes.push(this.deadlineOf(element));
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.problem = error as Error;
    }
  }

  adopt(e: EntryRef): void {
    this.orphan = entry.create(staging.bytes, staging.view, 0, 0, 0, AREA, false);
    entry.copyValue(e, this.orphan, AREA);
    this.orphanSize = dict.count(this.members) * meanSize(this.members);
    setAside(this.orphanSize);
  }

  /** Copies that wait to be seen. */
  get keptCount(): number {
    return this.kept.length;
  }

  /** Shows one of the copies, of which there are some, and frees it. */
  takeKept(visit: (element: EntryRef, deadlineMs: number) => void): void {
    const element = this.kept.pop() as EntryRef;
    visit(element, this.keptTimes.pop() as number);
    this.kind.release(element);
  }

  /**
   * All is seen, or need not be, and no copies are left: changes are no longer told. Returns an
   * entry with the collection if nobody else has it, for the caller to free, or NIL.
   */
  end(): EntryRef {
    if (DEBUG) assert(this.kept.length === 0, "there are elements to be seen");
    all.delete(this.members);
    setAside(-this.orphanSize);
    isAny = all.size > 0 || keepers.size > 0;
    return this.orphan;
  }
}

const SAMPLED = 16;
const sample = new dict.DictSample(SAMPLED * 4);

/** The mean size of an element, by some of them. */
function meanSize(members: DictRef): number {
  sample.take(members, SAMPLED);
  let size = 0;
  for (let i = 0; i < sample.count; i++) size += capacity(sample.refs[i] as EntryRef);
  return sample.count === 0 ? 0 : Math.round(size / sample.count);
}

const all = new Map<DictRef, FrozenDict>();

/** Another who has to know what the elements of one collection were: a script's undo. */
export interface ElementKeeper {
  /** An element is about to change or to go. */
  keep(element: EntryRef): void;
  /** An element was added. */
  added(element: EntryRef): void;
  /** The deadlines of a hash are in another block. */
  times: DeadlinesRef;
}

const keepers = new Map<DictRef, ElementKeeper>();

/** Who is told of changes of a collection's elements, beside a snapshot, from now on; or nobody. */
export function setKeeper(members: DictRef, keeper: ElementKeeper | null): void {
  if (keeper === null) keepers.delete(members);
  else keepers.set(members, keeper);
  isAny = all.size > 0 || keepers.size > 0;
}

/** Whether any collection is frozen: asked first, so that it costs nothing when none is. */
export let isAny = false;

/** An element of a dict is about to change or to go. */
export function keep(members: DictRef, element: EntryRef): void {
  if (keepers.size > 0) keepers.get(members)?.keep(element);
  if (all.size > 0 && !entry.isStamped(element)) all.get(members)?.keep(element);
}

/** An element was added to a dict. */
export function added(members: DictRef, element: EntryRef): void {
  if (keepers.size > 0) keepers.get(members)?.added(element);
}

/** Whether a snapshot takes over what the entry has as value, which is to be freed otherwise. */
export function takes(members: DictRef, e: EntryRef): boolean {
  const own = all.get(members);
  if (own === undefined) return false;
  own.adopt(e);
  return true;
}

/** The deadlines of a hash are in another block. */
export function noteTimes(members: DictRef, times: DeadlinesRef): void {
  const own = all.get(members);
  if (own !== undefined) own.times = times;
  const keeper = keepers.get(members);
  if (keeper !== undefined) keeper.times = times;
}
