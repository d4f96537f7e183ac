/**
 * WATCH: which clients watch which keys. A client is told by a flag of its own, so that EXEC only
 * looks at that; keys are looked up only while anybody watches at all.
 */

/** What a watching client must carry. */
export interface Watcher {
  /** A watched key has changed: EXEC must fail. */
  dirty: boolean;
  readonly watched: WatchedKey[];
}

export interface WatchedKey {
  readonly databaseId: number;
  /** The key, latin1. */
  readonly key: string;
  /** The key was there, but expired, when WATCH was called: its removal is no change. */
  expired: boolean;
}

export class Watches {
  /** Watching clients by database and key. */
  private readonly byKey = new Map<string, Set<Watcher>>();
  /** Whether anybody watches anything. */
  active = false;

  add(watcher: Watcher, databaseId: number, key: string, expired: boolean): void {
    const name = `${databaseId}:${key}`;
    let watchers = this.byKey.get(name);
    if (watchers === undefined) {
      watchers = new Set();
      this.byKey.set(name, watchers);
    }
    if (watchers.has(watcher)) return;
    watchers.add(watcher);
    this.active = true;
    watcher.watched.push({ databaseId, key, expired });
  }

  /** Ends all of a client's watches. */
  remove(watcher: Watcher): void {
    for (const { databaseId, key } of watcher.watched) {
      const name = `${databaseId}:${key}`;
      const watchers = this.byKey.get(name);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.byKey.delete(name);
    }
    watcher.watched.length = 0;
    this.active = this.byKey.size > 0;
  }

  /** The key changes; `gone`: it is being removed. */
  touch(databaseId: number, key: string, gone: boolean): void {
    const watchers = this.byKey.get(`${databaseId}:${key}`);
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      const watched = watcher.watched.find((w) => w.databaseId === databaseId && w.key === key);
      if (watched?.expired && gone) watched.expired = false;
      else watcher.dirty = true;
    }
  }

  /**
   * A whole database is emptied (or takes another's place): the watchers of every key that
   * `changed` says of so are told.
   */
  touchDatabase(databaseId: number, changed: (watched: WatchedKey) => boolean): void {
    const prefix = `${databaseId}:`;
    for (const [name, watchers] of this.byKey) {
      if (!name.startsWith(prefix)) continue;
      const key = name.slice(prefix.length);
      for (const watcher of watchers) {
        const watched = watcher.watched.find((w) => w.databaseId === databaseId && w.key === key);
        if (watched !== undefined && changed(watched)) watcher.dirty = true;
      }
    }
  }
}
