// The append-only log: SETs with each policy of when it is on the disk, and how fast a log loads.

import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareLoad } from "./compare.ts";
import { requestOf } from "./control.ts";
import { alternate, type Figure } from "./figure.ts";
import { countOr, type Options } from "./options.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, seededRandom } from "./statistics.ts";

const POLICIES = ["everysec", "always"] as const;
const PIPELINES = [1, 16] as const;
/** Requests of a run; a sync for every batch is slower by an order. */
const REQUESTS = { everysec: { 1: 100_000, 16: 600_000 }, always: { 1: 60_000, 16: 300_000 } };
const ROUNDS = 5;
const LOADED_COMMANDS = 5_000_000;
/** Keys of the log that is loaded: each is set several times. */
const LOADED_KEYS = 1_000_000;
const LOAD_ROUNDS = 3;
const VALUE_SIZE = 32;
const POLL_MS = 100;
const CHUNK_COMMANDS = 10_000;
/** Nobody rewrites the log that the next is to load. */
const AS_IT_IS = "--auto-aof-rewrite-percentage 0";
const FOLDER = "appendonlydir";
const NAME = "appendonly.aof";

/** The figure `append-log`. */
export const appendLog: Figure = {
  name: "append-log",
  summary: "SET with an append-only log, everysec and always; loading a log of 5 M commands",
  async run(options, progress) {
    const rounds = options.rounds ?? ROUNDS;
    const rows: Row[] = [];
    for (const policy of POLICIES) {
      for (const pipeline of PIPELINES) {
        progress(`append-log: set, ${policy}, -P ${pipeline}`);
        rows.push(...(await sets(policy, pipeline, rounds, options)));
      }
    }
    const commands = countOr(null, LOADED_COMMANDS, options.scale);
    rows.push(await loading(commands, options, (text) => progress(`append-log: ${text}`)));
    const { ours, theirs, clients, size, keyspace } = options;
    const conditions = { ours, theirs, clients, size, keyspace, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};

function sets(
  policy: (typeof POLICIES)[number],
  pipeline: (typeof PIPELINES)[number],
  rounds: number,
  options: Options,
): Promise<Row[]> {
  const logged = (line: string) => `${line} --appendonly yes --appendfsync ${policy}`;
  return withServers([logged(options.ours), logged(options.theirs)], (ours, theirs) => {
    const servers = { ours: ours as Server, theirs: theirs as Server };
    const { clients, size, keyspace } = options;
    const requests = countOr(options.requests, REQUESTS[policy][pipeline], options.scale);
    const load = { test: "set", requests, pipeline, clients, size, keyspace };
    return compareLoad(servers, rounds, load, "append-log", `set, ${policy}`);
  });
}

/** How long each server takes for one and the same log. */
async function loading(
  commands: number,
  options: Options,
  progress: (text: string) => void,
): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "rusk-bench-"));
  try {
    progress(`writes a log of ${commands} commands`);
    writeLog(join(folder, FOLDER), commands);
    const rounds = options.rounds ?? LOAD_ROUNDS;
    const samples = await alternate(rounds, (side, round) => {
      progress(`${side} loads it, round ${round + 1} of ${rounds}`);
      return load(`${options[side]} --dir ${folder} --appendonly yes ${AS_IT_IS}`);
    });
    const measurement = { figure: "append-log", test: "loading", measure: "time", unit: "s" };
    return rowOf(measurement, median(samples.ours), median(samples.theirs));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeLog(folder: string, commands: number): void {
  mkdirSync(folder);
  writeFileSync(join(folder, `${NAME}.manifest`), `file ${NAME}.1.incr.aof seq 1 type i\n`);
  const file = openSync(join(folder, `${NAME}.1.incr.aof`), "w");
  const random = seededRandom(1);
  for (let done = 0; done < commands; ) {
    let chunk = "";
    for (let i = 0; i < CHUNK_COMMANDS && done < commands; i++, done++) {
      const key = `key:${String(Math.floor(random() * LOADED_KEYS)).padStart(12, "0")}`;
      chunk += requestOf(["SET", key, String(random()).padEnd(VALUE_SIZE, "x")]);
    }
    writeSync(file, chunk);
  }
  closeSync(file);
}

/** Seconds that a server takes to load its log, as it says itself. */
function load(line: string): Promise<number> {
  return withServers([line], async (server) => {
    for (;;) {
      const seconds = /DB loaded from append only file: ([\d.]+) seconds/.exec(server.log())?.[1];
      if (seconds !== undefined) return Number(seconds);
      await Bun.sleep(POLL_MS);
    }
  });
}
