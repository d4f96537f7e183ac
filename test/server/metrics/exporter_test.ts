// Redis's exporter for Prometheus, as Debian has it, is the oracle for INFO and for the endpoint:
// what it tells of Redis it tells of Rusk, and the endpoint tells the same as it does.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import {
  freePort,
  redisBinary,
  type Server,
  startRedis,
  startServer,
} from "../../client/server.ts";
import { until } from "../../client/until.ts";
import { type Metric, readMetrics } from "./exposition.ts";

const EXPORTER = Bun.which("prometheus-redis-exporter");
/** Nothing to compare where it, or Redis, is not installed. */
const compare = test.skipIf(EXPORTER === null || redisBinary() === null);

/** What the exporter tells of itself; an endpoint within the server has no such thing. */
const OF_THE_EXPORTER = [
  "redis_exporter_last_scrape_connect_time_seconds",
  "redis_exporter_last_scrape_duration_seconds",
  "redis_exporter_last_scrape_error",
  "redis_exporter_scrape_duration_seconds",
  "redis_exporter_scrapes_total",
  "redis_last_key_groups_scrape_duration_milliseconds",
  "redis_target_scrape_request_errors_total",
];

/** Figures that are others a moment later, or after the commands that the exporter sends. */
const MOVING = new RegExp(
  "_(?:memory|mem|allocator|cpu|net|client|uptime|slowlog|latency|commands|last_slow)_|" +
    "connections|_processed|connected_clients|_start_time|avg_ttl|_aof_(?:pending|buffer|delayed)",
);

type Metrics = Map<string, Metric>;

const servers: Server[] = [];
const exporters: ChildProcess[] = [];
let ofRedis: Metrics;
let ofRusk: Metrics;
let ofEndpoint: Metrics;

/** Both servers have the same to tell. */
const OPTIONS = [
  ...["--appendonly", "yes", "--latency-monitor-threshold", "1"],
  ...["--slowlog-log-slower-than", "0", "--enable-debug-command", "yes"],
];

beforeAll(async () => {
  if (EXPORTER === null || redisBinary() === null) return;
  const metricsPort = await freePort();
  const rusk = await startServer({ args: [...OPTIONS, "--metrics-port", String(metricsPort)] });
  const redis = await startRedis({ args: OPTIONS });
  servers.push(rusk, redis);
  for (const server of servers) await use(server);
  ofRedis = await exported(redis);
  ofRusk = await exported(rusk);
  const page = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  ofEndpoint = readMetrics(await page.text());
});
afterAll(async () => {
  for (const exporter of exporters) exporter.kill("SIGKILL");
  for (const server of servers) await server.stop();
});

/** Gives a server something to tell. */
async function use(server: Server): Promise<void> {
  const client = await server.connect();
  for (const words of [
    ["MSET", "a", 1, "b", 2, "c", 3],
    ["SET", "d", "text", "EX", 1000],
    ["INCR", "d"],
    ["GET", "missing"],
    ["GET", "a"],
    ["NOSUCH"],
    ["SUBSCRIBE"],
    ["SELECT", 3],
    ["SET", "a", 1],
    ["DEBUG", "SLEEP", 0.01],
  ]) {
    await client.command(...(words as [string]));
  }
  client.close();
}

/** What the exporter tells of a server. */
async function exported(server: Server): Promise<Metrics> {
  const port = await freePort();
  const args = [
    `-redis.addr=redis://127.0.0.1:${server.port}`,
    `-web.listen-address=127.0.0.1:${port}`,
    "-redis-only-metrics",
    "-include-system-metrics",
  ];
  exporters.push(spawn(EXPORTER as string, args, { stdio: "ignore" }));
  let page = "";
  await until("the exporter", async () => {
    try {
      page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return true;
    } catch {
      return false;
    }
  });
  return readMetrics(page);
}

const namesOf = (metrics: Metrics) => [...metrics.keys()].sort();
const without = (names: string[], other: Metrics) => names.filter((name) => !other.has(name));
const seriesOf = (metric: Metric | undefined) => [...(metric?.samples.keys() ?? [])].sort();

compare("of Rusk it tells all that it tells of Redis, and nothing else", () => {
  expect(namesOf(ofRedis).length).toBeGreaterThan(100);
  expect(namesOf(ofRusk)).toEqual(namesOf(ofRedis));
});

compare("the endpoint has all its names but those of itself, and their kinds", () => {
  expect(without(namesOf(ofRedis), ofEndpoint)).toEqual(OF_THE_EXPORTER);
  expect(without(namesOf(ofEndpoint), ofRedis).filter((name) => !/^rusk_/.test(name))).toEqual([]);
  for (const [name, { type }] of ofRedis) {
    if (ofEndpoint.has(name))
      expect(`${name} ${ofEndpoint.get(name)?.type}`).toBe(`${name} ${type}`);
  }
});

compare("samples have the same labels, and are the same where they stand still", () => {
  for (const [name, { samples }] of ofEndpoint) {
    const told = ofRusk.get(name);
    if (told === undefined) continue;
    // The exporter sends commands of its own between its INFO and ours.
    if (!/_commands_|latency_percentiles/.test(name)) {
      expect(seriesOf(ofEndpoint.get(name))).toEqual(seriesOf(told));
    } else {
      expect(seriesOf(ofEndpoint.get(name))).toEqual(expect.arrayContaining(seriesOf(told)));
    }
    if (!MOVING.test(name)) expect(samples).toEqual(told.samples);
  }
});

compare("it has nothing to complain of", () => {
  for (const metrics of [ofRedis, ofRusk]) {
    const errors = metrics.get("redis_exporter_last_scrape_error")?.samples;
    expect([...(errors ?? [])]).toEqual([['redis_exporter_last_scrape_error{err=""}', 0]]);
  }
});
