// Purpose: the expiry timer under a clock of the test's own: when it is armed, how far behind it
// may fall, and how long it keeps others waiting.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { ActiveExpiry } from "../../src/keyspace/active_expiry.ts";
import { KeySlot } from "../../src/keyspace/observers.ts";
import { get, put, START_MS, World } from "./worlds.ts";

/** What a removal costs under the test's clock. */
const REMOVAL_MS = 0.001;
const LAG_LIMIT_MS = 20;

let world: World;
let expiry: ActiveExpiry;
/** The timer that is armed, and how many have been. */
let armed: { atMs: number; run: () => void } | null;
let armedCount: number;

beforeEach(() => {
  world = new World();
  armed = null;
  armedCount = 0;
  expiry = new ActiveExpiry(world.keyspace, (delayMs, run) => {
    expect(armed).toBeNull();
    expect(delayMs).toBeGreaterThanOrEqual(0);
    const timer = { atMs: world.wallMs + delayMs, run };
    armed = timer;
    armedCount++;
    return () => {
      if (armed === timer) armed = null;
    };
  });
});

afterEach(() => {
  expiry.enable(false);
  world.end();
});

function expireIn(ms: number, key: string, id = 0): void {
  const db = world.db(id);
  db.setExpiry(put(db, key, "value"), world.clock.nowMs + ms);
}

/** Runs the timer as often as it is due until that time. */
function runUntil(untilMs: number): void {
  while (armed !== null && armed.atMs <= untilMs) {
    const { atMs, run } = armed;
    if (atMs > world.wallMs) world.pass(atMs - world.wallMs);
    armed = null;
    run();
  }
  if (untilMs > world.wallMs) world.pass(untilMs - world.wallMs);
}

const due = () => (armed === null ? null : armed.atMs - START_MS);
const sizes = () => [world.db(0).size, world.db(1).size];

test("nothing is armed while no key expires", () => {
  put(world.db(), "key", "value");
  expect(due()).toBeNull();
});

test("the timer is armed for the earliest expiry of any database", () => {
  expireIn(500, "a");
  expect(due()).toBe(500);
  expireIn(700, "b");
  expect(due()).toBe(500);
  expireIn(300, "c", 1);
  expect(due()).toBe(300);
  expect(armedCount).toBe(2);
  runUntil(START_MS + 300);
  expect(sizes()).toEqual([2, 0]);
  expect(due()).toBe(500);
  runUntil(START_MS + 499);
  expect(sizes()).toEqual([2, 0]);
  runUntil(START_MS + 500);
  expect(sizes()).toEqual([1, 0]);
  runUntil(START_MS + 700);
  expect(sizes()).toEqual([0, 0]);
  expect(due()).toBeNull();
});

test("an expiry brought forward arms the timer anew", () => {
  expireIn(500, "a");
  expireIn(40, "a");
  expect(due()).toBe(40);
  runUntil(START_MS + 40);
  expect(sizes()).toEqual([0, 0]);
});

test("a timer whose key is gone finds the next", () => {
  expireIn(100, "a");
  expireIn(200, "b");
  world.keyspace.flush(world.db());
  expireIn(150, "c", 1);
  runUntil(START_MS + 100);
  expect(due()).toBe(150);
  runUntil(START_MS + 150);
  expect(sizes()).toEqual([0, 0]);
});

test("a far expiry is looked at every second, so that a clock set forward is noticed", () => {
  expireIn(3_600_000, "a");
  expect(due()).toBe(1000);
  world.wallMs += 3_600_000;
  (armed as unknown as { run: () => void }).run();
  expect(sizes()).toEqual([0, 0]);
});

test("turned off, keys stay until they are asked for", () => {
  expireIn(10, "a");
  expiry.enable(false);
  expect(due()).toBeNull();
  expireIn(5, "b");
  expect(due()).toBeNull();
  world.pass(50);
  expect(sizes()).toEqual([2, 0]);
  expect(get(world.db(), "a")).toBeNull();
  expect(sizes()).toEqual([1, 0]);
  armed = null;
  expiry.enable(true);
  runUntil(world.wallMs + 10);
  expect(sizes()).toEqual([0, 0]);
});

test("keys stay while nothing may expire, and go soon after", () => {
  expireIn(10, "a");
  world.keyspace.mayExpire = false;
  runUntil(START_MS + 100);
  expect(sizes()).toEqual([1, 0]);
  world.keyspace.mayExpire = true;
  runUntil(START_MS + 100 + LAG_LIMIT_MS);
  expect(sizes()).toEqual([0, 0]);
});

/** Lets every removal take its time, and calls `told` with each key's lag. */
function timeRemovals(told: (lagMs: number) => void): void {
  world.keyspace.observers.attach(KeySlot.others, {
    changing: (db, e, event) => {
      if (event !== "expired") return;
      world.wallMs += REMOVAL_MS;
      world.monotonicMs += REMOVAL_MS;
      told(world.wallMs - db.expiryOf(e));
    },
    replacing: () => {},
    swapped: () => {},
  });
}

test("many keys at once go in slices, which yield to others and say so", () => {
  for (let i = 0; i < 20_000; i++) expireIn(100, `key:${i}`, i & 1);
  timeRemovals(() => {});
  runUntil(START_MS + 99);
  world.pass(1);
  let slices = 0;
  while (armed !== null) {
    const before = world.monotonicMs;
    const { run } = armed;
    armed = null;
    run();
    slices++;
    expect(world.monotonicMs - before).toBeLessThan(1.1);
    if (armed !== null) expect((armed as { atMs: number }).atMs).toBeLessThanOrEqual(world.wallMs);
  }
  expect(sizes()).toEqual([0, 0]);
  expect(slices).toBeGreaterThan(15);
  expect(world.keyspace.stats.expiredInTimeCount).toBe(slices - 1);
  expect(world.keyspace.stats.expired).toBe(20_000);
});

test("keys with random times under load are removed within 20 ms", () => {
  const lags: number[] = [];
  timeRemovals((lagMs) => lags.push(lagMs));
  for (let i = 0; i < 30_000; i++) expireIn(world.random.between(1, 1000), `key:${i}`);
  // The server's own work takes 3 ms between any two runs.
  const endMs = START_MS + 1100;
  while (world.wallMs < endMs) {
    runUntil(world.wallMs);
    world.pass(3);
  }
  lags.sort((a, b) => a - b);
  expect(lags.length).toBe(30_000);
  expect(lags[Math.floor(lags.length * 0.99)]).toBeLessThan(LAG_LIMIT_MS);
  expect(armedCount).toBeLessThan(600);
});
