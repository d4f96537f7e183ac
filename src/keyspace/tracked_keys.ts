/**
 * Which clients have read which keys, and are to be told when those change (CLIENT TRACKING).
 *
 * Names are kept without their databases, as in Redis: who reads a key is told of any of that name.
 * There may be a million, so they lie in the arena, as entries of a dict of their own whose value
 * is a set of client numbers: whatever frees keys frees these as well. Adding and taking are
 * O(1) expected in the keys, and O(n) moved bytes in the clients of one.
 */
import { NIL } from "../arena/arena.ts";
import { isShortage } from "../arena/shortage.ts";
import { hashBytes } from "../base/hash.ts";
import type { Args } from "../protocol/args.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { IntsetRef } from "../structures/intset.ts";
import * as intset from "../structures/intset.ts";
import { AREA, become, refOf, setRef } from "../values/collection.ts";
import { INTSET } from "../values/set_value.ts";
import { Type } from "../values/types.ts";
import * as values from "../values/values.ts";

const WORD = 2 ** 32;
const BYTE = 256;

export class TrackedKeys {
  /** Pairs of a key and a client that has read it. */
  pairCount = 0;
  /** NIL until there is a key. */
  private keys = NIL as DictRef;

  /** Names that somebody has read. */
  get count(): number {
    return this.keys === NIL ? 0 : dict.count(this.keys);
  }

  /** The client has read the key in an argument; false when there is no memory to note it. */
  add(args: Args, index: number, clientId: number): boolean {
    try {
      this.note(args, index, clientId);
      return true;
    } catch (error) {
      if (!isShortage(error)) throw error;
      return false;
    }
  }

  private note(args: Args, index: number, clientId: number): void {
    if (this.keys === NIL) this.keys = dict.create();
    const { bytes, view, start, size } = args;
    const from = start[index];
    const length = size[index];
    const hash = hashBytes(bytes, view, from, length);
    let e = dict.find(this.keys, bytes, view, from, length, hash);
    if (e === NIL) {
      const readers = intset.create();
      try {
        e = entry.create(bytes, view, from, length, hash, AREA, false);
      } catch (error) {
        intset.release(readers);
        throw error;
      }
      become(e, Type.set, INTSET, readers);
      dict.insert(this.keys, e);
    }
    this.addReader(e, Math.floor(clientId / WORD), clientId | 0);
  }

  private addReader(e: EntryRef, high: number, low: number): void {
    const readers = refOf(e) as IntsetRef;
    const at = intset.search(readers, high, low);
    if (at >= 0) return;
    setRef(e, intset.insert(readers, ~at, high, low));
    this.pairCount++;
  }

  /**
   * Those who have read the key of an entry of a database, in Redis's order; they are forgotten.
   * None in most cases.
   */
  take(of: EntryRef): readonly number[] {
    if (this.keys === NIL) return NOBODY;
    const e = dict.findSame(this.keys, of);
    return e === NIL ? NOBODY : this.remove(e);
  }

  /** Takes some key; null when there is none. `random(n)` gives an integer below n. */
  takeAny(random: (limit: number) => number): { name: string; readers: readonly number[] } | null {
    if (this.count === 0) return null;
    const e = dict.randomEntry(this.keys, random);
    return { name: entry.keyText(e), readers: this.remove(e) };
  }

  private remove(e: EntryRef): number[] {
    const readers = refOf(e) as IntsetRef;
    const ids: number[] = [];
    for (let i = 0; i < intset.count(readers); i++) {
      ids.push(intset.highAt(readers, i) * WORD + (intset.lowAt(readers, i) >>> 0));
    }
    this.pairCount -= ids.length;
    dict.remove(this.keys, e);
    values.discard(e);
    return ids.length > 1 ? ids.sort(byLowestByte) : ids;
  }

  /** Forgets all; what held it is for the caller to free, or NIL. */
  release(): DictRef {
    const { keys } = this;
    this.keys = NIL as DictRef;
    this.pairCount = 0;
    return keys;
  }
}

const NOBODY: readonly number[] = [];

/** Redis keeps client numbers as the bytes that they are in memory, the lowest first. */
function byLowestByte(a: number, b: number): number {
  let left = a;
  let right = b;
  while (left !== right) {
    const difference = (left % BYTE) - (right % BYTE);
    if (difference !== 0) return difference;
    left = Math.floor(left / BYTE);
    right = Math.floor(right / BYTE);
  }
  return 0;
}
