/**
 * HyperLogLog: how many different elements a set of any size has, within about 0.81 %, in at most
 * 12 KiB. The bytes are those that Redis keeps in a string:
 *
 *   0      4          5        8        16
 *   | HYLL | encoding | unused | cached | registers …
 *
 * encoding   0: dense, 1: sparse
 * cached     the last estimate, 64 bits; the highest bit says that it is no longer true
 * registers  16384 of them. The low 14 bits of an element's hash choose one, which keeps the most
 *            trailing zeros, plus 1, of the other 50 bits that any of its elements has had
 *
 * Dense: 6 bits each, from the low end of each byte on: 12288 bytes. Sparse: runs, from register 0
 *
 *   00nnnnnn            n + 1 registers are 0
 *   01nnnnnn nnnnnnnn   the same of up to 16384
 *   1vvvvvnn            n + 1 registers are v + 1
 *
 * Here are functions over such bytes, wherever they lie. What a client has written may be anything:
 * CORRUPT says that the runs are not those of 16384 registers.
 */
import { hash64, hashed } from "./murmur.ts";

export const REGISTER_COUNT = 1 << 14;
export const HEADER_SIZE = 16;
export const DENSE_SIZE = HEADER_SIZE + (REGISTER_COUNT * 6) / 8;
/** By how much `sparseRaise` may make the bytes longer. */
export const SPARSE_GROWTH_MAX = 4;

export const DENSE = 0;
export const SPARSE = 1;

/** What `sparseRaise` tells instead of the new size. */
export const UNCHANGED = 0;
export const CORRUPT = -1;
/** The change does not fit a sparse one: it must be made dense first. */
export const MUST_BE_DENSE = -2;

const MAGIC = 0x4c4c5948;
const SEED = 0xadc83b19;
const ENCODING = 4;
const CACHE = 8;
const CACHE_END = 15;
const WORD = 2 ** 32;
const STALE = 0x80;
const INDEX_BITS = 14;
const HASH_BITS = 64 - INDEX_BITS;
const REGISTER_MAX = 63;

/** The marks of sparse runs, and the most that each may hold. */
const LONG_ZEROS = 0x40;
const VALUES = 0x80;
const ZEROS_MAX = 64;
const VALUES_MAX = 4;
const SPARSE_VALUE_MAX = 32;
/** Runs that are looked at for equal neighbours after a change. */
const JOINED_RUNS = 5;

/** One without elements: sparse, its estimate of 0 cached. */
export const EMPTY = Uint8Array.of(
  0x48,
  0x59,
  0x4c,
  0x4c,
  SPARSE,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0x7f,
  0xff,
);

/** Which register an element concerns, and to what it raises it. */
export const target = { index: 0, value: 0 };

/** The run that `readRun` has read, and the first register of the one that `findRun` has found. */
const run = { span: 0, length: 0, value: 0, first: 0 };

/** Where the last search in a sparse one went past: the next may begin there. */
const passed = { at: 0, first: 0 };

const replacement = new Uint8Array(SPARSE_GROWTH_MAX + 1);
/** How many registers have each value, and four such counts that are added up to it. */
const COUNTED = REGISTER_MAX + 1;
const histogram = new Int32Array(COUNTED);
const parts = new Int32Array(4 * COUNTED);

/** Finds the `target` of an element; `view` is over the same memory as `bytes`. */
export function locate(bytes: Uint8Array, view: DataView, offset: number, size: number): void {
  hash64(bytes, view, offset, size, SEED);
  const { high, low } = hashed;
  target.index = low & (REGISTER_COUNT - 1);
  const rest = (low >>> INDEX_BITS) | (high << (32 - INDEX_BITS));
  if (rest !== 0) {
    target.value = 32 - Math.clz32(rest & -rest);
    return;
  }
  const top = (high >>> INDEX_BITS) | (1 << (HASH_BITS - 32));
  target.value = 64 - Math.clz32(top & -top);
}

/** Whether the bytes look like a HyperLogLog; its sparse runs may be corrupt still. */
export function isValid(bytes: Uint8Array, offset: number, size: number): boolean {
  if (size < HEADER_SIZE) return false;
  for (let i = 0; i < 4; i++) if (bytes[offset + i] !== ((MAGIC >>> (i * 8)) & 0xff)) return false;
  const encoding = encodingOf(bytes, offset);
  return encoding === SPARSE || (encoding === DENSE && size === DENSE_SIZE);
}

export function encodingOf(bytes: Uint8Array, offset: number): number {
  return bytes[offset + ENCODING];
}

