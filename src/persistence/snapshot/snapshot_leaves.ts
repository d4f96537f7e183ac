/**
 * Leaves of large lists and streams in a snapshot, as they are in memory (docs/snapshot-format.md):
 * what loads them looks at each once, and copies it.
 */
import { byteOffset, segmentOf, u8 } from "../../arena/arena.ts";
import { copyBytes } from "../../base/bytes.ts";
import type { PackedRef } from "../../structures/packed.ts";
import * as packed from "../../structures/packed.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import * as listValue from "../../values/list_value.ts";
import type { MessageWriter } from "./message_writer.ts";
import { LEAF_PLAIN, LEAF_TRIMMED, PART_SIZE, RecordKind } from "./snapshot_format.ts";

/** Writes records of leaves, one after the other while there are some. */
export class LeafRecords {
  private readonly to: MessageWriter;
  private readonly done: () => void;
  private number = 0;
  /** Where the bytes begin of the record that is open; 0: none is. */
  private bytesAt = 0;

  /** `done` is told of each record that is whole. */
  constructor(to: MessageWriter, done: () => void) {
    this.to = to;
    this.done = done;
  }

  /** The leaves that follow are of the value of this number. */
  begin(number: number): void {
    this.number = number;
  }

  addOfList(leaf: PackedRef): void {
    const { to } = this;
    const p = listValue.blockOf(leaf);
    this.open(1 + packed.size(p));
    to.bytes[to.size] = listValue.isTrimmed(leaf) ? LEAF_TRIMMED : LEAF_PLAIN;
    to.size = packed.copyListpack(p, to.bytes, to.size + 1);
    this.added();
  }

  addOfStream(leaf: StreamLeafRef): void {
    const { to } = this;
    const size = streamLeaf.size(leaf);
    this.open(size);
    copyBytes(u8[segmentOf(leaf)], byteOffset(leaf), size, to.bytes, to.size);
    to.size += size;
    this.added();
  }

  /** Sees that a record is open, with room for so many bytes. */
  private open(size: number): void {
    const { to } = this;
    if (this.bytesAt === 0) {
      to.array(3);
      to.integer(RecordKind.leaves);
      to.integer(this.number);
      this.bytesAt = to.openBinary();
    }
    to.room(size);
  }

  private added(): void {
    if (this.to.size - this.bytesAt >= PART_SIZE) this.end();
  }

  /** Ends the record that is open, if one is. */
  end(): void {
    if (this.bytesAt === 0) return;
    this.to.closeBinary(this.bytesAt);
    this.bytesAt = 0;
    this.done();
  }
}
