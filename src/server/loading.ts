/** Loads the data that the server starts with. */
import type { Keyspace } from "../keyspace/keyspace.ts";
import { type RdbHooks, RdbLoader } from "../persistence/rdb_file.ts";
import type { InputFile } from "../runtime/files.ts";
import type { Log } from "./log.ts";

/** Keys loaded between two looks at the clock. */
const STEP_KEYS = 4096;

/**
 * Loads an RDB file, and closes it; `replaces`: to data that may have the same keys. Throws
 * RdbError, or what the file throws.
 */
export function loadRdb(file: InputFile, keyspace: Keyspace, log: Log, replaces: boolean): void {
  const { clock } = keyspace;
  const startMs = clock.monotonicMs();
  const hooks: RdbHooks = {
    aux: (name, value) => {
      if (name === "redis-ver") log.add("notice", `Loading RDB produced by version ${value}`);
    },
    empty: (key) => log.add("notice", `skipping empty key: ${key}`),
    module: (name, isKey) => {
      const what = isKey ? "a key" : "data";
      log.add("warning", `The RDB file holds ${what} of module ${name}, which is left out`);
    },
  };
  const loader = new RdbLoader(file, keyspace, hooks, replaces);
  try {
    while (loader.step(STEP_KEYS)) clock.tick();
  } finally {
    file.close();
  }
  const { keys, expired, empty, module } = loader.figures;
  log.add(
    "notice",
    `Done loading RDB, keys loaded: ${keys}, keys expired: ${expired}, ` +
      `empty keys skipped: ${empty}, keys of modules skipped: ${module}.`,
  );
  const seconds = ((clock.monotonicMs() - startMs) / 1000).toFixed(3);
  log.add("notice", `DB loaded from disk: ${seconds} seconds`);
}
