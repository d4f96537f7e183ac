// The command line of bench.ts.

import { existsSync } from "node:fs";
import { parseArgs } from "node:util";

/** What to measure and how. null stands for the figure's own default. */
export interface Options {
  figures: string[];
  ours: string;
  theirs: string;
  /** Our server under `deno run`. */
  deno: string;
  /** Tests of redis-benchmark, or of the figure `streams`; null: all. */
  tests: string[] | null;
  pipelines: number[];
  clients: number;
  /** Size of a value in redis-benchmark's load, in bytes. */
  size: number;
  keyspace: number;
  rounds: number | null;
  requests: number | null;
  keys: number | null;
  /** Span of the TTLs in the figure `expiry`, in seconds. */
  seconds: number;
  /** Operations per second of its load. */
  rate: number;
  /** Factor of every default count of requests and keys. */
  scale: number;
  date: string;
  save: boolean;
  check: boolean;
  updateDocs: boolean;
  help: boolean;
}

const REDIS = 'redis-server --port {port} --save "" --appendonly no';
const RUSK_ARGUMENTS = '--port {port} --save "" --appendonly no';

/** The deno of node_modules, when the project's tools are installed. */
export const DENO = existsSync("node_modules/.bin/deno") ? "node_modules/.bin/deno" : "deno";

const HELP = `Measures Rusk side by side with redis-server.

  node_modules/.bin/bun bench/bench.ts [FIGURE ...] [OPTIONS]

With no figure it measures all and saves the results (bench/results.json, .md and .svg).

{figures}
  report        measures nothing: writes results.md and results.svg anew from results.json

  --ours COMMAND       our server        (dist/rusk ${RUSK_ARGUMENTS})
  --theirs COMMAND     the other server  (${REDIS})
  --deno COMMAND       our server under Deno
  --tests LIST         throughput, deno: tests of redis-benchmark, such as set,get; streams,
                       eviction: tests by how their names begin, such as xadd,xread
  --pipeline LIST      throughput: pipeline depths (1,16)
  --clients N          connections (50)
  --size N             size of values in bytes (16)
  --keyspace N         count of random keys (100000)
  --rounds N           rounds of each server
  --requests N         throughput, deno: requests of a run; transactions: transactions of a run
  --keys N             memory, latency, expiry: count of keys
  --seconds N          expiry: the TTLs' span (60)
  --rate N             expiry: operations per second of the load (20000)
  --scale F            multiplies the default counts of requests and keys: 0.1 for a quick look
  --date TEXT          the date to record (today)
  --save               save the results also when only some figures are measured
  --update-docs        put results.md between the marks of docs/benchmarks.md, too
  --check              exit with 1 when a target is missed
  --help               this text
`;

/** Parses the arguments; throws an Error that says what is wrong with them. */
export function parseOptions(words: readonly string[], figures: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      ours: { type: "string", default: `dist/rusk ${RUSK_ARGUMENTS}` },
      theirs: { type: "string", default: REDIS },
      deno: { type: "string", default: `${DENO} run -A src/main.ts ${RUSK_ARGUMENTS}` },
      tests: { type: "string" },
      pipeline: { type: "string", default: "1,16" },
      clients: { type: "string", default: "50" },
      size: { type: "string", default: "16" },
      keyspace: { type: "string", default: "100000" },
      rounds: { type: "string" },
      requests: { type: "string" },
      keys: { type: "string" },
      seconds: { type: "string", default: "60" },
      rate: { type: "string", default: "20000" },
      scale: { type: "string", default: "1" },
      date: { type: "string", default: new Date().toISOString().slice(0, 10) },
      save: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      "update-docs": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => name !== "report" && !figures.includes(name));
  if (unknown !== undefined) throw new Error(`there is no figure ${unknown}`);
  const count = (name: "rounds" | "requests" | "keys") =>
    values[name] === undefined ? null : countOf(name, values[name]);
  return {
    figures: positionals,
    ours: values.ours,
    theirs: values.theirs,
    deno: values.deno,
    tests: values.tests?.toLowerCase().split(",") ?? null,
    pipelines: values.pipeline.split(",").map((depth) => countOf("pipeline", depth)),
    clients: countOf("clients", values.clients),
    size: countOf("size", values.size),
    keyspace: countOf("keyspace", values.keyspace),
    rounds: count("rounds"),
    requests: count("requests"),
    keys: count("keys"),
    seconds: countOf("seconds", values.seconds),
    rate: countOf("rate", values.rate),
    scale: scaleOf(values.scale),
    date: values.date,
    save: values.save || positionals.length === 0,
    check: values.check,
    updateDocs: values["update-docs"],
    help: values.help,
  };
}

/** The text of --help, given the figures' names and summaries. */
export function helpText(figures: readonly { name: string; summary: string }[]): string {
  const lines = figures.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`);
  return HELP.replace("{figures}", lines.join("\n"));
}

/** The count asked for, or else the default, scaled. */
export function countOr(asked: number | null, standard: number, scale: number): number {
  return asked ?? Math.max(1, Math.round(standard * scale));
}

function countOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} wants a count, not ${text}`);
  return value;
}

function scaleOf(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--scale wants a factor, not ${text}`);
  return value;
}
