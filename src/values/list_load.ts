/**
 * Adds elements to the end of a list, leaf by leaf, as pushes would have put them there: for
 * loading many of them. What is encoded as a leaf has it is copied as it is.
 *
 *   listLoad.begin(e);
 *   listLoad.add(bytes, offset, size), listLoad.addRun(bytes, at, size, elements)  …
 *   listLoad.finish();
 *
 * Between begin and finish nothing else is loaded so. If the caller gives up, what was not yet a
 * leaf is forgotten.
 */
import { copyBytes } from "../base/bytes.ts";
import type { EntryRef } from "../structures/entry.ts";
import { loadCode } from "../structures/load_code/load_code.ts";
import * as packed from "../structures/packed.ts";
import * as element from "../structures/packed_element.ts";
import * as listValue from "./list_value.ts";

/** A larger element is not put together here. */
const STAGED_SPAN_MAX = 64 << 10;

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

/** Adds elements, for which there is room, that are encoded as packed_element.ts would do it. */
export function addRun(bytes: Uint8Array, at: number, size: number, elements: number): void {
  copyBytes(bytes, at, size, staged, end);
  wrote(size, elements);
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
