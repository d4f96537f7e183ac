// What Rusk promises, in one table. A figure that misses its target fails `bench.ts --check`.

/** One promise: which measurement, and the bound that it must keep. */
export interface Target {
  figure: string;
  test: string;
  /** Pipeline depth (-P), for the figures that have one. */
  pipeline?: number;
  measure: string;
  /** `ratio` bounds ours/theirs, `ours` bounds our own value in the measure's unit. */
  subject: "ratio" | "ours";
  bound: "at least" | "at most";
  limit: number;
}

/** The row of the geometric means over all tests of a depth. */
export const MEAN_TEST = "geometric mean";

const PIPELINED = ["ping_mbulk", "set", "get", "incr", "mset"] as const;

/** redis-benchmark's tests of collections. */
const COLLECTION_TESTS = [
  "lpush",
  "rpush",
  "lpop",
  "rpop",
  "sadd",
  "hset",
  "spop",
  "zadd",
  "zpopmin",
  "lrange_100",
  "lrange_300",
  "lrange_500",
  "lrange_600",
] as const;

/** Commands on a collection of a million, by depth of the pipeline. */
const LARGE = [
  "zadd",
  "zrank",
  "zrange by score",
  "zrange by rank",
  "zrange by lex",
  "zincrby",
  "hset",
  "hget",
  "hincrby",
  "sadd",
  "sismember",
  "srandmember",
] as const;
const OPERATIONS = ["sinter of two", "sunion of two", "zunionstore of two"] as const;
const FILLED = ["sorted set", "hash", "set", "list", "small hashes"] as const;

/** Short scripts that are called often, and long ones. */
const SCRIPT_CALLS = [
  "evalsha of get",
  "evalsha of a rate limiter",
  "evalsha of return 1",
  "eval of get",
  "fcall of get",
] as const;
const SCRIPT_WORKS = [
  "loop of 1M",
  "sort of 100k with a comparator",
  "string of 100k pieces",
  "JSON of 100 KB",
] as const;

/** Commands on streams. */
const STREAM_TESTS = [
  "xadd of 1 field",
  "xadd of 5 fields",
  "xadd maxlen ~ 1000",
  "xread count 10",
  "xrange count 100",
  "xreadgroup count 10, xack",
] as const;

/** Commands among 5 M keys, and on collections of 1 M. */
const AMONG_MANY = ["get", "set", "incr"] as const;
const IN_COLLECTIONS = ["hget", "sismember", "zscore"].flatMap((test) => [
  `${test}, 1M small`,
  `${test}, one of 1M`,
]);

/** Policies of eviction, and how unevenly keys are asked for. */
const CACHES = ["allkeys-lru", "allkeys-lfu"].flatMap((policy) =>
  [0.99, 0.7].map((skew) => `${policy}, zipf ${skew}`),
);

const SUBSCRIBERS = ["publish to 1", "publish to 100", "publish to 10000"] as const;

