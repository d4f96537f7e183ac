/**
 * The arena: all of the server's data, outside the garbage collector's sight.
 *
 * Memory comes in segments of 1 MiB. A slab is one segment, or several in a row over one buffer,
 * and serves blocks of one size class only; it threads its freed blocks into a list of its own, so
 * a slab whose last block is freed goes back whole. A block above the largest class, huge, has a
 * buffer of its own, and takes one segment's number whatever its size.
 *
 *   ref      positive int32: 8-byte units; 0 is NIL
 *   segment  ref >>> SEGMENT_BITS, an index into the arrays of views
 *   block    starts at (ref & SEGMENT_MASK) * 8 bytes of its segment's view, which goes on to the
 *            slab's end: a block may reach into the segments that follow
 *
 * alloc and free are O(1). A block's bytes are not cleared. Refs stay valid until freed, and the
 * views of a segment never change while one of its blocks lives.
 *
 * Segments are numbered, and numbers are finite; the system may refuse memory, too. The last
 * RESERVED_SEGMENTS are for what has begun: whoever begins something that may grow asks before
 * (`segmentsLeft`, `ensure`), so that nothing fails half-way (docs/decisions/0016).
 */
import { assert } from "../base/assert.ts";
import * as ballast from "../base/ballast.ts";
import { giveBack } from "../base/buffers.ts";
import { STRING_SIZE_MAX } from "../base/limits.ts";
import { CommandError } from "../protocol/errors.ts";
import type { MappedMemory } from "./mapped_memory.ts";
import { fillsHugePages } from "./mapped_memory.ts";
import {
  CLASS_COUNT,
  classFor,
  classUnits,
  SEGMENT_BITS,
  SINGLE_CLASS_MAX,
  SLAB_UNITS_MAX,
  slabSegments,
} from "./size_classes.ts";

export { SEGMENT_BITS };

/** A place in the arena, in units of 8 bytes; what kind of block it names is in the type. */
export type Ref<Kind extends string = string> = number & { readonly kind: Kind };

/** No block. */
export const NIL = 0;

/**
 * `i32[ref >>> SEGMENT_BITS][(ref & SEGMENT_MASK) << 1]` is a block's first word. It is written out
 * in structures and values: by an accessor, to remove a key and add one takes 18 % longer, and to
 * put a member into a sorted set, or push and pop an element of a list, 10 %.
 */
export const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1;
export const SEGMENT_SIZE = 8 << SEGMENT_BITS;

/** Refs are positive int32, so this many segments: 16 GiB of slabs. */
export const SEGMENT_COUNT_MAX = 1 << (31 - SEGMENT_BITS);

/**
 * Segments that only what has begun may take: above what any command can need that has not asked
 * for more by `ensure`, which is up to a slab for each class that it uses, and 64 MiB besides.
 */
export const RESERVED_SEGMENTS = 256;

/** What only takes away begins while there are more than so many. */
export const SHRINKING_SEGMENTS = RESERVED_SEGMENTS >>> 3;

/** What needs no more than this (64 MiB) is within the reserve. */
const SMALL_GROWTH = 64 << 20;

/** The largest block of all, in bytes: the longest string, and what may stand around it. */
export const BLOCK_SIZE_MAX = STRING_SIZE_MAX + 2 ** 20;

/** The largest buffer that both runtimes give, less what they may need for themselves. */
const BUFFER_SIZE_MAX = 2 ** 32 - SEGMENT_SIZE;

/** What cannot be had: neither a number is left, nor would the system give more memory. */
export const OUT_OF_SPACE = new CommandError(
  "OOM command not allowed: the data take all the memory that the server can hold or get",
);

/** Freed blocks are filled with this in debug builds, so that a stale ref is seen at once. */
const POISON = 0xde;

/**
 * A class that has so many segments gets the next ones where pages may be huge: of such a segment
 * all is resident as soon as anything is, which is no more than a part of what the class has.
 */
const DENSE_SEGMENTS_MIN = 8;

/** How full a slab is, is told in so many steps; above the second number it is not emptied. */
const FULL_STEPS = 8;
const EMPTIED_STEPS_MAX = 6;

