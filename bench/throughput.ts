// Throughput, latency, CPU time per command and resident memory under redis-benchmark's own
// tests. Both servers live through all tests of one pipeline depth, as a server in use does:
// emptied before each test, warmed by one run that does not count, then measured by turns.

import { BENCHMARK_TESTS, type BenchmarkTest, benchmarkTest, supports } from "./benchmark_tests.ts";
import { Control } from "./control.ts";
import { alternate, type Figure, type Pair, type Rounds, SIDES } from "./figure.ts";
import { countOr, type Options } from "./options.ts";
import { type Load, runLoad, type Sample } from "./redis_benchmark.ts";
import { type FigureResult, type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { geometricMean, median } from "./statistics.ts";
import { MEAN_TEST, PIPELINED_TESTS } from "./targets.ts";

/** Many short rounds rather than few long ones, so that a busy spell hits both servers. */
const ROUNDS = 9;
/** Requests of a run, so that it takes about half a second. */
const REQUESTS_PIPELINED = 500_000;
const REQUESTS_UNPIPELINED = 50_000;
/** The fewest requests of a run, unless a count is asked for. */
const REQUESTS_MIN = 10_000;

/** The measures of a row, in the table's order, with how they come out of a sample. */
const MEASURES: readonly { measure: string; unit: string; of: (sample: Sample) => number }[] = [
  { measure: "throughput", unit: "requests/s", of: (sample) => sample.requestsPerSecond },
  { measure: "cpu", unit: "us/request", of: (sample) => sample.cpuUs },
  { measure: "p50", unit: "ms", of: (sample) => sample.p50Ms },
  { measure: "p99", unit: "ms", of: (sample) => sample.p99Ms },
  { measure: "p99.9", unit: "ms", of: (sample) => sample.p999Ms },
  { measure: "resident", unit: "MB", of: (sample) => sample.residentBytes / 1e6 },
];

/** The figure `throughput`: every test of redis-benchmark that our server supports. */
export const throughput: Figure = {
  name: "throughput",
  summary: "redis-benchmark's tests at -P 1 and -P 16: throughput, latency, CPU, memory",
  run(options, progress) {
    const tests = options.tests ?? BENCHMARK_TESTS.map((test) => test.name);
    return compare("throughput", options.ours, tests, options.pipelines, options, progress);
  },
};

/** The figure `deno`: the tests that have a target under `deno run`, at -P 16. */
export const deno: Figure = {
  name: "deno",
  summary: "the main tests at -P 16 with our server under `deno run`",
  run(options, progress) {
    const tests = options.tests ?? PIPELINED_TESTS;
    return compare("deno", options.deno, tests, [16], options, progress);
  },
};

async function compare(
  figure: string,
  ours: string,
  testNames: readonly string[],
  pipelines: readonly number[],
  options: Options,
  progress: (text: string) => void,
): Promise<FigureResult> {
  const tests = testNames.map(benchmarkTest);
  const rounds = options.rounds ?? ROUNDS;
  const rows: Row[] = [];
  const skipped = new Set<string>();
  for (const pipeline of pipelines) {
    await withServers([ours, options.theirs], async (oursServer, theirsServer) => {
      const servers = { ours: oursServer as Server, theirs: theirsServer as Server };
      const supported = await supportedTests(servers, tests);
      for (const test of tests) if (!supported.includes(test)) skipped.add(test.name);
      for (const test of supported) {
        progress(`${figure}: ${test.name} -P ${pipeline}`);
        const samples = await measure(servers, test, loadOf(test, pipeline, options), rounds);
        rows.push(...rowsOf(figure, test.name, pipeline, samples));
      }
      rows.push(...meansOf(figure, pipeline, rows));
    });
  }
  const { theirs, clients, size, keyspace } = options;
  const conditions = { ours, theirs, clients, size, keyspace, rounds };
  return { date: options.date, conditions, rows, skipped: [...skipped] };
}

function loadOf(test: BenchmarkTest, pipeline: number, options: Options): Load {
  const usual = pipeline === 1 ? REQUESTS_UNPIPELINED : REQUESTS_PIPELINED;
  const standard = countOr(null, usual * test.share, options.scale);
  return {
    test: test.words ?? test.name,
    requests: options.requests ?? Math.max(REQUESTS_MIN, standard),
    pipeline,
    clients: options.clients,
    size: options.size,
    keyspace: options.keyspace,
  };
}

async function measure(
  servers: Pair<Server>,
  test: BenchmarkTest,
  load: Load,
  rounds: number,
): Promise<Rounds<Sample>> {
  const fill = async (server: Server) => {
    if (test.fill !== null) await runLoad(server, { ...load, test: test.fill.test, pipeline: 16 });
  };
  const run = async (server: Server) => {
    if (test.fill?.when === "before each run") await fill(server);
    return runLoad(server, load);
  };
  for (const side of SIDES) {
    await empty(servers[side]);
    if (test.fill?.when === "before the test") await fill(servers[side]);
    await run(servers[side]);
  }
  return alternate(rounds, (side) => run(servers[side]));
}

async function supportedTests(
  servers: Pair<Server>,
  tests: readonly BenchmarkTest[],
): Promise<BenchmarkTest[]> {
  const supported: BenchmarkTest[] = [];
  for (const test of tests) {
    const commands = [test, ...(test.fill === null ? [] : [benchmarkTest(test.fill.test)])].map(
      ({ command }) => command,
    );
    if (await bothSupport(servers, commands)) supported.push(test);
  }
  return supported;
}

async function bothSupport(servers: Pair<Server>, commands: readonly string[]): Promise<boolean> {
  for (const side of SIDES) {
    const control = await Control.open(servers[side].port);
    try {
      for (const command of commands) if (!(await supports(control, command))) return false;
    } finally {
      control.close();
    }
  }
  return true;
}

async function empty(server: Server): Promise<void> {
  const control = await Control.open(server.port);
  await control.must("FLUSHALL");
  control.close();
}

/** The geometric means of throughput and CPU over the rows of all tests at this depth. */
function meansOf(figure: string, pipeline: number, rows: readonly Row[]): Row[] {
  return MEASURES.slice(0, 2).flatMap(({ measure, unit }) => {
    const all = rows.filter((row) => row.pipeline === pipeline && row.measure === measure);
    if (all.length < 2) return [];
    const ours = geometricMean(all.map((row) => row.ours));
    const theirs = geometricMean(all.map((row) => row.theirs));
    return [rowOf({ figure, test: MEAN_TEST, pipeline, measure, unit }, ours, theirs)];
  });
}

function rowsOf(figure: string, test: string, pipeline: number, samples: Rounds<Sample>): Row[] {
  return MEASURES.map(({ measure, unit, of }) =>
    rowOf(
      { figure, test, pipeline, measure, unit },
      median(samples.ours.map(of)),
      median(samples.theirs.map(of)),
    ),
  );
}
