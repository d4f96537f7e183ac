/**
 * Takes back what a script has done to the data (docs/decisions/0024_undo_of_scripts.md).
 *
 * While it listens, the first change of each key keeps what the key was: a record (undo_records.ts)
 * with the value, or parts of it (undo_values.ts). When a script ends well all that is given up.
 * Else each key that has a record is removed, whatever it is now, and what it was takes its place.
 * Since only what a record has of a key is looked at, the order of changes does not matter, but
 * for what concerns all keys of a database: FLUSHDB and SWAPDB end a chapter, and are undone
 * between the records of two.
 *
 * A value that is thrown away meanwhile is not freed where it is large or wanted (`take`), so that
 * nothing has to be copied: it waits until the script has ended.
 *
 * What others were told of is taken back as well: what the log was told in this unit, the marks of
 * who watches keys, who waits for keys that became ready, and the count of changes.
 */
import { capacity, NIL } from "../arena/arena.ts";
import { isShortage } from "../arena/shortage.ts";
import { assert } from "../base/assert.ts";
import { CommandError } from "../protocol/errors.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import { AREA } from "../values/collection.ts";
import type { ChangeKind, KeyEvent } from "../values/key_event.ts";
import { Type } from "../values/types.ts";
import * as values from "../values/values.ts";
import type { ChangeFeed, FeedPlace } from "./change_feed.ts";
import { Database } from "./database.ts";
import { isLarge, type Keyspace, type ValueKeeper } from "./keyspace.ts";
import { type KeyObserver, KeySlot } from "./observers.ts";
import { RecordKind, UndoRecords } from "./undo_records.ts";
import {
  Collections,
  type KeptParts,
  keptCopy,
  keptShell,
  keptSize,
  keptString,
  MemberParts,
  partsOf,
  RECORD_SIZE,
} from "./undo_values.ts";

const NOT_KEPT = new CommandError(
  "OOM command not allowed: there is no memory to keep what an atomic script changes",
);

/** Keys that are undone at once, between two looks at the clock: some 50 µs. */
const SLICE_KEYS = 64;

/** What was done to all keys of two databases, of which one may be no client's. */
interface Exchange {
  readonly a: Database;
  readonly b: Database;
  /** `b` has what was in `a` before it was emptied. */
  readonly isFlush: boolean;
}

/** What has happened since the script began, or since all keys of a database were exchanged. */
class Chapter {
  readonly records = new UndoRecords<KeptParts>();
  /** Entries of no database, with values that were thrown away. */
  readonly waste: EntryRef[] = [];
  /** What has ended it. */
  end: Exchange | null = null;
}

/** What others were told until the script began. */
interface Told {
  readonly feed: FeedPlace;
  readonly readyCount: number;
  readonly dirty: number;
  readonly expired: number;
  readonly expiredFields: number;
}

export class Undo implements KeyObserver, ValueKeeper {
  private readonly keyspace: Keyspace;
  private readonly feed: ChangeFeed;
  private chapters: Chapter[] = [];
  private chapter = new Chapter();
  private readonly collections = new Collections();
  private told: Told | null = null;
  private givenUpBefore = 0;
  /** Whether what cannot be kept must not be changed, either. */
  private isStrict = false;
  private steps: Generator<void, void, void> | null = null;

  constructor(keyspace: Keyspace, feed: ChangeFeed) {
    this.keyspace = keyspace;
    this.feed = feed;
  }

  /**
   * Listens from now on: a script begins, in the unit of the feed that is open. `isStrict`: a
   * change of which there is no memory to keep what was there does not happen, and the command
   * that it is of throws; else, what the script has changed cannot be undone from then on.
   */
  begin(isStrict: boolean): void {
    const { keyspace } = this;
    const { dirty, stats } = keyspace;
    if (DEBUG) assert(this.told === null, "two scripts at once");
    this.told = {
      feed: this.feed.place(),
      readyCount: keyspace.waits.readyCount,
      dirty,
      expired: stats.expired,
      expiredFields: stats.expiredFields,
    };
    this.isStrict = isStrict;
    Object.assign(this.collections.meter, { size: 0, problem: null });
    this.givenUpBefore = frozen.givenUpSize;
    this.chapters.push(this.chapter);
    keyspace.keeper = this;
    keyspace.observers.attach(KeySlot.undo, this);
    keyspace.watches.keepMarks();
  }

