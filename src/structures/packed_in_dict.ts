/**
 * Which elements of a packed collection a dict has as keys. They are hashed and compared as they
 * lie there: SINTER takes a third more of the CPU when a text is made of each first.
 *
 * Some elements are hashed before the first is looked up, and what their chains begin with is
 * read: in a dict that the processor's caches do not hold, those reads are under way together. 20
 * elements take 1.5 us so in a dict of 100,000, as against 2.6 to 4.8; nothing more if they are in
 * the caches.
 */
import { byteOffset, i32, NIL, SEGMENT_BITS, SEGMENT_MASK, u8, views } from "../arena/arena.ts";
import { hashBytes } from "../base/hash.ts";
import { type Range, stage, staging } from "../base/range.ts";
import type { DictRef } from "./dict.ts";
import * as dict from "./dict.ts";
import type { EntryRef } from "./entry.ts";
import type { PackedRef } from "./packed.ts";
import * as packed from "./packed.ts";
import * as element from "./packed_element.ts";
import { END } from "./packed_element.ts";
import { readSlots } from "./read_ahead.ts";

/** Comparing by words may read so many bytes past the end of a text. */
const SLACK = 4;
/** Elements that are hashed together. */
const BATCH = 32;
/** The word of an entry that is its hash. */
const HASH = 1;

/** A text that is not compared where it lies: an integer's, a long one's. */
const text: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };

/** The positions of these elements, their hashes, and the first entries of the chains of these. */
const places = new Int32Array(BATCH);
const hashes = new Int32Array(BATCH);
const entries = new Int32Array(BATCH);
/** How many of them there are, which is looked up next, and where those behind them begin. */
let known = 0;
let following = 0;
let rest = 0;
/** What was read, so that it is read. */
const seen = { sum: 0 };

/**
 * The position of the first element behind the one at `after`, which is what the call before has
 * found, or of all for 0, that is a key of the dict, or is none if so wanted; 0 if there is none.
 */
export function nextInDict(p: PackedRef, after: number, keys: DictRef, isIn = true): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  const view = views[p >>> SEGMENT_BITS];
  const base = byteOffset(p);
  const end = view.byteLength - SLACK;
  const isResized = dict.otherTable(keys) !== NIL;
  if (after === 0) {
    known = 0;
    following = 0;
    rest = packed.start(p);
  }
  for (;;) {
    while (following < known) {
      const place = places[following];
      const hash = hashes[following];
      const head = entries[following++] as EntryRef;
      const at = base + place;
      const size = element.shortSize(bytes, at);
      let found = false;
      if (size < 0 || at + 1 + size > end) {
        found = hasText(bytes, at, keys);
      } else if (isResized) {
        found = dict.find(keys, bytes, view, at + 1, size, hash) !== NIL;
      } else {
        found = dict.findInChain(head, bytes, view, at + 1, size, hash) !== NIL;
      }
      if (found === isIn) return place;
    }
    if (bytes[base + rest] === END) return 0;
    readBatch(bytes, view, base, end, keys);
  }
}

/** Hashes the elements that come next, and reads what their chains begin with. */
function readBatch(
  bytes: Uint8Array,
  view: DataView,
  base: number,
  end: number,
  keys: DictRef,
): void {
  let at = base + rest;
  let n = 0;
  for (; n < BATCH && bytes[at] !== END; n++) {
    const size = element.shortSize(bytes, at);
    const isHashed = size >= 0 && at + 1 + size <= end;
    places[n] = at - base;
    hashes[n] = isHashed ? hashBytes(bytes, view, at + 1, size) : 0;
    at += element.span(bytes, at);
  }
  known = n;
  following = 0;
  rest = at - base;
  readSlots(keys, hashes, entries, n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const e = entries[i];
    if (e !== NIL) sum ^= i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + HASH];
  }
  seen.sum = sum;
}

function hasText(bytes: Uint8Array, at: number, keys: DictRef): boolean {
  element.textInto(bytes, at, text);
  const { size } = text;
  stage(text.bytes, text.offset, size);
  const hash = hashBytes(staging.bytes, staging.view, 0, size);
  return dict.find(keys, staging.bytes, staging.view, 0, size, hash) !== NIL;
}
