/**
 * A byte string that is made of many small parts. They are collected as bytes: concatenated strings
 * would be a tree, which takes many times their size until it is laid out. All writers share the
 * collected bytes: whoever pauses has them made a string first, by `flush`.
 */
import { latin1Of, putLatin1 } from "../../runtime/texts.ts";
import { countMemory, countString, stringTooLong } from "../guards/meter.ts";
import { STRING_SIZE_MAX } from "../limits.ts";

const COLLECTED_SIZE = 16 << 10;
/** Texts up to here are copied, others become parts as they are. */
const COPIED_SIZE_MAX = 4096;
/**
 * Up to here quoting looks at each byte itself, which is faster than the host's for short texts.
 */
const SHORT_TEXT = 64;

const SPACE = 32;
const QUOTE = 34;
const DIGIT_0 = 48;
const BACKSLASH = 92;

const collected = new Uint8Array(COLLECTED_SIZE);
const collectedView = new DataView(collected.buffer);

export class ByteWriter {
  /** How many bytes are collected. */
  private at = 0;
  private parts: string[] = [];
  private partsSize = 0;

  /** How many bytes there are. */
  get size(): number {
    return this.partsSize + this.at;
  }

  byte(bits: number): void {
    if (this.at === COLLECTED_SIZE) this.flush();
    collected[this.at++] = bits;
  }

  /** 2 bytes, the higher first; so with the others. */
  word16(bits: number): void {
    collectedView.setUint16(this.reserve(2), bits);
  }

  word32(bits: number): void {
    collectedView.setUint32(this.reserve(4), bits);
  }

  word64(bits: bigint): void {
    collectedView.setBigUint64(this.reserve(8), bits);
  }

  float32(number: number, isLittleEndian = false): void {
    collectedView.setFloat32(this.reserve(4), number, isLittleEndian);
  }

  float64(number: number, isLittleEndian = false): void {
    collectedView.setFloat64(this.reserve(8), number, isLittleEndian);
  }

  /** Throws a RangeError of the script past the size that a string may have. */
  text(text: string): void {
    const { length } = text;
    if (length > COPIED_SIZE_MAX) {
      this.flush();
      this.part(text);
    } else {
      putLatin1(collected, this.reserve(length), text);
    }
  }

  /** A part of a text. */
  slice(text: string, start: number, end: number): void {
    if (end - start > SHORT_TEXT) {
      this.text(text.slice(start, end));
      return;
    }
    let at = this.reserve(end - start);
    for (let index = start; index < end; index++) collected[at++] = text.charCodeAt(index);
  }

  /** A number's shortest form. */
  number(number: number): void {
    if (!(number >= 0 && number < 1e9 && Math.floor(number) === number)) {
      this.text(`${number}`);
      return;
    }
    let count = 1;
    for (let end = 10; end <= number; end *= 10) count++;
    let rest = number | 0;
    const start = this.reserve(count);
    for (let at = start + count - 1; at >= start; at--) {
      const next = (rest / 10) | 0;
      collected[at] = DIGIT_0 + rest - next * 10;
      rest = next;
    }
  }

  /** A text as JSON has it. */
  quoted(text: string): void {
    const { length } = text;
    if (length > SHORT_TEXT) {
      this.text(JSON.stringify(text));
      return;
    }
    const start = this.reserve(length + 2);
    collected[start] = QUOTE;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < SPACE || code === QUOTE || code === BACKSLASH) {
        this.at = start;
        this.text(JSON.stringify(text));
        return;
      }
      collected[start + 1 + index] = code;
    }
    collected[start + 1 + length] = QUOTE;
  }

  /** Makes a string of what is collected, so that others may write. */
  flush(): void {
    if (this.at === 0) return;
    const text = latin1Of(collected, 0, this.at);
    this.at = 0;
    this.part(text);
  }

  /** The whole string; the writer is empty again. */
  take(): string {
    const { at, parts } = this;
    countString(this.size);
    if (parts.length === 0) {
      this.at = 0;
      return latin1Of(collected, 0, at);
    }
    this.flush();
    this.parts = [];
    this.partsSize = 0;
    return parts.join("");
  }

  private part(text: string): void {
    this.partsSize += text.length;
    if (this.partsSize > STRING_SIZE_MAX) throw stringTooLong();
    countMemory(text.length);
    this.parts.push(text);
  }

  /** Where `size` bytes can be written, which then count as written. */
  private reserve(size: number): number {
    if (this.at + size > COLLECTED_SIZE) this.flush();
    const start = this.at;
    this.at = start + size;
    return start;
  }
}
