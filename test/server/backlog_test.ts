// The warning that clients wait for the disk: once they have for a while, and while they do.

import { expect, test } from "bun:test";
import { BACKLOG_SIZE_MAX } from "../../src/base/limits.ts";
import { Backlog } from "../../src/server/backlog.ts";

test("it is told after a second that more waits than should, if it still does", () => {
  const world = { size: 0, ms: 0 };
  const warnings: string[] = [];
  const backlog = new Backlog({
    size: () => world.size,
    isRefusing: () => false,
    monotonicMs: () => world.ms,
    onChange: () => {},
    warn: (text) => warnings.push(text),
  });
  world.size = BACKLOG_SIZE_MAX + 1;
  backlog.check();
  world.ms = 999;
  backlog.warn();
  expect(warnings).toEqual([]);
  // It was written in the same long turn, and `check` has not been called since.
  world.ms = 1500;
  world.size = 0;
  backlog.warn();
  expect(warnings).toEqual([]);
  world.size = BACKLOG_SIZE_MAX + 1;
  backlog.warn();
  expect(warnings).toEqual([
    `The disk is too slow: ${BACKLOG_SIZE_MAX + 1} bytes of changes and replies wait for it; ` +
      "clients that write and wait: 0",
  ]);
  world.ms = 31_000;
  backlog.warn();
  expect(warnings).toHaveLength(1);
});
