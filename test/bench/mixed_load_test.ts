// Purpose: the mixed soak's load: each part of it runs, and sees nothing wrong with a server that
// is right.

import { expect, test } from "bun:test";
import { mixedChart } from "../../bench/mixed_chart.ts";
import { mixedLoad, type Tally } from "../../bench/mixed_load.ts";
import { startServer } from "../client/server.ts";

test("every part of the load finds its replies right", async () => {
  const server = await startServer();
  const tally: Tally = { operations: 0, messages: 0, faults: [] };
  const endMs = performance.now() + 1500;
  await mixedLoad(server.port, 1, tally, () => performance.now() > endMs);
  await server.stop();
  expect(tally.faults).toEqual([]);
  expect(tally.operations).toBeGreaterThan(0);
});

test("the chart has a line for each server in each panel", () => {
  const samples = [1, 2, 3].map((minute) => ({
    minute,
    resident: minute * 1e7,
    p50: 0.1,
    p999: minute,
    max: 5,
  }));
  const image = mixedChart(
    [
      { name: "Rusk", samples },
      { name: "Redis", samples },
    ],
    "2026-01-01",
  );
  expect(image.match(/<polyline/g)?.length).toBe(4);
  expect(image).toContain("2026-01-01");
});
