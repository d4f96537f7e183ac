/**
 * A long text that is put together as the bytes that it will be sent as: without strings between,
 * each of which would be made, joined and copied. Latin1.
 */
import { putLatin1 } from "../runtime/texts.ts";
import { spareBytes } from "./ballast.ts";
import { copyBytes, latin1 } from "./bytes.ts";
import { writeInteger } from "./numbers.ts";

/** What a number takes at most. */
const NUMBER_ROOM = 32;
const FIRST_ROOM = 8192;
/** After a text that was longer the room goes back to FIRST_ROOM. */
const KEPT_ROOM_MAX = 1 << 20;

export class ByteText {
  /** What was written is in the first `size`. */
  bytes = new Uint8Array(FIRST_ROOM);
  size = 0;

  clear(): void {
    this.size = 0;
    if (this.bytes.length > KEPT_ROOM_MAX) this.bytes = new Uint8Array(FIRST_ROOM);
  }

  /** A text of bytes, one per character. */
  add(text: string): this {
    this.room(text.length);
    putLatin1(this.bytes, this.size, text);
    this.size += text.length;
    return this;
  }

  addNumber(value: number): this {
    if (!Number.isSafeInteger(value)) return this.add(`${value}`);
    this.room(NUMBER_ROOM);
    this.size = writeInteger(this.bytes, this.size, value);
    return this;
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
    const grown = spareBytes(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
  }
}
