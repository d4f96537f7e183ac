/**
 * Which keys have changed since what is on the disk, so that nobody is told of a change that a
 * crash can take back (`appendfsync always`).
 *
 * Every change has a mark, which rises each time the log is written; those up to `safeMark` may be
 * told of. `note` keeps the mark of a change of a key, `look` is asked by whatever finds a key, or
 * finds that it is not there. `seenMark` is the highest unsafe mark of what was looked at, which
 * whoever runs a command takes for its reply (Client.shows): it leaves when that mark is safe.
 *
 * A command that changes something itself has the newest mark, whatever it looked at. So a note is
 * only put behind the others, a look only remembered, and there is no table of the notes until
 * somebody wants to know `seenMark`: who but writes never pays for it.
 *
 * Keys are known by the 32 bits of their hash: two of the same hash count as one, which costs time
 * only. While nothing is unsafe `isAny` is false, and nobody has to look.
 */
import { assert } from "../base/assert.ts";
import { float64s, int32s } from "../base/ballast.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../values/key_event.ts";
import type { Database } from "./database.ts";
import { type LookObserver, LookSlot, type Looks } from "./looks.ts";
import { type KeyObserver, type KeyObservers, KeySlot } from "./observers.ts";

/** Notes at least, and slots of the table: enough for what a hundred clients change in a sync. */
const NOTES_MIN = 1024;
/** Room for more notes than this is given back once all are safe: 768 KB. */
const NOTES_KEPT_MAX = 1 << 16;
/** Looks that are remembered before their marks are looked up. */
const LOOKS_MAX = 64;
/** Spreads the numbers of databases over the bits of a hash: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

export class Unsynced implements KeyObserver, LookObserver {
  /** Whether some change that was noted is not safe yet: then it is told of looks. */
  isAny = false;
  /** The mark of what changes now. */
  mark = 1;
  /** Changes up to this mark may be told of. */
  safeMark = 0;
  /** Of the last change of all. */
  lastMark = 0;
  /** From this mark on changes are shown by no reply: they are of a command that waits. */
  hiddenFrom = Infinity;
  /** What was noted, in order: those from `first` on may be unsafe. */
  private names = new Int32Array(NOTES_MIN);
  private marks = new Float64Array(NOTES_MIN);
  private first = 0;
  private count = 0;
  private readonly table = new MarkTable();
  /** The notes before this one are in the table. */
  private tabled = 0;
  /** The names that were looked at and not looked up yet. */
  private readonly looks = new Int32Array(LOOKS_MAX);
  private lookCount = 0;
  private seen = 0;
  /** The notes from here on are of who looks itself. */
  private own = 0;
  /** By database: of its last change, and of the last that all its keys took part in. */
  private readonly lastMarks: Float64Array;
  private readonly wholeMarks: Float64Array;
  /** Of the last change of libraries of functions. */
  private librariesMark = 0;
  private readonly observers: KeyObservers;
  private readonly lookers: Looks;

  /** It is told of changes from when `isOn` is set. */
  constructor(databaseCount: number, observers: KeyObservers, lookers: Looks) {
    this.observers = observers;
    this.lookers = lookers;
    this.lastMarks = new Float64Array(databaseCount);
    this.wholeMarks = new Float64Array(databaseCount);
  }

  /** Whether changes are noted: the log is on, and replies wait for the disk. */
  get isOn(): boolean {
    return this.observers.has(KeySlot.unsynced);
  }

  set isOn(isOn: boolean) {
    if (isOn === this.isOn) return;
    if (isOn) this.observers.attach(KeySlot.unsynced, this);
    else this.observers.detach(KeySlot.unsynced);
  }

  changing(db: Database, e: EntryRef, _event: KeyEvent | null, kind: ChangeKind): void {
    if (kind !== ChangeKind.unseen) this.note(db.id, entry.hash(e));
  }

  replacing(db: Database): void {
    this.noteAll(db.id);
  }

  swapped(): void {} // `replacing` has noted all of both

  /** A key changes, comes or goes. */
  note(databaseId: number, keyHash: number): void {
    if (this.count === this.names.length) this.makeRoom();
    this.names[this.count] = nameOf(databaseId, keyHash);
    this.marks[this.count++] = this.mark;
    this.noteIn(databaseId);
  }

  /** All keys of a database change: it is emptied, or takes those of another. */
  noteAll(databaseId: number): void {
    this.wholeMarks[databaseId] = this.mark;
    this.noteIn(databaseId);
  }

  /** Libraries of functions change. */
  noteLibraries(): void {
    if (!this.isOn) return;
    this.librariesMark = this.mark;
    this.noteAny();
  }

  private noteIn(databaseId: number): void {
    this.lastMarks[databaseId] = this.mark;
    this.noteAny();
  }

  private noteAny(): void {
    this.lastMark = this.mark;
    if (!this.isAny) this.setAny(true);
  }

  private setAny(isAny: boolean): void {
    this.isAny = isAny;
    if (isAny) this.lookers.attach(LookSlot.unsynced, this);
    else this.lookers.detach(LookSlot.unsynced);
  }

  /**
   * Another looks from now on. Its own changes it does not see: those that the log is told of are
   * newer than all it can look at, and nobody waits for others.
   */
  startLooking(): void {
    this.lookCount = 0;
    this.seen = 0;
    this.own = this.count;
  }

  /**
   * What has changed since `startLooking`, and is not told yet, gets the next mark, as all that
   * changes from now on: what was told before may be safe earlier.
   */
  setApart(): void {
    const { own, count, mark, lastMarks, wholeMarks } = this;
    const next = mark + 1;
    this.mark = next;
    this.tabled = Math.min(this.tabled, own);
    this.marks.fill(next, own, count);
    // Whose changes these are nobody knows: others' count as later then than they were.
    if (own === count && !wholeMarks.includes(mark)) return;
    this.lastMark = next;
    for (const marks of [lastMarks, wholeMarks]) {
      for (let id = 0; id < marks.length; id++) if (marks[id] === mark) marks[id] = next;
    }
  }

  /** A key is looked for, whether it is there or not. */
  look(databaseId: number, keyHash: number): void {
    if (!this.isAny) return;
    this.see(this.wholeMarks[databaseId]);
    if (this.lookCount === LOOKS_MAX) this.lookUp();
    this.looks[this.lookCount++] = nameOf(databaseId, keyHash);
  }

  /** It is looked which keys a database has. */
  lookAtAll(databaseId: number): void {
    if (this.isAny) this.see(this.lastMarks[databaseId]);
  }

  /** It is looked which libraries there are, or one of their functions is called. */
  lookAtLibraries(): void {
    if (this.isAny) this.see(this.librariesMark);
  }

  /** The highest unsafe mark that was looked at since `startLooking`; 0 for none. */
  get seenMark(): number {
    if (this.lookCount > 0) this.lookUp();
    return this.seen;
  }

  /** The mark of a key's last change if that is unsafe, else 0: for who is no running command. */
  markOf(databaseId: number, keyHash: number): number {
    if (!this.isAny) return 0;
    this.fillTable(this.count);
    const mark = this.table.markOf(nameOf(databaseId, keyHash));
    const last = Math.max(mark, this.wholeMarks[databaseId]);
    return last > this.safeMark && last < this.hiddenFrom ? last : 0;
  }

  private see(mark: number): void {
    if (mark > this.safeMark && mark > this.seen && mark < this.hiddenFrom) this.seen = mark;
  }

  private lookUp(): void {
    this.fillTable(this.own);
    for (let i = 0; i < this.lookCount; i++) this.see(this.table.markOf(this.looks[i]));
    this.lookCount = 0;
  }

  /** Has the table know what may be unsafe of the notes before `end`. */
  private fillTable(end: number): void {
    const { table, names, marks } = this;
    if (this.tabled < this.first) this.tabled = this.first;
    if (this.tabled >= end) return;
    if (!table.hasRoom(end - this.tabled)) {
      table.clear(end - this.first);
      this.tabled = this.first;
    }
    for (let i = this.tabled; i < end; i++) table.put(names[i], marks[i]);
    this.tabled = end;
  }

  /** Changes up to this mark may be told of. */
  confirm(mark: number): void {
    if (DEBUG) assert(mark >= this.safeMark, "what was safe stays so");
    this.safeMark = mark;
    if (this.isAny && this.lastMark <= mark) this.setAny(false);
    const { marks, count } = this;
    let { first } = this;
    while (first < count && marks[first] <= mark) first++;
    this.first = first;
    if (first === count) this.restart(Math.min(this.names.length, NOTES_KEPT_MAX));
  }

  /** Another note has to fit: those that are safe go, or there is twice the room. */
  private makeRoom(): void {
    const unsafe = this.count - this.first;
    this.restart(unsafe > this.names.length / 2 ? this.names.length * 2 : this.names.length);
  }

  /** Moves the notes that may be unsafe to the front of arrays for so many. */
  private restart(room: number): void {
    const { names, marks, first, count } = this;
    if (room !== names.length) [this.names, this.marks] = [int32s(room), float64s(room)];
    if (first < count) {
      this.names.set(names.subarray(first, count));
      this.marks.set(marks.subarray(first, count));
    }
    this.tabled = Math.max(0, this.tabled - first);
    this.own = Math.max(0, this.own - first);
    this.count = count - first;
    this.first = 0;
  }
}

