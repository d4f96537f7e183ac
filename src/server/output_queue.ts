/**
 * Bytes that a client's socket has not taken yet: pieces that are filled up before another is made,
 * sent from the front.
 */
import { OUTPUT_PIECE_SIZE } from "../base/limits.ts";

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

  /** Offers the bytes to `write`, which returns how many it took, until it takes fewer. */
  sendTo(write: (bytes: Uint8Array, offset: number, size: number) => number): void {
    let sent = 0;
    for (const piece of this.pieces) {
      const size = piece.end - piece.begin;
      const taken = write(piece.bytes, piece.begin, size);
      piece.begin += taken;
      this.size -= taken;
      if (taken < size) break;
      sent++;
    }
    if (sent > 0) this.pieces.splice(0, sent);
  }

  clear(): void {
    this.pieces.length = 0;
    this.size = 0;
  }
}
