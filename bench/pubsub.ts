// PUBLISH to one, a hundred and ten thousand subscribers: messages delivered a second, and the
// server's CPU time for each.

import { join } from "node:path";
import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { countOr, type Options } from "./options.ts";
import type { PubsubResult, PubsubSpec } from "./pubsub_load.ts";
import { rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const FIGURE = "pubsub";
const ROUNDS = 5;
/** Messages to how many, and how many in a batch. */
const LOADS: readonly { subscribers: number; messages: number; batch: number }[] = [
  { subscribers: 1, messages: 500_000, batch: 500 },
  { subscribers: 100, messages: 20_000, batch: 50 },
  { subscribers: 10_000, messages: 200, batch: 5 },
];
/** Room for the most subscribers. */
const MORE_CLIENTS = " --maxclients 11000";

/** The figure `pubsub`. */
export const pubsub: Figure = {
  name: FIGURE,
  summary: "PUBLISH to 1, 100 and 10,000 subscribers: deliveries a second, CPU time of each",
  run(options, progress) {
    const lines = [options.ours + MORE_CLIENTS, options.theirs + MORE_CLIENTS];
    return withServers(lines, async (ours, theirs) => {
      const servers: Pair<Server> = { ours: ours as Server, theirs: theirs as Server };
      const rounds = options.rounds ?? ROUNDS;
      const rows = [];
      for (const load of LOADS) {
        const test = `publish to ${load.subscribers}`;
        const run = (side: "ours" | "theirs") => publish(servers[side], load, options);
        progress(`${FIGURE}: ${test}, warm-up`);
        for (const side of SIDES) await run(side);
        const samples = await alternate(rounds, (side, round) => {
          progress(`${FIGURE}: ${test}, ${side}, round ${round + 1} of ${rounds}`);
          return run(side);
        });
        const row = (measure: string, unit: string, of: (result: PubsubResult) => number) =>
          rowOf(
            { figure: FIGURE, test, measure, unit },
            median(samples.ours.map(of)),
            median(samples.theirs.map(of)),
          );
        rows.push(
          row("throughput", "messages/s", ({ deliveries, seconds }) => deliveries / seconds),
          row("cpu", "us/message", (one) => (one.cpuSeconds * 1e6) / one.deliveries),
        );
      }
      const { size } = options;
      const conditions = { ours: options.ours, theirs: options.theirs, size, rounds };
      return { date: options.date, conditions, rows, skipped: [] };
    });
  },
};

async function publish(
  { port, pid }: Server,
  { subscribers, messages, batch }: (typeof LOADS)[number],
  { size, scale }: Options,
): Promise<PubsubResult> {
  const count = countOr(null, messages, scale);
  const spec: PubsubSpec = { port, pid, subscribers, messages: count, batch, size };
  const program = join(import.meta.dir, "pubsub_load.ts");
  const run = Bun.spawn([process.execPath, program, JSON.stringify(spec)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, complaint] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
    run.exited,
  ]);
  if (run.exitCode !== 0) throw new Error(`the subscribers failed: ${complaint.trim()}`);
  return JSON.parse(output) as PubsubResult;
}
