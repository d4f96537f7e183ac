/**
 * The append-only log: loaded at the start, written as changes are told, and rewritten from the
 * data as they are, which takes the place of all that was written before.
 *
 * Whether it is on, and whether it is being rewritten, is in progress.ts. A log that is turned on
 * waits for its first base; until it has one, nothing is kept.
 *
 * Rewriting: from the moment of which the new base holds the data, changes go to a new increment;
 * when the base is on the disk it replaces the old one and all increments but that. If it fails
 * the log is as it was, with one increment more.
 *
 * When `dir` has changed the log stays where it is until it is rewritten: changes go to both
 * folders then, and the new one has the log as soon as its base is there. The other is left whole.
 */

import type { Log } from "../base/log.ts";
import type { AppendLogControl } from "../calls/durability.ts";
import type { Config } from "../config/config.ts";
import type { ChangeFeed } from "../keyspace/change_feed.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { timeLine } from "../persistence/log/append_loader.ts";
import { ManifestError } from "../persistence/log/append_manifest.ts";
import { AppendWriter, type SyncPolicy } from "../persistence/log/append_writer.ts";
import { type Content, openSaver } from "../persistence/open_saver.ts";
import { saveWhole } from "../persistence/saver.ts";
import { CommandError } from "../protocol/errors.ts";
import type { Host } from "../runtime/host.ts";
import { AppendFiles } from "./append_files.ts";
import { RewriteLimit } from "./append_limit.ts";
import { type BackgroundSave, saveInBackground } from "./background_save.ts";
import { claimLog, logTaken } from "./claims.ts";
import { removeLeftovers } from "./leftovers.ts";
import { type Loading, runSteps, type Steps } from "./loading.ts";
import type { Progress } from "./progress.ts";
import { TwinFile } from "./twin_file.ts";

const IN_PROGRESS = new CommandError(
  "ERR Background append only file rewriting already in progress",
);
const NOTHING_TO_LOAD = new CommandError("ERR There is no append only file to load");
const CANNOT_TURN_ON = "Unable to turn on AOF. Check server logs.";
/** What happens again and again is logged at most so often, as in Redis. */
const LOG_INTERVAL_MS = 30_000;

export interface AppendOnlyParts {
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly host: Host;
  readonly log: Log;
  readonly feed: ChangeFeed;
  readonly loading: Loading;
  readonly progress: Progress;
  readonly later: (ms: number, run: () => void) => void;
  /** Called before each write. */
  readonly beforeWrite: () => void;
  /** Has `writer.flush` called at the end of this turn. */
  readonly flushLater: () => void;
  /** Changes may be confirmed up to `writer.safeMark`. */
  readonly onSafe: () => void;
  /** `isSynced` may say otherwise than before, or the log is off. */
  readonly onSynced: () => void;
}

export class AppendOnly implements AppendLogControl {
  private files: AppendFiles;
  /** The log in another folder, while its base is being written, and what goes to both. */
  private moving: { readonly files: AppendFiles; readonly twin: TwinFile } | null = null;
  readonly writer: AppendWriter;
  /** Told when `problem` has come or gone. */
  onProblem: () => void = () => {};
  lastRewriteFailed = false;
  lastRewriteDurationMs = -1;
  rewriteCount = 0;
  /** Bytes of the log after the last rewriting, or at the start. */
  baseSize = 0;
  /** Why there is no first base yet, and nothing is kept; null while none was tried. */
  private unkept: string | null = null;
  private loggedMs = -Infinity;
  private readonly state: Progress;
  private readonly limit: RewriteLimit;
  /** Bytes of the parts that are not written to any more. */
  private closedSize = 0;
  private readonly parts: AppendOnlyParts;

  constructor(parts: AppendOnlyParts) {
    this.parts = parts;
    this.state = parts.progress;
    const { log, keyspace, feed, host } = parts;
    this.files = this.newFiles();
    this.limit = new RewriteLimit(keyspace.clock, (text) => log.add("warning", text));
    this.writer = new AppendWriter(feed, keyspace.unsynced, keyspace.clock, {
      log: (level, text) => log.add(level, text),
      beforeWrite: parts.beforeWrite,
      flushLater: parts.flushLater,
      onSafe: parts.onSafe,
      onSynced: parts.onSynced,
      onProblem: () => this.onProblem(),
      isInForce: () => this.state.log === "on",
      fail: () => host.exit(1),
      isSaving: () => this.state.saving !== null || this.state.rewriting !== null,
      delays: keyspace.delays,
    });
  }

