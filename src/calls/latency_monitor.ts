/** The latency monitor: delays that the server noticed, by event. */
import type { Clock } from "../base/clock.ts";
import type { Delays } from "../base/delays.ts";

/** Seconds of samples that each event keeps. */
const SAMPLE_COUNT_MAX = 160;

/** The worst delay of an event in one second. */
export interface LatencySample {
  readonly seconds: number;
  ms: number;
}

/** The samples of an event, oldest first, and the worst delay since the last reset. */
export interface LatencyEvent {
  readonly samples: LatencySample[];
  maxMs: number;
}

/**
 * Delays by event: "command" and "fast-command" (by the command's flag), "expire-cycle" and what
 * else may hold the server up; latency_commands.ts says what each may come from.
 */
export class LatencyMonitor implements Delays {
  /** latency-monitor-threshold: delays of so many ms and more are kept; 0: none are. */
  thresholdMs = 0;
  /** By name, in the order in which they were first seen. */
  readonly events = new Map<string, LatencyEvent>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Keeps a delay if it reaches the threshold. */
  addIfSlow(event: string, latencyMs: number): void {
    if (this.thresholdMs > 0 && latencyMs >= this.thresholdMs) this.add(event, latencyMs);
  }

  /** The clock is read while somebody wants to know only. */
  begin(): number {
    return this.thresholdMs > 0 ? this.clock.monotonicMs() : 0;
  }

  end(event: string, beganMs: number): void {
    // Of what began before there was a threshold it is not known when.
    if (beganMs > 0 && this.thresholdMs > 0) {
      this.addIfSlow(event, this.clock.monotonicMs() - beganMs);
    }
  }

  /** Keeps a delay, in whole ms; of several in one second the worst. */
  add(event: string, latencyMs: number): void {
    const ms = Math.floor(latencyMs);
    let kept = this.events.get(event);
    if (kept === undefined) {
      kept = { samples: [], maxMs: 0 };
      this.events.set(event, kept);
    }
    kept.maxMs = Math.max(kept.maxMs, ms);
    const { samples } = kept;
    const last = samples[samples.length - 1];
    if (last?.seconds === this.clock.nowSeconds) {
      last.ms = Math.max(last.ms, ms);
      return;
    }
    samples.push({ seconds: this.clock.nowSeconds, ms });
    if (samples.length > SAMPLE_COUNT_MAX) samples.shift();
  }

  /** Forgets all events. */
  reset(): void {
    this.events.clear();
  }
}
