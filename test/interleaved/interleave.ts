/**
 * Purpose: the run as a whole: sequence after sequence, and for each difference a shortest script
 * that shows it.
 */

import { type Server, startRedis, startServer } from "../client/server.ts";
import { fewer } from "../fuzz/shrink.ts";
import { write } from "./author.ts";
import { AGAIN, type Difference, FIRST, type Patience, run, type Sides, TRIAL } from "./run.ts";
import { ServerDied, Side } from "./side.ts";
import { type Step, stepText, type Words } from "./step.ts";

/** What to run. */
export interface InterleaveOptions {
  seed: number;
  /** Commands in all. */
  commands: number;
  /** Commands in a sequence. */
  length?: number;
  /** Names of features: only these. */
  features?: readonly string[];
  /** Run this sequence of the seed and no other. */
  sequence?: number;
  /** Stop after so many differences. */
  stopAfter?: number;
  /** Starts the tested server; Rusk's own start when not given. */
  start?: (args: readonly string[]) => Promise<Server>;
  print?: (text: string) => void;
}

/** A difference, with the shortest steps found that show it. */
export interface Finding {
  difference: Difference;
  steps: readonly Step[];
  sequence: number;
}

const LENGTH = 150;
const STOP_AFTER = 10;
/** How long shortening one script may take. */
const SHRINK_LIMIT_MS = 60_000;
const SERVER_ARGS = [
  "--enable-debug-command yes",
  "--slowlog-log-slower-than -1",
  "--latency-monitor-threshold 0",
].flatMap((text) => text.split(" "));

/** Starts both servers, runs, and stops them. */
export async function interleave(options: InterleaveOptions): Promise<Finding[]> {
  const servers = new Servers(options.start ?? ((args) => startServer({ args })));
  try {
    return await runAll(servers, options);
  } finally {
    await servers.stop();
  }
}

/** Both servers, replaced when one dies. */
class Servers {
  private readonly start: (args: readonly string[]) => Promise<Server>;
  private servers: Server[] = [];
  private sides: Sides | null = null;

  constructor(start: (args: readonly string[]) => Promise<Server>) {
    this.start = start;
  }

  /** Runs the steps; a tested server that dies differs. Null also when the real one dies. */
  async run(steps: readonly Step[], patience: Patience): Promise<Difference | null> {
    this.sides ??= await this.open();
    const { tested } = this.sides;
    try {
      return await run(this.sides, steps, patience);
    } catch (error) {
      if (!(error instanceof ServerDied)) throw error;
      await this.stop();
      if (error.side !== tested) return null;
      return { step: steps.length, where: "server", real: "(lives)", tested: error.message };
    }
  }

  async stop(): Promise<void> {
    this.sides = null;
    for (const server of this.servers) {
      server.signal("SIGKILL");
      await server.stop();
    }
    this.servers = [];
  }

  private async open(): Promise<Sides> {
    this.servers.push(await startRedis({ args: SERVER_ARGS }), await this.start(SERVER_ARGS));
    const [real, tested] = await Promise.all(this.servers.map((server) => Side.of(server)));
    return { real, tested };
  }
}

async function runAll(servers: Servers, options: InterleaveOptions): Promise<Finding[]> {
  const { seed, commands, length = LENGTH, stopAfter = STOP_AFTER, features } = options;
  const findings: Finding[] = [];
  for (let done = 0, index = options.sequence ?? 0; done < commands; index++) {
    const steps = write(seed, index, length, features);
    done += length;
    const finding = await oneSequence(servers, steps, index);
    if (finding !== null) {
      findings.push(finding);
      options.print?.(report(finding, findings.length, options));
    }
    if (options.sequence !== undefined || findings.length >= stopAfter) break;
  }
  return findings;
}

/** Null when both do the same, or when it does not show with more patience. */
async function oneSequence(
  servers: Servers,
  steps: readonly Step[],
  sequence: number,
): Promise<Finding | null> {
  if ((await servers.run(steps, FIRST)) === null) return null;
  const difference = await servers.run(steps, AGAIN);
  if (difference === null) return null;
  const deadlineMs = performance.now() + SHRINK_LIMIT_MS;
  const fails = async (candidate: readonly Step[]) =>
    performance.now() < deadlineMs && (await servers.run(candidate, TRIAL)) !== null;
  const found = steps.slice(0, Math.min(difference.step + 1, steps.length));
  const upTo = (await fails(found)) ? found : [...steps];
  const shortest = await fewerCommands(await fewer(upTo, fails), fails);
  const last = (await servers.run(shortest, AGAIN)) ?? (await servers.run(shortest, TRIAL));
  return last === null
    ? { difference, steps, sequence }
    : { difference: last, steps: shortest, sequence };
}

/** Leaves out commands that share a write with others. */
async function fewerCommands(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => Promise<boolean>,
): Promise<readonly Step[]> {
  let best = [...steps];
  for (const [index, step] of steps.entries()) {
    if (step.kind !== "send" || step.commands.length < 2) continue;
    const commands = await fewer([...step.commands], (some: readonly Words[]) =>
      fails(best.with(index, { ...step, commands: some })),
    );
    best = best.with(index, { ...step, commands });
  }
  return best;
}

function report(
  { difference, steps, sequence }: Finding,
  number: number,
  options: InterleaveOptions,
) {
  const { where, real, tested, step } = difference;
  const lines = [`\n--- ${number}: ${where}`];
  for (const [index, one] of steps.entries()) {
    lines.push(`${index === step ? "=>" : "  "} ${stepText(one)}`);
  }
  lines.push(`redis: ${real}`, `rusk:  ${tested}`);
  const features = options.features ? ` --features ${options.features.join()}` : "";
  lines.push(`again: --seed ${options.seed} --sequence ${sequence}${features}`);
  return lines.join("\n");
}
