/**
 * What is to happen at some time, the earliest first: a binary heap that each item knows its place
 * in, so that it can be taken out again.
 */
import { assert } from "./assert.ts";

export interface Timed {
  /** When, on any scale; it stays while the item is in the heap. */
  readonly deadlineMs: number;
  /** The item's place, which only the heap writes; -1 outside. */
  slot: number;
}

export class Deadlines<T extends Timed> {
  private readonly items: T[] = [];

  get count(): number {
    return this.items.length;
  }

  /** The item with the earliest deadline, or undefined. */
  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    if (DEBUG) assert(item.slot < 0, "the item has its place already");
    this.items.push(item);
    this.raise(item, this.items.length - 1);
  }

  /** Takes an item out; nothing happens when it is not in. */
  remove(item: T): void {
    const { slot } = item;
    if (slot < 0) return;
    const last = this.items.pop() as T;
    item.slot = -1;
    if (last === item) return;
    this.raise(last, slot);
    this.lower(last, last.slot);
  }

  /** Puts an item where `slot` is, or nearer to the top. */
  private raise(item: T, slot: number): void {
    const { items } = this;
    let at = slot;
    while (at > 0) {
      const above = items[(at - 1) >> 1];
      if (above.deadlineMs <= item.deadlineMs) break;
      this.place(above, at);
      at = (at - 1) >> 1;
    }
    this.place(item, at);
  }

  /** Puts an item where `slot` is, or farther from the top. */
  private lower(item: T, slot: number): void {
    const { items } = this;
    let at = slot;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= items.length) break;
      const isRightFirst =
        below + 1 < items.length && items[below + 1].deadlineMs < items[below].deadlineMs;
      if (isRightFirst) below++;
      if (items[below].deadlineMs >= item.deadlineMs) break;
      this.place(items[below], at);
      at = below;
    }
    this.place(item, at);
  }

  private place(item: T, slot: number): void {
    this.items[slot] = item;
    item.slot = slot;
  }
}
