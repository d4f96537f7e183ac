/**
 * Commands that wait: how long, and by which `Wait` (call.ts) they go on. Who waits, and when it is
 * served, is the dispatcher's business (dispatch/blocked_clients.ts).
 */
import { ceilProduct, parseLongDouble } from "../base/long_double.ts";
import { INT64_MAX, parseSafe } from "../base/numbers.ts";
import { CommandError } from "../protocol/errors.ts";
import type { EntryRef } from "../structures/entry.ts";
import type { Call, Wait } from "./call.ts";

const NOT_SECONDS = new CommandError("ERR timeout is not a float or out of range");
const NEGATIVE_TIMEOUT = new CommandError("ERR timeout is negative");
const NOT_MS = new CommandError("ERR timeout is not an integer or out of range");
const MS_PER_SECOND = 1000;

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