  /** Whether it listens, so that what the script has done can be undone. */
  get isListening(): boolean {
    return this.keyspace.keeper === this;
  }

  /** Whether what the script has done can be undone. */
  get canUndo(): boolean {
    return this.isListening && this.problem === null;
  }

  /** Bytes that are kept, about, beside values that were thrown away. */
  get size(): number {
    if (!this.isListening) return 0;
    return this.collections.meter.size + frozen.givenUpSize - this.givenUpBefore;
  }

  /** Why something within a value could not be kept, so that nothing can be undone; or null. */
  get problem(): unknown {
    return this.collections.meter.problem;
  }

  /** What the script has done stays: nothing of what was is kept any more. */
  end(): void {
    if (this.told === null) return;
    this.told = null;
    this.keyspace.watches.dropMarks();
    if (this.isListening) this.giveUp();
  }

  /** Frees all that is kept, and listens no more: what the script has done cannot be undone. */
  giveUp(): void {
    this.stopListening();
    for (const chapter of this.chapters.reverse()) this.dropChapter(chapter);
    this.reset();
  }

  private stopListening(): void {
    this.keyspace.keeper = null;
    this.keyspace.observers.detach(KeySlot.undo);
  }

  /** The first chapter is used for the next script as well. */
  private reset(): void {
    this.chapter = this.chapters.at(-1) as Chapter;
    this.chapter.end = null;
    this.chapters = [];
    if (DEBUG) assert(!this.collections.isAny, "a collection is still listened to");
  }

  private dropChapter({ records, waste, end }: Chapter): void {
    for (const parts of records.parts.values()) parts.drop();
    for (let index = 0; index < records.count; index++) {
      const kept = records.entryAt(index);
      if (records.kindAt(index) === RecordKind.whole) values.discard(kept);
      else entry.release(kept);
    }
    records.clear();
    for (const e of waste) this.keyspace.dispose(e);
    waste.length = 0;
    if (end?.isFlush) this.keyspace.discard(end.b);
  }

