// The endpoint for Prometheus: what it shows, and what comes of those who speak HTTP badly.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Socket } from "../../../src/runtime/net.ts";
import { MetricsConnection } from "../../../src/server/metrics/metrics_connection.ts";
import { MetricsService } from "../../../src/server/metrics/metrics_service.ts";
import type { Client } from "../../client/client.ts";
import { cpuMs } from "../../client/process.ts";
import { plain } from "../../client/resp.ts";
import { freePort, type Server, startServer } from "../../client/server.ts";
import { atLeastOnce, until } from "../../client/until.ts";
import { Wire } from "../../client/wire.ts";
import { type Metric, readMetrics } from "./exposition.ts";

const PAGE_MS = 100;

let server: Server;
let client: Client;
let port: number;
beforeAll(async () => {
  port = await freePort();
  server = await startServer({ args: ["--metrics-port", String(port)] });
  client = await server.connect();
});
afterAll(async () => {
  client.close();
  await server.stop();
});

const get = (path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init);

/** The page, not from before now. */
async function metrics(): Promise<Map<string, Metric>> {
  await Bun.sleep(PAGE_MS);
  return readMetrics(await (await get("/metrics")).text());
}

/** All that is said to bytes. */
async function answer(request: string): Promise<string> {
  const wire = await Wire.open({ port });
  wire.write(Buffer.from(request));
  const text = String(await wire.rest());
  wire.close();
  return text;
}

test("it is off by default", async () => {
  const other = await startServer();
  const asker = await other.connect();
  const reply = await asker.command("CONFIG", "GET", "metrics-*");
  expect(plain(reply)).toEqual(["metrics-port", "0", "metrics-bind", "127.0.0.1 -::1"]);
  asker.close();
  await other.stop();
});

