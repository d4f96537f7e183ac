/**
 * Purpose: the run as a whole: sequence after sequence, and for each difference a smallest sequence
 * that shows it, once for each command and kind of difference.
 */

import { connect } from "../client/client.ts";
import { type Server, startRedis, startServer } from "../client/server.ts";
import { Coverage } from "./coverage.ts";
import {
  BATCH_MOST,
  commandName,
  type Difference,
  type ExecuteOptions,
  execute,
  type Outcome,
} from "./execute.ts";
import { type Command, readGrammar } from "./grammar.ts";
import { policyOf } from "./policies.ts";
import { generate, type Step, stepText, word } from "./sequence.ts";
import { shrink } from "./shrink.ts";
import { SERVER_ARGS, Subject } from "./subject.ts";

/** What to run. */
export interface FuzzOptions {
  seed: number;
  /** Commands in all. */
  commands: number;
  /** Commands in a sequence. */
  length?: number;
  /** Names of commands or containers: only these, or none of these. */
  only?: readonly string[];
  skip?: readonly string[];
  /** Run this sequence of the seed and no other. */
  sequence?: number;
  /** Stop after so many different differences. */
  stopAfter?: number;
  counters?: boolean;
  /** Time that passes before each command (0). */
  paceMs?: number;
  /** Print what became of the commands. */
  coverage?: boolean;
  /** Pairs of servers that run at the same time. */
  lanes?: number;
  /** Starts the tested server; Rusk's own start when not given. */
  start?: (args: readonly string[]) => Promise<Server>;
  /** Where a report goes, line by line. */
  print?: (text: string) => void;
}

/** A difference with the smallest sequence found for it. */
export interface Finding {
  difference: Difference;
  steps: Step[];
  /** Number of the sequence in which it was found. */
  sequence: number;
  /** What the real server replied to each step. */
  replies: string[];
  /** False when it showed once and never again. */
  reproduced: boolean;
}

/** What a run did and found. */
export interface Summary {
  findings: Finding[];
  commandsRun: number;
  seconds: number;
  /** Commands that were left out after many differences. */
  muted: string[];
}

const LENGTH = 300;
/** Of a sequence and of a reply, in a report. */
const STEPS_SHOWN = 30;
const LINES_SHOWN = 20;
const STOP_AFTER = 20;
/** Two, since each waits for its servers about half of the time. */
const LANES = 2;
/** After so many sequences in which the same command differs, it is left out. */
const MUTE_AFTER = 3;
type Patience = Pick<ExecuteOptions, "quietMs" | "replyLimitMs">;
/** For the first look at a sequence, which nearly always shows nothing. */
const FIRST: Patience = { quietMs: 25, replyLimitMs: 10_000 };
/** To see whether what the first look showed is there, or something was slow. */
const AGAIN: Patience = { quietMs: 1500, replyLimitMs: 10_000 };
/** For the many trials of shrinking, by whether silence is what differs. */
const TRIAL: Patience = { quietMs: 25, replyLimitMs: 1000 };
const TRIAL_OF_SILENCE: Patience = { quietMs: 400, replyLimitMs: 1000 };
/** More attempts at a difference that does not show at once again: some depend on the clock. */
const TRIALS = 3;
/** Where each trial takes long, because the server hangs or dies, there are fewer of them. */
const SHRINK_LIMIT_MS = 60_000;
const PACED_FACTOR = 10;

