// Calls of short scripts and functions, ours in JavaScript and Redis's in Lua: throughput and CPU
// time, also of scripts that are new each time; and how soon a script that does not end is gone.

import { Control, requestOf } from "./control.ts";
import { type Batch, Exchange } from "./exchange.ts";
import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { countOr, type Options } from "./options.ts";
import { cpuSeconds } from "./process_figures.ts";
import { type Load, runLoad } from "./redis_benchmark.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, percentile } from "./statistics.ts";

const FIGURE = "script-calls";
const ROUNDS = 7;
const PIPELINE = 16;
const REQUESTS = 300_000;
/** Scripts of a round that no server has seen before. */
const NEW_SCRIPTS = 8_000;
/** The same script in both languages, and what calls it. */
type Languages = Pair<string>;

const GET: Languages = {
  ours: "return redis.call('GET', KEYS[1])",
  theirs: "return redis.call('GET', KEYS[1])",
};
const LIMITER: Languages = {
  ours: `const count = redis.call('INCR', KEYS[1]);
if (count === 1) redis.call('PEXPIRE', KEYS[1], ARGV[2]);
return count > Number(ARGV[1]) ? 0 : 1;`,
  theirs: `local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if count > tonumber(ARGV[1]) then return 0 end
return 1`,
};
const LIBRARY: Languages = {
  ours: `#!js name=bench
redis.registerFunction('get', (keys) => redis.call('GET', keys[1]));`,
  theirs: `#!lua name=bench
redis.register_function('get', function(keys) return redis.call('GET', keys[1]) end)`,
};
const LIMITER_WORDS = ["1", "limit:__rand_int__", "1000000", "600000"];

/** Makes the words of a command for one server, which it prepares. */
type Preparation = (control: Control, side: "ours" | "theirs") => Promise<readonly string[]>;

const CALLS: Readonly<Record<string, Preparation>> = {
  "evalsha of get": async (control, side) => [
    "EVALSHA",
    await load(control, GET[side]),
    "1",
    "key",
  ],
  "evalsha of a rate limiter": async (control, side) => [
    "EVALSHA",
    await load(control, LIMITER[side]),
    ...LIMITER_WORDS,
  ],
  "evalsha of return 1": async (control) => ["EVALSHA", await load(control, "return 1"), "0"],
  "eval of get": async (_, side) => ["EVAL", GET[side], "1", "key"],
  "fcall of get": async (control, side) => {
    await control.must("FUNCTION", "LOAD", "REPLACE", LIBRARY[side]);
    return ["FCALL", "get", "1", "key"];
  },
};

/** The SHA-1 of a script that the server has now. */
async function load(control: Control, script: string): Promise<string> {
  await control.must("SCRIPT", "LOAD", script);
  return new Bun.CryptoHasher("sha1").update(script).digest("hex");
}

/** The figure `script-calls`. */
export const scriptCalls: Figure = {
  name: FIGURE,
  summary: "EVALSHA, EVAL, FCALL of short scripts; new scripts; the end of one that does not end",
  run(options, progress) {
    return withServers([options.ours, options.theirs], async (ours, theirs) => {
      const servers = { ours: ours as Server, theirs: theirs as Server };
      const controls = {
        ours: await Control.open(servers.ours.port),
        theirs: await Control.open(servers.theirs.port),
      };
      for (const side of SIDES) await controls[side].must("SET", "key", "a value of some size");
      const rows: Row[] = [];
      for (const [test, prepare] of Object.entries(CALLS)) {
        progress(`${FIGURE}: ${test}`);
        rows.push(...(await callRows(servers, test, prepare, options)));
      }
      progress(`${FIGURE}: new scripts`);
      rows.push(await newScriptsRow(servers, options));
      progress(`${FIGURE}: scripts that do not end`);
      rows.push(...(await endRows(servers, controls)));
      const undoMs = await undoTime(servers.ours, controls.ours);
      for (const side of SIDES) controls[side].close();
      const { clients, keyspace } = options;
      const commandLines = { ours: options.ours, theirs: options.theirs };
      const undo = { "SCRIPT KILL FORCE after 100k changed keys, ms": Math.round(undoMs) };
      const rounds = options.rounds ?? ROUNDS;
      const conditions = { ...commandLines, clients, keyspace, rounds, ...undo };
      return { date: options.date, conditions, rows, skipped: [] };
    });
  },
};

async function callRows(
  servers: Pair<Server>,
  test: string,
  prepare: Preparation,
  options: Options,
): Promise<Row[]> {
  const { clients, size, keyspace } = options;
  const requests = countOr(options.requests, REQUESTS, options.scale);
  const loadOf = async (side: "ours" | "theirs"): Promise<Load> => {
    // A connection of its own, since replies of two lines may be left in it.
    const control = await Control.open(servers[side].port);
    const words = await prepare(control, side);
    control.close();
    return { test: words, requests, pipeline: PIPELINE, clients, size, keyspace };
  };
  const loads = { ours: await loadOf("ours"), theirs: await loadOf("theirs") };
  for (const side of SIDES) await runLoad(servers[side], loads[side]);
  const samples = await alternate(options.rounds ?? ROUNDS, (side) =>
    runLoad(servers[side], loads[side]),
  );
  const row = (measure: string, unit: string, of: "requestsPerSecond" | "cpuUs") =>
    rowOf(
      { figure: FIGURE, test, pipeline: PIPELINE, measure, unit },
      median(samples.ours.map((sample) => sample[of])),
      median(samples.theirs.map((sample) => sample[of])),
    );
  return [row("throughput", "requests/s", "requestsPerSecond"), row("cpu", "us/request", "cpuUs")];
}