  changing(db: Database, e: EntryRef, event: KeyEvent | null, _kind: ChangeKind): void {
    const { records } = this.chapter;
    records.makeRoom();
    const index = records.find(db.id, e);
    if (index >= 0) {
      if (records.parts.size > 0) records.parts.get(index)?.changing(e, event);
      return;
    }
    try {
      this.keep(db, e, event);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Keeps what a key is of which the chapter has no record. */
  private keep(db: Database, e: EntryRef, event: KeyEvent | null): void {
    const { records } = this.chapter;
    const timeMs = db.expiryOf(e);
    const withTtl = timeMs >= 0;
    let kind: RecordKind = RecordKind.whole;
    let kept = NIL as EntryRef;
    if (entry.type(e) === Type.string) {
      kept = keptString(e, withTtl);
      this.collections.meter.size += RECORD_SIZE + capacity(kept);
    } else {
      const parts = partsOf(e, event, this.collections);
      kept = parts === null ? keptCopy(e, withTtl) : this.shellOf(e, parts, withTtl);
      this.collections.meter.size += keptSize(kept);
      if (parts !== null) kind = RecordKind.parts;
    }
    const index = records.add(db.id, kept, kind, timeMs);
    const farMs = withTtl ? db.farExpiryOf(e) : undefined;
    if (farMs !== undefined) records.farTimes.set(index, farMs);
  }

  private shellOf(e: EntryRef, parts: KeptParts, withTtl: boolean): EntryRef {
    const { records } = this.chapter;
    try {
      const kept = keptShell(e, AREA, withTtl);
      records.parts.set(records.count, parts);
      return kept;
    } catch (error) {
      parts.drop();
      throw error;
    }
  }

  making(db: Database, e: EntryRef): void {
    const { records } = this.chapter;
    records.makeRoom();
    if (records.find(db.id, e) >= 0) return;
    try {
      const kept = entry.twin(e);
      records.add(db.id, kept, RecordKind.absent, -1);
      this.collections.meter.size += RECORD_SIZE + capacity(kept);
    } catch (error) {
      this.failed(error);
    }
  }

  /** There was no memory to keep something. */
  private failed(error: unknown): void {
    if (!isShortage(error)) throw error;
    if (this.isStrict) throw NOT_KEPT;
    this.giveUp();
  }

  wants(e: EntryRef): boolean {
    return this.collections.isAny && this.collections.of(e) !== null;
  }

  take(e: EntryRef): void {
    this.chapter.waste.push(e);
  }

  /** The keys of a database that is emptied are put aside; see `Keyspace.flush`. */
  replacing(db: Database, by: Database | null): void {
    if (by !== null || db.size === 0) return;
    const holder = new Database(db.id, this.keyspace);
    this.keyspace.putBack(db, holder);
    this.endChapter({ a: db, b: holder, isFlush: true });
  }

  swapped(a: Database, b: Database): void {
    this.endChapter({ a, b, isFlush: false });
  }

  private endChapter(end: Exchange): void {
    this.chapter.end = end;
    this.chapter = new Chapter();
    this.chapters.push(this.chapter);
  }

  /**
   * Goes on with undoing what the script has done, which this begins, until `isOver` says that it
   * is time for something else; false when all is as it was. Nothing else may change meanwhile.
   */
  undo(isOver: () => boolean): boolean {
    this.steps ??= this.undoing();
    for (;;) {
      if (this.steps.next().done) break;
      if (isOver()) return true;
    }
    this.steps = null;
    return false;
  }

  private *undoing(): Generator<void, void, void> {
    if (DEBUG) assert(this.isListening, "nothing is kept that could be put back");
    this.stopListening();
    for (const chapter of this.chapters.reverse()) {
      if (chapter.end !== null) this.undoExchange(chapter.end);
      yield* this.undoChapter(chapter);
    }
    this.reset();
    this.untell(this.told as Told);
    this.told = null;
  }

  private undoExchange({ a, b, isFlush }: Exchange): void {
    this.keyspace.putBack(a, b);
    if (isFlush) this.keyspace.reclaim(b.keys);
  }

  private untell({ feed, readyCount, dirty, expired, expiredFields }: Told): void {
    const { keyspace } = this;
    this.feed.takeBack(feed);
    keyspace.watches.restoreMarks();
    keyspace.waits.forgetReady(readyCount);
    keyspace.dirty = dirty;
    keyspace.stats.expired = expired;
    keyspace.stats.expiredFields = expiredFields;
  }

  private *undoChapter({ records, waste }: Chapter): Generator<void, void, void> {
    for (let index = records.count - 1; index >= 0; index--) {
      this.takeOut(records, index, waste);
      if (records.kindAt(index) === RecordKind.whole) this.link(records, index);
      else if (records.kindAt(index) === RecordKind.absent) entry.release(records.entryAt(index));
      if (index % SLICE_KEYS === 0) yield;
    }
    for (let e = waste.pop(); e !== undefined; e = waste.pop()) {
      if (this.isClaimed(e)) continue;
      while (values.releaseSlice(e)) yield;
      entry.release(e);
    }
    for (const [index, parts] of records.parts) {
      yield* parts.restore(records.entryAt(index));
      this.link(records, index);
      yield;
    }
    records.clear();
  }

  /** Removes what is there now of the key of a record. */
  private takeOut(records: UndoRecords<KeptParts>, index: number, waste: EntryRef[]): void {
    const db = this.keyspace.databases[records.databaseAt(index)];
    const e = dict.findSame(db.keys, records.entryAt(index));
    if (e === NIL) return;
    if (records.parts.size > 0) records.parts.get(index)?.replacing(e);
    db.unlink(e);
    if (this.isClaimed(e)) return;
    if (isLarge(e)) waste.push(e);
    else values.discard(e);
  }

  /** Whether what an entry of no database has is put back, once it is what it was. */
  private isClaimed(e: EntryRef): boolean {
    if (!this.collections.isAny) return false;
    const parts = this.collections.of(e);
    if (!(parts instanceof MemberParts)) return false;
    parts.home = e;
    return true;
  }

  private link(records: UndoRecords<KeptParts>, index: number): void {
    const db = this.keyspace.databases[records.databaseAt(index)];
    const kept = records.entryAt(index);
    const clock = entry.clock(kept);
    const e = db.link(kept, records.timeAt(index), records.farTimes.get(index));
    entry.setClock(e, clock);
  }
}
