// How late a subscriber hears that a key has expired: keys with absolute deadlines (PXAT, so that
// client and server read the same clock), and one that listens to the key events of expiry, under
// the light load of the figure `expiry`.

import { Control, requestOf } from "./control.ts";
import {
  failureOf,
  LOAD_SETTINGS,
  randomDeadlines,
  setForLoad,
  setWithDeadline,
} from "./expiry.ts";
import { alternate, type Figure } from "./figure.ts";
import { fill } from "./fill.ts";
import { startLoadProcess } from "./load_process.ts";
import { countOr, type Options } from "./options.ts";
import { rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, percentile } from "./statistics.ts";

const FIGURE = "expired-events";
const KEYS = 1_000_000;
/** As in the figure `expiry`. */
const WRITE_MS = 2000;
const WRITE_MS_PER_KEY = 0.01;
/** How long after the last deadline a message may come; what does not come is so late. */
const PATIENCE_MS = 60_000;
const KEY_INDEX = /ttl:(\d+)\r\n/g;

/** The figure `expired-events`. */
export const expiredEvents: Figure = {
  name: FIGURE,
  summary: "time from a key's expiry to the message of it: 1 M keys with TTLs over 60 s",
  async run(options, progress) {
    const keys = countOr(options.keys, KEYS, options.scale);
    const rounds = options.rounds ?? 1;
    const samples = await alternate(rounds, (side) => {
      progress(`${FIGURE}: ${side}, ${keys} keys over ${options.seconds} s`);
      return withServers([options[side]], (server) => measure(server, keys, options));
    });
    const row = (name: string, percent: number) =>
      rowOf(
        { figure: FIGURE, test: "expiry to message", measure: name, unit: "ms" },
        median(samples.ours.map((lagsMs) => percentile(lagsMs, percent))),
        median(samples.theirs.map((lagsMs) => percentile(lagsMs, percent))),
      );
    const rows = [row("p50", 50), row("p99", 99), row("max", 100)];
    const { ours, theirs, seconds, rate } = options;
    const conditions = { ours, theirs, keys, seconds, rate, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};

/** How late the message of each key was, in ms, sorted. */
async function measure(server: Server, keys: number, options: Options): Promise<number[]> {
  await fill(server.port, LOAD_SETTINGS.keyspace, setForLoad);
  const control = await Control.open(server.port);
  await control.must("CONFIG", "SET", "notify-keyspace-events", "Ex");
  control.close();
  const firstMs = Date.now() + WRITE_MS + Math.ceil(keys * WRITE_MS_PER_KEY);
  const deadlinesMs = randomDeadlines(keys, firstMs, options.seconds * 1000);
  const listener = await listen(server.port, deadlinesMs);
  await fill(server.port, keys, (index) => setWithDeadline(index, deadlinesMs[index] as number));
  if (Date.now() >= firstMs) {
    throw new Error(`writing ${keys} keys took until the first of them expired: try fewer`);
  }
  const load = startLoadProcess({ port: server.port, ...LOAD_SETTINGS, rate: options.rate });
  try {
    const endMs = firstMs + options.seconds * 1000 + PATIENCE_MS;
    await Promise.race([listener.all(endMs), failureOf(load.result)]);
  } finally {
    listener.close();
    load.stop();
    await load.result.catch(() => {}); // reported by failureOf
  }
  const endMs = Date.now();
  return [...listener.lagsMs]
    .map((lagMs, i) => lagMs ?? endMs - deadlinesMs[i])
    .sort((a, b) => a - b);
}

/** Subscribes to the messages; `lagsMs` has how late each key's came, by its index. */
async function listen(port: number, deadlinesMs: Float64Array) {
  const lagsMs: (number | undefined)[] = new Array(deadlinesMs.length).fill(undefined);
  let left = deadlinesMs.length;
  let rest = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, bytes) {
        const nowMs = Date.now();
        const text = rest + bytes.toString("latin1");
        let end = 0;
        for (const match of text.matchAll(KEY_INDEX)) {
          const index = Number(match[1]);
          lagsMs[index] = nowMs - deadlinesMs[index];
          end = match.index + match[0].length;
          left--;
        }
        rest = text.slice(end);
      },
    },
  });
  socket.write(requestOf(["SUBSCRIBE", "__keyevent@0__:expired"]));
  const all = async (endMs: number) => {
    while (left > 0 && Date.now() < endMs) await Bun.sleep(10);
  };
  return { lagsMs, all, close: () => socket.end() };
}
