/** What is thrown when memory cannot be had. */
import { OUT_OF_SPACE } from "./arena.ts";

/** Of a text that is to be longer than JavaScript has them, as Node's interfaces say it. */
const TEXT_TOO_LONG = "ERR_STRING_TOO_LONG";

/**
 * Whether memory could not be had, of the arena's or of JavaScript's: a list, buffer or text was to
 * be larger than there are any, too. What is read or written out of bounds is no such thing.
 */
export function isShortage(error: unknown): boolean {
  if (error === OUT_OF_SPACE) return true;
  if (error instanceof RangeError) return !/bounds/.test(error.message);
  return error instanceof Error && (error as { code?: unknown }).code === TEXT_TOO_LONG;
}
