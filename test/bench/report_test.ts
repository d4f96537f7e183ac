// What the measuring tools make of their input, without any server.

import { describe, expect, test } from "bun:test";
import { chart } from "../../bench/chart.ts";
import { lagsOf } from "../../bench/expiry.ts";
import { parseOptions } from "../../bench/options.ts";
import { parseReports } from "../../bench/redis_benchmark.ts";
import {
  alignedTable,
  figureText,
  markdown,
  missedTargets,
  numberText,
  updatedPage,
} from "../../bench/report.ts";
import { type FigureResult, type Results, rowOf } from "../../bench/results.ts";
import { commandWords } from "../../bench/servers.ts";
import { median, percentile, seededRandom } from "../../bench/statistics.ts";
import { addRequest, entryId, groupBatches, readReply } from "../../bench/stream_load.ts";

const MACHINE = {
  cores: 2,
  processor: "a processor",
  memoryGiB: 16,
  kernel: "6.1",
  rusk: "0.1.0",
  redis: "7.0.15",
  bun: "1.4.5",
  deno: "2.9.6",
};

const CONDITIONS = { clients: 50, size: 16, rounds: 9 };

/** What redis-benchmark 7.0.15 prints for `-t get -n 20000 -P 16`, with its progress lines. */
const GET_OUTPUT = [
  "GET: rps=0.0 (overall: -nan) avg_msec=-nan (overall: -nan)\r",
  "                                                          \r====== GET ======",
  "  20000 requests completed in 0.02 seconds",
  "  50 parallel clients",
  "",
  "Latency by percentile distribution:",
  "0.000% <= 0.447 milliseconds (cumulative count 16)",
  "50.000% <= 0.711 milliseconds (cumulative count 10272)",
  "99.805% <= 1.087 milliseconds (cumulative count 19968)",
  "99.902% <= 1.095 milliseconds (cumulative count 19984)",
  "100.000% <= 1.151 milliseconds (cumulative count 20000)",
  "",
  "Cumulative distribution of latencies:",
  "0.000% <= 0.103 milliseconds (cumulative count 0)",
  "99.920% <= 1.003 milliseconds (cumulative count 19984)",
  "100.000% <= 1.207 milliseconds (cumulative count 20000)",
  "",
  "Summary:",
  "  throughput summary: 952380.94 requests per second",
  "  latency summary (msec):",
  "          avg       min       p50       p95       p99       max",
  "        0.719     0.440     0.711     0.935     1.015     1.151",
  "",
].join("\n");

function throughputOf(ours: number, theirs: number): FigureResult {
  const what = { figure: "throughput", test: "get", pipeline: 16 };
  const rows = [
    rowOf({ ...what, measure: "throughput", unit: "requests/s" }, ours, theirs),
    rowOf({ ...what, measure: "cpu", unit: "us/request" }, 0.2, 0.4),
    rowOf({ ...what, measure: "p99", unit: "ms" }, 0.5, 1),
  ];
  return { date: "2026-01-02", conditions: CONDITIONS, rows, skipped: ["ping_inline"] };
}

function resultsOf(ours: number, theirs: number): Results {
  return { machine: MACHINE, figures: { throughput: throughputOf(ours, theirs) } };
}

describe("redis-benchmark's output", () => {
  test("gives throughput and latencies, p99.9 from the distribution by percentile", () => {
    expect(parseReports(GET_OUTPUT)).toEqual([
      { requestsPerSecond: 952380.94, p50Ms: 0.711, p99Ms: 1.015, p999Ms: 1.095, maxMs: 1.151 },
    ]);
  });

  test("with several tests gives a report for each", () => {
    expect(parseReports(GET_OUTPUT + GET_OUTPUT)).toHaveLength(2);
  });

  test("that is cut short is refused", () => {
    expect(() => parseReports(GET_OUTPUT.slice(0, GET_OUTPUT.indexOf("Summary")))).toThrow(
      "not a report",
    );
  });
});

