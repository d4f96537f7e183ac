// Purpose: databases against plain Maps of values and times, over random changes, with `verify` of
// every structure after each; nothing in the arena is left when all keys are gone.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { argsOf } from "../../src/protocol/args.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import * as stringValue from "../../src/values/string_value.ts";
import * as values from "../../src/values/values.ts";
import type { Random } from "../fuzz/random.ts";
import { get, look, put, START_MS, World } from "./worlds.ts";

let blocks = 0;
let world: World;

beforeEach(() => {
  // The figures count blocks once the world's own are there.
  world = new World();
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  world.end();
  expect(arena.figures().blockCount).toBe(blocks);
});

interface Held {
  value: string;
  /** Unix ms, or -1. */
  expiryMs: number;
}

type Model = Map<string, Held>;

function randomValue(random: Random): string {
  const size = random.weighted<number>([
    [30, random.between(1, 60)],
    [10, random.between(180, 300)],
    [5, random.between(4000, 4200)],
    [1, random.between(5000, 20_000)],
    [1, 0],
  ]);
  if (random.chance(0.2)) return String(random.below(2 ** 31) - 2 ** 30);
  return String.fromCharCode(random.between(97, 122)).repeat(size);
}

function randomKey(random: Random): string {
  const key = `key:${random.below(60)}`;
  return random.chance(0.05) ? key.padEnd(4090 + random.below(10), "x") : key;
}

/** One random change, made to the database and to its model. */
function change(world: World, id: number, models: Model[]): void {
  const { random } = world;
  const db = world.db(id);
  const model = models[id];
  const key = randomKey(random);
  const e = look(db, key);
  const held = model.get(key);
  expect(e !== NIL).toBe(held !== undefined);
  const action = random.below(12);
  if (held === undefined || action < 3) {
    const value = randomValue(random);
    put(db, key, value);
    model.set(key, { value, expiryMs: held?.expiryMs ?? -1 });
  } else if (action < 5) {
    held.expiryMs = world.clock.nowMs + random.between(1, 3000);
    db.setExpiry(e, held.expiryMs);
  } else if (action < 6) {
    expect(db.clearExpiry(e)).toBe(held.expiryMs >= 0);
    held.expiryMs = -1;
  } else if (action < 8) {
    db.drop(e);
    model.delete(key);
  } else {
    moveOrCopy(world, e, key, db, models, action);
  }
}

function moveOrCopy(
  world: World,
  e: EntryRef,
  key: string,
  db: Database,
  models: Model[],
  action: number,
): void {
  const held = models[db.id].get(key) as Held;
  const target = world.db(world.random.below(2));
  const other = randomKey(world.random);
  const args = argsOf([other]);
  const keyHash = target.hash(args, 0);
  if (action < 9) {
    if (target === db || look(target, key) !== NIL) return;
    target.moveFrom(db, e);
    models[db.id].delete(key);
    models[target.id].set(key, held);
  } else if (action < 10) {
    if (look(db, other) !== NIL) return;
    db.rekey(e, args, 0, keyHash);
    models[db.id].delete(key);
    models[db.id].set(other, held);
  } else {
    if (look(target, other) !== NIL) return;
    target.copyFrom(db, e, args, 0, keyHash);
    models[target.id].set(other, { ...held });
  }
}

function check(world: World, models: Model[]): void {
  world.verify();
  for (const [id, model] of models.entries()) {
    const db = world.db(id);
    expect(db.size).toBe(model.size);
    let expiring = 0;
    dict.each(db.keys, (e) => {
      const held = model.get(entry.keyText(e));
      if (db.expiryOf(e) !== held?.expiryMs) throw new Error(`the expiry of ${entry.keyText(e)}`);
      if (entry.hasTtl(e)) expiring++;
    });
    expect(db.expires.count).toBe(expiring);
  }
}

