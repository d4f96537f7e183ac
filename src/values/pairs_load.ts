/**
 * Small collections of pairs that are loaded as one block: whether the first element of one is
 * there twice, and hashes whose elements were written for them.
 */
import { NIL } from "../arena/arena.ts";
import { hashBytes } from "../base/hash.ts";
import { stage, staging } from "../base/range.ts";
import { type LoadCode, loadCode, Pairs } from "../structures/load_code/load_code.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import { thresholds } from "./thresholds.ts";

/** No text of an integer is longer. */
const INTEGER_SIZE_MAX = 20;

/** Whether one of the first elements of the pairs in a block is there twice. */
export function hasTwice(p: PackedRef): boolean {
  if (packed.count(p) >> 1 <= packed.COMPARED_PAIRS) return packed.hasPairTwice(p);
  // By hashes of our own: strings can be made to collide in a set of JavaScript's.
  const known = new Set<number>();
  for (let at = packed.first(p); at !== 0; ) {
    const { bytes, offset, size } = packed.range(p, at);
    stage(bytes, offset, size);
    const hash = hashBytes(staging.bytes, staging.view, 0, size);
    const isLikely = known.has(hash);
    if (isLikely && packed.find(p, packed.first(p), staging.bytes, 0, size, 1) !== at) return true;
    known.add(hash);
    at = packed.next(p, packed.next(p, at));
  }
  return false;
}

/**
 * As `hasTwice`, of a block of pairs that was made of a listpack of so many bytes, whose elements
 * the code for loading has passed. They lie in `blob` still.
 */
export function hasTwiceOf(p: PackedRef, { blob, code }: LoadCode, size: number): boolean {
  const found = code.checkPairs(blob.at + packed.HEADER_SIZE, blob.at + size - 1);
  return found === Pairs.unknown ? hasTwice(p) : found === Pairs.twice;
}

/** The code with which so many elements can be made a small hash; null where it cannot be used. */
export function codeForPairs(elements: number): LoadCode | null {
  const { hashPackedEntries, hashPackedValue } = thresholds;
  const isSmall = elements > 0 && elements <= 2 * hashPackedEntries;
  return isSmall && elements % 2 === 0 && hashPackedValue >= INTEGER_SIZE_MAX ? loadCode : null;
}

/**
 * A block for a hash of the fields and values that were written to `staged`, up to index `end`;
 * NIL if a field is there twice, or if they are too long for a block.
 */
export function pairsOf(loading: LoadCode, end: number, elements: number): PackedRef {
  const { staged, code } = loading;
  const found = code.checkPairs(staged.at, staged.at + end);
  if (found === Pairs.twice || loading.result(0) > thresholds.hashPackedValue) {
    return NIL as PackedRef;
  }
  const p = packed.fromElements(staged.bytes, 0, end, elements);
  if (found === Pairs.distinct || !hasTwice(p)) return p;
  packed.release(p);
  return NIL as PackedRef;
}
