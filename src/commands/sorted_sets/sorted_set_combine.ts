/**
 * Unions, intersections and differences of sorted sets, and of plain sets, whose members all have
 * the score 1. What comes out is put together in a loose sorted set in the arena: nothing is made
 * per member that the garbage collector would have to look at.
 */
import { ensureMore, NIL } from "../../arena/arena.ts";
import { parseDouble } from "../../base/doubles.ts";
import { type Range, stage, staging } from "../../base/range.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as packed from "../../structures/packed.ts";
import * as setValue from "../../values/set_value.ts";
import { Type } from "../../values/types.ts";
import * as gather from "../../values/zset_gather.ts";
import * as zsetPacked from "../../values/zset_packed.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { storeResult } from "./sorted_set_change.ts";

const NO_WEIGHT = new CommandError("ERR weight value is not a float");
const NEGATIVE_LIMIT = new CommandError("ERR LIMIT can't be negative");

const SUM = 0;
const MIN = 1;
const MAX = 2;

/** Options that a command takes. */
const COMBINE = 1;
const SCORES = 2;
const LIMIT = 4;

/** What is made of the sources. */
const UNION = 0;
const INTERSECTION = 1;
const DIFFERENCE = 2;

/** One input: a set of either kind, or nothing. */
interface Source {
  readonly e: EntryRef;
  readonly isPlain: boolean;
  readonly count: number;
  weight: number;
}

/** What the command at hand asks for, as `parse` read it. */
const wanted = { aggregate: SUM, withScores: false, limit: 0 };

/** A walk over the members of a source, with their scores. */
class SourceCursor {
  score = 1;
  private isPlain = false;
  private isFirst = false;
  private readonly plain = new setValue.SetCursor();
  private readonly sorted = new zsetValue.ZsetCursor();

  /** Begins before the first member. */
  start(source: Source): void {
    this.isPlain = source.isPlain;
    this.isFirst = true;
    this.score = 1;
    if (source.isPlain) this.plain.start(source.e);
    else this.sorted.seek(source.e, 0);
  }

  /** Goes to the next member; false when there is none. */
  next(): boolean {
    if (this.isPlain) return this.plain.next();
    if (!this.isFirst) this.sorted.next();
    this.isFirst = false;
    if (!this.sorted.isValid) return false;
    this.score = this.sorted.score;
    return true;
  }

  /** Copies the member to `staging`; returns its size. */
  stage(): number {
    const member: Range = this.isPlain ? this.plain.member() : this.sorted.member();
    const { size } = member;
    stage(member.bytes, member.offset, size);
    return size;
  }
}

const walk = new SourceCursor();
const cursor = new zsetValue.ZsetCursor();

export function zunion(call: Call): void {
  replyCombined(call, UNION, parse(call, 1, COMBINE | SCORES));
}

export function zunionstore(call: Call): void {
  storeResult(call, 1, combined(UNION, parse(call, 2, COMBINE)), "zunionstore");
}

export function zinter(call: Call): void {
  replyCombined(call, INTERSECTION, parse(call, 1, COMBINE | SCORES));
}

export function zinterstore(call: Call): void {
  storeResult(call, 1, combined(INTERSECTION, parse(call, 2, COMBINE)), "zinterstore");
}

export function zdiff(call: Call): void {
  replyCombined(call, DIFFERENCE, parse(call, 1, SCORES));
}

export function zdiffstore(call: Call): void {
  storeResult(call, 1, combined(DIFFERENCE, parse(call, 2, 0)), "zdiffstore");
}

export function zintercard(call: Call): void {
  const sources = parse(call, 1, LIMIT).sort(bySize);
  const { limit } = wanted;
  let count = 0;
  if (sources[0].count > 0) {
    walk.start(sources[0]);
    while ((limit === 0 || count < limit) && walk.next()) {
      if (!Number.isNaN(commonScore(sources))) count++;
    }
  }
  call.reply.integer(count);
}

