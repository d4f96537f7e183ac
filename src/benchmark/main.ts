/** `rusk benchmark`: what it gets of the world. */
import { Chance } from "../base/random.ts";
import { openEventLoop } from "../runtime/event_loop.ts";
import { readStandardInput } from "../runtime/files.ts";
import * as host from "../runtime/host.ts";
import { benchmark } from "./benchmark.ts";

/** How it was started: as which program of Redis's, if so, and what tells its options. */
export interface BenchmarkStart {
  readonly actsAs: string | null;
  readonly usage: () => Promise<string>;
}

/** Runs the benchmark; returns the exit status. */
export function runBenchmark(
  args: readonly string[],
  { actsAs, usage }: BenchmarkStart,
): Promise<number> {
  return benchmark(args, {
    ...host,
    programName: actsAs ?? "rusk benchmark",
    usage,
    openEventLoop,
    random: new Chance(host.secretWords).next,
    readStandardInput,
  });
}
