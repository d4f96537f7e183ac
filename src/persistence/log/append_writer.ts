/**
 * Writes an append-only log: takes what is told to the feed of changes, at the end of each turn and
 * before any reply leaves, and sees that it reaches the disk.
 *
 *   always    a reply that shows a change leaves when the change is on the disk (unsynced.ts). One
 *             fdatasync, on another thread, is for all that was written before it began; other
 *             replies do not wait.
 *   everysec  once a second, on another thread: after a crash of the system a second may be lost,
 *             after one of the process nothing.
 *   no        when the system sees fit.
 *
 * A change has a mark (Unsynced.mark); `safeMark` is the last whose changes may be told of,
 * `syncedMark` the last whose changes are on the disk, whatever the policy (WAITAOF).
 *
 * When a write fails the file is cut back to the last whole command. Under `always` there is
 * nothing to confirm then, and the process ends; else what could not be written is kept and tried
 * again, and `problem` says that no changes may be taken meanwhile.
 */
import type { Clock } from "../../base/clock.ts";
import type { Delays } from "../../base/delays.ts";
import type {
  ChangeCursor,
  ChangeFeed,
  ChangeTaker,
  TakeBytes,
} from "../../keyspace/change_feed.ts";
import type { Unsynced } from "../../keyspace/unsynced.ts";
import type { AppendFile } from "../../runtime/files.ts";

export type SyncPolicy = "always" | "everysec" | "no";

const SYNC_INTERVAL_MS = 1000;
/** What cannot be written is tried again so often, and logged at most so often, as in Redis. */
const RETRY_MS = 1000;
const LOG_INTERVAL_MS = 30_000;

export interface WriterHooks {
  log(level: "notice" | "warning", text: string): void;
  beforeWrite(): void;
  /** Has `flush` called at the end of this turn. */
  flushLater(): void;
  /** `safeMark` has risen. */
  onSafe(): void;
  /** `syncedMark` has risen. It may be called in the midst of `flush`. */
  onSynced(): void;
  /** `problem` has come or gone. */
  onProblem(): void;
  /** Whether the log is one to rely on: one that is turned on is not before it has a base. */
  isInForce(): boolean;
  /** Nothing can be confirmed any more: ends the process. */
  fail(): void;
  /** Whether data are being saved at the moment. */
  isSaving(): boolean;
  readonly delays: Delays;
}

export class AppendWriter implements ChangeTaker {
  /** While it is set, nothing is synced: a base is being written (no-appendfsync-on-rewrite). */
  isDiskBusy = false;
  /** The last mark whose changes a sync has told to be on the disk. */
  syncedMark = 0;
  /** Why changes are refused, or null. */
  problem: string | null = null;
  /** Syncs that were due while one was going on. */
  delayedSyncs = 0;
  private policy: SyncPolicy = "everysec";
  private readonly feed: ChangeFeed;
  private readonly unsynced: Unsynced;
  private readonly clock: Clock;
  private readonly hooks: WriterHooks;
  private file: AppendFile | null = null;
  /** What is to be written to the file. */
  private cursor: ChangeCursor | null = null;
  /** All until this mark is written, or kept to be tried again. */
  private writtenMark = 0;
  /** All until this mark is in the file. */
  private fileMark = 0;
  private isSynced = true;
  private isSyncing = false;
  private syncedMs = 0;
  private failedMs = -Infinity;
  private loggedMs = -Infinity;
  private hasWriteFailed = false;
  private readonly writePart: TakeBytes = (bytes, offset, size) => {
    this.file?.write(bytes, offset, size);
    return false;
  };

  constructor(feed: ChangeFeed, unsynced: Unsynced, clock: Clock, hooks: WriterHooks) {
    this.feed = feed;
    this.unsynced = unsynced;
    this.clock = clock;
    this.hooks = hooks;
  }

  told(): void {
    this.hooks.flushLater();
  }

  /** The last mark whose changes may be told of. */
  get safeMark(): number {
    return this.unsynced.safeMark;
  }

  /**
   * Changes are synced as `policy` says from now on. Where that is to be before anybody is told of
   * them, those of which somebody knows are synced now. Throws what the disk says; the policy is
   * as it was then.
   */
  choose(policy: SyncPolicy): void {
    if (policy === "always" && this.policy !== "always") this.settle();
    this.policy = policy;
    this.noteChanges();
  }

