/** Sorted set commands on ranges: reading, counting, removing and storing them. */
import { ensureMore, NIL } from "../../arena/arena.ts";
import { stage, staging } from "../../base/range.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { By, parseBounds, ranks, resolve } from "./sorted_set_bounds.ts";
import { removeRanks, storeResult } from "./sorted_set_change.ts";

const LIMIT_BY_RANK = new CommandError(
  "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
const SCORES_BY_LEX = new CommandError(
  "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
);

/** What the command at hand asks for, as `parseRange` read it. */
const wanted = { by: By.rank as number, reverse: false, withScores: false, offset: 0, limit: -1 };

/** What a command's name says already. */
const AUTO = 0;
const FORWARD = 1;
const REVERSE = 2;
const ANY = -1;

const cursor = new zsetValue.ZsetCursor();

export function zrange(call: Call): void {
  range(call, ANY, AUTO);
}

export function zrevrange(call: Call): void {
  range(call, By.rank, REVERSE);
}

export function zrangebyscore(call: Call): void {
  range(call, By.score, FORWARD);
}

export function zrevrangebyscore(call: Call): void {
  range(call, By.score, REVERSE);
}

export function zrangebylex(call: Call): void {
  range(call, By.lex, FORWARD);
}

export function zrevrangebylex(call: Call): void {
  range(call, By.lex, REVERSE);
}

function range(call: Call, by: number, direction: number): void {
  const { db, args, reply } = call;
  parseRange(call, 2, by, direction, false);
  const e = db.readTyped(args, 1, Type.zset);
  if (e === NIL) {
    reply.array(0);
    return;
  }
  select(call, e);
  const { reverse, withScores } = wanted;
  const { from, count } = ranks;
  if (withScores) reply.pairs(count);
  else reply.array(count);
  if (count === 0) return;
  cursor.seek(e, reverse ? zsetValue.count(e) - 1 - from : from);
  for (let left = count; left > 0; left--) {
    if (withScores) reply.pair();
    cursor.replyMember(reply);
    if (withScores) cursor.replyScore(reply);
    if (reverse) cursor.previous();
    else cursor.next();
  }
}

export function zrangestore(call: Call): void {
  const { db, args } = call;
  parseRange(call, 3, ANY, AUTO, true);
  const e = db.readTyped(args, 2, Type.zset);
  const result = zsetValue.createUnordered();
  if (e !== NIL) {
    select(call, e);
    const { from, count } = ranks;
    if (count > 0) cursor.seek(e, wanted.reverse ? zsetValue.count(e) - from - count : from);
    for (let left = count; left > 0; left--) {
      const member = cursor.member();
      const { size } = member;
      stage(member.bytes, member.offset, size);
      ensureMore(size);
      zsetValue.put(result, staging.bytes, staging.view, 0, size, cursor.score);
      cursor.next();
    }
  }
  storeResult(call, 1, result, "zrangestore");
}

/**
 * Reads a range whose ends are in arguments `first` and the next, and the options behind it. `by`
 * and `direction` are what the command's name says, or ANY and AUTO: then options may tell.
 */
function parseRange(
  call: Call,
  first: number,
  by: number,
  direction: number,
  storing: boolean,
): void {
  let mode = by;
  wanted.reverse = direction === REVERSE;
  wanted.withScores = false;
  wanted.offset = 0;
  wanted.limit = -1;
  for (let i = first + 2; i < call.argc; i++) {
    if (!storing && call.is(i, "withscores")) {
      wanted.withScores = true;
    } else if (call.is(i, "limit") && i + 2 < call.argc) {
      wanted.offset = call.integer(++i);
      wanted.limit = call.integer(++i);
    } else if (direction === AUTO && !wanted.reverse && call.is(i, "rev")) {
      wanted.reverse = true;
    } else if (mode === ANY && call.is(i, "bylex")) {
      mode = By.lex;
    } else if (mode === ANY && call.is(i, "byscore")) {
      mode = By.score;
    } else {
      throw SYNTAX;
    }
  }
  if (mode === ANY) mode = By.rank;
  wanted.by = mode;
  if (wanted.limit !== -1 && mode === By.rank) throw LIMIT_BY_RANK;
  if (wanted.withScores && mode === By.lex) throw SCORES_BY_LEX;
  const isSwapped = wanted.reverse && mode !== By.rank;
  parseBounds(call, mode, isSwapped ? first + 1 : first, isSwapped ? first : first + 1);
}

/** Finds the ranks of the range that was read, LIMIT applied. (Of ranks, LIMIT 1 -1 is nothing.) */
function select(call: Call, e: EntryRef): void {
  resolve(call, e, wanted.reverse);
  const { offset, limit } = wanted;
  if (wanted.by === By.rank || (offset === 0 && limit < 0)) return;
  const rest = offset < 0 ? 0 : Math.max(0, ranks.count - offset);
  ranks.from += offset;
  ranks.count = limit < 0 ? rest : Math.min(rest, limit);
}

export function zcount(call: Call): void {
  count(call, By.score);
}

export function zlexcount(call: Call): void {
  count(call, By.lex);
}

function count(call: Call, by: number): void {
  parseBounds(call, by, 2, 3);
  const e = call.db.readTyped(call.args, 1, Type.zset);
  if (e === NIL) {
    call.reply.integer(0);
    return;
  }
  resolve(call, e, false);
  call.reply.integer(ranks.count);
}

export function zremrangebyrank(call: Call): void {
  remove(call, By.rank, "zremrangebyrank");
}

export function zremrangebyscore(call: Call): void {
  remove(call, By.score, "zremrangebyscore");
}

export function zremrangebylex(call: Call): void {
  remove(call, By.lex, "zremrangebylex");
}

function remove(call: Call, by: number, event: KeyEvent): void {
  const { db, args, keyspace } = call;
  parseBounds(call, by, 2, 3);
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.zset);
  let removed = 0;
  if (e !== NIL) {
    resolve(call, e, false);
    removed = ranks.count;
    if (removed > 0) removeRanks(keyspace, db, e, ranks.from, removed, event);
  }
  call.reply.integer(removed);
}
