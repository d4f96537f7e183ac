/**
 * Loads the data that the server starts with: a snapshot, or the append-only log.
 *
 * Loading is a row of steps, between which clients are told that it goes on. While it does, nothing
 * expires: what is loaded may be needed by what comes after it.
 */
import { counted } from "../base/counted.ts";
import type { Log } from "../base/log.ts";
import type { LoadingProgress } from "../calls/durability.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { Beginning, type ByteSource } from "../persistence/byte_source.ts";
import type { Loader, LoadingRules } from "../persistence/loader.ts";
import {
  AppendError,
  AppendLoader,
  BAD_FORMAT,
  FormatError,
} from "../persistence/log/append_loader.ts";
import type { Part } from "../persistence/log/append_manifest.ts";
import { cutFile, keepEnd } from "../persistence/log/cut_file.ts";
import { endLoading, openLoader, PeekedSource } from "../persistence/open_loader.ts";
import type { Args } from "../protocol/args.ts";
import type { Disk, InputFile } from "../runtime/files.ts";
import type { FunctionRegistry } from "../scripting/function_registry.ts";

/** Keys, or commands, loaded between two looks at the clock. */
const STEP_COUNT = 1024;
/** No snapshot is shorter than the head of an RDB file. */
const HEAD_SIZE_MIN = 9;
/** Bytes looked at together for zeros at the end of a file. */
const ZEROS_SIZE = 4096;

/** Yields between steps; returns what is wrong, or null. */
export type Steps = Generator<void, string | null>;

const CUT_HINT =
  "You can: 1) Make a backup of your AOF file, then use rusk check-aof --fix " +
  "<filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration " +
  "option to yes and restart the server.";
const FORMAT_HINT =
  "make a backup of your AOF file, then use rusk check-aof --fix <filename.manifest>";

/** What carries out the commands of a log. */
export interface LogReplay {
  /** A log begins: its commands are for database 0 until it selects another. */
  begin(): void;
  /** Carries a command out; why it cannot be one, or null. */
  run(args: Args): string | null;
  /** Whether the last one is not over: a script that runs long. */
  readonly isMidway: boolean;
  /** Goes on with it, for a while; whether it is not over then. */
  goOn(): boolean;
}

export interface LoadingParts {
  readonly keyspace: Keyspace;
  readonly config: Config;
  readonly disk: Disk;
  readonly log: Log;
  readonly replay: LogReplay;
  readonly functions: FunctionRegistry;
}

export class Loading {
  /** How far it is, or null while nothing is loaded. */
  progress: LoadingProgress | null = null;
  /** Paths of files that hold something which was left out, as load-incomplete allows. */
  readonly incomplete = new Set<string>();
  private readonly parts: LoadingParts;

  constructor(parts: LoadingParts) {
    this.parts = parts;
  }

  /** Whether it has loaded so much already that it is to wait, as key-load-delay says. */
  get isHeldBack(): boolean {
    const delayUs = this.parts.config.number("key-load-delay");
    if (delayUs <= 0 || this.progress === null) return false;
    const elapsedMs = this.parts.keyspace.clock.monotonicMs() - this.startMs;
    return (this.count * delayUs) / 1000 > elapsedMs;
  }

  /** Loads a snapshot file to the data that there are; `replaces`: as RdbHooks has it. */
  *snapshot(path: string, replaces: boolean): Steps {
    const { disk, log, keyspace } = this.parts;
    const startMs = keyspace.clock.monotonicMs();
    let file: InputFile;
    try {
      file = disk.openInput(path);
    } catch (error) {
      return `Can't open ${path}: ${(error as Error).message}.`;
    }
    this.start(file.size);
    try {
      yield* this.readSnapshot(path, new PeekedSource(file), 0, { replaces });
    } catch (error) {
      const reason = (error as Error).message;
      return `Can't load ${path}: ${reason}. To look into it: rusk check-snapshot ${path}`;
    } finally {
      file.close();
      this.stop();
    }
    log.add("notice", `DB loaded from disk: ${this.since(startMs)} seconds`);
    return this.functionsProblem;
  }