describe("statistics", () => {
  test("median of odd and even counts, whatever the order", () => {
    expect(median([9, 1, 10])).toBe(9);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow();
  });

  test("percentile by nearest rank", () => {
    const values = Array.from({ length: 1000 }, (_, index) => 1000 - index);
    expect(percentile(values, 50)).toBe(500);
    expect(percentile(values, 99)).toBe(990);
    expect(percentile(values, 100)).toBe(1000);
    expect(percentile([7], 0)).toBe(7);
  });

  test("random numbers repeat with their seed and are spread evenly", () => {
    const [first, second] = [seededRandom(5), seededRandom(5)];
    const values = Array.from({ length: 10_000 }, first);
    expect(values).toEqual(Array.from({ length: 10_000 }, second));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });
});

describe("expiry lags", () => {
  test("a deadline is met at the first poll at which as many keys are gone", () => {
    const polls = [
      { atMs: 99, size: 13 },
      { atMs: 103, size: 12 },
      { atMs: 112, size: 10 },
    ];
    expect(lagsOf([100, 105, 110], polls, 13)).toEqual([3, 7, 2]);
  });

  test("a deadline never met has the lag of the last poll", () => {
    expect(lagsOf([100, 105], [{ atMs: 200, size: 11 }], 12)).toEqual([100, 95]);
  });
});

describe("the load of streams", () => {
  test("an entry has an ID of 13 digits and three fields", () => {
    expect(addRequest("s", 4)).toStartWith(
      "*9\r\n$4\r\nXADD\r\n$1\r\ns\r\n$15\r\n1000000000004-0\r\n",
    );
    expect(readReply("s", 4, 1)).toBe(
      "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$15\r\n1000000000004-0\r\n*6\r\n$4\r\nuser\r\n" +
        "$17\r\nuser:000000468198\r\n$6\r\namount\r\n$4\r\n1676\r\n$5\r\nstate\r\n" +
        "$9\r\ndelivered\r\n",
    );
  });

  test("a group reads and acknowledges each entry once, and then begins again", () => {
    const batches = groupBatches(3, 2, 45);
    expect(batches.map(({ operations }) => operations)).toEqual([2, 2, 1]);
    const text = batches.map(({ request }) => request.toString()).join("");
    for (let index = 0; index < 45; index++) expect(text.split(entryId(index))).toHaveLength(2);
    expect(text.match(/XREADGROUP/g)).toHaveLength(5);
    expect(text).toEndWith("$1\r\n0\r\n$11\r\nENTRIESREAD\r\n$1\r\n0\r\n");
    const last = batches.at(-1)?.reply.toString() ?? "";
    expect(last).toBe(`${readReply("stream:0003", 40, 5)}:5\r\n+OK\r\n`);
  });
});

describe("rows and targets", () => {
  test("a row has its ratio and the target of its measurement", () => {
    const what = { figure: "throughput", test: "get", pipeline: 16, measure: "throughput" };
    expect(rowOf({ ...what, unit: "requests/s" }, 1_200_000.4, 1_000_000)).toEqual({
      ...what,
      unit: "requests/s",
      ours: 1_200_000,
      theirs: 1_000_000,
      ratio: 1.2,
      target: ">= 1.1x",
      met: true,
    });
  });

  test("a target of our own value does not depend on the ratio", () => {
    const what = { figure: "start", test: "spawn to first PONG", measure: "time", unit: "ms" };
    expect(rowOf(what, 101, 7)).toMatchObject({ target: "<= 100 ms", met: false });
    expect(rowOf(what, 99, 7)).toMatchObject({ met: true });
  });

  test("missed targets are listed with what was measured", () => {
    expect(missedTargets({ throughput: throughputOf(1_300_000, 1_000_000) })).toEqual([]);
    expect(missedTargets({ throughput: throughputOf(1_000_000, 1_000_000) })).toEqual([
      "throughput: get -P 16, throughput: 1.000x (1,000,000 / 1,000,000 requests/s), " +
        "target >= 1.1x",
    ]);
  });

  test("a target whose test is not supported is missed", () => {
    const result = { ...throughputOf(1_300_000, 1_000_000), skipped: ["mset"] };
    expect(missedTargets({ throughput: result })).toEqual([
      "throughput: mset -P 16, throughput: not supported, target >= 1.1x",
      "throughput: mset -P 16, cpu: not supported, target <= 0.8x",
    ]);
  });
});

