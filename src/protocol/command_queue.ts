/**
 * The commands that a client has queued in MULTI: their bytes one after the other in a few pieces,
 * and where each argument lies, so that queueing makes no object per command and never copies what
 * is queued already.
 */
import { spareBytes } from "../base/ballast.ts";
import { BULK_COPY_SIZE } from "../base/bytes.ts";
import type { Args } from "./args.ts";

/** A piece holds whole commands: many small ones, or one large one. */
const PIECE_SIZE = 4096;
const LAYOUT_COUNT = 128;
const PADDING = 8;
/** A pointer, of which Redis has one for each argument. */
const POINTER_SIZE = 8;

export class CommandQueue {
  count = 0;
  /** The flags of all queued commands together: whether EXEC writes. */
  flags = 0;
  /** Bytes of the arguments as Redis counts them: with the pointers to them. */
  argumentsSize = 0;
  private readonly pieces: DataView[] = [];
  /** The bytes of each piece. */
  private readonly pieceBytes: Uint8Array[] = [];
  private bytes: Uint8Array = new Uint8Array(0);
  private filled = 0;
  private pieceSizes = 0;
  /** For each command: its piece, its number of arguments, then offset and size of each. */
  private layout = new Int32Array(LAYOUT_COUNT);
  private layoutCount = 0;
  private cursor = 0;

  /** Bytes of memory that the queue takes. */
  get size(): number {
    return this.pieceSizes + this.layout.byteLength;
  }

  /** Copies a command, with its table flags, to the end of the queue. */
  add(args: Args, flags: number): void {
    this.flags |= flags;
    const total = args.totalSize;
    this.makeRoom(total + PADDING, 2 + 2 * args.count);
    const { bytes, layout } = this;
    layout[this.layoutCount++] = this.pieces.length - 1;
    layout[this.layoutCount++] = args.count;
    for (let i = 0; i < args.count; i++) {
      const size = args.size[i];
      const from = args.start[i];
      const to = this.filled;
      layout[this.layoutCount++] = to;
      layout[this.layoutCount++] = size;
      if (size >= BULK_COPY_SIZE) bytes.set(args.bytes.subarray(from, from + size), to);
      else for (let b = 0; b < size; b++) bytes[to + b] = args.bytes[from + b];
      this.filled += size;
    }
    this.argumentsSize += total + POINTER_SIZE * args.count;
    this.count++;
  }

  /** Goes back to the first command. */
  rewind(): void {
    this.cursor = 0;
  }

  /** Points `args` at the next command, in the order of `add`; false after the last. */
  next(args: Args): boolean {
    if (this.cursor >= this.layoutCount) return false;
    const { layout } = this;
    const piece = layout[this.cursor++];
    const count = layout[this.cursor++];
    args.view = this.pieces[piece];
    args.bytes = this.pieceBytes[piece];
    args.count = 0;
    for (let i = 0; i < count; i++, this.cursor += 2) {
      args.push(layout[this.cursor], layout[this.cursor + 1]);
    }
    return true;
  }

  /** Forgets all commands. */
  clear(): void {
    this.count = 0;
    this.flags = 0;
    this.argumentsSize = 0;
    this.layoutCount = 0;
    this.cursor = 0;
    this.filled = 0;
    // The first piece is kept for the next transaction if it is of the usual size.
    if (this.pieces.length === 1 && this.bytes.length === PIECE_SIZE) return;
    const isUsual = this.pieces.length > 0 && this.pieces[0].byteLength === PIECE_SIZE;
    this.pieces.length = isUsual ? 1 : 0;
    this.pieceBytes.length = this.pieces.length;
    this.pieceSizes = isUsual ? PIECE_SIZE : 0;
    this.bytes = isUsual ? this.pieceBytes[0] : new Uint8Array(0);
  }

  private makeRoom(size: number, words: number): void {
    if (this.filled + size > this.bytes.length) {
      this.bytes = spareBytes(Math.max(size, PIECE_SIZE));
      this.pieces.push(new DataView(this.bytes.buffer));
      this.pieceBytes.push(this.bytes);
      this.pieceSizes += this.bytes.length;
      this.filled = 0;
    }
    if (this.layoutCount + words > this.layout.length) {
      const grown = new Int32Array(Math.max(this.layout.length * 2, this.layoutCount + words));
      grown.set(this.layout.subarray(0, this.layoutCount));
      this.layout = grown;
    }
  }
}
