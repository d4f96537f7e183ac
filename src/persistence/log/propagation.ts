/**
 * Changes of the data as commands in RESP, for whoever keeps them: the append-only log.
 *
 * A command that has changed something is told as it came: in the same bytes, if they are spelled
 * as RESP has it, or else argument by argument. Where carrying it out again could give other data
 * (at another time, with other random numbers), its handler tells instead what it did:
 *
 *   if (call.log.active) {
 *     const out = call.log.instead(db, 3);
 *     out.bulkText("PEXPIREAT"); out.bulk(key …); out.bulkInteger(timeMs);
 *   }
 *
 * What belongs together (a client's command with the keys that expired under it, all of EXEC) is a
 * unit: MULTI comes before its first command and EXEC after its last if they are more than one, so
 * that whoever carries them out later does all or nothing, as the source did.
 */
import { segmentOf, u8 } from "../../arena/arena.ts";
import { assert } from "../../base/assert.ts";
import { fromLatin1 } from "../../base/bytes.ts";
import { LOG_PIECE_SIZE } from "../../base/limits.ts";
import type { Range } from "../../base/range.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Unsynced } from "../../keyspace/unsynced.ts";
import { type Args, NOT_CANONICAL } from "../../protocol/args.ts";
import { Reply } from "../../protocol/reply.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";

const NO_DATABASE = -1;
const MULTI = fromLatin1("*1\r\n$5\r\nMULTI\r\n");

export class Propagation {
  /** Whether anybody wants to know; while not, nothing may be told. */
  active = false;
  /** What was told and not yet taken. */
  readonly out = new Reply(LOG_PIECE_SIZE);
  /** Keys that expire are told as UNLINK in place of DEL. */
  unlinksExpired = false;
  /** Called when something is told and nothing was before. */
  onFirst: () => void = () => {};
  /** Gives what goes before the next command though it is none: a line that tells the time. */
  annotation: (() => string) | null = null;
  /** The handler that runs has said itself what it did. */
  private isTold = false;
  /** The database that what was told last is for. */
  private selected = NO_DATABASE;
  private isOpen = false;
  private unitStart = 0;
  private unitCount = 0;
  private readonly unsynced: Unsynced;

  constructor(unsynced: Unsynced) {
    this.unsynced = unsynced;
  }

  /** How often what was told has been taken: what is told now will be taken by the next. */
  get mark(): number {
    return this.unsynced.mark;
  }

  /** A unit begins: what is told until `end` belongs together. */
  begin(): void {
    this.isOpen = true;
    this.isTold = false;
    this.unitStart = this.out.position;
    this.unitCount = 0;
  }

  /** The unit ends; whether anything was told in it. */
  end(): boolean {
    if (!this.isOpen) return false;
    this.isOpen = false;
    if (this.unitCount > 1) {
      this.out.array(1);
      this.out.bulkText("EXEC");
    }
    return this.unitCount > 0;
  }

  /** A handler's command is over: as it came it is told if nothing else was told in its place. */
  ran(db: Database, args: Args, hasChanged: boolean): void {
    if (this.isTold) this.isTold = false;
    else if (hasChanged) this.asIs(db, args);
  }

  /**
   * Begins the command of `count` arguments that stands for the one that runs: its arguments are
   * written, as bulk strings, to what is returned. It may be called more than once.
   */
  instead(db: Database, count: number): Reply {
    this.isTold = true;
    this.head(db, count);
    return this.out;
  }

  /** The command that runs is told as it came, though it may not count as a change. */
  asItCame(db: Database, args: Args): void {
    this.isTold = true;
    this.asIs(db, args);
  }

  /** The command that runs, though it counts as a change, is not told. */
  nothing(): void {
    this.isTold = true;
  }

  /** A key is removed since its time has come. */
  expired(db: Database, e: EntryRef): void {
    if (!this.active) return;
    this.head(db, 2);
    this.out.bulkText(this.unlinksExpired ? "UNLINK" : "DEL");
    this.key(e);
  }

  /** A field of a hash is removed since its time has come. */
  fieldExpired(db: Database, e: EntryRef, field: Range): void {
    if (!this.active) return;
    this.head(db, 3);
    this.out.bulkText("HDEL");
    this.key(e);
    this.out.bulk(field.bytes, field.offset, field.size);
  }

  /** Writes the key of an entry as an argument. */
  key(e: EntryRef): void {
    this.out.bulk(u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
  }

  /**
   * What was told is about to be taken, though a unit may be open (its command changes the log
   * itself, and nothing else): what it has told until now is one, what follows another.
   */
  cut(): void {
    if (this.isOpen) {
      this.end();
      this.begin();
    }
  }

  /** What was told is taken: `out` is emptied by who took it. */
  taken(): void {
    if (DEBUG) assert(this.unitCount === 0 || !this.isOpen, "a unit is taken in one piece");
    this.unsynced.mark++;
    this.unitStart = 0;
  }

  /** What is told next goes to a place of its own, where no database is selected yet. */
  restart(): void {
    this.selected = NO_DATABASE;
  }

  private asIs(db: Database, args: Args): void {
    const { out } = this;
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
    this.out.array(count);
  }

  /** Makes ready for one command more. */
  private prepare(db: Database): void {
    const { out } = this;
    if (out.position === 0) this.onFirst();
    if (this.isOpen && ++this.unitCount === 2) this.insertMulti();
    if (this.annotation !== null) this.annotate(this.annotation());
    if (db.id === this.selected) return;
    this.selected = db.id;
    out.array(2);
    out.bulkText("SELECT");
    out.bulkInteger(db.id);
    this.keepOutside();
  }

  private annotate(line: string): void {
    this.out.raw(fromLatin1(line), 0, line.length);
    // A reader that looks for a time finds it before MULTI.
    this.keepOutside();
  }

  /** What was written before the unit's first command is not of the unit, should it be one. */
  private keepOutside(): void {
    if (this.unitCount === 1) this.unitStart = this.out.position;
  }

  /** The unit has a second command: it is a transaction, from its first on. */
  private insertMulti(): void {
    const { out } = this;
    const from = out.position;
    out.raw(MULTI, 0, MULTI.length);
    out.moveBack(from, this.unitStart);
  }
}
