// Streams and consumer groups: what their commands cost, what entries and pending entries take in
// memory, and how soon a blocked reader has what was added.

import { compareGrowth, compareLoad, mustBoth, type Speed, speedRows } from "./compare.ts";
import { requestOf } from "./control.ts";
import { type Batch, Exchange } from "./exchange.ts";
import { alternate, type Figure, type Pair, SIDES } from "./figure.ts";
import { fill } from "./fill.ts";
import { startLoadProcess } from "./load_process.ts";
import { countOr, type Options } from "./options.ts";
import { cpuSeconds } from "./process_figures.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, percentile } from "./statistics.ts";
import {
  addRequest,
  bulk,
  entryFields,
  entryId,
  GROUP,
  groupBatches,
  groupStream,
  readReply,
} from "./stream_load.ts";

const FIGURE = "streams";
const ENTRIES = 1_000_000;
/** Time for a server to give back what it needs no longer, after a load has ended. */
const SETTLE_MS = 30_000;
/** Entries that a stream is given and loses before memory is measured, and those a group reads. */
const WARM_ENTRIES = 50_000;
const WARM_READS = 5;
const ROUNDS = 5;
const PIPELINE = 16;
const REQUESTS = 200_000;
/** Entries in the stream of each connection that reads through a group. */
const GROUP_ENTRIES = 4000;
/** Pairs of XREADGROUP and XACK of a run. */
const GROUP_PAIRS = 40_000;
const CONSUMERS = 8;
/** Entries that a consumer takes at once when all become pending. */
const PENDING_READ_COUNT = 100;
/** Deliveries of a round, in slices that take turns: a busy spell spoils only some of them. */
const DELIVERIES = 10_000;
const SLICES = 10;

const KEY = "s";
const RANDOM = "__rand_int__";
/** A random ID among those of `entryId`. */
const RANDOM_ID = `1${RANDOM}`;

/** A command line for redis-benchmark. */
interface Command {
  words: readonly string[];
  /** Share of the usual count of requests, for replies that are long. */
  share: number;
}

/** Commands that write to a stream that is not there at first. */
const WRITES: Readonly<Record<string, Command>> = {
  "xadd of 1 field": { words: ["xadd", KEY, "*", "value", `v:${RANDOM}`], share: 1 },
  "xadd of 5 fields": {
    words: [
      ...["xadd", KEY, "*", "name", `user:${RANDOM}`, "age", "42", "city", "Springfield"],
      ...["email", "somebody@example.org", "score", RANDOM],
    ],
    share: 1,
  },
  "xadd maxlen ~ 1000": {
    words: ["xadd", KEY, "maxlen", "~", "1000", "*", "value", `v:${RANDOM}`],
    share: 1,
  },
};

/** Commands that read a stream of a million entries. */
const READS: Readonly<Record<string, Command>> = {
  "xread count 10": { words: ["xread", "count", "10", "streams", KEY, RANDOM_ID], share: 0.5 },
  "xrange count 100": { words: ["xrange", KEY, RANDOM_ID, "+", "count", "100"], share: 0.1 },
};

const PENDING = "pending entries";
const GROUPS = "xreadgroup count 10, xack";
const DELIVERY = "xadd to a blocked reader";

