/**
 * Purpose: the soak: millions of entries through one group with consumers that are killed at
 * random. None may be lost, none stay unacknowledged, and memory must come back to where it was.
 *
 *     make soak ENTRIES=10000000 SEED=1
 *
 * Entries are trimmed behind the oldest that is pending, and the producers wait while the consumers
 * lag, so that the stream stays short and memory shows leaks. RUSK_BINARY says which server.
 */

import { parseArgs } from "node:util";
import { cpuSeconds, listenerOf, residentBytes } from "../../bench/process_figures.ts";
import { ruskCommand, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { commandOf, Kind, SoakConnection, type Tape } from "./soak_connection.ts";
import { BODY, Consumer, DIGITS, GROUP, type Run, STREAM } from "./soak_consumer.ts";
import { Ledger } from "./soak_ledger.ts";

const PRODUCERS = 2;
/** Entries that one producer sends at once. */
const BATCH = 500;
/** Batches that it sends before it waits for the replies to the first. */
const UNDERWAY = 4;
const TRIM_MS = 20;
const SAMPLE_MS = 250;
const SETTLE_MS = 60_000;
/** Without progress for so long, the run has failed. */
const STALL_MS = 60_000;
/**
 * Memory that may be more than before when all is over, in bytes. The data is to be gone; a
 * runtime's heap and its compiled code come and go as they like, but do not grow with the run.
 */
const SLACK = { dataset: 1 << 20, used: 16 << 20, resident: 96 << 20 };

export interface SoakOptions {
  entries: number;
  seed: number;
  /** Consumers at work at the same time. */
  consumers: number;
  /** About how many of them are killed in the run. */
  kills: number;
  /** Entries per read. */
  count: number;
  /** Entries that the producers may be ahead of the acknowledgements. */
  ahead: number;
  /** Told each tenth of the run. */
  progress?: (line: string) => void;
}

export interface SoakReport {
  faults: string[];
  seconds: number;
  entriesPerSecond: number;
  serverCpuSeconds: number;
  redelivered: number;
  claimed: number;
  kills: number[];
  recoveries: { history: number; claim: number };
  /** The longest that the stream was seen to be. */
  longest: number;
  /** What the server takes for data, and all that it counts as used. */
  dataset: Figures;
  used: Figures;
  /** What the system has given it. */
  resident: Figures;
}

/** In bytes: before the run, at most, after XTRIM MAXLEN 0, and after DEL. */
interface Figures {
  before: number;
  peak: number;
  trimmed: number;
  after: number;
}

export const DEFAULTS: SoakOptions = {
  entries: 10_000_000,
  seed: 0,
  consumers: 8,
  kills: 400,
  count: 500,
  ahead: 50_000,
};

/** Runs the soak against a new server, which it stops. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const server = await startServer();
  try {
    return await new Soak(options, server.port, listenerOf(server.pid, server.port)).run();
  } finally {
    await server.stop();
  }
}

class Soak {
  private readonly options: SoakOptions;
  private readonly pid: number;
  private readonly ledger: Ledger;
  private readonly shared: Run;
  private readonly dataset: Figures = { before: 0, peak: 0, trimmed: 0, after: 0 };
  private readonly used: Figures = { before: 0, peak: 0, trimmed: 0, after: 0 };
  private readonly resident: Figures = { before: 0, peak: 0, trimmed: 0, after: 0 };
  private longest = 0;
  private startMs = 0;
  private control!: SoakConnection;

  constructor(options: SoakOptions, port: number, pid: number) {
    const { entries, seed, count, kills } = options;
    if (entries > 10 ** DIGITS) throw new Error(`at most ${10 ** DIGITS} entries`);
    this.options = options;
    this.pid = pid;
    this.ledger = new Ledger(entries);
    this.shared = {
      port,
      ledger: this.ledger,
      random: new Random(seed),
      count,
      killChance: kills / entries,
      kills: [0, 0, 0, 0],
      recoveries: { history: 0, claim: 0 },
      claimed: 0,
      failed: false,
    };
  }

  async run(): Promise<SoakReport> {
    const control = await SoakConnection.open(this.shared.port);
    this.control = control;
    await control.ask(commandOf("XGROUP", "CREATE", STREAM, GROUP, "$", "MKSTREAM"), () => {});
    await this.measure("before");
    const cpuBefore = cpuSeconds(this.pid);
    this.startMs = performance.now();
    const consumers = Array.from({ length: this.options.consumers }, (_, index) => {
      return this.keepConsuming(index);
    });
    const producers = Array.from({ length: PRODUCERS }, () => this.produce());
    const all = [...consumers, ...producers, this.keepTrimming()].map((work) =>
      work.catch((error) => {
        this.shared.failed = true;
        this.ledger.fault(String(error));
      }),
    );
    await Promise.all([...all, this.watch()]);
    const seconds = (performance.now() - this.startMs) / 1000;
    const serverCpuSeconds = cpuSeconds(this.pid) - cpuBefore;
    if (!this.shared.failed) await this.checkEnd();
    this.ledger.check();
    await control.ask(commandOf("XTRIM", STREAM, "MAXLEN", 0), () => {});
    await this.settled("trimmed");
    await control.ask(commandOf("DEL", STREAM), () => {});
    await this.settled("after");
    this.checkMemory();
    control.destroy();
    const { redelivered, faults } = this.ledger;
    const { kills, recoveries, claimed } = this.shared;
    return {
      faults,
      seconds,
      entriesPerSecond: this.ledger.acknowledged / seconds,
      serverCpuSeconds,
      redelivered,
      claimed,
      kills,
      recoveries,
      longest: this.longest,
      dataset: this.dataset,
      used: this.used,
      resident: this.resident,
    };
  }

  /** One of the consumers: whenever it is killed, another takes its place. */
  private async keepConsuming(index: number): Promise<void> {
    let consumer = new Consumer(this.shared, `consumer:${index}`);
    for (let life = 1; !(await consumer.work()); life++) {
      consumer = await consumer.replacement(`consumer:${index}.${life}`);
    }
    consumer.close();
  }

  private async produce(): Promise<void> {
    const ledger = this.ledger;
    const connection = await SoakConnection.open(this.shared.port);
    const order = new RisingIds(ledger);
    const underway: Promise<void>[] = [];
    while (ledger.produced < ledger.entries && !this.shared.failed) {
      if (ledger.produced - ledger.acknowledged > this.options.ahead) {
        await Bun.sleep(1);
        continue;
      }
      const first = ledger.produced;
      const size = Math.min(BATCH, ledger.entries - first);
      ledger.produced += size;
      const sending = connection.send(additions(first, size), size, (tape) => order.note(tape));
      sending.catch(() => {}); // its failure is seen below
      underway.push(sending);
      if (underway.length === UNDERWAY) await underway.shift();
    }
    await Promise.all(underway);
    connection.destroy();
  }

  /** Takes away what is before the oldest pending entry: all of it is acknowledged. */
  private async keepTrimming(): Promise<void> {
    const connection = await SoakConnection.open(this.shared.port);
    const pending = commandOf("XPENDING", STREAM, GROUP);
    while (!this.ledger.isDone && !this.shared.failed) {
      const oldest = await connection.ask(pending, (tape) => {
        return tape.number(1) === 0 ? null : tape.text(2);
      });
      if (oldest !== null) {
        const trim = commandOf("XTRIM", STREAM, "MINID", "~", oldest);
        while ((await connection.ask(trim, (tape) => tape.number(0))) > 0);
      }
      await Bun.sleep(TRIM_MS);
    }
    connection.destroy();
  }

  /** Samples memory while the run lasts, and ends it when nothing moves. */
  private async watch(): Promise<void> {
    const ledger = this.ledger;
    let last = { acknowledged: -1, ms: performance.now() };
    let tenths = 0;
    while (!ledger.isDone && !this.shared.failed) {
      await this.sample();
      const nowMs = performance.now();
      if (ledger.acknowledged > last.acknowledged) {
        last = { acknowledged: ledger.acknowledged, ms: nowMs };
      }
      if (nowMs - last.ms > STALL_MS) {
        this.shared.failed = true;
        ledger.fault(`no progress after ${ledger.acknowledged} entries`);
      }
      const tenth = Math.floor((10 * ledger.acknowledged) / ledger.entries);
      if (tenth > tenths) await this.tell();
      tenths = tenth;
      await Bun.sleep(SAMPLE_MS);
    }
  }

  private async tell(): Promise<void> {
    const done = this.ledger.acknowledged;
    const rate = (1000 * done) / (performance.now() - this.startMs);
    const { used } = await this.memory();
    const kills = this.shared.kills.reduce((sum, count) => sum + count, 0);
    this.options.progress?.(
      `${done} entries, ${Math.round(rate)}/s, ${kills} killed, ` +
        `used ${mebibytes(used)}, resident ${mebibytes(residentBytes(this.pid))}`,
    );
  }

  private async memory(): Promise<{ dataset: number; used: number }> {
    const info = await this.control.ask(commandOf("INFO", "memory"), (tape) => tape.text(0));
    const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
    return { dataset: figure("used_memory_dataset"), used: figure("used_memory") };
  }

  private async sample(): Promise<void> {
    const { dataset, used } = await this.memory();
    this.dataset.peak = Math.max(this.dataset.peak, dataset);
    this.used.peak = Math.max(this.used.peak, used);
    this.resident.peak = Math.max(this.resident.peak, residentBytes(this.pid));
    const length = await this.control.ask(commandOf("XLEN", STREAM), (tape) => tape.number(0));
    this.longest = Math.max(this.longest, length);
  }

  private async measure(when: keyof Figures): Promise<void> {
    const { dataset, used } = await this.memory();
    this.dataset[when] = dataset;
    this.used[when] = used;
    this.resident[when] = residentBytes(this.pid);
  }

  /** Measures when memory is back; the server may take a while to give back buffers. */
  private async settled(when: "trimmed" | "after"): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    do {
      await this.measure(when);
      if (this.dataset[when] <= this.dataset.before + SLACK.dataset) return;
      await Bun.sleep(100);
    } while (performance.now() < deadline);
  }

  /** What the server says when all is acknowledged. */
  private async checkEnd(): Promise<void> {
    const ledger = this.ledger;
    const pending = await this.control.ask(commandOf("XPENDING", STREAM, GROUP), (tape) => {
      return tape.number(1);
    });
    if (pending !== 0) ledger.fault(`${pending} entries are pending at the end`);
    const group = await this.control.ask(commandOf("XINFO", "GROUPS", STREAM), wordsOf);
    const told = (name: string) => group[group.indexOf(name) + 1];
    if (told("lag") !== 0) ledger.fault(`the group lags by ${told("lag")}`);
    if (told("entries-read") !== ledger.entries) {
      ledger.fault(`the group has read ${told("entries-read")} entries`);
    }
    // One that has read nothing since it took over is not known to Redis 7.0.
    if (Number(told("consumers")) > this.options.consumers) {
      ledger.fault(`the group has ${told("consumers")} consumers`);
    }
  }

  private checkMemory(): void {
    const check = (what: keyof typeof SLACK, when: string, before: number, bytes: number) => {
      if (bytes <= before + SLACK[what]) return;
      this.ledger.fault(`${what} memory was ${before} bytes before, ${bytes} after ${when}`);
    };
    check("dataset", "XTRIM", this.dataset.before, this.dataset.trimmed);
    check("dataset", "DEL", this.dataset.before, this.dataset.after);
    check("used", "DEL", this.used.before, this.used.after);
    check("resident", "DEL", this.resident.before, this.resident.after);
  }
}

