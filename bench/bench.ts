// Measures Rusk against redis-server, one figure per subcommand: see --help and docs/benchmarks.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appendLog } from "./append_log.ts";
import { chart, isMain } from "./chart.ts";
import { collections } from "./collections.ts";
import { eviction } from "./eviction.ts";
import { expiredEvents } from "./expired_events.ts";
import { expiry } from "./expiry.ts";
import { features } from "./features.ts";
import type { Figure } from "./figure.ts";
import { largeData } from "./large_data.ts";
import { largeValues } from "./large_values.ts";
import { latency } from "./latency.ts";
import { machineFacts } from "./machine.ts";
import { memory } from "./memory.ts";
import { DENO, helpText, type Options, parseOptions } from "./options.ts";
import { persistence } from "./persistence.ts";
import { pubsub } from "./pubsub.ts";
import { figureText, markdown, missedTargets, updatedPage } from "./report.ts";
import { type FigureResult, readResults, writeResults } from "./results.ts";
import { scriptCalls } from "./script_calls.ts";
import { scripts } from "./scripts.ts";
import { snapshots } from "./snapshots.ts";
import { start } from "./start.ts";
import { streams } from "./streams.ts";
import { deno, throughput } from "./throughput.ts";
import { transactions } from "./transactions.ts";

const FIGURES: readonly Figure[] = [
  throughput,
  memory,
  largeData,
  largeValues,
  eviction,
  latency,
  expiry,
  expiredEvents,
  transactions,
  scripts,
  scriptCalls,
  collections,
  streams,
  pubsub,
  features,
  persistence,
  snapshots,
  appendLog,
  start,
  deno,
];

const RESULTS_JSON = join(import.meta.dir, "results.json");
const RESULTS_MARKDOWN = join(import.meta.dir, "results.md");
const RESULTS_CHART = join(import.meta.dir, "results.svg");
/** The README's, with the main commands only. */
const MAIN_CHART = join(import.meta.dir, "main.svg");
/** The page that shows them. */
const PAGE = join(import.meta.dir, "..", "docs/benchmarks.md");

async function main(): Promise<number> {
  const options = parseOptions(
    process.argv.slice(2),
    FIGURES.map((figure) => figure.name),
  );
  if (options.help) {
    process.stdout.write(helpText(FIGURES));
    return 0;
  }
  const all = options.figures.length === 0;
  const chosen = FIGURES.filter((figure) => all || options.figures.includes(figure.name));
  const measured: Record<string, FigureResult> = {};
  for (const figure of chosen) {
    measured[figure.name] = await figure.run(options, (text) => console.error(text));
    console.log(figureText(figure.name, measured[figure.name] as FigureResult));
    if (options.save) save(measured);
  }
  if (options.save || options.figures.includes("report")) report(options);
  return verdict(measured, options);
}

/** Puts the figures measured now in the place of their last run. */
function save(measured: Record<string, FigureResult>): void {
  const machine = machineFacts(DENO);
  const { figures } = readResults(RESULTS_JSON, machine);
  const names = FIGURES.map((figure) => figure.name);
  const merged = Object.entries({ ...figures, ...measured }).sort(
    ([a], [b]) => names.indexOf(a) - names.indexOf(b),
  );
  writeResults(RESULTS_JSON, { machine, figures: Object.fromEntries(merged) });
}

/** Writes what is made from results.json. */
function report(options: Options): void {
  const results = readResults(RESULTS_JSON, machineFacts(DENO));
  writeFileSync(RESULTS_MARKDOWN, markdown(results, "results.svg"));
  if (results.figures.throughput !== undefined) {
    writeFileSync(RESULTS_CHART, chart(results));
    writeFileSync(MAIN_CHART, chart(results, isMain));
  }
  if (options.updateDocs) {
    const fragment = markdown(results, "../bench/results.svg");
    writeFileSync(PAGE, updatedPage(readFileSync(PAGE, "utf8"), fragment));
  }
}

function verdict(measured: Record<string, FigureResult>, options: Options): number {
  const missed = missedTargets(measured);
  for (const line of missed) console.log(`missed  ${line}`);
  if (missed.length === 0 && options.check) console.log("every target is met");
  return options.check && missed.length > 0 ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exit(2);
}
