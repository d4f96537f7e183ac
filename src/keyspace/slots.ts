/**
 * Places of observers, each with a bit that says whether one is there: while none is, whoever would
 * tell them finds one number to be 0. The places are fixed, so that an observer that is told often
 * is called from a line of its own, which the engine can compile into its caller.
 */
import { assert } from "../base/assert.ts";

/** A number of bits that stays a small integer. */
const SLOT_COUNT_MAX = 30;

export class Slots<Observer> {
  /** The bit of each slot in which an observer is. */
  active = 0;
  protected readonly slots: (Observer | null)[] = [];

  /** An observer is told from now on, of what its slot (a free one) is there for. */
  attach(slot: number, observer: Observer): void {
    if (DEBUG) assert(slot < SLOT_COUNT_MAX && !this.has(slot), "no such slot, or not free");
    while (this.slots.length <= slot) this.slots.push(null);
    this.slots[slot] = observer;
    this.active |= 1 << slot;
  }

  /** The slot is free, and whoever was in it is told no more. */
  detach(slot: number): void {
    this.active &= ~(1 << slot);
    if (slot < this.slots.length) this.slots[slot] = null;
  }

  has(slot: number): boolean {
    return (this.active & (1 << slot)) !== 0;
  }

  /** Calls for each observer, in the order of the slots. */
  protected tellAll(tell: (observer: Observer) => void): void {
    for (const observer of this.slots) if (observer !== null) tell(observer);
  }
}