/** Sees that the IDs that one producer is given rise. */
class RisingIds {
  private readonly ledger: Ledger;
  private ms = 0;
  private sequence = 0;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  note({ bytes, starts, sizes }: Tape): void {
    let at = starts[0];
    const end = at + sizes[0];
    let ms = 0;
    let sequence = 0;
    for (; bytes[at] !== 45; at++) ms = ms * 10 + bytes[at] - 48;
    for (at++; at < end; at++) sequence = sequence * 10 + bytes[at] - 48;
    if (ms < this.ms || (ms === this.ms && sequence <= this.sequence)) {
      this.ledger.fault(`the ID ${ms}-${sequence} came after ${this.ms}-${this.sequence}`);
    }
    this.ms = ms;
    this.sequence = sequence;
  }
}

const ZEROS = "0".repeat(DIGITS);
const ADDITION = commandOf("XADD", STREAM, "*", "n", ZEROS, "body", BODY.join(ZEROS));
const ADDITIONS = Buffer.alloc(BATCH * ADDITION.length, ADDITION);
const NUMBER_AT = ADDITION.indexOf(ZEROS);
const BODY_AT = ADDITION.lastIndexOf(BODY[0]) + BODY[0].length;

/** The commands that add the messages from `first` on. */
function additions(first: number, size: number): Buffer {
  const commands = Buffer.from(ADDITIONS.subarray(0, size * ADDITION.length));
  for (let index = 0; index < size; index++) {
    const at = index * ADDITION.length;
    writeNumber(commands, at + NUMBER_AT, first + index);
    writeNumber(commands, at + BODY_AT, first + index);
  }
  return commands;
}