describe("report", () => {
  test("numbers have thousands apart or four digits", () => {
    expect(numberText(1234567.8)).toBe("1,234,568");
    expect(numberText(0.123456)).toBe("0.1235");
    expect(numberText(0)).toBe("0");
  });

  test("a table has its columns aligned", () => {
    expect(
      alignedTable([
        ["test", "ours"],
        ["a", "1,000"],
      ]),
    ).toBe("test   ours\na     1,000\n");
  });

  test("a wide figure has one line per test", () => {
    const lines = figureText("throughput", throughputOf(1_300_000, 1_000_000)).split("\n");
    expect(lines[0]).toBe("throughput");
    expect(lines[2]).toMatch(
      /^get +16 +1,300,000 +1,000,000 +1\.30 +0\.2 +0\.4 +0\.50 +0\.5 \/ 1$/,
    );
    expect(lines[3]).toBe("skipped: ping_inline");
  });

  test("the Markdown has the conditions, a table and what was skipped", () => {
    const text = markdown(resultsOf(1_300_000, 1_000_000), "bench/results.svg");
    expect(text).toContain("(bench/results.svg)");
    expect(text).toContain("2 cores, Rusk 0.1.0 (Bun 1.4.5) beside redis-server 7.0.15");
    expect(text).toContain("| get | 16 | 1,300,000 | 1,000,000 | 1.30 | 0.2 | 0.4 | 0.50 |");
    expect(text).toContain("Not supported yet, so not measured: ping_inline.");
  });

  test("a page gets the fragment between its marks, and nothing else changes", () => {
    const page = "# A\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nend\n";
    expect(updatedPage(page, "new\n")).toBe(
      "# A\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nend\n",
    );
    expect(() => updatedPage("# A\n", "new\n")).toThrow("the page has no");
  });
});

describe("chart", () => {
  test("draws two bars per test, in the colour of better or worse", () => {
    const image = chart(resultsOf(900_000, 1_000_000));
    expect(image.startsWith("<svg xmlns=")).toBe(true);
    expect(image.trimEnd().endsWith("</svg>")).toBe(true);
    const bars = [...image.matchAll(/<rect [^>]*rx="2" fill="(#\w+)"/g)].map((match) => match[1]);
    expect(bars).toEqual(["#c48a3f", "#2673b8"]);
    expect(image).toContain(">0.90</text>");
    expect(image).toContain(">0.50</text>");
    expect(image).toContain("pipelines of 16 (-P 16)");
    expect(image).toContain("Not supported yet: ping_inline.");
  });
});

describe("command lines", () => {
  test("are split at blanks, with quotes as in a shell", () => {
    expect(commandWords(`a/b --port {port} --save "" --name 'x y'`)).toEqual([
      "a/b",
      "--port",
      "{port}",
      "--save",
      "",
      "--name",
      "x y",
    ]);
  });

  test("options have defaults, and say what is wrong", () => {
    expect(parseOptions([], ["start"])).toMatchObject({ save: true, pipelines: [1, 16] });
    expect(parseOptions(["start", "--rounds", "3"], ["start"])).toMatchObject({
      figures: ["start"],
      save: false,
      rounds: 3,
    });
    expect(() => parseOptions(["stop"], ["start"])).toThrow("no figure stop");
    expect(() => parseOptions(["--rounds", "x"], ["start"])).toThrow("--rounds wants a count");
  });
});
