// Purpose: observers of keys (src/keyspace/observers.ts, looks.ts): one that counts beside those
// that there are sees every change, look and exchange; and that none is told while none is there.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { NIL } from "../../src/arena/arena.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { type LookObserver, LookSlot } from "../../src/keyspace/looks.ts";
import { type KeyObserver, KeySlot } from "../../src/keyspace/observers.ts";
import { SnapshotWalk } from "../../src/persistence/walk/snapshot_walk.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../../src/values/key_event.ts";
import { put, World } from "./worlds.ts";

let world: World;

beforeEach(() => {
  world = new World(1, 2);
});

afterEach(() => world.end());

/** Notes what it is told. */
class Notes implements KeyObserver, LookObserver {
  readonly told: unknown[][] = [];

  changing(db: Database, e: EntryRef, event: KeyEvent | null, kind: ChangeKind): void {
    this.told.push([db.id, entry.keyText(e), event, kind]);
  }

  replacing(db: Database, by: Database | null): void {
    this.told.push(["replacing", db.id, db.size, by === null ? null : by.id]);
  }

  swapped(a: Database, b: Database): void {
    this.told.push(["swapped", a.id, a.size, b.id, b.size]);
  }

  look(databaseId: number, keyHash: number): void {
    this.told.push(["look", databaseId, keyHash]);
  }

  lookAtAll(databaseId: number): void {
    this.told.push(["lookAtAll", databaseId]);
  }

  /** What it was told since it was asked last. */
  news(): unknown[][] {
    return this.told.splice(0);
  }
}

/** An observer of changes that is attached. */
function attached(slot: number = KeySlot.others): Notes {
  const notes = new Notes();
  world.keyspace.observers.attach(slot, notes);
  return notes;
}

function entryOf(key: string): EntryRef {
  return world.db().entryOf(key);
}

describe("changes", () => {
  test("come with event and kind, and count in dirty by the kind", () => {
    const { keyspace } = world;
    put(world.db(), "a", "1");
    const notes = attached();
    const { dirty } = keyspace;
    const a = entryOf("a");
    keyspace.changing(world.db(), a, "append");
    keyspace.changing(world.db(), a, null);
    keyspace.changing(world.db(), a, "setbit", ChangeKind.unwatched);
    expect(keyspace.dirty - dirty).toBe(3);
    keyspace.changing(world.db(), a, "del", ChangeKind.uncounted);
    keyspace.changing(world.db(), a, null, ChangeKind.unseen);
    expect(keyspace.dirty - dirty).toBe(3);
    expect(notes.news()).toEqual([
      [0, "a", "append", ChangeKind.usual],
      [0, "a", null, ChangeKind.usual],
      [0, "a", "setbit", ChangeKind.unwatched],
      [0, "a", "del", ChangeKind.uncounted],
      [0, "a", null, ChangeKind.unseen],
    ]);
  });

  test("are told when a key is made, and when its time has come", () => {
    const notes = attached();
    put(world.db(1), "b", "1");
    expect(notes.news()).toEqual([[1, "b", "set", ChangeKind.usual]]);
    world.db(1).setExpiry(world.db(1).entryOf("b"), world.wallMs + 1);
    world.pass(2);
    expect(world.db(1).peek(argsOf(["b"]), 0, world.db(1).hash(argsOf(["b"]), 0))).toBe(
      NIL as EntryRef,
    );
    expect(notes.news()).toEqual([[1, "b", "expired", ChangeKind.uncounted]]);
  });

  test("are told to several, beside a walk, the marks, watches and waits", () => {
    const { keyspace } = world;
    const db = world.db();
    put(db, "a", "1");
    const shown: string[] = [];
    const walk = new SnapshotWalk(keyspace, (_db, _id, e) => shown.push(entry.keyText(e)));
    const watcher = { dirty: false, watched: [], watchedSize: 0 };
    keyspace.watch(watcher, db, argsOf(["a"]), 0);
    keyspace.unsynced.isOn = true;
    const all = [attached(), attached(KeySlot.others + 1)];
    keyspace.changing(db, entryOf("a"), "append");
    const told = [[0, "a", "append", ChangeKind.usual]];
    expect(all.map((notes) => notes.news())).toEqual([told, told]);
    expect([shown, watcher.dirty, keyspace.unsynced.isAny]).toEqual([["a"], true, true]);
    keyspace.unwatch(watcher);
    keyspace.unsynced.isOn = false;
    while (walk.step());
    keyspace.changing(db, entryOf("a"), "append");
    expect(all.map((notes) => notes.news())).toEqual([told, told]);
  });

  test("of kinds that are not theirs leave watches and the marks alone", () => {
    const { keyspace } = world;
    const db = world.db();
    put(db, "a", "1");
    const watcher = { dirty: false, watched: [], watchedSize: 0 };
    keyspace.watch(watcher, db, argsOf(["a"]), 0);
    keyspace.unsynced.isOn = true;
    keyspace.changing(db, entryOf("a"), null, ChangeKind.unseen);
    expect([watcher.dirty, keyspace.unsynced.isAny]).toEqual([false, false]);
    keyspace.changing(db, entryOf("a"), "setbit", ChangeKind.unwatched);
    expect([watcher.dirty, keyspace.unsynced.isAny]).toEqual([false, true]);
    keyspace.changing(db, entryOf("a"), null, ChangeKind.uncounted);
    expect(watcher.dirty).toBe(true);
    keyspace.unwatch(watcher);
  });
});

