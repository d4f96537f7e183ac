/**
 * A file written of the data as they are at one moment, while commands go on: a snapshot, or the
 * base of an append-only log. The walk and the writing take turns with commands, in slices.
 *
 * There is one at a time (Keyspace.isWalked). One that is called off, or whose file cannot be
 * written, goes on to its end all the same, for nothing: see SnapshotWalk.abandon.
 */
import type { Config } from "../config/config.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { DiskHost } from "../persistence/disk/background_file.ts";
import { type Content, openBackground } from "../persistence/open_saver.ts";
import type { Saver } from "../persistence/saver.ts";
import { SnapshotWalk } from "../persistence/walk/snapshot_walk.ts";
import type { NewFile } from "../runtime/files.ts";
import type { EntryRef } from "../structures/entry.ts";

/**
 * A walk goes on for so long at once, and then lets others have their turn for four times as long:
 * on a machine with few processors the disk worker takes time from them as well. While there are
 * none it does not wait.
 */
const SLICE_MS = 1;
const PAUSE_MS = 4;
/** While it is held back (rdb-key-save-delay), it looks so often whether it still is. */
const HELD_BACK_MS = 10;
/** Steps of the walk between two looks at the clock. */
const STEPS_PER_LOOK = 8;

/** Where it goes: a file that is written at once, or by the disk worker. */
export interface SavedFile extends Pick<NewFile, "syncLater" | "abandon"> {
  /** Whoever writes it has enough to do for the moment: the walk waits. */
  readonly isBehind?: boolean;
}

export class BackgroundSave {
  readonly startMs: number;
  /** `keyspace.dirty` when it began. */
  readonly dirty: number;
  readonly keys: number;
  private savedWhole = 0;
  /** It is called off. */
  isAbandoned = false;
  private readonly keyspace: Keyspace;
  private readonly later: (ms: number, run: () => void) => void;
  private readonly file: SavedFile;
  private readonly saver: Saver;
  private readonly done: (problem: string | null) => void;
  private readonly walk: SnapshotWalk;
  private selected = -1;
  private seenActivity = 0;
  /** What went wrong with the file. */
  private problem: string | null = null;
  private readonly config: Config;
  private readonly beganMs: number;

  /**
   * Begins: what is saved is the data of this moment. `done` is called when all is on the disk,
   * for the file to be committed, or with what went wrong; never when it was called off.
   */
  constructor(
    keyspace: Keyspace,
    config: Config,
    later: (ms: number, run: () => void) => void,
    file: SavedFile,
    saver: Saver,
    done: (problem: string | null) => void,
  ) {
    this.keyspace = keyspace;
    this.config = config;
    this.beganMs = keyspace.clock.monotonicMs();
    this.later = later;
    this.file = file;
    this.saver = saver;
    this.done = done;
    this.startMs = keyspace.clock.nowMs;
    this.dirty = keyspace.dirty;
    this.keys = keyspace.databases.reduce((sum, db) => sum + db.size, 0);
    const visit = (db: Database, id: number, e: EntryRef) => this.save(db, id, e);
    this.walk = new SnapshotWalk(keyspace, visit, saver.large, (error) => this.fail(error));
    later(0, () => this.slice());
  }

  /** Keys that are saved. */
  get saved(): number {
    return this.savedWhole + this.walk.largeDone;
  }

  /** Calls it off, and removes the file. */
  abandon(): void {
    if (this.isAbandoned) return;
    this.isAbandoned = true;
    this.walk.abandon();
    this.file.abandon();
  }

  private save(db: Database, id: number, e: EntryRef): void {
    try {
      if (id !== this.selected) this.saver.select(id);
      this.selected = id;
      this.saver.entry(db, this.keyspace, e);
      this.savedWhole++;
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** What clients have done so far, roughly: changes, and keys that were read. */
  private get activity(): number {
    const { dirty, stats } = this.keyspace;
    return dirty + stats.hits + stats.misses;
  }

  private fail(error: Error): void {
    this.problem = error.message;
    this.walk.abandon();
  }

  /** Whether it is to wait since it has saved so many keys already, as the directive says. */
  private get isHeldBack(): boolean {
    const delayUs = this.config.number("rdb-key-save-delay");
    if (delayUs <= 0 || this.isAbandoned) return false;
    return (this.saved * delayUs) / 1000 > this.keyspace.clock.monotonicMs() - this.beganMs;
  }

  private slice(): void {
    if (this.isHeldBack) {
      this.later(HELD_BACK_MS, () => this.slice());
      return;
    }
    const { delays } = this.keyspace;
    const beganMs = delays.begin();
    this.goOn();
    delays.end("save-slice", beganMs);
  }

  /** Goes on with the walk for a moment, and has itself called again. */
  private goOn(): void {
    const isQuiet = this.activity === this.seenActivity;
    this.seenActivity = this.activity;
    const { clock } = this.keyspace;
    const until = clock.monotonicMs() + SLICE_MS;
    for (let i = 1; this.file.isBehind || this.walk.step(); i++) {
      const isOver = this.isHeldBack || (i % STEPS_PER_LOOK === 0 && clock.monotonicMs() >= until);
      if (!isOver && !this.file.isBehind) continue;
      const isWaiting = !isQuiet || this.file.isBehind;
      this.later(isWaiting ? PAUSE_MS : 0, () => this.slice());
      return;
    }
    this.end();
  }

  private end(): void {
    if (this.isAbandoned) return;
    try {
      if (this.problem === null) this.saver.end();
    } catch (error) {
      this.problem = (error as Error).message;
    }
    if (this.problem !== null) this.finish(this.problem);
    else this.file.syncLater((problem) => this.finish(problem));
  }

  private finish(problem: string | null): void {
    if (this.isAbandoned) return;
    // What has gone wrong before the file was told of its end is unknown to who writes it.
    if (problem !== null) this.file.abandon();
    this.done(problem);
  }
}

/** What it takes to write a file in the background. */
export interface BackgroundParts {
  readonly host: DiskHost;
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly later: (ms: number, run: () => void) => void;
}

/**
 * Begins to write the data of this moment to a file that takes the place of the one of this path;
 * `done` is told as BackgroundSave says. `opened` is called when the file is there, just before the
 * moment. Throws what the disk says, or `opened`; nothing is begun then.
 */
export function saveInBackground(
  { host, keyspace, config, later }: BackgroundParts,
  path: string,
  content: Content,
  done: (save: BackgroundSave, problem: string | null) => void,
  opened: () => void = () => {},
): BackgroundSave {
  const beganMs = keyspace.delays.begin();
  const { file, saver } = openBackground(host, path, keyspace, config, content);
  try {
    opened();
    const save = new BackgroundSave(keyspace, config, later, file, saver, (problem) =>
      done(save, problem),
    );
    // Nothing forks; but it is what a fork is for, and whoever watches looks for this name.
    keyspace.delays.end("fork", beganMs);
    return save;
  } catch (error) {
    file.abandon();
    throw error;
  }
}
