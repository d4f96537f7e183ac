// INFO: its sections, the fields of each, and that their figures are true.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meanPerCall } from "../../../src/calls/command_stats.ts";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";

/** Every section and field of INFO everything of a Redis 7.0.15 that nobody has used yet. */
const REDIS_FIELDS = readFileSync(join(import.meta.dir, "oracle/info_fields.txt"), "utf8");
const USUAL_SECTIONS = [
  "Server",
  "Clients",
  "Memory",
  "Persistence",
  "Stats",
  "Replication",
  "CPU",
  "Modules",
  "Errorstats",
  "Cluster",
  "Keyspace",
];
const ALL_SECTIONS = [...USUAL_SECTIONS];
ALL_SECTIONS.splice(8, 1, "Commandstats", "Errorstats", "Latencystats");

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});
afterAll(async () => {
  client.close();
  await server.stop();
});
beforeEach(async () => {
  await client.command("FLUSHALL");
});

async function info(...sections: string[]): Promise<string> {
  return plain(await client.command("INFO", ...sections)) as string;
}

async function field(section: string, name: string): Promise<string> {
  const line = (await info(section)).split("\r\n").find((text) => text.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`${section} has no field ${name}`);
  return line.slice(name.length + 1);
}

const titlesOf = (text: string) =>
  text.split("\r\n").flatMap((line) => (line.startsWith("# ") ? [line.slice(2)] : []));

