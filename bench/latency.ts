// Tail latency while the keyspace grows and is overwritten: growing tables, freed blocks and
// garbage collections show here. Every round starts with a new server, as growth happens once in
// its life.

import { alternate, type Figure } from "./figure.ts";
import { countOr } from "./options.ts";
import { runLoad, type Sample } from "./redis_benchmark.ts";
import { rowOf } from "./results.ts";
import { withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const KEYS = 3_000_000;
const ROUNDS = 5;
const PIPELINE = 16;
/** Twice as many SETs as there are keys: of random keys, so that writes and overwrites mix. */
const WRITES_PER_KEY = 2;

/** The figure `latency`: SETs of random keys, at -P 16. */
export const latency: Figure = {
  name: "latency",
  summary: "p99.9 and max latency while 3 M keys are written and overwritten at -P 16",
  async run(options, progress) {
    const keyspace = countOr(options.keys, KEYS, options.scale);
    const rounds = options.rounds ?? ROUNDS;
    const { clients, size } = options;
    const requests = keyspace * WRITES_PER_KEY;
    const samples = await alternate(rounds, (side, round) => {
      progress(`latency: ${side}, round ${round + 1} of ${rounds}`);
      return withServers([options[side]], (server) =>
        runLoad(server, { test: "set", requests, pipeline: PIPELINE, clients, size, keyspace }),
      );
    });
    const row = (
      measure: string,
      unit: string,
      of: (sample: Sample) => number,
      combine: (values: number[]) => number = median,
    ) =>
      rowOf(
        { figure: "latency", test: "write and overwrite", pipeline: PIPELINE, measure, unit },
        combine(samples.ours.map(of)),
        combine(samples.theirs.map(of)),
      );
    const worst = (values: number[]) => Math.max(...values);
    const rows = [
      row("p50", "ms", (sample) => sample.p50Ms),
      row("p99", "ms", (sample) => sample.p99Ms),
      row("p99.9", "ms", (sample) => sample.p999Ms),
      row("max", "ms", (sample) => sample.maxMs),
      row("max of all rounds", "ms", (sample) => sample.maxMs, worst),
      row("throughput", "requests/s", (sample) => sample.requestsPerSecond),
      row("cpu", "us/request", (sample) => sample.cpuUs),
    ];
    const { ours, theirs } = options;
    const conditions = { ours, theirs, clients, size, keyspace, requests, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};
