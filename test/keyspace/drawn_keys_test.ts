// Purpose: keys for random eviction (src/keyspace/drawn_keys.ts): each has its turn before any has
// it again, and one that is gone, or came meanwhile, is no mistake.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { DrawnKeys } from "../../src/keyspace/drawn_keys.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import { look, put, World } from "./worlds.ts";

let world: World;

beforeEach(() => {
  world = new World(7);
});

afterEach(() => {
  world.verify();
  world.end();
});

function fill(from: number, to: number): void {
  for (let i = from; i < to; i++) put(world.db(), `key${i}`, "x");
  while (dict.rehash(world.db().keys, 1000));
}

test.each([1, 5, 16, 1000])("of %d keys each has its turn", (count) => {
  fill(0, count);
  const drawn = new DrawnKeys();
  const seen = new Set<EntryRef>();
  // A line that the last draw has taken the end of may come once more.
  for (let i = 0; i < count * 2 + 64; i++) seen.add(drawn.next(world.db().keys));
  expect(seen.size).toBe(count);
});

test("what is drawn goes, while others go and come", () => {
  fill(0, 500);
  const drawn = new DrawnKeys();
  for (let round = 0; world.db().size > 2; round++) {
    world.db().drop(drawn.next(world.db().keys));
    const other = look(world.db(), `key${round}`);
    if (round % 3 === 0 && other !== 0) world.db().remove(other);
    if (round % 5 === 0) put(world.db(), `new${round}`, "y");
  }
  world.verify();
});

test("a database that was emptied and filled again has only what is there now", () => {
  fill(0, 100);
  const drawn = new DrawnKeys();
  drawn.next(world.db().keys);
  world.keyspace.flush(world.db());
  fill(100, 110);
  const seen = new Set(Array.from({ length: 100 }, () => drawn.next(world.db().keys)));
  expect(seen.size).toBe(10);
});
