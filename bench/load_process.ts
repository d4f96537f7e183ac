// Starts the load generator (load.ts) in a process of its own and reads its result.

import { join } from "node:path";
import type { LoadResult, LoadSpec } from "./load.ts";

/** A running load generator. */
export interface LoadProcess {
  /** Resolves with its result; throws what it complained of. */
  result: Promise<LoadResult>;
  /** Tells it to stop after the batches in flight. */
  stop(): void;
}

/** Starts a load. */
export function startLoadProcess(spec: LoadSpec): LoadProcess {
  const program = join(import.meta.dir, "load.ts");
  const spawned = Bun.spawn([process.execPath, program, JSON.stringify(spec)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const result = async (): Promise<LoadResult> => {
    const [output, complaint] = await Promise.all([
      new Response(spawned.stdout).text(),
      new Response(spawned.stderr).text(),
      spawned.exited,
    ]);
    if (spawned.exitCode !== 0) throw new Error(`the load generator failed: ${complaint.trim()}`);
    return JSON.parse(output) as LoadResult;
  };
  return { result: result(), stop: () => spawned.kill("SIGTERM") };
}
