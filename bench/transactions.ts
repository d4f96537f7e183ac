// Throughput and CPU time of transactions: MULTI, 10 SETs, EXEC, many in flight.

import { alternate, type Figure, SIDES } from "./figure.ts";
import { TRANSACTION_SETS } from "./load.ts";
import { startLoadProcess } from "./load_process.ts";
import { countOr, type Options } from "./options.ts";
import { cpuSeconds } from "./process_figures.ts";
import { rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median } from "./statistics.ts";

const TRANSACTIONS = 200_000;
const ROUNDS = 5;
/** Transactions in flight on each connection. */
const PIPELINE = 16;

/** The figure `transactions`: 16 in flight on each of 50 connections. */
export const transactions: Figure = {
  name: "transactions",
  summary: "MULTI, 10 SETs, EXEC with 16 transactions in flight per connection",
  run(options, progress) {
    return withServers([options.ours, options.theirs], async (ours, theirs) => {
      const servers = { ours: ours as Server, theirs: theirs as Server };
      const count = countOr(options.requests, TRANSACTIONS, options.scale);
      const rounds = options.rounds ?? ROUNDS;
      progress("transactions: warm-up");
      for (const side of SIDES) await runTransactions(servers[side], count, options);
      const samples = await alternate(rounds, (side, round) => {
        progress(`transactions: ${side}, round ${round + 1} of ${rounds}`);
        return runTransactions(servers[side], count, options);
      });
      const row = (name: "throughput" | "cpu", unit: string) =>
        rowOf(
          {
            figure: "transactions",
            test: `multi, ${TRANSACTION_SETS} sets, exec`,
            pipeline: PIPELINE,
            measure: name,
            unit,
          },
          median(samples.ours.map((sample) => sample[name])),
          median(samples.theirs.map((sample) => sample[name])),
        );
      const rows = [row("throughput", "transactions/s"), row("cpu", "us/transaction")];
      const { clients, keyspace } = options;
      const commandLines = { ours: options.ours, theirs: options.theirs };
      const conditions = { ...commandLines, clients, keyspace, transactions: count, rounds };
      return { date: options.date, conditions, rows, skipped: [] };
    });
  },
};

async function runTransactions(
  server: Server,
  count: number,
  options: Options,
): Promise<{ throughput: number; cpu: number }> {
  const cpuBefore = cpuSeconds(server.pid);
  const { operations, seconds } = await startLoadProcess({
    port: server.port,
    kind: "transactions",
    connections: options.clients,
    pipeline: PIPELINE,
    keyspace: options.keyspace,
    operations: count,
    rate: null,
  }).result;
  const cpuUsed = cpuSeconds(server.pid) - cpuBefore;
  return { throughput: operations / seconds, cpu: (cpuUsed * 1e6) / operations };
}
