/** The records of a value that comes in parts, as a snapshot has them. */
import { MessageWriter } from "../snapshot/message_writer.ts";
import type { BlockWriter } from "../snapshot/snapshot_block.ts";
import { BLOCK_SIZE, BlockKind } from "../snapshot/snapshot_format.ts";

/** Most values in parts are streams of a few entries. */
const PART_ROOM = 4096;

/** Keeps the records of a value's parts, in blocks, until they can be written. */
export class PartWriter {
  /** Of the value. */
  readonly number: number;
  private readonly to = new MessageWriter(new Uint8Array(PART_ROOM));
  private readonly full: Uint8Array[] = [];

  constructor(number: number) {
    this.number = number;
  }

  /** Adds a record, with so many elements, which `write` writes, after its kind and the number. */
  record<T>(kind: number, elements: number, write: (to: MessageWriter) => T): T {
    this.to.array(2 + elements);
    this.to.integer(kind);
    this.to.integer(this.number);
    const result = write(this.to);
    if (this.to.size >= BLOCK_SIZE) {
      this.full.push(this.to.bytes.slice(0, this.to.size));
      this.to.size = 0;
    }
    return result;
  }

  /** Writes all. */
  writeTo(blocks: BlockWriter): void {
    for (const bytes of this.full) blocks.block(BlockKind.records, bytes);
    if (this.to.size > 0) {
      blocks.block(BlockKind.records, this.to.bytes.subarray(0, this.to.size));
    }
  }
}