/** The last mark of each name: open addressing with linear probing, half full at most. */
class MarkTable {
  private names = new Int32Array(NOTES_MIN);
  /** 0 in a slot that is free. */
  private marks = new Float64Array(NOTES_MIN);
  private used = 0;

  /** Whether so many names more can be put. */
  hasRoom(count: number): boolean {
    return (this.used + count) * 2 <= this.names.length;
  }

  /** Forgets all, and makes room for twice as many names as there are to come at once. */
  clear(count: number): void {
    let slots = NOTES_MIN;
    while (slots < count * 4) slots *= 2;
    this.used = 0;
    if (slots <= this.names.length && slots * 4 >= this.names.length) {
      this.marks.fill(0);
      return;
    }
    [this.names, this.marks] = [int32s(slots), float64s(slots)];
  }

  put(name: number, mark: number): void {
    const at = this.slotOf(name);
    if (this.marks[at] === 0) this.used++;
    this.names[at] = name;
    this.marks[at] = mark;
  }

  /** 0 for a name that was not put. */
  markOf(name: number): number {
    return this.marks[this.slotOf(name)];
  }

  /** The slot of a name, or the free one where it would be. */
  private slotOf(name: number): number {
    const { names, marks } = this;
    const mask = names.length - 1;
    let at = name & mask;
    while (marks[at] !== 0 && names[at] !== name) at = (at + 1) & mask;
    return at;
  }
}

const nameOf = (databaseId: number, keyHash: number) =>
  (keyHash ^ Math.imul(databaseId, SPREAD)) | 0;