  /**
   * Loads the files of a log; `cuts`: one that ends too early is cut back to what is whole, and
   * what is cut off is kept beside it.
   */
  *log(parts: readonly Part[], pathOf: (name: string) => string, cuts: boolean): Steps {
    const { disk, log, keyspace } = this.parts;
    const startMs = keyspace.clock.monotonicMs();
    const files: InputFile[] = [];
    try {
      for (const { name } of parts) {
        try {
          files.push(disk.openInput(pathOf(name)));
        } catch (error) {
          return `Can't open the append log file ${name} to read it: ${(error as Error).message}`;
        }
      }
      this.start(files.reduce((sum, { size }) => sum + size, 0));
      for (const [index, part] of parts.entries()) {
        const isLast = files.slice(index + 1).every(({ size }) => size === 0);
        const partMs = keyspace.clock.monotonicMs();
        const problem = yield* this.part(files[index], part, pathOf(part.name), isLast, cuts);
        if (problem !== null) return problem;
        const kind = part.type === "b" ? "base" : "incr";
        const seconds = this.since(partMs);
        log.add("notice", `DB loaded from ${kind} file ${part.name}: ${seconds} seconds`);
      }
    } finally {
      for (const file of files) file.close();
      this.stop();
    }
    log.add("notice", `DB loaded from append only file: ${this.since(startMs)} seconds`);
    return this.functionsProblem;
  }

  /**
   * Has the libraries of functions run that were loaded, and the log name those that cannot; what
   * is wrong with that, or null.
   */
  private startFunctions(): string | null {
    const { log, functions, config } = this.parts;
    const left = functions.reload();
    for (const { name, reason } of left) {
      const problem = reason.replace(/^ERR /, "");
      log.add("warning", `Library '${name}' is kept as it is, and does not run: ${problem}`);
    }
    if (left.length === 0 || config.flag("load-foreign-functions")) return null;
    return `Library '${left[0].name}' does not run, and load-foreign-functions is no`;
  }

  private *part(file: InputFile, part: Part, path: string, isLast: boolean, cuts: boolean): Steps {
    const { log, replay } = this.parts;
    const { name } = part;
    // It is named by what it holds, and was whole on the disk before the manifest named it.
    const isSnapshotBase = part.type === "b" && name.endsWith(".rdb");
    if (isSnapshotBase && file.size < HEAD_SIZE_MIN) {
      return `Can't load ${name}: it ends too early to be a snapshot (at byte ${file.size})`;
    }
    if (file.size === 0) return null;
    replay.begin();
    let loader: AppendLoader;
    let end: number;
    try {
      const { source, offset } = yield* this.preamble(file, part, path);
      const hooks = { run: replay.run.bind(replay), isMidway: () => replay.isMidway };
      end = endWithoutZeros(file, offset);
      if (end === 0) {
        log.add("warning", `The AOF file ${name} holds nothing but zero bytes`);
        throw new FormatError(BAD_FORMAT, 0);
      }
      loader = new AppendLoader(new Beginning(source, end - offset, end), hooks, offset);
      const passed = this.loaded - offset;
      while (loader.step(STEP_COUNT)) {
        this.note(passed + loader.offset);
        yield;
        while (replay.goOn()) yield;
      }
      this.note(passed + loader.offset);
    } catch (error) {
      if (error instanceof FormatError) {
        return `${error.message} ${name}: ${FORMAT_HINT} (at byte ${error.offset})`;
      }
      if (error instanceof AppendError) {
        return `${error.message} reading the append only file ${name} (at byte ${error.offset})`;
      }
      return `Can't load ${name}: ${(error as Error).message}`;
    }
    if (!loader.isCut && end === file.size) return null;
    if (end < file.size) {
      const count = file.size - end;
      log.add(
        "warning",
        `The AOF file ${name} ends with ${counted(count, "zero byte")}, as after a power cut`,
      );
    }
    if (loader.isInTransaction) {
      log.add("warning", `Revert incomplete MULTI/EXEC transaction from AOF file ${name}`);
    }
    if (!cuts || isSnapshotBase)
      return `Unexpected end of file reading the append only file ${name}. ${CUT_HINT}`;
    log.add("warning", `!!! Warning: short read while loading the AOF file ${name}!!!`);
    if (!isLast) return `Fatal error: the truncated file ${name} is not the last file`;
    try {
      yield* this.cut(file, path, name, loader.soundSize);
    } catch (error) {
      return `Error truncating the AOF file ${name}: ${(error as Error).message}`;
    }
    log.add("warning", `AOF ${name} loaded anyway because aof-load-truncated is enabled`);
    return null;
  }