describe("sections", () => {
  test("INFO and INFO default show the usual ones, all and everything all of them", async () => {
    expect(titlesOf(await info())).toEqual(USUAL_SECTIONS);
    expect(titlesOf(await info("default"))).toEqual(USUAL_SECTIONS);
    expect(titlesOf(await info("all"))).toEqual(ALL_SECTIONS);
    expect(titlesOf(await info("EVERYTHING"))).toEqual(ALL_SECTIONS);
  });

  test("several are shown once each, in order; unknown ones are left out", async () => {
    const text = await info("keyspace", "CPU", "nosuch", "cpu", "cluster");
    expect(titlesOf(text)).toEqual(["CPU", "Cluster", "Keyspace"]);
    expect(titlesOf(await info("commandstats", "default"))).toHaveLength(12);
    expect(titlesOf(await info("module_list"))).toEqual(["Modules"]);
    expect(await info("nosuch")).toBe("");
    expect(titlesOf(await info("CPU\0", "keyspace\0x"))).toEqual(["CPU", "Keyspace"]);
  });

  test("a section is a title and its fields, and an empty line before the next", async () => {
    expect(await info("cluster", "keyspace")).toBe(
      "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n",
    );
  });

  test("all fields of Redis are there, in its order", async () => {
    const fields: string[] = [];
    let title = "";
    for (const line of (await info("everything")).split("\r\n")) {
      if (line.startsWith("# ")) title = line.slice(2);
      else if (/^(cmdstat|errorstat|latency_percentiles|rusk|db\d)/.test(line)) continue;
      else if (line !== "") fields.push(`${title} ${line.slice(0, line.indexOf(":"))}\n`);
    }
    // Fields of Redis 7.4.
    const later = ["Stats expired_subkeys\n", "Stats evicted_scripts\n"];
    expect(fields.filter((field) => !later.includes(field)).join("")).toBe(REDIS_FIELDS);
    expect(fields.filter((field) => later.includes(field))).toEqual(later);
  });

  test.skipIf(redisBinary() === null)(
    "of a server that nobody has used, figures are Redis's",
    async () => {
      // What is of the process, of memory, of time, or of how often a test looks whether it is up.
      const own = new RegExp(
        "^(?:process_id|run_id|master_replid|tcp_port|executable|redis_build_id|gcc_version|" +
          "atomicvar_api|mem_allocator|server_time_usec|lru_clock|uptime_.*|rdb_last_save_time|" +
          "total_.*|instantaneous_.*|client_recent_.*|cmdstat_.*|latency_.*|" +
          "used_.*|allocator_.*|rss_.*|mem_fragmentation_.*|mem_clients_normal)$",
      );
      const fieldsOf = async (start: typeof startServer) => {
        const fresh = await start();
        const other = await fresh.connect();
        const text = plain(await other.command("INFO", "everything")) as string;
        other.close();
        await fresh.stop();
        const pairs = text.split("\r\n").filter((line) => /^[^#]+:/.test(line));
        return new Map(pairs.map((line) => line.split(/:(.*)/) as [string, string]));
      };
      const [expected, actual] = [await fieldsOf(startRedis), await fieldsOf(startServer)];
      const shown = (fields: Map<string, string>) =>
        [...expected.keys()]
          .filter((name) => !own.test(name))
          .map((name) => [name, fields.get(name)]);
      expect(shown(actual)).toEqual(shown(expected));
    },
  );

  test("in RESP3 the text is a verbatim string", async () => {
    const other = await server.connect();
    await other.command("HELLO", 3);
    expect(String(await other.raw("INFO cluster\r\n", 1))).toBe(
      "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n",
    );
    expect(String(await other.raw("INFO nosuch\r\n", 1))).toBe("=4\r\ntxt:\r\n");
    other.close();
  });
});

describe("figures", () => {
  test("server", async () => {
    expect(await field("server", "redis_version")).toBe("7.0.15");
    expect(await field("server", "rusk_version")).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await field("server", "tcp_port")).toBe(String(server.port));
    expect(await field("server", "process_id")).toBe(String(server.pid));
    expect(await field("server", "run_id")).toMatch(/^[0-9a-f]{40}$/);
    const beforeMs = Date.now();
    const us = Number(await field("server", "server_time_usec"));
    expect(us / 1000).toBeGreaterThan(beforeMs - 1000);
    expect(us / 1000).toBeLessThan(Date.now() + 1000);
  });

  test("clients", async () => {
    const before = Number(await field("clients", "connected_clients"));
    const other = await server.connect();
    await other.command("PING");
    expect(Number(await field("clients", "connected_clients"))).toBe(before + 1);
    other.close();
    expect(await field("clients", "blocked_clients")).toBe("0");
  });

  test("memory grows with the data and shrinks when they are deleted", async () => {
    const used = async () => Number(await field("memory", "used_memory_dataset"));
    const before = await used();
    await client.command("SET", "large", "x".repeat(3_000_000));
    const grown = (await used()) - before;
    expect(grown).toBeGreaterThanOrEqual(3_000_000);
    expect(grown).toBeLessThan(3_400_000);
    await client.command("DEL", "large");
    expect(await used()).toBeLessThan(before + 10_000);
    const text = await info("memory");
    const resident = Number(/\r\nused_memory_rss:(\d+)\r/.exec(text)?.[1]);
    expect(resident).toBeGreaterThan(10_000_000);
    expect(text).toContain(`\r\nused_memory_rss_human:${(resident / 2 ** 20).toFixed(2)}M\r\n`);
    expect(await field("memory", "maxmemory_policy")).toBe("noeviction");
  });

  test("stats count what happened since the last CONFIG RESETSTAT", async () => {
    await client.command("CONFIG", "RESETSTAT");
    await client.command("SET", "key", 1);
    await client.command("GET", "key");
    await client.command("GET", "missing");
    await client.command("NOSUCH");
    expect(await field("stats", "keyspace_hits")).toBe("1");
    expect(await field("stats", "keyspace_misses")).toBe("1");
    expect(await field("stats", "total_error_replies")).toBe("1");
    await client.command("PSETEX", "key", 1, "v");
    await until("the key to go", async () => (await field("stats", "expired_keys")) === "1");
    expect(Number(await field("stats", "total_net_input_bytes"))).toBeGreaterThan(100);
    await client.command("CONFIG", "RESETSTAT");
    expect(await field("stats", "keyspace_hits")).toBe("0");
    expect(await field("stats", "expired_keys")).toBe("0");
    expect(await field("stats", "total_error_replies")).toBe("0");
  });

  test("how long more is in use than maxmemory allows, now and altogether", async () => {
    const current = async () => Number(await field("stats", "current_eviction_exceeded_time"));
    const total = async () => Number(await field("stats", "total_eviction_exceeded_time"));
    await client.command("CONFIG", "RESETSTAT");
    await client.command("SET", "key", "x");
    await client.command("CONFIG", "SET", "maxmemory", 1);
    await until("it to be noticed", async () => (await current()) > 0);
    await client.command("CONFIG", "SET", "maxmemory", 0);
    await until("it to be over", async () => (await current()) === 0);
    expect(await total()).toBeGreaterThan(0);
    await client.command("CONFIG", "RESETSTAT");
    expect(await total()).toBe(0);
  });

  test("persistence counts changes", async () => {
    const changes = async () => Number(await field("persistence", "rdb_changes_since_last_save"));
    const before = await changes();
    await client.command("MSET", "a", 1, "b", 2);
    expect(await changes()).toBe(before + 2);
    await client.command("GET", "a");
    expect(await changes()).toBe(before + 2);
  });

  test("keyspace has a line for each database with keys", async () => {
    await client.command("MSET", "a", 1, "b", 2);
    await client.command("SELECT", 7);
    await client.command("SET", "c", 3, "PX", 100_000);
    await client.command("SELECT", 0);
    const [, first, second, end] = (await info("keyspace")).split("\r\n");
    expect(first).toBe("db0:keys=2,expires=0,avg_ttl=0");
    const [, ttl] = /^db7:keys=1,expires=1,avg_ttl=(\d+)$/.exec(second) ?? [];
    expect(Number(ttl)).toBeGreaterThan(90_000);
    expect(Number(ttl)).toBeLessThanOrEqual(100_000);
    expect(end).toBe("");
  });
});

test("hashes whose fields expire are counted, and fields that have", async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "RESETSTAT");
  await client.command("HSET", "h", "a", 1, "b", 2, "c", 3);
  await client.command("HSET", "plain", "a", 1);
  await client.command("HEXPIRE", "h", 100, "FIELDS", 1, "a");
  expect(await info("keyspace")).toContain("db0:keys=2,expires=0,avg_ttl=0,subexpiry=1\r\n");
  expect(await info("stats")).toContain("expired_keys:0\r\nexpired_subkeys:0\r\n");
  await client.command("HPEXPIRE", "h", 1, "FIELDS", 2, "a", "b");
  await until("the fields to go", async () =>
    (await info("stats")).includes("expired_keys:0\r\nexpired_subkeys:2\r\n"),
  );
  expect(await info("keyspace")).toContain("db0:keys=2,expires=0,avg_ttl=0\r\n");
});

