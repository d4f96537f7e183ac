// The time from the spawn of a server to its first PONG, with a try to connect every millisecond;
// and what a test suite waits for startRusk() of the npm package.

import { startRusk } from "../packaging/npm/start_rusk.ts";
import { alternate, type Figure, type Rounds } from "./figure.ts";
import { rowOf } from "./results.ts";
import { withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const ROUNDS = 10;

/** The figure `start`: the median of ten starts. */
export const start: Figure = {
  name: "start",
  summary: "time from the spawn to the first PONG, and of startRusk()",
  async run(options, progress) {
    const rounds = options.rounds ?? ROUNDS;
    progress(`start: ${rounds} starts of each`);
    const startMs = (side: "ours" | "theirs") =>
      withServers([options[side]], async (server) => server.startMs);
    await alternate(1, startMs); // so that the programs are in the file system's cache
    const row = (test: string, measure: string, { ours, theirs }: Rounds<number>) => {
      const combine = measure === "longest" ? (all: number[]) => Math.max(...all) : median;
      return rowOf({ figure: "start", test, measure, unit: "ms" }, combine(ours), combine(theirs));
    };
    const spawned = await alternate(rounds, startMs);
    const called = await alternate(rounds, (side) => startRuskMs(options[side]));
    const rows = [
      row("spawn to first PONG", "time", spawned),
      row("spawn to first PONG", "longest", spawned),
      row("startRusk() to ready", "time", called),
    ];
    const conditions = { ours: options.ours, theirs: options.theirs, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};

async function startRuskMs(commandLine: string): Promise<number> {
  const started = performance.now();
  await using _ = await startRusk({ binary: commandLine.split(" ")[0] });
  return performance.now() - started;
}