/** The figure `streams`. */
export const streams: Figure = {
  name: FIGURE,
  summary: "streams: throughput, CPU, memory of 1 M entries, delivery to a blocked reader",
  async run(options, progress) {
    const entries = countOr(options.keys, ENTRIES, options.scale);
    const rounds = options.rounds ?? ROUNDS;
    const rows: Row[] = [];
    await withServers([options.ours, options.theirs], async (ours, theirs) => {
      const servers = { ours: ours as Server, theirs: theirs as Server };
      const step = async (test: string, measure: () => Promise<Row[]>) => {
        if (!isChosen(test, options)) return;
        progress(`${FIGURE}: ${test}`);
        rows.push(...(await measure()));
      };
      const commands = async (all: Readonly<Record<string, Command>>, isEmptied: boolean) => {
        for (const [test, command] of Object.entries(all)) {
          await step(test, async () => {
            if (isEmptied) await mustBoth(servers, "FLUSHALL");
            const load = loadOf(command, entries, options);
            return compareLoad(servers, rounds, load, FIGURE, test);
          });
        }
      };
      // First, as the memory of a server that has been used says less.
      if (["entries", ...Object.keys(READS), PENDING].some((test) => isChosen(test, options))) {
        progress(`${FIGURE}: ${entries} entries`);
        for (const side of SIDES) await warmUp(servers[side]);
        const work = (server: Server) => addEntries(server, KEY, entries);
        const grown = await compareGrowth(servers, work, FIGURE, "entries", SETTLE_MS);
        if (isChosen("entries", options)) rows.push(grown);
      }
      await commands(READS, false);
      await step(PENDING, () => measurePending(servers, entries));
      await commands(WRITES, true);
      await step(GROUPS, () => measureGroups(servers, rounds, options));
      await step(DELIVERY, () => measureDelivery(servers, rounds, options));
    });
    const { ours, theirs, clients } = options;
    const conditions = { ours, theirs, clients, entries, rounds };
    return { date: options.date, conditions, rows, skipped: [] };
  },
};

function isChosen(test: string, { tests }: Options): boolean {
  return tests?.some((start) => test.startsWith(start)) ?? true;
}

function loadOf({ words, share }: Command, entries: number, { clients, size, scale }: Options) {
  const requests = countOr(null, REQUESTS * share, scale);
  return { test: words, requests, pipeline: PIPELINE, clients, size, keyspace: entries };
}

/** Adds entries with the IDs of `entryId`, in their order. */
async function addEntries(server: Server, key: string, count: number): Promise<void> {
  const reply = (index: number) => bulk(entryId(index));
  await fill(server.port, count, (index) => addRequest(key, index), reply, 1);
}

/** Adds, reads and acknowledges entries and removes all, so that code is compiled beforehand. */
async function warmUp(server: Server): Promise<void> {
  const add = (index: number) => {
    const words = ["XADD", KEY, "MAXLEN", "~", "1000", entryId(index), ...entryFields(index)];
    return requestOf(words);
  };
  await fill(server.port, WARM_ENTRIES, add, (index) => bulk(entryId(index)), 1);
  const key = groupStream(0);
  await addEntries(server, key, GROUP_ENTRIES);
  const exchange = await Exchange.open(server.port);
  await exchange.send(batchOf(["XGROUP", "CREATE", key, GROUP, "0"], "+OK\r\n"));
  const batches = groupBatches(0, PIPELINE / 2, GROUP_ENTRIES);
  for (let i = 0; i < WARM_READS; i++) {
    for (const batch of batches) await exchange.send(batch);
  }
  await exchange.send(batchOf(["FLUSHALL"], "+OK\r\n"));
  exchange.close();
}

/** What entries take that consumers have read and not acknowledged. */
async function measurePending(servers: Pair<Server>, entries: number): Promise<Row[]> {
  await mustBoth(servers, "XGROUP", "CREATE", KEY, GROUP, "0");
  const work = (server: Server) => readAll(server, entries);
  return [await compareGrowth(servers, work, FIGURE, PENDING, SETTLE_MS)];
}

/** Consumers read all entries through the group, one read after the other. */
async function readAll(server: Server, entries: number): Promise<void> {
  const exchange = await Exchange.open(server.port);
  for (let first = 0, turn = 0; first < entries; first += PENDING_READ_COUNT, turn++) {
    const consumer = `consumer:${turn % CONSUMERS}`;
    const words = ["XREADGROUP", "GROUP", GROUP, consumer, "COUNT", String(PENDING_READ_COUNT)];
    const count = Math.min(PENDING_READ_COUNT, entries - first);
    await exchange.send(batchOf([...words, "STREAMS", KEY, ">"], readReply(KEY, first, count)));
  }
  exchange.close();
}

