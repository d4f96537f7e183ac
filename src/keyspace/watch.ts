/**
 * WATCH: which clients watch which keys. A client is told by a flag of its own, so that EXEC only
 * looks at that; keys are looked up only while anybody watches at all. Whatever happens to a key
 * costs as much as there are clients that watch it, however many other keys they watch.
 */
import { type Args, argsOf } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import type { Database } from "./database.ts";
import { NamedKey, NamedKeys } from "./named_keys.ts";

/** What a watching client must carry. */
export interface Watcher {
  /** A watched key has changed: EXEC must fail. */
  dirty: boolean;
  /** What is watched; the registry fills and empties it. */
  readonly watched: Watch[];
  /** The bytes of the names of all that is watched. */
  watchedSize: number;
}

/** A key that somebody watches. */
class WatchedKey extends NamedKey {
  readonly watches = new Map<Watcher, Watch>();
}

/** One client's watch of one key. */
export interface Watch {
  readonly key: WatchedKey;
  /** The key was there, but expired, when WATCH was called: its removal is no change. */
  expired: boolean;
}

export class Watches {
  /** Whether anybody watches anything. */
  active = false;
  private readonly keys = new NamedKeys<WatchedKey>();
  /** Keys that are watched. */
  private count = 0;

  /** The key in an argument; one that the client watches already stays as it is. */
  add(watcher: Watcher, db: Database, args: Args, index: number, expired: boolean): void {
    const hash = db.hash(args, index);
    let key = this.keys.find(db.id, args, index, hash);
    if (key === null) {
      const name = args.bytes.slice(args.start[index], args.start[index] + args.size[index]);
      key = new WatchedKey(db.id, hash, argsOf([name]), 0);
      this.keys.add(key);
      this.count++;
    }
    if (key.watches.has(watcher)) return;
    const watch = { key, expired };
    key.watches.set(watcher, watch);
    watcher.watched.push(watch);
    watcher.watchedSize += key.size;
    this.active = true;
  }

  /** Ends all of a client's watches. */
  remove(watcher: Watcher): void {
    for (const { key } of watcher.watched) {
      key.watches.delete(watcher);
      if (key.watches.size > 0) continue;
      this.keys.remove(key);
      this.count--;
    }
    watcher.watched.length = 0;
    watcher.watchedSize = 0;
    this.active = this.count > 0;
  }

  /** The key of an entry changes; `gone`: it is being removed. */
  touch(databaseId: number, e: EntryRef, gone: boolean): void {
    const key = this.keys.ofEntry(databaseId, e);
    if (key === null) return;
    for (const [watcher, watch] of key.watches) {
      if (watch.expired && gone) watch.expired = false;
      else watcher.dirty = true;
    }
  }

  /**
   * A whole database is emptied (or takes another's place): the watchers of every key that
   * `changed` says of so are told.
   */
  touchDatabase(databaseId: number, changed: (watch: Watch) => boolean): void {
    for (const key of this.keys.of(databaseId)) {
      for (const [watcher, watch] of key.watches) if (changed(watch)) watcher.dirty = true;
    }
  }
}
