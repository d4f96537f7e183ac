/** The server as command handlers see it: what main.ts puts together. */
import type { Clock } from "../base/clock.ts";
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Propagation } from "../persistence/log/propagation.ts";
import type { Args } from "../protocol/args.ts";
import type { Disk, HeldFolder } from "../runtime/files.ts";
import type { BlockingConnect } from "../runtime/net.ts";
import type { WorkerThread } from "../runtime/workers.ts";
import type { Wait } from "./blocking.ts";
import type { Call } from "./call.ts";
import type { Client } from "./client.ts";
import type { CommandStats } from "./command_stats.ts";
import type { LatencyMonitor } from "./latency_monitor.ts";
import type { Targets } from "./migrate_target.ts";
import type { Slowlog } from "./slow_log.ts";
import type { CommandTable } from "./table.ts";

/** Which commands CLIENT PAUSE holds back. */
export type PauseMode = "none" | "write" | "all";

export interface ServerContext {
  readonly clock: Clock;
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly table: CommandTable;
  readonly stats: CommandStats;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  readonly clients: Clients;
  readonly figures: ServerFigures;
  readonly host: Host;
  /** Numbers from 0 up to 1, which clients may see: nothing secret comes from them. */
  random(): number;
  /**
   * Runs a command on behalf of a client with arguments from elsewhere (EXEC) and writes its reply;
   * an error is a reply as well. Accounts for it as for any command.
   */
  execute(client: Client, args: Args): void;
  /** Has the client of a call, which is not nested, wait: see waitForKeys in blocking.ts. */
  block(call: Call, wait: Wait, first: number, count: number, timeoutMs: number): void;
  log(level: LogLevel, text: string): void;
  /** Ends the process as SHUTDOWN and SIGTERM do; throws a CommandError when it may not. */
  shutdown(options: ShutdownOptions): void;
  /** Calls off a shutdown that has begun; throws a CommandError when none has. */
  abortShutdown(): void;
  /** Whether keys expire without being asked for (DEBUG SET-ACTIVE-EXPIRE). */
  activeExpire: boolean;
  readonly debug: DebugSettings;
  readonly snapshots: SnapshotControl;
  /** Where MIGRATE sends keys to. */
  readonly targets: Targets;
  readonly appendLog: AppendLogControl;
  /** How far the data are loaded, or null while none are. */
  readonly loading: LoadingProgress | null;
  /** Changes of the data, for whoever keeps them. */
  readonly propagation: Propagation;
}

/** The snapshot file. */
export interface SnapshotControl {
  /** When the last one was made, or the start of the server, in Unix ms. */
  readonly lastSaveMs: number;
  /** Changes since then. */
  readonly changes: number;
  readonly saveCount: number;
  /** Whether there are save points: the data are to be kept. */
  readonly isConfigured: boolean;
  /** The last attempt has failed. */
  readonly lastFailed: boolean;
  /** How long the last BGSAVE took, or -1. */
  readonly lastDurationMs: number;
  /** How far a BGSAVE is, or null while there is none. */
  readonly progress: SnapshotProgress | null;
  /**
   * Writes one now; false, and the log says why, when it cannot be written. Throws a CommandError
   * while a BGSAVE is in progress.
   */
  save(): boolean;
  /** Begins one of the data as they are now; as `save`, but for what comes later. */
  saveInBackground(): boolean;
  /** Has one begun as soon as nothing stands against it. */
  schedule(): void;
  /** Calls a BGSAVE off, if there is one. */
  abandon(): void;
  /**
   * Loads it, if there is one, to the data that there are; what is wrong with it, or null. A key of
   * the file that is there already is wrong unless it `replaces` it.
   */
  load(replaces?: boolean): string | null;
}

/** The append-only log. Sizes are in bytes. */
export interface AppendLogControl {
  readonly isEnabled: boolean;
  /** It is turned on, and waits for its first base. */
  readonly isWaiting: boolean;
  readonly isRewriting: boolean;
  readonly isRewriteScheduled: boolean;
  /** When the rewriting that goes on has begun, in Unix ms, or -1. */
  readonly rewriteStartMs: number;
  readonly lastRewriteDurationMs: number;
  readonly lastRewriteFailed: boolean;
  readonly rewriteCount: number;
  readonly consecutiveFailures: number;
  /** Why changes cannot be written, or null. */
  readonly problem: string | null;
  readonly size: number;
  /** What `size` was after the last rewriting, or at the start. */
  readonly baseSize: number;
  /** What waits to be written. */
  readonly pendingSize: number;
  readonly syncsInProgress: number;
  readonly delayedSyncs: number;
  /** Whether the log with all changes until this Propagation.mark is on the disk, base and all. */
  isSynced(mark: number): boolean;
  /** Writes it anew from the data as they are; throws a CommandError while that goes on. */
  rewrite(): "started" | "scheduled" | "failed";
  /** Has it rewritten as soon as nothing stands against it; throws as `rewrite`. */
  schedule(): void;
  /** Empties all databases and loads it; what is wrong with it, or null. */
  reload(): string | null;
}

