/**
 * Eviction: when more is used than maxmemory allows, keys go until it is not (maxmemory-policy).
 *
 *   allkeys-lru, -lfu, volatile-lru, -lfu   the best of those that were looked at: see the pool
 *   volatile-ttl                            the key that expires first, of all
 *   allkeys-random, volatile-random         any, of each database in turn
 *
 * What waits to be freed already (a large value, a database that was emptied) is freed before
 * another key goes: so no more keys go than must. Who may have nothing evicted gets the answer that
 * there is room, as in Redis.
 */
import { SHRINKING_SEGMENTS, segmentsLeft } from "../arena/arena.ts";
import { holdClients, isAboveLimit } from "../arena/memory_limit.ts";
import * as dict from "../structures/dict.ts";
import { DictSample } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { ChangeKind } from "../values/key_event.ts";
import type { Database } from "./database.ts";
import { DrawnKeys } from "./drawn_keys.ts";
import { EvictionPool } from "./eviction_pool.ts";
import type { Keyspace } from "./keyspace.ts";

/** What has become of it. */
export const Room = {
  /** There is room, or nothing may be evicted now. */
  made: 0,
  /** Time was up: more is to be evicted. */
  making: 1,
  /** There is nothing that could be evicted. */
  none: 2,
} as const;

export type Room = (typeof Room)[keyof typeof Room];

/** What maxmemory-policy says. */
export type EvictionPolicy =
  | "noeviction"
  | `${"allkeys" | "volatile"}-${"lru" | "lfu" | "random"}`
  | "volatile-ttl";

/** Between two looks at the clock, as in Redis. */
const STEPS = 16;
/** Keys that are looked at together, at least: reading them is under way at once. */
const LOOKED_AT = 16;

