/**
 * Who waits for which keys, and which of those keys became ready: made with a value of a type that
 * is waited for, or changed, where one can wait for more of a value. Nothing is done about it here;
 * whoever runs commands takes the ready keys after each, in the order in which they became ready,
 * and serves their waiters in the order in which they came.
 *
 * Keys are found by the hash that every entry has at hand, so that a write while somebody waits for
 * other keys makes no object and compares no bytes.
 */
import { NIL } from "../arena/arena.ts";
import type { Args } from "../protocol/args.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { Database } from "./database.ts";
import type { KeyEvent } from "./keyspace.ts";
import { Type } from "./types.ts";

/** Somebody who waits. */
export interface Waiter {
  /** The type of the values waited for (types.ts). */
  readonly type: number;
  /** What is waited for; the registry fills and empties it. */
  readonly waited: WaitedKey[];
}

/** A key that somebody waits for. */
export class WaitedKey {
  readonly databaseId: number;
  readonly hash: number;
  /** Who waits, in the order of arrival, each with the argument that names the key. */
  readonly waiters = new Map<Waiter, number>();
  isReady = false;
  /** Another key with the same hash, in this or another database. */
  next: WaitedKey | null = null;
  /** The key's bytes are those of this argument. */
  private readonly args: Args;
  private readonly index: number;

  constructor(databaseId: number, hash: number, args: Args, index: number) {
    this.databaseId = databaseId;
    this.hash = hash;
    this.args = args;
    this.index = index;
  }

  isEntry(e: EntryRef): boolean {
    const { bytes, view, start, size } = this.args;
    return entry.keyIs(e, bytes, view, start[this.index], size[this.index]);
  }

  /** The entry of the key in a database, though its time may have come; or NIL. */
  entryIn(db: Database): EntryRef {
    const { bytes, view, start, size } = this.args;
    return dict.find(db.keys, bytes, view, start[this.index], size[this.index], this.hash);
  }

  isArgument(args: Args, index: number): boolean {
    const own = this.args;
    const size = own.size[this.index];
    if (size !== args.size[index]) return false;
    const from = own.start[this.index];
    const other = args.start[index];
    for (let i = 0; i < size; i++) {
      if (own.bytes[from + i] !== args.bytes[other + i]) return false;
    }
    return true;
  }
}

const TYPE_COUNT = 16;
/** Changes of a stream that have nothing for those who wait: Redis does not look, either. */
const BRINGS_NOTHING: ReadonlySet<KeyEvent> = new Set([
  "xdel",
  "xtrim",
  "expire",
  "persist",
  "rename_from", // `vanished` tells
]);

export class Waits {
  /** Whether anybody waits for any key. */
  active = false;
  /** Whether `nextReady` has something to give. */
  hasReady = false;
  /** Mask of the types that are waited for, and how many wait for each. */
  private types = 0;
  private readonly counts = new Int32Array(TYPE_COUNT);
  private readonly byHash = new Map<number, WaitedKey>();
  private ready: WaitedKey[] = [];
  private readyAt = 0;

  /**
   * The waiter waits for the key in an argument; a key that it waits for already is not counted
   * again. The arguments must stay as they are until nobody waits for the key.
   */
  add(waiter: Waiter, db: Database, args: Args, index: number): void {
    const hash = db.hash(args, index);
    let key = this.find(db.id, args, index, hash);
    if (key === null) {
      key = new WaitedKey(db.id, hash, args, index);
      key.next = this.byHash.get(hash) ?? null;
      this.byHash.set(hash, key);
    }
    if (key.waiters.has(waiter)) return;
    key.waiters.set(waiter, index);
    if (waiter.waited.length === 0) this.count(waiter.type, 1);
    waiter.waited.push(key);
  }

  /** Ends all of a waiter's waits. */
  remove(waiter: Waiter): void {
    if (waiter.waited.length === 0) return;
    for (const key of waiter.waited) {
      key.waiters.delete(waiter);
      if (key.waiters.size === 0) this.forget(key);
    }
    waiter.waited.length = 0;
    this.count(waiter.type, -1);
  }

  /**
   * A key changes, or goes. Of a stream that is there one can wait for more, or for its end; who
   * waits for a list or a sorted set waits until one is made, as in Redis: one that took another
   * value's place by STORE serves nobody, whatever is added to it.
   */
  changed(databaseId: number, e: EntryRef, event: KeyEvent): void {
    if (entry.type(e) === Type.stream && !BRINGS_NOTHING.has(event)) this.touch(databaseId, e);
  }

  /** A key was made: it is ready if somebody waits for it and its type. */
  touch(databaseId: number, e: EntryRef): void {
    if (((this.types >>> entry.type(e)) & 1) === 0) return;
    let key = this.byHash.get(entry.hash(e)) ?? null;
    while (key !== null && !(key.databaseId === databaseId && key.isEntry(e))) key = key.next;
    if (key !== null) this.makeReady(key);
  }

  /** The key in an argument is gone, of which nothing was told before: a value of this type. */
  vanished(db: Database, args: Args, index: number, keyHash: number, type: number): void {
    if (type !== Type.stream || (this.types & (1 << type)) === 0) return;
    const key = this.find(db.id, args, index, keyHash);
    if (key !== null) this.makeReady(key);
  }

  /**
   * All keys of a database are about to go, and those of another (or none) to take their place: it
   * is the end of streams that are not replaced by streams.
   */
  leaving(db: Database, by: Database | null): void {
    if ((this.types & (1 << Type.stream)) === 0) return;
    for (const key of this.keysOf(db.id)) {
      if (isStream(key.entryIn(db)) && !(by !== null && isStream(key.entryIn(by)))) {
        this.makeReady(key);
      }
    }
  }

  /** All keys of a database have just come into it. */
  arrived(db: Database): void {
    for (const key of this.keysOf(db.id)) {
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

  /** The key in an argument, if anybody waits for it. */
  private find(databaseId: number, args: Args, index: number, hash: number): WaitedKey | null {
    let key = this.byHash.get(hash) ?? null;
    while (key !== null && !(key.databaseId === databaseId && key.isArgument(args, index))) {
      key = key.next;
    }
    return key;
  }

  /** All keys of a database that anybody waits for. */
  private *keysOf(databaseId: number): Generator<WaitedKey> {
    for (const first of this.byHash.values()) {
      for (let key: WaitedKey | null = first; key !== null; key = key.next) {
        if (key.databaseId === databaseId) yield key;
      }
    }
  }

  private makeReady(key: WaitedKey): void {
    if (key.isReady) return;
    key.isReady = true;
    this.ready.push(key);
    this.hasReady = true;
  }

  private count(type: number, change: number): void {
    this.counts[type] += change;
    if (this.counts[type] > 0) this.types |= 1 << type;
    else this.types &= ~(1 << type);
    this.active = this.types !== 0;
  }

  /** Nobody waits for the key any more. */
  private forget(key: WaitedKey): void {
    const first = this.byHash.get(key.hash) as WaitedKey;
    if (first === key) {
      if (key.next === null) this.byHash.delete(key.hash);
      else this.byHash.set(key.hash, key.next);
      return;
    }
    let before = first;
    while (before.next !== key) before = before.next as WaitedKey;
    before.next = key.next;
  }
}

function isStream(e: EntryRef): boolean {
  return e !== NIL && entry.type(e) === Type.stream;
}
