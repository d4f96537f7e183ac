/**
 * What happens to a key: as which of Redis's keyspace events it is told, and to whom.
 */

/**
 * The names of all events that changes are told as, each with the letter of its class in
 * notify-keyspace-events: of all keys (g), of a type ($ l s h z t), of expired keys (x), of
 * evicted ones (e), of new ones (n), or of such as were not there (m). The last two are no changes.
 */
export const KEY_EVENTS = {
  copy_to: "g",
  del: "g",
  expire: "g",
  move_from: "g",
  move_to: "g",
  persist: "g",
  rename_from: "g",
  rename_to: "g",
  restore: "g",
  expired: "x",
  evicted: "e",
  keymiss: "m",
  new: "n",
  append: "$",
  incrby: "$",
  incrbyfloat: "$",
  pfadd: "$",
  set: "$",
  setbit: "$",
  setrange: "$",
  linsert: "l",
  lpop: "l",
  lpush: "l",
  lrem: "l",
  lset: "l",
  ltrim: "l",
  rpop: "l",
  rpush: "l",
  sortstore: "l",
  sadd: "s",
  sdiffstore: "s",
  sinterstore: "s",
  spop: "s",
  srem: "s",
  sunionstore: "s",
  geosearchstore: "z",
  georadiusstore: "z",
  zadd: "z",
  zdiffstore: "z",
  zincr: "z",
  zinterstore: "z",
  zpopmax: "z",
  zpopmin: "z",
  zrangestore: "z",
  zrem: "z",
  zremrangebylex: "z",
  zremrangebyrank: "z",
  zremrangebyscore: "z",
  zunionstore: "z",
  hdel: "h",
  hexpire: "h",
  hexpired: "h",
  hincrby: "h",
  hincrbyfloat: "h",
  hpersist: "h",
  hset: "h",
  xadd: "t",
  xdel: "t",
  "xgroup-create": "t",
  "xgroup-createconsumer": "t",
  "xgroup-delconsumer": "t",
  "xgroup-destroy": "t",
  "xgroup-setid": "t",
  xsetid: "t",
  xtrim: "t",
} as const satisfies Record<
  string,
  "g" | "x" | "e" | "m" | "n" | "$" | "l" | "s" | "z" | "h" | "t"
>;

export type KeyEvent = keyof typeof KEY_EVENTS;

/** Whether a change counts, and who has to do with it. */
export const ChangeKind = {
  /** It counts in `Keyspace.dirty`, and whoever watches the key, or waits for it, is told. */
  usual: 0,
  /** It does not count: a key expires, or it is a further key or step of the same change. */
  uncounted: 1,
  /**
   * It is none of the value to those who WATCH the key, or wait for it: of the groups of a stream,
   * or of a string to which only zeros are added.
   */
  unwatched: 2,
  /** Nobody sees it, and it does not count: of a hash, fields go that were hidden before. */
  unseen: 3,
} as const;

export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];
