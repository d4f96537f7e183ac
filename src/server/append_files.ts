/**
 * The files of the append-only log, in a folder of their own: the manifest that names them, the
 * base and the increments. Every change of the manifest is on the disk before what depends on it,
 * so that a crash at any moment leaves a log that is whole.
 */
import type { Config } from "../config/config.ts";
import { Manifest, type Part, parseManifest } from "../persistence/append_manifest.ts";
import type { AppendFile, Disk, NewFile } from "../runtime/files.ts";

/** Where the increment is until the first base is written. */
const TEMPORARY_INCREMENT = "temp-";

export class AppendFiles {
  manifest = new Manifest();
  private readonly config: Config;
  private readonly disk: Disk;
  private readonly log: (text: string) => void;

  constructor(config: Config, disk: Disk, log: (text: string) => void) {
    this.config = config;
    this.disk = disk;
    this.log = log;
  }

  private get folder(): string {
    return this.config.text("appenddirname");
  }

  private get fileName(): string {
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

  /** Puts a manifest in force, on the disk first. */
  write(manifest: Manifest): void {
    const file = this.disk.createFile(this.manifestPath);
    try {
      const text = manifest.toString();
      file.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
      file.commit();
    } catch (error) {
      file.abandon();
      throw error;
    }
    this.manifest = manifest;
  }

  makeFolder(): void {
    this.disk.makeFolder(this.folder);
  }

  /** Bytes of all files with data. */
  size(): number {
    return this.manifest.parts.reduce((sum, part) => sum + this.sizeOf(part), 0);
  }

  sizeOf({ name }: Part): number {
    if (!this.disk.fileExists(this.pathOf(name))) return 0;
    const file = this.disk.openInput(this.pathOf(name));
    file.close();
    return file.size;
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
    const file = this.disk.openAppend(this.pathOf(name), true);
    try {
      this.disk.syncFolder(this.folder);
      this.write(manifest);
    } catch (error) {
      file.close();
      this.disk.removeFile(this.pathOf(name));
      throw error;
    }
    return file;
  }

  /** An increment that is in no manifest: what it holds counts from when there is a base for it. */
  openTemporary(): AppendFile {
    return this.disk.openAppend(this.temporaryPath, true);
  }

  removeTemporary(): void {
    this.log(`Removing the temp incr aof file ${this.temporaryPath} in the background`);
    this.disk.removeFile(this.temporaryPath);
  }

  /** Begins a base, of the name that it will have; see `replaceBase`. */
  createBase(isSnapshot: boolean): NewFile {
    const { name } = this.manifest.clone().replaceBase(this.fileName, isSnapshot);
    return this.disk.createFile(this.pathOf(name));
  }

  /**
   * Gives a base, which is on the disk, its name and its place: it holds what was in the increments
   * but the last `kept`; `withTemporary`: the temporary increment follows it.
   */
  replaceBase(file: NewFile, isSnapshot: boolean, kept: number, withTemporary: boolean): void {
    const manifest = this.manifest.clone();
    manifest.replaceBase(this.fileName, isSnapshot);
    manifest.retireIncrements(kept);
    file.commit();
    if (withTemporary) {
      const { name } = manifest.addIncrement(this.fileName);
      this.disk.renameFile(this.temporaryPath, this.pathOf(name));
      this.disk.syncFolder(this.folder);
    }
    this.write(manifest);
  }

  /** Removes files that are replaced. */
  removeHistory(): void {
    const { history } = this.manifest;
    if (history.length === 0 || this.config.flag("aof-disable-auto-gc")) return;
    for (const { name } of history) {
      this.log(`Removing the history file ${name} in the background`);
      this.disk.removeFile(this.pathOf(name));
    }
    const manifest = this.manifest.clone();
    manifest.history = [];
    this.write(manifest);
  }
}
