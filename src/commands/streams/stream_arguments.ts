/** What commands on streams read from their arguments in the same way, and their errors. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { parseId, replyId, type StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { thresholds } from "../../values/thresholds.ts";
import { Condition, conditionAt } from "./stream_references.ts";

export const INVALID_ID = new CommandError(
  "ERR Invalid stream ID specified as stream command argument",
);
const INVALID_START = new CommandError("ERR invalid start ID for the interval");
const INVALID_END = new CommandError("ERR invalid end ID for the interval");
const TWO_STRATEGIES = new CommandError(
  "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
);
const NEGATIVE_LENGTH = new CommandError("ERR The MAXLEN argument must be >= 0.");
const NEGATIVE_LIMIT = new CommandError("ERR The LIMIT argument must be >= 0.");
const LIMIT_ALONE = new CommandError(
  "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
);
const LIMIT_OF_EXACT = new CommandError(
  "ERR syntax error, LIMIT cannot be used without the special ~ option",
);

const PARENTHESIS = 40;
const PLUS = 43;
const DASH = 45;
const EQUALS = 61;
const TILDE = 126;

/** Approximate trimming removes so many leaves at once if nothing is said, and so many entries. */
const LIMIT_LEAVES = 100;
const LIMIT_OF_ENDLESS = 10_000;
const LIMIT_MAX = 1_000_000;

/** Whether the argument is this one byte, as C reads it. */
export function isByte(call: Call, index: number, byte: number): boolean {
  const { bytes, start, size } = call.args;
  const at = start[index];
  return size[index] > 0 && bytes[at] === byte && (size[index] === 1 || bytes[at + 1] === 0);
}

/** The ID in an argument; without a sequence number it has 0, or the highest. Throws INVALID_ID. */
export function idOf(call: Call, index: number, into: StreamId, lastOfMs = false): void {
  const { bytes, start, size } = call.args;
  if (!parseId(bytes, start[index], size[index], into, lastOfMs)) throw INVALID_ID;
}

/** As `idOf`; `-` is the lowest ID and `+` the highest. */
export function idOrEndOf(call: Call, index: number, into: StreamId, lastOfMs = false): void {
  if (isByte(call, index, DASH)) into.setZero();
  else if (isByte(call, index, PLUS)) into.setMax();
  else idOf(call, index, into, lastOfMs);
}

/** The ends of an interval, both included, in two arguments: `(` before an ID leaves it out. */
export function intervalOf(
  call: Call,
  startIndex: number,
  endIndex: number,
  start: StreamId,
  end: StreamId,
): void {
  if (intervalEnd(call, startIndex, start, false) && !start.increment()) throw INVALID_START;
  if (intervalEnd(call, endIndex, end, true) && !end.decrement()) throw INVALID_END;
}

/** One end of an interval; whether it is itself left out. */
function intervalEnd(call: Call, index: number, into: StreamId, lastOfMs: boolean): boolean {
  const { bytes, start, size } = call.args;
  if (size[index] < 2 || bytes[start[index]] !== PARENTHESIS) {
    idOrEndOf(call, index, into, lastOfMs);
    return false;
  }
  if (!parseId(bytes, start[index] + 1, size[index] - 1, into, lastOfMs)) throw INVALID_ID;
  return true;
}

/** The first ID of those that an XAUTOCLAIM looks at. */
export function startOf(call: Call, index: number, into: StreamId): void {
  if (intervalEnd(call, index, into, false) && !into.increment()) throw INVALID_START;
}

/** What `parseTrim` found besides `trimming` of stream_value.ts. */
export const trimWords = {
  given: false,
  limitGiven: false,
  valueIndex: 0,
  /** A Condition of stream_references.ts. */
  condition: 0,
  conditionGiven: false,
};

/** Asked of the module once: in the bundle that is a call. */
const { trimming } = streamValue;

/** Begins to read the words of XADD or XTRIM. */
export function beginTrim(): void {
  trimming.byId = false;
  trimming.isApproximate = false;
  trimming.limit = 0;
  trimWords.given = false;
  trimWords.limitGiven = false;
  trimWords.condition = Condition.keepRef;
  trimWords.conditionGiven = false;
}

