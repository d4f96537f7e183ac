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
const NAME_ROOM = 64;
/** So many keys that nobody watches are kept to be others: making one takes the longest. */
const SPARE_COUNT_MAX = 1000;

/** A key that somebody watches. */
class WatchedKey extends NamedKey {
  readonly watches = new Map<Watcher, Watch>();
  /** The longest name that it can have. */
  readonly room: number;

  constructor(nameSize: number) {
    const room = Math.max(nameSize, NAME_ROOM);
    super(0, 0, argsOf([new Uint8Array(room)]), 0);
    this.room = room;
  }

  /** It is the key in an argument from now on; nobody watches it. */
  become(databaseId: number, hash: number, args: Args, index: number): void {
    this.databaseId = databaseId;
    this.hash = hash;
    this.args.size[0] = args.size[index];
    copyBytes(args.bytes, args.start[index], args.size[index], this.args.bytes, 0);
  }
}

/** One client's watch of one key. */
export interface Watch {
  readonly key: WatchedKey;
  /** The key was there, but expired, when WATCH was called: its removal is no change. */
  expired: boolean;
}

export class Watches implements KeyObserver {
  private readonly observers: KeyObservers;
  private readonly keys = new NamedKeys<WatchedKey>();
  /** Of keys that nobody watches any more, those with room for NAME_ROOM bytes and no more. */
  private readonly spare: WatchedKey[] = [];
  /** Keys that are watched. */
  private count = 0;
  /** What changes for those who watch is kept; see `keepMarks`. */
  private isKeeping = false;
  /** How it is taken back. */
  private readonly kept: (() => void)[] = [];

  /** It is told of changes while anybody watches anything. */
  constructor(observers: KeyObservers) {
    this.observers = observers;
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
      if (this.count++ === 0) this.observers.attach(KeySlot.watches, this);
    }
    if (key.watches.has(watcher)) return;
    const watch = { key, expired };
    key.watches.set(watcher, watch);
    if (watcher.watched === NOTHING_WATCHED) watcher.watched = [];
    watcher.watched.push(watch);
    watcher.watchedSize += key.size;
  }

  /** Ends all of a client's watches. */
  remove(watcher: Watcher): void {
    for (const { key } of watcher.watched) {
      key.watches.delete(watcher);
      if (key.watches.size > 0) continue;
      this.keys.remove(key);
      this.count--;
      if (key.room === NAME_ROOM && this.spare.length < SPARE_COUNT_MAX) this.spare.push(key);
    }
    watcher.watched.length = 0;
    watcher.watchedSize = 0;
    if (this.count === 0) this.observers.detach(KeySlot.watches);
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
    for (const [watcher, watch] of key.watches) {
      this.keep(watcher, watch);
      if (watch.expired && gone) watch.expired = false;
      else watcher.dirty = true;
    }
  }

  replacing(db: Database, by: Database | null): void {
    for (const key of this.keys.of(db.id)) {
      for (const [watcher, watch] of key.watches) {
        this.keep(watcher, watch);
        if (isReplaced(db, by, watch)) watcher.dirty = true;
      }
    }
  }

  /** Notes what a watch was, if it may have to be so again and was not noted to be over already. */
  private keep(watcher: Watcher, watch: Watch): void {
    if (!this.isKeeping || watcher.dirty) return;
    const { expired } = watch;
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
