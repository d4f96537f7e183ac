/** The commands that look at a sorted set: its size, scores and ranks, random members, ZSCAN. */
import { NIL } from "../../arena/arena.ts";
import { INT64_MIN } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import type { Call } from "../../calls/call.ts";
import {
  parseScan,
  SCAN_POSITIONS,
  scanCursor,
  scanMatches,
  scanOptions,
} from "../../calls/scan_options.ts";
import { CommandError, SYNTAX, wrongArity } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import type { PackedRef } from "../../structures/packed.ts";
import * as packed from "../../structures/packed.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";

const COUNT_RANGE = new CommandError(
  "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);
const COUNT_OF_PAIRS = new CommandError("ERR value is out of range");
/** With their scores, twice as many elements must be a number still. */
const PAIRS_MAX = (2n ** 63n - 1n) / 2n;

/** From a third of all members on, choosing among them in turn is better than by chance. */
const WALK_FACTOR = 3;

const cursor = new zsetValue.ZsetCursor();

export function zcard(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.zset);
  call.reply.integer(e === NIL ? 0 : zsetValue.count(e));
}

export function zscore(call: Call): void {
  replyScore(call, call.db.readTyped(call.args, 1, Type.zset), 2);
}

export function zmscore(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.zset);
  call.reply.array(call.argc - 2);
  for (let i = 2; i < call.argc; i++) replyScore(call, e, i);
}

/** Replies with the score of the member in an argument. */
function replyScore(call: Call, e: EntryRef, index: number): void {
  const score = e === NIL ? Number.NaN : scoreOf(call, e, index);
  if (Number.isNaN(score)) call.reply.nil();
  else call.reply.double(score);
}

function scoreOf(call: Call, e: EntryRef, index: number): number {
  const { bytes, view, start, size } = call.args;
  return zsetValue.score(e, bytes, view, start[index], size[index]);
}

export function zrank(call: Call): void {
  replyRank(call, false);
}

export function zrevrank(call: Call): void {
  replyRank(call, true);
}

function replyRank(call: Call, reverse: boolean): void {
  const { db, args, reply, argc } = call;
  const withScore = argc === 4 && call.is(3, "withscore");
  if (argc > 3 && !withScore) throw wrongArity(call.command.name);
  const e = db.readTyped(args, 1, Type.zset);
  const { bytes, view, start, size } = args;
  const rank = e === NIL ? -1 : zsetValue.rank(e, bytes, view, start[2], size[2]);
  if (rank < 0) {
    if (withScore) reply.nilArray();
    else reply.nil();
    return;
  }
  if (withScore) reply.array(2);
  reply.integer(reverse ? zsetValue.count(e) - 1 - rank : rank);
  if (withScore) reply.double(scoreOf(call, e, 2));
}

export function zrandmember(call: Call): void {
  const { db, args, reply, keyspace, argc } = call;
  if (argc === 2) {
    const e = db.readTyped(args, 1, Type.zset);
    if (e === NIL) {
      reply.nil();
      return;
    }
    cursor.seek(e, keyspace.randomBelow(zsetValue.count(e)));
    cursor.replyMember(reply);
    return;
  }
  const wanted = call.integer(2);
  if (!Number.isSafeInteger(wanted) && call.int64(2) === INT64_MIN) throw COUNT_RANGE;
  const withScores = argc > 3;
  if (argc > 4 || (withScores && !call.is(3, "withscores"))) throw SYNTAX;
  if (withScores && !Number.isSafeInteger(wanted)) {
    const exact = call.int64(2);
    if (exact > PAIRS_MAX || exact < -PAIRS_MAX) throw COUNT_OF_PAIRS;
  }

  const e = db.readTyped(args, 1, Type.zset);
  const total = e === NIL ? 0 : zsetValue.count(e);
  const count = total === 0 ? 0 : wanted < 0 ? -wanted : Math.min(wanted, total);
  if (withScores) reply.pairs(count);
  else reply.array(count);
  if (count === 0) return;
  if (wanted < 0) replyAny(call, e, count, withScores);
  else if (count === total) replyAll(call, e, withScores);
  else if (count * WALK_FACTOR > total) replyWalked(call, e, count, withScores);
  else replyDistinct(call, e, count, withScores);
}

