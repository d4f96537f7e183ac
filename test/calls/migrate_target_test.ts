// Purpose: the connections that MIGRATE keeps (src/calls/migrate_target.ts), under a clock of
// the test's.

import { expect, test } from "bun:test";
import { Clock } from "../../src/base/clock.ts";
import { Targets } from "../../src/calls/migrate_target.ts";

/** Targets on sockets that only count, and what moves their clock. */
function world() {
  let nowMs = 1_000_000;
  let opened = 0;
  const closed: number[] = [];
  const clock = new Clock({ wallMs: () => nowMs, wallUs: () => 0, monotonicMs: () => nowMs });
  const connect = (host: string) => {
    if (host === "nobody") throw new Error("Connection refused");
    const number = opened++;
    return { send() {}, receive: () => 0, close: () => void closed.push(number) };
  };
  const targets = new Targets({ connect }, clock);
  const pass = (ms: number) => {
    nowMs += ms;
    clock.tick();
    targets.closeIdle();
  };
  return { targets, closed, pass };
}

test("a connection is used again for ten seconds", () => {
  const { targets, closed, pass } = world();
  const target = targets.get("a", 1, 100);
  expect(targets.get("a", 2, 100)).not.toBe(target);
  pass(9000);
  expect(targets.get("a", 1, 200)).toBe(target);
  expect(target?.timeoutMs).toBe(200);
  pass(9000);
  expect(closed).toEqual([1]);
  expect(targets.count).toBe(1);
  pass(1001);
  expect(closed).toEqual([1, 0]);
  expect(targets.count).toBe(0);
});

test("what is dropped is closed, and opened anew", () => {
  const { targets, closed } = world();
  const target = targets.get("a", 1, 100);
  targets.drop("a", 1);
  targets.drop("a", 1);
  expect(closed).toEqual([0]);
  expect(targets.get("a", 1, 100)).not.toBe(target);
});

test("of more than 64 that which was not used for longest is closed", () => {
  const { targets, closed } = world();
  for (let port = 0; port < 64; port++) targets.get("a", port, 100);
  targets.get("a", 0, 100);
  targets.get("a", 64, 100);
  expect(closed).toEqual([1]);
  expect(targets.count).toBe(64);
});

test("nobody there, and a system without such sockets", () => {
  const { targets } = world();
  expect(targets.get("nobody", 1, 100)).toBeNull();
  expect(targets.count).toBe(0);
  expect(targets.arePossible).toBe(true);
  const clock = new Clock({ wallMs: () => 0, wallUs: () => 0, monotonicMs: () => 0 });
  expect(new Targets({ connect: null }, clock).arePossible).toBe(false);
});
