/**
 * Asking one set for many members in a row, as set operations do. What that makes worth while is
 * prepared: an index of a packed set; for integers that come in ascending order, the place to go
 * on from.
 */
import { NIL, type Ref } from "../arena/arena.ts";
import { type DictRef, findSame } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { IntsetRef } from "../structures/intset.ts";
import { searchFrom } from "../structures/intset.ts";
import type { PackedRef } from "../structures/packed.ts";
import { PackedIndex } from "../structures/packed_index.ts";
import { refOf } from "./collection.ts";
import type { Member } from "./set_member.ts";
import { count, DICT, holds, INDEXED_MIN, INTSET, PACKED } from "./set_value.ts";

/** Reusable. The set must not change between `start` and the last `has`. */
export class SetProbe {
  private e = NIL as EntryRef;
  private ref = NIL as Ref;
  private isDict = false;
  private isIndexed = false;
  private isOrdered = false;
  /** Where integers not less than the one asked for last begin. */
  private from = 0;
  private index: PackedIndex | null = null;

  /**
   * Becomes a probe of this set that will be asked for about so many members; `ordered` says that
   * they all are integers and come in ascending order.
   */
  start(e: EntryRef, asked: number, ordered: boolean): void {
    const encoding = entry.encoding(e);
    this.e = e;
    this.ref = refOf(e);
    this.from = 0;
    this.isDict = encoding === DICT;
    this.isOrdered = ordered && encoding === INTSET;
    this.isIndexed = encoding === PACKED && asked >= INDEXED_MIN && count(e) >= INDEXED_MIN;
    if (!this.isIndexed) return;
    this.index ??= new PackedIndex();
    this.index.build(this.ref as Ref as PackedRef);
  }

  /** Whether the set has the member. */
  has(m: Member): boolean {
    if (this.isDict && m.entry !== NIL) {
      return findSame(this.ref as Ref as DictRef, m.entry) !== NIL;
    }
    if (this.isOrdered) {
      const found = searchFrom(this.ref as Ref as IntsetRef, this.from, m.high, m.low);
      this.from = found < 0 ? ~found : found;
      return found >= 0;
    }
    if (!this.isIndexed || this.index === null) return holds(this.e, m);
    if (m.packed !== NIL) return this.index.findElement(m.packed, m.at) !== 0;
    m.text();
    return this.index.find(m.bytes, m.offset, m.size) !== 0;
  }
}
