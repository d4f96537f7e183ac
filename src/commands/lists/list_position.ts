/** LPOS. */
import { NIL } from "../../arena/arena.ts";
import { INT64_MIN } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import * as listValue from "../../values/list_value.ts";
import { Type } from "../../values/types.ts";

const RANK = new CommandError(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use " +
    "negative to start from the end of the list",
);
const COUNT = new CommandError("ERR COUNT can't be negative");
const MAXLEN = new CommandError("ERR MAXLEN can't be negative");

const cursor = new listValue.ListCursor();

/** The options; `count` is -1 when it was not given. */
const options = { rank: 1, count: -1, limit: Infinity };

export function lpos(call: Call): void {
  const { args, reply } = call;
  const { rank, count, limit } = parse(call);
  const e = call.db.readTyped(args, 1, Type.list);
  if (e === NIL) {
    if (count < 0) reply.nil();
    else reply.array(0);
    return;
  }
  const backwards = rank < 0;
  const size = listValue.count(e);
  const enough = count < 0 ? 1 : count === 0 ? Infinity : count;
  const mark = reply.beginArray();
  let skip = Math.abs(rank) - 1;
  let found = 0;
  cursor.seek(e, backwards ? size - 1 : 0);
  while (found < enough && (backwards ? findBack(call, size - limit) : find(call, limit))) {
    if (skip-- <= 0) {
      reply.integer(cursor.index);
      found++;
    }
    if (backwards) cursor.previous();
    else cursor.next();
  }
  if (count >= 0) reply.endArray(mark, found);
  else if (found === 0) reply.nil();
}

/** Goes to the next match below an index. */
function find(call: Call, limit: number): boolean {
  const { bytes, start, size } = call.args;
  return cursor.find(bytes, start[2], size[2], limit) && cursor.index < limit;
}

/** Goes to the next match backwards, from an index on. */
function findBack(call: Call, least: number): boolean {
  const { bytes, start, size } = call.args;
  return cursor.findBack(bytes, start[2], size[2], least);
}

function parse(call: Call): typeof options {
  options.rank = 1;
  options.count = -1;
  options.limit = Infinity;
  for (let i = 3; i < call.argc; i += 2) {
    const value = i + 1;
    const isLast = value === call.argc;
    if (call.is(i, "rank") && !isLast) {
      options.rank = rankOf(call, value);
      if (options.rank === 0) throw RANK;
    } else if (call.is(i, "count") && !isLast) {
      options.count = notNegative(call, value, COUNT);
    } else if (call.is(i, "maxlen") && !isLast) {
      options.limit = notNegative(call, value, MAXLEN) || Infinity;
    } else {
      throw SYNTAX;
    }
  }
  return options;
}

/** The least integer, which has no opposite in 64 bits, passes over no match in Redis. */
function rankOf(call: Call, index: number): number {
  const rank = call.integer(index);
  return rank === Number(INT64_MIN) && call.int64(index) === INT64_MIN ? -1 : rank;
}

function notNegative(call: Call, index: number, error: Error): number {
  const value = call.integerOr(index, error);
  if (value < 0) throw error;
  return value;
}