/** In place of a class: of segments that nothing uses, and of huge blocks. */
const VACANT = 0;
const HUGE = CLASS_COUNT;

/** Views by segment: bytes, 32-bit words and doubles over one buffer, and words at any byte. */
export const u8: Uint8Array[] = [];
export const i32: Int32Array[] = [];
export const f64: Float64Array[] = [];
export const views: DataView[] = [];

const segmentClass = new Uint8Array(SEGMENT_COUNT_MAX);
/** By segment of a slab that spans several: the first, by which the slab is known. */
const slabOf = new Int32Array(SEGMENT_COUNT_MAX);
/** By slab, or huge block: its units; its freed blocks; where its untouched part begins. */
const slabUnits = new Int32Array(SEGMENT_COUNT_MAX);
const freeHead = new Int32Array(SEGMENT_COUNT_MAX);
const bumpUnits = new Int32Array(SEGMENT_COUNT_MAX);
const liveCount = new Int32Array(SEGMENT_COUNT_MAX);
/** By slab, or huge block: where its memory is mapped; 0 if it is the runtime's. */
const mappedAt = new Float64Array(SEGMENT_COUNT_MAX);
const nextPartial = new Int32Array(SEGMENT_COUNT_MAX);
const previousPartial = new Int32Array(SEGMENT_COUNT_MAX);
/** The head of each class's list of slabs with room; segment 0 is never one. */
const partialHead = new Int32Array(CLASS_COUNT);
/** By class: the segments of its slabs. */
const classSegments = new Int32Array(CLASS_COUNT);
/** By segment: whether its slab is being emptied, see `beginEmptying`. */
const leaving = new Uint8Array(SEGMENT_COUNT_MAX);
/** The slabs that are. */
let leavingSlabs: number[] = [];
/** No segment below is vacant. */
let vacantFrom = 1;
let vacantCount = SEGMENT_COUNT_MAX - 1;

/** Memory that is mapped, where it can be. */
let mapped: MappedMemory | null = null;

/** Units of live blocks: `usedSize` in bytes. */
export let usedUnits = 0;
let reservedSize = 0;
let peakUsedUnits = 0;
let blockCount = 0;

/** Whether no more is left than the reserve, and who is told when that changes. */
let isScarce = false;
/** Whether half of the reserve is gone. */
let isLow = false;
let tellScarcity = (_isScarce: boolean) => {};

/** For tests: blocks until `failAt`'s is wanted, and the largest that is still to be had then. */
let failingIn = Infinity;
let failingAbove = 0;
/** The most that was promised since. */
let ensuredSize = 0;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));
addNumber();

/**
 * A block of at least `size` bytes (1 to BLOCK_SIZE_MAX), whose bytes are whatever they were: a
 * huge one is zero. The caller owns it until `free`. Throws OUT_OF_SPACE when it cannot be had.
 */
export function alloc(size: number): Ref {
  if (DEBUG && --failingIn === -1) reconsider();
  const units = (size + 7) >>> 3;
  if (units > SLAB_UNITS_MAX) return allocHuge(size);
  const index = classFor(units);
  let segment = partialHead[index];
  if (segment === 0) segment = addSlab(index);
  liveCount[segment]++;
  usedUnits += classUnits[index];
  blockCount++;
  const head = freeHead[segment];
  if (head !== 0) {
    const next = i32[head >>> SEGMENT_BITS][(head & SEGMENT_MASK) << 1];
    freeHead[segment] = next;
    if (next === 0 && isBumped(segment, index)) unlinkPartial(segment, index);
    return head as Ref;
  }
  const at = bumpUnits[segment];
  bumpUnits[segment] = at + classUnits[index];
  if (isBumped(segment, index)) unlinkPartial(segment, index);
  return ((segment << SEGMENT_BITS) + at) as Ref;
}

