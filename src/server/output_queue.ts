/**
 * Bytes that a client's socket has not taken yet, or that wait for the disk: pieces that are filled
 * up before another is made, sent from the front.
 *
 *   | can be sent … | waits for mark 7 … | waits for mark 8 … |
 *
 * A reply that shows a change waits until that change may be told of (unsynced.ts). What follows it
 * waits as long, so that all leave in the order in which they were written.
 */

import type { Ref } from "../arena/arena.ts";
import { spareBytes } from "../base/ballast.ts";
import { giveBack } from "../base/buffers.ts";
import { copyBytes } from "../base/bytes.ts";
import { OUTPUT_PIECE_SIZE, RUN_OUTPUT_SIZE_MAX } from "../base/limits.ts";
import type { SharedBlock } from "../calls/client.ts";
import { NOT_LENT } from "../protocol/reply_pieces.ts";
import { ByteParts, type Sender, writeParts } from "../runtime/parts.ts";
import * as frozen from "../structures/frozen.ts";

/** The first piece; those that follow grow with what waits. One of this size is kept for later. */
const FIRST_PIECE_SIZE = 256;

/** What is offered at once. */
const parts = new ByteParts();

interface Piece {
  bytes: Uint8Array;
  /** The bytes still to send are [begin, end). */
  begin: number;
  end: number;
  /** Others need its memory as well. */
  isShared: boolean;
  /** The memory that it takes. */
  room: number;
  /** The block of a value that is sent from where it lies, which is held; or NOT_LENT. */
  block: number;
}

/** Whether to keep memory that is somebody else's rather than to copy what is wanted of it. */
function isWorthAdopting(bytes: Uint8Array, size: number): boolean {
  return size >= OUTPUT_PIECE_SIZE && size > bytes.buffer.byteLength / 2;
}

/** Takes items from the front; nearly always it is all of them, which makes no array. */
function dropFirst(items: unknown[], count: number): void {
  if (count === items.length) items.length = 0;
  else items.splice(0, count);
}

export class OutputQueue {
  /** Bytes that wait, for whatever. */
  size = 0;
  /** The last so many of them wait for the disk. */
  heldSize = 0;
  /** Marks that are waited for, rising, each followed by the number of bytes that do. */
  private readonly held: number[] = [];
  private readonly pieces: Piece[] = [];
  /** What comes after the pieces: bytes [blockFrom, blockTo) of a block, until the turn's end. */
  private block: SharedBlock | null = null;
  private blockFrom = 0;
  private blockTo = 0;
  private spare: Piece | null = null;

  get pieceCount(): number {
    return this.pieces.length;
  }

  /** Bytes of memory that the pieces take. */
  get room(): number {
    let room = this.spare === null ? 0 : FIRST_PIECE_SIZE;
    for (const piece of this.pieces) room += piece.room;
    return room;
  }

  /**
   * Puts bytes at the end. Where `mayAdopt` says that nobody else needs their memory it may be kept
   * as it is, and it is told whether it was. A value that is lent is held.
   */
  add(
    bytes: Uint8Array,
    offset: number,
    size: number,
    mayAdopt: boolean,
    block = NOT_LENT,
  ): boolean {
    if (block !== NOT_LENT && size > 0) {
      this.addLent(bytes, offset, size, block);
      return false;
    }
    if (!mayAdopt || !isWorthAdopting(bytes, size)) {
      this.append(bytes, offset, size);
      return false;
    }
    this.keepBlock();
    const end = offset + size;
    this.pushPiece(bytes.subarray(0, end), offset, end, false);
    this.added(size);
    return true;
  }

  private pushPiece(bytes: Uint8Array, begin: number, end: number, isShared: boolean): void {
    const room = bytes.buffer.byteLength;
    this.pieces.push({ bytes, begin, end, isShared, room, block: NOT_LENT });
  }

  private addLent(bytes: Uint8Array, offset: number, size: number, block: number): void {
    this.keepBlock();
    frozen.hold(block as Ref);
    const end = offset + size;
    this.pieces.push({ bytes, begin: offset, end, isShared: true, room: size, block });
    this.added(size);
  }

  /**
   * Puts bytes [from, to) of a block to the end, without copying them: until `sendTo`, which keeps
   * what is not sent. Who gets one message after the other has one run of bytes to send.
   */
  deliver(block: SharedBlock, from: number, to: number, mark: number): void {
    const size = to - from;
    if (this.block !== block || this.blockTo !== from) {
      this.keepBlock();
      this.block = block;
      this.blockFrom = from;
      block.users++;
    }
    this.blockTo = to;
    this.holdFrom(mark, size);
    this.added(size);
  }

  /**
   * Something follows the bytes of a block, or they cannot be sent now: they stay as they lie when
   * they are many, which others may do as well, or are copied.
   */
  private keepBlock(): void {
    const { block, blockFrom, blockTo } = this;
    if (block === null) return;
    this.leaveBlock(block);
    const size = blockTo - blockFrom;
    if (isWorthAdopting(block.bytes, size)) {
      this.pushPiece(block.bytes.subarray(0, blockTo), blockFrom, blockTo, true);
      block.isKept = true;
    } else {
      this.copy(block.bytes, blockFrom, size);
    }
  }

  private leaveBlock(block: SharedBlock): void {
    block.users--;
    this.block = null;
  }

