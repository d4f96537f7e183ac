/**
 * The table of longest common subsequences of the prefixes of two strings, with one bit a cell.
 *
 * Neighbours in a row of the usual table are equal, or the right one is greater by one; a row here
 * has a clear bit for each column that is greater. So 32 columns are made at once: with the bits of
 * the row above and those of the columns whose byte is the row's, an addition carries each greater
 * column to the first match after the one before (Hyyrö, Bit-parallel LCS-length computation
 * revisited, 2004). The columns are the second string's bytes, bit 0 first.
 *
 *   row 0 | row 1 ... row a.length      `width` words each; row 0, of no byte, has all bits set
 *
 * It takes a 32nd of the room of a table of numbers, and the columns of each byte value at most as
 * much again.
 */
import { onesIn } from "../bits/bits.ts";

/** Strings are so often short that tables of this many words are kept. */
const KEPT_WORDS = 4096;
const BYTE_VALUES = 256;

const keptRows = new Int32Array(KEPT_WORDS);
const keptColumns = new Int32Array(KEPT_WORDS);
/** Where in `columns` the columns of each byte value are; -1: the first string has no such byte. */
const columnsAt = new Int32Array(BYTE_VALUES);

export class CommonTable {
  private readonly rows: Int32Array;
  /** Words of a row. */
  private readonly width: number;
  /** The size of the longest common subsequence. */
  readonly commonSize: number;

  /**
   * Borrows memory that the next one made takes over. With `sizeOnly` it keeps the last row alone,
   * and cannot tell of cells. Throws what a typed array does if there is no memory.
   */
  constructor(a: Uint8Array, b: Uint8Array, sizeOnly: boolean) {
    const width = (b.length + 31) >>> 5;
    const columns = columnsOf(a, b, width);
    const words = width * (sizeOnly ? 1 : a.length + 1);
    const rows = words <= KEPT_WORDS ? keptRows : new Int32Array(words);
    rows.fill(-1, 0, width);
    let above = 0;
    const step = sizeOnly ? 0 : width;
    for (let i = 0; i < a.length; i++) {
      makeRow(rows, above, columns, columnsAt[a[i]], width, above + step);
      above += step;
    }
    this.rows = rows;
    this.width = width;
    this.commonSize = clearBits(rows, above, b.length);
  }

  /** Whether the cell of i and j bytes, j above 0, is greater than that of i and j - 1. */
  isGreater(i: number, j: number): boolean {
    const bit = j - 1;
    return ((this.rows[i * this.width + (bit >>> 5)] >>> (bit & 31)) & 1) === 0;
  }
}

/** For each byte value that `a` has, a row of bits: in which columns `b` has it. */
function columnsOf(a: Uint8Array, b: Uint8Array, width: number): Int32Array {
  columnsAt.fill(-1);
  let words = 0;
  for (let i = 0; i < a.length; i++) {
    if (columnsAt[a[i]] >= 0) continue;
    columnsAt[a[i]] = words;
    words += width;
  }
  const columns = words <= KEPT_WORDS ? keptColumns : new Int32Array(words);
  if (columns === keptColumns) columns.fill(0, 0, words);
  for (let j = 0; j < b.length; j++) {
    const at = columnsAt[b[j]];
    if (at >= 0) columns[at + (j >>> 5)] |= 1 << (j & 31);
  }
  return columns;
}

/** Makes the row at `to`, which may be the one above itself. */
function makeRow(
  rows: Int32Array,
  above: number,
  columns: Int32Array,
  at: number,
  width: number,
  to: number,
): void {
  let carry = 0;
  for (let w = 0; w < width; w++) {
    const old = rows[above + w];
    const matches = columns[at + w];
    const both = old & matches;
    const sum = (old + both + carry) | 0;
    carry = ((old & both) | ((old | both) & ~sum)) >>> 31;
    rows[to + w] = sum | (old & ~matches);
  }
}

function clearBits(words: Int32Array, at: number, bits: number): number {
  const whole = bits >>> 5;
  let count = 0;
  for (let w = 0; w < whole; w++) count += onesIn(~words[at + w]);
  const rest = bits & 31;
  return rest === 0 ? count : count + onesIn(~words[at + whole] & ((1 << rest) - 1));
}
