// What others' features cost everybody: redis-benchmark's tests while key events are told, a client
// tracks keys, and who sends is a user with 50 rules, against the same without any of it.

import type { Socket } from "bun";
import { benchmarkTest } from "./benchmark_tests.ts";
import { Control, requestOf } from "./control.ts";
import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { countOr, type Options } from "./options.ts";
import { type Load, type Login, runLoad, type Sample } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { geometricMean, median } from "./statistics.ts";

const FIGURE = "features";
const ROUNDS = 5;
const PIPELINE = 16;
const REQUESTS = 300_000;
const TESTS = ["set", "get", "incr", "lpush", "rpush", "sadd", "hset", "zadd", "mset"] as const;
const LOGIN: Login = { user: "worker", password: "secret" };
const RULE_COUNT = 50;

/** What is turned on, by name, and how it is turned on and off. */
interface Setting {
  login?: Login;
  turnOn(server: Server): Promise<() => Promise<void>>;
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  "key events": { turnOn: tellEvents },
  tracking: { turnOn: track },
  "50 rules": { turnOn: limit, login: LOGIN },
  "all of them": {
    login: LOGIN,
    async turnOn(server) {
      const offs = [await tellEvents(server), await track(server), await limit(server)];
      return async () => {
        for (const off of offs) await off();
      };
    },
  },
};

/** All events are told; one client listens to some that do not happen. */
async function tellEvents(server: Server): Promise<() => Promise<void>> {
  const control = await Control.open(server.port);
  await control.must("CONFIG", "SET", "notify-keyspace-events", "KEA");
  const listener = await say(server, ["SUBSCRIBE", "__keyevent@0__:expired"]);
  return async () => {
    listener.end();
    await control.must("CONFIG", "SET", "notify-keyspace-events", "");
    control.close();
  };
}

/** A client keeps copies, and reads a key now and then. */
async function track(server: Server): Promise<() => Promise<void>> {
  const client = await say(server, ["HELLO", "3"], ["CLIENT", "TRACKING", "ON"]);
  const timer = setInterval(() => client.write(requestOf(["GET", "key:__rand_int__"])), 10);
  return async () => {
    clearInterval(timer);
    client.end();
  };
}

/** A user may do what the tests do, by so many rules. */
async function limit(server: Server): Promise<() => Promise<void>> {
  const control = await Control.open(server.port);
  const commands = "set get incr lpush rpush sadd hset zadd mset config|get ping".split(" ");
  const keys = ["~key:*", "~mylist", "~myset", "~myhash", "~myzset", "~counter:*"];
  const rules = [...commands.map((name) => `+${name}`), ...keys];
  const others = Array.from({ length: RULE_COUNT - rules.length }, (_, i) => `~other:${i}:*`);
  const { user, password } = LOGIN;
  await control.must("ACL", "SETUSER", user, "on", `>${password}`, ...others, ...rules);
  return async () => {
    await control.must("ACL", "DELUSER", user);
    control.close();
  };
}

async function say(server: Server, ...commands: readonly string[][]): Promise<Socket> {
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data() {} },
  });
  for (const words of commands) socket.write(requestOf(words));
  await Bun.sleep(50);
  return socket;
}

/** The figure `features`. */
export const features: Figure = {
  name: FIGURE,
  summary: "what key events, tracking and a user with 50 rules cost redis-benchmark's tests",
  run(options, progress) {
    return withServers([options.ours, options.theirs], async (ours, theirs) => {
      const servers: Pair<Server> = { ours: ours as Server, theirs: theirs as Server };
      const rounds = options.rounds ?? ROUNDS;
      const rows: Row[] = [];
      for (const [name, setting] of Object.entries(SETTINGS)) {
        const costs: Pair<{ times: number[]; cpus: number[] }> = {
          ours: { times: [], cpus: [] },
          theirs: { times: [], cpus: [] },
        };
        for (const test of options.tests ?? TESTS) {
          progress(`${FIGURE}: ${name}, ${test}`);
          const load = loadOf(test, options);
          const samples = await alternate(rounds, (side) => compare(servers[side], load, setting));
          for (const side of SIDES) {
            costs[side].times.push(median(samples[side].map(({ time }) => time)));
            costs[side].cpus.push(median(samples[side].map(({ cpu }) => cpu)));
          }
        }
        const row = (measure: string, of: "times" | "cpus") =>
          rowOf(
            { figure: FIGURE, test: name, pipeline: PIPELINE, measure, unit: "x" },
            geometricMean(costs.ours[of]),
            geometricMean(costs.theirs[of]),
          );
        rows.push(row("time", "times"), row("cpu", "cpus"));
      }
      const { clients, size, keyspace } = options;
      const lines = { ours: options.ours, theirs: options.theirs };
      const conditions = { ...lines, clients, size, keyspace, rounds };
      return { date: options.date, conditions, rows, skipped: [] };
    });
  },
};

function loadOf(test: string, { requests, scale, clients, size, keyspace }: Options): Load {
  const known = benchmarkTest(test);
  const count = countOr(requests, REQUESTS * known.share, scale);
  return { test: known.name, requests: count, pipeline: PIPELINE, clients, size, keyspace };
}

/** How many times as much time and CPU time a run takes with the setting as without. */
async function compare(
  server: Server,
  load: Load,
  { turnOn, login }: Setting,
): Promise<{ time: number; cpu: number }> {
  const without: Sample = await runLoad(server, load);
  const turnOff = await turnOn(server);
  try {
    const within = await runLoad(server, load, login);
    return {
      time: without.requestsPerSecond / within.requestsPerSecond,
      cpu: within.cpuUs / without.cpuUs,
    };
  } finally {
    await turnOff();
  }
}
