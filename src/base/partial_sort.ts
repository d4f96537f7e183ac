/**
 * Sorting a part of a sequence: only positions `from` to `to` need be right in the end. It is the
 * quicksort of Bentley and McIlroy ("Engineering a Sort Function", 1993), which leaves out what
 * lies wholly outside. Equal items end up where Redis's SORT with LIMIT leaves them: it is the same
 * algorithm, and makes the same choices.
 *
 * O(n + m log m) expected for m = to - from + 1 of n items.
 */

/** Below zero when item `a` comes before item `b`, above when after. */
export type Compare = (a: number, b: number) => number;

/** Ranges shorter than this are sorted by insertion. */
const INSERTION_END = 7;
/** Longer ranges take the middle of nine items as their pivot, instead of that of three. */
const NINE_BEGIN = 40;

/** Rearranges items[0..count - 1] so that those at `from` to `to` are as in the sorted whole. */
export function sortPart(
  items: Int32Array,
  count: number,
  compare: Compare,
  from: number,
  to: number,
): void {
  sortRange(items, 0, count, compare, from, to);
}

function sortRange(
  items: Int32Array,
  begin: number,
  length: number,
  compare: Compare,
  from: number,
  to: number,
): void {
  let first = begin;
  let count = length;
  while (count >= INSERTION_END) {
    swap(items, first, pivotOf(items, first, count, compare));
    const pivot = items[first];
    // Equal to the pivot: before `left`, after `right`. Less: up to `low`; more: from `high` on.
    let left = first + 1;
    let low = left;
    let right = first + count - 1;
    let high = right;
    for (;;) {
      for (; low <= high; low++) {
        const order = compare(items[low], pivot);
        if (order > 0) break;
        if (order === 0) swap(items, left++, low);
      }
      for (; low <= high; high--) {
        const order = compare(items[high], pivot);
        if (order < 0) break;
        if (order === 0) swap(items, high, right--);
      }
      if (low > high) break;
      swap(items, low++, high--);
    }
    const end = first + count;
    swapRuns(items, first, low, Math.min(left - first, low - left));
    swapRuns(items, low, end, Math.min(right - high, end - right - 1));
    const less = low - left;
    const more = right - high;
    if (less > 1 && meets(first, less, from, to)) {
      sortRange(items, first, less, compare, from, to);
    }
    first = end - more;
    count = more;
    if (more <= 1 || !meets(first, more, from, to)) return;
  }
  insertionSort(items, first, count, compare);
}

/** Whether any of the positions that matter can be in this range. */
function meets(first: number, count: number, from: number, to: number): boolean {
  const last = first + count - 1;
  return !((from < first && to < first) || (from > last && to > last));
}

function pivotOf(items: Int32Array, first: number, count: number, compare: Compare): number {
  let middle = first + (count >>> 1);
  if (count === INSERTION_END) return middle;
  let low = first;
  let high = first + count - 1;
  if (count > NINE_BEGIN) {
    const step = count >>> 3;
    low = middleOf(items, low, low + step, low + 2 * step, compare);
    middle = middleOf(items, middle - step, middle, middle + step, compare);
    high = middleOf(items, high - 2 * step, high - step, high, compare);
  }
  return middleOf(items, low, middle, high, compare);
}

/** The position, of the three, of the item that is between the others. */
function middleOf(items: Int32Array, a: number, b: number, c: number, compare: Compare): number {
  if (compare(items[a], items[b]) < 0) {
    if (compare(items[b], items[c]) < 0) return b;
    return compare(items[a], items[c]) < 0 ? c : a;
  }
  if (compare(items[b], items[c]) > 0) return b;
  return compare(items[a], items[c]) < 0 ? a : c;
}

function insertionSort(items: Int32Array, first: number, count: number, compare: Compare): void {
  for (let at = first + 1; at < first + count; at++) {
    const item = items[at];
    let to = at;
    for (; to > first && compare(items[to - 1], item) > 0; to--) items[to] = items[to - 1];
    items[to] = item;
  }
}

function swap(items: Int32Array, a: number, b: number): void {
  const item = items[a];
  items[a] = items[b];
  items[b] = item;
}

/** Exchanges `count` items from `a` on with the `count` items before `end`. */
function swapRuns(items: Int32Array, a: number, end: number, count: number): void {
  for (let i = 0; i < count; i++) swap(items, a + i, end - count + i);
}
