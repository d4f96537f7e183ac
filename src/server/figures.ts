/** Counters that INFO shows, and rates over the last moments. */

import type { Clock } from "../base/clock.ts";
import { type SecretWords, secretDigits } from "../base/random.ts";
import type { Commands } from "../calls/command.ts";
import { CommandStats } from "../calls/command_stats.ts";
import { LatencyMonitor } from "../calls/latency_monitor.ts";
import type { ServerFigures } from "../calls/server_figures.ts";
import { Slowlog } from "../calls/slow_log.ts";

/** Rates are means over this many samples, as Redis takes them. */
const SAMPLE_COUNT = 16;
/** And not more often than this, however often the timer runs; a little below Redis's 100 ms. */
const SAMPLE_MS = 90;
/** Hexadecimal digits of the IDs of a run and of what it replicates. */
const ID_SIZE = 40;

class Rate {
  private readonly samples = new Float64Array(SAMPLE_COUNT);
  private index = 0;
  private last = 0;
  private lastMs = 0;

  /** Notes a counter's value now. */
  sample(total: number, nowMs: number): void {
    const elapsedMs = nowMs - this.lastMs;
    if (elapsedMs < SAMPLE_MS) return;
    if (this.lastMs > 0) {
      this.samples[this.index] = (Math.max(0, total - this.last) * 1000) / elapsedMs;
      this.index = (this.index + 1) % SAMPLE_COUNT;
    }
    this.last = total;
    this.lastMs = nowMs;
  }

  get perSecond(): number {
    let sum = 0;
    for (const sample of this.samples) sum += sample;
    return sum / SAMPLE_COUNT;
  }

  reset(): void {
    this.samples.fill(0);
    this.lastMs = 0;
  }
}

/** How long something has been so, sampled; monotonic ms. */
class Span {
  private pastMs = 0;
  private sinceMs = -1;

  /** Notes whether it is so now. */
  sample(isSo: boolean, nowMs: number): void {
    if (isSo === this.sinceMs >= 0) return;
    if (isSo) this.sinceMs = nowMs;
    else {
      this.pastMs += nowMs - this.sinceMs;
      this.sinceMs = -1;
    }
  }

  current(nowMs: number): number {
    return this.sinceMs < 0 ? 0 : nowMs - this.sinceMs;
  }

  total(nowMs: number): number {
    return this.pastMs + this.current(nowMs);
  }

  reset(): void {
    this.pastMs = 0;
    this.sinceMs = -1;
  }
}

export class Figures implements ServerFigures {
  readonly startMs: number;
  readonly runId: string;
  replicationId: string;
  readonly commands: CommandStats;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  connectionsReceived = 0;
  connectionsRejected = 0;
  netInputSize = 0;
  netOutputSize = 0;
  readsProcessed = 0;
  writesProcessed = 0;
  expireMs = 0;
  startUsedSize = 0;
  evictedClients = 0;
  queryBufferLimitDisconnections = 0;
  outputBufferLimitDisconnections = 0;
  blockedClients = 0;
  blockedWithTimeout = 0;
  peakUsedSize = 0;
  readonly arenaResident = { size: 0, nextMs: -Infinity };
  /** More is in use than maxmemory allows. */
  readonly aboveMaxmemory = new Span();
  /** Times that the timer ran. */
  cronLoops = 0;
  private readonly secretWords: SecretWords;
  private readonly ops = new Rate();
  private readonly input = new Rate();
  private readonly output = new Rate();

  constructor(clock: Clock, table: Commands, secretWords: SecretWords) {
    this.startMs = clock.nowMs;
    this.commands = new CommandStats(table);
    this.slowlog = new Slowlog(clock);
    this.latency = new LatencyMonitor(clock);
    this.secretWords = secretWords;
    this.runId = secretDigits(ID_SIZE, secretWords);
    this.replicationId = secretDigits(ID_SIZE, secretWords);
  }

  /** Takes a sample of every rate; monotonic ms. */
  sample(nowMs: number): void {
    this.ops.sample(this.commands.commandCount, nowMs);
    this.input.sample(this.netInputSize, nowMs);
    this.output.sample(this.netOutputSize, nowMs);
  }

  instantaneousOps(): number {
    return Math.round(this.ops.perSecond);
  }

  instantaneousInputKbps(): number {
    return this.input.perSecond / 1024;
  }

  instantaneousOutputKbps(): number {
    return this.output.perSecond / 1024;
  }

  changeReplicationId(): void {
    this.replicationId = secretDigits(ID_SIZE, this.secretWords);
  }

  reset(): void {
    this.commands.reset();
    this.connectionsReceived = 0;
    this.connectionsRejected = 0;
    this.netInputSize = 0;
    this.netOutputSize = 0;
    this.readsProcessed = 0;
    this.writesProcessed = 0;
    this.expireMs = 0;
    this.evictedClients = 0;
    this.queryBufferLimitDisconnections = 0;
    this.outputBufferLimitDisconnections = 0;
    this.aboveMaxmemory.reset();
    this.ops.reset();
    this.input.reset();
    this.output.reset();
  }
}
