/**
 * What a command has done, told to those who follow the changes (the append-only log) in another
 * form than it came: one that gives the same data whenever it is carried out. The forms are
 * Redis's. Those with the name of what was done tell nothing while nobody wants to know.
 *
 * Other files tell forms of their own, with `Call.feed`, `beginCommand` and the writing of
 * arguments.
 */
import type { Reply } from "../protocol/reply.ts";
import type { Call } from "./call.ts";
import { exactExpiry } from "./expire_options.ts";

/** Begins a command of so many arguments in place of the one that runs, with its name and key. */
export function beginCommand(call: Call, name: string, count: number, keyIndex = 1): Reply {
  const out = call.feed.tellInstead(call.db, count);
  out.bulkText(name);
  writeArgument(call, out, keyIndex);
  return out;
}

/** Writes an argument of the command that runs. */
export function writeArgument({ args }: Call, out: Reply, index: number): void {
  out.bulkView(args.bytes, args.view, args.start[index], args.size[index]);
}

/** Writes the arguments from `from` to before `end`. */
export function writeArguments(call: Call, out: Reply, from: number, end: number): void {
  for (let i = from; i < end; i++) writeArgument(call, out, i);
}

/** A time in Unix ms, of which `farMs` is the exact value where a double is not. */
export function writeTime(out: Reply, timeMs: number, farMs: bigint | undefined): void {
  if (farMs === undefined) out.bulkInteger(timeMs);
  else out.bulkText(String(farMs));
}

/** As it came, though it may have changed nothing. */
export function asItCame(call: Call): void {
  if (call.feed.active) call.feed.tellAsItCame(call.db, call.args);
}

/** Under another name, with the first so many of its other arguments. */
export function asCommand(call: Call, name: string, count: number): void {
  if (!call.feed.active) return;
  writeArguments(call, beginCommand(call, name, 1 + count), 2, 1 + count);
}

/** The key is gone since its time is over: in the form that the server's own removals have. */
export function expired(call: Call): void {
  if (call.feed.active) beginCommand(call, call.feed.unlinksExpired ? "UNLINK" : "DEL", 2);
}

/** The key is gone. */
export function deleted(call: Call): void {
  if (call.feed.active) beginCommand(call, "DEL", 2);
}

/** The key has got a string that expires at a time that was just parsed. */
export function setWithExpiry(call: Call, valueIndex: number, expiry: number): void {
  if (!call.feed.active) return;
  const out = beginCommand(call, "SET", 5);
  writeArgument(call, out, valueIndex);
  out.bulkText("PXAT");
  writeTime(out, expiry, exactExpiry(expiry));
}

/** The key will expire; the arguments from `from` on say on which conditions. */
export function expiresAt(
  call: Call,
  timeMs: number,
  farMs: bigint | undefined,
  from = call.argc,
): void {
  if (!call.feed.active) return;
  const out = beginCommand(call, "PEXPIREAT", 3 + call.argc - from);
  writeTime(out, timeMs, farMs);
  writeArguments(call, out, from, call.argc);
}

/** Elements were taken, `count` of them unless it is 0, from the key in an argument. */
export function popped(call: Call, name: string, keyIndex: number, count: number): void {
  if (!call.feed.active) return;
  const out = beginCommand(call, name, count === 0 ? 2 : 3, keyIndex);
  if (count > 0) out.bulkInteger(count);
}
