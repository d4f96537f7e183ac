/**
 * The files of the append-only log, in a folder of their own: the manifest that names them, the
 * base and the increments. Every change of the manifest is on the disk before what depends on it,
 * so that a crash at any moment leaves a log that is whole.
 */
import type { Config } from "../config/config.ts";
import { Manifest, type Part, parseManifest } from "../persistence/log/append_manifest.ts";
import { type Content, isOwnFormat } from "../persistence/open_saver.ts";
import type { AppendFile, Disk, HeldFolder } from "../runtime/files.ts";
import { isRedisFile, keepLog, moveAside } from "./found_files.ts";

/** Where the increment is until the first base is written. */
const TEMPORARY_INCREMENT = "temp-";
/** What follows the name of the log in that of a part. */
const PART = /^\.\d+\.(base\.(rdb|aof)|incr\.aof)$/;

export class AppendFiles {
  manifest = new Manifest();
  /**
   * Files that the manifest on the disk may name though `manifest` does not, since replacing it
   * went wrong at its end. They stay, and are history of the next one that is in force.
   */
  private doubtful: Part[] = [];
  private readonly config: Config;
  private readonly disk: Disk & { holdFolder(): HeldFolder };
  /** Paths of files of which something was not loaded. */
  private readonly incomplete: ReadonlySet<string>;
  private readonly log: (text: string) => void;
  /** What the log's folder is in. */
  private home: HeldFolder | null = null;
  /** Relative paths are in another folder by now. */
  private isAway = false;

  constructor(
    config: Config,
    disk: Disk & { holdFolder(): HeldFolder },
    incomplete: ReadonlySet<string>,
    log: (text: string) => void,
  ) {
    this.config = config;
    this.disk = disk;
    this.incomplete = incomplete;
    this.log = log;
  }

  /** Its path: relative, as long as `dir` is what it was. */
  get folder(): string {
    const name = this.config.text("appenddirname");
    return this.isAway && this.home !== null ? this.home.within(name) : name;
  }

  /** The log is, or is to be, in the folder that `dir` names now. Throws what the system says. */
  settleHere(): void {
    const home = this.disk.holdFolder();
    this.home?.release();
    this.home = home;
    this.isAway = false;
  }

  /** `dir` has changed: the files stay where they are, until another base is written. */
  leaveBehind(): void {
    this.isAway = this.home !== null;
  }

  /** Another base is to be written where relative paths are now. */
  get isElsewhere(): boolean {
    return this.isAway;
  }

  /** The folder is not needed any more. */
  release(): void {
    this.home?.release();
    this.home = null;
    this.isAway = false;
  }

  get fileName(): string {
    return this.config.text("appendfilename");
  }

  private get manifestPath(): string {
    return this.pathOf(`${this.fileName}.manifest`);
  }

  private get temporaryPath(): string {
    return this.pathOf(`${TEMPORARY_INCREMENT}${this.fileName}.incr`);
  }

