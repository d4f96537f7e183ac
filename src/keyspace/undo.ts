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
import type { KeptMeter } from "../values/kept_members.ts";
import type { ChangeKind, KeyEvent } from "../values/key_event.ts";
import * as stringValue from "../values/string_value.ts";
import { Type } from "../values/types.ts";
import * as values from "../values/values.ts";
import type { ChangeFeed, FeedPlace } from "./change_feed.ts";
import { Database } from "./database.ts";
import { HeldMessages } from "./held_messages.ts";
import { isLarge, type Keyspace, type ValueKeeper } from "./keyspace.ts";
import { type KeyObserver, KeySlot } from "./observers.ts";
import { RecordKind, UndoRecords } from "./undo_records.ts";
import {
  Collections,
  dropString,
  type KeptParts,
  keptCopy,
  keptShell,
  keptSize,
  keptString,
  MemberParts,
  partsOf,
  RECORD_SIZE,
  restoreString,
} from "./undo_values.ts";

const NOT_KEPT = new CommandError(
  "OOM command not allowed: there is no memory to keep what an atomic script changes",
);

const CANNOT_BE_UNDONE = new CommandError(
  "ERR This command cannot be undone, so that an atomic script may not call it",
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

export class Undo implements KeyObserver, ValueKeeper, KeptMeter {
  /** As `size` says, without what owners of frozen blocks have given up. */
  private keptSize = 0;
  /** Why something within a value could not be kept, so that nothing can be undone; or null. */
  problem: unknown = null;
  /** More is kept than may be, or something could not be: asked after each command. */
  isOver = false;
  private readonly keyspace: Keyspace;
  private readonly feed: ChangeFeed;
  /** The last one; and those before it, in their order. */
  private chapter = new Chapter();
  /** Of the last one; and whether some are of values that are kept in parts. */
  private records = this.chapter.records;
  private hasParts = false;
  private readonly earlier: Chapter[] = [];
  private readonly collections = new Collections(this);
  /** What is done when the script has ended. */
  private readonly later: (() => void)[] = [];
  /** Messages of what it does. */
  private readonly messages = new HeldMessages(this);
  private hasBegun = false;
  private sizeLimit = Infinity;
  private givenUpBefore = 0;
  /** Whether what cannot be kept must not be changed, either. */
  private isStrict = false;
  private steps: Generator<void, void, void> | null = null;
  /** What others were told, and what was counted, until the script began. */
  private place: FeedPlace | null = null;
  private readyCount = 0;
  private dirty = 0;
  private expired = 0;
  private expiredFields = 0;

  constructor(keyspace: Keyspace, feed: ChangeFeed) {
    this.keyspace = keyspace;
    this.feed = feed;
  }

  /**
   * Listens from now on: a script begins, in the unit of the feed that is open. `sizeLimit` is what
   * may be kept before `isOver` says so. `isStrict`: a change of which there is no memory to keep
   * what was there does not happen, and the command that it is of throws; else, what the script has
   * changed cannot be undone from then on.
   */
  begin(isStrict: boolean, sizeLimit: number): void {
    const { keyspace, feed } = this;
    const { stats } = keyspace;
    if (DEBUG) assert(!this.hasBegun, "two scripts at once");
    this.hasBegun = true;
    this.place = feed.active ? feed.place() : null;
    this.readyCount = keyspace.waits.readyCount;
    this.dirty = keyspace.dirty;
    this.expired = stats.expired;
    this.expiredFields = stats.expiredFields;
    this.isStrict = isStrict;
    this.sizeLimit = sizeLimit;
    this.keptSize = 0;
    this.problem = null;
    this.isOver = false;
    this.hasParts = false;
    this.givenUpBefore = frozen.givenUpSize;
    keyspace.keeper = this;
    keyspace.events.scriptEnd = this.messages;
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
    return this.isListening ? this.keptSize + frozen.givenUpSize - this.givenUpBefore : 0;
  }

  add(size: number): void {
    this.keptSize += size;
    if (this.keptSize + frozen.givenUpSize - this.givenUpBefore > this.sizeLimit) {
      this.isOver = true;
    }
  }

  fail(problem: unknown): void {
    this.problem ??= problem;
    this.isOver = true;
  }

  /** What the script has done stays: nothing of what was is kept any more. */
  end(): void {
    if (!this.hasBegun) return;
    this.hasBegun = false;
    this.keyspace.watches.dropMarks();
    if (this.isListening) this.giveUp();
    this.tell();
    if (this.later.length > 0) for (const run of this.later.splice(0)) run();
  }

  /** Frees all that is kept, and listens no more: what the script has done cannot be undone. */
  giveUp(): void {
    this.stopListening();
    // Who waits for the disk may not be told before it is known how long the script's unit is held.
    if (!this.keyspace.unsynced.isOn) this.tell();
    this.dropChapter(this.chapter);
    for (let next = this.earlier.pop(); next !== undefined; next = this.earlier.pop()) {
      this.dropChapter(next);
    }
    if (DEBUG) assert(!this.collections.isAny, "a collection is still listened to");
  }

  /** Sends the messages of what it has done, and has those that follow sent at once. */
  private tell(): void {
    this.keyspace.events.scriptEnd = null;
    this.messages.release();
  }

  private stopListening(): void {
    this.keyspace.keeper = null;
    this.keyspace.observers.detach(KeySlot.undo);
  }

  private dropChapter(chapter: Chapter): void {
    const { records, waste, end } = chapter;
    if (records.parts.size > 0) for (const parts of records.parts.values()) parts.drop();
    for (let index = 0; index < records.count; index++) {
      const kept = records.entryAt(index);
      if (records.kindAt(index) !== RecordKind.whole) entry.release(kept);
      else if (entry.type(kept) === Type.string) dropString(kept);
      else values.discard(kept);
    }
    records.clear();
    for (let e = waste.pop(); e !== undefined; e = waste.pop()) this.keyspace.dispose(e);
    if (end?.isFlush) this.keyspace.discard(end.b);
    chapter.end = null;
  }

  changing(db: Database, e: EntryRef, event: KeyEvent | null, _kind: ChangeKind): void {
    const index = this.records.find(db.id, e);
    if (index < 0) this.changingFirst(db, e, event);
    else if (this.hasParts) this.records.parts.get(index)?.changing(e, event);
  }

  private changingFirst(db: Database, e: EntryRef, event: KeyEvent | null): void {
    try {
      this.keep(db, e, event);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Keeps what a key is of which the chapter has no record. */
  private keep(db: Database, e: EntryRef, event: KeyEvent | null): void {
    const { records } = this;
    const timeMs = db.expiryOf(e);
    const withTtl = timeMs >= 0;
    let kind: RecordKind = RecordKind.whole;
    let kept = NIL as EntryRef;
    if (entry.type(e) === Type.string) {
      kept = keptString(e, withTtl);
      if (!stringValue.ownsBlock(kept)) kind = RecordKind.plain;
      this.add(RECORD_SIZE + capacity(kept));
    } else {
      const parts = partsOf(e, event, this.collections);
      kept = parts === null ? keptCopy(e, withTtl) : this.shellOf(e, parts, withTtl);
      this.add(keptSize(kept));
      if (parts !== null) kind = RecordKind.parts;
    }
    const index = records.add(db.id, kept, kind, timeMs);
    const farMs = withTtl ? db.farExpiryOf(e) : undefined;
    if (farMs !== undefined) records.farTimes.set(index, farMs);
  }

  private shellOf(e: EntryRef, parts: KeptParts, withTtl: boolean): EntryRef {
    const { records } = this;
    try {
      const kept = keptShell(e, AREA, withTtl);
      records.parts.set(records.count, parts);
      this.hasParts = true;
      return kept;
    } catch (error) {
      parts.drop();
      throw error;
    }
  }

  making(db: Database, e: EntryRef): void {
    const { records } = this;
    if (records.find(db.id, e) >= 0) return;
    try {
      const kept = entry.twin(e);
      records.add(db.id, kept, RecordKind.absent, -1);
      this.add(RECORD_SIZE + capacity(kept));
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

  /** Whether there is anything to undo. */
  get hasChanged(): boolean {
    return this.keyspace.dirty !== this.dirty || this.later.length > 0;
  }

  afterwards(run: () => void): void {
    this.later.push(run);
  }

  leaveTrace(): void {
    if (this.isStrict) throw CANNOT_BE_UNDONE;
    this.giveUp();
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
    this.earlier.push(this.chapter);
    this.chapter = new Chapter();
    this.records = this.chapter.records;
    this.hasParts = false;
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
    if (DEBUG) assert(this.canUndo, "nothing is kept that could be put back");
    this.stopListening();
    yield* this.undoChapter(this.chapter);
    for (let next = this.earlier.pop(); next !== undefined; next = this.earlier.pop()) {
      this.undoExchange(next.end as Exchange);
      yield* this.undoChapter(next);
    }
    if (DEBUG) assert(!this.collections.isAny, "a collection is still listened to");
    this.untell();
    this.later.length = 0;
    this.keyspace.events.scriptEnd = null;
    this.messages.drop();
    this.hasBegun = false;
  }

  private undoExchange({ a, b, isFlush }: Exchange): void {
    this.keyspace.putBack(a, b);
    if (isFlush) this.keyspace.reclaim(b.keys);
  }

  private untell(): void {
    const { keyspace } = this;
    if (this.place !== null) this.feed.takeBack(this.place);
    keyspace.watches.restoreMarks();
    keyspace.waits.forgetReady(this.readyCount);
    keyspace.dirty = this.dirty;
    keyspace.stats.expired = this.expired;
    keyspace.stats.expiredFields = this.expiredFields;
  }

  private *undoChapter(chapter: Chapter): Generator<void, void, void> {
    const { records, waste } = chapter;
    for (let end = records.count; end > 0; end -= SLICE_KEYS) {
      this.undoRecords(chapter, Math.max(0, end - SLICE_KEYS), end);
      yield;
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
    chapter.end = null;
  }

  /** The keys of some records are what they were, or gone, where their values come later. */
  private undoRecords({ records, waste }: Chapter, from: number, end: number): void {
    for (let index = end - 1; index >= from; index--) {
      this.takeOut(records, index, waste);
      const kind = records.kindAt(index);
      if (kind === RecordKind.absent) entry.release(records.entryAt(index));
      else if (kind !== RecordKind.parts) this.link(records, index);
    }
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
    const isWhole = records.kindAt(index) === RecordKind.whole;
    if (isWhole && entry.type(kept) === Type.string) restoreString(kept);
    const clock = entry.clock(kept);
    const e = db.link(kept, records.timeAt(index), records.farTimes.get(index));
    entry.setClock(e, clock);
  }
}
