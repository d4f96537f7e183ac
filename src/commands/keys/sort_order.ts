/**
 * SORT's order: elements by numbers, or by texts. Texts get a number as well, of their first bytes
 * that are not the same in all of them, so that most pairs are told apart by one comparison.
 */
import { latin1 } from "../../base/bytes.ts";
import { parseDouble } from "../../base/doubles.ts";
import { parseSafe } from "../../base/numbers.ts";
import { type Compare, sortPart } from "../../base/partial_sort.ts";
import { sortFirst } from "../../base/stable_sort.ts";
import { CommandError } from "../../protocol/errors.ts";
import { compareBytes } from "../../structures/score_tree.ts";
import type { ByteList } from "./byte_list.ts";

const NO_NUMBER = new CommandError("ERR One or more scores can't be converted into double");

/** The smallest double of full precision: below it, C reports that a text is out of range. */
const NORMAL_MIN = 2 ** -1022;
const DECIMAL = /^\s*[+-]?[\d.]/;
const HEXADECIMAL = /0x/i;

const FIRST_COUNT = 128;
/** Room for more than this is not kept for the next command. */
const KEPT_COUNT_MAX = 1 << 16;
/** So many bytes are a number that a double holds. */
const KEY_BYTES = 6;

/** The indices of elements in their order; `order` is borrowed until `reserve`. */
export let order: Int32Array = new Int32Array(FIRST_COUNT);
/** What each element is sorted by; NaN if it is no number. */
export let numbers = new Float64Array(FIRST_COUNT);
let spare: Int32Array = new Int32Array(FIRST_COUNT);

/** Makes room for the numbers of so many elements, and puts these in the order of the indices. */
export function reserve(count: number): void {
  const isTooMuch = order.length > KEPT_COUNT_MAX && count <= KEPT_COUNT_MAX;
  if (count > order.length || isTooMuch) {
    const room = Math.max(FIRST_COUNT, count);
    order = new Int32Array(room);
    spare = new Int32Array(room);
    numbers = new Float64Array(room);
  }
  for (let i = 0; i < count; i++) order[i] = i;
}

/** What is compared where numbers are equal: set by whoever sorts. */
let texts: ByteList;
let sizes: Int32Array = new Int32Array(0);
/** Bytes that all texts begin with. */
let common = 0;
let sign = 1;

/**
 * Sorts the elements by `numbers`; those of the same number by their bytes. Only the first `wanted`
 * places need be right in the end. Integers that are not spelled are those in `numbers`.
 */
export function sortNumbers(elements: ByteList, descending: boolean, wanted: number): void {
  const { count } = elements;
  sign = descending ? -1 : 1;
  texts = elements;
  sizes = elements.size;
  common = 0;
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(numbers[i])) throw NO_NUMBER;
    numbers[i] *= sign;
  }
  sortByKeys(count, wanted);
}

/** Spells the integer that an element is, if that has not been done; after `sortNumbers`. */
export function spell(elements: ByteList, index: number): void {
  if (!elements.isSpelled(index)) elements.spell(index, integerAt(index));
}

/** The integer that an element is which has not been spelled; after `sortNumbers`. */
export function integerAt(index: number): number {
  const value = sign * numbers[index];
  const small = value | 0;
  // What prints it is not to meet a double (docs/decisions/0034).
  return small === value ? small : value;
}

/**
 * Sorts the elements by their bytes; as C strings, which end at a zero byte, if so wanted. Only the
 * first `wanted` places need be right in the end.
 */
export function sortTexts(
  elements: ByteList,
  asC: boolean,
  descending: boolean,
  wanted: number,
): void {
  const { count, bytes, start } = elements;
  sign = descending ? -1 : 1;
  texts = elements;
  sizes = asC ? sizesInC(elements) : elements.size;
  common = commonSize(elements);
  for (let i = 0; i < count; i++) {
    const from = start[i] + common;
    const end = start[i] + sizes[i];
    let key = 0;
    for (let at = from; at < from + KEY_BYTES; at++) key = key * 256 + (at < end ? bytes[at] : 0);
    numbers[i] = sign * key;
  }
  sortByKeys(count, wanted);
}

