/**
 * What of a long reply no longer fits into the writer's buffer: pieces in order, each in memory of
 * its own, filled once and not moved again. Positions are counted from the first byte on.
 *
 * Passing the pieces takes time in their number; they are large, so that they are few.
 */
import { assert } from "../base/assert.ts";
import { giveBack } from "../base/buffers.ts";

interface Piece {
  bytes: Uint8Array;
  /** Of its bytes: who took its memory may have given it back, and then `bytes` are empty. */
  size: number;
  /** Somebody else has its memory now. */
  isTaken: boolean;
}

/**
 * Is shown bytes as they lie; `isLast` says that nobody needs what lies behind them in that memory.
 * Returns whether it has taken the memory over.
 */
export type TakePart = (
  bytes: Uint8Array,
  offset: number,
  size: number,
  isLast: boolean,
) => boolean;

export class ReplyPieces {
  /** Bytes in all pieces: the position at which the writer's buffer begins. */
  size = 0;
  private pieces: Piece[] = [];

  /** Takes a piece over as the last one. */
  add(bytes: Uint8Array): void {
    this.pieces.push({ bytes, size: bytes.length, isTaken: false });
    this.size += bytes.length;
  }

  /** Puts bytes before those at a position, in memory that `needed` gives. */
  insert(position: number, bytes: Uint8Array, needed: (size: number) => Uint8Array): void {
    let start = 0;
    let index = 0;
    while (start + this.pieces[index].size <= position) {
      start += this.pieces[index++].size;
    }
    const piece = this.pieces[index];
    if (DEBUG) assert(!piece.isTaken, "what was sent stays as it was");
    const before = position - start;
    // The part behind keeps the memory, and what comes before it gets its own.
    const parted = needed(before + bytes.length);
    parted.set(piece.bytes.subarray(0, before));
    parted.set(bytes, before);
    piece.bytes = piece.bytes.subarray(before);
    piece.size -= before;
    this.pieces.splice(index, 0, { bytes: parted, size: parted.length, isTaken: false });
    this.size += bytes.length;
  }

  /** Forgets what comes from a position on. */
  truncate(position: number): void {
    while (this.size > position) {
      const last = this.pieces[this.pieces.length - 1];
      const start = this.size - last.size;
      if (start < position) {
        last.size = position - start;
        last.bytes = last.bytes.subarray(0, last.size);
        this.size = position;
        return;
      }
      this.pieces.pop();
      this.size = start;
      if (!last.isTaken) giveBack(last.bytes);
    }
  }

  /** Forgets the pieces that end before a position or at it; the bytes that were in them. */
  dropFirst(before: number): number {
    let count = 0;
    let size = 0;
    while (count < this.pieces.length && size + this.pieces[count].size <= before) {
      size += this.pieces[count++].size;
    }
    for (const { bytes, isTaken } of this.pieces.splice(0, count)) if (!isTaken) giveBack(bytes);
    this.size -= size;
    return size;
  }

  /** Shows the bytes from one position to before another, as far as they are in pieces. */
  show(from: number, to: number, take: TakePart): void {
    let start = 0;
    for (const piece of this.pieces) {
      const { bytes, size } = piece;
      const end = start + size;
      if (end > from && start < to) {
        const offset = Math.max(0, from - start);
        const shownTo = Math.min(end, to) - start;
        const isTaken = take(bytes, offset, shownTo - offset, shownTo === size);
        if (isTaken) piece.isTaken = true;
      }
      start = end;
    }
  }

  /** Forgets all. */
  clear(): void {
    this.truncate(0);
  }
}
