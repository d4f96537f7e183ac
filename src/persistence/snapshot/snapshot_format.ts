/**
 * The numbers of Rusk's snapshot files; docs/snapshot-format.md tells the whole format.
 *
 *   RUSKSNAP | version: 4 | block | block | …
 *
 *   block  0             4          8      9       10  12
 *          | stored size | raw size | kind | codec | 0 | CRC-32 | stored bytes |
 *
 * Numbers are written lowest byte first. The checksum is that of the twelve bytes before it and the
 * stored bytes. The first block is a head, the last one a foot, all between hold whole records in
 * MessagePack, one after the other.
 */
import { RDB_STRING_SIZE_MAX } from "../../base/limits.ts";

export const MAGIC = "RUSKSNAP";
/** What is written, and the newest that is read. */
export const SNAPSHOT_VERSION = 2;
export const FILE_HEAD_SIZE = 12;
export const BLOCK_HEAD_SIZE = 16;

/** What a block holds. */
export const BlockKind = { head: 0, records: 1, foot: 2 } as const;

/** How it is stored: as it is, or packed by raw deflate. */
export const Codec = { none: 0, deflate: 1 } as const;

/** A block is closed when it has so many bytes: packing gains little from more. */
export const BLOCK_SIZE = 256 << 10;
/**
 * A block that is packed is no larger: the longest string, alone in a record, and what is around
 * it. A record of several such strings (a field and its value, a stream's entry) is stored as it
 * is, so that nobody can be made to take more memory than a file has bytes.
 */
export const PACKED_SIZE_MAX = RDB_STRING_SIZE_MAX + (1 << 20);
/** Raw deflate makes nothing shorter than by this factor. */
export const DEFLATE_RATIO_MAX = 1032;
/** A part of a large value is closed when it has so many bytes. */
export const PART_SIZE = 64 << 10;

/** The first element of a record: the kind of a value that is whole, or what else it is. */
export const RecordKind = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  stream: 5,
  /** A hash of which fields expire. */
  expiringHash: 6,
  database: 16,
  begin: 17,
  part: 18,
  end: 19,
  streamState: 20,
  group: 21,
  consumer: 22,
  pending: 23,
  /** Of functions; before the first database. */
  library: 24,
  /** Leaves of a list or a stream; since version 2. */
  leaves: 25,
} as const;

/** What stands before a leaf of a list: whether its first element begins all others. */
export const LEAF_PLAIN = 0;
export const LEAF_TRIMMED = 1;

/** Flags of a stream's entry. */
export const ENTRY_DELETED = 1;
export const ENTRY_BEGINS_LEAF = 2;
/** It has the names of the last entry that began a leaf: only its values are told. */
export const ENTRY_SAME_NAMES = 4;

/** A file that cannot be loaded: the message says where, and what is wrong. */
export class SnapshotError extends Error {
  /** Where in the file the block begins in which it is. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`${reason} (at byte ${offset})`);
    this.offset = offset;
  }
}

/** Whether a file that begins with these bytes is one of Rusk's snapshots. */
export function isSnapshot(bytes: Uint8Array): boolean {
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC.charCodeAt(i)) return false;
  return true;
}