export class Eviction {
  /** maxmemory-samples: keys looked at for each that goes. */
  samples = 5;
  /** Told when there begins to be too little room, and when there is enough again. */
  onShortage: (isShort: boolean) => void = () => {};
  /** Ms that the last `makeRoom` has taken that has left more to be evicted. */
  takenMs = 0;
  private wanted: EvictionPolicy = "noeviction";
  private isVolatile = false;
  /** It goes by the clocks of keys. */
  private isByClock = false;
  private limitMs = 0.5;
  private isShort = false;
  private readonly keyspace: Keyspace;
  private readonly pool = new EvictionPool();
  /** By the number of a database: where in its table the next are taken. */
  private readonly places: number[] = [];
  private sample = new DictSample(LOOKED_AT * 4);
  /** Keys that were looked at, less those that the keys which have gone since are worth. */
  private credit = 0;
  /** The database that a random key was taken from last. */
  private lastDb = 0;
  /** By the number of a database. */
  private readonly drawn: DrawnKeys[] = [];

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
  }

  get policy(): EvictionPolicy {
    return this.wanted;
  }

  /** What was looked at says nothing now: it was by another policy, or other clocks. */
  set policy(policy: EvictionPolicy) {
    this.wanted = policy;
    this.isVolatile = policy.startsWith("volatile");
    this.isByClock = /l[fr]u$/.test(policy);
    this.pool.clear();
    this.credit = 0;
  }

  /** maxmemory-eviction-tenacity, from 0 to 100: how long one call may take, as in Redis. */
  set tenacity(tenacity: number) {
    if (tenacity <= 10) this.limitMs = tenacity * 0.05;
    else this.limitMs = tenacity < 100 ? 0.5 * 1.15 ** (tenacity - 10) : Infinity;
  }

  /** Evicts until no more is used than may be, or time is up. */
  makeRoom(): Room {
    const { keyspace } = this;
    // Near the end of all memory nothing can be told of keys that go: see ActiveExpiry.
    const isScarce = segmentsLeft() <= SHRINKING_SEGMENTS;
    if (!keyspace.mayExpire || keyspace.isReplaying || isScarce) return Room.made;
    const room = isAboveLimit() ? this.free() : Room.made;
    if (this.isShort !== (room !== Room.made)) {
      this.isShort = !this.isShort;
      this.onShortage(this.isShort);
    }
    return room;
  }

  private free(): Room {
    const { keyspace } = this;
    if (this.wanted === "noeviction" && keyspace.reclaimCount === 0) return Room.none;
    const beganMs = keyspace.delays.begin();
    // What clients are told of keys that go is no reason for more to go.
    holdClients(true);
    try {
      return this.freeSome();
    } finally {
      holdClients(false);
      keyspace.delays.end("eviction-cycle", beganMs);
    }
  }

  private freeSome(): Room {
    const { keyspace } = this;
    let beganMs = -1;
    for (let step = 1; isAboveLimit(); step++) {
      if (keyspace.reclaimCount > 0) keyspace.reclaimSlice();
      else if (!this.evictOne()) return Room.none;
      if (step % STEPS !== 0) continue;
      const nowMs = keyspace.clock.monotonicMs();
      if (beganMs < 0) beganMs = nowMs;
      this.takenMs = nowMs - beganMs;
      if (this.takenMs > this.limitMs) return Room.making;
    }
    return Room.made;
  }

  /** Evicts the key that the policy says; false when there is none. */
  private evictOne(): boolean {
    if (this.isByClock) return this.evictBest();
    if (this.wanted === "noeviction") return false;
    return this.wanted === "volatile-ttl" ? this.evictFirst() : this.evictRandom();
  }

  /** The key that expires first. */
  private evictFirst(): boolean {
    let first: Database | null = null;
    for (const db of this.keyspace.databases) {
      const timeMs = db.expires.firstTime();
      if (timeMs < (first?.expires.firstTime() ?? Infinity)) first = db;
    }
    if (first === null) return false;
    this.evict(first, first.expires.entryAt(0));
    return true;
  }

  /** Any key of the next database that has any. */
  private evictRandom(): boolean {
    const { isVolatile } = this;
    const { databases, randomBelow } = this.keyspace;
    for (let i = 0; i < databases.length; i++) {
      this.lastDb = (this.lastDb + 1) % databases.length;
      const db = databases[this.lastDb];
      const { expires } = db;
      if ((isVolatile ? expires.count : db.size) === 0) continue;
      const e = isVolatile
        ? expires.entryAt(randomBelow(expires.count))
        : this.drawnOf(db).next(db.keys);
      this.evict(db, e);
      return true;
    }
    return false;
  }

  private drawnOf({ id }: Database): DrawnKeys {
    this.drawn[id] ??= new DrawnKeys();
    return this.drawn[id];
  }

  /** The best of the pool, which gets some more keys first if it is their turn. */
  private evictBest(): boolean {
    const { pool, keyspace } = this;
    for (;;) {
      if (this.credit < this.samples || pool.isEmpty) {
        if (!this.lookAtMore()) return false;
      }
      while (!pool.isEmpty) {
        const score = pool.takeBest();
        const db = keyspace.databases[pool.database];
        if (!dict.holds(db.keys, pool.entry, pool.hash)) continue;
        const e = pool.entry as EntryRef;
        // It has been looked up since, or has no time to expire any more.
        if (this.scoreOf(e) < score || (this.isVolatile && !entry.hasTtl(e))) continue;
        this.credit -= this.samples;
        this.evict(db, e);
        return true;
      }
      this.credit = 0;
    }
  }

  /** How good it would be that a key goes; of a key that is not looked up it never falls. */
  private scoreOf(e: EntryRef): number {
    return this.keyspace.evictionScore(e);
  }

  /** Puts keys of every database into the pool that are worth it; false when there are none. */
  private lookAtMore(): boolean {
    const wanted = Math.max(LOOKED_AT, this.samples);
    if (wanted * 2 > this.sample.refs.length) this.sample = new DictSample(wanted * 4);
    let hasAny = false;
    for (const db of this.keyspace.databases) {
      const count = this.isVolatile ? this.takeVolatile(db, wanted) : this.takeAny(db, wanted);
      for (let i = 0; i < count; i++) {
        const e = this.sample.refs[i] as EntryRef;
        this.pool.offer(this.scoreOf(e), db.id, e);
      }
      if (count > 0) {
        hasAny = true;
        if (this.credit < wanted) this.credit += count;
      }
    }
    return hasAny;
  }

  private takeAny(db: Database, wanted: number): number {
    const { sample, places } = this;
    if (db.size === 0) return 0;
    sample.next = places[db.id] ?? 0;
    sample.take(db.keys, wanted);
    places[db.id] = sample.next;
    return sample.count;
  }

  private takeVolatile({ expires }: Database, wanted: number): number {
    const { sample, keyspace } = this;
    const count = Math.min(wanted, expires.count);
    const isAll = count === expires.count;
    for (let i = 0; i < count; i++) {
      sample.refs[i] = expires.entryAt(isAll ? i : keyspace.randomBelow(expires.count));
    }
    return count;
  }

  private evict(db: Database, e: EntryRef): void {
    const { keyspace } = this;
    const beganMs = keyspace.delays.begin();
    keyspace.stats.evicted++;
    keyspace.changing(db, e, "evicted", ChangeKind.uncounted);
    keyspace.expiryFeed?.evicted(db, e);
    db.drop(e);
    keyspace.delays.end("eviction-del", beganMs);
  }
}
