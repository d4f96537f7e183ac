/** Files that a process keeps for itself on Windows: nobody else opens them, they go with it. */
import { Buffer } from "node:buffer";
import { closeSync, openSync } from "node:fs";
import { nativePath } from "./files.ts";
import type { Foreign, ForeignSignatures, Place } from "./foreign.ts";
import { systemCode } from "./system_error.ts";

/**
 * Locks the file of a path, which is made if there is none; what releases it, or null: another
 * process has it. Throws why it cannot be locked at all.
 */
export type TryLock = (path: string) => (() => void) | null;

/** GENERIC_READ and GENERIC_WRITE. */
const READ_WRITE = 0xc0000000 | 0;
const SHARED_WITH_NOBODY = 0;
const OPEN_ALWAYS = 4;
/** FILE_ATTRIBUTE_NORMAL and FILE_FLAG_DELETE_ON_CLOSE. */
const UNTIL_CLOSED = 0x04000080;
const INVALID_HANDLE = -1;
/** Another process may have gone in between. */
const ATTEMPTS_MAX = 10;

const SIGNATURES: ForeignSignatures = {
  CreateFileW: {
    takes: ["bytes", "int", "int", "pointer", "int", "int", "pointer"],
    returns: "long",
  },
  CloseHandle: { takes: ["long"], returns: "int" },
};

interface Calls {
  CreateFileW(
    path: Place,
    access: number,
    sharing: number,
    security: null,
    disposition: number,
    flags: number,
    template: null,
  ): number | bigint;
  CloseHandle(handle: number | bigint): number;
}

/** See file_locks.ts; null where there are no foreign functions. */
export function windowsLock(foreign: Foreign | null): TryLock | null {
  const calls = foreign?.open([["kernel32.dll", SIGNATURES]]) as Calls | null | undefined;
  if (!foreign || !calls) return null;
  return (path) => {
    const wide = new Uint8Array(Buffer.from(`${nativePath(path)}\0`, "utf16le"));
    for (let i = 0; i < ATTEMPTS_MAX; i++) {
      const handle = calls.CreateFileW(
        foreign.place(wide, 0),
        READ_WRITE,
        SHARED_WITH_NOBODY,
        null,
        OPEN_ALWAYS,
        UNTIL_CLOSED,
        null,
      );
      if (Number(handle) !== INVALID_HANDLE) return () => calls.CloseHandle(handle);
      if (isOpenElsewhere(path)) return null;
    }
    return null;
  };
}

/** Whether another process has the file. Throws why else it cannot be opened. */
function isOpenElsewhere(path: string): boolean {
  try {
    closeSync(openSync(nativePath(path), "a"));
    return false;
  } catch (error) {
    if (systemCode(error) === "EBUSY") return true;
    throw error;
  }
}
