/**
 * Messages of pub/sub as bytes, each written once for all who get it: one after the other in blocks
 * that connections send from. Of each protocol there is a block, so that what a client gets of a
 * turn is nearly always one run of bytes.
 */
import { spareBytes } from "../base/ballast.ts";
import { copyBytes, fromLatin1 } from "../base/bytes.ts";
import { digitCount, writeInteger } from "../base/numbers.ts";
import type { SharedBlock } from "../calls/client.ts";
import type { Args } from "../protocol/args.ts";

/** Room for the messages of a turn; a message that is longer has a block of its own. */
const BLOCK_SIZE = 64 << 10;
const CR = 13;
const LF = 10;
const BULK = 36;
/** What a bulk string takes besides its bytes and the digits of its size. */
const BULK_SIZE = 5;

/** The kinds of messages, as they begin; a pattern follows in some, then the channel. */
export type MessageKind = "message" | "pmessage" | "smessage";

export class MessageFrames {
  /** Where the message lies that was written last: bytes [from, to) of the block. */
  block: SharedBlock;
  from = 0;
  to = 0;
  private readonly heads: Readonly<Record<MessageKind, Uint8Array>>;

  /** `protocol` is 2 or 3. */
  constructor(protocol: number) {
    const head = (count: number, kind: MessageKind) =>
      fromLatin1(`${protocol === 3 ? ">" : "*"}${count}\r\n$${kind.length}\r\n${kind}\r\n`);
    this.heads = {
      message: head(3, "message"),
      pmessage: head(4, "pmessage"),
      smessage: head(3, "smessage"),
    };
    this.block = { bytes: new Uint8Array(BLOCK_SIZE), users: 0, isKept: false };
  }

  /**
   * Writes a message: the channel and the text are arguments; `pattern` is what it has come by.
   * Throws RangeError when there is no memory for it. Returns itself.
   */
  write(
    kind: MessageKind,
    pattern: Uint8Array | null,
    args: Args,
    channel: number,
    text: number,
  ): this {
    const head = this.heads[kind];
    const { bytes, size, start } = args;
    let total = head.length + bulkSize(size[channel]) + bulkSize(size[text]);
    if (pattern !== null) total += bulkSize(pattern.length);
    this.makeRoom(total);
    const to = this.block.bytes;
    copyBytes(head, 0, head.length, to, this.from);
    let at = this.from + head.length;
    if (pattern !== null) at = writeBulk(to, at, pattern, 0, pattern.length);
    at = writeBulk(to, at, bytes, start[channel], size[channel]);
    this.to = writeBulk(to, at, bytes, start[text], size[text]);
    return this;
  }

  /** Has the next message begin where there is room for it. */
  private makeRoom(size: number): void {
    const { block } = this;
    const { bytes, users, isKept } = block;
    const isFree = users === 0 && !isKept && bytes.length === BLOCK_SIZE;
    this.from = isFree ? 0 : this.to;
    if (this.from + size <= bytes.length) return;
    this.block = { bytes: spareBytes(Math.max(BLOCK_SIZE, size)), users: 0, isKept: false };
    this.from = 0;
  }
}

function bulkSize(size: number): number {
  return digitCount(size) + size + BULK_SIZE;
}

/** Returns where it ends. */
function writeBulk(
  to: Uint8Array,
  from: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): number {
  to[from] = BULK;
  let at = writeInteger(to, from + 1, size);
  to[at] = CR;
  to[at + 1] = LF;
  copyBytes(bytes, offset, size, to, at + 2);
  at += 2 + size;
  to[at] = CR;
  to[at + 1] = LF;
  return at + 2;
}
