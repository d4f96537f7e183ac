/**
 * WATCH: which clients watch which keys. A client is told by a flag of its own, so that EXEC only
 * looks at that; keys are looked up only while anybody watches at all. Whatever happens to a key
 * costs as much as there are clients that watch it, however many other keys they watch.
 */

import { NIL } from "../arena/arena.ts";
import { copyBytes } from "../base/bytes.ts";
import { type Args, argsOf } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../values/key_event.ts";
import type { Database } from "./database.ts";
import { NamedKey, NamedKeys } from "./named_keys.ts";
import { type KeyObserver, type KeyObservers, KeySlot } from "./observers.ts";

/** What a watching client must carry. */
export interface Watcher {
  /** A watched key has changed: EXEC must fail. */
  dirty: boolean;
  /** What is watched; the registry fills and empties it. */
  watched: Watch[];
  /** The bytes of the names of all that is watched. */
  watchedSize: number;
}

/** Of all that have never watched anything. */
export const NOTHING_WATCHED: Watch[] = [];

/** There is room for most names in a watched key, which can then be another. */
const NAME_ROOM = 32;
/** So many keys that nobody watches are kept to be others: making one takes the longest. */
const SPARE_COUNT_MAX = 1000;
/** The room of a client's list of watches is kept for the next ones if it had no more than that. */
const KEPT_WATCH_COUNT = 1000;

/** Names are compared from here, and larger ones from a copy of their own. */
const SHOWN_ROOM = 4096;
const shown = argsOf([new Uint8Array(SHOWN_ROOM)]);

/** A key that somebody watches. It is small, since clients may watch very many. */
class WatchedKey extends NamedKey {
  /** Who watches it: nearly always only one, so that all others stand apart. Only to be read. */
  one: Watch | null = null;
  others: Map<Watcher, Watch> | null = null;
  /** Room for the longest name that it can have, and how much of that the name takes. */
  private readonly name: Uint8Array;
  private nameSize = 0;
  protected readonly index = 0;

  constructor(nameSize: number) {
    super(0, 0);
    this.name = new Uint8Array(Math.max(nameSize, NAME_ROOM));
  }

  /** It is the key in an argument from now on; nobody watches it. */
  become(databaseId: number, hash: number, args: Args, index: number): void {
    this.databaseId = databaseId;
    this.hash = hash;
    this.nameSize = args.size[index];
    copyBytes(args.bytes, args.start[index], this.nameSize, this.name, 0);
  }

  override get size(): number {
    return this.nameSize;
  }

  protected get args(): Args {
    const { name, nameSize } = this;
    if (nameSize > SHOWN_ROOM) return argsOf([name]);
    copyBytes(name, 0, nameSize, shown.bytes, 0);
    shown.size[0] = nameSize;
    return shown;
  }

  override isArgument(args: Args, index: number): boolean {
    const { name, nameSize } = this;
    if (nameSize !== args.size[index]) return false;
    const from = args.start[index];
    for (let i = 0; i < nameSize; i++) if (name[i] !== args.bytes[from + i]) return false;
    return true;
  }

  /** There is room for NAME_ROOM bytes and no more. */
  get isUsual(): boolean {
    return this.name.length === NAME_ROOM;
  }

  get isWatched(): boolean {
    return this.one !== null || this.others !== null;
  }

  isWatchedBy(watcher: Watcher): boolean {
    return this.one?.watcher === watcher || this.others?.has(watcher) === true;
  }

  /** Adds the watch of a client that does not watch it yet. */
  add(watch: Watch): void {
    if (this.one === null) {
      this.one = watch;
      return;
    }
    this.others ??= new Map();
    this.others.set(watch.watcher, watch);
  }

  remove(watch: Watch): void {
    const { others } = this;
    if (this.one === watch) this.one = null;
    else if (others?.delete(watch.watcher) && others.size === 0) this.others = null;
  }
}

/** One client's watch of one key. */
export interface Watch {
  readonly key: WatchedKey;
  readonly watcher: Watcher;
  /** The key was there, but expired, when WATCH was called: its removal is no change. */
  expired: boolean;
}

export class Watches implements KeyObserver {
  private readonly observers: KeyObservers;
  private readonly keys = new NamedKeys<WatchedKey>();
  /** Of keys that nobody watches any more, those of the usual size. */
  private readonly spare: WatchedKey[] = [];
  /** What changes for those who watch is kept; see `keepMarks`. */
  private isKeeping = false;
  /** How it is taken back. */
  private readonly kept: (() => void)[] = [];

