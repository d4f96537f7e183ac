/**
 * Sorting of many by a number each, in which those that are equal keep their order: runs by
 * insertion, which are merged from one buffer into another and back. O(n log n), and no object or
 * call for a comparison unless two numbers are equal.
 */

/** Below zero when item `a` comes before `b`, whose numbers are equal; 0: they stay as they are. */
export type CompareEqual = (a: number, b: number) => number;

const RUN_SIZE = 8;
/** So many candidates, at least, are collected beside the first before they are sorted. */
const CANDIDATES_LEAST = 16;

/**
 * Sorts items[0..count - 1], indices of `numbers`, which holds no NaN. `spare` has room for as many
 * items. Returns the buffer that then holds them: `items` or `spare`.
 */
export function sortByNumber(
  items: Int32Array,
  spare: Int32Array,
  count: number,
  numbers: Float64Array,
  compareEqual: CompareEqual,
): Int32Array {
  for (let from = 0; from < count; from += RUN_SIZE) {
    sortRun(items, from, Math.min(from + RUN_SIZE, count), numbers, compareEqual);
  }
  let source = items;
  let target = spare;
  for (let size = RUN_SIZE; size < count; size *= 2) {
    for (let from = 0; from < count; from += 2 * size) {
      const middle = Math.min(from + size, count);
      const end = Math.min(middle + size, count);
      merge(source, target, from, middle, end, numbers, compareEqual);
    }
    const merged = target;
    target = source;
    source = merged;
  }
  return source;
}

/**
 * As `sortByNumber`, where only the first `wanted` items are needed in their order: what the others
 * are then is noise. Those that come before the last of the first are collected, and sorted with
 * these when they are as many again: O(n log wanted).
 */
export function sortFirst(
  items: Int32Array,
  spare: Int32Array,
  count: number,
  wanted: number,
  numbers: Float64Array,
  compareEqual: CompareEqual,
): Int32Array {
  const room = wanted + Math.max(wanted, CANDIDATES_LEAST);
  if (room >= count) return sortByNumber(items, spare, count, numbers, compareEqual);
  if (wanted <= 0) return items;
  sortHere(items, spare, room, wanted, numbers, compareEqual);
  let last = items[wanted - 1];
  let bound = numbers[last];
  let filled = wanted;
  for (let at = room; at < count; at++) {
    const item = items[at];
    const number = numbers[item];
    if (number > bound || (number === bound && compareEqual(last, item) <= 0)) continue;
    items[filled++] = item;
    if (filled < room) continue;
    sortHere(items, spare, filled, wanted, numbers, compareEqual);
    last = items[wanted - 1];
    bound = numbers[last];
    filled = wanted;
  }
  return sortByNumber(items, spare, filled, numbers, compareEqual);
}

/** Sorts items[0..count - 1], and leaves the first `wanted` of them in `items`. */
function sortHere(
  items: Int32Array,
  spare: Int32Array,
  count: number,
  wanted: number,
  numbers: Float64Array,
  compareEqual: CompareEqual,
): void {
  const sorted = sortByNumber(items, spare, count, numbers, compareEqual);
  if (sorted !== items) for (let i = 0; i < wanted; i++) items[i] = sorted[i];
}

function sortRun(
  items: Int32Array,
  from: number,
  end: number,
  numbers: Float64Array,
  compareEqual: CompareEqual,
): void {
  for (let at = from + 1; at < end; at++) {
    const item = items[at];
    const number = numbers[item];
    let to = at;
    for (; to > from; to--) {
      const before = items[to - 1];
      const other = numbers[before];
      if (other < number || (other === number && compareEqual(before, item) <= 0)) break;
      items[to] = before;
    }
    items[to] = item;
  }
}

/** Merges source[from..middle - 1] and source[middle..end - 1] into the same part of the target. */
function merge(
  source: Int32Array,
  target: Int32Array,
  from: number,
  middle: number,
  end: number,
  numbers: Float64Array,
  compareEqual: CompareEqual,
): void {
  let left = from;
  let right = middle;
  let to = from;
  while (left < middle && right < end) {
    const a = source[left];
    const b = source[right];
    const isBefore =
      numbers[a] < numbers[b] || (numbers[a] === numbers[b] && compareEqual(a, b) <= 0);
    target[to++] = isBefore ? a : b;
    if (isBefore) left++;
    else right++;
  }
  while (left < middle) target[to++] = source[left++];
  while (right < end) target[to++] = source[right++];
}
