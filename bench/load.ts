// The load generator, a process of its own so that its CPU time and pauses are nobody else's:
//   node_modules/.bin/bun bench/load.ts '{"port":6379,"kind":"transactions",...}'  (see LoadSpec)
// Requests and expected replies are prepared before the clock starts. It ends when all batches are
// done, or at SIGTERM, and prints a LoadResult as JSON.

import { requestOf } from "./control.ts";
import { type Batch, Exchange } from "./exchange.ts";
import { seededRandom } from "./statistics.ts";
import { groupBatches } from "./stream_load.ts";

/** What to send. */
export interface LoadSpec {
  port: number;
  /**
   * `transactions`: MULTI, 10 SETs, EXEC each; `mixed`: SET and GET by turns; `groups`: XREADGROUP
   * of ten entries and their XACK, a stream for each connection.
   */
  kind: "transactions" | "mixed" | "groups";
  connections: number;
  /** Operations in flight on each connection: a batch. */
  pipeline: number;
  /** Count of different keys; of `groups`: count of entries in each stream. */
  keyspace: number;
  /** Operations in all, divided among the connections; null: until SIGTERM. */
  operations: number | null;
  /** Operations per second in all, evenly spaced batches; null: as fast as replies come. */
  rate: number | null;
}

/** What was done. */
export interface LoadResult {
  operations: number;
  seconds: number;
}

/** The number of SETs in a transaction. */
export const TRANSACTION_SETS = 10;
/** The value of every key of the load. */
export const LOAD_VALUE = "0123456789abcdef";
/** Prepared batches per connection, so that keys do not repeat at once. */
const BATCHES_PER_CONNECTION = 32;

/** The name of a key of the load. */
export function loadKey(index: number): string {
  return `load:${String(index).padStart(11, "0")}`;
}

function transactionBatch(count: number, randomKey: () => string): Batch {
  let request = "";
  for (let transaction = 0; transaction < count; transaction++) {
    request += requestOf(["MULTI"]);
    for (let set = 0; set < TRANSACTION_SETS; set++) {
      request += requestOf(["SET", randomKey(), LOAD_VALUE]);
    }
    request += requestOf(["EXEC"]);
  }
  const reply =
    "+OK\r\n" +
    "+QUEUED\r\n".repeat(TRANSACTION_SETS) +
    `*${TRANSACTION_SETS}\r\n` +
    "+OK\r\n".repeat(TRANSACTION_SETS);
  return {
    request: Buffer.from(request, "latin1"),
    reply: Buffer.from(reply.repeat(count), "latin1"),
    operations: count,
  };
}

function mixedBatch(count: number, randomKey: () => string): Batch {
  let request = "";
  let reply = "";
  for (let operation = 0; operation < count; operation++) {
    const writes = operation % 2 === 0;
    request += requestOf(writes ? ["SET", randomKey(), LOAD_VALUE] : ["GET", randomKey()]);
    reply += writes ? "+OK\r\n" : `$${LOAD_VALUE.length}\r\n${LOAD_VALUE}\r\n`;
  }
  return {
    request: Buffer.from(request, "latin1"),
    reply: Buffer.from(reply, "latin1"),
    operations: count,
  };
}

/** The batches of each connection. */
function preparedBatches(spec: LoadSpec): Batch[][] {
  const { kind, connections, pipeline, keyspace } = spec;
  if (kind === "groups") {
    return Array.from({ length: connections }, (_, connection) =>
      groupBatches(connection, pipeline, keyspace),
    );
  }
  const random = seededRandom(1);
  const randomKey = () => loadKey(Math.floor(random() * keyspace));
  const batchOf = kind === "transactions" ? transactionBatch : mixedBatch;
  return Array.from({ length: connections }, () =>
    Array.from({ length: BATCHES_PER_CONNECTION }, () => batchOf(pipeline, randomKey)),
  );
}

/** Prepared batches, in turn on one connection, until the load is done or told to stop. */
async function drive(
  exchange: Exchange,
  batches: readonly Batch[],
  spec: LoadSpec,
  stopped: () => boolean,
): Promise<number> {
  const share = spec.operations === null ? Infinity : spec.operations / spec.connections;
  const perSecond = spec.rate === null ? Infinity : spec.rate / spec.connections;
  const startMs = performance.now();
  let done = 0;
  for (let turn = 0; done < share && !stopped(); turn++) {
    const batch = batches[turn % batches.length] as Batch;
    await exchange.send(batch);
    done += batch.operations;
    const dueMs = startMs + (done / perSecond) * 1000;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 1) await Bun.sleep(earlyMs);
  }
  return done;
}

async function main(spec: LoadSpec): Promise<LoadResult> {
  let stopping = false;
  process.on("SIGTERM", () => {
    stopping = true;
  });
  const prepared = preparedBatches(spec);
  const exchanges = await Promise.all(prepared.map(() => Exchange.open(spec.port)));

  const startMs = performance.now();
  const done = await Promise.all(
    exchanges.map((exchange, index) =>
      drive(exchange, prepared[index] as Batch[], spec, () => stopping),
    ),
  );
  const seconds = (performance.now() - startMs) / 1000;
  for (const exchange of exchanges) exchange.close();
  return { operations: done.reduce((sum, count) => sum + count, 0), seconds };
}

if (import.meta.main) {
  console.log(JSON.stringify(await main(JSON.parse(process.argv[2] as string))));
  process.exit(0);
}