/**
 * As `alloc`, all bytes zero. A huge block is so by itself, and not even touched: the system clears
 * its pages one by one as they are used, not all of them now.
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
  let segment = ref >>> SEGMENT_BITS;
  const index = segmentClass[segment];
  blockCount--;
  if (index > SINGLE_CLASS_MAX) {
    if (index === HUGE) {
      usedUnits -= slabUnits[segment];
      releaseSlab(segment);
      return;
    }
    segment = slabOf[segment];
  }
  const units = classUnits[index];
  usedUnits -= units;
  if (DEBUG) poison(ref, units);
  const wasFull = freeHead[segment] === 0 && isBumped(segment, index);
  i32[ref >>> SEGMENT_BITS][(ref & SEGMENT_MASK) << 1] = freeHead[segment];
  freeHead[segment] = ref;
  if (wasFull) linkPartial(segment, index);
  if (--liveCount[segment] === 0) emptied(segment, index);
}

function emptied(slab: number, index: number): void {
  if (leaving[slab] === 0) {
    if (!isDispensable(index)) return;
    unlinkPartial(slab, index);
  }
  releaseSlab(slab);
}

/**
 * Whether an empty slab of the class goes back. One stays of the classes of small blocks, so that
 * a class at its edge does not map and unmap.
 */
function isDispensable(index: number): boolean {
  return index > SINGLE_CLASS_MAX || nextPartial[partialHead[index]] !== 0;
}

/**
 * Begins to empty slabs, of each class those that are used least as far as the others have room for
 * what is in them: no block is put there until `endEmptying`. Whoever knows who refers to a block
 * that `isLeaving` moves it. Returns the bytes that are free when all are. `isEach` is for tests:
 * each slab with room, whether others have room or not.
 */
export function beginEmptying(isEach = false): number {
  endEmptying();
  let size = 0;
  for (let index = 1; index < CLASS_COUNT; index++) {
    for (const slab of slabsToEmpty(index, isEach)) {
      unlinkPartial(slab, index);
      leaving.fill(1, slab, slab + (slabUnits[slab] >>> SEGMENT_BITS));
      leavingSlabs.push(slab);
      size += slabUnits[slab] * 8;
    }
  }
  return size;
}

function slabsToEmpty(index: number, isEach: boolean): number[] {
  const slabs: number[] = [];
  let live = 0;
  for (let slab = partialHead[index]; slab !== 0; slab = nextPartial[slab]) {
    slabs.push(slab);
    live += liveCount[slab];
  }
  if (isEach) return slabs.filter((slab) => liveCount[slab] > 0);
  // Of those that are about as full, which the most are after many were freed at random, the ones
  // in the same huge pages stay together.
  const steps = (slab: number) => Math.ceil((liveCount[slab] / roomOf(slab, index)) * FULL_STEPS);
  const place = (slab: number) => mappedAt[slab] || slab;
  slabs.sort((a, b) => steps(b) - steps(a) || place(a) - place(b));
  let kept = 0;
  for (let room = 0; kept < slabs.length && room < live; kept++) room += roomOf(slabs[kept], index);
  const isCrumbled = (slab: number) => liveCount[slab] > 0 && steps(slab) <= EMPTIED_STEPS_MAX;
  return slabs.slice(kept).filter(isCrumbled);
}

/** The blocks for which a slab has room. */
const roomOf = (slab: number, index: number) => Math.floor(slabUnits[slab] / classUnits[index]);

/** Whether the block lies in a slab that is being emptied. */
export const isLeaving = (ref: number): boolean => leaving[ref >>> SEGMENT_BITS] !== 0;

/** A copy of all bytes of a block, in one of the same size. */
export function copy<Kind extends string>(ref: Ref<Kind>): Ref<Kind> {
  const size = capacity(ref);
  const to = alloc(size) as Ref<Kind>;
  const from = byteOffset(ref);
  u8[to >>> SEGMENT_BITS].set(u8[ref >>> SEGMENT_BITS].subarray(from, from + size), byteOffset(to));
  return to;
}

/** What is not empty yet is used again. */
export function endEmptying(): void {
  const slabs = leavingSlabs;
  leavingSlabs = [];
  for (const slab of slabs) {
    // One that is empty by now has gone, and what is there instead is not marked.
    if (leaving[slab] === 0) continue;
    leaving.fill(0, slab, slab + (slabUnits[slab] >>> SEGMENT_BITS));
    linkPartial(slab, segmentClass[slab]);
  }
}

