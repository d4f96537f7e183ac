// How long a snapshot holds commands up while a value of a million elements is changed all over:
// the longest that a client waits during a BGSAVE, and in the time before it.

import { connect } from "node:net";
import { Control, requestOf } from "./control.ts";
import { type Figure, SIDES } from "./figure.ts";
import { fill } from "./fill.ts";
import { countOr, type Options } from "./options.ts";
import { residentBytes } from "./process_figures.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median, percentile, seededRandom } from "./statistics.ts";
import { bulk } from "./stream_load.ts";

const FIGURE = "snapshots";
const ELEMENTS = 1_000_000;
const ROUNDS = 5;
const KEY = "large";
/** Commands that the client sends at once. */
const PIPELINE = 16;
/** So long it changes the value before the save begins; more than LASTSAVE's step. */
const QUIET_MS = 3000;
/** The pause between two looks at whether the save is over, and at memory. */
const LOOK_MS = 5;
const MEBIBYTE = 2 ** 20;

/** A value of a type, and what is done to it. */
interface Load {
  readonly test: string;
  /** The command that adds the element of an index, and its reply. */
  readonly add: (index: number) => string[];
  readonly added: (index: number) => string;
  /** What follows when all are added. */
  readonly after?: (elements: number) => string[][];
  /** A command that changes something; `draw` gives the index of an element. */
  readonly change: (draw: () => number) => string[];
}

const member = (index: number) => `member:${String(index).padStart(10, "0")}`;
const one = () => ":1\r\n";

const LOADS: readonly Load[] = [
  {
    test: "sorted set",
    add: (index) => ["ZADD", KEY, String(index), member(index)],
    added: one,
    change: (draw) => ["ZADD", KEY, String(draw()), member(draw())],
  },
  {
    test: "hash",
    add: (index) => ["HSET", KEY, member(index), `value:${index}`],
    added: one,
    change: (draw) => ["HSET", KEY, member(draw()), `other:${draw()}`],
  },
  {
    test: "set",
    add: (index) => ["SADD", KEY, member(index)],
    added: one,
    change: (draw) => [draw() % 2 === 0 ? "SADD" : "SREM", KEY, member(draw())],
  },
  {
    test: "list",
    add: (index) => ["RPUSH", KEY, member(index)],
    added: (index) => `:${index + 1}\r\n`,
    change: (draw) => ["LSET", KEY, String(draw()), `other:${draw()}`],
  },
  {
    test: "stream",
    add: (index) => ["XADD", KEY, `1-${index + 1}`, "field", member(index)],
    added: (index) => bulk(`1-${index + 1}`),
    after: (elements) => [
      ["XGROUP", "CREATE", KEY, "g", "0"],
      ["XREADGROUP", "GROUP", "g", "c", "COUNT", String(elements / 2), "STREAMS", KEY, ">"],
    ],
    change: (draw) => {
      const kind = draw() % 4;
      if (kind === 0) return ["XDEL", KEY, `1-${draw() + 1}`];
      if (kind === 1) return ["XACK", KEY, "g", `1-${draw() + 1}`];
      return ["XADD", KEY, "*", "field", member(draw())];
    },
  },
];

/** The figure `snapshots`. */
export const snapshots: Figure = {
  name: FIGURE,
  summary: "longest wait while a value of 1 M elements is changed during a BGSAVE",
  async run(options, progress) {
    const elements = countOr(options.keys, ELEMENTS, options.scale);
    const rounds = options.rounds ?? ROUNDS;
    const rows: Row[] = [];
    for (const load of LOADS) {
      if (!isChosen(load.test, options)) continue;
      const samples: Partial<Record<"ours" | "theirs", Sample>> = {};
      for (const side of SIDES) {
        progress(`${FIGURE}: ${load.test}, ${side}`);
        samples[side] = await withServers([options[side]], (server) =>
          measure(server as Server, load, elements, rounds),
        );
      }
      const { ours, theirs } = samples as Record<"ours" | "theirs", Sample>;
      for (const [name, unit] of Object.entries(UNITS) as [keyof Sample, string][]) {
        const measurement = { figure: FIGURE, test: load.test, pipeline: PIPELINE };
        rows.push(rowOf({ ...measurement, measure: name, unit }, ours[name], theirs[name]));
      }
    }
    const { ours, theirs } = options;
    return {
      date: options.date,
      conditions: { ours, theirs, elements, rounds },
      rows,
      skipped: [],
    };
  },
};

function isChosen(test: string, { tests }: Options): boolean {
  return tests?.some((start) => test.startsWith(start)) ?? true;
}

