/**
 * The snapshot file: written by SAVE, BGSAVE, save points, a shutdown and DEBUG RELOAD, loaded at
 * the start. It is
 * an RDB file as Redis 7.0 writes them, so either server loads what the other has saved; only where
 * fields of hashes expire it is of version 12, which Redis 7.0 does not know.
 *
 * A file is written beside the old one and takes its place when it is whole and on the disk: a
 * crash at any moment leaves the one or the other.
 */

import { REDIS_VERSION } from "../base/version.ts";
import type { Host, SnapshotControl, SnapshotProgress } from "../commands/server_context.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { type ByteSink, RdbSaver } from "../persistence/rdb_file.ts";
import { SnapshotWalk } from "../persistence/snapshot_walk.ts";
import { CommandError } from "../protocol/errors.ts";
import type { NewFile } from "../runtime/files.ts";
import * as dict from "../structures/dict.ts";
import { loadRdb } from "./loading.ts";
import type { Log } from "./log.ts";

/** The version that has deadlines of hash fields. */
const VERSION_WITH_DEADLINES = 12;

/** A walk goes on for so long at once, and then lets others have their turn for as long. */
const SLICE_MS = 1;
const PAUSE_MS = 1;
/** Steps of the walk between two looks at the clock. */
const STEPS_PER_LOOK = 8;
/** After a failure the next attempt waits so long, as in Redis. */
const RETRY_MS = 5000;
const IN_PROGRESS = new CommandError("ERR Background save already in progress");

/** A snapshot that is being written while commands go on. */
interface Background {
  readonly walk: SnapshotWalk;
  readonly file: NewFile;
  readonly startMs: number;
  /** `keyspace.dirty` when it began. */
  readonly dirty: number;
  readonly keys: number;
  /** What went wrong with the file: the walk goes on, for nothing. */
  problem: string | null;
  /** It is called off. */
  isAbandoned: boolean;
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
  private readonly later: (ms: number, run: () => void) => void;
  /** `keyspace.dirty` when the last snapshot was made. */
  private savedDirty = 0;
  private background: Background | null = null;
  private lastAttemptMs = 0;

  constructor(
    keyspace: Keyspace,
    config: Config,
    host: Host,
    log: Log,
    later: (ms: number, run: () => void) => void,
  ) {
    this.keyspace = keyspace;
    this.config = config;
    this.host = host;
    this.log = log;
    this.later = later;
    this.lastSaveMs = keyspace.clock.nowMs;
  }

  get changes(): number {
    return this.keyspace.dirty - this.savedDirty;
  }

  get isConfigured(): boolean {
    return this.config.value("save").length > 0;
  }

  get progress(): SnapshotProgress | null {
    const { background } = this;
    if (background === null || background.isAbandoned) return null;
    const { startMs, walk, keys } = background;
    return { elapsedMs: this.keyspace.clock.nowMs - startMs, saved: walk.saved, keys };
  }

  save(): boolean {
    if (this.progress !== null) throw IN_PROGRESS;
    const { keyspace } = this;
    const { nowMs } = keyspace.clock;
    try {
      this.write();
    } catch (error) {
      this.tellFailure((error as Error).message);
      return false;
    }
    this.log.add("notice", "DB saved on disk");
    this.noteSuccess(keyspace.dirty, nowMs);
    return true;
  }

  /** Writes all at once. Throws what the system says when the file cannot be written. */
  private write(): void {
    const { keyspace } = this;
    const file = this.host.createFile(this.path);
    try {
      const saver = this.saverTo((bytes) => file.write(bytes));
      for (const db of keyspace.databases) {
        if (db.size === 0) continue;
        saver.database(db, db.size, db.expires.count);
        dict.each(db.keys, (e) => saver.entry(db, keyspace, e));
      }
      saver.end();
      file.commit();
    } catch (error) {
      file.abandon();
      throw error;
    }
  }

  private get path(): string {
    return this.config.text("dbfilename");
  }

