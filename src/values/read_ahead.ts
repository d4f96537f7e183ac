/**
 * Reading ahead, from keys' entries on: what a value has in other blocks, and the elements of large
 * collections. See structures/read_ahead.ts.
 */
import { i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import type { DictRef } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { LINE_LAST, LINE_WORDS, SEGMENT_LAST } from "../structures/read_ahead.ts";
import { refOf } from "./collection.ts";
import * as hashValue from "./hash_value.ts";
import * as setValue from "./set_value.ts";
import * as stringValue from "./string_value.ts";
import { Type } from "./types.ts";
import * as zsetValue from "./zset_value.ts";

/** Lines of a string that are read: from then on the processor knows by itself. */
const LINES_MAX = 8;

/** What was read, so that it is read. */
const seen = { sum: 0 };

/** Reads the values of entries (NIL for none) that have been read: of large ones, the beginning. */
export function readValues(entries: Int32Array, n: number): void {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const e = entries[i] as EntryRef;
    if (e === NIL) continue;
    if (entry.type(e) === Type.string && entry.encoding(e) !== stringValue.BLOCK) {
      sum ^= readInside(e);
      continue;
    }
    const ref = refOf(e);
    const words = i32[ref >>> SEGMENT_BITS];
    const first = (ref & SEGMENT_MASK) << 1;
    sum ^= words[first] ^ words[Math.min(first + LINE_LAST, SEGMENT_LAST)];
  }
  seen.sum = sum;
}

/** Reads a string in its entry, but for the lines that `readEntries` has read. */
function readInside(e: EntryRef): number {
  const size = entry.valueSize(e);
  if (size <= 4 * LINE_LAST) return 0;
  const words = i32[e >>> SEGMENT_BITS];
  const from = ((e & SEGMENT_MASK) << 1) + LINE_LAST + LINE_WORDS;
  const end = ((e & SEGMENT_MASK) << 1) + ((entry.valueAt(e) + size) >>> 2);
  const to = Math.min(end, from + LINES_MAX * LINE_WORDS);
  let sum = 0;
  for (let at = from; at < to; at += LINE_WORDS) sum ^= words[at];
  return sum;
}

/** The dict of a large set, sorted set or hash; NIL of anything else. */
export function elementsOf(e: EntryRef): DictRef {
  const type = entry.type(e);
  const isLarge =
    (type === Type.hash && !hashValue.isPacked(e)) ||
    (type === Type.set && entry.encoding(e) === setValue.DICT) ||
    (type === Type.zset && entry.encoding(e) === zsetValue.TREE);
  return (isLarge ? refOf(e) : NIL) as Ref as DictRef;
}
