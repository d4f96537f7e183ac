/**
 * Members of a few small sorted sets, gathered with scores of their own: what a union of such sets
 * comes to, say. A member is noted by where it lies, so that nothing is copied before all is known;
 * it is found by a hash of its element as it is stored, which is the same for the same text. The
 * sets must not change meanwhile.
 */
import * as arena from "../arena/arena.ts";
import { ensureMore, SEGMENT_BITS, u8, views } from "../arena/arena.ts";
import { sortByNumber } from "../base/stable_sort.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";
import * as element from "../structures/packed_element.ts";
import { isSame, quickHash } from "../structures/packed_index.ts";
import { compareBytes } from "../structures/score_tree.ts";
import { PACKED_SIZE_MAX, thresholds } from "./thresholds.ts";
import * as zsetPacked from "./zset_packed.ts";

/** The most members of all sets together. */
export const GATHERED_MAX = 512;
const SLOTS_LEAST = 64;
/** What a member takes beside its bytes in a block, with a short score. */
const MEMBER_OVERHEAD = 14;
/** The loose entry that a result is put in. */
const ENTRY_SIZE = 64;

/** The number of members. */
export let count = 0;
/** The score of each. */
export const scores = new Float64Array(GATHERED_MAX);
/** What `keep` decides by; 0 at first. */
export const marks = new Int32Array(GATHERED_MAX);

const blocks = new Int32Array(GATHERED_MAX);
const places = new Int32Array(GATHERED_MAX);
const hashes = new Int32Array(GATHERED_MAX);
/** In each slot a member's index and one, or 0. */
const slots = new Int32Array(2 * GATHERED_MAX);
let mask = 0;
/** The hash that `find` has made. */
let soughtHash = 0;

/** The members that `keep` has kept, in their order once `sort` was called. */
let kept: Int32Array = new Int32Array(GATHERED_MAX);
let spare: Int32Array = new Int32Array(GATHERED_MAX);
export let keptCount = 0;

/** Forgets all members; there will be so many at most. */
export function start(expected: number): void {
  let room = SLOTS_LEAST;
  while (room < 2 * expected) room *= 2;
  slots.fill(0, 0, room);
  mask = room - 1;
  count = 0;
}

/** The index of the member that is the one at `at` of a block, or -1: `add` may follow then. */
export function find(p: PackedRef, at: number): number {
  const view = views[p >>> SEGMENT_BITS];
  const bytes = u8[p >>> SEGMENT_BITS];
  const from = arena.byteOffset(p) + at;
  const size = element.span(bytes, from);
  const hash = quickHash(bytes, view, from, size);
  soughtHash = hash;
  for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const index = slots[slot] - 1;
    if (hashes[index] !== hash) continue;
    const block = blocks[index];
    const segment = block >>> SEGMENT_BITS;
    const own = arena.byteOffset(block as PackedRef) + places[index];
    if (element.span(u8[segment], own) !== size) continue;
    if (isSame(views[segment], own, view, from, size)) return index;
  }
  return -1;
}

/** Adds the member that `find` has just looked for in vain. */
export function add(p: PackedRef, at: number, score: number): void {
  let slot = soughtHash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = count + 1;
  blocks[count] = p;
  places[count] = at;
  hashes[count] = soughtHash;
  scores[count] = score;
  marks[count++] = 0;
}

/** Keeps the members with this mark. */
export function keep(mark: number): void {
  keptCount = 0;
  for (let i = 0; i < count; i++) if (marks[i] === mark) kept[keptCount++] = i;
}

/** Puts the kept members in the order of a sorted set. */
export function sort(): void {
  const sorted = sortByNumber(kept, spare, keptCount, scores, compareMembers);
  if (sorted === kept) return;
  spare = kept;
  kept = sorted;
}

function compareMembers(a: number, b: number): number {
  const one = packed.range(blocks[a] as PackedRef, places[a]);
  const other = packed.range2(blocks[b] as PackedRef, places[b]);
  return compareBytes(one.bytes, one.offset, one.size, other.bytes, other.offset, other.size);
}

/** The block, and the position in it, of the kept member at an index; its score. */
export const keptBlock = (index: number) => blocks[kept[index]] as PackedRef;
export const keptPlace = (index: number) => places[kept[index]];
export const keptScore = (index: number) => scores[kept[index]];

/** Whether the kept members may be one block. */
export function fitsBlock(): boolean {
  if (keptCount > thresholds.zsetPackedEntries) return false;
  let total = 0;
  for (let i = 0; i < keptCount; i++) {
    const size = packed.elementSize(keptBlock(i), keptPlace(i));
    if (size > thresholds.zsetPackedValue) return false;
    total += size;
  }
  return total <= PACKED_SIZE_MAX / 2;
}

/** A new block of the kept members, which were sorted and fit one. */
export function pack(): PackedRef {
  let room = packed.EMPTY_SIZE;
  for (let i = 0; i < keptCount; i++) {
    room += packed.elementSize(keptBlock(i), keptPlace(i)) + MEMBER_OVERHEAD;
  }
  ensureMore(room + ENTRY_SIZE);
  let p = packed.create(room);
  for (let i = 0; i < keptCount; i++) {
    const { bytes, offset, size } = packed.range(keptBlock(i), keptPlace(i));
    p = zsetPacked.append(p, bytes, offset, size, keptScore(i));
  }
  return packed.fit(p);
}
