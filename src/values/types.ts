/** The types of values, as an entry's four bits of type; the numbers are never stored on disk. */
export const Type = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 5 } as const;

/** The names that TYPE and SCAN TYPE use, by number. */
export const TYPE_NAMES = ["string", "list", "set", "zset", "hash", "stream"] as const;
