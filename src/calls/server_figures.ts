/** What the server counts and measures, as commands reach it. */
import type { CommandStats } from "./command_stats.ts";
import type { LatencyMonitor } from "./latency_monitor.ts";
import type { Slowlog } from "./slow_log.ts";

/** Counters and gauges that the server keeps; INFO shows them. */
export interface ServerFigures {
  readonly startMs: number;
  /** Forty hexadecimal digits each, new at each start. */
  readonly runId: string;
  readonly replicationId: string;
  /** By command and by error code. */
  readonly commands: CommandStats;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  connectionsReceived: number;
  connectionsRejected: number;
  netInputSize: number;
  netOutputSize: number;
  /** Commands and bytes per second over the last 16 samples of 100 ms. */
  instantaneousOps(): number;
  instantaneousInputKbps(): number;
  instantaneousOutputKbps(): number;
  /** Times that something was read from, or written to, a client's socket. */
  readsProcessed: number;
  writesProcessed: number;
  /** Milliseconds spent on removing expired keys that nobody asked for. */
  expireMs: number;
  evictedClients: number;
  queryBufferLimitDisconnections: number;
  outputBufferLimitDisconnections: number;
  blockedClients: number;
  /** Those of them that do not wait for ever. */
  blockedWithTimeout: number;
  /** How long more has been in use than maxmemory allows: now, and altogether; monotonic ms. */
  readonly aboveMaxmemory: { current(nowMs: number): number; total(nowMs: number): number };
  /** The most that `usedMemory` (memory_use.ts) has been, sampled by the timer. */
  peakUsedSize: number;
  /** What it was when the server had started. */
  startUsedSize: number;
  /** What of the arena was in memory when that was looked at, and when it may be again. */
  readonly arenaResident: { size: number; nextMs: number };
  /** Has what the server replicates called by another name from now on. */
  changeReplicationId(): void;
  /** CONFIG RESETSTAT: what only grows begins anew; the slow log and latencies stay. */
  reset(): void;
}
