/**
 * The pool of eviction: of the keys that were looked at, those best to go, in order. It outlives a
 * call, so that what is good, but not the best, is not looked for again.
 *
 * It has refs of keys that may be gone or moved when it is their turn: with each is the hash of its
 * key, by which its place in the dict tells whether it is there (`dict.holds`).
 */
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";

/** As in Redis. */
const POOL_SIZE = 16;

export class EvictionPool {
  /** In the order of `scores`, which rise. */
  private readonly scores = new Float64Array(POOL_SIZE);
  private readonly entries = new Int32Array(POOL_SIZE);
  private readonly hashes = new Int32Array(POOL_SIZE);
  private readonly databases = new Int32Array(POOL_SIZE);
  private count = 0;
  /** What `takeBest` has taken. */
  entry = 0;
  hash = 0;
  database = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  clear(): void {
    this.count = 0;
  }

  /** Takes a key in, if it is better than the worst or there is room. */
  offer(score: number, databaseId: number, e: EntryRef): void {
    const { scores, entries, hashes, databases, count } = this;
    if (count === POOL_SIZE && score <= scores[0]) return;
    for (let i = 0; i < count; i++) if (entries[i] === e && databases[i] === databaseId) return;
    let at = count;
    while (at > 0 && scores[at - 1] > score) at--;
    if (count < POOL_SIZE) {
      for (let i = count; i > at; i--) this.move(i - 1, i);
      this.count++;
    } else {
      // The worst goes.
      at--;
      for (let i = 0; i < at; i++) this.move(i + 1, i);
    }
    scores[at] = score;
    entries[at] = e;
    hashes[at] = entry.hash(e);
    databases[at] = databaseId;
  }

  /** Takes the best out, of which there is one; returns its score, and has the rest in fields. */
  takeBest(): number {
    const at = --this.count;
    this.entry = this.entries[at];
    this.hash = this.hashes[at];
    this.database = this.databases[at];
    return this.scores[at];
  }

  private move(from: number, to: number): void {
    this.scores[to] = this.scores[from];
    this.entries[to] = this.entries[from];
    this.hashes[to] = this.hashes[from];
    this.databases[to] = this.databases[from];
  }
}
