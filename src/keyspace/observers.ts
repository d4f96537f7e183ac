/**
 * Who is told of keys before they change: one interface, and a slot for each who has it. To be told
 * of changes, add a slot here and attach to it for as long as there is something to tell; an
 * observer of every change gets a line of its own in `changing`, as the others have.
 */
import type { EntryRef } from "../structures/entry.ts";
import type { ChangeKind, KeyEvent } from "../values/key_event.ts";
import type { Database } from "./database.ts";
import { Slots } from "./slots.ts";

export interface KeyObserver {
  /**
   * A key is about to change or to go, or was just made: of an entry that is new, the value is not
   * there yet. `event` is null where Redis announces none. Observers see changes of all kinds, and
   * leave out what is not theirs.
   */
  changing(db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void;
  /** All keys of a database are about to go, and those of another (or none) to take their place. */
  replacing(db: Database, by: Database | null): void;
  /** Two databases have exchanged what they hold, after `replacing` was called for each. */
  swapped(a: Database, b: Database): void;
}

/**
 * The places of observers, in the order in which they are told. The walk of a snapshot is the last
 * since it takes the keys of a database that is emptied; one that is not here, a test's, is told
 * before it. Of a key that changes a script's undo is told last: what a snapshot has frozen then,
 * it does not freeze as well. Of a database that is emptied it takes the keys before the walk does.
 */
export const KeySlot = {
  unsynced: 0,
  watches: 1,
  waits: 2,
  events: 3,
  tracking: 4,
  others: 5,
  undo: 7,
  walk: 8,
} as const;

const UNSYNCED = 1 << KeySlot.unsynced;
const WATCHES = 1 << KeySlot.watches;
const WAITS = 1 << KeySlot.waits;
const TRACKING = 1 << KeySlot.tracking;
const EVENTS = 1 << KeySlot.events;
const OTHERS = (1 << KeySlot.undo) - (1 << KeySlot.others);
const UNDO = 1 << KeySlot.undo;
const WALK = 1 << KeySlot.walk;

export class KeyObservers extends Slots<KeyObserver> implements KeyObserver {
  changing(db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void {
    const { active, slots } = this;
    if ((active & UNSYNCED) !== 0) slots[KeySlot.unsynced]?.changing(db, e, event, kind);
    if ((active & WATCHES) !== 0) slots[KeySlot.watches]?.changing(db, e, event, kind);
    if ((active & WAITS) !== 0) slots[KeySlot.waits]?.changing(db, e, event, kind);
    if ((active & TRACKING) !== 0) slots[KeySlot.tracking]?.changing(db, e, event, kind);
    if ((active & EVENTS) !== 0) slots[KeySlot.events]?.changing(db, e, event, kind);
    if ((active & OTHERS) !== 0) this.tellOthers(db, e, event, kind);
    if ((active & WALK) !== 0) slots[KeySlot.walk]?.changing(db, e, event, kind);
    if ((active & UNDO) !== 0) slots[KeySlot.undo]?.changing(db, e, event, kind);
  }

  private tellOthers(db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void {
    for (let i: number = KeySlot.others; i < KeySlot.undo; i++) {
      this.slots[i]?.changing(db, e, event, kind);
    }
  }

  replacing(db: Database, by: Database | null): void {
    this.tellAll((observer) => observer.replacing(db, by));
  }

  swapped(a: Database, b: Database): void {
    this.tellAll((observer) => observer.swapped(a, b));
  }
}
