/** What loading a stream needs, in whatever format it comes. */
import { copyBytes } from "../base/bytes.ts";
import type { Range } from "../base/range.ts";
import { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import { StreamId } from "../structures/stream_id.ts";
import type { StreamLeafRef } from "../structures/stream_leaf.ts";
import * as streamLeaf from "../structures/stream_leaf.ts";
import * as streamValue from "../values/stream_value.ts";
import { Malformed } from "./rdb/rdb_format.ts";

const KEPT_ARGS_SIZE = 1 << 20;
const FIRST_ARGS_SIZE = 4096;
const SLACK = 8;

function argsWith(size: number): Args {
  const bytes = new Uint8Array(size + SLACK);
  return new Args(bytes, new DataView(bytes.buffer));
}

/** The name of a group or a consumer as an argument, in a buffer of its own. */
export class NameArgument {
  args = argsWith(FIRST_ARGS_SIZE);

  /** Makes it the only argument. */
  set({ bytes, offset, size }: Range): void {
    const { length } = this.args.bytes;
    const isTooLarge = length > KEPT_ARGS_SIZE && size <= KEPT_ARGS_SIZE;
    if (size + SLACK > length || isTooLarge) this.args = argsWith(Math.max(size, FIRST_ARGS_SIZE));
    copyBytes(bytes, offset, size, this.args.bytes, 0);
    this.args.count = 0;
    this.args.push(0, size);
  }
}

/**
 * An entry comes after all before it; but for the deleted ones, which after XSETID may have higher
 * IDs than those that follow, in the same leaf.
 */
export class EntryOrder {
  /** The ID of the leaf's first entry, and of the last that is not deleted, 0-0 before any. */
  private readonly leafFirst = new StreamId();
  private readonly lastLive = new StreamId();
  private readonly own = new StreamId();

  reset(): void {
    this.leafFirst.setZero();
    this.lastLive.setZero();
  }

  /** Takes the next entry; throws when it is out of order. */
  check(id: StreamId, isDeleted: boolean, beginsLeaf: boolean): void {
    const isAfter = id.compare(this.lastLive) > 0;
    if (beginsLeaf) {
      if (!isAfter || id.compare(this.leafFirst) <= 0) throw new Malformed("a leaf out of order");
      this.leafFirst.copy(id);
    } else if (!isDeleted && !(isAfter && id.compare(this.leafFirst) > 0)) {
      throw new Malformed("an entry out of order");
    }
    if (!isDeleted) this.lastLive.copy(id);
  }

  /** Takes over that entries of the same leaf have come, none deleted, in order up to this one. */
  follow(id: StreamId): void {
    this.lastLive.copy(id);
  }

  /**
   * Has the stream that is loaded adopt a leaf, none of whose entries is deleted, in order up to
   * its last. Throws when it does not follow: the stream, which cannot be kept, owns it all the
   * same.
   */
  adopt(e: EntryRef, leaf: StreamLeafRef): void {
    streamValue.adoptLeaf(e, leaf);
    streamLeaf.loadMaster(leaf, this.own);
    this.check(this.own, false, true);
    streamLeaf.loadLast(leaf, this.lastLive);
  }

  /** Throws when a stream cannot have this as its last ID. */
  checkLastId(id: StreamId): void {
    if (id.compare(this.lastLive) < 0) {
      throw new Malformed("a stream's last ID is before its last entry");
    }
  }
}