function writeNumber(bytes: Uint8Array, start: number, number: number): void {
  let left = number;
  for (let at = start + DIGITS - 1; at >= start; at--) {
    bytes[at] = 48 + (left % 10);
    left = Math.floor(left / 10);
  }
}

function wordsOf(tape: Tape): (string | number)[] {
  return Array.from({ length: tape.count }, (_, at) => {
    return tape.kinds[at] === Kind.bulk ? tape.text(at) : tape.number(at);
  });
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function reportText(report: SoakReport): string {
  const { kills, recoveries, dataset, used, resident } = report;
  const row = (name: string, { before, peak, trimmed, after }: Figures) =>
    `${name}: ${mebibytes(before)} before, ${mebibytes(peak)} at most, ` +
    `${mebibytes(trimmed)} after XTRIM, ${mebibytes(after)} after DEL`;
  return [
    `${report.seconds.toFixed(1)} s, ${Math.round(report.entriesPerSecond)} entries/s`,
    `server CPU: ${report.serverCpuSeconds.toFixed(1)} s`,
    `killed: ${kills.join(" + ")}; recovered by history ${recoveries.history}, ` +
      `by XAUTOCLAIM ${recoveries.claim}`,
    `delivered again: ${report.redelivered}, of which claimed: ${report.claimed}`,
    `longest stream: ${report.longest} entries`,
    row("data", dataset),
    row("used memory", used),
    row("resident", resident),
    ...report.faults.map((fault) => `FAULT: ${fault}`),
  ].join("\n");
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      entries: { type: "string", default: String(DEFAULTS.entries) },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
      consumers: { type: "string", default: String(DEFAULTS.consumers) },
      kills: { type: "string", default: String(DEFAULTS.kills) },
      count: { type: "string", default: String(DEFAULTS.count) },
      ahead: { type: "string", default: String(DEFAULTS.ahead) },
    },
  });
  const numbers = Object.entries(values).map(([name, text]) => [name, Number(text)]);
  const options: SoakOptions = Object.fromEntries(numbers);
  console.log(`${ruskCommand().join(" ")}: ${options.entries} entries, seed ${options.seed}`);
  const report = await soak({ ...options, progress: (line) => console.log(line) });
  console.log(reportText(report));
  return report.faults.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main());
