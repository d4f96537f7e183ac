// Large values: SET and GET of 16 KB and 256 KB, where copying is what costs.

import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { countOr } from "./options.ts";
import { type Load, runLoad } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const FIGURE = "large-values";
const ROUNDS = 7;
/** Bytes of a run, which takes about half a second. */
const RUN_SIZE = 1 << 30;
/** Few keys, so that the values of all lie in 64 MB. */
const DATA_SIZE = 64 << 20;
const SIZES = [16 << 10, 256 << 10];
const PIPELINES = [1, 16];

/** The figure `large-values`. */
export const largeValues: Figure = {
  name: FIGURE,
  summary: "SET and GET of 16 KB and 256 KB at -P 1 and -P 16: throughput, CPU",
  async run(options, progress) {
    const rounds = options.rounds ?? ROUNDS;
    const rows: Row[] = [];
    await withServers([options.ours, options.theirs], async (ours, theirs) => {
      const pair = { ours, theirs } as Pair<Server>;
      for (const size of SIZES) {
        for (const pipeline of PIPELINES) {
          for (const test of ["set", "get"]) {
            progress(`${FIGURE}: ${test} of ${size >> 10} KB -P ${pipeline}`);
            const requests = options.requests ?? countOr(null, RUN_SIZE / size, options.scale);
            const keyspace = DATA_SIZE / size;
            const load = { test, requests, pipeline, clients: options.clients, size, keyspace };
            rows.push(...(await rowsOf(pair, load, rounds)));
          }
        }
      }
    });
    const { ours, theirs, clients } = options;
    return { date: options.date, conditions: { ours, theirs, clients, rounds }, rows, skipped: [] };
  },
};

async function rowsOf(pair: Pair<Server>, load: Load, rounds: number): Promise<Row[]> {
  for (const side of SIDES) await runLoad(pair[side], load);
  const samples = await alternate(rounds, (side) => runLoad(pair[side], load));
  const { pipeline, size } = load;
  const test = `${load.test} of ${size >> 10} KB`;
  const row = (measure: string, unit: string, of: (sample: (typeof samples.ours)[0]) => number) =>
    rowOf(
      { figure: FIGURE, test, pipeline, measure, unit },
      median(samples.ours.map(of)),
      median(samples.theirs.map(of)),
    );
  return [
    row("throughput", "requests/s", (sample) => sample.requestsPerSecond),
    row("cpu", "us/request", (sample) => sample.cpuUs),
    row("p99.9", "ms", (sample) => sample.p999Ms),
  ];
}
