/**
 * What only one process may have at a time, whatever container it is in: an empty file that it has
 * locked (flock). The system lets a lock go with the process, however that ends; the file that
 * stays behind then is in nobody's way. Over NFS it is a lock of the server's.
 */
import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from "node:fs";
import process from "node:process";
import { absolutePath, nativePath } from "./files.ts";
import { C_LIBRARIES, type ForeignSignatures, openForeign } from "./foreign.ts";
import { systemCode, systemReason } from "./system_error.ts";

const { O_RDONLY, O_RDWR, O_CREAT } = constants;
/** Of macOS. */
const SYSTEM_LIBRARY = "libSystem.B.dylib";
const LOCK_EXCLUSIVE = 2;
const LOCK_AT_ONCE = 4;
/** On Windows, where there is no flock: nobody else may open the file (UV_FS_O_EXLOCK). */
const OPEN_ALONE = process.platform === "win32" ? 0x10000000 : 0;
/** Whoever ends removes its file: one that was opened just before is no lock. */
const ATTEMPTS_MAX = 100;

const SIGNATURES: ForeignSignatures = { flock: { takes: ["int", "int"], returns: "int" } };

interface Calls {
  flock(fd: number, operation: number): number;
}

/** A file that is locked, or that nobody can lock. */
export interface FileLock {
  /** Removes the file; it ends with the process in any case. */
  release(): void;
}

/**
 * Locks the file of this path, which is made if there is none. Who has locked it already gets the
 * same lock again; null: another process has it. Where it cannot be locked nobody can have, and
 * `note` is told why.
 */
export type LockFile = (path: string) => FileLock | null;

export interface FileLocks {
  readonly lock: LockFile;
  /** Releases all: the process is about to end. */
  release(): void;
}

const NO_LOCK: FileLock = { release() {} };

export async function openFileLocks(
  note: (path: string, reason: string) => void,
): Promise<FileLocks> {
  return new Locks(await openFlock(), note);
}

async function openFlock(): Promise<Calls["flock"] | null> {
  if (process.platform === "win32") return null;
  const foreign = await openForeign();
  for (const library of [...C_LIBRARIES, SYSTEM_LIBRARY]) {
    const calls = foreign?.open([[library, SIGNATURES]]) as Calls | null | undefined;
    if (calls) return calls.flock;
  }
  return null;
}

class Locks implements FileLocks {
  /** By what the system knows a file by. */
  private readonly held = new Map<string, FileLock>();
  /** Paths that cannot be locked, as was told. */
  private readonly unlocked = new Set<string>();
  private readonly flock: Calls["flock"] | null;
  private readonly note: (path: string, reason: string) => void;

  constructor(flock: Calls["flock"] | null, note: (path: string, reason: string) => void) {
    this.flock = flock;
    this.note = note;
  }

  readonly lock = (path: string): FileLock | null => {
    try {
      for (let i = 0; i < ATTEMPTS_MAX; i++) {
        const own = this.held.get(identityOf(path));
        if (own !== undefined) return own;
        const fd = openLock(path);
        if (fd === null || !this.isLocked(fd, path)) return null;
        const key = identityOf(fd);
        if (key === identityOf(path)) return this.hold(key, fd, absolutePath(path));
        closeSync(fd);
      }
    } catch (error) {
      this.tell(path, systemReason(error));
    }
    return NO_LOCK;
  };

  /** `path`: the same whatever the current folder. */
  private hold(key: string, fd: number, path: string): FileLock {
    const release = () => {
      if (this.held.delete(key)) removeLock(fd, path);
    };
    const lock = { release };
    this.held.set(key, lock);
    return lock;
  }

  /** Closes a file that is not locked; throws where none can be. */
  private isLocked(fd: number, path: string): boolean {
    if (OPEN_ALONE !== 0 || this.tryLock(fd)) return true;
    closeSync(fd);
    if (this.flock !== null && this.locksAnother(path)) return false;
    throw new Error("No locks available");
  }

  private tryLock(fd: number): boolean {
    return this.flock?.(fd, LOCK_EXCLUSIVE | LOCK_AT_ONCE) === 0;
  }

  /** Whether files of this folder can be locked at all: one that nobody else knows can, then. */
  private locksAnother(path: string): boolean {
    const other = `${path}-${process.pid}`;
    const fd = openSync(nativePath(other), O_RDWR | O_CREAT, 0o644);
    try {
      return this.tryLock(fd);
    } finally {
      unlinkSync(nativePath(other));
      closeSync(fd);
    }
  }

  private tell(path: string, reason: string): void {
    if (this.unlocked.has(path)) return;
    this.unlocked.add(path);
    this.note(path, reason);
  }

  readonly release = (): void => {
    for (const lock of this.held.values()) lock.release();
  };
}

function removeLock(fd: number, path: string): void {
  // What is open cannot be removed on Windows; elsewhere nobody else is to lock it before.
  if (OPEN_ALONE !== 0) closeSync(fd);
  try {
    unlinkSync(nativePath(path));
  } catch {
    // It is in nobody's way.
  }
  if (OPEN_ALONE === 0) closeSync(fd);
}

/** Opens a file to lock it; null: another process has it for itself. */
function openLock(path: string): number | null {
  const native = nativePath(path);
  try {
    return openSync(native, O_RDWR | O_CREAT | OPEN_ALONE, 0o644);
  } catch (error) {
    if (OPEN_ALONE !== 0 && systemCode(error) === "EBUSY") return null;
    // Of another user, or of a disk that is only read: to be locked it need not be written.
    try {
      return openSync(native, O_RDONLY);
    } catch {
      throw error;
    }
  }
}

/** What tells a file from all others, by its path or opened; "" if there is none. */
function identityOf(file: string | number): string {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const stats =
    typeof file === "number"
      ? fstatSync(file, { bigint: true })
      : statSync(nativePath(file), options);
  return stats === undefined ? "" : `${stats.dev}:${stats.ino}`;
}
