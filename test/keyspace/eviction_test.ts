// Purpose: which keys are evicted, by policy (src/keyspace/eviction.ts), with a clock and chance of
// the test's own; that no more go than must; and what keeps any from going.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { usedUnits } from "../../src/arena/arena.ts";
import { countClients, countedSize, limitMemory } from "../../src/arena/memory_limit.ts";
import { Eviction, type EvictionPolicy, Room } from "../../src/keyspace/eviction.ts";
import * as dict from "../../src/structures/dict.ts";
import { get, look, put, World } from "./worlds.ts";

const VALUE = "x".repeat(100);

let world: World;
let eviction: Eviction;

beforeEach(() => {
  world = new World(7);
  eviction = new Eviction(world.keyspace);
  eviction.tenacity = 100;
});

afterEach(() => {
  limitMemory(Infinity);
  world.verify();
  world.end();
});

/** Makes so many keys, one by one, `ms` apart. */
function fill(count: number, { ms = 0, db = 0, prefix = "key", expiring = false } = {}): void {
  for (let i = 0; i < count; i++) {
    const e = put(world.db(db), `${prefix}${i}`, VALUE);
    if (expiring) world.db(db).setExpiry(e, world.wallMs + 1_000_000 + i);
    world.pass(ms);
  }
}

/** Evicts until so many bytes less are used; returns what came of it. */
function free(bytes: number): Room {
  limitMemory(countedSize() - bytes);
  const room = eviction.makeRoom();
  limitMemory(Infinity);
  return room;
}

const has = (key: string, db = 0) => get(world.db(db), key) !== null;
const evicted = () => world.keyspace.stats.evicted;

describe("which keys go", () => {
  test("lru: those not looked up for longest", () => {
    eviction.policy = "allkeys-lru";
    fill(1000, { ms: 1000 });
    for (let i = 0; i < 500; i++) world.keyspace.accessed(look(world.db(), `key${i}`));
    expect(free(40_000)).toBe(Room.made);
    const kept = (from: number, to: number) => {
      let count = 0;
      for (let i = from; i < to; i++) if (has(`key${i}`)) count++;
      return count;
    };
    expect(kept(0, 500)).toBe(500);
    expect(kept(500, 750)).toBeLessThan(kept(750, 1000));
  });

  test("lru: within a second too, where that is what the clock knows", () => {
    eviction.policy = "allkeys-lru";
    world.clock.setFine(true);
    fill(100, { ms: 8 });
    free(4000);
    const gone = evicted();
    expect(gone).toBeGreaterThan(20);
    for (let i = 60; i < 100; i++) expect(has(`key${i}`)).toBe(true);
    const e = look(world.db(), "key99");
    world.pass(900);
    expect(world.keyspace.idleSeconds(e)).toBe(0);
    world.pass(200);
    expect(world.keyspace.idleSeconds(e)).toBe(1);
  });

  test("lfu: those looked up most rarely", () => {
    world.keyspace.lfu = true;
    eviction.policy = "allkeys-lfu";
    fill(1000);
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 500; i++) world.keyspace.accessed(look(world.db(), `key${i}`));
    }
    expect(free(40_000)).toBe(Room.made);
    for (let i = 0; i < 500; i++) expect(has(`key${i}`)).toBe(true);
    expect(world.db().size).toBeLessThan(800);
  });

  test("ttl: those that expire first, of all databases", () => {
    eviction.policy = "volatile-ttl";
    fill(100, { expiring: true });
    world.pass(50);
    fill(100, { expiring: true, db: 1, prefix: "other" });
    fill(100, { prefix: "lasting" });
    free(15_000);
    const gone = evicted();
    expect(gone).toBeGreaterThan(60);
    for (let i = 0; i < 50; i++) expect(has(`key${i}`)).toBe(false);
    const left = 200 - gone;
    expect(world.db().size - 100 + world.db(1).size).toBe(left);
    for (let i = 0; i < 100; i++) expect(has(`lasting${i}`)).toBe(true);
  });

  test("random: any, of one database after the other", () => {
    eviction.policy = "allkeys-random";
    fill(200);
    fill(200, { db: 1 });
    free(30_000);
    expect(Math.abs(world.db(0).size - world.db(1).size)).toBeLessThanOrEqual(1);
  });

  const volatile: EvictionPolicy[] = ["volatile-lru", "volatile-lfu", "volatile-random"];
  test.each(volatile)("%s: only those that expire", (policy) => {
    eviction.policy = policy;
    fill(200, { expiring: true });
    fill(200, { prefix: "lasting" });
    fill(10, { db: 1, expiring: true });
    expect(free(10_000)).toBe(Room.made);
    expect(evicted()).toBeGreaterThan(50);
    expect(free(1e9)).toBe(Room.none);
    expect([world.db(0).size, world.db(1).size]).toEqual([200, 0]);
    expect(world.db().expires.count).toBe(0);
  });
});

