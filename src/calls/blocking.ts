/**
 * Commands that wait: what such a command says of itself, and how long it waits. Who waits, and
 * when it is served, is the dispatcher's business (dispatch/blocked_clients.ts).
 */
import { ceilProduct, parseLongDouble } from "../base/long_double.ts";
import { INT64_MAX, parseSafe } from "../base/numbers.ts";
import { CommandError } from "../protocol/errors.ts";
import type { EntryRef } from "../structures/entry.ts";
import type { Call } from "./call.ts";

const NOT_SECONDS = new CommandError("ERR timeout is not a float or out of range");
const NEGATIVE_TIMEOUT = new CommandError("ERR timeout is negative");
const NOT_MS = new CommandError("ERR timeout is not an integer or out of range");
const MS_PER_SECOND = 1000;

/**
 * How a command that waits goes on. The calls that these functions are given have the arguments of
 * the first call, copied, and write to the client that waited.
 */
export interface Wait {
  /** The type of the values waited for (types.ts); without keys, any. */
  readonly type: number;
  /**
   * Carries the command out on the key in argument `index`, whose entry `e` is of the type; false,
   * with nothing replied, when there is nothing for this client, which then goes on waiting.
   */
  serve(call: Call, index: number, e: EntryRef): boolean;
  /** Replies that the time is over. */
  giveUp(call: Call): void;
  /**
   * As `serve`, when the key is gone, or holds another type: for who waits for more of a value that
   * is there. Without it the client waits for the key to come back.
   */
  miss?(call: Call, index: number): boolean;
  /**
   * In how many ms to try `serve` again on all keys though nothing happens to them: for who waits
   * for time to pass as well. Asked anew after each try.
   */
  retryInMs?(call: Call): number;
  /**
   * As `serve`, without a key, tried whenever more of the log is on the disk than before, or the
   * log is turned off: for who waits for that. It may throw a CommandError, which ends the wait.
   */
  synced?(call: Call): boolean;
}

/** The history of commands that once waited for whole seconds only. */
export const TIMEOUT_HISTORY = [
  ["6.0.0", "`timeout` is interpreted as a double instead of an integer."],
] as const;

/**
 * How a command waits that takes, whatever there is, something of the first value of a type that
 * comes: `take` does so.
 */
export function takingWait(
  type: number,
  take: (call: Call, index: number, e: EntryRef) => void,
): Wait {
  return {
    type,
    serve(call, index, e) {
      take(call, index, e);
      return true;
    },
    // Redis replies so whatever was waited for.
    giveUp: (call) => call.reply.nilArray(),
  };
}

/** Seconds in an argument, with decimals, as whole ms (rounded up); 0 is for ever. */
export function timeoutOf(call: Call, index: number): number {
  const { bytes, start, size } = call.args;
  const seconds = parseSafe(bytes, start[index], size[index]);
  if (seconds >= 0) return seconds * MS_PER_SECOND;
  const parsed = parseLongDouble(call.text(index));
  if (parsed === null || parsed.kind === "nan") throw NOT_SECONDS;
  const ms = ceilProduct(parsed, BigInt(MS_PER_SECOND));
  // Redis tells numbers that are too large to be negative.
  if (ms === null || ms < 0n || ms > INT64_MAX) throw NEGATIVE_TIMEOUT;
  return Number(ms);
}

/** Whole ms in an argument; 0 is for ever. */
export function timeoutMsOf(call: Call, index: number): number {
  const ms = call.integerOr(index, NOT_MS);
  if (ms < 0) throw NEGATIVE_TIMEOUT;
  return ms;
}

/**
 * Has the client wait for the `count` keys from argument `first` on, for so many ms (0: for ever);
 * the handler returns at once, with nothing replied. Inside another command, where nobody can wait,
 * the time is over at once.
 */
export function waitForKeys(
  call: Call,
  wait: Wait,
  first: number,
  count: number,
  timeoutMs: number,
): void {
  if (call.nested) wait.giveUp(call);
  else call.server.block(call, wait, first, count, timeoutMs);
}