  pathOf(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Reads the manifest, if there is one. Throws ManifestError, or what the disk says. */
  read(): void {
    const { disk, manifestPath } = this;
    this.manifest = new Manifest();
    if (!disk.fileExists(this.folder)) {
      this.log(`The AOF directory ${this.folder} doesn't exist`);
    } else if (!disk.fileExists(manifestPath)) {
      this.log(`The AOF manifest file ${this.fileName}.manifest doesn't exist`);
    } else {
      this.manifest = parseManifest(this.textOf(manifestPath));
    }
  }

  /**
   * Sees to files that are called as parts of a log though there is no manifest to name them: they
   * may be the only copy of somebody's data. The first ones, which a log that was being begun may
   * have left when the process ended, get another name; others throw an Error that says what to do.
   */
  claimUnnamed(): void {
    if (!this.manifest.isEmpty) return;
    const { fileName } = this;
    const isPart = (name: string) =>
      name.startsWith(`${fileName}.`) && PART.test(name.slice(fileName.length));
    const parts = this.disk.listFolder(this.folder).filter(isPart).sort();
    const isFirst = (name: string) => name.startsWith(`${fileName}.1.`);
    if (!parts.every(isFirst)) {
      throw new Error(
        `The folder ${this.folder} holds parts of an append only file (${parts.join(", ")}) and ` +
          "no manifest that names them. Put the manifest back, or move them away, to start",
      );
    }
    for (const name of parts) moveAside(this.disk, this.pathOf(name), this.log);
  }

  private textOf(path: string): string {
    const file = this.disk.openInput(path);
    try {
      const bytes = new Uint8Array(file.size);
      let size = 0;
      for (let got = -1; got !== 0 && size < bytes.length; size += got) {
        got = file.read(bytes, size, bytes.length - size);
      }
      return Array.from(bytes.subarray(0, size), (byte) => String.fromCharCode(byte)).join("");
    } finally {
      file.close();
    }
  }

  /**
   * Makes the single file that Redis had before version 7 the base of a log, where there is one and
   * no other log. It is not copied: a crash before the manifest is written leaves it where it was,
   * or in the folder, where it is found again.
   */
  adoptSingleFile(): void {
    const { disk, fileName, manifest } = this;
    const moved = this.pathOf(fileName);
    const isNamed = manifest.base?.name === fileName && manifest.increments.length === 0;
    if (isNamed && disk.fileExists(moved)) return;
    if (!manifest.isEmpty && !isNamed) return;
    const isHere = disk.fileExists(fileName);
    if (!isHere && !(manifest.isEmpty && disk.fileExists(moved))) return;
    disk.makeFolder(this.folder);
    const next = new Manifest();
    next.base = { name: fileName, sequence: 1, type: "b" };
    next.baseSequence = 1;
    this.write(next);
    if (isHere) disk.renameFile(fileName, moved);
    disk.syncFolder(this.folder);
    this.log(
      `Successfully migrated an old-style AOF configuration (${fileName}) into the AOF directory ` +
        `(${this.folder}).`,
    );
  }

  /** Puts a manifest in force, on the disk first. Throws what the disk says. */
  private write(manifest: Manifest): void {
    const named = new Set(manifest.parts.map(({ name }) => name));
    const unnamed = this.doubtful.filter(({ name }) => !named.has(name));
    manifest.history.push(...unnamed.map((part): Part => ({ ...part, type: "h" })));
    const text = manifest.toString();
    const file = this.disk.createFile(this.manifestPath);
    try {
      file.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
      file.commit();
    } catch (error) {
      file.abandon();
      if (this.mayHold(text)) this.doubt(manifest);
      throw error;
    }
    this.manifest = manifest;
    this.doubtful = [];
  }

  /** Whether the manifest on the disk may be of this text. */
  private mayHold(text: string): boolean {
    const { disk, manifestPath } = this;
    try {
      return disk.fileExists(manifestPath) && this.textOf(manifestPath) === text;
    } catch {
      return true;
    }
  }

  /** The manifest may be in force, or may be after a crash: its names are not given again. */
  private doubt(manifest: Manifest): void {
    const known = new Set(this.manifest.parts.map(({ name }) => name));
    for (const part of manifest.parts) if (!known.has(part.name)) this.doubtful.push(part);
    this.manifest.baseSequence = manifest.baseSequence;
    this.manifest.incrementSequence = manifest.incrementSequence;
  }

  /** Removes a file that no manifest names. */
  private discard(name: string): void {
    const isDoubtful = this.doubtful.some((part) => part.name === name);
    if (!isDoubtful) this.disk.removeFile(this.pathOf(name));
  }

  makeFolder(): void {
    this.disk.makeFolder(this.folder);
  }

  /** Bytes of all files with data, of those whose size can be told. */
  size(): number {
    return this.manifest.parts.reduce((sum, part) => sum + this.sizeOf(part), 0);
  }

  sizeOf({ name }: Part): number {
    try {
      const file = this.disk.openInput(this.pathOf(name));
      file.close();
      return file.size;
    } catch {
      return 0;
    }
  }

  /** The last increment, to go on with it. */
  openLast(): AppendFile {
    const { increments } = this.manifest;
    return this.disk.openAppend(this.pathOf(increments[increments.length - 1].name), false);
  }

  /** An empty increment after the others: it is in the manifest, and on the disk. */
  openNext(): AppendFile {
    const manifest = this.manifest.clone();
    const { name } = manifest.addIncrement(this.fileName);
    const file = this.openEmpty(this.pathOf(name));
    try {
      this.disk.syncFolder(this.folder);
      this.write(manifest);
    } catch (error) {
      file.close();
      this.discard(name);
      throw error;
    }
    return file;
  }

  /** A file that is empty, and new: what one of its name has held can not come back in a crash. */
  private openEmpty(path: string): AppendFile {
    this.disk.removeFile(path);
    return this.disk.openAppend(path, true);
  }

  /** An increment that is in no manifest: what it holds counts from when there is a base for it. */
  openTemporary(): AppendFile {
    return this.openEmpty(this.temporaryPath);
  }

  removeTemporary(): void {
    if (!this.disk.fileExists(this.temporaryPath)) return;
    this.log(`Removing the temp incr aof file ${this.temporaryPath} in the background`);
    this.disk.removeFile(this.temporaryPath);
  }

  /** Where the next base is to be written; see `replaceBase`. */
  nextBasePath(content: Content): string {
    return this.pathOf(this.manifest.clone().replaceBase(this.fileName, isSnapshot(content)).name);
  }

  /** Removes a base that was written where `nextBasePath` says, and is none. */
  discardBase(): void {
    for (const isOfSnapshot of [true, false]) {
      this.discard(this.manifest.clone().replaceBase(this.fileName, isOfSnapshot).name);
    }
  }

  /**
   * Gives a base, which is on the disk where `nextBasePath` says, its place: it holds what was in
   * the increments but the last `kept`; `withTemporary`: the temporary increment follows it. Throws
   * what the disk says; then the log is as it was.
   */
  replaceBase(content: Content, kept: number, withTemporary: boolean): void {
    const manifest = this.manifest.clone();
    const base = manifest.replaceBase(this.fileName, isSnapshot(content));
    manifest.retireIncrements(kept);
    const increment = withTemporary ? manifest.addIncrement(this.fileName) : null;
    try {
      this.keepFound(content, kept);
      if (increment !== null) {
        this.disk.renameFile(this.temporaryPath, this.pathOf(increment.name));
        this.disk.syncFolder(this.folder);
      }
      this.write(manifest);
    } catch (error) {
      this.discard(base.name);
      if (increment !== null) this.discard(increment.name);
      throw error;
    }
  }

  /** Before the base is replaced: see found_files.ts. */
  private keepFound(content: Content, kept: number): void {
    const { disk, folder, manifest } = this;
    const { base, increments } = manifest;
    if (base === null) return;
    const path = this.pathOf(base.name);
    const becomesOwn = isSnapshot(content) && isOwnFormat(this.config);
    if (!(becomesOwn && isRedisFile(disk, path)) && !this.incomplete.has(path)) return;
    const retired = increments.slice(0, increments.length - kept);
    const name = `${this.fileName}.manifest`;
    keepLog(disk, folder, name, base, retired, (text) => this.log(text));
  }

  /** Removes files that are replaced; those that cannot be removed are kept in mind. */
  removeHistory(): void {
    const { history } = this.manifest;
    if (history.length === 0 || this.config.flag("aof-disable-auto-gc")) return;
    const manifest = this.manifest.clone();
    const named = new Set(manifest.parts.map(({ name }) => name));
    manifest.history = history.filter(({ name }) => {
      // An earlier version could give a name twice: what is in use is not removed.
      if (named.has(name)) return false;
      this.log(`Removing the history file ${name} in the background`);
      const path = this.pathOf(name);
      return !this.disk.removeFile(path) && this.disk.fileExists(path);
    });
    if (manifest.history.length === history.length) return;
    // A crash must not leave a file that no manifest names any more.
    this.disk.syncFolder(this.folder);
    this.write(manifest);
  }
}

const isSnapshot = (content: Content) => content === "snapshot";
