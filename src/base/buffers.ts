/** Giving memory back at once: the garbage collector would take its time with large buffers. */

/** Below this the collector does well enough, and buffers are often used again. */
export const LARGE_BUFFER_SIZE = 1 << 20;

/**
 * Gives the memory below a view back, if it is large, or of `sizeMin` bytes. Nothing else may refer
 * to it: what still does finds it empty.
 */
export function giveBack(
  { buffer }: { buffer: ArrayBufferLike },
  sizeMin: number = LARGE_BUFFER_SIZE,
): void {
  if (buffer.byteLength >= sizeMin) (buffer as ArrayBuffer).transfer(0);
}
