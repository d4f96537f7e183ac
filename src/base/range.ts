/** Bytes that belong to somebody else, and a place to put bytes that must lie in one. */

import { bufferOf } from "./ballast.ts";
import { BULK_COPY_SIZE } from "./bytes.ts";

/** A borrowed range: valid until its owner says. */
export interface Range {
  bytes: Uint8Array;
  offset: number;
  size: number;
}

/** Reads may pass the end of what is staged by this much. */
const SLACK = 8;
/** A staging buffer that has grown beyond this is not kept. */
const KEPT_SIZE_MAX = 1 << 20;
const FIRST_SIZE = 4096;

/** What was staged last, from offset 0 on; `view` is over the same memory. */
export const staging = stagingOf(FIRST_SIZE);

function stagingOf(size: number) {
  const bytes = new Uint8Array(bufferOf(size + SLACK));
  return { bytes, view: new DataView(bytes.buffer) };
}

/**
 * Copies bytes to where functions find them that want a DataView: those of the arena have none.
 * They stay until the next call.
 */
export function stage(bytes: Uint8Array, offset: number, size: number): void {
  const room = staging.bytes.length - SLACK;
  if (size > room || (room > KEPT_SIZE_MAX && size <= KEPT_SIZE_MAX)) {
    const { bytes: grown, view } = stagingOf(Math.max(size, FIRST_SIZE));
    staging.bytes = grown;
    staging.view = view;
  }
  const to = staging.bytes;
  if (size < BULK_COPY_SIZE) for (let i = 0; i < size; i++) to[i] = bytes[offset + i];
  else to.set(bytes.subarray(offset, offset + size));
}
