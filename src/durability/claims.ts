/**
 * A snapshot, and a log, have one server: docs/decisions/0026_one_server_for_one_folder.md. Each is
 * claimed by a file beside it, which is locked.
 */
import type { Config } from "../config/config.ts";
import type { LockFile } from "../runtime/file_locks.ts";
import { type Disk, folderOf } from "../runtime/files.ts";

/** What claiming needs of the host: see file_locks.ts. */
interface ClaimHost {
  readonly lockFile: LockFile;
}

/** The file that is locked by whom this file, or log, belongs to. */
const lockOf = (path: string) => `${path}.lock`;

/** Claims a snapshot for this process; null: another server has it. */
export const claimSnapshot = (path: string, { lockFile }: ClaimHost) => lockFile(lockOf(path));

/** As claimSnapshot: a log, in a folder that is there, by what names of its files begin with. */
export const claimLog = (path: string, { lockFile }: ClaimHost) => lockFile(lockOf(path));

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
export function claimConfigured(
  config: Config,
  host: ClaimHost & Pick<Disk, "makeFolder">,
): string | null {
  if (config.flag("appendonly")) {
    makeFolderOf(nameOfLog(config), host);
    return claimLog(nameOfLog(config), host) === null ? logTaken(config) : null;
  }
  const name = config.text("dbfilename");
  if (name === "" || config.value("save").length === 0) return null;
  return claimSnapshot(name, host) === null ? snapshotTaken(config) : null;
}

function makeFolderOf(path: string, host: Pick<Disk, "makeFolder">): void {
  try {
    host.makeFolder(folderOf(path));
  } catch {
    // Whoever is to write there says so, and so does whoever locks.
  }
}
