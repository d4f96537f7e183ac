/** Files that a tool replaces: not those of a server that runs, and no other unasked. */
import { claimLog, claimSnapshot } from "../durability/claims.ts";
import { removeLeftovers } from "../durability/leftovers.ts";
import type { FileLock, LockFile } from "../runtime/file_locks.ts";
import { folderOf } from "../runtime/files.ts";
import type { ToolParts } from "./tool_parts.ts";

/** What a file of a log has after the log's name: a manifest, and each part. */
const PART_ENDING = /\.(?:manifest|\d+\.(?:base|incr)\.(?:aof|rdb))$/;

/**
 * Has `run` replace a snapshot, or what may be one. Throws if a server has it. What tools that were
 * killed have left of the file is removed.
 */
export function whileSnapshotOwned<Result>(
  path: string,
  parts: ToolParts,
  run: () => Promise<Result>,
): Promise<Result> {
  return whileOwned(
    parts,
    (host) => claimSnapshot(path, host),
    path,
    () => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      removeLeftovers({ ...parts, ...parts.disk }, folderOf(path), name);
      return run();
    },
  );
}

/** As whileSnapshotOwned, for a log, of which `path` is a manifest or another file. */
export const whileLogOwned = <Result>(path: string, parts: ToolParts, run: () => Promise<Result>) =>
  whileOwned(parts, (host) => claimLog(path.replace(PART_ENDING, ""), host), path, run);

/** A server has the file. */
export class Owned extends Error {}

async function whileOwned<Result>(
  parts: ToolParts,
  claim: (host: { readonly lockFile: LockFile }) => FileLock | null,
  path: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const { lock, release } = await parts.openLocks();
  parts.unfinished.add(release);
  try {
    if (claim({ lockFile: lock }) === null) {
      throw new Owned(`A server that runs writes ${path}: end it first`);
    }
    return await run();
  } finally {
    release();
    parts.unfinished.delete(release);
  }
}