describe.each([1, 2, 3])("random changes, seed %d", (seed) => {
  test("values and times are those of the model", () => {
    const before = arena.figures().blockCount;
    const other = new World(seed);
    const { random } = other;
    const models: Model[] = [new Map(), new Map()];
    for (let step = 0; step < 2000; step++) {
      if (random.chance(0.05)) {
        other.pass(random.below(400));
        for (const [id, model] of models.entries()) {
          other.db(id).expireDue(Infinity);
          for (const [key, held] of model) {
            if (held.expiryMs >= 0 && held.expiryMs <= other.clock.nowMs) model.delete(key);
          }
        }
      }
      if (step % 700 === 699) {
        other.keyspace.flush(other.db(1));
        models[1].clear();
      }
      change(other, random.below(2), models);
      check(other, models);
      if (step % 20 !== 0) continue;
      for (const [id, model] of models.entries()) {
        for (const [key, { value }] of model) expect(get(other.db(id), key)).toBe(value);
      }
    }
    other.end();
    for (const db of other.keyspace.databases) dict.release(db.keys);
    expect(arena.figures().blockCount).toBe(before);
  });
});

const VALUES = {
  integer: "12345",
  empty: "",
  short: "a short text",
  embedded: "x".repeat(4094),
  block: "y".repeat(4095),
  huge: "z".repeat(700_000),
};

describe.each(Object.entries(VALUES))("a value that is %s", (_, value) => {
  // In the block that it has, or in another.
  test.each(["to", "another-name"])("moves to the key %s with its expiry and clock", (name) => {
    const db = world.db();
    const e = db.setExpiry(put(db, "from", value), START_MS + 500);
    entry.setClock(e, 4711);
    const args = argsOf([name]);
    const used = arena.usedSize();
    const moved = db.rekey(e, args, 0, db.hash(args, 0));
    expect(arena.usedSize()).toBeLessThanOrEqual(used + 16);
    expect(get(db, "from")).toBeNull();
    expect(get(db, name)).toBe(value);
    expect(db.expiryOf(moved)).toBe(START_MS + 500);
    expect(entry.clock(moved)).toBe(4711);
    world.verify();
  });

  test("moves to another database with its expiry", () => {
    const [db, other] = [world.db(0), world.db(1)];
    const e = db.setExpiry(put(db, "key", value), START_MS + 500);
    const moved = other.moveFrom(db, e);
    expect([get(db, "key"), get(other, "key")]).toEqual([null, value]);
    expect([db.size, db.expires.count, other.size]).toEqual([0, 0, 1]);
    expect(other.expiryOf(moved)).toBe(START_MS + 500);
    world.verify();
  });

  test("is copied deep, with its expiry", () => {
    const db = world.db();
    const e = db.setExpiry(put(db, "from", value), START_MS + 500);
    const args = argsOf(["to"]);
    const twin = db.copyFrom(db, e, args, 0, db.hash(args, 0));
    expect(values.encodingName(twin)).toBe(values.encodingName(e));
    db.drop(e);
    put(db, "other", value.replace(/./g, "."));
    expect(get(db, "to")).toBe(value);
    expect(db.expiryOf(twin)).toBe(START_MS + 500);
    world.verify();
  });

  test("survives to be given an expiry and to lose it", () => {
    const db = world.db();
    const e = db.setExpiry(put(db, "key", value), START_MS + 500);
    expect(get(db, "key")).toBe(value);
    expect(db.clearExpiry(e)).toBe(true);
    expect(db.clearExpiry(e)).toBe(false);
    expect([db.expiryOf(e), get(db, "key")]).toEqual([-1, value]);
    world.verify();
  });
});

test("a copied integer is not a shared one", () => {
  const db = world.db();
  const e = put(db, "from", "7");
  const args = argsOf(["to"]);
  const twin = db.copyFrom(db, e, args, 0, db.hash(args, 0));
  expect([stringValue.isSharedInteger(e), stringValue.isSharedInteger(twin)]).toEqual([
    true,
    false,
  ]);
  expect(stringValue.isSharedInteger(put(db, "to", "8"))).toBe(true);
  expect(stringValue.isSharedInteger(put(db, "to", "10000"))).toBe(false);
  expect(stringValue.isSharedInteger(put(db, "to", "-1"))).toBe(false);
});

test("an expiry beyond 2^53 stays exact wherever the key goes", () => {
  const far = 9007199254740993n;
  const [db, other] = [world.db(0), world.db(1)];
  let e = db.setExpiry(put(db, "key", "value"), Number(far), far);
  const args = argsOf(["renamed"]);
  e = db.rekey(e, args, 0, db.hash(args, 0));
  expect(db.farExpiryOf(e)).toBe(far);
  expect(other.farExpiryOf(other.copyFrom(db, e, args, 0, db.hash(args, 0)))).toBe(far);
  other.drop(look(other, "renamed"));
  e = other.moveFrom(db, e);
  expect(other.farExpiryOf(e)).toBe(far);
  e = other.setExpiry(e, START_MS + 5);
  expect(other.farExpiryOf(e)).toBeUndefined();
});

