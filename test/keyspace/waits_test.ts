// Purpose: who waits for which keys (src/keyspace/waits.ts), against a plain model, over random
// changes of keys of all kinds; and that every way in which a key comes to be makes it ready.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { NIL } from "../../src/arena/arena.ts";
import type { Database } from "../../src/keyspace/database.ts";
import type { WaitedKey, Waiter } from "../../src/keyspace/waits.ts";
import { type Args, argsOf } from "../../src/protocol/args.ts";
import * as entry from "../../src/structures/entry.ts";
import * as listValue from "../../src/values/list_value.ts";
import * as streamValue from "../../src/values/stream_value.ts";
import { Type } from "../../src/values/types.ts";
import * as zsetValue from "../../src/values/zset_value.ts";
import { Random } from "../fuzz/random.ts";
import { look, put, World } from "./worlds.ts";

let world: World;

beforeEach(() => {
  world = new World(1, 3);
});

afterEach(() => world.end());

interface TestWaiter extends Waiter {
  readonly name: string;
  readonly db: Database;
  readonly args: Args;
}

function waiter(name: string, db: Database, type: number, ...keys: string[]): TestWaiter {
  const waited: WaitedKey[] = [];
  const made = { name, db, type, awaitsEnd: false, args: argsOf(keys), waited };
  for (let i = 0; i < keys.length; i++) world.keyspace.waits.add(made, db, made.args, i);
  return made;
}

/** Makes a list, or adds to it, as RPUSH does. */
function push(db: Database, key: string): void {
  const args = argsOf([key, "v"]);
  const keyHash = db.hash(args, 0);
  let e = db.write(args, 0, keyHash);
  if (e === NIL) e = listValue.create(db, args, 0, keyHash, "rpush");
  else world.keyspace.changing(db, e, "rpush");
  listValue.push(e, false, args.bytes, args.start[1], 1);
}

function addMember(db: Database, key: string): void {
  const args = argsOf([key, "m"]);
  const e = zsetValue.create(db, args, 0, db.hash(args, 0), "zadd");
  zsetValue.put(e, args.bytes, args.view, args.start[1], 1, 1);
}

function addStream(db: Database, key: string): void {
  const args = argsOf([key]);
  streamValue.create(db, args, 0, db.hash(args, 0), "xadd");
}

function remove(db: Database, key: string): void {
  const e = look(db, key);
  if (e === NIL) return;
  world.keyspace.changing(db, e, "del");
  db.drop(e);
}

/** Who waits for a key: for one type after the other, in the order of arrival. */
function waitersOf(key: WaitedKey): [TestWaiter, number][] {
  const types = [...new Set(Object.values(Type))].sort((a, b) => a - b);
  return types.flatMap((type) => [...key.waitersFor(type)] as [TestWaiter, number][]);
}

/** The ready keys, with who waits for each, in order: takes them all. */
function ready(): string[] {
  const { waits } = world.keyspace;
  const found: string[] = [];
  for (let key = waits.nextReady(); key !== null; key = waits.nextReady()) {
    const names: string[] = [];
    for (const [{ name, args }, index] of waitersOf(key)) names.push(`${name}:${args.text(index)}`);
    found.push(`${key.databaseId} ${names.join(" ")}`);
  }
  return found;
}

