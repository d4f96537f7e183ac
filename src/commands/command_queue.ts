/**
 * The commands that a client has queued in MULTI: their bytes one after the other in one buffer,
 * and where each argument lies, so that queueing makes no object per command.
 */
import { Args } from "../protocol/args.ts";

const FIRST_ROOM = 1024;
const PADDING = 8;

export class CommandQueue {
  count = 0;
  /** The flags of all queued commands together: whether EXEC writes. */
  flags = 0;
  private bytes = new Uint8Array(FIRST_ROOM);
  private filled = 0;
  /** For each command: its number of arguments, then offset and size of each. */
  private layout = new Int32Array(FIRST_ROOM / 8);
  private layoutCount = 0;
  private cursor = 0;

  /** Bytes that the queue takes. */
  get size(): number {
    return this.bytes.length + this.layout.byteLength;
  }

  /** Copies a command, with its table flags, to the end of the queue. */
  add(args: Args, flags: number): void {
    this.flags |= flags;
    let total = 0;
    for (let i = 0; i < args.count; i++) total += args.size[i];
    this.makeRoom(total, 1 + 2 * args.count);
    const { bytes, layout } = this;
    layout[this.layoutCount++] = args.count;
    for (let i = 0; i < args.count; i++) {
      const size = args.size[i];
      const from = args.start[i];
      const to = this.filled;
      layout[this.layoutCount++] = to;
      layout[this.layoutCount++] = size;
      if (size < 64) for (let b = 0; b < size; b++) bytes[to + b] = args.bytes[from + b];
      else bytes.set(args.bytes.subarray(from, from + size), to);
      this.filled += size;
    }
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
    const count = layout[this.cursor++];
    args.bytes = this.bytes;
    if (args.view.buffer !== this.bytes.buffer) args.view = new DataView(this.bytes.buffer);
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
    this.filled = 0;
    this.layoutCount = 0;
    this.cursor = 0;
  }

  private makeRoom(bytes: number, words: number): void {
    if (this.filled + bytes + PADDING > this.bytes.length) {
      const room = Math.max(this.bytes.length * 2, this.filled + bytes + PADDING);
      const grown = new Uint8Array(room);
      grown.set(this.bytes.subarray(0, this.filled));
      this.bytes = grown;
    }
    if (this.layoutCount + words > this.layout.length) {
      const grown = new Int32Array(Math.max(this.layout.length * 2, this.layoutCount + words));
      grown.set(this.layout.subarray(0, this.layoutCount));
      this.layout = grown;
    }
  }
}
