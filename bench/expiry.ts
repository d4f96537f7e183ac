// How long a key outlives its deadline, seen from outside: keys with absolute deadlines (PXAT, so
// that client and server read the same clock) are all that comes and goes, while a light load
// overwrites keys without a TTL. So DBSIZE, asked every 2 ms, tells how many deadlines have been
// met.

import { Control } from "./control.ts";
import { alternate, type Figure } from "./figure.ts";
import { fill } from "./fill.ts";
import { LOAD_VALUE, loadKey } from "./load.ts";
import { startLoadProcess } from "./load_process.ts";
import { countOr, type Options } from "./options.ts";
import { rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, percentile, seededRandom } from "./statistics.ts";

const KEYS = 1_000_000;
const POLL_INTERVAL_MS = 2;
/** Keys without a TTL that the load reads and overwrites. */
const LOAD_KEYS = 10_000;
/** The light load, but for its rate. */
export const LOAD_SETTINGS = {
  kind: "mixed",
  connections: 10,
  pipeline: 10,
  keyspace: LOAD_KEYS,
  operations: null,
} as const;
/** Time to write all keys before the first deadline: 2 s, and 10 s for each million. */
const WRITE_MS = 2000;
const WRITE_MS_PER_KEY = 0.01;
/** How long after the last deadline is waited for a key; what has not come then is so late. */
export const PATIENCE_MS = 60_000;

/** An answer to DBSIZE: when it came, and the count of keys. */
export interface Poll {
  atMs: number;
  size: number;
}

/** The figure `expiry`: keys with random TTLs over 60 s, under a light load. */
export const expiry = lagFigure("expiry", "removal", measure);

/**
 * A figure of the time from a key's expiry to something: `measure` says, in ms, how late it came
 * for each of so many keys.
 */
export function lagFigure(
  name: string,
  event: string,
  measure: (server: Server, keys: number, options: Options) => Promise<number[]>,
): Figure {
  return {
    name,
    summary: `time from a key's expiry to its ${event}: 1 M keys with TTLs over 60 s`,
    async run(options, progress) {
      const keys = countOr(options.keys, KEYS, options.scale);
      const rounds = options.rounds ?? 1;
      const samples = await alternate(rounds, (side) => {
        progress(`${name}: ${side}, ${keys} keys over ${options.seconds} s`);
        return withServers([options[side]], (server) => measure(server, keys, options));
      });
      const row = (measure: string, percent: number) =>
        rowOf(
          { figure: name, test: `expiry to ${event}`, measure, unit: "ms" },
          median(samples.ours.map((lagsMs) => percentile(lagsMs, percent))),
          median(samples.theirs.map((lagsMs) => percentile(lagsMs, percent))),
        );
      const rows = [row("p50", 50), row("p99", 99), row("max", 100)];
      const { ours, theirs, seconds, rate } = options;
      const conditions = { ours, theirs, keys, seconds, rate, rounds };
      return { date: options.date, conditions, rows, skipped: [] };
    },
  };
}

/**
 * The lag of each deadline (sorted, in ms). The k-th deadline counts as met at the first poll at
 * which k keys are gone, of the `total` that were there at first; one never met has the lag of the
 * last poll.
 */
export function lagsOf(
  deadlinesMs: ArrayLike<number>,
  polls: readonly Poll[],
  total: number,
): number[] {
  const lagsMs: number[] = [];
  let met = 0;
  for (const { atMs, size } of polls) {
    for (const gone = total - size; met < gone && met < deadlinesMs.length; met++) {
      lagsMs.push(atMs - (deadlinesMs[met] as number));
    }
  }
  const endMs = polls.at(-1)?.atMs ?? 0;
  for (; met < deadlinesMs.length; met++) lagsMs.push(endMs - (deadlinesMs[met] as number));
  return lagsMs;
}

async function measure(server: Server, keys: number, options: Options): Promise<number[]> {
  await fill(server.port, LOAD_KEYS, setForLoad);
  const firstMs = firstDeadlineOf(keys);
  const deadlinesMs = randomDeadlines(keys, firstMs, options.seconds * 1000);
  await fill(server.port, keys, (index) => setWithDeadline(index, deadlinesMs[index] as number));
  deadlinesMs.sort();

  const load = startLoadProcess({ port: server.port, ...LOAD_SETTINGS, rate: options.rate });
  const control = await Control.open(server.port);
  try {
    const total = await control.databaseSize();
    if (total !== keys + LOAD_KEYS || Date.now() >= firstMs) {
      throw new Error(`writing ${keys} keys took until the first of them expired: try fewer`);
    }
    const lastMs = deadlinesMs.at(-1) as number;
    const polls = pollUntil(control, LOAD_KEYS, lastMs + PATIENCE_MS);
    const seen = await Promise.race([polls, failureOf(load.result)]);
    const lagsMs = lagsOf(deadlinesMs, seen, total);
    if (lagsMs.some((lagMs) => lagMs < 0)) throw new Error("a key went before its deadline");
    return lagsMs;
  } finally {
    control.close();
    load.stop();
    await load.result.catch(() => {}); // reported by failureOf
  }
}

/** Asks DBSIZE every 2 ms, until it is down to `size` or the time is over. */
async function pollUntil(control: Control, size: number, endMs: number): Promise<Poll[]> {
  const polls: Poll[] = [];
  for (let atMs = 0, current = Infinity; current > size && atMs < endMs; ) {
    await Bun.sleep(POLL_INTERVAL_MS);
    current = await control.databaseSize();
    atMs = Date.now();
    polls.push({ atMs, size: current });
  }
  return polls;
}

/** Rejects when the load ends early; never resolves. */
export async function failureOf(result: Promise<unknown>): Promise<never> {
  await result;
  throw new Error("the load ended before the last key expired");
}

/** When the first of so many keys may expire: by then all are written. */
export const firstDeadlineOf = (keys: number): number =>
  Date.now() + WRITE_MS + Math.ceil(keys * WRITE_MS_PER_KEY);

/** Times from the first on, in any order; the same each time. */
export function randomDeadlines(count: number, firstMs: number, spanMs: number): Float64Array {
  const random = seededRandom(2);
  return Float64Array.from({ length: count }, () => firstMs + Math.floor(random() * spanMs));
}

/** The command that makes a key of the load. */
export function setForLoad(index: number): string {
  return `*3\r\n$3\r\nSET\r\n$16\r\n${loadKey(index)}\r\n$16\r\n${LOAD_VALUE}\r\n`;
}

/** The command that makes a key that expires then. */
export function setWithDeadline(index: number, deadlineMs: number): string {
  const key = `ttl:${String(index).padStart(12, "0")}`;
  return (
    `*5\r\n$3\r\nSET\r\n$16\r\n${key}\r\n$16\r\n${LOAD_VALUE}\r\n` +
    `$4\r\nPXAT\r\n$13\r\n${deadlineMs}\r\n`
  );
}
