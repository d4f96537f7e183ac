/**
 * All databases, and what concerns them together: the hook that runs before any key changes, the
 * access clock of every key, counters, and memory that waits to be freed.
 */
import { NIL } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { type Clock, TICKS_MASK, TICKS_PER_SECOND } from "../base/clock.ts";
import { Deadlines } from "../base/deadlines.ts";
import { type Delays, NO_DELAYS } from "../base/delays.ts";
import { staging } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../values/key_event.ts";
import * as loose from "../values/loose.ts";
import { Type } from "../values/types.ts";
import * as values from "../values/values.ts";
import { Database, type DatabaseOwner, type ExpiryFeed, type KeyKeeper } from "./database.ts";
import { KeyEvents } from "./key_events.ts";
import { Libraries } from "./libraries.ts";
import { Looks } from "./looks.ts";
import { type KeyObserver, KeyObservers, KeySlot } from "./observers.ts";
import { Unsynced } from "./unsynced.ts";
import { Waits } from "./waits.ts";
import { type Watcher, Watches } from "./watch.ts";

/** A new key's LFU counter, so that it is not the first to be evicted. */
const LFU_FIRST = 5;
const LFU_COUNTER_MAX = 255;
/** Slots of a detached dict drained in one slice: well under a millisecond, whatever they hold. */
const RECLAIM_SLOTS = 128;
/** A value of more elements than this is freed in slices, by and by. */
const FREED_AT_ONCE = 64;
const CHAINS_PER_SLICE = 256;
/** Databases looked at in one slice, as in Redis: there may be any number of them. */
const DATABASES_PER_SLICE = 16;

/** A walk that was called off keeps others from their turn no longer than this. */
const FINISHED_WITHIN_MS = 15;

/** A snapshot in progress, which sees keys before they change. */
export interface KeyWalk extends KeyObserver {
  /** It shows nothing any more, but has to go on to its end. */
  readonly isAbandoned: boolean;
  /** Goes on; false at its end. */
  step(): boolean;
}

/** Who keeps what keys were before a script changed them: undo.ts. */
export interface ValueKeeper extends KeyKeeper {
  /** More is kept than may be, or something could not be. */
  readonly isOver: boolean;
  /** Whether a value that is thrown away is wanted: `take` has it then, as it has large ones. */
  wants(e: EntryRef): boolean;
  /** Takes an entry of no database, with its value. */
  take(e: EntryRef): void;
  /** Does something when the script has ended, unless it is undone. */
  afterwards(run: () => void): void;
  /**
   * Something is about to be done elsewhere that cannot be undone; throws a CommandError when the
   * script may not do such a thing.
   */
  leaveTrace(): void;
}

export class Keyspace implements DatabaseOwner {
  readonly databases: Database[] = [];
  /** Those in which something expires; a time may be one that has become later since. */
  private readonly order = new Deadlines<Database>();
  /** Who is told of changes. */
  readonly observers = new KeyObservers();
  /** Who is told of keys that are looked at. */
  readonly looks = new Looks();
  readonly watches = new Watches(this.observers);
  readonly waits = new Waits(this.observers);
  /** What a reply may not show yet. */
  readonly unsynced: Unsynced;
  /** What happens to keys, for those who have subscribed to it. */
  readonly events: KeyEvents;
  /** Functions are no data of a database: FLUSHALL leaves them. */
  readonly libraries = new Libraries();
  readonly clock: Clock;
  /** Counters of INFO stats. */
  readonly stats = {
    hits: 0,
    misses: 0,
    expired: 0,
    expiredFields: 0,
    expiredInTimeCount: 0,
    lazyFreed: 0,
    /** Blocks that were moved so that slabs could be given back. */
    movedBlocks: 0,
    /** Walks over all keys that were begun: saves in the background, rewritings of the log. */
    walks: 0,
    evicted: 0,
    /** Of the last snapshot that was loaded. */
    loadedKeys: 0,
    loadedExpired: 0,
  };
  /** Changes since the start: INFO's rdb_changes_since_last_save counts from a mark. */
  dirty = 0;
  /** False while nothing may change (CLIENT PAUSE): expired keys then hide, and stay. */
  mayExpire = true;
  /** The current client's accesses leave no trace (CLIENT NO-TOUCH). */
  accessHidden = false;
  /** While commands of the past are carried out again: a time that is over now was not then. */
  isReplaying = false;
  /** maxmemory-policy is one of the LFU ones: clocks hold counters. */
  lfu = false;
  lfuLogFactor = 10;
  lfuDecayMinutes = 1;
  /** A key that expires before this is told to `onEarlierExpiry`: -Infinity for none. */
  alarmMs = -Infinity;
  onEarlierExpiry: (timeMs: number) => void = () => {};
  /** Told when databases were emptied: once, however many. */
  onFlush: () => void = () => {};
  /** Told when there is something for `reclaimSlice` to free. */
  onReclaim: () => void = () => {};
  /** Told of keys that expire, unless there is nobody to tell. */
  expiryFeed: ExpiryFeed | null = null;
  /** Is told what holds the server up. */
  delays: Delays = NO_DELAYS;
  /** While a script runs that may be undone. */
  keeper: ValueKeeper | null = null;
  /** Per cent of the time that compaction.ts takes now. */
  compactingPercent = 0;
  private walk: KeyWalk | null = null;
  /** `entry.epoch` of keys that the last walk has seen, or that were made since it began. */
  private epoch = 0;
  /** Numbers from 0 up to 1, which clients may see: nothing secret comes from them. */
  readonly random: () => number;
  private readonly reclaiming: DictRef[] = [];
  /** Entries in those. */
  private reclaimedKeys = 0;
  /** The first of the databases whose tables are looked at next. */
  private rehashedDb = 0;
  /** Unlinked entries whose values are being freed. */
  private readonly disposing: EntryRef[] = [];

