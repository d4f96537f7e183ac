/**
 * What writes large values: an encoder that is shown a key in parts, between which commands go on,
 * but no other key comes. When all that is saved whole has been, the walk of a snapshot
 * (snapshot_walk.ts) calls, for each large key,
 *
 *   saver.beginLarge(key), then, by `key.type`,
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
 *   saver.endLarge()
 *
 * All is as it was when the walk began, whatever has become of the key. Ranges and refs are good
 * until the call returns. When a call throws, no other follows.
 */
import type { Range } from "../../base/range.ts";
import type { PackedRef } from "../../structures/packed.ts";
import type { StreamId } from "../../structures/stream_id.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import type { FrozenConsumer, FrozenGroup } from "../../values/stream_group.ts";

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

export interface LargeSaver {
  beginLarge(key: LargeKey): void;
  piece(bytes: Uint8Array, offset: number, size: number): void;
  /** Elements of a list, at least one. */
  block(elements: PackedRef): void;
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
