/**
 * The ranges of sorted set commands: what their two ends mean, and which ranks they are. Every
 * range, by rank, by score or by member, becomes `ranks`.
 */
import { parseLooseDouble } from "../../base/doubles.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as zsetValue from "../../values/zset_value.ts";

const NOT_SCORE_RANGE = new CommandError("ERR min or max is not a float");
const NOT_LEX_RANGE = new CommandError("ERR min or max not valid string range item");

/** What a range counts by. */
export const By = { rank: 0, score: 1, lex: 2 } as const;

const ROUND = 40;
const SQUARE = 91;
const PLUS = 43;
const MINUS = 45;

/** The ranks that `resolve` found: `count` of them from `from` on. */
export const ranks = { from: 0, count: 0 };

/** The range at hand, as `parseBounds` read it. Of ranks, the ends are inclusive. */
const bounds = {
  by: By.rank as number,
  min: 0,
  minOpen: false,
  max: 0,
  maxOpen: false,
  /** Of a range by member: the arguments, each a member after its first byte. */
  minIndex: 0,
  maxIndex: 0,
};

/** Reads the range whose ends are in two arguments; throws when they are none. */
export function parseBounds(call: Call, by: number, minIndex: number, maxIndex: number): void {
  bounds.by = by;
  bounds.minIndex = minIndex;
  bounds.maxIndex = maxIndex;
  if (by === By.rank) {
    bounds.min = call.integer(minIndex);
    bounds.max = call.integer(maxIndex);
  } else if (by === By.score) {
    bounds.minOpen = beginsWith(call, minIndex, ROUND);
    bounds.min = scoreOf(call, minIndex, bounds.minOpen);
    bounds.maxOpen = beginsWith(call, maxIndex, ROUND);
    bounds.max = scoreOf(call, maxIndex, bounds.maxOpen);
  } else {
    bounds.minOpen = beginsWith(call, minIndex, ROUND);
    bounds.min = lexEnd(call, minIndex);
    bounds.maxOpen = beginsWith(call, maxIndex, ROUND);
    bounds.max = lexEnd(call, maxIndex);
  }
}

function beginsWith(call: Call, index: number, byte: number): boolean {
  const { bytes, start, size } = call.args;
  return size[index] > 0 && bytes[start[index]] === byte;
}

function scoreOf(call: Call, index: number, open: boolean): number {
  const { bytes, start, size } = call.args;
  const skip = open ? 1 : 0;
  const score = parseLooseDouble(bytes, start[index] + skip, size[index] - skip);
  if (Number.isNaN(score)) throw NOT_SCORE_RANGE;
  return score;
}

/** -Infinity for "-", Infinity for "+", and 0 where there is a member to compare with. */
function lexEnd(call: Call, index: number): number {
  const { bytes, start, size } = call.args;
  const first = size[index] > 0 ? bytes[start[index]] : 0;
  if (first === ROUND || first === SQUARE) return 0;
  const isAlone = size[index] === 1 || bytes[start[index] + 1] === 0;
  if (isAlone && first === MINUS) return -Infinity;
  if (isAlone && first === PLUS) return Infinity;
  throw NOT_LEX_RANGE;
}

/** Finds the ranks, in `ranks`, of the range read last; of a reversed one, counted from the end. */
export function resolve(call: Call, e: EntryRef, reverse: boolean): void {
  const total = zsetValue.count(e);
  if (bounds.by === By.rank) {
    const { min, max } = bounds;
    const first = Math.max(min < 0 ? min + total : min, 0);
    const last = Math.min(max < 0 ? max + total : max, total - 1);
    setRanks(first, last + 1);
    return;
  }
  let from: number;
  let to: number;
  if (bounds.by === By.score) {
    from = zsetValue.countBelow(e, bounds.min, bounds.minOpen);
    to = zsetValue.countBelow(e, bounds.max, !bounds.maxOpen);
  } else {
    from = lexRank(call, e, total, bounds.min, bounds.minIndex, bounds.minOpen);
    to = lexRank(call, e, total, bounds.max, bounds.maxIndex, !bounds.maxOpen);
  }
  if (reverse) setRanks(total - to, total - from);
  else setRanks(from, to);
}

function setRanks(from: number, to: number): void {
  ranks.from = from;
  ranks.count = Math.max(0, to - from);
}

function lexRank(
  call: Call,
  e: EntryRef,
  total: number,
  end: number,
  index: number,
  orEqual: boolean,
): number {
  if (end !== 0) return end < 0 ? 0 : total;
  const { bytes, start, size } = call.args;
  return zsetValue.countBelowLex(e, bytes, start[index] + 1, size[index] - 1, orEqual);
}
