// More data than the processor's caches hold: CPU time per command among millions of keys and
// members, resident memory, and what of it comes back when most keys are deleted.

import { Control, requestOf } from "./control.ts";
import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { fill } from "./fill.ts";
import { countOr, type Options } from "./options.ts";
import { residentBytes } from "./process_figures.ts";
import { type Load, runLoad } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, seededRandom } from "./statistics.ts";

const FIGURE = "large-data";
const KEYS = 5_000_000;
const MEMBERS = 1_000_000;
const ROUNDS = 5;
const REQUESTS = 1_000_000;
const SETTLE_MS = 5000;
/** How long after the last deletion memory is looked at. */
const LATER_MS = 60_000;
/** One key in so many stays. */
const KEPT = 10;
const RANDOM = "__rand_int__";
const VALUE = "v".repeat(32);

/** What is in a server, and which commands are sent to it then. */
interface Stage {
  each: "keys" | "members";
  fills: { words: string[]; reply: string }[];
  tests: { name: string; words: string[] }[];
}

/** Of keys; then of collections, small and large. RANDOM stands for the number. */
const KEY_STAGE: Stage = {
  each: "keys",
  fills: [{ words: ["SET", `key:${RANDOM}`, VALUE], reply: "+OK\r\n" }],
  tests: [
    { name: "get", words: ["GET", `key:${RANDOM}`] },
    { name: "set", words: ["SET", `key:${RANDOM}`, VALUE] },
  ],
};
const COUNTER_STAGE: Stage = {
  each: "keys",
  fills: [{ words: ["SET", `counter:${RANDOM}`, "1"], reply: "+OK\r\n" }],
  tests: [{ name: "incr", words: ["INCR", `counter:${RANDOM}`] }],
};
const COLLECTION_STAGES: readonly Stage[] = [
  ["hget", "HSET", "HGET", ["f", VALUE]],
  ["sismember", "SADD", "SISMEMBER", ["m"]],
  ["zscore", "ZADD", "ZSCORE", ["1", "m"]],
].map((row) => stageOf(row as [string, string, string, string[]]));

function stageOf([name, add, ask, rest]: [string, string, string, string[]]): Stage {
  const member = add === "HSET" ? "f" : "m";
  const large = rest.map((word) => (word === member ? `m:${RANDOM}` : word));
  return {
    each: "members",
    fills: [
      { words: [add, `small:${name}:${RANDOM}`, ...rest], reply: ":1\r\n" },
      { words: [add, `large:${name}`, ...large], reply: ":1\r\n" },
    ],
    tests: [
      { name: `${name}, 1M small`, words: [ask, `small:${name}:${RANDOM}`, member] },
      { name: `${name}, one of 1M`, words: [ask, `large:${name}`, `m:${RANDOM}`] },
    ],
  };
}

/** The figure `large-data`. */
export const largeData: Figure = {
  name: FIGURE,
  summary: "5 M keys, and collections of 1 M: CPU at -P 16, memory, memory after deletion",
  async run(options, progress) {
    const counts = {
      keys: countOr(options.keys, KEYS, options.scale),
      members: countOr(null, MEMBERS, options.scale),
    };
    const rounds = options.rounds ?? ROUNDS;
    const rows: Row[] = [];
    const measure = async (pair: Pair<Server>, stage: Stage) => {
      for (const side of SIDES) await fillStage(pair[side], stage, counts);
      for (const test of stage.tests) {
        progress(`${FIGURE}: ${test.name}`);
        rows.push(...(await rowsOf(pair, test, counts[stage.each], options)));
      }
    };
    await withServers([options.ours, options.theirs], async (ours, theirs) => {
      const pair = { ours, theirs } as Pair<Server>;
      await measure(pair, KEY_STAGE);
      rows.push(...(await memoryRows(pair, counts.keys, options, progress)));
      await measure(pair, COUNTER_STAGE);
    });
    for (const stage of COLLECTION_STAGES) {
      await withServers([options.ours, options.theirs], (ours, theirs) =>
        measure({ ours, theirs } as Pair<Server>, stage),
      );
    }
    const { ours, theirs } = options;
    return {
      date: options.date,
      conditions: { ours, theirs, ...counts, rounds },
      rows,
      skipped: [],
    };
  },
};

