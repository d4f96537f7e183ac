// Purpose: `rusk benchmark` (src/benchmark/): what it sends, what it tells, and how it ends, beside
// redis-benchmark.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { ruskCommand, type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { certificate, startSecureServer } from "../tls/secure_server.ts";

const hasOracle = Bun.which("redis-benchmark") !== null;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
});

afterAll(async () => {
  client.close();
  await server.stop();
});

const ask = async (...words: string[]) => plain(await client.command(...words));

beforeEach(async () => {
  await ask("FLUSHALL");
  await ask("CONFIG", "RESETSTAT");
});

interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs a benchmark of the server to its end. */
function run(command: readonly string[], words: readonly string[], input = ""): Promise<Run> {
  const child = spawn(command[0], [...command.slice(1), ...words]);
  let [out, error] = ["", ""];
  child.stdout.setEncoding("latin1").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("latin1").on("data", (text) => {
    error += text;
  });
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on("close", (status) => resolve({ status, out, error }));
  });
}

const ours = (...words: string[]) =>
  run([...ruskCommand(), "benchmark"], ["-p", String(server.port), ...words]);

const theirs = (...words: string[]) =>
  run(["redis-benchmark"], ["-p", String(server.port), ...words]);

/** How often commands were called. */
async function calls(): Promise<Record<string, number>> {
  const text = String(await ask("INFO", "commandstats"));
  const found = [...text.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)];
  const own = ["config|get", "config|resetstat", "flushall", "info", "command|docs"];
  return Object.fromEntries(
    found.flatMap(([, name, count]) => (own.includes(name) ? [] : [[name, Number(count)]])),
  );
}

/** What is told, with all numbers alike, and without what comes and goes with time. */
const shape = (text: string) =>
  text
    .split(/[\r\n]+/)
    .filter((line) => !/rps=|% <= |^ *$/.test(line))
    .map((line) => line.replace(/\d[\d.]*|inf/g, "N").replace(/ +/g, " "));

describe("what it sends", () => {
  test("every test as often as it is asked for, as redis-benchmark does", async () => {
    const { status, error } = await ours("-c", "10", "-n", "100", "-q");
    expect([status, error]).toEqual([0, ""]);
    const own = await calls();
    expect(own).toMatchObject({ ping: 200, set: 100, lpush: 200, lrange: 400, mset: 100 });
    if (!hasOracle) return;
    await ask("CONFIG", "RESETSTAT");
    await theirs("-c", "10", "-n", "100", "-q");
    expect(own).toEqual(await calls());
  });

  test.each([
    [["-P", "5", "-c", "10", "-n", "10010", "-t", "set,get"], { set: 10010, get: 10010 }],
    [["-P", "3", "-c", "2", "-n", "10", "-t", "get"], { get: 12 }],
    [["-c", "5", "-n", "150", "INCRBYFLOAT", "k", "10.0"], { incrbyfloat: 150 }],
    [["-k", "0", "-n", "30", "-c", "3", "-t", "incr"], { incr: 30 }],
    [["--threads", "10", "-c", "5", "-n", "10", "-t", "set"], { set: 10 }],
  ])("%p", async (words, expected) => {
    expect((await ours(...words)).status).toBe(0);
    expect(await calls()).toEqual(expected);
  });

  test("random keys below a number, of twelve digits", async () => {
    await ours("-r", "50", "-t", "set", "-n", "2000", "-q", "-P", "4");
    expect(await ask("DBSIZE")).toBe(50);
    const keys = (await ask("KEYS", "*")) as unknown as string[];
    for (const key of keys) expect(key).toMatch(/^key:0{10}[0-4]\d$/);
    await ours("-r", "10", "-n", "100", "set", "__rand_int__", "x__rand_int__");
    expect(await ask("GET", "000000000007")).toMatch(/^x00000000000\d$/);
  });

  test("values of a size; the last argument of standard input; a database, RESP3", async () => {
    await ours("-d", "1000", "-n", "1", "-c", "1", "-q", "-t", "set", "--dbnum", "3", "-3");
    expect(await ask("INFO", "keyspace")).toContain("db3:keys=1,");
    await ours("-d", "1000", "-n", "1", "-t", "set", "-q");
    expect(await ask("STRLEN", "key:__rand_int__")).toBe(1000);
    const words = ["-p", String(server.port), "-n", "1", "-q", "-x", "set", "k"];
    await run([...ruskCommand(), "benchmark"], words, "of\0input\n");
    expect(await ask("GET", "k")).toBe("of\0input\n");
  });

  test("by a redis:// address", async () => {
    const uri = `redis://127.0.0.1:${server.port}/2`;
    const { status } = await run([...ruskCommand(), "benchmark", "-u", uri], ["-n", "10", "-q"]);
    expect(status).toBe(0);
    expect(await ask("INFO", "keyspace")).toContain("db2:");
  });
});