/** Reads `numkeys key ...` from argument `at` on, looks up the keys, and reads the options. */
function parse(call: Call, at: number, options: number): Source[] {
  const keyCount = call.integer(at);
  if (keyCount < 1) {
    throw new CommandError(`ERR at least 1 input key is needed for '${call.command.name}' command`);
  }
  const end = at + 1 + keyCount;
  if (end > call.argc) throw SYNTAX;
  const sources: Source[] = [];
  for (let i = at + 1; i < end; i++) sources.push(sourceOf(call, i));

  wanted.aggregate = SUM;
  wanted.withScores = false;
  wanted.limit = 0;
  for (let i = end; i < call.argc; i++) {
    const left = call.argc - 1 - i;
    if ((options & COMBINE) !== 0 && left >= keyCount && call.is(i, "weights")) {
      for (const source of sources) source.weight = weightOf(call, ++i);
    } else if ((options & COMBINE) !== 0 && left >= 1 && call.is(i, "aggregate")) {
      wanted.aggregate = aggregateOf(call, ++i);
    } else if ((options & SCORES) !== 0 && call.is(i, "withscores")) {
      wanted.withScores = true;
    } else if ((options & LIMIT) !== 0 && left >= 1 && call.is(i, "limit")) {
      wanted.limit = call.integerOr(++i, NEGATIVE_LIMIT);
      if (wanted.limit < 0) throw NEGATIVE_LIMIT;
    } else {
      throw SYNTAX;
    }
  }
  return sources;
}

function sourceOf(call: Call, index: number): Source {
  const e = call.db.read(call.args, index);
  if (e === NIL) return { e, isPlain: false, count: 0, weight: 1 };
  const type = entry.type(e);
  if (type !== Type.zset && type !== Type.set) throw WRONG_TYPE;
  const isPlain = type === Type.set;
  return { e, isPlain, count: isPlain ? setValue.count(e) : zsetValue.count(e), weight: 1 };
}

function weightOf(call: Call, index: number): number {
  const { bytes, start, size } = call.args;
  const weight = parseDouble(bytes, start[index], size[index]);
  if (Number.isNaN(weight)) throw NO_WEIGHT;
  return weight;
}

function aggregateOf(call: Call, index: number): number {
  if (call.is(index, "sum")) return SUM;
  if (call.is(index, "min")) return MIN;
  if (call.is(index, "max")) return MAX;
  throw SYNTAX;
}

const bySize = (a: Source, b: Source) => a.count - b.count;

/** Infinities of both signs make 0, as they do in Redis; so does an infinity without weight. */
function weighted(score: number, weight: number): number {
  const value = score * weight;
  return Number.isNaN(value) ? 0 : value;
}

/** The aggregate of both. A value that is no number (an infinity times 0) is no better. */
function aggregated(score: number, value: number): number {
  if (wanted.aggregate === SUM) {
    const sum = score + value;
    return Number.isNaN(sum) ? 0 : sum;
  }
  const isBetter = wanted.aggregate === MIN ? value < score : value > score;
  return isBetter ? value : score;
}

/** The score of the member in `staging`; NaN when the source does not have it. */
function scoreIn(source: Source, size: number): number {
  const { e, isPlain } = source;
  if (!isPlain) return zsetValue.score(e, staging.bytes, staging.view, 0, size);
  return setValue.has(e, staging.bytes, staging.view, 0, size) ? 1 : Number.NaN;
}

/**
 * The aggregated score of the member that the walk over the first source has come to, and which is
 * then in `staging`; NaN when it is not in every source.
 */
function commonScore(sources: readonly Source[]): number {
  const first = sources[0];
  staged = walk.stage();
  let score = weighted(walk.score, first.weight);
  for (let i = 1; i < sources.length; i++) {
    const other = sources[i];
    const value = other.e === first.e ? walk.score : scoreIn(other, staged);
    if (Number.isNaN(value)) return Number.NaN;
    score = aggregated(score, value * other.weight);
  }
  return score;
}

/** The size of the member that `commonScore` looked at. */
let staged = 0;

/** Small sets are gathered, others are put together in a set that is ordered then. */
function replyCombined(call: Call, what: number, sources: Source[]): void {
  if (gathered(what, sources)) replyGathered(call);
  else replyResult(call, collected(what, sources));
}

/** What is made of the sources, for `storeResult`. */
function combined(what: number, sources: Source[]): EntryRef {
  if (gathered(what, sources) && gather.fitsBlock() && gather.keptCount > 0) {
    return zsetValue.createResult(gather.pack());
  }
  return collected(what, sources);
}

function collected(what: number, sources: Source[]): EntryRef {
  if (what === UNION) return union(sources);
  return what === INTERSECTION ? intersection(sources) : difference(sources);
}