describe("a key becomes ready", () => {
  test("when it is made, once, in the order in which they are made", () => {
    const db = world.db();
    waiter("a", db, Type.list, "x", "y");
    waiter("b", db, Type.list, "y", "y");
    push(db, "y");
    push(db, "x");
    push(db, "y");
    push(db, "other");
    expect(ready()).toEqual(["0 a:y b:y", "0 a:x"]);
    expect(ready()).toEqual([]);
    expect(world.keyspace.waits.hasReady).toBe(false);
  });

  test("of a type that somebody waits for, in the database where he waits", () => {
    waiter("a", world.db(1), Type.list, "x");
    put(world.db(1), "x", "text");
    push(world.db(0), "x");
    expect(ready()).toEqual([]);
    remove(world.db(1), "x");
    addMember(world.db(1), "x");
    expect(ready()).toEqual([]);
    waiter("b", world.db(1), Type.zset, "none");
    remove(world.db(1), "x");
    expect(ready()).toEqual([]);
    addMember(world.db(1), "x");
    expect(ready()).toEqual(["1 a:x"]);
  });

  test("when a list is made, not when one that is there changes or goes", () => {
    const db = world.db();
    push(db, "x");
    waiter("a", db, Type.list, "x");
    push(db, "x");
    remove(db, "x");
    expect(ready()).toEqual([]);
    push(db, "x");
    expect(ready()).toEqual(["0 a:x"]);
  });

  test("by another name, in another database, as a copy", () => {
    const [from, to] = [world.db(0), world.db(1)];
    waiter("a", from, Type.list, "renamed");
    waiter("b", to, Type.list, "moved", "copied");
    push(from, "moved");
    push(from, "old");
    const args = argsOf(["renamed", "copied"]);
    const renamed = from.rekey(look(from, "old"), args, 0, from.hash(args, 0));
    from.appeared(renamed);
    const copied = to.copyFrom(from, renamed, args, 1, to.hash(args, 1));
    to.appeared(copied);
    to.appeared(to.moveFrom(from, look(from, "moved")));
    expect(ready()).toEqual(["0 a:renamed", "1 b:copied", "1 b:moved"]);
  });

  test("when databases are exchanged: where a value comes, and where a stream goes", () => {
    const [first, second] = [world.db(0), world.db(1)];
    waiter("a", first, Type.list, "x", "y");
    waiter("b", second, Type.list, "x", "y");
    waiter("c", first, Type.stream, "z");
    put(first, "y", "text");
    push(second, "x");
    addStream(first, "z");
    ready();
    world.keyspace.swap(first, second);
    expect(ready()).toEqual(["0 c:z", "0 a:x"]);
    world.keyspace.swap(first, second);
    expect(ready()).toEqual(["0 c:z", "1 b:x"]);
  });

  test("when a database is emptied: where a stream goes", () => {
    const db = world.db();
    waiter("a", db, Type.list, "x");
    waiter("b", db, Type.stream, "y", "z");
    push(db, "x");
    addStream(db, "z");
    ready();
    world.keyspace.flush(world.db(1));
    expect(ready()).toEqual([]);
    world.keyspace.flush(db);
    expect(ready()).toEqual(["0 b:z"]);
  });

  test("for nobody who is gone", () => {
    const { waits } = world.keyspace;
    const db = world.db();
    const one = waiter("a", db, Type.list, "x");
    const two = waiter("b", db, Type.list, "x");
    waits.remove(one);
    waits.remove(one);
    push(db, "x");
    expect(ready()).toEqual(["0 b:x"]);
    remove(db, "x");
    push(db, "x");
    waits.remove(two);
    expect(waits.active).toBe(false);
    expect(ready()).toEqual(["0 "]);
  });
});

test("the registry as a plain model has it, over random changes", () => {
  const random = new Random(3);
  const { waits } = world.keyspace;
  const keys = ["a", "b", "long".repeat(20), ""];
  const types = [Type.list, Type.zset];
  let waiting: { one: TestWaiter; keys: string[] }[] = [];
  let expected: string[] = [];
  const touched = (db: Database, key: string, type: number) => {
    if (!waiting.some(({ one }) => one.type === type)) return;
    if (!waiting.some(({ one, keys: own }) => one.db === db && own.includes(key))) return;
    const name = `${db.id} ${key}`;
    if (!expected.includes(name)) expected.push(name);
  };
  const change = (db: Database, key: string, kind: number) => {
    const e = look(db, key);
    if (e !== NIL) {
      if (entry.type(e) === Type.list && kind === 0) {
        push(db, key);
        return;
      }
      remove(db, key);
    }
    if (kind === 0) push(db, key);
    else if (kind === 1) addMember(db, key);
    else if (kind === 2) put(db, key, "v");
    if (kind < 2) touched(db, key, types[kind]);
  };
  for (let step = 0; step < 4000; step++) {
    const db = world.db(random.below(3));
    if (random.chance(0.3) && waiting.length < 12) {
      const own = Array.from({ length: random.between(1, 4) }, () => random.pick(keys));
      waiting.push({ one: waiter(`w${step}`, db, random.pick(types), ...own), keys: own });
    } else if (random.chance(0.3) && waiting.length > 0) {
      const { one } = random.pick(waiting);
      waits.remove(one);
      waiting = waiting.filter((other) => other.one !== one);
      expected = expected.filter((name) =>
        waiting.some(({ one: w, keys: k }) => k.some((key) => `${w.db.id} ${key}` === name)),
      );
    } else {
      change(db, random.pick(keys), random.below(4));
    }
    expect(waits.active).toBe(waiting.length > 0);
    if (!random.chance(0.2)) continue;
    const found: string[] = [];
    for (let key = waits.nextReady(); key !== null; key = waits.nextReady()) {
      const waiters = waitersOf(key);
      expect(key.count).toBe(waiters.length);
      if (waiters.length === 0) continue;
      const [[first, index]] = waiters;
      const text = first.args.text(index);
      found.push(`${key.databaseId} ${text}`);
      const names = waiters.map(([one]) => one.name);
      const model = waiting
        .map(({ one, keys: own }) => ({ ...one, own }))
        .filter(({ db, own }) => db.id === key.databaseId && own.includes(text))
        .sort((a, b) => a.type - b.type);
      expect(names).toEqual(model.map(({ name }) => name));
    }
    expect(found).toEqual(expected);
    expected = [];
  }
  for (const { one } of waiting) waits.remove(one);
});