test("over TLS; a server whose certificate nobody trusts is refused", async () => {
  const secure = await startSecureServer();
  try {
    const words = ["--tls", "-n", "40", "-P", "2", "-q", "-t", "set,get"];
    const command = [...ruskCommand(), "benchmark", "-p", String(secure.tlsPort)];
    const trusting = await run(command, ["--cacert", certificate("authority.crt"), ...words]);
    expect(shape(trusting.out)).toEqual([
      "SET: N requests per second, pN=N msec",
      "GET: N requests per second, pN=N msec",
    ]);
    expect((await run(command, ["--insecure", ...words])).status).toBe(0);
    const { status, error } = await run(command, words);
    expect(status).toBe(1);
    expect(error).toStartWith("Could not connect to Redis at 127.0.0.1:");
  } finally {
    await secure.stop();
  }
});

describe("what it tells", () => {
  test
    .skipIf(!hasOracle)
    .each([
      [["-n", "500", "-t", "set,get"]],
      [["-n", "500", "-q", "-t", "lrange"]],
      [["-n", "500", "--csv", "-t", "ping,mset"]],
      [["-n", "50", "-q", "incr", "a"]],
      [["-n", "50", "--precision", "2", "-P", "4", "-d", "20", "get", "a b"]],
    ])("as redis-benchmark does: %p", async (words) => {
    const [own, oracle] = [await ours(...words), await theirs(...words)];
    expect(shape(own.out)).toEqual(shape(oracle.out));
    expect([own.status, own.error]).toEqual([oracle.status, oracle.error]);
  });

  test("percentiles that grow, and end with all requests", async () => {
    const { out } = await ours("-n", "1000", "-t", "ping_mbulk");
    const steps = [
      ...out.matchAll(/^([\d.]+)% <= ([\d.]+) milliseconds \(cumulative count (\d+)/gm),
    ];
    for (const half of [out.split("Cumulative")[0], out.split("Cumulative")[1]]) {
      const counts = steps.filter(([line]) => half.includes(line)).map((step) => Number(step[3]));
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      expect(counts.at(-1)).toBe(1000);
    }
  });
});

describe("how it ends", () => {
  test.each([
    [
      ["nosuch", "a"],
      "Error from server: ERR unknown command 'nosuch', with args beginning with: 'a' ",
    ],
    [["-a", "wrong", "-t", "get"], /^Node 127\.0\.0\.1:\d+ replied with error:\nERR AUTH /],
    [["-u", "http://x"], "Invalid URI scheme"],
    [["-u", "redis://:a%@x"], "Incomplete URI encoding"],
    [["-u", "redis://u%4:a@x"], "Illegal character in URI encoding"],
    [["-n", "0"], "-n: there must be requests."],
    [["--cluster"], "--cluster: use redis-benchmark for a cluster."],
    [
      ["-s", "/nonexistent"],
      "Could not connect to Redis at /nonexistent: No such file or directory",
    ],
  ])("%p: with status 1 and a sentence", async (words, sentence) => {
    const { status, error } = await ours(...words);
    expect(status).toBe(1);
    if (typeof sentence === "string") expect(error).toBe(`${sentence}\n`);
    else expect(error).toMatch(sentence);
  });

  test("an option that there is not, or without its value, is answered with the help", async () => {
    for (const words of [["--nosuch"], ["-q", "-n"]]) {
      const { status, out } = await ours(...words);
      expect(status).toBe(1);
      expect(out).toStartWith(
        `Invalid option "${words.at(-1)}" or option argument missing\n\nUsage:`,
      );
    }
  });

  test("-I keeps connections until the server has no room for them", async () => {
    const [program, ...first] = ruskCommand();
    const words = [...first, "benchmark", "-p", String(server.port), "-I", "-c", "3"];
    const child = spawn(program, words);
    const ids = async () =>
      String(await ask("CLIENT", "LIST"))
        .trim()
        .split("\n").length;
    await until("three connections more", async () => (await ids()) === 4);
    child.kill("SIGKILL");
    await until("they are gone", async () => (await ids()) === 1);
    await ask("CONFIG", "SET", "maxclients", "5");
    const { status, error } = await ours("-I", "-c", "10");
    await ask("CONFIG", "SET", "maxclients", "10000");
    expect([status, error]).toEqual([1, "Error from server: ERR max number of clients reached\n"]);
  });

  test("--version", async () => {
    expect(await ours("--version")).toEqual({
      status: 0,
      out: "rusk benchmark 7.0.15\n",
      error: "",
    });
  });
});