function replyAtCursor(call: Call, withScores: boolean): void {
  if (withScores) call.reply.pair();
  cursor.replyMember(call.reply);
  if (withScores) cursor.replyScore(call.reply);
}

/** All members: from the last to the first, as Redis has it. */
function replyAll(call: Call, e: EntryRef, withScores: boolean): void {
  cursor.seek(e, zsetValue.count(e) - 1);
  for (; cursor.isValid; cursor.previous()) replyAtCursor(call, withScores);
}

/** Random members, each as often as chance has it. */
function replyAny(call: Call, e: EntryRef, count: number, withScores: boolean): void {
  const { randomBelow } = call.keyspace;
  const total = zsetValue.count(e);
  for (let left = count; left > 0 && !call.reply.isDiscarding; left--) {
    cursor.seek(e, randomBelow(total));
    replyAtCursor(call, withScores);
  }
}

/** Different members in order: each of those left is as likely to be among those still wanted. */
function replyWalked(call: Call, e: EntryRef, count: number, withScores: boolean): void {
  const { randomBelow } = call.keyspace;
  let wanted = count;
  let left = zsetValue.count(e);
  for (cursor.seek(e, 0); wanted > 0; left--) {
    if (wanted === left || randomBelow(left) < wanted) {
      replyAtCursor(call, withScores);
      wanted--;
    }
    cursor.next();
  }
}

/** Different members in random order; at most a third of all, so that few are drawn in vain. */
function replyDistinct(call: Call, e: EntryRef, count: number, withScores: boolean): void {
  const { randomBelow } = call.keyspace;
  const total = zsetValue.count(e);
  let slots = 4;
  while (slots < count * 2) slots *= 2;
  /** A hash table of the ranks drawn, each plus one. */
  const drawn = new Int32Array(slots);
  for (let left = count; left > 0; ) {
    const rank = randomBelow(total);
    let slot = rank & (slots - 1);
    while (drawn[slot] !== 0 && drawn[slot] !== rank + 1) slot = (slot + 1) & (slots - 1);
    if (drawn[slot] !== 0) continue;
    drawn[slot] = rank + 1;
    cursor.seek(e, rank);
    replyAtCursor(call, withScores);
    left--;
  }
}

/** The scan at hand: members seen, and members that matched. */
let scanning: Call;
let seen = 0;
let found = 0;

export function zscan(call: Call): void {
  const { db, args, reply } = call;
  let position = scanCursor(call, 2);
  const e = db.readTyped(args, 1, Type.zset);
  const mark = reply.beginArray();
  if (e === NIL) {
    reply.endScan(mark, 0, 0);
    return;
  }
  parseScan(call, 3, false);
  const { count, pattern } = scanOptions;
  const block = zsetValue.block(e);
  if (block !== NIL && pattern === 0) {
    packed.replyScan(block, reply);
    return;
  }
  scanning = call;
  seen = 0;
  found = 0;
  if (block !== NIL) {
    scanPacked(call, block);
    reply.endScan(mark, 0, found * 2);
    return;
  }
  let positions = count * SCAN_POSITIONS;
  do {
    position = zsetValue.scan(e, position, replyScanned);
  } while (position !== 0 && positions-- > 0 && seen < count);
  reply.endScan(mark, position, found * 2);
}

function replyScanned(member: Range, score: number): void {
  seen++;
  const { bytes, offset, size } = member;
  if (!scanMatches(scanning, bytes, offset, size)) return;
  found++;
  scanning.reply.bulk(bytes, offset, size);
  scanning.reply.bulkDouble(score);
}

/** Replies with all members that match; with scores as they are stored, which Redis tells, too. */
function scanPacked(call: Call, p: PackedRef): void {
  const { reply } = call;
  for (let at = packed.first(p); at !== 0; ) {
    const scoreAt = packed.next(p, at);
    const { bytes, offset, size } = packed.range(p, at);
    if (scanMatches(call, bytes, offset, size)) {
      found++;
      packed.reply(p, at, reply);
      packed.reply(p, scoreAt, reply);
    }
    at = packed.next(p, scoreAt);
  }
}
