/**
 * What writes a file of all data: an encoder. After its head (open_saver.ts makes savers that have
 * written it) it is told
 *
 *   saver.database(db, keys, expiring)       for each database that has keys
 *   saver.entry(db, keyspace, e)             for each of its keys, in any order, or
 *   saver.select(id), saver.entry(…)         where keys of several databases are mixed
 *   saver.end()
 *
 * Between the calls other things may happen: each writes an entry as it is at that moment.
 *
 * An encoder that takes large values in parts, between which commands go on, says so by `large`.
 * When all that is saved whole has been, the walk of a snapshot (snapshot_walk.ts) calls, for each
 * large key, and no other key comes in between,
 *
 *   large.beginLarge(key), then, by `key.type`,
 *     string   piece …                     `key.count` bytes in all
 *     list     block …                     `key.count` blocks
 *     set      member …                    `key.count` members, in any order
 *     zset     scored …                    `key.count` members, from the highest down; those that
 *                                          have changed meanwhile come in between
 *     hash     field …                     `key.count` fields, in any order
 *     stream   leaf …                      `key.count` leaves
 *              streamState(state)          then for each of its groups, in their order:
 *                beginGroup(group)
 *                pending …                 `group.pendingCount`, by ID
 *                beginConsumer(consumer)   for each, in their order, and after it
 *                pendingId …               `consumer.pendingCount`, by ID
 *   large.endLarge()
 *
 * All is as it was when the walk began, whatever has become of the key. Ranges and refs are good
 * until the call returns. When a call throws, no other follows.
 */
import type { Range } from "../base/range.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { NewFile } from "../runtime/files.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import type { PackedRef } from "../structures/packed.ts";
import type { StreamId } from "../structures/stream_id.ts";
import type { StreamLeafRef } from "../structures/stream_leaf.ts";
import type { FrozenConsumer, FrozenGroup } from "../values/stream_group.ts";

/** Encodes the data of one file: see above. Throws what the file throws. */
export interface Saver {
  /** What is shown large values in parts; null: it takes every value whole. */
  readonly large: LargeSaver | null;
  /** Commands written so far; 0 in a file of none. */
  readonly commands: number;
  /** Writes the code of a library of functions; before the databases. */
  library(code: Uint8Array): void;
  /** The keys that follow are of this database: about so many, of which so many expire. */
  database(db: Database, keys: number, expiring: number): void;
  /** The keys that follow are of the database of this number, untold how many. */
  select(id: number): void;
  /** Writes a key of the database, with expiry, access clock and value. */
  entry(db: Database, keyspace: Keyspace, e: EntryRef): void;
  /** Writes the end: all is in the file then. */
  end(): void;
}

/** A key whose value comes in parts. */
export interface LargeKey {
  /** The number of its database. */
  readonly database: number;
  readonly key: Uint8Array;
  /** As in values/types.ts. */
  readonly type: number;
  /** What of, the type says: see above. */
  readonly count: number;
  /**
   * Its elements, entries of a stream that were deleted too; the bytes of a string. To be called
   * before any part is shown; takes a millisecond for a million entries of a stream.
   */
  readonly elements: () => number;
  /** Unix ms, or -1; where a double is not exact for it, also as an integer. */
  readonly expiryMs: number;
  readonly farExpiryMs: bigint | undefined;
  /** Its access clock: what both may be is in keyspace.ts. */
  readonly idleSeconds: number;
  readonly frequency: number;
  /** Of a hash: Unix ms at which its first field expires, or Infinity. */
  readonly firstDeadline: number;
}

/** What is to be known of a stream beside its entries. */
export interface StreamState {
  readonly length: number;
  readonly lastId: StreamId;
  readonly firstId: StreamId;
  readonly maxDeletedId: StreamId;
  readonly entriesAdded: bigint;
  readonly groups: readonly FrozenGroup[];
}

/** The side of a saver that is shown large values: see above. */
export interface LargeSaver {
  beginLarge(key: LargeKey): void;
  piece(bytes: Uint8Array, offset: number, size: number): void;
  /** A leaf of a list, of at least one element: listValue.showElements shows them. */
  block(leaf: PackedRef): void;
  member(member: Range): void;
  scored(member: Range, score: number): void;
  /** `deadlineMs` is Unix ms, or -1. */
  field(name: Range, value: Range, deadlineMs: number): void;
  leaf(entries: StreamLeafRef): void;
  streamState(state: StreamState): void;
  beginGroup(group: FrozenGroup): void;
  pending(id: StreamId, deliveredMs: number, deliveryCount: bigint): void;
  beginConsumer(consumer: FrozenConsumer): void;
  pendingId(id: StreamId): void;
  endLarge(): void;
}

/** Has everything written, to the end. */
export function saveAll(saver: Saver, keyspace: Keyspace): void {
  for (const db of keyspace.databases) {
    if (db.size === 0) continue;
    saver.database(db, db.size, db.expires.count);
    dict.each(db.keys, (e) => saver.entry(db, keyspace, e));
  }
  saver.end();
}

/** A file that takes its place when it is whole. */
export type WholeFile = Pick<NewFile, "write" | "commit" | "abandon">;

/**
 * Writes all data to a file at once; `open` makes the saver. Throws what went wrong: the file is
 * given up then, and what was in its place stays.
 */
export function saveWhole(
  file: WholeFile,
  keyspace: Keyspace,
  open: (write: (bytes: Uint8Array) => void) => Saver,
): void {
  try {
    saveAll(
      open((bytes) => file.write(bytes)),
      keyspace,
    );
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}
