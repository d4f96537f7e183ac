// Snapshots of many small keys: how large, how fast written and loaded, and what clients notice
// while one is written: memory, stalls, throughput. The value of a key is 32 random characters.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Control, requestOf } from "./control.ts";
import { alternate, type Figure, type Rounds } from "./figure.ts";
import { fill } from "./fill.ts";
import { countOr, type Options } from "./options.ts";
import { processTree } from "./process_figures.ts";
import { runLoad } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, seededRandom } from "./statistics.ts";

const KEYS = 5_000_000;
const VALUE_SIZE = 32;
/** Time for what goes on in the background: a table that grows, memory that is given back. */
const SETTLE_MS = 5000;
const POLL_MS = 5;
/** The system takes some 10 ms to add up a process: to look more often would slow down all. */
const MEMORY_POLL_MS = 500;
const SAVE_LIMIT_MS = 300_000;
/** Requests of one run of the load, which is run again and again. */
const LOAD_REQUESTS = 200_000;
/** Runs of it without a save, to compare with. */
const QUIET_RUNS = 5;
const FILE = "dump.rdb";
/** A value that is saved in slices, among the others. */
const LARGE_KEY = "large";
const LARGE_MEMBERS = 1_000_000;

/** What clients notice of a save under load. */
interface Noticed {
  /** Growth of memory, in MB and as a part of what there was. */
  growthMB: number;
  growthPercent: number;
  quietMaxMs: number;
  savingMaxMs: number;
  /** Throughput while a snapshot is written, and as a part of that without. */
  savingThroughput: number;
  savingShare: number;
}

interface Sample extends Noticed {
  fileMB: number;
  saveSeconds: number;
  loadSeconds: number;
  /** The same with a sorted set among the keys. */
  withLarge: Noticed;
}

/** How much longer a command waits while a snapshot is written than the longest waits without. */
const stallAbove = ({ savingMaxMs, quietMaxMs }: Noticed) => savingMaxMs - quietMaxMs;

