/**
 * The snapshot file: written by SAVE, BGSAVE, save points, a shutdown and DEBUG RELOAD, loaded at
 * the start, in Rusk's format or in Redis's: see open_saver.ts.
 *
 * A file is written beside the old one and takes its place when it is whole and on the disk: a
 * crash at any moment leaves the one or the other. That of a BGSAVE is written by another thread.
 * What was there before Rusk, or was not taken in whole, keeps another name: see found_files.ts.
 */

import type { Log } from "../base/log.ts";
import type { SnapshotControl, SnapshotProgress } from "../calls/durability.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { isOwnFormat, openSaver } from "../persistence/open_saver.ts";
import { saveWhole } from "../persistence/saver.ts";
import { CommandError } from "../protocol/errors.ts";
import type { FileLock } from "../runtime/file_locks.ts";
import type { Host } from "../runtime/host.ts";
import { type BackgroundSave, saveInBackground } from "./background_save.ts";
import { claimSnapshot, snapshotTaken } from "./claims.ts";
import { isRedisFile, keepFile } from "./found_files.ts";
import { removeLeftovers } from "./leftovers.ts";
import { type Loading, runSteps, type Steps } from "./loading.ts";
import type { Progress } from "./progress.ts";

/** After a failure the next attempt waits so long, as in Redis. */
const RETRY_MS = 5000;
const IN_PROGRESS = new CommandError("ERR Background save already in progress");

export interface SnapshotsParts {
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly host: Host;
  readonly log: Log;
  readonly loading: Loading;
  readonly progress: Progress;
  readonly later: (ms: number, run: () => void) => void;
}

export class Snapshots implements SnapshotControl {
  lastSaveMs: number;
  saveCount = 0;
  lastFailed = false;
  lastDurationMs = -1;
  /** Told when `lastFailed` changes. */
  onOutcome: () => void = () => {};
  private readonly keyspace: Keyspace;
  private readonly config: Config;
  private readonly host: Host;
  private readonly log: Log;
  private readonly loading: Loading;
  private readonly later: (ms: number, run: () => void) => void;
  /** `keyspace.dirty` when the last snapshot was made. */
  private savedDirty = 0;
  private lastAttemptMs = 0;
  private readonly inProgress: Progress;
  /** The file holds more than what was loaded of it. */
  private isUnread = false;
  /** While the file is claimed: while it is saved, or always if it is by itself. */
  private lock: FileLock | null = null;
  /** Another server has the file: save points have no effect. Only beside a log, see claims.ts. */
  private isAnothers = false;

  constructor(parts: SnapshotsParts) {
    this.keyspace = parts.keyspace;
    this.config = parts.config;
    this.host = parts.host;
    this.log = parts.log;
    this.loading = parts.loading;
    this.inProgress = parts.progress;
    this.later = parts.later;
    this.lastSaveMs = parts.keyspace.clock.nowMs;
  }

  get changes(): number {
    return this.keyspace.dirty - this.savedDirty;
  }

  get isConfigured(): boolean {
    return this.config.value("save").length > 0 && !this.isAnothers;
  }

  get progress(): SnapshotProgress | null {
    const { saving } = this.inProgress;
    if (saving === null) return null;
    const { startMs, saved, keys } = saving;
    return { elapsedMs: this.keyspace.clock.nowMs - startMs, saved, keys };
  }

  save(): boolean {
    if (this.inProgress.saving !== null) throw IN_PROGRESS;
    const { keyspace } = this;
    const { nowMs } = keyspace.clock;
    try {
      this.write();
    } catch (error) {
      this.tellFailure((error as Error).message);
      return false;
    } finally {
      this.letGo();
    }
    this.log.add("notice", "DB saved on disk");
    this.noteSuccess(keyspace.dirty, nowMs);
    return true;
  }

  /** Writes all at once. Throws what the system says when the file cannot be written. */
  private write(): void {
    const { keyspace, host } = this;
    this.claim();
    this.keepFound();
    const file = host.createFile(this.path);
    saveWhole(file, keyspace, (write) => {
      const writeOn = (bytes: Uint8Array) => {
        host.supervisor.keepAlive();
        write(bytes);
      };
      return openSaver(writeOn, keyspace, this.config, "snapshot");
    });
  }

  private get path(): string {
    return this.config.text("dbfilename");
  }

  /**
   * No file is replaced that is another server's: then it throws. What a process that was killed
   * had begun to write is removed. It is asked each time: the lock may have been removed, or the
   * disk have been too full for one.
   */
  private claim(): void {
    const lock = claimSnapshot(this.path, this.host);
    if (lock === null) throw new Error(snapshotTaken(this.config));
    if (this.lock === null) removeLeftovers(this.host, ".", this.path);
    this.lock = lock;
  }

  /** It is saved, or not. */
  private letGo(): void {
    if (this.isConfigured) return;
    this.lock?.release();
    this.lock = null;
  }

