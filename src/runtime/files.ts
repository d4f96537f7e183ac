/**
 * Files and folders. Paths and texts hold bytes, one per character, as the configuration does;
 * whatever fails throws an Error with the system's reason ("No such file or directory").
 */
import { Buffer } from "node:buffer";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import type { SyncFile } from "./net.ts";
import { secretWords } from "./secret.ts";
import { orReason, systemCode, systemReason, withReason } from "./system_error.ts";

const LINE_END = 10;
const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
/** O_NONBLOCK is not there on Windows. */
const APPEND_AT_ONCE = O_WRONLY | O_CREAT | O_APPEND | (O_NONBLOCK ?? 0);
/** Nobody reads a pipe, or not fast enough, or no longer. */
const PIPE_CODES = new Set(["ENXIO", "EAGAIN", "EPIPE"]);
/** Of a file's mode. */
const PERMISSIONS = 0o777;

/** The path for the runtime, whose texts are Unicode. */
export const nativePath = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

/** The bytes of a text of the runtime: an argument, a path. */
export const bytesOf = (text: string) => Buffer.from(text, "utf8").toString("latin1");

export function readFile(path: string): string {
  return orReason(() => readFileSync(nativePath(path), "latin1"));
}

export const fileExists = (path: string) => existsSync(nativePath(path));

/** A file being read from its start to its end. */
export interface InputFile {
  /** Its bytes when it was opened. */
  readonly size: number;
  /** Puts the next bytes at an offset of a buffer, at most `size`; how many, 0 at the end. */
  read(into: Uint8Array, offset: number, size: number): number;
  /** As `read`, but the bytes from one on; `read` goes on where it was. */
  readAt(into: Uint8Array, offset: number, size: number, from: number): number;
  close(): void;
}

/** Opens a file to read. */
export function openInput(path: string): InputFile {
  const file = orReason(() => openSync(nativePath(path), "r"));
  return {
    size: orReason(() => fstatSync(file).size),
    read: (into, offset, size) => orReason(() => readSync(file, into, offset, size, null)),
    readAt: (into, offset, size, from) => orReason(() => readSync(file, into, offset, size, from)),
    close: () => closeSync(file),
  };
}

/** A file being written, beside the one of its name if there is one. */
export interface NewFile {
  /** Adds bytes at the end. */
  write(bytes: Uint8Array): void;
  /** Sees on another thread that all is on the disk; tells what went wrong, or null. */
  syncLater(done: (problem: string | null) => void): void;
  /** All is written: sees that it is on the disk, and gives the file its name. */
  commit(): void;
  /** Removes what was written, unless it is committed. */
  abandon(): void;
}

/** A file that grows at its end. */
export interface AppendFile {
  /** Its bytes: those that were there, and those added since, also by a write that failed. */
  readonly size: number;
  /** Adds bytes. Throws when not all of them could be added: `size` tells how many were. */
  write(bytes: Uint8Array, offset: number, size: number): void;
  /** Cuts it to so many bytes. */
  truncate(size: number): void;
  /** Sees that what was added is on the disk. */
  sync(): void;
  /** As `sync`, on another thread; tells what went wrong, or null. One at a time. */
  syncLater(done: (problem: string | null) => void): void;
  /** Closes it, after a `syncLater` that goes on. */
  close(): void;
}

/**
 * Opens a file to append to, made if there is none; `afresh`: emptied if there is one. `syncFile`
 * is used in place of a thread of the runtime's where there is one.
 */
export function openAppend(
  path: string,
  afresh: boolean,
  syncFile: SyncFile | null = null,
): AppendFile {
  const fd = orReason(() => openSync(nativePath(path), "a", 0o644));
  if (afresh) orReason(() => ftruncateSync(fd, 0));
  const size = orReason(() => fstatSync(fd).size);
  return new SystemAppendFile(fd, size, syncFile ?? fdatasync);
}

/**
 * A class, and no closures: code that was compiled for those of one file is left at each write to
 * the next one, which a rewriting of the log begins.
 */
class SystemAppendFile implements AppendFile {
  size: number;
  private readonly fd: number;
  private readonly syncFile: SyncFile;
  private isSyncing = false;
  private isClosed = false;

  constructor(fd: number, size: number, syncFile: SyncFile) {
    this.fd = fd;
    this.size = size;
    this.syncFile = syncFile;
  }