  /** It is told of changes while anybody watches anything. */
  constructor(observers: KeyObservers) {
    this.observers = observers;
  }

  /** How many keys are watched. */
  get keyCount(): number {
    return this.keys.count;
  }

  /** The key in an argument; one that the client watches already stays as it is. */
  add(watcher: Watcher, db: Database, args: Args, index: number, expired: boolean): void {
    const hash = db.hash(args, index);
    let key = this.keys.find(db.id, args, index, hash);
    if (key === null) {
      const size = args.size[index];
      key = (size > NAME_ROOM ? undefined : this.spare.pop()) ?? new WatchedKey(size);
      key.become(db.id, hash, args, index);
      this.keys.add(key);
      if (this.keys.count === 1) this.observers.attach(KeySlot.watches, this);
    }
    if (key.isWatchedBy(watcher)) return;
    const watch = { key, watcher, expired };
    key.add(watch);
    if (watcher.watched === NOTHING_WATCHED) watcher.watched = [];
    watcher.watched.push(watch);
    watcher.watchedSize += key.size;
  }

  /** Ends all of a client's watches. */
  remove(watcher: Watcher): void {
    const { watched } = watcher;
    for (const watch of watched) {
      const { key } = watch;
      key.remove(watch);
      if (key.isWatched) continue;
      this.keys.remove(key);
      if (key.isUsual && this.spare.length < SPARE_COUNT_MAX) this.spare.push(key);
    }
    if (watched.length > KEPT_WATCH_COUNT) watcher.watched = NOTHING_WATCHED;
    else watched.length = 0;
    watcher.watchedSize = 0;
    if (this.keys.count === 0) this.observers.detach(KeySlot.watches);
  }

  /** What changes for those who watch is noted from now on, for `restoreMarks`. */
  keepMarks(): void {
    this.isKeeping = true;
  }

  /** What was noted stays so. */
  dropMarks(): void {
    this.isKeeping = false;
    if (this.kept.length > 0) this.kept.length = 0;
  }

  /** For those who watch nothing has changed since `keepMarks`. */
  restoreMarks(): void {
    for (const restore of this.kept) restore();
    this.dropMarks();
  }

  changing(db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void {
    if (kind === ChangeKind.unwatched || kind === ChangeKind.unseen) return;
    const key = this.keys.ofEntry(db.id, e);
    if (key === null) return;
    const gone = event === "expired" || event === "del" || event === "evicted";
    const { one, others } = key;
    if (one !== null) this.changed(one, gone);
    if (others !== null) for (const watch of others.values()) this.changed(watch, gone);
  }

  private changed(watch: Watch, gone: boolean): void {
    this.keep(watch);
    if (watch.expired && gone) watch.expired = false;
    else watch.watcher.dirty = true;
  }

  replacing(db: Database, by: Database | null): void {
    for (const { one, others } of this.keys.of(db.id)) {
      if (one !== null) this.replaced(db, by, one);
      if (others !== null) for (const watch of others.values()) this.replaced(db, by, watch);
    }
  }

  private replaced(db: Database, by: Database | null, watch: Watch): void {
    this.keep(watch);
    if (isReplaced(db, by, watch)) watch.watcher.dirty = true;
  }

  /** Notes what a watch was, if it may have to be so again and was not noted to be over already. */
  private keep(watch: Watch): void {
    const { watcher, expired } = watch;
    if (!this.isKeeping || watcher.dirty) return;
    this.kept.push(() => {
      // Of one that has called UNWATCH since, or WATCH, this is no lie, either.
      watcher.dirty = false;
      watch.expired = expired;
    });
  }

  swapped(): void {} // `replacing` was called for both
}

/**
 * Whether it is a change to a watched key that its database takes the keys of another (or none). A
 * key that had expired when it was watched, and now is gone or expired still, is not changed.
 */
function isReplaced(db: Database, by: Database | null, watch: Watch): boolean {
  const before = watch.key.entryIn(db);
  const after = by === null ? NIL : watch.key.entryIn(by);
  if (before === NIL && after === NIL) return false;
  const expired = after !== NIL && by !== null && by.isOver(after);
  if (watch.expired) {
    if (after === NIL) watch.expired = false;
    return after !== NIL && !expired;
  }
  if (before === NIL && expired) {
    watch.expired = true;
    return false;
  }
  return true;
}