  /** Copies bytes to the end. */
  append(bytes: Uint8Array, offset: number, size: number): void {
    if (size === 0) return;
    this.keepBlock();
    this.copy(bytes, offset, size);
    this.added(size);
  }

  private copy(bytes: Uint8Array, offset: number, size: number): void {
    let from = offset;
    let left = size;
    const last = this.pieces[this.pieces.length - 1];
    if (last !== undefined && last.block === NOT_LENT) {
      const fits = Math.min(left, last.bytes.length - last.end);
      copyBytes(bytes, from, fits, last.bytes, last.end);
      last.end += fits;
      from += fits;
      left -= fits;
    }
    if (left > 0) {
      const piece = this.newPiece(left);
      copyBytes(bytes, from, left, piece.bytes, 0);
      piece.end = left;
      this.pieces.push(piece);
    }
  }

  /** As `add`, of bytes that may not be sent before changes up to `mark` may be told of. */
  hold(
    bytes: Uint8Array,
    offset: number,
    size: number,
    mayAdopt: boolean,
    mark: number,
    block = NOT_LENT,
  ): boolean {
    this.holdFrom(mark, size);
    return this.add(bytes, offset, size, mayAdopt, block);
  }

  /** Bytes follow that wait for a mark. */
  private holdFrom(mark: number, size: number): void {
    const { held } = this;
    const lastMark = held.length === 0 ? 0 : held[held.length - 2];
    if (mark > lastMark && size > 0) held.push(mark, 0);
  }

  /** Changes up to `mark` may be told of; whether anything can be sent that could not before. */
  release(mark: number): boolean {
    const { held } = this;
    let count = 0;
    while (count < held.length && held[count] <= mark) {
      this.heldSize -= held[count + 1];
      count += 2;
    }
    if (count > 0) dropFirst(held, count);
    return count > 0;
  }

  /**
   * Offers bytes to a socket until it takes fewer; true when it takes them all, but there are so
   * many that the rest should be offered later.
   */
  sendTo(socket: Sender): boolean {
    const before = this.size;
    let isOpen = true;
    while (isOpen && this.size > this.heldSize && before - this.size < RUN_OUTPUT_SIZE_MAX) {
      const left = RUN_OUTPUT_SIZE_MAX - (before - this.size);
      this.gather(Math.min(this.size - this.heldSize, left));
      const taken = writeParts(socket, parts);
      isOpen = taken === parts.size;
      parts.clear();
      this.sent(taken);
    }
    this.keepBlock();
    return isOpen && this.size > this.heldSize;
  }

  /** Gathers what is to be sent: about so many bytes, no piece cut but by what is held. */
  private gather(wanted: number): void {
    const sendable = this.size - this.heldSize;
    for (const { bytes, begin, end } of this.pieces) {
      parts.add(bytes, begin, Math.min(end - begin, sendable - parts.size));
      if (parts.size >= wanted || parts.isFull) return;
    }
    const { block, blockFrom, blockTo } = this;
    if (block === null) return;
    parts.add(block.bytes, blockFrom, Math.min(blockTo - blockFrom, sendable - parts.size));
  }

  /** So many bytes were taken, from the front. */
  private sent(taken: number): void {
    const { pieces } = this;
    this.size -= taken;
    let left = taken;
    let over = 0;
    for (; over < pieces.length && left > 0; over++) {
      const piece = pieces[over];
      const size = Math.min(left, piece.end - piece.begin);
      piece.begin += size;
      left -= size;
      if (piece.begin < piece.end) break;
      this.drop(piece);
    }
    if (over > 0) dropFirst(pieces, over);
    if (left === 0 || this.block === null) return;
    this.blockFrom += left;
    if (this.blockFrom === this.blockTo) this.leaveBlock(this.block);
  }

  clear(): void {
    if (this.block !== null) this.leaveBlock(this.block);
    for (const { bytes, isShared, block } of this.pieces) {
      if (block !== NOT_LENT) frozen.release(block as Ref);
      else if (!isShared) giveBack(bytes);
    }
    this.pieces.length = 0;
    this.held.length = 0;
    this.spare = null;
    this.size = 0;
    this.heldSize = 0;
  }

  private added(size: number): void {
    const { held } = this;
    this.size += size;
    if (held.length === 0) return;
    held[held.length - 1] += size;
    this.heldSize += size;
  }

  /** A piece with room for `size` bytes. */
  private newPiece(size: number): Piece {
    const { spare } = this;
    if (spare !== null && size <= FIRST_PIECE_SIZE) {
      this.spare = null;
      return spare;
    }
    const last = this.pieces[this.pieces.length - 1];
    // Between values that are lent there is little.
    const isBetween = last !== undefined && last.block !== NOT_LENT;
    const growing = Math.min(OUTPUT_PIECE_SIZE, Math.max(FIRST_PIECE_SIZE, this.size));
    const bytes = spareBytes(Math.max(size, isBetween ? FIRST_PIECE_SIZE : growing));
    const room = bytes.buffer.byteLength;
    return { bytes, begin: 0, end: 0, isShared: false, room, block: NOT_LENT };
  }

  /** A piece is sent. */
  private drop(piece: Piece): void {
    if (piece.block !== NOT_LENT) frozen.release(piece.block as Ref);
    if (piece.isShared) return;
    if (piece.bytes.length === FIRST_PIECE_SIZE) {
      piece.begin = 0;
      piece.end = 0;
      this.spare = piece;
    } else {
      giveBack(piece.bytes);
    }
  }
}