/** Every target of the project. */
export const TARGETS: readonly Target[] = [
  ...COLLECTION_TESTS.map((test) => ratio("throughput", test, 16, "throughput", "at least", 1)),
  ...COLLECTION_TESTS.map((test) => ratio("throughput", test, 16, "cpu", "at most", 0.9)),
  ratio("throughput", MEAN_TEST, 16, "throughput", "at least", 1.1),
  ...LARGE.map((test) => ratio("collections", test, 16, "throughput", "at least", 1)),
  ratio("collections", "lindex in the middle", 16, "throughput", "at least", 10),
  ...OPERATIONS.map((test) => ratio("collections", test, 1, "throughput", "at least", 1)),
  ...FILLED.map((test) => ratio("collections", test, undefined, "memory", "at most", 0.9)),
  ratio("collections", "mixed load", 1, "p99.9", "at most", 1),
  ...STREAM_TESTS.map((test) => ratio("streams", test, 16, "throughput", "at least", 1)),
  ...STREAM_TESTS.map((test) => ratio("streams", test, 16, "cpu", "at most", 0.9)),
  ...["entries", "pending entries"].map((test) =>
    ratio("streams", test, undefined, "memory", "at most", 0.9),
  ),
  ratio("streams", "xadd to a blocked reader", 1, "p99", "at most", 1),
  ...SUBSCRIBERS.flatMap((test) => [
    ratio("pubsub", test, undefined, "throughput", "at least", 1),
    ratio("pubsub", test, undefined, "cpu", "at most", 0.8),
  ]),
  ratio("features", "all of them", 16, "time", "at most", 1),
  ...PIPELINED.map((test) => ratio("throughput", test, 16, "throughput", "at least", 1.1)),
  ...PIPELINED.map((test) => ratio("throughput", test, 16, "cpu", "at most", 0.8)),
  ...["set", "get"].map((test) => ratio("throughput", test, 1, "throughput", "at least", 0.97)),
  ratio("memory", "3M keys", undefined, "resident", "at most", 0.75),
  ...AMONG_MANY.map((test) => ratio("large-data", test, 16, "cpu", "at most", 0.5)),
  ...IN_COLLECTIONS.map((test) => ratio("large-data", test, 16, "cpu", "at most", 0.6)),
  ratio("large-data", "memory", undefined, "resident", "at most", 0.72),
  ...["set", "get"].flatMap((test) =>
    [1, 16].flatMap((pipeline) => [
      ratio("large-values", `${test} of 16 KB`, pipeline, "cpu", "at most", 0.9),
      ratio("large-values", `${test} of 256 KB`, pipeline, "cpu", "at most", 1),
    ]),
  ),
  ...CACHES.map((test) => ratio("eviction", test, undefined, "hit ratio", "at least", 1)),
  ...["set", "get"].flatMap((test) => [
    ratio("eviction", `${test} at full pressure`, 16, "throughput", "at least", 1.2),
    ratio("eviction", `${test} at full pressure`, 16, "cpu", "at most", 0.8),
  ]),
  ratio("latency", "write and overwrite", 16, "p99.9", "at most", 1),
  ratio("latency", "write and overwrite", 16, "max", "at most", 1),
  ours("expiry", "expiry to removal", "p99", 20),
  ours("expired-events", "expiry to message", "p99", 20),
  ratio("transactions", "multi, 10 sets, exec", 16, "throughput", "at least", 1),
  ratio("scripts", "loop of 1M", undefined, "time", "at most", 1),
  ratio("scripts", "sort of 100k with a comparator", undefined, "time", "at most", 1),
  ratio("scripts", "string of 100k pieces", undefined, "time", "at most", 1),
  ratio("scripts", "JSON of 100 KB", undefined, "time", "at most", 1),
  ratio("persistence", "5M keys", undefined, "size", "at most", 1),
  ratio("persistence", "5M keys", undefined, "time to write", "at most", 2),
  ratio("persistence", "5M keys", undefined, "time to load", "at most", 1.2),
  ratio("persistence", "5M keys", undefined, "throughput meanwhile", "at least", 1),
  ours("persistence", "5M keys", "part of throughput", 0.6, "at least"),
  ours("persistence", "5M keys", "growth of memory in percent", 10),
  ours("persistence", "5M keys", "longest stall above that", 5),
  ours("persistence", "5M keys", "with a sorted set of 1 M: above that", 5),
  ...["everysec", "always"].flatMap((policy) =>
    [1, 16].flatMap((pipeline) => [
      ratio("append-log", `set, ${policy}`, pipeline, "throughput", "at least", 1.1),
      ratio("append-log", `set, ${policy}`, pipeline, "cpu", "at most", 0.8),
    ]),
  ),
  ratio("append-log", "loading", undefined, "time", "at most", 1),
  ...SCRIPT_CALLS.map((test) => ratio("script-calls", test, 16, "throughput", "at least", 1.1)),
  ...SCRIPT_CALLS.map((test) => ratio("script-calls", test, 16, "cpu", "at most", 0.85)),
  ratio("script-calls", "new scripts", 16, "throughput", "at least", 0.6),
  ours("script-calls", "BUSY while a script spins", "p99", 20),
  ours("script-calls", "SCRIPT KILL", "p99", 20),
  ...SCRIPT_WORKS.map((test) => ratio("scripts", test, undefined, "time", "at most", 1)),
  ours("start", "spawn to first PONG", "time", 100),
  ours("start", "startRusk() to ready", "time", 150),
  ...PIPELINED.map((test) => ratio("deno", test, 16, "throughput", "at least", 0.9)),
];

/** The tests that have a target under Deno, and so the ones measured there. */
export const PIPELINED_TESTS: readonly string[] = PIPELINED;

/** The target of a measurement, or null. */
export function targetOf(
  figure: string,
  test: string,
  pipeline: number | undefined,
  measure: string,
): Target | null {
  const found = TARGETS.find(
    (target) =>
      target.figure === figure &&
      target.test === test &&
      target.pipeline === pipeline &&
      target.measure === measure,
  );
  return found ?? null;
}

/** Whether the measured values keep the target. */
export function meets(target: Target, ours: number, ratio: number): boolean {
  const value = target.subject === "ratio" ? ratio : ours;
  return target.bound === "at least" ? value >= target.limit : value <= target.limit;
}

/** The target in a table's cell, such as ">= 1.1x" or "<= 20 ms". */
export function targetText(target: Target, unit: string): string {
  const sign = target.bound === "at least" ? ">=" : "<=";
  return `${sign} ${target.limit}${target.subject === "ratio" ? "x" : ` ${unit}`}`;
}

function ratio(
  figure: string,
  test: string,
  pipeline: number | undefined,
  measure: string,
  bound: Target["bound"],
  limit: number,
): Target {
  return { figure, test, pipeline, measure, subject: "ratio", bound, limit };
}

function ours(
  figure: string,
  test: string,
  measure: string,
  limit: number,
  bound: Target["bound"] = "at most",
): Target {
  return { figure, test, measure, subject: "ours", bound, limit };
}
