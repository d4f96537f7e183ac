/**
 * A hash table over the elements of a packed collection, for the time of one operation that asks
 * for many: building it costs about as much as ten look-ups without. The collection must not
 * change meanwhile. Its hash is quick rather than safe: at worst all elements are looked at.
 */

import type { PackedRef } from "./packed.ts";
import * as packed from "./packed.ts";

const FIRST_SLOTS = 256;
/** A table of more slots than this is not kept. */
const KEPT_SLOTS_MAX = 1 << 14;
const HASH_FACTOR = 0x01000193;

/** Reusable. */
export class PackedIndex {
  private p = 0 as PackedRef;
  private mask = 0;
  /** In each slot the position of an element, or 0, and beside it the element's hash. */
  private positions = new Int32Array(FIRST_SLOTS);
  private hashes = new Int32Array(FIRST_SLOTS);

  /** Becomes an index of this collection. */
  build(p: PackedRef): void {
    let slots = FIRST_SLOTS;
    while (slots < packed.count(p) * 2) slots *= 2;
    this.p = p;
    this.mask = slots - 1;
    this.reset(slots);
    for (let at = packed.first(p); at !== 0; at = packed.next(p, at)) {
      const { bytes, offset, size } = packed.range2(p, at);
      const hash = quickHash(bytes, offset, size);
      let slot = hash & this.mask;
      while (this.positions[slot] !== 0) slot = (slot + 1) & this.mask;
      this.positions[slot] = at;
      this.hashes[slot] = hash;
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
    const { p, mask, positions, hashes } = this;
    const hash = quickHash(bytes, offset, size);
    for (let slot = hash & mask; positions[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] !== hash) continue;
      if (packed.equals(p, positions[slot], bytes, offset, size)) return positions[slot];
    }
    return 0;
  }
}

function quickHash(bytes: Uint8Array, offset: number, size: number): number {
  let hash = size;
  for (let at = offset; at < offset + size; at++) hash = Math.imul(hash ^ bytes[at], HASH_FACTOR);
  return hash ^ (hash >>> 15);
}