/** Gathers what is made of the sources, if these are few members of small sorted sets. */
function gathered(what: number, sources: Source[]): boolean {
  let total = 0;
  for (let i = 0; i < sources.length; i++) {
    const { e, count } = sources[i];
    total += count;
    if (count > 0 && (sources[i].isPlain || zsetValue.block(e) === NIL)) return false;
  }
  if (total > gather.GATHERED_MAX) return false;
  gather.start(total);
  if (what !== DIFFERENCE) sources.sort(bySize);
  if (what !== UNION && sources[0].count === 0) total = 0;
  for (let i = 0; total > 0 && i < sources.length; i++) {
    if (sources[i].count > 0) gatherFrom(what, sources[i], i);
  }
  gather.keep(what === INTERSECTION ? sources.length - 1 : 0);
  gather.sort();
  return true;
}

/** Adds the members of the source at an index, or lets them change what there is. */
function gatherFrom(what: number, { e, weight }: Source, index: number): void {
  const p = zsetValue.block(e);
  const { scores, marks } = gather;
  for (let at = packed.first(p); at !== 0; at = zsetPacked.next(p, at)) {
    const i = gather.find(p, at);
    if (what === UNION) {
      const value = weighted(zsetPacked.scoreOf(p, at), weight);
      if (i < 0) gather.add(p, at, value);
      else scores[i] = aggregated(scores[i], value);
    } else if (index === 0) {
      gather.add(p, at, weighted(zsetPacked.scoreOf(p, at), weight));
    } else if (i >= 0 && what === DIFFERENCE) {
      marks[i] = 1;
    } else if (i >= 0 && marks[i] === index - 1) {
      marks[i] = index;
      scores[i] = aggregated(scores[i], zsetPacked.scoreOf(p, at) * weight);
    }
  }
}

function replyGathered({ reply }: Call): void {
  const { withScores } = wanted;
  const count = gather.keptCount;
  if (withScores) reply.pairs(count);
  else reply.array(count);
  for (let i = 0; i < count; i++) {
    if (withScores) reply.pair();
    packed.reply(gather.keptBlock(i), gather.keptPlace(i), reply);
    if (withScores) reply.double(gather.keptScore(i));
  }
}

/** All members with their aggregated scores, as an unordered set. */
function union(sources: Source[]): EntryRef {
  const result = zsetValue.createUnordered();
  sources.sort(bySize);
  for (const source of sources) {
    if (source.count === 0) continue;
    walk.start(source);
    while (walk.next()) {
      const size = walk.stage();
      const { bytes, view } = staging;
      ensureMore(size);
      const value = weighted(walk.score, source.weight);
      const old = zsetValue.score(result, bytes, view, 0, size);
      const score = Number.isNaN(old) ? value : aggregated(old, value);
      zsetValue.putSought(result, bytes, view, 0, size, score);
    }
  }
  return result;
}

/** The members that all sources have, as an unordered set: those of the smallest are looked up. */
function intersection(sources: Source[]): EntryRef {
  const result = zsetValue.createUnordered();
  sources.sort(bySize);
  if (sources[0].count === 0) return result;
  walk.start(sources[0]);
  while (walk.next()) {
    const score = commonScore(sources);
    if (Number.isNaN(score)) continue;
    ensureMore(staged);
    zsetValue.put(result, staging.bytes, staging.view, 0, staged, score);
  }
  return result;
}

/** The members that only the first source has, with its scores, as an unordered set. */
function difference(sources: Source[]): EntryRef {
  const result = zsetValue.createUnordered();
  const [first, ...others] = sources;
  if (first.count === 0 || others.some(({ e }) => e === first.e)) return result;
  const present = others.filter(({ count }) => count > 0);
  walk.start(first);
  while (walk.next()) {
    const size = walk.stage();
    let i = 0;
    while (i < present.length && Number.isNaN(scoreIn(present[i], size))) i++;
    if (i < present.length) continue;
    ensureMore(size);
    zsetValue.put(result, staging.bytes, staging.view, 0, size, walk.score);
  }
  return result;
}

/** Replies with all members of an unordered set, in order, and frees it. */
function replyResult(call: Call, result: EntryRef): void {
  const { reply } = call;
  const { withScores } = wanted;
  const count = zsetValue.count(result);
  if (withScores) reply.pairs(count);
  else reply.array(count);
  if (count > 0) {
    zsetValue.order(result);
    for (cursor.seek(result, 0); cursor.isValid; cursor.next()) {
      if (withScores) reply.pair();
      cursor.replyMember(reply);
      if (withScores) cursor.replyScore(reply);
    }
  }
  call.keyspace.disposeLoose(result);
}