  constructor(count: number, clock: Clock, random: () => number) {
    this.clock = clock;
    this.random = random;
    this.unsynced = new Unsynced(count, this.observers, this.looks);
    this.events = new KeyEvents(this.observers, this.unsynced);
    for (let id = 0; id < count; id++) this.databases.push(new Database(id, this));
  }

  /**
   * The one change hook: runs before a key changes or goes, and just after one is made. `event` is
   * the keyspace event that the change is; null if Redis announces none, or another call will tell
   * what takes the place of a key that goes.
   */
  changing(
    db: Database,
    e: EntryRef,
    event: KeyEvent | null,
    kind: ChangeKind = ChangeKind.usual,
  ): void {
    if (kind === ChangeKind.usual || kind === ChangeKind.unwatched) this.dirty++;
    if (this.observers.active !== 0) this.observers.changing(db, e, event, kind);
  }

  /** A walk over all keys begins; returns the value of `entry.epoch` of those that it has seen. */
  beginWalk(walk: KeyWalk): number {
    if (DEBUG) assert(this.walk === null, "two walks at once");
    this.walk = walk;
    this.observers.attach(KeySlot.walk, walk);
    this.stats.walks++;
    entry.renewStamp();
    this.epoch ^= 1;
    return this.epoch;
  }

  /** The walk is over, or `walk` if that is the one: one that was over before ends no other. */
  endWalk(walk = this.walk): void {
    if (this.walk !== walk) return;
    this.walk = null;
    this.observers.detach(KeySlot.walk);
  }

  /**
   * Whether a walk can begin now. One that was called off, and only has to come to its end, is
   * brought there if it is near.
   */
  canWalk(): boolean {
    const endMs = this.clock.monotonicMs() + FINISHED_WITHIN_MS;
    while (this.walk?.isAbandoned && this.walk.step()) {
      if (this.clock.monotonicMs() > endMs) break;
    }
    return this.walk === null;
  }

  /** Whether a walk goes on: no other can begin. */
  get isWalked(): boolean {
    return this.walk !== null;
  }

  /** The type of a key that was made is known now: whoever waits for such a key is served. */
  appeared(db: Database, e: EntryRef): void {
    if (this.waits.active) this.waits.touch(db.id, e);
  }

  /** An entry was made: it starts its access clock. */
  created(e: EntryRef): void {
    const clock = this.lfu ? (this.lfuMinutes() << 8) | LFU_FIRST : this.clock.ticks;
    entry.startClock(e, clock, this.epoch);
  }

  /**
   * Gives a key the access clock that it had elsewhere: seconds since it was looked up, and its LFU
   * counter, of which only what maxmemory-policy wants is taken; -1 for what is not known.
   */
  restoreClock(e: EntryRef, idleSeconds: number, frequency: number): void {
    if (this.lfu) {
      if (frequency >= 0) entry.setClock(e, (this.lfuMinutes() << 8) | frequency);
    } else if (idleSeconds >= 0) {
      entry.setClock(e, (this.clock.ticks - idleSeconds * TICKS_PER_SECOND) & TICKS_MASK);
    }
  }

  /** A key was looked up: notes when, or counts it. */
  accessed(e: EntryRef): void {
    if (this.accessHidden) return;
    if (this.lfu) entry.setClock(e, (this.lfuMinutes() << 8) | this.lfuRaised(e));
    else entry.setClock(e, this.clock.ticks);
  }

  /** Seconds since the key was looked up. */
  idleSeconds(e: EntryRef): number {
    return Math.floor(this.idleTicks(e) / TICKS_PER_SECOND);
  }

