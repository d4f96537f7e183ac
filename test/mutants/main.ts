/**
 * Purpose: `make mutants`: changes one place of src/ at a time, in a copy, and looks whether a test
 * notices. What survives is printed with file, line and change: a test is missing there, or nothing
 * that is promised changes, which is then noted in equivalent.tsv with the reason.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Random } from "../fuzz/random.ts";
import { type Equivalent, inOneLine, isSame, readEquivalents } from "./equivalent.ts";
import { Mapping } from "./mapping.ts";
import { type Mutant, type Site, sitesOf } from "./sites.ts";
import { Workspace } from "./workspace.ts";

const USAGE = `Changes one place of src/ at a time, in a copy, and looks whether a test notices.

  --seed S       where chance starts; printed, and picked when not given
  --count N      changes that are tried (100)
  --only TEXT    only in files whose path holds this text
  --at FILE:LINE only on this line, every change there is
  --first I      begin with the I-th change of the seed (1)
  --minutes M    begin no other test after so many minutes; what is not decided is told
  --times FILE   the report (junit) of a run of all tests without a change: how long each takes;
                 those that it does not name are run without a change first
`;

const ROOT = resolve(import.meta.dir, "../..");
/** A test that takes so many times as long as without a change hangs. */
const SLOWER_MAX = 8;
/** What a machine that is busy with other things may add to that. */
const SLACK_MS = 20_000;
/** No file of tests takes so long. */
const UNCHANGED_MS_MAX = 600_000;
/** What a test is taken to take that was not run yet. */
const UNKNOWN_MS = 2000;

interface Options {
  seed: number;
  count: number;
  first: number;
  only: string;
  at: string;
  minutes: number;
  times: string;
}

type Fate = "caught" | "survived" | "equivalent" | "timed out" | "not decided";

function readOptions(words: readonly string[]): Options {
  const options: Options = {
    seed: Math.floor(Math.random() * 2 ** 32),
    count: 100,
    first: 1,
    only: "",
    at: "",
    minutes: Infinity,
    times: "",
  };
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index].replace(/^--/, "");
    const value = words[index + 1];
    if (value === undefined) throw new Error(`${words[index]} needs a value`);
    if (name === "only" || name === "at" || name === "times") options[name] = value;
    else if (name === "seed" || name === "count" || name === "first" || name === "minutes") {
      if (!/^\d+$/.test(value)) throw new Error(`--${name} needs a number, not ${value}`);
      options[name] = Number(value);
    } else throw new Error(`${words[index]} is not an option`);
  }
  return options;
}

/** How long files of tests took, in ms, as a report tells; Infinity for those that failed. */
function timesOf(report: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const [, attributes] of report.matchAll(/^ {2}<testsuite ([^>]*)>/gm)) {
    const value = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
    const ms = value("failures") === "0" ? Number(value("time")) * 1000 : Infinity;
    times.set(value("file"), ms);
  }
  return times;
}

