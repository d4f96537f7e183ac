/**
 * The patterns of SORT's BY and GET: where each names a key, with an element in the place of its
 * first `*`, and perhaps a field of the hash there (`key_*->field`).
 */
import { NIL } from "../../arena/arena.ts";
import { copyBytes, WORD_SLACK } from "../../base/bytes.ts";
import type { Range } from "../../base/range.ts";
import type { Database } from "../../keyspace/database.ts";
import { Args } from "../../protocol/args.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { numberOf } from "./sort_order.ts";

const STAR = 42;
const DASH = 45;
const GREATER = 62;
const HASH_SIGN = 35;
const FIRST_ROOM = 256;

/** What stands for the element in a pattern. */
export class Pattern {
  /** It is `#`: the element itself. */
  readonly isElement: boolean;
  /** Without a `*` it names nothing. */
  readonly isFixed: boolean;
  private readonly bytes: Uint8Array;
  /** Where the `*` is. */
  private readonly star: number;
  /** Where what follows the element in the key's name ends. */
  private readonly keyEnd: number;
  /** Where the field begins; 0: it names a string. */
  private readonly field: number;

  /** `bytes` are the pattern's own. As in C, a `*` or `->` counts only before a zero byte. */
  constructor(bytes: Uint8Array) {
    let end = 0;
    while (end < bytes.length && bytes[end] !== 0) end++;
    let star = 0;
    while (star < end && bytes[star] !== STAR) star++;
    this.bytes = bytes;
    this.isElement = end === 1 && bytes[0] === HASH_SIGN;
    this.star = star;
    this.isFixed = star === end;
    const arrow = this.isFixed ? end : arrowIn(bytes, star + 1, end);
    const hasField = arrow + 2 < end;
    this.field = hasField ? arrow + 2 : 0;
    this.keyEnd = hasField ? arrow : bytes.length;
  }

  /**
   * What the pattern stands for, for this element; null when there is none. Counts as a look-up of
   * the key. The range is borrowed: the next look-up, or any change, ends it.
   */
  find(db: Database, bytes: Uint8Array, offset: number, size: number): Range | null {
    if (this.isElement) {
      element.bytes = bytes;
      element.offset = offset;
      element.size = size;
      return element;
    }
    const e = this.isFixed ? NIL : this.entryFor(db, bytes, offset, size);
    if (e === NIL) return null;
    if (this.field === 0) {
      return entry.type(e) === Type.string ? stringValue.rangeOf(e) : null;
    }
    if (entry.type(e) !== Type.hash) return null;
    const fieldSize = this.bytes.length - this.field;
    reserve(fieldSize);
    begun = null;
    copyBytes(this.bytes, this.field, fieldSize, name.bytes, 0);
    name.size[0] = fieldSize;
    const place = db.field(e, name, 0);
    return place === 0 ? null : hashValue.range(e, place);
  }

  /**
   * The number that a pattern with a `*` stands for, by `numberOf` of its bytes (see there), or 0
   * when there is none; counts as `find` does.
   */
  number(db: Database, bytes: Uint8Array, offset: number, size: number): number {
    if (this.field === 0) {
      const e = this.entryFor(db, bytes, offset, size);
      if (e === NIL || entry.type(e) !== Type.string) return 0;
      if (stringValue.isSmallInt(e)) return stringValue.smallInt(e);
      const found = stringValue.rangeOf(e);
      return numberOf(found.bytes, found.offset, found.size);
    }
    const found = this.find(db, bytes, offset, size);
    return found === null ? 0 : numberOf(found.bytes, found.offset, found.size);
  }

  /** The entry of the key that the pattern names for this element, or NIL. */
  private entryFor(db: Database, bytes: Uint8Array, offset: number, size: number): EntryRef {
    const suffix = this.keyEnd - this.star - 1;
    const nameSize = this.star + size + suffix;
    reserve(nameSize);
    const to = name.bytes;
    if (begun !== this) {
      copyBytes(this.bytes, 0, this.star, to, 0);
      begun = this;
    }
    copyBytes(bytes, offset, size, to, this.star);
    if (suffix > 0) copyBytes(this.bytes, this.star + 1, suffix, to, this.star + size);
    name.size[0] = nameSize;
    return db.read(name, 0);
  }
}

/** The pattern `#`. */
export const ELEMENT = new Pattern(Uint8Array.of(HASH_SIGN));

const element: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };

/** The one argument that look-ups are made with. */
const name = new Args(new Uint8Array(0), new DataView(new ArrayBuffer(0)));
name.push(0, 0);
/** The pattern whose bytes before the `*` the name begins with, if any is known to be that. */
let begun: Pattern | null = null;

function reserve(size: number): void {
  if (name.bytes.length >= size + WORD_SLACK) return;
  begun = null;
  name.bytes = new Uint8Array(Math.max(FIRST_ROOM, 2 * size + WORD_SLACK));
  name.view = new DataView(name.bytes.buffer);
}

/** Where `->` begins, or the end. */
function arrowIn(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + 1 < end; at++) {
    if (bytes[at] === DASH && bytes[at + 1] === GREATER) return at;
  }
  return end;
}
