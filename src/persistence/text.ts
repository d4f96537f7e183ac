/** Bytes in a buffer of their own, with a view, as keys and values are made from. */
import { giveBack } from "../base/buffers.ts";
import { copyBytes } from "../base/bytes.ts";

/** Reads by words may pass the end by so much. */
const SLACK = 8;
const FIRST_SIZE = 64 + SLACK;
/** A buffer beyond this is not kept. */
const KEPT_SIZE_MAX = 1 << 20;

/** Where a text is kept if it is not too long. */
export interface TextHome {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
}

/** To be used again and again: what it holds stays until it is given something else. */
export class Text {
  bytes = new Uint8Array(FIRST_SIZE);
  /** Over the same memory. */
  view = new DataView(this.bytes.buffer);
  /** Where it begins. */
  readonly offset = 0;
  size = 0;
  private home: TextHome | null = null;

  /** Gives it a home, which nobody else uses meanwhile, or none. What it held is lost. */
  settle(home: TextHome | null): void {
    this.home = home;
    this.size = 0;
    this.bytes = home?.bytes ?? new Uint8Array(FIRST_SIZE);
    this.view = home?.view ?? new DataView(this.bytes.buffer);
  }

  /** Makes it `size` bytes, which the caller writes, from the start of `bytes` on. */
  resize(size: number): void {
    const { home } = this;
    if (home !== null && size <= home.bytes.length - SLACK) {
      if (this.bytes !== home.bytes) giveBack(this.bytes);
      this.bytes = home.bytes;
      this.view = home.view;
      this.size = size;
      return;
    }
    const room = this.bytes.length - SLACK;
    if (size > room || (room > KEPT_SIZE_MAX && size <= KEPT_SIZE_MAX)) {
      if (this.bytes !== home?.bytes) giveBack(this.bytes);
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