/** Loading that goes on: since when, in Unix ms, and bytes. */
export interface LoadingProgress {
  readonly startMs: number;
  readonly totalSize: number;
  readonly loadedSize: number;
}

/** A BGSAVE: how long it has taken, and how many keys it has saved of how many. */
export interface SnapshotProgress {
  readonly elapsedMs: number;
  readonly saved: number;
  readonly keys: number;
}

/** What DEBUG switches, for tests. */
export interface DebugSettings {
  /** The timer's work, signals included, waits (DEBUG PAUSE-CRON). */
  cronPaused: boolean;
  /** Output buffers shrink when idle and grow when busy (DEBUG REPLYBUFFER RESIZING). */
  outputResizing: boolean;
  /** After so long a client's peak of output is forgotten; Infinity: never. */
  outputPeakResetMs: number;
  /** Before something is written to the append-only log the server stops for so many ms. */
  logWriteDelayMs: number;
  /** RESTORE takes payloads whatever their checksum (DEBUG SET-SKIP-CHECKSUM-VALIDATION). */
  checksumsSkipped: boolean;
}

export const DEFAULT_DEBUG_SETTINGS: Readonly<DebugSettings> = {
  cronPaused: false,
  outputResizing: true,
  outputPeakResetMs: 5000,
  checksumsSkipped: false,
  logWriteDelayMs: 0,
};

export interface ShutdownOptions {
  save: "as configured" | "always" | "never";
  now: boolean;
  force: boolean;
}

/** All connected clients. */
export interface Clients {
  readonly count: number;
  /** By id, ascending. */
  all(): Iterable<Client>;
  byId(id: number): Client | undefined;
  /** Holds commands back until Unix ms `untilMs`; a later call replaces an earlier one. */
  pause(mode: PauseMode, untilMs: number): void;
  unpause(): void;
  readonly pauseMode: PauseMode;
  /** Notes that a command of this client waits for the end of the pause. */
  addPaused(client: Client): void;
  /** Sends every command that any client runs to this one (MONITOR). */
  monitor(client: Client): void;
  /** Makes a client as new: RESET. */
  reset(client: Client): void;
  /** The client's memory in bytes, as CLIENT LIST's tot-mem and client eviction count it. */
  memorySize(client: Client): number;
}

/** Counters and gauges that the server keeps; INFO shows them. */
export interface ServerFigures {
  readonly startMs: number;
  /** Forty hexadecimal digits, new at each start. */
  runId: string;
  replicationId: string;
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
  /** Milliseconds that the timer spent on removing expired keys. */
  expireMs: number;
  evictedClients: number;
  queryBufferLimitDisconnections: number;
  outputBufferLimitDisconnections: number;
  blockedClients: number;
  /** Those of them that do not wait for ever. */
  blockedWithTimeout: number;
  /** The most that `usedMemory` (memory_figures.ts) has been, sampled by the timer. */
  peakUsedSize: number;
  /** What it was when the server had started. */
  startUsedSize: number;
  /** Timer runs so far, for INFO's cron-like figures. */
  cronLoops: number;
  reset(): void;
}

/** Facts about the process and the machine, from runtime/. */
export interface Host extends Disk {
  readonly pid: number;
  readonly executable: string;
  /** Absolute; "" without one. */
  readonly configFile: string;
  readonly os: string;
  readonly arch: string;
  readonly runtimeName: string;
  /** So many random words for what nobody may guess. */
  secretWords(count: number): Uint32Array;
  /** Bytes. */
  residentSize(): number;
  /** Bytes used by JavaScript's own heap; memory outside it, as the arena's, does not count. */
  heapSize(): number;
  /** Collects what JavaScript's heap holds for nobody. */
  collectGarbage(): void;
  systemMemorySize(): number;
  /** Seconds of CPU used by the process. */
  cpuSeconds(): { user: number; system: number };
  readFile(path: string): string;
  /** Throws an Error that says why not, as the system does ("Permission denied"). */
  writeFile(path: string, text: string): void;
  /** A file for the disk worker to write, see runtime/files.ts. */
  reserveFile(path: string): string;
  /** Starts the disk worker (persistence/disk/disk_worker.ts), see runtime/workers.ts. */
  startDiskWorker(
    told: (message: unknown) => void,
    failed: (problem: string) => void,
  ): WorkerThread;
  /** Connects to another server; null where connections cannot be waited for. */
  readonly connect: BlockingConnect | null;
  changeDirectory(path: string): void;
  /** Holds the folder that relative paths are in, see runtime/files.ts. */
  holdFolder(): HeldFolder;
  /** Stops the whole server for so long: DEBUG SLEEP. */
  sleep(ms: number): void;
  /** Whether there is a process of this number. */
  isRunning(processId: number): boolean;
  /** Ends the process at once. */
  exit(code: number): void;
}