test("the page is Prometheus's text format", async () => {
  const response = await get("/metrics?name=x");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  expect(response.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
  expect(readMetrics(text).get("redis_up")).toEqual({
    type: "gauge",
    samples: new Map([["redis_up{}", 1]]),
  });
});

test("figures are those of now", async () => {
  await client.command("CONFIG", "RESETSTAT");
  await client.command("SET", "k", "v", "EX", 100);
  await client.command("HSET", "h", "f", "v");
  await client.command("HEXPIRE", "h", 100, "FIELDS", 1, "f");
  await client.command("INCR", "k");
  await client.command("GET", "missing");
  const page = await metrics();
  const of = (series: string) => page.get(series.replace(/\{.*/, ""))?.samples.get(series);
  expect(of('redis_db_keys{db="db0"}')).toBe(2);
  expect(of('redis_db_keys{db="db1"}')).toBe(0);
  expect(of('redis_db_keys_expiring{db="db0"}')).toBe(1);
  expect(of('redis_db_avg_ttl_seconds{db="db0"}')).toBeGreaterThan(90);
  expect(of('rusk_db_hashes_expiring{db="db0"}')).toBe(1);
  expect(of('redis_commands_total{cmd="set"}')).toBe(1);
  expect(of('redis_commands_failed_calls_total{cmd="incr"}')).toBe(1);
  expect(of('redis_errors_total{err="ERR"}')).toBe(1);
  expect(of("redis_keyspace_misses_total{}")).toBe(1);
  expect(of("redis_connected_clients{}")).toBe(1);
  expect(of("redis_process_id{}")).toBe(server.pid);
  await client.command("FLUSHALL");
  expect((await metrics()).get("redis_db_keys")?.samples.get('redis_db_keys{db="db0"}')).toBe(0);
});

test("an error's word that scripts made up breaks no line", async () => {
  await client.command("CONFIG", "RESETSTAT");
  await client.command("EVAL", `return {err: 'A"B\\\\C text'}`, 0);
  const samples = [...((await metrics()).get("redis_errors_total")?.samples ?? [])];
  expect(samples).toEqual([['redis_errors_total{err="A\\"B\\\\C"}', 1]]);
});

test("it answers while a script runs", async () => {
  const other = await server.connect();
  const script = other.command("EVAL", "for (;;) {}", 0);
  await until("the script", async () => {
    return String(await client.raw("GET key\r\n", 1)).startsWith("-BUSY");
  });
  expect((await metrics()).get("redis_up")?.samples.size).toBe(1);
  await client.command("SCRIPT", "KILL");
  await script;
  other.close();
});

test("other pages, other methods, and what is no HTTP", async () => {
  expect(await (await get("/")).text()).toBe("Rusk's metrics are at /metrics.\n");
  expect((await get("/nosuch")).status).toBe(404);
  expect((await get("/metrics", { method: "POST", body: "x" })).status).toBe(405);
  const head = await answer("HEAD /metrics HTTP/1.0\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n(?:[^\r\n]+\r\n)+\r\n$/);
  expect(await answer("GET /metrics\r\n\r\n")).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(await answer("PING\r\n\r\n")).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(await answer("\0\xff\r\n\r\n")).toStartWith("HTTP/1.1 400 Bad Request\r\n");
  expect(await answer(`GET / HTTP/1.1\r\nX: ${"x".repeat(9000)}`)).toStartWith(
    "HTTP/1.1 431 Request Header Fields Too Large\r\n",
  );
});

test("a request may come in pieces", async () => {
  const wire = await Wire.open({ port });
  for (const piece of ["GET / HT", "TP/1.1\r\nHost: x\r", "\n\r", "\n"]) {
    wire.write(Buffer.from(piece));
    await Bun.sleep(5);
  }
  expect(String(await wire.rest())).toEndWith("Rusk's metrics are at /metrics.\n");
  wire.close();
});

test("those who say nothing go when others come, and hold up nobody", async () => {
  const idle = await Promise.all(Array.from({ length: 30 }, () => Wire.open({ port })));
  expect((await get("/metrics")).status).toBe(200);
  await until("most to be closed", () => idle.filter(({ closed }) => closed).length >= 20);
  expect(await field("connected_clients")).toBe("1");
  for (const wire of idle) wire.close();
});

/** A socket that has a request to read, and takes so many bytes at a time; `sent` gets them. */
function socketOf(takes: number, sent: string[], closed: () => void): Socket {
  const request = Buffer.from("GET /metrics HTTP/1.1\r\n\r\n");
  return {
    read: (into: Uint8Array, offset: number) => {
      into.set(request, offset);
      return request.length;
    },
    write: (bytes: Uint8Array, offset: number, size: number) => {
      const taken = Math.min(size, takes);
      sent.push(String(Buffer.from(bytes.subarray(offset, offset + taken))));
      return taken;
    },
    pause: () => {},
    end: closed,
    destroy: closed,
  } as unknown as Socket;
}

test("who takes the answer slowly gets it in pieces, and is closed in the end", () => {
  const sent: string[] = [];
  const told: string[] = [];
  let onDeadline = () => {};
  const loop = {
    later: (_ms: number, run: () => void) => {
      onDeadline = run;
      return () => void told.push("no deadline any more");
    },
  };
  const parts = {
    loop,
    page: () => "the page",
    refusal: () => null,
    over: () => void told.push("over"),
  };
  const socket = socketOf(10, sent, () => {
    told.push("closed");
    connection.closed();
  });
  const connection = new MetricsConnection(parts, socket);
  connection.readable();
  connection.drain();
  expect(sent.join("")).toBe("HTTP/1.1 200 OK\r\nCon");
  expect(told).toEqual([]);
  onDeadline();
  expect(told).toEqual(["closed", "no deadline any more", "over"]);
});

test("who may not come is told why", () => {
  const service = new MetricsService({
    loop: { later: () => () => {} },
    monotonicMs: () => 0,
    page: () => "the page",
    isProtectedFrom: () => true,
  });
  const sent: string[] = [];
  service.accept(socketOf(1000, sent, () => {})).readable();
  expect(sent.join("")).toStartWith("HTTP/1.1 403 Forbidden\r\n");
  expect(sent.join("")).toContain("\r\n\r\nRusk is in protected mode: ");
});

test("asked all the time it makes a page a few times a second", async () => {
  await atLeastOnce("a request costs less than 1 ms", async () => {
    const before = cpuMs(server.pid);
    for (let i = 0; i < 100; i++) await (await get("/metrics")).text();
    return cpuMs(server.pid) - before < 100;
  });
});

test("CONFIG SET turns it off and on, and moves it", async () => {
  const other = await freePort();
  expect(plain(await client.command("CONFIG", "SET", "metrics-port", 0))).toBe("OK");
  await expect(get("/")).rejects.toThrow();
  expect(plain(await client.command("CONFIG", "SET", "metrics-port", other))).toBe("OK");
  expect((await fetch(`http://127.0.0.1:${other}/`)).status).toBe(200);
  const taken = await client.raw(`CONFIG SET metrics-port ${server.port}\r\n`, 1);
  expect(String(taken)).toContain("Unable to listen on this port");
  expect(plain(await client.command("CONFIG", "SET", "metrics-port", port))).toBe("OK");
  expect((await get("/")).status).toBe(200);
});

async function field(name: string): Promise<string | undefined> {
  const text = plain(await client.command("INFO")) as string;
  return text
    .split("\r\n")
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1);
}
