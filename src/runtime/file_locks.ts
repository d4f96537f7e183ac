/**
 * What only one process may have at a time, whatever container it is in: an empty file that it has
 * locked (flock; on Windows, one that it keeps for itself). The system lets a lock go with the
 * process, however that ends; the file that stays behind then is in nobody's way. Over NFS it is a
 * lock of the server's.
 */
import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from "node:fs";
import process from "node:process";
import { absolutePath, nativePath } from "./files.ts";
import { C_LIBRARIES, type Foreign, type ForeignSignatures, openForeign } from "./foreign.ts";
import { secretWords } from "./secret.ts";
import { systemReason } from "./system_error.ts";
import { type TryLock, windowsLock } from "./windows_lock.ts";

const { O_RDONLY, O_RDWR, O_CREAT } = constants;
/** Of macOS. */
const SYSTEM_LIBRARY = "libSystem.B.dylib";
const LOCK_EXCLUSIVE = 2;
const LOCK_AT_ONCE = 4;
/** Whoever ends removes its file: one that was opened just before is no lock. */
const ATTEMPTS_MAX = 100;
const NO_LOCKS = "No locks available";

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
  const foreign = await openForeign();
  const tryLock = process.platform === "win32" ? windowsLock(foreign) : systemLock(foreign);
  return new Locks(tryLock ?? refuse, note);
}

const refuse: TryLock = () => {
  throw new Error(NO_LOCKS);
};

class Locks implements FileLocks {
  /** By what the system knows a file by. */
  private readonly held = new Map<string, FileLock>();
  /** Paths that cannot be locked, as was told. */
  private readonly unlocked = new Set<string>();
  private readonly tryLock: TryLock;
  private readonly note: (path: string, reason: string) => void;

  constructor(tryLock: TryLock, note: (path: string, reason: string) => void) {
    this.tryLock = tryLock;
    this.note = note;
  }

  readonly lock = (path: string): FileLock | null => {
    try {
      const own = this.held.get(identityOf(path));
      if (own !== undefined) return own;
      const free = this.tryLock(path);
      return free === null ? null : this.hold(identityOf(path), free);
    } catch (error) {
      this.tell(path, systemReason(error));
      return NO_LOCK;
    }
  };

  private hold(key: string, free: () => void): FileLock {
    const lock = {
      release: () => {
        if (this.held.delete(key)) free();
      },
    };
    this.held.set(key, lock);
    return lock;
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

/** By flock; null where there is none. */
function systemLock(foreign: Foreign | null): TryLock | null {
  for (const library of [...C_LIBRARIES, SYSTEM_LIBRARY]) {
    const calls = foreign?.open([[library, SIGNATURES]]) as Calls | null | undefined;
    if (!calls) continue;
    const isLocked = (fd: number) => calls.flock(fd, LOCK_EXCLUSIVE | LOCK_AT_ONCE) === 0;
    return (path) => lockBy(isLocked, path);
  }
  return null;
}

function lockBy(isLocked: (fd: number) => boolean, path: string): (() => void) | null {
  // It is the same whatever the current folder.
  const whole = absolutePath(path);
  for (let i = 0; i < ATTEMPTS_MAX; i++) {
    const fd = openLock(path);
    if (!isLocked(fd)) {
      closeSync(fd);
      if (locksAnother(isLocked, path)) return null;
      throw new Error(NO_LOCKS);
    }
    if (identityOf(fd) === identityOf(path)) {
      return () => {
        // In this order: nobody else is to lock it before it is gone. Where the folder was moved,
        // or made anew, the file of that name is another's.
        if (identityOf(fd) === identityOf(whole)) remove(whole);
        closeSync(fd);
      };
    }
    closeSync(fd);
  }
  return null;
}

/** Whether files of this folder can be locked at all: one that nobody else knows can, then. */
function locksAnother(isLocked: (fd: number) => boolean, path: string): boolean {
  // Servers of different containers may have the same process number.
  const digits = Array.from(secretWords(2), (word) => word.toString(36)).join("");
  const other = `${path}-${process.pid}-${digits}`;
  const fd = openSync(nativePath(other), O_RDWR | O_CREAT, 0o644);
  try {
    return isLocked(fd);
  } finally {
    remove(other);
    closeSync(fd);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(nativePath(path));
  } catch {
    // It is in nobody's way.
  }
}

function openLock(path: string): number {
  const native = nativePath(path);
  try {
    return openSync(native, O_RDWR | O_CREAT, 0o644);
  } catch (error) {
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
