// Large collections: what commands on a million elements cost, what they take in memory, set
// operations on large sets, and the latency of a mixed load on all of them.

import { compareGrowth, compareLoad, mustBoth } from "./compare.ts";
import { requestOf } from "./control.ts";
import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { fill } from "./fill.ts";
import { countOr, type Options } from "./options.ts";
import { type Load, runLoad } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const FIGURE = "collections";
const ELEMENTS = 1_000_000;
const OPERAND_ELEMENTS = 100_000;
const ROUNDS = 5;
const PIPELINE = 16;
const REQUESTS = 200_000;
/** Requests of a run of a command that takes milliseconds. */
const SLOW_REQUESTS = 20;
const MIXED_REQUESTS = 100_000;

const digits = (index: number) => String(index).padStart(12, "0");

/** A collection: how its elements are added, and the commands that are measured on it. */
interface Subject {
  name: string;
  /** The command that adds one element, and its reply. */
  add(index: number, count: number): readonly string[];
  reply(index: number): string;
  /** Replies depend on the order. */
  isOrdered?: boolean;
  tests(middle: number): Readonly<Record<string, readonly string[]>>;
}

const RANDOM = "__rand_int__";
const one = () => ":1\r\n";

const SUBJECTS: readonly Subject[] = [
  {
    name: "sorted set",
    // Scores in no order: 617051 is prime to the count.
    add: (index, count) => ["ZADD", "z", String((index * 617_051) % count), `m:${digits(index)}`],
    reply: one,
    tests: (middle) => ({
      zadd: ["zadd", "z", RANDOM, `m:${RANDOM}`],
      zrank: ["zrank", "z", `m:${RANDOM}`],
      "zrange by score": ["zrangebyscore", "z", RANDOM, "+inf", "limit", "0", "10"],
      "zrange by rank": ["zrange", "z", String(middle), String(middle + 9)],
      zincrby: ["zincrby", "z", "1", `m:${RANDOM}`],
    }),
  },
  {
    name: "sorted set of one score",
    add: (index) => ["ZADD", "lex", "0", `m:${digits(index)}`],
    reply: one,
    tests: () => ({
      "zrange by lex": ["zrangebylex", "lex", `[m:${RANDOM}`, "+", "limit", "0", "10"],
    }),
  },
  {
    name: "hash",
    add: (index) => ["HSET", "h", `f:${digits(index)}`, `value:${digits(index)}`],
    reply: one,
    tests: () => ({
      hset: ["hset", "h", `f:${RANDOM}`, "another value"],
      hget: ["hget", "h", `f:${RANDOM}`],
    }),
  },
  {
    name: "hash of numbers",
    add: (index) => ["HSET", "n", `f:${digits(index)}`, String(index)],
    reply: one,
    tests: () => ({ hincrby: ["hincrby", "n", `f:${RANDOM}`, "1"] }),
  },
  {
    name: "set",
    add: (index) => ["SADD", "s", `m:${digits(index)}`],
    reply: one,
    tests: () => ({
      sadd: ["sadd", "s", `m:${RANDOM}`],
      sismember: ["sismember", "s", `m:${RANDOM}`],
      srandmember: ["srandmember", "s"],
    }),
  },
  {
    name: "list",
    add: (index) => ["RPUSH", "l", `element:${digits(index)}`],
    reply: (index) => `:${index + 1}\r\n`,
    isOrdered: true,
    tests: (middle) => ({ "lindex in the middle": ["lindex", "l", String(middle)] }),
  },
  {
    name: "small hashes",
    add: (index) => {
      const fields = ["name", "age", "city", "email", "score"];
      const pairs = fields.flatMap((field, i) => [field, `${field}${(index + i) % 1000}`]);
      return ["HSET", `user:${digits(index)}`, ...pairs];
    },
    reply: () => ":5\r\n",
    tests: () => ({}),
  },
];

/** Commands on two sets of OPERAND_ELEMENTS, half of them in both. */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  "sinter of two": ["sinter", "a", "b"],
  "sunion of two": ["sunion", "a", "b"],
  "zunionstore of two": ["zunionstore", "to", "2", "za", "zb"],
};

