// Purpose: memory that random deletions have left in crumbs comes back by itself; when that begins,
// and how much of the time it takes, is as the directives say.

import { afterEach, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { Clock } from "../../src/base/clock.ts";
import { LIMITS, wastePercent } from "../../src/keyspace/compaction.ts";
import { SlicedCompaction } from "../../src/server/compacting.ts";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";
import { InnerServer } from "../persistence/inner_server.ts";

const COUNT = 300_000;

async function info(client: Client, name: string): Promise<number> {
  const text = String(plain(await client.command("INFO", "everything")));
  return Number(new RegExp(`^${name}:(.*?)\r?$`, "m").exec(text)?.[1]);
}

/** Bytes of the memory that data lie in. */
async function residentSize(client: Client): Promise<number> {
  const text = String(plain(await client.command("MEMORY", "MALLOC-STATS")));
  return Number(/what segments lie in: (\d+)/.exec(text)?.[1]);
}

test("nine of ten keys are deleted: the memory comes back, the rest is as it was", async () => {
  const server = await startServer({
    command: binaryCommand(),
    args: ["--enable-debug-command", "yes"],
  });
  const client = await server.connect();
  await client.command("DEBUG", "POPULATE", COUNT, "key", 200);
  const full = await residentSize(client);
  for (let i = 0; i < COUNT; i += 1000) {
    const names = Array.from({ length: 1000 }, (_, n) => `key:${i + n}`);
    await client.command("DEL", ...names.filter((_, n) => n % 10 !== 3));
  }
  await until("the memory to come back", async () => {
    return (await residentSize(client)) < full * 0.6;
  });
  expect(await info(client, "active_defrag_hits")).toBeGreaterThan(1000);
  await until("the pass to end", async () => (await info(client, "active_defrag_running")) === 0);
  for (let i = 3; i < COUNT; i += 7770) {
    const value = String(plain(await client.command("GET", `key:${i}`)));
    expect(value).toBe(`value:${i}`.padEnd(200, "\0"));
  }
  expect(plain(await client.command("DBSIZE"))).toBe(COUNT / 10);
  client.close();
  await server.stop();
});

let inner: InnerServer;
afterEach(() => {
  arena.endEmptying();
  inner?.keyspace.flushAll();
});

/** A keyspace of which most is wasted, and the pauses that compaction takes there. */
function world() {
  inner = new InnerServer(1);
  for (let i = 0; i < 3000; i++) inner.run("SET", `key:${i}`, "x".repeat(1500));
  for (let i = 0; i < 3000; i++) if (i % 10 > 0) inner.run("DEL", `key:${i}`);
  const pauses: number[] = [];
  let next = () => {};
  let nowMs = 0;
  const later = (ms: number, run: () => void) => {
    pauses.push(ms);
    next = run;
  };
  // Each look at the time is a millisecond after the last: a slice is one step.
  const tick = () => ++nowMs;
  const clock = new Clock({ wallMs: tick, wallUs: tick, monotonicMs: tick });
  const compaction = new SlicedCompaction(inner.keyspace, clock, later, () => false);
  compaction.isOn = true;
  compaction.limits = { wasteMin: 1, wastePercentMin: 50 };
  return { compaction, pauses, run: () => next() };
}

test("it is off, or begins as the thresholds say", () => {
  const { compaction, pauses } = world();
  const { usedSize, reservedSize } = arena.figures();
  compaction.limits = { wasteMin: reservedSize - usedSize + 1, wastePercentMin: 0 };
  compaction.check();
  compaction.limits = { wasteMin: 0, wastePercentMin: wastePercent() + 1 };
  compaction.check();
  compaction.isOn = false;
  compaction.limits = { wasteMin: 0, wastePercentMin: 0 };
  compaction.check();
  expect([pauses, inner.keyspace.compactingPercent]).toEqual([[], 0]);
  compaction.isOn = true;
  // A slab stays of each class, so it is not all that comes back.
  compaction.limits = { wasteMin: 1, wastePercentMin: Math.floor(wastePercent()) };
  compaction.check();
  expect([pauses, inner.keyspace.compactingPercent]).toEqual([[0], 10]);
});

test("it takes a tenth of the time, or as much as the cycle says", () => {
  type Cycle = [min: number, max: number, maxFrom: number];
  const cases: [of: (wasted: number) => Cycle, percent: number][] = [
    [() => [1, 10, 100], 10],
    [() => [1, 25, 50], 25],
    [(wasted) => [1, 50, Math.floor(wasted)], 50],
    // Half of the way from the lower threshold to the upper one.
    [(wasted) => [5, 26, wasted + (wasted - 50)], 15],
    [() => [20, 60, 1e9], 20],
  ];
  for (const [of, percent] of cases) {
    const { compaction, pauses, run } = world();
    const [min, max, maxFrom] = of(wastePercent());
    compaction.cycle = { min, max, maxFrom };
    compaction.check();
    expect(inner.keyspace.compactingPercent).toBe(percent);
    run();
    expect(pauses[0]).toBe(0);
    expect(pauses[1]).toBeCloseTo(100 / percent - 1, 6);
    while (inner.keyspace.compactingPercent > 0) run();
    end();
  }
});

function end(): void {
  arena.endEmptying();
  inner.keyspace.flushAll();
  while (inner.keyspace.reclaimSlice());
}

test("the defaults are those of the directives", () => {
  expect([LIMITS.wasteMin, LIMITS.wastePercentMin]).toEqual([16 << 20, 100]);
});
