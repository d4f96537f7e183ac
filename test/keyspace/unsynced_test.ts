// Purpose: the table of keys with unsafe changes against a Map, with hashes that collide in it, so
// many that it is made anew, and marks that become safe meanwhile.

import { describe, expect, test } from "bun:test";
import { Looks } from "../../src/keyspace/looks.ts";
import { KeyObservers } from "../../src/keyspace/observers.ts";
import { Unsynced } from "../../src/keyspace/unsynced.ts";
import { Random } from "../fuzz/random.ts";

const DATABASES = 3;

const makeUnsynced = () => new Unsynced(DATABASES, new KeyObservers(), new Looks());

/** The mark that a look at a key shows; 0 for none. */
function shown(unsynced: Unsynced, databaseId: number, hash: number): number {
  unsynced.startLooking();
  unsynced.look(databaseId, hash);
  return unsynced.seenMark;
}

test("a key shows the mark of its last change until that is safe", () => {
  const unsynced = makeUnsynced();
  expect(unsynced.isAny).toBe(false);
  unsynced.mark = 7;
  unsynced.note(1, 42);
  expect([shown(unsynced, 1, 42), shown(unsynced, 1, 43), shown(unsynced, 0, 42)]).toEqual([
    7, 0, 0,
  ]);
  unsynced.mark = 8;
  unsynced.note(1, 42);
  unsynced.confirm(7);
  expect(shown(unsynced, 1, 42)).toBe(8);
  unsynced.confirm(8);
  expect([shown(unsynced, 1, 42), unsynced.isAny]).toEqual([0, false]);
});

test("what is looked at raises the mark that is seen, and never lowers it", () => {
  const unsynced = makeUnsynced();
  unsynced.note(0, 1);
  unsynced.mark = 2;
  unsynced.note(0, 2);
  unsynced.startLooking();
  unsynced.look(0, 2);
  unsynced.look(0, 1);
  expect(unsynced.seenMark).toBe(2);
});

test("who looks does not see what it changes itself, those after it do", () => {
  const unsynced = makeUnsynced();
  unsynced.note(0, 1);
  unsynced.startLooking();
  unsynced.note(0, 2);
  for (const hash of [1, 2]) unsynced.look(0, hash);
  expect(unsynced.seenMark).toBe(1);
  unsynced.mark = 2;
  unsynced.startLooking();
  unsynced.note(0, 3);
  unsynced.look(0, 3);
  expect(unsynced.seenMark).toBe(0);
  expect(shown(unsynced, 0, 3)).toBe(2);
});

test("who asks for a key's mark beside the command that runs takes nothing from that", () => {
  const unsynced = makeUnsynced();
  unsynced.note(0, 1);
  unsynced.startLooking();
  unsynced.look(0, 1);
  unsynced.note(0, 2);
  expect([0, 1, 2, 3].map((hash) => unsynced.markOf(0, hash))).toEqual([0, 1, 1, 0]);
  expect(unsynced.seenMark).toBe(1);
  unsynced.confirm(1);
  expect(unsynced.markOf(0, 1)).toBe(0);
});

test("more keys than are remembered may be looked at", () => {
  const unsynced = makeUnsynced();
  unsynced.note(0, 5);
  unsynced.startLooking();
  for (let hash = 0; hash < 1000; hash++) unsynced.look(0, hash);
  expect(unsynced.seenMark).toBe(1);
});

test("a database shows its last change, and all its keys one that all took part in", () => {
  const unsynced = makeUnsynced();
  unsynced.note(0, 1);
  unsynced.mark = 2;
  unsynced.noteAll(1);
  unsynced.startLooking();
  unsynced.lookAtAll(2);
  expect(unsynced.seenMark).toBe(0);
  unsynced.lookAtAll(0);
  expect(unsynced.seenMark).toBe(1);
  unsynced.lookAtAll(1);
  expect(unsynced.seenMark).toBe(2);
  expect([shown(unsynced, 1, 99), shown(unsynced, 0, 99)]).toEqual([2, 0]);
});

test("what is set apart has a later mark than what came before, and may be hidden", () => {
  const unsynced = makeUnsynced();
  unsynced.note(0, 1);
  expect(shown(unsynced, 0, 1)).toBe(1);
  unsynced.startLooking();
  unsynced.note(0, 2);
  unsynced.setApart();
  unsynced.note(0, 3);
  const marks = () => [1, 2, 3].map((hash) => shown(unsynced, 0, hash));
  expect(marks()).toEqual([1, 2, 2]);
  expect([1, 2].map((hash) => unsynced.markOf(0, hash))).toEqual([1, 2]);
  unsynced.hiddenFrom = 2;
  expect(marks()).toEqual([1, 0, 0]);
  expect([1, 2].map((hash) => unsynced.markOf(0, hash))).toEqual([1, 0]);
  unsynced.hiddenFrom = Infinity;
  unsynced.confirm(1);
  expect(marks()).toEqual([0, 2, 2]);
  unsynced.confirm(2);
  expect(unsynced.isAny).toBe(false);
});

test("what is set apart of a whole database, too", () => {
  const unsynced = makeUnsynced();
  unsynced.startLooking();
  unsynced.noteAll(1);
  unsynced.setApart();
  unsynced.confirm(1);
  expect(shown(unsynced, 1, 5)).toBe(2);
  expect(unsynced.isAny).toBe(true);
});

describe("against a Map", () => {
  const cases: [what: string, hashes: number, spread: number][] = [
    ["few keys", 20, 1],
    // All begin at one slot of the smallest table.
    ["keys that collide", 300, 1024],
    ["many keys", 200_000, 2 ** 14 + 1],
  ];
  for (const [what, hashes, spread] of cases) {
    test(what, () => {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const random = new Random(seed);
      const unsynced = makeUnsynced();
      const model = new Map<string, number>();
      const wrong: string[] = [];
      for (let i = 0; i < 30_000 && wrong.length === 0; i++) {
        const databaseId = random.below(DATABASES);
        const hash = Math.imul(random.below(hashes), spread);
        const name = `${databaseId}:${hash}`;
        const die = random.below(1000);
        if (die < 600) {
          unsynced.note(databaseId, hash);
          model.set(name, unsynced.mark);
        } else if (die === 600) {
          unsynced.mark++;
        } else if (die === 601) {
          const safe = random.between(unsynced.safeMark, unsynced.mark - 1);
          if (safe > unsynced.safeMark) unsynced.confirm(safe);
        }
        // Seldom, so that many notes come between two looks.
        if (random.chance(0.7)) continue;
        const mark = model.get(name) ?? 0;
        const wanted = mark > unsynced.safeMark ? mark : 0;
        const found = shown(unsynced, databaseId, hash);
        if (found !== wanted) wrong.push(`seed ${seed}, step ${i}: ${found}, not ${wanted}`);
      }
      expect(wrong).toEqual([]);
    });
  }
});