function sortByKeys(count: number, wanted: number): void {
  const sorted = sortFirst(order, spare, count, wanted, numbers, compareTexts);
  if (sorted === order) return;
  spare = order;
  order = sorted;
}

function compareTexts(a: number, b: number): number {
  if (!texts.isSpelled(a)) {
    if (!texts.isSpelled(b)) return 0;
    spell(texts, a);
  } else {
    spell(texts, b);
  }
  const { bytes, start } = texts;
  const skipped = common;
  const sizeA = sizes[a] - skipped;
  const sizeB = sizes[b] - skipped;
  return sign * compareBytes(bytes, start[a] + skipped, sizeA, bytes, start[b] + skipped, sizeB);
}

/** The bytes that all texts begin with. */
function commonSize({ bytes, start, count }: ByteList): number {
  if (count === 0) return 0;
  let size = sizes[0];
  for (let i = 1; i < count && size > 0; i++) {
    size = Math.min(size, sizes[i]);
    let same = 0;
    while (same < size && bytes[start[i] + same] === bytes[start[0] + same]) same++;
    size = same;
  }
  return size;
}

/**
 * Sorts the elements by the texts of their weights, of which some are missing: these come first.
 * Only places `from` to `to` need be right in the end; elements of equal weights lie where Redis
 * leaves them. With `whole`, weights are compared beyond zero bytes; with `byElement`, elements of
 * equal weights are.
 */
export function sortByWeights(
  elements: ByteList,
  weights: ByteList,
  descending: boolean,
  whole: boolean,
  byElement: boolean,
  from: number,
  to: number,
): void {
  const { count } = elements;
  const direction = descending ? -1 : 1;
  const sizesOfWeights = whole ? weights.size : sizesInC(weights);
  const byWeight: Compare = (a, b) => {
    const hasA = weights.has(a);
    const hasB = weights.has(b);
    if (hasA && hasB) return direction * compareIn(weights, sizesOfWeights, a, b);
    if (hasA === hasB) return 0;
    return hasA ? direction : -direction;
  };
  const compare: Compare = byElement
    ? (a, b) => byWeight(a, b) || direction * compareIn(elements, elements.size, a, b)
    : byWeight;
  if (from !== 0 || to !== count - 1) sortPart(order, count, compare, from, to);
  else order.subarray(0, count).sort(compare);
}

function compareIn(list: ByteList, sizesOf: Int32Array, a: number, b: number): number {
  const { bytes, start } = list;
  return compareBytes(bytes, start[a], sizesOf[a], bytes, start[b], sizesOf[b]);
}

/** The sizes of texts up to their first zero byte. */
function sizesInC({ bytes, start, size, count, used }: ByteList): Int32Array {
  const zero = bytes.indexOf(0);
  if (zero < 0 || zero >= used) return size;
  const found = size.slice(0, count);
  for (let i = 0; i < count; i++) {
    for (let at = 0; at < found[i]; at++) if (bytes[start[i] + at] === 0) found[i] = at;
  }
  return found;
}

/**
 * The number that C's strtod reads, if that is all there is up to a zero byte: blanks may come
 * first, and nothing at all is 0. NaN for all else, and for what is out of a double's range.
 */
export function numberOf(bytes: Uint8Array, offset: number, size: number): number {
  const integer = parseSafe(bytes, offset, size);
  if (!Number.isNaN(integer)) return integer;
  let end = offset;
  while (end < offset + size && bytes[end] !== 0) end++;
  if (end === offset) return 0;
  let from = offset;
  while (from < end && (bytes[from] === 32 || (bytes[from] >= 9 && bytes[from] <= 13))) from++;
  const value = parseDouble(bytes, from, end - from);
  if (value === 0 || Math.abs(value) >= NORMAL_MIN) return value;
  const text = latin1(bytes, from, end - from);
  return DECIMAL.test(text) && !HEXADECIMAL.test(text) ? Number.NaN : value;
}
