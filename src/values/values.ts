/**
 * What differs between the types of values, in one place: how much of its entry a value takes, how
 * it is copied, freed and named. Each type has a module of its own; this is the table of them.
 */
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as hashValue from "./hash_value.ts";
import * as listValue from "./list_value.ts";
import * as setValue from "./set_value.ts";
import * as streamValue from "./stream_value.ts";
import * as stringValue from "./string_value.ts";
import * as zsetValue from "./zset_value.ts";

/** What the module of a type offers. */
interface ValueKind {
  /** The bytes that the value takes in its entry. */
  areaOf(e: EntryRef): number;
  /** Makes the value of `to`, which has the room, a deep copy: it shares no block. */
  duplicate(from: EntryRef, to: EntryRef): void;
  /** Frees at once what the value owns outside its entry. */
  release(e: EntryRef): void;
  /** Frees some of that, some hundred elements at most; false when nothing is left. */
  releaseSlice(e: EntryRef): boolean;
  /** Elements that the value owns: what freeing it costs. */
  count(e: EntryRef): number;
  /**
   * The bytes of the blocks that the value owns outside its entry, reckoned from some of its
   * elements, or from `samples` of them: Infinity for exact.
   */
  ownedSize(e: EntryRef, samples?: number): number;
  /** The name that OBJECT ENCODING gives. */
  encodingName(e: EntryRef): string;
}

/** By type: the order of types.ts. */
const kinds: readonly ValueKind[] = [
  kindFrom(stringValue),
  kindFrom(listValue),
  kindFrom(setValue),
  kindFrom(zsetValue),
  kindFrom(hashValue),
  kindFrom(streamValue),
];

/**
 * What a module offers as a plain object: all of one shape, so that what is asked of any type is
 * found at one place. Of a bundled module each name is a getter.
 */
function kindFrom(module: ValueKind): ValueKind {
  const { areaOf, duplicate, release, releaseSlice, count, ownedSize, encodingName } = module;
  return { areaOf, duplicate, release, releaseSlice, count, ownedSize, encodingName };
}

const kindOf = (e: EntryRef) => kinds[entry.type(e)];

export const areaOf = (e: EntryRef) => kindOf(e).areaOf(e);
export const duplicate = (from: EntryRef, to: EntryRef) => kindOf(from).duplicate(from, to);
export const release = (e: EntryRef) => kindOf(e).release(e);
/** Frees at once an entry that no database has, with its value. */
export function discard(e: EntryRef): void {
  release(e);
  entry.release(e);
}
export const releaseSlice = (e: EntryRef) => kindOf(e).releaseSlice(e);
export const count = (e: EntryRef) => kindOf(e).count(e);
export const ownedSize = (e: EntryRef, samples?: number) => kindOf(e).ownedSize(e, samples);
export const encodingName = (e: EntryRef) => kindOf(e).encodingName(e);
