/**
 * What a script's work costs: fuel, after which the clock is looked at, and estimated bytes, after
 * which the real memory is. No engine tells what one script holds. Counting alone would end
 * `s += x` in a loop, whose ropes share all but the last piece (5 GB counted, 3 MB real); a look at
 * the real figure takes microseconds. So the count says when to look, and the look decides.
 */
import {
  ARRAY_COUNT_MAX,
  adjustable,
  FUEL,
  MEMORY_QUANTUM,
  STRING_SIZE_MAX,
  TICK_MEMORY,
} from "../limits.ts";
import { fatal, rangeError, type Thrown } from "./errors.ts";
import { run, theHost } from "./run_state.ts";

/** Strings up to here have a fixed price: they are what most scripts make. */
const SHORT_STRING = 256;
const SHORT_STRING_COST = 32;
const ARRAY_COST = 32;
const ELEMENT_COST = 8;

/**
 * Asked when the fuel is used up: whether the time slice is over, too, so that the generator that
 * asks has to yield.
 */
export function tick(): boolean {
  run.f = FUEL;
  countMemory(TICK_MEMORY);
  return theHost().now() >= run.deadlineMs;
}

/** Counts work that a built-in does without being asked for the time. */
export function charge(units: number): void {
  run.f -= units;
}

/** Counts bytes that are made, or may be; throws Fatal when the script holds too much. */
export function countMemory(size: number): void {
  run.m -= size;
  if (run.m < 0) checkMemory();
}

/** Bytes that the run has counted; what nothing counts, from its work. */
export function countedSize(): number {
  return run.counted - run.m + (FUEL - run.f) * (TICK_MEMORY / FUEL);
}

function checkMemory(): void {
  run.counted += MEMORY_QUANTUM - run.m;
  run.m = MEMORY_QUANTUM;
  const host = theHost();
  if (run.memoryBase < 0) {
    run.memoryBase = host.memorySize();
    return;
  }
  if (host.memorySize() - run.memoryBase <= adjustable.memorySize) return;
  host.collect();
  if (host.memorySize() - run.memoryBase <= adjustable.memorySize) return;
  throw fatal("ERR script memory limit exceeded");
}

/**
 * Counts a new string, before it is made; throws if it is too long. Its whole length counts, though
 * the engine may share it with others: flattening, hashing and copying it later are paid here.
 */
export function countString(length: number): void {
  if (length <= SHORT_STRING) {
    countMemory(SHORT_STRING_COST);
    return;
  }
  if (length > STRING_SIZE_MAX) throw stringTooLong();
  run.f -= length >> 8;
  countMemory(length);
}

export function stringTooLong(): Thrown {
  return rangeError(`string too long (limit ${STRING_SIZE_MAX} bytes)`);
}

/** Counts a new array, before it is made; throws if it is too long. */
export function countArray(count: number): void {
  if (count > ARRAY_COUNT_MAX) throw arrayTooLong();
  run.f -= count >> 4;
  countMemory(ARRAY_COST + count * ELEMENT_COST);
}

export function arrayTooLong(): Thrown {
  return rangeError(`array too long (limit ${ARRAY_COUNT_MAX})`);
}

/**
 * Counts a look into a string. One that was put together may be a rope until now: the look has the
 * engine lay out all its characters, so that real memory appears only here, in ropes that are many
 * and share a long piece. A quarter of the length, because most strings are looked into many times
 * and appear once; so four times the quantum is made unseen at worst.
 */
export function touch(text: string): void {
  run.m -= text.length >> 2;
  if (run.m < 0) checkMemory();
}

/** Counts a built-in's pass over a string. */
export function touchWhole(text: string): void {
  run.f -= text.length >> 10;
  touch(text);
}
