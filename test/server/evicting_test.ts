// Purpose: when who runs commands gives way while keys are evicted (src/server/evicting.ts), with a
// clock that moves when it is looked at.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { countedSize, limitMemory } from "../../src/arena/memory_limit.ts";
import { EVICTION_TURN_MS } from "../../src/base/limits.ts";
import { Room } from "../../src/keyspace/eviction.ts";
import { Evicting } from "../../src/server/evicting.ts";
import { put, World } from "../keyspace/worlds.ts";

/** By the clock; the first 16 keys of a call are before it is looked at, 16 more for each step. */
const STEP_MS = 1;

let world: World;
let evicting: Evicting;
let later: (() => void)[];
let gaveWay: number;

beforeEach(() => {
  world = new World(7);
  later = [];
  gaveWay = 0;
  let ms = 0;
  Object.defineProperty(world, "monotonicMs", { get: () => (ms += STEP_MS) });
  evicting = new Evicting({
    keyspace: world.keyspace,
    clock: world.clock,
    host: { systemMemorySize: () => 0 },
    clients: { countForLimit: () => {} },
    figures: { aboveMaxmemory: { sample: () => {} } },
    countedSize,
    later: (_ms, run) => later.push(run),
    giveWay: () => gaveWay++,
    serveReady: () => {},
    log: () => {},
  });
  evicting.follow("allkeys-random");
  for (let i = 0; i < 1000; i++) put(world.db(), `key${i}`, "x".repeat(100));
});

afterEach(() => {
  limitMemory(Infinity);
  world.verify();
  world.end();
});

/** What the turns in between do. */
function endTurn(): void {
  for (const run of later.splice(0)) run();
}

test("after some waits of a turn each command gives way, and evicts as much all the same", () => {
  limitMemory(1);
  for (let command = 1; command <= 10; command++) {
    expect(evicting.makeRoom()).toBe(Room.making);
    expect(world.keyspace.stats.evicted).toBe(command * 32);
    expect(gaveWay).toBe(Math.max(0, command - EVICTION_TURN_MS / STEP_MS));
  }
});

test("in the next turn it begins anew", () => {
  limitMemory(1);
  for (let turn = 0; turn < 3; turn++) {
    // One of them is the server's own.
    for (let wait = turn === 0 ? 0 : 1; wait < EVICTION_TURN_MS / STEP_MS; wait++) {
      expect(evicting.makeRoom()).toBe(Room.making);
    }
    expect(gaveWay).toBe(turn);
    evicting.makeRoom();
    expect(gaveWay).toBe(turn + 1);
    expect(later).toHaveLength(1);
    endTurn();
  }
});

test("nobody gives way when there is room soon, or nothing can go", () => {
  for (let command = 0; command < 100; command++) {
    limitMemory(countedSize() - 100);
    expect(evicting.makeRoom()).toBe(Room.made);
  }
  limitMemory(1);
  evicting.follow("noeviction");
  for (let command = 0; command < 100; command++) expect(evicting.makeRoom()).toBe(Room.none);
  expect(gaveWay).toBe(0);
});
