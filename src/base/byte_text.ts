/**
 * A long text that is put together as the bytes that it will be sent as: without strings between,
 * each of which would be made, joined and copied. Latin1.
 */
import { putLatin1 } from "../runtime/texts.ts";
import { copyBytes, latin1 } from "./bytes.ts";
import { writeInteger } from "./numbers.ts";

/** What a number takes at most, and some bytes between what is written. */
const NUMBER_ROOM = 32;

export class ByteText {
  /** What was written is in the first `size`. */
  bytes = new Uint8Array(8192);
  size = 0;

  clear(): void {
    this.size = 0;
  }

  /** A text of bytes, one per character. */
  add(text: string): void {
    this.room(text.length);
    putLatin1(this.bytes, this.size, text);
    this.size += text.length;
  }

  addNumber(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.add(`${value}`);
      return;
    }
    this.room(NUMBER_ROOM);
    this.size = writeInteger(this.bytes, this.size, value);
  }

  /** The bytes from one offset to before another. */
  addBytes(bytes: Uint8Array, from: number, to: number): void {
    this.room(to - from);
    copyBytes(bytes, from, to - from, this.bytes, this.size);
    this.size += to - from;
  }

  toString(): string {
    return latin1(this.bytes, 0, this.size);
  }

  private room(size: number): void {
    const needed = this.size + size;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
  }
}
