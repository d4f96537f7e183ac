/**
 * Changes of the data as commands in RESP, for those who take them: the append-only log.
 *
 * A command that has changed something is told as it came: in the same bytes, if they are spelled
 * as RESP has it, or else argument by argument. Where carrying it out again could give other data
 * (at another time, with other random numbers), its handler tells instead what it did:
 *
 *   if (call.feed.active) {
 *     const out = call.feed.tellInstead(db, 3);
 *     out.bulkText("PEXPIREAT"); out.bulk(key …); out.bulkInteger(timeMs);
 *   }
 *
 * What belongs together (a client's command with the keys that expired under it, all of EXEC) is a
 * unit: MULTI comes before its first command and EXEC after its last if they are more than one, so
 * that whoever carries them out later does all or nothing, as the source did.
 *
 * Takers read the one buffer where it lies, each with a cursor of its own, and at its own time:
 *
 *    0            cursor of one      cursor of another      position
 *   | piece | piece |     …      bytes                  …  |
 *
 * What all have taken is given up: all at once if nothing is left, else in whole pieces.
 *
 * A unit may be held while its command waits for its next turn (a script that runs long): what it
 * has told is in a buffer of its own then, and follows what others have told when it ends. It has a
 * mark of its own as well, which the next unit shares at the earliest.
 */
