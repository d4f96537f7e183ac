/**
 * Adds elements to the end of a list, leaf by leaf, as pushes would have put them there: for
 * loading many of them. What is encoded as a leaf has it is copied as it is.
 *
 *   listLoad.begin(e);
 *   listLoad.add(bytes, offset, size), listLoad.addRun(bytes, from, stop)  …
 *   listLoad.finish();
 *
 * Between begin and finish nothing else is loaded so. If the caller gives up, what was not yet a
 * leaf is forgotten.
 */
import { copyBytes } from "../base/bytes.ts";
import type { EntryRef } from "../structures/entry.ts";
import {
  LEAF_SIZE_MAX,
  Leaves,
  type LoadCode,
  loadCode,
  MADE_HEAD_SIZE,
} from "../structures/load_code/load_code.ts";
import * as packed from "../structures/packed.ts";
import * as element from "../structures/packed_element.ts";
import * as listValue from "./list_value.ts";

/** A larger element is not put together here. */
const STAGED_SPAN_MAX = 64 << 10;
/** The bits of a short string's code that are its size. */
const SHORT_MASK = 63;

/** The elements of the leaf that is being made. */
const own = new Uint8Array(2 * STAGED_SPAN_MAX);
const ownView = new DataView(own.buffer);
let staged = own;
let view = ownView;

let list = 0 as EntryRef;
let end = 0;
let count = 0;
let endMax = 0;
let countMax = 0;

/** Begins with a list that was made, perhaps without elements. */
export function begin(e: EntryRef): void {
  staged = loadCode?.staged.bytes ?? own;
  view = loadCode?.staged.view ?? ownView;
  list = e;
  end = 0;
  count = 0;
  endMax = Math.min(listValue.sizeLimit() - packed.EMPTY_SIZE, STAGED_SPAN_MAX);
  countMax = listValue.countLimit();
}

/** Adds an element. */
export function add(bytes: Uint8Array, offset: number, size: number): void {
  const span = element.measure(bytes, offset, size);
  if (span > STAGED_SPAN_MAX) {
    addLarge(bytes, offset, size, span);
    return;
  }
  makeRoom(span);
  element.write(staged, view, end, bytes, offset, size);
  end += span;
  count++;
}

/** What `addRun` has passed: where it stopped, and how many elements. */
export const run = { at: 0, count: 0 };

/**
 * Adds elements from index `from` up to `stop` that are sound, and encoded as packed_element.ts
 * would do it: see `run`. It stops at what it cannot tell of, which is for `add` then, or wrong.
 */
export function addRun(bytes: Uint8Array, from: number, stop: number): void {
  run.at = from;
  run.count = 0;
  if (loadCode !== null && bytes === loadCode.blob.bytes && staged === loadCode.staged.bytes) {
    if (endMax <= LEAF_SIZE_MAX) {
      addWide(loadCode, stop);
      return;
    }
  }
  for (;;) {
    const at = element.passRun(bytes, run.at, stop, endMax - end, countMax - count);
    const { passed } = element;
    copyBytes(bytes, run.at, at - run.at, staged, end);
    end += at - run.at;
    count += passed.count;
    run.at = at;
    run.count += passed.count;
    if (!passed.isFull || count === 0) return;
    finish();
  }
}

/** As `addRun`, by WebAssembly, of bytes in the region for them. */
function addWide(loading: LoadCode, stop: number): void {
  const { blob, staged, code } = loading;
  loading.setLeafState(Leaves.sizeMax, endMax);
  loading.setLeafState(Leaves.countMax, countMax);
  for (let isFull = true; isFull; ) {
    loading.setLeafState(Leaves.stagedEnd, staged.at + end);
    loading.setLeafState(Leaves.count, count);
    loading.setLeafState(Leaves.plain, listValue.plainLeft(list));
    run.at = code.takeRun(blob.at + run.at, blob.at + stop) - blob.at;
    run.count += loading.leafState(Leaves.passed);
    end = loading.leafState(Leaves.stagedEnd) - staged.at;
    count = loading.leafState(Leaves.count);
    const made = loading.leafState(Leaves.made);
    adopt(loading, made);
    isFull = made > 0 && loading.leafState(Leaves.isFull) !== 0;
  }
}

/** Takes leaves over that were made. */
function adopt({ trimmed: { bytes, view } }: LoadCode, made: number): void {
  let at = 0;
  for (let left = made; left > 0; left--) {
    const size = view.getInt32(at, true);
    const isTrimmed = view.getInt32(at + 4, true) < 0;
    at += MADE_HEAD_SIZE;
    listValue.loadBlock(list, bytes, at, size, isTrimmed);
    at += (size + 7) & ~7;
  }
}

/** How many bytes the leaf that is being made may get, and how many elements. */
export const room = () => endMax - end;
export const countRoom = () => countMax - count;
/** Whether nothing is in that leaf yet. */
export const isEmpty = () => count === 0;

/**
 * Where elements may be written as packed_element.ts would do it, from index `endOf()` on and no
 * more than there is room for; `wrote` must follow before anything else.
 */
export const buffer = () => staged;
export const endOf = () => end;

/** So many elements were written, which take so many bytes. */
export function wrote(size: number, elements: number): void {
  end += size;
  count += elements;
}

/**
 * Adds a leaf as it is: a sound listpack of so many elements, plain or trimmed. False if the list
 * cannot have it so: its elements are to be added then.
 */
export function addLeaf(
  bytes: Uint8Array,
  offset: number,
  size: number,
  elements: number,
  isTrimmed: boolean,
): boolean {
  const prefix = isTrimmed ? bytes[offset + packed.HEADER_SIZE] & SHORT_MASK : 0;
  const whole = size - packed.EMPTY_SIZE + (elements - 1) * prefix;
  if (elements > countMax || whole > endMax) return false;
  finish();
  return listValue.loadLeaf(list, bytes, offset, size, isTrimmed);
}

/** What is too large for a leaf with others has one of its own. */
function addLarge(bytes: Uint8Array, offset: number, size: number, span: number): void {
  finish();
  const leaf = packed.create(packed.EMPTY_SIZE + span);
  listValue.addLeaf(list, packed.append(leaf, bytes, offset, size));
}

function makeRoom(span: number): void {
  if (count > 0 && (end + span > endMax || count >= countMax)) finish();
}

/** Makes a leaf of what was added since the last one: all is in the list then. */
export function finish(): void {
  if (count === 0) return;
  listValue.load(list, staged, view, 0, end, count);
  end = 0;
  count = 0;
}
