/**
 * Bytes that a client's socket has not taken yet: pieces that are filled up before another is made,
 * sent from the front.
 */
import { giveBack } from "../base/buffers.ts";
import { OUTPUT_PIECE_SIZE, RUN_OUTPUT_SIZE_MAX } from "../base/limits.ts";

interface Piece {
  bytes: Uint8Array;
  /** The bytes still to send are [begin, end). */
  begin: number;
  end: number;
}

export class OutputQueue {
  /** Bytes that wait. */
  size = 0;
  private readonly pieces: Piece[] = [];

  get pieceCount(): number {
    return this.pieces.length;
  }

  /** Bytes of memory that the pieces take. */
  get room(): number {
    let room = 0;
    for (const piece of this.pieces) room += piece.bytes.length;
    return room;
  }

  /** Takes bytes over as they lie: nobody else uses this buffer again. */
  adopt(bytes: Uint8Array, offset: number, size: number): void {
    const end = offset + size;
    this.pieces.push({ bytes: bytes.subarray(0, end), begin: offset, end });
    this.size += size;
  }

  /** Copies bytes to the end. */
  append(bytes: Uint8Array, offset: number, size: number): void {
    if (size === 0) return;
    let from = offset;
    let left = size;
    const last = this.pieces[this.pieces.length - 1];
    if (last !== undefined) {
      const fits = Math.min(left, last.bytes.length - last.end);
      last.bytes.set(bytes.subarray(from, from + fits), last.end);
      last.end += fits;
      from += fits;
      left -= fits;
    }
    if (left > 0) {
      const piece = new Uint8Array(Math.max(left, OUTPUT_PIECE_SIZE));
      piece.set(bytes.subarray(from, from + left));
      this.pieces.push({ bytes: piece, begin: 0, end: left });
    }
    this.size += size;
  }

  /**
   * Offers bytes to `write`, which returns how many it took, until it takes fewer; true when it
   * takes them all, but there are so many that the rest should be offered later.
   */
  sendTo(write: (bytes: Uint8Array, offset: number, size: number) => number): boolean {
    const before = this.size;
    let sent = 0;
    let isOpen = true;
    while (isOpen && sent < this.pieces.length && before - this.size < RUN_OUTPUT_SIZE_MAX) {
      const piece = this.pieces[sent];
      const size = piece.end - piece.begin;
      const taken = write(piece.bytes, piece.begin, size);
      piece.begin += taken;
      this.size -= taken;
      if (taken < size) isOpen = false;
      else giveBack(this.pieces[sent++].bytes);
    }
    if (sent > 0) this.pieces.splice(0, sent);
    return isOpen && this.size > 0;
  }

  clear(): void {
    for (const piece of this.pieces) giveBack(piece.bytes);
    this.pieces.length = 0;
    this.size = 0;
  }
}
