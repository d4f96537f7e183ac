// Runs redis-benchmark and reads its text report: only that one has the latency distribution.

import { cpuSeconds, residentBytes } from "./process_figures.ts";
import type { Server } from "./servers.ts";

const TIME_LIMIT_MS = 600_000;

/** What redis-benchmark reports of one test. Latencies in milliseconds. */
export interface Report {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/** A report, with what the run cost the server. */
export interface Sample extends Report {
  /** CPU time (user and system) per command, in microseconds. */
  cpuUs: number;
  /** Resident memory after the run, in bytes. */
  residentBytes: number;
}

/** The load of one run, in redis-benchmark's terms. */
export interface Load {
  /** `-t TEST`, or the words of a command. */
  test: string | readonly string[];
  requests: number;
  pipeline: number;
  clients: number;
  /** Size of a value, in bytes (-d). */
  size: number;
  /** Count of different random keys (-r). */
  keyspace: number;
}

/** Whom the load logs in as. */
export interface Login {
  user: string;
  password: string;
}

/** Runs the load against the server; throws what redis-benchmark complains of. */
export async function runLoad(server: Server, load: Load, login?: Login): Promise<Sample> {
  const cpuBefore = cpuSeconds(server.pid);
  const reports = parseReports(await runRedisBenchmark(server, load, login));
  const cpuUsed = cpuSeconds(server.pid) - cpuBefore;
  if (reports.length !== 1) {
    throw new Error(`redis-benchmark reported ${reports.length} tests instead of one`);
  }
  return {
    ...(reports[0] as Report),
    cpuUs: (cpuUsed * 1e6) / load.requests,
    residentBytes: residentBytes(server.pid),
  };
}

/**
 * The reports in redis-benchmark's text output, in order. p50, p99 and max are those of its
 * summary; p99.9 is the first step of the printed distribution that covers 99.9 % of the requests.
 */
export function parseReports(output: string): Report[] {
  const sections = output.replaceAll("\r", "\n").split(/^====== .* ======$/m);
  return sections.slice(1).map(parseReport);
}

function parseReport(section: string): Report {
  if (section.includes("throughput summary: inf")) {
    throw new Error("too few requests: redis-benchmark was done within a millisecond");
  }
  const throughput = /throughput summary: ([\d.]+) requests per second/.exec(section);
  const summary = /avg +min +p50 +p95 +p99 +max\n\s+([\d. ]+)/.exec(section);
  if (throughput === null || summary === null) {
    throw new Error(`not a report of redis-benchmark: ${section.trim().slice(0, 200)}`);
  }
  const [, , p50Ms, , p99Ms, maxMs] = (summary[1] as string).trim().split(/ +/).map(Number);
  return {
    requestsPerSecond: Number(throughput[1]),
    p50Ms: p50Ms as number,
    p99Ms: p99Ms as number,
    p999Ms: distributionAt(section, 99.9),
    maxMs: maxMs as number,
  };
}

function distributionAt(section: string, percent: number): number {
  const start = section.indexOf("Latency by percentile distribution:");
  const distribution = section.slice(Math.max(start, 0)).split("\n\n")[0] as string;
  for (const step of distribution.matchAll(/^([\d.]+)% <= ([\d.]+) milliseconds/gm)) {
    if (Number(step[1]) >= percent) return Number(step[2]);
  }
  throw new Error("redis-benchmark printed no latency distribution");
}

async function runRedisBenchmark(server: Server, load: Load, login?: Login): Promise<string> {
  const { test, requests, pipeline, clients, size, keyspace } = load;
  const options = { p: server.port, n: requests, P: pipeline, c: clients, d: size, r: keyspace };
  const words = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)]);
  if (login !== undefined) words.push("--user", login.user, "-a", login.password);
  const what = typeof test === "string" ? ["-t", test] : test;
  const run = Bun.spawn(["redis-benchmark", ...words, ...what], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIME_LIMIT_MS,
  });
  const [output, complaint] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
    run.exited,
  ]);
  if (run.exitCode !== 0) {
    const why = `${complaint}\n${output.trim().slice(-300)}`.trim();
    throw new Error(`redis-benchmark ${what.join(" ")} failed: ${why}\n${server.log()}`);
  }
  return output;
}
