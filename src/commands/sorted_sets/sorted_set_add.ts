/** The commands that add members to a sorted set, change their scores, and remove members. */
import { NIL } from "../../arena/arena.ts";
import { parseDouble } from "../../base/doubles.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, NOT_FLOAT, SYNTAX } from "../../protocol/errors.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";

const XX_AND_NX = new CommandError("ERR XX and NX options at the same time are not compatible");
const GT_LT_NX = new CommandError(
  "ERR GT, LT, and/or NX options at the same time are not compatible",
);
const INCR_OF_MANY = new CommandError("ERR INCR option supports a single increment-element pair");
const NO_SCORE = new CommandError("ERR resulting score is not a number (NaN)");

const NX = 1;
const XX = 2;
const GT = 4;
const LT = 8;
const CH = 16;
const INCR = 32;

const UPPER_A = 65;

/** The scores of the call at hand, since all are read before anything changes. */
const KEPT_SCORES = 1 << 13;
let scores = new Float64Array(256);

export function zadd(call: Call): void {
  add(call, 0);
}

export function zincrby(call: Call): void {
  add(call, INCR);
}

function add(call: Call, given: number): void {
  const { db, args, keyspace, reply, argc } = call;
  let options = given;
  let first = 2;
  for (; first < argc; first++) {
    const option = optionAt(call, first);
    if (option === 0) break;
    options |= option;
  }
  const pairs = (argc - first) / 2;
  if (pairs === 0 || !Number.isInteger(pairs)) throw SYNTAX;
  if ((options & (NX | XX)) === (NX | XX)) throw XX_AND_NX;
  const compared = options & (GT | LT);
  if (compared === (GT | LT) || (compared !== 0 && (options & NX) !== 0)) throw GT_LT_NX;
  const isIncrement = (options & INCR) !== 0;
  if (isIncrement && pairs > 1) throw INCR_OF_MANY;
  readScores(call, first, pairs);
  const event = isIncrement ? "zincr" : "zadd";

  const { bytes, view, start, size } = args;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.zset);
  let added = 0;
  let updated = 0;
  let result = Number.NaN;
  const isNew = e === NIL;
  if (isNew && (options & XX) === 0) e = zsetValue.create(db, args, 1, keyHash, event);
  for (let i = 0; i < pairs && e !== NIL; i++) {
    const member = first + 2 * i + 1;
    const at = start[member];
    const length = size[member];
    const old = zsetValue.score(e, bytes, view, at, length);
    const isAbsent = Number.isNaN(old);
    if ((options & (isAbsent ? XX : NX)) !== 0) continue;
    let score = scores[i];
    if (!isAbsent) {
      if (isIncrement) score += old;
      if (Number.isNaN(score)) throw NO_SCORE;
      if (((options & LT) !== 0 && score >= old) || ((options & GT) !== 0 && score <= old))
        continue;
    }
    result = score;
    if (score === old) continue;
    if (!isNew && added + updated === 0) keyspace.changing(db, e, event);
    zsetValue.putSought(e, bytes, view, at, length, score);
    if (isAbsent) added++;
    else updated++;
  }
  if (added + updated > 1) keyspace.dirty += added + updated - 1;
  if (!isIncrement) reply.integer((options & CH) !== 0 ? added + updated : added);
  else if (Number.isNaN(result)) reply.nil();
  else reply.double(result);
}

/** The option that an argument is, or 0: then the scores begin. */
function optionAt(call: Call, index: number): number {
  const { bytes, start } = call.args;
  if (bytes[start[index]] < UPPER_A) return 0;
  if (call.is(index, "nx")) return NX;
  if (call.is(index, "xx")) return XX;
  if (call.is(index, "ch")) return CH;
  if (call.is(index, "incr")) return INCR;
  if (call.is(index, "gt")) return GT;
  return call.is(index, "lt") ? LT : 0;
}

function readScores(call: Call, first: number, pairs: number): void {
  const { bytes, start, size } = call.args;
  if (pairs > scores.length || (scores.length > KEPT_SCORES && pairs <= KEPT_SCORES)) {
    scores = new Float64Array(Math.max(pairs, KEPT_SCORES));
  }
  for (let i = 0; i < pairs; i++) {
    const index = first + 2 * i;
    const score = parseDouble(bytes, start[index], size[index]);
    if (Number.isNaN(score)) throw NOT_FLOAT;
    scores[i] = score;
  }
}

export function zrem(call: Call): void {
  const { db, args, keyspace } = call;
  const { bytes, view, start, size } = args;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.zset);
  let removed = 0;
  for (let i = 2; i < args.count && e !== NIL; i++) {
    if (removed === 0) {
      if (Number.isNaN(zsetValue.score(e, bytes, view, start[i], size[i]))) continue;
      keyspace.changing(db, e, "zrem");
    }
    if (!zsetValue.remove(e, bytes, view, start[i], size[i])) continue;
    removed++;
    if (zsetValue.count(e) === 0) break;
  }
  if (removed > 0) {
    keyspace.dirty += removed - 1;
    if (zsetValue.count(e) === 0) db.removeEmpty(e);
  }
  call.reply.integer(removed);
}
