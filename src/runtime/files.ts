/**
 * Files and folders. Paths and texts hold bytes, one per character, as the configuration does;
 * whatever fails throws an Error with the system's reason ("No such file or directory").
 */
import { Buffer } from "node:buffer";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { orReason } from "./system_error.ts";

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
  close(): void;
}

/** Opens a file to read. */
export function openInput(path: string): InputFile {
  const file = orReason(() => openSync(nativePath(path), "r"));
  return {
    size: orReason(() => fstatSync(file).size),
    read: (into, offset, size) => orReason(() => readSync(file, into, offset, size, null)),
    close: () => closeSync(file),
  };
}

/** A file being written, beside the one of its name if there is one. */
export interface NewFile {
  /** Adds bytes at the end. */
  write(bytes: Uint8Array): void;
  /** All is written: sees that it is on the disk, and gives the file its name. */
  commit(): void;
  /** Removes what was written, unless it is committed. */
  abandon(): void;
}

/** Begins a file that replaces another whole, as `writeFile` does, but piece by piece. */
export function createFile(path: string): NewFile {
  const temporaryBytes = `${path}.tmp-${process.pid}`;
  const temporary = nativePath(temporaryBytes);
  const file = orReason(() => openSync(temporary, "w", 0o644));
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write: (bytes) => orReason(() => writeAll(file, bytes)),
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

/** Reservations made so far: each has a name of its own. */
let reservations = 0;

/**
 * Makes an empty file beside the one of this path, whose place it is to take: for another thread,
 * which opens it by the name that is returned. Whoever gives up before that is done removes it.
 */
export function reserveFile(path: string): string {
  const reserved = `${path}.tmp-${process.pid}-${++reservations}`;
  orReason(() => closeSync(openSync(nativePath(reserved), "w", 0o644)));
  return reserved;
}

/** A reserved file that is being written. */
export interface ReservedFile {
  /** Adds bytes at the end. */
  write(bytes: Uint8Array): void;
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
  syncFolder(dirname(nativePath(path)));
}

/** Sees that names in a folder are on the disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Replaces a file whole: a reader, or one after a power cut, sees the old text or the new. */
export function writeFile(path: string, text: string): void {
  const file = createFile(path);
  try {
    file.write(Buffer.from(text, "latin1"));
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Adds to a file's end, making the file if there is none. */
export function appendFile(path: string, text: string): void {
  orReason(() => appendFileSync(nativePath(path), text, "latin1"));
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

export const currentDirectory = () => bytesOf(process.cwd());

export const absolutePath = (path: string) => bytesOf(resolve(nativePath(path)));

/** Removes a file if it is there; false when it is not, or cannot be removed. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(nativePath(path));
    return true;
  } catch {
    return false;
  }
}

export const readStandardInput = () => readFileSync(0, "latin1");
