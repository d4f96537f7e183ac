/**
 * The arena: all of the server's data, outside the garbage collector's sight.
 *
 * Memory comes in segments of 1 MiB. A segment serves blocks of one size class only and threads
 * its freed blocks into a list of its own, so a segment whose last block is freed goes back whole.
 * A block above the largest class has a segment (and a buffer) of its own.
 *
 *   ref      positive int32: 8-byte units; 0 is NIL
 *   segment  ref >>> SEGMENT_BITS, an index into the arrays of views
 *   block    starts at (ref & SEGMENT_MASK) * 8 bytes of its segment's buffer
 *
 * alloc and free are O(1). A block's bytes are not cleared. Refs stay valid until freed, and the
 * views of a segment never change while one of its blocks lives.
 */
import { assert } from "../base/assert.ts";
import { giveBack } from "../base/buffers.ts";

/** A place in the arena, in units of 8 bytes; what kind of block it names is in the type. */
export type Ref<Kind extends string = string> = number & { readonly kind: Kind };

/** No block. */
export const NIL = 0;

/** log2 of the units in a segment: 2^17 units of 8 bytes are 1 MiB. */
export const SEGMENT_BITS = 17;
export const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1;
const SEGMENT_SIZE = 8 << SEGMENT_BITS;

/** Refs are positive int32, so this many segments: 16 GiB of slabs. */
const SEGMENT_COUNT_MAX = 1 << (31 - SEGMENT_BITS);

/** The largest block that shares a segment, in units (512 KiB): two fit. */
const SLAB_UNITS_MAX = 1 << (SEGMENT_BITS - 1);

/** The largest block of all, in bytes: a 512 MB string, its growth and some bytes more. */
const BLOCK_SIZE_MAX = 2 ** 30 + 2 ** 20;

/** Freed blocks are filled with this in debug builds, so that a stale ref is seen at once. */
const POISON = 0xde;

const { classUnits, classOf } = sizeClasses();
const HUGE = classUnits.length;

/** Views by segment: bytes, 32-bit words and doubles over one buffer, and words at any byte. */
export const u8: Uint8Array[] = [];
export const i32: Int32Array[] = [];
export const f64: Float64Array[] = [];
export const views: DataView[] = [];

const segmentClass = new Uint8Array(SEGMENT_COUNT_MAX);
const segmentUnits = new Int32Array(SEGMENT_COUNT_MAX);
const freeHead = new Int32Array(SEGMENT_COUNT_MAX);
const bumpUnits = new Int32Array(SEGMENT_COUNT_MAX);
const liveCount = new Int32Array(SEGMENT_COUNT_MAX);
const nextPartial = new Int32Array(SEGMENT_COUNT_MAX);
const previousPartial = new Int32Array(SEGMENT_COUNT_MAX);
/** The head of each class's list of segments with room; segment 0 is never a slab. */
const partialHead = new Int32Array(HUGE);
const vacantSegments: number[] = [];

let usedUnits = 0;
let reservedSize = 0;
let peakUsedUnits = 0;
let blockCount = 0;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));
u8.push(NO_BYTES);
i32.push(NO_WORDS);
f64.push(NO_DOUBLES);
views.push(NO_VIEW);

/**
 * 8-byte steps up to 128 bytes, then eight classes per doubling: at most an eighth is wasted.
 * `classOf` answers for up to SLAB_TABLE units; above, the class is computed.
 */
function sizeClasses() {
  const units: number[] = [0];
  for (let size = 1; size <= 16; size++) units.push(size);
  for (let step = 2; units[units.length - 1] < SLAB_UNITS_MAX; step *= 2) {
    for (let i = 0; i < 8; i++) units.push(units[units.length - 1] + step);
  }
  const table = new Uint8Array(1025);
  for (let size = 1, index = 1; size <= 1024; size++) {
    if (size > units[index]) index++;
    table[size] = index;
  }
  return { classUnits: Int32Array.from(units), classOf: table };
}