  private noteChanges(): void {
    this.unsynced.isOn = this.file !== null && this.policy === "always";
  }

  private get policyNow(): SyncPolicy {
    return this.isDiskBusy ? "no" : this.policy;
  }

  /** Bytes of the file that is written to. */
  get fileSize(): number {
    return this.file?.size ?? 0;
  }

  /** Bytes that wait to be written. */
  get pendingSize(): number {
    return this.cursor?.pendingSize ?? 0;
  }

  get syncsInProgress(): number {
    return this.isSyncing ? 1 : 0;
  }

  /**
   * All that was told until now is in the file and on the disk when this returns, so that another
   * may follow: a crash cannot lose the end of one and keep the beginning of the next. Throws what
   * the disk says; under `always` the process ends then.
   */
  settle(): void {
    const { file } = this;
    if (file === null) return;
    this.feed.cut();
    if (!this.tryWrite(file)) throw new Error(this.problem ?? "");
    // A sync that goes on need not be for all, and may fail yet.
    if (!this.isSynced || this.isSyncing) this.syncAtOnce(file);
    this.confirm(this.writtenMark);
    this.noteSynced(this.fileMark);
  }

  private syncAtOnce(file: AppendFile): void {
    try {
      file.sync();
      this.isSynced = true;
    } catch (error) {
      this.isSynced = false;
      this.noteSyncFailure((error as Error).message);
      throw error;
    }
  }

  /** What is told from now on goes to this file, which is the writer's then, after `settle`. */
  open(file: AppendFile): void {
    this.file?.close();
    this.file = file;
    if (this.cursor === null) this.cursor = this.feed.attach(this);
    else this.cursor.restart();
    this.noteChanges();
  }

  /** What `run` does to the data is not told: the log has it already. Returns what it returns. */
  untold<Result>(run: () => Result): Result {
    this.unsynced.isOn = false;
    try {
      return this.feed.untold(run);
    } finally {
      this.noteChanges();
    }
  }

  /** Writes and syncs what was told until now, and closes the file. Throws what the disk says. */
  close(): void {
    this.settle();
    this.abandon();
  }

  /**
   * The file is given up with what is to be written to it. That counts as synced: a log that is
   * begun later begins with a base, which has it.
   */
  abandon(): void {
    this.cursor?.detach();
    this.cursor = null;
    this.file?.close();
    this.file = null;
    this.noteChanges();
    this.isSynced = true;
    this.hasWriteFailed = false;
    this.setProblem(null);
    this.noteWritten(this.feed.closeMark());
    this.confirm(this.writtenMark);
    this.noteSynced(this.fileMark);
  }

  /** All that was told until this mark is in the file, or need not be. */
  private noteWritten(mark: number): void {
    this.writtenMark = mark;
    this.fileMark = mark;
  }

  /**
   * Writes what was told in this turn. Whether replies that show some of it have to wait: see
   * `safeMark`.
   */
  flush(): boolean {
    const { file, cursor } = this;
    if (file === null || cursor === null) return false;
    const { policyNow } = this;
    if (policyNow === "always") return this.flushAlways(file, cursor);
    if (cursor.pendingSize === 0) this.passUntold(cursor);
    else if (!this.isWaitingToRetry) this.tryWrite(file);
    if (policyNow === "everysec") this.syncIfDue(file);
    this.confirm(this.writtenMark);
    return false;
  }

  /** What is told while a sync goes on is written after it, for one more sync, all at once. */
  private flushAlways(file: AppendFile, cursor: ChangeCursor): boolean {
    if (this.isSyncing) return true;
    if (cursor.pendingSize > 0) this.tryWrite(file);
    else if (this.isSynced) this.passUntold(cursor);
    if (this.isSynced) return false;
    this.sync(file);
    return true;
  }

  /** Nobody waits for a change that the log is not told of. */
  private passUntold(cursor: ChangeCursor): void {
    if (!this.unsynced.isAny || this.unsynced.lastMark <= this.writtenMark) return;
    this.noteWritten(cursor.taken());
    this.confirm(this.writtenMark);
  }

  private get isWaitingToRetry(): boolean {
    return this.hasWriteFailed && this.clock.monotonicMs() - this.failedMs < RETRY_MS;
  }