/** The figure `persistence`: snapshots. */
export const persistence: Figure = {
  name: "persistence",
  summary: "snapshots of 5 M keys: size, time to write and load; memory and stalls meanwhile",
  async run(options, progress) {
    const keys = countOr(options.keys, KEYS, options.scale);
    const rounds = options.rounds ?? 1;
    const samples = await alternate(rounds, async (side) => {
      const folder = mkdtempSync(join(tmpdir(), "rusk-bench-"));
      try {
        const line = `${options[side]} --dir ${folder} --dbfilename ${FILE}`;
        return await measure(line, join(folder, FILE), keys, options, (text) =>
          progress(`persistence: ${side}, ${keys} keys: ${text}`),
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
    const { ours, theirs, clients } = options;
    const conditions = { ours, theirs, keys, clients, rounds };
    return { date: options.date, conditions, rows: rowsOf(samples, keys), skipped: [] };
  },
};

function rowsOf(samples: Rounds<Sample>, keys: number): Row[] {
  const row = (measure: string, unit: string, of: (sample: Sample) => number) =>
    rowOf(
      { figure: "persistence", test: `${keys / 1e6}M keys`, measure, unit },
      median(samples.ours.map(of)),
      median(samples.theirs.map(of)),
    );
  return [
    row("size", "MB", (sample) => sample.fileMB),
    row("time to write", "s", (sample) => sample.saveSeconds),
    row("time to load", "s", (sample) => sample.loadSeconds),
    row("growth of memory", "MB", (sample) => sample.growthMB),
    row("growth of memory in percent", "%", (sample) => sample.growthPercent),
    row("longest stall without a save", "ms", (sample) => sample.quietMaxMs),
    row("longest stall", "ms", (sample) => sample.savingMaxMs),
    row("longest stall above that", "ms", stallAbove),
    row("with a sorted set of 1 M: longest stall without", "ms", (s) => s.withLarge.quietMaxMs),
    row("with a sorted set of 1 M: above that", "ms", (s) => stallAbove(s.withLarge)),
    row("throughput meanwhile", "requests/s", (sample) => sample.savingThroughput),
    row("part of throughput", "x", (sample) => sample.savingShare),
  ];
}

async function measure(
  line: string,
  path: string,
  keys: number,
  options: Options,
  progress: (text: string) => void,
): Promise<Sample> {
  return await withServers([line], async (server) => {
    progress("fills");
    const random = seededRandom(1);
    await fill(server.port, keys, (index) =>
      requestOf(["SET", `key:${String(index).padStart(12, "0")}`, randomValue(random)]),
    );
    await Bun.sleep(SETTLE_MS);
    progress("saves");
    const saveSeconds = await save(server, path);
    const fileMB = statSync(path).size / 1e6;
    await Bun.sleep(SETTLE_MS);
    progress("saves under load");
    const noticed = await saveUnderLoad(server, path, keys, options);
    progress("loads");
    const loadSeconds = await load(line);
    progress("saves under load, with a sorted set");
    await fill(
      server.port,
      LARGE_MEMBERS,
      (index) => requestOf(["ZADD", LARGE_KEY, String(index), `member:${index}`]),
      () => ":1\r\n",
      1,
    );
    const withLarge = await saveUnderLoad(server, path, keys, options);
    return { saveSeconds, fileMB, loadSeconds, withLarge, ...noticed };
  });
}

function randomValue(random: () => number): string {
  let value = "";
  while (value.length < VALUE_SIZE) value += Math.floor(random() * 36 ** 6).toString(36);
  return value.slice(0, VALUE_SIZE);
}

/** Seconds from BGSAVE until the file has its place. */
async function save(server: Server, path: string): Promise<number> {
  rmSync(path, { force: true });
  const control = await Control.open(server.port);
  const startMs = performance.now();
  await control.must("BGSAVE");
  while (!existsSync(path)) {
    if (performance.now() - startMs > SAVE_LIMIT_MS) throw new Error("BGSAVE does not end");
    await Bun.sleep(POLL_MS);
  }
  control.close();
  return (performance.now() - startMs) / 1000;
}

async function saveUnderLoad(
  server: Server,
  path: string,
  keys: number,
  options: Options,
): Promise<Noticed> {
  const { clients } = options;
  const run = () =>
    runLoad(server, {
      test: "set",
      requests: LOAD_REQUESTS,
      pipeline: 1,
      clients,
      size: VALUE_SIZE,
      keyspace: keys,
    });
  const quiet = [];
  const quietFrom = commandsOf(server);
  const quietMs = performance.now();
  for (let i = 0; i < QUIET_RUNS; i++) quiet.push(await run());
  const quietRate = rate(commandsOf(server) - quietFrom, quietMs);

  const before = memoryMB(server);
  let peak = before;
  const polling = setInterval(() => {
    peak = Math.max(peak, memoryMB(server));
  }, MEMORY_POLL_MS);
  let isSaving = true;
  const loud: number[] = [];
  const load = (async () => {
    while (isSaving) loud.push((await run()).maxMs);
  })();
  await Bun.sleep(500);
  const commands = commandsOf(server);
  const startMs = performance.now();
  await save(server, path);
  const savingThroughput = rate(commandsOf(server) - commands, startMs);
  isSaving = false;
  await load;
  clearInterval(polling);
  return {
    growthMB: peak - before,
    growthPercent: ((peak - before) / before) * 100,
    quietMaxMs: Math.max(...quiet.map(({ maxMs }) => maxMs)),
    savingMaxMs: Math.max(...loud),
    savingThroughput,
    savingShare: savingThroughput / quietRate,
  };
}

const rate = (count: number, sinceMs: number) => (count * 1000) / (performance.now() - sinceMs);

/** Commands that the server has run. */
function commandsOf(server: Server): number {
  const { stdout } = Bun.spawnSync(["redis-cli", "-p", String(server.port), "INFO", "stats"]);
  return Number(/total_commands_processed:(\d+)/.exec(stdout.toString())?.[1]);
}

/** Memory of a server and its children, of which pages that they share count once. */
function memoryMB(server: Server): number {
  let kilobytes = 0;
  for (const pid of processTree(server.pid)) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return kilobytes / 1000;
}

/** Seconds that a new server takes for the file, as it says itself. */
async function load(line: string): Promise<number> {
  return await withServers([line], async (server) => {
    for (;;) {
      const seconds = /DB loaded from disk: ([\d.]+) seconds/.exec(server.log());
      if (seconds !== null) return Number(seconds[1]);
      await Bun.sleep(100);
    }
  });
}