  /** A saver that has written the head. */
  private saverTo(sink: ByteSink): RdbSaver {
    const { keyspace, config } = this;
    const saver = new RdbSaver(sink, {
      clocks: keyspace.lfu ? "lfu" : "lru",
      packs: config.flag("rdbcompression"),
      sums: config.flag("rdbchecksum"),
      ...(this.hasFieldDeadlines ? { version: VERSION_WITH_DEADLINES } : {}),
    });
    saver.begin([
      ["redis-ver", REDIS_VERSION],
      ["redis-bits", "64"],
      ["ctime", String(keyspace.clock.nowSeconds)],
    ]);
    return saver;
  }

  private get hasFieldDeadlines(): boolean {
    return this.keyspace.databases.some((db) => db.fieldExpires.count > 0);
  }

  saveInBackground(): boolean {
    if (this.background !== null) throw IN_PROGRESS;
    const { keyspace } = this;
    this.lastAttemptMs = keyspace.clock.nowMs;
    let file: NewFile;
    try {
      file = this.host.createFile(this.path);
    } catch (error) {
      this.noteFailure((error as Error).message);
      return false;
    }
    const saver = this.saverTo((bytes) => {
      if (background.problem !== null || background.isAbandoned) return;
      try {
        file.write(bytes);
      } catch (error) {
        background.problem = (error as Error).message;
        background.walk.abandon();
      }
    });
    const background: Background = {
      walk: new SnapshotWalk(keyspace, saver),
      file,
      startMs: keyspace.clock.nowMs,
      dirty: keyspace.dirty,
      keys: keyspace.databases.reduce((sum, db) => sum + db.size, 0),
      problem: null,
      isAbandoned: false,
    };
    this.background = background;
    this.log.add("notice", "Background saving started");
    this.later(0, () => this.slice(background, saver));
    return true;
  }

  /** Goes on with the walk for a moment, and has itself called again. */
  private slice(background: Background, saver: RdbSaver): void {
    const { clock } = this.keyspace;
    const until = clock.monotonicMs() + SLICE_MS;
    for (let i = 1; background.walk.step(); i++) {
      if (i % STEPS_PER_LOOK !== 0 || clock.monotonicMs() < until) continue;
      this.later(PAUSE_MS, () => this.slice(background, saver));
      return;
    }
    if (background.problem === null && !background.isAbandoned) saver.end();
    if (background.problem !== null || background.isAbandoned) this.finish(background);
    else {
      background.file.syncLater((problem) => {
        background.problem = problem;
        this.finish(background);
      });
    }
  }

  /** The walk is over, and what it wrote is on the disk, or something went wrong. */
  private finish(background: Background): void {
    this.background = null;
    if (background.isAbandoned) return;
    const { nowMs } = this.keyspace.clock;
    let { problem } = background;
    try {
      if (problem === null) background.file.commit();
    } catch (error) {
      problem = (error as Error).message;
    }
    background.file.abandon();
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
    this.log.add("warning", `Error saving the DB to ${this.path}: ${problem}`);
  }

  private noteFailure(problem: string): void {
    this.tellFailure(problem);
    this.lastFailed = true;
    this.onOutcome();
  }

  abandon(): void {
    const { background } = this;
    if (background === null || background.isAbandoned) return;
    background.isAbandoned = true;
    background.walk.abandon();
    background.file.abandon();
  }

  /** From the timer: begins a snapshot when a save point says so. */
  check(): void {
    if (this.background !== null) return;
    const { nowMs } = this.keyspace.clock;
    if (this.lastFailed && nowMs - this.lastAttemptMs < RETRY_MS) return;
    for (const { seconds, changes } of this.config.value("save")) {
      const isDue = nowMs - this.lastSaveMs > Number(seconds) * 1000;
      if (!isDue || this.changes < changes) continue;
      this.log.add("notice", `${changes} changes in ${seconds} seconds. Saving...`);
      this.saveInBackground();
      return;
    }
  }

  load(): string | null {
    const { path } = this;
    if (path === "" || !this.host.fileExists(path)) return null;
    try {
      loadRdb(this.host.openInput(path), this.keyspace, this.log);
    } catch (error) {
      return `Can't load ${path}: ${(error as Error).message}.`;
    }
    this.savedDirty = this.keyspace.dirty;
    return null;
  }
}