  /** Cuts a file back, once what is cut off is on the disk under another name. */
  private *cut(file: InputFile, path: string, name: string, size: number): Generator<void, void> {
    const { disk, log, keyspace } = this.parts;
    const kept = yield* keepEnd(disk, file, path, size, keyspace.clock.nowSeconds);
    const count = file.size - size;
    log.add("warning", `!!! Truncating the AOF ${name} at offset ${size} !!!`);
    log.add("warning", `What is cut off, ${counted(count, "byte")}, is kept in ${kept}`);
    cutFile(disk, path, size);
  }

  /** Reads the snapshot that a file begins with, if it does; where its commands are. */
  private *preamble(
    file: InputFile,
    { name, type }: Part,
    path: string,
  ): Generator<void, { source: ByteSource; offset: number }> {
    const source = new PeekedSource(file);
    if (source.format === null) return { source, offset: 0 };
    const what = type === "b" ? "RDB base file on AOF loading" : "RDB preamble from AOF file";
    this.parts.log.add("notice", `Reading ${what}...`);
    const loader = yield* this.readSnapshot(path, source, this.loaded, { keepsExpired: true });
    if (loader.rest().length > 0) {
      this.parts.log.add("notice", `Reading the remaining AOF tail of ${name}...`);
    }
    return { source: source.after(loader), offset: loader.offset };
  }

  /** Loads a snapshot to its end; `passed`: bytes loaded before. */
  private *readSnapshot(
    path: string,
    source: PeekedSource,
    passed: number,
    rules: LoadingRules,
  ): Generator<void, Loader> {
    const { keyspace, log, config } = this.parts;
    const allowsLoss = config.flag("load-incomplete");
    const loader = openLoader(source, keyspace, { ...rules, allowsLoss, log });
    while (loader.step(STEP_COUNT)) {
      this.note(passed + loader.offset);
      yield;
    }
    this.note(passed + loader.offset);
    const { keys, expired, empty, module, lost } = loader.figures;
    if (lost > 0) this.incomplete.add(path);
    else this.incomplete.delete(path);
    log.add(
      "notice",
      `Done loading ${source.format}, keys loaded: ${keys}, ` +
        `keys expired: ${expired}, ` +
        `empty keys skipped: ${empty}, keys of modules skipped: ${module}.`,
    );
    keyspace.stats.loadedKeys = keys;
    keyspace.stats.loadedExpired = expired;
    return loader;
  }

  /** Bytes, and roughly how many keys and commands. */
  private loaded = 0;
  private count = 0;
  private startMs = 0;
  /** What came of the last start of functions. */
  private functionsProblem: string | null = null;

  private start(totalSize: number): void {
    const { keyspace } = this.parts;
    keyspace.isReplaying = true;
    this.loaded = 0;
    this.count = 0;
    this.startMs = keyspace.clock.monotonicMs();
    this.progress = { startMs: keyspace.clock.nowMs, totalSize, loadedSize: 0 };
  }

  private note(loadedSize: number): void {
    this.parts.keyspace.clock.tick();
    this.loaded = loadedSize;
    this.count += STEP_COUNT;
    if (this.progress !== null) this.progress = { ...this.progress, loadedSize };
  }

  private stop(): void {
    this.parts.keyspace.isReplaying = false;
    endLoading();
    this.progress = null;
    this.functionsProblem = this.startFunctions();
  }

  private since(startMs: number): string {
    return ((this.parts.keyspace.clock.monotonicMs() - startMs) / 1000).toFixed(3);
  }
}

/**
 * Where the commands of a file end, which begin at `from`. After a power cut what was written last
 * may be there as zero bytes; no command ends with one.
 */
function endWithoutZeros(file: InputFile, from: number): number {
  const bytes = new Uint8Array(ZEROS_SIZE);
  let end = file.size;
  while (end > from) {
    const start = Math.max(from, end - ZEROS_SIZE);
    const count = file.readAt(bytes, 0, end - start, start);
    let at = count;
    while (at > 0 && bytes[at - 1] === 0) at--;
    if (at > 0) return start + at;
    end = start;
  }
  return from;
}

/** Carries out all steps at once; what is wrong, or null. */
export function runSteps(steps: Steps): string | null {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