  write(bytes: Uint8Array, offset: number, size: number): void {
    try {
      for (let done = 0; done < size; ) {
        const written = writeSync(this.fd, bytes, offset + done, size - done, null);
        done += written;
        this.size += written;
      }
    } catch (error) {
      throw withReason(error);
    }
  }

  truncate(size: number): void {
    orReason(() => ftruncateSync(this.fd, size));
    this.size = size;
  }

  sync(): void {
    orReason(() => fdatasyncSync(this.fd));
  }

  syncLater(done: (problem: string | null) => void): void {
    this.isSyncing = true;
    const { syncFile } = this;
    syncFile(this.fd, (error) => {
      this.isSyncing = false;
      if (this.isClosed) closeSync(this.fd);
      done(error === null ? null : systemReason(error));
    });
  }

  close(): void {
    this.isClosed = true;
    if (!this.isSyncing) closeSync(this.fd);
  }
}

/** Gives a file another name, in place of one that has it; `syncFolder` makes that last. */
export function renameFile(from: string, to: string): void {
  orReason(() => renameSync(nativePath(from), nativePath(to)));
}

/**
 * Gives a file a second name, which must be free; where the file system has no such thing, a copy
 * is made, which is on the disk then. `syncFolder` makes the name last.
 */
export function linkFile(from: string, to: string): void {
  try {
    linkSync(nativePath(from), nativePath(to));
  } catch {
    orReason(() => copyWhole(nativePath(from), nativePath(to)));
  }
}