test("whole databases: those that are emptied still have their keys, whoever takes them", () => {
  const { keyspace } = world;
  put(world.db(0), "a", "1");
  put(world.db(0), "b", "1");
  put(world.db(1), "c", "1");
  const notes = attached();
  keyspace.swap(world.db(0), world.db(1));
  expect(notes.news()).toEqual([
    ["replacing", 0, 2, 1],
    ["replacing", 1, 1, 0],
    ["swapped", 0, 1, 1, 2],
  ]);
  const walk = new SnapshotWalk(keyspace, () => {});
  keyspace.flush(world.db(1));
  expect(notes.news()).toEqual([["replacing", 1, 2, null]]);
  expect(world.db(1).size).toBe(0);
  while (walk.step());
});

test("looks: of keys that are there or not, and of whole databases", () => {
  const { keyspace } = world;
  const db = world.db();
  put(db, "a", "1");
  const notes = new Notes();
  keyspace.looks.attach(LookSlot.others, notes);
  const [there, missing] = [argsOf(["a"]), argsOf(["b"])];
  const hashes = [db.hash(there, 0), db.hash(missing, 0)];
  db.read(there, 0);
  db.inspect(missing, 0);
  db.entryAt(there, 0);
  db.lookAtAll();
  expect(notes.news()).toEqual([
    ["look", 0, hashes[0]],
    ["look", 0, hashes[1]],
    ["look", 0, hashes[0]],
    ["lookAtAll", 0],
  ]);
  keyspace.unsynced.note(0, hashes[0]);
  keyspace.unsynced.startLooking();
  db.read(there, 0);
  expect(notes.news()).toEqual([["look", 0, hashes[0]]]);
  expect(keyspace.unsynced.seenMark).toBe(keyspace.unsynced.mark);
  keyspace.looks.detach(LookSlot.others);
  db.read(there, 0);
  expect(notes.news()).toEqual([]);
});

test("nobody is told while nobody observes", () => {
  const { keyspace } = world;
  expect([keyspace.observers.active, keyspace.looks.active]).toEqual([0, 0]);
  const watcher = { dirty: false, watched: [], watchedSize: 0 };
  keyspace.watch(watcher, world.db(), argsOf(["a"]), 0);
  keyspace.unsynced.isOn = true;
  keyspace.unsynced.noteAll(0);
  expect([keyspace.observers.active, keyspace.looks.active]).not.toContain(0);
  keyspace.unwatch(watcher);
  keyspace.unsynced.isOn = false;
  expect(keyspace.observers.active).toBe(0);
  keyspace.unsynced.confirm(keyspace.unsynced.mark);
  const notes = attached();
  keyspace.observers.detach(KeySlot.others);
  expect([keyspace.observers.active, keyspace.looks.active]).toEqual([0, 0]);
  put(world.db(), "a", "1");
  expect(notes.news()).toEqual([]);
});