  private idleTicks(e: EntryRef): number {
    return (this.clock.ticks - entry.clock(e)) & TICKS_MASK;
  }

  /** The key's LFU counter as of now, decayed by the minutes that passed. */
  frequency(e: EntryRef): number {
    const clock = entry.clock(e);
    const counter = clock & LFU_COUNTER_MAX;
    if (this.lfuDecayMinutes === 0) return counter;
    const passed = (this.lfuMinutes() - (clock >>> 8)) & 0xffff;
    return Math.max(0, counter - Math.floor(passed / this.lfuDecayMinutes));
  }

  /**
   * How good it would be that the key is evicted, by its access clock: it falls when the key is
   * looked up, and never else.
   */
  evictionScore(e: EntryRef): number {
    if (this.lfu) return LFU_COUNTER_MAX - this.frequency(e);
    return this.idleTicks(e) - this.clock.allTicks;
  }

  /** A random integer from 0 up to `limit`, which it never is. */
  readonly randomBelow = (limit: number): number => Math.floor(this.random() * limit);

  /** Frees an unlinked entry with all it owns: a large value in slices, so that nobody waits. */
  dispose(e: EntryRef): void {
    if (isLarge(e) || this.keeper?.wants(e)) this.disposeLater(e);
    else values.discard(e);
  }

  /** As `dispose`, of a value that a command made and no key got. */
  disposeLoose(made: EntryRef): void {
    loose.end();
    this.dispose(made);
  }

  /** As `dispose`, of the value alone: the entry then owns none. */
  disposeValue(e: EntryRef): void {
    if (!isLarge(e) && !this.keeper?.wants(e)) {
      values.release(e);
      return;
    }
    const area = values.areaOf(e);
    const shell = entry.create(staging.bytes, staging.view, 0, 0, 0, area, false);
    entry.copyValue(e, shell, area);
    // As one that is new, which owns nothing, and of which nothing expires.
    entry.describe(e, Type.string, 0, 0);
    this.disposeLater(shell);
  }

  private disposeLater(e: EntryRef): void {
    if (this.keeper !== null) {
      this.keeper.take(e);
      return;
    }
    this.disposing.push(e);
    this.onReclaim();
  }

  /** Takes over a dict that no database holds any more; `reclaimSlice` frees it. */
  reclaim(keys: DictRef): void {
    if (dict.count(keys) === 0) {
      dict.release(keys);
      return;
    }
    this.reclaiming.push(keys);
    this.reclaimedKeys += dict.count(keys);
    this.onReclaim();
  }

  /** CONFIG RESETSTAT. */
  resetStats(): void {
    const { stats } = this;
    const { loadedKeys, loadedExpired } = stats;
    for (const name of Object.keys(stats) as (keyof typeof stats)[]) stats[name] = 0;
    Object.assign(stats, { loadedKeys, loadedExpired });
  }

  /** Objects that wait to be freed: INFO's lazyfree_pending_objects. */
  get reclaimCount(): number {
    return this.disposing.length + this.reclaimedKeys;
  }

  /** Frees some of what waits; true while there is more. */
  reclaimSlice(): boolean {
    if (this.disposing.length > 0) this.disposeSlice();
    else if (this.reclaiming.length > 0)
      this.drainSlice(this.reclaiming[this.reclaiming.length - 1]);
    return this.disposing.length > 0 || this.reclaiming.length > 0;
  }

  private disposeSlice(): void {
    const e = this.disposing[this.disposing.length - 1];
    if (values.releaseSlice(e)) return;
    entry.release(e);
    this.disposing.pop();
    this.stats.lazyFreed++;
  }

  private drainSlice(keys: DictRef): void {
    const before = this.disposing.length;
    const count = dict.count(keys);
    const more = dict.drain(keys, RECLAIM_SLOTS, (e) => this.dispose(e));
    const drained = count - dict.count(keys);
    this.reclaimedKeys -= drained;
    this.stats.lazyFreed += drained - (this.disposing.length - before);
    if (more) return;
    dict.release(keys);
    this.reclaiming.pop();
  }

  /**
   * Moves some chains of tables being resized, from the timer, in some databases; true while there
   * is more in these.
   */
  rehashSlice(): boolean {
    const { databases } = this;
    const count = Math.min(databases.length, DATABASES_PER_SLICE);
    let more = false;
    for (let i = 0; i < count; i++) {
      const db = databases[(this.rehashedDb + i) % databases.length];
      more = dict.rehash(db.keys, CHAINS_PER_SLICE) || more;
    }
    if (!more) this.rehashedDb = (this.rehashedDb + count) % databases.length;
    return more;
  }