function copyWhole(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  const file = openSync(to, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The folder that a path's last name is in. */
export const folderOf = dirname;

/**
 * Makes a folder if there is none, and sees that its name is on the disk. So it does when there is
 * one: whoever made it may have been killed, or refused by the disk, before that was done.
 */
export function makeFolder(path: string): void {
  const options = { recursive: true, mode: 0o755 } as const;
  const native = nativePath(path);
  orReason(() => {
    // On Windows Bun refuses to make one that is there.
    if (!statSync(native, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(native, options);
  });
  syncFolder(dirname(path));
}

/** What the parts that keep data need of the disk, so that a simulated one can stand in. */
export interface Disk {
  fileExists(path: string): boolean;
  openInput(path: string): InputFile;
  createFile(path: string): NewFile;
  openAppend(path: string, afresh: boolean): AppendFile;
  renameFile(from: string, to: string): void;
  linkFile(from: string, to: string): void;
  removeFile(path: string): boolean;
  makeFolder(path: string): void;
  listFolder(path: string): string[];
  syncFolder(path: string): void;
}

/** Begins a file that replaces another whole, as `writeFile` does, but piece by piece. */
export function createFile(path: string, mode = 0o644): NewFile {
  const temporaryBytes = temporaryPath(path);
  const temporary = nativePath(temporaryBytes);
  const file = orReason(() => openSync(temporary, "wx", mode));
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write: (bytes) => orReason(() => writeAll(file, bytes)),
    syncLater: (done) => fsync(file, (error) => done(error === null ? null : systemReason(error))),
    commit: () =>
      orReason(() => {
        fsyncSync(file);
        close();
        place(temporary, path);
      }),
    abandon: () => {
      close();
      removeFile(temporaryBytes);
    },
  };
}

/**
 * A name for what is to take the place of a path's file: it tells which process writes it, and
 * nobody can be there before it.
 */
function temporaryPath(path: string): string {
  const digits = Array.from(secretWords(2), (word) => word.toString(36)).join("");
  return `${path}.tmp-${process.pid}-${digits}`;
}

/**
 * Makes an empty file beside the one of this path, whose place it is to take: for another thread,
 * which opens it by the name that is returned. Whoever gives up before that is done removes it.
 */
export function reserveFile(path: string): string {
  const reserved = temporaryPath(path);
  orReason(() => closeSync(openSync(nativePath(reserved), "wx", 0o644)));
  return reserved;
}

/** A reserved file that is being written. */
export interface ReservedFile {
  /** Adds bytes at the end. */
  write(bytes: Uint8Array): void;
  /** Puts bytes of the file, from `from` on, at an offset of a buffer; how many, 0 at the end. */
  readAt(into: Uint8Array, offset: number, size: number, from: number): number;
  /** Sees that all is on the disk, and closes the file. */
  finish(): void;
  /** Gives the file, which is finished, the name for which it was reserved. */
  place(): void;
}

/** Opens the file that was reserved for a path; it must be there still. */
export function openReserved(reserved: string, path: string): ReservedFile {
  const native = nativePath(reserved);
  const file = orReason(() => openSync(native, "r+"));
  return {
    write: (bytes) => orReason(() => writeAll(file, bytes)),
    readAt: (into, offset, size, from) => orReason(() => readSync(file, into, offset, size, from)),
    finish: () =>
      orReason(() => {
        fsyncSync(file);
        closeSync(file);
      }),
    place: () => orReason(() => place(native, path)),
  };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Renames a file that is on the disk, and sees that its new name is there as well. */
function place(temporary: string, path: string): void {
  renameSync(temporary, nativePath(path));
  syncFolder(dirname(path));
}

/** Sees that names in a folder are on the disk; Windows, which has no call for it, sees to it. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = orReason(() => openSync(nativePath(path), "r"));
  try {
    orReason(() => fsyncSync(folder));
  } finally {
    closeSync(folder);
  }
}

/** Replaces a file whole: a reader, or one after a power cut, sees the old text or the new. */
export function writeFile(path: string, text: string): void {
  const file = createFile(path, modeOf(path));
  try {
    file.write(Buffer.from(text, "latin1"));
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Who may read and write what a file's text replaces; undefined if there is no such file. */
function modeOf(path: string): number | undefined {
  const stats = statSync(nativePath(path), { throwIfNoEntry: false });
  return stats === undefined ? undefined : stats.mode & PERMISSIONS;
}

/** Whether there is something else than a file at a path: a pipe, a device, a folder. */
export function isNoFile(path: string): boolean {
  const stats = statSync(nativePath(path), { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile();
}

/** A path without the links on the way, if it leads to something. */
export function realPath(path: string): string {
  try {
    return bytesOf(realpathSync(nativePath(path)));
  } catch {
    return path;
  }
}

/** Whether there is anything at a path: a link as well that leads nowhere. */
export const isTaken = (path: string) =>
  lstatSync(nativePath(path), { throwIfNoEntry: false }) !== undefined;

/**
 * Adds to a file's end, making the file if there is none. A named pipe gets what it takes at once:
 * of one that nobody reads, nothing.
 */
export function appendFile(path: string, text: string): void {
  try {
    const file = openSync(nativePath(path), APPEND_AT_ONCE, 0o666);
    try {
      writeAll(file, Buffer.from(text, "latin1"));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (!(PIPE_CODES.has(systemCode(error)) && isNoFile(path))) {
      throw new Error(systemReason(error), { cause: error });
    }
  }
}

export function setMode(path: string, mode: number): void {
  orReason(() => chmodSync(nativePath(path), mode));
}

/** The names in a folder; none when it cannot be read. */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(nativePath(path)).map(bytesOf);
  } catch {
    return [];
  }
}

export function changeDirectory(path: string): void {
  orReason(() => process.chdir(nativePath(path)));
}

/** A folder that keeps its name for whoever holds it, whatever becomes of its path. */
export interface HeldFolder {
  /** Names a file in it; for all threads of the process. */
  within(name: string): string;
  release(): void;
}

/**
 * Holds the folder that relative paths are in now. Where the system names what a process has open
 * (/proc), it is found even when another is mounted over it, or it gets another name; elsewhere by
 * its path.
 */
export function holdFolder(): HeldFolder {
  const folder = orReason(() => openSync(".", "r"));
  const open = `/proc/self/fd/${folder}`;
  const path = existsSync(`${open}/.`) ? open : currentDirectory();
  let isHeld = true;
  return {
    within: (name) => `${path}/${name}`,
    release: () => {
      if (isHeld) closeSync(folder);
      isHeld = false;
    },
  };
}

/** The bytes of a path of the system's; Windows takes slashes as well as what it writes itself. */
const pathBytes = (path: string) =>
  bytesOf(process.platform === "win32" ? path.replaceAll("\\", "/") : path);

export const currentDirectory = () => pathBytes(process.cwd());

export const absolutePath = (path: string) => pathBytes(resolve(nativePath(path)));

/** Removes a file if it is there; false when it is not, or cannot be removed. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(nativePath(path));
    return true;
  } catch {
    return false;
  }
}

/** The next line of standard input without its end; what there is of it when nothing follows. */
export function readInputLine(): string {
  const byte = new Uint8Array(1);
  let line = "";
  try {
    while (readSync(0, byte) === 1 && byte[0] !== LINE_END) line += String.fromCharCode(byte[0]);
  } catch {
    // It is closed, or nothing will come: that is its end.
  }
  return line;
}

export const readStandardInput = () => readFileSync(0, "latin1");
