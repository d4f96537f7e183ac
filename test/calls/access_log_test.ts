// Purpose: which refusals are one entry of ACL LOG (src/calls/access_log.ts), and how many stay.

import { beforeEach, expect, test } from "bun:test";
import { AccessLog, type Refused } from "../../src/calls/access_log.ts";

const clock = { nowMs: 0 };
let log: AccessLog;

beforeEach(() => {
  clock.nowMs = 1_000_000;
  log = new AccessLog(clock);
});

function add(object: string, other: Partial<Refused> = {}): void {
  log.add({ reason: "key", context: "toplevel", object, user: "ann", clientLine: "", ...other });
}

const shown = (count = 1000) =>
  log.latest(count).map(({ object, count: times }) => `${object} ${times}`);

test("what is alike is one entry, and the latest", () => {
  add("a");
  add("b");
  add("a", { clientLine: "new" });
  expect(shown()).toEqual(["a 2", "b 1"]);
  expect(log.latest(1)[0].clientLine).toBe("new");
});

test("another reason, context or user is another entry", () => {
  add("a");
  add("a", { reason: "command" });
  add("a", { context: "multi" });
  add("a", { user: "bob" });
  expect(shown()).toEqual(["a 1", "a 1", "a 1", "a 1"]);
});

test("after a minute, or ten other entries, it is another entry", () => {
  add("a");
  clock.nowMs += 60_000;
  add("a");
  expect(shown()).toEqual(["a 2"]);
  clock.nowMs += 60_001;
  add("a");
  expect(shown()).toEqual(["a 1", "a 2"]);
  for (let i = 0; i < 10; i++) add(`${i}`);
  add("a");
  expect(shown(2)).toEqual(["a 1", "9 1"]);
});

test("the oldest go when there are too many, as soon as another comes", () => {
  log.maxCount = 3;
  for (let i = 0; i < 5; i++) add(`${i}`);
  expect(shown()).toEqual(["4 1", "3 1", "2 1"]);
  log.maxCount = 1;
  expect(shown()).toHaveLength(3);
  add("5");
  expect(shown()).toEqual(["5 1"]);
  log.maxCount = 0;
  add("6");
  expect(shown()).toEqual([]);
});

test("none are shown for 0 or less, and none after a reset", () => {
  add("a");
  expect([shown(0), shown(-1)]).toEqual([[], []]);
  log.reset();
  expect(shown()).toEqual([]);
});
