/**
 * A hash table over the elements of a packed collection, for the time of one operation that asks
 * for many: building it costs about as much as ten look-ups without. The collection must not
 * change meanwhile. Its hash is quick rather than safe: at worst all elements are looked at.
 *
 * What is hashed and compared is an element as it is stored, which is the same for the same text:
 * elements of another collection are looked up as they lie there.
 */

import * as arena from "../arena/arena.ts";
import { SEGMENT_BITS, u8, views } from "../arena/arena.ts";
import { bufferOf } from "../base/ballast.ts";
import type { PackedRef } from "./packed.ts";
import * as packed from "./packed.ts";
import * as element from "./packed_element.ts";
import { END } from "./packed_element.ts";

const SLOTS_LEAST = 64;
const FIRST_SLOTS = 256;
/** A table of more slots than this is not kept. */
const KEPT_SLOTS_MAX = 1 << 14;
const HASH_FACTOR = 0x85ebca6b;

/** Where a text that is looked up is written as an element. */
let written = new Uint8Array(256);
let writtenView = new DataView(written.buffer);

/** Reusable. */
export class PackedIndex {
  private p = 0 as PackedRef;
  private mask = 0;
  /** In each slot the position of an element, or 0, and beside it the element's hash. */
  private positions = new Int32Array(FIRST_SLOTS);
  private hashes = new Int32Array(FIRST_SLOTS);

  /** Becomes an index of this collection. */
  build(p: PackedRef): void {
    let slots = SLOTS_LEAST;
    while (slots < packed.count(p) * 2) slots *= 2;
    this.p = p;
    this.mask = slots - 1;
    this.reset(slots);
    const { positions, hashes, mask } = this;
    const bytes = u8[p >>> SEGMENT_BITS];
    const view = views[p >>> SEGMENT_BITS];
    const base = arena.byteOffset(p);
    for (let at = base + packed.start(p); bytes[at] !== END; ) {
      const size = element.span(bytes, at);
      const hash = quickHash(bytes, view, at, size);
      let slot = hash & mask;
      while (positions[slot] !== 0) slot = (slot + 1) & mask;
      positions[slot] = at - base;
      hashes[slot] = hash;
      at += size;
    }
  }

  private reset(slots: number): void {
    const room = this.positions.length;
    if (slots <= room && room <= KEPT_SLOTS_MAX) {
      this.positions.fill(0, 0, slots);
      return;
    }
    this.positions = new Int32Array(slots);
    this.hashes = new Int32Array(slots);
  }

  /** The position of the element that is these bytes, or 0. */
  find(bytes: Uint8Array, offset: number, size: number): number {
    const taken = element.measure(bytes, offset, size);
    if (taken > written.length) {
      written = new Uint8Array(bufferOf(taken * 2));
      writtenView = new DataView(written.buffer);
    }
    element.write(written, writtenView, 0, bytes, offset, size);
    return this.findStored(written, writtenView, 0);
  }

  /** The position of the element that is the one at `at` of another collection, or 0. */
  findElement(other: PackedRef, at: number): number {
    const segment = other >>> SEGMENT_BITS;
    return this.findStored(u8[segment], views[segment], arena.byteOffset(other) + at);
  }

  /**
   * The position of the first element of another collection behind the one at `after`, or of all
   * for 0, that this one has as well, or that it has not if so wanted; 0 if there is none.
   */
  nextFound(other: PackedRef, after: number, isFound: boolean): number {
    const { p, mask, positions, hashes } = this;
    const own = u8[p >>> SEGMENT_BITS];
    const ownView = views[p >>> SEGMENT_BITS];
    const ownBase = arena.byteOffset(p);
    const bytes = u8[other >>> SEGMENT_BITS];
    const view = views[other >>> SEGMENT_BITS];
    const base = arena.byteOffset(other);
    let at = base + (after === 0 ? packed.start(other) : after);
    if (after !== 0) at += element.span(bytes, at);
    while (bytes[at] !== END) {
      const size = element.span(bytes, at);
      const hash = quickHash(bytes, view, at, size);
      let found = false;
      for (let slot = hash & mask; positions[slot] !== 0; slot = (slot + 1) & mask) {
        if (hashes[slot] !== hash) continue;
        const ownAt = ownBase + positions[slot];
        if (element.span(own, ownAt) !== size) continue;
        found = isSame(ownView, ownAt, view, at, size);
        if (found) break;
      }
      if (found === isFound) return at - base;
      at += size;
    }
    return 0;
  }

  private findStored(bytes: Uint8Array, view: DataView, at: number): number {
    const { p, mask, positions, hashes } = this;
    const size = element.span(bytes, at);
    const hash = quickHash(bytes, view, at, size);
    const own = u8[p >>> SEGMENT_BITS];
    const ownView = views[p >>> SEGMENT_BITS];
    const base = arena.byteOffset(p);
    for (let slot = hash & mask; positions[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] !== hash) continue;
      const ownAt = base + positions[slot];
      if (element.span(own, ownAt) !== size) continue;
      if (isSame(ownView, ownAt, view, at, size)) return positions[slot];
    }
    return 0;
  }
}

/** Of an element of so many bytes, by words, the last of which ends where the element does. */
export function quickHash(bytes: Uint8Array, view: DataView, at: number, size: number): number {
  let hash = size;
  if (size < 4) {
    for (let i = at; i < at + size; i++) hash = Math.imul(hash ^ bytes[i], HASH_FACTOR);
  } else {
    const last = at + size - 4;
    for (let i = at; i < last; i += 4) hash = mixed(hash, view.getInt32(i, true));
    hash = mixed(hash, view.getInt32(last, true));
  }
  return hash ^ (hash >>> 15);
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, HASH_FACTOR);
  return product ^ (product >>> 13);
}

/** Whether two elements of the same size are one. */
export function isSame(a: DataView, aAt: number, b: DataView, bAt: number, size: number): boolean {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    if (a.getInt32(aAt + i, true) !== b.getInt32(bAt + i, true)) return false;
  }
  for (; i < size; i++) if (a.getUint8(aAt + i) !== b.getUint8(bAt + i)) return false;
  return true;
}
