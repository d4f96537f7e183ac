// The tests of redis-benchmark 7.0, with what this tool has to know about each.

import type { Control } from "./control.ts";

/** A test that `redis-benchmark -t` knows. */
export interface BenchmarkTest {
  name: string;
  /** The command that it sends; a server without it cannot run the test. */
  command: string;
  /** Share of the usual count of requests, for tests whose requests are heavy. */
  share: number;
  /** The test that fills what this one reads or removes; run without measuring. */
  fill: { test: string; when: "before the test" | "before each run" } | null;
  /** The command's words, where -t would first run another test, and it be measured with this. */
  words: readonly string[] | null;
}

/** All tests, in redis-benchmark's order. */
export const BENCHMARK_TESTS: readonly BenchmarkTest[] = [
  test("ping_inline", "PING"),
  test("ping_mbulk", "PING"),
  test("set", "SET"),
  test("get", "GET", { fill: { test: "set", when: "before the test" } }),
  test("incr", "INCR"),
  test("lpush", "LPUSH"),
  test("rpush", "RPUSH"),
  test("lpop", "LPOP", { fill: { test: "rpush", when: "before each run" } }),
  test("rpop", "RPOP", { fill: { test: "lpush", when: "before each run" } }),
  test("sadd", "SADD"),
  test("hset", "HSET"),
  test("spop", "SPOP", { fill: { test: "sadd", when: "before each run" } }),
  test("zadd", "ZADD"),
  test("zpopmin", "ZPOPMIN", { fill: { test: "zadd", when: "before each run" } }),
  range(100, 0.1),
  range(300, 0.05),
  range(500, 0.03),
  range(600, 0.03),
  test("mset", "MSET", { share: 0.25 }),
];

/** The test of this name; throws when redis-benchmark has none. */
export function benchmarkTest(name: string): BenchmarkTest {
  const found = BENCHMARK_TESTS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`redis-benchmark has no test ${name}`);
  return found;
}

/** Whether the server knows the command: one without arguments tells, and changes nothing. */
export async function supports(control: Control, command: string): Promise<boolean> {
  return !(await control.ask(command)).startsWith("-ERR unknown command");
}

function test(name: string, command: string, more: Partial<BenchmarkTest> = {}): BenchmarkTest {
  return { name, command, share: 1, fill: null, words: null, ...more };
}

function range(count: number, share: number): BenchmarkTest {
  return test(`lrange_${count}`, "LRANGE", {
    share,
    fill: { test: "lpush", when: "before the test" },
    words: ["LRANGE", "mylist", "0", String(count - 1)],
  });
}