import { segmentOf, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { fromLatin1 } from "../base/bytes.ts";
import { LOG_PIECE_SIZE } from "../base/limits.ts";
import type { Range } from "../base/range.ts";
import { type Args, NOT_CANONICAL } from "../protocol/args.ts";
import { Reply } from "../protocol/reply.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { Database } from "./database.ts";

const NO_DATABASE = -1;
const MULTI = fromLatin1("*1\r\n$5\r\nMULTI\r\n");

const NOTHING = new Uint8Array(0);

/** One who takes what is told; it has a cursor. */
export interface ChangeTaker {
  /**
   * Something is told, and nothing was since somebody took. It is taken later, at the end of the
   * turn say: a unit may have just begun.
   */
  told(): void;
}

/** Is shown bytes as they lie, in order; it may not keep their memory. */
export type TakeBytes = (bytes: Uint8Array, offset: number, size: number) => false;

/** What is there for one taker. */
export class ChangeCursor {
  readonly taker: ChangeTaker;
  /** Where in the feed's buffer what it has not taken begins. For the feed. */
  position = 0;
  /** Comes before that: it selects a database, where the feed takes one for selected. */
  private preface: Uint8Array = NOTHING;
  private readonly feed: ChangeFeed;

  constructor(feed: ChangeFeed, taker: ChangeTaker) {
    this.feed = feed;
    this.taker = taker;
  }

  /** Bytes that were told and are not taken. */
  get pendingSize(): number {
    const told = this.feed.size - this.position;
    return told === 0 ? 0 : told + this.preface.length;
  }

  /** Shows what was told and is not taken, which it stays. */
  show(take: TakeBytes): void {
    const { feed, position, preface } = this;
    if (feed.size === position) return;
    if (preface.length > 0) take(preface, 0, preface.length);
    feed.show(position, take);
  }

  /** So many bytes are taken, of a part that is to follow: the rest is shown next time. */
  passed(size: number): void {
    const ofPreface = Math.min(size, this.preface.length);
    this.preface = this.preface.subarray(ofPreface);
    this.position += size - ofPreface;
  }

  /**
   * All that was told until now is taken; its mark. It may not be called while a unit is open of
   * which something was told: see `ChangeFeed.cut`.
   */
  taken(): number {
    const { feed } = this;
    if (feed.size > this.position) this.preface = NOTHING;
    this.position = feed.size;
    feed.giveUp();
    return feed.closeMark();
  }

  /**
   * What is taken from now on goes to a place of its own, where no database is selected yet. All
   * that was told before is taken.
   */
  restart(): void {
    if (DEBUG) assert(this.pendingSize === 0, "what was told goes to one place");
    this.preface = this.feed.selection();
  }

  /** Takes nothing any more; what it has not taken is lost to it, and to nobody else. */
  detach(): void {
    this.feed.remove(this);
  }
}

/** A unit that is held; while it goes on, the feed's own fields of these names are the unit's. */
interface HeldUnit {
  readonly out: Reply;
  selected: number;
  unitStart: number;
  unitCount: number;
  /** `selected` of the feed, while the unit goes on. */
  feedSelected: number;
}

/** Where the feed has its marks from: Unsynced. */
export interface Marks {
  /** The mark of what changes now. */
  mark: number;
  /** Gives what the unit that is open has changed, and all that changes from now on, the next. */
  setApart(): void;
  /** From this mark on changes are shown by no reply. */
  hiddenFrom: number;
}

/** What was told until some moment of the unit that is open: see `ChangeFeed.takeBack`. */
export interface FeedPlace {
  readonly unitCount: number;
  /** Bytes since the unit's first command, or the MULTI before it; if there is one. */
  readonly size: number;
  readonly selected: number;
}

export class ChangeFeed {
  /** Whether anybody wants to know; while not, nothing may be told. */
  active = false;
  /** Keys that expire are told as UNLINK in place of DEL. */
  unlinksExpired = false;
  /** As `unlinksExpired`, of keys that are evicted. */
  unlinksEvicted = false;
  /** Gives what goes before the next command though it is none: a line that tells the time. */
  annotation: (() => string) | null = null;
  /** What was told and not yet taken by all. */
  private readonly out = new Reply(LOG_PIECE_SIZE);
  /** Where what is told is written: there, or to the buffer of a unit that was held. */
  private to = this.out;
  private readonly cursors: ChangeCursor[] = [];
  /** Nothing was told since somebody took. */
  private isQuiet = true;
  /** The handler that runs has said itself what it did. */
  private isTold = false;
  /** The database that what was told last is for. */
  private selected = NO_DATABASE;
  private isOpen = false;
  private unitStart = 0;
  private unitCount = 0;
  /** Where it begins, with what comes before its first command. */
  private unitBegin = 0;
  /** The database of its first command, if it has any; and `selected` before that. */
  private unitDatabase = NO_DATABASE;
  private unitSelected = NO_DATABASE;
  private held: HeldUnit | null = null;
  /** It does not go on now. */
  private isHolding = false;
  private readonly marks: Marks;

  constructor(marks: Marks) {
    this.marks = marks;
  }

  /**
   * The taker is told of changes from now on. What it takes begins by selecting a database, and
   * with a whole unit: of one that is open only what follows is for it, as another.
   */
  attach(taker: ChangeTaker): ChangeCursor {
    this.cut();
    const cursor = new ChangeCursor(this, taker);
    cursor.position = this.size;
    this.cursors.push(cursor);
    this.active = true;
    this.isQuiet = true;
    cursor.restart();
    return cursor;
  }

  /** See ChangeCursor.detach. */
  remove(cursor: ChangeCursor): void {
    const index = this.cursors.indexOf(cursor);
    if (index < 0) return;
    this.cut();
    this.cursors.splice(index, 1);
    if (this.cursors.length === 0) {
      // Who has opened a unit does not close it when nothing is told any more.
      this.isOpen = false;
      this.held = null;
      this.isHolding = false;
      this.to = this.out;
      this.active = false;
    }
    this.giveUp();
  }

  /** What `run` does to the data is told to nobody. Returns what it returns. */
  untold<Result>(run: () => Result): Result {
    this.active = false;
    try {
      return run();
    } finally {
      this.active = this.cursors.length > 0;
    }
  }

  /** The mark of what is told now: it rises whenever somebody has taken what there was. */
  get mark(): number {
    return this.marks.mark;
  }

  /** What is told from now on has another mark; returns that of what was told until now. */
  closeMark(): number {
    // Whose unit is held has a mark of its own already.
    if (this.isHolding) return this.marks.mark - 1;
    if (DEBUG) assert(this.unitCount === 0 || !this.isOpen, "a unit has one mark");
    return this.marks.mark++;
  }

  /** Bytes that were told and are not taken by all. */
  get size(): number {
    return this.out.position;
  }

  /** For a cursor: shows what comes from a position on. */
  show(position: number, take: TakeBytes): void {
    this.out.show(position, this.size, take);
  }

  /** For a cursor: what all have passed is given up. */
  giveUp(): void {
    const { out, cursors } = this;
    let first = out.position;
    for (const { position } of cursors) if (position < first) first = position;
    let dropped = first;
    if (first === out.position) out.clear();
    else dropped = out.dropPieces(first);
    for (const cursor of cursors) cursor.position -= dropped;
    // Nothing of a unit that is open was told.
    this.unitStart = out.position;
    this.unitBegin = out.position;
    this.isQuiet = true;
  }

  /** For a cursor: what has to come before what is told next, for who has nothing from before. */
  selection(): Uint8Array {
    // The only one has it from the feed, before the next command.
    if (this.cursors.length === 1) this.selected = NO_DATABASE;
    if (this.selected === NO_DATABASE) return NOTHING;
    return selectionOf(this.selected);
  }

  /** A unit begins: what is told until `endUnit` belongs together. */
  beginUnit(): void {
    this.isOpen = true;
    this.isTold = false;
    this.unitStart = this.to.position;
    this.unitBegin = this.to.position;
    this.unitCount = 0;
  }

  /** What is told from here on in the unit that is open may be taken back. */
  place(): FeedPlace {
    const { to, unitCount, unitStart, selected } = this;
    return { unitCount, size: to.position - unitStart, selected };
  }

  /** What was told since, in a unit that is open still, was not: the bytes are as they were. */
  takeBack({ unitCount, size, selected }: FeedPlace): void {
    if (!this.isOpen) return;
    const { to, held } = this;
    if (unitCount > 0) this.selected = selected;
    else if (this.unitCount > 0) this.selected = held === null ? this.unitSelected : NO_DATABASE;
    if (unitCount === 0) {
      to.truncate(held === null ? this.unitBegin : 0);
      this.unitStart = to.position;
    } else if (unitCount === 1 && this.unitCount > 1) {
      this.takeBackMulti(size);
    } else {
      to.truncate(this.unitStart + size);
    }
    this.unitCount = unitCount;
  }

  /** There was one command, of so many bytes: MULTI has been put before it since. */
  private takeBackMulti(size: number): void {
    const { to, unitStart } = this;
    const first = new Reply(LOG_PIECE_SIZE);
    const start = unitStart + MULTI.length;
    to.truncate(start + size);
    copy(to, start, first);
    to.truncate(unitStart);
    copy(first, 0, to);
  }

  /** The unit ends; whether anything was told in it. */
  endUnit(): boolean {
    if (!this.isOpen) return false;
    this.isOpen = false;
    if (this.unitCount > 1) {
      this.to.array(1);
      this.to.bulkText("EXEC");
    }
    return this.unitCount > 0;
  }

  /**
   * The unit that is open is held: its command goes on in another turn. Until `goOnWithUnit` others
   * may tell, and what was told may be taken.
   */
  holdUnit(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.isHolding = true;
    if (this.held === null) {
      this.held = this.takeOut();
      this.marks.setApart();
    } else {
      const { selected, unitStart, unitCount } = this;
      this.selected = this.held.feedSelected;
      Object.assign(this.held, { selected, unitStart, unitCount });
      this.to = this.out;
    }
    this.marks.hiddenFrom = this.marks.mark;
  }

  /** Moves what the unit has told to a buffer of its own, where it stands for itself. */
  private takeOut(): HeldUnit {
    const { out, selected, unitStart, unitCount, unitDatabase } = this;
    const own = new Reply(LOG_PIECE_SIZE);
    const unit = { out: own, selected: NO_DATABASE, unitStart: 0, unitCount, feedSelected: 0 };
    if (unitCount === 0) return unit;
    // Else that comes before its first command already.
    const isSelected = this.unitSelected === unitDatabase;
    if (isSelected) own.raw(selectionOf(unitDatabase), 0, selectionOf(unitDatabase).length);
    unit.unitStart = own.position + unitStart - this.unitBegin;
    unit.selected = selected;
    copy(out, this.unitBegin, own);
    out.truncate(this.unitBegin);
    this.selected = this.unitSelected;
    return unit;
  }

  /** The command of a unit that is held goes on, until `holdUnit` or `joinUnit`. */
  goOnWithUnit(): void {
    if (!this.isHolding || this.held === null) return;
    const { out, selected, unitStart, unitCount } = this.held;
    this.isHolding = false;
    this.marks.hiddenFrom = Infinity;
    this.held.feedSelected = this.selected;
    this.to = out;
    Object.assign(this, { selected, unitStart, unitCount });
    this.isOpen = true;
    this.isTold = false;
  }

  /** A unit that was held needs it no more: it follows all that was told meanwhile. */
  joinUnit(): void {
    const { held, out } = this;
    if (held === null) return;
    this.held = null;
    this.to = out;
    if (held.out.position === 0) {
      this.selected = held.feedSelected;
      this.unitStart = out.position;
      return;
    }
    this.unitStart += out.position;
    this.wake();
    copy(held.out, 0, out);
  }

  /** A handler's command is over: as it came it is told if nothing else was told in its place. */
  commandRan(db: Database, args: Args, hasChanged: boolean): void {
    if (this.isTold) this.isTold = false;
    else if (hasChanged) this.asIs(db, args);
  }

  /**
   * A command begins inside the one that runs: what was told in place of that one is not told in
   * place of this. Returns what `endInner` is to be given.
   */
  beginInner(): boolean {
    const { isTold } = this;
    this.isTold = false;
    return isTold;
  }

  /** The command inside is over, or has thrown: the handler around it goes on. */
  endInner(isTold: boolean): void {
    this.isTold = isTold;
  }

  /**
   * Begins the command of `count` arguments that stands for the one that runs: its arguments are
   * written, as bulk strings, to what is returned. It may be called more than once.
   */
  tellInstead(db: Database, count: number): Reply {
    this.isTold = true;
    this.head(db, count);
    return this.to;
  }

  /** The command that runs is told as it came, though it may not count as a change. */
  tellAsItCame(db: Database, args: Args): void {
    this.isTold = true;
    this.asIs(db, args);
  }

  /** The command that runs, though it counts as a change, is not told. */
  tellNothing(): void {
    this.isTold = true;
  }

  /** A key is removed since its time has come. */
  expired(db: Database, e: EntryRef): void {
    this.removed(db, e, this.unlinksExpired);
  }

  /** A key is removed for there to be room. */
  evicted(db: Database, e: EntryRef): void {
    this.removed(db, e, this.unlinksEvicted);
  }

  private removed(db: Database, e: EntryRef, isUnlinked: boolean): void {
    if (!this.active) return;
    this.head(db, 2);
    this.to.bulkText(isUnlinked ? "UNLINK" : "DEL");
    this.writeKey(e);
  }

  /** A field of a hash is removed since its time has come. */
  fieldExpired(db: Database, e: EntryRef, field: Range): void {
    if (!this.active) return;
    this.head(db, 3);
    this.to.bulkText("HDEL");
    this.writeKey(e);
    this.to.bulk(field.bytes, field.offset, field.size);
  }

  /**
   * What was told is about to be taken, though a unit may be open (its command changes who takes,
   * and nothing else): what it has told until now is one, what follows another.
   */
  cut(): void {
    if (this.isOpen) {
      this.endUnit();
      this.beginUnit();
    }
  }

  private asIs(db: Database, args: Args): void {
    const { to: out } = this;
    const { bytes, view, start, size, count, requestStart } = args;
    if (requestStart === NOT_CANONICAL) {
      this.head(db, count);
      for (let i = 0; i < count; i++) out.bulkView(bytes, view, start[i], size[i]);
      return;
    }
    this.prepare(db);
    const end = start[count - 1] + size[count - 1] + 2;
    out.rawView(bytes, view, requestStart, end - requestStart);
  }

  private head(db: Database, count: number): void {
    this.prepare(db);
    this.to.array(count);
  }

  /** Makes ready for one command more. */
  private prepare(db: Database): void {
    const { to: out } = this;
    if (this.isQuiet) this.wake();
    if (this.isOpen) this.count(db);
    if (this.annotation !== null) this.annotate(this.annotation());
    if (db.id === this.selected) return;
    this.selected = db.id;
    out.array(2);
    out.bulkText("SELECT");
    out.bulkInteger(db.id);
    this.keepOutside();
  }

  /** The unit that is open gets one command more. */
  private count(db: Database): void {
    this.unitCount++;
    if (this.unitCount === 2) this.insertMulti();
    if (this.unitCount > 1) return;
    this.unitDatabase = db.id;
    this.unitSelected = this.selected;
  }

  /** Writes the key of an entry as an argument. */
  private writeKey(e: EntryRef): void {
    this.to.bulk(u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
  }

  private wake(): void {
    this.isQuiet = false;
    for (const { taker } of this.cursors) taker.told();
  }

  private annotate(line: string): void {
    this.to.raw(fromLatin1(line), 0, line.length);
    // A reader that looks for a time finds it before MULTI.
    this.keepOutside();
  }

  /** What was written before the unit's first command is not of the unit, should it be one. */
  private keepOutside(): void {
    if (this.unitCount === 1) this.unitStart = this.to.position;
  }

  /** The unit has a second command: it is a transaction, from its first on. */
  private insertMulti(): void {
    const { to: out } = this;
    const from = out.position;
    out.raw(MULTI, 0, MULTI.length);
    out.moveBack(from, this.unitStart);
  }
}

/** The command that selects a database. */
function selectionOf(databaseId: number): Uint8Array {
  const id = String(databaseId);
  return fromLatin1(`*2\r\n$6\r\nSELECT\r\n$${id.length}\r\n${id}\r\n`);
}

/** Copies what was written from a position on to the end of another. */
function copy(from: Reply, position: number, to: Reply): void {
  from.show(position, from.position, (bytes, offset, size) => {
    to.raw(bytes, offset, size);
    return false;
  });
}