/** Says that the cached estimate is no longer true. */
export function forgetEstimate(bytes: Uint8Array, offset: number): void {
  bytes[offset + CACHE_END] |= STALE;
}

/** Whether there is a cached estimate. */
export function knowsEstimate(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset + CACHE_END] & STALE) === 0;
}

/** The cached estimate; rounded above 2^53, where only a client can have put it. */
export function cachedEstimate(bytes: Uint8Array, offset: number): number {
  const at = offset + CACHE;
  const low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  const high = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
  return (high >>> 0) * WORD + (low >>> 0);
}

/** The cached estimate, exact. */
export function exactCachedEstimate(bytes: Uint8Array, offset: number): bigint {
  let value = 0n;
  for (let at = offset + CACHE_END; at >= offset + CACHE; at--) {
    value = (value << 8n) | BigInt(bytes[at]);
  }
  return value;
}

export function cacheEstimate(bytes: Uint8Array, offset: number, estimate: number): void {
  let rest = estimate;
  for (let at = offset + CACHE; at <= offset + CACHE_END; at++) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** The value of a register of a dense one. */
export function denseValue(bytes: Uint8Array, offset: number, index: number): number {
  const at = offset + HEADER_SIZE + ((index * 6) >>> 3);
  const shift = (index * 6) & 7;
  const pair = shift > 2 ? bytes[at] | (bytes[at + 1] << 8) : bytes[at];
  return (pair >>> shift) & REGISTER_MAX;
}

export function setDenseValue(
  bytes: Uint8Array,
  offset: number,
  index: number,
  value: number,
): void {
  const at = offset + HEADER_SIZE + ((index * 6) >>> 3);
  const shift = (index * 6) & 7;
  bytes[at] = (bytes[at] & ~(REGISTER_MAX << shift)) | (value << shift);
  if (shift <= 2) return;
  const high = 8 - shift;
  bytes[at + 1] = (bytes[at + 1] & ~(REGISTER_MAX >>> high)) | (value >>> high);
}

/** Reads the sparse run at `at`. A second byte that is missing counts as 0. */
function readRun(bytes: Uint8Array, at: number, end: number): void {
  const byte = bytes[at];
  run.span = 1;
  run.value = 0;
  if (byte >= VALUES) {
    run.length = (byte & 3) + 1;
    run.value = ((byte >>> 2) & 31) + 1;
  } else if (byte < LONG_ZEROS) {
    run.length = byte + 1;
  } else {
    run.length = (((byte & 63) << 8) | (at + 1 < end ? bytes[at + 1] : 0)) + 1;
    run.span = 2;
  }
}

const valuesByte = (value: number, length: number) => VALUES | ((value - 1) << 2) | (length - 1);

/** Must be called before `sparseHolds` or `sparseRaise` is, of other bytes than before. */
export function startRaising(): void {
  passed.at = 0;
  passed.first = 0;
}

/** Whether a register of a sparse one is `value` or more; not so if it is corrupt before that. */
export function sparseHolds(
  bytes: Uint8Array,
  offset: number,
  size: number,
  index: number,
  value: number,
): boolean {
  return findRun(bytes, offset, size, index) !== 0 && run.value >= value;
}

/** Reads the run that has a register; returns where it is, or 0 if the bytes are corrupt. */
function findRun(bytes: Uint8Array, offset: number, size: number, index: number): number {
  const start = offset + HEADER_SIZE;
  const end = offset + size;
  let previous = 0;
  let previousFirst = 0;
  let at = start;
  let first = 0;
  if (passed.at > 0 && index >= passed.first) {
    at = passed.at;
    first = passed.first;
    readRun(bytes, at, end);
    // The run before the one to be changed is wanted, too.
    if (index < first + run.length) {
      at = start;
      first = 0;
    }
  }
  run.length = 0;
  while (at < end) {
    readRun(bytes, at, end);
    if (index < first + run.length) break;
    previous = at;
    previousFirst = first;
    at += run.span;
    first += run.length;
  }
  if (run.length === 0 || at >= end) return 0;
  passed.at = previous;
  passed.first = previousFirst;
  run.first = first;
  return at;
}

/**
 * Raises a register of a sparse one to `value`, if it is less. Returns the new size, or UNCHANGED,
 * CORRUPT or MUST_BE_DENSE, and then nothing has changed. `sizeMax` limits what it may grow to;
 * there must be room for SPARSE_GROWTH_MAX bytes more.
 */
export function sparseRaise(
  bytes: Uint8Array,
  offset: number,
  size: number,
  sizeMax: number,
  index: number,
  value: number,
): number {
  if (value > SPARSE_VALUE_MAX) return MUST_BE_DENSE;
  const end = offset + size;
  const at = findRun(bytes, offset, size, index);
  if (at === 0) return CORRUPT;
  const joined = passed.at === 0 ? offset + HEADER_SIZE : passed.at;
  if (run.value >= value) return UNCHANGED;
  if (run.length === 1 && run.span === 1) {
    bytes[at] = valuesByte(value, 1);
    return joinRuns(bytes, joined, end) - offset;
  }
  const used = splitRun(index - run.first, value);
  const growth = used - run.span;
  if (growth > 0 && size + growth > sizeMax) return MUST_BE_DENSE;
  const behind = at + run.span;
  if (growth !== 0 && behind < end) bytes.copyWithin(behind + growth, behind, end);
  for (let i = 0; i < used; i++) bytes[at + i] = replacement[i];
  return joinRuns(bytes, joined, end + growth) - offset;
}

/** Puts what takes the place of `run` into `replacement`; returns how many bytes it is. */
function splitRun(before: number, value: number): number {
  const after = run.length - before - 1;
  let used = putRun(0, before);
  replacement[used++] = valuesByte(value, 1);
  return putRun(used, after);
}

/** Adds a part of `run` to the replacement; returns where it ends. */
function putRun(at: number, length: number): number {
  if (length === 0) return at;
  if (run.value > 0) {
    replacement[at] = valuesByte(run.value, length);
  } else if (length <= ZEROS_MAX) {
    replacement[at] = length - 1;
  } else {
    replacement[at] = LONG_ZEROS | ((length - 1) >>> 8);
    replacement[at + 1] = (length - 1) & 0xff;
    return at + 2;
  }
  return at + 1;
}

/** Joins neighbours of the same value among the first runs from `from` on; returns the new end. */
function joinRuns(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let newEnd = end;
  for (let left = JOINED_RUNS; left > 0 && at < newEnd; left--) {
    const byte = bytes[at];
    if (byte < VALUES) {
      at += byte < LONG_ZEROS ? 1 : 2;
      continue;
    }
    const next = at + 1 < newEnd ? bytes[at + 1] : 0;
    const length = (byte & 3) + (next & 3) + 2;
    if (next >= VALUES && ((byte ^ next) & ~3) === 0 && length <= VALUES_MAX) {
      bytes[at + 1] = (byte & ~3) | (length - 1);
      bytes.copyWithin(at, at + 1, newEnd);
      newEnd--;
    } else {
      at++;
    }
  }
  return newEnd;
}

/** Writes a sparse one as a dense one to the first DENSE_SIZE bytes of `to`; false if corrupt. */
export function makeDense(
  bytes: Uint8Array,
  offset: number,
  size: number,
  to: Uint8Array,
): boolean {
  to.fill(0, HEADER_SIZE, DENSE_SIZE);
  for (let i = 0; i < HEADER_SIZE; i++) to[i] = bytes[offset + i];
  to[ENCODING] = DENSE;
  const end = offset + size;
  let index = 0;
  for (let at = offset + HEADER_SIZE; at < end; at += run.span) {
    readRun(bytes, at, end);
    const { length, value } = run;
    if (value > 0) {
      if (index + length > REGISTER_COUNT) return false;
      for (let i = 0; i < length; i++) setDenseValue(to, 0, index + i, value);
    }
    index += length;
  }
  return index === REGISTER_COUNT;
}

/** Raises registers, a byte each, to those of a dense or sparse one; false if it is corrupt. */
export function mergeInto(
  registers: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  size: number,
): boolean {
  if (encodingOf(bytes, offset) === DENSE) {
    mergeDense(registers, bytes, offset + HEADER_SIZE);
    return true;
  }
  const end = offset + size;
  let index = 0;
  for (let at = offset + HEADER_SIZE; at < end; at += run.span) {
    readRun(bytes, at, end);
    const { length, value } = run;
    if (value > 0) {
      if (index + length > REGISTER_COUNT) return false;
      for (let i = index; i < index + length; i++) if (registers[i] < value) registers[i] = value;
    }
    index += length;
  }
  return index === REGISTER_COUNT;
}

/** Four registers are three bytes. */
function mergeDense(registers: Uint8Array, bytes: Uint8Array, from: number): void {
  let at = from;
  for (let i = 0; i < REGISTER_COUNT; i += 4) {
    const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    at += 3;
    const a = four & REGISTER_MAX;
    const b = (four >>> 6) & REGISTER_MAX;
    const c = (four >>> 12) & REGISTER_MAX;
    const d = four >>> 18;
    if (registers[i] < a) registers[i] = a;
    if (registers[i + 1] < b) registers[i + 1] = b;
    if (registers[i + 2] < c) registers[i + 2] = c;
    if (registers[i + 3] < d) registers[i + 3] = d;
  }
}

/** Writes registers, a byte each, over those of a dense one. */
export function setDenseValues(bytes: Uint8Array, offset: number, registers: Uint8Array): void {
  let at = offset + HEADER_SIZE;
  for (let i = 0; i < REGISTER_COUNT; i += 4) {
    const low = registers[i] | (registers[i + 1] << 6);
    const four = low | (registers[i + 2] << 12) | (registers[i + 3] << 18);
    bytes[at] = four & 0xff;
    bytes[at + 1] = (four >>> 8) & 0xff;
    bytes[at + 2] = four >>> 16;
    at += 3;
  }
}

/** How many elements a dense or sparse one has seen; CORRUPT if it is. */
export function estimate(bytes: Uint8Array, offset: number, size: number): number {
  if (encodingOf(bytes, offset) === DENSE) countDense(bytes, offset + HEADER_SIZE);
  else if (!countSparse(bytes, offset, size)) return CORRUPT;
  return estimateOfHistogram();
}

/** How many elements are behind registers of a byte each. */
export function estimateOf(registers: Uint8Array): number {
  parts.fill(0);
  for (let i = 0; i < REGISTER_COUNT; i += 4) {
    parts[registers[i]]++;
    parts[COUNTED + registers[i + 1]]++;
    parts[2 * COUNTED + registers[i + 2]]++;
    parts[3 * COUNTED + registers[i + 3]]++;
  }
  addParts();
  return estimateOfHistogram();
}

/**
 * Four registers are three bytes, and each of the four is counted by itself: most have the same few
 * values, and to count one twice in a row waits for the first time to be written.
 */
function countDense(bytes: Uint8Array, from: number): void {
  const end = from + DENSE_SIZE - HEADER_SIZE;
  parts.fill(0);
  for (let at = from; at < end; at += 3) {
    const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    parts[four & REGISTER_MAX]++;
    parts[COUNTED + ((four >>> 6) & REGISTER_MAX)]++;
    parts[2 * COUNTED + ((four >>> 12) & REGISTER_MAX)]++;
    parts[3 * COUNTED + (four >>> 18)]++;
  }
  addParts();
}

function addParts(): void {
  for (let value = 0; value < COUNTED; value++) {
    const pair = parts[value] + parts[COUNTED + value];
    histogram[value] = pair + parts[2 * COUNTED + value] + parts[3 * COUNTED + value];
  }
}

function countSparse(bytes: Uint8Array, offset: number, size: number): boolean {
  const end = offset + size;
  let index = 0;
  histogram.fill(0);
  for (let at = offset + HEADER_SIZE; at < end; at += run.span) {
    readRun(bytes, at, end);
    histogram[run.value] += run.length;
    index += run.length;
  }
  return index === REGISTER_COUNT;
}

/** 1 / (2 ln 2): the estimator's constant for many registers. */
const ALPHA = 0.7213475204444817;

/**
 * The estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
 * (arXiv 1702.01284, algorithm 6): from how many registers have each value, without correction by
 * measured tables.
 */
function estimateOfHistogram(): number {
  const count = REGISTER_COUNT;
  let sum = count * tau((count - histogram[HASH_BITS + 1]) / count);
  for (let value = HASH_BITS; value > 0; value--) sum = (sum + histogram[value]) * 0.5;
  sum += count * sigma(histogram[0] / count);
  return Math.round((ALPHA * count * count) / sum);
}

/** The part of registers that are full; `x` is the share of those that are not. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let weight = 1;
  let sum = 1 - x;
  for (;;) {
    root = Math.sqrt(root);
    weight *= 0.5;
    const before = sum;
    sum -= (1 - root) * (1 - root) * weight;
    if (sum === before) return sum / 3;
  }
}

/** The part of registers that are still 0; `x` is their share. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let weight = 1;
  let sum = x;
  for (;;) {
    power *= power;
    const before = sum;
    sum += power * weight;
    weight += weight;
    if (sum === before) return sum;
  }
}

/** A sparse one's runs as text: Z and z for zeros (of two bytes, of one), v for values. */
export function describeRuns(bytes: Uint8Array, offset: number, size: number): string {
  const end = offset + size;
  const parts: string[] = [];
  for (let at = offset + HEADER_SIZE; at < end; at += run.span) {
    readRun(bytes, at, end);
    const { length, value, span } = run;
    if (value > 0) parts.push(`v:${value},${length}`);
    else parts.push(`${span === 2 ? "Z" : "z"}:${length}`);
  }
  return parts.join(" ");
}