  /** Whether all that was told is written. */
  private tryWrite(file: AppendFile): boolean {
    try {
      this.write(file);
    } catch (error) {
      this.noteFailure((error as Error).message);
      return false;
    }
    if (!this.hasWriteFailed) return true;
    this.hasWriteFailed = false;
    this.setProblem(null);
    this.hooks.log("warning", "AOF write error looks solved, Redis can write again.");
    return true;
  }

  /** Writes all that was told; or throws, having cut the file back, and what was told is kept. */
  private write(file: AppendFile): void {
    const { cursor } = this;
    if (cursor === null || cursor.pendingSize === 0) return;
    const beganMs = this.hooks.delays.begin();
    this.hooks.beforeWrite();
    const before = file.size;
    this.isSynced = false;
    try {
      cursor.show(this.writePart);
    } catch (error) {
      this.cutBack(file, before);
      throw error;
    }
    this.noteWritten(cursor.taken());
    this.noteDelay(beganMs);
  }

  /** A write is over. It is told twice, as in Redis: once with what else went on. */
  private noteDelay(beganMs: number): void {
    if (beganMs === 0) return;
    const { delays } = this.hooks;
    delays.end("aof-write", beganMs);
    if (this.isSyncing) delays.end("aof-write-pending-fsync", beganMs);
    else if (this.hooks.isSaving()) delays.end("aof-write-active-child", beganMs);
    else delays.end("aof-write-alone", beganMs);
  }

  /** Takes a part of a write back; if that cannot be, the rest is to follow it. */
  private cutBack(file: AppendFile, size: number): void {
    if (file.size === size) return;
    try {
      file.truncate(size);
    } catch (error) {
      this.cursor?.passed(file.size - size);
      this.hooks.log(
        "warning",
        "Could not remove short write from the append-only file. Redis may refuse to load the " +
          `AOF the next time it starts. ftruncate: ${(error as Error).message}`,
      );
    }
  }

  private noteFailure(reason: string): void {
    const nowMs = this.clock.monotonicMs();
    this.failedMs = nowMs;
    if (nowMs - this.loggedMs > LOG_INTERVAL_MS || this.policy === "always") {
      this.loggedMs = nowMs;
      this.hooks.log("warning", `Error writing to the AOF file: ${reason}`);
    }
    if (this.isFatal) {
      this.hooks.log(
        "warning",
        "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
      );
      this.hooks.fail();
    }
    this.hasWriteFailed = true;
    this.setProblem(reason);
    // What is kept to be tried again counts as written: the next turn's changes come after it.
    this.writtenMark = this.feed.closeMark();
    this.confirm(this.writtenMark);
  }

  private syncIfDue(file: AppendFile): void {
    if (this.isSynced) return;
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.syncedMs < SYNC_INTERVAL_MS) return;
    this.syncedMs = nowMs;
    if (this.isSyncing) this.delayedSyncs++;
    else this.sync(file);
  }

  /** Syncs on another thread what is written now. */
  private sync(file: AppendFile): void {
    const { writtenMark, fileMark } = this;
    const { delays } = this.hooks;
    const beganMs = this.policy === "always" ? delays.begin() : 0;
    this.isSyncing = true;
    this.isSynced = true;
    file.syncLater((problem) => {
      this.isSyncing = false;
      // It held up those who wait for it, and nobody else.
      if (beganMs > 0) delays.end("aof-fsync-always", beganMs);
      // What became of a file that was given up meanwhile does not matter.
      if (problem !== null && this.file === file) {
        this.isSynced = false;
        this.noteSyncFailure(problem);
        return;
      }
      if (!this.hasWriteFailed) this.setProblem(null);
      this.confirm(writtenMark);
      this.noteSynced(fileMark);
      // Those who have their replies now may be in time for the next sync.
      if (this.pendingSize > 0 || this.unsynced.isAny) this.hooks.flushLater();
    });
  }

  private noteSyncFailure(reason: string): void {
    this.hooks.log("warning", `Fail to fsync the AOF file: ${reason}`);
    if (this.isFatal) this.hooks.fail();
    this.setProblem(reason);
  }

  private get isFatal(): boolean {
    return this.policy === "always" && this.hooks.isInForce();
  }

  private confirm(mark: number): void {
    if (mark <= this.safeMark) return;
    this.unsynced.confirm(mark);
    this.hooks.onSafe();
  }

  private noteSynced(mark: number): void {
    if (mark <= this.syncedMark) return;
    this.syncedMark = mark;
    this.hooks.onSynced();
  }

  private setProblem(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.hooks.onProblem();
  }
}
