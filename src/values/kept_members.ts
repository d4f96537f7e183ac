/**
 * What the elements of a large collection were before a script changed them, so that they can be
 * put back (keyspace/undo.ts): hashes, sets and sorted sets that are dicts.
 *
 * Of an element that is about to change or to go, a copy is kept; of one that was added, its name.
 * They are put back in the opposite order, so an element may be kept more often than once: the
 * first that was kept comes last. Meanwhile the collection may get another key, or none.
 */
import { capacity, NIL } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { int32s } from "../base/ballast.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import * as deadlines from "../structures/deadline_block.ts";
import type { DictRef } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { type ElementKeeper, type ElementKind, setKeeper } from "./frozen_dict.ts";

/** How elements of a type are kept, and put back into the collection that an entry has. */
export interface MemberKind extends ElementKind {
  /** Removes the element with the name of another, if there is one, and frees it. */
  takeOut(e: EntryRef, like: EntryRef): void;
  /** Adds a copy whose name is not there; it is the collection's then. */
  putIn(e: EntryRef, element: EntryRef, deadlineMs: number): void;
}

/** Knows what a script's undo keeps in all. */
export interface KeptMeter {
  /** Why something could not be kept, so that nothing can be put back; or null. */
  readonly problem: unknown;
  /** So many bytes more are kept, about. */
  add(size: number): void;
  fail(problem: unknown): void;
}

/** Refs, in a table with open addressing, half full at most. */
class RefSet {
  private slots = new Int32Array(16);
  private count = 0;

  has(ref: EntryRef): boolean {
    return this.slots[this.slotOf(ref)] === ref;
  }

  add(ref: EntryRef): void {
    if (this.count * 2 >= this.slots.length) this.grow();
    const at = this.slotOf(ref);
    if (this.slots[at] !== ref) this.count++;
    this.slots[at] = ref;
  }

  /** The slot of a ref, or the free one where it would be. */
  private slotOf(ref: EntryRef): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let at = (Math.imul(ref, SPREAD) >>> SPREAD_SHIFT) & mask;
    while (slots[at] !== NIL && slots[at] !== ref) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const refs = this.slots;
    this.slots = int32s(refs.length * 4);
    for (const ref of refs) if (ref !== NIL) this.slots[this.slotOf(ref as EntryRef)] = ref;
  }
}

/** Spreads refs, of which many have the same low bits: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;
const SPREAD_SHIFT = 8;

/** In place of the deadline of an element that was added: -1 is that of one that has none. */
const ADDED = -2;
/** About what a kept element takes beside its block. */
const ELEMENT_OVERHEAD = 64;

export class KeptMembers implements ElementKeeper {
  readonly members: DictRef;
  times: DeadlinesRef;
  private meter: KeptMeter | null = null;
  private readonly kind: MemberKind;
  private readonly elements: EntryRef[] = [];
  private readonly deadlines: number[] = [];
  /**
   * Blocks of elements that were kept or added. One that is here has been: an element of which
   * nothing is known never comes to be in another block.
   */
  private readonly known = new RefSet();

  constructor(members: DictRef, times: DeadlinesRef, kind: MemberKind) {
    this.members = members;
    this.times = times;
    this.kind = kind;
  }

  keep(element: EntryRef): void {
    if (this.known.has(element)) return;
    const isMortal = this.times !== NIL && entry.hasTtl(element);
    const deadlineMs = isMortal ? deadlines.timeOf(this.times, element) : -1;
    this.note(element, deadlineMs);
  }

  added(element: EntryRef): void {
    this.note(element, ADDED);
  }

  private note(element: EntryRef, deadlineMs: number): void {
    const meter = this.meter as KeptMeter;
    if (meter.problem !== null) return;
    try {
      const kept = deadlineMs === ADDED ? entry.twin(element) : this.kind.copy(element);
      this.elements.push(kept);
      this.deadlines.push(deadlineMs);
      this.known.add(element);
      meter.add(capacity(kept) + ELEMENT_OVERHEAD);
    } catch (error) {
      meter.fail(error);
    }
  }

  /** Whether all is put back. */
  get isEmpty(): boolean {
    return this.elements.length === 0;
  }

  /** Puts back what was kept last, of some, into the collection, which is an entry's. */
  putBack(e: EntryRef): void {
    const element = this.elements.pop() as EntryRef;
    const deadlineMs = this.deadlines.pop() as number;
    this.kind.takeOut(e, element);
    if (deadlineMs === ADDED) entry.release(element);
    else this.kind.putIn(e, element, deadlineMs);
  }

  /** Frees what was kept: the collection stays as it is. */
  drop(): void {
    for (const [index, element] of this.elements.entries()) {
      if (this.deadlines[index] === ADDED) entry.release(element);
      else this.kind.release(element);
    }
    this.elements.length = 0;
  }

  /** Is told of changes from now on, or, without a meter for what they take, no more. */
  listen(meter: KeptMeter | null): void {
    if (DEBUG) assert(this.members !== NIL, "there is a collection");
    this.meter = meter;
    setKeeper(this.members, meter === null ? null : this);
  }
}