async function fillStage(
  server: Server,
  { each, fills }: Stage,
  counts: Record<Stage["each"], number>,
): Promise<void> {
  for (const { words, reply } of fills) {
    const text = requestOf(words);
    const numbered = (index: number) => text.replace(RANDOM, String(index).padStart(12, "0"));
    await fill(server.port, counts[each], numbered, () => reply);
  }
  await Bun.sleep(SETTLE_MS);
}

async function rowsOf(
  pair: Pair<Server>,
  { name, words }: Stage["tests"][number],
  keyspace: number,
  options: Options,
): Promise<Row[]> {
  const load: Load = {
    test: words,
    requests: options.requests ?? countOr(null, REQUESTS, options.scale),
    pipeline: 16,
    clients: options.clients,
    size: VALUE.length,
    keyspace,
  };
  for (const side of SIDES) await runLoad(pair[side], load);
  const samples = await alternate(options.rounds ?? ROUNDS, (side) => runLoad(pair[side], load));
  const row = (measure: string, unit: string, of: (sample: (typeof samples.ours)[0]) => number) =>
    rowOf(
      { figure: FIGURE, test: name, pipeline: 16, measure, unit },
      median(samples.ours.map(of)),
      median(samples.theirs.map(of)),
    );
  return [
    row("throughput", "requests/s", (sample) => sample.requestsPerSecond),
    row("cpu", "us/request", (sample) => sample.cpuUs),
  ];
}

/** Resident memory with the keys, a tenth of them, in a new server with that, and none. */
async function memoryRows(
  pair: Pair<Server>,
  keys: number,
  options: Options,
  progress: (text: string) => void,
): Promise<Row[]> {
  progress(`${FIGURE}: memory`);
  const full = bothResident(pair);
  const kept = randomKeys(keys);
  for (const side of SIDES) await deleteOthers(pair[side], keys, kept);
  await Bun.sleep(LATER_MS);
  const after = bothResident(pair);
  const fresh = await withServers([options.ours, options.theirs], async (ours, theirs) => {
    const others = { ours, theirs } as Pair<Server>;
    const names = [...kept];
    for (const side of SIDES) {
      await fill(others[side].port, names.length, (i) =>
        requestOf(["SET", keyName(names[i] as number), VALUE]),
      );
    }
    await Bun.sleep(SETTLE_MS);
    return bothResident(others);
  });
  for (const side of SIDES) await emptied(pair[side]);
  await Bun.sleep(SETTLE_MS);
  const empty = bothResident(pair);
  const row = (measure: string, { ours, theirs }: Pair<number>) =>
    rowOf({ figure: FIGURE, test: "memory", measure, unit: "MB" }, ours, theirs);
  return [
    row("resident", full),
    row("with a tenth left", after),
    row("a new server with that", fresh),
    row("after flushall", empty),
  ];
}

function bothResident({ ours, theirs }: Pair<Server>): Pair<number> {
  return { ours: residentBytes(ours.pid) / 1e6, theirs: residentBytes(theirs.pid) / 1e6 };
}

function keyName(index: number): string {
  return `key:${String(index).padStart(12, "0")}`;
}

function randomKeys(keys: number): Set<number> {
  const random = seededRandom(1);
  const kept = new Set<number>();
  while (kept.size < keys / KEPT) kept.add(Math.floor(random() * keys));
  return kept;
}

/** Deletes all keys but those, in an order that no allocator likes. */
async function deleteOthers({ port }: Server, keys: number, kept: Set<number>): Promise<void> {
  const order = Array.from({ length: keys }, (_, index) => index).filter((i) => !kept.has(i));
  const random = seededRandom(2);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const command = (i: number) => requestOf(["DEL", keyName(order[i] as number)]);
  await fill(port, order.length, command, () => ":1\r\n");
}

async function emptied({ port }: Server): Promise<void> {
  const control = await Control.open(port);
  await control.must("FLUSHALL");
  control.close();
}
