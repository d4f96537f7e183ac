/** Splitting a line into words as a person types them: inline commands, and redis.conf's lines. */
import type { Args } from "./args.ts";

const BLANKS = [32, 10, 13, 9, 11, 12];
/** Of the blanks, those that end a word outside quotes. */
const WORD_ENDS = [32, 10, 13, 9];
const ESCAPES: Record<number, number> = { 110: 10, 114: 13, 116: 9, 98: 8, 97: 7 };
const BACKSLASH = 92;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;

const isBlank = (byte: number) => BLANKS.includes(byte);
const endsWord = (byte: number) => WORD_ENDS.includes(byte);

/**
 * The words of bytes[from..end), up to a zero byte, as `args`, in a buffer of their own. "…" knows \n \r \t \b \a \xHH
 * and \ before any other character; '…' knows \'. False when a quote is not closed, or something
 * follows a closing quote.
 */
export function splitWords(bytes: Uint8Array, from: number, end: number, args: Args): boolean {
  const zero = bytes.indexOf(0, from);
  const to = zero >= 0 && zero < end ? zero : end;
  const out = new Uint8Array(to - from + 8);
  args.bytes = out;
  args.view = new DataView(out.buffer);
  args.count = 0;
  let at = from;
  let filled = 0;
  for (;;) {
    while (at < to && isBlank(bytes[at])) at++;
    if (at >= to) return true;
    const start = filled;
    while (at < to && !endsWord(bytes[at])) {
      const quote = bytes[at];
      if (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE) {
        out[filled++] = bytes[at++];
        continue;
      }
      at++;
      for (;;) {
        if (at >= to) return false;
        if (bytes[at] === quote) break;
        if (bytes[at] !== BACKSLASH || at + 1 >= to) {
          out[filled++] = bytes[at++];
        } else if (quote === SINGLE_QUOTE) {
          if (bytes[at + 1] === SINGLE_QUOTE) at++;
          out[filled++] = bytes[at++];
        } else {
          at = unescape(bytes, at + 1, to, out, filled++);
        }
      }
      at++;
      if (at < to && !isBlank(bytes[at])) return false;
      break;
    }
    args.push(start, filled - start);
  }
}

/** Writes the byte that the escape at `at` (after the backslash) stands for; where it ends. */
function unescape(
  bytes: Uint8Array,
  at: number,
  to: number,
  out: Uint8Array,
  filled: number,
): number {
  const code = bytes[at];
  if (code === 120 && at + 2 < to) {
    const high = hexDigit(bytes[at + 1]);
    const low = hexDigit(bytes[at + 2]);
    if (high >= 0 && low >= 0) {
      out[filled] = high * 16 + low;
      return at + 3;
    }
  }
  out[filled] = ESCAPES[code] ?? code;
  return at + 1;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
