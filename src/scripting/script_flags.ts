/** Flags of scripts and functions: what they may, and how they end. */

/** As masks, in Redis's order. */
export const ScriptFlag = {
  /** It writes nothing: only so may the commands that end with _RO call it. */
  no_writes: 1 << 0,
  /** It runs though more than `maxmemory` is in use. */
  allow_oom: 1 << 1,
  allow_stale: 1 << 2,
  no_cluster: 1 << 3,
  allow_cross_slot_keys: 1 << 4,
  /** It is undone when an error or a limit ends it. */
  atomic: 1 << 5,
} as const;

/** By the names that scripts give them. */
export const SCRIPT_FLAGS: ReadonlyMap<string, number> = new Map(
  Object.entries(ScriptFlag).map(([name, flag]) => [name.replaceAll("_", "-"), flag]),
);