  private newFiles(): AppendFiles {
    const { config, host, log, loading } = this.parts;
    return new AppendFiles(config, host, loading.incomplete, (text) => log.add("notice", text));
  }

  get isEnabled(): boolean {
    return this.state.log !== "off";
  }

  /** The path of the folder that it is in. */
  get folder(): string {
    return this.files.folder;
  }

  /** It is turned on, and waits for its first base. */
  get isWaiting(): boolean {
    return this.state.log === "waiting";
  }

  isSynced(mark: number): boolean {
    return this.state.log === "on" && mark <= this.writer.syncedMark;
  }

  get isRewriting(): boolean {
    return this.state.rewriting !== null;
  }

  get isRewriteScheduled(): boolean {
    return this.state.isRewriteScheduled;
  }

  get rewriteStartMs(): number {
    return this.state.rewriting?.startMs ?? -1;
  }

  get consecutiveFailures(): number {
    return this.limit.failures;
  }

  get problem(): string | null {
    return this.unkept ?? this.writer.problem;
  }

  get refusal(): string | null {
    // What nobody was promised may wait for the base.
    const isRefused = this.parts.config.text("appendfsync") === "always";
    return (isRefused ? this.unkept : null) ?? this.writer.problem;
  }

  get pendingSize(): number {
    return this.writer.pendingSize;
  }

  get syncsInProgress(): number {
    return this.writer.syncsInProgress;
  }

  /** Counts begin anew, and with them what follows from failures in a row, as in Redis. */
  resetFigures(): void {
    this.rewriteCount = 0;
    this.limit.forget();
    this.writer.delayedSyncs = 0;
  }

  get delayedSyncs(): number {
    return this.writer.delayedSyncs;
  }

  get size(): number {
    return this.closedSize + this.writer.fileSize;
  }

  /** What a base is of. */
  private get content(): Content {
    return this.parts.config.flag("aof-use-rdb-preamble") ? "snapshot" : "commands";
  }

  /** Takes the directives anew; a problem, or null. */
  configure(): string | null {
    const { config, keyspace, feed } = this.parts;
    try {
      this.writer.choose(config.text("appendfsync") as SyncPolicy);
    } catch (error) {
      return `Can't write the append-only file: ${(error as Error).message}`;
    }
    feed.annotation = config.flag("aof-timestamp-enabled")
      ? timestamps(() => keyspace.clock.nowSeconds)
      : null;
    this.onProblem();
    return null;
  }

  /** `dir` has changed. */
  leaveBehind(): void {
    this.files.leaveBehind();
    this.moving?.files.leaveBehind();
  }

  /** Finds the log of the last time. What is wrong with it, or null. */
  find(): string | null {
    try {
      this.files.settleHere();
      this.files.read();
      this.files.claimUnnamed();
      this.files.adoptSingleFile();
      return null;
    } catch (error) {
      if (!(error instanceof ManifestError)) return (error as Error).message;
      for (const line of error.place) this.parts.log.add("warning", line);
      return error.message;
    }
  }

  /** Loads the log of the last time, if there is one, to the data that there are. */
  load(): Steps {
    const { files } = this;
    const { config, loading } = this.parts;
    const { parts } = files.manifest;
    return loading.log(parts, (name) => files.pathOf(name), config.flag("aof-load-truncated"));
  }

  reload(): string | null {
    const { files } = this;
    if (this.state.log === "waiting") throw NOTHING_TO_LOAD;
    try {
      // A log that is off may have been rewritten all the same, or be there from before the start.
      if (this.state.log === "off" && files.manifest.isEmpty) files.read();
      if (files.manifest.isEmpty) throw NOTHING_TO_LOAD;
      this.writer.settle();
    } catch (error) {
      if (error instanceof CommandError) throw error;
      return `Can't write the append-only file: ${(error as Error).message}`;
    }
    return this.writer.untold(() => {
      this.parts.keyspace.clear();
      return runSteps(this.load());
    });
  }

