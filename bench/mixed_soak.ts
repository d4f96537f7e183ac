// Hours of a mixed load beside Redis: strings, collections, streams, scripts, transactions, pub/sub
// and clients that come and go, with saves, rewrites and evictions meanwhile. Is memory level, is
// every reply right, do the slowest replies stay as they are?
//
//   make soak-mixed MINUTES=60
//
// Prints a line for each span, and at the end draws docs/soak.svg if asked to (--draw). The exit
// status is 1 when a reply was wrong or memory grew.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Course, mixedChart } from "./mixed_chart.ts";
import { mixedLoad, type Tally } from "./mixed_load.ts";
import type { Latencies } from "./mixed_probe.ts";
import { childCpuSeconds, cpuSeconds, residentBytes } from "./process_figures.ts";
import { type Server, withServers } from "./servers.ts";

/** What a server was like in a span: memory in bytes, at its end, and latencies in ms. */
export interface Sample extends Latencies {
  minute: number;
  resident: number;
}

const SETTINGS =
  "--port {port} --appendonly yes --save '' --maxmemory 128mb --maxmemory-policy allkeys-lru";
const OURS = `dist/rusk ${SETTINGS}`;
const THEIRS = `redis-server ${SETTINGS}`;
const CHART = join(import.meta.dir, "..", "docs/soak.svg");
const SPANS = 120;
/** The first quarter is for caches to fill; what comes then may not grow by more than this. */
const WARM_UP = 0.25;
const GROWTH_MAX = 0.05;

interface Run extends Course {
  tally: Tally;
  /** Seconds, with those of children that saved and rewrote. */
  cpu: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      ours: { type: "string", default: OURS },
      theirs: { type: "string", default: THEIRS },
      draw: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  const runs = await withServers([values.ours, values.theirs], (ours, theirs) =>
    Promise.all([observe("Rusk", ours, minutes, seed), observe("Redis", theirs, minutes, seed)]),
  );
  for (const run of runs) console.log(summary(run));
  if (values.draw) {
    const date = new Date().toISOString().slice(0, 10);
    const caption = `${date}: ${minutes} minutes on one machine, append-only log, maxmemory 128mb.`;
    await Bun.write(CHART, mixedChart(runs, caption));
  }
  const [ours] = runs as [Run, Run];
  return ours.tally.faults.length === 0 && growthOf(ours.samples) <= GROWTH_MAX ? 0 : 1;
}

/** The load against one server, and what an observer sees meanwhile. */
async function observe(name: string, server: Server, minutes: number, seed: number): Promise<Run> {
  const tally: Tally = { operations: 0, messages: 0, faults: [] };
  const samples: Sample[] = [];
  let isStopped = false;
  const load = mixedLoad(server.port, seed, tally, () => isStopped);
  const spanMs = (minutes * 60_000) / SPANS;
  const probe = Bun.spawn(
    [process.execPath, join(import.meta.dir, "mixed_probe.ts"), `${server.port}`, `${spanMs}`],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  const startMs = performance.now();
  for await (const latencies of lines(probe.stdout)) {
    const minute = (performance.now() - startMs) / 60_000;
    const sample = { ...(latencies as Latencies), minute, resident: residentBytes(server.pid) };
    samples.push(sample);
    console.log(`${name}: ${JSON.stringify(sample)}`);
    if (samples.length === SPANS) break;
  }
  isStopped = true;
  probe.kill();
  await load;
  const cpu = cpuSeconds(server.pid) + childCpuSeconds(server.pid);
  return { name, samples, tally, cpu };
}

async function* lines(output: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
    }
  }
}

/** By how much resident memory is more in the last quarter than in the second, as a share of it. */
function growthOf(samples: readonly Sample[]): number {
  const mean = (from: number, to: number) => {
    const part = samples.slice(samples.length * from, samples.length * to);
    return part.reduce((sum, { resident }) => sum + resident, 0) / part.length;
  };
  return mean(0.75, 1) / mean(WARM_UP, 0.5) - 1;
}

function summary({ name, samples, tally, cpu }: Run): string {
  const later = samples.slice(samples.length * WARM_UP);
  const of = (figure: (sample: Sample) => number) => {
    const values = later.map(figure).sort((a, b) => a - b);
    return `${values[0]?.toFixed(1)} to ${values.at(-1)?.toFixed(1)}`;
  };
  const { operations, messages, faults } = tally;
  const growth = (growthOf(samples) * 100).toFixed(1);
  return [
    `${name}: ${operations} operations, ${messages} messages, ${cpu.toFixed(0)} s of CPU`,
    "  after the first quarter:",
    `  resident ${of(({ resident }) => resident / 1e6)} MB, grown by ${growth} %`,
    `  p99.9 ${of(({ p999 }) => p999)} ms, longest ${of(({ max }) => max)} ms`,
    `  faults: ${faults.length === 0 ? "none" : faults.join("; ")}`,
  ].join("\n");
}

if (import.meta.main) process.exit(await main());
