/**
 * What a command has done, told to the log in another form than it came: one that gives the same
 * data whenever it is carried out. The forms are Redis's. Each of these tells nothing while nobody
 * wants to know.
 *
 * Other files tell forms of their own, with `Call.log` and the two first functions of this file.
 */
import type { Reply } from "../protocol/reply.ts";
import type { Call } from "./call.ts";
import { exactExpiry } from "./expire_options.ts";

/** Begins a command of so many arguments in place of the one that runs, with its name and key. */
export function begin(call: Call, name: string, count: number, keyIndex = 1): Reply {
  const out = call.log.instead(call.db, count);
  out.bulkText(name);
  argument(call, out, keyIndex);
  return out;
}

/** Writes an argument of the command that runs. */
export function argument({ args }: Call, out: Reply, index: number): void {
  out.bulkView(args.bytes, args.view, args.start[index], args.size[index]);
}

/** Writes the arguments from `from` to before `end`. */
export function someArguments(call: Call, out: Reply, from: number, end: number): void {
  for (let i = from; i < end; i++) argument(call, out, i);
}

/** A time in Unix ms, of which `farMs` is the exact value where a double is not. */
export function time(out: Reply, timeMs: number, farMs: bigint | undefined): void {
  if (farMs === undefined) out.bulkInteger(timeMs);
  else out.bulkText(String(farMs));
}

/** As it came, though it may have changed nothing. */
export function asItCame(call: Call): void {
  if (!call.log.active) return;
  someArguments(call, call.log.instead(call.db, call.argc), 0, call.argc);
}

/** Under another name, with the first so many of its other arguments. */
export function renamed(call: Call, name: string, count: number): void {
  if (!call.log.active) return;
  someArguments(call, begin(call, name, 1 + count), 2, 1 + count);
}

/** The key in an argument is gone, by itself: as what the server does when times are over. */
export function gone(call: Call): void {
  if (call.log.active) begin(call, call.log.unlinksExpired ? "UNLINK" : "DEL", 2);
}

/** The key is gone. */
export function deleted(call: Call): void {
  if (call.log.active) begin(call, "DEL", 2);
}

/** The key has got a string that expires at a time that was just parsed. */
export function setUntil(call: Call, valueIndex: number, expiry: number): void {
  if (!call.log.active) return;
  const out = begin(call, "SET", 5);
  argument(call, out, valueIndex);
  out.bulkText("PXAT");
  time(out, expiry, exactExpiry(expiry));
}

/** The key will expire; the arguments from `from` on say on which conditions. */
export function expiresAt(
  call: Call,
  timeMs: number,
  farMs: bigint | undefined,
  from = call.argc,
): void {
  if (!call.log.active) return;
  const out = begin(call, "PEXPIREAT", 3 + call.argc - from);
  time(out, timeMs, farMs);
  someArguments(call, out, from, call.argc);
}

/** Elements were taken, `count` of them unless it is 0, from the key in an argument. */
export function popped(call: Call, name: string, keyIndex: number, count: number): void {
  if (!call.log.active) return;
  const out = begin(call, name, count === 0 ? 2 : 3, keyIndex);
  if (count > 0) out.bulkInteger(count);
}
