/**
 * From which size on a collection is no longer packed in one block: the directives of the
 * configuration, kept current by the server. Above any of them it is converted, and stays so.
 */
import type { Config } from "../config/config.ts";

export const thresholds = {
  hashPackedEntries: 512,
  hashPackedValue: 64,
  setIntsetEntries: 512,
  setPackedEntries: 128,
  setPackedValue: 64,
  zsetPackedEntries: 128,
  zsetPackedValue: 64,
  /** Elements of a leaf of a list; below zero, -1 to -5, its size. */
  listPackedSize: -2,
  /** Bytes and entries of a leaf of a stream, as Redis counts them; 0 is no limit. */
  streamNodeBytes: 4096,
  streamNodeEntries: 100,
};

/**
 * No threshold is taken to be higher: what a collection takes when it is converted stays within
 * the arena's reserve. Redis has such limits, too, of 1 GiB.
 */
const THRESHOLD_MAX = 1 << 20;

/** The largest packed collection, and leaf of a stream, of more than one element. */
export const PACKED_SIZE_MAX = 16 << 20;

/** Takes the thresholds from the configuration, now and whenever one changes. */
export function followThresholds(config: Config): void {
  const names = {
    "hash-max-listpack-entries": "hashPackedEntries",
    "hash-max-listpack-value": "hashPackedValue",
    "set-max-intset-entries": "setIntsetEntries",
    "set-max-listpack-entries": "setPackedEntries",
    "set-max-listpack-value": "setPackedValue",
    "zset-max-listpack-entries": "zsetPackedEntries",
    "zset-max-listpack-value": "zsetPackedValue",
    "list-max-listpack-size": "listPackedSize",
    "stream-node-max-bytes": "streamNodeBytes",
    "stream-node-max-entries": "streamNodeEntries",
  } as const;
  for (const name of Object.keys(names) as (keyof typeof names)[]) {
    config.follow([name], () => setThreshold(names[name], config.number(name)));
  }
}

/** Sets a threshold to what its directive says. */
function setThreshold(name: keyof typeof thresholds, value: number): void {
  thresholds[name] = Math.min(value, THRESHOLD_MAX);
}
