/**
 * Who is told of keys that are looked at, by commands and by whatever else shows a client what is
 * in the databases. Databases ask `active` before they say anything.
 */
import { Slots } from "./slots.ts";

export interface LookObserver {
  /**
   * A key is looked for, whether it is there or not. Its hash stands for it: two keys with the same
   * one are not told apart.
   */
  look(databaseId: number, keyHash: number): void;
  /** It is looked which keys a database has, or what is in all of them. */
  lookAtAll(databaseId: number): void;
}

/** The places of those who observe looks; one that is not here, a test's, is told after these. */
export const LookSlot = { unsynced: 0, others: 1 } as const;

const UNSYNCED = 1 << LookSlot.unsynced;

export class Looks extends Slots<LookObserver> {
  look(databaseId: number, keyHash: number): void {
    const { active, slots } = this;
    if ((active & UNSYNCED) !== 0) slots[LookSlot.unsynced]?.look(databaseId, keyHash);
    for (let i: number = LookSlot.others; active >>> i !== 0; i++) {
      slots[i]?.look(databaseId, keyHash);
    }
  }

  lookAtAll(databaseId: number): void {
    this.tellAll((observer) => observer.lookAtAll(databaseId));
  }
}
