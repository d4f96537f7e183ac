/**
 * Byte strings, one after the other in one buffer: for what a command collects, orders and replies,
 * and then forgets.
 */
import { copyBytes, WORD_SLACK } from "../../base/bytes.ts";
import { writeInteger } from "../../base/numbers.ts";

const FIRST_SIZE = 1024;
const FIRST_COUNT = 64;
/** More than this is not kept for the next command. */
const KEPT_SIZE_MAX = 1 << 20;
const KEPT_COUNT_MAX = 1 << 16;
/** The size of a string that is none. */
const NONE = -1;
/** The size of an integer that has not been spelled. */
const UNSPELLED = -2;
const INTEGER_SIZE_MAX = 20;

export class ByteList {
  bytes = new Uint8Array(FIRST_SIZE);
  /** Where each string begins. */
  start = new Uint32Array(FIRST_COUNT);
  size = new Int32Array(FIRST_COUNT);
  count = 0;
  /** Bytes of all strings. */
  used = 0;

  /** Makes it empty, and gives up memory if it was much. */
  clear(): void {
    this.count = 0;
    this.used = 0;
    if (this.bytes.length > KEPT_SIZE_MAX) this.bytes = new Uint8Array(FIRST_SIZE);
    if (this.size.length > KEPT_COUNT_MAX) {
      this.start = new Uint32Array(FIRST_COUNT);
      this.size = new Int32Array(FIRST_COUNT);
    }
  }

  /** Adds a copy of the bytes. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    this.reserve(size);
    copyBytes(bytes, offset, size, this.bytes, this.used);
    this.note(size);
  }

  /** Adds a safe integer's decimal form. */
  addInteger(value: number): void {
    this.reserve(INTEGER_SIZE_MAX);
    this.note(writeInteger(this.bytes, this.used, value) - this.used);
  }

  /** Adds an integer that the caller knows, and gives to `spell` before its text is used. */
  addUnspelled(): void {
    this.reserve(0);
    this.start[this.count] = this.used;
    this.size[this.count++] = UNSPELLED;
  }

  isSpelled(index: number): boolean {
    return this.size[index] !== UNSPELLED;
  }

  /** Makes what `addUnspelled` has added a safe integer's decimal form. */
  spell(index: number, value: number): void {
    this.reserveBytes(INTEGER_SIZE_MAX);
    const end = writeInteger(this.bytes, this.used, value);
    this.start[index] = this.used;
    this.size[index] = end - this.used;
    this.used = end;
  }

  /** Adds no string: `has` of it is false. */
  addNone(): void {
    this.reserve(0);
    this.note(0);
    this.size[this.count - 1] = NONE;
  }

  /** Whether there is a string at the index. */
  has(index: number): boolean {
    return this.size[index] !== NONE;
  }

  private note(size: number): void {
    this.start[this.count] = this.used;
    this.size[this.count++] = size;
    this.used += size;
  }

  private reserveBytes(size: number): void {
    const needed = this.used + size + WORD_SLACK;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  /** Room for one more string. */
  private reserve(size: number): void {
    this.reserveBytes(size);
    if (this.count < this.size.length) return;
    const start = new Uint32Array(this.count * 2);
    const sizes = new Int32Array(this.count * 2);
    start.set(this.start);
    sizes.set(this.size);
    this.start = start;
    this.size = sizes;
  }
}
