/**
 * The entry of a collection: its value area is a ref (a packed block, a dict, a tree) and a word
 * that is the type's own. The entry stays where it is however the collection changes.
 */
import { i32, type Ref, SEGMENT_BITS } from "../arena/arena.ts";
import type { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { ValueHolder } from "./holder.ts";
import type { KeyEvent } from "./key_event.ts";

/** Bytes of an entry's value area. */
export const AREA = 8;

export const refOf = (e: EntryRef) => i32[e >>> SEGMENT_BITS][entry.valueWord(e)] as Ref;
export const setRef = (e: EntryRef, ref: Ref) => {
  i32[e >>> SEGMENT_BITS][entry.valueWord(e)] = ref;
};
export const wordOf = (e: EntryRef) => i32[e >>> SEGMENT_BITS][entry.valueWord(e) + 1];
export const setWord = (e: EntryRef, word: number) => {
  i32[e >>> SEGMENT_BITS][entry.valueWord(e) + 1] = word;
};

/** Makes an entry, which has the room and owns no value, a collection. */
export function become(e: EntryRef, type: number, encoding: number, ref: Ref): void {
  entry.describe(e, type, encoding, 0);
  setRef(e, ref);
  setWord(e, 0);
}

/**
 * Adds the key in an argument, which is not there, as a collection of this type and encoding, and
 * announces it as `event`. The ref is of an empty structure: the caller fills it at once. Where it
 * replaces another value, whoever waits for the key is not told, as in Redis.
 */
export function addCollection(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  type: number,
  encoding: number,
  ref: Ref,
  event: KeyEvent,
  replaces = false,
): EntryRef {
  const e = db.add(args, index, keyHash, AREA, false, event);
  become(e, type, encoding, ref);
  if (!replaces) db.appeared(e);
  return e;
}