/** XREADGROUP COUNT 10 and the XACK of what it gave, each connection with a stream of its own. */
async function measureGroups(
  servers: Pair<Server>,
  rounds: number,
  { clients, scale }: Options,
): Promise<Row[]> {
  await mustBoth(servers, "FLUSHALL");
  for (let connection = 0; connection < clients; connection++) {
    const key = groupStream(connection);
    for (const side of SIDES) await addEntries(servers[side], key, GROUP_ENTRIES);
    await mustBoth(servers, "XGROUP", "CREATE", key, GROUP, "0");
  }
  const operations = countOr(null, GROUP_PAIRS, scale);
  const run = async ({ port, pid }: Server): Promise<Speed> => {
    const cpuBefore = cpuSeconds(pid);
    const done = await startLoadProcess({
      port,
      kind: "groups",
      connections: clients,
      pipeline: PIPELINE / 2,
      keyspace: GROUP_ENTRIES,
      operations,
      rate: null,
    }).result;
    const cpuUsed = cpuSeconds(pid) - cpuBefore;
    return {
      requestsPerSecond: done.operations / done.seconds,
      cpuUs: (cpuUsed * 1e6) / done.operations,
    };
  };
  for (const side of SIDES) await run(servers[side]);
  const samples = await alternate(rounds, (side) => run(servers[side]));
  return speedRows(FIGURE, GROUPS, PIPELINE, samples, "pair");
}

/** From just before an XADD to the whole reply at a reader that waits in XREAD BLOCK. */
async function measureDelivery(
  servers: Pair<Server>,
  rounds: number,
  { scale }: Options,
): Promise<Row[]> {
  const count = countOr(null, DELIVERIES / SLICES, scale);
  await mustBoth(servers, "FLUSHALL");
  const run = (side: "ours" | "theirs", slice: number) =>
    deliver(servers[side], slice * count, count);
  for (const side of SIDES) await run(side, 0);
  const samples = await alternate(rounds * SLICES, (side, slice) => run(side, slice + 1));
  const row = (measure: string, percent: number) =>
    rowOf(
      { figure: FIGURE, test: DELIVERY, pipeline: 1, measure, unit: "ms" },
      median(samples.ours.map((timesMs) => percentile(timesMs, percent))),
      median(samples.theirs.map((timesMs) => percentile(timesMs, percent))),
    );
  return [row("p50", 50), row("p99", 99)];
}

/** Adds entries one by one, each when the reader waits again; the time to each delivery. */
async function deliver(server: Server, first: number, count: number): Promise<number[]> {
  const batches = Array.from({ length: count }, (_, index) => {
    const at = first + index;
    const read = ["XREAD", "BLOCK", "0", "STREAMS", KEY, at === 0 ? "0" : entryId(at - 1)];
    const added = Buffer.from(bulk(entryId(at)), "latin1");
    return {
      read: batchOf(read, readReply(KEY, at, 1)),
      add: { request: Buffer.from(addRequest(KEY, at), "latin1"), reply: added, operations: 1 },
    };
  });
  const ping = batchOf(["PING"], "+PONG\r\n");
  const [reader, writer] = [await Exchange.open(server.port), await Exchange.open(server.port)];
  const timesMs: number[] = [];
  for (const { read, add } of batches) {
    let startMs = 0;
    const delivered = reader.send(read).then(() => performance.now() - startMs);
    // What was sent before the PING has been read when its reply is there: the reader waits.
    const added = writer.send(ping).then(() => {
      startMs = performance.now();
      return writer.send(add);
    });
    const [timeMs] = await Promise.all([delivered, added]);
    timesMs.push(timeMs);
  }
  reader.close();
  writer.close();
  return timesMs;
}

function batchOf(words: readonly string[], reply: string): Batch {
  const request = Buffer.from(requestOf(words), "latin1");
  return { request, reply: Buffer.from(reply, "latin1"), operations: 1 };
}