describe("commandstats, errorstats, latencystats", () => {
  beforeEach(async () => {
    await client.command("CONFIG", "RESETSTAT");
  });

  test("calls, times, refusals and failures are counted by command", async () => {
    await client.command("SET", "key", "text");
    await client.command("SET", "key", "text", "NOSUCH");
    await client.command("SET", "key");
    await client.command("INCR", "key");
    await client.command("CLIENT", "ID");
    const text = await info("commandstats");
    expect(text).toMatch(
      /\r\ncmdstat_set:calls=2,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=1,failed_calls=1\r/,
    );
    expect(text).toMatch(/\r\ncmdstat_incr:calls=1,.*,rejected_calls=0,failed_calls=1\r\n/);
    expect(text).toMatch(/\r\ncmdstat_client\|id:calls=1,/);
    expect(text).not.toContain("cmdstat_get:");
  });

  test("times per call are those of the whole microseconds that are told", async () => {
    for (let round = 0; round < 20; round++) await client.command("SET", "key", "text");
    for (const name of ["GET", "STRLEN", "TTL", "TYPE", "EXISTS"])
      await client.command(name, "key");
    const lines = (await info("commandstats")).matchAll(
      /calls=(\d+),usec=(\d+),usec_per_call=(.+?),/g,
    );
    let count = 0;
    for (const [, calls, us, perCall] of lines) {
      expect(perCall).toBe(meanPerCall(Number(us), Number(calls)));
      count++;
    }
    expect(count).toBeGreaterThan(5);
  });

  test.each([
    [1, 8, "0.12"],
    [3, 8, "0.38"],
    [0, 0, "0.00"],
    [9426, 98, "96.18"],
    [1234567890, 7, "176366848.00"],
  ])("%d microseconds of %d calls are %s each, as Redis rounds", (us, calls, text) => {
    expect(meanPerCall(us, calls)).toBe(text);
  });

  test("errors are counted by their code, in alphabetical order", async () => {
    await client.command("SET", "key", "text");
    await client.command("INCR", "key");
    await client.command("EXEC");
    await client.command("HELLO", 9);
    expect(await info("errorstats")).toBe(
      "# Errorstats\r\nerrorstat_ERR:count=2\r\nerrorstat_NOPROTO:count=1\r\n",
    );
  });

  test("percentiles are those asked for", async () => {
    await client.command("DEBUG", "SLEEP", 0.02);
    const text = await info("latencystats");
    const [, p50] = /latency_percentiles_usec_debug:p50=(.+),p99=.+,p99.9=.+\r/.exec(text) ?? [];
    expect(Number(p50)).toBeGreaterThanOrEqual(20_000);
    expect(p50).toMatch(/^\d+\.\d{3}$/);
    const name = "latency-tracking-info-percentiles";
    await client.command("CONFIG", "SET", name, "0 99.99 100");
    expect(await info("latencystats")).toMatch(/_usec_debug:p0=.+,p99.99=.+,p100=.+\r/);
    await client.command("CONFIG", "SET", name, "");
    expect(await info("latencystats")).toContain("_usec_debug:\r\n");
    await client.command("CONFIG", "SET", name, "50 99 99.9");
  });

  test("latency-tracking no stops the counting of percentiles", async () => {
    await client.command("CONFIG", "SET", "latency-tracking", "no");
    await client.command("SET", "key", 1);
    expect(await info("latencystats")).toBe("# Latencystats\r\n");
    await client.command("CONFIG", "SET", "latency-tracking", "yes");
    expect(await info("latencystats")).not.toContain("_usec_set:");
  });
});
