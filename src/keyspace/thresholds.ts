/**
 * From which size on a collection is no longer packed in one block: the directives of the
 * configuration, kept current by the server. Above any of them it is converted, and stays so.
 */
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
