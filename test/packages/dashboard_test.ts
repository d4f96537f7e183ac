// The Grafana dashboard: the file is the one that is made, and each of its expressions names
// metrics and labels that the server has.

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboardFile } from "../../packaging/grafana/dashboard.ts";
import { ROWS } from "../../packaging/grafana/panels.ts";
import { freePort, startServer } from "../client/server.ts";
import { readMetrics } from "../server/metrics/exposition.ts";

const FILE = join(import.meta.dir, "../../packaging/grafana/rusk-dashboard.json");

interface Placed {
  readonly id: number;
  readonly gridPos: { h: number; w: number; x: number; y: number };
}

test("the file is made from the table of panels", () => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(FILE, dashboardFile());
  expect(readFileSync(FILE, "utf8")).toBe(dashboardFile());
});

test("no panel lies upon another, or beside the page", () => {
  const { panels } = JSON.parse(dashboardFile()) as { panels: Placed[] };
  expect(panels.map(({ id }) => id)).toEqual(panels.map((_, i) => i + 1));
  const taken = new Set<string>();
  for (const { gridPos } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`)).toBe(false);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

test("its expressions name what the server has", async () => {
  const port = await freePort();
  const args = ["--appendonly", "yes", "--latency-monitor-threshold", "1"];
  const debug = ["--enable-debug-command", "yes", "--metrics-port", String(port)];
  const server = await startServer({ args: [...args, ...debug] });
  const client = await server.connect();
  await client.command("NOSUCH");
  await client.command("DEBUG", "SLEEP", 0.01);
  const metrics = readMetrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  client.close();
  await server.stop();
  const panels = ROWS.flatMap((row) => row.panels);
  for (const [expression, legend] of panels.flatMap(({ lines }) => lines)) {
    const names = expression.match(/\b(?:redis|rusk)_\w+/g) ?? [];
    expect(names.length).toBeGreaterThan(0);
    const asked = [...expression.matchAll(/by \((\w+)\)|,(\w+)=/g)].map(([, by, is]) => by ?? is);
    const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
    for (const name of names) {
      const [series = "missing"] = metrics.get(name)?.samples.keys() ?? [];
      expect(`${name} has ${series}`).toStartWith(`${name} has ${name}{`);
      const isOther = /^sum\(/.test(expression);
      for (const label of [...asked, ...(isOther ? [] : shown)]) {
        expect(`${expression}: ${series}`).toContain(`${label}="`);
      }
    }
  }
});
