/**
 * Strings as memory to be read and written in place: what bitmaps and HyperLogLogs are made of.
 * Redis calls a string raw, whatever its size, once it has been treated so.
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, type Ref, SEGMENT_BITS } from "../arena/arena.ts";
import { copyBytes } from "../base/bytes.ts";
import type { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import type { ValueHolder } from "./holder.ts";
import { ChangeKind, type KeyEvent } from "./key_event.ts";
import * as stringValue from "./string_value.ts";
import { Type } from "./types.ts";

/** A string in memory of its own may have up to this many times the room that it needs. */
const ROOM_FACTOR_MAX = 2;

const spelled = new Int32Array(8);
const spelledBytes = new Uint8Array(spelled.buffer);

/** A string as words: `words[at]` holds its first bytes. What follows its last byte is noise. */
export const words: { words: Int32Array; at: number; size: number } = {
  words: spelled,
  at: 0,
  size: 0,
};

/**
 * The string of an entry as words, borrowed until anything is allocated or this is called again;
 * without an entry, no bytes.
 */
export function wordsOf(e: EntryRef): typeof words {
  words.words = spelled;
  words.at = 0;
  words.size = 0;
  if (e === NIL) return words;
  const { bytes, offset, size } = stringValue.rangeOf(e);
  words.size = size;
  const encoding = entry.encoding(e);
  if (encoding === stringValue.INT) {
    copyBytes(bytes, offset, size, spelledBytes, 0);
    return words;
  }
  const block = encoding === stringValue.BLOCK ? stringValue.blockOf(e) : e;
  words.words = i32[block >>> SEGMENT_BITS];
  words.at = offset >>> 2;
  return words;
}

/** Whether Redis calls the string raw. */
export function isRaw(e: EntryRef): boolean {
  const encoding = entry.encoding(e);
  return encoding === stringValue.GROWN || encoding === stringValue.BLOCK;
}

/**
 * Makes the string one of at least `size` bytes, with zeros for those that it lacks, and raw.
 * Returns the entry, which may have moved.
 */
export function extend(db: ValueHolder, e: EntryRef, size: number): EntryRef {
  const oldSize = stringValue.size(e);
  const home = stringValue.grow(db, e, Math.max(oldSize, size));
  if (size <= oldSize) return home;
  const { bytes, offset } = stringValue.rangeOf(home);
  bytes.fill(0, offset + oldSize, offset + size);
  return home;
}

/**
 * Sees that the bytes of a raw string may be changed in place: a snapshot may need those that were
 * there when `changing` was called, which comes before. The entry stays where it is.
 */
export function open(db: ValueHolder, e: EntryRef): void {
  if (!frozen.isAny || !ownsBlock(e) || !frozen.isFrozen(stringValue.blockOf(e))) return;
  stringValue.grow(db, e, stringValue.size(e));
}

/**
 * Adds the key in an argument, which is not there, as a string of `size` zero bytes, announced as
 * `event`; if that is null, the caller announces it when it knows of a change that counts.
 */
export function addZeros(
  db: ValueHolder,
  args: Args,
  index: number,
  keyHash: number,
  size: number,
  event: KeyEvent | null,
): EntryRef {
  const area = stringValue.areaFor(size);
  const kind = event === null ? ChangeKind.unwatched : ChangeKind.usual;
  const e = db.add(args, index, keyHash, area, false, event, kind);
  stringValue.writeBytes(e, args.bytes, args.view, 0, 0);
  return extend(db, e, size);
}

/**
 * Makes the value of a key, whatever it was, a raw string of the first `size` bytes of a buffer
 * (`view` is over the same memory). Returns the entry, which may have moved.
 */
export function place(
  db: ValueHolder,
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  size: number,
): EntryRef {
  db.dropValue(e);
  const home = db.resize(e, stringValue.areaFor(size), 0);
  stringValue.writeBytes(home, bytes, view, 0, size);
  if (size < entry.OUTSIDE_SIZE) entry.describe(home, Type.string, stringValue.GROWN, size);
  return home;
}

/**
 * A block for a string of `size` bytes that is to become the value of an entry (or NIL), for which
 * `changing` was called: the entry's own, if it has one that fits, so that its bytes are still
 * there; or a new one.
 */
export function blockFor(e: EntryRef, size: number): Ref {
  if (ownsBlock(e)) {
    const own = stringValue.blockOf(e);
    const room = arena.capacity(own);
    const fits = room >= size && room <= size * ROOM_FACTOR_MAX;
    if (fits && !frozen.isFrozen(own)) return own;
  }
  return arena.alloc(size);
}

/** Makes the value of a key what lies in a block of `blockFor`; the entry may move. */
export function placeBlock(db: ValueHolder, e: EntryRef, block: Ref, size: number): EntryRef {
  let home = e;
  if (!ownsBlock(e) || stringValue.blockOf(e) !== block) {
    db.dropValue(e);
    home = db.resize(e, stringValue.areaFor(size), 0);
  }
  stringValue.setBlock(home, block, size);
  return home;
}

function ownsBlock(e: EntryRef): boolean {
  return e !== NIL && entry.type(e) === Type.string && entry.encoding(e) === stringValue.BLOCK;
}
