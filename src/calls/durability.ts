/** What is kept of the data, and how, as commands reach it: the snapshot, the append-only log. */

export interface Durability {
  readonly snapshots: SnapshotControl;
  readonly appendLog: AppendLogControl;
  /** How far the data are loaded, or null while none are. */
  readonly loading: LoadingProgress | null;
  /** Ends the process as SHUTDOWN and SIGTERM do; throws a CommandError when it may not. */
  shutdown(options: ShutdownOptions): void;
  /** Calls off a shutdown that has begun; throws a CommandError when none has. */
  abortShutdown(): void;
  /** CONFIG RESETSTAT: counts of what was saved, rewritten, or late begin anew. */
  resetFigures(): void;
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
   * Loads it to the data that there are; what is wrong with it, or null. A key of the file that is
   * there already is wrong unless it `replaces` it.
   */
  load(replaces?: boolean): string | null;
  /** What there is now was loaded: nothing of it is a change. */
  noteLoaded(): void;
}

/** A BGSAVE: how long it has taken, and how many keys it has saved of how many. */
export interface SnapshotProgress {
  readonly elapsedMs: number;
  readonly saved: number;
  readonly keys: number;
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
  /** Whether the log with all changes until this ChangeFeed.mark is on the disk, base and all. */
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

export interface ShutdownOptions {
  save: "as configured" | "always" | "never";
  now: boolean;
  force: boolean;
}
