// A limit of memory: how many lookups find their key when ten times more are asked for than fit,
// and what SET and GET cost when each key that comes drives another one out.

import { CacheClient } from "./cache_client.ts";
import { Control, requestOf } from "./control.ts";
import { alternate, type Figure, type Pair, type Rounds, SIDES } from "./figure.ts";
import { fill } from "./fill.ts";
import { countOr, type Options } from "./options.ts";
import { type Load, runLoad, type Sample } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, seededRandom } from "./statistics.ts";
import { zipf } from "./zipf.ts";

const FIGURE = "eviction";
const ROUNDS = 3;
const POLICIES = ["allkeys-lru", "allkeys-lfu"];
/** How unevenly keys are asked for. */
const SKEWS = [0.99, 0.7];
const KEYS_THAT_FIT = 20_000;
const KEYS = 10 * KEYS_THAT_FIT;
const VALUE = "v".repeat(100);
const LOOKUPS = 1_000_000;
const CONNECTIONS = 4;
const LOOKUPS_IN_FLIGHT = 32;

const PRESSED_LIMIT = "50mb";
const PRESSED = ["maxmemory-policy", "allkeys-lru", "maxmemory", PRESSED_LIMIT];
const RANDOM_KEY = "key:__rand_int__";
const PRESSED_KEYS = 5_000_000;
const PRESSED_REQUESTS = 1_000_000;
const PRESSED_ROUNDS = 5;

/** The figure `eviction`. */
export const eviction: Figure = {
  name: FIGURE,
  summary: "maxmemory: hit ratios of LRU and LFU; SET and GET at full pressure",
  async run(options, progress) {
    const rows = [
      ...(await hitRows(options, progress)),
      ...(await pressureRows(options, progress)),
    ];
    const { ours, theirs } = options;
    const rounds = options.rounds ?? ROUNDS;
    const lookups = countOr(options.requests, LOOKUPS, options.scale);
    return { date: options.date, conditions: { ours, theirs, lookups, rounds }, rows, skipped: [] };
  },
};

/** --tests chooses by how names begin. */
const isChosen = (test: string, { tests }: Options) =>
  tests?.some((wanted) => test.startsWith(wanted)) ?? true;

async function hitRows(options: Options, progress: (text: string) => void): Promise<Row[]> {
  const lookups = countOr(options.requests, LOOKUPS, options.scale);
  const rows: Row[] = [];
  for (const policy of POLICIES) {
    for (const skew of SKEWS) {
      const test = `${policy}, zipf ${skew}`;
      if (!isChosen(test, options)) continue;
      progress(`${FIGURE}: ${test}`);
      const { ours, theirs } = await alternate(options.rounds ?? ROUNDS, (side, round) =>
        withServers([options[side]], async (server) => {
          await limitToFitting(server, policy);
          return hitPercent(server, zipf(KEYS, skew, seededRandom(round)), lookups);
        }),
      );
      const measured = { figure: FIGURE, test, measure: "hit ratio", unit: "%" };
      rows.push(rowOf(measured, median(ours), median(theirs)));
    }
  }
  return rows;
}

const keyName = (index: number) => `key:${String(index).padStart(12, "0")}`;

/** Sets a limit that is reached by so many keys, whatever a key takes in this server. */
async function limitToFitting(server: Server, policy: string): Promise<void> {
  await fill(server.port, KEYS_THAT_FIT, (i) => requestOf(["SET", keyName(i), VALUE]));
  const control = await Control.open(server.port);
  const limit = await control.info("memory", "used_memory");
  await control.must("FLUSHALL");
  await control.must("CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", limit);
  control.close();
}

/** Of the second half of the lookups, how many in a hundred find their key. */
async function hitPercent(server: Server, next: () => number, lookups: number): Promise<number> {
  let asked = 0;
  const counted = { lookups: 0, hits: 0 };
  const run = async () => {
    const client = await CacheClient.open(server.port, VALUE);
    while (asked < lookups) {
      const counts = asked >= lookups / 2;
      asked += LOOKUPS_IN_FLIGHT;
      const keys = Array.from({ length: LOOKUPS_IN_FLIGHT }, () => keyName(next()));
      const hits = await client.lookUp(keys);
      if (!counts) continue;
      counted.lookups += LOOKUPS_IN_FLIGHT;
      counted.hits += hits;
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
  return (100 * counted.hits) / counted.lookups;
}

/** SET and GET of many more keys than fit, with as many as there can be. */
async function pressureRows(options: Options, progress: (text: string) => void): Promise<Row[]> {
  const rounds = options.rounds ?? PRESSED_ROUNDS;
  const tests = ["set", "get"].filter((test) => isChosen(test, options));
  if (tests.length === 0) return [];
  return withServers([options.ours, options.theirs], async (ours, theirs) => {
    const pair = { ours, theirs } as Pair<Server>;
    const rows: Row[] = [];
    for (const side of SIDES) await command(pair[side], "CONFIG", "SET", ...PRESSED);
    for (const test of tests) {
      progress(`${FIGURE}: ${test} at full pressure`);
      const load: Load = {
        test: test === "set" ? ["SET", RANDOM_KEY, VALUE] : ["GET", RANDOM_KEY],
        requests: countOr(options.requests, PRESSED_REQUESTS, options.scale),
        pipeline: 16,
        clients: options.clients,
        size: VALUE.length,
        keyspace: PRESSED_KEYS,
      };
      for (const side of SIDES) await runLoad(pair[side], load);
      rows.push(...loadRows(test, await alternate(rounds, (side) => runLoad(pair[side], load))));
    }
    rows.push(await countRow(pair));
    return rows;
  });
}

function loadRows(test: string, samples: Rounds<Sample>): Row[] {
  const row = (measure: string, unit: string, of: (sample: Sample) => number) =>
    rowOf(
      { figure: FIGURE, test: `${test} at full pressure`, pipeline: 16, measure, unit },
      median(samples.ours.map(of)),
      median(samples.theirs.map(of)),
    );
  return [
    row("throughput", "requests/s", (sample) => sample.requestsPerSecond),
    row("cpu", "us/request", (sample) => sample.cpuUs),
  ];
}

/** How many keys there is room for. */
async function countRow({ ours, theirs }: Pair<Server>): Promise<Row> {
  const count = async (server: Server) => Number((await command(server, "DBSIZE")).slice(1));
  const test = `keys in ${PRESSED_LIMIT}`;
  return rowOf(
    { figure: FIGURE, test, measure: "count", unit: "keys" },
    await count(ours),
    await count(theirs),
  );
}

async function command({ port }: Server, ...words: string[]): Promise<string> {
  const control = await Control.open(port);
  try {
    return await control.must(...words);
  } finally {
    control.close();
  }
}
