/**
 * Who waits for which keys, and which of those keys became ready: made with a value of a type that
 * is waited for, or changed, where one can wait for more of a value. Nothing is done about it here;
 * whoever runs commands takes the ready keys after each, in the order in which they became ready,
 * and serves their waiters in the order in which they came.
 *
 * Whatever happens to a key costs as much as there is to be told of it (named_keys.ts).
 */
import { NIL } from "../arena/arena.ts";
import type { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../values/key_event.ts";
import { Type } from "../values/types.ts";
import type { Database } from "./database.ts";
import { NamedKey, NamedKeys } from "./named_keys.ts";
import { type KeyObserver, type KeyObservers, KeySlot } from "./observers.ts";

/** Somebody who waits. */
export interface Waiter {
  /** The type of the values waited for (types.ts). */
  readonly type: number;
  /** It wants to know, too, when the value is gone. */
  readonly awaitsEnd: boolean;
  /** What is waited for; the registry fills and empties it. */
  readonly waited: WaitedKey[];
}

const NOBODY: ReadonlyMap<Waiter, number> = new Map();

/** A key that somebody waits for. */
export class WaitedKey extends NamedKey {
  isReady = false;
  /** How many want to know when its value is gone. */
  missCount = 0;
  /** How many wait. */
  count = 0;
  /** Who waits for a value of each type. */
  private readonly byType: (Map<Waiter, number> | undefined)[] = [];
  protected readonly args: Args;
  protected readonly index: number;

  /** The arguments must stay as they are for as long as this is in use. */
  constructor(databaseId: number, hash: number, args: Args, index: number) {
    super(databaseId, hash);
    this.args = args;
    this.index = index;
  }

  /** Who waits for a type, in the order of arrival, each with the argument that names the key. */
  waitersFor(type: number): ReadonlyMap<Waiter, number> {
    return this.byType[type] ?? NOBODY;
  }

  /** The argument by which a waiter names the key; undefined if it does not wait for it. */
  indexFor(waiter: Waiter): number | undefined {
    return this.waitersFor(waiter.type).get(waiter);
  }

  add(waiter: Waiter, index: number): void {
    const waiters = this.byType[waiter.type] ?? new Map<Waiter, number>();
    this.byType[waiter.type] = waiters;
    waiters.set(waiter, index);
    this.count++;
    if (waiter.awaitsEnd) this.missCount++;
  }

  remove(waiter: Waiter): void {
    this.byType[waiter.type]?.delete(waiter);
    this.count--;
    if (waiter.awaitsEnd) this.missCount--;
  }
}

const TYPE_COUNT = 16;
/** Changes of a stream that have nothing for those who wait: Redis does not look, either. */
const BRINGS_NOTHING: ReadonlySet<KeyEvent | null> = new Set([
  "xdel",
  "xtrim",
  "expire",
  "persist",
  "rename_from", // `vanished` tells
]);

export class Waits implements KeyObserver {
  /** Whether anybody waits for any key. */
  active = false;
  /** Whether `nextReady` has something to give. */
  hasReady = false;
  private isHeld = false;
  /** Mask of the types that are waited for, and how many wait for each. */
  private types = 0;
  private readonly counts = new Int32Array(TYPE_COUNT);
  private readonly keys = new NamedKeys<WaitedKey>();
  private ready: WaitedKey[] = [];
  private readyAt = 0;
  private readonly observers: KeyObservers;

  /** It is told of changes while anybody waits for any key. */
  constructor(observers: KeyObservers) {
    this.observers = observers;
  }

  /** How many keys are waited for. */
  get keyCount(): number {
    return this.keys.count;
  }

  /**
   * The waiter waits for the key in an argument; a key that it waits for already is not counted
   * again. The arguments must stay as they are until nobody waits for the key.
   */
  add(waiter: Waiter, db: Database, args: Args, index: number): void {
    const hash = db.hash(args, index);
    let key = this.keys.find(db.id, args, index, hash);
    if (key === null) {
      key = new WaitedKey(db.id, hash, args, index);
      this.keys.add(key);
    }
    if (key.indexFor(waiter) !== undefined) return;
    key.add(waiter, index);
    if (waiter.waited.length === 0) this.count(waiter.type, 1);
    waiter.waited.push(key);
  }

  /** Ends all of a waiter's waits. */
  remove(waiter: Waiter): void {
    if (waiter.waited.length === 0) return;
    for (const key of waiter.waited) {
      key.remove(waiter);
      if (key.count === 0) this.keys.remove(key);
    }
    waiter.waited.length = 0;
    this.count(waiter.type, -1);
  }

  /**
   * A key changes, or goes. Of a stream that is there one can wait for more, or for its end; who
   * waits for a list or a sorted set waits until one is made, as in Redis: one that took another
   * value's place by STORE serves nobody, whatever is added to it.
   */
  changing(db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void {
    if (kind === ChangeKind.unwatched || kind === ChangeKind.unseen) return;
    if (entry.type(e) === Type.stream && !BRINGS_NOTHING.has(event)) this.touch(db.id, e);
  }

  /** A key was made: it is ready if somebody waits for it and its type. */
  touch(databaseId: number, e: EntryRef): void {
    if (((this.types >>> entry.type(e)) & 1) === 0) return;
    const key = this.keys.ofEntry(databaseId, e);
    if (key !== null) this.makeReady(key);
  }

  /** The key in an argument is gone, of which nothing was told before: a value of this type. */
  vanished(db: Database, args: Args, index: number, keyHash: number, type: number): void {
    if (type !== Type.stream || (this.types & (1 << type)) === 0) return;
    const key = this.keys.find(db.id, args, index, keyHash);
    if (key !== null) this.makeReady(key);
  }

  /** It is the end of streams that are not replaced by streams. */
  replacing(db: Database, by: Database | null): void {
    if ((this.types & (1 << Type.stream)) === 0) return;
    for (const key of this.keys.of(db.id)) {
      if (isStream(key.entryIn(db)) && !(by !== null && isStream(key.entryIn(by)))) {
        this.makeReady(key);
      }
    }
  }

  swapped(a: Database, b: Database): void {
    this.arrived(a);
    this.arrived(b);
  }

  /** All keys of a database have just come into it. */
  private arrived(db: Database): void {
    for (const key of this.keys.of(db.id)) {
      const e = key.entryIn(db);
      if (e !== NIL && ((this.types >>> entry.type(e)) & 1) !== 0) this.makeReady(key);
    }
  }

  /** The key that has been ready for longest, which then is no longer; null when none is. */
  nextReady(): WaitedKey | null {
    if (!this.hasReady) return null;
    const key = this.ready[this.readyAt++];
    key.isReady = false;
    if (this.readyAt === this.ready.length) {
      this.ready = [];
      this.readyAt = 0;
      this.hasReady = false;
    }
    return key;
  }

  /** Nobody is to be served until `goOn`: a script that makes keys ready is not over. */
  hold(): void {
    this.isHeld = true;
    this.hasReady = false;
  }

  goOn(): void {
    this.isHeld = false;
    this.hasReady = this.ready.length > 0;
  }

  /** How many keys are ready: for `forgetReady`. */
  get readyCount(): number {
    return this.ready.length - this.readyAt;
  }

  /** Those that became ready last are not: all but so many. */
  forgetReady(count: number): void {
    const end = this.readyAt + count;
    for (const key of this.ready.splice(end)) key.isReady = false;
    this.hasReady = count > 0 && !this.isHeld;
  }

  private makeReady(key: WaitedKey): void {
    if (key.isReady) return;
    key.isReady = true;
    this.ready.push(key);
    this.hasReady = !this.isHeld;
  }

  private count(type: number, change: number): void {
    this.counts[type] += change;
    if (this.counts[type] > 0) this.types |= 1 << type;
    else this.types &= ~(1 << type);
    const active = this.types !== 0;
    if (active === this.active) return;
    this.active = active;
    if (active) this.observers.attach(KeySlot.waits, this);
    else this.observers.detach(KeySlot.waits);
  }
}

function isStream(e: EntryRef): boolean {
  return e !== NIL && entry.type(e) === Type.stream;
}