/** Reads a word of trimming with what belongs to it; its last index, or 0 if it is none. */
export function parseTrim(call: Call, index: number): number {
  const condition = conditionAt(call, index);
  if (condition >= 0) {
    if (trimWords.conditionGiven) throw SYNTAX;
    trimWords.conditionGiven = true;
    trimWords.condition = condition;
    return index;
  }
  const isLast = index === call.argc - 1;
  if (isLast) return 0;
  const byLength = call.is(index, "maxlen");
  if (byLength || call.is(index, "minid")) {
    if (trimWords.given) throw TWO_STRATEGIES;
    trimWords.given = true;
    let at = index + 1;
    trimming.isApproximate = false;
    if (at + 1 < call.argc) {
      trimming.isApproximate = isByte(call, at, TILDE);
      if (trimming.isApproximate || isByte(call, at, EQUALS)) at++;
    }
    trimming.byId = !byLength;
    trimWords.valueIndex = at;
    if (byLength) {
      trimming.keep = call.integer(at);
      if (trimming.keep < 0) throw NEGATIVE_LENGTH;
    } else {
      idOf(call, at, trimming.minId);
    }
    return at;
  }
  if (!call.is(index, "limit")) return 0;
  trimming.limit = call.integer(index + 1);
  if (trimming.limit < 0) throw NEGATIVE_LIMIT;
  trimWords.limitGiven = true;
  return index + 1;
}

/** All words of trimming are read: checks them together. */
export function endTrim(call: Call): void {
  if (call.keyspace.isReplaying) {
    // `propagateTrim` has made it exact, and leaves what it was limited to.
    trimming.limit = 0;
    return;
  }
  if (trimming.limit > 0 && !trimWords.given) throw LIMIT_ALONE;
  if (trimWords.limitGiven && !trimming.isApproximate) throw LIMIT_OF_EXACT;
  if (trimWords.limitGiven || !trimming.isApproximate) return;
  const limit = LIMIT_LEAVES * thresholds.streamNodeEntries;
  trimming.limit = limit <= 0 ? LIMIT_OF_ENDLESS : Math.min(limit, LIMIT_MAX);
}

/**
 * Tells an argument of XADD or XTRIM: what was trimmed approximately is told as exactly what was
 * left then. Where entries stayed that a group needs, that is a length: the first ID tells nothing.
 * `scratch` is overwritten.
 */
export function propagateTrim(
  call: Call,
  out: Reply,
  index: number,
  e: EntryRef,
  scratch: StreamId,
): void {
  const { isApproximate, byId } = trimming;
  const { given, valueIndex, condition } = trimWords;
  const byLength = !byId || condition === Condition.acked;
  if (!given || !isApproximate || index < valueIndex - 2 || index > valueIndex) {
    propagate.writeArgument(call, out, index);
  } else if (index === valueIndex - 2) {
    out.bulkText(byLength ? "MAXLEN" : "MINID");
  } else if (index === valueIndex - 1) {
    out.bulkText("=");
  } else if (byLength) {
    out.bulkInteger(streamValue.length(e));
  } else {
    streamValue.loadEdgeId(e, scratch);
    replyId(scratch, out);
  }
}

/** The value of `COUNT` at `index`, whose value follows: below 0 is 0. */
export function countAt(call: Call, index: number): number {
  if (index + 1 >= call.argc || !call.is(index, "count")) throw SYNTAX;
  return Math.max(0, call.integer(index + 1));
}

/** The group with the name in an argument of the stream `e`, which may be NIL, or NIL. */
export function groupOf(call: Call, e: EntryRef, index: number): EntryRef {
  if (e === NIL) return NIL as EntryRef;
  return streamGroup.find(streamValue.groupsOf(e), call.args, index);
}

/** The consumer with the name in an argument, who is made if need be, and has been heard of now. */
export function consumerFor(call: Call, e: EntryRef, readers: EntryRef, index: number): EntryRef {
  const found = streamGroup.find(streamGroup.consumersOf(readers), call.args, index);
  if (found !== NIL) {
    streamGroup.setSeenMs(found, call.nowMs);
    return found;
  }
  call.keyspace.changing(call.db, e, "xgroup-createconsumer", ChangeKind.unwatched);
  return streamGroup.createConsumer(readers, call.args, index, call.nowMs);
}

/** No such key or group, as commands on groups say it: of the arguments at these indices. */
export function noGroup(call: Call, keyIndex: number, groupIndex: number): CommandError {
  const key = call.cText(keyIndex);
  return new CommandError(
    `NOGROUP No such key '${key}' or consumer group '${call.cText(groupIndex)}'`,
  );
}