  /** After loading: goes on with the last increment. What is wrong, or null. */
  begin(): string | null {
    const { files } = this;
    const { log, config } = this.parts;
    try {
      files.makeFolder();
    } catch (error) {
      const reason = (error as Error).message;
      const folder = `${config.text("dir")}/${files.folder}`;
      return `Can't open or create append-only dir ${folder}: ${reason}`;
    }
    try {
      this.clearUp(files);
      if (files.manifest.isEmpty) this.writeFirstBase();
      const isNew = files.manifest.increments.length === 0;
      const file = isNew ? files.openNext() : files.openLast();
      const { name } = files.manifest.increments[files.manifest.increments.length - 1];
      log.add("notice", `${isNew ? "Creating" : "Opening"} AOF incr file ${name} on server start`);
      this.writer.open(file);
      this.state.go("open");
      this.noteBase();
    } catch (error) {
      return `Can't open the append-only file: ${(error as Error).message}`;
    }
    this.removeHistory();
    return null;
  }

  /** Removes what a server before had begun in the folder. */
  private clearUp(files: AppendFiles): void {
    removeLeftovers(this.parts.host, files.folder, files.fileName);
    files.removeTemporary();
    // Without a manifest a base may be all that there is of a log.
    if (!files.manifest.isEmpty) files.discardBase();
  }

  /** The data as they are, which are none but after an upgrade, become the first base. */
  private writeFirstBase(): void {
    const { content } = this;
    const { keyspace, config, host, log } = this.parts;
    const file = host.createFile(this.files.nextBasePath(content));
    saveWhole(file, keyspace, (write) => openSaver(write, keyspace, config, content));
    this.files.replaceBase(content, 0, false);
    log.add("notice", `Creating AOF base file ${this.files.manifest.base?.name} on server start`);
  }

  private measure(): void {
    this.closedSize = this.files.size() - this.writer.fileSize;
  }

  /** There is a new base, or one from the start. */
  private noteBase(): void {
    this.measure();
    this.baseSize = this.size;
  }

  /**
   * CONFIG SET appendonly yes: a problem, or null. In a transaction the first base has to wait, or
   * it would hold what was done of it until now, and the log the rest.
   */
  turnOn(isInTransaction: boolean): string | null {
    const { state } = this;
    const { log } = this.parts;
    if (state.log !== "off") return null;
    if (state.rewriting !== null) {
      log.add(
        "warning",
        "AOF was enabled but there is already an AOF rewriting in background. Stopping " +
          "background AOF and starting a rewrite now.",
      );
      this.callOff();
    }
    state.go("turn on");
    if (isInTransaction || !state.isFree()) {
      state.isRewriteScheduled = true;
      const reason = isInTransaction
        ? "AOF was enabled during a transaction."
        : "AOF was enabled but there is already another background operation.";
      log.add("warning", `${reason} An AOF background was scheduled to start when possible.`);
      return null;
    }
    if (this.begun()) return null;
    state.isRewriteScheduled = false;
    state.go("turn off");
    this.setUnkept(null);
    log.add(
      "warning",
      "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check " +
        "the above logs for more info about the error.",
    );
    return CANNOT_TURN_ON;
  }

  /** CONFIG SET appendonly no: what was written stays where it is. */
  turnOff(): string | null {
    const { state } = this;
    if (state.log === "off") return null;
    this.callOff();
    const wasWaiting = state.log === "waiting";
    state.go("turn off");
    state.isRewriteScheduled = false;
    this.parts.onSynced();
    if (wasWaiting) {
      this.dropTemporary();
      this.setUnkept(null);
    } else {
      this.closeFile();
    }
    return null;
  }

  private closeFile(): void {
    try {
      this.writer.close();
    } catch (error) {
      this.parts.log.add("warning", `Fail to fsync the AOF file: ${(error as Error).message}`);
      this.writer.abandon();
    }
  }

  /**
   * Before the process ends: all that was told is on the disk. The log goes on, as the process may
   * stay all the same.
   */
  end(): void {
    if (this.state.log !== "on") return;
    const { log } = this.parts;
    log.add("notice", "Calling fsync() on the AOF file.");
    try {
      this.writer.settle();
    } catch (error) {
      log.add("warning", `Fail to fsync the AOF file: ${(error as Error).message}`);
    }
  }

