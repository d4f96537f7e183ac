/**
 * What differs between the types of values, in one place: how much of its entry a value takes, how
 * it is copied, freed and named. A value that is no string is a ref in 8 bytes of its entry.
 */
import { capacity } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as stringValue from "./string_value.ts";
import { Type } from "./types.ts";

/** The bytes that the value takes in its entry. */
export function areaOf(e: EntryRef): number {
  if (DEBUG) assert(entry.type(e) === Type.string, "a type that this file does not know");
  return stringValue.areaOf(e);
}

/** Makes the value of `to`, which has the room, a deep copy: it shares no block. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  if (DEBUG) assert(entry.type(from) === Type.string, "a type that this file does not know");
  stringValue.duplicate(from, to);
}

/** Frees what the value owns outside its entry. */
export function release(e: EntryRef): void {
  if (entry.type(e) === Type.string) stringValue.release(e);
}

/** The bytes of the blocks that the value owns outside its entry. */
export function ownedSize(e: EntryRef): number {
  if (DEBUG) assert(entry.type(e) === Type.string, "a type that this file does not know");
  return entry.encoding(e) === stringValue.BLOCK ? capacity(stringValue.blockOf(e)) : 0;
}

/** The name that OBJECT ENCODING gives. */
export function encodingName(e: EntryRef): string {
  if (DEBUG) assert(entry.type(e) === Type.string, "a type that this file does not know");
  return stringValue.encodingName(e);
}
