/**
 * Sees to it that nothing is left of a server when the process that started it ends, however it
 * ends: a shell waits at the end of a pipe, which the system closes with that process.
 */

import { type ChildProcess, spawn } from "node:child_process";

/** `read` succeeds with a line, and fails at the end of its input. */
const WAIT_AND_BURY = `read -r ended || kill -9 "$1" 2> /dev/null; read -r removed || rm -rf "$2"`;

/** Whom to tell what need not be seen to any more. */
export interface Undertaker {
  /** The server has ended: its number may become that of another process. */
  ended(): void;
  /** Its folder is gone, too. */
  removed(): void;
}

/** What a runtime may lack. */
interface Unreferable {
  unref?(): void;
}

/** Has a server and its folder watched over. */
export function watchOver(pid: number | undefined, folder: string): Undertaker {
  // On Windows there is no such shell: a server that is not stopped stays.
  if (pid === undefined || process.platform === "win32") {
    return { ended: () => {}, removed: () => {} };
  }
  const shell: ChildProcess = spawn("sh", ["-c", WAIT_AND_BURY, "sh", String(pid), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a group of its own, so that an interrupt from the keyboard does not end it.
    detached: true,
  });
  shell.once("error", () => {});
  shell.unref();
  const pipe = shell.stdin as NonNullable<typeof shell.stdin> & Unreferable;
  pipe.on("error", () => {});
  pipe.unref?.();
  return { ended: () => void pipe.write("ended\n"), removed: () => void pipe.end("removed\n") };
}