test("no more go than must", () => {
  for (const policy of ["allkeys-lru", "allkeys-random", "volatile-ttl"] as const) {
    eviction.policy = policy;
    fill(300, { expiring: true });
    while (dict.rehash(world.db().keys, 1000));
    const before = countedSize();
    free(5000);
    const freed = before - countedSize();
    expect(freed).toBeGreaterThanOrEqual(5000);
    expect(freed).toBeLessThan(5200);
  }
});

test("a key that was looked up after it was looked at stays", () => {
  eviction.policy = "allkeys-lru";
  fill(16, { ms: 1000 });
  free(1);
  expect(has("key0")).toBe(false);
  world.pass(1000);
  world.keyspace.accessed(look(world.db(), "key1"));
  free(1);
  expect([has("key1"), has("key2")]).toEqual([true, false]);
});

test("a key that does not expire any more after it was looked at stays", () => {
  eviction.policy = "volatile-lru";
  fill(17, { ms: 1000, expiring: true });
  free(1);
  expect(has("key0")).toBe(false);
  world.db().clearExpiry(look(world.db(), "key1"));
  free(1);
  expect([has("key1"), has("key2")]).toEqual([true, false]);
});

describe.each(["allkeys-lru", "volatile-lru"] as const)("%s", (policy) => {
  test.each([
    [16, 5],
    [200, 200],
  ])("of %d keys with %d samples it is always the oldest", (count, samples) => {
    eviction.policy = policy;
    eviction.samples = samples;
    fill(count, { ms: 1000, expiring: true });
    while (dict.rehash(world.db().keys, 1000));
    for (let i = 0; i < 15; i++) {
      free(1);
      expect([has(`key${i}`), has(`key${i + 1}`)]).toEqual([false, true]);
    }
  });
});

test("what was looked at and is gone, or has come again, is no mistake", () => {
  eviction.policy = "allkeys-lru";
  fill(100, { ms: 10 });
  free(1);
  for (let i = 0; i < 100; i += 2) {
    const e = look(world.db(), `key${i}`);
    if (e !== 0) world.db().remove(e);
  }
  fill(100, { prefix: "new" });
  free(5000);
  world.verify();
  expect(has("new0")).toBe(true);
});

test("what waits to be freed goes before a key does", () => {
  eviction.policy = "allkeys-lru";
  fill(500, { db: 1 });
  fill(10);
  world.keyspace.flush(world.db(1));
  expect(free(20_000)).toBe(Room.made);
  expect([evicted(), world.db().size]).toEqual([0, 10]);
});

test("without a policy nothing goes but that", () => {
  fill(500, { db: 1 });
  fill(10);
  world.keyspace.flush(world.db(1));
  expect(free(20_000)).toBe(Room.made);
  expect(free(1e9)).toBe(Room.none);
  expect([evicted(), world.db().size]).toEqual([0, 10]);
});

test("while nothing may go, or is replayed, it is as if there were room", () => {
  eviction.policy = "allkeys-random";
  fill(10);
  world.keyspace.mayExpire = false;
  expect(free(1e9)).toBe(Room.made);
  world.keyspace.mayExpire = true;
  world.keyspace.isReplaying = true;
  expect(free(1e9)).toBe(Room.made);
  world.keyspace.isReplaying = false;
  expect(world.db().size).toBe(10);
  expect(free(1e9)).toBe(Room.none);
  expect(world.db().size).toBe(0);
});

test("what clients are told of keys that go is no reason for more to go", () => {
  eviction.policy = "allkeys-random";
  fill(100);
  const { expiryFeed } = world.keyspace;
  const { keyspace } = world;
  const before = countedSize() - usedUnits * 8;
  keyspace.expiryFeed = { expired() {}, evicted: () => countClients(1000) } as never;
  free(2000);
  keyspace.expiryFeed = expiryFeed;
  expect(evicted()).toBeLessThan(20);
  // But it counts from then on.
  expect(countedSize() - usedUnits * 8 - before).toBe(1000 * evicted());
  countClients(-1000 * evicted());
});

test("when time is up more is to come; a change of that is told", () => {
  const told: boolean[] = [];
  eviction.onShortage = (isShort) => told.push(isShort);
  eviction.policy = "allkeys-random";
  eviction.tenacity = 10;
  fill(100);
  limitMemory(countedSize() - 5000);
  const { monotonicMs } = world;
  Object.defineProperty(world, "monotonicMs", { get: () => time++, configurable: true });
  let time = monotonicMs;
  expect(eviction.makeRoom()).toBe(Room.making);
  expect(evicted()).toBe(32);
  while (eviction.makeRoom() === Room.making);
  expect(told).toEqual([true, false]);
});

test("orders of expiry count, and are nothing when they are gone", () => {
  const before = countedSize() - usedUnits * 8;
  const outside = () => countedSize() - usedUnits * 8 - before;
  fill(1000, { expiring: true });
  expect(outside()).toBe(12_000);
  eviction.policy = "allkeys-random";
  free(10_000);
  expect(outside()).toBe(12 * (1000 - evicted()));
  world.keyspace.flush(world.db());
  expect(outside()).toBe(0);
});
