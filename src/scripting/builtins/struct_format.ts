/**
 * The formats of struct.pack and struct.unpack, letter by letter as Redis's struct reads them:
 *
 *     > < big or little endian    ! alignment, of a power of 2, 8 if none is said    blank nothing
 *     b B h H l L T i I           integers of 1, 1, 2, 2, 8, 8, 8 and 4 or the said number of bytes
 *     f d                         floats of 4 and 8 bytes
 *     s                           a string up to its first zero byte
 *     c                           a string of 1 or the said number of bytes; c0: see struct.ts
 *     x                           one byte that is zero
 */
import { rangeError, type Thrown, typeError } from "../guards/errors.ts";
import { charge } from "../guards/meter.ts";

const LETTER_COST = 2;
const NATIVE_ALIGNMENT = 8;
const INTEGER_SIZE_MAX = 32;
const COUNT_MAX = 2 ** 31 - 1;
/** Letters of a format, which is read without a pause. */
const FORMAT_SIZE_MAX = 64 << 10;

/** Sizes of letters that have one; 0 is for all others, which are not aligned. */
const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  B: 1,
  h: 2,
  H: 2,
  l: 8,
  L: 8,
  T: 8,
  f: 4,
  d: 8,
  x: 1,
};
const INT_SIZE = 4;

export class StructFormat {
  /** The letter that `next` found, its size, and the zero bytes that come before it. */
  letter = "";
  size = 0;
  isLittleEndian = true;
  private alignment = 1;
  private at = 0;
  private readonly text: string;
  /** What the function is called, for errors. */
  private readonly name: string;

  constructor(text: string, name: string) {
    if (text.length > FORMAT_SIZE_MAX) {
      throw rangeError(`struct.${name}: format too long (limit ${FORMAT_SIZE_MAX} letters)`);
    }
    // To the other side a zero byte is the end.
    const end = text.indexOf("\0");
    this.text = end < 0 ? text : text.slice(0, end);
    this.name = name;
  }

  /** Finds the next letter, with its number; false at the end. */
  next(): boolean {
    if (this.at >= this.text.length) return false;
    charge(LETTER_COST);
    this.letter = this.text[this.at++] as string;
    this.size = this.readSize();
    return true;
  }

  /** How many zero bytes come before what is at `position`, so that it is aligned. */
  padding(position: number): number {
    if (this.size === 0 || this.letter === "c") return 0;
    const size = Math.min(this.size, this.alignment);
    return (size - (position & (size - 1))) & (size - 1);
  }

  /** Does what a letter says that stands for no value. */
  control(): void {
    switch (this.letter) {
      case " ":
        return;
      case ">":
        this.isLittleEndian = false;
        return;
      case "<":
        this.isLittleEndian = true;
        return;
      case "!": {
        const alignment = this.readNumber(NATIVE_ALIGNMENT);
        if (alignment <= 0 || (alignment & (alignment - 1)) !== 0) {
          throw typeError(`alignment ${alignment} is not a power of 2`);
        }
        this.alignment = alignment;
        return;
      }
      default:
        throw this.argumentError(1, `invalid format option '${this.letter}'`);
    }
  }

  /** The error of an argument, from 1 on. */
  argumentError(index: number, reason: string): Thrown {
    return typeError(`bad argument #${index} to '${this.name}' (${reason})`);
  }

  private readSize(): number {
    if (this.letter === "c") return this.readNumber(1);
    if (this.letter !== "i" && this.letter !== "I") return SIZES[this.letter] ?? 0;
    const size = this.readNumber(INT_SIZE);
    if (size > INTEGER_SIZE_MAX) {
      throw typeError(`integral size ${size} is larger than limit of ${INTEGER_SIZE_MAX}`);
    }
    return size;
  }

  private readNumber(absent: number): number {
    const start = this.at;
    let number = 0;
    for (;;) {
      const digit = this.text.charCodeAt(this.at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      number = number * 10 + digit;
      if (number > COUNT_MAX) throw typeError("integral size overflow");
      this.at++;
    }
    return this.at === start ? absent : number;
  }
}
