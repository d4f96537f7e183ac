/**
 * maxmemory, as whoever allocates sees it: what counts is the arena's live blocks, and what others
 * say they have outside of it (orders of expiry, buffers of clients). Whether it is too much is
 * asked before each command, and is one comparison.
 *
 * Nothing is refused here: keys go, or commands are refused, by who asks (dispatch/).
 */
import { usedUnits } from "./arena.ts";

/** What there is at most without a limit, in units of 8 bytes. */
const ALL = 2 ** 31 - 1;

let limitSize = Infinity;
let outsideSize = 0;
/** See `setAside`: it is taken off `outsideSize`. */
export let asideSize = 0;
/** See `countTwice`: it is taken off `outsideSize`, too. */
export let twiceSize = 0;
/** Changes of what clients take wait. */
let isHolding = false;
let heldChange = 0;
/** What the limit leaves to the arena, in units. */
let allowedUnits = ALL;

/** Sets maxmemory, in bytes; Infinity for none. */
export function limitMemory(size: number): void {
  limitSize = size;
  reckon();
}

/** So many bytes more, or less, are used outside the arena. */
export function countOutside(change: number): void {
  outsideSize += change;
  if (limitSize !== Infinity) reckon();
}

/**
 * So many bytes of the arena are there for a snapshot (or an undo) alone, which needs what keys
 * were; less, when it has seen them. They do not count, or keys would go in vain meanwhile.
 */
export function setAside(change: number): void {
  asideSize += change;
  countOutside(-change);
}

/** So many bytes more of the arena, or less, are among what clients say that they have waiting. */
export function countTwice(change: number): void {
  twiceSize += change;
  countOutside(-change);
}

/** As `countOutside`, of what clients have waiting. */
export function countClients(change: number): void {
  if (isHolding) heldChange += change;
  else countOutside(change);
}

/** While it is on, what clients are told does not count: it is told because keys are evicted. */
export function holdClients(isOn: boolean): void {
  isHolding = isOn;
  if (isOn || heldChange === 0) return;
  const change = heldChange;
  heldChange = 0;
  countOutside(change);
}

function reckon(): void {
  const left = Math.floor((limitSize - outsideSize) / 8);
  allowedUnits = Math.min(Math.max(left, 0), ALL);
}

/** Whether there is a limit. */
export const isLimited = () => limitSize !== Infinity;

/** Whether more is used than may be. */
export const isAboveLimit = () => usedUnits > allowedUnits;

/** Whether so many bytes more are within the limit. */
export const mayHold = (size: number) => usedUnits + size / 8 <= allowedUnits;

/** Bytes that count. */
export const countedSize = () => usedUnits * 8 + outsideSize;
