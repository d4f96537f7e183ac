/** Loads the data that the server starts with. */
import type { Keyspace } from "../keyspace/keyspace.ts";
import { RdbLoader } from "../persistence/rdb_file.ts";
import type { ByteSource } from "../persistence/rdb_reader.ts";
import { isSnapshot, MAGIC } from "../persistence/snapshot_format.ts";
import { SnapshotLoader } from "../persistence/snapshot_loader.ts";
import type { InputFile } from "../runtime/files.ts";
import type { Log } from "./log.ts";

/** Keys loaded between two looks at the clock. */
const STEP_KEYS = 4096;

/** A file of either format while it is loaded; see RdbLoader and SnapshotLoader. */
export interface Loader {
  readonly figures: { keys: number; expired: number; empty: number; module: number };
  step(limit: number): boolean;
}

/** Opens files. */
export interface Opener {
  openInput(path: string): InputFile;
}

/** Whether a file is one of Rusk's snapshots, by its first bytes. */
export function isOwnFile(files: Opener, path: string): boolean {
  const file = files.openInput(path);
  try {
    const head = new Uint8Array(MAGIC.length);
    file.read(head, 0, head.length);
    return isSnapshot(head);
  } finally {
    file.close();
  }
}

/**
 * Loads a snapshot of either format, as its first bytes say. Throws SnapshotError, RdbError, or
 * what the file throws.
 */
export function loadSnapshot(files: Opener, path: string, keyspace: Keyspace, log: Log): void {
  const { clock } = keyspace;
  const startMs = clock.monotonicMs();
  const isOwn = isOwnFile(files, path);
  const file = files.openInput(path);
  const loader = isOwn ? new SnapshotLoader(file, keyspace) : rdbLoader(file, keyspace, log);
  try {
    while (loader.step(STEP_KEYS)) clock.tick();
  } finally {
    file.close();
  }
  const { keys, expired, empty, module } = loader.figures;
  log.add(
    "notice",
    `Done loading ${isOwn ? "snapshot" : "RDB"}, keys loaded: ${keys}, keys expired: ${expired}, ` +
      `empty keys skipped: ${empty}, keys of modules skipped: ${module}.`,
  );
  const seconds = ((clock.monotonicMs() - startMs) / 1000).toFixed(3);
  log.add("notice", `DB loaded from disk: ${seconds} seconds`);
}

/** A loader of an RDB file, which logs what is noteworthy in it. */
function rdbLoader(source: ByteSource, keyspace: Keyspace, log: Log): Loader {
  return new RdbLoader(source, keyspace, {
    aux: (name, value) => {
      if (name === "redis-ver") log.add("notice", `Loading RDB produced by version ${value}`);
    },
    empty: (key) => log.add("notice", `skipping empty key: ${key}`),
    module: (name, isKey) => {
      const what = isKey ? "a key" : "data";
      log.add("warning", `The RDB file holds ${what} of module ${name}, which is left out`);
    },
  });
}
