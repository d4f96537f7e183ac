/**
 * Messages of pub/sub as bytes, each written once for all who get it: one after the other in blocks
 * that connections send from. Of each protocol there is a block, so that what a client gets of a
 * turn is nearly always one run of bytes.
 */
import { spareBytes } from "../base/ballast.ts";
import { copyBytes } from "../base/bytes.ts";
import { digitCount, writeInteger } from "../base/numbers.ts";
import type { SharedBlock } from "../calls/client.ts";

/** Room for the messages of a turn; a message that is longer has a block of its own. */
const BLOCK_SIZE = 64 << 10;
const CR = 13;
const LF = 10;
const BULK = 36;
const ARRAY = 42;
const PUSH = 62;
/** The head of an array of few. */
const HEAD_SIZE = 4;

/** A bulk string to be written. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

export class MessageFrames {
  /** Where the message lies that was written last: bytes [from, to) of the block. */
  block: SharedBlock;
  from = 0;
  to = 0;
  private readonly head: number;

  /** `protocol` is 2 or 3. */
  constructor(protocol: number) {
    this.head = protocol === 3 ? PUSH : ARRAY;
    this.block = { bytes: new Uint8Array(BLOCK_SIZE), users: 0 };
  }

  /** Writes a message of a few parts. Throws RangeError when there is no memory for it. */
  write(parts: readonly Part[]): void {
    let size = HEAD_SIZE;
    for (const part of parts) size += digitCount(part.size) + part.size + 5;
    this.makeRoom(size);
    const { bytes } = this.block;
    let at = this.from;
    bytes[at] = this.head;
    bytes[at + 1] = 48 + parts.length;
    bytes[at + 2] = CR;
    bytes[at + 3] = LF;
    at += HEAD_SIZE;
    for (const part of parts) {
      bytes[at] = BULK;
      at = writeInteger(bytes, at + 1, part.size);
      bytes[at] = CR;
      bytes[at + 1] = LF;
      at += 2;
      copyBytes(part.bytes, part.offset, part.size, bytes, at);
      at += part.size;
      bytes[at] = CR;
      bytes[at + 1] = LF;
      at += 2;
    }
    this.to = at;
  }

  /** Has the next message begin where there is room for it. */
  private makeRoom(size: number): void {
    const { block } = this;
    const isFree = block.users === 0 && block.bytes.length === BLOCK_SIZE;
    this.from = isFree ? 0 : this.to;
    if (this.from + size <= block.bytes.length) return;
    this.block = { bytes: spareBytes(Math.max(BLOCK_SIZE, size)), users: 0 };
    this.from = 0;
  }
}
