/**
 * Search for a part of a string. The host's own takes n * m steps at worst, in one native call that
 * nothing can end: 400 KB in which 200 KB are looked for took 9.3 s. Where that could be, this
 * takes n + m: D. Knuth, J. Morris, V. Pratt, "Fast pattern matching in strings", 1977.
 */
import { charge, countMemory, touch, touchWhole } from "../guards/meter.ts";

/** Steps that the host's search may take: a few ms at worst. */
const NATIVE_STEPS_MAX = 4e6;
/** Patterns up to here are always the host's: n * m is little more than n. */
const SHORT_PATTERN = 4;
const TABLE_CELL_SIZE = 4;

/** What is looked for, once or many times, in a string that has been counted as looked into. */
export class Pattern {
  readonly text: string;
  /** For each length that matched: how much of it still matches when the next byte does not. */
  private borders: Int32Array | null = null;
  private isForward = true;

  constructor(text: string) {
    touchWhole(text);
    this.text = text;
  }

  /** Where it first is in `text`, from `start` on; -1 if it is not. */
  find(text: string, start: number): number {
    const count = text.length - start;
    const { length } = this.text;
    if (length > SHORT_PATTERN && count >= length && count * length > NATIVE_STEPS_MAX) {
      return this.findForward(text, start);
    }
    const found = text.indexOf(this.text, start);
    const passed = found < 0 ? count : found - start + 1;
    charge(1 + (passed >> 8) + ((passed * length) >> 12));
    return found;
  }

  /** Where it last is in `text`, at `start` or before; -1 if it is not. */
  findLast(text: string, start: number): number {
    const { length } = this.text;
    const end = Math.min(text.length, start + length);
    if (length > SHORT_PATTERN && end >= length && end * length > NATIVE_STEPS_MAX) {
      return this.findBackward(text, end);
    }
    charge(1 + (end >> 8) + ((end * length) >> 12));
    return text.lastIndexOf(this.text, start);
  }

  private findForward(text: string, start: number): number {
    const pattern = this.text;
    const borders = this.bordersOf(true);
    let matched = 0;
    for (let index = start; index < text.length; index++) {
      const code = text.charCodeAt(index);
      while (matched > 0 && pattern.charCodeAt(matched) !== code) matched = borders[matched - 1];
      if (pattern.charCodeAt(matched) === code) matched++;
      if (matched < pattern.length) continue;
      charge((index - start) >> 3);
      return index - matched + 1;
    }
    charge((text.length - start) >> 3);
    return -1;
  }

  /** The same from right to left, with the pattern turned round. */
  private findBackward(text: string, end: number): number {
    const pattern = this.text;
    const last = pattern.length - 1;
    const borders = this.bordersOf(false);
    let matched = 0;
    charge(end >> 3);
    for (let index = end - 1; index >= 0; index--) {
      const code = text.charCodeAt(index);
      while (matched > 0 && pattern.charCodeAt(last - matched) !== code) {
        matched = borders[matched - 1];
      }
      if (pattern.charCodeAt(last - matched) === code) matched++;
      if (matched === pattern.length) return index;
    }
    return -1;
  }

  private bordersOf(isForward: boolean): Int32Array {
    if (this.borders !== null && this.isForward === isForward) return this.borders;
    const { text } = this;
    const { length } = text;
    const codeAt = (index: number) => text.charCodeAt(isForward ? index : length - 1 - index);
    countMemory(length * TABLE_CELL_SIZE);
    charge(length >> 2);
    const borders = new Int32Array(length);
    for (let index = 1, matched = 0; index < length; index++) {
      const code = codeAt(index);
      while (matched > 0 && codeAt(matched) !== code) matched = borders[matched - 1];
      if (codeAt(matched) === code) matched++;
      borders[index] = matched;
    }
    this.borders = borders;
    this.isForward = isForward;
    return borders;
  }
}

/** Where `pattern` first is in `text`, from `start` on; -1 if it is not. */
export function find(text: string, pattern: string, start: number): number {
  touch(text);
  return new Pattern(pattern).find(text, start);
}