/** Starts the servers, runs, and stops them. */
export async function fuzz(options: FuzzOptions): Promise<Summary> {
  const start = options.start ?? ((args) => startServer({ args }));
  const subjects: Subject[] = [];
  const lanes: Lane[] = [];
  try {
    const count = options.sequence === undefined ? (options.lanes ?? LANES) : 1;
    while (lanes.length < count) {
      const real = await Subject.start("redis", () => startRedis({ args: SERVER_ARGS }));
      subjects.push(real);
      const tested = await Subject.start("rusk", () => start(SERVER_ARGS));
      subjects.push(tested);
      lanes.push({ real, tested });
    }
    return await new Fuzzer(lanes, options).run();
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

/** A pair of servers, on which one sequence runs at a time. */
interface Lane {
  real: Subject;
  tested: Subject;
}

class Fuzzer {
  private readonly lanes: readonly Lane[];
  private readonly options: FuzzOptions;
  private readonly findings = new Map<string, Finding>();
  private readonly countByCommand = new Map<string, number>();
  private readonly muted = new Set<string>();
  private commands: Command[] = [];
  private coverage: Coverage | null = null;
  private commandsRun = 0;
  private nextSequence = 0;
  private execution: ExecuteOptions = {
    ...FIRST,
    containers: new Set(),
    paceMs: 0,
    counters: true,
  };

  constructor(lanes: readonly Lane[], options: FuzzOptions) {
    this.lanes = lanes;
    this.options = options;
  }

  async run(): Promise<Summary> {
    await this.readCommands();
    const startedMs = performance.now();
    this.nextSequence = this.options.sequence ?? 0;
    await Promise.all(this.lanes.map((lane) => this.runLane(lane)));
    const seconds = (performance.now() - startedMs) / 1000;
    if (this.coverage) this.print(this.coverage.text());
    const findings = [...this.findings.values()];
    return { findings, commandsRun: this.commandsRun, seconds, muted: [...this.muted] };
  }

  private async runLane(lane: Lane): Promise<void> {
    const { seed, commands, sequence, length = LENGTH, stopAfter = STOP_AFTER } = this.options;
    while (this.commandsRun < commands && this.findings.size < stopAfter) {
      const index = this.nextSequence++;
      const steps = this.withoutMuted(generate(seed, index, length, this.commands));
      this.commandsRun += steps.length;
      try {
        await this.try(lane, index, steps);
      } catch (error) {
        throw new Error(`sequence ${index} of seed ${seed}: ${error}`, { cause: error });
      }
      if (sequence !== undefined) return;
    }
  }

  private async readCommands(): Promise<void> {
    const { only, skip, paceMs = 0, counters = true } = this.options;
    const [{ real: redis, tested: rusk }] = this.lanes;
    const [real, tested] = [await connect(redis.server), await connect(rusk.server)];
    const known = await readGrammar(real, tested);
    real.close();
    tested.close();
    const named = (names: readonly string[], { name, words }: Command) =>
      names.includes(name) || names.includes(words[0].toLowerCase());
    this.commands = known.filter(
      (command) => (!only || named(only, command)) && !(skip && named(skip, command)),
    );
    const sent = this.commands.filter(({ name }) => policyOf(name).deny === undefined);
    if (sent.length === 0) throw new Error("no command is left to send");
    const containers = new Set(known.flatMap(({ words }) => (words[1] ? [words[0]] : [])));
    this.execution = {
      ...this.execution,
      paceMs,
      counters,
      containers: new Set([...containers].map((name) => name.toLowerCase())),
    };
    if (this.options.coverage) {
      const names = new Set(this.commands.map(({ name }) => name));
      this.coverage = new Coverage(names, this.execution.containers);
    }
    const denied = this.commands.length - sent.length;
    this.print(`${sent.length} commands (${denied} more are never sent, see policies.ts)`);
  }

  private async try(lane: Lane, index: number, steps: readonly Step[]): Promise<void> {
    const first = await this.execute(lane, steps, FIRST);
    this.coverage?.add(steps, first);
    if (first.difference === null) return;
    // Again, with patience: is it there, or was something slow?
    let again = await this.execute(lane, steps, AGAIN);
    // A moment of waiting for the machine makes times differ.
    const isPaced = this.execution.paceMs > 0;
    for (let left = isPaced ? 0 : TRIALS; again.difference === null && left > 0; left--) {
      again = await this.execute(lane, steps, AGAIN);
    }
    if (again.difference === null) {
      if (first.difference.kind === "stray" || isPaced) return;
      this.add({ ...asFinding(first), sequence: index, steps: [...steps], reproduced: false });
      return;
    }
    const wanted = again.difference;
    if (this.findings.has(keyOf(wanted)) && wanted.step < steps.length) {
      this.count(wanted.command);
      return;
    }
    // A connection that ends may take earlier replies with it: any of the batch can be the cause.
    const after = wanted.kind === "connection" || wanted.kind === "died" ? BATCH_MOST : 1;
    const upTo = steps.slice(0, Math.min(wanted.step + after, steps.length));
    const denied = this.deniedIn(upTo);
    const patience = wanted.kind === "stray" ? TRIAL_OF_SILENCE : TRIAL;
    const deadlineMs = performance.now() + SHRINK_LIMIT_MS * (isPaced ? PACED_FACTOR : 1);
    const smallest = await shrink(upTo, async (candidate) => {
      if (performance.now() > deadlineMs) return false;
      // A part of a command may be one that is not to be sent.
      if (!this.deniedIn(candidate).isSubsetOf(denied)) return false;
      const { difference } = await this.execute(lane, candidate, patience);
      return difference !== null && isSame(difference, wanted);
    });
    const last = await this.execute(lane, smallest, AGAIN);
    if (last.difference === null && (isPaced || wanted.kind === "stray")) return;
    const found = last.difference === null ? again : last;
    this.add({
      ...asFinding(found),
      sequence: index,
      steps: found === last ? smallest : [...steps],
      reproduced: found === last,
    });
  }

  private add(finding: Finding): void {
    const key = keyOf(finding.difference);
    this.count(finding.difference.command);
    if (this.findings.has(key)) return;
    this.findings.set(key, finding);
    this.print(report(finding, this.findings.size, this.options));
  }

  /** Commands that differ often would hide all others. */
  private count(command: string): void {
    const count = (this.countByCommand.get(command) ?? 0) + 1;
    this.countByCommand.set(command, count);
    if (count !== MUTE_AFTER) return;
    this.muted.add(command);
    this.print(`${command} differs often and is left out from here on`);
  }

  private withoutMuted(steps: readonly Step[]): readonly Step[] {
    if (this.muted.size === 0) return steps;
    const { containers } = this.execution;
    return steps.filter((step) =>
      step.kind === "stray"
        ? !this.muted.has("stray")
        : !this.muted.has(commandName(step.args, containers)),
    );
  }

  /** The names of the commands that policies.ts denies. */
  private deniedIn(steps: readonly Step[]): Set<string> {
    const { containers } = this.execution;
    const parts = steps.flatMap((step) => (step.kind === "stray" ? step.parts : [step]));
    const names = parts.map((part) => ("args" in part ? commandName(part.args, containers) : ""));
    return new Set(names.filter((name) => policyOf(name).deny !== undefined));
  }

  private execute(
    { real, tested }: Lane,
    steps: readonly Step[],
    patience: Patience,
  ): Promise<Outcome> {
    return execute(real, tested, steps, { ...this.execution, ...patience });
  }

  private print(text: string): void {
    this.options.print?.(text);
  }
}

function asFinding(outcome: Outcome): Pick<Finding, "difference" | "replies"> {
  if (outcome.difference === null) throw new Error("there is no difference to report");
  return { difference: outcome.difference, replies: outcome.replies };
}

/** The same difference in another sequence: replies have to be those of the same command. */
function isSame(found: Difference, wanted: Difference): boolean {
  if (found.kind !== wanted.kind) return false;
  return wanted.kind !== "reply" || found.command === wanted.command;
}

/** What makes two differences count as one: the command, and how it differs. */
function keyOf({ kind, command, real, tested }: Difference): string {
  const form = (text: string) => /^\((error|integer|nil|double|true|false)/.exec(text)?.[1] ?? "";
  return kind === "reply" ? `${command} ${form(real)}/${form(tested)}` : `${command} ${kind}`;
}

/** A finding as a session, the differing replies of both servers, and how to see it again. */
export function report(finding: Finding, number: number, options: FuzzOptions): string {
  const { difference, steps, replies, sequence } = finding;
  const { kind, command, where, real, tested } = difference;
  const indented = (text: string, mark: string, skipped = 0) => {
    const all = text.split("\n");
    const shown = all.slice(skipped, skipped + LINES_SHOWN);
    const before = skipped > 0 ? [`… (${skipped} lines that are the same)`] : [];
    const rest = skipped + shown.length < all.length ? [`… (${all.length} lines)`] : [];
    return [...before, ...shown, ...rest].map((line) => clipped(`  ${mark} ${line}`)).join("\n");
  };
  const lines = [`\n--- ${number}: ${command}, ${kind}${where ? ` of ${where}` : ""}`];
  if (!finding.reproduced) lines.push("    (seen once; it did not show again)");
  const first = Math.max(0, Math.min(difference.step + 1, steps.length) - STEPS_SHOWN);
  if (first > 0) lines.push(`    (${first} steps before these)`);
  for (const [index, step] of steps.entries()) {
    if (index < first) continue;
    lines.push(clipped(`  ${stepText(step)}${companyText(step)}`));
    if (index === difference.step) break;
    if (replies[index] !== undefined) lines.push(indented(replies[index], " "));
  }
  const same = Math.max(0, linesAlike(real, tested) - 2);
  lines.push(indented(real, "redis:", same), indented(tested, "rusk: ", same));
  const flags = [
    ...(options.only ? [`--only ${options.only.join()}`] : []),
    ...(options.skip ? [`--skip ${options.skip.join()}`] : []),
    ...(options.paceMs ? [`--pace ${options.paceMs}`] : []),
    ...(options.length ? [`--length ${options.length}`] : []),
  ];
  const repeat = [
    `SEED=${options.seed}`,
    `ARGS="${[`--sequence ${sequence}`, ...flags].join(" ")}"`,
  ];
  lines.push(`  again: make fuzz ${repeat.join(" ")}`);
  return lines.join("\n");
}

/** What is sent with the command, before it or after it. */
function companyText(step: Step): string {
  if (step.kind === "stray") return "";
  const { prepare, settle } = policyOf(step.args[0]?.toLowerCase() ?? "");
  const texts = [
    ["before it", prepare?.(step.args)],
    ["after it", settle?.(step.args)],
  ] as const;
  return texts
    .map(([when, args]) => (args ? ` (${when}: ${args.map(word).join(" ")})` : ""))
    .join("");
}

/** How many lines at the beginning of two texts are the same. */
function linesAlike(a: string, b: string): number {
  const [left, right] = [a.split("\n"), b.split("\n")];
  const first = left.findIndex((line, index) => line !== right[index]);
  return Math.max(first, 0);
}

function clipped(line: string): string {
  return line.length <= 600 ? line : `${line.slice(0, 560)}… (${line.length} characters)`;
}