/** The bytes that the block can hold: at least what was asked for. */
export function capacity(ref: Ref): number {
  const segment = ref >>> SEGMENT_BITS;
  const index = segmentClass[segment];
  return (index === HUGE ? slabUnits[segment] : classUnits[index]) << 3;
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

/**
 * Bytes in live blocks, bytes of all segments, the most ever used, and the number of blocks; bytes
 * of address space that are mapped, and whether pages of these may be huge.
 */
export function figures() {
  if (usedUnits > peakUsedUnits) peakUsedUnits = usedUnits;
  return {
    usedSize: usedUnits * 8,
    reservedSize,
    peakSize: peakUsedUnits * 8,
    blockCount,
    segmentCount: SEGMENT_COUNT_MAX - 1 - vacantCount,
    mappedSize: mapped === null ? 0 : mapped.mappedSize,
    hasHugePages: mapped?.hasHugePages === true,
  };
}

/** Bytes of memory that segments take, as the system tells: it looks at each mapped page. */
export const residentSize = () => (mapped === null ? reservedSize : mapped.residentSize);

/** Bytes in live blocks. */
export function usedSize(): number {
  if (usedUnits > peakUsedUnits) peakUsedUnits = usedUnits;
  return usedUnits * 8;
}

/**
 * How many segments can still be taken. After the system has refused more, that is some of the
 * reserve, until it gives again. Who may make the data grow begins only above RESERVED_SEGMENTS.
 */
export function segmentsLeft(): number {
  if (isRefused() && !recover()) return Math.min(vacantCount, RESERVED_SEGMENTS >>> 2);
  return vacantCount;
}

/**
 * Throws OUT_OF_SPACE when half of the reserve is gone, or `size` bytes cannot be had: asked for
 * each element of a value that is made before anything changes (a union, what RESTORE was given),
 * by who then frees what there is of it. So it takes nothing from what has begun.
 */
export function ensureMore(size: number): void {
  if (isLow) throw OUT_OF_SPACE;
  if (size > SEGMENT_SIZE) ensure(size);
}

/** The listener is told when no more is left than the reserve, and when there is again. */
export function watchScarcity(listener: (isScarce: boolean) => void): void {
  tellScarcity = listener;
  listener(isScarce);
}

/**
 * Throws OUT_OF_SPACE unless so many bytes can be had besides the reserve: asked, before anything
 * is changed, by whoever may need more than a small part of the reserve.
 */
export function ensure(size: number): void {
  if (size <= SEGMENT_SIZE) return;
  if (!canServe(size)) throw OUT_OF_SPACE;
}

/**
 * As `alloc`, for what can do without it: NIL when it cannot be had besides the reserve, or would
 * take what the ballast is kept for.
 */
export function allocSpare(size: number): Ref | typeof NIL {
  const isTooMuch = size > (ballast.isKept() ? SEGMENT_SIZE : BLOCK_SIZE_MAX);
  if (isTooMuch || !hasSpare(size)) return NIL;
  try {
    return alloc(size);
  } catch (error) {
    if (error !== OUT_OF_SPACE) throw error;
    return NIL;
  }
}

/** Whether so many bytes can be had besides the reserve. */
export function canServe(size: number): boolean {
  const isServed = hasSpare(size);
  if (DEBUG && isServed) ensuredSize = Math.max(ensuredSize, size);
  return isServed;
}

function hasSpare(size: number): boolean {
  if (DEBUG && failingIn < 0 && size > failingAbove) return false;
  if (size / SEGMENT_SIZE > segmentsLeft() - RESERVED_SEGMENTS) return false;
  if (size <= SMALL_GROWTH) return true;
  try {
    giveBack(new Uint8Array(Math.min(size, BUFFER_SIZE_MAX)));
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a copy of all that there is can be had besides the reserve: then nobody need reckon what
 * one of a part of it takes.
 */
export function canServeCopies(): boolean {
  if (ballast.isKept() || (DEBUG && failingIn < 0)) return false;
  const isServed = reservedSize * 1.125 < (vacantCount - RESERVED_SEGMENTS) * SEGMENT_SIZE;
  if (DEBUG && isServed) ensuredSize = BLOCK_SIZE_MAX;
  return isServed;
}

/** Has what is taken from now on mapped there; null leaves it to the runtime. */
export function useMappings(memory: MappedMemory | null): void {
  mapped = memory;
}

/**
 * Whether a block of so many bytes would be in memory when it is allocated, as far as it can be: if
 * not, it is made so beside what goes on. Asked, again and again, by who can wait for it.
 */
export function isPrepared(size: number): boolean {
  if (mapped === null || size <= SEGMENT_SIZE || !fillsHugePages(size)) return true;
  return mapped.prepare((size + 7) & ~7);
}

/** Keeps a ballast of the reserve's size: for a process that the system is known to limit. */
export function keepBallast(): void {
  ballast.keep(RESERVED_SEGMENTS * SEGMENT_SIZE, reconsider);
}

/** Whether the system has refused to give more. */
function isRefused(): boolean {
  return ballast.isGone() || (DEBUG && failingIn < 0);
}

/** Tries to have the ballast again. */
function recover(): boolean {
  return !(DEBUG && failingIn < 0) && ballast.recover();
}

function reconsider(): void {
  isLow = isRefused() || vacantCount <= RESERVED_SEGMENTS >>> 1;
  const now = isLow || vacantCount <= RESERVED_SEGMENTS;
  if (now === isScarce) return;
  isScarce = now;
  tellScarcity(now);
}

/**
 * For tests, in debug builds: when `count` more blocks have been asked for, nothing is left but
 * what the reserve holds, blocks up to `largest` bytes, and what `ensure` has promised since.
 * -1: from now on. Infinity: all is as it was.
 */
export function failAt(count: number, largest = SEGMENT_SIZE): void {
  failingIn = count;
  failingAbove = largest;
  ensuredSize = 0;
  reconsider();
}

/** Checks every segment's counts and lists; throws on the first that is wrong. For tests. */
export function verify(): void {
  for (let index = 1; index < CLASS_COUNT; index++) {
    for (let segment = partialHead[index]; segment !== 0; segment = nextPartial[segment]) {
      assert(segmentClass[segment] === index, "a segment in another class's list");
      let freed = 0;
      for (let ref = freeHead[segment]; ref !== 0; freed++) {
        const of = ref >>> SEGMENT_BITS;
        assert(segmentClass[of] === index && slabOf[of] === segment, "another slab's free block");
        ref = i32[of][(ref & SEGMENT_MASK) << 1];
      }
      const carved = Math.floor(bumpUnits[segment] / classUnits[index]);
      assert(carved === freed + liveCount[segment], "blocks lost from a segment");
    }
  }
  for (const slab of leavingSlabs) {
    if (leaving[slab] === 0) continue;
    assert(liveCount[slab] > 0 && slabOf[slab] === slab, "an empty slab that has not left");
  }
  let vacant = 0;
  for (let segment = 1; segment < SEGMENT_COUNT_MAX; segment++) {
    if (segmentClass[segment] !== VACANT) continue;
    vacant++;
    assert(segment >= vacantFrom, "a vacant segment that is not looked at");
  }
  assert(vacant === vacantCount, "the count of vacant segments is wrong");
}

function isBumped(segment: number, index: number): boolean {
  return bumpUnits[segment] + classUnits[index] > slabUnits[segment];
}

function addSlab(index: number): number {
  const slab = takeSegments(slabSegments[index], classSegments[index] >= DENSE_SEGMENTS_MIN);
  classSegments[index] += slabUnits[slab] >>> SEGMENT_BITS;
  const end = slab + (slabUnits[slab] >>> SEGMENT_BITS);
  for (let segment = slab; segment < end; segment++) segmentClass[segment] = index;
  freeHead[slab] = 0;
  bumpUnits[slab] = 0;
  liveCount[slab] = 0;
  linkPartial(slab, index);
  return slab;
}

/** As many segments in a row as there are, up to `wanted`, over one buffer. Returns the first. */
function takeSegments(wanted: number, isDense: boolean): number {
  if (vacantCount === 0) throw OUT_OF_SPACE;
  let count = wanted;
  let first = vacantRun(count);
  while (first === 0) first = vacantRun(--count);
  const buffer = memoryFor(first, count * SEGMENT_SIZE, isDense, false);
  for (let i = 0; i < count; i++) {
    show(first + i, buffer, i * SEGMENT_SIZE);
    slabOf[first + i] = first;
  }
  taken(first, count, buffer.byteLength);
  return first;
}

function allocHuge(size: number): Ref {
  if (size > BLOCK_SIZE_MAX || vacantCount === 0) throw OUT_OF_SPACE;
  if (DEBUG && failingIn < 0 && size > Math.max(failingAbove, ensuredSize)) throw OUT_OF_SPACE;
  const segment = vacantRun(1);
  const buffer = memoryFor(segment, (size + 7) & ~7, fillsHugePages(size), true);
  show(segment, buffer, 0);
  segmentClass[segment] = HUGE;
  taken(segment, 1, buffer.byteLength);
  usedUnits += slabUnits[segment];
  blockCount++;
  return (segment << SEGMENT_BITS) as Ref;
}

/** The first of so many vacant segments in a row, the lowest there are; 0 when there are none. */
function vacantRun(count: number): number {
  while (vacantFrom < SEGMENT_COUNT_MAX && segmentClass[vacantFrom] !== VACANT) vacantFrom++;
  for (let first = vacantFrom; first + count <= SEGMENT_COUNT_MAX; first++) {
    let length = 0;
    while (length < count && segmentClass[first + length] === VACANT) length++;
    if (length === count) return first;
    first += length;
  }
  return 0;
}

function show(segment: number, buffer: ArrayBuffer, offset: number): void {
  while (u8.length <= segment) addNumber();
  u8[segment] = new Uint8Array(buffer, offset);
  i32[segment] = new Int32Array(buffer, offset);
  f64[segment] = new Float64Array(buffer, offset);
  views[segment] = new DataView(buffer, offset);
}

/** Adds a segment without memory to the arrays of views. */
function addNumber(): void {
  u8.push(NO_BYTES);
  i32.push(NO_WORDS);
  f64.push(NO_DOUBLES);
  views.push(NO_VIEW);
}

function taken(slab: number, count: number, size: number): void {
  slabUnits[slab] = size / 8;
  reservedSize += size;
  vacantCount -= count;
  reconsider();
}

/** A slab's segments, or a huge block's one, are vacant again, and its memory is the system's. */
function releaseSlab(slab: number): void {
  const size = slabUnits[slab] * 8;
  reservedSize -= size;
  giveBackMemory(slab, size);
  const index = segmentClass[slab];
  const count = index === HUGE ? 1 : slabUnits[slab] >>> SEGMENT_BITS;
  if (index !== HUGE) classSegments[index] -= count;
  leaving.fill(0, slab, slab + count);
  for (let segment = slab; segment < slab + count; segment++) {
    u8[segment] = NO_BYTES;
    i32[segment] = NO_WORDS;
    f64[segment] = NO_DOUBLES;
    views[segment] = NO_VIEW;
    segmentClass[segment] = VACANT;
  }
  vacantCount += count;
  if (slab < vacantFrom) vacantFrom = slab;
  reconsider();
}

/** Memory for a slab or block, mapped where that can be had. */
function memoryFor(slab: number, size: number, isDense: boolean, isZeroed: boolean): ArrayBuffer {
  const address = mapped === null ? 0 : mapped.take(size, isDense, isZeroed);
  const buffer = mapped === null || address === 0 ? bufferOf(size) : mapped.bufferAt(address, size);
  mappedAt[slab] = address;
  return buffer;
}

/**
 * Gives it back, when nothing can reach it any more: a buffer that did not let itself be detached
 * keeps its memory for good.
 */
function giveBackMemory(slab: number, size: number): void {
  const { buffer } = u8[slab];
  giveBack(u8[slab]);
  const isDetached = buffer.byteLength === 0;
  if (DEBUG) assert(isDetached, "a segment's buffer is held");
  if (mappedAt[slab] !== 0 && isDetached) mapped?.give(mappedAt[slab], size);
  mappedAt[slab] = 0;
}

/** Zeroed memory of the runtime's. */
function bufferOf(size: number): ArrayBuffer {
  try {
    return ballast.bufferOf(size);
  } catch {
    throw OUT_OF_SPACE;
  }
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