/** Every site of src/. */
function allSites(workspace: Workspace): Site[] {
  const names = readdirSync(join(workspace.root, "src"), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts")).sort();
  return files.flatMap((name) => sitesOf(`src/${name}`, workspace.read(`src/${name}`)));
}

/** The changes to try, in order: a site is taken once. */
function* chosen(sites: readonly Site[], { seed, only, at }: Options): Generator<Mutant> {
  const random = new Random(seed);
  for (const site of random.shuffled(sites)) {
    const taken = random.pick(site);
    if (at !== "") yield* site.filter(({ file, line }) => `${file}:${line}` === at);
    else if (taken.file.includes(only)) yield taken;
  }
}

/** Tries changes one after the other. */
class Trial {
  private readonly workspace: Workspace;
  private readonly mapping: Mapping;
  private readonly equivalents: readonly Equivalent[] = readEquivalents();
  private readonly deadline: number;
  /** How long tests take without a change; Infinity for those that fail. */
  private readonly unchangedMs: Map<string, number>;
  /** Those that were seen to pass in this copy. */
  private readonly proved = new Set<string>();
  readonly counts: Record<Fate, number> = {
    caught: 0,
    survived: 0,
    equivalent: 0,
    "timed out": 0,
    "not decided": 0,
  };
  /** Which test noticed the last change. */
  private catcher = "";

  constructor(workspace: Workspace, { minutes, times }: Options) {
    this.workspace = workspace;
    this.unchangedMs = times === "" ? new Map() : timesOf(readFileSync(times, "utf8"));
    this.mapping = new Mapping(workspace.root);
    this.deadline = performance.now() + minutes * 60_000;
  }

  /** Names the rows that tell of a line that is there no more. */
  tellStale(sites: readonly Site[]): void {
    const mutants = sites.flat();
    for (const row of this.equivalents) {
      if (mutants.some((mutant) => isSame(row, mutant))) continue;
      console.log(`equivalent.tsv: there is no such change any more: ${row.file}: ${row.lineText}`);
    }
  }

  get isOver(): boolean {
    return performance.now() >= this.deadline;
  }

  /**
   * Tries a change, unless it comes before the first one that is wanted; false when the type
   * checker does not take it, so that it is none.
   */
  async run(mutant: Mutant, number: number, first: number): Promise<boolean> {
    if (number < first) return this.workspace.withChange(mutant, () => this.workspace.typesHold());
    const started = performance.now();
    const fate = await this.fateOf(mutant);
    if (fate === null) return false;
    this.counts[fate]++;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const by = fate === "caught" || fate === "timed out" ? ` by ${this.catcher}` : "";
    console.log(`${number}: ${fate}${by}, ${seconds} s: ${told(mutant)}`);
    return true;
  }

  private async fateOf(mutant: Mutant): Promise<Fate | null> {
    if (this.equivalents.some((row) => isSame(row, mutant))) return "equivalent";
    if (!(await this.workspace.withChange(mutant, () => this.workspace.typesHold()))) return null;
    const known = (test: string) => this.unchangedMs.get(test) ?? UNKNOWN_MS;
    for (const { test, isOwn } of this.mapping.testsOf(mutant.file, known)) {
      if (this.isOver) return "not decided";
      const limitMs = (await this.timeOf(test)) * SLOWER_MAX + SLACK_MS;
      if (limitMs === Infinity) continue;
      this.catcher = test;
      const outcome = await this.workspace.withChange(mutant, () =>
        this.workspace.test(test, limitMs),
      );
      if (outcome === "passed") continue;
      if (!(await this.passesUnchanged(test))) continue;
      if (outcome === "timed out") return "timed out";
      // A test that a busy machine fails now and then must fail twice.
      const again = await this.workspace.withChange(mutant, () =>
        this.workspace.test(test, limitMs),
      );
      if (again === "passed") continue;
      // One that is about something else may fail since the machine has become busy.
      if (isOwn || (await this.workspace.test(test, limitMs)) === "passed") return "caught";
    }
    return "survived";
  }

  /** How long a test takes without a change; Infinity if it fails. */
  private async timeOf(test: string): Promise<number> {
    if (!this.unchangedMs.has(test)) await this.passesUnchanged(test);
    return this.unchangedMs.get(test) as number;
  }

  /** Whether a test passes in the copy without a change, of two times once. */
  private async passesUnchanged(test: string): Promise<boolean> {
    if (this.proved.has(test)) return true;
    for (let attempt = 0; attempt < 2; attempt++) {
      const started = performance.now();
      const outcome = await this.workspace.test(test, UNCHANGED_MS_MAX);
      if (outcome !== "passed") continue;
      this.proved.add(test);
      this.unchangedMs.set(test, performance.now() - started);
      return true;
    }
    console.log(`${test} fails without any change: it is left out`);
    this.unchangedMs.set(test, Infinity);
    return false;
  }
}

const told = ({ file, line, before, after, lineText }: Mutant) =>
  `${file}:${line}: ${inOneLine(before)} -> ${inOneLine(after)}\n      ${lineText}`;

async function main(options: Options): Promise<void> {
  console.log(`seed ${options.seed}`);
  const workspace = new Workspace(ROOT);
  const leave = () => {
    workspace.remove();
    process.exit(1);
  };
  process.once("SIGINT", leave);
  process.once("SIGTERM", leave);
  try {
    const trial = new Trial(workspace, options);
    const sites = allSites(workspace);
    trial.tellStale(sites);
    let tried = 0;
    for (const mutant of chosen(sites, options)) {
      if (tried === options.count || trial.isOver) break;
      if (await trial.run(mutant, tried + 1, options.first)) tried++;
    }
    const { caught, survived, equivalent, ...others } = trial.counts;
    console.log(
      `${caught} caught, ${survived} survived, ${equivalent} equivalent, ` +
        `${others["timed out"]} timed out` +
        (others["not decided"] > 0 ? `, ${others["not decided"]} not decided` : ""),
    );
  } finally {
    workspace.remove();
  }
}

if (process.argv.includes("--help")) {
  console.log(USAGE);
  process.exit(0);
}
try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