/** What is measured, in these units. */
const UNITS = {
  "max before": "ms",
  "max while saving": "ms",
  "p99.9 before": "ms",
  "p99.9 while saving": "ms",
  "commands while saving": "requests/s",
  "time of the save": "ms",
  "memory grown": "MB",
} as const;

type Sample = Record<keyof typeof UNITS, number>;

/** The medians of some saves, each with a quiet time before it. */
async function measure(
  server: Server,
  load: Load,
  elements: number,
  rounds: number,
): Promise<Sample> {
  await fill(server.port, elements, (index) => requestOf(load.add(index)), load.added, 1);
  const client = await Changer.open(server.port, load, elements);
  for (const words of load.after?.(elements) ?? []) await client.skip(words);
  const control = await Control.open(server.port);
  // One save that does not count, so that code is compiled.
  await save(control, client, server.pid);
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    samples.push(await measureSave(control, client, server.pid));
  }
  client.close();
  control.close();
  const names = Object.keys(UNITS) as (keyof Sample)[];
  return Object.fromEntries(
    names.map((name) => [name, median(samples.map((sample) => sample[name]))]),
  ) as Sample;
}

async function measureSave(control: Control, client: Changer, pid: number): Promise<Sample> {
  const before = await client.changeUntil(async () => {
    await Bun.sleep(QUIET_MS);
  });
  const { waitsMs, elapsedMs, grown } = await save(control, client, pid);
  return {
    "max before": Math.max(...before.waitsMs),
    "max while saving": Math.max(...waitsMs),
    "p99.9 before": percentile(before.waitsMs, 99.9),
    "p99.9 while saving": percentile(waitsMs, 99.9),
    "commands while saving": (waitsMs.length * PIPELINE * 1000) / elapsedMs,
    "time of the save": elapsedMs,
    "memory grown": grown / MEBIBYTE,
  };
}

/** Changes the value until a BGSAVE that begins now is over. */
async function save(control: Control, client: Changer, pid: number) {
  const last = await control.must("LASTSAVE");
  // LASTSAVE counts seconds: the next must be another.
  await Bun.sleep(1100);
  const residentBefore = residentBytes(pid);
  let residentMost = residentBefore;
  const result = await client.changeUntil(async () => {
    await control.must("BGSAVE");
    while ((await control.must("LASTSAVE")) === last) {
      residentMost = Math.max(residentMost, residentBytes(pid));
      await Bun.sleep(LOOK_MS);
    }
  });
  return { ...result, grown: residentMost - residentBefore };
}

/** A client that changes a value, one pipeline after the other, and notes how long each takes. */
class Changer {
  private readonly socket: ReturnType<typeof connect>;
  private readonly batches: { readonly request: Buffer; readonly lines: number }[] = [];
  private lines = 0;
  private done: () => void = () => {};

  private constructor(socket: ReturnType<typeof connect>, load: Load, elements: number) {
    this.socket = socket;
    const random = seededRandom(1);
    const draw = () => Math.floor(random() * elements);
    for (let i = 0; i < BATCHES; i++) {
      const commands = Array.from({ length: PIPELINE }, () => load.change(draw));
      // All reply with one line, but XADD with a string.
      const lines = PIPELINE + commands.filter(([name]) => name === "XADD").length;
      this.batches.push({ request: Buffer.from(commands.map(requestOf).join("")), lines });
    }
    socket.on("data", (chunk: Buffer) => {
      for (const byte of chunk) if (byte === LINE_FEED) this.lines--;
      if (this.lines <= 0) this.done();
    });
  }

  static open(port: number, load: Load, elements: number): Promise<Changer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Changer(socket, load, elements)));
    });
  }

  private send(request: Buffer, lines: number): Promise<void> {
    return new Promise((resolve) => {
      this.lines = lines;
      this.done = resolve;
      this.socket.write(request);
    });
  }

  /** Sends a command and does not look at its reply, which is there when nothing more comes. */
  async skip(words: readonly string[]): Promise<void> {
    await this.send(Buffer.from(requestOf(words)), 1);
    await Bun.sleep(SKIP_MS);
  }

  /** Changes until `work` is done. */
  async changeUntil(work: () => Promise<void>) {
    const waitsMs: number[] = [];
    let isOver = false;
    const startMs = performance.now();
    const done = work().then(() => {
      isOver = true;
    });
    for (let i = 0; !isOver; i++) {
      const { request, lines } = this.batches[i % BATCHES] as { request: Buffer; lines: number };
      const sentMs = performance.now();
      await this.send(request, lines);
      waitsMs.push(performance.now() - sentMs);
      // Lets `work` have its turn.
      if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    return { waitsMs, elapsedMs: performance.now() - startMs };
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Different batches of changes, which are then sent again. */
const BATCHES = 20_000;
const LINE_FEED = 10;
const SKIP_MS = 3000;