  /**
   * At the start, and when directives say otherwise which file it is, or whether it is saved by
   * itself.
   */
  settle(): void {
    const { path, host, config, log } = this;
    const before = this.lock;
    this.isAnothers = false;
    this.lock = null;
    if (path !== "" && this.isConfigured) {
      this.lock = claimSnapshot(path, host);
      this.isAnothers = this.lock === null;
      if (this.isAnothers)
        log.add("warning", `${snapshotTaken(config)}: save points have no effect here`);
      else if (this.lock !== before) removeLeftovers(host, ".", path);
    }
    // What is being saved goes where it was begun.
    if (before !== this.lock && this.inProgress.saving === null) before?.release();
  }

  /** At the start: what a process that was killed had begun to write is removed in any case. */
  begin(): void {
    const { path, host } = this;
    this.settle();
    if (path === "" || this.isConfigured) return;
    const lock = claimSnapshot(path, host);
    if (lock !== null) removeLeftovers(host, ".", path);
    lock?.release();
  }

  /** Before the file is replaced: see found_files.ts. Throws what the disk says. */
  private keepFound(): void {
    const { host, config, path } = this;
    const isFound = isOwnFormat(config) && isRedisFile(host, path);
    if (!isFound && !(this.isUnread && host.fileExists(path))) return;
    keepFile(host, path, (text) => this.log.add("warning", text));
    this.isUnread = false;
  }

  saveInBackground(): boolean {
    const { host, keyspace, config, later } = this;
    if (!this.inProgress.isFree()) throw IN_PROGRESS;
    this.lastAttemptMs = keyspace.clock.nowMs;
    let saving: BackgroundSave;
    try {
      this.claim();
      this.keepFound();
      const parts = { host, keyspace, config, later };
      saving = saveInBackground(parts, this.path, "snapshot", (save, problem) =>
        this.finish(save, problem),
      );
    } catch (error) {
      this.letGo();
      this.noteFailure((error as Error).message);
      return false;
    }
    this.inProgress.begin("save", saving);
    this.inProgress.isSaveScheduled = false;
    this.log.add("notice", "Background saving started");
    return true;
  }

  schedule(): void {
    this.inProgress.isSaveScheduled = true;
  }

  /** The file has its place, or something went wrong. */
  private finish(background: BackgroundSave, problem: string | null): void {
    this.inProgress.end();
    this.letGo();
    const { nowMs } = this.keyspace.clock;
    this.lastDurationMs = nowMs - background.startMs;
    if (problem !== null) {
      this.noteFailure(problem);
      this.log.add("warning", "Background saving error");
      return;
    }
    this.log.add("notice", "Background saving terminated with success");
    this.noteSuccess(background.dirty, nowMs);
  }

  /** A snapshot is made of what there was when `keyspace.dirty` was so much. */
  private noteSuccess(dirty: number, nowMs: number): void {
    this.lastSaveMs = nowMs;
    this.savedDirty = dirty;
    this.saveCount++;
    this.lastFailed = false;
    this.onOutcome();
  }

  /** The disk is full, the folder is gone or not ours: the old file is as it was. */
  private tellFailure(problem: string): void {
    const path = `${this.config.text("dir")}/${this.path}`;
    this.log.add("warning", `Error saving the DB to ${path}: ${problem}`);
  }

  private noteFailure(problem: string): void {
    this.tellFailure(problem);
    this.lastFailed = true;
    this.onOutcome();
  }

  abandon(): void {
    const { saving } = this.inProgress;
    if (saving === null) return;
    const { delays } = this.keyspace;
    const beganMs = delays.begin();
    saving.abandon();
    delays.end("rdb-unlink-temp-file", beganMs);
    this.inProgress.end();
    this.letGo();
  }

  /** From the timer: begins a snapshot when it was scheduled, or when a save point says so. */
  check(): void {
    if (!this.inProgress.isIdle) return;
    const { nowMs } = this.keyspace.clock;
    if (this.lastFailed && nowMs - this.lastAttemptMs < RETRY_MS) return;
    if (this.inProgress.isSaveScheduled) {
      this.saveInBackground();
      return;
    }
    if (!this.isConfigured) return;
    for (const { seconds, changes } of this.config.value("save")) {
      const isDue = nowMs - this.lastSaveMs > Number(seconds) * 1000;
      if (!isDue || this.changes < changes) continue;
      this.log.add("notice", `${changes} changes in ${seconds} seconds. Saving...`);
      this.saveInBackground();
      return;
    }
  }

  load(replaces = false): string | null {
    const { path } = this;
    const isThere = path !== "" && this.host.fileExists(path);
    const problem = isThere ? runSteps(this.loadSteps(replaces)) : `There is no file ${path}`;
    this.noteLoaded();
    return problem;
  }

  /** As `load`, step by step; `noteLoaded` is called after the last. */
  *loadSteps(replaces = false): Steps {
    const { path } = this;
    if (path === "" || !this.host.fileExists(path)) return null;
    const problem = yield* this.loading.snapshot(path, replaces);
    this.isUnread = problem !== null || this.loading.incomplete.has(path);
    return problem;
  }

  noteLoaded(): void {
    this.savedDirty = this.keyspace.dirty;
  }
}
