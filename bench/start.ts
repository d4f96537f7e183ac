// The time from the spawn of a server to its first PONG, with a try to connect every millisecond.

import { alternate, type Figure } from "./figure.ts";
import { rowOf } from "./results.ts";
import { withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const ROUNDS = 10;

/** The figure `start`: the median of ten starts. */
export const start: Figure = {
  name: "start",
  summary: "time from the spawn to the first PONG",
  async run(options, progress) {
    const rounds = options.rounds ?? ROUNDS;
    progress(`start: ${rounds} starts of each`);
    const startMs = (side: "ours" | "theirs") =>
      withServers([options[side]], async (server) => server.startMs);
    await alternate(1, startMs); // so that the programs are in the file system's cache
    const samples = await alternate(rounds, startMs);
    const row = (measure: string, combine: (values: number[]) => number) =>
      rowOf(
        { figure: "start", test: "spawn to first PONG", measure, unit: "ms" },
        combine(samples.ours),
        combine(samples.theirs),
      );
    const rows = [row("time", median), row("longest", (values) => Math.max(...values))];
    const conditions = { ours: options.ours, theirs: options.theirs, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};
