/**
 * A byte string that is made piece by piece. The engine keeps a concatenation as a tree of its
 * parts, which for millions of small ones takes many times their size: so they are made flat in
 * chunks, and memory is counted for what they are.
 */
import { countMemory, countString, stringTooLong } from "../guards/meter.ts";
import { STRING_SIZE_MAX } from "../limits.ts";

const CHUNK_SIZE = 4096;
/** What a piece takes besides its bytes until its chunk is flat. */
const PIECE_COST = 8;

export class Pieces {
  size = 0;
  private open = "";
  private readonly chunks: string[] = [];

  /** Throws a RangeError of the script past the size that a string may have. */
  add(piece: string): void {
    this.open += piece;
    this.size += piece.length;
    if (this.size > STRING_SIZE_MAX) throw stringTooLong();
    countMemory(piece.length + PIECE_COST);
    if (this.open.length > CHUNK_SIZE) {
      // Asking for a character makes the string flat.
      this.open.charCodeAt(0);
      this.chunks.push(this.open);
      this.open = "";
    }
  }

  /** The whole string. */
  text(): string {
    countString(this.size);
    if (this.chunks.length === 0) return this.open;
    this.chunks.push(this.open);
    return this.chunks.join("");
  }
}
