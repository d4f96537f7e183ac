/**
 * Byte strings, one after the other in one buffer: for what a command collects, orders and replies,
 * and then forgets. Reads of the view may pass the end of a string by WORD_SLACK bytes.
 */
import { copyBytes, WORD_SLACK } from "../../base/bytes.ts";

const FIRST_SIZE = 1024;
const FIRST_COUNT = 64;
/** The size of a string that is none. */
const NONE = -1;

export class ByteList {
  bytes = new Uint8Array(FIRST_SIZE);
  view = new DataView(this.bytes.buffer);
  /** Where each string begins. */
  start = new Float64Array(FIRST_COUNT);
  size = new Int32Array(FIRST_COUNT);
  count = 0;
  private used = 0;

  /** Adds a copy of the bytes. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    this.reserve(size);
    copyBytes(bytes, offset, size, this.bytes, this.used);
    this.note(size);
    this.used += size;
  }

  /** Adds no string: `has` of it is false. */
  addNone(): void {
    this.reserve(0);
    this.note(NONE);
  }

  /** Whether there is a string at the index. */
  has(index: number): boolean {
    return this.size[index] !== NONE;
  }

  private note(size: number): void {
    this.start[this.count] = this.used;
    this.size[this.count++] = size;
  }

  private reserve(size: number): void {
    const needed = this.used + size + WORD_SLACK;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    if (this.count < this.size.length) return;
    const start = new Float64Array(this.count * 2);
    const sizes = new Int32Array(this.count * 2);
    start.set(this.start);
    sizes.set(this.size);
    this.start = start;
    this.size = sizes;
  }
}
