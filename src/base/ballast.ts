/**
 * Memory that is kept, untouched, for when the system refuses more (`ulimit -v`, strict
 * overcommit): it is given up then, so that what has begun comes to its end. Who may begin
 * something that needs more asks whether it is there (docs/decisions/0016).
 *
 * What must be had once something has changed is asked for here, by `bufferOf`: blocks of the
 * arena, what the log is told, the lists that a command notes its work in. What can be given up (a
 * client, a snapshot) asks JavaScript, and is given up; where it may be large, by `spareBytes`, so
 * that it does not take what the ballast has given for something else.
 */
import { giveBack } from "./buffers.ts";
import { BALLAST_PIECE_SIZE } from "./limits.ts";

/** Less than this is had even without the ballast, or a full server could not be emptied. */
const SPARE_SIZE_MIN = 256 << 10;

let wantedPieces = 0;
let pieces: Uint8Array[] = [];
let onChange = () => {};

/** Keeps so many bytes from now on; `changed` is told when they are gone, or there again. */
export function keep(size: number, changed: () => void): void {
  wantedPieces = Math.ceil(size / BALLAST_PIECE_SIZE);
  onChange = changed;
  recover();
}

/** Whether any is wanted. */
export const isKept = () => wantedPieces > 0;

/** Whether it was given up: the system has refused to give more. */
export const isGone = () => pieces.length < wantedPieces;

/** Tries to have it again; whether it is there. */
export function recover(): boolean {
  const fresh: Uint8Array[] = [];
  try {
    while (fresh.length < wantedPieces) fresh.push(new Uint8Array(BALLAST_PIECE_SIZE));
  } catch {
    for (const piece of fresh) giveBack(piece);
    return false;
  }
  pieces = fresh;
  onChange();
  return true;
}

/**
 * Zeroed memory, in place of the ballast if there is no other way. Throws RangeError when there is
 * none at all, or it is more than the runtime has in one buffer.
 */
export function bufferOf(size: number): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (error) {
    if (pieces.length === 0) throw error;
    for (const piece of pieces) giveBack(piece);
    pieces = [];
    onChange();
  }
  return new ArrayBuffer(size);
}

/**
 * Memory for what can be given up. Throws RangeError when there is none, and while the ballast is
 * not there, unless it is little.
 */
export function spareBytes(size: number): Uint8Array<ArrayBuffer> {
  const isAllowed = size < SPARE_SIZE_MIN || !isGone() || recover();
  if (!isAllowed) throw new RangeError("Out of memory");
  return new Uint8Array(size);
}

/** As `bufferOf`, for so many elements. */
export const int32s = (count: number) =>
  new Int32Array(bufferOf(count * Int32Array.BYTES_PER_ELEMENT));
export const float64s = (count: number) =>
  new Float64Array(bufferOf(count * Float64Array.BYTES_PER_ELEMENT));
