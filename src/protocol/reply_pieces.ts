/**
 * What of a long reply is not in the writer's buffer any more: pieces in order, each filled once
 * and not moved again. Positions are counted from the first byte on.
 *
 *   own     in memory of its own, which was the writer's buffer
 *   shared  in what is the writer's buffer still, before that which it writes to
 *   lent    a value as it lies in the data, whose block is held for as long as the piece is there
 *
 * Passing the pieces takes time in their number. Who is shown bytes that follow those which were
 * shown last begins where these ended: a turn's ranges are sent one after the other.
 */
import { assert } from "../base/assert.ts";
import { giveBack } from "../base/buffers.ts";

/** In place of the block of what is not lent. */
export const NOT_LENT = 0;

/** Who lends values: their blocks stay as they are while somebody holds them. */
export interface Lender {
  hold(block: number): void;
  release(block: number): void;
}

interface Piece {
  bytes: Uint8Array;
  offset: number;
  /** Who took its memory may have given it back, and then `bytes` are empty. */
  size: number;
  /** Its memory is not to be given back with it: somebody else has it, or the writer. */
  isTaken: boolean;
  readonly block: number;
}

/**
 * Is shown bytes as they lie; `isLast` says that nobody needs what lies behind them in that memory.
 * Returns whether it has taken the memory over. Those of a `block` stay there for who holds it.
 */
export type TakePart = (
  bytes: Uint8Array,
  offset: number,
  size: number,
  isLast: boolean,
  block: number,
) => boolean;

export class ReplyPieces {
  /** Bytes in all pieces: the position at which the writer's buffer begins. */
  size = 0;
  private pieces: Piece[] = [];
  /** The piece in which what was shown last ended, and its first position. */
  private lastIndex = 0;
  private lastStart = 0;
  private readonly lender: Lender | null;

  constructor(lender: Lender | null = null) {
    this.lender = lender;
  }

  /** The bytes from `offset` to before `end` become the last piece; see above for `isShared`. */
  add(bytes: Uint8Array, offset: number, end: number, isShared: boolean): void {
    const size = end - offset;
    this.pieces.push({ bytes, offset, size, isTaken: isShared, block: NOT_LENT });
    this.size += size;
  }

  /** A value that is lent, and held already, becomes the last piece. */
  lend(bytes: Uint8Array, offset: number, size: number, block: number): void {
    this.pieces.push({ bytes, offset, size, isTaken: true, block });
    this.size += size;
  }

  /** Puts bytes before those at a position, in memory that `needed` gives. */
  insert(position: number, bytes: Uint8Array, needed: (size: number) => Uint8Array): void {
    this.beginAnew();
    let start = 0;
    let index = 0;
    while (start + this.pieces[index].size <= position) {
      start += this.pieces[index++].size;
    }
    const piece = this.pieces[index];
    if (DEBUG) assert(piece.bytes.length > 0, "what was sent stays as it was");
    const before = position - start;
    // The part behind keeps the memory, and what comes before it gets its own.
    const parted = needed(before + bytes.length);
    parted.set(piece.bytes.subarray(piece.offset, piece.offset + before));
    parted.set(bytes, before);
    piece.offset += before;
    piece.size -= before;
    const size = parted.length;
    this.pieces.splice(index, 0, {
      bytes: parted,
      offset: 0,
      size,
      isTaken: false,
      block: NOT_LENT,
    });
    this.size += bytes.length;
  }

  /** What was shown last is not known any more: pieces are others than they were. */
  private beginAnew(): void {
    this.lastIndex = 0;
    this.lastStart = 0;
  }

  /** Forgets what comes from a position on. */
  truncate(position: number): void {
    this.beginAnew();
    while (this.size > position) {
      const last = this.pieces[this.pieces.length - 1];
      const start = this.size - last.size;
      if (start < position) {
        last.size = position - start;
        this.size = position;
        return;
      }
      this.pieces.pop();
      this.size = start;
      this.end(last);
    }
  }

  private end({ bytes, isTaken, block }: Piece): void {
    if (block !== NOT_LENT) this.lender?.release(block);
    else if (!isTaken) giveBack(bytes);
  }

  /** Forgets the pieces that end before a position or at it; the bytes that were in them. */
  dropFirst(before: number): number {
    this.beginAnew();
    let count = 0;
    let size = 0;
    while (count < this.pieces.length && size + this.pieces[count].size <= before) {
      size += this.pieces[count++].size;
    }
    for (const piece of this.pieces.splice(0, count)) this.end(piece);
    this.size -= size;
    return size;
  }

  /** Shows the bytes from one position to before another, as far as they are in pieces. */
  show(from: number, to: number, take: TakePart): void {
    if (from < this.lastStart) this.beginAnew();
    const { pieces } = this;
    let index = this.lastIndex;
    let start = this.lastStart;
    while (index < pieces.length && start < to) {
      const piece = pieces[index];
      const end = start + piece.size;
      if (end > from) showPiece(piece, Math.max(0, from - start), Math.min(end, to) - start, take);
      if (end > to) break;
      start = end;
      index++;
    }
    this.lastIndex = index;
    this.lastStart = start;
  }

  /** Forgets all. */
  clear(): void {
    this.truncate(0);
  }
}

function showPiece(piece: Piece, from: number, to: number, take: TakePart): void {
  const { bytes, size, block } = piece;
  const isLast = to === size && !piece.isTaken;
  const isTaken = take(bytes, piece.offset + from, to - from, isLast, block);
  if (isTaken && block === NOT_LENT) piece.isTaken = true;
}
