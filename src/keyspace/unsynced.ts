/**
 * Which keys have changed since what is on the disk, so that nobody is told of a change that a
 * crash can take back (`appendfsync always`).
 *
 * Every change has a mark, which rises each time the log is written; those up to `safeMark` may be
 * told of. `note` keeps the mark of the last change of a key, `look` is asked by whatever finds a
 * key, or finds that it is not there. What was looked at raises `seenMark`, which whoever runs a
 * command takes for its reply (Client.shows): it leaves when that mark is safe.
 *
 * Keys are known by the 32 bits of their hash: two of the same hash count as one, which costs time
 * only. The table is open addressing with linear probing; a slot stays though its mark has become
 * safe, and goes when the table is half full and made anew. While nothing is unsafe `isAny` is
 * false, and nobody has to look.
 */
import { assert } from "../base/assert.ts";

/** Slots at least: 12 KB, enough for what is changed during a sync by a hundred clients. */
const SLOTS_MIN = 1024;
/** Spreads the numbers of databases over the bits of a hash: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

export class Unsynced {
  /** Whether changes are noted: the log is on, and replies wait for the disk. */
  isOn = false;
  /** Whether some change that was noted is not safe yet. */
  isAny = false;
  /** The mark of what changes now. */
  mark = 1;
  /** Changes up to this mark may be told of. */
  safeMark = 0;
  /** The highest unsafe mark that was looked at since this was 0. */
  seenMark = 0;
  /** Of the last change of all. */
  lastMark = 0;
  /** By slot: the name of a key; 0 in `marks` where there is none. */
  private names = new Int32Array(SLOTS_MIN);
  private marks = new Float64Array(SLOTS_MIN);
  private usedCount = 0;
  /** By database: of its last change, and of the last that all its keys took part in. */
  private readonly lastMarks: Float64Array;
  private readonly wholeMarks: Float64Array;

  constructor(databaseCount: number) {
    this.lastMarks = new Float64Array(databaseCount);
    this.wholeMarks = new Float64Array(databaseCount);
  }

  /** A key changes, comes or goes. */
  note(databaseId: number, keyHash: number): void {
    const name = nameOf(databaseId, keyHash);
    if (this.usedCount * 2 >= this.names.length) this.renew();
    const at = this.slotOf(name);
    if (this.marks[at] === 0) this.usedCount++;
    this.names[at] = name;
    this.marks[at] = this.mark;
    this.noteIn(databaseId);
  }

  /** All keys of a database change: it is emptied, or takes those of another. */
  noteAll(databaseId: number): void {
    this.wholeMarks[databaseId] = this.mark;
    this.noteIn(databaseId);
  }

  private noteIn(databaseId: number): void {
    this.lastMarks[databaseId] = this.mark;
    this.lastMark = this.mark;
    this.isAny = true;
  }

  /** A key is looked for, whether it is there or not. */
  look(databaseId: number, keyHash: number): void {
    if (!this.isAny) return;
    this.see(this.marks[this.slotOf(nameOf(databaseId, keyHash))]);
    this.see(this.wholeMarks[databaseId]);
  }

  /** It is looked which keys a database has. */
  lookAtAll(databaseId: number): void {
    if (this.isAny) this.see(this.lastMarks[databaseId]);
  }

  private see(mark: number): void {
    if (mark > this.safeMark && mark > this.seenMark) this.seenMark = mark;
  }

  /** Changes up to this mark may be told of. */
  confirm(mark: number): void {
    if (DEBUG) assert(mark >= this.safeMark, "what was safe stays so");
    this.safeMark = mark;
    this.isAny = this.lastMark > mark;
  }

  /** The slot of a name, or the free one where it would be. */
  private slotOf(name: number): number {
    const { names, marks } = this;
    const mask = names.length - 1;
    let at = name & mask;
    while (marks[at] !== 0 && names[at] !== name) at = (at + 1) & mask;
    return at;
  }

  /** Makes the table anew, of what is not safe: a quarter full at most. */
  private renew(): void {
    const { names, marks, safeMark } = this;
    let count = 0;
    for (let i = 0; i < marks.length; i++) if (marks[i] > safeMark) count++;
    let slots = SLOTS_MIN;
    while (slots < count * 4) slots *= 2;
    this.names = new Int32Array(slots);
    this.marks = new Float64Array(slots);
    this.usedCount = count;
    for (let i = 0; i < marks.length; i++) {
      if (marks[i] <= safeMark) continue;
      const at = this.slotOf(names[i]);
      this.names[at] = names[i];
      this.marks[at] = marks[i];
    }
  }
}

const nameOf = (databaseId: number, keyHash: number) =>
  (keyHash ^ Math.imul(databaseId, SPREAD)) | 0;