  rewrite(): "started" | "scheduled" | "failed" {
    if (this.isRewriting) throw IN_PROGRESS;
    if (!this.state.isFree()) {
      this.schedule();
      return "scheduled";
    }
    return this.begun() ? "started" : "failed";
  }

  schedule(): void {
    if (this.isRewriting) throw IN_PROGRESS;
    this.limit.forget();
    this.state.isRewriteScheduled = true;
  }

  /** Begins to rewrite the log from the data as they are now; false, and the log says why not. */
  private begun(): boolean {
    const { state } = this;
    const { log, config } = this.parts;
    const { content } = this;
    state.isRewriteScheduled = false;
    try {
      const files = this.preparedFiles();
      const rewriting = saveInBackground(
        this.parts,
        files.nextBasePath(content),
        content,
        (save, problem) => this.finish(save, content, problem),
        () => this.changeFile(files),
      );
      state.begin("rewrite", rewriting);
    } catch (error) {
      this.noteFailure((error as Error).message, 0);
      return false;
    }
    this.writer.isDiskBusy = config.flag("no-appendfsync-on-rewrite");
    log.add("notice", "Background append only file rewriting started");
    return true;
  }

  /** Where the base is to be written. */
  private preparedFiles(): AppendFiles {
    const isOn = this.state.log === "on";
    if (isOn && !this.files.isElsewhere) {
      this.claim(this.files);
      return this.files;
    }
    const files = isOn ? this.newFiles() : this.files;
    try {
      files.settleHere();
      files.makeFolder();
      this.claim(files);
      // What is there from a time when the log was on is to be replaced.
      files.read();
      files.claimUnnamed();
      this.clearUp(files);
      return files;
    } catch (error) {
      files.release();
      throw error;
    }
  }

  /** No log is replaced that is another server's: then it throws. */
  private claim(files: AppendFiles): void {
    const { config, host } = this.parts;
    if (claimLog(files.pathOf(files.fileName), host) === null) throw new Error(logTaken(config));
  }

  /** From now on changes go to an increment that follows the base which is begun. */
  private changeFile(files: AppendFiles): void {
    const { log } = this.state;
    if (log === "off") return;
    // First: once there is a next file, the last one is not to be cut.
    this.writer.settle();
    if (log === "waiting") {
      this.writer.open(files.openTemporary());
    } else if (files === this.files) {
      this.writer.open(files.openNext());
      this.measure();
    } else {
      const twin = new TwinFile(this.files.openLast(), files.openTemporary());
      this.writer.open(twin);
      this.moving = { files, twin };
    }
  }

  /** The base, which is on the disk, is put in force. Throws what the disk says. */
  private replaceBase(content: Content): void {
    const { log } = this.state;
    const { moving } = this;
    if (moving === null) {
      this.files.replaceBase(content, log === "on" ? 1 : 0, log === "waiting");
      return;
    }
    const { files, twin } = moving;
    this.writer.settle();
    if (twin.problem !== null) throw new Error(twin.problem);
    files.replaceBase(content, 0, true);
    twin.keepSecond();
    this.files.release();
    this.files = files;
    this.moving = null;
  }

  /** The log stays where it is. */
  private stay(): void {
    if (this.moving === null) return;
    const { files, twin } = this.moving;
    this.moving = null;
    twin.keepFirst();
    files.removeTemporary();
    files.discardBase();
    files.release();
  }

  /** The base is on the disk and has its name, or something went wrong. */
  private finish(rewriting: BackgroundSave, content: Content, problem: string | null): void {
    const { state } = this;
    const { log, keyspace } = this.parts;
    const isFirst = state.log === "waiting";
    const durationMs = keyspace.clock.nowMs - rewriting.startMs;
    this.writer.isDiskBusy = false;
    this.lastRewriteDurationMs = durationMs;
    let reason = problem;
    const beganMs = keyspace.delays.begin();
    try {
      if (reason === null) {
        this.replaceBase(content);
        keyspace.delays.end("aof-rename", beganMs);
      }
    } catch (error) {
      reason = (error as Error).message;
    }
    if (reason !== null) {
      state.end();
      this.noteFailure(reason, durationMs);
      return;
    }
    state.end(state.log === "off" ? "end" : "base");
    this.setUnkept(null);
    if (isFirst) this.parts.onSynced();
    this.noteBase();
    this.rewriteCount++;
    this.limit.forget();
    this.lastRewriteFailed = false;
    log.add("notice", "Background AOF rewrite finished successfully");
    this.removeHistory();
  }

