// Purpose: large values are freed in slices (src/keyspace/keyspace.ts): deleting one takes no time,
// whatever its type, and in the end nothing of it is left.

import { afterEach, beforeEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as hashValue from "../../src/values/hash_value.ts";
import * as listValue from "../../src/values/list_value.ts";
import * as setValue from "../../src/values/set_value.ts";
import * as zsetValue from "../../src/values/zset_value.ts";
import { look, World } from "./worlds.ts";

const COUNT = 20_000;

let world: World;
let blocks = 0;
let scheduled = 0;

beforeEach(() => {
  world = new World();
  scheduled = 0;
  world.keyspace.onReclaim = () => scheduled++;
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  world.end();
  expect(arena.figures().blockCount).toBe(blocks);
});

/** Makes a key of `count` elements of a type. */
const makers: Record<string, (db: Database, key: string, count: number) => EntryRef> = {
  list(db, key, count) {
    const args = argsOf([key]);
    const e = listValue.create(db, args, 0, db.hash(args, 0), "rpush");
    for (let i = 0; i < count; i++) {
      const { bytes, size } = argsOf([`${i} ${"of many ".repeat(12)}`]);
      listValue.push(e, false, bytes, 0, size[0]);
    }
    return e;
  },
  set(db, key, count) {
    const args = argsOf([key]);
    const e = setValue.create(db, args, 0, db.hash(args, 0), "sadd");
    for (let i = 0; i < count; i++) {
      const { bytes, view, size } = argsOf([`member ${i}`]);
      setValue.add(e, bytes, view, 0, size[0]);
    }
    return e;
  },
  zset(db, key, count) {
    const args = argsOf([key]);
    const e = zsetValue.create(db, args, 0, db.hash(args, 0), "zadd");
    for (let i = 0; i < count; i++) {
      const { bytes, view, size } = argsOf([`member ${i}`]);
      zsetValue.put(e, bytes, view, 0, size[0], i);
    }
    return e;
  },
  hash(db, key, count) {
    const args = argsOf([key]);
    const e = hashValue.create(db, args, 0, db.hash(args, 0), "hset");
    for (let i = 0; i < count; i++) {
      const pair = argsOf([`field ${i}`, `value ${i}`]);
      hashValue.put(e, pair, 0, pair, 1);
    }
    return e;
  },
};

test.each(Object.keys(makers))("a large %s goes slice by slice, a small one at once", (type) => {
  const db = world.db();
  const { keyspace } = world;
  const remove = (e: EntryRef) => {
    keyspace.changing(db, e, "del");
    db.drop(e);
  };
  remove(makers[type](db, "small", 10));
  expect([keyspace.reclaimCount, scheduled]).toEqual([0, 0]);
  expect(arena.figures().blockCount).toBe(blocks);

  remove(makers[type](db, "large", COUNT));
  remove(makers[type](db, "also large", COUNT / 2));
  expect([keyspace.reclaimCount, scheduled, db.size]).toEqual([2, 2, 0]);
  expect(keyspace.stats.lazyFreed).toBe(0);
  let slices = 1;
  while (keyspace.reclaimSlice()) slices++;
  expect(slices).toBeGreaterThan(3);
  expect([keyspace.reclaimCount, keyspace.stats.lazyFreed]).toEqual([0, 2]);
  expect(arena.figures().blockCount).toBe(blocks);
});

test("large values in a database that is emptied, each counted once", () => {
  const db = world.db();
  const { keyspace } = world;
  let made = 0;
  for (const [type, make] of Object.entries(makers)) {
    for (let i = 0; i < 50; i++) make(db, `${type} ${i}`, i % 5 === 0 ? 200 : 3);
    made += 50;
  }
  keyspace.flush(db);
  expect([keyspace.reclaimCount, db.size]).toEqual([made, 0]);
  while (keyspace.reclaimSlice()) {
    expect(keyspace.reclaimCount + keyspace.stats.lazyFreed).toBe(made);
  }
  expect(keyspace.stats.lazyFreed).toBe(made);
});

test("a large value that expires", () => {
  const db = world.db();
  const e = makers.zset(db, "board", 1000);
  db.setExpiry(e, world.wallMs + 5);
  world.pass(5);
  expect(look(db, "board")).toBe(0 as EntryRef);
  expect(world.keyspace.reclaimCount).toBe(1);
});
