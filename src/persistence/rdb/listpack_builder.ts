/** Puts listpacks together in a buffer, as Redis writes them. */
import { copyBytes } from "../../base/bytes.ts";
import type { Range } from "../../base/range.ts";
import { HEADER_SIZE } from "../../structures/packed.ts";
import * as element from "../../structures/packed_element.ts";

const FIRST_SIZE = 4096;
const KEPT_SIZE_MAX = 1 << 20;
const COUNT_UNKNOWN = 0xffff;
/** What an element may take beside its bytes, and more. */
const OVERHEAD = 16;
const NO_BYTES = new Uint8Array(0);

/** To be used again and again. */
export class ListpackBuilder {
  bytes = new Uint8Array(FIRST_SIZE);
  /** Elements so far, and the bytes of the listpack with them. */
  count = 0;
  size = HEADER_SIZE + 1;
  private view = new DataView(this.bytes.buffer);

  reset(): void {
    if (this.bytes.length > KEPT_SIZE_MAX) this.take(new Uint8Array(FIRST_SIZE));
    this.count = 0;
    this.size = HEADER_SIZE + 1;
  }

  /** Adds an element as it stands in another listpack. */
  addElement(bytes: Uint8Array, at: number, span: number): void {
    this.room(span);
    copyBytes(bytes, at, span, this.bytes, this.size - 1);
    this.pretend(span);
  }

  /** Counts an element that is not written. */
  pretend(span: number): void {
    this.size += span;
    this.count++;
  }

  addText({ bytes, offset, size }: Range): void {
    this.room(size + OVERHEAD);
    const span = element.measure(bytes, offset, size);
    element.write(this.bytes, this.view, this.size - 1, bytes, offset, size);
    this.pretend(span);
  }

  /** Adds an integer of 32 bits. */
  addInteger(value: number): void {
    this.addWords(value >> 31, value);
  }

  /** Adds an integer of 64 bits in two words. */
  addWords(high: number, low: number): void {
    this.room(OVERHEAD);
    const span = element.wordsSpan(high, low);
    element.write(this.bytes, this.view, this.size - 1, NO_BYTES, 0, 0);
    this.pretend(span);
  }

  /** Writes head and end; returns itself: the listpack lies in `bytes`, from the start on. */
  finish(): this {
    const { bytes, size } = this;
    const count = Math.min(this.count, COUNT_UNKNOWN);
    for (let i = 0; i < 4; i++) bytes[i] = size >>> (8 * i);
    bytes[4] = count;
    bytes[5] = count >> 8;
    bytes[size - 1] = element.END;
    return this;
  }

  private room(size: number): void {
    const needed = this.size + size;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(2 * needed);
    grown.set(this.bytes.subarray(0, this.size));
    this.take(grown);
  }

  private take(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