  /** Removes replaced files, unless the directive says to keep them. */
  removeHistory(): void {
    try {
      this.files.removeHistory();
    } catch (error) {
      this.parts.log.add("warning", `Can't write the AOF manifest: ${(error as Error).message}`);
    }
  }

  private noteFailure(reason: string, durationMs: number): void {
    const { state } = this;
    const isWaiting = state.log === "waiting";
    const nowMs = this.parts.keyspace.clock.monotonicMs();
    this.lastRewriteFailed = true;
    this.limit.failed(durationMs);
    this.stay();
    if (isWaiting) {
      // What was written for a base that does not come is of no use.
      this.dropTemporary();
      state.isRewriteScheduled = true;
    }
    if (reason === this.unkept && nowMs - this.loggedMs < LOG_INTERVAL_MS) return;
    this.loggedMs = nowMs;
    this.parts.log.add("warning", `Background AOF rewrite failed: ${reason}`);
    if (isWaiting) this.setUnkept(reason);
  }

  /** Nothing is kept, for this reason, until there is a first base; null: that is over. */
  private setUnkept(reason: string | null): void {
    const { log } = this.parts;
    if (reason !== null) {
      log.add(
        "warning",
        "The AOF has no base: changes are NOT kept until it can be written, which is tried again.",
      );
    } else if (this.unkept !== null && this.state.log === "on") {
      log.add("warning", "The AOF has its base: changes are kept from now on.");
    }
    if (reason === this.unkept) return;
    this.unkept = reason;
    this.onProblem();
  }

  private dropTemporary(): void {
    this.writer.abandon();
    this.files.removeTemporary();
  }

  /** Calls the rewriting off, if there is one. */
  callOff(): void {
    const { rewriting } = this.state;
    if (rewriting === null) return;
    this.parts.log.add(
      "notice",
      "Killing AOF child: the rewriting in the background is called off",
    );
    rewriting.abandon();
    this.state.end();
    this.writer.isDiskBusy = false;
    // It may have had its place just now.
    if (this.moving === null) this.files.discardBase();
    this.stay();
  }

  /** From the timer. */
  check(): void {
    this.writer.flush();
    const { state } = this;
    this.checkTemporary();
    if (!state.isIdle) return;
    if (state.isRewriteScheduled) {
      if (!this.limit.isReached(state.log === "waiting")) this.begun();
    } else if (state.log === "on" && this.hasOutgrown && !this.limit.isReached(false)) {
      const growth = Math.floor((this.size * 100) / (this.baseSize || 1)) - 100;
      this.parts.log.add("notice", `Starting automatic rewriting of AOF on ${growth}% growth`);
      this.begun();
    }
  }

  /** A base is of no use without the increment that follows it: then both are begun anew. */
  private checkTemporary(): void {
    const { rewriting, log } = this.state;
    const { problem } = this.writer;
    if (log !== "waiting" || rewriting === null || problem === null) return;
    this.callOff();
    this.noteFailure(problem, this.parts.keyspace.clock.nowMs - rewriting.startMs);
  }

  private get hasOutgrown(): boolean {
    const { config } = this.parts;
    const percentage = config.number("auto-aof-rewrite-percentage");
    if (percentage === 0 || this.size <= config.number("auto-aof-rewrite-min-size")) return false;
    return Math.floor((this.size * 100) / (this.baseSize || 1)) - 100 >= percentage;
  }
}

/** The lines that tell the time before the first change of each second. */
function timestamps(nowSeconds: () => number): () => string {
  let last = 0;
  return () => {
    const seconds = nowSeconds();
    if (seconds <= last) return "";
    last = seconds;
    return timeLine(seconds);
  };
}