function classFor(units: number): number {
  if (units <= 1024) return classOf[units];
  let low = 1;
  let high = HUGE;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (classUnits[middle] < units) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A block of at least `size` bytes (1 to 1 GiB), whose bytes are whatever they were: a block of
 * a segment of its own is zero. The caller owns it until `free`.
 */
export function alloc(size: number): Ref {
  const units = (size + 7) >>> 3;
  if (units > SLAB_UNITS_MAX) return allocHuge(size);
  const index = classFor(units);
  let segment = partialHead[index];
  if (segment === 0) segment = addSegment(index);
  liveCount[segment]++;
  usedUnits += classUnits[index];
  blockCount++;
  const head = freeHead[segment];
  if (head !== 0) {
    const next = i32[segment][(head & SEGMENT_MASK) << 1];
    freeHead[segment] = next;
    if (next === 0 && isBumped(segment, index)) unlinkPartial(segment, index);
    return head as Ref;
  }
  const at = bumpUnits[segment];
  bumpUnits[segment] = at + classUnits[index];
  if (isBumped(segment, index)) unlinkPartial(segment, index);
  return ((segment << SEGMENT_BITS) | at) as Ref;
}

/**
 * As `alloc`, all bytes zero. A block of a segment of its own is so by itself, and not even
 * touched: the system clears its pages one by one as they are used, not all of them now.
 */
export function allocZeroed(size: number): Ref {
  const ref = alloc(size);
  if ((size + 7) >>> 3 > SLAB_UNITS_MAX) return ref;
  const offset = byteOffset(ref);
  u8[ref >>> SEGMENT_BITS].fill(0, offset, offset + size);
  return ref;
}

/** Gives a block back. The ref is dead from here on. */
export function free(ref: Ref): void {
  const segment = ref >>> SEGMENT_BITS;
  const index = segmentClass[segment];
  blockCount--;
  if (index === HUGE) {
    releaseSegment(segment);
    return;
  }
  const units = classUnits[index];
  usedUnits -= units;
  if (DEBUG) poison(ref, units);
  const wasFull = freeHead[segment] === 0 && isBumped(segment, index);
  i32[segment][(ref & SEGMENT_MASK) << 1] = freeHead[segment];
  freeHead[segment] = ref;
  if (wasFull) linkPartial(segment, index);
  // One empty segment per class stays, so that a class at its edge does not map and unmap.
  if (--liveCount[segment] === 0 && nextPartial[partialHead[index]] !== 0) {
    unlinkPartial(segment, index);
    releaseSegment(segment);
  }
}

/** The bytes that the block can hold: at least what was asked for. */
export function capacity(ref: Ref): number {
  const segment = ref >>> SEGMENT_BITS;
  const index = segmentClass[segment];
  return (index === HUGE ? segmentUnits[segment] : classUnits[index]) << 3;
}

/** The capacity that `alloc(size)` would give. */
export function capacityFor(size: number): number {
  const units = (size + 7) >>> 3;
  return units > SLAB_UNITS_MAX ? units << 3 : classUnits[classFor(units)] << 3;
}

/** Where the block's bytes begin in `u8[segmentOf(ref)]`. */
export function byteOffset(ref: Ref): number {
  return (ref & SEGMENT_MASK) << 3;
}

export function segmentOf(ref: Ref): number {
  return ref >>> SEGMENT_BITS;
}

/** Bytes in live blocks, bytes of all segments, the most ever used, and the number of blocks. */
export function figures() {
  if (usedUnits > peakUsedUnits) peakUsedUnits = usedUnits;
  return {
    usedSize: usedUnits * 8,
    reservedSize,
    peakSize: peakUsedUnits * 8,
    blockCount,
    segmentCount: u8.length - 1 - vacantSegments.length,
  };
}

/** Bytes in live blocks. */
export function usedSize(): number {
  if (usedUnits > peakUsedUnits) peakUsedUnits = usedUnits;
  return usedUnits * 8;
}

/** Checks every segment's counts and lists; throws on the first that is wrong. For tests. */
export function verify(): void {
  for (let index = 1; index < HUGE; index++) {
    for (let segment = partialHead[index]; segment !== 0; segment = nextPartial[segment]) {
      assert(segmentClass[segment] === index, "a segment in another class's list");
      let freed = 0;
      for (let ref = freeHead[segment]; ref !== 0; freed++) {
        assert(ref >>> SEGMENT_BITS === segment, "a free block of another segment");
        ref = i32[segment][(ref & SEGMENT_MASK) << 1];
      }
      const carved = Math.floor(bumpUnits[segment] / classUnits[index]);
      assert(carved === freed + liveCount[segment], "blocks lost from a segment");
    }
  }
}

function isBumped(segment: number, index: number): boolean {
  return bumpUnits[segment] + classUnits[index] > 1 << SEGMENT_BITS;
}

function takeSegment(size: number): number {
  const buffer = new ArrayBuffer(size);
  let segment = vacantSegments.pop();
  if (segment === undefined) {
    segment = u8.length;
    if (segment >= SEGMENT_COUNT_MAX) throw new RangeError("out of memory: no segment is left");
  }
  u8[segment] = new Uint8Array(buffer);
  i32[segment] = new Int32Array(buffer);
  f64[segment] = new Float64Array(buffer);
  views[segment] = new DataView(buffer);
  reservedSize += size;
  segmentUnits[segment] = size >>> 3;
  return segment;
}

function addSegment(index: number): number {
  const segment = takeSegment(SEGMENT_SIZE);
  segmentClass[segment] = index;
  freeHead[segment] = 0;
  bumpUnits[segment] = 0;
  liveCount[segment] = 0;
  linkPartial(segment, index);
  return segment;
}

function allocHuge(size: number): Ref {
  if (size > BLOCK_SIZE_MAX) throw new RangeError("out of memory: the block is too large");
  const rounded = (size + 7) & ~7;
  const segment = takeSegment(rounded);
  segmentClass[segment] = HUGE;
  usedUnits += rounded >>> 3;
  blockCount++;
  return (segment << SEGMENT_BITS) as Ref;
}

function releaseSegment(segment: number): void {
  if (segmentClass[segment] === HUGE) usedUnits -= segmentUnits[segment];
  reservedSize -= segmentUnits[segment] * 8;
  giveBack(u8[segment]);
  u8[segment] = NO_BYTES;
  i32[segment] = NO_WORDS;
  f64[segment] = NO_DOUBLES;
  views[segment] = NO_VIEW;
  vacantSegments.push(segment);
}

function linkPartial(segment: number, index: number): void {
  const head = partialHead[index];
  nextPartial[segment] = head;
  previousPartial[segment] = 0;
  if (head !== 0) previousPartial[head] = segment;
  partialHead[index] = segment;
}

function unlinkPartial(segment: number, index: number): void {
  const next = nextPartial[segment];
  const previous = previousPartial[segment];
  if (next !== 0) previousPartial[next] = previous;
  if (previous !== 0) nextPartial[previous] = next;
  else partialHead[index] = next;
}

function poison(ref: Ref, units: number): void {
  const offset = byteOffset(ref);
  u8[segmentOf(ref)].fill(POISON, offset, offset + units * 8);
}
