/**
 * The walk of a snapshot without fork: visits every key that there is when it begins, once, as it
 * is at that moment, in slices between which commands go on.
 *
 * A bit of each key's entry tells whether it is visited; what the bit means changes with each walk,
 * so that nothing has to be cleared. A key that is made meanwhile counts as visited. Before a key
 * changes or goes, the keyspace says so (`before`): if it is not visited yet, it is there and then.
 * The dicts may grow, shrink and rehash meanwhile: see `dict.scan`.
 */

import { Database } from "../keyspace/database.ts";
import type { ChangeWatcher, Keyspace } from "../keyspace/keyspace.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";

/** What is left of a database: whoever holds its keys now, and its number when the walk began. */
interface Part {
  holder: Database;
  readonly id: number;
  cursor: number;
  /** Cursor positions whose entries were fetched. */
  ahead: number;
  /** The keys are the walk's own: nobody else has them any more. */
  isDetached: boolean;
}

export class SnapshotWalk implements ChangeWatcher {
  private readonly keyspace: Keyspace;
  /** Called with a key as it was when the walk began, and the number of its database then. */
  private visit: (db: Database, id: number, e: EntryRef) => void;
  private readonly parts: Part[] = [];
  private readonly epoch: number;
  private current: Part | null = null;
  private readonly visitCurrent = (e: EntryRef) => this.visitOnce(this.current as Part, e);

  /** Begins: from here on, what `visit` is shown is the data of this moment. */
  constructor(keyspace: Keyspace, visit: (db: Database, id: number, e: EntryRef) => void) {
    this.keyspace = keyspace;
    this.visit = visit;
    for (const db of keyspace.databases) {
      if (db.size > 0)
        this.parts.push({ holder: db, id: db.id, cursor: 0, ahead: 0, isDetached: false });
    }
    this.epoch = keyspace.beginWalk(this);
  }

  /** Visits some keys more; false when all are. */
  step(): boolean {
    const part = this.parts[0];
    if (part === undefined) {
      this.keyspace.endWalk();
      return false;
    }
    this.current = part;
    if (part.ahead === 0) {
      dict.fetch(part.holder.keys, part.cursor, dict.FETCHED_MAX);
      part.ahead = dict.FETCHED_MAX;
    }
    part.ahead--;
    part.cursor = dict.scan(part.holder.keys, part.cursor, this.visitCurrent);
    if (part.cursor === 0) this.drop(part);
    return true;
  }

  /**
   * Shows no more keys. The walk must go on to its end all the same: the bits of keys that it has
   * not passed would mean the contrary for the next.
   */
  abandon(): void {
    this.visit = () => {};
  }

  before(db: Database, e: EntryRef): void {
    if (entry.epoch(e) === this.epoch) return;
    for (const part of this.parts) if (part.holder === db) this.visitOnce(part, e);
  }

  detaches(db: Database): boolean {
    const part = this.parts.find(({ holder }) => holder === db);
    if (part === undefined) return false;
    part.holder = new Database(db.id, this.keyspace);
    part.isDetached = true;
    exchange(part.holder, db);
    return true;
  }

  swapped(a: Database, b: Database): void {
    for (const part of this.parts) {
      if (part.holder === a) part.holder = b;
      else if (part.holder === b) part.holder = a;
    }
  }

  private visitOnce(part: Part, e: EntryRef): void {
    if (entry.epoch(e) === this.epoch) return;
    entry.setEpoch(e, this.epoch);
    this.visit(part.holder, part.id, e);
  }

  private drop(part: Part): void {
    this.parts.splice(this.parts.indexOf(part), 1);
    if (part.isDetached) part.holder.clear();
  }
}

/** Exchanges what two databases hold. */
function exchange(a: Database, b: Database): void {
  [a.keys, b.keys] = [b.keys, a.keys];
  [a.expires, b.expires] = [b.expires, a.expires];
  [a.fieldExpires, b.fieldExpires] = [b.fieldExpires, a.fieldExpires];
}
