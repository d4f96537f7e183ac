/**
 * The walk of a snapshot without fork: visits every key that there is when it begins, once, as it
 * is at that moment, in slices between which commands go on.
 *
 * A bit of each key's entry tells whether it is visited; what the bit means changes with each walk,
 * so that nothing has to be cleared. A key that is made meanwhile counts as visited. Before a key
 * changes or goes, the keyspace says so (`changing`): if it is not visited yet, it is then and
 * there. The dicts may grow, shrink and rehash meanwhile: see `dict.LineScan`.
 *
 * To visit a key is to show it whole to `visit`, or, if its value is large and whoever saves takes
 * it in parts (saver.ts), to freeze the value (large_value.ts). Frozen values are shown when
 * all keys are visited, one after the other: no other key can come between the parts of one, since
 * none is left that has to be shown before it changes.
 */

import { isShortage } from "../../arena/shortage.ts";
import { Database } from "../../keyspace/database.ts";
import type { Keyspace, KeyWalk } from "../../keyspace/keyspace.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { LargeSaver } from "../saver.ts";
import {
  Audience,
  freezeLarge,
  LARGE_SIZES,
  type LargeEntry,
  type LargeSizes,
} from "./large_value.ts";

/** What is left of a database: whoever holds its keys now, and its number when the walk began. */
interface Part {
  holder: Database;
  readonly id: number;
  readonly scan: dict.LineScan;
  /** The keys are the walk's own: nobody else has them any more. */
  isDetached: boolean;
}

export class SnapshotWalk implements KeyWalk {
  isAbandoned = false;
  /** Large values that are done with. */
  largeDone = 0;
  private readonly keyspace: Keyspace;
  /** Called with a key as it was when the walk began, and the number of its database then. */
  private visit: (db: Database, id: number, e: EntryRef) => void;
  private readonly sizes: LargeSizes;
  private readonly audience: Audience;
  private readonly parts: Part[] = [];
  /** Those of them that are done with: the first ones. */
  private partsDone = 0;
  /** The others by who holds their keys: there may be any number. */
  private readonly byHolder = new Map<Database, Part>();
  private readonly epoch: number;
  private current: Part | null = null;
  private readonly visitCurrent = (e: EntryRef) => this.visitOnce(this.current as Part, e);
  /** Large values that are frozen, or were. */
  private readonly large: LargeEntry[] = [];
  private isLargeBegun = false;

  /**
   * Begins: from here on, what is shown is the data of this moment. Without `largeSaver`, all keys
   * are shown whole; what it throws is told to `failed`, and it is shown no more. Tests give
   * smaller sizes from which values are large.
   */
  constructor(
    keyspace: Keyspace,
    visit: (db: Database, id: number, e: EntryRef) => void,
    largeSaver: LargeSaver | null = null,
    failed: (error: Error) => void = () => {},
    sizes: LargeSizes = LARGE_SIZES,
  ) {
    this.keyspace = keyspace;
    this.visit = visit;
    this.audience = new Audience(largeSaver, failed);
    this.sizes = sizes;
    for (const db of keyspace.databases) {
      if (db.size === 0) continue;
      const scan = new dict.LineScan();
      const part = { holder: db, id: db.id, scan, isDetached: false };
      this.parts.push(part);
      this.byHolder.set(db, part);
    }
    this.epoch = keyspace.beginWalk(this);
  }

  /** Goes on for some 10 us, or for a key that is not large; false when all is shown. */
  step(): boolean {
    if (this.partsDone === this.parts.length) return this.stepLarge();
    const part = this.parts[this.partsDone];
    this.current = part;
    if (!part.scan.step(part.holder.keys, this.visitCurrent)) this.drop(part);
    return true;
  }

  /** Goes on with the values that are frozen. */
  private stepLarge(): boolean {
    if (this.largeDone === this.large.length) {
      this.keyspace.endWalk(this);
      return false;
    }
    const { key, parts } = this.large[this.largeDone];
    const { audience } = this;
    if (!this.isLargeBegun) audience.show((saver) => saver.beginLarge(key));
    this.isLargeBegun = true;
    if (!parts.next().done) return true;
    audience.show((saver) => saver.endLarge());
    this.largeDone++;
    this.isLargeBegun = false;
    return true;
  }

  /**
   * Shows no more. The walk must go on to its end all the same: the bits of keys that it has not
   * passed would mean the contrary for the next, and what is frozen is given back.
   */
  abandon(): void {
    this.isAbandoned = true;
    this.visit = () => {};
    this.audience.saver = null;
  }

  changing(db: Database, e: EntryRef): void {
    if (entry.epoch(e) === this.epoch) return;
    const part = this.byHolder.get(db);
    if (part !== undefined) this.visitOnce(part, e);
  }

  /** Takes over all that a database holds that is emptied: it is empty then. */
  replacing(db: Database, by: Database | null): void {
    const part = this.byHolder.get(db);
    if (part === undefined || by !== null) return;
    this.byHolder.delete(db);
    part.holder = new Database(db.id, this.keyspace);
    part.isDetached = true;
    part.holder.exchange(db);
  }

  swapped(a: Database, b: Database): void {
    const partOfA = this.byHolder.get(a);
    this.hold(a, this.byHolder.get(b));
    this.hold(b, partOfA);
  }

  /** The database holds the keys of a part from now on, or of none. */
  private hold(db: Database, part: Part | undefined): void {
    this.byHolder.delete(db);
    if (part === undefined) return;
    part.holder = db;
    this.byHolder.set(db, part);
  }

  private visitOnce(part: Part, e: EntryRef): void {
    if (entry.epoch(e) === this.epoch) return;
    entry.setEpoch(e, this.epoch);
    if (this.audience.saver !== null && this.freeze(part, e)) return;
    this.visit(part.holder, part.id, e);
  }

  /** Whether the key is to be shown in parts, or, without memory to freeze it, not at all. */
  private freeze(part: Part, e: EntryRef): boolean {
    const { keyspace, sizes, audience } = this;
    try {
      const large = freezeLarge(part.holder, part.id, keyspace, e, sizes, audience);
      if (large === null) return false;
      this.large.push(large);
    } catch (error) {
      if (!isShortage(error)) throw error;
      audience.fail(error as Error);
    }
    return true;
  }

  private drop(part: Part): void {
    this.partsDone++;
    this.byHolder.delete(part.holder);
    if (part.isDetached) this.keyspace.reclaim(part.holder.keys);
  }
}
