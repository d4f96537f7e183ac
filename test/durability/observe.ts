/**
 * Purpose: kills a server under `appendfsync always` while one client keeps the disk busy, some
 * write and many look, and compares what anybody was ever told with what is there after the next
 * start: nothing that was told may be gone, whoever had written it.
 *
 * Keys are made once and stay, or are made, confirmed and removed for good, each with a number of
 * its own: so whatever a reply says of a key stays true.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { binaryCommand } from "./binary.ts";

/** What keeps the disk busy. */
const NOISE = "x".repeat(2 << 20);
/** Commands that a writer has on the way. */
const WINDOW = 8;
/** A key is removed so many units after it was made, when that is long confirmed. */
const LIFE = 4 * WINDOW;
const OBSERVERS = 6;

export interface ObserveOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (round: number) => void;
}

export interface ObserveOutcome {
  /** What was told in replies, and how much of it before the writer had its own reply. */
  told: number;
  early: number;
  readonly faults: string[];
}

/** What was told of keys: whether they are there, and by which reply. */
type Facts = Map<string, { isThere: boolean; by: string }>;

/** What the writer has sent and what was confirmed, in units. */
interface Progress {
  sent: number;
  confirmed: number;
}

type Words = readonly (string | number)[];

/** Something that an observer asks of unit `n`, and what it takes from the reply. */
interface Question {
  readonly lines: (n: number) => Words[];
  /** Whether these keys are there, as far as the last reply tells. */
  readonly told: (reply: unknown, n: number) => [key: string, isThere: boolean][];
}

const QUESTIONS: readonly Question[] = [
  {
    lines: (n) => [["GET", `s${n}`]],
    told: (reply, n) => (reply === null ? [] : [[`s${n}`, true]]),
  },
  // Whether it was there or not, it is now.
  { lines: (n) => [["SADD", `t${n}`, "m"]], told: (_, n) => [[`t${n}`, true]] },
  { lines: (n) => [["SET", `s${n}`, "other", "NX"]], told: (_, n) => [[`s${n}`, true]] },
  {
    lines: (n) => [["EXISTS", `s${n}`, `t${n}`]],
    told: (reply, n) =>
      reply === 2
        ? [
            [`s${n}`, true],
            [`t${n}`, true],
          ]
        : [],
  },
  {
    lines: (n) => [["MULTI"], ["TYPE", `t${n}`], ["STRLEN", `s${n}`], ["EXEC"]],
    told: (reply, n) => {
      const [type, size] = reply as [string, number];
      return [...(type === "set" ? [`t${n}`] : []), ...(size > 0 ? [`s${n}`] : [])].map(
        (key) => [key, true] as [string, boolean],
      );
    },
  },
  // An error shows what is there as well.
  {
    lines: (n) => [["LPUSH", `s${n}`, "m"]],
    told: (reply, n) => (reply instanceof Error ? [[`s${n}`, true]] : []),
  },
  {
    lines: (n) => [["KEYS", `s${n}`]],
    told: (reply, n) => ((reply as string[]).length > 0 ? [[`s${n}`, true]] : []),
  },
  {
    lines: (n) => [["BLMOVE", `q${n}`, `r${n}`, "LEFT", "LEFT", "0.05"]],
    told: (reply, n) => (reply === null ? [] : [[`r${n}`, true]]),
  },
  {
    lines: (n) => [["EXISTS", `d${n - LIFE}`]],
    told: (reply, n) => (n > LIFE && reply === 0 ? [[`d${n - LIFE}`, false]] : []),
  },
];

/** The commands of a writer's unit. */
function unitOf(n: number): Words[] {
  const removal: Words[] = n > LIFE ? [["DEL", `d${n - LIFE}`]] : [];
  const made: Words[] = [
    ["SET", `s${n}`, n],
    ["SADD", `t${n}`, "m"],
    ["RPUSH", `q${n}`, n],
  ];
  return [...made, ["SET", `d${n}`, n], ...removal];
}

/** Kills as often as asked for; the faults say what was told and is not so. */
export async function observeRounds(options: ObserveOptions): Promise<ObserveOutcome> {
  const random = new Random(options.seed, 11);
  const outcome: ObserveOutcome = { told: 0, early: 0, faults: [] };
  for (let round = 0; round < options.rounds && outcome.faults.length === 0; round++) {
    const dir = mkdtempSync(join(tmpdir(), "rusk-observe-"));
    try {
      const facts = await observeRound(dir, random, outcome);
      const server = await startIn(dir);
      await compare(server, facts, outcome);
      await server.stop();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    options.onRound?.(round);
  }
  return outcome;
}

function startIn(dir: string): Promise<Server> {
  const log = ["--dir", dir, "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  return startServer({ command: binaryCommand(), args: log });
}

/** Lets all of them work for a moment, kills the server, and returns what was told. */
async function observeRound(dir: string, random: Random, outcome: ObserveOutcome): Promise<Facts> {
  const server = await startIn(dir);
  const facts: Facts = new Map();
  const progress: Progress = { sent: 0, confirmed: 0 };
  const clients = await Promise.all(Array.from({ length: OBSERVERS + 2 }, () => server.connect()));
  const [noise, writer, ...observers] = clients;
  const work = [
    makeNoise(noise),
    write(writer, progress),
    ...observers.map((client) => observe(client, progress, random, facts, outcome)),
  ];
  // All end when the server does.
  const ended = Promise.allSettled(work);
  await Bun.sleep(random.between(60, 400));
  server.signal("SIGKILL");
  await server.exited;
  await ended;
  for (const client of clients) client.close();
  await server.stop();
  return facts;
}

async function makeNoise(client: Client): Promise<never> {
  client.send("SET", "noise", NOISE);
  for (;;) {
    client.send("SET", "noise", NOISE);
    await client.reply();
  }
}

async function write(client: Client, progress: Progress): Promise<never> {
  const due: number[] = [];
  for (;;) {
    while (progress.sent - progress.confirmed < WINDOW) {
      const unit = unitOf(++progress.sent);
      for (const words of unit) client.send(...words);
      due.push(unit.length);
    }
    for (let left = due.shift() ?? 0; left > 0; left--) await client.reply();
    progress.confirmed++;
  }
}

/** Asks about what was sent last, and notes what it is told. */
async function observe(
  client: Client,
  progress: Progress,
  random: Random,
  facts: Facts,
  outcome: ObserveOutcome,
): Promise<never> {
  for (;;) {
    const n = Math.max(1, progress.sent - random.below(3));
    const question = QUESTIONS[random.below(QUESTIONS.length)];
    const lines = question.lines(n);
    const replies = await client.pipeline(lines);
    const by = lines.map((words) => words.join(" ")).join("; ");
    for (const [key, isThere] of question.told(plain(replies[replies.length - 1]), n)) {
      facts.set(key, { isThere, by });
      outcome.told++;
      if (n > progress.confirmed) outcome.early++;
    }
  }
}

/** Compares what was told with what is there. */
async function compare(server: Server, facts: Facts, outcome: ObserveOutcome): Promise<void> {
  const client = await server.connect();
  const keys = [...facts.keys()];
  const replies = await client.pipeline(keys.map((key) => ["EXISTS", key]));
  for (const [i, reply] of replies.entries()) {
    const { isThere, by } = facts.get(keys[i]) as { isThere: boolean; by: string };
    if ((plain(reply) === 1) === isThere) continue;
    outcome.faults.push(`${keys[i]} is ${isThere ? "gone" : "there"}, though ${by} told otherwise`);
  }
  client.close();
}
