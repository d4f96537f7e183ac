/**
 * A snapshot, and a log, have one server: docs/decisions/0026_one_server_for_one_folder.md. Each is
 * claimed by a file beside it, which is locked.
 */
import type { Config } from "../config/config.ts";
import type { LockFile } from "../runtime/file_locks.ts";
import { type Disk, folderOf } from "../runtime/files.ts";

/** What claiming needs of the host. */
export interface ClaimHost extends Pick<Disk, "makeFolder"> {
  /** See file_locks.ts. */
  readonly lockFile: LockFile;
}

/** The file that is locked by whom this file, or log, belongs to. */
const lockOf = (path: string) => `${path}.lock`;

/** Claims a snapshot for this process, until it ends; false: another server has it. */
export const claimSnapshot = (path: string, { lockFile }: ClaimHost) => lockFile(lockOf(path));

/** As claimSnapshot: a log, by the path that the names of its files begin with. */
export function claimLog(path: string, host: ClaimHost): boolean {
  try {
    host.makeFolder(folderOf(path));
  } catch {
    // Whoever is to write there will say so; there is nothing yet that could be lost.
    return true;
  }
  return host.lockFile(lockOf(path));
}

const nameOfLog = (config: Config) =>
  `${config.text("appenddirname")}/${config.text("appendfilename")}`;

/** What is wrong when the configured log is another server's. */
export const logTaken = (config: Config) =>
  `Another server is writing the append-only log ${nameOfLog(config)} in ${config.text("dir")}`;

/** What is wrong when the configured snapshot is another server's. */
export const snapshotTaken = (config: Config) =>
  `Another server saves to the snapshot ${config.text("dbfilename")} in ${config.text("dir")}`;

/**
 * Claims what a server of this configuration loads, and is to write; what is in the way, or null. A
 * snapshot that is not saved by itself, or is there beside a log, is claimed when one is made.
 */
export function claimConfigured(config: Config, host: ClaimHost): string | null {
  if (config.flag("appendonly")) {
    return claimLog(nameOfLog(config), host) ? null : logTaken(config);
  }
  const name = config.text("dbfilename");
  if (name === "" || config.value("save").length === 0 || claimSnapshot(name, host)) return null;
  return snapshotTaken(config);
}
