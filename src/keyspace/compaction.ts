/**
 * Gives memory back that many deletions have left in crumbs: blocks are moved out of the slabs that
 * are used least (arena.beginEmptying), which go back when they are empty. A pass goes over all
 * keys, in steps of some 10 to 100 us between which commands go on; nothing is told of it, since
 * nothing that anybody sees changes.
 *
 * It waits while others have refs in hand across commands: a snapshot, or a script that may be
 * undone. A block that is held, as one is that a client is being sent, stays where it is.
 */
import * as arena from "../arena/arena.ts";
import { NIL } from "../arena/arena.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import * as compacting from "../values/compacting.ts";
import * as frozenDict from "../values/frozen_dict.ts";
import type { Database } from "./database.ts";
import type { Keyspace } from "./keyspace.ts";

/** When a pass is worth it. */
export interface CompactionLimits {
  /**
   * Bytes that segments hold and nothing uses, and that would come back, at least:
   * `active-defrag-ignore-bytes`.
   */
  readonly wasteMin: number;
  /** Per cent that these are of what is in use, at least: `active-defrag-threshold-lower`. */
  readonly wastePercentMin: number;
  /**
   * The part by which what is in use has changed since the last look, at least, unless the pass
   * that began then has given back as much as `wasteMin`.
   */
  readonly changeMin: number;
  /** Each slab is emptied that has room: for tests. */
  readonly isEach: boolean;
}

export const LIMITS: CompactionLimits = {
  wasteMin: 16 << 20,
  wastePercentMin: 100,
  changeMin: 0.1,
  isEach: false,
};

/**
 * A pass needs a slab for each class at most, and gives more: it may begin when writes are refused
 * for want of segments, but leaves the second half of the reserve to what has begun.
 */
const RESERVE = arena.RESERVED_SEGMENTS >>> 1;

/** Slots of a table that are passed in one step. */
const STEP_SLOTS = 32;

/** A key whose value has many blocks, to be found again after others have had their turn. */
interface Name {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

export class Compaction {
  /** Passes that were begun. */
  passCount = 0;
  limits: CompactionLimits;
  private readonly keyspace: Keyspace;
  private isRunning = false;
  private dbIndex = 0;
  private scan = new dict.LineScan();
  /** The keys of the database when its scan began: another dict by now, it is passed anew. */
  private keys = NIL as DictRef;
  private isScanned = false;
  /** Those found in one slot that are to be moved: a scan must not change the dict. */
  private readonly entries: EntryRef[] = [];
  private readonly many: Name[] = [];
  private readonly value = new compacting.Compacting();
  private isAtValue = false;
  /** Bytes in use when it was last looked; Infinity: another pass may follow at once. */
  private usedThen = Infinity;
  /** Bytes of segments then. */
  private reservedThen = 0;
  private readonly visit = (e: EntryRef) => {
    if (compacting.compactBlock(e)) this.many.push(nameOf(e));
    if (arena.isLeaving(e)) this.entries.push(e);
  };

  constructor(keyspace: Keyspace, limits = LIMITS) {
    this.keyspace = keyspace;
    this.limits = limits;
  }

  /** Whether a pass is under way. */
  get isActive(): boolean {
    return this.isRunning;
  }

  /** Begins a pass if there is one under way or it is worth one; whether there is one now. */
  isDue(): boolean {
    if (this.isRunning) return true;
    const { usedSize, reservedSize } = arena.figures();
    const { wasteMin, wastePercentMin, changeMin, isEach } = this.limits;
    if (reservedSize - usedSize < wasteMin || wastePercent() < wastePercentMin) return false;
    if (Math.abs(usedSize - this.usedThen) < this.usedThen * changeMin) return false;
    if (arena.segmentsLeft() <= RESERVE) return false;
    this.usedThen = usedSize;
    this.reservedThen = reservedSize;
    // Of each class a slab stays at any rate: of a new server's segments most are such.
    const emptied = arena.beginEmptying(isEach);
    if (emptied < Math.max(wasteMin, 1)) {
      arena.endEmptying();
      return false;
    }
    this.isRunning = true;
    this.passCount++;
    this.dbIndex = 0;
    this.startDatabase();
    return true;
  }

  /** Whether it has to wait. */
  private get isBarred(): boolean {
    const { keyspace } = this;
    return (
      keyspace.isWalked || keyspace.keeper !== null || frozen.isAnyMarked() || frozenDict.isAny
    );
  }

  /** Goes on with the pass; false when it is over, or has to wait. */
  step(): boolean {
    if (!this.isRunning || this.isBarred) return false;
    if (arena.segmentsLeft() <= RESERVE) {
      this.end();
      return false;
    }
    const db = this.keyspace.databases[this.dbIndex];
    if (db.keys !== this.keys) this.startDatabase();
    const before = compacting.movedCount;
    if (this.many.length > 0) this.stepValue(db);
    else if (!this.isScanned) this.stepKeys(db);
    else this.nextDatabase();
    this.keyspace.stats.movedBlocks += compacting.movedCount - before;
    return this.isRunning;
  }

  private startDatabase(): void {
    this.scan = new dict.LineScan();
    this.keys = this.keyspace.databases[this.dbIndex].keys;
    this.isScanned = false;
    this.many.length = 0;
    this.isAtValue = false;
  }

  private nextDatabase(): void {
    if (++this.dbIndex < this.keyspace.databases.length) this.startDatabase();
    else this.end();
  }

  private stepKeys(db: Database): void {
    // Slot by slot: of a small table a scan passes some more than once.
    for (let i = 0; i < STEP_SLOTS && !this.isScanned; i++) {
      this.isScanned = !this.scan.step(db.keys, this.visit);
      if (this.entries.length > 0) this.moveEntries(db);
    }
  }

  private moveEntries(db: Database): void {
    const { entries } = this;
    try {
      for (const e of entries) db.rehouse(e, arena.copy(e));
      this.keyspace.stats.movedBlocks += entries.length;
    } finally {
      // Without memory for one of them the others stay where they are, for another pass.
      entries.length = 0;
    }
  }

  /** Goes on with the value of the last key that has many blocks. */
  private stepValue(db: Database): void {
    const e = find(db, this.many[this.many.length - 1]);
    if (!this.isAtValue) this.value.start();
    this.isAtValue = e !== NIL && this.value.step(e);
    if (!this.isAtValue) this.many.pop();
  }

  private end(): void {
    arena.endEmptying();
    this.isRunning = false;
    const { reservedSize } = arena.figures();
    // Else what has gone since it began leaves slabs that were not among those to be emptied.
    if (this.reservedThen - reservedSize >= Math.max(this.limits.wasteMin, 1)) {
      this.usedThen = Infinity;
    }
  }
}

/** Bytes that segments hold and nothing uses, in per cent of what is in use. */
export function wastePercent(): number {
  const { usedSize, reservedSize } = arena.figures();
  return ((reservedSize - usedSize) / usedSize) * 100;
}

function nameOf(e: EntryRef): Name {
  const size = entry.keySize(e);
  // Keys are compared in words: up to 3 bytes behind the last are read.
  const bytes = new Uint8Array(size + 3).subarray(0, size);
  bytes.set(entry.keyBytes(e));
  return { bytes, hash: entry.hash(e) };
}

/** The entry of a key that was there, or NIL. */
function find(db: Database, { bytes, hash }: Name): EntryRef {
  const view = new DataView(bytes.buffer);
  return dict.find(db.keys, bytes, view, 0, bytes.length, hash);
}
