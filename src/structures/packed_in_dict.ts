/**
 * Which elements of a packed collection a dict has as keys. They are hashed and compared as they
 * lie there: SINTER takes a third more of the CPU when a text is made of each first.
 */
import { byteOffset, NIL, SEGMENT_BITS, u8, views } from "../arena/arena.ts";
import { hashBytes } from "../base/hash.ts";
import { type Range, stage, staging } from "../base/range.ts";
import type { DictRef } from "./dict.ts";
import * as dict from "./dict.ts";
import type { PackedRef } from "./packed.ts";
import * as packed from "./packed.ts";
import * as element from "./packed_element.ts";
import { END } from "./packed_element.ts";

/** Comparing by words may read so many bytes past the end of a text. */
const SLACK = 4;

/** A text that is not compared where it lies: an integer's, a long one's. */
const text: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };

/**
 * The position of the first element behind the one at `after`, or of all for 0, that is a key of
 * the dict; 0 if there is none.
 */
export function nextInDict(p: PackedRef, after: number, keys: DictRef): number {
  const bytes = u8[p >>> SEGMENT_BITS];
  const view = views[p >>> SEGMENT_BITS];
  const base = byteOffset(p);
  const end = view.byteLength - SLACK;
  let at = base + (after === 0 ? packed.start(p) : after);
  if (after !== 0) at += element.span(bytes, at);
  for (; bytes[at] !== END; at += element.span(bytes, at)) {
    const size = element.shortSize(bytes, at);
    if (size < 0 || at + 1 + size > end) {
      if (hasText(bytes, at, keys)) return at - base;
      continue;
    }
    const hash = hashBytes(bytes, view, at + 1, size);
    if (dict.find(keys, bytes, view, at + 1, size, hash) !== NIL) return at - base;
  }
  return 0;
}

function hasText(bytes: Uint8Array, at: number, keys: DictRef): boolean {
  element.textInto(bytes, at, text);
  const { size } = text;
  stage(text.bytes, text.offset, size);
  const hash = hashBytes(staging.bytes, staging.view, 0, size);
  return dict.find(keys, staging.bytes, staging.view, 0, size, hash) !== NIL;
}