describe("a key whose time has come", () => {
  test("is gone for who asks, and counted", () => {
    const db = world.db();
    db.setExpiry(put(db, "key", "value"), START_MS + 10);
    world.pass(9);
    expect(get(db, "key")).toBe("value");
    world.pass(1);
    expect([get(db, "key"), db.size, world.keyspace.stats.expired]).toEqual([null, 0, 1]);
  });

  test("hides, and stays, while nothing may expire", () => {
    const db = world.db();
    const e = db.setExpiry(put(db, "key", "value"), START_MS + 10);
    world.pass(10);
    world.keyspace.mayExpire = false;
    expect([get(db, "key"), db.size]).toEqual([null, 1]);
    expect(db.expireIfOver(e)).toBe(true);
    expect([db.randomKey(), db.size]).toEqual([NIL as EntryRef, 1]);
    world.keyspace.mayExpire = true;
    expect([get(db, "key"), db.size]).toEqual([null, 0]);
  });

  test("is never the random key", () => {
    const db = world.db();
    for (let i = 0; i < 50; i++) db.setExpiry(put(db, `key:${i}`, "value"), START_MS + 10);
    put(db, "stays", "value");
    world.pass(10);
    for (let draw = 0; draw < 100; draw++) expect(entry.keyText(db.randomKey())).toBe("stays");
    db.drop(look(db, "stays"));
    expect(db.randomKey()).toBe(NIL as EntryRef);
    expect(db.size).toBe(0);
  });

  test("is removed with others, the earliest first", () => {
    const db = world.db();
    for (let i = 0; i < 10; i++) db.setExpiry(put(db, `key:${i}`, "value"), START_MS + 10 - i);
    world.pass(20);
    expect(db.expireDue(3)).toBe(3);
    expect([look(db, "key:9"), look(db, "key:7")]).toEqual([NIL as EntryRef, NIL as EntryRef]);
    expect(db.size).toBe(7);
    expect(db.expireDue(100)).toBe(7);
  });
});

test("lookups count hits, misses and accesses as their kind says", () => {
  const db = world.db();
  const { stats } = world.keyspace;
  const args = argsOf(["key", "none"]);
  const e = put(db, "key", "value");
  world.pass(5000);
  expect(db.inspect(args, 0)).toBe(e);
  db.inspect(args, 1);
  expect([stats.hits, stats.misses, world.keyspace.idleSeconds(e)]).toEqual([1, 1, 5]);
  db.read(args, 0);
  db.read(args, 1);
  expect([stats.hits, stats.misses, world.keyspace.idleSeconds(e)]).toEqual([2, 2, 0]);
  world.pass(5000);
  world.keyspace.accessHidden = true;
  db.write(args, 0, db.hash(args, 0));
  expect([stats.hits, stats.misses, world.keyspace.idleSeconds(e)]).toEqual([2, 2, 5]);
});

test("a flushed database is empty at once, and freed in slices", () => {
  const db = world.db();
  for (let i = 0; i < 5000; i++) put(db, `key:${i}`, "value");
  expect(world.keyspace.flush(db)).toBe(5000);
  expect([db.size, get(db, "key:1"), world.keyspace.reclaimCount]).toEqual([0, null, 5000]);
  let slices = 0;
  while (world.keyspace.reclaimSlice()) slices++;
  expect(slices).toBeGreaterThan(5);
  expect([world.keyspace.reclaimCount, world.keyspace.stats.lazyFreed]).toEqual([0, 5000]);
});

test("room is made for keys that are to come, in a database that has none", () => {
  const db = world.db();
  const slots = () => dict.tableFigures(db.keys).slots0;
  const few = slots();
  db.reserve(0);
  expect(slots()).toBe(few);
  db.reserve(1000);
  expect(slots()).toBe(1024);
  db.reserve(0);
  expect(slots()).toBe(1024);
  put(db, "key", "value");
  db.reserve(100_000);
  expect(slots()).toBe(1024);
  expect(get(db, "key")).toBe("value");
});
