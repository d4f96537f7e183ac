// What several figures do with both servers: time one command line, and weigh what is filled in.

import { Control } from "./control.ts";
import { alternate, type Pair, type Rounds, SIDES } from "./figure.ts";
import { residentBytes } from "./process_figures.ts";
import { type Load, runLoad } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import type { Server } from "./servers.ts";
import { median } from "./statistics.ts";

const SETTLE_MS = 2000;

/** What a round of a load gives: how fast, and at what cost to the server. */
export interface Speed {
  requestsPerSecond: number;
  /** CPU time (user and system) per request, in microseconds. */
  cpuUs: number;
}

/** Runs the load once without counting it, then by turns, and gives throughput and CPU time. */
export async function compareLoad(
  servers: Pair<Server>,
  rounds: number,
  load: Load,
  figure: string,
  test: string,
): Promise<Row[]> {
  for (const side of SIDES) await runLoad(servers[side], load);
  const samples = await alternate(rounds, (side) => runLoad(servers[side], load));
  return speedRows(figure, test, load.pipeline, samples);
}

/** The rows of throughput and CPU time. */
export function speedRows(
  figure: string,
  test: string,
  pipeline: number,
  samples: Rounds<Speed>,
  request = "request",
): Row[] {
  const row = (measure: string, unit: string, of: (sample: Speed) => number) =>
    rowOf(
      { figure, test, pipeline, measure, unit },
      median(samples.ours.map(of)),
      median(samples.theirs.map(of)),
    );
  return [
    row("throughput", `${request}s/s`, (sample) => sample.requestsPerSecond),
    row("cpu", `us/${request}`, (sample) => sample.cpuUs),
  ];
}

/**
 * By how much `work` lets the resident memory of each server grow; before and after, servers have
 * so long for what they do in the background, such as giving memory back.
 */
export async function compareGrowth(
  servers: Pair<Server>,
  work: (server: Server) => Promise<void>,
  figure: string,
  test: string,
  settleMs = SETTLE_MS,
): Promise<Row> {
  const residents = () => SIDES.map((side) => residentBytes(servers[side].pid));
  await Bun.sleep(settleMs);
  const before = residents();
  for (const side of SIDES) await work(servers[side]);
  await Bun.sleep(settleMs);
  const [ours, theirs] = residents().map((after, i) => (after - (before[i] as number)) / 1e6);
  const measurement = { figure, test, measure: "memory", unit: "MB" };
  return rowOf(measurement, ours as number, theirs as number);
}

/** Sends one command to each server, which must not refuse it. */
export async function mustBoth(servers: Pair<Server>, ...words: string[]): Promise<void> {
  for (const side of SIDES) {
    const control = await Control.open(servers[side].port);
    await control.must(...words);
    control.close();
  }
}