  /** The database in which a key or field expires first; null when none does in any. */
  firstToExpire(): Database | null {
    for (;;) {
      const { first } = this.order;
      if (first === undefined) return null;
      const timeMs = first.nextExpiry();
      if (first.deadlineMs === timeMs) return first;
      this.reorder(first, timeMs);
    }
  }

  /**
   * Puts a database where it belongs in the order of expiry, of which the first now expires at
   * `timeMs`. To be called when that is before the database's `deadlineMs`; what expires later than
   * it did is noticed by `firstToExpire`.
   */
  reorder(db: Database, timeMs: number): void {
    this.order.remove(db);
    db.deadlineMs = timeMs;
    if (timeMs < Infinity) this.order.add(db);
  }

  /** The earliest expiry of any database, or Infinity. */
  nextExpiry(): number {
    return this.firstToExpire()?.deadlineMs ?? Infinity;
  }

  /** Empties a database, telling those who watch its keys, or wait for them. */
  flush(db: Database): number {
    const count = this.empty(db);
    this.onFlush();
    return count;
  }

  /** As `flush`, of all databases. */
  flushAll(): number {
    let count = 0;
    for (const db of this.databases) count += this.empty(db);
    this.onFlush();
    return count;
  }

  private empty(db: Database): number {
    const count = db.size;
    this.observers.replacing(db, null);
    db.clear();
    return count;
  }

  /** Empties all databases, and lets go of what is not theirs, so that a file can be loaded. */
  clear(): void {
    this.flushAll();
    this.libraries.clear();
  }

  /** Exchanges the keys of two databases, telling those who watch, or wait for, keys of either. */
  swap(a: Database, b: Database): void {
    this.observers.replacing(a, b);
    this.observers.replacing(b, a);
    a.exchange(b);
    this.reorder(a, a.nextExpiry());
    this.reorder(b, b.nextExpiry());
    this.observers.swapped(a, b);
  }

  /**
   * Exchanges the keys of two databases, of which one may be no client's, without telling anybody
   * but a walk, which goes on with them where they are: what was flushed or swapped is put back.
   */
  putBack(a: Database, b: Database): void {
    a.exchange(b);
    for (const db of [a, b]) {
      const timeMs = db.nextExpiry();
      if (this.databases[db.id] === db) this.reorder(db, timeMs);
      if (timeMs < this.alarmMs) this.onEarlierExpiry(timeMs);
    }
    this.walk?.swapped(a, b);
  }

  /** Frees all that a database holds which is no client's. */
  discard(holder: Database): void {
    this.walk?.replacing(holder, null);
    holder.expires.release();
    holder.fieldExpires.release();
    this.reclaim(holder.keys);
  }

  /** WATCH: `watcher` is told by its `dirty` flag when the key in an argument changes. */
  watch(watcher: Watcher, db: Database, args: Args, index: number): void {
    let e = db.entryAt(args, index);
    if (e !== NIL && entry.partsExpire(e)) {
      // Fields that are over go now, so that this is no change of what is watched.
      db.expireIfOver(e);
      e = db.entryAt(args, index);
    }
    this.watches.add(watcher, db, args, index, e !== NIL && db.isOver(e));
  }

  /** UNWATCH, and the end of a transaction: forgets what was watched, and whether it changed. */
  unwatch(watcher: Watcher): void {
    if (watcher.watched.length > 0) this.watches.remove(watcher);
    watcher.dirty = false;
  }

  /**
   * Whether a watched key has changed since WATCH, or its time or that of a field of it has come,
   * though nobody has removed it yet.
   */
  hasChanged(watcher: Watcher): boolean {
    let hasChanged = watcher.dirty;
    // All are looked at, also when one is known to have changed: see Unsynced.
    for (const { key, expired } of watcher.watched) {
      if (this.looks.active !== 0) this.looks.look(key.databaseId, key.hash);
      const db = this.databases[key.databaseId];
      const e = key.entryIn(db);
      if (!expired && e !== NIL && (db.isOver(e) || db.hasFieldsOver(e))) hasChanged = true;
    }
    return hasChanged;
  }

  private lfuMinutes(): number {
    return Math.floor(this.clock.nowSeconds / 60) & 0xffff;
  }

  /** The counter after one more access: the higher it is, the rarer it rises. */
  private lfuRaised(e: EntryRef): number {
    const counter = this.frequency(e);
    if (counter === LFU_COUNTER_MAX) return counter;
    const above = Math.max(0, counter - LFU_FIRST);
    return this.random() < 1 / (above * this.lfuLogFactor + 1) ? counter + 1 : counter;
  }
}

/** Whether the value of an entry is freed in slices. */
export function isLarge(e: EntryRef): boolean {
  return entry.type(e) !== Type.string && values.count(e) > FREED_AT_ONCE;
}
