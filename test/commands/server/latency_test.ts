// LATENCY LATEST HISTORY RESET GRAPH DOCTOR HISTOGRAM HELP, and the monitor behind it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Clock } from "../../../src/base/clock.ts";
import { LatencyMonitor } from "../../../src/calls/latency_monitor.ts";
import { latencyChart } from "../../../src/commands/server/latency_chart.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
});
afterAll(() => server.stop());

describe.each([2, 3] as const)("RESP%i", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("LATENCY without events", () =>
    session(`
      > LATENCY RESET
      (integer) 0
      > LATENCY LATEST
      (empty array)
      > LATENCY HISTORY command
      (empty array)
      > LATENCY RESET command fork
      (integer) 0
      > LATENCY GRAPH command
      (error) ERR No samples available for event 'command'
      > LATENCY GRAPH "a\\r\\nb\\n"
      (error) ERR No samples available for event 'a  b '
      > LATENCY GRAPH "a\\x00b"
      (error) ERR No samples available for event 'a'
      > LATENCY HISTOGRAM nosuch
      ${protocol === 2 ? "(empty array)" : "(empty hash)"}
      > LATENCY HISTORY
      (error) ERR wrong number of arguments for 'latency|history' command
      > LATENCY HELP x
      (error) ERR wrong number of arguments for 'latency|help' command
    `));
});

test("LATENCY keeps delays that reach the threshold", async () => {
  const client = await server.connect();
  await client.command("CONFIG", "SET", "latency-monitor-threshold", 20);
  await client.command("DEBUG", "SLEEP", 0.03);
  await client.command("PING");
  const [event] = plain(await client.command("LATENCY", "LATEST")) as unknown as unknown[][];
  const [name, seconds, last, worst] = event;
  expect(String(name)).toBe("command");
  expect(Number(last)).toBeGreaterThanOrEqual(30);
  expect(worst).toBe(last);
  const history = plain(await client.command("LATENCY", "HISTORY", "command"));
  expect(history as unknown).toEqual([[seconds, last]]);
  const graph = String(plain(await client.command("LATENCY", "GRAPH", "command")));
  expect(graph).toStartWith(
    `command - high ${last} ms, low ${last} ms (all time high ${last} ms)\n`,
  );
  const doctor = String(plain(await client.command("LATENCY", "DOCTOR")));
  expect(doctor).toContain("- command: 1 time");
  expect(plain(await client.command("LATENCY", "RESET"))).toBe(1);
  await client.command("CONFIG", "SET", "latency-monitor-threshold", 0);
  expect(String(plain(await client.command("LATENCY", "DOCTOR")))).toContain("not being watched");
  client.close();
});

test("LATENCY HISTOGRAM counts calls by doublings of a microsecond", async () => {
  const client = await server.connect();
  await client.command("CONFIG", "RESETSTAT");
  await client.command("SET", "a", 1);
  await client.command("SET", "b", 1);
  await client.command("CLIENT", "ID");
  await client.command("DEBUG", "SLEEP", 0.6);
  await client.command("HELLO", 3);
  const names = async (...words: string[]) => {
    const reply = await client.command("LATENCY", "HISTOGRAM", ...words);
    if (reply.type !== "map") throw new Error(`no map: ${reply.type}`);
    return reply.value.map(([name]) => String(plain(name))).sort();
  };
  expect(await names("client", "set", "nosuch")).toEqual(["client|id", "set"]);
  expect(await names("client|id", "client|list")).toEqual(["client|id"]);
  expect(await names()).toContain("config|resetstat");
  await client.command("HELLO", 2);
  const [, set] = plain(await client.command("LATENCY", "HISTOGRAM", "set")) as unknown[];
  expect((set as unknown[]).slice(0, 2).map(String)).toEqual(["calls", "2"]);
  const debug = plain(await client.command("LATENCY", "HISTOGRAM", "debug"));
  expect(
    JSON.stringify(debug, (_, value) => (typeof value === "bigint" ? Number(value) : value)),
  ).toContain("[1073741,1]");
  client.close();
});

test("LATENCY HELP lists the subcommands", async () => {
  const client = await server.connect();
  const lines = (plain(await client.command("LATENCY", "HELP")) as unknown[]).map(String);
  expect(lines[0]).toBe("LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const line of ["GRAPH <event>", "HISTORY <event>", "LATEST", "DOCTOR"]) {
    expect(lines).toContain(line);
  }
  client.close();
});

describe("the monitor", () => {
  let nowMs = 1_000_000;
  const clock = new Clock({
    wallMs: () => nowMs,
    wallUs: () => nowMs * 1000,
    monotonicMs: () => nowMs,
  });
  const at = (ms: number) => {
    nowMs = ms;
    clock.tick();
  };

  test("of several delays in one second the worst is kept", () => {
    const monitor = new LatencyMonitor(clock);
    at(5000);
    monitor.add("command", 7.9);
    monitor.add("command", 30);
    monitor.add("command", 12);
    at(6000);
    monitor.add("command", 3);
    const event = monitor.events.get("command");
    expect(event?.samples).toEqual([
      { seconds: 5, ms: 30 },
      { seconds: 6, ms: 3 },
    ]);
    expect(event?.maxMs).toBe(30);
  });

  test("the latest 160 seconds with delays are kept", () => {
    const monitor = new LatencyMonitor(clock);
    for (let second = 1; second <= 200; second++) {
      at(second * 1000);
      monitor.add("fork", second);
    }
    const samples = monitor.events.get("fork")?.samples ?? [];
    expect(samples).toHaveLength(160);
    expect(samples[0].ms).toBe(41);
    expect(samples[159].ms).toBe(200);
  });

  test("delays below the threshold are not kept, and none without one", () => {
    const monitor = new LatencyMonitor(clock);
    monitor.addIfSlow("command", 1000);
    expect(monitor.events.size).toBe(0);
    monitor.thresholdMs = 10;
    monitor.addIfSlow("command", 9);
    expect(monitor.events.size).toBe(0);
    monitor.addIfSlow("command", 10);
    expect(monitor.events.size).toBe(1);
  });

  test("the chart has a column for each delay and its age below", () => {
    const samples = [119, 100, 200, 50, 120, 180, 80].map((ms, i) => ({ seconds: i * 61, ms }));
    const chart = latencyChart("command", { samples, maxMs: 250 }, 366);
    expect(chart.split("\n")).toEqual([
      "command - high 200 ms, low 50 ms (all time high 250 ms)",
      "-".repeat(80),
      "  #  o ",
      "  |  | ",
      "#o| #| ",
      "|||_||#",
      "       ",
      "6543210",
      "mmmmmms",
      "",
    ]);
  });

  test("more delays than columns are drawn in two charts", () => {
    const samples = Array.from({ length: 100 }, (_, i) => ({ seconds: i, ms: i }));
    const rows = latencyChart("fork", { samples, maxMs: 99 }, 100_000).split("\n");
    expect(rows[2]).toHaveLength(80);
    expect(rows[9]).toBe("");
    expect(rows[10]).toHaveLength(20);
    expect(rows[7]).toBe("1".repeat(80));
  });
});