/** What runs at once in the mixed load. */
const MIXED: readonly (readonly string[])[] = [
  ["zadd", "z", RANDOM, `m:${RANDOM}`],
  ["hset", "h", `f:${RANDOM}`, "value"],
  ["sadd", "s", `m:${RANDOM}`],
  ["lrange", "l", "500000", "500020"],
];

/** The figure `collections`. */
export const collections: Figure = {
  name: FIGURE,
  summary: "collections of 1 M elements: throughput, CPU, memory, set operations, mixed load",
  async run(options, progress) {
    const count = countOr(options.keys, ELEMENTS, options.scale);
    const rounds = options.rounds ?? ROUNDS;
    const rows: Row[] = [];
    await withServers([options.ours, options.theirs], async (ours, theirs) => {
      const servers = { ours: ours as Server, theirs: theirs as Server };
      for (const subject of SUBJECTS) {
        progress(`${FIGURE}: ${subject.name}`);
        rows.push(...(await measureSubject(servers, subject, count, rounds, options)));
      }
      progress(`${FIGURE}: mixed load`);
      rows.push(await measureMixed(servers, count, rounds, options));
      progress(`${FIGURE}: set operations`);
      rows.push(...(await measureOperations(servers, rounds, options)));
    });
    const { ours, theirs, clients } = options;
    const conditions = { ours, theirs, clients, elements: count, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};

/** Fills a collection, in order where its replies tell how large it is. */
async function add(server: Server, subject: Subject, count: number): Promise<void> {
  const command = (index: number) => requestOf(subject.add(index, count));
  await fill(server.port, count, command, subject.reply, subject.isOrdered ? 1 : undefined);
}

async function measureSubject(
  servers: Pair<Server>,
  subject: Subject,
  count: number,
  rounds: number,
  options: Options,
): Promise<Row[]> {
  const work = (server: Server) => add(server, subject, count);
  const rows = [await compareGrowth(servers, work, FIGURE, subject.name)];
  for (const [name, words] of Object.entries(subject.tests(count >>> 1))) {
    const { clients, size, scale } = options;
    const requests = countOr(null, REQUESTS, scale);
    const load = { test: words, requests, pipeline: PIPELINE, clients, size, keyspace: count };
    rows.push(...(await compareLoad(servers, rounds, load, FIGURE, name)));
  }
  return rows;
}

/** Several commands at once, each by clients of its own; the worst p99.9 of each round. */
async function measureMixed(
  servers: Pair<Server>,
  keyspace: number,
  rounds: number,
  { clients, size, scale }: Options,
): Promise<Row> {
  const requests = countOr(null, MIXED_REQUESTS, scale);
  const share = Math.ceil(clients / MIXED.length);
  const samples = await alternate(rounds, async (side) => {
    const loads = MIXED.map((test) => ({ test, requests, pipeline: 1, size, keyspace }));
    const all = await Promise.all(
      loads.map((load) => runLoad(servers[side], { ...load, clients: share })),
    );
    return Math.max(...all.map((sample) => sample.p999Ms));
  });
  return rowOf(
    { figure: FIGURE, test: "mixed load", pipeline: 1, measure: "p99.9", unit: "ms" },
    median(samples.ours),
    median(samples.theirs),
  );
}

async function measureOperations(
  servers: Pair<Server>,
  rounds: number,
  { size }: Options,
): Promise<Row[]> {
  await mustBoth(servers, "FLUSHALL");
  for (const side of SIDES) {
    for (const [key, first] of [
      ["a", 0],
      ["b", OPERAND_ELEMENTS / 2],
    ] as const) {
      const member = (index: number) => `m:${digits(index + first)}`;
      const sadd = (index: number) => requestOf(["SADD", key, member(index)]);
      const zadd = (index: number) => requestOf(["ZADD", `z${key}`, String(index), member(index)]);
      await fill(servers[side].port, OPERAND_ELEMENTS, sadd, one);
      await fill(servers[side].port, OPERAND_ELEMENTS, zadd, one);
    }
  }
  const rows: Row[] = [];
  for (const [name, test] of Object.entries(OPERATIONS)) {
    const load: Load = {
      test,
      requests: SLOW_REQUESTS,
      pipeline: 1,
      clients: 1,
      size,
      keyspace: 1,
    };
    rows.push(...(await compareLoad(servers, rounds, load, FIGURE, name)));
  }
  return rows;
}