/** EVAL of a rate limiter whose text is another each time. */
async function newScriptsRow(servers: Pair<Server>, options: Options): Promise<Row> {
  const count = countOr(null, NEW_SCRIPTS, options.scale);
  let number = 0;
  const batch = (side: "ours" | "theirs"): Batch => {
    const requests: string[] = [];
    for (let i = 0; i < PIPELINE; i++) {
      const comment = side === "ours" ? `\n// ${number++}` : `\n-- ${number++}`;
      requests.push(requestOf(["EVAL", LIMITER[side] + comment, "1", "limit", "1000000", "1"]));
    }
    return {
      request: Buffer.from(requests.join("")),
      reply: Buffer.from(":1\r\n".repeat(PIPELINE)),
      operations: PIPELINE,
    };
  };
  const run = async (side: "ours" | "theirs") => {
    const exchange = await Exchange.open(servers[side].port);
    const batches = Array.from({ length: count / PIPELINE }, () => batch(side));
    const begin = performance.now();
    for (const one of batches) await exchange.send(one);
    const seconds = (performance.now() - begin) / 1000;
    exchange.close();
    return (batches.length * PIPELINE) / seconds;
  };
  const samples = await alternate(options.rounds ?? ROUNDS, run);
  return rowOf(
    { figure: FIGURE, test: "new scripts", pipeline: PIPELINE, measure: "throughput", unit: "/s" },
    median(samples.ours),
    median(samples.theirs),
  );
}

const SPIN: Languages = { ours: "for (;;) {}", theirs: "while true do end" };
const BUSY_MS = "50";
const PINGS = 500;
const KILLS = 30;

async function untilBusy(control: Control): Promise<void> {
  while (!(await control.ask("PING")).startsWith("-BUSY")) await Bun.sleep(1);
}

async function untilFree(control: Control): Promise<void> {
  while ((await control.ask("PING")) !== "+PONG");
}

/** What others notice of a script that spins, and how soon it is gone when it is killed. */
async function endRows(servers: Pair<Server>, controls: Pair<Control>): Promise<Row[]> {
  const answers: Pair<number[]> = { ours: [], theirs: [] };
  const ends: Pair<number[]> = { ours: [], theirs: [] };
  for (const side of SIDES) {
    const control = controls[side];
    await control.must("CONFIG", "SET", "busy-reply-threshold", BUSY_MS);
    const spinner = await Control.open(servers[side].port);
    for (let i = 0; i < KILLS; i++) {
      const over = spinner.ask("EVAL", SPIN[side], "0");
      await untilBusy(control);
      for (let ping = 0; ping < PINGS / KILLS; ping++) {
        const sentMs = performance.now();
        await control.ask("PING");
        answers[side].push(performance.now() - sentMs);
        await Bun.sleep(Math.random() * 10);
      }
      const killedMs = performance.now();
      await control.must("SCRIPT", "KILL");
      await untilFree(control);
      ends[side].push(performance.now() - killedMs);
      await over;
    }
    spinner.close();
  }
  const row = (test: string, { ours, theirs }: Pair<number[]>) =>
    rowOf(
      { figure: FIGURE, test, measure: "p99", unit: "ms" },
      percentile(ours, 99),
      percentile(theirs, 99),
    );
  return [row("BUSY while a script spins", answers), row("SCRIPT KILL", ends)];
}

const CHANGED_KEYS = 100_000;
const writeAll = (text: string) =>
  `for (let i = 0; i < ${CHANGED_KEYS}; i++) redis.call('SET', 'changed:' + i, '${text} ' + i);`;
const FILL = writeAll("old");
const CHANGE = `${writeAll("new")} for (;;) {}`;

/** How long it takes until all is as before a script that has changed many keys, in ms. */
async function undoTime(server: Server, control: Control): Promise<number> {
  await control.must("EVAL", FILL, "0");
  const writer = await Control.open(server.port);
  const cpuBefore = cpuSeconds(server.pid);
  const over = writer.ask("EVAL", CHANGE, "0");
  await untilBusy(control);
  // Until it has surely written all and spins.
  while (cpuSeconds(server.pid) - cpuBefore < 2) await Bun.sleep(10);
  const killedMs = performance.now();
  await control.must("SCRIPT", "KILL", "FORCE");
  await untilFree(control);
  const tookMs = performance.now() - killedMs;
  await over;
  writer.close();
  return tookMs;
}
