/** Bytes in a buffer of their own, with a view, as keys and values are made from. */
import { giveBack } from "../base/buffers.ts";
import { copyBytes } from "../base/bytes.ts";

/** Reads by words may pass the end by so much. */
const SLACK = 8;
/** A buffer beyond this is not kept. */
const KEPT_SIZE_MAX = 1 << 20;

/** To be used again and again: what it holds stays until it is given something else. */
export class Text {
  bytes = new Uint8Array(64 + SLACK);
  /** Over the same memory. */
  view = new DataView(this.bytes.buffer);
  /** Where it begins. */
  readonly offset = 0;
  size = 0;

  /** Makes it `size` bytes, which the caller writes, from the start of `bytes` on. */
  resize(size: number): void {
    const room = this.bytes.length - SLACK;
    if (size > room || (room > KEPT_SIZE_MAX && size <= KEPT_SIZE_MAX)) {
      giveBack(this.bytes);
      this.bytes = new Uint8Array(Math.max(size, Math.min(2 * size, KEPT_SIZE_MAX)) + SLACK);
      this.view = new DataView(this.bytes.buffer);
    }
    this.size = size;
  }

  /** Makes it a copy of bytes of others. */
  set(bytes: Uint8Array, offset: number, size: number): void {
    this.resize(size);
    copyBytes(bytes, offset, size, this.bytes, 0);
  }
}
