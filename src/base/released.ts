/**
 * Large buffers that were let go and wait for the garbage collector, which takes its time: it does
 * not know how large they are. Whoever watches the memory asks for a collection by this figure.
 */
let total = 0;

/** Smaller buffers are not worth the counting. */
export const LARGE_BUFFER_SIZE = 1 << 20;

/** Nothing refers to a buffer of this size any more. */
export function letGo(size: number): void {
  if (size >= LARGE_BUFFER_SIZE) total += size;
}

/** Bytes let go since the start. */
export const letGoTotal = () => total;
